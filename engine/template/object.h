/*
 * Objects: values whose behaviour is a table of functions. Everything that is neither JSON
 * nor a date is one: bound methods, generators, macros, `loop`, and what the caller's
 * context offers (`ti`, `var`, `conn`).
 *
 * A function that is NULL means: Python's type has no such thing, or we do not know what it
 * would give; `str` NULL makes printing unsupported. Any function may return TW_ERR_AGAIN.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "value/value.h"

struct tw_tpl;

struct tw_kwarg {
	struct tw_str name;
	struct tw_value value;
};

struct tw_args {
	const struct tw_value *pos;
	size_t npos;
	const struct tw_kwarg *kw;
	size_t nkw;
};

struct tw_object;

struct tw_object_type {
	const char *name; /* Python's name of the type, for messages: "generator" */
	/* TW_ERR_NOT_FOUND, without a message, makes it undefined. */
	enum tw_rc (*getattr)(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			      struct tw_value *ret);
	enum tw_rc (*getitem)(struct tw_tpl *t, struct tw_object *o, struct tw_value key,
			      struct tw_value *ret);
	enum tw_rc (*call)(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
			   struct tw_value *ret);
	/* o.name(args) in one step; TW_ERR_NOT_FOUND falls back to getattr and call. */
	enum tw_rc (*method)(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			     const struct tw_args *args, struct tw_value *ret);
	enum tw_rc (*str)(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out);
	enum tw_rc (*repr)(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out);
	/* All items, in order; the list is only read. */
	enum tw_rc (*iter)(struct tw_tpl *t, struct tw_object *o, struct tw_list *ret);
	enum tw_rc (*len)(struct tw_tpl *t, struct tw_object *o, int64_t *ret);
	enum tw_rc (*truth)(struct tw_tpl *t, struct tw_object *o, bool *ret);
	/* -1, 0, 1 in *ret; TW_ERR_NOT_FOUND: not comparable with other. Also decides ==. */
	enum tw_rc (*compare)(struct tw_tpl *t, struct tw_object *o, struct tw_value other,
			      int *ret);
	/* op is '+', '-', '*', '/' …; reflected: other op o. TW_ERR_NOT_FOUND: not defined. */
	enum tw_rc (*arith)(struct tw_tpl *t, struct tw_object *o, int op, struct tw_value other,
			    bool reflected, struct tw_value *ret);
	/* What json.dumps and other consumers take it for; NULL: not serialisable. */
	enum tw_rc (*plain)(struct tw_tpl *t, struct tw_object *o, struct tw_value *ret);
	bool mapping;  /* isinstance(x, Mapping) */
	bool sequence; /* has len() and indexes */
	bool text;     /* a subclass of str: plain() is its text, whatever str() prints */
};

/* Embed as the first member. */
struct tw_object {
	const struct tw_object_type *type;
};

struct tw_value tw_v_object(struct tw_object *o);

/* The render's arena; what is allocated here lives as long as the result. */
struct tw_arena *tw_tpl_arena(struct tw_tpl *t);

/* Fails the render as Python would: exception is its name ("TypeError"), static. */
enum tw_rc tw_tpl_raise(struct tw_tpl *t, const char *exception, const char *fmt, ...)
	TW_PRINTF(3, 4);
/* Fails the render with TW_ERR_UNSUPPORTED. */
enum tw_rc tw_tpl_unsupported(struct tw_tpl *t, const char *fmt, ...) TW_PRINTF(2, 3);
/* Fails the render with TW_ERR_AGAIN: what is the thing that has to be fetched. */
enum tw_rc tw_tpl_pending(struct tw_tpl *t, const char *fmt, ...) TW_PRINTF(2, 3);
/* Fails with a message of the caller's choice and any code. */
enum tw_rc tw_tpl_fail(struct tw_tpl *t, enum tw_rc rc, const char *fmt, ...) TW_PRINTF(3, 4);

/*
 * Sorts args into parameters as a Python call does: names are n parameter names, the first
 * `required` of which must be given. What is absent has kind TW_V_ABSENT. fn is for messages.
 */
enum tw_rc tw_tpl_bind(struct tw_tpl *t, const char *fn, const struct tw_args *args,
		       const char *const *names, size_t n, size_t required, struct tw_value *ret);
#define TW_V_ABSENT 255
static inline bool tw_v_given(struct tw_value v)
{
	return v.kind != TW_V_ABSENT;
}
