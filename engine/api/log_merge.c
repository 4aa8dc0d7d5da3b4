#include "api/log_merge.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAMP "\"timestamp\":\""

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Plain files only: whoever may write the folder must not lead us elsewhere. */
static bool is_file(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void add_triggers(const char *folder, const char *name, struct tw_log_files *ret)
{
	char *prefix = tw_asprintf("%s.trigger.", name);
	size_t first = ret->v.n;
	DIR *d = opendir(folder);

	for (struct dirent *e; d && (e = readdir(d));) {
		char *path;

		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0 || !tw_str_ends(tw_str(e->d_name), ".log"))
			continue;
		path = tw_asprintf("%s/%s", folder, e->d_name);
		if (is_file(path))
			tw_vec_push(&ret->v, path);
		else
			free(path);
	}
	if (d)
		closedir(d);
	if (ret->v.n > first)
		qsort(ret->v.v + first, ret->v.n - first, sizeof *ret->v.v, by_name);
	free(prefix);
}

void tw_log_files_find(const char *path, struct tw_log_files *ret)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? tw_asprintf("%.*s", (int)(slash - path), path) : tw_strdup(".");

	*ret = (struct tw_log_files){ 0 };
	if (is_file(path))
		tw_vec_push(&ret->v, tw_strdup(path));
	add_triggers(folder, slash ? slash + 1 : path, ret);
	free(folder);
}

void tw_log_files_release(struct tw_log_files *f)
{
	for (size_t i = 0; i < f->v.n; i++)
		free(f->v.v[i]);
	tw_vec_release(&f->v);
}

/* ── one after the other ──────────────────────────────────────────────────────────────── */

struct source {
	FILE *f;
	char *line;
	size_t cap;
	ssize_t n;            /* of the line at hand; 0: there is none any more */
	char stamp[40];
};

/* The next line that is whole, and its instant. */
static void next(struct source *s)
{
	const char *at;

	s->n = s->f ? getline(&s->line, &s->cap, s->f) : 0;
	if (s->n <= 0 || s->line[s->n - 1] != '\n') {
		s->n = 0;
		return;
	}
	at = memmem(s->line, (size_t)s->n, STAMP, strlen(STAMP));
	if (at)
		snprintf(s->stamp, sizeof s->stamp, "%.30s", at + strlen(STAMP));
}

static struct source *earliest(struct source *v, size_t n)
{
	struct source *first = NULL;

	for (size_t i = 0; i < n; i++)
		if (v[i].n && (!first || strcmp(v[i].stamp, first->stamp) < 0))
			first = &v[i];
	return first;
}

static FILE *open_plain(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

int tw_log_merge(const struct tw_log_files *f)
{
	struct source *v = tw_alloc((f->v.n + 1) * sizeof *v), *s;
	FILE *out = tmpfile();
	int fd = -1;

	memset(v, 0, (f->v.n + 1) * sizeof *v);
	for (size_t i = 0; i < f->v.n; i++) {
		v[i].f = open_plain(f->v.v[i]);
		next(&v[i]);
	}
	while (out && (s = earliest(v, f->v.n))) {
		if (fwrite(s->line, 1, (size_t)s->n, out) != (size_t)s->n)
			break;
		next(s);
	}
	for (size_t i = 0; i < f->v.n; i++) {
		if (v[i].f)
			fclose(v[i].f);
		free(v[i].line);
	}
	free(v);
	if (out && fflush(out) == 0)
		fd = fcntl(fileno(out), F_DUPFD_CLOEXEC, 0);
	if (out)
		fclose(out);
	return fd;
}
