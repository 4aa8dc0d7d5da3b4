#include "api/auth/cookie.h"

#include "api/app.h"

struct tw_str tw_cookie(const struct tw_request *req, struct tw_str name)
{
	struct tw_str rest = req->cookie;

	while (rest.p) {
		struct tw_str one = tw_str_trim(tw_str_cut(rest, ';', &rest)), value;

		if (tw_str_eq(tw_str_cut(one, '=', &value), name) && value.p)
			return value;
	}
	return (struct tw_str){0};
}

void tw_cookie_put(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_str value, const char *path,
		   int64_t age_s)
{
	tw_reply_header(resp, TW_STR("Set-Cookie"),
			tw_str(tw_arena_printf(req->arena,
					       TW_STR_FMT "=" TW_STR_FMT "; Path=%s; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
					       TW_STR_ARG(name), TW_STR_ARG(value), path, (long long)age_s,
					       tw_api_of(req)->auth.secure_cookie ? "; Secure" : "")));
}
