/*
 * Masking of secrets: every learnt secret that occurs in the bytes of a task's output is replaced
 * by "***". Where several secrets begin at one place the longest wins, so that no tail of a
 * longer one is left standing.
 *
 * A secret shorter than the configured minimum ([logging] min_length_masked_secret) is not masked,
 * nor the word "airflow". Beside the secret itself its JSON spellings (as in the log lines that
 * Python writes), its percent-encoded spelling (as in connection URIs) and, of a secret of several
 * lines, each line are masked.
 */
#pragma once

#include "base/map.h"
#include "base/str.h"
#include "value/value.h"

struct tw_secret;

struct tw_masker {
	size_t min_length;              /* 0: the default, 5 */
	struct tw_secret *first[256];   /* by first byte, longest first */
	struct tw_map known;
	size_t longest;
};

#define TW_MASK_SECRETS 10000 /* a masker's limit; more are not learnt */

void tw_masker_release(struct tw_masker *m);
/* True when it was learnt, false when it was known, too short or one too many. */
bool tw_masker_add(struct tw_masker *m, struct tw_str secret);
/* Every string in v, through lists and maps. */
void tw_masker_add_value(struct tw_masker *m, struct tw_value v);
/*
 * Strings below sensitive keys of v only: what Airflow hides of a connection's extra. name is v's own
 * key, or empty.
 */
void tw_masker_add_sensitive(struct tw_masker *m, struct tw_str name, struct tw_value v);

/*
 * The secrets in an answer to a task's request (docs/runner-protocol.md): `what` is its `do`, request its body. The
 * arena is for the moment.
 */
void tw_masker_learn(struct tw_masker *m, struct tw_arena *a, struct tw_str what, struct tw_value request,
		     struct tw_value result);

static inline bool tw_masker_empty(const struct tw_masker *m)
{
	return m->longest == 0;
}

/*
 * Appends text to out with its secrets masked; returns how many bytes of text were dealt with. That
 * is all of it when `final`; else the end of text that may be the beginning of a secret is left
 * for the next call.
 */
size_t tw_masker_mask(const struct tw_masker *m, struct tw_str text, bool final, struct tw_buf *out);

/* Is this the name of something secret: "DB_PASSWORD", "api_key"? Airflow's list. */
bool tw_name_is_sensitive(struct tw_str name);
/* [core] sensitive_var_conn_names: words, separated by commas, added to the list. Once, at start. */
void tw_sensitive_names_set(struct tw_str words);
