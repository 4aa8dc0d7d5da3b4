#include "base/testing.h"

#include "api/route.h"

static void nothing(struct tw_request *req, struct tw_response *resp)
{
}

static const struct tw_route table[] = {
	{"GET", "/dags", {TW_OPEN}, nothing},
	{"GET", "/dags/{id}", {TW_OPEN}, nothing},
	{"PATCH", "/dags/{id}", {TW_OPEN}, nothing},
	{"GET", "/dags/{id}/runs/list", {TW_OPEN}, nothing},
	{"GET", "/dags/{id}/runs/{run}", {TW_OPEN}, nothing},
	{"GET", "/files/{path...}", {TW_OPEN}, nothing},
	{"GET", "/api/v2/pools/{name...}", {TW_OPEN}, nothing},
	{0},
};
static const struct tw_route *const tables[] = {table, NULL};

static struct tw_arena arena;

static int find(const char *method, const char *path, struct tw_str params[TW_HTTP_PARAMS])
{
	const struct tw_route *r;
	enum tw_match m = tw_route_find(&arena, tables, method, tw_str(path), &r, params);

	return m == TW_MATCH_FOUND ? (int)(r - table) : m == TW_MATCH_OTHER_METHOD ? -2 : -1;
}

static void test_find(void **state)
{
	struct tw_str p[TW_HTTP_PARAMS];

	assert_int_equal(find("GET", "/dags", p), 0);
	assert_int_equal(find("GET", "/dags/", p), 0);
	assert_int_equal(find("HEAD", "/dags", p), 0);
	assert_int_equal(find("GET", "/dags/a%2Fb", p), 1);
	tw_assert_str(p[0], "a/b");
	assert_int_equal(find("PATCH", "/dags/x", p), 2);
	assert_int_equal(find("PUT", "/dags/x", p), -2);
	tw_assert_str(tw_route_methods(&arena, tables, TW_STR("/dags/x")), "GET, HEAD, PATCH");
	assert_int_equal(find("GET", "/dags/x/runs/list", p), 3);
	assert_int_equal(find("GET", "/dags/x/runs/y", p), 4);
	tw_assert_str(p[1], "y");
	assert_int_equal(find("GET", "/files/a/b/c", p), 5);
	tw_assert_str(p[0], "a/b/c");
	assert_int_equal(find("GET", "/files/", p), -1);
	assert_int_equal(find("GET", "/api/v2/pools/", p), 6); /* a name may be empty */
	assert_int_equal(p[0].n, 0);
	assert_int_equal(find("GET", "/api/v2/pools", p), -1);
	assert_int_equal(find("GET", "/dags//runs/y", p), -1);
	assert_int_equal(find("GET", "/dagsx", p), -1);
	assert_int_equal(find("GET", "", p), -1);
	assert_int_equal(find("GET", "/dags/%", p), -1);
	assert_int_equal(find("GET", "/dags/%0", p), -1);
	assert_int_equal(find("GET", "/dags/%00", p), -1);
	tw_arena_release(&arena);
}

static void test_param(void **state)
{
	static const struct tw_route route = {"GET", "/dags/{id}/x/{key...}", {TW_OPEN}, nothing};
	struct tw_request req = {.route = &route, .params = {TW_STR("a"), TW_STR("b/c")}};

	tw_assert_str(tw_route_param(&req, "id"), "a");
	tw_assert_str(tw_route_param(&req, "key"), "b/c");
	assert_null(tw_route_param(&req, "ke").p);
	assert_null(tw_route_param(&req, "dag_id").p);
}

static void test_decode(void **state)
{
	struct tw_str out;

	assert_true(tw_url_decode(&arena, tw_str("a+b%20c"), true, &out));
	tw_assert_str(out, "a b c");
	assert_true(tw_url_decode(&arena, tw_str("a+b"), false, &out));
	tw_assert_str(out, "a+b");
	assert_true(tw_url_decode(&arena, tw_str("%c3%A9"), false, &out));
	tw_assert_str(out, "é");
	assert_false(tw_url_decode(&arena, tw_str("%g0"), false, &out));
	assert_false(tw_url_decode(&arena, tw_str("x%1"), false, &out));
	tw_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_find), cmocka_unit_test(test_param),
					   cmocka_unit_test(test_decode)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
