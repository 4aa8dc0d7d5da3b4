/* The tests behind `is`. */
#include "template/filter.h"

#define TEST(name)                                                                                 \
	static enum tw_rc name(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,   \
			       bool *ret)

static enum tw_rc no_args(struct tw_tpl *t, const struct tw_args *args)
{
	if (args->npos || args->nkw)
		return tw_tpl_raise(t, "TypeError", "the test takes no arguments");
	return TW_OK;
}

static enum tw_rc one_arg(struct tw_tpl *t, const struct tw_args *args, struct tw_value *ret)
{
	if (args->npos != 1 || args->nkw)
		return tw_tpl_raise(t, "TypeError", "the test takes one argument");
	*ret = args->pos[0];
	return TW_OK;
}

#define PLAIN_TEST(name, cond)                                                                     \
	TEST(name)                                                                                 \
	{                                                                                          \
		TW_TRY(no_args(t, args));                                                          \
		*ret = (cond);                                                                     \
		return TW_OK;                                                                      \
	}

static bool is_number(struct tw_value v)
{
	return v.kind == TW_V_INT || v.kind == TW_V_FLOAT || v.kind == TW_V_BOOL ||
	       v.kind == TW_V_BIGINT;
}

PLAIN_TEST(t_defined, in.kind != TW_V_UNDEFINED)
PLAIN_TEST(t_undefined, in.kind == TW_V_UNDEFINED)
PLAIN_TEST(t_none, in.kind == TW_V_NULL)
PLAIN_TEST(t_boolean, in.kind == TW_V_BOOL)
PLAIN_TEST(t_true, in.kind == TW_V_BOOL && in.b)
PLAIN_TEST(t_false, in.kind == TW_V_BOOL && !in.b)
PLAIN_TEST(t_integer, in.kind == TW_V_INT || in.kind == TW_V_BIGINT)
PLAIN_TEST(t_float, in.kind == TW_V_FLOAT)
PLAIN_TEST(t_string, in.kind == TW_V_STR || (in.kind == TW_V_OBJECT && in.obj->type->text))
PLAIN_TEST(t_number, is_number(in))
PLAIN_TEST(t_escaped, in.kind == TW_V_STR && in.safe)
PLAIN_TEST(t_mapping, in.kind == TW_V_MAP || (in.kind == TW_V_OBJECT && in.obj->type->mapping))
PLAIN_TEST(t_callable, in.kind == TW_V_UNDEFINED || (in.kind == TW_V_OBJECT && in.obj->type->call))

TEST(t_sequence)
{
	TW_TRY(no_args(t, args));
	*ret = in.kind == TW_V_STR || in.kind == TW_V_LIST || in.kind == TW_V_TUPLE ||
	       in.kind == TW_V_MAP || (in.kind == TW_V_OBJECT && in.obj->type->sequence);
	return TW_OK;
}

TEST(t_iterable)
{
	TW_TRY(no_args(t, args));
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	*ret = tw_tpl_iterable(in);
	return TW_OK;
}

/* in % n == rest */
static enum tw_rc modulo(struct tw_tpl *t, struct tw_value in, struct tw_value n, int64_t rest,
			 bool *ret)
{
	struct tw_value m;

	TW_TRY(tw_tpl_binary(t, '%', in, n, &m));
	return tw_tpl_equal(t, m, tw_v_int(rest), ret);
}

TEST(t_even)
{
	TW_TRY(no_args(t, args));
	return modulo(t, in, tw_v_int(2), 0, ret);
}

TEST(t_odd)
{
	TW_TRY(no_args(t, args));
	return modulo(t, in, tw_v_int(2), 1, ret);
}

TEST(t_divisibleby)
{
	struct tw_value n;

	TW_TRY(one_arg(t, args, &n));
	return modulo(t, in, n, 0, ret);
}

#define COMPARE_TEST(name, op)                                                                     \
	TEST(name)                                                                                 \
	{                                                                                          \
		struct tw_value other;                                                             \
                                                                                                   \
		TW_TRY(one_arg(t, args, &other));                                                  \
		return tw_tpl_compare(t, op, in, other, ret);                                      \
	}
COMPARE_TEST(t_eq, '=')
COMPARE_TEST(t_ne, '!')
COMPARE_TEST(t_lt, '<')
COMPARE_TEST(t_le, 'l')
COMPARE_TEST(t_gt, '>')
COMPARE_TEST(t_ge, 'g')
COMPARE_TEST(t_in, 'i')

/* `is`: the same object. Known for constants and for what is shared; else we would guess. */
TEST(t_sameas)
{
	struct tw_value o = TW_NULL;

	TW_TRY(one_arg(t, args, &o));
	*ret = false;
	if (in.kind != o.kind)
		return TW_OK;
	switch (in.kind) {
	case TW_V_NULL:
		*ret = true;
		return TW_OK;
	case TW_V_BOOL:
		*ret = in.b == o.b;
		return TW_OK;
	case TW_V_LIST:
	case TW_V_TUPLE:
		*ret = in.list == o.list;
		return TW_OK;
	case TW_V_MAP:
		*ret = in.map == o.map;
		return TW_OK;
	case TW_V_OBJECT:
		*ret = in.obj == o.obj;
		return TW_OK;
	case TW_V_INT:
		if (in.i != o.i)
			return TW_OK;
		if (in.i >= -5 && in.i <= 256) {
			*ret = true;
			return TW_OK;
		}
		break;
	case TW_V_STR:
		if (!tw_str_eq(in.s, o.s))
			return TW_OK;
		break;
	default:
		break;
	}
	return tw_tpl_unsupported(t, "sameas of '%s'", tw_type_name(in));
}

static enum tw_rc case_test(struct tw_tpl *t, struct tw_value in, const char *method, bool *ret)
{
	struct tw_value v;
	struct tw_str s;

	TW_TRY(tw_tpl_text(t, in, &s));
	TW_TRY(tw_str_method(t, tw_v_str(s), tw_str(method), &(struct tw_args){0}, &v));
	*ret = v.b;
	return TW_OK;
}

TEST(t_lower)
{
	TW_TRY(no_args(t, args));
	return case_test(t, in, "islower", ret);
}

TEST(t_upper)
{
	TW_TRY(no_args(t, args));
	return case_test(t, in, "isupper", ret);
}

TEST(t_filter)
{
	TW_TRY(no_args(t, args));
	if (in.kind != TW_V_OBJECT)
		TW_TRY(tw_tpl_hashable(t, in));
	*ret = in.kind == TW_V_STR && tw_filter_find(in.s);
	return TW_OK;
}

TEST(t_test)
{
	TW_TRY(no_args(t, args));
	if (in.kind != TW_V_OBJECT)
		TW_TRY(tw_tpl_hashable(t, in));
	*ret = in.kind == TW_V_STR && tw_test_find(in.s);
	return TW_OK;
}

static const struct tw_test_def tests[] = {
	{"defined", t_defined},
	{"undefined", t_undefined},
	{"none", t_none},
	{"boolean", t_boolean},
	{"true", t_true},
	{"false", t_false},
	{"integer", t_integer},
	{"float", t_float},
	{"string", t_string},
	{"number", t_number},
	{"mapping", t_mapping},
	{"sequence", t_sequence},
	{"iterable", t_iterable},
	{"callable", t_callable},
	{"sameas", t_sameas},
	{"escaped", t_escaped},
	{"in", t_in},
	{"even", t_even},
	{"odd", t_odd},
	{"divisibleby", t_divisibleby},
	{"lower", t_lower},
	{"upper", t_upper},
	{"filter", t_filter},
	{"test", t_test},
	{"==", t_eq},
	{"eq", t_eq},
	{"equalto", t_eq},
	{"!=", t_ne},
	{"ne", t_ne},
	{"<", t_lt},
	{"lt", t_lt},
	{"lessthan", t_lt},
	{"<=", t_le},
	{"le", t_le},
	{">", t_gt},
	{"gt", t_gt},
	{"greaterthan", t_gt},
	{">=", t_ge},
	{"ge", t_ge},
};

const struct tw_test_def *tw_test_find(struct tw_str name)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		if (tw_str_is(name, tests[i].name))
			return &tests[i];
	return NULL;
}
