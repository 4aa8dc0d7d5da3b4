/* Callbacks are left in a commit, taken once, and taken again from the dead. */
#include "store/callbacks.h"

#include "store/query.h"
#include "store/testing.h"

static void leave(struct tw_store *s, int n, int weight, const char *bundle)
{
	struct tw_callback_row row = { .id = test_id(n), .type = S("dag_processor"), .data = S("{}"),
				       .bundle_name = tw_str(bundle), .priority_weight = weight, .created_at = T0 + n };
	struct tw_batch b = { 0 };

	tw_batch_callback_new(&b, &row);
	ok(tw_store_commit(s, &b, &test_err));
	tw_batch_release(&b);
}

static int64_t begin_job(struct tw_store *s)
{
	struct tw_job_row job = { .job_type = S("DagProcessorJob"), .state = S("running"), .start_date = test_now,
				  .latest_heartbeat = test_now, .end_date = TW_TIME_NONE };
	int64_t id;

	ok(tw_store_job_start(s, &job, &id, &test_err));
	return id;
}

static size_t take(struct tw_store *s, int64_t job, size_t n, struct tw_id *ret_first)
{
	struct tw_arena a = { 0 };
	struct tw_callback_row *rows;
	size_t got;

	ok(tw_store_callbacks_take(s, job, S("b"), n, test_now - 30 * TW_US_SEC, &a, &rows, &got, &test_err));
	if (got && ret_first)
		*ret_first = rows[0].id;
	tw_arena_release(&a);
	return got;
}

static void taken_once_the_heaviest_first(void **state)
{
	struct tw_store *s = test_open();
	int64_t job = begin_job(s);
	struct tw_id id;

	assert_int_equal(take(s, job, 9, NULL), 0);
	leave(s, 1, 1, NULL);
	leave(s, 2, 5, "b");
	leave(s, 3, 1, "other");
	assert_int_equal(take(s, job, 1, &id), 1);
	assert_true(tw_id_eq(id, test_id(2)));
	assert_int_equal(take(s, job, 9, &id), 1);
	assert_true(tw_id_eq(id, test_id(1)));
	assert_int_equal(take(s, job, 9, NULL), 0);
	tw_store_close(s);
}

static void taken_again_from_the_dead_until_it_is_done(void **state)
{
	struct tw_store *s = test_open();
	int64_t first = begin_job(s), second, n;
	struct tw_id id;

	leave(s, 1, 1, NULL);
	assert_int_equal(take(s, first, 9, NULL), 1);
	test_now += 31 * TW_US_SEC;
	second = begin_job(s);
	assert_int_equal(take(s, second, 9, &id), 1);
	ok(tw_q_number(s, &n, &test_err, "select attempts from callback", ""));
	assert_int_equal(n, 2);
	ok(tw_store_callback_release(s, id, &test_err));
	assert_int_equal(take(s, second, 9, NULL), 1);
	ok(tw_store_callback_done(s, &(struct tw_callback_row){ .id = id, .type = S("dag_processor") }, true, S(""),
				  &test_err));
	test_now += 31 * TW_US_SEC;
	assert_int_equal(take(s, begin_job(s), 9, NULL), 0);
	tw_store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_once_the_heaviest_first),
		cmocka_unit_test(taken_again_from_the_dead_until_it_is_done),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
