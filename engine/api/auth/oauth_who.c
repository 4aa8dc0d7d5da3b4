/* Claims of a provider → a user. How FAB reads those that it knows by name is a contract: users of before must be found. */
#include "api/auth/oauth.h"

#include <regex.h>

static const struct rule {
	const char *provider, *path, *prefix, *username, *email, *first_name, *last_name, *role_keys;
} rules[] = {
	{"github", "user", "github_", "login", NULL, NULL, NULL, NULL},
	{"githublocal", "user", "github_", "login", NULL, NULL, NULL, NULL},
	{"google", "userinfo", "google_", "id", "email", "given_name", "family_name", NULL},
	{"azure", NULL, "", "oid", "email", "given_name", "family_name", "roles"},
	{"openshift", "apis/user.openshift.io/v1/users/~", "openshift_", "metadata.name", NULL, NULL, NULL, NULL},
	{"okta", "userinfo", "okta_", "sub", "email", "given_name", "family_name", "groups"},
	{"auth0", "userinfo", "auth0_", "sub", "email", "given_name", "family_name", "groups"},
	{"keycloak", "openid-connect/userinfo", "", "preferred_username", "email", "given_name", "family_name", "groups"},
	{"keycloak_before_17", "openid-connect/userinfo", "", "preferred_username", "email", "given_name", "family_name", "groups"},
	{"authentik", NULL, "", "nickname", "preferred_username", "given_name", NULL, "groups"},
	{NULL, NULL, "", "preferred_username", "email", "given_name", "family_name", "groups"}, /* all others */
};

static const struct rule *rule_of(const struct tw_oauth_provider *p)
{
	const struct rule *r = rules;

	while (r->provider && strcmp(r->provider, p->name) != 0)
		r++;
	return r;
}

const char *tw_oauth_userinfo_path(const struct tw_oauth_provider *p)
{
	return rule_of(p)->path;
}

/* ── claims ───────────────────────────────────────────────────────────────────────────── */

/* A claim by its name, or by its way ("realm_access.roles"); names may have dots. NULL: not there. */
static const struct tw_value *claim(struct tw_value claims, struct tw_str name)
{
	const struct tw_value *v = tw_map_find(claims, name);
	struct tw_str rest, first = tw_str_cut(name, '.', &rest);

	if (v || !rest.p)
		return v;
	v = tw_map_find(claims, first);
	return v ? claim(*v, rest) : NULL;
}

/* Which claim has that: the provider's own entry says it, else the rule. */
static const char *which(const struct tw_oauth_provider *p, const char *what, const char *by_rule)
{
	struct tw_str own = tw_map_str(p->claims, what, "");

	return own.n ? own.p : by_rule;
}

static struct tw_str text_at(struct tw_value claims, const char *name, struct tw_arena *a)
{
	const struct tw_value *v = name ? claim(claims, tw_str(name)) : NULL;

	if (v && v->kind == TW_V_INT)
		return tw_str(tw_arena_printf(a, "%lld", (long long)v->i));
	return v && v->kind == TW_V_STR ? v->s : TW_STR("");
}

static struct tw_value list_at(struct tw_value claims, const char *name, struct tw_arena *a)
{
	const struct tw_value *v = name ? claim(claims, tw_str(name)) : NULL;
	struct tw_value one;

	if (!v || v->kind != TW_V_STR)
		return v && v->kind == TW_V_LIST ? *v : tw_v_list(a);
	one = tw_v_list(a);
	tw_list_push(a, one, *v);
	return one;
}

static bool unverified(struct tw_value claims)
{
	const struct tw_value *v = tw_map_findc(claims, "email_verified");

	return v && ((v->kind == TW_V_BOOL && !v->b) || (v->kind == TW_V_STR && tw_str_caseeq(v->s, "false")));
}

/* ── asked by others ──────────────────────────────────────────────────────────────────── */

bool tw_oauth_enough(const struct tw_oauth_provider *p, struct tw_value claims)
{
	const struct rule *r = rule_of(p);
	const char *const names[] = {which(p, "username", r->username), which(p, "email", r->email),
				     which(p, "first_name", r->first_name), which(p, "role_keys", r->role_keys)};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i] && !claim(claims, tw_str(names[i])))
			return false;
	return true;
}

/* The name by which users of this provider are known; an address that nobody has verified is no name. */
static struct tw_str username_of(const struct tw_oauth_provider *p, const struct rule *r, struct tw_value claims,
				 struct tw_arena *a)
{
	struct tw_str name = text_at(claims, which(p, "username", r->username), a), sub = tw_map_str(claims, "sub", "");

	if (!name.n && strcmp(r->username, "id") == 0)
		name = sub; /* Google's newer endpoint calls it so */
	if (!name.n && !r->provider && !tw_map_findc(p->claims, "username")) {
		name = unverified(claims) ? TW_STR("") : text_at(claims, which(p, "email", r->email), a);
		if (!name.n && sub.n)
			return tw_str(tw_arena_printf(a, "%s_" TW_STR_FMT, p->name, TW_STR_ARG(sub)));
	}
	return name.n && *r->prefix ? tw_str(tw_arena_printf(a, "%s" TW_STR_FMT, r->prefix, TW_STR_ARG(name))) : name;
}

enum tw_rc tw_oauth_who(const struct tw_oauth_provider *p, struct tw_value claims, struct tw_arena *a,
			struct tw_newcomer *ret_who, struct tw_err *err)
{
	const struct rule *r = rule_of(p);
	struct tw_newcomer who = {
		.username = username_of(p, r, claims, a),
		.first_name = text_at(claims, which(p, "first_name", r->first_name), a),
		.last_name = text_at(claims, which(p, "last_name", r->last_name), a),
		.email = text_at(claims, which(p, "email", r->email), a),
		.role_keys = list_at(claims, which(p, "role_keys", r->role_keys), a),
		.described = true,
	};

	if (!who.username.n)
		return tw_err_set(err, TW_ERR_DENIED, "provider '%s' tells no '%s'", p->name, which(p, "username", r->username));
	if (!who.email.n && strcmp(p->name, "azure") == 0)
		who.email = text_at(claims, "upn", a);
	*ret_who = who;
	return TW_OK;
}

bool tw_oauth_listed(const struct tw_oauth_provider *p, struct tw_value claims, struct tw_str email)
{
	TW_AUTO(tw_buf_release) struct tw_buf address = {0};
	bool fits = p->whitelist.kind != TW_V_LIST;

	if (fits || !email.n || unverified(claims))
		return fits;
	tw_buf_addstr(&address, email);
	for (size_t i = 0; !fits && i < p->whitelist.list->n; i++) {
		TW_AUTO(tw_buf_release) struct tw_buf pattern = {0};
		regex_t re;

		tw_buf_printf(&pattern, "(" TW_STR_FMT ")$", TW_STR_ARG(p->whitelist.list->v[i].s));
		if (regcomp(&re, pattern.p, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		fits = regexec(&re, address.p, 0, NULL, 0) == 0;
		regfree(&re);
	}
	return fits;
}
