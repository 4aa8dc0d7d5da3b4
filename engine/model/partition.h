/*
 * Partition mappers (docs/schedule.md): which partitions of a consumer an event of a partition belongs to, and which
 * upstream partitions one of the consumer's is made of. A mapper is the object of the DAG document: {"type": class, …}.
 * A class of the user's own, and keys with an offset for a mapper of another zone than UTC, are refused.
 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/dag.h"
#include "value/value.h"

#define TW_PARTITION_KEYS_MAX 1000   /* [scheduler] partition_mapper_max_downstream_keys' default */

struct tw_keys {
	struct tw_str *v;            /* in the arena */
	size_t n;
};

/* The mapper of an asset in the schedule of a DAG; an empty name or URI is not asked for. */
struct tw_value tw_partition_mapper(const struct tw_dag *dag, struct tw_str name, struct tw_str uri);
/* The consumer's keys of an upstream key. A null mapper is the identity. */
enum tw_rc tw_partition_map(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			    struct tw_err *err);
bool tw_partition_is_rollup(struct tw_value mapper);
/* Of a rollup: the upstream keys that the consumer's key is made of, and how many of them are enough. */
enum tw_rc tw_partition_needs(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			      size_t *ret_enough, struct tw_err *err);
/* Of the identity: the date of the producer's run is that of the consumer's. */
bool tw_partition_is_identity(struct tw_value mapper);
/*
 * The instant at which the partition of the consumer's key begins (PartitionMapper.to_partition_date of Airflow 3.3);
 * TW_TIME_NONE where the mapper's keys are no dates.
 */
enum tw_rc tw_partition_anchor(const struct tw_timetable *tt, struct tw_value mapper, struct tw_str key, tw_time *ret,
			       struct tw_err *err);
/*
 * The same of a key that somebody asks a run for (Timetable.resolve_partition_date): by the timetable's own key format,
 * or by all of its mappers, TW_TIME_NONE if these disagree. A key that they cannot read is refused.
 */
enum tw_rc tw_dag_partition_date(const struct tw_dag *dag, struct tw_str key, tw_time *ret, struct tw_err *err);
