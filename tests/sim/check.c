/* The invariants. What the core keeps by counting is counted again; limits and rules are asked of the store's rows. */
#include "sim/sim.h"

/* ── the core against itself ────────────────────────────────────────────────────────────── */

static bool counts_equal(const struct counts *a, const struct counts *b)
{
	return a->u == b->u && a->s == b->s && a->k == b->k && a->f == b->f && a->uf == b->uf && a->r == b->r;
}

static void print_counts(const char *what, const struct counts *c)
{
	fprintf(stderr, "%s: u %u s %u k %u f %u uf %u r %u\n", what, c->u, c->s, c->k, c->f, c->uf, c->r);
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
		was[t].own = tw_zalloc(((size_t)ts->n + 1) * sizeof ts->in);
		for (int i = 0; i < ts->n; i++)
			if (ts->tis[i]->own)
				memcpy(&was[t].own[i * TW_EDGE_NKINDS], ts->tis[i]->own, sizeof ts->in);
	}
	tw_core_count_all(r);
	for (int t = 0; t < r->ntasks; t++) {
		struct tstate *ts = &r->tasks[t];
		for (int k = 0; k < TW_EDGE_NKINDS; k++) {
			if (!counts_equal(&was[t].in[k], &ts->in[k])) {
				print_counts("kept", &was[t].in[k]);
				print_counts("true", &ts->in[k]);
				sim_fail(m, "counters of " TW_STR_FMT " kind %d", TW_STR_ARG(r->dag->tasks[t].task_id), k);
			}
			for (int i = 0; i < ts->n; i++)
				if (ts->tis[i]->own &&
				    !counts_equal(&was[t].own[i * TW_EDGE_NKINDS + k], &ts->tis[i]->own[k])) {
					print_counts("kept", &was[t].own[i * TW_EDGE_NKINDS + k]);
					print_counts("true", &ts->tis[i]->own[k]);
					sim_fail(m, "own counters of " TW_STR_FMT "[%d] kind %d",
						 TW_STR_ARG(r->dag->tasks[t].task_id), ts->tis[i]->map_index, k);
				}
		}
		free(was[t].own);
	}
	free(was);
}

/* Who waits in a queue waits for something that is really full. */
static void check_blocked(struct sim *m, struct ti *ti)
{
	struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	struct executor *e = tw_core_executor(m->s, tw_core_executor_name(ti));
	struct pool *p = tw_core_pool(m->s, t->pool);
	const struct dag_task *x = tw_map_get(&r->d->tasks, t->task_id);
	bool blocked = true;

	switch ((enum place)ti->place) {
	case NOWHERE:
		break;
	case IN_BUCKET: {
		struct bucket *b = tw_container_of(ti->in_heap, struct bucket, tis);
		blocked = (m->cfg.parallelism && m->s->active >= m->cfg.parallelism) || tw_core_pool_open(p) == 0 ||
			  b->limit->active >= b->max;
		break;
	}
	case PARKED_RUN_LIMIT:
		blocked = r->tasks[ti->task].active >= t->max_active_per_run;
		break;
	case PARKED_DAG_LIMIT:
		blocked = x->active >= t->max_active_per_dag;
		break;
	case PARKED_POOL:
		blocked = t->pool_slots > tw_core_pool_open(p);
		break;
	case PARKED_EXECUTOR:
		blocked = e->slots < 0 || (e->slots > 0 && e->active >= e->slots);
		break;
	}
	if (!blocked)
		sim_fail(m, TW_STR_FMT "[%d] waits in place %d for nothing", TW_STR_ARG(t->task_id), ti->map_index, ti->place);
}

static void check_sums(struct sim *m, struct run *r)
{
	int64_t nstate[TW_TI_NSTATES] = { 0 }, unfinished = 0, held = 0;
	int executing = 0;

	for (int t = 0; t < r->ntasks; t++) {
		struct tstate *ts = &r->tasks[t];
		int waiting = 0, ended = 0, returned = 0;
		for (int i = 0; i < ts->n; i++) {
			struct ti *ti = ts->tis[i];
			nstate[ti->state]++;
			unfinished += !tw_ti_finished(ti->state);
			waiting += tw_core_schedulable(ti);
			ended += tw_ti_finished(ti->state);
			returned += ti->has_return;
			held += ti->held;
			executing += tw_ti_executing(ti->state);
			if (ti->in_work || ti->touched || ti->dead)
				sim_fail(m, "left behind in the work list");
			check_blocked(m, ti);
			if ((ti->state == TW_TI_SCHEDULED) != (ti->place != NOWHERE) && !r->d->paused &&
			    r->row.state == TW_RUN_RUNNING)
				sim_fail(m, TW_STR_FMT " is %s and in place %d", TW_STR_ARG(r->dag->tasks[t].task_id),
					 tw_ti_state_name(ti->state), ti->place);
		}
		if (waiting != ts->waiting || ended != ts->ended || returned != ts->returned)
			sim_fail(m, "task sums of " TW_STR_FMT ": waiting %d/%d ended %d/%d returned %d/%d",
				 TW_STR_ARG(r->dag->tasks[t].task_id), ts->waiting, waiting, ts->ended, ended,
				 ts->returned, returned);
	}
	if (memcmp(nstate, r->nstate, sizeof nstate) || unfinished != r->unfinished || held != r->nheld)
		sim_fail(m, "sums of run " TW_STR_FMT, TW_STR_ARG(r->row.run_id));
	if (r->limit == &r->own_limit && executing != r->own_limit.active)
		sim_fail(m, "slots of run " TW_STR_FMT ": %d, not %d", TW_STR_ARG(r->row.run_id), r->own_limit.active, executing);
}

/* Whoever may run does: no instance waits for nothing. */
static void check_nobody_forgotten(struct sim *m, struct run *r)
{
	if (r->row.state != TW_RUN_RUNNING || r->d->paused)
		return;
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			struct ti *ti = r->tasks[t].tis[i];
			uint8_t was = ti->state;
			if (!tw_core_schedulable(ti) || (ti->due != TW_TIME_NONE && ti->due > m->s->now))
				continue;
			enum verdict rule = tw_core_rule_of(ti), setup = tw_core_setup_verdict(ti);
			enum verdict map = tw_core_mapped_verdict(ti);
			bool past = r->dag->tasks[t].depends_on_past && !tw_core_past_met(ti);
			if (rule == READY && setup == READY && map == READY && !past)
				sim_fail(m, TW_STR_FMT "[%d] of " TW_STR_FMT " is ready and forgotten (state %d)",
					 TW_STR_ARG(r->dag->tasks[t].task_id), ti->map_index, TW_STR_ARG(r->row.run_id), was);
		}
}

static void check_core(struct sim *m)
{
	tw_map_foreach(&m->s->dags, e) {
		struct dagent *d = e->value;
		int queued = 0, running = 0;
		for (size_t i = 0; i < d->nruns; i++) {
			struct run *r = d->runs[i];
			check_counters(m, r);
			check_sums(m, r);
			check_nobody_forgotten(m, r);
			queued += r->row.state == TW_RUN_QUEUED;
			running += r->row.state == TW_RUN_RUNNING;
		}
		if (queued != d->queued_runs || running != d->running_runs)
			sim_fail(m, "runs of " TW_STR_FMT ": %d/%d queued, %d/%d running", TW_STR_ARG(d->dag_id),
				 d->queued_runs, queued, d->running_runs, running);
	}
}

/* ── the core against the store ─────────────────────────────────────────────────────────── */

static void same_ti(void *ctx, const struct tw_ti_row *row)
{
	struct sim *m = ctx;
	struct srow *t = store_ti(m, row->dag_id, row->run_id, row->task_id, row->map_index);

	if (!t)
		sim_fail(m, "the store has no " TW_STR_FMT "[%d] of " TW_STR_FMT, TW_STR_ARG(row->task_id), row->map_index,
			 TW_STR_ARG(row->run_id));
	if (t->l.row.state != row->state || t->l.row.try_number != row->try_number ||
	    t->l.row.max_tries != row->max_tries || !tw_id_eq(t->l.row.id, row->id) ||
	    t->l.row.next_retry != row->next_retry || t->l.row.trigger_id != row->trigger_id)
		sim_fail(m, TW_STR_FMT "[%d] is %d in the core and %d in the store", TW_STR_ARG(row->task_id),
			 row->map_index, row->state, t->l.row.state);
}

static void same_run(void *ctx, const struct tw_run_row *row)
{
	struct sim *m = ctx;
	struct srun *r = store_run(m, row->dag_id, row->run_id);

	if (!r || r->row.state != row->state)
		sim_fail(m, "run " TW_STR_FMT ": core %s, store %s", TW_STR_ARG(row->run_id), tw_run_state_name(row->state),
			 r ? tw_run_state_name(r->row.state) : "absent");
	tw_sched_each_ti(m->s, (struct tw_run_ref){ row->dag_id, row->run_id }, same_ti, m);
}

void check_same_after_reload(struct sim *m)
{
	tw_sched_each_run(m->s, same_run, m);
}

/* ── limits, of the store's rows ────────────────────────────────────────────────────────── */

static int64_t pool_used(struct sim *m, struct tw_str pool, bool deferred)
{
	int64_t used = 0;

	for (size_t i = 0; i < m->runs.n; i++)
		for (size_t k = 0; !m->runs.v[i]->gone && k < m->runs.v[i]->tis.n; k++) {
			const struct srow *t = m->runs.v[i]->tis.v[k];
			enum tw_ti_state s = t->l.row.state;
			if (!t->gone && tw_str_eq(t->l.row.pool, pool) &&
			    (tw_ti_executing(s) || (deferred && s == TW_TI_DEFERRED)))
				used += t->l.row.pool_slots;
		}
	return used;
}

static void check_dispatch(struct sim *m, const struct tw_fx_dispatch *d)
{
	const struct tw_task *t = &d->dag->tasks[d->task];
	int in_run = 0, of_task_run = 0, of_task = 0, total = 0;
	bool versions = false; /* others of the task run under another version's limit */

	for (int p = 0; p < NPOOLS; p++) {
		char name[16];
		snprintf(name, sizeof name, "p%d", p);
		if (!m->limits_changed && tw_str_is(t->pool, name) && m->pools[p] >= 0 &&
		    pool_used(m, t->pool, m->include_deferred[p]) > m->pools[p])
			sim_fail(m, "pool %s is over: %lld of %lld", name,
				 (long long)pool_used(m, t->pool, m->include_deferred[p]), (long long)m->pools[p]);
	}
	for (size_t i = 0; i < m->runs.n; i++) {
		const struct srun *r = m->runs.v[i];
		bool same_dag = tw_str_eq(r->row.dag_id, d->run.dag_id), same = same_dag && tw_str_eq(r->row.run_id, d->run.run_id);
		for (size_t k = 0; !r->gone && k < r->tis.n; k++) {
			const struct tw_ti_row *x = &r->tis.v[k]->l.row;
			bool exec = !r->tis.v[k]->gone && tw_ti_executing(x->state);
			bool active = exec || (!r->tis.v[k]->gone && x->state == TW_TI_DEFERRED);
			total += exec;
			in_run += exec && (d->dag->max_active_tasks_of_dag ? same_dag : same);
			of_task += active && same_dag && tw_str_eq(x->task_id, t->task_id);
			versions |= active && same_dag && tw_str_eq(x->task_id, t->task_id) && r->dag != d->dag;
			of_task_run += active && same && tw_str_eq(x->task_id, t->task_id);
		}
	}
	if (m->cfg.parallelism && total > m->cfg.parallelism)
		sim_fail(m, "parallelism is over: %d", total);
	if (!d->dag->max_active_tasks_of_dag && in_run > d->dag->max_active_tasks)
		sim_fail(m, "max_active_tasks is over: %d of %d", in_run, d->dag->max_active_tasks);
	if (t->max_active_per_run >= 0 && of_task_run > t->max_active_per_run)
		sim_fail(m, "max_active_tis_per_dagrun is over");
	if (!versions && t->max_active_per_dag >= 0 && of_task > t->max_active_per_dag)
		sim_fail(m, "max_active_tis_per_dag is over: %d of %d", of_task, t->max_active_per_dag);
}

/* Its rule allowed it, by the rows as they are now (asked only when one event made the turn). */
static void check_rule(struct sim *m, const struct tw_fx_dispatch *d)
{
	const struct tw_task *t = &d->dag->tasks[d->task];
	struct srun *r = store_run(m, d->run.dag_id, d->run.run_id);
	struct counts c = { 0 };

	if (!r || t->mapped_group >= 0 || r->dag != d->dag || d->ti.next_method.p)
		return;
	for (int i = 0; i < t->nupstream; i++) {
		struct tw_str up = d->dag->tasks[t->upstream[i]].task_id;
		uint32_t n = 0;
		for (size_t k = 0; k < r->tis.n; k++) {
			const struct srow *x = r->tis.v[k];
			if (x->gone || !tw_str_eq(x->l.row.task_id, up))
				continue;
			n++;
			tw_core_count(&c, x->l.row.state, 1);
		}
		c.u += n ? n : 1;
	}
	if (t->nupstream && tw_rule_verdict(t->trigger_rule, &c, d->ti.map_index) != READY) {
		print_counts("rows", &c);
		sim_fail(m, TW_STR_FMT " is dispatched against its rule %s", TW_STR_ARG(t->task_id),
			 tw_trigger_rule_name(t->trigger_rule));
	}
}

void check_turn(struct sim *m, const struct tw_effects *fx, bool one_event)
{
	for (size_t i = 0; i < fx->dispatch.n; i++) {
		if (fx->dispatch.v[i].dropped)
			continue;
		check_dispatch(m, &fx->dispatch.v[i]);
		/* At an earlier time it was ready; what was scheduled then may go now. */
		if (one_event && fx->dispatch.v[i].ti.scheduled_dttm == m->s->now)
			check_rule(m, &fx->dispatch.v[i]);
	}
	for (size_t i = 0; i < fx->runs.n; i++)
		m->ended_runs += tw_run_finished(fx->runs.v[i].row.state);
	check_core(m);
	tw_sched_each_run(m->s, same_run, m);
}
