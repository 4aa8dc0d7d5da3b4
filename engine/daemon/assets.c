/*
 * Assets, between the core and the world: what a task says of its outlets, what others post, what the store knew at
 * the start, and the triggers that watch assets.
 */
#include "store/assets.h"

#include <stdlib.h>

#include "base/log.h"
#include "daemon/shell.h"
#include "io/clock.h"
#include "value/json.h"

/* ── what a task says of its outlets ────────────────────────────────────────────────────── */

static struct tw_str json_copy(struct tw_arena *a, struct tw_value v)
{
	char *text = tw_json_dump(v, TW_JSON_COMPACT);
	struct tw_str s = tw_str_copy(a, tw_str(text));

	free(text);
	return s;
}

/* The pair, of what names one half of it: the task's own outlets know most, the store the rest. */
static bool complete(struct shell *sh, const struct tw_task *task, struct tw_arena *a, struct tw_asset_said *e)
{
	struct tw_asset_row row;

	if (e->name.n && e->uri.n)
		return true;
	for (int i = 0; task && i < task->noutlets; i++) {
		const struct tw_asset_term *t = &task->outlets[i];

		if (t->kind != TW_ASSET_EXACT || !tw_str_eq(e->name.n ? t->key.name : t->key.uri, e->name.n ? e->name : e->uri))
			continue;
		e->name = t->key.name;
		e->uri = t->key.uri;
		return true;
	}
	if (tw_store_asset_find(sh->reader, e->name.n ? e->name : (struct tw_str){ 0 },
				e->uri.n ? e->uri : (struct tw_str){ 0 }, true, a, &row, NULL) < 0)
		return false;
	e->name = row.name;
	e->uri = row.uri;
	return true;
}

/* Same asset, same extra, by another alias: that is one event that came by both. */
static bool joins(struct tw_asset_said *into, const struct tw_asset_said *e, struct tw_arena *a)
{
	struct tw_str *names;

	if (!into->naliases || !e->naliases || !tw_str_eq(into->name, e->name) || !tw_str_eq(into->uri, e->uri) ||
	    !tw_str_eq(into->extra, e->extra) || !tw_str_eq(into->asset_extra, e->asset_extra))
		return false;
	names = tw_arena_array(a, struct tw_str, (size_t)into->naliases + 1);
	for (int i = 0; i < into->naliases; i++) {
		if (tw_str_eq(into->aliases[i], e->aliases[0]))
			return true;
		names[i] = into->aliases[i];
	}
	names[into->naliases++] = e->aliases[0];
	into->aliases = names;
	return true;
}

static bool outlet_alias(const struct tw_task *task, struct tw_str name)
{
	for (int i = 0; task && i < task->noutlets; i++)
		if (task->outlets[i].kind == TW_ASSET_ALIAS && tw_str_eq(task->outlets[i].key.name, name))
			return true;
	return false;
}

static void read_said(struct tw_value v, struct tw_arena *a, struct tw_asset_said *e)
{
	struct tw_value asset = tw_map_value(v, "asset"), extra = tw_map_value(v, "extra"),
			own = tw_map_value(asset, "extra");
	struct tw_str *alias = tw_arena_new(a, struct tw_str);

	*alias = tw_str_copy(a, tw_map_str(v, "alias", ""));
	*e = (struct tw_asset_said){
		.name = tw_str_copy(a, tw_map_str(asset, "name", "")),
		.uri = tw_str_copy(a, tw_map_str(asset, "uri", "")),
		.extra = extra.kind == TW_V_MAP ? json_copy(a, extra) : TW_STR("{}"),
		.asset_extra = own.kind == TW_V_MAP ? json_copy(a, own) : TW_STR("{}"),
		.aliases = alias,
		.naliases = alias->n > 0,
	};
}

void assets_read_outlets(struct shell *sh, const struct tw_task *task, struct tw_value events, struct tw_arena *a,
			 struct tw_ev_finished *f)
{
	TW_VEC(struct tw_asset_said) said = { 0 };
	struct tw_asset_said *copy;

	for (size_t i = 0; events.kind == TW_V_LIST && i < events.list->n; i++) {
		struct tw_value v = events.list->v[i], keys = tw_map_value(v, "partition_keys");
		struct tw_asset_said e;
		bool joined = false;

		read_said(v, a, &e);
		if (e.naliases && !outlet_alias(task, e.aliases[0]))
			continue;
		if (!complete(sh, task, a, &e)) {
			tw_warn("no event: there is no active asset " TW_STR_FMT TW_STR_FMT " among the outlets task=" TW_STR_FMT,
				TW_STR_ARG(e.name), TW_STR_ARG(e.uri), TW_STR_ARG(task ? task->task_id : tw_str("?")));
			continue;
		}
		for (size_t k = 0; k < said.n && !joined; k++)
			joined = joins(&said.v[k], &e, a);
		if (joined)
			continue;
		if (keys.kind != TW_V_LIST)
			keys = TW_NULL;
		if (!tw_value_len(keys))
			tw_vec_push(&said, e);
		for (size_t k = 0; k < tw_value_len(keys); k++) {
			e.partition_key = keys.list->v[k].kind == TW_V_STR ? tw_str_copy(a, keys.list->v[k].s) : tw_str("");
			tw_vec_push(&said, e);
		}
	}
	copy = tw_arena_array(a, struct tw_asset_said, said.n + 1);
	if (said.n)
		memcpy(copy, said.v, said.n * sizeof *copy);
	f->assets = copy;
	f->nassets = (int)said.n;
	tw_vec_release(&said);
}

/* ── what others post ───────────────────────────────────────────────────────────────────── */

enum tw_rc assets_take_event(struct shell *sh, struct tw_value payload, struct tw_arena *a, struct tw_err *err)
{
	struct tw_asset_event_row row;
	struct tw_event ev = { .type = TW_EV_ASSET, .at = shell_now(sh) };
	enum tw_rc rc = tw_store_asset_event(sh->reader, tw_map_int(payload, "event_id", 0), a, &row, err);

	if (rc < 0)
		return rc;
	ev.asset.event_id = row.id;
	ev.asset.said = (struct tw_asset_said){ .name = row.name, .uri = row.uri, .partition_key = row.partition_key };
	return shell_step(sh, &ev, err);
}

enum tw_rc assets_take_unmark(struct shell *sh, struct tw_str dag_id, struct tw_value payload, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_ASSET_UNMARK, .at = shell_now(sh) };
	struct tw_str before = tw_map_str(payload, "before", NULL);

	ev.asset_unmark = (struct tw_ev_asset_unmark){
		.dag_id = dag_id.n ? dag_id : (struct tw_str){ 0 },
		.name = tw_map_str(payload, "name", NULL),
		.uri = tw_map_str(payload, "uri", NULL),
		.before = TW_TIME_NONE,
	};
	if (before.p && tw_time_parse(before, NULL, &ev.asset_unmark.before, err) < 0)
		return TW_ERR_INVALID;
	return shell_step(sh, &ev, err);
}

/* ── at the start ───────────────────────────────────────────────────────────────────────── */

static enum tw_rc load_aliases(struct shell *sh, struct tw_arena *a, struct tw_err *err)
{
	struct tw_alias_pair *pairs;
	size_t n;
	enum tw_rc rc = tw_store_alias_pairs(sh->reader, a, &pairs, &n, err);

	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		struct tw_event ev = { .type = TW_EV_ASSET_LOAD, .at = shell_now(sh) };

		ev.asset_load = (struct tw_ev_asset_load){ .alias = pairs[i].alias, .name = pairs[i].name,
							   .uri = pairs[i].uri, .at = TW_TIME_NONE,
							   .span_start = TW_TIME_NONE };
		rc = shell_step(sh, &ev, err);
	}
	return rc;
}

/* The clock may have been set back since: what happens next is later all the same. */
static enum tw_rc load_clock(struct shell *sh, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_ASSET_LOAD, .at = shell_now(sh) };
	enum tw_rc rc = tw_store_asset_clock(sh->reader, &ev.asset_load.at, err);

	return rc < 0 ? rc : shell_step(sh, &ev, err);
}

static enum tw_rc load_partitions(struct shell *sh, struct tw_arena *a, struct tw_err *err)
{
	struct tw_partition_row *v;
	size_t n;
	enum tw_rc rc = tw_store_partitions(sh->reader, a, &v, &n, err);

	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		struct tw_event ev = { .type = TW_EV_ASSET_LOAD, .at = shell_now(sh) };

		ev.asset_load = (struct tw_ev_asset_load){ .dag_id = v[i].dag_id, .name = v[i].name, .uri = v[i].uri,
							   .partition_key = v[i].partition_key,
							   .partition_date = v[i].partition_date,
							   .source_key = v[i].source_key, .at = TW_TIME_NONE,
							   .span_start = TW_TIME_NONE };
		rc = shell_step(sh, &ev, err);
	}
	return rc;
}

enum tw_rc assets_load(struct shell *sh, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_asset_wait_row *waits;
	size_t n = 0;
	enum tw_rc rc = load_aliases(sh, &a, err);

	if (rc == TW_OK)
		rc = load_clock(sh, err);
	if (rc == TW_OK)
		rc = load_partitions(sh, &a, err);
	if (rc == TW_OK)
		rc = tw_store_asset_waits(sh->reader, 0, (struct tw_str){ 0 }, TW_TIME_NONE, &a, &waits, &n, err);
	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		struct tw_event ev = { .type = TW_EV_ASSET_LOAD, .at = shell_now(sh) };
		struct tw_ev_asset_load *l = &ev.asset_load;

		*l = (struct tw_ev_asset_load){ .dag_id = waits[i].dag_id, .name = waits[i].name, .uri = waits[i].uri,
						.at = waits[i].created_at };
		rc = tw_store_asset_span(sh->reader, l->dag_id, &l->span_start, &l->span_end, err);
		if (rc == TW_OK)
			rc = shell_step(sh, &ev, err);
	}
	tw_arena_release(&a);
	return rc;
}

/* ── watchers ───────────────────────────────────────────────────────────────────────────── */

static bool same_watcher(const struct tw_watcher_row *row, const struct tw_asset_watcher *w, struct tw_str kwargs)
{
	return tw_str_eq(row->name, w->name) && tw_str_eq(row->classpath, w->classpath) && tw_str_eq(row->kwargs, kwargs);
}

static void add_watcher(struct shell *sh, int64_t asset_id, const struct tw_asset_watcher *w, struct tw_str kwargs)
{
	struct turn *t = sh->gathering;
	struct tw_trigger_row *trigger = tw_arena_new(&t->arena, struct tw_trigger_row);
	struct tw_watcher_row *row = tw_arena_new(&t->arena, struct tw_watcher_row);

	trigger->id = sh->next_trigger_id++;
	trigger->classpath = tw_str_copy(&t->arena, w->classpath);
	trigger->kwargs = tw_str_copy(&t->arena, kwargs);
	trigger->created_date = shell_now(sh);
	row->asset_id = asset_id;
	row->trigger_id = trigger->id;
	row->name = tw_str_copy(&t->arena, w->name);
	tw_batch_trigger_new(&t->batch, trigger);
	tw_batch_watcher_new(&t->batch, row);
}

/* Does another DAG name it too? Then a document without watchers says nothing of them. */
static bool others_name_it(struct shell *sh, int64_t asset_id, struct tw_str dag_id, struct tw_arena *a)
{
	bool others = false;

	for (int kind = TW_REF_SCHEDULE; kind <= TW_REF_INLET; kind++) {
		struct tw_asset_ref_row *refs;
		size_t n = 0;

		if (tw_store_asset_refs(sh->reader, asset_id, kind, a, &refs, &n, NULL) < 0)
			return true;
		for (size_t i = 0; i < n; i++)
			others |= !tw_str_eq(refs[i].dag_id, dag_id);
	}
	return others;
}

/* The watchers of one asset become those that the document names; what stays keeps its trigger. */
static void sync_asset(struct shell *sh, const struct tw_dag *dag, const struct tw_asset *asset, struct tw_arena *a)
{
	struct tw_asset_row row;
	struct tw_watcher_row *have;
	bool *used, heard = false;
	size_t n;

	if (tw_store_asset_find(sh->reader, asset->key.name, asset->key.uri, false, a, &row, NULL) < 0 ||
	    tw_store_watchers(sh->reader, row.id, a, &have, &n, NULL) < 0 ||
	    tw_store_asset_heard(sh->reader, row.id, &heard, NULL) < 0)
		return;
	if ((!n && !asset->nwatchers) || (!asset->nwatchers && heard && others_name_it(sh, row.id, dag->dag_id, a)))
		return;
	used = tw_arena_array(a, bool, n + 1);
	for (int i = 0; row.active && heard && i < asset->nwatchers; i++) {
		struct tw_str kwargs = json_copy(a, asset->watchers[i].kwargs);
		bool there = false;

		for (size_t k = 0; k < n && !there; k++)
			if (!used[k] && same_watcher(&have[k], &asset->watchers[i], kwargs))
				there = used[k] = true;
		if (!there)
			add_watcher(sh, row.id, &asset->watchers[i], kwargs);
	}
	for (size_t k = 0; k < n; k++)
		if (!used[k])
			tw_batch_watcher_drop(&sh->gathering->batch, have[k].trigger_id);
}

/* Once a turn and asset: the store does not show yet what this turn will write. */
void assets_sync_watchers(struct shell *sh, const struct tw_dag *dag)
{
	struct tw_arena a = { 0 };
	struct tw_map *seen = &sh->gathering->watched;
	struct tw_buf key = { 0 };

	for (int i = 0; i < dag->nassets; i++) {
		const struct tw_asset *asset = &dag->asset_list[i];

		tw_buf_clear(&key);
		tw_buf_addstr(&key, asset->key.name);
		tw_buf_addc(&key, '\n');
		tw_buf_addstr(&key, asset->key.uri);
		if (tw_map_get(seen, tw_buf_str(&key)))
			continue;
		if (asset->nwatchers)
			tw_map_set(seen, tw_buf_str(&key), sh);
		sync_asset(sh, dag, asset, &a);
	}
	tw_buf_release(&key);
	tw_arena_release(&a);
}

/* Nobody listens any more: every DAG whose schedule names the asset is paused or gone. */
void assets_drop_watchers(struct shell *sh)
{
	struct tw_arena a = { 0 };
	struct tw_watcher_row *have;
	size_t n = 0;
	bool heard;

	if (tw_store_watchers(sh->reader, 0, &a, &have, &n, NULL) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++)
		if (tw_store_asset_heard(sh->reader, have[i].asset_id, &heard, NULL) == TW_OK && !heard)
			tw_batch_watcher_drop(&sh->gathering->batch, have[i].trigger_id);
	tw_arena_release(&a);
}
