#include "model/assets.h"

#include "model/dag.h"

bool tw_asset_key_eq(struct tw_asset_key a, struct tw_asset_key b)
{
	return tw_str_eq(a.name, b.name) && tw_str_eq(a.uri, b.uri);
}

/* ── the assets described ───────────────────────────────────────────────────────────────── */

static void read_watchers(struct tw_dag *dag, struct tw_value list, struct tw_asset *a)
{
	size_t n = tw_value_len(list);

	a->watchers = tw_arena_array(&dag->arena, struct tw_asset_watcher, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct tw_value trigger = tw_map_value(list.list->v[i], "trigger");
		a->watchers[a->nwatchers++] = (struct tw_asset_watcher){
			.name = tw_map_str(list.list->v[i], "name", ""),
			.classpath = tw_map_str(trigger, "classpath", ""),
			.kwargs = tw_map_value(trigger, "kwargs"),
		};
	}
}

enum tw_rc tw_assets_read(struct tw_dag *dag, struct tw_value list, struct tw_err *err)
{
	size_t n = tw_value_len(list);

	dag->asset_list = tw_arena_array(&dag->arena, struct tw_asset, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct tw_value v = list.list->v[i];
		struct tw_asset *a = &dag->asset_list[i];
		struct tw_str key = tw_map_str(v, "key", "");

		a->key.uri = tw_map_str(v, "uri", NULL);
		if (!a->key.uri.p)
			a->key.uri = key;
		a->key.name = tw_map_str(v, "name", NULL);
		if (!a->key.name.p)
			a->key.name = a->key.uri;
		a->group = tw_map_str(v, "group", "asset");
		a->extra = tw_map_value(v, "extra");
		if (!a->key.uri.n || !a->key.name.n)
			return tw_err_set(err, TW_ERR_INVALID, "assets[%zu] needs a name or a uri", i);
		read_watchers(dag, tw_map_value(v, "watchers"), a);
		dag->nassets = (int)i + 1;
	}
	return TW_OK;
}

static bool described(const struct tw_dag *dag, struct tw_asset_key key)
{
	for (int i = 0; i < dag->nassets; i++)
		if (tw_asset_key_eq(dag->asset_list[i].key, key))
			return true;
	return false;
}

/* ── references and conditions ──────────────────────────────────────────────────────────── */

static enum tw_rc read_key(struct tw_dag *dag, struct tw_str key, struct tw_value v, struct tw_asset_term *ret,
			   struct tw_err *err)
{
	struct tw_str name = tw_map_str(v, "name", NULL);

	if (!key.n)
		return tw_err_set(err, TW_ERR_INVALID, "an asset reference is empty");
	if (name.n) {
		*ret = (struct tw_asset_term){ .kind = TW_ASSET_EXACT, .key = { name, key } };
	} else if (described(dag, (struct tw_asset_key){ key, key })) {
		*ret = (struct tw_asset_term){ .kind = TW_ASSET_EXACT, .key = { key, key } };
	} else if (tw_str_starts(key, "name:")) {
		*ret = (struct tw_asset_term){ .kind = TW_ASSET_NAME_REF,
					       .key.name = tw_strn(key.p + 5, key.n - 5) };
	} else {
		*ret = (struct tw_asset_term){ .kind = TW_ASSET_URI_REF, .key.uri = key };
	}
	return TW_OK;
}

static enum tw_rc read_term(struct tw_dag *dag, struct tw_value v, int depth, struct tw_asset_term *ret,
			    struct tw_err *err);

static enum tw_rc read_below(struct tw_dag *dag, struct tw_value list, int depth, struct tw_asset_term *ret,
			     struct tw_err *err)
{
	size_t n = tw_value_len(list);

	if (depth >= TW_ASSET_MAX_DEPTH)
		return tw_err_set(err, TW_ERR_LIMIT, "an asset condition is deeper than %d", TW_ASSET_MAX_DEPTH);
	if (n)
		ret->of = tw_arena_array(&dag->arena, struct tw_asset_term, n);
	ret->n = (int)n;
	for (size_t i = 0; i < n; i++)
		if (read_term(dag, list.list->v[i], depth + 1, &ret->of[i], err) < 0)
			return tw_err_wrap(err, "[%zu]", i);
	return TW_OK;
}

static enum tw_rc read_term(struct tw_dag *dag, struct tw_value v, int depth, struct tw_asset_term *ret,
			    struct tw_err *err)
{
	struct tw_value all = tw_map_value(v, "all"), any = tw_map_value(v, "any");
	struct tw_str asset = tw_map_str(v, "asset", NULL), alias = tw_map_str(v, "alias", NULL);

	*ret = (struct tw_asset_term){ 0 };
	if (asset.p)
		return read_key(dag, asset, v, ret, err);
	if (alias.n) {
		*ret = (struct tw_asset_term){ .kind = TW_ASSET_ALIAS, .key.name = alias,
					       .group = tw_map_str(v, "group", "asset") };
		return TW_OK;
	}
	if (all.kind != TW_V_LIST && any.kind != TW_V_LIST)
		return tw_err_set(err, TW_ERR_INVALID, "an asset condition has 'asset', 'alias', 'all' or 'any'");
	ret->kind = all.kind == TW_V_LIST ? TW_ASSET_ALL : TW_ASSET_ANY;
	return read_below(dag, all.kind == TW_V_LIST ? all : any, depth, ret, err);
}

enum tw_rc tw_asset_term_read(struct tw_dag *dag, struct tw_value v, struct tw_asset_term *ret, struct tw_err *err)
{
	return read_term(dag, v, 0, ret, err);
}

enum tw_rc tw_asset_terms_read(struct tw_dag *dag, struct tw_value list, struct tw_asset_term **ret, int *ret_n,
			       struct tw_err *err)
{
	struct tw_asset_term all = { .kind = TW_ASSET_ALL };

	if (read_below(dag, list, 0, &all, err) < 0)
		return err ? err->rc : TW_ERR_INVALID;
	*ret = all.of;
	*ret_n = all.n;
	return TW_OK;
}

/* ── questions ──────────────────────────────────────────────────────────────────────────── */

void tw_asset_term_each(const struct tw_asset_term *t, void (*visit)(void *arg, const struct tw_asset_term *leaf),
			void *arg)
{
	if (t->kind != TW_ASSET_ALL && t->kind != TW_ASSET_ANY)
		visit(arg, t);
	for (int i = 0; i < t->n; i++)
		tw_asset_term_each(&t->of[i], visit, arg);
}

bool tw_asset_term_met(const struct tw_asset_term *t, bool (*holds)(void *arg, const struct tw_asset_term *leaf),
		       void *arg)
{
	bool all = t->kind == TW_ASSET_ALL;

	if (t->kind != TW_ASSET_ALL && t->kind != TW_ASSET_ANY)
		return holds(arg, t);
	for (int i = 0; i < t->n; i++)
		if (tw_asset_term_met(&t->of[i], holds, arg) != all)
			return !all;
	return all;
}

static struct tw_str group_of(const struct tw_dag *dag, struct tw_asset_key key)
{
	for (int i = 0; i < dag->nassets; i++)
		if (tw_asset_key_eq(dag->asset_list[i].key, key))
			return dag->asset_list[i].group;
	return TW_STR("asset");
}

static const char *shown_as(const struct tw_asset_term *t)
{
	static const char *const names[] = { [TW_ASSET_EXACT] = "asset",       [TW_ASSET_NAME_REF] = "asset_ref",
					     [TW_ASSET_URI_REF] = "asset_ref", [TW_ASSET_ALIAS] = "alias",
					     [TW_ASSET_ALL] = "all",	       [TW_ASSET_ANY] = "any" };

	return names[t->kind];
}

struct tw_value tw_asset_term_value(const struct tw_dag *dag, struct tw_arena *a, const struct tw_asset_term *t)
{
	bool leaf = t->kind != TW_ASSET_ALL && t->kind != TW_ASSET_ANY;
	struct tw_value outer = tw_v_map(a), inner = leaf ? tw_v_map(a) : tw_v_list(a);

	if (t->key.uri.p)
		tw_map_putc(a, inner, "uri", tw_v_str(t->key.uri));
	if (t->key.name.p)
		tw_map_putc(a, inner, "name", tw_v_str(t->key.name));
	if (t->kind == TW_ASSET_EXACT)
		tw_map_putc(a, inner, "group", tw_v_str(group_of(dag, t->key)));
	if (t->kind == TW_ASSET_ALIAS)
		tw_map_putc(a, inner, "group", tw_v_str(t->group));
	for (int i = 0; i < t->n; i++)
		tw_list_push(a, inner, tw_asset_term_value(dag, a, &t->of[i]));
	tw_map_putc(a, outer, shown_as(t), inner);
	return outer;
}
