/* What is read can be written in every style, and reads back to the same text. */
#include "fuzz.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_arena a = {0};
	struct tw_err err = {0};
	struct tw_value v, again;
	if (tw_json_parse(&a, tw_strn((const char *)data, size), &v, &err) == TW_OK) {
		for (int style = 0; style < 16; style++) {
			char *text = tw_json_dump(v, style);
			TW_ASSERT(tw_utf8_valid(tw_str(text)) == strlen(text));
			TW_ASSERT(tw_json_parse(&a, tw_str(text), &again, &err) == TW_OK);
			char *twice = tw_json_dump(again, style);
			TW_ASSERT(strcmp(text, twice) == 0);
			free(text);
			free(twice);
		}
		TW_ASSERT(tw_value_len(tw_value_copy(&a, v)) == tw_value_len(v));
	} else {
		TW_ASSERT(err.rc < 0 && err.msg[0]);
	}
	tw_arena_release(&a);

	/* Any bytes may stand in a string that is written. */
	struct tw_buf out = {0};
	tw_json_write_str(&out, tw_strn((const char *)data, size), TW_JSON_COMPACT);
	TW_ASSERT(tw_json_parse(&a, tw_buf_str(&out), &v, &err) == TW_OK);
	tw_buf_release(&out);
	tw_arena_release(&a);
	return 0;
}
