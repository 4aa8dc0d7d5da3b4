#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under ASan what an arena has not handed out is poisoned, so overruns inside a block are seen. */
#if defined(__SANITIZE_ADDRESS__)
#define TW_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TW_ASAN 1
#endif
#endif
#ifdef TW_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define BLOCK_FIRST ((size_t)4096)
#define BLOCK_MAX ((size_t)1 << 20)
#define ALIGN ((size_t)16)

struct tw_arena_block {
	struct tw_arena_block *next;
	size_t cap, used;
	_Alignas(16) char data[];
};

static void *checked(void *p, size_t n)
{
	if (!p) {
		fprintf(stderr, "out of memory: %zu bytes wanted\n", n);
		abort();
	}
	return p;
}

void *tw_alloc(size_t n)
{
	return checked(malloc(n ? n : 1), n);
}

void *tw_zalloc(size_t n)
{
	return checked(calloc(1, n ? n : 1), n);
}

void *tw_realloc(void *p, size_t n)
{
	return checked(realloc(p, n ? n : 1), n);
}

void *tw_reallocarray(void *p, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n))
		return checked(NULL, SIZE_MAX);
	return tw_realloc(p, n);
}

char *tw_strdup(const char *s)
{
	return tw_strndup(s, strlen(s));
}

char *tw_strndup(const char *s, size_t n)
{
	char *p = tw_alloc(n + 1);
	if (n)
		memcpy(p, s, n);
	p[n] = 0;
	return p;
}

char *tw_asprintf(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *p = NULL;
	int n = vasprintf(&p, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : p, 1);
}

void tw_mem_give_back(void)
{
#if defined(__GLIBC__)
	malloc_trim(0);
#endif
}

void tw_freep(void *pp)
{
	void *p;
	memcpy(&p, pp, sizeof p);
	free(p);
	p = NULL;
	memcpy(pp, &p, sizeof p);
}

static void block_free(struct tw_arena_block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->cap);
	free(b);
}

void tw_arena_release(struct tw_arena *a)
{
	while (a->head) {
		struct tw_arena_block *b = a->head;
		a->head = b->next;
		block_free(b);
	}
	a->used = 0;
}

void tw_arena_clear(struct tw_arena *a)
{
	struct tw_arena_block *keep = a->head;
	if (!keep)
		return;
	a->head = keep->next;
	tw_arena_release(a);
	if (keep->cap > BLOCK_MAX) {
		block_free(keep);
		return;
	}
	keep->next = NULL;
	keep->used = 0;
	ASAN_POISON_MEMORY_REGION(keep->data, keep->cap);
	a->head = keep;
}

static struct tw_arena_block *block_new(size_t cap)
{
	struct tw_arena_block *b = tw_alloc(sizeof *b + cap);
	b->cap = cap;
	b->used = 0;
	ASAN_POISON_MEMORY_REGION(b->data, cap);
	return b;
}

/* Makes room for n aligned bytes; the block returned need not be the head. */
static struct tw_arena_block *block_for(struct tw_arena *a, size_t n)
{
	TW_ASSERT(n < SIZE_MAX / 2);
	struct tw_arena_block *head = a->head;
	size_t size = head ? head->cap * 2 : BLOCK_FIRST;
	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (head && n > size / 4) {
		/* Big: a block of its own behind the head, whose rest stays usable. */
		struct tw_arena_block *b = block_new(n);
		b->next = head->next;
		head->next = b;
		return b;
	}
	struct tw_arena_block *b = block_new(n > size ? n : size);
	b->next = head;
	a->head = b;
	return b;
}

static void *arena_take(struct tw_arena *a, size_t n, size_t align)
{
	struct tw_arena_block *b = a->head;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
	if (!b || at > b->cap || n > b->cap - at) {
		b = block_for(a, n);
		at = 0;
	}
	b->used = at + n;
	a->used += n;
	ASAN_UNPOISON_MEMORY_REGION(b->data + at, n);
	return b->data + at;
}

void *tw_arena_alloc(struct tw_arena *a, size_t n)
{
	return arena_take(a, n ? n : 1, ALIGN);
}

void *tw_arena_zalloc(struct tw_arena *a, size_t n)
{
	return memset(tw_arena_alloc(a, n), 0, n);
}

char *tw_arena_strdup(struct tw_arena *a, const char *s)
{
	return tw_arena_strndup(a, s, strlen(s));
}

char *tw_arena_strndup(struct tw_arena *a, const char *s, size_t n)
{
	char *p = arena_take(a, n + 1, 1);
	if (n)
		memcpy(p, s, n);
	p[n] = 0;
	return p;
}

char *tw_arena_printf(struct tw_arena *a, const char *fmt, ...)
{
	char small[256];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	TW_ASSERT(n >= 0);
	char *p = arena_take(a, (size_t)n + 1, 1);
	if ((size_t)n < sizeof small)
		memcpy(p, small, (size_t)n + 1);
	else
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}
