#include "value/json.h"

static uint64_t bit(const struct tw_jw *w)
{
	return (uint64_t)1 << (w->depth - 1);
}

static void new_line(struct tw_jw *w)
{
	tw_buf_addc(w->out, '\n');
	for (int i = 0; i < w->depth; i++)
		tw_buf_adds(w->out, "  ");
}

static void separate(struct tw_jw *w)
{
	bool first = !(w->has_item & bit(w));
	if (!first)
		tw_buf_addc(w->out, ',');
	if (w->style & TW_JSON_PRETTY)
		new_line(w);
	else if (!first && w->style & TW_JSON_PYTHON)
		tw_buf_addc(w->out, ' ');
	w->has_item |= bit(w);
}

/* Every value comes through here first. */
static void item(struct tw_jw *w)
{
	if (w->depth == 0)
		return;
	if (w->is_obj & bit(w)) {
		TW_ASSERT(w->after_key);
		w->after_key = false;
	} else {
		separate(w);
	}
}

static void open(struct tw_jw *w, bool obj)
{
	item(w);
	TW_ASSERT(w->depth < 64);
	w->depth++;
	w->has_item &= ~bit(w);
	w->is_obj = obj ? w->is_obj | bit(w) : w->is_obj & ~bit(w);
	tw_buf_addc(w->out, obj ? '{' : '[');
}

void tw_jw_obj(struct tw_jw *w)
{
	open(w, true);
}

void tw_jw_list(struct tw_jw *w)
{
	open(w, false);
}

void tw_jw_end(struct tw_jw *w)
{
	TW_ASSERT(w->depth > 0 && !w->after_key);
	bool obj = w->is_obj & bit(w), some = w->has_item & bit(w);
	w->depth--;
	if (some && w->style & TW_JSON_PRETTY)
		new_line(w);
	tw_buf_addc(w->out, obj ? '}' : ']');
}

void tw_jw_key(struct tw_jw *w, const char *key)
{
	tw_jw_keyn(w, tw_str(key));
}

void tw_jw_keyn(struct tw_jw *w, struct tw_str key)
{
	TW_ASSERT(w->depth > 0 && (w->is_obj & bit(w)) && !w->after_key);
	separate(w);
	tw_json_write_str(w->out, key, w->style);
	tw_buf_addc(w->out, ':');
	if (w->style & (TW_JSON_PYTHON | TW_JSON_PRETTY))
		tw_buf_addc(w->out, ' ');
	w->after_key = true;
}

void tw_jw_null(struct tw_jw *w)
{
	tw_jw_raw(w, TW_STR("null"));
}

void tw_jw_bool(struct tw_jw *w, bool b)
{
	tw_jw_raw(w, b ? TW_STR("true") : TW_STR("false"));
}

void tw_jw_int(struct tw_jw *w, int64_t i)
{
	item(w);
	tw_json_write_int(w->out, i);
}

void tw_jw_float(struct tw_jw *w, double f)
{
	item(w);
	tw_json_write_float(w->out, f);
}

void tw_jw_str(struct tw_jw *w, struct tw_str s)
{
	if (!s.p) {
		tw_jw_null(w);
		return;
	}
	item(w);
	tw_json_write_str(w->out, s, w->style);
}

void tw_jw_cstr(struct tw_jw *w, const char *s)
{
	tw_jw_str(w, tw_str(s));
}

void tw_jw_value(struct tw_jw *w, struct tw_value v)
{
	item(w);
	tw_json_write_at(w->out, v, w->style, w->depth);
}

void tw_jw_raw(struct tw_jw *w, struct tw_str json)
{
	item(w);
	tw_buf_addstr(w->out, json);
}

void tw_jw_null_at(struct tw_jw *w, const char *key)
{
	tw_jw_key(w, key);
	tw_jw_null(w);
}

void tw_jw_bool_at(struct tw_jw *w, const char *key, bool b)
{
	tw_jw_key(w, key);
	tw_jw_bool(w, b);
}

void tw_jw_int_at(struct tw_jw *w, const char *key, int64_t i)
{
	tw_jw_key(w, key);
	tw_jw_int(w, i);
}

void tw_jw_str_at(struct tw_jw *w, const char *key, struct tw_str s)
{
	tw_jw_key(w, key);
	tw_jw_str(w, s);
}
