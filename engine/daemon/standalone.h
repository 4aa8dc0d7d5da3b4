/*
 * `tradewind standalone`: a small supervisor. It starts each component as a process of its own, restarts
 * what dies with growing pauses, tells where the UI is once everything answers, and stops all of it, in
 * order, when it is told to stop.
 */
#pragma once

#include "daemon/paths.h"

struct tw_component {
	const char *name;              /* "scheduler" */
	const char *const *argv;       /* NULL-terminated */
};

struct tw_standalone_options {
	const struct tw_paths *paths;
	const struct tw_component *components; /* in order of start; stopped in reverse */
	size_t ncomponents;
	/* Called once after all were started; prints the URL and the login. */
	void (*on_started)(void *arg);
	void *arg;
};

/* Runs until SIGTERM or SIGINT; the exit status. A second signal kills at once. */
int tw_standalone_run(const struct tw_standalone_options *opts, struct tw_err *err);
