/*
 * The simulation: random DAGs, a store in memory, executors that are slow, fail, lie, are late and speak twice,
 * people who clear and mark, clocks that jump, and crashes between commit and dispatch; all from one seed.
 * After every turn the invariants of check.c hold, and when the faults stop every run ends.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "core/core.h"
#include "value/json.h"

#define NDAGS 4
#define NPOOLS 3

/* A task instance as the store has it. */
struct srow {
	struct tw_ti_load l;
	struct tw_str key;           /* dag \1 run \1 task \1 index */
	bool gone;
};

struct srun {
	struct tw_run_row row;
	const struct tw_dag *dag;
	TW_VEC(struct srow *) tis;
	bool gone;
};

/* An attempt as the executor sees it. */
enum phase { SENT, STARTED, ENDED, SILENT };
struct attempt {
	struct tw_id id;
	enum phase phase;
	struct tw_str dag, run, task;
	int map_index, try_number;
	bool killed, accepted;
	struct tw_ev_finished end;   /* ENDED: kept until acknowledged */
	bool returns;
};

struct sim {
	uint64_t rng, seed;
	struct tw_sched *s;
	struct tw_sched_config cfg;
	struct tw_zones zones;
	struct tw_arena arena;
	struct tw_map interned;
	tw_time now;                 /* the sim's own clock, never back */
	long step, turns, crashes, dispatched, ended_runs;
	/* the world */
	struct tw_dag *dags[NDAGS];
	struct tw_dag *all_docs[NDAGS * 50];
	int ndocs;
	bool paused[NDAGS];
	int64_t pools[NPOOLS];
	bool include_deferred[NPOOLS];
	int nrun_names;
	/* the store */
	TW_VEC(struct srun *) runs;
	struct tw_map ti_rows;
	/* the executor */
	TW_VEC(struct attempt) attempts;
	struct tw_map over;          /* ids of attempts whose end was accepted */
	TW_VEC(int64_t) triggers;
	int64_t next_trigger;
	bool limits_changed;         /* in this turn: what was given out before may be over them */
	bool calm;                   /* the faults have stopped */
	TW_VEC(struct tw_event) pending; /* events to be stepped in the turn to come */
};

/* sim.c */
uint64_t sim_random(struct sim *m, uint64_t below);
bool sim_chance(struct sim *m, int in_1000);
struct tw_str sim_intern(struct sim *m, struct tw_str s);
struct tw_str sim_printf(struct sim *m, const char *fmt, ...) TW_PRINTF(2, 3);
void sim_fail(struct sim *m, const char *fmt, ...) TW_PRINTF(2, 3) __attribute__((noreturn));
void sim_post(struct sim *m, struct tw_event ev);
void sim_turn(struct sim *m);    /* steps what is pending, commits, performs; may crash */

/* gen.c */
struct tw_dag *sim_random_dag(struct sim *m, int number);

/* store.c */
void store_apply(struct sim *m, const struct tw_effects *fx);
void store_finish(struct sim *m, const struct tw_ev_finished *ev, const struct tw_fx_ack *ack);
struct srun *store_run(struct sim *m, struct tw_str dag, struct tw_str run);
struct srow *store_ti(struct sim *m, struct tw_str dag, struct tw_str run, struct tw_str task, int map_index);
void store_reload(struct sim *m);
void store_answer_past(struct sim *m, const struct tw_fx_ask *ask);
void store_load_run(struct sim *m, struct srun *r);

/* exec.c */
void exec_take(struct sim *m, const struct tw_effects *fx);
void exec_act(struct sim *m);
void exec_reconcile(struct sim *m);
struct attempt *exec_find(struct sim *m, struct tw_id id);

/* check.c */
void check_turn(struct sim *m, const struct tw_effects *fx, bool one_event);
void check_same_after_reload(struct sim *m);
