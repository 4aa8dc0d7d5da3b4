/* Python's ast.literal_eval, for what native rendering reads back. */
#pragma once

#include "template/eval.h"

enum tw_literal {
	TW_LITERAL_OK,	   /* a value */
	TW_LITERAL_NONE,   /* Python would refuse the text */
	TW_LITERAL_UNSURE, /* a set, a complex number, an integer beyond 64 bits … */
};

enum tw_literal tw_literal_eval(struct tw_tpl *t, struct tw_str text, struct tw_value *ret);
