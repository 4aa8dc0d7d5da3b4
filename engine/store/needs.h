/*
 * What goes on only when a person does something: failures nobody has looked at, runs and tasks that wait longer than
 * they should. Each question is answered from indexes, newest or longest first, and no further than its limit.
 */
#pragma once

#include "store/store.h"

struct tw_need_run {
	struct tw_str dag_id, display, run_id;
	struct tw_str owners;  /* of its DAG; p NULL = none */
	tw_time at;            /* when it ended, or should have begun */
};
/*
 * Runs that failed since then, carry no note and were not followed by a run of their DAG that succeeded; newest first.
 */
enum tw_rc tw_store_needs_failures(struct tw_store *s, tw_time since, int limit, struct tw_arena *a,
				   struct tw_need_run **ret_v, size_t *ret_n, struct tw_err *err);
/* Runs that are queued although they were due before; longest first. */
enum tw_rc tw_store_needs_queued_runs(struct tw_store *s, tw_time before, int limit, struct tw_arena *a,
				      struct tw_need_run **ret_v, size_t *ret_n, struct tw_err *err);
/* Active DAGs whose next run was due before and is not there, though no limit holds it back; run_id is empty. */
enum tw_rc tw_store_needs_late(struct tw_store *s, tw_time before, int limit, struct tw_arena *a,
			       struct tw_need_run **ret_v, size_t *ret_n, struct tw_err *err);

struct tw_need_ti {
	struct tw_str dag_id, run_id, task_id;
	int map_index;
	enum tw_ti_state state; /* queued, or running */
	tw_time since;          /* queued then; or last heard of then */
};
/* Attempts that are queued since before, but not for a worker elsewhere; and running ones last heard of before. */
enum tw_rc tw_store_needs_stuck(struct tw_store *s, tw_time queued_before, tw_time heard_before, int limit,
				struct tw_arena *a, struct tw_need_ti **ret_v, size_t *ret_n, struct tw_err *err);

struct tw_need_queue {
	struct tw_str queue;
	int64_t n;             /* workloads that nobody has taken */
	tw_time since;         /* the oldest of them */
};
/* Queues whose oldest workload was posted before, and of which none was taken since. */
enum tw_rc tw_store_needs_queues(struct tw_store *s, tw_time before, struct tw_arena *a, struct tw_need_queue **ret_v,
				 size_t *ret_n, struct tw_err *err);

/* Since when the first of those waits that wait for a slot of the pool; TW_TIME_NONE: nothing waits. */
enum tw_rc tw_store_needs_pool_since(struct tw_store *s, struct tw_str pool, tw_time *ret_since, struct tw_err *err);
/* Instances that wait for a trigger. */
enum tw_rc tw_store_needs_deferred(struct tw_store *s, int64_t *ret_n, struct tw_err *err);
