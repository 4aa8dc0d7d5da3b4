/* A Python process of the SDK's, at the other end of a framed link (docs/runner-protocol.md). */
#pragma once

#include <sys/types.h>

#include "daemon/paths.h"
#include "io/frame.h"
#include "store/store.h"
#include "time/zone.h"

/*
 * Starts `PYTHON -m module 3` as the leader of a group of its own, with nothing on standard input. ret_fd is our end of
 * its link: the caller's, to be given to tw_link_new. The child is to be watched in the same turn of the loop.
 */
enum tw_rc tw_pychild_start(const struct tw_paths *paths, const char *dags_folder, const char *plugins_folder,
			    const char *module, pid_t *ret_pid, int *ret_fd, struct tw_err *err);
/* Answers a file that asks for a Variable or a Connection while it is imported: the only questions there may be then. */
void tw_pychild_answer(struct tw_link *link, struct tw_store *store, struct tw_zones *zones, struct tw_value request);
