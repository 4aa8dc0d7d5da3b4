/*
 * The simple auth manager: users and their roles from the configuration, passwords made at the first
 * start and kept in a file of mode 0600.
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
