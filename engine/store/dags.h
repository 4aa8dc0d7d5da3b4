/*
 * DAGs, their versions and documents, source code and import errors.
 */
#pragma once

#include "store/store.h"

struct tw_dag;

struct tw_dag_row {
	struct tw_str dag_id, display_name, description;
	bool is_paused, is_stale, has_import_errors, has_task_concurrency_limits, fail_fast;
	bool timetable_periodic, timetable_partitioned, exceeds_max_active;
	tw_time last_parsed_time, last_expired;
	double last_parse_duration;          /* seconds; negative = not known */
	struct tw_str bundle_name, bundle_version, fileloc, relative_fileloc;
	struct tw_str owners;                /* "a, b" */
	struct tw_str timetable_type, timetable_summary, timetable_description;
	int max_active_tasks, max_active_runs, max_consecutive_failed;
	struct tw_next_run next;
	struct tw_str *tags;                 /* in order */
	size_t ntags;
	struct tw_str asset_expression, allowed_run_types, owner_links; /* JSON, p NULL = none */
	struct tw_str version_id;            /* of the newest version */
	int version_number;
};
/* Has it dates to be run for, and may it be run for them? */
bool tw_dag_row_backfillable(const struct tw_dag_row *d);

/* ── what parsing found ─────────────────────────────────────────────────────────────── */

struct tw_dag_put {
	/*
	 * What the document says of it. Ignored: is_stale, has_import_errors, next, version_*. is_paused
	 * counts only for a dag_id that is new, and so do last_expired and exceeds_max_active.
	 */
	struct tw_dag_row dag;
	struct tw_str document;              /* JSON text */
	struct tw_str hash;                  /* hex SHA-256 of the document without its unhashed keys */
	struct tw_str source;                /* the file's text; shared by all DAGs of the file */
	const struct tw_str *warnings;       /* text of dag_warning rows, type "parse" */
	size_t nwarnings;
	const struct tw_dag *parsed;         /* the document, read: its assets; NULL = none are kept */
};

enum tw_put_result {
	TW_PUT_SAME,          /* the hash is the newest version's */
	TW_PUT_OVERWRITTEN,   /* the newest version was never used by a run: it now holds this document */
	TW_PUT_NEW_VERSION,
	TW_PUT_NEW_DAG,
};

struct tw_put_outcome {
	enum tw_put_result result;
	struct tw_str version_id;
	int version_number;
	bool woken;           /* was stale or its file had failed: the scheduler must take it up again */
	bool assets_moved;    /* it names other assets than before */
};

/* All that one parse of one file said. */
struct tw_file_put {
	struct tw_str bundle_name, bundle_version, fileloc, relative_fileloc;
	const struct tw_dag_put *dags;
	size_t ndags;
	struct tw_str error;  /* traceback; p NULL = the file imported well */
	tw_time parsed_at;
	double duration;
	struct tw_put_outcome *outcomes; /* out: as many as dags; NULL = not wanted. In the arena */
};

/*
 * One transaction for all files given. Per file: every DAG is put, its import error is replaced or
 * removed; DAGs stored for this file that are not in it any more become stale (unless it failed:
 * then they keep their documents and get has_import_errors). Each DAG that is new, changed, woken or
 * became stale posts an inbox row of kind "dag_changed" with its dag_id. A new dag_id that another
 * file of the bundle holds moves to this file.
 */
enum tw_rc tw_store_files_put(struct tw_store *s, struct tw_file_put *files, size_t n, struct tw_arena *a,
			      struct tw_err *err);

/* The file is to be parsed again, before others, and what is to be so of a bundle, taken off the list. */
enum tw_rc tw_store_parse_ask(struct tw_store *s, struct tw_str bundle, struct tw_str relative, struct tw_err *err);
enum tw_rc tw_store_parse_asked(struct tw_store *s, struct tw_str bundle, struct tw_arena *a, struct tw_str **ret_v,
				size_t *ret_n, struct tw_err *err);

/* Files that are gone: their DAGs become stale, their import errors are removed. Posts as above. */
enum tw_rc tw_store_files_gone(struct tw_store *s, struct tw_str bundle, const struct tw_str *relative_filelocs,
			       size_t n, struct tw_err *err);
/* DAGs of the bundle whose last_parsed_time is before `before` become stale. Posts as above. */
enum tw_rc tw_store_dags_expire(struct tw_store *s, struct tw_str bundle, tw_time before, size_t *ret_n,
				struct tw_err *err);

enum tw_rc tw_store_bundle_put(struct tw_store *s, struct tw_str name, bool active, struct tw_str version,
			       tw_time refreshed, struct tw_err *err);

/* ── questions ──────────────────────────────────────────────────────────────────────── */

/*
 * Fields: dag_id dag_display_name is_paused is_stale has_import_errors bundle_name bundle_version
 * fileloc relative_fileloc owners last_parsed_time last_expired next_dagrun next_dagrun_run_after
 * timetable_type has_asset_schedule, asset_dependency (HAS: name or URI of an asset of its schedule), tag (EQ, IN, LIKE; several conditions: each must hold for some tag), and of the last
 * run: last_run_state last_run_start_date last_run_end_date; favourite_of, no_favourite_of (EQ: a user).
 */
enum tw_rc tw_store_dags(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			 struct tw_dag_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
/* The same with nothing but their ids and display names. */
enum tw_rc tw_store_dag_names(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_dag_row **ret_v,
			      size_t *ret_n, struct tw_err *err);
enum tw_rc tw_store_dag(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a, struct tw_dag_row *ret_dag,
			struct tw_err *err);
/*
 * Posts "dag_changed" when it changed. TW_ERR_NOT_FOUND. user: who asked, for the audit log; p NULL =
 * no audit row.
 */
enum tw_rc tw_store_dag_pause(struct tw_store *s, struct tw_str dag_id, bool paused, struct tw_str user,
			      bool *ret_changed, struct tw_err *err);
/*
 * Deletes the DAG with its runs, versions and all that hangs on them; posts "dag_changed".
 * TW_ERR_CONFLICT when a task instance of it is running.
 */
enum tw_rc tw_store_dag_delete(struct tw_store *s, struct tw_str dag_id, int64_t *ret_rows, struct tw_err *err);
/* TW_ERR_EXISTS: it is one already; TW_ERR_NOT_FOUND: it is none. The DAG must be there. */
enum tw_rc tw_store_dag_favourite_set(struct tw_store *s, struct tw_str dag_id, struct tw_str user, bool on,
				      struct tw_err *err);
enum tw_rc tw_store_dag_favourite(struct tw_store *s, struct tw_str dag_id, struct tw_str user, bool *ret_on,
				  struct tw_err *err);
/* Distinct tags. Fields: name. */
enum tw_rc tw_store_tags(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_str **ret_v,
			 size_t *ret_n, int64_t *ret_total, struct tw_err *err);

/* ── versions, documents, source ────────────────────────────────────────────────────── */

struct tw_version_row {
	struct tw_str id, dag_id, dag_display_name, bundle_name, bundle_version, hash;
	int number;
	tw_time created_at, last_updated;
};

/* Fields: id dag_id version_number bundle_name bundle_version created_at. */
enum tw_rc tw_store_versions(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			     struct tw_version_row **ret_v, size_t *ret_n, int64_t *ret_total,
			     struct tw_err *err);
/* number 0: the newest. */
enum tw_rc tw_store_version(struct tw_store *s, struct tw_str dag_id, int number, struct tw_arena *a,
			    struct tw_version_row *ret_v, struct tw_err *err);
/* The document of a version, JSON text. */
enum tw_rc tw_store_document(struct tw_store *s, struct tw_str version_id, struct tw_arena *a,
			     struct tw_str *ret_json, struct tw_err *err);
/* The newest document of a DAG and its version. ret_version may be NULL. */
enum tw_rc tw_store_document_newest(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
				    struct tw_str *ret_json, struct tw_version_row *ret_version,
				    struct tw_err *err);
/* number 0: the newest version's. */
enum tw_rc tw_store_source(struct tw_store *s, struct tw_str dag_id, int number, struct tw_arena *a,
			   struct tw_str *ret_source, struct tw_err *err);

struct tw_dag_doc {
	struct tw_dag_row dag;     /* without tags */
	struct tw_str version_id;
	struct tw_str document;
};
/*
 * For the scheduler's start: every DAG that is not stale, with its newest document, one at a time
 * through fn; the arena is cleared after each. fn's error ends the walk. Which versions unfinished
 * runs need besides is in tw_store_live (runs.h).
 */
typedef enum tw_rc (*tw_dag_doc_fn)(void *arg, const struct tw_dag_doc *doc, struct tw_err *err);
enum tw_rc tw_store_documents(struct tw_store *s, tw_dag_doc_fn fn, void *arg, struct tw_err *err);
/* The same for one DAG, stale or not. */
enum tw_rc tw_store_dag_doc(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
			    struct tw_dag_doc *ret_doc, struct tw_err *err);

/* ── import errors and warnings ─────────────────────────────────────────────────────── */

struct tw_import_error_row {
	int64_t id;
	tw_time timestamp;
	struct tw_str filename;    /* relative to the bundle */
	struct tw_str bundle_name, stacktrace;
};
/* Fields: id timestamp filename bundle_name stacktrace. */
enum tw_rc tw_store_import_errors(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				  struct tw_import_error_row **ret_v, size_t *ret_n, int64_t *ret_total,
				  struct tw_err *err);

/* Fields: dag_id warning_type message timestamp. */
enum tw_rc tw_store_warnings(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			     struct tw_warning_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
