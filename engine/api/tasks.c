/* Tasks, as the newest document has them. */
#include <stdlib.h>

#include "api/ask.h"
#include "api/param.h"
#include "api/tables.h"
#include "model/dag.h"

/* {"__type": "TimeDelta", "days", "seconds", "microseconds"}; null for a negative one. */
static void time_delta(struct tw_jw *w, const char *key, int64_t us)
{
	tw_jw_key(w, key);
	if (us < 0) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	tw_jw_str_at(w, "__type", TW_STR("TimeDelta"));
	tw_jw_int_at(w, "days", us / TW_US_DAY);
	tw_jw_int_at(w, "seconds", us % TW_US_DAY / TW_US_SEC);
	tw_jw_int_at(w, "microseconds", us % TW_US_SEC);
	tw_jw_end(w);
}

static const char *weight_rule(const struct tw_task *t)
{
	static const char *const names[] = {"downstream", "upstream", "absolute"};

	return t->weight_rule < TW_WEIGHT_CUSTOM ? names[t->weight_rule] : "custom";
}

static void string_list(struct tw_jw *w, const char *key, struct tw_value list)
{
	tw_jw_key(w, key);
	tw_jw_list(w);
	for (size_t i = 0; i < tw_value_len(list); i++)
		tw_jw_value(w, list.list->v[i]);
	tw_jw_end(w);
}

/* {name: key}; a list of names in documents of old. */
static void link_names(struct tw_jw *w, struct tw_value links)
{
	if (links.kind != TW_V_MAP) {
		string_list(w, "extra_links", links);
		return;
	}
	tw_jw_key(w, "extra_links");
	tw_jw_list(w);
	for (size_t i = 0; i < links.map->n; i++)
		tw_jw_value(w, links.map->v[i].key);
	tw_jw_end(w);
}

static void downstream(struct tw_jw *w, const struct tw_dag *dag, const struct tw_task *t)
{
	tw_jw_key(w, "downstream_task_ids");
	tw_jw_list(w);
	for (int i = 0; i < t->ndownstream; i++)
		tw_jw_str(w, dag->tasks[t->downstream[i]].task_id);
	tw_jw_end(w);
}

static void params(struct tw_jw *w, const struct tw_dag *dag, const struct tw_task *t)
{
	struct tw_value own = tw_map_value(t->raw, "params"), from[] = {dag->params, own};

	tw_jw_key(w, "params");
	tw_jw_obj(w);
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; from[k].kind == TW_V_MAP && i < from[k].map->n; i++) {
			const struct tw_pair *p = &from[k].map->v[i];

			if (k == 1 || !tw_map_find(own, p->key.s))
				tw_api_param(w, p, tw_v_str(TW_STR("dag")));
		}
	tw_jw_end(w);
}

static struct tw_str doc_md(const struct tw_task *t)
{
	struct tw_value doc = tw_map_value(t->raw, "doc");

	if (!tw_str_is(tw_map_str(doc, "kind", ""), "md"))
		return (struct tw_str){0};
	return tw_map_str(doc, "text", NULL);
}

static void task_object(struct tw_jw *w, const struct tw_dag *dag, const struct tw_task *t)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "task_id", t->task_id);
	tw_jw_str_at(w, "task_display_name", t->display_name);
	tw_jw_str_at(w, "owner", t->owner);
	tw_jw_time(w, "start_date", t->start_date);
	tw_jw_time(w, "end_date", t->end_date);
	tw_jw_str_at(w, "trigger_rule", tw_str(tw_trigger_rule_name(t->trigger_rule)));
	tw_jw_bool_at(w, "depends_on_past", t->depends_on_past);
	tw_jw_bool_at(w, "wait_for_downstream", t->wait_for_downstream);
	tw_jw_key(w, "retries");
	tw_jw_float(w, t->retries);
	tw_jw_str_at(w, "queue", t->queue.p ? t->queue : TW_STR("default"));
	tw_jw_str_at(w, "pool", t->pool);
	tw_jw_key(w, "pool_slots");
	tw_jw_float(w, t->pool_slots);
	time_delta(w, "execution_timeout", t->execution_timeout);
	time_delta(w, "retry_delay", t->retry_delay);
	tw_jw_key(w, "retry_exponential_backoff");
	tw_jw_float(w, t->retry_backoff);
	tw_jw_key(w, "priority_weight");
	tw_jw_float(w, t->priority_weight);
	tw_jw_str_at(w, "weight_rule", tw_str(weight_rule(t)));
	tw_jw_str_at(w, "ui_color", tw_map_str(t->raw, "ui_color", "#fff"));
	tw_jw_str_at(w, "ui_fgcolor", tw_map_str(t->raw, "ui_fgcolor", "#000"));
	string_list(w, "template_fields", tw_map_value(t->raw, "template_fields"));
	downstream(w, dag, t);
	tw_jw_str_at(w, "doc_md", doc_md(t));
	tw_jw_str_at(w, "operator_name", tw_task_operator(t));
	params(w, dag, t);
	tw_jw_key(w, "class_ref");
	tw_jw_obj(w);
	tw_jw_str_at(w, "module_path", t->op_module);
	tw_jw_str_at(w, "class_name", t->op_class);
	tw_jw_end(w);
	tw_jw_bool_at(w, "is_mapped", t->map != NULL || t->mapped_group >= 0);
	link_names(w, tw_map_value(t->raw, "links"));
	tw_jw_end(w);
}

/* ── order ────────────────────────────────────────────────────────────────────────────── */

static const char *const sortable[] = {
	"task_id",
	"task_display_name",
	"owner",
	"start_date",
	"end_date",
	"trigger_rule",
	"depends_on_past",
	"wait_for_downstream",
	"retries",
	"queue",
	"pool",
	"pool_slots",
	"execution_timeout",
	"retry_delay",
	"retry_exponential_backoff",
	"priority_weight",
	"weight_rule",
	"ui_color",
	"ui_fgcolor",
	"operator_name",
	NULL,
};

struct sort_key {
	struct tw_str text;
	double num;
	int index;
};

static struct sort_key key_of(const struct tw_task *t, struct tw_str by)
{
	const struct {
		const char *name;
		double num;
	} nums[] = {
		{"start_date", t->start_date == TW_TIME_NONE ? 1e300 : (double)t->start_date},
		{"end_date", t->end_date == TW_TIME_NONE ? 1e300 : (double)t->end_date},
		{"depends_on_past", t->depends_on_past},
		{"wait_for_downstream", t->wait_for_downstream},
		{"retries", t->retries},
		{"pool_slots", t->pool_slots},
		{"execution_timeout",
		 t->execution_timeout < 0 ? 1e300 : (double)t->execution_timeout},
		{"retry_delay", (double)t->retry_delay},
		{"retry_exponential_backoff", t->retry_backoff},
		{"priority_weight", t->priority_weight},
	};
	const struct {
		const char *name;
		struct tw_str text;
	} texts[] = {
		{"task_id", t->task_id},
		{"task_display_name", t->display_name},
		{"owner", t->owner},
		{"trigger_rule", tw_str(tw_trigger_rule_name(t->trigger_rule))},
		{"queue", t->queue},
		{"pool", t->pool},
		{"weight_rule", tw_str(weight_rule(t))},
		{"ui_color", tw_map_str(t->raw, "ui_color", "")},
		{"ui_fgcolor", tw_map_str(t->raw, "ui_fgcolor", "")},
		{"operator_name", tw_task_operator(t)},
	};
	struct sort_key k = {.index = t->index};

	for (size_t i = 0; i < sizeof nums / sizeof *nums; i++)
		if (tw_str_is(by, nums[i].name))
			k.num = nums[i].num;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (tw_str_is(by, texts[i].name))
			k.text = texts[i].text;
	return k;
}

/* Equals stay in the DAG's order, in both directions. */
static int compare(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;
	int c = tw_str_cmp(x->text, y->text);

	if (!c && x->num != y->num)
		c = x->num < y->num ? -1 : 1;
	return c ? c : x->index - y->index;
}

static int compare_down(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;
	int c = compare(b, a);

	return tw_str_eq(x->text, y->text) && x->num == y->num ? -c : c;
}

static bool sort_ok(struct tw_response *resp, struct tw_str by)
{
	for (const char *const *p = sortable; *p; p++)
		if (tw_str_is(by, *p))
			return true;
	tw_reply_error(resp, 400,
		       "Ordering with '" TW_STR_FMT
		       "' is disallowed or the attribute does not exist on the model",
		       TW_STR_ARG(by));
	return false;
}

static void get_tasks(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str order = tw_query(req, "order_by"), by;
	struct tw_jw w = {.out = &resp->body};
	const struct tw_dag *dag;
	struct sort_key *keys;
	bool down;

	if (!order.p)
		order = TW_STR("task_id");
	down = tw_str_starts(order, "-");
	by = tw_strn(order.p + down, order.n - down);
	if (!tw_dag_load(req, resp, req->params[0], (struct tw_str){0}, &dag))
		return;
	if (!sort_ok(resp, by)) {
		tw_dag_unref(dag);
		return;
	}
	keys = tw_arena_array(req->arena, struct sort_key, (size_t)dag->ntasks + 1);
	for (int i = 0; i < dag->ntasks; i++)
		keys[i] = key_of(&dag->tasks[i], by);
	qsort(keys, (size_t)dag->ntasks, sizeof *keys, down ? compare_down : compare);
	tw_jw_obj(&w);
	tw_jw_key(&w, "tasks");
	tw_jw_list(&w);
	for (int i = 0; i < dag->ntasks; i++)
		task_object(&w, dag, &dag->tasks[keys[i].index]);
	tw_jw_end(&w);
	tw_jw_int_at(&w, "total_entries", dag->ntasks);
	tw_jw_end(&w);
	tw_dag_unref(dag);
}

static void get_task(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	const struct tw_dag *dag;
	int t;

	if (!tw_dag_load(req, resp, req->params[0], (struct tw_str){0}, &dag))
		return;
	t = tw_dag_task(dag, req->params[1]);
	if (t < 0)
		tw_reply_error(resp, 404, "Task with id " TW_STR_FMT " was not found",
			       TW_STR_ARG(req->params[1]));
	else
		task_object(&w, dag, &dag->tasks[t]);
	tw_dag_unref(dag);
}

const struct tw_route tw_routes_tasks[] = {
	{"GET", "/api/v2/dags/{dag_id}/tasks", {TW_ON_TASK}, get_tasks},
	{"GET", "/api/v2/dags/{dag_id}/tasks/{task_id}", {TW_ON_TASK}, get_task},
	{0},
};
