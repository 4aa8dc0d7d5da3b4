/*
 * Which way a page is found. Two lead to it: the rows that are meant are found and sorted, or the index that has the order is
 * walked until enough of them have come. The first costs as much as there are rows, the second as much as they are rare; a
 * database that cannot know how many there are guesses, and a wrong guess over a million rows takes a second. We have just
 * counted them, so we say. Only store/ includes this.
 */
#pragma once

#include "store/query.h"

enum tw_way {
	TW_WAY_OPEN, /* the database may choose */
	TW_WAY_SORT, /* they are few */
	TW_WAY_WALK, /* they are many */
};

/* total: how many there are; INT64_MAX: very many. */
enum tw_rc tw_list_way(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask, int64_t total,
		       enum tw_way *ret_way, struct tw_err *err);

const struct tw_field *tw_list_field(const struct tw_list_def *def, const char *name);
/* A field of the parent's table. */
bool tw_list_of_parent(const struct tw_list_def *def, const struct tw_field *f);
/* The parent's column can be compared in place of its own: it is a pattern, and there are fewer parents. */
bool tw_list_asks_parent(const struct tw_list_def *def, const struct tw_field *f, const struct tw_cond *c);
/* The rows are best found by way of their parents. */
bool tw_list_by_parent(const struct tw_list_def *def, const struct tw_ask *ask);
/* The order begins with a column of the parent. */
bool tw_list_led_by_parent(const struct tw_list_def *def, const struct tw_ask *ask);
/* What a page is looked for in: the table, with its joins (far: they are needed), or led by its parent. */
void tw_list_from(const struct tw_list_def *def, const struct tw_ask *ask, enum tw_way way, bool far, struct tw_buf *sql);
/* All rows are the same in this field: it orders nothing. */
bool tw_list_fixed(const struct tw_list_def *def, const struct tw_ask *ask, const struct tw_field *f);
