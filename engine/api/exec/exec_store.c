/* Assets, their events, and what tasks and assets keep (Airflow's state store), by the words of task_assets.h. */
#include "api/exec/exec.h"

#include "store/assets.h"

#define EXECUTION TW_SCOPE_EXECUTION

/* ── assets ───────────────────────────────────────────────────────────────────────────── */

static void get_asset(struct tw_exec *x, const char *key, const char *word)
{
	struct tw_value body = tw_v_map(x->req->arena), v;
	struct tw_str text = tw_query(x->req, key);

	tw_exec_put(x, body, key, tw_v_str(text));
	if (!text.n || !tw_exec_do(x, "asset_get", body, &v))
		v = TW_NULL;
	if (v.kind == TW_V_NULL)
		tw_exec_refuse(x, 404, "not_found", "Asset with %s " TW_STR_FMT " not found", word, TW_STR_ARG(text));
	else
		tw_reply_value(x->resp, v);
}

static void asset_by_name(struct tw_exec *x)
{
	get_asset(x, "name", "name");
}

static void asset_by_uri(struct tw_exec *x)
{
	get_asset(x, "uri", "URI");
}

static void assets_by_alias(struct tw_exec *x)
{
	struct tw_value body = tw_v_map(x->req->arena), v;

	tw_exec_put(x, body, "alias", tw_v_str(tw_query(x->req, "alias_name")));
	if (tw_exec_do(x, "assets_by_alias", body, &v))
		tw_reply_value(x->resp, v);
}

/* ── events ───────────────────────────────────────────────────────────────────────────── */

static void write_runs(struct tw_exec *x, struct tw_jw *w, int64_t event)
{
	struct tw_run_row *v;
	size_t n = 0;

	(void)tw_store_event_runs(x->store, event, x->req->arena, &v, &n, NULL);
	tw_jw_key(w, "created_dagruns");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "run_id", v[i].run_id);
		tw_jw_str_at(w, "dag_id", v[i].dag_id);
		tw_jw_time(w, "logical_date", v[i].logical_date);
		tw_jw_time(w, "start_date", tw_time_ok(v[i].start_date) ? v[i].start_date : v[i].run_after);
		tw_jw_time(w, "end_date", v[i].end_date);
		tw_jw_str_at(w, "state", tw_str(tw_run_state_name(v[i].state)));
		tw_jw_time(w, "data_interval_start", v[i].interval_start);
		tw_jw_time(w, "data_interval_end", v[i].interval_end);
		if (tw_exec_knows(x, TW_EXEC_2026_04_06))
			tw_jw_str_at(w, "partition_key", v[i].partition_key);
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

static void write_event(struct tw_exec *x, struct tw_jw *w, struct tw_value e)
{
	static const char *const sources[] = { "source_task_id", "source_dag_id", "source_run_id", "source_map_index" };
	tw_time at = TW_TIME_NONE;

	(void)tw_time_parse(tw_map_str(e, "timestamp", ""), NULL, &at, NULL);
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", tw_map_int(e, "id", 0));
	tw_jw_time(w, "timestamp", at);
	tw_jw_key(w, "extra");
	tw_jw_value(w, tw_map_value(e, "extra"));
	tw_jw_key(w, "asset");
	tw_jw_value(w, tw_map_value(e, "asset"));
	write_runs(x, w, tw_map_int(e, "id", 0));
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		tw_jw_key(w, sources[i]);
		tw_jw_value(w, tw_map_value(e, sources[i]));
	}
	if (tw_exec_knows(x, TW_EXEC_2026_04_06)) {
		tw_jw_key(w, "partition_key");
		tw_jw_value(w, tw_map_value(e, "partition_key"));
	}
	tw_jw_end(w);
}

/* body says whose; what bounds the list is added here. */
static void reply_events(struct tw_exec *x, struct tw_value body)
{
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_value v;
	bool ascending = true;
	int64_t limit;

	tw_exec_put(x, body, "after", tw_exec_str(tw_query(x->req, "after")));
	tw_exec_put(x, body, "before", tw_exec_str(tw_query(x->req, "before")));
	tw_exec_bool(x, "ascending", &ascending);
	if (tw_exec_int(x, "limit", &limit))
		tw_exec_put(x, body, "limit", tw_v_int(limit));
	tw_exec_put(x, body, "ascending", tw_v_bool(ascending));
	if (!tw_exec_do(x, "asset_events", body, &v))
		return;
	tw_jw_obj(&w);
	tw_jw_key(&w, "asset_events");
	tw_jw_list(&w);
	for (size_t i = 0; i < tw_value_len(v); i++)
		write_event(x, &w, v.list->v[i]);
	tw_jw_end(&w);
	tw_jw_end(&w);
}

static void events_by_asset(struct tw_exec *x)
{
	struct tw_value body = tw_v_map(x->req->arena);
	struct tw_str name = tw_query(x->req, "name"), uri = tw_query(x->req, "uri");

	if (!name.n && !uri.n) {
		tw_exec_refuse(x, 400, "Missing parameter", "name and uri cannot both be None");
		return;
	}
	tw_exec_put(x, body, "name", tw_exec_str(name));
	tw_exec_put(x, body, "uri", tw_exec_str(uri));
	reply_events(x, body);
}

static void events_by_alias(struct tw_exec *x)
{
	struct tw_value body = tw_v_map(x->req->arena);

	tw_exec_put(x, body, "alias", tw_v_str(tw_query(x->req, "name")));
	reply_events(x, body);
}

/* ── what tasks keep ──────────────────────────────────────────────────────────────────── */

/* The present attempt's instance; false: it has replied 404. */
static bool task_there(struct tw_exec *x)
{
	struct tw_ti_view ti;

	if (tw_store_ti_by_id(x->store, x->claims.id, x->req->arena, &ti, NULL) == TW_OK)
		return true;
	tw_exec_refuse(x, 404, "not_found", "Task instance " TW_STR_FMT " not found", TW_STR_ARG(x->claims.sub));
	return false;
}

static struct tw_value key_of(struct tw_exec *x)
{
	struct tw_value body = tw_v_map(x->req->arena);

	tw_exec_put(x, body, "key", tw_v_str(tw_exec_param(x, 1)));
	return body;
}

static void reply_kept(struct tw_exec *x, struct tw_value v)
{
	struct tw_value out = tw_v_map(x->req->arena);

	tw_map_putc(x->req->arena, out, "value", v);
	tw_reply_value(x->resp, out);
}

static void get_task_state(struct tw_exec *x)
{
	struct tw_value v;

	if (!task_there(x) || !tw_exec_do(x, "task_state_get", key_of(x), &v))
		return;
	if (v.kind == TW_V_NULL)
		tw_exec_refuse(x, 404, "not_found", "Task state store key '" TW_STR_FMT "' not found", TW_STR_ARG(tw_exec_param(x, 1)));
	else
		reply_kept(x, v);
}

static void set_task_state(struct tw_exec *x)
{
	struct tw_value body = x->req->json, ask = key_of(x), ignored;

	if (!task_there(x))
		return;
	tw_exec_put(x, ask, "value", tw_map_value(body, "value"));
	tw_exec_put(x, ask, "expires_at", tw_map_value(body, "expires_at"));
	if (tw_exec_do(x, "task_state_set", ask, &ignored))
		tw_reply_none(x->resp);
}

static void drop_task_states(struct tw_exec *x, const char *word, struct tw_value ask)
{
	struct tw_value ignored;

	if (task_there(x) && tw_exec_do(x, word, ask, &ignored))
		tw_reply_none(x->resp);
}

static void delete_task_state(struct tw_exec *x)
{
	drop_task_states(x, "task_state_delete", key_of(x));
}

static void clear_task_states(struct tw_exec *x)
{
	drop_task_states(x, "task_state_clear", tw_v_map(x->req->arena));
}

/* ── what assets keep ─────────────────────────────────────────────────────────────────── */

/* Which asset, "name" or "uri", and with_key which value; false: it has replied. */
static bool read_asset(struct tw_exec *x, bool with_key, struct tw_value *ret)
{
	const char *by = tw_str_starts(tw_str(x->req->path.p + strlen("/execution/store/asset/")), "by-name") ? "name" : "uri";
	struct tw_value body = tw_v_map(x->req->arena), found;
	struct tw_str which = tw_query(x->req, by);

	tw_exec_put(x, body, by, tw_v_str(which));
	if (with_key)
		tw_exec_put(x, body, "key", tw_v_str(tw_query(x->req, "key")));
	*ret = body;
	if (!tw_exec_do(x, "asset_get", body, &found))
		return false;
	if (found.kind == TW_V_NULL)
		tw_exec_refuse(x, 404, "not_found", "Asset with %s='" TW_STR_FMT "' not found", by, TW_STR_ARG(which));
	return found.kind != TW_V_NULL;
}

static void get_asset_state(struct tw_exec *x)
{
	struct tw_value ask, v;

	if (!read_asset(x, true, &ask) || !tw_exec_do(x, "asset_state_get", ask, &v))
		return;
	if (v.kind == TW_V_NULL)
		tw_exec_refuse(x, 404, "not_found", "Asset state store key '" TW_STR_FMT "' not found",
			       TW_STR_ARG(tw_map_str(ask, "key", "")));
	else
		reply_kept(x, v);
}

static void set_asset_state(struct tw_exec *x)
{
	struct tw_value ask, ignored;

	if (!read_asset(x, true, &ask))
		return;
	if (!tw_exec_caller(x)->task_id.p) {
		tw_exec_refuse(x, 404, "not_found", "Task instance UUID('" TW_STR_FMT "') not found", TW_STR_ARG(x->claims.sub));
		return;
	}
	tw_exec_put(x, ask, "value", tw_map_value(x->req->json, "value"));
	if (tw_exec_do(x, "asset_state_set", ask, &ignored))
		tw_reply_none(x->resp);
}

static void drop_asset_states(struct tw_exec *x, bool one)
{
	struct tw_value ask, ignored;

	if (read_asset(x, one, &ask) && tw_exec_do(x, one ? "asset_state_delete" : "asset_state_clear", ask, &ignored))
		tw_reply_none(x->resp);
}

static void delete_asset_state(struct tw_exec *x)
{
	drop_asset_states(x, true);
}

static void clear_asset_states(struct tw_exec *x)
{
	drop_asset_states(x, false);
}

#define STORE_SINCE TW_EXEC_2026_06_30
#define ASSET_STATES(by)                                                                               \
	{ "GET", "/store/asset/" by "/value", get_asset_state, EXECUTION, false, STORE_SINCE, 0 },     \
		{ "PUT", "/store/asset/" by "/value", set_asset_state, EXECUTION, false, STORE_SINCE, 0 }, \
		{ "DELETE", "/store/asset/" by "/value", delete_asset_state, EXECUTION, false, STORE_SINCE, 0 }, \
	{                                                                                              \
		"DELETE", "/store/asset/" by "/clear", clear_asset_states, EXECUTION, false, STORE_SINCE, 0 \
	}

const struct tw_exec_route tw_exec_store[] = {
	{ "GET", "/assets/by-name", asset_by_name, EXECUTION, false, 0, 0 },
	{ "GET", "/assets/by-uri", asset_by_uri, EXECUTION, false, 0, 0 },
	{ "GET", "/assets/by-alias", assets_by_alias, EXECUTION, false, TW_EXEC_2026_06_30, 0 },
	{ "GET", "/asset-events/by-asset", events_by_asset, EXECUTION, false, 0, 0 },
	{ "GET", "/asset-events/by-asset-alias", events_by_alias, EXECUTION, false, 0, 0 },
	ASSET_STATES("by-name"),
	ASSET_STATES("by-uri"),
	{ "GET", "/store/ti/{task_instance_id}/{key...}", get_task_state, EXECUTION, true, STORE_SINCE, 0 },
	{ "PUT", "/store/ti/{task_instance_id}/{key...}", set_task_state, EXECUTION, true, STORE_SINCE, 0 },
	{ "DELETE", "/store/ti/{task_instance_id}/{key...}", delete_task_state, EXECUTION, true, STORE_SINCE, 0 },
	{ "DELETE", "/store/ti/{task_instance_id}", clear_task_states, EXECUTION, true, STORE_SINCE, 0 },
	{ 0 },
};
