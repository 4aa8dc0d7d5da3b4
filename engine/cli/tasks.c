/* `tradewind tasks …` that read and change the metastore; those that run something are in python.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/markers.h"
#include "cli/match.h"
#include "cli/row.h"
#include "io/clock.h"
#include "model/dag.h"
#include "model/graph.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"

static int cmd_list(const struct tw_args *args)
{
	struct tw_dag *dag = cli_dag(tw_arg_pos(args, 0));
	struct tw_str *ids =
		tw_arena_array(&tw_cli()->arena, struct tw_str, (size_t)dag->ntasks + 1);

	for (int i = 0; i < dag->ntasks; i++) {
		int k = i;

		for (; k > 0 && tw_str_cmp(dag->tasks[i].task_id, ids[k - 1]) < 0; k--)
			ids[k] = ids[k - 1];
		ids[k] = dag->tasks[i].task_id;
	}
	for (int i = 0; i < dag->ntasks; i++)
		printf(TW_STR_FMT "\n", TW_STR_ARG(ids[i]));
	tw_dag_unref(dag);
	return 0;
}

static struct tw_ti_view one_ti(const struct tw_args *args, struct tw_run_row *ret_run)
{
	struct tw_ti_view ti;
	struct tw_err err = {0};

	*ret_run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 2));
	if (tw_store_ti(tw_cli_store(), ret_run->dag_id, ret_run->run_id,
			tw_str(tw_arg_pos(args, 1)), (int)tw_arg_int(args, "map-index", -1),
			&tw_cli()->arena, &ti, &err) < 0)
		tw_cli_die(&err);
	return ti;
}

static int cmd_state(const struct tw_args *args)
{
	struct tw_run_row run;
	struct tw_ti_view ti = one_ti(args, &run);
	const char *name = tw_ti_state_name(ti.ti.state);

	puts(name ? name : "None");
	return 0;
}

static int cmd_states(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_run_row run = cli_run(tw_arg_pos(args, 0), tw_arg_pos(args, 1));
	struct tw_value rows = tw_v_list(&c->arena);
	struct tw_ti_row *tis;
	struct tw_err err = {0};
	bool mapped = false;
	size_t n;

	if (tw_store_tis_of_run(tw_cli_store(), run.dag_id, run.run_id, &c->arena, &tis, &n, &err) <
	    0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		mapped |= tis[i].map_index >= 0;
	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(rows);

		row_str(row, "dag_id", tis[i].dag_id);
		row_date(row, "logical_date", run.logical_date);
		row_str(row, "task_id", tis[i].task_id);
		row_cstr(row, "state",
			 tis[i].state == TW_TI_NONE ? "" : tw_ti_state_name(tis[i].state));
		row_date(row, "start_date", tis[i].start_date);
		row_date(row, "end_date", tis[i].end_date);
		if (mapped)
			row_int(row, "map_index", tis[i].map_index);
	}
	tw_output_rows(args, rows);
	return 0;
}

/* ── clear ────────────────────────────────────────────────────────────────────────────── */

/* The tasks whose id matches, with what is above and below when asked for. */
static tw_bits *select_tasks(const struct tw_args *args, const struct tw_dag *dag)
{
	tw_bits *these = tw_bits_new(dag->ntasks), *all = tw_bits_new(dag->ntasks);

	tw_match_tasks(tw_arg(args, "task-regex"), dag, these);
	tw_dag_select(dag, these, tw_arg_flag(args, "upstream"), tw_arg_flag(args, "downstream"),
		      all);
	free(these);
	return all;
}

static bool clear_wanted(const struct tw_args *args, const struct tw_ti_row *ti)
{
	if (ti->state == TW_TI_NONE)
		return false;
	if (tw_arg_flag(args, "only-failed") && ti->state != TW_TI_FAILED &&
	    ti->state != TW_TI_UPSTREAM_FAILED)
		return false;
	return !tw_arg_flag(args, "only-running") || ti->state == TW_TI_RUNNING;
}

/* One run's share: [["task", index], …]; what it lists is printed first. */
static struct tw_value clear_list(const struct tw_args *args, const struct tw_dag *dag,
				  const tw_bits *which, const struct tw_run_row *run, bool print)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value tasks = tw_v_list(a);
	struct tw_ti_row *tis;
	struct tw_err err = {0};
	size_t n;

	if (tw_store_tis_of_run(tw_cli_store(), run->dag_id, run->run_id, a, &tis, &n, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		int t = tw_dag_task(dag, tis[i].task_id);
		struct tw_value pair;

		if (t < 0 || !tw_bit(which, t) || !clear_wanted(args, &tis[i]))
			continue;
		pair = tw_v_list(a);
		tw_list_push(a, pair, tw_v_str(tis[i].task_id));
		tw_list_push(a, pair, tw_v_int(tis[i].map_index));
		tw_list_push(a, tasks, pair);
		if (print)
			printf("  " TW_STR_FMT " " TW_STR_FMT " %d\n", TW_STR_ARG(run->run_id),
			       TW_STR_ARG(tis[i].task_id), tis[i].map_index);
	}
	return tasks;
}

static struct tw_run_view *runs_between(const struct tw_args *args, struct tw_str dag_id, size_t *ret_n)
{
	tw_time from = tw_cli_time(tw_arg(args, "start-date")),
		to = tw_cli_time(tw_arg(args, "end-date"));
	const char *run_id = tw_arg(args, "run-id"), *key = tw_arg(args, "partition-key");
	struct tw_cond conds[5] = {{.field = "dag_id", .op = TW_OP_EQ, .text = dag_id}};
	struct tw_ask ask = {.conds = conds, .nconds = 1, .limit = -1};
	struct tw_run_view *v;
	struct tw_err err = {0};
	int64_t total;

	if (run_id)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "run_id", .op = TW_OP_EQ, .text = tw_str(run_id)};
	if (key)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "partition_key", .op = TW_OP_EQ, .text = tw_str(key)};
	if (from != TW_TIME_NONE)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "logical_date", .op = TW_OP_GE, .time = from};
	if (to != TW_TIME_NONE)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "logical_date", .op = TW_OP_LE, .time = to};
	if (tw_store_runs(tw_cli_store(), &ask, &tw_cli()->arena, &v, ret_n, &total, &err) < 0)
		tw_cli_die(&err);
	return v;
}

/* One DAG's share of a clear. */
struct share {
	struct tw_dag *dag;
	tw_bits *which;
	struct tw_run_view *runs;
	size_t nruns;
};

typedef TW_VEC(struct share) shares;

static void add_share(const struct tw_args *args, const char *dag_id, shares *all)
{
	struct share s = {.dag = cli_dag(dag_id)};

	s.which = select_tasks(args, s.dag);
	s.runs = runs_between(args, s.dag->dag_id, &s.nruns);
	tw_vec_push(all, s);
}

/* The DAG of that id, or with --dag-regex every one whose id matches. */
static void add_shares(const struct tw_args *args, shares *all)
{
	const char *pattern = tw_arg_pos(args, 0);
	tw_names found;

	if (!tw_arg_flag(args, "dag-regex")) {
		add_share(args, pattern, all);
		return;
	}
	found = tw_match_dags(pattern, false);
	for (size_t i = 0; i < found.n; i++)
		add_share(args, found.v[i].p, all);
	tw_vec_release(&found);
}

static size_t count_share(const struct tw_args *args, const struct share *s, bool print)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nruns; i++)
		n += tw_value_len(clear_list(args, s->dag, s->which, &s->runs[i].run, print));
	return n;
}

static bool post_share(const struct tw_args *args, const struct share *s)
{
	struct tw_arena *a = &tw_cli()->arena;
	bool applied = true;

	for (size_t i = 0; i < s->nruns; i++) {
		struct tw_value tasks = clear_list(args, s->dag, s->which, &s->runs[i].run, false),
				payload = tw_v_map(a);

		if (!tw_value_len(tasks))
			continue;
		tw_map_putc(a, payload, "tasks", tasks);
		tw_map_putc(a, payload, "by", tw_v_str(tw_cli_user()));
		applied &= cli_post("clear", s->runs[i].run.dag_id, s->runs[i].run.run_id, payload,
				    i + 1 == s->nruns);
	}
	return applied;
}

/* What hangs on the markers among them, in other DAGs. */
static void follow_markers(struct tw_markers *m, const struct tw_dag *dag, const tw_bits *which,
			   const struct tw_args *args, const struct tw_run_row *run)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_ti_row *tis;
	struct tw_err err = {0};
	size_t n;

	if (tw_store_tis_of_run(tw_cli_store(), run->dag_id, run->run_id, a, &tis, &n, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		int t = tw_dag_task(dag, tis[i].task_id);

		if (t >= 0 && tw_bit(which, t) && clear_wanted(args, &tis[i]) &&
		    tw_markers_follow(m, &tis[i], &err) < 0)
			tw_cli_die(&err);
	}
}

static bool same_run(const struct tw_ti_row *a, const struct tw_ti_row *b)
{
	return tw_str_eq(a->run_id, b->run_id) && tw_str_eq(a->dag_id, b->dag_id);
}

static bool clear_found(const struct tw_markers *m)
{
	struct tw_arena *a = &tw_cli()->arena;
	bool applied = true;

	for (size_t i = 0, k; i < m->found.n; i = k) {
		const struct tw_ti_row *ti = &m->found.v[i].ti;
		struct tw_value tasks = tw_v_list(a), payload = tw_v_map(a);

		for (k = i; k < m->found.n && same_run(ti, &m->found.v[k].ti); k++) {
			struct tw_value pair = tw_v_list(a);

			tw_list_push(a, pair, tw_v_str(m->found.v[k].ti.task_id));
			tw_list_push(a, pair, tw_v_int(m->found.v[k].ti.map_index));
			tw_list_push(a, tasks, pair);
		}
		tw_map_putc(a, payload, "tasks", tasks);
		tw_map_putc(a, payload, "by", tw_v_str(tw_cli_user()));
		applied &= cli_post("clear", ti->dag_id, ti->run_id, payload, k == m->found.n);
	}
	return applied;
}

static int cmd_clear(const struct tw_args *args)
{
	bool ask = !tw_arg_flag(args, "yes"), applied = true;
	shares all = {0};
	size_t total = 0;
	struct tw_markers m = {
		.s = tw_cli_store(),
		.zones = &tw_cli()->zones,
		.a = &tw_cli()->arena,
		.now = tw_now(),
		.only_failed = tw_arg_flag(args, "only-failed"),
		.only_running = tw_arg_flag(args, "only-running"),
	};

	add_shares(args, &all);
	for (size_t i = 0; i < all.n; i++)
		total += count_share(args, &all.v[i], ask);
	for (size_t i = 0; i < all.n && !tw_arg_flag(args, "exclude-subdags"); i++)
		for (size_t k = 0; k < all.v[i].nruns; k++)
			follow_markers(&m, all.v[i].dag, all.v[i].which, args, &all.v[i].runs[k].run);
	for (size_t i = 0; ask && i < m.found.n; i++)
		printf("  " TW_STR_FMT " " TW_STR_FMT " " TW_STR_FMT " %d\n", TW_STR_ARG(m.found.v[i].ti.dag_id),
		       TW_STR_ARG(m.found.v[i].ti.run_id), TW_STR_ARG(m.found.v[i].ti.task_id),
		       m.found.v[i].ti.map_index);
	total += m.found.n;
	if (!total) {
		puts("Nothing to clear.");
	} else {
		if (ask)
			printf("You are about to clear these %zu task instances.\n", total);
		tw_cli_confirm(args, "Proceed?");
		for (size_t i = 0; i < all.n; i++)
			applied &= post_share(args, &all.v[i]);
		applied &= clear_found(&m);
		printf("%zu task instances have been cleared%s\n", total,
		       applied ? ""
			       : "; no scheduler is running, they take effect when one starts");
	}
	for (size_t i = 0; i < all.n; i++) {
		free(all.v[i].which);
		tw_dag_unref(all.v[i].dag);
	}
	tw_vec_release(&all);
	tw_markers_release(&m);
	return 0;
}

/* ── tables ───────────────────────────────────────────────────────────────────────────── */

static const struct tw_opt list_opts[] = {
	{"bundle-name", 'B', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"tree", 't', TW_OPT_FLAG, "accepted; see `dags show`", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt ti_opts[] = {
	{"bundle-name", 'B', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"map-index", 0, TW_OPT_INT, "which mapped instance", NULL, "-1", NULL},
	{0},
};
static const struct tw_opt output_opts[] = {TW_OPT_OUTPUT, {0}};
static const struct tw_opt clear_opts[] = {
	{"task-regex", 't', TW_OPT_STR, "only tasks whose id matches", NULL, NULL, NULL},
	{"start-date", 's', TW_OPT_STR, "logical date from", NULL, NULL, NULL},
	{"end-date", 'e', TW_OPT_STR, "logical date to", NULL, NULL, NULL},
	{"run-id", 0, TW_OPT_STR, "only of this run", NULL, NULL, NULL},
	{"upstream", 'u', TW_OPT_FLAG, "with all that is above", NULL, NULL, NULL},
	{"downstream", 'd', TW_OPT_FLAG, "with all that is below", NULL, NULL, NULL},
	{"only-failed", 'f', TW_OPT_FLAG, "only failed ones", NULL, NULL, NULL},
	{"only-running", 'r', TW_OPT_FLAG, "only running ones", NULL, NULL, NULL},
	{"dag-regex", 'R', TW_OPT_FLAG, "dag_id is a regular expression: every DAG whose id matches", NULL, NULL, NULL},
	{"bundle-name", 'B', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	{"exclude-parentdag", 'X', TW_OPT_FLAG, "accepted (2.x)", NULL, NULL, NULL},
	{"exclude-subdags", 'x', TW_OPT_FLAG, "do not go on through ExternalTaskMarkers (2.x's name)", NULL, NULL, NULL},
	{0},
};

static const struct tw_opt dags_clear_opts[] = {
	{"run-id", 0, TW_OPT_STR, "only this run", NULL, NULL, NULL},
	{"partition-key", 0, TW_OPT_STR, "only runs of this partition", NULL, NULL, NULL},
	{"only-failed", 'f', TW_OPT_FLAG, "only failed task instances", NULL, NULL, NULL},
	{"only-running", 'r', TW_OPT_FLAG, "only running task instances", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	{0},
};

const struct tw_verb tw_dags_clear_verbs[] = {
	{"dags", "clear", "Clear runs, so that all their tasks run again.", "dag_id",
	 dags_clear_opts, cmd_clear, false},
	{0},
};

const struct tw_verb tw_tasks_verbs[] = {
	{"tasks", "list", "List a DAG's tasks.", "dag_id", list_opts, cmd_list, false},
	{"tasks", "state", "The state of a task instance, in one word.",
	 "dag_id task_id logical_date_or_run_id", ti_opts, cmd_state, false},
	{"tasks", "states-for-dag-run", "The states of all task instances of a run.",
	 "dag_id logical_date_or_run_id", output_opts, cmd_states, false},
	{"tasks", "clear", "Clear task instances, so that they run again.", "dag_id", clear_opts,
	 cmd_clear, false},
	{0},
};
