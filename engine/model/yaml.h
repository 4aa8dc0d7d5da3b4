/*
 * YAML in: a text to a value, and DAGs written in YAML (docs/yaml-dags.md) to DAG documents.
 */
#pragma once

#include "model/dag.h"

#define TW_YAML_DEPTH 100
#define TW_YAML_MAX_NODES 1000000 /* aliases counted each time: no "billion laughs" */

/* One document. Plain scalars by YAML 1.2's core schema, and yes/no/on/off stay text. */
enum tw_rc tw_yaml_parse(struct tw_arena *a, struct tw_str text, struct tw_value *ret,
			 struct tw_err *err);
/* As many documents as the text holds, as a list. */
enum tw_rc tw_yaml_parse_all(struct tw_arena *a, struct tw_str text, struct tw_value *ret_list,
			     struct tw_err *err);

/* What the configuration says about DAGs that leave it open. */
struct tw_yaml_defaults {
	int compat;              /* 2 or 3 */
	bool catchup;
	bool data_intervals;     /* [scheduler] create_cron_data_intervals */
	int max_active_runs, max_active_tasks; /* 0 = 16 */
	struct tw_str timezone, owner;         /* p NULL: "UTC", "airflow" */
};

/*
 * YAML DAGs of a file to DAG documents (a list of values, to be given to tw_dag_parse). fileloc goes into
 * the documents.
 */
enum tw_rc tw_yaml_dags(struct tw_arena *a, struct tw_str text, struct tw_str fileloc,
			struct tw_str relative_fileloc, const struct tw_yaml_defaults *dflt,
			struct tw_value *ret_list, struct tw_err *err);
