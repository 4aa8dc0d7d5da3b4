/* Jinja's global names: range, dict, cycler, joiner, namespace. */
#include "template/eval.h"

#define MAX_RANGE 100000 /* the sandbox's */

/* ---- range ---- */

struct range {
	struct tw_object o;
	int64_t from, to, step, n;
};

static enum tw_rc range_iter(struct tw_tpl *t, struct tw_object *o, struct tw_list *ret)
{
	struct range *r = (struct range *)o;
	struct tw_value *v;

	TW_TRY(tw_tpl_steps(t, (uint64_t)r->n));
	TW_TRY(tw_tpl_room(t, (size_t)r->n * sizeof(*v)));
	v = tw_arena_alloc(t->a, ((size_t)r->n + 1) * sizeof(*v));
	for (int64_t i = 0; i < r->n; i++)
		v[i] = tw_v_int(r->from + i * r->step);
	*ret = (struct tw_list){.v = v, .n = (size_t)r->n};
	return TW_OK;
}

static enum tw_rc range_len(struct tw_tpl *t, struct tw_object *o, int64_t *ret)
{
	*ret = ((struct range *)o)->n;
	return TW_OK;
}

static enum tw_rc range_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct range *r = (struct range *)o;

	tw_buf_printf(out, "range(%lld, %lld", (long long)r->from, (long long)r->to);
	if (r->step != 1)
		tw_buf_printf(out, ", %lld", (long long)r->step);
	tw_buf_addc(out, ')');
	return TW_OK;
}

static enum tw_rc range_getitem(struct tw_tpl *t, struct tw_object *o, struct tw_value key,
				struct tw_value *ret)
{
	struct range *r = (struct range *)o;
	int64_t i = key.i;

	if (key.kind != TW_V_INT)
		return TW_ERR_NOT_FOUND;
	if (i < 0)
		i += r->n;
	if (i < 0 || i >= r->n)
		return TW_ERR_NOT_FOUND;
	*ret = tw_v_int(r->from + i * r->step);
	return TW_OK;
}

static const struct tw_object_type range_type = {
	.name = "range",
	.iter = range_iter,
	.len = range_len,
	.str = range_repr,
	.repr = range_repr,
	.getitem = range_getitem,
	.sequence = true,
};

static enum tw_rc g_range(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			  struct tw_value *ret)
{
	struct range *r = tw_arena_new(t->a, struct range);
	int64_t v[3] = {0, 0, 1};
	__int128 n = 0;

	if (args->nkw || args->npos < 1 || args->npos > 3)
		return tw_tpl_raise(t, "TypeError", "range expected 1 to 3 arguments, got %zu",
				    args->npos);
	for (size_t i = 0; i < args->npos; i++)
		TW_TRY(tw_tpl_int_arg(t, args->pos[i], &v[args->npos == 1 ? 1 : i]));
	if (!v[2])
		return tw_tpl_raise(t, "ValueError", "range() arg 3 must not be zero");
	if (v[2] > 0 && v[1] > v[0])
		n = ((__int128)v[1] - v[0] + v[2] - 1) / v[2];
	else if (v[2] < 0 && v[1] < v[0])
		n = ((__int128)v[0] - v[1] - v[2] - 1) / -(__int128)v[2];
	if (n > MAX_RANGE && t->is_native)
		return tw_tpl_unsupported(t, "so long a range");
	if (n > MAX_RANGE)
		return tw_tpl_raise(
			t, "OverflowError",
			"Range too big. The sandbox blocks ranges larger than MAX_RANGE "
			"(%d).",
			MAX_RANGE);
	*r = (struct range){{&range_type}, v[0], v[1], v[2], (int64_t)n};
	*ret = tw_v_object(&r->o);
	return TW_OK;
}

/* ---- dict ---- */

static enum tw_rc g_dict(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			 struct tw_value *ret)
{
	struct tw_value map = tw_tpl_new_map(t);
	struct tw_list items, pair;

	if (args->npos > 1)
		return tw_tpl_raise(t, "TypeError", "dict expected at most 1 argument, got %zu",
				    args->npos);
	if (args->npos && args->pos[0].kind == TW_V_MAP) {
		struct tw_value o = args->pos[0];

		for (size_t i = 0; i < o.map->n; i++)
			tw_map_put_key(t->a, map, o.map->v[i].key, o.map->v[i].value);
		TW_TRY(tw_tpl_steps(t, o.map->n));
	} else if (args->npos) {
		TW_TRY(tw_tpl_iter(t, args->pos[0], &items));
		for (size_t i = 0; i < items.n; i++) {
			TW_TRY(tw_tpl_iter(t, items.v[i], &pair));
			if (pair.n != 2)
				return tw_tpl_raise(t, "ValueError",
						    "dictionary update sequence element #%zu has "
						    "length %zu; 2 is required",
						    i, pair.n);
			TW_TRY(tw_tpl_hashable(t, pair.v[0]));
			tw_map_put_key(t->a, map, pair.v[0], pair.v[1]);
		}
	}
	for (size_t i = 0; i < args->nkw; i++)
		tw_map_put(t->a, map, args->kw[i].name, args->kw[i].value);
	*ret = map;
	return TW_OK;
}

/* ---- namespace ---- */

struct namespace
{
	struct tw_object o;
	struct tw_value attrs;
};

static enum tw_rc namespace_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				    struct tw_value *ret)
{
	const struct tw_value *v = tw_map_find(((struct namespace *)o)->attrs, name);

	if (v) {
		*ret = *v;
		return TW_OK;
	}
	*ret = tw_tpl_undef(t, "'jinja2.utils.Namespace object' has no attribute '" TW_STR_FMT "'",
			    TW_STR_ARG(name));
	return TW_OK;
}

static enum tw_rc namespace_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	tw_buf_adds(out, "<Namespace ");
	TW_TRY(tw_tpl_repr(t, ((struct namespace *)o)->attrs, out));
	tw_buf_addc(out, '>');
	return TW_OK;
}

const struct tw_object_type tw_namespace_type = {
	.name = "Namespace",
	.getattr = namespace_getattr,
	.str = namespace_repr,
	.repr = namespace_repr,
};

static enum tw_rc g_namespace(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			      struct tw_value *ret)
{
	struct namespace *ns = tw_arena_new(t->a, struct namespace);

	ns->o.type = &tw_namespace_type;
	TW_TRY(g_dict(t, self, args, &ns->attrs));
	*ret = tw_v_object(&ns->o);
	return TW_OK;
}

enum tw_rc tw_namespace_set(struct tw_tpl *t, struct tw_value ns, struct tw_str attr,
			    struct tw_value v)
{
	if (ns.kind != TW_V_OBJECT || ns.obj->type != &tw_namespace_type)
		return tw_tpl_raise(t, "TemplateRuntimeError",
				    "cannot assign attribute on non-namespace object");
	tw_map_put(t->a, ((struct namespace *)ns.obj)->attrs, attr, v);
	return TW_OK;
}

/* ---- cycler, joiner ---- */

struct cycler {
	struct tw_object o;
	struct tw_list items;
	size_t pos;
};

static enum tw_rc cycler_next(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			      struct tw_value *ret)
{
	struct cycler *c = (struct cycler *)self.obj;

	*ret = c->items.v[c->pos];
	c->pos = (c->pos + 1) % c->items.n;
	return TW_OK;
}

static enum tw_rc cycler_reset(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			       struct tw_value *ret)
{
	((struct cycler *)self.obj)->pos = 0;
	*ret = TW_NULL;
	return TW_OK;
}

static enum tw_rc cycler_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				 struct tw_value *ret)
{
	struct cycler *c = (struct cycler *)o;

	if (tw_str_is(name, "current"))
		*ret = c->items.v[c->pos];
	else if (tw_str_is(name, "next"))
		*ret = tw_tpl_function(t, "next", cycler_next, tw_v_object(o));
	else if (tw_str_is(name, "reset"))
		*ret = tw_tpl_function(t, "reset", cycler_reset, tw_v_object(o));
	else
		return tw_tpl_unsupported(t, "cycler." TW_STR_FMT, TW_STR_ARG(name));
	return TW_OK;
}

static const struct tw_object_type cycler_type = {
	.name = "Cycler",
	.getattr = cycler_getattr,
};

static enum tw_rc g_cycler(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			   struct tw_value *ret)
{
	struct cycler *c = tw_arena_new(t->a, struct cycler);

	if (!args->npos)
		return tw_tpl_raise(t, "RuntimeError", "at least one item has to be provided");
	c->o.type = &cycler_type;
	c->items.v = tw_arena_alloc(t->a, args->npos * sizeof(*args->pos));
	memcpy(c->items.v, args->pos, args->npos * sizeof(*args->pos));
	c->items.n = args->npos;
	*ret = tw_v_object(&c->o);
	return TW_OK;
}

struct joiner {
	struct tw_object o;
	struct tw_value sep;
	bool used;
};

static enum tw_rc joiner_call(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
			      struct tw_value *ret)
{
	struct joiner *j = (struct joiner *)o;

	*ret = j->used ? j->sep : tw_v_cstr("");
	j->used = true;
	return TW_OK;
}

static const struct tw_object_type joiner_type = {
	.name = "Joiner",
	.call = joiner_call,
};

static enum tw_rc g_joiner(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			   struct tw_value *ret)
{
	static const char *const names[] = {"sep"};
	struct joiner *j = tw_arena_new(t->a, struct joiner);
	struct tw_value sep;

	TW_TRY(tw_tpl_bind(t, "joiner", args, names, 1, 0, &sep));
	j->o.type = &joiner_type;
	j->sep = tw_v_given(sep) ? sep : tw_v_cstr(", ");
	*ret = tw_v_object(&j->o);
	return TW_OK;
}

static enum tw_rc g_lipsum(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
			   struct tw_value *ret)
{
	return tw_tpl_unsupported(t, "lipsum()");
}

static const struct {
	const char *name;
	tw_native_fn *fn;
} globals[] = {
	{"range", g_range},   {"dict", g_dict},	    {"namespace", g_namespace},
	{"cycler", g_cycler}, {"joiner", g_joiner}, {"lipsum", g_lipsum},
};

enum tw_rc tw_global_find(struct tw_tpl *t, struct tw_str name, struct tw_value *ret)
{
	for (size_t i = 0; i < sizeof(globals) / sizeof(*globals); i++)
		if (tw_str_is(name, globals[i].name)) {
			*ret = tw_tpl_function(t, globals[i].name, globals[i].fn, TW_NULL);
			return TW_OK;
		}
	return TW_ERR_NOT_FOUND;
}
