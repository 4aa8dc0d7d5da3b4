/* What the files of filters share. */
#pragma once

#include "template/eval.h"

#define TW_FILTER(name)                                                                            \
	enum tw_rc name(struct tw_tpl *t, struct tw_value in, const struct tw_args *args,          \
			struct tw_value *ret)
/* Binds args to names (a string array) or returns the failure. */
#define TW_BIND(fn, out, required, ...)                                                            \
	static const char *const names_[] = {__VA_ARGS__};                                         \
	struct tw_value out[sizeof(names_) / sizeof(*names_)];                                     \
	TW_TRY(tw_tpl_bind(t, fn, args, names_, sizeof(names_) / sizeof(*names_), required, out))
#define TW_NO_ARGS(fn)                                                                             \
	do {                                                                                       \
		if (args->npos || args->nkw)                                                       \
			return tw_tpl_raise(t, "TypeError", "%s takes no arguments", fn);          \
	} while (0)

/* filter_text.c */
TW_FILTER(tw_f_capitalize);
TW_FILTER(tw_f_center);
TW_FILTER(tw_f_escape);
TW_FILTER(tw_f_filesizeformat);
TW_FILTER(tw_f_forceescape);
TW_FILTER(tw_f_format);
TW_FILTER(tw_f_indent);
TW_FILTER(tw_f_lower);
TW_FILTER(tw_f_pprint);
TW_FILTER(tw_f_replace);
TW_FILTER(tw_f_safe);
TW_FILTER(tw_f_string);
TW_FILTER(tw_f_striptags);
TW_FILTER(tw_f_title);
TW_FILTER(tw_f_tojson);
TW_FILTER(tw_f_trim);
TW_FILTER(tw_f_truncate);
TW_FILTER(tw_f_upper);
TW_FILTER(tw_f_urlencode);
TW_FILTER(tw_f_wordcount);
TW_FILTER(tw_f_wordwrap);
TW_FILTER(tw_f_xmlattr);
/* filter_seq.c, filter_select.c */
TW_FILTER(tw_f_batch);
TW_FILTER(tw_f_dictsort);
TW_FILTER(tw_f_first);
TW_FILTER(tw_f_groupby);
TW_FILTER(tw_f_items);
TW_FILTER(tw_f_join);
TW_FILTER(tw_f_last);
TW_FILTER(tw_f_length);
TW_FILTER(tw_f_list);
TW_FILTER(tw_f_map);
TW_FILTER(tw_f_max);
TW_FILTER(tw_f_min);
TW_FILTER(tw_f_reject);
TW_FILTER(tw_f_rejectattr);
TW_FILTER(tw_f_reverse);
TW_FILTER(tw_f_select);
TW_FILTER(tw_f_selectattr);
TW_FILTER(tw_f_slice);
TW_FILTER(tw_f_sort);
TW_FILTER(tw_f_sum);
TW_FILTER(tw_f_unique);
/* filter_num.c */
TW_FILTER(tw_f_abs);
TW_FILTER(tw_f_attr);
TW_FILTER(tw_f_default);
TW_FILTER(tw_f_float);
TW_FILTER(tw_f_int);
TW_FILTER(tw_f_round);
/* filter_airflow.c */
TW_FILTER(tw_f_ds);
TW_FILTER(tw_f_ds_nodash);
TW_FILTER(tw_f_ts);
TW_FILTER(tw_f_ts_nodash);
TW_FILTER(tw_f_ts_nodash_with_tz);

/* int(text, base) of Python: false when it is no integer; big when it is beyond 64 bits. */
bool tw_py_int(struct tw_str s, int base, int64_t *ret, bool *ret_big);
/* float(text) */
bool tw_py_float(struct tw_str s, double *ret);
/* Sorts keys, and vals with them; stable; TypeError for what has no order. */
enum tw_rc tw_sort(struct tw_tpl *t, struct tw_value *keys, struct tw_value *vals, size_t n,
		   bool reverse);
/* What Jinja does with attribute='a.b.0': that path of v, else v. lower: text in lower case. */
struct tw_getter {
	struct tw_list path; /* STR and INT */
	bool any, lower;
	struct tw_value dflt; /* ABSENT: none */
};
enum tw_rc tw_getter_init(struct tw_tpl *t, struct tw_value attribute, bool lower,
			  struct tw_getter *ret);
enum tw_rc tw_getter_get(struct tw_tpl *t, const struct tw_getter *g, struct tw_value v,
			 struct tw_value *ret);
enum tw_rc tw_getter_key(struct tw_tpl *t, const struct tw_getter *g, struct tw_value v,
			 struct tw_value *ret); /* get, then in lower case */
