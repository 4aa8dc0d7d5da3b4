/* Airflow's `macros`: datetime, timedelta, dateutil, json and the ds_… functions. */
#include "template/datetime.h"
#include "time/delta.h"
#include "value/json.h"

/* A name in a module: a function, or a module of its own. */
struct member {
	const char *name;
	tw_native_fn *fn;	      /* NULL: unsupported, unless it is a module */
	const struct member *members; /* ends with a NULL name */
};

struct module {
	struct tw_object o;
	const char *name;
	const struct member *members;
	tw_native_fn *call; /* classes are called too */
};

static const struct tw_object_type module_type;

static struct tw_value module_new(struct tw_tpl *t, const char *name, const struct member *members,
				  tw_native_fn *call)
{
	struct module *m = tw_arena_new(t->a, struct module);

	*m = (struct module){{&module_type}, name, members, call};
	return tw_v_object(&m->o);
}

static enum tw_rc module_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				 struct tw_value *ret)
{
	struct module *m = (struct module *)o;

	for (const struct member *k = m->members; k && k->name; k++) {
		if (!tw_str_is(name, k->name))
			continue;
		if (k->members)
			*ret = module_new(t, k->name, k->members, k->fn);
		else if (k->fn)
			*ret = tw_tpl_function(t, k->name, k->fn, TW_NULL);
		else
			break;
		return TW_OK;
	}
	return tw_tpl_unsupported(t, "%s." TW_STR_FMT, m->name, TW_STR_ARG(name));
}

static enum tw_rc module_call(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
			      struct tw_value *ret)
{
	struct module *m = (struct module *)o;

	if (!m->call)
		return tw_tpl_raise(t, "TypeError", "'module' object is not callable");
	return m->call(t, TW_NULL, args, ret);
}

static const struct tw_object_type module_type = {
	.name = "module",
	.getattr = module_getattr,
	.call = module_call,
};

#define FN(name)                                                                                   \
	static enum tw_rc name(struct tw_tpl *t, struct tw_value self, const struct tw_args *args, \
			       struct tw_value *ret)

/* ---- datetime, timedelta ---- */

FN(new_datetime)
{
	static const char *const names[] = {"year",   "month",	"day",	       "hour",
					    "minute", "second", "microsecond", "tzinfo"};
	struct tw_value a[8], base = tw_v_datetime(0, NULL);
	struct tw_args set = {.npos = 7};

	TW_TRY(tw_tpl_bind(t, "datetime", args, names, 8, 3, a));
	if (tw_v_given(a[7]) && a[7].kind != TW_V_NULL)
		return tw_tpl_unsupported(t, "datetime(tzinfo=…)");
	for (int i = 0; i < 7; i++) {
		if (!tw_v_given(a[i]))
			a[i] = tw_v_int(0);
		if (a[i].kind != TW_V_INT && a[i].kind != TW_V_BOOL)
			return tw_tpl_raise(t, "TypeError",
					    "'%s' object cannot be interpreted as an integer",
					    tw_type_name(a[i]));
	}
	base.safe = true;
	set.pos = a;
	return tw_datetime_method(t, base, TW_STR("replace"), &set, ret);
}

static enum tw_rc two_texts(struct tw_tpl *t, const char *fn, const struct tw_args *args,
			    struct tw_str ret[2])
{
	if (args->npos != 2 || args->nkw)
		return tw_tpl_raise(t, "TypeError", "%s() takes exactly 2 arguments (%zu given)",
				    fn, args->npos);
	for (int i = 0; i < 2; i++) {
		if (args->pos[i].kind == TW_V_UNDEFINED)
			return tw_tpl_undefined_error(t, args->pos[i]);
		if (args->pos[i].kind != TW_V_STR)
			return tw_tpl_raise(t, "TypeError", "%s() argument %d must be str, not %s",
					    fn, i + 1, tw_type_name(args->pos[i]));
		ret[i] = args->pos[i].s;
	}
	return TW_OK;
}

static enum tw_rc strptime(struct tw_tpl *t, struct tw_str text, struct tw_str fmt,
			   struct tw_value *ret)
{
	struct tw_iso iso;
	enum tw_rc rc = tw_strptime(text, fmt, &iso, t->err);

	if (rc == TW_ERR_UNSUPPORTED)
		return tw_tpl_unsupported(t, "this strptime format");
	if (rc != TW_OK)
		return tw_tpl_raise(t, "ValueError", "%s", tw_arena_strdup(t->a, t->err->msg));
	if (iso.has_offset)
		return tw_tpl_unsupported(t, "strptime with an offset");
	*ret = tw_v_datetime(iso.local_us, NULL);
	ret->safe = true;
	return TW_OK;
}

FN(datetime_strptime)
{
	struct tw_str s[2];

	TW_TRY(two_texts(t, "strptime", args, s));
	return strptime(t, s[0], s[1], ret);
}

FN(datetime_fromisoformat)
{
	struct tw_iso iso;

	if (args->npos != 1 || args->pos[0].kind != TW_V_STR)
		return tw_tpl_raise(t, "TypeError", "fromisoformat: argument must be str");
	if (args->pos[0].s.n != 10 && args->pos[0].s.n != 19)
		return tw_tpl_unsupported(t, "fromisoformat of this text");
	if (tw_iso_parse(args->pos[0].s, &iso, t->err) != TW_OK)
		return tw_tpl_raise(t, "ValueError", "Invalid isoformat string: '" TW_STR_FMT "'",
				    TW_STR_ARG(args->pos[0].s));
	*ret = tw_v_datetime(iso.local_us, NULL);
	ret->safe = true;
	return TW_OK;
}

FN(new_timedelta)
{
	static const char *const names[] = {"days",    "seconds", "microseconds", "milliseconds",
					    "minutes", "hours",	  "weeks"};
	static const int64_t units[] = {TW_US_DAY,  TW_US_SEC,	  1, 1000, TW_US_MIN,
					TW_US_HOUR, 7 * TW_US_DAY};
	struct tw_value a[7];
	int64_t us = 0, x;

	TW_TRY(tw_tpl_bind(t, "timedelta", args, names, 7, 0, a));
	for (int i = 0; i < 7; i++) {
		if (!tw_v_given(a[i]))
			continue;
		if (a[i].kind == TW_V_UNDEFINED)
			return tw_tpl_undefined_error(t, a[i]);
		if (a[i].kind == TW_V_FLOAT) {
			double f = a[i].f * (double)units[i];

			if (!(f > -1e15 && f < 1e15) || f != (double)(int64_t)f)
				return tw_tpl_unsupported(t, "a fraction of a microsecond");
			us += (int64_t)f;
			continue;
		}
		if (a[i].kind != TW_V_INT && a[i].kind != TW_V_BOOL)
			return tw_tpl_raise(t, "TypeError",
					    "unsupported type for timedelta %s component: %s",
					    names[i], tw_type_name(a[i]));
		x = a[i].kind == TW_V_BOOL ? a[i].b : a[i].i;
		if (__builtin_mul_overflow(x, units[i], &x) || __builtin_add_overflow(us, x, &us))
			return tw_tpl_raise(t, "OverflowError", "timedelta too large");
	}
	*ret = tw_v_delta(us);
	return TW_OK;
}

/* ---- dateutil ---- */

struct relative {
	struct tw_object o;
	struct tw_delta d;
};

static enum tw_rc relative_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	tw_delta_repr(&((struct relative *)o)->d, out);
	return TW_OK;
}

static enum tw_rc relative_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				   struct tw_value *ret)
{
	return tw_tpl_unsupported(t, "relativedelta." TW_STR_FMT, TW_STR_ARG(name));
}

static const struct tw_object_type relative_type = {
	.name = "relativedelta",
	.getattr = relative_getattr,
	.str = relative_repr,
	.repr = relative_repr,
};

const struct tw_delta *tw_relative_of(struct tw_value v)
{
	if (v.kind != TW_V_OBJECT || v.obj->type != &relative_type)
		return NULL;
	return &((struct relative *)v.obj)->d;
}

static enum tw_rc small_int(struct tw_tpl *t, struct tw_value v, int64_t *ret)
{
	*ret = 0;
	if (!tw_v_given(v))
		return TW_OK;
	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (v.kind != TW_V_INT || v.i > 100000000 || v.i < -100000000)
		return tw_tpl_unsupported(t, "such a step in a relativedelta");
	*ret = v.i;
	return TW_OK;
}

FN(new_relativedelta)
{
	static const char *const names[] = {
		"dt1",	  "dt2",    "years",	  "months",  "days",	     "leapdays",
		"weeks",  "hours",  "minutes",	  "seconds", "microseconds", "year",
		"month",  "day",    "weekday",	  "yearday", "nlyearday",    "hour",
		"minute", "second", "microsecond"};
	struct tw_value a[21];
	struct relative *r = tw_arena_new(t->a, struct relative);
	int64_t n[21];
	int *fields[21] = {0};

	TW_TRY(tw_tpl_bind(t, "relativedelta", args, names, 21, 0, a));
	if (tw_v_given(a[0]) || tw_v_given(a[1]) || tw_v_given(a[5]) || tw_v_given(a[14]) ||
	    tw_v_given(a[15]) || tw_v_given(a[16]))
		return tw_tpl_unsupported(t, "these arguments of relativedelta");
	for (int i = 0; i < 21; i++)
		TW_TRY(small_int(t, a[i], &n[i]));
	r->o.type = &relative_type;
	r->d = tw_delta_relative();
	r->d.years = (int)n[2];
	r->d.months = (int)n[3];
	r->d.days = (double)n[4] + 7.0 * (double)n[6];
	r->d.hours = (double)n[7];
	r->d.minutes = (double)n[8];
	r->d.seconds = (double)n[9];
	r->d.microseconds = (double)n[10];
	fields[11] = &r->d.year;
	fields[12] = &r->d.month;
	fields[13] = &r->d.day;
	fields[17] = &r->d.hour;
	fields[18] = &r->d.minute;
	fields[19] = &r->d.second;
	fields[20] = &r->d.microsecond;
	for (int i = 11; i < 21; i++)
		if (fields[i] && tw_v_given(a[i]))
			*fields[i] = (int)n[i];
	tw_delta_normalize(&r->d);
	*ret = tw_v_object(&r->o);
	return TW_OK;
}

/* dateutil.parser.parse of ISO texts; what else it reads is its own art. */
FN(dateutil_parse)
{
	struct tw_iso iso;
	struct tw_str s;

	if (args->npos != 1 || args->nkw || args->pos[0].kind != TW_V_STR)
		return tw_tpl_unsupported(t, "parse() of this");
	s = args->pos[0].s;
	if (s.n < 10 || s.p[4] != '-' || s.p[7] != '-' || tw_iso_parse(s, &iso, t->err) != TW_OK ||
	    iso.has_offset)
		return tw_tpl_unsupported(t, "parse() of this text");
	*ret = tw_v_datetime(iso.local_us, NULL);
	ret->safe = true;
	return TW_OK;
}

/* ---- json ---- */

FN(json_dumps)
{
	static const char *const names[] = {"obj", "indent", "sort_keys"};
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_value a[3];
	int64_t indent = -1;
	bool sort = false;

	for (size_t i = 0; i < args->nkw; i++)
		if (!tw_str_is(args->kw[i].name, "indent") &&
		    !tw_str_is(args->kw[i].name, "sort_keys"))
			return tw_tpl_unsupported(t, "json.dumps(" TW_STR_FMT "=…)",
						  TW_STR_ARG(args->kw[i].name));
	if (args->npos > 1)
		return tw_tpl_raise(t, "TypeError", "dumps() takes 1 positional argument");
	TW_TRY(tw_tpl_bind(t, "dumps", args, names, 3, 1, a));
	if (tw_v_given(a[1]) && a[1].kind != TW_V_NULL)
		TW_TRY(tw_tpl_int_arg(t, a[1], &indent));
	if (tw_v_given(a[2]))
		TW_TRY(tw_tpl_truth(t, a[2], &sort));
	TW_TRY(tw_tpl_to_json(t, a[0], sort, indent, &b));
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

FN(json_loads)
{
	struct tw_value v;

	if (args->npos != 1 || args->nkw)
		return tw_tpl_unsupported(t, "json.loads with options");
	if (args->pos[0].kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, args->pos[0]);
	if (args->pos[0].kind != TW_V_STR)
		return tw_tpl_raise(t, "TypeError",
				    "the JSON object must be str, bytes or bytearray, not %s",
				    tw_type_name(args->pos[0]));
	TW_TRY(tw_tpl_room(t, args->pos[0].s.n * 8));
	if (tw_json_parse(t->a, args->pos[0].s, &v, t->err) != TW_OK)
		return tw_tpl_raise(t, "JSONDecodeError", "%s", tw_arena_strdup(t->a, t->err->msg));
	*ret = v;
	return TW_OK;
}

/* ---- ds_… ---- */

static enum tw_rc as_text(struct tw_tpl *t, struct tw_value dt, struct tw_str fmt,
			  struct tw_value *ret)
{
	return tw_dt_strftime(t, dt, tw_v_str(fmt), ret);
}

FN(ds_add)
{
	static const char *const names[] = {"ds", "days"};
	struct tw_value a[2], dt;
	struct tw_str ds;
	bool some;

	TW_TRY(tw_tpl_bind(t, "ds_add", args, names, 2, 2, a));
	TW_TRY(tw_tpl_truth(t, a[1], &some));
	TW_TRY(tw_tpl_text(t, a[0], &ds));
	if (!some) {
		*ret = tw_v_str(ds);
		return TW_OK;
	}
	TW_TRY(strptime(t, ds, TW_STR("%Y-%m-%d"), &dt));
	TW_TRY(new_timedelta(t, TW_NULL, &(struct tw_args){.pos = &a[1], .npos = 1}, &a[1]));
	TW_TRY(tw_datetime_binary(t, '+', dt, a[1], &dt));
	return as_text(t, dt, TW_STR("%Y-%m-%d"), ret);
}

FN(ds_format)
{
	static const char *const names[] = {"ds", "input_format", "output_format"};
	struct tw_value a[3], dt;
	struct tw_str ds;

	TW_TRY(tw_tpl_bind(t, "ds_format", args, names, 3, 3, a));
	TW_TRY(tw_tpl_text(t, a[0], &ds));
	for (int i = 1; i < 3; i++) {
		if (a[i].kind == TW_V_UNDEFINED)
			return tw_tpl_undefined_error(t, a[i]);
		if (a[i].kind != TW_V_STR)
			return tw_tpl_raise(t, "TypeError", "the format must be str, not %s",
					    tw_type_name(a[i]));
	}
	TW_TRY(strptime(t, ds, a[1].s, &dt));
	return as_text(t, dt, a[2].s, ret);
}

/* ---- the tables ---- */

static const struct member datetime_members[] = {
	{"strptime", datetime_strptime, NULL},
	{"fromisoformat", datetime_fromisoformat, NULL},
	{0},
};
static const struct member no_members[] = {{0}};
static const struct member parser_members[] = {{"parse", dateutil_parse, NULL}, {0}};
static const struct member relativedelta_members[] = {
	{"relativedelta", new_relativedelta, NULL},
	{0},
};
static const struct member dateutil_members[] = {
	{"parser", NULL, parser_members},
	{"relativedelta", NULL, relativedelta_members},
	{0},
};
static const struct member json_members[] = {
	{"dumps", json_dumps, NULL},
	{"loads", json_loads, NULL},
	{0},
};
static const struct member macros_members[] = {
	{"datetime", new_datetime, datetime_members},
	{"timedelta", new_timedelta, no_members},
	{"dateutil", NULL, dateutil_members},
	{"json", NULL, json_members},
	{"ds_add", ds_add, NULL},
	{"ds_format", ds_format, NULL},
	{0},
};

struct tw_value tw_tpl_macros(struct tw_tpl *t)
{
	return module_new(t, "macros", macros_members, NULL);
}
