#include "time/testing.h"

static void check_utc(struct golden *g, const struct tw_zone *z, struct tw_value *row)
{
	struct tw_zone_info zi;

	tw_zone_at(z, row[0].i * TW_US_SEC, &zi);
	if (zi.offset != row[1].i || !tw_str_is(row[3].s, zi.abbr) || zi.fold != (row[4].i != 0))
		golden_bad(g, "%s at %lld: %d %s fold %d, zoneinfo %lld %.*s fold %lld",
			   tw_zone_name(z), (long long)row[0].i, zi.offset, zi.abbr, zi.fold,
			   (long long)row[1].i, TW_STR_ARG(row[3].s), (long long)row[4].i);
	else if (zi.dst != row[2].i)
		golden_bad(g, "%s at %lld: dst %d, zoneinfo %lld", tw_zone_name(z),
			   (long long)row[0].i, zi.dst, (long long)row[2].i);
}

static void check_wall(struct golden *g, const struct tw_zone *z, struct tw_value *row)
{
	int64_t wall = row[0].i * TW_US_SEC;
	int first = tw_zone_offset_at(z, wall, 0), second = tw_zone_offset_at(z, wall, 1);
	tw_time t = tw_zone_aware(z, wall);

	if (first != row[1].i || second != row[2].i)
		golden_bad(g, "%s wall %lld: %d %d, zoneinfo %lld %lld", tw_zone_name(z),
			   (long long)row[0].i, first, second, (long long)row[1].i,
			   (long long)row[2].i);
	else if (t != row[3].i * TW_US_SEC)
		golden_bad(g, "%s wall %lld: aware %lld, pendulum %lld", tw_zone_name(z),
			   (long long)row[0].i, (long long)(t / TW_US_SEC), (long long)row[3].i);
}

static void golden_zones(void **state)
{
	struct golden g = golden_open("zones.jsonl");
	struct tw_zones zones = {.load = test_zone_load};

	(void)state;
	while (golden_next(&g)) {
		struct tw_value utc = tw_map_value(g.row, "utc"),
				wall = tw_map_value(g.row, "wall");
		const struct tw_zone *z;
		struct tw_err err = {0};

		if (tw_zones_get(&zones, tw_map_str(g.row, "zone", ""), &z, &err) < 0)
			fail_msg("%s", err.msg);
		for (size_t i = 0; i < utc.list->n; i++)
			check_utc(&g, z, utc.list->v[i].list->v);
		for (size_t i = 0; i < wall.list->n; i++)
			check_wall(&g, z, wall.list->v[i].list->v);
	}
	tw_zones_release(&zones);
	golden_close(&g, 18);
}

static void names(void **state)
{
	struct tw_zones zones = {.load = test_zone_load};
	const struct tw_zone *z, *again;
	struct tw_err err = {0};

	(void)state;
	assert_int_equal(tw_zones_get(&zones, TW_STR("utc"), &z, &err), TW_OK);
	assert_ptr_equal(z, tw_zone_utc);
	assert_int_equal(tw_zones_get(&zones, TW_STR("+05:30"), &z, &err), TW_OK);
	assert_string_equal(tw_zone_name(z), "+05:30");
	assert_int_equal(tw_zone_offset_at(z, 0, 0), 19800);
	assert_int_equal(tw_zones_get(&zones, TW_STR("-0800"), &z, &err), TW_OK);
	assert_int_equal(tw_zone_offset_at(z, 0, 0), -28800);
	assert_int_equal(tw_zones_get(&zones, TW_STR("Europe/Berlin"), &z, &err), TW_OK);
	assert_int_equal(tw_zones_get(&zones, TW_STR("Europe/Berlin"), &again, &err), TW_OK);
	assert_ptr_equal(z, again);
	assert_int_equal(tw_zones_get(&zones, TW_STR("Mars/Olympus"), &z, &err), TW_ERR_NOT_FOUND);
	assert_string_equal(err.msg, "unknown time zone 'Mars/Olympus'");
	assert_int_equal(tw_zones_get(&zones, TW_STR("../etc/passwd"), &z, &err), TW_ERR_INVALID);
	assert_int_equal(tw_zones_get(&zones, TW_STR("/etc/passwd"), &z, &err), TW_ERR_INVALID);
	assert_int_equal(tw_zones_get(&zones, TW_STR(""), &z, &err), TW_ERR_INVALID);
	assert_int_equal(tw_zones_get(&zones, TW_STR("+99:00"), &z, &err), TW_ERR_INVALID);
	tw_zones_release(&zones);
}

/* A file cut at any byte is an error or a zone, never a crash. */
static void cut_files(void **state)
{
	struct tw_buf bytes = {0};
	struct tw_err err = {0};

	(void)state;
	assert_int_equal(test_zone_load(NULL, "America/New_York", &bytes, &err), TW_OK);
	for (size_t n = 0; n <= bytes.n; n++) {
		struct tw_zone *z = NULL;
		char *exact = tw_alloc(n ? n : 1);

		memcpy(exact, bytes.p, n);
		if (tw_zone_load_tzif(TW_STR("x"), tw_strn(exact, n), &z, &err) == TW_OK)
			tw_zone_free(z);
		else
			assert_true(n < bytes.n);
		free(exact);
	}
	tw_buf_release(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_zones),
		cmocka_unit_test(names),
		cmocka_unit_test(cut_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
