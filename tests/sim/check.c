/*
 * The invariants. What the core keeps by counting is counted again; limits, rules and the order are asked of the store's rows.
 * What is cheap is asked after every commit of the runs that it touched; everything, now and then.
 */
#include "sim/sim.h"

/* ── the core against itself ────────────────────────────────────────────────────────────── */

static bool counts_equal(const struct counts *a, const struct counts *b)
{
	return a->u == b->u && a->s == b->s && a->k == b->k && a->f == b->f && a->uf == b->uf && a->r == b->r;
}

static void same_counts(struct sim *m, const struct run *r, int task, int index, const struct counts *kept,
			const struct counts *is)
{
	if (counts_equal(kept, is))
		return;
	fprintf(stderr, "kept: u %u s %u k %u f %u uf %u r %u\n", kept->u, kept->s, kept->k, kept->f, kept->uf, kept->r);
	fprintf(stderr, "true: u %u s %u k %u f %u uf %u r %u\n", is->u, is->s, is->k, is->f, is->uf, is->r);
	sim_fail(m, "counters of " TW_STR_FMT "[%d] in " TW_STR_FMT, TW_STR_ARG(r->dag->tasks[task].task_id), index,
		 TW_STR_ARG(r->row.run_id));
}

struct kept {
	struct counts in[TW_EDGE_NKINDS];
	struct counts *own;
};

static void check_counters(struct sim *m, struct run *r)
{
	struct kept *was = tw_zalloc(((size_t)r->ntasks + 1) * sizeof *was);

	for (int t = 0; t < r->ntasks; t++) {
		struct tstate *ts = &r->tasks[t];
		memcpy(was[t].in, ts->in, sizeof ts->in);
		if (r->dag->tasks[t].mapped_group < 0)
			continue;
		was[t].own = tw_zalloc(((size_t)ts->n + 1) * sizeof ts->in);
		for (int i = 0; i < ts->n; i++)
			if (ts->tis[i]->own)
				memcpy(&was[t].own[i * TW_EDGE_NKINDS], ts->tis[i]->own, sizeof ts->in);
	}
	tw_core_count_all(r);
	for (int t = 0; t < r->ntasks; t++) {
		struct tstate *ts = &r->tasks[t];
		for (int k = 0; k < TW_EDGE_NKINDS; k++) {
			same_counts(m, r, t, -1, &was[t].in[k], &ts->in[k]);
			for (int i = 0; was[t].own && i < ts->n; i++)
				if (ts->tis[i]->own)
					same_counts(m, r, t, ts->tis[i]->map_index, &was[t].own[i * TW_EDGE_NKINDS + k],
						    &ts->tis[i]->own[k]);
		}
		free(was[t].own);
	}
	free(was);
}

static void check_task_sums(struct sim *m, struct run *r, int t)
{
	const struct tstate *ts = &r->tasks[t];
	int waiting = 0, ended = 0, returned = 0, active = 0;

	for (int i = 0; i < ts->n; i++) {
		const struct ti *ti = ts->tis[i];
		waiting += tw_core_schedulable(ti);
		ended += tw_ti_finished(ti->state);
		returned += ti->has_return;
		active += tw_ti_executing(ti->state) || ti->state == TW_TI_DEFERRED || ti->state == TW_TI_AWAITING_INPUT;
		if (ti->in_work || ti->touched || ti->dead)
			sim_fail(m, "left behind in the work list");
		if ((ti->state == TW_TI_SCHEDULED) != (ti->place != NOWHERE) && !tw_core_stands(r->d) &&
		    r->row.state == TW_RUN_RUNNING)
			sim_fail(m, TW_STR_FMT " is %s and in place %d", TW_STR_ARG(r->dag->tasks[t].task_id),
				 tw_ti_state_name(ti->state), ti->place);
	}
	bool limited = r->dag->tasks[t].max_active_per_run >= 0;
	if (waiting != ts->waiting || ended != ts->ended || returned != ts->returned || (limited && active != ts->active))
		sim_fail(m, "sums of task " TW_STR_FMT ": waiting %d/%d ended %d/%d returned %d/%d active %d/%d",
			 TW_STR_ARG(r->dag->tasks[t].task_id), ts->waiting, waiting, ts->ended, ended, ts->returned, returned,
			 ts->active, active);
}

static void check_sums(struct sim *m, struct run *r)
{
	int64_t nstate[TW_TI_NSTATES] = { 0 }, unfinished = 0, held = 0;
	int executing = 0;

	for (int t = 0; t < r->ntasks; t++) {
		check_task_sums(m, r, t);
		for (int i = 0; i < r->tasks[t].n; i++) {
			const struct ti *ti = r->tasks[t].tis[i];
			nstate[ti->state]++;
			unfinished += !tw_ti_finished(ti->state);
			held += ti->held;
			executing += tw_ti_executing(ti->state);
		}
	}
	if (memcmp(nstate, r->nstate, sizeof nstate) || unfinished != r->unfinished || held != r->nheld)
		sim_fail(m, "sums of run " TW_STR_FMT, TW_STR_ARG(r->row.run_id));
	if (r->limit == &r->own_limit && executing != r->own_limit.active)
		sim_fail(m, "sums of run " TW_STR_FMT ": %d slots, not %d", TW_STR_ARG(r->row.run_id), r->own_limit.active,
			 executing);
}

static void check_pools(struct sim *m)
{
	for (int i = 0; i < NPOOLS; i++) {
		struct tw_pool_use use;
		if (!tw_sched_pool_use(m->s, sim_printf(m, "p%d", i), &use))
			continue;
		if (use.running + use.queued != m->pools[i].used || use.deferred != m->pools[i].deferred)
			sim_fail(m, "sums of pool p%d: %lld and %lld, the rows say %lld and %lld", i,
				 (long long)(use.running + use.queued), (long long)use.deferred, (long long)m->pools[i].used,
				 (long long)m->pools[i].deferred);
	}
	if (m->s->active != m->executing)
		sim_fail(m, "sums: %d active, the rows say %d", m->s->active, m->executing);
}

/* ── the core against the store ─────────────────────────────────────────────────────────── */

static void same_ti(struct sim *m, const struct srow *t, const struct tw_ti_row *row)
{
	const struct tw_ti_row *had = &t->l.row;

	if (had->state != row->state || had->try_number != row->try_number || had->max_tries != row->max_tries ||
	    !tw_id_eq(had->id, row->id) || had->next_retry != row->next_retry || had->trigger_id != row->trigger_id)
		sim_fail(m, TW_STR_FMT "[%d] of " TW_STR_FMT " is %d in the core and %d in the store", TW_STR_ARG(row->task_id),
			 row->map_index, TW_STR_ARG(row->run_id), row->state, had->state);
	if (had->pool_slots != row->pool_slots || !tw_str_eq(had->pool, row->pool) || !tw_str_eq(had->executor, row->executor))
		sim_fail(m, TW_STR_FMT "[%d] of " TW_STR_FMT " takes other slots in the core than in the store",
			 TW_STR_ARG(row->task_id), row->map_index, TW_STR_ARG(row->run_id));
}

static void same_tis(struct sim *m, const struct srun *r, const struct run *core)
{
	for (size_t i = 0; i < r->tis.n; i++) {
		const struct srow *t = r->tis.v[i];
		const struct ti *ti = tw_core_find_ti(core, t->task->task_id, t->l.row.map_index);
		struct tw_ti_row row;
		if (!ti)
			continue; /* gone from its version */
		tw_core_ti_row(ti, &row);
		same_ti(m, t, &row);
	}
}

/* ── nobody is forgotten ────────────────────────────────────────────────────────────────── */

static bool waits(const struct tw_ti_row *row)
{
	return row->state == TW_TI_NONE || row->state == TW_TI_UP_FOR_RETRY || row->state == TW_TI_UP_FOR_RESCHEDULE;
}

static void check_waiting(struct sim *m, const struct srow *t, const struct tw_task *task)
{
	struct ruling r = oracle_ask(m, t);

	if (r.may == O_RUN && !r.past_waits && !stands(t->run->d))
		sim_fail_run(m, t->run, TW_STR_FMT "[%d] of " TW_STR_FMT " is ready and forgotten", TW_STR_ARG(task->task_id),
			 t->l.row.map_index, TW_STR_ARG(t->run->row.run_id));
	bool may_wait = r.may & (O_WAIT | O_RUN) || (r.past_waits && task->wait_past_skip);
	if (!may_wait)
		sim_fail_run(m, t->run, TW_STR_FMT "[%d] of " TW_STR_FMT " should have been set (%x), and is forgotten",
			 TW_STR_ARG(task->task_id), t->l.row.map_index, TW_STR_ARG(t->run->row.run_id), r.may);
}

static void check_nobody_forgotten(struct sim *m, const struct srun *r)
{
	if (r->row.state != TW_RUN_RUNNING || r->past_asked)
		return;
	for (size_t i = 0; i < r->tis.n; i++) {
		const struct srow *t = r->tis.v[i];
		const struct tw_ti_row *row = &t->l.row;
		int n = tw_dag_task(r->doc->dag, row->task_id);
		if (n < 0)
			continue;
		if (row->state == TW_TI_SCHEDULED && !stands(r->d) && !oracle_blocked(m, t))
			sim_fail_run(m, r, TW_STR_FMT "[%d] of " TW_STR_FMT " waits for nothing", TW_STR_ARG(row->task_id),
				 row->map_index, TW_STR_ARG(row->run_id));
		if (waits(row) && (row->next_retry == TW_TIME_NONE || row->next_retry <= m->s->now))
			check_waiting(m, t, &r->doc->dag->tasks[n]);
	}
}

/* A queued run whose hour has come starts as long as there is room. */
static void check_queued_runs(struct sim *m, const struct sdag *d)
{
	int running = 0, of_backfill = 0, queued = 0, of_backfill_queued = 0;

	for (size_t i = 0; i < d->all.n; i++) {
		const struct srun *r = d->all.v[i];
		bool backfill = r->row.type == TW_RUNTYPE_BACKFILL;
		if (r->gone)
			continue;
		bool due = r->row.state == TW_RUN_QUEUED && r->row.run_after <= m->s->now;
		*(backfill ? &of_backfill : &running) += r->row.state == TW_RUN_RUNNING;
		*(backfill ? &of_backfill_queued : &queued) += due;
	}
	if (stands(d))
		return;
	if (queued && running < m->docs[d->doc].dag->max_active_runs)
		sim_fail(m, "a queued run of " TW_STR_FMT " is forgotten", TW_STR_ARG(d->dag_id));
	if (of_backfill_queued && !d->backfill_paused && of_backfill < d->backfill_max)
		sim_fail(m, "a queued backfill run of " TW_STR_FMT " is forgotten", TW_STR_ARG(d->dag_id));
}

static void check_run(struct sim *m, const struct srun *r)
{
	struct run *core = tw_core_find_run(m->s, (struct tw_run_ref){ r->row.dag_id, r->row.run_id });

	if (!core && !tw_run_finished(r->row.state))
		sim_fail(m, "run " TW_STR_FMT " is %s and nobody holds it", TW_STR_ARG(r->row.run_id),
			 tw_run_state_name(r->row.state));
	if (core && core->row.state != r->row.state)
		sim_fail(m, "run " TW_STR_FMT ": core %s, store %s", TW_STR_ARG(r->row.run_id),
			 tw_run_state_name(core->row.state), tw_run_state_name(r->row.state));
	if (core) {
		check_counters(m, core);
		check_sums(m, core);
		same_tis(m, r, core);
	}
	check_nobody_forgotten(m, r);
}

static void check_live(struct sim *m)
{
	size_t kept = 0, rows = 0;

	for (size_t i = 0; i < m->live.n; i++) {
		struct srun *r = m->live.v[i];
		if (!r->gone)
			check_run(m, r);
		r->live = !r->gone && !tw_run_finished(r->row.state);
		if (r->live)
			m->live.v[kept++] = r;
		rows += r->live ? r->tis.n : 0;
	}
	m->live.n = kept;
	m->next_full = m->turns + m->full_every + (long)rows / 10;
	m->live_rows = (long)rows;
	for (int i = 0; i < m->ndags; i++)
		check_queued_runs(m, &m->dags[i]);
}

/* Large runs are looked at in a part of the turns: the price of a turn stays the same. */
static bool looked_at(struct sim *m, const struct srun *r)
{
	return !r->gone && (m->one_by_one || r->tis.n < 20 || sim_random(m, r->tis.n / 10) == 0);
}

void check_settled(struct sim *m, bool everything)
{
	for (size_t i = 0; i < m->touched.n; i++)
		if (looked_at(m, m->touched.v[i]))
			check_run(m, m->touched.v[i]);
	check_pools(m);
	if (everything)
		check_live(m);
	tw_vec_clear(&m->touched);
}

/* ── what a commit may say ──────────────────────────────────────────────────────────────── */

static void check_limits(struct sim *m, const struct tw_fx_dispatch *d, const struct srow *t)
{
	const struct tw_task *task = &d->dag->tasks[d->task];
	const struct tw_ti_row *row = &t->l.row;
	int in_pool = row->pool.n == 2 ? row->pool.p[1] - '0' : NPOOLS, in_exec = row->executor.n == 2 ? row->executor.p[1] - '0' : 0;
	const struct spool *p = &m->pools[in_pool];
	const struct sexec *e = &m->execs[in_exec];
	int64_t used = p->used + (p->include_deferred ? p->deferred : 0);

	if (!p->changed && (!p->known || (p->slots >= 0 && used > p->slots)))
		sim_fail(m, "pool p%d is over: %lld of %lld", in_pool, (long long)used, (long long)p->slots);
	if (!e->changed && (e->slots < 0 || (e->slots && e->used > e->slots)))
		sim_fail(m, "executor x%d is over: %d of %d", in_exec, e->used, e->slots);
	if (m->cfg.parallelism && m->executing > m->cfg.parallelism)
		sim_fail(m, "parallelism is over: %d of %d", m->executing, m->cfg.parallelism);
	if (d->dag != t->run->doc->dag || t->run->d->changed)
		return; /* the run went to another version in the same turn, or there and back: what it has now was given out by that one's limits */
	if (!d->dag->max_active_tasks_of_dag && t->run->executing > d->dag->max_active_tasks)
		sim_fail(m, "max_active_tasks is over: %d of %d", t->run->executing, d->dag->max_active_tasks);
	if (task->max_active_per_run >= 0 && t->task->active > task->max_active_per_run)
		sim_fail(m, "max_active_tis_per_dagrun is over: %d of %d", t->task->active, task->max_active_per_run);
	bool versions = false; /* others of the task may run under another version's limit */
	for (size_t i = 0; i < t->run->d->all.n; i++)
		versions |= !t->run->d->all.v[i]->gone && t->run->d->all.v[i]->executing && t->run->d->all.v[i]->doc != t->run->doc;
	if (!versions && task->max_active_per_dag >= 0 && *t->task->of_dag > task->max_active_per_dag)
		sim_fail(m, "max_active_tis_per_dag is over: %d of %d", *t->task->of_dag, task->max_active_per_dag);
}

static void check_dispatches(struct sim *m, const struct tw_effects *fx)
{
	for (size_t i = 0; i < fx->dispatch.n; i++) {
		const struct tw_fx_dispatch *d = &fx->dispatch.v[i];
		struct srow *t = d->dropped ? NULL : store_ti(m, d->ti.dag_id, d->ti.run_id, d->ti.task_id, d->ti.map_index);
		if (d->dropped)
			continue;
		if (!t || t->l.row.state != TW_TI_QUEUED || !tw_id_eq(t->l.row.id, d->ti.id))
			sim_fail(m, TW_STR_FMT "[%d] is dispatched, and its row is not queued", TW_STR_ARG(d->ti.task_id),
				 d->ti.map_index);
		if (stands(t->run->d) && !t->run->d->stands_changed)
			sim_fail(m, TW_STR_FMT " is given out, and its DAG stands", TW_STR_ARG(d->ti.task_id));
		check_limits(m, d, t);
	}
}

/* Runs that started: no more than may at once. */
static void check_started_runs(struct sim *m)
{
	for (size_t i = 0; i < m->touched.n; i++) {
		const struct srun *r = m->touched.v[i];
		int running = 0, max = m->docs[r->d->doc].dag->max_active_runs;
		bool backfill = r->row.type == TW_RUNTYPE_BACKFILL;
		if (r->gone || r->d->changed || r->started_turn != m->turns || r->row.state != TW_RUN_RUNNING)
			continue;
		for (size_t k = 0; k < r->d->all.n; k++) {
			const struct srun *x = r->d->all.v[k];
			running += !x->gone && x->row.state == TW_RUN_RUNNING && (x->row.type == TW_RUNTYPE_BACKFILL) == backfill;
		}
		if (running > (backfill ? r->d->backfill_max : max))
			sim_fail(m, "max_active_runs of " TW_STR_FMT " is over: %d of %d", TW_STR_ARG(r->d->dag_id), running,
				 backfill ? r->d->backfill_max : max);
	}
}

/* No run before its time, and none twice. */
static void check_schedule(struct sim *m, const struct tw_effects *fx)
{
	for (size_t i = 0; i < fx->runs.n; i++) {
		const struct tw_run_row *row = &fx->runs.v[i].row;
		if (fx->runs.v[i].op != TW_FX_INSERT || row->type != TW_RUNTYPE_SCHEDULED)
			continue;
		const struct sdag *d = store_dag(m, row->dag_id);
		if (row->run_after > m->s->now)
			sim_fail(m, "run " TW_STR_FMT " is made before its time", TW_STR_ARG(row->run_id));
		for (size_t k = 0; k < d->all.n; k++) {
			const struct srun *r = d->all.v[k];
			if (r->gone || r->row.type != TW_RUNTYPE_SCHEDULED || tw_str_eq(r->row.run_id, row->run_id))
				continue;
			if (row->logical_date != TW_TIME_NONE && r->row.logical_date == row->logical_date)
				sim_fail(m, "two scheduled runs of " TW_STR_FMT " have one logical date", TW_STR_ARG(d->dag_id));
		}
	}
}

/* ── rules ──────────────────────────────────────────────────────────────────────────────── */

static bool was_waiting(const struct srow *t)
{
	return t->before == TW_TI_NONE || t->before == TW_TI_UP_FOR_RETRY || t->before == TW_TI_UP_FOR_RESCHEDULE;
}

static void check_scheduled(struct sim *m, const struct srow *t)
{
	struct ruling r = oracle_ask(m, t);

	if (t->before != TW_TI_NONE && t->due_before != TW_TIME_NONE && t->due_before > m->s->now)
		sim_fail_run(m, t->run, TW_STR_FMT "[%d] is scheduled before its delay is over", TW_STR_ARG(t->task->task_id),
			 t->l.row.map_index);
	if (r.past_waits && r.past && r.past->made_turn == m->turns)
		return; /* it was decided before that run was made */
	if (!(r.may & O_RUN) || r.past_waits)
		sim_fail_run(m, t->run, TW_STR_FMT "[%d] of " TW_STR_FMT " is scheduled against its rule (%x%s" TW_STR_FMT ")", TW_STR_ARG(t->task->task_id),
			 t->l.row.map_index, TW_STR_ARG(t->run->row.run_id), r.may, r.past_waits ? ", depends on past: " : "",
			 TW_STR_ARG(r.past ? r.past->row.run_id : tw_str(NULL)));
}

/*
 * Somebody whose record names it may have set it at once, from further above; or follows nobody, and was a branch in the version that his
 * attempt is of.
 */
static bool decided_above(struct sim *m, const struct srow *t)
{
	for (size_t i = 0; i < t->run->tis.n; i++) {
		const struct srow *by = t->run->tis.v[i];
		if (by->moved_turn == m->turns && by->l.skip_record.p && (by->nskips || by->skips_followed))
			return true;
	}
	return false;
}

static void check_set(struct sim *m, const struct srow *t)
{
	enum tw_ti_state s = t->l.row.state;
	struct ruling r = oracle_ask(m, t);
	unsigned is = s == TW_TI_SKIPPED ? O_SKIPPED : s == TW_TI_UPSTREAM_FAILED ? O_UPSTREAM_FAILED : O_REMOVED;

	if (r.may & is || r.upstreams_moved > 1 || r.unexpanded)
		return;
	if (s == TW_TI_SKIPPED && r.past_moved && r.upstreams_moved)
		return; /* its skip waited for the run before, and was decided when that moved, before the upstream did */
	if (s == TW_TI_SKIPPED && r.upstreams_moved && (t->before == TW_TI_UP_FOR_RETRY || t->before == TW_TI_UP_FOR_RESCHEDULE))
		return; /* its own delay was over in this turn, and it was looked at before the upstream moved */
	if (s == TW_TI_REMOVED && t->l.row.map_index >= 0)
		return; /* what it maps over has become shorter */
	if (s == TW_TI_SKIPPED && (t->run->doc->dag->fail_fast || decided_above(m, t)))
		return;
	sim_fail_run(m, t->run, TW_STR_FMT "[%d] of " TW_STR_FMT " is set to %s against its rule (%x)", TW_STR_ARG(t->task->task_id),
		 t->l.row.map_index, TW_STR_ARG(t->run->row.run_id), tw_ti_state_name(s), r.may);
}

static void check_rule(struct sim *m, const struct srow *t, bool partly)
{
	const struct srun *r = t->run;
	int n = r->gone ? -1 : tw_dag_task(r->doc->dag, t->task->task_id);

	if (n < 0 || !was_waiting(t))
		return;
	switch (t->l.row.state) {
	case TW_TI_SCHEDULED:
	case TW_TI_QUEUED:
	case TW_TI_DEFERRED:
		check_scheduled(m, t);
		break;
	case TW_TI_SUCCESS:
		if (r->doc->dag->tasks[n].scheduler_only)
			check_scheduled(m, t);
		break;
	case TW_TI_SKIPPED:
	case TW_TI_UPSTREAM_FAILED:
	case TW_TI_REMOVED:
		/* A run that times out takes all along. */
		if (!partly && (r->row.state == TW_RUN_RUNNING || r->row.state == TW_RUN_SUCCESS))
			check_set(m, t);
		break;
	default:
		break;
	}
}

/* Who has a limit of its own, or asks for many slots, may be behind another one that is first at that limit. */
static bool plain(struct sim *m, const struct srow *t)
{
	int n = tw_dag_task(t->run->doc->dag, t->task->task_id);
	const struct tw_task *task = n < 0 ? NULL : &t->run->doc->dag->tasks[n];

	const struct tw_ti_row *row = &t->l.row; /* its slots and executor are its own, whatever the file says by now */

	return task && task->max_active_per_dag < 0 && task->max_active_per_run < 0 && row->pool_slots == 1 &&
	       m->execs[row->executor.n == 2 ? row->executor.p[1] - '0' : 0].slots == 0;
}

/* How many of the DAG's were queued or running when dispatch i was given out. */
static int share_at(const struct sdag *d, const struct tw_effects *fx, size_t i)
{
	int n = 0;

	for (size_t k = 0; k < d->all.n; k++)
		n += d->all.v[k]->gone ? 0 : d->all.v[k]->executing;
	for (; i < fx->dispatch.n; i++)
		n -= !fx->dispatch.v[i].dropped && tw_str_eq(fx->dispatch.v[i].ti.dag_id, d->dag_id);
	return n;
}

/* Among DAGs the one with the fewest is first, as long as nobody weighs more. With as many they take turns, which the store does not know. */
static bool first_of_two(const struct srow *a, const struct srow *b, const struct tw_effects *fx, size_t i)
{
	if (a->run->d != b->run->d && a->l.row.priority_weight == b->l.row.priority_weight)
		return share_at(a->run->d, fx, i) < share_at(b->run->d, fx, i);
	return oracle_before(a, b);
}

/* Nothing is given out while something goes before it that could have had its place. */
static void check_order(struct sim *m, const struct tw_effects *fx)
{
	if (m->gathering.fx || (!m->one_by_one && sim_random(m, 1 + m->live.n) > 2))
		return; /* dear: everybody who waits is looked at */
	for (size_t i = 0; i < fx->dispatch.n; i++) {
		const struct tw_fx_dispatch *d = &fx->dispatch.v[i];
		struct srow *t = d->dropped ? NULL : store_ti(m, d->ti.dag_id, d->ti.run_id, d->ti.task_id, d->ti.map_index);
		if (!t)
			continue;
		struct sexec *e = &m->execs[t->l.row.executor.n == 2 ? t->l.row.executor.p[1] - '0' : 0];
		struct spool *p = &m->pools[t->l.row.pool.n == 2 ? t->l.row.pool.p[1] - '0' : NPOOLS];
		m->executing--, t->run->executing--, e->used--, p->used -= t->l.row.pool_slots;
		for (size_t k = 0; k < m->live.n; k++) {
			const struct srun *r = m->live.v[k];
			if (r->gone || r->row.state != TW_RUN_RUNNING || stands(r->d))
				continue;
			for (size_t j = 0; j < r->tis.n; j++) {
				const struct srow *x = r->tis.v[j];
				if (x->l.row.state == TW_TI_SCHEDULED && x->task != t->task && plain(m, x) &&
				    first_of_two(x, t, fx, i) && !oracle_blocked(m, x))
					sim_fail_run(m, r, TW_STR_FMT "[%d] of " TW_STR_FMT " goes before " TW_STR_FMT "[%d] of " TW_STR_FMT
						 ", which is first in order", TW_STR_ARG(t->task->task_id), t->l.row.map_index,
						 TW_STR_ARG(t->run->row.run_id), TW_STR_ARG(x->task->task_id), x->l.row.map_index,
						 TW_STR_ARG(r->row.run_id));
			}
		}
		m->executing++, t->run->executing++, e->used++, p->used += t->l.row.pool_slots;
	}
}

void check_commit(struct sim *m, const struct turn *t)
{
	check_dispatches(m, t->fx);
	check_started_runs(m);
	check_schedule(m, t->fx);
	if (t->evs.n != 1)
		return;
	switch (t->evs.v[0].ev.type) {
	case TW_EV_STARTED:
	case TW_EV_FINISHED:
	case TW_EV_TICK:
	case TW_EV_TRIGGER:
	case TW_EV_PAST:
	case TW_EV_DAG_PAUSED:
	case TW_EV_RUN_NEW:
	case TW_EV_POOL:
	case TW_EV_EXECUTOR:
		for (size_t i = 0; i < m->moved.n; i++)
			check_rule(m, m->moved.v[i], t->evs.v[0].ev.type == TW_EV_RUN_NEW && t->evs.v[0].ev.run_new.nonly);
		check_order(m, t->fx);
		break;
	default:
		break;
	}
}

/* ── a scheduler that begins now stands where this one stands ───────────────────────────── */

static struct tw_sched *newcomer;
static struct tw_effects *newcomer_fx;

static void tell_newcomer(struct sim *m, struct tw_event ev)
{
	struct tw_err err = { 0 };

	ev.at = m->s->now;
	if (tw_sched_step(newcomer, &ev, newcomer_fx, &err) < 0)
		sim_fail(m, "a new scheduler is refused event %d: %s", ev.type, err.msg);
}

/*
 * The living one has gone past dates that somebody's run has, or is at its document; no row says so, and a new one begins at the
 * newest scheduled run that there is.
 */
static bool forgot_last(struct sim *m, const struct tw_run_row *row)
{
	const struct dagent *d = tw_map_get(&m->s->dags, row->dag_id), *n = tw_map_get(&newcomer->dags, row->dag_id);
	const struct sdag *s = store_dag(m, row->dag_id);
	tw_time newest = TW_TIME_NONE;

	for (size_t i = 0; i < s->all.n; i++)
		if (s->all.v[i]->row.type == TW_RUNTYPE_SCHEDULED && s->all.v[i]->row.run_after > newest &&
		    !tw_str_eq(s->all.v[i]->row.run_id, row->run_id))
			newest = s->all.v[i]->row.run_after;
	return d && n && d->has_last && d->last.run_after > newest;
}

/*
 * An interval schedule without catchup that follows another schedule: its first date is counted from the last run's end or from now,
 * whichever is later. So it hangs on the hour at which it is asked, in Airflow too.
 */
static bool asked_later(struct sim *m, const struct tw_run_row *row)
{
	const struct sdag *s = store_dag(m, row->dag_id);
	const struct tw_dag *dag = m->docs[s->doc].dag;
	const struct srun *last = NULL;

	for (size_t i = 0; i < s->all.n; i++)
		if (s->all.v[i]->row.type == TW_RUNTYPE_SCHEDULED && (!last || s->all.v[i]->row.run_after > last->row.run_after))
			last = s->all.v[i];
	return !dag->catchup && dag->timetable->type == TW_TT_DELTA_INTERVAL && last && last->made_by->dag != dag;
}

static void same_place(struct sim *m)
{
	for (size_t i = 0; i < newcomer_fx->runs.n; i++) {
		const struct tw_run_row *row = &newcomer_fx->runs.v[i].row;
		const struct srun *r = store_run(m, (struct tw_run_ref){ row->dag_id, row->run_id });
		if (!r && (forgot_last(m, row) || asked_later(m, row)))
			continue;
		if (!r)
			sim_fail(m, "a new scheduler moves run " TW_STR_FMT " from nothing to %s", TW_STR_ARG(row->run_id),
				 tw_run_state_name(row->state));
		if (r->row.state != row->state)
			sim_fail_run(m, r, "a new scheduler moves run " TW_STR_FMT " from %s to %s", TW_STR_ARG(row->run_id),
				     tw_run_state_name(r->row.state), tw_run_state_name(row->state));
	}
	for (size_t i = 0; i < newcomer_fx->tis.n; i++) {
		const struct tw_ti_row *row = &newcomer_fx->tis.v[i].row;
		const struct srow *t = store_ti(m, row->dag_id, row->run_id, row->task_id, row->map_index);
		if (!store_run(m, (struct tw_run_ref){ row->dag_id, row->run_id }))
			continue;
		if (!t || t->l.row.state != row->state)
			sim_fail_run(m, store_run(m, (struct tw_run_ref){ row->dag_id, row->run_id }), "a new scheduler moves " TW_STR_FMT "[%d] of " TW_STR_FMT " from %d to %d",
				 TW_STR_ARG(row->task_id), row->map_index, TW_STR_ARG(row->run_id),
				 t ? (int)t->l.row.state : -1, row->state);
	}
	if (newcomer_fx->dispatch.n == 0 && newcomer->active != m->s->active)
		sim_fail(m, "a new scheduler counts %d active, not %d", newcomer->active, m->s->active);
}

/* What it knows of an instance is what the living one knows. */
static const char *other_memory(const struct ti *a, const struct ti *b)
{
	struct tw_value none = TW_NULL;

	if (a->state != b->state || a->stored_index != b->stored_index)
		return "state";
	if (a->try_number != b->try_number || a->max_tries != b->max_tries)
		return "tries";
	if (a->has_return != b->has_return || a->mapped_length != b->mapped_length)
		return "return value";
	if (a->due != b->due)
		return "due";
	if (a->pool_slots != b->pool_slots || !tw_str_eq(a->pool->name, b->pool->name))
		return "pool";
	if (!tw_value_equal(a->x ? a->x->skip : none, b->x ? b->x->skip : none))
		return "skip record";
	if (!tw_str_eq(a->x ? a->x->next_method : tw_str(NULL), b->x ? b->x->next_method : tw_str(NULL)))
		return "next method";
	if ((a->x ? a->x->reschedule_start : TW_TIME_NONE) != (b->x ? b->x->reschedule_start : TW_TIME_NONE))
		return "reschedule start";
	if ((a->x ? a->x->trigger_id : 0) != (b->x ? b->x->trigger_id : 0))
		return "trigger";
	return NULL;
}

static void same_memory(struct sim *m, const struct srun *r)
{
	struct tw_run_ref ref = { r->row.dag_id, r->row.run_id };
	const struct run *a = tw_core_find_run(m->s, ref), *b = tw_core_find_run(newcomer, ref);

	if (!a || !b)
		return;
	if (a->ntasks != b->ntasks || a->unfinished != b->unfinished || a->lost.n != b->lost.n)
		sim_fail_run(m, r, "a new scheduler has %d tasks, %d unfinished, %d lost of " TW_STR_FMT ", not %d, %d, %d", b->ntasks,
			     (int)b->unfinished, (int)b->lost.n, TW_STR_ARG(r->row.run_id), a->ntasks, (int)a->unfinished, (int)a->lost.n);
	for (int t = 0; t < a->ntasks; t++) {
		const struct tstate *x = &a->tasks[t], *y = &b->tasks[t];
		struct tw_str task = a->dag->tasks[t].task_id;
		if (x->n != y->n || x->expanded != y->expanded || x->active != y->active || x->returned != y->returned ||
		    x->ended != y->ended || x->waiting != y->waiting || memcmp(x->in, y->in, sizeof x->in) != 0)
			sim_fail_run(m, r, "a new scheduler counts " TW_STR_FMT " of " TW_STR_FMT " otherwise", TW_STR_ARG(task),
				     TW_STR_ARG(r->row.run_id));
		for (int i = 0; i < x->n; i++) {
			const char *what = other_memory(x->tis[i], y->tis[i]);
			if (what)
				sim_fail_run(m, r, "a new scheduler has another %s of " TW_STR_FMT "[%d] of " TW_STR_FMT, what, TW_STR_ARG(task),
					     x->tis[i]->map_index, TW_STR_ARG(r->row.run_id));
		}
	}
}

void check_reload(struct sim *m)
{
	struct tw_sched_config cfg = m->cfg;
	size_t answered = 0;

	cfg.loading = true;
	newcomer = tw_sched_new(&cfg);
	newcomer_fx = tw_effects_new();
	m->reloads++;
	store_boot(m, tell_newcomer);
	while (answered < newcomer_fx->asks.n) {
		const struct tw_fx_ask *a = &newcomer_fx->asks.v[answered++];
		if (a->kind == TW_ASK_PAST)
			tell_newcomer(m, store_past_event(m, a));
	}
	same_place(m);
	for (size_t i = 0; i < m->live.n; i++)
		same_memory(m, m->live.v[i]);
	tw_effects_free(newcomer_fx);
	tw_sched_free(newcomer);
	tw_arena_release(&m->load_arena);
}
