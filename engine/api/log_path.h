/* Where an attempt's log is. */
#pragma once

#include "api/app.h"
#include "store/tis.h"

/* In the arena; NULL: its ids are none that a path may be made of. */
char *tw_log_path(const struct tw_api *api, const struct tw_ti_row *ti, int number, tw_time logical_date, struct tw_arena *a);
