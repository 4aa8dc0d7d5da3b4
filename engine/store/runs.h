/*
 * DAG runs.
 */
#pragma once

#include "core/sched.h"
#include "store/store.h"

struct tw_run_view {
	struct tw_run_row run;
	struct tw_str dag_display_name;
	int version_number;        /* of run.version_id; 0 = none */
	struct tw_str bundle_name;
};

/*
 * Inserts a queued run and, in the same transaction, the inbox row that tells the scheduler (NULL =
 * none). TW_ERR_EXISTS names which is taken: the run_id, or the logical date.
 */
enum tw_rc tw_store_run_new(struct tw_store *s, const struct tw_run_row *run, const struct tw_inbox_row *post,
			    int64_t *ret_id, struct tw_err *err);

/*
 * Fields: id dag_id run_id (dag_run_id) state run_type logical_date run_after start_date end_date
 * queued_at updated_at data_interval_start data_interval_end duration conf triggered_by
 * triggering_user_name bundle_version dag_version (its number) partition_key backfill_id clear_number.
 */
enum tw_rc tw_store_runs(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			 struct tw_run_view **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);

struct tw_run_count {
	struct tw_str dag_id;
	enum tw_run_state state;
	int64_t n;
};
/* How many runs of each state the DAGs between two names have, the names included; in the order of the names. States without any are left out. */
enum tw_rc tw_store_run_counts(struct tw_store *s, struct tw_str from, struct tw_str to, struct tw_arena *a,
			       struct tw_run_count **ret_v, size_t *ret_n, struct tw_err *err);
enum tw_rc tw_store_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a,
			struct tw_run_view *ret_run, struct tw_err *err);
enum tw_rc tw_store_run_by_date(struct tw_store *s, struct tw_str dag_id, tw_time logical_date, struct tw_arena *a,
				struct tw_run_view *ret_run, struct tw_err *err);
enum tw_rc tw_store_run_note(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str note,
			     struct tw_str user, struct tw_err *err);
/* The run forgets which partition it is of. */
enum tw_rc tw_store_run_no_partition(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
				     struct tw_err *err);
/* With its task instances and all of theirs; posts `post` (NULL = nothing) with it. */
enum tw_rc tw_store_run_delete(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			       const struct tw_inbox_row *post, struct tw_err *err);

/* ── for the scheduler's start ──────────────────────────────────────────────────────── */

struct tw_live {
	struct tw_run_row *runs;          /* queued and running, by id */
	size_t nruns;
	struct tw_ti_load *tis;           /* theirs, in the order of the runs */
	size_t *first;                    /* nruns + 1: run i has tis[first[i]] … tis[first[i + 1] - 1] */
	struct tw_str *versions;          /* ids of the documents that these runs were made with, each once */
	size_t nversions;
};
/* Everything at one moment. */
enum tw_rc tw_store_live(struct tw_store *s, struct tw_arena *a, struct tw_live *ret_live, struct tw_err *err);
/* The same for one run, finished or not (it was cleared). TW_ERR_NOT_FOUND. */
enum tw_rc tw_store_live_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a,
			     struct tw_live *ret_live, struct tw_err *err);

/* ── previous runs ──────────────────────────────────────────────────────────────────── */

enum tw_prev_kind {
	TW_PREV_ANY,         /* of any type */
	TW_PREV_SCHEDULED,   /* of type scheduled or backfill: depends_on_past with catchup */
	TW_PREV_SUCCESS,     /* successful, of any type: prev_*_success of the template context */
};
/*
 * The last run of dag_id before this moment: by logical_date when it is given, else by run_after.
 * TW_ERR_NOT_FOUND: there is none.
 */
enum tw_rc tw_store_run_before(struct tw_store *s, struct tw_str dag_id, enum tw_prev_kind kind, tw_time logical_date,
			       tw_time run_after, struct tw_arena *a, struct tw_run_row *ret_run,
			       struct tw_err *err);
/* The first run with a later logical date. */
enum tw_rc tw_store_run_after(struct tw_store *s, struct tw_str dag_id, tw_time logical_date, struct tw_arena *a,
			      struct tw_run_row *ret_run, struct tw_err *err);
/* The scheduled or backfill run with the latest run_after: where a timetable goes on. */
enum tw_rc tw_store_run_last_automated(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
				       struct tw_run_row *ret_run, struct tw_err *err);
/* The newest n finished runs by run_after, newest first. */
enum tw_rc tw_store_run_recent(struct tw_store *s, struct tw_str dag_id, size_t n, struct tw_arena *a,
			       struct tw_recent_run **ret_v, size_t *ret_n, struct tw_err *err);
/* The logical dates, of `from` on, that runs have. */
enum tw_rc tw_store_run_dates(struct tw_store *s, struct tw_str dag_id, tw_time from, struct tw_arena *a,
			      tw_time **ret_v, size_t *ret_n, struct tw_err *err);
/* Is there a run of this backfill with an earlier logical date? */
enum tw_rc tw_store_backfill_before(struct tw_store *s, int64_t backfill_id, tw_time logical_date, bool *ret,
				    struct tw_err *err);
/*
 * What depends_on_past asks about the run before this one, of which dag_id, run_id, logical_date and backfill_id are looked
 * at: what to tell the core with TW_EV_PAST. In the arena.
 */
enum tw_rc tw_store_past(struct tw_store *s, const struct tw_dag *dag, const struct tw_run_row *run, struct tw_arena *a,
			 struct tw_ev_past *ret, struct tw_err *err);
/*
 * Of these tasks, which have an instance in a run with an earlier logical date? ret has n entries.
 */
enum tw_rc tw_store_tasks_ever(struct tw_store *s, struct tw_str dag_id, const struct tw_str *task_ids, size_t n,
			       tw_time before_logical_date, bool *ret, struct tw_err *err);
