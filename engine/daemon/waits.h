/*
 * The waits that need no Python: native sensors' (operator/wait.h) and the triggers that Airflow ships, when nothing of
 * theirs is the user's. A wait is its specification as text and a place in one heap: thousands cost what their texts
 * cost, and no time between two pokes. Files are looked at by the thread pool, so that a dead file server holds up nobody
 * else.
 */
#pragma once

#include <uv.h>

#include "base/str.h"
#include "store/store.h"
#include "time/zone.h"
#include "value/value.h"

struct waits;

/* what: "fired" with the event, "ended" with {"state", "reason", …}, "failed" with kwargs of __fail__. */
typedef void (*waits_said)(void *arg, int64_t id, const char *what, struct tw_value value);

struct waits *waits_new(uv_loop_t *loop, struct tw_store *store, struct tw_zones *zones, waits_said said, void *arg);
void waits_free(struct waits *w);             /* the loop runs until file pokes under way have come back */
/* native: the shipped triggers too, not only the native sensors' waits. */
bool waits_knows(struct tw_str classpath, bool native);
/* The classes: NULL-terminated; the first is the native sensors'. */
const char *const *waits_classes(void);
/* TW_ERR_INVALID: arguments that cannot be read. */
enum tw_rc waits_add(struct waits *w, int64_t id, struct tw_str classpath, struct tw_value kwargs, struct tw_err *err);
void waits_remove(struct waits *w, int64_t id); /* unknown is fine */
size_t waits_count(const struct waits *w);
