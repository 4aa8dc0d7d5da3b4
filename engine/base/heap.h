/*
 * An intrusive binary min-heap: the caller embeds a node, so an item can be
 * moved or removed in O(log n) without a search. Used for timers and ready queues.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct tw_heap_node {
	size_t pos; /* 0 = not in a heap */
};

struct tw_heap {
	struct tw_heap_node **v; /* 1-based */
	size_t n, cap;
	bool (*before)(const struct tw_heap_node *a, const struct tw_heap_node *b);
};

void tw_heap_release(struct tw_heap *h);
void tw_heap_push(struct tw_heap *h, struct tw_heap_node *x);
struct tw_heap_node *tw_heap_min(const struct tw_heap *h);         /* NULL when empty */
struct tw_heap_node *tw_heap_pop(struct tw_heap *h);
void tw_heap_remove(struct tw_heap *h, struct tw_heap_node *x);    /* no-op when not in it */
void tw_heap_moved(struct tw_heap *h, struct tw_heap_node *x);     /* x's key changed */

#define tw_container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
