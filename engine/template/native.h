/* render_template_as_native_obj: the pieces a template emits, and the value they make. */
#pragma once

#include "template/eval.h"

struct tw_native {
	TW_VEC(struct tw_value) pieces; /* text that stands between them is a STR too */
};

enum tw_rc tw_native_value(struct tw_tpl *t, struct tw_native *n, struct tw_value *ret);
