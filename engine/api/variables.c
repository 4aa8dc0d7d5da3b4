/* Variables. */
#include <stdlib.h>

#include "api/bulk.h"
#include "api/mask.h"
#include "api/tables.h"
#include "store/vault.h"

static void variable_object(struct tw_jw *w, const struct tw_api *api,
			    const struct tw_variable_row *v, struct tw_arena *a)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "key", v->key);
	tw_jw_str_at(w, "value", tw_mask_text(api, a, v->key, v->value));
	tw_jw_str_at(w, "description", v->description);
	tw_jw_bool_at(w, "is_encrypted", v->is_encrypted);
	tw_jw_str_at(w, "team_name", v->team_name);
	tw_jw_end(w);
}

static bool find(struct tw_request *req, struct tw_response *resp, struct tw_str key,
		 struct tw_variable_row *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_variable(s, key, req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "The Variable with key: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(key));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void reply_variable(struct tw_request *req, struct tw_response *resp, struct tw_str key)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_variable_row v;

	if (find(req, resp, key, &v))
		variable_object(&w, tw_api_of(req), &v, req->arena);
}

static void get_variable(struct tw_request *req, struct tw_response *resp)
{
	reply_variable(req, resp, req->params[0]);
}

static const struct tw_param list_params[] = {
	{"variable_key_pattern", TW_P_LIKE, "key"},
	{"variable_key_prefix_pattern", TW_P_PREFIX, "key"},
	{0},
};
static const char *const sort_names[] = {"id", "key", "description", "is_encrypted", NULL};
static const struct tw_sort list_sort = {sort_names, NULL, "id"};

static void get_variables(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_variable_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_asker_list(&q, req, resp, list_params, &list_sort, &ask))
		return;
	if (tw_store_variables(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "variables");
	for (size_t i = 0; i < n; i++)
		variable_object(&w, tw_api_of(req), &v[i], req->arena);
	tw_jw_page_end(&w, total);
}

/* Text as it is; anything else as indented JSON, as Variable.set(serialize_json=True) stores it. */
static struct tw_str stored_text(struct tw_value v, struct tw_arena *a)
{
	char *text;
	struct tw_str s;

	if (v.kind == TW_V_STR)
		return v.s;
	text = tw_json_dump(v, TW_JSON_PRETTY | TW_JSON_ASCII);
	s = tw_str_copy(a, tw_str(text));
	free(text);
	return s;
}

static bool there(struct tw_request *req, struct tw_store *s, struct tw_str key)
{
	struct tw_variable_row v;
	enum tw_rc rc = tw_store_variable(s, key, req->arena, &v, NULL);

	return rc == TW_OK || rc == TW_ERR_DENIED;
}

static enum tw_rc create(struct tw_request *req, struct tw_store *s, struct tw_value body,
			 bool over, struct tw_err *err)
{
	struct tw_variable_row row = {
		.key = tw_map_str(body, "key", ""),
		.value = stored_text(tw_map_value(body, "value"), req->arena),
		.description = tw_map_str(body, "description", NULL),
	};
	struct tw_variable_row old;

	if (over && tw_store_variable(s, row.key, req->arena, &old, NULL) == TW_OK)
		row.value = tw_unmask_text(req->arena, row.value, old.value);
	return tw_store_variable_put(s, &row, over ? TW_PUT_UPSERT : TW_PUT_INSERT, err);
}

static enum tw_rc update(struct tw_request *req, struct tw_store *s, struct tw_value body,
			 struct tw_value mask, struct tw_err *err)
{
	struct tw_variable_row row;
	enum tw_rc rc = tw_store_variable(s, tw_map_str(body, "key", ""), req->arena, &row, err);

	if (rc < 0)
		return rc;
	if (tw_bulk_changes(body, mask, "value"))
		row.value = tw_unmask_text(req->arena,
					   stored_text(tw_map_value(body, "value"), req->arena),
					   row.value);
	if (tw_bulk_changes(body, mask, "description"))
		row.description = tw_map_str(body, "description", NULL);
	return tw_store_variable_put(s, &row, TW_PUT_UPDATE, err);
}

static enum tw_rc remove_one(struct tw_request *req, struct tw_store *s, struct tw_str key,
			     struct tw_err *err)
{
	return tw_store_variable_delete(s, key, err);
}

static void post_variable(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_value body = req->json;
	struct tw_str key;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return;
	key = tw_map_str(body, "key", "");
	rc = create(req, s, body, false, &err);
	if (rc == TW_ERR_EXISTS) {
		tw_reply_error(resp, 409, "The Variable with key: `" TW_STR_FMT "` already exists",
			       TW_STR_ARG(key));
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else {
		reply_variable(req, resp, key);
		if (!resp->status)
			resp->status = 201;
	}
}

static bool names_key(struct tw_value mask)
{
	for (size_t i = 0; i < tw_value_len(mask); i++)
		if (mask.list->v[i].kind == TW_V_STR && tw_str_is(mask.list->v[i].s, "key"))
			return true;
	return false;
}

static void patch_variable(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_variable_row row;
	struct tw_value body = req->json;
	struct tw_err err = {0};

	if (!s)
		return;
	if (!tw_str_eq(tw_map_str(body, "key", ""), req->params[0])) {
		tw_reply_error(resp, 400,
			       "Invalid body, key from request body doesn't match uri parameter");
		return;
	}
	if (!find(req, resp, req->params[0], &row))
		return;
	if (names_key(tw_query_mask(req))) {
		tw_reply_error(resp, 400, "Update not allowed: the following fields are immutable and cannot be modified: {'key'}");
		return;
	}
	if (update(req, s, body, tw_query_mask(req), &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	reply_variable(req, resp, req->params[0]);
}

static void delete_variable(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return;
	rc = tw_store_variable_delete(s, req->params[0], &err);
	if (rc == TW_ERR_NOT_FOUND) {
		tw_reply_error(resp, 404, "The Variable with key: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(req->params[0]));
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_reply_none(resp);
	}
}

static void bulk_variables(struct tw_request *req, struct tw_response *resp)
{
	static const struct tw_bulk bulk = {
		TW_ON_VARIABLE, "key", "variables with these keys", there, create, update, remove_one};

	tw_bulk_run(req, resp, &bulk);
}

const struct tw_route tw_routes_variables[] = {
	{"GET", "/api/v2/variables", {TW_ON_VARIABLE}, get_variables},
	{"POST", "/api/v2/variables", {TW_ON_VARIABLE}, post_variable},
	{"PATCH", "/api/v2/variables", {TW_SIGNED_IN}, bulk_variables},
	{"GET", "/api/v2/variables/{variable_key...}", {TW_ON_VARIABLE}, get_variable},
	{"PATCH", "/api/v2/variables/{variable_key...}", {TW_ON_VARIABLE}, patch_variable},
	{"DELETE", "/api/v2/variables/{variable_key...}", {TW_ON_VARIABLE}, delete_variable},
	{0},
};
