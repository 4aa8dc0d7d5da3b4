/*
 * PATCH of a whole collection: {"actions": [{"action": "create" | "update" | "delete", "entities":
 * […], …}]}. What is done to one entity is the resource's; what happens when it is there already,
 * or not, is told here.
 */
#pragma once

#include "api/ask.h"

struct tw_bulk {
	const char *key;    /* the entity's identity: "key", "connection_id", "name" */
	const char *plural; /* for messages: "variables with these keys" */
	const struct tw_body_field *fields; /* of an entity to create or to update */
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
