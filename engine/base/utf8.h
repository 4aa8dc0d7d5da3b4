/*
 * UTF-8, and the two shapes that stray from it: lone surrogates, which Python strings and JSON
 * escapes can hold, are kept as the three bytes UTF-8 would give them (ED A0 80 … ED BF BF).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Reads one code point from the n > 0 bytes at p. Returns its length, 1 to 4, or 0 when these bytes
 * are not UTF-8 (overlong, truncated, above U+10FFFF). Surrogates are read; the caller decides.
 */
size_t tw_utf8_next(const char *p, size_t n, uint32_t *ret_cp);

/* Writes cp, which is at most 0x10FFFF, and returns the length, 1 to 4. */
size_t tw_utf8_put(char out[4], uint32_t cp);

/* The length of the longest prefix that is strict UTF-8 (no surrogates). */
size_t tw_utf8_valid(struct tw_str s);

/* Code points in s; a byte that is not UTF-8 counts as one. */
size_t tw_utf8_len(struct tw_str s);

static inline bool tw_utf8_is_surrogate(uint32_t cp)
{
	return cp - 0xD800u < 0x800u;
}
