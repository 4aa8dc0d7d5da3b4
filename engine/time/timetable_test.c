#include "time/testing.h"

#include "time/timetable.h"

static struct tw_timetable *table_of(struct golden *g, struct tw_zones *zones)
{
	struct tw_timetable *tt = NULL;
	struct tw_err err = {0};
	struct tw_value schedule = tw_map_value(g->row, "schedule");

	if (tw_timetable_parse(schedule, zones, &tt, &err) < 0)
		fail_msg("line %d: %s", g->line, err.msg);
	return tt;
}

static bool same(struct tw_value want, tw_time got)
{
	return row_us(want) == got;
}

static bool same_run(struct tw_value want, const struct tw_run_info *got)
{
	struct tw_value *w;

	if (want.kind == TW_V_NULL)
		return got->why != TW_NO_RUN_NONE;
	w = want.list->v;
	if (got->why != TW_NO_RUN_NONE || !same(w[0], got->logical_date) ||
	    !same(w[1], got->interval.start) || !same(w[2], got->interval.end) ||
	    !same(w[3], got->run_after))
		return false;
	return want.list->n < 6 ||
	       (same(w[4], got->partition_date) && tw_str_is(w[5].s, got->partition_key));
}

static void explain(struct golden *g, size_t i, struct tw_value want, const struct tw_run_info *got,
		    const struct tw_err *err)
{
	char *s = tw_json_dump(tw_map_value(g->row, "schedule"), 0);
	char *w = tw_json_dump(want, 0);
	char a[TW_ISO_MAX], b[TW_ISO_MAX];

	golden_bad(g, "%s run %zu: [%s, %s] %s %s, Airflow %s", s, i,
		   tw_time_iso_utc(a, got->interval.start), tw_time_iso_utc(b, got->run_after),
		   got->partition_key, got->why ? tw_no_run_text(got->why) : err->msg, w);
	free(s);
	free(w);
}

/*
 * Rows with "error" are bugs of Airflow's that we do not share: a cron expression without a date
 * before or after makes it raise where we make the run there is, or none; the hourly schedule of a
 * zone that shifts by half an hour stops for good where ours goes on.
 */
static void check_beyond_error(struct golden *g, enum tw_rc rc, const struct tw_run_info *got,
			       const struct tw_run_info *last)
{
	if (rc < 0 || (got->why == TW_NO_RUN_NONE && got->interval.start > got->interval.end) ||
	    (got->why == TW_NO_RUN_NONE && last && got->run_after <= last->run_after))
		golden_bad(g, "where Airflow fails: %d", rc);
}

static void check_chain(struct golden *g, const struct tw_timetable *tt)
{
	struct tw_value runs = tw_map_value(g->row, "runs"), l = tw_map_value(g->row, "last");
	struct tw_restriction r = {
		.earliest = row_us(tw_map_value(g->row, "earliest")),
		.latest = row_us(tw_map_value(g->row, "latest")),
		.catchup = tw_map_bool(g->row, "catchup", false),
	};
	bool live = tw_map_bool(g->row, "live", false);
	tw_time now = row_us(tw_map_value(g->row, "now"));
	struct tw_run_info last = {0}, got = {0};
	const struct tw_run_info *lastp = NULL;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (l.kind == TW_V_LIST) {
		last.interval = (struct tw_interval){row_us(l.list->v[0]), row_us(l.list->v[1])};
		last.run_after = last.interval.end;
		lastp = &last;
	}
	for (size_t i = 0; i < runs.list->n; i++) {
		rc = tw_timetable_next(tt, lastp, &r, now, &got, &err);
		if (rc < 0 || !same_run(runs.list->v[i], &got)) {
			explain(g, i, runs.list->v[i], &got, &err);
			return;
		}
		last = got;
		lastp = &last;
		if (live && got.run_after + TW_US_SEC > now)
			now = got.run_after + TW_US_SEC;
	}
	if (tw_map_findc(g->row, "error"))
		check_beyond_error(g, tw_timetable_next(tt, lastp, &r, now, &got, &err), &got,
				   lastp);
}

static void check_manual(struct golden *g, const struct tw_timetable *tt)
{
	struct tw_value rows = tw_map_value(g->row, "manual");

	for (size_t i = 0; i < rows.list->n; i++) {
		struct tw_value *w = rows.list->v[i].list->v;
		struct tw_interval got = {0};
		struct tw_err err = {0};

		if (tw_timetable_manual_interval(tt, row_us(w[0]), &got, &err) < 0)
			golden_bad(g, "manual: %s", err.msg);
		else if (!same(w[1], got.start) || !same(w[2], got.end))
			golden_bad(g, "%s: manual at %.*s starts %.*s", tt->summary,
				   TW_STR_ARG(w[0].s), TW_STR_ARG(w[1].s));
	}
}

static void check_text(struct golden *g, const struct tw_timetable *tt)
{
	struct tw_value text = tw_map_value(g->row, "text");

	if (!tw_str_is(tw_map_str(text, "summary", ""), tt->summary) ||
	    !tw_str_is(tw_map_str(text, "description", ""), tt->description) ||
	    !tw_str_is(tw_map_str(text, "type_name", ""), tt->type_name) ||
	    tw_map_bool(text, "periodic", false) != tt->periodic ||
	    tw_map_bool(text, "can_be_scheduled", false) != tt->can_be_scheduled ||
	    tw_map_int(text, "limit", 0) != tt->active_runs_limit)
		golden_bad(g, "%s '%s' '%s' periodic %d scheduled %d", tt->type_name, tt->summary,
			   tt->description, tt->periodic, tt->can_be_scheduled);
}

static void golden_timetables(void **state)
{
	struct golden g = golden_open("timetables.jsonl");
	struct tw_zones zones = {.load = test_zone_load};

	(void)state;
	while (golden_next(&g)) {
		struct tw_timetable *tt = table_of(&g, &zones);

		if (tw_map_findc(g.row, "text"))
			check_text(&g, tt);
		else if (tw_map_findc(g.row, "manual"))
			check_manual(&g, tt);
		else
			check_chain(&g, tt);
		tw_timetable_free(tt);
	}
	tw_zones_release(&zones);
	golden_close(&g, 1000);
}

/*
 * timetables-2.jsonl holds what 2.11 answers otherwise; there we follow 3.3.2. The kinds are three:
 * calendar steps without catchup sit on another grid, a coarser cron makes 2.11 repeat the run
 * before, and Lord Howe.
 */
static void differences_to_2_are_known(void **state)
{
	struct golden g = golden_open("timetables-2.jsonl");

	(void)state;
	while (golden_next(&g)) {
		struct tw_value s = tw_map_value(g.row, "schedule");
		struct tw_value delta = tw_map_value(s, "delta");
		bool calendar = (tw_map_findc(delta, "months") || tw_map_findc(delta, "years")) &&
				!tw_map_bool(g.row, "catchup", true);
		bool coarser = tw_map_value(g.row, "last").kind == TW_V_LIST;
		bool half_hour = tw_str_is(tw_map_str(s, "timezone", ""), "Australia/Lord_Howe");

		if (!calendar && !coarser && !half_hour)
			golden_bad(&g, "%s", "an unknown difference between 2.11 and 3.3.2");
	}
	golden_close(&g, 10);
}

static struct tw_timetable *parse(struct tw_zones *zones, const char *json, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_timetable *tt = NULL;
	struct tw_value v;

	assert_int_equal(tw_json_parse(&a, tw_str(json), &v, err), TW_OK);
	tw_timetable_parse(v, zones, &tt, err);
	tw_arena_release(&a);
	return tt;
}

static void errors(void **state)
{
	static const char *const rows[][2] = {
		{"[]", "the schedule must be an object"},
		{"{}", "the schedule has no 'type'"},
		{"{\"type\":\"cron\"}", "unknown schedule type 'cron'"},
		{"{\"type\":\"cron_trigger\"}", "'expression' must be cron text"},
		{"{\"type\":\"cron_trigger\",\"expression\":\"0 0 * * "
		 "*\",\"timezone\":\"Nowhere\"}",
		 "unknown time zone 'Nowhere'"},
		{"{\"type\":\"cron_trigger\",\"expression\":\"0 99 * * *\"}",
		 "cron expression '0 99 * * *': hour: '99' is out of range (0-23)"},
		{"{\"type\":\"multiple_cron\",\"expressions\":[]}",
		 "'expressions' must be a list of 1 to 1000 cron expressions"},
		{"{\"type\":\"delta_trigger\"}",
		 "'delta': a duration must be a number of seconds or an object of years, months, "
		 "days, …"},
		{"{\"type\":\"cron_trigger\",\"expression\":\"@daily\",\"run_immediately\":\"x\"}",
		 "'run_immediately': a duration must be a number of seconds or an object of years, "
		 "months, days, …"},
		{"{\"type\":\"events\",\"events\":[\"x\"]}",
		 "'events': entry 1: 'x' is not a date or date-time; write it as 2026-01-31 or "
		 "2026-01-31T06:00:00+00:00"},
		{"{\"type\":\"asset_or_time\",\"timetable\":{\"type\":\"asset\"}}",
		 "cannot nest asset timetables"},
		{"{\"type\":\"custom\"}", "a custom schedule needs a 'classpath'"},
	};
	struct tw_zones zones = {.load = test_zone_load};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct tw_err err = {0};

		assert_null(parse(&zones, rows[i][0], &err));
		assert_string_equal(err.msg, rows[i][1]);
	}
	tw_zones_release(&zones);
}

static void validation(void **state)
{
	static const char *const rows[][2] = {
		{"{\"type\":\"delta_trigger\",\"delta\":0}",
		 "schedule interval must be positive, not datetime.timedelta(0)"},
		{"{\"type\":\"delta_interval\",\"delta\":-86400}",
		 "schedule interval must be positive, not datetime.timedelta(days=-1)"},
		{"{\"type\":\"delta_interval\",\"delta\":{\"months\":-1}}",
		 "schedule interval must be positive, not relativedelta(months=-1)"},
		{"{\"type\":\"delta_interval\",\"delta\":{\"months\":1}}", NULL},
		{"{\"type\":\"cron_trigger\",\"expression\":\"0 0 30 2 *\"}", NULL},
	};
	struct tw_zones zones = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct tw_err err = {0};
		struct tw_timetable *tt = parse(&zones, rows[i][0], &err);
		enum tw_rc rc = tw_timetable_validate(tt, 0, &err);

		assert_int_equal(rc, rows[i][1] ? TW_ERR_INVALID : TW_OK);
		if (rows[i][1])
			assert_string_equal(err.msg, rows[i][1]);
		tw_timetable_free(tt);
	}
}

static void reasons(void **state)
{
	struct tw_zones zones = {0};
	struct tw_err err = {0};
	struct tw_restriction open = {TW_TIME_NONE, TW_TIME_NONE, true};
	struct tw_restriction ended = {0, TW_US_DAY, true};
	struct tw_run_info run = {0}, last = {.interval = {0, 0}};
	struct tw_timetable *tt;

	(void)state;
	tt = parse(&zones, "{\"type\":\"cron_interval\",\"expression\":\"@daily\"}", &err);
	assert_int_equal(tw_timetable_next(tt, NULL, &open, 0, &run, &err), TW_OK);
	assert_int_equal(run.why, TW_NO_RUN_NO_START);
	last.interval = (struct tw_interval){TW_US_DAY, 2 * TW_US_DAY};
	assert_int_equal(tw_timetable_next(tt, &last, &ended, 0, &run, &err), TW_OK);
	assert_int_equal(run.why, TW_NO_RUN_PAST_END);
	assert_int_equal(run.run_after, TW_TIME_NONE);
	tw_timetable_free(tt);

	tt = parse(&zones, "{\"type\":\"cron_trigger\",\"expression\":\"0 0 31 4 *\"}", &err);
	assert_int_equal(tw_timetable_next(tt, NULL, &open, 0, &run, &err), TW_OK);
	assert_int_equal(run.why, TW_NO_RUN_IMPOSSIBLE);
	tw_timetable_free(tt);

	tt = parse(&zones, "{\"type\":\"once\"}", &err);
	assert_int_equal(tw_timetable_next(tt, &last, &open, 0, &run, &err), TW_OK);
	assert_int_equal(run.why, TW_NO_RUN_DONE);
	tw_timetable_free(tt);

	tt = parse(&zones, "{\"type\":\"custom\",\"classpath\":\"a.b.Mine\"}", &err);
	assert_string_equal(tt->summary, "Mine");
	assert_string_equal(tt->type_name, "a.b.Mine");
	assert_int_equal(tw_timetable_next(tt, NULL, &open, 0, &run, &err), TW_ERR_UNSUPPORTED);
	tw_timetable_free(tt);
}

static void run_ids(void **state)
{
	struct tw_run_info run = {.run_after = TW_US_DAY + 5, .logical_date = 0};
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	(void)state;
	tw_run_id_format(&b, "scheduled", &run, NULL, 3);
	assert_string_equal(tw_buf_cstr(&b), "scheduled__1970-01-02T00:00:00.000005+00:00");
	tw_buf_clear(&b);
	tw_run_id_format(&b, "scheduled", &run, NULL, 2);
	assert_string_equal(tw_buf_cstr(&b), "scheduled__1970-01-01T00:00:00+00:00");
	tw_buf_clear(&b);
	run.logical_date = TW_TIME_NONE;
	run.run_after = TW_US_DAY;
	tw_run_id_format(&b, "asset_triggered", &run, "aB3dE6gH", 3);
	assert_string_equal(tw_buf_cstr(&b), "asset_triggered__1970-01-02T00:00:00+00:00_aB3dE6gH");
	tw_buf_clear(&b);
	memcpy(run.partition_key, "k1", 3);
	tw_run_id_format(&b, "scheduled", &run, "aB3dE6gH", 3);
	assert_string_equal(tw_buf_cstr(&b), "scheduled__1970-01-02T00:00:00+00:00__k1__aB3dE6gH");
}

static void from_text(void **state)
{
	static const char *const rows[][2] = {
		{"", "{\"type\":\"null\"}"},
		{"None", "{\"type\":\"null\"}"},
		{"@once", "{\"type\":\"once\"}"},
		{"@continuous", "{\"type\":\"continuous\"}"},
		{"@daily",
		 "{\"type\":\"cron_trigger\",\"expression\":\"@daily\",\"timezone\":\"UTC\"}"},
	};
	struct tw_arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *json = tw_json_dump(
			tw_schedule_from_text(&a, tw_str(rows[i][0]), TW_STR(""), false), 0);

		assert_string_equal(json, rows[i][1]);
		free(json);
	}
	tw_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_timetables),
		cmocka_unit_test(differences_to_2_are_known),
		cmocka_unit_test(errors),
		cmocka_unit_test(validation),
		cmocka_unit_test(reasons),
		cmocka_unit_test(run_ids),
		cmocka_unit_test(from_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
