/*
 * What two runs of a DAG left differently. The database compares: what is the same is not read.
 */
#pragma once

#include "store/store.h"

struct tw_difference {
	struct tw_str task_id;
	int map_index;
	struct tw_str key;   /* an XCom's */
	struct tw_str a, b;  /* JSON text; p NULL: not there */
	bool cut;            /* one of them was longer */
};

/* XComs that only one has, or that are not the same; by task, index and key, at most max, values cut behind max_chars. */
enum tw_rc tw_store_compare_xcoms(struct tw_store *s, struct tw_str dag_id, struct tw_str run_a, struct tw_str run_b, size_t max,
				  size_t max_chars, struct tw_arena *a, struct tw_difference **ret_v, size_t *ret_n,
				  struct tw_err *err);
/* Instances of which both runs have rendered fields, and not the same ones. */
enum tw_rc tw_store_compare_rendered(struct tw_store *s, struct tw_str dag_id, struct tw_str run_a, struct tw_str run_b,
				     size_t max, struct tw_arena *a, struct tw_difference **ret_v, size_t *ret_n,
				     struct tw_err *err);
