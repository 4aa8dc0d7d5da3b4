#include "store/perms.h"

#define PERM "p.name, v.name"
#define NAMES " join ab_permission p on p.id = pv.permission_id join ab_view_menu v on v.id = pv.view_menu_id"

/* A user's own, and those of the groups that the user is in. */
#define ROLES                                                                                                              \
	"select role_id from ab_user_role where user_id = ?"                                                               \
	" union select gr.role_id from ab_user_group ug join ab_group_role gr on gr.group_id = ug.group_id where ug.user_id = ?"

enum tw_rc tw_auth_changed(struct tw_store *s, struct tw_err *err)
{
	return tw_q_exec(s, NULL, err, "update auth_change set n = n + 1 where id = 1", "");
}

enum tw_rc tw_store_auth_stamp(struct tw_store *s, int64_t *ret_n, struct tw_err *err)
{
	return tw_q_number(s, ret_n, err, "select n from auth_change where id = 1", "");
}

void tw_read_perm(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_perm *p = row;

	p->action = tw_q_get_str(q, a);
	p->resource = tw_q_get_str(q, a);
}

/* ── questions ──────────────────────────────────────────────────────────────────────── */

static void read_role(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_role_row *r = row;

	r->id = tw_q_get_int(q);
	r->name = tw_q_get_str(q, a);
}

static enum tw_rc load_perms(struct tw_store *s, struct tw_role_row *r, struct tw_arena *a, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select " PERM " from ab_permission_view_role pr join ab_permission_view pv on pv.id = pr.permission_view_id" NAMES
	     " where pr.role_id = ? order by v.name, p.name");
	tw_q_put_int(&q, r->id);
	return TW_Q_ALL(&q, struct tw_perm, tw_read_perm, a, &r->perms, &r->nperms, err);
}

enum tw_rc tw_store_roles(struct tw_store *s, const struct tw_ask *ask, bool perms, struct tw_arena *a,
			  struct tw_role_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "r.id", TW_F_INT}, {"role_id", "r.id", TW_F_INT}, {"name", "r.name", TW_F_TEXT}};
	static const struct tw_list_def def = {"role", "r.id, r.name", "ab_role r", "", NULL, "r.id", fields, TW_COUNT(fields)};

	TW_TRY(TW_LIST(s, &def, ask, struct tw_role_row, read_role, a, ret_v, ret_n, ret_total, err));
	for (size_t i = 0; perms && i < *ret_n; i++)
		TW_TRY(load_perms(s, &(*ret_v)[i], a, err));
	return TW_OK;
}

enum tw_rc tw_store_role(struct tw_store *s, struct tw_str name, struct tw_arena *a, struct tw_role_row *ret_role,
			 struct tw_err *err)
{
	struct tw_role_row r = {0};
	struct tw_q q;

	tw_q(&q, s, "select r.id, r.name from ab_role r where r.name = ?");
	tw_q_put_str(&q, name);
	TW_TRY(tw_q_one(&q, err));
	read_role(&q, a, &r);
	tw_q_done(&q);
	TW_TRY(load_perms(s, &r, a, err));
	*ret_role = r;
	return TW_OK;
}

enum tw_rc tw_store_perms(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_perm **ret_v,
			  size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	static const struct tw_field fields[] = {{"id", "pv.id", TW_F_INT},
						 {"action_id", "pv.permission_id", TW_F_INT},
						 {"resource_id", "pv.view_menu_id", TW_F_INT}};
	static const struct tw_list_def def = {
		"permission",
		PERM,
		"ab_permission_view pv",
		NAMES,
		NULL,
		"pv.id",
		fields,
		TW_COUNT(fields),
	};

	return TW_LIST(s, &def, ask, struct tw_perm, tw_read_perm, a, ret_v, ret_n, ret_total, err);
}

static enum tw_rc there(struct tw_store *s, const char *sql, struct tw_str name, bool *ret, struct tw_err *err)
{
	int64_t n = 0;

	TW_TRY(tw_q_number(s, &n, err, sql, "s", name));
	*ret = n > 0;
	return TW_OK;
}

enum tw_rc tw_store_action_there(struct tw_store *s, struct tw_str name, bool *ret_there, struct tw_err *err)
{
	return there(s, "select count(*) from ab_permission where name = ?", name, ret_there, err);
}

enum tw_rc tw_store_resource_there(struct tw_store *s, struct tw_str name, bool *ret_there, struct tw_err *err)
{
	return there(s, "select count(*) from ab_view_menu where name = ?", name, ret_there, err);
}

enum tw_rc tw_store_user_perms(struct tw_store *s, int64_t user, struct tw_arena *a, struct tw_perm **ret_v,
			       size_t *ret_n, struct tw_str **ret_roles, size_t *ret_nroles, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select distinct " PERM " from (" ROLES ") ur join ab_permission_view_role pr on pr.role_id = ur.role_id"
	     " join ab_permission_view pv on pv.id = pr.permission_view_id" NAMES);
	tw_q_put_int(&q, user);
	tw_q_put_int(&q, user);
	TW_TRY(TW_Q_ALL(&q, struct tw_perm, tw_read_perm, a, ret_v, ret_n, err));
	tw_q(&q, s, "select cast(ur.role_id as text) from (" ROLES ") ur order by ur.role_id");
	tw_q_put_int(&q, user);
	tw_q_put_int(&q, user);
	return TW_Q_ALL(&q, struct tw_str, tw_read_text, a, ret_roles, ret_nroles, err);
}

/* ── changes ────────────────────────────────────────────────────────────────────────── */

/* The id of a name in one of the two tables of names. */
static enum tw_rc name_id(struct tw_store *s, const char *find, const char *add, struct tw_str name, int64_t *ret_id,
			  struct tw_err *err)
{
	TW_TRY(tw_q_number(s, ret_id, err, find, "s", name));
	if (*ret_id)
		return TW_OK;
	TW_TRY(tw_q_exec(s, NULL, err, add, "s", name));
	*ret_id = s->ops->last_id(s->db);
	return TW_OK;
}

enum tw_rc tw_perm_make(struct tw_store *s, struct tw_perm perm, int64_t *ret_id, struct tw_err *err)
{
	int64_t action, resource;

	TW_TRY(name_id(s, "select id from ab_permission where name = ?", "insert into ab_permission (name) values (?)",
		       perm.action, &action, err));
	TW_TRY(name_id(s, "select id from ab_view_menu where name = ?", "insert into ab_view_menu (name) values (?)",
		       perm.resource, &resource, err));
	TW_TRY(tw_q_number(s, ret_id, err, "select id from ab_permission_view where permission_id = ? and view_menu_id = ?",
			   "ii", action, resource));
	if (*ret_id)
		return TW_OK;
	TW_TRY(tw_q_exec(s, NULL, err, "insert into ab_permission_view (permission_id, view_menu_id) values (?, ?)", "ii",
			 action, resource));
	*ret_id = s->ops->last_id(s->db);
	return TW_OK;
}

static enum tw_rc add_role(struct tw_store *s, struct tw_str name, int64_t *ret_id, struct tw_err *err)
{
	TW_TRY(name_id(s, "select id from ab_role where name = ?", "insert into ab_role (name) values (?)", name, ret_id, err));
	return tw_auth_changed(s, err);
}

enum tw_rc tw_store_role_add(struct tw_store *s, struct tw_str name, int64_t *ret_id, struct tw_err *err)
{
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	return tw_tx_leave(s, own, add_role(s, name, ret_id, err), err);
}

enum tw_rc tw_store_role_rename(struct tw_store *s, int64_t id, struct tw_str name, struct tw_err *err)
{
	enum tw_rc rc = tw_q_exec(s, NULL, err, "update ab_role set name = ? where id = ?", "si", name, id);

	if (rc == TW_ERR_EXISTS)
		return tw_err_set(err, rc, "the role '" TW_STR_FMT "' exists already", TW_STR_ARG(name));
	return rc < 0 ? rc : tw_auth_changed(s, err);
}

static enum tw_rc delete_role(struct tw_store *s, int64_t id, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err, "delete from ab_permission_view_role where role_id = ?", "i", id));
	TW_TRY(tw_q_exec(s, NULL, err, "delete from ab_user_role where role_id = ?", "i", id));
	TW_TRY(tw_q_exec(s, NULL, err, "delete from ab_group_role where role_id = ?", "i", id));
	TW_TRY(tw_q_exec(s, NULL, err, "delete from ab_role where id = ?", "i", id));
	return tw_auth_changed(s, err);
}

enum tw_rc tw_store_role_delete(struct tw_store *s, int64_t id, struct tw_err *err)
{
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	return tw_tx_leave(s, own, delete_role(s, id, err), err);
}

static enum tw_rc grant(struct tw_store *s, int64_t role, struct tw_perm perm, bool *ret_new, struct tw_err *err)
{
	int64_t pair, n;

	TW_TRY(tw_perm_make(s, perm, &pair, err));
	TW_TRY(tw_q_exec(s, &n, err,
			 "insert into ab_permission_view_role (permission_view_id, role_id) values (?, ?)"
			 " on conflict (permission_view_id, role_id) do nothing",
			 "ii", pair, role));
	if (ret_new)
		*ret_new = n > 0;
	return n ? tw_auth_changed(s, err) : TW_OK;
}

enum tw_rc tw_store_role_grant(struct tw_store *s, int64_t role, struct tw_perm perm, bool *ret_new, struct tw_err *err)
{
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	return tw_tx_leave(s, own, grant(s, role, perm, ret_new, err), err);
}

static enum tw_rc revoke(struct tw_store *s, int64_t role, struct tw_perm perm, bool *ret_had, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err,
			 "delete from ab_permission_view_role where role_id = ? and permission_view_id in"
			 " (select pv.id from ab_permission_view pv" NAMES " where p.name = ? and v.name = ?)",
			 "iss", role, perm.action, perm.resource));
	if (ret_had)
		*ret_had = n > 0;
	return n ? tw_auth_changed(s, err) : TW_OK;
}

enum tw_rc tw_store_role_revoke(struct tw_store *s, int64_t role, struct tw_perm perm, bool *ret_had, struct tw_err *err)
{
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	return tw_tx_leave(s, own, revoke(s, role, perm, ret_had, err), err);
}
