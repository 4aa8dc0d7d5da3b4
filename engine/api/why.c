/*
 * Why a task instance does not run: GET …/dependencies. The scheduler's own rules are asked, in a
 * core that is filled from the metastore for this one answer: what is alive, so that limits and
 * pools are counted as they are.
 */
#include "api/ask.h"
#include "api/tables.h"
#include "core/sched.h"
#include "io/clock.h"
#include "model/dag.h"
#include "store/house.h"

#define RUNS_MAX                                                                                   \
	500 /* with more runs alive only the one asked about is looked at: pools may look emptier  \
	       then */

struct looker {
	struct tw_request *req;
	struct tw_store *store;
	struct tw_sched *core;
	struct tw_effects *fx;
	struct tw_err err;
};

static enum tw_rc step(struct looker *l, struct tw_event ev)
{
	ev.at = tw_now();
	return tw_sched_step(l->core, &ev, l->fx, &l->err);
}

static enum tw_rc tell_pools(struct looker *l)
{
	struct tw_pool_view *v;
	size_t n;
	enum tw_rc rc = tw_store_pools(l->store, &TW_ASK_ALL, l->req->arena, &v, &n, NULL, &l->err);

	for (size_t i = 0; rc == TW_OK && i < n; i++)
		rc = step(l, (struct tw_event){.type = TW_EV_POOL, .pool = v[i].pool});
	return rc;
}

static enum tw_rc parse(struct looker *l, struct tw_str json, struct tw_dag **ret_dag)
{
	return tw_dag_parse_json(json, tw_api_zones(l->req), ret_dag, &l->err);
}

static enum tw_rc tell_dag(struct looker *l, struct tw_str dag_id)
{
	struct tw_dag_doc doc;
	struct tw_dag *dag;
	enum tw_rc rc = tw_store_dag_doc(l->store, dag_id, l->req->arena, &doc, &l->err);

	if (rc == TW_OK)
		rc = parse(l, doc.document, &dag);
	if (rc < 0)
		return rc;
	rc = step(l, (struct tw_event){.type = TW_EV_DAG,
				       .dag = {.dag = dag,
					       .version_id = doc.version_id,
					       .paused = doc.dag.is_paused,
					       .import_error = doc.dag.has_import_errors,
					       .last_run = {.run_after = TW_TIME_NONE}}});
	tw_dag_unref(dag);
	return rc;
}

static enum tw_rc load_run(struct looker *l, const struct tw_live *live, size_t i)
{
	const struct tw_run_row *run = &live->runs[i];
	struct tw_str json;
	struct tw_dag *dag;
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	if (run->version_id.n)
		rc = tw_store_document(l->store, run->version_id, l->req->arena, &json, &l->err);
	if (rc == TW_ERR_NOT_FOUND)
		rc = tw_store_document_newest(l->store, run->dag_id, l->req->arena, &json, NULL,
					      &l->err);
	if (rc == TW_OK)
		rc = parse(l, json, &dag);
	if (rc < 0)
		return rc;
	rc = step(l, (struct tw_event){.type = TW_EV_RUN_LOAD,
				       .run_load = {*run, dag, live->tis + live->first[i],
						    (int)(live->first[i + 1] - live->first[i])}});
	tw_dag_unref(dag);
	return rc;
}

static bool dag_told(struct tw_value told, struct tw_str dag_id)
{
	return tw_map_find(told, dag_id) != NULL;
}

/* Every live run with its DAG; the one asked about first. Others that cannot be loaded are passed
 * over. */
static enum tw_rc load(struct looker *l, struct tw_str dag_id, struct tw_str run_id)
{
	struct tw_value told = tw_v_map(l->req->arena);
	struct tw_live one, all = {0};
	enum tw_rc rc = tell_pools(l);

	if (rc == TW_OK)
		rc = tell_dag(l, dag_id);
	if (rc == TW_OK)
		rc = tw_store_live_run(l->store, dag_id, run_id, l->req->arena, &one, &l->err);
	if (rc == TW_OK)
		rc = load_run(l, &one, 0);
	tw_map_put(l->req->arena, told, dag_id, TW_NULL);
	if (rc < 0 || tw_store_live(l->store, l->req->arena, &all, NULL) < 0 ||
	    all.nruns > RUNS_MAX)
		return rc;
	for (size_t i = 0; i < all.nruns; i++) {
		const struct tw_run_row *run = &all.runs[i];

		if (tw_str_eq(run->dag_id, dag_id) && tw_str_eq(run->run_id, run_id))
			continue;
		if (!dag_told(told, run->dag_id) && tell_dag(l, run->dag_id) < 0)
			continue;
		tw_map_put(l->req->arena, told, run->dag_id, TW_NULL);
		load_run(l, &all, i);
	}
	return TW_OK;
}

/* Airflow's name of the dependency that a reason is about. */
static const char *name_of(struct tw_str reason)
{
	static const struct {
		const char *word, *name;
	} names[] = {
		{"paused", "Dag Not Paused"},
		{"pool", "Pool Slots Available"},
		{"max_active_tis", "Task Concurrency"},
		{"max_active_tasks", "Max Active Tasks"},
		{"max_active_runs", "Dagrun Running"},
		{"the run", "Dagrun Running"},
		{"depends_on_past", "Previous Dagrun State"},
		{"is due at", "Not In Retry Period"},
		{"looks again", "Ready To Reschedule"},
		{"maps over", "Task has been mapped"},
		{"executor", "Executor Slots"},
		{"parallelism", "Executor Slots"},
		{"setup", "Trigger Rule"},
		{"upstream", "Trigger Rule"},
		{"trigger rule", "Trigger Rule"},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (tw_str_find(reason, tw_str(names[i].word), 0) >= 0)
			return names[i].name;
	return "Task Instance State";
}

static void write_reasons(struct tw_response *resp, const struct tw_reasons *why)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	tw_jw_key(&w, "dependencies");
	tw_jw_list(&w);
	for (size_t i = 0; why && i < why->v.n; i++) {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "name", tw_str(name_of(why->v.v[i])));
		tw_jw_str_at(&w, "reason", why->v.v[i]);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

static void look(struct tw_request *req, struct tw_response *resp, const struct tw_ti_row *ti)
{
	struct tw_sched_config cfg = tw_sched_config_default();
	struct looker l = {.req = req, .store = tw_api_store(req, resp)};
	struct tw_reasons why = {0};
	enum tw_rc rc;

	cfg.use_job_schedule = false;
	l.core = tw_sched_new(&cfg);
	l.fx = tw_effects_new();
	rc = load(&l, ti->dag_id, ti->run_id);
	if (rc == TW_OK)
		rc = tw_sched_why(l.core, (struct tw_run_ref){ti->dag_id, ti->run_id}, ti->task_id,
				  ti->map_index, &why, &l.err);
	if (rc == TW_OK || rc == TW_ERR_NOT_FOUND)
		write_reasons(resp, &why);
	else
		tw_reply_err(resp, &l.err);
	tw_reasons_release(&why);
	tw_effects_free(l.fx);
	tw_sched_free(l.core);
}

static void dependencies(struct tw_request *req, struct tw_response *resp, int64_t index)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view v;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return;
	rc = index == (int)index ? tw_store_ti(s, req->params[0], req->params[1], req->params[2],
					       (int)index, req->arena, &v, &err)
				 : TW_ERR_NOT_FOUND;
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404,
			       "The Task Instance with dag_id: `" TW_STR_FMT
			       "`, run_id: `" TW_STR_FMT "`, task_id: `" TW_STR_FMT
			       "` and map_index: `%lld` was not found",
			       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]),
			       TW_STR_ARG(req->params[2]), (long long)index);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	else if (tw_ti_finished(v.ti.state) || v.ti.state == TW_TI_RUNNING)
		write_reasons(resp, NULL);
	else
		look(req, resp, &v.ti);
}

static void get_dependencies(struct tw_request *req, struct tw_response *resp)
{
	struct tw_asker q;
	int64_t index;

	tw_asker_init(&q, req, resp);
	index = tw_asker_int(&q, "map_index", -1, -1);
	if (!tw_faults_any(&q.faults))
		dependencies(req, resp, index);
}

static void get_mapped_dependencies(struct tw_request *req, struct tw_response *resp)
{
	int64_t index;

	if (tw_path_int(req, resp, 3, "map_index", &index))
		dependencies(req, resp, index);
}

#define TI "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}"

const struct tw_route tw_routes_why[] = {
	{"GET", TI "/dependencies", TW_ACCESS_VIEWER, get_dependencies},
	{"GET", TI "/{map_index}/dependencies", TW_ACCESS_VIEWER, get_mapped_dependencies},
	{0},
};
