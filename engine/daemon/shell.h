/*
 * What the scheduler daemon's files share: the shell around the core.
 *	scheduler.c  start, stop, the loop      boot.c   the lease, loading documents and live runs
 *	turn.c       effects → batch → commit → perform        news.c   what executors tell
 *	inbox.c      what people and programs ask              workload.c  the frame a runner gets
 *	hitl.c       questions to people, their answers            filekey.c    which warm child may run it
 *	alarms.c     deadlines and SLAs             remote.c    what workers elsewhere tell
 *	stats.c      what is told to StatsD
 *	listeners.c  what plugins hear of runs
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/map.h"
#include "daemon/alarms.h"
#include "daemon/listeners.h"
#include "daemon/healthport.h"
#include "daemon/scheduler.h"
#include "executor/executor.h"
#include "store/store.h"
#include "time/zone.h"
#include "value/json.h"

/* One turn: what was decided together and is committed together. */
struct turn {
	struct tw_effects *fx;
	struct tw_arena arena;                /* rows that the shell adds */
	struct tw_batch batch;
	struct tw_map watched;                /* assets whose watchers it sets right */
	TW_VEC(struct tw_id) ended;           /* to be acknowledged to their executors */
	int64_t began;                        /* when it was handed to the writer; µs, monotonic */
	bool calls;                           /* it leaves callbacks: a dag-processor is to be rung */
	enum tw_rc rc;
	struct tw_err err;
};

/* An attempt that an executor holds. */
struct attempt {
	struct tw_id id;
	char *dag_id, *run_id, *task_id;
	int map_index, try_number;
	struct tw_executor *ex;
	bool adopting;                        /* loaded at start; its executor has not said a word about it yet */
	bool was_running;                     /* loaded as running: if lost, it failed */
	bool taken;                           /* a worker elsewhere has started it: its workload is gone from the metastore */
	bool calls_back;                      /* ended; its callbacks run, and may still ask */
};

#define CALLERS 16384 /* so many that have ended are answered, the newest ones */

/* A document that the core may be given, by version. */
struct version {
	char id[40];
	struct tw_dag *dag;
};

struct shell {
	const struct tw_scheduler_options *opts;
	uv_loop_t loop;
	uv_timer_t tick, beat;
	uv_prepare_t prepare;
	uv_signal_t term, intr;
	uv_async_t committed;
	struct tw_bell *bell;

	struct tw_zones zones;
	struct tw_sched *core;
	struct tw_executors executors;
	struct tw_store *reader;              /* the loop's own handle */
	struct requests *requests;
	struct timetables *timetables;        /* those of the users' own (timetable.h) */
	struct tw_map versions;               /* version id → struct version */
	size_t versions_full;                 /* so many of them: those that nobody uses leave */
	struct tw_map attempts;               /* id's 16 bytes → struct attempt */
	struct tw_map callers;                /* the same of those that call back, the oldest first */
	struct tw_map pools;                  /* name → the round of reading that saw it last */
	uintptr_t pools_round;
	struct tw_map file_parts, file_sums;  /* filekey.c: dag_id → its document's part; file → the sum */
	struct tw_map run_contexts;           /* "dag\nrun" → JSON text of the workload's `run` */

	struct tw_lease lease;
	struct tw_arena lease_arena;
	int64_t job_id;
	int64_t inbox_seen;                   /* rows up to here are applied or in a turn */
	int64_t next_trigger_id;
	struct alarms alarms;
	struct listeners listeners;
	bool inbox_rung;
	bool worked;                          /* since memory was given back */
	bool triggerer_lives;
	tw_time triggerer_asked;
	tw_time remote_beaten;                /* heartbeats of attempts elsewhere are known up to then */

	struct turn *gathering, *writing;
	pthread_t writer_thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct turn *to_write;                /* under lock */
	bool writer_stop;                     /* under lock */
	struct tw_store *writer;              /* the writer thread's handle */
	pthread_mutex_t write_lock;           /* one writing transaction at a time in this process */

	struct tw_statsd *statsd;             /* NULL: off */
	struct figures {
		int64_t turns, turn_us;       /* how many were committed, and how long that took */
	} figures;
	_Atomic int64_t beaten;               /* the heartbeat that was last written; µs */
	struct tw_healthport *health;
	bool stopping;
	int status;
};

/* scheduler.c */
tw_time shell_now(struct shell *sh);
void shell_fail(struct shell *sh, const struct tw_err *err); /* logs, and leaves the loop with status 1 */

/* turn.c */
enum tw_rc shell_step(struct shell *sh, const struct tw_event *ev, struct tw_err *err);
enum tw_rc turn_writer_start(struct shell *sh, struct tw_err *err);
void turn_writer_stop(struct shell *sh);
void turn_flush(struct shell *sh);          /* at the end of each round of the loop */
struct turn *turn_new(struct shell *sh);
void turn_free(struct turn *t);

/* Fills a row of the turn with a callback: its id, its work (copied), its time. It goes into the turn's commit. */
void turn_callback(struct shell *sh, struct turn *t, struct tw_callback_row *row, struct tw_str data);

/* The workload that a worker elsewhere might have taken goes, with the turn that gathers. */
void turn_workload_drop(struct shell *sh, struct tw_id attempt);

/* stats.c */
void stats_of_turn(struct shell *sh, const struct turn *t); /* after its commit */
void stats_beat(struct shell *sh);

/* boot.c */
enum tw_rc boot_lease(struct shell *sh, struct tw_err *err);
enum tw_rc boot_load(struct shell *sh, struct tw_err *err);
void boot_adopt(struct shell *sh);
/* Reads the DAG's row and newest document again and tells the core. */
enum tw_rc boot_dag(struct shell *sh, struct tw_str dag_id, struct tw_err *err);
/* Of every backfill that is not complete: how many of its runs may run. Before the runs. */
enum tw_rc boot_backfills(struct shell *sh, struct tw_err *err);
enum tw_rc boot_pools(struct shell *sh, struct tw_err *err);
/* TW_ERR_AGAIN: its data interval is being asked for; inbox_id (0 = none) is done when it is loaded (timetable.h). */
enum tw_rc boot_run(struct shell *sh, struct tw_str dag_id, struct tw_str run_id, int64_t inbox_id, struct tw_err *err);
/* The document of a version, borrowed from the table of versions. */
enum tw_rc boot_version(struct shell *sh, struct tw_str version_id, struct tw_dag **ret_dag, struct tw_err *err);

/* filekey.c */
/* A DAG's newest document, or NULL: it is gone. */
void filekey_told(struct shell *sh, struct tw_str dag_id, const struct tw_dag *dag);
/*
 * The key of the warm child that may run a DAG's tasks, one for all DAGs of its file: the file as it is now and what
 * it was parsed to. A helper module that changed is seen by the runner, which watches what the child imported.
 */
void filekey_write(const struct shell *sh, const struct tw_dag *dag, struct tw_buf *out);
void filekey_release(struct shell *sh);

/* inbox.c */
void inbox_take(struct shell *sh);          /* only while nothing is being written */
/* Tells the core of a backfill's limit, and gives it the queued runs that it does not hold. */
enum tw_rc backfill_load(struct shell *sh, int64_t id, bool with_runs, struct tw_err *err);
void inbox_answer_past(struct shell *sh, const struct tw_fx_ask *ask);

/* assets.c */
/* A `finished` frame's outlet_events, in whole: into the event, which borrows from the arena. */
void assets_read_outlets(struct shell *sh, const struct tw_task *task, struct tw_value events, struct tw_arena *a,
			 struct tw_ev_finished *f);
enum tw_rc assets_take_event(struct shell *sh, struct tw_value payload, struct tw_arena *a, struct tw_err *err);
enum tw_rc assets_take_unmark(struct shell *sh, struct tw_str dag_id, struct tw_value payload, struct tw_err *err);
enum tw_rc assets_load(struct shell *sh, struct tw_err *err); /* marks, and what is behind aliases */
void assets_sync_watchers(struct shell *sh, const struct tw_dag *dag);
void assets_drop_watchers(struct shell *sh);

/* news.c */
/* The end of an attempt out of the `finished` body; what a deferral says of its trigger is left to the caller. */
struct tw_ev_finished news_finished(struct tw_id attempt, enum tw_end end, struct tw_str reason, struct tw_value body);
/* start_from_trigger: the attempt is deferred at once, by what its document says. */
void news_start_deferred(struct shell *sh, const struct tw_fx_dispatch *d);
/* What came with an accepted end (XComs, rendered fields, …), into the commit that ends it. */
void news_keep(struct shell *sh, const struct tw_fx_ack *ack, struct tw_value body, const struct tw_ev_finished *f);
struct tw_executor_sink news_sink(struct shell *sh);
struct attempt *attempt_add(struct shell *sh, const struct tw_ti_row *ti, struct tw_executor *ex);
struct attempt *attempt_find(struct shell *sh, struct tw_id id);
void attempt_drop(struct shell *sh, struct tw_id id);
void attempt_ended(struct shell *sh, struct tw_id id); /* the same, once its end is committed: its callbacks are answered */
void attempts_release(struct shell *sh);

/* remote.c */
/* A worker says that an attempt has started, has ended, or that its process is gone; docs/inbox.md. */
enum tw_rc remote_take_started(struct shell *sh, struct tw_value payload, struct tw_err *err);
enum tw_rc remote_take_finished(struct shell *sh, struct tw_value payload, struct tw_err *err);
enum tw_rc remote_take_gone(struct shell *sh, struct tw_value payload, struct tw_err *err);
/* What has come of heartbeats since the last time. */
void remote_beats(struct shell *sh);

/* hitl.c */
/* It has just begun to wait: perhaps the answer is there already. */
void hitl_parked(struct shell *sh, struct tw_id attempt, int64_t trigger_id);
/* Somebody has answered; nothing happens while the attempt is not waiting yet. */
enum tw_rc hitl_answered(struct shell *sh, struct tw_id attempt, struct tw_err *err);
void hitl_no_answer(struct shell *sh, const struct tw_fx_ask *ask);

/* workload.c */
void workload_write(struct shell *sh, const struct tw_fx_dispatch *d, struct tw_buf *out);
/* The piece of work that a dag-processor gets for a callback. */
struct workload_call {
	const char *kind, *request;   /* "dag_failure", and what Airflow calls such a request */
	const char *reason;           /* NULL = none */
	const struct tw_dag *dag;
	const struct tw_run_row *run;
	const struct tw_ti_row *ti;   /* NULL, or task_id p NULL: it is about the run */
	struct tw_str about;          /* JSON: what this kind says besides; empty = nothing */
};
void workload_callback(struct shell *sh, const struct workload_call *call, struct tw_buf *out);
void workload_forget_run(struct shell *sh, struct tw_str dag_id, struct tw_str run_id);
/* The run as tasks see it; store may be any handle, or NULL: then there are no other runs. */
void workload_run_json(struct tw_store *store, const struct tw_run_row *run, struct tw_buf *out);
/* The key `expand`: which item of each mapped argument is this instance's. */
void workload_expand(struct tw_jw *w, const struct tw_fx_dispatch *d);
/* An instant as the workload writes it: quoted ISO text or null. */
void workload_time(struct tw_jw *w, const char *key, tw_time t);
