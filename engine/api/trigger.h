/*
 * Asking for a run: the same for the API, the CLI and a task. The row is made whole here (id,
 * interval, conf checked against the DAG's Params) and stored as queued together with the inbox row
 * that announces it.
 *
 * What Airflow 3.3 does (states.md §2): the id is {type}__{run_after}; without a logical date there
 * is no data interval; with one, the timetable infers it, from the logical date for the API and
 * from run_after for the CLI and for operators. A DAG of generation 2 gets run_after as its logical
 * date when none is given, and its id is made of it: its templates read {{ ds }}. Its interval is always
 * inferred from the logical date.
 */
#pragma once

#include "model/record.h"
#include "store/store.h"
#include "value/value.h"

struct tw_zones;

struct tw_trigger_opts {
	struct tw_str dag_id;
	struct tw_str run_id;		      /* empty: formed from run_after */
	const char *run_id_pattern;	      /* [scheduler] allowed_run_id_pattern; NULL: Airflow's */
	tw_time logical_date;		      /* TW_TIME_NONE: none */
	tw_time run_after;		      /* TW_TIME_NONE: now */
	tw_time interval_start, interval_end; /* count when both are there and a logical date, too;
						 else 0 or NONE */
	bool interval_of_logical_date;	      /* the API: infer it from the logical date, not from
						 run_after */
	struct tw_value conf;		      /* map; null: none was given */
	struct tw_str note, triggering_user, partition_key;
	enum tw_run_type type;
	struct tw_str triggered_by; /* cli operator rest_api ui */
	tw_time now;
	struct tw_zones *zones;
};

/*
 * TW_ERR_NOT_FOUND: no such DAG, or a stale one; TW_ERR_INVALID: bad run id, conf against Params, a
 * DAG with import errors or that does not allow the type; TW_ERR_EXISTS: the run id or logical date
 * is taken. The caller rings the bell.
 */
enum tw_rc tw_trigger_run(struct tw_store *s, const struct tw_trigger_opts *opts,
			  struct tw_arena *a, struct tw_run_row *ret_run, struct tw_err *err);

/*
 * The run that is there already, by id or by logical date, is cleared whole and starts anew
 * (TriggerDagRunOperator's reset_dag_run). TW_ERR_NOT_FOUND when there is none.
 */
enum tw_rc tw_trigger_reset(struct tw_store *s, const struct tw_trigger_opts *opts,
			    struct tw_arena *a, struct tw_run_row *ret_run, struct tw_err *err);

/* Eight letters and digits that tell ids of one moment apart. */
void tw_run_id_draw(char out[9]);
