/* Task instances: set state or note, and clear; each with a rehearsal (dry_run) that only lists. */
#include <stdio.h>
#include <stdlib.h>

#include "api/bulk.h"
#include "api/change.h"
#include "api/markers.h"
#include "io/clock.h"
#include "model/dag.h"
#include "model/graph.h"
#include "store/tis.h"

static const struct tw_str none = {0};

/* Ids of the tasks in a set, in the arena. */
static struct tw_str *ids_of(const struct tw_dag *dag, const tw_bits *set, struct tw_arena *a,
			     size_t *ret_n)
{
	struct tw_str *ids = tw_arena_array(a, struct tw_str, (size_t)dag->ntasks + 1);

	*ret_n = 0;
	for (int i = 0; i < dag->ntasks; i++)
		if (tw_bit(set, i))
			ids[(*ret_n)++] = tw_str_copy(a, dag->tasks[i].task_id);
	return ids;
}

/* Runs of the DAG that are meant: this one, or with its neighbours in time. */
static void run_conds(struct tw_asker *q, const struct tw_run_row *run, bool past, bool future)
{
	tw_asker_path(q, "dag_id", run->dag_id);
	if (!past && !future)
		tw_asker_add(q, (struct tw_cond){
					.field = "run_id", .op = TW_OP_EQ, .text = run->run_id});
	if (past != future)
		tw_asker_add(q, (struct tw_cond){.field = "logical_date",
						 .op = past ? TW_OP_LE : TW_OP_GE,
						 .time = run->logical_date});
}

/* ── state ────────────────────────────────────────────────────────────────────────────── */

struct patch {
	struct tw_value body;
	struct tw_str dag_id, run_id, task_id, group_id, state;
	bool noted, one_index, dry_run;
	int64_t index;
	struct tw_run_view run;
	struct tw_str *run_ids;	 /* this run, and its neighbours in time that are meant */
	size_t nrun_ids;
	struct tw_chosen here;	 /* the task's own instances in this run */
	struct tw_chosen chosen; /* those whose state changes */
};

/* A list of one text, which clients of Airflow know it by. */
static void no_ti(struct tw_response *resp, const struct patch *p)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	char index[24] = "None";

	if (p->one_index)
		snprintf(index, sizeof index, "%lld", (long long)p->index);
	tw_buf_printf(&text,
		      "The Task Instance with dag_id: `" TW_STR_FMT "`, run_id: `" TW_STR_FMT "`, task_id: `" TW_STR_FMT
		      "` and map_index: `%s` was not found",
		      TW_STR_ARG(p->dag_id), TW_STR_ARG(p->run_id), TW_STR_ARG(p->task_id), index);
	resp->status = 404;
	tw_jw_obj(&w);
	tw_jw_key(&w, "detail");
	tw_jw_list(&w);
	tw_jw_str(&w, tw_buf_str(&text));
	tw_jw_end(&w);
	tw_jw_end(&w);
}

static void no_group_tis(struct tw_response *resp, const struct patch *p)
{
	tw_reply_error(resp, 404, "No task instances found for task group '" TW_STR_FMT "' in dag run '" TW_STR_FMT "'",
		       TW_STR_ARG(p->group_id), TW_STR_ARG(p->run_id));
}

/*
 * A schedule that comes again and again: its runs (and backfilled ones) count as neighbours, those made by hand do not. A DAG that is
 * never scheduled: all of its runs. Any other schedule, and a run without a logical date: none.
 */
static bool is_neighbour(const struct tw_dag *dag, const struct tw_run_row *run)
{
	return !dag->timetable->can_be_scheduled || run->type == TW_RUNTYPE_SCHEDULED ||
	       run->type == TW_RUNTYPE_BACKFILL;
}

static bool pick_runs(struct tw_request *req, struct tw_response *resp, struct patch *p,
		      const struct tw_dag *dag)
{
	bool past = tw_map_bool(p->body, "include_past", false);
	bool future = tw_map_bool(p->body, "include_future", false);
	const struct tw_run_row *own = &p->run.run;
	struct tw_cond conds[2] = {{.field = "dag_id", .op = TW_OP_EQ, .text = own->dag_id},
				   {.field = "logical_date",
				    .op = past && future ? TW_OP_NOT_NULL
					  : past	 ? TW_OP_LE
							 : TW_OP_GE,
				    .time = own->logical_date}};
	struct tw_ask ask = {.conds = conds, .nconds = 2, .limit = -1};
	bool others = (past || future) && own->logical_date != TW_TIME_NONE &&
		      (dag->timetable->periodic || !dag->timetable->can_be_scheduled);
	struct tw_run_view *v = NULL;
	struct tw_err err = {0};
	int64_t total;
	size_t n = 0;

	if (others &&
	    tw_store_runs(tw_api_store(req, resp), &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	p->run_ids = tw_arena_array(req->arena, struct tw_str, n + 1);
	p->run_ids[p->nrun_ids++] = own->run_id;
	for (size_t i = 0; i < n; i++)
		if (!tw_str_eq(v[i].run.run_id, own->run_id) && is_neighbour(dag, &v[i].run))
			p->run_ids[p->nrun_ids++] = v[i].run.run_id;
	return true;
}

/* What comes after a task, but for teardowns: they are left to do their work. */
static void add_downstream(const struct tw_dag *dag, int task, tw_bits *all)
{
	tw_bits *below = tw_bits_new(dag->ntasks);

	tw_dag_descendants(dag, task, below);
	for (int i = 0; i < dag->ntasks; i++)
		if (tw_bit(below, i) && !dag->tasks[i].is_teardown)
			tw_bit_set(all, i);
	free(below);
}

/* Which tasks of the document: the task or the group's, and its relatives if asked for. */
static bool pick_tasks(struct tw_request *req, struct tw_response *resp, struct patch *p,
		       const struct tw_dag *dag, tw_bits *own, tw_bits *all)
{
	int t = -1;

	if (p->group_id.p) {
		if (!tw_dag_group_tasks(dag, p->group_id, own)) {
			tw_reply_error(resp, 404,
				       "Task group '" TW_STR_FMT "' not found in DAG '" TW_STR_FMT
				       "'",
				       TW_STR_ARG(p->group_id), TW_STR_ARG(p->dag_id));
			return false;
		}
	} else {
		t = tw_dag_task(dag, p->task_id);
		if (t < 0) {
			tw_reply_error(resp, 404,
				       "Task '" TW_STR_FMT "' not found in Dag '" TW_STR_FMT "'",
				       TW_STR_ARG(p->task_id), TW_STR_ARG(p->dag_id));
			return false;
		}
		tw_bit_set(own, t);
	}
	for (int i = 0; i < dag->ntasks; i++) {
		if (!tw_bit(own, i))
			continue;
		tw_bit_set(all, i);
		if (tw_map_bool(p->body, "include_upstream", false))
			tw_dag_ancestors(dag, i, all);
		if (tw_map_bool(p->body, "include_downstream", false))
			add_downstream(dag, i, all);
	}
	return true;
}

static bool choose_here(struct tw_request *req, struct tw_response *resp, struct patch *p,
			struct tw_str *ids, size_t n)
{
	struct tw_asker q;

	tw_asker_init(&q, req, resp);
	run_conds(&q, &p->run.run, false, false);
	tw_asker_add(&q,
		     (struct tw_cond){.field = "task_id", .op = TW_OP_IN, .list = ids, .nlist = n});
	if (p->one_index)
		tw_asker_add(&q, (struct tw_cond){
					 .field = "map_index", .op = TW_OP_EQ, .num = p->index});
	if (!tw_choose(req, resp, &q, &p->here))
		return false;
	if (!p->here.n) {
		if (p->group_id.p)
			no_group_tis(resp, p);
		else
			no_ti(resp, p);
	}
	return p->here.n > 0;
}

/* Those of the relatives' and neighbours' instances that are in another state than the new one. */
static bool choose_all(struct tw_request *req, struct tw_response *resp, struct patch *p,
		       struct tw_str *ids, size_t n)
{
	struct tw_chosen *c = &p->chosen;
	struct tw_asker q;
	size_t kept = 0;

	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", p->dag_id);
	tw_asker_add(&q, (struct tw_cond){.field = "run_id",
					  .op = TW_OP_IN,
					  .list = p->run_ids,
					  .nlist = p->nrun_ids});
	tw_asker_add(&q,
		     (struct tw_cond){.field = "task_id", .op = TW_OP_IN, .list = ids, .nlist = n});
	if (!tw_choose(req, resp, &q, c))
		return false;
	for (size_t i = 0; i < c->n; i++) {
		const struct tw_ti_row *t = &c->v[i].ti;
		const char *state = tw_ti_state_name(t->state);
		bool other_index = p->one_index && tw_str_eq(t->task_id, p->task_id) &&
				   t->map_index != p->index;

		if (!other_index && !(state && tw_str_is(p->state, state)))
			c->v[kept++] = c->v[i];
	}
	c->n = kept;
	return true;
}

static bool choose_patch(struct tw_request *req, struct tw_response *resp, struct patch *p,
			 const struct tw_dag *dag)
{
	tw_bits *own = tw_bits_new(dag->ntasks), *all = tw_bits_new(dag->ntasks);
	bool ok = pick_tasks(req, resp, p, dag, own, all);
	struct tw_str *ids;
	size_t n;

	if (ok) {
		ids = ids_of(dag, own, req->arena, &n);
		ok = choose_here(req, resp, p, ids, n);
	}
	ok = ok && pick_runs(req, resp, p, dag);
	if (ok && p->state.n) {
		ids = ids_of(dag, all, req->arena, &n);
		ok = choose_all(req, resp, p, ids, n);
	}
	free(own);
	free(all);
	return ok;
}

/* What failed below the named ones gets another chance: that is the scheduler's to do. */
static void add_posts(struct tw_request *req, struct tw_posts *posts, const struct patch *p)
{
	struct tw_buf more TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &more};

	tw_buf_printf(&more, "\"state\":\"" TW_STR_FMT "\"", TW_STR_ARG(p->state));
	tw_buf_adds(&more, ",\"named\":");
	tw_jw_list(&w);
	for (size_t i = 0; i < p->here.n; i++)
		if (!i || !tw_str_eq(p->here.v[i].ti.task_id, p->here.v[i - 1].ti.task_id))
			tw_jw_str(&w, p->here.v[i].ti.task_id);
	tw_jw_end(&w);
	tw_posts_add(req, posts, "ti_state", &p->chosen, tw_arena_strdup(req->arena, tw_buf_cstr(&more)));
}

static bool post_patch(struct tw_request *req, struct tw_response *resp, struct patch *p)
{
	struct tw_posts posts = {0};
	bool ok;

	add_posts(req, &posts, p);
	ok = tw_api_post(req, resp, posts.rows.v, posts.rows.n);
	tw_vec_release(&posts.rows);
	if (ok)
		tw_api_keep(req, tw_arena_new(req->arena, struct tw_chosen));
	if (ok)
		*(struct tw_chosen *)tw_api_kept(req) = p->group_id.p && p->state.n ? p->chosen : p->here;
	return ok;
}

/* What the body is about, its note written; false: it has replied. */
static bool plan_patch(struct tw_request *req, struct tw_response *resp, struct patch *p)
{
	const struct tw_dag *dag;
	bool ok;

	if (!p->group_id.p &&
	    tw_store_run(tw_api_store(req, resp), p->dag_id, p->run_id, req->arena, &p->run, NULL) < 0) {
		if (tw_dag_there(req, resp, p->dag_id))
			no_ti(resp, p);
		return false;
	}
	if (p->group_id.p && tw_dag_there(req, resp, p->dag_id) &&
	    tw_store_run(tw_api_store(req, resp), p->dag_id, p->run_id, req->arena, &p->run, NULL) < 0) {
		no_group_tis(resp, p);
		return false;
	}
	if (!tw_run_find(req, resp, p->dag_id, p->run_id, &p->run) ||
	    !tw_dag_load(req, resp, p->dag_id, p->run.run.version_id, &dag))
		return false;
	ok = choose_patch(req, resp, p, dag);
	tw_dag_unref(dag);
	if (!ok || p->dry_run)
		return ok;
	if (p->state.n && !p->chosen.n) {
		if (p->group_id.p)
			tw_reply_error(resp, 409, "All task instances in the group are already in " TW_STR_FMT " state",
				       TW_STR_ARG(p->state));
		else
			tw_reply_error(resp, 409, "Task id " TW_STR_FMT " is already in " TW_STR_FMT " state",
				       TW_STR_ARG(p->task_id), TW_STR_ARG(p->state));
		return false;
	}
	return !p->noted || tw_note_chosen(req, resp, &p->here, tw_map_str(p->body, "note", NULL));
}

static bool begin_patch(struct tw_request *req, struct tw_response *resp, struct patch *p)
{
	p->body = req->json;
	if (!tw_api_store(req, resp))
		return false;
	if (tw_masked_in(req, p->body, "new_state"))
		p->state = tw_map_str(p->body, "new_state", NULL);
	p->noted = tw_masked_in(req, p->body, "note");
	if (!plan_patch(req, resp, p))
		return false;
	if (p->dry_run) {
		const struct tw_chosen *c = p->state.n ? &p->chosen : &p->here;

		tw_reply_tis(req, resp, c->v, c->n, (int64_t)c->n);
		return false;
	}
	return post_patch(req, resp, p);
}

bool tw_ti_patch_one(struct tw_request *req, struct tw_response *resp, const struct tw_ti_row *ti, struct tw_value body,
		     struct tw_value mask, struct tw_posts *posts)
{
	struct patch p = {
		.body = body,
		.dag_id = ti->dag_id,
		.run_id = ti->run_id,
		.task_id = ti->task_id,
		.one_index = true,
		.index = ti->map_index,
		.noted = tw_bulk_changes(body, mask, "note"),
	};

	if (tw_bulk_changes(body, mask, "new_state"))
		p.state = tw_map_str(body, "new_state", NULL);
	if (!plan_patch(req, resp, &p))
		return false;
	add_posts(req, posts, &p);
	return true;
}

static void patch(struct tw_request *req, struct tw_response *resp, struct patch p)
{
	p.dag_id = req->params[0];
	p.run_id = req->params[1];
	if (!req->memo && !begin_patch(req, resp, &p))
		return;
	if (tw_api_settled(req, resp))
		tw_reply_chosen(req, resp, tw_api_kept(req));
}

static void patch_one(struct tw_request *req, struct tw_response *resp, bool dry_run)
{
	struct patch p = {.task_id = req->params[2], .dry_run = dry_run};
	struct tw_asker q;

	tw_asker_init(&q, req, resp);
	p.one_index = tw_query(req, "map_index").p != NULL;
	p.index = tw_asker_int(&q, "map_index", -1, -1);
	if (!tw_faults_any(&q.faults))
		patch(req, resp, p);
}

static void patch_indexed(struct tw_request *req, struct tw_response *resp, bool dry_run)
{
	struct patch p = {.task_id = req->params[2], .dry_run = dry_run, .one_index = true};

	if (tw_path_int(req, resp, 3, "map_index", &p.index))
		patch(req, resp, p);
}

static void patch_ti(struct tw_request *req, struct tw_response *resp)
{
	patch_one(req, resp, false);
}

static void patch_ti_dry(struct tw_request *req, struct tw_response *resp)
{
	patch_one(req, resp, true);
}

static void patch_ti_index(struct tw_request *req, struct tw_response *resp)
{
	patch_indexed(req, resp, false);
}

static void patch_ti_index_dry(struct tw_request *req, struct tw_response *resp)
{
	patch_indexed(req, resp, true);
}

static void patch_group(struct tw_request *req, struct tw_response *resp)
{
	patch(req, resp, (struct patch){.group_id = req->params[2]});
}

static void patch_group_dry(struct tw_request *req, struct tw_response *resp)
{
	patch(req, resp, (struct patch){.group_id = req->params[2], .dry_run = true});
}

/* ── clear ────────────────────────────────────────────────────────────────────────────── */

/* A task, or ["task", map_index]. */
static bool read_marker(struct tw_value v, struct tw_str *ret_id, int64_t *ret_index)
{
	*ret_index = -2;
	if (v.kind == TW_V_STR) {
		*ret_id = v.s;
		return true;
	}
	if (v.kind != TW_V_LIST || tw_value_len(v) != 2 || v.list->v[0].kind != TW_V_STR ||
	    v.list->v[1].kind != TW_V_INT)
		return false;
	*ret_id = v.list->v[0].s;
	*ret_index = v.list->v[1].i;
	return true;
}

struct clear {
	struct tw_value body, markers;
	struct tw_run_view run;
	bool one_run, past, future;
	struct tw_chosen chosen;
};

static bool clear_ids(struct tw_request *req, struct tw_response *resp, struct clear *c,
		      struct tw_str **ret_ids, size_t *ret_n)
{
	bool up = tw_map_bool(c->body, "include_upstream", false), down = tw_map_bool(c->body, "include_downstream", false);
	const struct tw_dag *dag;
	tw_bits *these, *set;

	if (!tw_dag_load(req, resp, req->params[0], c->one_run ? c->run.run.version_id : none,
			 &dag))
		return false;
	these = tw_bits_new(dag->ntasks);
	set = tw_bits_new(dag->ntasks);
	for (size_t i = 0; i < tw_value_len(c->markers); i++) {
		struct tw_str id;
		int64_t index;
		int t = read_marker(c->markers.list->v[i], &id, &index) ? tw_dag_task(dag, id) : -1;

		if (t >= 0)
			tw_bit_set(these, t);
	}
	tw_dag_select(dag, these, up, down && !(up && c->one_run), set);
	if (up && down && c->one_run) { /* as Airflow's: in a named run all that is below what is above, too */
		memcpy(these, set, TW_BITS_WORDS(dag->ntasks) * sizeof *these);
		tw_dag_select(dag, these, false, true, set);
	}
	*ret_ids = ids_of(dag, set, req->arena, ret_n);
	free(these);
	free(set);
	tw_dag_unref(dag);
	return true;
}

/* A task named with indexes only is meant with these alone. */
static bool index_meant(struct tw_value markers, const struct tw_ti_row *t)
{
	bool named = false;

	for (size_t i = 0; i < tw_value_len(markers); i++) {
		struct tw_str id;
		int64_t index;

		if (!read_marker(markers.list->v[i], &id, &index) || !tw_str_eq(id, t->task_id))
			continue;
		named = true;
		if (index == -2 || index == t->map_index)
			return true;
	}
	return !named;
}

static bool choose_clear(struct tw_request *req, struct tw_response *resp, struct clear *c)
{
	static const struct tw_str words[] = {{"failed", 6}, {"upstream_failed", 15}, {"running", 7}};
	bool failed = tw_map_bool(c->body, "only_failed", true), running = tw_map_bool(c->body, "only_running", false);
	tw_time start = tw_body_time(c->body, "start_date"),
		end = tw_body_time(c->body, "end_date");
	struct tw_asker q;
	struct tw_str *ids;
	size_t n, kept = 0;

	tw_asker_init(&q, req, resp);
	if (c->one_run) {
		run_conds(&q, &c->run.run, c->past, c->future);
	} else {
		tw_asker_path(&q, "dag_id", req->params[0]);
		if (start != TW_TIME_NONE && !c->past)
			tw_asker_add(&q, (struct tw_cond){.field = "logical_date",
							  .op = TW_OP_GE,
							  .time = start});
		if (end != TW_TIME_NONE && !c->future)
			tw_asker_add(&q, (struct tw_cond){.field = "logical_date",
							  .op = TW_OP_LE,
							  .time = end});
	}
	if (c->markers.kind == TW_V_LIST) {
		if (!clear_ids(req, resp, c, &ids, &n))
			return false;
		if (!n)
			ids[n++] = TW_STR("");
		tw_asker_add(&q,
			     (struct tw_cond){
				     .field = "task_id", .op = TW_OP_IN, .list = ids, .nlist = n});
	}
	if (failed || running)
		tw_asker_add(&q, (struct tw_cond){.field = "state",
						  .op = TW_OP_IN,
						  .list = words + (failed ? 0 : 2),
						  .nlist = failed + failed + running});
	if (!tw_choose(req, resp, &q, &c->chosen))
		return false;
	for (size_t i = 0; i < c->chosen.n; i++)
		if (index_meant(c->markers, &c->chosen.v[i].ti))
			c->chosen.v[kept++] = c->chosen.v[i];
	c->chosen.n = kept;
	return true;
}

/* With what hangs on ExternalTaskMarkers among them, in other DAGs. */
static bool follow_markers(struct tw_request *req, struct tw_response *resp, struct clear *c)
{
	struct tw_markers m = {
		.s = tw_api_store(req, resp),
		.zones = tw_api_zones(req),
		.a = req->arena,
		.now = tw_now(),
		.only_failed = tw_map_bool(c->body, "only_failed", true),
		.only_running = tw_map_bool(c->body, "only_running", false),
	};
	struct tw_err err = {0};
	enum tw_rc rc = TW_OK;
	struct tw_ti_view *all;

	for (size_t i = 0; rc == TW_OK && i < c->chosen.n; i++)
		rc = tw_markers_follow(&m, &c->chosen.v[i].ti, &err);
	if (rc < 0) {
		tw_reply_error(resp, 400, "%s", err.msg);
	} else if (m.found.n) {
		all = tw_arena_array(req->arena, struct tw_ti_view, c->chosen.n + m.found.n);
		memcpy(all, c->chosen.v, c->chosen.n * sizeof *all);
		memcpy(all + c->chosen.n, m.found.v, m.found.n * sizeof *all);
		c->chosen.v = all;
		c->chosen.n += m.found.n;
	}
	tw_markers_release(&m);
	return rc == TW_OK;
}

static bool markers_ok(struct tw_response *resp, struct tw_value markers)
{
	for (size_t i = 0; i < tw_value_len(markers); i++) {
		struct tw_str id;
		int64_t index;

		if (!read_marker(markers.list->v[i], &id, &index)) {
			tw_reply_invalid(resp, "string_type", "body", "task_ids",
					 "Input should be a valid string", markers.list->v[i]);
			return false;
		}
	}
	return true;
}

/* Airflow's model says these by a validator of its own. */
static bool clear_body_ok(struct tw_response *resp, struct tw_value body)
{
	tw_time start = tw_body_time(body, "start_date"), end = tw_body_time(body, "end_date");
	struct tw_value ids = tw_map_value(body, "task_ids");
	bool run = tw_map_str(body, "dag_run_id", "").n > 0, from = start != TW_TIME_NONE, to = end != TW_TIME_NONE;
	const char *wrong = NULL;

	if (tw_map_bool(body, "only_failed", false) && tw_map_bool(body, "only_running", false))
		wrong = "Value error, only_failed and only_running both are set to True";
	else if (from && to && start > end)
		wrong = "Value error, end_date is sooner than start_date";
	else if (from && to && run)
		wrong = "Value error, Exactly one of dag_run_id or (start_date and end_date) must be provided";
	else if (from && run)
		wrong = "Value error, Exactly one of dag_run_id or start_date must be provided";
	else if (to && run)
		wrong = "Value error, Exactly one of dag_run_id or end_date must be provided";
	else if (ids.kind == TW_V_LIST && !tw_value_len(ids))
		wrong = "Value error, task_ids list should have at least 1 element.";
	if (wrong)
		tw_reply_invalid(resp, "value_error", "body", NULL, wrong, body);
	return !wrong;
}

static bool find_clear_run(struct tw_request *req, struct tw_response *resp, struct clear *c)
{
	struct tw_str run_id = tw_map_str(c->body, "dag_run_id", NULL);
	struct tw_err err = {0};
	enum tw_rc rc;

	c->past = tw_map_bool(c->body, "include_past", false);
	c->future = tw_map_bool(c->body, "include_future", false);
	c->one_run = run_id.p != NULL;
	if (!c->one_run)
		return true;
	rc = tw_store_run(tw_api_store(req, resp), req->params[0], run_id, req->arena, &c->run,
			  &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "Dag Run id " TW_STR_FMT " not found in dag " TW_STR_FMT,
			       TW_STR_ARG(run_id), TW_STR_ARG(req->params[0]));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	else if ((c->past || c->future) && c->run.run.logical_date == TW_TIME_NONE)
		tw_reply_error(resp, 400,
			       "Cannot use include_past or include_future with no "
			       "logical_date(e.g. manually or "
			       "asset-triggered).");
	else
		return true;
	return false;
}

static bool none_running(struct tw_response *resp, const struct clear *c)
{
	for (size_t i = 0; i < c->chosen.n; i++)
		if (c->chosen.v[i].ti.state == TW_TI_RUNNING) {
			tw_reply_error(resp, 409,
				       "Task '" TW_STR_FMT
				       "' is running: it is not cleared, as asked",
				       TW_STR_ARG(c->chosen.v[i].ti.task_id));
			return false;
		}
	return true;
}

static bool post_clear(struct tw_request *req, struct tw_response *resp, struct clear *c)
{
	bool reset = tw_map_bool(c->body, "reset_dag_runs", true);
	bool newest = tw_run_on_latest(req, c->body, req->params[0], false);
	struct tw_posts posts = {0};
	bool ok;

	tw_posts_add(req, &posts, "clear", &c->chosen,
		     tw_arena_printf(req->arena, "\"reset_run\":%s,\"newest_version\":%s",
				     reset ? "true" : "false", newest ? "true" : "false"));
	ok = tw_api_post(req, resp, posts.rows.v, posts.rows.n);
	tw_vec_release(&posts.rows);
	if (ok) {
		struct tw_chosen *kept = tw_arena_new(req->arena, struct tw_chosen);

		*kept = c->chosen;
		tw_api_keep(req, kept);
	}
	return ok;
}

static bool begin_clear(struct tw_request *req, struct tw_response *resp)
{
	struct clear c = {0};
	struct tw_dag_row dag;
	struct tw_err err = {0};

	c.body = req->json;
	if (!tw_api_store(req, resp))
		return false;
	c.markers = tw_map_value(c.body, "task_ids");
	if (tw_store_dag(tw_api_store(req, resp), req->params[0], req->arena, &dag, &err) < 0) {
		tw_reply_error(resp, 404, "The Dag with ID: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(req->params[0]));
		return false;
	}
	if (!clear_body_ok(resp, c.body) || !markers_ok(resp, c.markers) || !find_clear_run(req, resp, &c) ||
	    !choose_clear(req, resp, &c) || !follow_markers(req, resp, &c))
		return false;
	if (tw_map_bool(c.body, "dry_run", true)) {
		tw_reply_tis(req, resp, c.chosen.v, c.chosen.n, (int64_t)c.chosen.n);
		return false;
	}
	if (tw_map_bool(c.body, "prevent_running_task", false) && !none_running(resp, &c))
		return false;
	if (tw_map_value(c.body, "note").kind == TW_V_STR &&
	    !tw_note_chosen(req, resp, &c.chosen, tw_map_str(c.body, "note", "")))
		return false;
	return post_clear(req, resp, &c);
}

static void clear_tis(struct tw_request *req, struct tw_response *resp)
{
	if (!req->memo && !begin_clear(req, resp))
		return;
	if (tw_api_settled(req, resp))
		tw_reply_chosen(req, resp, tw_api_kept(req));
}

#define RUN "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}"

const struct tw_route tw_routes_ti_change[] = {
	{"POST", "/api/v2/dags/{dag_id}/clearTaskInstances", {TW_ON_TI, TW_EDIT}, clear_tis},
	{"PATCH", RUN "/taskGroupInstances/{group_id}", {TW_ON_TI}, patch_group},
	{"PATCH", RUN "/taskGroupInstances/{group_id}/dry_run", {TW_ON_TI}, patch_group_dry},
	{"PATCH", RUN "/taskInstances/{task_id}", {TW_ON_TI}, patch_ti},
	{"PATCH", RUN "/taskInstances/{task_id}/dry_run", {TW_ON_TI}, patch_ti_dry},
	{"PATCH", RUN "/taskInstances/{task_id}/{map_index}", {TW_ON_TI}, patch_ti_index},
	{"PATCH", RUN "/taskInstances/{task_id}/{map_index}/dry_run", {TW_ON_TI},
	 patch_ti_index_dry},
	{0},
};
