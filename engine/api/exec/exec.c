#include "api/exec/exec.h"

#include <stdio.h>

#include "api/route.h"
#include "api/tables.h"
#include "base/log.h"
#include "io/clock.h"

static const char *const version_dates[] = {
#define X(id, date) [TW_EXEC_##id] = date,
	TW_EXEC_VERSIONS(X)
#undef X
};

static const struct tw_exec_route *const tables[] = {
	tw_exec_ti, tw_exec_ask, tw_exec_vault, tw_exec_store, tw_exec_hitl, tw_exec_xcom, tw_exec_work, NULL,
};

/* ── answers ──────────────────────────────────────────────────────────────────────────── */

void tw_exec_refuse(struct tw_exec *x, int status, const char *reason, const char *fmt, ...)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	tw_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	x->resp->status = status;
	tw_buf_clear(&x->resp->body);
	tw_jw_obj(&w);
	tw_jw_key(&w, "detail");
	tw_jw_obj(&w);
	tw_jw_key(&w, "reason");
	tw_jw_cstr(&w, reason);
	tw_jw_str_at(&w, "message", tw_buf_str(&text));
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_buf_release(&text);
}

void tw_exec_message(struct tw_exec *x, int status, const char *message)
{
	struct tw_jw w = { .out = &x->resp->body };

	x->resp->status = status;
	tw_jw_obj(&w);
	tw_jw_key(&w, "message");
	tw_jw_cstr(&w, message);
	tw_jw_end(&w);
}

void tw_exec_fail(struct tw_exec *x, const struct tw_err *err)
{
	switch (err->rc) {
	case TW_ERR_NOT_FOUND:
		tw_exec_refuse(x, 404, "not_found", "%s", err->msg);
		break;
	case TW_ERR_EXISTS:
	case TW_ERR_CONFLICT:
		tw_exec_refuse(x, 409, "conflict", "%s", err->msg);
		break;
	case TW_ERR_INVALID:
	case TW_ERR_LIMIT:
		tw_exec_refuse(x, 400, "value_error", "%s", err->msg);
		break;
	case TW_ERR_DENIED:
		tw_exec_refuse(x, 403, "access_denied", "%s", err->msg);
		break;
	default:
		tw_reply_err(x->resp, err);
	}
}

const struct tw_execution_caller *tw_exec_caller(struct tw_exec *x)
{
	struct tw_ti_view ti;
	enum tw_rc rc;

	if (x->caller.dag_id.p)
		return &x->caller;
	rc = tw_store_ti_by_id(x->store, x->claims.id, x->req->arena, &ti, NULL);
	if (rc != TW_OK && rc != TW_ERR_CONFLICT)
		return &x->caller;
	x->caller.dag_id = ti.ti.dag_id;
	x->caller.run_id = ti.ti.run_id;
	x->caller.task_id = ti.ti.task_id;
	x->caller.map_index = ti.ti.map_index;
	x->caller.try_number = ti.ti.try_number;
	return &x->caller;
}

bool tw_exec_do(struct tw_exec *x, const char *what, struct tw_value body, struct tw_value *ret)
{
	struct tw_err err = { 0 };
	bool ring = false;

	if (tw_execution_do(x->store, tw_exec_caller(x), tw_str(what), body, x->req->arena, ret, &ring, &err) < 0) {
		tw_exec_fail(x, &err);
		return false;
	}
	if (ring)
		tw_api_ring(x->req);
	return true;
}

bool tw_exec_ti_find(struct tw_exec *x, bool gone, struct tw_ti_view *ret)
{
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_ti_by_id(x->store, x->claims.id, x->req->arena, ret, &err);

	if (rc == TW_OK)
		return true;
	if (rc == TW_ERR_CONFLICT && gone)
		tw_exec_refuse(x, 410, "not_found",
			       "Task Instance not found, it may have been moved to the Task Instance History table");
	else if (rc == TW_ERR_CONFLICT || rc == TW_ERR_NOT_FOUND)
		tw_exec_refuse(x, 404, "not_found", "Task Instance not found");
	else
		tw_exec_fail(x, &err);
	return false;
}

/* ── queries ──────────────────────────────────────────────────────────────────────────── */

bool tw_exec_int(struct tw_exec *x, const char *name, int64_t *ret)
{
	struct tw_str text = tw_query(x->req, name);

	return text.p && tw_str_to_int(tw_str_trim(text), ret);
}

bool tw_exec_time(struct tw_exec *x, const char *name, tw_time *ret)
{
	struct tw_str text = tw_query(x->req, name);
	const char *type;

	return text.p && !tw_aware_time(text, ret, &type);
}

void tw_exec_bool(struct tw_exec *x, const char *name, bool *ret)
{
	struct tw_str text = tw_query(x->req, name);

	if (text.p)
		(void)tw_truth(text, ret);
}

struct tw_value tw_exec_list(struct tw_exec *x, const char *name)
{
	struct tw_str v[TW_HTTP_QUERY_MAX];
	size_t n = tw_query_all(x->req, name, v, TW_HTTP_QUERY_MAX);
	struct tw_value list = n ? tw_v_list(x->req->arena) : TW_NULL;

	for (size_t i = 0; i < n; i++)
		tw_list_push(x->req->arena, list, tw_v_str(v[i]));
	return list;
}

/* ── the door ─────────────────────────────────────────────────────────────────────────── */

static bool exists(const struct tw_exec_route *r, enum tw_exec_version v)
{
	return v >= r->since && (!r->until || v <= r->until);
}

/* The routes of one version, for the matcher; the row that each was made of is at the same place. */
struct chart {
	struct tw_route *routes;
	const struct tw_exec_route **rows;
};

static void make_chart(struct tw_arena *a, enum tw_exec_version v, struct chart *ret)
{
	size_t n = 0;

	for (const struct tw_exec_route *const *t = tables; *t; t++)
		for (const struct tw_exec_route *r = *t; r->method; r++)
			n++;
	ret->routes = tw_arena_array(a, struct tw_route, n + 1);
	ret->rows = tw_arena_array(a, const struct tw_exec_route *, n + 1);
	n = 0;
	for (const struct tw_exec_route *const *t = tables; *t; t++) {
		for (const struct tw_exec_route *r = *t; r->method; r++) {
			if (!exists(r, v))
				continue;
			ret->routes[n] = (struct tw_route){ .method = r->method, .pattern = r->pattern };
			ret->rows[n++] = r;
		}
	}
	ret->routes[n] = (struct tw_route){ 0 };
}

static const struct tw_exec_route *find_route(struct tw_exec *x)
{
	struct tw_str path = x->req->path;
	const struct tw_route *found, *both[2] = { 0 };
	struct chart chart;

	make_chart(x->req->arena, x->version, &chart);
	both[0] = chart.routes;
	path.p += strlen("/execution");
	path.n -= strlen("/execution");
	switch (tw_route_find(x->req->arena, both, x->req->method, path, &found, x->req->params)) {
	case TW_MATCH_FOUND:
		return chart.rows[found - chart.routes];
	case TW_MATCH_OTHER_METHOD:
		tw_reply_error(x->resp, 405, "Method Not Allowed");
		break;
	case TW_MATCH_NONE:
		tw_reply_error(x->resp, 404, "Not Found");
		break;
	}
	return NULL;
}

/* Absent: the newest. A day between two is the earlier one's. false: it has replied. */
static bool read_version(struct tw_exec *x)
{
	struct tw_str text = tw_header(x->req, "Airflow-API-Version");
	int v = TW_EXEC_VERSION_N - 1;
	tw_time day;

	x->version = (enum tw_exec_version)v;
	if (!text.n)
		return true;
	if (text.n != 10 || tw_time_parse(text, NULL, &day, NULL) < 0) {
		const char *why = text.n < 10 ? "input is too short" : "it is no day of the calendar";
		struct tw_faults f;

		tw_faults_init(&f, x->resp);
		tw_fault(&f, "date_from_datetime_parsing", "header", TW_STR("Airflow-API-Version"),
			 tw_arena_printf(x->req->arena, "Input should be a valid date or datetime, %s", why), tw_v_str(text),
			 "error", tw_v_cstr(why));
		tw_faults_any(&f);
		return false;
	}
	while (v >= 0 && tw_str_cmp(text, tw_str(version_dates[v])) < 0)
		v--;
	if (v < 0) {
		tw_reply_error(x->resp, 404, "Not Found");
		return false;
	}
	x->version = (enum tw_exec_version)v;
	return true;
}

static bool deny(struct tw_exec *x, int status, const char *detail)
{
	tw_reply_error(x->resp, status, "%s", detail);
	return false;
}

static const char *allowed(unsigned scopes)
{
	return scopes == TW_SCOPE_EXECUTION ? "execution" :
	       scopes == TW_SCOPE_WORKLOAD  ? "workload" :
	       scopes == TW_SCOPE_WORKER    ? "worker" :
					      "execution, workload";
}

/* Is this caller let in? false: it has replied. */
static bool admit(struct tw_exec *x, const struct tw_exec_route *route)
{
	const struct tw_api *api = tw_api_of(x->req);
	struct tw_str token, word = tw_str_cut(x->req->authorization, ' ', &token);
	struct tw_err err = { 0 };

	if (!route->scopes)
		return true;
	if (!tw_str_caseeq(word, "bearer") || !tw_str_trim(token).n)
		return deny(x, 401, "Missing auth token");
	if (tw_exec_token_check(&api->exec, tw_str_trim(token), tw_now(), x->req->arena, &x->claims, &err) < 0) {
		tw_debug("execution: token refused: %s", err.msg);
		return deny(x, 403, "Invalid auth token");
	}
	if (!(route->scopes & x->claims.scope)) {
		static const char *const names[] = { [TW_SCOPE_EXECUTION] = "execution", [TW_SCOPE_WORKLOAD] = "workload",
						     [TW_SCOPE_WORKER] = "worker" };

		tw_reply_error(x->resp, 403, "Token type '%s' not allowed for this endpoint. Allowed types: %s",
			       names[x->claims.scope], allowed(route->scopes));
		return false;
	}
	if (route->self && !tw_str_eq(x->claims.sub, x->req->params[0]))
		return deny(x, 403, "Token subject does not match task instance ID");
	return true;
}

/* A fresh token for one whose time runs out, and the name that the caller gave the request. */
static void add_headers(struct tw_exec *x)
{
	struct tw_str correlation = tw_header(x->req, "correlation-id");
	struct tw_buf token = { 0 };

	if (correlation.n)
		tw_reply_header(x->resp, TW_STR("correlation-id"), correlation);
	if (!x->claims.sub.p || !tw_exec_token_wanes(&x->claims, tw_now()))
		return;
	if (tw_exec_token_make(&tw_api_of(x->req)->exec, x->claims.sub, TW_SCOPE_EXECUTION, (struct tw_str){ 0 }, tw_now(), &token, NULL) == TW_OK)
		tw_reply_header(x->resp, TW_STR("Refreshed-API-Token"), tw_str_copy(x->req->arena, tw_buf_str(&token)));
	tw_buf_release(&token);
}

static void serve(struct tw_request *req, struct tw_response *resp)
{
	struct tw_exec x = { .req = req, .resp = resp };
	const struct tw_exec_route *route;

	if (read_version(&x) && (route = find_route(&x)) && admit(&x, route) &&
	    tw_exec_admits(&x, route->method, route->pattern)) {
		x.store = tw_api_store(req, resp);
		x.caller = (struct tw_execution_caller){
			.attempt = x.claims.id,
			.now = tw_now(),
			.zones = tw_api_zones(req),
			.run_id_pattern = tw_api_of(req)->run_id_pattern,
		};
		if (x.store)
			route->fn(&x);
	}
	if (!resp->again_ms)
		add_headers(&x);
}

const struct tw_route tw_routes_exec[] = {
	{ "GET", "/execution/{path...}", { TW_OPEN }, serve },    { "HEAD", "/execution/{path...}", { TW_OPEN }, serve },
	{ "POST", "/execution/{path...}", { TW_OPEN }, serve },   { "PUT", "/execution/{path...}", { TW_OPEN }, serve },
	{ "PATCH", "/execution/{path...}", { TW_OPEN }, serve },  { "DELETE", "/execution/{path...}", { TW_OPEN }, serve },
	{ 0 },
};
