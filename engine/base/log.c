#include "base/log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

enum tw_log_level tw_log_min = TW_LOG_INFO;
static const char *component;

static const char *const names[] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};

void tw_log_component(const char *name)
{
	component = name;
}

bool tw_log_level_parse(const char *name, enum tw_log_level *ret_level)
{
	struct tw_str s = tw_str(name);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (tw_str_caseeq(s, names[i])) {
			*ret_level = (enum tw_log_level)i;
			return true;
		}
	}
	if (tw_str_caseeq(s, "WARN"))
		*ret_level = TW_LOG_WARNING;
	else if (tw_str_caseeq(s, "FATAL"))
		*ret_level = TW_LOG_CRITICAL;
	else if (tw_str_caseeq(s, "NOTSET"))
		*ret_level = TW_LOG_DEBUG;
	else
		return false;
	return true;
}

static void add_prefix(struct tw_buf *line, enum tw_log_level level)
{
	struct timespec now;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	tw_buf_printf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ %-8s ", tm.tm_year + 1900,
		      tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		      now.tv_nsec / 1000, names[level]);
	if (component)
		tw_buf_printf(line, "%s: ", component);
}

static void add_escaped(struct tw_buf *line, struct tw_str msg)
{
	for (size_t i = 0; i < msg.n; i++) {
		unsigned char c = (unsigned char)msg.p[i];
		if (c == '\n')
			tw_buf_adds(line, "\\n");
		else if (c == '\r')
			tw_buf_adds(line, "\\r");
		else if (c < 0x20 && c != '\t')
			tw_buf_printf(line, "\\x%02x", c);
		else
			tw_buf_addc(line, (char)c);
	}
}

void tw_log(enum tw_log_level level, const char *fmt, ...)
{
	if (level < tw_log_min)
		return;
	TW_AUTO(tw_buf_release) struct tw_buf msg = {0};
	TW_AUTO(tw_buf_release) struct tw_buf line = {0};
	va_list ap;
	va_start(ap, fmt);
	tw_buf_vprintf(&msg, fmt, ap);
	va_end(ap);
	add_prefix(&line, level);
	add_escaped(&line, tw_buf_str(&msg));
	tw_buf_addc(&line, '\n');
	/* One write, so that lines of several processes don't mix. A failing log has nowhere to go.
	 */
	ssize_t n = write(STDERR_FILENO, line.p, line.n);
	(void)n;
}
