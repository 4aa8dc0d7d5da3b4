#include "operator/wait.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "model/spread.h"
#include "operator/glob.h"
#include "operator/operator.h"
#include "value/json.h"

void tw_poked_release(struct tw_poked *p)
{
	tw_buf_release(&p->text);
	*p = (struct tw_poked){0};
}

void tw_wait_end_release(struct tw_wait_end *e)
{
	tw_buf_release(&e->reason);
	*e = (struct tw_wait_end){0};
}

static tw_time instant_of(struct tw_value spec, const char *key)
{
	struct tw_str text = tw_map_str(spec, key, NULL);
	tw_time t;

	return text.p && tw_time_parse(text, NULL, &t, NULL) == TW_OK ? t : TW_TIME_NONE;
}

static bool listed_int(struct tw_value list, int64_t i)
{
	for (size_t k = 0; list.kind == TW_V_LIST && k < list.list->n; k++)
		if (list.list->v[k].kind == TW_V_INT && list.list->v[k].i == i)
			return true;
	return false;
}

/* ── pokes ────────────────────────────────────────────────────────────────────────────── */

static void poke_file(struct tw_value spec, struct tw_poked *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf path = {0};
	int64_t mtime = 0;

	if (!tw_glob_find_file(tw_map_str(spec, "path", ""), tw_map_bool(spec, "recursive", false), &path, &mtime))
		return;
	ret->what = TW_POKE_YES;
	if (mtime && !tw_map_bool(spec, "secret", false)) {
		char when[40];
		struct tm tm;
		time_t t = (time_t)mtime;
		strftime(when, sizeof when, "%Y%m%d%H%M%S", localtime_r(&t, &tm));
		tw_buf_printf(&ret->text, "Found File %s last modified: %s", path.p, when);
	}
}

/* Monday is 1, in the DAG's zone. */
static int64_t weekday_now(struct tw_value spec, tw_time now, struct tw_zones *zones)
{
	const struct tw_zone *zone = tw_zone_utc;

	(void)tw_zones_get(zones, tw_map_str(spec, "zone", "UTC"), &zone, NULL);
	return tw_weekday(tw_floor_div(tw_zone_local(zone, now), TW_US_DAY)) + 1;
}

enum tw_rc tw_wait_poke(struct tw_value spec, tw_time now, struct tw_zones *zones, struct tw_poked *ret,
			struct tw_err *err)
{
	struct tw_str kind = tw_map_str(spec, "kind", "");

	if (tw_str_is(kind, "file")) {
		poke_file(spec, ret);
	} else if (tw_str_is(kind, "moment")) {
		if (now > instant_of(spec, "at"))
			ret->what = TW_POKE_YES;
	} else if (tw_str_is(kind, "weekday")) {
		int64_t day = tw_map_int(spec, "day", 0);
		if (listed_int(tw_map_value(spec, "days"), day ? day : weekday_now(spec, now, zones)))
			ret->what = TW_POKE_YES;
	} else {
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "a wait of kind '" TW_STR_FMT "'", TW_STR_ARG(kind));
	}
	return TW_OK;
}

/* ── other DAGs ───────────────────────────────────────────────────────────────────────── */

struct others {
	struct tw_value spec, task_ids;
	struct tw_str dag_id, group_id;
	tw_wait_ask ask;
	void *arg;
	struct tw_arena *a;
	struct tw_err *err;
};

static bool has_state(struct tw_value states, struct tw_value state)
{
	struct tw_str s = state.kind == TW_V_STR ? state.s : TW_STR("None");

	for (size_t i = 0; i < tw_value_len(states); i++)
		if (states.list->v[i].kind == TW_V_STR && tw_str_eq(states.list->v[i].s, s))
			return true;
	return false;
}

/* The runs all of whose tasks (of the group) are in one of the states. */
static double matching_runs(struct tw_value by_run, struct tw_value states)
{
	double n = 0;

	for (size_t i = 0; i < tw_value_len(by_run); i++) {
		struct tw_value tasks = by_run.map->v[i].value;
		bool all = tw_value_len(tasks) > 0;
		for (size_t k = 0; all && k < tw_value_len(tasks); k++)
			all = has_state(states, tasks.map->v[k].value);
		n += all;
	}
	return n;
}

static double runs_with_any(struct tw_value by_run, struct tw_value states)
{
	double n = 0;

	for (size_t i = 0; i < tw_value_len(by_run); i++) {
		struct tw_value tasks = by_run.map->v[i].value;
		bool any = false;
		for (size_t k = 0; !any && k < tw_value_len(tasks); k++)
			any = has_state(states, tasks.map->v[k].value);
		n += any;
	}
	return n;
}

/* Asks one question; the body gets what all of them share. */
static enum tw_rc put_question(struct others *o, const char *what, struct tw_value body, struct tw_value *ret)
{
	tw_map_putc(o->a, body, "dag_id", tw_v_str(o->dag_id));
	tw_map_putc(o->a, body, "logical_dates", tw_map_value(o->spec, "dates"));
	tw_map_putc(o->a, body, "run_ids", tw_map_value(o->spec, "run_ids"));
	return o->ask(o->arg, what, body, o->a, ret, o->err);
}

/* In how many runs has the task (every one of its instances), or, with `any`, one of them, such a state? */
static enum tw_rc count_task(struct others *o, struct tw_value task_id, struct tw_value states, bool any, double *n)
{
	struct tw_value body = tw_v_map(o->a), ids = tw_v_list(o->a), by_run;

	tw_list_push(o->a, ids, task_id);
	tw_map_putc(o->a, body, "task_ids", ids);
	enum tw_rc rc = put_question(o, "task_states", body, &by_run);
	if (rc == TW_OK)
		*n += any ? runs_with_any(by_run, states) : matching_runs(by_run, states);
	return rc;
}

/* How many of the runs have what is named in one of the states; a part of several tasks counts as a part. */
static enum tw_rc count(struct others *o, struct tw_value states, bool any, double *ret_n)
{
	struct tw_value body = tw_v_map(o->a), result;
	size_t ntasks = tw_value_len(o->task_ids);
	enum tw_rc rc = TW_OK;

	*ret_n = 0;
	for (size_t i = 0; rc == TW_OK && i < ntasks; i++)
		rc = count_task(o, o->task_ids.list->v[i], states, any, ret_n);
	if (ntasks) {
		*ret_n /= (double)ntasks;
		return rc;
	}
	if (o->group_id.n) {
		tw_map_putc(o->a, body, "task_group_id", tw_v_str(o->group_id));
		rc = put_question(o, "task_states", body, &result);
		if (rc == TW_OK)
			*ret_n = matching_runs(result, states);
		return rc;
	}
	tw_map_putc(o->a, body, "states", states);
	rc = put_question(o, "dag_run_count", body, &result);
	if (rc == TW_OK)
		*ret_n = result.kind == TW_V_INT ? (double)result.i : 0;
	return rc;
}

static void name_tasks(struct others *o, struct tw_buf *out)
{
	tw_buf_addc(out, '[');
	for (size_t i = 0; i < tw_value_len(o->task_ids); i++) {
		tw_buf_adds(out, i ? ", " : "");
		tw_op_repr(out, o->task_ids.list->v[i].kind == TW_V_STR ? o->task_ids.list->v[i].s : TW_STR("None"));
	}
	tw_buf_addc(out, ']');
}

/* The waiter's own words, with the state that the run is in. */
static void run_failed(struct others *o, struct tw_buf *out)
{
	struct tw_str text = tw_map_str(o->spec, "failure", ""), rest, before;
	struct tw_value states = tw_map_value(o->spec, "failed"), ids = tw_map_value(o->spec, "run_ids"), run = TW_NULL;
	struct tw_value body = tw_v_map(o->a);

	if (tw_value_len(ids))
		tw_map_putc(o->a, body, "run_id", ids.list->v[0]);
	tw_map_putc(o->a, body, "dag_id", tw_v_str(o->dag_id));
	(void)o->ask(o->arg, "dag_run_get", body, o->a, &run, NULL);
	struct tw_str state = tw_map_str(run, "state", tw_value_len(states) == 1 ? states.list->v[0].s.p : "failed");
	before = tw_str_cut(text, '{', &rest);
	tw_buf_printf(out, TW_STR_FMT TW_STR_FMT, TW_STR_ARG(before), TW_STR_ARG(rest.p ? state : rest));
}

static void others_failed(struct others *o, struct tw_poked *ret)
{
	bool soft = tw_map_bool(o->spec, "soft_fail", false);
	TW_AUTO(tw_buf_release) struct tw_buf names = {0};

	if (tw_value_len(o->task_ids)) {
		name_tasks(o, &names);
		ret->exception = "ExternalTaskFailedError";
		tw_buf_printf(&ret->text, "Some of the external tasks %s in DAG " TW_STR_FMT " failed.", names.p,
			      TW_STR_ARG(o->dag_id));
	} else if (o->group_id.n) {
		ret->exception = "ExternalTaskGroupFailedError";
		tw_buf_printf(&ret->text, "The external task_group '" TW_STR_FMT "' in DAG '" TW_STR_FMT "' failed.",
			      TW_STR_ARG(o->group_id), TW_STR_ARG(o->dag_id));
	} else if (tw_map_findc(o->spec, "failure")) {
		ret->exception = "AirflowException";
		run_failed(o, &ret->text);
	} else {
		ret->exception = "ExternalDagFailedError";
		tw_buf_printf(&ret->text, "The external DAG " TW_STR_FMT " failed.", TW_STR_ARG(o->dag_id));
	}
	if (soft)
		tw_buf_adds(&ret->text, " Skipping due to soft_fail.");
	ret->what = soft ? TW_POKE_SKIP : TW_POKE_FAIL;
}

static void others_skipped(struct others *o, struct tw_poked *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf what = {0};

	if (tw_value_len(o->task_ids)) {
		tw_buf_adds(&what, "Some of the external tasks ");
		name_tasks(o, &what);
		tw_buf_adds(&what, " in DAG ");
	} else if (o->group_id.n) {
		tw_buf_printf(&what, "The external task_group '" TW_STR_FMT "' in DAG ", TW_STR_ARG(o->group_id));
	} else {
		tw_buf_adds(&what, "The external DAG ");
	}
	ret->what = TW_POKE_SKIP;
	tw_buf_printf(&ret->text, "%s" TW_STR_FMT " reached a state in our states-to-skip-on list. Skipping.", what.p,
		      TW_STR_ARG(o->dag_id));
}

enum tw_rc tw_wait_poke_others(struct tw_value spec, tw_wait_ask ask, void *arg, struct tw_arena *a,
			       struct tw_poked *ret, struct tw_err *err)
{
	struct others o = {
		.spec = spec,
		.task_ids = tw_map_value(spec, "task_ids"),
		.dag_id = tw_map_str(spec, "dag_id", ""),
		.group_id = tw_map_str(spec, "group_id", ""),
		.ask = ask,
		.arg = arg,
		.a = a,
		.err = err,
	};
	static const struct {
		const char *key;
		void (*say)(struct others *o, struct tw_poked *ret);
	} ends[] = {{"failed", others_failed}, {"skipped", others_skipped}};
	double n, wanted = (double)tw_map_int(spec, "wanted", 1);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct tw_value states = tw_map_value(spec, ends[i].key);
		if (!tw_value_len(states))
			continue;
		enum tw_rc rc = count(&o, states, true, &n);
		if (rc < 0)
			return rc;
		if (n > 0) {
			ends[i].say(&o, ret);
			return TW_OK;
		}
	}
	enum tw_rc rc = count(&o, tw_map_value(spec, "allowed"), false, &n);
	if (rc == TW_OK && n == wanted)
		ret->what = TW_POKE_YES;
	return rc;
}

/* ── rules ────────────────────────────────────────────────────────────────────────────── */

static tw_time started_of(struct tw_value spec, tw_time now)
{
	tw_time t = instant_of(spec, "started");

	return t == TW_TIME_NONE ? now : t;
}

static double elapsed(struct tw_value spec, tw_time now)
{
	return (double)(now - started_of(spec, now)) / 1e6;
}

static void end(struct tw_wait_end *e, const char *state, const char *exception, struct tw_str reason)
{
	e->over = true;
	e->state = state;
	e->exception = exception;
	tw_buf_addstr(&e->reason, reason);
}

/* What a poke between 1·2^(n-2) and 2·2^(n-2) intervals after the one before comes to. */
static double spread_interval(struct tw_str key, double interval, int n)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	double base = floor(interval * pow(2, n - 2));
	uint64_t m = base < 1 ? 1 : base > 1e15 ? 1000000000000000u : (uint64_t)base;

	tw_buf_addstr(&text, key);
	tw_buf_printf(&text, "%d", n);
	return (double)m + (double)tw_spread(tw_buf_str(&text), m);
}

/* A sensor in reschedule mode has no memory: it guesses from the time how many pokes there were. */
static int guess_count(struct tw_str key, double interval, double passed)
{
	int n = 0;

	for (double sum = 0; sum <= passed && n < 1000;)
		sum += spread_interval(key, interval, ++n);
	return n ? n : 1;
}

static double next_interval(struct tw_value spec, tw_time now, int n)
{
	struct tw_value backoff = tw_map_value(spec, "backoff");
	double interval = tw_map_num(spec, "poke_interval", 60), passed = elapsed(spec, now);
	double timeout = tw_map_num(spec, "timeout", INFINITY), most = tw_map_num(backoff, "max_wait", 0);

	if (backoff.kind != TW_V_MAP)
		return interval;
	struct tw_str key = tw_map_str(backoff, "key", "");
	if (tw_map_bool(backoff, "reschedule", false))
		n = guess_count(key, interval, passed);
	double wait = fmin(timeout - floor(passed), spread_interval(key, interval, n));
	return most > 0 ? fmin(most, wait) : wait;
}

static void poke_failed(struct tw_value spec, const struct tw_poked *p, struct tw_wait_end *ret)
{
	if (tw_map_bool(spec, "never_fail", false))
		end(ret, "skipped", NULL, TW_STR("Skipping due to never_fail is set to True."));
	else
		end(ret, "failed", p->exception, tw_buf_str(&p->text));
}

static void timed_out(struct tw_value spec, tw_time now, struct tw_wait_end *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	bool skip = tw_map_bool(spec, "soft_fail", false);

	if (tw_map_bool(spec, "exact", false)) {
		/* As a deferred sensor whose trigger timed out. */
		tw_buf_adds(&text, "Trigger timeout");
		if (skip || tw_map_bool(spec, "never_fail", false)) {
			tw_buf_clear(&text);
			tw_buf_printf(&text, "Skipping due to %s is set to True.", skip ? "soft_fail" : "never_fail");
			skip = true;
		}
	} else {
		tw_buf_adds(&text, "Sensor has timed out; run duration of ");
		tw_json_write_float(&text, elapsed(spec, now));
		tw_buf_adds(&text, " seconds exceeds the specified timeout of ");
		tw_json_write_float(&text, tw_map_num(spec, "timeout", 0));
		tw_buf_addc(&text, '.');
	}
	end(ret, skip ? "skipped" : "failed_final", skip ? NULL : "AirflowSensorTimeout", tw_buf_str(&text));
}

void tw_wait_judge(struct tw_value spec, tw_time now, int n, const struct tw_poked *p, struct tw_wait_end *ret)
{
	bool silent = tw_map_bool(spec, "silent_fail", false);

	if (p->what == TW_POKE_YES) {
		end(ret, "success", NULL, TW_STR(""));
	} else if (p->what == TW_POKE_SKIP) {
		end(ret, "skipped", NULL, tw_buf_str(&p->text));
	} else if (p->what == TW_POKE_FAIL && !silent) {
		poke_failed(spec, p, ret);
	} else if (elapsed(spec, now) > tw_map_num(spec, "timeout", INFINITY)) {
		timed_out(spec, now, ret);
	} else {
		double wait = next_interval(spec, now, n);
		/* Who asks for no pause at all gets a short one. */
		ret->next = now + (int64_t)(fmin(fmax(wait, 0.1), 1e9) * 1e6);
	}
}

void tw_wait_resume(struct tw_value spec, tw_time now, int *count, tw_time *next)
{
	struct tw_value backoff = tw_map_value(spec, "backoff");
	int pokes = *count;

	/* In reschedule mode each poke counts anew from the time that has passed. */
	if (backoff.kind != TW_V_MAP || tw_map_bool(backoff, "reschedule", false))
		return;
	for (tw_time t = *next; t < now; pokes++)
		t += (int64_t)(fmin(fmax(next_interval(spec, t, pokes + 1), 0.1), 1e9) * 1e6);
	if (pokes == *count)
		return;
	*count = pokes - 1;
	*next = now;
}

static tw_time after(struct tw_value spec, const char *key)
{
	tw_time started = instant_of(spec, "started");
	double s = tw_map_num(spec, key, -1);

	return s < 0 || s > 1e9 || started == TW_TIME_NONE ? TW_TIME_NONE : started + (int64_t)(s * 1e6);
}

static tw_time earlier(tw_time a, tw_time b)
{
	return a == TW_TIME_NONE || (b != TW_TIME_NONE && b < a) ? b : a;
}

static tw_time exact_timeout(struct tw_value spec)
{
	return tw_map_bool(spec, "exact", false) ? after(spec, "timeout") : TW_TIME_NONE;
}

tw_time tw_wait_alarm(struct tw_value spec)
{
	tw_time at = instant_of(spec, "at");

	/* The moment has come when it is over. */
	return earlier(at == TW_TIME_NONE ? at : at + 1, earlier(exact_timeout(spec), after(spec, "limit")));
}

bool tw_wait_expired(struct tw_value spec, tw_time now, struct tw_wait_end *ret)
{
	tw_time limit = after(spec, "limit"), timeout = exact_timeout(spec);

	if (timeout != TW_TIME_NONE && now >= timeout)
		timed_out(spec, now, ret);
	else if (limit != TW_TIME_NONE && now >= limit)
		end(ret, "failed", "AirflowTaskTimeout", TW_STR("Timeout"));
	return ret->over;
}
