#include "base/err.h"

#include <errno.h>

#include "base/testing.h"

static void sets_code_and_message(void **state)
{
	struct tw_err err = {0};
	assert_int_equal(tw_err_set(&err, TW_ERR_EXISTS, "dag '%s' is there", "x"), TW_ERR_EXISTS);
	assert_int_equal(err.rc, TW_ERR_EXISTS);
	assert_string_equal(err.msg, "dag 'x' is there");
	assert_int_equal(tw_err_set(NULL, TW_ERR_LIMIT, "nobody asks"), TW_ERR_LIMIT);
}

static void quotes_its_own_message(void **state)
{
	struct tw_err err = {0};
	tw_err_set(&err, TW_ERR_IO, "first");
	tw_err_set(&err, TW_ERR_INVALID, "after %s", err.msg);
	assert_string_equal(err.msg, "after first");
}

static void wraps(void **state)
{
	struct tw_err err = {0};
	tw_err_set(&err, TW_ERR_NOT_FOUND, "no such zone");
	assert_int_equal(tw_err_wrap(&err, "dag '%s'", "a"), TW_ERR_NOT_FOUND);
	assert_string_equal(err.msg, "dag 'a': no such zone");
	assert_true(tw_err_wrap(NULL, "context") < 0);
}

static void adds_the_reason(void **state)
{
	struct tw_err err = {0};
	assert_int_equal(tw_err_errno(&err, ENOENT, "cannot open %s", "/x"), TW_ERR_IO);
	assert_string_equal(err.msg, "cannot open /x: No such file or directory");
}

static void cuts_long_messages(void **state)
{
	struct tw_err err = {0};
	char big[3000];
	memset(big, 'a', sizeof big - 1);
	big[sizeof big - 1] = 0;
	tw_err_set(&err, TW_ERR_INVALID, "%s", big);
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	tw_err_wrap(&err, "ctx");
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	assert_memory_equal(err.msg, "ctx: aaa", 8);
	tw_err_wrap(&err, "%s", big);
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_code_and_message),
		cmocka_unit_test(quotes_its_own_message),
		cmocka_unit_test(wraps),
		cmocka_unit_test(adds_the_reason),
		cmocka_unit_test(cuts_long_messages),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
