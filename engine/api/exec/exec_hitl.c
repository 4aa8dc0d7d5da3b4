/* Questions to people, as the task that asks sees them. */
#include "api/exec/exec.h"

#include <stdlib.h>

#include "store/hitl.h"

#define EXECUTION TW_SCOPE_EXECUTION

static void user(struct tw_jw *w, const char *key, const struct tw_hitl_row *h)
{
	tw_jw_key(w, key);
	if (!h->responded_by_id.p) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	tw_jw_str_at(w, "id", h->responded_by_id);
	tw_jw_str_at(w, "name", h->responded_by_name);
	tw_jw_end(w);
}

static void reply_question(struct tw_exec *x, const struct tw_hitl_row *h)
{
	struct tw_arena *a = x->req->arena;
	struct tw_jw w = { .out = &x->resp->body };

	x->resp->status = 201;
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "ti_id", x->claims.sub);
	tw_jw_json_at(&w, "options", h->options, a);
	tw_jw_str_at(&w, "subject", h->subject);
	tw_jw_str_at(&w, "body", h->body);
	tw_jw_json_at(&w, "defaults", h->defaults, a);
	tw_jw_bool_at(&w, "multiple", h->multiple);
	tw_jw_json_at(&w, "params", h->params, a);
	tw_jw_json_at(&w, "assigned_users", h->assignees.p ? h->assignees : TW_STR("[]"), a);
	tw_jw_end(&w);
}

static void reply_answer(struct tw_exec *x, const struct tw_hitl_row *h)
{
	struct tw_arena *a = x->req->arena;
	struct tw_jw w = { .out = &x->resp->body };

	tw_jw_obj(&w);
	tw_jw_bool_at(&w, "response_received", tw_time_ok(h->responded_at));
	user(&w, "responded_by_user", h);
	tw_jw_time(&w, "responded_at", h->responded_at);
	tw_jw_json_at(&w, "chosen_options", h->chosen_options.p ? h->chosen_options : TW_STR("[]"), a);
	tw_jw_json_at(&w, "params_input", h->params_input.p ? h->params_input : TW_STR("{}"), a);
	tw_jw_end(&w);
}

/* The question; false: it has replied 404. */
static bool find(struct tw_exec *x, struct tw_hitl_row *ret)
{
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_hitl(x->store, x->claims.id, x->req->arena, ret, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_exec_refuse(x, 404, "not_found",
			       "HITLDetail not found. This happens most likely due to clearing task instance before receiving "
			       "response.");
	else if (rc < 0)
		tw_exec_fail(x, &err);
	return rc == TW_OK;
}

static void ask(struct tw_exec *x)
{
	struct tw_hitl_row row;
	struct tw_value ignored;

	if (tw_exec_do(x, "hitl_ask", x->req->json, &ignored) && find(x, &row))
		reply_question(x, &row);
}

static struct tw_str dump(struct tw_exec *x, struct tw_value v)
{
	char *text = tw_json_dump(v, TW_JSON_COMPACT);
	struct tw_str s = tw_str_copy(x->req->arena, tw_str(text));

	free(text);
	return s;
}

/* The task answers in nobody's name: its time is up, and it takes the defaults. */
static void answer(struct tw_exec *x)
{
	struct tw_hitl_row row;
	struct tw_value body = x->req->json, input;
	struct tw_err err = { 0 };

	if (!find(x, &row))
		return;
	if (tw_time_ok(row.responded_at)) {
		tw_reply_error(x->resp, 409, "Human-in-the-loop detail for Task Instance with id " TW_STR_FMT " already exists.",
			       TW_STR_ARG(x->claims.sub));
		return;
	}
	input = tw_map_value(body, "params_input");
	row.responded_at = x->caller.now;
	row.responded_by_id = row.responded_by_name = (struct tw_str){ 0 };
	row.chosen_options = dump(x, tw_map_value(body, "chosen_options"));
	row.params_input = input.kind == TW_V_MAP ? dump(x, input) : TW_STR("{}");
	if (tw_store_hitl_answer(x->store, &row, tw_exec_caller(x)->dag_id, x->caller.run_id, &err) < 0)
		tw_exec_fail(x, &err);
	else
		reply_answer(x, &row);
}

static void get(struct tw_exec *x)
{
	struct tw_hitl_row row;

	if (find(x, &row))
		reply_answer(x, &row);
}

const struct tw_exec_route tw_exec_hitl[] = {
	{ "POST", "/hitlDetails/{task_instance_id}", ask, EXECUTION, true, 0, 0 },
	{ "PATCH", "/hitlDetails/{task_instance_id}", answer, EXECUTION, true, 0, 0 },
	{ "GET", "/hitlDetails/{task_instance_id}", get, EXECUTION, true, 0, 0 },
	{ 0 },
};
