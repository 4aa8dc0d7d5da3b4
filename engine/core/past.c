/*
 * depends_on_past and wait_for_downstream: the run before (states.md §4). When it is held too, its instances are
 * looked at; otherwise the shell is asked once for the facts, and they are kept with the run that asked.
 */
#include "core/core.h"

static bool manual(const struct run *r)
{
	return r->row.type != TW_RUNTYPE_SCHEDULED && r->row.type != TW_RUNTYPE_BACKFILL;
}

/* May `p` be the run before r? With catchup only those of the schedule count. */
static bool can_precede(const struct run *p, const struct run *r)
{
	return p != r && !p->gone && p->row.logical_date != TW_TIME_NONE &&
	       r->row.logical_date != TW_TIME_NONE && p->row.logical_date < r->row.logical_date &&
	       !(r->dag->catchup && manual(p));
}

static struct run *newest_held(const struct run *r)
{
	struct run *best = NULL;

	for (size_t i = 0; i < r->d->nruns; i++) {
		struct run *p = r->d->runs[i];
		if (can_precede(p, r) && (!best || p->row.logical_date > best->row.logical_date))
			best = p;
	}
	return best;
}

static void set_prev(struct run *r, struct run *p)
{
	if (r->prev == p)
		return;
	if (r->prev && --r->prev->needed_by == 0 && r->prev->over)
		tw_core_idle(r->prev);
	r->prev = p;
	if (p)
		p->needed_by++;
}

static void ask(struct run *r)
{
	struct tw_fx_ask a = {
		.kind = TW_ASK_PAST,
		.dag_id = r->row.dag_id,
		.run_id = r->row.run_id,
		.logical_date = r->row.logical_date,
		.by_schedule = r->dag->catchup,
		.backfill_id = r->row.type == TW_RUNTYPE_BACKFILL ? r->row.backfill_id : 0,
		.dag = tw_dag_ref(r->dag),
	};

	r->past = PAST_ASKED;
	tw_vec_push(&r->s->fx->asks, a);
}

static void retry_waiting(struct run *r)
{
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; r->dag->tasks[t].depends_on_past && i < r->tasks[t].n; i++)
			if (tw_core_schedulable(r->tasks[t].tis[i]))
				tw_core_work(r->tasks[t].tis[i]);
	tw_core_run_work(r);
}

static void ask_again(struct run *r)
{
	r->past = PAST_UNKNOWN;
	retry_waiting(r);
}

static bool good(enum tw_ti_state s)
{
	return s == TW_TI_SUCCESS || s == TW_TI_SKIPPED;
}

/* What is kept: 1 = all well, else 2 and the state of an instance that is not. */
static void set_fact(struct tw_map *m, struct tw_str task, enum tw_ti_state state)
{
	uintptr_t had = (uintptr_t)tw_map_get(m, task);

	if (had < 2)
		tw_map_set(m, task, (void *)(good(state) ? (uintptr_t)1 : (uintptr_t)2 + state));
}

enum tw_rc tw_core_on_past(struct tw_sched *s, const struct tw_ev_past *ev, struct tw_err *err)
{
	struct run *r = tw_core_find_run(s, ev->run);

	if (!r)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no run '" TW_STR_FMT "'", TW_STR_ARG(ev->run.run_id));
	tw_map_clear(&r->past_facts);
	tw_map_clear(&r->past_ever);
	if (r->past_is_old) {
		r->past_is_old = false;
		ask_again(r);
		return TW_OK;
	}
	for (int i = 0; ev->exists && i < ev->ntis; i++)
		set_fact(&r->past_facts, ev->tis[i].task_id, ev->tis[i].state);
	for (int i = 0; i < ev->never; i++)
		tw_map_set(&r->past_ever, ev->ever[i], r);
	r->past = ev->exists ? PAST_KNOWN : PAST_NONE;
	r->prev_ref.run_id = ev->exists ? tw_core_keep(&r->arena, ev->prev.run_id) : tw_str(NULL);
	r->prev_logical = ev->exists ? ev->prev_logical_date : TW_TIME_NONE;
	r->backfill_before = ev->backfill_before;
	struct run *held = newest_held(r);
	if (held && (!ev->exists || held->row.logical_date >= ev->prev_logical_date))
		set_prev(r, held);
	retry_waiting(r);
	return TW_OK;
}

/* ── the answer ─────────────────────────────────────────────────────────────────────────── */

enum was { WAS_ABSENT, WAS_GOOD, WAS_BAD };

/* Its rows are there, though the version that the run has now does not know the task. */
static enum was how_it_was_lost(const struct run *r, struct tw_str task_id, enum tw_ti_state *ret_bad)
{
	enum was was = WAS_ABSENT;

	for (size_t i = 0; i < r->lost.n && was != WAS_BAD; i++) {
		*ret_bad = r->lost.v[i].row.state;
		if (tw_str_eq(r->lost.v[i].row.task_id, task_id))
			was = good(*ret_bad) ? WAS_GOOD : WAS_BAD;
	}
	return was;
}

/* In the store when it was asked, or in a run that has come since. */
static bool ever_before(const struct run *r, struct tw_str task_id)
{
	if (tw_map_get(&r->past_ever, task_id))
		return true;
	for (size_t i = 0; i < r->d->nruns; i++) {
		const struct run *p = r->d->runs[i];
		int t = tw_dag_task(p->dag, task_id);
		if (p->row.logical_date != TW_TIME_NONE && p->row.logical_date < r->row.logical_date && t >= 0 &&
		    t < p->ntasks && p->tasks[t].n)
			return true;
	}
	return false;
}

static enum was how_it_was(const struct run *r, struct tw_str task_id, enum tw_ti_state *ret_bad)
{
	if (!r->prev) {
		uintptr_t fact = (uintptr_t)tw_map_get(&r->past_facts, task_id);
		*ret_bad = fact >= 2 ? (enum tw_ti_state)(fact - 2) : TW_TI_NONE;
		return fact >= 2 ? WAS_BAD : (enum was)fact;
	}
	int t = tw_dag_task(r->prev->dag, task_id);
	if (t < 0)
		return how_it_was_lost(r->prev, task_id, ret_bad);
	if (t >= r->prev->ntasks || !r->prev->tasks[t].n)
		return WAS_ABSENT;
	for (int i = 0; i < r->prev->tasks[t].n; i++)
		if (!good(r->prev->tasks[t].tis[i]->state)) {
			*ret_bad = r->prev->tasks[t].tis[i]->state;
			return WAS_BAD;
		}
	return WAS_GOOD;
}

static bool first_of_backfill(const struct run *r)
{
	if (r->row.type != TW_RUNTYPE_BACKFILL || r->backfill_before)
		return false;
	if (r->row.backfill_ordinal)
		return r->row.backfill_ordinal == 1;
	for (size_t i = 0; i < r->d->nruns; i++) {
		const struct run *p = r->d->runs[i];
		if (can_precede(p, r) && p->row.backfill_id == r->row.backfill_id)
			return false;
	}
	return true;
}

struct past_answer tw_core_past_of(const struct ti *ti)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	struct past_answer a = { .met = true };

	if (r->row.logical_date == TW_TIME_NONE)
		return a;
	a.asked = r->past == PAST_ASKED || r->past == PAST_UNKNOWN;
	if (a.asked) {
		a.met = false;
		return a;
	}
	if ((r->past == PAST_NONE && !r->prev) || first_of_backfill(r))
		return a;
	tw_time prev = r->prev ? r->prev->row.logical_date : r->prev_logical;
	if (r->dag->catchup && t->start_date != TW_TIME_NONE && prev < t->start_date)
		return a;
	a.prev = r->prev ? r->prev->row.run_id : r->prev_ref.run_id;
	a.task = t->task_id;
	enum was was = how_it_was(r, t->task_id, &a.state);
	if (was == WAS_ABSENT) {
		a.absent = true;
		a.met = t->ignore_first_depends_on_past && !ever_before(r, t->task_id);
		return a;
	}
	a.met = was == WAS_GOOD;
	for (int i = 0; a.met && t->wait_for_downstream && i < t->ndownstream; i++) {
		a.task = r->dag->tasks[t->downstream[i]].task_id;
		a.met = how_it_was(r, a.task, &a.state) != WAS_BAD;
	}
	return a;
}

bool tw_core_past_met(struct ti *ti)
{
	struct run *r = ti->run;

	if (r->row.logical_date != TW_TIME_NONE && r->past == PAST_UNKNOWN && r->s->fx)
		ask(r);
	return tw_core_past_of(ti).met;
}

/* ── changes ────────────────────────────────────────────────────────────────────────────── */

/* An instance ended, or was cleared: runs that look back at it look again. */
void tw_core_past_moved(struct ti *ti)
{
	struct run *r = ti->run;
	struct tw_str id = r->dag->tasks[ti->task].task_id;

	if (!r->needed_by)
		return;
	for (size_t i = 0; i < r->d->nruns; i++) {
		struct run *next = r->d->runs[i];
		if (next->prev != r)
			continue;
		int t = tw_dag_task(next->dag, id);
		if (t < 0)
			continue;
		const struct tw_task *task = &next->dag->tasks[t];
		for (int k = -1; k < task->nupstream; k++) {
			int who = k < 0 ? t : task->upstream[k];
			struct tstate *ts = &next->tasks[who];
			for (int n = 0; next->dag->tasks[who].depends_on_past && n < ts->n; n++)
				if (tw_core_schedulable(ts->tis[n]))
					tw_core_work(ts->tis[n]);
		}
	}
}

/* A run came: it may be the one before of others, and then the store's word about theirs is old. */
void tw_core_past_new_run(struct run *r)
{
	/* Its own document may know nothing of it: others of the DAG look back at it all the same. */
	r->d->has_past |= r->dag->has_past;
	if (!r->d->has_past)
		return;
	for (size_t i = 0; i < r->d->nruns; i++) {
		struct run *next = r->d->runs[i];
		if (!next->dag->has_past || !can_precede(r, next))
			continue;
		if (next->past == PAST_UNKNOWN || next->past == PAST_ASKED)
			continue;
		tw_time had = next->prev ? next->prev->row.logical_date : next->prev_logical;
		if (had == TW_TIME_NONE || r->row.logical_date >= had)
			set_prev(next, r);
	}
}

/* It goes to another version, by which another run may be the one before it (catchup), or none was asked for. */
void tw_core_past_anew(struct run *r)
{
	set_prev(r, NULL);
	if (r->past == PAST_ASKED)
		r->past_is_old = true;
	else
		r->past = PAST_UNKNOWN;
}

/*
 * A run is deleted: what the store said of those before it, or is about to say, may have been about that one. It is asked again,
 * after the deletion is written.
 */
void tw_core_past_deleted(const struct run *r)
{
	for (size_t i = 0; r->d->has_past && i < r->d->nruns; i++) {
		struct run *next = r->d->runs[i];
		if (!next->dag->has_past || r->row.logical_date == TW_TIME_NONE || next->row.logical_date <= r->row.logical_date)
			continue;
		if (next->past == PAST_ASKED)
			next->past_is_old = true;
		else if (next->past == PAST_KNOWN && next->past_ever.len)
			ask_again(next);
	}
}

/* It has ended and leaves: what ever_before saw of it stays with the runs after it, whose word from the store may be older than its instances. */
static void hand_down(const struct run *r)
{
	for (size_t i = 0; r->d->has_past && i < r->d->nruns; i++) {
		struct run *next = r->d->runs[i];
		if (!next->dag->has_past || r->row.logical_date == TW_TIME_NONE || next->row.logical_date <= r->row.logical_date)
			continue;
		for (int k = 0; k < next->ntasks; k++) {
			const struct tw_task *task = &next->dag->tasks[k];
			int t = task->depends_on_past && task->ignore_first_depends_on_past ? tw_dag_task(r->dag, task->task_id) : -1;
			if (t < 0 || t >= r->ntasks || !r->tasks[t].n)
				continue;
			if (next->past == PAST_ASKED)
				next->past_is_old = true;
			else
				tw_map_set(&next->past_ever, task->task_id, next);
		}
	}
}

/* It leaves: who looked back at it asks the store again; whom it looked back at may leave too. */
void tw_core_past_release(struct run *r)
{
	if (r->over)
		hand_down(r);
	set_prev(r, NULL);
	for (size_t i = 0; r->needed_by && i < r->d->nruns; i++) {
		struct run *next = r->d->runs[i];
		if (next->prev != r)
			continue;
		set_prev(next, NULL);
		ask_again(next);
	}
}
