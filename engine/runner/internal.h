/*
 * What the runner's files share. runner.c: the loop and its timers; server.c: the scheduler's link;
 * attempt.c: the life of one attempt; native.c, render.c, context.c, fetch.c: native operators;
 * python.c: zygote and warm children; pytask.c: a task in Python; request.c: what tasks ask the
 * scheduler.
 */
#pragma once

#include <sys/types.h>
#include <uv.h>

#include "io/frame.h"
#include "io/hostname.h"
#include "io/proc.h"
#include "io/token.h"
#include "operator/env.h"
#include "operator/operator.h"
#include "runner/journal.h"
#include "runner/runner.h"
#include "runner/tasklog.h"
#include "runner/tmpdirs.h"
#include "time/zone.h"
#include "value/json.h"

struct tw_given;
struct tw_python;
struct tw_pytask;
struct tw_render;

/*
 *	FETCHING ──► RUNNING ──► ENDING ──► REPORTED ──► (freed)
 *	    └────────────┴──────────────────────▲
 */
#define TW_ATTEMPT_STATES(X)                                                                       \
	X(FETCHING) /* its templates need values from the scheduler */                            \
	X(RUNNING)                                                                                 \
	X(ENDING)   /* it was told to end */                                                       \
	X(REPORTED) /* the scheduler was told how; a process may still clean up */

enum tw_attempt_state {
#define X(name) TW_ATTEMPT_##name,
	TW_ATTEMPT_STATES(X)
#undef X
};

struct tw_attempt {
	struct tw_runner *r;
	char *id;
	enum tw_attempt_state state;
	struct tw_arena arena;
	struct tw_buf frame;          /* the `run` frame as it came */
	struct tw_buf next;           /* the `run` frame of what follows a deferral or reschedule: begun when this is gone */
	struct tw_value work;         /* the same, read */
	struct tw_masker masker;
	struct tw_tasklog *log;       /* NULL when the frame could not be read */
	int64_t received;             /* wall clock */
	int64_t started;              /* 0: not yet */
	pid_t pid;                    /* leads its process group; 0: none */
	uv_timer_t *timer;            /* execution_timeout, then the grace of a kill */
	char *kill_reason;            /* set while ENDING: what is reported */
	struct tw_value rendered;     /* {field: value}; NULL kind: none */
	struct tw_buf result;         /* what is reported as soon as the log is written */
	bool buried;                  /* in the graveyard: freed before the loop waits again */
	struct tw_attempt *next_dead;

	/* Native */
	struct tw_op op;              /* op.type NULL: it runs in Python */
	struct tw_env env;
	struct tw_logstream out;
	struct tw_render *render;     /* while FETCHING */

	struct tw_pytask *py;         /* Python */
};

struct tw_runner {
	struct tw_runner_options opts;
	uv_loop_t loop;
	struct tw_reaper *reaper;
	struct tw_logs logs;
	struct tw_zones zones;
	struct tw_tmpdirs tmpdirs;
	struct tw_journal journal;
	struct tw_listener *listener;
	struct tw_link *link;         /* the scheduler's; NULL: none is connected */
	TW_VEC(struct tw_given *) given; /* workloads that wait for what else the scheduler has said */
	int listened;                 /* turns they have waited */
	struct tw_map attempts;       /* id → struct tw_attempt, until freed */
	struct tw_attempt *dead;
	struct tw_map pythons;        /* interpreter → struct tw_python */
	struct tw_pytask *holding;    /* those with output that may hold a secret not yet learnt */
	struct tw_map requests;       /* see request.c */
	int64_t next_request;
	uv_timer_t beat, idle;
	uv_timer_t thaw;              /* runs: it stood still, and what it is told now may be old */
	uint64_t last_beat;           /* by the loop's clock */
	uv_prepare_t undertaker;
	uv_signal_t sigterm;
	bool stopping;                /* no new work; exits when the last attempt is gone */
	char uuid[TW_UUID_LEN + 1];
	char hostname[TW_HOSTNAME_MAX], unixname[64];
	int lock_fd;
};

/* runner.c */
/* The processes of an interpreter; p NULL: the default one. */
struct tw_python *tw_runner_python(struct tw_runner *r, struct tw_str interpreter);
void tw_runner_shutdown(struct tw_runner *r);
void tw_runner_check_idle(struct tw_runner *r); /* after anything that may leave it without work */

/* server.c */
enum tw_rc tw_server_start(struct tw_runner *r, struct tw_err *err);
void tw_server_stop(struct tw_runner *r);
void tw_server_send(struct tw_runner *r, struct tw_str frame); /* dropped when nobody is connected */
void tw_server_started(struct tw_runner *r, const struct tw_attempt *a);
void tw_server_begin_given(struct tw_runner *r); /* before each wait of the loop */
void tw_server_forget_given(struct tw_runner *r);

/* attempt.c */
/* taken_back: the reason, if it was given and is not to be begun any more; else empty. */
void tw_attempt_run(struct tw_runner *r, struct tw_str frame, struct tw_value head, struct tw_str taken_back);
struct tw_attempt *tw_attempt_find(struct tw_runner *r, struct tw_str id);
void tw_attempt_kill(struct tw_attempt *a, struct tw_str reason);
void tw_attempt_started(struct tw_attempt *a, pid_t pid); /* 0: there is no process */
void tw_attempt_python(struct tw_attempt *a);  /* starts it in Python */
/* How it ended, from whoever ran it. `extra` is a map whose keys go into the `finished` frame. */
struct tw_end_report {
	const char *state;
	struct tw_str reason;
	int exit_code, signal;         /* -1, 0: none */
	struct tw_value extra;
};
void tw_attempt_report(struct tw_attempt *a, const struct tw_end_report *e);
void tw_attempt_bury(struct tw_attempt *a);    /* nothing of it lives any more */
void tw_attempt_free(struct tw_attempt *a);
void tw_attempt_gone(struct tw_attempt *a); /* free it, and begin what waited for that */
void tw_attempt_grace(struct tw_attempt *a, unsigned ms, uv_timer_cb fn); /* (re)arms its timer */
/* "killed by signal 9 (out of memory?)", "exit code 3"; static until the next call. */
const char *tw_exit_words(int code, int signal);

/* native.c */
void tw_native_start(struct tw_attempt *a);    /* renders and runs, or fetches, or goes to Python */
void tw_native_kill(struct tw_attempt *a);
void tw_native_release(struct tw_attempt *a);

/* render.c: arguments of native operators */
/*
 * Renders and decodes. TW_ERR_AGAIN: requests are under way, tw_native_start is called again when they are
 * answered; TW_ERR_UNSUPPORTED: Python has to; TW_ERR_INVALID: the task fails, and *ret_exception names
 * the exception Python would raise.
 */
enum tw_rc tw_render_args(struct tw_attempt *a, struct tw_value *ret_args, struct tw_value *ret_rendered,
			  const char **ret_exception, struct tw_err *err);

/* fetch.c */
/*
 * The result of a request. TW_ERR_AGAIN: it is under way, and when all that are have been answered
 * tw_native_start is called again.
 */
enum tw_rc tw_fetch(struct tw_attempt *a, struct tw_value body, struct tw_value *ret, struct tw_err *err);
struct tw_xcom_ref {
	struct tw_str task_id, key;
	struct tw_str dag_id, run_id;  /* p NULL: the attempt's own */
	const int64_t *item;           /* NULL: all; else only what an instance mapped over it gets at this index */
};
/* All rows: a list of {"task_id","map_index","value"} and, where it was found, "item". */
enum tw_rc tw_fetch_xcoms(struct tw_attempt *a, const struct tw_xcom_ref *ref, struct tw_value *ret,
			  struct tw_err *err);
bool tw_xcom_is_plain(struct tw_value v);      /* nothing of it is Python's to unwrap */
/* TW_ERR_NOT_FOUND, and null: there is none. TW_ERR_UNSUPPORTED: several, or more than JSON. */
enum tw_rc tw_fetch_xcom(struct tw_attempt *a, const struct tw_xcom_ref *ref, struct tw_value *ret,
			 struct tw_err *err);
void tw_render_release(struct tw_attempt *a);

/* request.c */
typedef void (*tw_reply_fn)(struct tw_attempt *a, void *arg, struct tw_value reply);
/* Sends; fn gets the whole `reply` frame, unless the attempt is gone by then. fn NULL: no answer wanted. */
void tw_request_send(struct tw_attempt *a, struct tw_value body, tw_reply_fn fn, void *arg);
void tw_request_reply(struct tw_runner *r, struct tw_value reply);
void tw_request_resend(struct tw_runner *r);   /* to a new scheduler */
void tw_request_refuse(struct tw_runner *r);   /* all that wait for an answer get an error */
void tw_request_forget(struct tw_attempt *a);
void tw_request_release(struct tw_runner *r);

/* pytask.c */
void tw_pytask_start(struct tw_attempt *a);
void tw_pytask_kill(struct tw_attempt *a);
void tw_pytask_release(struct tw_attempt *a);
void tw_pytask_exited(struct tw_attempt *a, int status); /* learnt from the reaper */
void tw_pytask_settle(struct tw_runner *r);    /* before each wait of the loop */
