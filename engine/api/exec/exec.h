/*
 * The Execution API: what workers elsewhere tell and ask over HTTP, in the shapes of Airflow's (docs/execution-api.md).
 * The door (exec.c) finds the route of the caller's version and checks its token; a file for each group of routes answers, by
 * the words of execution.h wherever there is one.
 *
 *	exec_ti.c    an attempt's life       exec_ask.c   runs, task instances, DAGs    exec_xcom.c  XCom
 *	exec_vault.c Variables, Connections  exec_store.c assets, state stores          exec_hitl.c  questions to people
 *	exec_work.c  workloads for workers   exec_spec.c  what requests look like
 *	exec_kwargs.c values that are not JSON, in the forms of several generations
 */
#pragma once

#include "api/ask.h"
#include "api/exec/exec_token.h"
#include "api/exec/execution.h"
#include "store/runs.h"
#include "store/tis.h"

/* What a caller may know: each is answered in the shape of its day. */
#define TW_EXEC_VERSIONS(X)                                                                        \
	X(2025_04_11, "2025-04-11")                                                                \
	X(2025_04_28, "2025-04-28")                                                                \
	X(2025_05_20, "2025-05-20")                                                                \
	X(2025_08_10, "2025-08-10")                                                                \
	X(2025_09_23, "2025-09-23")                                                                \
	X(2025_10_27, "2025-10-27")                                                                \
	X(2025_11_05, "2025-11-05")                                                                \
	X(2026_04_06, "2026-04-06")                                                                \
	X(2026_06_30, "2026-06-30")

enum tw_exec_version {
#define X(id, date) TW_EXEC_##id,
	TW_EXEC_VERSIONS(X)
#undef X
	TW_EXEC_VERSION_N,
};

/* One request. */
struct tw_exec {
	struct tw_request *req;
	struct tw_response *resp;
	struct tw_store *store;
	enum tw_exec_version version;
	struct tw_exec_claims claims; /* of its token; sub p NULL: the route wants none */
	struct tw_execution_caller caller; /* attempt and time; the rest once tw_exec_caller was asked */
};

typedef void (*tw_exec_fn)(struct tw_exec *x);

struct tw_exec_route {
	const char *method, *pattern; /* below /execution */
	tw_exec_fn fn;
	unsigned scopes;              /* tokens it takes; 0: none is needed */
	bool self;                    /* the first parameter is the task instance that the token names */
	enum tw_exec_version since, until; /* until 0: to this day */
};

/* Tables, each ended by a zeroed row. */
extern const struct tw_exec_route tw_exec_ti[], tw_exec_ask[], tw_exec_xcom[], tw_exec_vault[], tw_exec_store[],
	tw_exec_hitl[], tw_exec_work[];

static inline struct tw_str tw_exec_param(const struct tw_exec *x, int i)
{
	return x->req->params[i];
}
static inline bool tw_exec_knows(const struct tw_exec *x, enum tw_exec_version v)
{
	return x->version >= v;
}
/* A key of a body for a word; null is left out. */
static inline void tw_exec_put(const struct tw_exec *x, struct tw_value map, const char *key, struct tw_value v)
{
	if (v.kind != TW_V_NULL)
		tw_map_putc(x->req->arena, map, key, v);
}
static inline struct tw_value tw_exec_str(struct tw_str s)
{
	return s.p ? tw_v_str(s) : TW_NULL;
}
/* {"message": …} */
void tw_exec_message(struct tw_exec *x, int status, const char *message);
/* {"detail": {"reason": …, "message": …}} */
void tw_exec_refuse(struct tw_exec *x, int status, const char *reason, const char *fmt, ...) TW_PRINTF(4, 5);
/* The same in the words of an error; what is the server's fault is a 500. */
void tw_exec_fail(struct tw_exec *x, const struct tw_err *err);
/* Its attempt's run, task and index, for words that mean "my own"; a caller without (a worker) stays nobody. */
const struct tw_execution_caller *tw_exec_caller(struct tw_exec *x);
/* Asks a word of execution.h. false: it has replied. */
bool tw_exec_do(struct tw_exec *x, const char *what, struct tw_value body, struct tw_value *ret);
/* The token's task instance, present or in the history; false: it has replied 404, with gone: 410 for the history's. */
bool tw_exec_ti_find(struct tw_exec *x, bool gone, struct tw_ti_view *ret);

/* ── what it sent, checked by spec/execution.txt before the handler is called ─────────────── */

bool tw_exec_int(struct tw_exec *x, const char *name, int64_t *ret); /* *ret keeps what it has when the parameter is absent */
bool tw_exec_time(struct tw_exec *x, const char *name, tw_time *ret);
void tw_exec_bool(struct tw_exec *x, const char *name, bool *ret);
struct tw_value tw_exec_list(struct tw_exec *x, const char *name); /* null when absent */

/* Checks the request by the operation of this route (pattern: as in spec/execution.txt). false: it has replied 422. */
bool tw_exec_admits(struct tw_exec *x, const char *method, const char *pattern);
/* Does the spec say anything of this route? What it does not is not checked. */
bool tw_exec_described(const char *method, const char *pattern);
/* The body of an operation that takes several models, by this one. */
bool tw_exec_admits_as(struct tw_exec *x, const char *model, const char *tag);

/* ── shapes ─────────────────────────────────────────────────────────────────────────────── */

/* The run as workers see it, in the caller's version. consumed: with the events that it was made for. */
void tw_exec_write_run(struct tw_exec *x, struct tw_jw *w, const struct tw_run_row *run, bool consumed);

/*
 * Keyword arguments of triggers and of methods to go on with: Airflow's serde (`__classname__`), what it had before
 * 3.2 (`__type`, `__var`, every object tagged), and our documents' tagged values. Any of them, or a mixture, comes in.
 */
enum tw_kwargs_form { TW_KWARGS_SERDE, TW_KWARGS_TAGGED, TW_KWARGS_OURS };
struct tw_value tw_kwargs_to(struct tw_arena *a, struct tw_value v, enum tw_kwargs_form form);
