/*
 * Asking for a run: the same for the API, the CLI and a task. The row is made whole here (id, interval, conf
 * checked against the DAG's Params) and stored as queued together with the inbox row that announces it.
 */
#pragma once

#include "model/record.h"
#include "store/store.h"
#include "value/value.h"

struct tw_zones;

struct tw_trigger_opts {
	struct tw_str dag_id;
	struct tw_str run_id;          /* p NULL: formed from run_after */
	bool has_logical_date;         /* false: run_after (or now) stands in for inferring the interval; the date stays none */
	tw_time logical_date, run_after; /* NONE: none; now */
	tw_time interval_start, interval_end; /* both, or NONE */
	struct tw_value conf;          /* map */
	struct tw_str note, triggering_user, partition_key;
	enum tw_run_type type;
	struct tw_str triggered_by;
	tw_time now;
	struct tw_zones *zones;
};

/*
 * TW_ERR_NOT_FOUND: no such DAG; TW_ERR_INVALID: bad run id, conf against Params, a DAG with import errors;
 * TW_ERR_EXISTS: the run id or logical date is taken. The caller rings the bell.
 */
enum tw_rc tw_trigger_run(struct tw_store *s, const struct tw_trigger_opts *opts, struct tw_arena *a,
			  struct tw_run_row *ret_run, struct tw_err *err);

/* The run that is there already is cleared and starts anew (TriggerDagRunOperator's reset_dag_run). */
enum tw_rc tw_trigger_reset(struct tw_store *s, const struct tw_trigger_opts *opts, struct tw_arena *a,
			    struct tw_run_row *ret_run, struct tw_err *err);
