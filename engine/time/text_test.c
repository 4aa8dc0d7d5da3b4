#include "time/testing.h"

static const struct tw_zone *zone_of(struct tw_zones *zones, struct tw_value row)
{
	const struct tw_zone *z;
	struct tw_err err = {0};

	if (tw_zones_get(zones, tw_map_str(row, "zone", "UTC"), &z, &err) < 0)
		fail_msg("%s", err.msg);
	return z;
}

/*
 * Where we differ from pendulum.parse(strict=True) on purpose. The first two it refuses, but
 * Airflow's own call is not strict and goes on to dateutil, which reads them. Week 0 it takes for
 * the week before the first; there is none.
 */
static bool differs_on_purpose(struct tw_str text)
{
	return tw_str_is(text, "2026-02-03T04:05:06 ") || tw_str_is(text, "2026-02-03T4:05") ||
	       tw_str_is(text, "2026-W00");
}

/*
 * Python hands these to the C library with no zone, which answers for the machine's own: "%s" is
 * off by the offset, "%^Z" is the machine's zone. We answer for the date's.
 */
static bool python_forgets_zone(struct tw_str fmt)
{
	return tw_str_is(fmt, "%s") || tw_str_is(fmt, "%^Z") || tw_str_is(fmt, "%#Z");
}

static void check_parse(struct golden *g, struct tw_zones *zones)
{
	struct tw_str text = tw_map_str(g->row, "text", "");
	struct tw_str want = tw_map_str(g->row, "iso", NULL);
	TW_AUTO(tw_buf_release) struct tw_buf got = {0};
	struct tw_err err = {0};
	tw_time t;

	if (differs_on_purpose(text))
		return;
	if (tw_time_parse(text, zone_of(zones, g->row), &t, &err) < 0) {
		if (want.p)
			golden_bad(g, "parse '%.*s': %s, pendulum %.*s", TW_STR_ARG(text), err.msg,
				   TW_STR_ARG(want));
		return;
	}
	tw_time_iso(&got, t, NULL);
	if (!want.p)
		golden_bad(g, "parse '%.*s': %s, pendulum refuses", TW_STR_ARG(text),
			   tw_buf_cstr(&got));
	if (want.p && !tw_str_eq(tw_buf_str(&got), want))
		golden_bad(g, "parse '%.*s': %s, pendulum %.*s", TW_STR_ARG(text),
			   tw_buf_cstr(&got), TW_STR_ARG(want));
}

static void check_format(struct golden *g, struct tw_zones *zones, bool iso)
{
	struct tw_str want = tw_map_str(g->row, iso ? "iso" : "text", "");
	struct tw_str fmt = tw_map_str(g->row, "fmt", "");
	TW_AUTO(tw_buf_release) struct tw_buf got = {0};
	tw_time t = row_us(tw_map_value(g->row, "at"));

	if (!iso && python_forgets_zone(fmt))
		return;
	if (iso)
		tw_time_iso(&got, t, zone_of(zones, g->row));
	else
		tw_strftime(&got, fmt, t, zone_of(zones, g->row));
	if (!tw_str_eq(tw_buf_str(&got), want))
		golden_bad(g, "'%.*s': '%s', Python '%.*s'", TW_STR_ARG(fmt), tw_buf_cstr(&got),
			   TW_STR_ARG(want));
}

static void check_strptime(struct golden *g)
{
	struct tw_str text = tw_map_str(g->row, "text", ""), fmt = tw_map_str(g->row, "fmt", "");
	struct tw_value want = tw_map_value(g->row, "naive");
	struct tw_value offset = tw_map_value(g->row, "offset");
	struct tw_err err = {0};
	struct tw_iso iso;

	if (tw_strptime(text, fmt, &iso, &err) < 0) {
		if (want.kind != TW_V_NULL)
			golden_bad(g, "strptime '%.*s' '%.*s': %s", TW_STR_ARG(text),
				   TW_STR_ARG(fmt), err.msg);
	} else if (want.kind == TW_V_NULL) {
		golden_bad(g, "strptime '%.*s' '%.*s': Python refuses", TW_STR_ARG(text),
			   TW_STR_ARG(fmt));
	} else if (iso.local_us != row_us(want) || iso.has_offset != (offset.kind == TW_V_INT) ||
		   (iso.has_offset && iso.offset != offset.i)) {
		golden_bad(g, "strptime '%.*s' '%.*s' differs from %.*s", TW_STR_ARG(text),
			   TW_STR_ARG(fmt), TW_STR_ARG(want.s));
	}
}

static void golden_text(void **state)
{
	struct golden g = golden_open("text.jsonl");
	struct tw_zones zones = {.load = test_zone_load};

	(void)state;
	while (golden_next(&g)) {
		struct tw_str kind = tw_map_str(g.row, "kind", "");

		if (tw_str_is(kind, "parse"))
			check_parse(&g, &zones);
		else if (tw_str_is(kind, "strptime"))
			check_strptime(&g);
		else
			check_format(&g, &zones, tw_str_is(kind, "iso"));
	}
	tw_zones_release(&zones);
	golden_close(&g, 600);
}

static void civil_round_trip(void **state)
{
	struct tw_civil c;
	int64_t prev = tw_days_from_civil(1, 1, 1) - 1;

	(void)state;
	for (int y = 1; y <= 9999; y++) {
		for (int m = 1; m <= 12; m++) {
			for (int d = 1; d <= tw_days_in_month(y, m); d++) {
				int64_t days = tw_days_from_civil(y, m, d);
				int yy, mm, dd;

				tw_civil_from_days(days, &yy, &mm, &dd);
				assert_true(days == ++prev && yy == y && mm == m && dd == d);
			}
		}
	}
	tw_civil_from(TW_TIME_MAX, &c);
	assert_true(c.year == 9999 && c.month == 12 && c.us == 999999);
	assert_int_equal(tw_civil_us(&c), TW_TIME_MAX);
	tw_civil_from(-1, &c);
	assert_true(c.year == 1969 && c.second == 59 && c.us == 999999);
}

static void naive_has_no_offset(void **state)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	char iso[TW_ISO_MAX];

	(void)state;
	tw_strftime_naive(&b, TW_STR("%Y [%z] [%Z]"), 0);
	assert_string_equal(tw_buf_cstr(&b), "1970 [] []");
	assert_string_equal(tw_time_iso_utc(iso, 1), "1970-01-01T00:00:00.000001+00:00");
	assert_string_equal(tw_time_iso_utc(iso, TW_TIME_NONE), "None");
	assert_string_equal(tw_time_iso_z(iso, 1000000), "1970-01-01T00:00:01Z");
	assert_string_equal(tw_time_iso_z(iso, 1), "1970-01-01T00:00:00.000001Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_text),
		cmocka_unit_test(civil_round_trip),
		cmocka_unit_test(naive_has_no_offset),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
