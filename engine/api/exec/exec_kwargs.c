/*
 * Keyword arguments of triggers and of methods to go on with, between the forms of several generations. A value that
 * JSON lacks is read into what it is, then written anew. What none of the forms shares stays as it came.
 */
#include <stdlib.h>

#include "api/exec/exec.h"
#include "time/zone.h"

enum what { PLAIN, TUPLE, SET, DATETIME, DELTA, ZONE, DICT };

/* A value and what it is: items of a TUPLE or SET, the pairs of a DICT, text of a DATETIME (ISO) or ZONE, seconds of a DELTA. */
struct node {
	enum what what;
	struct tw_value v;
};

static const struct {
	enum what what;
	const char *class; /* serde's */
	int version;
	const char *tag;
} kinds[] = {
	{ TUPLE, "builtins.tuple", 1, "tuple" },
	{ SET, "builtins.set", 1, "set" },
	{ SET, "builtins.frozenset", 1, "set" },
	{ DATETIME, "datetime.datetime", 2, "datetime" },
	{ DATETIME, "pendulum.datetime.DateTime", 2, "datetime" },
	{ DELTA, "datetime.timedelta", 2, "timedelta" },
};
#define NKINDS (sizeof kinds / sizeof *kinds)

static struct tw_value iso_of(struct tw_arena *a, double seconds)
{
	char text[TW_ISO_MAX];
	double us = seconds * 1e6;

	return tw_v_cstr(tw_arena_strdup(a, tw_time_iso_utc(text, (tw_time)(us < 0 ? us - 0.5 : us + 0.5))));
}

static double number(struct tw_value v)
{
	return v.kind == TW_V_FLOAT ? v.f : v.kind == TW_V_INT ? (double)v.i : 0;
}

static bool is_number(struct tw_value v)
{
	return v.kind == TW_V_FLOAT || v.kind == TW_V_INT;
}

/* serde's datetime: {"timestamp": seconds, "tz": …}; the moment counts. */
static bool serde_node(struct tw_arena *a, struct tw_value v, struct node *ret)
{
	struct tw_str class = tw_map_str(v, "__classname__", "");
	struct tw_value data = tw_map_value(v, "__data__");
	size_t i = 0;

	while (i < NKINDS && !tw_str_is(class, kinds[i].class))
		i++;
	if (i == NKINDS)
		return false;
	ret->what = kinds[i].what;
	ret->v = data;
	if (ret->what == DATETIME && data.kind == TW_V_MAP)
		data = tw_map_value(data, "timestamp");
	if (ret->what == DATETIME)
		ret->v = is_number(data) ? iso_of(a, number(data)) : data;
	return true;
}

/* {"__type", "__var"}: a datetime is seconds in Airflow's, ISO text in ours; a dict holds an object there, pairs here. */
static bool tagged_node(struct tw_arena *a, struct tw_value v, struct node *ret)
{
	struct tw_str tag = tw_map_str(v, "__type", "");
	struct tw_value data = tw_map_value(v, "__var");
	size_t i = 0;

	if (tw_str_is(tag, "dict")) {
		*ret = (struct node){ data.kind == TW_V_MAP ? PLAIN : DICT, data };
		return true;
	}
	if (tw_str_is(tag, "timezone")) {
		*ret = (struct node){ ZONE, data };
		return true;
	}
	while (i < NKINDS && !tw_str_is(tag, kinds[i].tag))
		i++;
	if (i == NKINDS)
		return false;
	*ret = (struct node){ kinds[i].what, kinds[i].what == DATETIME && is_number(data) ? iso_of(a, number(data)) : data };
	return true;
}

static struct node read_node(struct tw_arena *a, struct tw_value v)
{
	struct node n = { PLAIN, v };

	if (v.kind != TW_V_MAP)
		return n;
	if (tw_map_findc(v, "__classname__"))
		(void)serde_node(a, v, &n);
	else if (tw_map_findc(v, "__type") && tw_map_findc(v, "__var"))
		(void)tagged_node(a, v, &n);
	return n;
}

static struct tw_value items(struct tw_arena *a, struct tw_value list, enum tw_kwargs_form form)
{
	struct tw_value out = tw_v_list(a);

	if (list.kind != TW_V_LIST)
		return list; /* it says that it is one */
	for (size_t i = 0; i < list.list->n; i++)
		tw_list_push(a, out, tw_kwargs_to(a, list.list->v[i], form));
	return out;
}

static struct tw_value tagged(struct tw_arena *a, const char *tag, struct tw_value v)
{
	struct tw_value out = tw_v_map(a);

	tw_map_putc(a, out, "__type", tw_v_cstr(tag));
	tw_map_putc(a, out, "__var", v);
	return out;
}

static struct tw_value object(struct tw_arena *a, struct tw_value map, enum tw_kwargs_form form)
{
	struct tw_value out = tw_v_map(a);

	for (size_t i = 0; i < map.map->n; i++)
		tw_map_put(a, out, map.map->v[i].key.s, tw_kwargs_to(a, map.map->v[i].value, form));
	/* What no form knows (a class of the user's own) is left to who reads it. */
	if (form == TW_KWARGS_TAGGED && !tw_map_findc(map, "__type"))
		return tagged(a, "dict", out);
	return out;
}

static double seconds_of(struct tw_value iso)
{
	tw_time t;

	return iso.kind == TW_V_STR && tw_time_parse(iso.s, NULL, &t, NULL) == TW_OK ? (double)t / 1e6 : 0;
}

static struct tw_value serde(struct tw_arena *a, enum what what, struct tw_value data)
{
	struct tw_value out = tw_v_map(a);

	for (size_t i = 0; i < NKINDS; i++) {
		if (kinds[i].what != what)
			continue;
		tw_map_putc(a, out, "__classname__", tw_v_cstr(kinds[i].class));
		tw_map_putc(a, out, "__version__", tw_v_int(kinds[i].version));
		break;
	}
	tw_map_putc(a, out, "__data__", data);
	return out;
}

/* serde's datetime in UTC, as the worker gets it back. */
static struct tw_value serde_time(struct tw_arena *a, struct tw_value iso)
{
	struct tw_value data = tw_v_map(a), zone = tw_v_list(a);

	tw_list_push(a, zone, tw_v_cstr("UTC"));
	tw_list_push(a, zone, tw_v_cstr("pendulum.tz.timezone.Timezone"));
	tw_list_push(a, zone, tw_v_int(1));
	tw_list_push(a, zone, tw_v_bool(true));
	tw_map_putc(a, data, "timestamp", tw_v_float(seconds_of(iso)));
	tw_map_putc(a, data, "tz", serde(a, TUPLE, zone));
	return data;
}

static const char *tag_of(enum what what)
{
	for (size_t i = 0; i < NKINDS; i++)
		if (kinds[i].what == what)
			return kinds[i].tag;
	return "timezone";
}

struct tw_value tw_kwargs_to(struct tw_arena *a, struct tw_value v, enum tw_kwargs_form form)
{
	struct node n = read_node(a, v);

	if (form == TW_KWARGS_SERDE && v.kind == TW_V_MAP && tw_map_findc(v, "__classname__"))
		return v;
	switch (n.what) {
	case PLAIN:
		return n.v.kind == TW_V_MAP ? object(a, n.v, form) : n.v.kind == TW_V_LIST ? items(a, n.v, form) : n.v;
	case TUPLE:
	case SET:
		n.v = items(a, n.v, form);
		return form == TW_KWARGS_SERDE ? serde(a, n.what, n.v) : tagged(a, tag_of(n.what), n.v);
	case DATETIME:
		if (form == TW_KWARGS_SERDE)
			return serde(a, DATETIME, serde_time(a, n.v));
		return tagged(a, "datetime", form == TW_KWARGS_TAGGED ? tw_v_float(seconds_of(n.v)) : n.v);
	case DELTA:
		return form == TW_KWARGS_SERDE ? serde(a, DELTA, tw_v_float(number(n.v))) : tagged(a, "timedelta", n.v);
	case ZONE:
	case DICT:
		return v;
	}
	return v;
}
