/*
 * A bell: "something is there for you", without saying what. A unix datagram socket at a path;
 * rings that come while the owner is busy are one ring.
 */
#pragma once

#include <uv.h>

#include "base/err.h"

struct tw_bell;
typedef void (*tw_bell_fn)(void *arg);

enum tw_rc tw_bell_new(uv_loop_t *loop, const char *path, tw_bell_fn fn, void *arg,
		       struct tw_bell **ret_bell, struct tw_err *err);
void tw_bell_free(struct tw_bell *bell); /* removes the path */

/* Never waits and never fails: when nobody listens, nobody hears. Any thread. */
void tw_bell_ring(const char *path);
