/* How rows are printed, in all four ways. */
#include "base/testing.h"

#include <unistd.h>

#include "cli/output.h"
#include "value/json.h"

static const struct tw_opt opts[] = {TW_OPT_OUTPUT, {0}};
static const struct tw_verb verb = {NULL, "list", "", NULL, opts, NULL, false};

/* What printing these rows writes to standard output. */
static char *printed(const char *how, const char *json)
{
	struct tw_arena arena = {0};
	struct tw_args args = {.verb = &verb};
	struct tw_value rows;
	struct tw_buf out = {0};
	FILE *file = tmpfile();
	int saved = dup(1), ch;

	assert_int_equal(tw_json_parse(&arena, tw_str(json), &rows, NULL), TW_OK);
	tw_vec_push(&args.values, ((struct tw_arg_value){&opts[0], how}));
	fflush(stdout);
	dup2(fileno(file), 1);
	tw_output_rows(&args, rows);
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	rewind(file);
	while ((ch = getc(file)) != EOF)
		tw_buf_addc(&out, (char)ch);
	fclose(file);
	tw_args_release(&args);
	tw_arena_release(&arena);
	tw_buf_adds(&out, "");
	return tw_buf_steal(&out);
}

static void check(const char *how, const char *json, const char *want)
{
	char *got = printed(how, json);

	assert_string_equal(got, want);
	free(got);
}

#define ROWS                                                                                       \
	"[{\"id\": \"a\", \"n\": 128, \"on\": true, \"none\": null, \"tags\": [\"x\", \"y\"]},"    \
	" {\"id\": \"long one\", \"n\": 1.5, \"on\": false, \"none\": \"\", \"tags\": []}]"

static void a_table_has_borders_and_pythons_words(void **state)
{
	check("table", ROWS,
	      "id       | n   | on    | none | tags\n"
	      "=========+=====+=======+======+=====\n"
	      "a        | 128 | True  | None | x,y\n"
	      "long one | 1.5 | False |      | \n");
}

static void plain_is_two_spaces_apart(void **state)
{
	check("plain", "[{\"a\": \"1\", \"b\": null}, {\"a\": \"222\", \"b\": true}]",
	      "a    b\n1    None\n222  True\n");
}

static void json_has_scalars_as_strings(void **state)
{
	check("json", ROWS,
	      "[{\"id\": \"a\", \"n\": \"128\", \"on\": \"True\", \"none\": null, \"tags\": "
	      "[\"x\", \"y\"]}, "
	      "{\"id\": \"long one\", \"n\": \"1.5\", \"on\": \"False\", \"none\": \"\", \"tags\": "
	      "[]}]\n");
	check("json", "[{\"o\": {\"b\": 1, \"a\": [true]}}]",
	      "[{\"o\": {\"b\": \"1\", \"a\": [\"True\"]}}]\n");
}

static void yaml_is_sorted_and_quotes_what_would_be_read_as_something_else(void **state)
{
	check("yaml",
	      "[{\"b\": 5, \"a\": \"text\", \"c\": null, \"d\": true, \"e\": [\"x\", 1], \"f\": "
	      "\"a: b\", \"g\": \"it's\","
	      " \"h\": \"two\\nlines\", \"i\": {}, \"j\": \"\"}]",
	      "- a: text\n  b: '5'\n  c: null\n  d: 'True'\n  e:\n  - x\n  - '1'\n  f: 'a: b'\n  "
	      "g: it's\n"
	      "  h: \"two\\nlines\"\n  i: {}\n  j: ''\n\n");
}

static void nothing_is_said_to_be_nothing(void **state)
{
	check("table", "[]", "No data found\n");
	check("plain", "[]", "No data found\n");
	check("json", "[]", "[]\n");
}

static void wide_characters_take_two_columns(void **state)
{
	check("table", "[{\"a\": \"日本\", \"b\": \"x\"}, {\"a\": \"abc\", \"b\": \"y\"}]",
	      "a    | b\n=====+==\n日本 | x\nabc  | y\n");
}

static void line_ends_do_not_break_a_table(void **state)
{
	check("table", "[{\"a\": \"x\\ny\", \"b\": \"z\"}]", "a   | b\n====+==\nx y | z\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_borders_and_pythons_words),
		cmocka_unit_test(plain_is_two_spaces_apart),
		cmocka_unit_test(json_has_scalars_as_strings),
		cmocka_unit_test(yaml_is_sorted_and_quotes_what_would_be_read_as_something_else),
		cmocka_unit_test(nothing_is_said_to_be_nothing),
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(line_ends_do_not_break_a_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
