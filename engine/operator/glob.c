#include "operator/glob.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/utf8.h"

struct walk {
	tw_glob_fn fn;
	void *arg;
	bool recursive;
	struct tw_buf path; /* found so far */
};

/* ── one name ─────────────────────────────────────────────────────────────────────────── */

static size_t step(struct tw_str s, uint32_t *ret_cp)
{
	size_t n = tw_utf8_next(s.p, s.n, ret_cp);

	if (!n)
		*ret_cp = (unsigned char)*s.p;
	return n ? n : 1;
}

static struct tw_str from(struct tw_str s, size_t n)
{
	return tw_strn(s.p + n, s.n - n);
}

/* "[a-z]": *p is behind the bracket; false when there is no end of it, then it is an ordinary character. */
static bool in_set(struct tw_str *p, uint32_t cp, bool *ret_in)
{
	bool not = p->n && *p->p == '!', found = false, first = true;
	struct tw_str s = not ? from(*p, 1) : *p;

	for (; s.n && (first || *s.p != ']'); first = false) {
		uint32_t low, high;
		s = from(s, step(s, &low));
		high = low;
		if (s.n > 1 && *s.p == '-' && s.p[1] != ']') {
			s = from(s, 1);
			s = from(s, step(s, &high));
		}
		found = found || (cp >= low && cp <= high);
	}
	if (!s.n)
		return false;
	*p = from(s, 1);
	*ret_in = found != not;
	return true;
}

/* Does one character match what the pattern begins with? Goes on in the pattern. */
static bool one(struct tw_str *pattern, uint32_t cp)
{
	uint32_t want;
	struct tw_str p = *pattern;
	size_t n = step(p, &want);
	bool in;

	*pattern = from(p, n);
	if (want == '?')
		return true;
	if (want == '[' && in_set(pattern, cp, &in))
		return in;
	return want == cp;
}

bool tw_glob_match(struct tw_str pattern, struct tw_str name)
{
	struct tw_str star = {0}, retry = {0};

	if (name.n && *name.p == '.' && !(pattern.n && *pattern.p == '.'))
		return false;
	while (name.n) {
		uint32_t cp;
		size_t n = step(name, &cp);
		if (pattern.n && *pattern.p == '*') {
			pattern = star = from(pattern, 1);
			retry = name;
			continue;
		}
		struct tw_str rest = pattern;
		if (pattern.n && one(&rest, cp)) {
			pattern = rest;
			name = from(name, n);
			continue;
		}
		if (!star.p)
			return false;
		retry = from(retry, step(retry, &cp));
		name = retry;
		pattern = star;
	}
	while (pattern.n && *pattern.p == '*')
		pattern = from(pattern, 1);
	return !pattern.n;
}

/* ── paths ────────────────────────────────────────────────────────────────────────────── */

static bool has_magic(struct tw_str s)
{
	return memchr(s.p, '*', s.n) || memchr(s.p, '?', s.n) || memchr(s.p, '[', s.n);
}

static bool go_on(struct walk *w, struct tw_str pattern);

/* The path with one more component, then the rest of the pattern. */
static bool into(struct walk *w, struct tw_str name, struct tw_str rest)
{
	size_t n = w->path.n;

	tw_buf_addstr(&w->path, name);
	bool on = go_on(w, rest);
	w->path.n = n;
	w->path.p[n] = '\0';
	return on;
}

static bool is_folder(const struct walk *w)
{
	struct stat st;

	return stat(w->path.n ? w->path.p : ".", &st) == 0 && S_ISDIR(st.st_mode);
}

static DIR *open_folder(const struct walk *w)
{
	return opendir(w->path.n ? w->path.p : ".");
}

static bool each_match(struct walk *w, struct tw_str component, struct tw_str rest)
{
	DIR *dir = open_folder(w);
	bool on = true;

	for (struct dirent *e; on && dir && (e = readdir(dir));) {
		struct tw_str name = tw_str(e->d_name);
		if (!tw_str_is(name, ".") && !tw_str_is(name, "..") && tw_glob_match(component, name))
			on = into(w, name, rest);
	}
	if (dir)
		closedir(dir);
	return on;
}

/* "**": here, and in every folder below that is not hidden. Links to folders are not followed twice: depth ends them. */
static bool any_depth(struct walk *w, struct tw_str rest, int depth)
{
	size_t n = w->path.n;
	bool on = go_on(w, rest.n ? from(rest, 1) : rest);
	DIR *dir = on && depth < 64 ? open_folder(w) : NULL;

	for (struct dirent *e; on && dir && (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		tw_buf_adds(&w->path, e->d_name);
		bool folder = is_folder(w);
		if (folder) {
			tw_buf_addc(&w->path, '/');
			on = any_depth(w, rest, depth + 1);
		} else if (!rest.n) {
			on = w->fn(w->arg, w->path.p);
		}
		w->path.n = n;
		w->path.p[n] = '\0';
	}
	if (dir)
		closedir(dir);
	return on;
}

static bool there(struct walk *w)
{
	struct stat st;

	/* A dangling link is there, too; the empty path is what "**" means by the folder it began in. */
	return w->path.n && lstat(w->path.p, &st) == 0 ? w->fn(w->arg, w->path.p) : true;
}

static bool go_on(struct walk *w, struct tw_str pattern)
{
	size_t n = w->path.n, slashes = 0;
	bool on;

	while (slashes < pattern.n && pattern.p[slashes] == '/')
		slashes++;
	if (slashes == pattern.n && (!slashes || !is_folder(w)))
		return slashes ? true : there(w);
	tw_buf_addstr(&w->path, tw_strn(pattern.p, slashes));
	pattern = from(pattern, slashes);
	if (!pattern.n) {
		on = there(w);
	} else {
		const char *end = memchr(pattern.p, '/', pattern.n);
		struct tw_str first = tw_strn(pattern.p, end ? (size_t)(end - pattern.p) : pattern.n);
		struct tw_str rest = from(pattern, first.n);
		if (w->recursive && tw_str_is(first, "**"))
			on = any_depth(w, rest, 0);
		else if (has_magic(first))
			on = each_match(w, first, rest);
		else
			on = into(w, first, rest);
	}
	w->path.n = n;
	if (w->path.p)
		w->path.p[n] = '\0';
	return on;
}

bool tw_glob(struct tw_str pattern, bool recursive, tw_glob_fn fn, void *arg)
{
	struct walk w = {.fn = fn, .arg = arg, .recursive = recursive};

	tw_buf_adds(&w.path, "");
	bool on = go_on(&w, pattern);
	tw_buf_release(&w.path);
	return on;
}

/* ── the file ─────────────────────────────────────────────────────────────────────────── */

/* os.walk: is there anything in it, or below, that is no folder? Links to folders are not walked. */
static bool holds_a_file(struct tw_buf *path, int depth)
{
	DIR *dir = depth < 64 ? opendir(path->p) : NULL;
	size_t n = path->n;
	bool found = false;

	for (struct dirent *e; !found && dir && (e = readdir(dir));) {
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		tw_buf_printf(path, "/%s", e->d_name);
		if (stat(path->p, &st) < 0 || !S_ISDIR(st.st_mode))
			found = true;
		else if (lstat(path->p, &st) == 0 && S_ISDIR(st.st_mode))
			found = holds_a_file(path, depth + 1);
		path->n = n;
		path->p[n] = '\0';
	}
	if (dir)
		closedir(dir);
	return found;
}

struct search {
	struct tw_buf *path;
	int64_t mtime;
	bool found;
};

static bool look_at(void *arg, const char *path)
{
	struct search *s = arg;
	TW_AUTO(tw_buf_release) struct tw_buf below = {0};
	struct stat st;

	if (stat(path, &st) < 0)
		return true;
	tw_buf_adds(&below, path);
	if (S_ISREG(st.st_mode)) {
		s->mtime = st.st_mtim.tv_sec;
		s->found = true;
	} else if (S_ISDIR(st.st_mode)) {
		s->found = holds_a_file(&below, 0);
	}
	if (s->found)
		tw_buf_adds(s->path, path);
	return !s->found;
}

bool tw_glob_find_file(struct tw_str pattern, bool recursive, struct tw_buf *ret_path, int64_t *ret_mtime)
{
	struct search s = {.path = ret_path};

	tw_glob(pattern, recursive, look_at, &s);
	if (s.found)
		*ret_mtime = s.mtime;
	return s.found;
}
