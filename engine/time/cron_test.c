#include "time/testing.h"

#include "time/cron.h"

static void check_walk(struct golden *g, const struct tw_cron *c, struct tw_str expr, int64_t from,
		       struct tw_value steps, bool back)
{
	int64_t t = from;

	for (size_t i = 0; i < steps.list->n; i++) {
		int64_t want = row_us(steps.list->v[i]), got = TW_TIME_NONE;
		enum tw_rc rc = back ? tw_cron_prev_local(c, t, &got, NULL)
				     : tw_cron_next_local(c, t, &got, NULL);
		char a[TW_ISO_MAX], b[TW_ISO_MAX], f[TW_ISO_MAX];

		if (rc == TW_ERR_NOT_FOUND ? want == TW_TIME_NONE : rc == TW_OK && got == want) {
			t = got;
			continue;
		}
		golden_bad(g, "'%.*s' %s %s: got %s, croniter %s", TW_STR_ARG(expr),
			   back ? "before" : "after", tw_time_iso_utc(f, t),
			   tw_time_iso_utc(a, got), tw_time_iso_utc(b, want));
		return;
	}
}

static void golden_cron(void **state)
{
	struct golden g = golden_open("cron.jsonl");

	(void)state;
	while (golden_next(&g)) {
		TW_AUTO(tw_buf_release) struct tw_buf text = {0};
		struct tw_str expr = tw_map_str(g.row, "expr", "");
		bool valid = !tw_map_findc(g.row, "error");
		struct tw_err err = {0};
		struct tw_cron c;
		enum tw_rc rc = tw_cron_parse(expr, &c, &err);
		struct tw_value walks = tw_map_value(g.row, "walks");

		if ((rc == TW_OK) != valid) {
			golden_bad(&g, "'%.*s' is %s, croniter says %s", TW_STR_ARG(expr),
				   rc == TW_OK ? "valid" : err.msg,
				   tw_map_str(g.row, "error", "valid").p);
			continue;
		}
		if (!valid) {
			assert_true(err.msg[0]);
			continue;
		}
		if (c.every_hour != tw_map_bool(g.row, "every_hour", false))
			golden_bad(&g, "'%.*s': every_hour", TW_STR_ARG(expr));
		tw_cron_describe(expr, &text);
		if (!tw_str_eq(tw_buf_str(&text), tw_map_str(g.row, "description", "")))
			golden_bad(&g, "'%.*s': '%s', cron-descriptor '%.*s'", TW_STR_ARG(expr),
				   tw_buf_cstr(&text),
				   TW_STR_ARG(tw_map_str(g.row, "description", "")));
		for (size_t i = 0; i < walks.list->n; i++) {
			struct tw_value *w = walks.list->v[i].list->v;

			check_walk(&g, &c, expr, row_us(w[0]), w[1], false);
			check_walk(&g, &c, expr, row_us(w[0]), w[2], true);
		}
	}
	golden_close(&g, 600);
}

static void messages_name_the_field(void **state)
{
	static const char *const rows[][2] = {
		{"0 25 * * *", "cron expression '0 25 * * *': hour: '25' is out of range (0-23)"},
		{"0 0 * * 8",
		 "cron expression '0 0 * * 8': day of week: '8' is out of range (0-7)"},
		{"0 0 * foo *",
		 "cron expression '0 0 * foo *': month: 'foo' is not a value, range or step"},
		{"*/0 * * * *", "cron expression '*/0 * * * *': minute: '*/0' has a step of 0"},
		{"0 0 1,15W * *", "cron expression '0 0 1,15W * *': day of month: '15w' (nearest "
				  "weekday) must stand "
				  "alone"},
		{"0 0 * *", "cron expression '0 0 * *' has 4 fields; it takes 5, or 6 with the "
			    "seconds last, or 7 with the year after them"},
		{"H * * * *",
		 "cron expression 'H * * * *': minute: 'h' (a hashed or random value) is not "
		 "supported"},
		{"R * * * *", /* croniter draws a new minute each time it reads this: refused */
		 "cron expression 'R * * * *': minute: 'r' (a hashed or random value) is not "
		 "supported"},
		{"@nightly",
		 "cron expression '@nightly' is no preset; there are @once, @continuous, @hourly, "
		 "@daily, @weekly, @monthly, @quarterly and @yearly"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct tw_err err = {0};
		struct tw_cron c;

		assert_int_equal(tw_cron_parse(tw_str(rows[i][0]), &c, &err), TW_ERR_INVALID);
		assert_string_equal(err.msg, rows[i][1]);
	}
}

static void impossible_dates_end(void **state)
{
	struct tw_cron c;
	int64_t t;

	(void)state;
	assert_int_equal(tw_cron_parse(TW_STR("0 0 30 2 *"), &c, NULL), TW_OK);
	assert_int_equal(tw_cron_next_local(&c, 0, &t, NULL), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_cron_prev_local(&c, 0, &t, NULL), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_cron_parse(TW_STR("* * * * *"), &c, NULL), TW_OK);
	assert_int_equal(tw_cron_next_local(&c, TW_TIME_MAX, &t, NULL), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_cron_prev_local(&c, TW_TIME_MIN, &t, NULL), TW_ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_cron),
		cmocka_unit_test(messages_name_the_field),
		cmocka_unit_test(impossible_dates_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
