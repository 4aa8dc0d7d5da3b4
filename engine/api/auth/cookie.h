/* Cookies: what came with a request, and what an answer leaves in the browser. */
#pragma once

#include "api/http.h"

/* p NULL: it did not come. */
struct tw_str tw_cookie(const struct tw_request *req, struct tw_str name);
/* For no script, for no other site's changes, and for TLS alone where the server speaks it. Age 0: forgotten at once. */
void tw_cookie_put(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_str value, const char *path,
		   int64_t age_s);
