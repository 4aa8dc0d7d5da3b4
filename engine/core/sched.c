/* The step: an event to its function, then everything that follows from it. */
#include <limits.h>
#include <stdlib.h>

#include "core/core.h"

struct tw_sched_config tw_sched_config_default(void)
{
	return (struct tw_sched_config){
		.seed = 1,
		.parallelism = 32,
		.heartbeat_timeout = 300 * TW_US_SEC,
		.queued_timeout = 600 * TW_US_SEC,
		.requeues_if_stuck = 2,
		.max_map_length = 1024,
		.default_queue = TW_STR("default"),
		.use_job_schedule = true,
	};
}

struct tw_sched *tw_sched_new(const struct tw_sched_config *cfg)
{
	struct tw_sched *s = tw_new(struct tw_sched);
	struct tw_str *own[] = { &s->cfg.default_queue, &s->cfg.default_executor };

	s->cfg = *cfg;
	for (size_t i = 0; i < 2; i++)
		if (own[i]->p)
			own[i]->p = tw_str_dup(*own[i]);
	s->now = TW_TIME_MIN;
	s->ready_pools.before = tw_pool_before;
	tw_core_seed(s, cfg->seed);
	return s;
}

void tw_sched_free(struct tw_sched *s)
{
	if (!s)
		return;
	tw_heap_release(&s->timers);
	tw_heap_release(&s->ready_pools);
	tw_map_foreach(&s->pools, e) {
		struct pool *p = e->value;
		tw_heap_release(&p->shares);
		tw_heap_release(&p->big);
		free((char *)p->name.p);
		free(p);
	}
	tw_map_foreach(&s->executors, e) {
		struct executor *x = e->value;
		tw_heap_release(&x->parked);
		free((char *)x->name.p);
		free(x);
	}
	tw_map_foreach(&s->dags, e)
		tw_core_free_dag(e->value);
	tw_map_release(&s->dags);
	tw_map_release(&s->pools);
	tw_map_release(&s->executors);
	tw_core_asset_free(s);
	tw_map_release(&s->triggers);
	tw_map_release(&s->deleted);
	tw_vec_release(&s->work);
	tw_vec_release(&s->run_work);
	tw_vec_release(&s->dag_work);
	tw_vec_release(&s->opened);
	tw_vec_release(&s->touched);
	tw_vec_release(&s->touched_runs);
	tw_vec_release(&s->idle);
	tw_vec_release(&s->ended);
	free(s->ids.v);
	free((char *)s->cfg.default_queue.p);
	free((char *)s->cfg.default_executor.p);
	free(s);
}

/* ── what follows ───────────────────────────────────────────────────────────────────────── */

static void work_off_instances(struct tw_sched *s)
{
	while (s->work_head < s->work.n) {
		struct ti *ti = s->work.v[s->work_head++];
		ti->in_work = false;
		if (!ti->dead && !ti->run->gone)
			tw_core_evaluate(ti);
	}
	tw_vec_clear(&s->work);
	s->work_head = 0;
}

void tw_core_settle(struct tw_sched *s)
{
	while (s->work.n || s->run_work.n || s->dag_work.n) {
		work_off_instances(s);
		/* Only when no instance is left to look at can a run be said to be over or stuck. */
		if (s->run_work.n) {
			struct run *r = s->run_work.v[--s->run_work.n];
			r->in_work = false;
			tw_core_check_run(r);
		} else if (s->dag_work.n) {
			struct dagent *d = s->dag_work.v[--s->dag_work.n];
			d->in_work = false;
			tw_core_dag_settle(d);
		}
	}
	tw_core_dispatch(s);
}

/* Ended runs stay for the rest of their turn, and as long as another run looks back at them. */
static void let_go(struct tw_sched *s)
{
	size_t n = s->idle.n;

	/* Who is let go may let go another, which is added behind. */
	for (size_t i = 0; i < n; i++) {
		struct run *r = s->idle.v[i];
		r->in_idle = false;
		s->idle.v[i] = NULL;
		if (r->over && !r->needed_by && tw_run_finished(r->row.state))
			tw_core_forget_run(r);
	}
	if (!n)
		return;
	s->idle.n -= n;
	memmove(s->idle.v, s->idle.v + n, s->idle.n * sizeof *s->idle.v);
}

void tw_core_idle(struct run *r)
{
	if (!r->in_idle) {
		r->in_idle = true;
		tw_vec_push(&r->s->idle, r);
	}
}

static void bury_ended(struct tw_sched *s)
{
	for (size_t i = 0; i < s->ended.n; i++)
		tw_core_bury(s, s->ended.v[i], NULL, NULL);
	tw_vec_clear(&s->ended);
}

/* ── the events ─────────────────────────────────────────────────────────────────────────── */

static enum tw_rc on_pool(struct tw_sched *s, const struct tw_pool_row *row)
{
	struct pool *p = tw_core_pool(s, row->name);

	p->known = true;
	p->slots = row->slots;
	p->include_deferred = row->include_deferred;
	tw_core_pool_changed(s, p);
	return TW_OK;
}

static enum tw_rc on_pool_removed(struct tw_sched *s, struct tw_str name)
{
	struct pool *p = tw_core_pool(s, name);

	p->known = false;
	tw_core_pool_changed(s, p);
	return TW_OK;
}

static enum tw_rc on_executor(struct tw_sched *s, const struct tw_ev_executor *ev)
{
	struct executor *e = tw_core_executor(s, ev->name);

	e->slots = ev->slots;
	tw_core_executor_changed(s, e);
	return TW_OK;
}

static enum tw_rc apply(struct tw_sched *s, const struct tw_event *ev, struct tw_err *err)
{
	switch (ev->type) {
	case TW_EV_TICK:
		return TW_OK;
	case TW_EV_LOADED:
		s->cfg.loading = false;
		tw_map_foreach(&s->dags, e)
			tw_core_dag_follow(e->value);
		return TW_OK;
	case TW_EV_DAG:
		return tw_core_on_dag(s, &ev->dag, err);
	case TW_EV_DAG_PAUSED:
		return tw_core_on_paused(s, &ev->paused, err);
	case TW_EV_DAG_REMOVED:
		return tw_core_on_dag_removed(s, ev->name, err);
	case TW_EV_POOL:
		return on_pool(s, &ev->pool);
	case TW_EV_POOL_REMOVED:
		return on_pool_removed(s, ev->name);
	case TW_EV_EXECUTOR:
		return on_executor(s, &ev->executor);
	case TW_EV_BACKFILL:
		return tw_core_on_backfill(s, &ev->backfill);
	case TW_EV_NEXT_RUN:
		return tw_core_on_next_run(s, &ev->next_run, err);
	case TW_EV_RUN_NEW:
		return tw_core_on_run_new(s, &ev->run_new, err);
	case TW_EV_RUN_LOAD:
		return tw_core_load_run(s, &ev->run_load, err);
	case TW_EV_RUN_STATE:
		return tw_core_on_run_state(s, &ev->run_state, err);
	case TW_EV_RUN_DELETE:
		return tw_core_on_run_delete(s, ev->ref, false, err);
	case TW_EV_RUN_DROP:
		return tw_core_on_run_delete(s, ev->ref, true, err);
	case TW_EV_PAST:
		return tw_core_on_past(s, &ev->past, err);
	case TW_EV_CLEAR:
		return tw_core_on_clear(s, &ev->clear, err);
	case TW_EV_MARK:
		return tw_core_on_mark(s, &ev->mark, err);
	case TW_EV_STARTED:
		return tw_core_on_started(s, &ev->started);
	case TW_EV_FINISHED:
		return tw_core_on_finished(s, &ev->finished);
	case TW_EV_BEAT:
	case TW_EV_ADOPTED:
		return tw_core_on_beat(s, ev->attempt.id);
	case TW_EV_REDISPATCH:
		return tw_core_on_redispatch(s, ev->attempt.id, err);
	case TW_EV_REFUSED:
		return tw_core_on_refused(s, &ev->refused);
	case TW_EV_TRIGGER:
		return tw_core_on_trigger(s, &ev->trigger, err);
	case TW_EV_SKIP:
		return tw_core_on_skip(s, &ev->skip, err);
	case TW_EV_ASSET:
		tw_core_asset_happened(s, &ev->asset.said, NULL, ev->asset.event_id);
		return TW_OK;
	case TW_EV_ASSET_LOAD:
		return tw_core_on_asset_load(s, &ev->asset_load, err);
	case TW_EV_ASSET_UNMARK:
		return tw_core_on_asset_unmark(s, &ev->asset_unmark);
	}
	return tw_err_set(err, TW_ERR_INVALID, "unknown event %d", (int)ev->type);
}

enum tw_rc tw_sched_step(struct tw_sched *s, const struct tw_event *ev, struct tw_effects *fx,
			 struct tw_err *err)
{
	s->fx = fx;
	if (ev->at > s->now && tw_time_ok(ev->at))
		s->now = ev->at;
	if (!fx->turn) {
		fx->turn = ++s->turn;
		let_go(s);
	}
	enum tw_rc rc = apply(s, ev, err);
	if (!s->cfg.loading) {
		tw_core_fire(s);
		tw_core_settle(s);
	}
	tw_vec_clear(&s->opened); /* while loading nothing is parked yet */
	tw_core_flush(s);
	bury_ended(s);
	s->fx = NULL;
	return rc;
}

/* ── looking in ─────────────────────────────────────────────────────────────────────────── */

void tw_sched_stats(const struct tw_sched *s, struct tw_sched_stats *ret)
{
	*ret = (struct tw_sched_stats){
		.scheduled = (int)s->nstate[TW_TI_SCHEDULED],
		.queued = (int)s->nstate[TW_TI_QUEUED],
		.running = (int)s->nstate[TW_TI_RUNNING],
		.deferred = (int)s->nstate[TW_TI_DEFERRED],
		.free_slots = s->cfg.parallelism ? s->cfg.parallelism - s->active : INT_MAX,
	};
	for (int i = 0; i < TW_TI_NSTATES; i++)
		ret->tis += s->nstate[i];
	tw_map_foreach(&s->dags, e) {
		const struct dagent *d = e->value;
		ret->dags++;
		for (size_t i = 0; i < d->nruns; i++) {
			ret->runs_queued += d->runs[i]->row.state == TW_RUN_QUEUED;
			ret->runs_running += d->runs[i]->row.state == TW_RUN_RUNNING;
		}
	}
}

bool tw_sched_pool_use(const struct tw_sched *s, struct tw_str name, struct tw_pool_use *ret)
{
	const struct pool *p = tw_map_get(&s->pools, name);

	if (!p || !p->known)
		return false;
	*ret = (struct tw_pool_use){ p->slots, p->running, p->queued, p->scheduled, p->deferred,
				     tw_core_pool_open(p) };
	return true;
}

bool tw_sched_run(const struct tw_sched *s, struct tw_run_ref run, struct tw_run_row *ret)
{
	const struct run *r = tw_core_find_run(s, run);

	if (r)
		*ret = r->row;
	return r != NULL;
}

bool tw_sched_ti(const struct tw_sched *s, struct tw_run_ref run, struct tw_str task_id,
		 int map_index, struct tw_ti_row *ret)
{
	const struct run *r = tw_core_find_run(s, run);
	const struct ti *ti = r ? tw_core_find_ti(r, task_id, map_index) : NULL;

	if (ti)
		tw_core_ti_row(ti, ret);
	return ti != NULL;
}

const struct tw_task *tw_sched_attempt_task(const struct tw_sched *s, struct tw_id attempt)
{
	const struct ti *ti = tw_idmap_get(&s->ids, attempt);

	return ti ? &ti->run->dag->tasks[ti->task] : NULL;
}

void tw_sched_each_ti(const struct tw_sched *s, struct tw_run_ref run, tw_ti_visit visit, void *ctx)
{
	const struct run *r = tw_core_find_run(s, run);
	struct tw_ti_row row;

	for (int t = 0; r && t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			tw_core_ti_row(r->tasks[t].tis[i], &row);
			visit(ctx, &row);
		}
}

void tw_sched_each_run(const struct tw_sched *s, tw_run_visit visit, void *ctx)
{
	tw_map_foreach(&s->dags, e) {
		const struct dagent *d = e->value;
		for (size_t i = 0; i < d->nruns; i++)
			visit(ctx, &d->runs[i]->row);
	}
}
