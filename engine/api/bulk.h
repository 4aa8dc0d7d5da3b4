/*
 * PATCH of a whole collection: {"actions": [{"action": "create" | "update" | "delete", "entities":
 * […], …}]}. What is done to one entity is the resource's; what happens when it is there already,
 * or not, is told here.
 */
#pragma once

#include "api/ask.h"

enum tw_bulk_verb { TW_BULK_CREATE, TW_BULK_UPDATE, TW_BULK_DELETE, TW_BULK_NVERBS };

/* What was done under one verb. */
struct tw_bulk_outcome {
	bool asked;
	struct tw_buf success, errors; /* the items of two JSON lists */
};

/* For resources that go their own way (runs, task instances). Entities of a deletion may be texts. */
enum tw_bulk_verb tw_bulk_verb(struct tw_value action);
bool tw_bulk_skips(struct tw_value action); /* what is not there */
/* What an action does: two of them where creating may replace. */
size_t tw_bulk_acts(struct tw_value action, enum tw_act ret_acts[2]);
void tw_bulk_success(struct tw_bulk_outcome *o, struct tw_str id);
void tw_bulk_error(struct tw_bulk_outcome *o, int status, const char *text);
/* Writes the answer and releases the outcomes, one for each verb. */
void tw_bulk_reply(struct tw_buf *out, struct tw_bulk_outcome *o);

struct tw_bulk {
	enum tw_on on;	    /* what it takes to be allowed to */
	const char *key;    /* the entity's identity: "key", "connection_id", "name" */
	const char *plural; /* for messages: "variables with these keys" */
	bool (*there)(struct tw_request *req, struct tw_store *s, struct tw_str id);
	/* over: it may be there. mask: a list of field names or null. */
	enum tw_rc (*create)(struct tw_request *req, struct tw_store *s, struct tw_value entity,
			     bool over, struct tw_err *err);
	enum tw_rc (*update)(struct tw_request *req, struct tw_store *s, struct tw_value entity,
			     struct tw_value mask, struct tw_err *err);
	enum tw_rc (*remove)(struct tw_request *req, struct tw_store *s, struct tw_str id,
			     struct tw_err *err);
};

void tw_bulk_run(struct tw_request *req, struct tw_response *resp, const struct tw_bulk *b);

/* Does the body change the field? mask: null or empty: all that is in the body; else only what is
 * in both. */
bool tw_bulk_changes(struct tw_value body, struct tw_value mask, const char *field);
struct tw_value
tw_query_mask(struct tw_request *req); /* update_mask of the query, as such a list */
