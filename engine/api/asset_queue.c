/* Which DAGs wait to be run for an asset, and taking that back. */
#include "store/assets.h"

#include "api/ask.h"
#include "api/tables.h"

/* Which of them a request is about. */
struct about {
	int64_t asset_id;    /* 0 = any */
	struct tw_str dag_id; /* p NULL = any */
	tw_time before;
	struct tw_asset_wait_row *v;
	size_t n;
};

static bool read_before(struct tw_request *req, struct tw_response *resp, tw_time *ret)
{
	struct tw_str text = tw_query(req, "before");
	const char *type, *why;

	*ret = TW_TIME_NONE;
	if (!text.p)
		return true;
	why = tw_aware_time(text, ret, &type);
	if (why)
		tw_reply_error(resp, 400, "Invalid datetime: '" TW_STR_FMT "'. Please check the date parameter have this value.",
			       TW_STR_ARG(text));
	return !why;
}

/* Of many DAGs only those that the user may read. */
static void keep_readable(struct tw_request *req, struct about *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		if (tw_may(req, TW_ON_DAG, TW_READ, a->v[i].dag_id))
			a->v[n++] = a->v[i];
	a->n = n;
}

/* asset, dag: the number of the path's parameter, -1 = none. */
static bool find(struct tw_request *req, struct tw_response *resp, int asset, int dag, struct about *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};

	*ret = (struct about){0};
	if (!s || (asset >= 0 && !tw_path_int(req, resp, asset, "asset_id", &ret->asset_id)) ||
	    !read_before(req, resp, &ret->before))
		return false;
	if (dag >= 0)
		ret->dag_id = req->params[dag];
	if (tw_store_asset_waits(s, ret->asset_id, ret->dag_id, ret->before, req->arena, &ret->v, &ret->n, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	keep_readable(req, ret);
	return true;
}

static void wait_object(struct tw_jw *w, const struct tw_asset_wait_row *r)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_id", r->dag_id);
	tw_jw_int_at(w, "asset_id", r->asset_id);
	tw_jw_time(w, "created_at", r->created_at);
	tw_jw_str_at(w, "dag_display_name", r->dag_display_name);
	tw_jw_end(w);
}

static void reply_all(struct tw_request *req, struct tw_response *resp, int asset, int dag)
{
	struct tw_jw w = {.out = &resp->body};
	struct about a;

	if (!find(req, resp, asset, dag, &a))
		return;
	tw_jw_page(&w, "queued_events");
	for (size_t i = 0; i < a.n; i++)
		wait_object(&w, &a.v[i]);
	tw_jw_page_end(&w, (int64_t)a.n);
}

static void get_of_asset(struct tw_request *req, struct tw_response *resp)
{
	reply_all(req, resp, 0, -1);
}

static void get_of_dag(struct tw_request *req, struct tw_response *resp)
{
	reply_all(req, resp, -1, 0);
}

static void not_found(struct tw_response *resp, const struct about *a, const char *what)
{
	if (a->dag_id.p && a->asset_id)
		tw_reply_error(resp, 404,
			       "Queued event with dag_id: `" TW_STR_FMT "` and asset_id: `%lld` was not found",
			       TW_STR_ARG(a->dag_id), (long long)a->asset_id);
	else if (a->dag_id.p)
		tw_reply_error(resp, 404, "%s event with dag_id: `" TW_STR_FMT "` was not found", what,
			       TW_STR_ARG(a->dag_id));
	else
		tw_reply_error(resp, 404, "%s event with asset_id: `%lld` was not found", what, (long long)a->asset_id);
}

static void get_one(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct about a;

	if (!find(req, resp, 1, 0, &a))
		return;
	if (a.n)
		wait_object(&w, &a.v[0]);
	else
		not_found(resp, &a, "Queued");
}

/* ── taking back ──────────────────────────────────────────────────────────────────────── */

static struct tw_str payload(struct tw_request *req, const struct tw_asset_wait_row *r)
{
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	struct tw_str text;

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "name", r->name);
	tw_jw_str_at(&w, "uri", r->uri);
	tw_jw_end(&w);
	text = tw_str_copy(req->arena, tw_buf_str(&b));
	tw_buf_release(&b);
	return text;
}

static bool begin_delete(struct tw_request *req, struct tw_response *resp, int asset, int dag)
{
	struct tw_inbox_row *rows;
	struct about a;

	if (!find(req, resp, asset, dag, &a))
		return false;
	if (!a.n) {
		not_found(resp, &a, "Queue");
		return false;
	}
	rows = tw_arena_array(req->arena, struct tw_inbox_row, a.n);
	for (size_t i = 0; i < a.n; i++)
		rows[i] = (struct tw_inbox_row){.at = TW_TIME_NONE, .kind = TW_STR("asset_unmark"),
						.dag_id = a.v[i].dag_id, .payload = payload(req, &a.v[i])};
	return tw_api_post(req, resp, rows, a.n);
}

static void delete_all(struct tw_request *req, struct tw_response *resp, int asset, int dag)
{
	if ((req->memo || begin_delete(req, resp, asset, dag)) && tw_api_settled(req, resp))
		tw_reply_none(resp);
}

static void delete_of_asset(struct tw_request *req, struct tw_response *resp)
{
	delete_all(req, resp, 0, -1);
}

static void delete_of_dag(struct tw_request *req, struct tw_response *resp)
{
	delete_all(req, resp, -1, 0);
}

static void delete_one(struct tw_request *req, struct tw_response *resp)
{
	delete_all(req, resp, 1, 0);
}

const struct tw_route tw_routes_asset_queue[] = {
	{"GET", "/api/v2/assets/{asset_id}/queuedEvents", {TW_ON_ASSET}, get_of_asset},
	{"DELETE", "/api/v2/assets/{asset_id}/queuedEvents", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_DAG, TW_EDIT}, delete_of_asset},
	{"GET", "/api/v2/dags/{dag_id}/assets/queuedEvents", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_DAG, TW_READ}, get_of_dag},
	{"DELETE", "/api/v2/dags/{dag_id}/assets/queuedEvents", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_DAG, TW_EDIT}, delete_of_dag},
	{"GET", "/api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_DAG, TW_READ}, get_one},
	{"DELETE", "/api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_DAG, TW_EDIT}, delete_one},
	{0},
};
