#include "store/tokens.h"

#include "store/perms.h"

enum tw_rc tw_store_token_revoke(struct tw_store *s, struct tw_str jti, tw_time exp, struct tw_err *err)
{
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_q_exec(s, NULL, err, "delete from revoked_token where exp < ?", "t", tw_store_now(s));
	if (rc == TW_OK)
		rc = tw_q_exec(s, NULL, err,
			       "insert into revoked_token (jti, exp) values (?, ?) on conflict (jti) do nothing", "st", jti,
			       exp);
	if (rc == TW_OK)
		rc = tw_auth_changed(s, err);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_store_token_revoked(struct tw_store *s, struct tw_str jti, bool *ret_revoked, struct tw_err *err)
{
	int64_t n = 0;

	TW_TRY(tw_q_number(s, &n, err, "select count(*) from revoked_token where jti = ?", "s", jti));
	*ret_revoked = n > 0;
	return TW_OK;
}

/* ── with a name ────────────────────────────────────────────────────────────────────── */

#define TOKEN "t.id, t.jti, t.name, t.owner, t.created_at, t.expires_at, t.revoked_at"

static void read_token(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_token_row *t = row;

	t->id = tw_q_get_int(q);
	t->jti = tw_q_get_str(q, a);
	t->name = tw_q_get_str(q, a);
	t->owner = tw_q_get_str(q, a);
	t->created_at = tw_q_get_time(q);
	t->expires_at = tw_q_get_time(q);
	t->revoked_at = tw_q_get_time(q);
}

enum tw_rc tw_store_token_add(struct tw_store *s, const struct tw_token_row *row, int64_t *ret_id, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into api_token (jti, name, owner, created_at, expires_at) values (?, ?, ?, ?, ?)", "ssstt",
			 row->jti, row->name, row->owner,
			 tw_time_ok(row->created_at) ? row->created_at : tw_store_now(s), row->expires_at));
	*ret_id = s->ops->last_id(s->db);
	return TW_OK;
}

enum tw_rc tw_store_tokens(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			   struct tw_token_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "t.id", TW_F_INT},
		{"name", "t.name", TW_F_TEXT},
		{"owner", "t.owner", TW_F_TEXT},
		{"created_at", "t.created_at", TW_F_TIME},
		{"expires_at", "t.expires_at", TW_F_TIME},
		{"revoked_at", "t.revoked_at", TW_F_TIME},
	};
	static const struct tw_list_def def = {"token", TOKEN, "api_token t", "", NULL, "t.id", fields, TW_COUNT(fields)};

	return TW_LIST(s, &def, ask, struct tw_token_row, read_token, a, ret_v, ret_n, ret_total, err);
}

enum tw_rc tw_store_token(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_token_row *ret_row,
			  struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select " TOKEN " from api_token t where t.id = ?");
	tw_q_put_int(&q, id);
	TW_TRY(tw_q_one(&q, err));
	read_token(&q, a, ret_row);
	tw_q_done(&q);
	return TW_OK;
}

static enum tw_rc end_token(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_err *err)
{
	struct tw_token_row t;

	TW_TRY(tw_store_token(s, id, a, &t, err));
	TW_TRY(tw_store_token_revoke(s, t.jti, t.expires_at, err));
	return tw_q_exec(s, NULL, err, "update api_token set revoked_at = ? where id = ? and revoked_at is null", "ti",
			 tw_store_now(s), id);
}

enum tw_rc tw_store_token_end(struct tw_store *s, int64_t id, struct tw_err *err)
{
	struct tw_arena a = {0};
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = end_token(s, id, &a, err);
	tw_arena_release(&a);
	return tw_tx_leave(s, own, rc, err);
}
