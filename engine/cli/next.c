/* `tradewind dags next-execution`: when a DAG runs next, by whatever timetable it has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dags.h"
#include "cli/python.h"
#include "cli/row.h"
#include "io/clock.h"
#include "store/dags.h"
#include "store/runs.h"

#define MAX_RUNS 100000

/* ── asking Python ────────────────────────────────────────────────────────────────────── */

struct tw_value dags_ask_timetable(const struct tw_coming_ask *ask)
{
	struct tw_buf text = {0};
	struct tw_value answer;

	tw_coming_write(&text, ask);
	answer = cli_python_ask((const char *[]){"dags-next", tw_buf_cstr(&text), NULL});
	tw_buf_release(&text);
	return answer;
}

void dags_ask_interval(struct tw_trigger_opts *o)
{
	struct tw_coming_ask ask = {.what = "manual", .now = TW_TIME_NONE, .run_after = o->run_after};
	struct tw_dag_doc doc;
	struct tw_dag *dag;
	struct tw_interval iv;
	struct tw_err err = {0};

	if (o->logical_date == TW_TIME_NONE || o->interval_start != TW_TIME_NONE ||
	    tw_store_dag_doc(tw_cli_store(), o->dag_id, &tw_cli()->arena, &doc, NULL) < 0 ||
	    tw_dag_parse_json(doc.document, &tw_cli()->zones, &dag, NULL) < 0)
		return;
	if (tw_coming_is_custom(dag->timetable)) {
		ask.dag = dag;
		ask.dags_folder = tw_cli()->dags_folder;
		if (ask.run_after == TW_TIME_NONE)
			ask.run_after = o->interval_of_logical_date ? o->logical_date : o->now;
		if (tw_coming_read_interval(dags_ask_timetable(&ask), &iv, &err) < 0)
			tw_cli_die(&err);
		o->interval_start = iv.start;
		o->interval_end = iv.end;
	}
	tw_dag_unref(dag);
}

/* ── the coming runs ──────────────────────────────────────────────────────────────────── */

struct coming {
	tw_run_infos runs;
	enum tw_no_run why; /* there are no more */
};

static bool last_run_info(struct tw_str dag_id, struct tw_run_info *ret)
{
	struct tw_run_row row;

	*ret = (struct tw_run_info){.run_after = TW_TIME_NONE,
				    .logical_date = TW_TIME_NONE,
				    .interval = {TW_TIME_NONE, TW_TIME_NONE},
				    .partition_date = TW_TIME_NONE};
	if (tw_store_run_last_automated(tw_cli_store(), dag_id, &tw_cli()->arena, &row, NULL) < 0)
		return false;
	ret->run_after = row.run_after;
	ret->logical_date = row.logical_date;
	ret->interval = (struct tw_interval){row.interval_start, row.interval_end};
	return true;
}

static void ask_python(const struct tw_dag *dag, const struct tw_run_info *last, tw_time now,
		       int64_t n, struct coming *c)
{
	struct tw_coming_ask ask = {
		.what = "next",
		.dag = dag,
		.dags_folder = tw_cli()->dags_folder,
		.last = last,
		.bounds = dag->bounds,
		.run_after = TW_TIME_NONE,
		.now = now,
		.count = (int)n,
	};
	struct tw_err err = {0};

	if (tw_coming_read(dags_ask_timetable(&ask), &c->runs, &err) < 0)
		tw_cli_die(&err);
	if (c->runs.n < (size_t)n)
		c->why = TW_NO_RUN_CUSTOM;
}

static void compute(const struct tw_dag *dag, const struct tw_run_info *last, tw_time now, int64_t n,
		    struct coming *c)
{
	struct tw_run_info next, before = last ? *last : (struct tw_run_info){0};
	struct tw_err err = {0};

	for (int64_t i = 0; i < n; i++) {
		if (tw_timetable_next(dag->timetable, last ? &before : NULL, &dag->bounds, now, &next,
				      &err) < 0)
			tw_cli_die(&err);
		if (next.why != TW_NO_RUN_NONE) {
			c->why = next.why;
			return;
		}
		tw_vec_push(&c->runs, next);
		before = next;
		last = &before;
		if (now < next.run_after)
			now = next.run_after;
	}
}

static void find_coming(const struct tw_dag *dag, tw_time now, int64_t n, struct coming *c)
{
	struct tw_run_info last;
	bool has = last_run_info(dag->dag_id, &last);

	if (!dag->timetable->can_be_scheduled)
		c->why = TW_NO_RUN_NEVER;
	else if (tw_coming_is_custom(dag->timetable))
		ask_python(dag, has ? &last : NULL, now, n, c);
	else
		compute(dag, has ? &last : NULL, now, n, c);
}

/* ── printing ─────────────────────────────────────────────────────────────────────────── */

static void warn_if_paused(struct tw_str dag_id)
{
	struct tw_dag_row row;

	if (tw_store_dag(tw_cli_store(), dag_id, &tw_cli()->arena, &row, NULL) == TW_OK &&
	    row.is_paused)
		fputs("[INFO] Please be reminded this DAG is PAUSED now.\n", stderr);
}

static struct tw_value rows_of(const struct tw_dag *dag, const struct coming *c)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);

	for (size_t i = 0; i < c->runs.n; i++) {
		const struct tw_run_info *r = &c->runs.v[i];
		struct tw_value row = row_new(rows);

		row_time(row, "logical_date", r->logical_date);
		row_time(row, "run_after", r->run_after);
		row_time(row, "data_interval_start", r->interval.start);
		row_time(row, "data_interval_end", r->interval.end);
		if (!dag->timetable->partitioned)
			continue;
		row_cstr(row, "partition_key", r->partition_key[0] ? r->partition_key : NULL);
		row_time(row, "partition_date", r->partition_date);
	}
	return rows;
}

/* Airflow's names have a point where ours have an underscore. */
static const char *field_of(const struct tw_args *args, const struct tw_dag *dag)
{
	const char *field = tw_arg(args, "field");

	if (!field)
		return dag->timetable->partitioned ? "partition_key" : "logical_date";
	if (strcmp(field, "data_interval.start") == 0)
		return "data_interval_start";
	return strcmp(field, "data_interval.end") == 0 ? "data_interval_end" : field;
}

int dags_next_execution(const struct tw_args *args)
{
	struct tw_dag *dag = cli_dag(tw_arg_pos(args, 0));
	tw_time now = tw_arg(args, "now") ? tw_cli_time(tw_arg(args, "now")) : tw_now();
	int64_t n = tw_arg_int(args, "num-executions", 1);
	bool table = tw_arg(args, "output") || tw_arg_flag(args, "table");
	const char *field = field_of(args, dag);
	struct coming c = {.why = TW_NO_RUN_NONE};
	struct tw_value rows;

	if (tw_arg_flag(args, "table") && tw_arg(args, "field"))
		tw_cli_dief("Cannot use --table and --field together");
	if (n < 1 || n > MAX_RUNS)
		tw_cli_dief("--num-executions is between 1 and %d", MAX_RUNS);
	warn_if_paused(dag->dag_id);
	find_coming(dag, now, n, &c);
	rows = rows_of(dag, &c);
	if (c.why != TW_NO_RUN_NONE)
		fprintf(stderr, "no %srun follows: %s\n", c.runs.n ? "other " : "", tw_no_run_text(c.why));
	if (table)
		tw_output_rows(args, rows);
	else if (!c.runs.n)
		puts("None");
	for (size_t i = 0; !table && i < tw_value_len(rows); i++) {
		struct tw_str s = tw_map_str(rows.list->v[i], field, "None");

		printf(TW_STR_FMT "\n", TW_STR_ARG(s));
	}
	tw_vec_release(&c.runs);
	tw_dag_unref(dag);
	return 0;
}

const struct tw_opt dags_next_opts[] = {
	{"num-executions", 'n', TW_OPT_INT, "how many", NULL, "1", NULL},
	{"now", 0, TW_OPT_STR, "as if it were this instant", NULL, NULL, NULL},
	{"field", 0, TW_OPT_STR, "which date to print",
	 "logical_date|run_after|data_interval.start|data_interval.end|partition_key|partition_date", NULL, NULL},
	{"table", 0, TW_OPT_FLAG, "all dates, as a table", NULL, NULL, NULL},
	{"output", 'o', TW_OPT_STR, "all dates, printed so", "table|json|yaml|plain", NULL, NULL},
	{0},
};
