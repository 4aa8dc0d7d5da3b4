/*
 * Workloads that wait for a worker elsewhere: the scheduler leaves one in the commit that queues its attempt, a worker
 * takes it, and it goes when the attempt has started or will not.
 */
#pragma once

#include "store/store.h"

struct tw_workload_row {
	struct tw_id attempt;
	struct tw_str executor;    /* as the configuration calls it */
	struct tw_str queue;
	int priority_weight;
	struct tw_str data;        /* the `run` frame of docs/runner-protocol.md */
	tw_time posted_at;         /* NONE when writing = now */
	struct tw_str worker;      /* who has taken it; p NULL = nobody */
	struct tw_str claim;       /* the name of this taking, a UUID */
};

/*
 * Gives up to n workloads of these queues to a worker: the heaviest first, then the oldest. Only of attempts that are queued
 * still; nqueues 0: of every queue.
 */
enum tw_rc tw_store_workloads_take(struct tw_store *s, struct tw_str worker, const struct tw_str *queues, size_t nqueues,
				   size_t n, struct tw_arena *a, struct tw_workload_row **ret_v, size_t *ret_n,
				   struct tw_err *err);
/* TW_ERR_NOT_FOUND: the attempt has none (any more). */
enum tw_rc tw_store_workload(struct tw_store *s, struct tw_id attempt, struct tw_arena *a, struct tw_workload_row *ret,
			     struct tw_err *err);
/* Nobody's again, if this claim's it is: its worker could not run it. */
enum tw_rc tw_store_workload_release(struct tw_store *s, struct tw_id attempt, struct tw_str claim, struct tw_err *err);
