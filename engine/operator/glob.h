/*
 * Python's glob.glob, as far as sensors need it: one component at a time, `*` `?` `[a-z]` `[!a]`, hidden names only
 * for patterns that begin with a dot, and with `recursive` also `**`: any number of folders, none included.
 */
#pragma once

#include "base/str.h"

/* Each path that matches, in no particular order; false ends the walk. */
typedef bool (*tw_glob_fn)(void *arg, const char *path);

/* Returns false when fn ended it. */
bool tw_glob(struct tw_str pattern, bool recursive, tw_glob_fn fn, void *arg);
/* Does a name match a pattern of one component? */
bool tw_glob_match(struct tw_str pattern, struct tw_str name);

/*
 * What a FileSensor looks for: a file that the pattern names, or a folder with a file somewhere in it. ret_path gets
 * what matched, *ret_mtime a file's time in seconds (0: a folder).
 */
bool tw_glob_find_file(struct tw_str pattern, bool recursive, struct tw_buf *ret_path, int64_t *ret_mtime);
