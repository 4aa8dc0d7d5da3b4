/* The store: rows by key, as a database would have them after each commit. It refuses what a database would. */
#include "sim/sim.h"

struct sdag *store_dag(struct sim *m, struct tw_str dag_id)
{
	int n = dag_id.n == 2 ? dag_id.p[1] - '0' : -1;

	if (n < 0 || n >= m->ndags)
		sim_fail(m, "a row of an unknown DAG " TW_STR_FMT, TW_STR_ARG(dag_id));
	return &m->dags[n];
}

struct srun *store_run(struct sim *m, struct tw_run_ref ref)
{
	return tw_map_get(&store_dag(m, ref.dag_id)->runs, ref.run_id);
}

static struct srow *row_at(const struct stask *s, int map_index)
{
	size_t at = map_index < 0 ? 0 : (size_t)map_index;

	if (at < s->tis.n && s->tis.v[at]->l.row.map_index == map_index)
		return s->tis.v[at];
	for (size_t i = 0; i < s->tis.n; i++)
		if (s->tis.v[i]->l.row.map_index == map_index)
			return s->tis.v[i];
	return NULL;
}

struct srow *store_ti(struct sim *m, struct tw_str dag, struct tw_str run, struct tw_str task, int map_index)
{
	struct srun *r = store_run(m, (struct tw_run_ref){ dag, run });
	struct stask *s = r ? tw_map_get(&r->tasks, task) : NULL;

	return s ? row_at(s, map_index) : NULL;
}

static void own(struct sim *m, struct tw_str *s, struct tw_str had)
{
	*s = s->p && had.p && tw_str_eq(*s, had) ? had : sim_intern(m, *s);
}

static void own_run(struct sim *m, struct tw_run_row *row, const struct tw_run_row *had)
{
	own(m, &row->dag_id, had->dag_id);
	own(m, &row->run_id, had->run_id);
	own(m, &row->triggered_by, had->triggered_by);
	own(m, &row->triggering_user, had->triggering_user);
	own(m, &row->conf, had->conf);
	own(m, &row->version_id, had->version_id);
	own(m, &row->note, had->note);
	own(m, &row->partition_key, had->partition_key);
	own(m, &row->bundle_version, had->bundle_version);
}

static void own_ti(struct sim *m, struct tw_ti_row *row, const struct tw_ti_row *had)
{
	own(m, &row->dag_id, had->dag_id);
	own(m, &row->run_id, had->run_id);
	own(m, &row->task_id, had->task_id);
	own(m, &row->pool, had->pool);
	own(m, &row->queue, had->queue);
	own(m, &row->executor, had->executor);
	own(m, &row->operator_name, had->operator_name);
	own(m, &row->custom_operator_name, had->custom_operator_name);
	own(m, &row->hostname, had->hostname);
	own(m, &row->unixname, had->unixname);
	own(m, &row->external_executor_id, had->external_executor_id);
	own(m, &row->version_id, had->version_id);
	own(m, &row->rendered_map_index, had->rendered_map_index);
	own(m, &row->task_display_name, had->task_display_name);
	own(m, &row->next_method, had->next_method);
	own(m, &row->next_kwargs, had->next_kwargs);
	own(m, &row->note, had->note);
	own(m, &row->reason, had->reason);
}

static const struct doc *document(struct sim *m, struct tw_str version)
{
	int64_t n = -1;

	tw_str_to_int(tw_strn(version.p + 1, version.n - 1), &n);
	if (n < 0 || n >= m->ndocs)
		sim_fail(m, "a run with unknown version " TW_STR_FMT, TW_STR_ARG(version));
	return &m->docs[n];
}

/* ── sums ───────────────────────────────────────────────────────────────────────────────── */

static int pool_of(struct tw_str name)
{
	return name.n == 2 ? name.p[1] - '0' : NPOOLS;
}

static int exec_of(struct tw_str name)
{
	return name.n == 2 ? name.p[1] - '0' : 0;
}

static void account(struct sim *m, struct srow *t, int by)
{
	const struct tw_ti_row *row = &t->l.row;
	bool exec = row->state == TW_TI_QUEUED || row->state == TW_TI_RUNNING;
	bool waits = row->state == TW_TI_DEFERRED;

	if (exec) {
		m->executing += by;
		t->run->executing += by;
		m->execs[exec_of(row->executor)].used += by;
		m->pools[pool_of(row->pool)].used += by * row->pool_slots;
	}
	if (waits)
		m->pools[pool_of(row->pool)].deferred += by * row->pool_slots;
	if (exec || waits || row->state == TW_TI_AWAITING_INPUT) {
		t->task->active += by;
		*t->task->of_dag += by;
	}
}

/* The sums are the sim's own bookkeeping: now and then they are made anew. */
void store_recount(struct sim *m)
{
	struct spool pools[NPOOLS + 1];
	struct sexec execs[NEXECS];
	int executing = m->executing;

	memcpy(pools, m->pools, sizeof pools);
	memcpy(execs, m->execs, sizeof execs);
	m->executing = 0;
	for (int i = 0; i <= NPOOLS; i++)
		m->pools[i].used = m->pools[i].deferred = 0;
	for (int i = 0; i < NEXECS; i++)
		m->execs[i].used = 0;
	for (size_t i = 0; i < m->runs.n; i++) {
		struct srun *r = m->runs.v[i];
		for (size_t k = 0; !r->gone && k < r->tis.n; k++) {
			struct srow *t = r->tis.v[k];
			int was[] = { r->executing, t->task->active, *t->task->of_dag };
			account(m, t, 1);
			r->executing = was[0];
			t->task->active = was[1];
			*t->task->of_dag = was[2];
		}
	}
	bool same = executing == m->executing;
	for (int i = 0; i <= NPOOLS; i++)
		same &= pools[i].used == m->pools[i].used && pools[i].deferred == m->pools[i].deferred;
	for (int i = 0; i < NEXECS; i++)
		same &= execs[i].used == m->execs[i].used;
	if (!same)
		sim_fail(m, "the simulation's own sums are wrong");
}

/* ── rows ───────────────────────────────────────────────────────────────────────────────── */

static void touch(struct sim *m, struct srun *r)
{
	if (r->touched_turn == m->turns)
		return;
	r->touched_turn = m->turns;
	tw_vec_push(&m->touched, r);
}

static struct srun *new_run(struct sim *m, const struct tw_run_row *row)
{
	struct srun *r = tw_new(struct srun);

	r->d = store_dag(m, row->dag_id);
	r->made_turn = m->turns;
	tw_vec_push(&m->runs, r);
	tw_vec_push(&r->d->all, r);
	tw_map_set(&r->d->runs, row->run_id, r);
	return r;
}

static void delete_run(struct sim *m, struct srun *r)
{
	for (size_t i = 0; i < r->tis.n; i++) {
		account(m, r->tis.v[i], -1);
		r->tis.v[i]->gone = true;
	}
	r->gone = true;
	tw_map_del(&r->d->runs, r->row.run_id);
}

/* The two unique keys of the table. */
static void refuse_twice(struct sim *m, const struct srun *r, const struct tw_run_row *row)
{
	const struct sdag *d = store_dag(m, row->dag_id);

	if (r)
		sim_fail(m, "insert of a run that is there: " TW_STR_FMT, TW_STR_ARG(row->run_id));
	for (size_t i = 0; row->logical_date != TW_TIME_NONE && i < d->all.n; i++)
		if (!d->all.v[i]->gone && d->all.v[i]->row.logical_date == row->logical_date)
			sim_fail(m, "insert of run " TW_STR_FMT ": " TW_STR_FMT " has its logical date", TW_STR_ARG(row->run_id),
				 TW_STR_ARG(d->all.v[i]->row.run_id));
}

static void apply_run(struct sim *m, const struct tw_fx_run *e)
{
	struct srun *r = store_run(m, (struct tw_run_ref){ e->row.dag_id, e->row.run_id });

	if (e->op == TW_FX_INSERT) {
		refuse_twice(m, r, &e->row);
		r = new_run(m, &e->row);
	}
	if (e->op == TW_FX_DELETE) {
		if (r)
			delete_run(m, r);
		return;
	}
	if (!r)
		sim_fail(m, "update of a run that is not there: " TW_STR_FMT, TW_STR_ARG(e->row.run_id));
	if (e->row.state == TW_RUN_RUNNING && (e->op == TW_FX_INSERT || r->row.state != TW_RUN_RUNNING))
		r->started_turn = m->turns;
	struct tw_run_row had = r->row;
	r->row = e->row;
	own_run(m, &r->row, &had);
	r->doc = document(m, r->row.version_id);
	if (!r->made_by)
		r->made_by = r->doc;
	touch(m, r);
	if (!r->live && !tw_run_finished(r->row.state)) {
		r->live = true;
		tw_vec_push(&m->live, r);
	}
}

static struct stask *task_of(struct sim *m, struct srun *r, struct tw_str task_id)
{
	struct stask *s = tw_map_get(&r->tasks, task_id);

	if (s)
		return s;
	s = tw_arena_new(&m->arena, struct stask);
	s->task_id = sim_intern(m, task_id);
	s->of_dag = tw_map_get(&r->d->active, task_id);
	if (!s->of_dag) {
		s->of_dag = tw_arena_new(&m->arena, int);
		tw_map_set(&r->d->active, task_id, s->of_dag);
	}
	tw_map_set(&r->tasks, task_id, s);
	return s;
}

static struct srow *insert_ti(struct sim *m, const struct tw_ti_row *row)
{
	struct srun *r = store_run(m, (struct tw_run_ref){ row->dag_id, row->run_id });

	if (!r)
		sim_fail(m, "insert of " TW_STR_FMT "[%d]: no run", TW_STR_ARG(row->task_id), row->map_index);
	struct stask *s = task_of(m, r, row->task_id);
	if (row_at(s, row->map_index))
		sim_fail(m, "insert of " TW_STR_FMT "[%d]: is there", TW_STR_ARG(row->task_id), row->map_index);
	struct srow *t = tw_arena_new(&m->arena, struct srow);
	t->run = r;
	t->task = s;
	t->l.mapped_length = -1;
	tw_vec_push(&s->tis, t);
	tw_vec_push(&r->tis, t);
	return t;
}

/* An attempt takes its slots in one place, wherever another version puts its task. */
static void same_place(struct sim *m, const struct tw_ti_row *had, const struct tw_ti_row *row)
{
	bool same = had->pool_slots == row->pool_slots && tw_str_eq(had->pool, row->pool) && tw_str_eq(had->executor, row->executor);

	if (tw_id_eq(had->id, row->id) && !same)
		sim_fail(m, "an attempt of " TW_STR_FMT "[%d] takes its slots elsewhere", TW_STR_ARG(row->task_id), row->map_index);
}

static void apply_ti(struct sim *m, const struct tw_fx_ti *e)
{
	const struct tw_ti_row *row = &e->row;
	struct tw_ti_row had = { 0 };
	struct srow *t;

	if (e->op == TW_FX_DELETE)
		return; /* with its run */
	if (e->op == TW_FX_INSERT) {
		t = insert_ti(m, row);
	} else {
		t = store_ti(m, row->dag_id, row->run_id, row->task_id, e->was);
		if (!t)
			sim_fail(m, "update of " TW_STR_FMT "[%d], was %d: not there", TW_STR_ARG(row->task_id),
				 row->map_index, e->was);
		account(m, t, -1);
		had = t->l.row;
		same_place(m, &had, row);
	}
	t->l.row = *row;
	own_ti(m, &t->l.row, &had);
	account(m, t, 1);
	touch(m, t->run);
	if (had.state != row->state) {
		t->before = had.state;
		t->due_before = had.next_retry;
		t->moved_turn = m->turns;
		tw_vec_push(&m->moved, t);
		m->ended += tw_ti_finished(row->state) && !tw_ti_finished(had.state);
	}
}

static void forget_returns(struct srow *t)
{
	t->l.has_return = false;
	t->l.mapped_length = -1;
	t->l.skip_record = tw_str(NULL);
	t->nskips = 0;
}

static void note_history(struct sim *m, const struct tw_ti_row *row)
{
	struct tw_str id = tw_strn((const char *)row->id.b, sizeof row->id.b);

	if (tw_map_set(&m->history, id, m))
		sim_fail(m, "an attempt of " TW_STR_FMT "[%d] goes to history twice", TW_STR_ARG(row->task_id),
			 row->map_index);
}

void store_apply(struct sim *m, const struct tw_effects *fx)
{
	tw_vec_clear(&m->moved);
	for (size_t i = 0; i < fx->runs.n; i++)
		apply_run(m, &fx->runs.v[i]);
	for (size_t i = 0; i < fx->tis.n; i++)
		apply_ti(m, &fx->tis.v[i]);
	for (size_t i = 0; i < fx->history.n; i++)
		note_history(m, &fx->history.v[i]);
	for (size_t i = 0; i < fx->xcoms.n; i++) {
		const struct tw_fx_xcom *x = &fx->xcoms.v[i];
		struct srow *t = store_ti(m, x->dag_id, x->run_id, x->task_id, x->map_index);
		if (t && !x->key.p)
			forget_returns(t);
	}
}

static void keep_record(struct sim *m, struct srow *t, struct tw_value skip)
{
	struct tw_value followed = tw_map_value(skip, "followed"), skipped = tw_map_value(skip, "skipped");
	struct tw_value list = followed.kind == TW_V_LIST ? followed : skipped;
	char *json = tw_json_dump(skip, TW_JSON_COMPACT);

	t->l.skip_record = sim_intern(m, tw_str(json));
	free(json);
	t->skips_followed = followed.kind == TW_V_LIST;
	t->nskips = (int)list.list->n;
	t->skips = tw_arena_array(&m->arena, struct tw_str, list.list->n + 1);
	for (size_t i = 0; i < list.list->n; i++)
		t->skips[i] = sim_intern(m, list.list->v[i].s);
}

/* What came with an accepted end is written in the same commit. */
void store_finish(struct sim *m, const struct tw_ev_finished *ev, const struct tw_fx_ack *ack)
{
	struct srow *t = store_ti(m, ack->dag_id, ack->run_id, ack->task_id, ack->map_index);

	if (!t || (ev->outcome != TW_OUT_SUCCESS && ev->outcome != TW_OUT_SKIPPED))
		return;
	t->l.has_return = ev->has_return;
	t->l.mapped_length = ev->has_return ? ev->mapped_length : -1;
	if (ev->skip.kind == TW_V_MAP)
		keep_record(m, t, ev->skip);
}

/* ── after a crash ──────────────────────────────────────────────────────────────────────── */

struct tw_event store_load_event(struct sim *m, struct srun *r)
{
	size_t n = r->tis.n;
	struct tw_ti_load *tis = tw_arena_alloc(&m->load_arena, (n + 1) * sizeof *tis);

	for (size_t i = 0; i < n; i++)
		tis[i] = r->tis.v[i]->l;
	/* A store answers in its own order. */
	for (size_t i = n; i > 1; i--) {
		size_t k = sim_random(m, i);
		struct tw_ti_load x = tis[i - 1];
		tis[i - 1] = tis[k];
		tis[k] = x;
	}
	return (struct tw_event){ .type = TW_EV_RUN_LOAD, .at = m->now,
				  .run_load = { .row = r->row, .dag = r->doc->dag, .tis = tis, .ntis = (int)n } };
}

static struct tw_run_info newest(const struct sdag *d)
{
	struct tw_run_info last = { .run_after = TW_TIME_NONE, .logical_date = TW_TIME_NONE };

	for (size_t i = 0; i < d->all.n; i++) {
		const struct tw_run_row *r = &d->all.v[i]->row;
		/* One that was deleted was made all the same. */
		if (r->type != TW_RUNTYPE_SCHEDULED || r->run_after <= last.run_after)
			continue;
		last.run_after = r->run_after;
		last.logical_date = r->logical_date;
		last.interval = (struct tw_interval){ r->interval_start, r->interval_end };
		snprintf(last.run_id, sizeof last.run_id, TW_STR_FMT, TW_STR_ARG(r->run_id));
	}
	return last;
}

/* The newest finished runs by run_after, for max_consecutive_failed_dag_runs. */
static int recent(struct sim *m, const struct sdag *d, const struct tw_recent_run **ret)
{
	int want = m->docs[d->doc].dag->max_consecutive_failed, n = 0;
	struct tw_recent_run *v = tw_arena_array(&m->arena, struct tw_recent_run, (size_t)want + 1);

	for (size_t i = 0; want && i < d->all.n; i++) {
		const struct tw_run_row *r = &d->all.v[i]->row;
		if (d->all.v[i]->gone || !tw_run_finished(r->state))
			continue;
		int at = n;
		while (at > 0 && v[at - 1].run_after < r->run_after)
			at--;
		if (at >= want)
			continue;
		memmove(v + at + 1, v + at, (size_t)(n - at) * sizeof *v);
		v[at] = (struct tw_recent_run){ r->run_after, r->state == TW_RUN_FAILED };
		n = n < want ? n + 1 : want;
	}
	*ret = v;
	return n;
}

static void asked_for(const struct turn *t, const struct sdag *d, struct tw_ev_dag *ev, tw_time *taken)
{
	for (size_t i = 0; i < t->evs.n; i++) {
		const struct tw_run_row *row = &t->evs.v[i].ev.run_new.row;
		if (t->evs.v[i].ev.type == TW_EV_RUN_NEW && tw_str_eq(row->dag_id, d->dag_id) && row->logical_date != TW_TIME_NONE)
			taken[ev->ntaken++] = row->logical_date;
	}
}

/* Read when the document is taken. Whoever asks for a run puts its row there first, so those that are asked for are there. */
void store_taken(struct sim *m, const struct sdag *d, struct tw_ev_dag *ev)
{
	tw_time *taken = tw_arena_array(&m->arena, tw_time, d->all.n + m->writing.evs.n + m->gathering.evs.n + 1);

	ev->ntaken = 0;
	for (size_t i = 0; i < d->all.n; i++) {
		const struct srun *r = d->all.v[i];
		if (!r->gone && r->row.logical_date != TW_TIME_NONE && r->row.logical_date >= ev->last_run.logical_date)
			taken[ev->ntaken++] = r->row.logical_date;
	}
	asked_for(&m->writing, d, ev, taken);
	asked_for(&m->gathering, d, ev, taken);
	ev->taken = taken;
}

struct tw_event store_dag_event(struct sim *m, const struct sdag *d)
{
	struct tw_event ev = { .type = TW_EV_DAG, .at = m->now,
			       .dag = { .dag = m->docs[d->doc].dag, .paused = d->paused, .import_error = d->import_error,
					.version_id = sim_printf(m, "v%d", d->doc), .last_run = newest(d) } };

	if ((d - m->dags) % 3 == 2) /* this one's bundle keeps its versions: a run stays with its own */
		ev.dag.bundle_version = TW_STR("b");

	ev.dag.nrecent = recent(m, d, &ev.dag.recent);
	store_taken(m, d, &ev.dag);
	return ev;
}

/* Everything that a scheduler is told at its start, in the order of shells. */
void store_boot(struct sim *m, void (*say)(struct sim *m, struct tw_event ev))
{
	for (int i = 0; i <= NPOOLS; i++) {
		struct tw_pool_row p = { .name = i == NPOOLS ? TW_STR("default_pool") : sim_printf(m, "p%d", i),
					 .slots = m->pools[i].slots, .include_deferred = m->pools[i].include_deferred };
		if (m->pools[i].known)
			say(m, (struct tw_event){ .type = TW_EV_POOL, .at = m->now, .pool = p });
	}
	for (int i = 0; i < NEXECS; i++)
		say(m, (struct tw_event){ .type = TW_EV_EXECUTOR, .at = m->now,
					  .executor = { i ? sim_printf(m, "x%d", i) : TW_STR(""), m->execs[i].slots } });
	for (int i = 0; i < m->ndags; i++)
		if (m->dags[i].backfill)
			say(m, (struct tw_event){ .type = TW_EV_BACKFILL, .at = m->now,
						  .backfill = { m->dags[i].dag_id, m->dags[i].backfill,
								m->dags[i].backfill_max, m->dags[i].backfill_paused } });
	/* Unfinished runs before the DAGs: or new ones would be made over their limits. */
	for (size_t i = 0; i < m->runs.n; i++)
		if (!m->runs.v[i]->gone && !tw_run_finished(m->runs.v[i]->row.state))
			say(m, store_load_event(m, m->runs.v[i]));
	for (int i = 0; i < m->ndags; i++) {
		say(m, store_dag_event(m, &m->dags[i]));
		if (m->dags[i].removed)
			say(m, (struct tw_event){ .type = TW_EV_DAG_REMOVED, .at = m->now, .name = m->dags[i].dag_id });
	}
	assets_boot(m, say);
	say(m, (struct tw_event){ .type = TW_EV_LOADED, .at = m->now });
}

/* ── the run before ─────────────────────────────────────────────────────────────────────── */

struct tw_event store_past_event(struct sim *m, const struct tw_fx_ask *ask)
{
	struct tw_ev_past past = { .run = { sim_intern(m, ask->dag_id), sim_intern(m, ask->run_id) } };
	const struct sdag *d = store_dag(m, ask->dag_id);
	struct srun *best = NULL;
	TW_VEC(struct tw_past_ti) tis = { 0 };
	struct tw_map ever = { 0 };

	for (size_t i = 0; i < d->all.n; i++) {
		struct srun *r = d->all.v[i];
		tw_time l = r->row.logical_date;
		if (r->gone || l == TW_TIME_NONE || l >= ask->logical_date)
			continue;
		tw_map_foreach(&r->tasks, e)
			if (((struct stask *)e->value)->tis.n)
				tw_map_set(&ever, e->key, r);
		past.backfill_before |= ask->backfill_id && r->row.backfill_id == ask->backfill_id;
		if (ask->by_schedule && r->row.type != TW_RUNTYPE_SCHEDULED && r->row.type != TW_RUNTYPE_BACKFILL)
			continue;
		if (!best || l > best->row.logical_date)
			best = r;
	}
	past.exists = best != NULL;
	if (best) {
		past.prev = (struct tw_run_ref){ best->row.dag_id, best->row.run_id };
		past.prev_logical_date = best->row.logical_date;
		for (size_t k = 0; k < best->tis.n; k++) {
			struct tw_ti_row *t = &best->tis.v[k]->l.row;
			struct tw_past_ti p = { t->task_id, t->map_index, t->state };
			tw_vec_push(&tis, p);
		}
	}
	struct tw_past_ti *kept = tw_arena_alloc(&m->arena, (tis.n + 1) * sizeof *kept);
	struct tw_str *names = tw_arena_alloc(&m->arena, (ever.len + 1) * sizeof *names);
	memcpy(kept, tis.n ? tis.v : kept, tis.n * sizeof *kept);
	past.tis = kept;
	past.ntis = (int)tis.n;
	past.ever = names;
	tw_map_foreach(&ever, e)
		names[past.never++] = sim_intern(m, e->key);
	tw_vec_release(&tis);
	tw_map_release(&ever);
	return (struct tw_event){ .type = TW_EV_PAST, .at = m->now, .past = past };
}
