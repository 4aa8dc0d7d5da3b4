/* /auth: tokens for the API, a cookie for browsers. */
#include "api/ask.h"
#include "api/auth/login.h"
#include "api/auth/oauth.h"
#include "api/auth/page.h"
#include "api/route.h"
#include "api/auth/session.h"
#include "api/tables.h"

static const struct tw_http_user anonymous = {
	.name = TW_STR("Anonymous"), .id = TW_STR("Anonymous"), .role = TW_STR("ADMIN")};

static void give_token(struct tw_request *req, struct tw_response *resp, const struct tw_http_user *user, int64_t ttl)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_buf token = {0};
	struct tw_err err = {0};

	if (tw_session_token(req, user, ttl, &token, NULL, &err) < 0) {
		tw_reply_err(resp, &err);
	} else {
		resp->status = 201;
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "access_token", tw_buf_str(&token));
		tw_jw_end(&w);
	}
	tw_buf_release(&token);
}

static void wait_header(struct tw_request *req, struct tw_response *resp, int64_t wait_s)
{
	tw_reply_header(resp, TW_STR("Retry-After"), tw_str(tw_arena_printf(req->arena, "%lld", (long long)wait_s)));
}

static void create_token_for(struct tw_request *req, struct tw_response *resp, int64_t ttl)
{
	struct tw_str name = tw_map_str(req->json, "username", ""), password = tw_map_str(req->json, "password", "");
	struct tw_http_user user;
	int64_t wait_s;

	if (tw_api_of(req)->auth.all_admins) {
		give_token(req, resp, &anonymous, ttl);
		return;
	}
	if (!name.n || !password.n) {
		tw_reply_error(resp, 400, "Username and password must be provided");
		return;
	}
	switch (tw_sign_in(req, resp, name, password, &user, &wait_s)) {
	case TW_SIGN_IN_OK:
		give_token(req, resp, &user, ttl);
		break;
	case TW_SIGN_IN_WRONG:
		tw_reply_error(resp, 401, "Invalid credentials");
		break;
	case TW_SIGN_IN_WAIT:
		tw_reply_error(resp, 429, "Too many failed sign-ins: try again in %lld s", (long long)wait_s);
		wait_header(req, resp, wait_s);
		break;
	case TW_SIGN_IN_LATER:
		break;
	}
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
		give_token(req, resp, &anonymous, auth->ttl);
}

/* ── browsers ─────────────────────────────────────────────────────────────────────────── */

/* Where a browser goes on: a path of ours, never another host. */
static bool ours(struct tw_str next)
{
	bool ok = tw_str_starts(next, "/") && !tw_str_starts(next, "//") && !tw_str_starts(next, "/\\");

	for (size_t i = 0; ok && i < next.n; i++)
		ok = (unsigned char)next.p[i] > ' ' && next.p[i] != 0x7f;
	return ok;
}

struct tw_str tw_next_path(struct tw_str next)
{
	return ours(next) ? next : TW_STR("/");
}

struct tw_str tw_next_location(struct tw_request *req, struct tw_str next)
{
	const char *base = tw_base_path(req);

	next = tw_next_path(next);
	if (tw_str_starts(next, base) && base[1])
		return next; /* as the browser sees it already */
	return tw_str(tw_arena_printf(req->arena, "%.*s" TW_STR_FMT, (int)strlen(base) - 1, base, TW_STR_ARG(next)));
}

void tw_login_page(struct tw_request *req, struct tw_response *resp, struct tw_str next, struct tw_str name, int status,
		   const char *fault)
{
	tw_page_sign_in(resp, req->arena, next, name, fault, tw_login_providers(req, next), !tw_api_of(req)->auth.oauth);
	resp->status = status;
}

static void login_all_admins(struct tw_request *req, struct tw_response *resp)
{
	struct tw_err err = {0};

	if (!tw_api_of(req)->auth.all_admins) {
		create_token_all_admins(req, resp);
	} else if (tw_session_cookie(req, resp, &anonymous, &err) < 0) {
		tw_reply_err(resp, &err);
	} else {
		resp->status = 307;
		tw_reply_header(resp, TW_STR("Location"), tw_next_location(req, tw_query(req, "next")));
	}
}

/* Where one signs in: at once when all are admins. */
static struct tw_str login_path(const struct tw_request *req)
{
	return tw_api_of(req)->auth.all_admins ? TW_STR("/auth/token/login") : TW_STR("/auth/login");
}

/* As a value in a query: what might end it is escaped. */
static struct tw_str as_query(struct tw_arena *a, struct tw_str s)
{
	struct tw_buf out = {0};
	struct tw_str copy;

	for (size_t i = 0; i < s.n; i++)
		if (strchr("%&#+?=;", s.p[i]) || (unsigned char)s.p[i] >= 0x80)
			tw_buf_printf(&out, "%%%02X", (unsigned char)s.p[i]);
		else
			tw_buf_addc(&out, s.p[i]);
	copy = tw_str_copy(a, tw_buf_str(&out));
	tw_buf_release(&out);
	return copy;
}

static void login(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str next = tw_query(req, "next"), to = login_path(req);

	if (next.p && !ours(next)) {
		tw_reply_error(resp, 400, "Invalid or unsafe next URL");
		return;
	}
	if (next.p)
		to = tw_str(tw_arena_printf(req->arena, TW_STR_FMT "?next=" TW_STR_FMT, TW_STR_ARG(to),
					    TW_STR_ARG(as_query(req->arena, next))));
	resp->status = 307;
	tw_reply_header(resp, TW_STR("Location"), to);
}

static void login_page(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str next = tw_next_path(tw_query(req, "next"));
	struct tw_http_user user;
	struct tw_err err = {0};

	if (tw_api_of(req)->auth.all_admins) {
		login(req, resp);
	} else if (tw_login_by_proxy(req, &user)) {
		resp->status = 303;
		tw_reply_header(resp, TW_STR("Location"), tw_next_location(req, next));
		if (tw_session_cookie(req, resp, &user, &err) < 0)
			tw_reply_err(resp, &err);
	} else {
		tw_login_page(req, resp, next, TW_STR(""), 200, NULL);
	}
}

/* A form goes on to its page; a program gets the cookie and nothing to read. */
static void welcome(struct tw_request *req, struct tw_response *resp, const struct tw_http_user *user, struct tw_str next)
{
	struct tw_err err = {0};

	if (tw_session_cookie(req, resp, user, &err) < 0) {
		tw_reply_err(resp, &err);
	} else if (tw_request_is_form(req)) {
		resp->status = 303;
		tw_reply_header(resp, TW_STR("Location"), tw_next_location(req, next));
	} else {
		tw_reply_none(resp);
	}
}

static void unwelcome(struct tw_request *req, struct tw_response *resp, int status, const char *fault)
{
	struct tw_value body = req->json;

	if (tw_request_is_form(req)) {
		tw_login_page(req, resp, tw_next_path(tw_map_str(body, "next", "/")), tw_map_str(body, "username", ""), status,
			      fault);
	} else {
		tw_reply_error(resp, status, "%s", fault);
	}
}

static void login_submit(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str next = tw_next_path(tw_map_str(req->json, "next", "/"));
	struct tw_http_user user = anonymous;
	int64_t wait_s;

	if (!tw_from_here(req, true)) {
		tw_reply_error(resp, 403, "Signing in starts at a page of this server");
		return;
	}
	if (tw_api_of(req)->auth.all_admins) {
		welcome(req, resp, &user, next);
		return;
	}
	switch (tw_sign_in(req, resp, tw_map_str(req->json, "username", ""), tw_map_str(req->json, "password", ""), &user,
			   &wait_s)) {
	case TW_SIGN_IN_OK:
		welcome(req, resp, &user, next);
		break;
	case TW_SIGN_IN_WRONG:
		unwelcome(req, resp, 401, "Wrong user name or password.");
		break;
	case TW_SIGN_IN_WAIT:
		unwelcome(req, resp, 429,
			  tw_arena_printf(req->arena, "Too many failed sign-ins: try again in %lld s.", (long long)wait_s));
		wait_header(req, resp, wait_s);
		break;
	case TW_SIGN_IN_LATER:
		break;
	}
}

static void logout(struct tw_request *req, struct tw_response *resp)
{
	bool elsewhere = tw_logout_at_provider(req, resp);

	if (resp->again_ms)
		return;
	tw_session_end(req, resp);
	tw_logout_forget(req, resp);
	resp->status = strcmp(req->method, "POST") == 0 ? 303 : 307;
	if (!elsewhere)
		tw_reply_header(resp, TW_STR("Location"), login_path(req));
}

/* Who has signed somebody in is told by a cookie of /auth/logout. */
static void logout_of_api(struct tw_request *req, struct tw_response *resp)
{
	tw_session_end(req, resp);
	resp->status = 307;
	tw_reply_header(resp, TW_STR("Location"), tw_api_of(req)->auth.oauth ? TW_STR("/auth/logout") : login_path(req));
}

const struct tw_route tw_routes_login[] = {
	{"GET", "/api/v2/auth/login", {TW_OPEN}, login},
	{"GET", "/api/v2/auth/logout", {TW_OPEN}, logout_of_api},
	{"POST", "/auth/token", {TW_OPEN}, create_token},
	{"GET", "/auth/token", {TW_OPEN}, create_token_all_admins},
	{"GET", "/auth/token/login", {TW_OPEN}, login_all_admins},
	{"POST", "/auth/token/cli", {TW_OPEN}, create_token_cli},
	{"GET", "/auth/login", {TW_OPEN}, login_page},
	{"POST", "/auth/login", {TW_OPEN}, login_submit},
	{"GET", "/auth/logout", {TW_OPEN}, logout},
	{"POST", "/auth/logout", {TW_OPEN}, logout},
	{0},
};
