/*
 * The schema's history: forward-only steps, each recorded in `tradewind_schema` by the transaction
 * that made it. A step that has been released is never edited. Only store/ includes this.
 */
#pragma once

#include "store/query.h"

struct tw_schema_step {
	int version;      /* 1, 2, 3, … without a gap */
	const char *name;
	const char *sql;  /* statements that every database takes, after the substitutions below */
	const char *only; /* NULL, or the one database that it is for: to the others it is an empty step */
};

/*
 * In a step's text: {serial} an integer key that the database draws, {stamp} an instant, {uuid} an id, {bool},
 * {real}, {key} text that is compared exactly (ids), {text} text of any length.
 */
extern const struct tw_schema_step tw_schema_steps[];
extern const size_t tw_schema_nsteps;

/* With other steps than the engine's: for tests. to = 0: the last of them. */
enum tw_rc tw_migrate_with(struct tw_store *s, const struct tw_schema_step *steps, size_t n, int to,
			   struct tw_err *err);
