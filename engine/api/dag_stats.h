/*
 * How many runs of each state each DAG has, for /dagStats, which tells all of them at once. They are counted once for all that ask; from then on
 * a DAG is counted again when the change feed names it. The answer is kept in pieces that all who ask share: a change writes one piece anew.
 */
#pragma once

struct tw_dag_stats;

struct tw_dag_stats *tw_dag_stats_new(void);
void tw_dag_stats_free(struct tw_dag_stats *st); /* NULL is fine */
