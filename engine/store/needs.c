#include "store/needs.h"

#include "store/rows.h"

static void read_run(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_need_run *r = row;

	r->dag_id = tw_q_get_str(q, a);
	r->display = tw_q_get_str(q, a);
	r->run_id = tw_q_get_str(q, a);
	r->owners = tw_q_get_str(q, a);
	r->at = tw_q_get_time(q);
}

static enum tw_rc runs(struct tw_store *s, const char *sql, tw_time at, int limit, struct tw_arena *a,
		       struct tw_need_run **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, sql);
	tw_q_put_time(&q, at);
	tw_q_put_int(&q, limit);
	return TW_Q_ALL(&q, struct tw_need_run, read_run, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_needs_failures(struct tw_store *s, tw_time since, int limit, struct tw_arena *a,
				   struct tw_need_run **ret_v, size_t *ret_n, struct tw_err *err)
{
	return runs(s,
		    "select r.dag_id, d.dag_display_name, r.run_id, d.owners, r.end_date from dag_run r"
		    " join dag d on d.dag_id = r.dag_id"
		    " where r.state = 'failed' and r.run_after >= ? and r.note is null"
		    " and not exists (select 1 from dag_run x where x.dag_id = r.dag_id and x.run_after > r.run_after"
		    " and x.state = 'success')"
		    " order by r.run_after desc limit ?",
		    since, limit, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_needs_queued_runs(struct tw_store *s, tw_time before, int limit, struct tw_arena *a,
				      struct tw_need_run **ret_v, size_t *ret_n, struct tw_err *err)
{
	return runs(s,
		    "select r.dag_id, d.dag_display_name, r.run_id, d.owners, r.run_after from dag_run r"
		    " join dag d on d.dag_id = r.dag_id"
		    " where r.state = 'queued' and r.run_after < ? and d.is_paused = 0"
		    " order by r.run_after limit ?",
		    before, limit, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_needs_late(struct tw_store *s, tw_time before, int limit, struct tw_arena *a,
			       struct tw_need_run **ret_v, size_t *ret_n, struct tw_err *err)
{
	return runs(s,
		    "select d.dag_id, d.dag_display_name, '', d.owners, d.next_dagrun_create_after from dag d"
		    " where d.next_dagrun_create_after < ? and d.is_paused = 0 and d.is_stale = 0"
		    " and d.exceeds_max_non_backfill = 0"
		    " order by d.next_dagrun_create_after limit ?",
		    before, limit, a, ret_v, ret_n, err);
}

static void read_ti(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_need_ti *t = row;

	t->dag_id = tw_q_get_str(q, a);
	t->run_id = tw_q_get_str(q, a);
	t->task_id = tw_q_get_str(q, a);
	t->map_index = (int)tw_q_get_int(q);
	tw_ti_state_parse(tw_q_get_str(q, a), &t->state);
	t->since = tw_q_get_time(q);
}

enum tw_rc tw_store_needs_stuck(struct tw_store *s, tw_time queued_before, tw_time heard_before, int limit,
				struct tw_arena *a, struct tw_need_ti **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select t.dag_id, t.run_id, t.task_id, t.map_index, t.state,"
	     " case when t.state = 'queued' then t.queued_dttm else t.last_heartbeat_at end as since"
	     " from task_instance t"
	     " where (t.state = 'queued' and t.queued_dttm < ?"
	     " and not exists (select 1 from workload w where w.attempt = t.id))"
	     " or (t.state = 'running' and t.last_heartbeat_at < ?)"
	     " order by since limit ?");
	tw_q_put_time(&q, queued_before);
	tw_q_put_time(&q, heard_before);
	tw_q_put_int(&q, limit);
	return TW_Q_ALL(&q, struct tw_need_ti, read_ti, a, ret_v, ret_n, err);
}

static void read_queue(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_need_queue *v = row;

	v->queue = tw_q_get_str(q, a);
	v->n = tw_q_get_int(q);
	v->since = tw_q_get_time(q);
}

enum tw_rc tw_store_needs_queues(struct tw_store *s, tw_time before, struct tw_arena *a, struct tw_need_queue **ret_v,
				 size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select w.queue, count(*), min(w.posted_at) from workload w where w.worker is null"
	     " group by w.queue having min(w.posted_at) < ?"
	     " and not exists (select 1 from workload x where x.queue = w.queue and x.taken_at >= ?)"
	     " order by 3");
	tw_q_put_time(&q, before);
	tw_q_put_time(&q, before);
	return TW_Q_ALL(&q, struct tw_need_queue, read_queue, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_needs_pool_since(struct tw_store *s, struct tw_str pool, tw_time *ret_since, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select min(scheduled_dttm) from task_instance where state = 'scheduled' and pool = ?");
	tw_q_put_str(&q, pool);
	rc = tw_q_one(&q, err);
	if (rc < 0)
		return rc;
	*ret_since = tw_q_get_time(&q);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_needs_deferred(struct tw_store *s, int64_t *ret_n, struct tw_err *err)
{
	return tw_q_number(s, ret_n, err, "select count(*) from task_instance where state = 'deferred'", "");
}
