/*
 * Runs and task instances between records and columns. Only store/ includes this.
 */
#pragma once

#include "store/query.h"

/* Columns in the order in which the readers take them; alias r. */
#define TW_RUN_SELECT                                                                              \
	"r.id, r.dag_id, r.run_id, r.run_type, r.state, r.triggered_by, r.triggering_user_name,"   \
	" r.logical_date, r.data_interval_start, r.data_interval_end, r.run_after, r.queued_at,"   \
	" r.start_date, r.end_date, r.updated_at, r.last_scheduling_decision, r.conf,"             \
	" r.created_dag_version_id, r.note, r.partition_key, r.partition_date, r.backfill_id, r.clear_number," \
	" r.bundle_version, case when r.backfill_id is not null then (select max(b.sort_ordinal)"  \
	" from backfill_dag_run b where b.dag_run_id = r.id and b.backfill_id = r.backfill_id) end"
void tw_run_read(struct tw_q *q, struct tw_arena *a, struct tw_run_row *row);

/* All but the id, which task_instance_history calls task_instance_id; alias ti. */
#define TW_TI_SELECT                                                                               \
	"ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.state, ti.try_number, ti.max_tries,"   \
	" ti.scheduled_dttm, ti.queued_dttm, ti.start_date, ti.end_date, ti.last_heartbeat_at,"    \
	" ti.next_retry_at, ti.reschedule_start, ti.updated_at, ti.pool_slots, ti.priority_weight," \
	" ti.pool, ti.queue, ti.executor, ti.operator, ti.custom_operator_name, ti.hostname,"      \
	" ti.unixname, ti.external_executor_id, ti.pid, ti.dag_version_id, ti.rendered_map_index," \
	" ti.task_display_name, ti.next_method, ti.next_kwargs, ti.trigger_id, ti.trigger_timeout," \
	" ti.note, ti.state_reason"
/* "ti.id" or "ti.task_instance_id" comes first. */
void tw_ti_read(struct tw_q *q, struct tw_arena *a, struct tw_ti_row *row);

enum tw_rc tw_run_insert(struct tw_store *s, const struct tw_run_row *run, bool take_over, struct tw_err *err);
enum tw_rc tw_run_update(struct tw_store *s, const struct tw_run_row *run, uint32_t cols, int64_t *ret_changes,
			 struct tw_err *err);
enum tw_rc tw_ti_insert(struct tw_store *s, const struct tw_ti_row *ti, struct tw_err *err);
enum tw_rc tw_ti_archive(struct tw_store *s, const struct tw_ti_row *ti, struct tw_err *err);
enum tw_rc tw_ti_update(struct tw_store *s, const struct tw_ti_row *ti, int was, uint64_t cols,
			int64_t *ret_changes, struct tw_err *err);

/* ── rows that hang on others (purge.c) ─────────────────────────────────────────────── */

enum tw_rc tw_purge_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, int64_t *ret_runs,
			struct tw_err *err);
enum tw_rc tw_purge_ti(struct tw_store *s, const struct tw_ti_row *ti, int64_t *ret_tis, struct tw_err *err);
enum tw_rc tw_purge_dag(struct tw_store *s, struct tw_str dag_id, int64_t *ret_rows, struct tw_err *err);
