/* Waiting for a run's end: whoever commits writes to the feed's file (store/feed.h), which is watched; once a second it is looked anyway. */
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cli/context.h"
#include "cli/dags.h"
#include "io/clock.h"
#include "store/feed.h"
#include "store/runs.h"
#include "store/xcoms.h"
#include "value/json.h"

#define LOOK_MS 1000
#define GAVE_UP 124 /* as timeout(1) */
#define RESULTS_MAX 64

static int64_t deadline(const struct tw_args *args)
{
	const char *text = tw_arg(args, "timeout");
	double seconds;

	if (!text)
		return INT64_MAX;
	if (!tw_str_to_double(tw_str(text), &seconds) || !(seconds >= 0 && seconds < 1e9))
		tw_cli_dief("--timeout: '%s' is no number of seconds", text);
	return tw_monotonic() + (int64_t)(seconds * 1e6);
}

static int watch(void)
{
	const char *path = tw_store_feed_file(tw_cli_store());
	int fd = path ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;

	if (fd >= 0)
		inotify_add_watch(fd, path, IN_MODIFY);
	return fd;
}

/* Until something was committed, or for a second. */
static void rest(int fd, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t ms = (until - tw_monotonic()) / 1000 + 1;
	char ignored[4096];

	poll(&p, fd >= 0, ms < LOOK_MS ? (int)(ms < 0 ? 0 : ms) : LOOK_MS);
	while (fd >= 0 && read(fd, ignored, sizeof ignored) > 0)
		;
}

static void print_results(const struct tw_args *args, struct tw_str dag_id, struct tw_str run_id)
{
	struct tw_arena *a = &tw_cli()->arena;
	const char *tasks[RESULTS_MAX];
	size_t n = tw_arg_all(args, "result", tasks, RESULTS_MAX);
	struct tw_buf out TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &out};

	if (!n)
		return;
	tw_jw_obj(&w);
	for (size_t i = 0; i < n; i++) {
		struct tw_xcom_row x;

		tw_jw_key(&w, tasks[i]);
		if (tw_store_xcom(tw_cli_store(), dag_id, run_id, tw_str(tasks[i]), -1, TW_STR("return_value"), a, &x,
				  NULL) == TW_OK &&
		    x.value.p)
			tw_jw_raw(&w, x.value);
		else
			tw_jw_null(&w);
	}
	tw_jw_end(&w);
	puts(tw_buf_cstr(&out));
}

int dags_wait_for(const struct tw_args *args, struct tw_str dag_id, struct tw_str run_id)
{
	int64_t until = deadline(args);
	struct tw_arena a = {0};
	struct tw_run_view view;
	struct tw_err err = {0};
	int fd = watch();

	for (;;) {
		if (tw_store_run(tw_cli_store(), dag_id, run_id, &a, &view, &err) < 0)
			tw_cli_die(&err);
		if (tw_run_finished(view.run.state) || tw_monotonic() >= until)
			break;
		tw_arena_clear(&a);
		rest(fd, until);
	}
	if (fd >= 0)
		close(fd);
	tw_arena_release(&a);
	fprintf(stderr, "%s\n", tw_run_state_name(view.run.state));
	if (!tw_run_finished(view.run.state))
		return GAVE_UP;
	print_results(args, dag_id, run_id);
	return view.run.state == TW_RUN_SUCCESS ? 0 : 1;
}
