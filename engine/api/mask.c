#include "api/mask.h"

#include <ctype.h>
#include <stdlib.h>

#define STYLE (TW_JSON_PYTHON | TW_JSON_ASCII)

static bool holds(struct tw_str name, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= name.n; i++) {
		size_t k = 0;

		while (k < n && tolower((unsigned char)name.p[i + k]) == word[k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

bool tw_is_sensitive(const struct tw_api *api, struct tw_str name)
{
	static const char *const words[] = {
		"access_key",	 "access_token",    "api_key",		 "apikey", "auth_header",
		"authorization", "bearer",	    "connection_string", "dsn",	   "passphrase",
		"passwd",	 "password",	    "private_key",	 "proxy",  "proxies",
		"secret",	 "service_account", "service_key",	 "token",  "keyfile_dict",
	};

	if (!name.n)
		return false;
	if (api->sensitive)
		return api->sensitive(api->sensitive_arg, name);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (holds(name, words[i]))
			return true;
	return false;
}

static struct tw_value mask(const struct tw_api *api, struct tw_arena *a, bool all,
			    struct tw_value v)
{
	struct tw_value out;

	switch (v.kind) {
	case TW_V_MAP:
		out = tw_v_map(a);
		for (size_t i = 0; i < v.map->n; i++) {
			const struct tw_pair *p = &v.map->v[i];
			bool hide =
				all || (p->key.kind == TW_V_STR && tw_is_sensitive(api, p->key.s));

			tw_map_put_key(a, out, p->key, mask(api, a, hide, p->value));
		}
		return out;
	case TW_V_LIST:
		out = tw_v_list(a);
		for (size_t i = 0; i < v.list->n; i++)
			tw_list_push(a, out, mask(api, a, all, v.list->v[i]));
		return out;
	case TW_V_NULL:
	case TW_V_BOOL:
		return v;
	default:
		return all ? tw_v_cstr(TW_MASK) : v;
	}
}

struct tw_value tw_mask_value(const struct tw_api *api, struct tw_arena *a, struct tw_str name,
			      struct tw_value v)
{
	return mask(api, a, tw_is_sensitive(api, name), v);
}

static bool is_mask(struct tw_value v)
{
	return v.kind == TW_V_STR && tw_str_is(v.s, TW_MASK);
}

struct tw_value tw_unmask_value(struct tw_arena *a, struct tw_value fresh, struct tw_value old)
{
	struct tw_value out;

	if (is_mask(fresh))
		return old;
	if (fresh.kind == TW_V_MAP && old.kind == TW_V_MAP) {
		out = tw_v_map(a);
		for (size_t i = 0; i < fresh.map->n; i++) {
			const struct tw_pair *p = &fresh.map->v[i];
			const struct tw_value *was = tw_map_find_key(old, p->key);

			tw_map_put_key(a, out, p->key,
				       tw_unmask_value(a, p->value, was ? *was : TW_NULL));
		}
		return out;
	}
	if (fresh.kind == TW_V_LIST && old.kind == TW_V_LIST) {
		out = tw_v_list(a);
		for (size_t i = 0; i < fresh.list->n; i++)
			tw_list_push(a, out,
				     tw_unmask_value(a, fresh.list->v[i],
						     i < old.list->n ? old.list->v[i] : TW_NULL));
		return out;
	}
	return fresh;
}

static struct tw_str dump(struct tw_arena *a, struct tw_value v)
{
	char *text = tw_json_dump(v, STYLE);
	struct tw_str s = tw_str_copy(a, tw_str(text));

	free(text);
	return s;
}

struct tw_str tw_mask_text(const struct tw_api *api, struct tw_arena *a, struct tw_str name,
			   struct tw_str text)
{
	struct tw_value v;

	if (!text.p)
		return text;
	if (tw_json_parse(a, text, &v, NULL) < 0)
		return tw_is_sensitive(api, name) && text.n ? TW_STR(TW_MASK) : text;
	if (v.kind != TW_V_MAP && v.kind != TW_V_LIST)
		return tw_is_sensitive(api, name) ? TW_STR(TW_MASK) : text;
	return dump(a, tw_mask_value(api, a, name, v));
}

struct tw_str tw_unmask_text(struct tw_arena *a, struct tw_str fresh, struct tw_str old)
{
	struct tw_value f, o;

	if (!fresh.p || !old.p)
		return fresh;
	if (tw_str_is(fresh, TW_MASK))
		return old;
	if (tw_str_find(fresh, TW_STR(TW_MASK), 0) < 0 || tw_json_parse(a, fresh, &f, NULL) < 0 ||
	    tw_json_parse(a, old, &o, NULL) < 0)
		return fresh;
	return dump(a, tw_unmask_value(a, f, o));
}
