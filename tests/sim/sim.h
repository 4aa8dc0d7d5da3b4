/*
 * The simulation: random DAGs, schedules and limits; a store in memory; executors that are slow, silent, late, lie
 * and speak twice; people who clear, mark, pause and delete; clocks that jump; and crashes between any two effects. All
 * of it from one seed, which repeats the world.
 *
 * After every commit the invariants hold (check.c): limits and rules are asked of the store's rows by an oracle that was
 * written from the contract and shares no code with the core (oracle.c), what the core counts is counted again, nobody is
 * ready and forgotten, and a scheduler loaded from the store stands where the living one stands. When the faults stop,
 * every run ends.
 *
 *	sim.c     a world: turns, commits, crashes        oracle.c  what the contract says about an instance
 *	gen.c     random DAG documents                    check.c   what must hold, and when it is asked
 *	store.c   rows as a database has them             people.c  what people and the clock do
 *	exec.c    executors, runners, triggerers          why.c     the reasons that the core gives, against the oracle
 *	assets.c  what happens to assets, and the runs that follow
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "core/core.h"
#include "value/json.h"

#define MAX_DAGS 6
#define MAX_DOCS 200              /* and one more for each DAG, without a schedule */
#define NPOOLS 4
#define NEXECS 3
#define NASSETS 5              /* n0 at a0 … */

/* What the oracle knows of a document beyond it: found once from the written arrows alone. */
struct fact {
	int *setups, nsetups;        /* whose scope the task lies in, without the direct ones */
	int *scope, nscope;          /* of a teardown: what lies between its setups and itself */
	tw_bits *below;
};
struct doc {
	struct tw_dag *dag;
	char *text;
	struct fact *facts;
};

/* Instances of one task in one run: -1 alone, or 0 … n-1. */
struct stask {
	struct tw_str task_id;
	TW_VEC(struct srow *) tis;
	int active;                  /* of max_active_tis_per_dagrun */
	int *of_dag;                 /* of max_active_tis_per_dag */
};

/* A task instance as the store has it. */
struct srow {
	struct tw_ti_load l;
	struct srun *run;
	struct stask *task;
	struct attempt *open;        /* whose start was accepted */
	struct tw_str *skips;        /* names in its skip record */
	int nskips;
	bool skips_followed, gone;
	enum tw_ti_state before;     /* the turn that it moved in */
	tw_time due_before;
	long moved_turn;
};

struct srun {
	struct sdag *d;
	struct tw_run_row row;
	const struct doc *doc;
	const struct doc *made_by;   /* whose schedule asked for it */
	struct tw_map tasks;         /* task_id → struct stask */
	TW_VEC(struct srow *) tis;
	int executing, past_asked;
	bool gone, live;
	long touched_turn, started_turn, made_turn;
};

struct sdag {
	struct tw_str dag_id;
	int doc;                     /* the newest, in m->docs */
	bool paused, removed, import_error;
	bool changed;                /* since core and store last were one: limits of before may hold still */
	struct tw_map runs;          /* run_id → struct srun */
	TW_VEC(struct srun *) all;
	struct tw_map active;        /* task_id → int */
	int64_t backfill;            /* id of the one backfill; 0 = none yet */
	int backfill_max, backfill_made;
	bool backfill_paused;
	tw_time marks[NASSETS];      /* when it was marked for the asset; TW_TIME_NONE = it is not */
	tw_time consumed;            /* up to where its runs for assets have taken events */
	bool stands_changed;         /* since then it was told to stand, or not to */
	bool assets_changed;         /* since core and store last were one: who listens is not certain */
};

static inline bool stands(const struct sdag *d)
{
	return d->paused || d->removed || d->import_error;
}

/* To an asset. */
struct happened {
	tw_time at;
	int asset;
	bool by_alias;
	const struct srun *source;   /* NULL = somebody posted it */
};

struct posted {
	int64_t id;
	int asset;
	bool done;
};

struct spool {
	int64_t slots, used, deferred;
	bool include_deferred, known;
	bool changed;                /* in this turn: what was given out before may be over */
};

struct sexec {
	int slots, used;
	bool changed;
};

/* An attempt as the executor sees it. */
enum phase { SENT, STARTED, ENDED, PAUSED, SILENT };
struct attempt {
	struct tw_id id;
	size_t at;                   /* in m->attempts */
	enum phase phase;
	struct srow *row;
	int try_number, leg;         /* a leg for each time it was given out */
	bool killed, accepted;
	struct tw_ev_finished end;   /* ENDED: kept until it is acknowledged */
};

struct stepped {
	struct tw_event ev;
	enum tw_rc rc;
	size_t ack, ask;
};

/* Events that were stepped, and what came of them, on the way to the disk. */
struct turn {
	struct tw_effects *fx;
	TW_VEC(struct stepped) evs;
	long number;
};

struct sim {
	uint64_t rng, seed;
	struct tw_sched *s;
	struct tw_sched_config cfg;
	struct tw_zones zones;
	struct tw_arena arena, load_arena;
	struct tw_map interned;
	tw_time now;                 /* the world's clock: never back */
	/* the kind of world */
	bool one_by_one;             /* a turn is one event: the oracle sees every decision */
	int full_every, reload_every;/* turns between the dear checks, at least */
	long next_full, next_reload, live_rows;
	int size;                    /* of DAGs */
	bool with_assets, with_scoped_groups;
	bool calm;                   /* the faults have stopped */
	/* figures */
	long step, turns, crashes, dispatched, reloads, asked_why;
	int64_t ended;               /* task instances */
	/* the world */
	int ndags;
	struct sdag dags[MAX_DAGS];
	struct doc docs[MAX_DOCS + MAX_DAGS];
	int ndocs, nrun_names;
	struct spool pools[NPOOLS + 1];
	struct sexec execs[NEXECS];
	/* the store */
	TW_VEC(struct srun *) runs;
	TW_VEC(struct srun *) live;  /* unfinished ones, and some that have ended since */
	struct tw_map history;       /* ids of attempts that are over */
	int executing;
	TW_VEC(struct happened) happened;
	TW_VEC(struct posted) posted;
	tw_time asset_clock;
	bool behind[NASSETS];        /* it came by the alias, once */
	TW_VEC(struct srun *) touched;   /* since core and store last were one */
	TW_VEC(struct srow *) moved;     /* by the last commit */
	/* executors and triggerers */
	TW_VEC(struct attempt *) attempts;
	struct tw_map by_id;
	struct tw_map over;          /* ids of attempts whose end was accepted */
	TW_VEC(int64_t) triggers;
	int64_t next_trigger;
	/* messages on their way, and turns that are not committed yet */
	TW_VEC(struct tw_event) pending;
	size_t pending_head;
	struct turn writing, gathering;
};

/* sim.c */
uint64_t sim_random(struct sim *m, uint64_t below);
bool sim_chance(struct sim *m, int in_1000);
struct tw_str sim_intern(struct sim *m, struct tw_str s);
struct tw_str sim_printf(struct sim *m, const char *fmt, ...) TW_PRINTF(2, 3);
void sim_fail(struct sim *m, const char *fmt, ...) TW_PRINTF(2, 3) __attribute__((noreturn));
void sim_fail_run(struct sim *m, const struct srun *r, const char *fmt, ...) TW_PRINTF(3, 4) __attribute__((noreturn));
void sim_post(struct sim *m, struct tw_event ev);
size_t sim_waiting(const struct sim *m);           /* events that are posted and not stepped */
void sim_turn(struct sim *m);                      /* steps what is pending, commits, performs; may crash */
void sim_run(struct sim *m, uint64_t seed, long steps);
void sim_release(struct sim *m);

/* gen.c */
int gen_dag(struct sim *m, int number);            /* a new document of that DAG: its place in m->docs */
int gen_unscheduled(struct sim *m, int doc);       /* the same without a schedule */

/* store.c */
struct sdag *store_dag(struct sim *m, struct tw_str dag_id);
struct srun *store_run(struct sim *m, struct tw_run_ref ref);
struct srow *store_ti(struct sim *m, struct tw_str dag, struct tw_str run, struct tw_str task, int map_index);
void store_apply(struct sim *m, const struct tw_effects *fx);
void store_finish(struct sim *m, const struct tw_ev_finished *ev, const struct tw_fx_ack *ack);
void store_recount(struct sim *m);                 /* the store's own sums, against its rows */
struct tw_event store_load_event(struct sim *m, struct srun *r);
struct tw_event store_dag_event(struct sim *m, const struct sdag *d);
void store_taken(struct sim *m, const struct sdag *d, struct tw_ev_dag *ev); /* the logical dates that runs have by now */
struct tw_event store_past_event(struct sim *m, const struct tw_fx_ask *ask);
void store_boot(struct sim *m, void (*say)(struct sim *m, struct tw_event ev));

/* exec.c */
void exec_ack(struct sim *m, const struct tw_fx_ack *k);
void exec_kill(struct sim *m, const struct tw_fx_kill *k);
void exec_dispatch(struct sim *m, const struct tw_fx_dispatch *d);
void exec_act(struct sim *m);
void exec_reconcile(struct sim *m);
struct attempt *exec_find(struct sim *m, struct tw_id id);

/* assets.c */
void assets_act(struct sim *m);
void assets_of_end(struct sim *m, const struct tw_task *task, struct tw_ev_finished *end);
void assets_apply(struct sim *m, const struct turn *t);
void assets_check(struct sim *m);                  /* nothing is on its way */
void assets_check_end(struct sim *m);
void assets_boot(struct sim *m, void (*say)(struct sim *m, struct tw_event ev));
void assets_post_again(struct sim *m);

/* people.c */
void people_act(struct sim *m);
void people_pass_time(struct sim *m);
void people_calm_down(struct sim *m);

/*
 * oracle.c: what may become of an instance that waits, as the contract has it. RUN alone: it is ready. WAIT alone: nothing
 * yet. Otherwise the states that it may be set to without running.
 */
enum { O_WAIT = 1, O_RUN = 2, O_SKIPPED = 4, O_UPSTREAM_FAILED = 8, O_REMOVED = 16, O_ANY = 31 };
struct ruling {
	unsigned may;
	bool unexpanded;             /* where its length comes from may set it too */
	bool past_waits;             /* depends_on_past: not yet, whatever `may` says about running */
	const struct srun *past;     /* the run before, when it was asked */
	bool past_moved;             /* what it waits for there has moved this turn */
	int upstreams_moved;         /* this turn: two that move at once may be seen one after the other */
};
struct ruling oracle_ask(struct sim *m, const struct srow *t);
bool oracle_blocked(struct sim *m, const struct srow *t); /* scheduled: is some limit of its own really full? */
bool oracle_before(const struct srow *a, const struct srow *b); /* the order of queueing */
void oracle_learn(struct sim *m, struct doc *d);
void oracle_forget(struct doc *d);

/* check.c */
void check_commit(struct sim *m, const struct turn *t); /* its rows are in the store */
void check_settled(struct sim *m, bool everything);     /* nothing is on its way: core and store are one */
void check_reload(struct sim *m);

/* why.c */
void why_check(struct sim *m);
void why_tell_run(struct sim *m, const struct srun *r);
void why_tell(struct sim *m);                      /* what is unfinished, and why: to stderr */
