/*
 * Changes of files and folders, by inotify. What happens to one path within a short while is told
 * once. When the kernel's queue overflows or its limit of watches is reached, on_lost says so:
 * then only a look at everything helps.
 */
#pragma once

#include <uv.h>

#include "base/str.h"

struct tw_watch;

struct tw_watch_ops {
	/*
	 * Something changed: the watched path itself, or an entry of a watched folder (created, written,
	 * renamed, deleted, chmodded). Comes after `quiet_ms` without another change of the same path.
	 */
	void (*on_change)(void *arg, const char *path);
	void (*on_lost)(void *arg);
};

/* quiet_ms 0: told in the next turn of the loop. */
enum tw_rc tw_watch_new(uv_loop_t *loop, unsigned quiet_ms, const struct tw_watch_ops *ops,
			void *arg, struct tw_watch **ret_w, struct tw_err *err);
void tw_watch_free(struct tw_watch *w);

/*
 * Watches a file or a folder (its entries, not what is below them). Again is fine. A file is
 * watched through its folder, so that an editor's write-and-rename is seen. TW_ERR_LIMIT: the kernel's
 * limit of watches (fs.inotify.max_user_watches); poll instead.
 */
enum tw_rc tw_watch_add(struct tw_watch *w, const char *path, struct tw_err *err);
void tw_watch_remove(struct tw_watch *w, const char *path);
