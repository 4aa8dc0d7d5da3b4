/* DAG runs: list, get, waiting for the end. */
#include <math.h>
#include <stdlib.h>

#include "api/ask.h"
#include "api/tables.h"
#include "model/dag.h"
#include "io/clock.h"
#include "store/xcoms.h"

/* ── shapes ───────────────────────────────────────────────────────────────────────────── */

static void run_object(struct tw_jw *w, const struct tw_run_view *v,
		       const struct tw_versions *versions, struct tw_arena *a)
{
	const struct tw_run_row *r = &v->run;

	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_run_id", r->run_id);
	tw_jw_str_at(w, "dag_id", r->dag_id);
	tw_jw_time(w, "logical_date", r->logical_date);
	tw_jw_time(w, "queued_at", r->queued_at);
	tw_jw_time(w, "start_date", r->start_date);
	tw_jw_time(w, "end_date", r->end_date);
	tw_jw_duration(w, "duration", r->start_date, r->end_date);
	tw_jw_time(w, "data_interval_start", r->interval_start);
	tw_jw_time(w, "data_interval_end", r->interval_end);
	tw_jw_time(w, "run_after", r->run_after);
	tw_jw_time(w, "last_scheduling_decision", r->last_scheduling_decision);
	tw_jw_key(w, "run_type");
	tw_jw_cstr(w, tw_run_type_name(r->type));
	tw_jw_key(w, "state");
	tw_jw_cstr(w, tw_run_state_name(r->state));
	tw_jw_str_at(w, "triggered_by", r->triggered_by);
	tw_jw_str_at(w, "triggering_user_name", r->triggering_user);
	tw_jw_json_at(w, "conf", r->conf.p ? r->conf : TW_STR("{}"), a);
	tw_jw_str_at(w, "note", r->note);
	tw_jw_key(w, "dag_versions");
	tw_jw_list(w);
	for (size_t i = 0; i < versions->n; i++)
		if (tw_str_eq(versions->v[i].id, r->version_id))
			tw_jw_version_row(w, &versions->v[i]);
	tw_jw_end(w);
	tw_jw_str_at(w, "bundle_version", r->bundle_version);
	tw_jw_str_at(w, "dag_display_name",
		     v->dag_display_name.p ? v->dag_display_name : r->dag_id);
	tw_jw_str_at(w, "partition_key", r->partition_key);
	tw_jw_time(w, "partition_date", r->partition_date);
	tw_jw_end(w);
}

void tw_jw_runs(struct tw_jw *w, struct tw_store *s, const struct tw_run_view *v, size_t n,
		struct tw_arena *a)
{
	struct tw_str *ids = tw_arena_array(a, struct tw_str, n + 1);
	struct tw_versions versions;

	for (size_t i = 0; i < n; i++)
		ids[i] = v[i].run.version_id;
	tw_versions_load(s, ids, n, a, &versions);
	for (size_t i = 0; i < n; i++)
		run_object(w, &v[i], &versions, a);
}

bool tw_run_find(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id,
		 struct tw_str run_id, struct tw_run_view *ret_run)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_run(s, dag_id, run_id, req->arena, ret_run, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404,
			       "The DagRun with dag_id: `" TW_STR_FMT "` and run_id: `" TW_STR_FMT
			       "` was not found",
			       TW_STR_ARG(dag_id), TW_STR_ARG(run_id));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void get_dag_run(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_run_view run;

	if (tw_run_find(req, resp, req->params[0], req->params[1], &run))
		tw_jw_runs(&w, tw_api_store(req, resp), &run, 1, req->arena);
}

/* ── list ─────────────────────────────────────────────────────────────────────────────── */

static const struct tw_param list_params[] = {
	{"run_after", TW_P_TIME, NULL},
	{"logical_date", TW_P_TIME, NULL},
	{"start_date", TW_P_TIME, NULL},
	{"end_date", TW_P_TIME, NULL},
	{"updated_at", TW_P_TIME, NULL},
	{"duration", TW_P_NUM, NULL},
	{"conf_contains", TW_P_CONF, "conf"},
	{"run_type", TW_P_RUN_TYPES, NULL},
	{"state", TW_P_RUN_STATES, NULL},
	{"dag_version", TW_P_INT_IN, "of_version"},
	{"bundle_version", TW_P_EQ, NULL},
	{"backfill_id", TW_P_INT_IN, NULL}, /* ours */
	{"run_id_pattern", TW_P_LIKE, "run_id"},
	{"run_id_prefix_pattern", TW_P_PREFIX, "run_id"},
	{"triggering_user_name_pattern", TW_P_LIKE, "triggering_user_name"},
	{"triggering_user_name_prefix_pattern", TW_P_PREFIX, "triggering_user_name"},
	{"dag_id_pattern", TW_P_LIKE, "dag_id"},
	{"dag_id_prefix_pattern", TW_P_PREFIX, "dag_id"},
	{"partition_date", TW_P_DATE, NULL},
	{"partition_key_pattern", TW_P_LIKE, "partition_key"},
	{"partition_key_prefix_pattern", TW_P_PREFIX, "partition_key"},
	{"consuming_asset_pattern", TW_P_HAS, "consuming_asset"},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const sort_names[] = {
	"id",	      "state",	  "dag_id",	"run_id", "logical_date", "run_after",
	"start_date", "end_date", "updated_at", "conf",	  "duration",	  NULL,
};
static const char *const sort_fields[] = {"dag_run_id", "run_id", "partition_date", "id", NULL};
static const struct tw_sort list_sort = {sort_names, sort_fields, "id"};

static void reply_runs(struct tw_request *req, struct tw_response *resp, const struct tw_asker *q,
		       const struct tw_run_view *v, size_t n, int64_t total)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	tw_jw_key(&w, "dag_runs");
	tw_jw_list(&w);
	tw_jw_runs(&w, tw_api_store(req, resp), v, n, req->arena);
	tw_jw_end(&w);
	tw_jw_cursors(&w, q, total);
	tw_jw_end(&w);
}

static void list(struct tw_asker *q)
{
	struct tw_run_view *v;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total = 0;
	size_t n;

	if (!tw_asker_done(q, &ask))
		return;
	if (tw_store_runs(tw_api_store(q->req, q->resp), &ask, q->req->arena, &v, &n, &total,
			  &err) < 0)
		tw_reply_err(q->resp, &err);
	else
		reply_runs(q->req, q->resp, q, v, n, total);
}

bool tw_dag_there(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_dag_row d;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (tw_str_is(dag_id, "~"))
		return true;
	rc = tw_store_dag(s, dag_id, req->arena, &d, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "The Dag with ID: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(dag_id));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

/* They are asked of one DAG whose runs have partitions, as days of its zone; false: it has replied. */
static bool partition_dates_ok(struct tw_request *req, struct tw_response *resp, const struct tw_zone **ret_zone)
{
	const struct tw_dag *dag;
	bool ok;

	*ret_zone = NULL;

	if (!tw_query(req, "partition_date_gte").p && !tw_query(req, "partition_date_lte").p)
		return true;
	if (tw_str_is(req->params[0], "~")) {
		tw_reply_error(resp, 400, "partition_date_gte and partition_date_lte require a specific dag_id.");
		return false;
	}
	if (!tw_dag_load(req, resp, req->params[0], (struct tw_str){0}, &dag))
		return false;
	ok = dag->timetable->partitioned;
	*ret_zone = dag->timetable->zone;
	tw_dag_unref(dag);
	if (!ok)
		tw_reply_error(resp, 400, "Dag with dag_id: '" TW_STR_FMT "' is not partitioned; partition_date_gte and partition_date_lte "
			       "are not supported.", TW_STR_ARG(req->params[0]));
	return ok;
}

static void dag_runs_now(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_zone *zone;
	struct tw_asker q;

	if (!tw_api_store(req, resp) || !tw_dag_there(req, resp, req->params[0]) || !partition_dates_ok(req, resp, &zone))
		return;
	tw_asker_init(&q, req, resp);
	q.zone = zone;
	tw_asker_path(&q, "dag_id", req->params[0]);
	tw_asker_params(&q, list_params);
	tw_asker_page(&q);
	tw_asker_cursor(&q);
	if (tw_asker_order(&q, &list_sort))
		list(&q);
}

static void get_dag_runs(struct tw_request *req, struct tw_response *resp)
{
	tw_api_list(req, resp, dag_runs_now);
}

/* ── the same with a body ─────────────────────────────────────────────────────────────── */

static void get_list_dag_runs_batch(struct tw_request *req, struct tw_response *resp)
{
	static const char *const ranges[] = {"run_after", "logical_date", "start_date", "end_date",
					     "duration"};
	struct tw_value body = req->json;
	struct tw_asker q;
	struct tw_str conf;

	if (!tw_api_store(req, resp))
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_readable(&q);
	tw_asker_body_list(&q, body, "dag_ids", "dag_id");
	tw_asker_body_list(&q, body, "states", "state");
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		tw_asker_body_range(&q, body, ranges[i]);
	conf = tw_map_str(body, "conf_contains", NULL);
	if (conf.p)
		tw_asker_add(&q, (struct tw_cond){.field = "conf", .op = TW_OP_LIKE, .text = tw_conf_pattern(req->arena, conf)});
	if (tw_asker_body_page(&q, body, &list_sort))
		list(&q);
}

const struct tw_route tw_routes_runs[] = {
	{"GET", "/api/v2/dags/{dag_id}/dagRuns", {TW_ON_DAG_RUN}, get_dag_runs},
	{"POST", "/api/v2/dags/{dag_id}/dagRuns/list", {TW_ON_DAG_RUN, TW_READ}, get_list_dag_runs_batch},
	{"GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", {TW_ON_DAG_RUN}, get_dag_run},
	{0},
};
