#include "daemon/job.h"

#include "io/clock.h"
#include "io/hostname.h"

enum tw_rc tw_job_begin(struct tw_store *s, const char *job_type, const char *executor, int64_t *ret_id,
			struct tw_err *err)
{
	char host[TW_HOSTNAME_MAX];
	int64_t now = tw_now();
	struct tw_job_row job = {
		.job_type = tw_str(job_type),
		.state = TW_STR("running"),
		.executor_class = tw_str(executor),
		.start_date = now,
		.latest_heartbeat = now,
		.end_date = TW_TIME_NONE,
	};

	tw_hostname(host);
	job.hostname = tw_str(host);
	return tw_store_job_start(s, &job, ret_id, err);
}
