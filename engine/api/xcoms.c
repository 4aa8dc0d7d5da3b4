/* XCom entries of task instances. */
#include <stdlib.h>

#include "api/ask.h"
#include "api/tables.h"
#include "model/dag.h"
#include "store/tis.h"
#include "store/xcoms.h"
#include "template/text.h"

static void entry_fields(struct tw_jw *w, const struct tw_xcom_view *v)
{
	const struct tw_xcom_row *x = &v->xcom;

	tw_jw_str_at(w, "key", x->key);
	tw_jw_time(w, "timestamp", x->timestamp);
	tw_jw_time(w, "logical_date", v->logical_date);
	tw_jw_int_at(w, "map_index", x->map_index);
	tw_jw_str_at(w, "task_id", x->task_id);
	tw_jw_str_at(w, "dag_id", x->dag_id);
	tw_jw_str_at(w, "run_id", x->run_id);
	tw_jw_str_at(w, "dag_display_name",
		     v->dag_display_name.n ? v->dag_display_name : x->dag_id);
	tw_jw_str_at(w, "task_display_name",
		     v->task_display_name.n ? v->task_display_name : x->task_id);
	tw_jw_time(w, "run_after", v->run_after);
}

/* ── list ─────────────────────────────────────────────────────────────────────────────── */

static const struct tw_param list_params[] = {
	{"xcom_key", TW_P_EQ, "key"},
	{"xcom_key_pattern", TW_P_LIKE, "key"},
	{"xcom_key_prefix_pattern", TW_P_PREFIX, "key"},
	{"run_id_pattern", TW_P_LIKE, "run_id"},
	{"run_id_prefix_pattern", TW_P_PREFIX, "run_id"},
	{"task_id_pattern", TW_P_LIKE, "task_id"},
	{"task_id_prefix_pattern", TW_P_PREFIX, "task_id"},
	{"dag_display_name_pattern", TW_P_LIKE, "dag_display_name"},
	{"dag_display_name_prefix_pattern", TW_P_PREFIX, "dag_display_name"},
	{"map_index", TW_P_INT, NULL},
	{"map_index_filter", TW_P_INT, "map_index"},
	{"logical_date", TW_P_TIME, NULL},
	{"run_after", TW_P_TIME, NULL},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const sort_names[] = {"key",	      "dag_id",	   "run_id",	"task_id",
					 "map_index", "timestamp", "run_after", NULL};
static const struct tw_sort list_sort = {sort_names, NULL, NULL};

static void get_xcom_entries(struct tw_request *req, struct tw_response *resp)
{
	static const char *const order[] = {"dag_id", "task_id", "run_id", "map_index", "key"};
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_xcom_view *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", req->params[0]);
	tw_asker_path(&q, "run_id", req->params[1]);
	tw_asker_path(&q, "task_id", req->params[2]);
	tw_asker_params(&q, list_params);
	tw_asker_page(&q);
	if (!tw_asker_order(&q, &list_sort) || !tw_asker_done(&q, &ask))
		return;
	if (!ask.norder) {
		ask.order_by = order;
		ask.norder = 5;
	}
	if (tw_store_xcoms(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "xcom_entries");
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(&w);
		entry_fields(&w, &v[i]);
		tw_jw_end(&w);
	}
	tw_jw_page_end(&w, total);
}

/* ── one ──────────────────────────────────────────────────────────────────────────────── */

/* The entry with its value, or TW_ERR_NOT_FOUND. */
static enum tw_rc load(struct tw_request *req, struct tw_store *s, struct tw_str key, int64_t index,
		       struct tw_xcom_view *ret, struct tw_err *err)
{
	const struct tw_cond conds[] = {
		{.field = "dag_id", .op = TW_OP_EQ, .text = req->params[0]},
		{.field = "run_id", .op = TW_OP_EQ, .text = req->params[1]},
		{.field = "task_id", .op = TW_OP_EQ, .text = req->params[2]},
		{.field = "key", .op = TW_OP_EQ, .text = key},
		{.field = "map_index", .op = TW_OP_EQ, .num = index},
	};
	struct tw_ask ask = {.conds = conds, .nconds = 5, .limit = 1};
	struct tw_xcom_view *v;
	struct tw_xcom_row row;
	size_t n = 0;
	enum tw_rc rc = tw_store_xcoms(s, &ask, req->arena, &v, &n, NULL, err);

	if (rc == TW_OK && !n)
		return TW_ERR_NOT_FOUND;
	if (rc == TW_OK)
		rc = tw_store_xcom(s, req->params[0], req->params[1], req->params[2], (int)index,
				   key, req->arena, &row, err);
	if (rc == TW_OK) {
		*ret = v[0];
		ret->xcom.value = row.value;
	}
	return rc;
}

/* As Python's repr() has the value; JSON's depth is bounded where it is read. */
static void python(struct tw_buf *out, struct tw_value v)
{
	switch (v.kind) {
	case TW_V_NULL:
		tw_buf_adds(out, "None");
		return;
	case TW_V_BOOL:
		tw_buf_adds(out, v.b ? "True" : "False");
		return;
	case TW_V_STR:
		tw_repr_str(out, v.s);
		return;
	case TW_V_LIST:
		tw_buf_addc(out, '[');
		for (size_t i = 0; i < v.list->n; i++) {
			tw_buf_adds(out, i ? ", " : "");
			python(out, v.list->v[i]);
		}
		tw_buf_addc(out, ']');
		return;
	case TW_V_MAP:
		tw_buf_addc(out, '{');
		for (size_t i = 0; i < v.map->n; i++) {
			tw_buf_adds(out, i ? ", " : "");
			python(out, v.map->v[i].key);
			tw_buf_adds(out, ": ");
			python(out, v.map->v[i].value);
		}
		tw_buf_addc(out, '}');
		return;
	default: /* a number */
		tw_json_write(out, v, TW_JSON_PYTHON);
	}
}

static void value_text(struct tw_jw *w, struct tw_str json, struct tw_arena *a)
{
	struct tw_value v;

	tw_jw_key(w, "value");
	if (!json.p || (tw_json_parse(a, json, &v, NULL) == TW_OK && v.kind == TW_V_NULL)) {
		tw_jw_null(w);
	} else if (tw_json_parse(a, json, &v, NULL) == TW_OK && v.kind == TW_V_STR) {
		tw_jw_str(w, v.s);
	} else if (tw_json_parse(a, json, &v, NULL) == TW_OK) {
		struct tw_buf text TW_AUTO(tw_buf_release) = {0};

		python(&text, v);
		tw_jw_str(w, tw_buf_str(&text));
	} else {
		tw_jw_str(w, json);
	}
}

static void reply_entry(struct tw_request *req, struct tw_response *resp,
			const struct tw_xcom_view *v, bool text)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	entry_fields(&w, v);
	if (text)
		value_text(&w, v->xcom.value, req->arena);
	else
		tw_jw_json_at(&w, "value", v->xcom.value, req->arena);
	tw_jw_end(&w);
}

static void get_xcom_entry(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_xcom_view v;
	struct tw_asker q;
	struct tw_err err = {0};
	int64_t index;
	bool text;
	enum tw_rc rc;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	index = tw_asker_int(&q, "map_index", -1, -1);
	text = tw_asker_bool(&q, "stringify", false);
	tw_asker_bool(&q, "deserialize", false);
	if (tw_faults_any(&q.faults))
		return;
	rc = load(req, s, req->params[3], index, &v, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "XCom entry with key: `" TW_STR_FMT "` not found",
			       TW_STR_ARG(req->params[3]));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	else
		reply_entry(req, resp, &v, text);
}

/* ── changes ──────────────────────────────────────────────────────────────────────────── */

/*
 * Keys by which Python would build objects when the value is read back: nobody may send them. NULL: there are none; else the first
 * place that has some, and their names: "value[0] contains reserved serialization keys: __type, __var".
 */
static const char *reserved(struct tw_arena *a, struct tw_value v, const char *at)
{
	static const char *const keys[] = {"__cache__", "__classname__", "__data__",	"__schema_id__",
					   "__source",	"__type",	 "__var",	"__version__"};
	const char *found = NULL, *names = NULL;

	if (v.kind == TW_V_LIST)
		for (size_t i = 0; i < v.list->n && !found; i++)
			found = reserved(a, v.list->v[i], tw_arena_printf(a, "%s[%zu]", at, i));
	if (v.kind != TW_V_MAP)
		return found;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (tw_map_findc(v, keys[i]))
			names = names ? tw_arena_printf(a, "%s, %s", names, keys[i]) : keys[i];
	if (names)
		return tw_arena_printf(a, "%s contains reserved serialization keys: %s", at, names);
	for (size_t i = 0; i < v.map->n && !found; i++)
		found = reserved(a, v.map->v[i].value, tw_arena_printf(a, "%s." TW_STR_FMT, at, TW_STR_ARG(v.map->v[i].key.s)));
	return found;
}

static bool value_ok(struct tw_request *req, struct tw_response *resp, struct tw_value body)
{
	struct tw_value v = tw_map_value(body, "value"), inner;
	const char *found = reserved(req->arena, v, "value");

	/* JSON inside of a string is read back as what it says, too. */
	if (!found && v.kind == TW_V_STR && tw_json_parse(req->arena, v.s, &inner, NULL) == TW_OK)
		found = reserved(req->arena, inner, "value");
	if (found)
		tw_reply_invalid(resp, "value_error", "body", "value",
				 tw_arena_printf(req->arena, "Value error, XCom %s. These keys are reserved for internal use.", found), v);
	return !found;
}

static bool put(struct tw_request *req, struct tw_response *resp, struct tw_str key, int64_t index,
		struct tw_value value)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_xcom_row row = {
		req->params[0], req->params[1], req->params[2], (int)index, key, {0}, TW_TIME_NONE};
	char *text = tw_json_dump(value, TW_JSON_COMPACT);
	struct tw_err err = {0};
	enum tw_rc rc;

	row.value = tw_str(text);
	rc = tw_store_xcom_put(s, &row, &err);
	free(text);
	if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static bool task_there(struct tw_request *req, struct tw_response *resp)
{
	struct tw_run_view run;
	const struct tw_dag *dag;
	enum tw_rc rc = tw_store_run(tw_api_store(req, resp), req->params[0], req->params[1],
				     req->arena, &run, NULL);
	bool known;

	if (!tw_dag_load(req, resp, req->params[0],
			 rc == TW_OK ? run.run.version_id : (struct tw_str){0}, &dag))
		return false;
	known = tw_dag_task(dag, req->params[2]) >= 0;
	tw_dag_unref(dag);
	if (!known)
		tw_reply_error(resp, 404,
			       "Task with ID: `" TW_STR_FMT "` not found in dag: `" TW_STR_FMT "`",
			       TW_STR_ARG(req->params[2]), TW_STR_ARG(req->params[0]));
	else if (rc < 0)
		tw_reply_error(resp, 404,
			       "Dag Run with ID: `" TW_STR_FMT "` not found for dag: `" TW_STR_FMT
			       "`",
			       TW_STR_ARG(req->params[1]), TW_STR_ARG(req->params[0]));
	return known && rc == TW_OK;
}

static void reply_stored(struct tw_request *req, struct tw_response *resp, struct tw_str key,
			 int64_t index)
{
	struct tw_xcom_view v;
	struct tw_err err = {0};

	if (load(req, tw_api_store(req, resp), key, index, &v, &err) < 0)
		tw_reply_err(resp, &err);
	else
		reply_entry(req, resp, &v, false);
}

/* Nothing is kept of an instance that is none; Airflow fails at it. */
static bool instance_there(struct tw_request *req, struct tw_response *resp, int64_t index)
{
	struct tw_ti_view ti;
	bool there = index == (int)index && tw_store_ti(tw_api_store(req, resp), req->params[0], req->params[1], req->params[2], (int)index,
							req->arena, &ti, NULL) == TW_OK;

	if (!there)
		tw_reply_error(resp, 404,
			       "The Task Instance with dag_id: `" TW_STR_FMT "`, run_id: `" TW_STR_FMT "`, task_id: `" TW_STR_FMT
			       "` and map_index: `%lld` was not found",
			       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]), TW_STR_ARG(req->params[2]), (long long)index);
	return there;
}

static void create_xcom_entry(struct tw_request *req, struct tw_response *resp)
{
	struct tw_xcom_view v;
	struct tw_value body = req->json;
	struct tw_str key;
	int64_t index;

	if (!tw_api_store(req, resp) || !value_ok(req, resp, body) || !task_there(req, resp))
		return;
	key = tw_map_str(body, "key", "");
	if (!key.n) {
		tw_reply_invalid(resp, "value_error", "body", "key", "Value error, the key of an XCom is not empty", tw_v_str(key));
		return;
	}
	index = tw_map_int(body, "map_index", -1);
	if (load(req, tw_api_store(req, resp), key, index, &v, NULL) == TW_OK) {
		tw_reply_error(resp, 409,
			       "The XCom with key: `" TW_STR_FMT
			       "` with mentioned task instance already exists.",
			       TW_STR_ARG(key));
		return;
	}
	if (!instance_there(req, resp, index) || !put(req, resp, key, index, tw_map_value(body, "value")))
		return;
	reply_stored(req, resp, key, index);
	if (!resp->status)
		resp->status = 201;
}

static void missing(struct tw_request *req, struct tw_response *resp)
{
	tw_reply_error(resp, 404,
		       "The XCom with key: `" TW_STR_FMT
		       "` with mentioned task instance doesn't exist.",
		       TW_STR_ARG(req->params[3]));
}

static void update_xcom_entry(struct tw_request *req, struct tw_response *resp)
{
	struct tw_xcom_view v;
	struct tw_value body = req->json;
	int64_t index;

	if (!tw_api_store(req, resp) || !value_ok(req, resp, body))
		return;
	index = tw_map_int(body, "map_index", -1);
	if (load(req, tw_api_store(req, resp), req->params[3], index, &v, NULL) < 0) {
		missing(req, resp);
		return;
	}
	if (!put(req, resp, req->params[3], index, tw_map_value(body, "value")))
		return;
	reply_stored(req, resp, req->params[3], index);
}

static void delete_xcom_entry(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_asker q;
	struct tw_err err = {0};
	int64_t index, n = 0;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	index = tw_asker_int(&q, "map_index", -1, -1);
	if (tw_faults_any(&q.faults))
		return;
	if (index != (int)index)
		missing(req, resp);
	else if (tw_store_xcom_delete(s, req->params[0], req->params[1], req->params[2], (int)index,
				      req->params[3], &n, &err) < 0) {
		tw_reply_err(resp, &err);
	} else if (!n) {
		missing(req, resp);
	} else {
		tw_reply_none(resp);
	}
}

#define ENTRIES "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries"

const struct tw_route tw_routes_xcoms[] = {
	{"GET", ENTRIES, {TW_ON_XCOM}, get_xcom_entries},
	{"POST", ENTRIES, {TW_ON_XCOM}, create_xcom_entry},
	{"GET", ENTRIES "/{xcom_key...}", {TW_ON_XCOM}, get_xcom_entry},
	{"PATCH", ENTRIES "/{xcom_key...}", {TW_ON_XCOM}, update_xcom_entry},
	{"DELETE", ENTRIES "/{xcom_key...}", {TW_ON_XCOM}, delete_xcom_entry},
	{0},
};
