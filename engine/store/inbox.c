/* The inbox and the leases. */
#include "store/feed_write.h"
#include "store/write.h"

enum tw_rc tw_write_inbox(struct tw_store *s, const struct tw_inbox_row *r, struct tw_err *err)
{
	return tw_q_exec(
		s, NULL, err,
		"insert into inbox (posted_at, kind, dag_id, run_id, payload) values (?, ?, ?, ?, ?)",
		"tssss", r->at > 0 ? r->at : (tw_time)tw_store_now(s), r->kind, r->dag_id,
		r->run_id, r->payload);
}

enum tw_rc tw_write_post(struct tw_store *s, const char *kind, struct tw_str dag_id,
			 struct tw_err *err)
{
	struct tw_inbox_row r = {.at = TW_TIME_NONE, .kind = tw_str(kind), .dag_id = dag_id};

	if (strcmp(kind, "dag_changed") == 0)
		tw_feed_dag(s, dag_id);
	else if (strcmp(kind, "pools_changed") == 0)
		tw_feed_pools(s);
	return tw_write_inbox(s, &r, err);
}

enum tw_rc tw_store_inbox_post(struct tw_store *s, const struct tw_inbox_row *rows, size_t n,
			       int64_t *ret_last_id, struct tw_err *err)
{
	int64_t last = 0;
	enum tw_rc rc = TW_OK;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		rc = tw_write_inbox(s, &rows[i], err);
		last = s->ops->last_id(s->db);
	}
	TW_TRY(tw_tx_leave(s, own, rc, err));
	if (ret_last_id)
		*ret_last_id = last;
	return TW_OK;
}

static void read_inbox(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_inbox_row *r = row;

	r->id = tw_q_get_int(q);
	r->at = tw_q_get_time(q);
	r->kind = tw_q_get_str(q, a);
	r->dag_id = tw_q_get_str(q, a);
	r->run_id = tw_q_get_str(q, a);
	r->payload = tw_q_get_str(q, a);
}

enum tw_rc tw_store_inbox_take(struct tw_store *s, int64_t after, size_t limit, struct tw_arena *a,
			       struct tw_inbox_row **ret_rows, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select id, posted_at, kind, dag_id, run_id, payload from inbox where id > ? order by id limit ?");
	tw_q_put_int(&q, after);
	tw_q_put_int(&q, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
	return TW_Q_ALL(&q, struct tw_inbox_row, read_inbox, a, ret_rows, ret_n, err);
}

enum tw_rc tw_store_inbox_pending(struct tw_store *s, int64_t id, bool *ret_pending,
				  struct tw_err *err)
{
	int64_t there;

	TW_TRY(tw_q_number(s, &there, err, "select 1 from inbox where id = ?", "i", id));
	*ret_pending = there;
	return TW_OK;
}

/* ── leases ─────────────────────────────────────────────────────────────────────────── */

static enum tw_rc read_lease(struct tw_store *s, struct tw_str name, struct tw_lease *ret,
			     bool *ret_there, struct tw_arena *a, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	tw_q(&q, s, "select name, owner, epoch, expires_at from scheduler_lease where name = ?");
	tw_q_put_str(&q, name);
	rc = tw_q_next(&q, err);
	if (rc < 0)
		return rc;
	*ret_there = rc;
	if (rc) {
		ret->name = tw_q_get_str(&q, a);
		ret->owner = tw_q_get_str(&q, a);
		ret->epoch = tw_q_get_int(&q);
		ret->expires_at = tw_q_get_time(&q);
		tw_q_done(&q);
	}
	return TW_OK;
}

/* now NONE: whatever it says. */
static enum tw_rc take_inside(struct tw_store *s, struct tw_str name, struct tw_str owner,
			      tw_time now, tw_time expires_at, struct tw_lease *ret,
			      struct tw_arena *a, struct tw_err *err)
{
	struct tw_lease l = {0};
	bool there, mine;

	TW_TRY(read_lease(s, name, &l, &there, a, err));
	mine = there && tw_str_eq(l.owner, owner);
	if (there && !mine && now != TW_TIME_NONE && l.expires_at > now) {
		*ret = l;
		return tw_err_set(err, TW_ERR_CONFLICT,
				  "the lease '" TW_STR_FMT "' is held by " TW_STR_FMT,
				  TW_STR_ARG(name), TW_STR_ARG(l.owner));
	}
	l.name = tw_str_copy(a, name);
	l.owner = tw_str_copy(a, owner);
	l.epoch += !mine || now == TW_TIME_NONE;
	l.expires_at = expires_at;
	TW_TRY(tw_q_exec(
		s, NULL, err,
		"insert into scheduler_lease (name, owner, epoch, expires_at) values (?, ?, ?, ?)"
		" on conflict (name) do update set owner = excluded.owner, epoch = excluded.epoch,"
		" expires_at = excluded.expires_at",
		"ssit", name, owner, l.epoch, expires_at));
	*ret = l;
	return TW_OK;
}

static enum tw_rc take(struct tw_store *s, struct tw_str name, struct tw_str owner, tw_time now,
		       tw_time expires_at, struct tw_lease *ret, struct tw_arena *a,
		       struct tw_err *err)
{
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = take_inside(s, name, owner, now, expires_at, ret, a, err);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_store_lease_take(struct tw_store *s, struct tw_str name, struct tw_str owner,
			       tw_time now, tw_time expires_at, struct tw_lease *ret_lease,
			       struct tw_arena *a, struct tw_err *err)
{
	return take(s, name, owner, now, expires_at, ret_lease, a, err);
}

enum tw_rc tw_store_lease_seize(struct tw_store *s, struct tw_str name, struct tw_str owner,
				tw_time expires_at, struct tw_lease *ret_lease, struct tw_arena *a,
				struct tw_err *err)
{
	return take(s, name, owner, TW_TIME_NONE, expires_at, ret_lease, a, err);
}

static enum tw_rc lost(struct tw_str name, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_CONFLICT,
			  "the lease '" TW_STR_FMT "' has passed to another owner",
			  TW_STR_ARG(name));
}

enum tw_rc tw_write_lease_check(struct tw_store *s, struct tw_str name, int64_t epoch,
				struct tw_err *err)
{
	int64_t there;

	TW_TRY(tw_q_number(s, &there, err,
			   "select 1 from scheduler_lease where name = ? and epoch = ?", "si", name,
			   epoch));
	return there ? TW_OK : lost(name, err);
}

enum tw_rc tw_store_lease_renew(struct tw_store *s, struct tw_str name, int64_t epoch,
				tw_time expires_at, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err,
			 "update scheduler_lease set expires_at = ? where name = ? and epoch = ?",
			 "tsi", expires_at, name, epoch));
	return n ? TW_OK : lost(name, err);
}

enum tw_rc tw_store_lease_give_up(struct tw_store *s, struct tw_str name, int64_t epoch,
				  struct tw_err *err)
{
	int64_t n;

	/* The row stays: its epoch must go on growing. */
	TW_TRY(tw_q_exec(
		s, &n, err,
		"update scheduler_lease set owner = '', expires_at = ? where name = ? and epoch = ?",
		"tsi", (tw_time)0, name, epoch));
	return n ? TW_OK : lost(name, err);
}
