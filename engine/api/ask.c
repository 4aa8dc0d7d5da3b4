#include "api/ask.h"

#include "api/auth/fab.h"

#include <ctype.h>
#include <string.h>

#define VALUES_MAX 128 /* of one repeated parameter */

/* ── conditions ───────────────────────────────────────────────────────────────────────── */

void tw_asker_init(struct tw_asker *q, struct tw_request *req, struct tw_response *resp)
{
	*q = (struct tw_asker){.req = req, .resp = resp, .limit = -1};
	tw_faults_init(&q->faults, resp);
}

void tw_asker_add(struct tw_asker *q, struct tw_cond cond)
{
	if (q->n == q->cap) {
		size_t cap = q->cap ? q->cap * 2 : 16;
		struct tw_cond *v = tw_arena_array(q->req->arena, struct tw_cond, cap);

		if (q->n)
			memcpy(v, q->conds, q->n * sizeof *v);
		q->conds = v;
		q->cap = cap;
	}
	q->conds[q->n++] = cond;
}

void tw_asker_path(struct tw_asker *q, const char *field, struct tw_str value)
{
	if (!tw_str_is(value, "~"))
		tw_asker_add(q, (struct tw_cond){.field = field, .op = TW_OP_EQ, .text = value});
}

static void fault(struct tw_asker *q, const char *type, const char *name, const char *msg,
		  struct tw_str input)
{
	tw_fault(&q->faults, type, "query", tw_str(name), msg, tw_v_str(input), NULL, TW_NULL);
}

bool tw_lax_int(struct tw_str text, int64_t *ret)
{
	struct tw_str s = tw_str_trim(text), point;
	struct tw_buf digits TW_AUTO(tw_buf_release) = {0};
	bool ok = s.n > 0, sign = false;
	size_t n = 0;

	s = tw_str_cut(s, '.', &point);
	for (size_t i = 0; ok && point.p && i < point.n; i++)
		ok = point.p[i] == '0';
	for (size_t i = 0; ok && i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';

		sign |= !i && (s.p[i] == '-' || s.p[i] == '+');
		n += digit;
		if (digit || (!i && sign))
			tw_buf_addc(&digits, s.p[i]);
		else
			ok = s.p[i] == '_' && i + 1 < s.n && n && s.p[i - 1] != '_';
	}
	if (!ok || !n || (point.p && !point.n))
		return false;
	if (!tw_str_to_int(tw_buf_str(&digits), ret))
		*ret = s.p[0] == '-' ? INT64_MIN : INT64_MAX;
	return true;
}

static bool read_int(struct tw_asker *q, const char *name, struct tw_str text, int64_t *ret)
{
	if (tw_lax_int(text, ret))
		return true;
	fault(q, "int_parsing", name,
	      "Input should be a valid integer, unable to parse string as an integer", text);
	return false;
}

bool tw_truth(struct tw_str text, bool *ret)
{
	static const char *const yes[] = {"true", "1", "yes", "on", "t", "y"};
	static const char *const no[] = {"false", "0", "no", "off", "f", "n"};

	for (size_t i = 0; i < 6; i++)
		if (tw_str_caseeq(text, yes[i]) || tw_str_caseeq(text, no[i])) {
			*ret = tw_str_caseeq(text, yes[i]);
			return true;
		}
	return false;
}

static bool read_bool(struct tw_asker *q, const char *name, struct tw_str text, bool *ret)
{
	if (tw_truth(text, ret))
		return true;
	fault(q, "bool_parsing", name, "Input should be a valid boolean, unable to interpret input",
	      text);
	return false;
}

int64_t tw_asker_int(struct tw_asker *q, const char *name, int64_t dflt, int64_t min)
{
	struct tw_str text = tw_query(q->req, name);
	int64_t i = dflt;

	if (text.p && read_int(q, name, text, &i) && i < min) {
		const char *msg = tw_arena_printf(q->req->arena,
						  "Input should be greater than or equal to %lld",
						  (long long)min);

		tw_fault(&q->faults, "greater_than_equal", "query", tw_str(name), msg,
			 tw_v_str(text), "ge", tw_v_int(min));
	}
	return i;
}

bool tw_asker_bool(struct tw_asker *q, const char *name, bool dflt)
{
	struct tw_str text = tw_query(q->req, name);
	bool b = dflt;

	if (text.p)
		read_bool(q, name, text, &b);
	return b;
}

void tw_asker_page(struct tw_asker *q)
{
	const struct tw_api *api = tw_api_of(q->req);

	q->limit = tw_asker_int(q, "limit", api->page_limit, 0);
	q->offset = tw_asker_int(q, "offset", 0, 0);
	if (q->limit > api->page_max)
		q->limit = api->page_max;
}

/*
 * A cursor names its order and the place of a row in it, "~" before it means backwards. It is written
 * so that nobody counts on what is in it.
 */
static bool read_cursor(struct tw_asker *q, struct tw_str text)
{
	struct tw_buf plain TW_AUTO(tw_buf_release) = {0};
	struct tw_value v;

	q->place.back = text.p[0] == '~';
	if (!tw_base64url_decode(&plain, tw_strn(text.p + q->place.back, text.n - q->place.back)) ||
	    tw_json_parse(q->req->arena, tw_buf_str(&plain), &v, NULL) < 0)
		return false;
	q->place_order = tw_map_str(v, "by", NULL);
	q->place.at = tw_map_str(v, "at", NULL);
	return q->place_order.p && q->place.at.p;
}

void tw_asker_cursor(struct tw_asker *q)
{
	struct tw_str text = tw_query(q->req, "cursor");

	if (!text.p)
		return;
	q->cursor = true;
	q->offset = 0;
	q->lost = text.n && !read_cursor(q, text);
}

static struct tw_str order_of(const struct tw_asker *q)
{
	const char *all = "";

	for (size_t i = 0; i < q->norder; i++)
		all = tw_arena_printf(q->req->arena, "%s%s,", all, q->order[i]);
	return tw_str(all);
}

static void cursor_at(struct tw_jw *w, const struct tw_asker *q, const char *key, struct tw_str place, bool back)
{
	struct tw_buf plain TW_AUTO(tw_buf_release) = {0}, token TW_AUTO(tw_buf_release) = {0};
	struct tw_jw pw = {.out = &plain};

	if (!place.p) {
		tw_jw_null_at(w, key);
		return;
	}
	tw_jw_obj(&pw);
	tw_jw_str_at(&pw, "by", order_of(q));
	tw_jw_str_at(&pw, "at", place);
	tw_jw_end(&pw);
	tw_buf_adds(&token, back ? "~" : "");
	tw_base64url(&token, tw_buf_str(&plain), false);
	tw_jw_str_at(w, key, tw_buf_str(&token));
}

void tw_jw_cursors(struct tw_jw *w, const struct tw_asker *q, int64_t total)
{
	const struct tw_cursor *c = &q->place;
	const struct tw_str none = {0};
	bool on = q->cursor && (c->back || c->more), before = q->cursor && (c->back ? c->more : c->at.p != NULL);

	tw_jw_int_at(w, "total_entries", total);
	if (q->cursor)
		tw_jw_int_at(w, "total_entries_limit", TW_CURSOR_COUNT);
	else
		tw_jw_null_at(w, "total_entries_limit");
	cursor_at(w, q, "next_cursor", on ? c->last : none, false);
	cursor_at(w, q, "previous_cursor", before ? c->first : none, true);
}

/* ── ranges ───────────────────────────────────────────────────────────────────────────── */

static const struct {
	const char *suffix;
	enum tw_op op;
} bounds[] = {{"_gte", TW_OP_GE}, {"_gt", TW_OP_GT}, {"_lte", TW_OP_LE}, {"_lt", TW_OP_LT}};

static void time_cond(struct tw_asker *q, const char *name, const char *field, enum tw_op op,
		      struct tw_str text)
{
	struct tw_cond c = {.field = field, .op = op};
	const char *type, *why = tw_aware_time(text, &c.time, &type);

	if (why)
		tw_fault(&q->faults, type, "query", tw_str(name), why, tw_v_str(text), tw_time_error(why) ? "error" : NULL,
			 tw_v_str(tw_str(tw_time_error(why))));
	else
		tw_asker_add(q, c);
}

static void range(struct tw_asker *q, const struct tw_param *p, const char *field)
{
	for (size_t i = 0; i < 4; i++) {
		const char *name =
			tw_arena_printf(q->req->arena, "%s%s", p->name, bounds[i].suffix);
		struct tw_str text = tw_query(q->req, name);
		double d;

		if (!text.p)
			continue;
		if (p->kind == TW_P_TIME)
			time_cond(q, name, field, bounds[i].op, text);
		else if (tw_str_to_double(text, &d))
			tw_asker_add(q, (struct tw_cond){
						.field = field, .op = bounds[i].op, .text = text});
		else
			fault(q, "float_parsing", name,
			      "Input should be a valid number, unable to parse string as a number",
			      text);
	}
}

/* "2024-02-01": that day, all of it. */
static void dates(struct tw_asker *q, const struct tw_param *p, const char *field)
{
	static const struct {
		const char *suffix;
		enum tw_op op;
		int more;            /* days */
	} ends[] = {{"_gte", TW_OP_GE, 0}, {"_lte", TW_OP_LT, 1}};

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		const char *name = tw_arena_printf(q->req->arena, "%s%s", p->name, ends[i].suffix);
		struct tw_str text = tw_query(q->req, name);
		struct tw_cond c = {.field = field, .op = ends[i].op};
		const char *type;

		if (!text.p)
			continue;
		text = tw_strn(text.p, text.n < 10 ? text.n : 10);
		if (text.n != 10 ||
		    tw_aware_time(tw_str(tw_arena_printf(q->req->arena, TW_STR_FMT "T00:00:00Z", TW_STR_ARG(text))), &c.time, &type)) {
			fault(q, "date_from_datetime_parsing", name, "Input should be a valid date", text);
			continue;
		}
		c.time = tw_zone_aware(q->zone ? q->zone : tw_zone_utc, c.time + ends[i].more * TW_US_DAY);
		tw_asker_add(q, c);
	}
}

/* ── repeated parameters ──────────────────────────────────────────────────────────────── */

static size_t values(struct tw_asker *q, const char *name, struct tw_str **ret)
{
	*ret = tw_arena_array(q->req->arena, struct tw_str, VALUES_MAX);
	return tw_query_all(q->req, name, *ret, VALUES_MAX);
}

static bool null_word(struct tw_str s)
{
	return tw_str_is(s, "none") || tw_str_is(s, "no_status");
}

static bool state_ok(enum tw_param_kind kind, struct tw_str s)
{
	enum tw_run_state rs;
	enum tw_run_type rt;
	enum tw_ti_state ts;

	if (null_word(s))
		return true;
	if (kind == TW_P_RUN_STATES)
		return tw_run_state_parse(s, &rs);
	if (kind == TW_P_RUN_TYPES)
		return tw_run_type_parse(s, &rt);
	return s.n && !tw_str_is(s, "null") && tw_ti_state_parse(s, &ts);
}

/* In Airflow's order. */
static const char *state_names(enum tw_param_kind kind)
{
	switch (kind) {
	case TW_P_RUN_STATES:
		return "queued, running, success, failed";
	case TW_P_RUN_TYPES:
		return "backfill, scheduled, manual, operator_triggered, asset_triggered, asset_materialization";
	default:
		return "removed, scheduled, queued, running, success, restarting, failed, up_for_retry, "
		       "up_for_reschedule, upstream_failed, skipped, deferred, awaiting_input";
	}
}

/* Repeated values in one IN; false: it has replied. */
static void in_cond(struct tw_asker *q, const struct tw_param *p, const char *field)
{
	struct tw_str *v;
	size_t n = values(q, p->name, &v);
	int64_t i;

	for (size_t k = 0; k < n; k++) {
		if (p->kind == TW_P_INT_IN && !read_int(q, p->name, v[k], &i))
			return;
		if (p->kind >= TW_P_RUN_STATES && !state_ok(p->kind, v[k])) {
			q->refused = tw_arena_printf(q->req->arena, "Invalid value for %s. Valid values are %s",
						     p->kind == TW_P_RUN_TYPES ? "run type" : "state",
						     state_names(p->kind));
			return;
		}
		if (p->kind >= TW_P_RUN_STATES && null_word(v[k]))
			v[k] = (struct tw_str){0};
	}
	if (n)
		tw_asker_add(
			q, (struct tw_cond){.field = field, .op = TW_OP_IN, .list = v, .nlist = n});
}

static void any_like(struct tw_asker *q, const struct tw_param *p, const char *field)
{
	struct tw_buf all TW_AUTO(tw_buf_release) = {0};
	struct tw_str *v;
	size_t n = values(q, p->name, &v);

	for (size_t i = 0; i < n; i++) {
		tw_buf_adds(&all, i ? "|" : "");
		tw_buf_addstr(&all, v[i]);
	}
	if (n)
		tw_asker_add(
			q, (struct tw_cond){.field = field,
					    .op = TW_OP_LIKE,
					    .text = tw_str_copy(q->req->arena, tw_buf_str(&all))});
}

struct tw_str tw_conf_pattern(struct tw_arena *a, struct tw_str text)
{
	struct tw_buf out TW_AUTO(tw_buf_release) = {0};

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != ' ' || !i || !strchr(":,", text.p[i - 1]))
			tw_buf_addc(&out, text.p[i]);
	return tw_str_copy(a, tw_buf_str(&out));
}

/*
 * As Airflow's: what is behind the last letter or digit of a term does not count, so that an index of any collation will do. A term
 * of nothing else: everything.
 */
static struct tw_str prefixes(struct tw_asker *q, struct tw_str text)
{
	struct tw_buf all TW_AUTO(tw_buf_release) = {0};
	struct tw_str rest = text;

	while (rest.p) {
		struct tw_str term = tw_str_cut(rest, '|', &rest);

		while (term.n && !isalnum((unsigned char)term.p[term.n - 1]) && (unsigned char)term.p[term.n - 1] < 0x80)
			term.n--;
		if (!term.n)
			return (struct tw_str){0};
		tw_buf_adds(&all, all.n ? "|" : "");
		tw_buf_addstr(&all, term);
	}
	return tw_str_copy(q->req->arena, tw_buf_str(&all));
}

static void not_in(struct tw_asker *q, const struct tw_param *p, const char *field)
{
	struct tw_str *v;
	size_t n = values(q, p->name, &v);

	for (size_t i = 0; i < n; i++)
		tw_asker_add(q, (struct tw_cond){.field = field, .op = TW_OP_NE, .text = v[i]});
}

static void one(struct tw_asker *q, const struct tw_param *p, const char *field)
{
	struct tw_str text = tw_query(q->req, p->name);
	struct tw_cond c = {.field = field, .op = TW_OP_EQ, .text = text};
	bool b;

	if (!text.p)
		return;
	switch (p->kind) {
	case TW_P_LIKE:
		c.op = TW_OP_LIKE;
		if (tw_str_is(text, "~"))
			c.text = TW_STR("%");
		break;
	case TW_P_CONF:
		c.op = TW_OP_LIKE;
		c.text = tw_conf_pattern(q->req->arena, text);
		break;
	case TW_P_PREFIX:
		c.op = TW_OP_PREFIX;
		c.text = prefixes(q, text);
		if (!c.text.p)
			c.op = TW_OP_NOT_NULL;
		break;
	case TW_P_HAS:
		if (!text.n)
			return;
		c.op = TW_OP_HAS;
		break;
	case TW_P_INT:
		if (!read_int(q, p->name, text, &c.num))
			return;
		break;
	case TW_P_BOOL:
		if (!read_bool(q, p->name, text, &b))
			return;
		c.num = b;
		break;
	case TW_P_BEFORE:
	case TW_P_AFTER:
		time_cond(q, p->name, field, p->kind == TW_P_BEFORE ? TW_OP_LE : TW_OP_GE, text);
		return;
	default:
		break;
	}
	tw_asker_add(q, c);
}

void tw_asker_readable(struct tw_asker *q)
{
	const struct tw_grants *g = q->req->user.grants;

	if (g && !tw_fab_reads_all(g))
		tw_asker_add(q, (struct tw_cond){.field = "readable_by", .op = TW_OP_IN, .list = g->role_ids, .nlist = g->nrole_ids});
}

void tw_asker_params(struct tw_asker *q, const struct tw_param *params)
{
	for (const struct tw_param *p = params; p->name; p++) {
		const char *field = p->field ? p->field : p->name;

		switch (p->kind) {
		case TW_P_READABLE:
			tw_asker_readable(q);
			break;
		case TW_P_TIME:
		case TW_P_NUM:
			range(q, p, field);
			break;
		case TW_P_DATE:
			dates(q, p, field);
			break;
		case TW_P_IN:
		case TW_P_INT_IN:
		case TW_P_RUN_STATES:
		case TW_P_RUN_TYPES:
		case TW_P_TI_STATES:
			in_cond(q, p, field);
			break;
		case TW_P_ANY_LIKE:
			any_like(q, p, field);
			break;
		case TW_P_NOT_IN:
			not_in(q, p, field);
			break;
		default:
			one(q, p, field);
		}
	}
}

/* ── order ────────────────────────────────────────────────────────────────────────────── */

static const char *sort_field(const struct tw_sort *sort, struct tw_str name)
{
	for (const char *const *p = sort->fields; p && *p; p += 2)
		if (tw_str_is(name, p[0]))
			return p[1];
	for (const char *const *p = sort->names; *p; p++)
		if (tw_str_is(name, *p))
			return *p;
	return NULL;
}

static void too_many(struct tw_asker *q, const struct tw_str *names, size_t n)
{
	struct tw_buf all TW_AUTO(tw_buf_release) = {0};

	for (size_t i = 0; i < n; i++)
		tw_buf_printf(&all, "%s'" TW_STR_FMT "'", i ? ", " : "", TW_STR_ARG(names[i]));
	tw_reply_error(q->resp, 400, "Ordering with more than 10 parameters is not allowed. Provided: [%s]", tw_buf_cstr(&all));
}

bool tw_asker_order(struct tw_asker *q, const struct tw_sort *sort)
{
	struct tw_str *v;
	size_t n = values(q, "order_by", &v);

	if (n > 10) {
		too_many(q, v, n);
		return false;
	}
	if (!n && sort->dflt)
		q->order[q->norder++] = sort->dflt;
	for (size_t i = 0; i < n; i++) {
		bool down = tw_str_starts(v[i], "-");
		struct tw_str name = v[i];
		const char *field;

		while (tw_str_starts(name, "-"))
			name = tw_strn(name.p + 1, name.n - 1);
		field = sort_field(sort, name);

		if (!field) {
			tw_reply_error(q->resp, 400,
				       "Ordering with '" TW_STR_FMT
				       "' is disallowed or the attribute does not "
				       "exist on the model",
				       TW_STR_ARG(name));
			return false;
		}
		q->order[q->norder++] = down ? tw_arena_printf(q->req->arena, "-%s", field) : field;
	}
	return true;
}

bool tw_asker_done(struct tw_asker *q, struct tw_ask *ret_ask)
{
	if (tw_faults_any(&q->faults))
		return false;
	if (q->lost || (q->place.at.p && !tw_str_eq(q->place_order, order_of(q)))) {
		tw_reply_error(q->resp, 400, "Invalid cursor token");
		return false;
	}
	if (q->refused) {
		tw_reply_error(q->resp, 422, "%s", q->refused);
		return false;
	}
	*ret_ask = (struct tw_ask){
		.conds = q->conds,
		.nconds = q->n,
		.order_by = q->order,
		.norder = q->norder,
		.limit = q->limit,
		.offset = q->offset,
		.cursor = q->cursor ? &q->place : NULL,
		.count = true,
		.count_cap = q->cursor ? TW_CURSOR_COUNT : 0,
	};
	return true;
}

bool tw_asker_list(struct tw_asker *q, struct tw_request *req, struct tw_response *resp,
		   const struct tw_param *params, const struct tw_sort *sort, struct tw_ask *ret_ask)
{
	tw_asker_init(q, req, resp);
	tw_asker_params(q, params);
	tw_asker_page(q);
	return tw_asker_order(q, sort) && tw_asker_done(q, ret_ask);
}

/* ── conditions in a body ─────────────────────────────────────────────────────────────── */

void tw_asker_body_list(struct tw_asker *q, struct tw_value body, const char *key,
			const char *field)
{
	struct tw_value v = tw_map_value(body, key);
	struct tw_str *items;

	if (v.kind != TW_V_LIST || !tw_value_len(v))
		return;
	items = tw_arena_array(q->req->arena, struct tw_str, tw_value_len(v));
	for (size_t i = 0; i < tw_value_len(v); i++)
		items[i] = v.list->v[i].kind == TW_V_STR ? v.list->v[i].s : (struct tw_str){0};
	tw_asker_add(q, (struct tw_cond){.field = field,
					 .op = TW_OP_IN,
					 .list = items,
					 .nlist = tw_value_len(v)});
}

void tw_asker_body_range(struct tw_asker *q, struct tw_value body, const char *name)
{
	for (size_t i = 0; i < 4; i++) {
		const char *key = tw_arena_printf(q->req->arena, "%s%s", name, bounds[i].suffix);
		struct tw_value v = tw_map_value(body, key);
		struct tw_cond c = {.field = name, .op = bounds[i].op};

		if (v.kind == TW_V_STR)
			c.time = tw_body_time(body, key);
		else if (v.kind == TW_V_INT || v.kind == TW_V_FLOAT)
			c.text = tw_str(
				tw_arena_printf(q->req->arena, "%.6f", tw_map_num(body, key, 0)));
		else
			continue;
		tw_asker_add(q, c);
	}
}

bool tw_asker_body_page(struct tw_asker *q, struct tw_value body, const struct tw_sort *sort)
{
	struct tw_str order = tw_map_str(body, "order_by", NULL);
	int64_t max = tw_api_of(q->req)->page_max;
	struct tw_http_pair *query = q->req->query;
	size_t n = q->req->nquery;
	bool ok;

	q->offset = tw_map_int(body, "page_offset", 0);
	q->limit = tw_map_int(body, "page_limit", 100);
	if (q->limit > max)
		q->limit = max;
	/* The order is read from the query elsewhere: here it is the body's one. */
	q->req->query = &(struct tw_http_pair){TW_STR("order_by"), order};
	q->req->nquery = order.p ? 1 : 0;
	ok = tw_asker_order(q, sort);
	q->req->query = query;
	q->req->nquery = n;
	return ok;
}

bool tw_path_int(struct tw_request *req, struct tw_response *resp, int param, const char *name,
		 int64_t *ret)
{
	struct tw_str text = req->params[param];
	struct tw_faults f;

	if (tw_str_to_int(text, ret))
		return true;
	tw_faults_init(&f, resp);
	tw_fault(&f, "int_parsing", "path", tw_str(name),
		 "Input should be a valid integer, unable to parse string as an integer",
		 tw_v_str(text), NULL, TW_NULL);
	tw_faults_any(&f);
	return false;
}
