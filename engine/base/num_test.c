#include "base/num.h"

#include <math.h>

#include "base/testing.h"

/* Expected texts are Python's repr(); tests/compat/json has thousands more. */
static void writes_as_python(void **state)
{
	static const struct {
		double f;
		const char *want;
	} cases[] = {
		{0.0, "0.0"},
		{-0.0, "-0.0"},
		{1.0, "1.0"},
		{-123456.0, "-123456.0"},
		{0.1, "0.1"},
		{1.0 / 3, "0.3333333333333333"},
		{0.1 + 0.2, "0.30000000000000004"},
		{1e15, "1000000000000000.0"},
		{9999999999999998.0, "9999999999999998.0"},
		{1e16, "1e+16"},
		{1.5e16, "1.5e+16"},
		{0.0001, "0.0001"},
		{0.00001, "1e-05"},
		{0.000123456, "0.000123456"},
		{1e22, "1e+22"},
		{1e100, "1e+100"},
		{5e-324, "5e-324"},
		{1.7976931348623157e308, "1.7976931348623157e+308"},
		{2.2250738585072014e-308, "2.2250738585072014e-308"},
		{INFINITY, "inf"},
		{-INFINITY, "-inf"},
		{NAN, "nan"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[TW_NUM_REPR];
		assert_int_equal(tw_num_repr(out, cases[i].f), strlen(cases[i].want));
		assert_string_equal(out, cases[i].want);
	}
}

static void reads_back(void **state)
{
	uint64_t bits = 88172645463325252u;
	for (int i = 0; i < 20000; i++) {
		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		double f;
		char out[TW_NUM_REPR];
		memcpy(&f, &bits, sizeof f);
		if (!isfinite(f))
			continue;
		tw_num_repr(out, f);
		double back = strtod(out, NULL);
		assert_memory_equal(&back, &f, sizeof f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_as_python),
		cmocka_unit_test(reads_back),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
