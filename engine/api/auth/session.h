/*
 * Who asks: tokens (JWT, claims as Airflow's: sub, role, teams, jti, aud, nbf, exp, iat), the cookie
 * that brings one along, and signing out, which makes a token void before its time.
 */
#pragma once

#include "api/app.h"

#define TW_COOKIE "_token"

/* Signs a token for the user (id, role) with a jti of its own, which goes into the arena. */
enum tw_rc tw_token_sign(const struct tw_api_auth *auth, struct tw_arena *a, const struct tw_http_user *user, int64_t ttl_s,
			 struct tw_buf *out, struct tw_str *ret_jti, struct tw_err *err);
/* A token for a user who has shown who they are. ret_jti may be NULL, else it goes into the arena. */
enum tw_rc tw_session_token(struct tw_request *req, const struct tw_http_user *user, int64_t ttl_s, struct tw_buf *out,
			    struct tw_str *ret_jti, struct tw_err *err);
/* The same as a cookie of the answer. */
enum tw_rc tw_session_cookie(struct tw_request *req, struct tw_response *resp, const struct tw_http_user *user,
			     struct tw_err *err);
/* Revokes every good token that the request shows, and takes the cookie back. */
void tw_session_end(struct tw_request *req, struct tw_response *resp);

/*
 * Whoever keeps listening: does the token still count, is the user still there and active, and may they still what the route
 * asks for? What they may is brought up to date. By the thread in req->thread.
 */
bool tw_session_still(struct tw_request *req);

/* What a change that comes with the cookie may show in X-CSRF-Token: made of the token's jti. */
enum tw_rc tw_session_csrf(struct tw_request *req, struct tw_buf *out, struct tw_err *err);
/*
 * Does a page of our own send this, as far as the browser tells (Sec-Fetch-Site, Origin)? silent: what
 * is answered when it tells nothing.
 */
bool tw_from_here(const struct tw_request *req, bool silent);
/* Whom the request comes from: behind our own proxies, whom they say they speak for. */
struct tw_str tw_client_address(const struct tw_request *req);
/* The path of [api] base_url, with a slash at its end: a proxy may serve us below one. */
const char *tw_base_path(const struct tw_request *req);
