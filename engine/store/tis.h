/*
 * Task instances and their attempts.
 */
#pragma once

#include "store/store.h"

struct tw_ti_view {
	struct tw_ti_row ti;
	struct tw_str dag_display_name;
	tw_time logical_date, run_after;   /* its run's */
	enum tw_run_type run_type;
	int version_number;                /* of ti.version_id; 0 = none */
	struct tw_str bundle_name, bundle_version;
	struct tw_trigger_row trigger;     /* id 0 = none; kwargs left out */
	int64_t triggerer_job_id;          /* 0 = none */
};

/*
 * Fields: id dag_id run_id (dag_run_id) task_id task_display_name map_index state try_number max_tries
 * start_date end_date duration updated_at queued_when (queued_dttm) scheduled_when (scheduled_dttm)
 * pool queue executor operator operator_name hostname priority_weight rendered_map_index
 * dag_version (its number), of its run: logical_date run_after data_interval_start data_interval_end
 * run_type.
 */
enum tw_rc tw_store_tis(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_ti_view **ret_v,
			size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_ti(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
		       int map_index, struct tw_arena *a, struct tw_ti_view *ret_ti, struct tw_err *err);
/* TW_ERR_NOT_FOUND: unknown; TW_ERR_CONFLICT: the id is of an attempt in the history, and *ret_ti only says of which instance and try. */
enum tw_rc tw_store_ti_by_id(struct tw_store *s, struct tw_id id, struct tw_arena *a, struct tw_ti_view *ret_ti,
			     struct tw_err *err);
/* All of a run, by task_id and map_index. */
enum tw_rc tw_store_tis_of_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a,
			       struct tw_ti_row **ret_v, size_t *ret_n, struct tw_err *err);
/* Every attempt: the history's, then the present one (when it has begun: try_number > 0), by try_number. */
enum tw_rc tw_store_ti_tries(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
			     int map_index, struct tw_arena *a, struct tw_ti_view **ret_v, size_t *ret_n,
			     struct tw_err *err);
enum tw_rc tw_store_ti_note(struct tw_store *s, struct tw_id id, struct tw_str note, struct tw_str user,
			    struct tw_err *err);
/* Deletes the instance with its attempts and all that hangs on it. TW_ERR_CONFLICT: its run is not over. */
enum tw_rc tw_store_ti_delete(struct tw_store *s, const struct tw_ti_row *ti, struct tw_err *err);
/* Only heartbeats, many at once; unknown ids are passed over. */
enum tw_rc tw_store_ti_beat(struct tw_store *s, const struct tw_id *ids, size_t n, tw_time at, struct tw_err *err);
/* Running ones whose last heartbeat is later than `after`. */
enum tw_rc tw_store_tis_beaten(struct tw_store *s, tw_time after, struct tw_arena *a, struct tw_id **ret_v, size_t *ret_n,
			       struct tw_err *err);

struct tw_ti_count {
	struct tw_str dag_id, run_id, task_id;  /* those asked to group by; else p NULL */
	enum tw_ti_state state;
	int64_t n;
};
enum tw_ti_group { TW_BY_STATE = 0, TW_BY_DAG = 1, TW_BY_RUN = 2, TW_BY_TASK = 4 };
/* Counts by state within the conditions of ask (its order and limits are not looked at). */
enum tw_rc tw_store_ti_counts(struct tw_store *s, const struct tw_ask *ask, int group, struct tw_arena *a,
			      struct tw_ti_count **ret_v, size_t *ret_n, struct tw_err *err);

/* What the template fields were. TW_ERR_NOT_FOUND. */
enum tw_rc tw_store_rendered(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
			     int map_index, struct tw_arena *a, struct tw_rendered_row *ret_row, struct tw_err *err);
/* Keeps those of the newest `runs` runs of the DAG ([core] num_dag_runs_to_retain_rendered_fields). */
enum tw_rc tw_store_rendered_trim(struct tw_store *s, struct tw_str dag_id, int64_t runs, struct tw_err *err);
/* The reschedules of this attempt, oldest first. */
enum tw_rc tw_store_reschedules(struct tw_store *s, struct tw_id ti_id, struct tw_arena *a,
				struct tw_reschedule_row **ret_v, size_t *ret_n, struct tw_err *err);

/* ── triggers of deferred task instances ────────────────────────────────────────────── */

enum tw_rc tw_store_trigger_next_id(struct tw_store *s, int64_t *ret_id, struct tw_err *err);
/* Which triggers a triggerer wants of those that nobody has. */
struct tw_trigger_take {
	int64_t triggerer_id;
	const char *const *classes;  /* ends with NULL or after nclasses */
	size_t nclasses;
	bool these;                  /* of these classes; else of all others */
	const struct tw_str *queues; /* of these queues; none: without a queue */
	size_t nqueues;
	size_t limit;
};
enum tw_rc tw_store_triggers_take(struct tw_store *s, const struct tw_trigger_take *want, size_t *ret_n,
				  struct tw_err *err);
/* Those whose triggerer has ended, or has no heartbeat since `dead`, are nobody's again. */
enum tw_rc tw_store_triggers_orphaned(struct tw_store *s, tw_time dead, struct tw_err *err);
/* Ids of those that this triggerer has, in order. */
enum tw_rc tw_store_trigger_ids(struct tw_store *s, int64_t triggerer_id, struct tw_arena *a, int64_t **ret_v,
				size_t *ret_n, struct tw_err *err);
/* kwargs decrypted. TW_ERR_NOT_FOUND. */
enum tw_rc tw_store_trigger(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_trigger_row *ret_row,
			    struct tw_err *err);

/* The task instance that waits for a trigger. */
struct tw_trigger_waiter {
	struct tw_id id;
	struct tw_str dag_id, run_id, task_id;
	int map_index, try_number;
	tw_time timeout;             /* of the trigger; TW_TIME_NONE: none */
};
/* TW_ERR_NOT_FOUND: none does (it watches over an asset, …). */
enum tw_rc tw_store_trigger_waiter(struct tw_store *s, int64_t trigger_id, struct tw_arena *a,
				   struct tw_trigger_waiter *ret, struct tw_err *err);
