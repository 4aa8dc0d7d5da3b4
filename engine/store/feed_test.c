/* What commits tell to whoever follows. */
#include "store/testing.h"

#include "store/feed.h"
#include "store/query.h"

static struct tw_arena arena;

/* Of all rows after the one: their text, one after the other. */
static const char *told_after(struct tw_store *s, int64_t seq)
{
	struct tw_buf text = {0};
	struct tw_feed_row *v;
	const char *kept;
	size_t n;

	ok(tw_store_feed_after(s, seq, 1000, &arena, &v, &n, &test_err));
	for (size_t i = 0; i < n; i++) {
		assert_true(v[i].seq > seq);
		tw_buf_addstr(&text, v[i].text);
	}
	kept = tw_arena_strdup(&arena, tw_buf_cstr(&text));
	tw_buf_release(&text);
	return kept;
}

static int64_t last_of(struct tw_store *s)
{
	int64_t first, last;

	ok(tw_store_feed_span(s, &first, &last, &test_err));
	return last;
}

static void a_commit_is_one_row(void **state)
{
	struct tw_store *s = test_open();
	struct tw_run_row run = test_run("d", "r", TW_RUN_RUNNING, T0);
	struct tw_ti_row ti = test_ti(1, "d", "r", "a \"quoted\"", TW_TI_RUNNING);

	assert_int_equal(last_of(s), 0);
	test_commit_run(s, &run, &ti, 1);
	assert_int_equal(last_of(s), 1);
	assert_string_equal(
		told_after(s, 0),
		"{\"kind\":\"run\",\"dag_id\":\"d\",\"run_id\":\"r\",\"state\":\"running\",\"run_type\":\"scheduled\","
		"\"logical_date\":\"2026-01-01T00:00:00Z\",\"run_after\":\"2026-01-01T00:00:00Z\","
		"\"queued_at\":\"2026-01-01T00:00:00Z\",\"start_date\":null,\"end_date\":null}\n"
		"{\"kind\":\"task\",\"dag_id\":\"d\",\"run_id\":\"r\",\"task_id\":\"a \\\"quoted\\\"\",\"map_index\":-1,"
		"\"state\":\"running\",\"try_number\":1,\"queued_at\":null,\"start_date\":null,\"end_date\":null}\n");
	tw_store_close(s);
}

static void a_line_says_whom_it_is_about(void **state)
{
	struct tw_feed_line l;

	assert_true(tw_feed_line_read(S("{\"kind\":\"task\",\"dag_id\":\"d \\\"x\\\"\",\"run_id\":\"r\",\"task_id\":\"t\",\"map_index\":-1}"), &l));
	assert_true(tw_str_is(l.kind, "task"));
	assert_true(tw_str_is(l.dag_id, "\"d \\\"x\\\"\""));
	assert_true(tw_str_is(l.task_id, "\"t\""));
	assert_true(tw_feed_line_read(S("{\"kind\":\"pool\"}"), &l));
	assert_null(l.dag_id.p);
	assert_true(tw_feed_line_read(S("{\"kind\":\"dag\",\"dag_id\":\"cut"), &l));
	assert_null(l.dag_id.p);
	assert_false(tw_feed_line_read(S("{\"dag_id\":\"d\"}"), &l));
	assert_false(tw_feed_line_read(S(""), &l));
}

static void what_is_rolled_back_is_not_told(void **state)
{
	struct tw_store *s = test_open();
	struct tw_pool_row pool = {.name = S("p"), .slots = 1};

	ok(tw_store_begin(s, &test_err));
	ok(tw_store_pool_put(s, &pool, TW_PUT_INSERT, &test_err));
	tw_store_rollback(s);
	assert_int_equal(last_of(s), 0);
	ok(tw_store_pool_put(s, &pool, TW_PUT_INSERT, &test_err));
	assert_string_equal(told_after(s, 0), "{\"kind\":\"pool\"}\n");
	tw_store_close(s);
}

static void very_many_of_a_run_are_one_line(void **state)
{
	struct tw_store *s = test_open();
	struct tw_run_row run = test_run("d", "r", TW_RUN_RUNNING, T0), few = test_run("e", "r", TW_RUN_RUNNING, T0);
	struct tw_ti_row tis[310];
	struct tw_batch b = {0};
	const char *told;

	tw_batch_run_new(&b, &run);
	tw_batch_run_new(&b, &few);
	for (int i = 0; i < 310; i++) {
		tis[i] = test_ti(i + 1, i < 300 ? "d" : "e", "r", "t", TW_TI_NONE);
		tis[i].map_index = i;
		tw_batch_ti_new(&b, &tis[i]);
	}
	ok(tw_store_commit(s, &b, &test_err));
	told = told_after(s, 0);
	assert_non_null(strstr(told, "{\"kind\":\"tasks\",\"dag_id\":\"d\",\"run_id\":\"r\",\"count\":300}\n"));
	assert_null(strstr(told, "{\"kind\":\"task\",\"dag_id\":\"d\""));
	assert_non_null(strstr(told, "{\"kind\":\"task\",\"dag_id\":\"e\""));
	tw_batch_release(&b);
	tw_store_close(s);
}

static void old_rows_go(void **state)
{
	struct tw_store *s = test_open();
	int64_t first, last;

	for (int i = 0; i < 4700; i++) {
		bool own;

		ok(tw_tx_enter(s, &own, &test_err));
		tw_buf_adds(&s->said, "{\"kind\":\"pool\"}\n");
		ok(tw_tx_leave(s, own, TW_OK, &test_err));
	}
	ok(tw_store_feed_span(s, &first, &last, &test_err));
	assert_int_equal(last, 4700);
	assert_in_range(last - first, 4096, 4096 + 256);
	for (int i = 0; i < 300; i++) { /* 30 MB */
		bool own;

		ok(tw_tx_enter(s, &own, &test_err));
		for (int k = 0; k < 100000; k += 20)
			tw_buf_adds(&s->said, "{\"kind\":\"pool\",\"x\":1}");
		tw_buf_addc(&s->said, '\n');
		ok(tw_tx_leave(s, own, TW_OK, &test_err));
	}
	ok(tw_store_feed_span(s, &first, &last, &test_err));
	assert_true(last == 5000 && last - first < 60 + 256);
	tw_store_close(s);
}

static int release(void **state)
{
	tw_arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_commit_is_one_row), cmocka_unit_test(a_line_says_whom_it_is_about),
					   cmocka_unit_test(what_is_rolled_back_is_not_told),
					   cmocka_unit_test(very_many_of_a_run_are_one_line), cmocka_unit_test(old_rows_go)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, release);
}
