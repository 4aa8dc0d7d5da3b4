/* What waits for the clock. Every owner has one timer, and its state says what it means. */
#include "core/core.h"

static bool timer_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	const struct timer *x = tw_container_of(a, struct timer, node);
	const struct timer *y = tw_container_of(b, struct timer, node);

	return x->at != y->at ? x->at < y->at : x->seq < y->seq;
}

void tw_core_arm(struct tw_sched *s, struct timer *t, tw_time at)
{
	s->timers.before = timer_before;
	if (at == TW_TIME_NONE) {
		tw_heap_remove(&s->timers, &t->node);
		t->at = at;
		return;
	}
	if (t->node.pos && t->at == at)
		return;
	t->at = at;
	t->seq = ++s->seq;
	if (t->node.pos)
		tw_heap_moved(&s->timers, &t->node);
	else
		tw_heap_push(&s->timers, &t->node);
}

static tw_time ti_deadline(const struct ti *ti)
{
	const struct tw_sched_config *cfg = &ti->run->s->cfg;

	switch ((enum tw_ti_state)ti->state) {
	case TW_TI_QUEUED:
		return cfg->queued_timeout > 0 ? ti->beat + cfg->queued_timeout : TW_TIME_NONE;
	case TW_TI_RUNNING:
	case TW_TI_RESTARTING:
		return cfg->heartbeat_timeout > 0 ? ti->beat + cfg->heartbeat_timeout : TW_TIME_NONE;
	case TW_TI_UP_FOR_RETRY:
	case TW_TI_UP_FOR_RESCHEDULE:
		return ti->due;
	case TW_TI_DEFERRED:
	case TW_TI_AWAITING_INPUT:
		return ti->x ? ti->x->trigger_timeout : TW_TIME_NONE;
	default:
		return TW_TIME_NONE;
	}
}

void tw_core_arm_ti(struct ti *ti)
{
	ti->timer.kind = TIMER_TI;
	tw_core_arm(ti->run->s, &ti->timer, ti_deadline(ti));
}

/* Only the store knows whether somebody has answered, or what is taken when nobody has. */
static void ask_for_defaults(struct ti *ti)
{
	struct tw_fx_ask a = {
		.kind = TW_ASK_NO_ANSWER,
		.dag_id = ti->run->row.dag_id,
		.run_id = ti->run->row.run_id,
		.logical_date = TW_TIME_NONE,
		.attempt = ti->id,
		.trigger_id = ti->x->trigger_id,
	};
	tw_vec_push(&ti->run->s->fx->asks, a);
}

static void fire_ti(struct ti *ti)
{
	struct tw_sched *s = ti->run->s;

	switch ((enum tw_ti_state)ti->state) {
	case TW_TI_QUEUED:
		if (ti->beat + s->cfg.queued_timeout > s->now)
			tw_core_arm_ti(ti);
		else
			tw_core_attempt_stuck(ti);
		break;
	case TW_TI_RUNNING:
	case TW_TI_RESTARTING:
		/* Beats only note the time; here is where they count. */
		if (ti->beat + s->cfg.heartbeat_timeout > s->now) {
			tw_core_arm_ti(ti);
			break;
		}
		tw_core_kill(ti, "heartbeat lost", false);
		tw_core_attempt_failed(ti, "heartbeat lost", false, true, -1);
		break;
	case TW_TI_AWAITING_INPUT:
		ask_for_defaults(ti);
		break;
	case TW_TI_DEFERRED: {
		struct tw_ev_trigger ev = { .trigger_id = ti->x->trigger_id, .what = TW_TRIGGER_TIMEOUT };
		tw_core_on_trigger(s, &ev, NULL);
		break;
	}
	default:
		tw_core_work(ti);
		break;
	}
}

static void fire_run(struct run *r)
{
	if (r->row.state == TW_RUN_QUEUED) {
		tw_core_queue_run(r, false);
		tw_core_dag_work(r->d);
	} else if (r->row.state == TW_RUN_RUNNING) {
		r->timed_out = true;
		tw_core_run_work(r);
	}
}

void tw_core_fire(struct tw_sched *s)
{
	struct tw_heap_node *top;

	while ((top = tw_heap_min(&s->timers))) {
		struct timer *t = tw_container_of(top, struct timer, node);
		if (t->at > s->now)
			break;
		tw_heap_remove(&s->timers, top);
		if (t->kind == TIMER_TI)
			fire_ti(tw_container_of(t, struct ti, timer));
		else if (t->kind == TIMER_RUN)
			fire_run(tw_container_of(t, struct run, timer));
		else
			tw_core_dag_work(tw_container_of(t, struct dagent, timer));
	}
}

tw_time tw_sched_next_time(const struct tw_sched *s)
{
	struct tw_heap_node *top = tw_heap_min(&s->timers);

	return top ? tw_container_of(top, struct timer, node)->at : TW_TIME_NONE;
}
