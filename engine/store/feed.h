/*
 * What has changed, for whoever follows: each commit that changed a run, a task instance, a DAG or the like leaves one
 * row with a line of JSON per change. The newest 4,096 are kept. docs/rest-api.md says what the lines hold.
 */
#pragma once

#include "store/store.h"

struct tw_feed_row {
	int64_t seq;               /* grows by one with every row */
	struct tw_str text;        /* lines, each ended by a newline */
};

/* The rows that are there; both 0 when there are none. */
enum tw_rc tw_store_feed_span(struct tw_store *s, int64_t *ret_first, int64_t *ret_last, struct tw_err *err);
/* Up to limit rows after seq, in order. */
enum tw_rc tw_store_feed_after(struct tw_store *s, int64_t seq, int64_t limit, struct tw_arena *a,
			       struct tw_feed_row **ret_v, size_t *ret_n, struct tw_err *err);
/* Whom a line is about. */
struct tw_feed_line {
	struct tw_str kind;
	struct tw_str dag_id, run_id, task_id; /* as JSON has them, with their quotes; p NULL: it names none */
};
bool tw_feed_line_read(struct tw_str line, struct tw_feed_line *ret); /* false: it is none */
/* A file that is written to whenever there is a new row: watch it. NULL: there is none, look now and then. */
const char *tw_store_feed_file(struct tw_store *s);
