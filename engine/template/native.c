/* Native rendering. One piece is its value; text, and several pieces, are read as a literal. */
#include "template/native.h"

#include "template/literal.h"

/* Values that are plain data all through; others would not outlive the render. */
static bool plain(struct tw_value v, int depth)
{
	if (v.kind == TW_V_UNDEFINED || v.kind == TW_V_OBJECT || depth > 100)
		return false;
	if (v.kind == TW_V_LIST || v.kind == TW_V_TUPLE)
		for (size_t i = 0; i < v.list->n; i++)
			if (!plain(v.list->v[i], depth + 1))
				return false;
	if (v.kind == TW_V_MAP)
		for (size_t i = 0; i < v.map->n; i++)
			if (!plain(v.map->v[i].key, depth + 1) ||
			    !plain(v.map->v[i].value, depth + 1))
				return false;
	return true;
}

enum tw_rc tw_native_value(struct tw_tpl *t, struct tw_native *n, struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_value v;

	if (!n->pieces.n) {
		*ret = TW_NULL;
		return TW_OK;
	}
	v = n->pieces.v[0];
	if (n->pieces.n == 1 && v.kind != TW_V_STR) {
		if (!plain(v, 0))
			return tw_tpl_unsupported(t, "'%s' as a native value", tw_type_name(v));
		*ret = tw_value_copy(t->a, v); /* constants are the template's */
		return TW_OK;
	}
	for (size_t i = 0; i < n->pieces.n; i++) {
		TW_TRY(tw_tpl_str(t, n->pieces.v[i], &b));
		TW_TRY(tw_tpl_room(t, b.n));
	}
	*ret = tw_v_markup(tw_tpl_mkstr(t, &b), n->pieces.n == 1 && v.safe);
	if (tw_literal_eval(t, ret->s, ret) == TW_LITERAL_UNSURE)
		return tw_tpl_unsupported(t, "this text as a Python literal");
	return TW_OK;
}

enum tw_rc tw_native_capture(struct tw_tpl *t)
{
	if (!t->is_native)
		return TW_OK;
	return tw_tpl_unsupported(t, "macros, blocks and loops that are called, as native values");
}

enum tw_rc tw_native_push(struct tw_tpl *t, struct tw_value v)
{
	TW_TRY(tw_tpl_room(t, t->native->pieces.n * sizeof(v)));
	tw_vec_push(&t->native->pieces, v);
	return TW_OK;
}
