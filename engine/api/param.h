/* How a parameter of a DAG or of a task is shown (Airflow's `params`). */
#pragma once

#include "value/json.h"
#include "value/value.h"

/* Its name and its parts; `source` is what stands for one that names no source of its own. */
void tw_api_param(struct tw_jw *w, const struct tw_pair *param, struct tw_value source);
