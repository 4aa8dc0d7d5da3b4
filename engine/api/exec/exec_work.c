/* Workloads for workers that pull: what RemoteExecutor queued, each with the token of its attempt. And whether the door is open. */
#include "api/exec/exec.h"

#include <stdlib.h>

#include "api/exec/execute_task.h"
#include "io/clock.h"
#include "store/dags.h"
#include "store/workloads.h"

#define WORKER TW_SCOPE_WORKER
#define LIMIT_MAX 1000
#define WAIT_MAX_S 50

static void health(struct tw_exec *x)
{
	tw_buf_adds(&x->resp->body, "{\"status\":\"healthy\"}");
}

static void ping(struct tw_exec *x)
{
	tw_buf_adds(&x->resp->body, "{\"ok\":[\"metastore\"],\"failing\":{}}");
}

/* ── taking ───────────────────────────────────────────────────────────────────────────── */

static enum tw_rc write_workload(struct tw_exec *x, struct tw_jw *w, const struct tw_workload_row *row, struct tw_err *err)
{
	struct tw_arena *a = x->req->arena;
	TW_AUTO(tw_buf_release) struct tw_buf token = { 0 };
	struct tw_execute_task t = { .log_name = tw_api_of(x->req)->log_name };
	struct tw_dag_row dag;
	char id[37];
	enum tw_rc rc = tw_json_parse(a, row->data, &t.run, err);

	tw_id_text(row->attempt, id);
	if (rc == TW_OK)
		rc = tw_store_dag(x->store, tw_map_str(t.run, "dag_id", ""), a, &dag, err);
	if (rc == TW_OK)
		rc = tw_exec_token_make(&tw_api_of(x->req)->exec, tw_str(id), TW_SCOPE_WORKLOAD, row->claim, x->caller.now, &token, err);
	if (rc < 0)
		return rc;
	t.token = tw_buf_str(&token);
	t.bundle_name = dag.bundle_name;
	t.bundle_version = dag.bundle_version;
	tw_jw_obj(w);
	tw_jw_str_at(w, "claim", row->claim);
	tw_jw_key(w, "execute");
	tw_execute_task_write(w, &t);
	tw_jw_key(w, "run");
	tw_jw_value(w, t.run);
	tw_jw_end(w);
	return TW_OK;
}

static void reply_workloads(struct tw_exec *x, const struct tw_workload_row *v, size_t n)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_err err = { 0 };

	tw_jw_obj(&w);
	tw_jw_key(&w, "workloads");
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		if (write_workload(x, &w, &v[i], &err) < 0) {
			tw_exec_fail(x, &err);
			return;
		}
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

/* Often at first, as what has just ended is soon followed by another; then less. */
static unsigned pause_ms(int64_t waited_us)
{
	int64_t ms = 5 + waited_us / 20000;

	return ms > 100 ? 100 : (unsigned)ms;
}

/* Until there is one, or the worker's patience is at its end. */
static void take(struct tw_exec *x)
{
	struct tw_value body = x->req->json, queues;
	struct tw_workload_row *v;
	struct tw_str *names;
	struct tw_err err = { 0 };
	double wait;
	int64_t limit, waited;
	size_t n = 0;

	queues = tw_map_value(body, "queues");
	names = tw_arena_array(x->req->arena, struct tw_str, tw_value_len(queues) + 1);
	for (size_t i = 0; i < tw_value_len(queues); i++)
		names[i] = queues.list->v[i].s;
	limit = tw_map_int(body, "limit", 1);
	wait = tw_map_num(body, "wait", 0);
	if (tw_store_workloads_take(x->store, x->claims.sub, names, tw_value_len(queues),
				    (size_t)(limit > LIMIT_MAX ? LIMIT_MAX : limit), x->req->arena, &v, &n, &err) < 0) {
		tw_exec_fail(x, &err);
		return;
	}
	waited = tw_monotonic() - x->req->began;
	if (!n && waited < (int64_t)((wait > WAIT_MAX_S ? WAIT_MAX_S : wait) * 1e6)) {
		x->req->memo = x->req;
		x->resp->again_ms = pause_ms(waited);
		return;
	}
	reply_workloads(x, v, n);
}

/* ── and what became of it ────────────────────────────────────────────────────────────── */

/*
 * Is this the claim under which the attempt is out? One that is started carries it; of one that is queued its workload
 * does. What waits for a trigger, or has begun again under another claim, is nothing to this one.
 */
static bool still_out(struct tw_exec *x, struct tw_id attempt, struct tw_str claim, struct tw_ti_view *ret)
{
	struct tw_workload_row row;

	if (tw_store_ti_by_id(x->store, attempt, x->req->arena, ret, NULL) != TW_OK)
		return false;
	switch (ret->ti.state) {
	case TW_TI_QUEUED:
		return tw_store_workload(x->store, attempt, x->req->arena, &row, NULL) == TW_OK && tw_str_eq(row.claim, claim);
	case TW_TI_DEFERRED:
	case TW_TI_UP_FOR_RESCHEDULE:
	case TW_TI_AWAITING_INPUT:
	case TW_TI_SCHEDULED:
		return false;
	default:
		return tw_str_eq(ret->ti.external_executor_id, claim);
	}
}

/* Its process is gone: one who has not told its end is lost. */
static void gone(struct tw_exec *x)
{
	struct tw_inbox_row row = { .at = TW_TIME_NONE, .kind = TW_STR("gone") };
	struct tw_value payload = tw_v_map(x->req->arena);
	struct tw_ti_view ti;
	struct tw_id attempt;
	char *text;

	if (!tw_id_parse(tw_exec_param(x, 0), &attempt) ||
	    !still_out(x, attempt, tw_map_str(x->req->json, "claim", ""), &ti)) {
		tw_reply_none(x->resp);
		return;
	}
	row.dag_id = ti.ti.dag_id;
	row.run_id = ti.ti.run_id;
	tw_map_putc(x->req->arena, payload, "attempt", tw_v_str(tw_exec_param(x, 0)));
	tw_map_putc(x->req->arena, payload, "started", tw_v_bool(ti.ti.state != TW_TI_QUEUED));
	tw_map_putc(x->req->arena, payload, "reason", tw_map_value(x->req->json, "reason"));
	text = tw_json_dump(payload, TW_JSON_COMPACT);
	row.payload = tw_str(text);
	if (tw_api_post(x->req, x->resp, &row, 1))
		tw_reply_none(x->resp);
	free(text);
}

/* It was not begun: another one may. */
static void release(struct tw_exec *x)
{
	struct tw_id id;
	struct tw_err err = { 0 };

	if (!tw_id_parse(tw_exec_param(x, 0), &id))
		tw_exec_refuse(x, 404, "not_found", "Task Instance not found");
	else if (tw_store_workload_release(x->store, id, tw_map_str(x->req->json, "claim", ""), &err) < 0)
		tw_exec_fail(x, &err);
	else
		tw_reply_none(x->resp);
}

const struct tw_exec_route tw_exec_work[] = {
	{ "GET", "/health", health, 0, false, 0, 0 },
	{ "GET", "/health/ping", ping, 0, false, 0, 0 },
	{ "POST", "/workloads/take", take, WORKER, false, 0, 0 },
	{ "POST", "/workloads/{task_instance_id}/gone", gone, WORKER, false, 0, 0 },
	{ "POST", "/workloads/{task_instance_id}/release", release, WORKER, false, 0, 0 },
	{ 0 },
};
