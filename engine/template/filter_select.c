/* Filters that give generators: map, select and their like. */
#include "template/filter.h"

/*
 * They are lazy in Python: nothing happens before somebody walks over them. Here the items are
 * made at once, and a failure is kept until then.
 */
typedef enum tw_rc make_fn(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			   struct tw_value out);

static enum tw_rc lazily(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			 make_fn *make, struct tw_value *ret)
{
	struct tw_value out = tw_v_list(t->a);
	struct tw_scope *scope = t->scope;
	int depth = t->depth;
	enum tw_rc rc = make(t, in, args, out);

	t->depth = depth;
	t->scope = scope;
	if (rc == TW_OK)
		rc = tw_tpl_room(t, 0);
	return tw_tpl_generator_or(t, rc, out, ret);
}

/* `if value: for item in value`: what is falsy has no items. */
static enum tw_rc truthy_items(struct tw_tpl *t, struct tw_value in, struct tw_list *ret)
{
	bool yes;

	*ret = (struct tw_list){0};
	TW_TRY(tw_tpl_truth(t, in, &yes));
	return yes ? tw_tpl_iter(t, in, ret) : TW_OK;
}

/* ---- map ---- */

static enum tw_rc map_attribute(struct tw_tpl *t, const struct tw_list *items,
				const struct tw_args *args, struct tw_value out)
{
	static const char *const names[] = {"attribute", "default"};
	struct tw_value a[2], v;
	struct tw_getter g;

	for (size_t i = 0; i < args->nkw; i++)
		if (!tw_str_is(args->kw[i].name, "attribute") &&
		    !tw_str_is(args->kw[i].name, "default"))
			return tw_tpl_raise(t, "FilterArgumentError",
					    "Unexpected keyword argument '" TW_STR_FMT "'",
					    TW_STR_ARG(args->kw[i].name));
	TW_TRY(tw_tpl_bind(t, "map", args, names, 2, 1, a));
	TW_TRY(tw_getter_init(t, a[0], false, &g));
	g.dflt = a[1];
	for (size_t i = 0; i < items->n; i++) {
		TW_TRY(tw_getter_get(t, &g, items->v[i], &v));
		tw_list_push(t->a, out, v);
	}
	return TW_OK;
}

static bool has_kwarg(const struct tw_args *args, const char *name)
{
	for (size_t i = 0; i < args->nkw; i++)
		if (tw_str_is(args->kw[i].name, name))
			return true;
	return false;
}

static enum tw_rc make_map(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			   struct tw_value out)
{
	const struct tw_filter_def *f;
	struct tw_args rest = *args;
	struct tw_list items;
	struct tw_value v;

	TW_TRY(truthy_items(t, in, &items));
	if (!args->npos && has_kwarg(args, "attribute"))
		return map_attribute(t, &items, args, out);
	if (!args->npos)
		return tw_tpl_raise(t, "FilterArgumentError", "map requires a filter argument");
	if (args->pos[0].kind != TW_V_STR)
		return tw_tpl_unsupported(t, "map with a filter that is not named by text");
	f = tw_filter_find(args->pos[0].s);
	if (!f && !items.n)
		return TW_OK;
	if (!f)
		return tw_tpl_raise(t, "TemplateRuntimeError", "No filter named '" TW_STR_FMT "'.",
				    TW_STR_ARG(args->pos[0].s));
	if (!f->fn)
		return tw_tpl_unsupported(t, "the filter '%s'", f->name);
	rest.pos++;
	rest.npos--;
	for (size_t i = 0; i < items.n; i++) {
		TW_TRY(tw_tpl_step(t));
		TW_TRY(f->fn(t, items.v[i], &rest, &v));
		tw_list_push(t->a, out, v);
	}
	return TW_OK;
}

TW_FILTER(tw_f_map)
{
	return lazily(t, in, args, make_map, ret);
}

/* ---- select, reject ---- */

struct selection {
	struct tw_getter getter;
	const struct tw_test_def *test; /* NULL: truth */
	struct tw_args args;
};

static enum tw_rc prepare(struct tw_tpl *t, const struct tw_args *args, bool attr,
			  struct selection *ret)
{
	size_t off = attr;

	*ret = (struct selection){.args = *args};
	if (attr && !args->npos)
		return tw_tpl_raise(t, "FilterArgumentError",
				    "Missing parameter for attribute name");
	TW_TRY(tw_getter_init(t, attr ? args->pos[0] : TW_NULL, false, &ret->getter));
	if (args->npos <= off) {
		ret->args.npos = 0;
		return TW_OK;
	}
	if (args->pos[off].kind != TW_V_STR)
		return tw_tpl_unsupported(t, "a test that is not named by text");
	ret->test = tw_test_find(args->pos[off].s);
	if (!ret->test)
		return tw_tpl_raise(t, "TemplateRuntimeError", "No test named '" TW_STR_FMT "'.",
				    TW_STR_ARG(args->pos[off].s));
	if (!ret->test->fn)
		return tw_tpl_unsupported(t, "the test '%s'", ret->test->name);
	ret->args.pos += off + 1;
	ret->args.npos -= off + 1;
	return TW_OK;
}

static enum tw_rc choose(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			 bool attr, bool keep, struct tw_value out)
{
	struct selection sel;
	struct tw_list items;

	TW_TRY(truthy_items(t, in, &items));
	if (!items.n)
		return TW_OK;
	TW_TRY(prepare(t, args, attr, &sel));
	for (size_t i = 0; i < items.n; i++) {
		struct tw_value v;
		bool yes;

		TW_TRY(tw_tpl_step(t));
		TW_TRY(tw_getter_get(t, &sel.getter, items.v[i], &v));
		if (sel.test)
			TW_TRY(sel.test->fn(t, v, &sel.args, &yes));
		else
			TW_TRY(tw_tpl_truth(t, v, &yes));
		if (yes == keep)
			tw_list_push(t->a, out, items.v[i]);
	}
	return TW_OK;
}

#define SELECT_FILTER(fn, make, attr, keep)                                                        \
	static enum tw_rc make(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,   \
			       struct tw_value out)                                                \
	{                                                                                          \
		return choose(t, in, args, attr, keep, out);                                       \
	}                                                                                          \
	TW_FILTER(fn)                                                                              \
	{                                                                                          \
		return lazily(t, in, args, make, ret);                                             \
	}
SELECT_FILTER(tw_f_select, make_select, false, true)
SELECT_FILTER(tw_f_reject, make_reject, false, false)
SELECT_FILTER(tw_f_selectattr, make_selectattr, true, true)
SELECT_FILTER(tw_f_rejectattr, make_rejectattr, true, false)

/* ---- batch, slice ---- */

static enum tw_rc make_batch(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			     struct tw_value out)
{
	struct tw_value row = TW_NULL;
	struct tw_list items;
	int64_t n;

	TW_BIND("do_batch", a, 1, "linecount", "fill_with");
	TW_TRY(tw_tpl_iter(t, in, &items));
	if (!items.n)
		return TW_OK;
	TW_TRY(tw_tpl_int_arg(t, a[0], &n));
	if (n <= 0)
		return tw_tpl_unsupported(t, "batch of no items");
	for (size_t i = 0; i < items.n; i++) {
		if (i % (size_t)n == 0) {
			row = tw_tpl_new_list(t, 0);
			tw_list_push(t->a, out, row);
		}
		tw_list_push(t->a, row, items.v[i]);
	}
	if (tw_v_given(a[1]) && a[1].kind != TW_V_NULL) {
		TW_TRY(tw_tpl_room(t, (size_t)n * sizeof(row)));
		while ((int64_t)row.list->n < n)
			tw_list_push(t->a, row, a[1]);
	}
	return TW_OK;
}

TW_FILTER(tw_f_batch)
{
	TW_BIND("do_batch", check, 1, "linecount", "fill_with");
	(void)check;
	return lazily(t, in, args, make_batch, ret);
}

static enum tw_rc make_slice(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			     struct tw_value out)
{
	struct tw_list items;
	int64_t slices, per, extra;
	size_t k = 0;

	TW_BIND("do_slice", a, 1, "slices", "fill_with");
	TW_TRY(tw_tpl_iter(t, in, &items));
	TW_TRY(tw_tpl_int_arg(t, a[0], &slices));
	if (slices == 0)
		return tw_tpl_raise(t, "ZeroDivisionError", "integer division or modulo by zero");
	if (slices < 0)
		return TW_OK;
	per = (int64_t)items.n / slices;
	extra = (int64_t)items.n % slices;
	for (int64_t i = 0; i < slices; i++) {
		struct tw_value row = tw_tpl_new_list(t, 0);
		int64_t n = per + (i < extra);

		TW_TRY(tw_tpl_step(t));
		TW_TRY(tw_tpl_room(t, 0));
		while (n-- > 0)
			tw_list_push(t->a, row, items.v[k++]);
		if (tw_v_given(a[1]) && a[1].kind != TW_V_NULL && i >= extra)
			tw_list_push(t->a, row, a[1]);
		tw_list_push(t->a, out, row);
	}
	return TW_OK;
}

TW_FILTER(tw_f_slice)
{
	TW_BIND("do_slice", check, 1, "slices", "fill_with");
	(void)check;
	return lazily(t, in, args, make_slice, ret);
}

/* ---- unique, items ---- */

static enum tw_rc make_unique(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			      struct tw_value out)
{
	struct tw_value seen = tw_v_map(t->a), key;
	struct tw_list items;
	struct tw_getter g;
	bool sensitive = false;

	TW_BIND("do_unique", a, 0, "case_sensitive", "attribute");
	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_truth(t, a[0], &sensitive));
	TW_TRY(tw_getter_init(t, a[1], !sensitive, &g));
	TW_TRY(tw_tpl_iter(t, in, &items));
	for (size_t i = 0; i < items.n; i++) {
		TW_TRY(tw_getter_key(t, &g, items.v[i], &key));
		TW_TRY(tw_tpl_hashable(t, key));
		if (tw_map_find_key(seen, key))
			continue;
		tw_map_put_key(t->a, seen, key, TW_NULL);
		tw_list_push(t->a, out, items.v[i]);
	}
	return TW_OK;
}

TW_FILTER(tw_f_unique)
{
	return lazily(t, in, args, make_unique, ret);
}

static enum tw_rc make_items(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			     struct tw_value out)
{
	struct tw_list pairs;
	struct tw_value view;

	if (in.kind == TW_V_UNDEFINED)
		return TW_OK;
	if (in.kind != TW_V_MAP)
		return tw_tpl_raise(t, "TypeError", "Can only get item pairs from a mapping.");
	TW_TRY(tw_map_method(t, in, TW_STR("items"), args, &view));
	TW_TRY(tw_tpl_iter(t, view, &pairs));
	for (size_t i = 0; i < pairs.n; i++)
		tw_list_push(t->a, out, pairs.v[i]);
	return TW_OK;
}

TW_FILTER(tw_f_items)
{
	TW_NO_ARGS("do_items()");
	return lazily(t, in, args, make_items, ret);
}
