/* What `tradewind dags` and `tradewind runs` share. */
#pragma once

#include "cli/args.h"

int dags_list_runs(const struct tw_args *args);
int dags_trigger(const struct tw_args *args);
/* Follows a run to its end and prints its state to stderr; the exit status says whether it was success. */
int dags_wait_for(struct tw_str dag_id, struct tw_str run_id);

extern const struct tw_opt dags_runs_opts[], dags_trigger_opts[];
