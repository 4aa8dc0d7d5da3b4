/*
 * Values that come from elsewhere: a command's output, a secrets backend. Both run a child and wait for it, so they
 * belong before the process's loop starts.
 */
#pragma once

#include "base/str.h"

/* What `command` (run by sh) prints, without the line ends behind it. An exit code other than 0 is TW_ERR_INVALID. */
enum tw_rc tw_config_command(const char *command, struct tw_buf *out, struct tw_err *err);
/* What the Python class `backend`, made with the JSON object kwargs, answers to get_config(key). */
enum tw_rc tw_config_secret(const char *backend, const char *kwargs, const char *key, struct tw_buf *out,
			    struct tw_err *err);
