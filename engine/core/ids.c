/* Attempt ids: UUIDv7 of the step's time and a generator that was seeded, and who has which. */
#include "core/core.h"

static uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

void tw_core_seed(struct tw_sched *s, uint64_t seed)
{
	for (int i = 0; i < 4; i++) { /* splitmix64 */
		uint64_t z = seed += 0x9e3779b97f4a7c15u;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		s->prng[i] = z ^ z >> 31;
	}
}

uint64_t tw_core_random(struct tw_sched *s) /* xoshiro256** */
{
	uint64_t *p = s->prng, r = rotl(p[1] * 5, 7) * 9, t = p[1] << 17;

	p[2] ^= p[0];
	p[3] ^= p[1];
	p[1] ^= p[2];
	p[0] ^= p[3];
	p[2] ^= t;
	p[3] = rotl(p[3], 45);
	return r;
}

struct tw_id tw_core_new_id(struct tw_sched *s)
{
	struct tw_id id;
	uint64_t ms = (uint64_t)tw_floor_div(s->now, 1000), a = tw_core_random(s), b = tw_core_random(s);

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	memcpy(id.b + 6, &a, 2);
	memcpy(id.b + 8, &b, 8);
	id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
	id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
	return id;
}

/* ── a table by id: linear probing, deleted by shifting back ────────────────────────────── */

static size_t slot(const struct idmap *m, struct tw_id id)
{
	uint64_t h;

	memcpy(&h, id.b + 8, 8);
	h *= 0x9e3779b97f4a7c15u;
	return (size_t)(h >> 20) & (m->cap - 1);
}

static void grow(struct idmap *m)
{
	struct idmap old = *m;

	m->cap = old.cap ? old.cap * 2 : 64;
	m->n = 0;
	m->v = tw_zalloc(m->cap * sizeof *m->v);
	for (size_t i = 0; i < old.cap; i++)
		if (old.v[i])
			tw_idmap_put(m, old.v[i]);
	free(old.v);
}

void tw_idmap_put(struct idmap *m, struct ti *ti)
{
	if ((m->n + 1) * 2 > m->cap)
		grow(m);
	size_t i = slot(m, ti->id);
	while (m->v[i] && !tw_id_eq(m->v[i]->id, ti->id))
		i = (i + 1) & (m->cap - 1);
	m->n += !m->v[i];
	m->v[i] = ti;
}

struct ti *tw_idmap_get(const struct idmap *m, struct tw_id id)
{
	if (!m->cap)
		return NULL;
	for (size_t i = slot(m, id); m->v[i]; i = (i + 1) & (m->cap - 1))
		if (tw_id_eq(m->v[i]->id, id))
			return m->v[i];
	return NULL;
}

void tw_idmap_del(struct idmap *m, struct tw_id id)
{
	size_t mask = m->cap - 1, i, k;

	if (!m->cap)
		return;
	for (i = slot(m, id); m->v[i] && !tw_id_eq(m->v[i]->id, id); i = (i + 1) & mask)
		;
	if (!m->v[i])
		return;
	m->n--;
	for (k = (i + 1) & mask; m->v[k]; k = (k + 1) & mask) {
		size_t home = slot(m, m->v[k]->id);
		/* It may move to i only if its home does not lie behind i. */
		if (((k - home) & mask) >= ((k - i) & mask)) {
			m->v[i] = m->v[k];
			i = k;
		}
	}
	m->v[i] = NULL;
}
