/*
 * Log files of task attempts: JSON lines as Airflow 3 writes them,
 *
 *	{"timestamp":"2026-01-01T00:00:00.000000Z","level":"info","event":"…","logger":"…"}
 *
 * one file an attempt, appended to (an attempt that was deferred or rescheduled goes on in the same
 * file). Lines are gathered and written within TW_LOG_FLUSH_MS and at the end, so that who reads
 * the file sees them while the task runs, and never half a line.
 *
 * What comes from the task's processes goes through a stream: bytes in whatever pieces, masked, cut
 * into lines and made valid UTF-8.
 */
#pragma once

#include <uv.h>

#include "base/log.h"
#include "base/str.h"
#include "runner/masker.h"

#define TW_LOG_FLUSH_MS 100
#define TW_LOG_LINE ((size_t)256 << 10) /* bytes of raw output; longer lines are cut into several */
#define TW_LOG_JSON ((size_t)4 << 20)   /* bytes of a line that is JSON already */

struct tw_tasklog;

/* All logs of one loop. */
struct tw_logs {
	uv_loop_t *loop;
	uv_timer_t *timer;
	struct tw_tasklog *dirty; /* list of those with something gathered */
	bool armed;
};

void tw_logs_init(struct tw_logs *logs, uv_loop_t *loop);
void tw_logs_release(struct tw_logs *logs); /* all logs are closed by then */

/*
 * Makes the folders that are missing. That, and the file, the thread pool does: lines gather
 * meanwhile. When it cannot be opened that is an error in our own log, and the lines are lost. The
 * masker is borrowed, and may learn while the log is open.
 */
struct tw_tasklog *tw_tasklog_open(struct tw_logs *logs, const char *path,
				   const struct tw_masker *masker);
void tw_tasklog_close(struct tw_tasklog *log); /* flushes; NULL is fine */
void tw_tasklog_flush(struct tw_tasklog *log);
/* Flushes; fn is called when all lines so far are in the file: mostly at once. One at a time. */
void tw_tasklog_when_written(struct tw_tasklog *log, void (*fn)(void *arg), void *arg);

/* A line of our own. logger: "task", … Masked like the rest. */
void tw_tasklog_line(struct tw_tasklog *log, enum tw_log_level level, const char *logger,
		     struct tw_str event);
void tw_tasklog_printf(struct tw_tasklog *log, enum tw_log_level level, const char *logger,
		       const char *fmt, ...) TW_PRINTF(4, 5);
/* The line of an exception: event, and error_detail with its type and text. */
void tw_tasklog_exception(struct tw_tasklog *log, const char *event, const char *type,
			  struct tw_str text);

/* A line that is bytes, of some source: what the stream does with each. May be an operator's. */
struct tw_logstream {
	struct tw_tasklog *log;
	enum tw_log_level level;
	const char *logger;
	bool json;             /* lines are JSON objects: kept if they are, wrapped if not */
	struct tw_buf raw;     /* not masked yet: perhaps a secret's beginning */
	struct tw_buf line;    /* masked, the end not seen yet */
	/* Turns a masked line, without its newline, into text; NULL: UTF-8, stray bytes replaced. */
	void (*decode)(void *arg, struct tw_str bytes, struct tw_buf *out);
	void *arg;
};

void tw_logstream_init(struct tw_logstream *s, struct tw_tasklog *log, enum tw_log_level level,
		       const char *logger);
void tw_logstream_feed(struct tw_logstream *s, struct tw_str bytes);
/* What is left becomes the last line. Releases; the stream may be fed no more. */
void tw_logstream_end(struct tw_logstream *s);
