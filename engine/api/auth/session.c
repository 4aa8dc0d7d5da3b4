#include "api/auth/session.h"

#include "api/auth/auth.h"
#include "api/auth/cookie.h"
#include "api/errand.h"
#include "api/auth/fab.h"
#include "base/log.h"
#include "io/clock.h"
#include "store/tokens.h"

/* ── making ───────────────────────────────────────────────────────────────────────────── */

static struct tw_str new_jti(struct tw_arena *a)
{
	unsigned char raw[16];
	struct tw_buf text = {0};
	struct tw_str jti;

	tw_random(raw, sizeof raw);
	for (size_t i = 0; i < sizeof raw; i++)
		tw_buf_printf(&text, "%02x", raw[i]);
	jti = tw_str_copy(a, tw_buf_str(&text));
	tw_buf_release(&text);
	return jti;
}

enum tw_rc tw_token_sign(const struct tw_api_auth *auth, struct tw_arena *a, const struct tw_http_user *user, int64_t ttl_s,
			 struct tw_buf *out, struct tw_str *ret_jti, struct tw_err *err)
{
	struct tw_value claims = tw_v_map(a);
	int64_t now = tw_now() / TW_US_SEC;
	struct tw_str jti = new_jti(a);

	tw_map_putc(a, claims, "sub", tw_v_str(user->id));
	if (user->role.n) {
		tw_map_putc(a, claims, "role", tw_v_str(user->role));
		tw_map_putc(a, claims, "teams", tw_v_list(a));
	}
	tw_map_putc(a, claims, "jti", tw_v_str(jti));
	if (auth->audience)
		tw_map_putc(a, claims, "aud", tw_v_cstr(auth->audience));
	if (auth->issuer)
		tw_map_putc(a, claims, "iss", tw_v_cstr(auth->issuer));
	tw_map_putc(a, claims, "nbf", tw_v_int(now));
	tw_map_putc(a, claims, "exp", tw_v_int(now + ttl_s));
	tw_map_putc(a, claims, "iat", tw_v_int(now));
	if (ret_jti)
		*ret_jti = jti;
	return tw_jwt_make(out, auth->algorithm, auth->secret, claims, err);
}

enum tw_rc tw_session_token(struct tw_request *req, const struct tw_http_user *user, int64_t ttl_s, struct tw_buf *out,
			    struct tw_str *ret_jti, struct tw_err *err)
{
	return tw_token_sign(&tw_api_of(req)->auth, req->arena, user, ttl_s, out, ret_jti, err);
}

enum tw_rc tw_session_cookie(struct tw_request *req, struct tw_response *resp, const struct tw_http_user *user,
			     struct tw_err *err)
{
	int64_t ttl = tw_api_of(req)->auth.ttl;
	struct tw_buf token = {0};
	enum tw_rc rc = tw_session_token(req, user, ttl, &token, NULL, err);

	if (rc == TW_OK)
		tw_cookie_put(req, resp, TW_STR(TW_COOKIE), tw_buf_str(&token), "/", ttl);
	tw_buf_release(&token);
	return rc;
}

/* ── reading ──────────────────────────────────────────────────────────────────────────── */

static struct tw_str bearer_token(struct tw_str authorization)
{
	struct tw_str rest;

	if (tw_str_caseeq(tw_str_cut(authorization, ' ', &rest), "bearer") && rest.p)
		return tw_str_trim(rest);
	return (struct tw_str){0};
}

/* Signed by us, not expired, not revoked. TW_ERR_TIMEOUT: expired; else forged, broken or void. */
static enum tw_rc read_token(struct tw_request *req, struct tw_str token, struct tw_value *ret_claims, struct tw_err *err)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_jwt_check check = {
		.alg = auth->algorithm,
		.key = auth->secret,
		.audience = auth->audience,
		.issuer = auth->issuer,
		.now_us = tw_now(),
		.leeway_us = auth->leeway * TW_US_SEC,
		.need_exp = true,
	};
	enum tw_rc rc = tw_jwt_verify(req->arena, &check, token, ret_claims, err);
	struct tw_store *s = tw_api_thread_store(req->thread);
	bool revoked = true;

	if (rc < 0)
		return rc;
	if (!s)
		return tw_err_set(err, TW_ERR_DENIED, "the metastore cannot be opened");
	rc = tw_store_token_revoked(s, tw_map_str(*ret_claims, "jti", ""), &revoked, err);
	if (rc == TW_OK && revoked)
		rc = tw_err_set(err, TW_ERR_DENIED, "the token was revoked");
	return rc;
}

static void be(struct tw_http_user *u, const struct tw_grants *g)
{
	u->name = g->username;
	u->display = g->display;
	u->grants = g;
}

static enum tw_rc fab_user(struct tw_request *req, struct tw_http_user *u, struct tw_http_user *ret, struct tw_err *err)
{
	const struct tw_grants *g;
	int64_t id;
	enum tw_rc rc;

	if (!tw_str_to_int(u->id, &id) || id < 1)
		return tw_err_set(err, TW_ERR_DENIED, "the token names no user");
	rc = tw_fab_grants(tw_api_of(req)->auth.fab, tw_api_thread_store(req->thread), id, &g, err);
	if (rc < 0)
		return rc;
	if (!g->active) {
		tw_grants_unref(g);
		return tw_err_set(err, TW_ERR_DENIED, "the user is not active");
	}
	be(u, g);
	*ret = *u;
	return TW_OK;
}

/* Who shows no token may what the public role may, if there is one. */
static void be_public(struct tw_request *req)
{
	struct tw_fab *fab = tw_api_of(req)->auth.fab;
	struct tw_store *s = fab ? tw_api_thread_store(req->thread) : NULL;
	const struct tw_grants *g;

	if (s && tw_fab_grants(fab, s, 0, &g, NULL) == TW_OK)
		be(&req->user, g);
}

void tw_api_release(struct tw_request *req)
{
	tw_errand_forget(req);
	tw_grants_unref(req->user.grants);
}

/* The user counts by what the configuration says now, not by what it said when the token was made. */
static enum tw_rc find_user(struct tw_request *req, struct tw_value claims, struct tw_http_user *ret, struct tw_err *err)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_http_user u = {.jti = tw_map_str(claims, "jti", ""), .until = tw_map_int(claims, "exp", 0)};

	u.name = u.id = tw_map_str(claims, "sub", "");
	if (auth->fab)
		return fab_user(req, &u, ret, err);
	if (!u.name.n || !tw_auth_role(auth->users, u.name, &u.role))
		return tw_err_set(err, TW_ERR_DENIED, "the token names no user");
	*ret = u;
	return TW_OK;
}

void tw_api_authenticate(struct tw_request *req)
{
	struct tw_str token = bearer_token(req->authorization);
	bool by_cookie = !token.n;
	struct tw_err err = {0};
	struct tw_value claims;
	enum tw_rc rc;

	if (tw_api_of(req)->auth.all_admins) {
		req->user = (struct tw_http_user){
			.name = TW_STR("Anonymous"), .id = TW_STR("Anonymous"), .role = TW_STR("ADMIN")};
		return;
	}
	if (by_cookie)
		token = tw_cookie(req, TW_STR(TW_COOKIE));
	if (!token.n) {
		be_public(req);
		return;
	}
	rc = read_token(req, token, &claims, &err);
	if (rc == TW_OK)
		rc = find_user(req, claims, &req->user, &err);
	req->user.by_cookie = by_cookie;
	if (rc < 0) {
		req->user = (struct tw_http_user){0};
		req->denied = rc == TW_ERR_TIMEOUT ? "Token Expired" : "Invalid JWT token";
		req->denied_status = rc == TW_ERR_TIMEOUT ? 401 : 403;
	}
}

/* ── still ──────────────────────────────────────────────────────────────────────────── */

static bool token_counts(struct tw_request *req, struct tw_store *s)
{
	const struct tw_http_user *u = &req->user;
	bool revoked = true;

	if (u->until && tw_now() / TW_US_SEC >= u->until + tw_api_of(req)->auth.leeway)
		return false;
	return !u->jti.n || (tw_store_token_revoked(s, u->jti, &revoked, NULL) == TW_OK && !revoked);
}

bool tw_session_still(struct tw_request *req)
{
	struct tw_fab *fab = tw_api_of(req)->auth.fab;
	struct tw_store *s = tw_api_thread_store(req->thread);
	const struct tw_grants *g, *before = req->user.grants;

	if (tw_api_of(req)->auth.all_admins)
		return true;
	if (!s || !token_counts(req, s))
		return false;
	if (before) {
		if (tw_fab_grants(fab, s, before->id, &g, NULL) < 0)
			return false;
		be(&req->user, g);
		tw_grants_unref(before);
		if (!g->active)
			return false;
	}
	return tw_api_may_route(req);
}

/* ── ending ───────────────────────────────────────────────────────────────────────────── */

static void revoke(struct tw_request *req, struct tw_str token)
{
	struct tw_err err = {0};
	struct tw_value claims;

	if (!token.n || read_token(req, token, &claims, &err) < 0)
		return;
	if (tw_store_token_revoke(tw_api_thread_store(req->thread), tw_map_str(claims, "jti", ""),
				  tw_map_int(claims, "exp", 0) * TW_US_SEC, &err) < 0)
		tw_error("signing out: %s", err.msg);
}

void tw_session_end(struct tw_request *req, struct tw_response *resp)
{
	revoke(req, bearer_token(req->authorization));
	revoke(req, tw_cookie(req, TW_STR(TW_COOKIE)));
	tw_cookie_put(req, resp, TW_STR(TW_COOKIE), TW_STR(""), "/", 0);
}

enum tw_rc tw_session_csrf(struct tw_request *req, struct tw_buf *out, struct tw_err *err)
{
	struct tw_value claims = tw_v_map(req->arena);

	tw_map_putc(req->arena, claims, "csrf", tw_v_str(req->user.jti));
	return tw_jwt_make(out, TW_JWT_HS256, tw_api_of(req)->secret_key, claims, err);
}
