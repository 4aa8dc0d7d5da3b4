/*
 * Reading a list's query parameters into the metastore's conditions, by a table of what the list
 * takes, and what handlers want of request bodies, which have been checked against the spec
 * (api/spec/spec.h). What is wrong is answered as pydantic words it (422), all faults of a request at once.
 */
#pragma once

#include "api/app.h"

/* ── faults: the list of a 422 ──────────────────────────────────────────────────────────── */

struct tw_faults {
	struct tw_response *resp; /* NULL: they are only counted */
	struct tw_jw w;
	size_t n;
};

void tw_faults_init(struct tw_faults *f, struct tw_response *resp);
/* A step on the way to a value: a name, or with p NULL an index. */
struct tw_place {
	const struct tw_place *up; /* NULL: the first */
	struct tw_str name;
	int64_t index;
};

/* ctx: its key and value; a key of NULL: none, or a map that is all of it. */
void tw_fault_at(struct tw_faults *f, const char *type, const struct tw_place *at, const char *msg,
		 struct tw_value input, const char *ctx_key, struct tw_value ctx);
/* The same at [where, name]; name.p NULL: at [where]. */
void tw_fault(struct tw_faults *f, const char *type, const char *where, struct tw_str name,
	      const char *msg, struct tw_value input, const char *ctx_key, struct tw_value ctx);
bool tw_faults_any(struct tw_faults *f); /* ends the reply when there are any */

/* ── query parameters ───────────────────────────────────────────────────────────────────── */

enum tw_param_kind {
	TW_P_EQ,   /* text, equal */
	TW_P_IN,   /* repeatable text, any of */
	TW_P_LIKE, /* pattern; "~" is all */
	TW_P_PREFIX,
	TW_P_CONF, /* pattern in JSON as Python writes it */
	TW_P_HAS, /* text, found in it as it is */
	TW_P_ANY_LIKE, /* repeatable text, found in it */
	TW_P_INT,
	TW_P_INT_IN,
	TW_P_BOOL,
	TW_P_TIME,   /* name_gte _gt _lte _lt */
	TW_P_NUM,    /* the same with numbers */
	TW_P_DATE,   /* name_gte _lte: days of the asker's zone */
	TW_P_BEFORE, /* an instant: earlier than; a field of its own */
	TW_P_AFTER,
	TW_P_NOT_IN,	 /* repeatable text: none of */
	TW_P_RUN_STATES, /* repeatable, checked */
	TW_P_RUN_TYPES,
	TW_P_TI_STATES,
	TW_P_READABLE, /* no parameter: only of DAGs that the user may read */
};

struct tw_param {
	const char *name;
	enum tw_param_kind kind;
	const char *field; /* the store's; NULL = name */
};

struct tw_sort {
	const char *const *names; /* what may be ordered by, NULL-terminated */
	const char *const *
		fields; /* pairs name, the store's field, NULL-terminated; NULL: names are fields */
	const char *dflt; /* one, or NULL: the key */
};

struct tw_asker {
	struct tw_request *req;
	struct tw_response *resp;
	struct tw_faults faults;
	struct tw_cond *conds;
	size_t n, cap;
	const char *order[10];
	size_t norder;
	int64_t limit, offset;
	const struct tw_zone *zone; /* of days; NULL = UTC */
	bool cursor; /* paged by cursor */
	bool lost;   /* by one that cannot be read */
	struct tw_cursor place;
	struct tw_str place_order; /* what the cursor's list was ordered by */
	const char *refused; /* an unknown state or type, which is told in a line; NULL: none */
};

#define TW_CURSOR_COUNT 1000 /* with a cursor counting stops here */

void tw_asker_init(struct tw_asker *q, struct tw_request *req, struct tw_response *resp);
/* Reads the parameters of the table; it ends with a row without name. */
void tw_asker_params(struct tw_asker *q, const struct tw_param *params);
void tw_asker_page(struct tw_asker *q);
/*
 * For lists that may be paged by cursor ("" is the first page, then next_cursor): after
 * tw_asker_page.
 */
void tw_asker_cursor(struct tw_asker *q);
/* The end of such a list's object: total_entries, total_entries_limit, next_cursor,
 * previous_cursor. */
void tw_jw_cursors(struct tw_jw *w, const struct tw_asker *q, int64_t total);
/* false: it has replied 400. */
bool tw_asker_order(struct tw_asker *q, const struct tw_sort *sort);
void tw_asker_add(struct tw_asker *q, struct tw_cond cond);
/* Only of DAGs that the user may read. */
void tw_asker_readable(struct tw_asker *q);
/* A path parameter: no condition for "~". */
void tw_asker_path(struct tw_asker *q, const char *field, struct tw_str value);
/* All of it; false: it has replied 422. */
bool tw_asker_done(struct tw_asker *q, struct tw_ask *ret_ask);
/* What most lists do: the parameters of a table, a page, an order; nothing of their own between. As done. */
bool tw_asker_list(struct tw_asker *q, struct tw_request *req, struct tw_response *resp,
		   const struct tw_param *params, const struct tw_sort *sort, struct tw_ask *ret_ask);

/* Single parameters; faults are added. */
int64_t tw_asker_int(struct tw_asker *q, const char *name, int64_t dflt, int64_t min);
bool tw_asker_bool(struct tw_asker *q, const char *name, bool dflt);
/* A whole number in a text, as pydantic takes one: "+2", "1_000", "3.0"; what is beyond 64 bits is the last of them. */
bool tw_lax_int(struct tw_str text, int64_t *ret);
/* "true", "on", "1", "no" …; false: neither. */
bool tw_truth(struct tw_str text, bool *ret);
/* A number in the path; false: it has replied 422. */
bool tw_path_int(struct tw_request *req, struct tw_response *resp, int param, const char *name,
		 int64_t *ret);

/* ── bodies ─────────────────────────────────────────────────────────────────────────────── */

/* After checking: the instant at key, TW_TIME_NONE when missing or null. */
tw_time tw_body_time(struct tw_value body, const char *key);
static inline bool tw_body_has(struct tw_value body, const char *key)
{
	return tw_map_findc(body, key) != NULL;
}
/* Lists whose conditions come in a body: [..] of texts, name_gte … name_lt, order_by and
 * page_offset, page_limit. */
void tw_asker_body_list(struct tw_asker *q, struct tw_value body, const char *key,
			const char *field);
void tw_asker_body_range(struct tw_asker *q, struct tw_value body, const char *name);
/* A pattern for JSON that Python wrote ('"a": 1'), for JSON as it is stored here ('"a":1'). */
struct tw_str tw_conf_pattern(struct tw_arena *a, struct tw_str text);
bool tw_asker_body_page(struct tw_asker *q, struct tw_value body, const struct tw_sort *sort);
/* update_mask (repeatable): is the field among those to change? Without a mask: is it in the body?
 */
bool tw_masked_in(struct tw_request *req, struct tw_value body, const char *field);
/* Is JSON, or the other type, what the client takes? false: it has replied 406. ret_other (or NULL): it is the other. */
bool tw_accepts(struct tw_request *req, struct tw_response *resp, const char *other, bool *ret_other);
/* An instant with a zone, as pydantic's AwareDatetime takes it; NULL or the reason why not. */
const char *tw_aware_time(struct tw_str text, tw_time *ret, const char **ret_type);
/* What such a reason says of the text itself; NULL: nothing. As a fault's context it is `error`. */
const char *tw_time_error(const char *why);
