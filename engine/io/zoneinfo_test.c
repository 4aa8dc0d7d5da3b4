#include "base/testing.h"

#include "io/zoneinfo.h"
#include "time/zone.h"

static void loads_from_a_directory(void **state)
{
	char *dir = tw_test_path("tests/compat/time/zoneinfo");
	struct tw_zones zones = {.load = tw_zoneinfo_load, .ctx = dir};
	const struct tw_zone *z;
	struct tw_err err = {0};

	(void)state;
	assert_int_equal(tw_zones_get(&zones, TW_STR("Europe/Berlin"), &z, &err), TW_OK);
	assert_int_equal(tw_zone_offset_at(z, 0, 0), 3600);
	assert_int_equal(tw_zones_get(&zones, TW_STR("Europe"), &z, &err), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_zones_get(&zones, TW_STR("Not/There"), &z, &err), TW_ERR_NOT_FOUND);
	assert_string_equal(err.msg, "unknown time zone 'Not/There'");
	tw_zones_release(&zones);
	free(dir);
}

static void environment(void **state)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	char *dir = tw_test_path("tests/compat/time/zoneinfo");
	char *list = tw_asprintf("/nowhere::%s", dir);

	(void)state;
	setenv("TZDIR", list, 1);
	assert_int_equal(tw_zoneinfo_load(NULL, "Antarctica/Troll", &b, NULL), TW_OK);
	assert_memory_equal(b.p, "TZif", 4);
	unsetenv("TZDIR");
	setenv("TZ", ":/usr/share/zoneinfo/Asia/Tokyo", 1);
	tw_zoneinfo_system(&b);
	assert_string_equal(tw_buf_cstr(&b), "Asia/Tokyo");
	setenv("TZ", "America/Lima", 1);
	tw_zoneinfo_system(&b);
	assert_string_equal(tw_buf_cstr(&b), "America/Lima");
	unsetenv("TZ");
	tw_zoneinfo_system(&b);
	assert_true(b.n > 0);
	free(list);
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_from_a_directory),
		cmocka_unit_test(environment),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
