/* DAGs: list, get, details, pause, delete. */
#include "api/ask.h"
#include "api/param.h"
#include "api/tables.h"
#include "io/clock.h"
#include "model/dag.h"

/* ── shapes ───────────────────────────────────────────────────────────────────────────── */

static void tag_objects(struct tw_jw *w, const struct tw_dag_row *d)
{
	tw_jw_key(w, "tags");
	tw_jw_list(w);
	for (size_t i = 0; i < d->ntags; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "name", d->tags[i]);
		tw_jw_str_at(w, "dag_id", d->dag_id);
		tw_jw_str_at(w, "dag_display_name", d->display_name);
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

static void owner_list(struct tw_jw *w, struct tw_str owners)
{
	tw_jw_key(w, "owners");
	tw_jw_list(w);
	while (owners.p) {
		struct tw_str one = tw_str_trim(tw_str_cut(owners, ',', &owners));

		if (one.n)
			tw_jw_str(w, one);
	}
	tw_jw_end(w);
}

/* Names the file without telling its path to whoever sends it back; signed. */
static void file_token(struct tw_jw *w, const struct tw_api *api, const struct tw_dag_row *d,
		       struct tw_arena *a)
{
	struct tw_value claims = tw_v_map(a);
	struct tw_buf token = {0};

	tw_map_putc(a, claims, "bundle_name",
		    d->bundle_name.p ? tw_v_str(d->bundle_name) : TW_NULL);
	tw_map_putc(a, claims, "relative_fileloc",
		    d->relative_fileloc.p ? tw_v_str(d->relative_fileloc) : TW_NULL);
	tw_jwt_make(&token, TW_JWT_HS256, api->secret_key, claims, NULL);
	tw_jw_str_at(w, "file_token", tw_buf_str(&token));
	tw_buf_release(&token);
}

static void dag_fields(struct tw_jw *w, const struct tw_api *api, const struct tw_dag_row *d,
		       struct tw_arena *a)
{
	bool summarised = d->timetable_summary.p && !tw_str_is(d->timetable_summary, "None");

	tw_jw_str_at(w, "dag_id", d->dag_id);
	tw_jw_str_at(w, "dag_display_name", d->display_name.p ? d->display_name : d->dag_id);
	tw_jw_bool_at(w, "is_paused", d->is_paused);
	tw_jw_bool_at(w, "is_stale", d->is_stale);
	tw_jw_time(w, "last_parsed_time", d->last_parsed_time);
	tw_jw_key(w, "last_parse_duration");
	if (d->last_parse_duration >= 0)
		tw_jw_float(w, d->last_parse_duration);
	else
		tw_jw_null(w);
	tw_jw_time(w, "last_expired", d->last_expired);
	tw_jw_str_at(w, "bundle_name", d->bundle_name);
	tw_jw_str_at(w, "bundle_version", d->bundle_version);
	tw_jw_str_at(w, "relative_fileloc", d->relative_fileloc);
	tw_jw_str_at(w, "fileloc", d->fileloc.p ? d->fileloc : TW_STR(""));
	tw_jw_str_at(w, "description", d->description);
	tw_jw_str_at(w, "timetable_summary",
		     summarised ? d->timetable_summary : (struct tw_str){0});
	tw_jw_str_at(w, "timetable_description", d->timetable_description);
	tw_jw_bool_at(w, "timetable_partitioned", d->timetable_partitioned);
	tw_jw_bool_at(w, "timetable_periodic", d->timetable_periodic);
	tag_objects(w, d);
	tw_jw_int_at(w, "max_active_tasks", d->max_active_tasks);
	tw_jw_int_at(w, "max_active_runs", d->max_active_runs);
	tw_jw_int_at(w, "max_consecutive_failed_dag_runs", d->max_consecutive_failed);
	tw_jw_bool_at(w, "has_task_concurrency_limits", d->has_task_concurrency_limits);
	tw_jw_bool_at(w, "has_import_errors", d->has_import_errors);
	tw_jw_time(w, "next_dagrun_logical_date", d->next.logical_date);
	tw_jw_time(w, "next_dagrun_data_interval_start", d->next.interval_start);
	tw_jw_time(w, "next_dagrun_data_interval_end", d->next.interval_end);
	tw_jw_time(w, "next_dagrun_run_after", d->next.create_after);
	tw_jw_json_at(w, "allowed_run_types", d->allowed_run_types, a);
	owner_list(w, d->owners);
	tw_jw_bool_at(w, "is_backfillable", tw_dag_row_backfillable(d));
	file_token(w, api, d, a);
}

static void reply_dag(struct tw_request *req, struct tw_response *resp, const struct tw_dag_row *d)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	dag_fields(&w, tw_api_of(req), d, req->arena);
	tw_jw_end(&w);
}

static void reply_dags(struct tw_request *req, struct tw_response *resp, const struct tw_dag_row *v,
		       size_t n, int64_t total)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_page(&w, "dags");
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(&w);
		dag_fields(&w, tw_api_of(req), &v[i], req->arena);
		tw_jw_end(&w);
	}
	tw_jw_page_end(&w, total);
}

/* Airflow's words for a missing DAG differ from place to place: fmt takes the id. */
static bool find_dag(struct tw_request *req, struct tw_response *resp, const char *before,
		     const char *after, struct tw_dag_row *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_dag(s, req->params[0], req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "%s" TW_STR_FMT "%s", before, TW_STR_ARG(req->params[0]),
			       after);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

/* ── lists ────────────────────────────────────────────────────────────────────────────── */

static const struct tw_param list_params[] = {
	{"owners", TW_P_ANY_LIKE, NULL},
	{"dag_id_pattern", TW_P_LIKE, "dag_id"},
	{"dag_id_prefix_pattern", TW_P_PREFIX, "dag_id"},
	{"dag_display_name_pattern", TW_P_LIKE, "dag_display_name"},
	{"dag_display_name_prefix_pattern", TW_P_PREFIX, "dag_display_name"},
	{"paused", TW_P_BOOL, "is_paused"},
	{"has_import_errors", TW_P_BOOL, NULL},
	{"has_warnings", TW_P_BOOL, NULL}, /* ours */
	{"last_dag_run_state", TW_P_RUN_STATES, "last_run_state"},
	{"dag_run_state", TW_P_RUN_STATES, "last_run_state"},
	{"dag_run_start_date", TW_P_TIME, "last_run_start_date"},
	{"dag_run_end_date", TW_P_TIME, "last_run_end_date"},
	{"bundle_name", TW_P_EQ, NULL},
	{"bundle_version", TW_P_EQ, NULL},
	{"timetable_type", TW_P_IN, NULL},
	{"has_asset_schedule", TW_P_BOOL, NULL},
	{"asset_dependency", TW_P_HAS, NULL},
	{"", TW_P_READABLE, NULL},
	{0},
};

static const char *const sort_names[] = {
	"dag_id", "dag_display_name", "next_dagrun", "last_run_state", "last_run_start_date", NULL,
};
static const char *const sort_fields[] = {
	"state",
	"last_run_state",
	"start_date",
	"last_run_start_date",
	"next_dagrun_logical_date",
	"next_dagrun",
	NULL,
};
static const struct tw_sort list_sort = {sort_names, sort_fields, "dag_id"};

/* Any of the tags, or with tags_match_mode=all every one of them. */
static void tag_conds(struct tw_asker *q)
{
	struct tw_str *tags = tw_arena_array(q->req->arena, struct tw_str, 64);
	size_t n = tw_query_all(q->req, "tags", tags, 64);

	if (n && !tw_str_is(tw_query(q->req, "tags_match_mode"), "all")) {
		tw_asker_add(q, (struct tw_cond){
					.field = "tag", .op = TW_OP_IN, .list = tags, .nlist = n});
		return;
	}
	for (size_t i = 0; i < n; i++)
		tw_asker_add(q, (struct tw_cond){.field = "tag", .op = TW_OP_EQ, .text = tags[i]});
}

static void common_conds(struct tw_asker *q)
{
	tw_asker_params(q, list_params);
	tag_conds(q);
	if (tw_query(q->req, "is_favorite").p)
		tw_asker_add(q, (struct tw_cond){.field = tw_asker_bool(q, "is_favorite", true) ? "favourite_of"
											      : "no_favourite_of",
						 .op = TW_OP_EQ,
						 .text = q->req->user.name});
	if (tw_asker_bool(q, "exclude_stale", true))
		tw_asker_add(q, (struct tw_cond){.field = "is_stale", .op = TW_OP_EQ, .num = 0});
	tw_asker_page(q);
}

static void dags_now(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_dag_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	common_conds(&q);
	if (!tw_asker_order(&q, &list_sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_dags(s, &ask, req->arena, &v, &n, &total, &err) < 0)
		tw_reply_err(resp, &err);
	else
		reply_dags(req, resp, v, n, total);
}

static void get_dags(struct tw_request *req, struct tw_response *resp)
{
	tw_api_list(req, resp, dags_now);
}

static void get_dag(struct tw_request *req, struct tw_response *resp)
{
	struct tw_dag_row d;

	if (find_dag(req, resp, "The Dag with ID: `", "` was not found", &d))
		reply_dag(req, resp, &d);
}

/* ── details ──────────────────────────────────────────────────────────────────────────── */

bool tw_dag_load(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id,
		 struct tw_str version_id, const struct tw_dag **ret_dag)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	struct tw_dag *dag;
	struct tw_str json;
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	if (!s)
		return false;
	if (version_id.n)
		rc = tw_store_document(s, version_id, req->arena, &json, &err);
	if (rc == TW_ERR_NOT_FOUND)
		rc = tw_store_document_newest(s, dag_id, req->arena, &json, NULL, &err);
	if (rc == TW_ERR_NOT_FOUND) {
		tw_reply_error(resp, 404, "The Dag with ID: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(dag_id));
		return false;
	}
	if (rc == TW_OK)
		rc = tw_dag_parse_json(json, tw_api_zones(req), &dag, &err);
	if (rc < 0) {
		err.rc = TW_ERR_IO;
		tw_reply_err(resp, &err);
		return false;
	}
	*ret_dag = dag;
	return true;
}

/* ISO 8601: "P1DT2H3.5S". */
static void duration(struct tw_jw *w, const char *key, int64_t us)
{
	struct tw_buf b TW_AUTO(tw_buf_release) = {0};
	int64_t s = us / TW_US_SEC, d = s / 86400;

	if (us < 0) {
		tw_jw_null_at(w, key);
		return;
	}
	tw_buf_adds(&b, "P");
	if (d)
		tw_buf_printf(&b, "%lldD", (long long)d);
	s %= 86400;
	if (s || us % TW_US_SEC || !d)
		tw_buf_addc(&b, 'T');
	if (s / 3600)
		tw_buf_printf(&b, "%lldH", (long long)(s / 3600));
	if (s / 60 % 60)
		tw_buf_printf(&b, "%lldM", (long long)(s / 60 % 60));
	if (us % TW_US_SEC)
		tw_buf_printf(&b, "%lld.%06lldS", (long long)(s % 60), (long long)(us % TW_US_SEC));
	else if (s % 60 || (!d && !s))
		tw_buf_printf(&b, "%lldS", (long long)(s % 60));
	tw_jw_key(w, key);
	tw_jw_str(w, tw_buf_str(&b));
}

static int64_t active_runs(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a)
{
	const struct tw_cond conds[] = {
		{.field = "dag_id", .op = TW_OP_EQ, .text = dag_id},
		{.field = "state", .op = TW_OP_EQ, .text = TW_STR("running")},
	};
	struct tw_ask ask = {.conds = conds, .nconds = 2, .count = true};
	struct tw_run_view *v;
	int64_t total = 0;
	size_t n;

	tw_store_runs(s, &ask, a, &v, &n, &total, NULL);
	return total;
}

static void params(struct tw_jw *w, const struct tw_dag *dag)
{
	tw_jw_key(w, "params");
	tw_jw_obj(w);
	for (size_t i = 0; dag->params.kind == TW_V_MAP && i < dag->params.map->n; i++)
		tw_api_param(w, &dag->params.map->v[i], TW_NULL);
	tw_jw_end(w);
}

static void detail_fields(struct tw_jw *w, struct tw_request *req, struct tw_store *s,
			  const struct tw_dag_row *d, const struct tw_dag *dag)
{
	struct tw_versions versions;
	bool favourite = false;

	tw_versions_load(s, &d->version_id, 1, req->arena, &versions);
	tw_jw_bool_at(w, "catchup", dag->catchup);
	duration(w, "dag_run_timeout", dag->dagrun_timeout);
	tw_jw_json_at(w, "asset_expression", d->asset_expression, req->arena);
	tw_jw_str_at(w, "doc_md", dag->doc_md);
	tw_jw_time(w, "start_date", dag->start_date);
	tw_jw_time(w, "end_date", dag->end_date);
	tw_jw_key(w, "is_paused_upon_creation");
	if (dag->paused_upon_creation < 0)
		tw_jw_null(w);
	else
		tw_jw_bool(w, dag->paused_upon_creation);
	params(w, dag);
	tw_jw_bool_at(w, "render_template_as_native_obj", dag->render_native);
	tw_jw_key(w, "template_search_path");
	tw_jw_value(w, tw_map_value(dag->doc, "template_searchpath"));
	tw_jw_str_at(w, "timezone", tw_map_str(dag->doc, "timezone", "UTC"));
	tw_jw_time(w, "last_parsed", d->last_parsed_time);
	tw_jw_key(w, "default_args");
	tw_jw_obj(w);
	tw_jw_end(w);
	tw_jw_key(w, "rerun_with_latest_version");
	tw_jw_value(w, tw_map_value(dag->doc, "rerun_with_latest_version"));
	tw_jw_json_at(w, "owner_links", d->owner_links.p ? d->owner_links : TW_STR("{}"), req->arena);
	tw_store_dag_favourite(s, d->dag_id, req->user.name, &favourite, NULL);
	tw_jw_bool_at(w, "is_favorite", favourite);
	tw_jw_int_at(w, "active_runs_count", active_runs(s, d->dag_id, req->arena));
	tw_jw_int_at(w, "concurrency", d->max_active_tasks);
	tw_jw_key(w, "latest_dag_version");
	tw_jw_version(w, &versions, d->version_id);
}

static void get_dag_details(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	const struct tw_dag *dag;
	struct tw_dag_row d;

	if (!find_dag(req, resp, "The Dag with ID: `", "` was not found", &d) ||
	    !tw_dag_load(req, resp, req->params[0], d.version_id, &dag))
		return;
	tw_jw_obj(&w);
	dag_fields(&w, tw_api_of(req), &d, req->arena);
	detail_fields(&w, req, tw_api_store(req, resp), &d, dag);
	tw_jw_end(&w);
	tw_dag_unref(dag);
}

/* ── changes ──────────────────────────────────────────────────────────────────────────── */

static bool mask_ok(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str mask[8];
	size_t n = tw_query_all(req, "update_mask", mask, 8);

	if (n == 0 || (n == 1 && tw_str_is(mask[0], "is_paused")))
		return true;
	tw_reply_error(resp, 400, "Only `is_paused` field can be updated through the REST API");
	return false;
}

/* by: for a row of the audit log of its own, where the request names many; p NULL: none. */
static bool pause_dag(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id,
		      bool paused, struct tw_str by)
{
	struct tw_err err = {0};
	bool changed;

	if (tw_store_dag_pause(tw_api_store(req, resp), dag_id, paused, by, &changed,
			       &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	return true;
}

static void patch_dag(struct tw_request *req, struct tw_response *resp)
{
	struct tw_value body = req->json;
	struct tw_dag_row d;
	bool paused;

	if (!find_dag(req, resp, "Dag with id: ", " was not found", &d) || !mask_ok(req, resp))
		return;
	paused = tw_map_bool(body, "is_paused", false);
	if (!pause_dag(req, resp, d.dag_id, paused, (struct tw_str){0}))
		return;
	tw_api_ring(req);
	d.is_paused = paused;
	reply_dag(req, resp, &d);
}

/* All that match, on every page; the answer is the page asked for. */
static void patch_dags(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	bool named = tw_query(req, "dag_id_pattern").p || tw_query(req, "dag_id_prefix_pattern").p,
	     paused;
	struct tw_dag_row *v = NULL;
	struct tw_value body = req->json;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total = 0;
	size_t n = 0, from, to;

	if (!s || !mask_ok(req, resp))
		return;
	tw_asker_init(&q, req, resp);
	common_conds(&q);
	if (!tw_asker_done(&q, &ask))
		return;
	ask.limit = -1;
	ask.offset = 0;
	if (named && tw_store_dags(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	paused = tw_map_bool(body, "is_paused", false);
	for (size_t i = 0; i < n; i++) {
		if (!pause_dag(req, resp, v[i].dag_id, paused, req->user.name))
			return;
		v[i].is_paused = paused;
	}
	tw_api_ring(req);
	from = (size_t)q.offset < n ? (size_t)q.offset : n;
	to = from + (size_t)q.limit < n ? from + (size_t)q.limit : n;
	reply_dags(req, resp, v ? v + from : v, to - from, total);
}

static void delete_dag(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	struct tw_str id = req->params[0];
	int64_t rows;
	enum tw_rc rc;

	if (!s)
		return;
	rc = tw_store_dag_delete(s, id, &rows, &err);
	if (rc == TW_ERR_NOT_FOUND) {
		tw_reply_error(resp, 404, "Dag with id: " TW_STR_FMT " was not found",
			       TW_STR_ARG(id));
	} else if (rc == TW_ERR_CONFLICT) {
		tw_reply_error(resp, 409,
			       "Task instances of dag with id: '" TW_STR_FMT "' are still running",
			       TW_STR_ARG(id));
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_api_ring(req);
		tw_reply_none(resp);
	}
}

const struct tw_route tw_routes_dags[] = {
	{"GET", "/api/v2/dags", {TW_ON_DAG}, get_dags},
	{"PATCH", "/api/v2/dags", {TW_ON_DAG}, patch_dags},
	{"GET", "/api/v2/dags/{dag_id}", {TW_ON_DAG}, get_dag},
	{"PATCH", "/api/v2/dags/{dag_id}", {TW_ON_DAG}, patch_dag},
	{"DELETE", "/api/v2/dags/{dag_id}", {TW_ON_DAG}, delete_dag},
	{"GET", "/api/v2/dags/{dag_id}/details", {TW_ON_DAG}, get_dag_details},
	{0},
};
