/*
 * What an executor hands to a worker: Airflow's ExecuteTask, made of the scheduler's `run` frame (docs/runner-protocol.md).
 */
#pragma once

#include "template/log_name.h"
#include "value/json.h"

struct tw_execute_task {
	struct tw_value run;            /* the frame */
	struct tw_str token;            /* a workload token of its attempt */
	struct tw_str bundle_name, bundle_version; /* version p NULL: the bundle has none */
	const struct tw_log_name *log_name;        /* NULL: the default */
};

void tw_execute_task_write(struct tw_jw *w, const struct tw_execute_task *t);
