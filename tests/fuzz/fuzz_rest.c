/*
 * A request of any kind over a metastore with a DAG in it: "METHOD PATH?QUERY", a line end, the body. It is answered; a
 * 5xx is a fault of ours, and JSON is whole.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "api/app.h"
#include "api/route.h"
#include "base/log.h"
#include "metastore.h"

static struct tw_api api;
static void *thread;

static void leave(void)
{
	tw_api_thread_free(thread);
	thread = NULL;
	metastore_remove();
}

static void begin(void)
{
	const char *home = metastore_home;

	tw_log_min = TW_LOG_CRITICAL;

	tw_store_close(metastore_new());
	api = (struct tw_api){ .store = { .url = metastore_url, .mode = TW_STORE_CHECK, .relaxed = true },
			       .auth = { .all_admins = true, .secret = TW_STR("s"), .ttl = 60 }, .secret_key = TW_STR("k"),
			       .log_folder = home, .page_limit = 50, .page_max = 100, .dags_folder = home };
	thread = tw_api_thread_new(&api);
	atexit(leave);
}

/* false: the server would have answered 400 before any handler. */
static bool read_query(struct tw_request *req, struct tw_str text)
{
	req->query = tw_arena_alloc(req->arena, TW_HTTP_QUERY_MAX * sizeof *req->query);
	while (text.n) {
		struct tw_str value, pair = tw_str_cut(text, '&', &text), name = tw_str_cut(pair, '=', &value);
		struct tw_http_pair *p = &req->query[req->nquery];

		if (req->nquery == TW_HTTP_QUERY_MAX || !tw_url_decode(req->arena, name, true, &p->name) ||
		    !tw_url_decode(req->arena, value.p ? value : TW_STR(""), true, &p->value))
			return false;
		req->nquery++;
	}
	return true;
}

static const char *method_of(struct tw_str s)
{
	static const char *const known[] = { "GET", "POST", "PATCH", "PUT", "DELETE" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (tw_str_is(s, known[i]))
			return known[i];
	return NULL;
}

static void check_answer(const struct tw_response *resp, struct tw_arena *a)
{
	struct tw_value v;

	TW_ASSERT(resp->status < 500 || resp->status == 503 || resp->status == 501);
	if (!resp->stream && resp->body.n && !resp->content_type && resp->status != 204)
		TW_ASSERT(tw_json_parse(a, tw_buf_str(&resp->body), &v, NULL) == TW_OK);
}

static void ask(struct tw_request *req, const struct tw_route *route, struct tw_arena *a)
{
	struct tw_response resp = { .status = 200 };
	char bytes[4096];

	for (int i = 0; i < 3; i++) { /* one that waits for a scheduler is asked again; none lives here */
		resp.again_ms = 0;
		route->handler(req, &resp);
		tw_api_finish(req);
		if (!resp.again_ms)
			break;
	}
	if (!resp.again_ms)
		check_answer(&resp, a);
	for (int i = 0; resp.stream && i < 3; i++)
		if (resp.stream(resp.stream_arg, req->thread, bytes, sizeof bytes) < 0)
			break;
	if (resp.stream_free)
		resp.stream_free(resp.stream_arg);
	tw_buf_release(&resp.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_arena a = { 0 };
	struct tw_str body, line = tw_str_cut(tw_strn((const char *)data, size), '\n', &body), rest, query;
	struct tw_request req = { .arena = &a, .method = method_of(tw_str_cut(line, ' ', &rest)), .app = &api,
				  .user = { TW_STR("admin"), TW_STR("admin") }, .content_type = TW_STR("application/json") };
	const struct tw_route *route;

	if (!thread)
		begin();
	req.thread = thread;
	req.path = rest.p ? tw_str_cut(rest, '?', &query) : TW_STR("");
	req.body = body.p ? body : TW_STR("");
	if (req.method && rest.p && read_query(&req, query.p ? query : TW_STR("")) &&
	    tw_route_find(&a, tw_api_routes, req.method, req.path, &route, req.params) == TW_MATCH_FOUND)
		ask(&req, route, &a);
	tw_arena_release(&a);
	return 0;
}
