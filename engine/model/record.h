/*
 * Rows that the core decides on, the store keeps and everybody else reads. Plain data.
 * Strings are borrowed from whoever filled the record (an arena, or the core's own state);
 * an unset string has p == NULL, an unset instant is TW_TIME_NONE.
 */
#pragma once

#include "base/str.h"
#include "model/state.h"
#include "time/instant.h"

/* A task-instance attempt's id, a UUIDv7: new with every retry and clear, so that what comes late is recognised. */
struct tw_id {
	uint8_t b[16];
};

static inline bool tw_id_eq(struct tw_id a, struct tw_id b)
{
	return memcmp(a.b, b.b, sizeof a.b) == 0;
}
void tw_id_text(struct tw_id id, char ret_text[37]);
bool tw_id_parse(struct tw_str text, struct tw_id *ret_id);

struct tw_run_row {
	int64_t id;                      /* database key; 0 until stored. The core hands out none: (dag_id, run_id) is its key */
	struct tw_str dag_id, run_id;
	enum tw_run_type type;
	enum tw_run_state state;
	struct tw_str triggered_by;      /* cli operator rest_api ui test timetable asset backfill */
	struct tw_str triggering_user;
	tw_time logical_date;            /* may be none (3.x) */
	tw_time interval_start, interval_end;
	tw_time run_after, queued_at, start_date, end_date, updated_at;
	tw_time last_scheduling_decision;
	struct tw_str conf;              /* JSON text; p NULL = {} */
	struct tw_str version_id;        /* dag_version.id text: the document this run was made with */
	struct tw_str note;
	struct tw_str partition_key;
	tw_time partition_date;          /* with a partition_key only: when its partition begins, or none */
	int64_t backfill_id;             /* 0 = none */
	int backfill_ordinal;            /* its place in the backfill's order, from 1; 0 = unknown */
	int clear_number;
	struct tw_str bundle_version;
};

struct tw_ti_row {
	struct tw_id id;
	struct tw_str dag_id, run_id, task_id;
	int map_index;                   /* -1 = unmapped, or not expanded yet */
	enum tw_ti_state state;
	int try_number, max_tries;
	tw_time scheduled_dttm, queued_dttm, start_date, end_date;
	tw_time last_heartbeat;
	tw_time next_retry;              /* up_for_retry: when it is due; up_for_reschedule: reschedule date */
	tw_time reschedule_start;        /* first start of this attempt while rescheduling: the sensor's clock */
	tw_time updated_at;
	int pool_slots, priority_weight;
	struct tw_str pool, queue, executor, operator_name, custom_operator_name;
	struct tw_str hostname, unixname, external_executor_id;
	int pid;
	struct tw_str version_id;
	struct tw_str rendered_map_index, task_display_name;
	struct tw_str next_method, next_kwargs; /* JSON */
	int64_t trigger_id;              /* 0 = none */
	tw_time trigger_timeout;
	struct tw_str note;
	struct tw_str reason;            /* why it ended as it did, in words: "killed by signal 9", "heartbeat lost"; ours */
};

/* Something has happened to an asset. */
struct tw_asset_event_row {
	int64_t id;                      /* database key; 0 = not stored yet */
	int64_t asset_id;                /* 0: found by name and uri */
	struct tw_str name, uri, group;
	struct tw_str asset_extra;       /* JSON: the asset's own; what an alias brings when it makes the asset */
	struct tw_str extra;             /* JSON; p NULL = {} */
	struct tw_str source_dag_id, source_task_id, source_run_id; /* p NULL: no task of ours made it */
	int source_map_index;
	tw_time timestamp;
	struct tw_str partition_key;
	const struct tw_str *aliases;    /* names it came by */
	int naliases;
};

struct tw_pool_row {
	struct tw_str name, description;
	int64_t slots;                   /* -1 = unlimited */
	bool include_deferred;
};
