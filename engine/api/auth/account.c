/* /tradewind/account: what somebody changes of themselves. Ours: FAB has a form for it, no API. */
#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/auth/signin.h"
#include "api/tables.h"
#include "io/passhash.h"

/* The present one is asked for: a page left open is not enough. */
static bool knows(struct tw_request *req, struct tw_response *resp)
{
	struct tw_http_user user;
	int64_t wait_s;

	switch (tw_sign_in(req, resp, req->user.name, tw_map_str(req->json, "current_password", ""), &user, &wait_s)) {
	case TW_SIGN_IN_OK:
		return true;
	case TW_SIGN_IN_WRONG:
		tw_reply_error(resp, 403, "The present password is not right");
		break;
	case TW_SIGN_IN_WAIT:
		tw_reply_error(resp, 429, "Too many failed tries: try again in %lld s.", (long long)wait_s);
		break;
	case TW_SIGN_IN_LATER:
		break;
	}
	return false;
}

static enum tw_rc put(struct tw_store *s, struct tw_request *req, struct tw_err *err)
{
	struct tw_buf hash TW_AUTO(tw_buf_release) = {0};
	struct tw_user_row u;
	enum tw_rc rc = tw_store_user(s, req->user.name, req->arena, &u, err);

	if (rc < 0)
		return rc;
	tw_passhash_make(tw_map_str(req->json, "password", ""), &hash);
	u.password = tw_buf_str(&hash);
	return tw_store_user_put(s, &u, err);
}

static void change_password(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};

	if (!s)
		return;
	if (!auth->fab || !req->user.grants || !req->user.grants->id) {
		tw_reply_error(resp, 409, "Users and their passwords are not kept here: the configuration names them");
		return;
	}
	if (auth->ldap) {
		tw_reply_error(resp, 409, "Passwords are kept in the directory: change yours there");
		return;
	}
	if (!knows(req, resp))
		return;
	if (put(s, req, &err) < 0)
		tw_reply_err(resp, &err);
	else
		tw_reply_none(resp);
}

const struct tw_route tw_routes_account[] = {
	{"POST", "/tradewind/account/password", {TW_SIGNED_IN}, change_password},
	{0},
};
