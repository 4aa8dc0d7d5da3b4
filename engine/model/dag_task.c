/* Tasks and groups of a document. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/dag_read.h"

/* What is read from a task's object before it is understood. */
struct raw_task {
	struct tw_task t;
	struct tw_value operator, upstream, inlets, outlets, callbacks, weight_rule, sensor, map;
	struct tw_value start_from_trigger;
	struct tw_str group, trigger_rule, skip_kind;
};

#define T(name, kind, field, ...) { name, kind, offsetof(struct raw_task, field), ##__VA_ARGS__ }
#define IGNORED(name) { name, TW_F_IGNORED, 0, 0 }

static const struct tw_field task_fields[] = {
	T("task_id", TW_F_STR, t.task_id, 0),
	T("label", TW_F_STR, t.label, 0),
	T("display_name", TW_F_STR, t.display_name, 0),
	T("operator", TW_F_MAP, operator, 0),
	T("native", TW_F_STR, t.native, 0),
	T("args", TW_F_MAP, t.args, 0),
	IGNORED("template_fields"),
	IGNORED("template_ext"),
	IGNORED("template_fields_renderers"),
	T("upstream", TW_F_LIST, upstream, 0),
	T("group", TW_F_STR, group, 0),
	T("owner", TW_F_STR, t.owner, 0),
	IGNORED("doc"),
	T("trigger_rule", TW_F_STR, trigger_rule, 0),
	T("start_date", TW_F_INSTANT, t.start_date, 0),
	T("end_date", TW_F_INSTANT, t.end_date, 0),
	T("retries", TW_F_INT, t.retries, 0),
	T("retry_delay", TW_F_DURATION, t.retry_delay, 0),
	T("retry_exponential_backoff", TW_F_NUM, t.retry_backoff, 0),
	T("max_retry_delay", TW_F_DURATION, t.max_retry_delay, 0),
	T("execution_timeout", TW_F_DURATION, t.execution_timeout, 0),
	T("pool", TW_F_STR, t.pool, 0),
	T("pool_slots", TW_F_INT, t.pool_slots, 1),
	T("priority_weight", TW_F_INT, t.priority_weight, -2147483647 - 1),
	T("weight_rule", TW_F_ANY, weight_rule, 0),
	T("queue", TW_F_STR, t.queue, 0),
	T("executor", TW_F_STR, t.executor, 0),
	IGNORED("executor_config"),
	T("depends_on_past", TW_F_BOOL, t.depends_on_past, 0),
	T("wait_for_downstream", TW_F_BOOL, t.wait_for_downstream, 0),
	T("ignore_first_depends_on_past", TW_F_BOOL, t.ignore_first_depends_on_past, 0),
	T("wait_for_past_depends_before_skipping", TW_F_BOOL, t.wait_past_skip, 0),
	T("max_active_tis_per_dag", TW_F_INT, t.max_active_per_dag, 0),
	T("max_active_tis_per_dagrun", TW_F_INT, t.max_active_per_run, 0),
	T("is_setup", TW_F_BOOL, t.is_setup, 0),
	T("is_teardown", TW_F_BOOL, t.is_teardown, 0),
	T("on_failure_fail_dagrun", TW_F_BOOL, t.on_failure_fail_dagrun, 0),
	T("do_xcom_push", TW_F_BOOL, t.do_xcom_push, 0),
	IGNORED("multiple_outputs"),
	IGNORED("email"),
	IGNORED("email_on_failure"),
	IGNORED("email_on_retry"),
	IGNORED("sla"),
	IGNORED("run_as_user"),
	IGNORED("task_concurrency"),
	IGNORED("params"),
	T("inlets", TW_F_LIST, inlets, 0),
	T("outlets", TW_F_LIST, outlets, 0),
	T("callbacks", TW_F_LIST, callbacks, 0),
	T("sensor", TW_F_MAP, sensor, 0),
	T("deferrable", TW_F_BOOL, t.deferrable, 0),
	T("start_from_trigger", TW_F_MAP, start_from_trigger, 0),
	T("skip_kind", TW_F_STR, skip_kind, 0),
	T("map", TW_F_MAP, map, 0),
	T("map_index_template", TW_F_STR, t.map_index_template, 0),
	IGNORED("links"),
	IGNORED("ui_color"),
	IGNORED("ui_fgcolor"),
	IGNORED("interpreter"),
};

static void task_defaults(struct raw_task *raw)
{
	raw->t = (struct tw_task){
		.group = -1,
		.mapped_group = -1,
		.start_date = TW_TIME_NONE,
		.end_date = TW_TIME_NONE,
		.retry_delay = 300 * TW_US_SEC,
		.max_retry_delay = -1,
		.execution_timeout = -1,
		.pool = TW_STR(TW_POOL_DEFAULT),
		.pool_slots = 1,
		.priority_weight = 1,
		.owner = TW_STR("airflow"),
		.max_active_per_dag = -1,
		.max_active_per_run = -1,
		.do_xcom_push = true,
	};
}

static enum tw_rc bad(struct tw_reader *r, const struct tw_task *t, const char *what,
		      struct tw_str arg)
{
	return tw_err_set(r->err, TW_ERR_INVALID, "task '" TW_STR_FMT "': %s '" TW_STR_FMT "'",
			  TW_STR_ARG(t->task_id), what, TW_STR_ARG(arg));
}

/* {"class", "data", "weights": [by tries made before]}: Python computed them when the file was parsed. */
static enum tw_rc read_custom_weight(struct tw_reader *r, struct tw_task *t, struct tw_value rule)
{
	struct tw_value list = tw_map_value(rule, "weights");
	size_t n = tw_value_len(list);
	int *weights = tw_arena_array(&r->dag->arena, int, n + 1);

	t->weight_rule = TW_WEIGHT_CUSTOM;
	for (size_t i = 0; i < n; i++) {
		if (list.kind != TW_V_LIST || list.list->v[i].kind != TW_V_INT ||
		    list.list->v[i].i < INT_MIN || list.list->v[i].i > INT_MAX)
			return bad(r, t, "weights of a weight rule are integers of 32 bits, not", TW_STR("others"));
		weights[i] = (int)list.list->v[i].i;
	}
	t->weights = weights;
	t->nweights = (int)n;
	return TW_OK;
}

static enum tw_rc read_words(struct tw_reader *r, struct raw_task *raw)
{
	struct tw_task *t = &raw->t;

	if (raw->trigger_rule.p && !tw_trigger_rule_parse(raw->trigger_rule, &t->trigger_rule))
		return bad(r, t, "unknown trigger rule", raw->trigger_rule);
	if (raw->weight_rule.kind == TW_V_MAP) {
		enum tw_rc rc = read_custom_weight(r, t, raw->weight_rule);
		if (rc < 0)
			return rc;
	} else if (raw->weight_rule.kind == TW_V_STR) {
		if (tw_str_is(raw->weight_rule.s, "upstream"))
			t->weight_rule = TW_WEIGHT_UPSTREAM;
		else if (tw_str_is(raw->weight_rule.s, "absolute"))
			t->weight_rule = TW_WEIGHT_ABSOLUTE;
		else if (!tw_str_is(raw->weight_rule.s, "downstream"))
			return bad(r, t, "unknown weight rule", raw->weight_rule.s);
	} else if (raw->weight_rule.kind != TW_V_NULL) {
		return bad(r, t, "a weight rule is a string or an object, not",
			   tw_str(tw_kind_name(raw->weight_rule.kind)));
	}
	if (raw->skip_kind.p && !tw_str_is(raw->skip_kind, "branch") &&
	    !tw_str_is(raw->skip_kind, "short_circuit") && !tw_str_is(raw->skip_kind, "latest_only"))
		return bad(r, t, "unknown skip_kind", raw->skip_kind);
	t->can_skip = raw->skip_kind.p;
	return TW_OK;
}

static enum tw_rc read_sensor(struct tw_reader *r, struct tw_task *t, struct tw_value v)
{
	struct tw_str mode = tw_map_str(v, "mode", "poke");

	if (v.kind == TW_V_NULL)
		return TW_OK;
	if (!tw_str_is(mode, "poke") && !tw_str_is(mode, "reschedule"))
		return bad(r, t, "unknown sensor mode", mode);
	t->is_sensor = true;
	t->sensor = (struct tw_sensor){
		.reschedule = tw_str_is(mode, "reschedule"),
		.poke_interval = tw_map_num(v, "poke_interval", 60),
		.timeout = tw_map_num(v, "timeout", 604800),
		.soft_fail = tw_map_bool(v, "soft_fail", false),
		.silent_fail = tw_map_bool(v, "silent_fail", false),
		.never_fail = tw_map_bool(v, "never_fail", false),
		.exponential_backoff = tw_map_bool(v, "exponential_backoff", false),
		.max_wait = tw_map_num(v, "max_wait", 0),
	};
	return TW_OK;
}

/* Rules that concern one task alone. */
static enum tw_rc check_task(struct tw_reader *r, const struct tw_task *t)
{
	struct tw_str rule = tw_str(tw_trigger_rule_name(t->trigger_rule));

	if (t->is_setup && t->is_teardown)
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "task '" TW_STR_FMT "': a setup cannot be a teardown", TW_STR_ARG(t->task_id));
	if (t->is_teardown && t->trigger_rule != TW_RULE_ALL_DONE_SETUP_SUCCESS)
		return bad(r, t, "a teardown's trigger rule is 'all_done_setup_success', not", rule);
	if (r->dag->fail_fast && t->trigger_rule != TW_RULE_ALL_SUCCESS &&
	    !(t->is_teardown && t->trigger_rule == TW_RULE_ALL_DONE_SETUP_SUCCESS))
		return bad(r, t, "a DAG with fail_fast allows only the trigger rule 'all_success', not", rule);
	return TW_OK;
}

static enum tw_rc read_task(struct tw_reader *r, int index, struct tw_value v)
{
	struct raw_task raw = { 0 };
	struct tw_task *t = &raw.t;
	char where[40];

	snprintf(where, sizeof where, "tasks[%d].", index);
	task_defaults(&raw);
	if (tw_read_fields(r, where, v, task_fields, sizeof task_fields / sizeof *task_fields, &raw) < 0)
		return TW_ERR_INVALID;
	if (!t->task_id.p)
		return tw_err_set(r->err, TW_ERR_INVALID, "key '%stask_id' is missing", where);
	if (tw_id_check("task_id", t->task_id, r->err) < 0 || read_words(r, &raw) < 0 ||
	    read_sensor(r, t, raw.sensor) < 0 || check_task(r, t) < 0)
		return TW_ERR_INVALID;
	snprintf(where, sizeof where, "tasks[%d].callbacks", index);
	if (tw_read_callbacks(r, where, raw.callbacks, &t->callbacks) < 0)
		return TW_ERR_INVALID;
	if (tw_map_bool(v, "email_on_failure", false))
		t->callbacks |= TW_CB_MAIL_FAILURE;
	if (tw_map_bool(v, "email_on_retry", false))
		t->callbacks |= TW_CB_MAIL_RETRY;
	if (tw_asset_terms_read(r->dag, raw.inlets, &t->inlets, &t->ninlets, r->err) < 0)
		return tw_err_wrap(r->err, "task '" TW_STR_FMT "': inlets", TW_STR_ARG(t->task_id));
	if (tw_asset_terms_read(r->dag, raw.outlets, &t->outlets, &t->noutlets, r->err) < 0)
		return tw_err_wrap(r->err, "task '" TW_STR_FMT "': outlets", TW_STR_ARG(t->task_id));
	t->index = index;
	t->raw = v;
	t->op_module = tw_map_str(raw.operator, "module", "");
	t->op_class = tw_map_str(raw.operator, "class", "");
	t->op_name = tw_map_str(raw.operator, "name", "");
	if (!t->label.p)
		t->label = t->task_id;
	if (!t->display_name.p)
		t->display_name = t->task_id;
	t->depends_on_past |= t->wait_for_downstream;
	t->has_inlets = tw_value_len(raw.inlets) > 0;
	t->has_outlets = tw_value_len(raw.outlets) > 0;
	t->start_from_trigger = raw.start_from_trigger.kind == TW_V_MAP;
	t->scheduler_only = tw_str_is(t->native, "empty") && !t->has_inlets && !t->has_outlets &&
			    !(t->callbacks & (TW_CB_EXECUTE | TW_CB_SUCCESS)) && !t->start_from_trigger;
	snprintf(where, sizeof where, "tasks[%d].upstream", index);
	r->groups[index] = raw.group;
	if (tw_read_strings(r, where, raw.upstream, &r->upstreams[index], &r->nupstreams[index]) < 0)
		return TW_ERR_INVALID;
	r->dag->tasks[index] = *t;
	r->dag->has_past |= t->depends_on_past;
	if (tw_map_set(&r->dag->by_id, t->task_id, &r->dag->tasks[index]))
		return tw_err_set(r->err, TW_ERR_INVALID, "duplicate task_id '" TW_STR_FMT "'",
				  TW_STR_ARG(t->task_id));
	return TW_OK;
}

enum tw_rc tw_read_tasks(struct tw_reader *r, struct tw_value list)
{
	size_t n = tw_value_len(list);
	struct tw_dag *d = r->dag;

	if (n > TW_DAG_MAX_TASKS)
		return tw_err_set(r->err, TW_ERR_LIMIT, "%zu tasks; at most %d are allowed", n,
				  TW_DAG_MAX_TASKS);
	d->ntasks = (int)n;
	d->tasks = tw_arena_array(&d->arena, struct tw_task, n + 1);
	r->upstreams = tw_arena_array(&d->arena, struct tw_str *, n + 1);
	r->nupstreams = tw_arena_array(&d->arena, int, n + 1);
	r->groups = tw_arena_array(&d->arena, struct tw_str, n + 1);
	for (size_t i = 0; i < n; i++)
		if (read_task(r, (int)i, list.list->v[i]) < 0)
			return r->err ? r->err->rc : TW_ERR_INVALID;
	return TW_OK;
}

/* ── groups ─────────────────────────────────────────────────────────────────────────────── */

struct raw_group {
	struct tw_group g;
	struct tw_str parent;
	struct tw_value map;
};

#define G(name, kind, field) { name, kind, offsetof(struct raw_group, field), 0 }

static const struct tw_field group_fields[] = {
	G("group_id", TW_F_STR, g.group_id),
	G("parent", TW_F_STR, parent),
	G("label", TW_F_STR, g.label),
	G("display_name", TW_F_STR, g.display_name),
	IGNORED("prefix"),
	IGNORED("tooltip"),
	IGNORED("ui_color"),
	IGNORED("ui_fgcolor"),
	G("map", TW_F_MAP, map),
};

static int find_group(const struct tw_dag *d, int before, struct tw_str id)
{
	for (int i = 0; i < before; i++)
		if (tw_str_eq(d->groups[i].group_id, id))
			return i;
	return -1;
}

static int mapped_ancestor(const struct tw_dag *d, int g)
{
	while (g >= 0 && !d->groups[g].map)
		g = d->groups[g].parent;
	return g;
}

static enum tw_rc read_group(struct tw_reader *r, int index, struct tw_value v)
{
	struct tw_dag *d = r->dag;
	struct raw_group raw = { .g = { .parent = -1, .raw = v } };
	char where[40];

	snprintf(where, sizeof where, "groups[%d].", index);
	if (tw_read_fields(r, where, v, group_fields, sizeof group_fields / sizeof *group_fields, &raw) < 0)
		return TW_ERR_INVALID;
	if (!raw.g.group_id.p)
		return tw_err_set(r->err, TW_ERR_INVALID, "key '%sgroup_id' is missing", where);
	/* The id carries its parents' as prefix, "a.b", and each part is a group's id. */
	if (tw_id_check("group_id", raw.g.group_id, r->err) < 0)
		return TW_ERR_INVALID;
	if (find_group(d, index, raw.g.group_id) >= 0 || tw_dag_task(d, raw.g.group_id) >= 0)
		return tw_err_set(r->err, TW_ERR_INVALID, "duplicate group_id '" TW_STR_FMT "'",
				  TW_STR_ARG(raw.g.group_id));
	if (raw.parent.n && (raw.g.parent = find_group(d, index, raw.parent)) < 0)
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "group '" TW_STR_FMT "': unknown parent '" TW_STR_FMT "'",
				  TW_STR_ARG(raw.g.group_id), TW_STR_ARG(raw.parent));
	if (!raw.g.label.p)
		raw.g.label = raw.g.group_id;
	if (!raw.g.display_name.p)
		raw.g.display_name = raw.g.label;
	if (raw.map.kind == TW_V_MAP) {
		if (tw_read_mapping(r, "a mapped group", raw.map, &raw.g.map) < 0)
			return tw_err_wrap(r->err, "group '" TW_STR_FMT "'", TW_STR_ARG(raw.g.group_id));
		if (mapped_ancestor(d, raw.g.parent) >= 0)
			return tw_err_set(r->err, TW_ERR_INVALID,
					  "group '" TW_STR_FMT "': a mapped group inside of a mapped group",
					  TW_STR_ARG(raw.g.group_id));
	}
	d->groups[index] = raw.g;
	return TW_OK;
}

enum tw_rc tw_read_groups(struct tw_reader *r, struct tw_value list)
{
	struct tw_dag *d = r->dag;
	size_t n = tw_value_len(list);

	if (n > 10000)
		return tw_err_set(r->err, TW_ERR_LIMIT, "%zu groups; at most 10000 are allowed", n);
	d->groups = tw_arena_array(&d->arena, struct tw_group, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (read_group(r, (int)i, list.list->v[i]) < 0)
			return TW_ERR_INVALID;
		d->ngroups = (int)i + 1;
		d->has_mapped_groups |= d->groups[i].map != NULL;
	}
	return TW_OK;
}

/* ── names to numbers ───────────────────────────────────────────────────────────────────── */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static enum tw_rc resolve_upstream(struct tw_reader *r, struct tw_task *t)
{
	int n = r->nupstreams[t->index], k = 0;

	t->upstream = tw_arena_array(&r->dag->arena, int, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		t->upstream[i] = tw_dag_task(r->dag, r->upstreams[t->index][i]);
		if (t->upstream[i] < 0)
			return bad(r, t, "unknown upstream", r->upstreams[t->index][i]);
	}
	qsort(t->upstream, (size_t)n, sizeof(int), by_number);
	for (int i = 0; i < n; i++)
		if (!k || t->upstream[k - 1] != t->upstream[i])
			t->upstream[k++] = t->upstream[i];
	t->nupstream = k;
	return TW_OK;
}

static enum tw_rc resolve_group(struct tw_reader *r, struct tw_task *t)
{
	struct tw_dag *d = r->dag;
	struct tw_str id = r->groups[t->index];

	if (!id.n)
		return TW_OK;
	/* Tasks of a group stand together, as a rule. */
	if (t->index && d->tasks[t->index - 1].group >= 0 &&
	    tw_str_eq(d->groups[d->tasks[t->index - 1].group].group_id, id))
		t->group = d->tasks[t->index - 1].group;
	else
		t->group = find_group(d, d->ngroups, id);
	if (t->group < 0)
		return bad(r, t, "unknown group", id);
	t->mapped_group = mapped_ancestor(d, t->group);
	if (t->mapped_group >= 0 && t->trigger_rule == TW_RULE_ALWAYS)
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "task '" TW_STR_FMT
				  "': trigger rule 'always' cannot be used inside of a mapped group",
				  TW_STR_ARG(t->task_id));
	return TW_OK;
}

enum tw_rc tw_resolve_tasks(struct tw_reader *r)
{
	for (int i = 0; i < r->dag->ntasks; i++) {
		struct tw_task *t = &r->dag->tasks[i];
		struct tw_value map = tw_map_value(t->raw, "map");

		if (resolve_upstream(r, t) < 0 || resolve_group(r, t) < 0)
			return TW_ERR_INVALID;
		if (map.kind == TW_V_MAP && tw_read_mapping(r, "its mapping", map, &t->map) < 0)
			return tw_err_wrap(r->err, "task '" TW_STR_FMT "'", TW_STR_ARG(t->task_id));
	}
	return TW_OK;
}
