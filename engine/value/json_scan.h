/*
 * Inside of the value module: eight bytes of a string at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* True when one of the eight bytes needs a look: a control character, '"', '\\' or not ASCII. */
static inline bool tw_json_needs_look(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t w;
	memcpy(&w, p, 8);
	uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
	return ((w - ones * 0x20) | (quote - ones) | (slash - ones) | w) & high;
}
