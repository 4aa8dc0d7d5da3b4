/*
 * The tree a template compiles to, and the template itself. Immutable once parsed; all of
 * it lives in the template's arena.
 */
#pragma once

#include <stdatomic.h>

#include "template/object.h"
#include "template/template.h"

#define TW_OP2(a, b) ((a) << 8 | (b)) /* an operator of two characters */

struct tw_node;

struct tw_nodes {
	struct tw_node **v;
	size_t n, cap;
};

/* Names of a scope that hold nothing when it begins, whatever the context has (names.c). */
struct tw_names {
	struct tw_str *v;
	size_t n;
};

typedef enum tw_rc tw_filter_fn(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
				struct tw_value *ret);
typedef enum tw_rc tw_test_fn(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,
			      bool *ret);

struct tw_filter_def {
	const char *name;
	tw_filter_fn *fn; /* NULL: known to Jinja, not done here */
};
struct tw_test_def {
	const char *name;
	tw_test_fn *fn;
};

enum tw_node_kind {
	/* expressions */
	N_CONST, /* value */
	N_NAME,	 /* name */
	N_LIST,	 /* kids */
	N_TUPLE, /* kids; also an assignment target */
	N_DICT,	 /* kids: key, value, key, value … */
	N_COND,	 /* a if b else c; c may be NULL */
	N_AND,	 /* a and b */
	N_OR,
	N_NOT,	   /* a */
	N_BIN,	   /* a op b */
	N_UNARY,   /* op a */
	N_COMPARE, /* kids: a, b, c …; ops one character each: '=' '!' '<' 'l' '>' 'g' 'i' 'n' */
	N_CONCAT,  /* kids joined by ~ */
	N_GETATTR, /* a.name */
	N_GETITEM, /* a[b] */
	N_SLICE,   /* a:b:c, each may be NULL; only as b of N_GETITEM */
	N_CALL,	   /* a(args) */
	N_FILTER,  /* a|name(args); a NULL in filter blocks */
	N_TEST,	   /* a is name(args) */
	N_NSREF,   /* name.attr as assignment target: name, text */

	/* statements */
	N_DATA,	       /* text */
	N_OUTPUT,      /* kids: expressions */
	N_IF,	       /* a: test; body; other: the else part (elif: a nested N_IF with op 1) */
	N_FOR,	       /* a: target, b: iterable, c: filter or NULL; body; other; op: recursive */
	N_SET,	       /* a: target, b: value */
	N_SETBLOCK,    /* a: target, b: filter or NULL; body */
	N_MACRO,       /* macro */
	N_CALLBLOCK,   /* a: the call; macro: the caller */
	N_FILTERBLOCK, /* b: filter; body */
	N_WITH,	       /* kids: target, value, …; body */
	N_AUTOESCAPE,  /* a; body */
	N_INCLUDE,     /* a: name; op: ignore missing; ctx */
	N_IMPORT,      /* a: name; name: target; ctx */
	N_FROM,	       /* a: name; kids: N_CONST name, N_CONST alias, …; ctx */
	N_EXTENDS,     /* a */
	N_BLOCK,       /* name; body; op: 1 scoped, 2 required */
	N_DO,	       /* a */
	N_BREAK,
	N_CONTINUE,
};

/* Arguments of a call, filter or test. */
struct tw_call_args {
	struct tw_nodes pos;
	struct tw_nodes kw; /* pairs: N_CONST name, value */
	struct tw_node *star, *starstar;
};

struct tw_macro_def {
	struct tw_str name;
	struct tw_str *params;
	size_t nparams;
	struct tw_nodes defaults; /* of the last ones */
	struct tw_nodes body;
	bool uses_varargs, uses_kwargs, uses_caller, explicit_caller;
	struct tw_names empty;
};

struct tw_node {
	uint8_t kind; /* enum tw_node_kind */
	uint8_t ctx;  /* include, import: with context */
	int op;
	int line;
	struct tw_str name, text;
	struct tw_node *a, *b, *c;
	union {
		struct tw_value value;
		const struct tw_filter_def *filter;
		const struct tw_test_def *test;
		struct tw_macro_def *macro;
	};
	struct tw_nodes kids;
	struct tw_nodes body, other;
	struct tw_names empty, empty_other; /* of the scopes of body and other */
	struct tw_call_args *args;
};

/* Is what follows the N_IF n an elif? */
static inline bool tw_is_elif(const struct tw_node *n)
{
	return n->other.n == 1 && n->other.v[0]->kind == N_IF && n->other.v[0]->op;
}

struct tw_template {
	atomic_int refs;
	struct tw_arena arena;
	struct tw_str name;
	unsigned flags;
	struct tw_nodes root;
	struct tw_nodes blocks; /* every N_BLOCK, wherever it stands */
	struct tw_names empty;
	bool plain;
};

/* Parses text into tpl (arena, name and flags are set). */
enum tw_rc tw_tpl_parse(struct tw_template *tpl, struct tw_str text, struct tw_tpl_fault *fault,
			struct tw_err *err);

const struct tw_filter_def *tw_filter_find(struct tw_str name);
const struct tw_test_def *tw_test_find(struct tw_str name);
