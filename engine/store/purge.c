/* Deletes rows with all that hangs on them. Each list ends with what the rest hangs on. */
#include "store/rows.h"
#include "store/write.h"

static enum tw_rc run_all(struct tw_store *s, const char *const *sql, size_t n, const char *fmt,
			  struct tw_str x, struct tw_str y, int64_t *ret_last, int64_t *sum,
			  struct tw_err *err)
{
	for (size_t i = 0; i < n; i++) {
		TW_TRY(tw_q_exec(s, ret_last, err, sql[i], fmt, x, y));
		if (sum)
			*sum += *ret_last;
	}
	return TW_OK;
}

enum tw_rc tw_purge_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			int64_t *ret_runs, struct tw_err *err)
{
	static const char *const sql[] = {
		"delete from xcom where dag_run_id in (select id from dag_run where dag_id = ? and run_id = ?)",
		"delete from workload where attempt in (select id from task_instance where dag_id = ? and "
		"run_id = ?)",
		"delete from hitl_detail where ti_id in (select id from task_instance where dag_id = ? and "
		"run_id = ?)",
		"delete from hitl_detail where ti_id in (select task_instance_id from task_instance_history where dag_id = "
		"? and run_id = ?)",
		"delete from deadline where dag_id = ? and run_id = ?",
		"delete from dagrun_asset_event where dag_run_id in (select id from dag_run where dag_id = ? and run_id = ?)",
		"delete from task_state_store where dag_run_id in (select id from dag_run where dag_id = ? and run_id = ?)",
		"delete from task_reschedule where ti_id in (select id from task_instance where dag_id = ? and "
		"run_id = ?)",
		"delete from \"trigger\" where id in (select trigger_id from task_instance where dag_id = ? and "
		"run_id = ? and trigger_id is not null)",
		"update backfill_dag_run set dag_run_id = null where dag_run_id in (select id from dag_run where dag_id = ? and run_id = ?)",
		"delete from task_map where dag_id = ? and run_id = ?",
		"delete from rendered_task_instance_fields where dag_id = ? and run_id = ?",
		"delete from task_instance_history where dag_id = ? and run_id = ?",
		"delete from task_instance where dag_id = ? and run_id = ?",
		"delete from dag_run where dag_id = ? and run_id = ?",
	};

	return run_all(s, sql, TW_COUNT(sql), "ss", dag_id, run_id, ret_runs, NULL, err);
}

enum tw_rc tw_purge_dag(struct tw_store *s, struct tw_str dag_id, int64_t *ret_rows,
			struct tw_err *err)
{
	static const char *const sql[] = {
		"delete from xcom where dag_id = ?",
		"delete from workload where attempt in (select id from task_instance where dag_id = ?)",
		"delete from hitl_detail where ti_id in (select id from task_instance where dag_id = ?)",
		"delete from hitl_detail where ti_id in (select task_instance_id from task_instance_history where dag_id = "
		"?)",
		"delete from deadline where dag_id = ?",
		"delete from sla_miss where dag_id = ?",
		"delete from dagrun_asset_event where dag_run_id in (select id from dag_run where dag_id = ?)",
		"delete from task_state_store where dag_id = ?",
		"delete from asset_dag_run_queue where target_dag_id = ?",
		"delete from partitioned_asset_key_log where target_dag_id = ?",
		"delete from asset_partition_dag_run where target_dag_id = ?",
		"delete from dag_schedule_asset_reference where dag_id = ?",
		"delete from dag_schedule_asset_alias_reference where dag_id = ?",
		"delete from dag_schedule_asset_name_reference where dag_id = ?",
		"delete from dag_schedule_asset_uri_reference where dag_id = ?",
		"delete from task_outlet_asset_reference where dag_id = ?",
		"delete from task_inlet_asset_reference where dag_id = ?",
		"delete from task_reschedule where ti_id in (select id from task_instance where dag_id = ?)",
		"delete from \"trigger\" where id in (select trigger_id from task_instance where dag_id = ? and "
		"trigger_id is not null)",
		"delete from task_map where dag_id = ?",
		"delete from rendered_task_instance_fields where dag_id = ?",
		"delete from task_instance_history where dag_id = ?",
		"delete from task_instance where dag_id = ?",
		"delete from dag_run where dag_id = ?",
		"delete from backfill_dag_run where backfill_id in (select id from backfill where dag_id = ?)",
		"delete from backfill where dag_id = ?",
		"delete from dag_code where dag_id = ?",
		"delete from serialized_dag where dag_id = ?",
		"delete from dag_version where dag_id = ?",
		"delete from dag_warning where dag_id = ?",
		"delete from dag_tag where dag_id = ?",
		"delete from dag_favorite where dag_id = ?",
		"delete from dag where dag_id = ?",
	};
	int64_t last;

	*ret_rows = 0;
	TW_TRY(run_all(s, sql, TW_COUNT(sql), "s", dag_id, TW_STR(""), &last, ret_rows, err));
	return tw_write_assets_settle(s, err);
}

enum tw_rc tw_purge_ti(struct tw_store *s, const struct tw_ti_row *t, int64_t *ret_tis,
		       struct tw_err *err)
{
	static const char *const sql[] = {
		"delete from xcom where dag_run_id in (select id from dag_run where dag_id = ? and run_id = ?) and "
		"task_id = ? and map_index = ?",
		"delete from hitl_detail where ti_id in (select id from task_instance where dag_id = ? and "
		"run_id = ? and task_id = ? and map_index = ?)",
		"delete from task_reschedule where ti_id in (select id from task_instance where dag_id = ? and "
		"run_id = ? and task_id = ? and map_index = ?)",
		"delete from task_map where dag_id = ? and run_id = ? and task_id = ? and map_index = ?",
		"delete from task_state_store where dag_id = ? and run_id = ? and task_id = ? and map_index = ?",
		"delete from rendered_task_instance_fields where dag_id = ? and run_id = ? and task_id = ? and "
		"map_index = ?",
		"delete from task_instance_history where dag_id = ? and run_id = ? and task_id = ? and "
		"map_index = ?",
		"delete from task_instance where dag_id = ? and run_id = ? and task_id = ? and map_index = ?",
	};

	for (size_t i = 0; i < TW_COUNT(sql); i++)
		TW_TRY(tw_q_exec(s, ret_tis, err, sql[i], "sssi", t->dag_id, t->run_id, t->task_id,
				 (int64_t)t->map_index));
	return TW_OK;
}
