#include <stdlib.h>

#include "io/file.h"

void tw_path_join(struct tw_buf *out, struct tw_str a, struct tw_str b)
{
	if (b.n && b.p[0] == '/') {
		tw_buf_addstr(out, b);
		return;
	}
	tw_buf_addstr(out, a);
	if (a.n && a.p[a.n - 1] != '/')
		tw_buf_addc(out, '/');
	tw_buf_addstr(out, b);
}

void tw_path_normalise(struct tw_buf *out, struct tw_str path)
{
	size_t start = out->n;
	bool absolute = path.n && path.p[0] == '/';
	size_t kept = 0; /* components that ".." can take back */
	if (absolute)
		tw_buf_addc(out, '/');
	size_t root = out->n;
	while (path.p && path.n) {
		struct tw_str part = tw_str_cut(path, '/', &path);
		if (part.n == 0 || tw_str_is(part, "."))
			continue;
		if (tw_str_is(part, "..") && kept) {
			while (out->n > root && out->p[out->n - 1] != '/')
				out->n--;
			if (out->n > root)
				out->n--;
			out->p[out->n] = 0;
			kept--;
			continue;
		}
		if (tw_str_is(part, "..") && absolute)
			continue;
		if (out->n > root)
			tw_buf_addc(out, '/');
		tw_buf_addstr(out, part);
		kept += !tw_str_is(part, "..");
	}
	if (out->n == start)
		tw_buf_addc(out, '.');
}

bool tw_path_below(struct tw_str path, struct tw_str dir)
{
	if (tw_str_is(dir, "/"))
		return path.n && path.p[0] == '/';
	if (path.n < dir.n || !tw_str_eq(tw_strn(path.p, dir.n), dir))
		return false;
	return path.n == dir.n || path.p[dir.n] == '/';
}

static ptrdiff_t last_slash(struct tw_str path)
{
	ptrdiff_t i = (ptrdiff_t)path.n - 1;
	while (i >= 0 && path.p[i] != '/')
		i--;
	return i;
}

struct tw_str tw_path_base(struct tw_str path)
{
	ptrdiff_t slash = last_slash(path);
	return tw_strn(path.p + slash + 1, path.n - (size_t)(slash + 1));
}

struct tw_str tw_path_dir(struct tw_str path)
{
	ptrdiff_t slash = last_slash(path);
	if (slash < 0)
		return TW_STR(".");
	return slash == 0 ? TW_STR("/") : tw_strn(path.p, (size_t)slash);
}

static bool is_name_char(char c)
{
	return tw_is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* At a '$': appends the variable's value and returns how much was read, or 0 when it names none. */
static size_t expand_variable(struct tw_buf *out, struct tw_str s)
{
	bool braces = s.n > 1 && s.p[1] == '{';
	size_t from = braces ? 2 : 1, to = from;
	while (to < s.n && (braces ? s.p[to] != '}' : is_name_char(s.p[to])))
		to++;
	if (to == from || (braces && to == s.n))
		return 0;
	TW_AUTO(tw_freep) char *name = tw_strndup(s.p + from, to - from);
	const char *value = getenv(name);
	if (!value)
		return 0;
	tw_buf_adds(out, value);
	return to + braces;
}

static void expand_once(struct tw_buf *out, struct tw_str path)
{
	size_t i = 0;
	const char *home = getenv("HOME");
	if (home && path.n && path.p[0] == '~' && (path.n == 1 || path.p[1] == '/')) {
		tw_buf_adds(out, home);
		i = 1;
	}
	while (i < path.n) {
		size_t read = 0;
		if (path.p[i] == '$')
			read = expand_variable(out, tw_strn(path.p + i, path.n - i));
		if (!read)
			tw_buf_addc(out, path.p[i++]);
		i += read;
	}
}

void tw_path_expand(struct tw_buf *out, struct tw_str path)
{
	TW_AUTO(tw_buf_release) struct tw_buf a = {0};
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	tw_buf_addstr(&a, path);
	/* A variable may name others; one that names itself comes to an end too. */
	for (int i = 0; i < 8 && a.n < 65536; i++) {
		tw_buf_clear(&b);
		expand_once(&b, tw_buf_str(&a));
		if (tw_str_eq(tw_buf_str(&a), tw_buf_str(&b)))
			break;
		tw_buf_clear(&a);
		tw_buf_addstr(&a, tw_buf_str(&b));
	}
	tw_buf_addstr(out, tw_buf_str(&a));
}
