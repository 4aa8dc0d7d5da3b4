/* What people and the clock do, and how it all comes to rest. */
#include "sim/sim.h"

static struct sdag *random_dag(struct sim *m)
{
	return &m->dags[sim_random(m, (uint64_t)m->ndags)];
}

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
		if (t && tw_dag_task(r->doc->dag, t->task->task_id) >= 0)
			keys[(*ret_n)++] = (struct tw_ti_key){ t->task->task_id,
							       sim_chance(m, 500) ? TW_MAP_ALL : t->l.row.map_index };
	}
	return keys;
}

/* Somebody may make the run of a coming date by hand. */
static tw_time some_date(struct sim *m, const struct sdag *d)
{
	struct tw_run_info next = { .logical_date = TW_TIME_NONE };
	struct dagent *e = tw_map_get(&m->s->dags, d->dag_id);

	if (sim_chance(m, 300))
		return TW_TIME_NONE;
	if (e && e->has_next && sim_chance(m, 150))
		next = e->next;
	/* A 2.x run for assets has the date of what happened: nobody's by chance. */
	tw_time apart = m->with_assets ? TW_US_SEC / 3 : 0;
	return next.logical_date != TW_TIME_NONE ? next.logical_date : m->now + apart + (int64_t)m->nrun_names;
}

static struct tw_run_row new_row(struct sim *m, const struct sdag *d)
{
	return (struct tw_run_row){
		.dag_id = d->dag_id,
		.run_id = sim_printf(m, "r%d", m->nrun_names++),
		.logical_date = some_date(m, d),
		.interval_start = TW_TIME_NONE,
		.interval_end = TW_TIME_NONE,
		.run_after = sim_chance(m, 100) ? m->now + 600 * TW_US_SEC : TW_TIME_NONE,
	};
}

static void ask_for_run(struct sim *m)
{
	struct sdag *d = random_dag(m);
	struct tw_event ev = { .type = TW_EV_RUN_NEW, .run_new = { .row = new_row(m, d) } };
	const struct tw_dag *dag = m->docs[d->doc].dag;

	if (sim_chance(m, 30)) {
		struct tw_str *only = tw_arena_new(&m->arena, struct tw_str);
		*only = dag->tasks[sim_random(m, (uint64_t)dag->ntasks)].task_id;
		ev.run_new.only_tasks = only;
		ev.run_new.nonly = 1;
	}
	sim_post(m, ev);
}

/* Backfills: the dates are long past, newest last or first. */
static void backfill(struct sim *m)
{
	struct sdag *d = random_dag(m);

	if (!d->backfill || sim_chance(m, 100))
		sim_post(m, (struct tw_event){ .type = TW_EV_BACKFILL,
					       .backfill = { d->dag_id, 1, 1 + (int)sim_random(m, 3), sim_chance(m, 200) } });
	int n = 1 + (int)sim_random(m, 4);
	for (int i = 0; i < n; i++) {
		struct tw_run_row row = new_row(m, d);
		row.type = TW_RUNTYPE_BACKFILL;
		row.run_id = sim_printf(m, "backfill__%d", m->nrun_names);
		row.logical_date = 1735689600 * TW_US_SEC + d->backfill_made++ * TW_US_DAY;
		row.interval_start = row.interval_end = row.logical_date;
		row.run_after = row.logical_date;
		row.backfill_id = 1;
		sim_post(m, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = row } });
	}
}

static void new_version(struct sim *m)
{
	struct sdag *d = random_dag(m);

	if (m->ndocs >= MAX_DOCS)
		return;
	struct tw_event ev = store_dag_event(m, d);
	int doc = gen_dag(m, (int)(d - m->dags));
	ev.dag.dag = m->docs[doc].dag;
	ev.dag.version_id = sim_printf(m, "v%d", doc);
	ev.dag.import_error = false;
	sim_post(m, ev);
}

/* No more runs than there are. */
static void without_schedule(struct sim *m, const struct sdag *d)
{
	struct tw_event ev = store_dag_event(m, d);
	int doc = gen_unscheduled(m, d->doc);

	ev.dag.dag = m->docs[doc].dag;
	ev.dag.version_id = sim_printf(m, "v%d", doc);
	ev.dag.import_error = false;
	sim_post(m, ev);
}

static void clear(struct sim *m, const struct srun *r)
{
	struct tw_ev_clear c = { .run = { r->row.dag_id, r->row.run_id }, .keep_run_state = sim_chance(m, 100),
				 .keep_tries = sim_chance(m, 200) };

	c.tis = random_keys(m, r, &c.ntis);
	if (sim_chance(m, 200)) {
		c.dag = m->docs[r->d->doc].dag;
		c.version_id = sim_printf(m, "v%d", r->d->doc);
		for (int i = 0; i < c.ntis; i++)
			if (tw_dag_task(c.dag, c.tis[i].task_id) < 0)
				c.ntis = 0;
	}
	sim_post(m, (struct tw_event){ .type = TW_EV_CLEAR, .clear = c });
}

static void meddle_with_run(struct sim *m)
{
	static const enum tw_ti_state marks[] = { TW_TI_SUCCESS, TW_TI_FAILED, TW_TI_SKIPPED };
	static const enum tw_run_state states[] = { TW_RUN_QUEUED, TW_RUN_SUCCESS, TW_RUN_FAILED };
	struct srun *r = random_run(m);

	if (!r)
		return;
	struct tw_run_ref ref = { r->row.dag_id, r->row.run_id };
	switch (sim_random(m, 8)) {
	case 0:
		sim_post(m, (struct tw_event){ .type = TW_EV_RUN_STATE,
					       .run_state = { ref, states[sim_random(m, 3)], TW_STR("ann") } });
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

static void set_pool(struct sim *m, int p, int64_t slots, bool deferred, bool known)
{
	struct tw_event ev = { .type = known ? TW_EV_POOL : TW_EV_POOL_REMOVED };

	if (known)
		ev.pool = (struct tw_pool_row){ .name = sim_printf(m, "p%d", p), .slots = slots, .include_deferred = deferred };
	else
		ev.name = sim_printf(m, "p%d", p);
	sim_post(m, ev);
}

static void set_paused(struct sim *m, const struct sdag *d, bool paused)
{
	sim_post(m, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { d->dag_id, paused } });
}

static void set_executor(struct sim *m, int e, int slots)
{
	sim_post(m, (struct tw_event){ .type = TW_EV_EXECUTOR, .executor = { e ? sim_printf(m, "x%d", e) : TW_STR(""), slots } });
}

void people_act(struct sim *m)
{
	int r = (int)sim_random(m, 1000), busy = m->one_by_one ? 1 : 4;

	if (r < 60)
		for (int i = 0; i < busy; i++)
			ask_for_run(m);
	else if (r < 110)
		meddle_with_run(m);
	else if (r < 118)
		set_pool(m, (int)sim_random(m, NPOOLS), (int64_t)sim_random(m, (uint64_t)(6 * busy)) - 1, sim_chance(m, 500),
			 sim_chance(m, 950));
	else if (r < 128)
		set_paused(m, random_dag(m), sim_chance(m, 400));
	else if (r < 131)
		new_version(m);
	else if (r < 135)
		set_executor(m, (int)sim_random(m, NEXECS), (int)sim_random(m, (uint64_t)(6 * busy)) - 1);
	else if (r < 140)
		backfill(m);
	else if (r < 142) {
		sim_post(m, (struct tw_event){ .type = TW_EV_DAG_REMOVED, .name = random_dag(m)->dag_id });
	} else if (r < 145) {
		const struct sdag *d = random_dag(m);
		struct tw_event ev = store_dag_event(m, d); /* the world is as it says when it is heard */
		ev.dag.import_error = !d->removed && sim_chance(m, 300);
		sim_post(m, ev);
	}
}

/* ── time ───────────────────────────────────────────────────────────────────────────────── */

static void tick(struct sim *m, int64_t us)
{
	m->now += us;
	/* The clock that is told may go back; the core's does not. */
	sim_post(m, (struct tw_event){ .type = TW_EV_TICK,
				       .at = !m->calm && sim_chance(m, 100) ? m->now - 3 * TW_US_HOUR : m->now });
}

void people_pass_time(struct sim *m)
{
	int r = (int)sim_random(m, 1000);
	tw_time next = tw_sched_next_time(m->s);

	if (r < 200)
		tick(m, (int64_t)sim_random(m, 20 * TW_US_SEC));
	else if (r < 330 && next != TW_TIME_NONE && next > m->now && next < m->now + TW_US_DAY)
		tick(m, next - m->now);
	else if (r < 350)
		tick(m, (int64_t)sim_random(m, 900 * TW_US_SEC));
	else if (r < 352)
		tick(m, (int64_t)sim_random(m, 2 * TW_US_DAY));
}

/* ── rest ───────────────────────────────────────────────────────────────────────────────── */

static bool unfinished(const struct sim *m)
{
	for (size_t i = 0; i < m->live.n; i++)
		if (!m->live.v[i]->gone && !tw_run_finished(m->live.v[i]->row.state))
			return true;
	return false;
}

static int64_t waiting_instances(const struct sim *m)
{
	int64_t n = 0;

	for (size_t i = 0; i < m->live.n; i++)
		n += (int64_t)m->live.v[i]->tis.n;
	return n;
}

/* Whoever waits for a success of the run before that will never come is skipped by a person. */
static void help_past(struct sim *m)
{
	for (size_t i = 0; i < m->live.n; i++) {
		struct srun *r = m->live.v[i];
		for (size_t k = 0; !r->gone && r->row.state == TW_RUN_RUNNING && k < r->tis.n; k++) {
			const struct tw_ti_row *row = &r->tis.v[k]->l.row;
			int t = tw_dag_task(r->doc->dag, row->task_id);
			bool waits = row->state == TW_TI_NONE || row->state == TW_TI_UP_FOR_RETRY ||
				     row->state == TW_TI_UP_FOR_RESCHEDULE;
			if (!waits || t < 0 || !r->doc->dag->tasks[t].depends_on_past)
				continue;
			struct tw_ti_key *key = tw_arena_new(&m->arena, struct tw_ti_key);
			*key = (struct tw_ti_key){ row->task_id, row->map_index };
			sim_post(m, (struct tw_event){ .type = TW_EV_MARK,
						       .mark = { .run = { r->row.dag_id, r->row.run_id }, .tis = key,
								 .ntis = 1, .state = TW_TI_SKIPPED } });
		}
	}
}

static void drain(struct sim *m)
{
	while (sim_waiting(m) || m->writing.fx || m->gathering.fx)
		sim_turn(m);
}

/* The faults stop: everything that was asked for ends, within so many turns as there is to do. */
void people_calm_down(struct sim *m)
{
	m->calm = true;
	drain(m);
	for (int p = 0; p < NPOOLS; p++)
		set_pool(m, p, -1, false, true);
	for (int e = 0; e < NEXECS; e++)
		set_executor(m, e, 0);
	for (int d = 0; d < m->ndags; d++) {
		without_schedule(m, &m->dags[d]);
		set_paused(m, &m->dags[d], false);
		if (m->dags[d].backfill)
			sim_post(m, (struct tw_event){ .type = TW_EV_BACKFILL,
						       .backfill = { m->dags[d].dag_id, m->dags[d].backfill, 3, false } });
	}
	long most = 50000 + 20 * (long)waiting_instances(m);
	for (long i = 0; unfinished(m); i++) {
		if (i > most) {
			why_tell(m);
			sim_fail(m, "runs never end (%zu attempts, %zu events wait)", m->attempts.n, sim_waiting(m));
		}
		exec_act(m);
		if (i % 150 == 149)
			help_past(m);
		/* max_consecutive_failed_dag_runs pauses a DAG; a person lets it go on. */
		for (int d = 0; i % 100 == 99 && d < m->ndags; d++)
			if (m->dags[d].paused)
				set_paused(m, &m->dags[d], false);
		if (!sim_waiting(m) || i % 50 == 0)
			tick(m, 60 * TW_US_SEC);
		sim_turn(m);
	}
}
