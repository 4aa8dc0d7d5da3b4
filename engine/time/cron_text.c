/*
 * A five-field cron expression as an English sentence. The wording, and which corner is worded how,
 * is cron-descriptor's as Airflow calls it; tests/compat/time holds the two against each other.
 */
#include "time/cron.h"

#include <stdio.h>

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, NPARTS };

struct text {
	struct tw_arena arena;
	char *part[NPARTS];
	bool bad; /* cron-descriptor would raise: there is no description */
};

typedef const char *(*item_fn)(struct text *t, const char *item);

/* How one field's parts of speech are put. "{0}" and "{1}" are filled in. */
struct wording {
	const char *all;				      /* "*" */
	item_fn item;					      /* one value */
	const char *(*every)(const char *step);		      /* a step */
	const char *between;				      /* a range that is the whole field */
	const char *(*format)(struct text *t, const char *s); /* values, or a list of them */
	const char *range;				      /* a range in a list */
};

static const char *const weekday_names[] = {"Sunday",	"Monday", "Tuesday", "Wednesday",
					    "Thursday", "Friday", "Saturday"};
static const char *const month_names[] = {"January",   "February", "March",    "April",
					  "May",       "June",	   "July",     "August",
					  "September", "October",  "November", "December"};

/* ── Small string tools, all into the arena ───────────────────────────────────────────── */

static bool has(const char *s, const char *chars)
{
	return strpbrk(s, chars) != NULL;
}

static char *fill(struct text *t, const char *fmt, const char *a, const char *b)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};

	for (const char *p = fmt; *p; p++) {
		if (strncmp(p, "{0}", 3) == 0) {
			tw_buf_adds(&out, a);
			p += 2;
		} else if (strncmp(p, "{1}", 3) == 0) {
			tw_buf_adds(&out, b ? b : "");
			p += 2;
		} else {
			tw_buf_addc(&out, *p);
		}
	}
	return tw_arena_strndup(&t->arena, tw_buf_cstr(&out), out.n);
}

static char *replace(struct text *t, const char *s, const char *what, const char *with)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	size_t n = strlen(what);

	while (*s) {
		if (strncmp(s, what, n) == 0) {
			tw_buf_adds(&out, with);
			s += n;
		} else {
			tw_buf_addc(&out, *s++);
		}
	}
	return tw_arena_strndup(&t->arena, tw_buf_cstr(&out), out.n);
}

static char *join(struct text *t, const char *a, const char *b)
{
	return tw_arena_printf(&t->arena, "%s%s", a, b);
}

/* Cuts s at the first sep and ends the first half there; returns the rest, or NULL. */
static char *cut(char *s, char sep)
{
	char *p = strchr(s, sep);

	if (p)
		*p++ = '\0';
	return p;
}

static int number(struct text *t, const char *s)
{
	int v = 0;

	if (!*s)
		t->bad = true;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > 100000) {
			t->bad = true;
			return 0;
		}
		v = v * 10 + (*s - '0');
	}
	return v;
}

static const char *clock_time(struct text *t, const char *hour, const char *minute)
{
	return tw_arena_printf(&t->arena, "%02d:%02d", number(t, hour), number(t, minute));
}

/* ── One field ────────────────────────────────────────────────────────────────────────── */

static const char *between(struct text *t, const char *range, const char *fmt, item_fn item)
{
	char *a = tw_arena_strdup(&t->arena, range);
	char *b = cut(a, '-');
	const char *last;

	if (!b) {
		t->bad = true;
		return "";
	}
	cut(b, '-');
	last = replace(t, item(t, b), ":00", ":59");
	return fill(t, fmt, item(t, a), last);
}

/* A step that is one entry of a list. */
static const char *step_in_list(struct text *t, const char *entry, const struct wording *w)
{
	char *base = tw_arena_strdup(&t->arena, entry);
	char *step = cut(base, '/');
	const char *s;

	TW_ASSERT(step);
	cut(step, '/');
	s = fill(t, w->every(step), step, NULL);
	if (strncmp(s, ", ", 2) == 0)
		s += 2;
	if (has(base, "-"))
		s = join(t, join(t, s, ", "),
			 replace(t, between(t, base, w->range, w->item), ", ", ""));
	else if (strcmp(base, "*") != 0)
		s = join(t, s, ", "); /* its English has no word for the start here */
	return s;
}

static const char *list(struct text *t, const char *expr, const struct wording *w)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	char *rest = tw_arena_strdup(&t->arena, expr);
	size_t n = 1;

	for (const char *p = expr; *p; p++)
		n += *p == ',';
	for (size_t i = 0; rest; i++) {
		char *entry = rest;

		rest = cut(rest, ',');
		if (i > 0 && n > 2) {
			tw_buf_addc(&out, ',');
			if (i < n - 1)
				tw_buf_addc(&out, ' ');
		}
		if (i > 0 && (i == n - 1 || n == 2))
			tw_buf_adds(&out, " and ");
		if (has(entry, "/"))
			tw_buf_adds(&out, step_in_list(t, entry, w));
		else if (has(entry, "-"))
			tw_buf_adds(&out,
				    replace(t, between(t, entry, w->range, w->item), ", ", ""));
		else
			tw_buf_adds(&out, w->item(t, entry));
	}
	return fill(t, w->format(t, expr), tw_buf_cstr(&out), NULL);
}

static const char *step(struct text *t, const char *expr, const struct wording *w)
{
	char *base = tw_arena_strdup(&t->arena, expr);
	char *every = cut(base, '/');
	const char *s, *range;

	TW_ASSERT(every);
	cut(every, '/');
	s = fill(t, w->every(every), every, NULL);
	if (has(base, "-")) {
		range = between(t, base, w->between, w->item);
		return join(t, join(t, s, strncmp(range, ", ", 2) == 0 ? "" : ", "), range);
	}
	if (has(base, "*,"))
		return s;
	range = fill(t, w->format(t, base), w->item(t, base), NULL);
	return join(t, s, fill(t, ", starting {0}", replace(t, range, ", ", ""), NULL));
}

static const char *segment(struct text *t, const char *expr, const struct wording *w)
{
	if (!*expr)
		return "";
	if (strcmp(expr, "*") == 0)
		return w->all;
	if (!has(expr, "/-,"))
		return fill(t, w->format(t, expr), w->item(t, expr), NULL);
	if (has(expr, ","))
		return list(t, expr, w);
	if (has(expr, "/"))
		return step(t, expr, w);
	return between(t, expr, w->between, w->item);
}

/* ── The fields' own words ────────────────────────────────────────────────────────────── */

static const char *item_plain(struct text *t, const char *s)
{
	(void)t;
	return s;
}

static const char *item_hour(struct text *t, const char *s)
{
	return clock_time(t, s, "0");
}

static const char *item_month(struct text *t, const char *s)
{
	int m = number(t, s);

	if (m < 1 || m > 12) {
		t->bad = true;
		return "";
	}
	return month_names[m - 1];
}

static const char *item_weekday(struct text *t, const char *s)
{
	char *day = tw_arena_strdup(&t->arena, s);
	int n;

	if (has(day, "#"))
		cut(day, '#');
	else
		day = replace(t, day, "L", "");
	n = number(t, day);
	if (n > 6) {
		t->bad = true;
		n = 0;
	}
	return weekday_names[n];
}

static const char *every_minutes(const char *n)
{
	(void)n;
	return "every {0} minutes";
}

static const char *every_hours(const char *n)
{
	(void)n;
	return "every {0} hours";
}

static const char *every_days(const char *n)
{
	return strcmp(n, "1") == 0 ? ", every day" : ", every {0} days";
}

static const char *every_months(const char *n)
{
	(void)n;
	return ", every {0} months";
}

static const char *every_weekdays(const char *n)
{
	(void)n;
	return ", every {0} days of the week";
}

static const char *format_minute(struct text *t, const char *s)
{
	bool hour_range = has(t->part[HOUR], "-") && !has(t->part[HOUR], "/,");

	return strcmp(s, "0") == 0 && !hour_range ? "" : "at {0} minutes past the hour";
}

static const char *format_hour(struct text *t, const char *s)
{
	(void)t, (void)s;
	return "at {0}";
}

static const char *format_day(struct text *t, const char *s)
{
	(void)t, (void)s;
	return ", on day {0} of the month";
}

static const char *format_month(struct text *t, const char *s)
{
	(void)t, (void)s;
	return ", only in {0}";
}

static const char *format_weekday(struct text *t, const char *s)
{
	static const char *const nth[] = {"", "first", "second", "third", "fourth", "fifth"};
	const char *hash = strchr(s, '#');

	if (hash) {
		int n = hash[1] >= '1' && hash[1] <= '5' && !hash[2] ? hash[1] - '0' : 0;

		return fill(t, ", on the {0}", join(t, nth[n], " {0} of the month"), NULL);
	}
	if (has(s, "L"))
		return ", on the last {0} of the month";
	return strcmp(t->part[DAY], "*") != 0 ? ", or on {0}" : ", only on {0}";
}

static const char *format_only_on(struct text *t, const char *s)
{
	(void)t, (void)s;
	return ", only on {0}";
}

static const struct wording minute_words = {
	"every minute", item_plain,	     every_minutes, "minutes {0} through {1} past the hour",
	format_minute,	", {0} through {1}",
};
static const struct wording hour_words = {
	"every hour",	       item_hour,   every_hours,
	"between {0} and {1}", format_hour, ", {0} through {1}",
};
static const struct wording day_words = {
	", every day", item_plain,	    every_days, ", between day {0} and {1} of the month",
	format_day,    ", {0} through {1}",
};
static const struct wording month_words = {
	"", item_month, every_months, ", {0} through {1}", format_month, ", {0} through {1}",
};
static const struct wording weekday_words = {
	", every day",	     item_weekday,   every_weekdays,
	", {0} through {1}", format_weekday, ", {0} through {1}",
};
static const struct wording weekly_words = {
	"", item_weekday, every_weekdays, ", {0} through {1}", format_only_on, ", {0} through {1}",
};

static const char *time_of_day(struct text *t)
{
	const char *minute = t->part[MINUTE], *hour = t->part[HOUR];
	const char *m, *h;

	if (!has(minute, "/-,*") && !has(hour, "/-,*"))
		return join(t, "At ", clock_time(t, hour, minute));
	if (has(minute, "-") && !has(minute, ",") && !has(hour, "/-,*")) {
		char *from = tw_arena_strdup(&t->arena, minute);
		char *to = cut(from, '-');

		cut(to, '-');
		return fill(t, "Every minute between {0} and {1}", clock_time(t, hour, from),
			    clock_time(t, hour, to));
	}
	if (has(hour, ",") && !has(hour, "-") && !has(minute, "/-,*")) {
		char *rest = tw_arena_strdup(&t->arena, hour);
		const char *s = "At";

		while (rest) {
			char *one = rest;

			rest = cut(rest, ',');
			s = join(t, join(t, s, " "), clock_time(t, one, minute));
			if (rest)
				s = join(t, s, has(rest, ",") ? "," : " and");
		}
		return s;
	}
	m = segment(t, minute, &minute_words);
	h = segment(t, hour, &hour_words);
	return join(t, join(t, m, *m && *h ? ", " : ""), h);
}

static const char *day_of_month(struct text *t)
{
	const char *e = t->part[DAY];
	const char *w = strchr(e, 'W');
	char digits[3] = {0};

	if (strcmp(e, "L") == 0)
		return ", on the last day of the month";
	if (w && strlen(e) <= 3 && strlen(e) >= 2) {
		memcpy(digits, w == e ? e + 1 : e, strlen(e) - 1);
		if (number(t, digits) == 1)
			return ", on the first weekday of the month";
		return fill(t, ", on the weekday nearest day {0} of the month",
			    tw_arena_printf(&t->arena, "%d", number(t, digits)), NULL);
	}
	if (strcmp(e, "*") == 0 && strcmp(t->part[WEEKDAY], "*") != 0)
		return "";
	return segment(t, e, &day_words);
}

/* Weekdays with a step as long as their range, or a list of them with one, come every n-th week. */
static const char *day_of_week(struct text *t)
{
	const char *e = t->part[WEEKDAY], *days = NULL;
	char *base = tw_arena_strdup(&t->arena, e);
	char *every = cut(base, '/');
	bool digits = every && *every;

	if (strcmp(e, "*") == 0)
		return "";
	for (const char *p = every; digits && *p; p++)
		digits = *p >= '0' && *p <= '9';
	if (digits && has(base, ",")) {
		days = segment(t, base, &weekly_words);
	} else if (digits && has(base, "-")) {
		char *from = tw_arena_strdup(&t->arena, base);
		char *to = cut(from, '-');
		int last = number(t, to);

		if (number(t, every) >= (last ? last : 7) - number(t, from) + 1)
			days = last == 6 ? fill(t, ", only on {0}", item_weekday(t, from), NULL)
					 : between(t, base, ", {0} through {1}", item_weekday);
	}
	if (days)
		return join(t, fill(t, ", every {0} weeks", every, NULL), days);
	return segment(t, e, &weekday_words);
}

/* ── The expression made ready ────────────────────────────────────────────────────────── */

static void upper(char *s)
{
	for (; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 32);
}

static char *names_to_numbers(struct text *t, char *s, const char *const *names, int n, int first)
{
	for (int i = 0; i < n; i++) {
		char name[4] = {0}, num[12];

		memcpy(name, names[i], 3);
		upper(name);
		snprintf(num, sizeof num, "%d", first + i);
		s = replace(t, s, name, num);
	}
	return s;
}

/* Sunday's 7 becomes 0 where a digit stands for a day: not behind '#' or '/'. */
static void sunday_is_0(char *s)
{
	for (size_t i = 0; s[i]; i++) {
		if (s[i] >= '0' && s[i] <= '9' && i == 0) {
			if (s[i] == '7')
				s[i] = '0';
		} else if (s[i] != '#' && s[i] != '/' && s[i + 1] >= '0' && s[i + 1] <= '9') {
			bool two = s[i] >= '0' && s[i] <= '9';

			if (!two && s[i + 1] == '7')
				s[i + 1] = '0';
			i++;
		}
	}
}

static void normalize(struct text *t)
{
	char **p = t->part;

	p[DAY] = replace(t, p[DAY], "?", "*");
	p[WEEKDAY] = replace(t, p[WEEKDAY], "?", "*");
	for (int i = 0; i < NPARTS; i++) {
		const char *from = i <= HOUR ? "0/" : "1/";

		if (strncmp(p[i], from, 2) == 0)
			p[i] = replace(t, p[i], from, "*/");
	}
	sunday_is_0(p[WEEKDAY]);
	upper(p[WEEKDAY]);
	upper(p[MONTH]);
	p[WEEKDAY] = names_to_numbers(t, p[WEEKDAY], weekday_names, 7, 0);
	p[MONTH] = names_to_numbers(t, p[MONTH], month_names, 12, 1);
	if (has(p[MINUTE], "*/") && !has(p[HOUR], "*-,/"))
		p[HOUR] = tw_arena_printf(&t->arena, "%s-%s", p[HOUR], p[HOUR]);
	for (int i = 0; i < NPARTS; i++) {
		char *slash;

		if (strcmp(p[i], "*/1") == 0)
			p[i] = tw_arena_strdup(&t->arena, "*");
		slash = strchr(p[i], '/');
		if (i >= MONTH && slash && !has(p[i], "*-,"))
			p[i] = tw_arena_printf(&t->arena, "%.*s-%s%s", (int)(slash - p[i]), p[i],
					       i == MONTH ? "12" : "6", slash);
	}
}

static bool describe(char *const fields[NPARTS], struct tw_buf *out)
{
	struct text t = {0};
	const char *s;
	size_t n;

	for (int i = 0; i < NPARTS; i++)
		t.part[i] = tw_arena_strdup(&t.arena, fields[i]);
	normalize(&t);
	s = time_of_day(&t);
	s = join(&t, s, day_of_month(&t));
	s = join(&t, s, day_of_week(&t));
	s = join(&t, s, segment(&t, t.part[MONTH], &month_words));
	s = replace(&t, s, ", every minute", "");
	s = replace(&t, s, ", every hour", "");
	s = replace(&t, s, ", every day", "");
	n = strlen(s);
	if (n && s[n - 1] == ' ' && n > 1 && s[n - 2] == ',')
		n -= 2;
	else if (n && s[n - 1] == ',')
		n--;
	if (n == 0)
		t.bad = true;
	if (!t.bad) {
		tw_buf_addc(out, (char)(s[0] >= 'a' && s[0] <= 'z' ? s[0] - 32 : s[0]));
		tw_buf_add(out, s + 1, n - 1);
	}
	tw_arena_release(&t.arena);
	return !t.bad;
}

/* Into five terminated fields of the arena; false when there are not five. */
static bool split(struct tw_arena *a, struct tw_str text, char *fields[NPARTS])
{
	struct tw_str rest = tw_str_trim(text);
	int n = 0;

	while (rest.n) {
		size_t len = 0;

		while (len < rest.n && rest.p[len] != ' ' &&
		       !(rest.p[len] >= '\t' && rest.p[len] <= '\r'))
			len++;
		if (n == NPARTS)
			return false;
		fields[n++] = tw_arena_strndup(a, rest.p, len);
		rest = tw_str_trim(tw_strn(rest.p + len, rest.n - len));
	}
	return n == NPARTS;
}

void tw_cron_describe(struct tw_str text, struct tw_buf *out)
{
	struct tw_arena arena = {0};
	TW_AUTO(tw_buf_release) struct tw_buf s = {0};
	char *f[NPARTS], *star = (char[]){"*"};
	struct tw_cron cron;
	bool ok;

	text = tw_cron_spell_out(text);
	if (tw_cron_parse(text, &cron, NULL) < 0 || !split(&arena, text, f)) {
		tw_arena_release(&arena);
		return;
	}
	if (strcmp(f[DAY], "*") != 0 && strcmp(f[WEEKDAY], "*") != 0) {
		char *by_day[] = {f[MINUTE], f[HOUR], f[DAY], f[MONTH], star};
		char *by_weekday[] = {f[MINUTE], f[HOUR], star, f[MONTH], f[WEEKDAY]};

		ok = describe(by_day, &s);
		tw_buf_adds(&s, " (or) ");
		ok = ok && describe(by_weekday, &s);
	} else {
		ok = describe(f, &s);
	}
	if (ok)
		tw_buf_addstr(out, tw_buf_str(&s));
	tw_arena_release(&arena);
}
