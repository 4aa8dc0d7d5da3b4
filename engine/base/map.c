#include "base/map.h"

#include <stdlib.h>

uint64_t tw_map_seed = 0x9e3779b97f4a7c15u;

/* Open addressing over positions in `entries`: a slot holds position + 1, 0 is free. A deleted
 * entry keeps its slot until the next rebuild. */

static size_t room(size_t nslots)
{
	return nslots / 4 * 3;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)a * b;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t load(const unsigned char *p, size_t n)
{
	uint64_t w = 0;
	memcpy(&w, p, n);
	return w;
}

uint64_t tw_hash_keyed(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *s = p;
	const uint64_t k1 = 0xa0761d6478bd642fu, k2 = 0xe7037ed1a0b428dbu;
	uint64_t h = seed ^ mix(n ^ k1, k2);
	for (; n > 16; s += 16, n -= 16)
		h = mix(load(s, 8) ^ h ^ k1, load(s + 8, 8) ^ k2);
	uint64_t a, b;
	if (n >= 8) {
		a = load(s, 8);
		b = load(s + n - 8, 8);
	} else {
		a = n ? load(s, n) : 0;
		b = 0;
	}
	return mix(mix(a ^ h ^ k1, b ^ k2) ^ seed, k1);
}

uint64_t tw_hash(const void *p, size_t n)
{
	return tw_hash_keyed(p, n, 0);
}

void tw_map_release(struct tw_map *m)
{
	tw_map_clear(m);
	free(m->entries);
	free(m->slots);
	*m = (struct tw_map){0};
}

void tw_map_clear(struct tw_map *m)
{
	for (size_t i = 0; i < m->used; i++)
		free((char *)m->entries[i].key.p);
	if (m->nslots)
		memset(m->slots, 0, m->nslots * sizeof *m->slots);
	m->len = m->used = m->first = 0;
}

static struct tw_map_entry *lookup(const struct tw_map *m, struct tw_str key, uint64_t hash)
{
	if (!m->nslots)
		return NULL;
	size_t mask = m->nslots - 1;
	for (size_t i = hash & mask; m->slots[i]; i = (i + 1) & mask) {
		struct tw_map_entry *e = &m->entries[m->slots[i] - 1];
		if (e->hash == hash && e->value && tw_str_eq(e->key, key))
			return e;
	}
	return NULL;
}

static void place(struct tw_map *m, size_t pos)
{
	size_t mask = m->nslots - 1, i = m->entries[pos].hash & mask;
	while (m->slots[i])
		i = (i + 1) & mask;
	m->slots[i] = (uint32_t)pos + 1;
}

/* Squeezes out the holes and takes the next size when the live entries need it. */
static void rebuild(struct tw_map *m)
{
	size_t nslots = m->nslots ? m->nslots : 8;
	while (m->len + 1 > room(nslots) / 4 * 3 + 1)
		nslots *= 2;
	TW_ASSERT(nslots <= (size_t)1 << 31);
	struct tw_map_entry *entries = tw_reallocarray(NULL, room(nslots), sizeof *entries);
	size_t n = 0;
	for (size_t i = 0; i < m->used; i++)
		if (m->entries[i].value)
			entries[n++] = m->entries[i];
	free(m->entries);
	free(m->slots);
	m->entries = entries;
	m->used = n;
	m->first = 0;
	m->nslots = nslots;
	m->slots = tw_zalloc(nslots * sizeof *m->slots);
	for (size_t i = 0; i < n; i++)
		place(m, i);
}

void *tw_map_get(const struct tw_map *m, struct tw_str key)
{
	struct tw_map_entry *e =
		m->len ? lookup(m, key, tw_hash_keyed(key.p, key.n, tw_map_seed)) : NULL;
	return e ? e->value : NULL;
}

void *tw_map_set(struct tw_map *m, struct tw_str key, void *value)
{
	TW_ASSERT(value);
	uint64_t hash = tw_hash_keyed(key.p, key.n, tw_map_seed);
	struct tw_map_entry *e = lookup(m, key, hash);
	if (e) {
		void *old = e->value;
		e->value = value;
		return old;
	}
	if (m->used >= room(m->nslots))
		rebuild(m);
	m->entries[m->used] = (struct tw_map_entry){
		.key = {tw_str_dup(key), key.n},
		.value = value,
		.hash = hash,
	};
	place(m, m->used++);
	m->len++;
	return NULL;
}

static void *take_out(struct tw_map *m, struct tw_map_entry *e)
{
	void *old = e->value;
	free((char *)e->key.p);
	e->key = (struct tw_str){0};
	e->value = NULL;
	m->len--;
	return old;
}

void *tw_map_del(struct tw_map *m, struct tw_str key)
{
	struct tw_map_entry *e = lookup(m, key, tw_hash_keyed(key.p, key.n, tw_map_seed));
	return e ? take_out(m, e) : NULL;
}

void *tw_map_shift(struct tw_map *m)
{
	while (m->first < m->used && !m->entries[m->first].value)
		m->first++;
	return m->first < m->used ? take_out(m, &m->entries[m->first]) : NULL;
}
