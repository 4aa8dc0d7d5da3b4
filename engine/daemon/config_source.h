/* Where settings come from: INI text as Python's ConfigParser reads it (without interpolation), and commands. */
#pragma once

#include "base/str.h"

typedef void (*tw_ini_fn)(void *arg, const char *section, const char *option, const char *value, int line);

/*
 * [section], key = value (or :), lines that go on by indentation, # and ; comments at the start of a line. Names in lower case.
 * A line that is none of these is TW_ERR_INVALID with path and line.
 */
enum tw_rc tw_ini_read(struct tw_str text, const char *path, tw_ini_fn fn, void *arg, struct tw_err *err);
/* One number of a text whose faults do not matter yet; 0 when it is not there. */
int tw_ini_find_int(struct tw_str text, const char *section, const char *option);
/* What the command prints, without the last newline. Not by a shell: words by white space and quotes, as Airflow splits them. */
enum tw_rc tw_config_run_command(const char *command, struct tw_buf *out, struct tw_err *err);
