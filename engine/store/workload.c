/* Workloads: rows that a turn of the scheduler leaves, and workers elsewhere take. */
#include "store/workloads.h"

#include "io/token.h"
#include "store/write.h"

enum tw_rc tw_write_workload(struct tw_store *s, const struct tw_workload_row *w, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "insert into workload (attempt, executor, queue, priority_weight, data, posted_at)"
	     " values (?, ?, ?, ?, ?, ?) on conflict (attempt) do update set executor = excluded.executor,"
	     " queue = excluded.queue, priority_weight = excluded.priority_weight, data = excluded.data,"
	     " posted_at = excluded.posted_at, worker = null, taken_at = null, claim = null");
	tw_q_put_uuid(&q, w->attempt);
	tw_q_put_str(&q, w->executor);
	tw_q_put_str(&q, w->queue);
	tw_q_put_int(&q, w->priority_weight);
	tw_q_put_str(&q, w->data);
	tw_q_put_time(&q, tw_time_ok(w->posted_at) ? w->posted_at : tw_store_now(s));
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_write_workload_drop(struct tw_store *s, struct tw_id attempt, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "delete from workload where attempt = ?");
	tw_q_put_uuid(&q, attempt);
	return tw_q_run(&q, NULL, err);
}

static void read_workload(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_workload_row *w = row;

	w->attempt = tw_q_get_uuid(q);
	w->executor = tw_q_get_str(q, a);
	w->queue = tw_q_get_str(q, a);
	w->priority_weight = (int)tw_q_get_int(q);
	w->data = tw_q_get_str(q, a);
	w->posted_at = tw_q_get_time(q);
	w->worker = tw_q_get_str(q, a);
	w->claim = tw_q_get_str(q, a);
}

#define COLUMNS "w.attempt, w.executor, w.queue, w.priority_weight, w.data, w.posted_at, w.worker, w.claim"

static enum tw_rc take_one(struct tw_store *s, struct tw_workload_row *w, struct tw_str worker, struct tw_arena *a,
			   struct tw_err *err)
{
	char claim[TW_UUID_LEN + 1];
	struct tw_q q;

	tw_uuid7(claim, tw_store_now(s));
	w->worker = worker;
	w->claim = tw_str_copy(a, tw_str(claim));
	tw_q(&q, s, "update workload set worker = ?, taken_at = ?, claim = ? where attempt = ?");
	tw_q_put_str(&q, worker);
	tw_q_put_time(&q, tw_store_now(s));
	tw_q_put_str(&q, w->claim);
	tw_q_put_uuid(&q, w->attempt);
	return tw_q_run(&q, NULL, err);
}

/* "(?, ?, …)" of the queues */
static char *select_next(size_t nqueues)
{
	struct tw_buf sql = {0};

	tw_buf_adds(&sql,
		    "select " COLUMNS " from workload w join task_instance ti on ti.id = w.attempt and ti.state = 'queued'"
		    " where w.worker is null");
	for (size_t i = 0; i < nqueues; i++)
		tw_buf_adds(&sql, i ? ", ?" : " and w.queue in (?");
	tw_buf_adds(&sql, nqueues ? ")" : "");
	tw_buf_adds(&sql, " order by w.priority_weight desc, w.posted_at, w.attempt limit ?");
	return tw_buf_steal(&sql);
}

static enum tw_rc next(struct tw_store *s, const struct tw_str *queues, size_t nqueues, size_t n, struct tw_arena *a,
		       struct tw_workload_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	TW_AUTO(tw_freep) char *sql = select_next(nqueues);
	struct tw_q q;

	tw_q_once(&q, s, tw_str(sql));
	for (size_t i = 0; i < nqueues; i++)
		tw_q_put_str(&q, queues[i]);
	tw_q_put_int(&q, (int64_t)n);
	return TW_Q_ALL(&q, struct tw_workload_row, read_workload, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_workloads_take(struct tw_store *s, struct tw_str worker, const struct tw_str *queues, size_t nqueues,
				   size_t n, struct tw_arena *a, struct tw_workload_row **ret_v, size_t *ret_n,
				   struct tw_err *err)
{
	enum tw_rc rc;
	bool own;

	/* Most looks find nothing: they should not take the lock of writers. */
	TW_TRY(next(s, queues, nqueues, n, a, ret_v, ret_n, err));
	if (!*ret_n)
		return TW_OK;
	TW_TRY(tw_tx_enter(s, &own, err));
	rc = next(s, queues, nqueues, n, a, ret_v, ret_n, err);
	for (size_t i = 0; rc == TW_OK && i < *ret_n; i++)
		rc = take_one(s, &(*ret_v)[i], worker, a, err);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_store_workload(struct tw_store *s, struct tw_id attempt, struct tw_arena *a, struct tw_workload_row *ret,
			     struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select " COLUMNS " from workload w where w.attempt = ?");
	tw_q_put_uuid(&q, attempt);
	TW_TRY(tw_q_one(&q, err));
	read_workload(&q, a, ret);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_workload_release(struct tw_store *s, struct tw_id attempt, struct tw_str claim, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "update workload set worker = null, taken_at = null, claim = null where attempt = ? and claim = ?");
	tw_q_put_uuid(&q, attempt);
	tw_q_put_str(&q, claim);
	return tw_q_run(&q, NULL, err);
}
