/*
 * The scheduler daemon: where the pure core (core/sched.h) meets the metastore, the executors and the clock.
 *
 *	inbox rows, executors' news, the clock ──► core ──► effects ──► one commit ──► dispatch, kill, acknowledge
 *
 * One loop thread owns the core. A writer thread commits one turn while the next one gathers; nothing of a turn
 * is performed before its commit. A second thread (requests.h) answers what running tasks ask.
 */
#pragma once

#include <sys/types.h>

#include "core/sched.h"
#include "daemon/paths.h"
#include "daemon/statsd.h"

struct tw_scheduler_options {
	const struct tw_paths *paths;
	const char *store_url;
	bool store_relaxed;
	const char *fernet_keys;         /* "" = secrets are stored plain */
	const char *executor;            /* [core] executor */
	int parallelism;
	struct tw_sched_config core;     /* seed is drawn here */
	const char *log_folder;          /* [logging] base_log_folder, absolute */
	const char *dags_folder, *plugins_folder; /* for timetables of the users' own */
	const char *run_id_pattern;      /* [scheduler] allowed_run_id_pattern */
	unsigned timetable_timeout_s;    /* [core] dagbag_import_timeout: the file is imported, then asked */
	const struct tw_log_name *log_name; /* [logging] log_filename_template */
	int64_t triggerer_health;        /* µs; a triggerer silent as long is taken for dead */
	bool native;                     /* run shipped operators without Python where that is the same thing */
	bool cold;                       /* [core] execute_tasks_new_python_interpreter: no warm children */
	bool check_slas;              /* [core] check_slas */
	int64_t health_timeout;          /* µs; [scheduler] scheduler_health_check_threshold: the lease's length */
	int64_t beat_ms;                 /* [scheduler] scheduler_heartbeat_sec */
	const char *health_host;         /* NULL: no health port */
	int health_port;
	struct tw_statsd_opts statsd;    /* [metrics] statsd_… */
	pid_t supervisor;                /* the standalone: when it stops us the runner ends, too; 0: none */
};

/* Runs until SIGTERM or SIGINT. Returns the exit status. */
int tw_scheduler_run(const struct tw_scheduler_options *opts, struct tw_err *err);
