/*
 * The metastore: questions and batches by purpose. This header has the handle, the batch that a
 * scheduler commits, the inbox, leases and jobs; the questions of each subject are in
 * store/dags.h, runs.h, tis.h, xcoms.h, vault.h (variables, connections) and house.h (pools, audit
 * log, cleaning). Tables and columns are documented in docs/metastore.md.
 *
 * One handle is one connection, used by one thread at a time. Readers open their own.
 * Below the questions lies store/db.h, a struct of functions per database: the questions are written
 * once, in SQL that all of them share.
 *
 * Results are copied into the arena the caller gives and stay valid until it is cleared.
 * Errors: TW_ERR_NOT_FOUND, TW_ERR_EXISTS (unique), TW_ERR_CONFLICT (the lease has passed to somebody
 * else), TW_ERR_INVALID (unknown field in a filter, bad value), TW_ERR_TIMEOUT (locked for longer than
 * busy_ms), TW_ERR_UNSUPPORTED (the schema is older or newer than this program), TW_ERR_IO.
 */
#pragma once

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/record.h"

struct tw_store;

/* Encrypts or decrypts a stored secret (Fernet, given by the caller). Appends to out. */
typedef enum tw_rc (*tw_crypt_fn)(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err);

enum tw_store_mode {
	TW_STORE_CHECK = 0,   /* refuse a schema that is not the newest (TW_ERR_UNSUPPORTED) */
	TW_STORE_MIGRATE,     /* create it, or bring it up to date */
	TW_STORE_AS_IS,       /* don't look: for `db check`, `db reset` and the migration tests */
};

/* SQLite: who copies the write-ahead log into the database file. */
enum tw_checkpoints {
	TW_CHECKPOINTS_IN_COMMITS = 0, /* now and then a commit, which takes some milliseconds longer */
	TW_CHECKPOINTS_ASIDE,          /* a thread of this handle's */
	TW_CHECKPOINTS_BY_OTHERS,      /* another handle of this process */
};

struct tw_store_opts {
	/*
	 * sqlite:////absolute.db, sqlite:///relative.db, sqlite:// or sqlite:///:memory: (one handle only). With
	 * ?synchronous=normal a power cut may lose the last commits, never break the file.
	 */
	const char *url;
	enum tw_store_mode mode;
	bool read_only;
	bool relaxed;            /* the same as ?synchronous=normal */
	enum tw_checkpoints checkpoints;
	int busy_ms;             /* how long to wait for a lock; 0 = 10,000 */
	int patience_ms;         /* a question that takes longer ends with TW_ERR_TIMEOUT; 0: as long as it takes */
	tw_crypt_fn encrypt, decrypt; /* NULL: secrets are stored as they are, is_encrypted false */
	bool (*encrypts)(void *arg);  /* is there a key at all? NULL: yes when encrypt is set */
	void *crypt_arg;
	int64_t (*now)(void);    /* NULL = tw_now; created_at, updated_at and the like */
	/* Failure tests: called before every write and every commit; true makes it fail with TW_ERR_IO. */
	bool (*fault)(void *arg, const char *what);
	void *fault_arg;
	/* Tests: hears of each statement that is made, and how the database means to answer it: a line a step, indented below its parent. */
	void (*planned)(void *arg, struct tw_str sql, struct tw_str plan);
	void *planned_arg;
};

enum tw_rc tw_store_open(const struct tw_store_opts *opts, struct tw_store **ret_s, struct tw_err *err);
void tw_store_close(struct tw_store *s);
const char *tw_store_backend(const struct tw_store *s); /* "sqlite" */
/* Gives its caches back, when there is nothing to do for a while. */
void tw_store_rest(struct tw_store *s);
/* A number that is another one after each commit, whoever made it; 0: that cannot be told. */
uint64_t tw_store_stamp(struct tw_store *s);
/* A trivial query: is the database there? */
enum tw_rc tw_store_ping(struct tw_store *s, struct tw_err *err);

/* ── schema (migrate.c) ─────────────────────────────────────────────────────────────── */

#define TW_SCHEMA_NONE 0
int tw_store_schema_newest(void);
/* The version that the database has; TW_SCHEMA_NONE for an empty one. */
enum tw_rc tw_store_schema_version(struct tw_store *s, int *ret_version, struct tw_err *err);
/* Forward only, each step in a transaction of its own; to = 0: the newest. */
enum tw_rc tw_store_migrate(struct tw_store *s, int to, struct tw_err *err);
/* Drops every table, whole or not at all. An Airflow installation's are refused. */
enum tw_rc tw_store_drop(struct tw_store *s, struct tw_err *err);
/* What migrating would run now, as SQL of this database; nothing is changed. */
enum tw_rc tw_store_migration_sql(struct tw_store *s, struct tw_buf *ret_sql, struct tw_err *err);

/* ── transactions ───────────────────────────────────────────────────────────────────── */

/*
 * Groups several questions and writes. They do not nest; a write outside of one is a transaction by
 * itself. After an error inside, the caller rolls back.
 */
enum tw_rc tw_store_begin(struct tw_store *s, struct tw_err *err);
enum tw_rc tw_store_end(struct tw_store *s, struct tw_err *err);      /* commits */
void tw_store_rollback(struct tw_store *s);                           /* harmless when none is open */
/* A reader's transaction: everything until tw_store_end sees one moment of the database. */
enum tw_rc tw_store_begin_read(struct tw_store *s, struct tw_err *err);

/* ── lists ──────────────────────────────────────────────────────────────────────────── */

enum tw_op {
	TW_OP_EQ, TW_OP_NE, TW_OP_LT, TW_OP_LE, TW_OP_GT, TW_OP_GE,
	TW_OP_LIKE,    /* found anywhere in it; % and _ live, no case for ASCII, "a|b" either */
	TW_OP_PREFIX,  /* as it is, with case, "a|b" either */
	TW_OP_HAS,     /* found anywhere in it as it is, no case for ASCII */
	TW_OP_IN,      /* one of `list`; an entry with p NULL (or "none" for a state) is null */
	TW_OP_NULL, TW_OP_NOT_NULL,
};

/*
 * One condition of a list: all must hold. The field's type decides which value counts: text for
 * strings, ids and states, num for numbers and booleans, time for instants.
 */
struct tw_cond {
	const char *field;         /* by Airflow's API name; each list's header names its fields */
	enum tw_op op;
	struct tw_str text;
	int64_t num;
	tw_time time;
	const struct tw_str *list; /* TW_OP_IN */
	size_t nlist;
};

/* A page by its place among the rows: what comes behind, or before, a row that was shown. */
struct tw_cursor {
	struct tw_str at;            /* first or last of another page of that order; p NULL = the beginning */
	bool back;                   /* the rows before it */
	struct tw_str first, last;   /* out: the places of the page's rows; p NULL = it has none */
	bool more;                   /* out: there are more in that direction */
};

struct tw_ask {
	const struct tw_cond *conds;
	size_t nconds;
	const char *const *order_by; /* "start_date", "-start_date"; the key is always the tie-breaker */
	size_t norder;               /* at most 10 */
	int64_t limit;               /* -1 = no limit, 0 = none (a count alone) */
	int64_t offset;
	struct tw_cursor *cursor;    /* NULL = by offset */
	bool count;                  /* fill the total */
	int64_t count_cap;           /* stop counting there; 0 = count all */
};

#define TW_ASK_ALL ((struct tw_ask){ .limit = -1 })

/* ── the inbox: what the scheduler is asked to do, durable and in order ─────────────── */

struct tw_inbox_row {
	int64_t id;                /* grows; 0 when posting */
	tw_time at;                /* when posted; NONE when posting = now */
	struct tw_str kind;        /* "run_new", "dag_changed", …: docs/inbox.md */
	struct tw_str dag_id, run_id;
	struct tw_str payload;     /* JSON */
};

enum tw_rc tw_store_inbox_post(struct tw_store *s, const struct tw_inbox_row *rows, size_t n,
			       int64_t *ret_last_id, struct tw_err *err);
/* Up to limit rows with id > after, in order. They stay until a batch deletes them. */
enum tw_rc tw_store_inbox_take(struct tw_store *s, int64_t after, size_t limit, struct tw_arena *a,
			       struct tw_inbox_row **ret_rows, size_t *ret_n, struct tw_err *err);
/* Is the row still there? For posters that wait until what they asked for is done. */
enum tw_rc tw_store_inbox_pending(struct tw_store *s, int64_t id, bool *ret_pending, struct tw_err *err);

/* ── leases: who may write for the scheduler ────────────────────────────────────────── */

struct tw_lease {
	struct tw_str name, owner;
	int64_t epoch;             /* grows with each new owner */
	tw_time expires_at;
};

/*
 * Takes the lease when it is free, expired at `now`, or already this owner's (the epoch stays).
 * TW_ERR_CONFLICT when somebody else holds it; ret_lease then says who and until when.
 */
enum tw_rc tw_store_lease_take(struct tw_store *s, struct tw_str name, struct tw_str owner, tw_time now,
			       tw_time expires_at, struct tw_lease *ret_lease, struct tw_arena *a,
			       struct tw_err *err);
/* Takes it over whatever it says (the caller knows that its owner is dead). */
enum tw_rc tw_store_lease_seize(struct tw_store *s, struct tw_str name, struct tw_str owner,
				tw_time expires_at, struct tw_lease *ret_lease, struct tw_arena *a,
				struct tw_err *err);
/* TW_ERR_CONFLICT when the epoch is no longer the current one. */
enum tw_rc tw_store_lease_renew(struct tw_store *s, struct tw_str name, int64_t epoch, tw_time expires_at,
				struct tw_err *err);
enum tw_rc tw_store_lease_give_up(struct tw_store *s, struct tw_str name, int64_t epoch, struct tw_err *err);

/* ── jobs: daemons and their heartbeats ─────────────────────────────────────────────── */

struct tw_job_row {
	int64_t id;
	struct tw_str job_type;    /* SchedulerJob TriggererJob DagProcessorJob ApiServerJob */
	struct tw_str state;       /* running success failed */
	struct tw_str dag_id, executor_class, hostname, unixname;
	tw_time start_date, end_date, latest_heartbeat;
};

enum tw_rc tw_store_job_start(struct tw_store *s, const struct tw_job_row *job, int64_t *ret_id, struct tw_err *err);
enum tw_rc tw_store_job_beat(struct tw_store *s, int64_t id, tw_time at, struct tw_err *err);
enum tw_rc tw_store_job_end(struct tw_store *s, int64_t id, const char *state, tw_time at, struct tw_err *err);
/* Of those still running the one that beat last; else the last to end. TW_ERR_NOT_FOUND: there never was one. */
enum tw_rc tw_store_job_latest(struct tw_store *s, const char *job_type, struct tw_arena *a,
			       struct tw_job_row *ret_job, struct tw_err *err);
/*
 * Fields: id job_type state dag_id hostname executor_class start_date end_date latest_heartbeat.
 */
enum tw_rc tw_store_jobs(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			 struct tw_job_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);

/* ── the batch: one turn of the scheduler, one transaction (batch.c) ────────────────── */

/* Columns of a run that an update may write; the key never changes. */
#define TW_RUN_COLUMNS(X)                                                                          \
	X(STATE, "state") X(LOGICAL_DATE, "logical_date") X(INTERVAL_START, "data_interval_start") \
	X(INTERVAL_END, "data_interval_end") X(RUN_AFTER, "run_after") X(QUEUED_AT, "queued_at")   \
	X(START_DATE, "start_date") X(END_DATE, "end_date")                                        \
	X(LAST_DECISION, "last_scheduling_decision") X(CONF, "conf")                               \
	X(VERSION, "created_dag_version_id") X(CLEAR_NUMBER, "clear_number")                       \
	X(BACKFILL, "backfill_id") X(BUNDLE_VERSION, "bundle_version") X(NOTE, "note") \
	X(TYPE, "run_type") X(TRIGGERED_BY, "triggered_by")

/* Columns of a task instance that an update may write. `duration` follows start and end. */
#define TW_TI_COLUMNS(X)                                                                           \
	X(ID, "id") X(STATE, "state") X(TRY_NUMBER, "try_number") X(MAX_TRIES, "max_tries")        \
	X(SCHEDULED_DTTM, "scheduled_dttm") X(QUEUED_DTTM, "queued_dttm")                          \
	X(START_DATE, "start_date") X(END_DATE, "end_date") X(HEARTBEAT, "last_heartbeat_at")      \
	X(NEXT_RETRY, "next_retry_at") X(RESCHEDULE_START, "reschedule_start")                     \
	X(POOL, "pool") X(POOL_SLOTS, "pool_slots") X(PRIORITY, "priority_weight")                 \
	X(QUEUE, "queue") X(EXECUTOR, "executor") X(OPERATOR, "operator")                          \
	X(CUSTOM_OPERATOR, "custom_operator_name") X(HOSTNAME, "hostname") X(UNIXNAME, "unixname") \
	X(EXTERNAL_ID, "external_executor_id") X(PID, "pid") X(VERSION, "dag_version_id")          \
	X(RENDERED_INDEX, "rendered_map_index") X(DISPLAY_NAME, "task_display_name")               \
	X(NEXT_METHOD, "next_method") X(NEXT_KWARGS, "next_kwargs") X(TRIGGER, "trigger_id")       \
	X(TRIGGER_TIMEOUT, "trigger_timeout") X(REASON, "state_reason") X(MAP_INDEX, "map_index")  \
	X(NOTE, "note")

enum tw_run_col_no {
#define X(id, name) TW_RUNCOL_NO_##id,
	TW_RUN_COLUMNS(X)
#undef X
	TW_RUNCOL_N,
};
enum tw_ti_col_no {
#define X(id, name) TW_TICOL_NO_##id,
	TW_TI_COLUMNS(X)
#undef X
	TW_TICOL_N,
};
/* Sets of columns: TW_RUNCOL(STATE) | TW_RUNCOL(END_DATE) */
#define TW_RUNCOL(id) (1u << TW_RUNCOL_NO_##id)
#define TW_TICOL(id) (1ull << TW_TICOL_NO_##id)
/* All but the note, which people write past the scheduler. */
#define TW_TICOL_ALL (((1ull << TW_TICOL_N) - 1) & ~TW_TICOL(NOTE))
#define TW_RUNCOL_ALL (((1u << TW_RUNCOL_N) - 1) & ~TW_RUNCOL(NOTE))

struct tw_xcom_row {
	struct tw_str dag_id, run_id, task_id;
	int map_index;
	struct tw_str key;
	struct tw_str value;       /* JSON as the worker sent it; p NULL = null */
	tw_time timestamp;         /* NONE when writing = now */
};

struct tw_task_map_row {
	struct tw_str dag_id, run_id, task_id;
	int map_index;
	int64_t length;
	struct tw_str keys;        /* JSON list, p NULL when the value was a list */
};

struct tw_rendered_row {
	struct tw_str dag_id, run_id, task_id;
	int map_index;
	struct tw_str fields;      /* JSON object */
	struct tw_str pod_yaml;    /* JSON, p NULL = none */
};

struct tw_reschedule_row {
	struct tw_id ti_id;
	tw_time start_date, end_date, reschedule_date;
};

struct tw_trigger_row {
	int64_t id;                /* chosen by the scheduler: tw_store_trigger_next_id */
	struct tw_str classpath, kwargs; /* kwargs encrypted with the hooks */
	tw_time created_date;
	int64_t triggerer_id;      /* job; 0 = none yet */
	struct tw_str queue;
};

/* A callback that is to be run: `data` says what, by its `type` (docs/callbacks.md). */
struct tw_callback_row {
	struct tw_id id;
	struct tw_str type;        /* "dag_processor" "triggerer" "executor" */
	struct tw_str data;        /* JSON */
	struct tw_str bundle_name; /* whose dag-processor; p NULL = none */
	struct tw_str state;       /* p NULL = to be taken by a dag-processor; else pending queued running success failed */
	struct tw_str output;      /* what it returned or raised */
	int priority_weight;
	tw_time created_at;        /* NONE when writing = now */
	int64_t trigger_id, job_id; /* 0 = none */
	int attempts;              /* how often it was taken */
};

/*
 * MARK: dag_id waits to be run for the asset since `at`. UNMARK: name p NULL = all of the DAG's. CONSUME: run_id
 * takes the events up to `at` that no run before it took.
 */
struct tw_asset_mark_row {
	struct tw_str dag_id, run_id, name, uri;
	struct tw_str partition_key, source_key; /* PARTITION: the DAG's, and the event's own */
	tw_time partition_date;    /* PARTITION: what is to be kept of it */
	tw_time at;
	bool all_before;           /* CONSUME by a first run: also events from before the DAG listened */
};

/* An asset's watcher: its trigger's events are the asset's. */
struct tw_watcher_row {
	int64_t asset_id, trigger_id;
	struct tw_str name, classpath, kwargs; /* the trigger's; kwargs decrypted */
	tw_time created_date;
};

struct tw_audit_row {
	int64_t id;
	tw_time at;                /* NONE when writing = now */
	struct tw_str dag_id, task_id, run_id, event, owner, owner_display_name, extra;
	int map_index, try_number; /* -1 = not about one: stored null */
	tw_time logical_date;
};

struct tw_warning_row {
	struct tw_str dag_id, warning_type, message;
	tw_time timestamp;
};

struct tw_next_run {
	struct tw_str dag_id;
	tw_time logical_date, interval_start, interval_end, create_after; /* all NONE: no next run */
	struct tw_str partition_key; /* p NULL = none */
	tw_time partition_date;
	bool exceeds_max_active;
};

/*
 * A list of changes in the order in which they are to be made. All structs and strings are borrowed
 * until the commit. A change of a row that is not there any more is counted in `missing`, no error:
 * somebody deleted the DAG or the run.
 */
enum tw_change_kind {
	TW_CH_RUN_NEW,       /* run; one that is there and queued is taken over: its poster put it there */
	TW_CH_RUN,           /* run, run_cols */
	TW_CH_RUN_DELETE,    /* run: with its task instances and all of theirs */
	TW_CH_TI_NEW,        /* ti */
	TW_CH_TI,            /* ti, was, ti_cols */
	TW_CH_TI_ARCHIVE,    /* ti: an ended attempt for the history, under the id it had */
	TW_CH_TI_DELETE,     /* ti: its key; with its XComs and the like */
	TW_CH_XCOM_PUT,      /* xcom: inserted or replaced */
	TW_CH_XCOM_CLEAR,    /* xcom: one task instance's; key p NULL = all keys */
	TW_CH_TASK_MAP,      /* task_map */
	TW_CH_TASK_MAP_CLEAR,/* task_map: the key alone counts */
	TW_CH_RENDERED,      /* rendered */
	TW_CH_RESCHEDULE,    /* reschedule */
	TW_CH_TRIGGER_NEW,   /* trigger */
	TW_CH_TRIGGER_DROP,  /* num: its id */
	TW_CH_NEXT_RUN,      /* next_run */
	TW_CH_DAG_PAUSED,    /* text: dag_id; num: 0 or 1 (max_consecutive_failed_dag_runs) */
	TW_CH_DAG_WARNING,   /* warning: in place of the DAG's of that type; message p NULL = none */
	TW_CH_ASSET_EVENT,   /* asset_event; with an id: the row is there and gets its time */
	TW_CH_ASSET_MARK,    /* mark */
	TW_CH_ASSET_UNMARK,  /* mark */
	TW_CH_ASSET_CONSUME, /* mark */
	TW_CH_PARTITION,     /* mark: the event of `at` belongs to the DAG's partition */
	TW_CH_PARTITION_RUN, /* mark: run_id is made of the DAG's partition */
	TW_CH_PARTITIONS_DROP, /* mark: all of dag_id that no run was made of */
	TW_CH_WATCHER_NEW,   /* watcher: its trigger is a change of its own */
	TW_CH_WATCHER_DROP,  /* num: its trigger's id; the trigger goes with it */
	TW_CH_AUDIT,         /* audit */
	TW_CH_CALLBACK_NEW,  /* callback */
	TW_CH_WORKLOAD_NEW,  /* workload: nobody's; in the place of the attempt's that is there */
	TW_CH_WORKLOAD_DROP, /* workload: its attempt alone counts */
	TW_CH_HITL_ANSWER,   /* hitl: its answer, when there is none yet */
	TW_CH_DEADLINE_NEW,  /* deadline: in the place of its run's and alert's that is not missed */
	TW_CH_DEADLINE_MISSED, /* deadline: its id and callback_id */
	TW_CH_DEADLINES_MET, /* deadline: its run's, not missed, that end at deadline_time or later: they go */
	TW_CH_SLA_MISS,      /* sla */
	TW_CH_INBOX_POST,    /* inbox */
	TW_CH_INBOX_DONE,    /* num: the row's id */
	TW_CH_INBOX_DONE_TO, /* num: all rows up to and including this id */
};

struct tw_change {
	enum tw_change_kind kind;
	uint32_t run_cols;
	uint64_t ti_cols;
	int was;             /* the stored map_index, which differs from ti's when the -1 row becomes index 0 */
	int64_t num;
	struct tw_str text;
	union {
		const struct tw_run_row *run;
		const struct tw_ti_row *ti;
		const struct tw_xcom_row *xcom;
		const struct tw_task_map_row *task_map;
		const struct tw_rendered_row *rendered;
		const struct tw_reschedule_row *reschedule;
		const struct tw_trigger_row *trigger;
		const struct tw_next_run *next_run;
		const struct tw_warning_row *warning;
		const struct tw_asset_event_row *asset_event;
		const struct tw_asset_mark_row *mark;
		const struct tw_watcher_row *watcher;
		const struct tw_audit_row *audit;
		const struct tw_callback_row *callback;
		const struct tw_workload_row *workload;
		const struct tw_hitl_row *hitl;
		const struct tw_deadline_row *deadline;
		const struct tw_sla_row *sla;
		const struct tw_inbox_row *inbox;
	};
};

struct tw_batch {
	/* Fences the commit: epoch 0 = unfenced; else TW_ERR_CONFLICT when the lease's epoch is another. */
	struct tw_str lease_name;
	int64_t lease_epoch;
	TW_VEC(struct tw_change) changes;
	size_t missing;      /* set by the commit */
	bool triggers;       /* it makes or drops triggers: triggerers should look */
};

void tw_batch_release(struct tw_batch *b);
void tw_batch_clear(struct tw_batch *b);   /* keeps the lease */
static inline bool tw_batch_empty(const struct tw_batch *b)
{
	return b->changes.n == 0;
}
void tw_batch_run_new(struct tw_batch *b, const struct tw_run_row *run);
void tw_batch_run(struct tw_batch *b, const struct tw_run_row *run, uint32_t cols);
void tw_batch_run_delete(struct tw_batch *b, const struct tw_run_row *run);
void tw_batch_ti_new(struct tw_batch *b, const struct tw_ti_row *ti);
/* was: the map_index under which the row is stored. */
void tw_batch_ti(struct tw_batch *b, const struct tw_ti_row *ti, int was, uint64_t cols);
void tw_batch_ti_archive(struct tw_batch *b, const struct tw_ti_row *ti);
void tw_batch_ti_delete(struct tw_batch *b, const struct tw_ti_row *ti);
void tw_batch_xcom_put(struct tw_batch *b, const struct tw_xcom_row *xcom);
void tw_batch_xcom_clear(struct tw_batch *b, const struct tw_xcom_row *which);
void tw_batch_task_map(struct tw_batch *b, const struct tw_task_map_row *map);
void tw_batch_task_map_clear(struct tw_batch *b, const struct tw_task_map_row *which);
void tw_batch_rendered(struct tw_batch *b, const struct tw_rendered_row *rendered);
void tw_batch_reschedule(struct tw_batch *b, const struct tw_reschedule_row *reschedule);
void tw_batch_trigger_new(struct tw_batch *b, const struct tw_trigger_row *trigger);
void tw_batch_trigger_drop(struct tw_batch *b, int64_t id);
void tw_batch_next_run(struct tw_batch *b, const struct tw_next_run *next);
void tw_batch_dag_paused(struct tw_batch *b, struct tw_str dag_id, bool paused);
void tw_batch_dag_warning(struct tw_batch *b, const struct tw_warning_row *row);
void tw_batch_asset_event(struct tw_batch *b, const struct tw_asset_event_row *event);
void tw_batch_asset_mark(struct tw_batch *b, const struct tw_asset_mark_row *mark);
void tw_batch_asset_unmark(struct tw_batch *b, const struct tw_asset_mark_row *mark);
void tw_batch_asset_consume(struct tw_batch *b, const struct tw_asset_mark_row *mark);
/* kind: one of TW_CH_PARTITION… */
void tw_batch_partition(struct tw_batch *b, enum tw_change_kind kind, const struct tw_asset_mark_row *mark);
void tw_batch_watcher_new(struct tw_batch *b, const struct tw_watcher_row *watcher);
void tw_batch_watcher_drop(struct tw_batch *b, int64_t trigger_id);
void tw_batch_audit(struct tw_batch *b, const struct tw_audit_row *row);
struct tw_deadline_row;
struct tw_sla_row;
void tw_batch_deadline_new(struct tw_batch *b, const struct tw_deadline_row *row);
void tw_batch_deadline_missed(struct tw_batch *b, const struct tw_deadline_row *row);
void tw_batch_deadlines_met(struct tw_batch *b, const struct tw_deadline_row *which);
void tw_batch_sla_miss(struct tw_batch *b, const struct tw_sla_row *row);
struct tw_hitl_row;
void tw_batch_hitl_answer(struct tw_batch *b, const struct tw_hitl_row *row);
void tw_batch_callback_new(struct tw_batch *b, const struct tw_callback_row *row);
struct tw_workload_row;
void tw_batch_workload_new(struct tw_batch *b, const struct tw_workload_row *row);
void tw_batch_workload_drop(struct tw_batch *b, const struct tw_workload_row *which);
void tw_batch_inbox_post(struct tw_batch *b, const struct tw_inbox_row *row);
void tw_batch_inbox_done(struct tw_batch *b, int64_t id);
void tw_batch_inbox_done_to(struct tw_batch *b, int64_t id);

/*
 * All or nothing. TW_ERR_EXISTS: a new run's run_id or logical date, or a new task instance, is there
 * already; TW_ERR_CONFLICT: the lease. An empty batch touches nothing.
 */
enum tw_rc tw_store_commit(struct tw_store *s, struct tw_batch *b, struct tw_err *err);

struct tw_effects;
/*
 * Adds all that the core decided in one turn and that is to be stored: runs, instances, history, XComs, next
 * runs, triggers, audit rows. What it needs beyond the effects' own memory it puts into the arena.
 */
void tw_batch_effects(struct tw_batch *b, const struct tw_effects *fx, struct tw_arena *a);
