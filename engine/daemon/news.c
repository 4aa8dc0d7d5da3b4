/* What executors tell: starts, ends, requests, signs of life. */
#include <stdlib.h>

#include "base/log.h"
#include "daemon/requests.h"
#include "daemon/shell.h"
#include "io/clock.h"
#include "value/json.h"

static struct tw_str id_key(const struct tw_id *id)
{
	return tw_strn((const char *)id->b, sizeof id->b);
}

struct attempt *attempt_find(struct shell *sh, struct tw_id id)
{
	return tw_map_get(&sh->attempts, id_key(&id));
}

static void attempt_free(struct attempt *a)
{
	if (!a)
		return;
	free(a->dag_id);
	free(a->run_id);
	free(a->task_id);
	free(a);
}

struct attempt *attempt_add(struct shell *sh, const struct tw_ti_row *ti, struct tw_executor *ex)
{
	struct attempt *a = tw_new(struct attempt);

	a->id = ti->id;
	a->dag_id = tw_str_dup(ti->dag_id);
	a->run_id = tw_str_dup(ti->run_id);
	a->task_id = tw_str_dup(ti->task_id);
	a->map_index = ti->map_index;
	a->try_number = ti->try_number;
	a->ex = ex;
	attempt_free(tw_map_set(&sh->attempts, id_key(&a->id), a));
	return a;
}

static struct attempt *take_out(struct shell *sh, struct tw_id id)
{
	struct attempt *a = tw_map_del(&sh->attempts, id_key(&id));

	if (a && a->ex->pulled && !a->taken && !a->was_running)
		turn_workload_drop(sh, id);
	return a;
}

void attempt_drop(struct shell *sh, struct tw_id id)
{
	attempt_free(take_out(sh, id));
}

/* Nobody says when the process of an attempt that has ended is gone: the newest are kept. */
void attempt_ended(struct shell *sh, struct tw_id id)
{
	struct attempt *a = take_out(sh, id);

	if (!a || !a->calls_back) {
		attempt_free(a);
		return;
	}
	attempt_free(tw_map_set(&sh->callers, id_key(&id), a));
	if (sh->callers.len > CALLERS)
		attempt_free(tw_map_shift(&sh->callers));
}

void attempts_release(struct shell *sh)
{
	tw_map_foreach(&sh->attempts, e)
		attempt_free(e->value);
	tw_map_release(&sh->attempts);
	tw_map_foreach(&sh->callers, e)
		attempt_free(e->value);
	tw_map_release(&sh->callers);
}

/* The first word about an attempt that was loaded at start: its executor has it. */
static void adopted(struct shell *sh, struct tw_id id)
{
	struct attempt *a = attempt_find(sh, id);
	struct tw_event ev = { .type = TW_EV_ADOPTED, .at = shell_now(sh), .attempt = { id } };

	if (!a || !a->adopting)
		return;
	a->adopting = false;
	shell_step(sh, &ev, NULL);
}

static void on_started(void *arg, struct tw_executor *ex, const struct tw_exec_started *s)
{
	struct shell *sh = arg;
	struct tw_event ev = {
		.type = TW_EV_STARTED,
		.at = shell_now(sh),
		.started = { .attempt = s->attempt, .hostname = s->hostname, .unixname = s->unixname, .pid = s->pid,
			     .external_executor_id = s->external_id },
	};
	struct tw_err err = { 0 };

	adopted(sh, s->attempt);
	if (shell_step(sh, &ev, &err) < 0)
		tw_warn("start not taken: %s", err.msg);
	else if (sh->gathering->fx->acks.n && !sh->gathering->fx->acks.v[sh->gathering->fx->acks.n - 1].accepted)
		tw_executor_kill(ex, s->attempt, "replaced by a newer attempt");
}

static enum tw_outcome outcome_of(enum tw_end end)
{
	static const enum tw_outcome outcomes[] = {
		[TW_END_SUCCESS] = TW_OUT_SUCCESS,   [TW_END_FAILED] = TW_OUT_FAILED,
		[TW_END_FAILED_FINAL] = TW_OUT_FAILED_FINAL, [TW_END_SKIPPED] = TW_OUT_SKIPPED,
		[TW_END_RESCHEDULE] = TW_OUT_RESCHEDULE, [TW_END_DEFERRED] = TW_OUT_DEFERRED,
		[TW_END_AWAITING_INPUT] = TW_OUT_AWAITING_INPUT, [TW_END_LOST] = TW_OUT_LOST,
	};

	return outcomes[end];
}

static struct tw_str json_copy(struct tw_arena *a, struct tw_value v)
{
	char *text = tw_json_dump(v, TW_JSON_COMPACT);
	struct tw_str s = tw_str_copy(a, tw_str(text));

	free(text);
	return s;
}

/* What is said comes from elsewhere, too: no list is an empty one. */
static struct tw_value list_at(struct tw_value body, const char *key)
{
	struct tw_value v = tw_map_value(body, key);

	return v.kind == TW_V_LIST ? v : TW_NULL;
}

/* The return value among the XComs, for mapping. */
static void read_return(struct tw_value body, struct tw_ev_finished *f)
{
	struct tw_value xcoms = list_at(body, "xcoms");

	f->mapped_length = (int)tw_map_int(body, "mapped_length", -1);
	f->has_return = tw_map_bool(body, "has_return", false); /* pushed before the end */
	for (size_t i = 0; i < tw_value_len(xcoms); i++) {
		struct tw_value x = xcoms.list->v[i];
		struct tw_value value = tw_map_value(x, "value");

		if (!tw_str_is(tw_map_str(x, "key", ""), "return_value"))
			continue;
		f->has_return = true;
		if (f->mapped_length >= 0)
			continue;
		f->mapped_length = (int)tw_map_int(x, "mapped_length", -1);
		if (f->mapped_length < 0 && (value.kind == TW_V_LIST ||
					     (value.kind == TW_V_MAP && !tw_map_findc(value, "__classname__"))))
			f->mapped_length = (int)tw_value_len(value);
	}
}

static tw_time read_time(struct tw_value body, const char *key)
{
	struct tw_str s = tw_map_str(body, key, NULL);
	tw_time t;

	return s.p && tw_time_parse(s, NULL, &t, NULL) == TW_OK ? t : TW_TIME_NONE;
}

struct tw_ev_finished news_finished(struct tw_id attempt, enum tw_end end, struct tw_str reason, struct tw_value body)
{
	double delay = tw_map_num(body, "retry_delay", -1);
	struct tw_ev_finished f = {
		.attempt = attempt,
		.outcome = outcome_of(end),
		.reason = reason,
		.map_index_label = tw_map_str(body, "map_index_label", NULL),
		.skip = tw_map_value(body, "skip"),
		.reschedule_at = read_time(body, "reschedule_at"),
		.retry_delay = delay < 0 ? -1 : (int64_t)(delay * 1e6),
		.calls_back = tw_map_bool(body, "callbacks", false),
		.trigger_timeout = TW_TIME_NONE,
	};

	read_return(body, &f);
	return f;
}

/* How it goes on when what it waits for is there: a trigger, or a person. Each wait has a number. */
static void read_wait(struct shell *sh, struct tw_value defer, struct tw_ev_finished *f)
{
	double timeout = tw_map_num(defer, "timeout", -1);

	f->trigger_id = sh->next_trigger_id++;
	f->next_method = tw_map_str(defer, "next_method", "");
	f->next_kwargs = json_copy(&sh->gathering->arena, tw_map_value(defer, "next_kwargs"));
	f->trigger_timeout = timeout < 0 ? TW_TIME_NONE : shell_now(sh) + (int64_t)(timeout * 1e6);
}

/* A deferral: its trigger becomes a row of the same commit. */
static void add_trigger(struct shell *sh, struct tw_value defer, const struct tw_ev_finished *f)
{
	struct turn *t = sh->gathering;
	struct tw_trigger_row *row = tw_arena_new(&t->arena, struct tw_trigger_row);

	row->id = f->trigger_id;
	row->classpath = tw_str_copy(&t->arena, tw_map_str(defer, "classpath", ""));
	row->kwargs = json_copy(&t->arena, tw_map_value(defer, "kwargs"));
	row->created_date = shell_now(sh);
	row->queue = tw_map_str(defer, "queue", NULL);
	if (row->queue.p)
		row->queue = tw_str_copy(&t->arena, row->queue);
	tw_batch_trigger_new(&t->batch, row);
}

void news_start_deferred(struct shell *sh, const struct tw_fx_dispatch *d)
{
	const struct tw_task *task = &d->dag->tasks[d->task];
	struct tw_event ev = { .type = TW_EV_FINISHED, .at = shell_now(sh) };
	struct tw_ev_finished *f = &ev.finished;
	struct tw_err err = { 0 };

	*f = news_finished(d->ti.id, TW_END_DEFERRED, tw_str(NULL), TW_NULL);
	read_wait(sh, tw_map_value(task->raw, "start_from_trigger"), f);
	add_trigger(sh, tw_map_value(task->raw, "start_from_trigger"), f);
	if (task->execution_timeout >= 0 &&
	    (f->trigger_timeout == TW_TIME_NONE || f->trigger_timeout > ev.at + task->execution_timeout))
		f->trigger_timeout = ev.at + task->execution_timeout;
	if (shell_step(sh, &ev, &err) < 0)
		tw_warn("start from a trigger not taken: %s", err.msg);
}

void news_keep(struct shell *sh, const struct tw_fx_ack *ack, struct tw_value body, const struct tw_ev_finished *f)
{
	struct turn *t = sh->gathering;
	struct tw_value xcoms = list_at(body, "xcoms"), rendered = tw_map_value(body, "rendered");

	for (size_t i = 0; i < tw_value_len(xcoms); i++) {
		struct tw_value x = xcoms.list->v[i];
		struct tw_xcom_row *row = tw_arena_new(&t->arena, struct tw_xcom_row);

		*row = (struct tw_xcom_row){
			ack->dag_id, ack->run_id, ack->task_id, ack->map_index,
			tw_str_copy(&t->arena, tw_map_str(x, "key", "return_value")),
			json_copy(&t->arena, tw_map_value(x, "value")), TW_TIME_NONE,
		};
		tw_batch_xcom_put(&t->batch, row);
	}
	if (f->mapped_length >= 0) {
		struct tw_task_map_row *row = tw_arena_new(&t->arena, struct tw_task_map_row);

		*row = (struct tw_task_map_row){ ack->dag_id, ack->run_id, ack->task_id, ack->map_index,
						 f->mapped_length, { 0 } };
		tw_batch_task_map(&t->batch, row);
	}
	if (rendered.kind == TW_V_MAP) {
		struct tw_rendered_row *row = tw_arena_new(&t->arena, struct tw_rendered_row);

		*row = (struct tw_rendered_row){ ack->dag_id, ack->run_id, ack->task_id, ack->map_index,
						 json_copy(&t->arena, rendered), { 0 } };
		tw_batch_rendered(&t->batch, row);
	}
	if (f->skip.kind == TW_V_MAP) {
		struct tw_xcom_row *row = tw_arena_new(&t->arena, struct tw_xcom_row);

		*row = (struct tw_xcom_row){ ack->dag_id, ack->run_id, ack->task_id, ack->map_index,
					     TW_STR("skipmixin_key"), json_copy(&t->arena, f->skip), TW_TIME_NONE };
		tw_batch_xcom_put(&t->batch, row);
	}
}

/* After a restart the runner has never heard of it. Nobody started it: it goes out again under the same id. */
static bool dispatched_in_vain(struct shell *sh, struct tw_executor *ex, const struct tw_exec_finished *f)
{
	struct attempt *a = attempt_find(sh, f->attempt);
	struct tw_event ev = { .type = TW_EV_REDISPATCH, .at = shell_now(sh), .attempt = { f->attempt } };

	if (!a || !a->adopting || a->was_running || f->end != TW_END_LOST || f->started_at)
		return false;
	tw_executor_ack(ex, f->attempt);
	attempt_drop(sh, f->attempt);
	return shell_step(sh, &ev, NULL) == TW_OK;
}

/* A poke that was put off: its row. */
static void keep_reschedule(struct shell *sh, const struct tw_exec_finished *f, const struct tw_event *ev)
{
	struct tw_reschedule_row *row = tw_arena_new(&sh->gathering->arena, struct tw_reschedule_row);

	*row = (struct tw_reschedule_row){ f->attempt, f->started_at ? f->started_at : ev->at, ev->at,
					   ev->finished.reschedule_at };
	tw_batch_reschedule(&sh->gathering->batch, row);
}

static void on_finished(void *arg, struct tw_executor *ex, const struct tw_exec_finished *f)
{
	struct shell *sh = arg;
	struct tw_event ev = { .type = TW_EV_FINISHED, .at = shell_now(sh) };
	struct tw_fx_ack *ack;
	struct attempt *a;
	struct tw_err err = { 0 };

	if (dispatched_in_vain(sh, ex, f))
		return;
	adopted(sh, f->attempt);
	ev.finished = news_finished(f->attempt, f->end, f->reason, f->body);
	if (f->end == TW_END_DEFERRED || f->end == TW_END_AWAITING_INPUT)
		read_wait(sh, tw_map_value(f->body, "defer"), &ev.finished);
	if (f->end == TW_END_DEFERRED)
		add_trigger(sh, tw_map_value(f->body, "defer"), &ev.finished);
	if (f->end == TW_END_SUCCESS)
		assets_read_outlets(sh, tw_sched_attempt_task(sh->core, f->attempt),
				    tw_map_value(f->body, "outlet_events"), &sh->gathering->arena, &ev.finished);
	if (shell_step(sh, &ev, &err) < 0) {
		tw_warn("end not taken: %s", err.msg);
		tw_executor_ack(ex, f->attempt);
		attempt_drop(sh, f->attempt);
		return;
	}
	tw_vec_push(&sh->gathering->ended, f->attempt);
	a = attempt_find(sh, f->attempt);
	if (a)
		a->calls_back = ev.finished.calls_back;
	ack = &sh->gathering->fx->acks.v[sh->gathering->fx->acks.n - 1];
	if (ack->accepted && f->end == TW_END_RESCHEDULE)
		keep_reschedule(sh, f, &ev);
	if (ack->accepted)
		news_keep(sh, ack, f->body, &ev.finished);
	if (ack->accepted && f->end == TW_END_AWAITING_INPUT)
		hitl_parked(sh, f->attempt, ev.finished.trigger_id);
}

static void on_request(void *arg, struct tw_executor *ex, const struct tw_exec_request *r)
{
	struct shell *sh = arg;
	struct attempt *a = attempt_find(sh, r->attempt);

	if (!a)
		a = tw_map_get(&sh->callers, id_key(&r->attempt));
	if (!a) {
		tw_executor_reply(ex, r->id, TW_NULL, "denied", "this attempt has been replaced or has ended");
		return;
	}
	requests_push(sh, ex, a, r);
}

static void on_beat(void *arg, struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	struct shell *sh = arg;

	for (size_t i = 0; i < n; i++) {
		struct tw_event ev = { .type = TW_EV_BEAT, .at = shell_now(sh), .attempt = { ids[i] } };

		adopted(sh, ids[i]);
		shell_step(sh, &ev, NULL);
	}
	if (!ex->pulled) /* their heartbeats are in the metastore: from there they came */
		requests_beat(sh, ids, n);
}

static void on_stranger(void *arg, struct tw_executor *ex, struct tw_id attempt)
{
	tw_executor_kill(ex, attempt, "nobody waits for this attempt");
	tw_executor_ack(ex, attempt);
}

struct tw_executor_sink news_sink(struct shell *sh)
{
	return (struct tw_executor_sink){ sh, on_started, on_finished, on_request, on_beat, on_stranger };
}
