/*
 * Stored secrets through the handle's hooks. Only store/ includes this.
 */
#pragma once

#include "store/query.h"

/* Appends what is to be stored; *ret_crypted: is it encrypted? */
enum tw_rc tw_secret_put(struct tw_store *s, struct tw_str plain, struct tw_buf *out, bool *ret_crypted,
			 struct tw_err *err);
/* The plain text of what is stored, in the arena; p NULL stays. */
enum tw_rc tw_secret_get(struct tw_store *s, struct tw_str stored, bool crypted, struct tw_arena *a,
			 struct tw_str *ret_plain, struct tw_err *err);
