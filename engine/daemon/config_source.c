#include "daemon/config_source.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/vec.h"
#include "io/proc.h"

/* ── INI ──────────────────────────────────────────────────────────────────────────────── */

struct reader {
	struct tw_buf section, option, value;
	int line;         /* of the option */
	tw_ini_fn fn;
	void *arg;
};

static void flush(struct reader *r)
{
	if (r->option.n)
		r->fn(r->arg, tw_buf_cstr(&r->section), tw_buf_cstr(&r->option), tw_buf_cstr(&r->value), r->line);
	tw_buf_clear(&r->option);
	tw_buf_clear(&r->value);
}

static void add_lower(struct tw_buf *b, struct tw_str s)
{
	tw_buf_clear(b);
	for (size_t i = 0; i < s.n; i++)
		tw_buf_addc(b, (char)tolower((unsigned char)s.p[i]));
}

static size_t find_separator(struct tw_str line)
{
	size_t i = 0;

	while (i < line.n && line.p[i] != '=' && line.p[i] != ':')
		i++;
	return i;
}

static enum tw_rc read_line(struct reader *r, struct tw_str raw, int number, const char *path, struct tw_err *err)
{
	struct tw_str line = tw_str_trim(raw);
	size_t sep;

	if (line.n && (line.p[0] == '#' || line.p[0] == ';'))
		return TW_OK;
	if (!line.n) {
		if (r->option.n && r->value.n)
			tw_buf_addc(&r->value, '\n');
		return TW_OK;
	}
	if (isspace((unsigned char)raw.p[0]) && r->option.n) {
		tw_buf_addc(&r->value, '\n');
		tw_buf_addstr(&r->value, line);
		return TW_OK;
	}
	flush(r);
	if (line.p[0] == '[') {
		if (line.p[line.n - 1] != ']')
			return tw_err_set(err, TW_ERR_INVALID, "%s:%d: a section is [name]", path, number);
		add_lower(&r->section, tw_strn(line.p + 1, line.n - 2));
		return TW_OK;
	}
	sep = find_separator(line);
	if (sep == line.n || !sep || !r->section.n)
		return tw_err_set(err, TW_ERR_INVALID, "%s:%d: expected `option = value` below a [section]", path, number);
	add_lower(&r->option, tw_str_trim(tw_strn(line.p, sep)));
	tw_buf_addstr(&r->value, tw_str_trim(tw_strn(line.p + sep + 1, line.n - sep - 1)));
	r->line = number;
	return TW_OK;
}

enum tw_rc tw_ini_read(struct tw_str text, const char *path, tw_ini_fn fn, void *arg, struct tw_err *err)
{
	struct reader r = { .fn = fn, .arg = arg };
	enum tw_rc rc = TW_OK;

	for (int number = 1; text.p && rc == TW_OK; number++)
		rc = read_line(&r, tw_str_cut(text, '\n', &text), number, path, err);
	while (r.value.n && r.value.p[r.value.n - 1] == '\n')
		r.value.p[--r.value.n] = '\0';
	if (rc == TW_OK)
		flush(&r);
	tw_buf_release(&r.section);
	tw_buf_release(&r.option);
	tw_buf_release(&r.value);
	return rc;
}

struct wanted {
	const char *section, *option;
	int found;
};

static void look(void *arg, const char *section, const char *option, const char *value, int line)
{
	struct wanted *w = arg;

	if (strcmp(section, w->section) == 0 && strcmp(option, w->option) == 0)
		w->found = atoi(value);
}

int tw_ini_find_int(struct tw_str text, const char *section, const char *option)
{
	struct wanted w = { section, option, 0 };

	tw_ini_read(text, "", look, &w, NULL);
	return w.found;
}

/* ── commands ─────────────────────────────────────────────────────────────────────────── */

/* Words by white space; '…' and "…" hold one together. */
static char **split_words(const char *command)
{
	TW_VEC(char *) words = { 0 };
	struct tw_buf word = { 0 };
	char quote = 0;
	bool in_word = false;

	for (const char *p = command;; p++) {
		if (!*p || (!quote && isspace((unsigned char)*p))) {
			if (in_word)
				tw_vec_push(&words, tw_strndup(tw_buf_cstr(&word), word.n));
			tw_buf_clear(&word);
			in_word = false;
			if (!*p)
				break;
		} else if (quote ? *p == quote : *p == '\'' || *p == '"') {
			quote = quote ? 0 : *p;
			in_word = true;
		} else {
			tw_buf_addc(&word, *p);
			in_word = true;
		}
	}
	tw_buf_release(&word);
	tw_vec_push(&words, NULL);
	return words.v;
}

static void free_words(char **words)
{
	for (char **w = words; *w; w++)
		free(*w);
	free(words);
}

enum tw_rc tw_config_run_command(const char *command, struct tw_buf *out, struct tw_err *err)
{
	char **argv = split_words(command), chunk[4096];
	struct tw_fd_map map = { -1, STDOUT_FILENO };
	struct tw_proc_opts opts = { .argv = (const char *const *)argv, .fds = &map, .nfds = 1 };
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;
	enum tw_rc rc = argv[0] ? tw_proc_pipe(fds, err) : tw_err_set(err, TW_ERR_INVALID, "the command is empty");

	if (rc == TW_OK) {
		map.from = fds[1];
		rc = tw_proc_spawn(&opts, &pid, err);
		close(fds[1]);
		while (rc == TW_OK && ((n = read(fds[0], chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR)))
			if (n > 0)
				tw_buf_add(out, chunk, (size_t)n);
		close(fds[0]);
		if (rc == TW_OK && (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status)))
			rc = tw_err_set(err, TW_ERR_INVALID, "the command '%s' failed", argv[0]);
	}
	free_words(argv);
	while (out->n && out->p[out->n - 1] == '\n')
		out->p[--out->n] = '\0';
	return rc;
}
