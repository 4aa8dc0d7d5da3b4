/* Filters of sequences. */
#include "template/filter.h"

/* ---- sorting ---- */

static enum tw_rc merge(struct tw_tpl *t, struct tw_value *k, struct tw_value *v, size_t n,
			bool reverse, struct tw_value *tk, struct tw_value *tv)
{
	size_t mid = n / 2, i = 0, j = mid, o = 0;

	if (n < 2)
		return TW_OK;
	TW_TRY(merge(t, k, v, mid, reverse, tk, tv));
	TW_TRY(merge(t, k + mid, v + mid, n - mid, reverse, tk, tv));
	memcpy(tk, k, n * sizeof(*k));
	memcpy(tv, v, n * sizeof(*v));
	while (i < mid || j < n) {
		bool right = i == mid;
		int order;

		if (i < mid && j < n) {
			TW_TRY(tw_tpl_order(t, "<", reverse ? tk[i] : tk[j],
					    reverse ? tk[j] : tk[i], &order));
			right = order == -1;
		}
		k[o] = right ? tk[j] : tk[i];
		v[o++] = right ? tv[j++] : tv[i++];
	}
	return TW_OK;
}

enum tw_rc tw_sort(struct tw_tpl *t, struct tw_value *keys, struct tw_value *vals, size_t n,
		   bool reverse)
{
	struct tw_value *tmp;

	TW_TRY(tw_tpl_room(t, n * 2 * sizeof(*tmp)));
	tmp = tw_arena_alloc(t->a, (n * 2 + 1) * sizeof(*tmp));
	return merge(t, keys, vals, n, reverse, tmp, tmp + n);
}

/* ---- attribute='a.b' ---- */

static void add_part(struct tw_tpl *t, struct tw_value path, struct tw_str part)
{
	int64_t i;
	bool number = part.n > 0;

	for (size_t k = 0; k < part.n; k++)
		number &= part.p[k] >= '0' && part.p[k] <= '9';
	if (number && tw_str_to_int(part, &i))
		tw_list_push(t->a, path, tw_v_int(i));
	else
		tw_list_push(t->a, path, tw_v_str(part));
}

enum tw_rc tw_getter_init(struct tw_tpl *t, struct tw_value attribute, bool lower,
			  struct tw_getter *ret)
{
	struct tw_value path = tw_v_list(t->a);
	struct tw_str rest, part;

	*ret = (struct tw_getter){.lower = lower, .dflt = {.kind = TW_V_ABSENT}};
	if (!tw_v_given(attribute) || attribute.kind == TW_V_NULL)
		return TW_OK;
	ret->any = true;
	if (attribute.kind != TW_V_STR) {
		tw_list_push(t->a, path, attribute);
	} else {
		rest = attribute.s;
		do {
			part = tw_str_cut(rest, '.', &rest);
			add_part(t, path, part);
		} while (rest.p);
	}
	ret->path = *path.list;
	return TW_OK;
}

enum tw_rc tw_getter_get(struct tw_tpl *t, const struct tw_getter *g, struct tw_value v,
			 struct tw_value *ret)
{
	for (size_t i = 0; i < g->path.n; i++) {
		TW_TRY(tw_tpl_getitem(t, v, g->path.v[i], &v));
		if (v.kind == TW_V_UNDEFINED && tw_v_given(g->dflt) && g->dflt.kind != TW_V_NULL)
			v = g->dflt;
	}
	*ret = v;
	return TW_OK;
}

enum tw_rc tw_getter_key(struct tw_tpl *t, const struct tw_getter *g, struct tw_value v,
			 struct tw_value *ret)
{
	TW_TRY(tw_getter_get(t, g, v, ret));
	if (g->lower && ret->kind == TW_V_STR)
		return tw_str_method(t, *ret, TW_STR("lower"), &(struct tw_args){0}, ret);
	return TW_OK;
}

static enum tw_rc truth_or(struct tw_tpl *t, struct tw_value v, bool dflt, bool *ret)
{
	*ret = dflt;
	return tw_v_given(v) ? tw_tpl_truth(t, v, ret) : TW_OK;
}

/* A list of ours with those items. */
static struct tw_value list_of(struct tw_tpl *t, const struct tw_value *v, size_t n)
{
	struct tw_value l = tw_tpl_new_list(t, n);

	for (size_t i = 0; i < n; i++)
		tw_list_push(t->a, l, v[i]);
	return l;
}

/* ---- whole sequences ---- */

TW_FILTER(tw_f_length)
{
	int64_t n;

	TW_NO_ARGS("len()");
	TW_TRY(tw_tpl_len(t, in, &n));
	*ret = tw_v_int(n);
	return TW_OK;
}

TW_FILTER(tw_f_list)
{
	struct tw_list items;

	TW_NO_ARGS("do_list()");
	TW_TRY(tw_tpl_iter(t, in, &items));
	TW_TRY(tw_tpl_room(t, items.n * sizeof(*items.v)));
	*ret = list_of(t, items.v, items.n);
	return TW_OK;
}

TW_FILTER(tw_f_first)
{
	struct tw_list items;

	TW_NO_ARGS("do_first()");
	if (tw_tpl_is_generator(in)) {
		struct tw_generator *g = (struct tw_generator *)in.obj;

		if (g->rc != TW_OK)
			return tw_tpl_unsupported(t, "first of a generator that fails");
		if (!g->used && g->items.n) {
			*ret = *g->items.v++;
			g->items.n--;
			return TW_OK;
		}
	}
	TW_TRY(tw_tpl_iter(t, in, &items));
	*ret = items.n ? items.v[0] : tw_tpl_undef(t, "No first item, sequence was empty.");
	return TW_OK;
}

static enum tw_rc want_reversible(struct tw_tpl *t, struct tw_value in)
{
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	if (!tw_tpl_iterable(in) || tw_tpl_is_generator(in))
		return tw_tpl_raise(t, "TypeError", "'%s' object is not reversible",
				    tw_type_name(in));
	return TW_OK;
}

TW_FILTER(tw_f_last)
{
	struct tw_list items;

	TW_NO_ARGS("do_last()");
	TW_TRY(want_reversible(t, in));
	TW_TRY(tw_tpl_iter(t, in, &items));
	*ret = items.n ? items.v[items.n - 1]
		       : tw_tpl_undef(t, "No last item, sequence was empty.");
	return TW_OK;
}

TW_FILTER(tw_f_reverse)
{
	struct tw_value minus[3] = {TW_NULL, TW_NULL, tw_v_int(-1)}, l;
	struct tw_list items;

	TW_NO_ARGS("do_reverse()");
	if (in.kind == TW_V_STR)
		return tw_tpl_slice(t, in, minus, ret);
	if (in.kind != TW_V_UNDEFINED && !tw_tpl_iterable(in))
		return tw_tpl_raise(t, "FilterArgumentError", "argument must be iterable");
	TW_TRY(tw_tpl_iter(t, in, &items));
	l = tw_tpl_new_list(t, items.n);
	for (size_t i = items.n; i-- > 0;)
		tw_list_push(t->a, l, items.v[i]);
	*ret = tw_tpl_is_generator(in) ? l : tw_tpl_generator(t, l);
	return TW_OK;
}

TW_FILTER(tw_f_join)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_list items;
	struct tw_getter g;
	struct tw_str sep = TW_STR(""), s;
	struct tw_value v;

	TW_BIND("do_join", a, 0, "d", "attribute");
	if (t->autoescape)
		return tw_tpl_unsupported(t, "join inside of autoescape");
	TW_TRY(tw_getter_init(t, a[1], false, &g));
	TW_TRY(tw_tpl_iter(t, in, &items));
	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_text(t, a[0], &sep));
	for (size_t i = 0; i < items.n; i++) {
		TW_TRY(tw_getter_get(t, &g, items.v[i], &v));
		TW_TRY(tw_tpl_text(t, v, &s));
		TW_TRY(tw_tpl_room(t, b.n + s.n + sep.n));
		if (i)
			tw_buf_addstr(&b, sep);
		tw_buf_addstr(&b, s);
	}
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

TW_FILTER(tw_f_sum)
{
	struct tw_list items;
	struct tw_getter g;
	struct tw_value v, sum;

	TW_BIND("do_sum", a, 0, "attribute", "start");
	TW_TRY(tw_getter_init(t, a[0], false, &g));
	sum = tw_v_given(a[1]) ? a[1] : tw_v_int(0);
	TW_TRY(tw_tpl_iter(t, in, &items));
	if (sum.kind == TW_V_STR)
		return tw_tpl_raise(t, "TypeError",
				    "sum() can't sum strings [use ''.join(seq) instead]");
	for (size_t i = 0; i < items.n; i++) {
		TW_TRY(tw_getter_get(t, &g, items.v[i], &v));
		TW_TRY(tw_tpl_binary(t, '+', sum, v, &sum));
	}
	*ret = sum;
	return TW_OK;
}

/* ---- order ---- */

/* The keys of a comma-separated list of attributes: a list for each item. */
static enum tw_rc sort_keys(struct tw_tpl *t, struct tw_value attribute, bool lower,
			    const struct tw_list *items, struct tw_value *keys)
{
	struct tw_getter g[8];
	size_t ng = 0;
	struct tw_str rest;

	if (attribute.kind != TW_V_STR) {
		TW_TRY(tw_getter_init(t, attribute, lower, &g[ng++]));
	} else {
		rest = attribute.s;
		do {
			if (ng == 8)
				return tw_tpl_unsupported(t, "sort by over 8 attributes");
			TW_TRY(tw_getter_init(t, tw_v_str(tw_str_cut(rest, ',', &rest)), lower,
					      &g[ng++]));
		} while (rest.p);
	}
	for (size_t i = 0; i < items->n; i++) {
		keys[i] = tw_v_list(t->a);
		for (size_t k = 0; k < ng; k++) {
			struct tw_value v;

			TW_TRY(tw_getter_key(t, &g[k], items->v[i], &v));
			tw_list_push(t->a, keys[i], v);
		}
	}
	return TW_OK;
}

TW_FILTER(tw_f_sort)
{
	struct tw_list items;
	struct tw_value *keys, l;
	bool reverse, sensitive;

	TW_BIND("do_sort", a, 0, "reverse", "case_sensitive", "attribute");
	TW_TRY(truth_or(t, a[0], false, &reverse));
	TW_TRY(truth_or(t, a[1], false, &sensitive));
	TW_TRY(tw_tpl_iter(t, in, &items));
	TW_TRY(tw_tpl_room(t, items.n * sizeof(*keys)));
	keys = tw_arena_alloc(t->a, (items.n + 1) * sizeof(*keys));
	TW_TRY(sort_keys(t, a[2], !sensitive, &items, keys));
	l = list_of(t, items.v, items.n);
	TW_TRY(tw_sort(t, keys, l.list->v, items.n, reverse));
	*ret = l;
	return TW_OK;
}

static enum tw_rc extreme(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			  bool max, struct tw_value *ret)
{
	struct tw_value best = TW_NULL, best_key, key;
	struct tw_list items;
	struct tw_getter g;
	bool sensitive;
	int order;

	TW_BIND(max ? "do_max" : "do_min", a, 0, "case_sensitive", "attribute");
	TW_TRY(truth_or(t, a[0], false, &sensitive));
	TW_TRY(tw_getter_init(t, a[1], !sensitive, &g));
	TW_TRY(tw_tpl_iter(t, in, &items));
	if (!items.n) {
		*ret = tw_tpl_undef(t, "No aggregated item, sequence was empty.");
		return TW_OK;
	}
	best = items.v[0];
	TW_TRY(tw_getter_key(t, &g, best, &best_key));
	for (size_t i = 1; i < items.n; i++) {
		TW_TRY(tw_getter_key(t, &g, items.v[i], &key));
		TW_TRY(tw_tpl_order(t, max ? ">" : "<", key, best_key, &order));
		if (order == (max ? 1 : -1)) {
			best = items.v[i];
			best_key = key;
		}
	}
	*ret = best;
	return TW_OK;
}

TW_FILTER(tw_f_min)
{
	return extreme(t, in, args, false, ret);
}

TW_FILTER(tw_f_max)
{
	return extreme(t, in, args, true, ret);
}

TW_FILTER(tw_f_dictsort)
{
	struct tw_value *keys, list;
	struct tw_list pairs;
	struct tw_getter g;
	bool sensitive, reverse, by_value = false;

	TW_BIND("do_dictsort", a, 0, "case_sensitive", "by", "reverse");
	TW_TRY(truth_or(t, a[0], false, &sensitive));
	TW_TRY(truth_or(t, a[2], false, &reverse));
	if (tw_v_given(a[1])) {
		by_value = a[1].kind == TW_V_STR && tw_str_is(a[1].s, "value");
		if (!by_value && !(a[1].kind == TW_V_STR && tw_str_is(a[1].s, "key")))
			return tw_tpl_raise(t, "FilterArgumentError",
					    "You can only sort by either \"key\" or \"value\"");
	}
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	if (in.kind != TW_V_MAP)
		return tw_tpl_raise(t, "AttributeError", "'%s' object has no attribute 'items'",
				    tw_type_name(in));
	TW_TRY(tw_map_method(t, in, TW_STR("items"), &(struct tw_args){0}, &in));
	TW_TRY(tw_tpl_iter(t, in, &pairs));
	TW_TRY(tw_getter_init(t, TW_NULL, !sensitive, &g));
	keys = tw_arena_alloc(t->a, (pairs.n + 1) * sizeof(*keys));
	for (size_t i = 0; i < pairs.n; i++)
		TW_TRY(tw_getter_key(t, &g, pairs.v[i].list->v[by_value], &keys[i]));
	list = list_of(t, pairs.v, pairs.n);
	TW_TRY(tw_sort(t, keys, list.list->v, pairs.n, reverse));
	*ret = list;
	return TW_OK;
}

/* ---- groups ---- */

/* One group: a pair that also has names. */
struct group {
	struct tw_object o;
	struct tw_value pair; /* a tuple: grouper, list */
};

static enum tw_rc group_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				struct tw_value *ret)
{
	struct tw_list *l = ((struct group *)o)->pair.list;

	if (tw_str_is(name, "grouper"))
		*ret = l->v[0];
	else if (tw_str_is(name, "list"))
		*ret = l->v[1];
	else if (tw_str_is(name, "count") || tw_str_is(name, "index") || name.p[0] == '_')
		return tw_tpl_unsupported(t, "this attribute of a group");
	else
		return TW_ERR_NOT_FOUND;
	return TW_OK;
}

static enum tw_rc group_getitem(struct tw_tpl *t, struct tw_object *o, struct tw_value key,
				struct tw_value *ret)
{
	return tw_tpl_item(t, ((struct group *)o)->pair, key, ret);
}

static enum tw_rc group_iter(struct tw_tpl *t, struct tw_object *o, struct tw_list *ret)
{
	*ret = *((struct group *)o)->pair.list;
	return TW_OK;
}

static enum tw_rc group_len(struct tw_tpl *t, struct tw_object *o, int64_t *ret)
{
	*ret = 2;
	return TW_OK;
}

static enum tw_rc group_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	return tw_tpl_repr(t, ((struct group *)o)->pair, out);
}

static enum tw_rc group_plain(struct tw_tpl *t, struct tw_object *o, struct tw_value *ret)
{
	*ret = ((struct group *)o)->pair;
	return TW_OK;
}

static const struct tw_object_type group_type = {
	.name = "_GroupTuple",
	.getattr = group_getattr,
	.getitem = group_getitem,
	.iter = group_iter,
	.len = group_len,
	.str = group_repr,
	.repr = group_repr,
	.plain = group_plain,
	.sequence = true,
};

static struct tw_value new_group(struct tw_tpl *t, struct tw_value key)
{
	struct group *g = tw_arena_new(t->a, struct group);

	g->o.type = &group_type;
	g->pair = tw_tpl_new_tuple(t, 2);
	tw_list_push(t->a, g->pair, key);
	tw_list_push(t->a, g->pair, tw_tpl_new_list(t, 0));
	return tw_v_object(&g->o);
}

TW_FILTER(tw_f_groupby)
{
	struct tw_value *keys, *vals, out, group = TW_NULL, last = TW_NULL, first;
	struct tw_list items;
	struct tw_getter g;
	bool sensitive;

	TW_BIND("do_groupby", a, 1, "attribute", "default", "case_sensitive");
	TW_TRY(truth_or(t, a[2], false, &sensitive));
	TW_TRY(tw_getter_init(t, a[0], !sensitive, &g));
	g.dflt = a[1];
	TW_TRY(tw_tpl_iter(t, in, &items));
	TW_TRY(tw_tpl_room(t, items.n * 2 * sizeof(*keys)));
	keys = tw_arena_alloc(t->a, (items.n + 1) * sizeof(*keys));
	vals = tw_arena_alloc(t->a, (items.n + 1) * sizeof(*vals));
	for (size_t i = 0; i < items.n; i++) {
		vals[i] = items.v[i];
		TW_TRY(tw_getter_key(t, &g, items.v[i], &keys[i]));
	}
	TW_TRY(tw_sort(t, keys, vals, items.n, false));
	out = tw_tpl_new_list(t, 0);
	for (size_t i = 0; i < items.n; i++) {
		bool same = false;

		if (i)
			TW_TRY(tw_tpl_equal(t, last, keys[i], &same));
		if (!same) {
			TW_TRY(tw_getter_get(t, &g, vals[i], &first));
			group = new_group(t, first);
			tw_list_push(t->a, out, group);
			last = keys[i];
		}
		tw_list_push(t->a, ((struct group *)group.obj)->pair.list->v[1], vals[i]);
	}
	*ret = out;
	return TW_OK;
}
