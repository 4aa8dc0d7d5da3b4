/*
 * Unicode text as Python sees it: characters are code points, strings are UTF-8. Lone
 * surrogates are kept as their three bytes; a byte that fits nothing is taken as itself.
 */
#pragma once

#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

/* The code point at *i, which moves behind it. */
int32_t tw_u8_next(const char *s, size_t n, size_t *i);
/* Moves *i (> 0) back over one code point and returns it. */
int32_t tw_u8_prev(const char *s, size_t *i);
size_t tw_u8_put(char *p, int32_t c); /* writes up to 4 bytes, returns how many */
size_t tw_u8_len(struct tw_str s);    /* in code points */
bool tw_u8_ascii(struct tw_str s);
/* The byte index of code point k; s.n when k is past the end. */
size_t tw_u8_index(struct tw_str s, size_t k);
/* Code points [from, to) as a slice of s. */
struct tw_str tw_u8_sub(struct tw_str s, size_t from, size_t to);

bool tw_u8_space(int32_t c);	 /* str.isspace */
bool tw_u8_word(int32_t c);	 /* \w */
bool tw_u8_printable(int32_t c); /* str.isprintable */
bool tw_u8_alpha(int32_t c);
bool tw_u8_decimal(int32_t c);
bool tw_u8_upper(int32_t c);
bool tw_u8_lower(int32_t c);
bool tw_u8_ident_start(int32_t c);
struct tw_str tw_u8_lstrip(struct tw_str s);
struct tw_str tw_u8_rstrip(struct tw_str s);

enum tw_u8_case { TW_U8_UPPER, TW_U8_LOWER, TW_U8_TITLE, TW_U8_CAPITAL, TW_U8_SWAP, TW_U8_FOLD };
/* Appends s in that case. False when a character maps to several, which is not done here. */
bool tw_u8_case(struct tw_buf *out, struct tw_str s, enum tw_u8_case how);

/* repr(s), and s as text of HTML. */
void tw_repr_str(struct tw_buf *out, struct tw_str s);
void tw_escape_html(struct tw_buf *out, struct tw_str s);
