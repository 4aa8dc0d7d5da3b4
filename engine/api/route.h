/* Which route a path belongs to. */
#pragma once

#include "api/http.h"

enum tw_match { TW_MATCH_NONE, TW_MATCH_OTHER_METHOD, TW_MATCH_FOUND };

/* path is undecoded; params are decoded into the arena. */
enum tw_match tw_route_find(struct tw_arena *a, const struct tw_route *const *tables,
			    const char *method, struct tw_str path,
			    const struct tw_route **ret_route,
			    struct tw_str ret_params[TW_HTTP_PARAMS]);

/* "GET, HEAD, PATCH": what may be done to that path. */
struct tw_str tw_route_methods(struct tw_arena *a, const struct tw_route *const *tables, struct tw_str path);

/* What stood for {name} in the pattern of the request's route; p NULL: it has no such piece. */
struct tw_str tw_route_param(const struct tw_request *req, const char *name);

/* Percent-decoding into the arena; plus: '+' is a space (query strings). false: malformed or NUL
 * inside. */
bool tw_url_decode(struct tw_arena *a, struct tw_str in, bool plus, struct tw_str *ret_out);
