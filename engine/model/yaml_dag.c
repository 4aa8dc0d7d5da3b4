/* DAGs written in YAML (docs/yaml-dags.md) to DAG documents. */
#include "model/yaml.h"

#include <stdlib.h>

#include "time/instant.h"
#include "time/timetable.h"

struct writer {
	struct tw_arena *a;
	const struct tw_yaml_defaults *dflt;
	struct tw_str dag_id;
	struct tw_err *err;
};

static void put(struct writer *w, struct tw_value map, const char *key, struct tw_value v)
{
	tw_map_putc(w->a, map, key, v);
}

static struct tw_value str(const char *s)
{
	return tw_v_cstr(s);
}

static bool among(struct tw_str s, const char *const *words)
{
	for (; *words; words++)
		if (tw_str_is(s, *words))
			return true;
	return false;
}

/* Keys of a DAG and of a task that go into the document as they are. */
static const char *const dag_keys[] = { "description", "doc_md", "max_active_runs", "max_active_tasks", "dagrun_timeout",
					"fail_fast", "is_paused_upon_creation", "display_name",
					"max_consecutive_failed_dag_runs", "owner_links", NULL };
static const char *const dag_special[] = { "dag_id", "schedule", "timezone", "start_date", "end_date", "catchup",
					   "tags", "params", "default_args", "tasks", NULL };
static const char *const task_keys[] = {
	"owner", "trigger_rule", "retries", "retry_delay", "retry_exponential_backoff", "max_retry_delay",
	"execution_timeout", "pool", "pool_slots", "priority_weight", "weight_rule", "queue", "executor",
	"depends_on_past", "wait_for_downstream", "max_active_tis_per_dag", "max_active_tis_per_dagrun", "do_xcom_push",
	"email", "email_on_failure", "email_on_retry", "display_name", "map_index_template", NULL,
};

/* ── operators ────────────────────────────────────────────────────────────────────────── */

static const char *const bash_args[] = { "bash_command", "env", "append_env", "cwd", "output_encoding",
					 "skip_on_exit_code", NULL };
static const char *const no_args[] = { NULL };
static const char *const bash_fields[] = { "bash_command", "env", "cwd", NULL };

static const struct yaml_operator {
	const char *name, *module, *class, *native;
	const char *const *args, *const *fields;
} operators[] = {
	{ "bash", "airflow.providers.standard.operators.bash", "BashOperator", "bash", bash_args, bash_fields },
	{ "empty", "airflow.providers.standard.operators.empty", "EmptyOperator", "empty", no_args, no_args },
};

static const struct yaml_operator *find_operator(struct tw_str name)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (tw_str_is(name, operators[i].name) || tw_str_is(name, operators[i].class))
			return &operators[i];
	return NULL;
}

static struct tw_value str_list(struct writer *w, const char *const *words)
{
	struct tw_value list = tw_v_list(w->a);

	for (; *words; words++)
		tw_list_push(w->a, list, str(*words));
	return list;
}

static void put_operator(struct writer *w, struct tw_value task, const struct yaml_operator *op, struct tw_value args)
{
	struct tw_value o = tw_v_map(w->a);

	put(w, o, "module", str(op->module));
	put(w, o, "class", str(op->class));
	put(w, o, "name", str(op->class));
	put(w, task, "operator", o);
	if (op->native)
		put(w, task, "native", str(op->native));
	put(w, task, "args", args);
	put(w, task, "template_fields", str_list(w, op->fields));
}

/* ── tasks ────────────────────────────────────────────────────────────────────────────── */

static enum tw_rc bad(struct writer *w, struct tw_str task_id, struct tw_str key, const char *why)
{
	return tw_err_set(w->err, TW_ERR_INVALID, "dag '" TW_STR_FMT "': task '" TW_STR_FMT "': " TW_STR_FMT ": %s",
			  TW_STR_ARG(w->dag_id), TW_STR_ARG(task_id), TW_STR_ARG(key), why);
}

static enum tw_rc put_upstream(struct writer *w, struct tw_value task, struct tw_str id, struct tw_value v)
{
	struct tw_value list = tw_v_list(w->a);

	if (v.kind == TW_V_STR)
		tw_list_push(w->a, list, v);
	else if (v.kind == TW_V_LIST)
		list = v;
	else
		return bad(w, id, TW_STR("depends_on"), "expected a task's id or a list of them");
	put(w, task, "upstream", list);
	return TW_OK;
}

/* Keys of the operator become its arguments. */
static enum tw_rc read_task(struct writer *w, struct tw_str id, struct tw_value in, struct tw_value defaults,
			    struct tw_value *ret)
{
	struct tw_value task = tw_v_map(w->a), args = tw_v_map(w->a);
	struct tw_str name = tw_map_str(in, "operator", "bash");
	const struct yaml_operator *op = find_operator(name);

	if (in.kind != TW_V_MAP)
		return bad(w, id, TW_STR("task"), "expected keys and values");
	if (!op)
		return bad(w, id, name, "there is no such operator here (bash, empty)");
	put(w, task, "task_id", tw_v_str(id));
	put(w, task, "owner", tw_v_str(w->dflt->owner.p ? w->dflt->owner : TW_STR("airflow")));
	for (size_t i = 0; i < tw_value_len(defaults); i++)
		if (among(defaults.map->v[i].key.s, task_keys))
			tw_map_put(w->a, task, defaults.map->v[i].key.s, defaults.map->v[i].value);
	for (size_t i = 0; i < in.map->n; i++) {
		struct tw_str key = in.map->v[i].key.s;
		enum tw_rc rc = TW_OK;

		if (tw_str_is(key, "operator"))
			continue;
		if (tw_str_is(key, "depends_on"))
			rc = put_upstream(w, task, id, in.map->v[i].value);
		else if (among(key, op->args))
			tw_map_put(w->a, args, key, in.map->v[i].value);
		else if (among(key, task_keys))
			tw_map_put(w->a, task, key, in.map->v[i].value);
		else
			rc = bad(w, id, key, "this operator knows no such key");
		if (rc < 0)
			return rc;
	}
	if (op->native && tw_str_is(tw_str(op->native), "bash") && !tw_map_findc(args, "bash_command"))
		return bad(w, id, TW_STR("bash_command"), "it is missing");
	put_operator(w, task, op, args);
	*ret = task;
	return TW_OK;
}

/* tasks: a mapping of id to task, or a list of tasks with a task_id each. */
static enum tw_rc read_tasks(struct writer *w, struct tw_value in, struct tw_value defaults, struct tw_value doc)
{
	struct tw_value tasks = tw_map_value(in, "tasks"), list = tw_v_list(w->a);
	size_t n = tw_value_len(tasks);

	for (size_t i = 0; i < n; i++) {
		bool is_map = tasks.kind == TW_V_MAP;
		struct tw_value item = is_map ? tasks.map->v[i].value : tasks.list->v[i], out, rest = tw_v_map(w->a);
		struct tw_str id = is_map ? tasks.map->v[i].key.s : tw_map_str(item, "task_id", "");
		enum tw_rc rc;

		for (size_t k = 0; item.kind == TW_V_MAP && k < item.map->n; k++)
			if (!tw_str_is(item.map->v[k].key.s, "task_id"))
				tw_map_put(w->a, rest, item.map->v[k].key.s, item.map->v[k].value);
		rc = read_task(w, id, rest, defaults, &out);
		if (rc < 0)
			return rc;
		tw_list_push(w->a, list, out);
	}
	put(w, doc, "tasks", list);
	return TW_OK;
}

/* ── the DAG ──────────────────────────────────────────────────────────────────────────── */

static enum tw_rc put_date(struct writer *w, struct tw_value doc, const char *key, struct tw_value v)
{
	tw_time t;
	char text[TW_ISO_MAX];
	struct tw_err why = { 0 };

	if (v.kind == TW_V_NULL)
		return TW_OK;
	if (v.kind != TW_V_STR || tw_time_parse(v.s, NULL, &t, &why) < 0) {
		struct tw_str z = v.kind == TW_V_STR ?
					  tw_str(tw_arena_printf(w->a, TW_STR_FMT "%s", TW_STR_ARG(v.s),
								 tw_str_find(v.s, TW_STR(":"), 0) < 0 ? "T00:00:00Z" : "Z")) :
					  (struct tw_str){ 0 };

		if (!z.p || tw_time_parse(z, NULL, &t, &why) < 0)
			return tw_err_set(w->err, TW_ERR_INVALID, "dag '" TW_STR_FMT "': %s: expected a date like 2026-01-31",
					  TW_STR_ARG(w->dag_id), key);
	}
	put(w, doc, key, str(tw_arena_strdup(w->a, tw_time_iso_utc(text, t))));
	return TW_OK;
}

static enum tw_rc put_schedule(struct writer *w, struct tw_value doc, struct tw_value in, struct tw_str zone)
{
	struct tw_value s = tw_map_value(in, "schedule"), v;

	if (s.kind == TW_V_NULL) {
		v = tw_schedule_from_text(w->a, TW_STR("None"), zone, w->dflt->data_intervals);
	} else if (s.kind == TW_V_STR) {
		v = tw_schedule_from_text(w->a, s.s, zone, w->dflt->data_intervals);
	} else if (s.kind == TW_V_INT || s.kind == TW_V_FLOAT) {
		v = tw_v_map(w->a);
		put(w, v, "type", str(w->dflt->data_intervals ? "delta_interval" : "delta_trigger"));
		put(w, v, "delta", s);
	} else {
		return tw_err_set(w->err, TW_ERR_INVALID,
				  "dag '" TW_STR_FMT "': schedule: expected cron text, a preset or seconds", TW_STR_ARG(w->dag_id));
	}
	put(w, doc, "schedule", v);
	return TW_OK;
}

static void put_params(struct writer *w, struct tw_value doc, struct tw_value in)
{
	struct tw_value params = tw_map_value(in, "params"), out = tw_v_map(w->a);

	for (size_t i = 0; i < tw_value_len(params); i++) {
		struct tw_value v = params.map->v[i].value, p = tw_v_map(w->a);
		bool full = v.kind == TW_V_MAP && (tw_map_findc(v, "schema") || tw_map_findc(v, "value"));

		if (full) {
			p = v;
		} else {
			put(w, p, "value", v);
			put(w, p, "schema", tw_v_map(w->a));
		}
		tw_map_put(w->a, out, params.map->v[i].key.s, p);
	}
	put(w, doc, "params", out);
}

static enum tw_rc check_keys(struct writer *w, struct tw_value in)
{
	for (size_t i = 0; i < in.map->n; i++)
		if (!among(in.map->v[i].key.s, dag_keys) && !among(in.map->v[i].key.s, dag_special))
			return tw_err_set(w->err, TW_ERR_INVALID, "dag '" TW_STR_FMT "': unknown key '" TW_STR_FMT "'",
					  TW_STR_ARG(w->dag_id), TW_STR_ARG(in.map->v[i].key.s));
	return TW_OK;
}

static int by_text(const void *a, const void *b)
{
	return tw_str_cmp(((const struct tw_value *)a)->s, ((const struct tw_value *)b)->s);
}

static void put_tags(struct writer *w, struct tw_value doc, struct tw_value in)
{
	struct tw_value tags = tw_map_value(in, "tags"), out = tw_v_list(w->a);

	for (size_t i = 0; tags.kind == TW_V_LIST && i < tags.list->n; i++)
		if (tags.list->v[i].kind == TW_V_STR)
			tw_list_push(w->a, out, tags.list->v[i]);
	if (out.list->n)
		qsort(out.list->v, out.list->n, sizeof *out.list->v, by_text);
	put(w, doc, "tags", out);
}

static enum tw_rc read_dag(struct writer *w, struct tw_value in, struct tw_str fileloc, struct tw_str relative,
			   struct tw_value *ret)
{
	struct tw_value doc = tw_v_map(w->a), defaults = tw_map_value(in, "default_args"), owners = tw_v_list(w->a);
	struct tw_str zone = tw_map_str(in, "timezone", NULL);
	struct tw_str owner = tw_map_str(defaults, "owner", NULL);
	enum tw_rc rc;

	if (in.kind != TW_V_MAP)
		return tw_err_set(w->err, TW_ERR_INVALID, "expected a mapping with dag_id and tasks");
	w->dag_id = tw_map_str(in, "dag_id", "");
	if (!zone.p)
		zone = w->dflt->timezone.p ? w->dflt->timezone : TW_STR("UTC");
	put(w, doc, "format", tw_v_int(TW_DAG_FORMAT));
	put(w, doc, "dag_id", tw_v_str(w->dag_id));
	put(w, doc, "fileloc", tw_v_str(fileloc));
	put(w, doc, "relative_fileloc", tw_v_str(relative));
	put(w, doc, "timezone", tw_v_str(zone));
	put(w, doc, "compat", tw_v_int(w->dflt->compat));
	put(w, doc, "catchup", tw_v_bool(tw_map_bool(in, "catchup", w->dflt->catchup)));
	put(w, doc, "max_active_runs", tw_v_int(w->dflt->max_active_runs ? w->dflt->max_active_runs : 16));
	put(w, doc, "max_active_tasks", tw_v_int(w->dflt->max_active_tasks ? w->dflt->max_active_tasks : 16));
	for (size_t i = 0; i < in.map->n; i++)
		if (among(in.map->v[i].key.s, dag_keys))
			tw_map_put(w->a, doc, in.map->v[i].key.s, in.map->v[i].value);
	put_tags(w, doc, in);
	put_params(w, doc, in);
	tw_list_push(w->a, owners, tw_v_str(owner.p ? owner : w->dflt->owner.p ? w->dflt->owner : TW_STR("airflow")));
	put(w, doc, "owners", owners);
	if ((rc = check_keys(w, in)) < 0 || (rc = put_schedule(w, doc, in, zone)) < 0 ||
	    (rc = put_date(w, doc, "start_date", tw_map_value(in, "start_date"))) < 0 ||
	    (rc = put_date(w, doc, "end_date", tw_map_value(in, "end_date"))) < 0 ||
	    (rc = read_tasks(w, in, defaults, doc)) < 0)
		return rc;
	*ret = doc;
	return TW_OK;
}

enum tw_rc tw_yaml_dags(struct tw_arena *a, struct tw_str text, struct tw_str fileloc, struct tw_str relative_fileloc,
			const struct tw_yaml_defaults *dflt, struct tw_value *ret_list, struct tw_err *err)
{
	struct writer w = { .a = a, .dflt = dflt, .err = err };
	struct tw_value docs, list = tw_v_list(a);
	enum tw_rc rc = tw_yaml_parse_all(a, text, &docs, err);

	for (size_t i = 0; rc == TW_OK && i < tw_value_len(docs); i++) {
		struct tw_value doc;

		rc = read_dag(&w, docs.list->v[i], fileloc, relative_fileloc, &doc);
		if (rc == TW_OK)
			tw_list_push(a, list, doc);
	}
	if (rc < 0)
		return tw_err_wrap(err, TW_STR_FMT, TW_STR_ARG(relative_fileloc));
	*ret_list = list;
	return TW_OK;
}
