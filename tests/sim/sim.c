#include "sim/sim.h"

uint64_t sim_random(struct sim *m, uint64_t below)
{
	uint64_t z = m->rng += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return below ? z % below : 0;
}

bool sim_chance(struct sim *m, int in_1000)
{
	return (int)sim_random(m, 1000) < in_1000;
}

struct tw_str sim_intern(struct sim *m, struct tw_str s)
{
	if (!s.p)
		return s;
	char *had = tw_map_get(&m->interned, s);
	if (!had) {
		had = tw_str_copy(&m->arena, s).p ? (char *)tw_str_copy(&m->arena, s).p : NULL;
		tw_map_set(&m->interned, s, had);
	}
	return tw_strn(had, s.n);
}

struct tw_str sim_printf(struct sim *m, const char *fmt, ...)
{
	struct tw_buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	tw_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	struct tw_str s = sim_intern(m, tw_buf_str(&b));
	tw_buf_release(&b);
	return s;
}

void sim_fail(struct sim *m, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "seed %llu, step %ld, turn %ld: ", (unsigned long long)m->seed, m->step, m->turns);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void sim_post(struct sim *m, struct tw_event ev)
{
	if (!ev.at)
		ev.at = m->now;
	tw_vec_push(&m->pending, ev);
}

/* ── turns ──────────────────────────────────────────────────────────────────────────────── */

static void boot(struct sim *m)
{
	m->cfg.seed = sim_random(m, UINT64_MAX);
	m->cfg.loading = true;
	m->s = tw_sched_new(&m->cfg);
	m->pending.n = 0;
	store_reload(m);
	sim_post(m, (struct tw_event){ .type = TW_EV_LOADED });
}

static void verbose(const struct sim *m, const struct tw_event *ev, enum tw_rc rc)
{
	static int on = -1;

	if (on < 0)
		on = getenv("SIM_VERBOSE") != NULL;
	if (!on)
		return;
	struct tw_id id = ev->type == TW_EV_FINISHED ? ev->finished.attempt : ev->attempt.id; /* the union's first */
	fprintf(stderr, "%ld: event %d rc %d", m->turns, ev->type, rc);
	if (ev->type >= TW_EV_STARTED && ev->type <= TW_EV_REFUSED) {
		const struct attempt *a = exec_find((struct sim *)m, id);
		fprintf(stderr, " attempt %02x%02x outcome %d " TW_STR_FMT "[%d] phase %d killed %d", id.b[14], id.b[15],
			ev->type == TW_EV_FINISHED ? (int)ev->finished.outcome : -1, TW_STR_ARG(a ? a->task : TW_STR("?")),
			a ? a->map_index : 0, a ? (int)a->phase : -1, a && a->killed);
	}
	fputc('\n', stderr);
}

struct ended {
	struct tw_ev_finished ev;
	size_t ack;
};

struct unheld {
	struct tw_event ev;
	size_t ask;
};

/* An event about a run that is not held: the run is loaded, and the event comes again. */
static void again(struct sim *m, const struct tw_event *ev, const struct tw_fx_ask *a)
{
	struct srun *r = store_run(m, a->dag_id, a->run_id);

	if (r) {
		store_load_run(m, r);
		sim_post(m, *ev);
	}
}

static void perform(struct sim *m, const struct tw_effects *fx)
{
	exec_take(m, fx);
	for (size_t i = 0; i < fx->dags.n; i++)
		for (int d = 0; d < NDAGS; d++)
			if (fx->dags.v[i].set_paused && tw_str_eq(m->dags[d]->dag_id, fx->dags.v[i].dag_id))
				m->paused[d] = true;
	for (size_t i = 0; i < fx->asks.n; i++)
		if (fx->asks.v[i].kind == TW_ASK_PAST)
			store_answer_past(m, &fx->asks.v[i]);
}

/* Everything the process knew is gone; what it told the store stays. */
static void crash(struct sim *m, struct tw_effects *fx)
{
	tw_effects_free(fx);
	tw_sched_free(m->s);
	m->crashes++;
	boot(m);
	fx = tw_effects_new();
	for (size_t i = 0; i < m->pending.n; i++) {
		struct tw_err err;
		if (tw_sched_step(m->s, &m->pending.v[i], fx, &err) < 0)
			sim_fail(m, "reload: %s", err.msg);
	}
	m->pending.n = 0;
	store_apply(m, fx);
	check_turn(m, fx, false);
	perform(m, fx);
	tw_effects_free(fx);
	exec_reconcile(m);
}

void sim_turn(struct sim *m)
{
	struct tw_effects *fx = tw_effects_new();
	TW_VEC(struct tw_event) evs = { m->pending.v, m->pending.n, m->pending.cap };
	TW_VEC(struct ended) ends = { 0 };
	TW_VEC(struct unheld) unheld = { 0 };
	int fate = m->calm ? 1000 : (int)sim_random(m, 1000);

	memset(&m->pending, 0, sizeof m->pending);
	m->turns++;
	m->limits_changed = false;
	for (size_t i = 0; i < evs.n; i++) {
		struct tw_err err = { 0 };
		enum tw_rc rc = tw_sched_step(m->s, &evs.v[i], fx, &err);
		verbose(m, &evs.v[i], rc);
		m->limits_changed |= evs.v[i].type == TW_EV_POOL;
		if (rc == TW_ERR_AGAIN) {
			struct unheld u = { evs.v[i], fx->asks.n - 1 };
			tw_vec_push(&unheld, u);
		}
		if (evs.v[i].type == TW_EV_FINISHED) {
			struct ended e = { evs.v[i].finished, fx->acks.n - 1 };
			tw_vec_push(&ends, e);
		}
	}
	if (fate < 8) { /* before the commit */
		m->pending.n = 0;
		crash(m, fx);
	} else {
		store_apply(m, fx);
		for (size_t i = 0; i < ends.n; i++)
			if (fx->acks.v[ends.v[i].ack].accepted)
				store_finish(m, &ends.v[i].ev, &fx->acks.v[ends.v[i].ack]);
		check_turn(m, fx, evs.n == 1 && evs.v[0].type != TW_EV_MARK && evs.v[0].type != TW_EV_CLEAR);
		if (fate < 16) { /* between the commit and what follows from it */
			m->pending.n = 0;
			crash(m, fx);
		} else {
			perform(m, fx);
			for (size_t i = 0; i < unheld.n; i++)
				again(m, &unheld.v[i].ev, &fx->asks.v[unheld.v[i].ask]);
			tw_effects_free(fx);
		}
	}
	tw_vec_release(&evs);
	tw_vec_release(&unheld);
	tw_vec_release(&ends);
}

/* ── people ─────────────────────────────────────────────────────────────────────────────── */

static struct srun *random_run(struct sim *m)
{
	for (int i = 0; m->runs.n && i < 20; i++) {
		size_t back = sim_random(m, m->runs.n < 12 ? m->runs.n : 12);
		struct srun *r = m->runs.v[m->runs.n - 1 - back];
		if (!r->gone)
			return r;
	}
	return NULL;
}

static struct tw_ti_key *random_keys(struct sim *m, const struct srun *r, int *ret_n)
{
	struct tw_ti_key *keys = tw_arena_alloc(&m->arena, 4 * sizeof *keys);

	*ret_n = 0;
	for (int i = 0; i < 3; i++) {
		const struct srow *t = r->tis.n ? r->tis.v[sim_random(m, r->tis.n)] : NULL;
		if (t && !t->gone && tw_dag_task(r->dag, t->l.row.task_id) >= 0)
			keys[(*ret_n)++] = (struct tw_ti_key){ t->l.row.task_id,
							       sim_chance(m, 500) ? TW_MAP_ALL : t->l.row.map_index };
	}
	return keys;
}

static void ask_for_run(struct sim *m)
{
	int d = (int)sim_random(m, NDAGS);
	struct tw_run_row row = {
		.dag_id = m->dags[d]->dag_id, .run_id = sim_printf(m, "r%d", m->nrun_names++),
		.logical_date = sim_chance(m, 700) ? m->now + (int64_t)m->nrun_names : TW_TIME_NONE,
		.interval_start = TW_TIME_NONE, .interval_end = TW_TIME_NONE,
		.run_after = sim_chance(m, 100) ? m->now + 600 * TW_US_SEC : TW_TIME_NONE,
	};

	sim_post(m, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = row } });
}

static void new_version(struct sim *m)
{
	int d = (int)sim_random(m, NDAGS);

	if (m->ndocs >= NDAGS * 50)
		return;
	m->dags[d] = m->all_docs[m->ndocs] = sim_random_dag(m, d);
	sim_post(m, (struct tw_event){ .type = TW_EV_DAG,
				       .dag = { .dag = m->dags[d], .paused = m->paused[d],
						.version_id = sim_printf(m, "v%d", m->ndocs),
						.last_run = { .run_after = TW_TIME_NONE } } });
	m->ndocs++;
}

static void clear(struct sim *m, const struct srun *r)
{
	struct tw_ev_clear c = { .run = { r->row.dag_id, r->row.run_id } };

	c.tis = random_keys(m, r, &c.ntis);
	if (sim_chance(m, 200)) {
		int d = r->row.dag_id.p[1] - '0', v = m->ndocs - 1;
		while (m->all_docs[v] != m->dags[d])
			v--;
		c.dag = m->dags[d];
		c.version_id = sim_printf(m, "v%d", v);
	}
	sim_post(m, (struct tw_event){ .type = TW_EV_CLEAR, .clear = c });
}

static void meddle_with_run(struct sim *m)
{
	static const enum tw_ti_state marks[] = { TW_TI_SUCCESS, TW_TI_FAILED, TW_TI_SKIPPED };
	static const enum tw_run_state states[] = { TW_RUN_SUCCESS, TW_RUN_FAILED, TW_RUN_QUEUED };
	struct srun *r = random_run(m);

	if (!r)
		return;
	struct tw_run_ref ref = { r->row.dag_id, r->row.run_id };
	switch (sim_random(m, 8)) {
	case 0:
		sim_post(m, (struct tw_event){ .type = TW_EV_RUN_STATE,
					       .run_state = { ref, states[sim_random(m, 3)], tw_str("me") } });
		break;
	case 1:
		if (sim_chance(m, 300))
			sim_post(m, (struct tw_event){ .type = TW_EV_RUN_DELETE, .ref = ref });
		break;
	case 2:
	case 3: {
		struct tw_ev_mark mark = { .run = ref, .state = marks[sim_random(m, 3)] };
		mark.tis = random_keys(m, r, &mark.ntis);
		sim_post(m, (struct tw_event){ .type = TW_EV_MARK, .mark = mark });
		break;
	}
	default:
		clear(m, r);
	}
}

static void set_pool(struct sim *m, int p, int64_t slots, bool deferred)
{
	m->pools[p] = slots;
	m->include_deferred[p] = deferred;
	sim_post(m, (struct tw_event){ .type = TW_EV_POOL, .pool = { .name = sim_printf(m, "p%d", p), .slots = slots,
								      .include_deferred = deferred } });
}

static void pause(struct sim *m, int d, bool paused)
{
	m->paused[d] = paused;
	sim_post(m, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { m->dags[d]->dag_id, paused } });
}

static void people(struct sim *m)
{
	int r = (int)sim_random(m, 1000);

	if (r < 60)
		ask_for_run(m);
	else if (r < 110)
		meddle_with_run(m);
	else if (r < 118)
		set_pool(m, (int)sim_random(m, NPOOLS), (int64_t)sim_random(m, 6) - 1, sim_chance(m, 500));
	else if (r < 128)
		pause(m, (int)sim_random(m, NDAGS), sim_chance(m, 400));
	else if (r < 131)
		new_version(m);
	else if (r < 135)
		sim_post(m, (struct tw_event){ .type = TW_EV_EXECUTOR,
					       .executor = { TW_STR(""), (int)sim_random(m, 6) - 1 } });
}

/* ── time ───────────────────────────────────────────────────────────────────────────────── */

static void tick(struct sim *m, int64_t us)
{
	m->now += us;
	/* The clock that is told may go back; the core's does not. */
	sim_post(m, (struct tw_event){ .type = TW_EV_TICK,
				       .at = !m->calm && sim_chance(m, 100) ? m->now - 3 * TW_US_HOUR : m->now });
}

static void pass_time(struct sim *m)
{
	int r = (int)sim_random(m, 1000);

	if (r < 300)
		tick(m, (int64_t)sim_random(m, 20 * TW_US_SEC));
	else if (r < 330)
		tick(m, (int64_t)sim_random(m, 900 * TW_US_SEC));
	else if (r < 332)
		tick(m, (int64_t)sim_random(m, 2 * TW_US_DAY));
}

static int64_t unfinished(const struct sim *m)
{
	int64_t n = 0;

	for (size_t i = 0; i < m->runs.n; i++)
		n += !m->runs.v[i]->gone && !tw_run_finished(m->runs.v[i]->row.state);
	return n;
}

static void tell_why(void *ctx, const struct tw_ti_row *row)
{
	struct sim *m = ctx;
	struct tw_reasons why = { 0 };

	if (tw_ti_finished(row->state))
		return;
	fprintf(stderr, "  " TW_STR_FMT "[%d] %s\n", TW_STR_ARG(row->task_id), row->map_index,
		row->state ? tw_ti_state_name(row->state) : "none");
	tw_sched_why(m->s, (struct tw_run_ref){ row->dag_id, row->run_id }, row->task_id, row->map_index, &why, NULL);
	for (size_t i = 0; i < why.v.n; i++)
		fprintf(stderr, "    " TW_STR_FMT "\n", TW_STR_ARG(why.v.v[i]));
	tw_reasons_release(&why);
}

static void tell_unfinished(struct sim *m)
{
	for (size_t k = 0; k < m->runs.n; k++) {
		const struct tw_run_row *r = &m->runs.v[k]->row;
		if (m->runs.v[k]->gone || tw_run_finished(r->state))
			continue;
		fprintf(stderr, "still " TW_STR_FMT " " TW_STR_FMT " %s\n", TW_STR_ARG(r->dag_id), TW_STR_ARG(r->run_id),
			tw_run_state_name(r->state));
		tw_sched_each_ti(m->s, (struct tw_run_ref){ r->dag_id, r->run_id }, tell_why, m);
	}
}

/* Whoever waits for a success of the run before that will never come is skipped by a person. */
static void help_past(struct sim *m)
{
	for (size_t i = 0; i < m->runs.n; i++) {
		struct srun *r = m->runs.v[i];
		for (size_t k = 0; !r->gone && r->row.state == TW_RUN_RUNNING && k < r->tis.n; k++) {
			const struct tw_ti_row *row = &r->tis.v[k]->l.row;
			int t = tw_dag_task(r->dag, row->task_id);
			bool waits = row->state == TW_TI_NONE || row->state == TW_TI_UP_FOR_RETRY ||
				     row->state == TW_TI_UP_FOR_RESCHEDULE;
			if (r->tis.v[k]->gone || !waits || t < 0 || !r->dag->tasks[t].depends_on_past)
				continue;
			struct tw_ti_key *key = tw_arena_new(&m->arena, struct tw_ti_key);
			*key = (struct tw_ti_key){ row->task_id, row->map_index };
			sim_post(m, (struct tw_event){ .type = TW_EV_MARK,
						       .mark = { .run = { r->row.dag_id, r->row.run_id }, .tis = key,
								 .ntis = 1, .state = TW_TI_SKIPPED } });
		}
	}
}

/* The faults stop: everything that was asked for ends. */
static void calm_down(struct sim *m)
{
	m->calm = true;
	for (int p = 0; p < NPOOLS; p++)
		set_pool(m, p, -1, false);
	sim_post(m, (struct tw_event){ .type = TW_EV_EXECUTOR, .executor = { TW_STR(""), 0 } });
	for (int d = 0; d < NDAGS; d++) {
		sim_post(m, (struct tw_event){ .type = TW_EV_DAG_REMOVED, .name = m->dags[d]->dag_id });
		pause(m, d, false);
	}
	for (long i = 0; unfinished(m); i++) {
		if (i > 50000) {
			tell_unfinished(m);
			sim_fail(m, "runs never end");
		}
		exec_act(m);
		if (i % 2000 == 1999)
			help_past(m);
		if (m->pending.n == 0 || i % 50 == 0)
			tick(m, 60 * TW_US_SEC);
		sim_turn(m);
	}
}

int main(int argc, char **argv)
{
	static struct sim m;
	long steps = argc > 2 ? atol(argv[2]) : 3000;

	m.seed = m.rng = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	m.now = 1767225600 * TW_US_SEC;
	m.cfg = tw_sched_config_default();
	m.cfg.parallelism = (int)sim_random(&m, 12);
	for (int d = 0; d < NDAGS; d++)
		m.dags[d] = m.all_docs[m.ndocs++] = sim_random_dag(&m, d);
	for (int p = 0; p < NPOOLS; p++)
		m.pools[p] = (int64_t)sim_random(&m, 6);
	boot(&m);
	for (m.step = 0; m.step < steps; m.step++) {
		people(&m);
		pass_time(&m);
		exec_act(&m);
		if (m.pending.n && sim_chance(&m, 700))
			sim_turn(&m);
	}
	calm_down(&m);
	printf("seed %llu: %ld turns, %zu runs, %ld attempts, %ld crashes\n", (unsigned long long)m.seed, m.turns,
	       m.runs.n, m.dispatched, m.crashes);
	tw_sched_free(m.s);
	for (int i = 0; i < m.ndocs; i++)
		tw_dag_unref(m.all_docs[i]);
	for (size_t i = 0; i < m.runs.n; i++) {
		tw_vec_release(&m.runs.v[i]->tis);
		free(m.runs.v[i]);
	}
	tw_vec_release(&m.runs);
	tw_vec_release(&m.attempts);
	tw_vec_release(&m.triggers);
	tw_vec_release(&m.pending);
	tw_map_release(&m.ti_rows);
	tw_map_release(&m.interned);
	tw_map_release(&m.over);
	tw_arena_release(&m.arena);
	tw_zones_release(&m.zones);
	return 0;
}
