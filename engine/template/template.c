#include "template/template.h"

#include <stdlib.h>

#include "template/eval.h"
#include "template/native.h"

#define DEFAULT_STEPS 5000000
#define DEFAULT_MEMORY ((size_t)64 << 20)
#define DEFAULT_OUTPUT ((size_t)16 << 20)
#define DEFAULT_DEPTH 200

enum tw_rc tw_template_compile(struct tw_str name, struct tw_str text, unsigned flags,
			       struct tw_template **ret_tpl, struct tw_tpl_fault *fault,
			       struct tw_err *err)
{
	struct tw_template *tpl = tw_new(struct tw_template);
	enum tw_rc rc;

	atomic_init(&tpl->refs, 1);
	tpl->flags = flags;
	tpl->name = tw_str_copy(&tpl->arena, name.p ? name : TW_STR(""));
	rc = tw_tpl_parse(tpl, text, fault, err);
	if (rc != TW_OK) {
		tw_template_unref(tpl);
		return rc;
	}
	*ret_tpl = tpl;
	return TW_OK;
}

struct tw_template *tw_template_ref(struct tw_template *tpl)
{
	if (tpl)
		atomic_fetch_add(&tpl->refs, 1);
	return tpl;
}

void tw_template_unref(struct tw_template *tpl)
{
	if (!tpl || atomic_fetch_sub(&tpl->refs, 1) > 1)
		return;
	tw_arena_release(&tpl->arena);
	free(tpl);
}

void tw_template_unrefp(struct tw_template **tpl)
{
	tw_template_unref(*tpl);
}

bool tw_template_is_plain(const struct tw_template *tpl)
{
	return tpl->plain;
}

static void begin(struct tw_tpl *t, struct tw_template *tpl, struct tw_tpl_env *env,
		  struct tw_arena *arena, struct tw_buf *out, struct tw_err *err)
{
	const struct tw_tpl_limits *l = &env->limits;

	*t = (struct tw_tpl){.env = env, .a = arena, .err = err, .out = out, .tpl = tpl};
	t->autoescape = tpl->flags & TW_TPL_AUTOESCAPE;
	t->max_steps = l->steps ? l->steps : DEFAULT_STEPS;
	t->max_memory = l->memory ? l->memory : DEFAULT_MEMORY;
	t->max_output = (l->output ? l->output : DEFAULT_OUTPUT) + out->n;
	t->max_depth = l->depth ? l->depth : DEFAULT_DEPTH;
	t->memory_from = arena->used;
	env->fault = (struct tw_tpl_fault){0};
}

static enum tw_rc run(struct tw_tpl *t, struct tw_template *tpl)
{
	struct tw_chain chain = {0};
	enum tw_rc rc;

	chain.root = tw_scope_new(t, NULL);
	rc = tw_exec_root(t, tpl, &chain);
	if (rc == TW_OK)
		rc = tw_check_pieces(t);
	for (size_t i = 0; i < t->loaded.n; i++)
		tw_template_unref(t->loaded.v[i]);
	tw_vec_release(&t->loaded);
	tw_vec_release(&t->own);
	return rc;
}

enum tw_rc tw_template_render(struct tw_template *tpl, struct tw_tpl_env *env,
			      struct tw_arena *arena, struct tw_buf *out, struct tw_err *err)
{
	struct tw_err local;
	struct tw_tpl t;
	size_t before = out->n;
	enum tw_rc rc;

	begin(&t, tpl, env, arena, out, err ? err : &local);
	rc = run(&t, tpl);
	if (rc != TW_OK && out->p) {
		out->n = before;
		out->p[before] = 0;
	}
	return rc;
}

enum tw_rc tw_template_render_native(struct tw_template *tpl, struct tw_tpl_env *env,
				     struct tw_arena *arena, struct tw_value *ret_v,
				     struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	struct tw_native native = {0};
	struct tw_err local;
	struct tw_tpl t;
	enum tw_rc rc;

	begin(&t, tpl, env, arena, &out, err ? err : &local);
	t.native = &native;
	t.is_native = true;
	rc = run(&t, tpl);
	if (rc == TW_OK)
		rc = tw_native_value(&t, &native, ret_v);
	else if (rc == TW_ERR_INVALID && env->fault.kind == TW_TPL_FAULT_SECURITY)
		rc = tw_tpl_unsupported(&t, "what only the sandbox forbids");
	tw_vec_release(&native.pieces);
	tw_vec_release(&t.own);
	return rc;
}
