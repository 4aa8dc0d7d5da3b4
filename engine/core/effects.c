/* What the shell is told. Rows are written out once a step, however often they changed. */
#include "core/core.h"

struct tw_effects *tw_effects_new(void)
{
	return tw_new(struct tw_effects);
}

void tw_effects_free(struct tw_effects *fx)
{
	if (!fx)
		return;
	for (size_t i = 0; i < fx->dispatch.n; i++)
		tw_dag_unref(fx->dispatch.v[i].dag);
	for (size_t i = 0; i < fx->callbacks.n; i++)
		tw_dag_unref(fx->callbacks.v[i].dag);
	for (size_t i = 0; i < fx->asks.n; i++)
		tw_dag_unref(fx->asks.v[i].dag);
	while (fx->graves) {
		struct tw_grave *g = fx->graves;
		fx->graves = g->next;
		tw_core_free_run(g->run);
		tw_dag_unref(g->dag);
		free(g->memory);
		free(g);
	}
	tw_vec_release(&fx->runs);
	tw_vec_release(&fx->tis);
	tw_vec_release(&fx->history);
	tw_vec_release(&fx->xcoms);
	tw_vec_release(&fx->dags);
	tw_vec_release(&fx->audit);
	tw_vec_release(&fx->assets);
	tw_vec_release(&fx->triggers_gone);
	tw_vec_release(&fx->dispatch);
	tw_vec_release(&fx->kills);
	tw_vec_release(&fx->callbacks);
	tw_vec_release(&fx->asks);
	tw_vec_release(&fx->acks);
	tw_arena_release(&fx->arena);
	free(fx);
}

bool tw_effects_empty(const struct tw_effects *fx)
{
	return !fx->runs.n && !fx->tis.n && !fx->history.n && !fx->xcoms.n && !fx->dags.n &&
	       !fx->audit.n && !fx->assets.n && !fx->triggers_gone.n && !fx->dispatch.n && !fx->kills.n &&
	       !fx->callbacks.n && !fx->asks.n && !fx->acks.n;
}

void tw_core_bury(struct tw_sched *s, struct run *run, const struct tw_dag *dag, void *memory)
{
	struct tw_grave *g = tw_new(struct tw_grave);

	*g = (struct tw_grave){ s->fx->graves, run, dag, memory };
	s->fx->graves = g;
}

struct tw_str tw_core_keep(struct tw_arena *a, struct tw_str s)
{
	return s.p ? tw_str_copy(a, s) : s;
}

void tw_core_touch(struct ti *ti)
{
	ti->updated = ti->run->s->now;
	if (!ti->touched) {
		ti->touched = true;
		tw_vec_push(&ti->run->s->touched, ti);
	}
}

void tw_core_touch_run(struct run *r)
{
	r->row.updated_at = r->s->now;
	if (!r->touched) {
		r->touched = true;
		tw_vec_push(&r->s->touched_runs, r);
	}
}

static void extra_row(const struct ti_extra *x, struct tw_ti_row *row)
{
	row->hostname = x->hostname;
	row->unixname = x->unixname;
	row->pid = x->pid;
	row->external_executor_id = x->external_executor_id;
	row->next_method = x->next_method;
	row->next_kwargs = x->next_kwargs;
	row->rendered_map_index = x->label;
	row->note = x->note;
	row->reason = x->reason;
	row->trigger_id = x->trigger_id;
	row->trigger_timeout = x->trigger_timeout;
	row->reschedule_start = x->reschedule_start;
}

void tw_core_ti_row(const struct ti *ti, struct tw_ti_row *ret)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	const struct tw_sched_config *cfg = &r->s->cfg;

	*ret = (struct tw_ti_row){
		.id = ti->id,
		.dag_id = r->row.dag_id,
		.run_id = r->row.run_id,
		.task_id = t->task_id,
		.map_index = ti->map_index,
		.state = ti->state,
		.try_number = ti->try_number,
		.max_tries = ti->max_tries,
		.scheduled_dttm = ti->scheduled,
		.queued_dttm = ti->queued,
		.start_date = ti->start,
		.end_date = ti->end,
		.last_heartbeat = ti->state == TW_TI_QUEUED ? TW_TIME_NONE : ti->beat,
		.next_retry = ti->due,
		.updated_at = ti->updated,
		.pool_slots = ti->pool_slots,
		.priority_weight = tw_core_weight(ti),
		.pool = ti->pool->name,
		.queue = t->queue.p ? t->queue : cfg->default_queue,
		.executor = ti->executor ? ti->executor->name : tw_str(NULL),
		.operator_name = t->op_class,
		.custom_operator_name = tw_task_operator(t),
		.version_id = r->row.version_id,
		.task_display_name = t->display_name,
		.reschedule_start = TW_TIME_NONE,
		.trigger_timeout = TW_TIME_NONE,
	};
	if (ti->x)
		extra_row(ti->x, ret);
}

static void flush_ti(struct tw_effects *fx, struct ti *ti)
{
	ti->touched = false;
	if (ti->run->gone && !ti->run->over)
		return;
	if (ti->fx_turn != fx->turn) {
		ti->fx_turn = fx->turn;
		ti->fx_slot = fx->tis.n;
		struct tw_fx_ti e = { .op = ti->stored ? TW_FX_UPDATE : TW_FX_INSERT,
				      .was = ti->stored_index };
		tw_vec_push(&fx->tis, e);
	}
	tw_core_ti_row(ti, &fx->tis.v[ti->fx_slot].row);
	ti->stored = true;
	ti->stored_index = ti->map_index;
}

static void flush_run(struct tw_effects *fx, struct run *r)
{
	r->touched = false;
	if (r->gone && !r->over)
		return;
	if (r->fx_turn != fx->turn) {
		r->fx_turn = fx->turn;
		r->fx_slot = fx->runs.n;
		struct tw_fx_run e = { .op = r->stored ? TW_FX_UPDATE : TW_FX_INSERT };
		tw_vec_push(&fx->runs, e);
	}
	fx->runs.v[r->fx_slot].row = r->row;
	r->stored = true;
}

void tw_core_flush(struct tw_sched *s)
{
	for (size_t i = 0; i < s->touched_runs.n; i++)
		flush_run(s->fx, s->touched_runs.v[i]);
	for (size_t i = 0; i < s->touched.n; i++)
		flush_ti(s->fx, s->touched.v[i]);
	tw_vec_clear(&s->touched_runs);
	tw_vec_clear(&s->touched);
}

void tw_core_history(struct ti *ti, enum tw_ti_state as)
{
	struct tw_ti_row row;

	tw_core_ti_row(ti, &row);
	row.state = as;
	tw_vec_push(&ti->run->s->fx->history, row);
}

void tw_core_kill(struct ti *ti, const char *reason, bool requeued)
{
	struct tw_sched *s = ti->run->s;
	struct tw_effects *fx = s->fx;

	if (ti->dispatch_turn == fx->turn && ti->fx_dispatch < fx->dispatch.n &&
	    tw_id_eq(fx->dispatch.v[ti->fx_dispatch].ti.id, ti->id)) {
		fx->dispatch.v[ti->fx_dispatch].dropped = true;
		return;
	}
	struct tw_fx_kill k = {
		.attempt = ti->id,
		.dag_id = ti->run->row.dag_id,
		.run_id = ti->run->row.run_id,
		.task_id = ti->run->dag->tasks[ti->task].task_id,
		.map_index = ti->map_index,
		.try_number = ti->try_number,
		.executor = tw_core_executor_name(ti),
		.reason = reason,
		.requeued = requeued,
	};
	tw_vec_push(&fx->kills, k);
}

void tw_core_ack(struct tw_sched *s, struct tw_id id, enum tw_event_type of, const struct ti *ti)
{
	struct tw_fx_ack a = { .attempt = id, .of = of, .accepted = ti != NULL, .map_index = -1 };

	if (ti) {
		a.dag_id = ti->run->row.dag_id;
		a.run_id = ti->run->row.run_id;
		a.task_id = ti->run->dag->tasks[ti->task].task_id;
		a.map_index = ti->map_index;
		a.try_number = ti->try_number;
	}
	tw_vec_push(&s->fx->acks, a);
}

void tw_core_audit(struct run *r, const struct ti *ti, const char *event, struct tw_str by,
		   struct tw_str extra)
{
	struct tw_fx_audit a = {
		.dag_id = r->row.dag_id,
		.run_id = r->row.run_id,
		.task_id = ti ? r->dag->tasks[ti->task].task_id : tw_str(NULL),
		.map_index = ti ? ti->map_index : -1,
		.try_number = ti ? ti->try_number : 0,
		.event = event,
		.owner = tw_core_keep(&r->s->fx->arena, by),
		.extra = tw_core_keep(&r->s->fx->arena, extra),
	};
	tw_vec_push(&r->s->fx->audit, a);
}

void tw_core_callback(struct run *r, const struct ti *ti, enum tw_fx_callback_kind kind,
		      const char *reason)
{
	struct tw_effects *fx = r->s->fx;
	struct tw_fx_callback c = { .kind = kind, .dag = tw_dag_ref(r->dag), .run = r->row,
				    .reason = tw_arena_strdup(&fx->arena, reason) };

	if (ti)
		tw_core_ti_row(ti, &c.ti);
	tw_vec_push(&fx->callbacks, c);
}

void tw_core_xcom_clear(struct ti *ti)
{
	struct tw_fx_xcom x = {
		.dag_id = ti->run->row.dag_id,
		.run_id = ti->run->row.run_id,
		.task_id = ti->run->dag->tasks[ti->task].task_id,
		.map_index = ti->map_index,
	};
	tw_vec_push(&ti->run->s->fx->xcoms, x);
}
