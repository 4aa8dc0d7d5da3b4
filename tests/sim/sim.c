/* A world: its turns, its commits, its crashes. */
#include "sim/sim.h"

#include <time.h>

#include "io/zoneinfo.h"

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
		had = (char *)tw_str_copy(&m->arena, s).p;
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

static void vfail(struct sim *m, const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "seed %llu, step %ld, turn %ld: ", (unsigned long long)m->seed, m->step, m->turns);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	abort();
}

void sim_fail(struct sim *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(m, fmt, ap);
	va_end(ap);
	abort();
}

/* The same, with the run that it is about. */
void sim_fail_run(struct sim *m, const struct srun *r, const char *fmt, ...)
{
	va_list ap;
	char *doc = tw_json_dump(r->doc->dag->doc, TW_JSON_COMPACT);

	fprintf(stderr, "%s\n", doc);
	free(doc);
	why_tell_run(m, r);
	va_start(ap, fmt);
	vfail(m, fmt, ap);
	va_end(ap);
	abort();
}

void sim_post(struct sim *m, struct tw_event ev)
{
	if (!ev.at)
		ev.at = m->now;
	tw_vec_push(&m->pending, ev);
}

size_t sim_waiting(const struct sim *m)
{
	return m->pending.n - m->pending_head;
}

static void drop_pending(struct sim *m)
{
	m->pending.n = m->pending_head = 0;
	for (size_t i = 0; i < m->runs.n; i++)
		m->runs.v[i]->past_asked = 0;
}

/* ── steps ──────────────────────────────────────────────────────────────────────────────── */

static void verbose(struct sim *m, const struct tw_event *ev, enum tw_rc rc)
{
	static int on = -1;

	if (on < 0)
		on = getenv("SIM_VERBOSE") != NULL;
	if (!on)
		return;
	fprintf(stderr, "%ld: event %d rc %d", m->turns, ev->type, rc);
	if (ev->type >= TW_EV_STARTED && ev->type <= TW_EV_REFUSED) {
		struct tw_id id = ev->type == TW_EV_FINISHED ? ev->finished.attempt : ev->attempt.id; /* the union's first */
		const struct attempt *a = exec_find(m, id);
		fprintf(stderr, " attempt %02x%02x outcome %d " TW_STR_FMT "[%d] phase %d killed %d", id.b[14], id.b[15],
			ev->type == TW_EV_FINISHED ? (int)ev->finished.outcome : -1,
			TW_STR_ARG(a && a->row ? a->row->task->task_id : TW_STR("?")), a && a->row ? a->row->l.row.map_index : 0,
			a ? (int)a->phase : -1, a && a->killed);
	}
	fputc('\n', stderr);
}

/* What the world is now, as the scheduler was told. */
static void learn(struct sim *m, const struct tw_event *ev)
{
	struct sdag *d;
	int64_t n = 0;

	switch (ev->type) {
	case TW_EV_POOL:
	case TW_EV_POOL_REMOVED: {
		struct tw_str name = ev->type == TW_EV_POOL ? ev->pool.name : ev->name;
		struct spool *p = &m->pools[name.n == 2 ? name.p[1] - '0' : NPOOLS];
		p->changed = true;
		p->known = ev->type == TW_EV_POOL;
		if (p->known) {
			p->slots = ev->pool.slots;
			p->include_deferred = ev->pool.include_deferred;
		}
		break;
	}
	case TW_EV_EXECUTOR: {
		struct sexec *e = &m->execs[ev->executor.name.n == 2 ? ev->executor.name.p[1] - '0' : 0];
		e->changed = true;
		e->slots = ev->executor.slots;
		break;
	}
	case TW_EV_DAG:
		d = store_dag(m, ev->dag.dag->dag_id);
		tw_str_to_int(tw_strn(ev->dag.version_id.p + 1, ev->dag.version_id.n - 1), &n);
		d->doc = (int)n;
		d->changed = d->assets_changed = d->stands_changed = true;
		d->paused = ev->dag.paused;
		d->import_error = ev->dag.import_error;
		d->removed = false;
		break;
	case TW_EV_DAG_REMOVED:
		d = store_dag(m, ev->name);
		d->removed = d->assets_changed = d->stands_changed = true;
		break;
	case TW_EV_DAG_PAUSED:
		d = store_dag(m, ev->paused.dag_id);
		d->paused = ev->paused.paused;
		d->assets_changed = d->stands_changed = true;
		break;
	case TW_EV_BACKFILL:
		d = store_dag(m, ev->backfill.dag_id);
		d->backfill = ev->backfill.id;
		d->changed = true;
		d->backfill_max = ev->backfill.max_active_runs;
		d->backfill_paused = ev->backfill.paused;
		break;
	case TW_EV_ASSET_UNMARK:
		for (int i = 0; i < m->ndags; i++)
			m->dags[i].assets_changed |= !ev->asset_unmark.dag_id.p ||
						     tw_str_eq(m->dags[i].dag_id, ev->asset_unmark.dag_id);
		break;
	case TW_EV_PAST: {
		struct srun *r = store_run(m, ev->past.run);
		if (r)
			r->past_asked--;
		break;
	}
	default:
		break;
	}
}

/* Whoever asks for a run puts its row there first: the store refuses a date that has one. */
static bool refused_by_store(struct sim *m, const struct tw_event *ev)
{
	const struct sdag *d = ev->type == TW_EV_RUN_NEW ? store_dag(m, ev->run_new.row.dag_id) : NULL;
	tw_time date = d ? ev->run_new.row.logical_date : TW_TIME_NONE;

	for (size_t i = 0; date != TW_TIME_NONE && i < d->all.n; i++)
		if (!d->all.v[i]->gone && d->all.v[i]->row.logical_date == date)
			return true;
	return false;
}

/* Which version is the newest is read when the clear is taken, not when it was asked for. */
static void clear_to_newest(struct sim *m, struct tw_ev_clear *c)
{
	const struct sdag *d = store_dag(m, c->run.dag_id);

	if (!c->dag)
		return;
	c->dag = m->docs[d->doc].dag;
	c->version_id = sim_printf(m, "v%d", d->doc);
}

static void step(struct sim *m, struct turn *t, const struct tw_event *said)
{
	struct tw_err err = { 0 };
	size_t dags = t->fx->dags.n;
	struct stepped s = { .ev = *said };
	const struct tw_event *ev = &s.ev;

	if (ev->type == TW_EV_CLEAR)
		clear_to_newest(m, &s.ev.clear);
	if (ev->type == TW_EV_DAG)
		store_taken(m, store_dag(m, ev->dag.dag->dag_id), &s.ev.dag);
	if (refused_by_store(m, ev))
		return;
	learn(m, ev);
	s.rc = tw_sched_step(m->s, ev, t->fx, &err);
	verbose(m, ev, s.rc);
	if (s.rc == TW_ERR_INVALID)
		sim_fail(m, "event %d is refused: %s", ev->type, err.msg);
	s.ack = t->fx->acks.n - 1;
	s.ask = t->fx->asks.n - 1;
	for (size_t i = dags; i < t->fx->dags.n; i++)
		if (t->fx->dags.v[i].set_paused) {
			struct sdag *d = store_dag(m, t->fx->dags.v[i].dag_id);
			d->paused = d->assets_changed = d->stands_changed = true;
		}
	tw_vec_push(&t->evs, s);
}

/* ── commits, and what follows from them ────────────────────────────────────────────────── */

static void commit(struct sim *m, struct turn *t)
{
	t->number = ++m->turns;
	/* As a shell writes it: first what came with the ends, then the effects, which may take it away again. */
	for (size_t i = 0; i < t->evs.n; i++)
		if (t->evs.v[i].ev.type == TW_EV_FINISHED && t->fx->acks.v[t->evs.v[i].ack].accepted)
			store_finish(m, &t->evs.v[i].ev.finished, &t->fx->acks.v[t->evs.v[i].ack]);
	store_apply(m, t->fx);
	assets_apply(m, t);
	for (size_t i = 0; i < t->fx->asks.n; i++) {
		const struct tw_fx_ask *a = &t->fx->asks.v[i];
		struct srun *r = a->kind == TW_ASK_PAST ? store_run(m, (struct tw_run_ref){ a->dag_id, a->run_id }) : NULL;
		if (r)
			r->past_asked++;
	}
	check_commit(m, t);
}

static struct turn *gathering(struct sim *m)
{
	if (!m->gathering.fx)
		m->gathering.fx = tw_effects_new();
	return &m->gathering;
}

/* An event about a run that is not held: the run is loaded, and the event comes again. */
static void again(struct sim *m, const struct stepped *s, const struct tw_fx_ask *a)
{
	struct srun *r = store_run(m, (struct tw_run_ref){ a->dag_id, a->run_id });

	if (!r)
		return;
	struct tw_event load = store_load_event(m, r), ev = s->ev;
	step(m, gathering(m), &load);
	step(m, gathering(m), &ev);
}

static void answer(struct sim *m, const struct tw_fx_ask *a)
{
	struct srun *r = store_run(m, (struct tw_run_ref){ a->dag_id, a->run_id });

	if (a->kind == TW_ASK_PAST && r) {
		struct tw_event ev = store_past_event(m, a);
		step(m, gathering(m), &ev);
	}
}

/* The order of shells: acknowledged, killed, given out, answered. False when the process dies on the way. */
static bool perform(struct sim *m, struct turn *t, size_t dies_after)
{
	const struct tw_effects *fx = t->fx;
	size_t n = 0;

	for (size_t i = 0; i < fx->acks.n; i++)
		if (n++ < dies_after)
			exec_ack(m, &fx->acks.v[i]);
	for (size_t i = 0; i < fx->kills.n; i++)
		if (n++ < dies_after)
			exec_kill(m, &fx->kills.v[i]);
	for (size_t i = 0; i < fx->dispatch.n; i++)
		if (!fx->dispatch.v[i].dropped && n++ < dies_after)
			exec_dispatch(m, &fx->dispatch.v[i]);
	if (n > dies_after)
		return false;
	for (size_t i = 0; i < fx->asks.n; i++)
		answer(m, &fx->asks.v[i]);
	for (size_t i = 0; i < t->evs.n; i++)
		if (t->evs.v[i].rc == TW_ERR_AGAIN)
			again(m, &t->evs.v[i], &fx->asks.v[t->evs.v[i].ask]);
	return true;
}

static void end_turn(struct turn *t)
{
	tw_effects_free(t->fx);
	tw_vec_release(&t->evs);
	*t = (struct turn){ 0 };
}

/* Nothing is on its way: the core and the store are one. */
static void check_now(struct sim *m)
{
	bool full = m->turns >= m->next_full;

	check_settled(m, full);
	assets_check(m);
	if (full)
		why_check(m);
	/* What has just been asked, the living one does not know yet. */
	bool goes_on = tw_sched_next_time(m->s) <= m->s->now + 1; /* in the middle of a long catchup */
	if (m->turns >= m->next_reload && !m->writing.fx->asks.n && !goes_on) {
		check_reload(m);
		m->next_reload = m->turns + m->reload_every + m->live_rows / 3;
	}
	if (m->turns % 2048 == 0)
		store_recount(m);
	for (int i = 0; i <= NPOOLS; i++)
		m->pools[i].changed = false;
	for (int i = 0; i < NEXECS; i++)
		m->execs[i].changed = false;
	for (int i = 0; i < m->ndags; i++)
		m->dags[i].changed = m->dags[i].assets_changed = m->dags[i].stands_changed = false;
}

/* ── crashes ────────────────────────────────────────────────────────────────────────────── */

static struct turn *new_boot(struct sim *m)
{
	end_turn(&m->writing);
	end_turn(&m->gathering);
	tw_sched_free(m->s);
	m->cfg.seed = sim_random(m, UINT64_MAX);
	m->cfg.loading = true;
	m->s = tw_sched_new(&m->cfg);
	drop_pending(m);
	store_boot(m, sim_post);
	return gathering(m);
}

/* Everything the process knew is gone; what it told the store stays. Dying while it loads changes nothing. */
static void boot(struct sim *m)
{
	struct turn *t = new_boot(m);
	size_t n = m->pending.n;

	if (m->turns && !m->calm && sim_chance(m, 100)) {
		for (size_t i = 0; i < sim_random(m, n); i++)
			step(m, t, &m->pending.v[i]);
		t = new_boot(m);
		n = m->pending.n;
	}
	for (size_t i = 0; i < n; i++) {
		step(m, t, &m->pending.v[i]);
		if (t->evs.v[i].rc < 0)
			sim_fail(m, "a load is refused: event %d, rc %d", m->pending.v[i].type, t->evs.v[i].rc);
	}
	m->pending.n = m->pending_head = 0;
	m->writing = *t;
	m->gathering = (struct turn){ 0 };
	commit(m, &m->writing);
	check_settled(m, true);
	assets_check(m);
	perform(m, &m->writing, SIZE_MAX);
	end_turn(&m->writing);
	tw_arena_release(&m->load_arena);
	exec_reconcile(m);
	assets_post_again(m);
}

static void crash(struct sim *m)
{
	m->crashes++;
	boot(m);
}

/* ── a turn ─────────────────────────────────────────────────────────────────────────────── */

static void gather(struct sim *m)
{
	struct turn *t = gathering(m);
	size_t n = m->one_by_one && !m->calm && sim_waiting(m) ? 1 : sim_waiting(m);

	for (size_t i = 0; i < n; i++) {
		struct tw_event ev = m->pending.v[m->pending_head++];
		step(m, t, &ev);
	}
	if (m->pending_head == m->pending.n)
		m->pending_head = m->pending.n = 0;
}

/* The writer is done, and what hangs on the commit follows, unless the process dies before, between or in the middle. */
static void finish_writing(struct sim *m)
{
	struct turn *t = &m->writing;
	const struct tw_effects *fx = t->fx;
	int fate = m->calm ? 1000 : (int)sim_random(m, m->one_by_one ? 1000 : 2000);
	size_t all = fx->acks.n + fx->kills.n + fx->dispatch.n;

	if (fate < 5) {
		crash(m);
		return;
	}
	commit(m, t);
	if (!m->gathering.fx)
		check_now(m);
	if (!perform(m, t, fate < 16 ? sim_random(m, all + 1) : SIZE_MAX) || fate < 16)
		crash(m);
	else
		end_turn(t);
}

/* While one turn is being written the next one gathers. */
void sim_turn(struct sim *m)
{
	if (m->writing.fx && (m->calm || sim_chance(m, 700)))
		finish_writing(m);
	if (sim_waiting(m) || m->calm)
		gather(m);
	if (m->writing.fx || !m->gathering.fx)
		return;
	m->writing = m->gathering;
	m->gathering = (struct turn){ 0 };
	if (m->calm || sim_chance(m, 700))
		finish_writing(m);
}

/* ── a world ────────────────────────────────────────────────────────────────────────────── */

static void create(struct sim *m, uint64_t seed)
{
	static const int64_t beginnings[] = { 1767225600, 1774738800, 1792796400, 1772924400 }; /* and days before the clocks change */

	*m = (struct sim){ .seed = seed, .rng = seed, .zones = { .load = tw_zoneinfo_load, .ctx = (void *)ZONES } };
	m->one_by_one = sim_chance(m, 300);
	m->size = m->one_by_one || sim_chance(m, 600) ? 14 : sim_chance(m, 800) ? 60 : 300;
	m->full_every = m->one_by_one ? 16 : 64;
	m->reload_every = m->one_by_one ? 127 : 257;
	m->now = beginnings[sim_random(m, 4)] * TW_US_SEC;
	m->cfg = tw_sched_config_default();
	m->cfg.parallelism = (int)sim_random(m, m->one_by_one ? 12 : 64);
	m->ndags = 1 + (int)sim_random(m, MAX_DAGS);
	/* The first million worlds were there before assets were: seeds that are kept stay what they are. */
	m->with_assets = seed >= 1000000 && sim_chance(m, 600);
	m->with_scoped_groups = seed >= 2000000000; /* likewise */
	m->asset_clock = TW_TIME_MIN;
	for (int d = 0; d < m->ndags; d++) {
		for (int i = 0; i < NASSETS; i++)
			m->dags[d].marks[i] = TW_TIME_NONE;
		m->dags[d].consumed = TW_TIME_NONE;
		m->dags[d].dag_id = sim_printf(m, "d%d", d);
		m->dags[d].doc = gen_dag(m, d);
	}
	for (int p = 0; p < NPOOLS; p++)
		m->pools[p] = (struct spool){ .slots = (int64_t)sim_random(m, m->one_by_one ? 6 : 40), .known = true };
	m->pools[NPOOLS] = (struct spool){ .slots = 128, .known = true };
	for (int e = 0; e < NEXECS; e++)
		m->execs[e].slots = sim_chance(m, 500) ? 0 : (int)sim_random(m, 20);
}

void sim_run(struct sim *m, uint64_t seed, long steps)
{
	create(m, seed);
	boot(m);
	for (m->step = 0; m->step < steps; m->step++) {
		people_act(m);
		assets_act(m);
		people_pass_time(m);
		exec_act(m);
		if (sim_waiting(m) + (m->writing.fx != NULL) && sim_chance(m, 700))
			sim_turn(m);
		for (int i = 0; i < 100 && m->one_by_one && sim_waiting(m) > 20; i++)
			sim_turn(m);
	}
	people_calm_down(m);
	assets_check_end(m);
}

void sim_release(struct sim *m)
{
	end_turn(&m->writing);
	end_turn(&m->gathering);
	tw_sched_free(m->s);
	for (int i = 0; i < m->ndocs; i++)
		oracle_forget(&m->docs[i]);
	for (size_t i = 0; i < m->runs.n; i++) {
		tw_map_foreach(&m->runs.v[i]->tasks, e)
			tw_vec_release(&((struct stask *)e->value)->tis);
		tw_map_release(&m->runs.v[i]->tasks);
		tw_vec_release(&m->runs.v[i]->tis);
		free(m->runs.v[i]);
	}
	for (int i = 0; i < m->ndags; i++) {
		tw_map_release(&m->dags[i].runs);
		tw_map_release(&m->dags[i].active);
		tw_vec_release(&m->dags[i].all);
	}
	for (size_t i = 0; i < m->attempts.n; i++)
		free(m->attempts.v[i]);
	tw_vec_release(&m->runs);
	tw_vec_release(&m->live);
	tw_vec_release(&m->moved);
	tw_vec_release(&m->attempts);
	tw_vec_release(&m->triggers);
	tw_vec_release(&m->happened);
	tw_vec_release(&m->posted);
	tw_vec_release(&m->pending);
	tw_vec_release(&m->touched);
	tw_map_release(&m->by_id);
	tw_map_release(&m->interned);
	tw_map_release(&m->history);
	tw_map_release(&m->over);
	tw_arena_release(&m->arena);
	tw_arena_release(&m->load_arena);
	tw_zones_release(&m->zones);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t one_world(struct sim *m, uint64_t seed, long steps, bool tell)
{
	double began = seconds();

	sim_run(m, seed, steps);
	if (tell)
		printf("seed %llu: %ld turns, %zu runs, %lld instances ended, %ld attempts, %ld crashes, %ld reloads, %ld reasons, %.0f instances a second\n",
		       (unsigned long long)m->seed, m->turns, m->runs.n, (long long)m->ended, m->dispatched, m->crashes,
		       m->reloads, m->asked_why, (double)m->ended / (seconds() - began));
	int64_t ended = m->ended;
	sim_release(m);
	return ended;
}

/*
 *	sim SEED [STEPS [WORLDS]]     so many worlds, seed by seed
 *	sim - SEED…                   these, each of the usual length
 */
int main(int argc, char **argv)
{
	static struct sim m;
	bool listed = argc > 1 && !strcmp(argv[1], "-");
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	long steps = !listed && argc > 2 ? atol(argv[2]) : 1500, worlds = listed ? argc - 2 : argc > 3 ? atol(argv[3]) : 1;
	double began = seconds();
	int64_t ended = 0;

	for (long i = 0; i < worlds; i++)
		ended += one_world(&m, listed ? strtoull(argv[i + 2], NULL, 10) : seed + (uint64_t)i, steps, worlds < 15);
	printf("%ld worlds from seed %llu: %lld instances ended, %.0f a second\n", worlds, (unsigned long long)seed,
	       (long long)ended, (double)ended / (seconds() - began));
	return 0;
}
