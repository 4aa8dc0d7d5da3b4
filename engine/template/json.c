/* json.dumps of values, and what it refuses. */
#include <math.h>

#include "base/num.h"
#include "template/filter.h"
#include "value/json.h"

struct dump {
	struct tw_tpl *t;
	struct tw_buf *out;
	bool sort;
	int64_t indent; /* -1: on one line */
	int64_t level;
};

static enum tw_rc dump(struct dump *d, struct tw_value v);

static void newline(struct dump *d)
{
	if (d->indent < 0)
		return;
	tw_buf_addc(d->out, '\n');
	for (int64_t i = 0; i < d->indent * d->level; i++)
		tw_buf_addc(d->out, ' ');
}

static void comma(struct dump *d)
{
	tw_buf_addc(d->out, ',');
	if (d->indent < 0)
		tw_buf_addc(d->out, ' ');
}

static enum tw_rc dump_list(struct dump *d, struct tw_value v)
{
	tw_buf_addc(d->out, '[');
	d->level++;
	for (size_t i = 0; i < v.list->n; i++) {
		if (i)
			comma(d);
		newline(d);
		TW_TRY(dump(d, v.list->v[i]));
	}
	d->level--;
	if (v.list->n)
		newline(d);
	tw_buf_addc(d->out, ']');
	return TW_OK;
}

/* Keys become text as json.dumps makes it. */
static enum tw_rc dump_key(struct dump *d, struct tw_value key)
{
	char num[TW_NUM_REPR];

	switch (key.kind) {
	case TW_V_STR:
		tw_json_write_str(d->out, key.s, TW_JSON_ASCII);
		return TW_OK;
	case TW_V_NULL:
		tw_buf_adds(d->out, "\"null\"");
		return TW_OK;
	case TW_V_BOOL:
		tw_buf_adds(d->out, key.b ? "\"true\"" : "\"false\"");
		return TW_OK;
	case TW_V_INT:
		tw_buf_printf(d->out, "\"%lld\"", (long long)key.i);
		return TW_OK;
	case TW_V_FLOAT:
		tw_num_repr(num, key.f);
		tw_buf_printf(d->out, "\"%s\"", num);
		return isfinite(key.f) ? TW_OK
				       : tw_tpl_unsupported(d->t, "a key that is no number");
	default:
		return tw_tpl_raise(d->t, "TypeError",
				    "keys must be str, int, float, bool or None, not %s",
				    tw_type_name(key));
	}
}

static enum tw_rc dump_map(struct dump *d, struct tw_value v)
{
	size_t n = v.map->n;
	struct tw_value *keys = tw_arena_alloc(d->t->a, (n + 1) * sizeof(*keys));
	struct tw_value *vals = tw_arena_alloc(d->t->a, (n + 1) * sizeof(*vals));

	for (size_t i = 0; i < n; i++) {
		keys[i] = v.map->v[i].key;
		vals[i] = v.map->v[i].value;
	}
	if (d->sort)
		TW_TRY(tw_sort(d->t, keys, vals, n, false));
	tw_buf_addc(d->out, '{');
	d->level++;
	for (size_t i = 0; i < n; i++) {
		if (i)
			comma(d);
		newline(d);
		TW_TRY(dump_key(d, keys[i]));
		tw_buf_adds(d->out, ": ");
		TW_TRY(dump(d, vals[i]));
	}
	d->level--;
	if (n)
		newline(d);
	tw_buf_addc(d->out, '}');
	return TW_OK;
}

static enum tw_rc dump_float(struct dump *d, double f)
{
	char num[TW_NUM_REPR];

	if (isnan(f))
		tw_buf_adds(d->out, "NaN");
	else if (isinf(f))
		tw_buf_adds(d->out, f > 0 ? "Infinity" : "-Infinity");
	else
		tw_buf_add(d->out, num, tw_num_repr(num, f));
	return TW_OK;
}

static enum tw_rc dump(struct dump *d, struct tw_value v)
{
	enum tw_rc rc;

	TW_TRY(tw_tpl_enter(d->t));
	TW_TRY(tw_tpl_step(d->t));
	TW_TRY(tw_tpl_room(d->t, d->out->n));
	switch (v.kind) {
	case TW_V_NULL:
		tw_buf_adds(d->out, "null");
		rc = TW_OK;
		break;
	case TW_V_BOOL:
		tw_buf_adds(d->out, v.b ? "true" : "false");
		rc = TW_OK;
		break;
	case TW_V_INT:
		tw_buf_printf(d->out, "%lld", (long long)v.i);
		rc = TW_OK;
		break;
	case TW_V_BIGINT:
		tw_buf_addstr(d->out, v.s);
		rc = TW_OK;
		break;
	case TW_V_FLOAT:
		rc = dump_float(d, v.f);
		break;
	case TW_V_STR:
		tw_json_write_str(d->out, v.s, TW_JSON_ASCII);
		rc = TW_OK;
		break;
	case TW_V_LIST:
	case TW_V_TUPLE:
		rc = dump_list(d, v);
		break;
	case TW_V_MAP:
		rc = dump_map(d, v);
		break;
	case TW_V_OBJECT:
		if (v.obj->type->plain) {
			TW_TRY(v.obj->type->plain(d->t, v.obj, &v));
			rc = dump(d, v);
			break;
		}
		/* fall through */
	default:
		return tw_tpl_raise(d->t, "TypeError", "Object of type %s is not JSON serializable",
				    tw_type_name(v));
	}
	d->t->depth--;
	return rc;
}

enum tw_rc tw_tpl_to_json(struct tw_tpl *t, struct tw_value v, bool sort, int64_t indent,
			  struct tw_buf *out)
{
	struct dump d = {.t = t, .out = out, .sort = sort, .indent = indent};

	if (indent > 1000)
		return tw_tpl_unsupported(t, "so wide an indent");
	return dump(&d, v);
}
