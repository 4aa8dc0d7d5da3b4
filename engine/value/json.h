/*
 * JSON text in and out (RFC 8259; accepts what Python's json accepts: NaN, Infinity,
 * -Infinity, a leading byte order mark, and lone surrogates as \uXXXX). Depth is limited to
 * TW_JSON_DEPTH, an integer to 4300 digits; bytes that are not UTF-8 are an error with line and
 * column. Of a key named twice the last value counts.
 *
 * A lone surrogate is held as three bytes (base/utf8.h) and always written as \uXXXX; bytes
 * in a string that are no UTF-8 are written as U+FFFD. So what is written is always UTF-8.
 */
#pragma once

#include "value/value.h"

#define TW_JSON_DEPTH 512

/* Parses the whole text into arena a. Strings without escapes are still copied, so text may go away. */
enum tw_rc tw_json_parse(struct tw_arena *a, struct tw_str text, struct tw_value *ret_v, struct tw_err *err);

/*
 * The text of item n of a list, within the list's own text: to take one of many without reading all. The text must have been
 * parsed or written before, only brackets and quotes are looked at. false: no list, or a shorter one.
 */
bool tw_json_item(struct tw_str text, size_t n, struct tw_str *ret_item);

enum tw_json_style {
	TW_JSON_COMPACT = 0,       /* {"a":1} */
	TW_JSON_PYTHON = 1,        /* {"a": 1}: json.dumps' default separators */
	TW_JSON_PRETTY = 2,        /* indented by 2 */
	TW_JSON_SORT = 4,          /* keys sorted: for hashes */
	TW_JSON_ASCII = 8,         /* \uXXXX for everything above ASCII, as json.dumps does by default */
};

/*
 * Appends. Floats as Python's repr (shortest that reads back), infinities and NaN as json.dumps
 * does. DATETIME as ISO 8601 string, in UTC when it has a zone; DELTA as seconds; UNDEFINED and
 * OBJECT as null. Keys that are no strings as json.dumps turns them into strings.
 */
void tw_json_write(struct tw_buf *out, struct tw_value v, int style);
/* The same inside of a document already `depth` levels deep: matters to TW_JSON_PRETTY only. */
void tw_json_write_at(struct tw_buf *out, struct tw_value v, int style, int depth);
void tw_json_write_int(struct tw_buf *out, int64_t i);
void tw_json_write_float(struct tw_buf *out, double f);
void tw_json_write_str(struct tw_buf *out, struct tw_str s, int style); /* quoted and escaped */
char *tw_json_dump(struct tw_value v, int style);                      /* heap */

/*
 * JSON out without a tree: keeps the commas and nesting right, asserts on misuse.
 *	struct tw_jw w = { .out = &buf };
 *	tw_jw_obj(&w); tw_jw_key(&w, "id"); tw_jw_cstr(&w, id); tw_jw_end(&w);
 */
struct tw_jw {
	struct tw_buf *out;
	int style;
	int depth;
	uint64_t is_obj, has_item; /* a bit per level */
	bool after_key;
};
void tw_jw_obj(struct tw_jw *w);
void tw_jw_list(struct tw_jw *w);
void tw_jw_end(struct tw_jw *w);
void tw_jw_key(struct tw_jw *w, const char *key);
void tw_jw_keyn(struct tw_jw *w, struct tw_str key);
void tw_jw_null(struct tw_jw *w);
void tw_jw_bool(struct tw_jw *w, bool b);
void tw_jw_int(struct tw_jw *w, int64_t i);
void tw_jw_float(struct tw_jw *w, double f);
void tw_jw_str(struct tw_jw *w, struct tw_str s);   /* p NULL writes null */
void tw_jw_cstr(struct tw_jw *w, const char *s);    /* NULL writes null */
void tw_jw_value(struct tw_jw *w, struct tw_value v);
void tw_jw_raw(struct tw_jw *w, struct tw_str json); /* already JSON */

/* A key and its value in one. */
void tw_jw_null_at(struct tw_jw *w, const char *key);
void tw_jw_bool_at(struct tw_jw *w, const char *key, bool b);
void tw_jw_int_at(struct tw_jw *w, const char *key, int64_t i);
void tw_jw_str_at(struct tw_jw *w, const char *key, struct tw_str s);
