#include "model/state.h"

#include "base/err.h"

static const char *const ti_names[] = {
#define X(id, name) name,
	TW_TI_STATES(X)
#undef X
};
static const char *const run_names[] = {
#define X(id, name) name,
	TW_RUN_STATES(X)
#undef X
};
static const char *const type_names[] = {
#define X(id, name) name,
	TW_RUN_TYPES(X)
#undef X
};

static int find(const char *const *names, int n, struct tw_str name)
{
	for (int i = 0; i < n; i++)
		if (tw_str_is(name, names[i]))
			return i;
	return -1;
}

const char *tw_ti_state_name(enum tw_ti_state s)
{
	return s == TW_TI_NONE || s >= TW_TI_NSTATES ? NULL : ti_names[s];
}

bool tw_ti_state_parse(struct tw_str name, enum tw_ti_state *ret_s)
{
	int i = !name.n || tw_str_is(name, "null") ? TW_TI_NONE : find(ti_names, TW_TI_NSTATES, name);
	if (i < 0)
		return false;
	*ret_s = i;
	return true;
}

const char *tw_run_state_name(enum tw_run_state s)
{
	return s < TW_RUN_NSTATES ? run_names[s] : NULL;
}

bool tw_run_state_parse(struct tw_str name, enum tw_run_state *ret_s)
{
	int i = find(run_names, TW_RUN_NSTATES, name);
	if (i < 0)
		return false;
	*ret_s = i;
	return true;
}

const char *tw_run_type_name(enum tw_run_type t)
{
	return t < TW_RUNTYPE_N ? type_names[t] : NULL;
}

bool tw_run_type_parse(struct tw_str name, enum tw_run_type *ret_t)
{
	int i = find(type_names, TW_RUNTYPE_N, name);
	if (i < 0)
		return false;
	*ret_t = i;
	return true;
}

bool tw_ti_finished(enum tw_ti_state s)
{
	return s == TW_TI_SUCCESS || s == TW_TI_FAILED || s == TW_TI_SKIPPED ||
	       s == TW_TI_UPSTREAM_FAILED || s == TW_TI_REMOVED;
}

bool tw_ti_executing(enum tw_ti_state s)
{
	return s == TW_TI_QUEUED || s == TW_TI_RUNNING;
}

/*
 * Which moves exist (states.md §1). A person may set any state to success, failed, skipped or
 * none; the scheduler's own moves are the rest of the table.
 */
#define BIT(s) (1u << TW_TI_##s)
#define BY_HAND (BIT(NONE) | BIT(SUCCESS) | BIT(FAILED) | BIT(SKIPPED) | BIT(REMOVED))
#define DECIDED (BIT(SCHEDULED) | BIT(UPSTREAM_FAILED) | BIT(DEFERRED))

static const unsigned moves[TW_TI_NSTATES] = {
	[TW_TI_NONE] = BY_HAND | DECIDED,
	[TW_TI_SCHEDULED] = BY_HAND | BIT(QUEUED) | BIT(UPSTREAM_FAILED) | BIT(DEFERRED),
	[TW_TI_QUEUED] = BY_HAND | BIT(RUNNING) | BIT(SCHEDULED) | BIT(UP_FOR_RETRY) | BIT(DEFERRED),
	[TW_TI_RUNNING] = BY_HAND | BIT(UP_FOR_RETRY) | BIT(UP_FOR_RESCHEDULE) | BIT(DEFERRED) |
			  BIT(AWAITING_INPUT) | BIT(RESTARTING) | BIT(SCHEDULED),
	[TW_TI_SUCCESS] = BY_HAND,
	[TW_TI_FAILED] = BY_HAND,
	[TW_TI_SKIPPED] = BY_HAND,
	[TW_TI_UPSTREAM_FAILED] = BY_HAND,
	[TW_TI_REMOVED] = BY_HAND,
	[TW_TI_RESTARTING] = BY_HAND | BIT(UP_FOR_RETRY),
	[TW_TI_UP_FOR_RETRY] = BY_HAND | DECIDED,
	[TW_TI_UP_FOR_RESCHEDULE] = BY_HAND | DECIDED,
	[TW_TI_DEFERRED] = BY_HAND | BIT(SCHEDULED) | BIT(UP_FOR_RETRY),
	[TW_TI_AWAITING_INPUT] = BY_HAND | BIT(SCHEDULED) | BIT(UP_FOR_RETRY),
};

bool tw_ti_move_allowed(enum tw_ti_state from, enum tw_ti_state to)
{
	TW_ASSERT(from < TW_TI_NSTATES && to < TW_TI_NSTATES);
	return moves[from] >> to & 1;
}
