/*
 * render_template_as_native_obj: the pieces a template emits, and the value they make. Where Jinja
 * would make native values of inner pieces too (macros, block sets) we do not follow.
 */
#pragma once

#include "template/eval.h"

struct tw_native {
	TW_VEC(struct tw_value) pieces; /* text that stands between expressions is a STR too */
};

enum tw_rc tw_native_push(struct tw_tpl *t, struct tw_value v);
enum tw_rc tw_native_value(struct tw_tpl *t, struct tw_native *n, struct tw_value *ret);
/* Fails in a native render: before output is gathered for a value. */
enum tw_rc tw_native_capture(struct tw_tpl *t);
