/* Connections by URI and JSON against what Airflow itself made of them (tests/compat/connection).
 */
#include "base/testing.h"

#include "cli/conn_uri.h"
#include "value/json.h"

struct golden {
	struct tw_buf text;
	struct tw_arena arena;
	struct tw_value cases;
};

static int open_golden(void **state)
{
	struct golden *g = tw_new(struct golden);
	struct tw_str rest;

	g->text = tw_test_read("tests/compat/connection/golden.jsonl");
	g->cases = tw_v_list(&g->arena);
	rest = tw_buf_str(&g->text);
	while (rest.p && rest.n) {
		struct tw_str line = tw_str_cut(rest, '\n', &rest);
		struct tw_value v;

		if (!line.n)
			continue;
		assert_int_equal(tw_json_parse(&g->arena, line, &v, NULL), TW_OK);
		tw_list_push(&g->arena, g->cases, v);
	}
	*state = g;
	return 0;
}

static int close_golden(void **state)
{
	struct golden *g = *state;

	tw_buf_release(&g->text);
	tw_arena_release(&g->arena);
	free(g);
	return 0;
}

/* Airflow tells an unset part from an empty one only by accident; they mean the same. */
static bool same_text(struct tw_str got, struct tw_value want)
{
	if (want.kind == TW_V_NULL)
		return got.n == 0;
	return want.kind == TW_V_STR && tw_str_eq(got, want.s);
}

static bool same_extra(struct tw_arena *a, struct tw_str got, struct tw_value want)
{
	struct tw_value x, y;

	if (want.kind == TW_V_NULL)
		return got.n == 0 || tw_str_is(got, "{}");
	if (tw_json_parse(a, got, &x, NULL) == TW_OK && tw_json_parse(a, want.s, &y, NULL) == TW_OK)
		return tw_value_equal(x, y) || (tw_value_len(x) == 0 && tw_value_len(y) == 0);
	return tw_str_eq(got, want.s);
}

static const char *difference(struct tw_arena *a, const struct tw_connection_row *c,
			      struct tw_value f)
{
	if (!same_text(c->conn_type, tw_map_value(f, "conn_type")))
		return "conn_type";
	if (!same_text(c->description, tw_map_value(f, "description")))
		return "description";
	if (!same_text(c->host, tw_map_value(f, "host")))
		return "host";
	if (!same_text(c->login, tw_map_value(f, "login")))
		return "login";
	if (!same_text(c->password, tw_map_value(f, "password")))
		return "password";
	if (!same_text(c->schema, tw_map_value(f, "schema")))
		return "schema";
	if (c->port != tw_map_int(f, "port", 0))
		return "port";
	return same_extra(a, c->extra, tw_map_value(f, "extra")) ? NULL : "extra";
}

static enum tw_rc read_case(struct tw_arena *a, struct tw_value v, struct tw_connection_row *c,
			    struct tw_err *err)
{
	if (tw_map_findc(v, "uri"))
		return tw_conn_from_uri(a, tw_map_str(v, "uri", ""), c, err);
	return tw_conn_from_json(a, tw_map_str(v, "json", ""), c, err);
}

static void reads_as_airflow(void **state)
{
	struct golden *g = *state;
	int bad = 0;

	for (size_t i = 0; i < g->cases.list->n; i++) {
		struct tw_value v = g->cases.list->v[i];
		struct tw_connection_row c = {0};
		struct tw_err err = {0};
		struct tw_str input = tw_map_str(v, "uri", tw_map_str(v, "json", "").p);
		enum tw_rc rc = read_case(&g->arena, v, &c, &err);
		const char *what = NULL;

		if (tw_map_findc(v, "error"))
			what = rc < 0 ? NULL : "an error was expected";
		else if (rc < 0)
			what = err.msg;
		else
			what = difference(&g->arena, &c, tw_map_value(v, "fields"));
		if (what && bad++ < 40)
			print_message("# " TW_STR_FMT ": %s\n", TW_STR_ARG(input), what);
	}
	assert_int_equal(bad, 0);
}

/* What we write, read again, is the same connection; and where the extra is flat it is Airflow's
 * text. */
static void writes_what_reads_back(void **state)
{
	struct golden *g = *state;
	int bad = 0;

	for (size_t i = 0; i < g->cases.list->n; i++) {
		struct tw_value v = g->cases.list->v[i];
		struct tw_connection_row c = {0}, again = {0};
		struct tw_err err = {0};
		struct tw_buf uri = {0};
		struct tw_str want = tw_map_str(v, "written", "");

		if (tw_map_findc(v, "error") || read_case(&g->arena, v, &c, &err) < 0)
			continue;
		tw_conn_to_uri(&c, &uri);
		if (!tw_str_eq(tw_buf_str(&uri), want)) {
			if (bad++ < 40)
				print_message("# wrote %s, Airflow " TW_STR_FMT "\n",
					      tw_buf_cstr(&uri), TW_STR_ARG(want));
		} else if (tw_conn_from_uri(&g->arena, tw_str_copy(&g->arena, tw_buf_str(&uri)),
					    &again, &err) < 0) {
			print_message("# %s does not read back: %s\n", tw_buf_cstr(&uri), err.msg);
			bad++;
		}
		tw_buf_release(&uri);
	}
	assert_int_equal(bad, 0);
}

static void refuses_nonsense(void **state)
{
	struct tw_arena a = {0};
	struct tw_connection_row c = {0};
	struct tw_err err = {0};

	for (const char *const *t = (const char *const[]){"", "x", "t://h:port", "t://h:99999", "{",
							  "[1]", "7", "{\"port\": \"x\"}", NULL};
	     *t; t++)
		assert_true(tw_conn_from_uri(&a, tw_str(*t), &c, &err) < 0);
	tw_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_airflow),
		cmocka_unit_test(writes_what_reads_back),
		cmocka_unit_test(refuses_nonsense),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_golden, close_golden);
}
