#include "model/graph.h"

#include <stdlib.h>

#include "base/vec.h"

tw_bits *tw_bits_new(int n)
{
	return tw_zalloc((TW_BITS_WORDS(n) + 1) * sizeof(tw_bits));
}

static void walk(const struct tw_dag *dag, int from, tw_bits *set, bool up)
{
	TW_VEC(int) todo = { 0 };

	tw_vec_push(&todo, from);
	while (todo.n) {
		const struct tw_task *t = &dag->tasks[todo.v[--todo.n]];
		const int *next = up ? t->upstream : t->downstream;
		int n = up ? t->nupstream : t->ndownstream;
		for (int i = 0; i < n; i++)
			if (!tw_bit(set, next[i])) {
				tw_bit_set(set, next[i]);
				tw_vec_push(&todo, next[i]);
			}
	}
	tw_vec_release(&todo);
}

void tw_dag_descendants(const struct tw_dag *dag, int t, tw_bits *set)
{
	walk(dag, t, set, false);
}

void tw_dag_ancestors(const struct tw_dag *dag, int t, tw_bits *set)
{
	walk(dag, t, set, true);
}

/* A setup's teardowns: those directly below it. */
static bool has_teardown(const struct tw_dag *dag, const struct tw_task *setup)
{
	for (int i = 0; i < setup->ndownstream; i++)
		if (dag->tasks[setup->downstream[i]].is_teardown)
			return true;
	return false;
}

static bool scope_reaches(const struct tw_dag *dag, const struct tw_task *setup, const tw_bits *below)
{
	for (int i = 0; i < setup->ndownstream; i++) {
		int d = setup->downstream[i];
		if (dag->tasks[d].is_teardown && tw_bit(below, d))
			return true;
	}
	return false;
}

/* The setups above a task whose scope it lies in, and their teardowns. */
static void add_setups(const struct tw_dag *dag, int t, tw_bits *set)
{
	tw_bits *above = tw_bits_new(dag->ntasks), *below = tw_bits_new(dag->ntasks);

	tw_dag_ancestors(dag, t, above);
	tw_dag_descendants(dag, t, below);
	for (int i = 0; i < dag->ntasks; i++) {
		const struct tw_task *s = &dag->tasks[i];
		bool self = i == t;
		if (!s->is_setup || (!self && !tw_bit(above, i)))
			continue;
		if (!self && has_teardown(dag, s) && !scope_reaches(dag, s, below))
			continue;
		tw_bit_set(set, i);
		for (int k = 0; k < s->ndownstream; k++)
			if (dag->tasks[s->downstream[k]].is_teardown)
				tw_bit_set(set, s->downstream[k]);
	}
	free(above);
	free(below);
}

void tw_dag_select(const struct tw_dag *dag, const tw_bits *these, bool upstream, bool downstream,
		   tw_bits *ret_set)
{
	size_t words = TW_BITS_WORDS(dag->ntasks);
	tw_bits *wanted = tw_bits_new(dag->ntasks);
	bool any_setup = false;

	memcpy(wanted, these, words * sizeof(tw_bits));
	for (int i = 0; i < dag->ntasks; i++) {
		any_setup |= dag->tasks[i].is_setup;
		if (!tw_bit(these, i))
			continue;
		if (upstream)
			tw_dag_ancestors(dag, i, wanted);
		if (downstream)
			tw_dag_descendants(dag, i, wanted);
	}
	memcpy(ret_set, wanted, words * sizeof(tw_bits));
	for (int i = 0; any_setup && i < dag->ntasks; i++)
		if (tw_bit(wanted, i))
			add_setups(dag, i, ret_set);
	free(wanted);
}

bool tw_dag_group_tasks(const struct tw_dag *dag, struct tw_str group_id, tw_bits *set)
{
	int g = 0;

	while (g < dag->ngroups && !tw_str_eq(dag->groups[g].group_id, group_id))
		g++;
	if (g == dag->ngroups)
		return false;
	for (int i = 0; i < dag->ntasks; i++) {
		int up = dag->tasks[i].group;
		while (up >= 0 && up != g)
			up = dag->groups[up].parent;
		if (up == g)
			tw_bit_set(set, i);
	}
	return true;
}

/* ── downstream, order, cycles ──────────────────────────────────────────────────────────── */

static void build_downstream(struct tw_dag *dag)
{
	int n = dag->ntasks;

	for (int i = 0; i < n; i++)
		for (int k = 0; k < dag->tasks[i].nupstream; k++)
			dag->tasks[dag->tasks[i].upstream[k]].ndownstream++;
	for (int i = 0; i < n; i++) {
		struct tw_task *t = &dag->tasks[i];
		t->downstream = tw_arena_array(&dag->arena, int, (size_t)t->ndownstream + 1);
		t->ndownstream = 0;
	}
	for (int i = 0; i < n; i++)
		for (int k = 0; k < dag->tasks[i].nupstream; k++) {
			struct tw_task *u = &dag->tasks[dag->tasks[i].upstream[k]];
			u->downstream[u->ndownstream++] = i;
		}
}

/* Goes up from a task that never became free: only such tasks lie above it, until one comes again. */
static enum tw_rc report_cycle(const struct tw_dag *dag, const int *waits, int at, struct tw_err *err)
{
	int *step = tw_alloc((size_t)dag->ntasks * sizeof(int)), *path = step, n = 0;
	tw_bits *seen = tw_bits_new(dag->ntasks);
	struct tw_buf text = { 0 };

	while (!tw_bit(seen, at)) {
		tw_bit_set(seen, at);
		path[n++] = at;
		const struct tw_task *t = &dag->tasks[at];
		for (int k = 0; k < t->nupstream; k++)
			if (waits[t->upstream[k]] > 0) {
				at = t->upstream[k];
				break;
			}
	}
	tw_buf_addstr(&text, dag->tasks[at].task_id);
	while (n > 0 && text.n < 800) {
		int t = path[--n];
		tw_buf_adds(&text, " >> ");
		tw_buf_addstr(&text, dag->tasks[t].task_id);
		if (t == at)
			break;
	}
	enum tw_rc rc = tw_err_set(err, TW_ERR_INVALID, "cycle: %s", tw_buf_cstr(&text));
	tw_buf_release(&text);
	free(step);
	free(seen);
	return rc;
}

enum tw_rc tw_dag_graph_build(struct tw_dag *dag, struct tw_err *err)
{
	int n = dag->ntasks, head = 0, tail = 0;
	int *waits = tw_alloc(((size_t)n + 1) * sizeof(int));
	enum tw_rc rc = TW_OK;

	build_downstream(dag);
	dag->topo = tw_arena_array(&dag->arena, int, (size_t)n + 1);
	for (int i = 0; i < n; i++)
		if ((waits[i] = dag->tasks[i].nupstream) == 0)
			dag->topo[tail++] = i;
	while (head < tail) {
		const struct tw_task *t = &dag->tasks[dag->topo[head++]];
		for (int k = 0; k < t->ndownstream; k++)
			if (--waits[t->downstream[k]] == 0)
				dag->topo[tail++] = t->downstream[k];
	}
	for (int i = 0; tail < n && rc == TW_OK; i++)
		if (waits[i] > 0)
			rc = report_cycle(dag, waits, i, err);
	free(waits);
	return rc;
}
