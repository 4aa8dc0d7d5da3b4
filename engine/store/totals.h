/*
 * Totals of lists that take long to count. Counting a million rows takes a tenth of a second, each time for each page: what took longer
 * than two milliseconds is told again for thirty times as long as it took, half a minute at most. While one thread counts anew the
 * others tell the last number. For all handles of the process. Only store/ includes this.
 */
#pragma once

#include "store/query.h"

/* The statement and all that is bound to it. */
void tw_totals_key(const struct tw_store *s, struct tw_str sql, const struct tw_ask *ask, struct tw_buf *out);
bool tw_totals_recall(struct tw_str key, int64_t *ret_total);
/* took: microseconds; negative: it failed. */
void tw_totals_keep(struct tw_str key, int64_t total, int64_t took);
