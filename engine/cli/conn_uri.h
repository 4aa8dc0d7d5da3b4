/*
 * Connections as URI and as JSON: type://login:password@host:port/schema?extra (Airflow's two spellings, the rules of its
 * Connection.from_json and get_uri: percent-decoded parts, '-' in the type is '_', postgresql is postgres,
 * host may carry a scheme of its own, __extra__ holds a whole JSON).
 */
#pragma once

#include "store/vault.h"
#include "value/value.h"

/* Text that begins with '{' is taken as JSON, too. Parts live in the arena. */
enum tw_rc tw_conn_from_uri(struct tw_arena *a, struct tw_str uri, struct tw_connection_row *ret_c, struct tw_err *err);
enum tw_rc tw_conn_from_json(struct tw_arena *a, struct tw_str json, struct tw_connection_row *ret_c,
			     struct tw_err *err);
enum tw_rc tw_conn_from_value(struct tw_arena *a, struct tw_value v, struct tw_connection_row *ret_c,
			      struct tw_err *err);
/* Appends. */
void tw_conn_to_uri(const struct tw_connection_row *c, struct tw_buf *out);
