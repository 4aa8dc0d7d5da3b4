/*
 * Users, roles and permissions in Flask-AppBuilder's tables. A permission is an action ("can_read") on a
 * resource ("DAGs", "DAG:etl"); roles have permissions, users have roles. Names of users are found
 * whatever their case.
 *
 * Each change here moves tw_store_auth_stamp on, so that who keeps permissions in memory can tell.
 */
#pragma once

#include "store/store.h"
#include "store/vault.h"
#include "value/value.h"

/* ── users ──────────────────────────────────────────────────────────────────────────── */

struct tw_user_row {
	int64_t id;
	struct tw_str username, first_name, last_name, email;
	struct tw_str password;    /* a hash as werkzeug writes it; p NULL: none, nobody signs in with it */
	bool active;
	tw_time last_login, created_on, changed_on;
	int64_t login_count, fail_login_count;
	struct tw_str *roles;      /* names, in order */
	size_t nroles;
};

/* Fields: id username first_name last_name email active. */
enum tw_rc tw_store_users(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			  struct tw_user_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_user(struct tw_store *s, struct tw_str username, struct tw_arena *a,
			 struct tw_user_row *ret_user, struct tw_err *err);
enum tw_rc tw_store_user_by_email(struct tw_store *s, struct tw_str email, struct tw_arena *a,
				  struct tw_user_row *ret_user, struct tw_err *err);
enum tw_rc tw_store_user_by_id(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_user_row *ret_user,
			       struct tw_err *err);
/*
 * id 0: a new one, and the id is set (TW_ERR_EXISTS: the name or the address is taken); else that one
 * gets all of it. The roles become those given; TW_ERR_INVALID names one that is not there.
 */
enum tw_rc tw_store_user_put(struct tw_store *s, struct tw_user_row *user, struct tw_err *err);
enum tw_rc tw_store_user_delete(struct tw_store *s, int64_t id, struct tw_err *err);
/* Counts a sign-in, or one that failed. */
enum tw_rc tw_store_user_signed_in(struct tw_store *s, int64_t id, bool ok, struct tw_err *err);

/* ── roles and permissions ──────────────────────────────────────────────────────────── */

struct tw_perm {
	struct tw_str action, resource;
};
struct tw_role_row {
	int64_t id;
	struct tw_str name;
	struct tw_perm *perms;     /* by resource, then action */
	size_t nperms;
};

/* Fields: id (role_id) name. perms: also what each may. */
enum tw_rc tw_store_roles(struct tw_store *s, const struct tw_ask *ask, bool perms, struct tw_arena *a,
			  struct tw_role_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_role(struct tw_store *s, struct tw_str name, struct tw_arena *a, struct tw_role_row *ret_role,
			 struct tw_err *err);
/* Makes it when it is not there. */
enum tw_rc tw_store_role_add(struct tw_store *s, struct tw_str name, int64_t *ret_id, struct tw_err *err);
enum tw_rc tw_store_role_rename(struct tw_store *s, int64_t id, struct tw_str name, struct tw_err *err);
enum tw_rc tw_store_role_delete(struct tw_store *s, int64_t id, struct tw_err *err);
/* The permission is made when it is not there. ret_new: the role did not have it; may be NULL. */
enum tw_rc tw_store_role_grant(struct tw_store *s, int64_t role, struct tw_perm perm, bool *ret_new, struct tw_err *err);
enum tw_rc tw_store_role_revoke(struct tw_store *s, int64_t role, struct tw_perm perm, bool *ret_had, struct tw_err *err);
/* Every permission there is. Fields: id action_id resource_id. */
enum tw_rc tw_store_perms(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_perm **ret_v,
			  size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_action_there(struct tw_store *s, struct tw_str name, bool *ret_there, struct tw_err *err);
enum tw_rc tw_store_resource_there(struct tw_store *s, struct tw_str name, bool *ret_there, struct tw_err *err);

/* What a user may, by all roles; the ids of the roles. */
enum tw_rc tw_store_user_perms(struct tw_store *s, int64_t user, struct tw_arena *a, struct tw_perm **ret_v,
			       size_t *ret_n, struct tw_str **ret_roles, size_t *ret_nroles, struct tw_err *err);
/* Grows with each change of the above, and with each token that is revoked. */
enum tw_rc tw_store_auth_stamp(struct tw_store *s, int64_t *ret_n, struct tw_err *err);

/* ── what is there from the start (roles_sync.c) ────────────────────────────────────── */

/*
 * Makes Admin, Op, User, Viewer and Public, gives each what FAB gives it and Admin everything that is
 * not about single DAGs. What somebody has added to a role stays. custom: {"name": [{"action", "resource"}]}
 * of [fab] custom_roles, made where they are not there yet.
 */
enum tw_rc tw_store_roles_sync(struct tw_store *s, struct tw_value custom, struct tw_err *err);
/*
 * The DAG's own permissions, and its access_control: role → list of actions on the DAG, or role → {"DAGs": […],
 * "DAG Runs": […]}. What a role but Admin has on this DAG and is not given there is taken away. null: no
 * access_control, what roles have stays. TW_ERR_INVALID names a role, resource or action that is not there.
 */
enum tw_rc tw_store_dag_perms_sync(struct tw_store *s, struct tw_str dag_id, struct tw_value access_control,
				   struct tw_err *err);
