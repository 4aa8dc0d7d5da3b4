/*
 * /ui: by when runs have to have ended, which of these deadlines were missed, and missed SLAs of tasks. The first two are
 * asked for and answered as Airflow's own pages do it.
 */
#include "store/deadline.h"

#include "api/ask.h"
#include "api/tables.h"
#include "model/dag.h"

/* ── of runs ──────────────────────────────────────────────────────────────────────────── */

static const struct tw_param deadline_params[] = {
	{"missed", TW_P_BOOL, NULL},
	{"deadline_time", TW_P_TIME, NULL},
	{"last_updated_at", TW_P_TIME, NULL},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const deadline_names[] = {"id",	"deadline_time", "created_at",	"last_updated_at", "missed",
					     "dag_id", "dag_run_id",	 "alert_name", NULL};
static const struct tw_sort deadline_sort = {deadline_names, NULL, "deadline_time"};

static void write_deadline(struct tw_jw *w, const struct tw_deadline_row *d)
{
	char id[37];

	tw_id_text(d->id, id);
	tw_jw_obj(w);
	tw_jw_str_at(w, "id", tw_str(id));
	tw_jw_time(w, "deadline_time", d->deadline_time);
	tw_jw_bool_at(w, "missed", d->missed);
	tw_jw_time(w, "created_at", d->created_at);
	tw_jw_str_at(w, "dag_id", d->dag_id);
	tw_jw_str_at(w, "dag_run_id", d->run_id);
	tw_jw_int_at(w, "alert", d->alert); /* ours: which one of its DAG's */
	tw_jw_str_at(w, "alert_name", d->name);
	tw_jw_end(w);
}

/* Of a run, of all of a DAG ("~"), of all. */
static void get_deadlines(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_deadline_row *v;
	struct tw_run_view run;
	struct tw_err err = {0};
	struct tw_asker q;
	struct tw_ask ask;
	int64_t total;
	size_t n;

	if (!tw_api_store(req, resp))
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", req->params[0]);
	tw_asker_path(&q, "run_id", req->params[1]);
	tw_asker_params(&q, deadline_params);
	tw_asker_page(&q);
	if (!tw_asker_order(&q, &deadline_sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_deadlines(tw_api_store(req, resp), &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	if (!total && !tw_str_is(req->params[1], "~") && !tw_run_find(req, resp, req->params[0], req->params[1], &run))
		return;
	tw_jw_page(&w, "deadlines");
	for (size_t i = 0; i < n; i++)
		write_deadline(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

/* ── of a DAG ─────────────────────────────────────────────────────────────────────────── */

static void write_alert(struct tw_jw *w, struct tw_value d, int64_t number)
{
	struct tw_value interval = tw_map_value(d, "interval"), reference = tw_map_value(d, "reference");

	tw_jw_obj(w);
	tw_jw_int_at(w, "alert", number);
	tw_jw_str_at(w, "name", tw_map_str(d, "name", NULL));
	tw_jw_str_at(w, "reference_type", tw_map_str(reference, "type", ""));
	tw_jw_key(w, "interval");
	tw_jw_value(w, interval.kind == TW_V_MAP ? TW_NULL : interval);
	tw_jw_str_at(w, "interval_variable", tw_map_str(interval, "variable", NULL));
	tw_jw_end(w);
}

/* What its runs are held to; what a Variable says is read when a run is made. */
static void get_alerts(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	const struct tw_dag *dag;
	struct tw_value list;
	int64_t n;

	if (!tw_api_store(req, resp) || !tw_dag_load(req, resp, req->params[0], (struct tw_str){0}, &dag))
		return;
	list = tw_map_value(dag->doc, "deadlines");
	n = (int64_t)tw_value_len(list);
	tw_jw_page(&w, "deadline_alerts");
	for (int64_t i = 0; i < n; i++)
		write_alert(&w, list.list->v[i], i);
	tw_jw_page_end(&w, n);
	tw_dag_unref(dag);
}

/* ── of tasks ─────────────────────────────────────────────────────────────────────────── */

static const struct tw_param sla_params[] = {
	{"dag_id", TW_P_EQ, NULL},
	{"task_id", TW_P_EQ, NULL},
	{"execution_date", TW_P_TIME, NULL},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const sla_names[] = {"timestamp", "dag_id", "task_id", "execution_date", NULL};
static const struct tw_sort sla_sort = {sla_names, NULL, "-timestamp"};

static void get_slas(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_sla_row *v;
	struct tw_err err = {0};
	struct tw_asker q;
	struct tw_ask ask;
	int64_t total;
	size_t n;

	if (!tw_api_store(req, resp) || !tw_asker_list(&q, req, resp, sla_params, &sla_sort, &ask))
		return;
	if (tw_store_sla_misses(tw_api_store(req, resp), &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "sla_misses");
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "dag_id", v[i].dag_id);
		tw_jw_str_at(&w, "task_id", v[i].task_id);
		tw_jw_str_at(&w, "dag_run_id", v[i].run_id);
		tw_jw_time(&w, "logical_date", v[i].execution_date);
		tw_jw_time(&w, "timestamp", v[i].timestamp);
		tw_jw_str_at(&w, "description", v[i].description);
		tw_jw_end(&w);
	}
	tw_jw_page_end(&w, total);
}

const struct tw_route tw_routes_deadlines[] = {
	{"GET", "/ui/dags/{dag_id}/dagRuns/{dag_run_id}/deadlines", {TW_ON_DAG_RUN}, get_deadlines},
	{"GET", "/ui/dags/{dag_id}/deadlineAlerts", {TW_ON_DAG}, get_alerts},
	{"GET", "/ui/slas", {TW_ON_TI}, get_slas},
	{0},
};
