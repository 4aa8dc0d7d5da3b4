/*
 * Single writes that both the batch and the questions make. Only store/ includes this.
 */
#pragma once

#include "store/rows.h"

/* *ret_changes 0: the run is not there (any more). */
enum tw_rc tw_write_xcom(struct tw_store *s, const struct tw_xcom_row *x, int64_t *ret_changes, struct tw_err *err);
enum tw_rc tw_write_xcom_clear(struct tw_store *s, const struct tw_xcom_row *x, int64_t *ret_changes,
			       struct tw_err *err);
enum tw_rc tw_write_audit(struct tw_store *s, const struct tw_audit_row *r, struct tw_err *err);
enum tw_rc tw_write_inbox(struct tw_store *s, const struct tw_inbox_row *r, struct tw_err *err);
/* "dag_changed" and the like: a kind and a DAG. */
enum tw_rc tw_write_post(struct tw_store *s, const char *kind, struct tw_str dag_id, struct tw_err *err);
enum tw_rc tw_write_trigger(struct tw_store *s, const struct tw_trigger_row *t, struct tw_err *err);
enum tw_rc tw_write_lease_check(struct tw_store *s, struct tw_str name, int64_t epoch, struct tw_err *err);
enum tw_rc tw_write_callback(struct tw_store *s, const struct tw_callback_row *c, struct tw_err *err);
struct tw_hitl_row;
/* *ret_changes 0: it has an answer already, or was never asked. */
enum tw_rc tw_write_hitl_answer(struct tw_store *s, const struct tw_hitl_row *h, int64_t *ret_changes,
				struct tw_err *err);
