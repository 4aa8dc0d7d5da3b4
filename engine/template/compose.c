/* Templates made of several: include, import, extends and blocks. */
#include "template/native.h"

/* ---- loading ---- */

static enum tw_rc compile_loaded(struct tw_tpl *t, struct tw_str name, struct tw_str text,
				 struct tw_template **ret)
{
	struct tw_tpl_fault fault = {0};
	enum tw_rc rc = tw_template_compile(name, text, t->tpl->flags, ret, &fault, t->err);

	if (rc != TW_OK) {
		t->env->fault = fault;
		return rc;
	}
	tw_vec_push(&t->loaded, *ret);
	return TW_OK;
}

/* TW_ERR_NOT_FOUND, without a message, when there is no such template. */
static enum tw_rc load_one(struct tw_tpl *t, struct tw_str name, struct tw_template **ret)
{
	struct tw_str text;
	enum tw_rc rc;

	for (size_t i = 0; i < t->loaded.n; i++)
		if (tw_str_eq(t->loaded.v[i]->name, name)) {
			*ret = t->loaded.v[i];
			return TW_OK;
		}
	if (!t->env->load)
		return tw_tpl_raise(t, "TypeError", "no loader for this environment specified");
	rc = t->env->load(t->env->ud, t, name, &text, t->err);
	if (rc != TW_OK)
		return rc;
	return compile_loaded(t, name, text, ret);
}

static enum tw_rc not_found(struct tw_tpl *t, struct tw_value name)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	if (name.kind == TW_V_STR)
		return tw_tpl_raise(t, "TemplateNotFound", TW_STR_FMT, TW_STR_ARG(name.s));
	for (size_t i = 0; i < name.list->n; i++) {
		if (i)
			tw_buf_adds(&b, ", ");
		TW_TRY(tw_tpl_str(t, name.list->v[i], &b));
	}
	return tw_tpl_raise(t, "TemplatesNotFound", "none of the templates given were found: %s",
			    tw_buf_cstr(&b));
}

static enum tw_rc load(struct tw_tpl *t, const struct tw_node *n, bool many, bool optional,
		       struct tw_template **ret)
{
	struct tw_value name;
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	TW_TRY(tw_eval(t, n, &name));
	if (name.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, name);
	if (name.kind == TW_V_STR) {
		rc = load_one(t, name.s, ret);
	} else if (many && (name.kind == TW_V_LIST || name.kind == TW_V_TUPLE)) {
		for (size_t i = 0; rc == TW_ERR_NOT_FOUND && i < name.list->n; i++) {
			if (name.list->v[i].kind != TW_V_STR)
				return tw_tpl_unsupported(t,
							  "a template that is not named by text");
			rc = load_one(t, name.list->v[i].s, ret);
		}
	} else {
		return tw_tpl_unsupported(t, "a template that is not named by text");
	}
	if (rc == TW_ERR_NOT_FOUND && !optional)
		return not_found(t, name);
	return rc;
}

/* ---- roots ---- */

static void add_blocks(struct tw_tpl *t, struct tw_chain *chain, struct tw_template *tpl)
{
	for (size_t i = 0; i < tpl->blocks.n; i++) {
		struct tw_node *node = tpl->blocks.v[i];
		struct tw_block_ref *ref = tw_arena_new(t->a, struct tw_block_ref), *first;

		ref->node = node;
		ref->tpl = tpl;
		first = tw_map_get(&chain->blocks, node->name);
		if (!first) {
			tw_map_set(&chain->blocks, node->name, ref);
			continue;
		}
		while (first->super)
			first = first->super;
		first->super = ref;
	}
}

static enum tw_rc exec_chain(struct tw_tpl *t, struct tw_template *tpl, struct tw_chain *chain)
{
	while (tpl) {
		chain->parent = NULL;
		t->muted = false;
		t->tpl = tpl;
		t->autoescape = tpl->flags & TW_TPL_AUTOESCAPE;
		add_blocks(t, chain, tpl);
		tw_scope_empty(t, chain->root, &tpl->empty);
		TW_TRY(tw_exec(t, &tpl->root));
		tpl = chain->parent;
		TW_TRY(tw_tpl_steps(t, 1));
	}
	return TW_OK;
}

enum tw_rc tw_exec_root(struct tw_tpl *t, struct tw_template *tpl, struct tw_chain *chain)
{
	struct tw_template *outer_tpl = t->tpl;
	struct tw_chain *outer_chain = t->chain;
	struct tw_scope *outer_scope = t->scope;
	bool autoescape = t->autoescape, muted = t->muted;
	enum tw_rc rc;

	TW_TRY(tw_tpl_enter(t));
	t->chain = chain;
	t->scope = chain->root;
	rc = exec_chain(t, tpl, chain);
	tw_map_release(&chain->blocks);
	t->tpl = outer_tpl;
	t->chain = outer_chain;
	t->scope = outer_scope;
	t->autoescape = autoescape;
	t->muted = muted;
	t->depth--;
	return rc;
}

/* A new set of names for a template that is included or imported. */
static struct tw_chain *chain_new(struct tw_tpl *t, bool with_context)
{
	struct tw_chain *c = tw_arena_new(t->a, struct tw_chain);

	c->root = tw_scope_new(t, with_context ? t->scope : NULL);
	c->root->no_context = !with_context;
	c->root->boundary = true;
	return c;
}

enum tw_rc tw_exec_include(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_template *tpl;
	enum tw_rc rc;

	if (t->muted)
		return tw_tpl_unsupported(t, "an include beside the blocks of a child template");
	rc = load(t, n->a, true, n->op, &tpl);
	if (rc == TW_ERR_NOT_FOUND)
		return TW_OK;
	if (rc != TW_OK)
		return rc;
	return tw_exec_root(t, tpl, chain_new(t, n->ctx));
}

/* ---- modules ---- */

struct module {
	struct tw_object o;
	struct tw_str name;
	struct tw_scope *scope;
	struct tw_str text;
};

static enum tw_rc module_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				 struct tw_value *ret)
{
	struct module *m = (struct module *)o;

	for (size_t i = 0; i < m->scope->n; i++)
		if (tw_str_eq(m->scope->v[i].name, name)) {
			if (name.p[0] == '_' || !tw_v_given(m->scope->v[i].value))
				break;
			*ret = m->scope->v[i].value;
			return TW_OK;
		}
	*ret = tw_tpl_undef(t,
			    "'jinja2.environment.TemplateModule object' has no attribute "
			    "'" TW_STR_FMT "'",
			    TW_STR_ARG(name));
	return TW_OK;
}

static enum tw_rc module_str(struct tw_tpl *t, struct tw_object *o, struct tw_buf *out)
{
	tw_buf_addstr(out, ((struct module *)o)->text);
	return TW_OK;
}

static const struct tw_object_type module_type = {
	.name = "TemplateModule",
	.getattr = module_getattr,
	.str = module_str,
};

static enum tw_rc import(struct tw_tpl *t, const struct tw_node *n, struct module **ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct module *m = tw_arena_new(t->a, struct module);
	struct tw_chain *chain = chain_new(t, n->ctx);
	struct tw_buf *out = t->out;
	struct tw_template *tpl;
	enum tw_rc rc;

	TW_TRY(tw_native_capture(t));
	TW_TRY(load(t, n->a, false, false, &tpl));
	t->out = &b;
	rc = tw_exec_root(t, tpl, chain);
	t->out = out;
	if (rc != TW_OK)
		return rc;
	m->o.type = &module_type;
	m->name = tpl->name;
	m->scope = chain->root;
	m->text = tw_str_copy(t->a, tw_buf_str(&b));
	*ret = m;
	return TW_OK;
}

enum tw_rc tw_exec_import(struct tw_tpl *t, const struct tw_node *n)
{
	struct module *m;

	TW_TRY(import(t, n, &m));
	tw_scope_set(t, t->scope, n->name, tw_v_object(&m->o));
	return TW_OK;
}

enum tw_rc tw_exec_from(struct tw_tpl *t, const struct tw_node *n)
{
	struct module *m;

	TW_TRY(import(t, n, &m));
	for (size_t i = 0; i < n->kids.n; i += 2) {
		struct tw_str name = n->kids.v[i]->value.s;
		struct tw_value v;

		TW_TRY(module_getattr(t, &m->o, name, &v));
		if (v.kind == TW_V_UNDEFINED)
			v = tw_tpl_undef(t,
					 "the template '" TW_STR_FMT
					 "' (imported on line %d%s%s%s) does not export the "
					 "requested name '" TW_STR_FMT "'",
					 TW_STR_ARG(m->name), n->line,
					 t->tpl->name.n ? " in '" : "", t->tpl->name.p,
					 t->tpl->name.n ? "'" : "", TW_STR_ARG(name));
		tw_scope_set(t, t->scope, n->kids.v[i + 1]->value.s, v);
	}
	return TW_OK;
}

/* ---- inheritance ---- */

enum tw_rc tw_exec_extends(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_template *tpl;

	if (t->scope != t->chain->root)
		return tw_tpl_unsupported(t, "extends inside of another block");
	if (t->chain->parent)
		return tw_tpl_raise(t, "TemplateRuntimeError", "extended multiple times");
	TW_TRY(load(t, n->a, true, false, &tpl));
	t->chain->parent = tpl;
	t->muted = true;
	return TW_OK;
}

static enum tw_rc run_block(struct tw_tpl *t, struct tw_block_ref *ref, struct tw_scope *scope);

/* super() and self.name() */
struct block_fn {
	struct tw_object o;
	struct tw_block_ref *ref;
};

static enum tw_rc block_call(struct tw_tpl *t, struct tw_object *o, const struct tw_args *args,
			     struct tw_value *ret)
{
	struct block_fn *f = (struct block_fn *)o;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_buf *out = t->out;
	bool muted = t->muted;
	enum tw_rc rc;

	if (args->npos || args->nkw)
		return tw_tpl_raise(t, "TypeError", "a block takes no arguments");
	TW_TRY(tw_native_capture(t));
	t->out = &b;
	t->muted = false;
	rc = run_block(t, f->ref, t->chain->root);
	t->out = out;
	t->muted = muted;
	if (rc == TW_OK)
		*ret = tw_v_markup(tw_tpl_mkstr(t, &b), t->autoescape);
	return rc;
}

static enum tw_rc block_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				struct tw_value *ret);

static const struct tw_object_type block_type = {
	.name = "BlockReference",
	.call = block_call,
	.getattr = block_getattr,
};

static struct tw_value block_value(struct tw_tpl *t, struct tw_block_ref *ref)
{
	struct block_fn *f = tw_arena_new(t->a, struct block_fn);

	f->o.type = &block_type;
	f->ref = ref;
	return tw_v_object(&f->o);
}

static struct tw_value super_value(struct tw_tpl *t, struct tw_block_ref *ref)
{
	if (ref->super)
		return block_value(t, ref->super);
	return tw_tpl_undef(t, "there is no parent block called '" TW_STR_FMT "'.",
			    TW_STR_ARG(ref->node->name));
}

static enum tw_rc block_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
				struct tw_value *ret)
{
	if (!tw_str_is(name, "super"))
		return TW_ERR_NOT_FOUND;
	*ret = super_value(t, ((struct block_fn *)o)->ref);
	return TW_OK;
}

static enum tw_rc self_getattr(struct tw_tpl *t, struct tw_object *o, struct tw_str name,
			       struct tw_value *ret)
{
	struct tw_block_ref *ref = tw_map_get(&t->chain->blocks, name);

	if (!ref) {
		*ret = tw_tpl_undef(t,
				    "'jinja2.runtime.TemplateReference object' has no attribute "
				    "'" TW_STR_FMT "'",
				    TW_STR_ARG(name));
		return TW_OK;
	}
	*ret = block_value(t, ref);
	return TW_OK;
}

static const struct tw_object_type self_type = {
	.name = "TemplateReference",
	.getattr = self_getattr,
};

struct tw_value tw_self_value(struct tw_tpl *t)
{
	struct tw_object *self = tw_arena_new(t->a, struct tw_object);

	self->type = &self_type;
	return tw_v_object(self);
}

static enum tw_rc run_block(struct tw_tpl *t, struct tw_block_ref *ref, struct tw_scope *scope)
{
	struct tw_scope *outer = t->scope;
	struct tw_template *tpl = t->tpl;
	enum tw_rc rc;

	TW_TRY(tw_tpl_enter(t));
	if (ref->node->op & 2)
		return tw_tpl_raise(t, "TemplateRuntimeError",
				    "Required block '" TW_STR_FMT "' not found",
				    TW_STR_ARG(ref->node->name));
	t->scope = tw_scope_new(t, scope);
	t->scope->boundary = true;
	tw_scope_empty(t, t->scope, &ref->node->empty);
	t->tpl = ref->tpl;
	tw_scope_set(t, t->scope, TW_STR("super"), super_value(t, ref));
	rc = tw_exec(t, &ref->node->body);
	t->scope = outer;
	t->tpl = tpl;
	t->depth--;
	return rc;
}

enum tw_rc tw_exec_block(struct tw_tpl *t, const struct tw_node *n)
{
	struct tw_block_ref *ref;

	if (t->muted)
		return TW_OK;
	ref = tw_map_get(&t->chain->blocks, n->name);
	TW_ASSERT(ref);
	return run_block(t, ref, (n->op & 1) ? t->scope : t->chain->root);
}
