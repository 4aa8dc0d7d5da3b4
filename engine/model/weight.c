/*
 * Priority weights (states.md §6): a task's own, and for the rules downstream and upstream the sum over
 * all its descendants or ancestors, each counted once, in 32 bits.
 *
 * When nobody has two arrows in (or nobody two arrows out) the sums follow from the neighbours'. Else sets
 * are needed: BLOCK tasks at a time get a bit each, and the sets flow once over the graph per block. The graph is
 * copied for it into two arrays of positions, which stay in the cache.
 */
#include <limits.h>
#include <stdlib.h>

#include "model/graph.h"

#define WORDS 8
#define BLOCK (WORDS * 64)

static int clamp(int64_t w)
{
	return w > INT_MAX ? INT_MAX : w < INT_MIN ? INT_MIN : (int)w;
}

/* Keeps sums of a million weights far from overflow. */
static int64_t own(const struct tw_task *t)
{
	return t->priority_weight;
}

/* The neighbours in the direction that is summed over, and the other one. */
static const int *toward(const struct tw_task *t, bool up, int *ret_n)
{
	*ret_n = up ? t->nupstream : t->ndownstream;
	return up ? t->upstream : t->downstream;
}

/* Task k-th in an order where all that t sums over come before t. */
static int in_order(const struct tw_dag *dag, bool up, int k)
{
	return dag->topo[up ? k : dag->ntasks - 1 - k];
}

static bool is_tree(const struct tw_dag *dag, bool up)
{
	bool one_back = true, one_on = true;
	int n;

	for (int i = 0; i < dag->ntasks; i++) {
		toward(&dag->tasks[i], !up, &n);
		one_back &= n <= 1;
		toward(&dag->tasks[i], up, &n);
		one_on &= n <= 1;
	}
	return one_back || one_on;
}

static void sum_tree(const struct tw_dag *dag, bool up, int64_t *sum)
{
	for (int k = 0; k < dag->ntasks; k++) {
		int t = in_order(dag, up, k), n;
		const int *next = toward(&dag->tasks[t], up, &n);
		sum[t] = own(&dag->tasks[t]);
		for (int i = 0; i < n; i++)
			sum[t] += sum[next[i]];
	}
}

/* The weights of a block's tasks, summed for every value of every byte of its set. */
struct block {
	bool even;                    /* all weights are the same */
	int64_t weight;
	int64_t bytes[WORDS * 8][256];
};

static void block_weights(struct block *b, const struct tw_dag *dag, bool up, int first, int n)
{
	b->even = true;
	b->weight = own(&dag->tasks[in_order(dag, up, first)]);
	for (int i = 1; i < n; i++)
		b->even &= own(&dag->tasks[in_order(dag, up, first + i)]) == b->weight;
	for (int byte = 0; !b->even && byte < WORDS * 8; byte++) {
		b->bytes[byte][0] = 0;
		for (int v = 1; v < 256; v++) {
			int bit = byte * 8 + __builtin_ctz((unsigned)v);
			int64_t w = bit < n ? own(&dag->tasks[in_order(dag, up, first + bit)]) : 0;
			b->bytes[byte][v] = b->bytes[byte][v & (v - 1)] + w;
		}
	}
}

/* How many bits of a set are one: in every byte, over all words, over all bytes. */
static int count(const uint64_t *set)
{
	const uint64_t ones = 0x5555555555555555, twos = 0x3333333333333333, fours = 0x0f0f0f0f0f0f0f0f,
		       eights = 0x00ff00ff00ff00ff;
	uint64_t all = 0;

	for (int w = 0; w < WORDS; w++) {
		uint64_t x = set[w];
		x -= x >> 1 & ones;
		x = (x & twos) + (x >> 2 & twos);
		all += (x + (x >> 4)) & fours;
	}
	all = (all & eights) + (all >> 8 & eights);
	return (int)(all * 0x0001000100010001 >> 48);
}

static int64_t block_sum(const struct block *b, const uint64_t *set)
{
	int64_t sum = 0;

	if (b->even)
		return count(set) * b->weight;
	for (int w = 0; w < WORDS; w++)
		for (int k = 0; set[w] && k < 8; k++)
			sum += b->bytes[w * 8 + k][set[w] >> (8 * k) & 255];
	return sum;
}

/* By position in the order: the positions of those that the k-th sums over are next[start[k]] to next[start[k + 1]]. */
struct flat {
	int *start, *next;
};

static void flatten(struct flat *f, const struct tw_dag *dag, bool up)
{
	int n = dag->ntasks, m = 0, degree;
	int *position = tw_reallocarray(NULL, (size_t)n, sizeof *position);

	f->start = tw_reallocarray(NULL, (size_t)n + 1, sizeof *f->start);
	for (int k = 0; k < n; k++) {
		position[in_order(dag, up, k)] = k;
		f->start[k] = m;
		toward(&dag->tasks[in_order(dag, up, k)], up, &degree);
		m += degree;
	}
	f->start[n] = m;
	f->next = tw_reallocarray(NULL, (size_t)m + 1, sizeof *f->next);
	for (int k = 0; k < n; k++) {
		const int *next = toward(&dag->tasks[in_order(dag, up, k)], up, &degree);
		for (int i = 0; i < degree; i++)
			f->next[f->start[k] + i] = position[next[i]];
	}
	free(position);
}

static void sum_sets(const struct tw_dag *dag, bool up, int64_t *sum)
{
	int n = dag->ntasks;
	uint64_t(*sets)[WORDS] = tw_reallocarray(NULL, (size_t)n, sizeof *sets);
	struct block *b = tw_alloc(sizeof *b);
	struct flat f;

	flatten(&f, dag, up);
	memset(sum, 0, (size_t)n * sizeof *sum);
	for (int first = 0; first < n; first += BLOCK) {
		int size = n - first < BLOCK ? n - first : BLOCK;
		block_weights(b, dag, up, first, size);
		for (int k = first; k < n; k++) {
			uint64_t *set = sets[k];
			memset(set, 0, sizeof *sets);
			/* What comes before the block in the order cannot reach into it. */
			for (int i = f.start[k]; i < f.start[k + 1]; i++)
				for (int w = 0; f.next[i] >= first && w < WORDS; w++)
					set[w] |= sets[f.next[i]][w];
			if (k < first + size)
				set[(k - first) >> 6] |= (uint64_t)1 << ((k - first) & 63);
			sum[in_order(dag, up, k)] += block_sum(b, set);
		}
	}
	free(f.start);
	free(f.next);
	free(b);
	free(sets);
}

static void sum_direction(struct tw_dag *dag, enum tw_weight_rule rule, bool up)
{
	bool used = false;

	for (int i = 0; i < dag->ntasks; i++)
		used |= dag->tasks[i].weight_rule == rule;
	if (!used)
		return;
	int64_t *sum = tw_reallocarray(NULL, (size_t)dag->ntasks, sizeof *sum);
	(is_tree(dag, up) ? sum_tree : sum_sets)(dag, up, sum);
	for (int i = 0; i < dag->ntasks; i++)
		if (dag->tasks[i].weight_rule == rule)
			dag->tasks[i].weight_total = clamp(sum[i]);
	free(sum);
}

void tw_dag_weights_build(struct tw_dag *dag)
{
	for (int i = 0; i < dag->ntasks; i++)
		dag->tasks[i].weight_total = dag->tasks[i].priority_weight;
	sum_direction(dag, TW_WEIGHT_DOWNSTREAM, false);
	sum_direction(dag, TW_WEIGHT_UPSTREAM, true);
}
