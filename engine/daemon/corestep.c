#include "daemon/corestep.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/shell.h"
#include "io/clock.h"
#include "io/frame.h"
#include "io/token.h"
#include "io/zoneinfo.h"

/* A workload that waits to be fetched. */
struct pending {
	struct tw_id id;
	char *json;
};

struct stepper {
	int in, out;
	struct tw_sched *core;
	struct tw_zones zones;
	struct tw_dag *dag;
	char *run_id;
	bool virtual_time;
	int64_t skipped; /* µs that virtual time is ahead of the clock */
	int64_t next_trigger_id;
	int open; /* workloads fetched that have not ended */
	TW_VEC(struct pending) pending;
	struct tw_map tis; /* "task\nindex" → heap JSON of its row as `ended` tells it */
	struct tw_buf run; /* the run as JSON, of its last change */
	enum tw_run_state run_state;
	TW_VEC(char *) callbacks; /* JSON objects */
	struct tw_arena arena;	  /* of the frame in hand */
	bool accepted;		  /* what the last ack said */
};

static tw_time now(const struct stepper *s)
{
	return tw_now() + s->skipped;
}

/* ── frames ───────────────────────────────────────────────────────────────────────────── */

static bool read_all(int fd, void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

static bool write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t put = write(fd, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += put;
		n -= (size_t)put;
	}
	return true;
}

static bool read_frame(struct stepper *s, struct tw_buf *body)
{
	uint32_t size;

	tw_buf_clear(body);
	if (!read_all(s->in, &size, sizeof size))
		return false;
	size = ntohl(size);
	if (size > TW_FRAME_MAX)
		return false;
	tw_buf_reserve(body, size);
	if (!read_all(s->in, body->p, size))
		return false;
	body->n = size;
	return true;
}

static bool send_text(struct stepper *s, struct tw_str body)
{
	uint32_t size = htonl((uint32_t)body.n);

	return write_all(s->out, &size, sizeof size) && write_all(s->out, body.p, body.n);
}

static bool send_error(struct stepper *s, const char *message)
{
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	bool ok;

	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "error");
	tw_jw_key(&w, "message");
	tw_jw_cstr(&w, message);
	tw_jw_end(&w);
	ok = send_text(s, tw_buf_str(&b));
	tw_buf_release(&b);
	return ok;
}

/* ── effects ──────────────────────────────────────────────────────────────────────────── */

static char *ti_json(const struct tw_ti_row *ti)
{
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "task_id", ti->task_id);
	tw_jw_int_at(&w, "map_index", ti->map_index);
	tw_jw_key(&w, "state");
	tw_jw_cstr(&w, tw_ti_state_name(ti->state));
	tw_jw_int_at(&w, "try_number", ti->try_number);
	tw_jw_int_at(&w, "max_tries", ti->max_tries);
	workload_time(&w, "start_date", ti->start_date);
	workload_time(&w, "end_date", ti->end_date);
	tw_jw_str_at(&w, "rendered_map_index", ti->rendered_map_index);
	tw_jw_str_at(&w, "reason", ti->reason);
	tw_jw_end(&w);
	return tw_buf_steal(&b);
}

static struct tw_str ti_key(struct stepper *s, const struct tw_ti_row *ti, int map_index)
{
	return tw_str(
		tw_arena_printf(&s->arena, TW_STR_FMT "\n%d", TW_STR_ARG(ti->task_id), map_index));
}

static void mirror(struct stepper *s, const struct tw_effects *fx)
{
	for (size_t i = 0; i < fx->tis.n; i++) {
		const struct tw_fx_ti *t = &fx->tis.v[i];

		if (t->op == TW_FX_DELETE || t->was != t->row.map_index)
			free(tw_map_del(&s->tis,
					ti_key(s, &t->row,
					       t->op == TW_FX_DELETE ? t->row.map_index : t->was)));
		if (t->op != TW_FX_DELETE)
			free(tw_map_set(&s->tis, ti_key(s, &t->row, t->row.map_index),
					ti_json(&t->row)));
	}
	for (size_t i = 0; i < fx->runs.n; i++) {
		if (!s->run_id)
			s->run_id = tw_str_dup(fx->runs.v[i].row.run_id);
		tw_buf_clear(&s->run);
		workload_run_json(NULL, &fx->runs.v[i].row, &s->run);
		s->run_state = fx->runs.v[i].row.state;
	}
}

static void write_resume(struct tw_jw *w, const struct tw_ti_row *ti)
{
	tw_jw_key(w, "resume");
	if (!ti->next_method.n) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	tw_jw_str_at(w, "next_method", ti->next_method);
	tw_jw_key(w, "next_kwargs");
	if (ti->next_kwargs.n)
		tw_jw_raw(w, ti->next_kwargs);
	else
		tw_jw_null(w);
	tw_jw_end(w);
}

static void add_pending(struct stepper *s, const struct tw_fx_dispatch *d)
{
	const struct tw_ti_row *ti = &d->ti;
	struct tw_buf b = {0}, run = {0};
	struct tw_jw w = {.out = &b};
	char id[37];

	tw_id_text(ti->id, id);
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "run");
	tw_jw_key(&w, "attempt");
	tw_jw_cstr(&w, id);
	tw_jw_str_at(&w, "dag_id", ti->dag_id);
	tw_jw_str_at(&w, "run_id", ti->run_id);
	tw_jw_str_at(&w, "task_id", ti->task_id);
	tw_jw_int_at(&w, "map_index", ti->map_index);
	tw_jw_int_at(&w, "try_number", ti->try_number);
	tw_jw_int_at(&w, "max_tries", ti->max_tries);
	tw_jw_str_at(&w, "queue", ti->queue);
	tw_jw_int_at(&w, "priority_weight", ti->priority_weight);
	tw_jw_int_at(&w, "pool_slots", ti->pool_slots);
	workload_time(&w, "reschedule_start", ti->reschedule_start);
	write_resume(&w, ti);
	tw_jw_key(&w, "run");
	workload_run_json(NULL, &d->run, &run);
	tw_jw_raw(&w, tw_buf_str(&run));
	tw_buf_release(&run);
	workload_expand(&w, d);
	tw_jw_key(&w, "start_trigger");
	tw_jw_bool(&w, d->start_trigger);
	tw_jw_end(&w);
	tw_vec_push(&s->pending, ((struct pending){ti->id, tw_buf_steal(&b)}));
}

static void drop_pending(struct stepper *s, struct tw_id id)
{
	for (size_t i = 0; i < s->pending.n; i++) {
		if (!tw_id_eq(s->pending.v[i].id, id))
			continue;
		free(s->pending.v[i].json);
		memmove(&s->pending.v[i], &s->pending.v[i + 1],
			(s->pending.n - i - 1) * sizeof *s->pending.v);
		s->pending.n--;
		return;
	}
}

static void add_callback(struct stepper *s, const struct tw_fx_callback *c)
{
	static const char *const names[] = {
		[TW_CALL_DAG_SUCCESS] = "dag_success",
		[TW_CALL_DAG_FAILURE] = "dag_failure",
		[TW_CALL_TASK_FAILURE] = "task_failure",
		[TW_CALL_TASK_RETRY] = "task_retry",
	};
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};

	tw_jw_obj(&w);
	tw_jw_key(&w, "kind");
	tw_jw_cstr(&w, names[c->kind]);
	tw_jw_key(&w, "reason");
	tw_jw_cstr(&w, c->reason);
	if (c->ti.task_id.p) {
		tw_jw_str_at(&w, "task_id", c->ti.task_id);
		tw_jw_int_at(&w, "map_index", c->ti.map_index);
		tw_jw_int_at(&w, "try_number", c->ti.try_number);
	}
	tw_jw_end(&w);
	tw_vec_push(&s->callbacks, tw_buf_steal(&b));
}

static enum tw_rc step(struct stepper *s, struct tw_event ev, struct tw_err *err)
{
	struct tw_effects *fx = tw_effects_new();
	enum tw_rc rc;

	ev.at = now(s);
	rc = tw_sched_step(s->core, &ev, fx, err);
	mirror(s, fx);
	s->accepted = fx->acks.n && fx->acks.v[fx->acks.n - 1].accepted;
	for (size_t i = 0; i < fx->kills.n; i++)
		drop_pending(s, fx->kills.v[i].attempt);
	for (size_t i = 0; i < fx->dispatch.n; i++)
		if (!fx->dispatch.v[i].dropped)
			add_pending(s, &fx->dispatch.v[i]);
	for (size_t i = 0; i < fx->callbacks.n; i++)
		add_callback(s, &fx->callbacks.v[i]);
	for (size_t i = 0; i < fx->asks.n; i++)
		if (fx->asks.v[i].kind == TW_ASK_PAST)
			step(s,
			     (struct tw_event){
				     .type = TW_EV_PAST,
				     .past = {.run = {fx->asks.v[i].dag_id, fx->asks.v[i].run_id}}},
			     NULL);
	tw_effects_free(fx);
	return rc;
}

/* ── begin ────────────────────────────────────────────────────────────────────────────── */

static tw_time read_time(struct tw_value map, const char *key)
{
	struct tw_str text = tw_map_str(map, key, NULL);
	tw_time t;

	return text.p && tw_time_parse(text, NULL, &t, NULL) == TW_OK ? t : TW_TIME_NONE;
}

static enum tw_rc tell_dag(struct stepper *s, struct tw_value document, struct tw_err *err)
{
	enum tw_rc rc = tw_dag_parse(document, &s->zones, &s->dag, err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < s->dag->ntasks; i++) {
		const struct tw_task *t = &s->dag->tasks[i];

		step(s,
		     (struct tw_event){.type = TW_EV_POOL, .pool = {.name = t->pool, .slots = -1}},
		     NULL);
		if (t->executor.n)
			step(s,
			     (struct tw_event){.type = TW_EV_EXECUTOR,
					       .executor = {t->executor, 0}},
			     NULL);
	}
	return step(s,
		    (struct tw_event){.type = TW_EV_DAG,
				      .dag = {.dag = s->dag,
					      .version_id = TW_STR("test"),
					      .last_run = {.run_after = TW_TIME_NONE}}},
		    err);
}

static enum tw_rc make_run(struct stepper *s, struct tw_value request, struct tw_err *err)
{
	struct tw_value run = tw_map_value(request, "run"), conf = tw_map_value(run, "conf"),
			only = tw_map_value(request, "only_tasks");
	struct tw_str *names = tw_arena_array(&s->arena, struct tw_str, tw_value_len(only) + 1);
	char *json = conf.kind == TW_V_MAP ? tw_json_dump(conf, TW_JSON_COMPACT) : NULL;
	struct tw_event ev = {.type = TW_EV_RUN_NEW};
	enum tw_rc rc;

	ev.run_new.row = (struct tw_run_row){
		.dag_id = s->dag->dag_id,
		.run_id = tw_map_str(run, "run_id", ""),
		.triggered_by = TW_STR("test"),
		.logical_date = read_time(run, "logical_date"),
		.interval_start = read_time(run, "data_interval_start"),
		.interval_end = read_time(run, "data_interval_end"),
		.run_after = read_time(run, "run_after"),
		.queued_at = TW_TIME_NONE,
		.start_date = TW_TIME_NONE,
		.end_date = TW_TIME_NONE,
		.updated_at = TW_TIME_NONE,
		.last_scheduling_decision = TW_TIME_NONE,
		.conf = json ? tw_str(json) : (struct tw_str){0},
		.partition_key = tw_map_str(run, "partition_key", NULL),
		.partition_date = read_time(run, "partition_date"),
	};
	if (!tw_run_type_parse(tw_map_str(run, "run_type", "manual"), &ev.run_new.row.type))
		rc = tw_err_set(err, TW_ERR_INVALID, "unknown run_type");
	else {
		for (size_t i = 0; i < tw_value_len(only); i++)
			if (only.list->v[i].kind == TW_V_STR)
				names[ev.run_new.nonly++] = only.list->v[i].s;
		ev.run_new.only_tasks = names;
		rc = step(s, ev, err);
	}
	free(json);
	return rc;
}

static bool on_begin(struct stepper *s, struct tw_value request)
{
	struct tw_sched_config cfg = tw_sched_config_default();
	struct tw_err err = {0};
	struct tw_buf b = {0};
	bool ok;

	if (s->core)
		return send_error(s, "begin: a run has begun already");
	tw_random(&cfg.seed, sizeof cfg.seed);
	cfg.parallelism = (int)tw_map_int(request, "parallelism", 1);
	cfg.heartbeat_timeout = 0;
	cfg.queued_timeout = 0;
	cfg.use_job_schedule = false;
	cfg.max_map_length = (int)tw_map_int(request, "max_map_length", cfg.max_map_length);
	s->virtual_time = tw_map_bool(request, "virtual_time", false);
	s->core = tw_sched_new(&cfg);
	if (tell_dag(s, tw_map_value(request, "document"), &err) < 0 ||
	    make_run(s, request, &err) < 0) {
		send_error(s, err.msg);
		return false;
	}
	tw_buf_printf(&b, "{\"op\":\"begun\",\"run\":%s}", tw_buf_cstr(&s->run));
	ok = send_text(s, tw_buf_str(&b));
	tw_buf_release(&b);
	return ok;
}

/* ── next ─────────────────────────────────────────────────────────────────────────────── */

static bool send_ended(struct stepper *s)
{
	struct tw_buf b = {0};
	size_t n = 0;
	bool ok;

	tw_buf_printf(&b, "{\"op\":\"ended\",\"run\":%s,\"tis\":[", tw_buf_cstr(&s->run));
	tw_map_foreach(&s->tis, e) tw_buf_printf(&b, "%s%s", n++ ? "," : "", (char *)e->value);
	tw_buf_adds(&b, "],\"callbacks\":[");
	for (size_t i = 0; i < s->callbacks.n; i++)
		tw_buf_printf(&b, "%s%s", i ? "," : "", s->callbacks.v[i]);
	tw_buf_adds(&b, "]}");
	ok = send_text(s, tw_buf_str(&b));
	tw_buf_release(&b);
	return ok;
}

/* Nothing to do, nobody at work, and no clock to wait for. */
static bool send_stuck(struct stepper *s)
{
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	struct tw_reasons why = {0};
	struct tw_sched_stats stats;
	bool ok;

	tw_sched_stats(s->core, &stats);
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, stats.deferred ? "deferred" : "stuck");
	tw_jw_key(&w, "why");
	tw_jw_list(&w);
	if (tw_sched_why(s->core, (struct tw_run_ref){s->dag->dag_id, tw_str(s->run_id)},
			 (struct tw_str){0}, -1, &why, NULL) == TW_OK)
		for (size_t i = 0; i < why.v.n; i++)
			tw_jw_str(&w, why.v.v[i]);
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_reasons_release(&why);
	ok = send_text(s, tw_buf_str(&b));
	tw_buf_release(&b);
	return ok;
}

/* Hands out the workload that has waited longest; a start that the core refuses is passed over. */
static bool send_pending(struct stepper *s, bool *ret_sent)
{
	*ret_sent = false;
	while (s->pending.n && !*ret_sent) {
		struct pending p = s->pending.v[0];
		struct tw_event ev = {.type = TW_EV_STARTED,
				      .started = {.attempt = p.id, .pid = getppid()}};
		char host[256] = "";
		bool ok = true;

		memmove(s->pending.v, s->pending.v + 1, --s->pending.n * sizeof p);
		gethostname(host, sizeof host - 1);
		ev.started.hostname = tw_str(host);
		if (step(s, ev, NULL) == TW_OK && s->accepted) {
			*ret_sent = true;
			s->open++;
			ok = send_text(s, tw_str(p.json));
		}
		free(p.json);
		if (!ok)
			return false;
	}
	return true;
}

static bool send_wait(struct stepper *s, tw_time until)
{
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	bool ok;

	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "wait");
	workload_time(&w, "until", until);
	tw_jw_key(&w, "seconds");
	tw_jw_float(&w, (double)(until - now(s)) / 1e6);
	tw_jw_end(&w);
	ok = send_text(s, tw_buf_str(&b));
	tw_buf_release(&b);
	return ok;
}

static bool on_next(struct stepper *s)
{
	for (;;) {
		tw_time due = tw_sched_next_time(s->core);
		bool sent;

		if (due != TW_TIME_NONE && due <= now(s))
			step(s, (struct tw_event){.type = TW_EV_TICK}, NULL);
		if (!send_pending(s, &sent))
			return false;
		if (sent)
			return true;
		if (tw_run_finished(s->run_state))
			return send_ended(s);
		if (s->open)
			return send_text(s, TW_STR("{\"op\":\"busy\"}"));
		due = tw_sched_next_time(s->core);
		if (due == TW_TIME_NONE)
			return send_stuck(s);
		if (due <= now(s))
			continue;
		if (!s->virtual_time)
			return send_wait(s, due);
		s->skipped += due - now(s);
	}
}

/* ── what the driver tells ────────────────────────────────────────────────────────────── */

static bool send_ok(struct stepper *s, int64_t trigger_id)
{
	struct tw_buf b = {0};
	bool ok;

	tw_buf_printf(&b, "{\"op\":\"ok\",\"accepted\":%s", s->accepted ? "true" : "false");
	if (trigger_id)
		tw_buf_printf(&b, ",\"trigger\":%lld", (long long)trigger_id);
	tw_buf_addc(&b, '}');
	ok = send_text(s, tw_buf_str(&b));
	tw_buf_release(&b);
	return ok;
}

static struct tw_str json_of(struct stepper *s, struct tw_value v)
{
	char *text = tw_json_dump(v, TW_JSON_COMPACT);
	struct tw_str out = tw_str_copy(&s->arena, tw_str(text));

	free(text);
	return out;
}

static bool on_finished(struct stepper *s, struct tw_value body)
{
	struct tw_event ev = {.type = TW_EV_FINISHED};
	struct tw_value defer = tw_map_value(body, "defer");
	struct tw_err err = {0};
	struct tw_id id;
	enum tw_end end;
	double timeout = tw_map_num(defer, "timeout", -1);

	if (!tw_id_parse(tw_map_str(body, "attempt", ""), &id))
		return send_error(s, "finished: no attempt");
	if (!tw_end_parse(tw_map_str(body, "state", ""), &end))
		return send_error(s, "finished: unknown state");
	ev.finished = news_finished(id, end, tw_map_str(body, "reason", NULL), body);
	if (end == TW_END_DEFERRED || end == TW_END_AWAITING_INPUT) {
		ev.finished.trigger_id = ++s->next_trigger_id;
		ev.finished.next_method = tw_map_str(defer, "next_method", "");
		ev.finished.next_kwargs = json_of(s, tw_map_value(defer, "next_kwargs"));
		ev.finished.trigger_timeout =
			timeout < 0 ? TW_TIME_NONE : now(s) + (int64_t)(timeout * 1e6);
	}
	if (step(s, ev, &err) < 0)
		return send_error(s, err.msg);
	if (s->open)
		s->open--;
	return send_ok(s, ev.finished.trigger_id);
}

static bool on_trigger(struct stepper *s, struct tw_value body)
{
	struct tw_event ev = {.type = TW_EV_TRIGGER};
	struct tw_str what = tw_map_str(body, "what", "fired");
	struct tw_ev_finished end;
	enum tw_end how;
	struct tw_err err = {0};

	ev.trigger.trigger_id = tw_map_int(body, "trigger", 0);
	ev.trigger.what = tw_str_is(what, "failed")    ? TW_TRIGGER_FAILED
			  : tw_str_is(what, "timeout") ? TW_TRIGGER_TIMEOUT
			  : tw_str_is(what, "ended")   ? TW_TRIGGER_ENDED
						       : TW_TRIGGER_FIRED;
	if (ev.trigger.what == TW_TRIGGER_FIRED)
		ev.trigger.next_kwargs = json_of(s, tw_map_value(body, "event"));
	else if (tw_map_value(body, "next_kwargs").kind != TW_V_NULL)
		ev.trigger.next_kwargs = json_of(s, tw_map_value(body, "next_kwargs"));
	if (ev.trigger.what == TW_TRIGGER_ENDED) {
		struct tw_value told = tw_map_value(body, "end");

		if (!tw_end_parse(tw_map_str(told, "state", ""), &how))
			return send_error(s, "trigger: ended in no known state");
		end = news_finished((struct tw_id){{0}}, how, tw_map_str(told, "reason", NULL), told);
		ev.trigger.end = &end;
		ev.trigger.next_kwargs = json_of(s, told);
	}
	if (step(s, ev, &err) < 0)
		return send_error(s, err.msg);
	s->accepted = true;
	return send_ok(s, 0);
}

/* ["task", …] or [["task", index], …] */
static bool on_skip(struct stepper *s, struct tw_value body)
{
	struct tw_value tasks = tw_map_value(body, "tasks");
	struct tw_ti_key *keys =
		tw_arena_array(&s->arena, struct tw_ti_key, tw_value_len(tasks) + 1);
	struct tw_event ev = {.type = TW_EV_SKIP};
	struct tw_err err = {0};
	struct tw_id id;

	if (!tw_id_parse(tw_map_str(body, "attempt", ""), &id))
		return send_error(s, "skip: no attempt");
	ev.skip.attempt = id;
	ev.skip.tis = keys;
	for (size_t i = 0; i < tw_value_len(tasks); i++) {
		struct tw_value t = tasks.list->v[i];

		if (t.kind == TW_V_STR)
			keys[ev.skip.ntis++] = (struct tw_ti_key){t.s, TW_MAP_ALL};
		else if (t.kind == TW_V_LIST && tw_value_len(t) == 2 &&
			 t.list->v[0].kind == TW_V_STR)
			keys[ev.skip.ntis++] = (struct tw_ti_key){
				t.list->v[0].s,
				t.list->v[1].kind == TW_V_INT ? (int)t.list->v[1].i : TW_MAP_ALL};
	}
	if (step(s, ev, &err) < 0)
		return send_error(s, err.msg);
	return send_ok(s, 0);
}

static bool take(struct stepper *s, struct tw_value request)
{
	struct tw_str op = tw_map_str(request, "op", "");

	if (tw_str_is(op, "begin"))
		return on_begin(s, request);
	if (!s->core)
		return send_error(s, "begin comes first");
	if (tw_str_is(op, "next"))
		return on_next(s);
	if (tw_str_is(op, "finished"))
		return on_finished(s, request);
	if (tw_str_is(op, "trigger"))
		return on_trigger(s, request);
	if (tw_str_is(op, "skip"))
		return on_skip(s, request);
	return send_error(s, "unknown op");
}

static void release(struct stepper *s)
{
	tw_sched_free(s->core);
	tw_dag_unref(s->dag);
	for (size_t i = 0; i < s->pending.n; i++)
		free(s->pending.v[i].json);
	tw_vec_release(&s->pending);
	tw_map_foreach(&s->tis, e) free(e->value);
	tw_map_release(&s->tis);
	for (size_t i = 0; i < s->callbacks.n; i++)
		free(s->callbacks.v[i]);
	tw_vec_release(&s->callbacks);
	tw_buf_release(&s->run);
	free(s->run_id);
	tw_zones_release(&s->zones);
	tw_arena_release(&s->arena);
}

int tw_corestep_run(int in_fd, int out_fd)
{
	struct stepper s = {.in = in_fd, .out = out_fd, .zones = {.load = tw_zoneinfo_load}};
	struct tw_buf body = {0};
	int status = 0;

	while (read_frame(&s, &body)) {
		struct tw_value request;
		struct tw_err err = {0};
		bool go_on;

		if (tw_json_parse(&s.arena, tw_buf_str(&body), &request, &err) < 0)
			go_on = send_error(&s, err.msg);
		else
			go_on = take(&s, request);
		if (!go_on) {
			status = 1;
			break;
		}
		tw_arena_clear(&s.arena);
	}
	release(&s);
	tw_buf_release(&body);
	return status;
}
