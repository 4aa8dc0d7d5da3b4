#include "api/auth.h"

#include <stdlib.h>

#include "base/log.h"
#include "io/clock.h"
#include "io/file.h"

#define PASSWORD_LEN 16
#define PASSWORDS_MAX (1u << 20)
#define COOKIE "_token"

/* "name:role" or, with teams, "name:role:team|team"; returns false at the end. */
static bool next_user(struct tw_str *rest, struct tw_str *ret_name, struct tw_str *ret_role)
{
	while (rest->p) {
		struct tw_str one = tw_str_trim(tw_str_cut(*rest, ',', rest)), more;

		*ret_name = tw_str_trim(tw_str_cut(one, ':', &more));
		*ret_role = more.p ? tw_str_trim(tw_str_cut(more, ':', &more)) : (struct tw_str){0};
		if (ret_name->n)
			return true;
	}
	return false;
}

bool tw_auth_role(struct tw_str users, struct tw_str name, struct tw_str *ret_role)
{
	struct tw_str found, role;

	while (next_user(&users, &found, &role))
		if (tw_str_eq(found, name)) {
			*ret_role = role;
			return true;
		}
	return false;
}

static bool role_ok(struct tw_str role)
{
	return tw_str_caseeq(role, "viewer") || tw_str_caseeq(role, "user") ||
	       tw_str_caseeq(role, "op") || tw_str_caseeq(role, "admin");
}

static struct tw_value read_passwords(const char *path, struct tw_arena *a, enum tw_rc *ret_rc,
				      struct tw_err *err)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_value v = TW_NULL;
	enum tw_rc rc = tw_file_read(path, PASSWORDS_MAX, &text, err);

	if (rc == TW_OK && tw_str_trim(tw_buf_str(&text)).n)
		rc = tw_json_parse(a, tw_buf_str(&text), &v, err);
	if (rc == TW_ERR_NOT_FOUND)
		rc = TW_OK;
	*ret_rc = rc;
	return v.kind == TW_V_MAP ? v : tw_v_map(a);
}

enum tw_rc tw_auth_passwords_make(struct tw_str users, const char *path,
				  void (*fn)(void *arg, struct tw_str name, const char *password),
				  void *arg, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_str name, role;
	enum tw_rc rc;
	struct tw_value map = read_passwords(path, &a, &rc, err);
	bool fresh = false;

	while (rc == TW_OK && next_user(&users, &name, &role)) {
		char password[PASSWORD_LEN + 1];

		if (!role_ok(role))
			rc = tw_err_set(err, TW_ERR_INVALID,
					"[core] simple_auth_manager_users: user '" TW_STR_FMT
					"' needs a role: viewer, user, op or admin",
					TW_STR_ARG(name));
		if (rc < 0 || tw_map_find(map, name))
			continue;
		tw_password(password, PASSWORD_LEN);
		tw_map_put(&a, map, name, tw_v_cstr(tw_arena_strdup(&a, password)));
		fn(arg, name, password);
		fresh = true;
	}
	if (rc == TW_OK && fresh) {
		char *text = tw_json_dump(map, TW_JSON_PYTHON);

		rc = tw_file_write(path, tw_str(text), 0600, err);
		free(text);
	}
	tw_arena_release(&a);
	return rc;
}

bool tw_auth_check(const struct tw_api_auth *auth, struct tw_str name, struct tw_str password,
		   struct tw_str *ret_role, struct tw_arena *a)
{
	struct tw_err err = {0};
	enum tw_rc rc;
	struct tw_value map = read_passwords(auth->passwords_file, a, &rc, &err);
	const struct tw_value *stored = tw_map_find(map, name);
	struct tw_str right = stored && stored->kind == TW_V_STR ? stored->s : TW_STR("");
	bool same = tw_const_eq(right, password);

	if (rc < 0)
		tw_error("passwords: %s", err.msg);
	return tw_auth_role(auth->users, name, ret_role) && right.n && same;
}

enum tw_rc tw_auth_token(const struct tw_api_auth *auth, struct tw_str name, struct tw_str role,
			 int64_t ttl, int64_t now_us, struct tw_buf *out, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_value claims = tw_v_map(&a);
	int64_t now = now_us / TW_US_SEC;
	unsigned char raw[16];
	struct tw_buf jti = {0};
	enum tw_rc rc;

	tw_random(raw, sizeof raw);
	for (size_t i = 0; i < sizeof raw; i++)
		tw_buf_printf(&jti, "%02x", raw[i]);
	tw_map_putc(&a, claims, "sub", tw_v_str(name));
	tw_map_putc(&a, claims, "role", tw_v_str(role));
	tw_map_putc(&a, claims, "teams", tw_v_list(&a));
	tw_map_putc(&a, claims, "jti", tw_v_str(tw_buf_str(&jti)));
	if (auth->audience)
		tw_map_putc(&a, claims, "aud", tw_v_cstr(auth->audience));
	if (auth->issuer)
		tw_map_putc(&a, claims, "iss", tw_v_cstr(auth->issuer));
	tw_map_putc(&a, claims, "nbf", tw_v_int(now));
	tw_map_putc(&a, claims, "exp", tw_v_int(now + ttl));
	tw_map_putc(&a, claims, "iat", tw_v_int(now));
	rc = tw_jwt_make(out, auth->algorithm, auth->secret, claims, err);
	tw_buf_release(&jti);
	tw_arena_release(&a);
	return rc;
}

enum tw_rc tw_auth_verify(const struct tw_api_auth *auth, struct tw_str token, int64_t now_us,
			  struct tw_arena *a, struct tw_http_user *ret_user, struct tw_err *err)
{
	struct tw_jwt_check check = {
		.alg = auth->algorithm,
		.key = auth->secret,
		.audience = auth->audience,
		.issuer = auth->issuer,
		.now_us = now_us,
		.leeway_us = auth->leeway * TW_US_SEC,
		.need_exp = true,
	};
	struct tw_value claims;
	struct tw_str name, role;
	enum tw_rc rc = tw_jwt_verify(a, &check, token, &claims, err);

	if (rc < 0)
		return rc;
	name = tw_map_str(claims, "sub", "");
	role = tw_map_str(claims, "role", "");
	if (!name.n || !role_ok(role))
		return tw_err_set(err, TW_ERR_DENIED, "the token names no user");
	*ret_user = (struct tw_http_user){name, role};
	return TW_OK;
}

/* ── of requests ──────────────────────────────────────────────────────────────────────── */

static struct tw_str cookie_token(struct tw_str cookies)
{
	while (cookies.p) {
		struct tw_str one = tw_str_trim(tw_str_cut(cookies, ';', &cookies)), value;

		if (tw_str_is(tw_str_cut(one, '=', &value), COOKIE) && value.p)
			return value;
	}
	return (struct tw_str){0};
}

void tw_api_authenticate(struct tw_request *req)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_str token = {0}, rest;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (auth->all_admins) {
		req->user = (struct tw_http_user){TW_STR("Anonymous"), TW_STR("ADMIN")};
		return;
	}
	if (tw_str_caseeq(tw_str_cut(req->authorization, ' ', &rest), "bearer") && rest.p)
		token = tw_str_trim(rest);
	else
		token = cookie_token(req->cookie);
	if (!token.n)
		return;
	rc = tw_auth_verify(auth, token, tw_now(), req->arena, &req->user, &err);
	if (rc < 0) {
		req->user = (struct tw_http_user){0};
		req->denied = rc == TW_ERR_TIMEOUT ? "Token Expired" : "Invalid JWT token";
		req->denied_status = rc == TW_ERR_TIMEOUT ? 401 : 403;
	}
}

/* The host part of "host:port", "[::1]:8080" or "http://host:port". */
static struct tw_str host_of(struct tw_str s)
{
	ptrdiff_t at = tw_str_find(s, TW_STR("://"), 0), end;

	if (at >= 0)
		s = tw_strn(s.p + at + 3, s.n - (size_t)at - 3);
	if (s.n && s.p[0] == '[') {
		end = tw_str_find(s, TW_STR("]"), 0);
		return end < 0 ? s : tw_strn(s.p + 1, (size_t)end - 1);
	}
	end = tw_str_find(s, TW_STR(":"), 0);
	return end < 0 ? s : tw_strn(s.p, (size_t)end);
}

static bool host_known(const struct tw_api *api, struct tw_str host)
{
	for (const char *const *h = api->hosts; h && *h; h++)
		if (tw_str_caseeq(host, *h))
			return true;
	return !api->hosts;
}

/*
 * Where no token is needed, a page of somebody else in a browser on this machine could drive the
 * engine. So the name by which we are called must be ours (a foreign name that leads to the
 * loopback address is refused), and what a page sends must come from our own.
 */
bool tw_api_admit(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);

	if (!api->auth.all_admins)
		return true;
	if (req->host.p && !host_known(api, host_of(req->host))) {
		tw_reply_error(resp, 403, "This server does not answer to that Host name");
		return false;
	}
	if (req->origin.p && !host_known(api, host_of(req->origin))) {
		tw_reply_error(resp, 403, "This server does not answer to pages from elsewhere");
		return false;
	}
	return true;
}
