#include <stdio.h>
#include <string.h>

#include "api/ask.h"

void tw_faults_init(struct tw_faults *f, struct tw_response *resp)
{
	*f = (struct tw_faults){.resp = resp};
}

void tw_fault(struct tw_faults *f, const char *type, const char *where, struct tw_str name,
	      const char *msg, struct tw_value input, const char *ctx_key, struct tw_value ctx)
{
	struct tw_jw *w = &f->w;

	if (!f->n++) {
		tw_buf_clear(&f->resp->body);
		*w = (struct tw_jw){.out = &f->resp->body};
		tw_jw_obj(w);
		tw_jw_key(w, "detail");
		tw_jw_list(w);
	}
	tw_jw_obj(w);
	tw_jw_key(w, "type");
	tw_jw_cstr(w, type);
	tw_jw_key(w, "loc");
	tw_jw_list(w);
	tw_jw_cstr(w, where);
	if (name.p)
		tw_jw_str(w, name);
	tw_jw_end(w);
	tw_jw_key(w, "msg");
	tw_jw_cstr(w, msg);
	tw_jw_key(w, "input");
	tw_jw_value(w, input);
	if (ctx_key) {
		tw_jw_key(w, "ctx");
		tw_jw_obj(w);
		tw_jw_key(w, ctx_key);
		tw_jw_value(w, ctx);
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

bool tw_faults_any(struct tw_faults *f)
{
	if (!f->n)
		return false;
	tw_jw_end(&f->w);
	tw_jw_end(&f->w);
	f->resp->status = 422;
	return true;
}

const char *tw_aware_time(struct tw_str text, tw_time *ret, const char **ret_type)
{
	struct tw_iso iso;

	if (tw_iso_parse(text, &iso, NULL) < 0) {
		*ret_type = "datetime_from_date_parsing";
		return "Input should be a valid datetime or date, invalid character in year";
	}
	if (!iso.has_offset) {
		*ret_type = "timezone_aware";
		return "Input should have timezone info";
	}
	*ret = iso.local_us - iso.offset * TW_US_SEC;
	if (!tw_time_ok(*ret)) {
		*ret_type = "datetime_parsing";
		return "Input should be a valid datetime, year is out of range";
	}
	return NULL;
}

static size_t characters(struct tw_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static const char *enum_text(const char *const *values, char *out, size_t size)
{
	size_t n = 0, used = 0;

	while (values[n])
		n++;
	out[0] = '\0';
	for (size_t i = 0; i < n && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s'%s'",
					 !i	      ? ""
					 : i + 1 == n ? " or "
						      : ", ",
					 values[i]);
	return out;
}

static void check_enum(struct tw_faults *f, const struct tw_body_field *field, struct tw_value v)
{
	char names[300], msg[340];

	for (const char *const *p = field->values; v.kind == TW_V_STR && *p; p++)
		if (tw_str_is(v.s, *p))
			return;
	enum_text(field->values, names, sizeof names);
	snprintf(msg, sizeof msg, "Input should be %s", names);
	tw_fault(f, "enum", "body", tw_str(field->name), msg, v, "expected", tw_v_cstr(names));
}

static void check_str(struct tw_faults *f, const struct tw_body_field *field, struct tw_value v)
{
	char msg[80];

	if (v.kind != TW_V_STR) {
		tw_fault(f, "string_type", "body", tw_str(field->name),
			 "Input should be a valid string", v, NULL, TW_NULL);
		return;
	}
	if (memchr(v.s.p ? v.s.p : "", 0, v.s.n))
		tw_fault(f, "value_error", "body", tw_str(field->name), "Value error, a text holds no NUL character", v,
			 NULL, TW_NULL);
	if (field->max && characters(v.s) > (size_t)field->max) {
		snprintf(msg, sizeof msg, "String should have at most %lld characters",
			 (long long)field->max);
		tw_fault(f, "string_too_long", "body", tw_str(field->name), msg, v, "max_length",
			 tw_v_int(field->max));
	}
}

static void check_int(struct tw_faults *f, const struct tw_body_field *field, struct tw_value v)
{
	char msg[80];

	if (v.kind != TW_V_INT) {
		tw_fault(f, "int_type", "body", tw_str(field->name),
			 "Input should be a valid integer", v, NULL, TW_NULL);
		return;
	}
	if (field->has_min && v.i < field->min) {
		snprintf(msg, sizeof msg, "Input should be greater than or equal to %lld",
			 (long long)field->min);
		tw_fault(f, "greater_than_equal", "body", tw_str(field->name), msg, v, "ge",
			 tw_v_int(field->min));
	}
}

static void check_time(struct tw_faults *f, const struct tw_body_field *field, struct tw_value v)
{
	const char *type = "datetime_type", *why = "Input should be a valid datetime";
	tw_time t;

	if (v.kind == TW_V_STR)
		why = tw_aware_time(v.s, &t, &type);
	if (why)
		tw_fault(f, type, "body", tw_str(field->name), why, v, NULL, TW_NULL);
}

static bool all_strings(struct tw_value v)
{
	for (size_t i = 0; i < tw_value_len(v); i++)
		if (v.list->v[i].kind != TW_V_STR)
			return false;
	return true;
}

static void check_field(struct tw_faults *f, const struct tw_body_field *field, struct tw_value v)
{
	static const struct {
		const char *type, *msg;
	} kinds[] = {
		[TW_B_NUM] = {"float_type", "Input should be a valid number"},
		[TW_B_BOOL] = {"bool_type", "Input should be a valid boolean"},
		[TW_B_OBJECT] = {"dict_type", "Input should be a valid dictionary"},
		[TW_B_LIST] = {"list_type", "Input should be a valid list"},
		[TW_B_STRS] = {"list_type", "Input should be a valid list"},
	};
	bool ok = true;

	if (v.kind == TW_V_NULL && field->nullable)
		return;
	switch (field->kind) {
	case TW_B_STR:
		check_str(f, field, v);
		return;
	case TW_B_INT:
		check_int(f, field, v);
		return;
	case TW_B_TIME:
		check_time(f, field, v);
		return;
	case TW_B_ENUM:
		check_enum(f, field, v);
		return;
	case TW_B_NUM:
		ok = v.kind == TW_V_INT || v.kind == TW_V_FLOAT;
		break;
	case TW_B_BOOL:
		ok = v.kind == TW_V_BOOL;
		break;
	case TW_B_OBJECT:
		ok = v.kind == TW_V_MAP;
		break;
	case TW_B_LIST:
		ok = v.kind == TW_V_LIST;
		break;
	case TW_B_STRS:
		ok = v.kind == TW_V_LIST && all_strings(v);
		break;
	case TW_B_ANY:
		break;
	}
	if (!ok)
		tw_fault(f, kinds[field->kind].type, "body", tw_str(field->name),
			 kinds[field->kind].msg, v, NULL, TW_NULL);
}

static bool known(const struct tw_body_field *fields, struct tw_str key)
{
	for (; fields->name; fields++)
		if (tw_str_is(key, fields->name))
			return true;
	return false;
}

void tw_body_check(struct tw_faults *f, struct tw_value body, const struct tw_body_field *fields)
{
	for (const struct tw_body_field *field = fields; field->name; field++) {
		const struct tw_value *v = tw_map_findc(body, field->name);

		if (v)
			check_field(f, field, *v);
		else if (field->required)
			tw_fault(f, "missing", "body", tw_str(field->name), "Field required", body,
				 NULL, TW_NULL);
	}
	for (size_t i = 0; body.kind == TW_V_MAP && i < body.map->n; i++) {
		const struct tw_pair *p = &body.map->v[i];

		if (!known(fields, p->key.s))
			tw_fault(f, "extra_forbidden", "body", p->key.s,
				 "Extra inputs are not permitted", p->value, NULL, TW_NULL);
	}
}

bool tw_body_read(struct tw_request *req, struct tw_response *resp,
		  const struct tw_body_field *fields, struct tw_value *ret_body)
{
	struct tw_faults f;

	if (!tw_request_json(req, resp, ret_body))
		return false;
	tw_faults_init(&f, resp);
	tw_body_check(&f, *ret_body, fields);
	return !tw_faults_any(&f);
}

tw_time tw_body_time(struct tw_value body, const char *key)
{
	struct tw_str text = tw_map_str(body, key, NULL);
	const char *type;
	tw_time t = TW_TIME_NONE;

	return text.p && !tw_aware_time(text, &t, &type) ? t : TW_TIME_NONE;
}

bool tw_masked_in(struct tw_request *req, struct tw_value body, const char *field)
{
	struct tw_str mask[32];
	size_t n = tw_query_all(req, "update_mask", mask, 32);

	if (!tw_body_has(body, field))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct tw_str rest = mask[i];

		while (rest.p)
			if (tw_str_is(tw_str_trim(tw_str_cut(rest, ',', &rest)), field))
				return true;
	}
	return n == 0;
}
