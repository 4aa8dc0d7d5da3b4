/*
 * Executors, the runners behind them, and triggerers. Attempts start late, end late, are told twice, go silent, or speak
 * after they were killed; ends are kept until they were acknowledged, as a runner's journal keeps them. Some
 * messages are lost, and now and then somebody says what is not so.
 */
#include "sim/sim.h"

static struct tw_str id_key(const struct tw_id *id)
{
	return tw_strn((const char *)id->b, sizeof id->b);
}

struct attempt *exec_find(struct sim *m, struct tw_id id)
{
	return tw_map_get(&m->by_id, id_key(&id));
}

/* A message may be lost, or be heard twice. */
static void say(struct sim *m, struct tw_event ev)
{
	if (!m->calm && sim_chance(m, 15))
		return;
	sim_post(m, ev);
	if (!m->calm && sim_chance(m, 30))
		sim_post(m, ev);
}

static struct attempt *take(struct sim *m, struct tw_id id, struct srow *row)
{
	struct attempt *a = tw_new(struct attempt);

	a->id = id;
	a->row = row;
	a->at = m->attempts.n;
	tw_vec_push(&m->attempts, a);
	tw_map_set(&m->by_id, id_key(&a->id), a);
	return a;
}

static void forget(struct sim *m, struct attempt *a)
{
	m->attempts.v[a->at] = m->attempts.v[--m->attempts.n];
	m->attempts.v[a->at]->at = a->at;
	tw_map_del(&m->by_id, id_key(&a->id));
	if (a->row && a->row->open == a)
		a->row->open = NULL;
	free(a);
}

static void know_trigger(struct sim *m, int64_t id)
{
	for (size_t i = 0; i < m->triggers.n; i++)
		if (m->triggers.v[i] == id)
			return;
	tw_vec_push(&m->triggers, id);
}

/* ── what the scheduler says ────────────────────────────────────────────────────────────── */

static void begin_deferred(struct sim *m, struct attempt *a)
{
	a->phase = ENDED;
	a->end = (struct tw_ev_finished){ .attempt = a->id, .outcome = TW_OUT_DEFERRED, .trigger_id = ++m->next_trigger,
					  .next_method = TW_STR("go"), .trigger_timeout = TW_TIME_NONE, .retry_delay = -1 };
	sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
}

void exec_dispatch(struct sim *m, const struct tw_fx_dispatch *d)
{
	struct attempt *a = exec_find(m, d->ti.id);
	struct srow *row = store_ti(m, d->ti.dag_id, d->ti.run_id, d->ti.task_id, d->ti.map_index);

	m->dispatched++;
	if (tw_map_get(&m->over, id_key(&d->ti.id)))
		sim_fail(m, "an attempt that has ended is dispatched again: " TW_STR_FMT, TW_STR_ARG(d->ti.task_id));
	if (a && a->phase != PAUSED && a->phase != ENDED && !a->killed && a->phase != SENT)
		sim_fail(m, "an attempt is dispatched while it runs (%d): " TW_STR_FMT "[%d]", a->phase,
			 TW_STR_ARG(d->ti.task_id), d->ti.map_index);
	if (!a)
		a = take(m, d->ti.id, row);
	a->row = row;
	a->phase = SENT;
	a->killed = a->accepted = false;
	a->try_number = d->ti.try_number;
	a->leg++;
	if (d->start_trigger)
		begin_deferred(m, a);
	else if (!m->calm && sim_chance(m, 5))
		forget(m, a); /* lost on its way: nobody will ever start it */
}

void exec_kill(struct sim *m, const struct tw_fx_kill *k)
{
	struct attempt *a = exec_find(m, k->attempt);

	if (a)
		a->killed = true;
}

static bool pauses(const struct attempt *a)
{
	return a->end.outcome == TW_OUT_RESCHEDULE || a->end.outcome == TW_OUT_DEFERRED ||
	       a->end.outcome == TW_OUT_AWAITING_INPUT;
}

static void start_accepted(struct sim *m, struct attempt *a)
{
	struct srow *t = a->row;

	/* One live attempt of an instance: all others were told to stop, or were declared lost. */
	if (t && t->open && t->open != a && !t->open->killed && t->open->phase == STARTED)
		sim_fail(m, "two attempts of " TW_STR_FMT "[%d] run", TW_STR_ARG(t->task->task_id), t->l.row.map_index);
	a->accepted = true;
	if (t)
		t->open = a;
}

void exec_ack(struct sim *m, const struct tw_fx_ack *k)
{
	struct attempt *a = exec_find(m, k->attempt);

	if (k->of == TW_EV_FINISHED && k->accepted && a && (a->phase != ENDED || !pauses(a)))
		tw_map_set(&m->over, id_key(&k->attempt), m);
	if (!a)
		return;
	if (k->of == TW_EV_STARTED && k->accepted) {
		start_accepted(m, a);
	} else if (k->of == TW_EV_STARTED && !a->accepted) {
		a->killed = true;
	} else if (k->of == TW_EV_FINISHED && a->phase == ENDED) {
		if (!k->accepted || !pauses(a)) {
			forget(m, a);
			return;
		}
		if (a->end.outcome != TW_OUT_RESCHEDULE)
			know_trigger(m, a->end.trigger_id);
		a->phase = PAUSED;
	}
}

/* ── what attempts do ───────────────────────────────────────────────────────────────────── */

static void post_start(struct sim *m, struct attempt *a)
{
	say(m, (struct tw_event){ .type = TW_EV_STARTED,
				  .started = { .attempt = a->id, .hostname = TW_STR("host"),
					       .pid = 1 + a->leg + 100 * a->try_number } });
}

static void post_end(struct sim *m, struct attempt *a)
{
	say(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
}

static const struct tw_task *task_of(const struct attempt *a)
{
	const struct srow *t = a->row;
	int n = t && !t->gone ? tw_dag_task(t->run->doc->dag, t->task->task_id) : -1;

	return n < 0 ? NULL : &t->run->doc->dag->tasks[n];
}

/* What a branch follows, or a short circuit skips: some direct downstreams, or all below. */
static struct tw_value random_skip(struct sim *m, const struct attempt *a)
{
	const struct tw_task *task = task_of(a);

	if (!task || !task->can_skip || sim_chance(m, 200))
		return TW_NULL;
	const struct doc *doc = a->row->run->doc;
	struct tw_value list = tw_v_list(&m->arena), map = tw_v_map(&m->arena);
	bool follow = sim_chance(m, 600), below = !follow && sim_chance(m, 500);
	for (int i = 0; i < doc->dag->ntasks; i++) {
		const struct tw_task *d = &doc->dag->tasks[i];
		bool direct = false;
		for (int k = 0; k < d->nupstream; k++)
			direct |= d->upstream[k] == task->index;
		bool teardown = d->is_teardown && !follow;
		if (below ? tw_bit(doc->facts[task->index].below, i) && !teardown : direct && !teardown && sim_chance(m, 500))
			tw_list_push(&m->arena, list, tw_v_str(d->task_id));
	}
	tw_map_putc(&m->arena, map, follow ? "followed" : "skipped", list);
	return map;
}

static void good_end(struct sim *m, struct attempt *a)
{
	a->end.outcome = TW_OUT_SUCCESS;
	a->end.has_return = sim_chance(m, 850);
	a->end.mapped_length = sim_chance(m, 900) ? (int)sim_random(m, 5) : -1;
	a->end.skip = random_skip(m, a);
	assets_of_end(m, task_of(a), &a->end);
	if (sim_chance(m, 100))
		a->end.map_index_label = TW_STR("label");
}

static void pause_attempt(struct sim *m, struct attempt *a, enum tw_outcome outcome)
{
	a->end.outcome = outcome;
	a->end.trigger_id = ++m->next_trigger;
	a->end.next_method = TW_STR("resume");
	if (sim_chance(m, 300))
		a->end.trigger_timeout = m->now + 900 * TW_US_SEC;
}

static void end_attempt(struct sim *m, struct attempt *a)
{
	int r = (int)sim_random(m, 100);

	a->end = (struct tw_ev_finished){ .attempt = a->id, .retry_delay = -1, .mapped_length = -1,
					  .trigger_timeout = TW_TIME_NONE };
	a->phase = ENDED;
	if (m->calm || r < 72) {
		good_end(m, a);
	} else if (r < 80) {
		a->end.outcome = TW_OUT_FAILED;
		a->end.reason = TW_STR("it says so");
		if (sim_chance(m, 200))
			a->end.retry_delay = (int64_t)sim_random(m, 100) * TW_US_SEC; /* a policy's own */
	} else if (r < 82) {
		a->end.outcome = TW_OUT_FAILED_FINAL;
	} else if (r < 87) {
		a->end.outcome = TW_OUT_SKIPPED;
	} else if (r < 92) {
		a->end.outcome = TW_OUT_RESCHEDULE;
		a->end.reschedule_at = m->now + (int64_t)sim_random(m, 300) * TW_US_SEC;
	} else if (r < 98) {
		pause_attempt(m, a, r < 96 ? TW_OUT_DEFERRED : TW_OUT_AWAITING_INPUT);
	} else {
		a->end.outcome = TW_OUT_LOST;
	}
}

/* A branch may also ask while it runs. */
static void ask_to_skip(struct sim *m, struct attempt *a)
{
	const struct tw_task *task = task_of(a);

	if (!task || !task->ndownstream)
		return;
	struct tw_ti_key *key = tw_arena_new(&m->arena, struct tw_ti_key);
	int d = task->downstream[sim_random(m, (uint64_t)task->ndownstream)];
	*key = (struct tw_ti_key){ a->row->run->doc->dag->tasks[d].task_id, TW_MAP_ALL };
	sim_post(m, (struct tw_event){ .type = TW_EV_SKIP, .skip = { .attempt = a->id, .tis = key, .ntis = 1 } });
}

static void act_started(struct sim *m, struct attempt *a)
{
	/* A killed one may have ended before it was told. */
	if (a->killed && sim_chance(m, 600)) {
		a->end = (struct tw_ev_finished){ .attempt = a->id, .outcome = TW_OUT_FAILED, .retry_delay = -1,
						  .reason = TW_STR("killed") };
		a->phase = ENDED;
	} else {
		if (!m->calm && sim_chance(m, 10))
			ask_to_skip(m, a);
		end_attempt(m, a);
	}
	post_end(m, a);
}

static void act(struct sim *m, struct attempt *a)
{
	switch (a->phase) {
	case SENT:
		if (a->killed) {
			if (m->calm || sim_chance(m, 800)) {
				forget(m, a);
				break;
			}
		} else if (!m->calm && sim_chance(m, 30)) {
			break;                        /* slow */
		}
		a->phase = !m->calm && sim_chance(m, 20) ? SILENT : STARTED;
		post_start(m, a);
		break;
	case STARTED:
		act_started(m, a);
		break;
	case ENDED:
		if (sim_chance(m, m->calm ? 300 : 60))
			post_end(m, a);               /* nobody has acknowledged it */
		break;
	case PAUSED:
		if (a->row && (a->row->gone || !tw_id_eq(a->row->l.row.id, a->id)))
			forget(m, a);
		break;
	case SILENT:
		if (m->calm || a->killed || sim_chance(m, 10))
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

/* What is not so: ends of attempts that nobody has, starts of those that are over. */
static void lie(struct sim *m)
{
	struct tw_id id = { { (uint8_t)sim_random(m, 256), (uint8_t)sim_random(m, 256) } };

	if (sim_chance(m, 500))
		sim_post(m, (struct tw_event){ .type = TW_EV_STARTED, .started = { .attempt = id, .pid = 7 } });
	else
		sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED,
					       .finished = { .attempt = id, .outcome = TW_OUT_SUCCESS, .retry_delay = -1 } });
	if (sim_chance(m, 300))
		sim_post(m, (struct tw_event){ .type = TW_EV_TRIGGER, .trigger = { .trigger_id = 1 << 30 } });
}

static void fire_trigger(struct sim *m)
{
	size_t i = sim_random(m, m->triggers.n);
	int what = m->calm ? 0 : (int)sim_random(m, 8);

	say(m, (struct tw_event){ .type = TW_EV_TRIGGER,
				  .trigger = { .trigger_id = m->triggers.v[i],
					       .what = what == 7 ? TW_TRIGGER_FAILED : TW_TRIGGER_FIRED,
					       .next_kwargs = TW_STR("{}") } });
	if (sim_chance(m, 700))
		m->triggers.v[i] = m->triggers.v[--m->triggers.n];
}

/* Triggers are rows: a triggerer finds those that somebody waits for. */
static void find_triggers(struct sim *m)
{
	for (size_t i = 0; i < m->live.n; i++)
		for (size_t k = 0; !m->live.v[i]->gone && k < m->live.v[i]->tis.n; k++) {
			const struct tw_ti_row *t = &m->live.v[i]->tis.v[k]->l.row;
			if (t->state == TW_TI_DEFERRED || t->state == TW_TI_AWAITING_INPUT)
				know_trigger(m, t->trigger_id);
		}
}

void exec_act(struct sim *m)
{
	size_t n = m->one_by_one ? 1 : 1 + m->attempts.n * 2 / 3;

	for (size_t i = 0; i < n && m->attempts.n; i++)
		act(m, m->attempts.v[sim_random(m, m->attempts.n)]);
	if (m->attempts.n && sim_chance(m, 300)) {
		struct attempt *a = m->attempts.v[sim_random(m, m->attempts.n)];
		if (a->phase == STARTED)
			say(m, (struct tw_event){ .type = TW_EV_BEAT, .attempt = { a->id } });
		else if (a->phase == SENT && !m->calm && sim_chance(m, 300))
			refuse(m, a);
	}
	size_t fires = m->triggers.n && sim_chance(m, m->calm ? 900 : 200) ? 1 + (m->one_by_one ? 0 : m->triggers.n / 2) : 0;
	for (size_t i = 0; i < fires && m->triggers.n; i++)
		fire_trigger(m);
	if (m->calm && sim_chance(m, 20))
		find_triggers(m);
	if (!m->calm && sim_chance(m, 3))
		lie(m);
}

/* ── after a crash: which attempts are still there? ─────────────────────────────────────── */

static void reconcile_one(struct sim *m, const struct tw_ti_row *row)
{
	struct attempt *a = exec_find(m, row->id);
	bool queued = row->state == TW_TI_QUEUED, here = a && !a->killed && a->phase != PAUSED;

	/* Started, and the start was never committed: it is said again. */
	if (queued && here && a->phase != SENT && a->end.outcome != TW_OUT_DEFERRED)
		sim_post(m, (struct tw_event){ .type = TW_EV_STARTED,
					       .started = { .attempt = a->id, .hostname = TW_STR("host"),
							    .pid = 1 + a->leg + 100 * a->try_number } });
	if (here && a->phase == ENDED)
		sim_post(m, (struct tw_event){ .type = TW_EV_FINISHED, .finished = a->end });
	else if (here)
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
		struct attempt *a = m->attempts.v[i];
		const struct srow *t = a->row;
		if (!t || t->gone || !tw_id_eq(t->l.row.id, a->id) || !is_open(t->l.row.state))
			a->killed = a->phase != PAUSED;
	}
}

void exec_reconcile(struct sim *m)
{
	stop_strangers(m);
	find_triggers(m);
	for (size_t i = 0; i < m->live.n; i++)
		for (size_t k = 0; !m->live.v[i]->gone && k < m->live.v[i]->tis.n; k++) {
			const struct srow *t = m->live.v[i]->tis.v[k];
			if (!tw_run_finished(m->live.v[i]->row.state) && is_open(t->l.row.state))
				reconcile_one(m, &t->l.row);
		}
}
