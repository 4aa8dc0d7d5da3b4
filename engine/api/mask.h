/*
 * Values that may hold secrets, shown with "***" in their place, and taken back: what still says
 * "***" keeps the value that is stored.
 */
#pragma once

#include "api/app.h"

#define TW_MASK "***"

bool tw_is_sensitive(const struct tw_api *api, struct tw_str name);
/* A copy with every string under a sensitive name masked; name p NULL: of no name. */
struct tw_value tw_mask_value(const struct tw_api *api, struct tw_arena *a, struct tw_str name,
			      struct tw_value v);
/* fresh, with what is masked in it taken from old. */
struct tw_value tw_unmask_value(struct tw_arena *a, struct tw_value fresh, struct tw_value old);
/* The same for text: JSON inside is looked through, other text is one value. */
struct tw_str tw_mask_text(const struct tw_api *api, struct tw_arena *a, struct tw_str name,
			   struct tw_str text);
struct tw_str tw_unmask_text(struct tw_arena *a, struct tw_str fresh, struct tw_str old);
