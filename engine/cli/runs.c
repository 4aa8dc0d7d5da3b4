/* `tradewind runs …`: DAG runs under a name of their own. */
#include <stdio.h>

#include "cli/dags.h"
#include "cli/row.h"
#include "store/runs.h"

static int cmd_state(const struct tw_args *args)
{
	struct tw_run_row run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 1));

	puts(tw_run_state_name(run.state));
	return 0;
}

static int cmd_wait(const struct tw_args *args)
{
	struct tw_run_row run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 1));

	return dags_wait_for(args, run.dag_id, run.run_id);
}

static void say_applied(bool applied, const char *what)
{
	printf("%s%s\n", what,
	       applied ? "" : "; no scheduler is running, it takes effect when one starts");
}

static int cmd_set_state(const struct tw_args *args)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_run_row run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 1));
	struct tw_value payload = tw_v_map(a);
	enum tw_run_state state;

	if (!tw_run_state_parse(tw_str(tw_arg_pos(args, 2)), &state) || state == TW_RUN_RUNNING)
		return tw_usage_error(args->verb,
				      "argument state: invalid choice: '%s' (choose from queued, "
				      "success, failed)",
				      tw_arg_pos(args, 2));
	tw_map_putc(a, payload, "state", tw_v_cstr(tw_run_state_name(state)));
	tw_map_putc(a, payload, "by", tw_v_str(tw_cli_user()));
	say_applied(cli_post("run_state", run.dag_id, run.run_id, payload, true),
		    "The run's state has been set");
	return 0;
}

static int cmd_delete(const struct tw_args *args)
{
	struct tw_run_row run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 1));
	struct tw_inbox_row post = {.at = TW_TIME_NONE,
				    .kind = TW_STR("run_delete"),
				    .dag_id = run.dag_id,
				    .run_id = run.run_id,
				    .payload = TW_STR("{}")};
	struct tw_err err = {0};

	tw_cli_confirm(args, "The run and its task instances will be deleted. Proceed?");
	if (tw_store_run_delete(tw_cli_store(), run.dag_id, run.run_id, &post, &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	puts("Run deleted");
	return 0;
}

static const struct tw_opt yes_opts[] = {{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
					 {0}};

static const struct tw_opt wait_opts[] = {DAGS_WAIT_OPTIONS, {0}};

const struct tw_verb tw_runs_verbs[] = {
	{"runs", "list", "List a DAG's runs, newest first.", "[dag_id]", dags_runs_opts,
	 dags_list_runs, false},
	{"runs", "trigger", "Start a run.", "dag_id", dags_trigger_opts, dags_trigger, false},
	{"runs", "state", "The state of a run, in one word.", "dag_id logical_date_or_run_id", NULL,
	 cmd_state, false},
	{"runs", "wait", "Wait for a run's end; the exit status says how it ended.",
	 "dag_id logical_date_or_run_id", wait_opts, cmd_wait, false},
	{"runs", "set-state", "Set a run's state: queued, success or failed.",
	 "dag_id logical_date_or_run_id state", NULL, cmd_set_state, false},
	{"runs", "delete", "Delete a run.", "dag_id logical_date_or_run_id", yes_opts, cmd_delete,
	 false},
	{0},
};
