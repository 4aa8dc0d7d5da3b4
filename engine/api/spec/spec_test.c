#include "base/testing.h"

#include "api/app.h"
#include "api/spec/spec.h"
#include "api/tables.h"

static struct tw_spec spec;

static enum tw_rc read_both(const char *operations, const char *models, struct tw_err *err)
{
	tw_spec_release(&spec);
	memset(&spec, 0, sizeof spec);
	return tw_spec_read(&spec, tw_str(operations), tw_str(models), err);
}

static const struct tw_route pool_routes[] = {
	{"GET", "/pools/{pool_id}/{name...}", {TW_OPEN}, NULL},
	{"POST", "/pools", {TW_ON_POOL}, NULL},
	{0},
};

static const char pool_models[] = "params path\n\tpool_id:int\n\nenum Kind a b\n\n# a comment\nclosed Pool\n"
				  "\tname!:str{len<=3} kind:Kind{only a}? slots:int{>=-1}=4\n\tmore:(str|[str,int])[]\n"
				  "open HTTPExceptionResponse\nopen HTTPValidationError\n";
static const char pool_ops[] = "[Pool, Other]\nGET /pools/{pool_id}/{name} get_pool\n\tquery deep:bool=false at_*:datetime\n"
			       "\t      state:str[]\n\t200 Pool\n\t200 str text/plain\n\tfails 404\n\nPOST /pools post_pool\n"
			       "\tbody Pool\n\t200 str application/x-lines\n\t204\n";

static void test_reads(void **state)
{
	const struct tw_operation *op;

	assert_int_equal(read_both(pool_ops, pool_models, NULL), TW_OK);
	op = tw_spec_op(&spec, &pool_routes[0]);
	assert_non_null(op);
	tw_assert_str(op->id, "get_pool");
	assert_int_equal(op->query.n, 6);
	tw_assert_str(op->query.v[1].name, "at_gte");
	assert_int_equal(op->params.v[0].type->kind, TW_T_INT);
	assert_int_equal(op->params.v[1].type->kind, TW_T_STR);
	assert_int_equal(op->nanswers, 2);
	tw_assert_str(op->answers[1].media, "text/plain");
	tw_assert_str(tw_spec_op(&spec, &pool_routes[1])->answers[0].media, "application/x-lines");
	assert_int_equal(op->fails[0], 404);
	op = tw_spec_op(&spec, &pool_routes[1]);
	assert_int_equal(op->body->model->fields.n, 4);
	assert_true(op->body->model->closed);
	assert_int_equal(op->body->model->fields.v[3].type->kind, TW_T_LIST);
}

static void assert_wrong(const char *operations, const char *models, const char *words)
{
	struct tw_err err = {0};

	assert_int_equal(read_both(operations, models, &err), TW_ERR_INVALID);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" says nothing of \"%s\"", err.msg, words);
}

static void test_faults_are_told(void **state)
{
	assert_wrong("", "open A\n\tb:Nothing\n", "no model Nothing");
	assert_wrong("", "open A\n\tb:str\nopen A\n", "line 3");
	assert_wrong("", "shut A\n", "open, closed");
	assert_wrong("", "open A\n\tb:(str|int\n", "( without )");
	assert_wrong("", "open A\n\tb:int{>x}\n", "whole number");
	assert_wrong("GET /a a\n\tqueries b:str\n", "", "query, header");
	assert_wrong("GET /a a\nGET /a b\n", "", "there already");
}

static void test_document(void **state)
{
	static const struct tw_route *const tables[] = {pool_routes, NULL};
	struct tw_buf out TW_AUTO(tw_buf_release) = {0};
	struct tw_arena a = {0};
	struct tw_value doc, get, post;

	assert_int_equal(read_both(pool_ops, pool_models, NULL), TW_OK);
	tw_spec_openapi(&spec, tables, &out);
	assert_int_equal(tw_json_parse(&a, tw_buf_str(&out), &doc, NULL), TW_OK);
	doc = tw_map_value(doc, "paths");
	get = tw_map_value(tw_map_value(doc, "/pools/{pool_id}/{name}"), "get");
	post = tw_map_value(tw_map_value(doc, "/pools"), "post");
	assert_int_equal(tw_value_len(tw_map_value(get, "parameters")), 8);
	assert_int_equal(tw_value_len(tw_map_value(get, "tags")), 2);
	assert_null(tw_map_findc(get, "security"));
	assert_non_null(tw_map_findc(post, "security"));
	assert_non_null(tw_map_findc(tw_map_value(post, "responses"), "401"));
	tw_arena_release(&a);
}

/* ── what is compiled in ──────────────────────────────────────────────────────────────── */

static bool published(const struct tw_route *r)
{
	return strncmp(r->pattern, "/api/v2/", 8) == 0 || strncmp(r->pattern, "/auth/token", 11) == 0;
}

/* Each route of the API is in the spec, and each operation has a route. */
static void test_every_route_is_there(void **state)
{
	size_t found = 0;

	for (const struct tw_route *const *t = tw_api_routes; *t; t++)
		for (const struct tw_route *r = *t; r->method; r++) {
			bool there = tw_spec_op(tw_spec(), r) != NULL;

			if (published(r) && !there)
				fail_msg("%s %s is not in spec/operations.txt", r->method, r->pattern);
			found += there;
		}
	tw_map_foreach(&tw_spec()->ops, e)
	{
		bool there = false;

		for (const struct tw_route *const *t = tw_api_routes; *t; t++)
			for (const struct tw_route *r = *t; r->method; r++)
				there |= tw_spec_op(tw_spec(), r) == e->value;
		if (!there)
			fail_msg("no route for " TW_STR_FMT, TW_STR_ARG(e->key));
	}
	assert_int_equal(found, tw_spec()->ops.len);
}

/* ── the check of requests ────────────────────────────────────────────────────────────── */

static struct tw_arena arena;

static const struct tw_route *route(const char *method, const char *pattern)
{
	for (const struct tw_route *const *t = tw_api_routes; *t; t++)
		for (const struct tw_route *r = *t; r->method; r++)
			if (strcmp(r->method, method) == 0 && strcmp(r->pattern, pattern) == 0)
				return r;
	fail_msg("no route %s %s", method, pattern);
	return NULL;
}

/* What is answered to a body; "" when it passes. */
static const char *said(const char *method, const char *pattern, const char *body)
{
	struct tw_request req = {.arena = &arena, .method = method, .route = route(method, pattern), .body = tw_str(body)};
	struct tw_response resp = {0};
	const char *text;

	for (size_t i = 0; i < TW_HTTP_PARAMS; i++)
		req.params[i] = TW_STR("1");
	text = tw_spec_admits(&req, &resp) ? "" : tw_arena_strdup(&arena, tw_buf_cstr(&resp.body));
	tw_buf_release(&resp.body);
	return text;
}

static void assert_said(const char *method, const char *pattern, const char *body, const char *words)
{
	const char *text = said(method, pattern, body);

	if (!strstr(text, words) || (!*words && *text))
		fail_msg("%s: %s does not say %s", body, text, words);
}

static void test_bodies(void **state)
{
	const char *pools = "/api/v2/pools", *vars = "/api/v2/variables";

	assert_said("POST", pools, "{\"name\":\"a\",\"slots\":3}", "");
	assert_said("POST", pools, "{\"name\":\"a\",\"slots\":\"3\"}", "");
	assert_said("POST", pools, "{\"name\":\"a\",\"slots\":-2}", "greater than or equal to -1");
	assert_said("POST", pools, "{\"name\":\"a\",\"slots\":1.5}", "fractional part");
	assert_said("POST", pools, "{\"slots\":1}", "\"loc\":[\"body\",\"name\"],\"msg\":\"Field required\"");
	assert_said("POST", pools, "{\"name\":1,\"slots\":1,\"x\":1}", "extra_forbidden");
	assert_said("POST", "/api/v2/connections", "{\"connection_id\":\"a.b-\u00e9_1\",\"conn_type\":\"x\"}", "");
	assert_said("POST", "/api/v2/connections", "{\"connection_id\":\"a b\",\"conn_type\":\"x\"}", "string_pattern_mismatch");
	assert_said("POST", "/api/v2/connections", "{\"connection_id\":\"\",\"conn_type\":\"x\"}", "[\\\\w.-]");
	assert_said("POST", "/api/v2/assets/events", "{\"asset_id\":1,\"partition_key\":\"  \"}", "string_pattern_mismatch");
	assert_said("POST", pools, "[]", "model_attributes_type");
	assert_said("PATCH", vars, "{\"actions\":[{\"action\":\"create\",\"entities\":[{\"key\":\"k\"}]}]}",
		    "\"loc\":[\"body\",\"actions\",0,\"create\",\"entities\",0,\"value\"]");
	assert_said("PATCH", vars, "{\"actions\":[{\"action\":\"burn\",\"entities\":[]}]}", "union_tag_invalid");
	assert_said("PATCH", vars, "{\"actions\":[{\"action\":\"delete\",\"entities\":[\"k\",{\"key\":\"k\",\"value\":1}]}]}", "");
	assert_said("PATCH", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}",
		    "{\"new_state\":\"running\"}", "'running' is not one of ['success', 'failed', 'skipped']");
	assert_said("PATCH", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}", "{\"new_state\":\"gone\"}",
		    "'gone' is not one of ['success', 'failed', 'skipped']");
	assert_said("PATCH", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}", "{\"new_state\":null}",
		    "'new_state' should not be empty");
	assert_said("PATCH", "/api/v2/dags/{dag_id}", "{\"is_paused\":1}", "");
	assert_said("PATCH", "/api/v2/dags/{dag_id}", "{\"is_paused\":2}", "bool_parsing");
	assert_said("POST", "/api/v2/backfills", "{\"dag_id\":\"d\",\"from_date\":\"2024-02-01\",\"to_date\":\"2024-02-02T00:00:00\"}", "");
	assert_said("POST", "/api/v2/backfills", "{\"dag_id\":\"d\",\"from_date\":\"2024-13-01\",\"to_date\":\"1\"}",
		    "month value is outside expected range of 1-12");
	assert_said("POST", "/api/v2/dags/{dag_id}/clearTaskInstances", "{\"task_ids\":[\"a\",[\"b\",1]]}", "");
	assert_said("POST", "/api/v2/dags/{dag_id}/clearTaskInstances", "{\"task_ids\":[[\"b\"]]}", "Field required");
	assert_said("POST", "/api/v2/assets/{asset_id}/materialize", "", "");
}

static const char *asked(const char *pattern, const char *name, const char *value)
{
	struct tw_http_pair pair = {tw_str(name), tw_str(value)};
	struct tw_request req = {.arena = &arena, .method = "GET", .route = route("GET", pattern), .query = &pair, .nquery = 1};
	struct tw_response resp = {0};
	const char *text;

	for (size_t i = 0; i < TW_HTTP_PARAMS; i++)
		req.params[i] = TW_STR("x");
	text = tw_spec_admits(&req, &resp) ? "" : tw_arena_strdup(&arena, tw_buf_cstr(&resp.body));
	tw_buf_release(&resp.body);
	return text;
}

static void test_queries(void **state)
{
	assert_string_equal(asked("/api/v2/dags", "limit", "3"), "");
	assert_string_equal(asked("/api/v2/dags", "nobody_knows", "3"), "");
	assert_non_null(strstr(asked("/api/v2/dags", "limit", "x"), "int_parsing"));
	assert_non_null(strstr(asked("/api/v2/dags", "limit", "-1"), "\"ctx\":{\"ge\":0}"));
	assert_non_null(strstr(asked("/api/v2/dags", "paused", "maybe"), "bool_parsing"));
	assert_non_null(strstr(asked("/api/v2/dags", "tags_match_mode", "some"), "Input should be 'any' or 'all'"));
	assert_non_null(strstr(asked("/api/v2/dags", "dag_run_start_date_gte", "2024-01-01T00:00:00"), "timezone_aware"));
	assert_non_null(strstr(asked("/api/v2/eventLogs/{event_log_id}", "a", "b"), "[\"path\",\"event_log_id\"]"));
}

static int drop(void **state)
{
	tw_spec_release(&spec);
	tw_arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),	cmocka_unit_test(test_faults_are_told),
		cmocka_unit_test(test_document), cmocka_unit_test(test_every_route_is_there),
		cmocka_unit_test(test_bodies),	cmocka_unit_test(test_queries),
	};

	return cmocka_run_group_tests(tests, NULL, drop);
}
