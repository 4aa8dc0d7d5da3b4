/*
 * Pools, the audit log, counts, cleaning up.
 */
#pragma once

#include "store/store.h"
#include "store/vault.h"

struct tw_pool_view {
	struct tw_pool_row pool;
	int64_t id;
	int64_t running, queued, scheduled, deferred; /* slots that task instances in these states take */
	int64_t occupied, open;                       /* open: INT64_MAX when unlimited */
};
/* Fields: id name (pool) slots description include_deferred. */
enum tw_rc tw_store_pools(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			  struct tw_pool_view **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_pool(struct tw_store *s, struct tw_str name, struct tw_arena *a, struct tw_pool_view *ret_pool,
			 struct tw_err *err);
/* Posts "pools_changed". default_pool exists from the first migration. */
enum tw_rc tw_store_pool_put(struct tw_store *s, const struct tw_pool_row *pool, enum tw_put how, struct tw_err *err);
/* TW_ERR_INVALID for default_pool. Posts as above. */
enum tw_rc tw_store_pool_delete(struct tw_store *s, struct tw_str name, struct tw_err *err);
/* Makes default_pool with this many slots when it has never been changed by hand. */
enum tw_rc tw_store_pool_default(struct tw_store *s, int64_t slots, struct tw_err *err);

enum tw_rc tw_store_audit(struct tw_store *s, const struct tw_audit_row *row, struct tw_err *err);
/*
 * Fields: id (event_log_id) dttm (when) dag_id task_id run_id map_index try_number event owner
 * owner_display_name logical_date extra.
 */
enum tw_rc tw_store_audits(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			   struct tw_audit_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);

struct tw_store_stats {
	int64_t dags, dags_active, dags_paused, import_errors;
	int64_t runs[TW_RUN_NSTATES], tis[TW_TI_NSTATES];
	int64_t inbox, connections, variables, pools, bytes; /* bytes: size of the database */
};
enum tw_rc tw_store_stats(struct tw_store *s, struct tw_store_stats *ret, struct tw_err *err);

/* ── `db clean` ─────────────────────────────────────────────────────────────────────── */

struct tw_clean_opts {
	tw_time before;                  /* rows whose recency column is older go */
	const struct tw_str *tables;     /* Airflow's names; ntables 0 = all that can be cleaned */
	size_t ntables;
	const struct tw_str *dag_ids, *exclude_dag_ids;
	size_t ndag_ids, nexclude;
	bool archive;                    /* keep them in _airflow_deleted__{table}__{stamp} */
	bool dry_run;                    /* count only */
	int64_t batch;                   /* rows per transaction; 0 = 10,000 */
};
struct tw_clean_result {
	struct tw_str table, archive;    /* archive: p NULL = none */
	bool absent;                     /* a table of Airflow's that this metastore does not have */
	int64_t rows;
};
/*
 * Runs that are not finished stay, and so does the newest run of each DAG. What hangs on a run (task
 * instances, xcom, …) goes with it. TW_ERR_INVALID names a table that cannot be cleaned.
 */
enum tw_rc tw_store_clean(struct tw_store *s, const struct tw_clean_opts *opts, struct tw_arena *a,
			  struct tw_clean_result **ret_v, size_t *ret_n, struct tw_err *err);
#define TW_ARCHIVE_PREFIX "_airflow_deleted__"
/* Archive tables there are; drop them or those of some tables. */
enum tw_rc tw_store_archives(struct tw_store *s, struct tw_arena *a, struct tw_str **ret_v, size_t *ret_n,
			     struct tw_err *err);
/* Hands on the columns' names, then each row, as text (null: p NULL); what is handed on lives until the next. */
typedef enum tw_rc (*tw_archive_row)(void *arg, const struct tw_str *cells, size_t n, struct tw_err *err);
enum tw_rc tw_store_archive_read(struct tw_store *s, struct tw_str archive, tw_archive_row each, void *arg,
				 struct tw_err *err);
bool tw_archive_is_of(struct tw_str archive, const struct tw_str *tables, size_t n); /* n 0: of any */
enum tw_rc tw_store_archives_drop(struct tw_store *s, const struct tw_str *tables, size_t n, struct tw_err *err);
/* Gives freed space back and refreshes the planner's statistics. */
enum tw_rc tw_store_tidy(struct tw_store *s, struct tw_err *err);
