/* Callbacks: rows that a turn of the scheduler leaves, and dag-processors take. */
#include "store/callbacks.h"

#include "store/write.h"

enum tw_rc tw_write_callback(struct tw_store *s, const struct tw_callback_row *c, struct tw_err *err)
{
	bool by_attribute = tw_str_is(c->type, "dag_processor");
	struct tw_q q;

	tw_q(&q, s,
	     "insert into callback (id, type, fetch_method, data, bundle_name, state, output, priority_weight,"
	     " created_at, trigger_id, job_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	tw_q_put_uuid(&q, c->id);
	tw_q_put_str(&q, c->type);
	tw_q_put_cstr(&q, by_attribute ? "dag_attribute" : "import_path");
	tw_q_put_str(&q, c->data);
	tw_q_put_str(&q, c->bundle_name);
	tw_q_put_str(&q, c->state);
	tw_q_put_str(&q, c->output);
	tw_q_put_int(&q, c->priority_weight);
	tw_q_put_time(&q, tw_time_ok(c->created_at) ? c->created_at : tw_store_now(s));
	tw_q_put_id(&q, c->trigger_id);
	tw_q_put_id(&q, c->job_id);
	return tw_q_run(&q, NULL, err);
}

static void read_callback(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_callback_row *c = row;

	c->id = tw_q_get_uuid(q);
	c->type = tw_q_get_str(q, a);
	c->data = tw_q_get_str(q, a);
	c->bundle_name = tw_q_get_str(q, a);
	c->state = tw_q_get_str(q, a);
	c->output = tw_q_get_str(q, a);
	c->priority_weight = (int)tw_q_get_int(q);
	c->created_at = tw_q_get_time(q);
	c->trigger_id = tw_q_get_int(q);
	c->job_id = tw_q_get_int(q);
	c->attempts = (int)tw_q_get_int(q);
}

/* To be run: a dag-processor's has no state, a deadline's is queued. */
#define WAITS "(c.type = 'dag_processor' or c.state = 'queued')"
#define SELECT                                                                                     \
	"select c.id, c.type, c.data, c.bundle_name, c.state, c.output, c.priority_weight,"        \
	" c.created_at, c.trigger_id, c.job_id, c.attempts from callback c"

static enum tw_rc take_one(struct tw_store *s, struct tw_callback_row *c, int64_t job_id, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "update callback set job_id = ?, attempts = attempts + 1 where id = ?");
	tw_q_put_int(&q, job_id);
	tw_q_put_uuid(&q, c->id);
	c->job_id = job_id;
	c->attempts++;
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_store_callbacks_take(struct tw_store *s, int64_t job_id, struct tw_str bundle, size_t n, tw_time dead,
				   struct tw_arena *a, struct tw_callback_row **ret_v, size_t *ret_n,
				   struct tw_err *err)
{
	enum tw_rc rc;
	struct tw_q q;
	int64_t any;
	bool own;

	/* Most looks find nothing: they should not take the lock of writers. */
	*ret_n = 0;
	TW_TRY(tw_q_number(s, &any, err, "select 1 from callback c where " WAITS " limit 1", ""));
	if (!any)
		return TW_OK;
	TW_TRY(tw_tx_enter(s, &own, err));
	tw_q(&q, s,
	     SELECT " left join job j on j.id = c.job_id where " WAITS
		    " and (c.bundle_name is null or c.bundle_name = ?)"
		    " and (c.job_id is null or (c.job_id <> ? and (j.id is null or j.state <> 'running'"
		    " or j.latest_heartbeat < ?))) order by c.priority_weight desc, c.created_at, c.id limit ?");
	tw_q_put_str(&q, bundle);
	tw_q_put_int(&q, job_id);
	tw_q_put_time(&q, dead);
	tw_q_put_int(&q, (int64_t)n);
	rc = TW_Q_ALL(&q, struct tw_callback_row, read_callback, a, ret_v, ret_n, err);
	for (size_t i = 0; rc == TW_OK && i < *ret_n; i++)
		rc = take_one(s, &(*ret_v)[i], job_id, err);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_store_callback_release(struct tw_store *s, struct tw_id id, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "update callback set job_id = null where id = ?");
	tw_q_put_uuid(&q, id);
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_store_callback_done(struct tw_store *s, const struct tw_callback_row *row, bool success,
				  struct tw_str output, struct tw_err *err)
{
	bool goes = tw_str_is(row->type, "dag_processor");
	struct tw_q q;

	tw_q(&q, s,
	     goes ? "delete from callback where id = ?" :
		    "update callback set state = ?, output = ?, job_id = null where id = ?");
	if (!goes) {
		tw_q_put_cstr(&q, success ? "success" : "failed");
		tw_q_put_str(&q, output);
	}
	tw_q_put_uuid(&q, row->id);
	return tw_q_run(&q, NULL, err);
}
