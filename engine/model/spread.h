/* The hash that spreads retries and pokes: SHA-1 of a text as one big number, modulo m (states.md §5, §7). */
#pragma once

#include "base/str.h"

uint64_t tw_spread(struct tw_str text, uint64_t m);
