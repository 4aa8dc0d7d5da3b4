/*
 * Native sensors. They look once; what is not there yet becomes a wait (wait.h) that the triggerer keeps: the task is
 * deferred, and neither a process nor a slot is held however long it takes. It makes no difference whether the sensor was
 * written with mode poke, reschedule or deferrable, save where Airflow's rules differ (timeouts).
 */
#include <math.h>
#include <stdlib.h>

#include "io/file.h"
#include "operator/operator.h"
#include "operator/wait.h"
#include "time/zone.h"
#include "value/json.h"

#define CLASSPATH "tradewind.native.Wait"

/* ── the specification ────────────────────────────────────────────────────────────────── */

static struct tw_value task_of(struct tw_op *op)
{
	return tw_map_value(op->work, "task");
}

static struct tw_value rules_of(struct tw_op *op)
{
	return tw_map_value(task_of(op), "sensor");
}

static bool is_deferrable(struct tw_op *op)
{
	return tw_map_bool(task_of(op), "deferrable", false);
}

static bool reschedules(struct tw_op *op)
{
	return tw_str_is(tw_map_str(rules_of(op), "mode", "poke"), "reschedule");
}

static struct tw_value instant(struct tw_op *op, tw_time t)
{
	char text[TW_ISO_MAX];

	return tw_v_cstr(tw_arena_strdup(op->arena, tw_time_iso_utc(text, t)));
}

static void put_backoff(struct tw_op *op, struct tw_value spec)
{
	struct tw_value rules = rules_of(op), backoff = tw_v_map(op->arena);
	char started[TW_ISO_MAX];

	if (!tw_map_bool(rules, "exponential_backoff", false) || is_deferrable(op))
		return;
	/* str(datetime) in reschedule mode; in poke mode Python's clock has no meaning elsewhere. */
	tw_time_iso_utc(started, op->first_start)[10] = ' ';
	char *key = tw_arena_printf(op->arena, TW_STR_FMT "#" TW_STR_FMT "#%s#",
				    TW_STR_ARG(tw_map_str(op->work, "dag_id", "")),
				    TW_STR_ARG(tw_map_str(op->work, "task_id", "")), started);
	tw_map_putc(op->arena, backoff, "key", tw_v_cstr(key));
	tw_map_putc(op->arena, backoff, "max_wait", tw_map_value(rules, "max_wait"));
	tw_map_putc(op->arena, backoff, "reschedule", tw_v_bool(reschedules(op)));
	tw_map_putc(op->arena, spec, "backoff", backoff);
}

/* Python's own alarm clock: a sensor that gives its process back between pokes hardly ever hears it. */
static bool keeps_limit(struct tw_op *op)
{
	bool compat2 = tw_map_int(tw_map_value(op->work, "dag"), "compat", 3) == 2;

	return is_deferrable(op) ? compat2 : !reschedules(op);
}

static struct tw_value spec_new(struct tw_op *op, const char *kind, bool has_timeout)
{
	static const char *const flags[] = {"poke_interval", "soft_fail", "never_fail", "silent_fail"};
	struct tw_arena *a = op->arena;
	struct tw_value spec = tw_v_map(a), rules = rules_of(op), class = tw_map_value(task_of(op), "operator");

	tw_map_putc(a, spec, "kind", tw_v_cstr(kind));
	tw_map_putc(a, spec, "started", instant(op, op->first_start));
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		tw_map_putc(a, spec, flags[i], tw_map_value(rules, flags[i]));
	if (has_timeout)
		tw_map_putc(a, spec, "timeout", tw_map_value(rules, "timeout"));
	if (is_deferrable(op))
		tw_map_putc(a, spec, "exact", tw_v_bool(true));
	put_backoff(op, spec);
	if (keeps_limit(op))
		tw_map_putc(a, spec, "limit", tw_map_value(op->work, "execution_timeout"));
	tw_map_putc(a, spec, "log", tw_map_value(op->work, "log_path"));
	tw_map_putc(a, spec, "logger",
		    tw_v_cstr(tw_arena_printf(a, "airflow.task.operators." TW_STR_FMT "." TW_STR_FMT,
					      TW_STR_ARG(tw_map_str(class, "module", "")),
					      TW_STR_ARG(tw_map_str(class, "class", "")))));
	return spec;
}

/* What each poke says; secrets are masked here, where they are known. */
static void put_say(struct tw_op *op, struct tw_value spec, struct tw_str text)
{
	struct tw_str masked = op->host->mask(op, text);

	tw_map_putc(op->arena, spec, "say", tw_v_str(masked));
	if (!tw_str_eq(masked, text))
		tw_map_putc(op->arena, spec, "secret", tw_v_bool(true));
}

static void say(struct tw_op *op, struct tw_value spec, struct tw_str text)
{
	const char *logger = tw_map_str(spec, "logger", "").p;

	if (text.n)
		op->host->log(op, TW_LOG_INFO, logger, text);
}

/* ── beginning ────────────────────────────────────────────────────────────────────────── */

static void done_at_once(struct tw_op *op, const struct tw_wait_end *e, struct tw_value result)
{
	const struct tw_op_outcome o = {
		.state = e->state,
		.reason = tw_buf_str(&e->reason),
		.exception = e->exception,
		.exit_code = -1,
		.has_result = result.kind != TW_V_NULL,
		.result = result,
	};

	op->host->done(op, &o);
}

static void defer(struct tw_op *op, struct tw_value spec)
{
	struct tw_value defer = tw_v_map(op->arena);
	struct tw_op_outcome o = {.state = "deferred", .exit_code = -1, .defer = defer};

	tw_map_putc(op->arena, defer, "classpath", tw_v_cstr(CLASSPATH));
	tw_map_putc(op->arena, defer, "kwargs", spec);
	tw_map_putc(op->arena, defer, "next_method", tw_v_cstr("execute_complete"));
	op->host->log(op, TW_LOG_INFO, "task", TW_STR("Pausing task as DEFERRED."));
	op->host->done(op, &o);
}

/* Must Python hear of its end, whatever that is? Then the end comes out of the triggerer, which has a way there. */
static bool is_heard(struct tw_op *op)
{
	return tw_value_len(tw_map_value(task_of(op), "callbacks")) || tw_map_findc(task_of(op), "email");
}

/* Looks once, unless somebody listens; then waits. */
static void begin(struct tw_op *op, struct tw_value spec, struct tw_value result)
{
	struct tw_poked poked = {0};
	struct tw_wait_end end = {0};

	if (is_heard(op) || tw_wait_poke(spec, op->now, op->zones, &poked, NULL) < 0) {
		defer(op, spec);
		return;
	}
	say(op, spec, tw_map_str(spec, "say", NULL));
	tw_wait_judge(spec, op->now, 1, &poked, &end);
	if (end.over) {
		say(op, spec, tw_buf_str(&poked.text));
		if (strcmp(end.state, "success") == 0 && !is_deferrable(op))
			say(op, spec, TW_STR("Success criteria met. Exiting."));
		done_at_once(op, &end, result);
	} else {
		tw_map_putc(op->arena, spec, "next", instant(op, end.next));
		tw_map_putc(op->arena, spec, "count", tw_v_int(1));
		defer(op, spec);
	}
	tw_poked_release(&poked);
	tw_wait_end_release(&end);
}

static enum tw_rc unsupported(struct tw_err *err, const char *what)
{
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "%s", what);
}

/* ── FileSensor ───────────────────────────────────────────────────────────────────────── */

static void wait_for_file(struct tw_op *op, struct tw_str base)
{
	TW_AUTO(tw_buf_release) struct tw_buf path = {0};
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	struct tw_value spec = spec_new(op, "file", true);

	tw_path_join(&path, base.n ? base : TW_STR("/"), tw_map_str(op->args, "filepath", ""));
	tw_buf_printf(&text, "Poking for file " TW_STR_FMT, TW_STR_ARG(tw_buf_str(&path)));
	tw_map_putc(op->arena, spec, "path", tw_v_str(tw_str_copy(op->arena, tw_buf_str(&path))));
	tw_map_putc(op->arena, spec, "recursive", tw_map_value(op->args, "recursive"));
	put_say(op, spec, tw_str_copy(op->arena, tw_buf_str(&text)));
	begin(op, spec, TW_NULL);
}

static void no_connection(struct tw_op *op, struct tw_str id)
{
	if (!tw_map_bool(rules_of(op), "never_fail", false)) {
		tw_op_fail(op, "AirflowNotFoundException", "The conn_id `" TW_STR_FMT "` isn't defined", TW_STR_ARG(id));
		return;
	}
	const struct tw_op_outcome o = {
		.state = "skipped",
		.exit_code = -1,
		.reason = TW_STR("Skipping due to never_fail is set to True."),
	};
	op->host->done(op, &o);
}

static struct tw_str conn_of(struct tw_op *op)
{
	return tw_map_str(op->args, "fs_conn_id", "fs_default");
}

static void on_connection(struct tw_op *op, struct tw_value conn, const struct tw_err *why)
{
	struct tw_str extra = tw_map_str(conn, "extra", "{}");
	struct tw_value read = TW_NULL;

	if (why) {
		tw_op_fail(op, "AirflowException", "%s", why->msg);
	} else if (conn.kind != TW_V_MAP && !tw_str_is(conn_of(op), "fs_default")) {
		no_connection(op, conn_of(op));
	} else {
		(void)tw_json_parse(op->arena, extra, &read, NULL);
		wait_for_file(op, tw_map_str(read, "path", ""));
	}
}

static bool in_environment(struct tw_op *op, const char *prefix, struct tw_str name)
{
	size_t n = strlen(prefix);

	for (const char *const *e = op->environ; e && *e; e++)
		if (strncmp(*e, prefix, n) == 0 && strlen(*e) > n + name.n && (*e)[n + name.n] == '=' &&
		    tw_str_caseeq(tw_strn(*e + n, name.n), tw_arena_strndup(op->arena, name.p, name.n)))
			return true;
	return false;
}

static enum tw_rc start_file(struct tw_op *op, struct tw_err *err)
{
	struct tw_value body = tw_v_map(op->arena), path = tw_map_value(op->args, "filepath");
	struct tw_value id = tw_map_value(op->args, "fs_conn_id");

	if (path.kind != TW_V_STR || !path.s.n || (id.kind != TW_V_STR && id.kind != TW_V_NULL))
		return unsupported(err, "a path that is no text");
	if (!tw_map_bool(op->work, "local", true))
		return unsupported(err, "a file of a machine that the triggerer does not see");
	if (op->secrets_backend || in_environment(op, "AIRFLOW_CONN_", conn_of(op)) ||
	    tw_map_bool(rules_of(op), "silent_fail", false))
		return unsupported(err, "a connection that Python has to look up");
	tw_map_putc(op->arena, body, "conn_id", tw_v_str(conn_of(op)));
	op->host->request(op, "connection_get", body, on_connection);
	return TW_OK;
}

/* ── moments ──────────────────────────────────────────────────────────────────────────── */

static void wait_until(struct tw_op *op, tw_time at, bool has_timeout, const char *what, struct tw_value result)
{
	struct tw_value spec = spec_new(op, "moment", has_timeout);

	tw_map_putc(op->arena, spec, "at", instant(op, at));
	put_say(op, spec, tw_str(what));
	begin(op, spec, result);
}

static tw_time run_instant(struct tw_op *op, const char *first, const char *second)
{
	struct tw_value run = tw_map_value(op->work, "run");
	struct tw_str text = tw_map_str(run, first, NULL);
	tw_time t;

	if (!text.p)
		text = tw_map_str(run, second, "");
	return tw_time_parse(text, NULL, &t, NULL) == TW_OK ? t : TW_TIME_NONE;
}

/* str(datetime) */
static const char *shown(struct tw_op *op, tw_time t)
{
	char text[TW_ISO_MAX];

	tw_time_iso_utc(text, t)[10] = ' ';
	return tw_arena_strdup(op->arena, text);
}

static enum tw_rc start_date_time(struct tw_op *op, struct tw_err *err)
{
	struct tw_value target = tw_map_value(op->args, "target_time");
	TW_AUTO(tw_buf_release) struct tw_buf shown_as = {0};
	tw_time at;

	if (target.kind == TW_V_DATETIME && target.dt.zone) {
		at = target.dt.us;
		tw_time_iso(&shown_as, at, target.dt.zone);
	} else if (target.kind == TW_V_STR && tw_time_parse(target.s, NULL, &at, NULL) == TW_OK) {
		tw_buf_addstr(&shown_as, target.s);
	} else {
		return unsupported(err, "a target_time that only Python reads");
	}
	wait_until(op, at, !is_deferrable(op),
		   tw_arena_printf(op->arena, "Checking if the time (%s) has come", shown_as.p), TW_NULL);
	return TW_OK;
}

/* "HH:MM[:SS[.ffffff]]" of the day on which the task runs, in the DAG's zone. */
static enum tw_rc start_time(struct tw_op *op, struct tw_err *err)
{
	struct tw_str text = tw_map_str(op->args, "target_time", "");
	const struct tw_zone *zone = tw_zone_utc;
	struct tw_iso time_of_day;

	if (tw_zones_get(op->zones, tw_map_str(tw_map_value(op->work, "dag"), "timezone", "UTC"), &zone, err) < 0)
		return TW_ERR_UNSUPPORTED;
	char *full = tw_arena_printf(op->arena, "1970-01-01T" TW_STR_FMT, TW_STR_ARG(text));
	if (!text.n || tw_iso_parse(tw_str(full), &time_of_day, err) < 0)
		return unsupported(err, "a target_time that only Python reads");
	int64_t today = tw_floor_div(tw_zone_local(zone, op->now), TW_US_DAY) * TW_US_DAY;
	tw_time at = tw_zone_to_utc(zone, today + time_of_day.local_us, 0);
	wait_until(op, at, !is_deferrable(op),
		   tw_arena_printf(op->arena, "Checking if the time (%s) has come", shown(op, at)), TW_NULL);
	return TW_OK;
}

/* A timedelta, or minutes as a number or text. */
static bool read_delta(struct tw_value v, int64_t *ret_us)
{
	int64_t minutes;

	if (v.kind == TW_V_DELTA)
		*ret_us = v.i;
	else if (v.kind == TW_V_INT && v.i > -1000000000 && v.i < 1000000000)
		*ret_us = v.i * TW_US_MIN;
	else if (v.kind == TW_V_STR && tw_str_to_int(tw_str_trim(v.s), &minutes) && minutes > -1000000000 &&
		 minutes < 1000000000)
		*ret_us = minutes * TW_US_MIN;
	else
		return false;
	return true;
}

/* str(timedelta) */
static const char *shown_delta(struct tw_op *op, int64_t us)
{
	int64_t days = tw_floor_div(us, TW_US_DAY), rest = us - days * TW_US_DAY;
	char day[40] = "", fraction[20] = "";

	if (days)
		snprintf(day, sizeof day, "%lld day%s, ", (long long)days, llabs(days) == 1 ? "" : "s");
	if (rest % TW_US_SEC)
		snprintf(fraction, sizeof fraction, ".%06d", (int)(rest % TW_US_SEC));
	rest /= TW_US_SEC;
	return tw_arena_printf(op->arena, "%s%d:%02d:%02d%s", day, (int)(rest / 3600), (int)(rest / 60 % 60),
			       (int)(rest % 60), fraction);
}

static enum tw_rc start_time_delta(struct tw_op *op, struct tw_err *err)
{
	tw_time base = run_instant(op, "data_interval_end", "run_after");
	int64_t delta;

	if (base == TW_TIME_NONE || !read_delta(tw_map_value(op->args, "delta"), &delta))
		return unsupported(err, "a delta that only Python reads");
	wait_until(op, base + delta, true,
		   tw_arena_printf(op->arena, "Checking if the delta has elapsed base_time=%s, delta=%s", shown(op, base),
				   shown_delta(op, delta)),
		   is_deferrable(op) ? tw_v_bool(true) : TW_NULL);
	return TW_OK;
}

static enum tw_rc start_wait(struct tw_op *op, struct tw_err *err)
{
	int64_t delta;

	if (!read_delta(tw_map_value(op->args, "time_to_wait"), &delta))
		return unsupported(err, "a time_to_wait that only Python reads");
	/* Without deferral it sleeps whole seconds. */
	if (!is_deferrable(op))
		delta = delta / TW_US_SEC * TW_US_SEC;
	wait_until(op, op->now + delta, false, "", TW_NULL);
	return TW_OK;
}

/* ── DayOfWeekSensor ──────────────────────────────────────────────────────────────────── */

static enum tw_rc start_day_of_week(struct tw_op *op, struct tw_err *err)
{
	static const char *const names[] = {"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"};
	struct tw_value days = tw_map_value(op->args, "days"), spec = spec_new(op, "weekday", true);
	int today = tw_weekday(tw_floor_div(op->now, TW_US_DAY));

	if (days.kind != TW_V_LIST)
		return unsupported(err, "days that only Python reads");
	tw_map_putc(op->arena, spec, "days", days);
	if (tw_map_bool(op->args, "use_task_logical_date", false)) {
		tw_time t = run_instant(op, "logical_date", "run_after");
		if (t == TW_TIME_NONE)
			return unsupported(err, "no date");
		tw_map_putc(op->arena, spec, "day", tw_v_int(tw_weekday(tw_floor_div(t, TW_US_DAY)) + 1));
	}
	struct tw_str shown_as = tw_map_str(op->args, "shown", "");
	put_say(op, spec,
		tw_str(tw_arena_printf(op->arena, "Poking until weekday is in " TW_STR_FMT ", Today is %s",
				       TW_STR_ARG(shown_as), names[today])));
	begin(op, spec, TW_NULL);
	return TW_OK;
}

/* ── ExternalTaskSensor ───────────────────────────────────────────────────────────────── */

static bool is_text_list(struct tw_value v)
{
	for (size_t i = 0; i < tw_value_len(v); i++)
		if (v.kind == TW_V_MAP || v.list->v[i].kind != TW_V_STR)
			return false;
	return v.kind == TW_V_LIST || v.kind == TW_V_TUPLE || v.kind == TW_V_NULL;
}

static bool has_duplicates(struct tw_value v)
{
	for (size_t i = 0; i < tw_value_len(v); i++)
		for (size_t k = 0; k < i; k++)
			if (tw_value_equal(v.list->v[i], v.list->v[k]))
				return true;
	return false;
}

static void say_external(struct tw_op *op, struct tw_value spec, struct tw_value ids, struct tw_str group,
			 struct tw_str dag_id, struct tw_str dates)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};

	if (tw_value_len(ids)) {
		tw_buf_adds(&text, "Poking for tasks [");
		for (size_t i = 0; i < tw_value_len(ids); i++) {
			tw_buf_adds(&text, i ? ", " : "");
			tw_op_repr(&text, ids.list->v[i].s);
		}
		tw_buf_printf(&text, "] in dag " TW_STR_FMT, TW_STR_ARG(dag_id));
	} else if (group.n) {
		tw_buf_printf(&text, "Poking for task_group '" TW_STR_FMT "' in dag '" TW_STR_FMT "'", TW_STR_ARG(group),
			      TW_STR_ARG(dag_id));
	} else {
		tw_buf_printf(&text, "Poking for DAG '" TW_STR_FMT "'", TW_STR_ARG(dag_id));
	}
	tw_buf_printf(&text, " on " TW_STR_FMT " ... ", TW_STR_ARG(dates));
	put_say(op, spec, tw_str_copy(op->arena, tw_buf_str(&text)));
}

static enum tw_rc start_external(struct tw_op *op, struct tw_err *err)
{
	static const char *const states[][2] = {{"allowed_states", "allowed"}, {"skipped_states", "skipped"},
						{"failed_states", "failed"}};
	struct tw_value spec = spec_new(op, "external", true), ids = tw_map_value(op->args, "external_task_ids");
	struct tw_value group = tw_map_value(op->args, "external_task_group_id"), dates = tw_v_list(op->arena);
	struct tw_str dag_id = tw_map_str(op->args, "external_dag_id", "");
	tw_time when = run_instant(op, "logical_date", "run_after");
	int64_t delta = 0;

	if (!is_text_list(ids) || has_duplicates(ids) || (group.kind != TW_V_NULL && group.kind != TW_V_STR) || !dag_id.n ||
	    when == TW_TIME_NONE)
		return unsupported(err, "arguments that only Python reads");
	if (tw_map_value(op->args, "execution_delta").kind != TW_V_NULL &&
	    !read_delta(tw_map_value(op->args, "execution_delta"), &delta))
		return unsupported(err, "an execution_delta that only Python reads");
	tw_list_push(op->arena, dates, instant(op, when - delta));
	tw_map_putc(op->arena, spec, "dag_id", tw_v_str(dag_id));
	tw_map_putc(op->arena, spec, "task_ids", ids);
	tw_map_putc(op->arena, spec, "group_id", group);
	tw_map_putc(op->arena, spec, "dates", dates);
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		tw_map_putc(op->arena, spec, states[i][1], tw_map_value(op->args, states[i][0]));
	say_external(op, spec, ids, group.kind == TW_V_STR ? group.s : TW_STR(""), dag_id, dates.list->v[0].s);
	defer(op, spec);
	return TW_OK;
}

const struct tw_op_type tw_op_file_sensor = {.name = "file_sensor", .start = start_file};
const struct tw_op_type tw_op_date_time_sensor = {.name = "date_time_sensor", .start = start_date_time};
const struct tw_op_type tw_op_time_sensor = {.name = "time_sensor", .start = start_time};
const struct tw_op_type tw_op_time_delta_sensor = {.name = "time_delta_sensor", .start = start_time_delta};
const struct tw_op_type tw_op_wait_sensor = {.name = "wait_sensor", .start = start_wait};
const struct tw_op_type tw_op_day_of_week_sensor = {.name = "day_of_week_sensor", .start = start_day_of_week};
const struct tw_op_type tw_op_external_task_sensor = {.name = "external_task_sensor", .start = start_external};
