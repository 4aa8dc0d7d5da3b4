/*
 * Who may come in: a name and a password, asked of the auth manager in use. Whoever keeps failing
 * waits (throttle.h).
 */
#pragma once

#include "api/app.h"
#include "store/users.h"

enum tw_sign_in {
	TW_SIGN_IN_OK,
	TW_SIGN_IN_WRONG, /* no such user, another password, not active: it does not say which */
	TW_SIGN_IN_WAIT,  /* too many failed: ret_wait_s */
	TW_SIGN_IN_LATER, /* resp->again_ms is set, or it has replied: return */
};

/* Once resp->again_ms was set the same is asked again. */
enum tw_sign_in tw_sign_in(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_str password,
			   struct tw_http_user *ret_user, int64_t *ret_wait_s);
/* Counts that the user has signed in, by whatever way: TW_SIGN_IN_OK. */
enum tw_sign_in tw_sign_in_known(struct tw_request *req, struct tw_store *s, const struct tw_user_row *u,
				 struct tw_http_user *ret_user);
