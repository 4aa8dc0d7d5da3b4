/* DAG runs: trigger, set state or note, delete. */
#include "api/change.h"
#include "api/trigger.h"
#include "io/clock.h"

#define NOTE_MAX 1000

static const struct tw_str none = {0};

/* ── trigger ──────────────────────────────────────────────────────────────────────────── */

static bool interval_ok(struct tw_response *resp, struct tw_value body)
{
	bool start = tw_body_time(body, "data_interval_start") != TW_TIME_NONE;
	bool end = tw_body_time(body, "data_interval_end") != TW_TIME_NONE;
	const char *msg = "Value error, Either both data_interval_start and data_interval_end must "
			  "be provided or both "
			  "must be None";

	if (start != end)
		tw_reply_invalid(resp, "value_error", "body", NULL, msg, body);
	return start == end;
}

static void reply_run(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id,
		      struct tw_str run_id)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_run_view run;

	if (tw_run_find(req, resp, dag_id, run_id, &run))
		tw_jw_runs(&w, tw_api_store(req, resp), &run, 1, req->arena);
}

static void trigger_dag_run(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_run_row run;
	struct tw_value body = req->json;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s || !interval_ok(resp, body))
		return;
	struct tw_trigger_opts opts = {
		.dag_id = req->params[0],
		.run_id = tw_map_str(body, "dag_run_id", NULL),
		.run_id_pattern = tw_api_of(req)->run_id_pattern,
		.logical_date = tw_body_time(body, "logical_date"),
		.run_after = tw_body_time(body, "run_after"),
		.interval_start = tw_body_time(body, "data_interval_start"),
		.interval_end = tw_body_time(body, "data_interval_end"),
		.interval_of_logical_date = true,
		.conf = tw_map_value(body, "conf"),
		.note = tw_map_str(body, "note", NULL),
		.triggering_user = req->user.name,
		.partition_key = tw_map_str(body, "partition_key", NULL),
		.type = TW_RUNTYPE_MANUAL,
		.triggered_by = req->referer.n ? TW_STR("ui") : TW_STR("rest_api"),
		.now = tw_now(),
		.zones = tw_api_zones(req),
	};
	rc = tw_trigger_run(s, &opts, req->arena, &run, &err);
	if (rc == TW_ERR_EXISTS) {
		tw_reply_unique(resp);
		return;
	}
	if (rc < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	reply_run(req, resp, run.dag_id, run.run_id); /* as it was made: the scheduler is quick */
	tw_api_ring(req);
}

/* ── state and note ───────────────────────────────────────────────────────────────────── */

static bool set_note(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id,
		     struct tw_str run_id, struct tw_str note)
{
	struct tw_err err = {0};

	if (tw_store_run_note(tw_api_store(req, resp), dag_id, run_id, note.n ? note : none,
			      req->user.name, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	return true;
}

struct tw_inbox_row tw_run_state_row(struct tw_request *req, struct tw_str dag_id, struct tw_str run_id,
				     struct tw_str state)
{
	struct tw_inbox_row row = {
		.at = TW_TIME_NONE, .kind = TW_STR("run_state"), .dag_id = dag_id, .run_id = run_id};
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "state", state);
	tw_jw_str_at(&w, "by", req->user.name);
	tw_jw_end(&w);
	row.payload = tw_str_copy(req->arena, tw_buf_str(&b));
	tw_buf_release(&b);
	return row;
}

static bool begin_patch(struct tw_request *req, struct tw_response *resp)
{
	struct tw_inbox_row row;
	struct tw_str state;
	struct tw_run_view run;
	struct tw_value body = req->json;

	if (!tw_api_store(req, resp) || !tw_run_find(req, resp, req->params[0], req->params[1], &run))
		return false;
	if (tw_masked_in(req, body, "note") &&
	    !set_note(req, resp, run.run.dag_id, run.run.run_id, tw_map_str(body, "note", NULL)))
		return false;
	state = tw_masked_in(req, body, "state") ? tw_map_str(body, "state", NULL) : none;
	row = tw_run_state_row(req, run.run.dag_id, run.run.run_id, state);
	return tw_api_post(req, resp, &row, state.n ? 1 : 0);
}

static void patch_dag_run(struct tw_request *req, struct tw_response *resp)
{
	if (!req->memo && !begin_patch(req, resp))
		return;
	if (tw_api_settled(req, resp))
		reply_run(req, resp, req->params[0], req->params[1]);
}

static void delete_dag_run(struct tw_request *req, struct tw_response *resp)
{
	struct tw_inbox_row row = {.at = TW_TIME_NONE, .kind = TW_STR("run_delete")};
	struct tw_run_view run;
	struct tw_err err = {0};

	if (!tw_run_find(req, resp, req->params[0], req->params[1], &run))
		return;
	if (run.run.state == TW_RUN_RUNNING) {
		tw_reply_error(resp, 409,
			       "The DagRun with dag_id: `" TW_STR_FMT "` and run_id: `" TW_STR_FMT
			       "` cannot be deleted in running state",
			       TW_STR_ARG(run.run.dag_id), TW_STR_ARG(run.run.run_id));
		return;
	}
	row.dag_id = run.run.dag_id;
	row.run_id = run.run.run_id;
	if (tw_store_run_delete(tw_api_store(req, resp), row.dag_id, row.run_id, &row, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_api_ring(req);
	tw_reply_none(resp);
}

const struct tw_route tw_routes_run_change[] = {
	{"POST", "/api/v2/dags/{dag_id}/dagRuns", {TW_ON_DAG_RUN}, trigger_dag_run},
	{"PATCH", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", {TW_ON_DAG_RUN}, patch_dag_run},
	{"DELETE", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", {TW_ON_DAG_RUN}, delete_dag_run},
	{0},
};
