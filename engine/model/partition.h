/*
 * Partition mappers (docs/schedule.md): which partitions of a consumer an event of a partition belongs to, and which
 * upstream partitions one of the consumer's is made of. A mapper is the object of the DAG document: {"type": class, …}.
 * A class of the user's own, and keys with an offset for a mapper of another zone than UTC, are refused.
 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/value.h"

#define TW_PARTITION_KEYS_MAX 1000   /* [scheduler] partition_mapper_max_downstream_keys' default */

struct tw_keys {
	struct tw_str *v;            /* in the arena */
	size_t n;
};

/* The consumer's keys of an upstream key. A null mapper is the identity. */
enum tw_rc tw_partition_map(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			    struct tw_err *err);
bool tw_partition_is_rollup(struct tw_value mapper);
/* Of a rollup: the upstream keys that the consumer's key is made of, and how many of them are enough. */
enum tw_rc tw_partition_needs(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			      size_t *ret_enough, struct tw_err *err);
