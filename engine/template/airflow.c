#include "template/airflow.h"

#include "template/datetime.h"
#include "value/json.h"

/* ---- date-times ---- */

/* A date-time from a value or its ISO text; other values as they are. */
static enum tw_rc to_datetime(struct tw_tpl *t, struct tw_value v, bool plain, struct tw_value *ret)
{
	struct tw_iso iso;

	*ret = v;
	if (v.kind == TW_V_DATETIME) {
		ret->safe = plain;
		return TW_OK;
	}
	if (v.kind != TW_V_STR)
		return TW_OK;
	if (tw_iso_parse(v.s, &iso, t->err) != TW_OK)
		return tw_tpl_unsupported(t, "the date-time '" TW_STR_FMT "'", TW_STR_ARG(v.s));
	*ret = tw_v_datetime(iso.local_us - (iso.has_offset ? iso.offset * TW_US_SEC : 0),
			     tw_zone_utc);
	ret->safe = plain;
	return TW_OK;
}

static bool is_date_name(struct tw_str name)
{
	return tw_str_ends(name, "_date") || tw_str_ends(name, "_dttm") ||
	       tw_str_ends(name, "_at") || tw_str_starts(name, "data_interval_") ||
	       tw_str_is(name, "run_after");
}

/* ---- enums: texts that print as Class.MEMBER ---- */

struct enum_obj {
	struct tw_object o;
	const char *class;
	struct tw_str value;
};

static void upper(struct tw_buf *out, struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		tw_buf_addc(out, s.p[i] >= 'a' && s.p[i] <= 'z' ? s.p[i] - 32 : s.p[i]);
}

static enum tw_rc enum_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct enum_obj *e = (struct enum_obj *)o;

	tw_buf_printf(out, "%s.", e->class);
	upper(out, e->value);
	return TW_OK;
}

static enum tw_rc enum_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct enum_obj *e = (struct enum_obj *)o;

	tw_buf_addc(out, '<');
	TW_TRY(enum_str(t, o, out));
	tw_buf_adds(out, ": ");
	tw_repr_str(out, e->value);
	tw_buf_addc(out, '>');
	return TW_OK;
}

static enum tw_rc enum_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       struct tw_value *ret)
{
	struct enum_obj *e = (struct enum_obj *)o;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	if (tw_str_is(name, "value")) {
		*ret = tw_v_str(e->value);
		return TW_OK;
	}
	if (tw_str_is(name, "name")) {
		upper(&b, e->value);
		*ret = tw_tpl_mkstr(t, &b);
		return TW_OK;
	}
	return tw_tpl_unsupported(t, "%s." TW_STR_FMT, e->class, TW_STR_ARG(name));
}

static enum tw_rc enum_method(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			      const struct tw_args *args, struct tw_value *ret)
{
	struct enum_obj *e = (struct enum_obj *)o;
	enum tw_rc rc = tw_str_method(t, tw_v_str(e->value), name, args, ret);

	if (rc == TW_ERR_NOT_FOUND)
		return tw_tpl_unsupported(t, "%s." TW_STR_FMT "()", e->class, TW_STR_ARG(name));
	return rc;
}

static const struct tw_object_type enum_type;

static enum tw_rc enum_compare(struct tw_tpl *t, struct tw_object *o, struct tw_value other,
			       int *ret)
{
	struct tw_str s;

	if (other.kind == TW_V_STR)
		s = other.s;
	else if (other.kind == TW_V_OBJECT && other.obj->type == &enum_type)
		s = ((struct enum_obj *)other.obj)->value;
	else
		return TW_ERR_NOT_FOUND;
	*ret = tw_str_cmp(((struct enum_obj *)o)->value, s);
	*ret = *ret < 0 ? -1 : *ret > 0;
	return TW_OK;
}

static enum tw_rc enum_plain(struct tw_tpl *t, struct tw_object *o, struct tw_value *ret)
{
	*ret = tw_v_str(((struct enum_obj *)o)->value);
	return TW_OK;
}

static enum tw_rc enum_len(struct tw_tpl *t, struct tw_object *o, int64_t *ret)
{
	*ret = (int64_t)((struct enum_obj *)o)->value.n;
	return TW_OK;
}

static enum tw_rc enum_getitem(struct tw_tpl *t, struct tw_object *o, struct tw_value key,
			       struct tw_value *ret)
{
	return tw_tpl_item(t, tw_v_str(((struct enum_obj *)o)->value), key, ret);
}

static enum tw_rc enum_iter(struct tw_tpl *t, struct tw_object *o, struct tw_list *ret)
{
	return tw_tpl_iter(t, tw_v_str(((struct enum_obj *)o)->value), ret);
}

static const struct tw_object_type enum_type = {
	.name = "str",
	.getitem = enum_getitem,
	.iter = enum_iter,
	.text = true,
	.str = enum_str,
	.repr = enum_repr,
	.getattr = enum_getattr,
	.method = enum_method,
	.compare = enum_compare,
	.plain = enum_plain,
	.len = enum_len,
	.sequence = true,
};

static struct tw_value new_enum(struct tw_tpl *t, const char *class, struct tw_str value)
{
	struct enum_obj *e = tw_arena_new(t->a, struct enum_obj);

	*e = (struct enum_obj){{&enum_type}, class, value};
	return tw_v_object(&e->o);
}

/* ---- dag, task, ti, dag_run: attributes from a map ---- */

struct record {
	struct tw_object o;
	struct tw_airflow *af;
	const char *what;
	struct tw_value attrs;
};

/* Attributes whose type is not that of their JSON. */
static enum tw_rc typed(struct tw_tpl *t, struct record *r, struct tw_str name, struct tw_value v,
			struct tw_value *ret)
{
	const char *class = NULL;

	*ret = v;
	if (v.kind != TW_V_STR)
		return TW_OK;
	if (is_date_name(name))
		return to_datetime(t, v, true, ret);
	if (r->af->compat2)
		return TW_OK;
	if (strcmp(r->what, "dag_run") == 0 && tw_str_is(name, "run_type"))
		class = "DagRunType";
	else if (strcmp(r->what, "dag_run") == 0 && tw_str_is(name, "state"))
		class = "DagRunState";
	else if (strcmp(r->what, "ti") == 0 && tw_str_is(name, "state"))
		class = "TaskInstanceState";
	if (class)
		*ret = new_enum(t, class, v.s);
	return TW_OK;
}

static enum tw_rc record_new(struct tw_tpl *t, struct tw_airflow *af, const char *what,
			     struct tw_value *ret);

static enum tw_rc record_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				 struct tw_value *ret)
{
	struct record *r = (struct record *)o;
	const struct tw_value *v = tw_map_find(r->attrs, name);

	if (tw_str_is(name, "tags")) /* a set, whose order nobody knows */
		return tw_tpl_unsupported(t, "%s.tags", r->what);
	if (v)
		return typed(t, r, name, *v, ret);
	if (strcmp(r->what, "ti") == 0 && tw_str_is(name, "task"))
		return record_new(t, r->af, "task", ret);
	if (strcmp(r->what, "task") == 0 && tw_str_is(name, "dag"))
		return record_new(t, r->af, "dag", ret);
	return tw_tpl_unsupported(t, "%s." TW_STR_FMT, r->what, TW_STR_ARG(name));
}

/* Airflow 2's repr of ti and dag_run, from whatever it names. */
static enum tw_rc append_attr(struct tw_tpl *t, struct tw_object *o, const char *name,
			      struct tw_buf *out)
{
	struct tw_value v;

	TW_TRY(record_getattr(t, o, tw_str(name), &v));
	return tw_tpl_str(t, v, out);
}

static enum tw_rc ti_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct tw_value index;

	tw_buf_adds(out, "<TaskInstance: ");
	TW_TRY(append_attr(t, o, "dag_id", out));
	tw_buf_addc(out, '.');
	TW_TRY(append_attr(t, o, "task_id", out));
	tw_buf_addc(out, ' ');
	TW_TRY(append_attr(t, o, "run_id", out));
	TW_TRY(record_getattr(t, o, TW_STR("map_index"), &index));
	if (index.kind == TW_V_INT && index.i >= 0)
		tw_buf_printf(out, " map_index=%lld", (long long)index.i);
	tw_buf_adds(out, " [");
	TW_TRY(append_attr(t, o, "state", out));
	tw_buf_addc(out, ']');
	tw_buf_addc(out, '>');
	return TW_OK;
}

static enum tw_rc dag_run_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	tw_buf_adds(out, "<DagRun ");
	TW_TRY(append_attr(t, o, "dag_id", out));
	tw_buf_adds(out, " @ ");
	TW_TRY(append_attr(t, o, "logical_date", out));
	tw_buf_adds(out, ": ");
	TW_TRY(append_attr(t, o, "run_id", out));
	tw_buf_adds(out, ", state:");
	TW_TRY(append_attr(t, o, "state", out));
	tw_buf_adds(out, ", queued_at: ");
	TW_TRY(append_attr(t, o, "queued_at", out));
	tw_buf_adds(out, ". externally triggered: ");
	TW_TRY(append_attr(t, o, "external_trigger", out));
	tw_buf_addc(out, '>');
	return TW_OK;
}

static enum tw_rc record_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct record *r = (struct record *)o;
	struct tw_str id = tw_map_str(r->attrs, "dag_id", NULL);
	struct tw_str task = tw_map_str(r->attrs, "task_id", NULL);
	struct tw_str type = tw_map_str(r->attrs, "task_type", NULL);

	if (strcmp(r->what, "dag") == 0 && id.p) {
		tw_buf_printf(out, "<DAG: " TW_STR_FMT ">", TW_STR_ARG(id));
		return TW_OK;
	}
	if (strcmp(r->what, "task") == 0 && task.p && type.p) {
		tw_buf_printf(out, "<Task(" TW_STR_FMT "): " TW_STR_FMT ">", TW_STR_ARG(type),
			      TW_STR_ARG(task));
		return TW_OK;
	}
	if (r->af->compat2 && strcmp(r->what, "ti") == 0)
		return ti_str(t, o, out);
	if (r->af->compat2 && strcmp(r->what, "dag_run") == 0)
		return dag_run_str(t, o, out);
	return tw_tpl_unsupported(t, "the text of %s", r->what);
}

static enum tw_rc xcom_pull(struct tw_tpl *t, struct record *r, const struct tw_args *args,
			    struct tw_value *ret);

static enum tw_rc record_method(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				const struct tw_args *args, struct tw_value *ret)
{
	struct record *r = (struct record *)o;

	if (strcmp(r->what, "ti") == 0 && tw_str_is(name, "xcom_pull"))
		return xcom_pull(t, r, args, ret);
	return tw_tpl_unsupported(t, "%s." TW_STR_FMT "()", r->what, TW_STR_ARG(name));
}

static const struct tw_object_type record_type = {
	.name = "object",
	.getattr = record_getattr,
	.method = record_method,
	.str = record_str,
	.repr = record_str,
};

static enum tw_rc record_new(struct tw_tpl *t, struct tw_airflow *af, const char *what,
			     struct tw_value *ret)
{
	const struct tw_value *attrs = tw_map_findc(af->data, what);
	struct record *r;

	if (!attrs || attrs->kind != TW_V_MAP)
		return tw_tpl_unsupported(t, "'%s' is not known here", what);
	r = tw_arena_new(t->a, struct record);
	*r = (struct record){{&record_type}, af, what, *attrs};
	*ret = tw_v_object(&r->o);
	return TW_OK;
}

/* ---- questions to the outside ---- */

static enum tw_rc ask(struct tw_tpl *t, struct tw_airflow *af, const struct tw_airflow_ask *q,
		      struct tw_value *ret)
{
	enum tw_rc rc;

	if (!af->resolve)
		return tw_tpl_unsupported(t, "variables, connections and XComs here");
	rc = af->resolve(af->ud, q, t->a, ret, t->err);
	if (rc == TW_ERR_AGAIN)
		return tw_tpl_pending(t, "waits for '" TW_STR_FMT "'", TW_STR_ARG(q->key));
	return rc;
}

static enum tw_rc text_of(struct tw_tpl *t, struct tw_value v, const char *what, struct tw_str *ret)
{
	*ret = (struct tw_str){0};
	if (!tw_v_given(v) || v.kind == TW_V_NULL)
		return TW_OK;
	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (v.kind != TW_V_STR)
		return tw_tpl_unsupported(t, "xcom_pull(%s) that is not text", what);
	*ret = v.s;
	return TW_OK;
}

static enum tw_rc xcom_pull(struct tw_tpl *t, struct record *r, const struct tw_args *args,
			    struct tw_value *ret)
{
	static const char *const names[] = {
		"task_ids",    "dag_id",  "key",   "include_prior_dates",
		"map_indexes", "default", "run_id"};
	struct tw_airflow_ask q = {.kind = TW_ASK_XCOM};
	struct tw_list ids;
	struct tw_value a[7];
	enum tw_rc rc;

	if (args->npos > 4)
		return tw_tpl_unsupported(t, "xcom_pull with so many arguments");
	TW_TRY(tw_tpl_bind(t, "xcom_pull", args, names, 7, 0, a));
	TW_TRY(text_of(t, a[1], "dag_id", &q.dag_id));
	TW_TRY(text_of(t, a[2], "key", &q.key));
	TW_TRY(text_of(t, a[6], "run_id", &q.run_id));
	if (!q.key.p)
		q.key = TW_STR("return_value");
	if (tw_v_given(a[3]))
		TW_TRY(tw_tpl_truth(t, a[3], &q.include_prior_dates));
	q.map_indexes = tw_v_given(a[4]) ? a[4] : (struct tw_value){.kind = TW_V_UNDEFINED};
	q.dflt = tw_v_given(a[5]) ? a[5] : TW_NULL;
	q.task_ids = tw_v_given(a[0]) ? a[0] : TW_NULL;
	if (q.task_ids.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, q.task_ids);
	if (q.task_ids.kind != TW_V_NULL && q.task_ids.kind != TW_V_STR) {
		struct tw_value list = tw_v_list(t->a);

		if (r->af->compat2)
			return tw_tpl_unsupported(t, "xcom_pull of several tasks in Airflow 2");
		TW_TRY(tw_tpl_iter(t, q.task_ids, &ids));
		for (size_t i = 0; i < ids.n; i++) {
			if (ids.v[i].kind != TW_V_STR)
				return tw_tpl_unsupported(t, "a task id that is not text");
			tw_list_push(t->a, list, ids.v[i]);
		}
		q.task_ids = list;
	}
	rc = ask(t, r->af, &q, ret);
	if (rc == TW_ERR_NOT_FOUND) {
		*ret = q.dflt;
		return TW_OK;
	}
	return rc;
}

/* ---- var.value, var.json, conn ---- */

struct accessor {
	struct tw_object o;
	struct tw_airflow *af;
	char kind; /* 'v'alue, 'j'son, 'c'onn */
};

struct conn {
	struct tw_object o;
	struct tw_value map;
};

static enum tw_rc conn_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       struct tw_value *ret)
{
	static const char *const names[] = {"conn_id", "conn_type", "host",
					    "login",   "password",  "schema",
					    "port",    "extra",	    "description"};
	struct conn *c = (struct conn *)o;
	const struct tw_value *v = tw_map_find(c->map, name);

	if (tw_str_is(name, "extra_dejson")) {
		v = tw_map_findc(c->map, "extra");
		*ret = tw_tpl_new_map(t);
		if (!v || v->kind != TW_V_STR || !v->s.n)
			return TW_OK;
		if (tw_json_parse(t->a, v->s, ret, t->err) != TW_OK)
			return tw_tpl_unsupported(t, "an extra that is no JSON");
		return TW_OK;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (tw_str_is(name, names[i]) && v) {
			*ret = *v;
			return TW_OK;
		}
	return tw_tpl_unsupported(t, "conn." TW_STR_FMT, TW_STR_ARG(name));
}

static const struct tw_object_type conn_type = {
	.name = "Connection",
	.getattr = conn_getattr,
};

/* TW_ERR_NOT_FOUND when there is no such variable or connection. */
static enum tw_rc fetch(struct tw_tpl *t, struct accessor *a, struct tw_str key,
			struct tw_value *ret)
{
	struct tw_airflow_ask q = {.kind = a->kind == 'c' ? TW_ASK_CONNECTION : TW_ASK_VARIABLE,
				   .key = key};
	struct conn *c;

	TW_TRY(ask(t, a->af, &q, ret));
	if (a->kind == 'c') {
		c = tw_arena_new(t->a, struct conn);
		*c = (struct conn){{&conn_type}, *ret};
		*ret = tw_v_object(&c->o);
		return TW_OK;
	}
	if (a->kind != 'j')
		return TW_OK;
	if (ret->kind != TW_V_STR)
		return tw_tpl_unsupported(t, "a variable that is not text");
	if (tw_json_parse(t->a, ret->s, ret, t->err) == TW_OK)
		return TW_OK;
	if (!a->af->compat2) /* Airflow 3 takes it for missing */
		return TW_ERR_NOT_FOUND;
	return tw_tpl_raise(t, "JSONDecodeError", "%s", tw_arena_strdup(t->a, t->err->msg));
}

static enum tw_rc accessor_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				   struct tw_value *ret)
{
	struct accessor *a = (struct accessor *)o;
	enum tw_rc rc;

	if (tw_str_starts(name, "__"))
		return tw_tpl_unsupported(t, "the attribute '" TW_STR_FMT "'", TW_STR_ARG(name));
	rc = fetch(t, a, name, ret);
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	if (a->kind == 'c')
		return tw_tpl_raise(t, "AirflowNotFoundException",
				    "The conn_id `" TW_STR_FMT "` isn't defined", TW_STR_ARG(name));
	return tw_tpl_raise(t, a->af->compat2 ? "KeyError" : "AirflowRuntimeError",
			    "Variable " TW_STR_FMT " does not exist", TW_STR_ARG(name));
}

static enum tw_rc accessor_method(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				  const struct tw_args *args, struct tw_value *ret)
{
	struct accessor *a = (struct accessor *)o;
	const char *names[] = {"key", "default"};
	struct tw_value p[2];
	enum tw_rc rc;

	if (!tw_str_is(name, "get"))
		return TW_ERR_NOT_FOUND;
	if (a->kind == 'c') {
		names[0] = "conn_id";
		names[1] = "default_conn";
	} else if (a->af->compat2) {
		names[0] = "item";
		names[1] = "default_var";
	}
	TW_TRY(tw_tpl_bind(t, "get", args, names, 2, 1, p));
	if (p[0].kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, p[0]);
	if (p[0].kind != TW_V_STR)
		return tw_tpl_unsupported(t, "a key that is not text");
	rc = fetch(t, a, p[0].s, ret);
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	if (!tw_v_given(p[1]) && a->kind != 'c')
		return tw_tpl_unsupported(t, "get() of a missing variable without a default");
	*ret = tw_v_given(p[1]) ? p[1] : TW_NULL;
	return TW_OK;
}

static enum tw_rc accessor_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct accessor *a = (struct accessor *)o;

	if (a->af->compat2) /* the last value that was read through it */
		return tw_tpl_unsupported(t, "the text of var and conn");
	tw_buf_printf(out, "<%sAccessor (dynamic access)>",
		      a->kind == 'c' ? "Connection" : "Variable");
	return TW_OK;
}

static const struct tw_object_type accessor_type = {
	.name = "Accessor",
	.getattr = accessor_getattr,
	.method = accessor_method,
	.str = accessor_str,
	.repr = accessor_str,
};

static struct tw_value accessor_new(struct tw_tpl *t, struct tw_airflow *af, char kind)
{
	struct accessor *a = tw_arena_new(t->a, struct accessor);

	*a = (struct accessor){{&accessor_type}, af, kind};
	return tw_v_object(&a->o);
}

/* ---- names ---- */

/* A date-time of the data as text, `days` later; null when there is none. */
static enum tw_rc date_text(struct tw_tpl *t, struct tw_airflow *af, const char *from,
			    const char *fmt, int days, struct tw_value *ret)
{
	const struct tw_value *v = tw_map_findc(af->data, from);
	struct tw_value dt;

	if (!v)
		return tw_tpl_unsupported(t, "'%s' is not known here", from);
	TW_TRY(to_datetime(t, *v, false, &dt));
	*ret = TW_NULL;
	if (dt.kind != TW_V_DATETIME)
		return TW_OK;
	dt.dt.us += days * TW_US_DAY;
	TW_TRY(tw_dt_check(t, dt.dt.us));
	return tw_dt_strftime(t, dt, tw_v_cstr(fmt), ret);
}

static bool has_logical_date(const struct tw_airflow *af)
{
	return tw_map_value(af->data, "logical_date").kind != TW_V_NULL;
}

/* A name that Airflow 3 took away. Files of before still use it; Python's context has it for them. */
static enum tw_rc old_name(struct tw_tpl *t, const char *name)
{
	return tw_tpl_unsupported(t, "'%s', a name of Airflow 2", name);
}

/* ds, ts and their like: texts of a date-time. */
static enum tw_rc derived(struct tw_tpl *t, struct tw_airflow *af, struct tw_str name,
			  struct tw_value *ret)
{
	static const struct {
		const char *name, *from, *fmt;
		int days;
		bool only2;
	} texts[] = {
		{"ds", "logical_date", "%Y-%m-%d", 0, false},
		{"ds_nodash", "logical_date", "%Y%m%d", 0, false},
		{"ts_nodash", "logical_date", "%Y%m%dT%H%M%S", 0, false},
		{"yesterday_ds", "logical_date", "%Y-%m-%d", -1, true},
		{"yesterday_ds_nodash", "logical_date", "%Y%m%d", -1, true},
		{"tomorrow_ds", "logical_date", "%Y-%m-%d", 1, true},
		{"tomorrow_ds_nodash", "logical_date", "%Y%m%d", 1, true},
		{"next_ds", "next_execution_date", "%Y-%m-%d", 0, true},
		{"next_ds_nodash", "next_execution_date", "%Y%m%d", 0, true},
		{"prev_ds", "prev_execution_date", "%Y-%m-%d", 0, true},
		{"prev_ds_nodash", "prev_execution_date", "%Y%m%d", 0, true},
	};
	struct tw_value dt;
	struct tw_args none = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (tw_str_is(name, texts[i].name)) {
			if (!has_logical_date(af))
				return TW_ERR_NOT_FOUND;
			if (texts[i].only2 && !af->compat2)
				return old_name(t, texts[i].name);
			return date_text(t, af, texts[i].from, texts[i].fmt, texts[i].days, ret);
		}
	if (!tw_str_is(name, "ts") && !tw_str_is(name, "ts_nodash_with_tz"))
		return TW_ERR_NOT_FOUND;
	if (!has_logical_date(af))
		return TW_ERR_NOT_FOUND;
	TW_TRY(to_datetime(t, tw_map_value(af->data, "logical_date"), false, &dt));
	if (tw_str_is(name, "ts"))
		return tw_datetime_method(t, dt, TW_STR("isoformat"), &none, ret);
	return tw_filter_find(TW_STR("ts_nodash_with_tz"))->fn(t, dt, &none, ret);
}

static enum tw_rc key_str(struct tw_tpl *t, struct tw_airflow *af, struct tw_value *ret)
{
	struct tw_value dag = tw_map_value(af->data, "dag"), ds;
	struct tw_str dag_id = tw_map_str(dag, "dag_id", NULL);
	struct tw_str task_id = tw_map_str(tw_map_value(af->data, "task"), "task_id", NULL);

	if (!dag_id.p || !task_id.p)
		return tw_tpl_unsupported(t, "'task_instance_key_str' is not known here");
	if (has_logical_date(af))
		TW_TRY(derived(t, af, TW_STR("ds_nodash"), &ds));
	else
		ds = tw_map_value(af->data, "run_id");
	if (ds.kind != TW_V_STR)
		return tw_tpl_unsupported(t, "'task_instance_key_str' is not known here");
	*ret = tw_v_cstr(tw_arena_printf(t->a, TW_STR_FMT "__" TW_STR_FMT "__" TW_STR_FMT,
					 TW_STR_ARG(dag_id), TW_STR_ARG(task_id),
					 TW_STR_ARG(ds.s)));
	return TW_OK;
}

/* prev_…_success: from the data, else asked for. */
static enum tw_rc prev_success(struct tw_tpl *t, struct tw_airflow *af, struct tw_str name,
			       struct tw_value *ret)
{
	const struct tw_value *v = tw_map_find(af->data, name);
	struct tw_airflow_ask q = {.kind = TW_ASK_PREV_SUCCESS};

	if (v)
		return to_datetime(t, *v, false, ret);
	q.key = tw_strn(name.p + 5, name.n - 5 - 8); /* between prev_ and _success */
	TW_TRY(ask(t, af, &q, ret));
	return to_datetime(t, *ret, false, ret);
}

enum name_kind {
	PLAIN,	/* as the data has it */
	RECORD, /* an object of attributes */
	DATED,	/* a date-time that only a run with logical date has */
	PREV,
	PREV_DATED,
	BEYOND, /* Airflow has it, we do not */
	PLAIN2,
	DATE2,
	BEYOND2, /* Airflow 2 alone */
	PLAIN3,
	DATE3,
	BEYOND3, /* Airflow 3 alone */
};

static const struct {
	const char *name;
	enum name_kind kind;
	const char *from;
} names[] = {
	{"dag", RECORD, "dag"},
	{"task", RECORD, "task"},
	{"ti", RECORD, "ti"},
	{"task_instance", RECORD, "ti"},
	{"dag_run", RECORD, "dag_run"},
	{"run_id", PLAIN, NULL},
	{"params", PLAIN, NULL},
	{"inlets", PLAIN, NULL},
	{"outlets", PLAIN, NULL},
	{"map_index_template", PLAIN, NULL},
	{"task_reschedule_count", PLAIN3, NULL},
	{"partition_key", PLAIN3, NULL},
	{"partition_date", DATE3, "partition_date"},
	{"logical_date", DATED, "logical_date"},
	{"data_interval_start", DATED, "data_interval_start"},
	{"data_interval_end", DATED, "data_interval_end"},
	{"prev_start_date_success", PREV, NULL},
	{"prev_end_date_success", PREV, NULL},
	{"prev_data_interval_start_success", PREV_DATED, NULL},
	{"prev_data_interval_end_success", PREV_DATED, NULL},
	{"inlet_events", BEYOND, NULL},
	{"outlet_events", BEYOND, NULL},
	{"task_state_store", BEYOND3, NULL},
	{"asset_state_store", BEYOND3, NULL},
	{"triggering_asset_events", BEYOND3, NULL},
	{"triggering_dataset_events", BEYOND2, NULL},
	{"conf", BEYOND2, NULL},
	{"test_mode", PLAIN2, NULL},
	{"expanded_ti_count", PLAIN2, NULL},
	{"execution_date", DATE2, "logical_date"},
	{"next_execution_date", DATE2, "next_execution_date"},
	{"prev_execution_date", DATE2, "prev_execution_date"},
	{"prev_execution_date_success", DATE2, "prev_execution_date_success"},
};

static enum tw_rc named(struct tw_tpl *t, struct tw_airflow *af, size_t i, struct tw_value *ret)
{
	const struct tw_value *v = tw_map_findc(af->data, names[i].name);
	enum name_kind kind = names[i].kind;

	if (kind == PLAIN2 && !af->compat2 && v) { /* mapped tasks of 3 have their count too */
		*ret = *v;
		return TW_OK;
	}
	if (tw_str_is(tw_str(names[i].name), "expanded_ti_count") && !af->compat2)
		return TW_ERR_NOT_FOUND;
	if ((kind == PLAIN3 || kind == DATE3 || kind == BEYOND3) && af->compat2)
		return TW_ERR_NOT_FOUND;
	if ((kind == DATED || kind == PREV_DATED || kind == DATE2) && !has_logical_date(af))
		return TW_ERR_NOT_FOUND;
	if ((kind == PLAIN2 || kind == DATE2 || kind == BEYOND2) && !af->compat2)
		return old_name(t, names[i].name);
	if (kind == RECORD)
		return record_new(t, af, names[i].from, ret);
	if (kind == PREV || kind == PREV_DATED)
		return prev_success(t, af, tw_str(names[i].name), ret);
	if (kind == DATED || kind == DATE2 || kind == DATE3)
		v = tw_map_findc(af->data, names[i].from);
	if (!v)
		return tw_tpl_unsupported(t, "'%s' is not known here", names[i].name);
	if (kind == DATED || kind == DATE2 || kind == DATE3)
		return to_datetime(t, *v, false, ret);
	*ret = *v;
	return TW_OK;
}

static enum tw_rc lookup(void *ud, struct tw_tpl *t, struct tw_str name, struct tw_value *ret,
			 struct tw_err *err)
{
	struct tw_airflow *af = ud;
	const struct tw_value *v;
	enum tw_rc rc;

	rc = derived(t, af, name, ret);
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (tw_str_is(name, names[i].name))
			return named(t, af, i, ret);
	if (tw_str_is(name, "var")) {
		*ret = tw_v_map(t->a);
		tw_map_putc(t->a, *ret, "json", accessor_new(t, af, 'j'));
		tw_map_putc(t->a, *ret, "value", accessor_new(t, af, 'v'));
		return TW_OK;
	}
	if (tw_str_is(name, "conn")) {
		*ret = accessor_new(t, af, 'c');
		return TW_OK;
	}
	if (tw_str_is(name, "macros")) {
		*ret = tw_tpl_macros(t);
		return TW_OK;
	}
	if (tw_str_is(name, "task_instance_key_str"))
		return key_str(t, af, ret);
	v = tw_map_find(af->data, name);
	if (!v || is_date_name(name))
		return TW_ERR_NOT_FOUND;
	*ret = *v;
	return TW_OK;
}

static enum tw_rc load(void *ud, struct tw_tpl *t, struct tw_str name, struct tw_str *ret_text,
		       struct tw_err *err)
{
	struct tw_airflow *af = ud;

	if (!af->load)
		return tw_tpl_unsupported(t, "files here");
	return af->load(af->ud, name, tw_tpl_arena(t), ret_text, err);
}

void tw_airflow_env(struct tw_airflow *af, struct tw_tpl_env *env)
{
	env->ud = af;
	env->lookup = lookup;
	env->load = load;
}
