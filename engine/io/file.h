/*
 * Files. TW_ERR_NOT_FOUND when it is not there, TW_ERR_DENIED when it may not be touched,
 * TW_ERR_LIMIT when it is too large, TW_ERR_IO else. Messages name the path.
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "base/str.h"

/* Appends the whole file; more than `limit` bytes are TW_ERR_LIMIT. */
enum tw_rc tw_file_read(const char *path, size_t limit, struct tw_buf *out, struct tw_err *err);

/*
 * Writes beside it, fsyncs, renames over it and fsyncs the folder: after a crash there is the old
 * content or the new one. mode is exact (no umask).
 */
enum tw_rc tw_file_write(const char *path, struct tw_str content, mode_t mode, struct tw_err *err);
/* Same, but an existing file is TW_ERR_EXISTS, also when two processes race. */
enum tw_rc tw_file_create(const char *path, struct tw_str content, mode_t mode, struct tw_err *err);

enum tw_rc tw_file_mkdirs(const char *path, mode_t mode, struct tw_err *err); /* there already is fine */
enum tw_rc tw_file_mkdirs_for(const char *path, mode_t mode, struct tw_err *err); /* of a file */
bool tw_file_exists(const char *path);
bool tw_file_is_dir(const char *path);

/* "a/b" of "a" and "b"; an absolute b alone. Appends. */
void tw_path_join(struct tw_buf *out, struct tw_str a, struct tw_str b);
/*
 * Without ".", "..", doubled and trailing slashes, by text alone (links are not looked at). "" is ".".
 * Appends. Against a cwd: join first.
 */
void tw_path_normalise(struct tw_buf *out, struct tw_str path);
/* Is path below (or the same as) dir? Both normalised. */
bool tw_path_below(struct tw_str path, struct tw_str dir);
struct tw_str tw_path_base(struct tw_str path); /* what is behind the last slash */
struct tw_str tw_path_dir(struct tw_str path);  /* what is before it: "." or "/" when there is nothing */
/* "~" and "~/x" with $HOME, and $NAME and ${NAME} from the environment, as Airflow's config does. Appends. */
void tw_path_expand(struct tw_buf *out, struct tw_str path);

/*
 * Walks a folder: every file and folder below it, in order of name, a folder before what is in it. Links
 * are followed; a folder reached twice (a loop) is walked once.
 */
struct tw_walk_entry {
	const char *path;     /* dir + "/" + relative */
	const char *relative; /* to the folder the walk began in */
	const struct stat *st;
};
enum tw_walk { TW_WALK_ON, TW_WALK_SKIP /* not into this folder */, TW_WALK_STOP };
typedef enum tw_walk (*tw_walk_fn)(void *arg, const struct tw_walk_entry *e);
/* What cannot be read below is left out; a dir that cannot be read is an error. */
enum tw_rc tw_file_walk(const char *dir, tw_walk_fn fn, void *arg, struct tw_err *err);
enum tw_rc tw_file_remove_tree(const char *path, struct tw_err *err); /* absent is fine; follows no links */

/*
 * A pid file that is also a lock: held as long as the process lives, whatever ends it.
 * TW_ERR_EXISTS when another process holds it; the message names its pid.
 */
enum tw_rc tw_pidfile_lock(const char *path, int *ret_fd, struct tw_err *err);
void tw_pidfile_unlock(const char *path, int fd); /* removes the file */
/* The pid of who holds it, or 0. */
pid_t tw_pidfile_owner(const char *path);
