/* Pages of lists by place, and what a list is ordered by. Only store/ includes this. */
#pragma once

#include "store/list_way.h"

#define TW_ORDER_TERMS 12 /* the fields of an ask, its parent's key and its own */

struct tw_order_term {
	const char *expr;
	enum tw_field_type type;
	bool down;
	bool sure; /* never null */
};

/* The fields of the ask without what all rows have in common, the parent's key if it leads, the key; *ret_far: one needs the joins. */
enum tw_rc tw_order_terms(const struct tw_list_def *def, const struct tw_ask *ask,
			  struct tw_order_term ret_terms[TW_ORDER_TERMS], size_t *ret_n, bool *ret_far, struct tw_err *err);
/* " order by …" */
void tw_order_sql(const struct tw_order_term *terms, size_t n, struct tw_buf *sql);
/* No index is used for them (mark: tw_db_ops.no_index). */
void tw_order_aside(struct tw_order_term *terms, size_t n, const char *mark, struct tw_arena *a);
/* The page that ask->cursor says; it is filled. where: the ask's, far: it needs the joins. */
enum tw_rc tw_list_at(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask, struct tw_str where,
		      bool far, enum tw_way way, size_t size, tw_read_fn read, struct tw_arena *a, void **ret_v, size_t *ret_n,
		      struct tw_err *err);
