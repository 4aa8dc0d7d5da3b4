#include "runner/masker.h"

#include <ctype.h>
#include <stdlib.h>

#include "value/json.h"

struct tw_secret {
	struct tw_secret *next;
	size_t n;
	char p[];
};

#define REPLACEMENT "***"
#define MIN_LENGTH 5
#define MIN_LINE 8 /* shorter lines of a longer secret are too likely to be innocent */

static const char *const sensitive[] = {
	"access_key",	 "access_token",    "api_key",		 "apikey", "auth_header",
	"authorization", "bearer",	    "connection_string", "dsn",	   "passphrase",
	"passwd",	 "password",	    "private_key",	 "proxy",  "proxies",
	"secret",	 "service_account", "service_key",	 "token",  "keyfile_dict",
	"webhook_url",
};

static struct tw_buf more_words; /* lower case, separated by commas */

void tw_sensitive_names_set(struct tw_str words)
{
	tw_buf_clear(&more_words);
	for (size_t i = 0; i < words.n; i++)
		tw_buf_addc(&more_words, (char)tolower((unsigned char)words.p[i]));
}

bool tw_name_is_sensitive(struct tw_str name)
{
	TW_AUTO(tw_buf_release) struct tw_buf low = {0};
	for (size_t i = 0; i < name.n; i++)
		tw_buf_addc(&low, (char)tolower((unsigned char)name.p[i]));
	struct tw_str s = tw_str_trim(tw_buf_str(&low));
	for (size_t i = 0; i < sizeof sensitive / sizeof *sensitive; i++)
		if (tw_str_find(s, tw_str(sensitive[i]), 0) >= 0)
			return true;
	for (struct tw_str rest = tw_buf_str(&more_words); rest.p && rest.n;) {
		struct tw_str word = tw_str_trim(tw_str_cut(rest, ',', &rest));
		if (word.n && tw_str_find(s, word, 0) >= 0)
			return true;
	}
	return false;
}

void tw_masker_release(struct tw_masker *m)
{
	for (size_t i = 0; i < 256; i++) {
		while (m->first[i]) {
			struct tw_secret *s = m->first[i];
			m->first[i] = s->next;
			free(s);
		}
	}
	tw_map_release(&m->known);
	m->longest = 0;
}

static bool add_one(struct tw_masker *m, struct tw_str s)
{
	if (tw_map_get(&m->known, s) || m->known.len >= TW_MASK_SECRETS)
		return false;
	struct tw_secret *new = tw_alloc(sizeof *new + s.n);
	new->n = s.n;
	memcpy(new->p, s.p, s.n);
	struct tw_secret **at = &m->first[(unsigned char)s.p[0]];
	while (*at && (*at)->n >= s.n)
		at = &(*at)->next;
	new->next = *at;
	*at = new;
	tw_map_set(&m->known, s, new);
	if (s.n > m->longest)
		m->longest = s.n;
	return true;
}

/* As urllib.parse.quote(secret) and quote(secret, safe="") spell it. */
static void percent(struct tw_str s, const char *safe, struct tw_buf *out)
{
	tw_buf_clear(out);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x80 && (isalnum(c) || (c && strchr(safe, c))))
			tw_buf_addc(out, (char)c);
		else
			tw_buf_printf(out, "%%%02X", c);
	}
}

static void add_spelling(struct tw_masker *m, const struct tw_buf *b, size_t trim)
{
	if (b->n > 2 * trim)
		add_one(m, tw_strn(b->p + trim, b->n - 2 * trim));
}

static void add_lines(struct tw_masker *m, struct tw_str secret)
{
	if (!memchr(secret.p, '\n', secret.n))
		return;
	for (struct tw_str rest = secret; rest.p;) {
		struct tw_str line = tw_str_trim(tw_str_cut(rest, '\n', &rest));
		if (line.n >= MIN_LINE)
			add_one(m, line);
	}
}

bool tw_masker_add(struct tw_masker *m, struct tw_str secret)
{
	size_t min = m->min_length ? m->min_length : MIN_LENGTH;
	if (secret.n < min || tw_str_caseeq(secret, "airflow"))
		return false;
	if (!add_one(m, secret))
		return false;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	tw_json_write_str(&b, secret, 0);
	add_spelling(m, &b, 1);
	tw_buf_clear(&b);
	tw_json_write_str(&b, secret, TW_JSON_ASCII);
	add_spelling(m, &b, 1);
	percent(secret, "_.-~/", &b);
	add_spelling(m, &b, 0);
	percent(secret, "_.-~", &b);
	add_spelling(m, &b, 0);
	add_lines(m, secret);
	return true;
}

void tw_masker_add_value(struct tw_masker *m, struct tw_value v)
{
	if (v.kind == TW_V_STR) {
		tw_masker_add(m, v.s);
	} else if (v.kind == TW_V_LIST || v.kind == TW_V_TUPLE) {
		for (size_t i = 0; i < v.list->n; i++)
			tw_masker_add_value(m, v.list->v[i]);
	} else if (v.kind == TW_V_MAP) {
		for (size_t i = 0; i < v.map->n; i++)
			tw_masker_add_value(m, v.map->v[i].value);
	}
}

void tw_masker_add_sensitive(struct tw_masker *m, struct tw_str name, struct tw_value v)
{
	if (name.n && tw_name_is_sensitive(name)) {
		tw_masker_add_value(m, v);
	} else if (v.kind == TW_V_LIST || v.kind == TW_V_TUPLE) {
		for (size_t i = 0; i < v.list->n; i++)
			tw_masker_add_sensitive(m, TW_STR(""), v.list->v[i]);
	} else if (v.kind == TW_V_MAP) {
		for (size_t i = 0; i < v.map->n; i++) {
			struct tw_value key = v.map->v[i].key;
			tw_masker_add_sensitive(m, key.kind == TW_V_STR ? key.s : TW_STR(""),
						v.map->v[i].value);
		}
	}
}

/* Length of the secret at text[i], 0 for none, or -1 when only more bytes can tell. */
static ptrdiff_t match_at(const struct tw_masker *m, struct tw_str text, size_t i, bool final)
{
	size_t left = text.n - i;
	for (const struct tw_secret *s = m->first[(unsigned char)text.p[i]]; s; s = s->next) {
		if (s->n <= left) {
			if (memcmp(s->p, text.p + i, s->n) == 0)
				return (ptrdiff_t)s->n;
		} else if (!final && memcmp(s->p, text.p + i, left) == 0) {
			return -1;
		}
	}
	return 0;
}

size_t tw_masker_mask(const struct tw_masker *m, struct tw_str text, bool final, struct tw_buf *out)
{
	if (tw_masker_empty(m)) {
		tw_buf_addstr(out, text);
		return text.n;
	}
	size_t from = 0, i = 0;
	while (i < text.n) {
		ptrdiff_t n = match_at(m, text, i, final);
		if (n == 0) {
			i++;
			continue;
		}
		tw_buf_add(out, text.p + from, i - from);
		if (n < 0)
			return i;
		tw_buf_adds(out, REPLACEMENT);
		i += (size_t)n;
		from = i;
	}
	tw_buf_add(out, text.p + from, i - from);
	return i;
}

void tw_masker_learn(struct tw_masker *m, struct tw_arena *a, struct tw_str what, struct tw_value request,
		     struct tw_value result)
{
	if (tw_str_is(what, "variable_get")) {
		if (tw_name_is_sensitive(tw_map_str(request, "key", "")))
			tw_masker_add_value(m, result);
		return;
	}
	if (!tw_str_is(what, "connection_get") || result.kind != TW_V_MAP)
		return;
	tw_masker_add_value(m, tw_map_value(result, "password"));
	struct tw_value extra = tw_map_value(result, "extra"), read;
	if (extra.kind == TW_V_STR && tw_json_parse(a, extra.s, &read, NULL) == TW_OK)
		extra = read;
	tw_masker_add_sensitive(m, TW_STR(""), extra);
}
