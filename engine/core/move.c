/*
 * A state changes. Everything that follows from it by counting is done here: the run's and the pool's sums,
 * the slots of limits, and the upstream counters of whoever is downstream.
 */
#include "core/core.h"

bool tw_core_schedulable(const struct ti *ti)
{
	return ti->state == TW_TI_NONE || ti->state == TW_TI_UP_FOR_RETRY ||
	       ti->state == TW_TI_UP_FOR_RESCHEDULE;
}

struct ti_extra *tw_core_extra(struct ti *ti)
{
	if (!ti->x) {
		ti->x = tw_arena_new(&ti->run->arena, struct ti_extra);
		ti->x->trigger_timeout = ti->x->reschedule_start = TW_TIME_NONE;
	}
	return ti->x;
}

void tw_core_run_work(struct run *r)
{
	if (!r->in_work) {
		r->in_work = true;
		tw_vec_push(&r->s->run_work, r);
	}
}

/* Who is looked at may go on waiting, and may have been the last that something could still happen to: so is its run. */
void tw_core_work(struct ti *ti)
{
	struct tw_sched *s = ti->run->s;

	if (!ti->in_work) {
		ti->in_work = true;
		tw_vec_push(&s->work, ti);
	}
	tw_core_run_work(ti->run);
}

void tw_core_count(struct counts *c, enum tw_ti_state s, int by)
{
	switch (s) {
	case TW_TI_SUCCESS:
		c->s += (uint32_t)by;
		break;
	case TW_TI_SKIPPED:
		c->k += (uint32_t)by;
		break;
	case TW_TI_FAILED:
		c->f += (uint32_t)by;
		break;
	case TW_TI_UPSTREAM_FAILED:
		c->uf += (uint32_t)by;
		break;
	case TW_TI_REMOVED:
		c->r += (uint32_t)by;
		break;
	default:
		break;
	}
}

/* All instances of a task see the same: would looking at one of them tell that there is nothing to do? */
static bool all_wait(const struct run *r, int task)
{
	const struct tw_task *t = &r->dag->tasks[task];
	const struct tstate *ts = &r->tasks[task];

	if (t->mapped_group >= 0 || t->nin_kind[TW_EDGE_SETUP])
		return false;
	return tw_rule_verdict(t->trigger_rule, &ts->in[TW_EDGE_DIRECT], ts->n) == WAIT;
}

/* What a branch has decided counts whatever the trigger rule waits for. */
static void wake(const struct ti *by, int task)
{
	struct run *r = by->run;
	struct tstate *ts = &r->tasks[task];
	bool decided = by->x && by->x->skip.kind == TW_V_MAP;

	if (!ts->waiting || (ts->n > 1 && !decided && all_wait(r, task)))
		return;
	for (int i = 0; i < ts->n; i++)
		if (tw_core_schedulable(ts->tis[i]))
			tw_core_work(ts->tis[i]);
}

void tw_core_reach(const struct run *r, const struct ti *from, const struct tw_edge *e, int *first,
		   int *last)
{
	const struct tstate *u = &r->tasks[from->task], *d = &r->tasks[e->task];

	if (!d->expanded) {
		/* Not expanded: it looks at an upstream only while that is not either. */
		*first = 0;
		*last = from->map_index < 0 ? d->n : 0;
	} else if (!u->expanded || from->map_index < 0) {
		*first = 0;
		*last = d->n;
	} else {
		int group = from->map_index / (u->per ? u->per : 1), per = d->per ? d->per : 1;
		*first = group * per < d->n ? group * per : d->n;
		*last = *first + per < d->n ? *first + per : d->n;
	}
}

static void tell_same_index(struct ti *ti, const struct tw_edge *e, enum tw_ti_state s, int by)
{
	struct run *r = ti->run;
	struct tstate *d = &r->tasks[e->task];
	int first, last;

	tw_core_reach(r, ti, e, &first, &last);
	for (int i = first; i < last; i++) {
		tw_core_count(&d->tis[i]->own[e->kind], s, by);
		if (tw_core_schedulable(d->tis[i]))
			tw_core_work(d->tis[i]);
	}
	/* An upstream that is expanded does not count for one that is not, but may be what it waits for. */
	if (!d->expanded && d->n && tw_core_schedulable(d->tis[0]))
		tw_core_work(d->tis[0]);
}

static void tell_downstream(struct ti *ti, enum tw_ti_state s, int by)
{
	struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];

	for (int i = 0; i < t->nout; i++) {
		const struct tw_edge *e = &t->out[i];
		if (e->same_index) {
			tell_same_index(ti, e, s, by);
		} else {
			tw_core_count(&r->tasks[e->task].in[e->kind], s, by);
			wake(ti, e->task);
		}
	}
}

void tw_core_account(struct ti *ti, enum tw_ti_state state, int by)
{
	struct run *r = ti->run;
	struct tw_sched *s = r->s;
	struct tstate *ts = &r->tasks[ti->task];
	bool open = state == TW_TI_QUEUED || state == TW_TI_RUNNING || state == TW_TI_RESTARTING;

	r->nstate[state] += by;
	s->nstate[state] += by;
	if (tw_ti_finished(state))
		ts->ended += by;
	else
		r->unfinished += by;
	if (state == TW_TI_NONE || state == TW_TI_UP_FOR_RETRY || state == TW_TI_UP_FOR_RESCHEDULE)
		ts->waiting += by;
	if (open && by > 0)
		tw_idmap_put(&s->ids, ti);
	else if (open)
		tw_idmap_del(&s->ids, ti->id);
	tw_core_slots(ti, state, by);
}

void tw_core_move(struct ti *ti, enum tw_ti_state to)
{
	enum tw_ti_state from = ti->state;
	struct run *r = ti->run;

	tw_core_touch(ti);
	tw_core_run_work(r);
	if (from == to)
		return;
	TW_ASSERT(tw_ti_move_allowed(from, to));
	if (ti->held) {
		ti->held = false;
		r->nheld--;
	}
	tw_core_dequeue(ti);
	tw_core_account(ti, from, -1);
	ti->state = (uint8_t)to;
	tw_core_account(ti, to, 1);
	if (tw_ti_finished(from))
		tell_downstream(ti, from, -1);
	if (tw_ti_finished(to)) {
		tell_downstream(ti, to, 1);
		tw_core_length_known(r, ti->task);
	}
	tw_core_arm_ti(ti);
	if (to == TW_TI_SCHEDULED)
		tw_core_enqueue(ti);
	if (r->needed_by && (tw_ti_finished(from) || tw_ti_finished(to)))
		tw_core_past_moved(ti);
}

/* ── what belongs to an attempt ─────────────────────────────────────────────────────────── */

void tw_core_new_attempt(struct ti *ti)
{
	TW_ASSERT(ti->state != TW_TI_QUEUED && ti->state != TW_TI_RUNNING &&
		  ti->state != TW_TI_RESTARTING);
	ti->id = tw_core_new_id(ti->run->s);
	ti->requeues = 0;
	ti->due = TW_TIME_NONE;
	if (ti->x) {
		struct ti_extra *x = ti->x;
		x->external_executor_id = x->next_method = x->next_kwargs = x->reason = tw_str(NULL);
		x->reschedule_start = TW_TIME_NONE;
		x->pid = 0;
		x->hostname = x->unixname = tw_str(NULL);
	}
	tw_core_touch(ti);
}

void tw_core_forget_trigger(struct ti *ti)
{
	struct tw_sched *s = ti->run->s;

	if (!ti->x || !ti->x->trigger_id)
		return;
	int64_t id = ti->x->trigger_id;
	tw_map_del(&s->triggers, tw_strn((const char *)&id, sizeof id));
	tw_vec_push(&s->fx->triggers_gone, id);
	ti->x->trigger_id = 0;
	ti->x->trigger_timeout = TW_TIME_NONE;
}

void tw_core_set_return(struct ti *ti, bool has_return, int mapped_length)
{
	ti->run->tasks[ti->task].returned += has_return - ti->has_return;
	ti->has_return = has_return;
	ti->mapped_length = mapped_length;
}
