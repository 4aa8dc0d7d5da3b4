/*
 * SQLite's checkpoints off the path of commits. A checkpoint copies what has gathered in the write-ahead log into the database
 * file and syncs it, some milliseconds; SQLite does it inside of the commit that fills the log. Here a thread
 * with a connection of its own does it, in a moment when nobody commits, or at the latest when the log is large.
 */
#pragma once

#include "base/err.h"

struct tw_checkpointer;

enum tw_rc tw_checkpointer_new(const char *path, struct tw_checkpointer **ret_c, struct tw_err *err);
void tw_checkpointer_free(struct tw_checkpointer *c);
/* From the connection that commits, after each commit: the log holds so many pages. */
void tw_checkpointer_committed(struct tw_checkpointer *c, int pages);
