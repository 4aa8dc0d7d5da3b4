/* What the ways of signing in share: the page where they are, and where a browser goes on. */
#pragma once

#include "api/auth/signin.h"

/* A path of ours, never another host: what was asked for if it is one, else "/". */
struct tw_str tw_next_path(struct tw_str next);
/* The same as a Location: below the path that a proxy serves us at. */
struct tw_str tw_next_location(struct tw_request *req, struct tw_str next);
/* The page. fault: what went wrong, in words for people; NULL: nothing. */
void tw_login_page(struct tw_request *req, struct tw_response *resp, struct tw_str next, struct tw_str name, int status,
		   const char *fault);
/* NULL-ended pairs of a link and its text: the providers, to be gone to with this next (login_oauth.c). */
const char *const *tw_login_providers(struct tw_request *req, struct tw_str next);
/* Signing out at the provider, too, where that is asked for: true when it has taken the answer upon itself. */
bool tw_logout_at_provider(struct tw_request *req, struct tw_response *resp);
/* Has a proxy that is trusted named the user (login_proxy.c)? */
bool tw_login_by_proxy(struct tw_request *req, struct tw_http_user *ret_user);
bool tw_proxies_ok(const char *list); /* addresses, or nets as 10.0.0.0/8, between commas: at least one, and nothing else */
/* Browsers that sign out forget who has signed them in. */
void tw_logout_forget(struct tw_request *req, struct tw_response *resp);
