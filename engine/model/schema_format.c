#include "model/schema_format.h"

#include "time/instant.h"

static bool digits(const char *p, int n, int *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++) {
		if (!tw_is_digit(p[i]))
			return false;
		*ret = *ret * 10 + (p[i] - '0');
	}
	return true;
}

static bool is_date(struct tw_str s)
{
	int y, m, d;

	return s.n == 10 && s.p[4] == '-' && s.p[7] == '-' && digits(s.p, 4, &y) &&
	       digits(s.p + 5, 2, &m) && digits(s.p + 8, 2, &d) && y >= 1 && m >= 1 && m <= 12 &&
	       d >= 1 && d <= tw_days_in_month(y, m);
}

static bool is_offset(struct tw_str s)
{
	int h, m;

	if (s.n == 1 && (s.p[0] | 32) == 'z')
		return true;
	return s.n == 6 && (s.p[0] == '+' || s.p[0] == '-') && s.p[3] == ':' && digits(s.p + 1, 2, &h) &&
	       digits(s.p + 4, 2, &m) && h < 24 && m < 60;
}

/* hh:mm:ss, a fraction, an offset; jsonschema's own check of "time" wants the offset, date pickers leave it out. */
static bool is_time(struct tw_str s, bool offset_needed)
{
	int h, m, sec;
	size_t i = 8;

	if (s.n < 8 || s.p[2] != ':' || s.p[5] != ':' || !digits(s.p, 2, &h) || !digits(s.p + 3, 2, &m) ||
	    !digits(s.p + 6, 2, &sec) || h > 23 || m > 59 || sec > 60)
		return false;
	if (i < s.n && s.p[i] == '.') {
		size_t first = ++i;
		while (i < s.n && tw_is_digit(s.p[i]))
			i++;
		if (i == first)
			return false;
	}
	if (i == s.n)
		return !offset_needed;
	return is_offset(tw_strn(s.p + i, s.n - i));
}

static bool is_date_time(struct tw_str s)
{
	return s.n > 11 && (s.p[10] == 'T' || s.p[10] == 't' || s.p[10] == ' ') &&
	       is_date(tw_strn(s.p, 10)) && is_time(tw_strn(s.p + 11, s.n - 11), true);
}

static bool is_email(struct tw_str s)
{
	ptrdiff_t at = tw_str_find(s, TW_STR("@"), 0);

	return at > 0 && (size_t)at + 1 < s.n;
}

static bool is_ipv4(struct tw_str s)
{
	int parts = 0;

	for (struct tw_str rest = s; rest.p; parts++) {
		struct tw_str part = tw_str_cut(rest, '.', &rest);
		int64_t v;
		if (!part.n || part.n > 3 || !tw_is_digit(part.p[0]) || !tw_str_to_int(part, &v) || v > 255 ||
		    (part.n > 1 && part.p[0] == '0'))
			return false;
	}
	return parts == 4;
}

static bool is_uuid(struct tw_str s)
{
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = s.p[i];
		if (dash ? c != '-' : !(tw_is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f')))
			return false;
	}
	return true;
}

static bool is_uri(struct tw_str s)
{
	size_t i = 0;

	while (i < s.n && ((s.p[i] | 32) >= 'a' || tw_is_digit(s.p[i]) || strchr("+-.", s.p[i])) &&
	       s.p[i] != ':')
		i++;
	return i > 0 && i < s.n && s.p[i] == ':' && (s.p[0] | 32) >= 'a' && (s.p[0] | 32) <= 'z' &&
	       tw_str_find(s, TW_STR(" "), 0) < 0;
}

bool tw_schema_format_ok(struct tw_str format, struct tw_str s)
{
	if (tw_str_is(format, "date-time"))
		return is_date_time(s);
	if (tw_str_is(format, "date"))
		return is_date(s);
	if (tw_str_is(format, "time"))
		return is_time(s, false);
	if (tw_str_is(format, "email"))
		return is_email(s);
	if (tw_str_is(format, "ipv4"))
		return is_ipv4(s);
	if (tw_str_is(format, "uuid"))
		return is_uuid(s);
	if (tw_str_is(format, "uri"))
		return is_uri(s);
	return true;
}
