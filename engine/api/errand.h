/*
 * What a request has to ask of others: a directory, a provider of sign-ins, Python. A thread of its own asks and waits; the
 * server's threads serve others meanwhile, and the request is taken up again when the answer is there.
 *
 *	struct question *q = tw_errand_back(req);
 *	if (!q) {
 *		struct tw_errand *e = tw_errand_new();
 *		q = …                                    in the errand's arena, with copies of what is the request's
 *		tw_errand_send(req, resp, e, ask, q);    ask(q, arena) runs in the thread
 *		return;
 *	}
 */
#pragma once

#include "api/http.h"

struct tw_errand *tw_errand_new(void);
struct tw_arena *tw_errand_arena(struct tw_errand *e);
/*
 * Takes e; the request is to return. what: in its arena, or outliving the server. When too many are out it has replied
 * 503 and fn is not called.
 */
void tw_errand_send(struct tw_request *req, struct tw_response *resp, struct tw_errand *e,
		    void (*fn)(void *what, struct tw_arena *a), void *what);
/* Is one out? Then the request is to be taken up again later: return. */
bool tw_errand_out(struct tw_request *req, struct tw_response *resp);
/* What was sent and is back, until the request ends; NULL: none was sent. */
void *tw_errand_back(const struct tw_request *req);
/* The request has ended, or goes on without it: who is still out comes home to nobody. */
void tw_errand_forget(struct tw_request *req);
/* Are all home, at the latest after so long? For who wants to free what they look at. */
bool tw_errands_home(int64_t patience_us);
