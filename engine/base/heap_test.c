#include "base/heap.h"

#include "base/testing.h"

struct item {
	struct tw_heap_node node;
	int key;
};

static int key_of(const struct tw_heap_node *n)
{
	return tw_container_of(n, const struct item, node)->key;
}

static bool before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return key_of(a) < key_of(b);
}

static void check(const struct tw_heap *h)
{
	for (size_t i = 1; i <= h->n; i++) {
		assert_int_equal(h->v[i]->pos, i);
		if (i > 1)
			assert_true(key_of(h->v[i / 2]) <= key_of(h->v[i]));
	}
}

static void keeps_its_order(void **state)
{
	static struct item items[400];
	struct tw_heap h = {.before = before};
	uint32_t seed = 3;
	assert_null(tw_heap_min(&h));
	assert_null(tw_heap_pop(&h));
	for (int step = 0; step < 20000; step++) {
		seed = seed * 1664525 + 1013904223;
		struct item *x = &items[(seed >> 8) % 400];
		int key = (int)(seed >> 20) % 300;
		if (!x->node.pos) {
			x->key = key;
			tw_heap_push(&h, &x->node);
		} else if (seed >> 5 & 1) {
			x->key = key;
			tw_heap_moved(&h, &x->node);
		} else {
			tw_heap_remove(&h, &x->node);
			assert_int_equal(x->node.pos, 0);
			tw_heap_remove(&h, &x->node);
		}
		if (step % 100 == 0)
			check(&h);
	}
	check(&h);
	int last = -1;
	for (size_t left = h.n; left; left--) {
		struct tw_heap_node *min = tw_heap_min(&h);
		assert_ptr_equal(tw_heap_pop(&h), min);
		assert_true(key_of(min) >= last);
		last = key_of(min);
	}
	assert_null(tw_heap_pop(&h));
	tw_heap_release(&h);
}

static void release_lets_go(void **state)
{
	struct item a = {.key = 1}, b = {.key = 2};
	struct tw_heap h = {.before = before};
	tw_heap_push(&h, &a.node);
	tw_heap_push(&h, &b.node);
	tw_heap_release(&h);
	assert_int_equal(a.node.pos, 0);
	tw_heap_push(&h, &b.node);
	assert_ptr_equal(tw_heap_min(&h), &b.node);
	tw_heap_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_order),
		cmocka_unit_test(release_lets_go),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
