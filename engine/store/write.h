/*
 * Single writes that both the batch and the questions make. Only store/ includes this.
 */
#pragma once

#include "store/rows.h"

/* *ret_changes 0: the run is not there (any more). */
enum tw_rc tw_write_xcom(struct tw_store *s, const struct tw_xcom_row *x, int64_t *ret_changes, struct tw_err *err);
enum tw_rc tw_write_xcom_clear(struct tw_store *s, const struct tw_xcom_row *x, int64_t *ret_changes,
			       struct tw_err *err);
enum tw_rc tw_write_audit(struct tw_store *s, const struct tw_audit_row *r, struct tw_err *err);
enum tw_rc tw_write_inbox(struct tw_store *s, const struct tw_inbox_row *r, struct tw_err *err);
/* "dag_changed" and the like: a kind and a DAG. */
enum tw_rc tw_write_post(struct tw_store *s, const char *kind, struct tw_str dag_id, struct tw_err *err);
enum tw_rc tw_write_trigger(struct tw_store *s, const struct tw_trigger_row *t, struct tw_err *err);
/* assets (asset_put.c, asset_write.c) */
struct tw_dag;
/* What the document says of assets, in the place of what it said before. *ret_changed, set to true: settle afterwards. */
enum tw_rc tw_write_dag_assets(struct tw_store *s, const struct tw_dag *dag, bool *ret_changed, struct tw_err *err);
/* Which assets are active: those that somebody names, unless another has the name or the URI. */
enum tw_rc tw_write_assets_settle(struct tw_store *s, struct tw_err *err);
enum tw_rc tw_write_asset_event(struct tw_store *s, const struct tw_asset_event_row *e, struct tw_err *err);
enum tw_rc tw_write_asset_mark(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err);
enum tw_rc tw_write_asset_unmark(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err);
enum tw_rc tw_write_asset_consume(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err);
enum tw_rc tw_write_partition(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err);
enum tw_rc tw_write_partition_run(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err);
enum tw_rc tw_write_partitions_drop(struct tw_store *s, struct tw_str dag_id, struct tw_err *err);
enum tw_rc tw_write_watcher(struct tw_store *s, const struct tw_watcher_row *w, struct tw_err *err);
enum tw_rc tw_write_lease_check(struct tw_store *s, struct tw_str name, int64_t epoch, struct tw_err *err);
enum tw_rc tw_write_callback(struct tw_store *s, const struct tw_callback_row *c, struct tw_err *err);
struct tw_workload_row;
enum tw_rc tw_write_workload(struct tw_store *s, const struct tw_workload_row *w, struct tw_err *err);
enum tw_rc tw_write_workload_drop(struct tw_store *s, struct tw_id attempt, struct tw_err *err);
struct tw_hitl_row;
/* *ret_changes 0: it has an answer already, or was never asked. */
enum tw_rc tw_write_hitl_answer(struct tw_store *s, const struct tw_hitl_row *h, int64_t *ret_changes,
				struct tw_err *err);
struct tw_deadline_row;
struct tw_sla_row;
enum tw_rc tw_write_deadline(struct tw_store *s, const struct tw_deadline_row *d, struct tw_err *err);
enum tw_rc tw_write_deadline_missed(struct tw_store *s, const struct tw_deadline_row *d, struct tw_err *err);
enum tw_rc tw_write_deadlines_met(struct tw_store *s, const struct tw_deadline_row *which, struct tw_err *err);
/* One of its runs has changed: completes it if that was the last, and tells of it. */
enum tw_rc tw_write_backfill_moved(struct tw_store *s, int64_t id, struct tw_err *err);
enum tw_rc tw_write_sla_miss(struct tw_store *s, const struct tw_sla_row *m, struct tw_err *err);
