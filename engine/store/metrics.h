/* What an installation is doing, in numbers: all of them cheap, none over what has ended. */
#pragma once

#include "store/store.h"

struct tw_counted {
	struct tw_str what;
	int64_t n;
};

struct tw_figures {
	struct tw_counted *runs, *tis; /* of those that have not ended, by state */
	size_t nruns, ntis;
	int64_t dags_paused, dags_active, import_errors, inbox, triggers;
	int64_t feed;                  /* the newest row of the feed of changes */
};
enum tw_rc tw_store_figures(struct tw_store *s, struct tw_arena *a, struct tw_figures *ret, struct tw_err *err);
