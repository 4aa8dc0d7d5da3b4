/*
 * Native operators' host: what operator.h promises them.
 */
#include <stdlib.h>

#include "io/clock.h"
#include "runner/internal.h"
#include "time/instant.h"

static struct tw_attempt *attempt_of(struct tw_op *op)
{
	return op->host_arg;
}

static void host_log(struct tw_op *op, enum tw_log_level level, const char *logger,
		     struct tw_str text)
{
	tw_tasklog_line(attempt_of(op)->log, level, logger, text);
}

static void host_output(struct tw_op *op, const char *logger, tw_op_decode_fn decode,
			struct tw_str bytes)
{
	struct tw_attempt *a = attempt_of(op);
	if (!a->out.log) {
		tw_logstream_init(&a->out, a->log, TW_LOG_INFO, logger);
		a->out.decode = decode;
		a->out.arg = op;
	}
	tw_logstream_feed(&a->out, bytes);
}

static void host_spawned(struct tw_op *op, pid_t pid)
{
	tw_attempt_started(attempt_of(op), pid);
}

static void on_reply(struct tw_attempt *a, void *arg, struct tw_value reply)
{
	struct tw_err err = {0};
	tw_op_reply_fn fn = (tw_op_reply_fn)arg;
	struct tw_value error = tw_map_value(reply, "error");
	if (a->state == TW_ATTEMPT_REPORTED)
		return;
	if (error.kind == TW_V_MAP) {
		struct tw_str text = tw_map_str(error, "message", "refused");
		tw_err_set(&err, TW_ERR_IO, TW_STR_FMT, TW_STR_ARG(text));
	}
	fn(&a->op, tw_map_value(reply, "result"), error.kind == TW_V_MAP ? &err : NULL);
}

static void host_request(struct tw_op *op, const char *what, struct tw_value body,
			 tw_op_reply_fn fn)
{
	tw_map_putc(op->arena, body, "do", tw_v_cstr(what));
	tw_request_send(attempt_of(op), body, on_reply, (void *)fn);
}

/* Results ------------------------------------------------------------------------------------ */

static void put_return_value(struct tw_attempt *a, struct tw_value extra, struct tw_value result)
{
	struct tw_arena *ar = &a->arena;
	struct tw_value xcom = tw_v_map(ar), list = tw_v_list(ar), length = TW_NULL;
	if (result.kind == TW_V_LIST || result.kind == TW_V_MAP)
		length = tw_v_int((int64_t)tw_value_len(result));
	tw_map_putc(ar, xcom, "key", tw_v_cstr("return_value"));
	tw_map_putc(ar, xcom, "value", result);
	tw_map_putc(ar, xcom, "mapped_length", length);
	tw_list_push(ar, list, xcom);
	tw_map_putc(ar, extra, "xcoms", list);
	tw_map_putc(ar, extra, "mapped_length", length);
}

/* One event for each asset the task names as outlet; the key tells uri or name (dag-document.md).
 */
static void put_outlet_events(struct tw_attempt *a, struct tw_value extra)
{
	struct tw_arena *ar = &a->arena;
	struct tw_value outlets = tw_map_value(tw_map_value(a->work, "task"), "outlets");
	if (outlets.kind != TW_V_LIST || !outlets.list->n)
		return;
	struct tw_value events = tw_v_list(ar);
	for (size_t i = 0; i < outlets.list->n; i++) {
		struct tw_str key = tw_map_str(outlets.list->v[i], "asset", NULL);
		if (!key.p)
			continue;
		struct tw_value asset = tw_v_map(ar), event = tw_v_map(ar);
		if (tw_str_starts(key, "name:"))
			tw_map_putc(ar, asset, "name", tw_v_str(tw_strn(key.p + 5, key.n - 5)));
		else
			tw_map_putc(ar, asset, "uri", tw_v_str(key));
		if (tw_map_str(outlets.list->v[i], "name", NULL).p)
			tw_map_putc(ar, asset, "name", tw_map_value(outlets.list->v[i], "name"));
		tw_map_putc(ar, asset, "key", tw_v_str(key));
		tw_map_putc(ar, event, "asset", asset);
		tw_map_putc(ar, event, "extra", tw_v_map(ar));
		tw_list_push(ar, events, event);
	}
	tw_map_putc(ar, extra, "outlet_events", events);
}

static struct tw_value extra_of(struct tw_attempt *a, const struct tw_op_outcome *o)
{
	struct tw_arena *ar = &a->arena;
	struct tw_value extra = tw_v_map(ar);
	bool success = strcmp(o->state, "success") == 0;
	if (o->has_result && tw_map_bool(tw_map_value(a->work, "task"), "do_xcom_push", true))
		put_return_value(a, extra, o->result);
	if (o->skip.kind == TW_V_MAP)
		tw_map_putc(ar, extra, "skip", o->skip);
	if (o->defer.kind == TW_V_MAP)
		tw_map_putc(ar, extra, "defer", o->defer);
	if (o->reschedule_at) {
		char text[TW_ISO_MAX];
		tw_time_iso_utc(text, o->reschedule_at);
		tw_map_putc(ar, extra, "reschedule_at", tw_v_cstr(tw_arena_strdup(ar, text)));
	}
	if (success)
		put_outlet_events(a, extra);
	return extra;
}

static void log_end(struct tw_attempt *a, const struct tw_op_outcome *o)
{
	if (o->exception)
		tw_tasklog_exception(a->log, "Task failed with exception", o->exception, o->reason);
	else if (strcmp(o->state, "skipped") == 0 && o->reason.n)
		tw_tasklog_line(a->log, TW_LOG_INFO, "task", o->reason);
}

static void host_done(struct tw_op *op, const struct tw_op_outcome *o)
{
	struct tw_attempt *a = attempt_of(op);
	if (a->state == TW_ATTEMPT_REPORTED)
		return;
	tw_attempt_started(a, 0);
	if (a->out.log)
		tw_logstream_end(&a->out);
	log_end(a, o);
	struct tw_end_report e = {
		.state = o->state,
		.reason = o->reason,
		.exit_code = o->exit_code,
		.signal = o->signal,
		.extra = extra_of(a, o),
	};
	if (o->signal && strcmp(o->state, "failed") == 0)
		e.reason = tw_str(tw_exit_words(o->exit_code, o->signal));
	if (a->kill_reason)
		tw_tasklog_printf(a->log, TW_LOG_ERROR, "task", "Task was ended: %s",
				  a->kill_reason);
	tw_attempt_report(a, &e);
	tw_attempt_bury(a);
}

static struct tw_str host_mask(struct tw_op *op, struct tw_str text)
{
	struct tw_attempt *a = attempt_of(op);
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	if (tw_masker_empty(&a->masker))
		return text;
	tw_masker_mask(&a->masker, text, true, &b);
	return tw_str_copy(&a->arena, tw_buf_str(&b));
}

static enum tw_rc host_make_folder(struct tw_op *op, char **ret_path, struct tw_err *err)
{
	return tw_tmpdirs_take(&attempt_of(op)->r->tmpdirs, ret_path, err);
}

static void host_drop_folder(struct tw_op *op, char *path)
{
	tw_tmpdirs_drop(&attempt_of(op)->r->tmpdirs, path);
}

static const struct tw_op_host host = {
	.log = host_log,
	.output = host_output,
	.spawned = host_spawned,
	.request = host_request,
	.done = host_done,
	.mask = host_mask,
	.make_folder = host_make_folder,
	.drop_folder = host_drop_folder,
};

/* Environment -------------------------------------------------------------------------------- */

static void set_ctx(struct tw_attempt *a, const char *name, struct tw_str value)
{
	if (value.p && value.n)
		tw_env_set(&a->env, tw_str(name), value);
}

static struct tw_str email_of(struct tw_attempt *a)
{
	struct tw_value v = tw_map_value(tw_map_value(a->work, "task"), "email");
	if (v.kind == TW_V_STR)
		return v.s;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	for (size_t i = 0; v.kind == TW_V_LIST && i < v.list->n; i++) {
		if (v.list->v[i].kind != TW_V_STR)
			continue;
		tw_buf_adds(&b, b.n ? "," : "");
		tw_buf_addstr(&b, v.list->v[i].s);
	}
	return tw_str_copy(&a->arena, tw_buf_str(&b));
}

/* What Airflow exports to the commands that operators run. */
static void build_env(struct tw_attempt *a)
{
	extern char **environ;
	struct tw_value task = tw_map_value(a->work, "task");
	struct tw_value run = tw_map_value(a->work, "run");
	bool compat2 = tw_map_int(tw_map_value(a->work, "dag"), "compat", 3) == 2;
	char try_number[24];
	snprintf(try_number, sizeof try_number, "%lld",
		 (long long)tw_map_int(a->work, "try_number", 1));
	a->env.arena = &a->arena;
	tw_env_add_list(&a->env, (const char *const *)environ);
	set_ctx(a, "AIRFLOW_CTX_DAG_EMAIL", email_of(a));
	set_ctx(a, "AIRFLOW_CTX_DAG_OWNER", tw_map_str(task, "owner", "airflow"));
	set_ctx(a, "AIRFLOW_CTX_DAG_ID", tw_map_str(a->work, "dag_id", NULL));
	set_ctx(a, "AIRFLOW_CTX_TASK_ID", tw_map_str(a->work, "task_id", NULL));
	set_ctx(a, "AIRFLOW_CTX_LOGICAL_DATE", tw_map_str(run, "logical_date", NULL));
	if (compat2)
		set_ctx(a, "AIRFLOW_CTX_EXECUTION_DATE", tw_map_str(run, "logical_date", NULL));
	set_ctx(a, "AIRFLOW_CTX_TRY_NUMBER", tw_str(try_number));
	set_ctx(a, "AIRFLOW_CTX_DAG_RUN_ID", tw_map_str(a->work, "run_id", NULL));
}

/* Life ---------------------------------------------------------------------------------------- */

static int64_t first_start(struct tw_attempt *a, int64_t now)
{
	tw_time t;
	struct tw_str text = tw_map_str(a->work, "reschedule_start", NULL);
	return text.p && tw_time_parse(text, NULL, &t, NULL) == TW_OK ? t : now;
}

static void run(struct tw_attempt *a, struct tw_value args)
{
	struct tw_runner *r = a->r;
	struct tw_op *op = &a->op;
	struct tw_err err = {0};
	build_env(a);
	op->host = &host;
	op->host_arg = a;
	op->loop = &r->loop;
	op->reaper = r->reaper;
	op->arena = &a->arena;
	op->work = a->work;
	op->args = args;
	op->now = tw_now();
	op->first_start = first_start(a, op->now);
	op->environ = a->env.v;
	op->tmp = r->opts.tmp;
	op->zones = &r->zones;
	op->secrets_backend = r->opts.secrets_backend;
	a->state = TW_ATTEMPT_RUNNING;
	tw_journal_start(&r->journal, tw_str(a->id), op->now);
	enum tw_rc rc = op->type->start(op, &err);
	if (rc == TW_OK)
		return;
	if (rc == TW_ERR_UNSUPPORTED) {
		tw_native_release(a);
		tw_attempt_python(a);
		return;
	}
	tw_op_fail(op, "AirflowException", "%s", err.msg);
}

void tw_native_start(struct tw_attempt *a)
{
	struct tw_value args;
	struct tw_err err = {0};
	const char *exception = "AirflowException";
	enum tw_rc rc = tw_render_args(a, &args, &a->rendered, &exception, &err);
	a->op.host = &host;
	a->op.host_arg = a;
	if (rc == TW_ERR_AGAIN)
		a->state = TW_ATTEMPT_FETCHING;
	else if (rc == TW_ERR_UNSUPPORTED)
		tw_attempt_python(a);
	else if (rc < 0)
		tw_op_fail(&a->op, exception, "%s", err.msg);
	else
		run(a, args);
}

void tw_native_kill(struct tw_attempt *a)
{
	struct tw_op *op = &a->op;
	op->killed = true;
	if (a->pid)
		tw_reaper_terminate(a->r->reaper, a->pid, (unsigned)a->r->opts.term_grace_s * 1000);
	if (op->type->kill)
		op->type->kill(op);
	if (!a->pid && a->state != TW_ATTEMPT_REPORTED)
		tw_op_fail(op, NULL, "%s", a->kill_reason);
}

void tw_native_release(struct tw_attempt *a)
{
	if (a->out.log)
		tw_logstream_end(&a->out);
	if (a->op.type && a->op.type->release && a->op.loop)
		a->op.type->release(&a->op);
}
