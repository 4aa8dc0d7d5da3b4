/* A run: made, loaded, started, judged, ended, let go. */
#include <stdlib.h>

#include "core/core.h"
#include "value/json.h"

struct run *tw_core_find_run(const struct tw_sched *s, struct tw_run_ref ref)
{
	const struct dagent *d = tw_map_get(&s->dags, ref.dag_id);

	return d ? tw_map_get(&d->by_run_id, ref.run_id) : NULL;
}

struct ti *tw_core_find_ti(const struct run *r, struct tw_str task_id, int map_index)
{
	int t = tw_dag_task(r->dag, task_id);

	if (t < 0 || t >= r->ntasks)
		return NULL;
	const struct tstate *ts = &r->tasks[t];
	int at = map_index < 0 ? 0 : map_index;
	return at < ts->n && ts->tis[at]->map_index == map_index ? ts->tis[at] : NULL;
}

/*
 * A deleted run may still stand in the store, until its deletion is committed: it must not be loaded again. The
 * names are dropped when there are too many of them; by then the oldest are long committed.
 */
bool tw_core_was_deleted(struct tw_sched *s, struct tw_run_ref ref, bool set, bool unset)
{
	struct tw_buf key = { 0 };
	bool had;

	tw_buf_addstr(&key, ref.dag_id);
	tw_buf_addc(&key, '\1');
	tw_buf_addstr(&key, ref.run_id);
	had = tw_map_get(&s->deleted, tw_buf_str(&key)) != NULL;
	if (set && s->deleted.len > 10000)
		tw_map_clear(&s->deleted);
	if (set)
		tw_map_set(&s->deleted, tw_buf_str(&key), s);
	else if (unset && had)
		tw_map_del(&s->deleted, tw_buf_str(&key));
	tw_buf_release(&key);
	return had;
}

/* ── making ─────────────────────────────────────────────────────────────────────────────── */

/*
 * A task that another version puts elsewhere keeps its place: what runs has taken it, what waits is counted there. As in
 * Airflow, where these are columns of the instance, only a clear looks at the document again.
 */
void tw_core_as_task_says(struct ti *ti)
{
	const struct tw_task *t = &ti->run->dag->tasks[ti->task];

	ti->pool = tw_core_pool(ti->run->s, t->pool);
	ti->pool_slots = t->pool_slots;
	ti->executor = t->executor.n ? tw_core_executor(ti->run->s, t->executor) : NULL;
}

static void init_ti(struct ti *ti, struct run *r, int task, int map_index)
{
	const struct tw_task *t = &r->dag->tasks[task];

	*ti = (struct ti){
		.run = r,
		.task = task,
		.map_index = map_index,
		.stored_index = map_index,
		.mapped_length = -1,
		.max_tries = t->retries,
		.scheduled = TW_TIME_NONE,
		.queued = TW_TIME_NONE,
		.start = TW_TIME_NONE,
		.end = TW_TIME_NONE,
		.beat = TW_TIME_NONE,
		.due = TW_TIME_NONE,
		.id = tw_core_new_id(r->s),
	};
	if (t->mapped_group >= 0)
		ti->own = tw_arena_array(&r->arena, struct counts, TW_EDGE_NKINDS);
	tw_core_as_task_says(ti);
	tw_core_account(ti, TW_TI_NONE, 1);
}

struct ti *tw_core_new_ti(struct run *r, int task, int map_index)
{
	struct ti *ti = tw_arena_new(&r->arena, struct ti);

	init_ti(ti, r, task, map_index);
	return ti;
}

static void keep_row(struct run *r, const struct tw_run_row *row)
{
	struct tw_arena *a = &r->arena;

	r->row = *row;
	r->row.dag_id = r->d->dag_id;
	r->row.run_id = tw_core_keep(a, row->run_id);
	r->row.triggered_by = tw_core_keep(a, row->triggered_by);
	r->row.triggering_user = tw_core_keep(a, row->triggering_user);
	r->row.conf = tw_core_keep(a, row->conf);
	r->row.version_id = tw_core_keep(a, row->version_id);
	r->row.note = tw_core_keep(a, row->note);
	r->row.partition_key = tw_core_keep(a, row->partition_key);
	r->row.bundle_version = tw_core_keep(a, row->bundle_version);
}

static struct run *new_run(struct dagent *d, const struct tw_dag *dag, const struct tw_run_row *row)
{
	struct tw_sched *s = d->s;
	struct run *r = tw_new(struct run);

	r->s = s;
	r->d = d;
	r->dag = tw_dag_ref(dag);
	r->seq = ++s->seq;
	r->timer.kind = TIMER_RUN;
	r->limit = dag->max_active_tasks_of_dag ? &d->limit : &r->own_limit;
	keep_row(r, row);
	r->ntasks = dag->ntasks;
	r->tasks = tw_arena_array(&r->arena, struct tstate, (size_t)r->ntasks + 1);
	struct { struct run **v; size_t n, cap; } vec = { d->runs, d->nruns, d->cap_runs };
	tw_vec_push(&vec, r);
	d->runs = vec.v;
	d->nruns = vec.n;
	d->cap_runs = vec.cap;
	r->index = d->nruns - 1;
	tw_map_set(&d->by_run_id, r->row.run_id, r);
	tw_core_run_counted(r, 1);
	return r;
}

/* states.md §2: made only within the task's own dates; a backfill does not ask. */
static bool wanted(const struct run *r, const struct tw_task *t)
{
	tw_time l = r->row.logical_date;

	if (l == TW_TIME_NONE || r->row.type == TW_RUNTYPE_BACKFILL)
		return true;
	return (t->start_date == TW_TIME_NONE || t->start_date <= l) &&
	       (t->end_date == TW_TIME_NONE || l <= t->end_date);
}

static void make_instances(struct run *r, int task, struct ti *block)
{
	const struct tw_task *t = &r->dag->tasks[task];
	struct tstate *ts = &r->tasks[task];
	int n = tw_core_is_mapped(r->dag, t) ? tw_core_parse_time_count(r->dag, t) : 0;

	ts->per = 1;
	if (!wanted(r, t))
		return;
	ts->n = 1;
	ts->first_ptr = block;
	ts->tis = &ts->first_ptr;
	init_ti(block, r, task, n > 0 ? 0 : -1);
	tw_core_touch(block);
	if (n > 0) {
		const struct tw_mapping *g = tw_core_group_map(r, t);
		ts->expanded = r->has_mapped = true;
		if (g && t->map) {
			int64_t each = 1;
			for (int i = 0; i < t->map->n; i++)
				each *= tw_core_length(NULL, &t->map->over[i].source);
			ts->per = (int)each;
		}
		tw_core_add_instances(r, task, n, false);
	}
}

static void leave_out_others(struct run *r, const struct tw_ev_run_new *ask)
{
	tw_bits *keep = tw_bits_new(r->ntasks);

	for (int i = 0; i < ask->nonly; i++) {
		int t = tw_dag_task(r->dag, ask->only_tasks[i]);
		if (t >= 0)
			tw_bit_set(keep, t);
	}
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; !tw_bit(keep, t) && i < r->tasks[t].n; i++)
			tw_core_move(r->tasks[t].tis[i], TW_TI_REMOVED);
	free(keep);
}

struct run *tw_core_make_run(struct dagent *d, const struct tw_dag *dag, const struct tw_run_row *row,
			     const struct tw_ev_run_new *ask)
{
	struct run *r = new_run(d, dag, row);

	if (d->s->deleted.len)
		tw_core_was_deleted(d->s, (struct tw_run_ref){ d->dag_id, r->row.run_id }, false, true);
	struct ti *block = tw_arena_array(&r->arena, struct ti, (size_t)r->ntasks + 1);

	for (int t = 0; t < r->ntasks; t++)
		make_instances(r, t, &block[t]);
	tw_core_count_all(r);
	tw_core_touch_run(r);
	if (ask && ask->nonly)
		leave_out_others(r, ask);
	tw_core_past_new_run(r);
	tw_core_queue_run(r, false);
	return r;
}

/* ── loading ────────────────────────────────────────────────────────────────────────────── */

static void load_extra(struct ti *ti, const struct tw_ti_load *l)
{
	struct ti_extra *x = tw_core_extra(ti);
	struct tw_arena *a = &ti->run->arena;
	const struct tw_ti_row *row = &l->row;

	x->hostname = tw_core_keep(a, row->hostname);
	x->unixname = tw_core_keep(a, row->unixname);
	x->external_executor_id = tw_core_keep(a, row->external_executor_id);
	x->next_method = tw_core_keep(a, row->next_method);
	x->next_kwargs = tw_core_keep(a, row->next_kwargs);
	x->label = tw_core_keep(a, row->rendered_map_index);
	x->note = tw_core_keep(a, row->note);
	x->reason = tw_core_keep(a, row->reason);
	x->pid = row->pid;
	x->trigger_id = row->trigger_id;
	x->trigger_timeout = row->trigger_timeout;
	x->reschedule_start = row->reschedule_start;
	if (x->trigger_id && (ti->state == TW_TI_DEFERRED || ti->state == TW_TI_AWAITING_INPUT))
		tw_map_set(&ti->run->s->triggers,
			   tw_strn((const char *)&x->trigger_id, sizeof x->trigger_id), ti);
	if (l->skip_record.p) {
		struct tw_value v;
		if (tw_json_parse(a, l->skip_record, &v, NULL) == TW_OK)
			tw_core_read_skip(ti, v);
	}
}

static void load_ti(struct ti *ti, const struct tw_ti_load *l)
{
	const struct tw_ti_row *row = &l->row;

	tw_core_account(ti, ti->state, -1);
	if (row->pool.n) {
		ti->pool = tw_core_pool(ti->run->s, row->pool);
		ti->pool_slots = row->pool_slots;
		ti->executor = row->executor.n ? tw_core_executor(ti->run->s, row->executor) : NULL;
	}
	ti->id = row->id;
	ti->stored = true;
	ti->try_number = row->try_number;
	ti->max_tries = row->max_tries;
	ti->scheduled = row->scheduled_dttm;
	ti->queued = row->queued_dttm;
	ti->start = row->start_date;
	ti->end = row->end_date;
	/* Whoever has it speaks up now: nobody could hear it before. */
	bool open = row->state == TW_TI_QUEUED || row->state == TW_TI_RUNNING || row->state == TW_TI_RESTARTING;
	ti->beat = open ? ti->run->s->now : row->last_heartbeat;
	ti->due = row->next_retry;
	ti->updated = row->updated_at;
	ti->state = (uint8_t)row->state;
	if (ti->state == TW_TI_QUEUED && ti->queued == TW_TIME_NONE)
		ti->queued = ti->run->s->now;
	tw_core_account(ti, ti->state, 1);
	tw_core_set_return(ti, l->has_return, l->mapped_length);
	load_extra(ti, l);
	tw_core_arm_ti(ti);
}

static int by_place(const void *a, const void *b)
{
	const struct tw_ti_load *x = *(struct tw_ti_load *const *)a, *y = *(struct tw_ti_load *const *)b;

	return x->row.map_index < y->row.map_index ? -1 : x->row.map_index > y->row.map_index;
}

/* Rows of one task, in the order of their index: -1 alone, or 0 … n-1. */
static void load_task(struct run *r, int task, const struct tw_ti_load **rows, int n)
{
	struct tstate *ts = &r->tasks[task];

	qsort(rows, (size_t)n, sizeof *rows, by_place);
	if (rows[0]->row.map_index < 0) {
		ts->first_ptr = tw_core_new_ti(r, task, -1);
		ts->tis = &ts->first_ptr;
		ts->n = 1;
		load_ti(ts->tis[0], rows[0]);
		return;
	}
	ts->expanded = ts->revise = r->has_mapped = true; /* how long its list is, is asked again, as Airflow does each time */
	int last = rows[n - 1]->row.map_index;
	tw_core_add_instances(r, task, last + 1, true);
	for (int i = 0; i < n; i++)
		load_ti(ts->tis[rows[i]->row.map_index], rows[i]);
}

static void find_per(struct run *r)
{
	for (int t = 0; t < r->ntasks; t++) {
		const struct tw_task *task = &r->dag->tasks[t];
		struct tstate *ts = &r->tasks[t];
		int64_t each = 1;
		ts->per = 1;
		if (!ts->expanded || task->mapped_group < 0 || !task->map)
			continue;
		for (int i = 0; i < task->map->n && each > 0; i++) {
			int64_t k = tw_core_length(r, &task->map->over[i].source);
			each = k < 0 ? 0 : each * k;
		}
		ts->per = each > 0 && each <= ts->n ? (int)each : 1;
	}
}

/* Not looked at (states.md §2), and there all the same: a version that has the task again must find it. */
static void keep_lost(struct run *r, const struct tw_ti_load *l)
{
	struct tw_ti_load kept = *l;
	struct tw_str *own[] = { &kept.row.task_id, &kept.row.pool, &kept.row.executor, &kept.row.hostname, &kept.row.unixname, &kept.row.external_executor_id,
				 &kept.row.next_method, &kept.row.next_kwargs, &kept.row.rendered_map_index, &kept.row.note,
				 &kept.row.reason, &kept.skip_record };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		*own[i] = tw_core_keep(&r->arena, *own[i]);
	tw_vec_push(&r->lost, kept);
}

bool tw_core_lost(const struct run *r, struct tw_str task_id)
{
	for (size_t i = 0; i < r->lost.n; i++)
		if (tw_str_eq(r->lost.v[i].row.task_id, task_id))
			return true;
	return false;
}

static void load_rows(struct run *r, const struct tw_ev_run_load *ev)
{
	int *next = tw_alloc(((size_t)ev->ntis + 1) * sizeof *next);
	int *first = tw_alloc(((size_t)r->ntasks + 1) * sizeof *first);
	const struct tw_ti_load **rows = tw_alloc(((size_t)ev->ntis + 1) * sizeof *rows);

	for (int t = 0; t < r->ntasks; t++)
		first[t] = -1;
	for (int i = 0; i < ev->ntis; i++) {
		int t = tw_dag_task(r->dag, ev->tis[i].row.task_id);
		if (ev->tis[i].row.map_index < -1 || ev->tis[i].row.map_index > 1000000)
			continue;
		if (t < 0) {
			keep_lost(r, &ev->tis[i]);
			continue;
		}
		next[i] = first[t];
		first[t] = i;
	}
	for (int t = 0; t < r->ntasks; t++) {
		int n = 0;
		for (int i = first[t]; i >= 0; i = next[i])
			rows[n++] = &ev->tis[i];
		if (n)
			load_task(r, t, rows, n);
	}
	free(next);
	free(first);
	free(rows);
}

static void wake_loaded(struct run *r)
{
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			struct ti *ti = r->tasks[t].tis[i];
			if (ti->state == TW_TI_SCHEDULED)
				tw_core_enqueue(ti);
			else if (tw_core_schedulable(ti))
				tw_core_work(ti);
		}
}

static void make_new_tasks(struct run *r)
{
	for (int t = 0; t < r->ntasks; t++)
		if (!r->tasks[t].n)
			make_instances(r, t, tw_arena_new(&r->arena, struct ti));
}

enum tw_rc tw_core_load_run(struct tw_sched *s, const struct tw_ev_run_load *ev, struct tw_err *err)
{
	struct dagent *d = tw_core_dag(s, ev->row.dag_id, true);

	if (!ev->dag)
		return tw_err_set(err, TW_ERR_INVALID, "run_load without a document");
	if (tw_core_was_deleted(s, (struct tw_run_ref){ ev->row.dag_id, ev->row.run_id }, false, false))
		return tw_err_set(err, TW_ERR_NOT_FOUND, "run '" TW_STR_FMT "' was deleted",
				  TW_STR_ARG(ev->row.run_id));
	if (tw_map_get(&d->by_run_id, ev->row.run_id))
		return tw_err_set(err, TW_ERR_EXISTS, "run '" TW_STR_FMT "' is held already",
				  TW_STR_ARG(ev->row.run_id));
	struct run *r = new_run(d, ev->dag, &ev->row);
	r->stored = true;
	if (ev->changed)
		tw_core_touch_run(r);
	load_rows(r, ev);
	if (!tw_run_finished(r->row.state))
		make_new_tasks(r); /* a run that was asked for through the inbox comes without instances */
	find_per(r);
	tw_core_count_all(r);
	tw_core_past_new_run(r);
	if (r->row.state == TW_RUN_QUEUED)
		tw_core_queue_run(r, false);
	else if (r->row.state == TW_RUN_RUNNING && r->dag->dagrun_timeout >= 0)
		tw_core_arm(s, &r->timer, (r->row.start_date == TW_TIME_NONE ? s->now : r->row.start_date) +
						  r->dag->dagrun_timeout);
	if (tw_run_finished(r->row.state)) {
		r->over = true; /* loaded to be acted upon; let go again unless something wakes it */
		tw_core_idle(r);
	}
	wake_loaded(r);
	tw_core_run_work(r);
	return TW_OK;
}

/* ── to another version ─────────────────────────────────────────────────────────────────── */

static void disarm(struct ti *ti)
{
	struct tw_sched *s = ti->run->s;

	tw_core_dequeue(ti);
	tw_core_account(ti, ti->state, -1);
	tw_core_arm(s, &ti->timer, TW_TIME_NONE);
	if (ti->x && ti->x->trigger_id)
		tw_map_del(&s->triggers, tw_strn((const char *)&ti->x->trigger_id, sizeof ti->x->trigger_id));
}

struct carried {
	struct tw_ti_load *rows;
	struct ti **old;
	size_t n, cap, nold, cap_old;
};

static void carry(struct carried *c, struct ti *ti, bool gone)
{
	struct tw_ti_load l = { .has_return = ti->has_return, .mapped_length = ti->mapped_length };
	struct { struct tw_ti_load *v; size_t n, cap; } rows = { c->rows, c->n, c->cap };
	struct { struct ti **v; size_t n, cap; } old = { c->old, c->nold, c->cap_old };

	if (gone && ti->state != TW_TI_REMOVED)
		tw_core_stop(ti, TW_TI_REMOVED, "removed from the dag");
	tw_core_ti_row(ti, &l.row);
	if (gone) {
		char *said = ti->x && ti->x->said.kind == TW_V_MAP ? tw_json_dump(ti->x->said, TW_JSON_COMPACT) : NULL;
		l.skip_record = tw_str(said);
		keep_lost(ti->run, &l);
		free(said);
		return;
	}
	tw_vec_push(&rows, l);
	tw_vec_push(&old, ti);
	*c = (struct carried){ rows.v, old.v, rows.n, rows.cap, old.n, old.cap };
}

static void take_over(struct run *r, const struct carried *c)
{
	for (size_t i = 0; i < c->nold; i++) {
		struct ti *was = c->old[i];
		struct ti *ti = tw_core_find_ti(r, c->rows[i].row.task_id, was->map_index);
		if (!ti)
			continue;
		ti->x = was->x;
		ti->fx_turn = was->fx_turn;
		ti->fx_slot = was->fx_slot;
		ti->fx_dispatch = was->fx_dispatch;
		ti->dispatch_turn = was->dispatch_turn;
		ti->stored_index = was->stored_index;
		if (ti->x && ti->x->said.kind == TW_V_MAP)
			tw_core_read_skip(ti, ti->x->said);
		tw_core_touch(ti); /* its version and what the task says may be others */
	}
}

/* What another version had taken away, behind those that are carried over. */
static void find_lost(struct run *r, const struct tw_dag *dag, struct carried *c)
{
	struct { struct tw_ti_load *v; size_t n, cap; } rows = { c->rows, c->n, c->cap };
	size_t kept = 0;

	for (size_t i = 0; i < r->lost.n; i++)
		if (tw_dag_task(dag, r->lost.v[i].row.task_id) < 0)
			r->lost.v[kept++] = r->lost.v[i];
		else
			tw_vec_push(&rows, r->lost.v[i]);
	r->lost.n = kept;
	c->rows = rows.v;
	c->n = rows.n;
	c->cap = rows.cap;
}

/* removed → null: the task is back in the DAG (states.md §1). */
static void bring_back(struct run *r, const struct carried *c)
{
	for (size_t i = c->nold; i < c->n; i++) {
		struct ti *ti = tw_core_find_ti(r, c->rows[i].row.task_id, c->rows[i].row.map_index);
		if (ti && ti->state == TW_TI_REMOVED) {
			tw_core_move(ti, TW_TI_NONE);
			tw_core_new_attempt(ti);
			ti->start = ti->end = ti->scheduled = ti->queued = TW_TIME_NONE;
		}
	}
}

/* A list that the file says in so many words may have become longer or shorter: what is too much goes, also what runs. */
static void fit_lists(struct run *r, bool grow)
{
	for (int t = 0; t < r->ntasks; t++) {
		struct tstate *ts = &r->tasks[t];
		bool mapped = tw_core_is_mapped(r->dag, &r->dag->tasks[t]);
		int n = mapped && ts->expanded ? tw_core_parse_time_count(r->dag, &r->dag->tasks[t]) : -1;
		if (grow && n > ts->n)
			tw_core_add_instances(r, t, n, false);
		for (int i = n; !grow && n >= 0 && i < ts->n; i++)
			if (ts->tis[i]->state != TW_TI_REMOVED)
				tw_core_stop(ts->tis[i], TW_TI_REMOVED, "removed from the dag");
	}
}

/* A version says how long its runs may take. */
static void arm_timeout(struct run *r)
{
	tw_time began = r->row.start_date == TW_TIME_NONE ? r->s->now : r->row.start_date;

	if (r->row.state == TW_RUN_RUNNING)
		tw_core_arm(r->s, &r->timer, r->dag->dagrun_timeout >= 0 ? began + r->dag->dagrun_timeout : TW_TIME_NONE);
}

/*
 * Tasks that are gone end as removed, new ones get their instances. The run is rebuilt around its
 * instances; what is open stays open under its id.
 */
void tw_core_migrate(struct run *r, const struct tw_dag *dag, struct tw_str version_id)
{
	struct carried c = { 0 };
	const struct tw_dag *old = r->dag;
	struct tw_ev_run_load ev = { 0 };

	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++)
			carry(&c, r->tasks[t].tis[i], tw_dag_task(dag, old->tasks[t].task_id) < 0);
	tw_core_flush(r->s);
	for (int t = 0; t < r->ntasks; t++) {
		for (int i = 0; i < r->tasks[t].n; i++) {
			disarm(r->tasks[t].tis[i]);
			r->tasks[t].tis[i]->dead = true;
		}
		tw_heap_release(&r->tasks[t].parked);
	}
	tw_core_bury(r->s, NULL, old, NULL);
	r->dag = tw_dag_ref(dag);
	r->d->has_past |= dag->has_past;
	tw_core_past_anew(r);
	r->nheld = 0;
	r->limit = dag->max_active_tasks_of_dag ? &r->d->limit : &r->own_limit;
	r->row.version_id = tw_core_keep(&r->arena, version_id);
	r->ntasks = dag->ntasks;
	r->tasks = tw_arena_array(&r->arena, struct tstate, (size_t)r->ntasks + 1);
	find_lost(r, dag, &c);
	ev.tis = c.rows;
	ev.ntis = (int)c.n;
	load_rows(r, &ev);
	take_over(r, &c);
	make_new_tasks(r);
	fit_lists(r, true);
	find_per(r);
	tw_core_count_all(r);
	bring_back(r, &c);
	fit_lists(r, false);
	arm_timeout(r);
	tw_core_touch_run(r);
	wake_loaded(r);
	free(c.rows);
	free(c.old);
}

/*
 * A file that is changed in its folder is what the next task of a live run executes, so the run goes by that document. A
 * bundle that keeps its versions runs each with its own.
 */
void tw_core_follow(struct run *r)
{
	struct dagent *d = r->d;

	if (!d->dag || d->removed || r->row.bundle_version.n || !d->version_id.n || !r->row.version_id.n)
		return;
	if (r->dag != d->dag && !tw_str_eq(r->row.version_id, d->version_id))
		tw_core_migrate(r, d->dag, d->version_id);
}

/* ── its states ─────────────────────────────────────────────────────────────────────────── */

/* Queued, or queued again: it waits for its hour, then for its turn. */
void tw_core_queue_run(struct run *r, bool fresh_start)
{
	struct tw_sched *s = r->s;

	if (r->row.state != TW_RUN_QUEUED) {
		tw_core_run_counted(r, -1);
		r->row.state = TW_RUN_QUEUED;
		tw_core_run_counted(r, 1);
	}
	if (fresh_start) {
		r->row.queued_at = s->now;
		r->row.start_date = r->row.end_date = r->row.last_scheduling_decision = TW_TIME_NONE;
		tw_core_touch_run(r);
	}
	r->over = r->timed_out = false;
	if (r->row.run_after != TW_TIME_NONE && r->row.run_after > s->now) {
		tw_core_arm(s, &r->timer, r->row.run_after);
		return;
	}
	tw_core_arm(s, &r->timer, TW_TIME_NONE);
	if (!r->waiting.pos) {
		bool backfill = r->row.type == TW_RUNTYPE_BACKFILL && r->row.backfill_id;
		struct tw_heap *h = backfill ? &tw_core_backfill(r->d, r->row.backfill_id)->queued : &r->d->queued;
		tw_heap_push(h, &r->waiting);
	}
	tw_core_dag_work(r->d);
}

void tw_core_start_run(struct run *r)
{
	struct tw_sched *s = r->s;

	tw_core_run_counted(r, -1);
	r->row.state = TW_RUN_RUNNING;
	tw_core_run_counted(r, 1);
	if (r->row.start_date == TW_TIME_NONE)
		r->row.start_date = s->now;
	r->row.end_date = TW_TIME_NONE;
	r->row.last_scheduling_decision = s->now;
	tw_core_touch_run(r);
	if (r->dag->dagrun_timeout >= 0)
		tw_core_arm(s, &r->timer, r->row.start_date + r->dag->dagrun_timeout);
	tw_core_requeue(r);
	tw_core_reevaluate(r);
	tw_core_run_work(r);
}

void tw_core_reevaluate(struct run *r)
{
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; r->tasks[t].waiting && i < r->tasks[t].n; i++)
			if (tw_core_schedulable(r->tasks[t].tis[i]))
				tw_core_work(r->tasks[t].tis[i]);
}

static bool any_leaf_failed(const struct run *r)
{
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; r->dag->tasks[t].leaf && i < r->tasks[t].n; i++) {
			enum tw_ti_state s = r->tasks[t].tis[i]->state;
			if (s == TW_TI_FAILED || s == TW_TI_UPSTREAM_FAILED)
				return true;
		}
	return false;
}

/*
 * states.md §2, 3: what is unfinished waits for nothing that could still happen. Airflow leaves out runs in which a task
 * has a limit of its own, and lets them wait for ever; here who waits for a limit is scheduled, and seen.
 */
static bool deadlocked(const struct run *r)
{
	const int64_t *n = r->nstate;

	if (r->nheld || n[TW_TI_SCHEDULED] || n[TW_TI_QUEUED] || n[TW_TI_RUNNING] || n[TW_TI_DEFERRED] ||
	    n[TW_TI_AWAITING_INPUT] || n[TW_TI_RESTARTING])
		return false;
	for (int t = 0; t < r->ntasks; t++) {
		const struct tw_task *task = &r->dag->tasks[t];
		const struct tstate *ts = &r->tasks[t];
		if (!ts->waiting)
			continue;
		if (task->depends_on_past)
			return false;
		for (int i = 0; i < ts->n; i++) {
			const struct ti *ti = ts->tis[i];
			if (ti->in_work || (tw_core_schedulable(ti) && ti->due != TW_TIME_NONE && ti->due > r->s->now))
				return false;
		}
	}
	return true;
}

/* The newest to have ended in a state: what a DAG's callback is told of. */
static const struct ti *last_in(const struct run *r, enum tw_ti_state state)
{
	const struct ti *last = NULL;

	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			const struct ti *ti = r->tasks[t].tis[i];
			if (ti->state == state && (!last || ti->end >= last->end))
				last = ti;
		}
	return last;
}

/* The unfinished one that started last. */
static const struct ti *last_started(const struct run *r)
{
	const struct ti *last = NULL;

	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			const struct ti *ti = r->tasks[t].tis[i];
			if (!tw_ti_finished(ti->state) && (!last || ti->start > last->start))
				last = ti;
		}
	return last;
}

static bool any_finished(const struct run *r, int task)
{
	for (int i = 0; i < r->tasks[task].n; i++)
		if (tw_ti_finished(r->tasks[task].tis[i]->state))
			return true;
	return false;
}

/* In a deadlock: the first that waits although something above it has ended. */
static const struct ti *blocking(const struct run *r)
{
	for (int t = 0; t < r->ntasks; t++) {
		const struct tw_task *task = &r->dag->tasks[t];
		if (!r->tasks[t].waiting)
			continue;
		for (int u = 0; u < task->nupstream; u++)
			for (int i = 0; any_finished(r, task->upstream[u]) && i < r->tasks[t].n; i++)
				if (!tw_ti_finished(r->tasks[t].tis[i]->state))
					return r->tasks[t].tis[i];
	}
	return NULL;
}

/* The run ends by itself: its DAG's callback is due. `by`: the instance that decided it; NULL = none. */
static void decide(struct run *r, enum tw_run_state state, const char *reason, const struct ti *by)
{
	bool good = state == TW_RUN_SUCCESS;

	tw_core_end_run(r, state);
	if (r->dag->callbacks & (good ? TW_CB_SUCCESS : TW_CB_FAILURE))
		tw_core_callback(r, by, good ? TW_CALL_DAG_SUCCESS : TW_CALL_DAG_FAILURE, reason);
}

static void time_out(struct run *r)
{
	const struct ti *by = last_started(r);

	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++)
			if (!tw_ti_finished(r->tasks[t].tis[i]->state))
				tw_core_stop(r->tasks[t].tis[i], TW_TI_SKIPPED, "dag run timed out");
	decide(r, TW_RUN_FAILED, "timed_out", by);
}

void tw_core_check_run(struct run *r)
{
	if (r->row.state != TW_RUN_RUNNING || r->gone)
		return;
	if (r->timed_out)
		time_out(r);
	else if (!r->unfinished && any_leaf_failed(r))
		decide(r, TW_RUN_FAILED, "task_failure", last_in(r, TW_TI_FAILED));
	else if (!r->unfinished)
		decide(r, TW_RUN_SUCCESS, "success", last_in(r, TW_TI_SUCCESS));
	else if (deadlocked(r))
		decide(r, TW_RUN_FAILED, "all_tasks_deadlocked", blocking(r));
}

void tw_core_end_run(struct run *r, enum tw_run_state state)
{
	struct tw_sched *s = r->s;
	bool was_running = r->row.state == TW_RUN_RUNNING;

	tw_core_run_counted(r, -1);
	r->row.state = state;
	tw_core_run_counted(r, 1);
	r->row.end_date = s->now;
	if (r->row.start_date == TW_TIME_NONE && was_running)
		r->row.start_date = s->now;
	tw_core_touch_run(r);
	tw_core_arm(s, &r->timer, TW_TIME_NONE);
	r->over = true;
	tw_core_note_ended(r);
	tw_core_idle(r);
	tw_core_dag_work(r->d);
}

/* ── letting go ─────────────────────────────────────────────────────────────────────────── */

/* Out of every list. The memory goes with the effects of this step: they may still speak of it. */
void tw_core_forget_run(struct run *r)
{
	struct dagent *d = r->d;

	if (r->gone)
		return;
	r->gone = true;
	for (size_t i = 0; r->in_idle && i < r->s->idle.n; i++)
		if (r->s->idle.v[i] == r)
			r->s->idle.v[i] = r->s->idle.v[--r->s->idle.n];
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++)
			disarm(r->tasks[t].tis[i]);
	tw_core_run_counted(r, -1);
	tw_core_arm(r->s, &r->timer, TW_TIME_NONE);
	tw_core_past_release(r);
	if (d->dag && d->dag->timetable->can_be_scheduled)
		tw_core_note_taken(d, r->row.logical_date, r->over);
	tw_map_del(&d->by_run_id, r->row.run_id);
	d->runs[r->index] = d->runs[--d->nruns];
	d->runs[r->index]->index = r->index;
	tw_vec_push(&r->s->ended, r);
}

void tw_core_free_run(struct run *r)
{
	if (!r)
		return;
	for (int t = 0; t < r->ntasks; t++)
		tw_heap_release(&r->tasks[t].parked);
	tw_cgroup_release(&r->own_limit);
	tw_vec_release(&r->lost);
	tw_map_release(&r->past_facts);
	tw_map_release(&r->past_tasks);
	tw_map_release(&r->past_ever);
	tw_dag_unref(r->dag);
	tw_arena_release(&r->arena);
	free(r);
}
