/*
 * YAML becomes a value or is refused with a message. What became a value is JSON too, and reads back the same; as a document
 * it is taken or refused.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "model/dag.h"
#include "model/yaml.h"
#include "value/json.h"

static void check_document(struct tw_str json)
{
	struct tw_zones zones = { 0 };
	struct tw_err err = { 0 };
	struct tw_dag *d;

	if (tw_dag_parse_json(json, &zones, &d, &err) < 0)
		TW_ASSERT(err.msg[0]);
	else
		tw_dag_unref(d);
	tw_zones_release(&zones);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_arena a = { 0 };
	struct tw_err err = { 0 };
	struct tw_value v, again;

	if (tw_yaml_parse(&a, tw_strn((const char *)data, size), &v, &err) < 0) {
		TW_ASSERT(err.rc < 0 && err.msg[0]);
	} else {
		char *json = tw_json_dump(v, TW_JSON_COMPACT), *twice = NULL;
		if (tw_json_parse(&a, tw_str(json), &again, NULL) == TW_OK)
			twice = tw_json_dump(again, TW_JSON_COMPACT);
		TW_ASSERT(twice && strcmp(json, twice) == 0);
		check_document(tw_str(json));
		free(json);
		free(twice);
	}
	tw_arena_release(&a);
	return 0;
}
