/* What this folder's tests share: contexts from JSON, zones from the data files. */
#pragma once

#include "base/testing.h"

#include "template/datetime.h"
#include "template/template.h"
#include "value/json.h"

static inline enum tw_rc test_zone_load(void *ctx, const char *name, struct tw_buf *ret,
					struct tw_err *err)
{
	char *below = tw_asprintf("tests/compat/time/zoneinfo/%s", name);
	char *path = tw_test_path(below);
	FILE *f = fopen(path, "rb");
	char chunk[4096];

	(void)ctx;
	free(below);
	free(path);
	if (!f)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no %s", name);
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
		tw_buf_add(ret, chunk, n);
	fclose(f);
	return TW_OK;
}

/* Where the names of a test come from. */
struct test_names {
	struct tw_value vars;  /* a map, decoded */
	struct tw_value files; /* name → text, or null */
	struct tw_zones *zones;
};

static inline struct tw_value test_decode(struct tw_arena *a, struct test_names *n,
					  struct tw_value v);

static inline struct tw_value test_date(struct test_names *n, struct tw_value v)
{
	const struct tw_zone *zone = tw_zone_utc;
	struct tw_iso iso;
	struct tw_err err = {0};
	struct tw_value ret;

	if (tw_iso_parse(tw_map_str(v, tw_map_findc(v, "$plain") ? "$plain" : "$dt", ""), &iso,
			 &err) < 0)
		fail_msg("context: %s", err.msg);
	if (tw_map_findc(v, "tz") &&
	    tw_zones_get(n->zones, tw_map_str(v, "tz", ""), &zone, &err) < 0)
		fail_msg("context: %s", err.msg);
	ret = tw_v_datetime(iso.local_us, tw_map_findc(v, "$plain") ? NULL : zone);
	ret.safe = tw_map_findc(v, "$plain") != NULL;
	return ret;
}

static inline struct tw_value test_list(struct tw_arena *a, struct test_names *n, struct tw_value v)
{
	struct tw_value l = tw_v_list(a);

	for (size_t i = 0; i < v.list->n; i++)
		tw_list_push(a, l, test_decode(a, n, v.list->v[i]));
	return l;
}

static inline struct tw_value test_decode(struct tw_arena *a, struct test_names *n,
					  struct tw_value v)
{
	struct tw_value r;

	if (v.kind == TW_V_LIST)
		return test_list(a, n, v);
	if (v.kind != TW_V_MAP)
		return v;
	if (tw_map_findc(v, "$dt") || tw_map_findc(v, "$plain"))
		return test_date(n, v);
	if (tw_map_findc(v, "$delta"))
		return tw_v_delta(tw_map_int(v, "$delta", 0));
	if (tw_map_findc(v, "$tuple")) {
		r = test_list(a, n, tw_map_value(v, "$tuple"));
		r.kind = TW_V_TUPLE;
		return r;
	}
	r = tw_v_map(a);
	for (size_t i = 0; i < v.map->n; i++)
		tw_map_put(a, r, v.map->v[i].key.s, test_decode(a, n, v.map->v[i].value));
	return r;
}

static inline enum tw_rc test_lookup(void *ud, struct tw_tpl *t, struct tw_str name,
				     struct tw_value *ret, struct tw_err *err)
{
	struct test_names *n = ud;
	const struct tw_value *v = tw_map_find(n->vars, name);

	(void)err;
	if (!v)
		return TW_ERR_NOT_FOUND;
	*ret = tw_str_is(name, "macros") ? tw_tpl_macros(t) : *v;
	return TW_OK;
}

static inline enum tw_rc test_load(void *ud, struct tw_tpl *t, struct tw_str name,
				   struct tw_str *ret, struct tw_err *err)
{
	const struct tw_value *v = tw_map_find(((struct test_names *)ud)->files, name);

	(void)t;
	(void)err;
	if (!v)
		return TW_ERR_NOT_FOUND;
	*ret = v->s;
	return TW_OK;
}
