/*
 * What a running task may ask of the engine: the `do` words of docs/runner-protocol.md. One implementation for
 * both doors: the scheduler's own (frames from its local runner) and, for workers elsewhere, HTTP.
 */
#pragma once

#include "model/record.h"
#include "store/store.h"
#include "value/value.h"

struct tw_zones;

/* Who asks: always the attempt that holds the link or the token, never what the request claims. */
struct tw_execution_caller {
	struct tw_id attempt;
	struct tw_str dag_id, run_id, task_id;
	int map_index, try_number;
	tw_time now;
	struct tw_zones *zones; /* for documents: trigger_dag_run */
	const char *run_id_pattern; /* [scheduler] allowed_run_id_pattern; NULL: Airflow's */
};

/*
 * Answers one request into the arena. ret_ring: the scheduler's bell should be rung (an inbox row was posted).
 * TW_ERR_UNSUPPORTED: there is no such word. Others as the store gives them; the message is for the task's author.
 */
enum tw_rc tw_execution_do(struct tw_store *s, const struct tw_execution_caller *who, struct tw_str what,
			   struct tw_value body, struct tw_arena *a, struct tw_value *ret_result, bool *ret_ring,
			   struct tw_err *err);
/* Does this word write? Then the caller may want to take its turn among writers. */
bool tw_execution_writes(struct tw_str what);
/* What an error is called on the wire: not_found conflict invalid denied unavailable unknown_do. */
const char *tw_execution_fault(enum tw_rc rc);
/* The `reply` frame: the result, or with rc < 0 the error. Borrows err's text. */
struct tw_value tw_execution_reply(struct tw_arena *a, struct tw_value id, struct tw_value result, enum tw_rc rc,
				   const struct tw_err *err);
