#include "base/testing.h"

#include "api/app.h"
#include "api/tables.h"

/* What a role may through a route, without asking the handler. */
static int status_of(const struct tw_route *route, const char *role)
{
	struct tw_arena arena = {0};
	struct tw_api api = {0};
	struct tw_request req = {
		.arena = &arena,
		.route = route,
		.method = route->method,
		.app = &api,
		.user = {role ? TW_STR("anna") : (struct tw_str){0}, role ? tw_str(role) : (struct tw_str){0}},
	};
	struct tw_response resp = {0};
	bool ok;

	for (size_t i = 0; i < TW_HTTP_PARAMS; i++)
		req.params[i] = TW_STR("x");
	ok = tw_api_authorize(&req, &resp);
	tw_buf_release(&resp.body);
	tw_arena_release(&arena);
	return ok ? 200 : resp.status;
}

static const struct tw_route *route(const char *method, const char *pattern)
{
	for (const struct tw_route *const *t = tw_api_routes; *t; t++)
		for (const struct tw_route *r = *t; r->method; r++)
			if (strcmp(r->method, method) == 0 && strcmp(r->pattern, pattern) == 0)
				return r;
	fail_msg("no route %s %s", method, pattern);
	return NULL;
}

/* Which roles of the simple auth manager may: v(iewer) u(ser) o(p) a(dmin). */
static void test_simple(void **state)
{
	static const struct {
		const char *method, *pattern, *roles;
	} cases[] = {
		{"GET", "/api/v2/dags", "vuoa"},
		{"GET", "/api/v2/dags/{dag_id}/dagRuns", "vuoa"},
		{"POST", "/api/v2/dags/{dag_id}/dagRuns/list", "vuoa"},
		{"POST", "/api/v2/dags/{dag_id}/dagRuns", "uoa"},
		{"PATCH", "/api/v2/dags/{dag_id}", "uoa"},
		{"DELETE", "/api/v2/dags/{dag_id}", "uoa"},
		{"POST", "/api/v2/dags/{dag_id}/favorite", "vuoa"},
		{"POST", "/api/v2/dags/{dag_id}/clearTaskInstances", "uoa"},
		{"POST", "/api/v2/backfills", "uoa"},
		{"GET", "/api/v2/assets/events", "vuoa"},
		{"POST", "/api/v2/assets/events", "oa"},
		{"DELETE", "/api/v2/dags/{dag_id}/assets/queuedEvents", "oa"},
		{"GET", "/api/v2/pools", "vuoa"},
		{"GET", "/api/v2/variables", "oa"},
		{"GET", "/api/v2/connections", "oa"},
		{"DELETE", "/api/v2/connections/{connection_id}", "oa"},
		{"GET", "/api/v2/config", "vuoa"},
		{"GET", "/api/v2/eventLogs", "vuoa"},
		{"GET", "/api/v2/plugins", "vuoa"},
	};
	static const char *const roles[] = {"viewer", "user", "op", "ADMIN"};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int k = 0; k < 4; k++)
			assert_int_equal(status_of(route(cases[i].method, cases[i].pattern), roles[k]),
					 strchr(cases[i].roles, "vuoa"[k]) ? 200 : 403);
}

/* Nothing is open but what has to be. */
static void test_nobody(void **state)
{
	static const char *const doors[] = {"/", "/openapi.json", "/auth/", "/api/v2/auth/", "/api/v2/version",
					    "/api/v2/monitor/health", "/ui/auth/ways" /* how one signs in */,
					    "/oauth-authorized/{provider}" /* as Airflow 2 has /auth/oauth-authorized */,
					    "/metrics" /* [metrics] prometheus says: metrics_test.py */};

	for (const struct tw_route *const *t = tw_api_routes; *t; t++)
		for (const struct tw_route *r = *t; r->method; r++) {
			struct tw_str path = tw_str(r->pattern);
			bool fab = tw_str_starts(path, "/auth/fab/");
			bool open = *t == tw_routes_ui || *t == tw_routes_reference /* pages without data */
				    || *t == tw_routes_exec; /* tokens of its own */

			for (size_t i = 0; i < sizeof doors / sizeof *doors; i++)
				open |= doors[i][strlen(doors[i]) - 1] == '/' && doors[i][1]
						? !fab && tw_str_starts(path, doors[i])
						: tw_str_is(path, doors[i]);

			assert_int_equal(status_of(r, NULL), open ? 200 : 401);
			assert_int_equal(status_of(r, "stranger"), open ? 200 : 403);
			assert_int_equal(status_of(r, "admin"), 200);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_simple), cmocka_unit_test(test_nobody)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
