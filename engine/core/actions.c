/* What people ask for: clear, mark, set a run's state, delete. */
#include <stdlib.h>

#include "core/core.h"

enum tw_rc tw_core_held(struct tw_sched *s, struct tw_run_ref ref, struct run **ret, struct tw_err *err)
{
	*ret = tw_core_find_run(s, ref);
	if (*ret)
		return TW_OK;
	if (tw_core_was_deleted(s, ref, false, false))
		return tw_err_set(err, TW_ERR_NOT_FOUND, "run '" TW_STR_FMT "' of dag '" TW_STR_FMT "' was deleted",
				  TW_STR_ARG(ref.run_id), TW_STR_ARG(ref.dag_id));
	struct tw_fx_ask a = {
		.kind = TW_ASK_LOAD_RUN,
		.dag_id = tw_core_keep(&s->fx->arena, ref.dag_id),
		.run_id = tw_core_keep(&s->fx->arena, ref.run_id),
		.logical_date = TW_TIME_NONE,
	};
	tw_vec_push(&s->fx->asks, a);
	return tw_err_set(err, TW_ERR_AGAIN, "run '" TW_STR_FMT "' of dag '" TW_STR_FMT "' is not loaded",
			  TW_STR_ARG(ref.run_id), TW_STR_ARG(ref.dag_id));
}

/* Ends an instance in a state, whatever it does now. */
void tw_core_stop(struct ti *ti, enum tw_ti_state to, const char *reason)
{
	enum tw_ti_state from = ti->state;
	tw_time now = ti->run->s->now;

	if (from == to)
		return;
	if (from == TW_TI_QUEUED || from == TW_TI_RUNNING || from == TW_TI_RESTARTING)
		tw_core_kill(ti, reason, false);
	tw_core_forget_trigger(ti);
	if (!tw_ti_finished(from) || to != TW_TI_SUCCESS)
		ti->end = now;
	if (ti->end == TW_TIME_NONE)
		ti->end = now;
	if (ti->start == TW_TIME_NONE)
		ti->start = ti->end;
	tw_core_move(ti, to);
	/* Whoever may still run it must not be heard. */
	if (from == TW_TI_QUEUED || from == TW_TI_RUNNING || from == TW_TI_RESTARTING)
		ti->due = TW_TIME_NONE;
}

/* ── clear ──────────────────────────────────────────────────────────────────────────────── */

void tw_core_clear_one(struct ti *ti, bool keep_tries)
{
	struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	enum tw_ti_state from = ti->state;

	if (from == TW_TI_RESTARTING)
		return;
	if (!keep_tries)
		ti->max_tries = ti->try_number + t->retries;
	tw_core_length_changes(r, ti->task);
	r->tasks[ti->task].revise |= r->tasks[ti->task].expanded;
	if (from == TW_TI_RUNNING) {
		tw_core_kill(ti, "cleared", false);
		tw_core_move(ti, TW_TI_RESTARTING);
		return;
	}
	if (from == TW_TI_QUEUED)
		tw_core_kill(ti, "cleared", false);
	tw_core_forget_trigger(ti);
	if (from != TW_TI_NONE && from != TW_TI_UP_FOR_RETRY && ti->try_number > 0) /* one that failed is there already */
		tw_core_history(ti, tw_ti_finished(from) ? from : TW_TI_FAILED);
	tw_core_move(ti, TW_TI_NONE);
	tw_core_new_attempt(ti);
	tw_core_as_task_says(ti);
	ti->start = ti->end = ti->scheduled = ti->queued = TW_TIME_NONE;
	tw_core_work(ti);
}

/*
 * Instances that keys name; unknown ones are an error before anything changes. On the way to another version a task may be one
 * of the old: it ends as removed. One that is removed already stays so.
 */
static enum tw_rc check_keys(const struct run *r, const struct tw_dag *dag, const struct tw_ti_key *keys,
			     int n, struct tw_err *err)
{
	for (int i = 0; i < n; i++) {
		if (dag != r->dag && tw_dag_task(r->dag, keys[i].task_id) >= 0)
			continue;
		if (tw_dag_task(dag, keys[i].task_id) < 0 && tw_core_lost(r, keys[i].task_id))
			continue;
		if (tw_dag_task(dag, keys[i].task_id) < 0)
			return tw_err_set(err, TW_ERR_NOT_FOUND, "dag '" TW_STR_FMT "' has no task '" TW_STR_FMT "'",
					  TW_STR_ARG(r->row.dag_id), TW_STR_ARG(keys[i].task_id));
		if (dag == r->dag && keys[i].map_index != TW_MAP_ALL &&
		    !tw_core_find_ti(r, keys[i].task_id, keys[i].map_index))
			return tw_err_set(err, TW_ERR_NOT_FOUND,
					  "task '" TW_STR_FMT "' has no instance with map index %d",
					  TW_STR_ARG(keys[i].task_id), keys[i].map_index);
	}
	return TW_OK;
}

typedef void (*each_ti)(struct ti *ti, const void *arg);

static int for_keys(struct run *r, const struct tw_ti_key *keys, int n, each_ti fn, const void *arg)
{
	int done = 0;

	for (int i = 0; i < n; i++) {
		int t = tw_dag_task(r->dag, keys[i].task_id);
		struct tstate *ts = t < 0 ? NULL : &r->tasks[t];
		for (int k = 0; ts && k < ts->n; k++)
			if (keys[i].map_index == TW_MAP_ALL || ts->tis[k]->map_index == keys[i].map_index) {
				fn(ts->tis[k], arg);
				done++;
			}
	}
	return done;
}

static void clear_fn(struct ti *ti, const void *arg)
{
	const struct tw_ev_clear *ev = arg;

	tw_core_audit(ti->run, ti, "clear", ev->by, tw_str(NULL));
	tw_core_clear_one(ti, ev->keep_tries);
}

static void take_into_backfill(struct run *r, const struct tw_ev_clear *ev)
{
	tw_core_run_counted(r, -1);
	r->row.type = TW_RUNTYPE_BACKFILL;
	r->row.triggered_by = TW_STR("backfill");
	r->row.backfill_id = ev->backfill_id;
	r->row.backfill_ordinal = ev->backfill_ordinal;
	if (ev->conf.p)
		r->row.conf = tw_core_keep(&r->arena, ev->conf);
	tw_core_run_counted(r, 1);
}

enum tw_rc tw_core_on_clear(struct tw_sched *s, const struct tw_ev_clear *ev, struct tw_err *err)
{
	struct run *r;
	enum tw_rc rc = tw_core_held(s, ev->run, &r, err);

	if (rc < 0)
		return rc;
	if (check_keys(r, ev->dag ? ev->dag : r->dag, ev->tis, ev->ntis, err) < 0)
		return TW_ERR_NOT_FOUND;
	if (ev->dag && ev->dag != r->dag)
		tw_core_migrate(r, ev->dag, ev->version_id);
	else if (!ev->dag && ev->ntis)
		tw_core_follow(r);
	bool any = for_keys(r, ev->tis, ev->ntis, clear_fn, ev);
	any |= ev->dag && !ev->ntis && r->unfinished; /* only what the version has new */
	if (ev->backfill_id)
		take_into_backfill(r, ev);
	else if (!any || ev->keep_run_state)
		return TW_OK;
	r->row.clear_number++;
	r->row.queued_at = s->now;
	tw_core_touch_run(r);
	if (tw_run_finished(r->row.state) || (ev->backfill_id && r->row.state == TW_RUN_QUEUED))
		tw_core_queue_run(r, true);
	return TW_OK;
}

/* ── mark ───────────────────────────────────────────────────────────────────────────────── */

static const char *const mark_reason[TW_TI_NSTATES] = {
	[TW_TI_SUCCESS] = "marked success",
	[TW_TI_FAILED] = "marked failed",
	[TW_TI_SKIPPED] = "marked skipped",
};

static void mark_fn(struct ti *ti, const void *arg)
{
	const struct tw_ev_mark *ev = arg;

	if (ti->state == ev->state)
		return;
	tw_core_audit(ti->run, ti, tw_ti_state_name(ev->state), ev->by, tw_str(NULL));
	tw_core_stop(ti, ev->state, mark_reason[ev->state]);
}

/* The i-th task that a mark names; -1: this version has none of that name. */
static int marked(const struct run *r, const struct tw_ev_mark *ev, int i)
{
	return tw_dag_task(r->dag, ev->nnamed ? ev->named[i] : ev->tis[i].task_id);
}

/* Those below that could not run for what has now been set right get their chance. */
static bool clear_failed_below(struct run *r, const struct tw_ev_mark *ev)
{
	int n = ev->nnamed ? ev->nnamed : ev->ntis;
	tw_bits *below = tw_bits_new(r->ntasks);
	bool any = false;
	int task;

	for (int i = 0; i < n; i++)
		if ((task = marked(r, ev, i)) >= 0)
			tw_dag_descendants(r->dag, task, below);
	for (int i = 0; i < n; i++)
		if ((task = marked(r, ev, i)) >= 0)
			tw_bit_clear(below, task);
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; tw_bit(below, t) && i < r->tasks[t].n; i++) {
			struct ti *ti = r->tasks[t].tis[i];
			if (ti->state == TW_TI_FAILED || ti->state == TW_TI_UPSTREAM_FAILED) {
				tw_core_clear_one(ti, false);
				any = true;
			}
		}
	free(below);
	return any;
}

enum tw_rc tw_core_on_mark(struct tw_sched *s, const struct tw_ev_mark *ev, struct tw_err *err)
{
	struct run *r;

	if (!mark_reason[ev->state])
		return tw_err_set(err, TW_ERR_INVALID, "an instance can be marked success, failed or skipped");
	enum tw_rc rc = tw_core_held(s, ev->run, &r, err);
	if (rc < 0)
		return rc;
	if (check_keys(r, r->dag, ev->tis, ev->ntis, err) < 0)
		return TW_ERR_NOT_FOUND;
	for_keys(r, ev->tis, ev->ntis, mark_fn, ev);
	if (clear_failed_below(r, ev) && tw_run_finished(r->row.state)) {
		tw_core_follow(r);
		tw_core_queue_run(r, true);
	}
	return TW_OK;
}

/* ── runs ───────────────────────────────────────────────────────────────────────────────── */

/*
 * As Airflow 3.3: what runs ends in the run's state, what has not started is skipped, teardowns are left
 * to do their work, and as long as one is there the run itself goes on.
 */
static void finish_by_hand(struct run *r, enum tw_run_state state)
{
	enum tw_ti_state to = state == TW_RUN_SUCCESS ? TW_TI_SUCCESS : TW_TI_FAILED;
	const char *why = state == TW_RUN_SUCCESS ? "run marked success" : "run marked failed";
	bool teardown = false;

	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			struct ti *ti = r->tasks[t].tis[i];
			enum tw_ti_state s = ti->state;
			if (tw_ti_finished(s))
				continue;
			if (r->dag->tasks[t].is_teardown) {
				teardown = true;
				continue;
			}
			bool runs = s == TW_TI_RUNNING || s == TW_TI_DEFERRED || s == TW_TI_RESTARTING ||
				    s == TW_TI_UP_FOR_RESCHEDULE || s == TW_TI_AWAITING_INPUT;
			tw_core_stop(ti, runs ? to : TW_TI_SKIPPED, why);
		}
	if (!teardown || r->row.state == TW_RUN_QUEUED)
		tw_core_end_run(r, state); /* no callbacks: a person knows what they did */
}

enum tw_rc tw_core_on_run_state(struct tw_sched *s, const struct tw_ev_run_state *ev, struct tw_err *err)
{
	struct run *r;

	if (ev->state == TW_RUN_RUNNING)
		return tw_err_set(err, TW_ERR_INVALID, "a run can be set to queued, success or failed");
	enum tw_rc rc = tw_core_held(s, ev->run, &r, err);
	if (rc < 0)
		return rc;
	tw_core_audit(r, NULL, tw_run_state_name(ev->state), ev->by, tw_str(NULL));
	if (ev->bare) {
		if (r->row.state == TW_RUN_QUEUED)
			tw_core_end_run(r, ev->state);
		return TW_OK;
	}
	if (ev->state != TW_RUN_QUEUED) {
		if (r->row.state != ev->state)
			finish_by_hand(r, ev->state);
		return TW_OK;
	}
	if (r->row.state != TW_RUN_QUEUED) {
		tw_core_follow(r);
		tw_core_queue_run(r, true);
		tw_core_requeue(r);
	}
	return TW_OK;
}

static void stop_open(struct run *r, const char *reason, enum tw_fx_op written)
{
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			struct ti *ti = r->tasks[t].tis[i];
			if (ti->state == TW_TI_QUEUED || ti->state == TW_TI_RUNNING || ti->state == TW_TI_RESTARTING)
				tw_core_kill(ti, reason, false);
			tw_core_forget_trigger(ti);
			if (ti->fx_turn == r->s->fx->turn)
				r->s->fx->tis.v[ti->fx_slot].op = written;
		}
}

/* What another version had taken away has no instance any more, and may have changed in this turn. */
static void take_back_lost(struct run *r, enum tw_fx_op written)
{
	struct tw_effects *fx = r->s->fx;

	for (size_t i = 0; r->lost.n && i < fx->tis.n; i++) {
		struct tw_fx_ti *e = &fx->tis.v[i];
		if (tw_str_eq(e->row.run_id, r->row.run_id) && tw_str_eq(e->row.dag_id, r->row.dag_id))
			e->op = written;
	}
}

enum tw_rc tw_core_on_run_delete(struct tw_sched *s, struct tw_run_ref ref, bool drop, struct tw_err *err)
{
	struct run *r;

	if (drop && !tw_core_find_run(s, ref))
		return TW_OK;
	enum tw_rc rc = tw_core_held(s, ref, &r, err);
	if (rc < 0)
		return rc;
	stop_open(r, drop ? "dropped" : "run deleted", drop ? TW_FX_NONE : TW_FX_DELETE);
	take_back_lost(r, drop ? TW_FX_NONE : TW_FX_DELETE);
	if (drop && r->fx_turn == s->fx->turn)
		s->fx->runs.v[r->fx_slot].op = TW_FX_NONE;
	tw_core_dag_work(r->d);
	if (!drop) {
		tw_core_was_deleted(s, ref, true, false);
		tw_core_past_deleted(r);
		struct tw_fx_run e = { .op = TW_FX_DELETE, .row = r->row };
		if (r->fx_turn == s->fx->turn)
			s->fx->runs.v[r->fx_slot].op = TW_FX_DELETE;
		else
			tw_vec_push(&s->fx->runs, e);
	}
	r->over = false;
	tw_core_forget_run(r);
	return TW_OK;
}

/* An instance failed for good: other tasks need not go on. Its own task's other instances may. */
void tw_core_fail_fast(const struct ti *by)
{
	struct run *r = by->run;

	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; t != by->task && i < r->tasks[t].n; i++) {
			struct ti *ti = r->tasks[t].tis[i];
			if (tw_ti_finished(ti->state) || r->dag->tasks[t].is_teardown)
				continue;
			tw_core_stop(ti, ti->state == TW_TI_RUNNING ? TW_TI_FAILED : TW_TI_SKIPPED, "fail_fast");
		}
}
