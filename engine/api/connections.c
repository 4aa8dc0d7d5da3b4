/* Connections. Passwords and what is secret in the extra never go out. */
#include "api/bulk.h"
#include "api/connections.h"
#include "api/default_connections.h"
#include "api/mask.h"
#include "api/tables.h"

static const struct tw_str none = {0};

/* What is no JSON cannot be looked through, so nothing of it is shown. */
static struct tw_str shown_extra(const struct tw_api *api, struct tw_str extra, struct tw_arena *a)
{
	struct tw_value v;

	if (extra.n && tw_json_parse(a, extra, &v, NULL) < 0)
		return TW_STR(TW_MASK);
	return tw_mask_text(api, a, none, extra);
}

static void connection_object(struct tw_jw *w, const struct tw_api *api,
			      const struct tw_connection_row *c, struct tw_arena *a)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "connection_id", c->conn_id);
	tw_jw_str_at(w, "conn_type", c->conn_type.p ? c->conn_type : TW_STR(""));
	tw_jw_str_at(w, "description", c->description);
	tw_jw_str_at(w, "host", c->host);
	tw_jw_str_at(w, "login", c->login);
	tw_jw_str_at(w, "schema", c->schema);
	tw_jw_key(w, "port");
	if (c->port)
		tw_jw_int(w, c->port);
	else
		tw_jw_null(w);
	tw_jw_str_at(w, "password", c->password.p ? TW_STR(TW_MASK) : none);
	tw_jw_str_at(w, "extra", shown_extra(api, c->extra, a));
	tw_jw_str_at(w, "team_name", c->team_name);
	tw_jw_end(w);
}

static bool find(struct tw_request *req, struct tw_response *resp, struct tw_str id,
		 struct tw_connection_row *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_connection(s, id, req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404,
			       "The Connection with connection_id: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(id));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void reply_connection(struct tw_request *req, struct tw_response *resp, struct tw_str id)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_connection_row c;

	if (find(req, resp, id, &c))
		connection_object(&w, tw_api_of(req), &c, req->arena);
}

static void get_connection(struct tw_request *req, struct tw_response *resp)
{
	reply_connection(req, resp, req->params[0]);
}

static const struct tw_param list_params[] = {
	{"connection_id_pattern", TW_P_LIKE, "conn_id"},
	{"connection_id_prefix_pattern", TW_P_PREFIX, "conn_id"},
	{0},
};
static const char *const sort_names[] = {"id",	 "conn_id", "conn_type", "description",
					 "host", "port",    NULL};
static const char *const sort_fields[] = {"connection_id", "conn_id", NULL};
static const struct tw_sort list_sort = {sort_names, sort_fields, "id"};

static void get_connections(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_connection_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_asker_list(&q, req, resp, list_params, &list_sort, &ask))
		return;
	if (tw_store_connections(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "connections");
	for (size_t i = 0; i < n; i++)
		connection_object(&w, tw_api_of(req), &v[i], req->arena);
	tw_jw_page_end(&w, total);
}

/* ── changes ──────────────────────────────────────────────────────────────────────────── */

static enum tw_rc check(struct tw_value body, struct tw_err *err)
{
	struct tw_str extra = tw_map_str(body, "extra", NULL);
	struct tw_arena a = {0};
	struct tw_value v;
	enum tw_rc rc = TW_OK;

	if (extra.n && (tw_json_parse(&a, extra, &v, NULL) < 0 || v.kind != TW_V_MAP))
		rc = tw_err_set(err, TW_ERR_INVALID,
				"The `extra` field must be a JSON object (e.g. {\"key\": \"value\"})");
	tw_arena_release(&a);
	return rc;
}

void tw_connection_apply(struct tw_request *req, struct tw_connection_row *row, struct tw_value body,
			 struct tw_value mask)
{
	const struct {
		const char *field;
		struct tw_str *to;
	} texts[] = {
		{"conn_type", &row->conn_type}, {"description", &row->description},
		{"host", &row->host},		{"login", &row->login},
		{"schema", &row->schema},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (tw_bulk_changes(body, mask, texts[i].field))
			*texts[i].to = tw_map_str(body, texts[i].field, NULL);
	if (tw_bulk_changes(body, mask, "port"))
		row->port = tw_map_int(body, "port", 0);
	if (tw_bulk_changes(body, mask, "password") &&
	    !tw_str_is(tw_map_str(body, "password", ""), TW_MASK))
		row->password = tw_map_str(body, "password", "").n ? tw_map_str(body, "password", NULL) : none;
	if (tw_bulk_changes(body, mask, "extra"))
		row->extra =
			tw_unmask_text(req->arena, tw_map_str(body, "extra", NULL), row->extra);
}

static bool there(struct tw_request *req, struct tw_store *s, struct tw_str id)
{
	struct tw_connection_row c;
	enum tw_rc rc = tw_store_connection(s, id, req->arena, &c, NULL);

	return rc == TW_OK || rc == TW_ERR_DENIED;
}

static enum tw_rc create(struct tw_request *req, struct tw_store *s, struct tw_value body,
			 bool over, struct tw_err *err)
{
	struct tw_connection_row row = {0};
	enum tw_rc rc = check(body, err);

	if (rc < 0)
		return rc;
	if (over)
		tw_store_connection(s, tw_map_str(body, "connection_id", ""), req->arena, &row,
				    NULL);
	row.conn_id = tw_map_str(body, "connection_id", "");
	tw_connection_apply(req, &row, body, TW_NULL);
	return tw_store_connection_put(s, &row, over ? TW_PUT_UPSERT : TW_PUT_INSERT, err);
}

static enum tw_rc update(struct tw_request *req, struct tw_store *s, struct tw_value body,
			 struct tw_value mask, struct tw_err *err)
{
	struct tw_connection_row row;
	enum tw_rc rc = check(body, err);

	if (rc == TW_OK)
		rc = tw_store_connection(s, tw_map_str(body, "connection_id", ""), req->arena, &row,
					 err);
	if (rc < 0)
		return rc;
	tw_connection_apply(req, &row, body, mask);
	return tw_store_connection_put(s, &row, TW_PUT_UPDATE, err);
}

static enum tw_rc remove_one(struct tw_request *req, struct tw_store *s, struct tw_str id,
			     struct tw_err *err)
{
	return tw_store_connection_delete(s, id, err);
}

bool tw_connection_ok(struct tw_request *req, struct tw_response *resp, struct tw_value body)
{
	struct tw_value extra = tw_map_value(body, "extra"), v;
	struct tw_faults f;

	tw_faults_init(&f, resp);
	if (extra.kind == TW_V_STR && extra.s.n && tw_json_parse(req->arena, extra.s, &v, NULL) == TW_OK && v.kind != TW_V_MAP)
		tw_fault(&f, "value_error", "body", TW_STR("extra"),
			 "Value error, The `extra` field must be a valid JSON object (e.g., {'key': 'value'})", extra, "error",
			 tw_v_map(req->arena));
	else if (extra.kind == TW_V_STR && extra.s.n && tw_json_parse(req->arena, extra.s, &v, NULL) < 0)
		tw_fault(&f, "value_error", "body", TW_STR("extra"),
			 "Value error, The `extra` field must be a valid JSON object (e.g., {'key': 'value'}), but "
			 "encountered non-JSON in `extra` field",
			 extra, "error", tw_v_map(req->arena));
	return !tw_faults_any(&f);
}

static void reply_refused(struct tw_response *resp, const struct tw_err *err, struct tw_value body)
{
	if (err->rc == TW_ERR_INVALID)
		tw_reply_invalid(resp, "value_error", "body", NULL, err->msg, TW_NULL);
	else
		tw_reply_err(resp, err);
}

static void post_connection(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_value body = req->json;
	struct tw_str id;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s || !tw_connection_ok(req, resp, body))
		return;
	id = tw_map_str(body, "connection_id", "");
	rc = create(req, s, body, false, &err);
	if (rc == TW_ERR_EXISTS) {
		tw_reply_unique(resp);
	} else if (rc < 0) {
		reply_refused(resp, &err, body);
	} else {
		reply_connection(req, resp, id);
		if (!resp->status)
			resp->status = 201;
	}
}

static void patch_connection(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_connection_row row;
	struct tw_value body = req->json;
	struct tw_err err = {0};

	if (!s || !tw_connection_ok(req, resp, body))
		return;
	if (!tw_str_eq(tw_map_str(body, "connection_id", ""), req->params[0])) {
		tw_reply_error(
			resp, 400,
			"The connection_id in the request body does not match the URL parameter");
		return;
	}
	if (!find(req, resp, req->params[0], &row))
		return;
	if (update(req, s, body, tw_query_mask(req), &err) < 0) {
		reply_refused(resp, &err, body);
		return;
	}
	reply_connection(req, resp, req->params[0]);
}

static void delete_connection(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return;
	rc = tw_store_connection_delete(s, req->params[0], &err);
	if (rc == TW_ERR_NOT_FOUND) {
		tw_reply_error(resp, 404,
			       "The Connection with connection_id: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(req->params[0]));
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_reply_none(resp);
	}
}

static void bulk_connections(struct tw_request *req, struct tw_response *resp)
{
	static const struct tw_bulk bulk = {
		TW_ON_CONNECTION, "connection_id", "connections with these connection_ids",
		there,
		create,		 update,
		remove_one,
	};

	tw_bulk_run(req, resp, &bulk);
}

/* Those that are not there yet. */
static void create_default_connections(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};

	if (!s)
		return;
	for (size_t i = 0; i < sizeof default_connections / sizeof *default_connections; i++) {
		struct tw_connection_row row = {
			.conn_id = tw_str(default_connections[i].conn_id),
			.conn_type = tw_str(default_connections[i].conn_type),
			.host = tw_str(default_connections[i].host),
			.login = tw_str(default_connections[i].login),
			.schema = tw_str(default_connections[i].schema),
			.extra = tw_str(default_connections[i].extra),
			.port = default_connections[i].port,
		};

		if (!there(req, s, row.conn_id) && tw_store_connection_put(s, &row, TW_PUT_INSERT, &err) < 0 &&
		    err.rc != TW_ERR_EXISTS) {
			tw_reply_err(resp, &err);
			return;
		}
	}
	tw_reply_none(resp);
}

const struct tw_route tw_routes_connections[] = {
	{"GET", "/api/v2/connections", {TW_ON_CONNECTION}, get_connections},
	{"POST", "/api/v2/connections", {TW_ON_CONNECTION}, post_connection},
	{"PATCH", "/api/v2/connections", {TW_SIGNED_IN}, bulk_connections},
	{"POST", "/api/v2/connections/defaults", {TW_ON_CONNECTION}, create_default_connections},
	{"GET", "/api/v2/connections/{connection_id}", {TW_ON_CONNECTION}, get_connection},
	{"PATCH", "/api/v2/connections/{connection_id}", {TW_ON_CONNECTION}, patch_connection},
	{"DELETE", "/api/v2/connections/{connection_id}", {TW_ON_CONNECTION}, delete_connection},
	{0},
};
