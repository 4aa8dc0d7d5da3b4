/* A daemon's row in the table `job`, by which others see that it lives. */
#pragma once

#include "store/store.h"

/* job_type as Airflow names it ("SchedulerJob"); executor: NULL where it has none. The caller beats and ends it. */
enum tw_rc tw_job_begin(struct tw_store *s, const char *job_type, const char *executor, int64_t *ret_id,
			struct tw_err *err);
