/*
 * The arguments of a native operator: encoded values (docs/dag-document.md) become values, template fields
 * are rendered, XComs, Variables and Connections are fetched from the scheduler as they are asked for.
 */
#include <stdlib.h>

#include "runner/internal.h"
#include "time/zone.h"

struct tw_render {
	struct tw_map answers; /* request as JSON → the reply's frame, in the attempt's arena */
	size_t waiting;
};

void tw_render_release(struct tw_attempt *a)
{
	if (!a->render)
		return;
	tw_map_release(&a->render->answers);
	free(a->render);
	a->render = NULL;
}

/* Fetching ------------------------------------------------------------------------------------ */

static void on_answer(struct tw_attempt *a, void *arg, struct tw_value reply)
{
	struct tw_value *kept = tw_arena_new(&a->arena, struct tw_value);
	*kept = tw_value_copy(&a->arena, reply);
	if (!a->render)
		return;
	tw_map_set(&a->render->answers, tw_str(arg), kept);
	if (--a->render->waiting == 0 && a->state == TW_ATTEMPT_FETCHING)
		tw_native_start(a);
}

/* The result of a request; TW_ERR_AGAIN while it is under way. */
static enum tw_rc fetch(struct tw_attempt *a, struct tw_value body, struct tw_value *ret,
			struct tw_err *err)
{
	if (!a->render)
		a->render = tw_new(struct tw_render);
	TW_AUTO(tw_freep) char *key = tw_json_dump(body, TW_JSON_SORT);
	const struct tw_value *reply = tw_map_get(&a->render->answers, tw_str(key));
	if (!reply) {
		a->render->waiting++;
		tw_request_send(a, body, on_answer, tw_arena_strdup(&a->arena, key));
		return tw_err_set(err, TW_ERR_AGAIN, "waiting for %s", key);
	}
	struct tw_value error = tw_map_value(*reply, "error");
	if (error.kind == TW_V_MAP) {
		struct tw_str text = tw_map_str(error, "message", "refused");
		return tw_err_set(err, TW_ERR_NOT_FOUND, TW_STR_FMT, TW_STR_ARG(text));
	}
	*ret = tw_map_value(*reply, "result");
	return TW_OK;
}

/* Only what every reader agrees on; what Python wrapped stays Python's. */
static bool is_rich(struct tw_value v)
{
	if (v.kind == TW_V_MAP) {
		if (tw_map_findc(v, "__classname__"))
			return true;
		for (size_t i = 0; i < v.map->n; i++)
			if (is_rich(v.map->v[i].value))
				return true;
	}
	for (size_t i = 0; v.kind == TW_V_LIST && i < v.list->n; i++)
		if (is_rich(v.list->v[i]))
			return true;
	return false;
}

/* An XComArg: what the task left under the key, None when it left nothing. */
static enum tw_rc pull(struct tw_attempt *a, struct tw_value ref, struct tw_value *ret,
		       struct tw_err *err)
{
	struct tw_arena *ar = &a->arena;
	struct tw_value body = tw_v_map(ar), tasks = tw_v_list(ar), rows;
	if (tw_map_bool(ref, "map", false))
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "an XCom of a mapped task");
	tw_list_push(ar, tasks, tw_map_value(ref, "task"));
	tw_map_putc(ar, body, "do", tw_v_cstr("xcom_pull"));
	tw_map_putc(ar, body, "task_ids", tasks);
	tw_map_putc(ar, body, "key", tw_v_str(tw_map_str(ref, "key", "return_value")));
	enum tw_rc rc = fetch(a, body, &rows, err);
	if (rc < 0)
		return rc;
	if (rows.kind != TW_V_LIST || rows.list->n == 0) {
		*ret = TW_NULL;
		return TW_OK;
	}
	struct tw_value value = tw_map_value(rows.list->v[0], "value");
	if (rows.list->n > 1 || tw_map_int(rows.list->v[0], "map_index", -1) >= 0 || is_rich(value))
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "an XCom that is more than JSON");
	*ret = value;
	return TW_OK;
}

/* Decoding ------------------------------------------------------------------------------------ */

static enum tw_rc decode(struct tw_attempt *a, struct tw_value v, struct tw_value *ret,
			 struct tw_err *err);

static enum tw_rc decode_list(struct tw_attempt *a, struct tw_value v, struct tw_value *ret,
			      struct tw_err *err)
{
	struct tw_value out = tw_v_list(&a->arena);
	for (size_t i = 0; i < tw_value_len(v); i++) {
		struct tw_value item;
		enum tw_rc rc = decode(a, v.list->v[i], &item, err);
		if (rc < 0)
			return rc;
		tw_list_push(&a->arena, out, item);
	}
	*ret = out;
	return TW_OK;
}

static enum tw_rc decode_map(struct tw_attempt *a, struct tw_value v, struct tw_value *ret,
			     struct tw_err *err)
{
	struct tw_value out = tw_v_map(&a->arena);
	for (size_t i = 0; i < tw_value_len(v); i++) {
		struct tw_value item;
		enum tw_rc rc = decode(a, v.map->v[i].value, &item, err);
		if (rc < 0)
			return rc;
		tw_map_put_key(&a->arena, out, v.map->v[i].key, item);
	}
	*ret = out;
	return TW_OK;
}

static enum tw_rc decode_datetime(struct tw_value v, struct tw_value *ret, struct tw_err *err)
{
	tw_time t;
	enum tw_rc rc = v.kind == TW_V_STR ? tw_time_parse(v.s, NULL, &t, err) : TW_ERR_UNSUPPORTED;
	if (rc < 0)
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "a date that only Python reads");
	*ret = (struct tw_value){.kind = TW_V_DATETIME, .dt = {t, tw_zone_utc}};
	return TW_OK;
}

static enum tw_rc decode_tagged(struct tw_attempt *a, struct tw_str type, struct tw_value v,
				struct tw_value *ret, struct tw_err *err)
{
	if (tw_str_is(type, "tuple") || tw_str_is(type, "set")) {
		enum tw_rc rc = decode_list(a, v, ret, err);
		if (rc == TW_OK && tw_str_is(type, "tuple"))
			ret->kind = TW_V_TUPLE;
		return rc;
	}
	if (tw_str_is(type, "dict") && v.kind == TW_V_MAP)
		return decode_map(a, v, ret, err);
	if (tw_str_is(type, "datetime"))
		return decode_datetime(v, ret, err);
	if (tw_str_is(type, "timedelta") && (v.kind == TW_V_INT || v.kind == TW_V_FLOAT)) {
		double s = v.kind == TW_V_INT ? (double)v.i : v.f;
		*ret = (struct tw_value){.kind = TW_V_DELTA, .i = (int64_t)(s * 1e6)};
		return TW_OK;
	}
	if (tw_str_is(type, "xcom"))
		return pull(a, v, ret, err);
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "an argument of type " TW_STR_FMT,
			  TW_STR_ARG(type));
}

static enum tw_rc decode(struct tw_attempt *a, struct tw_value v, struct tw_value *ret,
			 struct tw_err *err)
{
	if (v.kind == TW_V_LIST)
		return decode_list(a, v, ret, err);
	if (v.kind != TW_V_MAP) {
		*ret = v;
		return TW_OK;
	}
	struct tw_str type = tw_map_str(v, "__type", NULL);
	if (type.p)
		return decode_tagged(a, type, tw_map_value(v, "__var"), ret, err);
	return decode_map(a, v, ret, err);
}

/* Rendering ----------------------------------------------------------------------------------- */

static bool listed(struct tw_value names, struct tw_str name)
{
	for (size_t i = 0; names.kind == TW_V_LIST && i < names.list->n; i++)
		if (names.list->v[i].kind == TW_V_STR && tw_str_eq(names.list->v[i].s, name))
			return true;
	return false;
}

/* Does this need the template engine at all? */
static bool has_template(struct tw_value v, struct tw_value exts)
{
	if (v.kind == TW_V_STR) {
		for (size_t i = 0; exts.kind == TW_V_LIST && i < exts.list->n; i++) {
			struct tw_value e = exts.list->v[i];
			if (e.kind == TW_V_STR && v.s.n >= e.s.n &&
			    memcmp(v.s.p + v.s.n - e.s.n, e.s.p, e.s.n) == 0)
				return true;
		}
		/* Jinja also drops one newline at the end. */
		return (v.s.n && v.s.p[v.s.n - 1] == '\n') || tw_str_find(v.s, TW_STR("{{"), 0) >= 0 ||
		       tw_str_find(v.s, TW_STR("{%"), 0) >= 0 ||
		       tw_str_find(v.s, TW_STR("{#"), 0) >= 0;
	}
	for (size_t i = 0; (v.kind == TW_V_LIST || v.kind == TW_V_TUPLE) && i < v.list->n; i++)
		if (has_template(v.list->v[i], exts))
			return true;
	for (size_t i = 0; v.kind == TW_V_MAP && i < v.map->n; i++)
		if (has_template(v.map->v[i].value, exts))
			return true;
	return false;
}

static struct tw_value masked(struct tw_attempt *a, struct tw_value v)
{
	if (tw_masker_empty(&a->masker))
		return v;
	if (v.kind == TW_V_STR) {
		TW_AUTO(tw_buf_release) struct tw_buf b = {0};
		tw_masker_mask(&a->masker, v.s, true, &b);
		return tw_v_str(tw_str_copy(&a->arena, tw_buf_str(&b)));
	}
	if (v.kind == TW_V_LIST || v.kind == TW_V_TUPLE) {
		struct tw_value out = tw_v_list(&a->arena);
		for (size_t i = 0; i < v.list->n; i++)
			tw_list_push(&a->arena, out, masked(a, v.list->v[i]));
		return out;
	}
	if (v.kind != TW_V_MAP)
		return v;
	struct tw_value out = tw_v_map(&a->arena);
	for (size_t i = 0; i < v.map->n; i++)
		tw_map_put_key(&a->arena, out, v.map->v[i].key, masked(a, v.map->v[i].value));
	return out;
}

enum tw_rc tw_render_args(struct tw_attempt *a, struct tw_value *ret_args,
			  struct tw_value *ret_rendered, const char **ret_exception,
			  struct tw_err *err)
{
	struct tw_arena *ar = &a->arena;
	struct tw_value task = tw_map_value(a->work, "task"), args = tw_map_value(task, "args");
	struct tw_value fields = tw_map_value(task, "template_fields");
	struct tw_value exts = tw_map_value(task, "template_ext");
	struct tw_value out = tw_v_map(ar), rendered = tw_v_map(ar);
	if (tw_map_int(a->work, "map_index", -1) >= 0 || tw_map_value(task, "map").kind == TW_V_MAP)
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "a mapped task");
	for (size_t i = 0; i < tw_value_len(args); i++) {
		struct tw_pair *p = &args.map->v[i];
		struct tw_value v;
		enum tw_rc rc = decode(a, p->value, &v, err);
		if (rc < 0)
			return rc;
		if (listed(fields, p->key.s)) {
			if (has_template(v, exts))
				return tw_err_set(err, TW_ERR_UNSUPPORTED, "a template");
			tw_map_put(ar, rendered, p->key.s, masked(a, v));
		}
		tw_map_put(ar, out, p->key.s, v);
	}
	*ret_args = out;
	*ret_rendered = rendered;
	return TW_OK;
}
