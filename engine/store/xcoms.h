/*
 * XCom: what tasks leave for each other. Values are JSON text, kept exactly as the worker sent them.
 */
#pragma once

#include "store/store.h"

enum tw_rc tw_store_xcom_put(struct tw_store *s, const struct tw_xcom_row *xcom, struct tw_err *err);
/* One value. TW_ERR_NOT_FOUND. */
enum tw_rc tw_store_xcom(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
			 int map_index, struct tw_str key, struct tw_arena *a, struct tw_xcom_row *ret_x,
			 struct tw_err *err);

struct tw_xcom_pull {
	struct tw_str dag_id, run_id;
	struct tw_str key;               /* p NULL = of any key, an instance's newest first */
	const struct tw_str *task_ids;   /* ntasks 0 = of any task */
	size_t ntasks;
	const int *map_indexes;          /* nmaps 0 = all */
	size_t nmaps;
	bool include_prior_dates;        /* also of earlier runs (by logical date): the newest per task */
	int64_t offset, limit;           /* of the rows in that order; limit 0 = all */
};
/*
 * In the order of task_ids, then by map_index; with include_prior_dates each task's newest run that
 * has the key. Null values are in it.
 */
enum tw_rc tw_store_xcom_pull(struct tw_store *s, const struct tw_xcom_pull *pull, struct tw_arena *a,
			      struct tw_xcom_row **ret_v, size_t *ret_n, struct tw_err *err);
/* How many map indexes of the task have the key. */
enum tw_rc tw_store_xcom_count(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
			       struct tw_str key, int64_t *ret_n, struct tw_err *err);

struct tw_xcom_view {
	struct tw_xcom_row xcom;         /* without its value */
	tw_time logical_date, run_after;
	struct tw_str dag_display_name, task_display_name;
};
/* Fields: dag_id run_id (dag_run_id) task_id map_index key (xcom_key) timestamp logical_date run_after. */
enum tw_rc tw_store_xcoms(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			  struct tw_xcom_view **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
/* key p NULL = all of the task instance. */
enum tw_rc tw_store_xcom_delete(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
				int map_index, struct tw_str key, int64_t *ret_n, struct tw_err *err);
/* How many a downstream maps over of what the instance left; -1 = it was not recorded. */
enum tw_rc tw_store_task_map(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
			     int map_index, int64_t *ret_length, struct tw_err *err);
