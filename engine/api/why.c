/* Why a task instance does not run: GET …/dependencies. The answer is reasons.h's. */
#include <stdlib.h>

#include "api/ask.h"
#include "api/hub.h"
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

static void write_place(struct tw_jw *w, const struct tw_in_line *p)
{
	tw_jw_key(w, "queue");
	tw_jw_obj(w);
	tw_jw_str_at(w, "pool", p->pool);
	tw_jw_int_at(w, "slots", p->slots);
	tw_jw_int_at(w, "open_slots", p->open);
	tw_jw_int_at(w, "position", p->nth);
	tw_jw_int_at(w, "length", p->of);
	tw_jw_int_at(w, "priority_weight", p->priority_weight);
	tw_jw_end(w);
}

/* `queue` is ours: where it stands in line for a slot, when it does. */
static void write_reasons(struct tw_buf *out, const struct tw_reasons *why, const struct tw_in_line *place)
{
	struct tw_jw w = {.out = out};

	tw_jw_obj(&w);
	tw_jw_key(&w, "dependencies");
	tw_jw_list(&w);
	for (size_t i = 0; i < why->v.n; i++) {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "name", tw_str(name_of(why->v.v[i])));
		tw_jw_str_at(&w, "reason", why->v.v[i]);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	if (place->nth)
		write_place(&w, place);
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

/* Appends the answer. *ret_over: it runs or has ended, or is not there any more. */
static enum tw_rc look(struct tw_request *req, struct tw_store *s, struct tw_arena *a, int64_t index, struct tw_buf *out,
		       bool *ret_over, struct tw_err *err)
{
	struct tw_reasons_of of = {.store = s,
				   .zones = tw_api_zones(req),
				   .arena = a,
				   .parallelism = parallelism(tw_api_of(req)),
				   .scheduler_alive = tw_api_of(req)->scheduler_alive,
				   .now = tw_now()};
	struct tw_reasons why = {0};
	struct tw_in_line place = {0};
	struct tw_ti_view v;
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	*ret_over = true;
	if (index == (int)index)
		rc = tw_store_ti(s, req->params[0], req->params[1], req->params[2], (int)index, a, &v, err);
	if (rc < 0)
		return rc;
	if (!tw_ti_finished(v.ti.state) && v.ti.state != TW_TI_RUNNING) {
		*ret_over = false;
		rc = tw_reasons_find(&of, (struct tw_run_ref){v.ti.dag_id, v.ti.run_id}, v.ti.task_id, v.ti.map_index, &why,
				     &place, err);
	}
	if (rc == TW_OK || rc == TW_ERR_NOT_FOUND)
		write_reasons(out, &why, &place);
	tw_reasons_release(&why);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

void tw_why_write(struct tw_request *req, struct tw_store *s, int64_t index, struct tw_buf *out)
{
	size_t before = out->n;
	bool over;

	if (look(req, s, req->arena, index, out, &over, NULL) == TW_OK)
		return;
	out->n = before;
	tw_buf_adds(out, "null");
}

/* ── as it changes: text/event-stream ───────────────────────────────────────────────── */

/* Asking costs as much as what is alive is large: it is asked at most once a second, and that takes at most a twentieth of the time. */
struct watching {
	struct tw_listener listener;
	struct tw_request *req;
	struct tw_hub *hub;
	int64_t index;
	struct tw_buf out, last;
	size_t sent;
	bool closed;
	uint32_t heard;
	int64_t next, over; /* µs, monotonic */
};

static void ask_again(struct watching *wt, struct tw_store *s)
{
	struct tw_buf now = {0};
	struct tw_arena a = {0};
	int64_t began = tw_monotonic(), took;

	wt->heard = wt->listener.heard;
	if (!s || look(wt->req, s, &a, wt->index, &now, &wt->closed, NULL) < 0)
		wt->closed = true;
	else if (!tw_str_eq(tw_buf_str(&now), tw_buf_str(&wt->last)))
		tw_buf_printf(&wt->out, "event: why\ndata: %s\n\n", tw_buf_cstr(&now));
	if (wt->closed)
		tw_buf_adds(&wt->out, "event: end\ndata: {}\n\n");
	tw_buf_release(&wt->last);
	wt->last = now;
	tw_arena_release(&a);
	took = tw_monotonic() - began;
	wt->next = tw_monotonic() + (took * 20 > TW_US_SEC ? took * 20 : TW_US_SEC);
}

static int64_t watch_read(void *arg, void *thread, char *buf, size_t max)
{
	struct watching *wt = arg;
	int64_t now = tw_monotonic();
	size_t n;

	if (wt->sent == wt->out.n) {
		tw_buf_clear(&wt->out);
		wt->sent = 0;
		if (wt->closed || now >= wt->over)
			return -1;
		wt->req->thread = thread;
		/* What waits for the clock is told of by nobody: now and then it is asked anyway. */
		if (now >= wt->next && (wt->heard != wt->listener.heard || now >= wt->next + 9 * TW_US_SEC))
			ask_again(wt, tw_api_thread_store(thread));
		if (!wt->out.n && now >= wt->next + 9 * TW_US_SEC)
			tw_buf_adds(&wt->out, ":\n\n");
		wt->listener.nap.pause_ms = wt->heard != wt->listener.heard ? 1000 : 10000;
		if (!wt->out.n)
			return 0;
	}
	n = wt->out.n - wt->sent < max ? wt->out.n - wt->sent : max;
	memcpy(buf, wt->out.p + wt->sent, n);
	wt->sent += n;
	return (int64_t)n;
}

static void watch_free(void *arg)
{
	struct watching *wt = arg;

	tw_hub_leave(wt->hub, &wt->listener);
	tw_buf_release(&wt->out);
	tw_buf_release(&wt->last);
	free(wt);
}

static void watch(struct tw_request *req, struct tw_response *resp, struct tw_store *s, int64_t index)
{
	struct watching *wt = tw_new(struct watching);

	wt->req = req;
	wt->hub = tw_api_of(req)->hub;
	wt->index = index;
	wt->over = tw_monotonic() + 600 * TW_US_SEC;
	wt->listener.kinds = TW_HUB_RUN | TW_HUB_TASK | TW_HUB_DAG | TW_HUB_POOL;
	wt->listener.arena = req->arena;
	tw_hub_join(wt->hub, &wt->listener, s, -1);
	ask_again(wt, s);
	resp->content_type = "text/event-stream";
	resp->stream = watch_read;
	resp->stream_free = watch_free;
	resp->stream_arg = wt;
	resp->stream_pause_ms = 1000;
	resp->nap = &wt->listener.nap;
}

/* ── the request ──────────────────────────────────────────────────────────────────────── */

static void not_found(struct tw_request *req, struct tw_response *resp, int64_t index)
{
	tw_reply_error(resp, 404,
		       "The Task Instance with dag_id: `" TW_STR_FMT "`, run_id: `" TW_STR_FMT "`, task_id: `" TW_STR_FMT
		       "` and map_index: `%lld` was not found",
		       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]), TW_STR_ARG(req->params[2]), (long long)index);
}

static void dependencies(struct tw_request *req, struct tw_response *resp, int64_t index)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	struct tw_ti_view v;
	enum tw_rc rc;
	bool over;

	if (!s)
		return;
	rc = index == (int)index ? tw_store_ti(s, req->params[0], req->params[1], req->params[2], (int)index, req->arena, &v, &err)
				 : TW_ERR_NOT_FOUND;
	if (rc == TW_OK && tw_str_starts(req->accept, "text/event-stream")) {
		watch(req, resp, s, index);
		return;
	}
	if (rc == TW_OK)
		rc = look(req, s, req->arena, index, &resp->body, &over, &err);
	if (rc == TW_ERR_NOT_FOUND)
		not_found(req, resp, index);
	else if (rc < 0)
		tw_reply_err(resp, &err);
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
