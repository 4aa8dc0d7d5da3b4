#include "api/spec/spec.h"

#include <pthread.h>
#include <regex.h>
#include <stdio.h>

#include "api/embedded.h"

/* ── words ────────────────────────────────────────────────────────────────────────────── */

struct reader {
	struct tw_spec *spec;
	struct tw_str text;
	size_t at;
	const char *wrong; /* the first fault; NULL: none */
	size_t wrong_at;
};

static char peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static void fail(struct reader *r, const char *what)
{
	if (!r->wrong) {
		r->wrong = what;
		r->wrong_at = r->at;
	}
	r->at = r->text.n;
}

static bool take(struct reader *r, char c)
{
	if (peek(r) != c || !c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, const char *word)
{
	if (!tw_str_starts(tw_strn(r->text.p + r->at, r->text.n - r->at), word))
		return false;
	r->at += strlen(word);
	return true;
}

/* Blanks within a block: a line that begins at the margin is another block. */
static void blanks(struct reader *r)
{
	while (r->at < r->text.n) {
		char c = peek(r), next = r->at + 1 < r->text.n ? r->text.p[r->at + 1] : '\0';

		if (c != ' ' && c != '\t' && !(c == '\n' && (next == '\t' || next == '\n')))
			return;
		r->at++;
	}
}

/* Blank lines and comments between blocks. */
static void gap(struct reader *r)
{
	for (;;) {
		while (peek(r) == '\n')
			r->at++;
		if (peek(r) != '#')
			return;
		while (peek(r) && peek(r) != '\n')
			r->at++;
	}
}

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || tw_is_digit(c) || c == '_' || c == '-';
}

static struct tw_str name(struct reader *r)
{
	size_t from = r->at;

	while (in_name(peek(r)))
		r->at++;
	if (r->at == from)
		fail(r, "a name is missing");
	return tw_strn(r->text.p + from, r->at - from);
}

/* Up to one of the ends, which is left. */
static struct tw_str up_to(struct reader *r, const char *ends)
{
	size_t from = r->at;

	while (peek(r) && !strchr(ends, peek(r)))
		r->at++;
	return tw_strn(r->text.p + from, r->at - from);
}

/* A word of an enum: a name, or 'anything'. */
static struct tw_str one_word(struct reader *r)
{
	struct tw_str text;

	if (!take(r, '\''))
		return name(r);
	text = up_to(r, "'\n");
	if (!take(r, '\''))
		fail(r, "' without '");
	return text;
}

/* ── types ────────────────────────────────────────────────────────────────────────────── */

static const struct tw_type *read_type(struct reader *r);

static struct tw_model *model_of(struct reader *r, struct tw_str called)
{
	struct tw_model *m = tw_map_get(&r->spec->models, called);

	if (!m) {
		m = tw_arena_new(&r->spec->arena, struct tw_model);
		m->name = called;
		tw_map_set(&r->spec->models, called, m);
	}
	return m;
}

static void add_type(struct reader *r, struct tw_type *t, const struct tw_type *of)
{
	const struct tw_type **v = tw_arena_array(&r->spec->arena, const struct tw_type *, t->n + 1);

	for (size_t i = 0; i < t->n; i++)
		v[i] = t->of[i];
	v[t->n++] = of;
	t->of = v;
}

static void add_word(struct reader *r, struct tw_type *t, struct tw_str word)
{
	struct tw_str *v = tw_arena_array(&r->spec->arena, struct tw_str, t->n + 1);

	for (size_t i = 0; i < t->n; i++)
		v[i] = t->words[i];
	v[t->n++] = word;
	t->words = v;
}

static struct tw_type *of_kind(struct reader *r, enum tw_type_kind kind)
{
	struct tw_type *t = tw_arena_new(&r->spec->arena, struct tw_type);

	t->kind = kind;
	return t;
}

static struct tw_type *named_type(struct reader *r)
{
	static const struct {
		const char *name;
		enum tw_type_kind kind;
	} plain[] = {
		{"any", TW_T_ANY}, {"str", TW_T_STR}, {"int", TW_T_INT}, {"num", TW_T_NUM},
		{"bool", TW_T_BOOL}, {"datetime", TW_T_TIME}, {"date", TW_T_DATE}, {"uuid", TW_T_UUID},
		{"duration", TW_T_DURATION}, {"object", TW_T_MAP},
	};
	struct tw_str called = name(r);
	struct tw_type *t;

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (tw_str_is(called, plain[i].name))
			return of_kind(r, plain[i].kind);
	t = of_kind(r, TW_T_MODEL);
	t->model = model_of(r, called);
	return t;
}

static struct tw_type *base_type(struct reader *r)
{
	struct tw_type *t;

	if (take(r, '(')) {
		t = (struct tw_type *)read_type(r);
		if (!take(r, ')'))
			fail(r, "( without )");
	} else if (take(r, '[')) {
		t = of_kind(r, TW_T_TUPLE);
		do
			add_type(r, t, read_type(r));
		while (take(r, ','));
		if (!take(r, ']'))
			fail(r, "[ without ]");
	} else if (peek(r) == '\'') {
		t = of_kind(r, TW_T_ENUM);
		add_word(r, t, one_word(r));
	} else if (take_word(r, "enum(")) {
		t = of_kind(r, TW_T_ENUM);
		do
			add_word(r, t, up_to(r, "|)\n"));
		while (take(r, '|'));
		if (!take(r, ')'))
			fail(r, "enum( without )");
	} else if (take_word(r, "map<")) {
		t = of_kind(r, TW_T_MAP);
		add_type(r, t, read_type(r));
		if (!take(r, '>'))
			fail(r, "map< without >");
	} else {
		t = named_type(r);
	}
	return t;
}

/* \w and \S as POSIX has them; what is beyond ASCII counts as a letter. */
static const regex_t *compile(struct reader *r, struct tw_str pattern)
{
	regex_t *re = tw_arena_new(&r->spec->arena, regex_t);
	struct tw_buf posix TW_AUTO(tw_buf_release) = {0};

	for (size_t i = 0; i < pattern.n; i++) {
		bool escape = pattern.p[i] == '\\' && i + 1 < pattern.n;

		if (escape && pattern.p[i + 1] == 'w')
			tw_buf_adds(&posix, "[:alnum:]_\x80-\xff");
		else if (escape && pattern.p[i + 1] == 'S')
			tw_buf_adds(&posix, "[^[:space:]]");
		else
			tw_buf_addc(&posix, pattern.p[i]);
		i += escape;
	}
	if (regcomp(re, tw_buf_cstr(&posix), REG_EXTENDED | REG_NOSUB))
		fail(r, "the pattern cannot be read");
	else
		tw_vec_push(&r->spec->patterns, re);
	return re;
}

/* {>=0 len<=200 ~^\w+$} */
static void limits(struct reader *r, struct tw_type *t)
{
	while (!take(r, '}')) {
		struct tw_bound *b;
		struct tw_str digits;

		blanks(r);
		if (take_word(r, "naive")) {
			t->naive = true;
			continue;
		}
		if (take_word(r, "only ")) {
			do
				add_word(r, t, up_to(r, "|} \n"));
			while (take(r, '|'));
			continue;
		}
		if (take(r, '~')) {
			t->pattern = up_to(r, " }\n");
			t->regex = compile(r, t->pattern);
			continue;
		}
		if (!take_word(r, "len"))
			take(r, 'n');
		b = peek(r) == '>' ? &t->min : &t->max;
		if (!take(r, '>') && !take(r, '<')) {
			fail(r, "a limit looks like >=0, len<=20, n>=1, naive or ~pattern");
			return;
		}
		b->open = !take(r, '=');
		b->set = true;
		digits = up_to(r, " }\n");
		if (!tw_str_to_int(digits, &b->at))
			fail(r, "a limit is a whole number");
	}
}

static const struct tw_type *one_type(struct reader *r)
{
	struct tw_type *t = base_type(r), *list;

	for (;;) {
		if (take(r, '?')) {
			t->nullable = true;
		} else if (take_word(r, "[]")) {
			list = of_kind(r, TW_T_LIST);
			add_type(r, list, t);
			t = list;
		} else if (take(r, '{')) {
			limits(r, t);
		} else {
			return t;
		}
	}
}

static const struct tw_type *read_type(struct reader *r)
{
	const struct tw_type *t = one_type(r);
	struct tw_type *either;

	if (peek(r) != '|')
		return t;
	either = of_kind(r, TW_T_UNION);
	add_type(r, either, t);
	while (take(r, '|'))
		add_type(r, either, one_type(r));
	return either;
}

/* ── fields ───────────────────────────────────────────────────────────────────────────── */

static struct tw_field *add_field(struct reader *r, struct tw_fields *f, struct tw_field field)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 8;
		struct tw_field *v = tw_arena_array(&r->spec->arena, struct tw_field, cap);

		if (f->n)
			memcpy(v, f->v, f->n * sizeof *v);
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n] = field;
	return &f->v[f->n++];
}

/* run_after_*: four of them */
static void add_range(struct reader *r, struct tw_fields *f, struct tw_field field)
{
	static const char *const ends[] = {"gte", "gt", "lte", "lt"};
	struct tw_str stem = field.name;

	for (size_t i = 0; i < 4; i++) {
		field.name = tw_str(tw_arena_printf(&r->spec->arena, TW_STR_FMT "%s", TW_STR_ARG(stem), ends[i]));
		add_field(r, f, field);
	}
}

static void add_all(struct reader *r, struct tw_fields *f, const struct tw_model *other)
{
	if (!other->defined)
		fail(r, "+ names what comes later");
	for (size_t i = 0; i < other->fields.n; i++)
		add_field(r, f, other->fields.v[i]);
}

/* name!:type=default, +model; stops at a word that is neither. */
static void read_fields(struct reader *r, struct tw_fields *f)
{
	for (;;) {
		struct tw_field field = {0};
		size_t from;
		bool range;

		blanks(r);
		if (take(r, '+')) {
			add_all(r, f, model_of(r, name(r)));
			continue;
		}
		from = r->at;
		if (!in_name(peek(r)))
			return;
		field.name = name(r);
		range = take(r, '*');
		field.required = take(r, '!');
		if (!take(r, ':')) {
			r->at = from;
			return;
		}
		field.type = read_type(r);
		if (take(r, '='))
			field.dflt = up_to(r, " \t\n(");
		field.read_only = take_word(r, "(ro)");
		if (range)
			add_range(r, f, field);
		else
			add_field(r, f, field);
	}
}

/* ── models ───────────────────────────────────────────────────────────────────────────── */

static void read_model(struct reader *r)
{
	struct tw_str kind = name(r);
	struct tw_model *m;
	struct tw_type *t;

	take(r, ' ');
	m = model_of(r, name(r));
	if (m->defined)
		fail(r, "there is one of this name already");
	m->defined = true;
	if (tw_str_is(kind, "enum")) {
		t = of_kind(r, TW_T_ENUM);
		for (blanks(r); in_name(peek(r)) || peek(r) == '\''; blanks(r))
			add_word(r, t, one_word(r));
		m->alias = t;
	} else if (tw_str_is(kind, "any")) {
		m->alias = of_kind(r, TW_T_ANY);
	} else if (tw_str_is(kind, "open") || tw_str_is(kind, "closed") || tw_str_is(kind, "params")) {
		m->closed = tw_str_is(kind, "closed");
		m->parts = tw_str_is(kind, "params");
		read_fields(r, &m->fields);
	} else {
		fail(r, "a block begins with open, closed, enum, any or params");
	}
}

/* ── operations ───────────────────────────────────────────────────────────────────────── */

static const struct tw_field *field_of(const struct tw_fields *f, struct tw_str called)
{
	for (size_t i = 0; i < f->n; i++)
		if (tw_str_eq(f->v[i].name, called))
			return &f->v[i];
	return NULL;
}

/* The path's parameters, in order: as the operation says, else as all do, else text. */
static void path_params(struct reader *r, struct tw_operation *op, const struct tw_fields *own)
{
	const struct tw_model *all = model_of(r, TW_STR("path"));
	struct tw_str rest = op->path, called;

	for (tw_str_cut(rest, '{', &rest); rest.p; tw_str_cut(rest, '{', &rest)) {
		struct tw_field field = {.required = true};
		const struct tw_field *known;

		called = tw_str_cut(rest, '}', &rest);
		known = field_of(own, called);
		if (!known)
			known = field_of(&all->fields, called);
		field.name = called;
		field.type = known ? known->type : of_kind(r, TW_T_STR);
		add_field(r, &op->params, field);
	}
}

/* Behind a type; p NULL: none is named. */
static struct tw_str media(struct reader *r)
{
	size_t from = r->at;
	struct tw_str word;

	if (peek(r) != ' ')
		return (struct tw_str){0};
	blanks(r);
	word = up_to(r, " \t\n");
	if (tw_str_find(word, TW_STR("/"), 0) >= 0)
		return word;
	r->at = from;
	return (struct tw_str){0};
}

static void read_answer(struct reader *r, struct tw_operation *op, int64_t status)
{
	struct tw_answer *a = &op->answers[op->nanswers];

	if (op->nanswers == sizeof op->answers / sizeof *op->answers) {
		fail(r, "too many answers");
		return;
	}
	op->nanswers++;
	a->status = (int)status;
	if (peek(r) == ' ') {
		blanks(r);
		a->type = read_type(r);
		a->media = media(r);
	}
}

static void read_fails(struct reader *r, struct tw_operation *op)
{
	int64_t status;

	while (peek(r) == ' ') {
		blanks(r);
		if (!tw_str_to_int(name(r), &status) || op->nfails == sizeof op->fails / sizeof *op->fails)
			fail(r, "fails is followed by a few status codes");
		else
			op->fails[op->nfails++] = (int)status;
	}
}

static void read_body(struct reader *r, struct tw_operation *op)
{
	struct tw_str form;

	op->body_optional = take(r, '?');
	blanks(r);
	op->body = read_type(r);
	form = media(r);
	op->body_form |= form.p != NULL;
}

static void read_parts(struct reader *r, struct tw_operation *op, struct tw_fields *own)
{
	for (blanks(r); in_name(peek(r)); blanks(r)) {
		struct tw_str word = name(r);
		int64_t status;

		if (tw_str_is(word, "query"))
			read_fields(r, &op->query);
		else if (tw_str_is(word, "header"))
			read_fields(r, &op->headers);
		else if (tw_str_is(word, "path"))
			read_fields(r, own);
		else if (tw_str_is(word, "body"))
			read_body(r, op);
		else if (tw_str_is(word, "fails"))
			read_fails(r, op);
		else if (word.n == 3 && tw_str_to_int(word, &status))
			read_answer(r, op, status);
		else
			fail(r, "query, header, path, body, fails or a status code");
	}
}

static struct tw_str op_key(struct tw_arena *a, struct tw_str method, struct tw_str path)
{
	return tw_str(tw_arena_printf(a, TW_STR_FMT " " TW_STR_FMT, TW_STR_ARG(method), TW_STR_ARG(path)));
}

static void read_op(struct reader *r, struct tw_str tags)
{
	struct tw_operation *op = tw_arena_new(&r->spec->arena, struct tw_operation);
	struct tw_fields own = {0};

	op->tags = tags;
	op->method = name(r);
	take(r, ' ');
	op->path = up_to(r, " \n");
	take(r, ' ');
	op->id = name(r);
	read_parts(r, op, &own);
	path_params(r, op, &own);
	if (tw_map_set(&r->spec->ops, op_key(&r->spec->arena, op->method, op->path), op))
		fail(r, "this operation is there already");
}

/* ── the whole ────────────────────────────────────────────────────────────────────────── */

static enum tw_rc told(const struct reader *r, const char *what, struct tw_err *err)
{
	size_t line = 1;

	for (size_t i = 0; i < r->wrong_at; i++)
		line += r->text.p[i] == '\n';
	return tw_err_set(err, TW_ERR_INVALID, "%s, line %zu: %s", what, line, r->wrong);
}

enum tw_rc tw_spec_read(struct tw_spec *spec, struct tw_str operations, struct tw_str models, struct tw_err *err)
{
	struct reader m = {.spec = spec, .text = models}, o = {.spec = spec, .text = operations};
	struct tw_str tags = {0};

	for (gap(&m); peek(&m); gap(&m))
		read_model(&m);
	if (m.wrong)
		return told(&m, "models", err);
	for (gap(&o); peek(&o); gap(&o)) {
		if (take(&o, '[')) {
			tags = up_to(&o, "]\n");
			take(&o, ']');
		} else {
			read_op(&o, tags);
		}
	}
	if (o.wrong)
		return told(&o, "operations", err);
	tw_map_foreach(&spec->models, e)
		if (!((struct tw_model *)e->value)->defined)
			return tw_err_set(err, TW_ERR_INVALID, "no model " TW_STR_FMT, TW_STR_ARG(e->key));
	return TW_OK;
}

void tw_spec_release(struct tw_spec *spec)
{
	tw_map_release(&spec->models);
	tw_map_release(&spec->ops);
	for (size_t i = 0; i < spec->patterns.n; i++)
		regfree(spec->patterns.v[i]);
	tw_vec_release(&spec->patterns);
	tw_arena_release(&spec->arena);
}

static struct tw_spec compiled_in;

static void read_compiled_in(void)
{
	struct tw_err err = {0};

	if (tw_spec_read(&compiled_in, tw_strn(tw_embed_operations, tw_embed_operations_n),
			 tw_strn(tw_embed_models, tw_embed_models_n), &err) < 0)
		fprintf(stderr, "%s\n", err.msg);
	TW_ASSERT(!err.msg[0]);
}

const struct tw_spec *tw_spec(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_compiled_in);
	return &compiled_in;
}

const struct tw_operation *tw_spec_op(const struct tw_spec *spec, const struct tw_route *route)
{
	const char *dots = strstr(route->pattern, "...}");
	char key[256];

	snprintf(key, sizeof key, "%s %.*s%s", route->method,
		 dots ? (int)(dots - route->pattern) : (int)strlen(route->pattern), route->pattern,
		 dots ? "}" : "");
	return tw_map_get(&spec->ops, tw_str(key));
}

const struct tw_field *tw_type_tag(const struct tw_type *t)
{
	const struct tw_field *first =
		t->kind == TW_T_MODEL && t->model->fields.n ? t->model->fields.v : NULL;

	return first && first->type->kind == TW_T_ENUM && first->type->n == 1 ? first : NULL;
}
