/*
 * What is due by the clock and is no state of the core's: deadlines of runs (3.1) and SLAs of their tasks (2.x). One heap
 * of instants; what an instant means is decided from the metastore when it comes, and leaves rows in the turn's commit.
 */
#pragma once

#include "base/heap.h"
#include "base/map.h"
#include "base/str.h"
#include "model/dag.h"
#include "core/sched.h"

struct shell;
struct turn;

struct alarms {
	struct tw_heap heap;
	struct tw_map slas;          /* "dag\nrun" → its alarm in the heap */
};

/* Deadlines that the metastore has, and SLAs of runs that have ended before them. */
enum tw_rc alarms_load(struct shell *sh, struct tw_err *err);
void alarms_release(struct alarms *a);

/* A run has been made: its deadlines become rows of the turn that is gathering. */
void alarms_run_made(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run);
/* A run is held: its tasks' SLAs are watched. */
void alarms_run_held(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run);
/* Of the runs that a turn changes: new ones; deadlines that were met go, those counted from the queueing are counted anew. */
void alarms_of_turn(struct shell *sh, struct turn *t);
/* Python says what a reference of the DAG's own counts from; the interval is still to be added. */
enum tw_rc alarms_answered(struct shell *sh, struct tw_run_ref run, int alert, tw_time base, struct tw_err *err);

tw_time alarms_next(const struct shell *sh); /* TW_TIME_NONE: none */
void alarms_ring(struct shell *sh);          /* those that are due */
