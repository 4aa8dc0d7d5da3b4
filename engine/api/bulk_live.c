/* Many runs or task instances in one request: changed through the scheduler, or deleted. */
#include <stdlib.h>

#include "api/bulk.h"
#include "api/change.h"
#include "store/runs.h"

#define NOTE_MAX 1000

static const struct tw_str none = {0};

struct job {
	struct tw_request *req;
	struct tw_store *s;
	struct tw_posts posts; /* for the scheduler, all at once at the end */
	struct tw_bulk_outcome o[TW_BULK_NVERBS];
};

/* The error that resp holds goes to the outcome; resp is as new. */
static void refused(struct job *j, struct tw_bulk_outcome *o, struct tw_response *resp)
{
	struct tw_value v;
	const char *text = "It failed.";

	if (tw_json_parse(j->req->arena, tw_buf_str(&resp->body), &v, NULL) == TW_OK)
		text = tw_arena_printf(j->req->arena, TW_STR_FMT, TW_STR_ARG(tw_map_str(v, "detail", text)));
	tw_bulk_error(o, resp->status, text);
	tw_buf_clear(&resp->body);
	resp->status = 0;
}

/* Posts what was gathered and answers when the scheduler has done it. */
static void finish(struct job *j, struct tw_response *resp)
{
	struct tw_str *kept = tw_arena_new(j->req->arena, struct tw_str);
	struct tw_buf text = {0};

	tw_bulk_reply(&text, j->o);
	*kept = tw_str_copy(j->req->arena, tw_buf_str(&text));
	tw_buf_release(&text);
	if (tw_api_post(j->req, resp, j->posts.rows.v, j->posts.rows.n))
		tw_api_keep(j->req, kept);
	tw_vec_release(&j->posts.rows);
}

static void answer(struct tw_request *req, struct tw_response *resp)
{
	if (req->memo && tw_api_settled(req, resp))
		tw_buf_addstr(&resp->body, *(struct tw_str *)tw_api_kept(req));
}

static struct tw_str of(struct tw_value entity, const char *key, struct tw_str path)
{
	struct tw_str own = entity.kind == TW_V_MAP ? tw_map_str(entity, key, NULL) : none;

	return own.n ? own : path;
}

/* ── runs ─────────────────────────────────────────────────────────────────────────────── */

struct run_entity {
	struct tw_value body;
	struct tw_str dag_id, run_id;
	struct tw_run_view run;
	bool there;
};

static int by_key(const void *a, const void *b)
{
	const struct run_entity *x = a, *y = b;
	int c = tw_str_cmp(x->dag_id, y->dag_id);

	return c ? c : tw_str_cmp(x->run_id, y->run_id);
}

/* Those that name a run at all, in order of their keys; n of them. */
static struct run_entity *run_entities(struct job *j, struct tw_bulk_outcome *o, struct tw_value list, size_t *ret_n)
{
	struct run_entity *v = tw_arena_array(j->req->arena, struct run_entity, tw_value_len(list) + 1);
	size_t n = 0;

	for (size_t i = 0; i < tw_value_len(list); i++) {
		struct tw_value e = list.list->v[i];
		bool text = e.kind == TW_V_STR;
		struct run_entity *r = &v[n];

		r->body = e;
		r->run_id = text ? e.s : tw_map_str(e, "dag_run_id", "");
		r->dag_id = of(e, "dag_id", j->req->params[0]);
		if (tw_str_is(r->dag_id, "~") || tw_str_is(r->run_id, "~")) {
			tw_bulk_error(o, 400,
					 tw_arena_printf(j->req->arena,
							 text ? "When using wildcard in path, dag_id must be specified in "
								"BulkDAGRunBody object, not as string for dag_run_id: " TW_STR_FMT
							      : "When using wildcard in path, dag_id must be specified in "
								"request body for dag_run_id: " TW_STR_FMT,
							 TW_STR_ARG(r->run_id)));
			continue;
		}
		r->there = tw_store_run(j->s, r->dag_id, r->run_id, j->req->arena, &r->run, NULL) == TW_OK;
		n++;
	}
	qsort(v, n, sizeof *v, by_key);
	*ret_n = n;
	return v;
}

static bool missing_runs(struct job *j, struct tw_bulk_outcome *o, const struct run_entity *v, size_t n)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};

	for (size_t i = 0; i < n; i++)
		if (!v[i].there)
			tw_buf_printf(&text, "%s('" TW_STR_FMT "', '" TW_STR_FMT "')", text.n ? ", " : "",
				      TW_STR_ARG(v[i].dag_id), TW_STR_ARG(v[i].run_id));
	if (text.n)
		tw_bulk_error(o, 404,
				 tw_arena_printf(j->req->arena, "The DagRuns with these identifiers: [%s] were not found",
						 tw_buf_cstr(&text)));
	return text.n > 0;
}

static void update_run(struct job *j, struct tw_bulk_outcome *o, const struct run_entity *r, const char *id)
{
	struct tw_value note = tw_map_value(r->body, "note");
	struct tw_str state = tw_map_str(r->body, "state", NULL);
	struct tw_err err = {0};

	if (note.kind == TW_V_STR && tw_store_run_note(j->s, r->dag_id, r->run_id, note.s.n ? note.s : none,
						       j->req->user.name, &err) < 0) {
		tw_bulk_error(o, 400, err.msg);
		return;
	}
	if (state.n)
		tw_vec_push(&j->posts.rows, tw_run_state_row(j->req, r->dag_id, r->run_id, state));
	tw_bulk_success(o, tw_str(id));
}

static void delete_run(struct job *j, struct tw_bulk_outcome *o, const struct run_entity *r, const char *id)
{
	struct tw_inbox_row row = {
		.at = TW_TIME_NONE, .kind = TW_STR("run_delete"), .dag_id = r->dag_id, .run_id = r->run_id};
	struct tw_err err = {0};

	if (r->run.run.state == TW_RUN_RUNNING) {
		tw_bulk_error(o, 409,
				 tw_arena_printf(j->req->arena,
						 "The DagRun with dag_id: `" TW_STR_FMT "` and run_id: `" TW_STR_FMT
						 "` cannot be deleted in running state",
						 TW_STR_ARG(r->dag_id), TW_STR_ARG(r->run_id)));
	} else if (tw_store_run_delete(j->s, r->dag_id, r->run_id, &row, &err) < 0) {
		tw_bulk_error(o, 400, err.msg);
	} else {
		tw_bulk_success(o, tw_str(id));
	}
}

static void act_on_runs(struct job *j, struct tw_value action)
{
	enum tw_bulk_verb verb = tw_bulk_verb(action);
	struct tw_bulk_outcome *o = &j->o[verb];
	struct run_entity *v;
	size_t n;

	o->asked = true;
	if (verb == TW_BULK_CREATE) {
		tw_bulk_error(o, 405,
				 "Dag Runs bulk create is not supported. Use the trigger Dag Run endpoint instead.");
		return;
	}
	v = run_entities(j, o, tw_map_value(action, "entities"), &n);
	if (!tw_bulk_skips(action) && missing_runs(j, o, v, n))
		return;
	for (size_t i = 0; i < n; i++) {
		const char *id = tw_arena_printf(j->req->arena, TW_STR_FMT "." TW_STR_FMT, TW_STR_ARG(v[i].dag_id),
						 TW_STR_ARG(v[i].run_id));

		if (v[i].there && verb == TW_BULK_UPDATE)
			update_run(j, o, &v[i], id);
		else if (v[i].there)
			delete_run(j, o, &v[i], id);
	}
	if (verb == TW_BULK_DELETE)
		tw_api_ring(j->req);
}

/* Each run's DAG must allow it; those that name no DAG are told of one by one later. */
static bool may_runs(struct tw_request *req, struct tw_response *resp, struct tw_value actions)
{
	for (size_t i = 0; i < tw_value_len(actions); i++) {
		struct tw_value action = actions.list->v[i], list = tw_map_value(action, "entities");
		enum tw_act acts[2];
		size_t n = tw_bulk_acts(action, acts);

		for (size_t k = 0; k < tw_value_len(list) * n; k++) {
			struct tw_str dag_id = of(list.list->v[k / n], "dag_id", req->params[0]);

			if (!tw_str_is(dag_id, "~") && !tw_need(req, resp, TW_ON_DAG_RUN, acts[k % n], dag_id))
				return false;
		}
	}
	return tw_value_len(actions) || tw_need(req, resp, TW_ON_DAG_RUN, TW_EDIT, none);
}

static void bulk_dag_runs(struct tw_request *req, struct tw_response *resp)
{
	struct job j = {.req = req};
	struct tw_value actions = tw_map_value(req->json, "actions");

	if (!req->memo) {
		j.s = tw_api_store(req, resp);
		if (!j.s || !may_runs(req, resp, actions))
			return;
		for (size_t i = 0; i < tw_value_len(actions); i++)
			act_on_runs(&j, actions.list->v[i]);
		finish(&j, resp);
	}
	answer(req, resp);
}

/* ── task instances ───────────────────────────────────────────────────────────────────── */

struct ti_entity {
	struct tw_value body;
	struct tw_str dag_id, run_id, task_id;
	bool one_index;
	int64_t index;
	struct tw_chosen found;
};

static bool find_tis(struct job *j, struct tw_response *resp, struct ti_entity *e)
{
	struct tw_asker q;

	tw_asker_init(&q, j->req, resp);
	tw_asker_add(&q, (struct tw_cond){.field = "dag_id", .op = TW_OP_EQ, .text = e->dag_id});
	tw_asker_add(&q, (struct tw_cond){.field = "run_id", .op = TW_OP_EQ, .text = e->run_id});
	tw_asker_add(&q, (struct tw_cond){.field = "task_id", .op = TW_OP_EQ, .text = e->task_id});
	if (e->one_index)
		tw_asker_add(&q, (struct tw_cond){.field = "map_index", .op = TW_OP_EQ, .num = e->index});
	return tw_choose(j->req, resp, &q, &e->found);
}

/* false: it names none, which is in the outcome. */
static bool read_ti(struct job *j, struct tw_bulk_outcome *o, struct tw_value body, struct ti_entity *e)
{
	bool text = body.kind == TW_V_STR;

	*e = (struct ti_entity){
		.body = body,
		.dag_id = of(body, "dag_id", j->req->params[0]),
		.run_id = of(body, "dag_run_id", j->req->params[1]),
		.task_id = text ? body.s : tw_map_str(body, "task_id", ""),
		.one_index = !text && tw_map_value(body, "map_index").kind == TW_V_INT,
		.index = text ? -1 : tw_map_int(body, "map_index", -1),
	};
	if (!tw_str_is(e->dag_id, "~") && !tw_str_is(e->run_id, "~"))
		return true;
	tw_bulk_error(o, 400,
			 tw_arena_printf(j->req->arena,
					 text ? "When using wildcard in path, dag_id and dag_run_id must be specified in "
						"BulkTaskInstanceBody object, not as string for task_id: " TW_STR_FMT
					      : "When using wildcard in path, dag_id and dag_run_id must be specified in "
						"request body for task_id: " TW_STR_FMT,
					 TW_STR_ARG(e->task_id)));
	return false;
}

static void no_tis(struct job *j, struct tw_bulk_outcome *o, const struct ti_entity *e)
{
	tw_bulk_error(
		o, 404,
		e->one_index ? tw_arena_printf(j->req->arena,
					       "The task instances with these identifiers: [{'dag_id': '" TW_STR_FMT
					       "', 'dag_run_id': '" TW_STR_FMT "', 'task_id': '" TW_STR_FMT
					       "', 'map_index': %lld}] were not found",
					       TW_STR_ARG(e->dag_id), TW_STR_ARG(e->run_id), TW_STR_ARG(e->task_id),
					       (long long)e->index)
			     : tw_arena_printf(j->req->arena,
					       "No task instances found for dag_id: " TW_STR_FMT ", run_id: " TW_STR_FMT
					       ", task_id: " TW_STR_FMT,
					       TW_STR_ARG(e->dag_id), TW_STR_ARG(e->run_id), TW_STR_ARG(e->task_id)));
}

/* false: it was refused, which ends the action. */
static bool one_ti(struct job *j, struct tw_bulk_outcome *o, enum tw_bulk_verb verb, struct tw_value action,
		   const struct ti_entity *e, const struct tw_ti_row *ti, struct tw_response *resp)
{
	struct tw_err err = {0};

	if (verb == TW_BULK_UPDATE) {
		if (!tw_ti_patch_one(j->req, resp, ti, e->body, tw_map_value(action, "update_mask"), &j->posts)) {
			refused(j, o, resp);
			return false;
		}
	} else if (tw_store_ti_delete(j->s, ti, &err) < 0) {
		tw_bulk_error(o, err.rc == TW_ERR_CONFLICT ? 409 : 400, err.msg);
		return false;
	}
	tw_bulk_success(o, tw_str(tw_arena_printf(j->req->arena, TW_STR_FMT "." TW_STR_FMT "." TW_STR_FMT "[%d]",
						     TW_STR_ARG(ti->dag_id), TW_STR_ARG(ti->run_id),
						     TW_STR_ARG(ti->task_id), ti->map_index)));
	return true;
}

static bool may_ti(struct job *j, struct tw_bulk_outcome *o, enum tw_bulk_verb verb, const struct ti_entity *e)
{
	bool update = verb == TW_BULK_UPDATE;

	if (tw_may(j->req, TW_ON_TI, update ? TW_EDIT : TW_DELETE, e->dag_id))
		return true;
	tw_bulk_error(o, 403,
		      tw_arena_printf(j->req->arena, "User is not authorized to %s task instances for DAG '" TW_STR_FMT "'",
				      update ? "update" : "delete", TW_STR_ARG(e->dag_id)));
	return false;
}

static void act_on_tis(struct job *j, struct tw_value action, struct tw_response *resp)
{
	struct tw_value list = tw_map_value(action, "entities");
	enum tw_bulk_verb verb = tw_bulk_verb(action);
	struct tw_bulk_outcome *o = &j->o[verb];
	struct ti_entity e;

	o->asked = true;
	if (verb == TW_BULK_CREATE) {
		tw_bulk_error(o, 405, "Task instances bulk create is not supported");
		return;
	}
	for (size_t i = 0; i < tw_value_len(list); i++) {
		if (!read_ti(j, o, list.list->v[i], &e) || !may_ti(j, o, verb, &e))
			continue;
		if (!find_tis(j, resp, &e)) {
			refused(j, o, resp);
			return;
		}
		if (!e.found.n && !tw_bulk_skips(action)) {
			no_tis(j, o, &e);
			return;
		}
		for (size_t k = 0; k < e.found.n; k++)
			if (!one_ti(j, o, verb, action, &e, &e.found.v[k].ti, resp))
				return;
	}
}

static void bulk_task_instances(struct tw_request *req, struct tw_response *resp)
{
	struct job j = {.req = req};
	struct tw_value actions = tw_map_value(req->json, "actions");

	if (!req->memo) {
		j.s = tw_api_store(req, resp);
		if (!j.s)
			return;
		for (size_t i = 0; i < tw_value_len(actions); i++)
			act_on_tis(&j, actions.list->v[i], resp);
		finish(&j, resp);
	}
	answer(req, resp);
}

static void delete_task_instance(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view ti;
	struct tw_asker q;
	struct tw_err err = {0};
	int64_t index;

	tw_asker_init(&q, req, resp);
	index = tw_asker_int(&q, "map_index", -1, -1);
	if (!s || tw_faults_any(&q.faults))
		return;
	if (tw_store_ti(s, req->params[0], req->params[1], req->params[2], (int)index, req->arena, &ti, NULL) < 0) {
		tw_reply_error(resp, 404,
			       "The Task Instance with dag_id: `" TW_STR_FMT "`, run_id: `" TW_STR_FMT
			       "`, task_id: `" TW_STR_FMT "` and map_index: `%lld` was not found",
			       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]), TW_STR_ARG(req->params[2]),
			       (long long)index);
	} else if (tw_store_ti_delete(s, &ti.ti, &err) < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_buf_adds(&resp->body, "null");
	}
}

#define RUNS "/api/v2/dags/{dag_id}/dagRuns"

const struct tw_route tw_routes_bulk_live[] = {
	{"PATCH", RUNS, {TW_SIGNED_IN}, bulk_dag_runs},
	{"PATCH", RUNS "/{dag_run_id}/taskInstances", {TW_ON_TI}, bulk_task_instances},
	{"DELETE", RUNS "/{dag_run_id}/taskInstances/{task_id}", {TW_ON_TI}, delete_task_instance},
	{0},
};
