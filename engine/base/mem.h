/*
 * Memory. Running out of it aborts (the metastore is the truth, supervision
 * restarts us), so nothing here returns NULL.
 *
 * An arena is a chain of blocks dropped whole: one per scheduling turn, request
 * or render. Nothing in an arena is freed alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

void *tw_alloc(size_t n);                        /* uninitialised */
void *tw_zalloc(size_t n);                       /* zeroed */
void *tw_realloc(void *p, size_t n);             /* keeps the content */
void *tw_reallocarray(void *p, size_t count, size_t size); /* aborts on overflow */
char *tw_strdup(const char *s);
char *tw_strndup(const char *s, size_t n);
char *tw_asprintf(const char *fmt, ...) TW_PRINTF(1, 2);
void tw_mem_give_back(void);                     /* to the system, what is free: after work that took much */
void tw_freep(void *pp);                         /* for TW_AUTO: frees *(void **)pp */

struct tw_arena_block;

struct tw_arena {
	struct tw_arena_block *head;
	size_t used;                             /* bytes handed out, for limits */
};

void tw_arena_release(struct tw_arena *a);       /* frees all; the arena may be used again */
void tw_arena_clear(struct tw_arena *a);         /* like release, but keeps one block for reuse */
void *tw_arena_alloc(struct tw_arena *a, size_t n);   /* aligned to 16, uninitialised */
void *tw_arena_zalloc(struct tw_arena *a, size_t n);
char *tw_arena_strdup(struct tw_arena *a, const char *s);
char *tw_arena_strndup(struct tw_arena *a, const char *s, size_t n);
char *tw_arena_printf(struct tw_arena *a, const char *fmt, ...) TW_PRINTF(2, 3);

#define tw_new(type) ((type *)tw_zalloc(sizeof(type)))
#define tw_arena_new(a, type) ((type *)tw_arena_zalloc((a), sizeof(type)))
#define tw_arena_array(a, type, n) ((type *)tw_arena_zalloc((a), sizeof(type) * (n)))
