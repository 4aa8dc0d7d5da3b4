/* Filters of text. */
#include <math.h>

#include "template/filter.h"

/* v as text, keeping Markup. */
static enum tw_rc soft_str(struct tw_tpl *t, struct tw_value v, struct tw_value *ret)
{
	struct tw_str s;

	TW_TRY(tw_tpl_unwrap(t, v, ret));
	if (ret->kind == TW_V_STR)
		return TW_OK;
	TW_TRY(tw_tpl_text(t, v, &s));
	*ret = tw_v_str(s);
	return TW_OK;
}

static enum tw_rc via_method(struct tw_tpl *t, struct tw_value in, const char *name,
			     const struct tw_args *args, struct tw_value *ret)
{
	TW_TRY(soft_str(t, in, &in));
	return tw_str_method(t, in, tw_str(name), args, ret);
}

#define METHOD_FILTER(fn, method)                                                                  \
	TW_FILTER(fn)                                                                              \
	{                                                                                          \
		TW_NO_ARGS(method "()");                                                           \
		return via_method(t, in, method, args, ret);                                       \
	}
METHOD_FILTER(tw_f_capitalize, "capitalize")
METHOD_FILTER(tw_f_lower, "lower")
METHOD_FILTER(tw_f_upper, "upper")

TW_FILTER(tw_f_string)
{
	TW_NO_ARGS("soft_str()");
	*ret = in;
	if (in.kind == TW_V_OBJECT && in.obj->type->text)
		return TW_OK;
	return soft_str(t, in, ret);
}

TW_FILTER(tw_f_center)
{
	struct tw_value width;

	TW_BIND("do_center", a, 0, "width");
	width = tw_v_given(a[0]) ? a[0] : tw_v_int(80);
	return via_method(t, in, "center", &(struct tw_args){.pos = &width, .npos = 1}, ret);
}

TW_FILTER(tw_f_trim)
{
	TW_BIND("do_trim", a, 0, "chars");
	return via_method(t, in, "strip", &(struct tw_args){.pos = a, .npos = tw_v_given(a[0])},
			  ret);
}

TW_FILTER(tw_f_replace)
{
	struct tw_value p[3];
	struct tw_str s;

	TW_BIND("do_replace", a, 2, "old", "new", "count");
	if (t->autoescape)
		return tw_tpl_unsupported(t, "replace inside of autoescape");
	TW_TRY(tw_tpl_text(t, in, &s));
	in = tw_v_str(s);
	TW_TRY(tw_tpl_text(t, a[0], &s));
	p[0] = tw_v_str(s);
	TW_TRY(tw_tpl_text(t, a[1], &s));
	p[1] = tw_v_str(s);
	p[2] = tw_v_given(a[2]) && a[2].kind != TW_V_NULL ? a[2] : tw_v_int(-1);
	return tw_str_method(t, in, TW_STR("replace"), &(struct tw_args){.pos = p, .npos = 3}, ret);
}

static bool title_break(int32_t c)
{
	return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || tw_u8_space(c);
}

TW_FILTER(tw_f_title)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	bool start = true;
	struct tw_str s;

	TW_NO_ARGS("do_title()");
	TW_TRY(soft_str(t, in, &in));
	s = in.s;
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		int32_t c = tw_u8_next(s.p, s.n, &i);

		if (!tw_u8_case(&b, tw_strn(s.p + from, i - from),
				start ? TW_U8_UPPER : TW_U8_LOWER))
			return tw_tpl_unsupported(t, "the case of a character that has several");
		start = title_break(c);
	}
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

TW_FILTER(tw_f_wordcount)
{
	bool in_word = false;
	int64_t n = 0;

	TW_NO_ARGS("do_wordcount()");
	TW_TRY(soft_str(t, in, &in));
	for (size_t i = 0; i < in.s.n;) {
		bool w = tw_u8_word(tw_u8_next(in.s.p, in.s.n, &i));

		n += w && !in_word;
		in_word = w;
	}
	*ret = tw_v_int(n);
	return TW_OK;
}

TW_FILTER(tw_f_truncate)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	int64_t length = 255, leeway = 5, n, cut;
	struct tw_str end = TW_STR("..."), s;
	bool kill = false;

	TW_BIND("do_truncate", a, 0, "length", "killwords", "end", "leeway");
	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_int_arg(t, a[0], &length));
	if (tw_v_given(a[1]))
		TW_TRY(tw_tpl_truth(t, a[1], &kill));
	if (tw_v_given(a[2]))
		TW_TRY(tw_tpl_text(t, a[2], &end));
	if (tw_v_given(a[3]) && a[3].kind != TW_V_NULL)
		TW_TRY(tw_tpl_int_arg(t, a[3], &leeway));
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	if (in.kind != TW_V_STR) { /* whatever is short is given back */
		TW_TRY(tw_tpl_len(t, in, &n));
		if (n > length + leeway)
			return tw_tpl_unsupported(t, "truncate of a long '%s'", tw_type_name(in));
		*ret = in;
		return TW_OK;
	}
	if (in.safe)
		return tw_tpl_unsupported(t, "truncate of Markup");
	cut = length - (int64_t)tw_u8_len(end);
	if (cut < 0)
		return tw_tpl_raise(t, "AssertionError", "expected length >= %zu, got %lld",
				    tw_u8_len(end), (long long)length);
	if (leeway < 0)
		return tw_tpl_raise(t, "AssertionError", "expected leeway >= 0, got %lld",
				    (long long)leeway);
	n = (int64_t)tw_u8_len(in.s);
	if (n <= length + leeway) {
		*ret = in;
		return TW_OK;
	}
	s = tw_u8_sub(in.s, 0, (size_t)cut);
	if (!kill)
		for (size_t i = s.n; i-- > 0;)
			if (s.p[i] == ' ') {
				s.n = i;
				break;
			}
	tw_buf_addstr(&b, s);
	tw_buf_addstr(&b, end);
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

TW_FILTER(tw_f_indent)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str pad = TW_STR("    ");
	bool first = false, blank = false;
	struct tw_value lines;
	struct tw_args none = {0};
	int64_t width;

	TW_BIND("do_indent", a, 0, "width", "first", "blank");
	if (tw_v_given(a[0]) && a[0].kind == TW_V_STR) {
		pad = a[0].s;
	} else if (tw_v_given(a[0])) {
		TW_TRY(tw_tpl_int_arg(t, a[0], &width));
		if (width > 0)
			TW_TRY(tw_tpl_room(t, (size_t)width));
		pad.n = width > 0 ? (size_t)width : 0;
		pad.p = memset(tw_arena_alloc(t->a, pad.n + 1), ' ', pad.n);
	}
	if (tw_v_given(a[1]))
		TW_TRY(tw_tpl_truth(t, a[1], &first));
	if (tw_v_given(a[2]))
		TW_TRY(tw_tpl_truth(t, a[2], &blank));
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	if (in.kind == TW_V_LIST) /* list += "\n" works, and fails later */
		return tw_tpl_raise(t, "AttributeError",
				    "'list' object has no attribute 'splitlines'");
	if (in.kind != TW_V_STR)
		return tw_tpl_raise(t, "TypeError", "indent wants text, not '%s'",
				    tw_type_name(in));
	if (in.safe)
		return tw_tpl_unsupported(t, "indent of Markup");
	tw_buf_addstr(&b, in.s);
	tw_buf_addc(&b, '\n');
	in = tw_tpl_mkstr(t, &b);
	tw_buf_clear(&b);
	TW_TRY(tw_str_method(t, in, TW_STR("splitlines"), &none, &lines));
	for (size_t i = 0; i < lines.list->n; i++) {
		struct tw_str line = lines.list->v[i].s;

		if (i)
			tw_buf_addc(&b, '\n');
		if (i ? line.n || blank : first)
			tw_buf_addstr(&b, pad);
		tw_buf_addstr(&b, line);
		TW_TRY(tw_tpl_room(t, b.n));
	}
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

/* ---- wordwrap: Python's textwrap of each line ---- */

struct wrap {
	int64_t width, col;
	bool break_long;
	struct tw_buf *out;
	struct tw_str newline, space; /* white space that waits before the next word */
	bool any;		      /* something stands on this line */
};

static void wrap_put(struct wrap *w, struct tw_str s)
{
	tw_buf_addstr(w->out, s);
	w->col += (int64_t)tw_u8_len(s);
	w->any = true;
}

static void wrap_break(struct wrap *w)
{
	tw_buf_addstr(w->out, w->newline);
	w->col = 0;
	w->any = false;
	w->space.n = 0;
}

static void wrap_word(struct wrap *w, struct tw_str word)
{
	int64_t n = (int64_t)tw_u8_len(word), space = (int64_t)tw_u8_len(w->space);

	if (w->any && w->col + space + n <= w->width) {
		wrap_put(w, w->space);
		wrap_put(w, word);
		w->space.n = 0;
		return;
	}
	if (n > w->width && w->break_long) {
		int64_t left = w->width - w->col - (w->any ? space : 0);

		if (w->any && left >= 0) { /* textwrap keeps white space that just fits */
			wrap_put(w, w->space);
			wrap_put(w, tw_u8_sub(word, 0, (size_t)left));
			word = tw_u8_sub(word, (size_t)left, (size_t)n);
			n -= left;
		}
		while (n > 0) {
			if (w->any)
				wrap_break(w);
			wrap_put(w, tw_u8_sub(word, 0, (size_t)w->width));
			word = tw_u8_sub(word, (size_t)w->width, (size_t)n);
			n -= w->width;
		}
		w->space.n = 0;
		return;
	}
	if (w->any)
		wrap_break(w);
	wrap_put(w, word);
	w->space.n = 0;
}

static void wrap_line(struct wrap *w, struct tw_str line)
{
	size_t i = 0;

	w->col = 0;
	w->any = false;
	w->space = tw_strn(line.p, 0);
	while (i < line.n) {
		size_t start = i;

		while (i < line.n && line.p[i] != ' ')
			i++;
		if (i > start)
			wrap_word(w, tw_strn(line.p + start, i - start));
		start = i;
		while (i < line.n && line.p[i] == ' ')
			i++;
		w->space = tw_strn(line.p + start, i - start);
	}
}

TW_FILTER(tw_f_wordwrap)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct wrap w = {.width = 79, .break_long = true, .out = &b, .newline = TW_STR("\n")};
	struct tw_args none = {0};
	struct tw_value lines;
	bool hyphens = true;

	TW_BIND("do_wordwrap", a, 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_int_arg(t, a[0], &w.width));
	if (tw_v_given(a[1]))
		TW_TRY(tw_tpl_truth(t, a[1], &w.break_long));
	if (tw_v_given(a[2]) && a[2].kind != TW_V_NULL)
		TW_TRY(tw_tpl_text(t, a[2], &w.newline));
	if (tw_v_given(a[3]))
		TW_TRY(tw_tpl_truth(t, a[3], &hyphens));
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	if (in.kind != TW_V_STR)
		return tw_tpl_raise(t, "AttributeError",
				    "'%s' object has no attribute 'splitlines'", tw_type_name(in));
	if (w.width <= 0)
		return tw_tpl_raise(t, "ValueError", "invalid width %lld (must be > 0)",
				    (long long)w.width);
	if (in.safe || (hyphens && memchr(in.s.p, '-', in.s.n)) || memchr(in.s.p, '\t', in.s.n))
		return tw_tpl_unsupported(t, "wordwrap of text with hyphens or tabs");
	TW_TRY(tw_str_method(t, in, TW_STR("splitlines"), &none, &lines));
	for (size_t i = 0; i < lines.list->n; i++) {
		struct tw_str line = lines.list->v[i].s;

		if (line.n && line.p[0] == ' ')
			return tw_tpl_unsupported(t, "wordwrap of an indented line");
		if (i)
			tw_buf_addstr(&b, w.newline);
		wrap_line(&w, line);
		TW_TRY(tw_tpl_room(t, b.n));
	}
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

/* ---- sizes, formats ---- */

TW_FILTER(tw_f_filesizeformat)
{
	static const char *const units[2][8] = {
		{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"},
		{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"},
	};
	struct tw_args none = {0};
	bool binary = false;
	double n, base, unit;
	int i;

	TW_BIND("do_filesizeformat", a, 0, "binary");
	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_truth(t, a[0], &binary));
	if (in.kind == TW_V_STR) {
		if (!tw_py_float(in.s, &n))
			return tw_tpl_raise(t, "ValueError",
					    "could not convert string to float: '" TW_STR_FMT "'",
					    TW_STR_ARG(in.s));
		in = tw_v_float(n);
	} else if (in.kind != TW_V_INT && in.kind != TW_V_FLOAT && in.kind != TW_V_BOOL) {
		if (in.kind == TW_V_UNDEFINED)
			return tw_tpl_undefined_error(t, in);
		return tw_tpl_raise(t, "TypeError",
				    "float() argument must be a string or a real number, not '%s'",
				    tw_type_name(in));
	}
	TW_TRY(tw_f_float(t, in, &none, &in));
	n = in.f;
	if (!isfinite(n))
		return tw_tpl_unsupported(t, "filesizeformat of such a number");
	base = binary ? 1024 : 1000;
	if (n == 1) {
		*ret = tw_v_cstr("1 Byte");
		return TW_OK;
	}
	if (n < base) {
		*ret = tw_v_cstr(tw_arena_printf(t->a, "%lld Bytes", (long long)n));
		return TW_OK;
	}
	for (i = 0; i < 8; i++) {
		unit = pow(base, i + 2);
		if (n < unit || i == 7)
			break;
	}
	*ret = tw_v_cstr(tw_arena_printf(t->a, "%.1f %s", base * n / unit, units[binary][i]));
	return TW_OK;
}

TW_FILTER(tw_f_format)
{
	struct tw_value a;

	if (args->npos && args->nkw)
		return tw_tpl_raise(t, "FilterArgumentError",
				    "can't handle positional and keyword arguments at the same "
				    "time");
	TW_TRY(soft_str(t, in, &in));
	if (args->nkw) {
		a = tw_tpl_new_map(t);
		for (size_t i = 0; i < args->nkw; i++)
			tw_map_put(t->a, a, args->kw[i].name, args->kw[i].value);
	} else {
		a = tw_tpl_new_tuple(t, args->npos);
		for (size_t i = 0; i < args->npos; i++)
			tw_list_push(t->a, a, args->pos[i]);
	}
	return tw_tpl_percent(t, in, a, ret);
}

/* Python's pprint when it fits in a line; how it breaks lines is not done here. */
static enum tw_rc sorted_maps(struct tw_tpl *t, struct tw_value v, struct tw_value *ret)
{
	struct tw_value *keys, *vals;
	size_t n = tw_value_len(v);

	*ret = v;
	if (!n)
		return TW_OK;
	TW_TRY(tw_tpl_enter(t));
	if (v.kind == TW_V_MAP) {
		keys = tw_arena_alloc(t->a, n * sizeof(*keys));
		vals = tw_arena_alloc(t->a, n * sizeof(*vals));
		for (size_t i = 0; i < n; i++) {
			keys[i] = v.map->v[i].key;
			TW_TRY(sorted_maps(t, v.map->v[i].value, &vals[i]));
			if (keys[i].kind != keys[0].kind)
				return tw_tpl_unsupported(t, "pprint of mixed keys");
		}
		TW_TRY(tw_sort(t, keys, vals, n, false));
		*ret = tw_v_map(t->a);
		for (size_t i = 0; i < n; i++)
			tw_map_put_key(t->a, *ret, keys[i], vals[i]);
	} else {
		*ret = tw_tpl_new_tuple(t, n);
		ret->kind = v.kind;
		for (size_t i = 0; i < n; i++) {
			struct tw_value x;

			TW_TRY(sorted_maps(t, v.list->v[i], &x));
			tw_list_push(t->a, *ret, x);
		}
	}
	t->depth--;
	return TW_OK;
}

TW_FILTER(tw_f_pprint)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	TW_NO_ARGS("do_pprint()");
	TW_TRY(sorted_maps(t, in, &in));
	TW_TRY(tw_tpl_repr(t, in, &b));
	if (tw_u8_len(tw_buf_str(&b)) > 80)
		return tw_tpl_unsupported(t, "pprint over several lines");
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}
