/*
 * The executor and the runners behind it. Attempts start late, end late, are told twice, go silent, or speak
 * after they were killed; ends are kept until they were acknowledged, as a runner's journal keeps them.
 */
#include "sim/sim.h"

struct attempt *exec_find(struct sim *m, struct tw_id id)
{
	for (size_t i = m->attempts.n; i-- > 0;)
		if (tw_id_eq(m->attempts.v[i].id, id))
			return &m->attempts.v[i];
	return NULL;
}

static void take_dispatch(struct sim *m, const struct tw_fx_dispatch *d)
{
	struct attempt *a = exec_find(m, d->ti.id);

	m->dispatched++;
	if (tw_map_get(&m->over, tw_strn((const char *)d->ti.id.b, 16)))
		sim_fail(m, "an attempt that has ended is dispatched again: " TW_STR_FMT, TW_STR_ARG(d->ti.task_id));
	if (!a) {
		struct attempt x = { .id = d->ti.id, .dag = sim_intern(m, d->ti.dag_id), .run = sim_intern(m, d->ti.run_id),
				     .task = sim_intern(m, d->ti.task_id) };
		tw_vec_push(&m->attempts, x);
		a = &m->attempts.v[m->attempts.n - 1];
	} else if (a->phase != ENDED && !a->killed && a->phase != SENT) {
		sim_fail(m, "an attempt is dispatched while it runs (%d): " TW_STR_FMT "[%d]", a->phase, TW_STR_ARG(a->task),
			 a->map_index);
	}
	a->phase = SENT;
	a->killed = a->accepted = false;
	a->map_index = d->ti.map_index;
	a->try_number = d->ti.try_number;
}

static void forget(struct sim *m, struct attempt *a)
{
	*a = m->attempts.v[--m->attempts.n];
}

static void know_trigger(struct sim *m, int64_t id)
{
	for (size_t i = 0; i < m->triggers.n; i++)
		if (m->triggers.v[i] == id)
			return;
	tw_vec_push(&m->triggers, id);
}

static void take_ack(struct sim *m, const struct tw_fx_ack *k)
{
	struct attempt *a = exec_find(m, k->attempt);

	if (!a)
		return;
	if (k->of == TW_EV_STARTED && k->accepted) {
		/* One live attempt of an instance: all others were told to stop, or were declared lost. */
		a->accepted = true;
	} else if (k->of == TW_EV_STARTED && !a->accepted) {
		a->killed = true;
	} else if (k->of == TW_EV_FINISHED && a->phase == ENDED) {
		if (k->accepted && a->end.outcome != TW_OUT_RESCHEDULE && a->end.outcome != TW_OUT_DEFERRED)
			tw_map_set(&m->over, tw_strn((const char *)a->id.b, 16), m);
		bool again = k->accepted && (a->end.outcome == TW_OUT_RESCHEDULE || a->end.outcome == TW_OUT_DEFERRED);
		if (again && a->end.outcome == TW_OUT_DEFERRED)
			know_trigger(m, a->end.trigger_id);
		if (!again)
			forget(m, a);
		else
			a->killed = true; /* until the next dispatch under this id */
	}
}

void exec_take(struct sim *m, const struct tw_effects *fx)
{
	/* The order of shells: acknowledged, then killed, then given out. */
	for (size_t i = 0; i < fx->acks.n; i++)
		take_ack(m, &fx->acks.v[i]);
	for (size_t i = 0; i < fx->kills.n; i++) {
		struct attempt *a = exec_find(m, fx->kills.v[i].attempt);
		if (a)
			a->killed = true;
	}
	for (size_t i = 0; i < fx->dispatch.n; i++)
		if (!fx->dispatch.v[i].dropped)
			take_dispatch(m, &fx->dispatch.v[i]);
}

/* ── what attempts do ───────────────────────────────────────────────────────────────────── */

static void post_start(struct sim *m, struct attempt *a)
{
	sim_post(m, (struct tw_event){ .type = TW_EV_STARTED,
				       .started = { .attempt = a->id, .hostname = TW_STR("host"),
						    .pid = 1 + a->map_index + 10 * a->try_number } });
}

static struct tw_value random_skip(struct sim *m, const struct attempt *a)
{
	struct srun *r = store_run(m, a->dag, a->run);
	struct tw_value list = tw_v_list(&m->arena), map = tw_v_map(&m->arena);

	if (!r)
		return TW_NULL;
	int t = tw_dag_task(r->dag, a->task);
	if (t < 0 || !r->dag->tasks[t].can_skip)
		return TW_NULL;
	const struct tw_task *task = &r->dag->tasks[t];
	for (int i = 0; i < task->ndownstream; i++)
		if (sim_chance(m, 500))
			tw_list_push(&m->arena, list, tw_v_str(sim_intern(m, r->dag->tasks[task->downstream[i]].task_id)));
	tw_map_putc(&m->arena, map, sim_chance(m, 700) ? "followed" : "skipped", list);
	return map;
}

static void end_attempt(struct sim *m, struct attempt *a)
{
	int r = (int)sim_random(m, 100);
	struct tw_ev_finished *e = &a->end;

	*e = (struct tw_ev_finished){ .attempt = a->id, .retry_delay = -1, .mapped_length = -1,
				      .trigger_timeout = TW_TIME_NONE };
	a->phase = ENDED;
	if (m->calm || r < 70) {
		e->outcome = TW_OUT_SUCCESS;
		e->has_return = sim_chance(m, 850);
		e->mapped_length = sim_chance(m, 900) ? (int)sim_random(m, 5) : -1;
		e->skip = random_skip(m, a);
	} else if (r < 80) {
		e->outcome = TW_OUT_FAILED;
	} else if (r < 83) {
		e->outcome = TW_OUT_FAILED_FINAL;
	} else if (r < 88) {
		e->outcome = TW_OUT_SKIPPED;
	} else if (r < 93) {
		e->outcome = TW_OUT_RESCHEDULE;
		e->reschedule_at = m->now + (int64_t)sim_random(m, 300) * TW_US_SEC;
	} else if (r < 97) {
		e->outcome = TW_OUT_DEFERRED;
		e->trigger_id = ++m->next_trigger;
		e->next_method = TW_STR("resume");
		if (sim_chance(m, 300))
			e->trigger_timeout = m->now + 900 * TW_US_SEC;
		tw_vec_push(&m->triggers, e->trigger_id);
	} else {
		e->outcome = TW_OUT_LOST;
	}
}

static void act(struct sim *m, struct attempt *a)
{
	if (a->killed && m->calm) {
		forget(m, a);
		return;
	}
	switch (a->phase) {
	case SENT:
		if (a->killed && sim_chance(m, 800))
			break;
		if (!m->calm && sim_chance(m, 30))
			break;                        /* slow */
		a->phase = !m->calm && sim_chance(m, 20) ? SILENT : STARTED;
		post_start(m, a);
		if (!m->calm && sim_chance(m, 50))
			post_start(m, a);             /* twice */
		break;
	case STARTED:
		/* A killed one may have ended before it was told. */
		if (!a->killed || sim_chance(m, 400)) {
			end_attempt(m, a);
			sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
			if (!m->calm && sim_chance(m, 50))
				sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
		} else {
			a->end = (struct tw_ev_finished){ .attempt = a->id, .outcome = TW_OUT_FAILED, .retry_delay = -1,
							  .reason = TW_STR("killed") };
			a->phase = ENDED;
			sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
		}
		break;
	case ENDED:
		if (a->killed && a->end.outcome != TW_OUT_FAILED)
			break;                        /* told, and waiting for its next dispatch */
		sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
		break;
	case SILENT:
		if (m->calm || sim_chance(m, 10))
			a->phase = STARTED;
		break;
	}
}

static void refuse(struct sim *m, struct attempt *a)
{
	sim_post(m, (struct tw_event){ .type = TW_EV_REFUSED,
				       .refused = { .attempt = a->id, .final = sim_chance(m, 100), .reason = TW_STR("no") } });
	forget(m, a);
}

void exec_act(struct sim *m)
{
	if (m->attempts.n)
		act(m, &m->attempts.v[sim_random(m, m->attempts.n)]);
	if (m->attempts.n && sim_chance(m, 300)) {
		struct attempt *a = &m->attempts.v[sim_random(m, m->attempts.n)];
		if (a->phase == STARTED)
			sim_post(m, (struct tw_event){ .type = TW_EV_BEAT, .attempt = { a->id } });
		else if (a->phase == SENT && !m->calm && sim_chance(m, 300))
			refuse(m, a);
	}
	if (m->triggers.n && sim_chance(m, m->calm ? 900 : 200)) {
		size_t i = sim_random(m, m->triggers.n);
		int what = m->calm ? 0 : (int)sim_random(m, 8);
		sim_post(m, (struct tw_event){ .type = TW_EV_TRIGGER,
					       .trigger = { .trigger_id = m->triggers.v[i],
							    .what = what == 7 ? TW_TRIGGER_FAILED : TW_TRIGGER_FIRED,
							    .next_kwargs = TW_STR("{}") } });
		if (sim_chance(m, 700))
			m->triggers.v[i] = m->triggers.v[--m->triggers.n];
	}
}

/* ── after a crash: which attempts are still there? ─────────────────────────────────────── */

static void reconcile_one(struct sim *m, const struct tw_ti_row *row)
{
	struct attempt *a = exec_find(m, row->id);
	bool queued = row->state == TW_TI_QUEUED;

	/* Started, and the start was never committed: it is said again. */
	if (queued && a && !a->killed && a->phase != SENT)
		post_start(m, a);
	if (a && !a->killed && a->phase == ENDED)
		sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
	else if (a && !a->killed)
		sim_post(m, (struct tw_event){ .type = TW_EV_ADOPTED, .attempt = { row->id } });
	else if (queued)
		sim_post(m, (struct tw_event){ .type = TW_EV_REDISPATCH, .attempt = { row->id } });
	else
		sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED,
					       .finished = { .attempt = row->id, .outcome = TW_OUT_LOST, .retry_delay = -1,
							     .reason = TW_STR("lost") } });
}

static bool is_open(enum tw_ti_state s)
{
	return s == TW_TI_QUEUED || s == TW_TI_RUNNING || s == TW_TI_RESTARTING;
}

/* What the executor has and the store does not know as open is stopped. */
static void stop_strangers(struct sim *m)
{
	for (size_t i = 0; i < m->attempts.n; i++) {
		struct attempt *a = &m->attempts.v[i];
		struct srow *t = store_ti(m, a->dag, a->run, a->task, a->map_index);
		if (!t || !tw_id_eq(t->l.row.id, a->id) || !is_open(t->l.row.state))
			a->killed = true;
	}
}

/* Triggers are rows: a triggerer finds those that somebody waits for. */
static void find_triggers(struct sim *m)
{
	tw_map_foreach(&m->ti_rows, e) {
		const struct srow *t = e->value;
		if (t->l.row.state == TW_TI_DEFERRED)
			know_trigger(m, t->l.row.trigger_id);
	}
}

void exec_reconcile(struct sim *m)
{
	stop_strangers(m);
	find_triggers(m);
	for (size_t i = 0; i < m->runs.n; i++)
		for (size_t k = 0; !m->runs.v[i]->gone && k < m->runs.v[i]->tis.n; k++) {
			const struct srow *t = m->runs.v[i]->tis.v[k];
			enum tw_ti_state s = t->l.row.state;
			if (!t->gone && !tw_run_finished(m->runs.v[i]->row.state) && is_open(s))
				reconcile_one(m, &t->l.row);
		}
}
