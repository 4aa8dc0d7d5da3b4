/*
 * The runner: a process of its own that executes the workloads a scheduler sends it over a unix
 * socket (docs/runner-protocol.md), many at a time in one loop. It outlives its scheduler: what runs
 * goes on, what ended waits in its journal until a scheduler has acknowledged it.
 */
#pragma once

#include "base/err.h"

/* Strings are borrowed while the runner runs. 0 and NULL take the default. */
struct tw_runner_options {
	const char *home;            /* $TRADEWIND_HOME; required */
	const char *socket_path;     /* home/run/runner.sock */
	const char *journal_path;    /* home/run/runner.journal */
	const char *python;          /* interpreter of the tasks: "python3" */
	const char *sdk_path;        /* put before PYTHONPATH; NULL: the interpreter has the SDK installed */
	const char *tmp;             /* $TMPDIR, else /tmp */
	const char *sensitive_names; /* [core] sensitive_var_conn_names */
	int min_masked_secret;       /* [logging] min_length_masked_secret: 5 */
	int idle_exit_s;             /* without scheduler and tasks: 60; -1: never */
	int term_grace_s;            /* between TERM and KILL, native operators: 5 */
	int cleanup_s;               /* the same for Python tasks: [core] killed_task_cleanup_time, 60 */
	int beat_s;                  /* heartbeats: 5 */
	int warm_children;           /* warm children kept at most: 16; -1: none, every start is cold */
	int warm_memory_mib;         /* and their memory: 1024 */
	int warm_idle_s;             /* unused as long, they go: 600 */
	int slots;                   /* told in `hello`: 0, no limit */
	bool no_native;              /* run everything in Python */
	bool secrets_backend;        /* [secrets] or [workers] name one: what asks it is Python's */
};

/*
 * Runs until told to shut down, or idle for long; returns the process's exit code. What went wrong
 * is logged. 3: another runner serves this home.
 */
int tw_runner_main(const struct tw_runner_options *opts);
