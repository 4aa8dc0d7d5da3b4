/*
 * The question that a timetable of the user's own is asked in Python, and its answer (docs/runner-protocol.md, "A
 * question"). Who asks it, and how, is the caller's.
 */
#pragma once

#include "base/vec.h"
#include "model/dag.h"
#include "time/timetable.h"
#include "value/value.h"

struct tw_coming_ask {
	const char *what;                  /* "next", "between" (both dates, catching up), "manual" */
	const struct tw_dag *dag;
	const char *dags_folder;
	const struct tw_run_info *last;    /* NULL: there was no run yet */
	struct tw_restriction bounds;
	tw_time run_after;                 /* manual */
	tw_time now;                       /* what the timetable shall take for the present; NONE = the present */
	int count;
	unsigned timeout_s;
};

/* Is it Python that knows when this DAG runs? Also true of one that asset_or_time holds. */
bool tw_coming_is_custom(const struct tw_timetable *tt);
void tw_coming_write(struct tw_buf *out, const struct tw_coming_ask *ask);

typedef TW_VEC(struct tw_run_info) tw_run_infos;
/* The runs of an answer, appended. */
enum tw_rc tw_coming_read(struct tw_value answer, tw_run_infos *out, struct tw_err *err);
/* The interval of an answer to "manual". */
enum tw_rc tw_coming_read_interval(struct tw_value answer, struct tw_interval *ret, struct tw_err *err);
