/* Assets, their aliases and events; an event from outside; the run that makes an asset. */
#include "store/assets.h"

#include "api/ask.h"
#include "api/tables.h"
#include "api/trigger.h"
#include "io/clock.h"
#include "value/json.h"

/* ── shapes ───────────────────────────────────────────────────────────────────────────── */

static void alias_object(struct tw_jw *w, const struct tw_alias_row *r)
{
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", r->id);
	tw_jw_str_at(w, "name", r->name);
	tw_jw_str_at(w, "group", r->group);
	tw_jw_end(w);
}

static enum tw_rc refs(struct tw_jw *w, struct tw_store *s, const char *key, int64_t asset_id,
		       enum tw_asset_ref_kind kind, struct tw_arena *a, struct tw_err *err)
{
	struct tw_asset_ref_row *v;
	size_t n;
	enum tw_rc rc = tw_store_asset_refs(s, asset_id, kind, a, &v, &n, err);

	if (rc < 0)
		return rc;
	tw_jw_key(w, key);
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "dag_id", v[i].dag_id);
		if (v[i].task_id.p)
			tw_jw_str_at(w, "task_id", v[i].task_id);
		tw_jw_time(w, "created_at", v[i].created_at);
		tw_jw_time(w, "updated_at", v[i].updated_at);
		tw_jw_end(w);
	}
	tw_jw_end(w);
	return TW_OK;
}

static enum tw_rc aliases_and_watchers(struct tw_jw *w, struct tw_store *s, int64_t asset_id, struct tw_arena *a,
				       struct tw_err *err)
{
	struct tw_alias_row *aliases;
	struct tw_watcher_row *watchers;
	size_t na, nw;

	if (tw_store_aliases_of(s, asset_id, a, &aliases, &na, err) < 0 ||
	    tw_store_watchers(s, asset_id, a, &watchers, &nw, err) < 0)
		return err->rc;
	tw_jw_key(w, "aliases");
	tw_jw_list(w);
	for (size_t i = 0; i < na; i++)
		alias_object(w, &aliases[i]);
	tw_jw_end(w);
	tw_jw_key(w, "watchers");
	tw_jw_list(w);
	for (size_t i = 0; i < nw; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "name", watchers[i].name);
		tw_jw_int_at(w, "trigger_id", watchers[i].trigger_id);
		tw_jw_time(w, "created_date", watchers[i].created_date);
		tw_jw_end(w);
	}
	tw_jw_end(w);
	return TW_OK;
}

static enum tw_rc asset_object(struct tw_jw *w, struct tw_store *s, const struct tw_asset_row *r, struct tw_arena *a,
			       struct tw_err *err)
{
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", r->id);
	tw_jw_str_at(w, "name", r->name);
	tw_jw_str_at(w, "uri", r->uri);
	tw_jw_str_at(w, "group", r->group);
	tw_jw_json_at(w, "extra", r->extra, a);
	tw_jw_time(w, "created_at", r->created_at);
	tw_jw_time(w, "updated_at", r->updated_at);
	if (refs(w, s, "scheduled_dags", r->id, TW_REF_SCHEDULE, a, err) < 0 ||
	    refs(w, s, "producing_tasks", r->id, TW_REF_OUTLET, a, err) < 0 ||
	    refs(w, s, "consuming_tasks", r->id, TW_REF_INLET, a, err) < 0 ||
	    aliases_and_watchers(w, s, r->id, a, err) < 0)
		return err->rc;
	tw_jw_key(w, "last_asset_event");
	tw_jw_obj(w);
	if (r->last_event_id)
		tw_jw_int_at(w, "id", r->last_event_id);
	else
		tw_jw_null_at(w, "id");
	tw_jw_time(w, "timestamp", r->last_event_at);
	tw_jw_end(w);
	tw_jw_end(w);
	return TW_OK;
}

/* The newest event that a run consumed is the one that triggered it. */
static bool triggers(struct tw_store *s, const struct tw_asset_event_row *e, const struct tw_run_row *run,
		     struct tw_arena *a)
{
	struct tw_asset_event_row *v;
	size_t n;

	return tw_store_run_events(s, run->dag_id, run->run_id, a, &v, &n, NULL) == TW_OK && n && v[n - 1].id == e->id;
}

static enum tw_rc event_object(struct tw_jw *w, struct tw_store *s, const struct tw_asset_event_row *e,
			       struct tw_arena *a, struct tw_err *err)
{
	struct tw_run_row *runs;
	size_t n;
	enum tw_rc rc = tw_store_event_runs(s, e->id, a, &runs, &n, err);

	if (rc < 0)
		return rc;
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", e->id);
	tw_jw_int_at(w, "asset_id", e->asset_id);
	tw_jw_str_at(w, "uri", e->uri);
	tw_jw_str_at(w, "name", e->name);
	tw_jw_str_at(w, "group", e->group);
	tw_jw_json_at(w, "extra", e->extra, a);
	tw_jw_str_at(w, "source_task_id", e->source_task_id);
	tw_jw_str_at(w, "source_dag_id", e->source_dag_id);
	tw_jw_str_at(w, "source_run_id", e->source_run_id);
	tw_jw_int_at(w, "source_map_index", e->source_map_index);
	tw_jw_key(w, "created_dagruns");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "run_id", runs[i].run_id);
		tw_jw_str_at(w, "dag_id", runs[i].dag_id);
		tw_jw_time(w, "logical_date", runs[i].logical_date);
		tw_jw_time(w, "start_date", runs[i].start_date);
		tw_jw_time(w, "end_date", runs[i].end_date);
		tw_jw_key(w, "state");
		tw_jw_cstr(w, tw_run_state_name(runs[i].state));
		tw_jw_time(w, "data_interval_start", runs[i].interval_start);
		tw_jw_time(w, "data_interval_end", runs[i].interval_end);
		tw_jw_str_at(w, "partition_key", runs[i].partition_key);
		tw_jw_bool_at(w, "triggering", triggers(s, e, &runs[i], a));
		tw_jw_end(w);
	}
	tw_jw_end(w);
	tw_jw_time(w, "timestamp", e->timestamp);
	tw_jw_str_at(w, "partition_key", e->partition_key);
	tw_jw_end(w);
	return TW_OK;
}

static void reply_events(struct tw_request *req, struct tw_response *resp, const struct tw_asset_event_row *v, size_t n,
			 int64_t total)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_err err = {0};

	tw_jw_page(&w, "asset_events");
	for (size_t i = 0; i < n; i++)
		if (event_object(&w, s, &v[i], req->arena, &err) < 0) {
			tw_buf_clear(&resp->body);
			tw_reply_err(resp, &err);
			return;
		}
	tw_jw_page_end(&w, total);
}

/* ── assets ───────────────────────────────────────────────────────────────────────────── */

static const struct tw_param asset_params[] = {
	{"name_pattern", TW_P_LIKE, "name"}, {"name_prefix_pattern", TW_P_PREFIX, "name"},
	{"uri_pattern", TW_P_LIKE, "uri"},   {"uri_prefix_pattern", TW_P_PREFIX, "uri"},
	{"dag_ids", TW_P_IN, "dag_id"},	     {0},
};
static const char *const asset_sort_names[] = {"id", "name", "uri", "created_at", "updated_at", NULL};
static const struct tw_sort asset_sort = {asset_sort_names, NULL, "id"};

static void get_assets(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_asset_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, asset_params);
	if (tw_asker_bool(&q, "only_active", true))
		tw_asker_add(&q, (struct tw_cond){.field = "active", .op = TW_OP_EQ, .num = 1});
	tw_asker_page(&q);
	if (!tw_asker_order(&q, &asset_sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_assets(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "assets");
	for (size_t i = 0; i < n; i++)
		if (asset_object(&w, s, &v[i], req->arena, &err) < 0) {
			tw_buf_clear(&resp->body);
			tw_reply_err(resp, &err);
			return;
		}
	tw_jw_page_end(&w, total);
}

static void get_asset(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_asset_row row;
	struct tw_err err = {0};
	int64_t id;

	if (!s || !tw_path_int(req, resp, 0, "asset_id", &id))
		return;
	if (tw_store_asset(s, id, req->arena, &row, &err) < 0 || asset_object(&w, s, &row, req->arena, &err) < 0) {
		tw_buf_clear(&resp->body);
		tw_reply_err(resp, &err);
	}
}

/* ── aliases ──────────────────────────────────────────────────────────────────────────── */

static const struct tw_param alias_params[] = {
	{"name_pattern", TW_P_LIKE, "name"}, {"name_prefix_pattern", TW_P_PREFIX, "name"}, {0},
};
static const char *const alias_sort_names[] = {"id", "name", NULL};
static const struct tw_sort alias_sort = {alias_sort_names, NULL, "id"};

static void get_aliases(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_alias_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s || !tw_asker_list(&q, req, resp, alias_params, &alias_sort, &ask))
		return;
	if (tw_store_asset_aliases(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "asset_aliases");
	for (size_t i = 0; i < n; i++)
		alias_object(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

static void get_alias(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_cond cond = {.field = "id", .op = TW_OP_EQ};
	struct tw_ask ask = {.conds = &cond, .nconds = 1, .limit = 1};
	struct tw_jw w = {.out = &resp->body};
	struct tw_alias_row *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s || !tw_path_int(req, resp, 0, "asset_alias_id", &cond.num))
		return;
	if (tw_store_asset_aliases(s, &ask, req->arena, &v, &n, &total, &err) < 0)
		tw_reply_err(resp, &err);
	else if (!n)
		tw_reply_error(resp, 404, "The Asset Alias with ID: `%lld` was not found", (long long)cond.num);
	else
		alias_object(&w, &v[0]);
}

/* ── events ───────────────────────────────────────────────────────────────────────────── */

static const struct tw_param event_params[] = {
	{"asset_id", TW_P_INT, NULL},	     {"source_dag_id", TW_P_EQ, NULL},
	{"source_task_id", TW_P_EQ, NULL},   {"source_run_id", TW_P_EQ, NULL},
	{"source_map_index", TW_P_INT, NULL}, {"name_pattern", TW_P_LIKE, "name"},
	{"name_prefix_pattern", TW_P_PREFIX, "name"}, {"timestamp", TW_P_TIME, NULL}, {"", TW_P_READABLE, NULL},
	{"name_prefix_pattern", TW_P_PREFIX, "name"}, {"timestamp", TW_P_TIME, NULL}, {0},
};
static const char *const event_sort_names[] = {
	"source_task_id", "source_dag_id", "source_run_id", "source_map_index", "timestamp", NULL,
};
static const struct tw_sort event_sort = {event_sort_names, NULL, "timestamp"};

static void get_events(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_asset_event_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s || !tw_asker_list(&q, req, resp, event_params, &event_sort, &ask))
		return;
	if (tw_store_asset_events(s, &ask, req->arena, &v, &n, &total, &err) < 0)
		tw_reply_err(resp, &err);
	else
		reply_events(req, resp, v, n, total);
}

/* An event with a body of its own says that it came from here. */
static struct tw_str extra_of(struct tw_request *req, struct tw_value body)
{
	struct tw_value extra = tw_map_value(body, "extra");
	struct tw_buf text = {0};
	struct tw_str ret;

	if (extra.kind != TW_V_MAP)
		extra = tw_v_map(req->arena);
	else
		tw_map_putc(req->arena, extra, "from_rest_api", tw_v_bool(true));
	tw_json_write(&text, extra, TW_JSON_COMPACT);
	ret = tw_str_copy(req->arena, tw_buf_str(&text));
	tw_buf_release(&text);
	return ret;
}

/* What the handler keeps while the scheduler gives the event its time. */
struct posted {
	int64_t event_id, inbox_id;
};

static bool begin_event(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_asset_event_row e = {.source_map_index = -1};
	struct posted *p;
	struct tw_value body = req->json;
	struct tw_asset_row asset;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	e.asset_id = tw_map_int(body, "asset_id", 0);
	rc = tw_store_asset(s, e.asset_id, req->arena, &asset, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "Asset with ID: `%lld` was not found", (long long)e.asset_id);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	if (rc < 0)
		return false;
	e.extra = extra_of(req, body);
	e.partition_key = tw_map_str(body, "partition_key", NULL);
	p = tw_arena_new(req->arena, struct posted);
	if (tw_store_asset_event_post(s, &e, &p->event_id, &p->inbox_id, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	tw_api_ring(req);
	tw_api_await(req, p->inbox_id);
	tw_api_keep(req, p);
	return true;
}

static void post_event(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_asset_event_row e;
	struct posted *p;
	struct tw_err err = {0};

	if (!s || (!req->memo && !begin_event(req, resp)) || !tw_api_settled(req, resp))
		return;
	p = tw_api_kept(req);
	if (tw_store_asset_event(s, p->event_id, req->arena, &e, &err) < 0 ||
	    event_object(&w, s, &e, req->arena, &err) < 0) {
		tw_buf_clear(&resp->body);
		tw_reply_err(resp, &err);
	}
}

static void get_upstream_events(struct tw_request *req, struct tw_response *resp)
{
	struct tw_asset_event_row *v;
	struct tw_run_view run;
	struct tw_err err = {0};
	size_t n;

	if (!tw_run_find(req, resp, req->params[0], req->params[1], &run))
		return;
	if (tw_store_run_events(tw_api_store(req, resp), run.run.dag_id, run.run.run_id, req->arena, &v, &n, &err) < 0)
		tw_reply_err(resp, &err);
	else
		reply_events(req, resp, v, n, (int64_t)n);
}

/* ── the run that makes it ────────────────────────────────────────────────────────────── */

/* The one DAG with a task that has it as outlet. */
static bool find_maker(struct tw_request *req, struct tw_response *resp, struct tw_store *s, int64_t asset_id,
		       struct tw_str *ret_dag_id)
{
	struct tw_asset_ref_row *v;
	struct tw_err err = {0};
	size_t n;

	if (tw_store_asset_refs(s, asset_id, TW_REF_OUTLET, req->arena, &v, &n, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	if (!n) {
		tw_reply_error(resp, 404, "No Dag materializes asset with ID: %lld", (long long)asset_id);
		return false;
	}
	if (!tw_str_eq(v[0].dag_id, v[n - 1].dag_id)) {
		tw_reply_error(resp, 409, "More than one Dag materializes asset with ID: %lld", (long long)asset_id);
		return false;
	}
	*ret_dag_id = v[0].dag_id;
	return true;
}

static void post_materialize(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_value body = req->json;
	struct tw_run_view view;
	struct tw_run_row run;
	struct tw_str dag_id;
	struct tw_err err = {0};
	int64_t asset_id;
	enum tw_rc rc;

	if (!s || !tw_path_int(req, resp, 0, "asset_id", &asset_id) ||
	    !find_maker(req, resp, s, asset_id, &dag_id))
		return;
	if (!tw_may(req, TW_ON_DAG_RUN, TW_CREATE, dag_id)) {
		tw_reply_error(resp, 403,
			       "User is not authorized to trigger a run for Dag: " TW_STR_FMT " that materializes this asset",
			       TW_STR_ARG(dag_id));
		return;
	}
	struct tw_trigger_opts opts = {
		.dag_id = dag_id,
		.run_id = tw_map_str(body, "dag_run_id", NULL),
		.logical_date = tw_body_time(body, "logical_date"),
		.run_after = tw_body_time(body, "run_after"),
		.interval_start = tw_body_time(body, "data_interval_start"),
		.interval_end = tw_body_time(body, "data_interval_end"),
		.interval_of_logical_date = true,
		.conf = tw_map_value(body, "conf"),
		.note = tw_map_str(body, "note", NULL),
		.triggering_user = req->user.name,
		.partition_key = tw_map_str(body, "partition_key", NULL),
		.type = TW_RUNTYPE_ASSET_MATERIALIZATION,
		.triggered_by = TW_STR("rest_api"),
		.now = tw_now(),
		.zones = tw_api_zones(req),
	};
	rc = tw_trigger_run(s, &opts, req->arena, &run, &err);
	if (rc == TW_ERR_EXISTS) {
		tw_reply_unique(resp);
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_api_ring(req);
		if (tw_run_find(req, resp, run.dag_id, run.run_id, &view))
			tw_jw_runs(&w, s, &view, 1, req->arena);
	}
}

const struct tw_route tw_routes_assets[] = {
	{"GET", "/api/v2/assets", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_ASSET_ALIAS, TW_READ}, get_assets},
	{"GET", "/api/v2/assets/aliases", {TW_ON_ASSET_ALIAS}, get_aliases},
	{"GET", "/api/v2/assets/aliases/{asset_alias_id}", {TW_ON_ASSET_ALIAS}, get_alias},
	{"GET", "/api/v2/assets/events", {TW_ON_ASSET}, get_events},
	{"POST", "/api/v2/assets/events", {TW_ON_ASSET}, post_event},
	{"POST", "/api/v2/assets/{asset_id}/materialize", {TW_ON_ASSET}, post_materialize},
	{"GET", "/api/v2/assets/{asset_id}", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_ASSET_ALIAS, TW_READ}, get_asset},
	{"GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents", {TW_ON_ASSET, TW_BY_METHOD, TW_ON_DAG_RUN, TW_READ}, get_upstream_events},
	{0},
};
