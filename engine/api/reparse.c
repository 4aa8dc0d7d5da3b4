/* PUT /parseDagFile: the file of a DAG is read again at once, whether it has changed or not. */
#include "api/ask.h"
#include "api/tables.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/token.h"

/* May all DAGs of the file be changed by whoever asks? A file without DAGs is nobody's. */
static bool may_all(struct tw_request *req, const struct tw_dag_row *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!tw_may(req, TW_ON_DAG, TW_EDIT, v[i].dag_id))
			return false;
	return true;
}

/* The DAGs of the file; false: it has replied. */
static bool find_dags(struct tw_request *req, struct tw_response *resp, struct tw_store *s, struct tw_str bundle,
		      struct tw_str relative, struct tw_dag_row **ret_v, size_t *ret_n)
{
	struct tw_cond conds[] = {{.field = "bundle_name", .op = TW_OP_EQ, .text = bundle},
				  {.field = "relative_fileloc", .op = TW_OP_EQ, .text = relative}};
	struct tw_ask ask = {.conds = conds, .nconds = 2, .limit = -1};
	struct tw_err err = {0};
	int64_t total;

	if (tw_store_dags(s, &ask, req->arena, ret_v, ret_n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	if (!*ret_n)
		tw_reply_error(resp, 404, "File not found");
	return *ret_n > 0;
}

static void reparse_dag_file(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_jwt_check check = {.alg = TW_JWT_HS256, .key = api->secret_key, .now_us = tw_now()};
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_str bundle, relative;
	struct tw_value claims;
	struct tw_dag_row *dags;
	struct tw_err err = {0};
	size_t n;

	if (!s)
		return;
	if (tw_jwt_verify(req->arena, &check, req->params[0], &claims, NULL) < 0) {
		tw_reply_error(resp, 404, "File not found");
		return;
	}
	bundle = tw_map_str(claims, "bundle_name", "");
	relative = tw_map_str(claims, "relative_fileloc", "");
	if (!find_dags(req, resp, s, bundle, relative, &dags, &n))
		return;
	if (!may_all(req, dags, n)) {
		tw_reply_error(resp, 403, "Forbidden");
		return;
	}
	if (tw_store_parse_ask(s, bundle, relative, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	if (api->dagproc_bell)
		tw_bell_ring(api->dagproc_bell);
	resp->status = 201;
	tw_buf_adds(&resp->body, "null");
}

const struct tw_route tw_routes_reparse[] = {
	{"PUT", "/api/v2/parseDagFile/{file_token}", {TW_SIGNED_IN}, reparse_dag_file},
	{0},
};
