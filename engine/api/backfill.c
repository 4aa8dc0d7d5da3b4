#include "api/backfill.h"

#include <stdlib.h>
#include <string.h>

#include "api/trigger.h"
#include "model/params.h"
#include "store/dags.h"
#include "value/json.h"

#define MAX_RUNS 100000

/* ── may it be ────────────────────────────────────────────────────────────────────────── */

static enum tw_rc invalid(struct tw_err *err, const char *text)
{
	return tw_err_set(err, TW_ERR_INVALID, "%s", text);
}

static enum tw_rc check_past(const struct tw_dag *dag, const struct tw_backfill_ask *ask,
			     struct tw_err *err)
{
	bool depends = false;

	for (int i = 0; i < dag->ntasks; i++)
		depends |= dag->tasks[i].depends_on_past;
	if (depends && ask->reverse)
		return invalid(err, "Backfill cannot be run in reverse when the Dag has tasks where "
				    "depends_on_past=True.");
	if (depends && !ask->old.on && (!ask->reprocess.n || tw_str_is(ask->reprocess, "none")))
		return invalid(err, "Dag has tasks for which depends_on_past=True. You must set reprocess "
				    "behavior to reprocess completed or reprocess failed.");
	return TW_OK;
}

/* As Python's isoformat has it. */
static const char *iso(char *out, tw_time t)
{
	return tw_time_iso_utc(out, t);
}

static enum tw_rc check(const struct tw_dag *dag, const struct tw_backfill_ask *ask,
			struct tw_err *err)
{
	char from[TW_ISO_MAX], to[TW_ISO_MAX];
	struct tw_err why = {0};
	enum tw_rc rc;

	if (!dag->timetable->periodic)
		return tw_err_set(err, TW_ERR_INVALID,
				  TW_STR_FMT " has a non-periodic schedule that does not support backfills",
				  TW_STR_ARG(ask->dag_id));
	if (ask->from > ask->to)
		return tw_err_set(err, TW_ERR_INVALID, "from_date (%s) must not be after to_date (%s).",
				  iso(from, ask->from), iso(to, ask->to));
	if (ask->from >= ask->now)
		return invalid(err, "Backfill cannot be executed for future dates.");
	if (ask->max_active_runs < 1)
		return invalid(err, "max_active_runs must be at least 1");
	rc = check_past(dag, ask, err);
	if (rc < 0 || ask->conf.kind == TW_V_NULL)
		return rc;
	if (ask->conf.kind != TW_V_MAP)
		return invalid(err, "dag_run_conf must be a JSON object");
	rc = tw_params_check(dag, ask->conf, &why);
	return rc < 0 ? tw_err_set(err, TW_ERR_INVALID, "%s", why.msg) : TW_OK;
}

static bool allows(const struct tw_dag *dag)
{
	for (int i = 0; i < dag->nallowed_run_types; i++)
		if (tw_str_is(dag->allowed_run_types[i], "backfill"))
			return true;
	return dag->nallowed_run_types == 0;
}

static enum tw_rc load(struct tw_store *s, const struct tw_backfill_ask *ask, struct tw_arena *a,
		       struct tw_dag **ret, struct tw_dag_doc *ret_doc, struct tw_err *err)
{
	enum tw_rc rc = tw_store_dag_doc(s, ask->dag_id, a, ret_doc, err);

	if (rc == TW_ERR_NOT_FOUND || (rc == TW_OK && ret_doc->dag.is_stale))
		return tw_err_set(err, TW_ERR_NOT_FOUND, "Could not find dag " TW_STR_FMT,
				  TW_STR_ARG(ask->dag_id));
	if (rc == TW_OK)
		rc = tw_dag_parse_json(ret_doc->document, ask->zones, ret, err);
	if (rc == TW_OK && !allows(*ret)) {
		tw_dag_unref(*ret);
		rc = tw_err_set(err, TW_ERR_DENIED,
				"Dag with dag_id: '" TW_STR_FMT "' does not allow backfill runs",
				TW_STR_ARG(ask->dag_id));
	}
	return rc;
}

/* ── which dates ──────────────────────────────────────────────────────────────────────── */

static enum tw_rc ask_python(struct tw_store *s, const struct tw_dag *dag,
			     const struct tw_backfill_ask *ask, struct tw_arena *a,
			     tw_run_infos *out, struct tw_err *err)
{
	struct tw_coming_ask what = {
		.what = "between",
		.dag = dag,
		.dags_folder = ask->dags_folder,
		.bounds = {ask->from, ask->to, true},
		.run_after = TW_TIME_NONE,
		.now = TW_TIME_NONE,
		.count = MAX_RUNS,
		.timeout_s = 60,
	};
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_value answer;
	enum tw_rc rc;

	if (!ask->ask_python)
		return invalid(err, "its timetable is written in Python, and nobody here can ask it");
	tw_coming_write(&text, &what);
	rc = ask->ask_python(ask->ask_arg, s, tw_buf_str(&text), a, &answer, err);
	if (rc < 0)
		return tw_err_set(err, TW_ERR_INVALID, "the timetable failed: %s", err ? err->msg : "");
	return tw_coming_read(answer, out, err);
}

/* The wall clock of a bound, taken in the timetable's zone: midnight is that zone's midnight. */
static tw_time in_zone(const struct tw_timetable *tt, tw_time t)
{
	return tt->zone ? tw_zone_to_utc(tt->zone, t, 0) : t;
}

static enum tw_rc compute(const struct tw_dag *dag, const struct tw_backfill_ask *ask,
			  tw_run_infos *out, struct tw_err *err)
{
	struct tw_timetable tt = *dag->timetable;
	struct tw_restriction r = {ask->from, ask->to, true};
	const struct tw_run_info *last = NULL;
	struct tw_run_info next, before;

	while (tt.inner)
		tt = *tt.inner;
	if (tt.partitioned) {
		tt.run_offset = 0; /* a partition runs at its own date */
		r = (struct tw_restriction){in_zone(&tt, ask->from), in_zone(&tt, ask->to), true};
	}
	for (;;) {
		enum tw_rc rc = tw_timetable_next(&tt, last, &r, ask->now, &next, err);

		if (rc < 0 || next.why != TW_NO_RUN_NONE)
			return rc;
		if (!tt.partitioned && next.interval.end >= ask->now)
			return TW_OK; /* and so are all after it */
		if (out->n == MAX_RUNS)
			return tw_err_set(err, TW_ERR_INVALID,
					  "the range holds more than %d runs: ask for a part of it", MAX_RUNS);
		tw_vec_push(out, next);
		before = next;
		last = &before;
	}
}

/* ── instances made ahead (2.x) ───────────────────────────────────────────────────────── */

static bool is_asked_for(const struct tw_backfill_2x *old, struct tw_str task_id)
{
	for (size_t i = 0; i < old->ntasks; i++)
		if (tw_str_eq(old->tasks[i], task_id))
			return true;
	return !old->ntasks;
}

static struct tw_ti_row made_ahead(const struct tw_task *t, const struct tw_backfill_ask *ask)
{
	const struct tw_backfill_2x *old = &ask->old;
	bool asked = is_asked_for(old, t->task_id), ends = !asked || old->mark;

	return (struct tw_ti_row){
		.dag_id = ask->dag_id,
		.task_id = t->task_id,
		.map_index = -1,
		.state = !asked ? TW_TI_REMOVED : old->mark ? TW_TI_SUCCESS : TW_TI_NONE,
		.max_tries = old->no_retries ? 0 : t->retries,
		.scheduled_dttm = TW_TIME_NONE,
		.queued_dttm = TW_TIME_NONE,
		.start_date = ends ? ask->now : TW_TIME_NONE,
		.end_date = ends ? ask->now : TW_TIME_NONE,
		.last_heartbeat = TW_TIME_NONE,
		.next_retry = TW_TIME_NONE,
		.reschedule_start = TW_TIME_NONE,
		.trigger_timeout = TW_TIME_NONE,
		.updated_at = ask->now,
		.pool = old->pool.p ? old->pool : t->pool,
		.pool_slots = t->pool_slots,
		.priority_weight = t->weight_total,
		.queue = t->queue,
		.executor = t->executor,
		.operator_name = t->op_class,
		.custom_operator_name = tw_task_operator(t),
		.task_display_name = t->display_name,
	};
}

/* Which instances a run of the backfill has before the scheduler makes the others: those that differ from what the DAG says. */
static struct tw_backfill_terms terms_of(const struct tw_dag *dag, const struct tw_backfill_ask *ask, struct tw_arena *a)
{
	const struct tw_backfill_2x *old = &ask->old;
	bool all_differ = old->pool.p || old->no_retries || old->mark;
	struct tw_ti_row *made = tw_arena_array(a, struct tw_ti_row, (size_t)dag->ntasks + 1);
	struct tw_backfill_terms terms = {.newest = ask->run_on_latest,
					  .made = made,
					  .tasks = old->tasks,
					  .ntasks = old->ntasks,
					  .only_failed = old->only_failed,
					  .mark = old->mark};

	for (int i = 0; i < dag->ntasks; i++)
		if (all_differ || !is_asked_for(old, dag->tasks[i].task_id))
			made[terms.nmade++] = made_ahead(&dag->tasks[i], ask);
	for (size_t i = 0; i < terms.nmade; i++) { /* the document goes, the rows stay */
		struct tw_str *own[] = {&made[i].task_id, &made[i].pool, &made[i].queue, &made[i].executor, &made[i].operator_name,
					&made[i].custom_operator_name, &made[i].task_display_name};

		for (size_t k = 0; k < sizeof own / sizeof *own; k++)
			if (own[k]->p)
				*own[k] = tw_str_copy(a, *own[k]);
	}
	return terms;
}

/* ── the plan ─────────────────────────────────────────────────────────────────────────── */

static void run_of(const struct tw_dag *dag, const struct tw_dag_doc *doc,
		   const struct tw_backfill_ask *ask, const struct tw_run_info *info,
		   struct tw_str conf, struct tw_arena *a, struct tw_run_row *ret)
{
	struct tw_buf id TW_AUTO(tw_buf_release) = {0};
	char random[9];

	tw_run_id_draw(random);
	tw_run_id_format(&id, "backfill", info, random, dag->compat);
	*ret = (struct tw_run_row){
		.dag_id = ask->dag_id,
		.run_id = tw_str_copy(a, tw_buf_str(&id)),
		.type = TW_RUNTYPE_BACKFILL,
		.state = TW_RUN_QUEUED,
		.triggered_by = TW_STR("backfill"),
		.triggering_user = ask->user,
		.logical_date = info->logical_date,
		.interval_start = info->logical_date == TW_TIME_NONE ? TW_TIME_NONE : info->interval.start,
		.interval_end = info->logical_date == TW_TIME_NONE ? TW_TIME_NONE : info->interval.end,
		.run_after = info->run_after,
		.queued_at = ask->now,
		.start_date = TW_TIME_NONE,
		.end_date = TW_TIME_NONE,
		.updated_at = TW_TIME_NONE,
		.last_scheduling_decision = TW_TIME_NONE,
		.conf = conf,
		.version_id = doc->version_id,
		.bundle_version = doc->dag.bundle_version,
	};
	if (info->partition_key[0])
		ret->partition_key = tw_str_copy(a, tw_str(info->partition_key));
	ret->partition_date = info->partition_date;
}

static void make_items(const struct tw_dag *dag, const struct tw_dag_doc *doc,
		       const struct tw_backfill_ask *ask, const tw_run_infos *infos, struct tw_arena *a,
		       struct tw_backfill_plan *plan)
{
	plan->items = tw_arena_array(a, struct tw_backfill_item, infos->n + 1);
	plan->n = 0;
	for (size_t i = 0; i < infos->n; i++) {
		const struct tw_run_info *info = &infos->v[ask->reverse ? infos->n - 1 - i : i];
		struct tw_backfill_item *item = &plan->items[plan->n];

		if (info->logical_date != TW_TIME_NONE && info->interval.end >= ask->now)
			continue; /* not complete yet */
		run_of(dag, doc, ask, info, plan->row.conf, a, &item->run);
		plan->n++;
	}
}

static struct tw_str conf_text(struct tw_value conf, struct tw_arena *a)
{
	struct tw_str text;
	char *json;

	if (conf.kind == TW_V_NULL)
		return (struct tw_str){0};
	json = tw_json_dump(conf, TW_JSON_COMPACT);
	text = tw_str_copy(a, tw_str(json));
	free(json);
	return text;
}

enum tw_rc tw_backfill_plan(struct tw_store *s, const struct tw_backfill_ask *ask, struct tw_arena *a,
			    struct tw_backfill_plan *ret, struct tw_err *err)
{
	struct tw_dag_doc doc;
	struct tw_dag *dag;
	tw_run_infos infos = {0};
	enum tw_rc rc = load(s, ask, a, &dag, &doc, err);

	if (rc < 0)
		return rc;
	*ret = (struct tw_backfill_plan){
		.compat = dag->compat,
		.row = {
			.dag_id = ask->dag_id,
			.from_date = ask->from,
			.to_date = ask->to,
			.conf = conf_text(ask->conf, a),
			.reprocess_behavior = ask->reprocess.n ? ask->reprocess : TW_STR("none"),
			.max_active_runs = ask->max_active_runs,
			.triggering_user = ask->user,
			.dag_display_name = doc.dag.display_name,
		},
	};
	rc = check(dag, ask, err);
	if (rc == TW_OK)
		rc = tw_coming_is_custom(dag->timetable) ? ask_python(s, dag, ask, a, &infos, err)
							 : compute(dag, ask, &infos, err);
	if (rc == TW_OK) {
		make_items(dag, &doc, ask, &infos, a, ret);
		ret->terms = terms_of(dag, ask, a);
		rc = tw_store_backfill_look(s, ret->row.reprocess_behavior, ret->items, ret->n, a, err);
	}
	tw_vec_release(&infos);
	tw_dag_unref(dag);
	return rc;
}

static enum tw_rc none_active(struct tw_store *s, const struct tw_backfill_ask *ask, struct tw_err *err)
{
	bool active = false;
	enum tw_rc rc = tw_store_backfill_active(s, ask->dag_id, &active, err);

	if (rc == TW_OK && active)
		rc = tw_err_set(err, TW_ERR_CONFLICT,
				"Another backfill is running for Dag " TW_STR_FMT
				". There can be only one running backfill per Dag.",
				TW_STR_ARG(ask->dag_id));
	return rc;
}

enum tw_rc tw_backfill_create(struct tw_store *s, const struct tw_backfill_ask *ask, struct tw_arena *a,
			      struct tw_backfill_plan *ret, struct tw_err *err)
{
	enum tw_rc rc = none_active(s, ask, err);

	if (rc == TW_OK)
		rc = tw_backfill_plan(s, ask, a, ret, err);
	if (rc == TW_OK && !ret->n) {
		char from[TW_ISO_MAX], to[TW_ISO_MAX];

		*strchr(iso(from, ask->from), 'T') = ' ';
		*strchr(iso(to, ask->to), 'T') = ' ';
		return tw_err_set(err, TW_ERR_INVALID, "No runs to create for Dag " TW_STR_FMT " in the range [%s, %s]",
				  TW_STR_ARG(ask->dag_id), from, to);
	}
	return rc < 0 ? rc : tw_store_backfill_new(s, &ret->row, ret->items, ret->n, &ret->terms, a, err);
}
