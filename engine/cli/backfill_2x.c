/*
 * `tradewind dags backfill`, as 2.x spelled it: in the foreground, for one DAG or several, for some of its tasks. It makes a
 * backfill (the scheduler does the work), follows it, and ends with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/backfill.h"
#include "cli/dags.h"
#include "cli/match.h"
#include "cli/row.h"
#include "io/clock.h"
#include "store/house.h"
#include "store/runs.h"
#include "store/tis.h"

/* ── what is asked for ────────────────────────────────────────────────────────────────── */

static void say_what_has_no_effect(const struct tw_args *args)
{
	static const struct {
		const char *option, *why;
	} none[] = {
		{"donot-pickle", "DAGs are never pickled"},
		{"local", "the scheduler gives the tasks to their executor"},
		{"subdir", "the DAG is the one that the DAG processor has read"},
		{"delay-on-limit", "a run starts as soon as there is room for it"},
		{"ignore-first-depends-on-past", "the first run of a backfill never looks back"},
	};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (tw_arg_flag(args, none[i].option) || tw_arg(args, none[i].option))
			fprintf(stderr, "--%s has no effect: %s\n", none[i].option, none[i].why);
	if (tw_arg_flag(args, "ignore-dependencies") && !tw_arg(args, "task-regex"))
		fprintf(stderr, "--ignore-dependencies has no effect without --task-regex\n");
}

/* Tasks that match and, unless it is said otherwise, what is above them. */
static void choose_tasks(const struct tw_args *args, const struct tw_dag *dag, struct tw_backfill_2x *old)
{
	const char *pattern = tw_arg(args, "task-regex");
	tw_bits *these, *set;
	struct tw_str *names;

	if (!pattern)
		return;
	these = tw_bits_new(dag->ntasks);
	set = tw_bits_new(dag->ntasks);
	names = tw_arena_array(&tw_cli()->arena, struct tw_str, (size_t)dag->ntasks + 1);
	tw_match_tasks(pattern, dag, these);
	for (int i = 0; i < dag->ntasks; i++) {
		if (!tw_bit(these, i))
			continue;
		tw_bit_set(set, i);
		if (!tw_arg_flag(args, "ignore-dependencies"))
			tw_dag_ancestors(dag, i, set);
	}
	for (int i = 0; i < dag->ntasks; i++)
		if (tw_bit(set, i))
			names[old->ntasks++] = dag->tasks[i].task_id;
	old->tasks = names;
	free(these);
	free(set);
	if (!old->ntasks)
		tw_cli_dief("no task of '" TW_STR_FMT "' matches '%s'", TW_STR_ARG(dag->dag_id), pattern);
}

static void choose_pool(const char *name, struct tw_backfill_2x *old)
{
	struct tw_pool_view view;
	struct tw_err err = {0};

	if (!name)
		return;
	if (tw_store_pool(tw_cli_store(), tw_str(name), &tw_cli()->arena, &view, &err) < 0)
		tw_cli_die(&err);
	old->pool = tw_str(name);
}

static struct tw_backfill_ask read_ask(const struct tw_args *args, const struct tw_dag *dag)
{
	tw_time from, to;
	struct tw_backfill_ask ask;

	if (!tw_arg(args, "start-date") && !tw_arg(args, "end-date"))
		tw_cli_dief("Provide a start_date and/or end_date");
	from = backfill_date(args, tw_arg(args, "start-date") ? "start-date" : "end-date");
	to = backfill_date(args, tw_arg(args, "end-date") ? "end-date" : "start-date");
	ask = backfill_ask(dag->dag_id, from, to);
	ask.max_active_runs = dag->max_active_runs;
	ask.reverse = tw_arg_flag(args, "run-backwards");
	ask.conf = backfill_conf(tw_arg(args, "conf"), "--conf");
	ask.old.on = true;
	ask.old.no_retries = tw_arg_flag(args, "disable-retry");
	ask.old.mark = tw_arg_flag(args, "mark-success");
	choose_tasks(args, dag, &ask.old);
	choose_pool(tw_arg(args, "pool"), &ask.old);
	if (tw_arg_flag(args, "reset-dagruns")) {
		ask.reprocess = TW_STR("completed");
	} else if (tw_arg_flag(args, "rerun-failed-tasks")) {
		ask.reprocess = TW_STR("failed");
		ask.old.only_failed = true;
	}
	return ask;
}

/* ── following it ─────────────────────────────────────────────────────────────────────── */

struct progress {
	size_t all, done, failed;    /* runs of all batches, and of those before this one */
};

static struct tw_run_view *runs_of(int64_t id, const char *state, struct tw_arena *a, size_t *ret_n)
{
	struct tw_cond conds[] = {{.field = "backfill_id", .op = TW_OP_EQ, .num = id},
				  {.field = "state", .op = TW_OP_EQ, .text = tw_str(state)}};
	struct tw_ask ask = {.conds = conds, .nconds = 2, .limit = -1};
	struct tw_run_view *v;
	struct tw_err err = {0};
	int64_t total;

	if (tw_store_runs(tw_cli_store(), &ask, a, &v, ret_n, &total, &err) < 0)
		tw_cli_die(&err);
	return v;
}

static size_t count(int64_t id, const char *state)
{
	struct tw_arena a = {0};
	size_t n;

	runs_of(id, state, &a, &n);
	tw_arena_release(&a);
	return n;
}

static void print_failed(const struct tw_args *args, int64_t id)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value rows = tw_v_list(a);
	struct tw_run_view *runs;
	struct tw_ti_row *tis;
	struct tw_err err = {0};
	size_t n, ntis;

	runs = runs_of(id, "failed", a, &n);
	for (size_t i = 0; i < n; i++) {
		if (tw_store_tis_of_run(tw_cli_store(), runs[i].run.dag_id, runs[i].run.run_id, a, &tis, &ntis, &err) < 0)
			tw_cli_die(&err);
		for (size_t k = 0; k < ntis; k++) {
			struct tw_value row;

			if (tis[k].state != TW_TI_FAILED)
				continue;
			row = row_new(rows);
			row_str(row, "dag_id", tis[k].dag_id);
			row_str(row, "task_id", tis[k].task_id);
			row_str(row, "run_id", tis[k].run_id);
			row_int(row, "map_index", tis[k].map_index);
			row_int(row, "try_number", tis[k].try_number);
		}
	}
	puts("Some task instances failed:");
	tw_output_rows(args, rows);
}

/* The next one may begin: a scheduler notices only with its next heartbeat. */
static void complete(int64_t id)
{
	struct tw_arena a = {0};
	struct tw_backfill_row row;
	struct tw_err err = {0};
	int64_t n;

	for (bool over = false; !over; over = row.completed_at != TW_TIME_NONE) {
		if (tw_store_backfills_complete(tw_cli_store(), tw_now(), &n, &err) < 0 ||
		    tw_store_backfill(tw_cli_store(), id, &a, &row, &err) < 0)
			tw_cli_die(&err);
		if (row.completed_at == TW_TIME_NONE)
			usleep(10000);
	}
	tw_arena_release(&a);
}

/* To the end of a batch; the scheduler does the work. */
static void follow(const struct tw_args *args, const struct tw_backfill_plan *plan, struct progress *p)
{
	size_t all = 0, done = 0, failed = 0, before = 0;
	int64_t id = plan->row.id;

	for (size_t i = 0; i < plan->n; i++)
		all += plan->items[i].fate == TW_BACKFILL_NEW || plan->items[i].fate == TW_BACKFILL_CLEAR;
	for (unsigned pause = 10000; done < all; pause = pause * 2 > 500000 ? 500000 : pause * 2) {
		failed = count(id, "failed");
		done = failed + count(id, "success");
		if (done != before)
			fprintf(stderr, "[backfill progress] | finished run %zu of %zu | failed: %zu\n", p->done + done,
				p->all, p->failed + failed);
		before = done;
		if (done < all)
			usleep(pause);
	}
	complete(id);
	p->done += done;
	p->failed += failed;
	if (failed)
		print_failed(args, id);
}

/* ── the verb ─────────────────────────────────────────────────────────────────────────── */

/*
 * As many dates at once as the DAG may have runs; when one of them has failed the others are not begun, unless that is asked
 * for.
 */
static int run_batches(const struct tw_args *args, const struct tw_backfill_ask *ask)
{
	bool go_on = tw_arg_flag(args, "continue-on-failures"), in_parts;
	struct tw_backfill_plan whole, part;
	struct tw_backfill_ask some = *ask;
	struct progress p = {0};
	struct tw_err err = {0};
	size_t each;

	if (tw_backfill_plan(tw_cli_store(), ask, &tw_cli()->arena, &whole, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < whole.n; i++)
		p.all += whole.items[i].fate == TW_BACKFILL_NEW || whole.items[i].fate == TW_BACKFILL_CLEAR;
	in_parts = !go_on && whole.n > (size_t)ask->max_active_runs && whole.items[0].run.logical_date != TW_TIME_NONE;
	each = in_parts ? (size_t)ask->max_active_runs : whole.n + 1;
	for (size_t i = 0; i == 0 || (i < whole.n && !p.failed); i += each) {
		if (in_parts) {
			size_t end = i + each < whole.n ? i + each : whole.n;
			tw_time first = whole.items[i].run.logical_date, last = whole.items[end - 1].run.logical_date;

			some.from = ask->reverse ? last : first;
			some.to = ask->reverse ? first : last;
		}
		backfill_make(&some, &part);
		follow(args, &part, &p);
	}
	if (p.done < p.all)
		fprintf(stderr, "%zu of %zu dates were not begun (--continue-on-failures goes on)\n", p.all - p.done, p.all);
	return p.failed ? 1 : 0;
}

static int backfill_one(const struct tw_args *args, const char *dag_id)
{
	struct tw_dag *dag = cli_dag(dag_id);
	struct tw_backfill_ask ask = read_ask(args, dag);
	int status = 0;

	if (tw_arg_flag(args, "dry-run")) {
		backfill_dry_run(args, &ask);
	} else {
		if (tw_arg_flag(args, "reset-dagruns"))
			tw_cli_confirm(args, "You are about to clear the runs of these dates. Proceed?");
		status = run_batches(args, &ask);
	}
	tw_dag_unref(dag);
	return status;
}

static int cmd_dags_backfill(const struct tw_args *args)
{
	const char *dag_id = tw_arg_pos(args, 0);
	tw_names dags = {0};
	int status = 0;

	say_what_has_no_effect(args);
	if (tw_arg_flag(args, "treat-dag-id-as-regex"))
		dags = tw_match_dags(dag_id, false);
	else
		tw_vec_push(&dags, tw_str(dag_id));
	if (!dags.n)
		tw_cli_dief("no DAG's id matches '%s'", dag_id);
	for (size_t i = 0; i < dags.n; i++)
		status |= backfill_one(args, dags.v[i].p);
	tw_vec_release(&dags);
	return status;
}

static const struct tw_opt opts[] = {
	{"start-date", 's', TW_OPT_STR, "earliest logical date, inclusive", NULL, NULL, NULL},
	{"end-date", 'e', TW_OPT_STR, "latest logical date, inclusive; without it that one date", NULL, NULL, NULL},
	{"task-regex", 't', TW_OPT_STR, "only tasks whose id matches, and what is above them", NULL, NULL, NULL},
	{"ignore-dependencies", 'i', TW_OPT_FLAG, "with --task-regex: not what is above them", NULL, NULL, NULL},
	{"treat-dag-id-as-regex", 0, TW_OPT_FLAG, "every DAG whose id matches, one after the other", NULL, NULL, "treat-dag-as-regex"},
	{"run-backwards", 'B', TW_OPT_FLAG, "newest date first", NULL, NULL, NULL},
	{"conf", 'c', TW_OPT_STR, "JSON object given to each run", NULL, NULL, NULL},
	{"pool", 0, TW_OPT_STR, "new runs' tasks take the slots of this pool", NULL, NULL, NULL},
	{"mark-success", 'm', TW_OPT_FLAG, "the tasks succeed without running", NULL, NULL, NULL},
	{"disable-retry", 0, TW_OPT_FLAG, "new runs' tasks have one try", NULL, NULL, NULL},
	{"continue-on-failures", 0, TW_OPT_FLAG, "go on when a run has failed; without it no more are started then", NULL, NULL, NULL},
	{"reset-dagruns", 0, TW_OPT_FLAG, "runs of these dates that have ended are run again", NULL, NULL, NULL},
	{"rerun-failed-tasks", 0, TW_OPT_FLAG, "of runs that failed the failed tasks are run again", NULL, NULL, NULL},
	{"dry-run", 'n', TW_OPT_FLAG, "say which dates would run, and make none", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	{"ignore-first-depends-on-past", 'I', TW_OPT_FLAG, "accepted: the first run never looks back", NULL, NULL, NULL},
	{"delay-on-limit", 0, TW_OPT_STR, "accepted: a run starts as soon as there is room", NULL, NULL, NULL},
	{"donot-pickle", 'x', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"local", 'l', TW_OPT_FLAG, "accepted: the executor is the scheduler's", NULL, NULL, NULL},
	{"subdir", 'S', TW_OPT_STR, "accepted: the DAG is the one that was read last", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};

const struct tw_verb tw_dags_backfill_verbs[] = {
	{"dags", "backfill", "Run a DAG for the dates of a range, and wait (2.x).", "dag_id", opts, cmd_dags_backfill, false,
	 false},
	{0},
};
