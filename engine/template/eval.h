/*
 * Inside of the template engine: a render in progress, and what its parts offer each other.
 * Values are Python's: each function below does what the Python operation of that name does,
 * raises what it raises, and says "unsupported" where we would have to guess.
 */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "template/ast.h"
#include "template/text.h"

struct tw_var {
	struct tw_str name;
	struct tw_value value;
};

/* Names in reach, innermost first. A scope lives in the arena: macros keep theirs. */
struct tw_scope {
	struct tw_scope *parent;
	struct tw_var *v;
	size_t n, cap;
	bool no_context; /* names stop here: an import without context */
	bool boundary;	 /* names further out are seen through the context: empty ones are not */
};

/* A block of an inheritance chain, most derived first. */
struct tw_block_ref {
	struct tw_node *node;
	struct tw_template *tpl;
	struct tw_block_ref *super;
};

/* The templates that are rendered as one: a child and what it extends. */
struct tw_chain {
	struct tw_scope *root; /* exported names */
	struct tw_map blocks;  /* name → struct tw_block_ref */
	struct tw_template *parent;
};

enum tw_flow { TW_FLOW_NEXT, TW_FLOW_BREAK, TW_FLOW_CONTINUE };

struct tw_tpl {
	struct tw_tpl_env *env;
	struct tw_arena *a;
	struct tw_err *err;
	struct tw_buf *out;
	struct tw_template *tpl; /* whose code runs */
	struct tw_chain *chain;
	struct tw_scope *scope;
	enum tw_flow flow;
	bool autoescape;
	bool muted; /* a child template's own text, behind its extends */
	int line;
	int depth;
	uint64_t steps, max_steps;
	size_t memory_from, max_memory, max_output;
	int max_depth;
	TW_VEC(const void *) own; /* lists and maps this render made, which it may change */
	TW_VEC(struct tw_template *) loaded;
	const char *bad_piece;	  /* type of a piece of output that is no text; fails when they are
				     joined */
	struct tw_native *native; /* collects pieces instead of text; NULL = text */
	bool is_native;
};

/* ---- budgets ---- */
enum tw_rc tw_tpl_steps(struct tw_tpl *t, uint64_t n);
enum tw_rc tw_tpl_room(struct tw_tpl *t, size_t bytes); /* before a large allocation */
enum tw_rc tw_tpl_enter(struct tw_tpl *t);		/* one level deeper; t->depth-- to leave */
static inline enum tw_rc tw_tpl_step(struct tw_tpl *t)
{
	return ++t->steps > t->max_steps ? tw_tpl_steps(t, 0) : TW_OK;
}

/* ---- making values ---- */
struct tw_value tw_tpl_new_list(struct tw_tpl *t, size_t cap);
struct tw_value tw_tpl_new_tuple(struct tw_tpl *t, size_t cap);
struct tw_value tw_tpl_new_map(struct tw_tpl *t);
bool tw_tpl_owns(struct tw_tpl *t, const void *list_or_map);
struct tw_value tw_tpl_undef(struct tw_tpl *t, const char *fmt, ...) TW_PRINTF(2, 3);
struct tw_value tw_tpl_mkstr(struct tw_tpl *t, const struct tw_buf *b); /* copies */
struct tw_value tw_tpl_strv(struct tw_tpl *t, struct tw_str s);		/* copies */
static inline struct tw_value tw_v_markup(struct tw_value v, bool safe)
{
	v.safe = v.kind == TW_V_STR && safe;
	return v;
}

/* ---- Python's operations (ops.c, object.c, repr.c) ---- */
const char *tw_type_name(struct tw_value v);				/* type(v).__name__ */
enum tw_rc tw_tpl_undefined_error(struct tw_tpl *t, struct tw_value v); /* raises UndefinedError */
/* What `x if no` gives: Jinja's lenient Undefined, which is empty text, also where undefined is
 * strict. */
#define TW_LENIENT "the inline if-expression on line "
static inline bool tw_is_strict(struct tw_value v)
{
	return v.kind == TW_V_UNDEFINED && !tw_str_starts(v.s, TW_LENIENT);
}
static inline bool tw_is_lenient(struct tw_value v)
{
	return v.kind == TW_V_UNDEFINED && tw_str_starts(v.s, TW_LENIENT);
}
enum tw_rc tw_tpl_truth(struct tw_tpl *t, struct tw_value v, bool *ret);
enum tw_rc tw_tpl_equal(struct tw_tpl *t, struct tw_value a, struct tw_value b, bool *ret);
/* -1, 0, 1 for ordered kinds; TypeError with op in it otherwise. NaN gives 2. */
enum tw_rc tw_tpl_order(struct tw_tpl *t, const char *op, struct tw_value a, struct tw_value b,
			int *ret);
enum tw_rc tw_tpl_compare(struct tw_tpl *t, char op, struct tw_value a, struct tw_value b,
			  bool *ret);
enum tw_rc tw_tpl_contains(struct tw_tpl *t, struct tw_value item, struct tw_value in, bool *ret);
enum tw_rc tw_tpl_binary(struct tw_tpl *t, int op, struct tw_value a, struct tw_value b,
			 struct tw_value *ret);
enum tw_rc tw_tpl_unary(struct tw_tpl *t, int op, struct tw_value a, struct tw_value *ret);
enum tw_rc tw_tpl_hashable(struct tw_tpl *t, struct tw_value v);
enum tw_rc tw_tpl_len(struct tw_tpl *t, struct tw_value v, int64_t *ret);
/* All items of an iterable; *ret is only read. Generators are used up. */
enum tw_rc tw_tpl_iter(struct tw_tpl *t, struct tw_value v, struct tw_list *ret);
bool tw_tpl_iterable(struct tw_value v);
const char *tw_tpl_object_name(struct tw_tpl *t, struct tw_value v); /* as Undefined names it */
enum tw_rc tw_tpl_getattr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			  struct tw_value *ret); /* obj.name, as Jinja looks it up */
enum tw_rc tw_tpl_getitem(struct tw_tpl *t, struct tw_value v, struct tw_value key,
			  struct tw_value *ret);
/* The attribute alone, without items: TW_ERR_NOT_FOUND when there is none. */
enum tw_rc tw_tpl_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
		       struct tw_value *ret);
/* The item alone: TW_ERR_NOT_FOUND when there is none or v takes no such key. */
enum tw_rc tw_tpl_item(struct tw_tpl *t, struct tw_value v, struct tw_value key,
		       struct tw_value *ret);
enum tw_rc tw_tpl_slice(struct tw_tpl *t, struct tw_value v, const struct tw_value bounds[3],
			struct tw_value *ret);
enum tw_rc tw_tpl_call(struct tw_tpl *t, struct tw_value fn, const struct tw_args *args,
		       struct tw_value *ret);
enum tw_rc tw_tpl_method(struct tw_tpl *t, struct tw_value obj, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret);
enum tw_rc tw_tpl_int_arg(struct tw_tpl *t, struct tw_value v, int64_t *ret); /* __index__ */
/* Checked 64-bit arithmetic; beyond it we have no integers. */
enum tw_rc tw_tpl_big(struct tw_tpl *t);

/* v, or its text when it is an object that is a str to Python. */
enum tw_rc tw_tpl_unwrap(struct tw_tpl *t, struct tw_value v, struct tw_value *ret);

/* ---- text (repr.c) ---- */
enum tw_rc tw_tpl_str(struct tw_tpl *t, struct tw_value v, struct tw_buf *out);
enum tw_rc tw_tpl_repr(struct tw_tpl *t, struct tw_value v, struct tw_buf *out);
enum tw_rc tw_tpl_text(struct tw_tpl *t, struct tw_value v, struct tw_str *ret); /* str(v) */
/* v as text that may go into Markup: escaped unless it is Markup already. */
enum tw_rc tw_tpl_escaped(struct tw_tpl *t, struct tw_value v, struct tw_str *ret);

/* ---- methods of built-in types: TW_ERR_NOT_FOUND = no such method ---- */
enum tw_rc tw_str_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret);
enum tw_rc tw_list_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			  const struct tw_args *args, struct tw_value *ret);
enum tw_rc tw_map_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret);
enum tw_rc tw_num_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret);
enum tw_rc tw_datetime_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			      const struct tw_args *args, struct tw_value *ret);
enum tw_rc tw_delta_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			   const struct tw_args *args, struct tw_value *ret);
enum tw_rc tw_datetime_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			    struct tw_value *ret);
enum tw_rc tw_delta_attr(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 struct tw_value *ret);
/* Does Python's type of v have a method of this name (whether or not we do it)? */
bool tw_has_method(struct tw_value v, struct tw_str name);
bool tw_str_has_method(struct tw_str name);
bool tw_datetime_has(struct tw_str name, bool plain);
bool tw_delta_has(struct tw_str name);

/* ---- str.format and % (format.c) ---- */
enum tw_rc tw_tpl_format(struct tw_tpl *t, struct tw_value fmt, const struct tw_args *args,
			 struct tw_value *ret);
enum tw_rc tw_tpl_percent(struct tw_tpl *t, struct tw_value fmt, struct tw_value args,
			  struct tw_value *ret);
enum tw_rc tw_tpl_format_spec(struct tw_tpl *t, struct tw_value v, struct tw_str spec,
			      struct tw_buf *out);

/* ---- date-times (datetime*.c) ---- */
enum tw_rc tw_datetime_str(struct tw_tpl *t, struct tw_value v, bool repr, struct tw_buf *out);
enum tw_rc tw_datetime_binary(struct tw_tpl *t, int op, struct tw_value a, struct tw_value b,
			      struct tw_value *ret); /* TW_ERR_NOT_FOUND = not defined */
enum tw_rc tw_datetime_format_spec(struct tw_tpl *t, struct tw_value v, struct tw_str spec,
				   struct tw_buf *out);
struct tw_value tw_tpl_macros(struct tw_tpl *t); /* Airflow's `macros` (macros.c) */
enum tw_rc tw_tpl_to_json(struct tw_tpl *t, struct tw_value v, bool sort, int64_t indent,
			  struct tw_buf *out);

/* ---- objects (object.c, global.c) ---- */
struct tw_generator {
	struct tw_object o;
	struct tw_list items;
	bool used;
	enum tw_rc rc; /* what comes after the last item: the failure Python would raise there */
	struct tw_tpl_fault fault;
	const char *msg;
};
/* A lazy sequence of known items: cannot be printed, is used up by one pass. */
struct tw_value tw_tpl_generator(struct tw_tpl *t, struct tw_value list);
/* The same when making its items failed: unless rc must stop the render now, *ret is a generator.
 */
enum tw_rc tw_tpl_generator_or(struct tw_tpl *t, enum tw_rc rc, struct tw_value list,
			       struct tw_value *ret);
/* A set of values to walk over with Python's text for it: dict_items([...]). */
struct tw_value tw_tpl_view(struct tw_tpl *t, const char *type, struct tw_value list);
/* A function of ours: fn(t, self, args). */
typedef enum tw_rc tw_native_fn(struct tw_tpl *t, struct tw_value self, const struct tw_args *args,
				struct tw_value *ret);
struct tw_value tw_tpl_function(struct tw_tpl *t, const char *name, tw_native_fn *fn,
				struct tw_value self);
bool tw_tpl_is_generator(struct tw_value v);
enum tw_rc tw_global_find(struct tw_tpl *t, struct tw_str name, struct tw_value *ret);
extern const struct tw_object_type tw_namespace_type;
enum tw_rc tw_namespace_set(struct tw_tpl *t, struct tw_value ns, struct tw_str attr,
			    struct tw_value v);

/* ---- the evaluator (eval.c, expr.c, call.c, compose.c) ---- */
enum tw_rc tw_eval(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret);
enum tw_rc tw_eval_filter(struct tw_tpl *t, const struct tw_node *n, struct tw_value in,
			  struct tw_value *ret); /* a chain of filters whose first has no input */
enum tw_rc tw_eval_args(struct tw_tpl *t, const struct tw_call_args *ca, struct tw_args *ret);
enum tw_rc tw_exec(struct tw_tpl *t, const struct tw_nodes *l);
enum tw_rc tw_exec_capture(struct tw_tpl *t, const struct tw_nodes *l, struct tw_value *ret);
enum tw_rc tw_assign(struct tw_tpl *t, const struct tw_node *target, struct tw_value v);
enum tw_rc tw_resolve(struct tw_tpl *t, struct tw_str name, struct tw_value *ret);
struct tw_scope *tw_scope_new(struct tw_tpl *t, struct tw_scope *parent);
/* The names that are empty when the scope begins; those that are set already are left. */
void tw_scope_empty(struct tw_tpl *t, struct tw_scope *s, const struct tw_names *names);
void tw_scope_set(struct tw_tpl *t, struct tw_scope *s, struct tw_str name, struct tw_value v);
enum tw_rc tw_emit(struct tw_tpl *t, struct tw_str s);
enum tw_rc tw_check_pieces(struct tw_tpl *t); /* fails when bad_piece is set */
enum tw_rc tw_emit_value(struct tw_tpl *t, struct tw_value v);

enum tw_rc tw_exec_for(struct tw_tpl *t, const struct tw_node *n);
struct tw_value tw_macro_new(struct tw_tpl *t, struct tw_macro_def *def);
enum tw_rc tw_exec_call_block(struct tw_tpl *t, const struct tw_node *n);
enum tw_rc tw_exec_include(struct tw_tpl *t, const struct tw_node *n);
enum tw_rc tw_exec_import(struct tw_tpl *t, const struct tw_node *n);
enum tw_rc tw_exec_from(struct tw_tpl *t, const struct tw_node *n);
enum tw_rc tw_exec_extends(struct tw_tpl *t, const struct tw_node *n);
struct tw_value tw_self_value(struct tw_tpl *t); /* `self`, whose attributes are the blocks */
enum tw_rc tw_exec_block(struct tw_tpl *t, const struct tw_node *n);
enum tw_rc tw_exec_root(struct tw_tpl *t, struct tw_template *tpl, struct tw_chain *chain);
