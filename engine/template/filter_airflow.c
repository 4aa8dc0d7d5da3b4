/* Airflow's filters of date-times. */
#include "template/filter.h"

static enum tw_rc call(struct tw_tpl *t, struct tw_value in, const char *method, const char *arg,
		       const struct tw_args *args, struct tw_value *ret)
{
	struct tw_value a = tw_v_cstr(arg);
	struct tw_args as = {.pos = &a, .npos = arg != NULL};
	enum tw_rc rc;

	TW_NO_ARGS("the filter");
	if (in.kind == TW_V_NULL) {
		*ret = in;
		return TW_OK;
	}
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	rc = tw_tpl_method(t, in, tw_str(method), &as, ret);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_tpl_raise(t, "AttributeError", "'%s' object has no attribute '%s'",
				    tw_type_name(in), method);
	return rc;
}

TW_FILTER(tw_f_ds)
{
	return call(t, in, "strftime", "%Y-%m-%d", args, ret);
}

TW_FILTER(tw_f_ds_nodash)
{
	return call(t, in, "strftime", "%Y%m%d", args, ret);
}

TW_FILTER(tw_f_ts)
{
	return call(t, in, "isoformat", NULL, args, ret);
}

TW_FILTER(tw_f_ts_nodash)
{
	return call(t, in, "strftime", "%Y%m%dT%H%M%S", args, ret);
}

TW_FILTER(tw_f_ts_nodash_with_tz)
{
	char *p;
	size_t n = 0;

	TW_TRY(call(t, in, "isoformat", NULL, args, ret));
	if (ret->kind != TW_V_STR)
		return TW_OK;
	p = tw_arena_alloc(t->a, ret->s.n + 1);
	for (size_t i = 0; i < ret->s.n; i++)
		if (ret->s.p[i] != '-' && ret->s.p[i] != ':')
			p[n++] = ret->s.p[i];
	*ret = tw_v_str(tw_strn(p, n));
	return TW_OK;
}
