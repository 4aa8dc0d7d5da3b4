/*
 * Questions about a DAG's graph. Sets of tasks are bitmaps of dag->ntasks bits.
 */
#pragma once

#include "model/dag.h"

typedef uint64_t tw_bits;
#define TW_BITS_WORDS(n) (((size_t)(n) + 63) / 64)

static inline bool tw_bit(const tw_bits *b, int i)
{
	return b[i >> 6] >> (i & 63) & 1;
}
static inline void tw_bit_set(tw_bits *b, int i)
{
	b[i >> 6] |= (tw_bits)1 << (i & 63);
}
static inline void tw_bit_clear(tw_bits *b, int i)
{
	b[i >> 6] &= ~((tw_bits)1 << (i & 63));
}
/* Zeroed, for n tasks; the caller frees. */
tw_bits *tw_bits_new(int n);

/* Adds every task below (above) t to set; t itself is not added. */
void tw_dag_descendants(const struct tw_dag *dag, int t, tw_bits *set);
void tw_dag_ancestors(const struct tw_dag *dag, int t, tw_bits *set);

/*
 * The tasks a person means by "these, and what is above / below": with the setups and teardowns
 * that a task needs when it is run again (clear) always among them.
 */
void tw_dag_select(const struct tw_dag *dag, const tw_bits *these, bool upstream, bool downstream,
		   tw_bits *ret_set);

/* The tasks of a group and of the groups in it; false when there is no such group. */
bool tw_dag_group_tasks(const struct tw_dag *dag, struct tw_str group_id, tw_bits *set);

/* Called by the parser once tasks, upstreams and groups are there. */
enum tw_rc tw_dag_graph_build(struct tw_dag *dag, struct tw_err *err); /* downstream, topo; cycles */
void tw_dag_scopes_build(struct tw_dag *dag);                         /* out, nin, leaf */
void tw_dag_weights_build(struct tw_dag *dag);
