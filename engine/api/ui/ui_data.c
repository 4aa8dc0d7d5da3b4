/*
 * /ui: what the pages draw and the REST API would need many requests for: a DAG's structure with its
 * groups, runs by tasks, the last runs of many DAGs. For our own UI only: it changes with it.
 */
#include <stdio.h>

#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/tables.h"
#include "io/clock.h"
#include "model/dag.h"
#include "store/backfill.h"
#include "store/grid.h"

#define RUNS_MAX 400
#define DAGS_MAX 200
#define BACKFILLS_MAX 100

/* ── structure ────────────────────────────────────────────────────────────────────────── */

static void write_task(struct tw_jw *w, const struct tw_dag *dag, const struct tw_task *t)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "id", t->task_id);
	tw_jw_str_at(w, "label", t->display_name.n && !tw_str_eq(t->display_name, t->task_id) ? t->display_name : t->label);
	tw_jw_str_at(w, "operator", tw_task_operator(t));
	tw_jw_str_at(w, "group", t->group >= 0 ? dag->groups[t->group].group_id : (struct tw_str){0});
	tw_jw_str_at(w, "trigger_rule", tw_str(tw_trigger_rule_name(t->trigger_rule)));
	tw_jw_key(w, "upstream");
	tw_jw_list(w);
	for (int i = 0; i < t->nupstream; i++)
		tw_jw_int(w, t->upstream[i]);
	tw_jw_end(w);
	tw_jw_bool_at(w, "mapped", t->map != NULL || t->mapped_group >= 0);
	tw_jw_bool_at(w, "setup", t->is_setup);
	tw_jw_bool_at(w, "teardown", t->is_teardown);
	tw_jw_bool_at(w, "native", t->native.p != NULL);
	tw_jw_end(w);
}

static void write_group(struct tw_jw *w, const struct tw_dag *dag, const struct tw_group *g)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "id", g->group_id);
	tw_jw_str_at(w, "label", g->display_name.n ? g->display_name : g->label);
	tw_jw_str_at(w, "parent", g->parent >= 0 ? dag->groups[g->parent].group_id : (struct tw_str){0});
	tw_jw_str_at(w, "tooltip", tw_map_str(g->raw, "tooltip", NULL));
	tw_jw_bool_at(w, "mapped", g->map != NULL);
	tw_jw_end(w);
}

void tw_jw_structure(struct tw_jw *w, const struct tw_dag *dag)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_id", dag->dag_id);
	tw_jw_key(w, "tasks");
	tw_jw_list(w);
	for (int i = 0; i < dag->ntasks; i++)
		write_task(w, dag, &dag->tasks[i]);
	tw_jw_end(w);
	tw_jw_key(w, "order");
	tw_jw_list(w);
	for (int i = 0; i < dag->ntasks; i++)
		tw_jw_int(w, dag->topo[i]);
	tw_jw_end(w);
	tw_jw_key(w, "groups");
	tw_jw_list(w);
	for (int i = 0; i < dag->ngroups; i++)
		write_group(w, dag, &dag->groups[i]);
	tw_jw_end(w);
	tw_jw_key(w, "edge_labels");
	tw_jw_value(w, tw_map_value(dag->doc, "edge_labels"));
	tw_jw_key(w, "dependencies");
	tw_jw_value(w, dag->dependencies);
	tw_jw_end(w);
}

/* ?version_number=: of that version, else of the newest. */
static void get_structure(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_version_row version = {0};
	const struct tw_dag *dag;
	struct tw_err err = {0};
	int64_t number = 0;

	if (!s)
		return;
	if (tw_str_to_int(tw_query(req, "version_number"), &number) && number > 0 &&
	    tw_store_version(s, req->params[0], (int)number, req->arena, &version, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	if (!tw_dag_load(req, resp, req->params[0], version.id, &dag))
		return;
	tw_jw_structure(&w, dag);
	tw_dag_unref(dag);
}

/* ── grid ─────────────────────────────────────────────────────────────────────────────── */

static void write_run(struct tw_jw *w, const struct tw_run_view *v)
{
	const struct tw_run_row *r = &v->run;

	tw_jw_str_at(w, "run_id", r->run_id);
	tw_jw_str_at(w, "state", tw_str(tw_run_state_name(r->state)));
	tw_jw_str_at(w, "run_type", tw_str(tw_run_type_name(r->type)));
	tw_jw_time(w, "logical_date", r->logical_date);
	tw_jw_time(w, "run_after", r->run_after);
	tw_jw_time(w, "queued_at", r->queued_at);
	tw_jw_time(w, "start_date", r->start_date);
	tw_jw_time(w, "end_date", r->end_date);
	tw_jw_int_at(w, "version", v->version_number);
}

/* When several instances are shown as one: the one that a person must know of first. */
static int weight(enum tw_ti_state s)
{
	static const enum tw_ti_state order[TW_TI_NSTATES] = {
		TW_TI_FAILED, TW_TI_UPSTREAM_FAILED, TW_TI_UP_FOR_RETRY, TW_TI_RUNNING, TW_TI_RESTARTING,
		TW_TI_AWAITING_INPUT, TW_TI_DEFERRED, TW_TI_UP_FOR_RESCHEDULE, TW_TI_QUEUED, TW_TI_SCHEDULED,
		TW_TI_NONE, TW_TI_SUCCESS, TW_TI_SKIPPED, TW_TI_REMOVED,
	};

	for (int i = 0; i < TW_TI_NSTATES; i++)
		if (order[i] == s)
			return i;
	return TW_TI_NSTATES;
}

static const char *state_name(int s)
{
	const char *name = tw_ti_state_name((enum tw_ti_state)s);

	return name ? name : "none";
}

/* The instances of one task in one run. */
struct cell {
	struct tw_str task_id;
	enum tw_ti_state state;
	tw_time start, end; /* end: none while one of them runs */
	int tries;
	bool mapped;
	int64_t counts[TW_TI_NSTATES];
};

static struct cell gather(const struct tw_grid_ti *v, size_t n)
{
	struct cell c = {.task_id = v->task_id, .state = v->state, .start = TW_TIME_NONE, .end = TW_TIME_NONE};
	bool open = false;

	c.mapped = n > 1 || v->map_index >= 0;
	for (size_t i = 0; i < n; i++) {
		c.counts[v[i].state]++;
		if (weight(v[i].state) < weight(c.state))
			c.state = v[i].state;
		if (tw_time_ok(v[i].start_date) && (!tw_time_ok(c.start) || v[i].start_date < c.start))
			c.start = v[i].start_date;
		if (tw_time_ok(v[i].end_date) && (!tw_time_ok(c.end) || v[i].end_date > c.end))
			c.end = v[i].end_date;
		open = open || (tw_time_ok(v[i].start_date) && !tw_time_ok(v[i].end_date));
		if (v[i].try_number > c.tries)
			c.tries = v[i].try_number;
	}
	if (open)
		c.end = TW_TIME_NONE;
	return c;
}

/* The cells of a run by task; task_id p NULL: all. false: it has replied. */
static bool read_cells(struct tw_request *req, struct tw_response *resp, struct tw_str run_id, struct tw_str task_id,
		       struct cell **ret_v, size_t *ret_n)
{
	struct tw_grid_ti *v;
	struct tw_err err = {0};
	size_t n, end;

	if (tw_store_grid_of(tw_api_store(req, resp), req->params[0], run_id, task_id, req->arena, &v, &n, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	*ret_v = tw_arena_array(req->arena, struct cell, n + 1);
	*ret_n = 0;
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && tw_str_eq(v[end].task_id, v[i].task_id);)
			end++;
		(*ret_v)[(*ret_n)++] = gather(&v[i], end - i);
	}
	return true;
}

static void write_counts(struct tw_jw *w, const struct cell *c)
{
	tw_jw_obj(w);
	for (int s = 0; s < TW_TI_NSTATES; s++)
		if (c->counts[s])
			tw_jw_int_at(w, state_name(s), c->counts[s]);
	tw_jw_end(w);
}

static void write_seconds(struct tw_jw *w, tw_time t)
{
	if (tw_time_ok(t))
		tw_jw_float(w, (double)(t / 1000) / 1000);
	else
		tw_jw_null(w);
}

/* [task_id, state, start, end, tries], of a mapped task with {state: instances} at the end. */
static void write_cell(struct tw_jw *w, const struct cell *c)
{
	tw_jw_list(w);
	tw_jw_str(w, c->task_id);
	tw_jw_cstr(w, tw_ti_state_name(c->state));
	write_seconds(w, c->start);
	write_seconds(w, c->end);
	tw_jw_int(w, c->tries);
	if (c->mapped)
		write_counts(w, c);
	tw_jw_end(w);
}

/* false: it has replied. */
static bool write_cells(struct tw_jw *w, struct tw_request *req, struct tw_response *resp, const struct tw_run_row *r)
{
	struct cell *v;
	size_t n;

	if (!read_cells(req, resp, r->run_id, (struct tw_str){0}, &v, &n))
		return false;
	tw_jw_key(w, "tasks");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		write_cell(w, &v[i]);
	tw_jw_end(w);
	return true;
}

bool tw_ui_newest_runs(struct tw_asker *q, struct tw_request *req, struct tw_response *resp, int64_t usual, int64_t most,
		       struct tw_run_view **ret_v, size_t *ret_n)
{
	static const char *const order[] = {"-run_after"};
	struct tw_store *s = tw_api_store(req, resp);
	int64_t limit = tw_asker_int(q, "limit", usual, 1);
	struct tw_ask ask;
	struct tw_err err = {0};

	if (!s)
		return false;
	tw_asker_path(q, "dag_id", req->params[0]);
	if (!tw_asker_done(q, &ask))
		return false;
	ask.limit = limit < most ? limit : most;
	ask.order_by = order;
	ask.norder = 1;
	if (tw_store_runs(s, &ask, req->arena, ret_v, ret_n, NULL, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	return true;
}

static const struct tw_param grid_params[] = {
	{"run_id", TW_P_IN, NULL},
	{"state", TW_P_RUN_STATES, NULL},
	{"run_type", TW_P_RUN_TYPES, NULL},
	{"run_after", TW_P_TIME, NULL},
	{0},
};

/* ?limit=, newest first, from run_after_lt on; ?cells=false: the runs alone. */
static void get_grid(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_run_view *v;
	struct tw_asker q;
	bool cells;
	size_t n;

	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, grid_params);
	cells = tw_asker_bool(&q, "cells", true);
	if (!tw_ui_newest_runs(&q, req, resp, 25, RUNS_MAX, &v, &n))
		return;
	tw_jw_obj(&w);
	tw_jw_key(&w, "runs");
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(&w);
		write_run(&w, &v[i]);
		if (cells && !write_cells(&w, req, resp, &v[i].run))
			return;
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

/* ── the cells of many runs ───────────────────────────────────────────────────────────── */

#define CELL_RUNS_MAX 64

static bool same_tasks(const struct cell *a, size_t na, const struct cell *b, size_t nb)
{
	for (size_t i = 0; na == nb && i < na; i++)
		if (!tw_str_eq(a[i].task_id, b[i].task_id))
			return false;
	return na == nb;
}

/* Milliseconds since then, of the times as write_seconds cuts them; -1: none. */
static void write_ms(struct tw_jw *w, tw_time t, tw_time since)
{
	tw_jw_int(w, tw_time_ok(t) && tw_time_ok(since) ? t / 1000 - since / 1000 : -1);
}

/*
 * A column for each thing that cells have, in the order of "tasks" (left out: as in the run before): a letter for the state,
 * start in ms since "at", how long it took, tries; "many" has the counts of mapped ones by their place.
 */
static void write_columns(struct tw_jw *w, const struct cell *v, size_t n, bool with_tasks)
{
	struct tw_buf states TW_AUTO(tw_buf_release) = {0};
	tw_time at = TW_TIME_NONE;

	for (size_t i = 0; i < n; i++) {
		tw_buf_addc(&states, (char)('a' + (int)v[i].state));
		if (tw_time_ok(v[i].start) && (!tw_time_ok(at) || v[i].start < at))
			at = v[i].start;
	}
	if (with_tasks) {
		tw_jw_key(w, "tasks");
		tw_jw_list(w);
		for (size_t i = 0; i < n; i++)
			tw_jw_str(w, v[i].task_id);
		tw_jw_end(w);
	}
	tw_jw_str_at(w, "state", n ? tw_buf_str(&states) : TW_STR(""));
	tw_jw_key(w, "at");
	write_seconds(w, at);
	tw_jw_key(w, "start");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		write_ms(w, v[i].start, at);
	tw_jw_end(w);
	tw_jw_key(w, "took");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		write_ms(w, v[i].end, v[i].start);
	tw_jw_end(w);
	tw_jw_key(w, "tries");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		tw_jw_int(w, v[i].tries);
	tw_jw_end(w);
	tw_jw_key(w, "many");
	tw_jw_obj(w);
	for (size_t i = 0; i < n; i++)
		if (v[i].mapped) {
			char place[24];

			snprintf(place, sizeof place, "%zu", i);
			tw_jw_key(w, place);
			write_counts(w, &v[i]);
		}
	tw_jw_end(w);
}

/* ?run_id=, repeatable; ?task_id=: of this one alone. {"states": [name by letter], "runs": [{"run_id", columns}]} */
static void get_cells(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str ids[CELL_RUNS_MAX];
	size_t nids = tw_query_all(req, "run_id", ids, CELL_RUNS_MAX), n, nbefore = 0;
	struct cell *v, *before = NULL;
	struct tw_jw w = {.out = &resp->body};

	if (!tw_api_store(req, resp))
		return;
	tw_jw_obj(&w);
	tw_jw_key(&w, "states");
	tw_jw_list(&w);
	for (int s = 0; s < TW_TI_NSTATES; s++)
		tw_jw_cstr(&w, tw_ti_state_name((enum tw_ti_state)s));
	tw_jw_end(&w);
	tw_jw_key(&w, "runs");
	tw_jw_list(&w);
	for (size_t i = 0; i < nids; i++) {
		if (!read_cells(req, resp, ids[i], tw_query(req, "task_id"), &v, &n))
			return;
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "run_id", ids[i]);
		write_columns(&w, v, n, !before || !same_tasks(v, n, before, nbefore));
		tw_jw_end(&w);
		before = v;
		nbefore = n;
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

/* ── many DAGs ────────────────────────────────────────────────────────────────────────── */

/* ?dag_id=, repeatable; ?runs=: the last runs of each, newest first: {dag_id: [{…}, …]}. */
static void get_recent(struct tw_request *req, struct tw_response *resp)
{
	static const char *const order[] = {"-run_after"};
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_str *ids = tw_arena_array(req->arena, struct tw_str, DAGS_MAX);
	size_t nids = tw_query_all(req, "dag_id", ids, DAGS_MAX), n;
	struct tw_jw w = {.out = &resp->body};
	struct tw_run_view *v;
	struct tw_err err = {0};
	int64_t runs = 14;

	if (!s)
		return;
	tw_str_to_int(tw_query(req, "runs"), &runs);
	tw_jw_obj(&w);
	for (size_t i = 0; i < nids; i++) {
		if (!tw_may(req, TW_ON_DAG_RUN, TW_READ, ids[i]))
			continue;
		const struct tw_cond cond = {.field = "dag_id", .op = TW_OP_EQ, .text = ids[i]};
		struct tw_ask ask = {.conds = &cond, .nconds = 1, .order_by = order, .norder = 1, .limit = runs < 50 ? runs : 50};

		if (tw_store_runs(s, &ask, req->arena, &v, &n, NULL, &err) < 0) {
			tw_reply_err(resp, &err);
			return;
		}
		tw_jw_keyn(&w, ids[i]);
		tw_jw_list(&w);
		for (size_t k = 0; k < n; k++) {
			tw_jw_obj(&w);
			write_run(&w, &v[k]);
			tw_jw_end(&w);
		}
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
}

static tw_time hours_ago(struct tw_request *req)
{
	int64_t n = 24;

	tw_str_to_int(tw_query(req, "hours"), &n);
	return tw_now() - (n > 0 && n < 4000 ? n : 24) * TW_US_HOUR;
}

/* ?hours=: runs that began in each hour, by state: [{"hour", "state", "n"}]. */
static void get_hours(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_run_hour *v;
	struct tw_err err = {0};
	size_t n;

	if (!s)
		return;
	if (req->user.grants && !tw_fab_reads_all(req->user.grants)) { /* they are of all DAGs together */
		tw_buf_adds(&resp->body, "[]");
		return;
	}
	if (tw_store_run_hours(s, hours_ago(req), req->arena, &v, &n, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "hour", v[i].hour);
		tw_jw_str_at(&w, "state", tw_str(tw_run_state_name(v[i].state)));
		tw_jw_int_at(&w, "n", v[i].n);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
}

/* ── backfills ────────────────────────────────────────────────────────────────────────── */

static bool is_of(struct tw_store *s, struct tw_str dag_id, int64_t id, struct tw_arena *a)
{
	struct tw_backfill_row b;

	return tw_store_backfill(s, id, a, &b, NULL) == TW_OK && tw_str_eq(b.dag_id, dag_id);
}

static enum tw_rc write_progress(struct tw_jw *w, struct tw_store *s, struct tw_str id, struct tw_str dag_id,
				 struct tw_arena *a, struct tw_err *err)
{
	struct tw_backfill_count *v;
	int64_t number;
	size_t n;

	if (!tw_str_to_int(id, &number) || !is_of(s, dag_id, number, a))
		return TW_OK;
	TW_TRY(tw_store_backfill_progress(s, number, a, &v, &n, err));
	tw_jw_keyn(w, id);
	tw_jw_obj(w);
	for (size_t i = 0; i < n; i++) {
		tw_jw_keyn(w, v[i].state);
		tw_jw_int(w, v[i].n);
	}
	tw_jw_end(w);
	return TW_OK;
}

/* ?id= (repeated): how many runs of each are in which state: {"4": {"success": 12, "running": 2}}. */
static void get_progress(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_str ids[BACKFILLS_MAX];
	struct tw_err err = {0};
	enum tw_rc rc = TW_OK;
	size_t n;

	if (!s)
		return;
	n = tw_query_all(req, "id", ids, BACKFILLS_MAX);
	tw_jw_obj(&w);
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		rc = write_progress(&w, s, ids[i], req->params[0], req->arena, &err);
	tw_jw_end(&w);
	if (rc < 0)
		tw_reply_err(resp, &err);
}

const struct tw_route tw_routes_ui_data[] = {
	{"GET", "/ui/dags/recent", {TW_ON_DAG_RUN}, get_recent},
	{"GET", "/ui/dags/{dag_id}/structure", {TW_ON_DAG}, get_structure},
	{"GET", "/ui/dags/{dag_id}/grid", {TW_ON_TI}, get_grid},
	{"GET", "/ui/dags/{dag_id}/cells", {TW_ON_TI}, get_cells},
	{"GET", "/ui/dags/{dag_id}/backfills", {TW_ON_DAG_RUN}, get_progress},
	{"GET", "/ui/hours", {TW_ON_DAG_RUN}, get_hours},
	{0},
};
