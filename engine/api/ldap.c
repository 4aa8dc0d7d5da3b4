#include "api/ldap.h"

#include "io/ldap.h"
#include "value/json.h"

static bool given(const char *text)
{
	return text && *text;
}

static const char *cstr(struct tw_arena *a, struct tw_str s)
{
	return tw_arena_printf(a, TW_STR_FMT, TW_STR_ARG(s));
}

static const char *filter_of(const struct tw_ldap_sign_in *o, struct tw_str name, struct tw_arena *a)
{
	struct tw_buf escaped TW_AUTO(tw_buf_release) = {0};

	tw_ldap_escape_filter(&escaped, name);
	if (given(o->search_filter))
		return tw_arena_printf(a, "(&%s(%s=%s))", o->search_filter, o->uid_field, tw_buf_cstr(&escaped));
	return tw_arena_printf(a, "(%s=%s)", o->uid_field, tw_buf_cstr(&escaped));
}

/* Exactly one entry, or it is nobody. */
static enum tw_rc find_entry(const struct tw_ldap_sign_in *o, const struct tw_ldap *as, struct tw_str name,
			     struct tw_arena *a, struct tw_value *ret_entry, struct tw_err *err)
{
	const char *attributes[] = {o->firstname_field, o->lastname_field, o->email_field, o->group_field, NULL};
	struct tw_value list;
	enum tw_rc rc = tw_ldap_search(as, o->search, filter_of(o, name, a), attributes, a, &list, err);

	if (rc < 0)
		return rc;
	if (tw_value_len(list) != 1)
		return tw_err_set(err, TW_ERR_DENIED, "the LDAP server knows %zu of that name", tw_value_len(list));
	*ret_entry = list.list->v[0];
	return TW_OK;
}

/* The name to bind with, where it is made of the one that was typed. */
static const char *direct_name(const struct tw_ldap_sign_in *o, struct tw_str name, struct tw_arena *a)
{
	struct tw_buf out TW_AUTO(tw_buf_release) = {0};
	const char *mark = given(o->username_format) ? strstr(o->username_format, "%s") : NULL;

	if (mark) {
		tw_buf_add(&out, o->username_format, (size_t)(mark - o->username_format));
		tw_ldap_escape_dn(&out, name);
	} else {
		tw_buf_addstr(&out, name);
	}
	if (given(o->append_domain))
		tw_buf_printf(&out, "@%s", o->append_domain);
	if (mark)
		tw_buf_adds(&out, mark + 2);
	return tw_arena_strdup(a, tw_buf_cstr(&out));
}

/* Found by a name of our own, then asked whether the password is theirs. */
static enum tw_rc indirect(const struct tw_ldap_sign_in *o, struct tw_ldap l, struct tw_str name, struct tw_str password,
			   struct tw_arena *a, struct tw_value *ret_entry, struct tw_err *err)
{
	enum tw_rc rc;

	if (!given(o->search))
		return tw_err_set(err, TW_ERR_INVALID, "[fab] auth_ldap_search must be set with auth_ldap_bind_user");
	l.user = o->bind_user;
	l.password = o->bind_password;
	rc = find_entry(o, &l, name, a, ret_entry, err);
	if (rc == TW_ERR_DENIED && tw_str_find(tw_str(err->msg), TW_STR("refuses"), 0) >= 0)
		return tw_err_set(err, TW_ERR_IO, "the LDAP server refuses [fab] auth_ldap_bind_user");
	if (rc < 0)
		return rc;
	l.user = cstr(a, tw_map_str(*ret_entry, "dn", ""));
	l.password = cstr(a, password);
	return tw_ldap_bind(&l, err);
}

static enum tw_rc direct(const struct tw_ldap_sign_in *o, struct tw_ldap l, struct tw_str name, struct tw_str password,
			 struct tw_arena *a, struct tw_value *ret_entry, struct tw_err *err)
{
	enum tw_rc rc;

	l.user = direct_name(o, name, a);
	l.password = cstr(a, password);
	rc = tw_ldap_bind(&l, err);
	return rc == TW_OK && given(o->search) ? find_entry(o, &l, name, a, ret_entry, err) : rc;
}

/* ── the user ─────────────────────────────────────────────────────────────────────────── */

static struct tw_str first(struct tw_value entry, const char *field, struct tw_arena *a, struct tw_str dflt)
{
	char *lower = tw_arena_strdup(a, field);
	struct tw_value v;

	for (char *p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	v = tw_map_value(entry, lower);
	return tw_value_len(v) && v.list->v[0].kind == TW_V_STR ? v.list->v[0].s : dflt;
}

static struct tw_value groups_of(const struct tw_ldap_sign_in *o, struct tw_value entry, struct tw_arena *a)
{
	char *lower = tw_arena_strdup(a, o->group_field);

	for (char *p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return tw_map_value(entry, lower);
}

static void add_role(struct tw_store *s, struct tw_user_row *u, struct tw_str name, struct tw_arena *a)
{
	struct tw_role_row r;
	struct tw_str *more;

	for (size_t i = 0; i < u->nroles; i++)
		if (tw_str_eq(u->roles[i], name))
			return;
	if (tw_store_role(s, name, a, &r, NULL) < 0)
		return;
	more = tw_arena_array(a, struct tw_str, u->nroles + 1);
	if (u->nroles)
		memcpy(more, u->roles, u->nroles * sizeof *more);
	more[u->nroles++] = r.name;
	u->roles = more;
}

/* What the groups are mapped to, and the role of everybody who may come by themselves. */
static enum tw_rc set_roles(const struct tw_ldap_sign_in *o, struct tw_store *s, struct tw_value entry, struct tw_arena *a,
			    struct tw_user_row *u, struct tw_err *err)
{
	struct tw_value mapping = TW_NULL, groups = groups_of(o, entry, a);

	if (given(o->roles_mapping) && tw_json_parse(a, tw_str(o->roles_mapping), &mapping, err) < 0)
		return tw_err_wrap(err, "[fab] auth_roles_mapping");
	u->roles = NULL;
	u->nroles = 0;
	for (size_t i = 0; i < tw_value_len(groups); i++) {
		const struct tw_value *to = tw_map_find(mapping, groups.list->v[i].s);

		for (size_t k = 0; to && to->kind == TW_V_LIST && k < to->list->n; k++)
			add_role(s, u, to->list->v[k].s, a);
	}
	if (o->registration)
		add_role(s, u, tw_str(given(o->registration_role) ? o->registration_role : "Public"), a);
	return TW_OK;
}

static enum tw_rc take_user(const struct tw_ldap_sign_in *o, struct tw_store *s, struct tw_str name, struct tw_value entry,
			    struct tw_arena *a, struct tw_user_row *u, struct tw_err *err)
{
	enum tw_rc rc;

	if (entry.kind != TW_V_MAP || (u->id && !o->sync_roles))
		return u->id ? TW_OK : tw_err_set(err, TW_ERR_DENIED, "there is no such user");
	if (!u->id) {
		u->username = name;
		u->first_name = first(entry, o->firstname_field, a, TW_STR(""));
		u->last_name = first(entry, o->lastname_field, a, TW_STR(""));
		u->email = first(entry, o->email_field, a,
				 tw_str(tw_arena_printf(a, TW_STR_FMT "@email.notfound", TW_STR_ARG(name))));
		u->active = true;
	}
	rc = set_roles(o, s, entry, a, u, err);
	return rc < 0 ? rc : tw_store_user_put(s, u, err);
}

enum tw_rc tw_ldap_sign_in(const struct tw_ldap_sign_in *o, struct tw_store *s, struct tw_str name, struct tw_str password,
			   struct tw_arena *a, struct tw_user_row *ret_user, struct tw_err *err)
{
	struct tw_ldap l = {.url = o->server, .ca_file = o->ca_file, .insecure = o->allow_self_signed};
	struct tw_user_row u = {0};
	struct tw_value entry = TW_NULL;
	enum tw_rc rc = tw_store_user(s, name, a, &u, err);

	if (rc < 0 && rc != TW_ERR_NOT_FOUND)
		return rc;
	if ((u.id && !u.active) || (!u.id && !o->registration) || !name.n || !password.n)
		return tw_err_set(err, TW_ERR_DENIED, "there is no such user");
	rc = given(o->bind_user) ? indirect(o, l, name, password, a, &entry, err) : direct(o, l, name, password, a, &entry, err);
	if (rc == TW_OK)
		rc = take_user(o, s, name, entry, a, &u, err);
	if (rc == TW_OK)
		*ret_user = u;
	return rc;
}
