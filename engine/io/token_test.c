#include "io/token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"
#include "base/utf8.h"
#include "io/file.h"
#include "value/json.h"

static void base64(void **state)
{
	static const struct {
		const char *plain, *text;
	} cases[] = {
		{"", ""},	 {"f", "Zg=="},	       {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xFB\xEF\xFF", "++//"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tw_buf b = {0};
		tw_base64(&b, tw_str(cases[i].plain));
		assert_string_equal(tw_buf_cstr(&b), cases[i].text);
		tw_buf_clear(&b);
		assert_true(tw_base64_decode(&b, tw_str(cases[i].text)));
		assert_string_equal(tw_buf_cstr(&b), cases[i].plain);
		tw_buf_release(&b);
	}
	struct tw_buf b = {0};
	tw_base64url(&b, TW_STR("\xFB\xEF\xFF\xFF"), false);
	assert_string_equal(b.p, "--___w");
	tw_buf_clear(&b);
	assert_true(tw_base64url_decode(&b, TW_STR("Zm8")));
	assert_string_equal(b.p, "fo");
	static const char *const bad[] = {
		"Z",	"Zm9vY", "Zg=",	 "Zg===",    "====",  "=",
		"Z===", "Zm 8",	 "Zm+v", "Zg==Zg==", "Zm9v=", "\xFF\xFF\xFF\xFF"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(tw_base64url_decode(&b, tw_str(bad[i])));
	assert_false(tw_base64url_decode(&b, tw_strn("Zg\0A", 4)));
	assert_string_equal(b.p, "fo"); /* untouched by all of them */
	tw_buf_release(&b);
}

static void randomness(void **state)
{
	char a[64], b[64], password[33];
	tw_random(a, sizeof a);
	tw_random(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	tw_password(password, 32);
	assert_int_equal(strlen(password), 32);
	assert_null(strpbrk(password, "0O1lIi"));
	assert_true(tw_const_eq(TW_STR("abc"), TW_STR("abc")));
	assert_false(tw_const_eq(TW_STR("abc"), TW_STR("abd")));
	assert_false(tw_const_eq(TW_STR("abc"), TW_STR("ab")));
}

static void uuids(void **state)
{
	char last[TW_UUID_LEN + 1] = "", id[TW_UUID_LEN + 1];
	const int64_t now = 1700000000123456;
	for (int i = 0; i < 10000; i++) {
		/* The clock stands still, and goes back. */
		tw_uuid7(id, i < 5000 ? now : now - 60000000);
		assert_int_equal(strlen(id), TW_UUID_LEN);
		assert_true(strcmp(id, last) > 0);
		assert_int_equal(id[14], '7');
		assert_non_null(strchr("89ab", id[19]));
		strcpy(last, id);
	}
	tw_uuid7(id, now + 10000000);
	assert_int_equal(tw_uuid7_time(tw_str(id)), 1700000010123000);
	assert_int_equal(tw_uuid7_time(TW_STR("018bcfe5-6800-4000-8000-000000000000")), -1);
	assert_int_equal(tw_uuid7_time(TW_STR("018bcfe5_6800-7000-8000-000000000000")), -1);
	assert_int_equal(tw_uuid7_time(TW_STR("x")), -1);
	assert_int_equal(tw_uuid7_time(TW_STR("018BCFE5-6800-7000-8000-000000000000")),
			 1700000000000000);
}

static struct tw_value golden(struct tw_arena *a)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = tw_test_read("tests/compat/token/golden.json");
	struct tw_value v;
	assert_int_equal(tw_json_parse(a, tw_buf_str(&text), &v, NULL), TW_OK);
	return v;
}

/* "x" for claims as JSON, or the kind of refusal PyJWT has. */
static void check_jwt(struct tw_value c, int64_t now, struct tw_str key)
{
	struct tw_arena a = {0};
	struct tw_err err = {0};
	struct tw_str token = tw_map_str(c, "token", ""), aud = tw_map_str(c, "aud", NULL);
	struct tw_jwt_check check = {
		.key = key,
		.now_us = now,
		.leeway_us = tw_map_int(c, "leeway", 0) * 1000000,
		.audience = aud.p,
		.issuer = tw_map_str(c, "iss", NULL).p,
	};
	assert_true(tw_jwt_alg_parse(tw_map_str(c, "alg", "").p, &check.alg));
	struct tw_value got, want = tw_map_value(c, "want");
	enum tw_rc rc = tw_jwt_verify(&a, &check, token, &got, &err);
	if (want.kind == TW_V_STR) {
		if (rc < 0)
			fail_msg("PyJWT takes it, we say '%s': %s", err.msg, token.p);
		char *text = tw_json_dump(got, TW_JSON_PYTHON);
		assert_string_equal(text, want.s.p);
		free(text);
	} else {
		const char *kind = rc == TW_ERR_TIMEOUT ? "expired" : rc < 0 ? "refused" : "taken";
		if (!tw_str_is(want.list->v[0].s, kind))
			fail_msg("PyJWT: %s, we: %s (%s): %s", want.list->v[0].s.p, kind, err.msg,
				 token.p);
	}
	tw_arena_release(&a);
}

static void jwt_as_pyjwt(void **state)
{
	struct tw_arena a = {0};
	struct tw_value g = golden(&a), cases = tw_map_value(g, "jwt");
	assert_true(tw_value_len(cases) > 500);
	for (size_t i = 0; i < tw_value_len(cases); i++)
		check_jwt(cases.list->v[i], tw_map_int(g, "now", 0) * 1000000,
			  tw_map_str(g, "key", ""));
	tw_arena_release(&a);
}

static void jwt_made_is_read(void **state)
{
	struct tw_arena a = {0};
	struct tw_value claims = tw_v_map(&a), got;
	struct tw_buf token = {0}, again = {0};
	struct tw_err err;
	struct tw_jwt_check check = {.alg = TW_JWT_HS512, .key = TW_STR("k"), .now_us = 100000000};
	tw_map_putc(&a, claims, "sub",
		    tw_v_cstr("gr\xC3\xBC\xC3\x9F"
			      "e"));
	tw_map_putc(&a, claims, "exp", tw_v_int(101));
	assert_int_equal(tw_jwt_make(&token, TW_JWT_HS512, TW_STR("k"), claims, &err), TW_OK);
	assert_int_equal(tw_jwt_verify(&a, &check, tw_buf_str(&token), &got, &err), TW_OK);
	assert_true(tw_value_equal(got, claims));
	check.now_us = 101000000;
	assert_int_equal(tw_jwt_verify(&a, &check, tw_buf_str(&token), &got, &err), TW_ERR_TIMEOUT);
	check.alg = TW_JWT_HS256;
	assert_int_equal(tw_jwt_verify(&a, &check, tw_buf_str(&token), &got, &err), TW_ERR_DENIED);
	assert_string_equal(err.msg, "the token is not signed with HS256");

	/* The text PyJWT makes of the same claims, but for the order in its header. */
	tw_buf_adds(&again, "kept ");
	assert_int_equal(tw_jwt_make(&again, TW_JWT_HS256, TW_STR("secret"), tw_v_map(&a), &err),
			 TW_OK);
	assert_string_equal(again.p, "kept eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30."
				     "t-IDcSemACt8x4iTMCda8Yhe3iZaWbvV5XKSTbuAn0M");
	check = (struct tw_jwt_check){.key = TW_STR("secret"), .need_exp = true};
	struct tw_str text = tw_strn(again.p + 5, again.n - 5);
	assert_int_equal(tw_jwt_verify(&a, &check, text, &got, &err), TW_ERR_DENIED);
	assert_string_equal(err.msg, "the token has no exp");
	check.key = TW_STR("");
	assert_int_equal(tw_jwt_verify(&a, &check, text, &got, &err), TW_ERR_DENIED);
	assert_int_equal(tw_jwt_make(&again, TW_JWT_HS256, TW_STR(""), claims, &err),
			 TW_ERR_INVALID);
	enum tw_jwt_alg alg;
	assert_false(tw_jwt_alg_parse("none", &alg));
	tw_buf_release(&token);
	tw_buf_release(&again);
	tw_arena_release(&a);
}

static void fernet_as_cryptography(void **state)
{
	struct tw_arena a = {0};
	struct tw_value g = golden(&a), cases = tw_map_value(g, "fernet");
	size_t good = 0;
	for (size_t i = 0; i < tw_value_len(cases); i++) {
		struct tw_value c = cases.list->v[i];
		struct tw_fernet f;
		struct tw_buf out = {0}, latin1 = {0};
		assert_int_equal(tw_fernet_init(&f, tw_map_str(c, "keys", ""), NULL), TW_OK);
		enum tw_rc rc = tw_fernet_decrypt(&f, tw_map_str(c, "token", ""), &out, NULL);
		struct tw_str want = tw_map_str(c, "want", NULL);
		assert_int_equal(rc, want.p ? TW_OK : TW_ERR_DENIED);
		for (size_t k = 0; k < out.n; k++) {
			char utf8[4];
			tw_buf_add(&latin1, utf8, tw_utf8_put(utf8, (unsigned char)out.p[k]));
		}
		if (want.p)
			assert_true(tw_str_eq(want, tw_buf_str(&latin1)));
		good += want.p != NULL;
		tw_buf_release(&out);
		tw_buf_release(&latin1);
	}
	assert_true(good >= 12);
	tw_arena_release(&a);
}

static void fernet_round_trip(void **state)
{
	struct tw_fernet f, none, both;
	struct tw_err err;
	char key[45], other[45], ring[100];
	tw_fernet_generate(key);
	tw_fernet_generate(other);
	assert_string_not_equal(key, other);
	snprintf(ring, sizeof ring, " %s, %s\n", other, key);
	assert_int_equal(tw_fernet_init(&f, tw_str(key), &err), TW_OK);
	assert_int_equal(tw_fernet_init(&both, tw_str(ring), &err), TW_OK);
	assert_int_equal(both.n, 2);
	assert_int_equal(tw_fernet_init(&none, TW_STR(""), &err), TW_OK);
	char plain[70];
	memset(plain, 'p', sizeof plain);
	for (size_t n = 0; n <= sizeof plain; n++) {
		struct tw_buf token = {0}, out = {0};
		tw_fernet_encrypt(&f, tw_strn(plain, n), 1700000000000000, &token);
		assert_memory_equal(token.p, "gAAAAABlU_EA", 11);
		assert_int_equal(tw_fernet_decrypt(&both, tw_buf_str(&token), &out, &err), TW_OK);
		assert_true(tw_str_eq(tw_buf_str(&out), tw_strn(plain, n)));
		tw_buf_clear(&out);
		token.p[token.n / 2] ^= 1;
		assert_int_equal(tw_fernet_decrypt(&both, tw_buf_str(&token), &out, &err),
				 TW_ERR_DENIED);
		assert_int_equal(out.n, 0);
		tw_buf_release(&token);
		tw_buf_release(&out);
	}
	struct tw_buf same = {0};
	tw_fernet_encrypt(&none, TW_STR("as it is"), 0, &same);
	assert_int_equal(tw_fernet_decrypt(&none, TW_STR(" too"), &same, &err), TW_OK);
	assert_string_equal(same.p, "as it is too");
	tw_buf_release(&same);
	assert_int_equal(tw_fernet_init(&f, TW_STR("short"), &err), TW_ERR_INVALID);
	snprintf(ring, sizeof ring, "%s,,", key);
	assert_int_equal(tw_fernet_init(&f, tw_str(ring), &err), TW_ERR_INVALID);
	assert_string_equal(err.msg, "fernet key 2 is not 32 bytes in base64url");
}

static void secret_files(void **state)
{
	char dir[] = "/tmp/tradewind-test-XXXXXX";
	assert_non_null(mkdtemp(dir));
	char *path = tw_asprintf("%s/key", dir);
	struct tw_buf first = {0}, second = {0};
	struct tw_err err;
	struct stat st;
	assert_int_equal(tw_secret_file(path, 32, &first, &err), TW_OK);
	assert_int_equal(first.n, 44);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(tw_secret_file(path, 32, &second, &err), TW_OK);
	assert_string_equal(first.p, second.p);
	assert_int_equal(tw_file_write(path, TW_STR("\n"), 0600, NULL), TW_OK);
	assert_int_equal(tw_secret_file(path, 32, &second, &err), TW_ERR_INVALID);
	tw_buf_release(&first);
	tw_buf_release(&second);
	free(path);
	assert_int_equal(tw_file_remove_tree(dir, NULL), TW_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64),
		cmocka_unit_test(randomness),
		cmocka_unit_test(uuids),
		cmocka_unit_test(jwt_as_pyjwt),
		cmocka_unit_test(jwt_made_is_read),
		cmocka_unit_test(fernet_as_cryptography),
		cmocka_unit_test(fernet_round_trip),
		cmocka_unit_test(secret_files),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
