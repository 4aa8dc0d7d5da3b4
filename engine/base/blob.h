/*
 * Bytes that many hold at once and nobody changes: made with one reference, freed with the last. Any thread may hold one.
 */
#pragma once

#include <stdatomic.h>

#include "base/str.h"

struct tw_blob {
	atomic_uint refs;
	size_t n;
	char p[];
};

struct tw_blob *tw_blob_new(struct tw_str bytes); /* copies */
struct tw_blob *tw_blob_ref(struct tw_blob *b);
void tw_blob_unref(struct tw_blob *b); /* NULL is fine */
