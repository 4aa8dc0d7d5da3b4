/* [dag_processor] dag_bundle_config_list: here one bundle, of a folder on this machine. */
#pragma once

#include "base/err.h"
#include "value/value.h"

struct tw_bundle {
	struct tw_str name;
	struct tw_str path;     /* p NULL: [core] dags_folder */
};

/* What the list says. TW_ERR_INVALID names what is wrong with it, or what is not served here. */
enum tw_rc tw_bundle_read(struct tw_arena *a, struct tw_str json, struct tw_bundle *ret, struct tw_err *err);
