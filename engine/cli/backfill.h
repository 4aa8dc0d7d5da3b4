/* What `tradewind backfill` and 2.x's `tradewind dags backfill` share. Each ends the command when it cannot. */
#pragma once

#include "api/backfill.h"
#include "cli/args.h"

struct tw_backfill_ask backfill_ask(struct tw_str dag_id, tw_time from, tw_time to);
tw_time backfill_date(const struct tw_args *args, const char *option);
struct tw_value backfill_conf(const char *text, const char *option);
void backfill_dry_run(const struct tw_args *args, const struct tw_backfill_ask *ask);
void backfill_make(const struct tw_backfill_ask *ask, struct tw_backfill_plan *plan);
