/*
 * A runner for tests: options by environment, so that a test plays the scheduler without the rest
 * of the house.
 */
#include <stdlib.h>

#include "runner/runner.h"

static int number(const char *name)
{
	const char *text = getenv(name);
	return text ? atoi(text) : 0;
}

int main(void)
{
	const struct tw_runner_options opts = {
		.home = getenv("TRADEWIND_HOME"),
		.python = getenv("TW_TEST_PYTHON"),
		.sdk_path = getenv("TW_TEST_SDK"),
		.idle_exit_s = number("TW_TEST_IDLE_EXIT"),
		.term_grace_s = number("TW_TEST_TERM_GRACE"),
		.cleanup_s = number("TW_TEST_CLEANUP"),
		.beat_s = number("TW_TEST_BEAT"),
		.warm_children = number("TW_TEST_WARM_CHILDREN"),
		.warm_idle_s = number("TW_TEST_WARM_IDLE"),
	};
	return opts.home ? tw_runner_main(&opts) : 2;
}
