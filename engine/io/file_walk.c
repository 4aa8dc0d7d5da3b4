#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/map.h"
#include "io/file.h"

struct walk {
	tw_walk_fn fn;
	void *arg;
	size_t root_len;       /* of "dir/", where relative names begin */
	struct tw_map folders; /* device and inode of each folder begun */
};

/* False when this folder was walked already: a link that leads back, or two that lead here. */
static bool enter(struct walk *w, const struct stat *st)
{
	const uint64_t id[2] = {st->st_dev, st->st_ino};
	return !tw_map_set(&w->folders, tw_strn((const char *)id, sizeof id), w);
}

static int not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool walk_folder(struct walk *w, struct tw_buf *path);

/* path is the entry's. False: stop the whole walk. */
static bool walk_entry(struct walk *w, struct tw_buf *path)
{
	struct stat st;
	/* A link that leads nowhere is told as the link it is. */
	if (stat(path->p, &st) != 0 && lstat(path->p, &st) != 0)
		return true;
	struct tw_walk_entry e = {path->p, path->p + w->root_len, &st};
	bool dir = S_ISDIR(st.st_mode);
	if (dir && !enter(w, &st))
		return true;
	enum tw_walk next = w->fn(w->arg, &e);
	if (next == TW_WALK_STOP)
		return false;
	return !dir || next == TW_WALK_SKIP || walk_folder(w, path);
}

static bool walk_folder(struct walk *w, struct tw_buf *path)
{
	struct dirent **names;
	int n = scandir(path->p, &names, not_dots, by_bytes);
	if (n < 0)
		return true;
	bool on = true;
	size_t len = path->n;
	for (int i = 0; i < n; i++) {
		if (on) {
			if (path->p[len - 1] != '/')
				tw_buf_addc(path, '/');
			tw_buf_adds(path, names[i]->d_name);
			on = walk_entry(w, path);
			path->n = len;
			path->p[len] = 0;
		}
		free(names[i]);
	}
	free(names);
	return on;
}

enum tw_rc tw_file_walk(const char *dir, tw_walk_fn fn, void *arg, struct tw_err *err)
{
	struct stat st;
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || access(dir, R_OK | X_OK) != 0) {
		int e = errno;
		enum tw_rc rc = e == EACCES ? TW_ERR_DENIED : TW_ERR_NOT_FOUND;
		return tw_err_set(err, rc, "%s is no folder that can be read", dir);
	}
	TW_AUTO(tw_buf_release) struct tw_buf path = {0};
	TW_AUTO(tw_map_release) struct tw_map folders = {0};
	tw_buf_adds(&path, dir);
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.p[--path.n] = 0;
	struct walk w = {.fn = fn, .arg = arg, .folders = folders};
	w.root_len = path.n + (path.p[path.n - 1] != '/');
	enter(&w, &st);
	walk_folder(&w, &path);
	folders = w.folders;
	return TW_OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

enum tw_rc tw_file_remove_tree(const char *path, struct tw_err *err)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return TW_OK;
	return tw_err_errno(err, errno, "cannot remove %s", path);
}
