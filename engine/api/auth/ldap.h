/*
 * Signing in by LDAP: FAB's AUTH_LDAP_ options. Asking the directory takes as long as it takes and needs no metastore; who was
 * found then becomes a user (api/auth/newcomer.h).
 */
#pragma once

#include "api/auth/newcomer.h"

/* Texts may be NULL or "" where FAB has no default either. */
struct tw_ldap_sign_in {
	const char *server, *bind_user, *bind_password, *search, *search_filter, *append_domain, *username_format;
	const char *ca_file, *ca_dir, *cert_file, *key_file;
	const char *uid_field, *firstname_field, *lastname_field, *email_field, *group_field;
	bool start_tls, allow_self_signed;
	bool nested_groups; /* a group's groups count, too */
};

/*
 * Is it them? What the directory says of them goes into the arena. TW_ERR_DENIED: no, whatever the reason.
 */
enum tw_rc tw_ldap_sign_in(const struct tw_ldap_sign_in *o, struct tw_str name, struct tw_str password, struct tw_arena *a,
			   struct tw_newcomer *ret_who, struct tw_err *err);
