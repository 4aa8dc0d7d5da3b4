/* Native rendering. One piece is its value; several are text, read as a Python literal. */
#include "template/native.h"

enum tw_rc tw_native_value(struct tw_tpl *t, struct tw_native *n, struct tw_value *ret)
{
	return tw_tpl_unsupported(t, "native rendering");
}
