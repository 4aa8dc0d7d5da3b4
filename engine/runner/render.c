/*
 * The arguments of a native operator: encoded values (docs/dag-document.md) become values, the
 * texts of template fields are rendered, XComs are fetched. What an XCom holds is never rendered.
 */
#include "io/clock.h"
#include "runner/context.h"
#include "runner/internal.h"
#include "time/zone.h"

struct walk {
	struct tw_attempt *a;
	bool render; /* inside of a template field */
	struct tw_tpl_env env;
	struct tw_render_opts opts;
	struct tw_err *err;
};

static enum tw_rc walk(struct walk *w, struct tw_value v, struct tw_value *ret);

/* Does this text need the template engine at all? */
static bool is_template(struct walk *w, struct tw_str s)
{
	for (size_t i = 0; i < w->opts.next; i++) {
		struct tw_str e = w->opts.template_ext[i];
		if (s.n >= e.n && memcmp(s.p + s.n - e.n, e.p, e.n) == 0)
			return true;
	}
	/* Jinja also drops one newline at the end. */
	return (s.n && s.p[s.n - 1] == '\n') || tw_str_find(s, TW_STR("{{"), 0) >= 0 ||
	       tw_str_find(s, TW_STR("{%"), 0) >= 0 || tw_str_find(s, TW_STR("{#"), 0) >= 0;
}

/* A render may give what only templates know; an operator gets data. */
static bool is_data(struct tw_value v)
{
	if (v.kind == TW_V_OBJECT || v.kind == TW_V_UNDEFINED)
		return false;
	for (size_t i = 0; (v.kind == TW_V_LIST || v.kind == TW_V_TUPLE) && i < v.list->n; i++)
		if (!is_data(v.list->v[i]))
			return false;
	for (size_t i = 0; v.kind == TW_V_MAP && i < v.map->n; i++)
		if (!is_data(v.map->v[i].value))
			return false;
	return true;
}

static enum tw_rc render_text(struct walk *w, struct tw_value v, struct tw_value *ret)
{
	if (!w->render || (!w->opts.native && !is_template(w, v.s))) {
		*ret = v;
		return TW_OK;
	}
	enum tw_rc rc = tw_render_value(&w->env, &w->opts, v, &w->a->arena, ret, w->err);
	if (rc == TW_ERR_LIMIT) /* Python has no limits */
		return TW_ERR_UNSUPPORTED;
	if (rc == TW_OK && !is_data(*ret))
		return tw_err_set(w->err, TW_ERR_UNSUPPORTED, "a template that gives an object");
	return rc;
}

static enum tw_rc walk_list(struct walk *w, struct tw_value v, struct tw_value *ret)
{
	struct tw_value out = tw_v_list(&w->a->arena);
	for (size_t i = 0; i < tw_value_len(v); i++) {
		struct tw_value item;
		enum tw_rc rc = walk(w, v.list->v[i], &item);
		if (rc < 0)
			return rc;
		tw_list_push(&w->a->arena, out, item);
	}
	*ret = out;
	return TW_OK;
}

static enum tw_rc walk_map(struct walk *w, struct tw_value v, struct tw_value *ret)
{
	struct tw_value out = tw_v_map(&w->a->arena);
	for (size_t i = 0; i < tw_value_len(v); i++) {
		struct tw_value item;
		enum tw_rc rc = walk(w, v.map->v[i].value, &item);
		if (rc < 0)
			return rc;
		tw_map_put_key(&w->a->arena, out, v.map->v[i].key, item);
	}
	*ret = out;
	return TW_OK;
}

static enum tw_rc walk_datetime(struct walk *w, struct tw_value v, struct tw_value *ret)
{
	tw_time t;
	if (v.kind != TW_V_STR || tw_time_parse(v.s, NULL, &t, NULL) < 0)
		return tw_err_set(w->err, TW_ERR_UNSUPPORTED, "a date that only Python reads");
	*ret = (struct tw_value){.kind = TW_V_DATETIME, .dt = {t, tw_zone_utc}};
	return TW_OK;
}

/* An XComArg: what the task left under the key, None when it left nothing. */
static enum tw_rc walk_xcom(struct walk *w, struct tw_value ref, struct tw_value *ret)
{
	const struct tw_xcom_ref x = {
		.task_id = tw_map_str(ref, "task", ""),
		.key = tw_map_str(ref, "key", "return_value"),
	};
	if (tw_map_bool(ref, "map", false))
		return tw_err_set(w->err, TW_ERR_UNSUPPORTED, "an XCom of a mapped task");
	enum tw_rc rc = tw_fetch_xcom(w->a, &x, ret, w->err);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

static enum tw_rc walk_tagged(struct walk *w, struct tw_str type, struct tw_value v,
			      struct tw_value *ret)
{
	if (tw_str_is(type, "tuple") || tw_str_is(type, "set")) {
		enum tw_rc rc = walk_list(w, v, ret);
		if (rc == TW_OK && tw_str_is(type, "tuple"))
			ret->kind = TW_V_TUPLE;
		return rc;
	}
	if (tw_str_is(type, "dict") && v.kind == TW_V_MAP)
		return walk_map(w, v, ret);
	if (tw_str_is(type, "datetime"))
		return walk_datetime(w, v, ret);
	if (tw_str_is(type, "timedelta") && (v.kind == TW_V_INT || v.kind == TW_V_FLOAT)) {
		double s = v.kind == TW_V_INT ? (double)v.i : v.f;
		*ret = (struct tw_value){.kind = TW_V_DELTA, .i = (int64_t)(s * 1e6)};
		return TW_OK;
	}
	if (tw_str_is(type, "xcom"))
		return walk_xcom(w, v, ret);
	return tw_err_set(w->err, TW_ERR_UNSUPPORTED, "an argument of type " TW_STR_FMT,
			  TW_STR_ARG(type));
}

static enum tw_rc walk(struct walk *w, struct tw_value v, struct tw_value *ret)
{
	if (v.kind == TW_V_STR)
		return render_text(w, v, ret);
	if (v.kind == TW_V_LIST)
		return walk_list(w, v, ret);
	if (v.kind != TW_V_MAP) {
		*ret = v;
		return TW_OK;
	}
	struct tw_str type = tw_map_str(v, "__type", NULL);
	if (type.p)
		return walk_tagged(w, type, tw_map_value(v, "__var"), ret);
	return walk_map(w, v, ret);
}

/* Mapping ------------------------------------------------------------------------------------- */

static enum tw_rc mapped_unsupported(struct walk *w)
{
	return tw_err_set(w->err, TW_ERR_UNSUPPORTED, "a mapping that Python has to resolve");
}

/* Item `index` of what a task left: of its list, or of the values that its own instances left. */
static enum tw_rc mapped_xcom(struct walk *w, struct tw_value ref, int64_t index,
			      struct tw_value *ret)
{
	struct tw_value rows;
	const struct tw_xcom_ref x = {
		.task_id = tw_map_str(ref, "task", ""),
		.key = tw_map_str(ref, "key", "return_value"),
		.item = &index,
	};
	enum tw_rc rc = tw_fetch_xcoms(w->a, &x, &rows, w->err);
	if (rc < 0)
		return rc;
	if (!tw_value_len(rows) || tw_map_int(rows.list->v[0], "item", -1) != index)
		return mapped_unsupported(w);
	*ret = tw_map_value(rows.list->v[0], "value");
	if (ret->kind == TW_V_NULL && tw_map_int(rows.list->v[0], "map_index", -1) >= 0)
		return mapped_unsupported(w);
	return tw_xcom_is_plain(*ret) ? TW_OK : mapped_unsupported(w);
}

/* Literals are rendered like any argument; what an XCom holds is not. */
static enum tw_rc mapped_item(struct walk *w, struct tw_value source, int64_t index,
			      struct tw_value *ret)
{
	const struct tw_value *literal = tw_map_findc(source, "literal");
	const struct tw_value *xcom = tw_map_findc(source, "xcom");
	if (index < 0)
		return mapped_unsupported(w);
	if (xcom)
		return mapped_xcom(w, *xcom, index, ret);
	if (!literal || literal->kind != TW_V_LIST || index >= (int64_t)literal->list->n)
		return mapped_unsupported(w);
	return walk(w, literal->list->v[index], ret);
}

/* What is reported ---------------------------------------------------------------------------- */

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

static bool listed(struct tw_value names, struct tw_str name)
{
	for (size_t i = 0; names.kind == TW_V_LIST && i < names.list->n; i++)
		if (names.list->v[i].kind == TW_V_STR && tw_str_eq(names.list->v[i].s, name))
			return true;
	return false;
}

static void take_exts(struct walk *w, struct tw_value exts)
{
	size_t n = exts.kind == TW_V_LIST ? exts.list->n : 0;
	struct tw_str *v = tw_arena_array(&w->a->arena, struct tw_str, n + 1);
	for (size_t i = 0; i < n; i++)
		if (exts.list->v[i].kind == TW_V_STR && exts.list->v[i].s.n)
			v[w->opts.next++] = exts.list->v[i].s;
	w->opts.template_ext = v;
}

struct rendering {
	struct tw_value fields; /* template_fields */
	struct tw_value args, rendered;
};

static void put_arg(struct walk *w, struct rendering *r, struct tw_str name, struct tw_value v)
{
	if (w->render)
		tw_map_put(&w->a->arena, r->rendered, name, v);
	tw_map_put(&w->a->arena, r->args, name, v);
}

static enum tw_rc render_plain(struct walk *w, struct tw_value args, struct rendering *r)
{
	for (size_t i = 0; i < tw_value_len(args); i++) {
		struct tw_pair *p = &args.map->v[i];
		struct tw_value v;
		w->render = listed(r->fields, p->key.s);
		enum tw_rc rc = walk(w, p->value, &v);
		if (rc < 0)
			return rc;
		put_arg(w, r, p->key.s, v);
	}
	return TW_OK;
}

static enum tw_rc render_mapped(struct walk *w, struct tw_value map, struct rendering *r)
{
	struct tw_value over = tw_map_value(map, "over");
	struct tw_value items = tw_map_value(tw_map_value(w->a->work, "expand"), "args");
	if (map.kind != TW_V_MAP)
		return TW_OK;
	if (!tw_str_is(tw_map_str(map, "kind", ""), "expand") || over.kind != TW_V_LIST)
		return mapped_unsupported(w);
	for (size_t i = 0; i < over.list->n; i++) {
		struct tw_str name = tw_map_str(over.list->v[i], "arg", "");
		const struct tw_value *item = tw_map_find(items, name);
		struct tw_value v;
		w->render = listed(r->fields, name);
		if (!item)
			return mapped_unsupported(w);
		enum tw_rc rc = mapped_item(w, tw_map_value(over.list->v[i], "value"),
					    tw_map_int(*item, "index", -1), &v);
		if (rc < 0)
			return rc;
		put_arg(w, r, name, v);
	}
	return TW_OK;
}

enum tw_rc tw_render_args(struct tw_attempt *a, struct tw_value *ret_args,
			  struct tw_value *ret_rendered, const char **ret_exception,
			  struct tw_err *err)
{
	struct tw_value task = tw_map_value(a->work, "task"), dag = tw_map_value(a->work, "dag");
	struct tw_airflow af;
	struct walk w = {.a = a, .err = err};
	struct tw_value map = tw_map_value(task, "map");
	bool in_mapped_group = map.kind != TW_V_MAP && tw_map_int(a->work, "map_index", -1) >= 0;
	if (in_mapped_group || tw_map_str(task, "map_index_template", NULL).p)
		return tw_err_set(err, TW_ERR_UNSUPPORTED,
				  "a member of a mapped group, or a label");
	tw_context_init(&af, a);
	tw_airflow_env(&af, &w.env);
	w.env.zones = &a->r->zones;
	w.env.has_now = true;
	w.env.now = tw_now();
	w.opts.native = tw_map_bool(dag, "render_native", false);
	take_exts(&w, tw_map_value(task, "template_ext"));
	struct rendering r = {
		.fields = tw_map_value(task, "template_fields"),
		.args = tw_v_map(&a->arena),
		.rendered = tw_v_map(&a->arena),
	};
	enum tw_rc rc = render_plain(&w, tw_map_value(task, "args"), &r);
	if (rc == TW_OK)
		rc = render_mapped(&w, map, &r);
	if (rc < 0) {
		if (w.env.fault.exception)
			*ret_exception = w.env.fault.exception;
		return rc;
	}
	*ret_args = r.args;
	*ret_rendered = masked(a, r.rendered);
	return TW_OK;
}
