#include "value/value.h"

#include "base/testing.h"
#include "value/vmap.h"

static struct tw_value big(const char *digits)
{
	return (struct tw_value){.kind = TW_V_BIGINT, .s = tw_str(digits)};
}

static void equal_as_python(void **state)
{
	const double two63 = 0x1p63;
	const struct tw_value dt = {.kind = TW_V_DATETIME, .dt = {5, NULL}};
	struct tw_value aware = dt;
	aware.dt.zone = (const struct tw_zone *)state;
	const struct {
		struct tw_value a, b;
		bool equal;
	} cases[] = {
		{tw_v_int(1), tw_v_float(1), true},
		{tw_v_int(1), tw_v_bool(true), true},
		{tw_v_float(0), tw_v_bool(false), true},
		{tw_v_float(-0.0), tw_v_int(0), true},
		{tw_v_int(9007199254740993), tw_v_float(9007199254740992), false},
		{tw_v_int(INT64_MAX), tw_v_float(two63), false},
		{tw_v_int(INT64_MIN), tw_v_float(-two63), true},
		{big("9223372036854775808"), tw_v_float(two63), true},
		{big("9223372036854775809"), tw_v_float(two63), false},
		{big("9223372036854775808"), big("9223372036854775808"), true},
		{big("9223372036854775808"), tw_v_int(INT64_MAX), false},
		{tw_v_float(__builtin_nan("")), tw_v_float(__builtin_nan("")), false},
		{tw_v_cstr("1"), tw_v_int(1), false},
		{tw_v_cstr("a"), tw_v_cstr("a"), true},
		{TW_NULL, TW_NULL, true},
		{TW_NULL, tw_v_bool(false), false},
		{dt, dt, true},
		{aware, dt, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (tw_value_equal(cases[i].a, cases[i].b) != cases[i].equal ||
		    tw_value_equal(cases[i].b, cases[i].a) != cases[i].equal)
			fail_msg("case %zu", i);
		if (cases[i].equal)
			assert_int_equal(tw_value_hash(cases[i].a), tw_value_hash(cases[i].b));
	}
}

static void lists_and_tuples(void **state)
{
	struct tw_arena a = {0};
	struct tw_value x = tw_v_list(&a), y = tw_v_list(&a);
	for (int i = 0; i < 100; i++) {
		tw_list_push(&a, x, tw_v_int(i));
		tw_list_push(&a, y, tw_v_float(i));
	}
	assert_int_equal(tw_value_len(x), 100);
	assert_true(tw_value_equal(x, y));
	y.kind = TW_V_TUPLE;
	assert_false(tw_value_equal(x, y));
	tw_list_push(&a, y, TW_NULL);
	y.kind = TW_V_LIST;
	assert_false(tw_value_equal(x, y));
	tw_arena_release(&a);
}

static void maps_keep_order_and_find(void **state)
{
	struct tw_arena a = {0};
	for (int n = 0; n < 200; n += n < 20 ? 1 : 45) {
		struct tw_value m = tw_v_map(&a), back = tw_v_map(&a);
		for (int i = 0; i < n; i++)
			tw_map_put(&a, m, tw_str(tw_arena_printf(&a, "k%d", i)), tw_v_int(i));
		for (int i = n - 1; i >= 0; i--)
			tw_map_putc(&a, back, tw_arena_printf(&a, "k%d", i), tw_v_int(i));
		for (int i = 0; i < n; i++) {
			char *key = tw_arena_printf(&a, "k%d", i);
			assert_int_equal(tw_map_findc(m, key)->i, i);
			tw_assert_str(m.map->v[i].key.s, key);
		}
		assert_null(tw_map_findc(m, "none"));
		assert_true(tw_value_equal(m, back));
		tw_map_putc(&a, back, "k0", tw_v_int(-1));
		assert_int_equal(tw_value_len(back), n ? n : 1);
		assert_false(tw_value_equal(m, back));
	}
	assert_null(tw_map_findc(tw_v_int(1), "x"));
	tw_arena_release(&a);
}

static void any_kind_is_a_key(void **state)
{
	struct tw_arena a = {0};
	struct tw_value m = tw_v_map(&a);
	for (int i = 0; i < 50; i++) {
		struct tw_value tuple = tw_v_list(&a);
		tuple.kind = TW_V_TUPLE;
		tw_list_push(&a, tuple, tw_v_int(i));
		tw_map_put_key(&a, m, tw_v_int(i), tw_v_int(i));
		tw_map_put_key(&a, m, tuple, tw_v_int(-i));
	}
	tw_map_put_key(&a, m, tw_v_float(7), tw_v_cstr("seven"));
	tw_map_put_key(&a, m, tw_v_bool(true), tw_v_cstr("one"));
	assert_int_equal(tw_value_len(m), 100);
	tw_assert_str(tw_map_find_key(m, tw_v_int(7))->s, "seven");
	tw_assert_str(tw_map_find_key(m, tw_v_float(1))->s, "one");
	struct tw_value tuple = tw_v_list(&a);
	tuple.kind = TW_V_TUPLE;
	tw_list_push(&a, tuple, tw_v_float(49));
	assert_int_equal(tw_map_find_key(m, tuple)->i, -49);
	tw_arena_release(&a);
}

static void typed_look_ups(void **state)
{
	struct tw_arena a = {0};
	struct tw_value m = tw_v_map(&a);
	tw_map_putc(&a, m, "s", tw_v_cstr("text"));
	tw_map_putc(&a, m, "i", tw_v_int(3));
	tw_map_putc(&a, m, "f", tw_v_float(2.5));
	tw_map_putc(&a, m, "b", tw_v_bool(true));
	tw_map_putc(&a, m, "n", TW_NULL);
	tw_assert_str(tw_map_str(m, "s", NULL), "text");
	assert_null(tw_map_str(m, "i", NULL).p);
	tw_assert_str(tw_map_str(m, "n", "d"), "d");
	assert_int_equal(tw_map_int(m, "i", -1), 3);
	assert_int_equal(tw_map_int(m, "f", -1), -1);
	assert_true(tw_map_num(m, "f", 0) == 2.5 && tw_map_num(m, "i", 0) == 3);
	assert_true(tw_map_num(m, "s", 9) == 9);
	assert_true(tw_map_bool(m, "b", false));
	assert_false(tw_map_bool(m, "i", false));
	assert_int_equal(tw_map_value(m, "none").kind, TW_V_NULL);
	assert_int_equal(tw_map_int(TW_NULL, "i", 4), 4);
	tw_arena_release(&a);
}

static void copies_deep(void **state)
{
	struct tw_arena from = {0}, to = {0};
	struct tw_value m = tw_v_map(&from), list = tw_v_list(&from);
	for (int i = 0; i < 40; i++)
		tw_map_put(&from, m, tw_str(tw_arena_printf(&from, "%d", i)), tw_v_int(i));
	tw_list_push(&from, list, m);
	tw_list_push(&from, list, tw_v_cstr(tw_arena_strdup(&from, "text")));
	tw_list_push(&from, list, tw_v_list(&from));
	struct tw_value copy = tw_value_copy(&to, list);
	assert_true(tw_value_equal(copy, list));
	tw_arena_release(&from);
	assert_int_equal(tw_map_int(copy.list->v[0], "39", -1), 39);
	tw_assert_str(copy.list->v[1].s, "text");
	tw_arena_release(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_as_python),	    cmocka_unit_test(lists_and_tuples),
		cmocka_unit_test(maps_keep_order_and_find), cmocka_unit_test(any_kind_is_a_key),
		cmocka_unit_test(typed_look_ups),	    cmocka_unit_test(copies_deep),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
