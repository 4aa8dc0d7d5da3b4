/* Searching the calendar for a cron expression's ticks, and stepping over gaps and folds. */
#include "time/cron.h"

#include "time/zone.h"

#define SEARCH_YEARS 50

/* Days of a month, bit 1..31. */
typedef uint32_t day_mask;

/* Which day fields a search looks at: with both restricted, a match of either is enough. */
enum day_rule { DAYS_AND, DAYS_OR, DAYS_FIRST, DAYS_SECOND };

static int low_bit(uint64_t m)
{
	return __builtin_ctzll(m);
}

static int high_bit(uint64_t m)
{
	return 63 - __builtin_clzll(m);
}

/* The lowest set bit >= from, or -1. */
static int next_bit(uint64_t m, int from)
{
	m = from > 63 ? 0 : m & (~0ULL << from);
	return m ? low_bit(m) : -1;
}

/* The highest set bit <= to, or -1. */
static int prev_bit(uint64_t m, int to)
{
	m = to < 0 ? 0 : to >= 63 ? m : m & ((1ULL << (to + 1)) - 1);
	return m ? high_bit(m) : -1;
}

static day_mask all_days(int ndays)
{
	return (day_mask)((1ULL << (ndays + 1)) - 2);
}

/* Monday to Friday next to the day, without leaving the month. first_wd: of the 1st, Sunday = 0. */
static int nearest_weekday(int day, int first_wd, int ndays)
{
	int wd;

	if (day > ndays)
		day = ndays;
	wd = (first_wd + day - 1) % 7;
	if (wd == 6)
		return day > 1 ? day - 1 : day + 2;
	if (wd == 0)
		return day < ndays ? day + 1 : day - 2;
	return day;
}

static day_mask nth_days(const struct tw_cron *c, int first_wd, int ndays)
{
	day_mask m = 0;

	for (int wd = 0; wd < 7; wd++) {
		int day = (wd - first_wd + 7) % 7 + 1;

		for (int n = 1; day <= ndays; n++, day += 7)
			if ((c->nth[wd] >> n & 1) || ((c->nth[wd] & 1) && day + 7 > ndays))
				m |= 1U << day;
	}
	return m;
}

static day_mask weekday_days(uint8_t weekdays, int first_wd, int ndays)
{
	day_mask m = 0;

	for (int day = 1; day <= ndays; day++)
		if (weekdays >> ((first_wd + day - 1) % 7) & 1)
			m |= 1U << day;
	return m;
}

/*
 * '#', 'L5' and 'W' are not undone when the two fields are taken one by one: then each half is
 * still met by all of them. That is croniter's rule.
 */
static day_mask days_of(const struct tw_cron *c, int year, int month, enum day_rule rule)
{
	int ndays = tw_days_in_month(year, month);
	int first_wd = (tw_weekday(tw_days_from_civil(year, month, 1)) + 1) % 7;
	day_mask all = all_days(ndays), dom = all, dow = all;

	if (c->nearest)
		dom = 1U << nearest_weekday(c->nearest, first_wd, ndays);
	else if (!c->day_star && rule != DAYS_SECOND)
		dom = (c->day | (c->day_last ? 1U << ndays : 0)) & all;
	if (c->has_nth)
		dow = nth_days(c, first_wd, ndays);
	else if (!c->weekday_star && rule != DAYS_FIRST)
		dow = weekday_days(c->weekday, first_wd, ndays);
	return rule == DAYS_OR ? dom | dow : dom & dow;
}

static bool year_ok(const struct tw_cron *c, int year)
{
	int i = year - TW_CRON_YEAR_MIN;

	if (c->nfields < 7 || (c->year[0] & c->year[1] & c->year[2]) == ~0ULL)
		return true;
	return i >= 0 && year <= TW_CRON_YEAR_MAX && (c->year[i / 64] >> (i % 64) & 1);
}

static uint64_t hours(const struct tw_cron *c)
{
	return c->hour & 0xffffffULL;
}

static uint64_t minutes(const struct tw_cron *c)
{
	return c->minute & ((1ULL << 60) - 1);
}

static uint64_t seconds(const struct tw_cron *c)
{
	return c->second & ((1ULL << 60) - 1);
}

/* The first time of day >= the one given; false when the day has none left. */
static bool time_from(const struct tw_cron *c, struct tw_civil *t)
{
	int v;

	if (hours(c) >> t->hour & 1) {
		if (minutes(c) >> t->minute & 1) {
			v = next_bit(seconds(c), t->second);
			if (v >= 0) {
				t->second = v;
				return true;
			}
		}
		v = next_bit(minutes(c), t->minute + 1);
		if (v >= 0) {
			t->minute = v;
			t->second = low_bit(seconds(c));
			return true;
		}
	}
	v = next_bit(hours(c), t->hour + 1);
	if (v < 0)
		return false;
	t->hour = v;
	t->minute = low_bit(minutes(c));
	t->second = low_bit(seconds(c));
	return true;
}

static bool time_until(const struct tw_cron *c, struct tw_civil *t)
{
	int v;

	if (hours(c) >> t->hour & 1) {
		if (minutes(c) >> t->minute & 1) {
			v = prev_bit(seconds(c), t->second);
			if (v >= 0) {
				t->second = v;
				return true;
			}
		}
		v = prev_bit(minutes(c), t->minute - 1);
		if (v >= 0) {
			t->minute = v;
			t->second = high_bit(seconds(c));
			return true;
		}
	}
	v = prev_bit(hours(c), t->hour - 1);
	if (v < 0)
		return false;
	t->hour = v;
	t->minute = high_bit(minutes(c));
	t->second = high_bit(seconds(c));
	return true;
}

static bool search_next(const struct tw_cron *c, int64_t from, enum day_rule rule, int64_t *ret)
{
	struct tw_civil t;
	int last_year, day;
	bool fresh = false; /* from is behind: any time of day will do */

	tw_civil_from(from, &t);
	last_year = t.year + SEARCH_YEARS > 9999 ? 9999 : t.year + SEARCH_YEARS;
	for (; t.year <= last_year; t.year++, t.month = 1, t.day = 1, fresh = true) {
		if (!year_ok(c, t.year))
			continue;
		for (; t.month <= 12; t.month++, t.day = 1, fresh = true) {
			day_mask days =
				(c->month >> t.month & 1) ? days_of(c, t.year, t.month, rule) : 0;

			while ((day = next_bit(days, t.day)) >= 0) {
				if (fresh || day != t.day)
					t.hour = t.minute = t.second = 0;
				t.day = day;
				if (time_from(c, &t)) {
					*ret = tw_civil_us(&t);
					return true;
				}
				t.day++;
				fresh = true;
			}
		}
	}
	return false;
}

static void end_of_day(struct tw_civil *t)
{
	t->hour = 23;
	t->minute = 59;
	t->second = 59;
}

static bool search_prev(const struct tw_cron *c, int64_t from, enum day_rule rule, int64_t *ret)
{
	struct tw_civil t;
	int first_year, day;
	bool fresh = false;

	tw_civil_from(from, &t);
	t.us = 0;
	first_year = t.year - SEARCH_YEARS < 1 ? 1 : t.year - SEARCH_YEARS;
	for (; t.year >= first_year; t.year--, t.month = 12, t.day = 31, fresh = true) {
		if (!year_ok(c, t.year))
			continue;
		for (; t.month >= 1; t.month--, t.day = 31, fresh = true) {
			day_mask days =
				(c->month >> t.month & 1) ? days_of(c, t.year, t.month, rule) : 0;

			while ((day = prev_bit(days, t.day)) >= 0) {
				if (fresh || day != t.day)
					end_of_day(&t);
				t.day = day;
				if (time_until(c, &t)) {
					*ret = tw_civil_us(&t);
					return true;
				}
				t.day--;
				fresh = true;
			}
		}
	}
	return false;
}

typedef bool (*search_fn)(const struct tw_cron *, int64_t, enum day_rule, int64_t *);

static enum tw_rc search(const struct tw_cron *c, int64_t from, search_fn fn, bool later,
			 int64_t *ret, struct tw_err *err)
{
	bool either = !c->day_star && !c->weekday_star;
	int64_t a, b;
	bool found;

	if (!either) {
		found = fn(c, from, DAYS_AND, ret);
	} else if (!c->has_nth && !c->nearest) {
		found = fn(c, from, DAYS_OR, ret);
	} else {
		found = fn(c, from, DAYS_FIRST, &a) && fn(c, from, DAYS_SECOND, &b);
		if (found)
			*ret = (a < b) == later ? b : a;
	}
	if (!found)
		return tw_err_set(err, TW_ERR_NOT_FOUND,
				  "the cron expression matches no date within %d years",
				  SEARCH_YEARS);
	return TW_OK;
}

static int64_t grain(const struct tw_cron *c)
{
	return c->nfields > 5 ? TW_US_SEC : TW_US_MIN;
}

enum tw_rc tw_cron_next_local(const struct tw_cron *c, int64_t local_us, int64_t *ret,
			      struct tw_err *err)
{
	int64_t from = (tw_floor_div(local_us, grain(c)) + 1) * grain(c);

	if (!tw_time_ok(local_us) || !tw_time_ok(from))
		return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no tick after the year 9999");
	return search(c, from, search_next, false, ret, err);
}

enum tw_rc tw_cron_prev_local(const struct tw_cron *c, int64_t local_us, int64_t *ret,
			      struct tw_err *err)
{
	int64_t from = tw_floor_div(local_us - 1, grain(c)) * grain(c);

	if (!tw_time_ok(local_us) || !tw_time_ok(from))
		return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no tick before the year 1");
	return search(c, from, search_prev, true, ret, err);
}

enum tw_rc tw_cron_next(const struct tw_cron *c, const struct tw_zone *z, tw_time t, tw_time *ret,
			struct tw_err *err)
{
	int64_t local = tw_zone_local(z, t), tick;
	enum tw_rc rc = tw_cron_next_local(c, local, &tick, err);

	if (rc == TW_OK)
		*ret = c->every_hour ? t + (tick - local) : tw_zone_aware(z, tick);
	return rc;
}

enum tw_rc tw_cron_prev(const struct tw_cron *c, const struct tw_zone *z, tw_time t, tw_time *ret,
			struct tw_err *err)
{
	int64_t local = tw_zone_local(z, t), tick;
	enum tw_rc rc = tw_cron_prev_local(c, local, &tick, err);

	if (rc == TW_OK)
		*ret = c->every_hour ? t - (local - tick) : tw_zone_aware(z, tick);
	return rc;
}

/*
 * The tick that a first step led to, or t itself when the step back from there, whose result and
 * code these are, lands on t. A first or last tick has nothing to come back from.
 */
static enum tw_rc settle(tw_time t, tw_time tick, enum tw_rc back_rc, const tw_time *back,
			 tw_time *ret)
{
	if (back_rc < 0 && back_rc != TW_ERR_NOT_FOUND)
		return back_rc;
	*ret = back_rc == TW_OK && *back == t ? t : tick;
	return TW_OK;
}

enum tw_rc tw_cron_align_next(const struct tw_cron *c, const struct tw_zone *z, tw_time t,
			      tw_time *ret, struct tw_err *err)
{
	tw_time next, back;
	enum tw_rc rc = tw_cron_next(c, z, t, &next, err);

	if (rc < 0)
		return rc;
	return settle(t, next, tw_cron_prev(c, z, next, &back, NULL), &back, ret);
}

enum tw_rc tw_cron_align_prev(const struct tw_cron *c, const struct tw_zone *z, tw_time t,
			      tw_time *ret, struct tw_err *err)
{
	tw_time prev, back;
	enum tw_rc rc = tw_cron_prev(c, z, t, &prev, err);

	if (rc < 0)
		return rc;
	return settle(t, prev, tw_cron_next(c, z, prev, &back, NULL), &back, ret);
}
