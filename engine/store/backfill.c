#include "store/backfill.h"

#include <stdio.h>

#include "core/sched.h"
#include "io/token.h"
#include "store/feed_write.h"
#include "store/rows.h"
#include "store/write.h"
#include "value/json.h"

static const char *const reasons[] = {
	[TW_BACKFILL_EXISTS] = "already exists",
	[TW_BACKFILL_IN_FLIGHT] = "in flight",
};

/* ── making one ─────────────────────────────────────────────────────────────────────── */

static enum tw_backfill_fate fate_of(enum tw_run_state state, struct tw_str reprocess)
{
	if (!tw_run_finished(state))
		return TW_BACKFILL_IN_FLIGHT;
	if (tw_str_is(reprocess, "completed") ||
	    (tw_str_is(reprocess, "failed") && state == TW_RUN_FAILED))
		return TW_BACKFILL_CLEAR;
	return TW_BACKFILL_EXISTS;
}

/*
 * The run of that date, or of that partition the one that started last: by when it begins, however its key is written;
 * a run from before runs had a date by its key.
 */
static enum tw_rc look_at(struct tw_store *s, struct tw_str reprocess,
			  struct tw_backfill_item *item, struct tw_arena *a, struct tw_err *err)
{
	const struct tw_run_row *r = &item->run;
	bool partition = r->logical_date == TW_TIME_NONE;
	enum tw_run_state state;
	struct tw_q q;
	int rc;

	item->fate = TW_BACKFILL_NEW;
	tw_q(&q, s,
	     partition ? "select id, run_id, state from dag_run where dag_id = ? and (partition_date = ? or"
			 " (partition_date is null and partition_key = ?)) order by start_date is null, start_date desc limit 1"
		       : "select id, run_id, state from dag_run where dag_id = ? and logical_date = ?");
	tw_q_put_str(&q, r->dag_id);
	tw_q_put_time(&q, partition ? r->partition_date : r->logical_date);
	if (partition)
		tw_q_put_str(&q, r->partition_key);
	rc = tw_q_next(&q, err);
	if (rc <= 0)
		return (enum tw_rc)rc;
	item->there = tw_q_get_int(&q);
	item->there_id = tw_q_get_str(&q, a);
	if (tw_run_state_parse(tw_q_get_str(&q, a), &state))
		item->fate = fate_of(state, reprocess);
	tw_q_done(&q);
	if (partition && item->fate == TW_BACKFILL_CLEAR)
		item->fate = TW_BACKFILL_NEW; /* another run beside it, as Airflow does */
	return TW_OK;
}

enum tw_rc tw_store_backfill_look(struct tw_store *s, struct tw_str reprocess,
				  struct tw_backfill_item *items, size_t n, struct tw_arena *a,
				  struct tw_err *err)
{
	for (size_t i = 0; i < n; i++)
		TW_TRY(look_at(s, reprocess, &items[i], a, err));
	return TW_OK;
}

enum tw_rc tw_store_backfill_active(struct tw_store *s, struct tw_str dag_id, bool *ret_active,
				    struct tw_err *err)
{
	int64_t there;

	TW_TRY(tw_q_number(s, &there, err,
			   "select 1 from backfill where dag_id = ? and completed_at is null", "s",
			   dag_id));
	*ret_active = there;
	return TW_OK;
}

static enum tw_rc insert(struct tw_store *s, struct tw_backfill_row *b, struct tw_err *err)
{
	struct tw_q q;

	b->created_at = b->updated_at = (tw_time)tw_store_now(s);
	b->completed_at = TW_TIME_NONE;
	tw_q(&q, s,
	     "insert into backfill (dag_id, from_date, to_date, dag_run_conf, is_paused, reprocess_behavior,"
	     " max_active_runs, created_at, updated_at, triggering_user_name) values (?, ?, ?, ?, 0, ?, ?, ?, ?, ?)");
	tw_q_put_str(&q, b->dag_id);
	tw_q_put_time(&q, b->from_date);
	tw_q_put_time(&q, b->to_date);
	tw_q_put_str(&q, b->conf);
	tw_q_put_str(&q, b->reprocess_behavior);
	tw_q_put_int(&q, b->max_active_runs);
	tw_q_put_time(&q, b->created_at);
	tw_q_put_time(&q, b->updated_at);
	tw_q_put_str(&q, b->triggering_user);
	TW_TRY(tw_q_run(&q, NULL, err));
	b->id = s->ops->last_id(s->db);
	return TW_OK;
}

static enum tw_rc associate(struct tw_store *s, const struct tw_backfill_row *b,
			    const struct tw_backfill_item *item, int64_t run, int ordinal,
			    struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "insert into backfill_dag_run (backfill_id, dag_run_id, exception_reason, logical_date, partition_key,"
	     " sort_ordinal) values (?, ?, ?, ?, ?, ?)");
	tw_q_put_int(&q, b->id);
	tw_q_put_id(&q, run);
	tw_q_put_cstr(&q, run ? NULL : reasons[item->fate]);
	tw_q_put_time(&q, item->run.logical_date);
	tw_q_put_str(&q, item->run.partition_key);
	tw_q_put_int(&q, ordinal);
	return tw_q_run(&q, NULL, err);
}

static void write_key(struct tw_jw *w, struct tw_str task_id, int64_t map_index)
{
	tw_jw_list(w);
	tw_jw_str(w, task_id);
	if (map_index == TW_MAP_ALL)
		tw_jw_null(w);
	else
		tw_jw_int(w, map_index);
	tw_jw_end(w);
}

static bool is_meant(const struct tw_backfill_terms *t, struct tw_str task_id)
{
	for (size_t i = 0; i < t->ntasks; i++)
		if (tw_str_eq(t->tasks[i], task_id))
			return true;
	return !t->ntasks;
}

static enum tw_rc write_failed(struct tw_store *s, struct tw_jw *w, const struct tw_backfill_terms *t,
			       struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	tw_q(&q, s,
	     "select task_id, map_index from task_instance where dag_id = ? and run_id = ?"
	     " and state in ('failed', 'upstream_failed') order by seq");
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, run_id);
	while ((rc = tw_q_next(&q, err)) > 0) {
		struct tw_str task_id = tw_q_get_str(&q, a);
		int64_t map_index = tw_q_get_int(&q);

		if (is_meant(t, task_id))
			write_key(w, task_id, map_index);
	}
	return rc < 0 ? (enum tw_rc)rc : TW_OK;
}

/* Which of its instances, as the inbox names them. */
static enum tw_rc write_which(struct tw_store *s, struct tw_jw *w, const struct tw_backfill_terms *t,
			      struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a, struct tw_err *err)
{
	enum tw_rc rc = TW_OK;

	tw_jw_key(w, "tasks");
	if (!t->ntasks && !t->only_failed) {
		tw_jw_null(w);
		return TW_OK;
	}
	tw_jw_list(w);
	if (t->only_failed)
		rc = write_failed(s, w, t, dag_id, run_id, a, err);
	else
		for (size_t i = 0; i < t->ntasks; i++)
			write_key(w, t->tasks[i], TW_MAP_ALL);
	tw_jw_end(w);
	return rc;
}

/* The scheduler clears it and makes it the backfill's. */
static enum tw_rc post_take(struct tw_store *s, const struct tw_backfill_row *b,
			    const struct tw_backfill_item *item, int ordinal, const struct tw_backfill_terms *terms,
			    struct tw_arena *a, struct tw_err *err)
{
	struct tw_buf payload TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &payload};
	struct tw_inbox_row row = {.at = TW_TIME_NONE,
				   .kind = TW_STR("clear"),
				   .dag_id = b->dag_id,
				   .run_id = item->there_id};

	tw_jw_obj(&w);
	TW_TRY(write_which(s, &w, terms, b->dag_id, item->there_id, a, err));
	tw_jw_key(&w, "newest_version");
	tw_jw_bool(&w, terms->newest);
	tw_jw_key(&w, "by");
	tw_jw_str(&w, b->triggering_user);
	tw_jw_key(&w, "backfill");
	tw_jw_obj(&w);
	tw_jw_key(&w, "id");
	tw_jw_int(&w, b->id);
	tw_jw_key(&w, "ordinal");
	tw_jw_int(&w, ordinal);
	tw_jw_key(&w, "conf");
	if (b->conf.p)
		tw_jw_raw(&w, b->conf);
	else
		tw_jw_null(&w);
	tw_jw_end(&w);
	tw_jw_end(&w);
	row.payload = tw_buf_str(&payload);
	return tw_write_inbox(s, &row, err);
}

/* Marked by name: what was cleared just before. */
static enum tw_rc post_mark(struct tw_store *s, const struct tw_backfill_row *b, const struct tw_backfill_item *item,
			    const struct tw_backfill_terms *terms, struct tw_arena *a, struct tw_err *err)
{
	struct tw_buf payload TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &payload};
	struct tw_inbox_row row = {.at = TW_TIME_NONE,
				   .kind = TW_STR("ti_state"),
				   .dag_id = b->dag_id,
				   .run_id = item->there_id};

	tw_jw_obj(&w);
	TW_TRY(write_which(s, &w, terms, b->dag_id, item->there_id, a, err));
	tw_jw_key(&w, "state");
	tw_jw_cstr(&w, "success");
	tw_jw_key(&w, "by");
	tw_jw_str(&w, b->triggering_user);
	tw_jw_end(&w);
	row.payload = tw_buf_str(&payload);
	return tw_write_inbox(s, &row, err);
}

static enum tw_rc make_instances(struct tw_store *s, const struct tw_run_row *run,
				 const struct tw_backfill_terms *terms, struct tw_err *err)
{
	char id[TW_UUID_LEN + 1];

	for (size_t i = 0; i < terms->nmade; i++) {
		struct tw_ti_row ti = terms->made[i];

		tw_uuid7(id, tw_store_now(s));
		tw_id_parse(tw_str(id), &ti.id);
		ti.run_id = run->run_id;
		ti.version_id = run->version_id;
		TW_TRY(tw_ti_insert(s, &ti, err));
	}
	return TW_OK;
}

static enum tw_rc make_item(struct tw_store *s, const struct tw_backfill_row *b, struct tw_backfill_item *item,
			    int ordinal, const struct tw_backfill_terms *terms, struct tw_arena *a, struct tw_err *err)
{
	struct tw_err why = {0};
	enum tw_rc rc;

	if (item->fate == TW_BACKFILL_CLEAR) {
		TW_TRY(associate(s, b, item, item->there, ordinal, err));
		TW_TRY(post_take(s, b, item, ordinal, terms, a, err));
		return terms->mark ? post_mark(s, b, item, terms, a, err) : TW_OK;
	}
	if (item->fate != TW_BACKFILL_NEW)
		return associate(s, b, item, 0, ordinal, err);
	item->run.backfill_id = b->id;
	rc = tw_run_insert(s, &item->run, false, &why);
	if (rc == TW_ERR_EXISTS) { /* its id is taken */
		item->fate = TW_BACKFILL_IN_FLIGHT;
		return associate(s, b, item, 0, ordinal, err);
	}
	if (rc < 0)
		return tw_err_set(err, rc, "%s", why.msg);
	TW_TRY(associate(s, b, item, s->ops->last_id(s->db), ordinal, err));
	return make_instances(s, &item->run, terms, err);
}

/* "backfill": {"id"}: the scheduler reads it, and loads its queued runs. */
static enum tw_rc post_backfill(struct tw_store *s, const struct tw_backfill_row *b,
				const char *kind, struct tw_err *err)
{
	char payload[64];
	struct tw_inbox_row row = {
		.at = TW_TIME_NONE, .kind = tw_str(kind), .dag_id = b->dag_id};

	snprintf(payload, sizeof payload, "{\"id\":%lld}", (long long)b->id);
	row.payload = tw_str(payload);
	return tw_write_inbox(s, &row, err);
}

static enum tw_rc new_inside(struct tw_store *s, struct tw_backfill_row *b,
			     struct tw_backfill_item *items, size_t n, const struct tw_backfill_terms *terms,
			     struct tw_arena *a, struct tw_err *err)
{
	bool active;

	TW_TRY(tw_store_backfill_active(s, b->dag_id, &active, err));
	if (active)
		return tw_err_set(err, TW_ERR_CONFLICT,
				  "Another backfill is running for Dag " TW_STR_FMT
				  ". There can be only one running backfill per Dag.",
				  TW_STR_ARG(b->dag_id));
	TW_TRY(tw_store_backfill_look(s, b->reprocess_behavior, items, n, a, err));
	TW_TRY(insert(s, b, err));
	/* It is told of first: the scheduler must know its limit before its runs. */
	TW_TRY(post_backfill(s, b, "backfill", err));
	for (size_t i = 0; i < n; i++)
		TW_TRY(make_item(s, b, &items[i], (int)i + 1, terms, a, err));
	tw_feed_backfill(s, b->dag_id, b->id, b->is_paused, b->completed_at);
	return TW_OK;
}

enum tw_rc tw_store_backfill_new(struct tw_store *s, struct tw_backfill_row *row,
				 struct tw_backfill_item *items, size_t n, const struct tw_backfill_terms *terms,
				 struct tw_arena *a, struct tw_err *err)
{
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = new_inside(s, row, items, n, terms, a, err);
	return tw_tx_leave(s, own, rc, err);
}

/* ── questions ──────────────────────────────────────────────────────────────────────── */

static void read_backfill(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_backfill_row *b = row;

	b->id = tw_q_get_int(q);
	b->dag_id = tw_q_get_str(q, a);
	b->from_date = tw_q_get_time(q);
	b->to_date = tw_q_get_time(q);
	b->conf = tw_q_get_str(q, a);
	b->is_paused = tw_q_get_int(q);
	b->reprocess_behavior = tw_q_get_str(q, a);
	b->max_active_runs = (int)tw_q_get_int(q);
	b->created_at = tw_q_get_time(q);
	b->completed_at = tw_q_get_time(q);
	b->updated_at = tw_q_get_time(q);
	b->triggering_user = tw_q_get_str(q, a);
	b->dag_display_name = tw_q_get_str(q, a);
}

enum tw_rc tw_store_backfills(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			      struct tw_backfill_row **ret_v, size_t *ret_n, int64_t *ret_total,
			      struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "b.id", TW_F_INT},
		{"dag_id", "b.dag_id", TW_F_TEXT},
		{"from_date", "b.from_date", TW_F_TIME},
		{"to_date", "b.to_date", TW_F_TIME},
		{"is_paused", "b.is_paused", TW_F_BOOL},
		{"reprocess_behavior", "b.reprocess_behavior", TW_F_TEXT},
		{"max_active_runs", "b.max_active_runs", TW_F_INT},
		{"created_at", "b.created_at", TW_F_TIME},
		{"completed_at", "b.completed_at", TW_F_TIME},
		{"updated_at", "b.updated_at", TW_F_TIME},
		TW_READABLE("b.dag_id", false),
	};
	static const struct tw_list_def def = {
		"backfill",
		"b.id, b.dag_id, b.from_date, b.to_date, b.dag_run_conf, b.is_paused, b.reprocess_behavior,"
		" b.max_active_runs, b.created_at, b.completed_at, b.updated_at, b.triggering_user_name,"
		" coalesce(d.dag_display_name, b.dag_id)",
		"backfill b",
		"left join dag d on d.dag_id = b.dag_id",
		NULL,
		"b.id",
		fields,
		TW_COUNT(fields),
	};

	return TW_LIST(s, &def, ask, struct tw_backfill_row, read_backfill, a, ret_v, ret_n,
		       ret_total, err);
}

enum tw_rc tw_store_backfill(struct tw_store *s, int64_t id, struct tw_arena *a,
			     struct tw_backfill_row *ret, struct tw_err *err)
{
	struct tw_cond cond = {.field = "id", .op = TW_OP_EQ, .num = id};
	struct tw_ask ask = {.conds = &cond, .nconds = 1, .limit = 1};
	struct tw_backfill_row *v;
	int64_t total;
	size_t n;

	TW_TRY(tw_store_backfills(s, &ask, a, &v, &n, &total, err));
	if (!n)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "Backfill not found");
	*ret = v[0];
	return TW_OK;
}

/* ── changes ────────────────────────────────────────────────────────────────────────── */

/* How it stands now, for whoever follows. */
static enum tw_rc tell(struct tw_store *s, int64_t id, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_backfill_row b;
	enum tw_rc rc = tw_store_backfill(s, id, &a, &b, err);

	if (rc == TW_OK)
		tw_feed_backfill(s, b.dag_id, b.id, b.is_paused, b.completed_at);
	tw_arena_release(&a);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

/* The statement takes two instants, both now, and the id. */
static enum tw_rc change(struct tw_store *s, const struct tw_backfill_row *b, const char *sql,
			 const char *kind, struct tw_err *err)
{
	tw_time now = (tw_time)tw_store_now(s);
	enum tw_rc rc;
	int64_t n = 0;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_q_exec(s, &n, err, sql, "tti", now, now, b->id);
	if (rc == TW_OK && n)
		rc = post_backfill(s, b, kind, err);
	if (rc == TW_OK && n)
		rc = tell(s, b->id, err);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_store_backfill_pause(struct tw_store *s, const struct tw_backfill_row *row,
				   bool paused, struct tw_err *err)
{
	return change(s, row,
		      paused ? "update backfill set updated_at = ?, is_paused = 1 where created_at <= ? and id = ?"
			       " and is_paused = 0"
			     : "update backfill set updated_at = ?, is_paused = 0 where created_at <= ? and id = ?"
			       " and is_paused <> 0",
		      "backfill", err);
}

enum tw_rc tw_store_backfill_cancel(struct tw_store *s, const struct tw_backfill_row *row,
				    struct tw_err *err)
{
	return change(s, row,
		      "update backfill set completed_at = ?, updated_at = ?, is_paused = 1"
		      " where id = ? and completed_at is null",
		      "backfill_cancel", err);
}

static void read_text(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(struct tw_str *)row = tw_q_get_str(q, a);
}

enum tw_rc tw_store_backfill_queued(struct tw_store *s, int64_t id, struct tw_arena *a,
				    struct tw_str **ret_run_ids, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select r.run_id from backfill_dag_run b join dag_run r on r.id = b.dag_run_id"
	     " where b.backfill_id = ? and r.backfill_id = b.backfill_id and r.state = 'queued'"
	     " order by b.sort_ordinal");
	tw_q_put_int(&q, id);
	return TW_Q_ALL(&q, struct tw_str, read_text, a, ret_run_ids, ret_n, err);
}

/* A run that is being taken over is not queued yet: its inbox row still waits. */
#define HAS_ENDED                                                                                        \
	"completed_at is null and not exists"                                                            \
	" (select 1 from dag_run r where r.backfill_id = backfill.id and r.state in ('queued', 'running'))" \
	" and not exists (select 1 from inbox i where i.dag_id = backfill.dag_id and i.kind in"          \
	" ('backfill', 'clear'))"

static enum tw_rc complete(struct tw_store *s, int64_t id, tw_time now, int64_t *ret_n, struct tw_err *err)
{
	return tw_q_exec(s, ret_n, err, "update backfill set completed_at = ?, updated_at = ? where id = ? and " HAS_ENDED,
			 "tti", now, now, id);
}

enum tw_rc tw_write_backfill_moved(struct tw_store *s, int64_t id, struct tw_err *err)
{
	int64_t n;

	TW_TRY(complete(s, id, (tw_time)tw_store_now(s), &n, err));
	return tell(s, id, err);
}

static void read_number(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(int64_t *)row = tw_q_get_int(q);
}

static enum tw_rc complete_inside(struct tw_store *s, tw_time now, int64_t *ret_n, struct tw_arena *a,
				  struct tw_err *err)
{
	int64_t *ids;
	struct tw_q q;
	size_t n;

	tw_q(&q, s, "select id from backfill where " HAS_ENDED);
	TW_TRY(TW_Q_ALL(&q, int64_t, read_number, a, &ids, &n, err));
	for (size_t i = 0; i < n; i++) {
		int64_t changed = 0;

		TW_TRY(complete(s, ids[i], now, &changed, err));
		TW_TRY(tell(s, ids[i], err));
		*ret_n += changed;
	}
	return TW_OK;
}

enum tw_rc tw_store_backfills_complete(struct tw_store *s, tw_time now, int64_t *ret_n,
				       struct tw_err *err)
{
	struct tw_arena a = {0};
	enum tw_rc rc;
	int64_t any;
	bool own;

	*ret_n = 0;
	TW_TRY(tw_q_number(s, &any, err,
			   "select 1 from backfill where " HAS_ENDED " limit 1", ""));
	if (!any)
		return TW_OK;
	TW_TRY(tw_tx_enter(s, &own, err));
	rc = complete_inside(s, now, ret_n, &a, err);
	tw_arena_release(&a);
	return tw_tx_leave(s, own, rc, err);
}

static void read_count(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_backfill_count *c = row;

	c->state = tw_q_get_str(q, a);
	c->n = tw_q_get_int(q);
}

enum tw_rc tw_store_backfill_progress(struct tw_store *s, int64_t id, struct tw_arena *a,
				      struct tw_backfill_count **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select case when b.exception_reason is not null then 'left' else coalesce(r.state, 'deleted') end as what,"
	     " count(*) from backfill_dag_run b left join dag_run r on r.id = b.dag_run_id"
	     " where b.backfill_id = ? group by what");
	tw_q_put_int(&q, id);
	return TW_Q_ALL(&q, struct tw_backfill_count, read_count, a, ret_v, ret_n, err);
}
