/* Two runs side by side: only what is not the same is told. */
#include "store/compare.h"

#include "store/testing.h"
#include "store/xcoms.h"

static struct tw_store *s;
static struct tw_arena a;

static void put(const char *run, const char *task, int map_index, const char *key, const char *value)
{
	struct tw_xcom_row x = {S("d"), tw_str(run), tw_str(task), map_index, tw_str(key), value ? tw_str(value) : (struct tw_str){0}, T0};

	ok(tw_store_xcom_put(s, &x, &test_err));
}

static void render(const char *run, const char *task, const char *fields)
{
	struct tw_rendered_row r = {S("d"), tw_str(run), tw_str(task), -1, tw_str(fields), {0}};
	struct tw_batch b = {0};

	tw_batch_rendered(&b, &r);
	ok(tw_store_commit(s, &b, &test_err));
	tw_batch_release(&b);
}

static int open_store(void **state)
{
	s = test_open();
	for (int i = 0; i < 2; i++) {
		struct tw_run_row run = test_run("d", i ? "two" : "one", TW_RUN_SUCCESS, T0 + i);

		test_commit_run(s, &run, NULL, 0);
	}
	return 0;
}

static int close_store(void **state)
{
	tw_store_close(s);
	tw_arena_release(&a);
	return 0;
}

/* "task[index].key a|b", a dash for what is not there, a star when cut. */
static void assert_xcoms(size_t max, size_t chars, const char *want)
{
	struct tw_buf got = {0};
	struct tw_difference *v;
	size_t n;

	ok(tw_store_compare_xcoms(s, S("d"), S("one"), S("two"), max, chars, &a, &v, &n, &test_err));
	for (size_t i = 0; i < n; i++)
		tw_buf_printf(&got, "%s" TW_STR_FMT "[%d]." TW_STR_FMT " " TW_STR_FMT "|" TW_STR_FMT "%s", i ? " " : "",
			      TW_STR_ARG(v[i].task_id), v[i].map_index, TW_STR_ARG(v[i].key),
			      TW_STR_ARG(v[i].a.p ? v[i].a : TW_STR("-")), TW_STR_ARG(v[i].b.p ? v[i].b : TW_STR("-")),
			      v[i].cut ? "*" : "");
	assert_string_equal(tw_buf_cstr(&got), want);
	tw_buf_release(&got);
}

static void xcoms_that_differ(void **state)
{
	assert_xcoms(10, 100, "");
	put("one", "a", -1, "same", "[1]");
	put("two", "a", -1, "same", "[1]");
	put("one", "a", -1, "k", "1");
	put("two", "a", -1, "k", "2");
	put("one", "m", 0, "k", "\"long text\"");
	put("two", "m", 1, "k", NULL);
	put("one", "n", -1, "k", NULL);
	put("two", "n", -1, "k", NULL);
	assert_xcoms(10, 100, "a[-1].k 1|2 m[0].k \"long text\"|- m[1].k -|null");
	assert_xcoms(10, 5, "a[-1].k 1|2 m[0].k \"long|-* m[1].k -|null");
	assert_xcoms(1, 100, "a[-1].k 1|2");
}

static void rendered_fields_that_differ(void **state)
{
	struct tw_difference *v;
	size_t n;

	render("one", "same", "{\"x\":1}");
	render("two", "same", "{\"x\":1}");
	render("one", "a", "{\"x\":1}");
	render("two", "a", "{\"x\":2}");
	render("one", "alone", "{\"x\":1}");
	ok(tw_store_compare_rendered(s, S("d"), S("one"), S("two"), 10, &a, &v, &n, &test_err));
	assert_int_equal(n, 1);
	tw_assert_str(v[0].task_id, "a");
	tw_assert_str(v[0].a, "{\"x\":1}");
	tw_assert_str(v[0].b, "{\"x\":2}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(xcoms_that_differ, open_store, close_store),
		cmocka_unit_test_setup_teardown(rendered_fields_that_differ, open_store, close_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
