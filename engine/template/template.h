/*
 * The template engine: Jinja 3.1's language as DAG authors use it.
 *
 * A text is compiled once into an immutable, shared `struct tw_template` and rendered
 * any number of times. Rendering is pure: names come from a callback, so that variables,
 * connections and XComs are fetched only when a template asks for them. A callback that
 * has no answer yet returns TW_ERR_AGAIN; the render stops with that code, the caller
 * fetches what was asked for and renders again.
 *
 * What this engine does not do exactly as Jinja in Airflow's sandbox it does not do at
 * all: the result is TW_ERR_UNSUPPORTED and the caller renders in Python. Other failures
 * are those that Python would raise too: TW_ERR_INVALID with a `struct tw_tpl_fault` that
 * says which kind, and TW_ERR_LIMIT where a budget below ran out.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "value/value.h"

struct tw_template;
struct tw_tpl;	 /* one render in progress; see object.h */
struct tw_zones; /* time/: the zones that in_timezone() and tz= may name */

enum tw_tpl_flags {
	TW_TPL_TRIM_BLOCKS = 1 << 0,   /* drop the newline after a block tag */
	TW_TPL_LSTRIP_BLOCKS = 1 << 1, /* drop white space before a block tag */
	TW_TPL_KEEP_NEWLINE = 1 << 2,  /* keep the template's last newline */
	TW_TPL_LOOPCONTROLS = 1 << 3,  /* {% break %} and {% continue %} */
	TW_TPL_AUTOESCAPE = 1 << 4,    /* off in Airflow */
	TW_TPL_OPEN = 1 << 5, /* unknown filters and tests are TW_ERR_UNSUPPORTED, not a fault: the
				 DAG has filters of its own */
};

enum tw_tpl_fault_kind {
	TW_TPL_FAULT_NONE,
	TW_TPL_FAULT_SYNTAX,	/* jinja2.TemplateSyntaxError, TemplateAssertionError */
	TW_TPL_FAULT_UNDEFINED, /* jinja2.UndefinedError: a name or attribute that is not there */
	TW_TPL_FAULT_SECURITY,	/* jinja2.sandbox.SecurityError */
	TW_TPL_FAULT_RUNTIME,	/* any other exception */
};

/* What went wrong, when the code was TW_ERR_INVALID; line also for TW_ERR_UNSUPPORTED. */
struct tw_tpl_fault {
	enum tw_tpl_fault_kind kind;
	const char *exception; /* Python's name for it: "TypeError"; static */
	int line;	       /* of the template, from 1; 0 = not known */
};

/*
 * Compiles text (copied). name is for messages and may be empty. The caller gets one
 * reference. fault may be NULL.
 */
enum tw_rc tw_template_compile(struct tw_str name, struct tw_str text, unsigned flags,
			       struct tw_template **ret_tpl, struct tw_tpl_fault *fault,
			       struct tw_err *err);
struct tw_template *tw_template_ref(struct tw_template *tpl);
void tw_template_unref(struct tw_template *tpl); /* NULL is fine */
void tw_template_unrefp(struct tw_template **tpl);
/* True when the text holds no tag at all: rendering gives it back (less one last newline). */
bool tw_template_is_plain(const struct tw_template *tpl);

/* Budgets of one render; 0 takes the default. Passing one is TW_ERR_LIMIT. */
struct tw_tpl_limits {
	uint64_t steps; /* evaluated nodes and loop turns: 5,000,000 */
	size_t memory;	/* bytes taken from the arena: 64 MiB */
	size_t output;	/* bytes: 16 MiB */
	int depth;	/* nested calls, includes, expressions: 200 */
};

/* Where a render gets its names and files from, and where it says what went wrong. */
struct tw_tpl_env {
	void *ud;
	/*
	 * The value of a name: TW_OK, TW_ERR_NOT_FOUND (undefined), TW_ERR_AGAIN (not known
	 * yet) or TW_ERR_UNSUPPORTED. NULL = no names at all. The value must live until the
	 * render is over and is not changed by it.
	 */
	enum tw_rc (*lookup)(void *ud, struct tw_tpl *t, struct tw_str name, struct tw_value *ret_v,
			     struct tw_err *err);
	/*
	 * The text of a template that include, import or extends names, into arena memory:
	 * TW_OK, TW_ERR_NOT_FOUND, TW_ERR_AGAIN, … NULL = there is no loader.
	 */
	enum tw_rc (*load)(void *ud, struct tw_tpl *t, struct tw_str name, struct tw_str *ret_text,
			   struct tw_err *err);
	struct tw_zones *zones; /* NULL: only UTC; looking up may add to it */
	bool has_now;		/* without it whatever needs the clock is unsupported */
	int64_t now;		/* microseconds since the epoch */
	unsigned flags;		/* tw_tpl_flags for loaded templates */
	struct tw_tpl_limits limits;
	struct tw_tpl_fault fault; /* out */
};

/* Appends the rendered text to out; on failure out is as it was. */
enum tw_rc tw_template_render(struct tw_template *tpl, struct tw_tpl_env *env,
			      struct tw_arena *arena, struct tw_buf *out, struct tw_err *err);

/*
 * The same with render_template_as_native_obj: what the template's pieces are as a Python
 * literal, else text. Differs from Python in nothing known; what could is unsupported.
 */
enum tw_rc tw_template_render_native(struct tw_template *tpl, struct tw_tpl_env *env,
				     struct tw_arena *arena, struct tw_value *ret_v,
				     struct tw_err *err);

/* How tw_render_value treats strings. */
struct tw_render_opts {
	const struct tw_str *template_ext; /* a string that ends so names a file to load */
	size_t next;
	bool native; /* render_template_as_native_obj */
};

/*
 * Renders every string in v, in lists, tuples and the values of maps (never keys), as
 * Airflow does an operator's template field. Strings that end with a template_ext are
 * loaded through env->load first. The result lives in arena and shares what has no string.
 */
enum tw_rc tw_render_value(struct tw_tpl_env *env, const struct tw_render_opts *opts,
			   struct tw_value v, struct tw_arena *arena, struct tw_value *ret_v,
			   struct tw_err *err);
