/*
 * The FAB auth manager: users, roles and permissions of the metastore. What a user may is kept in
 * memory, shared by the server's threads; each request asks whether anything has changed since
 * (tw_store_auth_stamp). What was changed past us, by SQL, is seen when the memory is cache_ttl old.
 */
#pragma once

#include "api/app.h"
#include "store/users.h"

/* One user, as of one moment. Immutable; whoever holds it lets go of it. */
struct tw_grants {
	int64_t id; /* 0: nobody, who has the public role */
	bool active;
	struct tw_str username, display;
	struct tw_str *roles; /* names */
	size_t nroles;
	struct tw_str *role_ids; /* as text, for conditions of lists */
	size_t nrole_ids;
	uint8_t all[TW_ON_N]; /* bits of enum tw_act */
	bool some_dag;	      /* may read a DAG that is named */
	/* The rest is fab.c's. */
	struct tw_map named; /* "DAG:etl" → bits */
	struct tw_arena arena;
	int64_t stamp, loaded_at;
	int refs;
};

struct tw_fab;
/* public_role: what those may who have not signed in; NULL or "": nothing. */
struct tw_fab *tw_fab_new(int64_t cache_ttl_us, const char *public_role);
void tw_fab_free(struct tw_fab *fab);

/* id 0: whoever has not signed in; TW_ERR_NOT_FOUND: there is no such user, or nothing is public. */
enum tw_rc tw_fab_grants(struct tw_fab *fab, struct tw_store *s, int64_t id, const struct tw_grants **ret_g,
			 struct tw_err *err);
void tw_grants_unref(const struct tw_grants *g);

/* ── for /auth/fab/v1 ─────────────────────────────────────────────────────────────────── */

struct tw_asker;
struct tw_ask;
/* The thread's handle; NULL: another auth manager is in use, and it has replied 404. */
struct tw_store *tw_fab_store(struct tw_request *req, struct tw_response *resp);
/* A page, ordered once, by one of the names. As tw_asker_list; another order is refused with 400. */
bool tw_fab_list(struct tw_asker *q, struct tw_request *req, struct tw_response *resp, const char *const *names,
		 const char *dflt, struct tw_ask *ret_ask);
/* update_mask, names between commas: is the field to be changed? Are all of them fields (false: it has replied 400)? */
bool tw_fab_masked(struct tw_request *req, const char *field);
bool tw_fab_mask_ok(struct tw_request *req, struct tw_response *resp, const char *const *fields);

/* Every DAG there is? */
static inline bool tw_fab_reads_all(const struct tw_grants *g)
{
	return g->all[TW_ON_DAG] >> TW_READ & 1;
}
/* As tw_may. */
bool tw_fab_may(const struct tw_grants *g, enum tw_on on, enum tw_act act, struct tw_str dag_id);
