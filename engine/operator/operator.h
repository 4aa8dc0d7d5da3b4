/*
 * Native operators: those that run without an interpreter because nothing of the task is Python.
 *
 * One file each, one table that lists them (table.c). An operator is started with its arguments
 * rendered, works in the loop without ever blocking it, and says once that it is done. Whoever runs
 * it (the host: engine/runner) gives it log, XCom and the outside world, and ends it when it must end.
 */
#pragma once

#include <uv.h>

#include "base/log.h"
#include "io/proc.h"
#include "value/value.h"

struct tw_op;
struct tw_zones;

/* How it ended. Strings are borrowed during the call of done. */
struct tw_op_outcome {
	const char *state;      /* "success", "failed", "failed_final", "skipped", "up_for_reschedule", "deferred" */
	struct tw_str reason;   /* in words, for people; empty on success */
	const char *exception;  /* as Python's log would call it: "AirflowException"; NULL: none */
	int exit_code;          /* -1: there is none */
	int signal;             /* 0: none */
	bool has_result;        /* result is the return value: the host pushes it as XCom */
	struct tw_value result;
	struct tw_value skip;   /* {"followed": […]} or {"skipped": […]}; NULL kind: none */
	int64_t reschedule_at;  /* microseconds since the epoch, for up_for_reschedule */
	struct tw_value defer;  /* deferred: as in the `finished` frame */
};

typedef void (*tw_op_decode_fn)(void *arg, struct tw_str bytes, struct tw_buf *out);
typedef void (*tw_op_reply_fn)(struct tw_op *op, struct tw_value result, const struct tw_err *err);

struct tw_op_host {
	void (*log)(struct tw_op *op, enum tw_log_level level, const char *logger, struct tw_str text);
	/* Output in pieces, logged line by line at level info; decode turns a line's bytes into text. */
	void (*output)(struct tw_op *op, const char *logger, tw_op_decode_fn decode, struct tw_str bytes);
	/*
	 * There is a process group now: it is remembered beyond the host's death, and ended with the task.
	 * Its leader is watched by the operator.
	 */
	void (*spawned)(struct tw_op *op, pid_t pid);
	/* Asks the scheduler's side (docs/runner-protocol.md, "Requests of a task"); body gets "do". */
	void (*request)(struct tw_op *op, const char *what, struct tw_value body, tw_op_reply_fn fn);
	void (*done)(struct tw_op *op, const struct tw_op_outcome *o);
	/* The text with the secrets that are known masked; lives as long as the operator. */
	struct tw_str (*mask)(struct tw_op *op, struct tw_str text);
	/* A temporary folder, empty. Given back with drop_folder, which removes it some time soon. */
	enum tw_rc (*make_folder)(struct tw_op *op, char **ret_path, struct tw_err *err);
	void (*drop_folder)(struct tw_op *op, char *path);
};

struct tw_op {
	const struct tw_op_type *type;
	const struct tw_op_host *host;
	void *host_arg;
	uv_loop_t *loop;
	struct tw_reaper *reaper;
	struct tw_arena *arena;   /* lives as long as the operator */
	struct tw_value work;     /* the `run` frame */
	struct tw_value args;     /* the operator's arguments, rendered and decoded */
	int64_t now;              /* wall clock at start */
	int64_t first_start;      /* of this attempt, before reschedules: the sensor's clock */
	const char *const *environ; /* "K=V", what the task inherits; with AIRFLOW_CTX_… for operators */
	const char *tmp;          /* folder for temporary files */
	struct tw_zones *zones;
	bool secrets_backend;     /* one is configured: only Python can look up connections */
	bool killed;              /* the host is ending it: do not wait for anything any more */
	void *state;              /* the operator's own */
};

struct tw_op_type {
	const char *name;         /* `native` of the DAG document */
	/*
	 * Begins. TW_ERR_UNSUPPORTED: something in the arguments needs Python after all, nothing was done.
	 * Another error: the task failed, the message says why. May call done before it returns.
	 */
	enum tw_rc (*start)(struct tw_op *op, struct tw_err *err);
	/* It is being ended (op->killed is set, its process group was signalled): done soon. May be NULL. */
	void (*kill)(struct tw_op *op);
	void (*release)(struct tw_op *op); /* after done, or instead of it; frees state. May be NULL */
};

/* NULL: there is no native operator of that name. */
const struct tw_op_type *tw_op_find(struct tw_str name);

extern const struct tw_op_type tw_op_empty, tw_op_bash, tw_op_file_sensor, tw_op_date_time_sensor,
	tw_op_time_sensor, tw_op_time_delta_sensor, tw_op_wait_sensor, tw_op_day_of_week_sensor,
	tw_op_external_task_sensor;

/* Helpers of operators ---------------------------------------------------------------------- */

/* Ends with failure and this reason. */
void tw_op_fail(struct tw_op *op, const char *exception, const char *fmt, ...) TW_PRINTF(3, 4);
/* Python's repr of a str: what its log messages show. */
void tw_op_repr(struct tw_buf *out, struct tw_str s);
