#include "base/blob.h"

#include <stdlib.h>

struct tw_blob *tw_blob_new(struct tw_str bytes)
{
	struct tw_blob *b = tw_alloc(sizeof *b + bytes.n);

	b->refs = 1;
	b->n = bytes.n;
	if (bytes.n)
		memcpy(b->p, bytes.p, bytes.n);
	return b;
}

struct tw_blob *tw_blob_ref(struct tw_blob *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void tw_blob_unref(struct tw_blob *b)
{
	if (b && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
		free(b);
}
