#include "base/str.h"

#include "base/testing.h"

static void compares(void **state)
{
	assert_true(tw_str_eq(TW_STR("ab"), tw_str("ab")));
	assert_false(tw_str_eq(TW_STR("ab"), tw_str("abc")));
	assert_true(tw_str_eq((struct tw_str){0}, TW_STR("")));
	assert_true(tw_str_caseeq(TW_STR("TrUe"), "true"));
	assert_false(tw_str_caseeq(TW_STR("@"), "`"));
	assert_true(tw_str_cmp(TW_STR("a"), TW_STR("b")) < 0);
	assert_true(tw_str_cmp(TW_STR("ab"), TW_STR("a")) > 0);
	assert_true(tw_str_cmp(TW_STR("\xff"), TW_STR("a")) > 0);
	assert_int_equal(tw_str_cmp(TW_STR(""), (struct tw_str){0}), 0);
	assert_true(tw_str_starts(TW_STR("manual__x"), "manual__"));
	assert_false(tw_str_starts(TW_STR("man"), "manual__"));
	assert_true(tw_str_ends(TW_STR("a.py"), ".py"));
	assert_true(tw_str_ends((struct tw_str){0}, ""));
}

static void cuts_and_finds(void **state)
{
	tw_assert_str(tw_str_trim(TW_STR(" \t a b\n\v")), "a b");
	tw_assert_str(tw_str_trim(TW_STR("  ")), "");
	assert_int_equal(tw_str_find(TW_STR("a,b,a"), TW_STR("a"), 1), 4);
	assert_int_equal(tw_str_find(TW_STR("abc"), TW_STR("bd"), 0), -1);
	assert_int_equal(tw_str_find(TW_STR("abc"), TW_STR(""), 3), 3);
	assert_int_equal(tw_str_find(TW_STR("abc"), TW_STR(""), 4), -1);
	struct tw_str rest, s = TW_STR("a,,b");
	tw_assert_str(tw_str_cut(s, ',', &rest), "a");
	tw_assert_str(tw_str_cut(rest, ',', &rest), "");
	tw_assert_str(tw_str_cut(rest, ',', &rest), "b");
	assert_null(rest.p);
	tw_assert_str(tw_str_cut(TW_STR("x,"), ',', &rest), "x");
	assert_non_null(rest.p);
	assert_int_equal(rest.n, 0);
}

static void reads_integers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} cases[] = {
		{"0", true, 0},
		{"-7", true, -7},
		{"+12", true, 12},
		{"007", true, 7},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{" 1", false, 0},
		{"1x", false, 0},
		{"--1", false, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t v = 99;
		assert_int_equal(tw_str_to_int(tw_str(cases[i].text), &v), cases[i].ok);
		assert_int_equal(v, cases[i].ok ? cases[i].want : 99);
	}
}

static void reads_floats(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		double want;
	} cases[] = {
		{"1.5", true, 1.5},
		{"-.5e1", true, -5},
		{"2.", true, 2},
		{"1E+2", true, 100},
		{"", false, 0},
		{".", false, 0},
		{"1e", false, 0},
		{"0x10", false, 0},
		{"inf", false, 0},
		{"nan", false, 0},
		{"1e999", false, 0},
		{"1 ", false, 0},
		{"1e-999", true, 0},
		{"1.2.3", false, 0},
		{"100000000000000000000000000000000000000000000000000000000000000000000000", true,
		 1e71},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double f = 99;
		assert_int_equal(tw_str_to_double(tw_str(cases[i].text), &f), cases[i].ok);
		assert_true(f == (cases[i].ok ? cases[i].want : 99));
	}
}

static void buf_grows(void **state)
{
	struct tw_buf b = {0};
	assert_string_equal(tw_buf_cstr(&b), "");
	tw_assert_str(tw_buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		tw_buf_addc(&b, (char)('a' + i % 26));
	assert_int_equal(b.n, 1000);
	assert_int_equal(strlen(b.p), 1000);
	tw_buf_consume(&b, 998);
	assert_string_equal(b.p, "kl");
	tw_buf_printf(&b, "%200s", "x");
	assert_int_equal(b.n, 202);
	assert_int_equal(strlen(b.p), 202);
	tw_buf_clear(&b);
	assert_string_equal(b.p, "");
	tw_buf_adds(&b, "a");
	tw_buf_addstr(&b, TW_STR("bc"));
	tw_buf_add(&b, NULL, 0);
	char *p = tw_buf_steal(&b);
	assert_string_equal(p, "abc");
	free(p);
	p = tw_buf_steal(&b);
	assert_string_equal(p, "");
	free(p);
	tw_buf_release(&b);
	tw_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),	  cmocka_unit_test(cuts_and_finds),
		cmocka_unit_test(reads_integers), cmocka_unit_test(reads_floats),
		cmocka_unit_test(buf_grows),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
