/* What executors, runners and triggerers report about attempts. */
#include <stdio.h>

#include "core/core.h"

static struct ti *open_attempt(struct tw_sched *s, struct tw_id id)
{
	return tw_idmap_get(&s->ids, id);
}

static void keep_into(struct ti *ti, struct tw_str *to, struct tw_str s)
{
	if (s.p && !(to->p && tw_str_eq(*to, s)))
		*to = tw_str_copy(&ti->run->arena, s);
}

/* ── started, alive ─────────────────────────────────────────────────────────────────────── */

static bool resumed(const struct ti *ti)
{
	return ti->x && (ti->x->next_method.p || ti->x->reschedule_start != TW_TIME_NONE);
}

/*
 * An attempt starts without the XComs of the one before; a resumed one keeps its own. Done when it is given out, which
 * is committed before anybody can push a new one.
 */
void tw_core_clean_slate(struct ti *ti)
{
	if (resumed(ti) || ti->try_number < 2)
		return;
	tw_core_xcom_clear(ti);
	tw_core_set_return(ti, false, -1);
	if (ti->x)
		ti->x->skip = ti->x->said = TW_NULL;
}

static void begin(struct ti *ti)
{
	struct tw_sched *s = ti->run->s;
	bool after_deferral = ti->x && ti->x->next_method.p;

	if (!after_deferral || ti->start == TW_TIME_NONE)
		ti->start = s->now;
	ti->end = TW_TIME_NONE;
	ti->beat = s->now;
}

enum tw_rc tw_core_on_started(struct tw_sched *s, const struct tw_ev_started *ev)
{
	struct ti *ti = open_attempt(s, ev->attempt);
	bool good = ti && ti->state == TW_TI_QUEUED;

	/* Said twice by the one that runs it: still true. */
	bool again = ti && ti->state == TW_TI_RUNNING && ti->x && ti->x->pid == ev->pid &&
		     tw_str_eq(ti->x->hostname, ev->hostname);
	tw_core_ack(s, ev->attempt, TW_EV_STARTED, good || again ? ti : NULL);
	if (!good)
		return TW_OK;
	begin(ti);
	struct ti_extra *x = tw_core_extra(ti);
	keep_into(ti, &x->hostname, ev->hostname);
	keep_into(ti, &x->unixname, ev->unixname);
	keep_into(ti, &x->external_executor_id, ev->external_executor_id);
	x->pid = ev->pid;
	tw_core_move(ti, TW_TI_RUNNING);
	return TW_OK;
}

enum tw_rc tw_core_on_beat(struct tw_sched *s, struct tw_id id)
{
	struct ti *ti = open_attempt(s, id);

	/* Not a row's change: who writes heartbeats down does so on its own. */
	if (ti)
		ti->beat = s->now;
	return TW_OK;
}

enum tw_rc tw_core_on_redispatch(struct tw_sched *s, struct tw_id id, struct tw_err *err)
{
	struct ti *ti = open_attempt(s, id);

	if (!ti || ti->state != TW_TI_QUEUED)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no such attempt is queued");
	ti->dispatch_turn = 0;
	tw_core_move(ti, TW_TI_SCHEDULED);
	return TW_OK;
}

/* ── failed ─────────────────────────────────────────────────────────────────────────────── */

static bool retries(const struct ti *ti)
{
	return ti->run->dag->tasks[ti->task].retries > 0 || ti->max_tries > 0 ?
		       ti->try_number <= ti->max_tries :
		       false;
}

static void set_reason(struct ti *ti, struct tw_str reason)
{
	if (reason.n)
		keep_into(ti, &tw_core_extra(ti)->reason, reason);
}

static void retry_later(struct ti *ti, int64_t own_delay)
{
	int64_t delay = own_delay >= 0 ? own_delay : tw_core_retry_delay(ti);
	tw_time at = ti->end + delay;
	struct tw_str reason = ti->x ? ti->x->reason : tw_str(NULL);

	tw_core_history(ti, TW_TI_FAILED);
	tw_core_move(ti, TW_TI_UP_FOR_RETRY);
	tw_core_new_attempt(ti);
	if (reason.p)
		tw_core_extra(ti)->reason = reason;
	ti->due = at;
	tw_core_arm_ti(ti);
}

/* Cleared while it ran: that has ended, it starts over. */
static void restart(struct ti *ti)
{
	tw_core_history(ti, TW_TI_FAILED);
	tw_core_move(ti, TW_TI_NONE);
	tw_core_new_attempt(ti);
	ti->start = ti->end = ti->queued = ti->scheduled = TW_TIME_NONE;
	tw_core_work(ti);
}

void tw_core_attempt_failed(struct ti *ti, const char *reason, bool final, bool nobody_calls,
			    int64_t own_delay)
{
	struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];

	if (ti->state == TW_TI_RESTARTING) {
		restart(ti);
		return;
	}
	set_reason(ti, tw_str(reason));
	ti->end = r->s->now;
	if (ti->start == TW_TIME_NONE)
		ti->start = ti->end;
	tw_core_forget_trigger(ti);
	bool again = !final && retries(ti);
	unsigned wanted = again ? TW_CB_RETRY | TW_CB_MAIL_RETRY : TW_CB_FAILURE | TW_CB_MAIL_FAILURE;
	if (nobody_calls && t->callbacks & wanted)
		tw_core_callback(r, ti, again ? TW_CALL_TASK_RETRY : TW_CALL_TASK_FAILURE, reason);
	if (again) {
		retry_later(ti, own_delay);
		return;
	}
	tw_core_move(ti, TW_TI_FAILED);
	if (r->dag->fail_fast && r->row.state == TW_RUN_RUNNING)
		tw_core_fail_fast(ti);
}

/* Too long in queued: taken back and given out again, some times, then failed. */
void tw_core_attempt_stuck(struct ti *ti)
{
	tw_core_kill(ti, "stuck in queued", true);
	if (ti->requeues >= ti->run->s->cfg.requeues_if_stuck) {
		tw_core_attempt_failed(ti, "stuck in queued", true, true, -1);
		return;
	}
	int n = ti->requeues + 1;
	tw_core_audit(ti->run, ti, "stuck in queued reschedule", tw_str(NULL), tw_str(NULL));
	tw_core_move(ti, TW_TI_SCHEDULED);
	/* The executor may start the old one yet: only a new id tells it apart. */
	struct tw_id id = tw_core_new_id(ti->run->s);
	ti->id = id;
	ti->requeues = n;
}

enum tw_rc tw_core_on_refused(struct tw_sched *s, const struct tw_ev_refused *ev)
{
	struct ti *ti = open_attempt(s, ev->attempt);
	char reason[200];

	if (!ti || ti->state != TW_TI_QUEUED)
		return TW_OK;
	if (!ev->final) {
		tw_core_move(ti, TW_TI_SCHEDULED);
		return TW_OK;
	}
	snprintf(reason, sizeof reason, TW_STR_FMT, TW_STR_ARG(ev->reason));
	tw_core_attempt_failed(ti, reason, false, true, -1);
	return TW_OK;
}

/* ── finished ───────────────────────────────────────────────────────────────────────────── */

static void finish_success(struct ti *ti, const struct tw_ev_finished *ev, enum tw_ti_state state)
{
	tw_core_set_return(ti, ev->has_return, ev->has_return ? ev->mapped_length : -1);
	ti->end = ti->run->s->now;
	if (ev->skip.kind == TW_V_MAP)
		tw_core_read_skip(ti, tw_value_copy(&ti->run->arena, ev->skip));
	if (ti->x) {
		ti->x->next_method = ti->x->next_kwargs = tw_str(NULL);
		ti->x->reschedule_start = TW_TIME_NONE;
	}
	/* First those who are decided against, then those who follow. */
	if (ti->x && ti->x->skip.kind == TW_V_MAP)
		tw_core_skip_others(ti);
	tw_core_move(ti, state);
}

/* It waits for a trigger, or for a person; the number is what will be said when that has come. */
static void finish_deferred(struct ti *ti, const struct tw_ev_finished *ev, enum tw_ti_state state)
{
	struct ti_extra *x = tw_core_extra(ti);
	struct tw_sched *s = ti->run->s;

	keep_into(ti, &x->next_method, ev->next_method.p ? ev->next_method : TW_STR("execute_complete"));
	x->next_kwargs = tw_core_keep(&ti->run->arena, ev->next_kwargs);
	x->trigger_id = ev->trigger_id;
	x->trigger_timeout = ev->trigger_timeout ? ev->trigger_timeout : TW_TIME_NONE;
	tw_map_set(&s->triggers, tw_strn((const char *)&x->trigger_id, sizeof x->trigger_id), ti);
	tw_core_move(ti, state);
}

static void finish_reschedule(struct ti *ti, const struct tw_ev_finished *ev)
{
	struct ti_extra *x = tw_core_extra(ti);

	if (x->reschedule_start == TW_TIME_NONE)
		x->reschedule_start = ti->start;
	ti->due = ev->reschedule_at;
	ti->end = ti->run->s->now;
	tw_core_move(ti, TW_TI_UP_FOR_RESCHEDULE);
	tw_core_arm_ti(ti);
}

static void failed(struct ti *ti, const struct tw_ev_finished *ev)
{
	char reason[500];
	bool final = ev->outcome == TW_OUT_FAILED_FINAL;

	snprintf(reason, sizeof reason, TW_STR_FMT, (int)(ev->reason.n > 499 ? 499 : ev->reason.n),
		 ev->reason.p ? ev->reason.p : "");
	tw_core_attempt_failed(ti, reason, final, !ev->calls_back, ev->retry_delay);
}

static void end_attempt(struct ti *ti, const struct tw_ev_finished *ev)
{
	switch (ev->outcome) {
	case TW_OUT_SUCCESS:
		finish_success(ti, ev, TW_TI_SUCCESS);
		for (int i = 0; i < ev->nassets; i++)
			tw_core_asset_happened(ti->run->s, &ev->assets[i], ti, 0);
		break;
	case TW_OUT_SKIPPED:
		finish_success(ti, ev, TW_TI_SKIPPED);
		break;
	case TW_OUT_RESCHEDULE:
		finish_reschedule(ti, ev);
		break;
	case TW_OUT_DEFERRED:
		finish_deferred(ti, ev, TW_TI_DEFERRED);
		break;
	case TW_OUT_AWAITING_INPUT:
		finish_deferred(ti, ev, TW_TI_AWAITING_INPUT);
		break;
	case TW_OUT_FAILED:
	case TW_OUT_FAILED_FINAL:
	case TW_OUT_LOST:
		failed(ti, ev);
		break;
	}
}

enum tw_rc tw_core_on_finished(struct tw_sched *s, const struct tw_ev_finished *ev)
{
	struct ti *ti = open_attempt(s, ev->attempt);

	/* A resumed attempt that has not started yet cannot have paused again: that is its earlier pause, told twice. */
	bool paused = ev->outcome == TW_OUT_DEFERRED || ev->outcome == TW_OUT_RESCHEDULE ||
		      ev->outcome == TW_OUT_AWAITING_INPUT;
	if (ti && ti->state == TW_TI_QUEUED && resumed(ti) && paused)
		ti = NULL;
	tw_core_ack(s, ev->attempt, TW_EV_FINISHED, ti && ti->state != TW_TI_RESTARTING ? ti : NULL);
	if (!ti)
		return TW_OK;
	if (ti->state == TW_TI_RESTARTING) {
		restart(ti);
		return TW_OK;
	}
	if (ti->state == TW_TI_QUEUED && ev->outcome != TW_OUT_LOST) {
		begin(ti);
		tw_core_move(ti, TW_TI_RUNNING);
	}
	if (ev->map_index_label.p)
		keep_into(ti, &tw_core_extra(ti)->label, ev->map_index_label);
	end_attempt(ti, ev);
	return TW_OK;
}

/* {"a": 1} and an event to {"a": 1,"event": …}; both are JSON text. */
static struct tw_str with_event(struct tw_arena *a, struct tw_str kwargs, struct tw_str event)
{
	struct tw_str inner = tw_str_trim(kwargs);

	if (!event.p)
		event = TW_STR("null");
	if (inner.n < 2 || inner.p[0] != '{')
		inner = TW_STR("{}");
	inner = tw_str_trim(tw_strn(inner.p + 1, inner.n - 2));
	return tw_str(tw_arena_printf(a, "{" TW_STR_FMT "%s\"event\":" TW_STR_FMT "}", TW_STR_ARG(inner),
				      inner.n ? "," : "", TW_STR_ARG(event)));
}

/*
 * May a trigger end the task by itself? Not when somebody in Python must hear of that end: a callback, the
 * mail, the assets it tells of. Then the task goes on with the method "__end__", which ends it there.
 */
static bool may_end_here(const struct ti *ti, enum tw_outcome outcome)
{
	const struct tw_task *t = &ti->run->dag->tasks[ti->task];

	switch (outcome) {
	case TW_OUT_SUCCESS:
		return !(t->callbacks & TW_CB_SUCCESS) && !t->has_outlets;
	case TW_OUT_SKIPPED:
		return !(t->callbacks & TW_CB_SKIPPED);
	default:
		return !(t->callbacks & (TW_CB_FAILURE | TW_CB_RETRY)) && !tw_map_findc(t->raw, "email");
	}
}

static enum tw_rc trigger_ended(struct ti *ti, const struct tw_ev_finished *end)
{
	tw_core_ack(ti->run->s, ti->id, TW_EV_TRIGGER, ti);
	tw_core_forget_trigger(ti);
	end_attempt(ti, end);
	return TW_OK;
}

enum tw_rc tw_core_on_trigger(struct tw_sched *s, const struct tw_ev_trigger *ev, struct tw_err *err)
{
	int64_t id = ev->trigger_id;
	struct ti *ti = tw_map_get(&s->triggers, tw_strn((const char *)&id, sizeof id));

	if (!ti || (ti->state != TW_TI_DEFERRED && ti->state != TW_TI_AWAITING_INPUT))
		return tw_err_set(err, TW_ERR_NOT_FOUND, "nobody waits for trigger %lld", (long long)id);
	struct ti_extra *x = ti->x;
	if (ev->what == TW_TRIGGER_ENDED && may_end_here(ti, ev->end->outcome))
		return trigger_ended(ti, ev->end);
	if (ev->what == TW_TRIGGER_ENDED) {
		x->next_method = TW_STR("__end__");
	} else if (ev->what != TW_TRIGGER_FIRED) {
		x->next_method = TW_STR("__fail__");
		if (ev->what == TW_TRIGGER_TIMEOUT && !ev->next_kwargs.p)
			x->next_kwargs = TW_STR("{\"error\": \"Trigger timeout\"}");
	}
	if (ev->what == TW_TRIGGER_FIRED)
		x->next_kwargs = with_event(&ti->run->arena, x->next_kwargs, ev->next_kwargs);
	else if (ev->next_kwargs.p)
		x->next_kwargs = tw_str_copy(&ti->run->arena, ev->next_kwargs);
	tw_core_forget_trigger(ti);
	ti->scheduled = s->now;
	tw_core_move(ti, TW_TI_SCHEDULED);
	return TW_OK;
}

/* ── skipping others ────────────────────────────────────────────────────────────────────── */

static bool listed(struct tw_value list, struct tw_str id)
{
	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++)
		if (list.list->v[i].kind == TW_V_STR && tw_str_eq(list.list->v[i].s, id))
			return true;
	return false;
}

static void add_below(const struct run *r, int task, struct tw_value out, struct tw_value named)
{
	tw_bits *below = tw_bits_new(r->ntasks);
	struct tw_arena *a = &((struct run *)r)->arena;

	for (size_t i = 0; i < named.list->n; i++) {
		int t = named.list->v[i].kind == TW_V_STR ? tw_dag_task(r->dag, named.list->v[i].s) : -1;
		if (t >= 0) {
			tw_bit_set(below, t);
			tw_dag_descendants(r->dag, t, below);
		}
	}
	const struct tw_task *t = &r->dag->tasks[task];
	for (int i = 0; i < t->ndownstream; i++)
		if (tw_bit(below, t->downstream[i]))
			tw_list_push(a, out, tw_v_str(r->dag->tasks[t->downstream[i]].task_id));
	free(below);
}

/*
 * A skip record as the task told it: what a branch follows are the ids given and all below them, of which
 * the direct downstreams are kept.
 */
void tw_core_read_skip(struct ti *ti, struct tw_value record)
{
	struct tw_arena *a = &ti->run->arena;
	struct tw_value followed = tw_map_value(record, "followed");
	struct ti_extra *x = tw_core_extra(ti);

	x->skip = x->said = record;
	if (followed.kind == TW_V_LIST) {
		struct tw_value out = tw_v_list(a), map = tw_v_map(a);
		add_below(ti->run, ti->task, out, followed);
		tw_map_putc(a, map, "followed", out);
		x->skip = map;
	}
}

static void skip_one(struct ti *ti)
{
	if (ti->state == TW_TI_RUNNING || tw_ti_finished(ti->state) || ti->state == TW_TI_RESTARTING)
		return;
	if (ti->run->dag->tasks[ti->task].is_teardown)
		return;
	tw_core_stop(ti, TW_TI_SKIPPED, "skipped");
}

/* A mapped branch speaks for its own index, any other for all. */
static void skip_task(struct run *r, int task, int map_index)
{
	struct tstate *ts = &r->tasks[task];

	for (int i = 0; i < ts->n; i++)
		if (map_index < 0 || ts->tis[i]->map_index == map_index)
			skip_one(ts->tis[i]);
}

void tw_core_skip_others(struct ti *by)
{
	struct run *r = by->run;
	const struct tw_task *t = &r->dag->tasks[by->task];
	struct tw_value followed = tw_map_value(by->x->skip, "followed");
	struct tw_value skipped = tw_map_value(by->x->skip, "skipped");

	for (int i = 0; followed.kind == TW_V_LIST && i < t->ndownstream; i++)
		if (!listed(followed, r->dag->tasks[t->downstream[i]].task_id))
			skip_task(r, t->downstream[i], by->map_index);
	for (size_t i = 0; skipped.kind == TW_V_LIST && i < skipped.list->n; i++) {
		struct tw_value id = skipped.list->v[i];
		int d = id.kind == TW_V_STR ? tw_dag_task(r->dag, id.s) : -1;
		if (d >= 0)
			skip_task(r, d, by->map_index);
	}
}

enum tw_rc tw_core_on_skip(struct tw_sched *s, const struct tw_ev_skip *ev, struct tw_err *err)
{
	struct ti *by = open_attempt(s, ev->attempt);

	if (by && by->state != TW_TI_RUNNING)
		by = NULL;
	tw_core_ack(s, ev->attempt, TW_EV_SKIP, by);
	for (int i = 0; by && i < ev->ntis; i++) {
		int t = tw_dag_task(by->run->dag, ev->tis[i].task_id);
		if (t >= 0 && t != by->task)
			skip_task(by->run, t, ev->tis[i].map_index);
	}
	return TW_OK;
}
