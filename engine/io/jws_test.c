#include "io/jws.h"

#include "base/testing.h"
#include "value/json.h"

static enum tw_rc wanted(struct tw_value c)
{
	return tw_map_bool(c, "good", false)	  ? TW_OK
	       : tw_map_bool(c, "unknown", false) ? TW_ERR_NOT_FOUND
	       : tw_map_bool(c, "expired", false) ? TW_ERR_TIMEOUT
	       : tw_map_bool(c, "broken", false)  ? TW_ERR_INVALID
						  : TW_ERR_DENIED;
}

static struct tw_value golden(struct tw_arena *a)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = tw_test_read("tests/compat/token/jws.json");
	struct tw_value g;

	assert_int_equal(tw_json_parse(a, tw_buf_str(&text), &g, NULL), TW_OK);
	return tw_value_copy(a, g);
}

static struct tw_jws_check check_of(struct tw_arena *a, struct tw_value g)
{
	return (struct tw_jws_check){
		.keys = tw_map_value(g, "keys"),
		.claims = {.audience = tw_str_copy(a, tw_map_str(g, "audience", "")).p,
			   .issuer = tw_str_copy(a, tw_map_str(g, "issuer", "")).p,
			   .now_us = tw_map_int(g, "now", 0) * 1000000,
			   .need_exp = true},
	};
}

static void tokens_of_others(void **state)
{
	struct tw_arena a = {0};
	struct tw_value g = golden(&a), cases = tw_map_value(g, "cases");
	struct tw_jws_check check = check_of(&a, g);

	assert_true(tw_value_len(cases) > 25);
	for (size_t i = 0; i < tw_value_len(cases); i++) {
		struct tw_value c = cases.list->v[i], claims = TW_NULL;
		struct tw_err err = {0};
		enum tw_rc rc = tw_jws_verify(&a, &check, tw_map_str(c, "token", ""), &claims, &err);

		if (rc != wanted(c))
			fail_msg("%s: %d, %s", tw_str_copy(&a, tw_map_str(c, "what", "")).p, rc, err.msg);
		if (rc == TW_OK)
			tw_assert_str(tw_map_str(claims, "sub", ""), "ada");
	}
	tw_arena_release(&a);
}

/* What the issuer does not say that it signs with is refused, though the key would fit. */
static void only_what_the_issuer_signs_with(void **state)
{
	struct tw_arena a = {0};
	struct tw_value g = golden(&a), cases = tw_map_value(g, "cases"), claims;
	struct tw_jws_check check = check_of(&a, g);
	size_t good = 0;

	check.algs = tw_v_list(&a);
	tw_list_push(&a, check.algs, tw_v_cstr("ES256"));
	tw_list_push(&a, check.algs, tw_v_cstr("HS256"));
	tw_list_push(&a, check.algs, tw_v_cstr("none"));
	for (size_t i = 0; i < tw_value_len(cases); i++)
		if (tw_jws_verify(&a, &check, tw_map_str(cases.list->v[i], "token", ""), &claims, NULL) == TW_OK) {
			tw_assert_str(tw_map_str(cases.list->v[i], "what", ""), "ES256");
			good++;
		}
	assert_int_equal(good, 1);
	tw_arena_release(&a);
}

static void keys_that_are_none(void **state)
{
	static const char *const sets[] = {
		"null", "[]", "{}", "{\"keys\":5}", "{\"keys\":[]}", "{\"keys\":[null, 5, \"x\", {}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rsa\"}]}", "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rsa\",\"n\":\"AQ\",\"e\":\"AQAB\"}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rsa\",\"n\":\"!\",\"e\":\"\"}]}",
		"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"rsa\",\"k\":\"AQAB\"}]}",
	};
	struct tw_arena a = {0};
	struct tw_value g = golden(&a), claims;
	struct tw_jws_check check = check_of(&a, g);
	struct tw_str token = tw_map_str(tw_map_value(g, "cases").list->v[0], "token", "");

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		assert_int_equal(tw_json_parse(&a, tw_str(sets[i]), &check.keys, NULL), TW_OK);
		assert_int_equal(tw_jws_verify(&a, &check, token, &claims, NULL), TW_ERR_NOT_FOUND);
	}
	tw_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_of_others),
		cmocka_unit_test(only_what_the_issuer_signs_with),
		cmocka_unit_test(keys_that_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
