#include <stdio.h>
#include <string.h>

#include "api/ask.h"

void tw_faults_init(struct tw_faults *f, struct tw_response *resp)
{
	*f = (struct tw_faults){.resp = resp};
}

static void place(struct tw_jw *w, const struct tw_place *at)
{
	if (at->up)
		place(w, at->up);
	if (at->name.p)
		tw_jw_str(w, at->name);
	else
		tw_jw_int(w, at->index);
}

void tw_fault_at(struct tw_faults *f, const char *type, const struct tw_place *at, const char *msg,
		 struct tw_value input, const char *ctx_key, struct tw_value ctx)
{
	struct tw_jw *w = &f->w;

	f->n++;
	if (!f->resp)
		return;
	if (f->n == 1) {
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
	place(w, at);
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

void tw_fault(struct tw_faults *f, const char *type, const char *where, struct tw_str name,
	      const char *msg, struct tw_value input, const char *ctx_key, struct tw_value ctx)
{
	const struct tw_place top = {.name = tw_str(where)}, below = {.up = &top, .name = name};

	tw_fault_at(f, type, name.p ? &below : &top, msg, input, ctx_key, ctx);
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
