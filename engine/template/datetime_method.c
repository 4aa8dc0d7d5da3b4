/* The methods of date-times. */
#include "template/datetime.h"
#include "time/delta.h"

#define METHOD(name)                                                                               \
	static enum tw_rc name(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,    \
			       struct tw_value *ret)

static enum tw_rc none(struct tw_tpl *t, const struct tw_args *args, const char *name)
{
	if (args->npos || args->nkw)
		return tw_tpl_raise(t, "TypeError", "%s() takes no arguments", name);
	return TW_OK;
}

static enum tw_rc text_arg(struct tw_tpl *t, const struct tw_args *args, const char *fn,
			   const char *name, struct tw_str *ret)
{
	struct tw_value a;

	TW_TRY(tw_tpl_bind(t, fn, args, &name, 1, 1, &a));
	if (a.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, a);
	if (a.kind != TW_V_STR)
		return tw_tpl_unsupported(t, "%s() of a '%s'", fn, tw_type_name(a));
	*ret = a.s;
	return TW_OK;
}

METHOD(m_strftime)
{
	static const char *const names[] = {"format"};
	struct tw_value a;

	TW_TRY(tw_tpl_bind(t, "strftime", args, names, 1, 1, &a));
	return tw_dt_strftime(t, v, a, ret);
}

METHOD(m_isoformat)
{
	static const char *const names[] = {"sep", "timespec"};
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_value a[2];

	TW_TRY(tw_tpl_bind(t, "isoformat", args, names, 2, 0, a));
	if (tw_v_given(a[1]))
		return tw_tpl_unsupported(t, "isoformat(timespec=…)");
	if (tw_v_given(a[0]) && (a[0].kind != TW_V_STR || a[0].s.n != 1))
		return tw_tpl_unsupported(t, "this separator of isoformat");
	if (v.dt.zone)
		tw_time_iso(&b, v.dt.us, v.dt.zone);
	else
		tw_local_iso(&b, v.dt.us);
	if (tw_v_given(a[0]))
		b.p[10] = a[0].s.p[0];
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

METHOD(m_format)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str fmt;

	if (args->npos + args->nkw > 1)
		return tw_tpl_unsupported(t, "format() with a locale");
	TW_TRY(text_arg(t, args, "format", "fmt", &fmt));
	TW_TRY(tw_pendulum_format(t, v, fmt, &b));
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

/* The to_…_string family: a format for each. */
static enum tw_rc to_string(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			    const struct tw_args *args, struct tw_value *ret)
{
	static const struct {
		const char *name, *fmt;
	} known[] = {
		{"to_date_string", "YYYY-MM-DD"},
		{"to_time_string", "HH:mm:ss"},
		{"to_datetime_string", "YYYY-MM-DD HH:mm:ss"},
		{"to_formatted_date_string", "MMM DD, YYYY"},
		{"to_day_datetime_string", "ddd, MMM D, YYYY h:mm A"},
		{"to_atom_string", "YYYY-MM-DDTHH:mm:ssZ"},
		{"to_w3c_string", "YYYY-MM-DDTHH:mm:ssZ"},
		{"to_rfc822_string", "ddd, DD MMM YY HH:mm:ss ZZ"},
		{"to_rfc850_string", "dddd, DD-MMM-YY HH:mm:ss zz"},
		{"to_rfc1036_string", "ddd, DD MMM YY HH:mm:ss ZZ"},
		{"to_rfc1123_string", "ddd, DD MMM YYYY HH:mm:ss ZZ"},
		{"to_rfc2822_string", "ddd, DD MMM YYYY HH:mm:ss ZZ"},
		{"to_rss_string", "ddd, DD MMM YYYY HH:mm:ss ZZ"},
		{"to_cookie_string", "dddd, DD-MMM-YYYY HH:mm:ss zz"},
	};
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str s;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!tw_str_is(name, known[i].name))
			continue;
		TW_TRY(none(t, args, known[i].name));
		TW_TRY(tw_pendulum_format(t, v, tw_str(known[i].fmt), &b));
		*ret = tw_tpl_mkstr(t, &b);
		return TW_OK;
	}
	if (!tw_str_is(name, "to_iso8601_string") && !tw_str_is(name, "to_rfc3339_string"))
		return TW_ERR_NOT_FOUND;
	TW_TRY(none(t, args, "to_iso8601_string"));
	TW_TRY(m_isoformat(t, v, args, ret));
	s = ret->s;
	if (tw_str_is(name, "to_iso8601_string") && v.dt.zone == tw_zone_utc && s.n > 6)
		*ret = tw_v_cstr(tw_arena_printf(t->a, "%.*sZ", (int)s.n - 6, s.p));
	return TW_OK;
}

METHOD(m_date)
{
	TW_TRY(none(t, args, "date"));
	*ret = tw_date_new(t, tw_floor_div(tw_dt_local(v), TW_US_DAY), v.safe);
	return TW_OK;
}

METHOD(m_time)
{
	int64_t local = tw_dt_local(v);

	TW_TRY(none(t, args, "time"));
	*ret = tw_time_new(t, local - tw_floor_div(local, TW_US_DAY) * TW_US_DAY, v.safe);
	return TW_OK;
}

METHOD(m_timestamp)
{
	TW_TRY(none(t, args, "timestamp"));
	if (!v.dt.zone)
		return tw_tpl_unsupported(t, "timestamp() without a zone");
	*ret = tw_v_float((double)v.dt.us / 1e6);
	return TW_OK;
}

METHOD(m_weekday)
{
	TW_TRY(none(t, args, "weekday"));
	*ret = tw_v_int(tw_weekday(tw_floor_div(tw_dt_local(v), TW_US_DAY)));
	return TW_OK;
}

METHOD(m_isoweekday)
{
	TW_TRY(m_weekday(t, v, args, ret));
	ret->i++;
	return TW_OK;
}

METHOD(m_toordinal)
{
	TW_TRY(none(t, args, "toordinal"));
	*ret = tw_v_int(tw_floor_div(tw_dt_local(v), TW_US_DAY) + 719163);
	return TW_OK;
}

METHOD(m_utcoffset)
{
	struct tw_zone_info info;

	TW_TRY(none(t, args, "utcoffset"));
	*ret = TW_NULL;
	if (!v.dt.zone)
		return TW_OK;
	tw_zone_at(v.dt.zone, v.dt.us, &info);
	*ret = tw_v_delta(info.offset * TW_US_SEC);
	return TW_OK;
}

METHOD(m_tzname)
{
	struct tw_zone_info info;

	TW_TRY(none(t, args, "tzname"));
	*ret = TW_NULL;
	if (!v.dt.zone)
		return TW_OK;
	tw_zone_at(v.dt.zone, v.dt.us, &info);
	*ret = tw_v_cstr(tw_arena_strdup(t->a, info.abbr));
	return TW_OK;
}

METHOD(m_is_dst)
{
	struct tw_zone_info info;

	TW_TRY(none(t, args, "is_dst"));
	if (!v.dt.zone)
		return tw_tpl_unsupported(t, "is_dst() without a zone");
	tw_zone_at(v.dt.zone, v.dt.us, &info);
	*ret = tw_v_bool(info.dst != 0);
	return TW_OK;
}

METHOD(m_is_leap_year)
{
	struct tw_civil c;

	TW_TRY(none(t, args, "is_leap_year"));
	tw_civil_from(tw_dt_local(v), &c);
	*ret = tw_v_bool(tw_is_leap(c.year));
	return TW_OK;
}

METHOD(m_naive)
{
	TW_TRY(none(t, args, "naive"));
	*ret = v;
	ret->dt.us = tw_dt_local(v);
	ret->dt.zone = NULL;
	return TW_OK;
}

/* ---- moving ---- */

static enum tw_rc number_arg(struct tw_tpl *t, struct tw_value v, double *ret)
{
	*ret = 0;
	if (!tw_v_given(v))
		return TW_OK;
	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (v.kind == TW_V_INT && v.i > -1000000000000LL && v.i < 1000000000000LL)
		*ret = (double)v.i;
	else
		return tw_tpl_unsupported(t, "a step that is not a plain integer");
	return TW_OK;
}

static enum tw_rc move(struct tw_tpl *t, struct tw_value v, const struct tw_args *args, int sign,
		       struct tw_value *ret)
{
	static const char *const names[] = {"years", "months",	"weeks",   "days",
					    "hours", "minutes", "seconds", "microseconds"};
	struct tw_value a[8];
	struct tw_delta d = tw_delta_relative();
	double n[8];
	int64_t r;

	TW_TRY(tw_tpl_bind(t, sign > 0 ? "add" : "subtract", args, names, 8, 0, a));
	for (int i = 0; i < 8; i++) {
		TW_TRY(number_arg(t, a[i], &n[i]));
		n[i] *= sign;
	}
	if (n[0] > 9998 || n[0] < -9998 || n[1] > 119976 || n[1] < -119976)
		return tw_tpl_raise(t, "ValueError", "year is out of range");
	d.years = (int)n[0];
	d.months = (int)n[1];
	d.days = n[2] * 7 + n[3];
	d.hours = n[4];
	d.minutes = n[5];
	d.seconds = n[6];
	d.microseconds = n[7];
	tw_delta_normalize(&d);
	if (n[0] != 0 || n[1] != 0 || n[2] != 0 || n[3] != 0 || !v.dt.zone) {
		if (tw_delta_add(tw_dt_local(v), &d, &r, t->err) != TW_OK)
			return n[0] != 0 || n[1] != 0
				       ? tw_tpl_raise(t, "ValueError", "year is out of range")
				       : tw_dt_check(t, INT64_MAX);
		return tw_dt_at_local(t, v, r, ret);
	}
	if (tw_delta_add(v.dt.us, &d, &r, t->err) != TW_OK)
		return tw_dt_check(t, INT64_MAX);
	*ret = v;
	ret->dt.us = r;
	return TW_OK;
}

METHOD(m_add)
{
	return move(t, v, args, 1, ret);
}

METHOD(m_subtract)
{
	return move(t, v, args, -1, ret);
}

/*
 * The same where pendulum goes by the date-time's own fold, which we do not keep: unsupported where
 * it matters.
 */
static enum tw_rc at_own_fold(struct tw_tpl *t, struct tw_value v, int64_t local,
			      struct tw_value *ret)
{
	if (v.dt.zone && local >= TW_TIME_MIN && local <= TW_TIME_MAX &&
	    tw_zone_offset_at(v.dt.zone, local, 0) != tw_zone_offset_at(v.dt.zone, local, 1))
		return tw_tpl_unsupported(t, "a wall time that comes twice or never");
	return tw_dt_at_local(t, v, local, ret);
}

/* The first instant of the unit v is in, as a wall clock's reading; step: the next unit's. */
static enum tw_rc unit_start(struct tw_tpl *t, int64_t local, struct tw_str unit, bool next,
			     int64_t *ret)
{
	struct tw_civil c;
	int64_t day = tw_floor_div(local, TW_US_DAY) * TW_US_DAY, span = 0;
	int months = 0;

	tw_civil_from(local, &c);
	if (tw_str_is(unit, "second"))
		span = TW_US_SEC;
	else if (tw_str_is(unit, "minute"))
		span = TW_US_MIN;
	else if (tw_str_is(unit, "hour"))
		span = TW_US_HOUR;
	else if (tw_str_is(unit, "day"))
		span = TW_US_DAY;
	if (span) {
		*ret = tw_floor_div(local, span) * span + (next ? span : 0);
		return TW_OK;
	}
	if (tw_str_is(unit, "week")) {
		*ret = day - tw_weekday(day / TW_US_DAY) * TW_US_DAY + (next ? 7 * TW_US_DAY : 0);
		return TW_OK;
	}
	c.day = 1;
	if (tw_str_is(unit, "month")) {
		months = 1;
	} else if (tw_str_is(unit, "year")) {
		c.month = 1;
		months = 12;
	} else if (tw_str_is(unit, "decade")) {
		c.month = 1;
		c.year -= c.year % 10;
		months = 120;
	} else {
		return tw_tpl_raise(t, "ValueError", "Invalid unit \"" TW_STR_FMT "\"",
				    TW_STR_ARG(unit));
	}
	if (next) {
		months += c.month - 1;
		c.year += months / 12;
		c.month = months % 12 + 1;
	}
	*ret = tw_days_from_civil(c.year, c.month, 1) * TW_US_DAY;
	return TW_OK;
}

METHOD(m_start_of)
{
	struct tw_str unit;
	int64_t local;

	TW_TRY(text_arg(t, args, "start_of", "unit", &unit));
	TW_TRY(unit_start(t, tw_dt_local(v), unit, false, &local));
	return at_own_fold(t, v, local, ret);
}

METHOD(m_end_of)
{
	struct tw_str unit;
	int64_t local;

	TW_TRY(text_arg(t, args, "end_of", "unit", &unit));
	TW_TRY(unit_start(t, tw_dt_local(v), unit, true, &local));
	return at_own_fold(t, v, local - 1, ret);
}

static enum tw_rc month_edge(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,
			     bool last, struct tw_value *ret)
{
	struct tw_str unit;
	int64_t local;

	if (args->npos + args->nkw > 1)
		return tw_tpl_unsupported(t, "first_of() with a weekday");
	TW_TRY(text_arg(t, args, last ? "last_of" : "first_of", "unit", &unit));
	if (!tw_str_is(unit, "month") && !tw_str_is(unit, "year"))
		return tw_tpl_unsupported(t, "first_of this unit");
	TW_TRY(unit_start(t, tw_dt_local(v), unit, last, &local));
	return at_own_fold(t, v, last ? local - TW_US_DAY : local, ret);
}

METHOD(m_first_of)
{
	return month_edge(t, v, args, false, ret);
}

METHOD(m_last_of)
{
	return month_edge(t, v, args, true, ret);
}

METHOD(m_next)
{
	int64_t day = tw_floor_div(tw_dt_local(v), TW_US_DAY);

	if (args->npos || args->nkw)
		return tw_tpl_unsupported(t, "next() with a weekday");
	return at_own_fold(t, v, (day + 7) * TW_US_DAY, ret);
}

METHOD(m_previous)
{
	int64_t day = tw_floor_div(tw_dt_local(v), TW_US_DAY);

	if (args->npos || args->nkw)
		return tw_tpl_unsupported(t, "previous() with a weekday");
	return at_own_fold(t, v, (day - 7) * TW_US_DAY, ret);
}

METHOD(m_in_timezone)
{
	static const char *const names[] = {"tz"};
	const struct tw_zone *z;
	struct tw_value a;

	TW_TRY(tw_tpl_bind(t, "in_timezone", args, names, 1, 1, &a));
	TW_TRY(tw_zone_arg(t, a, &z));
	*ret = v;
	ret->dt.zone = z;
	if (!v.dt.zone)
		ret->dt.us = tw_zone_aware(z, v.dt.us);
	return TW_OK;
}

METHOD(m_astimezone)
{
	if (!args->npos || v.safe || !v.dt.zone)
		return tw_tpl_unsupported(t, "astimezone() of this");
	return m_in_timezone(t, v, args, ret);
}

/* ---- replacing fields ---- */

static enum tw_rc field(struct tw_tpl *t, struct tw_value v, int *ret)
{
	int64_t i;

	if (!tw_v_given(v) || v.kind == TW_V_NULL)
		return TW_OK;
	TW_TRY(tw_tpl_int_arg(t, v, &i));
	if (i < 0 || i > 999999)
		i = -1;
	*ret = (int)i;
	return TW_OK;
}

static enum tw_rc replace_fields(struct tw_tpl *t, struct tw_value v, const struct tw_value a[7],
				 struct tw_value *ret)
{
	struct tw_civil c;

	tw_civil_from(tw_dt_local(v), &c);
	TW_TRY(field(t, a[0], &c.year));
	TW_TRY(field(t, a[1], &c.month));
	TW_TRY(field(t, a[2], &c.day));
	TW_TRY(field(t, a[3], &c.hour));
	TW_TRY(field(t, a[4], &c.minute));
	TW_TRY(field(t, a[5], &c.second));
	TW_TRY(field(t, a[6], &c.us));
	if (!tw_civil_valid(&c))
		return tw_tpl_raise(t, "ValueError",
				    c.year < 1 || c.year > 9999	    ? "year is out of range"
				    : c.month < 1 || c.month > 12   ? "month must be in 1..12"
				    : c.hour < 0 || c.hour > 23	    ? "hour must be in 0..23"
				    : c.minute < 0 || c.minute > 59 ? "minute must be in 0..59"
				    : c.second < 0 || c.second > 59
					    ? "second must be in 0..59"
					    : "day is out of range for month");
	return at_own_fold(t, v, tw_civil_us(&c), ret);
}

static enum tw_rc replace(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,
			  const char *fn, const char *zone_name, struct tw_value *ret)
{
	const char *names[] = {"year",	 "month",  "day",	  "hour",
			       "minute", "second", "microsecond", zone_name};
	struct tw_value a[8];
	const struct tw_zone *z = v.dt.zone;

	TW_TRY(tw_tpl_bind(t, fn, args, names, 8, 0, a));
	if (tw_v_given(a[7])) {
		if (a[7].kind == TW_V_NULL && zone_name[2] == 'i')
			z = NULL;
		else
			TW_TRY(tw_zone_arg(t, a[7], &z));
		v.dt.us = tw_dt_local(v);
		v.dt.zone = NULL;
		TW_TRY(replace_fields(t, v, a, &v));
		if (z) {
			v.dt.zone = z;
			return at_own_fold(t, v, v.dt.us, ret);
		}
		*ret = v;
		return TW_OK;
	}
	return replace_fields(t, v, a, ret);
}

METHOD(m_replace)
{
	return replace(t, v, args, "replace", "tzinfo", ret);
}

METHOD(m_set)
{
	return replace(t, v, args, "set", "tz", ret);
}

METHOD(m_on)
{
	static const char *const names[] = {"year", "month", "day"};
	struct tw_value a[7];

	for (int i = 0; i < 7; i++)
		a[i].kind = TW_V_ABSENT;
	TW_TRY(tw_tpl_bind(t, "on", args, names, 3, 3, a));
	return replace_fields(t, v, a, ret);
}

METHOD(m_at)
{
	static const char *const names[] = {"hour", "minute", "second", "microsecond"};
	struct tw_value a[7];

	for (int i = 0; i < 7; i++)
		a[i].kind = TW_V_ABSENT;
	TW_TRY(tw_tpl_bind(t, "at", args, names, 4, 1, a + 3));
	for (int i = 4; i < 7; i++)
		if (!tw_v_given(a[i]))
			a[i] = tw_v_int(0);
	return replace_fields(t, v, a, ret);
}

METHOD(m_diff)
{
	static const char *const names[] = {"dt", "abs"};
	struct tw_value a[2], x;
	bool absolute = true;

	TW_TRY(tw_tpl_bind(t, "diff", args, names, 2, 0, a));
	if (!tw_v_given(a[0]) || a[0].kind != TW_V_DATETIME)
		return tw_tpl_unsupported(t, "diff() from now");
	if (!v.dt.zone != !a[0].dt.zone)
		return tw_tpl_unsupported(t, "diff() of an aware and a naive date-time");
	if (tw_v_given(a[1]))
		TW_TRY(tw_tpl_truth(t, a[1], &absolute));
	if (absolute && v.dt.us > a[0].dt.us) {
		x = v;
		v = a[0];
		a[0] = x;
	}
	*ret = tw_interval_new(t, v, a[0]);
	return TW_OK;
}

METHOD(m_is_same_day)
{
	static const char *const names[] = {"dt"};
	struct tw_value a;

	TW_TRY(tw_tpl_bind(t, "is_same_day", args, names, 1, 1, &a));
	if (a.kind != TW_V_DATETIME)
		return tw_tpl_unsupported(t, "is_same_day() of this");
	*ret = tw_v_bool(tw_floor_div(tw_dt_local(v), TW_US_DAY) ==
			 tw_floor_div(tw_dt_local(a), TW_US_DAY));
	return TW_OK;
}

static const struct {
	const char *name;
	enum tw_rc (*fn)(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,
			 struct tw_value *ret);
	bool plain; /* datetime has it too, doing the same */
} methods[] = {
	{"strftime", m_strftime, true},
	{"isoformat", m_isoformat, true},
	{"date", m_date, true},
	{"time", m_time, true},
	{"timestamp", m_timestamp, true},
	{"weekday", m_weekday, true},
	{"isoweekday", m_isoweekday, true},
	{"toordinal", m_toordinal, true},
	{"utcoffset", m_utcoffset, true},
	{"tzname", m_tzname, true},
	{"replace", m_replace, true},
	{"astimezone", m_astimezone, true},
	{"format", m_format, false},
	{"add", m_add, false},
	{"subtract", m_subtract, false},
	{"start_of", m_start_of, false},
	{"end_of", m_end_of, false},
	{"first_of", m_first_of, false},
	{"last_of", m_last_of, false},
	{"next", m_next, false},
	{"previous", m_previous, false},
	{"in_timezone", m_in_timezone, false},
	{"in_tz", m_in_timezone, false},
	{"set", m_set, false},
	{"on", m_on, false},
	{"at", m_at, false},
	{"diff", m_diff, false},
	{"naive", m_naive, false},
	{"is_dst", m_is_dst, false},
	{"is_leap_year", m_is_leap_year, false},
	{"is_same_day", m_is_same_day, false},
};

enum tw_rc tw_datetime_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			      const struct tw_args *args, struct tw_value *ret)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (!tw_str_is(name, methods[i].name))
			continue;
		if (v.safe && !methods[i].plain)
			return TW_ERR_NOT_FOUND;
		return methods[i].fn(t, v, args, ret);
	}
	return v.safe ? TW_ERR_NOT_FOUND : to_string(t, v, name, args, ret);
}
