/*
 * Backfills: runs of a DAG over a range of dates that somebody asked for, made at once and started a few at a time.
 * Completing them is the scheduler's.
 */
#pragma once

#include "store/store.h"

struct tw_backfill_row {
	int64_t id;
	struct tw_str dag_id, dag_display_name; /* the latter is read only */
	tw_time from_date, to_date;
	struct tw_str conf;                     /* JSON object; p NULL = null */
	bool is_paused;
	struct tw_str reprocess_behavior;       /* none failed completed */
	int max_active_runs;
	tw_time created_at, completed_at, updated_at;
	struct tw_str triggering_user;
};

/* What became of one date. */
enum tw_backfill_fate {
	TW_BACKFILL_NEW,      /* a run is (would be) made */
	TW_BACKFILL_CLEAR,    /* the run that is there is cleared and taken over */
	TW_BACKFILL_EXISTS,   /* "already exists" */
	TW_BACKFILL_IN_FLIGHT,/* "in flight": the run that is there has not ended */
};

struct tw_backfill_item {
	struct tw_run_row run;                  /* as it would be made; a partition run has partition_key and no logical date */
	/* out */
	enum tw_backfill_fate fate;
	int64_t there;                          /* the run that is there */
	struct tw_str there_id;
};

/* What its runs are made with. Beyond the first it is 2.x's `dags backfill`: all zero is everything, as the DAG says. */
struct tw_backfill_terms {
	bool newest;                  /* runs that are taken over move to the newest version */
	const struct tw_ti_row *made; /* instances that each new run has from the first; id, run and version are filled in */
	size_t nmade;
	const struct tw_str *tasks;   /* of a run that is taken over only these are cleared, p NULL: all */
	size_t ntasks;
	bool only_failed;             /* of them only those that failed, or could not run */
	bool mark;                    /* of a run that is taken over they succeed without running */
};

/* What would become of each date now. */
enum tw_rc tw_store_backfill_look(struct tw_store *s, struct tw_str reprocess, struct tw_backfill_item *items, size_t n,
				  struct tw_arena *a, struct tw_err *err);
/*
 * All in one transaction: the backfill, its queued runs in the order of the items, their associations, and the inbox rows
 * that tell the scheduler. TW_ERR_CONFLICT: one is active for the DAG.
 */
enum tw_rc tw_store_backfill_new(struct tw_store *s, struct tw_backfill_row *row, struct tw_backfill_item *items,
				 size_t n, const struct tw_backfill_terms *terms, struct tw_arena *a,
				 struct tw_err *err);
enum tw_rc tw_store_backfill_active(struct tw_store *s, struct tw_str dag_id, bool *ret_active, struct tw_err *err);

/* Fields: id dag_id from_date to_date is_paused created_at completed_at updated_at max_active_runs reprocess_behavior. */
enum tw_rc tw_store_backfills(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			      struct tw_backfill_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_backfill(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_backfill_row *ret,
			     struct tw_err *err);

/* Of its dates: how many runs are in which state; "left": none of its own, "deleted": it was. */
struct tw_backfill_count {
	struct tw_str state;
	int64_t n;
};
enum tw_rc tw_store_backfill_progress(struct tw_store *s, int64_t id, struct tw_arena *a,
				      struct tw_backfill_count **ret_v, size_t *ret_n, struct tw_err *err);

/* Tells the scheduler. Nothing happens to one that is so already. */
enum tw_rc tw_store_backfill_pause(struct tw_store *s, const struct tw_backfill_row *row, bool paused, struct tw_err *err);
/* Paused and completed, and the scheduler fails its queued runs. */
enum tw_rc tw_store_backfill_cancel(struct tw_store *s, const struct tw_backfill_row *row, struct tw_err *err);

/* ── the scheduler's ────────────────────────────────────────────────────────────────── */

/* Ids of the runs of a backfill that are queued, in its order. */
enum tw_rc tw_store_backfill_queued(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_str **ret_run_ids,
				    size_t *ret_n, struct tw_err *err);
/* Those without a queued or running run are completed; so is each with the commit that ends its last run. */
enum tw_rc tw_store_backfills_complete(struct tw_store *s, tw_time now, int64_t *ret_n, struct tw_err *err);
