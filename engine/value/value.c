#include "value/value.h"

#include <math.h>
#include <stdio.h>

#include "base/map.h"
#include "value/vmap.h"

struct tw_value tw_v_bool(bool b)
{
	return (struct tw_value){.kind = TW_V_BOOL, .b = b};
}

struct tw_value tw_v_int(int64_t i)
{
	return (struct tw_value){.kind = TW_V_INT, .i = i};
}

struct tw_value tw_v_float(double f)
{
	return (struct tw_value){.kind = TW_V_FLOAT, .f = f};
}

struct tw_value tw_v_str(struct tw_str s)
{
	return (struct tw_value){.kind = TW_V_STR, .s = s.p ? s : TW_STR("")};
}

struct tw_value tw_v_cstr(const char *s)
{
	return s ? tw_v_str(tw_str(s)) : TW_NULL;
}

struct tw_value tw_v_list(struct tw_arena *a)
{
	return (struct tw_value){.kind = TW_V_LIST, .list = tw_arena_new(a, struct tw_list)};
}

struct tw_value tw_v_map(struct tw_arena *a)
{
	return (struct tw_value){.kind = TW_V_MAP, .map = tw_arena_new(a, struct tw_vmap)};
}

void tw_list_push(struct tw_arena *a, struct tw_value list, struct tw_value item)
{
	TW_ASSERT(list.kind == TW_V_LIST || list.kind == TW_V_TUPLE);
	struct tw_list *l = list.list;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct tw_value *v = tw_arena_alloc(a, cap * sizeof *v);
		if (l->n)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = item;
}

size_t tw_value_len(struct tw_value v)
{
	switch (v.kind) {
	case TW_V_LIST:
	case TW_V_TUPLE:
		return v.list->n;
	case TW_V_MAP:
		return v.map->n;
	default:
		return 0;
	}
}

/* A whole float's digits, as a BIGINT has them. False when f is not whole. */
static bool float_digits(double f, char out[320])
{
	if (!isfinite(f) || f != trunc(f))
		return false;
	snprintf(out, 320, "%.0f", f);
	return true;
}

/* Does f hold exactly a 64-bit integer? */
static bool float_int(double f, int64_t *ret_i)
{
	if (!(f >= -0x1p63 && f < 0x1p63) || f != trunc(f))
		return false;
	*ret_i = (int64_t)f;
	return true;
}

static bool is_number(struct tw_value v)
{
	return v.kind == TW_V_BOOL || v.kind == TW_V_INT || v.kind == TW_V_BIGINT ||
	       v.kind == TW_V_FLOAT;
}

static int64_t int_of(struct tw_value v)
{
	return v.kind == TW_V_BOOL ? v.b : v.i;
}

static bool number_equal(struct tw_value a, struct tw_value b)
{
	if (a.kind == TW_V_FLOAT && b.kind == TW_V_FLOAT)
		return a.f == b.f;
	if (b.kind == TW_V_FLOAT)
		return number_equal(b, a);
	if (a.kind == TW_V_FLOAT) {
		char digits[320];
		int64_t i;
		if (b.kind == TW_V_BIGINT)
			return float_digits(a.f, digits) && tw_str_is(b.s, digits);
		return float_int(a.f, &i) && i == int_of(b);
	}
	if (a.kind == TW_V_BIGINT || b.kind == TW_V_BIGINT)
		return a.kind == b.kind && tw_str_eq(a.s, b.s);
	return int_of(a) == int_of(b);
}

static bool list_equal(const struct tw_list *a, const struct tw_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!tw_value_equal(a->v[i], b->v[i]))
			return false;
	return true;
}

static bool map_equal(struct tw_value a, struct tw_value b)
{
	if (a.map->n != b.map->n)
		return false;
	for (size_t i = 0; i < a.map->n; i++) {
		const struct tw_value *other = tw_map_find_key(b, a.map->v[i].key);
		if (!other || !tw_value_equal(a.map->v[i].value, *other))
			return false;
	}
	return true;
}

bool tw_value_equal(struct tw_value a, struct tw_value b)
{
	if (is_number(a) && is_number(b))
		return number_equal(a, b);
	if (a.kind != b.kind)
		return false;
	switch ((enum tw_kind)a.kind) {
	case TW_V_STR:
		return tw_str_eq(a.s, b.s);
	case TW_V_LIST:
	case TW_V_TUPLE:
		return list_equal(a.list, b.list);
	case TW_V_MAP:
		return map_equal(a, b);
	case TW_V_DATETIME:
		return a.dt.us == b.dt.us && !a.dt.zone == !b.dt.zone;
	case TW_V_DELTA:
		return a.i == b.i;
	case TW_V_OBJECT:
		return a.obj == b.obj;
	default: /* null and undefined; numbers never come here */
		return true;
	}
}

uint64_t tw_value_hash(struct tw_value v)
{
	char digits[320];
	uint64_t h = v.kind;
	switch ((enum tw_kind)v.kind) {
	case TW_V_STR:
	case TW_V_BIGINT:
		return tw_hash_keyed(v.s.p, v.s.n, tw_map_seed);
	case TW_V_BOOL:
		v.i = v.b;
		break;
	case TW_V_FLOAT:
		if (float_int(v.f, &v.i))
			break;
		if (float_digits(v.f, digits))
			return tw_hash_keyed(digits, strlen(digits), tw_map_seed);
		break;
	case TW_V_LIST:
	case TW_V_TUPLE:
		for (size_t i = 0; i < v.list->n; i++)
			h = h * 31 + tw_value_hash(v.list->v[i]);
		return h;
	case TW_V_NULL:
	case TW_V_UNDEFINED:
	case TW_V_MAP:
		return h;
	default: /* INT, DATETIME, DELTA, OBJECT: their first word tells them apart */
		break;
	}
	return tw_hash_keyed(&v.i, sizeof v.i, tw_map_seed);
}

static struct tw_list *list_copy(struct tw_arena *a, const struct tw_list *l)
{
	struct tw_list *c = tw_arena_new(a, struct tw_list);
	c->n = c->cap = l->n;
	c->v = tw_arena_alloc(a, l->n * sizeof *c->v);
	for (size_t i = 0; i < l->n; i++)
		c->v[i] = tw_value_copy(a, l->v[i]);
	return c;
}

static struct tw_vmap *map_copy(struct tw_arena *a, const struct tw_vmap *m)
{
	struct tw_vmap *c = tw_arena_new(a, struct tw_vmap);
	c->n = c->cap = m->n;
	c->v = tw_arena_alloc(a, m->n * sizeof *c->v);
	for (size_t i = 0; i < m->n; i++) {
		c->v[i].key = tw_value_copy(a, m->v[i].key);
		c->v[i].value = tw_value_copy(a, m->v[i].value);
	}
	if (m->index) {
		c->nindex = m->nindex;
		c->index = tw_arena_alloc(a, m->nindex * sizeof *c->index);
		memcpy(c->index, m->index, m->nindex * sizeof *c->index);
	}
	return c;
}

struct tw_value tw_value_copy(struct tw_arena *a, struct tw_value v)
{
	switch ((enum tw_kind)v.kind) {
	case TW_V_STR:
	case TW_V_BIGINT:
	case TW_V_UNDEFINED:
		v.s = tw_str_copy(a, v.s);
		break;
	case TW_V_LIST:
	case TW_V_TUPLE:
		v.list = list_copy(a, v.list);
		break;
	case TW_V_MAP:
		v.map = map_copy(a, v.map);
		break;
	default:
		break;
	}
	return v;
}

const char *tw_kind_name(enum tw_kind kind)
{
	switch (kind) {
	case TW_V_NULL:
		return "null";
	case TW_V_BOOL:
		return "boolean";
	case TW_V_INT:
	case TW_V_BIGINT:
		return "integer";
	case TW_V_FLOAT:
		return "number";
	case TW_V_STR:
		return "string";
	case TW_V_LIST:
		return "array";
	case TW_V_TUPLE:
		return "tuple";
	case TW_V_MAP:
		return "object";
	case TW_V_DATETIME:
		return "date-time";
	case TW_V_DELTA:
		return "duration";
	case TW_V_UNDEFINED:
		return "undefined";
	case TW_V_OBJECT:
		return "engine object";
	}
	return "unknown";
}
