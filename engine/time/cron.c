/* Cron text to sets of values. The dialect is croniter's, with its corners; see cron.h. */
#include "time/cron.h"

#include <stdio.h>

struct range {
	const char *name;
	int min, max;
};

static const struct range ranges[TW_CRON_NFIELDS] = {
	[TW_CRON_MINUTE] = {"minute", 0, 59},
	[TW_CRON_HOUR] = {"hour", 0, 23},
	[TW_CRON_DAY] = {"day of month", 1, 31},
	[TW_CRON_MONTH] = {"month", 1, 12},
	[TW_CRON_WEEKDAY] = {"day of week", 0, 6},
	[TW_CRON_SECOND] = {"second", 0, 59},
	[TW_CRON_YEAR] = {"year", TW_CRON_YEAR_MIN, TW_CRON_YEAR_MAX},
};

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
					  "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

#define HUGE_NUMBER 1000000000

struct parser {
	struct tw_str text;		       /* as given, for messages */
	struct tw_str fields[TW_CRON_NFIELDS]; /* lower case */
	int nfields;
	struct tw_err *err;
	struct tw_cron *cron;
};

/* What one field came to. Values are counted from the field's min. */
struct set {
	uint64_t bits[3];
	bool star, last;
};

static void set_add(struct set *s, int i)
{
	s->bits[i / 64] |= 1ULL << (i % 64);
}

static int set_count(const struct set *s)
{
	int n = s->star + s->last;

	for (int i = 0; i < 3; i++)
		n += __builtin_popcountll(s->bits[i]);
	return n;
}

static enum tw_rc TW_PRINTF(4, 5)
	item_error(struct parser *p, int field, struct tw_str item, const char *fmt, ...)
{
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return tw_err_set(p->err, TW_ERR_INVALID, "cron expression '%.*s': %s: '%.*s' %s",
			  (int)(p->text.n > 200 ? 200 : p->text.n), p->text.p, ranges[field].name,
			  (int)(item.n > 60 ? 60 : item.n), item.p, what);
}

static enum tw_rc not_in_range(struct parser *p, int field, struct tw_str item)
{
	return item_error(p, field, item, "is out of range (%d-%d)", ranges[field].min,
			  field == TW_CRON_WEEKDAY ? 7 : ranges[field].max);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_digits(struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static int to_int(struct tw_str digits)
{
	int64_t v = 0;

	for (size_t i = 0; i < digits.n && v < HUGE_NUMBER; i++)
		v = v * 10 + (digits.p[i] - '0');
	return v > HUGE_NUMBER ? HUGE_NUMBER : (int)v;
}

/* A number or a name of the field; 7 is Sunday. */
static bool value_of(int field, struct tw_str s, int *ret)
{
	const char *const *names = field == TW_CRON_MONTH ? month_names : weekday_names;
	int n = field == TW_CRON_MONTH ? 12 : field == TW_CRON_WEEKDAY ? 7 : 0;

	if (is_digits(s)) {
		*ret = to_int(s);
		if (field == TW_CRON_WEEKDAY && *ret == 7)
			*ret = 0;
		return true;
	}
	for (int i = 0; i < n; i++) {
		if (tw_str_is(s, names[i])) {
			*ret = i + ranges[field].min;
			return true;
		}
	}
	return false;
}

/* One value into the set; nth: -1 = plain, 0 = the last of its weekday, 1..5. */
static enum tw_rc add_value(struct parser *p, int field, struct set *s, int v, int nth,
			    struct tw_str item)
{
	if (v < ranges[field].min || v > ranges[field].max)
		return not_in_range(p, field, item);
	set_add(s, v - ranges[field].min);
	if (nth >= 0) {
		p->cron->nth[v] |= (uint8_t)(1 << nth);
		p->cron->has_nth = true;
	}
	return TW_OK;
}

/*
 * Past the field's end and on from its start. How many values the second part leaves out to keep
 * the step going is croniter's arithmetic.
 */
static enum tw_rc add_wrapped(struct parser *p, int field, struct set *s, int low, int high,
			      int step, int nth, struct tw_str item)
{
	int min = ranges[field].min, max = ranges[field].max, count = max - min + 1;
	int last = low + (max - low) / step * step;
	int skip = 0;
	enum tw_rc rc = TW_OK;

	if (last < min)
		return not_in_range(p, field, item);
	if (last - min + step > count && max - last < step)
		skip = step - (max - last);
	for (int64_t v = low; v <= max && rc == TW_OK; v += step)
		rc = add_value(p, field, s, (int)v, nth, item);
	for (int64_t v = (int64_t)min + skip; v <= high && rc == TW_OK; v += step)
		rc = add_value(p, field, s, (int)v, nth, item);
	return rc;
}

struct span {
	struct tw_str low, high, step;
	bool open; /* "10/5": from a start to the field's end */
};

/* "a-b", "a-b/n" */
static bool split_range(struct tw_str e, struct span *ret)
{
	ptrdiff_t dash = tw_str_find(e, TW_STR("-"), 0);
	struct tw_str rest;
	ptrdiff_t slash;

	if (dash < 1)
		return false;
	ret->low = tw_strn(e.p, (size_t)dash);
	rest = tw_strn(e.p + dash + 1, e.n - (size_t)dash - 1);
	slash = tw_str_find(rest, TW_STR("/"), 0);
	ret->high = slash < 0 ? rest : tw_strn(rest.p, (size_t)slash);
	ret->step =
		slash < 0 ? TW_STR("1") : tw_strn(rest.p + slash + 1, rest.n - (size_t)slash - 1);
	return ret->high.n > 0 && tw_str_find(ret->high, TW_STR("-"), 0) < 0 &&
	       is_digits(ret->step);
}

/* "a/n" */
static bool split_start(struct tw_str e, struct span *ret)
{
	ptrdiff_t slash = tw_str_find(e, TW_STR("/"), 0);

	if (slash < 1)
		return false;
	ret->low = tw_strn(e.p, (size_t)slash);
	ret->step = tw_strn(e.p + slash + 1, e.n - (size_t)slash - 1);
	ret->open = true;
	return is_digits(ret->step);
}

static enum tw_rc add_span(struct parser *p, int field, struct set *s, const struct span *sp,
			   int nth, struct tw_str item)
{
	int min = ranges[field].min, max = ranges[field].max;
	int low, high = max, step = to_int(sp->step);
	enum tw_rc rc = TW_OK;

	if (tw_str_is(sp->low, "*") && sp->open)
		low = min;
	else if (!value_of(field, sp->low, &low))
		return item_error(p, field, item, "has a start that is no value");
	if (!sp->open) {
		if (field == TW_CRON_DAY && tw_str_is(sp->high, "l"))
			high = 31;
		else if (!value_of(field, sp->high, &high))
			return item_error(p, field, item, "has an end that is no value");
	}
	if (step == 0)
		return item_error(p, field, item, "has a step of 0");
	if (low > max || high > max)
		return not_in_range(p, field, item);
	if (low == high && !sp->open) {
		low = min;
		high = max;
	}
	if (low > high)
		return add_wrapped(p, field, s, low, high, step, nth, item);
	for (int64_t v = low; v <= high && rc == TW_OK; v += step)
		rc = add_value(p, field, s, (int)v, nth, item);
	return rc;
}

/* "5#2" and "l5": leaves the weekday in *e, the which-one in *nth. */
static enum tw_rc split_nth(struct parser *p, struct tw_str item, struct tw_str *e, int *nth)
{
	ptrdiff_t hash = tw_str_find(item, TW_STR("#"), 0);
	struct tw_str which;

	if (hash < 0) {
		if (item.n > 1 && item.p[0] == 'l' && is_digits(tw_strn(item.p + 1, item.n - 1))) {
			*e = tw_strn(item.p + 1, item.n - 1);
			*nth = 0;
		}
		return TW_OK;
	}
	which = tw_strn(item.p + hash + 1, item.n - (size_t)hash - 1);
	if (!is_digits(which) || to_int(which) < 1 || to_int(which) > 5)
		return item_error(p, TW_CRON_WEEKDAY, item,
				  "needs a number from 1 to 5 after the '#'");
	*e = tw_strn(item.p, (size_t)hash);
	*nth = to_int(which);
	/* A range before the '#' is one of names only. */
	for (size_t i = 0; i < e->n; i++)
		if (e->p[i] == '/' ||
		    (e->p[i] == '-' &&
		     (i == 0 || i + 1 == e->n || is_digit(e->p[i - 1]) || is_digit(e->p[i + 1]))))
			return item_error(p, TW_CRON_WEEKDAY, item, "is no weekday with a number");
	return TW_OK;
}

/* "15w", "w15": true when the item is one. */
static bool nearest_weekday(struct tw_str e, struct tw_str *ret_day)
{
	struct tw_str day;

	if (e.n < 2 || (e.p[0] != 'w' && e.p[e.n - 1] != 'w'))
		return false;
	day = tw_strn(e.p + (e.p[0] == 'w'), e.n - 1);
	if (!is_digits(day))
		return false;
	*ret_day = day;
	return true;
}

static enum tw_rc parse_item(struct parser *p, int field, struct set *s, struct tw_str item)
{
	struct tw_str e = item;
	struct span sp = {0};
	int nth = -1, v;
	enum tw_rc rc = TW_OK;

	if (field == TW_CRON_WEEKDAY)
		rc = split_nth(p, item, &e, &nth);
	if (rc < 0)
		return rc;
	if (field == TW_CRON_DAY && nearest_weekday(e, &e)) {
		v = to_int(e);
		if (v < 1 || v > 31)
			return not_in_range(p, field, item);
		if (p->fields[field].n != item.n)
			return item_error(p, field, item, "(nearest weekday) must stand alone");
		p->cron->nearest = (uint8_t)v;
		return add_value(p, field, s, v, -1, item);
	}
	if (e.n == 0)
		return item_error(p, field, item, "is empty");
	if (split_range(e, &sp) || split_start(e, &sp))
		return add_span(p, field, s, &sp, nth, item);
	if (e.p[0] == '-')
		return item_error(p, field, item, "is negative");
	if (tw_str_is(e, "*") && nth < 0) {
		s->star = true;
		return TW_OK;
	}
	if (field == TW_CRON_DAY && tw_str_is(e, "l")) {
		s->last = true;
		return TW_OK;
	}
	if (e.p[0] == 'h' || e.p[0] == 'r')
		return item_error(p, field, item, "(a hashed or random value) is not supported");
	if (!value_of(field, e, &v))
		return item_error(p, field, item, "is not a value, range or step");
	return add_value(p, field, s, v, nth, item);
}

static enum tw_rc parse_field(struct parser *p, int field, struct set *s)
{
	struct tw_str rest = p->fields[field];
	enum tw_rc rc = TW_OK;

	if (tw_str_find(rest, TW_STR("?"), 0) >= 0) {
		if (rest.n > 1)
			return item_error(p, field, rest, "has a '?' beside other characters");
		if (field != TW_CRON_DAY && field != TW_CRON_WEEKDAY)
			return item_error(p, field, rest, "is only for the two day fields");
		s->star = true;
		return TW_OK;
	}
	do {
		struct tw_str item = tw_str_cut(rest, ',', &rest);

		rc = parse_item(p, field, s, item);
	} while (rc == TW_OK && rest.p);
	return rc;
}

/* Every value there is counts as '*', but a day field only when the other one has a '*' in it. */
static bool folds_to_star(const struct parser *p, int field, const struct set *s)
{
	int other = field == TW_CRON_DAY ? TW_CRON_WEEKDAY : TW_CRON_DAY;

	if (set_count(s) != ranges[field].max - ranges[field].min + 1)
		return false;
	if (field != TW_CRON_DAY && field != TW_CRON_WEEKDAY)
		return true;
	return tw_str_find(p->fields[other], TW_STR("*"), 0) >= 0;
}

static enum tw_rc store(struct parser *p, int field, struct set *s)
{
	struct tw_cron *c = p->cron;
	bool folded = folds_to_star(p, field, s);
	bool star = s->star || folded;
	uint64_t bits = star ? ~0ULL : s->bits[0];

	switch (field) {
	case TW_CRON_MINUTE:
		c->minute = bits;
		break;
	case TW_CRON_HOUR:
		c->hour = (uint32_t)bits;
		c->every_hour = folded || (s->star && set_count(s) == 1);
		break;
	case TW_CRON_DAY:
		c->day = (uint32_t)(star ? ~0U : bits << 1);
		c->day_last = s->last && !folded;
		c->day_star = star;
		break;
	case TW_CRON_MONTH:
		c->month = (uint16_t)(star ? ~0U : bits << 1);
		break;
	case TW_CRON_WEEKDAY:
		c->weekday = (uint8_t)bits;
		c->weekday_star = star;
		if (c->has_nth && !folded && set_count(s) != 7) {
			for (int i = 0; i < 7; i++)
				if ((s->bits[0] >> i & 1) && !c->nth[i])
					return item_error(p, field, p->fields[field],
							  "mixes plain weekdays with '#' or 'L'");
		}
		break;
	case TW_CRON_SECOND:
		c->second = bits;
		break;
	default:
		for (int i = 0; i < 3; i++)
			c->year[i] = star ? ~0ULL : s->bits[i];
		break;
	}
	return TW_OK;
}

struct tw_str tw_cron_spell_out(struct tw_str text)
{
	static const char *const presets[][2] = {
		{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@weekly", "0 0 * * 0"},
		{"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@quarterly", "0 0 1 */3 *"},
	};

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
		if (tw_str_is(text, presets[i][0]))
			return tw_str(presets[i][1]);
	return text;
}

/* croniter's own presets, in any case. */
static struct tw_str alias(struct tw_str lower)
{
	struct tw_str t = tw_cron_spell_out(lower);

	if (tw_str_is(lower, "@midnight"))
		return TW_STR("0 0 * * *");
	if (tw_str_is(lower, "@annually"))
		return TW_STR("0 0 1 1 *");
	return tw_str_is(lower, "@quarterly") ? lower : t;
}

static void split_fields(struct parser *p, struct tw_str s)
{
	size_t i = 0;

	for (;;) {
		size_t start;

		while (i < s.n && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')))
			i++;
		if (i >= s.n)
			return;
		start = i;
		while (i < s.n && s.p[i] != ' ' && !(s.p[i] >= '\t' && s.p[i] <= '\r'))
			i++;
		if (p->nfields < TW_CRON_NFIELDS)
			p->fields[p->nfields] = tw_strn(s.p + start, i - start);
		p->nfields++;
	}
}

static enum tw_rc count_error(struct parser *p)
{
	int shown = (int)(p->text.n > 200 ? 200 : p->text.n);

	if (p->text.n && p->text.p[0] == '@')
		return tw_err_set(
			p->err, TW_ERR_INVALID,
			"cron expression '%.*s' is no preset; there are @once, @continuous, "
			"@hourly, @daily, @weekly, @monthly, @quarterly and @yearly",
			shown, p->text.p);
	return tw_err_set(p->err, TW_ERR_INVALID,
			  "cron expression '%.*s' has %d fields; it takes 5, or 6 with the seconds "
			  "last, or 7 with the year after them",
			  shown, p->text.n ? p->text.p : "", p->nfields);
}

enum tw_rc tw_cron_parse(struct tw_str text, struct tw_cron *ret, struct tw_err *err)
{
	struct tw_cron cron = {.second = 1, .year = {~0ULL, ~0ULL, ~0ULL}};
	struct parser p = {.text = text, .err = err, .cron = &cron};
	char lower[TW_CRON_TEXT_MAX + 1];
	struct tw_str expr;
	enum tw_rc rc = TW_OK;

	if (text.n > TW_CRON_TEXT_MAX)
		return tw_err_set(err, TW_ERR_LIMIT, "cron expression is longer than %d bytes",
				  TW_CRON_TEXT_MAX);
	expr = tw_cron_spell_out(text);
	for (size_t i = 0; i < expr.n; i++)
		lower[i] =
			(char)(expr.p[i] >= 'A' && expr.p[i] <= 'Z' ? expr.p[i] + 32 : expr.p[i]);
	split_fields(&p, alias(tw_strn(lower, expr.n)));
	if (p.nfields < 5 || p.nfields > TW_CRON_NFIELDS)
		return count_error(&p);
	cron.nfields = p.nfields;
	for (int field = 0; field < p.nfields && rc == TW_OK; field++) {
		struct set s = {0};

		rc = parse_field(&p, field, &s);
		if (rc == TW_OK)
			rc = store(&p, field, &s);
	}
	if (rc == TW_OK)
		*ret = cron;
	return rc;
}
