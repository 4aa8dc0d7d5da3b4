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

enum tw_rc tw_store_triggers_take(struct tw_store *s, int64_t triggerer_id, size_t n, tw_time dead,
				  size_t *ret_n, struct tw_err *err)
{
	int64_t taken;

	TW_TRY(tw_q_exec(
		s, &taken, err,
		"update \"trigger\" set triggerer_id = ? where id in (select t.id from \"trigger\" t"
		" left join job j on j.id = t.triggerer_id where t.triggerer_id is null or j.id is null"
		" or j.state <> 'running' or j.latest_heartbeat < ? order by t.id limit ?)",
		"iti", triggerer_id, dead, (int64_t)n));
	*ret_n = (size_t)taken;
	return TW_OK;
}

static enum tw_rc read_trigger(struct tw_store *s, struct tw_q *q, struct tw_arena *a,
			       struct tw_trigger_row *t, struct tw_err *err)
{
	t->id = tw_q_get_int(q);
	t->classpath = tw_q_get_str(q, a);
	TW_TRY(tw_secret_get(s, tw_q_get_str(q, a), s->opts.decrypt != NULL, a, &t->kwargs, err));
	t->created_date = tw_q_get_time(q);
	t->triggerer_id = tw_q_get_int(q);
	t->queue = tw_q_get_str(q, a);
	return TW_OK;
}

enum tw_rc tw_store_triggers(struct tw_store *s, int64_t triggerer_id, struct tw_arena *a,
			     struct tw_trigger_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	TW_VEC(struct tw_trigger_row) rows = {0};
	struct tw_q q;
	int rc;

	tw_q(&q, s,
	     "select id, classpath, kwargs, created_date, triggerer_id, queue from \"trigger\""
	     " where ? = 0 or triggerer_id = ? order by id");
	tw_q_put_int(&q, triggerer_id);
	tw_q_put_int(&q, triggerer_id);
	while ((rc = tw_q_next(&q, err)) > 0) {
		struct tw_trigger_row t = {0};

		rc = read_trigger(s, &q, a, &t, err);
		if (rc < 0)
			break;
		tw_vec_push(&rows, t);
	}
	tw_q_done(&q);
	if (rc == 0) {
		*ret_v = tw_arena_array(a, struct tw_trigger_row, rows.n);
		if (rows.n)
			memcpy(*ret_v, rows.v, rows.n * sizeof *rows.v);
		*ret_n = rows.n;
	}
	tw_vec_release(&rows);
	return rc;
}
