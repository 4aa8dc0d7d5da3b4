/* Why not? The same questions as rules.c and queue.c, answered in words. */
#include <inttypes.h>

#include "core/core.h"

void tw_reasons_release(struct tw_reasons *r)
{
	tw_vec_release(&r->v);
	tw_arena_release(&r->arena);
}

static void say(struct tw_reasons *r, const char *fmt, ...) TW_PRINTF(2, 3);
static void say(struct tw_reasons *r, const char *fmt, ...)
{
	struct tw_buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	tw_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	tw_vec_push(&r->v, tw_str_copy(&r->arena, tw_buf_str(&b)));
	tw_buf_release(&b);
}

static const char *when(char out[TW_ISO_MAX], tw_time t)
{
	return tw_time_iso_utc(out, t);
}

/* ── runs ───────────────────────────────────────────────────────────────────────────────── */

static void why_run(const struct run *r, struct tw_reasons *out)
{
	const struct dagent *d = r->d;
	char at[TW_ISO_MAX];

	if (d->paused)
		say(out, "the DAG is paused");
	if (d->import_error)
		say(out, "the DAG's file does not load (see the import errors): its runs wait until it does");
	if (r->row.state == TW_RUN_QUEUED && r->row.run_after != TW_TIME_NONE && r->row.run_after > r->s->now)
		say(out, "the run waits for its time, %s", when(at, r->row.run_after));
	if (r->row.state == TW_RUN_QUEUED && r->row.type != TW_RUNTYPE_BACKFILL) {
		int max = d->dag ? d->dag->max_active_runs : r->dag->max_active_runs;
		if (d->running_runs >= max)
			say(out, "max_active_runs: %d of %d runs of the DAG are running", d->running_runs, max);
	}
	if (r->row.state == TW_RUN_QUEUED && r->row.type == TW_RUNTYPE_BACKFILL)
		for (size_t i = 0; i < d->nbackfills; i++) {
			const struct backfill *b = d->backfills[i];
			if (b->id == r->row.backfill_id && b->paused)
				say(out, "the backfill is paused");
			else if (b->id == r->row.backfill_id && b->running >= b->max)
				say(out, "%d of the backfill's %d runs are running", b->running, b->max);
		}
	if (tw_run_finished(r->row.state))
		say(out, "the run has ended: %s", tw_run_state_name(r->row.state));
}

/* ── waiting instances ──────────────────────────────────────────────────────────────────── */

static void why_rule(const struct ti *ti, struct tw_reasons *out)
{
	const struct tw_task *t = &ti->run->dag->tasks[ti->task];
	struct counts c = tw_core_total(ti, TW_EDGE_DIRECT);
	unsigned done = c.s + c.k + c.f + c.uf + c.r;

	if (tw_core_setup_verdict(ti) == WAIT) {
		struct counts s = tw_core_total(ti, TW_EDGE_SETUP);
		say(out, "%u of %u setups above it have not succeeded", s.u - s.s, s.u);
	}
	if (tw_core_rule_of(ti) != WAIT)
		return;
	if (t->is_teardown && done >= c.u) {
		struct counts s = tw_core_total(ti, TW_EDGE_SCOPE);
		say(out, "the teardown waits for %u of %u tasks between its setup and itself",
		    s.u - (s.s + s.k + s.f + s.uf + s.r), s.u);
		return;
	}
	say(out, "trigger rule %s waits: %u of %u upstream instances have ended (%u success, %u failed, %u skipped, %u upstream_failed, %u removed)",
	    tw_trigger_rule_name(t->trigger_rule), done, c.u, c.s, c.f, c.k, c.uf, c.r);
}

static void why_upstream(const struct ti *ti, struct tw_reasons *out)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	int told = 0, more = 0;

	for (int i = 0; i < t->nupstream; i++) {
		const struct tstate *u = &r->tasks[t->upstream[i]];
		struct tw_str id = r->dag->tasks[t->upstream[i]].task_id;
		if (u->n && u->ended == u->n)
			continue;
		if (told == 5) {
			more++;
			continue;
		}
		told++;
		if (!u->n)
			say(out, "upstream '" TW_STR_FMT "' has no instance in this run (its start or end date)",
			    TW_STR_ARG(id));
		else if (u->n > 1)
			say(out, "upstream '" TW_STR_FMT "' is not done: %d of %d instances have ended",
			    TW_STR_ARG(id), u->ended, u->n);
		else
			say(out, "upstream '" TW_STR_FMT "' is %s", TW_STR_ARG(id),
			    u->tis[0]->state == TW_TI_NONE ? "waiting" : tw_ti_state_name(u->tis[0]->state));
	}
	if (more)
		say(out, "and %d more upstream tasks are not done", more);
}

static void why_past(const struct ti *ti, struct tw_reasons *out)
{
	const struct tw_task *t = &ti->run->dag->tasks[ti->task];
	struct past_answer a = tw_core_past_of(ti);

	if (!t->depends_on_past || a.met)
		return;
	if (a.asked)
		say(out, "depends_on_past: the previous run is being looked up");
	else if (a.absent)
		say(out, "depends_on_past: the previous run, '" TW_STR_FMT "', has no instance of the task", TW_STR_ARG(a.prev));
	else
		say(out, "%s: '" TW_STR_FMT "' is %s in the previous run, '" TW_STR_FMT "', and neither success nor skipped",
		    tw_str_eq(a.task, t->task_id) ? "depends_on_past" : "wait_for_downstream", TW_STR_ARG(a.task),
		    a.state == TW_TI_NONE ? "waiting" : tw_ti_state_name(a.state), TW_STR_ARG(a.prev));
}

static void why_waiting(const struct ti *ti, struct tw_reasons *out)
{
	char at[TW_ISO_MAX];

	if (ti->state == TW_TI_UP_FOR_RETRY && ti->due > ti->run->s->now)
		say(out, "try %d of %d is due at %s", ti->try_number + 1, ti->max_tries + 1, when(at, ti->due));
	if (ti->state == TW_TI_UP_FOR_RESCHEDULE && ti->due > ti->run->s->now)
		say(out, "the sensor looks again at %s", when(at, ti->due));
	size_t before = out->v.n;
	why_rule(ti, out);
	if (out->v.n > before)
		why_upstream(ti, out);
	if (tw_core_mapped_verdict(ti) == WAIT)
		say(out, "what it maps over is not complete yet");
	why_past(ti, out);
	if (!out->v.n)
		say(out, "nothing holds it back: the scheduler takes it up in its next turn");
}

/* ── scheduled instances ────────────────────────────────────────────────────────────────── */

static void why_pool(const struct ti *ti, struct tw_reasons *out)
{
	const struct pool *p = ti->pool;

	if (!p->known) {
		say(out, "there is no pool '" TW_STR_FMT "'", TW_STR_ARG(p->name));
		return;
	}
	int64_t open = tw_core_pool_open(p), taken = p->running + p->queued + (p->include_deferred ? p->deferred : 0);
	if (p->slots >= 0 && ti->pool_slots > p->slots)
		say(out, "it needs %d slots and pool '" TW_STR_FMT "' has only %" PRId64, ti->pool_slots,
		    TW_STR_ARG(p->name), p->slots);
	else if (!open)
		say(out, "pool '" TW_STR_FMT "' is full: %" PRId64 " of %" PRId64 " slots taken", TW_STR_ARG(p->name),
		    taken, p->slots);
	else if (ti->pool_slots > open)
		say(out, "it needs %d slots and pool '" TW_STR_FMT "' has %" PRId64 " of %" PRId64 " open", ti->pool_slots,
		    TW_STR_ARG(p->name), open, p->slots);
}

static void why_limits(const struct ti *ti, struct tw_reasons *out)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	const struct tstate *ts = &r->tasks[ti->task];
	const struct dag_task *x = tw_map_get(&r->d->tasks, t->task_id);
	const struct executor *e = tw_map_get(&r->s->executors, tw_core_executor_name(ti));
	int max = r->dag->max_active_tasks;

	if (r->limit->active >= max)
		say(out, "max_active_tasks: %d of %d instances of %s are queued or running", r->limit->active, max,
		    r->limit == &r->d->limit ? "the DAG" : "this run");
	if (t->max_active_per_run >= 0 && ts->active >= t->max_active_per_run)
		say(out, "max_active_tis_per_dagrun: %d of %d instances of the task are active in this run",
		    ts->active, t->max_active_per_run);
	if (x && t->max_active_per_dag >= 0 && x->active >= t->max_active_per_dag)
		say(out, "max_active_tis_per_dag: %d of %d instances of the task are active", x->active,
		    t->max_active_per_dag);
	if (e && e->slots < 0)
		say(out, "executor '" TW_STR_FMT "' is not there", TW_STR_ARG(e->name));
	else if (e && e->slots > 0 && e->active >= e->slots)
		say(out, "executor '" TW_STR_FMT "' is full: %d of %d", TW_STR_ARG(e->name), e->active, e->slots);
	if (r->s->cfg.parallelism && r->s->active >= r->s->cfg.parallelism)
		say(out, "parallelism: %d of %d instances of this scheduler are queued or running", r->s->active,
		    r->s->cfg.parallelism);
}

/* Its place counts also when something else holds it back now. */
static void why_place(const struct ti *ti, struct tw_reasons *out)
{
	int all, n = tw_core_before(ti, &all);

	if (n)
		say(out, "%d instances of pool '" TW_STR_FMT "' with a higher priority or an earlier date are before it", n,
		    TW_STR_ARG(ti->pool->name));
	else if (!out->v.n)
		say(out, "nothing holds it back: the scheduler gives it out in its next turn");
}

static void why_ti(const struct ti *ti, struct tw_reasons *out)
{
	char at[TW_ISO_MAX];

	switch ((enum tw_ti_state)ti->state) {
	case TW_TI_NONE:
	case TW_TI_UP_FOR_RETRY:
	case TW_TI_UP_FOR_RESCHEDULE:
		if (ti->run->row.state != TW_RUN_RUNNING)
			say(out, "the run is %s", tw_run_state_name(ti->run->row.state));
		why_run(ti->run, out);
		why_waiting(ti, out);
		break;
	case TW_TI_SCHEDULED:
		why_run(ti->run, out);
		why_pool(ti, out);
		why_limits(ti, out);
		why_place(ti, out);
		break;
	case TW_TI_QUEUED:
		say(out, "it was given to the executor at %s and has not started", when(at, ti->queued));
		break;
	case TW_TI_DEFERRED:
	case TW_TI_AWAITING_INPUT:
		say(out, ti->state == TW_TI_DEFERRED ? "it waits for its trigger%s%s" : "it waits for a person's answer%s%s",
		    ti->timer.node.pos ? ", at the latest until " : "", ti->timer.node.pos ? when(at, ti->timer.at) : "");
		break;
	case TW_TI_REMOVED:
		say(out, "the task is not in the DAG's version that the run has");
		break;
	case TW_TI_RESTARTING:
		say(out, "it was cleared while it ran and is being stopped");
		break;
	default:
		break;
	}
}

enum tw_rc tw_sched_why(const struct tw_sched *s, struct tw_run_ref run, struct tw_str task_id,
			int map_index, struct tw_reasons *ret, struct tw_err *err)
{
	const struct run *r = tw_core_find_run(s, run);

	if (!r)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "run '" TW_STR_FMT "' is not live", TW_STR_ARG(run.run_id));
	if (!task_id.p) {
		why_run(r, ret);
		return TW_OK;
	}
	const struct ti *ti = tw_core_find_ti(r, task_id, map_index);
	if (!ti)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "the run has no instance '" TW_STR_FMT "' [%d]",
				  TW_STR_ARG(task_id), map_index);
	why_ti(ti, ret);
	return TW_OK;
}

bool tw_sched_place(const struct tw_sched *s, struct tw_run_ref run, struct tw_str task_id, int map_index,
		    struct tw_in_line *ret)
{
	const struct run *r = tw_core_find_run(s, run);
	const struct ti *ti = r ? tw_core_find_ti(r, task_id, map_index) : NULL;
	int of;

	if (!ti || ti->state != TW_TI_SCHEDULED)
		return false;
	*ret = (struct tw_in_line){ .pool = ti->pool->name, .slots = ti->pool->slots, .priority_weight = tw_core_weight(ti) };
	ret->open = ti->pool->slots < 0 ? -1 : tw_core_pool_open(ti->pool);
	ret->nth = tw_core_before(ti, &of) + 1;
	ret->of = of;
	return true;
}
