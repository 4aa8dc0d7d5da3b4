/* Small values that task instances and assets keep (Airflow's state store). */
#include "store/assets.h"

#include "store/write.h"

#define TASK_COLS "t.dag_id, t.run_id, t.task_id, t.map_index, t.key, t.value, t.updated_at, t.expires_at"
#define OF_TI "t.dag_id = ? and t.run_id = ? and t.task_id = ? and t.map_index = ?"

static void read_task_state(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_state_row *r = row;

	r->dag_id = tw_q_get_str(q, a);
	r->run_id = tw_q_get_str(q, a);
	r->task_id = tw_q_get_str(q, a);
	r->map_index = (int)tw_q_get_int(q);
	r->key = tw_q_get_str(q, a);
	r->value = tw_q_get_str(q, a);
	r->updated_at = tw_q_get_time(q);
	r->expires_at = tw_q_get_time(q);
}

static void bind_ti(struct tw_q *q, const struct tw_state_row *k)
{
	tw_q_put_str(q, k->dag_id);
	tw_q_put_str(q, k->run_id);
	tw_q_put_str(q, k->task_id);
	tw_q_put_int(q, k->map_index);
}

/* What has expired is not there, whether it has been cleaned away or not. */
enum tw_rc tw_store_task_state(struct tw_store *s, const struct tw_state_row *key, struct tw_arena *a,
			       struct tw_state_row *ret, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s,
	     "select " TASK_COLS " from task_state_store t where " OF_TI
	     " and t.key = ? and (t.expires_at is null or t.expires_at > ?)");
	bind_ti(&q, key);
	tw_q_put_str(&q, key->key);
	tw_q_put_time(&q, tw_store_now(s));
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "Task state store key '" TW_STR_FMT "' not found", TW_STR_ARG(key->key));
	if (rc < 0)
		return rc;
	read_task_state(&q, a, ret);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_task_states(struct tw_store *s, const struct tw_state_row *of, int64_t limit, int64_t offset,
				struct tw_arena *a, struct tw_state_row **ret_v, size_t *ret_n, int64_t *ret_total,
				struct tw_err *err)
{
	struct tw_q q;
	tw_time now = tw_store_now(s);

	TW_TRY(tw_q_number(s, ret_total, err,
			   "select count(*) from task_state_store t where " OF_TI
			   " and (t.expires_at is null or t.expires_at > ?)",
			   "sssit", of->dag_id, of->run_id, of->task_id, (int64_t)of->map_index, now));
	tw_q(&q, s,
	     "select " TASK_COLS " from task_state_store t where " OF_TI
	     " and (t.expires_at is null or t.expires_at > ?) order by t.key limit ? offset ?");
	bind_ti(&q, of);
	tw_q_put_time(&q, now);
	tw_q_put_int(&q, limit);
	tw_q_put_int(&q, offset);
	return TW_Q_ALL(&q, struct tw_state_row, read_task_state, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_task_state_put(struct tw_store *s, const struct tw_state_row *r, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err,
			 "insert into task_state_store (dag_run_id, task_id, map_index, key, dag_id, run_id, value,"
			 " updated_at, expires_at) select d.id, ?, ?, ?, d.dag_id, d.run_id, ?, ?, ? from dag_run d"
			 " where d.dag_id = ? and d.run_id = ?"
			 " on conflict (dag_run_id, task_id, map_index, key) do update set value = excluded.value,"
			 " updated_at = excluded.updated_at, expires_at = excluded.expires_at",
			 "sissttss", r->task_id, (int64_t)r->map_index, r->key, r->value, (tw_time)tw_store_now(s),
			 r->expires_at, r->dag_id, r->run_id));
	return n ? TW_OK : tw_err_set(err, TW_ERR_NOT_FOUND, "there is no run '" TW_STR_FMT "'", TW_STR_ARG(r->run_id));
}

enum tw_rc tw_store_task_state_delete(struct tw_store *s, const struct tw_state_row *k, int64_t *ret_n,
				      struct tw_err *err)
{
	return tw_q_exec(s, ret_n, err,
			 "delete from task_state_store where dag_id = ? and run_id = ? and task_id = ?"
			 " and (? = -2 or map_index = ?) and (? is null or key = ?)",
			 "sssiiss", k->dag_id, k->run_id, k->task_id, (int64_t)k->map_index, (int64_t)k->map_index,
			 k->key, k->key);
}

/* ── of assets ──────────────────────────────────────────────────────────────────────── */

#define ASSET_COLS                                                                                                  \
	"t.asset_id, t.key, t.value, t.updated_at, t.last_updated_by_kind, t.last_updated_by_dag_id,"               \
	" t.last_updated_by_run_id, t.last_updated_by_task_id, t.last_updated_by_map_index"

static void read_asset_state(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_state_row *r = row;

	r->asset_id = tw_q_get_int(q);
	r->key = tw_q_get_str(q, a);
	r->value = tw_q_get_str(q, a);
	r->updated_at = tw_q_get_time(q);
	r->expires_at = TW_TIME_NONE;
	r->kind = tw_q_get_str(q, a);
	r->dag_id = tw_q_get_str(q, a);
	r->run_id = tw_q_get_str(q, a);
	r->task_id = tw_q_get_str(q, a);
	r->map_index = tw_q_is_null(q) ? -1 : (int)tw_q_get_int(q);
}

enum tw_rc tw_store_asset_state(struct tw_store *s, int64_t asset_id, struct tw_str key, struct tw_arena *a,
				struct tw_state_row *ret, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " ASSET_COLS " from asset_state_store t where t.asset_id = ? and t.key = ?");
	tw_q_put_int(&q, asset_id);
	tw_q_put_str(&q, key);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "Asset state store key '" TW_STR_FMT "' not found", TW_STR_ARG(key));
	if (rc < 0)
		return rc;
	read_asset_state(&q, a, ret);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_asset_states(struct tw_store *s, int64_t asset_id, int64_t limit, int64_t offset, struct tw_arena *a,
				 struct tw_state_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	struct tw_q q;

	TW_TRY(tw_q_number(s, ret_total, err, "select count(*) from asset_state_store where asset_id = ?", "i",
			   asset_id));
	tw_q(&q, s,
	     "select " ASSET_COLS " from asset_state_store t where t.asset_id = ? order by t.key limit ? offset ?");
	tw_q_put_int(&q, asset_id);
	tw_q_put_int(&q, limit);
	tw_q_put_int(&q, offset);
	return TW_Q_ALL(&q, struct tw_state_row, read_asset_state, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_asset_state_put(struct tw_store *s, const struct tw_state_row *r, struct tw_err *err)
{
	bool by_task = r->task_id.p != NULL;
	struct tw_q q;

	tw_q(&q, s,
	     "insert into asset_state_store (asset_id, key, value, updated_at, last_updated_by_kind,"
	     " last_updated_by_dag_id, last_updated_by_run_id, last_updated_by_task_id, last_updated_by_map_index)"
	     " values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (asset_id, key) do update set value = excluded.value,"
	     " updated_at = excluded.updated_at, last_updated_by_kind = excluded.last_updated_by_kind,"
	     " last_updated_by_dag_id = excluded.last_updated_by_dag_id,"
	     " last_updated_by_run_id = excluded.last_updated_by_run_id,"
	     " last_updated_by_task_id = excluded.last_updated_by_task_id,"
	     " last_updated_by_map_index = excluded.last_updated_by_map_index");
	tw_q_put_int(&q, r->asset_id);
	tw_q_put_str(&q, r->key);
	tw_q_put_str(&q, r->value);
	tw_q_put_time(&q, tw_store_now(s));
	tw_q_put_str(&q, r->kind);
	tw_q_put_str(&q, r->dag_id);
	tw_q_put_str(&q, r->run_id);
	tw_q_put_str(&q, r->task_id);
	if (by_task)
		tw_q_put_int(&q, r->map_index);
	else
		tw_q_put_null(&q);
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_store_asset_state_delete(struct tw_store *s, int64_t asset_id, struct tw_str key, int64_t *ret_n,
				       struct tw_err *err)
{
	return tw_q_exec(s, ret_n, err, "delete from asset_state_store where asset_id = ? and (? is null or key = ?)",
			 "iss", asset_id, key, key);
}
