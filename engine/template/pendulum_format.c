/* pendulum's format(): tokens such as YYYY, MMM, HH, with English names. */
#include "template/datetime.h"

static const char *const months[] = {"January",	  "February", "March",	  "April",
				     "May",	  "June",     "July",	  "August",
				     "September", "October",  "November", "December"};
static const char *const days[] = {"Monday", "Tuesday",	 "Wednesday", "Thursday",
				   "Friday", "Saturday", "Sunday"};

/* In the order the longest comes first where one begins another. */
static const char *const tokens[] = {
	"Mo",	"MMMM", "MMM",	 "MM",	 "M",  "Do",	"DDDo", "DDDD", "DDD", "DD",	 "D",
	"dddd", "ddd",	"dd",	 "do",	 "d",  "eo",	"e",	"EEEE", "EEE", "EE",	 "E",
	"wo",	"ww",	"w|",	 "w",	 "Wo", "WW",	"W|",	"W",	"Qo",  "Q",	 "YYYY",
	"YY",	"Y",	"ggggg", "gggg", "gg", "GGGGG", "GGGG", "GG",	"a",   "A",	 "hh",
	"h",	"HH",	"H",	 "kk",	 "k",  "mm",	"m",	"ss",	"s",   "SSSSSS", "SSSSS",
	"SSSS", "SSS",	"SS",	 "S",	 "x",  "X",	"zz",	"z",	"ZZ",  "Z",	 "LTS",
	"LT",	"LLLL", "LLL",	 "LL",	 "L",
};

struct at {
	struct tw_tpl *t;
	struct tw_value v;
	struct tw_civil c;
	int weekday;
};

static struct tw_str token_at(struct tw_str s, size_t i)
{
	for (size_t k = 0; k < sizeof(tokens) / sizeof(*tokens); k++)
		if (tw_str_starts(tw_strn(s.p + i, s.n - i), tokens[k]))
			return tw_str(tokens[k]);
	return (struct tw_str){0};
}

static const char *ordinal(int n)
{
	if (n % 100 >= 11 && n % 100 <= 13)
		return "th";
	return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
}

static void offset(struct at *a, bool colon, struct tw_buf *out)
{
	struct tw_zone_info info;
	int minutes;

	if (!a->v.dt.zone)
		return;
	tw_zone_at(a->v.dt.zone, a->v.dt.us, &info);
	minutes = info.offset / 60;
	tw_buf_printf(out, "%c%02d%s%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
		      colon ? ":" : "", abs(minutes) % 60);
}

static bool date_token(struct at *a, struct tw_str k, struct tw_buf *out)
{
	const struct tw_civil *c = &a->c;
	int yday = tw_day_of_year(c->year, c->month, c->day);

	if (tw_str_is(k, "YYYY") || tw_str_is(k, "Y"))
		tw_buf_printf(out, "%d", c->year);
	else if (tw_str_is(k, "YY"))
		tw_buf_printf(out, "%s",
			      c->year > 9 ? tw_arena_printf(a->t->a, "%d", c->year) + 2 : "");
	else if (tw_str_is(k, "Q"))
		tw_buf_printf(out, "%d", (c->month + 2) / 3);
	else if (tw_str_is(k, "MMMM"))
		tw_buf_adds(out, months[c->month - 1]);
	else if (tw_str_is(k, "MMM"))
		tw_buf_add(out, months[c->month - 1], 3);
	else if (tw_str_is(k, "MM"))
		tw_buf_printf(out, "%02d", c->month);
	else if (tw_str_is(k, "M"))
		tw_buf_printf(out, "%d", c->month);
	else if (tw_str_is(k, "DDDD"))
		tw_buf_printf(out, "%03d", yday);
	else if (tw_str_is(k, "DDD"))
		tw_buf_printf(out, "%d", yday);
	else if (tw_str_is(k, "DD"))
		tw_buf_printf(out, "%02d", c->day);
	else if (tw_str_is(k, "D"))
		tw_buf_printf(out, "%d", c->day);
	else if (tw_str_is(k, "Do"))
		tw_buf_printf(out, "%d%s", c->day, ordinal(c->day));
	else if (tw_str_is(k, "dddd"))
		tw_buf_adds(out, days[a->weekday]);
	else if (tw_str_is(k, "ddd"))
		tw_buf_add(out, days[a->weekday], 3);
	else if (tw_str_is(k, "d"))
		tw_buf_printf(out, "%d", (a->weekday + 1) % 7);
	else if (tw_str_is(k, "E"))
		tw_buf_printf(out, "%d", a->weekday + 1);
	else
		return false;
	return true;
}

static bool time_token(struct at *a, struct tw_str k, struct tw_buf *out)
{
	const struct tw_civil *c = &a->c;
	int h12 = c->hour % 12 ? c->hour % 12 : 12, frac = c->us;

	if (tw_str_is(k, "HH"))
		tw_buf_printf(out, "%02d", c->hour);
	else if (tw_str_is(k, "H"))
		tw_buf_printf(out, "%d", c->hour);
	else if (tw_str_is(k, "hh"))
		tw_buf_printf(out, "%02d", h12);
	else if (tw_str_is(k, "h"))
		tw_buf_printf(out, "%d", h12);
	else if (tw_str_is(k, "mm"))
		tw_buf_printf(out, "%02d", c->minute);
	else if (tw_str_is(k, "m"))
		tw_buf_printf(out, "%d", c->minute);
	else if (tw_str_is(k, "ss"))
		tw_buf_printf(out, "%02d", c->second);
	else if (tw_str_is(k, "s"))
		tw_buf_printf(out, "%d", c->second);
	else if (k.p[0] == 'S') {
		for (size_t i = k.n; i < 6; i++)
			frac /= 10;
		tw_buf_printf(out, "%0*d", (int)k.n, frac);
	} else if (tw_str_is(k, "A"))
		tw_buf_adds(out, c->hour < 12 ? "AM" : "PM");
	else if (tw_str_is(k, "X"))
		tw_buf_printf(out, "%lld", (long long)tw_floor_div(a->v.dt.us, TW_US_SEC));
	else if (tw_str_is(k, "x"))
		tw_buf_printf(out, "%lld", (long long)tw_floor_div(a->v.dt.us, 1000));
	else if (tw_str_is(k, "ZZ"))
		offset(a, false, out);
	else if (tw_str_is(k, "Z"))
		offset(a, true, out);
	else
		return false;
	return true;
}

static bool zone_token(struct at *a, struct tw_str k, struct tw_buf *out)
{
	struct tw_zone_info info;

	if (!tw_str_is(k, "zz") && !tw_str_is(k, "z"))
		return false;
	if (!a->v.dt.zone)
		return true;
	tw_zone_at(a->v.dt.zone, a->v.dt.us, &info);
	tw_buf_adds(out, k.n == 2 ? info.abbr : tw_zone_name(a->v.dt.zone));
	return true;
}

static const char *long_format(struct tw_str k)
{
	static const struct {
		const char *token, *fmt;
	} known[] = {
		{"LTS", "h:mm:ss A"},
		{"LT", "h:mm A"},
		{"L", "MM/DD/YYYY"},
		{"LL", "MMMM D, YYYY"},
		{"LLL", "MMMM D, YYYY h:mm A"},
		{"LLLL", "dddd, MMMM D, YYYY h:mm A"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (tw_str_is(k, known[i].token))
			return known[i].fmt;
	return NULL;
}

static enum tw_rc format(struct at *a, struct tw_str s, struct tw_buf *out)
{
	for (size_t i = 0; i < s.n;) {
		const char *close, *fmt;
		struct tw_str k;
		size_t from = i;

		if (s.p[i] == '[') {
			close = memchr(s.p + i + 1, ']', s.n - i - 1);
			if (close && !memchr(s.p + i + 1, '[', (size_t)(close - s.p) - i - 1)) {
				if (close == s.p + i + 1)
					return tw_tpl_unsupported(a->t, "[] in a date format");
				tw_buf_add(out, s.p + i + 1, (size_t)(close - s.p) - i - 1);
				i = (size_t)(close - s.p) + 1;
				continue;
			}
		}
		if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] != '\n') {
			from = ++i;
			tw_u8_next(s.p, s.n, &i);
			tw_buf_add(out, s.p + from, i - from);
			continue;
		}
		k = token_at(s, i);
		if (!k.p) {
			tw_buf_addc(out, s.p[i++]);
			continue;
		}
		i += k.n;
		fmt = long_format(k);
		if (fmt)
			TW_TRY(format(a, tw_str(fmt), out));
		else if (!date_token(a, k, out) && !time_token(a, k, out) && !zone_token(a, k, out))
			return tw_tpl_unsupported(a->t, "'" TW_STR_FMT "' in a date format",
						  TW_STR_ARG(k));
	}
	return TW_OK;
}

enum tw_rc tw_pendulum_format(struct tw_tpl *t, struct tw_value dt, struct tw_str fmt,
			      struct tw_buf *out)
{
	struct at a = {.t = t, .v = dt};
	int64_t local = tw_dt_local(dt);

	tw_civil_from(local, &a.c);
	a.weekday = tw_weekday(tw_floor_div(local, TW_US_DAY));
	TW_TRY(format(&a, fmt, out));
	return tw_tpl_room(t, out->n);
}
