/*
 * Executors: transports that carry a workload to a runner and its news back.
 *
 * One executor is a struct of functions (tw_executor_ops) behind `struct tw_executor`. All calls and
 * all callbacks happen in the loop's thread; no callback comes from inside a call. Read
 * executor_null.c first.
 *
 * The life of an attempt, as seen from here:
 *
 *	dispatch ──► on_started ──► on_finished ──► ack        (the commit happens before ack)
 *	    │             │  └────► on_finished(lost)          its process or its runner died
 *	    └─────────────┴───────► on_finished                some end without having started
 *
 * Between dispatch and ack an executor holds the attempt through whatever happens to its
 * transport: connections break and return, runners die. It tells each attempt's end at least once;
 * until ack it may tell it again (the receiver recognises the attempt's id).
 */
#pragma once

#include <uv.h>

#include "base/str.h"
#include "model/record.h"
#include "value/value.h"

struct tw_executor;
struct tw_reaper;

/* What is to run: the `run` frame of docs/runner-protocol.md as JSON text. */
struct tw_workload {
	struct tw_id attempt;
	struct tw_str json;   /* borrowed during dispatch only */
	int priority;         /* priority_weight: larger first where a transport has a queue */
	struct tw_str queue;  /* for transports that route; may be empty */
	int slots;            /* pool_slots are the scheduler's affair; this is always 1 for now */
};

/* States a workload ends in, as a runner reports them. */
#define TW_ENDS(X)                                                                                 \
	X(SUCCESS, "success")                                                                      \
	X(FAILED, "failed")             /* the scheduler decides whether it is tried again */     \
	X(FAILED_FINAL, "failed_final") /* not tried again */                                     \
	X(SKIPPED, "skipped")                                                                      \
	X(RESCHEDULE, "up_for_reschedule")                                                         \
	X(DEFERRED, "deferred")                                                                    \
	X(AWAITING_INPUT, "awaiting_input") /* a person is asked */                                \
	X(LOST, "lost")                 /* it had started, and nobody knows how it ended */

enum tw_end {
#define X(id, name) TW_END_##id,
	TW_ENDS(X)
#undef X
	TW_END_N,
};
const char *tw_end_name(enum tw_end e);
bool tw_end_parse(struct tw_str name, enum tw_end *ret_e);

struct tw_exec_started {
	struct tw_id attempt;
	int pid;
	struct tw_str hostname, unixname;
	struct tw_str external_id; /* what the transport calls it; p NULL: nothing */
	int64_t at; /* microseconds since the epoch */
};

struct tw_exec_finished {
	struct tw_id attempt;
	enum tw_end end;
	int64_t at;
	int64_t started_at;        /* 0 when not known */
	struct tw_str reason;      /* in words; empty on success */
	struct tw_value body;      /* the whole `finished` object: xcoms, rendered, skip, defer, … */
};

/* What a task asks the scheduler's side (xcom_pull, variable_get, …). Answer with tw_executor_reply. */
struct tw_exec_request {
	struct tw_id attempt;
	int64_t id;                /* unique within the executor while unanswered */
	struct tw_str what;        /* "xcom_pull" */
	struct tw_value body;      /* the whole request */
};

/* Who hears of it. Everything pointed to is borrowed for the call. */
struct tw_executor_sink {
	void *arg;
	void (*on_started)(void *arg, struct tw_executor *ex, const struct tw_exec_started *s);
	void (*on_finished)(void *arg, struct tw_executor *ex, const struct tw_exec_finished *f);
	void (*on_request)(void *arg, struct tw_executor *ex, const struct tw_exec_request *r);
	/* These are alive, as of now: each about every five seconds. */
	void (*on_beat)(void *arg, struct tw_executor *ex, const struct tw_id *ids, size_t n);
	/*
	 * Also alive, learnt after (re)connecting, of attempts that were neither dispatched nor adopted
	 * here: the receiver kills what it does not want. Such a one's end is acknowledged, not told.
	 */
	void (*on_stranger)(void *arg, struct tw_executor *ex, struct tw_id attempt);
};

struct tw_executor_ops {
	enum tw_rc (*start)(struct tw_executor *ex, struct tw_err *err);
	void (*dispatch)(struct tw_executor *ex, const struct tw_workload *w, size_t n);
	void (*adopt)(struct tw_executor *ex, const struct tw_id *ids, size_t n);
	void (*ack)(struct tw_executor *ex, struct tw_id attempt);
	void (*kill)(struct tw_executor *ex, struct tw_id attempt, const char *reason);
	void (*reply)(struct tw_executor *ex, int64_t id, struct tw_value result, const char *kind,
		      const char *message);
	void (*flush)(struct tw_executor *ex); /* may be NULL */
	void (*free)(struct tw_executor *ex, bool stop_runner);
};

struct tw_executor {
	const struct tw_executor_ops *ops;
	struct tw_executor_sink sink;
	uv_loop_t *loop;
	const char *name;  /* as the configuration calls it: the alias, or the class; tw_executors_new's */
	const char *known_as, *module; /* "LocalExecutor", and with its module: tw_executors_new's */
	int parallelism;   /* most attempts at once; 0: no limit */
	size_t held;       /* attempts dispatched or adopted, and not yet ended */
	bool pulled;       /* workers take its workloads from the metastore, and tell by the inbox: nothing is sent */
};

/*
 * Connects and gets going. Failing later (the runner dies) is no error: it is mended in the background.
 */
static inline enum tw_rc tw_executor_start(struct tw_executor *ex, struct tw_err *err)
{
	return ex->ops->start(ex, err);
}

/*
 * Takes workloads over; cannot fail: what cannot be sent now is kept and sent later, and what can
 * never run comes back as on_finished. An attempt that is held already is ignored. To be called
 * after the commit that made the attempts `queued`.
 */
static inline void tw_executor_dispatch(struct tw_executor *ex, const struct tw_workload *w, size_t n)
{
	ex->ops->dispatch(ex, w, n);
}

/*
 * After a restart, in the same turn of the loop as start: attempts that the metastore says are
 * queued or running with this executor. Each gets on_started, on_beat or on_finished as the runner knows it; one that
 * the runner has never heard of gets on_finished with TW_END_LOST and started_at 0.
 */
static inline void tw_executor_adopt(struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	ex->ops->adopt(ex, ids, n);
}

/* The end is committed: forget it. Unknown ids are fine. */
static inline void tw_executor_ack(struct tw_executor *ex, struct tw_id attempt)
{
	ex->ops->ack(ex, attempt);
}

/* Ends it wherever it is; on_finished tells how that went, with `reason` in its words. */
static inline void tw_executor_kill(struct tw_executor *ex, struct tw_id attempt, const char *reason)
{
	ex->ops->kill(ex, attempt, reason);
}

/* Answers a request. kind NULL: result counts; else an error of that kind ("not_found", "invalid", …). */
static inline void tw_executor_reply(struct tw_executor *ex, int64_t id, struct tw_value result,
				     const char *kind, const char *message)
{
	ex->ops->reply(ex, id, result, kind, message);
}

/* Sends what was gathered; it is sent in any case before the loop waits. */
static inline void tw_executor_flush(struct tw_executor *ex)
{
	if (ex->ops->flush)
		ex->ops->flush(ex);
}

/* How many more it may be given now; INT64_MAX without a limit. */
int64_t tw_executor_free_slots(const struct tw_executor *ex);

/*
 * What every executor may need. Strings are borrowed for as long as executors live.
 */
struct tw_executor_opts {
	uv_loop_t *loop;
	struct tw_executor_sink sink;
	const char *home;                /* $TRADEWIND_HOME */
	const char *runner_socket;       /* NULL: home/run/runner.sock */
	const char *const *runner_argv;  /* how to start a runner: {exe, "runner", NULL}; NULL: never start one */
	const char *runner_log;          /* where its stderr goes; NULL: home/logs/runner.log */
	struct tw_reaper *reaper;        /* the process's one (io/proc.h); NULL: one is made here */
	int parallelism;                 /* [core] parallelism */
};

enum tw_rc tw_executor_null_new(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
				struct tw_err *err);
enum tw_rc tw_executor_local_new(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
				 struct tw_err *err);

enum tw_rc tw_executor_remote_new(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
				  struct tw_err *err);
/* What a worker told of an attempt, for executors that are `pulled`; attempts that are not held are passed over. */
void tw_executor_remote_started(struct tw_executor *ex, const struct tw_exec_started *s);
void tw_executor_remote_finished(struct tw_executor *ex, const struct tw_exec_finished *f);
void tw_executor_remote_beat(struct tw_executor *ex, const struct tw_id *ids, size_t n);

/*
 * What `[core] executor` names: one executor, or several separated by commas, the first being the
 * default. Forms: "LocalExecutor", "alias:LocalExecutor", "airflow.executors.local_executor.LocalExecutor".
 */
struct tw_executors {
	struct tw_executor **v;
	size_t n;
};

/*
 * Makes (but does not start) them. TW_ERR_UNSUPPORTED for an executor this version does not have,
 * TW_ERR_INVALID for a name that is none or given twice; the message says what to set.
 */
enum tw_rc tw_executors_new(const struct tw_executor_opts *opts, struct tw_str spec,
			    struct tw_executors *ret_xs, struct tw_err *err);
/* stop_runner: tell local runners to end, too (a planned stop of the whole installation). */
void tw_executors_free(struct tw_executors *xs, bool stop_runner);
/*
 * The one a task's `executor` names (alias, class name or module path; empty: the default). NULL when
 * there is none of that name.
 */
struct tw_executor *tw_executors_find(const struct tw_executors *xs, struct tw_str name);
