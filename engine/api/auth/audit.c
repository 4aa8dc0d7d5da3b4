/*
 * The audit log: every change that somebody who may asks for, as Airflow writes it: before it is
 * done, so also when it is refused then, with what was asked and nothing secret in it.
 */
#include <stdlib.h>

#include "api/app.h"
#include "api/mask.h"
#include "api/route.h"
#include "api/spec/spec.h"
#include "base/log.h"
#include "store/house.h"

static const struct tw_str none = {0};

/* What looks like a change and is none. */
static bool only_asks(struct tw_str event)
{
	return tw_str_ends(event, "_batch") || tw_str_ends(event, "_dry_run") || tw_str_is(event, "test_connection");
}

/* What has columns of its own. */
static bool apart(struct tw_str name)
{
	static const char *const names[] = {"csrf_token", "_csrf_token", "is_paused", "dag_id",
					    "task_id",	  "dag_run_id",	 "run_id",    "logical_date"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (tw_str_is(name, names[i]))
			return true;
	return false;
}

/* The query's parameters, then the path's: all of them, or those for the log's extra. */
static struct tw_value params(struct tw_request *req, bool extra)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_arena *a = req->arena;
	struct tw_value v = tw_v_map(a);
	size_t n = 0;

	for (size_t i = 0; i < req->nquery; i++)
		if (!extra || !apart(req->query[i].name))
			tw_map_put(a, v, req->query[i].name,
				   tw_mask_value(api, a, req->query[i].name, tw_v_str(req->query[i].value)));
	for (const char *p = strchr(req->route->pattern, '{'); p; p = strchr(p + 1, '{'), n++) {
		struct tw_str name = tw_strn(p + 1, strcspn(p + 1, ".}"));

		if (!extra || !apart(name))
			tw_map_put(a, v, name, tw_mask_value(api, a, name, tw_v_str(req->params[n])));
	}
	return v;
}

/* ── secrets ──────────────────────────────────────────────────────────────────────────── */

/* A variable's value is no matter of the log, whatever its name. */
static struct tw_value masked_variable(const struct tw_api *api, struct tw_arena *a, struct tw_value v)
{
	struct tw_value out = tw_v_map(a);

	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_str key = v.map->v[i].key.s;
		bool value = tw_str_is(key, "val") || tw_str_is(key, "value");

		tw_map_put(a, out, key, value ? tw_v_cstr(TW_MASK) : v.map->v[i].value);
	}
	return out;
}

/* Of a connection's extra only the names. */
static struct tw_value masked_extra(struct tw_arena *a, struct tw_value v)
{
	struct tw_value parsed, out = tw_v_map(a);

	if (v.kind != TW_V_STR || tw_json_parse(a, v.s, &parsed, NULL) < 0)
		return tw_v_cstr("Encountered non-JSON in `extra` field");
	if (parsed.kind != TW_V_MAP)
		return tw_v_cstr("Expected JSON object in `extra` field, got non-dict JSON");
	for (size_t i = 0; i < parsed.map->n; i++)
		tw_map_put_key(a, out, parsed.map->v[i].key, tw_v_cstr(TW_MASK));
	return out;
}

static struct tw_value masked_connection(const struct tw_api *api, struct tw_arena *a, struct tw_value v)
{
	struct tw_value out = tw_v_map(a);

	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_str key = v.map->v[i].key.s;
		struct tw_value one = v.map->v[i].value;
		bool extra = tw_str_is(key, "extra") && one.kind != TW_V_NULL && !(one.kind == TW_V_STR && !one.s.n);

		tw_map_put(a, out, key, extra ? masked_extra(a, one) : tw_mask_value(api, a, key, one));
	}
	return out;
}

typedef struct tw_value (*mask_fn)(const struct tw_api *api, struct tw_arena *a, struct tw_value v);

static struct tw_value masked_by_names(const struct tw_api *api, struct tw_arena *a, struct tw_value v)
{
	return tw_mask_value(api, a, none, v);
}

static struct tw_value masked_action(const struct tw_api *api, struct tw_arena *a, struct tw_value action, mask_fn fn)
{
	struct tw_value out = tw_v_map(a), entities = tw_map_value(action, "entities"), list = tw_v_list(a);

	if (action.kind != TW_V_MAP || entities.kind != TW_V_LIST)
		return action;
	for (size_t i = 0; i < entities.list->n; i++) {
		struct tw_value e = entities.list->v[i];

		tw_list_push(a, list, e.kind == TW_V_MAP ? fn(api, a, e) : e);
	}
	for (size_t i = 0; i < action.map->n; i++)
		tw_map_put_key(a, out, action.map->v[i].key, action.map->v[i].value);
	tw_map_putc(a, out, "entities", list);
	return out;
}

/* One thing, or {"actions": [{"entities": [things]}]}. */
static struct tw_value masked_body(const struct tw_api *api, struct tw_arena *a, struct tw_value body, mask_fn fn)
{
	struct tw_value actions = tw_map_value(body, "actions"), list = tw_v_list(a), out = tw_v_map(a);

	if (fn == masked_by_names || actions.kind != TW_V_LIST)
		return fn(api, a, body);
	for (size_t i = 0; i < actions.list->n; i++)
		tw_list_push(a, list, masked_action(api, a, actions.list->v[i], fn));
	for (size_t i = 0; i < body.map->n; i++)
		tw_map_put_key(a, out, body.map->v[i].key, body.map->v[i].value);
	tw_map_putc(a, out, "actions", list);
	return out;
}

/* Of a file which one, not what stands in it. */
static struct tw_value masked_file(const struct tw_api *api, struct tw_arena *a, struct tw_value v)
{
	struct tw_value out = tw_v_map(a);

	tw_map_putc(a, out, "path", tw_map_value(v, "path"));
	tw_map_putc(a, out, "bytes", tw_v_int((int64_t)tw_map_str(v, "text", "").n));
	return out;
}

static mask_fn mask_of(struct tw_str event)
{
	return tw_str_ends(event, "_yaml_file")			  ? masked_file
	       : tw_str_find(event, TW_STR("variable"), 0) >= 0	  ? masked_variable
	       : tw_str_find(event, TW_STR("connection"), 0) >= 0 ? masked_connection
								  : masked_by_names;
}

/* ── the row ──────────────────────────────────────────────────────────────────────────── */

static void merge(struct tw_arena *a, struct tw_value into, struct tw_value from)
{
	for (size_t i = 0; from.kind == TW_V_MAP && i < from.map->n; i++)
		tw_map_put_key(a, into, from.map->v[i].key, from.map->v[i].value);
}

static struct tw_value body_of(struct tw_request *req)
{
	struct tw_value v = TW_NULL;

	if (req->body.n && tw_request_is_json(req))
		tw_json_parse(req->arena, req->body, &v, NULL);
	return v.kind == TW_V_MAP ? v : TW_NULL;
}

static struct tw_str text_at(struct tw_value v, const char *key)
{
	struct tw_value found = tw_map_value(v, key);

	return found.kind == TW_V_STR ? found.s : none;
}

static struct tw_value extra_of(struct tw_request *req, struct tw_str event, struct tw_value all, struct tw_value body)
{
	struct tw_arena *a = req->arena;
	mask_fn fn = mask_of(event);
	struct tw_value extra = fn != masked_by_names && body.kind == TW_V_MAP ? tw_v_map(a) : params(req, true);

	if (body.kind == TW_V_MAP)
		merge(a, extra, masked_body(tw_api_of(req), a, body, fn));
	if (tw_map_findc(all, "is_paused"))
		tw_map_putc(a, extra, "is_paused", tw_map_value(all, "is_paused"));
	tw_map_putc(a, extra, "method", tw_v_cstr(req->method));
	return extra;
}

static void write_row(struct tw_request *req, struct tw_str event)
{
	struct tw_value body = body_of(req), all = params(req, false);
	struct tw_audit_row row = {
		.at = TW_TIME_NONE,
		.event = event,
		.owner = req->user.name,
		.owner_display_name = req->user.display.p ? req->user.display : req->user.name,
		.map_index = -1,
		.try_number = -1,
		.logical_date = TW_TIME_NONE,
	};
	struct tw_store *s = tw_api_thread_store(req->thread);
	struct tw_err err = {0};
	char *text;

	/* A look at what would be cleared is what these do unless told otherwise. */
	if ((tw_str_is(event, "clear_dag_run") || tw_str_is(event, "post_clear_task_instances")) &&
	    body.kind == TW_V_MAP && tw_map_bool(body, "dry_run", true))
		return;
	merge(req->arena, all, body);
	text = tw_json_dump(extra_of(req, event, all, body), TW_JSON_PYTHON | TW_JSON_ASCII);
	row.dag_id = text_at(all, "dag_id");
	row.task_id = text_at(all, "task_id");
	row.run_id = text_at(all, "run_id").n ? text_at(all, "run_id") : text_at(all, "dag_run_id");
	row.extra = tw_str(text);
	if (s && tw_store_audit(s, &row, &err) < 0)
		tw_warn("audit log: %s", err.msg);
	free(text);
}

void tw_api_audit(struct tw_request *req)
{
	const struct tw_operation *op = tw_spec_op(tw_spec(), req->route);

	if (strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0 || req->route->access.on == TW_OPEN ||
	    !op || only_asks(op->id))
		return;
	write_row(req, op->id);
}
