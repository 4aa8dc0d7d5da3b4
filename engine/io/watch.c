/*
 * The kernel watches folders only. A folder is followed as a whole, or for some of its entries: the
 * names of watched files, each with the paths it is to be told as (a link's target is told as the
 * link).
 */
#include "io/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/map.h"
#include "base/vec.h"
#include "io/file.h"

#define MASK                                                                                       \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |        \
	 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

typedef TW_VEC(char *) paths_t;

struct folder {
	char *path;
	int wd;
	bool whole;
	struct tw_map names; /* entry → paths_t of the paths it is told as */
};

/* One watch of the kernel: several paths may lead to the same folder. */
struct node {
	TW_VEC(struct folder *) folders;
};

struct pending {
	struct tw_heap_node node;
	uint64_t due, order; /* what changed last is told last */
	char *path;
};

struct tw_watch {
	uv_poll_t poll;
	uv_timer_t timer;
	int fd, open_handles;
	unsigned quiet_ms;
	const struct tw_watch_ops *ops;
	void *arg;
	struct tw_map folders; /* path → struct folder */
	struct tw_map nodes;   /* wd → struct node */
	struct tw_map pending; /* path → struct pending */
	struct tw_heap due;
	uint64_t changes;
	bool *freed; /* set while callbacks run: they may free the watch */
};

static struct tw_str wd_key(const int *wd)
{
	return tw_strn((const char *)wd, sizeof *wd);
}

/* Telling ------------------------------------------------------------------------------------ */

static bool due_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	const struct pending *x = tw_container_of(a, const struct pending, node);
	const struct pending *y = tw_container_of(b, const struct pending, node);
	return x->due != y->due ? x->due < y->due : x->order < y->order;
}

static struct pending *first_due(const struct tw_watch *w)
{
	struct tw_heap_node *n = tw_heap_min(&w->due);
	return n ? tw_container_of(n, struct pending, node) : NULL;
}

static void pending_free(struct tw_watch *w, struct pending *p)
{
	tw_heap_remove(&w->due, &p->node);
	tw_map_del(&w->pending, tw_str(p->path));
	free(p->path);
	free(p);
}

static void on_due(uv_timer_t *t);

static void set_timer(struct tw_watch *w)
{
	struct pending *p = first_due(w);
	uint64_t now = uv_now(w->poll.loop);
	if (p)
		uv_timer_start(&w->timer, on_due, p->due > now ? p->due - now : 0, 0);
	else
		uv_timer_stop(&w->timer);
}

static void on_due(uv_timer_t *t)
{
	struct tw_watch *w = t->data;
	bool freed = false;
	struct pending *p;
	w->freed = &freed;
	while (!freed && (p = first_due(w)) && p->due <= uv_now(t->loop)) {
		TW_AUTO(tw_freep) char *path = tw_strdup(p->path);
		pending_free(w, p);
		w->ops->on_change(w->arg, path);
	}
	if (freed)
		return;
	w->freed = NULL;
	set_timer(w);
}

static void tell_later(struct tw_watch *w, const char *path)
{
	struct pending *p = tw_map_get(&w->pending, tw_str(path));
	uint64_t due = uv_now(w->poll.loop) + w->quiet_ms;
	if (p) {
		p->due = due;
		p->order = w->changes++;
		tw_heap_moved(&w->due, &p->node);
		return;
	}
	p = tw_new(struct pending);
	p->due = due;
	p->order = w->changes++;
	p->path = tw_strdup(path);
	tw_map_set(&w->pending, tw_str(path), p);
	tw_heap_push(&w->due, &p->node);
}

/* Folders ------------------------------------------------------------------------------------ */

static void paths_free(paths_t *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->v[i]);
	tw_vec_release(paths);
	free(paths);
}

static void folder_free(struct folder *f)
{
	tw_map_foreach(&f->names, e) paths_free(e->value);
	tw_map_release(&f->names);
	free(f->path);
	free(f);
}

static enum tw_rc add_failed(struct tw_err *err, int errnum, const char *path)
{
	enum tw_rc rc = TW_ERR_IO;
	if (errnum == ENOSPC || errnum == ENOMEM)
		rc = TW_ERR_LIMIT;
	else if (errnum == ENOENT || errnum == ENOTDIR)
		rc = TW_ERR_NOT_FOUND;
	else if (errnum == EACCES)
		rc = TW_ERR_DENIED;
	if (rc == TW_ERR_LIMIT)
		tw_err_set(err, rc,
			   "cannot watch %s: the limit fs.inotify.max_user_watches is reached",
			   path);
	else
		tw_err_errno(err, errnum, "cannot watch %s", path);
	if (err)
		err->rc = rc;
	return rc;
}

static enum tw_rc folder_get(struct tw_watch *w, const char *path, struct folder **ret_f,
			     struct tw_err *err)
{
	struct folder *f = tw_map_get(&w->folders, tw_str(path));
	if (!f) {
		int wd = inotify_add_watch(w->fd, path, MASK);
		if (wd < 0)
			return add_failed(err, errno, path);
		f = tw_new(struct folder);
		f->path = tw_strdup(path);
		f->wd = wd;
		tw_map_set(&w->folders, tw_str(path), f);
		struct node *node = tw_map_get(&w->nodes, wd_key(&wd));
		if (!node) {
			node = tw_new(struct node);
			tw_map_set(&w->nodes, wd_key(&wd), node);
		}
		tw_vec_push(&node->folders, f);
	}
	*ret_f = f;
	return TW_OK;
}

static void node_free(struct tw_watch *w, int wd)
{
	struct node *node = tw_map_del(&w->nodes, wd_key(&wd));
	if (!node)
		return;
	tw_vec_release(&node->folders);
	free(node);
}

static void folder_drop_if_unused(struct tw_watch *w, struct folder *f)
{
	if (f->whole || f->names.len)
		return;
	struct node *node = tw_map_get(&w->nodes, wd_key(&f->wd));
	for (size_t i = 0; i < node->folders.n; i++)
		if (node->folders.v[i] == f)
			node->folders.v[i--] = node->folders.v[--node->folders.n];
	if (!node->folders.n) {
		inotify_rm_watch(w->fd, f->wd); /* its IN_IGNORED finds no node */
		node_free(w, f->wd);
	}
	tw_map_del(&w->folders, tw_str(f->path));
	folder_free(f);
}

/* The kernel dropped this watch: the folder is gone or moved away. Its paths are told as changed.
 */
static void node_lost(struct tw_watch *w, int wd)
{
	struct node *node = tw_map_get(&w->nodes, wd_key(&wd));
	if (!node)
		return;
	for (size_t i = 0; i < node->folders.n; i++) {
		struct folder *f = node->folders.v[i];
		if (f->whole)
			tell_later(w, f->path);
		tw_map_foreach(&f->names, e)
		{
			paths_t *paths = e->value;
			for (size_t k = 0; k < paths->n; k++)
				tell_later(w, paths->v[k]);
		}
		tw_map_del(&w->folders, tw_str(f->path));
		folder_free(f);
	}
	node_free(w, wd);
}

/* Events ------------------------------------------------------------------------------------- */

static void tell_entry(struct tw_watch *w, struct folder *f, const char *name)
{
	if (f->whole) {
		TW_AUTO(tw_buf_release) struct tw_buf path = {0};
		tw_path_join(&path, tw_str(f->path), tw_str(name));
		tell_later(w, path.p);
	}
	paths_t *paths = tw_map_get(&f->names, tw_str(name));
	for (size_t i = 0; paths && i < paths->n; i++)
		tell_later(w, paths->v[i]);
}

static void on_event(struct tw_watch *w, const struct inotify_event *ev)
{
	struct node *node = tw_map_get(&w->nodes, wd_key(&ev->wd));
	if (!node)
		return;
	if (ev->mask & IN_MOVE_SELF) {
		inotify_rm_watch(w->fd, ev->wd);
		node_lost(w, ev->wd);
	} else if (ev->mask & IN_IGNORED) {
		node_lost(w, ev->wd);
	} else {
		for (size_t i = 0; i < node->folders.n; i++) {
			struct folder *f = node->folders.v[i];
			if (ev->len)
				tell_entry(w, f, ev->name);
			else if (f->whole)
				tell_later(w, f->path);
		}
	}
}

static void on_readable(uv_poll_t *h, int status, int events)
{
	struct tw_watch *w = h->data;
	_Alignas(struct inotify_event) char buf[16384];
	bool lost = false;
	for (ssize_t n; (n = read(w->fd, buf, sizeof buf)) > 0;) {
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *ev = (const struct inotify_event *)p;
			p += sizeof *ev + ev->len;
			if (ev->mask & IN_Q_OVERFLOW)
				lost = true;
			else
				on_event(w, ev);
		}
	}
	set_timer(w);
	if (lost)
		w->ops->on_lost(w->arg);
}

/* Adding and removing ------------------------------------------------------------------------ */

/* Entry `path` of its folder is to be told as `as`. */
static enum tw_rc add_entry(struct tw_watch *w, const char *path, const char *as,
			    struct tw_err *err)
{
	TW_AUTO(tw_freep) char *dir = tw_str_dup(tw_path_dir(tw_str(path)));
	struct tw_str name = tw_path_base(tw_str(path));
	struct folder *f;
	enum tw_rc rc = folder_get(w, dir, &f, err);
	if (rc < 0)
		return rc;
	paths_t *paths = tw_map_get(&f->names, name);
	if (!paths) {
		paths = tw_new(paths_t);
		tw_map_set(&f->names, name, paths);
	}
	for (size_t i = 0; i < paths->n; i++)
		if (strcmp(paths->v[i], as) == 0)
			return TW_OK;
	tw_vec_push(paths, tw_strdup(as));
	return TW_OK;
}

static void remove_entry(struct tw_watch *w, const char *path, const char *as)
{
	struct folder *f = tw_map_get(&w->folders, tw_path_dir(tw_str(path)));
	struct tw_str name = tw_path_base(tw_str(path));
	paths_t *paths = f ? tw_map_get(&f->names, name) : NULL;
	if (!paths)
		return;
	for (size_t i = 0; i < paths->n; i++) {
		if (strcmp(paths->v[i], as) == 0) {
			free(paths->v[i]);
			paths->v[i--] = paths->v[--paths->n];
		}
	}
	if (!paths->n) {
		tw_map_del(&f->names, name);
		paths_free(paths);
		folder_drop_if_unused(w, f);
	}
}

/* Where a link leads in the end, or NULL when path is no link. The caller frees. */
static char *link_target(const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
		return NULL;
	return realpath(path, NULL);
}

enum tw_rc tw_watch_add(struct tw_watch *w, const char *path, struct tw_err *err)
{
	if (tw_file_is_dir(path)) {
		struct folder *f;
		enum tw_rc rc = folder_get(w, path, &f, err);
		if (rc == TW_OK)
			f->whole = true;
		return rc;
	}
	enum tw_rc rc = add_entry(w, path, path, err);
	TW_AUTO(tw_freep) char *target = link_target(path);
	if (rc == TW_OK && target)
		rc = add_entry(w, target, path, err);
	return rc;
}

void tw_watch_remove(struct tw_watch *w, const char *path)
{
	struct folder *f = tw_map_get(&w->folders, tw_str(path));
	if (f && f->whole) {
		f->whole = false;
		folder_drop_if_unused(w, f);
	}
	TW_AUTO(tw_freep) char *target = link_target(path);
	if (target)
		remove_entry(w, target, path);
	remove_entry(w, path, path);
	struct pending *p = tw_map_get(&w->pending, tw_str(path));
	if (p)
		pending_free(w, p);
}

enum tw_rc tw_watch_new(uv_loop_t *loop, unsigned quiet_ms, const struct tw_watch_ops *ops,
			void *arg, struct tw_watch **ret_w, struct tw_err *err)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return tw_err_errno(err, errno, "cannot watch files");
	struct tw_watch *w = tw_new(struct tw_watch);
	*w = (struct tw_watch){.fd = fd, .quiet_ms = quiet_ms, .ops = ops, .arg = arg};
	w->due.before = due_before;
	int rc = uv_poll_init(loop, &w->poll, fd);
	TW_ASSERT(rc == 0);
	uv_timer_init(loop, &w->timer);
	w->open_handles = 2;
	w->poll.data = w->timer.data = w;
	uv_poll_start(&w->poll, UV_READABLE, on_readable);
	*ret_w = w;
	return TW_OK;
}

static void on_closed(uv_handle_t *h)
{
	struct tw_watch *w = h->data;
	if (--w->open_handles == 0)
		free(w);
}

void tw_watch_free(struct tw_watch *w)
{
	if (!w)
		return;
	if (w->freed)
		*w->freed = true;
	uv_poll_stop(&w->poll);
	close(w->fd);
	for (struct pending *p; (p = first_due(w));)
		pending_free(w, p);
	tw_heap_release(&w->due);
	tw_map_foreach(&w->folders, e) folder_free(e->value);
	tw_map_foreach(&w->nodes, e)
	{
		struct node *node = e->value;
		tw_vec_release(&node->folders);
		free(node);
	}
	tw_map_release(&w->folders);
	tw_map_release(&w->nodes);
	tw_map_release(&w->pending);
	uv_close((uv_handle_t *)&w->poll, on_closed);
	uv_close((uv_handle_t *)&w->timer, on_closed);
}
