/* What runs DAGs and tasks in this process' place: `dags test`, `tasks test|render|run`,
 * `core-step`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/reasons.h"
#include "cli/python.h"
#include "cli/row.h"
#include "daemon/corestep.h"
#include "daemon/shell.h"
#include "io/clock.h"
#include "model/dag.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/house.h"
#include "store/tis.h"
#include "value/json.h"

static int cmd_core_step(const struct tw_args *args)
{
	return tw_corestep_run(STDIN_FILENO, STDOUT_FILENO);
}

/* ── what Python is told ──────────────────────────────────────────────────────────────── */

/*
 * Where the DAG's file is: --dagfile-path, else what the metastore knows, else Python looks through
 * the DAG folder. A test needs no metastore.
 */
static struct tw_value new_request(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_value v = tw_v_map(&c->arena);
	const char *file = tw_arg(args, "dagfile-path");
	struct tw_store *s = NULL;
	struct tw_store_opts opts = {
		.url = c->store_url, .mode = TW_STORE_CHECK, .read_only = true};
	struct tw_dag_row d;

	row_cstr(v, "dag_id", tw_arg_pos(args, 0));
	row_cstr(v, "dags_folder", c->dags_folder);
	row_cstr(v, "fileloc", file);
	if (!file && tw_store_open(&opts, &s, NULL) == TW_OK) {
		if (tw_store_dag(s, tw_str(tw_arg_pos(args, 0)), &c->arena, &d, NULL) == TW_OK &&
		    !d.is_stale)
			row_str(v, "fileloc", d.fileloc);
		tw_store_close(s);
	}
	return v;
}

static void put_json_arg(struct tw_value v, const struct tw_args *args, const char *option)
{
	const char *text = tw_arg(args, option);
	struct tw_value parsed;
	struct tw_err err = {0};
	char *key;

	if (!text)
		return;
	if (tw_json_parse(&tw_cli()->arena, tw_str(text), &parsed, &err) < 0)
		tw_cli_dief("--%s is no JSON: %s", option, err.msg);
	if (parsed.kind != TW_V_MAP)
		tw_cli_dief("--%s must be a JSON object", option);
	key = tw_arena_strdup(&tw_cli()->arena, option);
	for (char *p = key; *p; p++)
		if (*p == '-')
			*p = '_';
	tw_map_putc(&tw_cli()->arena, v, key, parsed);
}

__attribute__((noreturn)) static void hand_over(const char *what, struct tw_value request)
{
	char *json = tw_json_dump(request, TW_JSON_COMPACT);

	cli_python_exec((const char *const[]){what, json, NULL});
}

/* ── dags test ────────────────────────────────────────────────────────────────────────── */

static int cmd_dags_test(const struct tw_args *args)
{
	struct tw_value v = new_request(args);

	row_time(v, "logical_date", tw_cli_time(tw_arg_pos(args, 1)));
	put_json_arg(v, args, "conf");
	row_cstr(v, "mark_success_pattern", tw_arg(args, "mark-success-pattern"));
	row_bool(v, "show_dagrun", tw_arg_flag(args, "show-dagrun"));
	if (tw_arg(args, "save-dagrun"))
		fprintf(stderr, "warning: --save-dagrun is not supported; `tradewind dags show "
				"--save FILE.svg` draws the DAG\n");
	hand_over("dags-test", v);
}

/* ── tasks test, tasks render ─────────────────────────────────────────────────────────── */

/* The run as a workload tells it, when the metastore has one of this id or date. */
static void put_run(struct tw_value v, const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *which = tw_arg_pos(args, 2);
	struct tw_store_opts opts = {
		.url = c->store_url, .mode = TW_STORE_CHECK, .read_only = true};
	struct tw_store *s = NULL;
	struct tw_run_view view;
	struct tw_str dag_id = tw_str(tw_arg_pos(args, 0));
	struct tw_buf json = {0};
	struct tw_value run;
	tw_time t = TW_TIME_NONE;
	bool is_date = which && tw_time_parse(tw_str(which), tw_zones_fixed(&c->zones, 0), &t,
					      NULL) == TW_OK;

	if (is_date)
		row_time(v, "logical_date", tw_cli_time(which));
	else
		row_cstr(v, "run_id", which);
	if (!which || tw_store_open(&opts, &s, NULL) < 0)
		return;
	if (tw_store_run(s, dag_id, tw_str(which), &c->arena, &view, NULL) == TW_OK ||
	    (is_date && tw_store_run_by_date(s, dag_id, t, &c->arena, &view, NULL) == TW_OK)) {
		workload_run_json(s, &view.run, &json);
		if (tw_json_parse(&c->arena, tw_buf_str(&json), &run, NULL) == TW_OK)
			tw_map_putc(&c->arena, v, "run", run);
		tw_buf_release(&json);
	} else if (!is_date) {
		tw_cli_dief("DagRun for %s with run_id or logical_date of '%s' not found",
			    tw_arg_pos(args, 0), which);
	}
	tw_store_close(s);
}

static struct tw_value task_request(const struct tw_args *args)
{
	struct tw_value v = new_request(args);

	row_cstr(v, "task_id", tw_arg_pos(args, 1));
	row_int(v, "map_index", tw_arg_int(args, "map-index", -1));
	put_run(v, args);
	return v;
}

static int cmd_tasks_test(const struct tw_args *args)
{
	struct tw_value v = task_request(args);

	put_json_arg(v, args, "env-vars");
	put_json_arg(v, args, "task-params");
	row_bool(v, "post_mortem", tw_arg_flag(args, "post-mortem"));
	hand_over(tw_arg_flag(args, "dry-run") ? "tasks-render" : "tasks-test", v);
}

static int cmd_tasks_render(const struct tw_args *args)
{
	hand_over("tasks-render", task_request(args));
}

/* ── tasks run ────────────────────────────────────────────────────────────────────────── */

/* Its state once it has ended. */
static enum tw_ti_state wait_for_end(const struct tw_run_row *run, const char *task_id,
				     int map_index)
{
	struct tw_cli *c = tw_cli();

	for (unsigned pause = 2000;; pause = pause * 2 > 500000 ? 500000 : pause * 2) {
		struct tw_ti_view ti;
		struct tw_err err = {0};

		if (tw_store_ti(tw_cli_store(), run->dag_id, run->run_id, tw_str(task_id),
				map_index, &c->arena, &ti, &err) < 0)
			tw_cli_die(&err);
		if (tw_ti_finished(ti.ti.state))
			return ti.ti.state;
		usleep(pause);
	}
}

/* 2.x executors' own command. The scheduler is asked to run this instance (again), or to mark it,
 * and the end is waited for. */
static int cmd_tasks_run(const struct tw_args *args)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_run_row run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 2));
	int map_index = (int)tw_arg_int(args, "map-index", -1);
	bool mark = tw_arg_flag(args, "mark-success");
	struct tw_value payload = tw_v_map(a), tasks = tw_v_list(a), pair = tw_v_list(a);
	enum tw_ti_state state;
	struct tw_dag_row dag;
	struct tw_err err = {0};

	if (!mark && tw_store_dag(tw_cli_store(), run.dag_id, a, &dag, &err) < 0)
		tw_cli_die(&err);
	if (!mark && dag.is_paused)
		tw_cli_dief("dag '" TW_STR_FMT "' is paused, the task would wait: let it run (`tradewind dags unpause " TW_STR_FMT
			    "`), or run the task here (`tradewind tasks test`)",
			    TW_STR_ARG(run.dag_id), TW_STR_ARG(run.dag_id));
	tw_list_push(a, pair, tw_v_cstr(tw_arg_pos(args, 1)));
	tw_list_push(a, pair, tw_v_int(map_index));
	tw_list_push(a, tasks, pair);
	tw_map_putc(a, payload, "tasks", tasks);
	tw_map_putc(a, payload, "by", tw_v_str(tw_cli_user()));
	if (mark)
		tw_map_putc(a, payload, "state", tw_v_cstr("success"));
	if (!cli_post(mark ? "ti_state" : "clear", run.dag_id, run.run_id, payload, true))
		tw_cli_dief("no scheduler is running; it will run the task when one starts "
			    "(`tradewind tasks test` runs it here)");
	state = wait_for_end(&run, tw_arg_pos(args, 1), map_index);
	puts(tw_ti_state_name(state));
	return state == TW_TI_SUCCESS || state == TW_TI_SKIPPED ? 0 : 1;
}

/* ── tasks failed-deps ────────────────────────────────────────────────────────────────── */

/* An instance that is at an end depends on nothing any more; what it says is why it ended so. */
static bool say_ended(const struct tw_run_row *run, const char *task_id, int map_index)
{
	struct tw_ti_view view;

	if (tw_store_ti(tw_cli_store(), run->dag_id, run->run_id, tw_str(task_id), map_index, &tw_cli()->arena, &view, NULL) < 0 ||
	    !tw_ti_finished(view.ti.state))
		return false;
	printf("Task instance dependencies not met:\nTask Instance State: Task is in the '%s' state%s" TW_STR_FMT ".\n",
	       tw_ti_state_name(view.ti.state), view.ti.reason.n ? ": " : "", TW_STR_ARG(view.ti.reason));
	return true;
}

static int cmd_failed_deps(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_run_row run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 2));
	struct tw_reasons_of of = {
		.store = tw_cli_store(),
		.zones = &c->zones,
		.arena = &c->arena,
		.parallelism = (int)tw_config_int(c->config, "core", "parallelism"),
		.scheduler_alive = tw_config_int(c->config, "scheduler", "scheduler_health_check_threshold") * TW_US_SEC,
		.now = tw_now(),
	};
	struct tw_reasons why = {0};
	struct tw_in_line place;
	struct tw_err err = {0};

	if (tw_reasons_find(&of, (struct tw_run_ref){run.dag_id, run.run_id}, tw_str(tw_arg_pos(args, 1)),
			    (int)tw_arg_int(args, "map-index", -1), &why, &place, &err) < 0)
		tw_cli_die(&err);
	if (!why.v.n && say_ended(&run, tw_arg_pos(args, 1), (int)tw_arg_int(args, "map-index", -1)))
		return 0;
	puts(why.v.n ? "Task instance dependencies not met:" : "Task instance dependencies are all met.");
	for (size_t i = 0; i < why.v.n; i++)
		printf(TW_STR_FMT "\n", TW_STR_ARG(why.v.v[i]));
	if (place.nth)
		printf("in line: %d of %d in pool '" TW_STR_FMT "', priority weight %d\n", place.nth, place.of,
		       TW_STR_ARG(place.pool), place.priority_weight);
	tw_reasons_release(&why);
	return 0;
}

/* ── tables ───────────────────────────────────────────────────────────────────────────── */

#define BUNDLE_OPTION                                                                              \
	{                                                                                          \
		"bundle-name", 'B', TW_OPT_STR, "accepted", NULL, NULL, NULL                       \
	}
#define FILE_OPTION                                                                                \
	{                                                                                          \
		"dagfile-path", 'f', TW_OPT_STR, "the DAG is in this file", NULL, NULL, "subdir"   \
	}

static const struct tw_opt dags_test_opts[] = {
	{"conf", 'c', TW_OPT_STR, "JSON object given to the run", NULL, NULL, NULL},
	FILE_OPTION,
	{"mark-success-pattern", 0, TW_OPT_STR, "tasks whose id matches succeed without being run",
	 NULL, NULL, NULL},
	{"show-dagrun", 0, TW_OPT_FLAG, "print the states of all task instances at the end", NULL,
	 NULL, NULL},
	{"save-dagrun", 0, TW_OPT_STR, "accepted; says what to use instead", NULL, NULL, NULL},
	{"imgcat-dagrun", 0, TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"use-executor", 0, TW_OPT_FLAG, "accepted; tasks are run in this process", NULL, NULL,
	 NULL},
	BUNDLE_OPTION,
	{0},
};
static const struct tw_opt tasks_test_opts[] = {
	{"env-vars", 0, TW_OPT_STR, "JSON object: environment variables for the task", NULL, NULL,
	 NULL},
	{"task-params", 't', TW_OPT_STR, "JSON object: params of the task", NULL, NULL, NULL},
	{"map-index", 0, TW_OPT_INT, "which mapped instance", NULL, "-1", NULL},
	{"post-mortem", 'm', TW_OPT_FLAG, "open the debugger on an exception that nobody caught",
	 NULL, NULL, NULL},
	{"dry-run", 'n', TW_OPT_FLAG, "only render its templates (2.x)", NULL, NULL, NULL},
	FILE_OPTION,
	BUNDLE_OPTION,
	{0},
};
static const struct tw_opt render_opts[] = {
	{"map-index", 0, TW_OPT_INT, "which mapped instance", NULL, "-1", NULL},
	FILE_OPTION,
	BUNDLE_OPTION,
	{0},
};
static const struct tw_opt deps_opts[] = {
	{"map-index", 0, TW_OPT_INT, "which mapped instance", NULL, "-1", NULL},
	BUNDLE_OPTION,
	{0},
};
static const struct tw_opt run_opts[] = {
	{"map-index", 0, TW_OPT_INT, "which mapped instance", NULL, "-1", NULL},
	{"mark-success", 'm', TW_OPT_FLAG, "mark it success without running it", NULL, NULL, NULL},
	{"local", 'l', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"raw", 'r', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"force", 'f', TW_OPT_FLAG, "accepted: it is run whatever its state", NULL, NULL, NULL},
	{"ignore-all-dependencies", 'A', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"ignore-dependencies", 'i', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"ignore-depends-on-past", 'I', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"depends-on-past", 'd', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"interactive", 'N', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"pool", 0, TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"job-id", 'j', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"cfg-path", 0, TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"ship-dag", 0, TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"pickle", 'p', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"read-from-db", 0, TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"no-shut-down-logging", 0, TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"dagfile-path", 0, TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{0},
};

const struct tw_verb tw_dags_test_verbs[] = {
	{"dags", "test", "Run a DAG once in this process; the metastore is not touched.",
	 "dag_id [logical_date]", dags_test_opts, cmd_dags_test, false},
	{0},
};

const struct tw_verb tw_tasks_test_verbs[] = {
	{"tasks", "test", "Run a task in this process; its state is not recorded.",
	 "dag_id task_id [logical_date_or_run_id]", tasks_test_opts, cmd_tasks_test, false},
	{"tasks", "render", "Print a task's rendered templates.",
	 "dag_id task_id logical_date_or_run_id", render_opts, cmd_tasks_render, false},
	{"tasks", "run", "Run a task instance of a run (again) and wait for its end.",
	 "dag_id task_id logical_date_or_run_id", run_opts, cmd_tasks_run, false},
	{"tasks", "failed-deps", "Why a task instance does not run.",
	 "dag_id task_id logical_date_or_run_id", deps_opts, cmd_failed_deps, false},
	{0},
};

const struct tw_verb tw_step_verbs[] = {
	{NULL, "core-step", "The scheduler's core as a coprocess of dag.test().", NULL, NULL,
	 cmd_core_step, false, true},
	{0},
};
