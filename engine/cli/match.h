/* Ids that a person names by a regular expression (POSIX extended, found anywhere). A bad one ends the command. */
#pragma once

#include "base/vec.h"
#include "model/dag.h"
#include "model/graph.h"

typedef TW_VEC(struct tw_str) tw_names;

/* Sets the tasks whose id matches; NULL: all. */
void tw_match_tasks(const char *pattern, const struct tw_dag *dag, tw_bits *set);
/* DAGs whose id matches, in the arena of the command; stale: those too that are gone from their file. */
tw_names tw_match_dags(const char *pattern, bool stale);
