#include "api/markers.h"

#include <stdlib.h>

#include "model/dag.h"
#include "model/graph.h"
#include "store/dags.h"
#include "store/runs.h"
#include "template/airflow.h"

#define DEPTH 10 /* ExternalTaskMarker's default */

static enum tw_rc follow(struct tw_markers *m, const struct tw_ti_row *ti, int level, struct tw_err *err);

void tw_markers_release(struct tw_markers *m)
{
	tw_vec_release(&m->found);
	tw_map_release(&m->seen);
}

static enum tw_rc load(struct tw_markers *m, struct tw_str dag_id, struct tw_str version_id, struct tw_dag **ret_dag,
		       struct tw_err *err)
{
	enum tw_rc rc = TW_ERR_NOT_FOUND;
	struct tw_str json;

	if (version_id.n)
		rc = tw_store_document(m->s, version_id, m->a, &json, err);
	if (rc == TW_ERR_NOT_FOUND)
		rc = tw_store_document_newest(m->s, dag_id, m->a, &json, NULL, err);
	return rc < 0 ? rc : tw_dag_parse_json(json, m->zones, ret_dag, err);
}

/* ── what a marker names ──────────────────────────────────────────────────────────────── */

static enum tw_rc not_here(void *ud, const struct tw_airflow_ask *ask, struct tw_arena *a, struct tw_value *ret,
			   struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "variables, connections and XComs are for running tasks");
}

static enum tw_rc no_files(void *ud, struct tw_str name, struct tw_arena *a, struct tw_str *ret, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "templates in files are for running tasks");
}

static void put_time(struct tw_markers *m, struct tw_value map, const char *key, tw_time t)
{
	char text[TW_ISO_MAX];

	if (t != TW_TIME_NONE)
		tw_map_putc(m->a, map, key, tw_v_cstr(tw_arena_strdup(m->a, tw_time_iso_utc(text, t))));
}

static struct tw_value context(struct tw_markers *m, const struct tw_ti_row *ti, const struct tw_run_row *run)
{
	struct tw_value data = tw_v_map(m->a), dag = tw_v_map(m->a), task = tw_v_map(m->a), r = tw_v_map(m->a);

	tw_map_putc(m->a, dag, "dag_id", tw_v_str(ti->dag_id));
	tw_map_putc(m->a, task, "task_id", tw_v_str(ti->task_id));
	tw_map_putc(m->a, r, "dag_id", tw_v_str(ti->dag_id));
	tw_map_putc(m->a, r, "run_id", tw_v_str(ti->run_id));
	put_time(m, r, "logical_date", run->logical_date);
	put_time(m, r, "run_after", run->run_after);
	tw_map_putc(m->a, data, "dag", dag);
	tw_map_putc(m->a, data, "task", task);
	tw_map_putc(m->a, data, "ti", task);
	tw_map_putc(m->a, data, "dag_run", r);
	tw_map_putc(m->a, data, "run_id", tw_v_str(ti->run_id));
	tw_map_putc(m->a, data, "params", tw_v_map(m->a));
	put_time(m, data, "logical_date", run->logical_date);
	put_time(m, data, "data_interval_start", run->interval_start);
	put_time(m, data, "data_interval_end", run->interval_end);
	return data;
}

/* One argument, rendered; always text. */
static enum tw_rc argument(struct tw_markers *m, struct tw_airflow *af, const struct tw_task *task, const char *name,
			   struct tw_str *ret, struct tw_err *err)
{
	struct tw_tpl_env env = {0};
	struct tw_render_opts opts = {0};
	struct tw_value given = tw_map_value(task->args, name), v;

	tw_airflow_env(af, &env);
	env.zones = m->zones;
	env.has_now = true;
	env.now = m->now;
	enum tw_rc rc = given.kind == TW_V_STR ? tw_render_value(&env, &opts, given, m->a, &v, err) : TW_ERR_INVALID;
	if (rc == TW_OK && v.kind == TW_V_STR)
		*ret = v.s;
	else
		rc = tw_err_set(err, rc < 0 ? rc : TW_ERR_INVALID, "%s of marker '" TW_STR_FMT "' cannot be rendered here",
				name, TW_STR_ARG(task->task_id));
	return rc;
}

/* ── going on ─────────────────────────────────────────────────────────────────────────── */

static bool first_visit(struct tw_markers *m, const struct tw_ti_row *ti)
{
	static char present;
	char *key = tw_arena_printf(m->a, TW_STR_FMT "\n" TW_STR_FMT "\n" TW_STR_FMT "\n%d", TW_STR_ARG(ti->dag_id),
				    TW_STR_ARG(ti->run_id), TW_STR_ARG(ti->task_id), ti->map_index);

	return !tw_map_set(&m->seen, tw_str(key), &present);
}

/* The task and all below it in that run: found, and followed. */
static enum tw_rc take_below(struct tw_markers *m, const struct tw_dag *dag, const struct tw_run_row *run, int task,
			     int level, struct tw_err *err)
{
	static const struct tw_str failed[] = {{"failed", 6}, {"upstream_failed", 15}}, running[] = {{"running", 7}};
	struct tw_str *ids = tw_arena_array(m->a, struct tw_str, (size_t)dag->ntasks);
	tw_bits *below = tw_bits_new(dag->ntasks);
	struct tw_cond conds[4] = {
		{.field = "dag_id", .op = TW_OP_EQ, .text = run->dag_id},
		{.field = "run_id", .op = TW_OP_EQ, .text = run->run_id},
		{.field = "task_id", .op = TW_OP_IN, .list = ids},
		{.field = "state", .op = TW_OP_IN, .list = m->only_failed ? failed : running,
		 .nlist = m->only_failed ? 2 : 1},
	};
	struct tw_ask ask = {.conds = conds, .nconds = m->only_failed || m->only_running ? 4 : 3, .limit = -1};
	struct tw_ti_view *v;
	size_t n = 0;

	tw_bit_set(below, task);
	tw_dag_descendants(dag, task, below);
	for (int i = 0; i < dag->ntasks; i++)
		if (tw_bit(below, i))
			ids[conds[2].nlist++] = tw_str_copy(m->a, dag->tasks[i].task_id);
	free(below);
	enum tw_rc rc = tw_store_tis(m->s, &ask, m->a, &v, &n, NULL, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (first_visit(m, &v[i].ti))
			tw_vec_push(&m->found, v[i]);
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		rc = follow(m, &v[i].ti, level + 1, err);
	return rc;
}

/* The run and the task that a marker names, if they are there. */
static enum tw_rc go_through(struct tw_markers *m, const struct tw_ti_row *ti, const struct tw_task *marker, int level,
			     struct tw_err *err)
{
	struct tw_str dag_id, task_id, date;
	struct tw_run_view own, other;
	struct tw_dag *dag = NULL;
	tw_time when;

	enum tw_rc rc = tw_store_run(m->s, ti->dag_id, ti->run_id, m->a, &own, err);
	if (rc < 0)
		return rc;
	struct tw_airflow af = {.data = context(m, ti, &own.run), .resolve = not_here, .load = no_files};
	if ((rc = argument(m, &af, marker, "external_dag_id", &dag_id, err)) < 0 ||
	    (rc = argument(m, &af, marker, "external_task_id", &task_id, err)) < 0 ||
	    (rc = argument(m, &af, marker, "logical_date", &date, err)) < 0 ||
	    (rc = tw_time_parse(date, NULL, &when, err)) < 0)
		return rc;
	rc = tw_store_run_by_date(m->s, dag_id, when, m->a, &other, err);
	if (rc == TW_OK)
		rc = load(m, dag_id, other.run.version_id, &dag, err);
	if (rc < 0)
		return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
	int task = tw_dag_task(dag, task_id);
	if (task >= 0)
		rc = take_below(m, dag, &other.run, task, level, err);
	tw_dag_unref(dag);
	return rc;
}

static enum tw_rc follow(struct tw_markers *m, const struct tw_ti_row *ti, int level, struct tw_err *err)
{
	struct tw_dag *dag;

	if (!tw_str_is(ti->operator_name, "ExternalTaskMarker"))
		return TW_OK;
	enum tw_rc rc = load(m, ti->dag_id, ti->version_id, &dag, err);
	if (rc < 0)
		return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
	int i = tw_dag_task(dag, ti->task_id);
	if (i >= 0 && !m->depth)
		m->depth = (int)tw_map_int(dag->tasks[i].args, "recursion_depth", DEPTH);
	if (i >= 0 && level + 1 > m->depth)
		rc = tw_err_set(err, TW_ERR_LIMIT,
				"Maximum recursion depth %d reached for ExternalTaskMarker " TW_STR_FMT
				". Attempted to clear too many tasks or there may be a cyclic dependency.",
				m->depth, TW_STR_ARG(ti->task_id));
	else if (i >= 0)
		rc = go_through(m, ti, &dag->tasks[i], level, err);
	tw_dag_unref(dag);
	return rc;
}

enum tw_rc tw_markers_follow(struct tw_markers *m, const struct tw_ti_row *ti, struct tw_err *err)
{
	/* Nothing of it: most cleared instances are no markers. */
	if (!tw_str_is(ti->operator_name, "ExternalTaskMarker"))
		return TW_OK;
	return first_visit(m, ti) ? follow(m, ti, 0, err) : TW_OK;
}
