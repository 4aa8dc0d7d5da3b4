/*
 * The reader works in a copy of the text that ends in zero bytes: a zero is legal nowhere, so
 * every scan stops there without asking for the end. Strings are unescaped in place, which only
 * shrinks them, and their closing quote becomes their terminator.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "value/json.h"
#include "value/json_scan.h"
#include "value/vmap.h"

#define PAD 8		/* scans look at eight bytes at a time */
#define DIGITS_MAX 4300 /* of one integer: Python's own limit */

struct reader {
	struct tw_arena *a;
	struct tw_str text;   /* the caller's, for line and column */
	char *base, *p, *end; /* the copy */
	int depth;
	TW_VEC(struct tw_value) stack; /* items of the open lists and maps */
	struct tw_err *err;
};

static bool parse_value(struct reader *r, struct tw_value *ret_v);

static bool fail_at(struct reader *r, const char *at, enum tw_rc rc, const char *what)
{
	size_t off = (size_t)(at - r->base), line = 1, bol = 0;
	for (size_t i = 0; i < off; i++) {
		if (r->text.p[i] == '\n') {
			line++;
			bol = i + 1;
		}
	}
	size_t col = tw_utf8_len(tw_strn(r->text.p + bol, off - bol)) + 1;
	tw_err_set(r->err, rc, "line %zu, column %zu: %s", line, col, what);
	return false;
}

static bool fail(struct reader *r, const char *what)
{
	if (r->p >= r->end)
		return fail_at(r, r->end, TW_ERR_INVALID, "the text ends too early");
	return fail_at(r, r->p, TW_ERR_INVALID, what);
}

static void skip_space(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')
		r->p++;
}

static int hex4(const char *p)
{
	int v = 0;
	for (int i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i], d;
		if (c - '0' < 10)
			d = c - '0';
		else if ((c | 0x20) - 'a' < 6)
			d = (c | 0x20) - 'a' + 10;
		else
			return -1;
		v = v << 4 | (int)d;
	}
	return v;
}

/* At "\u"; joins a pair of surrogates, keeps a lone one. */
static bool unescape_u(struct reader *r, char **w)
{
	int cp = hex4(r->p + 2);
	if (cp < 0)
		return fail(r, "\\u wants four hexadecimal digits");
	r->p += 6;
	if (cp >= 0xD800 && cp < 0xDC00 && r->p[0] == '\\' && r->p[1] == 'u') {
		int low = hex4(r->p + 2);
		if (low >= 0xDC00 && low < 0xE000) {
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
			r->p += 6;
		}
	}
	*w += tw_utf8_put(*w, (uint32_t)cp);
	return true;
}

static bool unescape(struct reader *r, char **w)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (r->p[1] == 'u')
		return unescape_u(r, w);
	const char *hit = r->p[1] ? strchr(from, r->p[1]) : NULL;
	if (!hit)
		return fail(r, "unknown escape in a string");
	*(*w)++ = to[hit - from];
	r->p += 2;
	return true;
}

/* Not ASCII: copies one code point, which must be strict UTF-8. */
static bool copy_utf8(struct reader *r, char **w)
{
	uint32_t cp;
	size_t n = tw_utf8_next(r->p, (size_t)(r->end - r->p), &cp);
	if (!n || tw_utf8_is_surrogate(cp))
		return fail(r, "these bytes are not UTF-8");
	memmove(*w, r->p, n);
	*w += n;
	r->p += n;
	return true;
}

/* The rest of a string from its first escape or end on; w is where the next byte goes. */
static bool parse_rest(struct reader *r, char *start, struct tw_str *ret_s)
{
	char *w = r->p;
	for (;;) {
		unsigned char c = (unsigned char)*r->p;
		if (c == '"') {
			*w = 0;
			r->p++;
			*ret_s = tw_strn(start, (size_t)(w - start));
			return true;
		}
		if (c == '\\') {
			if (!unescape(r, &w))
				return false;
		} else if (c >= 0x80) {
			if (!copy_utf8(r, &w))
				return false;
		} else if (c < 0x20) {
			return fail(r, "a control character must be escaped in a string");
		} else {
			*w++ = (char)c;
			r->p++;
		}
	}
}

/* At the opening quote. */
static bool parse_str(struct reader *r, struct tw_str *ret_s)
{
	char *start = ++r->p;
	for (;;) {
		while (!tw_json_needs_look(r->p))
			r->p += 8;
		/* Eight bytes with something in them: most often the closing quote. */
		unsigned char c = (unsigned char)*r->p;
		while (c != '"' && c != '\\' && c >= 0x20 && c < 0x80)
			c = (unsigned char)*++r->p;
		if (c == '"') {
			*r->p++ = 0;
			*ret_s = tw_strn(start, (size_t)(r->p - 1 - start));
			return true;
		}
		if (c < 0x80)
			return parse_rest(r, start, ret_s);
		char *same = r->p;
		if (!copy_utf8(r, &same))
			return false;
	}
}

/* Up to 19 digits and a small exponent: exact with one multiplication or division. */
static bool float_fast(const char *p, const char *end, double *ret_f)
{
	static const double pow10[] = {1e0,  1e1,  1e2,	 1e3,  1e4,  1e5,  1e6,	 1e7,
				       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	bool neg = *p == '-', point = false;
	uint64_t m = 0;
	int exp = 0, digits = 0;
	for (p += neg; p < end && (*p | 0x20) != 'e'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if (++digits > 19)
			return false;
		m = m * 10 + (uint64_t)(*p - '0');
		exp -= point;
	}
	if (p < end) {
		bool eneg = *++p == '-';
		int e = 0;
		for (p += eneg || *p == '+'; p < end; p++)
			if ((e = e * 10 + (*p - '0')) > 1000)
				return false;
		exp += eneg ? -e : e;
	}
	if (m > (uint64_t)1 << 53 || exp < -22 || exp > 22)
		return false;
	double f = exp < 0 ? (double)m / pow10[-exp] : (double)m * pow10[exp];
	*ret_f = neg ? -f : f;
	return true;
}

static bool make_float(struct reader *r, const char *start, struct tw_value *ret_v)
{
	double f;
	if (!float_fast(start, r->p, &f))
		f = strtod(start, NULL); /* stops where the number does: the copy ends in zeros */
	*ret_v = tw_v_float(f);
	return true;
}

static bool make_int(struct reader *r, const char *start, struct tw_value *ret_v)
{
	struct tw_str s = tw_strn(start, (size_t)(r->p - start));
	int64_t i;
	if (tw_str_to_int(s, &i)) {
		*ret_v = tw_v_int(i);
		return true;
	}
	if (s.n > DIGITS_MAX)
		return fail_at(r, start, TW_ERR_LIMIT, "an integer of more than 4300 digits");
	*ret_v = (struct tw_value){.kind = TW_V_BIGINT, .s = tw_str_copy(r->a, s)};
	return true;
}

static void skip_digits(struct reader *r)
{
	while (tw_is_digit(*r->p))
		r->p++;
}

static bool parse_number(struct reader *r, struct tw_value *ret_v)
{
	const char *start = r->p;
	r->p += *r->p == '-';
	if (*r->p == '0')
		r->p++;
	else if (tw_is_digit(*r->p))
		skip_digits(r);
	else
		return fail(r, "expected a value");
	bool whole = true;
	if (*r->p == '.') {
		r->p++;
		if (!tw_is_digit(*r->p))
			return fail(r, "a digit must follow the decimal point");
		skip_digits(r);
		whole = false;
	}
	if ((*r->p | 0x20) == 'e') {
		r->p++;
		r->p += *r->p == '-' || *r->p == '+';
		if (!tw_is_digit(*r->p))
			return fail(r, "a digit must follow the exponent sign");
		skip_digits(r);
		whole = false;
	}
	return whole ? make_int(r, start, ret_v) : make_float(r, start, ret_v);
}

static bool parse_word(struct reader *r, const char *word, struct tw_value v,
		       struct tw_value *ret_v)
{
	size_t n = strlen(word);
	if (strncmp(r->p, word, n) != 0)
		return fail(r, "expected a value");
	r->p += n;
	*ret_v = v;
	return true;
}

/* After an item: ',' goes on, the closing mark ends. Returns 1, 0, or -1 on error. */
static int next_item(struct reader *r, char close)
{
	skip_space(r);
	if (*r->p == close) {
		r->p++;
		return 0;
	}
	if (*r->p != ',') {
		fail(r, close == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
		return -1;
	}
	r->p++;
	skip_space(r);
	return 1;
}

static bool parse_list(struct reader *r, struct tw_value *ret_v)
{
	size_t from = r->stack.n;
	int more = 1;
	r->p++;
	skip_space(r);
	if (*r->p == ']') {
		r->p++;
		more = 0;
	}
	while (more) {
		struct tw_value item;
		if (!parse_value(r, &item))
			return false;
		tw_vec_push(&r->stack, item);
		if ((more = next_item(r, ']')) < 0)
			return false;
	}
	struct tw_value v = tw_v_list(r->a);
	size_t n = r->stack.n - from;
	if (n) {
		v.list->v = tw_arena_alloc(r->a, n * sizeof *v.list->v);
		memcpy(v.list->v, r->stack.v + from, n * sizeof *v.list->v);
		v.list->n = v.list->cap = n;
	}
	r->stack.n = from;
	*ret_v = v;
	return true;
}

static bool parse_pair(struct reader *r)
{
	struct tw_str key;
	struct tw_value v;
	if (*r->p != '"')
		return fail(r, "expected a key in double quotes");
	if (!parse_str(r, &key))
		return false;
	skip_space(r);
	if (*r->p != ':')
		return fail(r, "expected ':' after the key");
	r->p++;
	skip_space(r);
	if (!parse_value(r, &v))
		return false;
	tw_vec_push(&r->stack, tw_v_str(key));
	tw_vec_push(&r->stack, v);
	return true;
}

_Static_assert(sizeof(struct tw_pair) == 2 * sizeof(struct tw_value), "a pair is two values");

static bool parse_map(struct reader *r, struct tw_value *ret_v)
{
	size_t from = r->stack.n;
	int more = 1;
	r->p++;
	skip_space(r);
	if (*r->p == '}') {
		r->p++;
		more = 0;
	}
	while (more) {
		if (!parse_pair(r))
			return false;
		if ((more = next_item(r, '}')) < 0)
			return false;
	}
	size_t n = (r->stack.n - from) / 2;
	const struct tw_pair *pairs = n ? (const struct tw_pair *)(r->stack.v + from) : NULL;
	*ret_v = (struct tw_value){.kind = TW_V_MAP, .map = tw_vmap_from_pairs(r->a, pairs, n)};
	r->stack.n = from;
	return true;
}

static bool parse_nested(struct reader *r, struct tw_value *ret_v)
{
	if (r->depth == TW_JSON_DEPTH)
		return fail_at(r, r->p, TW_ERR_LIMIT, "nested too deeply");
	r->depth++;
	bool ok = *r->p == '[' ? parse_list(r, ret_v) : parse_map(r, ret_v);
	r->depth--;
	return ok;
}

static bool parse_value(struct reader *r, struct tw_value *ret_v)
{
	switch (*r->p) {
	case '"': {
		struct tw_str s;
		if (!parse_str(r, &s))
			return false;
		*ret_v = tw_v_str(s);
		return true;
	}
	case '{':
	case '[':
		return parse_nested(r, ret_v);
	case 't':
		return parse_word(r, "true", tw_v_bool(true), ret_v);
	case 'f':
		return parse_word(r, "false", tw_v_bool(false), ret_v);
	case 'n':
		return parse_word(r, "null", TW_NULL, ret_v);
	case 'N':
		return parse_word(r, "NaN", tw_v_float(__builtin_nan("")), ret_v);
	case 'I':
		return parse_word(r, "Infinity", tw_v_float(__builtin_inf()), ret_v);
	case '-':
		if (r->p[1] == 'I')
			return parse_word(r, "-Infinity", tw_v_float(-__builtin_inf()), ret_v);
		return parse_number(r, ret_v);
	default:
		return parse_number(r, ret_v);
	}
}

static bool parse_text(struct reader *r, struct tw_value *ret_v)
{
	if (tw_str_starts(r->text, "\xEF\xBB\xBF"))
		r->p += 3;
	skip_space(r);
	if (!parse_value(r, ret_v))
		return false;
	skip_space(r);
	return r->p == r->end || fail(r, "more text after the value");
}

enum tw_rc tw_json_parse(struct tw_arena *a, struct tw_str text, struct tw_value *ret_v,
			 struct tw_err *err)
{
	struct tw_err why = {0};
	struct reader r = {.a = a, .text = text, .err = &why};
	struct tw_value v;
	r.base = r.p = tw_arena_alloc(a, text.n + PAD);
	r.end = r.base + text.n;
	if (text.n)
		memcpy(r.base, text.p, text.n);
	memset(r.end, 0, PAD);
	bool ok = parse_text(&r, &v);
	tw_vec_release(&r.stack);
	if (!ok)
		return tw_err_set(err, why.rc, "%s", why.msg);
	*ret_v = v;
	return TW_OK;
}
