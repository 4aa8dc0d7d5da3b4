/* What `tradewind dags` and `tradewind runs` share. */
#pragma once

#include "api/coming.h"
#include "api/trigger.h"
#include "cli/args.h"
#include "model/record.h"

int dags_list_runs(const struct tw_args *args);
int dags_trigger(const struct tw_args *args);
/* A run that was just asked for, as `dags trigger` prints it. */
void dags_print_run(const struct tw_args *args, const struct tw_run_row *run);
/*
 * Follows a run to its end (wait.c): its state goes to stderr, what --result tasks returned to stdout as one JSON object. The exit
 * status: 0 success, 1 failed, 124 --timeout has passed.
 */
int dags_wait_for(const struct tw_args *args, struct tw_str dag_id, struct tw_str run_id);
#define DAGS_WAIT_OPTIONS                                                                                              \
	{"timeout", 0, TW_OPT_STR, "give up waiting after so many seconds, with exit status 124", NULL, NULL, NULL},  \
	{"result", 0, TW_OPT_APPEND, "a task whose return value is printed at the end, as JSON", NULL, NULL, NULL}

int dags_next_execution(const struct tw_args *args);
/* What a timetable of the user's own says, asked of Python now. Exits when it fails: it has said why. */
struct tw_value dags_ask_timetable(const struct tw_coming_ask *ask);
/* A run by hand of a DAG with such a timetable: its data interval, when no other is given. */
void dags_ask_interval(struct tw_trigger_opts *o);

extern const struct tw_opt dags_next_opts[];
extern const struct tw_opt dags_runs_opts[], dags_trigger_opts[];
