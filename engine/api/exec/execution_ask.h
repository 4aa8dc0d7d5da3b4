/*
 * One question of a task under way, and what reading one and writing its answer takes. For execution.c and
 * the files that answer a group of words each.
 */
#pragma once

#include <stdlib.h>

#include "api/exec/execution.h"
#include "time/instant.h"
#include "value/json.h"

/* One question under way. */
struct ask {
	struct tw_store *s;
	const struct tw_execution_caller *who;
	struct tw_value body;
	struct tw_arena *a;
	struct tw_value result;
	bool ring;
};

static inline struct tw_str str_or(struct tw_value body, const char *key, struct tw_str dflt)
{
	struct tw_str s = tw_map_str(body, key, NULL);

	return s.p ? s : dflt;
}

static inline struct tw_value time_value(struct tw_arena *a, tw_time t)
{
	char text[TW_ISO_MAX];

	return t == TW_TIME_NONE ? TW_NULL : tw_v_cstr(tw_arena_strdup(a, tw_time_iso_utc(text, t)));
}

static inline struct tw_value str_value(struct tw_str s)
{
	return s.p ? tw_v_str(s) : TW_NULL;
}

static inline struct tw_str dump(struct tw_arena *a, struct tw_value v)
{
	char *text = tw_json_dump(v, TW_JSON_COMPACT);
	struct tw_str s = tw_str_copy(a, tw_str(text));

	free(text);
	return s;
}

/* Stored text back to a value; what is no JSON (written by hand) comes as a string. */
static inline struct tw_value load(struct tw_arena *a, struct tw_str json)
{
	struct tw_value v;

	if (!json.p)
		return TW_NULL;
	return tw_json_parse(a, json, &v, NULL) == TW_OK ? v : tw_v_str(json);
}

static inline tw_time body_time(struct ask *q, const char *key)
{
	struct tw_str s = tw_map_str(q->body, key, NULL);
	tw_time t;

	return s.p && tw_time_parse(s, NULL, &t, NULL) == TW_OK ? t : TW_TIME_NONE;
}
