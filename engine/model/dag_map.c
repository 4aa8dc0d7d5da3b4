/* Mappings and the sources of their items. */
#include "model/dag_read.h"

static enum tw_rc read_source(struct tw_reader *r, const char *where, struct tw_value v,
			      struct tw_source *ret);

/* A list, an object, or the tagged form of a tuple, set or dictionary. */
static int64_t literal_length(struct tw_value v)
{
	const struct tw_value *var = tw_map_findc(v, "__var");

	if (var && tw_map_findc(v, "__type"))
		v = *var;
	return v.kind == TW_V_LIST || v.kind == TW_V_MAP ? (int64_t)tw_value_len(v) : -1;
}

static enum tw_rc read_literal(struct tw_reader *r, const char *where, struct tw_value v,
			       struct tw_source *ret)
{
	ret->kind = TW_SRC_LITERAL;
	ret->length = literal_length(v);
	if (ret->length < 0)
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "%s: only a list or an object can be mapped over, not %s", where,
				  tw_kind_name(v.kind));
	return TW_OK;
}

static enum tw_rc read_xcom(struct tw_reader *r, const char *where, struct tw_value v,
			    struct tw_source *ret)
{
	struct tw_str task = tw_map_str(v, "task", NULL);

	ret->kind = TW_SRC_XCOM;
	ret->key = tw_map_str(v, "key", "return_value");
	ret->task = task.p ? tw_dag_task(r->dag, task) : -1;
	if (ret->task < 0)
		return tw_err_set(r->err, TW_ERR_INVALID, "%s maps over unknown task '" TW_STR_FMT "'",
				  where, TW_STR_ARG(task));
	return TW_OK;
}

static enum tw_rc read_inner(struct tw_reader *r, const char *where, struct tw_value list,
			     struct tw_source *ret)
{
	size_t n = tw_value_len(list);

	if (list.kind != TW_V_LIST || !n || n > 1000)
		return tw_err_set(r->err, TW_ERR_INVALID, "%s: zip and concat want a list of sources", where);
	ret->inner = tw_arena_array(&r->dag->arena, struct tw_source, n);
	ret->n = (int)n;
	for (size_t i = 0; i < n; i++)
		if (read_source(r, where, list.list->v[i], &ret->inner[i]) < 0)
			return TW_ERR_INVALID;
	return TW_OK;
}

static enum tw_rc read_source(struct tw_reader *r, const char *where, struct tw_value v,
			      struct tw_source *ret)
{
	const struct tw_value *x;

	ret->value = v;
	if ((x = tw_map_findc(v, "literal")))
		return read_literal(r, where, *x, ret);
	if ((x = tw_map_findc(v, "xcom")))
		return read_xcom(r, where, *x, ret);
	if ((x = tw_map_findc(v, "map"))) {
		ret->kind = TW_SRC_MAP;
		ret->n = 1;
		ret->inner = tw_arena_new(&r->dag->arena, struct tw_source);
		return read_source(r, where, *x, ret->inner);
	}
	if ((x = tw_map_findc(v, "zip"))) {
		ret->kind = TW_SRC_ZIP;
		ret->fill = tw_map_bool(v, "fill", false);
		return read_inner(r, where, *x, ret);
	}
	if ((x = tw_map_findc(v, "concat"))) {
		ret->kind = TW_SRC_CONCAT;
		return read_inner(r, where, *x, ret);
	}
	return tw_err_set(r->err, TW_ERR_INVALID,
			  "%s: a source is one of literal, xcom, map, zip, concat", where);
}

static enum tw_rc read_over(struct tw_reader *r, const char *where, struct tw_value over,
			    struct tw_mapping *m)
{
	size_t n = tw_value_len(over);

	if (over.kind != TW_V_LIST || !n || n > 1000)
		return tw_err_set(r->err, TW_ERR_INVALID, "%s: 'over' must be a list of arguments", where);
	m->n = (int)n;
	m->over = tw_arena_array(&r->dag->arena, struct tw_map_arg, n);
	for (size_t i = 0; i < n; i++) {
		struct tw_value arg = over.list->v[i];
		m->over[i].name = tw_map_str(arg, "arg", NULL);
		if (!m->over[i].name.p)
			return tw_err_set(r->err, TW_ERR_INVALID, "%s: over[%zu] has no 'arg'", where, i);
		if (read_source(r, where, tw_map_value(arg, "value"), &m->over[i].source) < 0)
			return TW_ERR_INVALID;
	}
	return TW_OK;
}

enum tw_rc tw_read_mapping(struct tw_reader *r, const char *where, struct tw_value v,
			   struct tw_mapping **ret)
{
	struct tw_mapping *m = tw_arena_new(&r->dag->arena, struct tw_mapping);
	struct tw_str kind = tw_map_str(v, "kind", NULL);

	if (tw_str_is(kind, "expand")) {
		if (read_over(r, where, tw_map_value(v, "over"), m) < 0)
			return TW_ERR_INVALID;
	} else if (tw_str_is(kind, "expand_kwargs")) {
		m->kwargs = true;
		m->n = 1;
		m->over = tw_arena_new(&r->dag->arena, struct tw_map_arg);
		if (read_source(r, where, tw_map_value(v, "value"), &m->over[0].source) < 0)
			return TW_ERR_INVALID;
	} else {
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "%s: a mapping's kind is 'expand' or 'expand_kwargs'", where);
	}
	*ret = m;
	return TW_OK;
}
