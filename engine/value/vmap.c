#include "value/vmap.h"

#include "base/map.h"

/* An index slot holds position + 1; 0 is free. At most half of the slots are taken. */

static bool key_equal(struct tw_value a, struct tw_value b)
{
	if (a.kind == TW_V_STR && b.kind == TW_V_STR)
		return a.s.n == b.s.n && memcmp(a.s.p, b.s.p, a.s.n) == 0;
	return tw_value_equal(a, b);
}

/* The slot that holds key, or the free one where it belongs. */
static size_t slot_of(const struct tw_vmap *m, struct tw_value key)
{
	size_t mask = m->nindex - 1, i = tw_value_hash(key) & mask;
	while (m->index[i] && !key_equal(m->v[m->index[i] - 1].key, key))
		i = (i + 1) & mask;
	return i;
}

static struct tw_pair *find(const struct tw_vmap *m, struct tw_value key)
{
	if (m->index) {
		uint32_t pos = m->index[slot_of(m, key)];
		return pos ? &m->v[pos - 1] : NULL;
	}
	for (size_t i = 0; i < m->n; i++)
		if (key_equal(m->v[i].key, key))
			return &m->v[i];
	return NULL;
}

static void index_alloc(struct tw_arena *a, struct tw_vmap *m, size_t pairs)
{
	size_t n = 32;
	while (n < pairs * 2)
		n *= 2;
	TW_ASSERT(n <= (size_t)1 << 31);
	m->nindex = n;
	m->index = tw_arena_zalloc(a, n * sizeof *m->index);
}

static void grow(struct tw_arena *a, struct tw_vmap *m)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 4;
		struct tw_pair *v = tw_arena_alloc(a, cap * sizeof *v);
		if (m->n)
			memcpy(v, m->v, m->n * sizeof *v);
		m->v = v;
		m->cap = cap;
	}
	if (m->n + 1 > TW_VMAP_SMALL && (m->n + 1) * 2 > m->nindex) {
		index_alloc(a, m, (m->n + 1) * 2);
		for (size_t i = 0; i < m->n; i++)
			m->index[slot_of(m, m->v[i].key)] = (uint32_t)i + 1;
	}
}

void tw_map_put_key(struct tw_arena *a, struct tw_value map, struct tw_value key, struct tw_value v)
{
	TW_ASSERT(map.kind == TW_V_MAP);
	struct tw_vmap *m = map.map;
	struct tw_pair *p = find(m, key);
	if (p) {
		p->value = v;
		return;
	}
	grow(a, m);
	if (m->index)
		m->index[slot_of(m, key)] = (uint32_t)m->n + 1;
	m->v[m->n++] = (struct tw_pair){key, v};
}

void tw_map_put(struct tw_arena *a, struct tw_value map, struct tw_str key, struct tw_value v)
{
	tw_map_put_key(a, map, tw_v_str(key), v);
}

void tw_map_putc(struct tw_arena *a, struct tw_value map, const char *key, struct tw_value v)
{
	tw_map_put_key(a, map, tw_v_str(tw_str(key)), v);
}

const struct tw_value *tw_map_find_key(struct tw_value map, struct tw_value key)
{
	struct tw_pair *p = map.kind == TW_V_MAP ? find(map.map, key) : NULL;
	return p ? &p->value : NULL;
}

const struct tw_value *tw_map_find(struct tw_value map, struct tw_str key)
{
	return tw_map_find_key(map, tw_v_str(key));
}

const struct tw_value *tw_map_findc(struct tw_value map, const char *key)
{
	return tw_map_find_key(map, tw_v_str(tw_str(key)));
}

struct tw_vmap *tw_vmap_from_pairs(struct tw_arena *a, const struct tw_pair *pairs, size_t n)
{
	struct tw_vmap *m = tw_arena_new(a, struct tw_vmap);
	if (!n)
		return m;
	m->v = tw_arena_alloc(a, n * sizeof *m->v);
	m->cap = n;
	if (n > TW_VMAP_SMALL)
		index_alloc(a, m, n);
	for (size_t i = 0; i < n; i++) {
		struct tw_pair *seen = NULL;
		if (m->index) {
			uint32_t *slot = &m->index[slot_of(m, pairs[i].key)];
			if (*slot)
				seen = &m->v[*slot - 1];
			else
				*slot = (uint32_t)m->n + 1;
		} else {
			seen = find(m, pairs[i].key);
		}
		if (seen)
			seen->value = pairs[i].value;
		else
			m->v[m->n++] = pairs[i];
	}
	return m;
}

static const struct tw_value *find_kind(struct tw_value map, const char *key, enum tw_kind kind)
{
	const struct tw_value *v = tw_map_findc(map, key);
	return v && v->kind == kind ? v : NULL;
}

struct tw_str tw_map_str(struct tw_value map, const char *key, const char *dflt)
{
	const struct tw_value *v = find_kind(map, key, TW_V_STR);
	return v ? v->s : tw_str(dflt);
}

int64_t tw_map_int(struct tw_value map, const char *key, int64_t dflt)
{
	const struct tw_value *v = find_kind(map, key, TW_V_INT);
	return v ? v->i : dflt;
}

double tw_map_num(struct tw_value map, const char *key, double dflt)
{
	const struct tw_value *v = tw_map_findc(map, key);
	if (v && v->kind == TW_V_INT)
		return (double)v->i;
	return v && v->kind == TW_V_FLOAT ? v->f : dflt;
}

bool tw_map_bool(struct tw_value map, const char *key, bool dflt)
{
	const struct tw_value *v = find_kind(map, key, TW_V_BOOL);
	return v ? v->b : dflt;
}

struct tw_value tw_map_value(struct tw_value map, const char *key)
{
	const struct tw_value *v = tw_map_findc(map, key);
	return v ? *v : TW_NULL;
}
