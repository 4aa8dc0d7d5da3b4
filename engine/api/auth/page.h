/* Pages that need no script: the one where people sign in. */
#pragma once

#include "api/http.h"

/*
 * The form that asks for name and password (unless password is false) and goes on to `next`, a path of ours. fault: what went
 * wrong, NULL = nothing yet. other: ways in without a password, NULL-ended pairs of a link and its text; NULL = none.
 */
void tw_page_sign_in(struct tw_response *resp, struct tw_arena *a, struct tw_str next, struct tw_str name,
		     const char *fault, const char *const *other, bool password);
