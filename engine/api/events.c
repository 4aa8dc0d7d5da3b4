/* GET /events: what changes, as it changes (docs/rest-api.md). The hub knows; here is one client's stream of it. */
#include <stdio.h>
#include <stdlib.h>

#include "api/ask.h"
#include "api/hub.h"
#include "api/auth/session.h"
#include "api/tables.h"
#include "io/clock.h"

#define BEAT_MS 15000
#define LIFE_US (600 * TW_US_SEC) /* then the client comes back, and its sign-in is looked at again */
#define PIECE 4096
#define NAMES_MAX 64

struct events {
	struct tw_listener listener;
	struct tw_request *req; /* lives as long as its answer is being sent */
	struct tw_hub *hub;
	struct tw_buf out;
	size_t sent;
	int64_t beat, over; /* µs, monotonic; over 0: what there is, then the end */
};

/* ── what a client may hear ───────────────────────────────────────────────────────────── */

static enum tw_on thing_of(unsigned kind)
{
	switch ((enum tw_hub_kind)kind) {
	case TW_HUB_RUN:
	case TW_HUB_BACKFILL:
		return TW_ON_DAG_RUN;
	case TW_HUB_TASK:
		return TW_ON_TI;
	case TW_HUB_DAG:
		return TW_ON_DAG;
	case TW_HUB_IMPORT_ERROR:
		return TW_ON_IMPORT_ERROR;
	case TW_HUB_POOL:
		return TW_ON_POOL;
	case TW_HUB_ASSET:
		return TW_ON_ASSET;
	default:
		return TW_SIGNED_IN;
	}
}

static bool may(void *arg, unsigned kind, struct tw_str dag_id)
{
	const struct events *e = arg;

	return tw_may(e->req, thing_of(kind), TW_READ, dag_id);
}

/* ── the stream ───────────────────────────────────────────────────────────────────────── */

static void fill(struct events *e)
{
	int64_t last = tw_hub_read(e->hub, &e->listener, &e->out, PIECE), now = tw_monotonic();

	if (!e->out.n && now >= e->beat)
		tw_buf_printf(&e->out, ":\nid: %lld\n\n", (long long)last);
	if (e->out.n)
		e->beat = now + BEAT_MS * 1000 - 100000; /* before the pause is over */
}

static int64_t stream(void *arg, void *thread, char *buf, size_t max)
{
	struct events *e = arg;
	size_t n;

	e->req->thread = thread;
	if (e->sent == e->out.n) {
		tw_buf_release(&e->out);
		e->sent = 0;
		if (e->over && (tw_monotonic() >= e->over || (tw_hub_look_again(e->hub, &e->listener) && !tw_session_still(e->req))))
			return -1;
		fill(e);
	}
	if (!e->out.n)
		return e->over ? 0 : -1;
	n = e->out.n - e->sent < max ? e->out.n - e->sent : max;
	memcpy(buf, e->out.p + e->sent, n);
	e->sent += n;
	return (int64_t)n;
}

static void stream_free(void *arg)
{
	struct events *e = arg;

	tw_hub_leave(e->hub, &e->listener);
	tw_buf_release(&e->out);
	free(e);
}

/* ── the request ──────────────────────────────────────────────────────────────────────── */

static bool read_kinds(struct tw_request *req, struct tw_response *resp, unsigned *ret_kinds)
{
	struct tw_str given[NAMES_MAX];
	size_t n = tw_query_all(req, "kinds", given, NAMES_MAX);

	*ret_kinds = n ? 0 : TW_HUB_ALL;
	for (size_t i = 0; i < n; i++) {
		struct tw_str rest = given[i];

		while (rest.p) {
			struct tw_str name = tw_str_trim(tw_str_cut(rest, ',', &rest));
			unsigned kind = tw_hub_kind(name);

			if (!kind) {
				tw_reply_invalid(resp, "literal_error", "query", "kinds",
						 "Input should be 'run', 'task', 'dag', 'import_error', 'pool', 'asset', "
						 "'backfill' or 'health'",
						 tw_v_str(name));
				return false;
			}
			*ret_kinds |= kind;
		}
	}
	return true;
}

static bool read_last(struct tw_request *req, struct tw_response *resp, int64_t *ret_last)
{
	struct tw_str text = req->last_event_id.p ? req->last_event_id : tw_query(req, "last_event_id");

	*ret_last = -1;
	if (!text.n || (tw_str_to_int(text, ret_last) && *ret_last >= 0))
		return true;
	tw_reply_invalid(resp, "int_parsing", "query", "last_event_id", "Input should be the id of an event", tw_v_str(text));
	return false;
}

static void begin(struct events *e, struct tw_store *s, int64_t after)
{
	int64_t last;

	e->listener.may = may;
	e->listener.may_arg = e;
	e->listener.arena = e->req->arena;
	last = tw_hub_join(e->hub, &e->listener, s, after);
	e->over = tw_str_find(e->req->accept, TW_STR("text/event-stream"), 0) >= 0 ? tw_monotonic() + LIFE_US : 0;
	tw_buf_adds(&e->out, "retry: 1000\n");
	if (after < 0)
		tw_buf_printf(&e->out, "id: %lld\n", (long long)last);
	tw_buf_printf(&e->out, "event: ready\ndata: {\"id\":%lld}\n\n", (long long)last);
	fill(e);
}

static struct tw_str *names(struct tw_request *req, const char *param, size_t *ret_n)
{
	struct tw_str *v = tw_arena_array(req->arena, struct tw_str, NAMES_MAX);

	*ret_n = tw_query_all(req, param, v, NAMES_MAX);
	return v;
}

static void get_events(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	size_t ndags, ntasks_of;
	struct tw_str *dags = names(req, "dag_id", &ndags), *tasks_of = names(req, "tasks_of", &ntasks_of);
	struct events *e;
	unsigned kinds;
	int64_t last;

	if (!s || !read_kinds(req, resp, &kinds) || !read_last(req, resp, &last))
		return;
	if (ndags && tw_str_is(dags[ndags - 1], "~"))
		ndags = 0;
	e = tw_new(struct events);
	e->req = req;
	e->hub = tw_api_of(req)->hub;
	e->listener.kinds = kinds;
	e->listener.dags = dags;
	e->listener.ndags = ndags;
	e->listener.brief = tw_str_is(tw_query(req, "brief"), "true");
	e->listener.tasks_of = tasks_of;
	e->listener.ntasks_of = ntasks_of;
	e->listener.run_id = tw_query(req, "run_id");
	e->listener.task_id = tw_query(req, "task_id");
	begin(e, s, last);
	resp->content_type = "text/event-stream";
	resp->stream = stream;
	resp->stream_free = stream_free;
	resp->stream_arg = e;
	resp->stream_pause_ms = BEAT_MS;
	resp->nap = &e->listener.nap;
}

const struct tw_route tw_routes_events[] = {
	{"GET", "/api/v2/events", {TW_SIGNED_IN}, get_events},
	{0},
};
