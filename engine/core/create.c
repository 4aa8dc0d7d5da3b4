/* DAGs and when they run: scheduled runs made, queued ones started (states.md §2, §3). */
#include <stdio.h>
#include <stdlib.h>

#include "core/core.h"

static bool run_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	const struct run *x = tw_container_of(a, struct run, waiting);
	const struct run *y = tw_container_of(b, struct run, waiting);

	if (x->row.run_after != y->row.run_after)
		return x->row.run_after < y->row.run_after;
	return x->seq < y->seq;
}

static bool backfill_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	const struct run *x = tw_container_of(a, struct run, waiting);
	const struct run *y = tw_container_of(b, struct run, waiting);

	if (x->row.backfill_ordinal != y->row.backfill_ordinal)
		return x->row.backfill_ordinal < y->row.backfill_ordinal;
	return run_before(a, b);
}

struct dagent *tw_core_dag(struct tw_sched *s, struct tw_str dag_id, bool make)
{
	struct dagent *d = tw_map_get(&s->dags, dag_id);

	if (d || !make)
		return d;
	d = tw_new(struct dagent);
	d->s = s;
	d->dag_id = (struct tw_str){ tw_str_dup(dag_id), dag_id.n };
	d->queued.before = run_before;
	d->timer.kind = TIMER_DAG;
	d->span_start = d->span_end = d->asset_seen = TW_TIME_NONE;
	d->removed = true; /* until its document comes */
	tw_map_set(&s->dags, dag_id, d);
	return d;
}

void tw_core_free_dag(struct dagent *d)
{
	/* Heaps before what is in them. */
	tw_heap_release(&d->queued);
	tw_core_free_shares(d);
	tw_cgroup_release(&d->limit);
	for (size_t i = 0; i < d->nbackfills; i++) {
		tw_heap_release(&d->backfills[i]->queued);
		free(d->backfills[i]);
	}
	tw_map_foreach(&d->tasks, e) {
		tw_heap_release(&((struct dag_task *)e->value)->parked);
		free(e->value);
	}
	for (size_t i = 0; i < d->nruns; i++)
		tw_core_free_run(d->runs[i]);
	tw_map_release(&d->tasks);
	tw_map_release(&d->by_run_id);
	tw_core_asset_free_dag(d);
	tw_dag_unref(d->dag);
	free((char *)d->version_id.p);
	free((char *)d->bundle_version.p);
	free((char *)d->dag_id.p);
	tw_vec_release(&d->taken);
	free(d->recent);
	free(d->backfills);
	free(d->runs);
	free(d);
}

struct backfill *tw_core_backfill(struct dagent *d, int64_t id)
{
	for (size_t i = 0; i < d->nbackfills; i++)
		if (d->backfills[i]->id == id)
			return d->backfills[i];
	struct backfill *b = tw_new(struct backfill);
	b->id = id;
	b->max = 10;
	b->queued.before = backfill_before;
	struct { struct backfill **v; size_t n, cap; } vec = { d->backfills, d->nbackfills, d->cap_backfills };
	tw_vec_push(&vec, b);
	d->backfills = vec.v;
	d->nbackfills = vec.n;
	d->cap_backfills = vec.cap;
	return b;
}

void tw_core_dag_work(struct dagent *d)
{
	if (!d->in_work) {
		d->in_work = true;
		tw_vec_push(&d->s->dag_work, d);
	}
}

/* A run is in its state: +1, -1. */
void tw_core_run_counted(struct run *r, int by)
{
	struct dagent *d = r->d;
	bool backfill = r->row.type == TW_RUNTYPE_BACKFILL;

	if (by < 0)
		tw_core_unwait(r);
	if (r->row.state == TW_RUN_QUEUED && !backfill)
		d->queued_runs += by;
	else if (r->row.state == TW_RUN_RUNNING && !backfill)
		d->running_runs += by;
	else if (r->row.state == TW_RUN_RUNNING && r->row.backfill_id)
		tw_core_backfill(d, r->row.backfill_id)->running += by;
}

void tw_core_unwait(struct run *r)
{
	if (!r->waiting.pos)
		return;
	if (r->row.type == TW_RUNTYPE_BACKFILL && r->row.backfill_id)
		tw_heap_remove(&tw_core_backfill(r->d, r->row.backfill_id)->queued, &r->waiting);
	else
		tw_heap_remove(&r->d->queued, &r->waiting);
}

/* ── the next scheduled run ─────────────────────────────────────────────────────────────── */

static bool makes_runs(const struct dagent *d)
{
	return d->dag && !d->removed && d->s->cfg.use_job_schedule && d->dag->timetable->can_be_scheduled;
}

static void tell_next(struct dagent *d)
{
	struct tw_fx_dag e = { .dag_id = d->dag_id, .next = d->next, .exceeds_max_runs = d->exceeds };

	tw_vec_push(&d->s->fx->dags, e);
}

static void ask_python(struct dagent *d)
{
	struct tw_fx_ask a = {
		.kind = TW_ASK_NEXT_RUN,
		.dag_id = d->dag_id,
		.last = d->last,
		.bounds = d->dag->bounds,
		.dag = tw_dag_ref(d->dag),
		.logical_date = TW_TIME_NONE,
	};

	if (!d->has_last)
		a.last.run_after = TW_TIME_NONE;
	d->asked_next = true;
	d->has_next = false;
	tw_vec_push(&d->s->fx->asks, a);
}

bool tw_core_dag_full(const struct dagent *d)
{
	return d->dag && d->queued_runs + d->running_runs >= d->dag->max_active_runs;
}

/*
 * Runs whose tasks end at once leave room for the next in the same step: a catchup from long ago would hold up
 * everybody for as long as it lasts. So a DAG gets so many scheduled runs a turn, and goes on in the next.
 */
#define RUNS_A_TURN 100

static bool made_enough(const struct dagent *d)
{
	return d->made_turn == d->s->turn && d->made >= RUNS_A_TURN;
}

/* A run that is due and has no room is made when one ends, not by the clock. */
static void arm_next(struct dagent *d)
{
	bool comes = d->has_next && d->next.why == TW_NO_RUN_NONE && !d->paused && !d->import_error;
	bool due = comes && d->next.run_after <= d->s->now;
	bool later = due && made_enough(d);

	tw_core_arm(d->s, &d->timer,
		    later ? d->s->now + 1 : comes && !due ? d->next.run_after : TW_TIME_NONE);
	if (due && !later && !tw_core_dag_full(d))
		tw_core_dag_work(d);
}

/* @continuous: a run that ended at once is followed in the same instant. One of the same instant would have the same id. */
static tw_time apart(const struct dagent *d)
{
	bool follows = d->has_last && d->dag->timetable->type == TW_TT_CONTINUOUS;

	return follows && d->last.run_after >= d->s->now ? d->last.run_after + 1 : d->s->now;
}

static void find_next(struct dagent *d)
{
	struct tw_err err = { 0 };

	d->next_stale = false;
	if (!makes_runs(d)) {
		d->next = (struct tw_run_info){ .why = TW_NO_RUN_NEVER, .run_after = TW_TIME_NONE,
						.logical_date = TW_TIME_NONE,
						.interval = { TW_TIME_NONE, TW_TIME_NONE } };
		d->has_next = true;
	} else {
		enum tw_rc rc = tw_timetable_next(d->dag->timetable, d->has_last ? &d->last : NULL,
						  &d->dag->bounds, apart(d), &d->next, &err);
		if (rc == TW_ERR_UNSUPPORTED) {
			if (!d->asked_next)
				ask_python(d);
			return;
		}
		if (rc < 0)
			d->next = (struct tw_run_info){ .why = TW_NO_RUN_IMPOSSIBLE };
		d->has_next = true;
	}
	tell_next(d);
	arm_next(d);
}

/*
 * A logical date has one run. Those of runs that have left memory are remembered as long as the schedule can still come to
 * them: somebody may have made a run of a coming date by hand, or another schedule one of the same date.
 */
void tw_core_note_taken(struct dagent *d, tw_time logical_date, bool taken)
{
	size_t kept = 0;

	if (logical_date == TW_TIME_NONE || (d->has_last && logical_date < d->last.logical_date))
		return;
	for (size_t i = 0; i < d->taken.n; i++)
		if (d->taken.v[i] != logical_date && !(d->has_last && d->taken.v[i] < d->last.logical_date))
			d->taken.v[kept++] = d->taken.v[i];
	d->taken.n = kept;
	if (taken)
		tw_vec_push(&d->taken, logical_date);
}

static bool is_taken(const struct dagent *d, tw_time logical)
{
	if (d->has_last && d->last.logical_date == logical)
		return true;
	for (size_t i = 0; i < d->taken.n; i++)
		if (d->taken.v[i] == logical)
			return true;
	return false;
}

bool tw_core_run_exists(const struct dagent *d, struct tw_str run_id, tw_time logical)
{
	if (tw_map_get(&d->by_run_id, run_id))
		return true;
	for (size_t i = 0; logical != TW_TIME_NONE && i < d->nruns; i++)
		if (d->runs[i]->row.logical_date == logical)
			return true;
	return logical != TW_TIME_NONE && is_taken(d, logical);
}

static void letters(struct tw_sched *s, char out[9])
{
	static const char from[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	for (int i = 0; i < 8; i++)
		out[i] = from[tw_core_random(s) % 62];
	out[8] = '\0';
}

void tw_core_run_id(struct dagent *d, enum tw_run_type type, const struct tw_run_info *info, const struct tw_dag *dag,
		    struct tw_buf *out)
{
	const char *name = tw_run_type_name(type);
	char random[9];

	if (type == TW_RUNTYPE_SCHEDULED && info->run_id[0]) {
		tw_buf_adds(out, info->run_id);
		return;
	}
	if (type == TW_RUNTYPE_ASSET_TRIGGERED && dag->compat == 2)
		name = "dataset_triggered";
	letters(d->s, random);
	tw_run_id_format(out, name, info, random, dag->compat);
}

static void note_id(struct tw_run_info *info, struct tw_str id)
{
	info->run_id[0] = '\0';
	if (id.n < sizeof info->run_id)
		snprintf(info->run_id, sizeof info->run_id, TW_STR_FMT, TW_STR_ARG(id));
}

/*
 * Generations name runs by different dates: after a change from 3 to 2 the next run would have the name of the last one. It
 * is named by the other rule then.
 */
static void another_name(struct dagent *d, const struct tw_run_info *n, struct tw_buf *id)
{
	if (!d->has_last || n->run_id[0] || !tw_str_is(tw_buf_str(id), d->last.run_id))
		return;
	tw_buf_clear(id);
	tw_run_id_format(id, tw_run_type_name(TW_RUNTYPE_SCHEDULED), n, "", d->dag->compat == 2 ? 3 : 2);
}

/* The run that is due, unless somebody has made one for that date by hand. */
static void make_scheduled(struct dagent *d)
{
	struct tw_buf id = { 0 };
	struct tw_run_info *n = &d->next;

	tw_core_run_id(d, TW_RUNTYPE_SCHEDULED, n, d->dag, &id);
	another_name(d, n, &id);
	if (!tw_core_run_exists(d, tw_buf_str(&id), n->logical_date)) {
		struct tw_run_row row = {
			.dag_id = d->dag_id,
			.run_id = tw_buf_str(&id),
			.type = TW_RUNTYPE_SCHEDULED,
			.state = TW_RUN_QUEUED,
			.triggered_by = TW_STR("timetable"),
			.logical_date = n->logical_date,
			.interval_start = n->interval.start,
			.interval_end = n->interval.end,
			.run_after = n->run_after,
			.queued_at = d->s->now,
			.start_date = TW_TIME_NONE,
			.end_date = TW_TIME_NONE,
			.last_scheduling_decision = TW_TIME_NONE,
			.version_id = d->version_id,
			.bundle_version = d->bundle_version,
		};
		if (n->partition_key[0]) {
			row.partition_key = tw_str(n->partition_key);
			row.partition_date = n->partition_date;
		}
		tw_core_make_run(d, d->dag, &row, NULL);
	}
	d->made = d->made_turn == d->s->turn ? d->made + 1 : 1;
	d->made_turn = d->s->turn;
	d->last = *n;
	note_id(&d->last, tw_buf_str(&id));
	d->has_last = true;
	tw_buf_release(&id);
	find_next(d);
}

void tw_core_make_runs(struct dagent *d)
{
	if (!makes_runs(d) || d->paused || d->import_error)
		return;
	if (!d->has_next || d->next_stale)
		find_next(d);
	while (d->has_next && d->next.why == TW_NO_RUN_NONE && d->next.run_after <= d->s->now) {
		bool exceeds = tw_core_dag_full(d);
		if (exceeds != d->exceeds) {
			d->exceeds = exceeds;
			tell_next(d);
		}
		if (exceeds) {
			/* Without catchup the run to make is another one by the time there is room. */
			d->next_stale = !d->dag->catchup;
			return;
		}
		if (made_enough(d)) {
			arm_next(d);
			return;
		}
		make_scheduled(d);
	}
}

/* ── starting ───────────────────────────────────────────────────────────────────────────── */

static struct run *first_of(struct tw_heap *h)
{
	struct tw_heap_node *n = tw_heap_min(h);

	return n ? tw_container_of(n, struct run, waiting) : NULL;
}

static int max_runs(const struct dagent *d, const struct run *r)
{
	return d->dag ? d->dag->max_active_runs : r->dag->max_active_runs;
}

static void start_runs(struct dagent *d)
{
	struct run *r;

	if (tw_core_stands(d))
		return;
	while ((r = first_of(&d->queued)) && d->running_runs < max_runs(d, r))
		tw_core_start_run(r);
	for (size_t i = 0; i < d->nbackfills; i++) {
		struct backfill *b = d->backfills[i];
		while (!b->paused && (r = first_of(&b->queued)) && b->running < b->max)
			tw_core_start_run(r);
	}
}

void tw_core_dag_settle(struct dagent *d)
{
	tw_core_make_runs(d);
	tw_core_asset_run(d);
	start_runs(d);
}

/* ── how runs ended ─────────────────────────────────────────────────────────────────────── */

static void note_recent(struct dagent *d, tw_time run_after, bool failed, int keep)
{
	int at = 0;

	while (at < d->nrecent && d->recent[at].run_after > run_after)
		at++;
	d->recent = tw_reallocarray(d->recent, (size_t)d->nrecent + 1, sizeof *d->recent);
	memmove(d->recent + at + 1, d->recent + at, (size_t)(d->nrecent - at) * sizeof *d->recent);
	d->recent[at] = (struct tw_recent_run){ run_after, failed };
	if (d->nrecent < keep)
		d->nrecent++;
}

/* The last n by run_after have all failed: none that is live lies among them. */
static bool streak(const struct dagent *d, int n)
{
	if (d->nrecent < n)
		return false;
	for (int i = 0; i < n; i++)
		if (!d->recent[i].failed)
			return false;
	for (size_t i = 0; i < d->nruns; i++)
		if (!tw_run_finished(d->runs[i]->row.state) &&
		    d->runs[i]->row.run_after > d->recent[n - 1].run_after)
			return false;
	return true;
}

void tw_core_note_ended(struct run *r)
{
	struct dagent *d = r->d;
	int n = d->dag ? d->dag->max_consecutive_failed : 0;

	if (n <= 0)
		return;
	note_recent(d, r->row.run_after, r->row.state == TW_RUN_FAILED, n);
	if (r->row.state != TW_RUN_FAILED || d->paused || !streak(d, n))
		return;
	struct tw_fx_dag e = { .dag_id = d->dag_id, .next = d->next, .set_paused = true,
			       .exceeds_max_runs = d->exceeds };
	tw_vec_push(&d->s->fx->dags, e);
	tw_core_audit(r, NULL, "paused", tw_str(NULL), TW_STR("max_consecutive_failed_dag_runs"));
	struct tw_ev_paused ev = { .dag_id = d->dag_id, .paused = true };
	tw_core_on_paused(d->s, &ev, NULL);
}

/* ── events ─────────────────────────────────────────────────────────────────────────────── */

bool tw_core_stands(const struct dagent *d)
{
	return d->paused || d->import_error || d->removed;
}

/* It stands, or does not any more: what is scheduled waits, or goes on. */
static void stand(struct dagent *d)
{
	for (size_t i = 0; i < d->nruns; i++) {
		tw_core_requeue(d->runs[i]);
		if (!tw_core_stands(d) && d->runs[i]->nheld)
			tw_core_reevaluate(d->runs[i]);
	}
}

static struct tw_str own(struct dagent *d, struct tw_str old, struct tw_str s)
{
	if (old.p)
		tw_core_bury(d->s, NULL, NULL, (void *)old.p); /* effects may speak of it still */
	return s.p ? (struct tw_str){ tw_str_dup(s), s.n } : s;
}

static void first_seen(struct dagent *d, const struct tw_ev_dag *ev)
{
	d->has_last = ev->last_run.run_after != TW_TIME_NONE && ev->last_run.run_after != 0;
	d->last = ev->last_run;
	for (int i = ev->nrecent; i-- > 0;)
		note_recent(d, ev->recent[i].run_after, ev->recent[i].failed, ev->nrecent);
}

enum tw_rc tw_core_on_dag(struct tw_sched *s, const struct tw_ev_dag *ev, struct tw_err *err)
{
	if (!ev->dag)
		return tw_err_set(err, TW_ERR_INVALID, "a DAG event without a document");
	struct dagent *d = tw_core_dag(s, ev->dag->dag_id, true);
	bool was_paused = d->paused, stood = tw_core_stands(d);

	if (!d->dag) {
		first_seen(d, ev);
	} else {
		tw_core_asset_listen(d, false);
		tw_core_bury(s, NULL, d->dag, NULL);
	}
	bool any = d->taken.n > 0;
	for (int i = 0; i < ev->ntaken; i++)
		if (!any || !is_taken(d, ev->taken[i]))
			tw_vec_push(&d->taken, ev->taken[i]);
	const struct tw_dag *before = d->dag;
	d->dag = tw_dag_ref(ev->dag);
	tw_core_asset_listen(d, true);
	tw_core_asset_marks_check(d);
	if (before)
		tw_core_partition_check(d, before);
	d->version_id = own(d, d->version_id, ev->version_id);
	d->bundle_version = own(d, d->bundle_version, ev->bundle_version);
	d->removed = false;
	d->import_error = ev->import_error;
	d->paused = ev->paused;
	d->has_next = d->asked_next = false;
	for (size_t i = 0; i < d->limit.n; i++)
		d->limit.buckets[i]->max = d->dag->max_active_tasks;
	tw_core_limit_changed(&d->limit);
	if (was_paused != d->paused) {
		d->paused = was_paused;
		struct tw_ev_paused p = { .dag_id = d->dag_id, .paused = ev->paused };
		tw_core_on_paused(s, &p, NULL);
	}
	if (stood != tw_core_stands(d))
		stand(d);
	find_next(d);
	if (!s->cfg.loading)
		tw_core_dag_follow(d);
	tw_core_dag_work(d);
	return TW_OK;
}

void tw_core_dag_follow(struct dagent *d)
{
	for (size_t i = 0; i < d->nruns; i++)
		if (!tw_run_finished(d->runs[i]->row.state))
			tw_core_follow(d->runs[i]);
}

enum tw_rc tw_core_on_paused(struct tw_sched *s, const struct tw_ev_paused *ev, struct tw_err *err)
{
	struct dagent *d = tw_core_dag(s, ev->dag_id, false);

	if (!d)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no DAG '" TW_STR_FMT "'", TW_STR_ARG(ev->dag_id));
	if (d->paused == ev->paused)
		return TW_OK;
	d->paused = ev->paused;
	stand(d);
	d->next_stale = true;
	if (!d->paused)
		find_next(d);
	arm_next(d);
	tw_core_dag_work(d);
	return TW_OK;
}

enum tw_rc tw_core_on_dag_removed(struct tw_sched *s, struct tw_str dag_id, struct tw_err *err)
{
	struct dagent *d = tw_core_dag(s, dag_id, false);

	if (!d)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no DAG '" TW_STR_FMT "'", TW_STR_ARG(dag_id));
	d->removed = true;
	stand(d);
	d->asked_next = false; /* an answer that is on its way comes too late */
	find_next(d);
	return TW_OK;
}

enum tw_rc tw_core_on_backfill(struct tw_sched *s, const struct tw_ev_backfill *ev)
{
	struct dagent *d = tw_core_dag(s, ev->dag_id, true);
	struct backfill *b = tw_core_backfill(d, ev->id);

	b->max = ev->max_active_runs;
	b->paused = ev->paused;
	tw_core_dag_work(d);
	return TW_OK;
}

enum tw_rc tw_core_on_next_run(struct tw_sched *s, const struct tw_ev_next_run *ev, struct tw_err *err)
{
	struct dagent *d = tw_core_dag(s, ev->dag_id, false);

	if (!d || !d->dag)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no DAG '" TW_STR_FMT "'", TW_STR_ARG(ev->dag_id));
	if (!d->asked_next)
		return TW_OK; /* the document has changed since */
	d->asked_next = ev->next.why == TW_NO_RUN_FAILED; /* the shell goes on asking */
	d->next = ev->next;
	d->has_next = true;
	tell_next(d);
	arm_next(d);
	return TW_OK;
}

/* ── a run that somebody asks for ───────────────────────────────────────────────────────── */

static enum tw_rc complete_row(struct dagent *d, const struct tw_dag *dag, struct tw_run_row *row,
			       struct tw_buf *id, struct tw_err *err)
{
	struct tw_interval iv = { row->interval_start, row->interval_end };

	if (row->run_after == TW_TIME_NONE || row->run_after == 0)
		row->run_after = d->s->now;
	if (row->logical_date != TW_TIME_NONE && iv.start == TW_TIME_NONE) {
		/* A custom timetable's interval is Python's to say; without an answer it is the date itself. */
		if (tw_timetable_manual_interval(dag->timetable, row->logical_date, &iv, NULL) < 0)
			iv = (struct tw_interval){ row->logical_date, row->logical_date };
		row->interval_start = iv.start;
		row->interval_end = iv.end;
	}
	if (!row->run_id.n) {
		struct tw_run_info info = { .run_after = row->run_after, .logical_date = row->logical_date,
					    .interval = iv };
		if (row->partition_key.p && row->partition_key.n <= TW_TT_KEY_MAX)
			memcpy(info.partition_key, row->partition_key.p, row->partition_key.n);
		tw_core_run_id(d, row->type, &info, dag, id);
		row->run_id = tw_buf_str(id);
	}
	if (tw_core_run_exists(d, row->run_id, row->logical_date))
		return tw_err_set(err, TW_ERR_EXISTS,
				  "dag '" TW_STR_FMT "' has a run '" TW_STR_FMT "' or one of that logical date already",
				  TW_STR_ARG(d->dag_id), TW_STR_ARG(row->run_id));
	return tw_run_id_check(row->run_id, row->type, err);
}

enum tw_rc tw_core_on_run_new(struct tw_sched *s, const struct tw_ev_run_new *ev, struct tw_err *err)
{
	struct dagent *d = tw_core_dag(s, ev->row.dag_id, ev->dag != NULL);
	const struct tw_dag *dag = ev->dag ? ev->dag : d ? d->dag : NULL;
	struct tw_run_row row = ev->row;
	struct tw_buf id = { 0 };

	if (!d || !dag)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no DAG '" TW_STR_FMT "'", TW_STR_ARG(ev->row.dag_id));
	row.state = TW_RUN_QUEUED;
	row.queued_at = s->now;
	row.start_date = row.end_date = row.last_scheduling_decision = TW_TIME_NONE;
	if (!row.version_id.p && !ev->dag) {
		row.version_id = d->version_id;
		row.bundle_version = d->bundle_version;
	}
	enum tw_rc rc = complete_row(d, dag, &row, &id, err);
	if (rc == TW_OK)
		tw_core_make_run(d, dag, &row, ev);
	tw_buf_release(&id);
	return rc;
}
