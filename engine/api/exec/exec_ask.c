/* What a task asks about runs, task instances and DAGs, its own and others'. */
#include "api/exec/exec.h"

#include <stdlib.h>

#include "api/change.h"
#include "store/assets.h"
#include "store/dags.h"

#define EXECUTION TW_SCOPE_EXECUTION

/* ── runs ─────────────────────────────────────────────────────────────────────────────── */

static void write_event(struct tw_exec *x, struct tw_jw *w, const struct tw_asset_event_row *e)
{
	tw_jw_obj(w);
	tw_jw_key(w, "asset");
	tw_jw_obj(w);
	tw_jw_str_at(w, "name", e->name);
	tw_jw_str_at(w, "uri", e->uri);
	tw_jw_json_at(w, "extra", e->asset_extra.p ? e->asset_extra : TW_STR("{}"), x->req->arena);
	tw_jw_end(w);
	tw_jw_json_at(w, "extra", e->extra.p ? e->extra : TW_STR("{}"), x->req->arena);
	tw_jw_str_at(w, "source_task_id", e->source_task_id);
	tw_jw_str_at(w, "source_dag_id", e->source_dag_id);
	tw_jw_str_at(w, "source_run_id", e->source_run_id);
	tw_jw_int_at(w, "source_map_index", e->source_map_index);
	tw_jw_key(w, "source_aliases");
	tw_jw_list(w);
	for (int i = 0; i < e->naliases; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "name", e->aliases[i]);
		tw_jw_end(w);
	}
	tw_jw_end(w);
	tw_jw_time(w, "timestamp", e->timestamp);
	if (tw_exec_knows(x, TW_EXEC_2026_06_30))
		tw_jw_str_at(w, "partition_key", e->partition_key);
	tw_jw_end(w);
}

static void write_consumed(struct tw_exec *x, struct tw_jw *w, const struct tw_run_row *run)
{
	struct tw_asset_event_row *v;
	size_t n = 0;

	if (run && tw_store_run_events(x->store, run->dag_id, run->run_id, x->req->arena, &v, &n, NULL) < 0)
		n = 0;
	tw_jw_key(w, "consumed_asset_events");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		write_event(x, w, &v[i]);
	tw_jw_end(w);
}

void tw_exec_write_run(struct tw_exec *x, struct tw_jw *w, const struct tw_run_row *run, bool consumed)
{
	bool nullable = tw_exec_knows(x, TW_EXEC_2026_04_06);

	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_id", run->dag_id);
	tw_jw_str_at(w, "run_id", run->run_id);
	tw_jw_time(w, "logical_date", run->logical_date);
	tw_jw_time(w, "data_interval_start", run->interval_start);
	tw_jw_time(w, "data_interval_end", run->interval_end);
	tw_jw_time(w, "run_after", run->run_after);
	tw_jw_time(w, "start_date", nullable || tw_time_ok(run->start_date) ? run->start_date : run->run_after);
	tw_jw_time(w, "end_date", run->end_date);
	tw_jw_int_at(w, "clear_number", run->clear_number);
	tw_jw_str_at(w, "run_type", tw_str(tw_run_type_name(run->type)));
	if (tw_exec_knows(x, TW_EXEC_2025_08_10))
		tw_jw_str_at(w, "state", tw_str(tw_run_state_name(run->state)));
	tw_jw_json_at(w, "conf", run->conf.n ? run->conf : TW_STR("{}"), x->req->arena);
	if (tw_exec_knows(x, TW_EXEC_2025_11_05))
		tw_jw_str_at(w, "triggering_user_name", run->triggering_user);
	write_consumed(x, w, consumed ? run : NULL);
	if (tw_exec_knows(x, TW_EXEC_2026_04_06))
		tw_jw_str_at(w, "partition_key", run->partition_key);
	if (tw_exec_knows(x, TW_EXEC_2026_06_30))
		tw_jw_time(w, "partition_date", run->partition_date);
	if (tw_exec_knows(x, TW_EXEC_2026_04_06))
		tw_jw_str_at(w, "note", run->note);
	if (tw_exec_knows(x, TW_EXEC_2026_06_30))
		tw_jw_null_at(w, "team_name");
	tw_jw_end(w);
}

/* The run of the path; false: it has replied 404. */
static bool find_run(struct tw_exec *x, struct tw_run_view *ret)
{
	struct tw_str dag_id = tw_exec_param(x, 0), run_id = tw_exec_param(x, 1);
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_run(x->store, dag_id, run_id, x->req->arena, ret, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_exec_refuse(x, 404, "not_found",
			       "Dag run with dag_id '" TW_STR_FMT "' and run_id '" TW_STR_FMT "' was not found",
			       TW_STR_ARG(dag_id), TW_STR_ARG(run_id));
	else if (rc < 0)
		tw_exec_fail(x, &err);
	return rc == TW_OK;
}

static void get_run(struct tw_exec *x)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_run_view run;

	if (find_run(x, &run))
		tw_exec_write_run(x, &w, &run.run, false);
}

static void get_run_state(struct tw_exec *x)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_run_view run;

	if (!find_run(x, &run))
		return;
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "state", tw_str(tw_run_state_name(run.run.state)));
	tw_jw_end(&w);
}

static void run_before(struct tw_exec *x, struct tw_str dag_id)
{
	static const char *const newest[] = { "-logical_date" };
	struct tw_cond conds[3] = { { .field = "dag_id", .op = TW_OP_EQ, .text = dag_id },
				    { .field = "logical_date", .op = TW_OP_LT } };
	struct tw_ask ask = { .conds = conds, .nconds = 2, .order_by = newest, .norder = 1, .limit = 1 };
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_str state = tw_query(x->req, "state");
	struct tw_run_view *v;
	struct tw_err err = { 0 };
	size_t n = 0;
	int64_t total;

	tw_exec_time(x, "logical_date", &conds[1].time);
	if (state.p)
		conds[ask.nconds++] = (struct tw_cond){ .field = "state", .op = TW_OP_EQ, .text = state };
	if (tw_store_runs(x->store, &ask, x->req->arena, &v, &n, &total, &err) < 0)
		tw_exec_fail(x, &err);
	else if (n)
		tw_exec_write_run(x, &w, &v[0].run, false);
	else
		tw_jw_null(&w);
}

static void get_previous_run(struct tw_exec *x)
{
	run_before(x, tw_query(x->req, "dag_id"));
}

/* As it was asked for before 2026-04-06. */
static void get_previous_run_of(struct tw_exec *x)
{
	run_before(x, tw_exec_param(x, 0));
}

/* Conditions as words read them: dag_id and lists. */
static struct tw_value terms(struct tw_exec *x)
{
	static const char *const lists[] = { "task_ids", "run_ids", "states", "logical_dates" };
	struct tw_value body = tw_v_map(x->req->arena);
	int64_t map_index;

	tw_exec_put(x, body, "dag_id", tw_v_str(tw_query(x->req, "dag_id")));
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		tw_exec_put(x, body, lists[i], tw_exec_list(x, lists[i]));
	tw_exec_put(x, body, "task_group_id", tw_exec_str(tw_query(x->req, "task_group_id")));
	if (tw_exec_int(x, "map_index", &map_index))
		tw_exec_put(x, body, "map_index", tw_v_int(map_index));
	return body;
}

static void reply_word(struct tw_exec *x, const char *word)
{
	struct tw_value v;

	if (tw_exec_do(x, word, terms(x), &v))
		tw_reply_value(x->resp, v);
}

static void count_runs(struct tw_exec *x)
{
	reply_word(x, "dag_run_count");
}

static void count_tis(struct tw_exec *x)
{
	reply_word(x, "ti_count");
}

static void ti_states(struct tw_exec *x)
{
	struct tw_value v, out = tw_v_map(x->req->arena);

	if (!tw_exec_do(x, "task_states", terms(x), &v))
		return;
	tw_exec_put(x, out, "task_states", v);
	tw_reply_value(x->resp, out);
}

/* ── asking for a run ─────────────────────────────────────────────────────────────────── */

/* What no run may be made of, in Airflow's words; false: it has replied. */
static bool dag_allows(struct tw_exec *x, struct tw_dag_row *ret)
{
	struct tw_str dag_id = tw_exec_param(x, 0);
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_dag(x->store, dag_id, x->req->arena, ret, &err);

	if (rc == TW_ERR_NOT_FOUND || (rc == TW_OK && ret->is_stale)) {
		tw_exec_refuse(x, 404, "not_found", "Dag with dag_id: '" TW_STR_FMT "' not found", TW_STR_ARG(dag_id));
		return false;
	}
	if (rc < 0) {
		tw_exec_fail(x, &err);
		return false;
	}
	if (ret->has_import_errors) {
		tw_exec_refuse(x, 400, "import_errors", "Dag with dag_id '" TW_STR_FMT "' has import errors and cannot be triggered",
			       TW_STR_ARG(dag_id));
		return false;
	}
	return true;
}

/* Has the DAG what the payload wants? false: it has replied. */
static bool payload_fits(struct tw_exec *x, const struct tw_dag_row *dag)
{
	struct tw_value types = TW_NULL;
	bool allowed = true;

	if (dag->allowed_run_types.p)
		(void)tw_json_parse(x->req->arena, dag->allowed_run_types, &types, NULL);
	for (size_t i = 0; i < tw_value_len(types); i++)
		if ((allowed = types.list->v[i].kind == TW_V_STR && tw_str_is(types.list->v[i].s, "operator_triggered")))
			break;
	if (!allowed)
		tw_exec_refuse(x, 400, "denied_run_type", "Dag with dag_id '" TW_STR_FMT "' does not allow operator-triggered runs",
			       TW_STR_ARG(dag->dag_id));
	else if (tw_map_str(x->req->json, "partition_key", NULL).p && !dag->timetable_partitioned)
		tw_exec_refuse(x, 400, "not_partitioned",
			       "Dag '" TW_STR_FMT "' is not a partitioned Dag and does not accept a partition_key.",
			       TW_STR_ARG(dag->dag_id));
	else
		return true;
	return false;
}

/* The id is taken, or the logical date: then in the words of any unique violation. */
static void taken(struct tw_exec *x)
{
	struct tw_str dag_id = tw_exec_param(x, 0), run_id = tw_exec_param(x, 1);
	struct tw_run_view there;

	if (tw_store_run(x->store, dag_id, run_id, x->req->arena, &there, NULL) == TW_OK)
		tw_exec_refuse(x, 409, "already_exists",
			       "A run already exists for Dag '" TW_STR_FMT "' with run_id '" TW_STR_FMT "'", TW_STR_ARG(dag_id),
			       TW_STR_ARG(run_id));
	else
		tw_reply_unique(x->resp);
}

static void trigger(struct tw_exec *x)
{
	struct tw_arena *a = x->req->arena;
	struct tw_str dag_id = tw_exec_param(x, 0), run_id = tw_exec_param(x, 1);
	struct tw_run_view parent;
	struct tw_value body = x->req->json, result;
	struct tw_dag_row dag;
	struct tw_err err = { 0 };
	bool ring = false;
	enum tw_rc rc;

	if (!dag_allows(x, &dag) || !payload_fits(x, &dag))
		return;
	tw_exec_put(x, body, "dag_id", tw_v_str(dag_id));
	tw_exec_put(x, body, "run_id", tw_v_str(run_id));
	if (tw_exec_caller(x)->dag_id.p &&
	    tw_store_run(x->store, x->caller.dag_id, x->caller.run_id, a, &parent, NULL) == TW_OK)
		tw_exec_put(x, body, "triggering_user", tw_exec_str(parent.run.triggering_user));
	rc = tw_execution_do(x->store, &x->caller, TW_STR("trigger_dag_run"), body, a, &result, &ring, &err);
	if (rc == TW_ERR_EXISTS)
		taken(x);
	else if (rc < 0)
		tw_exec_fail(x, &err);
	else
		tw_reply_none(x->resp);
	if (ring)
		tw_api_ring(x->req);
}

/* The whole run, by the version that its DAG or the configuration wants. */
static bool post_clear(struct tw_exec *x, const struct tw_run_row *run)
{
	bool newest = tw_run_on_latest(x->req, TW_NULL, run->dag_id, false);
	char *text = tw_asprintf("{\"tasks\":null,\"reset_run\":true,\"newest_version\":%s}", newest ? "true" : "false");
	struct tw_inbox_row row = { .at = TW_TIME_NONE, .kind = TW_STR("clear"), .dag_id = run->dag_id, .run_id = run->run_id,
				    .payload = tw_str(text) };
	bool ok = tw_api_post(x->req, x->resp, &row, 1);

	free(text);
	return ok;
}

static void clear(struct tw_exec *x)
{
	struct tw_str run_id = tw_exec_param(x, 1);
	struct tw_run_view run;
	struct tw_dag_row dag;
	struct tw_err err = { 0 };
	enum tw_rc rc;

	if (x->req->memo) {
		if (tw_api_settled(x->req, x->resp))
			tw_reply_none(x->resp);
		return;
	}
	if (!dag_allows(x, &dag))
		return;
	rc = tw_store_run(x->store, tw_exec_param(x, 0), run_id, x->req->arena, &run, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_exec_refuse(x, 404, "not_found", "Dag run with run_id: '" TW_STR_FMT "' not found", TW_STR_ARG(run_id));
	else if (rc < 0)
		tw_exec_fail(x, &err);
	else if (post_clear(x, &run.run) && tw_api_settled(x->req, x->resp))
		tw_reply_none(x->resp);
}

/* ── task instances, DAGs ─────────────────────────────────────────────────────────────── */

static void write_previous(struct tw_exec *x, const struct tw_ti_view *ti)
{
	struct tw_jw w = { .out = &x->resp->body };

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "task_id", ti->ti.task_id);
	tw_jw_str_at(&w, "dag_id", ti->ti.dag_id);
	tw_jw_str_at(&w, "run_id", ti->ti.run_id);
	tw_jw_time(&w, "logical_date", ti->logical_date);
	tw_jw_time(&w, "start_date", ti->ti.start_date);
	tw_jw_time(&w, "end_date", ti->ti.end_date);
	tw_jw_key(&w, "state");
	tw_jw_cstr(&w, ti->ti.state == TW_TI_NONE ? NULL : tw_ti_state_name(ti->ti.state));
	tw_jw_int_at(&w, "try_number", ti->ti.try_number);
	tw_jw_int_at(&w, "map_index", ti->ti.map_index);
	tw_jw_duration(&w, "duration", ti->ti.start_date, ti->ti.end_date);
	tw_jw_end(&w);
}

static void previous_ti(struct tw_exec *x)
{
	static const char *const newest[] = { "-logical_date" };
	struct tw_cond conds[5] = {
		{ .field = "dag_id", .op = TW_OP_EQ, .text = tw_exec_param(x, 0) },
		{ .field = "task_id", .op = TW_OP_EQ, .text = tw_exec_param(x, 1) },
		{ .field = "map_index", .op = TW_OP_EQ, .num = -1 },
		{ .field = "logical_date", .op = TW_OP_LT },
	};
	struct tw_ask ask = { .conds = conds, .nconds = 3, .order_by = newest, .norder = 1, .limit = 1 };
	struct tw_str state = tw_query(x->req, "state");
	struct tw_ti_view *v;
	struct tw_err err = { 0 };
	size_t n = 0;
	int64_t total;

	ask.nconds += tw_exec_time(x, "logical_date", &conds[3].time);
	tw_exec_int(x, "map_index", &conds[2].num);
	if (state.p)
		conds[ask.nconds++] = (struct tw_cond){ .field = "state", .op = TW_OP_EQ, .text = state };
	if (tw_store_tis(x->store, &ask, x->req->arena, &v, &n, &total, &err) < 0)
		tw_exec_fail(x, &err);
	else if (n)
		write_previous(x, &v[0]);
	else
		tw_reply_value(x->resp, TW_NULL);
}

static void breadcrumbs(struct tw_exec *x)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_ti_row *v;
	struct tw_err err = { 0 };
	size_t n = 0;

	if (tw_store_tis_of_run(x->store, tw_query(x->req, "dag_id"), tw_query(x->req, "run_id"), x->req->arena, &v, &n, &err) <
	    0) {
		tw_exec_fail(x, &err);
		return;
	}
	tw_jw_obj(&w);
	tw_jw_key(&w, "breadcrumbs");
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		if (!tw_ti_finished(v[i].state))
			continue;
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "task_id", v[i].task_id);
		tw_jw_int_at(&w, "map_index", v[i].map_index);
		tw_jw_str_at(&w, "state", tw_str(tw_ti_state_name(v[i].state)));
		tw_jw_str_at(&w, "operator", v[i].operator_name);
		tw_jw_duration(&w, "duration", v[i].start_date, v[i].end_date);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

static void reschedule_start(struct tw_exec *x)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_reschedule_row *v;
	struct tw_err err = { 0 };
	size_t n = 0;
	char text[TW_ISO_MAX];

	if (tw_store_reschedules(x->store, x->claims.id, x->req->arena, &v, &n, &err) < 0)
		tw_exec_fail(x, &err);
	else
		tw_jw_cstr(&w, n ? tw_time_iso_utc(text, v[0].start_date) : NULL);
}

static void get_dag(struct tw_exec *x)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_str dag_id = tw_exec_param(x, 0);
	struct tw_dag_row dag;
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_dag(x->store, dag_id, x->req->arena, &dag, &err);

	if (rc == TW_ERR_NOT_FOUND) {
		tw_exec_refuse(x, 404, "not_found", "The Dag with dag_id: `" TW_STR_FMT "` was not found", TW_STR_ARG(dag_id));
		return;
	}
	if (rc < 0) {
		tw_exec_fail(x, &err);
		return;
	}
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "dag_id", dag_id);
	tw_jw_bool_at(&w, "is_paused", dag.is_paused);
	tw_jw_str_at(&w, "bundle_name", dag.bundle_name);
	tw_jw_str_at(&w, "bundle_version", dag.bundle_version);
	tw_jw_str_at(&w, "relative_fileloc", dag.relative_fileloc);
	tw_jw_str_at(&w, "owners", dag.owners);
	tw_jw_key(&w, "tags");
	tw_jw_list(&w);
	for (size_t i = 0; i < dag.ntags; i++)
		tw_jw_str(&w, dag.tags[i]);
	tw_jw_end(&w);
	tw_jw_time(&w, "next_dagrun", dag.next.logical_date);
	tw_jw_end(&w);
}

const struct tw_exec_route tw_exec_ask[] = {
	{ "GET", "/dag-runs/count", count_runs, EXECUTION, false, 0, 0 },
	{ "GET", "/dag-runs/previous", get_previous_run, EXECUTION, false, TW_EXEC_2026_04_06, 0 },
	{ "GET", "/dag-runs/{dag_id}/previous", get_previous_run_of, EXECUTION, false, TW_EXEC_2025_08_10, TW_EXEC_2025_11_05 },
	{ "GET", "/dag-runs/{dag_id}/{run_id}/state", get_run_state, EXECUTION, false, 0, 0 },
	{ "POST", "/dag-runs/{dag_id}/{run_id}/clear", clear, EXECUTION, false, 0, 0 },
	{ "GET", "/dag-runs/{dag_id}/{run_id}", get_run, EXECUTION, false, TW_EXEC_2026_04_06, 0 },
	{ "POST", "/dag-runs/{dag_id}/{run_id}", trigger, EXECUTION, false, 0, 0 },
	{ "GET", "/task-instances/count", count_tis, EXECUTION, false, 0, 0 },
	{ "GET", "/task-instances/states", ti_states, EXECUTION, false, 0, 0 },
	{ "GET", "/task-instances/breadcrumbs", breadcrumbs, EXECUTION, false, 0, 0 },
	{ "GET", "/task-instances/previous/{dag_id}/{task_id}", previous_ti, EXECUTION, false, 0, 0 },
	{ "GET", "/task-reschedules/{task_instance_id}/start_date", reschedule_start, EXECUTION, true, 0, 0 },
	{ "GET", "/dags/{dag_id}", get_dag, EXECUTION, false, TW_EXEC_2026_04_06, 0 },
	{ 0 },
};
