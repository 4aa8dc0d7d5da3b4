#include "api/param.h"

static struct tw_value or_else(struct tw_value v, struct tw_value other)
{
	return v.kind == TW_V_NULL ? other : v;
}

void tw_api_param(struct tw_jw *w, const struct tw_pair *param, struct tw_value source)
{
	static struct tw_vmap empty;
	const struct tw_value no_schema = {.kind = TW_V_MAP, .map = &empty};

	tw_jw_keyn(w, param->key.s);
	tw_jw_obj(w);
	tw_jw_key(w, "value");
	tw_jw_value(w, tw_map_value(param->value, "value"));
	tw_jw_key(w, "schema");
	tw_jw_value(w, or_else(tw_map_value(param->value, "schema"), no_schema));
	tw_jw_key(w, "description");
	tw_jw_value(w, tw_map_value(param->value, "description"));
	tw_jw_key(w, "source");
	tw_jw_value(w, or_else(tw_map_value(param->value, "source"), source));
	tw_jw_end(w);
}
