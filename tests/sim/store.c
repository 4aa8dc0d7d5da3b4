/* The store: rows by key, as a database would have them after each commit. It refuses what a database would. */
#include "sim/sim.h"

static struct tw_str ti_key(struct sim *m, struct tw_str dag, struct tw_str run, struct tw_str task, int index)
{
	return sim_printf(m, TW_STR_FMT "\1" TW_STR_FMT "\1" TW_STR_FMT "\1%d", TW_STR_ARG(dag), TW_STR_ARG(run),
			  TW_STR_ARG(task), index);
}

struct srun *store_run(struct sim *m, struct tw_str dag, struct tw_str run)
{
	for (size_t i = m->runs.n; i-- > 0;)
		if (tw_str_eq(m->runs.v[i]->row.run_id, run) && tw_str_eq(m->runs.v[i]->row.dag_id, dag) &&
		    !m->runs.v[i]->gone)
			return m->runs.v[i];
	return NULL;
}

struct srow *store_ti(struct sim *m, struct tw_str dag, struct tw_str run, struct tw_str task, int map_index)
{
	return tw_map_get(&m->ti_rows, ti_key(m, dag, run, task, map_index));
}

static void own_run(struct sim *m, struct tw_run_row *row)
{
	struct tw_str *s[] = { &row->dag_id, &row->run_id, &row->triggered_by, &row->triggering_user, &row->conf,
			       &row->version_id, &row->note, &row->partition_key, &row->bundle_version };
	for (size_t i = 0; i < sizeof s / sizeof *s; i++)
		*s[i] = sim_intern(m, *s[i]);
}

static void own_ti(struct sim *m, struct tw_ti_row *row)
{
	struct tw_str *s[] = { &row->dag_id, &row->run_id, &row->task_id, &row->pool, &row->queue, &row->executor,
			       &row->operator_name, &row->custom_operator_name, &row->hostname, &row->unixname,
			       &row->external_executor_id, &row->version_id, &row->rendered_map_index,
			       &row->task_display_name, &row->next_method, &row->next_kwargs, &row->note, &row->reason };
	for (size_t i = 0; i < sizeof s / sizeof *s; i++)
		*s[i] = sim_intern(m, *s[i]);
}

static const struct tw_dag *document(struct sim *m, struct tw_str version)
{
	int64_t n = -1;

	tw_str_to_int(tw_strn(version.p + 1, version.n - 1), &n);
	if (n < 0 || n >= m->ndocs)
		sim_fail(m, "a run with unknown version " TW_STR_FMT, TW_STR_ARG(version));
	return m->all_docs[n];
}

static void drop_ti(struct sim *m, struct srow *t)
{
	tw_map_del(&m->ti_rows, t->key);
	t->gone = true;
}

static void apply_run(struct sim *m, const struct tw_fx_run *e)
{
	struct srun *r = store_run(m, e->row.dag_id, e->row.run_id);

	if (e->op == TW_FX_INSERT) {
		if (r)
			sim_fail(m, "insert of a run that is there: " TW_STR_FMT, TW_STR_ARG(e->row.run_id));
		r = tw_new(struct srun);
		tw_vec_push(&m->runs, r);
	}
	if (e->op == TW_FX_DELETE) {
		for (size_t i = 0; r && i < r->tis.n; i++)
			if (!r->tis.v[i]->gone)
				drop_ti(m, r->tis.v[i]);
		if (r)
			r->gone = true;
		return;
	}
	if (!r)
		sim_fail(m, "update of a run that is not there: " TW_STR_FMT, TW_STR_ARG(e->row.run_id));
	r->row = e->row;
	own_run(m, &r->row);
	r->dag = document(m, r->row.version_id);
}

static void apply_ti(struct sim *m, const struct tw_fx_ti *e)
{
	const struct tw_ti_row *row = &e->row;
	struct tw_str key = ti_key(m, row->dag_id, row->run_id, row->task_id, row->map_index);
	struct srow *t;

	if (e->op == TW_FX_DELETE)
		return; /* with its run */
	if (e->op == TW_FX_INSERT) {
		struct srun *r = store_run(m, row->dag_id, row->run_id);
		if (!r || tw_map_get(&m->ti_rows, key))
			sim_fail(m, "insert of " TW_STR_FMT " (%s)", TW_STR_ARG(key), r ? "is there" : "no run");
		t = tw_arena_new(&m->arena, struct srow);
		t->l.mapped_length = -1;
		tw_vec_push(&r->tis, t);
	} else {
		t = store_ti(m, row->dag_id, row->run_id, row->task_id, e->was);
		if (!t)
			sim_fail(m, "update of " TW_STR_FMT ", was %d: not there", TW_STR_ARG(key), e->was);
		tw_map_del(&m->ti_rows, t->key);
	}
	t->key = key;
	t->l.row = *row;
	own_ti(m, &t->l.row);
	tw_map_set(&m->ti_rows, key, t);
}

void store_apply(struct sim *m, const struct tw_effects *fx)
{
	for (size_t i = 0; i < fx->runs.n; i++)
		apply_run(m, &fx->runs.v[i]);
	for (size_t i = 0; i < fx->tis.n; i++)
		apply_ti(m, &fx->tis.v[i]);
	for (size_t i = 0; i < fx->xcoms.n; i++) {
		const struct tw_fx_xcom *x = &fx->xcoms.v[i];
		struct srow *t = store_ti(m, x->dag_id, x->run_id, x->task_id, x->map_index);
		if (t && !x->key.p) {
			t->l.has_return = false;
			t->l.mapped_length = -1;
			t->l.skip_record = tw_str(NULL);
		}
	}
}

/* What came with an accepted end is written in the same commit. */
void store_finish(struct sim *m, const struct tw_ev_finished *ev, const struct tw_fx_ack *ack)
{
	struct srow *t = store_ti(m, ack->dag_id, ack->run_id, ack->task_id, ack->map_index);

	if (!t || (ev->outcome != TW_OUT_SUCCESS && ev->outcome != TW_OUT_SKIPPED))
		return;
	t->l.has_return = ev->has_return;
	t->l.mapped_length = ev->has_return ? ev->mapped_length : -1;
	if (ev->skip.kind == TW_V_MAP) {
		char *json = tw_json_dump(ev->skip, TW_JSON_COMPACT);
		t->l.skip_record = sim_intern(m, tw_str(json));
		free(json);
	}
}

/* ── after a crash ──────────────────────────────────────────────────────────────────────── */

void store_load_run(struct sim *m, struct srun *r)
{
	struct tw_ti_load *tis = tw_alloc((r->tis.n + 1) * sizeof *tis);
	int n = 0;

	for (size_t i = 0; i < r->tis.n; i++)
		if (!r->tis.v[i]->gone)
			tis[n++] = r->tis.v[i]->l;
	/* A store answers in its own order. */
	for (int i = n - 1; i > 0; i--) {
		int k = (int)sim_random(m, (uint64_t)i + 1);
		struct tw_ti_load x = tis[i];
		tis[i] = tis[k];
		tis[k] = x;
	}
	struct tw_ti_load *kept = tw_arena_alloc(&m->arena, ((size_t)n + 1) * sizeof *kept);
	memcpy(kept, tis, (size_t)n * sizeof *kept);
	free(tis);
	sim_post(m, (struct tw_event){ .type = TW_EV_RUN_LOAD,
				       .run_load = { .row = r->row, .dag = r->dag, .tis = kept, .ntis = n } });
}

static struct tw_run_info newest(struct sim *m, struct tw_str dag)
{
	struct tw_run_info last = { .run_after = TW_TIME_NONE, .logical_date = TW_TIME_NONE };

	for (size_t i = 0; i < m->runs.n; i++) {
		const struct tw_run_row *r = &m->runs.v[i]->row;
		if (m->runs.v[i]->gone || r->type != TW_RUNTYPE_SCHEDULED || !tw_str_eq(r->dag_id, dag) ||
		    r->run_after <= last.run_after)
			continue;
		last.run_after = r->run_after;
		last.logical_date = r->logical_date;
		last.interval = (struct tw_interval){ r->interval_start, r->interval_end };
	}
	return last;
}

void store_reload(struct sim *m)
{
	for (int i = 0; i < NPOOLS; i++)
		sim_post(m, (struct tw_event){ .type = TW_EV_POOL,
					       .pool = { .name = sim_printf(m, "p%d", i), .slots = m->pools[i],
							 .include_deferred = m->include_deferred[i] } });
	sim_post(m, (struct tw_event){ .type = TW_EV_POOL, .pool = { .name = TW_STR("default_pool"), .slots = 128 } });
	/* Unfinished runs before the DAGs: or new ones would be made over their limits. */
	for (size_t i = 0; i < m->runs.n; i++)
		if (!m->runs.v[i]->gone && !tw_run_finished(m->runs.v[i]->row.state))
			store_load_run(m, m->runs.v[i]);
	for (int i = 0; i < NDAGS; i++) {
		int v = m->ndocs - 1;
		while (m->all_docs[v] != m->dags[i])
			v--;
		sim_post(m, (struct tw_event){ .type = TW_EV_DAG,
					       .dag = { .dag = m->dags[i], .paused = m->paused[i],
							.version_id = sim_printf(m, "v%d", v),
							.last_run = newest(m, m->dags[i]->dag_id) } });
	}
}

/* ── the run before ─────────────────────────────────────────────────────────────────────── */

void store_answer_past(struct sim *m, const struct tw_fx_ask *ask)
{
	struct tw_ev_past past = { .run = { sim_intern(m, ask->dag_id), sim_intern(m, ask->run_id) } };
	struct srun *best = NULL;
	TW_VEC(struct tw_past_ti) tis = { 0 };
	TW_VEC(struct tw_str) ever = { 0 };

	for (size_t i = 0; i < m->runs.n; i++) {
		struct srun *r = m->runs.v[i];
		tw_time l = r->row.logical_date;
		if (r->gone || !tw_str_eq(r->row.dag_id, ask->dag_id) || l == TW_TIME_NONE || l >= ask->logical_date)
			continue;
		for (size_t k = 0; k < r->tis.n; k++)
			if (!r->tis.v[k]->gone)
				tw_vec_push(&ever, r->tis.v[k]->l.row.task_id);
		if (ask->by_schedule && r->row.type != TW_RUNTYPE_SCHEDULED && r->row.type != TW_RUNTYPE_BACKFILL)
			continue;
		if (!best || l > best->row.logical_date)
			best = r;
	}
	past.exists = best != NULL;
	if (best) {
		past.prev = (struct tw_run_ref){ best->row.dag_id, best->row.run_id };
		past.prev_logical_date = best->row.logical_date;
		for (size_t k = 0; k < best->tis.n; k++)
			if (!best->tis.v[k]->gone) {
				struct tw_ti_row *t = &best->tis.v[k]->l.row;
				struct tw_past_ti p = { t->task_id, t->map_index, t->state };
				tw_vec_push(&tis, p);
			}
	}
	struct tw_past_ti *kept = tw_arena_alloc(&m->arena, (tis.n + 1) * sizeof *kept);
	struct tw_str *kept_ever = tw_arena_alloc(&m->arena, (ever.n + 1) * sizeof *kept_ever);
	memcpy(kept, tis.n ? tis.v : kept, tis.n * sizeof *kept);
	memcpy(kept_ever, ever.n ? ever.v : kept_ever, ever.n * sizeof *kept_ever);
	past.tis = kept;
	past.ntis = (int)tis.n;
	past.ever = kept_ever;
	past.never = (int)ever.n;
	sim_post(m, (struct tw_event){ .type = TW_EV_PAST, .past = past });
	tw_vec_release(&tis);
	tw_vec_release(&ever);
}
