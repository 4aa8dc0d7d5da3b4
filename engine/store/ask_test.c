/* Questions about runs, instances and XComs. */
#include "store/testing.h"

#include "store/query.h"

static struct tw_arena a;
static struct tw_store *s;

static int setup(void **state)
{
	s = test_open();
	return 0;
}

static int teardown(void **state)
{
	tw_store_close(s);
	tw_arena_release(&a);
	return 0;
}

#define CONDS(...)                                                                                 \
	.conds = (struct tw_cond[]){__VA_ARGS__},                                                  \
	.nconds = sizeof((struct tw_cond[]){__VA_ARGS__}) / sizeof(struct tw_cond)
#define ORDER(...)                                                                                 \
	.order_by = (const char *[]){__VA_ARGS__},                                                 \
	.norder = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)

static void add_run(const char *dag, const char *id, enum tw_run_state state, enum tw_run_type type,
		    tw_time date)
{
	struct tw_run_row run = test_run(dag, id, state, date);

	run.type = type;
	test_commit_run(s, &run, NULL, 0);
}

static void runs_are_listed(void **state)
{
	struct tw_str live[] = {S("queued"), S("running")};
	struct tw_run_view *v;
	int64_t total;
	size_t n;

	add_run("d", "r1", TW_RUN_SUCCESS, TW_RUNTYPE_SCHEDULED, T0);
	add_run("d", "r2", TW_RUN_RUNNING, TW_RUNTYPE_MANUAL, T0 + 10);
	add_run("e", "r1", TW_RUN_QUEUED, TW_RUNTYPE_MANUAL, TW_TIME_NONE);
#define LIST(...)                                                                                  \
	ok(tw_store_runs(s, &(struct tw_ask){.count = true, __VA_ARGS__}, &a, &v, &n, &total,      \
			 &test_err))
	LIST(.limit = -1, CONDS({.field = "dag_id", .op = TW_OP_EQ, .text = S("d")}),
	     ORDER("-logical_date"));
	assert_int_equal(n, 2);
	tw_assert_str(v[0].run.run_id, "r2");
	LIST(.limit = -1, CONDS({.field = "state", .op = TW_OP_IN, .list = live, .nlist = 2}));
	assert_int_equal(total, 2);
	LIST(.limit = -1, CONDS({.field = "logical_date", .op = TW_OP_GE, .time = T0 + 1}));
	assert_int_equal(total, 1);
	LIST(.limit = -1, CONDS({.field = "dag_version", .op = TW_OP_NULL}),
	     ORDER("dag_version", "-run_after"));
	assert_int_equal(total, 3);
	LIST(.limit = -1, .count_cap = 2);
	assert_int_equal(total, 2);
	assert_int_equal(n, 3);
	LIST(.limit = 0);
	assert_int_equal(total, 3);
	assert_int_equal(n, 0);
	LIST(.limit = 1, .offset = 1);
	assert_int_equal(n, 1);
	tw_assert_str(v[0].run.run_id, "r2");
	ok(tw_store_run_note(s, S("d"), S("r1"), S("well"), S("me"), &test_err));
	ok(tw_store_run_by_date(s, S("d"), T0, &a, v, &test_err));
	tw_assert_str(v[0].run.note, "well");
	assert_int_equal(tw_store_run_note(s, S("d"), S("zz"), S("well"), S("me"), &test_err),
			 TW_ERR_NOT_FOUND);
	assert_int_equal(tw_store_run_by_date(s, S("d"), T0 + 1, &a, v, &test_err),
			 TW_ERR_NOT_FOUND);
	ok(tw_store_run_delete(s, S("d"), S("r1"), NULL, &test_err));
	assert_int_equal(tw_store_run_delete(s, S("d"), S("r1"), NULL, &test_err),
			 TW_ERR_NOT_FOUND);
}
#undef LIST

/* The key breaks ties, in the direction of the first field: pages neither overlap nor leave out. */
static void equal_rows_keep_an_order(void **state)
{
	static const char *const orders[] = { "triggered_by", "-triggered_by" };
	struct tw_run_view *v;
	size_t n;

	for (int i = 0; i < 9; i++)
		add_run("d", tw_arena_printf(&a, "r%d", i), TW_RUN_SUCCESS, TW_RUNTYPE_MANUAL,
			TW_TIME_NONE);
	for (int o = 0; o < 2; o++)
		for (int i = 0; i < 9; i++) {
			ok(tw_store_runs(s, &(struct tw_ask){ .limit = 1, .offset = i, .order_by = &orders[o], .norder = 1 },
					 &a, &v, &n, NULL, &test_err));
			tw_assert_str(v[0].run.run_id, tw_arena_printf(&a, "r%d", o ? 8 - i : i));
		}
}

/* However many different questions are asked, only some are kept ready. */
static void statements_do_not_pile_up(void **state)
{
	struct tw_str many[400];
	struct tw_run_view *v;
	size_t n;

	add_run("d", "r", TW_RUN_SUCCESS, TW_RUNTYPE_MANUAL, T0);
	for (int i = 0; i < 400; i++) {
		struct tw_cond c = { .field = "run_id", .op = TW_OP_IN, .list = many, .nlist = (size_t)i + 1 };

		many[i] = S("r");
		ok(tw_store_runs(s, &(struct tw_ask){ .limit = 1, .conds = &c, .nconds = 1 }, &a, &v, &n, NULL,
				 &test_err));
		assert_int_equal(n, 1);
	}
	assert_true(s->cache.len <= 300);
}

static void the_runs_around_a_run(void **state)
{
	struct tw_recent_run *recent;
	struct tw_run_row r;
	size_t n;

	add_run("d", "s1", TW_RUN_SUCCESS, TW_RUNTYPE_SCHEDULED, T0);
	add_run("d", "b1", TW_RUN_FAILED, TW_RUNTYPE_BACKFILL, T0 + 10);
	add_run("d", "m1", TW_RUN_RUNNING, TW_RUNTYPE_MANUAL, T0 + 20);
	add_run("d", "s2", TW_RUN_RUNNING, TW_RUNTYPE_SCHEDULED, T0 + 30);
#define BEFORE(kind, date, after)                                                                  \
	tw_store_run_before(s, S("d"), kind, date, after, &a, &r, &test_err)
	ok(BEFORE(TW_PREV_ANY, T0 + 30, 0));
	tw_assert_str(r.run_id, "m1");
	ok(BEFORE(TW_PREV_SCHEDULED, T0 + 30, 0));
	tw_assert_str(r.run_id, "b1");
	ok(BEFORE(TW_PREV_SUCCESS, T0 + 30, 0));
	tw_assert_str(r.run_id, "s1");
	ok(BEFORE(TW_PREV_ANY, TW_TIME_NONE, T0 + 15));
	tw_assert_str(r.run_id, "b1");
	assert_int_equal(BEFORE(TW_PREV_ANY, T0, 0), TW_ERR_NOT_FOUND);
	ok(tw_store_run_after(s, S("d"), T0, &a, &r, &test_err));
	tw_assert_str(r.run_id, "b1");
	ok(tw_store_run_last_automated(s, S("d"), &a, &r, &test_err));
	tw_assert_str(r.run_id, "s2");
	ok(tw_store_run_recent(s, S("d"), 5, &a, &recent, &n, &test_err));
	assert_int_equal(n, 2);
	assert_true(recent[0].failed);
	assert_int_equal(recent[1].run_after, T0);
}

static void task_instances_are_listed_and_counted(void **state)
{
	struct tw_run_row r1 = test_run("d", "r1", TW_RUN_RUNNING, T0),
			  r2 = test_run("d", "r2", TW_RUN_RUNNING, T0 + 9);
	struct tw_ti_row t1[] = {test_ti(1, "d", "r1", "a", TW_TI_SUCCESS),
				 test_ti(2, "d", "r1", "b", TW_TI_NONE)};
	struct tw_ti_row t2[] = {test_ti(3, "d", "r2", "a", TW_TI_FAILED),
				 test_ti(4, "d", "r2", "b", TW_TI_NONE)};
	struct tw_str states[] = {S("failed"), S("none")};
	struct tw_ti_count *counts;
	struct tw_ti_view *v;
	bool ever[3];
	int64_t total;
	size_t n;

	t1[0].start_date = T0;
	t1[0].end_date = T0 + 2500000;
	test_commit_run(s, &r1, t1, 2);
	test_commit_run(s, &r2, t2, 2);
#define LIST(...)                                                                                  \
	ok(tw_store_tis(s, &(struct tw_ask){.count = true, __VA_ARGS__}, &a, &v, &n, &total,       \
			&test_err))
	LIST(.limit = -1, CONDS({.field = "state", .op = TW_OP_IN, .list = states, .nlist = 2}));
	assert_int_equal(total, 3);
	LIST(.limit = -1, CONDS({.field = "state", .op = TW_OP_EQ, .text = S("none")},
				{.field = "task_id", .op = TW_OP_EQ, .text = S("b")}));
	assert_int_equal(total, 2);
	LIST(.limit = -1, CONDS({.field = "logical_date", .op = TW_OP_GT, .time = T0}),
	     ORDER("-logical_date", "task_id"));
	assert_int_equal(total, 2);
	assert_int_equal(v[0].logical_date, T0 + 9);
	LIST(.limit = -1, CONDS({.field = "duration", .op = TW_OP_GT, .text = S("2.4")}));
	assert_int_equal(total, 1);
	LIST(.limit = -1, CONDS({.field = "id",
				 .op = TW_OP_EQ,
				 .text = S("01020304-0506-7008-8000-000000000003")}));
	assert_int_equal(total, 1);
	tw_assert_str(v[0].ti.run_id, "r2");
	LIST(ORDER("-start_date"), .limit = 1);
	assert_int_equal(n, 1);
	tw_assert_str(v[0].ti.task_id, "a");

	ok(tw_store_ti_counts(s, &TW_ASK_ALL, TW_BY_STATE, &a, &counts, &n, &test_err));
	assert_int_equal(n, 3);
	ok(tw_store_ti_counts(
		s, &(struct tw_ask){CONDS({.field = "run_after", .op = TW_OP_GT, .time = T0})},
		TW_BY_RUN | TW_BY_TASK, &a, &counts, &n, &test_err));
	assert_int_equal(n, 2);
	tw_assert_str(counts[0].run_id, "r2");
	assert_null(counts[0].dag_id.p);

	ok(tw_store_ti_note(s, test_id(3), S("hm"), S("me"), &test_err));
	ok(tw_store_ti_beat(s, (struct tw_id[]){test_id(3), test_id(99)}, 2, T0 + 5, &test_err));
	ok(tw_store_ti_by_id(s, test_id(3), &a, v, &test_err));
	tw_assert_str(v[0].ti.note, "hm");
	assert_int_equal(v[0].ti.last_heartbeat, T0 + 5);
	assert_int_equal(tw_store_ti_note(s, test_id(77), S("hm"), S("me"), &test_err),
			 TW_ERR_NOT_FOUND);
	ok(tw_store_tasks_ever(s, S("d"), (struct tw_str[]){S("a"), S("c"), S("b")}, 3, T0 + 9,
			       ever, &test_err));
	assert_true(ever[0] && !ever[1] && ever[2]);
}
#undef LIST

/* The note that somebody wrote outlives the scheduler's next write of the row. */
static void the_scheduler_leaves_notes_alone(void **state)
{
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0);
	struct tw_ti_row ti = test_ti(1, "d", "r1", "a", TW_TI_NONE);
	struct tw_batch b = {0};
	struct tw_run_view rv;
	struct tw_ti_view tv;

	test_commit_run(s, &run, &ti, 1);
	ok(tw_store_ti_note(s, test_id(1), S("n1"), S("me"), &test_err));
	ok(tw_store_run_note(s, S("d"), S("r1"), S("n2"), S("me"), &test_err));
	tw_batch_ti(&b, &ti, -1, TW_TICOL_ALL);
	tw_batch_run(&b, &run, TW_RUNCOL_ALL);
	ok(tw_store_commit(s, &b, &test_err));
	tw_batch_release(&b);
	ok(tw_store_ti_by_id(s, test_id(1), &a, &tv, &test_err));
	tw_assert_str(tv.ti.note, "n1");
	ok(tw_store_run(s, S("d"), S("r1"), &a, &rv, &test_err));
	tw_assert_str(rv.run.note, "n2");
}

static void what_the_scheduler_loads(void **state)
{
	struct tw_run_row r1 = test_run("d", "r1", TW_RUN_RUNNING, T0),
			  r2 = test_run("d", "r2", TW_RUN_SUCCESS, T0 + 1);
	struct tw_run_row r3 = test_run("d", "r3", TW_RUN_QUEUED, T0 + 2);
	struct tw_ti_row t1[] = {test_ti(1, "d", "r1", "a", TW_TI_SUCCESS),
				 test_ti(2, "d", "r1", "b", TW_TI_NONE)};
	struct tw_ti_row t2 = test_ti(3, "d", "r2", "a", TW_TI_SUCCESS);
	struct tw_xcom_row x[] = {
		{S("d"), S("r1"), S("a"), -1, S("return_value"), S("[1,2,3]"), TW_TIME_NONE},
		{S("d"), S("r1"), S("b"), -1, S("skipmixin_key"), S("{\"skipped\":[\"z\"]}"),
		 TW_TIME_NONE},
	};
	struct tw_task_map_row m = {S("d"), S("r1"), S("a"), -1, 3, {0}};
	struct tw_batch b = {0};
	struct tw_live live;

	r1.version_id = r3.version_id = S("01020304-0506-7008-8000-00000000000a");
	test_commit_run(s, &r1, t1, 2);
	test_commit_run(s, &r2, &t2, 1);
	test_commit_run(s, &r3, NULL, 0);
	tw_batch_xcom_put(&b, &x[0]);
	tw_batch_xcom_put(&b, &x[1]);
	tw_batch_task_map(&b, &m);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_live(s, &a, &live, &test_err));
	assert_int_equal(live.nruns, 2);
	tw_assert_str(live.runs[1].run_id, "r3");
	assert_int_equal(live.first[0], 0);
	assert_int_equal(live.first[1], 2);
	assert_int_equal(live.first[2], 2);
	assert_true(live.tis[0].has_return);
	assert_int_equal(live.tis[0].mapped_length, 3);
	assert_null(live.tis[0].skip_record.p);
	assert_false(live.tis[1].has_return);
	assert_int_equal(live.tis[1].mapped_length, -1);
	tw_assert_str(live.tis[1].skip_record, "{\"skipped\":[\"z\"]}");
	assert_int_equal(live.nversions, 1);
	ok(tw_store_live_run(s, S("d"), S("r2"), &a, &live, &test_err));
	assert_int_equal(live.nruns, 1);
	assert_int_equal(live.first[1], 1);
	assert_int_equal(tw_store_live_run(s, S("d"), S("zz"), &a, &live, &test_err),
			 TW_ERR_NOT_FOUND);
	tw_batch_release(&b);
}

static void put_xcom(const char *run, const char *task, int map, const char *key, const char *value)
{
	struct tw_xcom_row x = {S("d"),	     tw_str(run),   tw_str(task), map,
				tw_str(key), tw_str(value), TW_TIME_NONE};

	ok(tw_store_xcom_put(s, &x, &test_err));
}

static const char *pull(struct tw_xcom_pull p)
{
	struct tw_buf out = {0};
	struct tw_xcom_row *v;
	const char *text;
	size_t n;

	p.dag_id = S("d");
	ok(tw_store_xcom_pull(s, &p, &a, &v, &n, &test_err));
	tw_buf_adds(&out, "");
	for (size_t i = 0; i < n; i++)
		tw_buf_printf(&out, TW_STR_FMT "[%d]=" TW_STR_FMT " ", TW_STR_ARG(v[i].task_id),
			      v[i].map_index, TW_STR_ARG(v[i].value));
	text = tw_arena_strdup(&a, tw_buf_cstr(&out));
	tw_buf_release(&out);
	return text;
}

static void xcoms_are_pulled_in_the_order_asked_for(void **state)
{
	struct tw_str ba[] = {S("b"), S("a")};
	struct tw_xcom_row x;
	struct tw_xcom_view *v;
	int64_t n, total;
	size_t k;

	add_run("d", "r1", TW_RUN_SUCCESS, TW_RUNTYPE_SCHEDULED, T0);
	add_run("d", "r2", TW_RUN_RUNNING, TW_RUNTYPE_SCHEDULED, T0 + 1);
	put_xcom("r1", "a", -1, "k", "\"old\"");
	put_xcom("r1", "c", -1, "k", "\"older\"");
	put_xcom("r2", "a", -1, "k", "1");
	put_xcom("r2", "a", -1, "k", "2"); /* again: replaced */
	put_xcom("r2", "b", 10, "k", "null");
	put_xcom("r2", "b", 2, "k", "3");
	put_xcom("r2", "b", 2, "other", "4");
	assert_string_equal(pull((struct tw_xcom_pull){
				    .run_id = S("r2"), .key = S("k"), .task_ids = ba, .ntasks = 2}),
			    "b[2]=3 b[10]=null a[-1]=2 ");
	assert_string_equal(pull((struct tw_xcom_pull){.run_id = S("r2"),
						       .key = S("k"),
						       .task_ids = ba,
						       .ntasks = 1,
						       .map_indexes = (int[]){10},
						       .nmaps = 1}),
			    "b[10]=null ");
	assert_string_equal(pull((struct tw_xcom_pull){
				    .run_id = S("r2"), .key = S("k"), .include_prior_dates = true}),
			    "a[-1]=2 b[2]=3 b[10]=null c[-1]=\"older\" ");
	assert_string_equal(pull((struct tw_xcom_pull){.run_id = S("r9"), .key = S("k")}), "");
	assert_string_equal(pull((struct tw_xcom_pull){.run_id = S("r2"),
						       .key = S("k"),
						       .task_ids = ba,
						       .ntasks = 1,
						       .offset = 1,
						       .limit = 1}),
			    "b[10]=null ");
	assert_string_equal(pull((struct tw_xcom_pull){.run_id = S("r2"),
						       .key = S("k"),
						       .task_ids = ba,
						       .ntasks = 2,
						       .offset = 1,
						       .limit = 1}),
			    "b[10]=null ");
	assert_string_equal(
		pull((struct tw_xcom_pull){
			.run_id = S("r2"), .key = S("k"), .task_ids = ba, .ntasks = 2, .offset = 9}),
		"");
	ok(tw_store_xcom(s, S("d"), S("r2"), S("b"), 2, S("other"), &a, &x, &test_err));
	tw_assert_str(x.value, "4");
	assert_int_equal(x.timestamp, T0);
	assert_int_equal(
		tw_store_xcom(s, S("d"), S("r2"), S("b"), 3, S("other"), &a, &x, &test_err),
		TW_ERR_NOT_FOUND);
	ok(tw_store_xcom_count(s, S("d"), S("r2"), S("b"), S("k"), &n, &test_err));
	assert_int_equal(n, 2);
	ok(tw_store_xcoms(
		s,
		&(struct tw_ask){.limit = 2,
				 .count = true,
				 CONDS({.field = "run_id", .op = TW_OP_EQ, .text = S("r2")})},
		&a, &v, &k, &total, &test_err));
	assert_int_equal(k, 2);
	assert_int_equal(total, 4);
	tw_assert_str(v[0].task_display_name, "a");
	ok(tw_store_xcom_delete(s, S("d"), S("r2"), S("b"), 2, S("k"), &n, &test_err));
	assert_int_equal(n, 1);
	ok(tw_store_xcom_delete(s, S("d"), S("r2"), S("b"), 2, (struct tw_str){0}, &n, &test_err));
	assert_int_equal(n, 1);
	x.run_id = S("nope");
	assert_int_equal(tw_store_xcom_put(s, &x, &test_err), TW_ERR_NOT_FOUND);
}

static void rendered_fields_of_the_newest_runs_are_kept(void **state)
{
	static const char *const ids[] = {"r1", "r2", "r3"};
	struct tw_rendered_row got;
	struct tw_batch b = {0};

	for (int i = 0; i < 3; i++) {
		struct tw_rendered_row r = {S("d"), tw_str(ids[i]), S("t"),
					    -1,	    S("{\"a\":1}"), {0}};

		add_run("d", ids[i], TW_RUN_RUNNING, TW_RUNTYPE_SCHEDULED, T0 + i);
		tw_batch_clear(&b);
		tw_batch_rendered(&b, &r);
		tw_batch_rendered(&b, &r);
		ok(tw_store_commit(s, &b, &test_err));
	}
	tw_batch_release(&b);
	ok(tw_store_rendered_trim(s, S("d"), 2, &test_err));
	assert_int_equal(tw_store_rendered(s, S("d"), S("r1"), S("t"), -1, &a, &got, &test_err),
			 TW_ERR_NOT_FOUND);
	ok(tw_store_rendered(s, S("d"), S("r2"), S("t"), -1, &a, &got, &test_err));
	tw_assert_str(got.fields, "{\"a\":1}");
	assert_null(got.pod_yaml.p);
}

static void triggers_go_to_who_lives(void **state)
{
	struct tw_job_row job = {.job_type = S("TriggererJob"),
				 .start_date = T0,
				 .end_date = TW_TIME_NONE,
				 .latest_heartbeat = T0};
	static const char *const classes[] = {"x.Y", NULL};
	struct tw_trigger_take take = {.classes = classes, .nclasses = SIZE_MAX, .limit = 10};
	struct tw_str queue = S("q");
	struct tw_trigger_waiter who;
	struct tw_trigger_row t = {0}, v;
	struct tw_reschedule_row rs = {test_id(5), T0, T0 + 2000000, T0 + 9}, *rv;
	struct tw_batch b = {0};
	int64_t one, two, id, *ids;
	size_t n;

	job.state = S("running");
	ok(tw_store_job_start(s, &job, &one, &test_err));
	ok(tw_store_job_start(s, &job, &two, &test_err));
	ok(tw_store_trigger_next_id(s, &id, &test_err));
	assert_int_equal(id, 1);
	t = (struct tw_trigger_row){1, S("a.B"), S("{\"x\":1}"), TW_TIME_NONE, 0, {0}};
	tw_batch_trigger_new(&b, &t);
	tw_batch_reschedule(&b, &rs);
	ok(tw_store_commit(s, &b, &test_err));
	take.triggerer_id = one;
	take.these = true;
	ok(tw_store_triggers_take(s, &take, &n, &test_err));
	assert_int_equal(n, 0); /* of another class */
	take.these = false;
	take.queues = &queue;
	take.nqueues = 1;
	ok(tw_store_triggers_take(s, &take, &n, &test_err));
	assert_int_equal(n, 0); /* of no queue */
	take.nqueues = 0;
	ok(tw_store_triggers_take(s, &take, &n, &test_err));
	assert_int_equal(n, 1);
	ok(tw_store_triggers_orphaned(s, T0 - 5, &test_err));
	take.triggerer_id = two;
	ok(tw_store_triggers_take(s, &take, &n, &test_err));
	assert_int_equal(n, 0);
	ok(tw_store_job_beat(s, two, T0 + 100, &test_err));
	ok(tw_store_triggers_orphaned(s, T0 + 50, &test_err)); /* the first one has gone quiet */
	ok(tw_store_triggers_take(s, &take, &n, &test_err));
	assert_int_equal(n, 1);
	ok(tw_store_trigger_ids(s, two, &a, &ids, &n, &test_err));
	assert_int_equal(n, 1);
	ok(tw_store_trigger(s, ids[0], &a, &v, &test_err));
	tw_assert_str(v.kwargs, "{\"x\":1}");
	assert_int_equal(v.created_date, T0);
	assert_int_equal(tw_store_trigger_waiter(s, 1, &a, &who, &test_err), TW_ERR_NOT_FOUND);
	ok(tw_store_trigger_next_id(s, &id, &test_err));
	assert_int_equal(id, 2);
	tw_batch_clear(&b);
	tw_batch_trigger_drop(&b, 1);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_trigger_ids(s, two, &a, &ids, &n, &test_err));
	assert_int_equal(n, 0);
	assert_int_equal(tw_store_trigger(s, 1, &a, &v, &test_err), TW_ERR_NOT_FOUND);
	ok(tw_store_reschedules(s, test_id(5), &a, &rv, &n, &test_err));
	assert_int_equal(n, 1);
	assert_int_equal(rv[0].reschedule_date, T0 + 9);
	tw_batch_release(&b);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(runs_are_listed),
		T(equal_rows_keep_an_order),
		T(statements_do_not_pile_up),
		T(the_runs_around_a_run),
		T(task_instances_are_listed_and_counted),
		T(the_scheduler_leaves_notes_alone),
		T(what_the_scheduler_loads),
		T(xcoms_are_pulled_in_the_order_asked_for),
		T(rendered_fields_of_the_newest_runs_are_kept),
		T(triggers_go_to_who_lives),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
