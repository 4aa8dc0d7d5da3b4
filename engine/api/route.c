#include "api/route.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool tw_url_decode(struct tw_arena *a, struct tw_str in, bool plus, struct tw_str *ret_out)
{
	char *out = tw_arena_alloc(a, in.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == '%') {
			int hi = i + 2 < in.n ? hex(in.p[i + 1]) : -1;
			int lo = i + 2 < in.n ? hex(in.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi * 16 + lo);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (!c)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	*ret_out = tw_strn(out, n);
	return true;
}

/* Matches one pattern; fills params with undecoded pieces. */
static bool match(const char *pattern, struct tw_str path, struct tw_str params[TW_HTTP_PARAMS],
		  size_t *ret_n)
{
	size_t n = 0, i = 0;

	for (const char *p = pattern; *p;) {
		if (*p == '{') {
			const char *end = strchr(p, '}');
			bool rest = end - p > 3 && memcmp(end - 3, "...", 3) == 0;
			size_t from = i;

			while (i < path.n && (rest || path.p[i] != '/'))
				i++;
			if ((i == from && !rest) || n == TW_HTTP_PARAMS)
				return false;
			params[n++] = tw_strn(path.p + from, i - from);
			p = end + 1;
		} else {
			if (i == path.n || path.p[i] != *p)
				return false;
			i++;
			p++;
		}
	}
	*ret_n = n;
	return i == path.n;
}

enum tw_match tw_route_find(struct tw_arena *a, const struct tw_route *const *tables,
			    const char *method, struct tw_str path,
			    const struct tw_route **ret_route,
			    struct tw_str ret_params[TW_HTTP_PARAMS])
{
	enum tw_match best = TW_MATCH_NONE;

	if (path.n > 1 && path.p[path.n - 1] == '/' && !tw_str_starts(path, "/api/"))
		path.n--;
	for (; *tables; tables++)
		for (const struct tw_route *r = *tables; r->method; r++) {
			struct tw_str params[TW_HTTP_PARAMS];
			size_t n;

			if (!match(r->pattern, path, params, &n))
				continue;
			if (strcmp(r->method, method) != 0 &&
			    !(strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0)) {
				best = TW_MATCH_OTHER_METHOD;
				continue;
			}
			for (size_t i = 0; i < n; i++)
				if (!tw_url_decode(a, params[i], false, &ret_params[i]))
					return TW_MATCH_NONE;
			*ret_route = r;
			return TW_MATCH_FOUND;
		}
	return best;
}

struct tw_str tw_route_param(const struct tw_request *req, const char *name)
{
	size_t n = 0, len = strlen(name);

	for (const char *p = strchr(req->route->pattern, '{'); p; p = strchr(p + 1, '{'), n++)
		if (strncmp(p + 1, name, len) == 0 && (p[1 + len] == '}' || p[1 + len] == '.'))
			return req->params[n];
	return (struct tw_str){0};
}

struct tw_str tw_route_methods(struct tw_arena *a, const struct tw_route *const *tables, struct tw_str path)
{
	static const char *const all[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
	const struct tw_route *route;
	struct tw_str params[TW_HTTP_PARAMS];
	const char *list = "";

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (tw_route_find(a, tables, all[i], path, &route, params) == TW_MATCH_FOUND)
			list = tw_arena_printf(a, "%s%s%s", list, *list ? ", " : "", all[i]);
	return tw_str(list);
}
