/*
 * Assets: what DAG files say of them, their events, whom they wait for (docs/assets.md). An asset is known
 * by the pair of name and URI; ids are the store's own. Everything that the scheduler decides comes in its batch
 * (store.h); what is here are the questions, and the few writes that others may make.
 */
#pragma once

#include "store/store.h"

struct tw_asset_row {
	int64_t id;
	struct tw_str name, uri, group;
	struct tw_str extra;         /* JSON */
	tw_time created_at, updated_at;
	bool active;
	int64_t last_event_id;       /* 0 = none */
	tw_time last_event_at;
};

/*
 * Fields: id name uri group created_at updated_at active, dag_id (EQ, IN: its schedule, a task's inlet or outlet names it).
 */
enum tw_rc tw_store_assets(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_asset_row **ret_v,
			   size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_asset(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_asset_row *ret, struct tw_err *err);
/* By name, by uri (p NULL = any), or by both; active ones only when asked. TW_ERR_NOT_FOUND. */
enum tw_rc tw_store_asset_find(struct tw_store *s, struct tw_str name, struct tw_str uri, bool active, struct tw_arena *a,
			       struct tw_asset_row *ret, struct tw_err *err);

struct tw_alias_row {
	int64_t id;
	struct tw_str name, group;
};
/* Fields: id name group. */
enum tw_rc tw_store_asset_aliases(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				  struct tw_alias_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
/* The aliases behind which an asset was seen, and the assets behind an alias. */
enum tw_rc tw_store_aliases_of(struct tw_store *s, int64_t asset_id, struct tw_arena *a, struct tw_alias_row **ret_v,
			       size_t *ret_n, struct tw_err *err);
enum tw_rc tw_store_assets_behind(struct tw_store *s, struct tw_str alias, struct tw_arena *a,
				  struct tw_asset_row **ret_v, size_t *ret_n, struct tw_err *err);

/* Who names an asset: a schedule (task_id p NULL), or a task. */
struct tw_asset_ref_row {
	struct tw_str dag_id, task_id;
	tw_time created_at, updated_at;
};
enum tw_asset_ref_kind { TW_REF_SCHEDULE, TW_REF_OUTLET, TW_REF_INLET };
enum tw_rc tw_store_asset_refs(struct tw_store *s, int64_t asset_id, enum tw_asset_ref_kind kind, struct tw_arena *a,
			       struct tw_asset_ref_row **ret_v, size_t *ret_n, struct tw_err *err);

/* Is there a DAG, neither paused nor gone, whose schedule names it? */
enum tw_rc tw_store_asset_heard(struct tw_store *s, int64_t asset_id, bool *ret, struct tw_err *err);
/* asset_id 0: all. */
enum tw_rc tw_store_watchers(struct tw_store *s, int64_t asset_id, struct tw_arena *a, struct tw_watcher_row **ret_v,
			     size_t *ret_n, struct tw_err *err);

/* ── events ─────────────────────────────────────────────────────────────────────────── */

/*
 * Fields: id asset_id timestamp source_dag_id source_task_id source_run_id source_map_index partition_key name uri,
 * alias (EQ: it came by that alias), consumer (EQ, num: the dag_run's id that consumed it).
 */
enum tw_rc tw_store_asset_events(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				 struct tw_asset_event_row **ret_v, size_t *ret_n, int64_t *ret_total,
				 struct tw_err *err);
/* Names of the aliases that an event came by. */
enum tw_rc tw_store_event_aliases(struct tw_store *s, int64_t event_id, struct tw_arena *a, struct tw_str **ret_v,
				  size_t *ret_n, struct tw_err *err);
/* The runs that consumed an event, by id. */
enum tw_rc tw_store_event_runs(struct tw_store *s, int64_t event_id, struct tw_arena *a, struct tw_run_row **ret_v,
			       size_t *ret_n, struct tw_err *err);
/* The events that a run consumed, oldest first, with their aliases. */
enum tw_rc tw_store_run_events(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a,
			       struct tw_asset_event_row **ret_v, size_t *ret_n, struct tw_err *err);
/*
 * An event that no task of ours makes: the row, and "asset_event" in the inbox, in one transaction. The scheduler sets the
 * time when it takes it. ret_inbox: the inbox row to wait for.
 */
enum tw_rc tw_store_asset_event_post(struct tw_store *s, const struct tw_asset_event_row *e, int64_t *ret_id,
				     int64_t *ret_inbox, struct tw_err *err);
enum tw_rc tw_store_asset_event(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_asset_event_row *ret,
				struct tw_err *err);

/* ── who waits ──────────────────────────────────────────────────────────────────────── */

struct tw_asset_wait_row {
	int64_t asset_id;
	struct tw_str dag_id, dag_display_name, name, uri;
	tw_time created_at;
};
/* asset_id 0, dag_id p NULL: of all; before NONE: whenever. */
enum tw_rc tw_store_asset_waits(struct tw_store *s, int64_t asset_id, struct tw_str dag_id, tw_time before,
				struct tw_arena *a, struct tw_asset_wait_row **ret_v, size_t *ret_n,
				struct tw_err *err);
/* What has come for partitions that no run was made of yet. */
struct tw_partition_row {
	struct tw_str dag_id, partition_key, name, uri, source_key;
	tw_time partition_date;
};
enum tw_rc tw_store_partitions(struct tw_store *s, struct tw_arena *a, struct tw_partition_row **ret_v, size_t *ret_n,
			       struct tw_err *err);
/* Each asset that was seen behind an alias: for the scheduler's start. */
struct tw_alias_pair {
	struct tw_str alias, name, uri;
};
enum tw_rc tw_store_alias_pairs(struct tw_store *s, struct tw_arena *a, struct tw_alias_pair **ret_v, size_t *ret_n,
				struct tw_err *err);
/* When something last happened to an asset; TW_TIME_NONE: nothing has. */
enum tw_rc tw_store_asset_clock(struct tw_store *s, tw_time *ret, struct tw_err *err);
/*
 * 2.x: from the earliest start to the latest end of the intervals whose runs made the events that the DAG's next
 * asset run will consume; NONE when there are none.
 */
enum tw_rc tw_store_asset_span(struct tw_store *s, struct tw_str dag_id, tw_time *ret_start, tw_time *ret_end,
			       struct tw_err *err);

/* ── states that tasks and assets keep (Airflow's state store) ─────────────────────── */

struct tw_state_row {
	int64_t asset_id;            /* an asset's; 0: a task instance's */
	struct tw_str dag_id, run_id, task_id; /* whose, or who wrote an asset's */
	int map_index;
	struct tw_str key, value;    /* value: JSON */
	tw_time updated_at, expires_at; /* expires NONE = never */
	struct tw_str kind;          /* task watcher api: who wrote an asset's */
};
enum tw_rc tw_store_task_state(struct tw_store *s, const struct tw_state_row *key, struct tw_arena *a,
			       struct tw_state_row *ret, struct tw_err *err);
enum tw_rc tw_store_task_states(struct tw_store *s, const struct tw_state_row *of, int64_t limit, int64_t offset,
				struct tw_arena *a, struct tw_state_row **ret_v, size_t *ret_n, int64_t *ret_total,
				struct tw_err *err);
enum tw_rc tw_store_task_state_put(struct tw_store *s, const struct tw_state_row *row, struct tw_err *err);
/* key p NULL: all keys; map_index TW_STATE_ALL_MAPS: of all the task's instances. */
#define TW_STATE_ALL_MAPS (-2)
enum tw_rc tw_store_task_state_delete(struct tw_store *s, const struct tw_state_row *key, int64_t *ret_n,
				      struct tw_err *err);
enum tw_rc tw_store_asset_state(struct tw_store *s, int64_t asset_id, struct tw_str key, struct tw_arena *a,
				struct tw_state_row *ret, struct tw_err *err);
enum tw_rc tw_store_asset_states(struct tw_store *s, int64_t asset_id, int64_t limit, int64_t offset, struct tw_arena *a,
				 struct tw_state_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_asset_state_put(struct tw_store *s, const struct tw_state_row *row, struct tw_err *err);
enum tw_rc tw_store_asset_state_delete(struct tw_store *s, int64_t asset_id, struct tw_str key, int64_t *ret_n,
				       struct tw_err *err);
