/*
 * Sign-in with the simple auth manager: users from the configuration, passwords made at the first
 * start and kept in a file of mode 0600, tokens as JWT (contracts: HS512, claims sub, role, teams,
 * jti, aud, nbf, exp, iat).
 */
#pragma once

#include "api/app.h"

/* Of "admin:admin,anna:viewer": the role of a name. false: no such user. */
bool tw_auth_role(struct tw_str users, struct tw_str name, struct tw_str *ret_role);
/*
 * Makes sure that every user has a password in the file. What is new is written (mode 0600) and
 * told through fn, once, so that somebody can read it. A user without a role, or with an unknown
 * one, is TW_ERR_INVALID.
 */
enum tw_rc tw_auth_passwords_make(struct tw_str users, const char *path,
				  void (*fn)(void *arg, struct tw_str name, const char *password),
				  void *arg, struct tw_err *err);
/* Right name and password? A missing file or name is no. */
bool tw_auth_check(const struct tw_api_auth *auth, struct tw_str name, struct tw_str password,
		   struct tw_str *ret_role, struct tw_arena *a);
enum tw_rc tw_auth_token(const struct tw_api_auth *auth, struct tw_str name, struct tw_str role,
			 int64_t ttl, int64_t now_us, struct tw_buf *out, struct tw_err *err);
/* TW_ERR_TIMEOUT: expired; TW_ERR_DENIED, TW_ERR_INVALID: forged or broken. */
enum tw_rc tw_auth_verify(const struct tw_api_auth *auth, struct tw_str token, int64_t now_us,
			  struct tw_arena *a, struct tw_http_user *ret_user, struct tw_err *err);
