/* Reader and writer against Python's json: tests/compat/json/make.py says what a line holds. */
#include "base/testing.h"
#include "base/utf8.h"
#include "value/json.h"

static const int styles[] = {
	TW_JSON_PYTHON | TW_JSON_ASCII,
	TW_JSON_PYTHON,
	TW_JSON_COMPACT | TW_JSON_SORT,
	TW_JSON_PRETTY,
};

/* Code points below 256 back to the bytes they stand for. */
static struct tw_str bytes_of(struct tw_arena *a, struct tw_str latin1)
{
	char *out = tw_arena_alloc(a, latin1.n);
	size_t n = 0;
	for (size_t i = 0; i < latin1.n;) {
		uint32_t cp = 0;
		i += tw_utf8_next(latin1.p + i, latin1.n - i, &cp);
		out[n++] = (char)cp;
	}
	return tw_strn(out, n);
}

static void check_line(struct tw_arena *a, struct tw_value line, size_t number)
{
	const struct tw_value *field = line.list->v;
	struct tw_value v;
	struct tw_err err = {0};
	struct tw_str raw = bytes_of(a, field[0].s);
	enum tw_rc rc = tw_json_parse(a, raw, &v, &err);
	bool want = field[1].kind != TW_V_NULL;
	if ((rc == TW_OK) != want)
		fail_msg("line %zu: Python %s, we say '%s' of %.200s", number,
			 want ? "reads it" : "refuses", err.msg, field[0].s.p);
	if (!want) {
		assert_true(strncmp(err.msg, "line ", 5) == 0);
		return;
	}
	for (size_t i = 1; i < line.list->n; i++) {
		TW_AUTO(tw_freep) char *got = tw_json_dump(v, styles[i - 1]);
		if (!tw_str_is(field[i].s, got))
			fail_msg("line %zu, style %zu:\n%s\n%s", number, i, got, field[i].s.p);
	}
}

static void as_python(void **state)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = tw_test_read("tests/compat/json/golden.jsonl");
	struct tw_str rest = tw_buf_str(&text);
	size_t number = 0;
	struct tw_arena a = {0};
	while (rest.n) {
		struct tw_value line;
		struct tw_str s = tw_str_cut(rest, '\n', &rest);
		assert_int_equal(tw_json_parse(&a, s, &line, NULL), TW_OK);
		check_line(&a, line, ++number);
		tw_arena_clear(&a);
	}
	assert_true(number > 1500);
	tw_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_python)};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
