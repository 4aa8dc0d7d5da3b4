#include "base/testing.h"

#include <stdio.h>

#include "api/auth/throttle.h"

#define S 1000000ll

static struct tw_str home = TW_STR("10.0.0.1"), anna = TW_STR("anna");

static void test_a_name_waits_longer_each_time(void **state)
{
	struct tw_throttle *t = tw_throttle_new(5, 42);
	int64_t now = 1000 * S;

	for (int i = 0; i < 6; i++)
		assert_int_equal(tw_throttle_try(t, home, anna, now), 0);
	assert_int_equal(tw_throttle_try(t, home, anna, now), 1 * S);
	assert_int_equal(tw_throttle_try(t, home, TW_STR("bob"), now), 0);
	assert_int_equal(tw_throttle_try(t, TW_STR("10.0.0.2"), anna, now), 0);
	now += S;
	assert_int_equal(tw_throttle_try(t, home, anna, now), 0);
	assert_int_equal(tw_throttle_try(t, home, anna, now), 2 * S);
	for (int i = 0; i < 20; i++)
		now += tw_throttle_try(t, home, anna, now);
	assert_true(tw_throttle_try(t, home, anna, now) <= 300 * S);
	tw_throttle_free(t);
}

static void test_right_passwords_and_silence_forgive(void **state)
{
	struct tw_throttle *t = tw_throttle_new(2, 42);
	int64_t now = 1000 * S;

	for (int i = 0; i < 100; i++) {
		assert_int_equal(tw_throttle_try(t, home, anna, now), 0);
		tw_throttle_passed(t, home, anna);
	}
	for (int i = 0; i < 3; i++)
		tw_throttle_try(t, home, anna, now);
	assert_true(tw_throttle_try(t, home, anna, now) > 0);
	now += 2000 * S;
	for (int i = 0; i < 3; i++)
		assert_int_equal(tw_throttle_try(t, home, anna, now), 0);
	tw_throttle_free(t);
}

/* Trying many names is one address failing often. */
static void test_an_address_waits_too(void **state)
{
	struct tw_throttle *t = tw_throttle_new(5, 42);
	char name[16];
	int passed = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "user%d", i);
		passed += tw_throttle_try(t, home, tw_str(name), 1000 * S) == 0;
	}
	assert_int_equal(passed, 51);
	tw_throttle_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_waits_longer_each_time),
		cmocka_unit_test(test_right_passwords_and_silence_forgive),
		cmocka_unit_test(test_an_address_waits_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
