/*
 * What a run has to have done by when: deadlines (3.1), and missed SLAs (2.x).
 */
#pragma once

#include "store/store.h"

struct tw_deadline_row {
	struct tw_id id;
	struct tw_str dag_id, run_id;
	int alert;                   /* its number among the DAG's deadlines */
	struct tw_str name;          /* p NULL = none */
	tw_time deadline_time, created_at;
	bool missed;
	struct tw_id callback_id;    /* zeroes = none: it is not missed */
};

struct tw_sla_row {
	struct tw_str dag_id, task_id;
	tw_time execution_date, timestamp;
	struct tw_str description;
	struct tw_str run_id; /* read only: that of its date; p NULL: there is none any more */
};

/* Those that may still be missed, of all runs. */
enum tw_rc tw_store_deadlines_open(struct tw_store *s, struct tw_arena *a, struct tw_deadline_row **ret_v, size_t *ret_n,
				   struct tw_err *err);
/*
 * Fields: id deadline_time created_at missed alert_name (name) dag_id dag_run_id (run_id) unseen (as of an SLA's run).
 */
enum tw_rc tw_store_deadlines(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			      struct tw_deadline_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
/* How long the newest `limit` successful runs took: their number and the mean, in µs. */
enum tw_rc tw_store_mean_runtime(struct tw_store *s, struct tw_str dag_id, int limit, int *ret_n, int64_t *ret_mean,
				 struct tw_err *err);
/* Is this task's SLA of this date recorded as missed? */
enum tw_rc tw_store_sla_missed(struct tw_store *s, struct tw_str dag_id, struct tw_str task_id, tw_time execution_date,
			       bool *ret_missed, struct tw_err *err);
/* Fields: dag_id task_id execution_date timestamp unseen (its run is there, and nobody has left a note at it). */
enum tw_rc tw_store_sla_misses(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_sla_row **ret_v,
			       size_t *ret_n, int64_t *ret_total, struct tw_err *err);
