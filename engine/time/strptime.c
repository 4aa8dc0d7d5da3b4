/* strptime in the C locale, after Python's _strptime: fields are gathered, then made into a date.
 */
#include "time/instant.h"

static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
				       "friday", "saturday", "sunday"};
static const char *const months[] = {"january",	  "february", "march",	  "april",
				     "may",	  "june",     "july",	  "august",
				     "september", "october",  "november", "december"};

struct parsed {
	int year, month, day, hour, minute, second, us;
	int yday, weekday, week_u, week_w, iso_year, iso_week; /* -1 = not given */
	int hour12, pm;					       /* -1 = not given */
	bool has_time, has_offset;
	int32_t offset;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool take_num(struct tw_str *t, int max_digits, int lo, int hi, int *ret)
{
	int v = 0;
	size_t n = 0, best = 0;
	int best_v = 0;

	while (n < (size_t)max_digits && n < t->n && t->p[n] >= '0' && t->p[n] <= '9') {
		v = v * 10 + (t->p[n++] - '0');
		if (v >= lo && v <= hi) {
			best = n;
			best_v = v;
		}
	}
	if (!best)
		return false;
	*ret = best_v;
	*t = tw_strn(t->p + best, t->n - best);
	return true;
}

/* A name of the list, or its first three letters when `shorts`; any case. */
static bool take_name(struct tw_str *t, const char *const *names, int n, bool shorts, int *ret)
{
	for (int i = 0; i < n; i++) {
		size_t len = shorts ? 3 : strlen(names[i]);

		if (t->n < len || strncasecmp(t->p, names[i], len) != 0)
			continue;
		*ret = i;
		*t = tw_strn(t->p + len, t->n - len);
		return true;
	}
	return false;
}

static bool take_fraction(struct tw_str *t, int *ret_us)
{
	int us = 0;
	size_t n = 0;

	while (n < 6 && n < t->n && t->p[n] >= '0' && t->p[n] <= '9')
		us = us * 10 + (t->p[n++] - '0');
	if (!n)
		return false;
	for (size_t i = n; i < 6; i++)
		us *= 10;
	*ret_us = us;
	*t = tw_strn(t->p + n, t->n - n);
	return true;
}

static bool take_offset(struct tw_str *t, int32_t *ret)
{
	int sign, h, m = 0, s = 0;
	bool colon;

	if (t->n && (*t->p == 'Z' || *t->p == 'z')) {
		*ret = 0;
		*t = tw_strn(t->p + 1, t->n - 1);
		return true;
	}
	if (t->n < 5 || (*t->p != '+' && *t->p != '-'))
		return false;
	sign = *t->p == '-' ? -1 : 1;
	*t = tw_strn(t->p + 1, t->n - 1);
	if (!take_num(t, 2, 0, 23, &h))
		return false;
	colon = t->n && *t->p == ':';
	if (colon)
		*t = tw_strn(t->p + 1, t->n - 1);
	if (!take_num(t, 2, 0, 59, &m))
		return false;
	if (t->n >= 2 && (!colon || *t->p == ':') &&
	    (colon || (t->p[0] >= '0' && t->p[0] <= '9'))) {
		if (colon)
			*t = tw_strn(t->p + 1, t->n - 1);
		if (!take_num(t, 2, 0, 59, &s))
			return false;
	}
	*ret = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool take_zone_name(struct tw_str *t, struct parsed *p)
{
	if (t->n < 3 || (strncasecmp(t->p, "utc", 3) != 0 && strncasecmp(t->p, "gmt", 3) != 0))
		return false;
	*t = tw_strn(t->p + 3, t->n - 3);
	(void)p; /* Python reads the name and stays naive */
	return true;
}

static const char *compound(char conv)
{
	switch (conv) {
	case 'c':
		return "%a %b %d %H:%M:%S %Y";
	case 'x':
		return "%m/%d/%y";
	case 'X':
	case 'T':
		return "%H:%M:%S";
	case 'D':
		return "%m/%d/%y";
	case 'F':
		return "%Y-%m-%d";
	case 'R':
		return "%H:%M";
	default:
		return NULL;
	}
}

static bool take_one(struct tw_str *t, char conv, struct parsed *p)
{
	int v;

	switch (conv) {
	case 'a':
		return take_name(t, weekdays, 7, true, &p->weekday);
	case 'A':
		return take_name(t, weekdays, 7, false, &p->weekday);
	case 'b':
	case 'B':
		if (!take_name(t, months, 12, conv == 'b', &v))
			return false;
		p->month = v + 1;
		return true;
	case 'd':
		if (t->n && *t->p == ' ')
			*t = tw_strn(t->p + 1, t->n - 1);
		return take_num(t, 2, 1, 31, &p->day);
	case 'f':
		p->has_time = true;
		return take_fraction(t, &p->us);
	case 'G':
		return t->n >= 4 && take_num(t, 4, 0, 9999, &p->iso_year);
	case 'H':
		p->has_time = true;
		return take_num(t, 2, 0, 23, &p->hour);
	case 'I':
		p->has_time = true;
		return take_num(t, 2, 1, 12, &p->hour12);
	case 'j':
		return take_num(t, 3, 1, 366, &p->yday);
	case 'm':
		return take_num(t, 2, 1, 12, &p->month);
	case 'M':
		p->has_time = true;
		return take_num(t, 2, 0, 59, &p->minute);
	case 'p': {
		static const char *const halves[] = {"am", "pm"};

		return take_name(t, halves, 2, false, &p->pm);
	}
	case 'S':
		return take_num(t, 2, 0, 59, &p->second);
	case 'u':
		if (!take_num(t, 1, 1, 7, &v))
			return false;
		p->weekday = v - 1;
		return true;
	case 'U':
		return take_num(t, 2, 0, 53, &p->week_u);
	case 'V':
		return take_num(t, 2, 1, 53, &p->iso_week);
	case 'w':
		if (!take_num(t, 1, 0, 6, &v))
			return false;
		p->weekday = (v + 6) % 7;
		return true;
	case 'W':
		return take_num(t, 2, 0, 53, &p->week_w);
	case 'y':
		if (t->n < 2 || !take_num(t, 2, 0, 99, &v))
			return false;
		p->year = v + (v <= 68 ? 2000 : 1900);
		return true;
	case 'Y': {
		size_t n = t->n;

		return take_num(t, 4, 0, 9999, &p->year) && n - t->n == 4;
	}
	case 'z':
		p->has_offset = true;
		return take_offset(t, &p->offset);
	case 'Z':
		return take_zone_name(t, p);
	default:
		return false;
	}
}

static bool take_all(struct tw_str *t, struct tw_str fmt, struct parsed *p)
{
	for (size_t i = 0; i < fmt.n; i++) {
		char ch = fmt.p[i];

		if (is_space(ch)) {
			if (!t->n || !is_space(*t->p))
				return false;
			while (t->n && is_space(*t->p))
				*t = tw_strn(t->p + 1, t->n - 1);
			while (i + 1 < fmt.n && is_space(fmt.p[i + 1]))
				i++;
			continue;
		}
		if (ch == '%' && i + 1 < fmt.n && fmt.p[i + 1] != '%') {
			const char *inner = compound(fmt.p[++i]);

			if (inner ? !take_all(t, tw_str(inner), p) : !take_one(t, fmt.p[i], p))
				return false;
			continue;
		}
		if (ch == '%' && ++i >= fmt.n)
			return false;
		if (!t->n || (*t->p | 32) != (ch | 32) ||
		    (*t->p != ch && !((ch | 32) >= 'a' && (ch | 32) <= 'z')))
			return false;
		*t = tw_strn(t->p + 1, t->n - 1);
	}
	return true;
}

static bool known_directives(struct tw_str fmt, char *ret_bad)
{
	for (size_t i = 0; i < fmt.n; i++) {
		if (fmt.p[i] != '%')
			continue;
		*ret_bad = ++i < fmt.n ? fmt.p[i] : 0;
		if (!*ret_bad || !strchr("aAbBdfGHIjmMpSuUVwWyYzZcxXTDFR%", *ret_bad))
			return false;
	}
	return true;
}

/* Year, week and weekday, or year and day of the year, to a date. */
static bool settle_date(struct parsed *p, int64_t *ret_days)
{
	if (p->iso_year >= 1 && p->iso_week > 0 && p->weekday >= 0) {
		int64_t jan4 = tw_days_from_civil(p->iso_year, 1, 4);

		*ret_days = jan4 - tw_weekday(jan4) + (p->iso_week - 1) * 7 + p->weekday;
		return true;
	}
	if (p->year < 1)
		return false;
	if (p->yday > 0) {
		*ret_days = tw_days_from_civil(p->year, 1, 1) + p->yday - 1;
		return p->yday <= 365 + tw_is_leap(p->year);
	}
	if (p->weekday >= 0 && (p->week_u >= 0 || p->week_w >= 0)) {
		int64_t jan1 = tw_days_from_civil(p->year, 1, 1);
		bool monday = p->week_w >= 0;
		int first = tw_weekday(jan1), wd = p->weekday;
		int week = monday ? p->week_w : p->week_u;

		if (!monday) {
			first = (first + 1) % 7;
			wd = (wd + 1) % 7;
		}
		*ret_days = week == 0 ? jan1 + wd - first
				      : jan1 + (7 - first) % 7 + 7 * (week - 1) + wd;
		return *ret_days >= jan1;
	}
	if (p->day > tw_days_in_month(p->year, p->month))
		return false;
	*ret_days = tw_days_from_civil(p->year, p->month, p->day);
	return true;
}

enum tw_rc tw_strptime(struct tw_str text, struct tw_str fmt, struct tw_iso *ret,
		       struct tw_err *err)
{
	struct parsed p = {.year = 1900,
			   .month = 1,
			   .day = 1,
			   .yday = -1,
			   .weekday = -1,
			   .week_u = -1,
			   .week_w = -1,
			   .iso_year = -1,
			   .iso_week = -1,
			   .hour12 = -1,
			   .pm = -1};
	struct tw_str rest = text;
	int64_t days;
	char bad;

	if (!known_directives(fmt, &bad))
		return tw_err_set(err, TW_ERR_INVALID, "'%c' is a bad directive in format '%.*s'",
				  bad ? bad : '%', TW_STR_ARG(fmt));
	if (!take_all(&rest, fmt, &p))
		return tw_err_set(err, TW_ERR_INVALID,
				  "time data '%.*s' does not match format '%.*s'", TW_STR_ARG(text),
				  TW_STR_ARG(fmt));
	if (rest.n)
		return tw_err_set(err, TW_ERR_INVALID, "unconverted data remains: %.*s",
				  TW_STR_ARG(rest));
	if (p.hour12 >= 0)
		p.hour = p.hour12 % 12 + (p.pm == 1 ? 12 : 0);
	if (!settle_date(&p, &days))
		return tw_err_set(err, TW_ERR_INVALID, "day is out of range for month in '%.*s'",
				  TW_STR_ARG(text));
	*ret = (struct tw_iso){
		.local_us = days * TW_US_DAY + p.hour * TW_US_HOUR + p.minute * TW_US_MIN +
			    p.second * TW_US_SEC + p.us,
		.has_time = p.has_time,
		.has_offset = p.has_offset,
		.offset = p.offset,
	};
	return TW_OK;
}
