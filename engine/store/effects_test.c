/* What the core decides, stored. */
#include "store/testing.h"

#include "core/sched.h"
#include "store/query.h"

static void one_turn_of_everything(void **state)
{
	struct tw_store *s = test_open();
	struct tw_arena a = {0};
	struct tw_effects *fx = tw_effects_new();
	struct tw_run_row run = test_run("d", "r", TW_RUN_RUNNING, T0),
			  gone = test_run("d", "gone", TW_RUN_QUEUED, T0 + 1);
	struct tw_ti_row mapped = test_ti(1, "d", "r", "m", TW_TI_NONE),
			 old = test_ti(2, "d", "r", "a", TW_TI_FAILED);
	struct tw_ti_row first = mapped, second = test_ti(4, "d", "r", "m", TW_TI_NONE),
			 again = old;
	struct tw_dag_put d = {.dag = {.dag_id = S("d"), .timetable_type = S("cron")},
			       .document = S("{}"),
			       .hash = S("h")};
	struct tw_file_put f = {.bundle_name = S("b"),
				.fileloc = S("/f"),
				.relative_fileloc = S("f"),
				.dags = &d,
				.ndags = 1,
				.parsed_at = T0};
	struct tw_fx_xcom clear = {S("d"), S("r"), S("a"), -1, {0}, {0}};
	struct tw_fx_xcom put = {S("d"), S("r"), S("a"), -1, S("skipmixin_key"), S("{}")};
	struct tw_fx_dag next = {.dag_id = S("d"), .set_paused = true};
	struct tw_fx_audit log = {
		.event = "failed", .dag_id = S("d"), .run_id = S("r"), .map_index = -1};
	struct tw_xcom_row before = {S("d"), S("r"),	  S("a"), -1, S("return_value"),
				     S("1"), TW_TIME_NONE};
	struct tw_batch b = {0};
	struct tw_ti_view *tries;
	struct tw_dag_row row;
	struct tw_ti_row *tis;
	int64_t n64;
	size_t n;

	ok(tw_store_files_put(s, &f, 1, &a, &test_err));
	test_commit_run(s, &run, (struct tw_ti_row[]){mapped, old}, 2);
	test_commit_run(s, &gone, NULL, 0);
	ok(tw_store_xcom_put(s, &before, &test_err));

	first.map_index = 0;
	second.map_index = 1;
	again.id = test_id(3);
	again.state = TW_TI_SCHEDULED;
	again.try_number = 2;
	run.state = TW_RUN_FAILED;
	tw_vec_push(&fx->runs, ((struct tw_fx_run){TW_FX_UPDATE, run}));
	tw_vec_push(&fx->runs, ((struct tw_fx_run){TW_FX_DELETE, gone}));
	tw_vec_push(&fx->tis, ((struct tw_fx_ti){TW_FX_INSERT, 1, second}));
	tw_vec_push(&fx->tis, ((struct tw_fx_ti){TW_FX_UPDATE, -1, first}));
	tw_vec_push(&fx->tis, ((struct tw_fx_ti){TW_FX_UPDATE, -1, again}));
	tw_vec_push(&fx->history, old);
	tw_vec_push(&fx->xcoms, clear);
	tw_vec_push(&fx->xcoms, put);
	next.next.run_after = T0 + 5;
	next.next.logical_date = T0 + 4;
	next.next.interval.start = T0 + 4;
	next.next.interval.end = T0 + 5;
	next.next.partition_date = TW_TIME_NONE;
	tw_vec_push(&fx->dags, next);
	tw_vec_push(&fx->audit, log);
	tw_batch_effects(&b, fx, &a);
	ok(tw_store_commit(s, &b, &test_err));
	assert_int_equal(b.missing, 0);

	ok(tw_store_tis_of_run(s, S("d"), S("r"), &a, &tis, &n, &test_err));
	assert_int_equal(n, 3);
	assert_int_equal(tis[1].map_index, 0);
	assert_int_equal(tis[2].map_index, 1);
	ok(tw_store_ti_tries(s, S("d"), S("r"), S("a"), -1, &a, &tries, &n, &test_err));
	assert_int_equal(n, 2);
	ok(tw_q_number(s, &n64, &test_err, "select count(*) from xcom where key = 'skipmixin_key'",
		       ""));
	assert_int_equal(n64, 1);
	ok(tw_q_number(s, &n64, &test_err, "select count(*) from xcom", ""));
	assert_int_equal(n64, 1);
	ok(tw_q_number(s, &n64, &test_err, "select count(*) from dag_run", ""));
	assert_int_equal(n64, 1);
	ok(tw_store_dag(s, S("d"), &a, &row, &test_err));
	assert_true(row.is_paused);
	assert_int_equal(row.next.create_after, T0 + 5);
	ok(tw_q_number(s, &n64, &test_err, "select count(*) from log where event = 'failed'", ""));
	assert_int_equal(n64, 1);
	tw_batch_release(&b);
	tw_effects_free(fx);
	tw_arena_release(&a);
	tw_store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_turn_of_everything)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
