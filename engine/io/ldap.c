#include "io/ldap.h"

#include <ctype.h>
#include <ldap.h>
#include <string.h>
#include <sys/time.h>

#define TIMEOUT_S 10
#define ENTRIES_MAX 2 /* more than one is nobody */

void tw_ldap_escape_filter(struct tw_buf *out, struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("*()\\", s.p[i])) /* and NUL, which strchr finds at the end */
			tw_buf_printf(out, "\\%02x", (unsigned char)s.p[i]);
		else
			tw_buf_addc(out, s.p[i]);
}

void tw_ldap_escape_dn(struct tw_buf *out, struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(",+\"\\<>;=#", s.p[i]) || ((i == 0 || i + 1 == s.n) && s.p[i] == ' '))
			tw_buf_printf(out, "\\%02x", (unsigned char)s.p[i]);
		else
			tw_buf_addc(out, s.p[i]);
}

/* ── the connection ───────────────────────────────────────────────────────────────────── */

static enum tw_rc failed(const struct tw_ldap *l, LDAP *ld, int code, struct tw_err *err)
{
	char *more = NULL;
	enum tw_rc rc;

	switch (code) {
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_UNWILLING_TO_PERFORM:
		return tw_err_set(err, TW_ERR_DENIED, "the LDAP server refuses that name and password");
	case LDAP_NO_SUCH_OBJECT:
		return tw_err_set(err, TW_ERR_NOT_FOUND, "the LDAP server has nothing there");
	}
	if (ld)
		ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	rc = tw_err_set(err, TW_ERR_IO, "the LDAP server %s: %s%s%s", l->url, ldap_err2string(code), more && *more ? ": " : "",
			more ? more : "");
	ldap_memfree(more);
	return rc;
}

static bool given(const char *text)
{
	return text && *text;
}

static void set_text(LDAP *ld, int option, const char *text)
{
	if (given(text))
		ldap_set_option(ld, option, text);
}

/* The options of TLS count from the context that is made when all are said. */
static void set_options(LDAP *ld, const struct tw_ldap *l)
{
	const struct timeval patience = {TIMEOUT_S, 0};
	const int version = LDAP_VERSION3, demand = l->insecure ? LDAP_OPT_X_TLS_ALLOW : LDAP_OPT_X_TLS_DEMAND, client = 0;

	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &patience);
	ldap_set_option(ld, LDAP_OPT_TIMEOUT, &patience);
	ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	set_text(ld, LDAP_OPT_X_TLS_CACERTFILE, l->ca_file);
	set_text(ld, LDAP_OPT_X_TLS_CACERTDIR, l->ca_dir);
	set_text(ld, LDAP_OPT_X_TLS_CERTFILE, l->cert_file);
	set_text(ld, LDAP_OPT_X_TLS_KEYFILE, l->key_file);
	ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
}

static void leave(LDAP **ld)
{
	if (*ld)
		ldap_unbind_ext_s(*ld, NULL, NULL);
}

/* Connected, encrypted and bound. The caller leaves. */
static enum tw_rc enter(const struct tw_ldap *l, LDAP **ret_ld, struct tw_err *err)
{
	TW_AUTO(leave) LDAP *ld = NULL;
	struct berval password = {0};
	int code = ldap_initialize(&ld, l->url);

	if (code != LDAP_SUCCESS)
		return failed(l, NULL, code, err);
	set_options(ld, l);
	if (l->start_tls) {
		code = ldap_start_tls_s(ld, NULL, NULL);
		if (code != LDAP_SUCCESS)
			return tw_err_wrap((failed(l, ld, code == LDAP_INVALID_CREDENTIALS ? LDAP_CONNECT_ERROR : code, err), err),
					   "StartTLS");
	}
	if (given(l->user)) {
		password.bv_val = (char *)(l->password ? l->password : "");
		password.bv_len = strlen(password.bv_val);
	}
	code = ldap_sasl_bind_s(ld, given(l->user) ? l->user : NULL, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
	if (code != LDAP_SUCCESS)
		return failed(l, ld, code, err);
	*ret_ld = ld;
	ld = NULL;
	return TW_OK;
}

enum tw_rc tw_ldap_bind(const struct tw_ldap *l, struct tw_err *err)
{
	TW_AUTO(leave) LDAP *ld = NULL;

	if (!given(l->user) || !given(l->password))
		return tw_err_set(err, TW_ERR_DENIED, "an empty name or password");
	return enter(l, &ld, err);
}

/* ── questions ────────────────────────────────────────────────────────────────────────── */

static struct tw_value read_values(LDAP *ld, LDAPMessage *m, const char *name, struct tw_arena *a)
{
	struct berval **v = ldap_get_values_len(ld, m, name);
	struct tw_value list = tw_v_list(a);

	for (int i = 0; v && v[i]; i++)
		tw_list_push(a, list, tw_v_str(tw_str_copy(a, tw_strn(v[i]->bv_val, v[i]->bv_len))));
	ldap_value_free_len(v);
	return list;
}

static struct tw_value read_entry(LDAP *ld, LDAPMessage *m, struct tw_arena *a)
{
	struct tw_value entry = tw_v_map(a);
	BerElement *walk = NULL;
	char *dn = ldap_get_dn(ld, m);

	tw_map_putc(a, entry, "dn", tw_v_str(tw_str_copy(a, tw_str(dn ? dn : ""))));
	ldap_memfree(dn);
	for (char *name = ldap_first_attribute(ld, m, &walk); name; name = ldap_next_attribute(ld, m, walk)) {
		char *lower = tw_arena_strdup(a, name);

		for (char *p = lower; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		tw_map_putc(a, entry, lower, read_values(ld, m, name, a));
		ldap_memfree(name);
	}
	ber_free(walk, 0);
	return entry;
}

static enum tw_rc ask(const struct tw_ldap *l, const char *base, int scope, const char *filter, const char *const *attributes,
		      struct tw_arena *a, struct tw_value *ret_list, struct tw_err *err)
{
	TW_AUTO(leave) LDAP *ld = NULL;
	struct timeval patience = {TIMEOUT_S, 0};
	struct tw_value list = tw_v_list(a);
	LDAPMessage *answer = NULL;
	enum tw_rc rc = enter(l, &ld, err);
	int code;

	if (rc < 0)
		return rc;
	code = ldap_search_ext_s(ld, base, scope, filter, (char **)attributes, 0, NULL, NULL, &patience, ENTRIES_MAX, &answer);
	if (code == LDAP_SUCCESS || code == LDAP_SIZELIMIT_EXCEEDED)
		for (LDAPMessage *m = ldap_first_entry(ld, answer); m; m = ldap_next_entry(ld, m))
			tw_list_push(a, list, read_entry(ld, m, a));
	else if (code != LDAP_NO_SUCH_OBJECT)
		rc = failed(l, ld, code, err);
	ldap_msgfree(answer);
	if (rc == TW_OK)
		*ret_list = list;
	return rc;
}

enum tw_rc tw_ldap_search(const struct tw_ldap *l, const char *base, const char *filter, const char *const *attributes,
			  struct tw_arena *a, struct tw_value *ret_list, struct tw_err *err)
{
	return ask(l, base, LDAP_SCOPE_SUBTREE, filter, attributes, a, ret_list, err);
}

enum tw_rc tw_ldap_entry(const struct tw_ldap *l, const char *dn, const char *const *attributes, struct tw_arena *a,
			 struct tw_value *ret_entry, struct tw_err *err)
{
	struct tw_value list;
	enum tw_rc rc = ask(l, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attributes, a, &list, err);

	if (rc == TW_OK)
		*ret_entry = list.list->n ? list.list->v[0] : TW_NULL;
	return rc;
}
