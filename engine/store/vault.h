/*
 * Variables and connections. Values, passwords and extras go through the handle's encrypt and decrypt
 * hooks; what comes back is plain text. A value that no key decrypts is TW_ERR_DENIED when asked for by
 * name; in a list it has p NULL.
 */
#pragma once

#include "store/store.h"

enum tw_put { TW_PUT_INSERT /* TW_ERR_EXISTS */, TW_PUT_UPSERT, TW_PUT_UPDATE /* TW_ERR_NOT_FOUND */ };

struct tw_variable_row {
	int64_t id;
	struct tw_str key, value, description, team_name;
	bool is_encrypted;         /* out only */
};
/* Fields: id key (variable_key) description is_encrypted. */
enum tw_rc tw_store_variables(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			      struct tw_variable_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err);
enum tw_rc tw_store_variable(struct tw_store *s, struct tw_str key, struct tw_arena *a, struct tw_variable_row *ret_v,
			     struct tw_err *err);
enum tw_rc tw_store_variable_put(struct tw_store *s, const struct tw_variable_row *v, enum tw_put how,
				 struct tw_err *err);
enum tw_rc tw_store_variable_delete(struct tw_store *s, struct tw_str key, struct tw_err *err);

struct tw_connection_row {
	int64_t id;
	struct tw_str conn_id, conn_type, description, host, schema, login, password, extra, team_name;
	int64_t port;              /* 0 = none */
	bool is_encrypted, is_extra_encrypted; /* out only */
};
/* Fields: id conn_id (connection_id) conn_type description host port schema login team_name. */
enum tw_rc tw_store_connections(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				struct tw_connection_row **ret_v, size_t *ret_n, int64_t *ret_total,
				struct tw_err *err);
enum tw_rc tw_store_connection(struct tw_store *s, struct tw_str conn_id, struct tw_arena *a,
			       struct tw_connection_row *ret_c, struct tw_err *err);
enum tw_rc tw_store_connection_put(struct tw_store *s, const struct tw_connection_row *c, enum tw_put how,
				   struct tw_err *err);
enum tw_rc tw_store_connection_delete(struct tw_store *s, struct tw_str conn_id, struct tw_err *err);
/* Encrypts everything anew with the present key (rotate-fernet-key); returns how many values. */
enum tw_rc tw_store_vault_rotate(struct tw_store *s, int64_t *ret_n, struct tw_err *err);
