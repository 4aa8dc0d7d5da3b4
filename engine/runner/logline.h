/*
 * One line of a task's log as JSON, newline included, stamped now. Texts are masked already.
 */
#pragma once

#include "base/log.h"
#include "base/str.h"

void tw_logline(struct tw_buf *out, enum tw_log_level level, const char *logger, struct tw_str event);
/* Of an exception: event, and error_detail with its type and text. */
void tw_logline_exception(struct tw_buf *out, const char *event, const char *type, struct tw_str text);
