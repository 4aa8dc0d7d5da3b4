/* What a search of logs looks for: words, or a regular expression of bounded work; and a level at least. */
#pragma once

#include <regex.h>

#include "base/err.h"
#include "base/str.h"
#include "value/value.h"

#define TW_LOG_QUERY_MAX 200

struct tw_log_query {
	struct tw_str text; /* lower case, when it is no expression */
	bool regex, quick;  /* quick: lines of the file can be told from afar */
	regex_t re;
	int level;	    /* 0: any */
};

/* text is borrowed, a copy in lower case is made in the arena. level: "info" …, p NULL: any. TW_ERR_INVALID says why. */
enum tw_rc tw_log_query_init(struct tw_log_query *q, struct tw_str text, bool regex, struct tw_str level, struct tw_arena *a,
			     struct tw_err *err);
void tw_log_query_release(struct tw_log_query *q);

/* May this line of the file, JSON as it stands there, have what is looked for? false is sure. */
bool tw_log_may_match(const struct tw_log_query *q, struct tw_str raw);
/* The place of the first hit in the text of an event; -1: none. */
ptrdiff_t tw_log_match(const struct tw_log_query *q, struct tw_str text);
/* Is the level one that is wanted? A line that says none counts as info. */
bool tw_log_level_fits(const struct tw_log_query *q, struct tw_str level);
/* A line of the file without what ends it: a return, and the NULs that a crash of the machine leaves. */
struct tw_str tw_log_trim(struct tw_str raw);
/* What the line is: an object with an event, in the arena; TW_NULL: somebody has written something else into the file. */
struct tw_value tw_log_parse(struct tw_arena *a, struct tw_str raw);
/* How many lines of the page the file's line makes: an event's own, and those of its exceptions. */
int64_t tw_log_height(struct tw_value line);

/*
 * Each of those lines: raw is the file's line, v what it is (TW_NULL: no object with an event, raw itself is shown). The
 * texts live as long as the arena.
 */
typedef void tw_log_row_fn(void *ctx, struct tw_str text);
void tw_log_rows(struct tw_value v, struct tw_str raw, struct tw_arena *a, tw_log_row_fn *row, void *ctx);
