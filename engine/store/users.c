#include "store/users.h"

#include "store/perms.h"

#define USER                                                                                              \
	"u.id, u.username, u.first_name, u.last_name, u.email, u.password, u.active, u.last_login,"       \
	" u.created_on, u.changed_on, u.login_count, u.fail_login_count"

static void read_user(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_user_row *u = row;

	u->id = tw_q_get_int(q);
	u->username = tw_q_get_str(q, a);
	u->first_name = tw_q_get_str(q, a);
	u->last_name = tw_q_get_str(q, a);
	u->email = tw_q_get_str(q, a);
	u->password = tw_q_get_str(q, a);
	u->active = tw_q_get_int(q);
	u->last_login = tw_q_get_time(q);
	u->created_on = tw_q_get_time(q);
	u->changed_on = tw_q_get_time(q);
	u->login_count = tw_q_get_int(q);
	u->fail_login_count = tw_q_get_int(q);
}

void tw_read_text(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(struct tw_str *)row = tw_q_get_str(q, a);
}

static enum tw_rc load_roles(struct tw_store *s, struct tw_user_row *u, struct tw_arena *a, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select r.name from ab_user_role ur join ab_role r on r.id = ur.role_id where ur.user_id = ? order by ur.id");
	tw_q_put_int(&q, u->id);
	return TW_Q_ALL(&q, struct tw_str, tw_read_text, a, &u->roles, &u->nroles, err);
}

enum tw_rc tw_store_users(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			  struct tw_user_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "u.id", TW_F_INT},
		{"username", "u.username", TW_F_TEXT},
		{"first_name", "u.first_name", TW_F_TEXT},
		{"last_name", "u.last_name", TW_F_TEXT},
		{"email", "u.email", TW_F_TEXT},
		{"active", "u.active", TW_F_BOOL},
	};
	static const struct tw_list_def def = {"user", USER, "ab_user u", "", NULL, "u.id", fields, TW_COUNT(fields)};

	TW_TRY(TW_LIST(s, &def, ask, struct tw_user_row, read_user, a, ret_v, ret_n, ret_total, err));
	for (size_t i = 0; i < *ret_n; i++)
		TW_TRY(load_roles(s, &(*ret_v)[i], a, err));
	return TW_OK;
}

/* Ends q. */
static enum tw_rc one_user(struct tw_q *q, struct tw_store *s, struct tw_arena *a, struct tw_user_row *ret,
			   struct tw_err *err)
{
	struct tw_user_row u = {0};

	TW_TRY(tw_q_one(q, err));
	read_user(q, a, &u);
	tw_q_done(q);
	TW_TRY(load_roles(s, &u, a, err));
	*ret = u;
	return TW_OK;
}

enum tw_rc tw_store_user(struct tw_store *s, struct tw_str username, struct tw_arena *a,
			 struct tw_user_row *ret_user, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select " USER " from ab_user u where lower(u.username) = lower(?)");
	tw_q_put_str(&q, username);
	return one_user(&q, s, a, ret_user, err);
}

enum tw_rc tw_store_user_by_email(struct tw_store *s, struct tw_str email, struct tw_arena *a,
				  struct tw_user_row *ret_user, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select " USER " from ab_user u where u.email = ?");
	tw_q_put_str(&q, email);
	return one_user(&q, s, a, ret_user, err);
}

enum tw_rc tw_store_user_by_id(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_user_row *ret_user,
			       struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select " USER " from ab_user u where u.id = ?");
	tw_q_put_int(&q, id);
	return one_user(&q, s, a, ret_user, err);
}

/* ── changes ────────────────────────────────────────────────────────────────────────── */

static enum tw_rc set_roles(struct tw_store *s, const struct tw_user_row *u, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err, "delete from ab_user_role where user_id = ?", "i", u->id));
	for (size_t i = 0; i < u->nroles; i++) {
		int64_t role;

		TW_TRY(tw_q_number(s, &role, err, "select id from ab_role where name = ?", "s", u->roles[i]));
		if (!role)
			return tw_err_set(err, TW_ERR_INVALID, "there is no role '" TW_STR_FMT "'",
					  TW_STR_ARG(u->roles[i]));
		TW_TRY(tw_q_exec(s, NULL, err,
				 "insert into ab_user_role (user_id, role_id) values (?, ?)"
				 " on conflict (user_id, role_id) do nothing",
				 "ii", u->id, role));
	}
	return TW_OK;
}

static enum tw_rc put_user(struct tw_store *s, struct tw_user_row *u, struct tw_err *err)
{
	tw_time now = tw_store_now(s);
	int64_t n;
	enum tw_rc rc;

	if (u->id)
		rc = tw_q_exec(s, &n, err,
			       "update ab_user set username = ?, first_name = ?, last_name = ?, email = ?, password = ?,"
			       " active = ?, changed_on = ? where id = ?",
			       "sssssiti", u->username, u->first_name, u->last_name, u->email, u->password,
			       (int64_t)u->active, now, u->id);
	else
		rc = tw_q_exec(s, &n, err,
			       "insert into ab_user (username, first_name, last_name, email, password, active, created_on,"
			       " changed_on) values (?, ?, ?, ?, ?, ?, ?, ?)",
			       "sssssitt", u->username, u->first_name, u->last_name, u->email, u->password,
			       (int64_t)u->active, now, now);
	if (rc == TW_ERR_EXISTS)
		return tw_err_set(err, TW_ERR_EXISTS, "the user name or the email is taken");
	if (rc < 0)
		return rc;
	if (!n)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no such user");
	if (!u->id)
		u->id = s->ops->last_id(s->db);
	TW_TRY(set_roles(s, u, err));
	return tw_auth_changed(s, err);
}

enum tw_rc tw_store_user_put(struct tw_store *s, struct tw_user_row *user, struct tw_err *err)
{
	int64_t id = user->id;
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_tx_leave(s, own, put_user(s, user, err), err);
	if (rc < 0)
		user->id = id;
	return rc;
}

static enum tw_rc delete_user(struct tw_store *s, int64_t id, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, NULL, err, "delete from ab_user_role where user_id = ?", "i", id));
	TW_TRY(tw_q_exec(s, NULL, err, "delete from ab_user_group where user_id = ?", "i", id));
	TW_TRY(tw_q_exec(s, &n, err, "delete from ab_user where id = ?", "i", id));
	if (!n)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no such user");
	return tw_auth_changed(s, err);
}

enum tw_rc tw_store_user_delete(struct tw_store *s, int64_t id, struct tw_err *err)
{
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	return tw_tx_leave(s, own, delete_user(s, id, err), err);
}

enum tw_rc tw_store_user_signed_in(struct tw_store *s, int64_t id, bool ok, struct tw_err *err)
{
	if (!ok)
		return tw_q_exec(s, NULL, err,
				 "update ab_user set fail_login_count = coalesce(fail_login_count, 0) + 1 where id = ?", "i",
				 id);
	return tw_q_exec(s, NULL, err,
			 "update ab_user set login_count = coalesce(login_count, 0) + 1, fail_login_count = 0,"
			 " last_login = ? where id = ?",
			 "ti", tw_store_now(s), id);
}
