/*
 * The parsers of time: cron text and its ticks, ISO 8601, strftime and strptime, schedule objects
 * and TZif files. The first byte, '0' to '4', says which.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "time/cron.h"
#include "time/timetable.h"
#include "time/zone.h"
#include "value/json.h"

#define NOW 1781086830500000LL /* 2026-06-10T10:20:30.5 */

static void cron(struct tw_str text)
{
	TW_AUTO(tw_buf_release) struct tw_buf words = {0};
	struct tw_err err = {0};
	struct tw_cron c;
	int64_t next, back;

	tw_cron_describe(text, &words);
	if (tw_cron_parse(text, &c, &err) < 0) {
		TW_ASSERT(err.rc < 0 && err.msg[0] && words.n == 0);
		return;
	}
	if (tw_cron_next_local(&c, NOW, &next, &err) == TW_OK) {
		TW_ASSERT(next > NOW);
		/* Nothing lies between a tick and the one before it. */
		if (tw_cron_prev_local(&c, next + TW_US_MIN, &back, &err) == TW_OK)
			TW_ASSERT(back >= next);
		if (tw_cron_prev_local(&c, next, &back, &err) == TW_OK)
			TW_ASSERT(back <= NOW);
	}
	if (tw_cron_prev_local(&c, NOW, &back, &err) == TW_OK)
		TW_ASSERT(back < NOW);
	tw_cron_next_local(&c, TW_TIME_MIN, &next, &err);
	tw_cron_prev_local(&c, TW_TIME_MAX, &back, &err);
}

static void iso(struct tw_str text)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	struct tw_err err = {0};
	tw_time t, again;

	if (tw_time_parse(text, NULL, &t, &err) < 0) {
		TW_ASSERT(err.msg[0]);
		return;
	}
	tw_time_iso(&out, t, NULL);
	TW_ASSERT(tw_time_parse(tw_buf_str(&out), NULL, &again, &err) == TW_OK && again == t);
}

static void formats(struct tw_str text)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	struct tw_err err = {0};
	struct tw_iso iso;

	tw_strftime(&out, text, NOW, NULL);
	tw_strptime(tw_buf_str(&out), text, &iso, &err);
	tw_strptime(text, TW_STR("%Y-%m-%dT%H:%M:%S.%f%z"), &iso, &err);
}

static void schedule(struct tw_str text)
{
	struct tw_zones zones = {0};
	struct tw_arena a = {0};
	struct tw_err err = {0};
	struct tw_timetable *tt = NULL;
	struct tw_value v;

	if (tw_json_parse(&a, text, &v, &err) == TW_OK &&
	    tw_timetable_parse(v, &zones, &tt, &err) == TW_OK) {
		struct tw_restriction r = {NOW - 40 * TW_US_DAY, TW_TIME_NONE, true};
		struct tw_run_info run;
		struct tw_interval i;

		/* A step of a microsecond has no end to walk to: only its first run. */
		tw_timetable_validate(tt, NOW, &err);
		for (int n = 0; n < 2; n++, r.catchup = false)
			if (tw_timetable_next(tt, NULL, &r, NOW, &run, &err) == TW_OK && !run.why)
				tw_timetable_next(tt, &run, &r, NOW, &run, &err);
		tw_timetable_manual_interval(tt, NOW, &i, &err);
		tw_timetable_free(tt);
	}
	tw_arena_release(&a);
	tw_zones_release(&zones);
}

static void tzif(struct tw_str bytes)
{
	struct tw_err err = {0};
	struct tw_zone_info zi;
	struct tw_zone *z;

	if (tw_zone_load_tzif(TW_STR("fuzz"), bytes, &z, &err) < 0) {
		TW_ASSERT(err.msg[0]);
		return;
	}
	for (tw_time t = -TW_US_DAY * 50000; t < TW_US_DAY * 50000; t += TW_US_DAY * 997) {
		tw_zone_at(z, t, &zi);
		TW_ASSERT(zi.abbr);
		tw_zone_aware(z, t);
	}
	tw_zone_free(z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parts[])(struct tw_str) = {cron, iso, formats, schedule, tzif};
	struct tw_str rest;

	if (size == 0)
		return 0;
	rest = tw_strn((const char *)data + 1, size - 1);
	parts[(uint8_t)(data[0] - '0') % 5](rest);
	return 0;
}
