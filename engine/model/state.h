/*
 * States of DAG runs and task instances, and the moves between them.
 * One list each; the names are Airflow's (contract: states of Airflow 3.3, `shutdown` of 2.x is not made any more).
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/*
 *	(none) ──► scheduled ──► queued ──► running ──► success | failed | skipped
 *	  ▲            ▲           │           ├──► up_for_retry ─────► scheduled
 *	  │            └───────────┘           ├──► up_for_reschedule ► scheduled
 *	  └──── restarting ◄───────────────────┴──► deferred ─────────► scheduled
 *	none of the waiting ones ──► skipped | upstream_failed | removed, by its trigger rule
 */
#define TW_TI_STATES(X)                                                                            \
	X(NONE, "none")                                                                            \
	X(SCHEDULED, "scheduled")                                                                  \
	X(QUEUED, "queued")                                                                        \
	X(RUNNING, "running")                                                                      \
	X(SUCCESS, "success")                                                                      \
	X(FAILED, "failed")                                                                        \
	X(SKIPPED, "skipped")                                                                      \
	X(UPSTREAM_FAILED, "upstream_failed")                                                      \
	X(REMOVED, "removed")                                                                      \
	X(RESTARTING, "restarting")                                                                \
	X(UP_FOR_RETRY, "up_for_retry")                                                            \
	X(UP_FOR_RESCHEDULE, "up_for_reschedule")                                                  \
	X(DEFERRED, "deferred")                                                                    \
	X(AWAITING_INPUT, "awaiting_input")

enum tw_ti_state {
#define X(id, name) TW_TI_##id,
	TW_TI_STATES(X)
#undef X
	TW_TI_NSTATES,
};

#define TW_RUN_STATES(X)                                                                           \
	X(QUEUED, "queued")                                                                        \
	X(RUNNING, "running")                                                                      \
	X(SUCCESS, "success")                                                                      \
	X(FAILED, "failed")

enum tw_run_state {
#define X(id, name) TW_RUN_##id,
	TW_RUN_STATES(X)
#undef X
	TW_RUN_NSTATES,
};

#define TW_RUN_TYPES(X)                                                                            \
	X(MANUAL, "manual")                                                                        \
	X(SCHEDULED, "scheduled")                                                                  \
	X(BACKFILL, "backfill")                                                                    \
	X(OPERATOR_TRIGGERED, "operator_triggered")                                                \
	X(ASSET_TRIGGERED, "asset_triggered")                                                      \
	X(ASSET_MATERIALIZATION, "asset_materialization")

enum tw_run_type {
#define X(id, name) TW_RUNTYPE_##id,
	TW_RUN_TYPES(X)
#undef X
	TW_RUNTYPE_N,
};

const char *tw_ti_state_name(enum tw_ti_state s);      /* NONE gives NULL: stored and shown as null */
bool tw_ti_state_parse(struct tw_str name, enum tw_ti_state *ret_s); /* empty, "none", "null" give NONE */
const char *tw_run_state_name(enum tw_run_state s);
bool tw_run_state_parse(struct tw_str name, enum tw_run_state *ret_s);
const char *tw_run_type_name(enum tw_run_type t);
bool tw_run_type_parse(struct tw_str name, enum tw_run_type *ret_t);

bool tw_ti_finished(enum tw_ti_state s);      /* success failed skipped upstream_failed removed */
bool tw_ti_executing(enum tw_ti_state s);     /* queued, running: takes slots */
bool tw_ti_move_allowed(enum tw_ti_state from, enum tw_ti_state to);
static inline bool tw_run_finished(enum tw_run_state s)
{
	return s == TW_RUN_SUCCESS || s == TW_RUN_FAILED;
}
