/* What was sent against what the spec promises, in pydantic's words. */
#include <regex.h>
#include <stdio.h>

#include "api/ask.h"
#include "api/spec/spec.h"

#define VALUES_MAX 128 /* of one repeated parameter */

struct checker {
	struct tw_faults f;
	struct tw_arena *arena;
};

static void check(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at);

static void fault(struct checker *c, const char *type, const struct tw_place *at, const char *msg, struct tw_value input)
{
	tw_fault_at(&c->f, type, at, msg, input, NULL, TW_NULL);
}

/* ── limits ───────────────────────────────────────────────────────────────────────────── */

static void outside(struct checker *c, const struct tw_type *t, const char *type, const char *words, const char *key,
		    int64_t bound, struct tw_value input, const struct tw_place *at)
{
	const char *msg = tw_arena_printf(c->arena, "Input should be %s %lld", words, (long long)bound);

	tw_fault_at(&c->f, type, at, msg, input, key, t->kind == TW_T_NUM ? tw_v_float((double)bound) : tw_v_int(bound));
}

static void check_range(struct checker *c, const struct tw_type *t, double d, struct tw_value input,
			const struct tw_place *at)
{
	const struct tw_bound *lo = &t->min, *hi = &t->max;

	if (lo->set && lo->open && d <= (double)lo->at)
		outside(c, t, "greater_than", "greater than", "gt", lo->at, input, at);
	else if (lo->set && d < (double)lo->at)
		outside(c, t, "greater_than_equal", "greater than or equal to", "ge", lo->at, input, at);
	if (hi->set && hi->open && d >= (double)hi->at)
		outside(c, t, "less_than", "less than", "lt", hi->at, input, at);
	else if (hi->set && d > (double)hi->at)
		outside(c, t, "less_than_equal", "less than or equal to", "le", hi->at, input, at);
}

static size_t characters(struct tw_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void check_length(struct checker *c, const struct tw_type *t, struct tw_value v, const struct tw_place *at)
{
	int64_t n = (int64_t)characters(v.s);

	if (t->max.set && n > t->max.at)
		tw_fault_at(&c->f, "string_too_long", at,
			    tw_arena_printf(c->arena, "String should have at most %lld characters", (long long)t->max.at), v,
			    "max_length", tw_v_int(t->max.at));
	if (t->min.set && n < t->min.at)
		tw_fault_at(&c->f, "string_too_short", at,
			    tw_arena_printf(c->arena, "String should have at least %lld character%s", (long long)t->min.at,
					    t->min.at == 1 ? "" : "s"),
			    v, "min_length", tw_v_int(t->min.at));
}

static void check_pattern(struct checker *c, const struct tw_type *t, struct tw_value v, const struct tw_place *at)
{
	regmatch_t span = {.rm_so = 0, .rm_eo = (regoff_t)v.s.n};

	if (t->regex && regexec(t->regex, v.s.p ? v.s.p : "", 1, &span, REG_STARTEND))
		tw_fault_at(&c->f, "string_pattern_mismatch", at,
			    tw_arena_printf(c->arena, "String should match pattern '" TW_STR_FMT "'", TW_STR_ARG(t->pattern)), v,
			    "pattern", tw_v_str(t->pattern));
}

/* What a list's length should be, and is. */
static struct tw_value count_ctx(struct checker *c, const char *key, int64_t bound, int64_t n)
{
	struct tw_value ctx = tw_v_map(c->arena);

	tw_map_putc(c->arena, ctx, "field_type", tw_v_str(TW_STR("List")));
	tw_map_putc(c->arena, ctx, key, tw_v_int(bound));
	tw_map_putc(c->arena, ctx, "actual_length", tw_v_int(n));
	return ctx;
}

static void check_count(struct checker *c, const struct tw_type *t, struct tw_value v, const struct tw_place *at)
{
	long long n = (long long)tw_value_len(v);

	if (t->min.set && n < t->min.at)
		tw_fault_at(&c->f, "too_short", at,
			    tw_arena_printf(c->arena, "List should have at least %lld item%s after validation, not %lld",
					    (long long)t->min.at, t->min.at == 1 ? "" : "s", n),
			    v, NULL, count_ctx(c, "min_length", t->min.at, n));
	if (t->max.set && n > t->max.at)
		tw_fault_at(&c->f, "too_long", at,
			    tw_arena_printf(c->arena, "List should have at most %lld item%s after validation, not %lld",
					    (long long)t->max.at, t->max.at == 1 ? "" : "s", n),
			    v, NULL, count_ctx(c, "max_length", t->max.at, n));
}

/* ── single values ────────────────────────────────────────────────────────────────────── */

static void check_str(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	if (v->kind != TW_V_STR)
		fault(c, "string_type", at, "Input should be a valid string", *v);
	else if (memchr(v->s.p ? v->s.p : "", 0, v->s.n))
		fault(c, "value_error", at, "Value error, a text holds no NUL character", *v);
	else {
		check_length(c, t, *v, at);
		check_pattern(c, t, *v, at);
	}
}

static void check_int(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	struct tw_value sent = *v;
	int64_t i;

	if (v->kind == TW_V_STR) {
		if (tw_lax_int(v->s, &i))
			*v = tw_v_int(i);
		else
			fault(c, "int_parsing", at, "Input should be a valid integer, unable to parse string as an integer",
			      sent);
	} else if (v->kind == TW_V_FLOAT && v->f == (double)(int64_t)v->f) {
		*v = tw_v_int((int64_t)v->f);
	} else if (v->kind == TW_V_FLOAT) {
		fault(c, "int_from_float", at, "Input should be a valid integer, got a number with a fractional part", sent);
	} else if (v->kind != TW_V_INT) {
		fault(c, "int_type", at, "Input should be a valid integer", sent);
	}
	if (v->kind == TW_V_INT)
		check_range(c, t, (double)v->i, sent, at);
}

static void check_num(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	struct tw_value sent = *v;
	double d = v->kind == TW_V_INT ? (double)v->i : v->f;

	if (v->kind == TW_V_STR && tw_str_to_double(tw_str_trim(v->s), &d))
		*v = tw_v_float(d);
	if (v->kind == TW_V_STR)
		fault(c, "float_parsing", at, "Input should be a valid number, unable to parse string as a number", sent);
	else if (v->kind != TW_V_INT && v->kind != TW_V_FLOAT)
		fault(c, "float_type", at, "Input should be a valid number", sent);
	else
		check_range(c, t, d, sent, at);
}

static void check_bool(struct checker *c, struct tw_value *v, const struct tw_place *at)
{
	bool b;

	if (v->kind == TW_V_STR && tw_truth(v->s, &b))
		*v = tw_v_bool(b);
	else if (v->kind == TW_V_INT && (v->i == 0 || v->i == 1))
		*v = tw_v_bool(v->i);
	else if (v->kind == TW_V_STR || v->kind == TW_V_INT)
		fault(c, "bool_parsing", at, "Input should be a valid boolean, unable to interpret input", *v);
	else if (v->kind != TW_V_BOOL)
		fault(c, "bool_type", at, "Input should be a valid boolean", *v);
}

static void check_time(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	const char *type = "datetime_type", *why = "Input should be a valid datetime";
	tw_time time;

	if (v->kind == TW_V_STR)
		why = tw_aware_time(v->s, &time, &type);
	if (why && t->naive && !strcmp(type, "timezone_aware")) {
		*v = tw_v_cstr(tw_arena_printf(c->arena, TW_STR_FMT "%s", TW_STR_ARG(v->s), v->s.n == 10 ? "T00:00:00Z" : "Z"));
		return;
	}
	if (why)
		tw_fault_at(&c->f, type, at, why, *v, tw_time_error(why) ? "error" : NULL, tw_v_str(tw_str(tw_time_error(why))));
}

static void check_date(struct checker *c, struct tw_value *v, const struct tw_place *at)
{
	bool day = v->kind == TW_V_STR && v->s.n == 10;
	const char *type, *why;
	tw_time t;

	if (v->kind != TW_V_STR) {
		fault(c, "date_type", at, "Input should be a valid date", *v);
		return;
	}
	why = tw_aware_time(day ? tw_str(tw_arena_printf(c->arena, TW_STR_FMT "T00:00:00Z", TW_STR_ARG(v->s))) : v->s, &t, &type);
	if (why && tw_time_error(why))
		tw_fault_at(&c->f, "date_from_datetime_parsing", at,
			    tw_arena_printf(c->arena, "Input should be a valid date or datetime, %s", tw_time_error(why)), *v, "error",
			    tw_v_str(tw_str(tw_time_error(why))));
	else if (why || t % (86400 * TW_US_SEC))
		fault(c, "date_from_datetime_inexact", at, "Datetimes provided to dates should have zero time - e.g. be exact dates", *v);
	else
		v->s.n = 10;
}

/* named: an enum of its own, which is worded otherwise than choices that are written in place. */
static void check_words(struct checker *c, const struct tw_type *t, bool named, struct tw_value *v, const struct tw_place *at)
{
	struct tw_buf all TW_AUTO(tw_buf_release) = {0};
	const char *msg;

	for (size_t i = 0; v->kind == TW_V_STR && i < t->n; i++)
		if (tw_str_eq(v->s, t->words[i]))
			return;
	for (size_t i = 0; i < t->n; i++)
		tw_buf_printf(&all, "%s'" TW_STR_FMT "'", !i ? "" : i + 1 == t->n ? " or " : ", ", TW_STR_ARG(t->words[i]));
	msg = tw_arena_printf(c->arena, "Input should be %s", tw_buf_cstr(&all));
	tw_fault_at(&c->f, named ? "enum" : "literal_error", at, msg, *v, "expected", tw_v_str(tw_buf_str(&all)));
}

/* ── what has parts ───────────────────────────────────────────────────────────────────── */

static void check_list(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	bool tuple = t->kind == TW_T_TUPLE;

	if (v->kind != TW_V_LIST) {
		fault(c, tuple ? "tuple_type" : "list_type", at,
		      tuple ? "Input should be a valid tuple" : "Input should be a valid list", *v);
		return;
	}
	check_count(c, t, *v, at);
	for (size_t i = 0; i < v->list->n && (!tuple || i < t->n); i++)
		check(c, t->of[tuple ? i : 0], &v->list->v[i], &(struct tw_place){.up = at, .index = (int64_t)i});
	for (size_t i = v->list->n; tuple && i < t->n; i++)
		fault(c, "missing", &(struct tw_place){.up = at, .index = (int64_t)i}, "Field required", *v);
	if (tuple && v->list->n > t->n)
		fault(c, "too_long", at, "Tuple has more items than it should have", *v);
}

static const struct tw_field *known(const struct tw_model *m, struct tw_str key)
{
	for (size_t i = 0; i < m->fields.n; i++)
		if (tw_str_eq(m->fields.v[i].name, key))
			return &m->fields.v[i];
	return NULL;
}

static bool only_words(const struct tw_type *t)
{
	return t->kind == TW_T_MODEL && t->n;
}

/* Some words of an enum only, and no null, which Airflow's models tell by a validator of their own. */
static void check_only(struct checker *c, const struct tw_type *t, struct tw_value v, const struct tw_place *at)
{
	struct tw_buf all TW_AUTO(tw_buf_release) = {0};
	const char *msg;

	for (size_t i = 0; i < t->n; i++) {
		if (v.kind == TW_V_STR && tw_str_eq(v.s, t->words[i]))
			return;
		tw_buf_printf(&all, "%s'" TW_STR_FMT "'", i ? ", " : "", TW_STR_ARG(t->words[i]));
	}
	if (v.kind == TW_V_STR)
		msg = tw_arena_printf(c->arena, "Value error, '" TW_STR_FMT "' is not one of [%s]", TW_STR_ARG(v.s), tw_buf_cstr(&all));
	else
		msg = tw_arena_printf(c->arena, "Value error, '" TW_STR_FMT "' should not be empty", TW_STR_ARG(at->name));
	tw_fault_at(&c->f, "value_error", at, msg, v, "error", tw_v_map(c->arena));
}

static void check_model(struct checker *c, const struct tw_model *m, struct tw_value *v, const struct tw_place *at)
{
	if (m->alias) {
		if (m->alias->kind == TW_T_ENUM)
			check_words(c, m->alias, true, v, at);
		return;
	}
	if (v->kind != TW_V_MAP) {
		fault(c, "model_attributes_type", at, "Input should be a valid dictionary or object to extract fields from",
		      *v);
		return;
	}
	for (size_t i = 0; i < m->fields.n; i++) {
		const struct tw_field *field = &m->fields.v[i];
		struct tw_place there = {.up = at, .name = field->name};
		const struct tw_value *part = tw_map_find(*v, field->name);

		if (part)
			check(c, field->type, (struct tw_value *)part, &there);
		else if (field->required)
			fault(c, "missing", &there, "Field required", *v);
	}
	for (size_t i = 0; m->closed && i < v->map->n; i++)
		if (!known(m, v->map->v[i].key.s))
			fault(c, "extra_forbidden", &(struct tw_place){.up = at, .name = v->map->v[i].key.s},
			      "Extra inputs are not permitted", v->map->v[i].value);
}

static void check_tagged(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	const struct tw_value *said = tw_map_find(*v, tw_type_tag(t->of[0])->name);
	struct tw_str tag = said && said->kind == TW_V_STR ? said->s : (struct tw_str){0};
	struct tw_buf all TW_AUTO(tw_buf_release) = {0};

	for (size_t i = 0; i < t->n; i++) {
		struct tw_str word = tw_type_tag(t->of[i])->type->words[0];

		if (tag.p && tw_str_eq(word, tag)) {
			check(c, t->of[i], v, &(struct tw_place){.up = at, .name = word});
			return;
		}
		tw_buf_printf(&all, "%s'" TW_STR_FMT "'", i ? ", " : "", TW_STR_ARG(word));
	}
	fault(c, "union_tag_invalid", at,
	      tw_arena_printf(c->arena,
			      "Input tag found using _action_discriminator() does not match any of the expected tags: %s",
			      tw_buf_cstr(&all)),
	      *v);
}

static struct tw_str called(const struct tw_type *t)
{
	return t->kind == TW_T_MODEL ? t->model->name
	       : t->kind == TW_T_STR ? TW_STR("str")
	       : t->kind == TW_T_INT ? TW_STR("int")
	       : t->kind == TW_T_TIME ? TW_STR("datetime")
	       : t->kind == TW_T_TUPLE ? TW_STR("tuple[str, int]")
				     : TW_STR("other");
}

static void check_union(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	if (tw_type_tag(t->of[0])) {
		check_tagged(c, t, v, at);
		return;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct checker trial = {.arena = c->arena};

		check(&trial, t->of[i], v, at);
		if (!trial.f.n)
			return;
	}
	for (size_t i = 0; i < t->n; i++)
		check(c, t->of[i], v, &(struct tw_place){.up = at, .name = called(t->of[i])});
}

static void check(struct checker *c, const struct tw_type *t, struct tw_value *v, const struct tw_place *at)
{
	if (v->kind == TW_V_NULL && t->nullable && !only_words(t))
		return;
	switch (t->kind) {
	case TW_T_STR:
	case TW_T_UUID:
	case TW_T_DURATION:
		check_str(c, t, v, at);
		return;
	case TW_T_INT:
		check_int(c, t, v, at);
		return;
	case TW_T_NUM:
		check_num(c, t, v, at);
		return;
	case TW_T_BOOL:
		check_bool(c, v, at);
		return;
	case TW_T_TIME:
		check_time(c, t, v, at);
		return;
	case TW_T_DATE:
		check_date(c, v, at);
		return;
	case TW_T_ENUM:
		check_words(c, t, false, v, at);
		return;
	case TW_T_LIST:
	case TW_T_TUPLE:
		check_list(c, t, v, at);
		return;
	case TW_T_UNION:
		check_union(c, t, v, at);
		return;
	case TW_T_MODEL:
		if (only_words(t))
			check_only(c, t, *v, at);
		else
			check_model(c, t->model, v, at);
		return;
	case TW_T_MAP:
		if (v->kind != TW_V_MAP)
			fault(c, "dict_type", at, "Input should be a valid dictionary", *v);
		return;
	case TW_T_ANY:
		return;
	}
}

/* ── a request ────────────────────────────────────────────────────────────────────────── */

static void check_text(struct checker *c, const struct tw_type *t, struct tw_str text, const struct tw_place *at)
{
	struct tw_value v = tw_v_str(text);

	check(c, t, &v, at);
}

static void check_path(struct checker *c, const struct tw_operation *op, const struct tw_request *req)
{
	const struct tw_place path = {.name = TW_STR("path")};

	for (size_t i = 0; i < op->params.n; i++)
		check_text(c, op->params.v[i].type, req->params[i],
			   &(struct tw_place){.up = &path, .name = op->params.v[i].name});
}

static void check_query(struct checker *c, const struct tw_operation *op, const struct tw_request *req)
{
	const struct tw_place query = {.name = TW_STR("query")};
	struct tw_str texts[VALUES_MAX];

	for (size_t i = 0; i < op->query.n; i++) {
		const struct tw_field *p = &op->query.v[i];
		const char *key = tw_arena_strndup(c->arena, p->name.p, p->name.n);
		struct tw_place at = {.up = &query, .name = p->name};
		size_t n = tw_query_all(req, key, texts, VALUES_MAX);

		if (!n && p->required)
			fault(c, "missing", &at, "Field required", TW_NULL);
		else if (n && p->type->kind != TW_T_LIST)
			check_text(c, p->type, texts[n - 1], &at);
		else
			for (size_t k = 0; k < n; k++)
				check_text(c, p->type->of[0], texts[k], &(struct tw_place){.up = &at, .index = (int64_t)k});
	}
}

/* false: it cannot be read, and it has replied. */
static bool read_body(struct tw_request *req, struct tw_response *resp, const struct tw_operation *op)
{
	if (!op->body || (op->body_optional && (!req->body.n || tw_str_is(req->body, "null"))))
		return true;
	if (op->body_form && tw_request_is_form(req)) {
		req->json = tw_request_form(req);
		return true;
	}
	if (op->body_form && !tw_request_is_json(req)) {
		tw_reply_error(resp, 415, "Unsupported Media Type");
		return false;
	}
	return tw_request_json(req, resp, &req->json);
}

/* Any value, or text: there is nothing to look into. */
static bool is_object(const struct tw_type *t)
{
	return t->kind != TW_T_ANY && t->kind != TW_T_STR;
}

bool tw_spec_check(const struct tw_operation *op, struct tw_request *req, struct tw_response *resp)
{
	struct checker c = {.arena = req->arena};
	const struct tw_place body = {.name = TW_STR("body")};

	tw_faults_init(&c.f, resp);
	check_path(&c, op, req);
	check_query(&c, op, req);
	if (tw_faults_any(&c.f))
		return false;
	if (op->body && !is_object(op->body))
		return true;
	if (!read_body(req, resp, op))
		return false;
	if (req->json.kind == TW_V_MAP)
		check(&c, op->body, &req->json, &body);
	return !tw_faults_any(&c.f);
}

bool tw_spec_check_as(const struct tw_model *m, const char *tag, struct tw_request *req, struct tw_response *resp)
{
	struct checker c = {.arena = req->arena};
	const struct tw_place body = {.name = TW_STR("body")};

	tw_faults_init(&c.f, resp);
	check_model(&c, m, &req->json, &(struct tw_place){.up = &body, .name = tw_str(tag)});
	return !tw_faults_any(&c.f);
}

bool tw_spec_admits(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_operation *op = tw_spec_op(tw_spec(), req->route);

	return !op || tw_spec_check(op, req, resp);
}
