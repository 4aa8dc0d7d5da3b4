/* str() and repr() of values. */
#include <math.h>

#include "base/num.h"
#include "template/eval.h"

void tw_repr_str(struct tw_buf *out, struct tw_str s)
{
	bool single = memchr(s.p, '\'', s.n) != NULL, dbl = memchr(s.p, '"', s.n) != NULL;
	char quote = single && !dbl ? '"' : '\'';

	tw_buf_addc(out, quote);
	for (size_t i = 0; i < s.n;) {
		size_t start = i;
		int32_t c = tw_u8_next(s.p, s.n, &i);

		if (c == quote || c == '\\')
			tw_buf_printf(out, "\\%c", (char)c);
		else if (c == '\n')
			tw_buf_adds(out, "\\n");
		else if (c == '\r')
			tw_buf_adds(out, "\\r");
		else if (c == '\t')
			tw_buf_adds(out, "\\t");
		else if (tw_u8_printable(c))
			tw_buf_add(out, s.p + start, i - start);
		else if (c < 0x100)
			tw_buf_printf(out, "\\x%02x", (unsigned)c);
		else if (c < 0x10000)
			tw_buf_printf(out, "\\u%04x", (unsigned)c);
		else
			tw_buf_printf(out, "\\U%08x", (unsigned)c);
	}
	tw_buf_addc(out, quote);
}

void tw_escape_html(struct tw_buf *out, struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&':
			tw_buf_adds(out, "&amp;");
			break;
		case '<':
			tw_buf_adds(out, "&lt;");
			break;
		case '>':
			tw_buf_adds(out, "&gt;");
			break;
		case '\'':
			tw_buf_adds(out, "&#39;");
			break;
		case '"':
			tw_buf_adds(out, "&#34;");
			break;
		default:
			tw_buf_addc(out, s.p[i]);
		}
	}
}

static enum tw_rc repr_list(struct tw_tpl *t, struct tw_value v, struct tw_buf *out)
{
	bool tuple = v.kind == TW_V_TUPLE;

	TW_TRY(tw_tpl_enter(t));
	tw_buf_addc(out, tuple ? '(' : '[');
	for (size_t i = 0; i < v.list->n; i++) {
		if (i)
			tw_buf_adds(out, ", ");
		TW_TRY(tw_tpl_repr(t, v.list->v[i], out));
	}
	if (tuple && v.list->n == 1)
		tw_buf_addc(out, ',');
	tw_buf_addc(out, tuple ? ')' : ']');
	t->depth--;
	return TW_OK;
}

static enum tw_rc repr_map(struct tw_tpl *t, struct tw_value v, struct tw_buf *out)
{
	TW_TRY(tw_tpl_enter(t));
	tw_buf_addc(out, '{');
	for (size_t i = 0; i < v.map->n; i++) {
		if (i)
			tw_buf_adds(out, ", ");
		TW_TRY(tw_tpl_repr(t, v.map->v[i].key, out));
		tw_buf_adds(out, ": ");
		TW_TRY(tw_tpl_repr(t, v.map->v[i].value, out));
	}
	tw_buf_addc(out, '}');
	t->depth--;
	return TW_OK;
}

static enum tw_rc object_text(struct tw_tpl *t, struct tw_value v, bool repr, struct tw_buf *out)
{
	const struct tw_object_type *ty = v.obj->type;

	if (repr && ty->repr)
		return ty->repr(t, v.obj, out);
	if (!repr && ty->str)
		return ty->str(t, v.obj, out);
	return tw_tpl_unsupported(t, "the text of a '%s' object", ty->name);
}

/* A date-time's day_of_week is an enum whose text is its number; value.safe marks it. */
static void repr_weekday(int64_t day, struct tw_buf *out)
{
	static const char *const names[] = {"MONDAY", "TUESDAY",  "WEDNESDAY", "THURSDAY",
					    "FRIDAY", "SATURDAY", "SUNDAY"};

	tw_buf_printf(out, "<WeekDay.%s: %d>", names[day % 7], (int)day);
}

enum tw_rc tw_tpl_repr(struct tw_tpl *t, struct tw_value v, struct tw_buf *out)
{
	char num[TW_NUM_REPR];

	TW_TRY(tw_tpl_step(t));
	if (out->n > t->max_memory)
		return tw_tpl_room(t, out->n);
	switch (v.kind) {
	case TW_V_NULL:
		tw_buf_adds(out, "None");
		return TW_OK;
	case TW_V_BOOL:
		tw_buf_adds(out, v.b ? "True" : "False");
		return TW_OK;
	case TW_V_INT:
		if (v.safe)
			repr_weekday(v.i, out);
		else
			tw_buf_printf(out, "%lld", (long long)v.i);
		return TW_OK;
	case TW_V_BIGINT:
		tw_buf_addstr(out, v.s);
		return TW_OK;
	case TW_V_FLOAT:
		tw_buf_add(out, num, tw_num_repr(num, v.f));
		return TW_OK;
	case TW_V_STR:
		if (v.safe)
			tw_buf_adds(out, "Markup(");
		tw_repr_str(out, v.s);
		if (v.safe)
			tw_buf_addc(out, ')');
		return TW_OK;
	case TW_V_LIST:
	case TW_V_TUPLE:
		return repr_list(t, v, out);
	case TW_V_MAP:
		return repr_map(t, v, out);
	case TW_V_UNDEFINED:
		tw_buf_adds(out, "Undefined");
		return TW_OK;
	case TW_V_OBJECT:
		return object_text(t, v, true, out);
	default:
		return tw_datetime_str(t, v, true, out);
	}
}

enum tw_rc tw_tpl_str(struct tw_tpl *t, struct tw_value v, struct tw_buf *out)
{
	switch (v.kind) {
	case TW_V_STR:
		tw_buf_addstr(out, v.s);
		return TW_OK;
	case TW_V_UNDEFINED:
		return tw_is_lenient(v) ? TW_OK : tw_tpl_undefined_error(t, v);
	case TW_V_INT:
		tw_buf_printf(out, "%lld", (long long)v.i);
		return TW_OK;
	case TW_V_OBJECT:
		return object_text(t, v, false, out);
	case TW_V_DATETIME:
	case TW_V_DELTA:
		return tw_datetime_str(t, v, false, out);
	default:
		return tw_tpl_repr(t, v, out);
	}
}

enum tw_rc tw_tpl_unwrap(struct tw_tpl *t, struct tw_value v, struct tw_value *ret)
{
	if (v.kind == TW_V_OBJECT && v.obj->type->text)
		return v.obj->type->plain(t, v.obj, ret);
	*ret = v;
	return TW_OK;
}

enum tw_rc tw_tpl_text(struct tw_tpl *t, struct tw_value v, struct tw_str *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	if (v.kind == TW_V_STR) {
		*ret = v.s;
		return TW_OK;
	}
	TW_TRY(tw_tpl_str(t, v, &b));
	TW_TRY(tw_tpl_room(t, b.n));
	*ret = tw_str_copy(t->a, tw_buf_str(&b));
	return TW_OK;
}

enum tw_rc tw_tpl_escaped(struct tw_tpl *t, struct tw_value v, struct tw_str *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	TW_TRY(tw_tpl_text(t, v, ret));
	if (v.kind == TW_V_STR && v.safe)
		return TW_OK;
	TW_TRY(tw_tpl_room(t, ret->n * 5));
	tw_escape_html(&b, *ret);
	*ret = tw_str_copy(t->a, tw_buf_str(&b));
	return TW_OK;
}
