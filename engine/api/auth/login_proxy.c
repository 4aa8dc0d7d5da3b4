/*
 * Signing in where a proxy of the team's own has done that already, and names the user in a header: FAB's AUTH_REMOTE_USER. Only
 * who asks from an address that is trusted is believed.
 */
#include <arpa/inet.h>

#include "api/auth/login.h"
#include "api/auth/newcomer.h"
#include "api/auth/session.h"
#include "base/log.h"

/* ── addresses ────────────────────────────────────────────────────────────────────────── */

struct address {
	unsigned char b[16];
	int bits; /* 32, 128 */
};

static bool parse(struct tw_str text, struct address *ret)
{
	char buf[64];

	if (tw_str_starts(text, "::ffff:") && tw_str_find(text, TW_STR("."), 0) > 0)
		text = tw_strn(text.p + 7, text.n - 7);
	if (text.n >= sizeof buf)
		return false;
	memcpy(buf, text.p, text.n);
	buf[text.n] = '\0';
	ret->bits = 32;
	if (inet_pton(AF_INET, buf, ret->b) == 1)
		return true;
	ret->bits = 128;
	return inet_pton(AF_INET6, buf, ret->b) == 1;
}

/* "10.0.0.5", "10.0.0.0/8". false: it is no such thing. */
static bool parse_net(struct tw_str text, struct address *ret, int64_t *ret_prefix)
{
	struct tw_str rest, base = tw_str_cut(text, '/', &rest);

	if (!parse(base, ret))
		return false;
	*ret_prefix = ret->bits;
	return !rest.p || (tw_str_to_int(rest, ret_prefix) && *ret_prefix >= 0 && *ret_prefix <= ret->bits);
}

static bool within(const struct address *a, const struct address *net, int64_t prefix)
{
	int64_t whole = prefix / 8, rest = prefix % 8;

	return a->bits == net->bits && memcmp(a->b, net->b, (size_t)whole) == 0 &&
	       (!rest || (a->b[whole] ^ net->b[whole]) >> (8 - rest) == 0);
}

static bool in_list(const char *list, const struct address *a, bool *ret_ok)
{
	bool found = false;

	*ret_ok = true;
	for (struct tw_str rest = tw_str(list); rest.p;) {
		struct tw_str one = tw_str_trim(tw_str_cut(rest, ',', &rest));
		struct address net;
		int64_t prefix;

		if (!one.n)
			continue;
		if (parse_net(one, &net, &prefix))
			found |= within(a, &net, prefix);
		else
			*ret_ok = false;
	}
	return found;
}

bool tw_proxies_ok(const char *list)
{
	struct address none = {.bits = 0};
	bool ok;

	in_list(list, &none, &ok);
	return ok && strpbrk(list, "0123456789:");
}

/* ── signing in ───────────────────────────────────────────────────────────────────────── */

bool tw_login_by_proxy(struct tw_request *req, struct tw_http_user *ret_user)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_newcomers rules = *auth->newcomers;
	struct tw_newcomer who = {.described = true, .last_name = TW_STR("-"), .role_keys = TW_NULL};
	struct tw_store *s = tw_api_thread_store(req->thread);
	struct tw_user_row u;
	struct tw_err err = {0};
	struct address peer;
	bool ok;

	if (!auth->remote_header || !s)
		return false;
	who.username = who.first_name = tw_request_header(req, auth->remote_header);
	if (!who.username.n)
		return false;
	if (!parse(tw_peer(req), &peer) || !in_list(auth->remote_from, &peer, &ok)) {
		tw_warn("sign-in: " TW_STR_FMT " sends %s, and is not in [fab] auth_remote_user_from", TW_STR_ARG(tw_peer(req)),
			auth->remote_header);
		return false;
	}
	rules.sync_roles = false; /* a name says nothing of roles */
	if (tw_newcomer_take(&rules, s, &who, req->arena, &u, &err) < 0) {
		tw_warn("sign-in of '" TW_STR_FMT "', whom the proxy names: %s", TW_STR_ARG(who.username), err.msg);
		return false;
	}
	return tw_sign_in_known(req, s, &u, ret_user) == TW_SIGN_IN_OK;
}
