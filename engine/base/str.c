#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool tw_str_eq(struct tw_str a, struct tw_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool tw_str_is(struct tw_str a, const char *cstr)
{
	return tw_str_eq(a, tw_str(cstr));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool tw_str_caseeq(struct tw_str a, const char *cstr)
{
	size_t n = strlen(cstr);
	if (a.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (lower(a.p[i]) != lower(cstr[i]))
			return false;
	}
	return true;
}

int tw_str_cmp(struct tw_str a, struct tw_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool tw_str_starts(struct tw_str s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool tw_str_ends(struct tw_str s, const char *suffix)
{
	size_t n = strlen(suffix);
	return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct tw_str tw_str_trim(struct tw_str s)
{
	while (s.n && is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

ptrdiff_t tw_str_find(struct tw_str s, struct tw_str needle, size_t from)
{
	if (from > s.n)
		return -1;
	if (needle.n == 0)
		return (ptrdiff_t)from;
	if (s.n - from < needle.n)
		return -1;
	const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
	return hit ? hit - s.p : -1;
}

struct tw_str tw_str_cut(struct tw_str s, char sep, struct tw_str *rest)
{
	const char *hit = s.n ? memchr(s.p, sep, s.n) : NULL;
	if (!hit) {
		*rest = (struct tw_str){NULL, 0};
		return s;
	}
	size_t n = (size_t)(hit - s.p);
	*rest = (struct tw_str){hit + 1, s.n - n - 1};
	return (struct tw_str){s.p, n};
}

bool tw_str_to_int(struct tw_str s, int64_t *ret_i)
{
	size_t i = 0;
	bool neg = false;
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		neg = s.p[i++] == '-';
	if (i == s.n)
		return false;
	int64_t v = 0;
	for (; i < s.n; i++) {
		int d = s.p[i] - '0';
		if (d < 0 || d > 9)
			return false;
		/* Built downwards, so that the smallest number fits too. */
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, d, &v))
			return false;
	}
	if (!neg && __builtin_sub_overflow((int64_t)0, v, &v))
		return false;
	*ret_i = v;
	return true;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool is_decimal(struct tw_str s)
{
	size_t i = 0, digits = 0;
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		i++;
	for (; i < s.n && tw_is_digit(s.p[i]); i++)
		digits++;
	if (i < s.n && s.p[i] == '.')
		for (i++; i < s.n && tw_is_digit(s.p[i]); i++)
			digits++;
	if (!digits)
		return false;
	if (i < s.n && (s.p[i] | 0x20) == 'e') {
		i++;
		if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
			i++;
		size_t exp = i;
		while (i < s.n && tw_is_digit(s.p[i]))
			i++;
		if (i == exp)
			return false;
	}
	return i == s.n;
}

bool tw_str_to_double(struct tw_str s, double *ret_f)
{
	if (!is_decimal(s))
		return false;
	char small[64];
	char *copy = s.n < sizeof small ? small : tw_alloc(s.n + 1);
	memcpy(copy, s.p, s.n);
	copy[s.n] = 0;
	double f = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	if (f - f != 0) /* infinite: does not fit */
		return false;
	*ret_f = f;
	return true;
}

char *tw_str_dup(struct tw_str s)
{
	return tw_strndup(s.p, s.n);
}

struct tw_str tw_str_copy(struct tw_arena *a, struct tw_str s)
{
	return (struct tw_str){tw_arena_strndup(a, s.p, s.n), s.n};
}

void tw_buf_release(struct tw_buf *b)
{
	free(b->p);
	*b = (struct tw_buf){0};
}

void tw_buf_clear(struct tw_buf *b)
{
	b->n = 0;
	if (b->p)
		b->p[0] = 0;
}

void tw_buf_reserve(struct tw_buf *b, size_t more)
{
	TW_ASSERT(more < SIZE_MAX / 4 && b->n < SIZE_MAX / 4);
	size_t need = b->n + more + 1;
	if (need <= b->cap)
		return;
	size_t cap = b->cap ? b->cap * 2 : 64;
	while (cap < need)
		cap *= 2;
	bool fresh = !b->p;
	b->p = tw_realloc(b->p, cap);
	b->cap = cap;
	if (fresh)
		b->p[0] = 0;
}

void tw_buf_add(struct tw_buf *b, const void *p, size_t n)
{
	tw_buf_reserve(b, n);
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = 0;
}

void tw_buf_addc(struct tw_buf *b, char c)
{
	if (b->n + 2 > b->cap)
		tw_buf_reserve(b, 1);
	b->p[b->n++] = c;
	b->p[b->n] = 0;
}

void tw_buf_adds(struct tw_buf *b, const char *cstr)
{
	tw_buf_add(b, cstr, strlen(cstr));
}

void tw_buf_addstr(struct tw_buf *b, struct tw_str s)
{
	tw_buf_add(b, s.p, s.n);
}

void tw_buf_printf(struct tw_buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	tw_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void tw_buf_vprintf(struct tw_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	tw_buf_reserve(b, 63);
	int n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	TW_ASSERT(n >= 0);
	if ((size_t)n >= b->cap - b->n) {
		tw_buf_reserve(b, (size_t)n);
		vsnprintf(b->p + b->n, b->cap - b->n, fmt, again);
	}
	b->n += (size_t)n;
	va_end(again);
}

void tw_buf_consume(struct tw_buf *b, size_t n)
{
	TW_ASSERT(n <= b->n);
	if (!n)
		return;
	memmove(b->p, b->p + n, b->n - n + 1);
	b->n -= n;
}

char *tw_buf_steal(struct tw_buf *b)
{
	char *p = b->p ? b->p : tw_strndup("", 0);
	*b = (struct tw_buf){0};
	return p;
}

const char *tw_buf_cstr(const struct tw_buf *b)
{
	return b->p ? b->p : "";
}
