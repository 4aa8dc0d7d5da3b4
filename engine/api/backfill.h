/*
 * Asking for a backfill: the same for the API and the command line. Which dates the range holds is the timetable's to say;
 * whether each makes a run, clears one or is left out depends on what is there (store/backfill.h).
 */
#pragma once

#include "api/coming.h"
#include "store/backfill.h"

/* 2.x's `dags backfill`, beside what a backfill has. */
struct tw_backfill_2x {
	bool on;                     /* its rules: a DAG that depends on its past needs no reprocessing */
	const struct tw_str *tasks;  /* only these, p NULL: all */
	size_t ntasks;
	struct tw_str pool;          /* of all of them, p NULL: each task's own */
	bool no_retries;
	bool mark;                   /* they succeed without running */
	bool only_failed;            /* of runs that are there what failed runs again, not all */
};

/* Asks a user's own timetable: the question in, the `finished` frame out (docs/runner-protocol.md, "A question"). */
typedef enum tw_rc (*tw_ask_python_fn)(void *arg, struct tw_store *s, struct tw_str question, struct tw_arena *a,
				       struct tw_value *ret_answer, struct tw_err *err);

struct tw_backfill_ask {
	struct tw_str dag_id;
	tw_time from, to;            /* both inclusive, of logical dates; a partitioned DAG's of partition dates */
	bool reverse;
	struct tw_str reprocess;     /* none failed completed */
	int max_active_runs;
	struct tw_value conf;        /* map; null: none */
	bool run_on_latest;          /* runs that are taken over move to the newest version */
	struct tw_backfill_2x old;
	struct tw_str user;
	tw_time now;
	struct tw_zones *zones;
	const char *dags_folder;
	tw_ask_python_fn ask_python; /* NULL: such a timetable is an error */
	void *ask_arg;
};

struct tw_backfill_plan {
	struct tw_backfill_row row;
	struct tw_backfill_item *items; /* in the order in which they start */
	size_t n;
	int compat;
	struct tw_backfill_terms terms;
};

/*
 * Checks everything, stores nothing: what would become of each date. TW_ERR_NOT_FOUND: no such DAG; TW_ERR_DENIED: it allows
 * no backfill runs; TW_ERR_INVALID: the message says what is wrong. A plan may be empty.
 */
enum tw_rc tw_backfill_plan(struct tw_store *s, const struct tw_backfill_ask *ask, struct tw_arena *a,
			    struct tw_backfill_plan *ret, struct tw_err *err);
/* And makes it. Also TW_ERR_CONFLICT: one is active; and INVALID when there is no date. The caller rings. */
enum tw_rc tw_backfill_create(struct tw_store *s, const struct tw_backfill_ask *ask, struct tw_arena *a,
			      struct tw_backfill_plan *ret, struct tw_err *err);
