/* Date-times: attributes, arithmetic, text. The methods are in datetime_method.c. */
#include "template/datetime.h"

#include "time/delta.h"

int64_t tw_dt_local(struct tw_value v)
{
	return v.dt.zone ? tw_zone_local(v.dt.zone, v.dt.us) : v.dt.us;
}

struct tw_value tw_v_datetime(tw_time us, const struct tw_zone *zone)
{
	return (struct tw_value){.kind = TW_V_DATETIME, .dt = {us, zone}};
}

struct tw_value tw_v_delta(int64_t us)
{
	return (struct tw_value){.kind = TW_V_DELTA, .i = us};
}

enum tw_rc tw_dt_check(struct tw_tpl *t, tw_time us)
{
	if (us < TW_TIME_MIN || us > TW_TIME_MAX)
		return tw_tpl_raise(t, "OverflowError", "date value out of range");
	return TW_OK;
}

enum tw_rc tw_dt_at_local(struct tw_tpl *t, struct tw_value like, int64_t local,
			  struct tw_value *ret)
{
	TW_TRY(tw_dt_check(t, local));
	*ret = like;
	ret->dt.us = like.dt.zone ? tw_zone_aware(like.dt.zone, local) : local;
	return tw_dt_check(t, ret->dt.us);
}

/* ---- attributes ---- */

static const char *const plain_names[] = {
	"astimezone",
	"combine",
	"ctime",
	"date",
	"day",
	"dst",
	"fold",
	"fromisocalendar",
	"fromisoformat",
	"fromordinal",
	"fromtimestamp",
	"hour",
	"isocalendar",
	"isoformat",
	"isoweekday",
	"max",
	"microsecond",
	"min",
	"minute",
	"month",
	"now",
	"replace",
	"resolution",
	"second",
	"strftime",
	"strptime",
	"time",
	"timestamp",
	"timetuple",
	"timetz",
	"today",
	"toordinal",
	"tzinfo",
	"tzname",
	"utcfromtimestamp",
	"utcnow",
	"utcoffset",
	"utctimetuple",
	"weekday",
	"year",
};

static const char *const pendulum_names[] = {
	"EPOCH",
	"add",
	"age",
	"at",
	"average",
	"closest",
	"create",
	"day_of_week",
	"day_of_year",
	"days_in_month",
	"diff",
	"diff_for_humans",
	"end_of",
	"farthest",
	"first_of",
	"float_timestamp",
	"for_json",
	"format",
	"get_offset",
	"in_timezone",
	"in_tz",
	"instance",
	"int_timestamp",
	"is_anniversary",
	"is_birthday",
	"is_dst",
	"is_future",
	"is_leap_year",
	"is_local",
	"is_long_year",
	"is_past",
	"is_same_day",
	"is_utc",
	"last_of",
	"naive",
	"next",
	"nth_of",
	"offset",
	"offset_hours",
	"on",
	"previous",
	"quarter",
	"set",
	"start_of",
	"subtract",
	"timezone",
	"timezone_name",
	"to_atom_string",
	"to_cookie_string",
	"to_date_string",
	"to_datetime_string",
	"to_day_datetime_string",
	"to_formatted_date_string",
	"to_iso8601_string",
	"to_rfc1036_string",
	"to_rfc1123_string",
	"to_rfc2822_string",
	"to_rfc3339_string",
	"to_rfc822_string",
	"to_rfc850_string",
	"to_rss_string",
	"to_time_string",
	"to_w3c_string",
	"tz",
	"week_of_month",
	"week_of_year",
};

static bool one_of(struct tw_str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tw_str_is(name, names[i]))
			return true;
	return false;
}

bool tw_datetime_has(struct tw_str name, bool plain)
{
	return one_of(name, plain_names, sizeof(plain_names) / sizeof(*plain_names)) ||
	       (!plain &&
		one_of(name, pendulum_names, sizeof(pendulum_names) / sizeof(*pendulum_names)));
}

static int32_t offset_of(struct tw_value v)
{
	struct tw_zone_info info;

	tw_zone_at(v.dt.zone, v.dt.us, &info);
	return info.offset;
}

static struct tw_value civil_attr(const struct tw_civil *c, struct tw_str name)
{
	if (tw_str_is(name, "year"))
		return tw_v_int(c->year);
	if (tw_str_is(name, "month"))
		return tw_v_int(c->month);
	if (tw_str_is(name, "day"))
		return tw_v_int(c->day);
	if (tw_str_is(name, "hour"))
		return tw_v_int(c->hour);
	if (tw_str_is(name, "minute"))
		return tw_v_int(c->minute);
	if (tw_str_is(name, "second"))
		return tw_v_int(c->second);
	if (tw_str_is(name, "microsecond"))
		return tw_v_int(c->us);
	return (struct tw_value){.kind = TW_V_ABSENT};
}

/* What pendulum adds to a date: also for date objects. */
static struct tw_value calendar_attr(const struct tw_civil *c, struct tw_str name)
{
	int64_t days = tw_days_from_civil(c->year, c->month, c->day);
	int iso_year, week, weekday;

	if (tw_str_is(name, "day_of_week")) {
		struct tw_value day = tw_v_int(tw_weekday(days));

		day.safe = true;
		return day;
	}
	if (tw_str_is(name, "day_of_year"))
		return tw_v_int(tw_day_of_year(c->year, c->month, c->day));
	if (tw_str_is(name, "days_in_month"))
		return tw_v_int(tw_days_in_month(c->year, c->month));
	if (tw_str_is(name, "quarter"))
		return tw_v_int((c->month + 2) / 3);
	if (tw_str_is(name, "week_of_month")) {
		int first = tw_weekday(tw_days_from_civil(c->year, c->month, 1));

		return tw_v_int((c->day + first + 6) / 7);
	}
	if (tw_str_is(name, "week_of_year")) {
		tw_iso_week(c->year, c->month, c->day, &iso_year, &week, &weekday);
		return tw_v_int(week);
	}
	return (struct tw_value){.kind = TW_V_ABSENT};
}

/* What depends on the zone. */
static enum tw_rc zone_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			    struct tw_value *ret)
{
	if (!v.dt.zone) {
		if (!one_of(name,
			    (const char *const[]){"tz", "timezone", "tzinfo", "timezone_name",
						  "offset", "offset_hours"},
			    6))
			return TW_ERR_NOT_FOUND;
		*ret = TW_NULL;
		return TW_OK;
	}
	if (tw_str_is(name, "tz") || tw_str_is(name, "timezone") || tw_str_is(name, "tzinfo"))
		*ret = tw_zone_value(t, v.dt.zone, v.safe);
	else if (tw_str_is(name, "timezone_name"))
		*ret = tw_v_cstr(tw_arena_strdup(t->a, tw_zone_name(v.dt.zone)));
	else if (tw_str_is(name, "offset"))
		*ret = tw_v_int(offset_of(v));
	else if (tw_str_is(name, "offset_hours"))
		*ret = tw_v_float(offset_of(v) / 3600.0);
	else
		return TW_ERR_NOT_FOUND;
	return TW_OK;
}

enum tw_rc tw_datetime_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			    struct tw_value *ret)
{
	struct tw_civil c;
	enum tw_rc rc;

	if (!tw_datetime_has(name, v.safe))
		return TW_ERR_NOT_FOUND;
	tw_civil_from(tw_dt_local(v), &c);
	*ret = civil_attr(&c, name);
	if (tw_v_given(*ret))
		return TW_OK;
	*ret = calendar_attr(&c, name);
	if (tw_v_given(*ret))
		return TW_OK;
	rc = zone_attr(t, v, name, ret);
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	if (tw_str_is(name, "int_timestamp"))
		*ret = tw_v_int(tw_floor_div(v.dt.us, TW_US_SEC));
	else if (tw_str_is(name, "float_timestamp") && v.dt.zone)
		*ret = tw_v_float((double)v.dt.us / 1e6);
	else if (tw_str_is(name, "age") || tw_str_is(name, "fold") || tw_str_is(name, "max") ||
		 tw_str_is(name, "min") || tw_str_is(name, "resolution") ||
		 tw_str_is(name, "float_timestamp") || tw_str_is(name, "EPOCH"))
		return tw_tpl_unsupported(t, "the attribute '" TW_STR_FMT "' of a date-time",
					  TW_STR_ARG(name));
	else
		return TW_ERR_NOT_FOUND; /* a method */
	return TW_OK;
}

/* ---- text ---- */

static void repr_plain(struct tw_value v, struct tw_buf *out)
{
	struct tw_civil c;

	tw_civil_from(tw_dt_local(v), &c);
	tw_buf_printf(out, "datetime.datetime(%d, %d, %d, %d, %d", c.year, c.month, c.day, c.hour,
		      c.minute);
	if (c.second || c.us)
		tw_buf_printf(out, ", %d", c.second);
	if (c.us)
		tw_buf_printf(out, ", %d", c.us);
	tw_buf_addc(out, ')');
}

static enum tw_rc repr_pendulum(struct tw_tpl *t, struct tw_value v, struct tw_buf *out)
{
	struct tw_civil c;

	tw_civil_from(tw_dt_local(v), &c);
	tw_buf_printf(out, "DateTime(%d, %d, %d, %d, %d, %d", c.year, c.month, c.day, c.hour,
		      c.minute, c.second);
	if (c.us)
		tw_buf_printf(out, ", %d", c.us);
	if (v.dt.zone) {
		if (v.dt.zone != tw_zone_utc && tw_zone_is_fixed(v.dt.zone))
			return tw_tpl_unsupported(t, "repr of a date-time with a fixed offset");
		tw_buf_printf(out, ", tzinfo=Timezone('%s')", tw_zone_name(v.dt.zone));
	}
	tw_buf_addc(out, ')');
	return TW_OK;
}

enum tw_rc tw_datetime_str(struct tw_tpl *t, struct tw_value v, bool repr, struct tw_buf *out)
{
	struct tw_delta d;
	size_t from = out->n;

	if (v.kind == TW_V_DELTA) {
		d = tw_delta_us(v.i);
		if (repr)
			tw_delta_repr(&d, out);
		else
			tw_delta_str(&d, out);
		return TW_OK;
	}
	if (repr) {
		if (!v.safe)
			return repr_pendulum(t, v, out);
		if (v.dt.zone)
			return tw_tpl_unsupported(t, "repr of an aware datetime");
		repr_plain(v, out);
		return TW_OK;
	}
	if (v.dt.zone)
		tw_time_iso(out, v.dt.us, v.dt.zone);
	else
		tw_local_iso(out, v.dt.us);
	out->p[from + 10] = ' ';
	return TW_OK;
}

enum tw_rc tw_dt_strftime(struct tw_tpl *t, struct tw_value dt, struct tw_value fmt,
			  struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	if (fmt.kind != TW_V_STR)
		return tw_tpl_raise(t, "TypeError", "strftime() argument 1 must be str, not %s",
				    tw_type_name(fmt));
	if (fmt.s.n > 10000)
		return tw_tpl_unsupported(t, "so long a format");
	for (size_t i = 0; i + 1 < fmt.s.n; i++) {
		if (fmt.s.p[i] != '%')
			continue;
		/* %1000000d and the like ask glibc for as much room. */
		if (fmt.s.p[i + 1] >= '1' && fmt.s.p[i + 1] <= '9')
			return tw_tpl_unsupported(t, "a width in strftime");
		i++;
	}
	if (memchr(fmt.s.p, 0, fmt.s.n))
		return tw_tpl_unsupported(t, "NUL in strftime");
	if (dt.dt.zone)
		tw_strftime(&b, fmt.s, dt.dt.us, dt.dt.zone);
	else
		tw_strftime_naive(&b, fmt.s, dt.dt.us);
	TW_TRY(tw_tpl_room(t, b.n));
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

enum tw_rc tw_datetime_format_spec(struct tw_tpl *t, struct tw_value v, struct tw_str spec,
				   struct tw_buf *out)
{
	struct tw_value s;

	if (!v.safe && !memchr(spec.p, '%', spec.n))
		return tw_pendulum_format(t, v, spec, out);
	TW_TRY(tw_dt_strftime(t, v, tw_v_str(spec), &s));
	tw_buf_addstr(out, s.s);
	return TW_OK;
}

/* ---- arithmetic ---- */

static enum tw_rc add_us(struct tw_tpl *t, struct tw_value dt, int64_t us, struct tw_value *ret)
{
	int64_t r;

	/* datetime moves the wall clock, pendulum the instant. */
	if (dt.safe && dt.dt.zone) {
		if (__builtin_add_overflow(tw_dt_local(dt), us, &r))
			return tw_dt_check(t, INT64_MAX);
		TW_TRY(tw_dt_check(t, r));
		*ret = dt;
		ret->dt.us = tw_zone_to_utc(dt.dt.zone, r, 0);
		return tw_dt_check(t, ret->dt.us);
	}
	if (__builtin_add_overflow(dt.dt.us, us, &r))
		return tw_dt_check(t, INT64_MAX);
	TW_TRY(tw_dt_check(t, r));
	*ret = dt;
	ret->dt.us = r;
	return TW_OK;
}

static enum tw_rc diff(struct tw_tpl *t, struct tw_value a, struct tw_value b, struct tw_value *ret)
{
	if (!a.dt.zone != !b.dt.zone)
		return tw_tpl_raise(t, "TypeError",
				    "can't subtract offset-naive and offset-aware datetimes");
	if (!a.safe || !b.safe) {
		*ret = tw_interval_new(t, b, a);
		return TW_OK;
	}
	*ret = tw_v_delta(a.dt.us - b.dt.us);
	return TW_OK;
}

static enum tw_rc delta_times(struct tw_tpl *t, int64_t us, struct tw_value by, bool divide,
			      struct tw_value *ret)
{
	int64_t r;

	if (by.kind == TW_V_FLOAT)
		return tw_tpl_unsupported(t, "a timedelta times a float");
	if (by.kind == TW_V_BOOL)
		by = tw_v_int(by.b);
	if (by.kind != TW_V_INT)
		return TW_ERR_NOT_FOUND;
	if (divide) {
		if (!by.i)
			return tw_tpl_raise(t, "ZeroDivisionError",
					    "integer division or modulo by zero");
		r = by.i < 0 ? tw_floor_div(-us, -by.i) : tw_floor_div(us, by.i);
	} else if (__builtin_mul_overflow(us, by.i, &r)) {
		return tw_tpl_raise(t, "OverflowError", "timedelta too large");
	}
	*ret = tw_v_delta(r);
	return TW_OK;
}

static enum tw_rc delta_op(struct tw_tpl *t, int op, struct tw_value a, struct tw_value b,
			   struct tw_value *ret)
{
	int64_t r = 0;

	if (a.kind == TW_V_DELTA && b.kind == TW_V_DELTA) {
		switch (op) {
		case '+':
			if (__builtin_add_overflow(a.i, b.i, &r))
				return tw_tpl_raise(t, "OverflowError", "timedelta too large");
			break;
		case '-':
			if (__builtin_sub_overflow(a.i, b.i, &r))
				return tw_tpl_raise(t, "OverflowError", "timedelta too large");
			break;
		case '/':
			if (!b.i)
				return tw_tpl_raise(t, "ZeroDivisionError", "division by zero");
			*ret = tw_v_float((double)a.i / (double)b.i);
			return TW_OK;
		default:
			return tw_tpl_unsupported(t, "this operation of timedeltas");
		}
		*ret = tw_v_delta(r);
		return TW_OK;
	}
	if (op == '*')
		return a.kind == TW_V_DELTA ? delta_times(t, a.i, b, false, ret)
					    : delta_times(t, b.i, a, false, ret);
	if (a.kind == TW_V_DELTA && op == TW_OP2('/', '/'))
		return delta_times(t, a.i, b, true, ret);
	if (a.kind == TW_V_DELTA && op == '/' && b.kind == TW_V_INT && b.i && a.i % b.i == 0)
		return delta_times(t, a.i, b, true, ret);
	if (a.kind == TW_V_DELTA && op == '/' && (b.kind == TW_V_INT || b.kind == TW_V_FLOAT))
		return tw_tpl_unsupported(t, "a timedelta divided by a number");
	return TW_ERR_NOT_FOUND;
}

/* A date-time and a relativedelta: calendar steps on the wall clock. */
static enum tw_rc add_relative(struct tw_tpl *t, struct tw_value dt, const struct tw_delta *d,
			       bool minus, struct tw_value *ret)
{
	struct tw_delta neg;
	int64_t local;

	if (!dt.safe && dt.dt.zone && !tw_zone_is_fixed(dt.dt.zone) && dt.dt.zone != tw_zone_utc)
		return tw_tpl_unsupported(t, "a relativedelta in a zone with summer time");
	if (minus) {
		neg = tw_delta_neg(d);
		d = &neg;
	}
	if (tw_delta_add(tw_dt_local(dt), d, &local, t->err) != TW_OK)
		return tw_tpl_raise(t, "ValueError", "%s", tw_arena_strdup(t->a, t->err->msg));
	return tw_dt_at_local(t, dt, local, ret);
}

enum tw_rc tw_datetime_binary(struct tw_tpl *t, int op, struct tw_value a, struct tw_value b,
			      struct tw_value *ret)
{
	const struct tw_delta *d;

	if (a.kind == TW_V_DATETIME && b.kind == TW_V_DATETIME)
		return op == '-' ? diff(t, a, b, ret) : TW_ERR_NOT_FOUND;
	if (a.kind != TW_V_DATETIME && b.kind != TW_V_DATETIME)
		return delta_op(t, op, a, b, ret);
	if (b.kind == TW_V_DATETIME) { /* delta + date-time */
		struct tw_value x = a;

		if (op != '+')
			return TW_ERR_NOT_FOUND;
		a = b;
		b = x;
	}
	if (op != '+' && op != '-')
		return TW_ERR_NOT_FOUND;
	d = tw_relative_of(b);
	if (d)
		return add_relative(t, a, d, op == '-', ret);
	if (b.kind != TW_V_DELTA)
		return TW_ERR_NOT_FOUND;
	return add_us(t, a, op == '-' ? -b.i : b.i, ret);
}

/* ---- timedelta ---- */

bool tw_delta_has(struct tw_str name)
{
	return one_of(name,
		      (const char *const[]){"days", "seconds", "microseconds", "total_seconds",
					    "max", "min", "resolution"},
		      7);
}

enum tw_rc tw_delta_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 struct tw_value *ret)
{
	int64_t days = tw_floor_div(v.i, TW_US_DAY), rest = v.i - days * TW_US_DAY;

	if (tw_str_is(name, "days"))
		*ret = tw_v_int(days);
	else if (tw_str_is(name, "seconds"))
		*ret = tw_v_int(rest / TW_US_SEC);
	else if (tw_str_is(name, "microseconds"))
		*ret = tw_v_int(rest % TW_US_SEC);
	else if (tw_delta_has(name) && !tw_str_is(name, "total_seconds"))
		return tw_tpl_unsupported(t, "timedelta." TW_STR_FMT, TW_STR_ARG(name));
	else
		return TW_ERR_NOT_FOUND;
	return TW_OK;
}

enum tw_rc tw_delta_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			   const struct tw_args *args, struct tw_value *ret)
{
	if (!tw_str_is(name, "total_seconds"))
		return TW_ERR_NOT_FOUND;
	if (args->npos || args->nkw)
		return tw_tpl_raise(t, "TypeError", "total_seconds() takes no arguments");
	*ret = tw_v_float((double)v.i / 1e6);
	return TW_OK;
}
