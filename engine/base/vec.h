/*
 * Growing arrays by macro: struct { T *v; size_t n, cap; }. A zeroed one is empty.
 *
 *	TW_VEC(int) xs = {0};
 *	tw_vec_push(&xs, 3);
 *	tw_vec_release(&xs);
 */
#pragma once

#include <stdlib.h>

#include "base/mem.h"

#define TW_VEC(type)                                                                               \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n, cap;                                                                     \
	}

#define tw_vec_push(vec, item)                                                                     \
	do {                                                                                       \
		if ((vec)->n == (vec)->cap) {                                                      \
			(vec)->cap = (vec)->cap ? (vec)->cap * 2 : 8;                              \
			(vec)->v = tw_reallocarray((vec)->v, (vec)->cap, sizeof *(vec)->v);        \
		}                                                                                  \
		(vec)->v[(vec)->n++] = (item);                                                     \
	} while (0)

#define tw_vec_clear(vec) ((vec)->n = 0)

#define tw_vec_release(vec)                                                                        \
	do {                                                                                       \
		free((vec)->v);                                                                    \
		(vec)->v = NULL;                                                                   \
		(vec)->n = (vec)->cap = 0;                                                         \
	} while (0)
