#include "template/literal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define MAX_DEPTH 80

struct lit {
	struct tw_tpl *t;
	struct tw_str s;
	size_t i;
	int depth, brackets;
	bool unsure;
};

static bool value(struct lit *l, struct tw_value *ret);

static int peek(const struct lit *l)
{
	return l->i < l->s.n ? (unsigned char)l->s.p[l->i] : -1;
}

/* White space; newlines only count as such within brackets. */
static void skip(struct lit *l)
{
	for (;; l->i++) {
		int c = peek(l);

		if (c == '#' || c == '\\' || c == '\f')
			l->unsure = true;
		if (c != ' ' && c != '\t' && !(l->brackets && (c == '\n' || c == '\r')))
			return;
	}
}

static bool unsure(struct lit *l)
{
	l->unsure = true;
	return false;
}

/* ---- numbers ---- */

static size_t digits_at(const struct lit *l, size_t i)
{
	size_t start = i;

	while (i < l->s.n && (isdigit((unsigned char)l->s.p[i]) ||
			      (l->s.p[i] == '_' && i > start && i + 1 < l->s.n &&
			       isdigit((unsigned char)l->s.p[i + 1]))))
		i++;
	return i;
}

static bool number(struct lit *l, struct tw_value *ret)
{
	char buf[400];
	size_t start = l->i, end = digits_at(l, start), n = 0, e;
	bool is_float = false, zeros = true;
	int next;

	if (l->s.p[start] == '0' && start + 1 < l->s.n && l->s.p[start + 1] &&
	    strchr("xXoObB", l->s.p[start + 1]))
		return unsure(l);
	if (end < l->s.n && l->s.p[end] == '.') {
		is_float = true;
		end = digits_at(l, end + 1);
		if (end == start + 1)
			return false;
	}
	if (end < l->s.n && (l->s.p[end] == 'e' || l->s.p[end] == 'E')) {
		e = end + 1;
		if (e < l->s.n && (l->s.p[e] == '+' || l->s.p[e] == '-'))
			e++;
		if (digits_at(l, e) == e)
			return false;
		end = digits_at(l, e);
		is_float = true;
	}
	next = end < l->s.n ? (unsigned char)l->s.p[end] : -1;
	if (next == 'j' || next == 'J')
		return unsure(l);
	if (next == '_' || next >= 0x80 || isalpha(next))
		return false;
	if (end - start >= sizeof(buf))
		return unsure(l);
	for (size_t i = start; i < end; i++) {
		if (l->s.p[i] != '_')
			buf[n++] = l->s.p[i];
		zeros &= l->s.p[i] == '0' || l->s.p[i] == '_';
	}
	buf[n] = 0;
	l->i = end;
	if (is_float) {
		*ret = tw_v_float(strtod(buf, NULL));
		return true;
	}
	if (buf[0] == '0' && !zeros)
		return false; /* leading zeros */
	errno = 0;
	*ret = tw_v_int(strtoll(buf, NULL, 10));
	return errno ? unsure(l) : true;
}

/* ---- strings ---- */

static bool octal_or_hex(struct lit *l, struct tw_buf *out)
{
	int c = peek(l), digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	uint32_t u = 0;
	char tmp[4];

	if (!digits)
		return unsure(l); /* octal, \N{…} */
	for (int k = 0; k < digits; k++) {
		l->i++;
		if (!isxdigit(peek(l)))
			return false;
		u = u * 16 +
		    (uint32_t)(isdigit(peek(l)) ? peek(l) - '0' : (peek(l) | 32) - 'a' + 10);
	}
	l->i++;
	if (u > 0x10ffff)
		return false;
	tw_buf_add(out, tmp, tw_u8_put(tmp, (int32_t)u));
	return true;
}

static bool escape(struct lit *l, struct tw_buf *out)
{
	static const char from[] = "ntrabfv\\'\"", to[] = "\n\t\r\a\b\f\v\\'\"";
	int c;
	const char *p;

	l->i++;
	c = peek(l);
	if (c < 0)
		return false;
	p = strchr(from, c);
	if (c && p) {
		tw_buf_addc(out, to[p - from]);
		l->i++;
		return true;
	}
	if (c == '\n') {
		l->i++;
		return true;
	}
	if (c == 'x' || c == 'u' || c == 'U' || c == 'N' || (c >= '0' && c <= '7') || c == '\r')
		return octal_or_hex(l, out);
	tw_buf_addc(out, '\\');
	return true;
}

/* One quoted piece. */
static bool quoted(struct lit *l, struct tw_buf *out)
{
	char q = l->s.p[l->i];
	bool triple = l->i + 2 < l->s.n && l->s.p[l->i + 1] == q && l->s.p[l->i + 2] == q;

	l->i += triple ? 3 : 1;
	for (;;) {
		int c = peek(l);

		if (c < 0 || (!triple && (c == '\n' || c == '\r')))
			return false;
		if (c == '\r')
			return unsure(l);
		if (c == q && !triple) {
			l->i++;
			return true;
		}
		if (c == q && l->i + 2 < l->s.n && l->s.p[l->i + 1] == q && l->s.p[l->i + 2] == q) {
			l->i += 3;
			return true;
		}
		if (c == '\\') {
			if (!escape(l, out))
				return false;
			continue;
		}
		tw_buf_addc(out, (char)c);
		l->i++;
	}
}

static bool string(struct lit *l, struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	do {
		if (!quoted(l, &b))
			return false;
		skip(l);
	} while (peek(l) == '\'' || peek(l) == '"');
	*ret = tw_tpl_mkstr(l->t, &b);
	return true;
}

/* ---- names, containers ---- */

static bool word(struct lit *l, struct tw_value *ret)
{
	size_t start = l->i;
	struct tw_str w;

	while (isalnum(peek(l)) || peek(l) == '_' || peek(l) >= 0x80)
		l->i++;
	w = tw_strn(l->s.p + start, l->i - start);
	if (peek(l) == '\'' || peek(l) == '"') /* a prefix: r, b, u, f */
		return w.n <= 2 ? unsure(l) : false;
	if (tw_str_is(w, "True") || tw_str_is(w, "False"))
		*ret = tw_v_bool(w.p[0] == 'T');
	else if (tw_str_is(w, "None"))
		*ret = TW_NULL;
	else
		return tw_str_is(w, "set") ? unsure(l) : false;
	return true;
}

/* Items up to close; *ret_comma: one ended with a comma. */
static bool items(struct lit *l, char close, struct tw_value list, bool *ret_comma)
{
	*ret_comma = false;
	for (;;) {
		struct tw_value v;

		skip(l);
		if (peek(l) == close) {
			l->i++;
			return true;
		}
		if (list.list->n && !*ret_comma)
			return false;
		if (!value(l, &v))
			return false;
		tw_list_push(l->t->a, list, v);
		skip(l);
		*ret_comma = peek(l) == ',';
		if (*ret_comma)
			l->i++;
	}
}

static bool dict(struct lit *l, struct tw_value *ret)
{
	struct tw_value map = tw_v_map(l->t->a), k, v;
	bool comma = true;

	for (;;) {
		skip(l);
		if (peek(l) == '}') {
			l->i++;
			*ret = map;
			return true;
		}
		if (!comma || !value(l, &k))
			return false;
		skip(l);
		if (peek(l) != ':')
			return peek(l) == ',' || peek(l) == '}' ? unsure(l) : false; /* a set */
		l->i++;
		skip(l);
		if (!value(l, &v))
			return false;
		if (k.kind == TW_V_LIST || k.kind == TW_V_MAP || k.kind == TW_V_TUPLE)
			return unsure(l);
		tw_map_put_key(l->t->a, map, k, v);
		skip(l);
		comma = peek(l) == ',';
		if (comma)
			l->i++;
	}
}

static bool bracketed(struct lit *l, struct tw_value *ret)
{
	char open = l->s.p[l->i++];
	struct tw_value list = tw_v_list(l->t->a);
	bool comma, ok;

	if (++l->depth > MAX_DEPTH)
		return unsure(l);
	l->brackets++;
	if (open == '{')
		ok = dict(l, ret);
	else
		ok = items(l, open == '[' ? ']' : ')', list, &comma);
	l->brackets--;
	l->depth--;
	if (!ok || open == '{')
		return ok;
	if (open == '(' && list.list->n == 1 && !comma) {
		*ret = list.list->v[0];
		return true;
	}
	list.kind = open == '[' ? TW_V_LIST : TW_V_TUPLE;
	*ret = list;
	return true;
}

static bool signed_number(struct lit *l, struct tw_value *ret)
{
	char sign = l->s.p[l->i++];

	skip(l);
	if (peek(l) == '(')
		return unsure(l);
	if (!isdigit(peek(l)) && peek(l) != '.')
		return false;
	if (!number(l, ret))
		return false;
	if (sign == '-' && ret->kind == TW_V_INT)
		ret->i = -ret->i;
	else if (sign == '-')
		ret->f = -ret->f;
	return true;
}

static bool value(struct lit *l, struct tw_value *ret)
{
	int c = peek(l);
	bool ok;

	if (++l->t->steps > l->t->max_steps)
		return unsure(l);
	if (c == '\'' || c == '"')
		ok = string(l, ret);
	else if (c == '[' || c == '(' || c == '{')
		ok = bracketed(l, ret);
	else if (c == '-' || c == '+')
		ok = signed_number(l, ret);
	else if (isdigit(c) ||
		 (c == '.' && l->i + 1 < l->s.n && isdigit((unsigned char)l->s.p[l->i + 1])))
		ok = number(l, ret);
	else if (c == '.')
		ok = tw_str_starts(tw_strn(l->s.p + l->i, l->s.n - l->i), "...") ? unsure(l)
										 : false;
	else if (isalpha(c) || c == '_')
		ok = word(l, ret);
	else
		ok = false;
	if (!ok)
		return false;
	skip(l);
	/* An operation: refused, unless it makes a complex number. */
	if ((peek(l) == '+' || peek(l) == '-') && memchr(l->s.p + l->i, 'j', l->s.n - l->i))
		return unsure(l);
	return true;
}

enum tw_literal tw_literal_eval(struct tw_tpl *t, struct tw_str text, struct tw_value *ret)
{
	struct lit l = {.t = t, .s = text};
	struct tw_value v, tuple;
	bool ok;

	if (!text.n || text.p[0] == ' ' || text.p[0] == '\t' || memchr(text.p, 0, text.n))
		return TW_LITERAL_NONE;
	while (l.s.n > 1 && l.s.p[0] == '\n')
		l.s = tw_strn(l.s.p + 1, l.s.n - 1);
	text = l.s;
	if (text.p[0] == ' ' || text.p[0] == '\t' || text.p[0] == '\r' || text.p[0] == '\f' ||
	    text.p[0] == '#' || text.p[0] == '\\')
		return TW_LITERAL_UNSURE;
	while (l.s.n && (l.s.p[l.s.n - 1] == '\n' || l.s.p[l.s.n - 1] == ' '))
		l.s.n--;
	ok = value(&l, &v);
	if (ok && peek(&l) == ',') { /* a tuple without parentheses */
		tuple = tw_v_list(t->a);
		tuple.kind = TW_V_TUPLE;
		tw_list_push(t->a, tuple, v);
		while (ok && peek(&l) == ',') {
			l.i++;
			skip(&l);
			if (l.i == l.s.n)
				break;
			ok = value(&l, &v);
			if (ok)
				tw_list_push(t->a, tuple, v);
		}
		v = tuple;
	}
	if (l.unsure)
		return TW_LITERAL_UNSURE;
	if (!ok || l.i < l.s.n)
		return TW_LITERAL_NONE;
	*ret = v;
	return TW_LITERAL_OK;
}
