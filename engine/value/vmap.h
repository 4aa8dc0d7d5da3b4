/*
 * Inside of the value module: how a map finds its keys. Small maps are searched one by one;
 * from TW_VMAP_SMALL pairs on an index of positions by hash is kept beside the pairs.
 */
#pragma once

#include "value/value.h"

#define TW_VMAP_SMALL 12

/* Equal values have equal hashes, across kinds too (1, 1.0, true). */
uint64_t tw_value_hash(struct tw_value v);

/*
 * Turns n pairs that may name a key twice into a map: the last value wins and stays in the
 * first one's place, as in Python's dict. Copies the pairs into the arena. Keys are STR.
 */
struct tw_vmap *tw_vmap_from_pairs(struct tw_arena *a, const struct tw_pair *pairs, size_t n);
