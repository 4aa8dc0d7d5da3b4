#include "store/testing.h"

#include "store/query.h"

static void a_run_with_instances(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0);
	struct tw_ti_row tis[] = {test_ti(1, "d", "r1", "a", TW_TI_NONE),
				  test_ti(2, "d", "r1", "b", TW_TI_QUEUED)};
	struct tw_run_view rv;
	struct tw_ti_view tv;

	run.conf = S("{\"x\":1}");
	run.version_id = S("01020304-0506-7008-8000-00000000000a");
	tis[1].start_date = T0;
	tis[1].end_date = T0 + 1500000;
	tis[1].version_id = run.version_id;
	tis[1].next_kwargs = S("{}");
	test_commit_run(s, &run, tis, 2);

	ok(tw_store_run(s, S("d"), S("r1"), &a, &rv, &test_err));
	assert_int_equal(rv.run.state, TW_RUN_RUNNING);
	assert_int_equal(rv.run.logical_date, T0);
	assert_int_equal(rv.run.end_date, TW_TIME_NONE);
	tw_assert_str(rv.run.conf, "{\"x\":1}");
	tw_assert_str(rv.run.version_id, "01020304-0506-7008-8000-00000000000a");
	tw_assert_str(rv.dag_display_name, "d");

	ok(tw_store_ti(s, S("d"), S("r1"), S("b"), -1, &a, &tv, &test_err));
	assert_true(tw_id_eq(tv.ti.id, test_id(2)));
	assert_int_equal(tv.ti.state, TW_TI_QUEUED);
	assert_int_equal(tv.ti.end_date, T0 + 1500000);
	assert_int_equal(tv.ti.scheduled_dttm, TW_TIME_NONE);
	assert_int_equal(tv.logical_date, T0);
	assert_int_equal(tv.trigger.id, 0);
	tw_assert_str(tv.ti.version_id, "01020304-0506-7008-8000-00000000000a");
	tw_arena_release(&a);
	tw_store_close(s);
}

static void only_the_named_columns_change(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_run_row run = test_run("d", "r1", TW_RUN_QUEUED, T0);
	struct tw_ti_row ti = test_ti(1, "d", "r1", "a", TW_TI_QUEUED);
	struct tw_batch b = {0};
	struct tw_run_view rv;
	struct tw_ti_view tv;

	test_commit_run(s, &run, &ti, 1);
	run.state = TW_RUN_RUNNING;
	run.start_date = T0 + 5;
	run.conf = S("{}");
	ti.state = TW_TI_RUNNING;
	ti.hostname = S("here");
	ti.pid = 17;
	tw_batch_run(&b, &run, TW_RUNCOL(STATE) | TW_RUNCOL(START_DATE));
	tw_batch_ti(&b, &ti, -1, TW_TICOL(STATE) | TW_TICOL(PID));
	ok(tw_store_commit(s, &b, &test_err));
	assert_int_equal(b.missing, 0);
	ok(tw_store_run(s, S("d"), S("r1"), &a, &rv, &test_err));
	assert_int_equal(rv.run.state, TW_RUN_RUNNING);
	assert_int_equal(rv.run.start_date, T0 + 5);
	assert_null(rv.run.conf.p);
	ok(tw_store_ti(s, S("d"), S("r1"), S("a"), -1, &a, &tv, &test_err));
	assert_int_equal(tv.ti.state, TW_TI_RUNNING);
	assert_int_equal(tv.ti.pid, 17);
	assert_null(tv.ti.hostname.p);

	/* a row that is not there is counted, the others are written */
	ti.task_id = S("gone");
	tw_batch_clear(&b);
	tw_batch_ti(&b, &ti, -1, TW_TICOL_ALL);
	run.state = TW_RUN_SUCCESS;
	run.end_date = T0 + 2000005;
	tw_batch_run(&b, &run, TW_RUNCOL_ALL);
	ok(tw_store_commit(s, &b, &test_err));
	assert_int_equal(b.missing, 1);
	ok(tw_store_run(s, S("d"), S("r1"), &a, &rv, &test_err));
	assert_int_equal(rv.run.state, TW_RUN_SUCCESS);
	tw_batch_release(&b);
	tw_arena_release(&a);
	tw_store_close(s);
}

static void a_retry_takes_a_new_id(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0);
	struct tw_ti_row ti = test_ti(1, "d", "r1", "a", TW_TI_RUNNING), old;
	struct tw_batch b = {0};
	struct tw_ti_view tv, *tries;
	size_t n;

	test_commit_run(s, &run, &ti, 1);
	ti.state = TW_TI_FAILED;
	old = ti;
	ti.id = test_id(2);
	ti.state = TW_TI_SCHEDULED;
	ti.try_number = 2;
	tw_batch_ti_archive(&b, &old);
	tw_batch_ti(&b, &ti, -1, TW_TICOL_ALL);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_ti_by_id(s, test_id(2), &a, &tv, &test_err));
	assert_int_equal(tv.ti.try_number, 2);
	assert_int_equal(tw_store_ti_by_id(s, test_id(1), &a, &tv, &test_err), TW_ERR_CONFLICT);
	tw_assert_str(tv.ti.task_id, "a");
	assert_int_equal(tv.ti.try_number, 1);
	assert_int_equal(tw_store_ti_by_id(s, test_id(3), &a, &tv, &test_err), TW_ERR_NOT_FOUND);
	ok(tw_store_ti_tries(s, S("d"), S("r1"), S("a"), -1, &a, &tries, &n, &test_err));
	assert_int_equal(n, 2);
	assert_int_equal(tries[0].ti.state, TW_TI_FAILED);
	assert_int_equal(tries[0].ti.try_number, 1);
	assert_true(tw_id_eq(tries[1].ti.id, test_id(2)));

	/* the same attempt archived twice is there once */
	tw_batch_clear(&b);
	tw_batch_ti_archive(&b, &old);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_ti_tries(s, S("d"), S("r1"), S("a"), -1, &a, &tries, &n, &test_err));
	assert_int_equal(n, 2);
	tw_batch_release(&b);
	tw_arena_release(&a);
	tw_store_close(s);
}

static void an_expanded_instance_becomes_index_0(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0);
	struct tw_ti_row ti = test_ti(1, "d", "r1", "m", TW_TI_NONE),
			 more = test_ti(2, "d", "r1", "m", TW_TI_NONE);
	struct tw_batch b = {0};
	struct tw_ti_row *rows;
	size_t n;

	test_commit_run(s, &run, &ti, 1);
	ti.map_index = 0;
	more.map_index = 1;
	tw_batch_ti(&b, &ti, -1, TW_TICOL_ALL);
	tw_batch_ti_new(&b, &more);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_tis_of_run(s, S("d"), S("r1"), &a, &rows, &n, &test_err));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].map_index, 0);
	assert_int_equal(rows[1].map_index, 1);
	tw_batch_clear(&b);
	tw_batch_ti_delete(&b, &more);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_tis_of_run(s, S("d"), S("r1"), &a, &rows, &n, &test_err));
	assert_int_equal(n, 1);
	tw_batch_release(&b);
	tw_arena_release(&a);
	tw_store_close(s);
}

static void a_failing_batch_changes_nothing(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0),
			  twice = test_run("d", "r2", TW_RUN_QUEUED, T0);
	struct tw_ti_row ti = test_ti(1, "d", "r1", "a", TW_TI_NONE);
	struct tw_batch b = {0};
	struct tw_ti_view tv;

	test_commit_run(s, &run, &ti, 1);
	ti.state = TW_TI_RUNNING;
	tw_batch_ti(&b, &ti, -1, TW_TICOL_ALL);
	tw_batch_run_new(&b, &twice);
	assert_int_equal(tw_store_commit(s, &b, &test_err), TW_ERR_EXISTS);
	assert_string_equal(
		test_err.msg,
		"the dag 'd' has a run with the logical date 2026-01-01T00:00:00+00:00 already");
	ok(tw_store_ti(s, S("d"), S("r1"), S("a"), -1, &a, &tv, &test_err));
	assert_int_equal(tv.ti.state, TW_TI_NONE);
	tw_batch_release(&b);
	tw_arena_release(&a);
	tw_store_close(s);
}

static void a_queued_run_is_taken_over(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_run_row run = test_run("d", "r1", TW_RUN_QUEUED, TW_TIME_NONE);
	struct tw_inbox_row post = {
		.at = TW_TIME_NONE, .kind = S("run_new"), .dag_id = S("d"), .run_id = S("r1")};
	struct tw_inbox_row *rows;
	struct tw_batch b = {0};
	struct tw_run_view rv;
	size_t n;
	bool pending;

	ok(tw_store_run_new(s, &run, &post, NULL, &test_err));
	assert_int_equal(tw_store_run_new(s, &run, &post, NULL, &test_err), TW_ERR_EXISTS);
	ok(tw_store_inbox_take(s, 0, 10, &a, &rows, &n, &test_err));
	assert_int_equal(n, 1);
	tw_assert_str(rows[0].kind, "run_new");
	assert_int_equal(rows[0].at, T0);
	run.state = TW_RUN_RUNNING;
	tw_batch_run_new(&b, &run);
	tw_batch_inbox_done(&b, rows[0].id);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_run(s, S("d"), S("r1"), &a, &rv, &test_err));
	assert_int_equal(rv.run.state, TW_RUN_RUNNING);
	ok(tw_store_inbox_pending(s, rows[0].id, &pending, &test_err));
	assert_false(pending);
	assert_int_equal(tw_store_commit(s, &b, &test_err),
			 TW_ERR_EXISTS); /* it is not queued any more */
	tw_batch_release(&b);
	tw_arena_release(&a);
	tw_store_close(s);
}

static void the_lease_fences(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_run_row run = test_run("d", "r1", TW_RUN_QUEUED, T0);
	struct tw_batch b = {.lease_name = S("scheduler")};
	struct tw_lease l;

	ok(tw_store_lease_take(s, S("scheduler"), S("one"), T0, T0 + 10, &l, &a, &test_err));
	assert_int_equal(l.epoch, 1);
	ok(tw_store_lease_take(s, S("scheduler"), S("one"), T0, T0 + 20, &l, &a, &test_err));
	assert_int_equal(l.epoch, 1);
	assert_int_equal(tw_store_lease_take(s, S("scheduler"), S("two"), T0 + 19, T0 + 40, &l, &a,
					     &test_err),
			 TW_ERR_CONFLICT);
	tw_assert_str(l.owner, "one");
	b.lease_epoch = 1;
	tw_batch_run_new(&b, &run);
	ok(tw_store_commit(s, &b, &test_err));
	ok(tw_store_lease_take(s, S("scheduler"), S("two"), T0 + 21, T0 + 40, &l, &a, &test_err));
	assert_int_equal(l.epoch, 2);
	run.state = TW_RUN_RUNNING;
	tw_batch_clear(&b);
	tw_batch_run(&b, &run, TW_RUNCOL_ALL);
	assert_int_equal(tw_store_commit(s, &b, &test_err), TW_ERR_CONFLICT);
	assert_int_equal(tw_store_lease_renew(s, S("scheduler"), 1, T0 + 90, &test_err),
			 TW_ERR_CONFLICT);
	ok(tw_store_lease_renew(s, S("scheduler"), 2, T0 + 90, &test_err));
	ok(tw_store_lease_seize(s, S("scheduler"), S("three"), T0 + 90, &l, &a, &test_err));
	assert_int_equal(l.epoch, 3);
	ok(tw_store_lease_give_up(s, S("scheduler"), 3, &test_err));
	ok(tw_store_lease_take(s, S("scheduler"), S("four"), T0, T0 + 10, &l, &a, &test_err));
	assert_int_equal(l.epoch, 4);
	tw_batch_release(&b);
	tw_arena_release(&a);
	tw_store_close(s);
}

/* Fails the nth write or commit. */
struct fault {
	int left;
};

static bool fails(void *arg, const char *what)
{
	struct fault *f = arg;

	return f->left > 0 && --f->left == 0;
}

static void whichever_write_fails_nothing_is_half_done(void **state)
{
	struct fault f = {0};
	struct tw_store *s = test_open_with(
		(struct tw_store_opts){.mode = TW_STORE_MIGRATE, .fault = fails, .fault_arg = &f});
	struct tw_run_row run = test_run("d", "r1", TW_RUN_QUEUED, T0);
	struct tw_ti_row tis[] = {test_ti(1, "d", "r1", "a", TW_TI_NONE),
				  test_ti(2, "d", "r1", "b", TW_TI_NONE)};
	struct tw_xcom_row x = {.dag_id = S("d"),
				.run_id = S("r1"),
				.task_id = S("a"),
				.map_index = -1,
				.key = S("k"),
				.value = S("1"),
				.timestamp = TW_TIME_NONE};
	struct tw_audit_row log = {
		.at = TW_TIME_NONE, .event = S("x"), .map_index = -1, .try_number = -1};
	struct tw_batch b = {0};
	int n;

	tw_batch_run_new(&b, &run);
	tw_batch_ti_new(&b, &tis[0]);
	tw_batch_ti_new(&b, &tis[1]);
	tw_batch_xcom_put(&b, &x);
	tw_batch_audit(&b, &log);
	for (n = 1;; n++) {
		int64_t runs, tis_, xcoms, logs;
		enum tw_rc rc;

		f.left = n;
		rc = tw_store_commit(s, &b, &test_err);
		f.left = 0;
		ok(tw_q_number(s, &runs, &test_err, "select count(*) from dag_run", ""));
		ok(tw_q_number(s, &tis_, &test_err, "select count(*) from task_instance", ""));
		ok(tw_q_number(s, &xcoms, &test_err, "select count(*) from xcom", ""));
		ok(tw_q_number(s, &logs, &test_err, "select count(*) from log", ""));
		if (rc == TW_OK) {
			assert_int_equal(runs + tis_ + xcoms + logs, 5);
			break;
		}
		assert_int_equal(rc, TW_ERR_IO);
		assert_int_equal(runs + tis_ + xcoms + logs, 0);
	}
	assert_int_equal(n, 8); /* five rows, what they tell, one commit, then no fault */
	tw_batch_release(&b);
	tw_store_close(s);
}

static void everything_that_hangs_on_a_run_goes_with_it(void **state)
{
	struct tw_store *s = test_open();
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0),
			  other = test_run("d", "r2", TW_RUN_RUNNING, T0 + 1);
	struct tw_ti_row ti = test_ti(1, "d", "r1", "a", TW_TI_DEFERRED),
			 kept = test_ti(2, "d", "r2", "a", TW_TI_NONE);
	struct tw_xcom_row x = {.dag_id = S("d"),
				.run_id = S("r1"),
				.task_id = S("a"),
				.map_index = -1,
				.key = S("k"),
				.value = S("1")};
	struct tw_task_map_row m = {S("d"), S("r1"), S("a"), -1, 3, {0}};
	struct tw_rendered_row r = {S("d"), S("r1"), S("a"), -1, S("{}"), {0}};
	struct tw_reschedule_row rs = {test_id(1), T0, T0 + 1000000, T0 + 5000000};
	struct tw_trigger_row tr = {7, S("a.B"), S("{}"), T0, 0, {0}};
	static const char *const tables[] = {"xcom",
					     "task_map",
					     "rendered_task_instance_fields",
					     "task_reschedule",
					     "\"trigger\"",
					     "task_instance_history"};
	struct tw_batch b = {0};
	int64_t n;

	ti.trigger_id = 7;
	test_commit_run(s, &run, &ti, 1);
	test_commit_run(s, &other, &kept, 1);
	tw_batch_xcom_put(&b, &x);
	tw_batch_task_map(&b, &m);
	tw_batch_rendered(&b, &r);
	tw_batch_reschedule(&b, &rs);
	tw_batch_trigger_new(&b, &tr);
	tw_batch_ti_archive(&b, &ti);
	ok(tw_store_commit(s, &b, &test_err));
	tw_batch_clear(&b);
	for (size_t i = 0; i < TW_COUNT(tables); i++) {
		char sql[80];

		snprintf(sql, sizeof sql, "select count(*) from %s", tables[i]);
		ok(tw_q_number(s, &n, &test_err, sql, ""));
		assert_int_equal(n, 1);
	}
	tw_batch_run_delete(&b, &run);
	ok(tw_store_commit(s, &b, &test_err));
	assert_int_equal(b.missing, 0);
	for (size_t i = 0; i < TW_COUNT(tables); i++) {
		char sql[80];

		snprintf(sql, sizeof sql, "select count(*) from %s", tables[i]);
		ok(tw_q_number(s, &n, &test_err, sql, ""));
		assert_int_equal(n, 0);
	}
	ok(tw_q_number(s, &n, &test_err, "select count(*) from task_instance", ""));
	assert_int_equal(n, 1);
	tw_batch_release(&b);
	tw_store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_with_instances),
		cmocka_unit_test(only_the_named_columns_change),
		cmocka_unit_test(a_retry_takes_a_new_id),
		cmocka_unit_test(an_expanded_instance_becomes_index_0),
		cmocka_unit_test(a_failing_batch_changes_nothing),
		cmocka_unit_test(a_queued_run_is_taken_over),
		cmocka_unit_test(the_lease_fences),
		cmocka_unit_test(whichever_write_fails_nothing_is_half_done),
		cmocka_unit_test(everything_that_hangs_on_a_run_goes_with_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
