#include "api/auth/ldap.h"

#include "io/ldap.h"

#define GROUPS_MAX 200 /* no more are looked into */

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

static bool among(struct tw_value list, struct tw_value text)
{
	for (size_t i = 0; i < list.list->n; i++)
		if (tw_value_equal(list.list->v[i], text))
			return true;
	return false;
}

/* Each group's own groups behind those that are there, each once: a ring of groups ends. */
static enum tw_rc add_nested(const struct tw_ldap_sign_in *o, const struct tw_ldap *as, struct tw_arena *a, struct tw_value groups,
			     struct tw_err *err)
{
	const char *attributes[] = {o->group_field, NULL};
	enum tw_rc rc = TW_OK;

	for (size_t i = 0; rc == TW_OK && groups.kind == TW_V_LIST && i < groups.list->n && groups.list->n < GROUPS_MAX; i++) {
		struct tw_value entry = TW_NULL, more;

		rc = tw_ldap_entry(as, groups.list->v[i].s.p, attributes, a, &entry, err);
		more = entry.kind == TW_V_MAP ? groups_of(o, entry, a) : TW_NULL;
		for (size_t k = 0; rc == TW_OK && k < tw_value_len(more); k++)
			if (!among(groups, more.list->v[k]))
				tw_list_push(a, groups, more.list->v[k]);
	}
	return rc;
}

enum tw_rc tw_ldap_sign_in(const struct tw_ldap_sign_in *o, struct tw_str name, struct tw_str password, struct tw_arena *a,
			   struct tw_newcomer *ret_who, struct tw_err *err)
{
	struct tw_ldap l = {.url = o->server,
			    .start_tls = o->start_tls,
			    .ca_file = o->ca_file,
			    .ca_dir = o->ca_dir,
			    .cert_file = o->cert_file,
			    .key_file = o->key_file,
			    .insecure = o->allow_self_signed};
	struct tw_ldap as = l;
	struct tw_value entry = TW_NULL;
	enum tw_rc rc;

	as.user = given(o->bind_user) ? o->bind_user : direct_name(o, name, a);
	as.password = given(o->bind_user) ? o->bind_password : cstr(a, password);
	if (!name.n || !password.n)
		return tw_err_set(err, TW_ERR_DENIED, "there is no such user");
	rc = given(o->bind_user) ? indirect(o, l, name, password, a, &entry, err) : direct(o, l, name, password, a, &entry, err);
	if (rc < 0)
		return rc;
	*ret_who = (struct tw_newcomer){.username = name, .role_keys = TW_NULL};
	if (entry.kind == TW_V_MAP) {
		ret_who->first_name = first(entry, o->firstname_field, a, TW_STR(""));
		ret_who->last_name = first(entry, o->lastname_field, a, TW_STR(""));
		ret_who->email = first(entry, o->email_field, a, TW_STR(""));
		ret_who->role_keys = groups_of(o, entry, a);
		if (o->nested_groups)
			rc = add_nested(o, &as, a, ret_who->role_keys, err);
		ret_who->described = true;
	}
	return rc;
}
