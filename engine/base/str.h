/*
 * Strings. tw_str borrows bytes (pointer, length; not terminated, may hold NUL);
 * tw_buf owns them, grows, and is always NUL-terminated behind its length.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

struct tw_str {
	const char *p;
	size_t n;
};

#define TW_STR(lit) ((struct tw_str){ "" lit, sizeof(lit) - 1 })
#define TW_STR_FMT "%.*s"
#define TW_STR_ARG(s) (int)(s).n, (s).p

static inline struct tw_str tw_str(const char *cstr)
{
	return (struct tw_str){ cstr, cstr ? strlen(cstr) : 0 };
}
static inline struct tw_str tw_strn(const char *p, size_t n)
{
	return (struct tw_str){ p, n };
}
static inline bool tw_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
bool tw_str_eq(struct tw_str a, struct tw_str b);
bool tw_str_is(struct tw_str a, const char *cstr);
bool tw_str_caseeq(struct tw_str a, const char *cstr);          /* ASCII case */
int tw_str_cmp(struct tw_str a, struct tw_str b);               /* bytewise, shorter first */
bool tw_str_starts(struct tw_str s, const char *prefix);
bool tw_str_ends(struct tw_str s, const char *suffix);
struct tw_str tw_str_trim(struct tw_str s);                     /* ASCII white space */
/* Finds needle at or after from; returns its index or -1. */
ptrdiff_t tw_str_find(struct tw_str s, struct tw_str needle, size_t from);
/* Cuts s at the first sep: returns what is before, leaves what is after in *rest (p == NULL: sep not found, nothing left). */
struct tw_str tw_str_cut(struct tw_str s, char sep, struct tw_str *rest);
/*
 * Whole string as a decimal integer / float, with an optional sign; false when it is not one (white
 * space, hexadecimal, "inf") or does not fit.
 */
bool tw_str_to_int(struct tw_str s, int64_t *ret_i);
bool tw_str_to_double(struct tw_str s, double *ret_f);
char *tw_str_dup(struct tw_str s);                              /* heap, terminated */
struct tw_str tw_str_copy(struct tw_arena *a, struct tw_str s); /* arena, terminated */

struct tw_buf {
	char *p; /* never NULL after the first write */
	size_t n, cap;
};

void tw_buf_release(struct tw_buf *b);
void tw_buf_clear(struct tw_buf *b);                            /* length 0, keeps the memory */
void tw_buf_reserve(struct tw_buf *b, size_t more);
void tw_buf_add(struct tw_buf *b, const void *p, size_t n);
void tw_buf_addc(struct tw_buf *b, char c);
void tw_buf_adds(struct tw_buf *b, const char *cstr);
void tw_buf_addstr(struct tw_buf *b, struct tw_str s);
void tw_buf_printf(struct tw_buf *b, const char *fmt, ...) TW_PRINTF(2, 3);
void tw_buf_vprintf(struct tw_buf *b, const char *fmt, va_list ap);
void tw_buf_consume(struct tw_buf *b, size_t n);                /* drops the first n bytes */
char *tw_buf_steal(struct tw_buf *b);                           /* caller frees; b is empty after */
const char *tw_buf_cstr(const struct tw_buf *b);                /* "" when nothing was written */
static inline struct tw_str tw_buf_str(const struct tw_buf *b)
{
	return (struct tw_str){ b->p ? b->p : "", b->n };
}
