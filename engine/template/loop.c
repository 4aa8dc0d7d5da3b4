/* {% for %} and its `loop`. */
#include "template/native.h"

struct loop {
	struct tw_object o;
	struct tw_list items;
	struct tw_value source; /* what is walked over */
	size_t i;
	int depth0;
	const struct tw_node *node; /* of a recursive loop, else NULL */
	struct tw_scope *scope;	    /* around the loop */
	struct tw_list changed;	    /* arguments of the last changed() */
	bool has_changed;
	bool completed; /* a turn reached the end of the body: only then no else */
};

static enum tw_rc run(struct tw_tpl *t, const struct tw_node *n, struct tw_value iterable,
		      struct tw_scope *outer, int depth0);

static enum tw_rc loop_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       struct tw_value *ret);

/* loop.cycle(a, b, c) */
static enum tw_rc loop_cycle(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			     struct tw_value *ret)
{
	struct loop *l = (struct loop *)self.obj;

	if (!args->npos)
		return tw_tpl_raise(t, "TypeError", "no items for cycling given");
	*ret = args->pos[l->i % args->npos];
	return TW_OK;
}

/* loop.changed(values…): true when they differ from the last call's. */
static enum tw_rc loop_changed(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			       struct tw_value *ret)
{
	struct loop *l = (struct loop *)self.obj;
	bool same = l->has_changed && l->changed.n == args->npos;

	for (size_t i = 0; same && i < args->npos; i++)
		TW_TRY(tw_tpl_equal(t, l->changed.v[i], args->pos[i], &same));
	l->changed.v = tw_arena_alloc(t->a, (args->npos + 1) * sizeof(*args->pos));
	if (args->npos)
		memcpy(l->changed.v, args->pos, args->npos * sizeof(*args->pos));
	l->changed.n = args->npos;
	l->has_changed = true;
	*ret = tw_v_bool(!same);
	return TW_OK;
}

/* loop(items): the body again, one level deeper. */
static enum tw_rc loop_call(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
			    struct tw_value *ret)
{
	struct loop *l = (struct loop *)o;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_buf *out = t->out;
	struct tw_scope *scope = t->scope;
	bool muted = t->muted;
	enum tw_rc rc;

	if (!l->node)
		return tw_tpl_raise(t, "TypeError",
				    "The loop must have the 'recursive' marker to be called "
				    "recursively.");
	if (args->npos != 1 || args->nkw)
		return tw_tpl_raise(t, "TypeError", "loop() takes one argument");
	TW_TRY(tw_native_capture(t));
	t->out = &b;
	t->muted = false;
	rc = run(t, l->node, args->pos[0], l->scope, l->depth0 + 1);
	t->out = out;
	t->muted = muted;
	t->scope = scope;
	if (rc == TW_OK)
		*ret = tw_v_markup(tw_tpl_mkstr(t, &b), t->autoescape);
	return rc;
}

static enum tw_rc loop_len(struct tw_tpl *t, struct tw_object *o, int64_t *ret)
{
	*ret = (int64_t)((struct loop *)o)->items.n;
	return TW_OK;
}

static enum tw_rc loop_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct loop *l = (struct loop *)o;

	tw_buf_printf(out, "<LoopContext %zu/%zu>", l->i + 1, l->items.n);
	return TW_OK;
}

static enum tw_rc loop_truth(struct tw_tpl *t, struct tw_object *o, bool *ret)
{
	*ret = ((struct loop *)o)->items.n > 0;
	return TW_OK;
}

static const struct tw_object_type loop_type = {
	.name = "LoopContext",
	.getattr = loop_getattr,
	.call = loop_call,
	.len = loop_len,
	.truth = loop_truth,
	.str = loop_repr,
	.repr = loop_repr,
};

static enum tw_rc loop_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       struct tw_value *ret)
{
	struct loop *l = (struct loop *)o;
	int64_t i = (int64_t)l->i, n = (int64_t)l->items.n;

	if (tw_str_is(name, "index"))
		*ret = tw_v_int(i + 1);
	else if (tw_str_is(name, "index0"))
		*ret = tw_v_int(i);
	else if (tw_str_is(name, "revindex"))
		*ret = tw_v_int(n - i);
	else if (tw_str_is(name, "revindex0"))
		*ret = tw_v_int(n - i - 1);
	else if (tw_str_is(name, "first"))
		*ret = tw_v_bool(i == 0);
	else if (tw_str_is(name, "last"))
		*ret = tw_v_bool(i == n - 1);
	else if (tw_str_is(name, "length"))
		*ret = tw_v_int(n);
	else if (tw_str_is(name, "depth"))
		*ret = tw_v_int(l->depth0 + 1);
	else if (tw_str_is(name, "depth0"))
		*ret = tw_v_int(l->depth0);
	else if (tw_str_is(name, "previtem"))
		*ret = i > 0 ? l->items.v[i - 1] : tw_tpl_undef(t, "there is no previous item");
	else if (tw_str_is(name, "nextitem"))
		*ret = i + 1 < n ? l->items.v[i + 1] : tw_tpl_undef(t, "there is no next item");
	else if (tw_str_is(name, "cycle"))
		*ret = tw_tpl_function(t, "cycle", loop_cycle, tw_v_object(o));
	else if (tw_str_is(name, "changed"))
		*ret = tw_tpl_function(t, "changed", loop_changed, tw_v_object(o));
	else if (name.n && name.p[0] == '_')
		return tw_tpl_unsupported(t, "loop." TW_STR_FMT, TW_STR_ARG(name));
	else {
		*ret = tw_tpl_undef(t,
				    "'jinja2.runtime.LoopContext object' has no attribute "
				    "'" TW_STR_FMT "'",
				    TW_STR_ARG(name));
	}
	return TW_OK;
}

/* Those items that the loop's own `if` lets through. */
static enum tw_rc filter_items(struct tw_tpl *t, const struct tw_node *n, struct tw_scope *outer,
			       struct tw_list *items)
{
	struct tw_value kept = tw_v_list(t->a);

	for (size_t i = 0; i < items->n; i++) {
		struct tw_value v;
		bool yes;

		TW_TRY(tw_tpl_step(t));
		t->scope = tw_scope_new(t, outer);
		TW_TRY(tw_assign(t, n->a, items->v[i]));
		TW_TRY(tw_eval(t, n->c, &v));
		TW_TRY(tw_tpl_truth(t, v, &yes));
		if (yes)
			tw_list_push(t->a, kept, items->v[i]);
	}
	*items = *kept.list;
	return TW_OK;
}

static enum tw_rc turns(struct tw_tpl *t, const struct tw_node *n, struct loop *l,
			struct tw_scope *outer)
{
	struct tw_scope *scope;

	for (l->i = 0; l->i < l->items.n; l->i++) {
		TW_TRY(tw_tpl_step(t));
		scope = tw_scope_new(t, outer);
		t->scope = scope;
		tw_scope_set(t, scope, TW_STR("loop"), tw_v_object(&l->o));
		TW_TRY(tw_assign(t, n->a, l->items.v[l->i]));
		tw_scope_empty(t, scope, &n->empty);
		TW_TRY(tw_exec(t, &n->body));
		if (t->flow == TW_FLOW_BREAK) {
			t->flow = TW_FLOW_NEXT;
			break;
		}
		l->completed |= t->flow == TW_FLOW_NEXT;
		t->flow = TW_FLOW_NEXT;
		if (!n->c && tw_value_len(l->source) && tw_value_len(l->source) != l->items.n)
			return tw_tpl_unsupported(t, "a loop over a list that changes under it");
	}
	return TW_OK;
}

static enum tw_rc run_in(struct tw_tpl *t, const struct tw_node *n, struct tw_value iterable,
			 struct tw_scope *outer, int depth0)
{
	struct loop *l = tw_arena_new(t->a, struct loop);
	struct tw_list items;

	TW_TRY(tw_tpl_iter(t, iterable, &items));
	if (n->c)
		TW_TRY(filter_items(t, n, outer, &items));
	l->o.type = &loop_type;
	l->items = items;
	l->source = iterable;
	l->depth0 = depth0;
	l->node = n->op ? n : NULL;
	l->scope = outer;
	TW_TRY(turns(t, n, l, outer));
	if (l->completed)
		return TW_OK;
	t->scope = tw_scope_new(t, outer);
	tw_scope_empty(t, t->scope, &n->empty_other);
	return tw_exec(t, &n->other);
}

static enum tw_rc run(struct tw_tpl *t, const struct tw_node *n, struct tw_value iterable,
		      struct tw_scope *outer, int depth0)
{
	enum tw_rc rc = run_in(t, n, iterable, outer, depth0);

	t->scope = outer;
	return rc;
}

enum tw_rc tw_exec_for(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_value iterable;

	TW_TRY(tw_eval(t, n->b, &iterable));
	return run(t, n, iterable, t->scope, 0);
}
