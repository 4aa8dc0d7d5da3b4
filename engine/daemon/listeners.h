/*
 * Listeners of plugins hear of runs (docs/callbacks.md): the document says which hooks somebody implements, and each change of
 * a run's state leaves a callback's row in the commit that makes it.
 */
#pragma once

#include "base/map.h"
#include "core/sched.h"
#include "model/dag.h"

struct shell;
struct turn;

/* "dag\nrun" → its state + 1, as it was told of last: live runs of DAGs with listeners only. */
struct listeners {
	struct tw_map told;
};

void listeners_release(struct listeners *l);
/* A run is held from now on: what it was before need not be told. */
void listeners_run_held(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run);
/* Those of the runs that a turn changes. */
void listeners_of_turn(struct shell *sh, struct turn *t);
