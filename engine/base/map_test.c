#include "base/map.h"

#include "base/testing.h"

#define KEYS 700

/* The model: value per key, and the order in which living keys were first set. */
struct model {
	void *value[KEYS];
	uint64_t born[KEYS], clock;
};

static struct tw_str key_of(char *buf, int i)
{
	return tw_strn(buf, (size_t)sprintf(buf, "key-%d-%.*s", i, i % 40,
					    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"));
}

static void check(const struct tw_map *m, const struct model *model)
{
	char buf[80];
	size_t live = 0;
	for (int i = 0; i < KEYS; i++) {
		assert_ptr_equal(tw_map_get(m, key_of(buf, i)), model->value[i]);
		live += model->value[i] != NULL;
	}
	assert_int_equal(m->len, live);
	uint64_t last = 0;
	tw_map_foreach(m, e)
	{
		int i = atoi(e->key.p + 4);
		assert_ptr_equal(e->value, model->value[i]);
		assert_true(model->born[i] > last);
		last = model->born[i];
		live--;
	}
	assert_int_equal(live, 0);
}

static int oldest(const struct model *model)
{
	int first = -1;
	for (int i = 0; i < KEYS; i++)
		if (model->value[i] && (first < 0 || model->born[i] < model->born[first]))
			first = i;
	return first;
}

static void behaves_as_its_model(void **state)
{
	struct tw_map m = {0};
	struct model model = {0};
	char buf[80];
	uint32_t seed = 7;
	check(&m, &model);
	for (int step = 0; step < 20000; step++) {
		seed = seed * 1664525 + 1013904223;
		int i = (int)(seed >> 8) % KEYS;
		/* Phases that mostly add and phases that mostly delete. */
		bool del = (seed >> 3) % 10 < (step / 3000 % 2 ? 8u : 3u);
		if (del) {
			assert_ptr_equal(tw_map_del(&m, key_of(buf, i)), model.value[i]);
			model.value[i] = NULL;
		} else {
			void *v = (void *)(uintptr_t)(step + 1);
			assert_ptr_equal(tw_map_set(&m, key_of(buf, i), v), model.value[i]);
			if (!model.value[i])
				model.born[i] = ++model.clock;
			model.value[i] = v;
		}
		if (step % 7 == 0) {
			int first = oldest(&model);
			assert_ptr_equal(tw_map_shift(&m), first < 0 ? NULL : model.value[first]);
			if (first >= 0)
				model.value[first] = NULL;
		}
		if (step % 500 == 0)
			check(&m, &model);
	}
	check(&m, &model);
	assert_true(m.nslots <= 4096);
	while (m.len)
		assert_non_null(tw_map_shift(&m));
	assert_null(tw_map_shift(&m));
	tw_map_clear(&m);
	memset(&model, 0, sizeof model);
	check(&m, &model);
	tw_map_release(&m);
}

static void deletes_while_walking(void **state)
{
	struct tw_map m = {0};
	char buf[80];
	for (int i = 0; i < 100; i++)
		tw_map_set(&m, key_of(buf, i), buf);
	tw_map_foreach(&m, e)
	{
		if (atoi(e->key.p + 4) % 2)
			tw_map_del(&m, e->key);
	}
	assert_int_equal(m.len, 50);
	tw_map_release(&m);
}

static void keys_may_hold_anything(void **state)
{
	struct tw_map m = {0};
	int a, b, c;
	tw_map_set(&m, TW_STR(""), &a);
	tw_map_set(&m, TW_STR("x\0y"), &b);
	tw_map_set(&m, TW_STR("x"), &c);
	assert_ptr_equal(tw_map_get(&m, (struct tw_str){0}), &a);
	assert_ptr_equal(tw_map_get(&m, TW_STR("x\0y")), &b);
	assert_ptr_equal(tw_map_get(&m, TW_STR("x")), &c);
	assert_null(tw_map_get(&m, TW_STR("x\0z")));
	tw_map_release(&m);
}

static void hash_spreads(void **state)
{
	/* Every length up to 40, every single flipped bit: no two hashes alike. */
	unsigned char text[40] = "a text to be hashed, long enough for it";
	static uint64_t seen[40 * 41 * 8 + 1];
	size_t n = 0;
	for (size_t len = 1; len <= 40; len++) {
		for (size_t bit = 0; bit < len * 8; bit++) {
			text[bit / 8] ^= (unsigned char)(1 << bit % 8);
			seen[n++] = tw_hash(text, len);
			text[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (seen[i] == seen[k])
				fail_msg("%zu and %zu collide", i, k);
	assert_int_not_equal(tw_hash_keyed("abc", 3, 1), tw_hash_keyed("abc", 3, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaves_as_its_model),
		cmocka_unit_test(deletes_while_walking),
		cmocka_unit_test(keys_may_hold_anything),
		cmocka_unit_test(hash_spreads),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
