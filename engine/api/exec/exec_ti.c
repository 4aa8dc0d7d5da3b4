/*
 * An attempt's life as its worker tells it. Starts and ends are rows of the inbox: the scheduler decides, and the
 * answer is what is stored when it has.
 */
#include <stdlib.h>

#include "api/exec/exec.h"
#include "store/xcoms.h"

/* "{"attempt": …, …}" into the inbox; false: it has replied. */
static bool post(struct tw_exec *x, const char *kind, const struct tw_ti_view *ti, struct tw_value payload)
{
	char *text = tw_json_dump(payload, TW_JSON_COMPACT);
	struct tw_inbox_row row = { .at = TW_TIME_NONE, .kind = tw_str(kind), .dag_id = ti->ti.dag_id,
				    .run_id = ti->ti.run_id, .payload = tw_str(text) };
	bool ok = tw_api_post(x->req, x->resp, &row, 1);

	free(text);
	return ok;
}

/* The row is there still: nobody takes it now, and the worker may ask again. */
static void nobody_answers(struct tw_exec *x)
{
	tw_reply_error(x->resp, 503, "No scheduler has taken this; it is kept for the next one. Try again");
}

static struct tw_value time_value(struct tw_exec *x, tw_time t)
{
	char text[TW_ISO_MAX];

	return tw_v_cstr(tw_arena_strdup(x->req->arena, tw_time_iso_utc(text, t)));
}

static void invalid_state(struct tw_exec *x, const char *message, enum tw_ti_state previous)
{
	struct tw_jw w = { .out = &x->resp->body };

	x->resp->status = 409;
	tw_buf_clear(&x->resp->body);
	tw_jw_obj(&w);
	tw_jw_key(&w, "detail");
	tw_jw_obj(&w);
	tw_jw_key(&w, "reason");
	tw_jw_cstr(&w, "invalid_state");
	tw_jw_key(&w, "message");
	tw_jw_cstr(&w, message);
	tw_jw_key(&w, "previous_state");
	tw_jw_cstr(&w, previous == TW_TI_NONE ? NULL : tw_ti_state_name(previous));
	tw_jw_end(&w);
	tw_jw_end(&w);
}

/* ── run ──────────────────────────────────────────────────────────────────────────────── */

static void write_keys(struct tw_exec *x, struct tw_jw *w, const struct tw_ti_row *ti)
{
	struct tw_cond conds[4] = {
		{ .field = "dag_id", .op = TW_OP_EQ, .text = ti->dag_id },
		{ .field = "run_id", .op = TW_OP_EQ, .text = ti->run_id },
		{ .field = "task_id", .op = TW_OP_EQ, .text = ti->task_id },
		{ .field = "map_index", .op = TW_OP_EQ, .num = ti->map_index },
	};
	struct tw_ask ask = { .conds = conds, .nconds = ti->map_index < 0 ? 3 : 4, .limit = -1 };
	struct tw_xcom_view *v;
	size_t n = 0;
	int64_t total;

	if (!ti->next_method.n)
		(void)tw_store_xcoms(x->store, &ask, x->req->arena, &v, &n, &total, NULL);
	tw_jw_key(w, "xcom_keys_to_clear");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		tw_jw_str(w, v[i].xcom.key);
	tw_jw_end(w);
}

/* How one that was deferred goes on. */
static void write_next(struct tw_exec *x, struct tw_jw *w, const struct tw_ti_row *ti)
{
	bool plain = tw_exec_knows(x, TW_EXEC_2026_04_06);
	struct tw_value kwargs = TW_NULL;

	if (!ti->next_method.n)
		return;
	tw_jw_str_at(w, "next_method", ti->next_method);
	if (ti->next_kwargs.n)
		(void)tw_json_parse(x->req->arena, ti->next_kwargs, &kwargs, NULL);
	tw_jw_key(w, "next_kwargs");
	tw_jw_value(w, tw_kwargs_to(x->req->arena, kwargs, plain ? TW_KWARGS_SERDE : TW_KWARGS_TAGGED));
}

static bool may_retry(const struct tw_ti_row *ti)
{
	return ti->max_tries != 0 && ti->try_number <= ti->max_tries;
}

/* What a task needs to know at its start. */
static void write_context(struct tw_exec *x, const struct tw_ti_row *ti)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_reschedule_row *rows;
	struct tw_run_view run;
	struct tw_err err = { 0 };
	size_t n = 0;

	if (tw_store_run(x->store, ti->dag_id, ti->run_id, x->req->arena, &run, &err) < 0) {
		tw_exec_fail(x, &err);
		return;
	}
	(void)tw_store_reschedules(x->store, ti->id, x->req->arena, &rows, &n, NULL);
	tw_jw_obj(&w);
	tw_jw_key(&w, "dag_run");
	tw_exec_write_run(x, &w, &run.run, true);
	tw_jw_int_at(&w, "task_reschedule_count", (int64_t)n);
	tw_jw_int_at(&w, "max_tries", ti->max_tries);
	tw_jw_key(&w, "variables");
	tw_jw_list(&w);
	tw_jw_end(&w);
	tw_jw_key(&w, "connections");
	tw_jw_list(&w);
	tw_jw_end(&w);
	if (!tw_exec_knows(x, TW_EXEC_2026_04_06))
		tw_jw_null_at(&w, "upstream_map_indexes");
	write_next(x, &w, ti);
	write_keys(x, &w, ti);
	tw_jw_bool_at(&w, "should_retry", may_retry(ti));
	if (ti->next_method.n && tw_exec_knows(x, TW_EXEC_2026_04_06))
		tw_jw_time(&w, "start_date", ti->start_date);
	tw_jw_end(&w);
}

/* The token that came with the workload was for this; the task's own comes with the answer. */
static void swap_token(struct tw_exec *x)
{
	struct tw_buf token = { 0 };
	struct tw_err err = { 0 };

	if (x->claims.scope != TW_SCOPE_WORKLOAD)
		return;
	if (tw_exec_token_make(&tw_api_of(x->req)->exec, x->claims.sub, TW_SCOPE_EXECUTION, (struct tw_str){ 0 }, x->caller.now,
			       &token, &err) < 0) {
		tw_exec_fail(x, &err);
		return;
	}
	tw_reply_header(x->resp, TW_STR("Refreshed-API-Token"), tw_str_copy(x->req->arena, tw_buf_str(&token)));
	tw_buf_release(&token);
}

static bool runs_there(const struct tw_ti_row *ti, struct tw_value body)
{
	return ti->state == TW_TI_RUNNING && tw_str_eq(ti->hostname, tw_map_str(body, "hostname", "")) &&
	       tw_str_eq(ti->unixname, tw_map_str(body, "unixname", "")) && ti->pid == tw_map_int(body, "pid", -1);
}

static bool post_start(struct tw_exec *x, const struct tw_ti_view *ti, struct tw_value body)
{
	struct tw_arena *a = x->req->arena;
	struct tw_value payload = tw_v_map(a);

	tw_map_putc(a, payload, "attempt", tw_v_str(x->claims.sub));
	tw_map_putc(a, payload, "hostname", tw_map_value(body, "hostname"));
	tw_map_putc(a, payload, "unixname", tw_map_value(body, "unixname"));
	tw_map_putc(a, payload, "pid", tw_map_value(body, "pid"));
	tw_map_putc(a, payload, "at", tw_map_value(body, "start_date"));
	if (x->claims.scope == TW_SCOPE_WORKLOAD && x->claims.jti.n)
		tw_map_putc(a, payload, "claim", tw_v_str(x->claims.jti));
	return post(x, "started", ti, payload);
}

/* Running there: that is the answer, also to one who asks again because he did not hear it. */
static bool answer_run(struct tw_exec *x, const struct tw_ti_row *ti, struct tw_value body)
{
	if (!runs_there(ti, body))
		return false;
	write_context(x, ti);
	swap_token(x);
	return true;
}

static void run(struct tw_exec *x)
{
	static const char wrong[] = "TI was not in a state where it could be marked as running";
	struct tw_ti_view ti;
	struct tw_value body = x->req->json;

	if (!tw_exec_ti_find(x, false, &ti))
		return;
	if (!x->req->memo) {
		if (answer_run(x, &ti.ti, body))
			return;
		if (ti.ti.state != TW_TI_QUEUED)
			invalid_state(x, wrong, ti.ti.state);
		else if (!post_start(x, &ti, body))
			return;
		if (!x->req->memo)
			return;
	}
	if (!tw_api_settled(x->req, x->resp) || !tw_exec_ti_find(x, false, &ti) || answer_run(x, &ti.ti, body))
		return;
	if (tw_api_taken(x->req))
		invalid_state(x, wrong, ti.ti.state);
	else
		nobody_answers(x);
}

/* ── state ────────────────────────────────────────────────────────────────────────────── */

/* Of "P1DT2H3M4.5S", "-PT5M", a number of seconds; false: it is none of them. */
static bool read_duration(struct tw_value v, double *ret_seconds)
{
	static const struct {
		char unit;
		bool time;
		double seconds;
	} units[] = { { 'W', false, 604800 }, { 'D', false, 86400 }, { 'H', true, 3600 }, { 'M', true, 60 }, { 'S', true, 1 } };
	bool negative = false, time = false;
	const char *p;
	double sum = 0;

	if (v.kind == TW_V_INT || v.kind == TW_V_FLOAT) {
		*ret_seconds = v.kind == TW_V_INT ? (double)v.i : v.f;
		return true;
	}
	if (v.kind != TW_V_STR || v.s.n > 60)
		return false;
	TW_AUTO(tw_freep) char *text = tw_str_dup(v.s);

	p = text;
	if (*p == '-' || *p == '+')
		negative = *p++ == '-';
	if (*p++ != 'P' || !*p)
		return false;
	while (*p) {
		char *end;
		double n;
		size_t i = 0;

		if (*p == 'T' && !time) {
			time = true;
			p++;
			continue;
		}
		n = strtod(p, &end);
		while (i < sizeof units / sizeof *units && (units[i].unit != *end || units[i].time != time))
			i++;
		if (end == p || i == sizeof units / sizeof *units)
			return false;
		sum += n * units[i].seconds;
		p = end + 1;
	}
	*ret_seconds = negative ? -sum : sum;
	return true;
}

/* Fills the frame that a runner would send (docs/runner-protocol.md) with what this kind of end says. */
typedef void (*end_fn)(struct tw_exec *x, struct tw_value body, struct tw_value frame);

static void put(struct tw_exec *x, struct tw_value map, const char *key, struct tw_value v)
{
	tw_map_putc(x->req->arena, map, key, v);
}

static void end_terminal(struct tw_exec *x, struct tw_value body, struct tw_value frame)
{
	struct tw_str state = tw_map_str(body, "state", "");
	bool skipped = tw_str_is(state, "skipped");

	put(x, frame, "state", tw_v_cstr(skipped ? "skipped" : "failed_final"));
	if (!skipped && !tw_str_is(state, "failed"))
		put(x, frame, "reason", tw_v_cstr(tw_arena_printf(x->req->arena, "its worker said: " TW_STR_FMT, TW_STR_ARG(state))));
}

static void add_event(struct tw_exec *x, struct tw_value list, struct tw_value key, struct tw_value said)
{
	struct tw_arena *a = x->req->arena;
	struct tw_value e = tw_v_map(a), asset = tw_v_map(a), partition = tw_map_value(said, "partition_key");

	put(x, asset, "name", tw_map_value(key, "name"));
	put(x, asset, "uri", tw_map_value(key, "uri"));
	put(x, asset, "extra", tw_map_value(said, "dest_asset_extra"));
	put(x, e, "asset", asset);
	put(x, e, "extra", tw_map_value(said, "extra"));
	put(x, e, "alias", tw_map_value(said, "source_alias_name"));
	if (partition.kind == TW_V_STR) {
		struct tw_value keys = tw_v_list(a);

		tw_list_push(a, keys, partition);
		put(x, e, "partition_keys", keys);
	}
	tw_list_push(a, list, e);
}

static bool is_of(struct tw_value profile, struct tw_value key)
{
	struct tw_str name = tw_map_str(profile, "name", NULL), uri = tw_map_str(profile, "uri", NULL);

	return (!name.n || tw_str_eq(name, tw_map_str(key, "name", ""))) && (!uri.n || tw_str_eq(uri, tw_map_str(key, "uri", "")));
}

/* Each outlet has one event at least; what was said of it comes in its place. What came by an alias stands for itself. */
static void end_success(struct tw_exec *x, struct tw_value body, struct tw_value frame)
{
	struct tw_value outlets = tw_map_value(body, "task_outlets"), said = tw_map_value(body, "outlet_events"),
			events = tw_v_list(x->req->arena);

	put(x, frame, "state", tw_v_cstr("success"));
	for (size_t i = 0; i < tw_value_len(outlets); i++) {
		struct tw_value profile = outlets.list->v[i];
		bool any = false;

		if (tw_str_is(tw_map_str(profile, "type", ""), "AssetAlias"))
			continue;
		for (size_t k = 0; k < tw_value_len(said); k++) {
			struct tw_value e = said.list->v[k], key = tw_map_value(e, "dest_asset_key");

			if (tw_map_findc(e, "source_alias_name") || !is_of(profile, key))
				continue;
			add_event(x, events, key, e);
			any = true;
		}
		if (!any)
			add_event(x, events, profile, TW_NULL);
	}
	for (size_t k = 0; k < tw_value_len(said); k++)
		if (tw_map_findc(said.list->v[k], "source_alias_name"))
			add_event(x, events, tw_map_value(said.list->v[k], "dest_asset_key"), said.list->v[k]);
	put(x, frame, "outlet_events", events);
}

/* What a deferral and a question to a person have in common. */
static struct tw_value waiting(struct tw_exec *x, struct tw_value body, const char *timeout)
{
	struct tw_arena *a = x->req->arena;
	struct tw_value defer = tw_v_map(a), kwargs = tw_map_value(body, "next_kwargs");
	double seconds;

	put(x, defer, "next_method", tw_map_value(body, "next_method"));
	put(x, defer, "next_kwargs",
	    kwargs.kind == TW_V_NULL ? tw_v_map(a) : tw_kwargs_to(a, kwargs, TW_KWARGS_SERDE));
	if (read_duration(tw_map_value(body, timeout), &seconds))
		put(x, defer, "timeout", tw_v_float(seconds));
	return defer;
}

static void end_deferred(struct tw_exec *x, struct tw_value body, struct tw_value frame)
{
	struct tw_value defer = waiting(x, body, "trigger_timeout"), kwargs = tw_map_value(body, "trigger_kwargs");

	put(x, defer, "classpath", tw_map_value(body, "classpath"));
	put(x, defer, "kwargs", kwargs.kind == TW_V_MAP ? tw_kwargs_to(x->req->arena, kwargs, TW_KWARGS_OURS) : tw_v_map(x->req->arena));
	put(x, defer, "queue", tw_map_value(body, "queue"));
	put(x, frame, "state", tw_v_cstr("deferred"));
	put(x, frame, "defer", defer);
}

static void end_input(struct tw_exec *x, struct tw_value body, struct tw_value frame)
{
	put(x, frame, "state", tw_v_cstr("awaiting_input"));
	put(x, frame, "defer", waiting(x, body, "timeout"));
}

static void end_reschedule(struct tw_exec *x, struct tw_value body, struct tw_value frame)
{
	put(x, frame, "state", tw_v_cstr("up_for_reschedule"));
	put(x, frame, "reschedule_at", tw_map_value(body, "reschedule_date"));
}

static void end_retry(struct tw_exec *x, struct tw_value body, struct tw_value frame)
{
	put(x, frame, "state", tw_v_cstr("failed"));
	put(x, frame, "retry_delay", tw_map_value(body, "retry_delay_seconds"));
	put(x, frame, "retry_reason", tw_map_value(body, "retry_reason"));
	put(x, frame, "reason", tw_map_value(body, "retry_reason"));
}

/* A state that is not for a worker to set: Airflow fails the task. */
static void end_target(struct tw_exec *x, struct tw_value body, struct tw_value frame)
{
	put(x, frame, "state", tw_v_cstr("failed_final"));
	put(x, frame, "reason", tw_v_cstr("its worker asked for a state that no worker sets"));
}

static const struct kind {
	const char *state; /* NULL: any other */
	const char *model, *tag;
	end_fn fill;
	enum tw_exec_version since;
} kinds[] = {
	{ "success", "TISuccessStatePayload", "success", end_success, 0 },
	{ "failed", "TITerminalStatePayload", "_terminal_", end_terminal, 0 },
	{ "skipped", "TITerminalStatePayload", "_terminal_", end_terminal, 0 },
	{ "removed", "TITerminalStatePayload", "_terminal_", end_terminal, 0 },
	{ "upstream_failed", "TITerminalStatePayload", "_terminal_", end_terminal, 0 },
	{ "deferred", "TIDeferredStatePayload", "deferred", end_deferred, 0 },
	{ "up_for_reschedule", "TIRescheduleStatePayload", "up_for_reschedule", end_reschedule, 0 },
	{ "awaiting_input", "TIAwaitingInputStatePayload", "awaiting_input", end_input, TW_EXEC_2026_06_30 },
	{ "up_for_retry", "TIRetryStatePayload", "up_for_retry", end_retry, 0 },
	{ NULL, "TITargetStatePayload", "_other_", end_target, 0 },
};

static const struct kind *kind_of(const struct tw_exec *x, struct tw_str state)
{
	const struct kind *k = kinds;

	while (k->state && !(tw_str_is(state, k->state) && tw_exec_knows(x, k->since)))
		k++;
	return k;
}

/* What the task left before its end and what the end's commit, with a local runner, would bring: the scheduler must know of it. */
static void put_left(struct tw_exec *x, const struct tw_ti_row *ti, struct tw_value frame)
{
	struct tw_xcom_row row;
	struct tw_value v;
	int64_t length = -1;

	if (tw_store_xcom(x->store, ti->dag_id, ti->run_id, ti->task_id, ti->map_index, TW_STR("return_value"), x->req->arena, &row,
			  NULL) == TW_OK)
		put(x, frame, "has_return", tw_v_bool(true));
	if (tw_store_task_map(x->store, ti->dag_id, ti->run_id, ti->task_id, ti->map_index, &length, NULL) == TW_OK && length >= 0)
		put(x, frame, "mapped_length", tw_v_int(length));
	if (tw_store_xcom(x->store, ti->dag_id, ti->run_id, ti->task_id, ti->map_index, TW_STR("skipmixin_key"), x->req->arena, &row,
			  NULL) == TW_OK &&
	    tw_json_parse(x->req->arena, row.value, &v, NULL) == TW_OK && v.kind == TW_V_MAP)
		put(x, frame, "skip", v);
}

static bool post_end(struct tw_exec *x, const struct kind *k, const struct tw_ti_view *ti, struct tw_value body)
{
	struct tw_value frame = tw_v_map(x->req->arena), label = tw_map_value(body, "rendered_map_index");

	put(x, frame, "attempt", tw_v_str(x->claims.sub));
	put(x, frame, "at", tw_map_findc(body, "end_date") ? tw_map_value(body, "end_date") : time_value(x, x->caller.now));
	if (tw_time_ok(ti->ti.start_date))
		put(x, frame, "started_at", time_value(x, ti->ti.start_date));
	/* Its own process runs what is to be called, and mails. */
	put(x, frame, "callbacks", tw_v_bool(true));
	if (label.kind == TW_V_NULL && ti->ti.rendered_map_index.n)
		label = tw_v_str(ti->ti.rendered_map_index);
	put(x, frame, "map_index_label", label);
	put_left(x, &ti->ti, frame);
	k->fill(x, body, frame);
	return post(x, "finished", ti, frame);
}

/* After the scheduler has taken it: the attempt no longer runs under this id, or it was never this one's to end. */
static void ended(struct tw_exec *x)
{
	struct tw_ti_view ti;
	enum tw_rc rc = tw_store_ti_by_id(x->store, x->claims.id, x->req->arena, &ti, NULL);

	if (rc != TW_OK || ti.ti.state != TW_TI_RUNNING)
		tw_reply_none(x->resp);
	else if (tw_api_taken(x->req))
		invalid_state(x, "TI was not in the running state so it cannot be updated", ti.ti.state);
	else
		nobody_answers(x);
}

static void state(struct tw_exec *x)
{
	const struct kind *k;
	struct tw_ti_view ti;
	struct tw_value body;
	struct tw_str wanted;

	if (x->req->memo) {
		if (tw_api_settled(x->req, x->resp))
			ended(x);
		return;
	}
	if (!tw_request_json(x->req, x->resp, &x->req->json))
		return;
	body = x->req->json;
	wanted = tw_map_str(body, "state", "");
	k = kind_of(x, wanted);
	if (!tw_exec_admits_as(x, k->model, k->tag) || !tw_exec_ti_find(x, false, &ti))
		return;
	if (tw_str_is(wanted, tw_ti_state_name(ti.ti.state))) {
		x->resp->status = 200;
		return;
	}
	if (ti.ti.state != TW_TI_RUNNING) {
		invalid_state(x, "TI was not in the running state so it cannot be updated", ti.ti.state);
		return;
	}
	if (post_end(x, k, &ti, body) && tw_api_settled(x->req, x->resp))
		ended(x);
}

/* Our own runner's word, as it is: docs/runner-protocol.md. */
static void finished(struct tw_exec *x)
{
	struct tw_value frame = x->req->json;
	struct tw_ti_view ti;

	if (x->req->memo) {
		if (tw_api_settled(x->req, x->resp))
			ended(x);
		return;
	}
	if (!tw_exec_ti_find(x, true, &ti))
		return;
	put(x, frame, "attempt", tw_v_str(x->claims.sub));
	if (ti.ti.state != TW_TI_RUNNING)
		invalid_state(x, "TI was not in the running state so it cannot be updated", ti.ti.state);
	else if (post(x, "finished", &ti, frame) && tw_api_settled(x->req, x->resp))
		ended(x);
}

/* A request of its task, by the words of execution.h. What is wrong with it is in the answer. */
static void word(struct tw_exec *x)
{
	struct tw_value body = x->req->json, result = TW_NULL;
	struct tw_err err = { 0 };
	bool ring = false;
	enum tw_rc rc;

	if (!tw_exec_caller(x)->dag_id.p)
		rc = tw_err_set(&err, TW_ERR_DENIED, "this attempt is not known");
	else
		rc = tw_execution_do(x->store, &x->caller, tw_map_str(body, "do", ""), body, x->req->arena, &result, &ring, &err);
	if (ring)
		tw_api_ring(x->req);
	tw_reply_value(x->resp, tw_execution_reply(x->req->arena, tw_map_value(body, "id"), result, rc, &err));
}

/* ── signs of life, and what it leaves ────────────────────────────────────────────────── */

/* 409: the worker is to end its task. */
static void stop_it(struct tw_exec *x, const struct tw_ti_row *ti, bool elsewhere)
{
	struct tw_jw w = { .out = &x->resp->body };

	x->resp->status = 409;
	tw_buf_clear(&x->resp->body);
	tw_jw_obj(&w);
	tw_jw_key(&w, "detail");
	tw_jw_obj(&w);
	tw_jw_key(&w, "reason");
	tw_jw_cstr(&w, elsewhere ? "running_elsewhere" : "not_running");
	tw_jw_key(&w, "message");
	tw_jw_cstr(&w, elsewhere ? "TI is already running elsewhere" :
				   "TI is no longer in the running state and task should terminate");
	if (elsewhere) {
		tw_jw_str_at(&w, "current_hostname", ti->hostname.p ? ti->hostname : TW_STR(""));
		tw_jw_key(&w, "current_pid");
		if (ti->pid)
			tw_jw_int(&w, ti->pid);
		else
			tw_jw_null(&w);
	} else {
		tw_jw_key(&w, "current_state");
		tw_jw_cstr(&w, ti->state == TW_TI_NONE ? NULL : tw_ti_state_name(ti->state));
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

static void heartbeat(struct tw_exec *x)
{
	struct tw_value body = x->req->json;
	struct tw_ti_view ti;
	struct tw_err err = { 0 };
	bool elsewhere;

	if (!tw_exec_ti_find(x, true, &ti))
		return;
	elsewhere = !tw_str_eq(ti.ti.hostname, tw_map_str(body, "hostname", "")) || ti.ti.pid != tw_map_int(body, "pid", -1);
	if (elsewhere || ti.ti.state != TW_TI_RUNNING)
		stop_it(x, &ti.ti, elsewhere);
	else if (tw_store_ti_beat(x->store, &ti.ti.id, 1, x->caller.now, &err) < 0)
		tw_exec_fail(x, &err);
	else
		tw_reply_none(x->resp);
}

static void rendered(struct tw_exec *x)
{
	struct tw_value ask = tw_v_map(x->req->arena), ignored;
	struct tw_ti_view ti;

	if (!tw_exec_ti_find(x, true, &ti))
		return;
	put(x, ask, "fields", x->req->json);
	if (tw_exec_do(x, "rendered", ask, &ignored))
		tw_exec_message(x, 201, "Rendered task instance fields successfully set");
}

static void label(struct tw_exec *x)
{
	struct tw_value body = TW_NULL, ask = tw_v_map(x->req->arena), ignored;
	struct tw_ti_view ti;

	if (!x->req->body.n) {
		tw_reply_invalid(x->resp, "missing", "body", NULL, "Field required", TW_NULL);
		return;
	}
	if (tw_json_parse(x->req->arena, x->req->body, &body, NULL) < 0 || body.kind != TW_V_STR) {
		tw_reply_invalid(x->resp, "string_type", "body", NULL, "Input should be a valid string", body);
		return;
	}
	if (!body.s.n) {
		tw_reply_error(x->resp, 422, "rendered_map_index cannot be empty");
		return;
	}
	if (tw_store_ti_by_id(x->store, x->claims.id, x->req->arena, &ti, NULL) < 0) {
		tw_reply_error(x->resp, 404, "Task Instance not found");
		return;
	}
	put(x, ask, "label", body);
	if (tw_exec_do(x, "map_index_label", ask, &ignored))
		tw_reply_none(x->resp);
}

static void skip_downstream(struct tw_exec *x)
{
	struct tw_ti_view ti;
	struct tw_value ignored;

	if (tw_exec_ti_find(x, false, &ti) && tw_exec_do(x, "skip_downstream", x->req->json, &ignored))
		tw_reply_none(x->resp);
}

/* ── what it asks about itself ────────────────────────────────────────────────────────── */

static void previous_successful(struct tw_exec *x)
{
	static const char *const keys[] = { "data_interval_start", "data_interval_end", "start_date", "end_date" };
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_ti_view ti;
	struct tw_value v = TW_NULL;

	if (tw_store_ti_by_id(x->store, x->claims.id, x->req->arena, &ti, NULL) == TW_OK && tw_time_ok(ti.logical_date) &&
	    !tw_exec_do(x, "previous_successful", tw_v_map(x->req->arena), &v))
		return;
	tw_jw_obj(&w);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct tw_str text = tw_map_str(v, keys[i], NULL);
		tw_time t = TW_TIME_NONE;

		if (text.p)
			(void)tw_time_parse(text, NULL, &t, NULL);
		tw_jw_time(&w, keys[i], t);
	}
	tw_jw_end(&w);
}

static void inactive_assets(struct tw_exec *x)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_ti_view ti;
	struct tw_value v;

	if (!tw_exec_ti_find(x, false, &ti) || !tw_exec_do(x, "inactive_assets", tw_v_map(x->req->arena), &v))
		return;
	tw_jw_obj(&w);
	tw_jw_key(&w, "inactive_assets");
	tw_jw_list(&w);
	for (size_t i = 0; i < tw_value_len(v); i++) {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "name", tw_map_str(v.list->v[i], "name", NULL));
		tw_jw_str_at(&w, "uri", tw_map_str(v.list->v[i], "uri", NULL));
		tw_jw_str_at(&w, "type", TW_STR("Asset"));
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

#define EXECUTION TW_SCOPE_EXECUTION
#define TI "/task-instances/{task_instance_id}"

const struct tw_exec_route tw_exec_ti[] = {
	{ "PATCH", TI "/run", run, EXECUTION | TW_SCOPE_WORKLOAD, true, 0, 0 },
	{ "PATCH", TI "/state", state, EXECUTION, true, 0, 0 },
	{ "PUT", TI "/heartbeat", heartbeat, EXECUTION, true, 0, 0 },
	{ "PUT", TI "/rtif", rendered, EXECUTION, true, 0, 0 },
	{ "PATCH", TI "/rendered-map-index", label, EXECUTION, true, 0, 0 },
	{ "PATCH", TI "/skip-downstream", skip_downstream, EXECUTION, true, 0, 0 },
	{ "PATCH", TI "/finished", finished, EXECUTION, true, 0, 0 },
	{ "POST", TI "/ask", word, EXECUTION, true, 0, 0 },
	{ "GET", TI "/previous-successful-dagrun", previous_successful, EXECUTION, true, 0, 0 },
	{ "GET", TI "/validate-inlets-and-outlets", inactive_assets, EXECUTION, true, 0, 0 },
	{ 0 },
};
