#include "daemon/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/vec.h"
#include "daemon/config_command.h"
#include "daemon/config_ignored.h"
#include "daemon/config_table.h"
#include "daemon/ini.h"
#include "io/file.h"

extern char **environ;

#define FILE_LIMIT (16 * 1024 * 1024)

/* What one place says of one option, before it is known which place wins. */
enum form { PLAIN, COMMAND, SECRET, NFORMS };

struct option {
	struct tw_config_entry e;
	const char *dflt2; /* with compat 2; NULL = the same */
	enum form form;	   /* of e.value, until commands are run */
	bool known;	   /* it is in the table */
};

struct setting {
	char *section, *option, *value, *where;
	enum tw_config_source source;
};

struct tw_config {
	struct tw_arena a;
	const char *home;
	TW_VEC(struct option *) v;
	TW_VEC(char *) warnings;
	TW_VEC(struct setting) layer; /* what the place that is being read has said */
	struct tw_map index;	      /* "section.option" → struct option */
	struct tw_map sections;	      /* known sections; foreign ones once they were told of */
	int compat;
};

static const struct {
	const char *section, *option, *type, *dflt, *dflt2;
	bool sensitive;
	const char *description;
} table[] = {
#define STRING "string"
#define INTEGER "integer"
#define FLOAT "float"
#define BOOLEAN "boolean"
#define OPTION(section, option, type, dflt, dflt2, sensitive, description)                         \
	{section, option, type, dflt, dflt2, sensitive, description},
	TW_CONFIG_OPTIONS(OPTION)
#undef OPTION
#undef STRING
#undef INTEGER
#undef FLOAT
#undef BOOLEAN
};

static const struct {
	const char *old_section, *old_option, *section, *option;
} moved[] = {
#define MOVED(os, oo, ns, no) {os, oo, ns, no},
	TW_CONFIG_MOVED(MOVED)
#undef MOVED
};

static const struct {
	const char *section, *option;
} gone[] = {
#define GONE(s, o) {s, o},
	TW_CONFIG_GONE(GONE)
#undef GONE
};

static const struct {
	const char *section, *option, *why;
} ignored[] = {
#define IGNORED(s, o, w) {s, o, w},
	TW_CONFIG_IGNORED(IGNORED)
#undef IGNORED
};

/* What c->sections says of a section: one of the table's, or a foreign one that was told of. */
static char ours, foreign;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void warn(struct tw_config *c, const char *fmt, ...) TW_PRINTF(2, 3);
static void warn(struct tw_config *c, const char *fmt, ...)
{
	struct tw_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	tw_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	tw_vec_push(&c->warnings, tw_arena_strdup(&c->a, tw_buf_cstr(&b)));
	tw_buf_release(&b);
}

/* ── the table ──────────────────────────────────────────────────────────────────────── */

static struct option *find(const struct tw_config *c, const char *section, const char *option)
{
	char key[200];
	int n = snprintf(key, sizeof key, "%s.%s", section, option);

	if (n < 0 || n >= (int)sizeof key)
		return NULL;
	return tw_map_get(&c->index, tw_strn(key, (size_t)n));
}

static struct option *add(struct tw_config *c, const char *section, const char *option)
{
	struct option *o = tw_arena_new(&c->a, struct option);

	o->e = (struct tw_config_entry){.section = section,
					.option = option,
					.type = "string",
					.value = "",
					.dflt = "",
					.where = "default"};
	tw_vec_push(&c->v, o);
	tw_map_set(&c->index, tw_str(tw_arena_printf(&c->a, "%s.%s", section, option)), o);
	return o;
}

static void add_table(struct tw_config *c)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		struct option *o = add(c, table[i].section, table[i].option);

		o->known = true;
		o->e.type = table[i].type;
		o->e.value = o->e.dflt = table[i].dflt;
		o->e.description = table[i].description;
		o->e.sensitive = table[i].sensitive;
		o->dflt2 = table[i].dflt2;
		tw_map_set(&c->sections, tw_str(table[i].section), &ours);
	}
}

const char *tw_config_source_name(enum tw_config_source source)
{
	static const char *const names[] = {
		[TW_CONFIG_DEFAULT] = "default", [TW_CONFIG_FILE] = "file",	[TW_CONFIG_ENV] = "environment",
		[TW_CONFIG_COMMAND] = "command", [TW_CONFIG_SECRET] = "secret",
	};

	return names[source];
}

/* ── one place's settings ───────────────────────────────────────────────────────────── */

static void collect(struct tw_config *c, enum tw_config_source source, const char *section,
		    const char *option, const char *value, const char *where)
{
	struct setting s = {tw_arena_strdup(&c->a, section), tw_arena_strdup(&c->a, option),
			    tw_arena_strdup(&c->a, value), tw_arena_strdup(&c->a, where), source};

	tw_vec_push(&c->layer, s);
}

/* The option that a setting names, and in which form: "fernet_key_cmd" is fernet_key's command. */
static struct option *named(struct tw_config *c, const char *section, const char *option,
			    enum form *ret_form)
{
	static const char *const suffixes[] = {"", "_cmd", "_secret"};

	for (int f = PLAIN; f < NFORMS; f++) {
		size_t n = strlen(option), k = strlen(suffixes[f]);
		struct option *o;
		char name[160];

		if (n <= k || n - k >= sizeof name || strcmp(option + n - k, suffixes[f]) != 0)
			continue;
		memcpy(name, option, n - k);
		name[n - k] = '\0';
		o = find(c, section, name);
		if (o && (f == PLAIN || o->e.sensitive)) {
			*ret_form = (enum form)f;
			return o;
		}
	}
	return NULL;
}

/* Where an old name's value goes, form and all; NULL: it is no old name. */
static struct option *renamed(struct tw_config *c, const struct setting *s, enum form *ret_form)
{
	for (size_t i = 0; i < COUNT(moved); i++) {
		size_t n = strlen(moved[i].old_option);
		char name[200];

		if (strcmp(s->section, moved[i].old_section) != 0 ||
		    strncmp(s->option, moved[i].old_option, n) != 0)
			continue;
		snprintf(name, sizeof name, "%s%s", moved[i].option, s->option + n);
		if (s->option[n] && strcmp(s->option + n, "_cmd") != 0 &&
		    strcmp(s->option + n, "_secret") != 0)
			continue;
		return named(c, moved[i].section, name, ret_form);
	}
	return NULL;
}

static bool is_gone(const struct setting *s)
{
	for (size_t i = 0; i < COUNT(gone); i++)
		if (strcmp(s->section, gone[i].section) == 0 &&
		    strcmp(s->option, gone[i].option) == 0)
			return true;
	return false;
}

static void set(struct option *o, const struct setting *s, enum form form)
{
	o->e.value = s->value;
	o->e.where = s->where;
	o->e.source = form == COMMAND  ? TW_CONFIG_COMMAND
		      : form == SECRET ? TW_CONFIG_SECRET
				       : s->source;
	o->form = form;
}

/* Python code may read it all the same: kept, and told of. */
static void keep_unknown(struct tw_config *c, const struct setting *s)
{
	struct option *o = find(c, s->section, s->option);

	if (is_gone(s)) {
		warn(c, "%s: [%s] %s has no effect any more", s->where, s->section, s->option);
	} else if (tw_map_get(&c->sections, tw_str(s->section)) == &ours) {
		warn(c, "%s: there is no option %s in [%s]", s->where, s->option, s->section);
	} else if (!tw_map_get(&c->sections, tw_str(s->section))) {
		warn(c, "%s: the section [%s] is unknown; only Python code can read it", s->where,
		     s->section);
		tw_map_set(&c->sections, tw_str(s->section), &foreign);
	}
	if (!o)
		o = add(c, s->section, s->option);
	set(o, s, PLAIN);
}

/* Within one place: an old name, then _secret, _cmd and the plain value, each over the one before.
 */
static void apply_layer(struct tw_config *c)
{
	static const enum form order[] = {SECRET, COMMAND, PLAIN};
	enum form form;

	for (int pass = 0; pass < (int)COUNT(order); pass++)
		for (size_t i = 0; i < c->layer.n; i++) {
			struct setting *s = &c->layer.v[i];
			struct option *o = named(c, s->section, s->option, &form);

			if (o && o->known)
				continue;
			o = renamed(c, s, &form);
			if (o && form == order[pass]) {
				warn(c, "%s: [%s] %s is now [%s] %s", s->where, s->section,
				     s->option, o->e.section, o->e.option);
				set(o, s, form);
			} else if (!o && pass == 0) {
				keep_unknown(c, s);
			}
		}
	for (int pass = 0; pass < (int)COUNT(order); pass++)
		for (size_t i = 0; i < c->layer.n; i++) {
			struct option *o =
				named(c, c->layer.v[i].section, c->layer.v[i].option, &form);

			if (o && o->known && form == order[pass])
				set(o, &c->layer.v[i], form);
		}
	tw_vec_clear(&c->layer);
}

static const char *why_ignored(const struct option *o)
{
	for (size_t i = 0; i < COUNT(ignored); i++)
		if (strcmp(o->e.section, ignored[i].section) == 0 &&
		    (ignored[i].option[0] == '*' || strcmp(o->e.option, ignored[i].option) == 0))
			return ignored[i].why;
	return NULL;
}

static void tell_ignored(struct tw_config *c)
{
	for (size_t i = 0; i < c->v.n; i++) {
		const struct option *o = c->v.v[i];
		const char *why = o->known && o->e.source != TW_CONFIG_DEFAULT &&
						  strcasecmp(o->e.value, o->e.dflt) != 0 ?
					  why_ignored(o) :
					  NULL;

		if (why)
			warn(c, "%s: [%s] %s has no effect: %s", o->e.where, o->e.section, o->e.option, why);
	}
}

/* ── files ──────────────────────────────────────────────────────────────────────────── */

struct file_read {
	struct tw_config *c;
	const char *name;
};

static void on_file_option(void *arg, const char *section, const char *option, const char *value,
			   int line)
{
	struct file_read *f = arg;
	struct tw_buf where = {0};

	tw_buf_printf(&where, "%s:%d", f->name, line);
	collect(f->c, TW_CONFIG_FILE, section, option, value, tw_buf_cstr(&where));
	tw_buf_release(&where);
}

/* $AIRFLOW_CONFIG and $TRADEWIND_CONFIG name other files. */
static enum tw_rc read_file(struct tw_config *c, const char *name, const char *variable,
			    struct tw_err *err)
{
	const char *elsewhere = getenv(variable);
	struct tw_buf path = {0}, text = {0};
	struct file_read f = {c, name};
	enum tw_rc rc;

	if (elsewhere && *elsewhere) {
		tw_path_expand(&path, tw_str(elsewhere));
		f.name = tw_arena_strdup(&c->a, tw_buf_cstr(&path));
	} else {
		tw_path_join(&path, tw_str(c->home), tw_str(name));
	}
	rc = tw_file_read(tw_buf_cstr(&path), FILE_LIMIT, &text, err);
	if (rc == TW_OK)
		rc = tw_ini_parse(f.name, tw_buf_str(&text), on_file_option, &f, err);
	else if (rc == TW_ERR_NOT_FOUND)
		rc = TW_OK;
	tw_buf_release(&path);
	tw_buf_release(&text);
	if (rc == TW_OK)
		apply_layer(c);
	return rc;
}

/* ── the environment ────────────────────────────────────────────────────────────────── */

/* A section's name as the environment has it: dots are underscores. */
static const char *section_named(struct tw_config *c, const char *name)
{
	tw_map_foreach(&c->sections, e)
	{
		size_t i = 0;

		while (i < e->key.n && name[i] &&
		       (e->key.p[i] == name[i] || (e->key.p[i] == '.' && name[i] == '_')))
			i++;
		if (i == e->key.n && !name[i])
			return tw_arena_strndup(&c->a, e->key.p, e->key.n);
	}
	return name;
}

static void read_variable(struct tw_config *c, const char *entry, size_t prefix)
{
	const char *eq = strchr(entry, '='), *sep;
	char *name, *p;

	if (!eq || eq - entry > 300)
		return;
	name = tw_arena_strndup(&c->a, entry, (size_t)(eq - entry));
	sep = strstr(name + prefix, "__");
	if (!sep || sep == name + prefix || !sep[2])
		return;
	p = tw_arena_strdup(&c->a, name + prefix);
	for (char *q = p; *q; q++)
		*q = (char)tolower((unsigned char)*q);
	p[sep - (name + prefix)] = '\0';
	collect(c, TW_CONFIG_ENV, section_named(c, p), p + (sep - (name + prefix)) + 2, eq + 1,
		name);
}

static void read_environment(struct tw_config *c, const char *prefix)
{
	size_t n = strlen(prefix);

	for (char **e = environ; *e; e++)
		if (strncmp(*e, prefix, n) == 0)
			read_variable(c, *e, n);
	apply_layer(c);
}

/* ── values ─────────────────────────────────────────────────────────────────────────── */

static const char *expand(struct tw_config *c, const char *value)
{
	struct tw_buf homed = {0}, out = {0};
	struct tw_str rest = tw_str(value);
	ptrdiff_t at;
	const char *text;

	while ((at = tw_str_find(rest, TW_STR("{AIRFLOW_HOME}"), 0)) >= 0) {
		tw_buf_addstr(&homed, tw_strn(rest.p, (size_t)at));
		tw_buf_adds(&homed, c->home);
		rest = tw_strn(rest.p + at + 14, rest.n - (size_t)at - 14);
	}
	tw_buf_addstr(&homed, rest);
	tw_path_expand(&out, tw_buf_str(&homed));
	text = tw_arena_strdup(&c->a, tw_buf_cstr(&out));
	tw_buf_release(&homed);
	tw_buf_release(&out);
	return text;
}

static enum tw_rc resolve(struct tw_config *c, struct option *o, struct tw_err *err)
{
	struct tw_buf out = {0};
	enum tw_rc rc;

	if (o->form == PLAIN) {
		o->e.value = expand(c, o->e.value);
		o->e.dflt = o->e.source == TW_CONFIG_DEFAULT ? o->e.value : expand(c, o->e.dflt);
		return TW_OK;
	}
	if (o->form == COMMAND)
		rc = tw_config_command(expand(c, o->e.value), &out, err);
	else
		rc = tw_config_secret(tw_config_get(c, "secrets", "backend"),
				      tw_config_get(c, "secrets", "backend_kwargs"), o->e.value,
				      &out, err);
	if (rc == TW_OK) {
		o->e.value = tw_arena_strdup(&c->a, tw_buf_cstr(&out));
		o->form = PLAIN;
	}
	tw_buf_release(&out);
	return rc < 0 ? tw_err_wrap(err, "%s: [%s] %s", o->e.where, o->e.section, o->e.option)
		      : TW_OK;
}

/* Airflow's booleans; a comment behind one is cut. */
static bool read_bool(const char *value, bool *ret)
{
	static const char *const yes[] = {"true", "t", "1"}, *const no[] = {"false", "f", "0"};
	struct tw_str rest, v = tw_str_trim(tw_str_cut(tw_str(value), '#', &rest));

	for (int i = 0; i < 3; i++) {
		if (tw_str_caseeq(v, yes[i]) || tw_str_caseeq(v, no[i])) {
			*ret = tw_str_caseeq(v, yes[i]);
			return true;
		}
	}
	return false;
}

static bool fits(const struct tw_config_entry *e)
{
	struct tw_str v = tw_str_trim(tw_str(e->value));
	int64_t i;
	double f;
	bool b;

	switch (e->type[0]) {
	case 'i':
		return tw_str_to_int(v, &i);
	case 'f':
		return tw_str_to_double(v, &f);
	case 'b':
		return read_bool(e->value, &b);
	default:
		return true;
	}
}

static enum tw_rc check(const struct option *o, struct tw_err *err)
{
	const struct tw_config_entry *e = &o->e;
	const char *want = e->type[0] == 'i'   ? "a whole number"
			   : e->type[0] == 'f' ? "a number"
					       : "true or false";

	/* An option that is unset by default may be set to nothing. */
	if (fits(e) || (!*e->value && !*e->dflt))
		return TW_OK;
	return tw_err_set(err, TW_ERR_INVALID, "%s: [%s] %s is '%s', it should be %s", e->where,
			  e->section, e->option, e->sensitive ? "***" : e->value, want);
}

/* The generation first: it decides defaults. */
static enum tw_rc find_compat(struct tw_config *c, struct tw_err *err)
{
	struct option *o = find(c, "core", "compat");

	if (strcmp(o->e.value, "2") != 0 && strcmp(o->e.value, "3") != 0)
		return tw_err_set(err, TW_ERR_INVALID,
				  "%s: [core] compat is '%s', it should be 2 or 3", o->e.where,
				  o->e.value);
	c->compat = o->e.value[0] - '0';
	for (size_t i = 0; c->compat == 2 && i < c->v.n; i++)
		if (c->v.v[i]->dflt2) {
			c->v.v[i]->e.dflt = c->v.v[i]->dflt2;
			if (c->v.v[i]->e.source == TW_CONFIG_DEFAULT)
				c->v.v[i]->e.value = c->v.v[i]->dflt2;
		}
	return TW_OK;
}

static enum tw_rc load(struct tw_config *c, struct tw_err *err)
{
	enum tw_rc rc;

	add_table(c);
	rc = read_file(c, "airflow.cfg", "AIRFLOW_CONFIG", err);
	if (rc == TW_OK)
		rc = read_file(c, "tradewind.cfg", "TRADEWIND_CONFIG", err);
	if (rc < 0)
		return rc;
	read_environment(c, "AIRFLOW__");
	read_environment(c, "TRADEWIND__");
	rc = find_compat(c, err);
	/* The secrets backend is itself an option: plain values first. */
	for (int form = PLAIN; form < NFORMS; form++)
		for (size_t i = 0; rc == TW_OK && i < c->v.n; i++)
			if (c->v.v[i]->form == (enum form)form)
				rc = resolve(c, c->v.v[i], err);
	for (size_t i = 0; rc == TW_OK && i < c->v.n; i++)
		rc = check(c->v.v[i], err);
	if (rc == TW_OK)
		tell_ignored(c);
	return rc;
}

enum tw_rc tw_config_load(const char *home, struct tw_config **ret_config, struct tw_err *err)
{
	struct tw_config *c = tw_new(struct tw_config);
	enum tw_rc rc;

	c->home = tw_arena_strdup(&c->a, home);
	rc = load(c, err);
	if (rc < 0) {
		tw_config_free(c);
		return tw_err_wrap(err, "configuration");
	}
	*ret_config = c;
	return TW_OK;
}

void tw_config_free(struct tw_config *c)
{
	if (!c)
		return;
	tw_vec_release(&c->v);
	tw_vec_release(&c->warnings);
	tw_vec_release(&c->layer);
	tw_map_release(&c->index);
	tw_map_release(&c->sections);
	tw_arena_release(&c->a);
	free(c);
}

/* ── reading ────────────────────────────────────────────────────────────────────────── */

const struct tw_config_entry *tw_config_find(const struct tw_config *c, const char *section,
					     const char *option)
{
	const struct option *o = find(c, section, option);

	return o ? &o->e : NULL;
}

const char *tw_config_get(const struct tw_config *c, const char *section, const char *option)
{
	const struct option *o = find(c, section, option);

	TW_ASSERT(o);
	return o->e.value;
}

int64_t tw_config_int(const struct tw_config *c, const char *section, const char *option)
{
	int64_t i = 0;

	tw_str_to_int(tw_str_trim(tw_str(tw_config_get(c, section, option))), &i);
	return i;
}

double tw_config_float(const struct tw_config *c, const char *section, const char *option)
{
	double f = 0;

	tw_str_to_double(tw_str_trim(tw_str(tw_config_get(c, section, option))), &f);
	return f;
}

bool tw_config_bool(const struct tw_config *c, const char *section, const char *option)
{
	bool b = false;

	read_bool(tw_config_get(c, section, option), &b);
	return b;
}

size_t tw_config_count(const struct tw_config *c)
{
	return c->v.n;
}

const struct tw_config_entry *tw_config_at(const struct tw_config *c, size_t i)
{
	return &c->v.v[i]->e;
}

size_t tw_config_nwarnings(const struct tw_config *c)
{
	return c->warnings.n;
}

const char *tw_config_warning(const struct tw_config *c, size_t i)
{
	return c->warnings.v[i];
}

int tw_config_compat(const struct tw_config *c)
{
	return c->compat;
}

static bool holds(struct tw_str name, struct tw_str word)
{
	for (size_t i = 0; word.n && i + word.n <= name.n; i++)
		if (strncasecmp(name.p + i, word.p, word.n) == 0)
			return true;
	return false;
}

bool tw_config_is_sensitive_name(const struct tw_config *c, struct tw_str name)
{
	static const char *const words[] = {
		"access_key",	 "access_token",    "api_key",		 "apikey", "auth_header",
		"authorization", "bearer",	    "connection_string", "dsn",	   "passphrase",
		"passwd",	 "password",	    "private_key",	 "proxy",  "proxies",
		"secret",	 "service_account", "service_key",	 "token",  "keyfile_dict",
		"webhook_url",
	};
	struct tw_str more = tw_str(tw_config_get(c, "core", "sensitive_var_conn_names"));

	if (!tw_config_bool(c, "core", "hide_sensitive_var_conn_fields"))
		return false;
	for (size_t i = 0; i < COUNT(words); i++)
		if (holds(name, tw_str(words[i])))
			return true;
	while (more.p)
		if (holds(name, tw_str_trim(tw_str_cut(more, ',', &more))))
			return true;
	return false;
}
