#include "store/runs.h"

#include "store/feed_write.h"
#include "store/write.h"

enum tw_rc tw_store_run_new(struct tw_store *s, const struct tw_run_row *run,
			    const struct tw_inbox_row *post, int64_t *ret_id, struct tw_err *err)
{
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_run_insert(s, run, false, err);
	if (rc == TW_OK && ret_id)
		*ret_id = s->ops->last_id(s->db);
	if (rc == TW_OK)
		tw_feed_run(s, run);
	if (rc == TW_OK && post)
		rc = tw_write_inbox(s, post, err);
	return tw_tx_leave(s, own, rc, err);
}

#define VIEW                                                                                       \
	TW_RUN_SELECT ", coalesce(d.dag_display_name, r.dag_id), v.version_number, v.bundle_name"
#define JOINS                                                                                      \
	"left join dag d on d.dag_id = r.dag_id left join dag_version v on v.id = r.created_dag_version_id"

static void read_view(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_run_view *v = row;

	tw_run_read(q, a, &v->run);
	v->dag_display_name = tw_q_get_str(q, a);
	v->version_number = (int)tw_q_get_int(q);
	v->bundle_name = tw_q_get_str(q, a);
}

enum tw_rc tw_store_runs(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			 struct tw_run_view **ret_v, size_t *ret_n, int64_t *ret_total,
			 struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "r.id", TW_F_INT, .walks = true},
		{"dag_id", "r.dag_id", TW_F_TEXT, .sure = true, .walks = true, .scope = true},
		{"run_id", "r.run_id", TW_F_TEXT, .sure = true, .walks = true, .walks_scope = true},
		{"dag_run_id", "r.run_id", TW_F_TEXT},
		{"state", "r.state", TW_F_STATE, .walks = true, .walks_scope = true},
		{"run_type", "r.run_type", TW_F_TEXT},
		{"logical_date", "r.logical_date", TW_F_TIME, .walks = true, .walks_scope = true},
		{"run_after", "r.run_after", TW_F_TIME, .sure = true, .walks = true, .walks_scope = true},
		{"start_date", "r.start_date", TW_F_TIME, .walks = true},
		{"end_date", "r.end_date", TW_F_TIME, .walks = true},
		{"queued_at", "r.queued_at", TW_F_TIME},
		{"updated_at", "r.updated_at", TW_F_TIME, .walks = true},
		{"data_interval_start", "r.data_interval_start", TW_F_TIME, .walks = true},
		{"data_interval_end", "r.data_interval_end", TW_F_TIME, .walks = true},
		{"duration", "r.duration", TW_F_REAL, .walks = true},
		{"conf", "r.conf", TW_F_TEXT},
		{"triggered_by", "r.triggered_by", TW_F_TEXT},
		{"triggering_user_name", "r.triggering_user_name", TW_F_TEXT},
		{"bundle_version", "r.bundle_version", TW_F_TEXT},
		{"dag_version", "v.version_number", TW_F_INT, true},
		{.name = "of_version",
		 .expr = "w.version_number",
		 .type = TW_F_INT,
		 .within = "r.created_dag_version_id in (select w.id from dag_version w where %s)"},
		{"partition_key", "r.partition_key", TW_F_TEXT},
		{"partition_date", "r.partition_date", TW_F_TIME},
		{.name = "consuming_asset",
		 .expr = "(a.name || ' ' || a.uri)",
		 .type = TW_F_TEXT,
		 .within = "exists (select 1 from dagrun_asset_event x join asset_event e on e.id = x.event_id"
			   " join asset a on a.id = e.asset_id where x.dag_run_id = r.id and %s)"},
		{"backfill_id", "r.backfill_id", TW_F_INT},
		{"clear_number", "r.clear_number", TW_F_INT},
		TW_READABLE("r.dag_id", false),
	};
	static const struct tw_list_def def = {"DAG run", VIEW,	  "dag_run r", JOINS,
					       NULL,	  "r.id", fields,      TW_COUNT(fields)};

	return TW_LIST(s, &def, ask, struct tw_run_view, read_view, a, ret_v, ret_n, ret_total,
		       err);
}

static void read_count(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_run_count *c = row;

	c->dag_id = tw_q_get_str(q, a);
	tw_run_state_parse(tw_q_get_str(q, a), &c->state);
	c->n = tw_q_get_int(q);
}

enum tw_rc tw_store_run_counts(struct tw_store *s, struct tw_str from, struct tw_str to, struct tw_arena *a,
			       struct tw_run_count **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select dag_id, state, count(*) from dag_run where dag_id >= ? and dag_id <= ? group by dag_id, state"
	     " order by dag_id");
	tw_q_put_str(&q, from);
	tw_q_put_str(&q, to);
	return TW_Q_ALL(&q, struct tw_run_count, read_count, a, ret_v, ret_n, err);
}

static enum tw_rc no_run(struct tw_str dag_id, struct tw_str run_id, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_NOT_FOUND, "dag '" TW_STR_FMT "' has no run '" TW_STR_FMT "'",
			  TW_STR_ARG(dag_id), TW_STR_ARG(run_id));
}

enum tw_rc tw_store_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			struct tw_arena *a, struct tw_run_view *ret_run, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " VIEW " from dag_run r " JOINS " where r.dag_id = ? and r.run_id = ?");
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, run_id);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return no_run(dag_id, run_id, err);
	if (rc < 0)
		return rc;
	*ret_run = (struct tw_run_view){0};
	read_view(&q, a, ret_run);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_run_by_date(struct tw_store *s, struct tw_str dag_id, tw_time logical_date,
				struct tw_arena *a, struct tw_run_view *ret_run, struct tw_err *err)
{
	char iso[TW_ISO_MAX];
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s,
	     "select " VIEW " from dag_run r " JOINS " where r.dag_id = ? and r.logical_date = ?");
	tw_q_put_str(&q, dag_id);
	tw_q_put_time(&q, logical_date);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc,
				  "dag '" TW_STR_FMT "' has no run with the logical date %s",
				  TW_STR_ARG(dag_id), tw_time_iso_utc(iso, logical_date));
	if (rc < 0)
		return rc;
	*ret_run = (struct tw_run_view){0};
	read_view(&q, a, ret_run);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_run_note(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			     struct tw_str note, struct tw_str user, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(
		s, &n, err,
		"update dag_run set note = ?, note_user_id = ?, updated_at = ? where dag_id = ? and run_id = ?",
		"sstss", note, user, (tw_time)tw_store_now(s), dag_id, run_id));
	return n ? TW_OK : no_run(dag_id, run_id, err);
}

enum tw_rc tw_store_run_no_partition(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_err *err)
{
	return tw_q_exec(s, NULL, err,
			 "update dag_run set partition_key = null, partition_date = null, updated_at = ? where dag_id = ?"
			 " and run_id = ? and partition_key is not null",
			 "tss", (tw_time)tw_store_now(s), dag_id, run_id);
}

enum tw_rc tw_store_run_delete(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			       const struct tw_inbox_row *post, struct tw_err *err)
{
	enum tw_rc rc;
	int64_t n = 0;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_purge_run(s, dag_id, run_id, &n, err);
	if (rc == TW_OK && n == 0)
		rc = no_run(dag_id, run_id, err);
	if (rc == TW_OK)
		tw_feed_run_gone(s, dag_id, run_id);
	if (rc == TW_OK && post)
		rc = tw_write_inbox(s, post, err);
	return tw_tx_leave(s, own, rc, err);
}

/* ── the runs around a run ──────────────────────────────────────────────────────────── */

static enum tw_rc one_run(struct tw_q *q, struct tw_arena *a, struct tw_run_row *ret,
			  struct tw_err *err)
{
	enum tw_rc rc = tw_q_one(q, err);

	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "there is no such run");
	if (rc < 0)
		return rc;
	*ret = (struct tw_run_row){0};
	tw_run_read(q, a, ret);
	tw_q_done(q);
	return TW_OK;
}

#define SELECT "select " TW_RUN_SELECT " from dag_run r where r.dag_id = ?"
#define BY_DATE " and r.logical_date < ? order by r.logical_date desc limit 1"
#define BY_AFTER " and r.run_after < ? order by r.run_after desc limit 1"
#define SCHEDULED " and r.run_type in ('scheduled', 'backfill')"
#define SUCCESS " and r.state = 'success'"

enum tw_rc tw_store_run_before(struct tw_store *s, struct tw_str dag_id, enum tw_prev_kind kind,
			       tw_time logical_date, tw_time run_after, struct tw_arena *a,
			       struct tw_run_row *ret_run, struct tw_err *err)
{
	static const char *const by_date[] = {SELECT BY_DATE, SELECT SCHEDULED BY_DATE,
					      SELECT SUCCESS BY_DATE};
	static const char *const by_after[] = {SELECT BY_AFTER, SELECT SCHEDULED BY_AFTER,
					       SELECT SUCCESS BY_AFTER};
	bool dated = tw_time_ok(logical_date);
	struct tw_q q;

	tw_q(&q, s, dated ? by_date[kind] : by_after[kind]);
	tw_q_put_str(&q, dag_id);
	tw_q_put_time(&q, dated ? logical_date : run_after);
	return one_run(&q, a, ret_run, err);
}

enum tw_rc tw_store_run_after(struct tw_store *s, struct tw_str dag_id, tw_time logical_date,
			      struct tw_arena *a, struct tw_run_row *ret_run, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, SELECT " and r.logical_date > ? order by r.logical_date limit 1");
	tw_q_put_str(&q, dag_id);
	tw_q_put_time(&q, logical_date);
	return one_run(&q, a, ret_run, err);
}

enum tw_rc tw_store_run_last_automated(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
				       struct tw_run_row *ret_run, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, SELECT SCHEDULED " order by r.run_after desc limit 1");
	tw_q_put_str(&q, dag_id);
	return one_run(&q, a, ret_run, err);
}

static void read_recent(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_recent_run *r = row;

	r->run_after = tw_q_get_time(q);
	r->failed = tw_q_get_int(q);
}

enum tw_rc tw_store_run_recent(struct tw_store *s, struct tw_str dag_id, size_t n,
			       struct tw_arena *a, struct tw_recent_run **ret_v, size_t *ret_n,
			       struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select r.run_after, r.state = 'failed' from dag_run r where r.dag_id = ?"
	     " and r.state in ('success', 'failed') order by r.run_after desc limit ?");
	tw_q_put_str(&q, dag_id);
	tw_q_put_int(&q, (int64_t)n);
	return TW_Q_ALL(&q, struct tw_recent_run, read_recent, a, ret_v, ret_n, err);
}

static void read_date(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(tw_time *)row = tw_q_get_time(q);
}

enum tw_rc tw_store_run_dates(struct tw_store *s, struct tw_str dag_id, tw_time from,
			      struct tw_arena *a, tw_time **ret_v, size_t *ret_n,
			      struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select logical_date from dag_run where dag_id = ? and logical_date >= ?");
	tw_q_put_str(&q, dag_id);
	tw_q_put_time(&q, from);
	return TW_Q_ALL(&q, tw_time, read_date, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_backfill_before(struct tw_store *s, int64_t backfill_id, tw_time logical_date,
				    bool *ret, struct tw_err *err)
{
	int64_t there = 0;

	TW_TRY(tw_q_number(s, &there, err,
			   "select 1 from dag_run where backfill_id = ? and logical_date < ? limit 1",
			   "it", backfill_id, logical_date));
	*ret = there;
	return TW_OK;
}

enum tw_rc tw_store_tasks_ever(struct tw_store *s, struct tw_str dag_id,
			       const struct tw_str *task_ids, size_t n, tw_time before_logical_date,
			       bool *ret, struct tw_err *err)
{
	for (size_t i = 0; i < n; i++) {
		int64_t there;

		/* Newest run first: a task that is there at all is mostly there in the last one. */
		TW_TRY(tw_q_number(
			s, &there, err,
			"select 1 from dag_run r where r.dag_id = ? and r.logical_date < ? and exists"
			" (select 1 from task_instance ti where ti.dag_id = r.dag_id and ti.run_id = r.run_id"
			" and ti.task_id = ?) order by r.logical_date desc limit 1",
			"sts", dag_id, before_logical_date, task_ids[i]));
		ret[i] = there;
	}
	return TW_OK;
}
