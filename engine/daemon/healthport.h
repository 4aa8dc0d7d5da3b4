/*
 * [scheduler] enable_health_check: GET /health on a port of its own, as container health checks ask it. 200: healthy,
 * 503: not; no body. Anything else is 404.
 */
#pragma once

#include <uv.h>

#include "base/err.h"

struct tw_healthport;
typedef bool (*tw_healthy_fn)(void *arg);

enum tw_rc tw_healthport_new(uv_loop_t *loop, const char *host, int port, tw_healthy_fn fn, void *arg,
			     struct tw_healthport **ret_port, struct tw_err *err);
int tw_healthport_number(const struct tw_healthport *p);
/* Closes the listener and all callers; their memory goes in the loop's next rounds. NULL is nothing. */
void tw_healthport_free(struct tw_healthport *p);
