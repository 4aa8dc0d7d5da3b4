/* Task instances: list, get, tries, those of a mapped task. */
#include <stdio.h>

#include "api/ask.h"
#include "api/tables.h"
#include "model/dag.h"

/* ── shapes ───────────────────────────────────────────────────────────────────────────── */

static void trigger_object(struct tw_jw *w, const struct tw_trigger_row *t)
{
	tw_jw_key(w, "trigger");
	if (!t->id) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", t->id);
	tw_jw_str_at(w, "classpath", t->classpath);
	tw_jw_str_at(w, "kwargs", t->kwargs.p ? t->kwargs : TW_STR("{}"));
	tw_jw_time(w, "created_date", t->created_date);
	tw_jw_str_at(w, "queue", t->queue);
	tw_jw_key(w, "triggerer_id");
	if (t->triggerer_id)
		tw_jw_int(w, t->triggerer_id);
	else
		tw_jw_null(w);
	tw_jw_end(w);
}

static void triggerer_job(struct tw_jw *w, struct tw_store *s, int64_t id, struct tw_arena *a)
{
	struct tw_cond cond = {.field = "id", .op = TW_OP_EQ, .num = id};
	struct tw_ask ask = {.conds = &cond, .nconds = 1, .limit = 1};
	struct tw_job_row *job;
	size_t n = 0;

	tw_jw_key(w, "triggerer_job");
	if (id && tw_store_jobs(s, &ask, a, &job, &n, NULL, NULL) == TW_OK && n)
		tw_jw_job(w, job);
	else
		tw_jw_null(w);
}

static void rendered_fields(struct tw_jw *w, struct tw_store *s, const struct tw_ti_row *t,
			    struct tw_arena *a)
{
	struct tw_rendered_row row = {0};

	/* Nothing is rendered before the first start. */
	if (t->try_number > 0 && t->start_date != TW_TIME_NONE)
		tw_store_rendered(s, t->dag_id, t->run_id, t->task_id, t->map_index, a, &row, NULL);
	tw_jw_json_at(w, "rendered_fields", row.fields.n ? row.fields : TW_STR("{}"), a);
}

static void common_fields(struct tw_jw *w, const struct tw_ti_view *v)
{
	const struct tw_ti_row *t = &v->ti;
	struct tw_str shown =
		t->custom_operator_name.n ? t->custom_operator_name : t->operator_name;

	tw_jw_str_at(w, "task_id", t->task_id);
	tw_jw_str_at(w, "dag_id", t->dag_id);
	tw_jw_str_at(w, "dag_run_id", t->run_id);
	tw_jw_int_at(w, "map_index", t->map_index);
	tw_jw_time(w, "start_date", t->start_date);
	tw_jw_time(w, "end_date", t->end_date);
	tw_jw_duration(w, "duration", t->start_date, t->end_date);
	tw_jw_key(w, "state");
	tw_jw_cstr(w, tw_ti_state_name(t->state));
	tw_jw_int_at(w, "try_number", t->try_number);
	tw_jw_int_at(w, "max_tries", t->max_tries);
	tw_jw_str_at(w, "task_display_name",
		     t->task_display_name.n ? t->task_display_name : t->task_id);
	tw_jw_str_at(w, "dag_display_name",
		     v->dag_display_name.n ? v->dag_display_name : t->dag_id);
	tw_jw_str_at(w, "hostname", t->hostname.p ? t->hostname : TW_STR(""));
	tw_jw_str_at(w, "unixname", t->unixname);
	tw_jw_str_at(w, "pool", t->pool.n ? t->pool : TW_STR(TW_POOL_DEFAULT));
	tw_jw_int_at(w, "pool_slots", t->pool_slots);
	tw_jw_str_at(w, "queue", t->queue);
	tw_jw_int_at(w, "priority_weight", t->priority_weight);
	tw_jw_str_at(w, "operator", t->operator_name);
	tw_jw_str_at(w, "operator_name", shown);
	tw_jw_time(w, "queued_when", t->queued_dttm);
	tw_jw_time(w, "scheduled_when", t->scheduled_dttm);
	tw_jw_key(w, "pid");
	if (t->pid)
		tw_jw_int(w, t->pid);
	else
		tw_jw_null(w);
	tw_jw_str_at(w, "executor", t->executor);
	tw_jw_str_at(w, "executor_config", TW_STR("{}"));
}

/* What a mapped instance is called: as its template says, else by its number. */
static void index_label(struct tw_jw *w, const struct tw_ti_row *t)
{
	char number[16];

	if (t->rendered_map_index.p || t->map_index < 0) {
		tw_jw_str_at(w, "rendered_map_index", t->rendered_map_index);
		return;
	}
	snprintf(number, sizeof number, "%d", t->map_index);
	tw_jw_str_at(w, "rendered_map_index", tw_str(number));
}

void tw_jw_tis(struct tw_jw *w, struct tw_store *s, const struct tw_ti_view *v, size_t n,
	       bool history, struct tw_arena *a)
{
	struct tw_str *ids = tw_arena_array(a, struct tw_str, n + 1);
	struct tw_versions versions;

	for (size_t i = 0; i < n; i++)
		ids[i] = v[i].ti.version_id;
	tw_versions_load(s, ids, n, a, &versions);
	for (size_t i = 0; i < n; i++) {
		char id[37];

		tw_jw_obj(w);
		if (!history) {
			tw_id_text(v[i].ti.id, id);
			tw_jw_key(w, "id");
			tw_jw_cstr(w, id);
			tw_jw_time(w, "logical_date", v[i].logical_date);
			tw_jw_time(w, "run_after", v[i].run_after);
		}
		common_fields(w, &v[i]);
		if (!history) {
			tw_jw_str_at(w, "note", v[i].ti.note);
			index_label(w, &v[i].ti);
			rendered_fields(w, s, &v[i].ti, a);
			trigger_object(w, &v[i].trigger);
			triggerer_job(w, s, v[i].triggerer_job_id, a);
		}
		tw_jw_key(w, "dag_version");
		tw_jw_version(w, &versions, v[i].ti.version_id);
		tw_jw_end(w);
	}
}

void tw_reply_tis(struct tw_request *req, struct tw_response *resp, const struct tw_ti_view *v,
		  size_t n, int64_t total)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	tw_jw_key(&w, "task_instances");
	tw_jw_list(&w);
	tw_jw_tis(&w, tw_api_store(req, resp), v, n, false, req->arena);
	tw_jw_end(&w);
	tw_jw_int_at(&w, "total_entries", total);
	tw_jw_null_at(&w, "total_entries_limit");
	tw_jw_null_at(&w, "next_cursor");
	tw_jw_null_at(&w, "previous_cursor");
	tw_jw_end(&w);
}

/* ── list ─────────────────────────────────────────────────────────────────────────────── */

static const struct tw_param list_params[] = {
	{"task_id", TW_P_EQ, NULL},
	{"run_after", TW_P_TIME, NULL},
	{"logical_date", TW_P_TIME, NULL},
	{"start_date", TW_P_TIME, NULL},
	{"end_date", TW_P_TIME, NULL},
	{"updated_at", TW_P_TIME, NULL},
	{"duration", TW_P_NUM, NULL},
	{"task_display_name_pattern", TW_P_LIKE, "task_display_name"},
	{"task_display_name_prefix_pattern", TW_P_PREFIX, "task_display_name"},
	{"dag_id_pattern", TW_P_LIKE, "dag_id"},
	{"dag_id_prefix_pattern", TW_P_PREFIX, "dag_id"},
	{"run_id_pattern", TW_P_LIKE, "run_id"},
	{"run_id_prefix_pattern", TW_P_PREFIX, "run_id"},
	{"state", TW_P_TI_STATES, NULL},
	{"pool", TW_P_IN, NULL},
	{"pool_name_pattern", TW_P_LIKE, "pool"},
	{"pool_name_prefix_pattern", TW_P_PREFIX, "pool"},
	{"queue", TW_P_IN, NULL},
	{"queue_name_pattern", TW_P_LIKE, "queue"},
	{"queue_name_prefix_pattern", TW_P_PREFIX, "queue"},
	{"executor", TW_P_IN, NULL},
	{"version_number", TW_P_INT_IN, "of_version"},
	{"try_number", TW_P_INT_IN, NULL},
	{"operator", TW_P_IN, NULL},
	{"operator_name_pattern", TW_P_LIKE, "operator_name"},
	{"operator_name_prefix_pattern", TW_P_PREFIX, "operator_name"},
	{"map_index", TW_P_INT_IN, NULL},
	{"rendered_map_index_pattern", TW_P_LIKE, "rendered_map_index"},
	{"rendered_map_index_prefix_pattern", TW_P_PREFIX, "rendered_map_index"},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const sort_names[] = {
	"id",
	"state",
	"duration",
	"start_date",
	"end_date",
	"map_index",
	"try_number",
	"logical_date",
	"run_after",
	"data_interval_start",
	"operator",
	"rendered_map_index",
	"data_interval_end",
	"task_id",
	"task_display_name",
	"dag_id",
	"pool",
	"queue",
	"priority_weight",
	NULL,
};
static const char *const sort_fields[] = {"dag_run_id", "run_id", "run_id", "run_id", NULL};
static const struct tw_sort list_sort = {sort_names, sort_fields, "map_index"};

static void list(struct tw_asker *q)
{
	struct tw_request *req = q->req;
	struct tw_jw w = {.out = &q->resp->body};
	struct tw_ti_view *v;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total = 0;
	size_t n;

	if (!tw_asker_done(q, &ask))
		return;
	if (tw_store_tis(tw_api_store(req, q->resp), &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(q->resp, &err);
		return;
	}
	tw_jw_obj(&w);
	tw_jw_key(&w, "task_instances");
	tw_jw_list(&w);
	tw_jw_tis(&w, tw_api_store(req, q->resp), v, n, false, req->arena);
	tw_jw_end(&w);
	tw_jw_cursors(&w, q, total);
	tw_jw_end(&w);
}

/* A group's tasks, by the prefix that their ids share. */
static void no_group(struct tw_response *resp, struct tw_str group_id)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &resp->body};

	tw_buf_printf(&text, "Task group " TW_STR_FMT " not found", TW_STR_ARG(group_id));
	resp->status = 404;
	tw_jw_obj(&w);
	tw_jw_key(&w, "detail");
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "message", tw_buf_str(&text));
	tw_jw_str_at(&w, "reason", TW_STR("not_found"));
	tw_jw_end(&w);
	tw_jw_end(&w);
}

static bool group_cond(struct tw_asker *q, struct tw_str group_id)
{
	const struct tw_dag *dag;
	struct tw_str *ids;
	size_t n = 0;

	if (!group_id.p)
		return true;
	if (!tw_dag_load(q->req, q->resp, q->req->params[0], (struct tw_str){0}, &dag))
		return false;
	ids = tw_arena_array(q->req->arena, struct tw_str, (size_t)dag->ntasks + 1);
	for (int i = 0; i < dag->ntasks; i++)
		for (int g = dag->tasks[i].group; g >= 0; g = dag->groups[g].parent)
			if (tw_str_eq(dag->groups[g].group_id, group_id)) {
				ids[n++] = tw_str_copy(q->req->arena, dag->tasks[i].task_id);
				break;
			}
	tw_dag_unref(dag);
	if (!n) {
		no_group(q->resp, group_id);
		return false;
	}
	tw_asker_add(q,
		     (struct tw_cond){.field = "task_id", .op = TW_OP_IN, .list = ids, .nlist = n});
	return true;
}

static void task_instances_now(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str dag_id = req->params[0], run_id = req->params[1];
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_run_view run;
	struct tw_asker q;

	if (!s)
		return;
	if (!tw_dag_there(req, resp, dag_id))
		return;
	if (!tw_str_is(dag_id, "~") && !tw_str_is(run_id, "~") &&
	    tw_store_run(s, dag_id, run_id, req->arena, &run, NULL) < 0) {
		tw_reply_error(resp, 404,
			       "DagRun with dag_id: `" TW_STR_FMT "` and run_id: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(dag_id), TW_STR_ARG(run_id));
		return;
	}
	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", dag_id);
	tw_asker_path(&q, "run_id", run_id);
	tw_asker_params(&q, list_params);
	tw_asker_page(&q);
	tw_asker_cursor(&q);
	if (group_cond(&q, tw_query(req, "task_group_id")) && tw_asker_order(&q, &list_sort))
		list(&q);
}

static void get_task_instances(struct tw_request *req, struct tw_response *resp)
{
	tw_api_list(req, resp, task_instances_now);
}

static void get_task_instances_batch(struct tw_request *req, struct tw_response *resp)
{
	static const char *const lists[][2] = {
		{"dag_ids", "dag_id"},	  {"dag_run_ids", "run_id"}, {"task_ids", "task_id"},
		{"state", "state"},	  {"pool", "pool"},	     {"queue", "queue"},
		{"executor", "executor"},
	};
	static const char *const ranges[] = {"run_after", "logical_date", "start_date", "end_date",
					     "duration"};
	struct tw_value body = req->json;
	struct tw_asker q;

	if (!tw_api_store(req, resp))
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_readable(&q);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		tw_asker_body_list(&q, body, lists[i][0], lists[i][1]);
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		tw_asker_body_range(&q, body, ranges[i]);
	if (tw_asker_body_page(&q, body, &list_sort))
		list(&q);
}

/* ── of one task ──────────────────────────────────────────────────────────────────────── */

/* Every instance of a task in a run, by map index. */
static enum tw_rc of_task(struct tw_request *req, struct tw_store *s, struct tw_ti_view **ret_v,
			  size_t *ret_n, int64_t limit, struct tw_err *err)
{
	static const char *const order[] = {"map_index"};
	const struct tw_cond conds[] = {
		{.field = "dag_id", .op = TW_OP_EQ, .text = req->params[0]},
		{.field = "run_id", .op = TW_OP_EQ, .text = req->params[1]},
		{.field = "task_id", .op = TW_OP_EQ, .text = req->params[2]},
	};
	struct tw_ask ask = {
		.conds = conds, .nconds = 3, .order_by = order, .norder = 1, .limit = limit};

	return tw_store_tis(s, &ask, req->arena, ret_v, ret_n, NULL, err);
}

static void reply_ti(struct tw_request *req, struct tw_response *resp, const struct tw_ti_view *v)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_tis(&w, tw_api_store(req, resp), v, 1, false, req->arena);
	if (!tw_str_is(tw_query(req, "why"), "true"))
		return;
	/* Ours: into the object that is there. */
	resp->body.n--;
	tw_buf_adds(&resp->body, ",\"why\":");
	tw_why_write(req, tw_api_store(req, resp), v->ti.map_index, &resp->body);
	tw_buf_addc(&resp->body, '}');
}

static void get_task_instance(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view *v;
	struct tw_err err = {0};
	size_t n;

	if (!s)
		return;
	if (of_task(req, s, &v, &n, 1, &err) < 0)
		tw_reply_err(resp, &err);
	else if (!n)
		tw_reply_error(resp, 404,
			       "The Task Instance with dag_id: `" TW_STR_FMT
			       "`, run_id: `" TW_STR_FMT "` and task_id: `" TW_STR_FMT
			       "` was not found",
			       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]),
			       TW_STR_ARG(req->params[2]));
	else if (v[0].ti.map_index != -1)
		tw_reply_error(resp, 404,
			       "Task instance is mapped, add the map_index value to the URL");
	else
		reply_ti(req, resp, &v[0]);
}

static void get_mapped_task_instance(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view v;
	struct tw_err err = {0};
	int64_t index;
	enum tw_rc rc;

	if (!s || !tw_path_int(req, resp, 3, "map_index", &index))
		return;
	rc = index == (int)index ? tw_store_ti(s, req->params[0], req->params[1], req->params[2],
					       (int)index, req->arena, &v, &err)
				 : TW_ERR_NOT_FOUND;
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404,
			       "The Mapped Task Instance with dag_id: `" TW_STR_FMT
			       "`, run_id: `" TW_STR_FMT "`, task_id: `" TW_STR_FMT
			       "`, and map_index: `%lld` was not found",
			       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]),
			       TW_STR_ARG(req->params[2]), (long long)index);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	else
		reply_ti(req, resp, &v);
}

/* No instances may also mean that the task was expanded to none; then it must be a mapped one. */
static bool mapped(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_dag *dag;
	struct tw_run_view run = {0};
	struct tw_str id = req->params[2];
	bool ok = false;
	int t;

	tw_store_run(tw_api_store(req, resp), req->params[0], req->params[1], req->arena, &run,
		     NULL);
	if (!tw_dag_load(req, resp, req->params[0], run.run.version_id, &dag))
		return false;
	t = tw_dag_task(dag, id);
	if (t < 0)
		tw_reply_error(resp, 404, "Task id " TW_STR_FMT " not found", TW_STR_ARG(id));
	else if (!dag->tasks[t].map && dag->tasks[t].mapped_group < 0)
		tw_reply_error(resp, 404, "Task id " TW_STR_FMT " is not mapped", TW_STR_ARG(id));
	else
		ok = true;
	tw_dag_unref(dag);
	return ok;
}

static void get_mapped_task_instances(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view *v;
	struct tw_asker q;
	struct tw_err err = {0};
	size_t n;

	if (!s)
		return;
	if (of_task(req, s, &v, &n, 1, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	if ((!n || v[0].ti.map_index < 0) && !mapped(req, resp))
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", req->params[0]);
	tw_asker_path(&q, "run_id", req->params[1]);
	tw_asker_path(&q, "task_id", req->params[2]);
	tw_asker_add(&q, (struct tw_cond){.field = "map_index", .op = TW_OP_GE, .num = 0});
	tw_asker_params(&q, list_params);
	tw_asker_page(&q);
	if (tw_asker_order(&q, &list_sort))
		list(&q);
}

/* ── tries ────────────────────────────────────────────────────────────────────────────── */

static void no_ti(struct tw_request *req, struct tw_response *resp, int64_t index)
{
	tw_reply_error(resp, 404,
		       "The Task Instance with dag_id: `" TW_STR_FMT "`, run_id: `" TW_STR_FMT
		       "`, task_id: `" TW_STR_FMT "` and map_index: `%lld` was not found",
		       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]),
		       TW_STR_ARG(req->params[2]), (long long)index);
}

static void tries(struct tw_request *req, struct tw_response *resp, int64_t index)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_ti_view *v, one;
	struct tw_err err = {0};
	size_t n = 0;

	if (!s)
		return;
	if (index == (int)index &&
	    tw_store_ti_tries(s, req->params[0], req->params[1], req->params[2], (int)index,
			      req->arena, &v, &n, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	if (!n && tw_store_ti(s, req->params[0], req->params[1], req->params[2], (int)index,
			      req->arena, &one, NULL) == TW_OK) {
		v = &one;
		n = 1;
	}
	if (!n) {
		no_ti(req, resp, index);
		return;
	}
	tw_jw_obj(&w);
	tw_jw_key(&w, "task_instances");
	tw_jw_list(&w);
	tw_jw_tis(&w, s, v, n, true, req->arena);
	tw_jw_end(&w);
	tw_jw_int_at(&w, "total_entries", (int64_t)n);
	tw_jw_end(&w);
}

static bool query_index(struct tw_request *req, struct tw_response *resp, int64_t *ret)
{
	struct tw_asker q;

	tw_asker_init(&q, req, resp);
	*ret = tw_asker_int(&q, "map_index", -1, -1);
	return !tw_faults_any(&q.faults);
}

static void get_tries(struct tw_request *req, struct tw_response *resp)
{
	int64_t index;

	if (query_index(req, resp, &index))
		tries(req, resp, index);
}

static void get_mapped_tries(struct tw_request *req, struct tw_response *resp)
{
	int64_t index;

	if (tw_path_int(req, resp, 3, "map_index", &index))
		tries(req, resp, index);
}

static void try_details(struct tw_request *req, struct tw_response *resp, int64_t index,
			int64_t number)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_ti_view *v;
	struct tw_err err = {0};
	size_t n = 0;

	if (!s)
		return;
	if (index == (int)index &&
	    tw_store_ti_tries(s, req->params[0], req->params[1], req->params[2], (int)index,
			      req->arena, &v, &n, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	while (n > 0 && v[n - 1].ti.try_number != number)
		n--;
	if (n)
		tw_jw_tis(&w, s, &v[n - 1], 1, true, req->arena);
	else
		tw_reply_error(resp, 404,
			       "The Task Instance with dag_id: `" TW_STR_FMT
			       "`, run_id: `" TW_STR_FMT "`, task_id: `" TW_STR_FMT
			       "`, try_number: `%lld` and map_index: `%lld` was not found",
			       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]),
			       TW_STR_ARG(req->params[2]), (long long)number, (long long)index);
}

static void get_try(struct tw_request *req, struct tw_response *resp)
{
	int64_t index, number;

	if (tw_path_int(req, resp, 3, "task_try_number", &number) && query_index(req, resp, &index))
		try_details(req, resp, index, number);
}

static void get_mapped_try(struct tw_request *req, struct tw_response *resp)
{
	int64_t index, number;

	if (tw_path_int(req, resp, 3, "map_index", &index) &&
	    tw_path_int(req, resp, 4, "task_try_number", &number))
		try_details(req, resp, index, number);
}

#define TIS "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"

const struct tw_route tw_routes_tis[] = {
	{"GET", TIS, {TW_ON_TI}, get_task_instances},
	{"POST", TIS "/list", {TW_ON_TI, TW_READ}, get_task_instances_batch},
	{"GET", TIS "/{task_id}", {TW_ON_TI}, get_task_instance},
	{"GET", TIS "/{task_id}/listMapped", {TW_ON_TI}, get_mapped_task_instances},
	{"GET", TIS "/{task_id}/tries", {TW_ON_TI}, get_tries},
	{"GET", TIS "/{task_id}/tries/{task_try_number}", {TW_ON_TI}, get_try},
	{"GET", TIS "/{task_id}/{map_index}/tries", {TW_ON_TI}, get_mapped_tries},
	{"GET", TIS "/{task_id}/{map_index}/tries/{task_try_number}", {TW_ON_TI},
	 get_mapped_try},
	{0},
};

/* Behind all others of task instances: {map_index} would take their words. */
const struct tw_route tw_routes_ti_mapped[] = {
	{"GET", TIS "/{task_id}/{map_index}", {TW_ON_TI}, get_mapped_task_instance},
	{0},
};
