/* Deadlines of runs, missed SLAs of tasks. */
#include "store/deadline.h"

#include "store/write.h"

enum tw_rc tw_write_deadline(struct tw_store *s, const struct tw_deadline_row *d, struct tw_err *err)
{
	struct tw_q q;

	TW_TRY(tw_q_exec(s, NULL, err, "delete from deadline where dag_id = ? and run_id = ? and alert = ? and missed = 0",
			 "ssi", d->dag_id, d->run_id, (int64_t)d->alert));
	tw_q(&q, s,
	     "insert into deadline (id, created_at, last_updated_at, dagrun_id, deadline_time, missed, dag_id, run_id,"
	     " alert, name) values (?, ?, ?, (select id from dag_run where dag_id = ? and run_id = ?), ?, 0, ?, ?, ?, ?)");
	tw_q_put_uuid(&q, d->id);
	tw_q_put_time(&q, d->created_at);
	tw_q_put_time(&q, d->created_at);
	tw_q_put_str(&q, d->dag_id);
	tw_q_put_str(&q, d->run_id);
	tw_q_put_time(&q, d->deadline_time);
	tw_q_put_str(&q, d->dag_id);
	tw_q_put_str(&q, d->run_id);
	tw_q_put_int(&q, d->alert);
	tw_q_put_str(&q, d->name);
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_write_deadline_missed(struct tw_store *s, const struct tw_deadline_row *d, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "update deadline set missed = 1, callback_id = ?, last_updated_at = ? where id = ?");
	tw_q_put_uuid(&q, d->callback_id);
	tw_q_put_time(&q, tw_store_now(s));
	tw_q_put_uuid(&q, d->id);
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_write_deadlines_met(struct tw_store *s, const struct tw_deadline_row *which, struct tw_err *err)
{
	return tw_q_exec(s, NULL, err,
			 "delete from deadline where dag_id = ? and run_id = ? and missed = 0 and deadline_time >= ?", "sst",
			 which->dag_id, which->run_id, which->deadline_time);
}

enum tw_rc tw_write_sla_miss(struct tw_store *s, const struct tw_sla_row *m, struct tw_err *err)
{
	return tw_q_exec(s, NULL, err,
			 "insert into sla_miss (task_id, dag_id, execution_date, timestamp, description, notification_sent)"
			 " values (?, ?, ?, ?, ?, 1) on conflict (task_id, dag_id, execution_date) do nothing",
			 "sstts", m->task_id, m->dag_id, m->execution_date, m->timestamp, m->description);
}

#define COLUMNS                                                                                    \
	"dl.id, dl.dag_id, dl.run_id, dl.alert, dl.name, dl.deadline_time, dl.created_at, dl.missed, dl.callback_id"

static void read_row(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_deadline_row *d = row;

	d->id = tw_q_get_uuid(q);
	d->dag_id = tw_q_get_str(q, a);
	d->run_id = tw_q_get_str(q, a);
	d->alert = (int)tw_q_get_int(q);
	d->name = tw_q_get_str(q, a);
	d->deadline_time = tw_q_get_time(q);
	d->created_at = tw_q_get_time(q);
	d->missed = tw_q_get_int(q);
	d->callback_id = tw_q_get_uuid(q);
}

enum tw_rc tw_store_deadlines_open(struct tw_store *s, struct tw_arena *a, struct tw_deadline_row **ret_v, size_t *ret_n,
				   struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select " COLUMNS " from deadline dl where dl.missed = 0 order by dl.deadline_time");
	return TW_Q_ALL(&q, struct tw_deadline_row, read_row, a, ret_v, ret_n, err);
}

/* Nobody has left a note at the run: then it is seen to. */
#define UNSEEN "coalesce(r.note, '') = ''"

static const struct tw_field fields[] = {
	{ "id", "dl.id", TW_F_UUID },		       { "deadline_time", "dl.deadline_time", TW_F_TIME },
	{ "created_at", "dl.created_at", TW_F_TIME },  { "last_updated_at", "dl.last_updated_at", TW_F_TIME },
	{ "missed", "dl.missed", TW_F_BOOL },	       { "alert_name", "dl.name", TW_F_TEXT },
	{ "dag_id", "dl.dag_id", TW_F_TEXT },	       { "dag_run_id", "dl.run_id", TW_F_TEXT },
	{ "run_id", "dl.run_id", TW_F_TEXT },
	{ "unseen", "exists (select 1 from dag_run r where r.dag_id = dl.dag_id and r.run_id = dl.run_id and " UNSEEN ")", TW_F_BOOL },
};

static const struct tw_list_def list = {
	"deadline", COLUMNS, "deadline dl", "", NULL, "dl.id", fields, TW_COUNT(fields), .text_key = true,
};

enum tw_rc tw_store_deadlines(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			      struct tw_deadline_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	return TW_LIST(s, &list, ask, struct tw_deadline_row, read_row, a, ret_v, ret_n, ret_total, err);
}

enum tw_rc tw_store_mean_runtime(struct tw_store *s, struct tw_str dag_id, int limit, int *ret_n, int64_t *ret_mean,
				 struct tw_err *err)
{
	int64_t sum = 0;
	struct tw_q q;
	int rc, n = 0;

	tw_q(&q, s,
	     "select start_date, end_date from dag_run where dag_id = ? and state = 'success' and start_date is not null"
	     " and end_date is not null order by logical_date desc limit ?");
	tw_q_put_str(&q, dag_id);
	tw_q_put_int(&q, limit);
	while ((rc = tw_q_next(&q, err)) > 0) {
		tw_time from = tw_q_get_time(&q);

		sum += tw_q_get_time(&q) - from;
		n++;
	}
	if (rc < 0)
		return rc;
	*ret_n = n;
	*ret_mean = n ? sum / n : 0;
	return TW_OK;
}

enum tw_rc tw_store_sla_missed(struct tw_store *s, struct tw_str dag_id, struct tw_str task_id, tw_time execution_date,
			       bool *ret_missed, struct tw_err *err)
{
	int64_t there;

	TW_TRY(tw_q_number(s, &there, err,
			   "select 1 from sla_miss where dag_id = ? and task_id = ? and execution_date = ?", "sst", dag_id,
			   task_id, execution_date));
	*ret_missed = there;
	return TW_OK;
}

static void read_sla(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_sla_row *m = row;

	m->dag_id = tw_q_get_str(q, a);
	m->task_id = tw_q_get_str(q, a);
	m->execution_date = tw_q_get_time(q);
	m->timestamp = tw_q_get_time(q);
	m->description = tw_q_get_str(q, a);
	m->run_id = tw_q_get_str(q, a);
}

static const struct tw_field sla_fields[] = {
	{ "dag_id", "sm.dag_id", TW_F_TEXT },
	{ "task_id", "sm.task_id", TW_F_TEXT },
	{ "execution_date", "sm.execution_date", TW_F_TIME },
	{ "timestamp", "sm.timestamp", TW_F_TIME },
	{ "unseen", "exists (select 1 from dag_run r where r.dag_id = sm.dag_id and r.logical_date = sm.execution_date and " UNSEEN ")",
	  TW_F_BOOL },
};

static const struct tw_list_def sla_list = {
	"missed SLA",
	"sm.dag_id, sm.task_id, sm.execution_date, sm.timestamp, sm.description,"
	" (select r.run_id from dag_run r where r.dag_id = sm.dag_id and r.logical_date = sm.execution_date)",
	"sla_miss sm",
	"",
	NULL,
	"(sm.dag_id || '/' || sm.task_id || '/' || sm.execution_date)",
	sla_fields,
	TW_COUNT(sla_fields),
	.text_key = true,
};

enum tw_rc tw_store_sla_misses(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_sla_row **ret_v,
			       size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	return TW_LIST(s, &sla_list, ask, struct tw_sla_row, read_sla, a, ret_v, ret_n, ret_total, err);
}
