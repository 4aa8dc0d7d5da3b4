/* The parts of the Execution API that need no server: tokens, and values between the forms of several generations. */
#include "base/testing.h"

#include <stdlib.h>

#include "api/exec/exec.h"

static struct tw_arena arena;

static const struct tw_exec_keys keys = { .alg = TW_JWT_HS512, .audiences = { "first, second", 13 }, .secret = { "key", 3 },
					  .ttl = 600, .queued_ttl = 60 };
#define NOW (1800000000 * TW_US_SEC)
static const char id[] = "01890000-0000-7000-8000-000000000001";

static struct tw_str make(const struct tw_exec_keys *k, const char *sub, enum tw_exec_scope scope)
{
	struct tw_buf b = { 0 };
	struct tw_str s;

	assert_int_equal(tw_exec_token_make(k, tw_str(sub), scope, (struct tw_str){ 0 }, NOW, &b, NULL), TW_OK);
	s = tw_str_copy(&arena, tw_buf_str(&b));
	tw_buf_release(&b);
	return s;
}

static void test_a_token_is_what_it_says(void **state)
{
	struct tw_exec_claims c;

	assert_int_equal(tw_exec_token_check(&keys, make(&keys, id, TW_SCOPE_WORKLOAD), NOW, &arena, &c, NULL), TW_OK);
	assert_int_equal(c.scope, TW_SCOPE_WORKLOAD);
	assert_true(tw_str_is(c.sub, id));
	assert_int_equal(c.exp - c.iat, 60);
	assert_int_equal(tw_exec_token_check(&keys, make(&keys, "anna", TW_SCOPE_WORKER), NOW, &arena, &c, NULL), TW_OK);
	assert_true(tw_exec_token_check(&keys, make(&keys, "anna", TW_SCOPE_EXECUTION), NOW, &arena, &c, NULL) < 0);
	tw_arena_release(&arena);
}

static void test_a_token_is_nobody_elses(void **state)
{
	struct tw_exec_keys other = keys, second = keys;
	struct tw_exec_claims c;

	other.secret = TW_STR("another");
	assert_true(tw_exec_token_check(&keys, make(&other, id, TW_SCOPE_EXECUTION), NOW, &arena, &c, NULL) < 0);
	second.audiences = TW_STR("second");
	assert_int_equal(tw_exec_token_check(&keys, make(&second, id, TW_SCOPE_EXECUTION), NOW, &arena, &c, NULL), TW_OK);
	second.audiences = TW_STR("third");
	assert_true(tw_exec_token_check(&keys, make(&second, id, TW_SCOPE_EXECUTION), NOW, &arena, &c, NULL) < 0);
	assert_true(tw_exec_token_check(&keys, make(&keys, id, TW_SCOPE_EXECUTION), NOW + 601 * TW_US_SEC, &arena, &c, NULL) < 0);
	tw_arena_release(&arena);
}

static void test_a_token_wanes_in_its_last_fifth(void **state)
{
	struct tw_exec_claims c = { .scope = TW_SCOPE_EXECUTION, .iat = 0, .exp = 600 };

	assert_false(tw_exec_token_wanes(&c, 479 * TW_US_SEC));
	assert_true(tw_exec_token_wanes(&c, 480 * TW_US_SEC));
	c.exp = 60;
	assert_true(tw_exec_token_wanes(&c, 30 * TW_US_SEC));
	c.scope = TW_SCOPE_WORKLOAD;
	assert_false(tw_exec_token_wanes(&c, 59 * TW_US_SEC));
}

/* Both are JSON with ' for ". */
static void assert_form(const char *from, enum tw_kwargs_form form, const char *want)
{
	char *in = tw_strdup(from), *out;
	struct tw_value v;

	for (char *p = in; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	assert_int_equal(tw_json_parse(&arena, tw_str(in), &v, NULL), TW_OK);
	out = tw_json_dump(tw_kwargs_to(&arena, v, form), TW_JSON_COMPACT);
	for (char *p = out; *p; p++)
		*p = *p == '"' ? '\'' : *p;
	assert_string_equal(out, want);
	free(in);
	free(out);
}

#define SERDE(class, version, data) "{'__classname__':'" class "','__version__':" version ",'__data__':" data "}"
#define TAGGED(type, var) "{'__type':'" type "','__var':" var "}"
#define UTC SERDE("builtins.tuple", "1", "['UTC','pendulum.tz.timezone.Timezone',1,true]")

static void test_values_between_the_forms(void **state)
{
	assert_form("{'a':1,'b':[null,'x']}", TW_KWARGS_SERDE, "{'a':1,'b':[null,'x']}");
	assert_form("{'a':" TAGGED("tuple", "[1,2]") "}", TW_KWARGS_SERDE, "{'a':" SERDE("builtins.tuple", "1", "[1,2]") "}");
	assert_form("{'a':" SERDE("builtins.set", "1", "[1]") "}", TW_KWARGS_OURS, "{'a':" TAGGED("set", "[1]") "}");
	assert_form("{'a':" SERDE("datetime.timedelta", "2", "90.0") "}", TW_KWARGS_OURS, "{'a':" TAGGED("timedelta", "90.0") "}");
	assert_form("{'a':" SERDE("datetime.datetime", "2", "{'timestamp':1767225600.0,'tz':null}") "}", TW_KWARGS_OURS,
		    "{'a':" TAGGED("datetime", "'2026-01-01T00:00:00+00:00'") "}");
	assert_form("{'a':" TAGGED("datetime", "'2026-01-01T00:00:00+00:00'") "}", TW_KWARGS_SERDE,
		    "{'a':" SERDE("datetime.datetime", "2", "{'timestamp':1767225600.0,'tz':" UTC "}") "}");
	tw_arena_release(&arena);
}

/* What Airflow wrote before 3.2: every object is tagged, too. */
static void test_values_of_older_workers(void **state)
{
	const char *old = TAGGED("dict", "{'a':" TAGGED("datetime", "1767225600.0") ",'b':[" TAGGED("dict", "{'x':1}") "]}");

	assert_form(old, TW_KWARGS_OURS, "{'a':" TAGGED("datetime", "'2026-01-01T00:00:00+00:00'") ",'b':[{'x':1}]}");
	assert_form("{'a':" TAGGED("datetime", "'2026-01-01T00:00:00+00:00'") ",'b':[{'x':1}]}", TW_KWARGS_TAGGED, old);
	tw_arena_release(&arena);
}

/* What says that it is one thing and is another stays as it came. */
static void test_values_that_lie(void **state)
{
	assert_form("{'a':" TAGGED("tuple", "{'b':1}") "}", TW_KWARGS_SERDE, "{'a':" SERDE("builtins.tuple", "1", "{'b':1}") "}");
	assert_form("{'a':" SERDE("builtins.set", "1", "null") "}", TW_KWARGS_OURS, "{'a':" TAGGED("set", "null") "}");
	tw_arena_release(&arena);
}

/* A class that none of the forms shares stays as it came. */
static void test_values_that_only_python_knows(void **state)
{
	assert_form("{'a':" SERDE("decimal.Decimal", "1", "'1.5'") "}", TW_KWARGS_OURS, "{'a':" SERDE("decimal.Decimal", "1", "'1.5'") "}");
	assert_form("{'a':" SERDE("decimal.Decimal", "1", "'1.5'") "}", TW_KWARGS_SERDE, "{'a':" SERDE("decimal.Decimal", "1", "'1.5'") "}");
	tw_arena_release(&arena);
}

/* Each route is in spec/execution.txt: what is not would not be checked. */
static void test_every_route_is_in_the_spec(void **state)
{
	static const struct tw_exec_route *const tables[] = { tw_exec_ti,    tw_exec_ask,  tw_exec_vault, tw_exec_store,
							      tw_exec_hitl, tw_exec_xcom, tw_exec_work };

	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct tw_exec_route *r = tables[t]; r->method; r++)
			if (!tw_exec_described(r->method, r->pattern) && !r->until)
				fail_msg("%s %s is not in spec/execution.txt", r->method, r->pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token_is_what_it_says),	     cmocka_unit_test(test_a_token_is_nobody_elses),
		cmocka_unit_test(test_a_token_wanes_in_its_last_fifth), cmocka_unit_test(test_values_between_the_forms),
		cmocka_unit_test(test_values_of_older_workers),	     cmocka_unit_test(test_values_that_only_python_knows),
		cmocka_unit_test(test_values_that_lie),		     cmocka_unit_test(test_every_route_is_in_the_spec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
