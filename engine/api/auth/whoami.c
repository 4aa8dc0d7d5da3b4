/* /ui/auth: who is signed in, what they may see and do, a token for their scripts. As Airflow's own pages ask it. */
#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/auth/session.h"
#include "api/tables.h"

static const char *const act_names[TW_ACT_N] = {
	[TW_READ] = "read", [TW_CREATE] = "create", [TW_EDIT] = "edit", [TW_DELETE] = "delete", [TW_MENU] = "menu"};

/* {"DAGs": ["read", "edit"], …}: of all DAGs; what is allowed for single ones is told with each of them. */
static void permissions(struct tw_jw *w, const struct tw_request *req)
{
	tw_jw_key(w, "permissions");
	tw_jw_obj(w);
	for (enum tw_on on = TW_ON_DAG; on < TW_ON_N; on++) {
		if (on == TW_ON_TASK)
			continue;
		tw_jw_key(w, tw_on_names[on]);
		tw_jw_list(w);
		for (enum tw_act act = TW_READ; act < TW_ACT_N; act++)
			if (tw_may(req, on, act, (struct tw_str){0}))
				tw_jw_cstr(w, act_names[act]);
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

static void me(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_jw w = {.out = &resp->body};
	struct tw_buf csrf = {0};

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "id", req->user.id);
	tw_jw_str_at(&w, "username", req->user.name);
	tw_jw_str_at(&w, "display_name", req->user.display.p ? req->user.display : req->user.name);
	tw_jw_key(&w, "roles");
	tw_jw_list(&w);
	for (size_t i = 0; req->user.grants && i < req->user.grants->nroles; i++)
		tw_jw_str(&w, req->user.grants->roles[i]);
	if (!req->user.grants)
		tw_jw_str(&w, req->user.role);
	tw_jw_end(&w);
	tw_jw_key(&w, "auth_manager");
	tw_jw_cstr(&w, auth->all_admins ? "all-admins" : auth->fab ? "fab" : "simple");
	tw_jw_bool_at(&w, "can_sign_out", req->user.jti.n > 0);
	permissions(&w, req);
	tw_jw_key(&w, "rerun_with_latest_version"); /* what the pages offer when they clear */
	if (tw_api_of(req)->rerun_latest)
		tw_jw_bool(&w, tw_api_of(req)->rerun_latest > 0);
	else
		tw_jw_null(&w);
	if (req->user.jti.n && tw_session_csrf(req, &csrf, NULL) == TW_OK)
		tw_jw_str_at(&w, "csrf_token", tw_buf_str(&csrf));
	tw_jw_end(&w);
	tw_buf_release(&csrf);
}

static void menus(struct tw_request *req, struct tw_response *resp)
{
	static const struct {
		const char *name;
		enum tw_on on;
	} items[] = {
		{"Required Actions", TW_ON_HITL}, {"Assets", TW_ON_ASSET},	{"Audit Log", TW_ON_AUDIT_LOG},
		{"Config", TW_ON_CONFIG},	  {"Connections", TW_ON_CONNECTION}, {"Dags", TW_ON_DAG},
		{"Deadlines", TW_ON_DAG_RUN},	  {"Docs", TW_ON_DOCS},		{"Jobs", TW_ON_JOB},
		{"Plugins", TW_ON_PLUGIN},	  {"Pools", TW_ON_POOL},	{"Providers", TW_ON_PROVIDER},
		{"Variables", TW_ON_VARIABLE},	  {"XComs", TW_ON_XCOM},
	};
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	tw_jw_key(&w, "authorized_menu_items");
	tw_jw_list(&w);
	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		if (tw_may(req, items[i].on, TW_MENU, (struct tw_str){0}))
			tw_jw_cstr(&w, items[i].name);
	tw_jw_end(&w);
	tw_jw_key(&w, "extra_menu_items");
	tw_jw_list(&w);
	tw_jw_end(&w);
	tw_jw_end(&w);
}

static void token(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_jw w = {.out = &resp->body};
	struct tw_str type = tw_map_str(req->json, "token_type", "api");
	struct tw_buf text = {0};
	struct tw_err err = {0};
	int64_t ttl = tw_str_is(type, "cli") ? auth->cli_ttl : auth->ttl;

	if (tw_session_token(req, &req->user, ttl, &text, NULL, &err) < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "access_token", tw_buf_str(&text));
		tw_jw_str_at(&w, "token_type", type);
		tw_jw_int_at(&w, "expires_in_seconds", ttl);
		tw_jw_end(&w);
	}
	tw_buf_release(&text);
}

const struct tw_route tw_routes_whoami[] = {
	{"GET", "/ui/auth/me", {TW_SIGNED_IN}, me},
	{"GET", "/ui/auth/menus", {TW_SIGNED_IN}, menus},
	{"POST", "/ui/auth/token", {TW_SIGNED_IN}, token},
	{0},
};
