/*
 * Templates: lexer, parser, evaluator, filters and date-times, over a small context and tight
 * budgets. The first byte picks options ('a' + bits); the rest is the template, which may also
 * include itself. What renders once renders again to the same text.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "template/airflow.h"
#include "template/datetime.h"
#include "value/json.h"

static const char data[] =
	"{\"dag\": {\"dag_id\": \"d\"}, \"task\": {\"task_id\": \"t\", \"task_type\": \"X\"},"
	" \"ti\": {\"try_number\": 1, \"state\": \"running\"}, \"run_id\": \"r\","
	" \"dag_run\": {\"run_type\": \"manual\", \"conf\": {\"k\": [1, 2.5, null, \"s\"]}},"
	" \"params\": {\"n\": 3, \"l\": [3, 1, 2], \"d\": {\"a\": {\"b\": \"c\"}}},"
	" \"logical_date\": \"2026-03-01T06:00:00.000001Z\","
	" \"data_interval_start\": \"2026-03-01T06:00:00Z\","
	" \"data_interval_end\": \"2026-03-02T06:00:00Z\","
	" \"s\": \"Hello, W\\u00f6rld \\ud83d\\ude00 <b>\", \"nums\": [3, -1, 2, 2.5, true],"
	" \"users\": [{\"name\": \"John\", \"age\": 30}, {\"name\": \"jane\", \"age\": 25}]}";

struct self {
	struct tw_str text;
};

static enum tw_rc load(void *ud, struct tw_str name, struct tw_arena *a, struct tw_str *ret,
		       struct tw_err *err)
{
	(void)err;
	if (name.n > 3)
		return TW_ERR_NOT_FOUND;
	*ret = tw_str_copy(a, ((struct self *)ud)->text);
	return TW_OK;
}

static enum tw_rc resolve(void *ud, const struct tw_airflow_ask *ask, struct tw_arena *a,
			  struct tw_value *ret, struct tw_err *err)
{
	(void)ud;
	(void)err;
	if (ask->key.n > 5)
		return ask->key.n > 8 ? TW_ERR_AGAIN : TW_ERR_NOT_FOUND;
	*ret = tw_v_str(tw_str_copy(a, TW_STR("{\"a\": [1]}")));
	if (ask->kind == TW_ASK_CONNECTION)
		*ret = tw_v_map(a);
	return TW_OK;
}

static enum tw_rc render(struct tw_template *tpl, struct tw_str text, bool native, unsigned flags,
			 struct tw_buf *out)
{
	struct tw_arena a = {0};
	struct tw_err err = {0};
	struct self self = {text};
	struct tw_airflow af = {.ud = &self, .load = load, .resolve = resolve};
	struct tw_tpl_env env = {.flags = flags,
				 .limits = {.steps = 20000, .memory = 4 << 20, .output = 1 << 18}};
	struct tw_value v;
	enum tw_rc rc;

	TW_ASSERT(tw_json_parse(&a, tw_str(data), &af.data, &err) == TW_OK);
	tw_airflow_env(&af, &env);
	if (native)
		rc = tw_template_render_native(tpl, &env, &a, &v, &err);
	else
		rc = tw_template_render(tpl, &env, &a, out, &err);
	TW_ASSERT(rc == TW_OK || err.rc == rc);
	TW_ASSERT((rc == TW_ERR_INVALID) == (env.fault.kind != TW_TPL_FAULT_NONE) ||
		  rc != TW_ERR_INVALID);
	TW_ASSERT(rc != TW_ERR_NOT_FOUND);
	tw_arena_release(&a);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	TW_AUTO(tw_buf_release) struct tw_buf one = {0};
	TW_AUTO(tw_buf_release) struct tw_buf two = {0};
	TW_AUTO(tw_template_unrefp) struct tw_template *tpl = NULL;
	struct tw_err err = {0};
	struct tw_str text;
	unsigned flags;

	if (!size || size > 100000)
		return 0;
	flags = (bytes[0] - 'a') & 0x1f;
	text = tw_strn((const char *)bytes + 1, size - 1);
	if (tw_template_compile(TW_STR("t"), text, flags, &tpl, NULL, &err) < 0) {
		TW_ASSERT(err.msg[0]);
		return 0;
	}
	render(tpl, text, false, flags, &one);
	render(tpl, text, false, flags, &two);
	TW_ASSERT(tw_str_eq(tw_buf_str(&one), tw_buf_str(&two)));
	render(tpl, text, true, flags, &two);
	return 0;
}
