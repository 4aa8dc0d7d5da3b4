#include "daemon/alarms.h"

#include <stdlib.h>

#include "base/log.h"
#include "daemon/shell.h"
#include "io/token.h"
#include "store/deadline.h"
#include "store/runs.h"
#include "store/tis.h"
#include "store/vault.h"
#include "time/instant.h"

#define COMMIT_US 20000 /* one that is due before its row is committed is looked at again so much later */

/* One instant of a run. */
struct alarm {
	struct tw_heap_node node;
	tw_time at, due;             /* due: what it says, at: when it rings */
	enum { DEADLINE, SLA } kind;
	char *dag_id, *run_id;
	struct tw_id id;             /* DEADLINE: its row */
	const struct turn *made;     /* the turn that writes it: not before it has */
};

static bool earlier(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return tw_container_of(a, struct alarm, node)->at < tw_container_of(b, struct alarm, node)->at;
}

static struct alarm *set_alarm(struct shell *sh, int kind, tw_time at, struct tw_str dag_id, struct tw_str run_id)
{
	struct alarm *m = tw_new(struct alarm);

	m->kind = kind;
	m->at = m->due = at;
	m->dag_id = tw_str_dup(dag_id);
	m->run_id = tw_str_dup(run_id);
	sh->alarms.heap.before = earlier;
	tw_heap_push(&sh->alarms.heap, &m->node);
	return m;
}

static void alarm_free(struct alarm *m)
{
	free(m->dag_id);
	free(m->run_id);
	free(m);
}

void alarms_release(struct alarms *a)
{
	struct tw_heap_node *n;

	while ((n = tw_heap_pop(&a->heap)))
		alarm_free(tw_container_of(n, struct alarm, node));
	tw_heap_release(&a->heap);
	tw_map_release(&a->slas);
}

tw_time alarms_next(const struct shell *sh)
{
	struct tw_heap_node *n = tw_heap_min(&sh->alarms.heap);

	return n ? tw_container_of(n, struct alarm, node)->at : TW_TIME_NONE;
}

/* A callback's row in the commit; what of it is borrowed lives in the turn. */
static struct tw_callback_row *leave(struct shell *sh, const struct workload_call *call, const char *type,
				     const char *state)
{
	struct tw_arena *a = &sh->gathering->arena;
	struct tw_callback_row *row = tw_arena_new(a, struct tw_callback_row);
	struct tw_buf json = { 0 };

	workload_callback(sh, call, &json);
	turn_callback(sh, sh->gathering, row, tw_buf_str(&json));
	tw_buf_release(&json);
	row->type = tw_str(type);
	row->state = tw_str(state);
	return row;
}

/* ── deadlines ────────────────────────────────────────────────────────────────────────── */

static struct tw_value deadline_of(const struct tw_dag *dag, int alert)
{
	struct tw_value list = tw_map_value(dag->doc, "deadlines");

	return (size_t)alert < tw_value_len(list) ? list.list->v[alert] : TW_NULL;
}

/* Seconds, or a Variable that holds them. */
static enum tw_rc read_interval(struct shell *sh, struct tw_value deadline, int64_t *ret_us, struct tw_err *err)
{
	struct tw_value v = tw_map_value(deadline, "interval");
	struct tw_str key = v.kind == TW_V_MAP ? tw_map_str(v, "variable", NULL) : (struct tw_str){ 0 };
	struct tw_arena a = { 0 };
	struct tw_variable_row row;
	int64_t seconds = 0;
	enum tw_rc rc;

	if (!key.p) {
		*ret_us = (int64_t)(tw_map_num(deadline, "interval", 0) * 1e6);
		return TW_OK;
	}
	rc = tw_store_variable(sh->reader, key, &a, &row, err);
	if (rc == TW_OK && !tw_str_to_int(tw_str_trim(row.value), &seconds))
		rc = tw_err_set(err, TW_ERR_INVALID, "Variable '" TW_STR_FMT "' is no number of seconds", TW_STR_ARG(key));
	*ret_us = seconds * TW_US_SEC;
	tw_arena_release(&a);
	return rc;
}

static tw_time fixed_date(struct tw_value reference)
{
	struct tw_value v = tw_map_value(reference, "datetime");
	struct tw_str text = v.kind == TW_V_MAP ? tw_map_str(v, "__var", NULL) : tw_map_str(reference, "datetime", NULL);
	tw_time t;

	return text.p && tw_time_parse(text, NULL, &t, NULL) == TW_OK ? t : TW_TIME_NONE;
}

/* From now on, as long as runs take that succeed; none when too few have. */
static tw_time mean_from_now(struct shell *sh, struct tw_value reference, struct tw_str dag_id)
{
	int max = (int)tw_map_int(reference, "max_runs", 10), min = (int)tw_map_int(reference, "min_runs", max), n;
	int64_t mean;
	struct tw_err err = { 0 };

	if (tw_store_mean_runtime(sh->reader, dag_id, max, &n, &mean, &err) < 0) {
		tw_warn("a deadline's average runtime: %s dag=" TW_STR_FMT, err.msg, TW_STR_ARG(dag_id));
		return TW_TIME_NONE;
	}
	return n < min || !n ? TW_TIME_NONE : shell_now(sh) + mean;
}

/* What the deadline counts from; false: only Python can say. */
static bool base_of(struct shell *sh, struct tw_value deadline, const struct tw_run_row *run, tw_time *ret)
{
	struct tw_value reference = tw_map_value(deadline, "reference");
	struct tw_str type = tw_map_str(reference, "type", "");

	if (tw_str_is(type, "dagrun_logical_date"))
		*ret = run->logical_date;
	else if (tw_str_is(type, "dagrun_queued_at"))
		*ret = run->queued_at;
	else if (tw_str_is(type, "fixed_datetime"))
		*ret = fixed_date(reference);
	else if (tw_str_is(type, "average_runtime"))
		*ret = mean_from_now(sh, reference, run->dag_id);
	else
		return false;
	return true;
}

static void make(struct shell *sh, struct tw_value deadline, struct tw_run_ref run, int alert, tw_time base)
{
	struct tw_arena *a = &sh->gathering->arena;
	struct tw_deadline_row *row;
	struct alarm *alarm;
	struct tw_err err = { 0 };
	char id[TW_UUID_LEN + 1];
	int64_t interval;

	if (base == TW_TIME_NONE)
		return;
	if (read_interval(sh, deadline, &interval, &err) < 0) {
		tw_error("a deadline is not set: %s dag=" TW_STR_FMT, err.msg, TW_STR_ARG(run.dag_id));
		return;
	}
	row = tw_arena_new(a, struct tw_deadline_row);
	tw_uuid7(id, shell_now(sh));
	tw_id_parse(tw_str(id), &row->id);
	row->dag_id = tw_str_copy(a, run.dag_id);
	row->run_id = tw_str_copy(a, run.run_id);
	row->alert = alert;
	row->name = tw_map_str(deadline, "name", NULL);
	if (row->name.p)
		row->name = tw_str_copy(a, row->name);
	row->created_at = shell_now(sh);
	row->deadline_time = base + interval;
	tw_batch_deadline_new(&sh->gathering->batch, row);
	alarm = set_alarm(sh, DEADLINE, row->deadline_time, run.dag_id, run.run_id);
	alarm->id = row->id;
	alarm->made = sh->gathering;
}

/* A reference class of the user's: a dag-processor is asked, and posts what it says (inbox: "deadline"). */
static void ask_python(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run, int alert)
{
	char about[40];
	struct workload_call call = { .kind = "deadline_reference", .request = "DeadlineReferenceRequest", .dag = dag,
				      .run = run };

	snprintf(about, sizeof about, "{\"alert\":%d}", alert);
	call.about = tw_str(about);
	leave(sh, &call, "dag_processor", NULL);
}

static void make_all(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run, bool requeued)
{
	size_t n = tw_value_len(tw_map_value(dag->doc, "deadlines"));

	for (int i = 0; (size_t)i < n; i++) {
		struct tw_value d = deadline_of(dag, i);
		struct tw_str type = tw_map_str(tw_map_value(d, "reference"), "type", "");
		tw_time base = TW_TIME_NONE;

		if (requeued && !tw_str_is(type, "dagrun_queued_at"))
			continue;
		if (base_of(sh, d, run, &base))
			make(sh, d, (struct tw_run_ref){ run->dag_id, run->run_id }, i, base);
		else
			ask_python(sh, dag, run, i);
	}
}

void alarms_run_made(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run)
{
	make_all(sh, dag, run, false);
}

enum tw_rc alarms_answered(struct shell *sh, struct tw_run_ref run, int alert, tw_time base, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_run_view view;
	struct tw_dag *dag;
	enum tw_rc rc = tw_store_run(sh->reader, run.dag_id, run.run_id, &a, &view, err);

	if (rc == TW_OK)
		rc = boot_version(sh, view.run.version_id, &dag, err);
	if (rc == TW_OK)
		make(sh, deadline_of(dag, alert), run, alert, base);
	tw_arena_release(&a);
	return rc;
}

static void met(struct turn *t, const struct tw_run_row *run)
{
	struct tw_deadline_row *row = tw_arena_new(&t->arena, struct tw_deadline_row);

	row->dag_id = run->dag_id;
	row->run_id = run->run_id;
	row->deadline_time = run->end_date;
	tw_batch_deadlines_met(&t->batch, row);
}

void alarms_of_turn(struct shell *sh, struct turn *t)
{
	for (size_t i = 0; i < t->fx->runs.n; i++) {
		const struct tw_fx_run *r = &t->fx->runs.v[i];
		struct tw_dag *dag;

		if (r->op == TW_FX_DELETE || !r->row.version_id.n || boot_version(sh, r->row.version_id, &dag, NULL) < 0)
			continue;
		if (r->op == TW_FX_INSERT)
			alarms_run_held(sh, dag, &r->row);
		if (!tw_value_len(tw_map_value(dag->doc, "deadlines")))
			continue;
		if (r->op == TW_FX_INSERT)
			make_all(sh, dag, &r->row, false);
		else if (r->row.state == TW_RUN_QUEUED && r->row.clear_number)
			make_all(sh, dag, &r->row, true);
		if (r->row.state == TW_RUN_SUCCESS)
			met(t, &r->row);
	}
}

/* ── SLAs ─────────────────────────────────────────────────────────────────────────────── */

static int64_t sla_of(const struct tw_task *t)
{
	double s = tw_map_num(t->raw, "sla", -1);

	return s < 0 ? -1 : (int64_t)(s * 1e6);
}

static void sla_key(struct tw_buf *key, struct tw_str dag_id, struct tw_str run_id)
{
	tw_buf_addstr(key, dag_id);
	tw_buf_addc(key, '\n');
	tw_buf_addstr(key, run_id);
}

/* The next SLA of the run after an instant; TW_TIME_NONE: there is none. */
static tw_time next_sla(const struct tw_dag *dag, const struct tw_run_row *run, tw_time after)
{
	tw_time next = TW_TIME_NONE;

	for (int i = 0; i < dag->ntasks; i++) {
		int64_t sla = sla_of(&dag->tasks[i]);
		tw_time at = run->interval_end + sla;

		if (sla >= 0 && at > after && (next == TW_TIME_NONE || at < next))
			next = at;
	}
	return next;
}

static bool keeps_slas(const struct shell *sh, const struct tw_dag *dag)
{
	return dag->compat == 2 && sh->opts->check_slas;
}

/* A run has one alarm at most: for the first of its SLAs that passes after an instant. */
static void watch_slas(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run, tw_time after)
{
	struct tw_buf key = { 0 };
	tw_time at;

	if (!keeps_slas(sh, dag) || run->type != TW_RUNTYPE_SCHEDULED || run->interval_end == TW_TIME_NONE)
		return;
	at = next_sla(dag, run, after);
	sla_key(&key, run->dag_id, run->run_id);
	if (at != TW_TIME_NONE && !tw_map_get(&sh->alarms.slas, tw_buf_str(&key)))
		tw_map_set(&sh->alarms.slas, tw_buf_str(&key), set_alarm(sh, SLA, at, run->dag_id, run->run_id));
	tw_buf_release(&key);
}

static void forget_sla_alarm(struct shell *sh, const struct alarm *m)
{
	struct tw_buf key = { 0 };

	sla_key(&key, tw_str(m->dag_id), tw_str(m->run_id));
	tw_map_del(&sh->alarms.slas, tw_buf_str(&key));
	tw_buf_release(&key);
}

void alarms_run_held(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run)
{
	watch_slas(sh, dag, run, INT64_MIN);
}

static bool done(const struct tw_ti_row *tis, size_t n, struct tw_str task_id)
{
	for (size_t i = 0; i < n; i++)
		if (tw_str_eq(tis[i].task_id, task_id) && tis[i].state != TW_TI_SUCCESS && tis[i].state != TW_TI_SKIPPED)
			return false;
	return true;
}

static void sla_row(struct shell *sh, const struct tw_run_row *run, struct tw_str task_id)
{
	struct tw_arena *a = &sh->gathering->arena;
	struct tw_sla_row *row = tw_arena_new(a, struct tw_sla_row);

	row->dag_id = tw_str_copy(a, run->dag_id);
	row->task_id = tw_str_copy(a, task_id);
	row->execution_date = run->logical_date;
	row->timestamp = shell_now(sh);
	tw_batch_sla_miss(&sh->gathering->batch, row);
}

/* {"slas": [task ids], "blocking": [{"task_id", "state"}]}: those missed now, and all that have not succeeded. */
static size_t write_misses(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run, tw_time now,
			   const struct tw_ti_row *tis, size_t n, struct tw_buf *out)
{
	struct tw_jw w = { .out = out };
	size_t missed = 0;

	tw_jw_obj(&w);
	tw_jw_key(&w, "slas");
	tw_jw_list(&w);
	for (int i = 0; i < dag->ntasks; i++) {
		const struct tw_task *t = &dag->tasks[i];
		int64_t sla = sla_of(t);
		bool known = false;

		if (sla < 0 || run->interval_end + sla > now || done(tis, n, t->task_id) ||
		    tw_store_sla_missed(sh->reader, run->dag_id, t->task_id, run->logical_date, &known, NULL) < 0 || known)
			continue;
		tw_jw_str(&w, t->task_id);
		sla_row(sh, run, t->task_id);
		missed++;
	}
	tw_jw_end(&w);
	tw_jw_key(&w, "blocking");
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		if (tis[i].state == TW_TI_SUCCESS)
			continue;
		tw_jw_obj(&w);
		tw_jw_key(&w, "task_id");
		tw_jw_str(&w, tis[i].task_id);
		tw_jw_key(&w, "state");
		tw_jw_cstr(&w, tis[i].state == TW_TI_NONE ? NULL : tw_ti_state_name(tis[i].state));
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
	return missed;
}

static void ring_sla(struct shell *sh, const struct alarm *m, const struct tw_run_row *run, const struct tw_dag *dag)
{
	struct tw_arena a = { 0 };
	struct tw_ti_row *tis;
	struct tw_buf about = { 0 };
	size_t n;

	if (tw_store_tis_of_run(sh->reader, run->dag_id, run->run_id, &a, &tis, &n, NULL) == TW_OK &&
	    write_misses(sh, dag, run, m->due, tis, n, &about)) {
		struct workload_call call = { .kind = "sla_miss", .request = "SlaCallbackRequest", .dag = dag, .run = run,
					      .about = tw_buf_str(&about) };

		leave(sh, &call, "dag_processor", NULL);
	}
	watch_slas(sh, dag, run, m->due);
	tw_buf_release(&about);
	tw_arena_release(&a);
}

/* ── when an instant comes ────────────────────────────────────────────────────────────── */

static bool open_row(struct shell *sh, struct tw_id id, struct tw_arena *a, struct tw_deadline_row **ret)
{
	char text[37];
	struct tw_cond conds[2] = { { .field = "id", .op = TW_OP_EQ }, { .field = "missed", .op = TW_OP_EQ } };
	struct tw_ask ask = { .conds = conds, .nconds = 2, .limit = 1 };
	size_t n = 0;

	tw_id_text(id, text);
	conds[0].text = tw_str(text);
	return tw_store_deadlines(sh->reader, &ask, a, ret, &n, NULL, NULL) == TW_OK && n;
}

/* Missed, unless the run has succeeded in time: then its row is about to go, or gone. */
static void ring_deadline(struct shell *sh, const struct alarm *m, const struct tw_run_row *run, const struct tw_dag *dag)
{
	struct tw_arena *a = &sh->gathering->arena;
	struct tw_deadline_row *row;
	struct tw_callback_row *callback;
	struct tw_buf about = { 0 };
	struct tw_jw w = { .out = &about };
	struct workload_call call = { .kind = "deadline", .request = "DeadlineCallback", .dag = dag, .run = run };
	struct tw_str how;
	char id[37];

	if ((run->state == TW_RUN_SUCCESS && run->end_date <= m->due) || !open_row(sh, m->id, a, &row))
		return;
	tw_id_text(row->id, id);
	tw_jw_obj(&w);
	tw_jw_key(&w, "alert");
	tw_jw_int(&w, row->alert);
	tw_jw_key(&w, "id");
	tw_jw_cstr(&w, id);
	workload_time(&w, "deadline_time", row->deadline_time);
	tw_jw_end(&w);
	call.about = tw_buf_str(&about);
	how = tw_map_str(tw_map_value(deadline_of(dag, row->alert), "callback"), "kind", "");
	callback = leave(sh, &call, tw_str_is(how, "async") ? "triggerer" : "executor", "queued");
	row->callback_id = callback->id;
	tw_batch_deadline_missed(&sh->gathering->batch, row);
	tw_buf_release(&about);
}

static void ring(struct shell *sh, const struct alarm *m)
{
	struct tw_arena a = { 0 };
	struct tw_run_view view;
	struct tw_run_row run;
	struct tw_run_ref ref = { tw_str(m->dag_id), tw_str(m->run_id) };
	struct tw_dag *dag;
	bool there = tw_sched_run(sh->core, ref, &run);

	if (!there && tw_store_run(sh->reader, ref.dag_id, ref.run_id, &a, &view, NULL) == TW_OK) {
		run = view.run;
		there = true;
	}
	if (there && boot_version(sh, run.version_id, &dag, NULL) == TW_OK) {
		if (m->kind == DEADLINE)
			ring_deadline(sh, m, &run, dag);
		else
			ring_sla(sh, m, &run, dag);
	}
	tw_arena_release(&a);
}

/* ── after a restart ──────────────────────────────────────────────────────────────────── */

/* When the scheduler before this one was seen last: what passed since, nobody has noticed. */
static tw_time last_seen(struct shell *sh)
{
	struct tw_cond conds[2] = { { .field = "job_type", .op = TW_OP_EQ, .text = TW_STR("SchedulerJob") },
				    { .field = "id", .op = TW_OP_LT, .num = sh->job_id } };
	const char *order[] = { "-id" };
	struct tw_ask ask = { .conds = conds, .nconds = 2, .order_by = order, .norder = 1, .limit = 1 };
	struct tw_arena a = { 0 };
	struct tw_job_row *jobs;
	size_t n = 0;
	int64_t total;
	tw_time at = shell_now(sh);

	if (tw_store_jobs(sh->reader, &ask, &a, &jobs, &n, &total, NULL) == TW_OK && n &&
	    jobs[0].latest_heartbeat != TW_TIME_NONE)
		at = jobs[0].latest_heartbeat;
	tw_arena_release(&a);
	return at;
}

static int64_t longest_sla(const struct tw_dag *dag)
{
	int64_t longest = -1;

	for (int i = 0; i < dag->ntasks; i++)
		if (sla_of(&dag->tasks[i]) > longest)
			longest = sla_of(&dag->tasks[i]);
	return longest;
}

/* Runs that have ended, some task without success, before an SLA of theirs passed. Those that have not are watched when they are loaded. */
static void watch_ended(struct shell *sh, const struct tw_dag *dag, tw_time since)
{
	struct tw_cond conds[4] = { { .field = "dag_id", .op = TW_OP_EQ, .text = dag->dag_id },
				    { .field = "run_type", .op = TW_OP_EQ, .text = TW_STR("scheduled") },
				    { .field = "end_date", .op = TW_OP_NOT_NULL },
				    { .field = "data_interval_end", .op = TW_OP_GT } };
	struct tw_ask ask = { .conds = conds, .nconds = 4, .limit = -1 };
	struct tw_arena a = { 0 };
	struct tw_run_view *runs;
	struct tw_err err = { 0 };
	int64_t longest = longest_sla(dag), total;
	size_t n = 0;

	if (longest < 0)
		return;
	conds[3].time = since - longest;
	if (tw_store_runs(sh->reader, &ask, &a, &runs, &n, &total, &err) < 0)
		tw_warn("SLAs of runs that have ended: %s dag=" TW_STR_FMT, err.msg, TW_STR_ARG(dag->dag_id));
	for (size_t i = 0; i < n; i++)
		watch_slas(sh, dag, &runs[i].run, since);
	tw_arena_release(&a);
}

enum tw_rc alarms_load(struct shell *sh, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_deadline_row *rows;
	size_t n = 0;
	tw_time since = last_seen(sh);
	enum tw_rc rc = tw_store_deadlines_open(sh->reader, &a, &rows, &n, err);

	for (size_t i = 0; i < n; i++)
		set_alarm(sh, DEADLINE, rows[i].deadline_time, rows[i].dag_id, rows[i].run_id)->id = rows[i].id;
	tw_map_foreach(&sh->versions, e) {
		const struct version *v = e->value;

		if (rc == TW_OK && keeps_slas(sh, v->dag))
			watch_ended(sh, v->dag, since);
	}
	tw_arena_release(&a);
	return rc;
}

void alarms_ring(struct shell *sh)
{
	tw_time now = shell_now(sh);

	while (sh->alarms.heap.n && alarms_next(sh) <= now) {
		struct alarm *m = tw_container_of(tw_heap_pop(&sh->alarms.heap), struct alarm, node);

		if (m->made && (m->made == sh->gathering || m->made == sh->writing)) {
			m->at = now + COMMIT_US;
			tw_heap_push(&sh->alarms.heap, &m->node);
			continue;
		}
		if (m->kind == SLA)
			forget_sla_alarm(sh, m);
		ring(sh, m);
		alarm_free(m);
	}
}
