/*
 * The one tagged value: JSON documents, XCom, params, conf and template data.
 *
 * Values live in an arena and are passed by value (24 bytes). Once built they are
 * treated as immutable and may be shared. Maps keep insertion order and are indexed
 * by hash when they grow. Integers are 64-bit; a JSON integer that does not fit is
 * kept as TW_V_BIGINT, its decimal text, so nothing is lost on the way through.
 *
 * TUPLE, DATETIME, DELTA, UNDEFINED and OBJECT never come out of JSON: they exist
 * for templates. In JSON a tuple is a list, a date-time its ISO text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

enum tw_kind {
	TW_V_NULL,
	TW_V_BOOL,
	TW_V_INT,
	TW_V_BIGINT, /* s: decimal digits with an optional '-' */
	TW_V_FLOAT,
	TW_V_STR,
	TW_V_LIST,
	TW_V_TUPLE,  /* stored as a list */
	TW_V_MAP,
	TW_V_DATETIME,
	TW_V_DELTA,
	TW_V_UNDEFINED, /* s: the name that was looked up */
	TW_V_OBJECT,
};

struct tw_value;
struct tw_list;
struct tw_vmap;
struct tw_object; /* defined by template/: a vtable and data */
struct tw_zone;   /* defined by time/ */

struct tw_value {
	uint8_t kind; /* enum tw_kind */
	bool safe;    /* STR: marked safe for HTML (Jinja's Markup) */
	union {
		bool b;
		int64_t i;           /* INT; DELTA: microseconds; DATETIME: microseconds since the epoch, UTC */
		double f;
		struct { const char *p; size_t n; } raw;
		struct tw_str s;
		struct tw_list *list;
		struct tw_vmap *map;
		struct { int64_t us; const struct tw_zone *zone; } dt; /* zone NULL = naive */
		struct tw_object *obj;
	};
};

struct tw_list {
	struct tw_value *v;
	size_t n, cap;
};

struct tw_pair {
	struct tw_value key; /* JSON: always STR */
	struct tw_value value;
};

struct tw_vmap {
	struct tw_pair *v;
	size_t n, cap;
	uint32_t *index; /* NULL while small */
	size_t nindex;
};

#define TW_NULL ((struct tw_value){ .kind = TW_V_NULL })
struct tw_value tw_v_bool(bool b);
struct tw_value tw_v_int(int64_t i);
struct tw_value tw_v_float(double f);
struct tw_value tw_v_str(struct tw_str s);                     /* borrows */
struct tw_value tw_v_cstr(const char *s);                      /* borrows; NULL gives TW_NULL */
struct tw_value tw_v_list(struct tw_arena *a);                 /* empty, to be appended to */
struct tw_value tw_v_map(struct tw_arena *a);

void tw_list_push(struct tw_arena *a, struct tw_value list, struct tw_value item);
/* Sets or replaces; the key bytes are borrowed. */
void tw_map_put(struct tw_arena *a, struct tw_value map, struct tw_str key, struct tw_value v);
void tw_map_putc(struct tw_arena *a, struct tw_value map, const char *key, struct tw_value v);
/* NULL when map is no map or has no such key. */
const struct tw_value *tw_map_find(struct tw_value map, struct tw_str key);
const struct tw_value *tw_map_findc(struct tw_value map, const char *key);
/* Any key kind (templates use ints and tuples as keys). */
const struct tw_value *tw_map_find_key(struct tw_value map, struct tw_value key);
void tw_map_put_key(struct tw_arena *a, struct tw_value map, struct tw_value key, struct tw_value v);

/* Typed look-ups with a default when the key is missing, null or of another kind. */
struct tw_str tw_map_str(struct tw_value map, const char *key, const char *dflt); /* p NULL when dflt is NULL */
int64_t tw_map_int(struct tw_value map, const char *key, int64_t dflt);
double tw_map_num(struct tw_value map, const char *key, double dflt);
bool tw_map_bool(struct tw_value map, const char *key, bool dflt);
struct tw_value tw_map_value(struct tw_value map, const char *key); /* TW_NULL when missing */

size_t tw_value_len(struct tw_value v);                        /* list, tuple, map; else 0 */
bool tw_value_equal(struct tw_value a, struct tw_value b);     /* Python's ==: 1 == 1.0 == True */
struct tw_value tw_value_copy(struct tw_arena *a, struct tw_value v); /* deep, strings too */
const char *tw_kind_name(enum tw_kind kind);                   /* "object", "string", … as JSON names them */
