#include "runner/tmpdirs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "io/file.h"

struct job {
	uv_work_t work;
	struct tw_tmpdirs *t;
	char *folder; /* in which they are made; owned */
	size_t want;
	char *paths[TW_TMPDIRS_AHEAD]; /* made, or to be removed */
	size_t n;
};

static char *make_one(const char *folder)
{
	char *path = tw_asprintf("%s/XXXXXX", folder);
	if (mkdtemp(path))
		return path;
	free(path);
	return NULL;
}

static void remove_one(const char *path)
{
	if (rmdir(path) != 0)
		(void)tw_file_remove_tree(path, NULL);
}

static void make_some(uv_work_t *w)
{
	struct job *j = w->data;
	while (j->n < j->want) {
		char *path = make_one(j->folder);
		if (!path)
			return;
		j->paths[j->n++] = path;
	}
}

/* When the last job of a runner that ends is done: nobody is in it any more. */
static void check_closed(struct tw_tmpdirs *t)
{
	if (!t->closing || t->making || t->removing)
		return;
	if (t->folder) {
		remove_one(t->folder);
		(void)unlink(t->note);
	}
	free(t->folder);
	free(t->note);
	t->folder = t->note = NULL;
}

static void on_made(uv_work_t *w, int status)
{
	struct job *j = w->data;
	struct tw_tmpdirs *t = j->t;
	t->making -= j->want;
	for (size_t i = 0; i < j->n; i++) {
		if (t->closing)
			tw_tmpdirs_drop(t, j->paths[i]);
		else
			tw_vec_push(&t->ready, j->paths[i]);
	}
	free(j->folder);
	free(j);
	check_closed(t);
}

static void remove_some(uv_work_t *w)
{
	struct job *j = w->data;
	for (size_t i = 0; i < j->n; i++)
		remove_one(j->paths[i]);
}

static void on_removed(uv_work_t *w, int status)
{
	struct job *j = w->data;
	struct tw_tmpdirs *t = j->t;
	t->removing--;
	for (size_t i = 0; i < j->n; i++)
		free(j->paths[i]);
	free(j);
	check_closed(t);
}

static struct job *job_new(struct tw_tmpdirs *t)
{
	struct job *j = tw_new(struct job);
	j->t = t;
	j->work.data = j;
	return j;
}

void tw_tmpdirs_init(struct tw_tmpdirs *t, uv_loop_t *loop, const char *base, char *note)
{
	*t = (struct tw_tmpdirs){.loop = loop, .base = base, .note = note};
}

/* A note may be old or wrong: only what looks like ours, and belongs to us, is removed. */
static bool is_ours(const char *path)
{
	struct stat st;
	return *path == '/' && tw_str_starts(tw_path_base(tw_str(path)), "airflowtmp") &&
	       lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

void tw_tmpdirs_clean(struct tw_tmpdirs *t)
{
	TW_AUTO(tw_buf_release) struct tw_buf path = {0};
	if (tw_file_read(t->note, PATH_MAX, &path, NULL) < 0)
		return;
	if (is_ours(path.p))
		tw_tmpdirs_drop(t, tw_strdup(path.p));
	(void)unlink(t->note);
}

void tw_tmpdirs_release(struct tw_tmpdirs *t)
{
	t->closing = true;
	for (size_t i = 0; i < t->ready.n; i++) {
		remove_one(t->ready.v[i]);
		free(t->ready.v[i]);
	}
	tw_vec_release(&t->ready);
	check_closed(t);
}

/* Its own folder, made when it is first needed, or when somebody has tidied up what looked unused. */
static void open_folder(struct tw_tmpdirs *t)
{
	char *path = tw_asprintf("%s/airflowtmpXXXXXX", t->base);
	struct tw_err err = {0};
	free(t->folder);
	t->folder = mkdtemp(path);
	if (!t->folder) {
		free(path);
		return;
	}
	if (tw_file_write(t->note, tw_str(path), 0600, &err) < 0)
		tw_warn("the next runner will not know of '%s': %s", path, err.msg);
}

/* Half of them are gone: time to make more. */
static void refill(struct tw_tmpdirs *t)
{
	size_t there = t->ready.n + t->making;
	if (there > TW_TMPDIRS_AHEAD / 2 || t->closing || !t->folder)
		return;
	struct job *j = job_new(t);
	j->folder = tw_strdup(t->folder);
	j->want = TW_TMPDIRS_AHEAD - there;
	t->making += j->want;
	if (uv_queue_work(t->loop, &j->work, make_some, on_made) != 0) {
		t->making -= j->want;
		free(j->folder);
		free(j);
	}
}

/* One of those made ahead that is still there. */
static char *take_ready(struct tw_tmpdirs *t)
{
	while (t->ready.n) {
		char *path = t->ready.v[--t->ready.n];
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

enum tw_rc tw_tmpdirs_take(struct tw_tmpdirs *t, char **ret_path, struct tw_err *err)
{
	char *path = take_ready(t);
	if (!path && t->folder)
		path = make_one(t->folder);
	if (!path) {
		open_folder(t);
		path = t->folder ? make_one(t->folder) : NULL;
	}
	int why = errno;
	refill(t);
	if (!path)
		return tw_err_errno(err, why, "cannot make a folder in '%s'", t->base);
	*ret_path = path;
	return TW_OK;
}

void tw_tmpdirs_drop(struct tw_tmpdirs *t, char *path)
{
	struct job *j = job_new(t);
	j->paths[j->n++] = path;
	t->removing++;
	if (uv_queue_work(t->loop, &j->work, remove_some, on_removed) == 0)
		return;
	remove_some(&j->work);
	on_removed(&j->work, 0);
}
