#include "store/query.h"

enum tw_rc tw_store_job_start(struct tw_store *s, const struct tw_job_row *j, int64_t *ret_id,
			      struct tw_err *err)
{
	TW_TRY(tw_q_exec(
		s, NULL, err,
		"insert into job (job_type, state, dag_id, executor_class, hostname, unixname, start_date,"
		" end_date, latest_heartbeat) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"ssssssttt", j->job_type, j->state.p ? j->state : TW_STR("running"), j->dag_id,
		j->executor_class, j->hostname, j->unixname, j->start_date, j->end_date,
		j->latest_heartbeat));
	*ret_id = s->ops->last_id(s->db);
	return TW_OK;
}

static enum tw_rc need_one(int64_t n, int64_t id, struct tw_err *err)
{
	return n ? TW_OK : tw_err_set(err, TW_ERR_NOT_FOUND, "there is no job %lld", (long long)id);
}

enum tw_rc tw_store_job_beat(struct tw_store *s, int64_t id, tw_time at, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err, "update job set latest_heartbeat = ? where id = ?", "ti", at,
			 id));
	return need_one(n, id, err);
}

enum tw_rc tw_store_job_end(struct tw_store *s, int64_t id, const char *state, tw_time at,
			    struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err, "update job set state = ?, end_date = ? where id = ?", "cti",
			 state, at, id));
	return need_one(n, id, err);
}

#define COLS                                                                                       \
	"j.id, j.job_type, j.state, j.dag_id, j.executor_class, j.hostname, j.unixname,"           \
	" j.start_date, j.end_date, j.latest_heartbeat"

static void read_job(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_job_row *j = row;

	j->id = tw_q_get_int(q);
	j->job_type = tw_q_get_str(q, a);
	j->state = tw_q_get_str(q, a);
	j->dag_id = tw_q_get_str(q, a);
	j->executor_class = tw_q_get_str(q, a);
	j->hostname = tw_q_get_str(q, a);
	j->unixname = tw_q_get_str(q, a);
	j->start_date = tw_q_get_time(q);
	j->end_date = tw_q_get_time(q);
	j->latest_heartbeat = tw_q_get_time(q);
}

enum tw_rc tw_store_job_latest(struct tw_store *s, const char *job_type, struct tw_arena *a,
			       struct tw_job_row *ret_job, struct tw_err *err)
{
	enum tw_rc rc;
	struct tw_q q;

	tw_q(&q, s,
	     "select " COLS " from job j where j.job_type = ?"
	     " order by case when j.state = 'running' then 0 else 1 end, j.latest_heartbeat desc limit 1");
	tw_q_put_cstr(&q, job_type);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "no %s has ever run", job_type);
	if (rc < 0)
		return rc;
	read_job(&q, a, ret_job);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_jobs(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			 struct tw_job_row **ret_v, size_t *ret_n, int64_t *ret_total,
			 struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "j.id", TW_F_INT},
		{"job_type", "j.job_type", TW_F_TEXT},
		{"state", "j.state", TW_F_STATE},
		{"dag_id", "j.dag_id", TW_F_TEXT},
		{"hostname", "j.hostname", TW_F_TEXT},
		{"executor_class", "j.executor_class", TW_F_TEXT},
		{"start_date", "j.start_date", TW_F_TIME},
		{"end_date", "j.end_date", TW_F_TIME},
		{"latest_heartbeat", "j.latest_heartbeat", TW_F_TIME},
	};
	static const struct tw_list_def def = {"job", COLS,   "job j", "",
					       NULL,  "j.id", fields,  TW_COUNT(fields)};

	return TW_LIST(s, &def, ask, struct tw_job_row, read_job, a, ret_v, ret_n, ret_total, err);
}
