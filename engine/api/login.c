/* /auth: tokens for the API, a cookie for browsers. */
#include "api/ask.h"
#include "api/auth.h"
#include "api/route.h"
#include "io/clock.h"
#include "api/tables.h"

static void give_token(struct tw_request *req, struct tw_response *resp, struct tw_str name,
		       struct tw_str role, int64_t ttl)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_buf token = {0};
	struct tw_err err = {0};

	if (tw_auth_token(&tw_api_of(req)->auth, name, role, ttl, tw_now(), &token, &err) < 0) {
		tw_reply_err(resp, &err);
	} else {
		resp->status = 201;
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "access_token", tw_buf_str(&token));
		tw_jw_end(&w);
	}
	tw_buf_release(&token);
}

static void create_token_for(struct tw_request *req, struct tw_response *resp, int64_t ttl)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_str name = tw_map_str(req->json, "username", ""),
		      password = tw_map_str(req->json, "password", ""), role;

	if (auth->all_admins)
		give_token(req, resp, TW_STR("Anonymous"), TW_STR("ADMIN"), ttl);
	else if (!name.n || !password.n)
		tw_reply_error(resp, 400, "Username and password must be provided");
	else if (!tw_auth_check(auth, name, password, &role, req->arena))
		tw_reply_error(resp, 401, "Invalid credentials");
	else
		give_token(req, resp, name, role, ttl);
}

static void create_token(struct tw_request *req, struct tw_response *resp)
{
	create_token_for(req, resp, tw_api_of(req)->auth.ttl);
}

static void create_token_cli(struct tw_request *req, struct tw_response *resp)
{
	create_token_for(req, resp, tw_api_of(req)->auth.cli_ttl);
}

static void create_token_all_admins(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;

	if (!auth->all_admins)
		tw_reply_error(resp, 403,
			       "This method is only allowed if ``[core] "
			       "simple_auth_manager_all_admins`` is True");
	else
		give_token(req, resp, TW_STR("Anonymous"), TW_STR("ADMIN"), auth->ttl);
}

/* Where a browser goes on: a path of ours, never another host. */
static struct tw_str next_path(struct tw_request *req)
{
	struct tw_str next = tw_query(req, "next");
	bool ours = tw_str_starts(next, "/") && !tw_str_starts(next, "//") &&
		    !tw_str_starts(next, "/\\");

	for (size_t i = 0; ours && i < next.n; i++)
		ours = (unsigned char)next.p[i] > ' ' && next.p[i] != 0x7f;
	return ours ? next : TW_STR("/");
}

static void login_all_admins(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_buf token = {0};
	struct tw_err err = {0};
	const char *cookie;

	if (!auth->all_admins) {
		create_token_all_admins(req, resp);
		return;
	}
	if (tw_auth_token(auth, TW_STR("Anonymous"), TW_STR("ADMIN"), auth->ttl, tw_now(), &token,
			  &err) < 0) {
		tw_reply_err(resp, &err);
	} else {
		cookie =
			tw_arena_printf(req->arena, "_token=%s; Path=/; HttpOnly; SameSite=Lax%s",
					tw_buf_cstr(&token), auth->secure_cookie ? "; Secure" : "");
		resp->status = 307;
		tw_reply_header(resp, TW_STR("Set-Cookie"), tw_str(cookie));
		tw_reply_header(resp, TW_STR("Location"), next_path(req));
	}
	tw_buf_release(&token);
}

/* Where one signs in: at once when all are admins. */
static void login(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str next = tw_query(req, "next");

	if (next.p && !tw_str_eq(next_path(req), next)) {
		tw_reply_error(resp, 400, "Invalid or unsafe next URL");
		return;
	}
	resp->status = 307;
	tw_reply_header(resp, TW_STR("Location"),
			next.p ? tw_str(tw_arena_printf(req->arena, "/auth/token/login?next=" TW_STR_FMT, TW_STR_ARG(next)))
			       : TW_STR("/auth/token/login"));
}

static void logout(struct tw_request *req, struct tw_response *resp)
{
	resp->status = 307;
	tw_reply_header(resp, TW_STR("Set-Cookie"), TW_STR("_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
	tw_reply_header(resp, TW_STR("Location"), TW_STR("/auth/token/login"));
}

const struct tw_route tw_routes_login[] = {
	{"GET", "/api/v2/auth/login", {TW_OPEN}, login},
	{"GET", "/api/v2/auth/logout", {TW_OPEN}, logout},
	{"POST", "/auth/token", {TW_OPEN}, create_token},
	{"GET", "/auth/token", {TW_OPEN}, create_token_all_admins},
	{"GET", "/auth/token/login", {TW_OPEN}, login_all_admins},
	{"POST", "/auth/token/cli", {TW_OPEN}, create_token_cli},
	{0},
};
