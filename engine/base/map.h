/*
 * A hash map from bytes to pointers, in insertion order when walked. Keys are
 * copied; values are the caller's.
 */
#pragma once

#include "base/str.h"

struct tw_map_entry {
	struct tw_str key;
	void *value; /* NULL marks a deleted entry */
	uint64_t hash;
};

struct tw_map {
	struct tw_map_entry *entries; /* in insertion order, with holes where entries were deleted */
	uint32_t *slots;
	size_t len, used, nslots;     /* live entries; entries incl. holes; power of two */
	size_t first;                 /* all entries before it are holes */
};

void tw_map_release(struct tw_map *m);
void tw_map_clear(struct tw_map *m);
void *tw_map_get(const struct tw_map *m, struct tw_str key);        /* NULL when absent */
/* Returns the value that was there, or NULL. value must not be NULL. */
void *tw_map_set(struct tw_map *m, struct tw_str key, void *value);
void *tw_map_del(struct tw_map *m, struct tw_str key);              /* returns what was there */
void *tw_map_shift(struct tw_map *m);                               /* takes out the oldest; NULL when there is none */
uint64_t tw_hash(const void *p, size_t n);                          /* not keyed: the same in every process */

/*
 * What maps hash with. Hostile keys can only pile up in one place when the seed is known, so
 * a daemon sets it to a random number before it builds its first map, and never again.
 */
extern uint64_t tw_map_seed;
uint64_t tw_hash_keyed(const void *p, size_t n, uint64_t seed);

#define tw_map_foreach(m, e)                                                                       \
	for (struct tw_map_entry *e = (m)->entries; (m)->entries && e < (m)->entries + (m)->used; e++) \
		if (e->value)
