/* Values with templates in them: an operator's template fields. */
#include "template/eval.h"

struct rv {
	struct tw_tpl_env *env;
	const struct tw_render_opts *opts;
	struct tw_arena *a;
	struct tw_err *err;
	int depth;
};

static bool is_file(const struct rv *r, struct tw_str s)
{
	for (size_t i = 0; r->opts && i < r->opts->next; i++) {
		struct tw_str e = r->opts->template_ext[i];

		if (s.n >= e.n && memcmp(s.p + s.n - e.n, e.p, e.n) == 0)
			return true;
	}
	return false;
}

/* The loader speaks to a render; a file that is a whole field has none of its own yet. */
static enum tw_rc load_file(struct rv *r, struct tw_str name, struct tw_str *ret)
{
	struct tw_template none = {0};
	struct tw_err local;
	struct tw_tpl t = {.env = r->env, .a = r->a, .err = r->err ? r->err : &local, .tpl = &none};
	enum tw_rc rc;

	if (!r->env->load)
		return tw_err_set(r->err, TW_ERR_UNSUPPORTED,
				  "'" TW_STR_FMT "' is a file, and there is no loader",
				  TW_STR_ARG(name));
	rc = r->env->load(r->env->ud, &t, name, ret, r->err);
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	r->env->fault = (struct tw_tpl_fault){TW_TPL_FAULT_RUNTIME, "TemplateNotFound", 0};
	return tw_err_set(r->err, TW_ERR_INVALID, TW_STR_FMT, TW_STR_ARG(name));
}

static enum tw_rc render_text(struct rv *r, struct tw_value v, struct tw_value *ret)
{
	TW_AUTO(tw_template_unrefp) struct tw_template *tpl = NULL;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str text = v.s, name = TW_STR("");
	bool native = r->opts && r->opts->native;

	if (is_file(r, v.s)) {
		name = v.s;
		TW_TRY(load_file(r, v.s, &text));
	} else if (!native && !memchr(text.p, '{', text.n) && !memchr(text.p, '\r', text.n) &&
		   !(text.n && text.p[text.n - 1] == '\n')) {
		*ret = v;
		return TW_OK;
	}
	TW_TRY(tw_template_compile(name, text, r->env->flags, &tpl, &r->env->fault, r->err));
	if (native)
		return tw_template_render_native(tpl, r->env, r->a, ret, r->err);
	TW_TRY(tw_template_render(tpl, r->env, r->a, &b, r->err));
	*ret = tw_v_str(tw_str_copy(r->a, tw_buf_str(&b)));
	return TW_OK;
}

static enum tw_rc render(struct rv *r, struct tw_value v, struct tw_value *ret);

static enum tw_rc render_list(struct rv *r, struct tw_value v, struct tw_value *ret)
{
	struct tw_value l = tw_v_list(r->a), x;

	l.kind = v.kind;
	for (size_t i = 0; i < v.list->n; i++) {
		TW_TRY(render(r, v.list->v[i], &x));
		tw_list_push(r->a, l, x);
	}
	*ret = l;
	return TW_OK;
}

static enum tw_rc render_map(struct rv *r, struct tw_value v, struct tw_value *ret)
{
	struct tw_value m = tw_v_map(r->a), x;

	for (size_t i = 0; i < v.map->n; i++) {
		TW_TRY(render(r, v.map->v[i].value, &x));
		tw_map_put_key(r->a, m, v.map->v[i].key, x);
	}
	*ret = m;
	return TW_OK;
}

static enum tw_rc render(struct rv *r, struct tw_value v, struct tw_value *ret)
{
	enum tw_rc rc = TW_OK;

	if (++r->depth > 200)
		return tw_err_set(r->err, TW_ERR_LIMIT, "the value is nested too deeply");
	switch (v.kind) {
	case TW_V_STR:
		rc = render_text(r, v, ret);
		break;
	case TW_V_LIST:
	case TW_V_TUPLE:
		rc = render_list(r, v, ret);
		break;
	case TW_V_MAP:
		rc = render_map(r, v, ret);
		break;
	default:
		*ret = v;
	}
	r->depth--;
	return rc;
}

enum tw_rc tw_render_value(struct tw_tpl_env *env, const struct tw_render_opts *opts,
			   struct tw_value v, struct tw_arena *arena, struct tw_value *ret_v,
			   struct tw_err *err)
{
	struct rv r = {.env = env, .opts = opts, .a = arena, .err = err};
	struct tw_value out;

	TW_TRY(render(&r, v, &out));
	*ret_v = out;
	return TW_OK;
}
