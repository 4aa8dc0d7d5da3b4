/*
 * Timetables of the users' own, for the scheduler: its core asks when a DAG runs next, and a run that somebody asks for
 * wants its data interval. Both are answered by Python, in a process of its own (pyask.h), while the loop goes on. What
 * fails is a warning of the DAG, and is asked again later.
 */
#pragma once

#include "daemon/shell.h"

/* The core's question TW_ASK_NEXT_RUN; the answer comes as TW_EV_NEXT_RUN, at once if it is known. */
void timetable_next(struct shell *sh, const struct tw_fx_ask *ask);
/*
 * Gives a run without a data interval that of its DAG's timetable: *ret_changed. TW_ERR_AGAIN: Python is asked, and the run is
 * loaded when it has answered; until then the inbox keeps the row that brought it (0 = none).
 */
enum tw_rc timetable_manual(struct shell *sh, const struct tw_dag *dag, struct tw_run_row *row, int64_t inbox_id,
			    bool *ret_changed);
void timetables_free(struct timetables *t);
