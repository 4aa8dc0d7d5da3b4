/* Questions to people: list, get, answer. */
#include "store/hitl.h"

#include <stdlib.h>

#include "api/ask.h"
#include "api/tables.h"
#include "io/clock.h"

/* ── shapes ───────────────────────────────────────────────────────────────────────────── */

static struct tw_value parsed(struct tw_str json, struct tw_arena *a)
{
	struct tw_value v = TW_NULL;

	if (json.p)
		tw_json_parse(a, json, &v, NULL);
	return v;
}

static bool is_param(struct tw_value v)
{
	return v.kind == TW_V_MAP && tw_map_findc(v, "description") && tw_map_findc(v, "schema") &&
	       tw_map_findc(v, "value");
}

/* Bare values get the shape of a Param. */
static void params(struct tw_jw *w, struct tw_value v)
{
	tw_jw_key(w, "params");
	tw_jw_obj(w);
	for (size_t i = 0; v.kind == TW_V_MAP && i < v.map->n; i++) {
		struct tw_value p = v.map->v[i].value;

		tw_jw_keyn(w, v.map->v[i].key.s);
		if (is_param(p)) {
			tw_jw_value(w, p);
			continue;
		}
		tw_jw_obj(w);
		tw_jw_key(w, "value");
		tw_jw_value(w, p);
		tw_jw_null_at(w, "description");
		tw_jw_key(w, "schema");
		tw_jw_obj(w);
		tw_jw_end(w);
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

static void user(struct tw_jw *w, const char *key, struct tw_str id, struct tw_str name)
{
	tw_jw_key(w, key);
	if (!id.p) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	tw_jw_str_at(w, "id", id);
	tw_jw_str_at(w, "name", name);
	tw_jw_end(w);
}

static void question(struct tw_jw *w, struct tw_store *s, const struct tw_hitl_row *h, const struct tw_ti_view *ti,
		     bool history, struct tw_arena *a)
{
	tw_jw_obj(w);
	tw_jw_json_at(w, "options", h->options, a);
	tw_jw_str_at(w, "subject", h->subject);
	tw_jw_str_at(w, "body", h->body);
	tw_jw_json_at(w, "defaults", h->defaults, a);
	tw_jw_bool_at(w, "multiple", h->multiple);
	params(w, parsed(h->params, a));
	tw_jw_json_at(w, "assigned_users", h->assignees.p ? h->assignees : TW_STR("[]"), a);
	tw_jw_time(w, "created_at", h->created_at);
	user(w, "responded_by_user", h->responded_by_id, h->responded_by_name);
	tw_jw_time(w, "responded_at", h->responded_at);
	tw_jw_json_at(w, "chosen_options", h->chosen_options, a);
	tw_jw_json_at(w, "params_input", h->params_input.p ? h->params_input : TW_STR("{}"), a);
	tw_jw_bool_at(w, "response_received", h->responded_at != TW_TIME_NONE);
	tw_jw_key(w, "task_instance");
	tw_jw_tis(w, s, ti, 1, history, a);
	tw_jw_end(w);
}

/* ── list ─────────────────────────────────────────────────────────────────────────────── */

static const struct tw_param list_params[] = {
	{ "dag_id_pattern", TW_P_LIKE, "dag_id" },
	{ "dag_id_prefix_pattern", TW_P_PREFIX, "dag_id" },
	{ "task_id", TW_P_EQ, NULL },
	{ "task_id_pattern", TW_P_LIKE, "task_id" },
	{ "task_id_prefix_pattern", TW_P_PREFIX, "task_id" },
	{ "map_index", TW_P_INT, NULL },
	{ "state", TW_P_TI_STATES, NULL },
	{ "response_received", TW_P_BOOL, NULL },
	{ "responded_by_user_id", TW_P_IN, NULL },
	{ "responded_by_user_name", TW_P_IN, NULL },
	{ "subject_search", TW_P_LIKE, "subject" },
	{ "body_search", TW_P_LIKE, "body" },
	{ "created_at", TW_P_TIME, NULL },
	{"", TW_P_READABLE, NULL},
	{ 0 },
};
static const char *const sort_names[] = {
	"ti_id", "subject", "responded_at", "created_at", "responded_by_user_id", "responded_by_user_name", "dag_id",
	"run_id", "task_display_name", "run_after", "rendered_map_index", "task_instance_operator",
	"task_instance_state", NULL,
};
static const struct tw_sort list_sort = { sort_names, NULL, "ti_id" };

static void get_hitl_details(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = { .out = &resp->body };
	struct tw_hitl_row *rows;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = { 0 };
	int64_t total = 0;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", req->params[0]);
	tw_asker_path(&q, "run_id", req->params[1]);
	tw_asker_params(&q, list_params);
	tw_asker_page(&q);
	if (!tw_asker_order(&q, &list_sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_hitls(s, &ask, req->arena, &rows, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "hitl_details");
	for (size_t i = 0; i < n; i++) {
		struct tw_ti_view ti;

		if (tw_store_ti_by_id(s, rows[i].ti_id, req->arena, &ti, NULL) == TW_OK)
			question(&w, s, &rows[i], &ti, false, req->arena);
	}
	tw_jw_page_end(&w, total);
}

/* ── one ──────────────────────────────────────────────────────────────────────────────── */

static void no_ti(struct tw_request *req, struct tw_response *resp, int64_t index)
{
	tw_reply_error(resp, 404,
		       "The Task Instance with dag_id: `" TW_STR_FMT "`, run_id: `" TW_STR_FMT "`, task_id: `" TW_STR_FMT
		       "` and map_index: `%lld` was not found",
		       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]), TW_STR_ARG(req->params[2]),
		       (long long)index);
}

/* The attempt of a try, or the present one; false: it has replied. */
static bool find_ti(struct tw_request *req, struct tw_response *resp, int64_t index, int64_t try_number,
		    struct tw_ti_view *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view *v;
	size_t n = 0;

	if (index != (int)index) {
		no_ti(req, resp, index);
		return false;
	}
	if (try_number >= 0) {
		tw_store_ti_tries(s, req->params[0], req->params[1], req->params[2], (int)index, req->arena, &v, &n,
				  NULL);
		while (n > 0 && v[n - 1].ti.try_number != try_number)
			n--;
		if (n)
			*ret = v[n - 1];
	} else {
		n = tw_store_ti(s, req->params[0], req->params[1], req->params[2], (int)index, req->arena, ret, NULL) ==
		    TW_OK;
	}
	if (!n)
		no_ti(req, resp, index);
	return n > 0;
}

/* The question too. */
static bool find(struct tw_request *req, struct tw_response *resp, int64_t try_number, struct tw_ti_view *ret_ti,
		 struct tw_hitl_row *ret)
{
	int64_t index;
	char id[37];

	if (!tw_api_store(req, resp) || !tw_path_int(req, resp, 3, "map_index", &index) ||
	    !find_ti(req, resp, index, try_number, ret_ti))
		return false;
	if (tw_store_hitl(tw_api_store(req, resp), ret_ti->ti.id, req->arena, ret, NULL) == TW_OK)
		return true;
	tw_id_text(ret_ti->ti.id, id);
	tw_reply_error(resp, 404, "Human-in-the-loop detail does not exist for Task Instance with id %s", id);
	return false;
}

static void get_hitl_detail(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = { .out = &resp->body };
	struct tw_ti_view ti;
	struct tw_hitl_row h;

	if (find(req, resp, -1, &ti, &h))
		question(&w, tw_api_store(req, resp), &h, &ti, false, req->arena);
}

static void get_hitl_detail_try_detail(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = { .out = &resp->body };
	struct tw_ti_view ti;
	struct tw_hitl_row h;
	int64_t number;

	if (tw_path_int(req, resp, 4, "try_number", &number) && find(req, resp, number, &ti, &h))
		question(&w, tw_api_store(req, resp), &h, &ti, true, req->arena);
}

/* ── the answer ───────────────────────────────────────────────────────────────────────── */

static bool among(struct tw_value list, struct tw_str text)
{
	for (size_t i = 0; i < tw_value_len(list); i++)
		if (list.list->v[i].kind == TW_V_STR && tw_str_eq(list.list->v[i].s, text))
			return true;
	return false;
}

/* Only those who were asked, if anybody in particular was. */
static bool may_answer(struct tw_request *req, struct tw_response *resp, const struct tw_hitl_row *h)
{
	struct tw_value users = parsed(h->assignees, req->arena);
	struct tw_str name = req->user.name;

	if (!tw_value_len(users) || tw_api_of(req)->auth.all_admins)
		return true;
	for (size_t i = 0; i < tw_value_len(users); i++)
		if (tw_str_eq(tw_map_str(users.list->v[i], "id", ""), name))
			return true;
	tw_reply_error(resp, 403, "User=" TW_STR_FMT " (id=" TW_STR_FMT ") is not a respondent for the task.",
		       TW_STR_ARG(name), TW_STR_ARG(name));
	return false;
}

static int by_text(const void *a, const void *b)
{
	return tw_str_cmp(*(const struct tw_str *)a, *(const struct tw_str *)b);
}

/* ['a', 'b'], sorted, as Python prints it. */
static void print_list(struct tw_buf *out, struct tw_value list, struct tw_value except, struct tw_arena *a)
{
	size_t n = 0, len = tw_value_len(list);
	struct tw_str *v = tw_arena_array(a, struct tw_str, len + 1);

	for (size_t i = 0; i < len; i++)
		if (list.list->v[i].kind == TW_V_STR && !among(except, list.list->v[i].s))
			v[n++] = list.list->v[i].s;
	qsort(v, n, sizeof *v, by_text);
	tw_buf_addc(out, '[');
	for (size_t i = 0; i < n; i++)
		tw_buf_printf(out, "%s'" TW_STR_FMT "'", i ? ", " : "", TW_STR_ARG(v[i]));
	tw_buf_addc(out, ']');
}

static bool check_options(struct tw_request *req, struct tw_response *resp, const struct tw_hitl_row *h,
			  struct tw_value chosen)
{
	struct tw_value options = parsed(h->options, req->arena);
	struct tw_buf text = { 0 };

	for (size_t i = 0; i < tw_value_len(chosen); i++) {
		if (among(options, chosen.list->v[i].s))
			continue;
		tw_buf_adds(&text, "Invalid options ");
		print_list(&text, chosen, options, req->arena);
		tw_buf_adds(&text, "; allowed options are ");
		print_list(&text, options, TW_NULL, req->arena);
		tw_reply_error(resp, 400, "%s.", text.p);
		tw_buf_release(&text);
		return false;
	}
	if (h->multiple || tw_value_len(chosen) < 2)
		return true;
	tw_reply_error(resp, 400,
		       "Multiple options chosen but this Human-in-the-loop task accepts only a single option.");
	return false;
}

static struct tw_str dump(struct tw_value v, struct tw_arena *a)
{
	char *text = tw_json_dump(v, TW_JSON_COMPACT);
	struct tw_str s = tw_str_copy(a, tw_str(text));

	free(text);
	return s;
}

static void reply_answer(struct tw_response *resp, const struct tw_hitl_row *h, struct tw_arena *a)
{
	struct tw_jw w = { .out = &resp->body };

	tw_jw_obj(&w);
	user(&w, "responded_by", h->responded_by_id, h->responded_by_name);
	tw_jw_time(&w, "responded_at", h->responded_at);
	tw_jw_json_at(&w, "chosen_options", h->chosen_options, a);
	tw_jw_json_at(&w, "params_input", h->params_input, a);
	tw_jw_end(&w);
}

static void answered_already(struct tw_response *resp, struct tw_id ti)
{
	char id[37];

	tw_id_text(ti, id);
	tw_reply_error(resp, 409,
		       "Human-in-the-loop detail has already been updated for Task Instance with id %s and is not "
		       "allowed to write again.",
		       id);
}

static void update_hitl_detail(struct tw_request *req, struct tw_response *resp)
{
	struct tw_value body = req->json, chosen, input;
	struct tw_ti_view ti;
	struct tw_hitl_row h;
	struct tw_err err = { 0 };
	enum tw_rc rc;

	if (!tw_api_store(req, resp))
		return;
	chosen = tw_map_value(body, "chosen_options");
	input = tw_map_value(body, "params_input");
	if (!tw_value_len(chosen)) {
		struct tw_faults f;

		tw_faults_init(&f, resp);
		tw_fault(&f, "too_short", "body", TW_STR("chosen_options"),
			 "List should have at least 1 item after validation, not 0", chosen, "field_type",
			 tw_v_cstr("List"));
		tw_faults_any(&f);
		return;
	}
	if (!find(req, resp, -1, &ti, &h))
		return;
	if (h.responded_at != TW_TIME_NONE) {
		answered_already(resp, h.ti_id);
		return;
	}
	if (!may_answer(req, resp, &h) || !check_options(req, resp, &h, chosen))
		return;
	h.responded_at = tw_now();
	h.responded_by_id = h.responded_by_name = req->user.name;
	h.chosen_options = dump(chosen, req->arena);
	h.params_input = input.kind == TW_V_MAP ? dump(input, req->arena) : TW_STR("{}");
	rc = tw_store_hitl_answer(tw_api_store(req, resp), &h, req->params[0], req->params[1], &err);
	if (rc == TW_ERR_CONFLICT) {
		answered_already(resp, h.ti_id);
		return;
	}
	if (rc < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_api_ring(req);
	reply_answer(resp, &h, req->arena);
}

#define RUN "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}"
#define DETAIL RUN "/taskInstances/{task_id}/{map_index}/hitlDetails"

const struct tw_route tw_routes_hitl[] = {
	{ "GET", RUN "/hitlDetails", {TW_ON_HITL}, get_hitl_details },
	{ "GET", DETAIL, {TW_ON_HITL}, get_hitl_detail },
	{ "PATCH", DETAIL, {TW_ON_HITL}, update_hitl_detail },
	{ "GET", DETAIL "/tries/{try_number}", {TW_ON_HITL}, get_hitl_detail_try_detail },
	{ 0 },
};
