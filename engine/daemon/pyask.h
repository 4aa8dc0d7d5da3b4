/*
 * A question that only Python can answer: when the runs of a timetable of the user's own are. One process a question
 * (`python -m tradewind.ask_main`): it imports the DAG file, answers and ends, so that nothing of Python stays in memory and
 * nothing that the user's code does (hang, exit, crash) reaches further than its own answer.
 */
#pragma once

#include <uv.h>

#include "daemon/paths.h"
#include "store/store.h"
#include "time/zone.h"
#include "value/value.h"

/* Borrowed; outlives the questions. */
struct tw_pyask_env {
	const struct tw_paths *paths;
	const char *dags_folder, *plugins_folder;
	struct tw_store *store;      /* for the Variables and Connections that a file reads when it is imported */
	struct tw_zones *zones;
	int compat;
	unsigned timeout_s;          /* of one answer */
};

/* Called once, from the loop: with the `finished` frame, or with what went wrong, the traceback behind it. */
typedef void (*tw_pyask_fn)(void *arg, struct tw_value answer, const struct tw_err *err);

struct tw_pyask;
/* question: the JSON text of a piece of work (docs/runner-protocol.md, "A question"). */
enum tw_rc tw_pyask_start(uv_loop_t *loop, const struct tw_pyask_env *env, struct tw_str question, tw_pyask_fn fn,
			  void *arg, struct tw_pyask **ret_ask, struct tw_err *err);
/* Nobody wants the answer any more: fn is not called. */
void tw_pyask_cancel(struct tw_pyask *ask);
/* The same, waited for in a loop of its own. The answer is in the arena. */
enum tw_rc tw_pyask_wait(const struct tw_pyask_env *env, struct tw_str question, struct tw_arena *a,
			 struct tw_value *ret_answer, struct tw_err *err);
