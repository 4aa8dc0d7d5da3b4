/* What task instances and assets keep from one attempt, or one run, to the next. */
#include "store/assets.h"

#include "api/ask.h"
#include "api/tables.h"
#include "io/clock.h"
#include "value/json.h"

#define DAYS_DEFAULT 30
#define BYTES_DEFAULT 65535

/* ── settings, values ─────────────────────────────────────────────────────────────────── */

static int64_t setting(struct tw_request *req, const char *key, int64_t dflt)
{
	const struct tw_api *api = tw_api_of(req);

	for (size_t i = 0; i < api->nsettings; i++)
		if (tw_str_is(api->settings[i].section, "state_store") && tw_str_is(api->settings[i].key, key))
			tw_str_to_int(tw_str_trim(api->settings[i].value), &dflt);
	return dflt;
}

static bool value_ok(struct tw_request *req, struct tw_response *resp, struct tw_value body, struct tw_str *ret)
{
	struct tw_value v = tw_map_value(body, "value");
	struct tw_buf text = {0};
	int64_t limit = setting(req, "max_value_storage_bytes", BYTES_DEFAULT);
	const char *why = NULL;

	tw_json_write(&text, v, TW_JSON_COMPACT);
	if (v.kind == TW_V_NULL)
		why = "Value error, value cannot be null";
	else if (limit > 0 && (int64_t)text.n > limit)
		why = tw_arena_printf(req->arena,
				      "Value error, value exceeds max_value_storage_bytes (%lld); raise [state_store]"
				      " max_value_storage_bytes or set it to 0 to disable the limit",
				      (long long)limit);
	if (why)
		tw_reply_invalid(resp, "value_error", "body", "value", why, v);
	*ret = tw_str_copy(req->arena, tw_buf_str(&text));
	tw_buf_release(&text);
	return !why;
}

/* ── of assets ────────────────────────────────────────────────────────────────────────── */

static struct tw_store *asset_of(struct tw_request *req, struct tw_response *resp, int64_t *ret_id)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_asset_row row;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s || !tw_path_int(req, resp, 0, "asset_id", ret_id))
		return NULL;
	rc = tw_store_asset(s, *ret_id, req->arena, &row, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "Asset with id %lld not found", (long long)*ret_id);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc < 0 ? NULL : s;
}

static void asset_state_object(struct tw_jw *w, const struct tw_state_row *r, struct tw_arena *a)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "key", r->key);
	tw_jw_json_at(w, "value", r->value, a);
	tw_jw_time(w, "updated_at", r->updated_at);
	if (!r->kind.p) {
		tw_jw_null_at(w, "last_updated_by");
	} else {
		tw_jw_key(w, "last_updated_by");
		tw_jw_obj(w);
		tw_jw_str_at(w, "kind", r->kind);
		tw_jw_str_at(w, "dag_id", r->dag_id);
		tw_jw_str_at(w, "run_id", r->run_id);
		tw_jw_str_at(w, "task_id", r->task_id);
		if (r->task_id.p)
			tw_jw_int_at(w, "map_index", r->map_index);
		else
			tw_jw_null_at(w, "map_index");
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

static void list_asset(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_state_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t id, total;
	struct tw_store *s = asset_of(req, resp, &id);
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_page(&q);
	if (!tw_asker_done(&q, &ask))
		return;
	if (tw_store_asset_states(s, id, ask.limit, ask.offset, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "asset_state_store");
	for (size_t i = 0; i < n; i++)
		asset_state_object(&w, &v[i], req->arena);
	tw_jw_page_end(&w, total);
}

static void not_found(struct tw_response *resp, const char *whose, struct tw_str key)
{
	tw_reply_error(resp, 404, "%s state store key '" TW_STR_FMT "' not found", whose, TW_STR_ARG(key));
}

static void get_asset(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_state_row row;
	struct tw_err err = {0};
	int64_t id;
	struct tw_store *s = asset_of(req, resp, &id);
	enum tw_rc rc;

	if (!s)
		return;
	rc = tw_store_asset_state(s, id, req->params[1], req->arena, &row, &err);
	if (rc == TW_ERR_NOT_FOUND)
		not_found(resp, "Asset", req->params[1]);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	else
		asset_state_object(&w, &row, req->arena);
}

static void put_asset(struct tw_request *req, struct tw_response *resp)
{
	struct tw_state_row row = {.kind = TW_STR("api"), .expires_at = TW_TIME_NONE};
	struct tw_value body = req->json;
	struct tw_err err = {0};
	struct tw_store *s = asset_of(req, resp, &row.asset_id);

	if (!s || !value_ok(req, resp, body, &row.value))
		return;
	row.key = req->params[1];
	if (tw_store_asset_state_put(s, &row, &err) < 0)
		tw_reply_err(resp, &err);
	else
		tw_reply_none(resp);
}

static void remove_asset(struct tw_request *req, struct tw_response *resp, struct tw_str key)
{
	struct tw_err err = {0};
	int64_t id;
	struct tw_store *s = asset_of(req, resp, &id);

	if (!s)
		return;
	if (tw_store_asset_state_delete(s, id, key, NULL, &err) < 0)
		tw_reply_err(resp, &err);
	else
		tw_reply_none(resp);
}

static void delete_asset(struct tw_request *req, struct tw_response *resp)
{
	remove_asset(req, resp, req->params[1]);
}

static void clear_asset(struct tw_request *req, struct tw_response *resp)
{
	remove_asset(req, resp, (struct tw_str){0});
}

/* ── of task instances ────────────────────────────────────────────────────────────────── */

static void task_state_object(struct tw_jw *w, const struct tw_state_row *r, struct tw_arena *a)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "key", r->key);
	tw_jw_json_at(w, "value", r->value, a);
	tw_jw_time(w, "updated_at", r->updated_at);
	tw_jw_time(w, "expires_at", r->expires_at);
	tw_jw_end(w);
}

/* Whose state: of the path, with map_index of the query. false: it has replied 422. */
static bool scope(struct tw_request *req, struct tw_response *resp, struct tw_asker *q, struct tw_state_row *ret)
{
	tw_asker_init(q, req, resp);
	*ret = (struct tw_state_row){.dag_id = req->params[0], .run_id = req->params[1], .task_id = req->params[2],
				     .expires_at = TW_TIME_NONE};
	ret->map_index = (int)tw_asker_int(q, "map_index", -1, -1);
	return !tw_faults_any(&q->faults);
}

static bool there(struct tw_request *req, struct tw_response *resp, struct tw_store *s, const struct tw_state_row *k,
		  bool any_map)
{
	struct tw_cond conds[] = {
		{.field = "dag_id", .op = TW_OP_EQ, .text = k->dag_id},
		{.field = "run_id", .op = TW_OP_EQ, .text = k->run_id},
		{.field = "task_id", .op = TW_OP_EQ, .text = k->task_id},
		{.field = "map_index", .op = TW_OP_EQ, .num = k->map_index},
	};
	struct tw_ask ask = {.conds = conds, .nconds = any_map ? 3 : 4, .limit = 1};
	struct tw_ti_view *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n = 0;

	if (tw_store_tis(s, &ask, req->arena, &v, &n, &total, &err) < 0)
		tw_reply_err(resp, &err);
	else if (!n && any_map)
		tw_reply_error(resp, 404,
			       "Task instance not found for dag_id='" TW_STR_FMT "', run_id='" TW_STR_FMT
			       "', task_id='" TW_STR_FMT "', all_map_indices=True",
			       TW_STR_ARG(k->dag_id), TW_STR_ARG(k->run_id), TW_STR_ARG(k->task_id));
	else if (!n)
		tw_reply_error(resp, 404,
			       "Task instance not found for dag_id='" TW_STR_FMT "', run_id='" TW_STR_FMT
			       "', task_id='" TW_STR_FMT "', map_index=%d",
			       TW_STR_ARG(k->dag_id), TW_STR_ARG(k->run_id), TW_STR_ARG(k->task_id), k->map_index);
	return n > 0;
}

static void list_task(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_state_row key, *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s || !scope(req, resp, &q, &key))
		return;
	tw_asker_page(&q);
	if (!tw_asker_done(&q, &ask))
		return;
	if (tw_store_task_states(s, &key, ask.limit, ask.offset, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "task_state_store");
	for (size_t i = 0; i < n; i++)
		task_state_object(&w, &v[i], req->arena);
	tw_jw_page_end(&w, total);
}

/* false: it has replied. */
static bool read_task(struct tw_request *req, struct tw_response *resp, struct tw_state_row *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_state_row key;
	struct tw_asker q;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s || !scope(req, resp, &q, &key))
		return false;
	key.key = req->params[3];
	rc = tw_store_task_state(s, &key, req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		not_found(resp, "Task", key.key);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void get_task(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_state_row row;

	if (read_task(req, resp, &row))
		task_state_object(&w, &row, req->arena);
}

/* "default", null, or an instant. */
static bool read_expiry(struct tw_request *req, struct tw_response *resp, struct tw_value body, tw_time *ret)
{
	const struct tw_value *v = tw_map_findc(body, "expires_at");
	int64_t days = setting(req, "default_retention_days", DAYS_DEFAULT);
	const char *type, *why = "Input should be 'default'";

	*ret = TW_TIME_NONE;
	if (!v || (v->kind == TW_V_STR && tw_str_is(v->s, "default"))) {
		if (days > 0)
			*ret = tw_now() + days * TW_US_DAY;
		return true;
	}
	if (v->kind == TW_V_NULL)
		return true;
	if (v->kind == TW_V_STR)
		why = tw_aware_time(v->s, ret, &type);
	if (why)
		tw_reply_invalid(resp, "literal_error", "body", "expires_at", why, *v);
	return !why;
}

static void put_task(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_state_row row;
	struct tw_asker q;
	struct tw_value body = req->json;
	struct tw_err err = {0};

	if (!s || !scope(req, resp, &q, &row) || !value_ok(req, resp, body, &row.value) || !read_expiry(req, resp, body, &row.expires_at) ||
	    !there(req, resp, s, &row, false))
		return;
	row.key = req->params[3];
	if (tw_store_task_state_put(s, &row, &err) < 0)
		tw_reply_err(resp, &err);
	else
		tw_reply_none(resp);
}

/* Answered with null, as Airflow does. */
static void patch_task(struct tw_request *req, struct tw_response *resp)
{
	struct tw_state_row row;
	struct tw_value body = req->json;
	struct tw_err err = {0};

	if (!read_task(req, resp, &row) ||
	    !value_ok(req, resp, body, &row.value))
		return;
	if (tw_store_task_state_put(tw_api_store(req, resp), &row, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_buf_adds(&resp->body, "null");
}

static void delete_task(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_state_row key;
	struct tw_asker q;
	struct tw_err err = {0};

	if (!s || !scope(req, resp, &q, &key) || !there(req, resp, s, &key, false))
		return;
	key.key = req->params[3];
	if (tw_store_task_state_delete(s, &key, NULL, &err) < 0)
		tw_reply_err(resp, &err);
	else
		tw_reply_none(resp);
}

static void clear_task(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_state_row key;
	struct tw_asker q;
	struct tw_err err = {0};
	bool all;

	if (!s || !scope(req, resp, &q, &key))
		return;
	all = tw_asker_bool(&q, "all_map_indices", false);
	if (tw_faults_any(&q.faults) || !there(req, resp, s, &key, all))
		return;
	if (all)
		key.map_index = TW_STATE_ALL_MAPS;
	if (tw_store_task_state_delete(s, &key, NULL, &err) < 0)
		tw_reply_err(resp, &err);
	else
		tw_reply_none(resp);
}

#define OF_TASK "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store"

const struct tw_route tw_routes_state_store[] = {
	{"GET", "/api/v2/assets/{asset_id}/state-store", {TW_ON_ASSET}, list_asset},
	{"DELETE", "/api/v2/assets/{asset_id}/state-store", {TW_ON_ASSET}, clear_asset},
	{"GET", "/api/v2/assets/{asset_id}/state-store/{key...}", {TW_ON_ASSET}, get_asset},
	{"PUT", "/api/v2/assets/{asset_id}/state-store/{key...}", {TW_ON_ASSET}, put_asset},
	{"DELETE", "/api/v2/assets/{asset_id}/state-store/{key...}", {TW_ON_ASSET}, delete_asset},
	{"GET", OF_TASK, {TW_ON_TI}, list_task},
	{"DELETE", OF_TASK, {TW_ON_TI}, clear_task},
	{"GET", OF_TASK "/{key...}", {TW_ON_TI}, get_task},
	{"PUT", OF_TASK "/{key...}", {TW_ON_TI}, put_task},
	{"PATCH", OF_TASK "/{key...}", {TW_ON_TI}, patch_task},
	{"DELETE", OF_TASK "/{key...}", {TW_ON_TI}, delete_task},
	{0},
};
