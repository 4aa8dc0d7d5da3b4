/* Effects into one batch, the commit in a thread of its own, and what follows it. */
#include <stdlib.h>

#include "base/log.h"
#include "daemon/requests.h"
#include "daemon/shell.h"
#include "daemon/timetable.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/token.h"
#include "store/runs.h"
#include "store/workloads.h"

struct turn *turn_new(struct shell *sh)
{
	struct turn *t = tw_new(struct turn);

	t->fx = tw_effects_new();
	t->batch.lease_name = sh->lease.name;
	t->batch.lease_epoch = sh->lease.epoch;
	return t;
}

void turn_free(struct turn *t)
{
	if (!t)
		return;
	tw_effects_free(t->fx);
	tw_batch_release(&t->batch);
	tw_vec_release(&t->ended);
	tw_map_release(&t->watched);
	tw_arena_release(&t->arena);
	free(t);
}

enum tw_rc shell_step(struct shell *sh, const struct tw_event *ev, struct tw_err *err)
{
	return tw_sched_step(sh->core, ev, sh->gathering->fx, err);
}

/* ── before the commit ────────────────────────────────────────────────────────────────── */

void turn_callback(struct shell *sh, struct turn *t, struct tw_callback_row *row, struct tw_str data)
{
	char id[TW_UUID_LEN + 1];

	tw_uuid7(id, shell_now(sh));
	tw_id_parse(tw_str(id), &row->id);
	row->type = TW_STR("dag_processor");
	row->data = tw_str_copy(&t->arena, data);
	row->priority_weight = 1;
	row->created_at = shell_now(sh);
	tw_batch_callback_new(&t->batch, row);
	t->calls = true;
}

static const struct {
	const char *kind, *request; /* request: what Airflow calls it */
} calls[] = {
	[TW_CALL_DAG_SUCCESS] = { "dag_success", "DagCallbackRequest" },
	[TW_CALL_DAG_FAILURE] = { "dag_failure", "DagCallbackRequest" },
	[TW_CALL_TASK_FAILURE] = { "task_failure", "TaskCallbackRequest" },
	[TW_CALL_TASK_RETRY] = { "task_retry", "TaskCallbackRequest" },
};

/* Callbacks that no task's process runs: rows of the same commit, for a dag-processor to take. */
static void add_callbacks(struct shell *sh, struct turn *t)
{
	struct tw_buf json = { 0 };

	for (size_t i = 0; i < t->fx->callbacks.n; i++) {
		const struct tw_fx_callback *c = &t->fx->callbacks.v[i];
		struct workload_call call = { .kind = calls[c->kind].kind, .request = calls[c->kind].request,
					      .reason = c->reason, .dag = c->dag, .run = &c->run, .ti = &c->ti };

		tw_buf_clear(&json);
		workload_callback(sh, &call, &json);
		turn_callback(sh, t, tw_arena_new(&t->arena, struct tw_callback_row), tw_buf_str(&json));
	}
	tw_buf_release(&json);
}

/* Workloads that workers elsewhere take: there from the moment on that their attempts are queued. */
static void add_workloads(struct shell *sh, struct turn *t)
{
	struct tw_buf json = { 0 };

	for (size_t i = 0; i < t->fx->dispatch.n; i++) {
		const struct tw_fx_dispatch *d = &t->fx->dispatch.v[i];
		const struct tw_executor *ex = tw_executors_find(&sh->executors, d->executor);
		struct tw_workload_row *row;

		if (d->dropped || d->start_trigger || !ex || !ex->pulled)
			continue;
		tw_buf_clear(&json);
		workload_write(sh, d, &json);
		row = tw_arena_new(&t->arena, struct tw_workload_row);
		*row = (struct tw_workload_row){ .attempt = d->ti.id, .executor = tw_str(ex->name),
						 .queue = tw_str_copy(&t->arena, d->ti.queue.p ? d->ti.queue : TW_STR("")),
						 .priority_weight = d->ti.priority_weight,
						 .data = tw_str_copy(&t->arena, tw_buf_str(&json)),
						 .posted_at = TW_TIME_NONE };
		tw_batch_workload_new(&t->batch, row);
	}
	tw_buf_release(&json);
}

void turn_workload_drop(struct shell *sh, struct tw_id attempt)
{
	struct tw_workload_row *row = tw_arena_new(&sh->gathering->arena, struct tw_workload_row);

	row->attempt = attempt;
	tw_batch_workload_drop(&sh->gathering->batch, row);
}

/* ── after the commit ─────────────────────────────────────────────────────────────────── */

static void dispatch(struct shell *sh, struct turn *t)
{
	struct tw_buf json = { 0 };

	for (size_t i = 0; i < t->fx->dispatch.n; i++) {
		struct tw_fx_dispatch *d = &t->fx->dispatch.v[i];
		struct tw_executor *ex;
		struct tw_workload w;

		if (d->dropped)
			continue;
		if (d->start_trigger) {
			news_start_deferred(sh, d);
			continue;
		}
		ex = tw_executors_find(&sh->executors, d->executor);
		if (!ex) {
			struct tw_event ev = { .type = TW_EV_REFUSED, .at = shell_now(sh),
					       .refused = { d->ti.id, true, TW_STR("no such executor is configured") } };

			shell_step(sh, &ev, NULL);
			continue;
		}
		tw_buf_clear(&json);
		if (!ex->pulled)
			workload_write(sh, d, &json);
		attempt_add(sh, &d->ti, ex);
		w = (struct tw_workload){ .attempt = d->ti.id, .json = tw_buf_str(&json),
					  .priority = d->ti.priority_weight, .queue = d->ti.queue, .slots = 1 };
		tw_executor_dispatch(ex, &w, 1);
	}
	tw_buf_release(&json);
}

static void kill_attempts(struct shell *sh, struct turn *t)
{
	for (size_t i = 0; i < t->fx->kills.n; i++) {
		struct tw_fx_kill *k = &t->fx->kills.v[i];
		struct attempt *a = attempt_find(sh, k->attempt);

		if (a)
			tw_executor_kill(a->ex, k->attempt, k->reason);
	}
}

static void acknowledge(struct shell *sh, struct turn *t)
{
	for (size_t i = 0; i < t->ended.n; i++) {
		struct attempt *a = attempt_find(sh, t->ended.v[i]);

		if (!a)
			continue;
		tw_executor_ack(a->ex, a->id);
		attempt_ended(sh, a->id);
	}
}

static void answer_asks(struct shell *sh, struct turn *t)
{
	for (size_t i = 0; i < t->fx->asks.n; i++) {
		struct tw_fx_ask *ask = &t->fx->asks.v[i];

		if (ask->kind == TW_ASK_PAST)
			inbox_answer_past(sh, ask);
		else if (ask->kind == TW_ASK_NO_ANSWER)
			hitl_no_answer(sh, ask);
		else if (ask->kind == TW_ASK_NEXT_RUN)
			timetable_next(sh, ask);
	}
}

static void forget_ended_runs(struct shell *sh, struct turn *t)
{
	for (size_t i = 0; i < t->fx->runs.n; i++) {
		struct tw_fx_run *r = &t->fx->runs.v[i];

		if (r->op == TW_FX_DELETE || tw_run_finished(r->row.state))
			workload_forget_run(sh, r->row.dag_id, r->row.run_id);
	}
}

static void perform(struct shell *sh, struct turn *t)
{
	acknowledge(sh, t);
	kill_attempts(sh, t);
	dispatch(sh, t);
	answer_asks(sh, t);
	if (t->calls)
		tw_bell_ring(sh->opts->paths->dagproc_bell);
	forget_ended_runs(sh, t);
	if (t->batch.triggers)
		tw_bell_ring(sh->opts->paths->triggerer_bell);
	for (size_t i = 0; i < sh->executors.n; i++)
		tw_executor_flush(sh->executors.v[i]);
}

/* ── the writer ───────────────────────────────────────────────────────────────────────── */

static void *writer_main(void *arg)
{
	struct shell *sh = arg;

	pthread_mutex_lock(&sh->lock);
	for (;;) {
		struct turn *t;

		while (!sh->to_write && !sh->writer_stop)
			pthread_cond_wait(&sh->work, &sh->lock);
		t = sh->to_write;
		sh->to_write = NULL;
		if (!t)
			break;
		pthread_mutex_unlock(&sh->lock);
		pthread_mutex_lock(&sh->write_lock);
		t->rc = tw_store_commit(sh->writer, &t->batch, &t->err);
		pthread_mutex_unlock(&sh->write_lock);
		uv_async_send(&sh->committed);
		pthread_mutex_lock(&sh->lock);
	}
	pthread_mutex_unlock(&sh->lock);
	return NULL;
}

static void on_committed(uv_async_t *handle)
{
	struct shell *sh = handle->data;
	struct turn *t = sh->writing;

	if (!t)
		return;
	sh->writing = NULL;
	if (t->rc < 0) {
		tw_err_wrap(&t->err, "commit");
		shell_fail(sh, &t->err);
	} else {
		if (t->batch.missing)
			tw_warn("%zu changed rows were not there any more", t->batch.missing);
		perform(sh, t);
		stats_of_turn(sh, t);
	}
	turn_free(t);
}

enum tw_rc turn_writer_start(struct shell *sh, struct tw_err *err)
{
	int rc;

	uv_async_init(&sh->loop, &sh->committed, on_committed);
	sh->committed.data = sh;
	rc = pthread_create(&sh->writer_thread, NULL, writer_main, sh);
	return rc ? tw_err_errno(err, rc, "cannot start the writer thread") : TW_OK;
}

void turn_writer_stop(struct shell *sh)
{
	pthread_mutex_lock(&sh->lock);
	sh->writer_stop = true;
	pthread_cond_signal(&sh->work);
	pthread_mutex_unlock(&sh->lock);
	pthread_join(sh->writer_thread, NULL);
}

static void set_tick(struct shell *sh)
{
	tw_time due = tw_sched_next_time(sh->core), alarm = alarms_next(sh);
	int64_t ms;

	if (due == TW_TIME_NONE || (alarm != TW_TIME_NONE && alarm < due))
		due = alarm;
	if (due == TW_TIME_NONE) {
		uv_timer_stop(&sh->tick);
		return;
	}
	ms = (due - shell_now(sh) + 999) / 1000;
	if (ms > 60000)
		ms = 60000; /* the wall clock may be set meanwhile */
	uv_update_time(&sh->loop);
	uv_timer_start(&sh->tick, sh->tick.timer_cb, ms < 0 ? 0 : (uint64_t)ms, 0);
}

/* Is there a run of that date that the core does not know of, because it has ended? */
static bool taken(struct shell *sh, const struct tw_run_row *row)
{
	struct tw_arena a = { 0 };
	struct tw_run_view there;
	bool is = tw_store_run_by_date(sh->reader, row->dag_id, row->logical_date, &a, &there, NULL) == TW_OK &&
		  !(tw_str_eq(there.run.run_id, row->run_id) && there.run.state == TW_RUN_QUEUED);

	tw_arena_release(&a);
	return is;
}

/*
 * A run that was made by hand or by a backfill for a date of the schedule stands for it: the schedule goes on with the next.
 * Dropping one may make another: the list grows meanwhile.
 */
static void drop_taken(struct shell *sh, struct turn *t)
{
	for (size_t i = 0; i < t->fx->runs.n; i++) {
		struct tw_fx_run *r = &t->fx->runs.v[i];
		struct tw_event ev = { .type = TW_EV_RUN_DROP, .at = shell_now(sh), .ref = { r->row.dag_id, r->row.run_id } };

		if (r->op == TW_FX_INSERT && r->row.type == TW_RUNTYPE_SCHEDULED && r->row.logical_date != TW_TIME_NONE &&
		    taken(sh, &r->row))
			shell_step(sh, &ev, NULL);
	}
}

void turn_flush(struct shell *sh)
{
	struct turn *t = sh->gathering;

	if (sh->writing || sh->stopping)
		return;
	if (sh->inbox_rung)
		inbox_take(sh);
	set_tick(sh);
	if (tw_effects_empty(t->fx) && tw_batch_empty(&t->batch) && !t->ended.n)
		return;
	sh->worked = true;
	drop_taken(sh, t);
	tw_batch_effects(&t->batch, t->fx, &t->arena);
	add_callbacks(sh, t);
	add_workloads(sh, t);
	alarms_of_turn(sh, t);
	listeners_of_turn(sh, t);
	sh->gathering = turn_new(sh);
	sh->writing = t;
	t->began = tw_monotonic();
	pthread_mutex_lock(&sh->lock);
	sh->to_write = t;
	pthread_cond_signal(&sh->work);
	pthread_mutex_unlock(&sh->lock);
}
