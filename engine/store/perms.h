/* What users.c, roles.c and roles_sync.c share. Only store/ includes this. */
#pragma once

#include "store/query.h"
#include "store/users.h"

enum tw_rc tw_auth_changed(struct tw_store *s, struct tw_err *err);
/* The id of the action on the resource; the pair and its halves are made when they are not there. */
enum tw_rc tw_perm_make(struct tw_store *s, struct tw_perm perm, int64_t *ret_id, struct tw_err *err);
void tw_read_text(struct tw_q *q, struct tw_arena *a, void *row);
void tw_read_perm(struct tw_q *q, struct tw_arena *a, void *row);
