/*
 * Where a request comes from. A browser sends what any page tells it to, with the cookies of whom it
 * sends it to: so who changes something by cookie alone has to show that the page was ours.
 */
#include "api/auth/session.h"

/* The host part of "host:port", "[::1]:8080" or "http://host:port". */
static struct tw_str authority_of(struct tw_str s)
{
	ptrdiff_t at = tw_str_find(s, TW_STR("://"), 0);
	struct tw_str rest;

	if (at >= 0)
		s = tw_strn(s.p + at + 3, s.n - (size_t)at - 3);
	return tw_str_cut(s, '/', &rest);
}

static struct tw_str host_of(struct tw_str s)
{
	ptrdiff_t end;

	s = authority_of(s);
	if (s.n && s.p[0] == '[') {
		end = tw_str_find(s, TW_STR("]"), 0);
		return end < 0 ? s : tw_strn(s.p + 1, (size_t)end - 1);
	}
	end = tw_str_find(s, TW_STR(":"), 0);
	return end < 0 ? s : tw_strn(s.p, (size_t)end);
}

static bool host_known(const struct tw_api *api, struct tw_str host)
{
	for (const char *const *h = api->hosts; h && *h; h++)
		if (tw_str_caseeq(host, *h))
			return true;
	return !api->hosts;
}

static bool changes(const struct tw_request *req)
{
	return strcmp(req->method, "GET") != 0 && strcmp(req->method, "HEAD") != 0 && strcmp(req->method, "OPTIONS") != 0;
}

/* Old browsers tell the origin alone. Behind a proxy the name we are called by may be [api] base_url's. */
bool tw_from_here(const struct tw_request *req, bool silent)
{
	struct tw_str site = tw_header(req, "Sec-Fetch-Site"), from = authority_of(req->origin);

	if (site.p)
		return tw_str_is(site, "same-origin") || tw_str_is(site, "none");
	if (!req->origin.p)
		return silent;
	return tw_str_eq(from, req->host) ||
	       (tw_api_of(req)->base_url && tw_str_eq(from, authority_of(tw_str(tw_api_of(req)->base_url))));
}

static bool shows_csrf_token(struct tw_request *req)
{
	struct tw_str shown = tw_header(req, "X-CSRF-Token");
	struct tw_buf right = {0};
	bool same;

	if (!shown.n || tw_session_csrf(req, &right, NULL) < 0)
		return false;
	same = tw_const_eq(shown, tw_buf_str(&right));
	tw_buf_release(&right);
	return same;
}

bool tw_api_admit_change(struct tw_request *req, struct tw_response *resp)
{
	if (!req->user.by_cookie || !changes(req) || tw_from_here(req, false) || shows_csrf_token(req))
		return true;
	tw_reply_error(resp, 403,
		       "A change by cookie must come from a page of this server, or show X-CSRF-Token");
	return false;
}

/*
 * Where no token is needed, a page of somebody else in a browser on this machine could drive the
 * engine. So the name by which we are called must be ours (a foreign name that leads to the
 * loopback address is refused), and what a page sends must come from our own.
 */
bool tw_api_admit(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);

	if (!api->auth.all_admins)
		return true;
	if (req->host.p && !host_known(api, host_of(req->host))) {
		tw_reply_error(resp, 403, "This server does not answer to that Host name");
		return false;
	}
	if ((req->origin.p && !host_known(api, host_of(req->origin))) ||
	    (changes(req) && tw_str_is(tw_header(req, "Sec-Fetch-Site"), "cross-site"))) {
		tw_reply_error(resp, 403, "This server does not answer to pages from elsewhere");
		return false;
	}
	return true;
}

/* Each proxy adds whom it heard it from at the end: the nth from there is what the outermost of ours saw. */
struct tw_str tw_client_address(const struct tw_request *req)
{
	struct tw_str list = tw_header(req, "X-Forwarded-For"), one = {0};
	int n = 0, proxies = tw_api_of(req)->auth.proxies;

	for (struct tw_str rest = list; rest.p; n++)
		tw_str_cut(rest, ',', &rest);
	for (int skip = n - proxies; proxies && list.p && skip >= 0; skip--)
		one = tw_str_trim(tw_str_cut(list, ',', &list));
	return one.n ? one : tw_peer(req);
}

const char *tw_base_path(const struct tw_request *req)
{
	const char *url = tw_api_of(req)->base_url, *host = url ? strstr(url, "://") : NULL,
		   *path = host ? strchr(host + 3, '/') : NULL;

	if (!path || strpbrk(path, "\"'<>&?#"))
		return "/";
	return path[strlen(path) - 1] == '/' ? path : tw_arena_printf(req->arena, "%s/", path);
}
