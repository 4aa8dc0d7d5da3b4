/*
 * What pictures of many runs need: states and times, nothing else, read along the index of their key.
 */
#pragma once

#include "store/store.h"

struct tw_grid_ti {
	struct tw_str task_id;
	int map_index;
	enum tw_ti_state state;
	int try_number;
	tw_time start_date, end_date;
};
/* All instances of a run by task_id and map_index. */
enum tw_rc tw_store_grid(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a,
			 struct tw_grid_ti **ret_v, size_t *ret_n, struct tw_err *err);
/* The same of one task, or (p NULL) of all. */
enum tw_rc tw_store_grid_of(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
			    struct tw_arena *a, struct tw_grid_ti **ret_v, size_t *ret_n, struct tw_err *err);

struct tw_run_hour {
	struct tw_str hour;   /* "2026-01-31 09", UTC */
	enum tw_run_state state;
	int64_t n;
};
/* How many runs began in each hour since then, by what became of them; by hour. */
enum tw_rc tw_store_run_hours(struct tw_store *s, tw_time since, struct tw_arena *a, struct tw_run_hour **ret_v,
			      size_t *ret_n, struct tw_err *err);

struct tw_run_day {
	struct tw_str day;    /* "2026-01-31", UTC, by run_after; of shorter spans so much more: "2026-01-31 09:3" */
	enum tw_run_state state;
	int64_t n;
	double seconds;       /* all that ended, together */
};
/* How much of a time's text tells them apart. */
enum tw_run_span { TW_RUNS_OF_DAY = 10, TW_RUNS_OF_HOUR = 13, TW_RUNS_OF_TEN_MINUTES = 15, TW_RUNS_OF_MINUTE = 16 };
enum tw_rc tw_store_run_days(struct tw_store *s, struct tw_str dag_id, tw_time since, enum tw_run_span span,
			     struct tw_arena *a, struct tw_run_day **ret_v, size_t *ret_n, struct tw_err *err);
