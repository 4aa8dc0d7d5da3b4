#include "time/delta.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct tw_delta tw_delta_us(int64_t us)
{
	struct tw_delta d = tw_delta_relative();

	d.relative = false;
	d.us = us;
	return d;
}

struct tw_delta tw_delta_relative(void)
{
	return (struct tw_delta){
		.relative = true,
		.year = -1,
		.month = -1,
		.day = -1,
		.hour = -1,
		.minute = -1,
		.second = -1,
		.microsecond = -1,
		.weekday = -1,
	};
}

/* Moves whole `unit`s of *small into *big, toward zero. */
static void carry(double *small, double *big, double unit)
{
	double units = trunc(*small / unit);

	if (fabs(*small) < unit)
		return;
	*small -= units * unit;
	*big += units;
}

void tw_delta_normalize(struct tw_delta *d)
{
	carry(&d->microseconds, &d->seconds, 1e6);
	carry(&d->seconds, &d->minutes, 60);
	carry(&d->minutes, &d->hours, 60);
	carry(&d->hours, &d->days, 24);
	d->years += d->months / 12;
	d->months %= 12;
}

/* ── From JSON ────────────────────────────────────────────────────────────────────────── */

static bool number(struct tw_value v, double *ret)
{
	if (v.kind == TW_V_INT)
		*ret = (double)v.i;
	else if (v.kind == TW_V_FLOAT)
		*ret = v.f;
	else
		return false;
	return isfinite(*ret);
}

static enum tw_rc read_sum(struct tw_value map, const char *key, double limit, double *ret,
			   struct tw_err *err)
{
	const struct tw_value *v = tw_map_findc(map, key);
	double f;

	*ret = 0;
	if (!v || v->kind == TW_V_NULL)
		return TW_OK;
	if (!number(*v, &f) || fabs(f) > limit)
		return tw_err_set(err, TW_ERR_INVALID, "duration: '%s' must be a number up to %.0f",
				  key, limit);
	*ret = f;
	return TW_OK;
}

static enum tw_rc read_whole(struct tw_value map, const char *key, int *ret, struct tw_err *err)
{
	double f;
	enum tw_rc rc = read_sum(map, key, 120000, &f, err);

	if (rc < 0)
		return rc;
	if (f != trunc(f))
		return tw_err_set(err, TW_ERR_INVALID, "duration: '%s' must be a whole number",
				  key);
	*ret = (int)f;
	return TW_OK;
}

static enum tw_rc read_set(struct tw_value map, const char *key, int lo, int hi, int *ret,
			   struct tw_err *err)
{
	const struct tw_value *v = tw_map_findc(map, key);

	if (!v || v->kind == TW_V_NULL)
		return TW_OK;
	if (v->kind != TW_V_INT || v->i < lo || v->i > hi)
		return tw_err_set(err, TW_ERR_INVALID,
				  "duration: '%s' must be a whole number from %d to %d", key, lo,
				  hi);
	*ret = (int)v->i;
	return TW_OK;
}

static enum tw_rc read_weekday(struct tw_value map, struct tw_delta *d, struct tw_err *err)
{
	const struct tw_value *v = tw_map_findc(map, "weekday");
	int64_t n = 0;

	if (!v || v->kind == TW_V_NULL)
		return TW_OK;
	if (v->kind == TW_V_LIST && (v->list->n == 1 || v->list->n == 2) &&
	    v->list->v[0].kind == TW_V_INT) {
		d->weekday = (int)v->list->v[0].i;
		if (v->list->n == 2 && v->list->v[1].kind == TW_V_INT)
			n = v->list->v[1].i;
		if (v->list->v[0].i >= 0 && v->list->v[0].i <= 6 && n >= -1000 && n <= 1000) {
			d->weekday_n = (int)n;
			return TW_OK;
		}
	}
	return tw_err_set(err, TW_ERR_INVALID,
			  "duration: 'weekday' must be [0..6] or [0..6, n], Monday = 0");
}

static enum tw_rc read_relative(struct tw_value v, struct tw_delta *d, struct tw_err *err)
{
	double weeks;
	enum tw_rc rc;

	if ((rc = read_whole(v, "years", &d->years, err)) < 0 ||
	    (rc = read_whole(v, "months", &d->months, err)) < 0 ||
	    (rc = read_whole(v, "leapdays", &d->leapdays, err)) < 0 ||
	    (rc = read_sum(v, "weeks", 1e6, &weeks, err)) < 0 ||
	    (rc = read_sum(v, "days", 4e6, &d->days, err)) < 0 ||
	    (rc = read_sum(v, "hours", 1e8, &d->hours, err)) < 0 ||
	    (rc = read_sum(v, "minutes", 1e10, &d->minutes, err)) < 0 ||
	    (rc = read_sum(v, "seconds", 1e12, &d->seconds, err)) < 0 ||
	    (rc = read_sum(v, "microseconds", 1e15, &d->microseconds, err)) < 0 ||
	    (rc = read_set(v, "year", 1, 9999, &d->year, err)) < 0 ||
	    (rc = read_set(v, "month", 1, 12, &d->month, err)) < 0 ||
	    (rc = read_set(v, "day", 1, 31, &d->day, err)) < 0 ||
	    (rc = read_set(v, "hour", 0, 23, &d->hour, err)) < 0 ||
	    (rc = read_set(v, "minute", 0, 59, &d->minute, err)) < 0 ||
	    (rc = read_set(v, "second", 0, 59, &d->second, err)) < 0 ||
	    (rc = read_set(v, "microsecond", 0, 999999, &d->microsecond, err)) < 0 ||
	    (rc = read_weekday(v, d, err)) < 0)
		return rc;
	d->days += weeks * 7;
	tw_delta_normalize(d);
	return TW_OK;
}

enum tw_rc tw_delta_from_value(struct tw_value v, struct tw_delta *ret, struct tw_err *err)
{
	struct tw_delta d = tw_delta_relative();
	enum tw_rc rc;
	double f;

	if (v.kind == TW_V_MAP) {
		rc = read_relative(v, &d, err);
		if (rc == TW_OK)
			*ret = d;
		return rc;
	}
	if (!number(v, &f) || fabs(f) > 86400.0 * 999999999)
		return tw_err_set(err, TW_ERR_INVALID,
				  "a duration must be a number of seconds or an object of "
				  "years, months, days, …");
	if (fabs(f) > 4e11)
		return tw_err_set(err, TW_ERR_INVALID, "a duration must be less than 10,000 years");
	*ret = tw_delta_us(v.kind == TW_V_INT ? v.i * TW_US_SEC
					      : (int64_t)llrintl((long double)f * 1000000.0L));
	return TW_OK;
}

/* ── Arithmetic ───────────────────────────────────────────────────────────────────────── */

struct tw_delta tw_delta_neg(const struct tw_delta *d)
{
	struct tw_delta n = *d;

	n.us = -d->us;
	n.years = -d->years;
	n.months = -d->months;
	n.days = -d->days;
	n.hours = -d->hours;
	n.minutes = -d->minutes;
	n.seconds = -d->seconds;
	n.microseconds = -d->microseconds;
	return n;
}

bool tw_delta_equal(const struct tw_delta *a, const struct tw_delta *b)
{
	if (a->relative != b->relative)
		return false;
	if (!a->relative)
		return a->us == b->us;
	return a->years == b->years && a->months == b->months && a->leapdays == b->leapdays &&
	       a->days == b->days && a->hours == b->hours && a->minutes == b->minutes &&
	       a->seconds == b->seconds && a->microseconds == b->microseconds &&
	       a->year == b->year && a->month == b->month && a->day == b->day &&
	       a->hour == b->hour && a->minute == b->minute && a->second == b->second &&
	       a->microsecond == b->microsecond && a->weekday == b->weekday &&
	       (a->weekday_n ? a->weekday_n : 1) == (b->weekday_n ? b->weekday_n : 1);
}

static int64_t sum_us(const struct tw_delta *d, double days)
{
	long double us = (long double)days * TW_US_DAY + (long double)d->hours * TW_US_HOUR +
			 (long double)d->minutes * TW_US_MIN + (long double)d->seconds * TW_US_SEC +
			 (long double)d->microseconds;

	return (int64_t)llrintl(us);
}

static int64_t seek_weekday(int64_t local_us, const struct tw_delta *d)
{
	int wd = tw_weekday(tw_floor_div(local_us, TW_US_DAY));
	int n = d->weekday_n ? d->weekday_n : 1;
	int64_t jump = ((n < 0 ? -n : n) - 1) * 7;

	if (n > 0)
		jump += (7 - wd + d->weekday) % 7;
	else
		jump = -(jump + (wd - d->weekday + 7) % 7);
	return local_us + jump * TW_US_DAY;
}

static enum tw_rc out_of_range(struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_INVALID, "the date is outside of the years 1 to 9999");
}

enum tw_rc tw_delta_add(int64_t local_us, const struct tw_delta *d, int64_t *ret,
			struct tw_err *err)
{
	struct tw_civil c;
	double days = d->days;
	int64_t t;
	int ndays;

	if (!tw_time_ok(local_us))
		return out_of_range(err);
	if (!d->relative) {
		t = local_us + d->us;
	} else {
		tw_civil_from(local_us, &c);
		c.year = (d->year > 0 ? d->year : c.year) + d->years;
		c.month = (d->month > 0 ? d->month : c.month) + d->months;
		if (c.month > 12) {
			c.year++;
			c.month -= 12;
		} else if (c.month < 1) {
			c.year--;
			c.month += 12;
		}
		if (c.year < 1 || c.year > 9999)
			return out_of_range(err);
		ndays = tw_days_in_month(c.year, c.month);
		c.day = d->day > 0 ? d->day : c.day;
		if (c.day > ndays)
			c.day = ndays;
		c.hour = d->hour >= 0 ? d->hour : c.hour;
		c.minute = d->minute >= 0 ? d->minute : c.minute;
		c.second = d->second >= 0 ? d->second : c.second;
		c.us = d->microsecond >= 0 ? d->microsecond : c.us;
		if (d->leapdays && c.month > 2 && tw_is_leap(c.year))
			days += d->leapdays;
		t = tw_civil_us(&c) + sum_us(d, days);
		if (d->weekday >= 0)
			t = seek_weekday(t, d);
	}
	if (!tw_time_ok(t))
		return out_of_range(err);
	*ret = t;
	return TW_OK;
}

/* ── Text ─────────────────────────────────────────────────────────────────────────────── */

static void put_field(struct tw_buf *out, const char **sep, const char *name, const char *fmt,
		      double v)
{
	char num[64];

	snprintf(num, sizeof num, fmt[1] == '+' ? "%+g" : "%.0f", v);
	tw_buf_printf(out, "%s%s=%s", *sep, name, num);
	*sep = ", ";
}

static void put_relative(const struct tw_delta *d, struct tw_buf *out)
{
	static const char *const wds[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
	const struct {
		const char *name;
		double v;
	} sums[] = {{"years", d->years},     {"months", d->months},
		    {"days", d->days},	     {"leapdays", d->leapdays},
		    {"hours", d->hours},     {"minutes", d->minutes},
		    {"seconds", d->seconds}, {"microseconds", d->microseconds}};
	const struct {
		const char *name;
		int v;
	} sets[] = {{"year", d->year},	   {"month", d->month},
		    {"day", d->day},	   {NULL, 0},
		    {"hour", d->hour},	   {"minute", d->minute},
		    {"second", d->second}, {"microsecond", d->microsecond}};
	const char *sep = "";

	tw_buf_adds(out, "relativedelta(");
	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
		if (sums[i].v != 0)
			put_field(out, &sep, sums[i].name, "%+", sums[i].v);
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		if (sets[i].name && sets[i].v >= 0)
			put_field(out, &sep, sets[i].name, "%d", sets[i].v);
		if (sets[i].name || d->weekday < 0)
			continue;
		tw_buf_printf(out, "%sweekday=%s", sep, wds[d->weekday]);
		if (d->weekday_n)
			tw_buf_printf(out, "(%+d)", d->weekday_n);
		sep = ", ";
	}
	tw_buf_addc(out, ')');
}

void tw_delta_str(const struct tw_delta *d, struct tw_buf *out)
{
	int64_t days, rest;

	if (d->relative) {
		put_relative(d, out);
		return;
	}
	days = tw_floor_div(d->us, TW_US_DAY);
	rest = d->us - days * TW_US_DAY;
	if (days)
		tw_buf_printf(out, "%lld day%s, ", (long long)days,
			      days == 1 || days == -1 ? "" : "s");
	tw_buf_printf(out, "%d:%02d:%02d", (int)(rest / TW_US_HOUR), (int)(rest / TW_US_MIN % 60),
		      (int)(rest / TW_US_SEC % 60));
	if (rest % TW_US_SEC)
		tw_buf_printf(out, ".%06d", (int)(rest % TW_US_SEC));
}

void tw_delta_repr(const struct tw_delta *d, struct tw_buf *out)
{
	int64_t days, rest;
	const char *sep = "";

	if (d->relative) {
		put_relative(d, out);
		return;
	}
	days = tw_floor_div(d->us, TW_US_DAY);
	rest = d->us - days * TW_US_DAY;
	tw_buf_adds(out, "datetime.timedelta(");
	if (days)
		put_field(out, &sep, "days", "%d", (double)days);
	if (rest / TW_US_SEC)
		put_field(out, &sep, "seconds", "%d", (double)(rest / TW_US_SEC));
	if (rest % TW_US_SEC)
		put_field(out, &sep, "microseconds", "%d", (double)(rest % TW_US_SEC));
	tw_buf_adds(out, !days && !rest ? "0)" : ")");
}
