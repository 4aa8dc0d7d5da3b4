/*
 * How lists are found. The database is asked how it means to answer the very statements that the questions make; the statistics that it
 * goes by are the same everywhere (schema.c), so that a few hundred rows tell what a million would do.
 */
#include "store/testing.h"

#include <unistd.h>

#include "store/db.h"

static struct tw_arena a;
static char url[] = "/tmp/tw-plan-XXXXXX";
static struct tw_buf count_plan, page_plan, page_sql; /* of the last list */

/* What is below the page's own subquery: behind it a hundred rows are joined. */
static void keep_page(struct tw_str plan)
{
	struct tw_str line;

	tw_buf_clear(&page_plan);
	while (plan.p && plan.n) {
		line = tw_str_cut(plan, '\n', &plan);
		if (tw_str_starts(line, " ")) {
			tw_buf_addstr(&page_plan, line);
			tw_buf_addc(&page_plan, '\n');
		}
	}
}

static void heard(void *arg, struct tw_str sql, struct tw_str plan)
{
	if (tw_str_starts(sql, "select count(*)")) {
		tw_buf_clear(&count_plan);
		tw_buf_addstr(&count_plan, plan);
	} else if (tw_str_find(sql, TW_STR(") p cross join "), 0) >= 0 && !page_plan.n) {
		keep_page(plan);
		tw_buf_clear(&page_sql);
		tw_buf_addstr(&page_sql, sql);
	}
}

static struct tw_store *opened(enum tw_store_mode mode)
{
	tw_buf_clear(&count_plan);
	tw_buf_clear(&page_plan);
	return test_open_with((struct tw_store_opts){.url = url, .mode = mode, .relaxed = true, .planned = heard});
}

/* Forty runs of ten tasks: half of the instances have failed, one runs. */
static int setup(void **state)
{
	struct tw_store *s;
	int id = 1;

	close(mkstemp(url));
	unlink(url);
	s = opened(TW_STORE_MIGRATE);
	for (int r = 0; r < 40; r++) {
		const char *dag = tw_arena_printf(&a, "dag_%d", r % 2), *run_id = tw_arena_printf(&a, "run_%d", r / 2);
		struct tw_run_row run = test_run(dag, run_id, TW_RUN_SUCCESS, T0 + r);
		struct tw_ti_row tis[10];

		for (int k = 0; k < 10; k++, id++)
			tis[k] = test_ti(id, dag, run_id, tw_arena_printf(&a, "task_%d", k),
					 id == 100 ? TW_TI_RUNNING : k % 2 ? TW_TI_FAILED : TW_TI_SUCCESS);
		test_commit_run(s, &run, tis, 10);
	}
	tw_store_close(s);
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"", "-wal", "-shm", "-feed"};

	for (size_t i = 0; i < 4; i++)
		unlink(tw_arena_printf(&a, "%s%s", url, files[i]));
	tw_buf_release(&count_plan);
	tw_buf_release(&page_plan);
	tw_buf_release(&page_sql);
	tw_arena_release(&a);
	return 0;
}

enum list { TIS, RUNS, DAGS, LOGS, XCOMS };

static void ask(enum list list, const struct tw_ask *q)
{
	struct tw_store *s = opened(TW_STORE_AS_IS);
	int64_t total;
	void *v;
	size_t n;

	switch (list) {
	case TIS:
		ok(tw_store_tis(s, q, &a, (struct tw_ti_view **)&v, &n, &total, &test_err));
		break;
	case RUNS:
		ok(tw_store_runs(s, q, &a, (struct tw_run_view **)&v, &n, &total, &test_err));
		break;
	case DAGS:
		ok(tw_store_dags(s, q, &a, (struct tw_dag_row **)&v, &n, &total, &test_err));
		break;
	case LOGS:
		ok(tw_store_audits(s, q, &a, (struct tw_audit_row **)&v, &n, &total, &test_err));
		break;
	case XCOMS:
		ok(tw_store_xcoms(s, q, &a, (struct tw_xcom_view **)&v, &n, &total, &test_err));
		break;
	}
	tw_store_close(s);
	assert_true(page_plan.n);
}

static bool says(const struct tw_buf *plan, const char *text)
{
	return tw_str_find(tw_buf_str(plan), tw_str(text), 0) >= 0;
}

#define CONDS(...)                                                                                 \
	.conds = (struct tw_cond[]){__VA_ARGS__},                                                  \
	.nconds = sizeof((struct tw_cond[]){__VA_ARGS__}) / sizeof(struct tw_cond)
#define BY(name) .order_by = (const char *[]){name}, .norder = 1
#define IS(name, value) {.field = name, .op = TW_OP_EQ, .text = S(value)}
#define FROM(name, at) {.field = name, .op = TW_OP_GE, .time = at}
#define ASK(...) &(struct tw_ask){.count = true, .limit = 1, __VA_ARGS__}

/* The index has the order: the page ends where it is full. */
static void walks(enum list list, const struct tw_ask *q, const char *index)
{
	ask(list, q);
	if (!says(&page_plan, index) || says(&page_plan, "TEMP B-TREE FOR ORDER BY"))
		fail_msg("order by %s does not walk %s:\n%s\n%s", q->norder ? q->order_by[0] : "its key", index,
			 tw_buf_cstr(&page_plan), tw_buf_cstr(&page_sql));
}

/* The index has the rows that are meant, they and no others are looked at. */
static void finds(enum list list, const struct tw_ask *q, const char *index)
{
	ask(list, q);
	if (!tw_str_starts(tw_buf_str(&page_plan), " SEARCH ") || !says(&page_plan, index))
		fail_msg("%s … does not lead to %s:\n%s\n%s", q->conds[0].field, index, tw_buf_cstr(&page_plan),
			 tw_buf_cstr(&page_sql));
	if (count_plan.n && (!tw_str_starts(tw_buf_str(&count_plan), "SEARCH ") || !says(&count_plan, index)))
		fail_msg("%s … is counted without %s:\n%s", q->conds[0].field, index, tw_buf_cstr(&count_plan));
}

static void every_order_over_all_has_an_index(void **state)
{
	static const char *const tis[][2] = {
		{"id", "autoindex_task_instance_1"}, {"state", "ti_state_dag"}, {"start_date", "ti_start"},
		{"end_date", "ti_end"}, {"map_index", "ti_map"},
		{"run_after", "dag_run_after"}, {"logical_date", "dag_run_logical"}, {"run_id", "dag_run_run"},
		{"data_interval_start", "dag_run_interval_start"}, {"data_interval_end", "dag_run_interval_end"},
	};
	static const char *const runs[][2] = {
		{"id", "SCAN r"}, {"state", "dag_run_state_after"}, {"dag_id", "SCAN r USING COVERING INDEX"}, {"run_id", "dag_run_run"},
		{"logical_date", "dag_run_logical"}, {"run_after", "dag_run_after"}, {"start_date", "dag_run_start"},
		{"end_date", "dag_run_end"}, {"updated_at", "dag_run_updated"}, {"duration", "dag_run_duration"},
		{"data_interval_start", "dag_run_interval_start"}, {"data_interval_end", "dag_run_interval_end"},
	};
	static const char *const logs[][2] = {
		{"id", "SCAN l"}, {"when", "log_dttm"}, {"event", "log_event"}, {"owner", "log_owner"},
	};

	for (size_t i = 0; i < TW_COUNT(tis); i++) {
		walks(TIS, ASK(BY(tis[i][0])), tis[i][1]);
		walks(TIS, ASK(BY(tw_arena_printf(&a, "-%s", tis[i][0]))), tis[i][1]);
	}
	for (size_t i = 0; i < TW_COUNT(runs); i++) {
		walks(RUNS, ASK(BY(runs[i][0])), runs[i][1]);
		walks(RUNS, ASK(BY(tw_arena_printf(&a, "-%s", runs[i][0]))), runs[i][1]);
	}
	for (size_t i = 0; i < TW_COUNT(logs); i++)
		walks(LOGS, ASK(BY(logs[i][0])), logs[i][1]);
	walks(DAGS, ASK(CONDS({.field = "is_stale", .op = TW_OP_EQ, .num = 0})), "dag_stale");
	walks(DAGS, ASK(BY("dag_display_name")), "dag_display");
}

static void cursors_go_by_the_same_indexes(void **state)
{
	struct tw_cursor begin = {0}, next;
	struct tw_ask q = {.count = true, .count_cap = 1000, .limit = 3, .cursor = &begin};

	static const char *const orders[][2] = {
		{"-start_date", "ti_start"}, {"map_index", "ti_map"}, {"-run_after", "dag_run_after"}, {"logical_date", "dag_run_logical"},
	};
	for (size_t i = 0; i < TW_COUNT(orders); i++) {
		q.order_by = &orders[i][0];
		q.norder = 1;
		begin = (struct tw_cursor){0};
		walks(TIS, &q, orders[i][1]);
		next = (struct tw_cursor){.at = begin.last};
		q.cursor = &next;
		walks(TIS, &q, orders[i][1]);
		q.cursor = &begin;
	}
}

static void rows_of_one_dag_are_walked_in_their_own_index(void **state)
{
	walks(TIS, ASK(CONDS(IS("dag_id", "dag_1")), BY("map_index")), "ti_dag_map (dag_id=?)");
	walks(TIS, ASK(CONDS(IS("dag_id", "dag_1")), BY("-start_date")), "ti_dag_start (dag_id=?)");
	walks(TIS, ASK(CONDS(IS("dag_id", "dag_1"), IS("state", "failed")), BY("-start_date")), "ti_dag_start (dag_id=?)");
	walks(TIS, ASK(CONDS(IS("dag_id", "dag_1")), BY("-run_after")), "dag_run_dag_after (dag_id=?)");
	walks(TIS, ASK(CONDS(IS("dag_id", "dag_1")), BY("logical_date")), "autoindex_dag_run_2 (dag_id=?)");
	walks(RUNS, ASK(CONDS(IS("dag_id", "dag_1")), BY("-run_after")), "dag_run_dag_after (dag_id=?)");
	walks(RUNS, ASK(CONDS(IS("dag_id", "dag_1")), BY("-logical_date")), "autoindex_dag_run_2 (dag_id=?)");
}

/* Half of the rows: the order's index soon leads to the next one. */
static void many_are_met_on_the_way(void **state)
{
	struct tw_str failed[] = {S("failed"), S("success")};

	walks(TIS, ASK(CONDS(IS("state", "failed")), BY("-start_date")), "ti_start");
	walks(TIS, ASK(CONDS(IS("state", "failed")), BY("map_index")), "ti_map");
	walks(TIS, ASK(CONDS({.field = "state", .op = TW_OP_IN, .list = failed, .nlist = 2}), BY("-end_date")), "ti_end");
	walks(RUNS, ASK(CONDS(IS("state", "success")), BY("-start_date")), "dag_run_start");
	walks(TIS, ASK(CONDS(FROM("logical_date", T0)), BY("-run_after")), "dag_run_after");
}

/* One among hundreds. */
static void few_are_found_and_sorted(void **state)
{
	finds(TIS, ASK(CONDS(IS("state", "running")), BY("-start_date")), "ti_state_dag (state=?)");
	finds(TIS, ASK(CONDS(IS("state", "running")), BY("-run_after")), "ti_state_dag (state=?)");
	finds(TIS, ASK(CONDS(IS("state", "running"), IS("dag_id", "dag_1"))), "ti_state_dag (state=? AND dag_id=?)");
	finds(TIS, ASK(CONDS(IS("dag_id", "dag_1"), IS("run_id", "run_1"))), "(dag_id=? AND run_id=?)");
	finds(TIS, ASK(CONDS(FROM("logical_date", T0 + 39))), "dag_run_logical (logical_date>?)");
	finds(TIS, ASK(CONDS(FROM("start_date", T0 + 39)), BY("map_index")), "ti_start (start_date>?)");
	finds(RUNS, ASK(CONDS(IS("state", "failed"))), "(state=?)");
	finds(RUNS, ASK(CONDS(IS("dag_id", "dag_2"))), "(dag_id=?)");
	finds(LOGS, ASK(CONDS(IS("dag_id", "dag_1"))), "log_ti (dag_id=?)");
	finds(XCOMS, ASK(CONDS(FROM("run_after", T0 + 39))), "dag_run_after (run_after>?)");
	/* one task in all runs of its DAG: by way of them */
	finds(TIS, ASK(CONDS(IS("dag_id", "dag_1"), IS("task_id", "task_1"))), "(dag_id=? AND run_id=? AND task_id=?)");
}

/* Where one DAG has the million, a pattern is looked for in its few runs. */
static void patterns_are_looked_for_in_the_runs(void **state)
{
	ask(TIS, ASK(CONDS({.field = "run_id", .op = TW_OP_LIKE, .text = S("_17")})));
	assert_true(says(&page_plan, "SCAN r USING") && says(&page_plan, "SEARCH ti USING"));
	finds(TIS, ASK(CONDS({.field = "run_id", .op = TW_OP_PREFIX, .text = S("run_17")})), "dag_run_run (run_id>? AND run_id<?)");
}

/* Early pages walk, late ones sort, all of them at once sort: the same rows in the same order. */
static void pages_are_the_same_either_way(void **state)
{
	static const char *const orders[] = {"map_index", "-start_date", "state", "-id", "run_id", "-run_after", "task_id", "-dag_id"};
	const struct tw_cond conds[] = {IS("state", "failed"), FROM("logical_date", T0 + 5)};
	struct tw_store *s = opened(TW_STORE_AS_IS);

	for (size_t i = 0; i < TW_COUNT(orders) * 3; i++) {
		struct tw_ask q = {.conds = conds, .nconds = i / TW_COUNT(orders), .count = true, .limit = -1,
				   .order_by = &orders[i % TW_COUNT(orders)], .norder = 1};
		struct tw_cursor place = {0};
		struct tw_ti_view *all, *v;
		int64_t total;
		size_t n, some;

		ok(tw_store_tis(s, &q, &a, &all, &n, &total, &test_err));
		assert_int_equal(n, total);
		q.limit = 7;
		for (size_t at = 0; at < n; at += some) {
			q.offset = (int64_t)at;
			q.cursor = NULL;
			ok(tw_store_tis(s, &q, &a, &v, &some, &total, &test_err));
			assert_int_equal(some, n - at < 7 ? n - at : 7);
			for (size_t k = 0; k < some; k++)
				assert_memory_equal(&v[k].ti.id, &all[at + k].ti.id, sizeof v->ti.id);
			q.cursor = &place;
			ok(tw_store_tis(s, &q, &a, &v, &some, &total, &test_err));
			for (size_t k = 0; k < some; k++)
				assert_memory_equal(&v[k].ti.id, &all[at + k].ti.id, sizeof v->ti.id);
			place = (struct tw_cursor){.at = place.last};
		}
	}
	tw_store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_over_all_has_an_index),
		cmocka_unit_test(cursors_go_by_the_same_indexes),
		cmocka_unit_test(rows_of_one_dag_are_walked_in_their_own_index),
		cmocka_unit_test(many_are_met_on_the_way),
		cmocka_unit_test(few_are_found_and_sorted),
		cmocka_unit_test(patterns_are_looked_for_in_the_runs),
		cmocka_unit_test(pages_are_the_same_either_way),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
