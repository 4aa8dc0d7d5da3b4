#include "model/params.h"

static void put_defaults(struct tw_arena *a, struct tw_value out, struct tw_value params)
{
	for (size_t i = 0; params.kind == TW_V_MAP && i < params.map->n; i++) {
		const struct tw_pair *p = &params.map->v[i];
		const struct tw_value *v = tw_map_findc(p->value, "value");
		tw_map_put(a, out, p->key.s, v ? *v : TW_NULL);
	}
}

struct tw_value tw_params_merge(struct tw_arena *a, const struct tw_dag *dag,
				const struct tw_task *task, struct tw_value conf, bool override)
{
	struct tw_value out = tw_v_map(a);

	put_defaults(a, out, dag->params);
	if (task)
		put_defaults(a, out, tw_map_value(task->raw, "params"));
	for (size_t i = 0; override && conf.kind == TW_V_MAP && i < conf.map->n; i++)
		tw_map_put(a, out, conf.map->v[i].key.s, conf.map->v[i].value);
	return out;
}

enum tw_rc tw_params_check(const struct tw_dag *dag, struct tw_value conf, struct tw_err *err)
{
	for (size_t i = 0; i < dag->params.map->n; i++) {
		const struct tw_pair *p = &dag->params.map->v[i];
		const struct tw_value *given = tw_map_find(conf, p->key.s);
		struct tw_value v = given ? *given : tw_map_value(p->value, "value");

		if (!given && tw_map_bool(p->value, "required", false))
			return tw_err_set(err, TW_ERR_INVALID,
					  "Invalid input for param " TW_STR_FMT ": No value passed",
					  TW_STR_ARG(p->key.s));
		if (tw_schema_check(tw_map_value(p->value, "schema"), v, err) < 0)
			return tw_err_wrap(err, "Invalid input for param " TW_STR_FMT, TW_STR_ARG(p->key.s));
	}
	return TW_OK;
}
