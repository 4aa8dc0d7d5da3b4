/* Attributes, items, iteration and calls of values; the objects the engine itself makes. */
#include "template/object.h"

#include <stdio.h>

#include "template/eval.h"

/* ---- making values ---- */

struct tw_value tw_v_object(struct tw_object *o)
{
	return (struct tw_value){.kind = TW_V_OBJECT, .obj = o};
}

struct tw_value tw_tpl_new_tuple(struct tw_tpl *t, size_t cap)
{
	struct tw_value v = tw_v_list(t->a);

	v.kind = TW_V_TUPLE;
	if (cap) {
		v.list->v = tw_arena_alloc(t->a, cap * sizeof(*v.list->v));
		v.list->cap = cap;
	}
	return v;
}

struct tw_value tw_tpl_new_list(struct tw_tpl *t, size_t cap)
{
	struct tw_value v = tw_tpl_new_tuple(t, cap);

	v.kind = TW_V_LIST;
	tw_vec_push(&t->own, v.list);
	return v;
}

struct tw_value tw_tpl_new_map(struct tw_tpl *t)
{
	struct tw_value v = tw_v_map(t->a);

	tw_vec_push(&t->own, v.map);
	return v;
}

bool tw_tpl_owns(struct tw_tpl *t, const void *p)
{
	for (size_t i = t->own.n; i-- > 0;) {
		if (t->own.v[i] == p)
			return true;
		if (i % 64 == 0)
			t->steps++;
	}
	return false;
}

struct tw_value tw_tpl_undef(struct tw_tpl *t, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return (struct tw_value){.kind = TW_V_UNDEFINED, .s = tw_str(tw_arena_strdup(t->a, msg))};
}

struct tw_value tw_tpl_strv(struct tw_tpl *t, struct tw_str s)
{
	return tw_v_str(tw_str_copy(t->a, s));
}

struct tw_value tw_tpl_mkstr(struct tw_tpl *t, const struct tw_buf *b)
{
	return tw_tpl_strv(t, tw_buf_str(b));
}

/* ---- functions ---- */

struct function {
	struct tw_object o;
	const char *name;
	tw_native_fn *fn;
	struct tw_value self;
};

static enum tw_rc function_call(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
				struct tw_value *ret)
{
	struct function *f = (struct function *)o;

	return f->fn(t, f->self, args, ret);
}

static const struct tw_object_type function_type = {
	.name = "function",
	.call = function_call,
};

struct tw_value tw_tpl_function(struct tw_tpl *t, const char *name, tw_native_fn *fn,
				struct tw_value self)
{
	struct function *f = tw_arena_new(t->a, struct function);

	f->o.type = &function_type;
	f->name = name;
	f->fn = fn;
	f->self = self;
	return tw_v_object(&f->o);
}

/* `x.upper` without a call: the method of its value. */
struct bound {
	struct tw_object o;
	struct tw_value self;
	struct tw_str name;
};

static enum tw_rc bound_call(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
			     struct tw_value *ret)
{
	struct bound *b = (struct bound *)o;

	return tw_tpl_method(t, b->self, b->name, args, ret);
}

static const struct tw_object_type bound_type = {
	.name = "builtin_function_or_method",
	.call = bound_call,
};

/* ---- generators and views ---- */

static enum tw_rc generator_iter(struct tw_tpl *t, struct tw_object *o, struct tw_list *ret)
{
	struct tw_generator *g = (struct tw_generator *)o;

	*ret = (struct tw_list){0};
	if (g->used)
		return TW_OK;
	g->used = true;
	if (g->rc != TW_OK) {
		t->env->fault = g->fault;
		return tw_err_set(t->err, g->rc, "%s", g->msg);
	}
	*ret = g->items;
	return TW_OK;
}

static const struct tw_object_type generator_type = {
	.name = "generator",
	.iter = generator_iter,
};

struct tw_value tw_tpl_generator(struct tw_tpl *t, struct tw_value list)
{
	struct tw_generator *g = tw_arena_new(t->a, struct tw_generator);

	g->o.type = &generator_type;
	g->items = *list.list;
	return tw_v_object(&g->o);
}

enum tw_rc tw_tpl_generator_or(struct tw_tpl *t, enum tw_rc rc, struct tw_value list,
			       struct tw_value *ret)
{
	struct tw_generator *g;
	struct tw_value v = tw_tpl_generator(t, list);

	if (rc != TW_OK && rc != TW_ERR_INVALID)
		return rc;
	g = (struct tw_generator *)v.obj;
	g->rc = rc;
	if (rc != TW_OK) {
		g->fault = t->env->fault;
		g->msg = tw_arena_strdup(t->a, t->err ? t->err->msg : "");
		t->env->fault = (struct tw_tpl_fault){0};
	}
	*ret = v;
	return TW_OK;
}

bool tw_tpl_is_generator(struct tw_value v)
{
	return v.kind == TW_V_OBJECT && v.obj->type == &generator_type;
}

struct view {
	struct tw_object o;
	const char *type;
	struct tw_value list;
};

static enum tw_rc view_iter(struct tw_tpl *t, struct tw_object *o, struct tw_list *ret)
{
	*ret = *((struct view *)o)->list.list;
	return TW_OK;
}

static enum tw_rc view_len(struct tw_tpl *t, struct tw_object *o, int64_t *ret)
{
	*ret = (int64_t)((struct view *)o)->list.list->n;
	return TW_OK;
}

static enum tw_rc view_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct view *w = (struct view *)o;

	tw_buf_printf(out, "%s(", w->type);
	TW_TRY(tw_tpl_repr(t, w->list, out));
	tw_buf_addc(out, ')');
	return TW_OK;
}

static enum tw_rc view_getitem(struct tw_tpl *t, struct tw_object *o, struct tw_value key,
			       struct tw_value *ret)
{
	return TW_ERR_NOT_FOUND;
}

static const struct tw_object_type view_type = {
	.name = "dict_items",
	.iter = view_iter,
	.len = view_len,
	.str = view_repr,
	.repr = view_repr,
	.getitem = view_getitem,
};

struct tw_value tw_tpl_view(struct tw_tpl *t, const char *type, struct tw_value list)
{
	struct view *w = tw_arena_new(t->a, struct view);

	w->o.type = &view_type;
	w->type = type;
	w->list = list;
	return tw_v_object(&w->o);
}

/* ---- length and iteration ---- */

enum tw_rc tw_tpl_len(struct tw_tpl *t, struct tw_value v, int64_t *ret)
{
	switch (v.kind) {
	case TW_V_STR:
		*ret = (int64_t)tw_u8_len(v.s);
		return TW_OK;
	case TW_V_LIST:
	case TW_V_TUPLE:
	case TW_V_MAP:
		*ret = (int64_t)tw_value_len(v);
		return TW_OK;
	case TW_V_UNDEFINED:
		*ret = 0;
		return tw_is_lenient(v) ? TW_OK : tw_tpl_undefined_error(t, v);
	case TW_V_OBJECT:
		if (v.obj->type->len)
			return v.obj->type->len(t, v.obj, ret);
		break;
	}
	return tw_tpl_raise(t, "TypeError", "object of type '%s' has no len()", tw_type_name(v));
}

bool tw_tpl_iterable(struct tw_value v)
{
	return v.kind == TW_V_STR || v.kind == TW_V_LIST || v.kind == TW_V_TUPLE ||
	       v.kind == TW_V_MAP || v.kind == TW_V_UNDEFINED ||
	       (v.kind == TW_V_OBJECT && v.obj->type->iter);
}

static enum tw_rc iter_str(struct tw_tpl *t, struct tw_value s, struct tw_list *ret)
{
	size_t n = tw_u8_len(s.s), k = 0;
	struct tw_value *v;

	TW_TRY(tw_tpl_room(t, n * sizeof(*v)));
	TW_TRY(tw_tpl_steps(t, n));
	v = tw_arena_alloc(t->a, (n + 1) * sizeof(*v));
	for (size_t i = 0; i < s.s.n;) {
		size_t start = i;

		tw_u8_next(s.s.p, s.s.n, &i);
		v[k++] = tw_v_str(tw_strn(s.s.p + start, i - start));
	}
	*ret = (struct tw_list){.v = v, .n = n};
	return TW_OK;
}

enum tw_rc tw_tpl_iter(struct tw_tpl *t, struct tw_value v, struct tw_list *ret)
{
	struct tw_value *keys;

	switch (v.kind) {
	case TW_V_LIST:
	case TW_V_TUPLE:
		*ret = *v.list;
		return tw_tpl_steps(t, v.list->n);
	case TW_V_MAP:
		TW_TRY(tw_tpl_steps(t, v.map->n));
		TW_TRY(tw_tpl_room(t, v.map->n * sizeof(*keys)));
		keys = tw_arena_alloc(t->a, (v.map->n + 1) * sizeof(*keys));
		for (size_t i = 0; i < v.map->n; i++)
			keys[i] = v.map->v[i].key;
		*ret = (struct tw_list){.v = keys, .n = v.map->n};
		return TW_OK;
	case TW_V_STR:
		return iter_str(t, v, ret);
	case TW_V_UNDEFINED:
		*ret = (struct tw_list){0};
		return tw_is_lenient(v) ? TW_OK : tw_tpl_undefined_error(t, v);
	case TW_V_OBJECT:
		if (v.obj->type->iter)
			return v.obj->type->iter(t, v.obj, ret);
		break;
	}
	return tw_tpl_raise(t, "TypeError", "'%s' object is not iterable", tw_type_name(v));
}

/* ---- items ---- */

/* A value that may index a sequence; false when it is no integer. */
static bool index_of(struct tw_value v, int64_t *ret)
{
	if (v.kind == TW_V_BOOL)
		*ret = v.b;
	else if (v.kind == TW_V_INT)
		*ret = v.i;
	else
		return false;
	return true;
}

enum tw_rc tw_tpl_int_arg(struct tw_tpl *t, struct tw_value v, int64_t *ret)
{
	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (v.kind == TW_V_BIGINT)
		return tw_tpl_big(t);
	if (!index_of(v, ret))
		return tw_tpl_raise(t, "TypeError",
				    "'%s' object cannot be interpreted as an integer",
				    tw_type_name(v));
	return TW_OK;
}

enum tw_rc tw_tpl_item(struct tw_tpl *t, struct tw_value v, struct tw_value key,
		       struct tw_value *ret)
{
	const struct tw_value *found;
	int64_t i, n;

	if (key.kind == TW_V_UNDEFINED && v.kind == TW_V_MAP)
		return tw_tpl_undefined_error(t, key);
	switch (v.kind) {
	case TW_V_MAP:
		if (key.kind == TW_V_LIST || key.kind == TW_V_MAP)
			return TW_ERR_NOT_FOUND;
		TW_TRY(tw_tpl_hashable(t, key));
		found = tw_map_find_key(v, key);
		if (!found)
			return TW_ERR_NOT_FOUND;
		*ret = *found;
		return TW_OK;
	case TW_V_LIST:
	case TW_V_TUPLE:
	case TW_V_STR:
		if (!index_of(key, &i))
			return TW_ERR_NOT_FOUND;
		n = v.kind == TW_V_STR ? (int64_t)tw_u8_len(v.s) : (int64_t)v.list->n;
		if (i < 0)
			i += n;
		if (i < 0 || i >= n)
			return TW_ERR_NOT_FOUND;
		if (v.kind == TW_V_STR)
			*ret = tw_v_markup(tw_v_str(tw_u8_sub(v.s, i, i + 1)), v.safe);
		else
			*ret = v.list->v[i];
		return TW_OK;
	case TW_V_OBJECT:
		if (v.obj->type->getitem)
			return v.obj->type->getitem(t, v.obj, key, ret);
		return TW_ERR_NOT_FOUND;
	default:
		return TW_ERR_NOT_FOUND;
	}
}

/* ---- attributes ---- */

/* Names that the sandbox hides on every object. */
static bool is_dunder(struct tw_str name)
{
	return name.n > 2 && name.p[0] == '_' && name.p[1] == '_';
}

static enum tw_rc unsafe_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			      struct tw_value *ret)
{
	static const char *const on_all[] = {
		"__class__",
		"__doc__",
		"__init__",
		"__new__",
		"__dir__",
		"__eq__",
		"__ne__",
		"__lt__",
		"__le__",
		"__gt__",
		"__ge__",
		"__hash__",
		"__repr__",
		"__str__",
		"__reduce__",
		"__format__",
		"__sizeof__",
		"__getattribute__",
		"__setattr__",
		"__delattr__",
		"__reduce_ex__",
		"__subclasshook__",
		"__init_subclass__",
	};

	for (size_t i = 0; i < sizeof(on_all) / sizeof(*on_all); i++)
		if (tw_str_is(name, on_all[i])) {
			*ret = tw_tpl_undef(
				t, "access to attribute '" TW_STR_FMT "' of '%s' object is unsafe.",
				TW_STR_ARG(name), tw_type_name(v));
			ret->safe = true;
			return TW_OK;
		}
	/* Those that end like Python's own may be there; others are not. */
	if (tw_str_ends(name, "__"))
		return tw_tpl_unsupported(t, "the attribute '" TW_STR_FMT "'", TW_STR_ARG(name));
	return TW_ERR_NOT_FOUND;
}

enum tw_rc tw_tpl_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
		       struct tw_value *ret)
{
	enum tw_rc rc = TW_ERR_NOT_FOUND;
	struct bound *b;

	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (is_dunder(name) && v.kind != TW_V_OBJECT && v.kind != TW_V_MAP) {
		rc = unsafe_attr(t, v, name, ret);
		if (rc != TW_ERR_NOT_FOUND)
			return rc;
	}
	if (v.kind == TW_V_DATETIME)
		rc = tw_datetime_attr(t, v, name, ret);
	else if (v.kind == TW_V_DELTA)
		rc = tw_delta_attr(t, v, name, ret);
	else if (v.kind == TW_V_OBJECT && v.obj->type->getattr)
		rc = v.obj->type->getattr(t, v.obj, name, ret);
	if (rc != TW_ERR_NOT_FOUND || v.kind == TW_V_OBJECT)
		return rc;
	if (!tw_has_method(v, name))
		return TW_ERR_NOT_FOUND;
	b = tw_arena_new(t->a, struct bound);
	b->o.type = &bound_type;
	b->self = v;
	b->name = name;
	*ret = tw_v_object(&b->o);
	return TW_OK;
}

/* How Undefined names what it was looked up on. */
const char *tw_tpl_object_name(struct tw_tpl *t, struct tw_value v)
{
	if (v.kind == TW_V_NULL)
		return "None";
	if (v.kind == TW_V_DATETIME && !v.safe)
		return "pendulum.datetime.DateTime object";
	return tw_arena_printf(t->a, "%s object",
			       v.kind == TW_V_STR && v.safe ? "markupsafe.Markup"
							    : tw_type_name(v));
}

static enum tw_rc missing_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			       struct tw_value *ret)
{
	if (is_dunder(name) && v.kind == TW_V_MAP) {
		enum tw_rc rc = unsafe_attr(t, v, name, ret);

		if (rc != TW_ERR_NOT_FOUND)
			return rc;
	}
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	tw_repr_str(&b, name);
	*ret = tw_tpl_undef(t, "'%s' has no attribute %s", tw_tpl_object_name(t, v),
			    tw_buf_cstr(&b));
	return TW_OK;
}

enum tw_rc tw_tpl_getattr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			  struct tw_value *ret)
{
	enum tw_rc rc = tw_tpl_attr(t, v, name, ret);

	if (rc == TW_ERR_NOT_FOUND)
		rc = tw_tpl_item(t, v, tw_v_str(name), ret);
	if (rc == TW_ERR_NOT_FOUND)
		rc = missing_attr(t, v, name, ret);
	return rc;
}

enum tw_rc tw_tpl_getitem(struct tw_tpl *t, struct tw_value v, struct tw_value key,
			  struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	enum tw_rc rc;

	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	rc = tw_tpl_item(t, v, key, ret);
	if (rc == TW_ERR_NOT_FOUND && key.kind == TW_V_STR) {
		rc = tw_tpl_attr(t, v, key.s, ret);
		if (rc == TW_ERR_NOT_FOUND)
			rc = missing_attr(t, v, key.s, ret);
	}
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	TW_TRY(tw_tpl_repr(t, key, &b));
	*ret = tw_tpl_undef(t, "%s has no element %s", tw_tpl_object_name(t, v), tw_buf_cstr(&b));
	return TW_OK;
}

/* ---- slices ---- */

/* One bound, clamped as slice.indices() does. */
static int64_t bound_of(struct tw_value v, int64_t dflt, int64_t n, bool backwards)
{
	int64_t i;

	if (!index_of(v, &i))
		return dflt;
	if (i < 0) {
		i += n;
		if (i < 0)
			i = backwards ? -1 : 0;
	} else if (i >= n) {
		i = backwards ? n - 1 : n;
	}
	return i;
}

static enum tw_rc slice_str(struct tw_tpl *t, struct tw_value v, int64_t from, int64_t to,
			    int64_t step, struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_list chars;

	if (step == 1) {
		*ret = tw_v_markup(tw_v_str(tw_u8_sub(v.s, from, to)), v.safe);
		return TW_OK;
	}
	TW_TRY(iter_str(t, v, &chars));
	for (int64_t i = from; step > 0 ? i < to : i > to; i += step)
		tw_buf_addstr(&b, chars.v[i].s);
	*ret = tw_v_markup(tw_tpl_mkstr(t, &b), v.safe);
	return TW_OK;
}

enum tw_rc tw_tpl_slice(struct tw_tpl *t, struct tw_value v, const struct tw_value bounds[3],
			struct tw_value *ret)
{
	int64_t n, from, to, step = 1;
	struct tw_value r;

	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (v.kind == TW_V_MAP)
		return tw_tpl_raise(t, "TypeError", "unhashable type: 'slice'");
	if (v.kind == TW_V_OBJECT && v.obj->type->getitem)
		return tw_tpl_unsupported(t, "a slice of '%s'", tw_type_name(v));
	if (v.kind != TW_V_STR && v.kind != TW_V_LIST && v.kind != TW_V_TUPLE)
		return tw_tpl_raise(t, "TypeError", "'%s' object is not subscriptable",
				    tw_type_name(v));
	TW_TRY(tw_tpl_len(t, v, &n));
	for (int i = 0; i < 3; i++) {
		int64_t unused;

		if (bounds[i].kind != TW_V_NULL && !index_of(bounds[i], &unused))
			return tw_tpl_raise(t, "TypeError",
					    "slice indices must be integers or None or have an "
					    "__index__ method");
	}
	if (bounds[2].kind != TW_V_NULL)
		index_of(bounds[2], &step);
	if (!step)
		return tw_tpl_raise(t, "ValueError", "slice step cannot be zero");
	if (step > n)
		step = n + 1;
	if (step < -n)
		step = -n - 1;
	from = bound_of(bounds[0], step < 0 ? n - 1 : 0, n, step < 0);
	to = bound_of(bounds[1], step < 0 ? -1 : n, n, step < 0);
	if (v.kind == TW_V_STR)
		return slice_str(t, v, from, to, step, ret);
	r = v.kind == TW_V_LIST ? tw_tpl_new_list(t, 0) : tw_tpl_new_tuple(t, 0);
	for (int64_t i = from; step > 0 ? i < to : i > to; i += step) {
		TW_TRY(tw_tpl_step(t));
		tw_list_push(t->a, r, v.list->v[i]);
	}
	*ret = r;
	return TW_OK;
}

/* ---- calls ---- */

enum tw_rc tw_tpl_call(struct tw_tpl *t, struct tw_value fn, const struct tw_args *args,
		       struct tw_value *ret)
{
	enum tw_rc rc;

	if (fn.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, fn);
	if (fn.kind != TW_V_OBJECT || !fn.obj->type->call)
		return tw_tpl_raise(t, "TypeError", "'%s' object is not callable",
				    tw_type_name(fn));
	TW_TRY(tw_tpl_enter(t));
	rc = fn.obj->type->call(t, fn.obj, args, ret);
	t->depth--;
	return rc;
}

enum tw_rc tw_tpl_method(struct tw_tpl *t, struct tw_value obj, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret)
{
	enum tw_rc rc;

	if (obj.kind == TW_V_OBJECT)
		return obj.obj->type->method ? obj.obj->type->method(t, obj.obj, name, args, ret)
					     : TW_ERR_NOT_FOUND;
	switch (obj.kind) {
	case TW_V_STR:
		rc = tw_str_method(t, obj, name, args, ret);
		break;
	case TW_V_LIST:
	case TW_V_TUPLE:
		rc = tw_list_method(t, obj, name, args, ret);
		break;
	case TW_V_MAP:
		rc = tw_map_method(t, obj, name, args, ret);
		break;
	case TW_V_DATETIME:
		rc = tw_datetime_method(t, obj, name, args, ret);
		break;
	case TW_V_DELTA:
		rc = tw_delta_method(t, obj, name, args, ret);
		break;
	case TW_V_BOOL:
	case TW_V_INT:
	case TW_V_BIGINT:
	case TW_V_FLOAT:
		rc = tw_num_method(t, obj, name, args, ret);
		break;
	default:
		rc = TW_ERR_NOT_FOUND;
	}
	if (rc == TW_ERR_NOT_FOUND && tw_has_method(obj, name))
		return tw_tpl_unsupported(t, "the method '" TW_STR_FMT "' of '%s'",
					  TW_STR_ARG(name), tw_type_name(obj));
	return rc;
}

/* ---- arguments ---- */

static int param_of(const char *const *names, size_t n, struct tw_str name)
{
	for (size_t i = 0; i < n; i++)
		if (tw_str_is(name, names[i]))
			return (int)i;
	return -1;
}

enum tw_rc tw_tpl_bind(struct tw_tpl *t, const char *fn, const struct tw_args *args,
		       const char *const *names, size_t n, size_t required, struct tw_value *ret)
{
	if (args->npos > n)
		return tw_tpl_raise(t, "TypeError",
				    "%s() takes %zu positional argument%s but %zu "
				    "%s given",
				    fn, n, n == 1 ? "" : "s", args->npos,
				    args->npos == 1 ? "was" : "were");
	for (size_t i = 0; i < n; i++) {
		if (i < args->npos)
			ret[i] = args->pos[i];
		else
			ret[i] = (struct tw_value){.kind = TW_V_ABSENT};
	}
	for (size_t i = 0; i < args->nkw; i++) {
		int k = param_of(names, n, args->kw[i].name);

		if (k < 0)
			return tw_tpl_raise(t, "TypeError",
					    "%s() got an unexpected keyword argument '" TW_STR_FMT
					    "'",
					    fn, TW_STR_ARG(args->kw[i].name));
		if (tw_v_given(ret[k]))
			return tw_tpl_raise(t, "TypeError",
					    "%s() got multiple values for argument '%s'", fn,
					    names[k]);
		ret[k] = args->kw[i].value;
	}
	for (size_t i = 0; i < required; i++)
		if (!tw_v_given(ret[i]))
			return tw_tpl_raise(t, "TypeError",
					    "%s() missing 1 required positional argument: '%s'", fn,
					    names[i]);
	return TW_OK;
}
