/*
 * Clearing goes on through ExternalTaskMarker: who clears a marker also clears the task of the other DAG that it names,
 * for the logical date that it names, and all that comes after that task; and so on through the markers among these, as
 * deep as the first marker's recursion_depth allows.
 */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "store/tis.h"

struct tw_zones;

struct tw_markers {
	struct tw_store *s;
	struct tw_zones *zones;
	struct tw_arena *a;
	tw_time now;
	bool only_failed, only_running;
	TW_VEC(struct tw_ti_view) found; /* of the other DAGs, grouped by run; the arena keeps what they hold */
	struct tw_map seen;
	int depth;                       /* the first marker's; 0: none was met yet */
};
void tw_markers_release(struct tw_markers *m);

/* Follows the markers among these. TW_ERR_LIMIT: deeper than allowed; a cycle, perhaps. */
enum tw_rc tw_markers_follow(struct tw_markers *m, const struct tw_ti_row *ti, struct tw_err *err);
