/* Inside of the model: JSON schema's `format`. A format that is not known holds for every string. */
#pragma once

#include "base/str.h"

bool tw_schema_format_ok(struct tw_str format, struct tw_str s);
