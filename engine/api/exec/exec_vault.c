/* Variables and Connections, by the words of execution.h. */
#include "api/exec/exec.h"

#include "store/vault.h"

#define EXECUTION TW_SCOPE_EXECUTION

static struct tw_value with(struct tw_exec *x, const char *key, struct tw_value v)
{
	struct tw_value body = tw_v_map(x->req->arena);

	tw_map_putc(x->req->arena, body, key, v);
	return body;
}

static void get_variable(struct tw_exec *x)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_str key = tw_exec_param(x, 0);
	struct tw_value v;

	if (!tw_exec_do(x, "variable_get", with(x, "key", tw_v_str(key)), &v))
		return;
	if (v.kind == TW_V_NULL) {
		tw_exec_refuse(x, 404, "not_found", "Variable with key '" TW_STR_FMT "' not found", TW_STR_ARG(key));
		return;
	}
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "key", key);
	tw_jw_key(&w, "value");
	tw_jw_value(&w, v);
	tw_jw_end(&w);
}

static void put_variable(struct tw_exec *x)
{
	struct tw_value body = x->req->json, ask, ignored;

	ask = with(x, "key", tw_v_str(tw_exec_param(x, 0)));
	tw_map_putc(x->req->arena, ask, "value", tw_map_value(body, "val"));
	tw_map_putc(x->req->arena, ask, "description", tw_map_value(body, "description"));
	if (!tw_exec_do(x, "variable_set", ask, &ignored))
		return;
	tw_exec_message(x, 201, "Variable successfully set");
}

static void delete_variable(struct tw_exec *x)
{
	struct tw_value ignored;

	if (tw_exec_do(x, "variable_delete", with(x, "key", tw_v_str(tw_exec_param(x, 0))), &ignored))
		tw_reply_none(x->resp);
}

static void variable_keys(struct tw_exec *x)
{
	struct tw_str prefix = tw_query(x->req, "prefix");
	struct tw_cond cond = { .field = "key", .op = TW_OP_PREFIX, .text = prefix };
	static const char *const by_key[] = { "key" };
	struct tw_ask ask = { .conds = &cond, .nconds = prefix.n > 0, .limit = 1000, .count = true, .order_by = by_key, .norder = 1 };
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_variable_row *v;
	struct tw_err err = { 0 };
	int64_t total = 0;
	size_t n;

	tw_exec_int(x, "limit", &ask.limit);
	tw_exec_int(x, "offset", &ask.offset);
	if (tw_store_variables(x->store, &ask, x->req->arena, &v, &n, &total, &err) < 0) {
		tw_exec_fail(x, &err);
		return;
	}
	tw_jw_obj(&w);
	tw_jw_key(&w, "keys");
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++)
		tw_jw_str(&w, v[i].key);
	tw_jw_end(&w);
	tw_jw_int_at(&w, "total_entries", total);
	tw_jw_end(&w);
}

static void get_connection(struct tw_exec *x)
{
	static const char *const fields[] = { "conn_id", "conn_type", "host", "schema", "login", "password", "port", "extra" };
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_str id = tw_exec_param(x, 0);
	struct tw_value v;

	if (!tw_exec_do(x, "connection_get", with(x, "conn_id", tw_v_str(id)), &v))
		return;
	if (v.kind == TW_V_NULL) {
		tw_exec_refuse(x, 404, "not_found", "Connection with ID " TW_STR_FMT " not found", TW_STR_ARG(id));
		return;
	}
	tw_jw_obj(&w);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		tw_jw_key(&w, fields[i]);
		tw_jw_value(&w, tw_map_value(v, fields[i]));
	}
	tw_jw_end(&w);
}

const struct tw_exec_route tw_exec_vault[] = {
	{ "GET", "/variables/keys", variable_keys, EXECUTION, false, TW_EXEC_2026_06_30, 0 },
	{ "GET", "/variables/{variable_key...}", get_variable, EXECUTION, false, 0, 0 },
	{ "PUT", "/variables/{variable_key...}", put_variable, EXECUTION, false, 0, 0 },
	{ "DELETE", "/variables/{variable_key...}", delete_variable, EXECUTION, false, 0, 0 },
	{ "GET", "/connections/{connection_id}", get_connection, EXECUTION, false, 0, 0 },
	{ 0 },
};
