/*
 * The triggerer: keeps native waits (daemon/waits.h) in its own loop and the other triggers of deferred tasks in one Python
 * process (asyncio) that starts with the first of them, and posts what they say into the inbox. Several may run: each takes
 * triggers that nobody has or whose owner's heartbeat is old. What dies with it is taken by the next one.
 */
#pragma once

#include "base/str.h"
#include "daemon/paths.h"

struct tw_triggerer_options {
	const struct tw_paths *paths;
	const char *store_url;
	const char *fernet_keys;
	const char *dags_folder, *plugins_folder, *log_folder;
	const struct tw_log_name *log_name; /* [logging] log_filename_template */
	int capacity;                  /* triggers in Python at once; native waits are not counted */
	const struct tw_str *queues;   /* triggers of these queues only; none: those without a queue */
	size_t nqueues;
	bool native;                   /* shipped triggers need no Python */
	int64_t beat_ms;               /* [triggerer] job_heartbeat_sec */
	int64_t health_timeout;        /* µs; an owner silent as long is taken for dead */
};

int tw_triggerer_run(const struct tw_triggerer_options *opts, struct tw_err *err);
