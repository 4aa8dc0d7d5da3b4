/*
 * Tokens of the Execution API: JWTs that name one task instance attempt. A workload token comes with the workload and starts
 * the attempt, nothing else; an execution token does what a running task may, for some minutes, and is renewed as it is used.
 * A worker's token takes workloads; who has the key makes one.
 */
#pragma once

#include "io/token.h"
#include "model/record.h"

struct tw_exec_keys {
	enum tw_jwt_alg alg;
	struct tw_str secret;    /* [api_auth] jwt_secret */
	struct tw_str audiences; /* [execution_api] jwt_audience: names between commas, the first is put into tokens */
	const char *issuer;      /* [api_auth] jwt_issuer; NULL: none */
	int64_t ttl;             /* seconds: [execution_api] jwt_expiration_time */
	int64_t queued_ttl;      /* seconds: [scheduler] task_queued_timeout, a workload token's */
	int64_t leeway;          /* seconds */
};

enum tw_exec_scope { TW_SCOPE_EXECUTION = 1, TW_SCOPE_WORKLOAD = 2, TW_SCOPE_WORKER = 4 };

struct tw_exec_claims {
	struct tw_str sub;       /* a task instance's id, as it is written; a worker's name */
	struct tw_id id;         /* the same read; zeroes of a worker */
	struct tw_str jti;       /* the token's own name; of a workload token that of its taking */
	enum tw_exec_scope scope;
	int64_t iat, exp;        /* seconds */
};

/* Appends a token. jti p NULL: one is drawn. */
enum tw_rc tw_exec_token_make(const struct tw_exec_keys *k, struct tw_str sub, enum tw_exec_scope scope, struct tw_str jti,
			      int64_t now_us, struct tw_buf *out, struct tw_err *err);
/* TW_ERR_DENIED and others as tw_jwt_verify: the message is for a log, not for who shows it. */
enum tw_rc tw_exec_token_check(const struct tw_exec_keys *k, struct tw_str token, int64_t now_us, struct tw_arena *a,
			       struct tw_exec_claims *ret, struct tw_err *err);
/* Has it so little left that the answer should bring another one? */
bool tw_exec_token_wanes(const struct tw_exec_claims *c, int64_t now_us);
