/* Macros and call blocks. */
#include "template/eval.h"

struct macro {
	struct tw_object o;
	struct tw_macro_def *def;
	struct tw_template *tpl;
	struct tw_chain *chain;
	struct tw_scope *scope; /* where it was defined */
	bool autoescape;
};

/* What is left of the keyword arguments when the parameters have taken theirs. */
struct leftover {
	struct tw_value kwargs; /* a map */
	struct tw_value caller;
};

static enum tw_rc take_kwargs(struct tw_tpl *t, struct macro *m, const struct tw_args *args,
			      struct tw_value *params, struct leftover *rest)
{
	rest->kwargs = tw_tpl_new_map(t);
	rest->caller = (struct tw_value){.kind = TW_V_ABSENT};
	for (size_t i = 0; i < args->nkw; i++) {
		struct tw_str name = args->kw[i].name;
		size_t k = 0;

		while (k < m->def->nparams && !tw_str_eq(m->def->params[k], name))
			k++;
		if (k < m->def->nparams && !tw_v_given(params[k])) {
			params[k] = args->kw[i].value;
			continue;
		}
		if (tw_str_is(name, "caller") && m->def->uses_caller && !m->def->explicit_caller) {
			rest->caller = args->kw[i].value;
			continue;
		}
		if (!m->def->uses_kwargs) {
			if (tw_str_is(name, "caller"))
				return tw_tpl_raise(t, "TypeError",
						    "macro '" TW_STR_FMT "' was invoked with two "
						    "values for the special caller argument. This "
						    "is most likely a bug.",
						    TW_STR_ARG(m->def->name));
			return tw_tpl_raise(t, "TypeError",
					    "macro '" TW_STR_FMT "' takes no keyword argument "
					    "'" TW_STR_FMT "'",
					    TW_STR_ARG(m->def->name), TW_STR_ARG(name));
		}
		tw_map_put(t->a, rest->kwargs, name, args->kw[i].value);
	}
	return TW_OK;
}

/* Sets the parameters in the macro's scope; defaults may use those before them. */
static enum tw_rc set_params(struct tw_tpl *t, struct macro *m, const struct tw_value *params)
{
	size_t first_default = m->def->nparams - m->def->defaults.n;

	for (size_t i = 0; i < m->def->nparams; i++) {
		struct tw_value v = params[i];

		if (!tw_v_given(v)) {
			if (i >= first_default)
				TW_TRY(tw_eval(t, m->def->defaults.v[i - first_default], &v));
			else
				v = tw_tpl_undef(t, "parameter '" TW_STR_FMT "' was not provided",
						 TW_STR_ARG(m->def->params[i]));
		}
		tw_scope_set(t, t->scope, m->def->params[i], v);
	}
	return TW_OK;
}

static enum tw_rc bind(struct tw_tpl *t, struct macro *m, const struct tw_args *args)
{
	size_t n = m->def->nparams;
	struct tw_value *params = tw_arena_alloc(t->a, (n + 1) * sizeof(*params));
	struct tw_value more = tw_tpl_new_tuple(t, 0);
	struct leftover rest;

	for (size_t i = 0; i < n; i++)
		params[i] = i < args->npos ? args->pos[i] : (struct tw_value){.kind = TW_V_ABSENT};
	TW_TRY(take_kwargs(t, m, args, params, &rest));
	if (args->npos > n && !m->def->uses_varargs)
		return tw_tpl_raise(t, "TypeError",
				    "macro '" TW_STR_FMT "' takes not more than %zu argument(s)",
				    TW_STR_ARG(m->def->name), n);
	for (size_t i = n; i < args->npos; i++)
		tw_list_push(t->a, more, args->pos[i]);
	if (m->def->uses_caller && !m->def->explicit_caller)
		tw_scope_set(t, t->scope, TW_STR("caller"),
			     tw_v_given(rest.caller) ? rest.caller
						     : tw_tpl_undef(t, "No caller defined"));
	if (m->def->uses_kwargs)
		tw_scope_set(t, t->scope, TW_STR("kwargs"), rest.kwargs);
	if (m->def->uses_varargs)
		tw_scope_set(t, t->scope, TW_STR("varargs"), more);
	return set_params(t, m, params);
}

static enum tw_rc macro_call(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
			     struct tw_value *ret)
{
	struct macro *m = (struct macro *)o;
	struct tw_scope *scope = t->scope;
	struct tw_template *tpl = t->tpl;
	struct tw_chain *chain = t->chain;
	bool autoescape = t->autoescape;
	enum tw_rc rc;

	t->scope = tw_scope_new(t, m->scope);
	t->tpl = m->tpl;
	t->chain = m->chain;
	t->autoescape = m->autoescape;
	rc = bind(t, m, args);
	tw_scope_empty(t, t->scope, &m->def->empty);
	if (rc == TW_OK)
		rc = tw_exec_capture(t, &m->def->body, ret);
	t->scope = scope;
	t->tpl = tpl;
	t->chain = chain;
	t->autoescape = autoescape;
	return rc;
}

static enum tw_rc macro_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				struct tw_value *ret)
{
	struct macro *m = (struct macro *)o;

	if (tw_str_is(name, "name")) {
		*ret = tw_v_str(m->def->name);
	} else if (tw_str_is(name, "arguments")) {
		*ret = tw_tpl_new_tuple(t, m->def->nparams);
		for (size_t i = 0; i < m->def->nparams; i++)
			tw_list_push(t->a, *ret, tw_v_str(m->def->params[i]));
	} else if (tw_str_is(name, "catch_kwargs")) {
		*ret = tw_v_bool(m->def->uses_kwargs);
	} else if (tw_str_is(name, "catch_varargs")) {
		*ret = tw_v_bool(m->def->uses_varargs);
	} else if (tw_str_is(name, "caller")) {
		*ret = tw_v_bool(m->def->uses_caller);
	} else {
		return TW_ERR_NOT_FOUND;
	}
	return TW_OK;
}

static enum tw_rc macro_repr(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	tw_buf_adds(out, "<Macro ");
	tw_repr_str(out, ((struct macro *)o)->def->name);
	tw_buf_addc(out, '>');
	return TW_OK;
}

static const struct tw_object_type macro_type = {
	.name = "Macro",
	.call = macro_call,
	.getattr = macro_getattr,
	.str = macro_repr,
	.repr = macro_repr,
};

struct tw_value tw_macro_new(struct tw_tpl *t, struct tw_macro_def *def)
{
	struct macro *m = tw_arena_new(t->a, struct macro);

	m->o.type = &macro_type;
	m->def = def;
	m->tpl = t->tpl;
	m->chain = t->chain;
	m->scope = t->scope;
	m->autoescape = t->autoescape;
	return tw_v_object(&m->o);
}

enum tw_rc tw_exec_call_block(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_value callee, v;
	struct tw_args args;
	struct tw_kwarg *kw;

	TW_TRY(tw_eval(t, n->a->a, &callee));
	TW_TRY(tw_eval_args(t, n->a->args, &args));
	kw = tw_arena_alloc(t->a, (args.nkw + 1) * sizeof(*kw));
	if (args.nkw)
		memcpy(kw, args.kw, args.nkw * sizeof(*kw));
	for (size_t i = 0; i < args.nkw; i++)
		if (tw_str_is(kw[i].name, "caller"))
			return tw_tpl_raise(t, "TypeError",
					    "got multiple values for keyword argument 'caller'");
	kw[args.nkw++] = (struct tw_kwarg){TW_STR("caller"), tw_macro_new(t, n->macro)};
	args.kw = kw;
	TW_TRY(tw_tpl_call(t, callee, &args, &v));
	return tw_emit_value(t, v);
}
