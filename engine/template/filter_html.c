/* Filters for HTML, URLs and JSON. */
#include <ctype.h>

#include "template/filter.h"

TW_FILTER(tw_f_escape)
{
	struct tw_str s;

	TW_NO_ARGS("escape()");
	TW_TRY(tw_tpl_escaped(t, in, &s));
	*ret = tw_v_markup(tw_v_str(s), true);
	return TW_OK;
}

TW_FILTER(tw_f_forceescape)
{
	struct tw_str s;

	TW_NO_ARGS("do_forceescape()");
	TW_TRY(tw_tpl_text(t, in, &s));
	TW_TRY(tw_tpl_escaped(t, tw_v_str(s), &s));
	*ret = tw_v_markup(tw_v_str(s), true);
	return TW_OK;
}

TW_FILTER(tw_f_safe)
{
	struct tw_str s;

	TW_NO_ARGS("do_mark_safe()");
	TW_TRY(tw_tpl_text(t, in, &s));
	*ret = tw_v_markup(tw_v_str(s), true);
	return TW_OK;
}

/* Drops everything from open to the next close, again and again. */
static struct tw_str drop_between(struct tw_tpl *t, struct tw_str s, struct tw_str open,
				  struct tw_str close)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	size_t i = 0;

	for (;;) {
		ptrdiff_t from = tw_str_find(s, open, i), to;

		if (from < 0)
			break;
		to = tw_str_find(s, close, (size_t)from);
		if (to < 0)
			break;
		tw_buf_add(&b, s.p + i, (size_t)from - i);
		i = (size_t)to + close.n;
	}
	tw_buf_add(&b, s.p + i, s.n - i);
	return tw_str_copy(t->a, tw_buf_str(&b));
}

/* The entity at s (behind the &): its text and how long it is; NULL = none we know. */
static const char *entity(struct tw_str s, size_t *ret_len)
{
	static const struct {
		const char *name, *text;
	} known[] = {{"amp;", "&"}, {"lt;", "<"},   {"gt;", ">"},   {"quot;", "\""},
		     {"#39;", "'"}, {"#34;", "\""}, {"apos;", "'"}, {"nbsp;", "\u00a0"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (tw_str_starts(s, known[i].name)) {
			*ret_len = strlen(known[i].name);
			return known[i].text;
		}
	return NULL;
}

TW_FILTER(tw_f_striptags)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	TW_AUTO(tw_buf_release) struct tw_buf plain = {0};
	struct tw_str s;

	TW_NO_ARGS("do_striptags()");
	TW_TRY(tw_tpl_text(t, in, &s));
	s = drop_between(t, s, TW_STR("<!--"), TW_STR("-->"));
	s = drop_between(t, s, TW_STR("<"), TW_STR(">"));
	s = tw_u8_rstrip(tw_u8_lstrip(s));
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		if (tw_u8_space(tw_u8_next(s.p, s.n, &i))) {
			if (b.p[b.n - 1] != ' ')
				tw_buf_addc(&b, ' ');
			continue;
		}
		tw_buf_add(&b, s.p + from, i - from);
	}
	s = tw_buf_str(&b);
	for (size_t i = 0; i < s.n; i++) {
		size_t len = 0;
		const char *text;

		if (s.p[i] != '&') {
			tw_buf_addc(&plain, s.p[i]);
			continue;
		}
		text = entity(tw_strn(s.p + i + 1, s.n - i - 1), &len);
		if (!text && i + 1 < s.n &&
		    (isalnum((unsigned char)s.p[i + 1]) || s.p[i + 1] == '#'))
			return tw_tpl_unsupported(t, "striptags of text with this entity");
		tw_buf_adds(&plain, text ? text : "&");
		i += len;
	}
	*ret = tw_tpl_mkstr(t, &plain);
	return TW_OK;
}

static void quote(struct tw_buf *out, struct tw_str s, bool query)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (isalnum(c) || c == '_' || c == '.' || c == '-' || c == '~' ||
		    (c == '/' && !query))
			tw_buf_addc(out, (char)c);
		else if (c == ' ' && query)
			tw_buf_addc(out, '+');
		else
			tw_buf_printf(out, "%%%02X", c);
	}
}

static enum tw_rc quote_value(struct tw_tpl *t, struct tw_value v, bool query, struct tw_buf *out)
{
	struct tw_str s;

	TW_TRY(tw_tpl_text(t, v, &s));
	quote(out, s, query);
	return TW_OK;
}

TW_FILTER(tw_f_urlencode)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_list items, pair;

	TW_NO_ARGS("do_urlencode()");
	if (in.kind == TW_V_STR || !tw_tpl_iterable(in)) {
		TW_TRY(quote_value(t, in, false, &b));
		*ret = tw_tpl_mkstr(t, &b);
		return TW_OK;
	}
	if (in.kind == TW_V_MAP)
		TW_TRY(tw_map_method(t, in, TW_STR("items"), &(struct tw_args){0}, &in));
	TW_TRY(tw_tpl_iter(t, in, &items));
	for (size_t i = 0; i < items.n; i++) {
		TW_TRY(tw_tpl_iter(t, items.v[i], &pair));
		if (pair.n != 2)
			return tw_tpl_raise(t, "ValueError",
					    "not the right number of values to unpack "
					    "(expected 2, got %zu)",
					    pair.n);
		if (i)
			tw_buf_addc(&b, '&');
		TW_TRY(quote_value(t, pair.v[0], true, &b));
		tw_buf_addc(&b, '=');
		TW_TRY(quote_value(t, pair.v[1], true, &b));
	}
	*ret = tw_tpl_mkstr(t, &b);
	return TW_OK;
}

TW_FILTER(tw_f_xmlattr)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	bool space = true;
	struct tw_str s;

	TW_BIND("do_xmlattr", a, 0, "autospace");
	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_truth(t, a[0], &space));
	if (in.kind == TW_V_UNDEFINED)
		return tw_tpl_undefined_error(t, in);
	if (in.kind != TW_V_MAP)
		return tw_tpl_raise(t, "AttributeError", "'%s' object has no attribute 'items'",
				    tw_type_name(in));
	for (size_t i = 0; i < in.map->n; i++) {
		struct tw_pair *p = &in.map->v[i];

		if (p->value.kind == TW_V_NULL || p->value.kind == TW_V_UNDEFINED)
			continue;
		if (p->key.kind != TW_V_STR)
			return tw_tpl_unsupported(t, "xmlattr with keys that are not text");
		for (size_t k = 0; k < p->key.s.n; k++)
			if (strchr(" \t\n\r\f\v/>=", p->key.s.p[k]))
				return tw_tpl_raise(t, "ValueError",
						    "Invalid character in attribute name: "
						    "'" TW_STR_FMT "'",
						    TW_STR_ARG(p->key.s));
		if (b.n || space)
			tw_buf_addc(&b, ' ');
		TW_TRY(tw_tpl_escaped(t, p->key, &s));
		tw_buf_addstr(&b, s);
		tw_buf_adds(&b, "=\"");
		TW_TRY(tw_tpl_escaped(t, p->value, &s));
		tw_buf_addstr(&b, s);
		tw_buf_addc(&b, '"');
	}
	*ret = tw_v_markup(tw_tpl_mkstr(t, &b), t->autoescape);
	return TW_OK;
}

TW_FILTER(tw_f_tojson)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	TW_AUTO(tw_buf_release) struct tw_buf safe = {0};
	int64_t indent = -1;

	TW_BIND("do_tojson", a, 0, "indent");
	if (tw_v_given(a[0]) && a[0].kind != TW_V_NULL)
		TW_TRY(tw_tpl_int_arg(t, a[0], &indent));
	TW_TRY(tw_tpl_to_json(t, in, true, indent, &b));
	for (size_t i = 0; i < b.n; i++) {
		if (strchr("<>&'", b.p[i]))
			tw_buf_printf(&safe, "\\u00%02x", (unsigned char)b.p[i]);
		else
			tw_buf_addc(&safe, b.p[i]);
	}
	*ret = tw_v_markup(tw_tpl_mkstr(t, &safe), true);
	return TW_OK;
}
