/*
 * Callbacks that wait for somebody to run them, and what became of them.
 */
#pragma once

#include "store/store.h"

/*
 * Gives up to n callbacks to this job: for dag-processors and of missed deadlines, of its bundle or of none, that nobody has, or whose taker's
 * heartbeat is before `dead`. The heaviest first, then the oldest; `attempts` counts this time.
 */
enum tw_rc tw_store_callbacks_take(struct tw_store *s, int64_t job_id, struct tw_str bundle, size_t n, tw_time dead,
				   struct tw_arena *a, struct tw_callback_row **ret_v, size_t *ret_n,
				   struct tw_err *err);
/* Nobody's again: it was taken and could not be run. */
enum tw_rc tw_store_callback_release(struct tw_store *s, struct tw_id id, struct tw_err *err);
/* It has been run: a dag-processor's row goes; a deadline's stays, with how it ended and what it returned or raised. */
enum tw_rc tw_store_callback_done(struct tw_store *s, const struct tw_callback_row *row, bool success,
				  struct tw_str output, struct tw_err *err);
