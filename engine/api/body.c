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
	if (!ctx_key && ctx.kind == TW_V_MAP) {
		tw_jw_key(w, "ctx");
		tw_jw_value(w, ctx);
	} else if (ctx_key) {
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

#define NO_DATE "Input should be a valid datetime or date, "

static int digits(struct tw_str s, size_t at, size_t n)
{
	int value = 0;

	for (size_t i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		value = value * 10 + (s.p[i] - '0');
	}
	return value;
}

/* What is wrong with the date that a text begins with; NULL: nothing. */
static const char *wrong_date(struct tw_str s)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y, m, d;

	if (s.n < 10)
		return NO_DATE "input is too short";
	y = digits(s, 0, 4);
	m = digits(s, 5, 2);
	d = digits(s, 8, 2);
	if (y < 0)
		return NO_DATE "invalid character in year";
	if (s.p[4] != '-')
		return NO_DATE "invalid date separator, expected `-`";
	if (m < 0)
		return NO_DATE "invalid character in month";
	if (s.p[7] != '-')
		return NO_DATE "invalid date separator, expected `-`";
	if (d < 0)
		return NO_DATE "invalid character in day";
	if (m < 1 || m > 12)
		return NO_DATE "month value is outside expected range of 1-12";
	if (d < 1 || d > days[m - 1] || (m == 2 && d == 29 && (y % 4 || (!(y % 100) && y % 400))))
		return NO_DATE "day value is outside expected range";
	return NULL;
}

const char *tw_time_error(const char *why)
{
	return strncmp(why, NO_DATE, sizeof NO_DATE - 1) ? NULL : why + sizeof NO_DATE - 1;
}

/* Seconds since 1970, or milliseconds where these would be after the year 2600: pydantic's rule. */
static bool unix_time(struct tw_str text, tw_time *ret)
{
	double s;

	if (!tw_str_to_double(text, &s))
		return false;
	if (s > 2e10 || s < -2e10)
		s /= 1000;
	*ret = s < 1e12 && s > -1e12 ? (tw_time)(s * TW_US_SEC) : TW_TIME_NONE;
	return tw_time_ok(*ret);
}

const char *tw_aware_time(struct tw_str text, tw_time *ret, const char **ret_type)
{
	const char *why = wrong_date(text);
	struct tw_iso iso;

	if (unix_time(text, ret))
		return NULL;
	if (!why && tw_iso_parse(text, &iso, NULL) < 0)
		why = NO_DATE "unexpected extra characters at the end of the input";
	if (why) {
		*ret_type = "datetime_from_date_parsing";
		return why;
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

bool tw_accepts(struct tw_request *req, struct tw_response *resp, const char *other, bool *ret_other)
{
	bool any = !req->accept.n || tw_str_starts(req->accept, "*/*") || tw_str_starts(req->accept, "application/json");
	bool is_other = tw_str_starts(req->accept, other);

	if (!any && !is_other)
		tw_reply_error(resp, 406, "Only application/json or %s is supported", other);
	if (ret_other)
		*ret_other = is_other;
	return any || is_other;
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
