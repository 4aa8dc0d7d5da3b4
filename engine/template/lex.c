#include "template/lex.h"

#include <ctype.h>
#include <stdio.h>

#include "template/template.h"
#include "template/text.h"

struct lex {
	struct tw_arena *a;
	struct tw_lexer *out;
	const char *s;
	size_t n, pos;
	int line;
	unsigned flags;
	bool line_starting; /* what came before ended with a newline */
	bool failed;
	char stack[256]; /* closing brackets that are due */
	int depth;
};

static void push(struct lex *l, enum tw_tok_kind kind, int op, struct tw_str text)
{
	struct tw_lexer *o = l->out;

	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 16;
		struct tw_tok *v = tw_arena_alloc(l->a, cap * sizeof(*v));

		if (o->n)
			memcpy(v, o->v, o->n * sizeof(*v));
		o->v = v;
		o->cap = cap;
	}
	o->v[o->n++] = (struct tw_tok){kind, op, l->line, text};
}

static void fail(struct lex *l, const char *fmt, ...) TW_PRINTF(2, 3);
static void fail(struct lex *l, const char *fmt, ...)
{
	char msg[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	push(l, TOK_ERROR, 0, tw_str(tw_arena_strdup(l->a, msg)));
	l->failed = true;
	l->pos = l->n;
}

/* Moves on to pos, counting lines. */
static void advance(struct lex *l, size_t pos)
{
	for (size_t i = l->pos; i < pos; i++)
		if (l->s[i] == '\n')
			l->line++;
	if (pos > l->pos)
		l->line_starting = l->s[pos - 1] == '\n';
	l->pos = pos;
}

static size_t skip_space(const struct lex *l, size_t i)
{
	while (i < l->n) {
		size_t j = i;
		int32_t c = tw_u8_next(l->s, l->n, &j);

		if (!tw_u8_space(c))
			break;
		i = j;
	}
	return i;
}

static bool at(const struct lex *l, size_t i, const char *lit)
{
	size_t n = strlen(lit);

	return i + n <= l->n && memcmp(l->s + i, lit, n) == 0;
}

/* Newlines become \n and one at the very end is dropped, before anything else. */
static struct tw_str normalise(struct tw_arena *a, struct tw_str text, unsigned flags)
{
	char *p = tw_arena_alloc(a, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\r') {
			if (i + 1 < text.n && text.p[i + 1] == '\n')
				i++;
			c = '\n';
		}
		p[n++] = c;
	}
	if (n && p[n - 1] == '\n' && !(flags & TW_TPL_KEEP_NEWLINE))
		n--;
	p[n] = 0;
	return tw_strn(p, n);
}

/* Data before a tag, with what the tag's sign and the options take from its end. */
static void data_token(struct lex *l, size_t from, size_t to, char sign, bool is_var)
{
	size_t end = to;
	struct tw_str text;

	if (sign == '-') {
		text = tw_u8_rstrip(tw_strn(l->s + from, to - from));
		end = from + text.n;
	} else if (sign != '+' && (l->flags & TW_TPL_LSTRIP_BLOCKS) && !is_var) {
		size_t p = to;

		while (p > from && l->s[p - 1] != '\n')
			p--;
		if ((p > from || l->line_starting) && skip_space(l, p) >= to)
			end = p;
	}
	if (end > from)
		push(l, TOK_DATA, 0, tw_strn(l->s + from, end - from));
}

/* The end of a comment, raw or block tag at i: "-%}\s*", "+%}", "%}" (newline with trim). 0 = no.
 */
static size_t tag_end(const struct lex *l, size_t i, char c)
{
	char lit[3] = {c, '}', 0};

	if (i < l->n && l->s[i] == '-' && at(l, i + 1, lit))
		return skip_space(l, i + 3);
	if (i < l->n && l->s[i] == '+' && at(l, i + 1, lit))
		return i + 3;
	if (!at(l, i, lit))
		return 0;
	i += 2;
	if ((l->flags & TW_TPL_TRIM_BLOCKS) && i < l->n && l->s[i] == '\n')
		i++;
	return i;
}

static void lex_comment(struct lex *l, size_t i)
{
	for (; i < l->n; i++) {
		size_t end = tag_end(l, i, '#');

		if (end) {
			advance(l, end);
			return;
		}
	}
	fail(l, "Missing end of comment tag");
}

/* "{% raw %}" at i: the index behind it, or 0. */
static size_t raw_tag(const struct lex *l, size_t i, const char *word)
{
	i += 2;
	if (i < l->n && (l->s[i] == '-' || l->s[i] == '+'))
		i++;
	i = skip_space(l, i);
	if (!at(l, i, word))
		return 0;
	return skip_space(l, i + strlen(word));
}

static size_t raw_begin(const struct lex *l, size_t i)
{
	i = raw_tag(l, i, "raw");
	if (!i)
		return 0;
	if (at(l, i, "-%}"))
		return skip_space(l, i + 3);
	return at(l, i, "%}") ? i + 2 : 0;
}

static void lex_raw(struct lex *l, size_t from)
{
	advance(l, from);
	for (size_t i = from; i + 1 < l->n; i++) {
		size_t e;
		char sign;

		if (l->s[i] != '{' || l->s[i + 1] != '%')
			continue;
		e = raw_tag(l, i, "endraw");
		e = e ? tag_end(l, e, '%') : 0;
		if (!e)
			continue;
		sign = l->s[i + 2];
		data_token(l, from, i, sign, false);
		advance(l, e);
		return;
	}
	fail(l, "Missing end of raw directive");
}

static int32_t simple_escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'a':
		return 7;
	case 'b':
		return 8;
	case 'f':
		return 12;
	case 'v':
		return 11;
	case '\\':
	case '\'':
	case '"':
		return c;
	default:
		return -1;
	}
}

/* n hex digits at i; -1 when they are not. */
static int32_t hex(const char *s, size_t len, size_t i, int n)
{
	int32_t v = 0;

	if (i + n > len)
		return -1;
	for (int k = 0; k < n; k++) {
		int c = tolower((unsigned char)s[i + k]);

		if (!isxdigit(c))
			return -1;
		if (v > 0x1fffff)
			return -1;
		v = v * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

/* The content of a quoted string, decoded; p NULL after a failure. */
static struct tw_str unescape(struct lex *l, struct tw_str in)
{
	char *p;
	size_t n = 0;

	if (!memchr(in.p, '\\', in.n))
		return in;
	p = tw_arena_alloc(l->a, in.n * 2 + 4);
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		int32_t u;
		int digits;

		if (c != '\\' || i + 1 >= in.n) {
			p[n++] = c;
			continue;
		}
		c = in.p[++i];
		if (c == '\n')
			continue;
		u = simple_escape(c);
		if (u >= 0) {
			p[n++] = (char)u;
			continue;
		}
		if (c >= '0' && c <= '7') {
			u = 0;
			for (digits = 0; digits < 3 && i < in.n && in.p[i] >= '0' && in.p[i] <= '7';
			     digits++)
				u = u * 8 + (in.p[i++] - '0');
			i--;
			n += tw_u8_put(p + n, u);
			continue;
		}
		digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
		if (digits) {
			u = hex(in.p, in.n, i + 1, digits);
			if (u < 0 || u > 0x10ffff) {
				fail(l, "truncated \\%cXX escape", c);
				return (struct tw_str){0};
			}
			i += digits;
			n += tw_u8_put(p + n, u);
			continue;
		}
		if (c == 'N') {
			fail(l, "\\N escapes are not supported");
			return (struct tw_str){0};
		}
		p[n++] = '\\';
		p[n++] = c;
	}
	return tw_strn(p, n);
}

/* A quoted string at pos; false when the quote is never closed. */
static bool lex_string(struct lex *l)
{
	char q = l->s[l->pos];
	size_t i = l->pos + 1;
	struct tw_str s;

	while (i < l->n && l->s[i] != q)
		i += l->s[i] == '\\' ? 2 : 1;
	if (i >= l->n)
		return false;
	s = unescape(l, tw_strn(l->s + l->pos + 1, i - l->pos - 1));
	if (l->failed)
		return true;
	push(l, TOK_STR, 0, s);
	advance(l, i + 1);
	return true;
}

/* Digits with single underscores between them, from i; the index behind them, or i. */
static size_t digits(const struct lex *l, size_t i, int base)
{
	size_t start = i;

	for (;;) {
		size_t j = i;

		if (j > start && j < l->n && l->s[j] == '_')
			j++;
		if (j >= l->n)
			return i;
		if (base == 16 ? !isxdigit((unsigned char)l->s[j])
			       : (l->s[j] < '0' || l->s[j] >= '0' + base))
			return i;
		i = j + 1;
	}
}

static size_t float_end(const struct lex *l)
{
	size_t i = digits(l, l->pos, 10), j = i, k;
	bool is_float = false;

	if (l->pos > 0 && l->s[l->pos - 1] == '.')
		return 0;
	if (j + 1 < l->n && l->s[j] == '.' && isdigit((unsigned char)l->s[j + 1])) {
		i = digits(l, j + 1, 10);
		is_float = true;
	}
	if (i < l->n && (l->s[i] == 'e' || l->s[i] == 'E')) {
		k = i + 1;
		if (k < l->n && (l->s[k] == '+' || l->s[k] == '-'))
			k++;
		if (k < l->n && isdigit((unsigned char)l->s[k]))
			return digits(l, k, 10);
	}
	return is_float ? i : 0;
}

static size_t int_end(const struct lex *l)
{
	size_t i = l->pos, j;

	if (l->s[i] == '0' && i + 1 < l->n) {
		int c = tolower((unsigned char)l->s[i + 1]);
		int base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;

		if (base) {
			j = i + 2;
			if (j < l->n && l->s[j] == '_')
				j++;
			if (digits(l, j, base) > j)
				return digits(l, j, base);
		}
	}
	if (l->s[i] != '0')
		return digits(l, i, 10);
	for (i++; i < l->n; i = j) {
		j = i + (l->s[i] == '_' ? 2 : 1);
		if (j > l->n || l->s[j - 1] != '0')
			break;
	}
	return i;
}

/* Copies a number without its underscores. */
static struct tw_str number_text(struct lex *l, size_t end)
{
	char *p = tw_arena_alloc(l->a, end - l->pos + 1);
	size_t n = 0;

	for (size_t i = l->pos; i < end; i++)
		if (l->s[i] != '_')
			p[n++] = l->s[i];
	p[n] = 0;
	return tw_strn(p, n);
}

static bool lex_number(struct lex *l)
{
	size_t end = float_end(l);
	enum tw_tok_kind kind = TOK_FLOAT;

	if (!end) {
		end = int_end(l);
		kind = TOK_INT;
	}
	push(l, kind, 0, number_text(l, end));
	advance(l, end);
	return true;
}

static bool lex_name(struct lex *l)
{
	size_t i = l->pos;

	while (i < l->n) {
		size_t j = i;
		int32_t c = tw_u8_next(l->s, l->n, &j);

		if (!tw_u8_word(c))
			break;
		i = j;
	}
	if (i == l->pos)
		return false;
	push(l, TOK_NAME, 0, tw_strn(l->s + l->pos, i - l->pos));
	advance(l, i);
	return true;
}

static int operator_at(const struct lex *l, size_t *ret_len)
{
	static const char *const two[] = {"//", "**", "==", "!=", ">=", "<="};
	char c = l->s[l->pos];

	for (size_t i = 0; i < sizeof(two) / sizeof(*two); i++)
		if (at(l, l->pos, two[i])) {
			*ret_len = 2;
			return TW_OP2(two[i][0], two[i][1]);
		}
	*ret_len = 1;
	return c && strchr("+-/*%~[](){}><=.:|,;", c) ? c : 0;
}

/* Brackets must nest; false after a failure. */
static bool balance(struct lex *l, int op)
{
	char want;

	if (op == '(' || op == '[' || op == '{') {
		if (l->depth == (int)sizeof(l->stack)) {
			fail(l, "too many nested brackets");
			return false;
		}
		l->stack[l->depth++] = op == '(' ? ')' : op == '[' ? ']' : '}';
	} else if (op == ')' || op == ']' || op == '}') {
		if (!l->depth) {
			fail(l, "unexpected '%c'", op);
			return false;
		}
		want = l->stack[--l->depth];
		if (want != op) {
			fail(l, "unexpected '%c', expected '%c'", op, want);
			return false;
		}
	}
	return true;
}

static void unexpected_char(struct lex *l)
{
	size_t i = l->pos;
	int32_t c = tw_u8_next(l->s, l->n, &i);
	char quoted[16];

	if (c == '\'')
		snprintf(quoted, sizeof(quoted), "\"'\"");
	else if (c == '\\')
		snprintf(quoted, sizeof(quoted), "'\\\\'");
	else
		snprintf(quoted, sizeof(quoted), "'%.*s'", (int)(i - l->pos), l->s + l->pos);
	fail(l, "unexpected char %s at %zu", quoted, tw_u8_len(tw_strn(l->s, l->pos)));
}

/* Everything between {{ and }}, or {% and %}. */
static void lex_tag(struct lex *l, bool is_var)
{
	l->depth = 0;
	while (l->pos < l->n && !l->failed) {
		size_t len, e = 0;
		unsigned char c = (unsigned char)l->s[l->pos];
		int op;

		if (!l->depth) {
			if (!is_var)
				e = tag_end(l, l->pos, '%');
			else if (at(l, l->pos, "-}}"))
				e = skip_space(l, l->pos + 3);
			else if (at(l, l->pos, "}}"))
				e = l->pos + 2;
			if (e) {
				push(l, is_var ? TOK_VAR_END : TOK_BLOCK_END, 0, TW_STR(""));
				advance(l, e);
				return;
			}
		}
		e = skip_space(l, l->pos);
		if (e > l->pos) {
			advance(l, e);
			continue;
		}
		if (isdigit(c) && lex_number(l))
			continue;
		if (lex_name(l))
			continue;
		if ((c == '"' || c == '\'') && lex_string(l))
			continue;
		op = operator_at(l, &len);
		if (!op) {
			unexpected_char(l);
			return;
		}
		if (!balance(l, op))
			return;
		push(l, TOK_OP, op, tw_strn(l->s + l->pos, len));
		advance(l, l->pos + len);
	}
}

/* Finds the next tag at or after i; l->n when there is none. */
static size_t next_tag(const struct lex *l, size_t i)
{
	for (; i + 1 < l->n; i++) {
		const char *p = memchr(l->s + i, '{', l->n - i - 1);

		if (!p)
			break;
		i = p - l->s;
		if (l->s[i + 1] == '{' || l->s[i + 1] == '%' || l->s[i + 1] == '#')
			return i;
	}
	return l->n;
}

static void lex_step(struct lex *l)
{
	size_t tag = next_tag(l, l->pos), e;
	char kind, sign = 0;

	if (tag == l->n) {
		push(l, TOK_DATA, 0, tw_strn(l->s + l->pos, l->n - l->pos));
		advance(l, l->n);
		return;
	}
	kind = l->s[tag + 1];
	if (tag + 2 < l->n && (l->s[tag + 2] == '-' || l->s[tag + 2] == '+'))
		sign = l->s[tag + 2];
	data_token(l, l->pos, tag, sign, kind == '{');
	advance(l, tag);
	e = kind == '%' ? raw_begin(l, tag) : 0;
	if (e) {
		lex_raw(l, e);
		return;
	}
	e = tag + 2 + (sign != 0);
	if (kind == '#') {
		lex_comment(l, e);
		return;
	}
	push(l, kind == '{' ? TOK_VAR_BEGIN : TOK_BLOCK_BEGIN, 0, TW_STR(""));
	advance(l, e);
	lex_tag(l, kind == '{');
}

void tw_tpl_lex(struct tw_arena *a, struct tw_str text, unsigned flags, struct tw_lexer *ret_lex)
{
	struct tw_str s = normalise(a, text, flags);
	struct lex l = {.a = a,
			.out = ret_lex,
			.s = s.p,
			.n = s.n,
			.line = 1,
			.flags = flags,
			.line_starting = true};

	*ret_lex = (struct tw_lexer){0};
	while (l.pos < l.n && !l.failed)
		lex_step(&l);
	if (!l.failed) { /* the end is on the last token's line, as Jinja has it */
		l.line = ret_lex->n ? ret_lex->v[ret_lex->n - 1].line : 1;
		push(&l, TOK_EOF, 0, TW_STR(""));
	}
}
