/* Truth, equality, order and arithmetic of values. */
#include <math.h>

#include "template/eval.h"

const char *tw_type_name(struct tw_value v)
{
	switch (v.kind) {
	case TW_V_NULL:
		return "NoneType";
	case TW_V_BOOL:
		return "bool";
	case TW_V_INT:
	case TW_V_BIGINT:
		return "int";
	case TW_V_FLOAT:
		return "float";
	case TW_V_STR:
		return v.safe ? "Markup" : "str";
	case TW_V_LIST:
		return "list";
	case TW_V_TUPLE:
		return "tuple";
	case TW_V_MAP:
		return "dict";
	case TW_V_DATETIME:
		return v.safe ? "datetime.datetime" : "DateTime";
	case TW_V_DELTA:
		return "datetime.timedelta";
	case TW_V_UNDEFINED:
		return "StrictUndefined";
	case TW_V_OBJECT:
		return v.obj->type->name;
	}
	return "object";
}

enum tw_rc tw_tpl_undefined_error(struct tw_tpl *t, struct tw_value v)
{
	return tw_tpl_raise(t, v.safe ? "SecurityError" : "UndefinedError", TW_STR_FMT,
			    TW_STR_ARG(v.s));
}

enum tw_rc tw_tpl_big(struct tw_tpl *t)
{
	return tw_tpl_unsupported(t, "an integer beyond 64 bits");
}

enum tw_rc tw_tpl_truth(struct tw_tpl *t, struct tw_value v, bool *ret)
{
	int64_t n;

	switch (v.kind) {
	case TW_V_NULL:
		*ret = false;
		return TW_OK;
	case TW_V_BOOL:
		*ret = v.b;
		return TW_OK;
	case TW_V_INT:
	case TW_V_DELTA:
		*ret = v.i != 0;
		return TW_OK;
	case TW_V_FLOAT:
		*ret = v.f != 0;
		return TW_OK;
	case TW_V_STR:
		*ret = v.s.n > 0;
		return TW_OK;
	case TW_V_LIST:
	case TW_V_TUPLE:
	case TW_V_MAP:
		*ret = tw_value_len(v) > 0;
		return TW_OK;
	case TW_V_UNDEFINED:
		*ret = false;
		return tw_is_lenient(v) ? TW_OK : tw_tpl_undefined_error(t, v);
	case TW_V_OBJECT:
		if (v.obj->type->truth)
			return v.obj->type->truth(t, v.obj, ret);
		if (v.obj->type->len) {
			TW_TRY(v.obj->type->len(t, v.obj, &n));
			*ret = n > 0;
			return TW_OK;
		}
		break;
	}
	*ret = true;
	return TW_OK;
}

static bool is_num(struct tw_value v)
{
	return v.kind == TW_V_BOOL || v.kind == TW_V_INT || v.kind == TW_V_BIGINT ||
	       v.kind == TW_V_FLOAT;
}

static bool is_small_num(struct tw_value v)
{
	return is_num(v) && v.kind != TW_V_BIGINT;
}

static bool is_int(struct tw_value v)
{
	return v.kind == TW_V_BOOL || v.kind == TW_V_INT;
}

static int64_t int_of(struct tw_value v)
{
	return v.kind == TW_V_BOOL ? v.b : v.i;
}

static double num_of(struct tw_value v)
{
	return v.kind == TW_V_FLOAT ? v.f : (double)int_of(v);
}

/* ---- equality ---- */

static enum tw_rc list_equal(struct tw_tpl *t, const struct tw_list *a, const struct tw_list *b,
			     bool *ret)
{
	*ret = a->n == b->n;
	for (size_t i = 0; *ret && i < a->n && i < b->n; i++)
		TW_TRY(tw_tpl_equal(t, a->v[i], b->v[i], ret));
	return TW_OK;
}

static enum tw_rc map_equal(struct tw_tpl *t, struct tw_value a, struct tw_value b, bool *ret)
{
	*ret = a.map->n == b.map->n;
	for (size_t i = 0; *ret && i < a.map->n; i++) {
		const struct tw_value *o = tw_map_find_key(b, a.map->v[i].key);

		if (!o) {
			*ret = false;
			return TW_OK;
		}
		TW_TRY(tw_tpl_equal(t, a.map->v[i].value, *o, ret));
	}
	return TW_OK;
}

/* Plain values, whose equality needs no code of ours. */
static bool is_scalar(struct tw_value v)
{
	return is_num(v) || v.kind == TW_V_NULL || v.kind == TW_V_STR || v.kind == TW_V_DELTA;
}

static enum tw_rc object_equal(struct tw_tpl *t, struct tw_value a, struct tw_value b, bool *ret)
{
	const struct tw_object_type *ty = a.obj->type;
	int order;
	enum tw_rc rc;

	if (b.kind == TW_V_OBJECT && a.obj == b.obj) {
		*ret = true;
		return TW_OK;
	}
	*ret = false;
	if (!ty->compare)
		return TW_OK;
	rc = ty->compare(t, a.obj, b, &order);
	if (rc == TW_ERR_NOT_FOUND)
		return TW_OK;
	*ret = rc == TW_OK && order == 0;
	return rc;
}

enum tw_rc tw_tpl_equal(struct tw_tpl *t, struct tw_value a, struct tw_value b, bool *ret)
{
	enum tw_rc rc;

	TW_TRY(tw_tpl_step(t));
	if (tw_is_strict(a))
		return tw_tpl_undefined_error(t, a);
	if (tw_is_strict(b))
		return tw_tpl_undefined_error(t, b);
	if (tw_is_lenient(a) || tw_is_lenient(b)) {
		*ret = a.kind == b.kind;
		return TW_OK;
	}
	if (is_scalar(a) && is_scalar(b)) {
		if (a.kind == TW_V_DELTA && b.kind == TW_V_DELTA)
			*ret = a.i == b.i;
		else
			*ret = tw_value_equal(a, b);
		return TW_OK;
	}
	if (a.kind == TW_V_OBJECT)
		return object_equal(t, a, b, ret);
	if (b.kind == TW_V_OBJECT)
		return object_equal(t, b, a, ret);
	if (a.kind != b.kind) {
		*ret = false;
		return TW_OK;
	}
	if (a.kind == TW_V_DATETIME) {
		*ret = a.dt.us == b.dt.us && !a.dt.zone == !b.dt.zone;
		return TW_OK;
	}
	TW_TRY(tw_tpl_enter(t));
	if (a.kind == TW_V_MAP)
		rc = map_equal(t, a, b, ret);
	else
		rc = list_equal(t, a.list, b.list, ret);
	t->depth--;
	return rc;
}

/* ---- order ---- */

static int sign(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int num_order(struct tw_value a, struct tw_value b)
{
	double x, y;

	if (is_int(a) && is_int(b))
		return sign(int_of(a), int_of(b));
	x = num_of(a);
	y = num_of(b);
	if (isnan(x) || isnan(y))
		return 2;
	if (x == y && is_int(a))
		return sign(int_of(a), fabs(y) < 0x1p63 ? (int64_t)y : INT64_MAX);
	if (x == y && is_int(b))
		return sign(fabs(x) < 0x1p63 ? (int64_t)x : INT64_MAX, int_of(b));
	return x < y ? -1 : x > y;
}

static enum tw_rc list_order(struct tw_tpl *t, const char *op, const struct tw_list *a,
			     const struct tw_list *b, int *ret)
{
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		bool eq;

		TW_TRY(tw_tpl_equal(t, a->v[i], b->v[i], &eq));
		if (!eq)
			return tw_tpl_order(t, op, a->v[i], b->v[i], ret);
	}
	*ret = sign((int64_t)a->n, (int64_t)b->n);
	return TW_OK;
}

enum tw_rc tw_tpl_order(struct tw_tpl *t, const char *op, struct tw_value a, struct tw_value b,
			int *ret)
{
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	TW_TRY(tw_tpl_step(t));
	if (a.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, a);
	if (b.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, b);
	if (is_num(a) && is_num(b)) {
		if (a.kind == TW_V_BIGINT || b.kind == TW_V_BIGINT)
			return tw_tpl_big(t);
		*ret = num_order(a, b);
		return TW_OK;
	}
	if (a.kind == TW_V_OBJECT && a.obj->type->compare) {
		rc = a.obj->type->compare(t, a.obj, b, ret);
	} else if (b.kind == TW_V_OBJECT && b.obj->type->compare) {
		rc = b.obj->type->compare(t, b.obj, a, ret);
		*ret = rc == TW_OK ? -*ret : 0;
	} else if (a.kind == b.kind) {
		switch (a.kind) {
		case TW_V_STR: /* UTF-8 sorts as code points do */
			*ret = tw_str_cmp(a.s, b.s);
			*ret = *ret < 0 ? -1 : *ret > 0;
			return TW_OK;
		case TW_V_LIST:
		case TW_V_TUPLE:
			TW_TRY(tw_tpl_enter(t));
			TW_TRY(list_order(t, op, a.list, b.list, ret));
			t->depth--;
			return TW_OK;
		case TW_V_DELTA:
			*ret = sign(a.i, b.i);
			return TW_OK;
		case TW_V_DATETIME:
			if (!a.dt.zone != !b.dt.zone)
				return tw_tpl_raise(t, "TypeError",
						    "can't compare offset-naive and offset-aware "
						    "datetimes");
			*ret = sign(a.dt.us, b.dt.us);
			return TW_OK;
		default:
			break;
		}
	}
	if (rc == TW_ERR_NOT_FOUND)
		return tw_tpl_raise(t, "TypeError",
				    "'%s' not supported between instances of '%s' and '%s'", op,
				    tw_type_name(a), tw_type_name(b));
	return rc;
}

enum tw_rc tw_tpl_compare(struct tw_tpl *t, char op, struct tw_value a, struct tw_value b,
			  bool *ret)
{
	int order;

	switch (op) {
	case '=':
		return tw_tpl_equal(t, a, b, ret);
	case '!':
		TW_TRY(tw_tpl_equal(t, a, b, ret));
		*ret = !*ret;
		return TW_OK;
	case 'i':
		return tw_tpl_contains(t, a, b, ret);
	case 'n':
		TW_TRY(tw_tpl_contains(t, a, b, ret));
		*ret = !*ret;
		return TW_OK;
	case '<':
		TW_TRY(tw_tpl_order(t, "<", a, b, &order));
		*ret = order == -1;
		return TW_OK;
	case 'l':
		TW_TRY(tw_tpl_order(t, "<=", a, b, &order));
		*ret = order <= 0;
		return TW_OK;
	case '>':
		TW_TRY(tw_tpl_order(t, ">", a, b, &order));
		*ret = order == 1;
		return TW_OK;
	default:
		TW_TRY(tw_tpl_order(t, ">=", a, b, &order));
		*ret = order == 0 || order == 1;
		return TW_OK;
	}
}

enum tw_rc tw_tpl_contains(struct tw_tpl *t, struct tw_value item, struct tw_value in, bool *ret)
{
	struct tw_list items;

	*ret = false;
	TW_TRY(tw_tpl_unwrap(t, in, &in));
	switch (in.kind) {
	case TW_V_STR:
		TW_TRY(tw_tpl_unwrap(t, item, &item));
		if (item.kind == TW_V_UNDEFINED)
			return tw_tpl_raise(t, "TypeError",
					    "'in <string>' requires string as left operand, not "
					    "StrictUndefined");
		if (item.kind != TW_V_STR)
			return tw_tpl_raise(t, "TypeError",
					    "'in <string>' requires string as left operand, not %s",
					    tw_type_name(item));
		*ret = item.s.n == 0 || tw_str_find(in.s, item.s, 0) >= 0;
		return TW_OK;
	case TW_V_MAP:
		TW_TRY(tw_tpl_hashable(t, item));
		*ret = tw_map_find_key(in, item) != NULL;
		return TW_OK;
	default:
		break;
	}
	if (!tw_tpl_iterable(in))
		return tw_tpl_raise(t, "TypeError", "argument of type '%s' is not iterable",
				    tw_type_name(in));
	TW_TRY(tw_tpl_iter(t, in, &items));
	for (size_t i = 0; !*ret && i < items.n; i++)
		TW_TRY(tw_tpl_equal(t, items.v[i], item, ret));
	return TW_OK;
}

enum tw_rc tw_tpl_hashable(struct tw_tpl *t, struct tw_value v)
{
	switch (v.kind) {
	case TW_V_UNDEFINED:
		return tw_tpl_undefined_error(t, v);
	case TW_V_LIST:
	case TW_V_MAP:
		return tw_tpl_raise(t, "TypeError", "unhashable type: '%s'", tw_type_name(v));
	case TW_V_TUPLE:
		TW_TRY(tw_tpl_enter(t));
		for (size_t i = 0; i < v.list->n; i++)
			TW_TRY(tw_tpl_hashable(t, v.list->v[i]));
		t->depth--;
		return TW_OK;
	case TW_V_DATETIME:
	case TW_V_DELTA:
	case TW_V_OBJECT:
		return tw_tpl_unsupported(t, "'%s' as a key", tw_type_name(v));
	default:
		return TW_OK;
	}
}

/* ---- arithmetic ---- */

static enum tw_rc bad_operands(struct tw_tpl *t, int op, struct tw_value a, struct tw_value b)
{
	char s[3] = {op > 255 ? (char)(op >> 8) : (char)op, op > 255 ? (char)op : 0, 0};

	if (op == '+' && a.kind == TW_V_STR)
		return tw_tpl_raise(t, "TypeError", "can only concatenate str (not \"%s\") to str",
				    tw_type_name(b));
	if (op == '+' && (a.kind == TW_V_LIST || a.kind == TW_V_TUPLE))
		return tw_tpl_raise(t, "TypeError", "can only concatenate %s (not \"%s\") to %s",
				    tw_type_name(a), tw_type_name(b), tw_type_name(a));
	return tw_tpl_raise(t, "TypeError", "unsupported operand type(s) for %s: '%s' and '%s'",
			    op == TW_OP2('*', '*') ? "** or pow()" : s, tw_type_name(a),
			    tw_type_name(b));
}

static enum tw_rc zero_division(struct tw_tpl *t, const char *what)
{
	return tw_tpl_raise(t, "ZeroDivisionError", "%s", what);
}

static double py_fmod(double a, double b)
{
	double m = fmod(a, b);

	if (m != 0 && (m < 0) != (b < 0))
		return m + b;
	return m == 0 ? copysign(0, b) : m;
}

static double py_floordiv(double a, double b)
{
	double mod = fmod(a, b), div = (a - mod) / b, whole;

	if (mod != 0 && (mod < 0) != (b < 0))
		div -= 1;
	if (div == 0)
		return copysign(0, a / b);
	whole = floor(div);
	return div - whole > 0.5 ? whole + 1 : whole;
}

static enum tw_rc float_pow(struct tw_tpl *t, double a, double b, struct tw_value *ret)
{
	double r;

	if (a == 0 && b < 0)
		return zero_division(t, "0.0 cannot be raised to a negative power");
	if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b))
		return tw_tpl_unsupported(t, "a complex number");
	r = pow(a, b);
	if (isinf(r) && isfinite(a) && isfinite(b))
		return tw_tpl_raise(t, "OverflowError", "(34, 'Numerical result out of range')");
	*ret = tw_v_float(r);
	return TW_OK;
}

static enum tw_rc float_op(struct tw_tpl *t, int op, double a, double b, struct tw_value *ret)
{
	switch (op) {
	case '+':
		*ret = tw_v_float(a + b);
		return TW_OK;
	case '-':
		*ret = tw_v_float(a - b);
		return TW_OK;
	case '*':
		*ret = tw_v_float(a * b);
		return TW_OK;
	case '/':
		if (b == 0)
			return zero_division(t, "float division by zero");
		*ret = tw_v_float(a / b);
		return TW_OK;
	case TW_OP2('/', '/'):
		if (b == 0)
			return zero_division(t, "float floor division by zero");
		*ret = tw_v_float(py_floordiv(a, b));
		return TW_OK;
	case '%':
		if (b == 0)
			return zero_division(t, "float modulo");
		*ret = tw_v_float(py_fmod(a, b));
		return TW_OK;
	default:
		return float_pow(t, a, b, ret);
	}
}

static enum tw_rc int_pow(struct tw_tpl *t, int64_t a, int64_t b, struct tw_value *ret)
{
	int64_t r = 1;

	if (b < 0) {
		if (a == 0)
			return zero_division(t, "0.0 cannot be raised to a negative power");
		return float_pow(t, (double)a, (double)b, ret);
	}
	if (a == 0 || a == 1 || a == -1) {
		*ret = tw_v_int(b == 0 ? 1 : a == -1 && b % 2 == 0 ? 1 : a);
		return TW_OK;
	}
	while (b-- > 0)
		if (__builtin_mul_overflow(r, a, &r))
			return tw_tpl_big(t);
	*ret = tw_v_int(r);
	return TW_OK;
}

static enum tw_rc int_div(struct tw_tpl *t, int64_t a, int64_t b, struct tw_value *ret)
{
	if (b == 0)
		return zero_division(t, "division by zero");
	if (llabs(a) > 1LL << 53 || llabs(b) > 1LL << 53)
		return tw_tpl_unsupported(t, "true division of integers beyond 2**53");
	*ret = tw_v_float((double)a / (double)b);
	return TW_OK;
}

static enum tw_rc int_op(struct tw_tpl *t, int op, int64_t a, int64_t b, struct tw_value *ret)
{
	int64_t r;

	switch (op) {
	case '+':
		if (__builtin_add_overflow(a, b, &r))
			return tw_tpl_big(t);
		break;
	case '-':
		if (__builtin_sub_overflow(a, b, &r))
			return tw_tpl_big(t);
		break;
	case '*':
		if (__builtin_mul_overflow(a, b, &r))
			return tw_tpl_big(t);
		break;
	case '/':
		return int_div(t, a, b, ret);
	case TW_OP2('/', '/'):
	case '%':
		if (b == 0)
			return zero_division(t, op == '%' ? "integer modulo by zero"
							  : "integer division or modulo by zero");
		if (b == -1) {
			if (a == INT64_MIN)
				return tw_tpl_big(t);
			r = op == '%' ? 0 : -a;
			break;
		}
		r = a % b;
		if (r && (r < 0) != (b < 0))
			r += b;
		if (op != '%')
			r = (a - r) / b;
		break;
	default:
		return int_pow(t, a, b, ret);
	}
	*ret = tw_v_int(r);
	return TW_OK;
}

static enum tw_rc repeat_str(struct tw_tpl *t, struct tw_value s, int64_t n, struct tw_value *ret)
{
	size_t total;
	char *p;

	if (n <= 0 || !s.s.n) {
		*ret = tw_v_markup(tw_v_cstr(""), s.safe);
		return TW_OK;
	}
	if (__builtin_mul_overflow(s.s.n, (size_t)n, &total))
		total = SIZE_MAX;
	TW_TRY(tw_tpl_room(t, total));
	p = tw_arena_alloc(t->a, total + 1);
	for (int64_t i = 0; i < n; i++)
		memcpy(p + i * s.s.n, s.s.p, s.s.n);
	p[total] = 0;
	*ret = tw_v_markup(tw_v_str(tw_strn(p, total)), s.safe);
	return TW_OK;
}

static enum tw_rc repeat_list(struct tw_tpl *t, struct tw_value l, int64_t n, struct tw_value *ret)
{
	size_t total;
	struct tw_value r;

	if (n < 0 || !l.list->n)
		n = 0;
	if (__builtin_mul_overflow(l.list->n * sizeof(struct tw_value), (size_t)n, &total))
		total = SIZE_MAX;
	TW_TRY(tw_tpl_room(t, total));
	r = l.kind == TW_V_LIST ? tw_tpl_new_list(t, l.list->n * n)
				: tw_tpl_new_tuple(t, l.list->n * n);
	for (int64_t i = 0; i < n; i++)
		for (size_t k = 0; k < l.list->n; k++)
			tw_list_push(t->a, r, l.list->v[k]);
	*ret = r;
	return TW_OK;
}

static enum tw_rc add_lists(struct tw_tpl *t, struct tw_value a, struct tw_value b,
			    struct tw_value *ret)
{
	size_t n = a.list->n + b.list->n;
	struct tw_value r;

	TW_TRY(tw_tpl_room(t, n * sizeof(struct tw_value)));
	r = a.kind == TW_V_LIST ? tw_tpl_new_list(t, n) : tw_tpl_new_tuple(t, n);
	for (size_t i = 0; i < a.list->n; i++)
		tw_list_push(t->a, r, a.list->v[i]);
	for (size_t i = 0; i < b.list->n; i++)
		tw_list_push(t->a, r, b.list->v[i]);
	*ret = r;
	return TW_OK;
}

static enum tw_rc add_strs(struct tw_tpl *t, struct tw_value a, struct tw_value b,
			   struct tw_value *ret)
{
	struct tw_str x = a.s, y = b.s;
	bool safe = a.safe || b.safe;
	char *p;

	if (safe) {
		TW_TRY(tw_tpl_escaped(t, a, &x));
		TW_TRY(tw_tpl_escaped(t, b, &y));
	}
	TW_TRY(tw_tpl_room(t, x.n + y.n));
	p = tw_arena_alloc(t->a, x.n + y.n + 1);
	memcpy(p, x.p, x.n);
	memcpy(p + x.n, y.p, y.n);
	p[x.n + y.n] = 0;
	*ret = tw_v_markup(tw_v_str(tw_strn(p, x.n + y.n)), safe);
	return TW_OK;
}

/* An object on either side decides for itself. */
static enum tw_rc object_op(struct tw_tpl *t, int op, struct tw_value a, struct tw_value b,
			    struct tw_value *ret)
{
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	if (a.kind == TW_V_OBJECT && a.obj->type->arith)
		rc = a.obj->type->arith(t, a.obj, op, b, false, ret);
	if (rc == TW_ERR_NOT_FOUND && b.kind == TW_V_OBJECT && b.obj->type->arith)
		rc = b.obj->type->arith(t, b.obj, op, a, true, ret);
	return rc;
}

enum tw_rc tw_tpl_binary(struct tw_tpl *t, int op, struct tw_value a, struct tw_value b,
			 struct tw_value *ret)
{
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	TW_TRY(tw_tpl_unwrap(t, a, &a));
	if (op == '%' && a.kind == TW_V_STR)
		return tw_tpl_percent(t, a, b, ret);
	TW_TRY(tw_tpl_unwrap(t, b, &b));
	if (a.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, a);
	if (b.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, b);
	if (is_int(a) && is_int(b))
		return int_op(t, op, int_of(a), int_of(b), ret);
	if (is_small_num(a) && is_small_num(b))
		return float_op(t, op, num_of(a), num_of(b), ret);
	if (is_num(a) && is_num(b))
		return tw_tpl_big(t);
	if (op == '+' && a.kind == TW_V_STR && b.kind == TW_V_STR)
		return add_strs(t, a, b, ret);
	if (op == '+' && a.kind == b.kind && (a.kind == TW_V_LIST || a.kind == TW_V_TUPLE))
		return add_lists(t, a, b, ret);
	if (op == '*' && is_int(a) && !is_int(b)) {
		struct tw_value x = a;

		if (b.kind == TW_V_STR || b.kind == TW_V_LIST || b.kind == TW_V_TUPLE) {
			a = b;
			b = x;
		}
	}
	if (op == '*' && is_int(b)) {
		if (a.kind == TW_V_STR)
			return repeat_str(t, a, int_of(b), ret);
		if (a.kind == TW_V_LIST || a.kind == TW_V_TUPLE)
			return repeat_list(t, a, int_of(b), ret);
	}
	if (a.kind == TW_V_DATETIME || b.kind == TW_V_DATETIME || a.kind == TW_V_DELTA ||
	    b.kind == TW_V_DELTA)
		rc = tw_datetime_binary(t, op, a, b, ret);
	if (rc == TW_ERR_NOT_FOUND)
		rc = object_op(t, op, a, b, ret);
	return rc == TW_ERR_NOT_FOUND ? bad_operands(t, op, a, b) : rc;
}

enum tw_rc tw_tpl_unary(struct tw_tpl *t, int op, struct tw_value a, struct tw_value *ret)
{
	if (a.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, a);
	if (a.kind == TW_V_FLOAT) {
		*ret = tw_v_float(op == '-' ? -a.f : a.f);
		return TW_OK;
	}
	if (is_int(a)) {
		if (op == '-' && int_of(a) == INT64_MIN)
			return tw_tpl_big(t);
		*ret = tw_v_int(op == '-' ? -int_of(a) : int_of(a));
		return TW_OK;
	}
	if (a.kind == TW_V_BIGINT)
		return tw_tpl_big(t);
	if (a.kind == TW_V_DELTA) {
		*ret = a;
		ret->i = op == '-' ? -a.i : a.i;
		return TW_OK;
	}
	if (a.kind == TW_V_OBJECT)
		return tw_tpl_unsupported(t, "unary %c of '%s'", op, tw_type_name(a));
	return tw_tpl_raise(t, "TypeError", "bad operand type for unary %c: '%s'", op,
			    tw_type_name(a));
}
