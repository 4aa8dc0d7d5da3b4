/* YAML text to values: libyaml's events, the core schema of YAML 1.2 for plain scalars. */
#include "model/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/vec.h"

struct anchor {
	struct tw_str name;
	struct tw_value value;
	size_t nodes;
};

struct reader {
	struct tw_arena *a;
	yaml_parser_t parser;
	struct tw_err *err;
	TW_VEC(struct anchor) anchors;
	size_t nodes;
	int depth;
};

static enum tw_rc next(struct reader *r, yaml_event_t *ev)
{
	if (yaml_parser_parse(&r->parser, ev))
		return TW_OK;
	return tw_err_set(r->err, TW_ERR_INVALID, "line %zu, column %zu: %s", r->parser.problem_mark.line + 1,
			  r->parser.problem_mark.column + 1,
			  r->parser.problem ? r->parser.problem : "this is no YAML");
}

static enum tw_rc at(struct reader *r, const yaml_event_t *ev, const char *what)
{
	return tw_err_set(r->err, TW_ERR_INVALID, "line %zu, column %zu: %s", ev->start_mark.line + 1,
			  ev->start_mark.column + 1, what);
}

static bool one_of(struct tw_str s, const char *a, const char *b, const char *c)
{
	return tw_str_is(s, a) || tw_str_is(s, b) || tw_str_is(s, c);
}

/* 0x1F, 0o17 */
static bool based_int(struct tw_str s, int64_t *ret)
{
	int base = s.n > 2 && s.p[0] == '0' ? (s.p[1] == 'x' ? 16 : s.p[1] == 'o' ? 8 : 0) : 0;
	int64_t v = 0;

	if (!base)
		return false;
	for (size_t i = 2; i < s.n; i++) {
		char c = s.p[i];
		int d = c >= '0' && c <= '9' ? c - '0' :
			c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;

		if (d >= base || v > (INT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*ret = v;
	return true;
}

/* Only what YAML calls a number: strtod's "nan", "inf" and hex floats are text. */
static bool looks_numeric(struct tw_str s)
{
	bool digit = false;

	for (size_t i = 0; i < s.n; i++) {
		if (!strchr("+-.0123456789eE", s.p[i]))
			return false;
		digit |= s.p[i] >= '0' && s.p[i] <= '9';
	}
	return digit;
}

static struct tw_value plain(struct tw_str s)
{
	int64_t i;
	double f;

	if (!s.n || one_of(s, "~", "null", "Null") || tw_str_is(s, "NULL"))
		return TW_NULL;
	if (one_of(s, "true", "True", "TRUE"))
		return tw_v_bool(true);
	if (one_of(s, "false", "False", "FALSE"))
		return tw_v_bool(false);
	if ((looks_numeric(s) && tw_str_to_int(s, &i)) || based_int(s, &i))
		return tw_v_int(i);
	if (looks_numeric(s) && tw_str_to_double(s, &f))
		return tw_v_float(f);
	return tw_v_str(s);
}

static enum tw_rc read_node(struct reader *r, yaml_event_t *ev, struct tw_value *ret);

static enum tw_rc read_next(struct reader *r, struct tw_value *ret, yaml_event_type_t end, bool *ret_end)
{
	yaml_event_t ev;
	enum tw_rc rc = next(r, &ev);

	if (rc < 0)
		return rc;
	*ret_end = ev.type == end;
	if (!*ret_end)
		rc = read_node(r, &ev, ret);
	yaml_event_delete(&ev);
	return rc;
}

static enum tw_rc read_sequence(struct reader *r, struct tw_value *ret)
{
	bool end = false;

	*ret = tw_v_list(r->a);
	for (;;) {
		struct tw_value item;
		enum tw_rc rc = read_next(r, &item, YAML_SEQUENCE_END_EVENT, &end);

		if (rc < 0 || end)
			return rc;
		tw_list_push(r->a, *ret, item);
	}
}

/* "<<": the keys of another mapping that this one does not have itself. */
static void merge(struct tw_arena *a, struct tw_value into, struct tw_value from)
{
	if (from.kind == TW_V_LIST)
		for (size_t i = 0; i < from.list->n; i++)
			merge(a, into, from.list->v[i]);
	if (from.kind != TW_V_MAP)
		return;
	for (size_t i = 0; i < from.map->n; i++)
		if (!tw_map_find(into, from.map->v[i].key.s))
			tw_map_put(a, into, from.map->v[i].key.s, from.map->v[i].value);
}

static enum tw_rc read_mapping(struct reader *r, const yaml_event_t *start, struct tw_value *ret)
{
	struct tw_value merged = TW_NULL;
	bool end = false;

	*ret = tw_v_map(r->a);
	for (;;) {
		yaml_event_t ev;
		struct tw_str key;
		struct tw_value value;
		enum tw_rc rc = next(r, &ev);

		if (rc == TW_OK && ev.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&ev);
			merge(r->a, *ret, merged);
			return TW_OK;
		}
		if (rc == TW_OK && ev.type != YAML_SCALAR_EVENT)
			rc = at(r, &ev, "a key must be a plain text");
		if (rc < 0) {
			yaml_event_delete(&ev);
			return rc;
		}
		key = tw_str_copy(r->a, tw_strn((const char *)ev.data.scalar.value, ev.data.scalar.length));
		if (tw_map_find(*ret, key))
			rc = at(r, &ev, "this key is there already");
		yaml_event_delete(&ev);
		if (rc == TW_OK)
			rc = read_next(r, &value, YAML_NO_EVENT, &end);
		if (rc < 0)
			return rc;
		if (tw_str_is(key, "<<"))
			merged = value;
		else
			tw_map_put(r->a, *ret, key, value);
	}
}

static enum tw_rc read_alias(struct reader *r, const yaml_event_t *ev, struct tw_value *ret)
{
	struct tw_str name = tw_str((const char *)ev->data.alias.anchor);

	for (size_t i = r->anchors.n; i-- > 0;)
		if (tw_str_eq(r->anchors.v[i].name, name)) {
			r->nodes += r->anchors.v[i].nodes;
			*ret = r->anchors.v[i].value;
			return r->nodes > TW_YAML_MAX_NODES ? at(r, ev, "the document is too large once its aliases are followed") :
							      TW_OK;
		}
	return at(r, ev, "this alias names no anchor");
}

static enum tw_rc read_node(struct reader *r, yaml_event_t *ev, struct tw_value *ret)
{
	const yaml_char_t *anchor = NULL;
	size_t before = r->nodes;
	enum tw_rc rc = TW_OK;

	if (++r->nodes > TW_YAML_MAX_NODES)
		return at(r, ev, "the document is too large");
	if (++r->depth > TW_YAML_DEPTH)
		return at(r, ev, "the document is nested too deeply");
	switch (ev->type) {
	case YAML_SCALAR_EVENT: {
		struct tw_str s = tw_str_copy(
			r->a, tw_strn((const char *)ev->data.scalar.value, ev->data.scalar.length));

		anchor = ev->data.scalar.anchor;
		*ret = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && ev->data.scalar.plain_implicit ? plain(s) :
													     tw_v_str(s);
		break;
	}
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		rc = read_sequence(r, ret);
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		rc = read_mapping(r, ev, ret);
		break;
	case YAML_ALIAS_EVENT:
		rc = read_alias(r, ev, ret);
		break;
	default:
		rc = at(r, ev, "unexpected end");
	}
	r->depth--;
	if (rc == TW_OK && anchor) {
		struct anchor entry = { tw_str_copy(r->a, tw_str((const char *)anchor)), *ret, r->nodes - before };

		tw_vec_push(&r->anchors, entry);
	}
	return rc;
}

/* As many documents as the text holds, as a list. */
static enum tw_rc parse_all(struct tw_arena *a, struct tw_str text, struct tw_value *ret_list, struct tw_err *err)
{
	struct reader r = { .a = a, .err = err };
	struct tw_value list = tw_v_list(a);
	enum tw_rc rc = TW_OK;
	bool end = false;

	if (!yaml_parser_initialize(&r.parser))
		return tw_err_set(err, TW_ERR_LIMIT, "no memory for a YAML parser");
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.n);
	while (rc == TW_OK && !end) {
		yaml_event_t ev;
		struct tw_value v;

		rc = next(&r, &ev);
		if (rc < 0)
			break;
		end = ev.type == YAML_STREAM_END_EVENT;
		if (ev.type == YAML_DOCUMENT_START_EVENT) {
			bool none;

			r.anchors.n = 0;
			rc = read_next(&r, &v, YAML_NO_EVENT, &none);
			if (rc == TW_OK)
				tw_list_push(a, list, v);
		}
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&r.parser);
	tw_vec_release(&r.anchors);
	if (rc == TW_OK)
		*ret_list = list;
	return rc;
}

enum tw_rc tw_yaml_parse(struct tw_arena *a, struct tw_str text, struct tw_value *ret, struct tw_err *err)
{
	struct tw_value list;
	enum tw_rc rc = parse_all(a, text, &list, err);

	if (rc < 0)
		return rc;
	if (tw_value_len(list) > 1)
		return tw_err_set(err, TW_ERR_INVALID, "there are %zu documents where one is expected", tw_value_len(list));
	*ret = tw_value_len(list) ? list.list->v[0] : TW_NULL;
	return TW_OK;
}
