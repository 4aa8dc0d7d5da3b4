#include "runner/context.h"

#include <ctype.h>
#include <stdlib.h>

#include "io/file.h"

#define TEMPLATE_FILE ((size_t)16 << 20)

/* Copies the named keys that there are. */
static struct tw_value pick(struct tw_arena *ar, struct tw_value from, const char *const *keys)
{
	struct tw_value out = tw_v_map(ar);
	for (; *keys; keys++) {
		const struct tw_value *v = tw_map_findc(from, *keys);
		if (v)
			tw_map_putc(ar, out, *keys, *v);
	}
	return out;
}

/* Encoded values inside of params are Python's to read; templates may use the rest. */
static bool is_encoded(struct tw_value v)
{
	return v.kind == TW_V_MAP && tw_map_findc(v, "__type");
}

static void put_params(struct tw_arena *ar, struct tw_value out, struct tw_value params,
		       bool *complete)
{
	for (size_t i = 0; i < tw_value_len(params); i++) {
		struct tw_pair *p = &params.map->v[i];
		const struct tw_value *value = tw_map_findc(p->value, "value");
		if (!value)
			continue;
		if (is_encoded(*value))
			*complete = false;
		tw_map_put(ar, out, p->key.s, *value);
	}
}

/* DAG's < task's < the run's conf. */
static void put_all_params(struct tw_attempt *a, struct tw_value data)
{
	struct tw_arena *ar = &a->arena;
	struct tw_value out = tw_v_map(ar);
	struct tw_value conf = tw_map_value(tw_map_value(a->work, "run"), "conf");
	bool complete = true;
	put_params(ar, out, tw_map_value(tw_map_value(a->work, "dag"), "params"), &complete);
	put_params(ar, out, tw_map_value(tw_map_value(a->work, "task"), "params"), &complete);
	for (size_t i = 0; i < tw_value_len(conf) && conf.kind == TW_V_MAP; i++)
		tw_map_put_key(ar, out, conf.map->v[i].key, conf.map->v[i].value);
	if (complete)
		tw_map_putc(ar, data, "params", out);
}

static struct tw_value task_of(struct tw_attempt *a)
{
	static const char *const keys[] = {"task_id", "label", "owner", "pool", "queue", NULL};
	struct tw_value task = tw_map_value(a->work, "task");
	struct tw_value out = pick(&a->arena, task, keys);
	struct tw_value op = tw_map_value(task, "operator");
	tw_map_putc(&a->arena, out, "task_type", tw_map_value(op, "class"));
	return out;
}

static struct tw_value ti_of(struct tw_attempt *a)
{
	static const char *const keys[] = {"dag_id",	 "run_id",    "task_id", "map_index",
					   "try_number", "max_tries", NULL};
	struct tw_value out = pick(&a->arena, a->work, keys);
	tw_map_putc(&a->arena, out, "state", tw_v_cstr("running"));
	tw_map_putc(&a->arena, out, "hostname", tw_v_cstr(a->r->hostname));
	return out;
}

static struct tw_value data_of(struct tw_attempt *a)
{
	static const char *const dag_keys[] = {"dag_id", "fileloc", "relative_fileloc", "owner",
					       NULL};
	static const char *const run_keys[] = {"logical_date",
					       "data_interval_start",
					       "data_interval_end",
					       "prev_start_date_success",
					       "prev_end_date_success",
					       "prev_data_interval_start_success",
					       "prev_data_interval_end_success",
					       NULL};
	struct tw_arena *ar = &a->arena;
	struct tw_value run = tw_map_value(a->work, "run");
	struct tw_value data = pick(ar, run, run_keys), more = tw_map_value(a->work, "context");
	tw_map_putc(ar, data, "dag", pick(ar, tw_map_value(a->work, "dag"), dag_keys));
	tw_map_putc(ar, data, "task", task_of(a));
	tw_map_putc(ar, data, "ti", ti_of(a));
	tw_map_putc(ar, data, "dag_run", run);
	tw_map_putc(ar, data, "run_id", tw_map_value(a->work, "run_id"));
	tw_map_putc(ar, data, "try_number", tw_map_value(a->work, "try_number"));
	tw_map_putc(ar, data, "test_mode", tw_v_bool(false));
	for (size_t i = 0; more.kind == TW_V_MAP && i < more.map->n; i++)
		tw_map_put_key(ar, data, more.map->v[i].key, more.map->v[i].value);
	put_all_params(a, data);
	return data;
}

/* Questions ----------------------------------------------------------------------------------- */

static struct tw_value body_of(struct tw_attempt *a, const char *what, const char *name,
			       struct tw_str value)
{
	struct tw_value body = tw_v_map(&a->arena);
	tw_map_putc(&a->arena, body, "do", tw_v_cstr(what));
	tw_map_putc(&a->arena, body, name, tw_v_str(tw_str_copy(&a->arena, value)));
	return body;
}

static enum tw_rc found(enum tw_rc rc, struct tw_value v, struct tw_value *ret)
{
	if (rc < 0)
		return rc;
	if (v.kind == TW_V_NULL)
		return TW_ERR_NOT_FOUND;
	*ret = v;
	return TW_OK;
}

static enum tw_rc resolve_xcom(struct tw_attempt *a, const struct tw_airflow_ask *ask,
			       struct tw_value *ret, struct tw_err *err)
{
	struct tw_xcom_ref ref = {.key = ask->key, .dag_id = ask->dag_id, .run_id = ask->run_id};
	if (ask->include_prior_dates || ask->map_indexes.kind != TW_V_UNDEFINED)
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "xcom_pull with these arguments");
	if (ask->task_ids.kind == TW_V_STR) {
		ref.task_id = ask->task_ids.s;
		enum tw_rc rc = tw_fetch_xcom(a, &ref, ret, err);
		return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
	}
	bool list = ask->task_ids.kind == TW_V_LIST || ask->task_ids.kind == TW_V_TUPLE;
	if (!list || tw_map_int(tw_map_value(a->work, "dag"), "compat", 3) == 2)
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "xcom_pull without a task id");
	struct tw_value out = tw_v_list(&a->arena), v;
	for (size_t i = 0; i < ask->task_ids.list->n; i++) {
		struct tw_value id = ask->task_ids.list->v[i];
		ref.task_id = id.kind == TW_V_STR ? id.s : TW_STR("");
		enum tw_rc rc = tw_fetch_xcom(a, &ref, &v, err);
		if (rc == TW_ERR_NOT_FOUND)
			return tw_err_set(err, TW_ERR_UNSUPPORTED, "an XCom that is not there");
		if (rc < 0)
			return rc;
		tw_list_push(&a->arena, out, v);
	}
	*ret = out;
	return TW_OK;
}

/* AIRFLOW_VAR_KEY and AIRFLOW_CONN_ID go before the metastore. NULL: not set. */
static const char *from_env(struct tw_arena *a, const char *prefix, struct tw_str name)
{
	char *key = tw_arena_printf(a, "%s" TW_STR_FMT, prefix, TW_STR_ARG(name));
	for (char *c = key; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return getenv(key);
}

static enum tw_rc resolve_variable(struct tw_attempt *a, struct tw_str key, struct tw_value *ret,
				   struct tw_err *err)
{
	const char *given = from_env(&a->arena, "AIRFLOW_VAR_", key);
	struct tw_value v = TW_NULL;
	enum tw_rc rc = TW_OK;
	if (given) {
		v = tw_v_cstr(given);
		if (tw_name_is_sensitive(key))
			tw_masker_add_value(&a->masker, v);
	} else {
		rc = tw_fetch(a, body_of(a, "variable_get", "key", key), &v, err);
	}
	return found(rc, v, ret);
}

static enum tw_rc resolve_connection(struct tw_attempt *a, struct tw_str id, struct tw_value *ret,
				     struct tw_err *err)
{
	struct tw_value v = TW_NULL;
	if (from_env(&a->arena, "AIRFLOW_CONN_", id))
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "a connection of the environment");
	enum tw_rc rc = tw_fetch(a, body_of(a, "connection_get", "conn_id", id), &v, err);
	return found(rc, v, ret);
}

static enum tw_rc resolve(void *ud, const struct tw_airflow_ask *ask, struct tw_arena *arena,
			  struct tw_value *ret, struct tw_err *err)
{
	struct tw_attempt *a = ud;
	bool secret = ask->kind == TW_ASK_VARIABLE || ask->kind == TW_ASK_CONNECTION;
	if (secret && a->r->opts.secrets_backend)
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "a secrets backend");
	switch (ask->kind) {
	case TW_ASK_VARIABLE:
		return resolve_variable(a, ask->key, ret, err);
	case TW_ASK_CONNECTION:
		return resolve_connection(a, ask->key, ret, err);
	case TW_ASK_XCOM:
		return resolve_xcom(a, ask, ret, err);
	case TW_ASK_PREV_SUCCESS:
		break;
	}
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "a previous run's dates");
}

/* Files ---------------------------------------------------------------------------------------- */

static bool climbs(struct tw_str name)
{
	for (struct tw_str rest = name; rest.p;)
		if (tw_str_is(tw_str_cut(rest, '/', &rest), ".."))
			return true;
	return false;
}

static enum tw_rc read_below(struct tw_arena *a, struct tw_str dir, struct tw_str name,
			     struct tw_str *ret, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf path = {0};
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	while (name.n && name.p[0] == '/') /* as Jinja: below the folder, whatever it looks like */
		name = tw_strn(name.p + 1, name.n - 1);
	tw_path_join(&path, dir, name);
	enum tw_rc rc = tw_file_read(tw_buf_cstr(&path), TEMPLATE_FILE, &text, err);
	if (rc == TW_OK)
		*ret = tw_str_copy(a, tw_buf_str(&text));
	return rc;
}

/* A template file is looked for in the DAG file's folder, then along template_searchpath. */
static enum tw_rc load(void *ud, struct tw_str name, struct tw_arena *arena, struct tw_str *ret,
		       struct tw_err *err)
{
	struct tw_attempt *a = ud;
	struct tw_value dag = tw_map_value(a->work, "dag");
	struct tw_value paths = tw_map_value(dag, "template_searchpath");
	struct tw_str file = tw_map_str(dag, "fileloc", "");
	if (tw_str_find(file, TW_STR(".zip/"), 0) >= 0)
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "a template inside of a zip");
	if (!climbs(name)) {
		enum tw_rc rc = read_below(arena, tw_path_dir(file), name, ret, err);
		for (size_t i = 0; rc == TW_ERR_NOT_FOUND && i < tw_value_len(paths); i++)
			if (paths.list->v[i].kind == TW_V_STR)
				rc = read_below(arena, paths.list->v[i].s, name, ret, err);
		if (rc != TW_ERR_NOT_FOUND)
			return rc;
	}
	return tw_err_set(err, TW_ERR_NOT_FOUND, TW_STR_FMT, TW_STR_ARG(name));
}

void tw_context_init(struct tw_airflow *af, struct tw_attempt *a)
{
	*af = (struct tw_airflow){
		.compat2 = tw_map_int(tw_map_value(a->work, "dag"), "compat", 3) == 2,
		.data = data_of(a),
		.ud = a,
		.resolve = resolve,
		.load = load,
	};
}
