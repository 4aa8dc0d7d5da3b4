/* .airflowignore: gitignore's globs (Airflow 3's default) or regular expressions (2.x's). */
#include <regex.h>
#include <stdlib.h>

#include "base/log.h"
#include "daemon/dagfiles.h"

struct rule {
	char *glob;       /* NULL: regexp */
	bool negated, only_dirs, anchored;
	regex_t re;
};

struct tw_ignore {
	TW_VEC(struct rule) rules;
};

/* [abc], [!a-z]; returns behind the bracket, or NULL when it is not closed. */
static const char *match_class(const char *p, char c, bool *ret_hit)
{
	bool negated = *p == '!' || *p == '^', hit = false;

	if (negated)
		p++;
	for (bool first = true; *p && (*p != ']' || first); p++, first = false) {
		if (p[1] == '-' && p[2] && p[2] != ']') {
			hit |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			hit |= c == *p;
		}
	}
	*ret_hit = hit != negated;
	return *p ? p + 1 : NULL;
}

/* A glob of gitignore: * and ? stop at slashes, ** does not. steps bounds the backtracking. */
static bool glob_match(const char *p, const char *s, int *steps)
{
	for (; *p; s++) {
		bool hit;

		if (--*steps < 0)
			return false;
		if (p[0] == '*' && p[1] == '*') {
			const char *rest = p + 2;

			if (*rest == '/' && glob_match(rest + 1, s, steps))
				return true;
			for (;; s++) {
				if (glob_match(rest, s, steps))
					return true;
				if (!*s || *steps < 0)
					return false;
			}
		}
		if (*p == '*') {
			for (;; s++) {
				if (glob_match(p + 1, s, steps))
					return true;
				if (!*s || *s == '/' || *steps < 0)
					return false;
			}
		}
		if (!*s)
			return false;
		if (*p == '[') {
			p = match_class(p + 1, *s, &hit);
			if (!p || !hit || *s == '/')
				return false;
			continue;
		}
		if (*p == '?') {
			if (*s == '/')
				return false;
			p++;
			continue;
		}
		if (*p == '\\' && p[1])
			p++;
		if (*p++ != *s)
			return false;
	}
	return !*s;
}

static void add_glob(struct tw_ignore *ig, struct tw_str line)
{
	struct rule r = { 0 };

	if (line.p[0] == '!') {
		r.negated = true;
		line = tw_strn(line.p + 1, line.n - 1);
	}
	if (line.n && line.p[line.n - 1] == '/') {
		r.only_dirs = true;
		line.n--;
	}
	if (line.n && line.p[0] == '/') {
		r.anchored = true;
		line = tw_strn(line.p + 1, line.n - 1);
	} else {
		r.anchored = tw_str_find(line, TW_STR("/"), 0) >= 0;
	}
	if (!line.n)
		return;
	r.glob = tw_str_dup(line);
	tw_vec_push(&ig->rules, r);
}

/* Python's \d is not in POSIX; \w, \s and \b are. */
static void add_regexp(struct tw_ignore *ig, struct tw_str line, const char *where, size_t lineno)
{
	struct rule r = { 0 };
	struct tw_buf re = { 0 };
	int rc;

	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\\' && i + 1 < line.n && line.p[i + 1] == 'd') {
			tw_buf_adds(&re, "[0-9]");
			i++;
		} else {
			tw_buf_addc(&re, line.p[i]);
		}
	rc = regcomp(&r.re, tw_buf_cstr(&re), REG_EXTENDED | REG_NOSUB);
	tw_buf_release(&re);
	if (rc) {
		char why[120];

		regerror(rc, &r.re, why, sizeof why);
		tw_warn("%s line %zu is no regular expression and is skipped: %s", where, lineno, why);
		return;
	}
	tw_vec_push(&ig->rules, r);
}

struct tw_ignore *tw_ignore_parse(struct tw_str text, enum tw_ignore_syntax syntax, const char *where)
{
	struct tw_ignore *ig = tw_new(struct tw_ignore);

	for (size_t lineno = 1; text.p; lineno++) {
		struct tw_str line = tw_str_cut(text, '\n', &text);
		ptrdiff_t hash = tw_str_find(line, TW_STR("#"), 0);

		if (hash >= 0 && (syntax == TW_IGNORE_REGEXP || hash == 0))
			line.n = (size_t)hash;
		line = tw_str_trim(line);
		if (!line.n)
			continue;
		if (syntax == TW_IGNORE_GLOB)
			add_glob(ig, line);
		else
			add_regexp(ig, line, where, lineno);
	}
	return ig;
}

void tw_ignore_free(struct tw_ignore *ig)
{
	if (!ig)
		return;
	for (size_t i = 0; i < ig->rules.n; i++)
		if (ig->rules.v[i].glob)
			free(ig->rules.v[i].glob);
		else
			regfree(&ig->rules.v[i].re);
	tw_vec_release(&ig->rules);
	free(ig);
}

static bool rule_hits(const struct rule *r, const char *relative, bool is_dir)
{
	const char *slash = strrchr(relative, '/');
	int steps = 100000;

	if (!r->glob)
		return regexec(&r->re, relative, 0, NULL, 0) == 0;
	if (r->only_dirs && !is_dir)
		return false;
	return glob_match(r->glob, r->anchored || !slash ? relative : slash + 1, &steps);
}

int tw_ignore_match(const struct tw_ignore *ig, const char *relative, bool is_dir)
{
	for (size_t i = ig->rules.n; i-- > 0;)
		if (rule_hits(&ig->rules.v[i], relative, is_dir))
			return !ig->rules.v[i].negated;
	return -1;
}
