/*
 * Airflow's template context: every name that a template may use in a task, from plain data,
 * with variables, connections and XComs fetched only when they are asked for.
 *
 * Rules: a run without logical date has no ds, ts, logical_date, data_interval_*. The names that
 * only Airflow 2 had are there with compat2 alone. A name that Airflow has and this data does not
 * hold is unsupported, never undefined, so that the caller renders in Python instead.
 */
#pragma once

#include "template/template.h"

enum tw_airflow_ask_kind {
	TW_ASK_VARIABLE,     /* key: the variable's raw text */
	TW_ASK_CONNECTION,   /* key: a map conn_id, conn_type, host, login, password, schema, port,
				extra */
	TW_ASK_XCOM,	     /* what xcom_pull gives; the fields below */
	TW_ASK_PREV_SUCCESS, /* key: "start_date", "end_date", "data_interval_start", "…_end" */
};

/* One question to the outside. Two are the same when all fields are. */
struct tw_airflow_ask {
	enum tw_airflow_ask_kind kind;
	struct tw_str key;
	/* XCOM */
	struct tw_value task_ids;    /* null: not given; text; a list of texts */
	struct tw_value map_indexes; /* absent (TW_V_UNDEFINED): not given; null, integer, list */
	struct tw_value dflt;
	struct tw_str dag_id, run_id; /* p NULL: this run's */
	bool include_prior_dates;
};

struct tw_airflow {
	bool compat2; /* Airflow 2's names and texts */
	/*
	 * A map. Values as Airflow's API gives them: date-times may be ISO text.
	 *   dag {dag_id, …}  task {task_id, task_type, …}  ti {task_id, run_id, try_number,
	 * map_index, state, …}  dag_run {run_id, run_type, conf, logical_date, …}: attributes of
	 * the objects run_id  params  logical_date  data_interval_start  data_interval_end and, as
	 * they are, any of: inlets outlets map_index_template expanded_ti_count
	 *   task_reschedule_count partition_key partition_date templates_dict test_mode exception
	 *   reason, and whatever else the context was given
	 *   prev_start_date_success … (else asked for), and for 2: prev_execution_date,
	 *   next_execution_date, prev_execution_date_success
	 * A null stands for None; what is missing is unsupported.
	 */
	struct tw_value data;
	void *ud; /* for the two below */
	/*
	 * TW_OK, TW_ERR_NOT_FOUND (no such variable or connection; for XComs the answer is a
	 * value, null when there is none) or TW_ERR_AGAIN, after which the render fails with
	 * that code: fetch what ask says (its texts die with the arena) and render again.
	 */
	enum tw_rc (*resolve)(void *ud, const struct tw_airflow_ask *ask, struct tw_arena *a,
			      struct tw_value *ret_v, struct tw_err *err);
	/* As tw_tpl_env.load. */
	enum tw_rc (*load)(void *ud, struct tw_str name, struct tw_arena *a,
			   struct tw_str *ret_text, struct tw_err *err);
};

/* Makes env look names and files up in af, which must outlive it. Sets ud, lookup and load. */
void tw_airflow_env(struct tw_airflow *af, struct tw_tpl_env *env);
