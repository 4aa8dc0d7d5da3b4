#include "base/heap.h"

#include <stdlib.h>

#include "base/mem.h"

static void put(struct tw_heap *h, size_t pos, struct tw_heap_node *x)
{
	h->v[pos] = x;
	x->pos = pos;
}

static void rise(struct tw_heap *h, size_t pos, struct tw_heap_node *x)
{
	for (; pos > 1 && h->before(x, h->v[pos / 2]); pos /= 2)
		put(h, pos, h->v[pos / 2]);
	put(h, pos, x);
}

static void sink(struct tw_heap *h, size_t pos, struct tw_heap_node *x)
{
	for (;;) {
		size_t child = pos * 2;
		if (child > h->n)
			break;
		if (child < h->n && h->before(h->v[child + 1], h->v[child]))
			child++;
		if (!h->before(h->v[child], x))
			break;
		put(h, pos, h->v[child]);
		pos = child;
	}
	put(h, pos, x);
}

static void settle(struct tw_heap *h, size_t pos, struct tw_heap_node *x)
{
	if (pos > 1 && h->before(x, h->v[pos / 2]))
		rise(h, pos, x);
	else
		sink(h, pos, x);
}

void tw_heap_release(struct tw_heap *h)
{
	for (size_t i = 1; i <= h->n; i++)
		h->v[i]->pos = 0;
	free(h->v);
	h->v = NULL;
	h->n = h->cap = 0;
}

void tw_heap_push(struct tw_heap *h, struct tw_heap_node *x)
{
	TW_ASSERT(x->pos == 0);
	if (h->n + 1 >= h->cap) {
		h->cap = h->cap ? h->cap * 2 : 16;
		h->v = tw_reallocarray(h->v, h->cap, sizeof *h->v);
	}
	rise(h, ++h->n, x);
}

struct tw_heap_node *tw_heap_min(const struct tw_heap *h)
{
	return h->n ? h->v[1] : NULL;
}

struct tw_heap_node *tw_heap_pop(struct tw_heap *h)
{
	struct tw_heap_node *x = tw_heap_min(h);
	if (x)
		tw_heap_remove(h, x);
	return x;
}

void tw_heap_remove(struct tw_heap *h, struct tw_heap_node *x)
{
	size_t pos = x->pos;
	if (!pos)
		return;
	TW_ASSERT(pos <= h->n && h->v[pos] == x);
	x->pos = 0;
	struct tw_heap_node *last = h->v[h->n--];
	if (last != x)
		settle(h, pos, last);
}

void tw_heap_moved(struct tw_heap *h, struct tw_heap_node *x)
{
	TW_ASSERT(x->pos && x->pos <= h->n && h->v[x->pos] == x);
	settle(h, x->pos, x);
}
