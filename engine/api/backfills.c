/* Backfills: list, create, dry run, pause, unpause, cancel. */
#include "api/ask.h"
#include "api/backfill.h"
#include "api/change.h"
#include "api/tables.h"
#include "io/clock.h"

static void write_backfill(struct tw_jw *w, const struct tw_backfill_row *b, struct tw_arena *a)
{
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", b->id);
	tw_jw_str_at(w, "dag_id", b->dag_id);
	tw_jw_time(w, "from_date", b->from_date);
	tw_jw_time(w, "to_date", b->to_date);
	tw_jw_json_at(w, "dag_run_conf", b->conf, a);
	tw_jw_bool_at(w, "is_paused", b->is_paused);
	tw_jw_str_at(w, "reprocess_behavior", b->reprocess_behavior);
	tw_jw_int_at(w, "max_active_runs", b->max_active_runs);
	tw_jw_time(w, "created_at", b->created_at);
	tw_jw_time(w, "completed_at", b->completed_at);
	tw_jw_time(w, "updated_at", b->updated_at);
	tw_jw_str_at(w, "dag_display_name", b->dag_display_name);
	tw_jw_end(w);
}

/* ── reading ──────────────────────────────────────────────────────────────────────────── */

static const struct tw_param list_params[] = {{"dag_id", TW_P_EQ, NULL}, {"", TW_P_READABLE, NULL}, {0}};
static const char *const list_names[] = {"id", NULL};
static const struct tw_sort list_sort = {list_names, NULL, "id"};

static void list_backfills(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_backfill_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_query(req, "dag_id").p) {
		tw_reply_invalid(resp, "missing", "query", "dag_id", "Field required", TW_NULL);
		return;
	}
	if (!tw_asker_list(&q, req, resp, list_params, &list_sort, &ask))
		return;
	if (tw_store_backfills(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "backfills");
	for (size_t i = 0; i < n; i++)
		write_backfill(&w, &v[i], req->arena);
	tw_jw_page_end(&w, total);
}

/* Who may not even read the DAG is not told that the backfill is there. */
static bool may(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id)
{
	if (!tw_may(req, TW_ON_DAG_RUN, TW_READ, dag_id)) {
		tw_reply_error(resp, 404, "Backfill not found");
		return false;
	}
	return strcmp(req->method, "GET") == 0 || tw_need(req, resp, TW_ON_DAG_RUN, TW_EDIT, dag_id);
}

static bool find(struct tw_request *req, struct tw_response *resp, struct tw_backfill_row *ret)
{
	struct tw_err err = {0};
	int64_t id;
	enum tw_rc rc;

	if (!tw_api_store(req, resp) || !tw_path_int(req, resp, 0, "backfill_id", &id))
		return false;
	rc = tw_store_backfill(tw_api_store(req, resp), id, req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "Backfill not found");
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK && may(req, resp, ret->dag_id);
}

static void get_backfill(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_backfill_row b;

	if (find(req, resp, &b))
		write_backfill(&w, &b, req->arena);
}

/* ── changing ─────────────────────────────────────────────────────────────────────────── */

typedef enum tw_rc (*change_fn)(struct tw_store *s, const struct tw_backfill_row *b,
				struct tw_err *err);

static void change(struct tw_request *req, struct tw_response *resp, change_fn fn)
{
	struct tw_backfill_row b;
	struct tw_err err = {0};

	if (!find(req, resp, &b))
		return;
	if (b.completed_at != TW_TIME_NONE) {
		tw_reply_error(resp, 409, "Backfill is already completed.");
		return;
	}
	if (fn(tw_api_store(req, resp), &b, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_api_ring(req);
	get_backfill(req, resp);
}

static enum tw_rc do_pause(struct tw_store *s, const struct tw_backfill_row *b, struct tw_err *err)
{
	return tw_store_backfill_pause(s, b, true, err);
}

static enum tw_rc do_unpause(struct tw_store *s, const struct tw_backfill_row *b, struct tw_err *err)
{
	return tw_store_backfill_pause(s, b, false, err);
}

static void pause_backfill(struct tw_request *req, struct tw_response *resp)
{
	change(req, resp, do_pause);
}

static void unpause_backfill(struct tw_request *req, struct tw_response *resp)
{
	change(req, resp, do_unpause);
}

static void cancel_backfill(struct tw_request *req, struct tw_response *resp)
{
	change(req, resp, tw_store_backfill_cancel);
}

/* ── making ───────────────────────────────────────────────────────────────────────────── */

static void reply_refused(struct tw_response *resp, const struct tw_backfill_ask *ask,
			  const struct tw_err *err)
{
	if (err->rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "%s", err->msg);
	else if (err->rc == TW_ERR_DENIED)
		tw_reply_error(resp, 400, "%s", err->msg);
	else if (err->rc == TW_ERR_INVALID)
		tw_reply_error(resp, 422, "%s", err->msg);
	else if (err->rc == TW_ERR_CONFLICT)
		tw_reply_error(resp, 409, "There is already a running backfill for dag " TW_STR_FMT,
			       TW_STR_ARG(ask->dag_id));
	else
		tw_reply_err(resp, err);
}

static bool read_ask(struct tw_request *req, struct tw_response *resp, struct tw_backfill_ask *ret)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_value body = req->json;

	if (!tw_api_store(req, resp))
		return false;
	*ret = (struct tw_backfill_ask){
		.dag_id = tw_map_str(body, "dag_id", ""),
		.from = tw_body_time(body, "from_date"),
		.to = tw_body_time(body, "to_date"),
		.reverse = tw_map_bool(body, "run_backwards", false),
		.reprocess = tw_map_str(body, "reprocess_behavior", "none"),
		.max_active_runs = (int)tw_map_int(body, "max_active_runs", 10),
		.conf = tw_map_value(body, "dag_run_conf"),
		.run_on_latest = tw_run_on_latest(req, body, tw_map_str(body, "dag_id", ""), true),
		.user = req->user.name,
		.now = tw_now(),
		.zones = tw_api_zones(req),
		.dags_folder = api->dags_folder,
		.ask_python = api->ask_python,
		.ask_arg = api->ask_arg,
	};
	return true;
}

static void create_backfill(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_backfill_ask ask;
	struct tw_backfill_plan plan;
	struct tw_err err = {0};

	if (!read_ask(req, resp, &ask))
		return;
	if (tw_backfill_create(tw_api_store(req, resp), &ask, req->arena, &plan, &err) < 0) {
		reply_refused(resp, &ask, &err);
		return;
	}
	tw_api_ring(req);
	write_backfill(&w, &plan.row, req->arena);
}

static void dry_run(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_backfill_ask ask;
	struct tw_backfill_plan plan;
	struct tw_err err = {0};
	int64_t n = 0;

	if (!read_ask(req, resp, &ask))
		return;
	if (tw_backfill_plan(tw_api_store(req, resp), &ask, req->arena, &plan, &err) < 0) {
		reply_refused(resp, &ask, &err);
		return;
	}
	tw_jw_page(&w, "backfills");
	for (size_t i = 0; i < plan.n; i++) {
		const struct tw_backfill_item *item = &plan.items[i];

		if (item->fate != TW_BACKFILL_NEW && item->fate != TW_BACKFILL_CLEAR)
			continue;
		n++;
		tw_jw_obj(&w);
		tw_jw_time(&w, "logical_date", item->run.logical_date);
		tw_jw_str_at(&w, "partition_key", item->run.partition_key);
		tw_jw_time(&w, "partition_date", item->run.partition_date);
		tw_jw_end(&w);
	}
	tw_jw_page_end(&w, n);
}

const struct tw_route tw_routes_backfills[] = {
	{"GET", "/api/v2/backfills", {TW_ON_DAG_RUN}, list_backfills},
	{"POST", "/api/v2/backfills", {TW_ON_DAG_RUN, .dag_in_body = true}, create_backfill},
	{"POST", "/api/v2/backfills/dry_run", {TW_ON_DAG_RUN, .dag_in_body = true}, dry_run},
	{"GET", "/api/v2/backfills/{backfill_id}", {TW_SIGNED_IN}, get_backfill},
	{"PUT", "/api/v2/backfills/{backfill_id}/pause", {TW_SIGNED_IN}, pause_backfill},
	{"PUT", "/api/v2/backfills/{backfill_id}/unpause", {TW_SIGNED_IN}, unpause_backfill},
	{"PUT", "/api/v2/backfills/{backfill_id}/cancel", {TW_SIGNED_IN}, cancel_backfill},
	{0},
};
