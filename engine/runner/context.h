/*
 * What an attempt's templates see: Airflow's context (template/airflow.h) out of the `run` frame.
 */
#pragma once

#include "runner/internal.h"
#include "template/airflow.h"

/* af is good for one render; what it refers to lives in the attempt's arena. */
void tw_context_init(struct tw_airflow *af, struct tw_attempt *a);
