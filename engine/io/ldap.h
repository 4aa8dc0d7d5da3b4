/*
 * Asking an LDAP server, by libldap: does this password belong to that name, and who is it? Each call is a
 * connection of its own and waits for its answer, ten seconds at most.
 */
#pragma once

#include "base/str.h"
#include "value/value.h"

struct tw_ldap {
	const char *url;	       /* ldap://host:389, ldaps://host, ldapi://… */
	bool start_tls;		       /* over ldap://: nothing is said before the connection is encrypted */
	const char *ca_file, *ca_dir;  /* NULL or "": the system's */
	const char *cert_file, *key_file; /* our own; NULL or "": none */
	bool insecure;		       /* the server's certificate is not verified */
	const char *user;	       /* to bind as; NULL or "": nobody */
	const char *password;
};

/* TW_ERR_DENIED: not these two. An empty password, which servers take for nobody's, is denied here. */
enum tw_rc tw_ldap_bind(const struct tw_ldap *l, struct tw_err *err);
/* What is below base and fits: a list of {"dn": text, attribute in lower case: list of texts}. */
enum tw_rc tw_ldap_search(const struct tw_ldap *l, const char *base, const char *filter, const char *const *attributes,
			  struct tw_arena *a, struct tw_value *ret_list, struct tw_err *err);
/* One entry by its name, as above; null: it is not there, or not for us to see. */
enum tw_rc tw_ldap_entry(const struct tw_ldap *l, const char *dn, const char *const *attributes, struct tw_arena *a,
			 struct tw_value *ret_entry, struct tw_err *err);
/* A value within a filter (RFC 4515), or within a DN (RFC 4514). */
void tw_ldap_escape_filter(struct tw_buf *out, struct tw_str s);
void tw_ldap_escape_dn(struct tw_buf *out, struct tw_str s);
