#include "operator/decode.h"

#include "base/testing.h"
#include "operator/env.h"
#include "operator/operator.h"

static void expect(const char *encoding, const char *bytes, const char *want)
{
	struct tw_decoder *d;
	struct tw_buf out = {0};
	assert_int_equal(tw_decoder_new(tw_str(encoding), &d, NULL), TW_OK);
	tw_buf_adds(&out, "+");
	tw_decoder_line(d, tw_str(bytes), &out);
	assert_string_equal(tw_buf_cstr(&out) + 1, want);
	tw_buf_release(&out);
	tw_decoder_free(d);
}

/* bytes.decode(encoding, errors="backslashreplace").rstrip() */
static void decodes_as_python(void **state)
{
	expect("utf-8", "plain", "plain");
	expect("UTF_8", "h\xc3\xa9 \t\r", "h\xc3\xa9");
	expect("utf8", "a\xff\xfe\xc3(", "a\\xff\\xfe\\xc3(");
	expect("utf-8", "x\xc2\xa0\xe3\x80\x80\xe2\x80\xa8", "x");
	expect("utf-8", " \x1c\x1f ", "");
	expect("latin-1", "\xfc\xa0", "\xc3\xbc");
	expect("ascii", "a\xe4z", "a\\xe4z");
	expect("cp1252", "\x80", "\xe2\x82\xac");
	struct tw_decoder *d;
	assert_int_equal(tw_decoder_new(TW_STR("klingon"), &d, NULL), TW_ERR_UNSUPPORTED);
}

static void expect_repr(const char *text, const char *want)
{
	struct tw_buf out = {0};
	tw_op_repr(&out, tw_str(text));
	assert_string_equal(tw_buf_cstr(&out), want);
	tw_buf_release(&out);
}

static void shows_text_as_python(void **state)
{
	expect_repr("echo 1", "'echo 1'");
	expect_repr("it's", "\"it's\"");
	expect_repr("'\"", "'\\'\"'");
	expect_repr("a\n\t\\\x01\x7f", "'a\\n\\t\\\\\\x01\\x7f'");
	expect_repr("h\xc3\xa9\xc2\xa0", "'h\xc3\xa9\\xa0'");
}

static void builds_environments(void **state)
{
	struct tw_arena a = {0};
	struct tw_env e = {.arena = &a};
	static const char *const list[] = {"A=1", "B=x=y", "nonsense", "A=2", NULL};
	tw_env_add_list(&e, list);
	tw_env_set(&e, TW_STR("C"), TW_STR(""));
	assert_int_equal(e.n, 3);
	assert_string_equal(e.v[0], "A=2");
	assert_string_equal(e.v[1], "B=x=y");
	assert_string_equal(e.v[2], "C=");
	assert_null(e.v[3]);
	for (int i = 0; i < 200; i++) {
		char name[16];
		snprintf(name, sizeof name, "N%d", i);
		tw_env_set(&e, tw_str(name), TW_STR("v"));
	}
	assert_int_equal(e.n, 203);
	assert_string_equal(e.v[0], "A=2");
	assert_null(e.v[203]);
	tw_env_release(&e);
	tw_arena_release(&a);
}

static void finds_operators(void **state)
{
	assert_string_equal(tw_op_find(TW_STR("bash"))->name, "bash");
	assert_string_equal(tw_op_find(TW_STR("empty"))->name, "empty");
	assert_null(tw_op_find(TW_STR("")));
	assert_null(tw_op_find(TW_STR("bash2")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_as_python),
		cmocka_unit_test(shows_text_as_python),
		cmocka_unit_test(builds_environments),
		cmocka_unit_test(finds_operators),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
