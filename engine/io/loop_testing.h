/*
 * For tests of what lives in a loop: running it until something holds, and closing it so that a
 * handle left open is a failure.
 */
#pragma once

#include <dirent.h>
#include <uv.h>

#include "base/testing.h"

static void tw_test_tick(uv_timer_t *t)
{
	++*(int *)t->data;
}

/*
 * Runs the loop until *done is at least `want`, for ten seconds at most. Ticks every 2 ms: a turn of the
 * loop that began with the timer that did it would else wait for the next event.
 */
static inline void tw_test_run_until(uv_loop_t *loop, const int *done, int want)
{
	int ticks = 0;
	uv_timer_t timer;
	uv_timer_init(loop, &timer);
	timer.data = &ticks;
	uv_timer_start(&timer, tw_test_tick, 2, 2);
	while (*done < want && ticks < 5000)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	if (*done < want)
		fail_msg("waited too long: %d of %d", *done, want);
}

/* Runs the loop for a while, whatever happens. */
static inline void tw_test_run_for(uv_loop_t *loop, unsigned ms)
{
	int late = 0;
	uv_timer_t timer;
	uv_timer_init(loop, &timer);
	timer.data = &late;
	uv_timer_start(&timer, tw_test_tick, ms, 0);
	while (!late)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
}

static inline void tw_test_close_loop(uv_loop_t *loop)
{
	for (int i = 0; i < 10; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	assert_int_equal(uv_loop_close(loop), 0);
}

/* How many descriptors this process has open. */
static inline int tw_test_open_fds(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* A new folder for one test; the caller frees the path and removes the folder. */
static inline char *tw_test_folder(void)
{
	char *dir = tw_strdup("/tmp/tradewind-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return dir;
}
