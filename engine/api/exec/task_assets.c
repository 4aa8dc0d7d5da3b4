#include "api/exec/task_assets.h"

#include "model/dag.h"
#include "store/assets.h"

/* ── assets and their events ────────────────────────────────────────────────────────────── */

struct tw_value tw_asset_event_value(struct tw_arena *a, const struct tw_asset_event_row *e)
{
	struct tw_value v = tw_v_map(a), asset = tw_v_map(a), aliases = tw_v_list(a);

	tw_map_putc(a, asset, "name", str_value(e->name));
	tw_map_putc(a, asset, "uri", str_value(e->uri));
	tw_map_putc(a, asset, "group", str_value(e->group));
	tw_map_putc(a, asset, "extra", load(a, e->asset_extra));
	for (int i = 0; i < e->naliases; i++) {
		struct tw_value alias = tw_v_map(a);

		tw_map_putc(a, alias, "name", tw_v_str(e->aliases[i]));
		tw_list_push(a, aliases, alias);
	}
	tw_map_putc(a, v, "id", tw_v_int(e->id));
	tw_map_putc(a, v, "timestamp", time_value(a, e->timestamp));
	tw_map_putc(a, v, "extra", load(a, e->extra));
	tw_map_putc(a, v, "asset", asset);
	tw_map_putc(a, v, "source_dag_id", str_value(e->source_dag_id));
	tw_map_putc(a, v, "source_task_id", str_value(e->source_task_id));
	tw_map_putc(a, v, "source_run_id", str_value(e->source_run_id));
	tw_map_putc(a, v, "source_map_index", tw_v_int(e->source_map_index));
	tw_map_putc(a, v, "source_aliases", aliases);
	tw_map_putc(a, v, "partition_key", str_value(e->partition_key));
	return v;
}

static struct tw_value asset_value(struct tw_arena *a, const struct tw_asset_row *r)
{
	struct tw_value v = tw_v_map(a);

	tw_map_putc(a, v, "name", tw_v_str(r->name));
	tw_map_putc(a, v, "uri", tw_v_str(r->uri));
	tw_map_putc(a, v, "group", tw_v_str(r->group));
	tw_map_putc(a, v, "extra", load(a, r->extra));
	return v;
}

/* By name, uri or both; both name it exactly, one of them means the active one. */
static enum tw_rc find_asset(struct ask *q, struct tw_asset_row *ret, struct tw_err *err)
{
	struct tw_str name = tw_map_str(q->body, "name", NULL), uri = tw_map_str(q->body, "uri", NULL);

	if (!name.n && !uri.n)
		return tw_err_set(err, TW_ERR_INVALID, "name and uri cannot both be None");
	return tw_store_asset_find(q->s, name.n ? name : (struct tw_str){ 0 }, uri.n ? uri : (struct tw_str){ 0 },
				   !name.n || !uri.n, q->a, ret, err);
}

enum tw_rc tw_task_asset_get(struct ask *q, struct tw_err *err)
{
	struct tw_asset_row row;
	enum tw_rc rc = find_asset(q, &row, err);

	if (rc == TW_OK)
		q->result = asset_value(q->a, &row);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

enum tw_rc tw_task_assets_by_alias(struct ask *q, struct tw_err *err)
{
	struct tw_asset_row *rows;
	size_t n = 0;
	enum tw_rc rc = tw_store_assets_behind(q->s, tw_map_str(q->body, "alias", ""), q->a, &rows, &n, err);

	q->result = tw_v_list(q->a);
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		tw_list_push(q->a, q->result, asset_value(q->a, &rows[i]));
	return rc;
}

/* Which events: of one asset, or those that came by an alias. false: there is no such asset, so there are none. */
static enum tw_rc whose_events(struct ask *q, struct tw_cond *ret, bool *ret_any, struct tw_err *err)
{
	struct tw_str alias = tw_map_str(q->body, "alias", NULL);
	struct tw_asset_row asset;
	enum tw_rc rc;

	*ret_any = true;
	if (alias.n) {
		*ret = (struct tw_cond){ .field = "alias", .op = TW_OP_EQ, .text = alias };
		return TW_OK;
	}
	rc = find_asset(q, &asset, err);
	*ret_any = rc == TW_OK;
	if (rc == TW_OK)
		*ret = (struct tw_cond){ .field = "asset_id", .op = TW_OP_EQ, .num = asset.id };
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

static enum tw_rc add_bound(struct ask *q, const char *key, enum tw_op op, struct tw_cond *conds, size_t *n,
			    struct tw_err *err)
{
	struct tw_str text = tw_map_str(q->body, key, NULL);

	if (!text.n)
		return TW_OK;
	conds[*n] = (struct tw_cond){ .field = "timestamp", .op = op };
	if (tw_time_parse(text, NULL, &conds[*n].time, err) < 0)
		return tw_err_wrap(err, "'%s'", key);
	(*n)++;
	return TW_OK;
}

enum tw_rc tw_task_asset_events(struct ask *q, struct tw_err *err)
{
	struct tw_cond conds[3];
	const char *order[] = { tw_map_bool(q->body, "ascending", true) ? "timestamp" : "-timestamp" };
	struct tw_ask ask = { .conds = conds, .nconds = 1, .order_by = order, .norder = 1, .limit = -1 };
	struct tw_asset_event_row *rows;
	size_t n = 0;
	int64_t total, limit = tw_map_int(q->body, "limit", 0);
	bool any;
	enum tw_rc rc = whose_events(q, &conds[0], &any, err);

	q->result = tw_v_list(q->a);
	if (rc == TW_OK)
		rc = add_bound(q, "after", TW_OP_GE, conds, &ask.nconds, err);
	if (rc == TW_OK)
		rc = add_bound(q, "before", TW_OP_LE, conds, &ask.nconds, err);
	if (limit > 0)
		ask.limit = limit;
	if (rc == TW_OK && any)
		rc = tw_store_asset_events(q->s, &ask, q->a, &rows, &n, &total, err);
	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		struct tw_str *names;
		size_t k;

		rc = tw_store_event_aliases(q->s, rows[i].id, q->a, &names, &k, err);
		rows[i].aliases = names;
		rows[i].naliases = rc == TW_OK ? (int)k : 0;
		tw_list_push(q->a, q->result, tw_asset_event_value(q->a, &rows[i]));
	}
	return rc;
}

static enum tw_rc add_inactive(struct tw_store *s, const struct tw_asset_term *v, int n, struct tw_arena *a,
			       struct tw_value list, struct tw_err *err)
{
	struct tw_asset_row row;

	for (int i = 0; i < n; i++) {
		struct tw_value asset = tw_v_map(a);
		enum tw_rc rc = TW_OK;

		if (v[i].kind == TW_ASSET_EXACT)
			rc = tw_store_asset_find(s, v[i].key.name, v[i].key.uri, true, a, &row, err);
		if (rc == TW_OK)
			continue;
		if (rc != TW_ERR_NOT_FOUND)
			return rc;
		tw_map_putc(a, asset, "name", tw_v_str(tw_str_copy(a, v[i].key.name)));
		tw_map_putc(a, asset, "uri", tw_v_str(tw_str_copy(a, v[i].key.uri)));
		tw_list_push(a, list, asset);
	}
	return TW_OK;
}

enum tw_rc tw_inactive_assets(struct tw_store *s, const struct tw_task *task, struct tw_arena *a, struct tw_value *ret,
			      struct tw_err *err)
{
	enum tw_rc rc;

	*ret = tw_v_list(a);
	rc = add_inactive(s, task->inlets, task->ninlets, a, *ret, err);
	return rc < 0 ? rc : add_inactive(s, task->outlets, task->noutlets, a, *ret, err);
}

/* ── the state store ────────────────────────────────────────────────────────────────────── */

static enum tw_rc need_key(struct ask *q, struct tw_str *ret, struct tw_err *err)
{
	*ret = tw_map_str(q->body, "key", NULL);
	if (!ret->n || ret->n > 512)
		return tw_err_set(err, TW_ERR_INVALID, "a state's key has 1 to 512 bytes");
	return TW_OK;
}

static enum tw_rc need_value(struct ask *q, struct tw_str *ret, struct tw_err *err)
{
	struct tw_value v = tw_map_value(q->body, "value");

	if (v.kind == TW_V_NULL)
		return tw_err_set(err, TW_ERR_INVALID, "a state's value cannot be null");
	*ret = dump(q->a, v);
	return TW_OK;
}

static struct tw_state_row of_caller(struct ask *q)
{
	return (struct tw_state_row){ .dag_id = q->who->dag_id, .run_id = q->who->run_id, .task_id = q->who->task_id,
				      .map_index = q->who->map_index, .expires_at = TW_TIME_NONE };
}

enum tw_rc tw_task_state_get(struct ask *q, struct tw_err *err)
{
	struct tw_state_row key = of_caller(q), row;
	enum tw_rc rc = need_key(q, &key.key, err);

	if (rc == TW_OK)
		rc = tw_store_task_state(q->s, &key, q->a, &row, err);
	if (rc == TW_OK)
		q->result = load(q->a, row.value);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

enum tw_rc tw_task_state_set(struct ask *q, struct tw_err *err)
{
	struct tw_state_row row = of_caller(q);
	double retention = tw_map_num(q->body, "retention", -1);
	enum tw_rc rc = need_key(q, &row.key, err);

	if (rc == TW_OK)
		rc = need_value(q, &row.value, err);
	row.expires_at = body_time(q, "expires_at");
	if (retention >= 0 && retention < 1e9)
		row.expires_at = q->who->now + (int64_t)(retention * 1e6);
	return rc < 0 ? rc : tw_store_task_state_put(q->s, &row, err);
}

enum tw_rc tw_task_state_delete(struct ask *q, struct tw_err *err)
{
	struct tw_state_row key = of_caller(q);
	enum tw_rc rc = need_key(q, &key.key, err);

	return rc < 0 ? rc : tw_store_task_state_delete(q->s, &key, NULL, err);
}

enum tw_rc tw_task_state_clear(struct ask *q, struct tw_err *err)
{
	struct tw_state_row key = of_caller(q);

	if (tw_map_bool(q->body, "all_map_indices", false))
		key.map_index = TW_STATE_ALL_MAPS;
	return tw_store_task_state_delete(q->s, &key, NULL, err);
}

enum tw_rc tw_asset_state_get(struct ask *q, struct tw_err *err)
{
	struct tw_asset_row asset;
	struct tw_state_row row;
	struct tw_str key;
	enum tw_rc rc = need_key(q, &key, err);

	if (rc == TW_OK)
		rc = find_asset(q, &asset, err);
	if (rc < 0)
		return rc;
	rc = tw_store_asset_state(q->s, asset.id, key, q->a, &row, err);
	if (rc == TW_OK)
		q->result = load(q->a, row.value);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

/* Who has no attempt is a trigger that watches. */
enum tw_rc tw_asset_state_set(struct ask *q, struct tw_err *err)
{
	struct tw_state_row row = of_caller(q);
	struct tw_asset_row asset;
	enum tw_rc rc = need_key(q, &row.key, err);

	if (rc == TW_OK)
		rc = need_value(q, &row.value, err);
	if (rc == TW_OK)
		rc = find_asset(q, &asset, err);
	if (rc < 0)
		return rc;
	row.asset_id = asset.id;
	row.kind = row.task_id.n ? TW_STR("task") : TW_STR("watcher");
	return tw_store_asset_state_put(q->s, &row, err);
}

enum tw_rc tw_asset_state_delete(struct ask *q, struct tw_err *err)
{
	struct tw_asset_row asset;
	struct tw_str key;
	enum tw_rc rc = need_key(q, &key, err);

	if (rc == TW_OK)
		rc = find_asset(q, &asset, err);
	return rc < 0 ? rc : tw_store_asset_state_delete(q->s, asset.id, key, NULL, err);
}

enum tw_rc tw_asset_state_clear(struct ask *q, struct tw_err *err)
{
	struct tw_asset_row asset;
	enum tw_rc rc = find_asset(q, &asset, err);

	return rc < 0 ? rc : tw_store_asset_state_delete(q->s, asset.id, (struct tw_str){ 0 }, NULL, err);
}
