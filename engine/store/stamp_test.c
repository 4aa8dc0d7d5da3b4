#include "store/stamp.h"

#include "base/testing.h"

static void writes_what_sqlalchemy_writes(void **state)
{
	char out[TW_STAMP_LEN + 1];

	tw_stamp_write(out, 1767225600000000LL);
	assert_string_equal(out, "2026-01-01 00:00:00.000000");
	tw_stamp_write(out, 1772496733123456LL);
	assert_string_equal(out, "2026-03-03 00:12:13.123456");
	tw_stamp_write(out, TW_TIME_MIN);
	assert_string_equal(out, "0001-01-01 00:00:00.000000");
	tw_stamp_write(out, TW_TIME_MAX);
	assert_string_equal(out, "9999-12-31 23:59:59.999999");
}

static void reads_other_writings(void **state)
{
	static const struct {
		const char *text;
		tw_time t;
	} cases[] = {
		{"2026-01-01 00:00:00.000000", 1767225600000000LL},
		{"2026-01-01 00:00:00", 1767225600000000LL},
		{"2026-01-01T00:00:00.5", 1767225600500000LL},
		{"2026-01-01T00:00:00.1234567Z", 1767225600123456LL},
		{"2026-01-01 02:00:00+02:00", 1767225600000000LL},
		{"2025-12-31 18:30:00-05:30", 1767225600000000LL},
		{"", TW_TIME_NONE},
		{"2026-02-30 00:00:00", TW_TIME_NONE},
		{"2026-01-01 00:00:00 x", TW_TIME_NONE},
		{"2026-01-01", TW_TIME_NONE},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (tw_stamp_read(tw_str(cases[i].text)) != cases[i].t)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_sqlalchemy_writes),
		cmocka_unit_test(reads_other_writings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
