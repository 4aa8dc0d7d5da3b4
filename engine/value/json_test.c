#include "value/json.h"

#include "base/testing.h"

static void expect_error(const char *text, size_t n, enum tw_rc rc, const char *msg)
{
	struct tw_arena a = {0};
	struct tw_err err = {0};
	struct tw_value v = tw_v_int(77);
	assert_int_equal(tw_json_parse(&a, tw_strn(text, n), &v, &err), rc);
	assert_string_equal(err.msg, msg);
	assert_int_equal(v.i, 77); /* untouched */
	tw_arena_release(&a);
}

#define BAD(lit, msg) expect_error(lit, sizeof(lit) - 1, TW_ERR_INVALID, msg)

static void says_where(void **state)
{
	BAD("", "line 1, column 1: the text ends too early");
	BAD("{\"a\": 1,\n \"b\" 2}", "line 2, column 6: expected ':' after the key");
	BAD("[1, 2", "line 1, column 6: the text ends too early");
	BAD("[1, 2 3]", "line 1, column 7: expected ',' or ']'");
	BAD("{\"a\":1 3}", "line 1, column 8: expected ',' or '}'");
	BAD("[\"\xC3\xA4\xC3\xA4\", x]", "line 1, column 8: expected a value");
	BAD("{\"a\":1,}", "line 1, column 8: expected a key in double quotes");
	BAD("[\n\n  \"ab\xFF\"]", "line 3, column 6: these bytes are not UTF-8");
	BAD("\"\xED\xA0\x80\"", "line 1, column 2: these bytes are not UTF-8");
	BAD("\"a\tb\"", "line 1, column 3: a control character must be escaped in a string");
	BAD("\"\\x\"", "line 1, column 2: unknown escape in a string");
	BAD("\"\\u00g0\"", "line 1, column 2: \\u wants four hexadecimal digits");
	BAD("1.e5", "line 1, column 3: a digit must follow the decimal point");
	BAD("1e+", "line 1, column 4: the text ends too early");
	BAD("1 2", "line 1, column 3: more text after the value");
	BAD("1\0", "line 1, column 2: more text after the value");
}

static void limits_depth(void **state)
{
	char text[2 * (TW_JSON_DEPTH + 1)];
	struct tw_arena a = {0};
	struct tw_value v;
	memset(text, '[', TW_JSON_DEPTH + 1);
	memset(text + TW_JSON_DEPTH + 1, ']', TW_JSON_DEPTH + 1);
	assert_int_equal(tw_json_parse(&a, tw_strn(text + 1, 2 * TW_JSON_DEPTH), &v, NULL), TW_OK);
	tw_arena_release(&a);
	expect_error(text, sizeof text, TW_ERR_LIMIT, "line 1, column 513: nested too deeply");
	memset(text, '{', sizeof text);
	expect_error(text, sizeof text, TW_ERR_INVALID,
		     "line 1, column 2: expected a key in double quotes");
}

static void text_may_go_away(void **state)
{
	struct tw_arena a = {0};
	struct tw_value v;
	char *text = tw_strdup("{\"key\": [\"plain\", \"esc\\n\", 123456789012345678901]}");
	assert_int_equal(tw_json_parse(&a, tw_str(text), &v, NULL), TW_OK);
	memset(text, 'x', strlen(text));
	free(text);
	struct tw_value list = tw_map_value(v, "key");
	tw_assert_str(list.list->v[0].s, "plain");
	tw_assert_str(list.list->v[1].s, "esc\n");
	assert_int_equal(list.list->v[2].kind, TW_V_BIGINT);
	/* Strings out of JSON are terminated. */
	assert_int_equal(strlen(list.list->v[1].s.p), 4);
	tw_arena_release(&a);
}

/* Wide maps are indexed, and a key named again keeps its first place. */
static void doubled_keys(void **state)
{
	struct tw_arena a = {0};
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	tw_buf_adds(&text, "{");
	for (int i = 0; i < 200; i++)
		tw_buf_printf(&text, "%s\"k%d\":%d", i ? "," : "", i % 100, i);
	tw_buf_adds(&text, "}");
	struct tw_value v;
	assert_int_equal(tw_json_parse(&a, tw_buf_str(&text), &v, NULL), TW_OK);
	assert_int_equal(tw_value_len(v), 100);
	for (int i = 0; i < 100; i++) {
		char key[8];
		snprintf(key, sizeof key, "k%d", i);
		tw_assert_str(v.map->v[i].key.s, key);
		assert_int_equal(tw_map_int(v, key, -1), 100 + i);
	}
	tw_arena_release(&a);
}

static void writes_what_json_never_holds(void **state)
{
	struct tw_arena a = {0};
	struct tw_value list = tw_v_list(&a), tuple = tw_v_list(&a), map = tw_v_map(&a);
	tuple.kind = TW_V_TUPLE;
	tw_list_push(&a, tuple, tw_v_int(1));
	tw_list_push(&a, list, tuple);
	struct tw_value dt = {.kind = TW_V_DATETIME, .dt = {-1, NULL}};
	tw_list_push(&a, list, dt);
	dt.dt.us = 1709164800000000; /* 2024-02-29 */
	dt.dt.zone = (const struct tw_zone *)&a;
	tw_list_push(&a, list, dt);
	tw_list_push(&a, list, (struct tw_value){.kind = TW_V_DELTA, .i = 1500000});
	tw_list_push(&a, list, (struct tw_value){.kind = TW_V_UNDEFINED, .s = TW_STR("x")});
	tw_list_push(&a, list, tw_v_str(TW_STR("bad \xFF\xC3 end")));
	tw_map_put_key(&a, map, tw_v_int(1), tw_v_int(1));
	tw_map_put_key(&a, map, TW_NULL, tw_v_int(2));
	tw_map_put_key(&a, map, tw_v_float(1.5), tw_v_int(3));
	tw_list_push(&a, list, map);
	char *text = tw_json_dump(list, TW_JSON_COMPACT);
	assert_string_equal(text,
			    "[[1],\"1969-12-31T23:59:59.999999\",\"2024-02-29T00:00:00+00:00\","
			    "1.5,null,\"bad \xEF\xBF\xBD\xEF\xBF\xBD end\","
			    "{\"1\":1,\"null\":2,\"1.5\":3}]");
	free(text);
	tw_arena_release(&a);
}

static void build(struct tw_buf *out, int style)
{
	struct tw_arena a = {0};
	struct tw_value inner = tw_v_list(&a);
	tw_list_push(&a, inner, tw_v_bool(true));
	struct tw_jw w = {.out = out, .style = style};
	tw_jw_obj(&w);
	tw_jw_key(&w, "id");
	tw_jw_cstr(&w, "a\"b");
	tw_jw_keyn(&w, TW_STR("none"));
	tw_jw_cstr(&w, NULL);
	tw_jw_key(&w, "list");
	tw_jw_list(&w);
	tw_jw_int(&w, INT64_MIN);
	tw_jw_float(&w, 2);
	tw_jw_bool(&w, false);
	tw_jw_list(&w);
	tw_jw_end(&w);
	tw_jw_value(&w, inner);
	tw_jw_end(&w);
	tw_jw_key(&w, "raw");
	tw_jw_raw(&w, TW_STR("{}"));
	tw_jw_end(&w);
	tw_arena_release(&a);
}

static void builds_without_a_tree(void **state)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	build(&out, TW_JSON_COMPACT);
	assert_string_equal(out.p,
			    "{\"id\":\"a\\\"b\",\"none\":null,\"list\":[-9223372036854775808,"
			    "2.0,false,[],[true]],\"raw\":{}}");
	tw_buf_clear(&out);
	build(&out, TW_JSON_PYTHON);
	assert_string_equal(out.p, "{\"id\": \"a\\\"b\", \"none\": null, \"list\": "
				   "[-9223372036854775808, 2.0, false, [], [true]], \"raw\": {}}");
	/* The tree written indented is the same text. */
	TW_AUTO(tw_buf_release) struct tw_buf again = {0};
	struct tw_arena a = {0};
	struct tw_value v;
	tw_buf_clear(&out);
	build(&out, TW_JSON_PRETTY);
	assert_int_equal(tw_json_parse(&a, tw_buf_str(&out), &v, NULL), TW_OK);
	tw_json_write(&again, v, TW_JSON_PRETTY);
	assert_string_equal(out.p, again.p);
	tw_arena_release(&a);
}

static void expect_item(const char *text, size_t n, const char *item)
{
	struct tw_str found = TW_STR("untouched");
	assert_int_equal(tw_json_item(tw_str(text), n, &found), item != NULL);
	assert_true(tw_str_is(found, item ? item : "untouched"));
}

static void takes_one_item(void **state)
{
	const char *text = " [1, {\"a\": [2, \"]\"]} ,\"x\\\\\",\"\\\"],\", null,[[]]]\n";
	expect_item(text, 0, "1");
	expect_item(text, 1, "{\"a\": [2, \"]\"]}");
	expect_item(text, 2, "\"x\\\\\"");
	expect_item(text, 3, "\"\\\"],\"");
	expect_item(text, 4, "null");
	expect_item(text, 5, "[[]]");
	expect_item(text, 6, NULL);
	expect_item("[]", 0, NULL);
	expect_item("[ ]", 0, NULL);
	expect_item("{\"a\": 1}", 0, NULL);
	expect_item("\"[1]\"", 0, NULL);
	expect_item("", 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_where),
		cmocka_unit_test(limits_depth),
		cmocka_unit_test(text_may_go_away),
		cmocka_unit_test(doubled_keys),
		cmocka_unit_test(writes_what_json_never_holds),
		cmocka_unit_test(builds_without_a_tree),
		cmocka_unit_test(takes_one_item),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
