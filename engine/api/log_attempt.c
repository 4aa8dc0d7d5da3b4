#include "api/log_attempt.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/ask.h"
#include "io/clock.h"

#define LATE_US (5 * TW_US_SEC) /* how long after its end an attempt's last lines may come */

static bool has_ended(enum tw_ti_state state)
{
	return tw_ti_finished(state) || state == TW_TI_UP_FOR_RETRY;
}

bool tw_log_attempt_find(struct tw_request *req, struct tw_response *resp, int64_t index,
			 int64_t number, struct tw_log_attempt *w)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view present, *v = NULL;
	struct tw_err err = {0};
	size_t n = 0;
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_ti(s, req->params[0], req->params[1], req->params[2], (int)index, req->arena,
			 &present, &err);
	if (rc == TW_OK && present.ti.try_number != number)
		rc = tw_store_ti_tries(s, req->params[0], req->params[1], req->params[2],
				       (int)index, req->arena, &v, &n, &err);
	if (rc < 0 && rc != TW_ERR_NOT_FOUND) {
		tw_reply_err(resp, &err);
		return false;
	}
	while (n && v[n - 1].ti.try_number != number)
		n--;
	if (rc == TW_ERR_NOT_FOUND || (present.ti.try_number != number && !n)) {
		tw_reply_error(resp, 404, "TaskInstance not found");
		return false;
	}
	w->number = (int)number;
	w->ti = n ? v[n - 1].ti : present.ti;
	w->logical_date = n ? v[n - 1].logical_date : present.logical_date;
	/* The runner's last lines may come a little after the word that the attempt has ended. */
	w->over = n || (has_ended(w->ti.state) &&
			(w->ti.end_date == TW_TIME_NONE || w->ti.end_date + LATE_US < tw_now()));
	return true;
}

int tw_log_open(const struct tw_log_files *files, int64_t *ret_size)
{
	int fd = -1;
	struct stat st;

	if (files->v.n == 1)
		fd = open(files->v.v[0], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	else if (files->v.n)
		fd = tw_log_merge(files);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -1;
	}
	*ret_size = st.st_size;
	return fd;
}

int64_t tw_log_whole_lines(int fd, int64_t size)
{
	char tail[4096];

	while (size > 0) {
		int64_t from = size > (int64_t)sizeof tail ? size - (int64_t)sizeof tail : 0;
		ssize_t n = pread(fd, tail, (size_t)(size - from), from);
		const char *at = n > 0 ? memrchr(tail, '\n', (size_t)n) : NULL;

		if (at)
			return from + (at - tail) + 1;
		size = from;
	}
	return 0;
}

bool tw_log_attempt_ended(const struct tw_log_attempt *w, int fd, int64_t size)
{
	/* A finished attempt whose file ends with a whole line has nothing more to say. */
	return w->over || (has_ended(w->ti.state) && fd >= 0 && tw_log_whole_lines(fd, size) == size);
}
