#include "api/signin.h"

#include "api/auth.h"
#include "api/session.h"
#include "api/throttle.h"
#include "base/log.h"
#include "io/clock.h"

static enum tw_sign_in ask_manager(struct tw_request *req, struct tw_response *resp, struct tw_str name,
				   struct tw_str password, struct tw_http_user *ret_user)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	struct tw_http_user u = {.name = name, .id = name};

	if (!tw_auth_check(auth, name, password, &u.role, req->arena))
		return TW_SIGN_IN_WRONG;
	*ret_user = u;
	return TW_SIGN_IN_OK;
}

/* Counted once, however often the request is taken up again. */
static int64_t wait_for(struct tw_request *req, struct tw_str address, struct tw_str name)
{
	struct tw_throttle *t = tw_api_of(req)->auth.throttle;

	return t && !req->memo ? tw_throttle_try(t, address, name, tw_monotonic()) : 0;
}

enum tw_sign_in tw_sign_in(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_str password,
			   struct tw_http_user *ret_user, int64_t *ret_wait_s)
{
	struct tw_str address = tw_client_address(req);
	int64_t wait = wait_for(req, address, name);
	enum tw_sign_in outcome;

	if (wait) {
		*ret_wait_s = (wait + TW_US_SEC - 1) / TW_US_SEC;
		return TW_SIGN_IN_WAIT;
	}
	outcome = ask_manager(req, resp, name, password, ret_user);
	if (outcome == TW_SIGN_IN_OK && tw_api_of(req)->auth.throttle)
		tw_throttle_passed(tw_api_of(req)->auth.throttle, address, name);
	if (outcome == TW_SIGN_IN_WRONG)
		tw_warn("sign-in of '" TW_STR_FMT "' from " TW_STR_FMT " failed", TW_STR_ARG(name), TW_STR_ARG(address));
	return outcome;
}
