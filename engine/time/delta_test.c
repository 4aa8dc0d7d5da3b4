#include "time/testing.h"

#include "time/delta.h"

static void check_sums(struct golden *g, const struct tw_delta *d, const char *key)
{
	struct tw_value list = tw_map_value(g->row, key);

	for (size_t i = 0; i < list.list->n; i++) {
		struct tw_value *row = list.list->v[i].list->v;
		struct tw_err err = {0};
		int64_t got;
		char iso[TW_ISO_MAX];

		if (tw_delta_add(row_us(row[0]), d, &got, &err) < 0)
			golden_bad(g, "%s: %s", key, err.msg);
		else if (got != row_us(row[1]))
			golden_bad(g, "%s to %.*s: %s, dateutil %.*s", key, TW_STR_ARG(row[0].s),
				   tw_time_iso_utc(iso, got), TW_STR_ARG(row[1].s));
	}
}

static void golden_deltas(void **state)
{
	struct golden g = golden_open("deltas.jsonl");

	(void)state;
	while (golden_next(&g)) {
		TW_AUTO(tw_buf_release) struct tw_buf str = {0};
		TW_AUTO(tw_buf_release) struct tw_buf repr = {0};
		struct tw_err err = {0};
		struct tw_delta d, neg;

		if (tw_delta_from_value(tw_map_value(g.row, "delta"), &d, &err) < 0) {
			golden_bad(&g, "%s", err.msg);
			continue;
		}
		neg = tw_delta_neg(&d);
		tw_delta_str(&d, &str);
		tw_delta_repr(&d, &repr);
		if (!tw_str_eq(tw_buf_str(&str), tw_map_str(g.row, "str", "")))
			golden_bad(&g, "str: %s, Python %.*s", tw_buf_cstr(&str),
				   TW_STR_ARG(tw_map_str(g.row, "str", "")));
		if (!tw_str_eq(tw_buf_str(&repr), tw_map_str(g.row, "repr", "")))
			golden_bad(&g, "repr: %s, Python %.*s", tw_buf_cstr(&repr),
				   TW_STR_ARG(tw_map_str(g.row, "repr", "")));
		check_sums(&g, &d, "add");
		check_sums(&g, &neg, "sub");
	}
	golden_close(&g, 100);
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"null",
		"\"1 day\"",
		"[]",
		"true",
		"1e300",
		"{\"months\":1.5}",
		"{\"hour\":24}",
		"{\"weekday\":7}",
		"{\"weekday\":[7]}",
		"{\"days\":\"1\"}",
		"{\"years\":1e9}",
		"{\"microseconds\":1e99}",
	};
	struct tw_arena a = {0};
	struct tw_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct tw_value v;
		struct tw_delta d;

		assert_int_equal(tw_json_parse(&a, tw_str(texts[i]), &v, &err), TW_OK);
		assert_int_equal(tw_delta_from_value(v, &d, &err), TW_ERR_INVALID);
	}
	tw_arena_release(&a);
}

static void past_the_end(void **state)
{
	struct tw_delta d = tw_delta_relative();
	int64_t t;

	(void)state;
	d.years = 9000;
	assert_int_equal(tw_delta_add(0, &d, &t, NULL), TW_ERR_INVALID);
	d = tw_delta_us(INT64_C(300000000000) * TW_US_SEC);
	assert_int_equal(tw_delta_add(0, &d, &t, NULL), TW_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_deltas),
		cmocka_unit_test(refused),
		cmocka_unit_test(past_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
