/*
 * Who was vouched for by somebody else (a directory, a provider of sign-ins, a proxy) as a user of the metastore: FAB's
 * AUTH_USER_REGISTRATION, AUTH_ROLES_MAPPING and AUTH_ROLES_SYNC_AT_LOGIN.
 */
#pragma once

#include "store/users.h"

struct tw_newcomers {
	struct tw_value roles_mapping; /* {"cn=admins,…": ["Admin"]} */
	const char *registration_role; /* NULL or "": "Public" */
	bool registration, sync_roles;
};

struct tw_newcomer {
	struct tw_str username, first_name, last_name, email; /* no email: one that is none is made of the name */
	struct tw_value role_keys;			      /* list of texts: what roles_mapping maps */
	bool described; /* false: all that is known is that it is them; nobody is registered by that, or given roles */
	struct tw_str registration_role;		      /* instead of the general one; p NULL: none */
};

/* The text of AUTH_ROLES_MAPPING; "" is none. */
enum tw_rc tw_newcomers_mapping(struct tw_arena *a, const char *json, struct tw_value *ret, struct tw_err *err);
/* Made, brought up to date or left as it is. TW_ERR_DENIED: not registered, or not active. */
enum tw_rc tw_newcomer_take(const struct tw_newcomers *o, struct tw_store *s, const struct tw_newcomer *who,
			    struct tw_arena *a, struct tw_user_row *ret_user, struct tw_err *err);
