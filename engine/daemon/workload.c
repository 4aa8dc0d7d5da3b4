/* The `run` frame of docs/runner-protocol.md. */
#include <stdlib.h>

#include "api/exec/task_assets.h"
#include "daemon/shell.h"
#include "store/assets.h"
#include "store/house.h"
#include "store/runs.h"
#include "template/log_name.h"
#include "store/tis.h"
#include "time/instant.h"
#include "value/json.h"

#define TRIGGERER_ASK (5 * TW_US_SEC) /* between two questions whether a triggerer lives */

void workload_time(struct tw_jw *w, const char *key, tw_time t)
{
	char text[TW_ISO_MAX];

	tw_jw_key(w, key);
	tw_jw_cstr(w, t == TW_TIME_NONE ? NULL : tw_time_iso_utc(text, t));
}

static void previous_success(struct tw_store *store, const struct tw_run_row *run, struct tw_jw *w)
{
	struct tw_arena a = { 0 };
	struct tw_run_row prev = { .start_date = TW_TIME_NONE, .end_date = TW_TIME_NONE,
				   .interval_start = TW_TIME_NONE, .interval_end = TW_TIME_NONE };

	if (store)
		tw_store_run_before(store, run->dag_id, TW_PREV_SUCCESS, run->logical_date, run->run_after, &a, &prev,
				    NULL);
	workload_time(w, "prev_start_date_success", prev.start_date);
	workload_time(w, "prev_end_date_success", prev.end_date);
	workload_time(w, "prev_data_interval_start_success", prev.interval_start);
	workload_time(w, "prev_data_interval_end_success", prev.interval_end);
	tw_arena_release(&a);
}

static void neighbours(struct tw_store *store, const struct tw_run_row *run, struct tw_jw *w)
{
	struct tw_arena a = { 0 };
	struct tw_run_row prev = { .logical_date = TW_TIME_NONE }, next = { .logical_date = TW_TIME_NONE };

	if (store && run->logical_date != TW_TIME_NONE) {
		tw_store_run_before(store, run->dag_id, TW_PREV_ANY, run->logical_date, run->run_after, &a, &prev,
				    NULL);
		tw_store_run_after(store, run->dag_id, run->logical_date, &a, &next, NULL);
	}
	workload_time(w, "prev_logical_date", prev.logical_date);
	workload_time(w, "next_logical_date", next.logical_date);
	tw_arena_release(&a);
}

/* The events that made the run, as tasks see them. */
static void consumed(struct tw_store *store, const struct tw_run_row *run, struct tw_jw *w)
{
	struct tw_arena a = { 0 };
	struct tw_asset_event_row *events;
	size_t n = 0;

	if (!store || run->type != TW_RUNTYPE_ASSET_TRIGGERED ||
	    tw_store_run_events(store, run->dag_id, run->run_id, &a, &events, &n, NULL) < 0)
		n = 0;
	tw_jw_key(w, "consumed_asset_events");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		tw_jw_value(w, tw_asset_event_value(&a, &events[i]));
	tw_jw_end(w);
	tw_arena_release(&a);
}

void workload_run_json(struct tw_store *store, const struct tw_run_row *run, struct tw_buf *out)
{
	struct tw_jw w = { .out = out };

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "dag_id", run->dag_id);
	tw_jw_str_at(&w, "run_id", run->run_id);
	tw_jw_key(&w, "run_type");
	tw_jw_cstr(&w, tw_run_type_name(run->type));
	workload_time(&w, "logical_date", run->logical_date);
	workload_time(&w, "data_interval_start", run->interval_start);
	workload_time(&w, "data_interval_end", run->interval_end);
	workload_time(&w, "run_after", run->run_after);
	workload_time(&w, "start_date", run->start_date);
	workload_time(&w, "end_date", run->end_date);
	workload_time(&w, "queued_at", run->queued_at);
	tw_jw_key(&w, "conf");
	if (run->conf.n)
		tw_jw_raw(&w, run->conf);
	else
		tw_jw_raw(&w, TW_STR("{}"));
	tw_jw_key(&w, "state");
	tw_jw_cstr(&w, tw_run_state_name(run->state));
	tw_jw_key(&w, "external_trigger");
	tw_jw_bool(&w, run->type == TW_RUNTYPE_MANUAL || run->type == TW_RUNTYPE_OPERATOR_TRIGGERED);
	tw_jw_int_at(&w, "clear_number", run->clear_number);
	tw_jw_str_at(&w, "note", run->note);
	tw_jw_str_at(&w, "triggering_user_name", run->triggering_user);
	tw_jw_str_at(&w, "triggered_by", run->triggered_by);
	tw_jw_str_at(&w, "partition_key", run->partition_key);
	workload_time(&w, "partition_date", run->partition_key.p ? run->partition_date : TW_TIME_NONE);
	previous_success(store, run, &w);
	neighbours(store, run, &w);
	consumed(store, run, &w);
	tw_jw_end(&w);
}

static struct tw_str run_key(struct tw_buf *b, struct tw_str dag_id, struct tw_str run_id)
{
	tw_buf_addstr(b, dag_id);
	tw_buf_addc(b, '\n');
	tw_buf_addstr(b, run_id);
	return tw_buf_str(b);
}

/* One look into the store a run, not one a task. */
static const char *run_context(struct shell *sh, const struct tw_run_row *run)
{
	struct tw_buf key = { 0 }, json = { 0 };
	struct tw_str k = run_key(&key, run->dag_id, run->run_id);
	char *text = tw_map_get(&sh->run_contexts, k);

	if (!text) {
		workload_run_json(sh->reader, run, &json);
		text = tw_buf_steal(&json);
		tw_map_set(&sh->run_contexts, k, text);
	}
	tw_buf_release(&key);
	return text;
}

void workload_forget_run(struct shell *sh, struct tw_str dag_id, struct tw_str run_id)
{
	struct tw_buf key = { 0 };

	free(tw_map_del(&sh->run_contexts, run_key(&key, dag_id, run_id)));
	tw_buf_release(&key);
}

static void log_path(struct shell *sh, const struct tw_ti_row *ti, tw_time logical_date, struct tw_buf *out)
{
	struct tw_log_of of = { ti->dag_id, ti->run_id, ti->task_id, ti->map_index, ti->try_number, logical_date };

	tw_buf_printf(out, "%s/", sh->opts->log_folder);
	tw_log_name(sh->opts->log_name, &of, out);
}

static void write_dag(struct tw_jw *w, const struct shell *sh, const struct tw_dag *dag, struct tw_str version)
{
	struct tw_value owners = dag->owners;

	tw_jw_key(w, "dag");
	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_id", dag->dag_id);
	tw_jw_str_at(w, "fileloc", dag->fileloc);
	tw_jw_str_at(w, "relative_fileloc", dag->relative_fileloc);
	tw_jw_str_at(w, "version", version);
	tw_jw_key(w, "render_native");
	tw_jw_bool(w, dag->render_native);
	tw_jw_key(w, "template_searchpath");
	tw_jw_value(w, tw_map_value(dag->doc, "template_searchpath"));
	tw_jw_str_at(w, "timezone", tw_map_str(dag->doc, "timezone", "UTC"));
	tw_jw_key(w, "params");
	tw_jw_value(w, dag->params);
	tw_jw_str_at(w, "owner", tw_value_len(owners) ? owners.list->v[0].s : TW_STR("airflow"));
	tw_jw_key(w, "unsafe_to_fork");
	tw_jw_bool(w, dag->unsafe_to_fork || sh->opts->cold);
	tw_jw_int_at(w, "compat", dag->compat);
	tw_jw_end(w);
}

void workload_expand(struct tw_jw *w, const struct tw_fx_dispatch *d)
{
	tw_jw_key(w, "expand");
	if (!d->nargs) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	if (!d->args[0].name.p) {
		tw_jw_key(w, "kwargs");
		tw_jw_obj(w);
		tw_jw_int_at(w, "index", d->args[0].index);
		tw_jw_end(w);
	} else {
		tw_jw_key(w, "args");
		tw_jw_obj(w);
		for (int i = 0; i < d->nargs; i++) {
			if (!d->args[i].name.p)
				continue;
			tw_jw_keyn(w, d->args[i].name);
			tw_jw_obj(w);
			tw_jw_int_at(w, "index", d->args[i].index);
			tw_jw_end(w);
		}
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

static void write_ti(struct shell *sh, struct tw_jw *w, const struct tw_ti_row *ti, tw_time logical_date)
{
	struct tw_buf path = { 0 };
	char id[37];

	tw_id_text(ti->id, id);
	tw_jw_key(w, "attempt");
	tw_jw_cstr(w, id);
	tw_jw_str_at(w, "dag_id", ti->dag_id);
	tw_jw_str_at(w, "run_id", ti->run_id);
	tw_jw_str_at(w, "task_id", ti->task_id);
	tw_jw_int_at(w, "map_index", ti->map_index);
	tw_jw_int_at(w, "try_number", ti->try_number);
	tw_jw_int_at(w, "max_tries", ti->max_tries);
	tw_jw_str_at(w, "queue", ti->queue);
	tw_jw_int_at(w, "priority_weight", ti->priority_weight);
	tw_jw_int_at(w, "pool_slots", ti->pool_slots);
	log_path(sh, ti, logical_date, &path);
	tw_jw_str_at(w, "log_path", tw_buf_str(&path));
	tw_buf_release(&path);
}

/* How a deferred or rescheduled one goes on. */
static void write_resume(struct tw_jw *w, const struct tw_ti_row *ti)
{
	workload_time(w, "reschedule_start", ti->reschedule_start);
	tw_jw_key(w, "resume");
	if (ti->next_method.n) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "next_method", ti->next_method);
		tw_jw_key(w, "next_kwargs");
		if (ti->next_kwargs.n)
			tw_jw_raw(w, ti->next_kwargs);
		else
			tw_jw_null(w);
		tw_jw_end(w);
	} else {
		tw_jw_null(w);
	}
}

/* Inlets and outlets that are not active: the task fails of them, in Python, which says so in its log. 2.x did not ask. */
static bool inactive_assets(struct shell *sh, struct tw_jw *w, const struct tw_dag *dag, const struct tw_task *task)
{
	struct tw_arena a = { 0 };
	struct tw_value v = TW_NULL;
	bool any;

	if (dag->compat == 2 || (!task->ninlets && !task->noutlets))
		return false;
	any = tw_inactive_assets(sh->reader, task, &a, &v, NULL) == TW_OK && tw_value_len(v);
	if (any) {
		tw_jw_key(w, "inactive_assets");
		tw_jw_value(w, v);
	}
	tw_arena_release(&a);
	return any;
}

/* Native sensors wait in the triggerer; where none runs they are Python's. */
static bool triggerer_lives(struct shell *sh)
{
	tw_time now = shell_now(sh);
	struct tw_arena a = { 0 };
	struct tw_job_row job;

	if (now < sh->triggerer_asked || now - sh->triggerer_asked > TRIGGERER_ASK) {
		sh->triggerer_lives = tw_store_job_latest(sh->reader, "TriggererJob", &a, &job, NULL) == TW_OK &&
				      tw_str_is(job.state, "running") &&
				      job.latest_heartbeat >= now - sh->opts->triggerer_health;
		sh->triggerer_asked = now;
		tw_arena_release(&a);
	}
	return sh->triggerer_lives;
}

/* Do its tasks run where the triggerer sees the same files? */
static bool is_local(struct shell *sh, struct tw_str name)
{
	const struct tw_executor *ex = tw_executors_find(&sh->executors, name);
	struct tw_str known = tw_str(ex && ex->known_as ? ex->known_as : "LocalExecutor");

	return tw_str_is(known, "LocalExecutor") || tw_str_is(known, "SequentialExecutor");
}

/* How often it was put off, for sensors that reschedule. */
static void write_context(struct shell *sh, struct tw_jw *w, const struct tw_ti_row *ti)
{
	struct tw_arena a = { 0 };
	struct tw_reschedule_row *rows;
	size_t n = 0;

	if (ti->reschedule_start == TW_TIME_NONE)
		return;
	(void)tw_store_reschedules(sh->reader, ti->id, &a, &rows, &n, NULL);
	tw_arena_release(&a);
	tw_jw_key(w, "context");
	tw_jw_obj(w);
	tw_jw_int_at(w, "task_reschedule_count", (int64_t)n);
	tw_jw_end(w);
}

void workload_write(struct shell *sh, const struct tw_fx_dispatch *d, struct tw_buf *out)
{
	const struct tw_task *task = &d->dag->tasks[d->task];
	struct tw_jw w = { .out = out };
	struct tw_buf key = { 0 };

	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "run");
	write_ti(sh, &w, &d->ti, d->run.logical_date);
	write_resume(&w, &d->ti);
	if (!inactive_assets(sh, &w, d->dag, task) && task->native.n && sh->opts->native && !d->ti.next_method.n &&
	    (!task->is_sensor || triggerer_lives(sh)))
		tw_jw_str_at(&w, "native", task->native);
	/* A task in Python may hand its waiting for other runs over, too. */
	if (sh->opts->native && tw_str_is(task->op_class, "TriggerDagRunOperator") && triggerer_lives(sh)) {
		tw_jw_key(&w, "waits");
		tw_jw_bool(&w, true);
	}
	if (!is_local(sh, d->executor)) {
		tw_jw_key(&w, "local");
		tw_jw_bool(&w, false);
	}
	tw_jw_key(&w, "task");
	tw_jw_value(&w, task->raw);
	write_dag(&w, sh, d->dag, d->ti.version_id);
	filekey_write(sh, d->dag, &key);
	tw_jw_str_at(&w, "digest", tw_buf_str(&key));
	tw_buf_release(&key);
	tw_jw_key(&w, "run");
	tw_jw_raw(&w, tw_str(run_context(sh, &d->run)));
	workload_expand(&w, d);
	write_context(sh, &w, &d->ti);
	tw_jw_key(&w, "execution_timeout");
	if (task->execution_timeout >= 0)
		tw_jw_float(&w, (double)task->execution_timeout / 1e6);
	else
		tw_jw_null(&w);
	tw_jw_end(&w);
}

/* ── callbacks ────────────────────────────────────────────────────────────────────────── */

/* What the instance was, for who makes a task instance of it again. */
static void write_ti_facts(struct tw_jw *w, const struct tw_ti_row *ti)
{
	tw_jw_key(w, "ti");
	tw_jw_obj(w);
	tw_jw_key(w, "state");
	tw_jw_cstr(w, ti->state == TW_TI_NONE ? NULL : tw_ti_state_name(ti->state));
	workload_time(w, "start_date", ti->start_date);
	workload_time(w, "end_date", ti->end_date);
	tw_jw_str_at(w, "hostname", ti->hostname);
	tw_jw_str_at(w, "rendered_map_index", ti->rendered_map_index);
	tw_jw_int_at(w, "pid", ti->pid);
	tw_jw_end(w);
}

void workload_callback(struct shell *sh, const struct workload_call *c, struct tw_buf *out)
{
	struct tw_jw w = { .out = out };
	struct tw_buf run = { 0 };

	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "callback");
	tw_jw_key(&w, "kind");
	tw_jw_cstr(&w, c->kind);
	tw_jw_key(&w, "req_class");
	tw_jw_cstr(&w, c->request);
	tw_jw_key(&w, "reason");
	tw_jw_cstr(&w, c->reason);
	if (c->ti && c->ti->task_id.p) {
		write_ti(sh, &w, c->ti, c->run->logical_date);
		write_ti_facts(&w, c->ti);
	} else {
		tw_jw_str_at(&w, "dag_id", c->run->dag_id);
		tw_jw_str_at(&w, "run_id", c->run->run_id);
	}
	if (c->about.n) {
		tw_jw_key(&w, "about");
		tw_jw_raw(&w, c->about);
	}
	write_dag(&w, sh, c->dag, c->run->version_id);
	workload_run_json(sh->reader, c->run, &run);
	tw_jw_key(&w, "run");
	tw_jw_raw(&w, tw_buf_str(&run));
	tw_buf_release(&run);
	tw_jw_end(&w);
}
