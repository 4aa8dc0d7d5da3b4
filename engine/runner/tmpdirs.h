/*
 * Temporary folders for tasks, each used once. A file system may take its time to make or remove
 * one, so a few are made ahead and all are removed by the thread pool: the loop need not wait.
 *
 * They are in one folder of the runner's own, whose path is noted beside the journal: what a runner that was
 * killed has left behind is removed by the next one.
 */
#pragma once

#include <uv.h>

#include "base/vec.h"

#define TW_TMPDIRS_AHEAD 32

struct tw_tmpdirs {
	uv_loop_t *loop;
	const char *base;      /* borrowed */
	char *note;            /* the file that holds the folder's path */
	char *folder;          /* NULL: nobody needed one yet */
	TW_VEC(char *) ready;
	size_t making;         /* under way */
	size_t removing;
	bool closing;
};

/* note is taken over. */
void tw_tmpdirs_init(struct tw_tmpdirs *t, uv_loop_t *loop, const char *base, char *note);
/* Removes what is noted of a runner before. Only for who holds the home's lock, and when its tasks are dead. */
void tw_tmpdirs_clean(struct tw_tmpdirs *t);
/* The loop must run until nothing is under way (uv_run until its handles are gone does). */
void tw_tmpdirs_release(struct tw_tmpdirs *t);
/* An empty folder of mode 0700; the caller frees the path, or gives it to drop. */
enum tw_rc tw_tmpdirs_take(struct tw_tmpdirs *t, char **ret_path, struct tw_err *err);
void tw_tmpdirs_drop(struct tw_tmpdirs *t, char *path); /* removes it with what is in it; frees path */
