/*
 * Extra links of a task instance: addresses that the operator's links, and plugins', made when it
 * ended, each kept as an XCom.
 */
#include "api/ask.h"
#include "api/tables.h"
#include "model/dag.h"
#include "store/xcoms.h"

struct asked {
	struct tw_request *req;
	struct tw_store *s;
	const struct tw_ti_row *ti;
};

/* "https://host/base/dags/a/runs/b", as Airflow makes it. */
static struct tw_str run_address(struct tw_request *req, struct tw_str dag_id, struct tw_str run_id)
{
	struct tw_str base = tw_str(tw_api_of(req)->base_url);

	while (base.n && base.p[base.n - 1] == '/')
		base.n--;
	return tw_str(tw_arena_printf(req->arena, TW_STR_FMT "/dags/" TW_STR_FMT "/runs/" TW_STR_FMT, TW_STR_ARG(base),
				      TW_STR_ARG(dag_id), TW_STR_ARG(run_id)));
}

/* The text of an XCom; p NULL: there is none. */
static struct tw_str kept(const struct asked *a, const char *key)
{
	struct tw_xcom_row x;
	struct tw_value v;

	if (tw_store_xcom(a->s, a->ti->dag_id, a->ti->run_id, a->ti->task_id, a->ti->map_index, tw_str(key), a->req->arena, &x,
			  NULL) < 0 ||
	    tw_json_parse(a->req->arena, x.value, &v, NULL) < 0 || v.kind != TW_V_STR || !v.s.n)
		return (struct tw_str){0};
	return v.s;
}

static struct tw_str rendered(const struct asked *a, const char *field)
{
	struct tw_rendered_row row = {0};
	struct tw_value fields;

	if (tw_store_rendered(a->s, a->ti->dag_id, a->ti->run_id, a->ti->task_id, a->ti->map_index, a->req->arena, &row, NULL) < 0 ||
	    !row.fields.n || tw_json_parse(a->req->arena, row.fields, &fields, NULL) < 0)
		return (struct tw_str){0};
	return tw_map_str(fields, field, NULL);
}

/*
 * p NULL: there is none (yet). What the engine waits for itself never comes back to Python to make
 * its link: the other DAG is in what was rendered of it, and the run is its own, or the one it began.
 */
static struct tw_str address(const struct asked *a, const char *key)
{
	bool waits = strcmp(key, "_link_ExternalDagLink") == 0, began = strcmp(key, "_link_TriggerDagRunLink") == 0;
	struct tw_str there = kept(a, key), dag_id = {0}, run_id = {0};

	if (!there.n && waits) {
		dag_id = rendered(a, "external_dag_id");
		run_id = a->ti->run_id;
	} else if (!there.n && began) {
		dag_id = rendered(a, "trigger_dag_id");
		run_id = kept(a, "trigger_run_id");
	}
	return dag_id.n && run_id.n ? run_address(a->req, dag_id, run_id) : there;
}

/* The instance, and the attempt of the query, if it names one; false: it has replied. */
static bool find_instance(struct tw_request *req, struct tw_response *resp, struct tw_store *s, struct tw_ti_view *ret)
{
	struct tw_asker q;
	int64_t index, number;
	struct tw_ti_view *v;
	struct tw_err err = {0};
	size_t n = 0;

	tw_asker_init(&q, req, resp);
	index = tw_asker_int(&q, "map_index", -1, INT32_MIN);
	number = tw_asker_int(&q, "try_number", -1, INT32_MIN);
	if (tw_faults_any(&q.faults))
		return false;
	if (index == (int)index &&
	    tw_store_ti_tries(s, req->params[0], req->params[1], req->params[2], (int)index, req->arena, &v, &n, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	if (!n) {
		tw_reply_error(resp, 404, "TaskInstance not found");
		return false;
	}
	*ret = v[n - 1];
	for (size_t i = 0; i < n; i++)
		if (number < 0 || v[i].ti.try_number == number)
			return true;
	tw_reply_error(resp, 404, "TaskInstanceHistory not found for try_number=%lld", (long long)number);
	return false;
}

static void write_links(struct tw_jw *w, const struct asked *a, struct tw_value links)
{
	size_t n = links.kind == TW_V_MAP ? links.map->n : 0;

	tw_jw_obj(w);
	tw_jw_key(w, "extra_links");
	tw_jw_obj(w);
	for (size_t i = 0; i < n; i++) {
		struct tw_value key = links.map->v[i].value;

		tw_jw_keyn(w, links.map->v[i].key.s);
		tw_jw_str(w, key.kind == TW_V_STR ? address(a, tw_arena_strndup(a->req->arena, key.s.p, key.s.n))
						   : (struct tw_str){0});
	}
	tw_jw_end(w);
	tw_jw_int_at(w, "total_entries", (int64_t)n);
	tw_jw_end(w);
}

static void get_extra_links(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_ti_view v;
	const struct tw_dag *dag;
	int at;

	if (!s || !find_instance(req, resp, s, &v) || !tw_dag_load(req, resp, v.ti.dag_id, v.ti.version_id, &dag))
		return;
	at = tw_dag_task(dag, v.ti.task_id);
	if (at < 0)
		tw_reply_error(resp, 404, "Task with ID = " TW_STR_FMT " not found", TW_STR_ARG(v.ti.task_id));
	else
		write_links(&w, &(struct asked){req, s, &v.ti}, tw_map_value(dag->tasks[at].raw, "links"));
	tw_dag_unref(dag);
}

const struct tw_route tw_routes_links[] = {
	{"GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links", {TW_ON_TI}, get_extra_links},
	{0},
};
