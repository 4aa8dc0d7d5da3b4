/* Triggers of deferred task instances. Their arguments are encrypted. */
#include "store/tis.h"

#include "store/secret.h"
#include "store/write.h"

enum tw_rc tw_write_trigger(struct tw_store *s, const struct tw_trigger_row *t, struct tw_err *err)
{
	struct tw_buf secret TW_AUTO(tw_buf_release) = {0};
	struct tw_str kwargs = t->kwargs.p ? t->kwargs : TW_STR("{}");
	struct tw_q q;
	bool crypted;

	TW_TRY(tw_secret_put(s, kwargs, &secret, &crypted, err));
	tw_q(&q, s,
	     "insert into \"trigger\" (id, classpath, kwargs, created_date, triggerer_id, queue)"
	     " values (?, ?, ?, ?, ?, ?)");
	tw_q_put_int(&q, t->id);
	tw_q_put_str(&q, t->classpath);
	tw_q_put_str(&q, tw_buf_str(&secret));
	tw_q_put_time(&q, tw_time_ok(t->created_date) ? t->created_date : tw_store_now(s));
	tw_q_put_id(&q, t->triggerer_id);
	tw_q_put_str(&q, t->queue);
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_store_trigger_next_id(struct tw_store *s, int64_t *ret_id, struct tw_err *err)
{
	int64_t last, named;

	/* An instance may still name a trigger that is gone: its number must not come again. */
	TW_TRY(tw_q_number(s, &last, err, "select max(id) from \"trigger\"", ""));
	TW_TRY(tw_q_number(s, &named, err,
			   "select max(trigger_id) from task_instance where trigger_id is not null",
			   ""));
	*ret_id = (last > named ? last : named) + 1;
	return TW_OK;
}

static void put_marks(struct tw_buf *sql, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tw_buf_adds(sql, i ? ", ?" : "?");
	tw_buf_addc(sql, ')');
}

enum tw_rc tw_store_triggers_take(struct tw_store *s, const struct tw_trigger_take *want, size_t *ret_n,
				  struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf sql = {0};
	size_t nclasses = 0;
	int64_t taken;
	struct tw_q q;

	while (nclasses < want->nclasses && want->classes[nclasses])
		nclasses++;
	tw_buf_printf(&sql,
		      "update \"trigger\" set triggerer_id = ? where id in (select id from \"trigger\""
		      " where triggerer_id is null and classpath %s (",
		      want->these ? "in" : "not in");
	put_marks(&sql, nclasses);
	tw_buf_adds(&sql, want->nqueues ? " and queue in (" : " and queue is null");
	if (want->nqueues)
		put_marks(&sql, want->nqueues);
	tw_buf_adds(&sql, " order by id limit ?)");
	tw_q(&q, s, sql.p);
	tw_q_put_int(&q, want->triggerer_id);
	for (size_t i = 0; i < nclasses; i++)
		tw_q_put_cstr(&q, want->classes[i]);
	for (size_t i = 0; i < want->nqueues; i++)
		tw_q_put_str(&q, want->queues[i]);
	tw_q_put_int(&q, (int64_t)want->limit);
	TW_TRY(tw_q_run(&q, &taken, err));
	*ret_n = (size_t)taken;
	return TW_OK;
}

enum tw_rc tw_store_triggers_orphaned(struct tw_store *s, tw_time dead, struct tw_err *err)
{
	return tw_q_exec(s, NULL, err,
			 "update \"trigger\" set triggerer_id = null where triggerer_id is not null and"
			 " triggerer_id not in (select id from job where job_type = 'TriggererJob'"
			 " and state = 'running' and latest_heartbeat >= ?)",
			 "t", dead);
}

enum tw_rc tw_store_trigger_ids(struct tw_store *s, int64_t triggerer_id, struct tw_arena *a, int64_t **ret_v,
				size_t *ret_n, struct tw_err *err)
{
	TW_VEC(int64_t) ids = {0};
	struct tw_q q;
	int rc;

	tw_q(&q, s, "select id from \"trigger\" where triggerer_id = ? order by id");
	tw_q_put_int(&q, triggerer_id);
	while ((rc = tw_q_next(&q, err)) > 0)
		tw_vec_push(&ids, tw_q_get_int(&q));
	if (rc == 0) {
		*ret_v = tw_arena_array(a, int64_t, ids.n + 1);
		if (ids.n)
			memcpy(*ret_v, ids.v, ids.n * sizeof *ids.v);
		*ret_n = ids.n;
	}
	tw_vec_release(&ids);
	return rc;
}

enum tw_rc tw_store_trigger(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_trigger_row *ret_row,
			    struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select id, classpath, kwargs, created_date, triggerer_id, queue from \"trigger\" where id = ?");
	tw_q_put_int(&q, id);
	TW_TRY(tw_q_one(&q, err));
	ret_row->id = tw_q_get_int(&q);
	ret_row->classpath = tw_q_get_str(&q, a);
	struct tw_str kwargs = tw_q_get_str(&q, a);
	ret_row->created_date = tw_q_get_time(&q);
	ret_row->triggerer_id = tw_q_get_int(&q);
	ret_row->queue = tw_q_get_str(&q, a);
	tw_q_done(&q);
	return tw_secret_get(s, kwargs, s->opts.decrypt != NULL, a, &ret_row->kwargs, err);
}

enum tw_rc tw_store_trigger_waiter(struct tw_store *s, int64_t trigger_id, struct tw_arena *a,
				   struct tw_trigger_waiter *ret, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select id, dag_id, run_id, task_id, map_index, try_number, trigger_timeout from task_instance"
	     " where trigger_id = ?");
	tw_q_put_int(&q, trigger_id);
	TW_TRY(tw_q_one(&q, err));
	ret->id = tw_q_get_uuid(&q);
	ret->dag_id = tw_q_get_str(&q, a);
	ret->run_id = tw_q_get_str(&q, a);
	ret->task_id = tw_q_get_str(&q, a);
	ret->map_index = (int)tw_q_get_int(&q);
	ret->try_number = (int)tw_q_get_int(&q);
	ret->timeout = tw_q_get_time(&q);
	tw_q_done(&q);
	return TW_OK;
}
