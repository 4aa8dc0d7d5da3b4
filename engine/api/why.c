/* Why a task instance does not run: GET …/dependencies. The answer is reasons.h's. */
#include "api/ask.h"
#include "api/reasons.h"
#include "api/tables.h"
#include "core/sched.h"
#include "io/clock.h"
#include "model/dag.h"
#include "store/house.h"

/* Airflow's name of the dependency that a reason is about. */
static const char *name_of(struct tw_str reason)
{
	static const struct {
		const char *word, *name;
	} names[] = {
		{"no scheduler", "Scheduler"},
		{"not in its file", "Dag Not Stale"},
		{"does not load", "Dag Import"},
		{"paused", "Dag Not Paused"},
		{"pool", "Pool Slots Available"},
		{"max_active_tis", "Task Concurrency"},
		{"max_active_tasks", "Max Active Tasks"},
		{"max_active_runs", "Dagrun Running"},
		{"the run", "Dagrun Running"},
		{"depends_on_past", "Previous Dagrun State"},
		{"wait_for_downstream", "Previous Dagrun State"},
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

static int parallelism(const struct tw_api *api)
{
	int64_t n;

	for (size_t i = 0; i < api->nsettings; i++) {
		const struct tw_api_setting *set = &api->settings[i];

		if (tw_str_is(set->section, "core") && tw_str_is(set->key, "parallelism") &&
		    tw_str_to_int(set->value, &n))
			return (int)n;
	}
	return tw_sched_config_default().parallelism;
}

static void look(struct tw_request *req, struct tw_response *resp, const struct tw_ti_row *ti)
{
	struct tw_reasons_of of = {.store = tw_api_store(req, resp),
				   .zones = tw_api_zones(req),
				   .arena = req->arena,
				   .parallelism = parallelism(tw_api_of(req)),
				   .scheduler_alive = tw_api_of(req)->scheduler_alive,
				   .now = tw_now()};
	struct tw_reasons why = {0};
	struct tw_err err = {0};
	enum tw_rc rc = tw_reasons_find(&of, (struct tw_run_ref){ti->dag_id, ti->run_id}, ti->task_id,
					ti->map_index, &why, &err);

	if (rc == TW_OK || rc == TW_ERR_NOT_FOUND)
		write_reasons(resp, &why);
	else
		tw_reply_err(resp, &err);
	tw_reasons_release(&why);
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
	{"GET", TI "/dependencies", {TW_ON_TI}, get_dependencies},
	{"GET", TI "/{map_index}/dependencies", {TW_ON_TI}, get_mapped_dependencies},
	{0},
};
