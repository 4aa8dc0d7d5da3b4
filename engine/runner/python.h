/*
 * The Python processes that tasks are forked from: one zygote, which has the SDK imported, and below
 * it a warm child for each DAG file lately used, which has imported that file. (One interpreter; another
 * interpreter is another tw_python.)
 */
#pragma once

#include <sys/types.h>
#include <uv.h>

#include "base/str.h"
#include "io/proc.h"

struct tw_python;
struct tw_launch;

struct tw_python_opts {
	uv_loop_t *loop;
	struct tw_reaper *reaper;
	const char *python;            /* copied */
	const char *sdk_path;          /* borrowed; may be NULL */
	int warm_children, warm_memory_mib, warm_idle_s; /* as in tw_runner_options, defaults taken */
};

struct tw_python *tw_python_new(const struct tw_python_opts *opts);
/* Ends zygote and children; tasks go with them. NULL is fine. */
void tw_python_free(struct tw_python *py);

/* What a task is forked from. */
struct tw_python_origin {
	struct tw_str key;         /* digest of the file's inputs; empty: never warm */
	struct tw_str file, bundle_path;
	int compat;
	bool unsafe_to_fork;       /* the document says so: a cold start, forked from the zygote */
};

struct tw_launch_ops {
	void (*on_forked)(void *arg, pid_t pid);
	void (*on_exited)(void *arg, int status);    /* wait(2)'s */
	/* No process came of it; the last call. */
	void (*on_failed)(void *arg, struct tw_str why);
};

/* A pair for a Python process: [0] is ours and never waits, [1] is its, and does. */
enum tw_rc tw_python_socket(int ret_pair[2], struct tw_err *err);

#define TW_LAUNCH_FDS 4 /* task_socket, stdout_w, stderr_w, log_w */

/*
 * Starts a task. The descriptors are taken over, in any case. Callbacks come from the loop; the
 * launch ends with on_exited, on_failed or tw_launch_forget. NULL: no interpreter can be started.
 */
struct tw_launch *tw_python_launch(struct tw_python *py, const struct tw_python_origin *origin,
				   const char *attempt, const int fds[TW_LAUNCH_FDS],
				   const struct tw_launch_ops *ops, void *arg,
				   struct tw_err *err);
void tw_launch_forget(struct tw_launch *l); /* no callbacks any more; what runs runs on. NULL is fine */

