#include "api/app.h"

#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "api/recall.h"
#include "base/log.h"
#include "io/clock.h"
#include "io/doorbell.h"

#define WAIT_US (10 * TW_US_SEC)

struct thread {
	struct tw_api *api;
	struct tw_store *store;
	struct tw_zones zones;
	struct tw_recall recall;
	bool reading; /* a reader's transaction is open, until the handler is done */
};

struct wait {
	int64_t last_id;
	unsigned ms;
	void *kept;
};

void *tw_api_thread_new(void *app)
{
	struct thread *t = tw_new(struct thread);

	t->api = app;
	t->zones.load = t->api->load_zone;
	return t;
}

void tw_api_thread_free(void *thread)
{
	struct thread *t = thread;

	if (!t)
		return;
	tw_store_close(t->store);
	tw_recall_release(&t->recall);
	tw_zones_release(&t->zones);
	free(t);
}

struct tw_store *tw_api_thread_store(void *thread)
{
	struct thread *t = thread;
	struct tw_err err = {0};

	if (!t->store && tw_store_open(&t->api->store, &t->store, &err) < 0)
		tw_error("metastore: %s", err.msg);
	return t->store;
}

struct tw_store *tw_api_store(struct tw_request *req, struct tw_response *resp)
{
	struct thread *t = req->thread;

	if (!tw_api_thread_store(t)) {
		tw_reply_error(resp, 503, "The metastore cannot be opened");
		return NULL;
	}
	if (!t->reading && strcmp(req->method, "GET") == 0)
		t->reading = tw_store_begin_read(t->store, NULL) == TW_OK;
	return t->store;
}

void tw_api_list(struct tw_request *req, struct tw_response *resp, tw_http_handler list)
{
	struct thread *t = req->thread;
	struct tw_store *s = tw_api_store(req, resp);

	if (!s || tw_recall_answer(&t->recall, s, req, resp))
		return;
	list(req, resp);
	tw_recall_keep(&t->recall, req, resp);
}

static _Atomic uint64_t load_requests, load_us;

struct tw_api_load tw_api_load(void)
{
	return (struct tw_api_load){load_requests, load_us};
}

void tw_api_finish(struct tw_request *req)
{
	struct thread *t = req->thread;

	if (t->reading && tw_store_end(t->store, NULL) < 0)
		tw_store_rollback(t->store);
	t->reading = false;
	atomic_fetch_add_explicit(&load_requests, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&load_us, (uint64_t)(tw_monotonic() - req->began), memory_order_relaxed);
}

struct tw_zones *tw_api_zones(struct tw_request *req)
{
	return &((struct thread *)req->thread)->zones;
}

/* ── JSON ─────────────────────────────────────────────────────────────────────────────── */

void tw_jw_page(struct tw_jw *w, const char *name)
{
	tw_jw_obj(w);
	tw_jw_key(w, name);
	tw_jw_list(w);
}

void tw_jw_page_end(struct tw_jw *w, int64_t total)
{
	tw_jw_end(w);
	tw_jw_int_at(w, "total_entries", total);
	tw_jw_end(w);
}

void tw_jw_duration(struct tw_jw *w, const char *key, tw_time from, tw_time to)
{
	tw_jw_key(w, key);
	if (tw_time_ok(from) && tw_time_ok(to))
		tw_jw_float(w, (double)(to - from) / 1e6);
	else
		tw_jw_null(w);
}

void tw_jw_json_at(struct tw_jw *w, const char *key, struct tw_str json, struct tw_arena *a)
{
	struct tw_value v = TW_NULL;

	if (json.p && tw_json_parse(a, json, &v, NULL) < 0)
		v = tw_v_str(json);
	tw_jw_key(w, key);
	tw_jw_value(w, v);
}

void tw_reply_unique(struct tw_response *resp)
{
	resp->status = 409;
	tw_buf_clear(&resp->body);
	tw_buf_adds(
		&resp->body,
		"{\"detail\":{\"reason\":\"Unique constraint violation\",\"statement\":\"hidden\","
		"\"orig_error\":\"hidden\",\"message\":\"It exists already.\"}}");
}

/* ── changes ──────────────────────────────────────────────────────────────────────────── */

void tw_api_ring(const struct tw_request *req)
{
	if (tw_api_of(req)->bell)
		tw_bell_ring(tw_api_of(req)->bell);
}

void tw_api_keep(struct tw_request *req, void *what)
{
	((struct wait *)req->memo)->kept = what;
}

void *tw_api_kept(const struct tw_request *req)
{
	return ((struct wait *)req->memo)->kept;
}

bool tw_api_post(struct tw_request *req, struct tw_response *resp, const struct tw_inbox_row *rows,
		 size_t n)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	struct wait *w;

	if (!s)
		return false;
	w = tw_arena_new(req->arena, struct wait);
	if (n && tw_store_inbox_post(s, rows, n, &w->last_id, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	req->memo = w;
	req->began = tw_monotonic();
	if (n)
		tw_api_ring(req);
	return true;
}

void tw_api_await(struct tw_request *req, int64_t inbox_id)
{
	struct wait *w = tw_arena_new(req->arena, struct wait);

	w->last_id = inbox_id;
	req->memo = w;
	req->began = tw_monotonic();
}

static bool scheduler_lives(struct tw_request *req, struct tw_store *s)
{
	struct tw_job_row job;

	return tw_store_job_latest(s, "SchedulerJob", req->arena, &job, NULL) == TW_OK &&
	       tw_str_is(job.state, "running") &&
	       job.latest_heartbeat + tw_api_of(req)->scheduler_alive > tw_now();
}

bool tw_api_settled(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct wait *w = req->memo;
	bool pending = false;

	if (!s || !w || !w->last_id)
		return true;
	if (tw_store_inbox_pending(s, w->last_id, &pending, NULL) < 0 || !pending)
		return true;
	if (tw_monotonic() - req->began > WAIT_US || (!w->ms && !scheduler_lives(req, s)))
		return true;
	w->ms = w->ms ? (w->ms < 50 ? w->ms * 2 : 50) : 1;
	resp->again_ms = w->ms;
	return false;
}

bool tw_api_taken(struct tw_request *req)
{
	struct tw_store *s = tw_api_thread_store(req->thread);
	struct wait *w = req->memo;
	bool pending = true;

	return !w || !w->last_id ||
	       (s && tw_store_inbox_pending(s, w->last_id, &pending, NULL) == TW_OK && !pending);
}
