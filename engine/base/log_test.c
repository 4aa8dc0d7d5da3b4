#include "base/log.h"

#include <unistd.h>

#include "base/testing.h"

/* What tw_log wrote while standard error led into a pipe. */
static size_t capture(char *out, size_t size, enum tw_log_level level, const char *text)
{
	int fd[2], keep = dup(STDERR_FILENO);
	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	close(fd[1]);
	tw_log(level, "%s dag=%s", text, "d");
	dup2(keep, STDERR_FILENO);
	close(keep);
	ssize_t n = read(fd[0], out, size - 1);
	close(fd[0]);
	assert_true(n >= 0);
	out[n] = 0;
	return (size_t)n;
}

static void writes_one_line(void **state)
{
	char line[300];
	tw_log_component("scheduler");
	capture(line, sizeof line, TW_LOG_WARNING, "two\nlines\x01");
	int year, chars = 0;
	assert_int_equal(sscanf(line, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*6dZ %n", &year, &chars), 1);
	assert_string_equal(line + chars, "WARNING  scheduler: two\\nlines\\x01 dag=d\n");
	assert_int_equal(chars, 28);
}

static void obeys_the_level(void **state)
{
	char line[300];
	assert_int_equal(capture(line, sizeof line, TW_LOG_DEBUG, "x"), 0);
	tw_log_min = TW_LOG_ERROR;
	assert_int_equal(capture(line, sizeof line, TW_LOG_WARNING, "x"), 0);
	assert_true(capture(line, sizeof line, TW_LOG_ERROR, "x") > 0);
	tw_log_min = TW_LOG_INFO;
}

static void reads_names(void **state)
{
	enum tw_log_level level = TW_LOG_INFO;
	assert_true(tw_log_level_parse("warn", &level));
	assert_int_equal(level, TW_LOG_WARNING);
	assert_true(tw_log_level_parse("Critical", &level));
	assert_int_equal(level, TW_LOG_CRITICAL);
	assert_true(tw_log_level_parse("FATAL", &level));
	assert_false(tw_log_level_parse("loud", &level));
	assert_int_equal(level, TW_LOG_CRITICAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_one_line),
		cmocka_unit_test(obeys_the_level),
		cmocka_unit_test(reads_names),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
