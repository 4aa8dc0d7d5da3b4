/*
 * Tokens that people sign in with: which of them count no more, and those that were made for programs
 * and carry a name. A token itself is never stored, only its jti.
 */
#pragma once

#include "store/store.h"

/*
 * The token counts no more. exp: until when it would have; what has expired by now is forgotten. tw_store_auth_stamp moves on: who
 * keeps a stream open for it is to look again.
 */
enum tw_rc tw_store_token_revoke(struct tw_store *s, struct tw_str jti, tw_time exp, struct tw_err *err);
enum tw_rc tw_store_token_revoked(struct tw_store *s, struct tw_str jti, bool *ret_revoked, struct tw_err *err);

struct tw_token_row {
	int64_t id;
	struct tw_str jti, name, owner; /* owner: the sub of its user */
	tw_time created_at, expires_at, revoked_at; /* created_at: NONE when writing = now; revoked_at: NONE = it counts */
};
enum tw_rc tw_store_token_add(struct tw_store *s, const struct tw_token_row *row, int64_t *ret_id, struct tw_err *err);
/* Fields: id name owner created_at expires_at revoked_at. */
enum tw_rc tw_store_tokens(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			   struct tw_token_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_token(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_token_row *ret_row,
			  struct tw_err *err);
/* Revokes it, too. TW_ERR_NOT_FOUND; once revoked it stays so. */
enum tw_rc tw_store_token_end(struct tw_store *s, int64_t id, struct tw_err *err);
