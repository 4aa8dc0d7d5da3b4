/* First byte: what the rest is taken for. What was signed or encrypted here reads back. */
#include "fuzz.h"

#include "io/file.h"
#include "io/token.h"
#include "value/json.h"

static void as_jwt(struct tw_str s)
{
	struct tw_arena a = {0};
	struct tw_value claims, got;
	struct tw_buf token = {0};
	struct tw_jwt_check check = {.key = TW_STR("key"), .now_us = 1700000000000000};
	tw_jwt_verify(&a, &check, s, &got, NULL);
	/* The same bytes as claims, rightly signed. */
	if (tw_json_parse(&a, s, &claims, NULL) == TW_OK && claims.kind == TW_V_MAP &&
	    tw_jwt_make(&token, check.alg, check.key, claims, NULL) == TW_OK)
		tw_jwt_verify(&a, &check, tw_buf_str(&token), &got, NULL);
	tw_buf_release(&token);
	tw_arena_release(&a);
}

static void as_fernet(struct tw_str s)
{
	struct tw_fernet f, given;
	struct tw_buf token = {0}, out = {0};
	tw_fernet_init(&given, s, NULL);
	tw_fernet_init(&f, TW_STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), NULL);
	tw_fernet_decrypt(&f, s, &out, NULL);
	tw_buf_clear(&out);
	tw_fernet_encrypt(&f, s, 0, &token);
	TW_ASSERT(tw_fernet_decrypt(&f, tw_buf_str(&token), &out, NULL) == TW_OK);
	TW_ASSERT(tw_str_eq(s, tw_buf_str(&out)));
	tw_buf_release(&token);
	tw_buf_release(&out);
}

static void as_base64(struct tw_str s)
{
	struct tw_buf text = {0}, back = {0};
	tw_base64url_decode(&back, s);
	tw_base64_decode(&back, s);
	tw_buf_clear(&back);
	tw_base64url(&text, s, false);
	TW_ASSERT(tw_base64url_decode(&back, tw_buf_str(&text)));
	TW_ASSERT(tw_str_eq(s, tw_buf_str(&back)));
	tw_buf_release(&text);
	tw_buf_release(&back);
	tw_uuid7_time(s);
}

static void as_path(struct tw_str s)
{
	struct tw_buf once = {0}, twice = {0};
	tw_path_normalise(&once, s);
	tw_path_normalise(&twice, tw_buf_str(&once));
	TW_ASSERT(tw_str_eq(tw_buf_str(&once), tw_buf_str(&twice)));
	tw_path_expand(&twice, s);
	tw_path_base(s);
	tw_path_dir(s);
	tw_buf_release(&once);
	tw_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(struct tw_str) = {as_jwt, as_fernet, as_base64, as_path};
	if (size)
		kinds[data[0] % 4](tw_strn((const char *)data + 1, size - 1));
	return 0;
}
