/*
 * Configuration files as Python's ConfigParser reads them: [sections], "key = value" or "key: value", comments on lines
 * of their own with # or ;, values that go on in deeper indented lines. Keys are lower-cased; "%%" is one "%".
 */
#pragma once

#include "base/str.h"

/* section, key, value live until the call returns; line is where the key stands. */
typedef void (*tw_ini_fn)(void *arg, const char *section, const char *key, const char *value, int line);

/* TW_ERR_INVALID names file and line. Keys before the first section are an error. */
enum tw_rc tw_ini_parse(const char *file, struct tw_str text, tw_ini_fn fn, void *arg, struct tw_err *err);
