/* Filters of single values: numbers, default, attr. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "template/filter.h"

TW_FILTER(tw_f_abs)
{
	TW_NO_ARGS("abs()");
	if (in.kind == TW_V_FLOAT) {
		*ret = tw_v_float(fabs(in.f));
	} else if (in.kind == TW_V_INT && in.i != INT64_MIN) {
		*ret = tw_v_int(llabs(in.i));
	} else if (in.kind == TW_V_BOOL) {
		*ret = tw_v_int(in.b);
	} else if (in.kind == TW_V_DELTA) {
		*ret = in;
		ret->i = llabs(in.i);
	} else if (in.kind == TW_V_BIGINT || in.kind == TW_V_INT) {
		return tw_tpl_big(t);
	} else {
		return tw_tpl_raise(t, "TypeError", "bad operand type for abs(): '%s'",
				    tw_type_name(in));
	}
	return TW_OK;
}

TW_FILTER(tw_f_attr)
{
	enum tw_rc rc;

	TW_BIND("do_attr", a, 1, "name");
	if (a[0].kind != TW_V_STR)
		return tw_tpl_unsupported(t, "attr of a name that is not text");
	rc = tw_tpl_attr(t, in, a[0].s, ret);
	if (rc == TW_ERR_NOT_FOUND) {
		*ret = tw_tpl_undef(t, "'%s' has no attribute '" TW_STR_FMT "'",
				    tw_tpl_object_name(t, in), TW_STR_ARG(a[0].s));
		return TW_OK;
	}
	return rc;
}

TW_FILTER(tw_f_default)
{
	bool falsy = false, yes;

	TW_BIND("do_default", a, 0, "default_value", "boolean");
	*ret = tw_v_given(a[0]) ? a[0] : tw_v_cstr("");
	if (in.kind == TW_V_UNDEFINED)
		return TW_OK;
	if (tw_v_given(a[1]))
		TW_TRY(tw_tpl_truth(t, a[1], &falsy));
	if (falsy) {
		TW_TRY(tw_tpl_truth(t, in, &yes));
		if (!yes)
			return TW_OK;
	}
	*ret = in;
	return TW_OK;
}

/* ---- int, float ---- */

/* Text without its single underscores between digits; false when one stands elsewhere. */
static bool without_underscores(struct tw_str s, char *out, size_t cap)
{
	size_t n = 0;

	if (s.n >= cap)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '_') {
			if (i == 0 || i + 1 == s.n || !isalnum((unsigned char)s.p[i - 1]) ||
			    !isalnum((unsigned char)s.p[i + 1]))
				return false;
			continue;
		}
		out[n++] = s.p[i];
	}
	out[n] = 0;
	return n > 0;
}

bool tw_py_int(struct tw_str s, int base, int64_t *ret, bool *ret_big)
{
	char buf[200], *p = buf, *end;
	bool negative = false;

	*ret_big = false;
	s = tw_u8_rstrip(tw_u8_lstrip(s));
	if (!without_underscores(s, buf, sizeof(buf)))
		return false;
	if (*p == '+' || *p == '-')
		negative = *p++ == '-';
	if (p[0] == '0' && p[1]) {
		int c = tolower((unsigned char)p[1]);
		int given = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;

		if (given && (base == given || base == 0)) {
			base = given;
			p += 2;
		}
	}
	if (!isalnum((unsigned char)*p) || base == 0)
		return false;
	errno = 0;
	unsigned long long u = strtoull(p, &end, base);

	if (*end)
		return false;
	if (errno || u > INT64_MAX) {
		*ret_big = true;
		return true;
	}
	*ret = negative ? -(int64_t)u : (int64_t)u;
	return true;
}

bool tw_py_float(struct tw_str s, double *ret)
{
	char buf[400], *end;

	s = tw_u8_rstrip(tw_u8_lstrip(s));
	if (!without_underscores(s, buf, sizeof(buf)))
		return false;
	if (strpbrk(buf, "xX()"))
		return false;
	*ret = strtod(buf, &end);
	return *end == 0 && end != buf;
}

/* Text with digits or spaces beyond ASCII, which Python reads too. */
static bool foreign_digits(struct tw_str s)
{
	for (size_t i = 0; i < s.n;) {
		int32_t c = tw_u8_next(s.p, s.n, &i);

		if (c >= 0x80 && (tw_u8_decimal(c) || tw_u8_space(c)))
			return true;
	}
	return false;
}

static enum tw_rc float_to_int(struct tw_tpl *t, double f, struct tw_value dflt,
			       struct tw_value *ret)
{
	if (!isfinite(f)) { /* ValueError and OverflowError */
		if (isinf(f))
			return tw_tpl_raise(t, "OverflowError",
					    "cannot convert float infinity to integer");
		*ret = dflt;
		return TW_OK;
	}
	if (fabs(f) >= 0x1p63)
		return tw_tpl_big(t);
	*ret = tw_v_int((int64_t)f);
	return TW_OK;
}

TW_FILTER(tw_f_int)
{
	int64_t base = 10, i;
	double f;
	bool big;

	TW_BIND("do_int", a, 0, "default", "base");
	*ret = tw_v_given(a[0]) ? a[0] : tw_v_int(0);
	if (tw_v_given(a[1]))
		TW_TRY(tw_tpl_int_arg(t, a[1], &base));
	switch (in.kind) {
	case TW_V_UNDEFINED:
		return tw_tpl_undefined_error(t, in);
	case TW_V_INT:
	case TW_V_BIGINT:
		*ret = in;
		return TW_OK;
	case TW_V_BOOL:
		*ret = tw_v_int(in.b);
		return TW_OK;
	case TW_V_FLOAT:
		return float_to_int(t, in.f, *ret, ret);
	case TW_V_STR:
		if (base < 0 || base == 1 || base > 36) {
			return TW_OK;
		}
		if (foreign_digits(in.s) || base == 0)
			return tw_tpl_unsupported(t, "int of this text");
		if (tw_py_int(in.s, (int)base, &i, &big)) {
			if (big)
				return tw_tpl_big(t);
			*ret = tw_v_int(i);
			return TW_OK;
		}
		if (tw_py_float(in.s, &f))
			return isinf(f) ? tw_tpl_raise(t, "OverflowError",
						       "cannot convert float infinity to integer")
					: float_to_int(t, f, *ret, ret);
		return TW_OK;
	case TW_V_OBJECT:
		return tw_tpl_unsupported(t, "int of '%s'", tw_type_name(in));
	default:
		return TW_OK;
	}
}

TW_FILTER(tw_f_float)
{
	double f;

	TW_BIND("do_float", a, 0, "default");
	*ret = tw_v_given(a[0]) ? a[0] : tw_v_float(0);
	switch (in.kind) {
	case TW_V_UNDEFINED:
		return tw_tpl_undefined_error(t, in);
	case TW_V_FLOAT:
		*ret = in;
		return TW_OK;
	case TW_V_INT:
		*ret = tw_v_float((double)in.i);
		return TW_OK;
	case TW_V_BOOL:
		*ret = tw_v_float(in.b);
		return TW_OK;
	case TW_V_BIGINT:
		*ret = tw_v_float(strtod(tw_arena_strndup(t->a, in.s.p, in.s.n), NULL));
		return TW_OK;
	case TW_V_STR:
		if (foreign_digits(in.s))
			return tw_tpl_unsupported(t, "float of this text");
		if (tw_py_float(in.s, &f))
			*ret = tw_v_float(f);
		return TW_OK;
	case TW_V_OBJECT:
		return tw_tpl_unsupported(t, "float of '%s'", tw_type_name(in));
	default:
		return TW_OK;
	}
}

/* ---- round ---- */

/* Python's round(): to the nearest, halves to even, of the exact binary value. */
static double py_round(double f, int64_t digits)
{
	char buf[400];

	if (!isfinite(f) || digits > 300)
		return f;
	if (digits >= 0) {
		snprintf(buf, sizeof(buf), "%.*f", (int)digits, f);
		return strtod(buf, NULL);
	}
	double scale = pow(10, (double)-digits);

	return nearbyint(f / scale) * scale;
}

TW_FILTER(tw_f_round)
{
	int64_t digits = 0;
	double f, scale;

	TW_BIND("do_round", a, 0, "precision", "method");
	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_int_arg(t, a[0], &digits));
	if (tw_v_given(a[1]) && a[1].kind != TW_V_STR)
		return tw_tpl_unsupported(t, "round with this method");
	if (tw_v_given(a[1]) && !tw_str_is(a[1].s, "common") && !tw_str_is(a[1].s, "ceil") &&
	    !tw_str_is(a[1].s, "floor"))
		return tw_tpl_raise(t, "FilterArgumentError",
				    "method must be common, ceil or floor");
	if (in.kind != TW_V_INT && in.kind != TW_V_BOOL && in.kind != TW_V_FLOAT)
		return tw_tpl_raise(t, "TypeError", "type %s doesn't define __round__ method",
				    tw_type_name(in));
	if (digits < -300 || digits > 300)
		return tw_tpl_unsupported(t, "round to so many digits");
	f = in.kind == TW_V_FLOAT ? in.f : in.kind == TW_V_BOOL ? in.b : (double)in.i;
	if (!tw_v_given(a[1]) || tw_str_is(a[1].s, "common")) {
		if (in.kind != TW_V_FLOAT) {
			if (digits < 0)
				return tw_tpl_unsupported(t, "round of an integer to tens");
			*ret = tw_v_int(in.kind == TW_V_BOOL ? in.b : in.i);
			return TW_OK;
		}
		*ret = tw_v_float(py_round(f, digits));
		return TW_OK;
	}
	scale = pow(10, (double)digits);
	if (!isfinite(f))
		return tw_tpl_raise(t, isnan(f) ? "ValueError" : "OverflowError",
				    "cannot convert float to integer");
	if (fabs(f * scale) >= 0x1p53)
		return tw_tpl_unsupported(t, "round of so large a number");
	f = tw_str_is(a[1].s, "ceil") ? ceil(f * scale) : floor(f * scale);
	*ret = tw_v_float((f == 0 ? 0 : f) / scale);
	return TW_OK;
}
