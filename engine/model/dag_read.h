/*
 * Inside of the model: reading objects of a document by a table of their keys, so that a key that
 * nobody reads is an error with its place.
 */
#pragma once

#include "model/dag.h"

enum tw_field_kind {
	TW_F_ANY,        /* struct tw_value */
	TW_F_STR,        /* struct tw_str, null = p NULL */
	TW_F_BOOL,
	TW_F_TRI,        /* bool or null into an int: 1, 0, -1 */
	TW_F_INT,        /* int, at least min */
	TW_F_NUM,        /* double; true is 2 (retry_exponential_backoff) */
	TW_F_DURATION,   /* seconds into µs; null = -1 */
	TW_F_INSTANT,    /* tw_time, null = TW_TIME_NONE */
	TW_F_LIST,       /* struct tw_value, list or null */
	TW_F_MAP,        /* struct tw_value, object or null */
	TW_F_IGNORED,    /* known, and kept in the raw document only */
};

struct tw_field {
	const char *key;
	enum tw_field_kind kind;
	size_t offset;
	int min;
};

struct tw_reader {
	struct tw_dag *dag;
	struct tw_zones *zones;
	struct tw_err *err;
	struct tw_str **upstreams;   /* of each task, by name, until all names are known */
	int *nupstreams;
	struct tw_str *groups;       /* of each task */
};

/* Reads all keys of obj into base; where is "tasks[3]." or "". */
enum tw_rc tw_read_fields(struct tw_reader *r, const char *where, struct tw_value obj,
			  const struct tw_field *fields, int n, void *base);
/* A list of strings into an arena array. */
enum tw_rc tw_read_strings(struct tw_reader *r, const char *where, struct tw_value list,
			   struct tw_str **ret, int *ret_n);
/* A list of callback names into TW_CB_ bits. */
enum tw_rc tw_read_callbacks(struct tw_reader *r, const char *where, struct tw_value list,
			     unsigned *ret);

/* Tasks (dag_task.c): first what stands in each, then what names others. */
enum tw_rc tw_read_tasks(struct tw_reader *r, struct tw_value list);
enum tw_rc tw_read_groups(struct tw_reader *r, struct tw_value list);
enum tw_rc tw_resolve_tasks(struct tw_reader *r);

/* Mappings (dag_map.c); they name tasks, so tasks come first. */
enum tw_rc tw_read_mapping(struct tw_reader *r, const char *where, struct tw_value v,
			   struct tw_mapping **ret);
