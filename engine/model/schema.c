/* JSON schema: the words that params use. Messages are worded as python-jsonschema words them. */
#include <math.h>
#include <regex.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "model/params.h"
#include "model/schema_format.h"
#include "value/json.h"

#define MAX_DEPTH 100

struct check {
	int depth;
	struct tw_err *err;
};

static enum tw_rc check(struct check *c, struct tw_value schema, struct tw_value v);

/* The value as Python shows it, cut short. */
static enum tw_rc fail(struct check *c, struct tw_value v, const char *fmt, ...) TW_PRINTF(3, 4);
static enum tw_rc fail(struct check *c, struct tw_value v, const char *fmt, ...)
{
	struct tw_buf text = { 0 };
	va_list ap;

	if (v.kind == TW_V_STR)
		tw_buf_printf(&text, "'" TW_STR_FMT "'", TW_STR_ARG(v.s));
	else if (v.kind == TW_V_NULL)
		tw_buf_adds(&text, "None");
	else if (v.kind == TW_V_BOOL)
		tw_buf_adds(&text, v.b ? "True" : "False");
	else
		tw_json_write(&text, v, TW_JSON_PYTHON);
	if (text.n > 200) {
		text.n = tw_utf8_valid(tw_strn(text.p, 200));
		tw_buf_adds(&text, "…");
	}
	tw_buf_addc(&text, ' ');
	va_start(ap, fmt);
	tw_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	tw_err_set(c->err, TW_ERR_INVALID, "%s", tw_buf_cstr(&text));
	tw_buf_release(&text);
	return TW_ERR_INVALID;
}

static bool number(struct tw_value v, double *ret)
{
	if (v.kind == TW_V_INT)
		*ret = (double)v.i;
	else if (v.kind == TW_V_FLOAT)
		*ret = v.f;
	else if (v.kind != TW_V_BIGINT || !tw_str_to_double(v.s, ret))
		return false;
	return true;
}

static bool is_type(struct tw_value v, struct tw_str name)
{
	double f;

	if (tw_str_is(name, "null"))
		return v.kind == TW_V_NULL;
	if (tw_str_is(name, "boolean"))
		return v.kind == TW_V_BOOL;
	if (tw_str_is(name, "string"))
		return v.kind == TW_V_STR;
	if (tw_str_is(name, "array"))
		return v.kind == TW_V_LIST;
	if (tw_str_is(name, "object"))
		return v.kind == TW_V_MAP;
	if (tw_str_is(name, "number"))
		return number(v, &f);
	if (tw_str_is(name, "integer"))
		return v.kind == TW_V_FLOAT ? v.f == floor(v.f) : number(v, &f);
	return false;
}

/* Python's == makes 1 equal to true; JSON schema does not. */
static bool same(struct tw_value a, struct tw_value b)
{
	return (a.kind == TW_V_BOOL) == (b.kind == TW_V_BOOL) && tw_value_equal(a, b);
}

static enum tw_rc check_type(struct check *c, struct tw_value want, struct tw_value v)
{
	struct tw_buf names = { 0 };
	enum tw_rc rc = TW_OK;
	bool ok = want.kind == TW_V_STR && is_type(v, want.s);

	if (want.kind == TW_V_STR)
		tw_buf_printf(&names, "'" TW_STR_FMT "'", TW_STR_ARG(want.s));
	for (size_t i = 0; want.kind == TW_V_LIST && i < want.list->n; i++) {
		struct tw_value t = want.list->v[i];
		if (t.kind != TW_V_STR)
			continue;
		ok |= is_type(v, t.s);
		tw_buf_printf(&names, "%s'" TW_STR_FMT "'", names.n ? ", " : "", TW_STR_ARG(t.s));
	}
	if (!ok)
		rc = fail(c, v, "is not of type %s", tw_buf_cstr(&names));
	tw_buf_release(&names);
	return rc;
}

static enum tw_rc check_enum(struct check *c, struct tw_value list, struct tw_value v)
{
	if (list.kind != TW_V_LIST)
		return TW_OK;
	for (size_t i = 0; i < list.list->n; i++)
		if (same(list.list->v[i], v))
			return TW_OK;
	char *text = tw_json_dump(list, TW_JSON_PYTHON);
	fail(c, v, "is not one of %s", text);
	free(text);
	return TW_ERR_INVALID;
}

/* ── numbers ────────────────────────────────────────────────────────────────────────────── */

static enum tw_rc check_number(struct check *c, struct tw_value s, struct tw_value v)
{
	double x, lim;

	if (!number(v, &x))
		return TW_OK;
	if (number(tw_map_value(s, "minimum"), &lim) && x < lim)
		return fail(c, v, "is less than the minimum of %g", lim);
	if (number(tw_map_value(s, "maximum"), &lim) && x > lim)
		return fail(c, v, "is greater than the maximum of %g", lim);
	if (number(tw_map_value(s, "exclusiveMinimum"), &lim) && x <= lim)
		return fail(c, v, "is less than or equal to the minimum of %g", lim);
	if (number(tw_map_value(s, "exclusiveMaximum"), &lim) && x >= lim)
		return fail(c, v, "is greater than or equal to the maximum of %g", lim);
	if (number(tw_map_value(s, "multipleOf"), &lim) && lim > 0) {
		double q = x / lim;
		if (fabs(q - round(q)) > 1e-9 * fmax(1, fabs(q)))
			return fail(c, v, "is not a multiple of %g", lim);
	}
	return TW_OK;
}

/* ── strings ────────────────────────────────────────────────────────────────────────────── */

/* Python's classes to POSIX': enough for the patterns that forms carry. */
static void to_posix(struct tw_str p, struct tw_buf *out)
{
	static const struct {
		char c;
		const char *in, *alone;
	} cls[] = {
		{ 'd', "0-9", "[0-9]" },
		{ 'w', "A-Za-z0-9_", "[A-Za-z0-9_]" },
		{ 's', " \t\n\r\f\v", "[ \t\n\r\f\v]" },
		{ 'D', "", "[^0-9]" },
		{ 'W', "", "[^A-Za-z0-9_]" },
		{ 'S', "", "[^ \t\n\r\f\v]" },
	};
	bool in = false;

	for (size_t i = 0; i < p.n; i++) {
		char ch = p.p[i];
		if (ch == '(' && i + 2 < p.n && p.p[i + 1] == '?' && p.p[i + 2] == ':') {
			tw_buf_addc(out, '(');
			i += 2;
		} else if (ch == '\\' && i + 1 < p.n) {
			size_t k = 0;
			ch = p.p[++i];
			while (k < sizeof cls / sizeof *cls && cls[k].c != ch)
				k++;
			if (k < sizeof cls / sizeof *cls) {
				tw_buf_adds(out, in ? cls[k].in : cls[k].alone);
			} else if (ch == 'Z' || ch == 'z') {
				tw_buf_addc(out, '$');
			} else if (ch == 'A') {
				tw_buf_addc(out, '^');
			} else {
				/* In a POSIX bracket '\' is itself no escape. */
				if (!in)
					tw_buf_addc(out, '\\');
				tw_buf_addc(out, ch);
			}
		} else {
			if (ch == '[')
				in = true;
			else if (ch == ']')
				in = false;
			tw_buf_addc(out, ch);
		}
	}
}

/* A pattern that this engine cannot read is not held against the value. */
bool tw_pattern_matches(struct tw_str pattern, struct tw_str s)
{
	struct tw_buf p = { 0 };
	regex_t re;
	bool ok = true;

	if (pattern.n > 1000 || s.n > 100000)
		return true;
	to_posix(pattern, &p);
	if (regcomp(&re, tw_buf_cstr(&p), REG_EXTENDED | REG_NOSUB) == 0) {
		char *z = tw_str_dup(s);
		ok = regexec(&re, z, 0, NULL, 0) == 0;
		free(z);
		regfree(&re);
	}
	tw_buf_release(&p);
	return ok;
}

static enum tw_rc check_string(struct check *c, struct tw_value s, struct tw_value v)
{
	double lim;

	if (v.kind != TW_V_STR)
		return TW_OK;
	if (number(tw_map_value(s, "minLength"), &lim) && (double)tw_utf8_len(v.s) < lim)
		return fail(c, v, lim == 1 ? "should be non-empty" : "is too short");
	if (number(tw_map_value(s, "maxLength"), &lim) && (double)tw_utf8_len(v.s) > lim)
		return fail(c, v, "is too long");
	struct tw_str pattern = tw_map_str(s, "pattern", NULL);
	if (pattern.p && !tw_pattern_matches(pattern, v.s))
		return fail(c, v, "does not match '" TW_STR_FMT "'", TW_STR_ARG(pattern));
	struct tw_str format = tw_map_str(s, "format", NULL);
	if (format.p && !tw_schema_format_ok(format, v.s))
		return fail(c, v, "is not a '" TW_STR_FMT "'", TW_STR_ARG(format));
	return TW_OK;
}

/* ── lists ──────────────────────────────────────────────────────────────────────────────── */

static bool valid(struct check *c, struct tw_value schema, struct tw_value v)
{
	struct check quiet = { c->depth, NULL };

	return check(&quiet, schema, v) == TW_OK;
}

static bool has_schema(struct tw_value s, const char *key, struct tw_value *ret)
{
	const struct tw_value *v = tw_map_findc(s, key);

	if (!v || (v->kind != TW_V_MAP && v->kind != TW_V_BOOL))
		return false;
	*ret = *v;
	return true;
}

static enum tw_rc check_list(struct check *c, struct tw_value s, struct tw_value v)
{
	struct tw_value sub, prefix = tw_map_value(s, "prefixItems");
	size_t n = tw_value_len(v), k = prefix.kind == TW_V_LIST ? prefix.list->n : 0;
	double lim;

	if (v.kind != TW_V_LIST)
		return TW_OK;
	if (number(tw_map_value(s, "minItems"), &lim) && (double)n < lim)
		return fail(c, v, lim == 1 ? "should be non-empty" : "is too short");
	if (number(tw_map_value(s, "maxItems"), &lim) && (double)n > lim)
		return fail(c, v, lim == 0 ? "is expected to be empty" : "is too long");
	for (size_t i = 0; i < k && i < n; i++)
		if (check(c, prefix.list->v[i], v.list->v[i]) < 0)
			return TW_ERR_INVALID;
	for (size_t i = k; has_schema(s, "items", &sub) && i < n; i++)
		if (check(c, sub, v.list->v[i]) < 0)
			return TW_ERR_INVALID;
	if (has_schema(s, "contains", &sub)) {
		size_t i = 0;
		while (i < n && !valid(c, sub, v.list->v[i]))
			i++;
		if (i == n)
			return fail(c, v, "does not contain items matching the given schema");
	}
	for (size_t i = 0; tw_map_bool(s, "uniqueItems", false) && i < n && n <= 10000; i++)
		for (size_t j = 0; j < i; j++)
			if (same(v.list->v[i], v.list->v[j]))
				return fail(c, v, "has non-unique elements");
	return TW_OK;
}

/* ── objects ────────────────────────────────────────────────────────────────────────────── */

static enum tw_rc check_properties(struct check *c, struct tw_value s, struct tw_value v)
{
	struct tw_value props = tw_map_value(s, "properties"), other, names;
	bool has_other = has_schema(s, "additionalProperties", &other);
	bool has_names = has_schema(s, "propertyNames", &names);

	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_str key = v.map->v[i].key.s;
		const struct tw_value *prop = tw_map_find(props, key);
		if (has_names && check(c, names, v.map->v[i].key) < 0)
			return TW_ERR_INVALID;
		if (prop) {
			if (check(c, *prop, v.map->v[i].value) < 0)
				return TW_ERR_INVALID;
		} else if (has_other && other.kind == TW_V_BOOL && !other.b) {
			return tw_err_set(c->err, TW_ERR_INVALID,
					  "Additional properties are not allowed ('" TW_STR_FMT
					  "' was unexpected)",
					  TW_STR_ARG(key));
		} else if (has_other && check(c, other, v.map->v[i].value) < 0) {
			return TW_ERR_INVALID;
		}
	}
	return TW_OK;
}

static enum tw_rc check_object(struct check *c, struct tw_value s, struct tw_value v)
{
	struct tw_value required = tw_map_value(s, "required");
	double lim;

	if (v.kind != TW_V_MAP)
		return TW_OK;
	for (size_t i = 0; required.kind == TW_V_LIST && i < required.list->n; i++) {
		struct tw_value key = required.list->v[i];
		if (key.kind == TW_V_STR && !tw_map_find(v, key.s))
			return tw_err_set(c->err, TW_ERR_INVALID,
					  "'" TW_STR_FMT "' is a required property", TW_STR_ARG(key.s));
	}
	if (number(tw_map_value(s, "minProperties"), &lim) && (double)v.map->n < lim)
		return fail(c, v, "does not have enough properties");
	if (number(tw_map_value(s, "maxProperties"), &lim) && (double)v.map->n > lim)
		return fail(c, v, "has too many properties");
	return check_properties(c, s, v);
}

/* ── combinations ───────────────────────────────────────────────────────────────────────── */

static size_t count_valid(struct check *c, struct tw_value list, struct tw_value v)
{
	size_t n = 0;

	for (size_t i = 0; i < list.list->n; i++)
		n += valid(c, list.list->v[i], v);
	return n;
}

static enum tw_rc check_combined(struct check *c, struct tw_value s, struct tw_value v)
{
	struct tw_value all = tw_map_value(s, "allOf"), any = tw_map_value(s, "anyOf");
	struct tw_value one = tw_map_value(s, "oneOf"), sub, branch;

	for (size_t i = 0; all.kind == TW_V_LIST && i < all.list->n; i++)
		if (check(c, all.list->v[i], v) < 0)
			return TW_ERR_INVALID;
	if (any.kind == TW_V_LIST && any.list->n && !count_valid(c, any, v))
		return fail(c, v, "is not valid under any of the given schemas");
	if (one.kind == TW_V_LIST && one.list->n) {
		size_t n = count_valid(c, one, v);
		if (!n)
			return fail(c, v, "is not valid under any of the given schemas");
		if (n > 1)
			return fail(c, v, "is valid under each of %zu of the given schemas", n);
	}
	if (has_schema(s, "not", &sub) && valid(c, sub, v))
		return fail(c, v, "should not be valid under the given schema");
	if (has_schema(s, "if", &sub) &&
	    has_schema(s, valid(c, sub, v) ? "then" : "else", &branch))
		return check(c, branch, v);
	return TW_OK;
}

static enum tw_rc check(struct check *c, struct tw_value s, struct tw_value v)
{
	const struct tw_value *x;
	enum tw_rc rc = TW_OK;

	if (s.kind == TW_V_BOOL && !s.b)
		return fail(c, v, "is not allowed here");
	if (s.kind != TW_V_MAP)
		return TW_OK;
	if (++c->depth > MAX_DEPTH)
		return tw_err_set(c->err, TW_ERR_LIMIT, "the schema is nested more than %d deep", MAX_DEPTH);
	if ((x = tw_map_findc(s, "type")) && check_type(c, *x, v) < 0)
		rc = TW_ERR_INVALID;
	else if ((x = tw_map_findc(s, "enum")) && check_enum(c, *x, v) < 0)
		rc = TW_ERR_INVALID;
	else if ((x = tw_map_findc(s, "const")) && !same(*x, v))
		rc = fail(c, v, "is not the constant that was expected");
	else if (check_number(c, s, v) < 0 || check_string(c, s, v) < 0 || check_list(c, s, v) < 0 ||
		 check_object(c, s, v) < 0 || check_combined(c, s, v) < 0)
		rc = TW_ERR_INVALID;
	c->depth--;
	return rc;
}

enum tw_rc tw_schema_check(struct tw_value schema, struct tw_value v, struct tw_err *err)
{
	struct check c = { 0, err };

	return check(&c, schema, v);
}
