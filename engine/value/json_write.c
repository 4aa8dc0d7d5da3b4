#include "value/json.h"
#include "value/json_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"

static void add_u(struct tw_buf *out, uint32_t unit)
{
	static const char hex[] = "0123456789abcdef";
	char u[6] = {
		'\\',	       'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
		hex[unit & 15]};
	tw_buf_add(out, u, sizeof u);
}

static void add_control(struct tw_buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *hit = c ? strchr(from, c) : NULL;
	if (hit) {
		tw_buf_addc(out, '\\');
		tw_buf_addc(out, to[hit - from]);
	} else {
		add_u(out, c);
	}
}

/* One code point above ASCII. A lone surrogate is always escaped, what is no UTF-8 becomes U+FFFD.
 */
static size_t add_wide(struct tw_buf *out, const char *p, size_t n, int style)
{
	uint32_t cp;
	size_t len = tw_utf8_next(p, n, &cp);
	bool bad = len == 0;
	if (bad)
		cp = 0xFFFD;
	if (style & TW_JSON_ASCII || tw_utf8_is_surrogate(cp)) {
		if (cp >= 0x10000) {
			add_u(out, 0xD800 + ((cp - 0x10000) >> 10));
			add_u(out, 0xDC00 + ((cp - 0x10000) & 0x3FF));
		} else {
			add_u(out, cp);
		}
	} else if (bad) {
		tw_buf_adds(out, "\xEF\xBF\xBD");
	} else {
		tw_buf_add(out, p, len);
	}
	return bad ? 1 : len;
}

/* Nothing in it needs to be escaped. */
static bool is_plain(struct tw_str s)
{
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8)
		if (tw_json_needs_look(s.p + i))
			return false;
	if (i && i < s.n) /* the rest, with some of what was seen */
		return !tw_json_needs_look(s.p + s.n - 8);
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			return false;
	}
	return true;
}

static void add_plain(struct tw_buf *out, struct tw_str s)
{
	char *p = out->p + out->n;

	*p++ = '"';
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '"';
	p[s.n + 1] = '\0';
	out->n += s.n + 2;
}

void tw_json_write_str(struct tw_buf *out, struct tw_str s, int style)
{
	const unsigned char past = style & TW_JSON_ASCII ? 0x7F : 0x80; /* json.dumps escapes DEL */
	tw_buf_reserve(out, s.n + 2);
	if (!(style & TW_JSON_ASCII) && is_plain(s)) {
		add_plain(out, s);
		return;
	}
	tw_buf_addc(out, '"');
	size_t from = 0, i = 0;
	while (i < s.n) {
		if (!(style & TW_JSON_ASCII) && i + 8 <= s.n && !tw_json_needs_look(s.p + i)) {
			i += 8;
			continue;
		}
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x20 && c < past && c != '"' && c != '\\') {
			i++;
			continue;
		}
		tw_buf_add(out, s.p + from, i - from);
		if (c < 0x80) {
			add_control(out, c);
			i++;
		} else {
			i += add_wide(out, s.p + i, s.n - i, style);
		}
		from = i;
	}
	tw_buf_add(out, s.p + from, s.n - from);
	tw_buf_addc(out, '"');
}

void tw_json_write_float(struct tw_buf *out, double f)
{
	char text[TW_NUM_REPR];
	if (isnan(f))
		tw_buf_adds(out, "NaN");
	else if (isinf(f))
		tw_buf_adds(out, f < 0 ? "-Infinity" : "Infinity");
	else
		tw_buf_add(out, text, tw_num_repr(text, f));
}

void tw_json_write_int(struct tw_buf *out, int64_t i)
{
	char text[24], *p = text + sizeof text;
	uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
	do
		*--p = (char)('0' + u % 10);
	while (u /= 10);
	if (i < 0)
		*--p = '-';
	tw_buf_add(out, p, (size_t)(text + sizeof text - p));
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar. */
static void civil(int64_t days, int64_t *year, int *month, int *day)
{
	days += 719468; /* from 0000-03-01, so that the leap day ends a year */
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = (int)(doe - (365 * yoe + yoe / 4 - yoe / 100));
	int m = (5 * doy + 2) / 153;
	*day = doy - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = yoe + era * 400 + (*month <= 2);
}

static void write_datetime(struct tw_buf *out, int64_t us, bool naive)
{
	const int64_t day_us = 86400000000;
	int64_t days = us / day_us, rest = us % day_us, year;
	int month, day;
	if (rest < 0) {
		rest += day_us;
		days--;
	}
	civil(days, &year, &month, &day);
	int64_t sec = rest / 1000000;
	tw_buf_printf(out, "\"%04lld-%02d-%02dT%02d:%02d:%02d", (long long)year, month, day,
		      (int)(sec / 3600), (int)(sec / 60 % 60), (int)(sec % 60));
	if (rest % 1000000)
		tw_buf_printf(out, ".%06d", (int)(rest % 1000000));
	tw_buf_adds(out, naive ? "\"" : "+00:00\"");
}

struct writer {
	struct tw_buf *out;
	int style, depth;
};

static void write_value(struct writer *w, struct tw_value v);

static void line_break(struct writer *w)
{
	tw_buf_addc(w->out, '\n');
	for (int i = 0; i < w->depth; i++)
		tw_buf_adds(w->out, "  ");
}

/* What stands before item i of a list or map. */
static void before_item(struct writer *w, size_t i)
{
	if (i)
		tw_buf_addc(w->out, ',');
	if (w->style & TW_JSON_PRETTY)
		line_break(w);
	else if (i && w->style & TW_JSON_PYTHON)
		tw_buf_addc(w->out, ' ');
}

static void write_list(struct writer *w, const struct tw_list *l)
{
	tw_buf_addc(w->out, '[');
	w->depth++;
	for (size_t i = 0; i < l->n; i++) {
		before_item(w, i);
		write_value(w, l->v[i]);
	}
	w->depth--;
	if (l->n && w->style & TW_JSON_PRETTY)
		line_break(w);
	tw_buf_addc(w->out, ']');
}

/* Keys that are no strings become the text json.dumps gives them: "1", "1.5", "true", "null". */
static void write_key(struct writer *w, struct tw_value key)
{
	if (key.kind == TW_V_STR || key.kind == TW_V_DATETIME) {
		write_value(w, key);
	} else {
		TW_AUTO(tw_buf_release) struct tw_buf text = {0};
		tw_json_write(&text, key, TW_JSON_PYTHON);
		tw_json_write_str(w->out, tw_buf_str(&text), w->style);
	}
	tw_buf_adds(w->out, w->style & (TW_JSON_PYTHON | TW_JSON_PRETTY) ? ": " : ":");
}

static int pair_cmp(const void *a, const void *b)
{
	const struct tw_pair *x = *(const struct tw_pair *const *)a;
	const struct tw_pair *y = *(const struct tw_pair *const *)b;
	if (x->key.kind == TW_V_STR && y->key.kind == TW_V_STR)
		return tw_str_cmp(x->key.s, y->key.s);
	if (x->key.kind == TW_V_INT && y->key.kind == TW_V_INT)
		return (x->key.i > y->key.i) - (x->key.i < y->key.i);
	return x->key.kind != y->key.kind ? x->key.kind - y->key.kind : (x > y) - (x < y);
}

static void write_map(struct writer *w, const struct tw_vmap *m)
{
	TW_AUTO(tw_freep) const struct tw_pair **order = NULL;
	if (w->style & TW_JSON_SORT && m->n > 1) {
		order = tw_reallocarray(NULL, m->n, sizeof *order);
		for (size_t i = 0; i < m->n; i++)
			order[i] = &m->v[i];
		qsort(order, m->n, sizeof *order, pair_cmp);
	}
	tw_buf_addc(w->out, '{');
	w->depth++;
	for (size_t i = 0; i < m->n; i++) {
		const struct tw_pair *p = order ? order[i] : &m->v[i];
		before_item(w, i);
		write_key(w, p->key);
		write_value(w, p->value);
	}
	w->depth--;
	if (m->n && w->style & TW_JSON_PRETTY)
		line_break(w);
	tw_buf_addc(w->out, '}');
}

static void write_value(struct writer *w, struct tw_value v)
{
	switch ((enum tw_kind)v.kind) {
	case TW_V_BOOL:
		tw_buf_adds(w->out, v.b ? "true" : "false");
		break;
	case TW_V_INT:
		tw_json_write_int(w->out, v.i);
		break;
	case TW_V_BIGINT:
		tw_buf_addstr(w->out, v.s);
		break;
	case TW_V_FLOAT:
		tw_json_write_float(w->out, v.f);
		break;
	case TW_V_STR:
		tw_json_write_str(w->out, v.s, w->style);
		break;
	case TW_V_LIST:
	case TW_V_TUPLE:
		write_list(w, v.list);
		break;
	case TW_V_MAP:
		write_map(w, v.map);
		break;
	case TW_V_DATETIME:
		write_datetime(w->out, v.dt.us, !v.dt.zone);
		break;
	case TW_V_DELTA:
		tw_json_write_float(w->out, (double)v.i / 1e6);
		break;
	case TW_V_NULL:
	case TW_V_UNDEFINED:
	case TW_V_OBJECT:
		tw_buf_adds(w->out, "null");
		break;
	}
}

void tw_json_write(struct tw_buf *out, struct tw_value v, int style)
{
	tw_json_write_at(out, v, style, 0);
}

void tw_json_write_at(struct tw_buf *out, struct tw_value v, int style, int depth)
{
	struct writer w = {.out = out, .style = style, .depth = depth};
	write_value(&w, v);
}

char *tw_json_dump(struct tw_value v, int style)
{
	struct tw_buf out = {0};
	tw_json_write(&out, v, style);
	return tw_buf_steal(&out);
}
