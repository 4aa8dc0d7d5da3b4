/* What belongs to date-times and is no value kind of its own: dates, times, zones, intervals. */
#include <stdio.h>

#include "template/datetime.h"
#include "time/delta.h"

/* ---- dates ---- */

struct date {
	struct tw_object o;
	int64_t days;
	bool plain; /* datetime.date, not pendulum.Date */
};

static const struct tw_object_type date_type;

static struct tw_value date_midnight(const struct date *d)
{
	struct tw_value v = tw_v_datetime(d->days * TW_US_DAY, NULL);

	v.safe = d->plain;
	return v;
}

struct tw_value tw_date_new(struct tw_tpl *t, int64_t days, bool plain)
{
	struct date *d = tw_arena_new(t->a, struct date);

	*d = (struct date){{&date_type}, days, plain};
	return tw_v_object(&d->o);
}

bool tw_date_days(struct tw_value v, int64_t *ret_days, bool *ret_plain)
{
	if (v.kind != TW_V_OBJECT || v.obj->type != &date_type)
		return false;
	*ret_days = ((struct date *)v.obj)->days;
	*ret_plain = ((struct date *)v.obj)->plain;
	return true;
}

/* Attributes and methods that a date shares with its midnight. */
static bool date_has(struct tw_str name)
{
	static const char *const names[] = {
		"year",		 "month",	   "day",
		"day_of_week",	 "day_of_year",	   "quarter",
		"days_in_month", "week_of_month",  "week_of_year",
		"weekday",	 "isoweekday",	   "strftime",
		"toordinal",	 "to_date_string", "to_formatted_date_string",
		"format",	 "is_leap_year",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (tw_str_is(name, names[i]))
			return true;
	return false;
}

static enum tw_rc date_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       struct tw_value *ret)
{
	enum tw_rc rc;

	if (!date_has(name))
		return tw_tpl_unsupported(t, "the attribute '" TW_STR_FMT "' of a date",
					  TW_STR_ARG(name));
	rc = tw_datetime_attr(t, date_midnight((struct date *)o), name, ret);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_tpl_unsupported(t, "a method of a date without a call");
	return rc;
}

static enum tw_rc date_method(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			      const struct tw_args *args, struct tw_value *ret)
{
	struct date *d = (struct date *)o;
	static const char *const units[] = {"years", "months", "weeks", "days"};
	struct tw_value v = date_midnight(d), a[4];

	if (tw_str_is(name, "isoformat")) {
		if (args->npos || args->nkw)
			return tw_tpl_raise(t, "TypeError", "isoformat() takes no arguments");
		return tw_datetime_method(t, date_midnight(&(struct date){.days = d->days}),
					  TW_STR("to_date_string"), args, ret);
	}
	if (!d->plain && (tw_str_is(name, "add") || tw_str_is(name, "subtract"))) {
		TW_TRY(tw_tpl_bind(t, "add", args, units, 4, 0, a));
		TW_TRY(tw_datetime_method(t, v, name, args, &v));
	} else if (!d->plain && (tw_str_is(name, "start_of") || tw_str_is(name, "end_of"))) {
		TW_TRY(tw_datetime_method(t, v, name, args, &v));
	} else if (date_has(name)) {
		return tw_datetime_method(t, v, name, args, ret);
	} else {
		return tw_tpl_unsupported(t, "the method '" TW_STR_FMT "' of a date",
					  TW_STR_ARG(name));
	}
	*ret = tw_date_new(t, tw_floor_div(v.dt.us, TW_US_DAY), false);
	return TW_OK;
}

static enum tw_rc date_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	int y, m, d;

	tw_civil_from_days(((struct date *)o)->days, &y, &m, &d);
	tw_buf_printf(out, "%04d-%02d-%02d", y, m, d);
	return TW_OK;
}

static enum tw_rc date_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	int y, m, d;

	tw_civil_from_days(((struct date *)o)->days, &y, &m, &d);
	tw_buf_printf(out, "%s(%d, %d, %d)", ((struct date *)o)->plain ? "datetime.date" : "Date",
		      y, m, d);
	return TW_OK;
}

static enum tw_rc date_compare(struct tw_tpl *t, struct tw_object *o, struct tw_value other,
			       int *ret)
{
	int64_t a = ((struct date *)o)->days, b;
	bool plain;

	if (!tw_date_days(other, &b, &plain))
		return TW_ERR_NOT_FOUND;
	*ret = a < b ? -1 : a > b;
	return TW_OK;
}

static enum tw_rc date_arith(struct tw_tpl *t, struct tw_object *o, int op, struct tw_value other,
			     bool reflected, struct tw_value *ret)
{
	struct date *d = (struct date *)o;
	struct tw_value v = date_midnight(d);
	int64_t days;
	bool plain;

	if (op == '-' && !reflected && tw_date_days(other, &days, &plain)) {
		if (!d->plain || !plain)
			*ret = tw_interval_new(t, tw_v_datetime(days * TW_US_DAY, NULL), v);
		else
			*ret = tw_v_delta((d->days - days) * TW_US_DAY);
		return TW_OK;
	}
	if (other.kind == TW_V_DELTA && (op == '+' || (op == '-' && !reflected))) {
		days = tw_floor_div(other.i, TW_US_DAY);
		days = d->days + (op == '-' ? -days : days);
		TW_TRY(tw_dt_check(t, days < 4000000 && days > -4000000 ? days * TW_US_DAY
									: INT64_MAX));
		*ret = tw_date_new(t, days, d->plain);
		return TW_OK;
	}
	if (tw_relative_of(other) && (op == '+' || (op == '-' && !reflected)))
		return tw_tpl_unsupported(t, "a date and a relativedelta");
	return TW_ERR_NOT_FOUND;
}

static const struct tw_object_type date_type = {
	.name = "date",
	.getattr = date_getattr,
	.method = date_method,
	.str = date_str,
	.repr = date_repr,
	.compare = date_compare,
	.arith = date_arith,
};

/* ---- times of day ---- */

struct clock {
	struct tw_object o;
	int64_t us;
	bool plain;
};

static const struct tw_object_type clock_type;

struct tw_value tw_time_new(struct tw_tpl *t, int64_t us_of_day, bool plain)
{
	struct clock *c = tw_arena_new(t->a, struct clock);

	*c = (struct clock){{&clock_type}, us_of_day, plain};
	return tw_v_object(&c->o);
}

static enum tw_rc clock_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				struct tw_value *ret)
{
	if (!tw_str_is(name, "hour") && !tw_str_is(name, "minute") && !tw_str_is(name, "second") &&
	    !tw_str_is(name, "microsecond"))
		return tw_tpl_unsupported(t, "the attribute '" TW_STR_FMT "' of a time",
					  TW_STR_ARG(name));
	return tw_datetime_attr(t, tw_v_datetime(((struct clock *)o)->us, NULL), name, ret);
}

static enum tw_rc clock_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	int64_t us = ((struct clock *)o)->us, s = us / TW_US_SEC;

	tw_buf_printf(out, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	if (us % TW_US_SEC)
		tw_buf_printf(out, ".%06d", (int)(us % TW_US_SEC));
	return TW_OK;
}

static enum tw_rc clock_method(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       const struct tw_args *args, struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	if (tw_str_is(name, "isoformat") && !args->npos && !args->nkw) {
		TW_TRY(clock_str(t, o, &b));
		*ret = tw_tpl_mkstr(t, &b);
		return TW_OK;
	}
	if (tw_str_is(name, "strftime")) {
		struct tw_civil c = {1900, 1, 1, 0, 0, 0, 0};
		struct tw_value v = tw_v_datetime(tw_civil_us(&c) + ((struct clock *)o)->us, NULL);

		v.safe = true;
		return tw_datetime_method(t, v, name, args, ret);
	}
	return tw_tpl_unsupported(t, "the method '" TW_STR_FMT "' of a time", TW_STR_ARG(name));
}

static enum tw_rc clock_compare(struct tw_tpl *t, struct tw_object *o, struct tw_value other,
				int *ret)
{
	int64_t a = ((struct clock *)o)->us, b;

	if (other.kind != TW_V_OBJECT || other.obj->type != &clock_type)
		return TW_ERR_NOT_FOUND;
	b = ((struct clock *)other.obj)->us;
	*ret = a < b ? -1 : a > b;
	return TW_OK;
}

static const struct tw_object_type clock_type = {
	.name = "time",
	.getattr = clock_getattr,
	.method = clock_method,
	.str = clock_str,
	.compare = clock_compare,
};

/* ---- zones ---- */

struct zone_obj {
	struct tw_object o;
	const struct tw_zone *z;
	bool plain;
};

static const struct tw_object_type zone_type;

struct tw_value tw_zone_value(struct tw_tpl *t, const struct tw_zone *z, bool plain)
{
	struct zone_obj *o = tw_arena_new(t->a, struct zone_obj);

	*o = (struct zone_obj){{&zone_type}, z, plain};
	return tw_v_object(&o->o);
}

static enum tw_rc zone_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       struct tw_value *ret)
{
	struct zone_obj *z = (struct zone_obj *)o;

	if (!tw_str_is(name, "name") || z->plain)
		return tw_tpl_unsupported(t, "the attribute '" TW_STR_FMT "' of a zone",
					  TW_STR_ARG(name));
	*ret = tw_v_cstr(tw_arena_strdup(t->a, tw_zone_name(z->z)));
	return TW_OK;
}

static enum tw_rc zone_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct zone_obj *z = (struct zone_obj *)o;

	tw_buf_adds(out, tw_zone_name(z->z));
	return TW_OK;
}

static enum tw_rc zone_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct zone_obj *z = (struct zone_obj *)o;

	if (z->plain || (z->z != tw_zone_utc && tw_zone_is_fixed(z->z)))
		return tw_tpl_unsupported(t, "repr of this zone");
	tw_buf_printf(out, "Timezone('%s')", tw_zone_name(z->z));
	return TW_OK;
}

static const struct tw_object_type zone_type = {
	.name = "Timezone",
	.getattr = zone_getattr,
	.str = zone_str,
	.repr = zone_repr,
};

enum tw_rc tw_zone_arg(struct tw_tpl *t, struct tw_value v, const struct tw_zone **ret)
{
	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (v.kind == TW_V_OBJECT && v.obj->type == &zone_type) {
		*ret = ((struct zone_obj *)v.obj)->z;
		return TW_OK;
	}
	if (v.kind != TW_V_STR)
		return tw_tpl_unsupported(t, "a zone that is not named by text");
	if (tw_str_is(v.s, "UTC") || tw_str_is(v.s, "utc")) {
		*ret = tw_zone_utc;
		return TW_OK;
	}
	if (v.s.n && (v.s.p[0] == '+' || v.s.p[0] == '-'))
		return tw_tpl_unsupported(t, "a zone named by its offset");
	if (!t->env->zones)
		return tw_tpl_unsupported(t, "the zone '" TW_STR_FMT "' without zone data",
					  TW_STR_ARG(v.s));
	if (tw_zones_get(t->env->zones, v.s, ret, t->err) != TW_OK)
		return tw_tpl_raise(t, "InvalidTimezone", "Invalid timezone \"" TW_STR_FMT "\"",
				    TW_STR_ARG(v.s));
	return TW_OK;
}

/* ---- intervals: the difference of two date-times ---- */

struct interval {
	struct tw_object o;
	struct tw_value start, end;
};

static const struct tw_object_type interval_type;

struct tw_value tw_interval_new(struct tw_tpl *t, struct tw_value start, struct tw_value end)
{
	struct interval *i = tw_arena_new(t->a, struct interval);

	*i = (struct interval){{&interval_type}, start, end};
	return tw_v_object(&i->o);
}

static int64_t interval_us(const struct interval *i)
{
	return i->end.dt.us - i->start.dt.us;
}

bool tw_interval_us(struct tw_value v, int64_t *ret)
{
	if (v.kind != TW_V_OBJECT || v.obj->type != &interval_type)
		return false;
	*ret = interval_us((struct interval *)v.obj);
	return true;
}

static enum tw_rc interval_method(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				  const struct tw_args *args, struct tw_value *ret)
{
	static const struct {
		const char *name;
		int64_t unit;
		bool whole;
	} known[] = {
		{"total_seconds", TW_US_SEC, false}, {"total_minutes", TW_US_MIN, false},
		{"total_hours", TW_US_HOUR, false},  {"total_days", TW_US_DAY, false},
		{"in_seconds", TW_US_SEC, true},     {"in_minutes", TW_US_MIN, true},
		{"in_hours", TW_US_HOUR, true},	     {"in_days", TW_US_DAY, true},
		{"in_weeks", 7 * TW_US_DAY, true},
	};
	struct interval *i = (struct interval *)o;
	int64_t us = interval_us(i);

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
		if (!tw_str_is(name, known[k].name))
			continue;
		if (args->npos || args->nkw)
			return tw_tpl_raise(t, "TypeError", "%s() takes no arguments",
					    known[k].name);
		if (!known[k].whole) {
			*ret = tw_v_float((double)us / 1e6);
			if (known[k].unit != TW_US_SEC)
				ret->f /= (double)(known[k].unit / TW_US_SEC);
			return TW_OK;
		}
		if (us < 0 || (known[k].unit >= TW_US_DAY && i->start.dt.zone != i->end.dt.zone))
			return tw_tpl_unsupported(t, "%s() of this interval", known[k].name);
		if (known[k].unit >= TW_US_DAY) /* midnights between, as pendulum counts */
			us = (tw_floor_div(tw_dt_local(i->end), TW_US_DAY) -
			      tw_floor_div(tw_dt_local(i->start), TW_US_DAY)) *
			     TW_US_DAY;
		*ret = tw_v_int(us / known[k].unit);
		return TW_OK;
	}
	return tw_tpl_unsupported(t, "the method '" TW_STR_FMT "' of an interval",
				  TW_STR_ARG(name));
}

static enum tw_rc interval_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				   struct tw_value *ret)
{
	struct interval *i = (struct interval *)o;

	if (tw_str_is(name, "start"))
		*ret = i->start;
	else if (tw_str_is(name, "end"))
		*ret = i->end;
	else if (tw_str_is(name, "days") && interval_us(i) >= 0)
		*ret = tw_v_int(interval_us(i) / TW_US_DAY);
	else
		return tw_tpl_unsupported(t, "the attribute '" TW_STR_FMT "' of an interval",
					  TW_STR_ARG(name));
	return TW_OK;
}

static enum tw_rc interval_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	struct interval *i = (struct interval *)o;

	if (i->start.safe || i->end.safe || !i->start.dt.zone)
		return tw_tpl_unsupported(t, "the text of this interval");
	tw_buf_adds(out, "<Interval [");
	TW_TRY(tw_tpl_str(t, i->start, out));
	tw_buf_adds(out, " -> ");
	TW_TRY(tw_tpl_str(t, i->end, out));
	tw_buf_adds(out, "]>");
	return TW_OK;
}

static enum tw_rc interval_truth(struct tw_tpl *t, struct tw_object *o, bool *ret)
{
	*ret = interval_us((struct interval *)o) != 0;
	return TW_OK;
}

static enum tw_rc interval_compare(struct tw_tpl *t, struct tw_object *o, struct tw_value other,
				   int *ret)
{
	int64_t a = interval_us((struct interval *)o), b;

	if (other.kind == TW_V_DELTA)
		b = other.i;
	else if (!tw_interval_us(other, &b))
		return TW_ERR_NOT_FOUND;
	*ret = a < b ? -1 : a > b;
	return TW_OK;
}

static enum tw_rc interval_arith(struct tw_tpl *t, struct tw_object *o, int op,
				 struct tw_value other, bool reflected, struct tw_value *ret)
{
	return tw_tpl_unsupported(t, "arithmetic with an interval");
}

static const struct tw_object_type interval_type = {
	.name = "Interval",
	.getattr = interval_getattr,
	.method = interval_method,
	.str = interval_str,
	.repr = interval_str,
	.truth = interval_truth,
	.compare = interval_compare,
	.arith = interval_arith,
};
