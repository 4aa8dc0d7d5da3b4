/* The methods of list, tuple, dict, int and float. */
#include <math.h>

#include "template/eval.h"

static enum tw_rc no_kwargs(struct tw_tpl *t, const char *name, const struct tw_args *args,
			    size_t min, size_t max)
{
	if (args->nkw)
		return tw_tpl_raise(t, "TypeError", "%s() takes no keyword arguments", name);
	if (args->npos < min || args->npos > max)
		return tw_tpl_raise(t, "TypeError", "%s expected %zu argument%s, got %zu", name,
				    args->npos < min ? min : max, min == 1 ? "" : "s", args->npos);
	return TW_OK;
}

/* Changing a value that the context owns would show in later templates; Python lets it. */
static enum tw_rc want_own(struct tw_tpl *t, const void *p, const char *name)
{
	if (!tw_tpl_owns(t, p))
		return tw_tpl_unsupported(t, "%s() on a value of the context", name);
	return TW_OK;
}

/* ---- list, tuple ---- */

static enum tw_rc position(struct tw_tpl *t, struct tw_value v, struct tw_value x, size_t *ret)
{
	for (size_t i = 0; i < v.list->n; i++) {
		bool eq;

		TW_TRY(tw_tpl_equal(t, v.list->v[i], x, &eq));
		if (eq) {
			*ret = i;
			return TW_OK;
		}
	}
	*ret = v.list->n;
	return TW_OK;
}

static void remove_at(struct tw_list *l, size_t i)
{
	memmove(l->v + i, l->v + i + 1, (l->n - i - 1) * sizeof(*l->v));
	l->n--;
}

static enum tw_rc list_insert(struct tw_tpl *t, struct tw_value v, const struct tw_args *args)
{
	int64_t i, n = (int64_t)v.list->n;

	TW_TRY(no_kwargs(t, "insert", args, 2, 2));
	TW_TRY(tw_tpl_int_arg(t, args->pos[0], &i));
	if (i < 0)
		i = i + n < 0 ? 0 : i + n;
	if (i > n)
		i = n;
	tw_list_push(t->a, v, args->pos[1]);
	memmove(v.list->v + i + 1, v.list->v + i, (size_t)(n - i) * sizeof(*v.list->v));
	v.list->v[i] = args->pos[1];
	return TW_OK;
}

static enum tw_rc list_extend(struct tw_tpl *t, struct tw_value v, const struct tw_args *args)
{
	struct tw_list items;

	TW_TRY(no_kwargs(t, "extend", args, 1, 1));
	TW_TRY(tw_tpl_iter(t, args->pos[0], &items));
	TW_TRY(tw_tpl_room(t, items.n * sizeof(*items.v)));
	for (size_t i = 0; i < items.n; i++)
		tw_list_push(t->a, v, items.v[i]);
	return TW_OK;
}

static enum tw_rc list_pop(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,
			   struct tw_value *ret)
{
	int64_t i = -1, n = (int64_t)v.list->n;

	TW_TRY(no_kwargs(t, "pop", args, 0, 1));
	if (args->npos)
		TW_TRY(tw_tpl_int_arg(t, args->pos[0], &i));
	if (!n)
		return tw_tpl_raise(t, "IndexError", "pop from empty list");
	if (i < 0)
		i += n;
	if (i < 0 || i >= n)
		return tw_tpl_raise(t, "IndexError", "pop index out of range");
	*ret = v.list->v[i];
	remove_at(v.list, (size_t)i);
	return TW_OK;
}

/* Insertion of one item after another keeps equal ones in order. */
static enum tw_rc list_sort(struct tw_tpl *t, struct tw_value v, const struct tw_args *args)
{
	static const char *const names[] = {"key", "reverse"};
	struct tw_value a[2];
	bool reverse = false;

	if (args->npos)
		return tw_tpl_raise(t, "TypeError", "sort() takes no positional arguments");
	TW_TRY(tw_tpl_bind(t, "sort", args, names, 2, 0, a));
	if (tw_v_given(a[0]) && a[0].kind != TW_V_NULL)
		return tw_tpl_unsupported(t, "sort(key=…)");
	if (tw_v_given(a[1]))
		TW_TRY(tw_tpl_truth(t, a[1], &reverse));
	for (size_t i = 1; i < v.list->n; i++) {
		struct tw_value x = v.list->v[i];
		size_t k = i;

		for (; k > 0; k--) {
			int order;

			TW_TRY(tw_tpl_order(t, "<", x, v.list->v[k - 1], &order));
			if (reverse ? order != 1 : order != -1)
				break;
			v.list->v[k] = v.list->v[k - 1];
		}
		v.list->v[k] = x;
	}
	return TW_OK;
}

static enum tw_rc list_remove(struct tw_tpl *t, struct tw_value v, const struct tw_args *args)
{
	size_t i = 0;

	TW_TRY(no_kwargs(t, "remove", args, 1, 1));
	TW_TRY(position(t, v, args->pos[0], &i));
	if (i == v.list->n)
		return tw_tpl_raise(t, "ValueError", "list.remove(x): x not in list");
	remove_at(v.list, i);
	return TW_OK;
}

static enum tw_rc list_change(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			      const struct tw_args *args, struct tw_value *ret)
{
	*ret = TW_NULL;
	if (tw_str_is(name, "append")) {
		TW_TRY(no_kwargs(t, "append", args, 1, 1));
		tw_list_push(t->a, v, args->pos[0]);
		return tw_tpl_room(t, 0);
	}
	if (tw_str_is(name, "extend"))
		return list_extend(t, v, args);
	if (tw_str_is(name, "insert"))
		return list_insert(t, v, args);
	if (tw_str_is(name, "pop"))
		return list_pop(t, v, args, ret);
	if (tw_str_is(name, "remove"))
		return list_remove(t, v, args);
	if (tw_str_is(name, "sort"))
		return list_sort(t, v, args);
	if (tw_str_is(name, "clear")) {
		TW_TRY(no_kwargs(t, "clear", args, 0, 0));
		v.list->n = 0;
		return TW_OK;
	}
	TW_TRY(no_kwargs(t, "reverse", args, 0, 0));
	for (size_t i = 0; i < v.list->n / 2; i++) {
		struct tw_value x = v.list->v[i];

		v.list->v[i] = v.list->v[v.list->n - 1 - i];
		v.list->v[v.list->n - 1 - i] = x;
	}
	return TW_OK;
}

static const char *const list_methods[] = {"append", "clear",	"copy",	  "count",
					   "extend", "index",	"insert", "pop",
					   "remove", "reverse", "sort"};

static bool one_of(struct tw_str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tw_str_is(name, names[i]))
			return true;
	return false;
}
#define ONE_OF(name, names) one_of(name, names, sizeof(names) / sizeof(*(names)))

static enum tw_rc list_count(struct tw_tpl *t, struct tw_value v, struct tw_value x,
			     struct tw_value *ret)
{
	int64_t n = 0;

	for (size_t i = 0; i < v.list->n; i++) {
		bool eq;

		TW_TRY(tw_tpl_equal(t, v.list->v[i], x, &eq));
		n += eq;
	}
	*ret = tw_v_int(n);
	return TW_OK;
}

enum tw_rc tw_list_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			  const struct tw_args *args, struct tw_value *ret)
{
	size_t i = 0;

	if (!ONE_OF(name, list_methods) ||
	    (v.kind == TW_V_TUPLE && !tw_str_is(name, "count") && !tw_str_is(name, "index")))
		return TW_ERR_NOT_FOUND;
	if (tw_str_is(name, "count")) {
		TW_TRY(no_kwargs(t, "count", args, 1, 1));
		return list_count(t, v, args->pos[0], ret);
	}
	if (tw_str_is(name, "index")) {
		if (args->npos > 1)
			return tw_tpl_unsupported(t, "index() with bounds");
		TW_TRY(no_kwargs(t, "index", args, 1, 1));
		TW_TRY(position(t, v, args->pos[0], &i));
		if (i == v.list->n)
			return tw_tpl_raise(t, "ValueError", "value is not in %s", tw_type_name(v));
		*ret = tw_v_int((int64_t)i);
		return TW_OK;
	}
	if (tw_str_is(name, "copy")) {
		TW_TRY(no_kwargs(t, "copy", args, 0, 0));
		*ret = tw_tpl_new_list(t, v.list->n);
		for (i = 0; i < v.list->n; i++)
			tw_list_push(t->a, *ret, v.list->v[i]);
		return tw_tpl_room(t, 0);
	}
	TW_TRY(want_own(t, v.list, "a changing list method"));
	return list_change(t, v, name, args, ret);
}

/* ---- dict ---- */

static const char *const map_methods[] = {"clear",	"copy",	  "fromkeys", "get",
					  "items",	"keys",	  "pop",      "popitem",
					  "setdefault", "update", "values"};

static struct tw_value map_list(struct tw_tpl *t, struct tw_value v, char what)
{
	struct tw_value list = tw_v_list(t->a), pair;

	for (size_t i = 0; i < v.map->n; i++) {
		pair = v.map->v[i].key;
		if (what == 'v')
			pair = v.map->v[i].value;
		if (what == 'i') {
			pair = tw_tpl_new_tuple(t, 2);
			tw_list_push(t->a, pair, v.map->v[i].key);
			tw_list_push(t->a, pair, v.map->v[i].value);
		}
		tw_list_push(t->a, list, pair);
	}
	return list;
}

/* A map without the pair of that key: entries cannot be taken out of an index. */
static void map_remove(struct tw_tpl *t, struct tw_value v, struct tw_value key)
{
	struct tw_value fresh = tw_v_map(t->a);
	const struct tw_value *gone = tw_map_find_key(v, key);

	for (size_t i = 0; i < v.map->n; i++)
		if (&v.map->v[i].value != gone)
			tw_map_put_key(t->a, fresh, v.map->v[i].key, v.map->v[i].value);
	*v.map = *fresh.map;
	t->steps += v.map->n;
}

static enum tw_rc map_pop(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,
			  struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	const struct tw_value *found;

	TW_TRY(no_kwargs(t, "pop", args, 1, 2));
	TW_TRY(tw_tpl_hashable(t, args->pos[0]));
	found = tw_map_find_key(v, args->pos[0]);
	if (found) {
		*ret = *found;
		map_remove(t, v, args->pos[0]);
		return TW_OK;
	}
	if (args->npos > 1) {
		*ret = args->pos[1];
		return TW_OK;
	}
	TW_TRY(tw_tpl_repr(t, args->pos[0], &b));
	return tw_tpl_raise(t, "KeyError", "%s", tw_buf_cstr(&b));
}

static enum tw_rc map_update(struct tw_tpl *t, struct tw_value v, const struct tw_args *args)
{
	if (args->npos > 1)
		return tw_tpl_raise(t, "TypeError", "update expected at most 1 argument, got %zu",
				    args->npos);
	if (args->npos) {
		struct tw_value o = args->pos[0];

		if (o.kind == TW_V_UNDEFINED)
			return tw_tpl_undefined_error(t, o);
		if (o.kind != TW_V_MAP)
			return tw_tpl_unsupported(t, "update() with anything but a dict");
		for (size_t i = 0; i < o.map->n; i++)
			tw_map_put_key(t->a, v, o.map->v[i].key, o.map->v[i].value);
		TW_TRY(tw_tpl_steps(t, o.map->n));
	}
	for (size_t i = 0; i < args->nkw; i++)
		tw_map_put(t->a, v, args->kw[i].name, args->kw[i].value);
	return tw_tpl_room(t, 0);
}

static enum tw_rc map_change(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			     const struct tw_args *args, struct tw_value *ret)
{
	const struct tw_value *found;

	*ret = TW_NULL;
	if (tw_str_is(name, "update"))
		return map_update(t, v, args);
	if (tw_str_is(name, "pop"))
		return map_pop(t, v, args, ret);
	if (tw_str_is(name, "clear")) {
		TW_TRY(no_kwargs(t, "clear", args, 0, 0));
		*v.map = (struct tw_vmap){0};
		return TW_OK;
	}
	if (tw_str_is(name, "setdefault")) {
		TW_TRY(no_kwargs(t, "setdefault", args, 1, 2));
		TW_TRY(tw_tpl_hashable(t, args->pos[0]));
		found = tw_map_find_key(v, args->pos[0]);
		*ret = found ? *found : args->npos > 1 ? args->pos[1] : TW_NULL;
		if (!found)
			tw_map_put_key(t->a, v, args->pos[0], *ret);
		return TW_OK;
	}
	return tw_tpl_unsupported(t, "dict." TW_STR_FMT "()", TW_STR_ARG(name));
}

static enum tw_rc map_get(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,
			  struct tw_value *ret)
{
	const struct tw_value *found;

	TW_TRY(no_kwargs(t, "get", args, 1, 2));
	TW_TRY(tw_tpl_hashable(t, args->pos[0]));
	found = tw_map_find_key(v, args->pos[0]);
	*ret = found ? *found : args->npos > 1 ? args->pos[1] : TW_NULL;
	return TW_OK;
}

enum tw_rc tw_map_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret)
{
	if (!ONE_OF(name, map_methods))
		return TW_ERR_NOT_FOUND;
	if (tw_str_is(name, "get"))
		return map_get(t, v, args, ret);
	if (tw_str_is(name, "items") || tw_str_is(name, "keys") || tw_str_is(name, "values")) {
		const char *type = name.p[0] == 'i'   ? "dict_items"
				   : name.p[0] == 'k' ? "dict_keys"
						      : "dict_values";

		TW_TRY(no_kwargs(t, type, args, 0, 0));
		TW_TRY(tw_tpl_steps(t, v.map->n));
		*ret = tw_tpl_view(t, type, map_list(t, v, name.p[0]));
		return tw_tpl_room(t, 0);
	}
	if (tw_str_is(name, "copy")) {
		TW_TRY(no_kwargs(t, "copy", args, 0, 0));
		*ret = tw_tpl_new_map(t);
		for (size_t i = 0; i < v.map->n; i++)
			tw_map_put_key(t->a, *ret, v.map->v[i].key, v.map->v[i].value);
		return tw_tpl_steps(t, v.map->n);
	}
	TW_TRY(want_own(t, v.map, "a changing dict method"));
	return map_change(t, v, name, args, ret);
}

/* ---- numbers ---- */

static const char *const int_methods[] = {
	"as_integer_ratio", "bit_count", "bit_length", "conjugate", "from_bytes",
	"to_bytes",	    "real",	 "imag",       "numerator", "denominator"};
static const char *const float_methods[] = {"as_integer_ratio", "conjugate", "fromhex", "hex",
					    "is_integer",	"real",	     "imag"};

enum tw_rc tw_num_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret)
{
	if (v.kind == TW_V_FLOAT && tw_str_is(name, "is_integer")) {
		TW_TRY(no_kwargs(t, "is_integer", args, 0, 0));
		*ret = tw_v_bool(isfinite(v.f) && v.f == floor(v.f));
		return TW_OK;
	}
	if (v.kind == TW_V_INT && tw_str_is(name, "bit_length")) {
		uint64_t u = v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i;

		TW_TRY(no_kwargs(t, "bit_length", args, 0, 0));
		*ret = tw_v_int(u ? 64 - __builtin_clzll(u) : 0);
		return TW_OK;
	}
	return TW_ERR_NOT_FOUND;
}

bool tw_has_method(struct tw_value v, struct tw_str name)
{
	switch (v.kind) {
	case TW_V_STR:
		return tw_str_has_method(name) ||
		       (v.safe && (tw_str_is(name, "unescape") || tw_str_is(name, "striptags") ||
				   tw_str_is(name, "escape")));
	case TW_V_LIST:
		return ONE_OF(name, list_methods);
	case TW_V_TUPLE:
		return tw_str_is(name, "count") || tw_str_is(name, "index");
	case TW_V_MAP:
		return ONE_OF(name, map_methods);
	case TW_V_BOOL:
	case TW_V_INT:
	case TW_V_BIGINT:
		return ONE_OF(name, int_methods);
	case TW_V_FLOAT:
		return ONE_OF(name, float_methods);
	case TW_V_DATETIME:
		return tw_datetime_has(name, v.safe);
	case TW_V_DELTA:
		return tw_delta_has(name);
	default:
		return false;
	}
}
