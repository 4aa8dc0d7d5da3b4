/* One attempt of a task instance and the file that it logs to. */
#pragma once

#include "api/app.h"
#include "api/log_merge.h"
#include "store/tis.h"

struct tw_log_attempt {
	struct tw_ti_row ti;
	tw_time logical_date;
	int number;
	bool over; /* it writes no more */
};

/*
 * Of the task instance that the request's path names (dag, run, task) and its map index: the present attempt or one of
 * the history. false: it has replied.
 */
bool tw_log_attempt_find(struct tw_request *req, struct tw_response *resp, int64_t index, int64_t number,
			 struct tw_log_attempt *w);
/* Will the file, which is so long, get no more lines? */
bool tw_log_attempt_ended(const struct tw_log_attempt *w, int fd, int64_t size);

/* The attempt's file; with those of its triggers, when there are any, as one. -1: there is none. */
int tw_log_open(const struct tw_log_files *files, int64_t *ret_size);
/* Where the last whole line ends. */
int64_t tw_log_whole_lines(int fd, int64_t size);
