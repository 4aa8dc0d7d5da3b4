#include "runner/tasklog.h"

#include "runner/logline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "io/clock.h"
#include "io/file.h"
#include "value/json.h"

#define GATHER ((size_t)64 << 10) /* more than this is written at once */

struct tw_tasklog {
	struct tw_logs *logs;
	const struct tw_masker *masker;
	struct tw_tasklog *prev, *next; /* of the dirty ones */
	bool dirty, failed;
	int fd;		      /* -1: not open yet */
	bool opening, closed; /* closed while opening: goes when that is done */
	struct tw_buf out;
	void (*written)(void *arg);
	void *written_arg;
};

struct open_job {
	uv_work_t work;
	struct tw_tasklog *log;
	char *path;
	int fd;
	struct tw_err err;
};

static void on_closed(uv_handle_t *h)
{
	free(h);
}

void tw_logs_init(struct tw_logs *logs, uv_loop_t *loop)
{
	*logs = (struct tw_logs){.loop = loop, .timer = tw_new(uv_timer_t)};
	uv_timer_init(loop, logs->timer);
	logs->timer->data = logs;
	uv_unref((uv_handle_t *)logs->timer);
}

void tw_logs_release(struct tw_logs *logs)
{
	if (logs->timer)
		uv_close((uv_handle_t *)logs->timer, on_closed);
	logs->timer = NULL;
}

/* The file --------------------------------------------------------------------------------- */

static void write_out(struct tw_tasklog *log)
{
	if (log->opening)
		return;
	size_t at = 0;
	while (at < log->out.n && log->fd >= 0) {
		ssize_t n = write(log->fd, log->out.p + at, log->out.n - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (!log->failed)
				tw_error("cannot write a task's log: %s", strerror(errno));
			log->failed = true;
			break;
		}
		at += (size_t)n;
	}
	tw_buf_clear(&log->out);
}

void tw_tasklog_flush(struct tw_tasklog *log)
{
	if (!log || !log->dirty)
		return;
	log->dirty = false;
	if (log->prev)
		log->prev->next = log->next;
	else
		log->logs->dirty = log->next;
	if (log->next)
		log->next->prev = log->prev;
	write_out(log);
}

static void on_flush(uv_timer_t *t)
{
	struct tw_logs *logs = t->data;
	logs->armed = false;
	while (logs->dirty)
		tw_tasklog_flush(logs->dirty);
}

static void written(struct tw_tasklog *log)
{
	struct tw_logs *logs = log->logs;
	if (!log->dirty) {
		log->dirty = true;
		log->prev = NULL;
		log->next = logs->dirty;
		if (log->next)
			log->next->prev = log;
		logs->dirty = log;
	}
	if (log->out.n >= GATHER)
		tw_tasklog_flush(log);
	else if (!logs->armed) {
		logs->armed = true;
		uv_timer_start(logs->timer, on_flush, TW_LOG_FLUSH_MS, 0);
	}
}

static void open_file(uv_work_t *w)
{
	struct open_job *j = w->data;
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
	j->fd = open(j->path, flags, 0664);
	if (j->fd < 0 && errno == ENOENT) {
		if (tw_file_mkdirs_for(j->path, 0775, &j->err) < 0)
			return;
		j->fd = open(j->path, flags, 0664);
	}
	if (j->fd < 0)
		tw_err_errno(&j->err, errno, "cannot open the log '%s'", j->path);
}

static void log_free(struct tw_tasklog *log)
{
	if (log->fd >= 0)
		close(log->fd);
	tw_buf_release(&log->out);
	free(log);
}

static void tell_written(struct tw_tasklog *log)
{
	void (*fn)(void *) = log->written;
	log->written = NULL;
	if (fn)
		fn(log->written_arg);
}

static void on_open(uv_work_t *w, int status)
{
	struct open_job *j = w->data;
	struct tw_tasklog *log = j->log;
	log->fd = j->fd;
	log->opening = false;
	log->failed = j->fd < 0;
	if (j->fd < 0)
		tw_error("%s", j->err.msg);
	free(j->path);
	free(j);
	write_out(log);
	tell_written(log);
	if (log->closed)
		log_free(log);
}

struct tw_tasklog *tw_tasklog_open(struct tw_logs *logs, const char *path,
				   const struct tw_masker *masker)
{
	struct tw_tasklog *log = tw_new(struct tw_tasklog);
	struct open_job *j = tw_new(struct open_job);
	log->logs = logs;
	log->masker = masker;
	log->fd = j->fd = -1;
	log->opening = true;
	j->log = log;
	j->path = tw_strdup(path);
	j->work.data = j;
	if (uv_queue_work(logs->loop, &j->work, open_file, on_open) != 0) {
		open_file(&j->work);
		on_open(&j->work, 0);
	}
	return log;
}

void tw_tasklog_when_written(struct tw_tasklog *log, void (*fn)(void *arg), void *arg)
{
	TW_ASSERT(!log->written);
	tw_tasklog_flush(log);
	log->written = fn;
	log->written_arg = arg;
	if (!log->opening)
		tell_written(log);
}

void tw_tasklog_close(struct tw_tasklog *log)
{
	if (!log)
		return;
	tw_tasklog_flush(log);
	log->written = NULL;
	if (log->opening)
		log->closed = true;
	else
		log_free(log);
}

/* Lines ------------------------------------------------------------------------------------ */

/* event is masked already. */
static void put_line(struct tw_tasklog *log, enum tw_log_level level, const char *logger,
		     struct tw_str event)
{
	tw_logline(&log->out, level, logger, event);
	written(log);
}

/* s itself, or its masked form in scratch. */
static struct tw_str mask(const struct tw_masker *m, struct tw_str s, struct tw_buf *scratch)
{
	if (!m || tw_masker_empty(m))
		return s;
	tw_buf_clear(scratch);
	tw_masker_mask(m, s, true, scratch);
	return tw_buf_str(scratch);
}

void tw_tasklog_line(struct tw_tasklog *log, enum tw_log_level level, const char *logger,
		     struct tw_str event)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	put_line(log, level, logger, mask(log->masker, event, &b));
}

void tw_tasklog_printf(struct tw_tasklog *log, enum tw_log_level level, const char *logger,
		       const char *fmt, ...)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	tw_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	tw_tasklog_line(log, level, logger, tw_buf_str(&b));
}

void tw_tasklog_exception(struct tw_tasklog *log, const char *event, const char *type,
			  struct tw_str text)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	tw_logline_exception(&log->out, event, type, mask(log->masker, text, &b));
	written(log);
}

/* Streams ---------------------------------------------------------------------------------- */

void tw_logstream_init(struct tw_logstream *s, struct tw_tasklog *log, enum tw_log_level level,
		       const char *logger)
{
	*s = (struct tw_logstream){.log = log, .level = level, .logger = logger};
}

static struct tw_str trim_end(struct tw_str s)
{
	while (s.n && strchr(" \t\r\n\v\f", s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

/* A copy of v with every string masked, but for the keys and what log readers go by. */
static struct tw_value mask_value(struct tw_arena *a, const struct tw_masker *m, struct tw_value v)
{
	if (v.kind == TW_V_STR) {
		TW_AUTO(tw_buf_release) struct tw_buf b = {0};
		return tw_v_str(tw_str_copy(a, mask(m, v.s, &b)));
	}
	if (v.kind == TW_V_LIST) {
		struct tw_value out = tw_v_list(a);
		for (size_t i = 0; i < v.list->n; i++)
			tw_list_push(a, out, mask_value(a, m, v.list->v[i]));
		return out;
	}
	if (v.kind != TW_V_MAP)
		return v;
	struct tw_value out = tw_v_map(a);
	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_pair *p = &v.map->v[i];
		bool keep = tw_str_is(p->key.s, "timestamp") || tw_str_is(p->key.s, "level");
		tw_map_put(a, out, p->key.s, keep ? p->value : mask_value(a, m, p->value));
	}
	return out;
}

static bool is_object(struct tw_str line)
{
	if (line.n < 2 || line.p[0] != '{' || line.p[line.n - 1] != '}')
		return false;
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < 0x20)
			return false;
	return tw_utf8_valid(line) == line.n;
}

/*
 * A line that Python made. Only when it holds a secret somewhere is it taken apart, so that masking
 * cannot break it.
 */
static void put_json(struct tw_logstream *s, struct tw_str line)
{
	struct tw_tasklog *log = s->log;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str masked = mask(log->masker, line, &b);
	if (!is_object(line)) {
		put_line(log, s->level, s->logger, masked);
		return;
	}
	if (tw_str_eq(masked, line)) {
		tw_buf_addstr(&log->out, line);
	} else {
		TW_AUTO(tw_arena_release) struct tw_arena a = {0};
		struct tw_value v;
		if (tw_json_parse(&a, line, &v, NULL) < 0) {
			put_line(log, s->level, s->logger, masked);
			return;
		}
		tw_json_write(&log->out, mask_value(&a, log->masker, v), TW_JSON_COMPACT);
	}
	tw_buf_addc(&log->out, '\n');
	written(log);
}

static void put_raw(struct tw_logstream *s, struct tw_str line)
{
	if (!s->decode) {
		put_line(s->log, s->level, s->logger, trim_end(line));
		return;
	}
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	s->decode(s->arg, line, &b);
	put_line(s->log, s->level, s->logger, tw_buf_str(&b));
}

/* Hands out the whole lines of b; a line longer than limit is cut. */
static void take_lines(struct tw_logstream *s, struct tw_buf *b, size_t limit,
		       void (*put)(struct tw_logstream *, struct tw_str))
{
	size_t at = 0;
	while (at < b->n) {
		const char *nl = memchr(b->p + at, '\n', b->n - at);
		size_t n = nl ? (size_t)(nl - b->p) - at : b->n - at;
		if (!nl && n < limit)
			break;
		bool cut = n > limit || !nl;
		if (n > limit)
			n = limit;
		if (n || !s->json)
			put(s, tw_strn(b->p + at, n));
		at += n + !cut;
	}
	if (at)
		tw_buf_consume(b, at);
}

static void mask_more(struct tw_logstream *s, bool final)
{
	size_t n = tw_masker_mask(s->log->masker, tw_buf_str(&s->raw), final, &s->line);
	tw_buf_consume(&s->raw, n);
}

void tw_logstream_feed(struct tw_logstream *s, struct tw_str bytes)
{
	if (s->json) { /* masked line by line */
		tw_buf_addstr(&s->line, bytes);
		take_lines(s, &s->line, TW_LOG_JSON, put_json);
		return;
	}
	if (!s->log->masker || (tw_masker_empty(s->log->masker) && s->raw.n == 0)) {
		tw_buf_addstr(&s->line, bytes);
	} else {
		tw_buf_addstr(&s->raw, bytes);
		mask_more(s, false);
	}
	take_lines(s, &s->line, TW_LOG_LINE, put_raw);
}

void tw_logstream_end(struct tw_logstream *s)
{
	if (s->raw.n)
		mask_more(s, true);
	if (s->line.n) {
		tw_buf_addc(&s->line, '\n');
		take_lines(s, &s->line, s->json ? TW_LOG_JSON : TW_LOG_LINE,
			   s->json ? put_json : put_raw);
	}
	tw_buf_release(&s->raw);
	tw_buf_release(&s->line);
	s->log = NULL;
}
