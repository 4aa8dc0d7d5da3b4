/* Building a batch. */
#include "store/store.h"

void tw_batch_release(struct tw_batch *b)
{
	tw_vec_release(&b->changes);
}

void tw_batch_clear(struct tw_batch *b)
{
	tw_vec_clear(&b->changes);
	b->missing = 0;
}

static void add(struct tw_batch *b, struct tw_change c)
{
	tw_vec_push(&b->changes, c);
}

#define CHANGE(k, ...) add(b, (struct tw_change){.kind = k, __VA_ARGS__})

void tw_batch_run_new(struct tw_batch *b, const struct tw_run_row *run)
{
	CHANGE(TW_CH_RUN_NEW, .run = run);
}

void tw_batch_run(struct tw_batch *b, const struct tw_run_row *run, uint32_t cols)
{
	CHANGE(TW_CH_RUN, .run = run, .run_cols = cols);
}

void tw_batch_run_delete(struct tw_batch *b, const struct tw_run_row *run)
{
	CHANGE(TW_CH_RUN_DELETE, .run = run);
}

void tw_batch_ti_new(struct tw_batch *b, const struct tw_ti_row *ti)
{
	CHANGE(TW_CH_TI_NEW, .ti = ti);
}

void tw_batch_ti(struct tw_batch *b, const struct tw_ti_row *ti, int was, uint64_t cols)
{
	CHANGE(TW_CH_TI, .ti = ti, .was = was, .ti_cols = cols);
}

void tw_batch_ti_archive(struct tw_batch *b, const struct tw_ti_row *ti)
{
	CHANGE(TW_CH_TI_ARCHIVE, .ti = ti);
}

void tw_batch_ti_delete(struct tw_batch *b, const struct tw_ti_row *ti)
{
	CHANGE(TW_CH_TI_DELETE, .ti = ti);
}

void tw_batch_xcom_put(struct tw_batch *b, const struct tw_xcom_row *xcom)
{
	CHANGE(TW_CH_XCOM_PUT, .xcom = xcom);
}

void tw_batch_xcom_clear(struct tw_batch *b, const struct tw_xcom_row *which)
{
	CHANGE(TW_CH_XCOM_CLEAR, .xcom = which);
}

void tw_batch_task_map(struct tw_batch *b, const struct tw_task_map_row *map)
{
	CHANGE(TW_CH_TASK_MAP, .task_map = map);
}

void tw_batch_task_map_clear(struct tw_batch *b, const struct tw_task_map_row *which)
{
	CHANGE(TW_CH_TASK_MAP_CLEAR, .task_map = which);
}

void tw_batch_rendered(struct tw_batch *b, const struct tw_rendered_row *rendered)
{
	CHANGE(TW_CH_RENDERED, .rendered = rendered);
}

void tw_batch_reschedule(struct tw_batch *b, const struct tw_reschedule_row *reschedule)
{
	CHANGE(TW_CH_RESCHEDULE, .reschedule = reschedule);
}

void tw_batch_trigger_new(struct tw_batch *b, const struct tw_trigger_row *trigger)
{
	b->triggers = true;
	CHANGE(TW_CH_TRIGGER_NEW, .trigger = trigger);
}

void tw_batch_trigger_drop(struct tw_batch *b, int64_t id)
{
	b->triggers = true;
	CHANGE(TW_CH_TRIGGER_DROP, .num = id);
}

void tw_batch_next_run(struct tw_batch *b, const struct tw_next_run *next)
{
	CHANGE(TW_CH_NEXT_RUN, .next_run = next);
}

void tw_batch_dag_paused(struct tw_batch *b, struct tw_str dag_id, bool paused)
{
	CHANGE(TW_CH_DAG_PAUSED, .text = dag_id, .num = paused);
}

void tw_batch_dag_warning(struct tw_batch *b, const struct tw_warning_row *row)
{
	CHANGE(TW_CH_DAG_WARNING, .warning = row);
}

void tw_batch_asset_event(struct tw_batch *b, const struct tw_asset_event_row *event)
{
	CHANGE(TW_CH_ASSET_EVENT, .asset_event = event);
}

void tw_batch_asset_mark(struct tw_batch *b, const struct tw_asset_mark_row *mark)
{
	CHANGE(TW_CH_ASSET_MARK, .mark = mark);
}

void tw_batch_asset_unmark(struct tw_batch *b, const struct tw_asset_mark_row *mark)
{
	CHANGE(TW_CH_ASSET_UNMARK, .mark = mark);
}

void tw_batch_asset_consume(struct tw_batch *b, const struct tw_asset_mark_row *mark)
{
	CHANGE(TW_CH_ASSET_CONSUME, .mark = mark);
}

void tw_batch_partition(struct tw_batch *b, enum tw_change_kind kind, const struct tw_asset_mark_row *mark)
{
	CHANGE(kind, .mark = mark);
}

void tw_batch_watcher_new(struct tw_batch *b, const struct tw_watcher_row *watcher)
{
	CHANGE(TW_CH_WATCHER_NEW, .watcher = watcher);
}

void tw_batch_watcher_drop(struct tw_batch *b, int64_t trigger_id)
{
	CHANGE(TW_CH_WATCHER_DROP, .num = trigger_id);
}

void tw_batch_audit(struct tw_batch *b, const struct tw_audit_row *row)
{
	CHANGE(TW_CH_AUDIT, .audit = row);
}

void tw_batch_deadline_new(struct tw_batch *b, const struct tw_deadline_row *row)
{
	CHANGE(TW_CH_DEADLINE_NEW, .deadline = row);
}

void tw_batch_deadline_missed(struct tw_batch *b, const struct tw_deadline_row *row)
{
	CHANGE(TW_CH_DEADLINE_MISSED, .deadline = row);
}

void tw_batch_deadlines_met(struct tw_batch *b, const struct tw_deadline_row *which)
{
	CHANGE(TW_CH_DEADLINES_MET, .deadline = which);
}

void tw_batch_sla_miss(struct tw_batch *b, const struct tw_sla_row *row)
{
	CHANGE(TW_CH_SLA_MISS, .sla = row);
}

void tw_batch_hitl_answer(struct tw_batch *b, const struct tw_hitl_row *row)
{
	CHANGE(TW_CH_HITL_ANSWER, .hitl = row);
}

void tw_batch_workload_new(struct tw_batch *b, const struct tw_workload_row *row)
{
	CHANGE(TW_CH_WORKLOAD_NEW, .workload = row);
}

void tw_batch_workload_drop(struct tw_batch *b, const struct tw_workload_row *which)
{
	CHANGE(TW_CH_WORKLOAD_DROP, .workload = which);
}

void tw_batch_callback_new(struct tw_batch *b, const struct tw_callback_row *row)
{
	CHANGE(TW_CH_CALLBACK_NEW, .callback = row);
}

void tw_batch_inbox_post(struct tw_batch *b, const struct tw_inbox_row *row)
{
	CHANGE(TW_CH_INBOX_POST, .inbox = row);
}

void tw_batch_inbox_done(struct tw_batch *b, int64_t id)
{
	CHANGE(TW_CH_INBOX_DONE, .num = id);
}

void tw_batch_inbox_done_to(struct tw_batch *b, int64_t id)
{
	CHANGE(TW_CH_INBOX_DONE_TO, .num = id);
}
