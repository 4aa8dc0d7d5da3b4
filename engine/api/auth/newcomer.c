#include "api/auth/newcomer.h"

#include "base/log.h"
#include "value/json.h"

enum tw_rc tw_newcomers_mapping(struct tw_arena *a, const char *json, struct tw_value *ret, struct tw_err *err)
{
	struct tw_value v = TW_NULL;

	if (json && *json && tw_json_parse(a, tw_str(json), &v, err) < 0)
		return tw_err_wrap(err, "[fab] auth_roles_mapping");
	if (v.kind != TW_V_NULL && v.kind != TW_V_MAP)
		return tw_err_set(err, TW_ERR_INVALID, "[fab] auth_roles_mapping must be an object: {\"group\": [\"Role\"]}");
	*ret = v;
	return TW_OK;
}

static void add_role(struct tw_store *s, struct tw_user_row *u, struct tw_str name, struct tw_arena *a)
{
	struct tw_role_row r;
	struct tw_str *more;

	for (size_t i = 0; i < u->nroles; i++)
		if (tw_str_eq(u->roles[i], name))
			return;
	if (tw_store_role(s, name, a, &r, NULL) < 0) {
		tw_warn("sign-in: there is no role '" TW_STR_FMT "' to be given", TW_STR_ARG(name));
		return;
	}
	more = tw_arena_array(a, struct tw_str, u->nroles + 1);
	if (u->nroles)
		memcpy(more, u->roles, u->nroles * sizeof *more);
	more[u->nroles++] = r.name;
	u->roles = more;
}

/* What the groups are mapped to, and the role of everybody who may come by themselves. */
static void set_roles(const struct tw_newcomers *o, struct tw_store *s, const struct tw_newcomer *who, struct tw_arena *a,
		      struct tw_user_row *u)
{
	struct tw_value keys = who->role_keys;

	u->roles = NULL;
	u->nroles = 0;
	for (size_t i = 0; keys.kind == TW_V_LIST && i < keys.list->n; i++) {
		struct tw_value key = keys.list->v[i];
		const struct tw_value *to = key.kind == TW_V_STR ? tw_map_find(o->roles_mapping, key.s) : NULL;

		for (size_t k = 0; to && to->kind == TW_V_LIST && k < to->list->n; k++)
			if (to->list->v[k].kind == TW_V_STR)
				add_role(s, u, to->list->v[k].s, a);
	}
	if (!o->registration)
		return;
	if (who->registration_role.n)
		add_role(s, u, who->registration_role, a);
	else
		add_role(s, u, tw_str(o->registration_role && *o->registration_role ? o->registration_role : "Public"), a);
}

enum tw_rc tw_newcomer_take(const struct tw_newcomers *o, struct tw_store *s, const struct tw_newcomer *who,
			    struct tw_arena *a, struct tw_user_row *ret_user, struct tw_err *err)
{
	struct tw_user_row u = {0};
	enum tw_rc rc = who->username.n ? tw_store_user(s, who->username, a, &u, err) : TW_ERR_NOT_FOUND;

	if (rc < 0 && rc != TW_ERR_NOT_FOUND)
		return rc;
	if (!who->username.n || (u.id && !u.active) || (!u.id && !(o->registration && who->described)))
		return tw_err_set(err, TW_ERR_DENIED, "there is no such user");
	if (!u.id || (o->sync_roles && who->described)) {
		if (!u.id) {
			u.username = who->username;
			u.first_name = who->first_name.p ? who->first_name : TW_STR("");
			u.last_name = who->last_name.p ? who->last_name : TW_STR("");
			u.email = who->email.n ? who->email
					       : tw_str(tw_arena_printf(a, TW_STR_FMT "@email.notfound",
									TW_STR_ARG(who->username)));
			u.active = true;
		}
		set_roles(o, s, who, a, &u);
		rc = tw_store_user_put(s, &u, err);
		if (rc < 0)
			return rc;
	}
	*ret_user = u;
	return TW_OK;
}
