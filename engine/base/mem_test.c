#include "base/mem.h"

#include "base/testing.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

static void overruns_are_seen(void **state)
{
	struct tw_arena a = {0};
	char *p = tw_arena_alloc(&a, 32);
	assert_false(__asan_address_is_poisoned(p + 31));
	assert_true(__asan_address_is_poisoned(p + 32));
	tw_arena_clear(&a);
	assert_true(__asan_address_is_poisoned(p));
	tw_arena_release(&a);
}
#endif

static void arena_aligns_and_keeps(void **state)
{
	struct tw_arena a = {0};
	unsigned char *p[2000];
	for (size_t i = 0; i < 2000; i++) {
		size_t n = i % 300;
		p[i] = tw_arena_alloc(&a, n);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)(i % 251), n);
		tw_arena_strndup(&a, "abc", i % 4);
	}
	for (size_t i = 0; i < 2000; i++)
		for (size_t k = 0; k < i % 300; k++)
			assert_int_equal(p[i][k], i % 251);
	tw_arena_release(&a);
	assert_int_equal(a.used, 0);
	assert_null(a.head);
}

static void arena_takes_big_ones(void **state)
{
	struct tw_arena a = {0};
	char *small = tw_arena_strdup(&a, "small");
	char *big = tw_arena_zalloc(&a, 5 << 20);
	char *after = tw_arena_strdup(&a, "after");
	assert_int_equal(big[(5 << 20) - 1], 0);
	/* The block that was begun is still used. */
	assert_true(after > small && after < small + 64);
	tw_arena_release(&a);
	assert_non_null(tw_arena_alloc(&a, 5 << 20));
	tw_arena_clear(&a);
	assert_null(a.head);
	tw_arena_release(&a);
}

static void arena_clear_reuses(void **state)
{
	struct tw_arena a = {0};
	tw_arena_clear(&a);
	char *first = tw_arena_alloc(&a, 100);
	tw_arena_clear(&a);
	assert_int_equal(a.used, 0);
	assert_ptr_equal(tw_arena_alloc(&a, 100), first);
	for (int i = 0; i < 1000; i++)
		tw_arena_zalloc(&a, 1000);
	tw_arena_clear(&a);
	assert_non_null(a.head);
	tw_arena_release(&a);
}

static void arena_prints(void **state)
{
	struct tw_arena a = {0};
	assert_string_equal(tw_arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	char *wide = tw_arena_printf(&a, "%400d|", 1);
	assert_int_equal(strlen(wide), 401);
	assert_string_equal(wide + 398, " 1|");
	tw_arena_release(&a);
}

static void heap_helpers(void **state)
{
	TW_AUTO(tw_freep) char *p = tw_asprintf("%s", "text");
	assert_string_equal(p, "text");
	char *q = tw_strndup("abcdef", 3);
	assert_string_equal(q, "abc");
	tw_freep(&q);
	assert_null(q);
	int *v = tw_reallocarray(NULL, 10, sizeof *v);
	v[9] = 1;
	free(v);
	free(tw_alloc(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_aligns_and_keeps), cmocka_unit_test(arena_takes_big_ones),
		cmocka_unit_test(arena_clear_reuses),	  cmocka_unit_test(arena_prints),
		cmocka_unit_test(heap_helpers),
#ifdef __SANITIZE_ADDRESS__
		cmocka_unit_test(overruns_are_seen),
#endif
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
