#include "template/eval.h"
#include "template/native.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- failing ---- */

static enum tw_rc fault(struct tw_tpl *t, enum tw_rc rc, enum tw_tpl_fault_kind kind,
			const char *exception, const char *fmt, va_list ap)
{
	char msg[700];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	t->env->fault = (struct tw_tpl_fault){kind, exception, t->line};
	return tw_err_set(t->err, rc, "%s", msg);
}

enum tw_rc tw_tpl_raise(struct tw_tpl *t, const char *exception, const char *fmt, ...)
{
	va_list ap;
	enum tw_rc rc;
	enum tw_tpl_fault_kind kind = TW_TPL_FAULT_RUNTIME;

	if (strcmp(exception, "UndefinedError") == 0)
		kind = TW_TPL_FAULT_UNDEFINED;
	else if (strcmp(exception, "SecurityError") == 0)
		kind = TW_TPL_FAULT_SECURITY;
	else if (strcmp(exception, "TemplateSyntaxError") == 0)
		kind = TW_TPL_FAULT_SYNTAX;
	va_start(ap, fmt);
	rc = fault(t, TW_ERR_INVALID, kind, exception, fmt, ap);
	va_end(ap);
	return rc;
}

enum tw_rc tw_tpl_unsupported(struct tw_tpl *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fault(t, TW_ERR_UNSUPPORTED, TW_TPL_FAULT_NONE, NULL, fmt, ap);
	va_end(ap);
	return tw_err_wrap(t->err, "line %d", t->line);
}

enum tw_rc tw_tpl_pending(struct tw_tpl *t, const char *fmt, ...)
{
	va_list ap;
	enum tw_rc rc;

	va_start(ap, fmt);
	rc = fault(t, TW_ERR_AGAIN, TW_TPL_FAULT_NONE, NULL, fmt, ap);
	va_end(ap);
	return rc;
}

enum tw_rc tw_tpl_fail(struct tw_tpl *t, enum tw_rc rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fault(t, rc, rc == TW_ERR_INVALID ? TW_TPL_FAULT_RUNTIME : TW_TPL_FAULT_NONE,
	      rc == TW_ERR_INVALID ? "Exception" : NULL, fmt, ap);
	va_end(ap);
	return rc;
}

struct tw_arena *tw_tpl_arena(struct tw_tpl *t)
{
	return t->a;
}

/* ---- budgets ---- */

enum tw_rc tw_tpl_steps(struct tw_tpl *t, uint64_t n)
{
	t->steps += n;
	if (t->steps > t->max_steps)
		return tw_tpl_fail(t, TW_ERR_LIMIT, "the template takes too many steps (over %llu)",
				   (unsigned long long)t->max_steps);
	return TW_OK;
}

enum tw_rc tw_tpl_room(struct tw_tpl *t, size_t bytes)
{
	size_t used = t->a->used - t->memory_from;

	if (bytes > t->max_memory || used > t->max_memory - bytes)
		return tw_tpl_fail(t, TW_ERR_LIMIT, "the template takes too much memory (over %zu)",
				   t->max_memory);
	return TW_OK;
}

enum tw_rc tw_tpl_enter(struct tw_tpl *t)
{
	if (t->depth >= t->max_depth)
		return tw_tpl_fail(t, TW_ERR_LIMIT, "the template is nested too deeply (over %d)",
				   t->max_depth);
	t->depth++;
	return tw_tpl_room(t, 0);
}

/* ---- scopes ---- */

struct tw_scope *tw_scope_new(struct tw_tpl *t, struct tw_scope *parent)
{
	struct tw_scope *s = tw_arena_new(t->a, struct tw_scope);

	s->parent = parent;
	return s;
}

static struct tw_var *scope_find(struct tw_scope *s, struct tw_str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].name.n == name.n && memcmp(s->v[i].name.p, name.p, name.n) == 0)
			return &s->v[i];
	return NULL;
}

static void scope_add(struct tw_tpl *t, struct tw_scope *s, struct tw_str name, struct tw_value v)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 4;
		struct tw_var *vars = tw_arena_alloc(t->a, cap * sizeof(*vars));

		if (s->n)
			memcpy(vars, s->v, s->n * sizeof(*vars));
		s->v = vars;
		s->cap = cap;
	}
	s->v[s->n++] = (struct tw_var){name, v};
}

void tw_scope_set(struct tw_tpl *t, struct tw_scope *s, struct tw_str name, struct tw_value v)
{
	struct tw_var *var = scope_find(s, name);

	t->steps += s->n / 16;
	if (var)
		var->value = v;
	else
		scope_add(t, s, name, v);
}

void tw_scope_empty(struct tw_tpl *t, struct tw_scope *s, const struct tw_names *names)
{
	bool fresh = s->n == 0; /* the names are all different */

	for (size_t i = 0; i < names->n; i++)
		if (fresh || !scope_find(s, names->v[i]))
			scope_add(t, s, names->v[i], (struct tw_value){.kind = TW_V_ABSENT});
}

static struct tw_value undefined_name(struct tw_tpl *t, struct tw_str name)
{
	return tw_tpl_undef(t, "'" TW_STR_FMT "' is undefined", TW_STR_ARG(name));
}

enum tw_rc tw_resolve(struct tw_tpl *t, struct tw_str name, struct tw_value *ret)
{
	bool context = true, inside = true;
	enum tw_rc rc;

	for (struct tw_scope *s = t->scope; s; s = s->parent) {
		struct tw_var *var = scope_find(s, name);

		t->steps += s->n / 16;
		if (var && tw_v_given(var->value)) {
			*ret = var->value;
			return TW_OK;
		}
		if (var && inside) {
			*ret = undefined_name(t, name);
			return TW_OK;
		}
		inside &= !s->boundary;
		if (s->no_context) {
			context = false;
			break;
		}
	}
	if (tw_str_is(name, "self")) {
		*ret = tw_self_value(t);
		return TW_OK;
	}
	if (context && t->env->lookup) {
		rc = t->env->lookup(t->env->ud, t, name, ret, t->err);
		if (rc != TW_ERR_NOT_FOUND)
			return rc;
	}
	rc = tw_global_find(t, name, ret);
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	*ret = undefined_name(t, name);
	return TW_OK;
}

/* ---- assignment ---- */

static enum tw_rc unpack(struct tw_tpl *t, const struct tw_node *target, struct tw_value v)
{
	struct tw_list items;

	if (v.kind != TW_V_UNDEFINED && !tw_tpl_iterable(v))
		return tw_tpl_raise(t, "TypeError", "cannot unpack non-iterable %s object",
				    tw_type_name(v));
	TW_TRY(tw_tpl_iter(t, v, &items));
	if (items.n < target->kids.n)
		return tw_tpl_raise(t, "ValueError",
				    "not enough values to unpack (expected %zu, got %zu)",
				    target->kids.n, items.n);
	if (items.n > target->kids.n)
		return tw_tpl_raise(t, "ValueError", "too many values to unpack (expected %zu)",
				    target->kids.n);
	for (size_t i = 0; i < items.n; i++)
		TW_TRY(tw_assign(t, target->kids.v[i], items.v[i]));
	return TW_OK;
}

enum tw_rc tw_assign(struct tw_tpl *t, const struct tw_node *target, struct tw_value v)
{
	struct tw_value ns;

	switch (target->kind) {
	case N_NAME:
		tw_scope_set(t, t->scope, target->name, v);
		return TW_OK;
	case N_TUPLE:
		return unpack(t, target, v);
	default:
		TW_ASSERT(target->kind == N_NSREF);
		TW_TRY(tw_resolve(t, target->name, &ns));
		return tw_namespace_set(t, ns, target->text, v);
	}
}

/* ---- output ---- */

enum tw_rc tw_emit(struct tw_tpl *t, struct tw_str s)
{
	if (t->muted)
		return TW_OK;
	if (t->native)
		return tw_native_push(t, tw_v_str(s));
	if (s.n > t->max_output || t->out->n > t->max_output - s.n)
		return tw_tpl_fail(t, TW_ERR_LIMIT, "the template's output is over %zu bytes",
				   t->max_output);
	tw_buf_addstr(t->out, s);
	return TW_OK;
}

enum tw_rc tw_emit_value(struct tw_tpl *t, struct tw_value v)
{
	struct tw_str s;

	if (t->native && !t->muted)
		return tw_native_push(t, v);
	if (t->autoescape) {
		TW_TRY(tw_tpl_escaped(t, v, &s));
		return tw_emit(t, s);
	}
	if (v.kind == TW_V_STR)
		return tw_emit(t, v.s);
	TW_TRY(tw_tpl_text(t, v, &s));
	return tw_emit(t, s);
}

enum tw_rc tw_check_pieces(struct tw_tpl *t)
{
	if (!t->bad_piece)
		return TW_OK;
	return tw_tpl_raise(t, "TypeError", "sequence item: expected str instance, %s found",
			    t->bad_piece);
}

enum tw_rc tw_exec_capture(struct tw_tpl *t, const struct tw_nodes *l, struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_buf *out = t->out;
	struct tw_native *native = t->native;
	const char *bad_piece = t->bad_piece;
	bool muted = t->muted;
	enum tw_rc rc;

	TW_TRY(tw_native_capture(t));
	t->out = &b;
	t->native = NULL;
	t->muted = false;
	t->bad_piece = NULL;
	rc = tw_exec(t, l);
	if (rc == TW_OK)
		rc = tw_check_pieces(t);
	t->bad_piece = bad_piece;
	t->out = out;
	t->native = native;
	t->muted = muted;
	if (rc == TW_OK)
		rc = tw_tpl_room(t, b.n);
	if (rc != TW_OK)
		return rc;
	*ret = tw_v_markup(tw_tpl_mkstr(t, &b), t->autoescape);
	return TW_OK;
}

/* ---- statements ---- */

static enum tw_rc exec_output(struct tw_tpl *t, const struct tw_node *n)
{
	for (size_t i = 0; i < n->kids.n; i++) {
		struct tw_value v;

		t->line = n->kids.v[i]->line;
		TW_TRY(tw_eval(t, n->kids.v[i], &v));
		TW_TRY(tw_emit_value(t, v));
	}
	return TW_OK;
}

static enum tw_rc exec_if(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_value v;
	bool yes;

	for (;;) {
		TW_TRY(tw_eval(t, n->a, &v));
		TW_TRY(tw_tpl_truth(t, v, &yes));
		if (yes || !tw_is_elif(n))
			return tw_exec(t, yes ? &n->body : &n->other);
		n = n->other.v[0];
		t->line = n->line;
	}
}

/* Runs the body of n in a scope of its own. */
static enum tw_rc exec_scoped(struct tw_tpl *t, const struct tw_node *n, struct tw_value *ret)
{
	struct tw_scope *outer = t->scope;
	enum tw_rc rc;

	t->scope = tw_scope_new(t, outer);
	tw_scope_empty(t, t->scope, &n->empty);
	rc = tw_exec_capture(t, &n->body, ret);
	t->scope = outer;
	return rc;
}

static enum tw_rc exec_set_block(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_value v;

	TW_TRY(exec_scoped(t, n, &v));
	if (n->b)
		TW_TRY(tw_eval_filter(t, n->b, v, &v));
	return tw_assign(t, n->a, v);
}

static enum tw_rc exec_filter_block(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_value v;

	TW_TRY(exec_scoped(t, n, &v));
	TW_TRY(tw_eval_filter(t, n->b, v, &v));
	if (v.kind != TW_V_STR) {
		t->bad_piece = tw_type_name(v);
		return TW_OK;
	}
	return tw_emit_value(t, v);
}

static enum tw_rc exec_with(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_scope *outer = t->scope, *inner = tw_scope_new(t, outer);
	enum tw_rc rc = TW_OK;

	for (size_t i = 0; rc == TW_OK && i < n->kids.n; i += 2) {
		struct tw_value v;

		rc = tw_eval(t, n->kids.v[i + 1], &v);
		t->scope = inner;
		if (rc == TW_OK)
			rc = tw_assign(t, n->kids.v[i], v);
		t->scope = outer;
	}
	t->scope = inner;
	tw_scope_empty(t, inner, &n->empty);
	if (rc == TW_OK)
		rc = tw_exec(t, &n->body);
	t->scope = outer;
	return rc;
}

static enum tw_rc exec_autoescape(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_scope *outer = t->scope;
	bool was = t->autoescape;
	struct tw_value v;
	enum tw_rc rc;

	TW_TRY(tw_eval(t, n->a, &v));
	TW_TRY(tw_tpl_truth(t, v, &t->autoescape));
	t->scope = tw_scope_new(t, outer);
	tw_scope_empty(t, t->scope, &n->empty);
	rc = tw_exec(t, &n->body);
	t->scope = outer;
	t->autoescape = was;
	return rc;
}

static enum tw_rc exec_node(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_value v;

	switch ((enum tw_node_kind)n->kind) {
	case N_DATA:
		return tw_emit(t, n->text);
	case N_OUTPUT:
		return exec_output(t, n);
	case N_IF:
		return exec_if(t, n);
	case N_FOR:
		return tw_exec_for(t, n);
	case N_SET:
		TW_TRY(tw_eval(t, n->b, &v));
		return tw_assign(t, n->a, v);
	case N_SETBLOCK:
		return exec_set_block(t, n);
	case N_MACRO:
		tw_scope_set(t, t->scope, n->macro->name, tw_macro_new(t, n->macro));
		return TW_OK;
	case N_CALLBLOCK:
		return tw_exec_call_block(t, n);
	case N_FILTERBLOCK:
		return exec_filter_block(t, n);
	case N_WITH:
		return exec_with(t, n);
	case N_AUTOESCAPE:
		return exec_autoescape(t, n);
	case N_INCLUDE:
		return tw_exec_include(t, n);
	case N_IMPORT:
		return tw_exec_import(t, n);
	case N_FROM:
		return tw_exec_from(t, n);
	case N_EXTENDS:
		return tw_exec_extends(t, n);
	case N_BLOCK:
		return tw_exec_block(t, n);
	case N_DO:
		return tw_eval(t, n->a, &v);
	case N_BREAK:
		t->flow = TW_FLOW_BREAK;
		return TW_OK;
	case N_CONTINUE:
		t->flow = TW_FLOW_CONTINUE;
		return TW_OK;
	default:
		TW_ASSERT(!"an expression where a statement should be");
		return TW_ERR_INVALID;
	}
}

enum tw_rc tw_exec(struct tw_tpl *t, const struct tw_nodes *l)
{
	TW_TRY(tw_tpl_enter(t));
	for (size_t i = 0; i < l->n && t->flow == TW_FLOW_NEXT; i++) {
		TW_TRY(tw_tpl_step(t));
		t->line = l->v[i]->line;
		TW_TRY(exec_node(t, l->v[i]));
	}
	t->depth--;
	return TW_OK;
}
