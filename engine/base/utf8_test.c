#include "base/utf8.h"

#include "base/testing.h"

static void every_code_point(void **state)
{
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		char out[4];
		uint32_t back = 0;
		size_t n = tw_utf8_put(out, cp);
		if (tw_utf8_next(out, n, &back) != n || back != cp)
			fail_msg("U+%04X", cp);
		if (n > 1 && tw_utf8_next(out, n - 1, &back) != 0)
			fail_msg("U+%04X cut short", cp);
	}
}

static void refuses(void **state)
{
	static const char *const bad[] = {"\x80",
					  "\xC0\x80",
					  "\xC1\xBF",
					  "\xE0\x9F\xBF",
					  "\xF0\x8F\xBF\xBF",
					  "\xF4\x90\x80\x80",
					  "\xF5\x80\x80\x80",
					  "\xFF",
					  "\xC3(",
					  "\xE2\x82(",
					  "\xE2(\xAC"};
	uint32_t cp;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(tw_utf8_next(bad[i], strlen(bad[i]), &cp), 0);
}

static void measures(void **state)
{
	struct tw_str s = tw_str("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
	assert_int_equal(tw_utf8_valid(s), 10);
	assert_int_equal(tw_utf8_len(s), 4);
	assert_int_equal(tw_utf8_valid(tw_str("ab\xED\xA0\x80")), 2);
	assert_int_equal(tw_utf8_len(tw_str("\xFF\xFF"
					    "a")),
			 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(refuses),
		cmocka_unit_test(measures),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
