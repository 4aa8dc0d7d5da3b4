/*
 * The arrows along which a task's end matters: the written ones, those from indirect setups to the
 * tasks of their scope, and those from the tasks of a scope to its teardown (states.md §4).
 */
#include <stdlib.h>

#include "base/vec.h"
#include "model/graph.h"

struct arrow {
	int from, to;
	uint8_t kind;
};

struct arrows {
	struct arrow *v;
	size_t n, cap;
};

static bool is_direct(const struct tw_dag *dag, int from, int to)
{
	const struct tw_task *t = &dag->tasks[to];

	for (int i = 0; i < t->nupstream; i++)
		if (t->upstream[i] == from)
			return true;
	return false;
}

/* Everything between one setup and its teardowns (without any: everything below it). */
static void scope_of(const struct tw_dag *dag, const struct tw_task *setup, tw_bits *ret)
{
	size_t words = TW_BITS_WORDS(dag->ntasks);
	tw_bits *above = tw_bits_new(dag->ntasks);
	bool any = false;

	for (int i = 0; i < setup->ndownstream; i++)
		if (dag->tasks[setup->downstream[i]].is_teardown) {
			any = true;
			tw_dag_ancestors(dag, setup->downstream[i], above);
		}
	tw_dag_descendants(dag, setup->index, ret);
	for (size_t w = 0; any && w < words; w++)
		ret[w] &= above[w];
	free(above);
}

static void setup_arrows(const struct tw_dag *dag, const struct tw_task *setup, struct arrows *out)
{
	tw_bits *scope = tw_bits_new(dag->ntasks);

	scope_of(dag, setup, scope);
	for (int i = 0; i < dag->ntasks; i++)
		if (tw_bit(scope, i) && !dag->tasks[i].is_teardown && !is_direct(dag, setup->index, i))
			tw_vec_push(out, ((struct arrow){ setup->index, i, TW_EDGE_SETUP }));
	free(scope);
}

static void teardown_arrows(const struct tw_dag *dag, const struct tw_task *down, struct arrows *out)
{
	tw_bits *below = tw_bits_new(dag->ntasks), *above = tw_bits_new(dag->ntasks);

	for (int i = 0; i < down->nupstream; i++)
		if (dag->tasks[down->upstream[i]].is_setup)
			tw_dag_descendants(dag, down->upstream[i], below);
	tw_dag_ancestors(dag, down->index, above);
	for (int i = 0; i < dag->ntasks; i++)
		if (tw_bit(below, i) && tw_bit(above, i) && !is_direct(dag, i, down->index))
			tw_vec_push(out, ((struct arrow){ i, down->index, TW_EDGE_SCOPE }));
	free(below);
	free(above);
}

static void direct_arrows(const struct tw_dag *dag, struct arrows *out)
{
	for (int i = 0; i < dag->ntasks; i++)
		for (int k = 0; k < dag->tasks[i].ndownstream; k++)
			tw_vec_push(out, ((struct arrow){ i, dag->tasks[i].downstream[k], TW_EDGE_DIRECT }));
}

static void spread(struct tw_dag *dag, const struct arrows *all)
{
	for (size_t i = 0; i < all->n; i++) {
		dag->tasks[all->v[i].from].nout++;
		dag->tasks[all->v[i].to].nin++;
	}
	for (int i = 0; i < dag->ntasks; i++) {
		struct tw_task *t = &dag->tasks[i];
		t->out = tw_arena_array(&dag->arena, struct tw_edge, (size_t)t->nout + 1);
		t->in = tw_arena_array(&dag->arena, struct tw_edge, (size_t)t->nin + 1);
		t->nout = t->nin = 0;
	}
	for (size_t i = 0; i < all->n; i++) {
		struct tw_task *from = &dag->tasks[all->v[i].from], *to = &dag->tasks[all->v[i].to];
		struct tw_edge e = {
			.kind = all->v[i].kind,
			.same_index = from->mapped_group >= 0 && from->mapped_group == to->mapped_group,
		};
		e.task = to->index;
		from->out[from->nout++] = e;
		e.task = from->index;
		to->in[to->nin++] = e;
		to->nin_kind[e.kind]++;
	}
}

/* states.md §2: teardowns that cannot fail the run are looked past, unless there is nothing else. */
static void find_leaves(struct tw_dag *dag)
{
	bool any = false;

	for (int i = 0; i < dag->ntasks; i++) {
		struct tw_task *t = &dag->tasks[i];
		t->leaf = !t->is_teardown || t->on_failure_fail_dagrun;
		for (int k = 0; t->leaf && k < t->ndownstream; k++) {
			const struct tw_task *d = &dag->tasks[t->downstream[k]];
			t->leaf = d->is_teardown && !d->on_failure_fail_dagrun;
		}
		any |= t->leaf;
	}
	for (int i = 0; !any && i < dag->ntasks; i++)
		dag->tasks[i].leaf = !dag->tasks[i].ndownstream;
}

void tw_dag_scopes_build(struct tw_dag *dag)
{
	struct arrows all = { 0 };

	direct_arrows(dag, &all);
	for (int i = 0; i < dag->ntasks; i++) {
		if (dag->tasks[i].is_setup)
			setup_arrows(dag, &dag->tasks[i], &all);
		if (dag->tasks[i].is_teardown)
			teardown_arrows(dag, &dag->tasks[i], &all);
	}
	spread(dag, &all);
	tw_vec_release(&all);
	find_leaves(dag);
}
