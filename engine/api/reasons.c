#include "api/reasons.h"

#include "model/dag.h"
#include "store/dags.h"
#include "store/db.h"
#include "store/house.h"
#include "store/runs.h"
#include "store/tis.h"
#include "store/workloads.h"

/* With more runs alive only the one asked about is looked at: pools may look emptier then. */
#define RUNS_MAX 500

struct looker {
	const struct tw_reasons_of *o;
	struct tw_sched *core;
	struct tw_effects *fx;
	struct tw_map told; /* DAGs */
	struct tw_err *err;
};

static enum tw_rc step(struct looker *l, struct tw_event ev)
{
	ev.at = l->o->now;
	return tw_sched_step(l->core, &ev, l->fx, l->err);
}

static enum tw_rc tell_pools(struct looker *l)
{
	struct tw_pool_view *v;
	size_t n;

	TW_TRY(tw_store_pools(l->o->store, &TW_ASK_ALL, l->o->arena, &v, &n, NULL, l->err));
	for (size_t i = 0; i < n; i++)
		TW_TRY(step(l, (struct tw_event){.type = TW_EV_POOL, .pool = v[i].pool}));
	return TW_OK;
}

static enum tw_rc tell_dag(struct looker *l, struct tw_str dag_id, struct tw_dag_row *ret)
{
	struct tw_dag_doc doc;
	struct tw_dag *dag;
	enum tw_rc rc;

	if (tw_map_get(&l->told, dag_id))
		return TW_OK;
	TW_TRY(tw_store_dag_doc(l->o->store, dag_id, l->o->arena, &doc, l->err));
	TW_TRY(tw_dag_parse_json(doc.document, l->o->zones, &dag, l->err));
	rc = step(l, (struct tw_event){.type = TW_EV_DAG,
				       .dag = {.dag = dag,
					       .version_id = doc.version_id,
					       .paused = doc.dag.is_paused,
					       .import_error = doc.dag.has_import_errors,
					       .last_run = {.run_after = TW_TIME_NONE}}});
	tw_dag_unref(dag);
	tw_map_set(&l->told, dag_id, l);
	if (ret)
		*ret = doc.dag;
	return rc;
}

static enum tw_rc document_of(struct looker *l, const struct tw_run_row *run, struct tw_dag **ret_dag)
{
	struct tw_str json;
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	if (run->version_id.n)
		rc = tw_store_document(l->o->store, run->version_id, l->o->arena, &json, l->err);
	if (rc == TW_ERR_NOT_FOUND)
		rc = tw_store_document_newest(l->o->store, run->dag_id, l->o->arena, &json, NULL, l->err);
	return rc < 0 ? rc : tw_dag_parse_json(json, l->o->zones, ret_dag, l->err);
}

/* With `past` also what the run before was like. */
static enum tw_rc load_run(struct looker *l, const struct tw_live *live, size_t i, bool past)
{
	const struct tw_run_row *run = &live->runs[i];
	struct tw_event ev = {.type = TW_EV_PAST};
	struct tw_dag *dag;
	enum tw_rc rc;

	TW_TRY(document_of(l, run, &dag));
	rc = step(l, (struct tw_event){.type = TW_EV_RUN_LOAD,
				       .run_load = {*run, dag, live->tis + live->first[i],
						    (int)(live->first[i + 1] - live->first[i])}});
	if (rc == TW_OK && past && dag->has_past && tw_time_ok(run->logical_date)) {
		rc = tw_store_past(l->o->store, dag, run, l->o->arena, &ev.past, l->err);
		if (rc == TW_OK)
			rc = step(l, ev);
	}
	tw_dag_unref(dag);
	return rc;
}

/* Every live run with its DAG, the one asked about first. Others that cannot be loaded are passed over. */
static enum tw_rc load(struct looker *l, struct tw_run_ref ref, struct tw_dag_row *ret_dag)
{
	struct tw_live one, all = {0};

	TW_TRY(tell_pools(l));
	TW_TRY(tell_dag(l, ref.dag_id, ret_dag));
	TW_TRY(tw_store_live_run(l->o->store, ref.dag_id, ref.run_id, l->o->arena, &one, l->err));
	TW_TRY(load_run(l, &one, 0, true));
	if (tw_store_live(l->o->store, l->o->arena, &all, NULL) < 0 || all.nruns > RUNS_MAX)
		return TW_OK;
	for (size_t i = 0; i < all.nruns; i++) {
		const struct tw_run_row *run = &all.runs[i];

		if (tw_str_eq(run->dag_id, ref.dag_id) && tw_str_eq(run->run_id, ref.run_id))
			continue;
		if (tell_dag(l, run->dag_id, NULL) == TW_OK)
			load_run(l, &all, i, false);
	}
	return TW_OK;
}

static void say(struct tw_reasons *r, const char *text)
{
	tw_vec_push(&r->v, tw_str(tw_arena_strdup(&r->arena, text)));
}

/* What the core cannot know. */
static void say_outside(const struct tw_reasons_of *o, const struct tw_dag_row *dag, struct tw_reasons *ret)
{
	struct tw_job_row job;
	char at[TW_ISO_MAX];
	enum tw_rc rc = tw_store_job_latest(o->store, "SchedulerJob", o->arena, &job, NULL);

	if (rc < 0 || !tw_str_is(job.state, "running"))
		say(ret, "no scheduler is running");
	else if (job.latest_heartbeat + o->scheduler_alive <= o->now)
		say(ret, tw_arena_printf(o->arena, "no scheduler is running: the last one was heard of at %s",
					 tw_time_iso_utc(at, job.latest_heartbeat)));
	if (dag->is_stale)
		say(ret, "the DAG is not in its file any more: its runs wait until it is there again");
}

/* Of one that a worker elsewhere is to take. */
static void say_worker(const struct tw_reasons_of *o, struct tw_run_ref run, struct tw_str task_id, int map_index,
		       struct tw_reasons *ret)
{
	struct tw_ti_view ti;
	struct tw_workload_row w;

	if (!task_id.p || tw_store_ti(o->store, run.dag_id, run.run_id, task_id, map_index, o->arena, &ti, NULL) != TW_OK ||
	    ti.ti.state != TW_TI_QUEUED || tw_store_workload(o->store, ti.ti.id, o->arena, &w, NULL) != TW_OK)
		return;
	if (w.worker.p)
		say(ret, tw_arena_printf(o->arena, "worker '" TW_STR_FMT "' has taken it and has not begun", TW_STR_ARG(w.worker)));
	else
		say(ret, tw_arena_printf(o->arena, "no worker of the queue '" TW_STR_FMT "' has taken it", TW_STR_ARG(w.queue)));
}

enum tw_rc tw_reasons_find(const struct tw_reasons_of *o, struct tw_run_ref run, struct tw_str task_id, int map_index,
			   struct tw_reasons *ret, struct tw_in_line *ret_place, struct tw_err *err)
{
	struct tw_sched_config cfg = tw_sched_config_default();
	struct looker l = {.o = o, .err = err};
	struct tw_dag_row dag = {0};
	struct tw_reasons inside = {0};
	enum tw_rc rc;

	cfg.use_job_schedule = false;
	cfg.loading = true; /* all stays as the metastore has it */
	cfg.parallelism = o->parallelism;
	l.core = tw_sched_new(&cfg);
	l.fx = tw_effects_new();
	rc = load(&l, run, &dag);
	if (rc == TW_OK)
		rc = tw_sched_why(l.core, run, task_id, map_index, &inside, err);
	if (rc == TW_OK && inside.v.n)
		say_outside(o, &dag, ret);
	if (rc == TW_OK)
		say_worker(o, run, task_id, map_index, ret);
	for (size_t i = 0; rc == TW_OK && i < inside.v.n; i++)
		tw_vec_push(&ret->v, tw_str_copy(&ret->arena, inside.v.v[i]));
	*ret_place = (struct tw_in_line){0};
	if (rc == TW_OK && tw_sched_place(l.core, run, task_id, map_index, ret_place))
		ret_place->pool = tw_str_copy(&ret->arena, ret_place->pool);
	tw_reasons_release(&inside);
	tw_map_release(&l.told);
	tw_effects_free(l.fx);
	tw_sched_free(l.core);
	return rc;
}
