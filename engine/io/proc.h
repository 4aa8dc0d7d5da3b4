/*
 * Child processes: started with posix_spawn (never fork: it costs by the size of the parent),
 * reaped in the loop, killed as whole process groups.
 *
 * Every descriptor the engine opens is close-on-exec, so a child has standard input, output and
 * error (its parent's, unless mapped) and what `fds` maps, nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <uv.h>

#include "base/err.h"

enum tw_proc_group {
	TW_PROC_SAME_GROUP,
	TW_PROC_OWN_GROUP,   /* the child leads a new process group: its pid is the group's id */
	TW_PROC_OWN_SESSION, /* and a new session, without a terminal */
};

struct tw_fd_map {
	int from, to; /* the parent's `from` (-1: /dev/null) is the child's `to` */
};

struct tw_proc_opts {
	const char *const *argv; /* NULL-terminated; argv[0] is searched in PATH unless it has a '/' */
	const char *const *envp; /* NULL: the parent's */
	const char *cwd;         /* NULL: the parent's */
	const struct tw_fd_map *fds; /* in any order; swaps are fine. Not closed in the parent */
	size_t nfds;
	enum tw_proc_group group;
};

/*
 * Starts a child with an empty signal mask and every signal's default action. A program that cannot
 * be executed or a folder that is not there is an error here, not an exit code:
 * TW_ERR_NOT_FOUND (ENOENT), TW_ERR_DENIED (EACCES), TW_ERR_IO.
 */
enum tw_rc tw_proc_spawn(const struct tw_proc_opts *opts, pid_t *ret_pid, struct tw_err *err);

/* Signals a whole process group. TW_ERR_NOT_FOUND when it is gone. */
enum tw_rc tw_proc_kill_group(pid_t pgid, int sig, struct tw_err *err);

/* Orphans among the descendants become children of this process, so that it sees them end. */
enum tw_rc tw_proc_become_subreaper(struct tw_err *err);

/*
 * This process gets SIGTERM when its parent ends, whatever ends it. TW_ERR_NOT_FOUND: the parent is
 * not `parent` (any more).
 */
enum tw_rc tw_proc_end_with(pid_t parent, struct tw_err *err);

/* A pipe whose ends are close-on-exec; [0] reads, [1] writes. */
enum tw_rc tw_proc_pipe(int ret_fds[2], struct tw_err *err);

/*
 * The reaper: one SIGCHLD watcher in one loop waits for all children of the process. Nothing else
 * in the process may wait for children (no system(3), no popen(3)).
 */
struct tw_reaper;

struct tw_exit {
	pid_t pid;
	int status;  /* as wait4 gives it */
	int code;    /* exit code, or -1 when a signal ended it */
	int signal;  /* 0 when it exited by itself */
	struct rusage usage;
};

typedef void (*tw_exit_fn)(void *arg, const struct tw_exit *e);

enum tw_rc tw_reaper_new(uv_loop_t *loop, struct tw_reaper **ret_r, struct tw_err *err);
/* Watches and terminations still pending are forgotten, without a callback. */
void tw_reaper_free(struct tw_reaper *r);

enum tw_reap_flags {
	/* When the group's leader ends, what is left of its group is killed first. */
	TW_REAP_SWEEP = 1,
};

/*
 * fn is called once, from the loop, when pid ends. To be called in the same turn of the loop as the
 * spawn. fn may spawn and watch anew.
 */
void tw_reaper_watch(struct tw_reaper *r, pid_t pid, int flags, tw_exit_fn fn, void *arg);
void tw_reaper_unwatch(struct tw_reaper *r, pid_t pid); /* it is reaped, but nobody is called */
/* Who hears of children nobody watches: grandchildren of a subreaper. */
void tw_reaper_on_unknown(struct tw_reaper *r, tw_exit_fn fn, void *arg);
/*
 * SIGTERM to the group of a watched leader; after grace_ms SIGKILL. When the leader ends in
 * between, the rest of its group is killed then. A second call only shortens the grace.
 */
void tw_reaper_terminate(struct tw_reaper *r, pid_t pid, unsigned grace_ms);
size_t tw_reaper_count(const struct tw_reaper *r); /* watched children alive */
