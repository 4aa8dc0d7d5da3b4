#include "model/dag_read.h"

#include <limits.h>
#include <math.h>

static enum tw_rc wrong(struct tw_reader *r, const char *where, const char *key, const char *want,
			struct tw_value v)
{
	return tw_err_set(r->err, TW_ERR_INVALID, "key '%s%s' must be %s, not %s", where, key, want,
			  tw_kind_name(v.kind));
}

static enum tw_rc read_int(struct tw_reader *r, const char *where, const struct tw_field *f,
			   struct tw_value v, int *ret)
{
	if (v.kind == TW_V_FLOAT && v.f == floor(v.f) && fabs(v.f) < 1e9)
		v = tw_v_int((int64_t)v.f);
	if (v.kind != TW_V_INT)
		return wrong(r, where, f->key, "an integer", v);
	if (v.i < f->min || v.i > INT_MAX)
		return tw_err_set(r->err, TW_ERR_INVALID, "key '%s%s': %lld is out of range (%d to %d)",
				  where, f->key, (long long)v.i, f->min, INT_MAX);
	*ret = (int)v.i;
	return TW_OK;
}

static bool as_number(struct tw_value v, double *ret)
{
	if (v.kind == TW_V_INT)
		*ret = (double)v.i;
	else if (v.kind == TW_V_FLOAT)
		*ret = v.f;
	else
		return false;
	return isfinite(*ret);
}

static enum tw_rc read_duration(struct tw_reader *r, const char *where, const char *key,
				struct tw_value v, int64_t *ret)
{
	double s;

	if (!as_number(v, &s))
		return wrong(r, where, key, "a number of seconds", v);
	if (s < 0 || s > 1e11)
		return tw_err_set(r->err, TW_ERR_INVALID, "key '%s%s': %g seconds is out of range", where,
				  key, s);
	*ret = llround(s * 1e6);
	return TW_OK;
}

static enum tw_rc read_instant(struct tw_reader *r, const char *where, const char *key,
			       struct tw_value v, tw_time *ret)
{
	if (v.kind != TW_V_STR)
		return wrong(r, where, key, "an instant", v);
	if (tw_time_parse(v.s, r->dag->zone, ret, r->err) < 0)
		return tw_err_wrap(r->err, "key '%s%s'", where, key);
	return TW_OK;
}

static enum tw_rc read_null(const struct tw_field *f, void *to)
{
	switch (f->kind) {
	case TW_F_TRI:
		*(int *)to = -1;
		break;
	case TW_F_DURATION:
		*(int64_t *)to = -1;
		break;
	default:
		break;  /* null is the default */
	}
	return TW_OK;
}

static enum tw_rc read_field(struct tw_reader *r, const char *where, const struct tw_field *f,
			     struct tw_value v, void *to)
{
	double num;

	if (v.kind == TW_V_NULL && f->kind != TW_F_ANY)
		return read_null(f, to);
	switch (f->kind) {
	case TW_F_IGNORED:
		return TW_OK;
	case TW_F_ANY:
		*(struct tw_value *)to = v;
		return TW_OK;
	case TW_F_STR:
		if (v.kind != TW_V_STR)
			return wrong(r, where, f->key, "a string", v);
		*(struct tw_str *)to = v.s;
		return TW_OK;
	case TW_F_BOOL:
		if (v.kind != TW_V_BOOL)
			return wrong(r, where, f->key, "true or false", v);
		*(bool *)to = v.b;
		return TW_OK;
	case TW_F_TRI:
		if (v.kind != TW_V_BOOL)
			return wrong(r, where, f->key, "true, false or null", v);
		*(int *)to = v.b;
		return TW_OK;
	case TW_F_INT:
		return read_int(r, where, f, v, to);
	case TW_F_NUM:
		num = v.kind == TW_V_BOOL && v.b ? 2 : 0;
		if (v.kind != TW_V_BOOL && !as_number(v, &num))
			return wrong(r, where, f->key, "a number", v);
		*(double *)to = num;
		return TW_OK;
	case TW_F_DURATION:
		return read_duration(r, where, f->key, v, to);
	case TW_F_INSTANT:
		return read_instant(r, where, f->key, v, to);
	case TW_F_LIST:
		if (v.kind != TW_V_LIST)
			return wrong(r, where, f->key, "a list", v);
		*(struct tw_value *)to = v;
		return TW_OK;
	case TW_F_MAP:
		if (v.kind != TW_V_MAP)
			return wrong(r, where, f->key, "an object", v);
		*(struct tw_value *)to = v;
		return TW_OK;
	}
	return TW_OK;
}

enum tw_rc tw_read_fields(struct tw_reader *r, const char *where, struct tw_value obj,
			  const struct tw_field *fields, int n, void *base)
{
	if (obj.kind != TW_V_MAP)
		return tw_err_set(r->err, TW_ERR_INVALID, "%s must be an object, not %s",
				  *where ? where : "the document", tw_kind_name(obj.kind));
	/* Writers keep the order of the table, more or less: look on from where the last key was. */
	int at = 0;
	for (size_t i = 0; i < obj.map->n; i++) {
		struct tw_str key = obj.map->v[i].key.s;
		int tried = 0;
		while (tried < n && !tw_str_is(key, fields[at].key)) {
			at = (at + 1) % n;
			tried++;
		}
		if (tried == n)
			return tw_err_set(r->err, TW_ERR_INVALID, "unknown key '%s" TW_STR_FMT "'",
					  where, TW_STR_ARG(key));
		if (read_field(r, where, &fields[at], obj.map->v[i].value,
			       (char *)base + fields[at].offset) < 0)
			return TW_ERR_INVALID;
	}
	return TW_OK;
}

enum tw_rc tw_read_strings(struct tw_reader *r, const char *where, struct tw_value list,
			   struct tw_str **ret, int *ret_n)
{
	size_t n = tw_value_len(list);
	struct tw_str *v = tw_arena_array(&r->dag->arena, struct tw_str, n ? n : 1);

	for (size_t i = 0; i < n; i++) {
		if (list.list->v[i].kind != TW_V_STR)
			return tw_err_set(r->err, TW_ERR_INVALID, "key '%s[%zu]' must be a string, not %s",
					  where, i, tw_kind_name(list.list->v[i].kind));
		v[i] = list.list->v[i].s;
	}
	*ret = v;
	*ret_n = (int)n;
	return TW_OK;
}

enum tw_rc tw_read_callbacks(struct tw_reader *r, const char *where, struct tw_value list,
			     unsigned *ret)
{
	static const char *const names[] = { "execute", "success", "failure",
					     "retry",   "skipped", "sla_miss" };
	struct tw_str *v;
	int n;

	if (tw_read_strings(r, where, list, &v, &n) < 0)
		return TW_ERR_INVALID;
	for (int i = 0; i < n; i++) {
		unsigned k = 0;
		while (k < 6 && !tw_str_is(v[i], names[k]))
			k++;
		if (k == 6)
			return tw_err_set(r->err, TW_ERR_INVALID,
					  "key '%s[%d]': unknown callback '" TW_STR_FMT "'", where, i,
					  TW_STR_ARG(v[i]));
		*ret |= 1u << k;
	}
	return TW_OK;
}
