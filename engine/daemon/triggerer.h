/*
 * The triggerer: keeps the triggers of deferred tasks in one Python process (asyncio), and posts what they fire into the
 * inbox. Several may run: each takes triggers that nobody has or whose owner's heartbeat is old.
 */
#pragma once

#include "daemon/paths.h"

struct tw_triggerer_options {
	const struct tw_paths *paths;
	const char *store_url;
	const char *fernet_keys;
	const char *dags_folder, *plugins_folder, *log_folder;
	int capacity;                  /* triggers at once */
	int64_t health_timeout;        /* µs; an owner silent as long is taken for dead */
};

int tw_triggerer_run(const struct tw_triggerer_options *opts, struct tw_err *err);
