/*
 * Where an attempt's log is below the log folder: [logging] log_filename_template, rendered. Who writes a log and who
 * reads it ask here.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "time/instant.h"

struct tw_log_name;

/* Airflow's default. */
#define TW_LOG_NAME                                                                                                    \
	"dag_id={{ ti.dag_id }}/run_id={{ ti.run_id }}/task_id={{ ti.task_id }}/"                                      \
	"{% if ti.map_index >= 0 %}map_index={{ ti.map_index }}/{% endif %}attempt={{ try_number|default(ti.try_number) }}.log"

struct tw_log_of {
	struct tw_str dag_id, run_id, task_id;
	int map_index, try_number;
	tw_time logical_date; /* TW_TIME_NONE: the run has none, and neither `ds` nor `ts` */
};

/*
 * Compiled once. Names: ti.dag_id ti.run_id ti.task_id ti.map_index ti.try_number, try_number, dag_id run_id task_id
 * map_index, ds ds_nodash ts ts_nodash. An error says what of the template cannot be done.
 */
enum tw_rc tw_log_name_new(struct tw_str text, struct tw_log_name **ret, struct tw_err *err);
void tw_log_name_free(struct tw_log_name *n); /* NULL is fine */

/* Appends the path. A template that fails for this attempt gives the default's. */
void tw_log_name(const struct tw_log_name *n, const struct tw_log_of *of, struct tw_buf *out);
