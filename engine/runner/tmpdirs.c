#include "runner/tmpdirs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "io/file.h"

struct job {
	uv_work_t work;
	struct tw_tmpdirs *t;
	size_t want;
	char *paths[TW_TMPDIRS_AHEAD]; /* made, or to be removed */
	size_t n;
};

static char *make_one(const char *base)
{
	char *path = tw_asprintf("%s/airflowtmpXXXXXX", base);
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
		char *path = make_one(j->t->base);
		if (!path)
			return;
		j->paths[j->n++] = path;
	}
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
	free(j);
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
	j->t->removing--;
	for (size_t i = 0; i < j->n; i++)
		free(j->paths[i]);
	free(j);
}

static struct job *job_new(struct tw_tmpdirs *t)
{
	struct job *j = tw_new(struct job);
	j->t = t;
	j->work.data = j;
	return j;
}

void tw_tmpdirs_init(struct tw_tmpdirs *t, uv_loop_t *loop, const char *base)
{
	*t = (struct tw_tmpdirs){.loop = loop, .base = base};
}

void tw_tmpdirs_release(struct tw_tmpdirs *t)
{
	t->closing = true;
	for (size_t i = 0; i < t->ready.n; i++) {
		remove_one(t->ready.v[i]);
		free(t->ready.v[i]);
	}
	tw_vec_release(&t->ready);
}

/* Half of them are gone: time to make more. */
static void refill(struct tw_tmpdirs *t)
{
	size_t there = t->ready.n + t->making;
	if (there > TW_TMPDIRS_AHEAD / 2 || t->closing)
		return;
	struct job *j = job_new(t);
	j->want = TW_TMPDIRS_AHEAD - there;
	t->making += j->want;
	if (uv_queue_work(t->loop, &j->work, make_some, on_made) != 0) {
		t->making -= j->want;
		free(j);
	}
}

enum tw_rc tw_tmpdirs_take(struct tw_tmpdirs *t, char **ret_path, struct tw_err *err)
{
	char *path = t->ready.n ? t->ready.v[--t->ready.n] : make_one(t->base);
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
