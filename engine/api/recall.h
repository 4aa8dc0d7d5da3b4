/*
 * Answers that are true still: when nobody has committed anything since a list was written, it is told again as it was. Each thread
 * keeps a few megabytes of the last ones.
 */
#pragma once

#include "api/http.h"
#include "base/map.h"
#include "store/store.h"

struct tw_recall {
	struct tw_map answers; /* path, query and user → struct tw_blob */
	size_t bytes;
	uint64_t stamp;	       /* of the metastore, when they were written */
};
void tw_recall_release(struct tw_recall *r);

/* The answer, when it is known. Else what the handler writes may be kept. */
bool tw_recall_answer(struct tw_recall *r, struct tw_store *s, const struct tw_request *req, struct tw_response *resp);
void tw_recall_keep(struct tw_recall *r, const struct tw_request *req, const struct tw_response *resp);
