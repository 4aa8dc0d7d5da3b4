/*
 * Inside of the core. One scheduler holds DAG entries, pools and executors; a DAG entry its live runs;
 * a run the state of each task (struct tstate), and that the task's instances (struct ti).
 *
 * The life of a step: an event changes instances through tw_core_move, the only function that changes a
 * state. It keeps all counters true and puts whoever may now be ready on the work list; tw_core_settle
 * works it off, evaluates the touched runs, starts queued runs and hands out free slots.
 *
 *	sched.c    events to functions, look-ups          move.c    a state changes: what else changes
 *	create.c   DAGs, scheduled runs, queued → running  rules.c   may this instance run?
 *	run.c      making, loading, ending a run          expand.c  mapped tasks get their instances
 *	attempt.c  what executors report                  queue.c   pools, limits, who is next
 *	actions.c  what people ask for                    past.c    the run before
 *	timers.c   what waits for the clock               effects.c what the shell is told
 *	asset.c    what happened to assets, and the runs that follow from it
 *	partition.c the same by partition
 */
#pragma once

#include "base/heap.h"
#include "base/map.h"
#include "base/vec.h"
#include "core/sched.h"
#include "model/graph.h"

struct run;
struct dagent;
struct pool;
struct executor;
struct bucket;

/* ── timers ─────────────────────────────────────────────────────────────────────────────── */

enum timer_kind { TIMER_TI, TIMER_RUN, TIMER_DAG };

struct timer {
	struct tw_heap_node node;
	tw_time at;
	uint64_t seq;                /* first armed, first fired */
	enum timer_kind kind;
};

/* ── task instances ─────────────────────────────────────────────────────────────────────── */

/* How many upstream instances there are, and how those that have ended ended. */
struct counts {
	uint32_t u, s, k, f, uf, r;
};

/* What most instances never have. In the run's arena. */
struct ti_extra {
	struct tw_str hostname, unixname, external_executor_id, next_method, next_kwargs;
	struct tw_str label, note, reason;
	int pid;
	int64_t trigger_id;
	tw_time trigger_timeout, reschedule_start;
	struct tw_value said;        /* the skip record, as it came */
	struct tw_value skip;        /* and as its version reads it: with who is below those that it names */
};

enum place { NOWHERE, IN_BUCKET, PARKED_RUN_LIMIT, PARKED_DAG_LIMIT, PARKED_POOL, PARKED_EXECUTOR };

struct ti {
	struct run *run;
	int task, map_index;
	int stored_index;            /* map_index that the store knows it by */
	uint8_t state;
	uint8_t place;               /* enum place, of `queue` */
	bool stored, in_work, held;
	bool dead;                   /* replaced: its run went to another version */
	bool has_return;
	int mapped_length;           /* of its return value, -1 = none */
	int try_number, max_tries, requeues;
	int pool_slots;
	struct pool *pool;           /* where it takes its slots: as its task said when it was made or cleared */
	struct executor *executor;   /* likewise; NULL = the default */
	struct tw_id id;
	tw_time scheduled, queued, start, end, due, updated;
	tw_time beat;                /* of an open attempt: when it was last heard of */
	struct tw_heap_node queue;
	struct tw_heap *in_heap;     /* that `queue` is in */
	struct timer timer;
	struct counts *own;          /* TW_EDGE_NKINDS of them: arrows inside of a mapped group; NULL elsewhere */
	struct ti_extra *x;
	uint64_t fx_turn;
	size_t fx_slot, fx_dispatch;
	uint64_t dispatch_turn;
	bool touched;
};

struct tstate {
	struct counts in[TW_EDGE_NKINDS]; /* what all instances share */
	struct ti **tis;
	int n;
	bool expanded;               /* mapped, and its instances are made */
	bool revise;                 /* cleared since: its length may have changed */
	int waiting;                 /* instances without a state */
	int ended;                   /* finished instances */
	int returned;                /* with a return value */
	int active;                  /* of max_active_tis_per_dagrun */
	int per;                     /* in a mapped group: instances per group index */
	struct tw_heap parked;       /* over that limit */
	struct ti *first_ptr;        /* tis of the usual one */
};

/* ── runs ───────────────────────────────────────────────────────────────────────────────── */

enum past_state { PAST_UNKNOWN, PAST_ASKED, PAST_NONE, PAST_KNOWN };

struct past_fact {
	int state;
	bool here;
};

struct run {
	struct tw_sched *s;
	struct dagent *d;
	const struct tw_dag *dag;
	struct tw_run_row row;
	struct tw_arena arena;
	struct tstate *tasks;
	int ntasks;
	int64_t nstate[TW_TI_NSTATES];
	int64_t unfinished, nheld;
	struct cgroup *limit;        /* whose slots its instances take: own_limit or the DAG's */
	struct cgroup {
		int active;
		struct bucket **buckets;
		size_t n, cap;
	} own_limit;
	TW_VEC(struct tw_ti_load) lost; /* rows of tasks that its version does not have: another may have them again */
	struct timer timer;
	struct tw_heap_node waiting; /* among the queued runs of its DAG */
	uint64_t seq;
	bool stored, in_work, touched, gone, over, in_idle;
	bool timed_out;
	bool has_mapped;             /* some task is expanded */
	uint64_t fx_turn;
	size_t fx_slot;
	/* the run before (past.c) */
	enum past_state past;
	bool past_is_old;            /* what was asked is another question by now */
	struct run *prev;            /* when it is held too */
	struct tw_run_ref prev_ref;
	tw_time prev_logical;
	bool backfill_before;        /* the store has an earlier run of its backfill */
	struct tw_map past_facts;    /* "task\0index" → state + 1 */
	struct tw_map past_tasks;    /* tasks with an instance there */
	struct tw_map past_ever;
	int needed_by;               /* runs whose prev this is */
	size_t index;                /* in d->runs */
};

/* ── what surrounds them ────────────────────────────────────────────────────────────────── */

/* Scheduled instances of one limit (a run's or a DAG's) that wait for one pool. */
struct bucket {
	struct cgroup *limit;
	struct share *share;
	struct tw_heap tis;
	struct tw_heap_node node;    /* in the share's heap while limit and bucket have something */
	int max;                     /* of limit->active */
};

/* What of one DAG waits for one pool. */
struct share {
	struct pool *pool;
	struct tw_heap buckets;
	struct tw_heap_node node;    /* in the pool's heap while it has a bucket */
};

struct pool {
	struct tw_str name;
	bool known;
	int64_t slots;
	bool include_deferred;
	int64_t running, queued, deferred, scheduled; /* slots */
	struct tw_heap shares;
	struct tw_heap big;          /* more slots than are open */
	struct tw_heap_node node;    /* in s->pools while it has a share and an open slot */
};

struct executor {
	struct tw_str name;
	int slots, active;           /* slots as in the event */
	struct tw_heap parked;
};

struct backfill {
	int64_t id;
	int max, running;
	bool paused;
	struct tw_heap queued;
};

/* max_active_tis_per_dag of one task id. */
struct dag_task {
	int active;
	struct tw_heap parked;
};

/* An asset has changed since the DAG's last asset run. */
struct asset_mark {
	struct tw_str name, uri;     /* owned */
	struct tw_str source;        /* owned; of a partition: its key upstream */
	tw_time at;
};

struct partition;

struct dagent {
	struct tw_sched *s;
	struct tw_str dag_id;
	const struct tw_dag *dag;    /* the newest document; NULL = never seen */
	struct tw_str version_id, bundle_version;
	bool paused, import_error, removed, in_work;
	bool has_past;               /* some document of a run that is held has a task with depends_on_past */
	struct run **runs;
	size_t nruns, cap_runs;
	struct tw_map by_run_id;
	int queued_runs, running_runs; /* without backfills */
	struct tw_heap queued;
	struct backfill **backfills;
	size_t nbackfills, cap_backfills;
	struct cgroup limit;         /* max_active_tasks over all runs (2.x) */
	int active;                  /* queued and running, over all runs */
	uint64_t served;             /* when it last took a slot, by s->served; 0 = not in this scheduler's life */
	TW_VEC(struct share *) shares;
	struct tw_map tasks;         /* task_id → struct dag_task */
	struct timer timer;
	bool has_last, has_next, next_stale, asked_next, exceeds;
	struct tw_run_info last, next;
	uint64_t made_turn;          /* the turn that `made` counts scheduled runs of */
	int made;
	TW_VEC(tw_time) taken;       /* logical dates of runs that are not held, of the last scheduled run's on */
	struct tw_recent_run *recent; /* finished, newest run_after first */
	int nrecent;
	TW_VEC(struct asset_mark) marks;
	TW_VEC(struct partition *) partitions; /* keys that a run may be made of */
	tw_time span_start, span_end; /* of the runs that made the events since (2.x) */
	tw_time asset_seen;          /* the last event it was told of */
};

/* Open attempts by id. */
struct idmap {
	struct ti **v;
	size_t n, cap;
};

/* What is let go with the effects that were made last when it ended. */
struct tw_grave {
	struct tw_grave *next;
	struct run *run;
	const struct tw_dag *dag;
	void *memory;
};

struct tw_sched {
	struct tw_sched_config cfg;
	uint64_t prng[4];
	tw_time now;
	uint64_t turn, seq, served;
	struct tw_map dags, pools, executors;
	struct tw_map triggers;      /* trigger id (8 bytes) → struct ti */
	struct tw_map listeners;     /* leaf of an asset condition → struct listeners: the DAGs that name it */
	struct tw_map behind;        /* alias and asset: this asset came by that alias */
	tw_time asset_clock;         /* the time of the last asset event */
	struct tw_map deleted;       /* runs whose deletion a store may not have committed yet */
	struct tw_heap timers;
	struct tw_heap ready_pools;
	struct idmap ids;
	int active;                  /* queued and running */
	int64_t nstate[TW_TI_NSTATES];
	TW_VEC(struct ti *) work;
	size_t work_head;
	TW_VEC(struct run *) run_work;
	TW_VEC(struct dagent *) dag_work; /* may start or make a run */
	TW_VEC(struct tw_heap *) opened; /* parking places of limits that gave a slot back */
	TW_VEC(struct ti *) touched;
	TW_VEC(struct run *) touched_runs;
	TW_VEC(struct run *) idle;   /* over; let go when the turn is, unless something wakes them */
	TW_VEC(struct run *) ended;  /* to be buried at the end of the step */
	struct tw_effects *fx;       /* of the step under way */
};

/* effects.c */
void tw_core_touch(struct ti *ti);
void tw_core_touch_run(struct run *r);
void tw_core_flush(struct tw_sched *s);
void tw_core_ti_row(const struct ti *ti, struct tw_ti_row *ret);
void tw_core_history(struct ti *ti, enum tw_ti_state as);
void tw_core_kill(struct ti *ti, const char *reason, bool requeued);
void tw_core_ack(struct tw_sched *s, struct tw_id id, enum tw_event_type of, const struct ti *ti);
void tw_core_audit(struct run *r, const struct ti *ti, const char *event, struct tw_str by,
		   struct tw_str extra);
void tw_core_callback(struct run *r, const struct ti *ti, enum tw_fx_callback_kind kind,
		      const char *reason);
void tw_core_xcom_clear(struct ti *ti);
void tw_core_bury(struct tw_sched *s, struct run *run, const struct tw_dag *dag, void *memory);
struct tw_str tw_core_keep(struct tw_arena *a, struct tw_str s);

/* ids.c */
void tw_core_seed(struct tw_sched *s, uint64_t seed);
uint64_t tw_core_random(struct tw_sched *s);
struct tw_id tw_core_new_id(struct tw_sched *s);
void tw_idmap_put(struct idmap *m, struct ti *ti);
struct ti *tw_idmap_get(const struct idmap *m, struct tw_id id);
void tw_idmap_del(struct idmap *m, struct tw_id id);

/* move.c */
void tw_core_move(struct ti *ti, enum tw_ti_state to);
void tw_core_account(struct ti *ti, enum tw_ti_state state, int by); /* it is in this state: +1, -1 */
bool tw_core_schedulable(const struct ti *ti);
void tw_core_work(struct ti *ti);
void tw_core_run_work(struct run *r);
void tw_core_count(struct counts *c, enum tw_ti_state s, int by);
struct ti_extra *tw_core_extra(struct ti *ti);
void tw_core_new_attempt(struct ti *ti);
void tw_core_forget_trigger(struct ti *ti);
void tw_core_set_return(struct ti *ti, bool has_return, int mapped_length);
/* Instances of `to` that instance k of `from` counts for along e: [*first, *last). */
void tw_core_reach(const struct run *r, const struct ti *from, const struct tw_edge *e, int *first,
		   int *last);

/* rules.c */
enum verdict { WAIT, READY, SET_SKIPPED, SET_UPSTREAM_FAILED, SET_REMOVED };
enum verdict tw_rule_verdict(enum tw_trigger_rule rule, const struct counts *c, int map_index);
void tw_core_evaluate(struct ti *ti);
struct counts tw_core_total(const struct ti *ti, enum tw_edge_kind kind);
bool tw_core_skip_record_says(const struct ti *ti);
enum verdict tw_core_setup_verdict(const struct ti *ti);
enum verdict tw_core_rule_of(const struct ti *ti);

/* expand.c */
struct tw_mapping *tw_core_group_map(const struct run *r, const struct tw_task *t);
bool tw_core_is_mapped(const struct tw_dag *dag, const struct tw_task *t);
void tw_core_length_changes(struct run *r, int task);    /* cleared: who maps over it looks again */
void tw_core_length_known(struct run *r, int task);      /* ended: groups that map over it may be expanded */
int64_t tw_core_length(const struct run *r, const struct tw_source *src);
int tw_core_parse_time_count(const struct tw_dag *dag, const struct tw_task *t);
enum verdict tw_core_mapped_verdict(const struct ti *ti);
void tw_core_expand(struct ti *ti);                      /* its instances come to the work list, or it ends unrun */
bool tw_core_revise(struct run *r, int task);            /* likewise, after a clear; false: nothing says how many there are */
void tw_core_add_instances(struct run *r, int task, int n, bool stored);
void tw_core_map_args(const struct ti *ti, struct tw_arena *a, struct tw_fx_dispatch *d);
void tw_core_recount(struct run *r, int task);           /* own counters of a task's instances */
void tw_core_count_all(struct run *r);                   /* every counter, from the states */

/* queue.c */
struct pool *tw_core_pool(struct tw_sched *s, struct tw_str name);
struct executor *tw_core_executor(struct tw_sched *s, struct tw_str name);
struct tw_str tw_core_executor_name(const struct ti *ti);
int tw_core_weight(const struct ti *ti);                 /* what it is ordered by; a custom rule's may change by attempt */
void tw_core_enqueue(struct ti *ti);
void tw_core_dequeue(struct ti *ti);
void tw_core_pool_changed(struct tw_sched *s, struct pool *p);
void tw_core_limit_changed(struct cgroup *g);
void tw_core_executor_changed(struct tw_sched *s, struct executor *e);
int64_t tw_core_pool_open(const struct pool *p);
void tw_core_dispatch(struct tw_sched *s);
int tw_core_before(const struct ti *ti, int *ret_all);    /* how many of its pool come first, of how many, itself among them */
void tw_core_slots(struct ti *ti, enum tw_ti_state state, int by);
void tw_core_requeue(struct run *r);                     /* pause, unpause: all its scheduled instances */
struct dag_task *tw_core_dag_task(struct ti *ti, bool *ret_new);
bool tw_pool_before(const struct tw_heap_node *a, const struct tw_heap_node *b);
void tw_cgroup_release(struct cgroup *g);
void tw_core_free_shares(struct dagent *d);

/* run.c */
struct run *tw_core_find_run(const struct tw_sched *s, struct tw_run_ref ref);
struct ti *tw_core_find_ti(const struct run *r, struct tw_str task_id, int map_index);
struct run *tw_core_make_run(struct dagent *d, const struct tw_dag *dag, const struct tw_run_row *row,
			     const struct tw_ev_run_new *ask);
enum tw_rc tw_core_load_run(struct tw_sched *s, const struct tw_ev_run_load *ev, struct tw_err *err);
void tw_core_free_run(struct run *r);
void tw_core_start_run(struct run *r);
void tw_core_check_run(struct run *r);                   /* has it ended? */
void tw_core_end_run(struct run *r, enum tw_run_state state);
void tw_core_queue_run(struct run *r, bool fresh_start); /* back to queued */
void tw_core_forget_run(struct run *r);                  /* leaves memory with this step */
bool tw_core_was_deleted(struct tw_sched *s, struct tw_run_ref ref, bool set, bool unset);
void tw_core_migrate(struct run *r, const struct tw_dag *dag, struct tw_str version_id);
void tw_core_follow(struct run *r);                      /* to the newest document, unless its bundle's version is pinned */
void tw_core_as_task_says(struct ti *ti);               /* pool, slots and executor: of a new one and of one that is cleared */
bool tw_core_lost(const struct run *r, struct tw_str task_id); /* another version of it had the task */
struct ti *tw_core_new_ti(struct run *r, int task, int map_index);
void tw_core_reevaluate(struct run *r);                  /* every waiting instance */

/* create.c */
struct dagent *tw_core_dag(struct tw_sched *s, struct tw_str dag_id, bool make);
enum tw_rc tw_core_on_dag(struct tw_sched *s, const struct tw_ev_dag *ev, struct tw_err *err);
void tw_core_dag_follow(struct dagent *d);               /* its live runs go by its newest document */
/* Nothing of it is scheduled or given out: it is paused, its file does not load, or it is not in it any more. */
bool tw_core_stands(const struct dagent *d);
enum tw_rc tw_core_on_paused(struct tw_sched *s, const struct tw_ev_paused *ev, struct tw_err *err);
enum tw_rc tw_core_on_dag_removed(struct tw_sched *s, struct tw_str dag_id, struct tw_err *err);
enum tw_rc tw_core_on_backfill(struct tw_sched *s, const struct tw_ev_backfill *ev);
enum tw_rc tw_core_on_next_run(struct tw_sched *s, const struct tw_ev_next_run *ev, struct tw_err *err);
enum tw_rc tw_core_on_run_new(struct tw_sched *s, const struct tw_ev_run_new *ev, struct tw_err *err);
void tw_core_dag_work(struct dagent *d);
void tw_core_dag_settle(struct dagent *d);
void tw_core_run_counted(struct run *r, int by);
void tw_core_unwait(struct run *r);                      /* out of the queue of runs */
void tw_core_note_ended(struct run *r);
void tw_core_note_taken(struct dagent *d, tw_time logical_date, bool taken);
void tw_core_free_dag(struct dagent *d);
struct backfill *tw_core_backfill(struct dagent *d, int64_t id);
void tw_core_make_runs(struct dagent *d);
bool tw_core_dag_full(const struct dagent *d);           /* max_active_runs */
bool tw_core_run_exists(const struct dagent *d, struct tw_str run_id, tw_time logical);
void tw_core_run_id(struct dagent *d, enum tw_run_type type, const struct tw_run_info *info, const struct tw_dag *dag,
		    struct tw_buf *out);

/* attempt.c, retry.c */
enum tw_rc tw_core_on_started(struct tw_sched *s, const struct tw_ev_started *ev);
enum tw_rc tw_core_on_finished(struct tw_sched *s, const struct tw_ev_finished *ev);
enum tw_rc tw_core_on_beat(struct tw_sched *s, struct tw_id id);
enum tw_rc tw_core_on_redispatch(struct tw_sched *s, struct tw_id id, struct tw_err *err);
enum tw_rc tw_core_on_refused(struct tw_sched *s, const struct tw_ev_refused *ev);
enum tw_rc tw_core_on_trigger(struct tw_sched *s, const struct tw_ev_trigger *ev, struct tw_err *err);
enum tw_rc tw_core_on_skip(struct tw_sched *s, const struct tw_ev_skip *ev, struct tw_err *err);
/* nobody_calls: no process of the task's is left to run its callbacks. */
void tw_core_attempt_failed(struct ti *ti, const char *reason, bool final, bool nobody_calls,
			    int64_t own_delay);
void tw_core_attempt_stuck(struct ti *ti);
void tw_core_clean_slate(struct ti *ti);
void tw_core_skip_others(struct ti *by);
void tw_core_read_skip(struct ti *ti, struct tw_value record);
int64_t tw_core_retry_delay(const struct ti *ti);

/* actions.c */
enum tw_rc tw_core_on_clear(struct tw_sched *s, const struct tw_ev_clear *ev, struct tw_err *err);
enum tw_rc tw_core_on_mark(struct tw_sched *s, const struct tw_ev_mark *ev, struct tw_err *err);
enum tw_rc tw_core_on_run_state(struct tw_sched *s, const struct tw_ev_run_state *ev, struct tw_err *err);
enum tw_rc tw_core_on_run_delete(struct tw_sched *s, struct tw_run_ref ref, bool drop,
				 struct tw_err *err);
void tw_core_stop(struct ti *ti, enum tw_ti_state to, const char *reason); /* whatever it does, end it so */
void tw_core_clear_one(struct ti *ti, bool keep_tries);
void tw_core_fail_fast(const struct ti *by);
enum tw_rc tw_core_held(struct tw_sched *s, struct tw_run_ref ref, struct run **ret, struct tw_err *err);

/* past.c */
enum tw_rc tw_core_on_past(struct tw_sched *s, const struct tw_ev_past *ev, struct tw_err *err);
/* met, or why not: which task is in what state in which run. */
struct past_answer {
	bool met, asked, absent;     /* asked: the shell has not answered yet */
	struct tw_str prev, task;
	enum tw_ti_state state;
};
struct past_answer tw_core_past_of(const struct ti *ti);
bool tw_core_past_met(struct ti *ti);                    /* asks when it must; false = wait */
void tw_core_past_moved(struct ti *ti);                  /* its state changed: who looks back at it? */
void tw_core_past_new_run(struct run *r);
void tw_core_past_release(struct run *r);
void tw_core_past_deleted(const struct run *r);
void tw_core_past_anew(struct run *r);

/* asset.c */
void tw_core_asset_happened(struct tw_sched *s, const struct tw_asset_said *said, const struct ti *source,
			    int64_t event_id);
enum tw_rc tw_core_on_asset_load(struct tw_sched *s, const struct tw_ev_asset_load *ev, struct tw_err *err);
enum tw_rc tw_core_on_asset_unmark(struct tw_sched *s, const struct tw_ev_asset_unmark *ev);
void tw_core_asset_listen(struct dagent *d, bool on);    /* to what its document names */
void tw_core_asset_marks_check(struct dagent *d);        /* another document: marks it does not name go */
void tw_core_asset_run(struct dagent *d);                /* is it time for one? */
void tw_core_asset_free_dag(struct dagent *d);
void tw_core_asset_free(struct tw_sched *s);
/* Is the leaf of a condition about this asset? */
bool tw_core_asset_is_about(const struct tw_sched *s, const struct tw_asset_term *leaf, struct tw_str name,
			    struct tw_str uri);
struct tw_run_row tw_core_asset_run_row(const struct dagent *d, struct tw_str run_id, const struct tw_run_info *info);

/* partition.c */
void tw_core_partition_heard(struct dagent *d, struct tw_str name, struct tw_str uri, struct tw_str source, tw_time date,
			     tw_time at);
void tw_core_partition_load(struct dagent *d, struct tw_str key, tw_time date, struct tw_str name, struct tw_str uri,
			    struct tw_str source);
void tw_core_partition_check(struct dagent *d, const struct tw_dag *before);
void tw_core_partition_runs(struct dagent *d);
void tw_core_partition_free_dag(struct dagent *d);

/* timers.c */
void tw_core_arm(struct tw_sched *s, struct timer *t, tw_time at); /* TW_TIME_NONE = disarm */
void tw_core_arm_ti(struct ti *ti);                      /* by its state */
void tw_core_fire(struct tw_sched *s);

/* sched.c */
void tw_core_idle(struct run *r);                        /* it is over and may leave */
void tw_core_settle(struct tw_sched *s);
