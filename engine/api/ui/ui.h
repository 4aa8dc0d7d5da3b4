/*
 * The web UI's files, inside of the binary: script/ui_files.py writes the table from what the UI was
 * built to. Without a built UI the table is empty, and "/" leads to the health page.
 */
#pragma once

#include <stddef.h>

struct tw_ui_span {
	size_t at, n; /* in tw_ui_blob; n 0: not there */
};

struct tw_ui_file {
	const char *name; /* "static/index-1f3a.js" */
	const char *type; /* for Content-Type */
	struct tw_ui_span plain, br, gz;
};

extern const struct tw_ui_file tw_ui_files[]; /* by name, bytewise */
extern const unsigned tw_ui_nfiles;
extern const char tw_ui_blob[];
