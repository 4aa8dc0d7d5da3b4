/*
 * The scheduler's core: every live run in memory, events in, effects out. It reads no clock, opens nothing,
 * logs nothing: the same events in the same order give the same effects, ids included (docs/core.md).
 *
 * A shell (the scheduler daemon, a test, the simulator) does this, turn by turn:
 *
 *	struct tw_effects *fx = tw_effects_new();
 *	for (each event that has come)
 *		tw_sched_step(s, ev, fx, &err);      // any number of events
 *	commit fx->runs, tis, history, xcoms, dags, audit      // one transaction
 *	then perform fx->dispatch, kills, callbacks, asks, acks // only after the commit
 *	tw_effects_free(fx);
 *
 * Effects of turn n may still be in the hands of a writer while turn n+1 is stepped into another
 * tw_effects: rows are copies, and what they borrow lives until the effects that ended it are freed.
 * Effects are freed in the order in which they were made, all before tw_sched_free.
 *
 * After a restart the shell makes the scheduler with config.loading, gives pools, executors, DAGs and the
 * unfinished runs (RUN_LOAD), then LOADED; then it asks its executors, and tells for each queued or
 * running attempt ADOPTED, STARTED, FINISHED (lost, where nobody has it), or REDISPATCH (queued, never seen).
 *
 * The core holds a run from the moment it is asked for until it has ended and nothing looks back at it. An
 * event about a run that it does not hold (to clear a task of last week) is answered with TW_ERR_AGAIN
 * and an ask LOAD_RUN: load it with TW_EV_RUN_LOAD, then give the event again.
 */
#pragma once

#include "base/vec.h"
#include "model/dag.h"
#include "model/record.h"

struct tw_sched;

/* ── configuration ──────────────────────────────────────────────────────────────────────── */

struct tw_sched_config {
	uint64_t seed;               /* of the ids; the daemon draws it, tests fix it */
	int parallelism;             /* [core] parallelism; 0 = no limit */
	int64_t heartbeat_timeout;   /* µs; task_instance_heartbeat_timeout, 300 s */
	int64_t queued_timeout;      /* µs; task_queued_timeout, 600 s */
	int requeues_if_stuck;       /* num_stuck_in_queued_retries, 2 */
	int max_map_length;          /* [core] max_map_length, 1024 */
	struct tw_str default_queue; /* [operators] default_queue */
	struct tw_str default_executor; /* the name that tasks without one go to; p NULL = "" */
	bool use_job_schedule;       /* [scheduler] use_job_schedule: make scheduled runs at all */
	bool loading;                /* begin by loading: nothing is evaluated, started or dispatched before TW_EV_LOADED */
};
/* The values Airflow ships. */
struct tw_sched_config tw_sched_config_default(void);

struct tw_sched *tw_sched_new(const struct tw_sched_config *cfg);
void tw_sched_free(struct tw_sched *s);

/* ── events ─────────────────────────────────────────────────────────────────────────────── */

enum tw_event_type {
	TW_EV_TICK,          /* the clock reached `at`: do what is due */
	TW_EV_LOADED,        /* the store's unfinished runs, pools and DAGs are all here: go on (config.loading) */
	/* what there is to schedule */
	TW_EV_DAG,           /* .dag: a document is new, or another one than before, or its flags are */
	TW_EV_DAG_PAUSED,    /* .paused */
	TW_EV_DAG_REMOVED,   /* .name = dag_id: stale or deleted. Live runs go on with the document they have */
	TW_EV_POOL,          /* .pool: new or changed */
	TW_EV_POOL_REMOVED,  /* .name */
	TW_EV_EXECUTOR,      /* .executor: its slots */
	TW_EV_BACKFILL,      /* .backfill: how many of its runs may run at once */
	TW_EV_NEXT_RUN,      /* .next_run: Python's answer to an ask NEXT_RUN */
	/* runs */
	TW_EV_RUN_NEW,       /* .run_new: somebody asked for a run */
	TW_EV_RUN_LOAD,      /* .run_load: rows from the store */
	TW_EV_RUN_STATE,     /* .run_state: a person sets a run's state */
	TW_EV_RUN_DELETE,    /* .ref: gone, with its task instances */
	TW_EV_RUN_DROP,      /* .ref: forget it, the store keeps what it has (its INSERT met a row that was there) */
	TW_EV_PAST,          /* .past: the answer to an ask PAST */
	/* task instances, by people */
	TW_EV_CLEAR,         /* .clear */
	TW_EV_MARK,          /* .mark */
	/* attempts, by executors, runners and triggerers */
	TW_EV_STARTED,       /* .started */
	TW_EV_FINISHED,      /* .finished */
	TW_EV_BEAT,          /* .attempt: still alive */
	TW_EV_ADOPTED,       /* .attempt: after a reload an executor says that it has it; counts as a beat */
	TW_EV_REDISPATCH,    /* .attempt: after a reload nobody has it and nobody started it: dispatch it again, same id */
	TW_EV_REFUSED,       /* .refused: the executor could not take it */
	TW_EV_TRIGGER,       /* .trigger: a deferred attempt's trigger fired, failed or timed out; a person answered */
	TW_EV_SKIP,          /* .skip: a running attempt asks to skip others */
	/* assets */
	TW_EV_ASSET,         /* .asset: something happened to one, and no task of ours did it */
	TW_EV_ASSET_LOAD,    /* .asset_load: what the store knew, after the DAGs and before LOADED */
	TW_EV_ASSET_UNMARK,  /* .asset_unmark: a person takes back what waits for a DAG's next asset run */
};

struct tw_ev_dag {
	const struct tw_dag *dag;    /* the core takes a reference of its own */
	struct tw_str version_id;    /* dag_version.id of this document, put into new runs */
	struct tw_str bundle_version;
	bool paused;
	bool import_error;           /* its file does not load now: no new scheduled runs */
	/* On the first event about this DAG only (afterwards the core knows): */
	struct tw_run_info last_run; /* newest scheduled or backfill run; run_after TW_TIME_NONE = none */
	const struct tw_recent_run *recent; /* newest finished runs by run_after, newest first; as many as
					       max_consecutive_failed_dag_runs needs */
	int nrecent;
	/* Each time: */
	const tw_time *taken;        /* logical dates that runs have, of last_run's on: none of them is made again */
	int ntaken;
};

struct tw_recent_run {
	tw_time run_after;
	bool failed;
};

struct tw_ev_paused {
	struct tw_str dag_id;
	bool paused;
};

struct tw_ev_executor {
	struct tw_str name;
	int slots;                   /* how many attempts it may have; 0 = no limit, -1 = gone (blocks its tasks) */
};

struct tw_ev_backfill {
	struct tw_str dag_id;
	int64_t id;
	int max_active_runs;
	bool paused;
};

struct tw_ev_next_run {
	struct tw_str dag_id;
	struct tw_run_info next;     /* of the DAG's custom timetable, after the last run the ask named */
};

struct tw_run_ref {
	struct tw_str dag_id, run_id;
};

/*
 * row: dag_id, type, and what is known. run_id empty: made by Airflow's rule. logical_date may be none; with a
 * logical date and no interval the timetable's is taken. run_after none = `at`.
 */
struct tw_ev_run_new {
	struct tw_run_row row;
	const struct tw_dag *dag;    /* NULL = the newest document */
	const struct tw_str *only_tasks; /* with n > 0: all others are made and left unrun (removed) */
	int nonly;
};

/* What the store knows of one instance beyond its row. */
struct tw_ti_load {
	struct tw_ti_row row;
	bool has_return;             /* it has an XCom return_value */
	int mapped_length;           /* task_map.length, -1 = none */
	struct tw_str skip_record;   /* the XCom skipmixin_key as JSON; p NULL = none */
};

struct tw_ev_run_load {
	struct tw_run_row row;
	const struct tw_dag *dag;    /* the version that the run was made with */
	const struct tw_ti_load *tis; /* tasks without any get theirs made, while the run is unfinished */
	int ntis;
	bool changed;                /* the row is not as the store has it: write it */
};

struct tw_ev_run_state {
	struct tw_run_ref run;
	enum tw_run_state state;     /* queued, success, failed */
	struct tw_str by;            /* the user, for the audit log */
	bool bare;                   /* a cancelled backfill's queued run: instances stay as they are, nobody is called back */
};

/* Facts of the run before, for depends_on_past. */
struct tw_past_ti {
	struct tw_str task_id;
	int map_index;
	enum tw_ti_state state;
};

struct tw_ev_past {
	struct tw_run_ref run;       /* the run that asked */
	bool exists;                 /* false: there is no run before */
	struct tw_run_ref prev;
	tw_time prev_logical_date;
	bool backfill_before;        /* its backfill has a run with a smaller logical date */
	const struct tw_past_ti *tis; /* instances there: of tasks with depends_on_past and their direct downstreams */
	int ntis;
	const struct tw_str *ever;   /* tasks that have an instance in any earlier run (ignore_first_depends_on_past) */
	int never;
};

struct tw_ti_key {
	struct tw_str task_id;
	int map_index;               /* TW_MAP_ALL = all of the task's instances */
};
#define TW_MAP_ALL (-2)

struct tw_ev_clear {
	struct tw_run_ref run;
	const struct tw_ti_key *tis; /* exactly these; tw_dag_select says which belong together */
	int ntis;
	const struct tw_dag *dag;    /* not NULL: move the run to this version first */
	struct tw_str version_id;
	enum tw_run_state run_state; /* TW_RUN_QUEUED; or what the caller wants kept */
	bool keep_run_state;         /* dag_run_state=false: the run stays as it is */
	bool keep_tries;             /* max_tries is left as it is */
	/* A backfill takes the run over (id 0 = none); conf p NULL: the run keeps its own. */
	int64_t backfill_id;
	int backfill_ordinal;
	struct tw_str conf;
	struct tw_str by;
};

struct tw_ev_mark {
	struct tw_run_ref run;
	const struct tw_ti_key *tis;
	int ntis;
	enum tw_ti_state state;      /* success, failed, skipped */
	struct tw_str by;
	const struct tw_str *named;  /* the tasks that somebody meant; the others of tis lie above or below. None: all of tis */
	int nnamed;
};

struct tw_ev_started {
	struct tw_id attempt;
	struct tw_str hostname, unixname;
	int pid;
	struct tw_str external_executor_id;
};

/* One event of one asset. The core gives it its time: no two have the same. */
struct tw_asset_said {
	struct tw_str name, uri;
	struct tw_str extra;         /* JSON; p NULL = {} */
	struct tw_str asset_extra;   /* JSON: of an asset that an alias may make */
	const struct tw_str *aliases; /* it came by these */
	int naliases;
	struct tw_str partition_key; /* p NULL: that of the run, if it has one */
};

struct tw_ev_asset {
	struct tw_asset_said said;
	int64_t event_id;            /* of the row that its poster stored; 0 = store one */
};

/*
 * alias set: the asset was seen behind it. dag_id set: a mark of the DAG, if `at` is a time, and the span of its events (2.x).
 * Neither: something last happened to an asset `at`.
 */
struct tw_ev_asset_load {
	struct tw_str dag_id, alias, name, uri;
	struct tw_str partition_key, source_key; /* p not NULL: it has come for this partition of the DAG */
	tw_time partition_date;      /* with partition_key: what was kept of it */
	tw_time at, span_start, span_end;
};

struct tw_ev_asset_unmark {
	struct tw_str dag_id;        /* p NULL: of every DAG */
	struct tw_str name, uri;     /* p NULL: of every asset */
	tw_time before;              /* TW_TIME_NONE: whenever it was made */
};

enum tw_outcome {
	TW_OUT_SUCCESS,
	TW_OUT_FAILED,               /* retried if tries are left */
	TW_OUT_FAILED_FINAL,
	TW_OUT_SKIPPED,
	TW_OUT_RESCHEDULE,
	TW_OUT_DEFERRED,
	TW_OUT_AWAITING_INPUT,
	TW_OUT_LOST,                 /* its process or executor is gone: as FAILED */
};

struct tw_ev_finished {
	struct tw_id attempt;
	enum tw_outcome outcome;
	struct tw_str reason;
	bool has_return;             /* an XCom return_value was pushed */
	int mapped_length;           /* its length when list or dict; -1 = cannot be mapped over */
	struct tw_str map_index_label;
	struct tw_value skip;        /* TW_NULL, or {"followed": [ids]} / {"skipped": [ids]} */
	tw_time reschedule_at;
	int64_t retry_delay;         /* µs; a RetryPolicy's own; -1 = the task's */
	bool calls_back;             /* its process lives on and runs the task's callbacks and mail itself */
	struct tw_str next_method, next_kwargs; /* DEFERRED */
	const struct tw_asset_said *assets; /* SUCCESS: what happened to its outlets */
	int nassets;
	int64_t trigger_id;          /* DEFERRED: the row that the shell made for the trigger. AWAITING_INPUT: a number of
					its own that no trigger has */
	tw_time trigger_timeout;
};

struct tw_ev_attempt {
	struct tw_id id;
};

struct tw_ev_refused {
	struct tw_id attempt;
	bool final;                  /* it will never be taken: fails; else it is tried again */
	struct tw_str reason;
};

struct tw_ev_trigger {
	int64_t trigger_id;
	enum { TW_TRIGGER_FIRED, TW_TRIGGER_FAILED, TW_TRIGGER_TIMEOUT, TW_TRIGGER_ENDED } what;
	struct tw_str next_kwargs;   /* JSON. FIRED: the event, put among the kwargs as "event"; FAILED: kwargs of __fail__;
					ENDED: kwargs of __end__, should the end have to go through Python */
	const struct tw_ev_finished *end; /* ENDED: how (its attempt is not looked at). Answered with an ack when that
					was the end, like FINISHED */
};

struct tw_ev_skip {
	struct tw_id attempt;        /* who asks */
	const struct tw_ti_key *tis;
	int ntis;
};

struct tw_event {
	enum tw_event_type type;
	tw_time at;                  /* when it happened; the core's clock never goes back behind what it has seen */
	union {
		struct tw_ev_dag dag;
		struct tw_ev_paused paused;
		struct tw_str name;
		struct tw_pool_row pool;
		struct tw_ev_executor executor;
		struct tw_ev_backfill backfill;
		struct tw_ev_next_run next_run;
		struct tw_ev_run_new run_new;
		struct tw_ev_run_load run_load;
		struct tw_ev_run_state run_state;
		struct tw_run_ref ref;
		struct tw_ev_past past;
		struct tw_ev_clear clear;
		struct tw_ev_mark mark;
		struct tw_ev_started started;
		struct tw_ev_finished finished;
		struct tw_ev_attempt attempt;
		struct tw_ev_refused refused;
		struct tw_ev_trigger trigger;
		struct tw_ev_skip skip;
		struct tw_ev_asset asset;
		struct tw_ev_asset_load asset_load;
		struct tw_ev_asset_unmark asset_unmark;
	};
};

/* ── effects ────────────────────────────────────────────────────────────────────────────── */

enum tw_fx_op { TW_FX_INSERT, TW_FX_UPDATE, TW_FX_DELETE, TW_FX_NONE }; /* NONE: taken back, nothing is written */

/* At most one per run and turn, holding its last state. DELETE takes its task instances along. */
struct tw_fx_run {
	enum tw_fx_op op;
	struct tw_run_row row;
};

/* At most one per instance and turn. UPDATE by (dag_id, run_id, task_id, map_index), `was` is the map_index to look for. */
struct tw_fx_ti {
	enum tw_fx_op op;
	int was;                     /* differs from row.map_index when the -1 row becomes index 0 */
	struct tw_ti_row row;
};

/* An item of an expanded argument: which one of its source is this instance's. */
struct tw_fx_arg {
	struct tw_str name;          /* p NULL: expand_kwargs */
	const struct tw_source *source;
	int64_t index;
	bool of_group;               /* an argument of the mapped group, not of the task */
};

struct tw_fx_dispatch {
	bool dropped;                /* taken back in the same turn: leave it */
	const struct tw_dag *dag;    /* held by the effects */
	int task;
	struct tw_ti_row ti;
	struct tw_run_row run;
	const struct tw_fx_arg *args;
	int nargs;
	struct tw_str executor;      /* never empty when one is configured */
	bool start_trigger;          /* deferred before it ever ran (start_from_trigger): make its trigger, run nothing */
};

struct tw_fx_kill {
	struct tw_id attempt;
	struct tw_str dag_id, run_id, task_id;
	int map_index, try_number;
	struct tw_str executor;
	const char *reason;          /* "marked failed", "cleared", "timed out", … */
	bool requeued;               /* stuck in queued: take it back from the executor */
};

/* The dag row's next_dagrun fields. */
struct tw_fx_dag {
	struct tw_str dag_id;
	struct tw_run_info next;     /* why != TW_NO_RUN_NONE: all fields become null */
	bool exceeds_max_runs;
	bool set_paused;             /* max_consecutive_failed_dag_runs: is_paused becomes true */
};

/* XComs: key p NULL = delete all of this instance's, and its task_map row; value p NULL = delete this key; else set it. */
struct tw_fx_xcom {
	struct tw_str dag_id, run_id, task_id;
	int map_index;
	struct tw_str key, value;
};

/*
 * What is to be kept of assets, in this order, after the runs: an event; a mark that a DAG waits to be run for it, one however
 * many events; marks that are used or taken back (name p NULL: all of the DAG); that a run takes the events up to `at`
 * that no run before it took.
 */
enum tw_fx_asset_op {
	TW_FX_ASSET_EVENT,
	TW_FX_ASSET_MARK,
	TW_FX_ASSET_UNMARK,
	TW_FX_ASSET_CONSUME,
	TW_FX_ASSET_PARTITION,       /* the event of `at` belongs to the DAG's partition_key; event.partition_key: its own */
	TW_FX_ASSET_PARTITION_RUN,   /* run_id is made of the DAG's partition_key, and takes what belongs to it */
	TW_FX_ASSET_PARTITIONS_DROP, /* all that no run was made of yet */
};
struct tw_fx_asset {
	enum tw_fx_asset_op op;
	struct tw_asset_event_row event; /* EVENT; MARK and UNMARK: its name and uri */
	struct tw_str dag_id, run_id, partition_key;
	tw_time partition_date;      /* PARTITION: what is to be kept of it */
	tw_time at;
	bool all_before;             /* CONSUME, of a first run: also events from before the DAG listened */
};

enum tw_fx_callback_kind { TW_CALL_DAG_SUCCESS, TW_CALL_DAG_FAILURE, TW_CALL_TASK_FAILURE, TW_CALL_TASK_RETRY };
/* To be run in Python for what cannot run it itself: runs, native tasks, and tasks whose process is gone. */
struct tw_fx_callback {
	enum tw_fx_callback_kind kind;
	const struct tw_dag *dag;
	struct tw_run_row run;
	struct tw_ti_row ti;         /* task kinds; of a run the instance that decided it, task_id p NULL = none */
	const char *reason;          /* success task_failure all_tasks_deadlocked timed_out; a task's reason */
};

struct tw_fx_audit {
	struct tw_str dag_id, run_id, task_id; /* p NULL where it does not apply */
	int map_index, try_number;
	const char *event;           /* "paused", "success", "failed", "clear", … */
	struct tw_str owner;         /* who; p NULL = the scheduler */
	struct tw_str extra;
};

enum tw_fx_ask_kind {
	TW_ASK_LOAD_RUN,             /* an event named a run that is not held */
	TW_ASK_PAST,                 /* answer with TW_EV_PAST: the run before this one. logical_date and by_schedule say which */
	TW_ASK_NEXT_RUN,             /* answer with TW_EV_NEXT_RUN: ask Python's timetable. TW_NO_RUN_FAILED leaves it open */
	TW_ASK_NO_ANSWER,            /* nobody answered attempt's question in time: say what is taken instead, with TW_EV_TRIGGER */
};
struct tw_fx_ask {
	enum tw_fx_ask_kind kind;
	struct tw_str dag_id, run_id;
	tw_time logical_date;        /* PAST: the newest run with a smaller one */
	struct tw_id attempt;        /* NO_ANSWER */
	int64_t trigger_id;          /* NO_ANSWER */
	bool by_schedule;            /* PAST: of type scheduled or backfill only (catchup); else any type */
	int64_t backfill_id;         /* PAST: the run's; 0 = none */
	struct tw_run_info last;     /* NEXT_RUN */
	struct tw_restriction bounds;
	const struct tw_dag *dag;
};

/*
 * Answer to STARTED, FINISHED, SKIP, TRIGGER (ended): accepted means that it is this attempt's word and counts. What came with a
 * refused one (XComs, rendered fields) must not be stored, and a refused start must be killed.
 * With FINISHED the shell writes its XComs and task_map in the same commit.
 */
struct tw_fx_ack {
	struct tw_id attempt;
	enum tw_event_type of;
	bool accepted;
	struct tw_str dag_id, run_id, task_id; /* when accepted */
	int map_index, try_number;
};

struct tw_effects {
	struct tw_arena arena;       /* what rows borrow beyond live runs */
	TW_VEC(struct tw_fx_run) runs;
	TW_VEC(struct tw_fx_ti) tis;
	TW_VEC(struct tw_ti_row) history;      /* ended attempts, under the id they had */
	TW_VEC(struct tw_fx_xcom) xcoms;
	TW_VEC(struct tw_fx_dag) dags;
	TW_VEC(struct tw_fx_audit) audit;
	TW_VEC(struct tw_fx_asset) assets;
	TW_VEC(int64_t) triggers_gone;         /* trigger rows nobody waits for any more */
	TW_VEC(struct tw_fx_dispatch) dispatch; /* from here on: after the commit */
	TW_VEC(struct tw_fx_kill) kills;
	TW_VEC(struct tw_fx_callback) callbacks;
	TW_VEC(struct tw_fx_ask) asks;
	TW_VEC(struct tw_fx_ack) acks;
	struct tw_grave *graves;     /* the core's: ended runs and documents to let go with this */
	uint64_t turn;               /* the core's */
};

struct tw_effects *tw_effects_new(void);
void tw_effects_free(struct tw_effects *fx);
bool tw_effects_empty(const struct tw_effects *fx);

/* ── the step ───────────────────────────────────────────────────────────────────────────── */

/*
 * Applies one event. On an error the event changed nothing:
 *	TW_ERR_NOT_FOUND  no such DAG, task, attempt, trigger; the run was deleted
 *	TW_ERR_AGAIN      the run is not held; fx->asks says LOAD_RUN
 *	TW_ERR_EXISTS     RUN_NEW, RUN_LOAD: held already (run id, or logical date)
 *	TW_ERR_INVALID    the message says what is wrong
 * A stale attempt's STARTED, FINISHED, SKIP is no error: its ack says accepted = false. An unknown BEAT is ignored.
 */
enum tw_rc tw_sched_step(struct tw_sched *s, const struct tw_event *ev, struct tw_effects *fx,
			 struct tw_err *err);

/* When the next TW_EV_TICK is due; TW_TIME_NONE = nothing waits for the clock. */
tw_time tw_sched_next_time(const struct tw_sched *s);

/* ── looking in ─────────────────────────────────────────────────────────────────────────── */

struct tw_reasons {
	struct tw_arena arena;
	TW_VEC(struct tw_str) v;
};
void tw_reasons_release(struct tw_reasons *r);

/*
 * Why an instance does not run, in words with numbers, most important first:
 *	"pool 'etl' is full: 4 of 4 slots taken"
 *	"trigger rule all_success waits: 2 of 5 upstream instances have ended"
 * Empty when it runs or has ended. task_id p NULL: why the run does not go on.
 */
enum tw_rc tw_sched_why(const struct tw_sched *s, struct tw_run_ref run, struct tw_str task_id,
			int map_index, struct tw_reasons *ret, struct tw_err *err);

/* Where a scheduled instance stands among those of its pool that wait for a slot: the 3rd of 17. */
struct tw_in_line {
	struct tw_str pool;          /* the core's, until its next step */
	int64_t slots, open;         /* the pool's; -1 = no limit */
	int nth, of;
	int priority_weight;
};
/* false: it is not in line, since it waits for something else, or has been given out. */
bool tw_sched_place(const struct tw_sched *s, struct tw_run_ref run, struct tw_str task_id, int map_index,
		    struct tw_in_line *ret);

struct tw_sched_stats {
	int dags, runs_queued, runs_running;
	int64_t tis;                 /* held */
	int scheduled, queued, running, deferred;
	int free_slots;              /* of parallelism; INT_MAX = no limit */
};
void tw_sched_stats(const struct tw_sched *s, struct tw_sched_stats *ret);

struct tw_pool_use {
	int64_t slots;
	int64_t running, queued, scheduled, deferred; /* slots, not tasks */
	int64_t open;                /* INT64_MAX when unlimited */
};
bool tw_sched_pool_use(const struct tw_sched *s, struct tw_str name, struct tw_pool_use *ret);

/* The held rows, for answers that must be newer than the store, and for tests. */
bool tw_sched_run(const struct tw_sched *s, struct tw_run_ref run, struct tw_run_row *ret);
bool tw_sched_ti(const struct tw_sched *s, struct tw_run_ref run, struct tw_str task_id,
		 int map_index, struct tw_ti_row *ret);
typedef void (*tw_ti_visit)(void *ctx, const struct tw_ti_row *row);
void tw_sched_each_ti(const struct tw_sched *s, struct tw_run_ref run, tw_ti_visit visit, void *ctx);
/* The task whose open attempt this is; NULL = it is not held. Valid until the next step. */
const struct tw_task *tw_sched_attempt_task(const struct tw_sched *s, struct tw_id attempt);
/* The marks of a DAG: which assets have changed since its last asset run. */
typedef void (*tw_mark_visit)(void *ctx, struct tw_str name, struct tw_str uri, tw_time at);
void tw_sched_each_asset_mark(const struct tw_sched *s, struct tw_str dag_id, tw_mark_visit visit, void *ctx);
typedef void (*tw_run_visit)(void *ctx, const struct tw_run_row *row);
void tw_sched_each_run(const struct tw_sched *s, tw_run_visit visit, void *ctx);
