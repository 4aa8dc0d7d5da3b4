/* What a turn of the scheduler means in Airflow's metrics (docs/metrics.md). */
#include "daemon/shell.h"
#include "daemon/statsd.h"
#include "io/clock.h"

static void time_between(struct shell *sh, const char *name, const char *legacy, tw_time from, tw_time to,
			 const struct tw_stat_tag *tags, size_t n)
{
	if (tw_time_ok(from) && tw_time_ok(to) && to >= from)
		tw_statsd_say(sh->statsd, 'm', name, legacy, (double)(to - from) / 1000, tags, n);
}

static void ended(struct shell *sh, const struct tw_ti_row *ti)
{
	struct tw_stat_tag tags[] = {{"dag_id", ti->dag_id}, {"task_id", ti->task_id}, {"state", tw_str(tw_ti_state_name(ti->state))}};
	struct tw_stat_tag op = {"operator_name", ti->custom_operator_name.n ? ti->custom_operator_name : ti->operator_name};

	tw_statsd_say(sh->statsd, 'c', "ti.finish", "ti.finish.{0}.{1}.{2}", 1, tags, 3);
	time_between(sh, "task.duration", "dag.{0}.{1}.duration", ti->start_date, ti->end_date, tags, 2);
	if (ti->state == TW_TI_SUCCESS) {
		tw_statsd_plain(sh->statsd, 'c', "ti_successes", 1);
		tw_statsd_say(sh->statsd, 'c', "operator_successes", "operator_successes_{0}", 1, &op, 1);
	} else if (ti->state == TW_TI_FAILED || ti->state == TW_TI_UP_FOR_RETRY) {
		tw_statsd_plain(sh->statsd, 'c', "ti_failures", 1);
		tw_statsd_say(sh->statsd, 'c', "operator_failures", "operator_failures_{0}", 1, &op, 1);
	}
}

/* A step is told once: in the turn whose instant it carries. */
static void of_instance(struct shell *sh, const struct tw_fx_ti *fx)
{
	const struct tw_ti_row *ti = &fx->row;
	struct tw_stat_tag tags[] = {{"dag_id", ti->dag_id}, {"task_id", ti->task_id}};
	struct tw_stat_tag op = {"task_type", ti->operator_name};

	if (fx->op == TW_FX_DELETE)
		return;
	if (fx->op == TW_FX_INSERT)
		tw_statsd_say(sh->statsd, 'c', "task_instance_created", "task_instance_created_{0}", 1, &op, 1);
	if (ti->state == TW_TI_QUEUED && ti->queued_dttm == ti->updated_at)
		time_between(sh, "task.scheduled_duration", "dag.{0}.{1}.scheduled_duration", ti->scheduled_dttm, ti->queued_dttm, tags,
			     2);
	if (ti->state == TW_TI_RUNNING && ti->start_date == ti->updated_at) {
		tw_statsd_say(sh->statsd, 'c', "ti.start", "ti.start.{0}.{1}", 1, tags, 2);
		time_between(sh, "task.queued_duration", "dag.{0}.{1}.queued_duration", ti->queued_dttm, ti->start_date, tags, 2);
	}
	if ((tw_ti_finished(ti->state) || ti->state == TW_TI_UP_FOR_RETRY) && ti->end_date == ti->updated_at)
		ended(sh, ti);
}

static void of_run(struct shell *sh, const struct tw_fx_run *fx)
{
	const struct tw_run_row *r = &fx->row;
	struct tw_stat_tag tag = {"dag_id", r->dag_id};

	if (fx->op == TW_FX_DELETE)
		return;
	if (fx->op == TW_FX_INSERT && r->type == TW_RUNTYPE_ASSET_TRIGGERED)
		tw_statsd_plain(sh->statsd, 'c', "asset.triggered_dagruns", 1);
	if (r->state == TW_RUN_RUNNING && r->start_date == r->updated_at && r->type == TW_RUNTYPE_SCHEDULED)
		time_between(sh, "dagrun.schedule_delay", "dagrun.schedule_delay.{0}", r->run_after, r->start_date, &tag, 1);
	if (tw_run_finished(r->state) && r->end_date == r->updated_at) {
		bool good = r->state == TW_RUN_SUCCESS;

		time_between(sh, good ? "dagrun.duration.success" : "dagrun.duration.failed",
			     good ? "dagrun.duration.success.{0}" : "dagrun.duration.failed.{0}", r->start_date, r->end_date, &tag, 1);
	}
}

void stats_of_turn(struct shell *sh, const struct turn *t)
{
	sh->figures.turns++;
	sh->figures.turn_us += tw_monotonic() - t->began;
	if (!sh->statsd)
		return;
	for (size_t i = 0; i < t->fx->runs.n; i++)
		of_run(sh, &t->fx->runs.v[i]);
	for (size_t i = 0; i < t->fx->tis.n; i++)
		of_instance(sh, &t->fx->tis.v[i]);
	for (size_t i = 0; i < t->fx->assets.n; i++)
		if (t->fx->assets.v[i].op == TW_FX_ASSET_EVENT)
			tw_statsd_plain(sh->statsd, 'c', "asset.updates", 1);
	tw_statsd_plain(sh->statsd, 'm', "scheduler.scheduler_loop_duration", (double)(tw_monotonic() - t->began) / 1000);
	tw_statsd_flush(sh->statsd);
}

static void of_pool(struct shell *sh, struct tw_str name)
{
	struct tw_stat_tag tag = {"pool_name", name};
	struct tw_pool_use use;
	int64_t open;

	if (!tw_sched_pool_use(sh->core, name, &use))
		return;
	open = use.open == INT64_MAX ? -1 : use.open;
	tw_statsd_say(sh->statsd, 'g', "pool.open_slots", "pool.open_slots.{0}", (double)open, &tag, 1);
	tw_statsd_say(sh->statsd, 'g', "pool.queued_slots", "pool.queued_slots.{0}", (double)use.queued, &tag, 1);
	tw_statsd_say(sh->statsd, 'g', "pool.running_slots", "pool.running_slots.{0}", (double)use.running, &tag, 1);
	tw_statsd_say(sh->statsd, 'g', "pool.deferred_slots", "pool.deferred_slots.{0}", (double)use.deferred, &tag, 1);
	tw_statsd_say(sh->statsd, 'g', "pool.scheduled_slots", "pool.scheduled_slots.{0}", (double)use.scheduled, &tag, 1);
	tw_statsd_say(sh->statsd, 'g', "pool.starving_tasks", "pool.starving_tasks.{0}", open ? 0 : (double)use.scheduled, &tag, 1);
}

void stats_beat(struct shell *sh)
{
	struct tw_stat_tag tag = {"executor_class_name", tw_str(sh->opts->executor)};
	struct tw_sched_stats st;

	if (!sh->statsd)
		return;
	tw_statsd_plain(sh->statsd, 'c', "scheduler_heartbeat", 1);
	tw_sched_stats(sh->core, &st);
	tw_statsd_plain(sh->statsd, 'g', "scheduler.dagruns.running", st.runs_running);
	tw_statsd_plain(sh->statsd, 'g', "scheduler.tasks.executable", st.queued);
	tw_statsd_plain(sh->statsd, 'g', "scheduler.tasks.starving", st.scheduled);
	tw_statsd_plain(sh->statsd, 'g', "dagbag_size", st.dags);
	if (st.free_slots != INT32_MAX)
		tw_statsd_say(sh->statsd, 'g', "executor.open_slots", "executor.open_slots.{0}", st.free_slots, &tag, 1);
	tw_statsd_say(sh->statsd, 'g', "executor.queued_tasks", "executor.queued_tasks.{0}", st.queued, &tag, 1);
	tw_statsd_say(sh->statsd, 'g', "executor.running_tasks", "executor.running_tasks.{0}", st.running, &tag, 1);
	tw_map_foreach(&sh->pools, e)
		of_pool(sh, e->key);
	tw_statsd_flush(sh->statsd);
}
