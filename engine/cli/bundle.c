#include "cli/bundle.h"

#include "value/json.h"

static enum tw_rc refuse(struct tw_err *err, const char *why)
{
	return tw_err_set(err, TW_ERR_INVALID, "[dag_processor] dag_bundle_config_list: %s", why);
}

enum tw_rc tw_bundle_read(struct tw_arena *a, struct tw_str json, struct tw_bundle *ret, struct tw_err *err)
{
	struct tw_value list, one;

	if (tw_json_parse(a, json, &list, err) < 0)
		return tw_err_wrap(err, "[dag_processor] dag_bundle_config_list");
	if (list.kind != TW_V_LIST || !tw_value_len(list))
		return refuse(err, "expected a list with one bundle");
	if (tw_value_len(list) > 1)
		return refuse(err, "there can be one bundle only; put its DAGs and the others' into one folder");
	one = list.list->v[0];
	ret->name = tw_map_str(one, "name", NULL);
	if (!ret->name.n)
		return refuse(err, "[0].name: expected the bundle's name");
	if (!tw_str_ends(tw_map_str(one, "classpath", ""), "LocalDagBundle"))
		return refuse(err, "[0].classpath: only airflow.dag_processing.bundles.local.LocalDagBundle is served");
	ret->path = tw_map_str(tw_map_value(one, "kwargs"), "path", NULL);
	return TW_OK;
}
