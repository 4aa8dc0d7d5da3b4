/*
 * Which names of a scope are its own before they are set.
 *
 * Jinja decides when it compiles: a name that a scope sets, and does not read first, is a variable
 * of that scope from its beginning, and holds nothing until it is set. What lies inside (a macro, a
 * loop, a block set) then sees nothing, and not the context's value of that name. A name set in
 * some branches of an if only begins with the context's value. This pass finds the former.
 */
#include "template/names.h"

#include "base/map.h"
#include "base/vec.h"

enum state { READ = 1, EMPTY = 2, PARAM = 3, STATE = 3, STORED = 4 };

/* What is known of a scope's names. base: the same scope before a branch; outer: the next one. */
struct table {
	struct tw_map m;
	struct table *base, *outer;
};

struct pass {
	struct tw_arena *a;
};

static uintptr_t state_here(const struct table *t, struct tw_str name)
{
	for (; t; t = t->base) {
		uintptr_t s = (uintptr_t)tw_map_get(&t->m, name);

		if (s)
			return s;
	}
	return 0;
}

static bool known(const struct table *t, struct tw_str name)
{
	for (; t; t = t->outer)
		if (state_here(t, name))
			return true;
	return false;
}

static void set(struct table *t, struct tw_str name, uintptr_t state)
{
	tw_map_set(&t->m, name, (void *)state);
}

static const struct table *outer_of(const struct table *t)
{
	while (t->base)
		t = t->base;
	return t->outer;
}

static void load(struct table *t, struct tw_str name)
{
	if (!state_here(t, name) && !known(outer_of(t), name))
		set(t, name, READ);
}

static void store(struct table *t, struct tw_str name)
{
	uintptr_t s = state_here(t, name);

	if (!s)
		s = known(outer_of(t), name) ? READ : EMPTY;
	set(t, name, s | STORED);
}

/* ---- what a scope reads and sets ---- */

static void expr(struct table *t, const struct tw_node *n);

static void exprs(struct table *t, const struct tw_nodes *l)
{
	for (size_t i = 0; i < l->n; i++)
		expr(t, l->v[i]);
}

/* Chains (a.b.c, a + b + c, a|f|g) lean to the left and may be long: no recursion along them. */
static void expr(struct table *t, const struct tw_node *n)
{
	for (; n; n = n->a) {
		if (n->kind == N_NAME || n->kind == N_NSREF) {
			load(t, n->name);
			return;
		}
		expr(t, n->b);
		expr(t, n->c);
		exprs(t, &n->kids);
		if (n->args) {
			exprs(t, &n->args->pos);
			exprs(t, &n->args->kw);
			expr(t, n->args->star);
			expr(t, n->args->starstar);
		}
	}
}

static void target(struct table *t, const struct tw_node *n, bool param)
{
	if (n->kind == N_NSREF) {
		load(t, n->name);
	} else if (n->kind == N_TUPLE) {
		for (size_t i = 0; i < n->kids.n; i++)
			target(t, n->kids.v[i], param);
	} else if (param) {
		set(t, n->name, PARAM | STORED);
	} else {
		store(t, n->name);
	}
}

static void stmts(struct table *t, const struct tw_nodes *l);

/* Takes over what three branches did. */
static void merge(struct table *t, struct table branch[3])
{
	for (int i = 0; i < 3; i++) {
		tw_map_foreach(&branch[i].m, e)
		{
			uintptr_t before = state_here(t, e->key), last;
			int stores = 0;

			for (int k = 0; k < 3; k++)
				stores +=
					((uintptr_t)tw_map_get(&branch[k].m, e->key) & STORED) != 0;
			if (before & STORED)
				continue;
			last = (uintptr_t)tw_map_get(&branch[2].m, e->key);
			if (stores == 3)
				set(t, e->key, (last & STATE) | STORED);
			else
				set(t, e->key, READ | (stores ? STORED : 0));
		}
	}
}

static void if_stmt(struct table *t, const struct tw_node *n)
{
	struct table branch[3] = {{.base = t}, {.base = t}, {.base = t}};
	const struct tw_node *next = n;

	expr(t, n->a);
	stmts(&branch[0], &n->body);
	/* Each elif counts as an if of its own, all of them as one branch. */
	while (tw_is_elif(next)) {
		struct table inner[3] = {
			{.base = &branch[1]}, {.base = &branch[1]}, {.base = &branch[1]}};

		next = next->other.v[0];
		expr(&branch[1], next->a);
		stmts(&inner[0], &next->body);
		merge(&branch[1], inner);
		tw_map_release(&inner[0].m);
	}
	stmts(&branch[2], &next->other);
	merge(t, branch);
	for (int i = 0; i < 3; i++)
		tw_map_release(&branch[i].m);
}

static void stmt(struct table *t, const struct tw_node *n)
{
	switch ((enum tw_node_kind)n->kind) {
	case N_OUTPUT:
		exprs(t, &n->kids);
		break;
	case N_IF:
		if_stmt(t, n);
		break;
	case N_FOR:
		expr(t, n->b);
		break;
	case N_SET:
		expr(t, n->b);
		target(t, n->a, false);
		break;
	case N_SETBLOCK:
		target(t, n->a, false);
		break;
	case N_MACRO:
		store(t, n->macro->name);
		break;
	case N_FILTERBLOCK:
		expr(t, n->b);
		break;
	case N_WITH:
		for (size_t i = 1; i < n->kids.n; i += 2)
			expr(t, n->kids.v[i]);
		break;
	case N_IMPORT:
		expr(t, n->a);
		store(t, n->name);
		break;
	case N_FROM:
		expr(t, n->a);
		for (size_t i = 1; i < n->kids.n; i += 2)
			store(t, n->kids.v[i]->value.s);
		break;
	case N_CALLBLOCK:
	case N_INCLUDE:
	case N_EXTENDS:
	case N_DO:
		expr(t, n->a);
		break;
	default: /* text, blocks, autoescape: scopes of their own */
		break;
	}
}

static void stmts(struct table *t, const struct tw_nodes *l)
{
	for (size_t i = 0; i < l->n; i++)
		stmt(t, l->v[i]);
}

/* ---- scopes within scopes ---- */

static void scopes_in(struct pass *p, struct table *outer, const struct tw_nodes *l);

static void finish(struct pass *p, struct table *t, const struct tw_nodes *body,
		   struct tw_names *ret)
{
	TW_VEC(struct tw_str) names = {0};

	tw_map_foreach(&t->m, e)
	{
		if (((uintptr_t)e->value & STATE) == EMPTY)
			tw_vec_push(&names, tw_str_copy(p->a, e->key));
	}
	if (names.n) {
		ret->v = tw_arena_alloc(p->a, names.n * sizeof(*ret->v));
		memcpy(ret->v, names.v, names.n * sizeof(*ret->v));
		ret->n = names.n;
	}
	tw_vec_release(&names);
	scopes_in(p, t, body);
	tw_map_release(&t->m);
}

static void scope(struct pass *p, struct table *outer, const struct tw_nodes *body,
		  struct tw_names *ret)
{
	struct table t = {.outer = outer};

	stmts(&t, body);
	finish(p, &t, body, ret);
}

static void macro_scope(struct pass *p, struct table *outer, struct tw_macro_def *m)
{
	struct table t = {.outer = outer};

	for (size_t i = 0; i < m->nparams; i++)
		set(&t, m->params[i], PARAM | STORED);
	exprs(&t, &m->defaults);
	stmts(&t, &m->body);
	finish(p, &t, &m->body, &m->empty);
}

static void for_scope(struct pass *p, struct table *outer, struct tw_node *n)
{
	struct table t = {.outer = outer};

	target(&t, n->a, true);
	stmts(&t, &n->body);
	finish(p, &t, &n->body, &n->empty);
	scope(p, outer, &n->other, &n->empty_other);
}

static void with_scope(struct pass *p, struct table *outer, struct tw_node *n)
{
	struct table t = {.outer = outer};

	for (size_t i = 0; i < n->kids.n; i += 2)
		target(&t, n->kids.v[i], true);
	stmts(&t, &n->body);
	finish(p, &t, &n->body, &n->empty);
}

static void if_scopes(struct pass *p, struct table *outer, const struct tw_node *n)
{
	for (;;) {
		scopes_in(p, outer, &n->body);
		if (!tw_is_elif(n))
			break;
		n = n->other.v[0];
	}
	scopes_in(p, outer, &n->other);
}

static void scopes_in(struct pass *p, struct table *outer, const struct tw_nodes *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct tw_node *n = l->v[i];

		switch ((enum tw_node_kind)n->kind) {
		case N_IF:
			if_scopes(p, outer, n);
			break;
		case N_FOR:
			for_scope(p, outer, n);
			break;
		case N_SETBLOCK:
		case N_FILTERBLOCK:
		case N_AUTOESCAPE:
			scope(p, outer, &n->body, &n->empty);
			break;
		case N_WITH:
			with_scope(p, outer, n);
			break;
		case N_MACRO:
		case N_CALLBLOCK:
			macro_scope(p, outer, n->macro);
			break;
		case N_BLOCK:
			scope(p, NULL, &n->body, &n->empty);
			break;
		default:
			break;
		}
	}
}

void tw_names_find(struct tw_template *tpl)
{
	struct pass p = {.a = &tpl->arena};

	scope(&p, NULL, &tpl->root, &tpl->empty);
}
