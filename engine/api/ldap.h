/* Signing in by LDAP: FAB's AUTH_LDAP_ options, and who comes for the first time becomes a user. */
#pragma once

#include "store/users.h"

/* Texts may be NULL or "" where FAB has no default either. */
struct tw_ldap_sign_in {
	const char *server, *bind_user, *bind_password, *search, *search_filter, *append_domain, *username_format, *ca_file;
	const char *uid_field, *firstname_field, *lastname_field, *email_field, *group_field;
	const char *roles_mapping;     /* JSON: {"cn=admins,…": ["Admin"]} */
	const char *registration_role; /* "Public" */
	bool allow_self_signed, registration, sync_roles;
};

/* Is it them? The user as stored, made or brought up to date; TW_ERR_DENIED: no, whatever the reason. */
enum tw_rc tw_ldap_sign_in(const struct tw_ldap_sign_in *o, struct tw_store *s, struct tw_str name, struct tw_str password,
			   struct tw_arena *a, struct tw_user_row *ret_user, struct tw_err *err);
