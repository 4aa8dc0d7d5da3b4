/*
 * A child's environment as a list of "NAME=value", in an arena, NULL-terminated.
 */
#pragma once

#include "base/map.h"

struct tw_env {
	struct tw_arena *arena;
	struct tw_map names;   /* name → index + 1 into v */
	const char **v;        /* NULL-terminated */
	size_t n, cap;
};

void tw_env_release(struct tw_env *e); /* the list itself lives on in the arena */
void tw_env_set(struct tw_env *e, struct tw_str name, struct tw_str value); /* replaces */
void tw_env_add_list(struct tw_env *e, const char *const *list);            /* "NAME=value", … */
