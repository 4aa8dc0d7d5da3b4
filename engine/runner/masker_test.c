#include "runner/masker.h"

#include "base/testing.h"
#include "value/json.h"

static char *masked(const struct tw_masker *m, const char *text)
{
	struct tw_buf out = {0};
	size_t n = tw_masker_mask(m, tw_str(text), true, &out);
	assert_int_equal(n, strlen(text));
	tw_buf_addc(&out, '\0');
	return tw_buf_steal(&out);
}

static void expect(const struct tw_masker *m, const char *text, const char *want)
{
	char *got = masked(m, text);
	assert_string_equal(got, want);
	free(got);
}

static void longest_first(void **state)
{
	struct tw_masker m = {0};
	expect(&m, "nothing known", "nothing known");
	assert_true(tw_masker_add(&m, TW_STR("hunter")));
	assert_true(tw_masker_add(&m, TW_STR("hunter22")));
	assert_false(tw_masker_add(&m, TW_STR("hunter22")));
	expect(&m, "hunter22 hunter2 hunterhunter22hunt", "*** ***2 ******hunt");
	tw_masker_release(&m);
}

static void too_short_or_common(void **state)
{
	struct tw_masker m = {0};
	assert_false(tw_masker_add(&m, TW_STR("abcd")));
	assert_false(tw_masker_add(&m, TW_STR("Airflow")));
	assert_true(tw_masker_add(&m, TW_STR("abcde")));
	struct tw_masker short_ones = {.min_length = 3};
	assert_true(tw_masker_add(&short_ones, TW_STR("abc")));
	expect(&short_ones, "xabcx", "x***x");
	tw_masker_release(&m);
	tw_masker_release(&short_ones);
}

static void other_spellings(void **state)
{
	struct tw_masker m = {0};
	tw_masker_add(&m, TW_STR("p@ss \"wörd\""));
	expect(&m, "{\"event\":\"p@ss \\\"wörd\\\"\"}", "{\"event\":\"***\"}");
	expect(&m, "{\"event\":\"p@ss \\\"w\\u00f6rd\\\"\"}", "{\"event\":\"***\"}");
	expect(&m, "postgres://u:p%40ss%20%22w%C3%B6rd%22@h", "postgres://u:***@h");
	tw_masker_add(&m, TW_STR("-----BEGIN KEY-----\nMIIabcdefgh\nend\n"));
	expect(&m, "MIIabcdefgh\nend", "***\nend");
	tw_masker_release(&m);
}

/* Whatever the chunks, the result is the same as in one go. */
static void across_chunks(void **state)
{
	struct tw_masker m = {0};
	tw_masker_add(&m, TW_STR("aaaaab"));
	tw_masker_add(&m, TW_STR("secret-value"));
	const char *text = "aaaaaaaab secret-secret-valuesecret-valu aaaaa";
	char *want = masked(&m, text);
	assert_string_equal(want, "aaa*** secret-***secret-valu aaaaa");
	for (size_t size = 1; size < 12; size++) {
		struct tw_buf out = {0}, held = {0};
		for (size_t at = 0; at < strlen(text); at += size) {
			size_t n = strlen(text) - at < size ? strlen(text) - at : size;
			tw_buf_add(&held, text + at, n);
			bool final = at + n == strlen(text);
			tw_buf_consume(&held, tw_masker_mask(&m, tw_buf_str(&held), final, &out));
		}
		assert_int_equal(held.n, 0);
		assert_string_equal(tw_buf_cstr(&out), want);
		tw_buf_release(&out);
		tw_buf_release(&held);
	}
	free(want);
	tw_masker_release(&m);
}

static void sensitive_names(void **state)
{
	assert_true(tw_name_is_sensitive(TW_STR("DB_Password")));
	assert_true(tw_name_is_sensitive(TW_STR("extra__api_key")));
	assert_false(tw_name_is_sensitive(TW_STR("greeting")));
	tw_sensitive_names_set(TW_STR("greet, Other"));
	assert_true(tw_name_is_sensitive(TW_STR("Greeting")));
	assert_true(tw_name_is_sensitive(TW_STR("another")));
	tw_sensitive_names_set(TW_STR(""));
	assert_false(tw_name_is_sensitive(TW_STR("greeting")));

	struct tw_arena a = {0};
	struct tw_value v;
	struct tw_masker m = {0};
	assert_int_equal(tw_json_parse(&a,
				       TW_STR("{\"host\":\"localhost\",\"auth\":{\"token\":"
					      "[\"tok-12345\",7]},\"region\":\"eu-west\"}"),
				       &v, NULL),
			 TW_OK);
	tw_masker_add_sensitive(&m, TW_STR(""), v);
	expect(&m, "localhost tok-12345 eu-west", "localhost *** eu-west");
	tw_masker_release(&m);
	tw_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_first),   cmocka_unit_test(too_short_or_common),
		cmocka_unit_test(other_spellings), cmocka_unit_test(across_chunks),
		cmocka_unit_test(sensitive_names),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
