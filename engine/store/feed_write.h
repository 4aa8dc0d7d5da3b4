/*
 * Telling of changes. Everything here is told within a writing transaction and goes into its commit. Only store/ includes this.
 */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "store/query.h"

/* A batch's changes. A run of which very many instances change at once is told of in one line. */
struct tw_feed_tally {
	struct tw_map counts;      /* "dag\nrun" → struct of feed.c; empty: few enough */
	TW_VEC(int64_t) backfills; /* of which a run has changed */
};
void tw_feed_tally(struct tw_feed_tally *t, const struct tw_batch *b);
void tw_feed_change(struct tw_store *s, struct tw_feed_tally *t, const struct tw_change *c);
void tw_feed_tally_end(struct tw_store *s, const struct tw_feed_tally *t);
void tw_feed_tally_release(struct tw_feed_tally *t);

void tw_feed_run(struct tw_store *s, const struct tw_run_row *run);
void tw_feed_run_gone(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id);
void tw_feed_dag(struct tw_store *s, struct tw_str dag_id);
void tw_feed_pools(struct tw_store *s);
void tw_feed_backfill(struct tw_store *s, struct tw_str dag_id, int64_t id, bool is_paused, tw_time completed_at);
void tw_feed_import_error(struct tw_store *s, struct tw_str bundle_name, struct tw_str filename);

/* The row of what was told, before the commit. */
enum tw_rc tw_feed_flush(struct tw_store *s, struct tw_err *err);
