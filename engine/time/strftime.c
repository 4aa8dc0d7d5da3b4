/* strftime and strptime in the C locale, after Python's datetime over glibc. */
#include "time/instant.h"

#include "time/zone.h"

static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
				       "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"January",	  "February", "March",	  "April",
				     "May",	  "June",     "July",	  "August",
				     "September", "October",  "November", "December"};

struct when {
	struct tw_civil c;
	int weekday; /* 0 = Monday */
	int yday;    /* 1.. */
	bool aware;
	int32_t offset;
	const char *abbr;
	int64_t epoch;
};

struct spec {
	char pad; /* '0', '_', '-' or 0 = the directive's own */
	bool upper, swap;
	int width; /* -1 = none */
	int depth;
};

#define WIDTH_MAX 200

static void put_text(struct tw_buf *out, const struct spec *s, const char *text, bool swap_lowers)
{
	int n = (int)strlen(text);

	for (int i = n; i < s->width; i++)
		tw_buf_addc(out, s->pad == '0' ? '0' : ' ');
	for (int i = 0; i < n; i++) {
		char ch = text[i];

		if ((s->upper || (s->swap && !swap_lowers)) && ch >= 'a' && ch <= 'z')
			ch = (char)(ch - 32);
		else if (s->swap && swap_lowers && ch >= 'A' && ch <= 'Z')
			ch = (char)(ch + 32);
		tw_buf_addc(out, ch);
	}
}

static void put_num(struct tw_buf *out, const struct spec *s, int64_t v, int digits, char pad)
{
	char fill = s->pad ? s->pad : pad;
	int width = s->width >= 0 ? s->width : digits;

	if (fill == '-')
		tw_buf_printf(out, "%lld", (long long)v);
	else if (fill == '_')
		tw_buf_printf(out, "%*lld", width, (long long)v);
	else
		tw_buf_printf(out, "%0*lld", width, (long long)v);
}

static void put_offset(struct tw_buf *out, const struct when *w, bool colon)
{
	int32_t a = w->offset < 0 ? -w->offset : w->offset;

	if (!w->aware)
		return;
	tw_buf_printf(out, "%c%02d%s%02d", w->offset < 0 ? '-' : '+', a / 3600, colon ? ":" : "",
		      a / 60 % 60);
	if (a % 60)
		tw_buf_printf(out, "%s%02d", colon ? ":" : "", a % 60);
}

static void format(struct tw_buf *out, struct tw_str fmt, const struct when *w, int depth);

static void put_date_part(struct tw_buf *out, const struct spec *s, char conv, const struct when *w)
{
	const struct tw_civil *c = &w->c;
	int iso_year, iso_week, iso_wd;

	tw_iso_week(c->year, c->month, c->day, &iso_year, &iso_week, &iso_wd);
	switch (conv) {
	case 'a':
		put_text(out, s,
			 (char[]){weekdays[w->weekday][0], weekdays[w->weekday][1],
				  weekdays[w->weekday][2], 0},
			 false);
		return;
	case 'A':
		put_text(out, s, weekdays[w->weekday], false);
		return;
	case 'b':
	case 'h':
		put_text(out, s,
			 (char[]){months[c->month - 1][0], months[c->month - 1][1],
				  months[c->month - 1][2], 0},
			 false);
		return;
	case 'B':
		put_text(out, s, months[c->month - 1], false);
		return;
	case 'C':
		put_num(out, s, c->year / 100, 2, '0');
		return;
	case 'd':
		put_num(out, s, c->day, 2, '0');
		return;
	case 'e':
		put_num(out, s, c->day, 2, '_');
		return;
	case 'g':
		put_num(out, s, iso_year % 100, 2, '0');
		return;
	case 'G':
		put_num(out, s, iso_year, 4, '0');
		return;
	case 'j':
		put_num(out, s, w->yday, 3, '0');
		return;
	case 'm':
		put_num(out, s, c->month, 2, '0');
		return;
	case 'u':
		put_num(out, s, w->weekday + 1, 1, '0');
		return;
	case 'U':
		put_num(out, s, (w->yday - 1 + 7 - (w->weekday + 1) % 7) / 7, 2, '0');
		return;
	case 'V':
		put_num(out, s, iso_week, 2, '0');
		return;
	case 'w':
		put_num(out, s, (w->weekday + 1) % 7, 1, '0');
		return;
	case 'W':
		put_num(out, s, (w->yday - 1 + 7 - w->weekday) / 7, 2, '0');
		return;
	case 'y':
		put_num(out, s, c->year % 100, 2, '0');
		return;
	default: /* 'Y' */
		put_num(out, s, c->year, 4, '0');
		return;
	}
}

static void put_time_part(struct tw_buf *out, const struct spec *s, char conv, const struct when *w)
{
	const struct tw_civil *c = &w->c;
	int hour12 = c->hour % 12 ? c->hour % 12 : 12;
	struct spec lower = *s;

	switch (conv) {
	case 'f':
		tw_buf_printf(out, "%06d", c->us);
		return;
	case 'H':
		put_num(out, s, c->hour, 2, '0');
		return;
	case 'I':
		put_num(out, s, hour12, 2, '0');
		return;
	case 'k':
		put_num(out, s, c->hour, 2, '_');
		return;
	case 'l':
		put_num(out, s, hour12, 2, '_');
		return;
	case 'M':
		put_num(out, s, c->minute, 2, '0');
		return;
	case 'p':
		put_text(out, s, c->hour < 12 ? "AM" : "PM", true);
		return;
	case 'P':
		lower.swap = true;
		put_text(out, &lower, c->hour < 12 ? "AM" : "PM", true);
		return;
	case 's':
		put_num(out, s, w->epoch, 1, '0');
		return;
	case 'S':
		put_num(out, s, c->second, 2, '0');
		return;
	case 'z':
		put_offset(out, w, false);
		return;
	default: /* 'Z' */
		put_text(out, s, w->aware ? w->abbr : "", true);
		return;
	}
}

/* The directives that stand for others; a nested result is padded and raised as one text. */
static bool put_compound(struct tw_buf *out, const struct spec *s, char conv, const struct when *w)
{
	static const struct {
		char conv;
		const char *fmt;
	} table[] = {
		{'c', "%a %b %e %H:%M:%S %Y"},
		{'D', "%m/%d/%y"},
		{'F', "%Y-%m-%d"},
		{'r', "%I:%M:%S %p"},
		{'R', "%H:%M"},
		{'T', "%H:%M:%S"},
		{'x', "%m/%d/%y"},
		{'X', "%H:%M:%S"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		TW_AUTO(tw_buf_release) struct tw_buf inner = {0};

		if (table[i].conv != conv)
			continue;
		format(&inner, tw_str(table[i].fmt), w, s->depth + 1);
		put_text(out, s, tw_buf_cstr(&inner), false);
		return true;
	}
	return false;
}

static void put_one(struct tw_buf *out, const struct spec *s, char conv, const struct when *w,
		    struct tw_str raw)
{
	if (conv == 'n')
		tw_buf_addc(out, '\n');
	else if (conv == 't')
		tw_buf_addc(out, '\t');
	else if (conv == '%')
		tw_buf_addc(out, '%');
	else if (strchr("aAbBhCdegGjmuUVwWyY", conv))
		put_date_part(out, s, conv, w);
	else if (strchr("fHIklMpPsSzZ", conv))
		put_time_part(out, s, conv, w);
	else if (!put_compound(out, s, conv, w))
		tw_buf_addstr(out, raw);
}

static void format(struct tw_buf *out, struct tw_str fmt, const struct when *w, int depth)
{
	size_t i = 0;

	while (i < fmt.n) {
		size_t start = i;
		struct spec s = {.width = -1, .depth = depth};

		if (fmt.p[i] != '%') {
			tw_buf_addc(out, fmt.p[i++]);
			continue;
		}
		i++;
		for (; i < fmt.n && memchr("_-0^#", fmt.p[i], 5); i++) {
			if (fmt.p[i] == '^')
				s.upper = true;
			else if (fmt.p[i] == '#')
				s.swap = true;
			else
				s.pad = fmt.p[i];
		}
		for (; i < fmt.n && fmt.p[i] >= '0' && fmt.p[i] <= '9'; i++) {
			s.width = (s.width < 0 ? 0 : s.width) * 10 + (fmt.p[i] - '0');
			if (s.width > WIDTH_MAX)
				s.width = WIDTH_MAX;
		}
		if (i + 1 < fmt.n && (fmt.p[i] == 'E' || fmt.p[i] == 'O'))
			i++;
		if (i + 1 < fmt.n && fmt.p[i] == ':' && fmt.p[i + 1] == 'z') {
			put_offset(out, w, true);
			i += 2;
			continue;
		}
		if (i >= fmt.n || fmt.p[i] == '\0') {
			tw_buf_addstr(out, tw_strn(fmt.p + start, i - start));
			continue;
		}
		put_one(out, &s, fmt.p[i], w, tw_strn(fmt.p + start, i + 1 - start));
		i++;
	}
}

static void fill(struct when *w, int64_t local_us)
{
	tw_civil_from(local_us, &w->c);
	w->weekday = tw_weekday(tw_floor_div(local_us, TW_US_DAY));
	w->yday = tw_day_of_year(w->c.year, w->c.month, w->c.day);
}

void tw_strftime(struct tw_buf *out, struct tw_str fmt, tw_time t, const struct tw_zone *zone)
{
	struct when w = {.aware = true};
	struct tw_zone_info zi;

	tw_zone_at(zone ? zone : tw_zone_utc, t, &zi);
	w.offset = zi.offset;
	w.abbr = zi.abbr;
	w.epoch = tw_floor_div(t, TW_US_SEC);
	fill(&w, t + zi.offset * TW_US_SEC);
	format(out, fmt, &w, 0);
}

void tw_strftime_naive(struct tw_buf *out, struct tw_str fmt, int64_t local_us)
{
	struct when w = {.epoch = tw_floor_div(local_us, TW_US_SEC)};

	fill(&w, local_us);
	format(out, fmt, &w, 0);
}
