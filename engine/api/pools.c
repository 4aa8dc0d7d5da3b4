/* Pools. */
#include "api/bulk.h"
#include "api/tables.h"
#include "model/dag.h"
#include "store/house.h"

static void pool_object(struct tw_jw *w, const struct tw_pool_view *p)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "name", p->pool.name);
	tw_jw_int_at(w, "slots", p->pool.slots);
	tw_jw_str_at(w, "description", p->pool.description);
	tw_jw_bool_at(w, "include_deferred", p->pool.include_deferred);
	tw_jw_int_at(w, "occupied_slots", p->occupied);
	tw_jw_int_at(w, "running_slots", p->running);
	tw_jw_int_at(w, "queued_slots", p->queued);
	tw_jw_int_at(w, "scheduled_slots", p->scheduled);
	tw_jw_int_at(w, "open_slots", p->open == INT64_MAX ? -1 : p->open);
	tw_jw_int_at(w, "deferred_slots", p->deferred);
	tw_jw_null_at(w, "team_name");
	tw_jw_end(w);
}

static bool find(struct tw_request *req, struct tw_response *resp, struct tw_str name,
		 struct tw_pool_view *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_pool(s, name, req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "The Pool with name: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(name));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void reply_pool(struct tw_request *req, struct tw_response *resp, struct tw_str name)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_pool_view p;

	if (find(req, resp, name, &p))
		pool_object(&w, &p);
}

static void get_pool(struct tw_request *req, struct tw_response *resp)
{
	reply_pool(req, resp, req->params[0]);
}

static const struct tw_param list_params[] = {
	{"pool_name_pattern", TW_P_LIKE, "name"},
	{"pool_name_prefix_pattern", TW_P_PREFIX, "name"},
	{0},
};
static const char *const sort_names[] = {"id", "name", "slots", NULL};
static const char *const sort_fields[] = {"pool", "name", NULL};
static const struct tw_sort list_sort = {sort_names, sort_fields, "id"};

static void get_pools(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_pool_view *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_asker_list(&q, req, resp, list_params, &list_sort, &ask))
		return;
	if (tw_store_pools(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "pools");
	for (size_t i = 0; i < n; i++)
		pool_object(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

/* ── changes ──────────────────────────────────────────────────────────────────────────── */

static void apply(struct tw_pool_row *row, struct tw_value body, struct tw_value mask)
{
	if (tw_bulk_changes(body, mask, "slots"))
		row->slots = tw_map_int(body, "slots", row->slots);
	if (tw_bulk_changes(body, mask, "description"))
		row->description = tw_map_str(body, "description", NULL);
	if (tw_bulk_changes(body, mask, "include_deferred"))
		row->include_deferred = tw_map_bool(body, "include_deferred", false);
}

static bool there(struct tw_request *req, struct tw_store *s, struct tw_str name)
{
	struct tw_pool_view p;

	return tw_store_pool(s, name, req->arena, &p, NULL) == TW_OK;
}

static enum tw_rc create(struct tw_request *req, struct tw_store *s, struct tw_value body,
			 bool over, struct tw_err *err)
{
	struct tw_pool_row row = {.name = tw_map_str(body, "name", "")};

	apply(&row, body, TW_NULL);
	return tw_store_pool_put(s, &row, over ? TW_PUT_UPSERT : TW_PUT_INSERT, err);
}

static bool only_slots(struct tw_value mask)
{
	for (size_t i = 0; i < tw_value_len(mask); i++)
		if (!tw_str_is(mask.list->v[i].s, "slots") &&
		    !tw_str_is(mask.list->v[i].s, "include_deferred"))
			return false;
	return tw_value_len(mask) > 0;
}

static enum tw_rc update(struct tw_request *req, struct tw_store *s, struct tw_value body,
			 struct tw_value mask, struct tw_err *err)
{
	struct tw_str name = tw_map_str(body, "name", "");
	struct tw_pool_view p;
	enum tw_rc rc;

	if (tw_str_is(name, TW_POOL_DEFAULT) && !only_slots(mask))
		return tw_err_set(
			err, TW_ERR_INVALID,
			"Only slots and included_deferred can be modified on Default Pool");
	rc = tw_store_pool(s, name, req->arena, &p, err);
	if (rc < 0)
		return rc;
	apply(&p.pool, body, mask);
	return tw_store_pool_put(s, &p.pool, TW_PUT_UPDATE, err);
}

static enum tw_rc remove_one(struct tw_request *req, struct tw_store *s, struct tw_str name,
			     struct tw_err *err)
{
	if (tw_str_is(name, TW_POOL_DEFAULT))
		return tw_err_set(err, TW_ERR_INVALID, "Default Pool can't be deleted");
	return tw_store_pool_delete(s, name, err);
}

static void post_pool(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_value body = req->json;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return;
	rc = create(req, s, body, false, &err);
	if (rc == TW_ERR_EXISTS) {
		tw_reply_unique(resp);
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_api_ring(req);
		reply_pool(req, resp, tw_map_str(body, "name", ""));
		if (!resp->status)
			resp->status = 201;
	}
}

/* Airflow wants the whole body even with a mask, except for the default pool. */
static bool whole(struct tw_response *resp, struct tw_str name, struct tw_value body)
{
	static const char *const wanted[] = {"pool", "slots", "include_deferred"};
	struct tw_faults f;

	tw_faults_init(&f, resp);
	for (size_t i = 0; i < 3 && !tw_str_is(name, TW_POOL_DEFAULT); i++)
		if (!tw_body_has(body, wanted[i]) && !(i == 0 && tw_body_has(body, "name")))
			tw_fault(&f, "missing", "body", tw_str(wanted[i]), "Field required", body,
				 NULL, TW_NULL);
	return !tw_faults_any(&f);
}

static void patch_pool(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_value body = req->json, mask;
	struct tw_str name = req->params[0], said;
	struct tw_pool_view p;
	struct tw_err err = {0};

	if (!s)
		return;
	said = tw_map_str(body, tw_body_has(body, "pool") ? "pool" : "name", NULL);
	if (said.n && !tw_str_eq(said, name)) {
		tw_reply_error(
			resp, 400,
			"Invalid body, pool name from request body doesn't match uri parameter");
		return;
	}
	mask = tw_query_mask(req);
	if (!find(req, resp, name, &p) || !whole(resp, name, body))
		return;
	tw_map_putc(req->arena, body, "name", tw_v_str(name));
	if (update(req, s, body, mask, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_api_ring(req);
	reply_pool(req, resp, name);
}

static void delete_pool(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_pool_view p;
	struct tw_err err = {0};

	if (!s || !find(req, resp, req->params[0], &p))
		return;
	if (remove_one(req, s, req->params[0], &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_api_ring(req);
	tw_reply_none(resp);
}

static void bulk_pools(struct tw_request *req, struct tw_response *resp)
{
	static const struct tw_bulk bulk = {
		TW_ON_POOL, "name", "pools with these pool names", there, create, update, remove_one};

	tw_bulk_run(req, resp, &bulk);
	tw_api_ring(req);
}

const struct tw_route tw_routes_pools[] = {
	{"GET", "/api/v2/pools", {TW_ON_POOL}, get_pools},
	{"POST", "/api/v2/pools", {TW_ON_POOL}, post_pool},
	{"PATCH", "/api/v2/pools", {TW_SIGNED_IN}, bulk_pools},
	{"GET", "/api/v2/pools/{pool_name...}", {TW_ON_POOL}, get_pool},
	{"PATCH", "/api/v2/pools/{pool_name...}", {TW_ON_POOL}, patch_pool},
	{"DELETE", "/api/v2/pools/{pool_name...}", {TW_ON_POOL}, delete_pool},
	{0},
};
