/* Python's two ways to format: the format specification of str.format, and %. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "base/num.h"
#include "template/eval.h"

/* ---- format specifications: [[fill]align][sign][z][#][0][width][,_][.precision][type] ---- */

struct spec {
	struct tw_str fill;
	char align; /* 0 = the type's own */
	char sign;
	bool alt, zero;
	int64_t width, precision; /* -1 = not given */
	char group;
	char type;
};

static enum tw_rc spec_int(struct tw_tpl *t, struct tw_str s, size_t *i, int64_t *ret)
{
	int64_t v = 0;

	while (*i < s.n && isdigit((unsigned char)s.p[*i])) {
		v = v * 10 + (s.p[(*i)++] - '0');
		if (v > 1000000)
			return tw_tpl_unsupported(t, "so wide a format");
	}
	*ret = v;
	return TW_OK;
}

static bool is_align(char c)
{
	return c == '<' || c == '>' || c == '^' || c == '=';
}

static enum tw_rc parse_spec(struct tw_tpl *t, struct tw_str s, struct spec *ret)
{
	struct spec f = {.fill = TW_STR(" "), .sign = '-', .width = -1, .precision = -1};
	size_t i = 0, j = 0;

	if (s.n)
		tw_u8_next(s.p, s.n, &j);
	if (j < s.n && is_align(s.p[j])) {
		f.fill = tw_strn(s.p, j);
		f.align = s.p[j];
		i = j + 1;
	} else if (s.n && is_align(s.p[0])) {
		f.align = s.p[0];
		i = 1;
	}
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-' || s.p[i] == ' '))
		f.sign = s.p[i++];
	if (i < s.n && s.p[i] == 'z')
		return tw_tpl_unsupported(t, "the format option z");
	if (i < s.n && s.p[i] == '#') {
		f.alt = true;
		i++;
	}
	if (i < s.n && s.p[i] == '0') {
		f.zero = true;
		if (!f.align) {
			f.align = '=';
			f.fill = TW_STR("0");
		}
		i++;
	}
	if (i < s.n && isdigit((unsigned char)s.p[i]))
		TW_TRY(spec_int(t, s, &i, &f.width));
	if (i < s.n && (s.p[i] == ',' || s.p[i] == '_'))
		f.group = s.p[i++];
	if (i < s.n && s.p[i] == '.') {
		i++;
		if (i >= s.n || !isdigit((unsigned char)s.p[i]))
			return tw_tpl_raise(t, "ValueError", "Format specifier missing precision");
		TW_TRY(spec_int(t, s, &i, &f.precision));
	}
	if (i < s.n)
		f.type = s.p[i++];
	if (i < s.n)
		return tw_tpl_raise(t, "ValueError", "Invalid format specifier '" TW_STR_FMT "'",
				    TW_STR_ARG(s));
	*ret = f;
	return TW_OK;
}

static void fill(struct tw_buf *out, struct tw_str c, int64_t n)
{
	while (n-- > 0)
		tw_buf_addstr(out, c);
}

/* prefix (sign, 0x) and body, padded to the width. */
static void padded(struct tw_buf *out, const struct spec *f, char dflt, struct tw_str prefix,
		   struct tw_str body)
{
	int64_t n = f->width - (int64_t)(tw_u8_len(prefix) + tw_u8_len(body)), left = 0;
	char align = f->align ? f->align : dflt;

	if (n < 0)
		n = 0;
	if (align == '>')
		left = n;
	else if (align == '^')
		left = n / 2;
	fill(out, f->fill, left);
	tw_buf_addstr(out, prefix);
	if (align == '=')
		fill(out, f->fill, n);
	tw_buf_addstr(out, body);
	if (align == '<' || align == '^')
		fill(out, f->fill, n - left);
}

/* Puts a separator between each `every` digits of the integer part; pads with zeros to width. */
static void group(struct tw_buf *out, struct tw_str digits, char sep, int every, int64_t width)
{
	int64_t whole = 0, n, rest;

	while (whole < (int64_t)digits.n && isxdigit((unsigned char)digits.p[whole]))
		whole++;
	rest = (int64_t)digits.n - whole;
	n = whole;
	while (n + (n - 1) / every + rest < width)
		n++;
	for (int64_t i = 0; i < n; i++) {
		if (i && (n - i) % every == 0)
			tw_buf_addc(out, sep);
		tw_buf_addc(out, i < n - whole ? '0' : digits.p[i - (n - whole)]);
	}
	tw_buf_add(out, digits.p + whole, (size_t)rest);
}

static void number_out(struct tw_buf *out, const struct spec *f, bool negative, const char *base,
		       struct tw_str digits, int every)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	char prefix[8];
	int64_t width = 0;

	snprintf(prefix, sizeof(prefix), "%s%s",
		 negative	  ? "-"
		 : f->sign != '-' ? (f->sign == '+' ? "+" : " ")
				  : "",
		 base);
	if (f->group) {
		if (f->align == '=' && tw_str_is(f->fill, "0"))
			width = f->width - (int64_t)strlen(prefix);
		group(&b, digits, f->group, every, width);
		digits = tw_buf_str(&b);
	}
	padded(out, f, '>', tw_str(prefix), digits);
}

static enum tw_rc unknown_type(struct tw_tpl *t, const struct spec *f, struct tw_value v)
{
	return tw_tpl_raise(t, "ValueError", "Unknown format code '%c' for object of type '%s'",
			    f->type, tw_type_name(v));
}

/* |f| in the style of type with that precision. */
static void float_text(char *buf, size_t n, double x, char type, int precision, bool alt)
{
	switch (type) {
	case 'e':
		snprintf(buf, n, alt ? "%#.*e" : "%.*e", precision, x);
		break;
	case 'E':
		snprintf(buf, n, alt ? "%#.*E" : "%.*E", precision, x);
		break;
	case 'g':
		snprintf(buf, n, alt ? "%#.*g" : "%.*g", precision, x);
		break;
	case 'G':
		snprintf(buf, n, alt ? "%#.*G" : "%.*G", precision, x);
		break;
	default:
		snprintf(buf, n, alt ? "%#.*f" : "%.*f", precision, x);
	}
}

static enum tw_rc format_float(struct tw_tpl *t, struct tw_value v, const struct spec *f,
			       struct tw_buf *out)
{
	char buf[512], rep[TW_NUM_REPR];
	double x = v.kind == TW_V_FLOAT ? v.f : v.kind == TW_V_BOOL ? v.b : (double)v.i;
	bool negative = signbit(x) && !isnan(x);
	int precision = f->precision < 0 ? 6 : (int)f->precision;
	char type = f->type;

	if (precision > 100)
		return tw_tpl_unsupported(t, "so precise a format");
	x = fabs(x);
	if (!isfinite(x)) {
		snprintf(buf, sizeof(buf), "%s", isnan(x) ? "nan" : "inf");
		if (type && isupper((unsigned char)type))
			for (char *p = buf; *p; p++)
				*p = (char)toupper((unsigned char)*p);
		if (type == '%')
			strcat(buf, "%");
		number_out(out, f, negative, "", tw_str(buf), 3);
		return TW_OK;
	}
	switch (type) {
	case 0:
		if (f->precision < 0) {
			tw_num_repr(rep, x);
			snprintf(buf, sizeof(buf), "%s", rep);
		} else {
			int p = precision ? precision : 1;

			float_text(buf, sizeof(buf), x, 'g', p, false);
			/* Like g, but a whole number keeps ".0" and turns to an exponent sooner. */
			if (!strpbrk(buf, "e.")) {
				if ((int)strlen(buf) >= p)
					return tw_tpl_unsupported(t, "this float format");
				strcat(buf, ".0");
			}
		}
		break;
	case 'e':
	case 'E':
	case 'f':
	case 'F':
		float_text(buf, sizeof(buf), x, type, precision, f->alt);
		break;
	case 'g':
	case 'G':
	case 'n':
		float_text(buf, sizeof(buf), x, type == 'n' ? 'g' : type, precision ? precision : 1,
			   f->alt);
		break;
	case '%':
		float_text(buf, sizeof(buf) - 1, x * 100, 'f', precision, f->alt);
		strcat(buf, "%");
		break;
	default:
		return unknown_type(t, f, v);
	}
	number_out(out, f, negative, "", tw_str(buf), 3);
	return TW_OK;
}

static void binary_text(char *buf, uint64_t u)
{
	int n = u ? 64 - __builtin_clzll(u) : 1;

	for (int i = 0; i < n; i++)
		buf[i] = (u >> (n - 1 - i)) & 1 ? '1' : '0';
	buf[n] = 0;
}

static enum tw_rc format_int(struct tw_tpl *t, struct tw_value v, const struct spec *f,
			     struct tw_buf *out)
{
	int64_t i = v.kind == TW_V_BOOL ? v.b : v.i;
	uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	const char *base = "";
	char buf[80];
	int every = 4;

	if (f->type && strchr("eEfFgG%", f->type))
		return format_float(t, v, f, out);
	if (f->precision >= 0)
		return tw_tpl_raise(t, "ValueError",
				    "Precision not allowed in integer format specifier");
	switch (f->type) {
	case 0:
	case 'd':
	case 'n':
		snprintf(buf, sizeof(buf), "%llu", (unsigned long long)u);
		every = 3;
		break;
	case 'b':
		binary_text(buf, u);
		base = "0b";
		break;
	case 'o':
		snprintf(buf, sizeof(buf), "%llo", (unsigned long long)u);
		base = "0o";
		break;
	case 'x':
		snprintf(buf, sizeof(buf), "%llx", (unsigned long long)u);
		base = "0x";
		break;
	case 'X':
		snprintf(buf, sizeof(buf), "%llX", (unsigned long long)u);
		base = "0X";
		break;
	case 'c':
		return tw_tpl_unsupported(t, "the format code c");
	default:
		return unknown_type(t, f, v);
	}
	if (f->group == ',' && every != 3)
		return tw_tpl_raise(t, "ValueError", "Cannot specify ',' with '%c'.", f->type);
	number_out(out, f, i < 0, f->alt ? base : "", tw_str(buf), every);
	return TW_OK;
}

static enum tw_rc format_str(struct tw_tpl *t, struct tw_value v, const struct spec *f,
			     struct tw_buf *out)
{
	struct tw_str s = v.s;

	if (f->type && f->type != 's')
		return unknown_type(t, f, v);
	if (f->sign != '-')
		return tw_tpl_raise(t, "ValueError", "Sign not allowed in string format specifier");
	if (f->alt)
		return tw_tpl_raise(t, "ValueError",
				    "Alternate form (#) not allowed in string format specifier");
	if (f->align == '=' && !f->zero)
		return tw_tpl_raise(t, "ValueError",
				    "'=' alignment not allowed in string format specifier");
	if (f->group)
		return tw_tpl_raise(t, "ValueError", "Cannot specify '%c' with 's'.", f->group);
	if (f->precision >= 0)
		s = tw_u8_sub(s, 0, (size_t)f->precision);
	if (f->align == '=') {
		struct spec left = *f;

		left.align = '<';
		padded(out, &left, '<', TW_STR(""), s);
		return TW_OK;
	}
	padded(out, f, '<', TW_STR(""), s);
	return TW_OK;
}

enum tw_rc tw_tpl_format_spec(struct tw_tpl *t, struct tw_value v, struct tw_str spec,
			      struct tw_buf *out)
{
	struct spec f;

	if (v.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, v);
	if (v.kind == TW_V_STR && v.safe)
		return tw_tpl_unsupported(t, "the format of Markup");
	if (!spec.n)
		return tw_tpl_str(t, v, out);
	if (v.kind == TW_V_DATETIME)
		return tw_datetime_format_spec(t, v, spec, out);
	if (v.kind == TW_V_OBJECT || v.kind == TW_V_BIGINT)
		return tw_tpl_unsupported(t, "the format of '%s'", tw_type_name(v));
	TW_TRY(parse_spec(t, spec, &f));
	if (f.width > 0)
		TW_TRY(tw_tpl_room(t, (size_t)f.width * 4));
	switch (v.kind) {
	case TW_V_STR:
		return format_str(t, v, &f, out);
	case TW_V_BOOL:
		if (!f.type)
			return tw_tpl_unsupported(t, "the format of a bool");
		return format_int(t, v, &f, out);
	case TW_V_INT:
		return format_int(t, v, &f, out);
	case TW_V_FLOAT:
		return format_float(t, v, &f, out);
	default:
		return tw_tpl_raise(t, "TypeError",
				    "unsupported format string passed to %s.__format__",
				    tw_type_name(v));
	}
}

/* ---- str.format ---- */

struct fields {
	const struct tw_args *args;
	int64_t next; /* automatic numbering; -1 once a number was given */
};

static enum tw_rc field_base(struct tw_tpl *t, struct fields *fl, struct tw_str name,
			     struct tw_value *ret)
{
	int64_t i;

	if (!name.n || tw_str_to_int(name, &i)) {
		if (!name.n) {
			if (fl->next < 0)
				return tw_tpl_raise(t, "ValueError",
						    "cannot switch from manual field specification "
						    "to automatic field numbering");
			i = fl->next++;
		} else {
			if (fl->next > 0)
				return tw_tpl_raise(t, "ValueError",
						    "cannot switch from automatic field numbering "
						    "to manual field specification");
			fl->next = -1;
		}
		if (i < 0 || (size_t)i >= fl->args->npos)
			return tw_tpl_raise(t, "IndexError",
					    "Replacement index %lld out of range for positional "
					    "args tuple",
					    (long long)i);
		*ret = fl->args->pos[i];
		return TW_OK;
	}
	for (size_t k = 0; k < fl->args->nkw; k++)
		if (tw_str_eq(fl->args->kw[k].name, name)) {
			*ret = fl->args->kw[k].value;
			return TW_OK;
		}
	return tw_tpl_raise(t, "KeyError", "'" TW_STR_FMT "'", TW_STR_ARG(name));
}

/* "0.attr[key]": the value a field names. */
static enum tw_rc field_value(struct tw_tpl *t, struct fields *fl, struct tw_str name,
			      struct tw_value *ret)
{
	size_t i = 0;

	while (i < name.n && name.p[i] != '.' && name.p[i] != '[')
		i++;
	TW_TRY(field_base(t, fl, tw_strn(name.p, i), ret));
	while (i < name.n) {
		size_t start = ++i;
		struct tw_str part;
		int64_t k;

		if (name.p[i - 1] == '.') {
			while (i < name.n && name.p[i] != '.' && name.p[i] != '[')
				i++;
			TW_TRY(tw_tpl_getattr(t, *ret, tw_strn(name.p + start, i - start), ret));
			continue;
		}
		while (i < name.n && name.p[i] != ']')
			i++;
		if (i >= name.n)
			return tw_tpl_raise(t, "ValueError", "Missing ']' in format string");
		part = tw_strn(name.p + start, i - start);
		TW_TRY(tw_tpl_getitem(t, *ret,
				      tw_str_to_int(part, &k) ? tw_v_int(k) : tw_v_str(part), ret));
		i++;
		if (i < name.n && name.p[i] != '.' && name.p[i] != '[')
			return tw_tpl_raise(t, "ValueError",
					    "Only '.' or '[' may follow ']' in format field "
					    "specifier");
	}
	return TW_OK;
}

static enum tw_rc format_into(struct tw_tpl *t, struct tw_str s, struct fields *fl, int depth,
			      struct tw_buf *out);

/* One {field!conversion:spec}. */
static enum tw_rc format_field(struct tw_tpl *t, struct tw_str body, struct fields *fl, int depth,
			       struct tw_buf *out)
{
	TW_AUTO(tw_buf_release) struct tw_buf spec = {0};
	TW_AUTO(tw_buf_release) struct tw_buf conv = {0};
	struct tw_str name = body, rest = TW_STR("");
	struct tw_value v;
	size_t i = 0;
	int brackets = 0;
	char how = 0;

	for (; i < body.n; i++) {
		brackets += body.p[i] == '[';
		brackets -= body.p[i] == ']';
		if (brackets <= 0 && (body.p[i] == ':' || body.p[i] == '!'))
			break;
	}
	name.n = i;
	if (i < body.n && body.p[i] == '!') {
		if (i + 1 >= body.n || (i + 2 < body.n && body.p[i + 2] != ':'))
			return tw_tpl_raise(t, "ValueError",
					    "expected ':' after conversion specifier");
		how = body.p[i + 1];
		i += 2;
	}
	if (i < body.n)
		rest = tw_strn(body.p + i + 1, body.n - i - 1);
	TW_TRY(field_value(t, fl, name, &v));
	TW_TRY(format_into(t, rest, fl, depth + 1, &spec));
	if (how) {
		if (how == 'r')
			TW_TRY(tw_tpl_repr(t, v, &conv));
		else if (how == 's')
			TW_TRY(tw_tpl_str(t, v, &conv));
		else
			return tw_tpl_unsupported(t, "the conversion !%c", how);
		v = tw_tpl_mkstr(t, &conv);
	}
	TW_TRY(tw_tpl_room(t, out->n));
	return tw_tpl_format_spec(t, v, tw_buf_str(&spec), out);
}

static enum tw_rc format_into(struct tw_tpl *t, struct tw_str s, struct fields *fl, int depth,
			      struct tw_buf *out)
{
	if (depth > 2)
		return tw_tpl_raise(t, "ValueError", "Max string recursion exceeded");
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		size_t start = i + 1;
		int open = 1;

		if ((c == '{' || c == '}') && i + 1 < s.n && s.p[i + 1] == c) {
			tw_buf_addc(out, c);
			i++;
			continue;
		}
		if (c == '}')
			return tw_tpl_raise(t, "ValueError",
					    "Single '}' encountered in format string");
		if (c != '{') {
			tw_buf_addc(out, c);
			continue;
		}
		if (start >= s.n)
			return tw_tpl_raise(t, "ValueError",
					    "Single '{' encountered in format string");
		for (i = start; i < s.n && open; i++) {
			open += s.p[i] == '{';
			open -= s.p[i] == '}';
		}
		if (open)
			return tw_tpl_raise(t, "ValueError", "expected '}' before end of string");
		i--;
		TW_TRY(tw_tpl_step(t));
		TW_TRY(format_field(t, tw_strn(s.p + start, i - start), fl, depth, out));
	}
	return TW_OK;
}

enum tw_rc tw_tpl_format(struct tw_tpl *t, struct tw_value fmt, const struct tw_args *args,
			 struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct fields fl = {.args = args};

	TW_TRY(format_into(t, fmt.s, &fl, 0, &b));
	TW_TRY(tw_tpl_room(t, b.n));
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

/* ---- % ---- */

struct percent {
	struct tw_value args;
	size_t next; /* of a tuple */
	bool used;   /* a single value was taken */
};

static enum tw_rc next_arg(struct tw_tpl *t, struct percent *p, struct tw_value *ret)
{
	if (p->args.kind == TW_V_TUPLE) {
		if (p->next >= p->args.list->n)
			return tw_tpl_raise(t, "TypeError",
					    "not enough arguments for format string");
		*ret = p->args.list->v[p->next++];
		return TW_OK;
	}
	if (p->used)
		return tw_tpl_raise(t, "TypeError", "not enough arguments for format string");
	p->used = true;
	*ret = p->args;
	return TW_OK;
}

struct conversion {
	bool left, zero, alt;
	char sign;
	int64_t width, precision;
	char type;
};

static enum tw_rc star_or_int(struct tw_tpl *t, struct percent *p, struct tw_str s, size_t *i,
			      int64_t *ret)
{
	struct tw_value v = TW_NULL;

	if (*i < s.n && s.p[*i] == '*') {
		(*i)++;
		TW_TRY(next_arg(t, p, &v));
		if (v.kind != TW_V_INT)
			return tw_tpl_raise(t, "TypeError", "* wants int");
		*ret = v.i;
		if (*ret > 1000000 || *ret < -1000000)
			return tw_tpl_unsupported(t, "so wide a format");
		return TW_OK;
	}
	return spec_int(t, s, i, ret);
}

static enum tw_rc read_conversion(struct tw_tpl *t, struct percent *p, struct tw_str s, size_t *i,
				  struct conversion *ret)
{
	struct conversion c = {.precision = -1};

	for (; *i < s.n && s.p[*i] && strchr("-+ #0", s.p[*i]); (*i)++) {
		c.left |= s.p[*i] == '-';
		c.zero |= s.p[*i] == '0';
		c.alt |= s.p[*i] == '#';
		if (s.p[*i] == '+' || (s.p[*i] == ' ' && !c.sign))
			c.sign = s.p[*i];
	}
	TW_TRY(star_or_int(t, p, s, i, &c.width));
	if (c.width < 0) {
		c.left = true;
		c.width = -c.width;
	}
	if (*i < s.n && s.p[*i] == '.') {
		(*i)++;
		TW_TRY(star_or_int(t, p, s, i, &c.precision));
	}
	while (*i < s.n && (s.p[*i] == 'l' || s.p[*i] == 'h' || s.p[*i] == 'L'))
		(*i)++;
	if (*i >= s.n)
		return tw_tpl_raise(t, "ValueError", "incomplete format");
	c.type = s.p[(*i)++];
	*ret = c;
	return TW_OK;
}

static enum tw_rc percent_number(struct tw_tpl *t, struct tw_value v, const struct conversion *c,
				 struct tw_buf *out)
{
	struct spec f = {.fill = TW_STR(" "),
			 .sign = c->sign ? c->sign : '-',
			 .alt = c->alt,
			 .width = c->width,
			 .precision = c->precision,
			 .type = c->type};
	bool whole = strchr("diuoxX", c->type) != NULL;

	if (v.kind != TW_V_INT && v.kind != TW_V_BOOL && v.kind != TW_V_FLOAT) {
		if (v.kind == TW_V_BIGINT)
			return tw_tpl_big(t);
		if (whole)
			return tw_tpl_raise(t, "TypeError",
					    "%%%c format: a real number is required, not %s",
					    c->type, tw_type_name(v));
		return tw_tpl_raise(t, "TypeError", "must be real number, not %s", tw_type_name(v));
	}
	f.align = c->left ? '<' : c->zero ? '=' : '>';
	if (c->zero && !c->left)
		f.fill = TW_STR("0");
	if (!whole)
		return format_float(t, v, &f, out);
	if (c->precision >= 0)
		return tw_tpl_unsupported(t, "%%.%lld%c", (long long)c->precision, c->type);
	if (v.kind == TW_V_FLOAT) {
		if (strchr("oxX", c->type))
			return tw_tpl_raise(t, "TypeError",
					    "%%%c format: an integer is required, not float",
					    c->type);
		if (!isfinite(v.f))
			return tw_tpl_raise(t, isnan(v.f) ? "ValueError" : "OverflowError",
					    "cannot convert float to integer");
		if (fabs(v.f) >= 0x1p63)
			return tw_tpl_big(t);
		v = tw_v_int((int64_t)v.f);
	}
	if (strchr("iu", c->type))
		f.type = 'd';
	return format_int(t, v, &f, out);
}

static enum tw_rc percent_text(struct tw_tpl *t, struct tw_value v, const struct conversion *c,
			       bool escape, struct tw_buf *out)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct spec f = {.fill = TW_STR(" "), .align = c->left ? '<' : '>', .width = c->width};
	struct tw_str s;

	if (c->type == 's' && escape) {
		TW_TRY(tw_tpl_escaped(t, v, &s));
		tw_buf_addstr(&b, s);
	} else if (c->type == 's') {
		TW_TRY(tw_tpl_str(t, v, &b));
	} else {
		TW_TRY(tw_tpl_repr(t, v, &b));
	}
	s = tw_buf_str(&b);
	if (c->precision >= 0)
		s = tw_u8_sub(s, 0, (size_t)c->precision);
	padded(out, &f, '>', TW_STR(""), s);
	return TW_OK;
}

static enum tw_rc mapping_key(struct tw_tpl *t, struct percent *p, struct tw_str s, size_t *i,
			      struct tw_value *ret)
{
	size_t start = ++*i;
	int open = 1;
	struct tw_str key;
	const struct tw_value *found;

	if (p->args.kind != TW_V_MAP)
		return tw_tpl_raise(t, "TypeError", "format requires a mapping");
	for (; *i < s.n; (*i)++) {
		open += s.p[*i] == '(';
		open -= s.p[*i] == ')';
		if (!open)
			break;
	}
	if (*i >= s.n)
		return tw_tpl_raise(t, "ValueError", "incomplete format key");
	key = tw_strn(s.p + start, *i - start);
	(*i)++;
	found = tw_map_find(p->args, key);
	if (!found)
		return tw_tpl_raise(t, "KeyError", "'" TW_STR_FMT "'", TW_STR_ARG(key));
	*ret = *found;
	p->used = true;
	return TW_OK;
}

static enum tw_rc percent_one(struct tw_tpl *t, struct percent *p, struct tw_str s, size_t *i,
			      bool escape, struct tw_buf *out)
{
	struct conversion c = {0};
	struct tw_value v = TW_NULL;
	bool by_key = *i < s.n && s.p[*i] == '(';

	if (by_key)
		TW_TRY(mapping_key(t, p, s, i, &v));
	TW_TRY(read_conversion(t, p, s, i, &c));
	if (c.type == '%') {
		tw_buf_addc(out, '%');
		return TW_OK;
	}
	if (!by_key)
		TW_TRY(next_arg(t, p, &v));
	if (v.kind == TW_V_UNDEFINED && c.type != 'r')
		return tw_tpl_undefined_error(t, v);
	TW_TRY(tw_tpl_room(t, out->n + (size_t)c.width));
	if (c.type == 's' || c.type == 'r')
		return percent_text(t, v, &c, escape, out);
	if (c.type && strchr("diuoxXeEfFgG", c.type))
		return percent_number(t, v, &c, out);
	if (c.type == 'c' || c.type == 'a')
		return tw_tpl_unsupported(t, "%%%c", c.type);
	return tw_tpl_raise(t, "ValueError",
			    "unsupported format character '%c' (0x%x) at index %zu", c.type,
			    (unsigned char)c.type, *i - 1);
}

enum tw_rc tw_tpl_percent(struct tw_tpl *t, struct tw_value fmt, struct tw_value args,
			  struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct percent p = {.args = args};
	struct tw_str s = fmt.s;

	for (size_t i = 0; i < s.n;) {
		if (s.p[i] != '%') {
			tw_buf_addc(&b, s.p[i++]);
			continue;
		}
		i++;
		TW_TRY(tw_tpl_step(t));
		TW_TRY(percent_one(t, &p, s, &i, fmt.safe, &b));
	}
	if (args.kind == TW_V_TUPLE ? p.next < args.list->n
				    : !p.used && args.kind != TW_V_MAP && args.kind != TW_V_LIST &&
					      args.kind != TW_V_UNDEFINED)
		return tw_tpl_raise(t, "TypeError",
				    "not all arguments converted during string formatting");
	TW_TRY(tw_tpl_room(t, b.n));
	*ret = tw_v_markup(tw_tpl_mkstr(t, &b), fmt.safe);
	return TW_OK;
}
