/*
 * Questions to people (human in the loop) and their answers, one for an attempt at most.
 */
#pragma once

#include "store/store.h"

struct tw_hitl_row {
	struct tw_id ti_id;                /* the attempt that asks */
	struct tw_str subject, body;       /* body: p NULL = none */
	struct tw_str options, defaults;   /* JSON lists of text; defaults p NULL = none */
	struct tw_str params, assignees;   /* JSON; assignees: list of {"id","name"}, p NULL = anybody */
	bool multiple;
	tw_time created_at;                /* NONE when writing = now */
	tw_time responded_at;              /* NONE = nobody has answered */
	struct tw_str responded_by_id, responded_by_name; /* p NULL = nobody: the defaults were taken */
	struct tw_str chosen_options, params_input;       /* JSON */
};

/* The attempt asks (again): what was answered before is forgotten. */
enum tw_rc tw_store_hitl_ask(struct tw_store *s, const struct tw_hitl_row *row, struct tw_err *err);
/* TW_ERR_NOT_FOUND: this attempt has asked nothing. */
enum tw_rc tw_store_hitl(struct tw_store *s, struct tw_id ti_id, struct tw_arena *a, struct tw_hitl_row *ret_row,
			 struct tw_err *err);
/*
 * A person's answer: what the row has under responded_… and chosen_options, params_input. Posts "answered" to the
 * inbox in the same transaction. TW_ERR_CONFLICT: it has an answer.
 */
enum tw_rc tw_store_hitl_answer(struct tw_store *s, const struct tw_hitl_row *row, struct tw_str dag_id,
				struct tw_str run_id, struct tw_err *err);
/*
 * Of present attempts. Fields: ti_id subject body created_at responded_at responded_by_user_id
 * responded_by_user_name response_received; of the instance: dag_id run_id task_id task_display_name map_index
 * rendered_map_index task_instance_operator state (task_instance_state); of its run: run_after.
 */
enum tw_rc tw_store_hitls(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_hitl_row **ret_v,
			  size_t *ret_n, int64_t *ret_total, struct tw_err *err);
