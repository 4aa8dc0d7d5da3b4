/* `tradewind dags …` */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/trigger.h"
#include "cli/dags.h"
#include "cli/match.h"
#include "cli/row.h"
#include "io/clock.h"
#include "model/dag.h"
#include "store/dags.h"
#include "store/house.h"
#include "store/runs.h"
#include "value/json.h"

/* ── list ─────────────────────────────────────────────────────────────────────────────── */

static void dag_row(struct tw_value rows, const struct tw_dag_row *d)
{
	struct tw_value row = row_new(rows);

	row_str(row, "dag_id", d->dag_id);
	row_str(row, "fileloc", d->fileloc);
	row_words(row, "owners", d->owners);
	row_bool(row, "is_paused", d->is_paused);
	row_str(row, "bundle_name", d->bundle_name);
	row_str(row, "bundle_version", d->bundle_version);
}

static void row_tags(struct tw_value row, const struct tw_dag_row *d)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value tags = tw_v_list(a);

	for (size_t i = 0; i < d->ntags; i++)
		tw_list_push(a, tags, tw_v_str(d->tags[i]));
	tw_map_putc(a, row, "tags", tags);
}

static void all_columns(struct tw_value row, const struct tw_dag_row *d)
{
	row_str(row, "dag_id", d->dag_id);
	row_str(row, "dag_display_name", d->display_name);
	row_bool(row, "is_paused", d->is_paused);
	row_bool(row, "is_stale", d->is_stale);
	row_stamp(row, "last_parsed_time", d->last_parsed_time);
	if (d->last_parse_duration >= 0)
		row_num(row, "last_parse_duration", d->last_parse_duration);
	else
		row_cstr(row, "last_parse_duration", NULL);
	row_stamp(row, "last_expired", d->last_expired);
	row_str(row, "bundle_name", d->bundle_name);
	row_str(row, "bundle_version", d->bundle_version);
	row_str(row, "relative_fileloc", d->relative_fileloc);
	row_str(row, "fileloc", d->fileloc);
	row_str(row, "description", d->description);
	row_str(row, "timetable_summary", d->timetable_summary);
	row_str(row, "timetable_description", d->timetable_description);
	row_bool(row, "timetable_partitioned", d->timetable_partitioned);
	row_bool(row, "timetable_periodic", d->timetable_periodic);
	row_tags(row, d);
	row_int(row, "max_active_tasks", d->max_active_tasks);
	row_int(row, "max_active_runs", d->max_active_runs);
	row_int(row, "max_consecutive_failed_dag_runs", d->max_consecutive_failed);
	row_bool(row, "has_task_concurrency_limits", d->has_task_concurrency_limits);
	row_bool(row, "has_import_errors", d->has_import_errors);
	row_stamp(row, "next_dagrun_logical_date", d->next.logical_date);
	row_stamp(row, "next_dagrun_data_interval_start", d->next.interval_start);
	row_stamp(row, "next_dagrun_data_interval_end", d->next.interval_end);
	row_stamp(row, "next_dagrun_run_after", d->next.create_after);
	row_json(row, "allowed_run_types", d->allowed_run_types);
	row_words(row, "owners", d->owners);
	row_bool(row, "is_backfillable", tw_dag_row_backfillable(d));
	row_int(row, "version_number", d->version_number);
}

static int cmd_list(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *columns = tw_arg(args, "columns"), *bundle = tw_arg(args, "bundle-name");
	struct tw_cond conds[] = {{.field = "is_stale", .op = TW_OP_EQ, .num = 0},
				  {.field = "bundle_name", .op = TW_OP_EQ, .text = tw_str(bundle)}};
	const char *order[] = {"dag_id"};
	struct tw_ask ask = {.conds = conds,
			     .nconds = bundle ? 2 : 1,
			     .order_by = order,
			     .norder = 1,
			     .limit = -1};
	struct tw_dag_row *dags;
	struct tw_value rows = tw_v_list(&c->arena);
	struct tw_err err = {0};
	size_t n;
	int64_t total;

	if (tw_store_dags(tw_cli_store(), &ask, &c->arena, &dags, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		if (columns)
			all_columns(row_new(rows), &dags[i]);
		else
			dag_row(rows, &dags[i]);
	tw_output_rows(args, row_pick(rows, columns));
	return 0;
}

static int cmd_import_errors(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_import_error_row *v;
	struct tw_value rows = tw_v_list(&c->arena);
	struct tw_err err = {0};
	size_t n;
	int64_t total;

	if (tw_store_import_errors(tw_cli_store(), &TW_ASK_ALL, &c->arena, &v, &n, &total, &err) <
	    0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(rows);

		if (!tw_arg_flag(args, "local"))
			row_str(row, "bundle_name", v[i].bundle_name);
		row_str(row, "filepath", v[i].filename);
		row_str(row, "error", v[i].stacktrace);
	}
	tw_output_rows(args, rows);
	return n ? 1 : 0;
}

int dags_list_runs(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *dag_id = tw_arg_pos(args, 0) ? tw_arg_pos(args, 0) : tw_arg(args, "dag-id");
	const char *state = tw_arg(args, "state");
	tw_time from = tw_cli_time(tw_arg(args, "start-date")),
		to = tw_cli_time(tw_arg(args, "end-date"));
	struct tw_cond conds[6] = {{.field = "dag_id", .op = TW_OP_EQ, .text = tw_str(dag_id)}};
	const char *order[] = {"-run_after"};
	struct tw_ask ask = {
		.conds = conds, .nconds = 1, .order_by = order, .norder = 1, .limit = -1};
	struct tw_run_view *v;
	struct tw_dag_row d;
	struct tw_value rows = tw_v_list(&c->arena);
	struct tw_err err = {0};
	size_t n;
	int64_t total;

	if (!dag_id)
		tw_cli_dief("which DAG? `tradewind dags list-runs DAG_ID`");
	if (tw_store_dag(tw_cli_store(), tw_str(dag_id), &c->arena, &d, &err) < 0)
		tw_cli_die(&err);
	if (state)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "state", .op = TW_OP_EQ, .text = tw_str(state)};
	if (from != TW_TIME_NONE)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "logical_date", .op = TW_OP_GE, .time = from};
	if (to != TW_TIME_NONE)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "logical_date", .op = TW_OP_LE, .time = to};
	if (tw_arg_flag(args, "no-backfill"))
		conds[ask.nconds++] = (struct tw_cond){
			.field = "run_type", .op = TW_OP_NE, .text = TW_STR("backfill")};
	if (tw_store_runs(tw_cli_store(), &ask, &c->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(rows);

		row_str(row, "dag_id", v[i].run.dag_id);
		row_str(row, "run_id", v[i].run.run_id);
		row_cstr(row, "state", tw_run_state_name(v[i].run.state));
		row_date(row, "run_after", v[i].run.run_after);
		row_date(row, "logical_date", v[i].run.logical_date);
		row_date(row, "start_date", v[i].run.start_date);
		row_date(row, "end_date", v[i].run.end_date);
	}
	tw_output_rows(args, rows);
	return 0;
}

static int cmd_list_jobs(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *dag_id = tw_arg(args, "dag-id"), *state = tw_arg(args, "state");
	struct tw_cond conds[2];
	const char *order[] = {"-start_date"};
	struct tw_ask ask = {.conds = conds,
			     .order_by = order,
			     .norder = 1,
			     .limit = tw_arg_int(args, "limit", -1)};
	struct tw_value rows = tw_v_list(&c->arena);
	struct tw_job_row *v;
	struct tw_err err = {0};
	size_t n;
	int64_t total;

	if (dag_id)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "dag_id", .op = TW_OP_EQ, .text = tw_str(dag_id)};
	if (state)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "state", .op = TW_OP_EQ, .text = tw_str(state)};
	if (tw_store_jobs(tw_cli_store(), &ask, &c->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(rows);

		row_str(row, "dag_id", v[i].dag_id);
		row_str(row, "state", v[i].state);
		row_str(row, "job_type", v[i].job_type);
		row_stamp(row, "start_date", v[i].start_date);
		row_stamp(row, "end_date", v[i].end_date);
	}
	tw_output_rows(args, rows);
	return 0;
}

/* ── one DAG ──────────────────────────────────────────────────────────────────────────── */

static int cmd_details(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_dag_row d;
	struct tw_value rows = tw_v_list(&c->arena);
	struct tw_err err = {0};

	if (tw_store_dag(tw_cli_store(), tw_str(tw_arg_pos(args, 0)), &c->arena, &d, &err) < 0)
		tw_cli_die(&err);
	all_columns(row_new(rows), &d);
	tw_output_one(args, rows.list->v[0]);
	return 0;
}

static int cmd_state(const struct tw_args *args)
{
	struct tw_dag *dag = cli_dag(tw_arg_pos(args, 0));
	struct tw_run_row run;

	tw_dag_unref(dag);
	if (cli_run_find(tw_arg_pos(args, 0), tw_arg_pos(args, 1), &run))
		puts(tw_run_state_name(run.state));
	else
		puts("None");
	return 0;
}

static int pause_one(const struct tw_args *args, struct tw_value rows, struct tw_str dag_id,
		     bool paused)
{
	struct tw_err err = {0};
	bool changed;
	struct tw_value row;

	if (tw_store_dag_pause(tw_cli_store(), dag_id, paused, tw_cli_user(), &changed, &err) < 0)
		tw_cli_die(&err);
	row = row_new(rows);
	row_str(row, "dag_id", dag_id);
	row_bool(row, "is_paused", paused);
	return changed;
}

/* One DAG, or with --treat-dag-id-as-regex every one whose id matches. */
static int set_paused(const struct tw_args *args, bool paused)
{
	const char *dag_id = tw_arg_pos(args, 0);
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	tw_names found = {0};

	if (tw_arg_flag(args, "treat-dag-id-as-regex"))
		found = tw_match_dags(dag_id, true);
	else
		tw_vec_push(&found, tw_str(dag_id));
	for (size_t i = 0; i < found.n; i++)
		pause_one(args, rows, found.v[i], paused);
	tw_vec_release(&found);
	tw_cli_ring();
	tw_output_rows(args, rows);
	return 0;
}

static int cmd_pause(const struct tw_args *args)
{
	return set_paused(args, true);
}

static int cmd_unpause(const struct tw_args *args)
{
	return set_paused(args, false);
}

static int cmd_delete(const struct tw_args *args)
{
	struct tw_err err = {0};
	int64_t rows;

	tw_cli_confirm(
		args, "This will drop all existing records related to the specified DAG. Proceed?");
	if (tw_store_dag_delete(tw_cli_store(), tw_str(tw_arg_pos(args, 0)), &rows, &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	printf("Removed %lld record(s)\n", (long long)rows);
	return 0;
}

/* ── trigger ──────────────────────────────────────────────────────────────────────────── */

static struct tw_value read_conf(const char *text)
{
	struct tw_value v = TW_NULL;
	struct tw_err err = {0};

	if (!text)
		return TW_NULL;
	if (tw_json_parse(&tw_cli()->arena, tw_str(text), &v, &err) < 0)
		tw_cli_dief("--conf is no JSON: %s", err.msg);
	if (v.kind != TW_V_MAP)
		tw_cli_dief("--conf must be a JSON object");
	return v;
}

void dags_print_run(const struct tw_args *args, const struct tw_run_row *run)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena), row = row_new(rows);

	row_json(row, "conf", run->conf.p ? run->conf : TW_STR("{}"));
	row_str(row, "dag_id", run->dag_id);
	row_str(row, "dag_run_id", run->run_id);
	row_stamp(row, "data_interval_start", run->interval_start);
	row_stamp(row, "data_interval_end", run->interval_end);
	row_stamp(row, "end_date", TW_TIME_NONE);
	row_stamp(row, "last_scheduling_decision", TW_TIME_NONE);
	row_stamp(row, "logical_date", run->logical_date);
	row_cstr(row, "run_type", tw_run_type_name(run->type));
	row_stamp(row, "start_date", TW_TIME_NONE);
	row_cstr(row, "state", tw_run_state_name(run->state));
	row_str(row, "triggering_user_name", run->triggering_user);
	tw_output_rows(args, rows);
}

int dags_trigger(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	tw_time now = tw_now();
	struct tw_trigger_opts o = {
		.dag_id = tw_str(tw_arg_pos(args, 0)),
		.run_id = tw_str(tw_arg(args, "run-id")),
		.run_id_pattern = tw_config_get(c->config, "scheduler", "allowed_run_id_pattern"),
		.logical_date = tw_cli_time(tw_arg(args, tw_arg(args, "exec-date") ? "exec-date" : "logical-date")),
		.run_after = TW_TIME_NONE,
		.interval_start = TW_TIME_NONE,
		.interval_end = TW_TIME_NONE,
		.conf = read_conf(tw_arg(args, "conf")),
		.type = TW_RUNTYPE_MANUAL,
		.triggered_by = TW_STR("cli"),
		.triggering_user = tw_cli_user(),
		.now = now,
		.zones = &c->zones,
	};
	struct tw_run_row run;
	struct tw_err err = {0};

	if (o.logical_date != TW_TIME_NONE && !tw_arg_flag(args, "no-replace-microseconds"))
		o.logical_date -= o.logical_date % TW_US_SEC;
	dags_ask_interval(&o);
	if (tw_trigger_run(tw_cli_store(), &o, &c->arena, &run, &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	dags_print_run(args, &run);
	return tw_arg_flag(args, "wait") ? dags_wait_for(args, run.dag_id, run.run_id) : 0;
}

/* ── report, reserialize ────────────────────────────────────────────────────────── */

/* Time of the clock, as Python writes a timedelta. */
static struct tw_str duration_text(double seconds)
{
	int64_t us = seconds > 0 ? (int64_t)(seconds * 1e6) : 0, s = us / TW_US_SEC;

	return tw_str(tw_arena_printf(&tw_cli()->arena, "%lld:%02d:%02d.%06d",
				      (long long)(s / 3600), (int)(s / 60 % 60), (int)(s % 60),
				      (int)(us % TW_US_SEC)));
}

static int cmd_report(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *order[] = {"relative_fileloc"};
	struct tw_cond fresh = {.field = "is_stale", .op = TW_OP_EQ, .num = 0};
	struct tw_ask ask = {
		.conds = &fresh, .nconds = 1, .order_by = order, .norder = 1, .limit = -1};
	struct tw_dag_row *dags;
	struct tw_value rows = tw_v_list(&c->arena), row, ids;
	struct tw_err err = {0};
	size_t n, next;
	int64_t total;

	if (tw_store_dags(tw_cli_store(), &ask, &c->arena, &dags, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i = next) {
		int64_t tasks = 0;

		ids = tw_v_list(&c->arena);
		for (next = i;
		     next < n && tw_str_eq(dags[next].relative_fileloc, dags[i].relative_fileloc);
		     next++) {
			char *id = tw_str_dup(dags[next].dag_id);
			struct tw_dag *dag = cli_dag(id);

			tasks += dag->ntasks;
			tw_list_push(&c->arena, ids, tw_v_str(dags[next].dag_id));
			tw_dag_unref(dag);
			free(id);
		}
		row = row_new(rows);
		row_str(row, "file", dags[i].relative_fileloc);
		row_str(row, "duration", duration_text(dags[i].last_parse_duration));
		row_int(row, "dag_num", (int64_t)(next - i));
		row_int(row, "task_num", tasks);
		tw_map_putc(&c->arena, row, "dags", ids);
	}
	tw_output_rows(args, rows);
	return 0;
}

static int cmd_reserialize(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();

	execl(c->paths.self, c->paths.self, "dag-processor", "--num-runs", "1", (char *)NULL);
	tw_cli_dief("cannot start the dag-processor");
}

/* ── tables ───────────────────────────────────────────────────────────────────────────── */

static const struct tw_opt list_opts[] = {
	{"bundle-name", 'B', TW_OPT_STR, "only of this bundle", NULL, NULL, NULL},
	{"columns", 0, TW_OPT_STR, "only these columns, separated by commas", NULL, NULL, NULL},
	{"local", 'l', TW_OPT_FLAG,
	 "accepted; the metastore always has what the DAG processor read last", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};
const struct tw_opt dags_runs_opts[] = {
	{"dag-id", 'd', TW_OPT_STR, "the DAG (2.x)", NULL, NULL, NULL},
	{"state", 0, TW_OPT_STR, "only in this state", "queued|running|success|failed", NULL, NULL},
	{"start-date", 's', TW_OPT_STR, "logical date from", NULL, NULL, NULL},
	{"end-date", 'e', TW_OPT_STR, "logical date to", NULL, NULL, NULL},
	{"no-backfill", 0, TW_OPT_FLAG, "leave backfill runs out", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};
static const struct tw_opt jobs_opts[] = {
	{"dag-id", 'd', TW_OPT_STR, "only of this DAG", NULL, NULL, NULL},
	{"state", 0, TW_OPT_STR, "only in this state", "running|success|restarting|failed", NULL,
	 NULL},
	{"limit", 0, TW_OPT_INT, "as many, newest first", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};
static const struct tw_opt output_opts[] = {TW_OPT_OUTPUT, {0}};
static const struct tw_opt none_opts[] = {{0}};
static const struct tw_opt pause_opts[] = {
	{"treat-dag-id-as-regex", 0, TW_OPT_FLAG, "every DAG whose id matches", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};
static const struct tw_opt delete_opts[] = {
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL}, {0}};
const struct tw_opt dags_trigger_opts[] = {
	{"conf", 'c', TW_OPT_STR, "JSON object given to the run", NULL, NULL, NULL},
	{"logical-date", 'l', TW_OPT_STR, "the run's logical date", NULL, NULL, NULL},
	{"exec-date", 'e', TW_OPT_STR, "the same (2.x)", NULL, NULL, NULL},
	{"run-id", 'r', TW_OPT_STR, "the run's id", NULL, NULL, NULL},
	{"no-replace-microseconds", 0, TW_OPT_FLAG, "keep the logical date's microseconds", NULL,
	 NULL, NULL},
	{"wait", 'w', TW_OPT_FLAG, "wait for its end; the exit status says how it ended", NULL,
	 NULL, NULL},
	DAGS_WAIT_OPTIONS,
	TW_OPT_OUTPUT,
	{0},
};
const struct tw_verb tw_dags_verbs[] = {
	{"dags", "list", "List all the DAGs.", NULL, list_opts, cmd_list, false},
	{"dags", "list-import-errors",
	 "List the files that cannot be imported, with the traceback.", NULL, list_opts,
	 cmd_import_errors, false},
	{"dags", "list-runs", "List a DAG's runs, newest first.", "[dag_id]", dags_runs_opts,
	 dags_list_runs, false},
	{"dags", "list-jobs", "List the daemons' jobs.", NULL, jobs_opts, cmd_list_jobs, false},
	{"dags", "details", "Everything about one DAG.", "dag_id", output_opts, cmd_details, false},
	{"dags", "state", "The state of a run, in one word.", "dag_id logical_date_or_run_id",
	 none_opts, cmd_state, false},
	{"dags", "trigger", "Start a run.", "dag_id", dags_trigger_opts, dags_trigger, false},
	{"dags", "pause", "Pause a DAG.", "dag_id", pause_opts, cmd_pause, false},
	{"dags", "unpause", "Let a paused DAG run again.", "dag_id", pause_opts, cmd_unpause,
	 false},
	{"dags", "next-execution", "When the next runs are.", "dag_id", dags_next_opts,
	 dags_next_execution, false},
	{"dags", "report", "Which file holds which DAGs, and how long it took to import.", NULL,
	 list_opts, cmd_report, false},
	{"dags", "reserialize", "Read all DAG files again now.", NULL, list_opts, cmd_reserialize,
	 false},
	{"dags", "delete", "Delete a DAG and everything about it.", "dag_id", delete_opts,
	 cmd_delete, false},
	{0},
};
