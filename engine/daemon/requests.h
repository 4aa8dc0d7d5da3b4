/*
 * What running tasks ask (XComs, Variables, Connections, other runs), answered in a thread of its own with a
 * store handle of its own, so that a slow question never holds the scheduler's loop.
 */
#pragma once

#include "daemon/shell.h"

enum tw_rc requests_start(struct shell *sh, struct tw_err *err);
void requests_stop(struct shell *sh);
/* Takes a copy. The answer goes to ex from the loop, later. */
void requests_push(struct shell *sh, struct tw_executor *ex, const struct attempt *a,
		   const struct tw_exec_request *r);
/* Heartbeats of attempts, to be noted when there is time. */
void requests_beat(struct shell *sh, const struct tw_id *ids, size_t n);
/* The scheduler's own: its lease and its job. A lease that has passed to another ends the scheduler. */
void requests_alive(struct shell *sh);
