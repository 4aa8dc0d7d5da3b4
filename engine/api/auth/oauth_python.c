/* Who somebody is, where a security manager of the team's own says it: get_oauth_user_info() of webserver_config.py. */
#include "api/auth/oauth.h"
#include "value/json.h"

static void by_rule_of(struct tw_jw *w, const struct tw_newcomer *who)
{
	tw_jw_key(w, "info");
	tw_jw_obj(w);
	if (who->username.n) {
		tw_jw_str_at(w, "username", who->username);
		tw_jw_str_at(w, "first_name", who->first_name);
		tw_jw_str_at(w, "last_name", who->last_name);
		tw_jw_str_at(w, "email", who->email);
		tw_jw_key(w, "role_keys");
		tw_jw_value(w, who->role_keys);
	}
	tw_jw_end(w);
}

struct tw_str tw_oauth_question(const struct tw_oauth *o, const struct tw_oauth_provider *p, const struct tw_oauth_told *told,
				const struct tw_newcomer *by_rule, struct tw_arena *a)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	struct tw_jw w = {.out = &text};

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "op", TW_STR("oauth_user"));
	tw_jw_int_at(&w, "timeout", 60);
	tw_jw_str_at(&w, "file", tw_str(o->python_file));
	tw_jw_str_at(&w, "provider", tw_str(p->name));
	tw_jw_key(&w, "remote_app");
	tw_jw_value(&w, p->app);
	tw_jw_key(&w, "metadata");
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "issuer", told->at.issuer);
	tw_jw_str_at(&w, "userinfo_endpoint", told->at.userinfo);
	tw_jw_str_at(&w, "jwks_uri", told->at.keys);
	tw_jw_end(&w);
	tw_jw_key(&w, "response");
	tw_jw_value(&w, told->response);
	tw_jw_key(&w, "claims");
	tw_jw_value(&w, told->claims);
	by_rule_of(&w, by_rule);
	tw_jw_end(&w);
	return tw_str_copy(a, tw_buf_str(&text));
}

enum tw_rc tw_oauth_answer(struct tw_value info, struct tw_newcomer *ret_who, struct tw_err *err)
{
	struct tw_newcomer who = {
		.username = tw_map_str(info, "username", ""),
		.first_name = tw_map_str(info, "first_name", ""),
		.last_name = tw_map_str(info, "last_name", ""),
		.email = tw_map_str(info, "email", ""),
		.role_keys = tw_map_value(info, "role_keys"),
		.registration_role = tw_map_str(info, "registration_role", ""),
		.described = true,
	};

	if (!tw_map_findc(info, "username"))
		who.username = who.email; /* as FAB */
	if (!who.username.n)
		return tw_err_set(err, TW_ERR_DENIED, "get_oauth_user_info() tells neither username nor email");
	*ret_who = who;
	return TW_OK;
}
