/* GET …/wait: a line with the run's state every so often, and the last one the moment that it has ended. */
#include <math.h>
#include <stdlib.h>

#include "api/ask.h"
#include "api/hub.h"
#include "api/auth/session.h"
#include "api/tables.h"
#include "io/clock.h"
#include "store/xcoms.h"

#define RESULTS_MAX 64

struct waiter {
	struct tw_listener listener;
	struct tw_hub *hub;
	struct tw_request *req; /* lives as long as its answer is being sent */
	struct tw_str dag_id, run_id, tasks[RESULTS_MAX];
	size_t ntasks;
	struct tw_buf out;
	size_t sent;
	bool over;
	uint32_t heard;
	int64_t due, interval; /* µs, monotonic */
};

/* What the task returned; of a mapped one a list. false: nothing. */
static bool result(struct waiter *wt, struct tw_store *s, struct tw_str task, struct tw_jw *w, struct tw_arena *a)
{
	const struct tw_cond conds[] = {
		{.field = "dag_id", .op = TW_OP_EQ, .text = wt->dag_id},
		{.field = "run_id", .op = TW_OP_EQ, .text = wt->run_id},
		{.field = "task_id", .op = TW_OP_EQ, .text = task},
		{.field = "key", .op = TW_OP_EQ, .text = TW_STR("return_value")},
	};
	static const char *const order[] = {"map_index"};
	struct tw_ask ask = {.conds = conds, .nconds = 4, .order_by = order, .norder = 1, .limit = -1};
	struct tw_xcom_view *v;
	struct tw_xcom_row x;
	size_t n = 0;
	bool many;

	if (tw_store_xcoms(s, &ask, a, &v, &n, NULL, NULL) < 0 || !n)
		return false;
	many = n > 1 || v[0].xcom.map_index >= 0;
	tw_jw_keyn(w, task);
	if (many)
		tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		if (tw_store_xcom(s, wt->dag_id, wt->run_id, task, v[i].xcom.map_index, TW_STR("return_value"), a, &x, NULL) < 0 ||
		    !x.value.p)
			tw_jw_null(w);
		else
			tw_jw_raw(w, x.value);
	if (many)
		tw_jw_end(w);
	return true;
}

static void results(struct waiter *wt, struct tw_store *s, struct tw_jw *w, struct tw_arena *a)
{
	struct tw_buf all TW_AUTO(tw_buf_release) = {0};
	struct tw_jw rw = {.out = &all};
	bool any = false;

	tw_jw_obj(&rw);
	for (size_t i = 0; i < wt->ntasks; i++)
		any |= result(wt, s, wt->tasks[i], &rw, a);
	tw_jw_end(&rw);
	if (!any)
		return;
	tw_jw_key(w, "results");
	tw_jw_raw(w, tw_buf_str(&all));
}

/* A line, if it is time for one or the run has ended. */
static void look(struct waiter *wt, struct tw_store *s)
{
	struct tw_jw w = {.out = &wt->out};
	struct tw_arena a = {0};
	struct tw_run_view run;
	int64_t now = tw_monotonic();

	wt->heard = wt->listener.heard;
	if (!s || tw_store_run(s, wt->dag_id, wt->run_id, &a, &run, NULL) < 0) {
		wt->over = true;
	} else {
		wt->over = tw_run_finished(run.run.state);
		if (wt->over || now >= wt->due) {
			wt->due = now + wt->interval;
			tw_jw_obj(&w);
			tw_jw_key(&w, "state");
			tw_jw_cstr(&w, tw_run_state_name(run.run.state));
			if (wt->over && wt->ntasks)
				results(wt, s, &w, &a);
			tw_jw_end(&w);
			tw_buf_addc(&wt->out, '\n');
		}
	}
	tw_arena_release(&a);
}

static unsigned until(int64_t due)
{
	int64_t ms = (due - tw_monotonic()) / 1000 + 1;

	return ms < 1 ? 1 : (unsigned)ms;
}

static int64_t wait_read(void *arg, void *thread, char *buf, size_t max)
{
	struct waiter *wt = arg;
	size_t n;

	if (wt->sent == wt->out.n) {
		if (wt->over)
			return -1;
		tw_buf_clear(&wt->out);
		wt->sent = 0;
		wt->req->thread = thread;
		if (tw_hub_look_again(wt->hub, &wt->listener) && !tw_session_still(wt->req))
			return -1;
		if (wt->heard != wt->listener.heard || tw_monotonic() >= wt->due)
			look(wt, tw_api_thread_store(thread));
		if (!wt->out.n) {
			wt->listener.nap.pause_ms = until(wt->due);
			return wt->over ? -1 : 0;
		}
	}
	n = wt->out.n - wt->sent < max ? wt->out.n - wt->sent : max;
	memcpy(buf, wt->out.p + wt->sent, n);
	wt->sent += n;
	return (int64_t)n;
}

static void wait_free(void *arg)
{
	struct waiter *wt = arg;

	tw_hub_leave(wt->hub, &wt->listener);
	tw_buf_release(&wt->out);
	free(wt);
}

static bool read_interval(struct tw_request *req, struct tw_response *resp, double *ret_seconds)
{
	struct tw_str interval = tw_query(req, "interval");
	struct tw_faults f;

	tw_faults_init(&f, resp);
	if (!interval.p)
		tw_fault(&f, "missing", "query", TW_STR("interval"), "Field required", TW_NULL,
			 NULL, TW_NULL);
	else if (!tw_str_to_double(interval, ret_seconds))
		tw_fault(&f, "float_parsing", "query", TW_STR("interval"),
			 "Input should be a valid number, unable to parse string as a number",
			 tw_v_str(interval), NULL, TW_NULL);
	else if (!(*ret_seconds > 0))
		tw_fault(&f, "greater_than", "query", TW_STR("interval"),
			 "Input should be greater than 0", tw_v_str(interval), "gt", tw_v_float(0));
	return !tw_faults_any(&f);
}

static void wait_dag_run(struct tw_request *req, struct tw_response *resp)
{
	struct tw_run_view run;
	struct waiter *wt;
	double seconds = 0;

	if (!read_interval(req, resp, &seconds) || !tw_run_find(req, resp, req->params[0], req->params[1], &run))
		return;
	if (tw_query(req, "result").p && !tw_may(req, TW_ON_XCOM, TW_READ, req->params[0])) {
		tw_reply_error(resp, 403, "User is not authorized to read XCom data for this Dag");
		return;
	}
	wt = tw_new(struct waiter);
	wt->hub = tw_api_of(req)->hub;
	wt->req = req;
	wt->dag_id = req->params[0];
	wt->run_id = req->params[1];
	wt->ntasks = tw_query_all(req, "result", wt->tasks, RESULTS_MAX);
	wt->interval = (int64_t)(fmin(fmax(seconds, 0.05), 3600) * 1e6);
	wt->listener.kinds = TW_HUB_RUN;
	wt->listener.dags = &wt->dag_id;
	wt->listener.ndags = 1;
	wt->listener.run_id = wt->run_id;
	wt->listener.arena = req->arena;
	tw_hub_join(wt->hub, &wt->listener, tw_api_store(req, resp), -1);
	resp->content_type = "application/x-ndjson";
	resp->stream = wait_read;
	resp->stream_free = wait_free;
	resp->stream_arg = wt;
	resp->nap = &wt->listener.nap;
}

const struct tw_route tw_routes_run_wait[] = {
	{"GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait", {TW_ON_DAG_RUN}, wait_dag_run},
	{0},
};
