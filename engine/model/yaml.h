/* YAML in: a text to a value. */
#pragma once

#include "value/value.h"

#define TW_YAML_DEPTH 100
#define TW_YAML_MAX_NODES 1000000 /* aliases counted each time: no "billion laughs" */

/* One document. Plain scalars by YAML 1.2's core schema, and yes/no/on/off stay text. */
enum tw_rc tw_yaml_parse(struct tw_arena *a, struct tw_str text, struct tw_value *ret,
			 struct tw_err *err);
