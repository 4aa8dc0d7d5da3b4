#include "template/eval.h"

static enum tw_rc eval_kids(struct tw_tpl *t, const struct tw_node *n, struct tw_value seq)
{
	for (size_t i = 0; i < n->kids.n; i++) {
		struct tw_value v;

		TW_TRY(tw_eval(t, n->kids.v[i], &v));
		tw_list_push(t->a, seq, v);
	}
	return TW_OK;
}

static enum tw_rc eval_dict(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value map = tw_tpl_new_map(t);

	for (size_t i = 0; i < n->kids.n; i += 2) {
		struct tw_value key, value;

		TW_TRY(tw_eval(t, n->kids.v[i], &key));
		TW_TRY(tw_eval(t, n->kids.v[i + 1], &value));
		TW_TRY(tw_tpl_hashable(t, key));
		tw_map_put_key(t->a, map, key, value);
	}
	*ret = map;
	return TW_OK;
}

static enum tw_rc eval_cond(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value v;
	bool yes;

	TW_TRY(tw_eval(t, n->b, &v));
	TW_TRY(tw_tpl_truth(t, v, &yes));
	if (yes)
		return tw_eval(t, n->a, ret);
	if (n->c)
		return tw_eval(t, n->c, ret);
	*ret = tw_tpl_undef(t, TW_LENIENT "%d evaluated to false and no else section was defined.",
			    n->line);
	return TW_OK;
}

static enum tw_rc eval_logic(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value v;
	bool yes;

	TW_TRY(tw_eval(t, n->a, &v));
	TW_TRY(tw_tpl_truth(t, v, &yes));
	if (yes == (n->kind == N_OR)) {
		*ret = v;
		return TW_OK;
	}
	return tw_eval(t, n->b, ret);
}

static enum tw_rc eval_compare(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value left, right;
	bool yes = true;

	TW_TRY(tw_eval(t, n->kids.v[0], &left));
	for (size_t i = 0; yes && i < n->text.n; i++) {
		TW_TRY(tw_eval(t, n->kids.v[i + 1], &right));
		TW_TRY(tw_tpl_compare(t, n->text.p[i], left, right, &yes));
		left = right;
	}
	*ret = tw_v_bool(yes);
	return TW_OK;
}

/* a ~ b: text; inside autoescape, Markup as soon as one of them is. */
static enum tw_rc eval_concat(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_value parts = tw_v_list(t->a);
	bool markup = false;

	TW_TRY(eval_kids(t, n, parts));
	for (size_t i = 0; t->autoescape && i < parts.list->n; i++)
		markup |= parts.list->v[i].kind == TW_V_STR && parts.list->v[i].safe;
	for (size_t i = 0; i < parts.list->n; i++) {
		struct tw_str s;

		if (markup)
			TW_TRY(tw_tpl_escaped(t, parts.list->v[i], &s));
		else
			TW_TRY(tw_tpl_text(t, parts.list->v[i], &s));
		TW_TRY(tw_tpl_room(t, b.n + s.n));
		tw_buf_addstr(&b, s);
	}
	*ret = tw_v_markup(tw_tpl_mkstr(t, &b), markup);
	return TW_OK;
}

/* Constants are folded by Jinja with other rules than its code has: only what both give is ours. */
static enum tw_rc slice_constant(struct tw_tpl *t, struct tw_value v,
				 const struct tw_value bounds[3], struct tw_value *ret)
{
	if (v.kind != TW_V_STR && v.kind != TW_V_LIST && v.kind != TW_V_TUPLE)
		return tw_tpl_unsupported(t, "a slice of a constant '%s'", tw_type_name(v));
	return tw_tpl_slice(t, v, bounds, ret);
}

static enum tw_rc eval_getitem(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value v, key, bounds[3] = {TW_NULL, TW_NULL, TW_NULL};

	TW_TRY(tw_eval(t, n->a, &v));
	if (n->b->kind != N_SLICE) {
		TW_TRY(tw_eval(t, n->b, &key));
		return tw_tpl_getitem(t, v, key, ret);
	}
	if (n->b->a)
		TW_TRY(tw_eval(t, n->b->a, &bounds[0]));
	if (n->b->b)
		TW_TRY(tw_eval(t, n->b->b, &bounds[1]));
	if (n->b->c)
		TW_TRY(tw_eval(t, n->b->c, &bounds[2]));
	if (n->a->kind == N_NAME || n->a->kind == N_GETATTR || n->a->kind == N_GETITEM ||
	    n->a->kind == N_CALL)
		return tw_tpl_slice(t, v, bounds, ret);
	return slice_constant(t, v, bounds, ret);
}

/* ---- calls ---- */

static enum tw_rc add_kwarg(struct tw_tpl *t, struct tw_kwarg *kw, size_t *n, struct tw_str name,
			    struct tw_value v)
{
	for (size_t i = 0; i < *n; i++)
		if (tw_str_eq(kw[i].name, name))
			return tw_tpl_raise(t, "TypeError",
					    "got multiple values for keyword argument '" TW_STR_FMT
					    "'",
					    TW_STR_ARG(name));
	kw[(*n)++] = (struct tw_kwarg){name, v};
	return TW_OK;
}

static enum tw_rc eval_starstar(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	TW_TRY(tw_eval(t, n, ret));
	if (ret->kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, *ret);
	if (ret->kind != TW_V_MAP)
		return tw_tpl_raise(t, "TypeError", "argument after ** must be a mapping, not %s",
				    tw_type_name(*ret));
	for (size_t i = 0; i < ret->map->n; i++)
		if (ret->map->v[i].key.kind != TW_V_STR)
			return tw_tpl_raise(t, "TypeError", "keywords must be strings");
	return TW_OK;
}

enum tw_rc tw_eval_args(struct tw_tpl *t, const struct tw_call_args *ca, struct tw_args *ret)
{
	struct tw_list star = {0};
	struct tw_value v, more = TW_NULL, *pos;
	struct tw_kwarg *kw;
	size_t nkw = 0, npos, i;

	*ret = (struct tw_args){0};
	if (!ca)
		return TW_OK;
	npos = ca->pos.n;
	pos = tw_arena_alloc(t->a, sizeof(*pos) * (npos + 1));
	for (i = 0; i < npos; i++)
		TW_TRY(tw_eval(t, ca->pos.v[i], &pos[i]));
	if (ca->star) {
		TW_TRY(tw_eval(t, ca->star, &v));
		TW_TRY(tw_tpl_iter(t, v, &star));
		TW_TRY(tw_tpl_room(t, (npos + star.n) * sizeof(*pos)));
		pos = memcpy(tw_arena_alloc(t->a, sizeof(*pos) * (npos + star.n + 1)), pos,
			     sizeof(*pos) * npos);
		if (star.n)
			memcpy(pos + npos, star.v, sizeof(*pos) * star.n);
		npos += star.n;
	}
	kw = tw_arena_alloc(t->a, sizeof(*kw) * (ca->kw.n / 2 + 1));
	for (i = 0; i < ca->kw.n; i += 2) {
		TW_TRY(tw_eval(t, ca->kw.v[i + 1], &v));
		TW_TRY(add_kwarg(t, kw, &nkw, ca->kw.v[i]->value.s, v));
	}
	if (ca->starstar) {
		TW_TRY(eval_starstar(t, ca->starstar, &more));
		kw = memcpy(tw_arena_alloc(t->a, sizeof(*kw) * (nkw + more.map->n + 1)), kw,
			    sizeof(*kw) * nkw);
		for (i = 0; i < more.map->n; i++)
			TW_TRY(add_kwarg(t, kw, &nkw, more.map->v[i].key.s, more.map->v[i].value));
	}
	*ret = (struct tw_args){pos, npos, kw, nkw};
	return TW_OK;
}

static enum tw_rc eval_call(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value callee, obj;
	struct tw_args args;
	bool have_args = false;
	enum tw_rc rc;

	if (n->a->kind == N_GETATTR) {
		TW_TRY(tw_eval(t, n->a->a, &obj));
		if (obj.kind == TW_V_UNDEFINED)
			return tw_tpl_undefined_error(t, obj);
		if (obj.kind != TW_V_OBJECT || obj.obj->type->method) {
			/* Arguments first: a missing method shows only when it is called. */
			TW_TRY(tw_eval_args(t, n->args, &args));
			have_args = true;
			t->line = n->line;
			rc = tw_tpl_method(t, obj, n->a->name, &args, ret);
			if (rc != TW_ERR_NOT_FOUND)
				return rc;
		}
		TW_TRY(tw_tpl_getattr(t, obj, n->a->name, &callee));
	} else {
		TW_TRY(tw_eval(t, n->a, &callee));
	}
	if (!have_args)
		TW_TRY(tw_eval_args(t, n->args, &args));
	t->line = n->line;
	return tw_tpl_call(t, callee, &args, ret);
}

/* A filter in an expression (in is n->a's value) or in a block (n->a is what comes before). */
static enum tw_rc apply_filter(struct tw_tpl *t, const struct tw_node *n, struct tw_value in,
			       struct tw_value *ret)
{
	struct tw_args args;

	if (!n->filter)
		return tw_tpl_raise(t, "TemplateRuntimeError",
				    "No filter named '" TW_STR_FMT "' found.", TW_STR_ARG(n->name));
	TW_TRY(tw_eval_args(t, n->args, &args));
	t->line = n->line;
	return n->filter->fn(t, in, &args, ret);
}

enum tw_rc tw_eval_filter(struct tw_tpl *t, const struct tw_node *n, struct tw_value in,
			  struct tw_value *ret)
{
	if (n->a) {
		TW_TRY(tw_tpl_enter(t));
		TW_TRY(tw_eval_filter(t, n->a, in, &in));
		t->depth--;
	}
	return apply_filter(t, n, in, ret);
}

static enum tw_rc eval_test(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value in;
	struct tw_args args;
	bool yes;

	if (!n->test)
		return tw_tpl_raise(t, "TemplateRuntimeError",
				    "No test named '" TW_STR_FMT "' found.", TW_STR_ARG(n->name));
	TW_TRY(tw_eval(t, n->a, &in));
	TW_TRY(tw_eval_args(t, n->args, &args));
	t->line = n->line;
	TW_TRY(n->test->fn(t, in, &args, &yes));
	*ret = tw_v_bool(yes);
	return TW_OK;
}

/* a + b + c …, from the left, however many there are. */
static enum tw_rc eval_binary(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	const struct tw_node **chain, *first = n;
	struct tw_value a, b;
	size_t len = 0;

	for (; first->kind == N_BIN; first = first->a)
		len++;
	TW_TRY(tw_tpl_steps(t, len));
	chain = tw_arena_alloc(t->a, len * sizeof(*chain));
	for (size_t i = len; i-- > 0; n = n->a)
		chain[i] = n;
	TW_TRY(tw_eval(t, first, &a));
	for (size_t i = 0; i < len; i++) {
		TW_TRY(tw_eval(t, chain[i]->b, &b));
		t->line = chain[i]->line;
		TW_TRY(tw_tpl_binary(t, chain[i]->op, a, b, &a));
	}
	*ret = a;
	return TW_OK;
}

static enum tw_rc eval_inner(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_value a;
	bool yes;

	switch ((enum tw_node_kind)n->kind) {
	case N_LIST:
		a = tw_tpl_new_list(t, n->kids.n);
		TW_TRY(eval_kids(t, n, a));
		*ret = a;
		return TW_OK;
	case N_TUPLE:
		a = tw_tpl_new_tuple(t, n->kids.n);
		TW_TRY(eval_kids(t, n, a));
		*ret = a;
		return TW_OK;
	case N_DICT:
		return eval_dict(t, n, ret);
	case N_COND:
		return eval_cond(t, n, ret);
	case N_AND:
	case N_OR:
		return eval_logic(t, n, ret);
	case N_NOT:
		TW_TRY(tw_eval(t, n->a, &a));
		TW_TRY(tw_tpl_truth(t, a, &yes));
		*ret = tw_v_bool(!yes);
		return TW_OK;
	case N_BIN:
		return eval_binary(t, n, ret);
	case N_UNARY:
		TW_TRY(tw_eval(t, n->a, &a));
		return tw_tpl_unary(t, n->op, a, ret);
	case N_COMPARE:
		return eval_compare(t, n, ret);
	case N_CONCAT:
		return eval_concat(t, n, ret);
	case N_GETATTR:
		TW_TRY(tw_eval(t, n->a, &a));
		t->line = n->line;
		return tw_tpl_getattr(t, a, n->name, ret);
	case N_GETITEM:
		return eval_getitem(t, n, ret);
	case N_SLICE:
		return tw_tpl_unsupported(t, "a slice among other subscripts");
	case N_CALL:
		return eval_call(t, n, ret);
	case N_FILTER:
		TW_TRY(tw_eval(t, n->a, &a));
		return apply_filter(t, n, a, ret);
	case N_TEST:
		return eval_test(t, n, ret);
	default:
		TW_ASSERT(!"a statement where an expression should be");
		return TW_ERR_INVALID;
	}
}

enum tw_rc tw_eval(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	TW_TRY(tw_tpl_step(t));
	if (n->kind == N_CONST) {
		*ret = n->value;
		return TW_OK;
	}
	if (n->kind == N_NAME)
		return tw_resolve(t, n->name, ret);
	TW_TRY(tw_tpl_enter(t));
	TW_TRY(eval_inner(t, n, ret));
	t->depth--;
	return TW_OK;
}
