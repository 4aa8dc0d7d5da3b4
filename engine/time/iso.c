/* ISO 8601 in and out. The reader is a cursor that never goes past its text. */
#include "time/instant.h"

#include <stdio.h>

#include "time/zone.h"
#include "value/json.h"

struct cur {
	const char *p, *end;
};

static int peek(const struct cur *c)
{
	return c->p < c->end ? (unsigned char)*c->p : -1;
}

static bool take(struct cur *c, char ch)
{
	if (peek(c) != ch)
		return false;
	c->p++;
	return true;
}

static int ndigits(const struct cur *c)
{
	const char *q = c->p;

	while (q < c->end && *q >= '0' && *q <= '9')
		q++;
	return (int)(q - c->p > 20 ? 20 : q - c->p);
}

/* Exactly n digits; the caller has counted them. */
static int number(struct cur *c, int n)
{
	int v = 0;

	while (n-- > 0)
		v = v * 10 + (*c->p++ - '0');
	return v;
}

static bool from_ordinal(int year, int ordinal, int64_t *ret_days)
{
	if (year < 1 || ordinal < 1 || ordinal > 365 + tw_is_leap(year))
		return false;
	*ret_days = tw_days_from_civil(year, 1, 1) + ordinal - 1;
	return true;
}

static bool from_week(int year, int week, int weekday, int64_t *ret_days)
{
	int64_t jan4 = tw_days_from_civil(year, 1, 4);
	int64_t days = jan4 - tw_weekday(jan4) + (week - 1) * 7 + weekday - 1;
	int iso_year, iso_week, wd, y, m, d;

	if (year < 1 || week < 1 || weekday < 1 || weekday > 7)
		return false;
	tw_civil_from_days(days, &y, &m, &d);
	tw_iso_week(y, m, d, &iso_year, &iso_week, &wd);
	if (iso_year != year || iso_week != week)
		return false;
	*ret_days = days;
	return true;
}

static bool from_ymd(int year, int month, int day, int64_t *ret_days)
{
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > tw_days_in_month(year, month))
		return false;
	*ret_days = tw_days_from_civil(year, month, day);
	return true;
}

/* After the W: 05, 05-1 (extended), 051 (basic). */
static bool read_week(struct cur *c, int year, bool extended, int64_t *ret_days)
{
	int n = ndigits(c);
	int week, weekday = 1;

	if (n < 2)
		return false;
	week = number(c, 2);
	if (n == 3 && !extended) {
		weekday = number(c, 1);
	} else if (n != 2) {
		return false;
	} else if (extended && take(c, '-')) {
		if (ndigits(c) != 1)
			return false;
		weekday = number(c, 1);
	}
	return from_week(year, week, weekday, ret_days);
}

/* After the year, without separator: MMDD or DDD. */
static bool read_basic_day(struct cur *c, int year, int64_t *ret_days)
{
	int n = ndigits(c);
	int month;

	if (n == 3)
		return from_ordinal(year, number(c, 3), ret_days);
	if (n != 4)
		return false;
	month = number(c, 2);
	return from_ymd(year, month, number(c, 2), ret_days);
}

static bool read_date(struct cur *c, int64_t *ret_days)
{
	int n = ndigits(c);
	int year, month, day;
	char sep;

	if (n < 4)
		return false;
	year = number(c, 4);
	if (n > 4)
		return read_basic_day(c, year, ret_days);
	if (take(c, 'W'))
		return read_week(c, year, false, ret_days);
	if (peek(c) != '-' && peek(c) != '/')
		return from_ymd(year, 1, 1, ret_days);
	sep = *c->p++;
	if (sep == '-' && take(c, 'W'))
		return read_week(c, year, true, ret_days);
	n = ndigits(c);
	if (n == 3 && sep == '-')
		return from_ordinal(year, number(c, 3), ret_days);
	if (n == 4 && sep == '-')
		return read_basic_day(c, year, ret_days);
	if (n < 1 || n > 2)
		return false;
	month = number(c, n);
	if (!take(c, sep))
		return sep == '-' && from_ymd(year, month, 1, ret_days);
	n = ndigits(c);
	if (n < 1 || n > 2)
		return false;
	day = number(c, n);
	return from_ymd(year, month, day, ret_days);
}

static bool read_fraction(struct cur *c, int *ret_us)
{
	int n = ndigits(c);
	int us = 0;

	if (n < 1 || n > 9)
		return false;
	for (int i = 0; i < 6; i++)
		us = us * 10 + (i < n ? c->p[i] - '0' : 0);
	c->p += n;
	*ret_us = us;
	return true;
}

static bool read_time(struct cur *c, int64_t *ret_us)
{
	int n = ndigits(c);
	int hour, minute = 0, second = 0, us = 0;

	if (n == 4 || n == 6) {
		hour = number(c, 2);
		minute = number(c, 2);
		if (n == 6)
			second = number(c, 2);
	} else if (n == 1 || n == 2) {
		hour = number(c, n);
		if (take(c, ':')) {
			n = ndigits(c);
			if (n < 1 || n > 2)
				return false;
			minute = number(c, n);
			if (take(c, ':')) {
				n = ndigits(c);
				if (n < 1 || n > 2)
					return false;
				second = number(c, n);
			}
		}
	} else {
		return false;
	}
	if ((take(c, '.') || take(c, ',')) && !read_fraction(c, &us))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_us = hour * TW_US_HOUR + minute * TW_US_MIN + second * TW_US_SEC + us;
	return true;
}

static bool read_offset(struct cur *c, int32_t *ret_offset)
{
	int sign, n, hour, minute = 0, second = 0;

	if (take(c, 'Z') || take(c, 'z')) {
		*ret_offset = 0;
		return true;
	}
	if (c->end - c->p >= 3 && memcmp(c->p, "UTC", 3) == 0) {
		c->p += 3;
		*ret_offset = 0;
		return true;
	}
	if (take(c, '+'))
		sign = 1;
	else if (take(c, '-'))
		sign = -1;
	else
		return false;
	n = ndigits(c);
	if (n != 2 && n != 4 && n != 6)
		return false;
	hour = number(c, 2);
	if (n >= 4)
		minute = number(c, 2);
	if (n == 6)
		second = number(c, 2);
	if (n == 2 && take(c, ':')) {
		if (ndigits(c) != 2)
			return false;
		minute = number(c, 2);
		if (take(c, ':')) {
			if (ndigits(c) != 2)
				return false;
			second = number(c, 2);
		}
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_offset = sign * (hour * 3600 + minute * 60 + second);
	return true;
}

static bool read_all(struct tw_str text, struct tw_iso *iso)
{
	struct cur c = {text.p, text.p + text.n};
	int64_t days, us;

	if (!read_date(&c, &days))
		return false;
	iso->local_us = days * TW_US_DAY;
	if (c.p == c.end)
		return true;
	if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' '))
		return false;
	if (!read_time(&c, &us))
		return false;
	iso->local_us += us;
	iso->has_time = true;
	if (c.p == c.end)
		return true;
	take(&c, ' ');
	iso->has_offset = true;
	return read_offset(&c, &iso->offset) && c.p == c.end;
}

enum tw_rc tw_iso_parse(struct tw_str text, struct tw_iso *ret, struct tw_err *err)
{
	struct tw_iso iso = {0};
	int shown = text.n > 100 ? 100 : (int)text.n;

	if (!read_all(tw_str_trim(text), &iso))
		return tw_err_set(err, TW_ERR_INVALID,
				  "'%.*s' is not a date or date-time; write it as "
				  "2026-01-31 or 2026-01-31T06:00:00+00:00",
				  shown, text.n ? text.p : "");
	*ret = iso;
	return TW_OK;
}

enum tw_rc tw_time_parse(struct tw_str text, const struct tw_zone *dflt, tw_time *ret,
			 struct tw_err *err)
{
	struct tw_iso iso;
	enum tw_rc rc = tw_iso_parse(text, &iso, err);
	tw_time t;

	if (rc < 0)
		return rc;
	if (iso.has_offset)
		t = iso.local_us - iso.offset * TW_US_SEC;
	else
		t = tw_zone_aware(dflt ? dflt : tw_zone_utc, iso.local_us);
	if (!tw_time_ok(t))
		return tw_err_set(err, TW_ERR_INVALID, "'%.*s' is outside of the years 1 to 9999",
				  text.n > 100 ? 100 : (int)text.n, text.p);
	*ret = t;
	return TW_OK;
}

void tw_local_iso(struct tw_buf *out, int64_t local_us)
{
	struct tw_civil c;

	tw_civil_from(local_us, &c);
	tw_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour,
		      c.minute, c.second);
	if (c.us)
		tw_buf_printf(out, ".%06d", c.us);
}

static void put_offset(struct tw_buf *out, int32_t offset)
{
	int32_t a = offset < 0 ? -offset : offset;

	tw_buf_printf(out, "%c%02d:%02d", offset < 0 ? '-' : '+', a / 3600, a / 60 % 60);
	if (a % 60)
		tw_buf_printf(out, ":%02d", a % 60);
}

void tw_time_iso(struct tw_buf *out, tw_time t, const struct tw_zone *zone)
{
	struct tw_zone_info zi;

	tw_zone_at(zone ? zone : tw_zone_utc, t, &zi);
	tw_local_iso(out, t + zi.offset * TW_US_SEC);
	put_offset(out, zi.offset);
}

/* `n` digits and what comes behind them. */
static char *put_digits(char *p, int v, int n, char next)
{
	for (int i = n; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	p[n] = next;
	return p + n + 1;
}

char *tw_time_iso_utc(char out[TW_ISO_MAX], tw_time t)
{
	struct tw_civil c;
	char *p = out;

	if (t == TW_TIME_NONE) {
		memcpy(out, "None", 5);
		return out;
	}
	tw_civil_from(t, &c);
	p = put_digits(p, c.year, 4, '-');
	p = put_digits(p, c.month, 2, '-');
	p = put_digits(p, c.day, 2, 'T');
	p = put_digits(p, c.hour, 2, ':');
	p = put_digits(p, c.minute, 2, ':');
	p = put_digits(p, c.second, 2, '.');
	p = c.us ? put_digits(p, c.us, 6, '+') - 1 : p - 1;
	memcpy(p, "+00:00", 7);
	return out;
}

char *tw_time_iso_z(char out[TW_ISO_MAX], tw_time t)
{
	char *offset = strchr(tw_time_iso_utc(out, t), '+');

	if (offset)
		memcpy(offset, "Z", 2);
	return out;
}

void tw_jw_time(struct tw_jw *w, const char *key, tw_time t)
{
	char text[TW_ISO_MAX];

	tw_jw_key(w, key);
	tw_jw_cstr(w, tw_time_ok(t) ? tw_time_iso_z(text, t) : NULL);
}
