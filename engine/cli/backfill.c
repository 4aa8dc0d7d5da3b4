/* `tradewind backfill …` */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/backfill.h"
#include "cli/dags.h"
#include "cli/python.h"
#include "cli/row.h"
#include "io/clock.h"
#include "store/runs.h"
#include "value/json.h"

/* ── asking ───────────────────────────────────────────────────────────────────────────── */

static enum tw_rc ask_python(void *arg, struct tw_store *s, struct tw_str question, struct tw_arena *a,
			     struct tw_value *ret_answer, struct tw_err *err)
{
	char *text = tw_str_dup(question);

	*ret_answer = cli_python_ask((const char *[]){"dags-next", text, NULL});
	free(text);
	return TW_OK;
}

struct tw_value backfill_conf(const char *text, const char *option)
{
	struct tw_value v = TW_NULL;
	struct tw_err err = {0};

	if (!text)
		return TW_NULL;
	if (tw_json_parse(&tw_cli()->arena, tw_str(text), &v, &err) < 0)
		tw_cli_dief("Invalid JSON in %s: %s", option, err.msg);
	return v;
}

tw_time backfill_date(const struct tw_args *args, const char *option)
{
	if (!tw_arg(args, option))
		tw_cli_dief("--%s is required", option);
	return tw_cli_time(tw_arg(args, option));
}

struct tw_backfill_ask backfill_ask(struct tw_str dag_id, tw_time from, tw_time to)
{
	struct tw_cli *c = tw_cli();

	return (struct tw_backfill_ask){
		.dag_id = dag_id,
		.from = from,
		.to = to,
		.reprocess = TW_STR("none"),
		.max_active_runs = 10,
		.conf = TW_NULL,
		.run_on_latest = true,
		.user = tw_cli_user(),
		.now = tw_now(),
		.zones = &c->zones,
		.dags_folder = c->dags_folder,
		.ask_python = ask_python,
	};
}

/* ── showing ──────────────────────────────────────────────────────────────────────────── */

static const char *yes_no(bool b)
{
	return b ? "True" : "False";
}

static void print_params(const struct tw_backfill_ask *ask)
{
	char from[TW_ISO_MAX], to[TW_ISO_MAX];
	char *conf = ask->conf.kind == TW_V_NULL ? tw_strdup("None") : tw_json_dump(ask->conf, 0);

	printf("Performing dry run of backfill.\nPrinting params:\n");
	printf("    - dag_id = " TW_STR_FMT "\n", TW_STR_ARG(ask->dag_id));
	printf("    - from_date = %s\n", tw_time_iso_utc(from, ask->from));
	printf("    - to_date = %s\n", tw_time_iso_utc(to, ask->to));
	printf("    - max_active_runs = %d\n", ask->max_active_runs);
	printf("    - reverse = %s\n", yes_no(ask->reverse));
	printf("    - dag_run_conf = %s\n", conf);
	printf("    - reprocess_behavior = " TW_STR_FMT "\n", TW_STR_ARG(ask->reprocess));
	printf("    - run_on_latest_version = %s\n", yes_no(ask->run_on_latest));
	puts("Runs to be attempted:");
	free(conf);
}

static void print_plan(const struct tw_args *args, const struct tw_backfill_plan *plan)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);

	for (size_t i = 0; i < plan->n; i++) {
		const struct tw_backfill_item *item = &plan->items[i];
		struct tw_value row;

		if (item->fate != TW_BACKFILL_NEW && item->fate != TW_BACKFILL_CLEAR)
			continue;
		row = row_new(rows);
		row_stamp(row, "logical_date", item->run.logical_date);
		row_str(row, "partition_key", item->run.partition_key);
		row_stamp(row, "partition_date", item->run.partition_date);
	}
	tw_output_rows(args, rows);
}

void backfill_dry_run(const struct tw_args *args, const struct tw_backfill_ask *ask)
{
	struct tw_backfill_plan plan;
	struct tw_err err = {0};

	if (tw_backfill_plan(tw_cli_store(), ask, &tw_cli()->arena, &plan, &err) < 0)
		tw_cli_die(&err);
	print_params(ask);
	print_plan(args, &plan);
}

/* How many of each fate. */
static void print_created(const struct tw_backfill_plan *plan)
{
	size_t count[4] = {0};

	for (size_t i = 0; i < plan->n; i++)
		count[plan->items[i].fate]++;
	printf("backfill %lld of " TW_STR_FMT ": %zu new runs, %zu cleared", (long long)plan->row.id,
	       TW_STR_ARG(plan->row.dag_id), count[TW_BACKFILL_NEW], count[TW_BACKFILL_CLEAR]);
	if (count[TW_BACKFILL_EXISTS])
		printf(", %zu exist already", count[TW_BACKFILL_EXISTS]);
	if (count[TW_BACKFILL_IN_FLIGHT])
		printf(", %zu in flight", count[TW_BACKFILL_IN_FLIGHT]);
	putchar('\n');
}

void backfill_make(const struct tw_backfill_ask *ask, struct tw_backfill_plan *plan)
{
	struct tw_err err = {0};

	if (tw_backfill_create(tw_cli_store(), ask, &tw_cli()->arena, plan, &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	print_created(plan);
}

/* ── backfill create ──────────────────────────────────────────────────────────────────── */

static int cmd_create(const struct tw_args *args)
{
	struct tw_backfill_plan plan;
	struct tw_backfill_ask ask;

	if (!tw_arg(args, "dag-id"))
		tw_cli_dief("--dag-id is required");
	ask = backfill_ask(tw_str(tw_arg(args, "dag-id")), backfill_date(args, "from-date"), backfill_date(args, "to-date"));
	ask.reverse = tw_arg_flag(args, "run-backwards");
	ask.conf = backfill_conf(tw_arg(args, "dag-run-conf"), "--dag-run-conf");
	ask.max_active_runs = (int)tw_arg_int(args, "max-active-runs", 10);
	ask.run_on_latest = !tw_arg_flag(args, "no-run-on-latest-version");
	if (tw_arg(args, "reprocess-behavior"))
		ask.reprocess = tw_str(tw_arg(args, "reprocess-behavior"));
	if (tw_arg_flag(args, "dry-run"))
		backfill_dry_run(args, &ask);
	else
		backfill_make(&ask, &plan);
	return 0;
}

/* ── list, pause, unpause, cancel ─────────────────────────────────────────────────────── */

static void backfill_row(struct tw_value rows, const struct tw_backfill_row *b)
{
	struct tw_value row = row_new(rows);

	row_int(row, "id", b->id);
	row_str(row, "dag_id", b->dag_id);
	row_time(row, "from_date", b->from_date);
	row_time(row, "to_date", b->to_date);
	row_bool(row, "is_paused", b->is_paused);
	row_str(row, "reprocess_behavior", b->reprocess_behavior);
	row_int(row, "max_active_runs", b->max_active_runs);
	row_stamp(row, "created_at", b->created_at);
	row_stamp(row, "completed_at", b->completed_at);
}

static int cmd_list(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *order[] = {"-id"};
	struct tw_cond cond = {.field = "dag_id", .op = TW_OP_EQ, .text = tw_str(tw_arg(args, "dag-id"))};
	struct tw_ask ask = {.conds = &cond, .nconds = cond.text.p ? 1 : 0, .order_by = order, .norder = 1, .limit = -1};
	struct tw_value rows = tw_v_list(&c->arena);
	struct tw_backfill_row *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (tw_store_backfills(tw_cli_store(), &ask, &c->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		backfill_row(rows, &v[i]);
	tw_output_rows(args, rows);
	return 0;
}

static struct tw_backfill_row find(const char *text)
{
	struct tw_backfill_row b;
	struct tw_err err = {0};
	int64_t id;

	if (!tw_str_to_int(tw_str(text), &id))
		tw_cli_dief("'%s' is no number of a backfill", text);
	if (tw_store_backfill(tw_cli_store(), id, &tw_cli()->arena, &b, &err) < 0)
		tw_cli_die(&err);
	return b;
}

enum change { PAUSE, UNPAUSE, CANCEL };

static int change(const struct tw_args *args, enum change what)
{
	struct tw_backfill_row b = find(tw_arg_pos(args, 0));
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (b.completed_at != TW_TIME_NONE)
		tw_cli_dief("Backfill is already completed.");
	rc = what == CANCEL ? tw_store_backfill_cancel(tw_cli_store(), &b, &err)
			    : tw_store_backfill_pause(tw_cli_store(), &b, what == PAUSE, &err);
	if (rc < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	b = find(tw_arg_pos(args, 0));
	backfill_row(rows, &b);
	tw_output_rows(args, rows);
	return 0;
}

static int cmd_pause(const struct tw_args *args)
{
	return change(args, PAUSE);
}

static int cmd_unpause(const struct tw_args *args)
{
	return change(args, UNPAUSE);
}

static int cmd_cancel(const struct tw_args *args)
{
	return change(args, CANCEL);
}

/* ── tables ───────────────────────────────────────────────────────────────────────────── */

static const struct tw_opt create_opts[] = {
	{"dag-id", 0, TW_OPT_STR, "the DAG", NULL, NULL, NULL},
	{"from-date", 0, TW_OPT_STR, "earliest logical date, inclusive", NULL, NULL, NULL},
	{"to-date", 0, TW_OPT_STR, "latest logical date, inclusive", NULL, NULL, NULL},
	{"dag-run-conf", 0, TW_OPT_STR, "JSON object given to each run", NULL, NULL, NULL},
	{"run-backwards", 0, TW_OPT_FLAG, "newest date first", NULL, NULL, NULL},
	{"max-active-runs", 0, TW_OPT_INT, "how many of its runs may run at once", NULL, "10", NULL},
	{"reprocess-behavior", 0, TW_OPT_STR, "which runs that are there are run again", "none|completed|failed", NULL,
	 NULL},
	{"run-on-latest-version", 0, TW_OPT_FLAG, "runs that are run again take the newest version of the DAG (so without it)",
	 NULL, NULL, NULL},
	{"no-run-on-latest-version", 0, TW_OPT_FLAG, "they keep the version they had", NULL, NULL, NULL},
	{"dry-run", 0, TW_OPT_FLAG, "say which dates would run, and make none", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};
static const struct tw_opt list_opts[] = {
	{"dag-id", 0, TW_OPT_STR, "only of this DAG", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};
static const struct tw_opt output_opts[] = {TW_OPT_OUTPUT, {0}};

const struct tw_verb tw_backfill_verbs[] = {
	{"backfill", "create", "Run a DAG for the dates of a range.", NULL, create_opts, cmd_create, false, false},
	{"backfill", "list", "List the backfills, newest first.", NULL, list_opts, cmd_list, false, false},
	{"backfill", "pause", "Start no more runs of a backfill.", "backfill_id", output_opts, cmd_pause, false, false},
	{"backfill", "unpause", "Go on with a paused backfill.", "backfill_id", output_opts, cmd_unpause, false, false},
	{"backfill", "cancel", "End a backfill: its queued runs fail, those that run go on.", "backfill_id", output_opts,
	 cmd_cancel, false, false},
	{0},
};
