#include "operator/env.h"

void tw_env_release(struct tw_env *e)
{
	tw_map_release(&e->names);
}

void tw_env_set(struct tw_env *e, struct tw_str name, struct tw_str value)
{
	char *line = tw_arena_alloc(e->arena, name.n + value.n + 2);
	memcpy(line, name.p, name.n);
	line[name.n] = '=';
	memcpy(line + name.n + 1, value.p, value.n);
	line[name.n + 1 + value.n] = '\0';
	uintptr_t at = (uintptr_t)tw_map_get(&e->names, name);
	if (at) {
		e->v[at - 1] = line;
		return;
	}
	if (e->n + 2 > e->cap) {
		e->cap = e->cap ? 2 * e->cap : 64;
		const char **more = tw_arena_array(e->arena, const char *, e->cap);
		if (e->n)
			memcpy(more, e->v, e->n * sizeof *more);
		e->v = more;
	}
	e->v[e->n++] = line;
	e->v[e->n] = NULL;
	tw_map_set(&e->names, name, (void *)(uintptr_t)e->n);
}

void tw_env_add_list(struct tw_env *e, const char *const *list)
{
	for (; list && *list; list++) {
		struct tw_str value, name = tw_str_cut(tw_str(*list), '=', &value);
		if (value.p)
			tw_env_set(e, name, value);
	}
}
