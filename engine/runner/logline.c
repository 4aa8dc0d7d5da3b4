#include "runner/logline.h"

#include <time.h>

#include "io/clock.h"
#include "value/json.h"

static const char *level_name(enum tw_log_level level)
{
	static const char *const names[] = {"debug", "info", "warning", "error", "critical"};
	return names[level];
}

static void put_timestamp(struct tw_buf *out)
{
	static time_t cached = -1;
	static char text[24];
	int64_t now = tw_now();
	time_t s = (time_t)(now / 1000000);
	if (s != cached) {
		struct tm tm;
		gmtime_r(&s, &tm);
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
		cached = s;
	}
	tw_buf_printf(out, "\"%s.%06dZ\"", text, (int)(now % 1000000));
}

static void put_head(struct tw_buf *out, enum tw_log_level level)
{
	tw_buf_adds(out, "{\"timestamp\":");
	put_timestamp(out);
	tw_buf_printf(out, ",\"level\":\"%s\",\"event\":", level_name(level));
}

static void put_tail(struct tw_buf *out, const char *logger)
{
	tw_buf_adds(out, ",\"logger\":");
	tw_json_write_str(out, tw_str(logger), 0);
	tw_buf_adds(out, "}\n");
}

void tw_logline(struct tw_buf *out, enum tw_log_level level, const char *logger, struct tw_str event)
{
	put_head(out, level);
	tw_json_write_str(out, event, 0);
	put_tail(out, logger);
}

void tw_logline_exception(struct tw_buf *out, const char *event, const char *type, struct tw_str text)
{
	put_head(out, TW_LOG_ERROR);
	tw_json_write_str(out, tw_str(event), 0);
	tw_buf_adds(out, ",\"error_detail\":[{\"exc_type\":");
	tw_json_write_str(out, tw_str(type), 0);
	tw_buf_adds(out, ",\"exc_value\":");
	tw_json_write_str(out, text, 0);
	tw_buf_adds(out,
		    ",\"exc_notes\":[],\"syntax_error\":null,\"is_cause\":false,\"frames\":[],"
		    "\"is_group\":false,\"exceptions\":[]}]");
	put_tail(out, "task");
}
