/*
 * Why does a task instance not run? The scheduler's own rules are asked, in a core that is filled from the metastore for this
 * one answer and decides nothing: what is alive, so that limits, pools and queues are counted as they are, and the run before.
 * What lies outside of the core comes first: no scheduler, a file that does not load.
 */
#pragma once

#include "core/sched.h"
#include "store/store.h"

struct tw_reasons_of {
	struct tw_store *store;
	struct tw_zones *zones;
	struct tw_arena *arena;      /* what is read for it */
	int parallelism;             /* [core] parallelism; 0 = no limit */
	int64_t scheduler_alive;     /* µs that a heartbeat counts */
	tw_time now;
};

/*
 * Most important first; none when it runs or has ended. The caller releases *ret, in whose arena the pool's name is.
 * *ret_place: nth 0 when it is not in line for a slot. TW_ERR_NOT_FOUND: no such instance.
 */
enum tw_rc tw_reasons_find(const struct tw_reasons_of *o, struct tw_run_ref run, struct tw_str task_id, int map_index,
			   struct tw_reasons *ret, struct tw_in_line *ret_place, struct tw_err *err);
