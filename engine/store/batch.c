/* One turn of the scheduler in one transaction. */
#include "store/feed_write.h"
#include "store/workloads.h"
#include "store/write.h"

static enum tw_rc put_task_map(struct tw_store *s, const struct tw_task_map_row *m,
			       struct tw_err *err)
{
	return tw_q_exec(
		s, NULL, err,
		"insert into task_map (dag_id, run_id, task_id, map_index, length, keys) values (?, ?, ?, ?, ?, ?)"
		" on conflict (dag_id, run_id, task_id, map_index) do update set length = excluded.length,"
		" keys = excluded.keys",
		"sssiis", m->dag_id, m->run_id, m->task_id, (int64_t)m->map_index, m->length,
		m->keys);
}

static enum tw_rc put_rendered(struct tw_store *s, const struct tw_rendered_row *r,
			       struct tw_err *err)
{
	return tw_q_exec(
		s, NULL, err,
		"insert into rendered_task_instance_fields (dag_id, run_id, task_id, map_index,"
		" rendered_fields, k8s_pod_yaml) values (?, ?, ?, ?, ?, ?)"
		" on conflict (dag_id, run_id, task_id, map_index) do update set"
		" rendered_fields = excluded.rendered_fields, k8s_pod_yaml = excluded.k8s_pod_yaml",
		"sssiss", r->dag_id, r->run_id, r->task_id, (int64_t)r->map_index, r->fields,
		r->pod_yaml);
}

static enum tw_rc put_reschedule(struct tw_store *s, const struct tw_reschedule_row *r,
				 struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "insert into task_reschedule (ti_id, start_date, end_date, duration, reschedule_date)"
	     " values (?, ?, ?, ?, ?)");
	tw_q_put_uuid(&q, r->ti_id);
	tw_q_put_time(&q, r->start_date);
	tw_q_put_time(&q, r->end_date);
	tw_q_put_int(&q, (r->end_date - r->start_date) / TW_US_SEC);
	tw_q_put_time(&q, r->reschedule_date);
	return tw_q_run(&q, NULL, err);
}

static enum tw_rc put_next_run(struct tw_store *s, const struct tw_next_run *n, int64_t *changes,
			       struct tw_err *err)
{
	return tw_q_exec(s, changes, err,
			 "update dag set next_dagrun = ?, next_dagrun_data_interval_start = ?,"
			 " next_dagrun_data_interval_end = ?, next_dagrun_create_after = ?,"
			 " next_dagrun_partition_key = ?, next_dagrun_partition_date = ?,"
			 " exceeds_max_non_backfill = ? where dag_id = ?",
			 "ttttstis", n->logical_date, n->interval_start, n->interval_end,
			 n->create_after, n->partition_key, n->partition_date,
			 (int64_t)n->exceeds_max_active, n->dag_id);
}

static enum tw_rc put_warning(struct tw_store *s, const struct tw_warning_row *w, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err, "delete from dag_warning where dag_id = ? and warning_type = ?",
			 "ss", w->dag_id, w->warning_type));
	if (!w->message.p)
		return TW_OK;
	return tw_q_exec(
		s, NULL, err,
		"insert into dag_warning (dag_id, warning_type, message, timestamp) values (?, ?, ?, ?)",
		"ssst", w->dag_id, w->warning_type, w->message, w->timestamp);
}

/* changes: of those whose row must be there; else it stays as it is. */
static enum tw_rc apply(struct tw_store *s, const struct tw_change *c, int64_t *changes,
			struct tw_err *err)
{
	int64_t ignored;

	switch (c->kind) {
	case TW_CH_RUN_NEW:
		return tw_run_insert(s, c->run, true, err);
	case TW_CH_RUN:
		return tw_run_update(s, c->run, c->run_cols, changes, err);
	case TW_CH_RUN_DELETE:
		return tw_purge_run(s, c->run->dag_id, c->run->run_id, changes, err);
	case TW_CH_TI_NEW:
		return tw_ti_insert(s, c->ti, err);
	case TW_CH_TI:
		return tw_ti_update(s, c->ti, c->was, c->ti_cols, changes, err);
	case TW_CH_TI_ARCHIVE:
		return tw_ti_archive(s, c->ti, err);
	case TW_CH_TI_DELETE:
		return tw_purge_ti(s, c->ti, changes, err);
	case TW_CH_XCOM_PUT:
		return tw_write_xcom(s, c->xcom, changes, err);
	case TW_CH_XCOM_CLEAR:
		return tw_write_xcom_clear(s, c->xcom, &ignored, err);
	case TW_CH_TASK_MAP:
		return put_task_map(s, c->task_map, err);
	case TW_CH_TASK_MAP_CLEAR:
		return tw_q_exec(
			s, NULL, err,
			"delete from task_map where dag_id = ? and run_id = ? and task_id = ? and map_index = ?",
			"sssi", c->task_map->dag_id, c->task_map->run_id, c->task_map->task_id,
			(int64_t)c->task_map->map_index);
	case TW_CH_RENDERED:
		return put_rendered(s, c->rendered, err);
	case TW_CH_RESCHEDULE:
		return put_reschedule(s, c->reschedule, err);
	case TW_CH_TRIGGER_NEW:
		return tw_write_trigger(s, c->trigger, err);
	case TW_CH_TRIGGER_DROP:
		return tw_q_exec(s, NULL, err, "delete from \"trigger\" where id = ?", "i", c->num);
	case TW_CH_NEXT_RUN:
		return put_next_run(s, c->next_run, changes, err);
	case TW_CH_DAG_PAUSED:
		return tw_q_exec(s, changes, err, "update dag set is_paused = ? where dag_id = ?",
				 "is", c->num, c->text);
	case TW_CH_DAG_WARNING:
		return put_warning(s, c->warning, err);
	case TW_CH_ASSET_EVENT:
		return tw_write_asset_event(s, c->asset_event, err);
	case TW_CH_ASSET_MARK:
		return tw_write_asset_mark(s, c->mark, err);
	case TW_CH_ASSET_UNMARK:
		return tw_write_asset_unmark(s, c->mark, err);
	case TW_CH_ASSET_CONSUME:
		return tw_write_asset_consume(s, c->mark, err);
	case TW_CH_PARTITION:
		return tw_write_partition(s, c->mark, err);
	case TW_CH_PARTITION_RUN:
		return tw_write_partition_run(s, c->mark, err);
	case TW_CH_PARTITIONS_DROP:
		return tw_write_partitions_drop(s, c->mark->dag_id, err);
	case TW_CH_WATCHER_NEW:
		return tw_write_watcher(s, c->watcher, err);
	case TW_CH_WATCHER_DROP:
		TW_TRY(tw_q_exec(s, NULL, err, "delete from asset_watcher where trigger_id = ?", "i", c->num));
		return tw_q_exec(s, NULL, err, "delete from \"trigger\" where id = ?", "i", c->num);
	case TW_CH_AUDIT:
		return tw_write_audit(s, c->audit, err);
	case TW_CH_CALLBACK_NEW:
		return tw_write_callback(s, c->callback, err);
	case TW_CH_WORKLOAD_NEW:
		return tw_write_workload(s, c->workload, err);
	case TW_CH_WORKLOAD_DROP:
		return tw_write_workload_drop(s, c->workload->attempt, err);
	case TW_CH_HITL_ANSWER:
		return tw_write_hitl_answer(s, c->hitl, &ignored, err);
	case TW_CH_DEADLINE_NEW:
		return tw_write_deadline(s, c->deadline, err);
	case TW_CH_DEADLINE_MISSED:
		return tw_write_deadline_missed(s, c->deadline, err);
	case TW_CH_DEADLINES_MET:
		return tw_write_deadlines_met(s, c->deadline, err);
	case TW_CH_SLA_MISS:
		return tw_write_sla_miss(s, c->sla, err);
	case TW_CH_INBOX_POST:
		return tw_write_inbox(s, c->inbox, err);
	case TW_CH_INBOX_DONE:
		return tw_q_exec(s, NULL, err, "delete from inbox where id = ?", "i", c->num);
	case TW_CH_INBOX_DONE_TO:
		return tw_q_exec(s, NULL, err, "delete from inbox where id <= ?", "i", c->num);
	}
	TW_ASSERT(!"known change");
	return TW_OK;
}

enum tw_rc tw_store_commit(struct tw_store *s, struct tw_batch *b, struct tw_err *err)
{
	enum tw_rc rc = TW_OK;
	struct tw_feed_tally tally;
	size_t missing = 0;
	bool own;

	b->missing = 0;
	if (tw_batch_empty(b))
		return TW_OK;
	TW_TRY(tw_tx_enter(s, &own, err));
	tw_feed_tally(&tally, b);
	if (b->lease_epoch)
		rc = tw_write_lease_check(s, b->lease_name, b->lease_epoch, err);
	for (size_t i = 0; rc == TW_OK && i < b->changes.n; i++) {
		int64_t changes = 1;

		rc = apply(s, &b->changes.v[i], &changes, err);
		missing += changes == 0;
		if (changes)
			tw_feed_change(s, &tally, &b->changes.v[i]);
	}
	for (size_t i = 0; rc == TW_OK && i < tally.backfills.n; i++)
		rc = tw_write_backfill_moved(s, tally.backfills.v[i], err);
	tw_feed_tally_end(s, &tally);
	tw_feed_tally_release(&tally);
	TW_TRY(tw_tx_leave(s, own, rc, err));
	b->missing = missing;
	return TW_OK;
}
