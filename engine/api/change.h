/*
 * Changing task instances: those meant are collected first, then posted to the scheduler run by
 * run, then read again for the answer. Runs and task instances share this.
 */
#pragma once

#include "api/ask.h"
#include "api/tables.h"

/* Task instances that a change is about. */
struct tw_chosen {
	struct tw_ti_view *v; /* grouped by run */
	size_t n;
};

/* All that match, grouped by run; false: it has replied. */
bool tw_choose(struct tw_request *req, struct tw_response *resp, struct tw_asker *q,
	       struct tw_chosen *ret);
/*
 * Adds one inbox row per run to rows; more is the payload's rest: "\"state\":\"failed\"". Whoever
 * asked is told in it. The arena keeps them.
 */
struct tw_posts {
	TW_VEC(struct tw_inbox_row) rows;
};
void tw_posts_add(struct tw_request *req, struct tw_posts *posts, const char *kind,
		  const struct tw_chosen *chosen, const char *more);
/* Does the body ask for the newest version (run_on_latest_version); else what the DAG, then the configuration says. */
bool tw_run_on_latest(struct tw_request *req, struct tw_value body, struct tw_str dag_id, bool dflt);
/* Reads them anew and answers {"task_instances", "total_entries"}. */
void tw_reply_chosen(struct tw_request *req, struct tw_response *resp,
		     const struct tw_chosen *chosen);
/* The note of each; an empty one removes it. false: it has replied. */
bool tw_note_chosen(struct tw_request *req, struct tw_response *resp,
		    const struct tw_chosen *chosen, struct tw_str note);
/* Plans one instance's change for a bulk request: its note is written, its rows added to posts. false: it has replied. */
bool tw_ti_patch_one(struct tw_request *req, struct tw_response *resp, const struct tw_ti_row *ti, struct tw_value body,
		     struct tw_value mask, struct tw_posts *posts);
/* The row that sets a run's state, as whoever asks. */
struct tw_inbox_row tw_run_state_row(struct tw_request *req, struct tw_str dag_id, struct tw_str run_id,
				     struct tw_str state);
