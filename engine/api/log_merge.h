/* An attempt's log is its own file and those that its triggers wrote beside it: read as one. */
#pragma once

#include "base/str.h"
#include "base/vec.h"

/* The file and, by name, its `NAME.trigger.JOB.log`; only those that are there. */
struct tw_log_files {
	TW_VEC(char *) v;
};
void tw_log_files_find(const char *path, struct tw_log_files *ret);
void tw_log_files_release(struct tw_log_files *f);

/*
 * All lines by their instant, in a file without a name. A line that says none stays behind the one before it; of the same
 * instant the earlier file's come first. While files only grow at their ends, so does this. -1: it cannot be made.
 */
int tw_log_merge(const struct tw_log_files *f);
