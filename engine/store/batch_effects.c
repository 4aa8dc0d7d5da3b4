/* What the core decided, as changes of the store. */
#include "core/sched.h"
#include "store/store.h"

static void add_run(struct tw_batch *b, const struct tw_fx_run *fx)
{
	if (fx->op == TW_FX_INSERT)
		tw_batch_run_new(b, &fx->row);
	else if (fx->op == TW_FX_UPDATE)
		tw_batch_run(b, &fx->row, TW_RUNCOL_ALL);
	else if (fx->op == TW_FX_DELETE)
		tw_batch_run_delete(b, &fx->row);
}

static void add_ti(struct tw_batch *b, const struct tw_fx_ti *fx)
{
	if (fx->op == TW_FX_INSERT)
		tw_batch_ti_new(b, &fx->row);
	else if (fx->op == TW_FX_UPDATE)
		tw_batch_ti(b, &fx->row, fx->was, TW_TICOL_ALL);
	else if (fx->op == TW_FX_DELETE)
		tw_batch_ti_delete(b, &fx->row);
}

/* What an instance pushed goes with the length that was recorded of it. */
static void clear_all(struct tw_batch *b, const struct tw_fx_xcom *fx, struct tw_arena *a)
{
	struct tw_task_map_row *m = tw_arena_new(a, struct tw_task_map_row);

	*m = (struct tw_task_map_row){.dag_id = fx->dag_id,
				      .run_id = fx->run_id,
				      .task_id = fx->task_id,
				      .map_index = fx->map_index};
	tw_batch_task_map_clear(b, m);
}

static void add_xcom(struct tw_batch *b, const struct tw_fx_xcom *fx, struct tw_arena *a)
{
	struct tw_xcom_row *x = tw_arena_new(a, struct tw_xcom_row);

	*x = (struct tw_xcom_row){.dag_id = fx->dag_id,
				  .run_id = fx->run_id,
				  .task_id = fx->task_id,
				  .map_index = fx->map_index,
				  .key = fx->key,
				  .value = fx->value,
				  .timestamp = TW_TIME_NONE};
	if (x->key.p && x->value.p)
		tw_batch_xcom_put(b, x);
	else
		tw_batch_xcom_clear(b, x);
	if (!x->key.p)
		clear_all(b, fx, a);
}

static void add_dag(struct tw_batch *b, const struct tw_fx_dag *fx, struct tw_arena *a)
{
	struct tw_next_run *n = tw_arena_new(a, struct tw_next_run);
	bool none = fx->next.why != TW_NO_RUN_NONE;

	n->dag_id = fx->dag_id;
	n->logical_date = none ? TW_TIME_NONE : fx->next.logical_date;
	n->interval_start = none ? TW_TIME_NONE : fx->next.interval.start;
	n->interval_end = none ? TW_TIME_NONE : fx->next.interval.end;
	n->create_after = none ? TW_TIME_NONE : fx->next.run_after;
	n->partition_date = none ? TW_TIME_NONE : fx->next.partition_date;
	if (!none && fx->next.partition_key[0])
		n->partition_key = tw_str_copy(a, tw_str(fx->next.partition_key));
	n->exceeds_max_active = fx->exceeds_max_runs;
	tw_batch_next_run(b, n);
	if (fx->set_paused)
		tw_batch_dag_paused(b, fx->dag_id, true);
}

static void add_asset(struct tw_batch *b, const struct tw_fx_asset *fx, struct tw_arena *a)
{
	struct tw_asset_mark_row *m;

	if (fx->op == TW_FX_ASSET_EVENT) {
		tw_batch_asset_event(b, &fx->event);
		return;
	}
	m = tw_arena_new(a, struct tw_asset_mark_row);
	*m = (struct tw_asset_mark_row){.dag_id = fx->dag_id,
					.run_id = fx->run_id,
					.name = fx->event.name,
					.uri = fx->event.uri,
					.partition_key = fx->partition_key,
					.source_key = fx->event.partition_key,
					.partition_date = fx->partition_date,
					.at = fx->at,
					.all_before = fx->all_before};
	if (fx->op == TW_FX_ASSET_MARK)
		tw_batch_asset_mark(b, m);
	else if (fx->op == TW_FX_ASSET_UNMARK)
		tw_batch_asset_unmark(b, m);
	else if (fx->op == TW_FX_ASSET_CONSUME)
		tw_batch_asset_consume(b, m);
	else
		tw_batch_partition(b,
				   fx->op == TW_FX_ASSET_PARTITION	 ? TW_CH_PARTITION :
				   fx->op == TW_FX_ASSET_PARTITION_RUN ? TW_CH_PARTITION_RUN :
									 TW_CH_PARTITIONS_DROP,
				   m);
}

static void add_audit(struct tw_batch *b, const struct tw_fx_audit *fx, struct tw_arena *a)
{
	struct tw_audit_row *r = tw_arena_new(a, struct tw_audit_row);

	*r = (struct tw_audit_row){.at = TW_TIME_NONE,
				   .dag_id = fx->dag_id,
				   .run_id = fx->run_id,
				   .task_id = fx->task_id,
				   .event = tw_str(fx->event),
				   .owner = fx->owner,
				   .extra = fx->extra,
				   .map_index = fx->task_id.p ? fx->map_index : -1,
				   .try_number = fx->task_id.p ? fx->try_number : -1,
				   .logical_date = TW_TIME_NONE};
	tw_batch_audit(b, r);
}

/*
 * Runs before what hangs on them (assets' events are consumed by runs), deletions of instances before the rows that take their keys,
 * history before anything that ends an attempt.
 */
void tw_batch_effects(struct tw_batch *b, const struct tw_effects *fx, struct tw_arena *a)
{
	for (size_t i = 0; i < fx->history.n; i++)
		tw_batch_ti_archive(b, &fx->history.v[i]);
	for (size_t i = 0; i < fx->runs.n; i++)
		add_run(b, &fx->runs.v[i]);
	for (size_t i = 0; i < fx->tis.n; i++)
		if (fx->tis.v[i].op == TW_FX_DELETE)
			add_ti(b, &fx->tis.v[i]);
	for (size_t i = 0; i < fx->tis.n; i++)
		if (fx->tis.v[i].op == TW_FX_UPDATE)
			add_ti(b, &fx->tis.v[i]);
	for (size_t i = 0; i < fx->tis.n; i++)
		if (fx->tis.v[i].op == TW_FX_INSERT)
			add_ti(b, &fx->tis.v[i]);
	for (size_t i = 0; i < fx->xcoms.n; i++)
		add_xcom(b, &fx->xcoms.v[i], a);
	for (size_t i = 0; i < fx->assets.n; i++)
		add_asset(b, &fx->assets.v[i], a);
	for (size_t i = 0; i < fx->dags.n; i++)
		add_dag(b, &fx->dags.v[i], a);
	for (size_t i = 0; i < fx->triggers_gone.n; i++)
		tw_batch_trigger_drop(b, fx->triggers_gone.v[i]);
	for (size_t i = 0; i < fx->audit.n; i++)
		add_audit(b, &fx->audit.v[i], a);
}
