/*
 * /ui: what the pages say of a run that takes more than its own rows: what decides its end and when that will be, how it
 * differs from another, how long the DAG's runs and tasks take. For our own UI only: it changes with it.
 */
#include <stdlib.h>

#include "api/ask.h"
#include "api/ui/forecast.h"
#include "api/tables.h"
#include "io/clock.h"
#include "store/compare.h"
#include "store/grid.h"
#include "store/tis.h"

#define PAST_RUNS 30
#define PAST_CELLS 60000 /* a DAG of many tasks looks back less far */
#define DURATION_RUNS 400
#define DIFFERENCES 500
#define DIFFERENCE_CHARS 20000

/* ── reading ──────────────────────────────────────────────────────────────────────────── */

static struct tw_fc_ti fc_ti(const struct tw_dag *dag, const struct tw_grid_ti *t)
{
	return (struct tw_fc_ti){.task = tw_dag_task(dag, t->task_id),
				 .map_index = t->map_index,
				 .state = t->state,
				 .try_number = t->try_number,
				 .scheduled = TW_TIME_NONE,
				 .queued = TW_TIME_NONE,
				 .start = t->start_date,
				 .end = t->end_date};
}

/* A past run's instances, of the tasks that there still are. */
static enum tw_rc past_run(struct tw_store *s, const struct tw_dag *dag, const struct tw_run_row *r, struct tw_arena *a,
			   struct tw_fc_run *ret, struct tw_err *err)
{
	struct tw_grid_ti *cells;
	struct tw_fc_ti *v;
	size_t n, kept = 0;

	TW_TRY(tw_store_grid(s, r->dag_id, r->run_id, a, &cells, &n, err));
	v = tw_arena_array(a, struct tw_fc_ti, n + 1);
	for (size_t i = 0; i < n; i++) {
		v[kept] = fc_ti(dag, &cells[i]);
		kept += v[kept].task >= 0;
	}
	*ret = (struct tw_fc_run){.start = r->start_date, .end = r->end_date, .v = v, .n = kept};
	return TW_OK;
}

static enum tw_rc this_run(struct tw_store *s, const struct tw_dag *dag, const struct tw_run_row *r, struct tw_arena *a,
			   struct tw_fc_run *ret, struct tw_err *err)
{
	struct tw_ti_row *rows;
	struct tw_fc_ti *v;
	size_t n, kept = 0;

	TW_TRY(tw_store_tis_of_run(s, r->dag_id, r->run_id, a, &rows, &n, err));
	v = tw_arena_array(a, struct tw_fc_ti, n + 1);
	for (size_t i = 0; i < n; i++) {
		v[kept] = (struct tw_fc_ti){.task = tw_dag_task(dag, rows[i].task_id),
					    .map_index = rows[i].map_index,
					    .state = rows[i].state,
					    .try_number = rows[i].try_number,
					    .scheduled = rows[i].scheduled_dttm,
					    .queued = rows[i].queued_dttm,
					    .start = rows[i].start_date,
					    .end = rows[i].end_date};
		kept += v[kept].task >= 0;
	}
	*ret = (struct tw_fc_run){.start = r->start_date,
				  .end = tw_run_finished(r->state) ? r->end_date : TW_TIME_NONE,
				  .v = v,
				  .n = kept};
	return TW_OK;
}

/* The successful runs that began last before this one did; newest first. */
static enum tw_rc past_runs(struct tw_store *s, const struct tw_dag *dag, const struct tw_run_row *r, tw_time now,
			    struct tw_arena *a, struct tw_fc_run **ret_v, size_t *ret_n, struct tw_err *err)
{
	static const char *const order[] = {"-start_date"};
	const struct tw_cond conds[] = {
		{.field = "dag_id", .op = TW_OP_EQ, .text = r->dag_id},
		{.field = "state", .op = TW_OP_EQ, .text = TW_STR("success")},
		{.field = "start_date", .op = TW_OP_LT, .time = tw_time_ok(r->start_date) ? r->start_date : now},
		{.field = "run_id", .op = TW_OP_NE, .text = r->run_id},
	};
	int64_t most = PAST_CELLS / (dag->ntasks + 1);
	struct tw_ask ask = {.conds = conds,
			     .nconds = sizeof conds / sizeof *conds,
			     .order_by = order,
			     .norder = 1,
			     .limit = most > PAST_RUNS ? PAST_RUNS : most > TW_FORECAST_FEW ? most : TW_FORECAST_FEW};
	struct tw_run_view *v;
	size_t n;

	TW_TRY(tw_store_runs(s, &ask, a, &v, &n, NULL, err));
	*ret_v = tw_arena_array(a, struct tw_fc_run, n + 1);
	for (size_t i = 0; i < n; i++)
		TW_TRY(past_run(s, dag, &v[i].run, a, &(*ret_v)[i], err));
	*ret_n = n;
	return TW_OK;
}

/* ── forecast ─────────────────────────────────────────────────────────────────────────── */

static void write_band(struct tw_jw *w, const char *key, const struct tw_band *b, bool instants)
{
	const struct {
		const char *name;
		int64_t us;
	} parts[] = {{"p10", b->p10}, {"p50", b->p50}, {"p90", b->p90}};

	tw_jw_key(w, key);
	if (!b->n) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	for (int i = 0; i < 3; i++)
		if (instants)
			tw_jw_time(w, parts[i].name, parts[i].us);
		else
			tw_jw_duration(w, parts[i].name, 0, parts[i].us);
	tw_jw_int_at(w, "n", (int64_t)b->n);
	tw_jw_end(w);
}

static void write_step(struct tw_jw *w, const struct tw_dag *dag, const struct tw_fc_step *s)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "task_id", dag->tasks[s->task].task_id);
	tw_jw_int_at(w, "map_index", s->map_index);
	tw_jw_str_at(w, "state", tw_str(tw_ti_state_name(s->state)));
	tw_jw_int_at(w, "try_number", s->try_number);
	tw_jw_time(w, "ready", s->ready);
	tw_jw_time(w, "scheduled", s->scheduled);
	tw_jw_time(w, "queued", s->queued);
	tw_jw_time(w, "start", s->start);
	tw_jw_time(w, "end", s->end);
	tw_jw_bool_at(w, "expected", s->expected);
	write_band(w, "span", &s->span, false);
	tw_jw_end(w);
}

static void write_forecast(struct tw_jw *w, const struct tw_dag *dag, const struct tw_forecast *fc, tw_time now)
{
	tw_jw_obj(w);
	tw_jw_time(w, "now", now);
	write_band(w, "usual", &fc->usual, false);
	write_band(w, "end", &fc->end, true);
	tw_jw_key(w, "slow");
	if (fc->slow < 0)
		tw_jw_null(w);
	else
		tw_jw_bool(w, fc->slow);
	tw_jw_int_at(w, "few", TW_FORECAST_FEW);
	tw_jw_int_at(w, "ended", fc->ended);
	tw_jw_int_at(w, "open", fc->open);
	tw_jw_int_at(w, "unknown", fc->unknown);
	tw_jw_key(w, "path");
	tw_jw_list(w);
	for (size_t i = 0; i < fc->npath; i++)
		write_step(w, dag, &fc->path[i]);
	tw_jw_end(w);
	tw_jw_end(w);
}

static enum tw_rc forecast(struct tw_store *s, const struct tw_dag *dag, const struct tw_run_row *r, struct tw_arena *a,
			   struct tw_buf *out, struct tw_err *err)
{
	struct tw_jw w = {.out = out};
	struct tw_forecast fc;
	struct tw_fc_run run, *past;
	tw_time now = tw_now();
	size_t npast;

	TW_TRY(this_run(s, dag, r, a, &run, err));
	TW_TRY(past_runs(s, dag, r, now, a, &past, &npast, err));
	tw_forecast(dag, &run, past, npast, now, a, &fc);
	write_forecast(&w, dag, &fc, now);
	return TW_OK;
}

static void get_forecast(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_dag *dag;
	struct tw_run_view v;
	struct tw_err err = {0};

	if (!tw_run_find(req, resp, req->params[0], req->params[1], &v) ||
	    !tw_dag_load(req, resp, req->params[0], v.run.version_id, &dag))
		return;
	if (forecast(tw_api_store(req, resp), dag, &v.run, req->arena, &resp->body, &err) < 0)
		tw_reply_err(resp, &err);
	tw_dag_unref(dag);
}

/* ── two runs ─────────────────────────────────────────────────────────────────────────── */

static int by_key(const struct tw_ti_row *x, const struct tw_ti_row *y)
{
	int c = tw_str_cmp(x->task_id, y->task_id);

	return c ? c : (x->map_index > y->map_index) - (x->map_index < y->map_index);
}

static void write_side(struct tw_jw *w, const struct tw_ti_row *t)
{
	if (!t) {
		tw_jw_null(w);
		return;
	}
	tw_jw_obj(w);
	tw_jw_str_at(w, "state", tw_str(tw_ti_state_name(t->state)));
	tw_jw_int_at(w, "try_number", t->try_number);
	tw_jw_time(w, "queued", t->queued_dttm);
	tw_jw_time(w, "start", t->start_date);
	tw_jw_time(w, "end", t->end_date);
	tw_jw_str_at(w, "pool", t->pool);
	tw_jw_str_at(w, "operator", t->operator_name);
	tw_jw_end(w);
}

static void write_pair(struct tw_jw *w, const struct tw_ti_row *x, const struct tw_ti_row *y)
{
	const struct tw_ti_row *any = x ? x : y;

	tw_jw_obj(w);
	tw_jw_str_at(w, "task_id", any->task_id);
	tw_jw_int_at(w, "map_index", any->map_index);
	tw_jw_str_at(w, "rendered_map_index", any->rendered_map_index);
	tw_jw_key(w, "a");
	write_side(w, x);
	tw_jw_key(w, "b");
	write_side(w, y);
	tw_jw_end(w);
}

static enum tw_rc write_pairs(struct tw_jw *w, struct tw_store *s, const struct tw_run_row *x, const struct tw_run_row *y,
			      struct tw_arena *a, struct tw_err *err)
{
	struct tw_ti_row *v, *u;
	size_t n, m, i = 0, k = 0;

	TW_TRY(tw_store_tis_of_run(s, x->dag_id, x->run_id, a, &v, &n, err));
	TW_TRY(tw_store_tis_of_run(s, y->dag_id, y->run_id, a, &u, &m, err));
	tw_jw_key(w, "tasks");
	tw_jw_list(w);
	while (i < n || k < m) {
		int c = i == n ? 1 : k == m ? -1 : by_key(&v[i], &u[k]);

		write_pair(w, c <= 0 ? &v[i] : NULL, c >= 0 ? &u[k] : NULL);
		i += c <= 0;
		k += c >= 0;
	}
	tw_jw_end(w);
	return TW_OK;
}

static void write_difference(struct tw_jw *w, const struct tw_difference *d, const char *what, struct tw_str name,
			     struct tw_str x, struct tw_str y)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "task_id", d->task_id);
	tw_jw_int_at(w, "map_index", d->map_index);
	tw_jw_str_at(w, what, name);
	tw_jw_str_at(w, "a", x);
	tw_jw_str_at(w, "b", y);
	tw_jw_bool_at(w, "cut", d->cut);
	tw_jw_end(w);
}

static enum tw_rc write_xcoms(struct tw_jw *w, struct tw_store *s, const struct tw_run_row *x, const struct tw_run_row *y,
			      struct tw_arena *a, struct tw_err *err)
{
	struct tw_difference *v;
	size_t n;

	TW_TRY(tw_store_compare_xcoms(s, x->dag_id, x->run_id, y->run_id, DIFFERENCES, DIFFERENCE_CHARS, a, &v, &n, err));
	tw_jw_key(w, "xcoms");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		write_difference(w, &v[i], "key", v[i].key, v[i].a, v[i].b);
	tw_jw_end(w);
	return TW_OK;
}

/* A text as it is, anything else as JSON; p NULL: the field is not there. */
static struct tw_str shown(const struct tw_value *v, struct tw_arena *a)
{
	struct tw_buf json = {0};
	struct tw_str text;

	if (!v)
		return (struct tw_str){0};
	if (v->kind == TW_V_STR)
		return v->s;
	tw_json_write(&json, *v, TW_JSON_COMPACT);
	text = tw_str_copy(a, tw_buf_str(&json));
	tw_buf_release(&json);
	return text;
}

/* The fields of one instance that are not the same. */
static void write_fields(struct tw_jw *w, const struct tw_difference *d, struct tw_arena *a)
{
	struct tw_value x, y;

	if (tw_json_parse(a, d->a, &x, NULL) < 0 || tw_json_parse(a, d->b, &y, NULL) < 0 || x.kind != TW_V_MAP ||
	    y.kind != TW_V_MAP)
		return;
	for (size_t i = 0; i < x.map->n; i++) {
		struct tw_str name = x.map->v[i].key.s, was = shown(&x.map->v[i].value, a), is = shown(tw_map_find(y, name), a);

		if (!is.p || !tw_str_eq(was, is))
			write_difference(w, d, "field", name, was, is);
	}
	for (size_t i = 0; i < y.map->n; i++)
		if (!tw_map_find(x, y.map->v[i].key.s))
			write_difference(w, d, "field", y.map->v[i].key.s, (struct tw_str){0}, shown(&y.map->v[i].value, a));
}

static enum tw_rc write_rendered(struct tw_jw *w, struct tw_store *s, const struct tw_run_row *x, const struct tw_run_row *y,
				 struct tw_arena *a, struct tw_err *err)
{
	struct tw_difference *v;
	size_t n;

	TW_TRY(tw_store_compare_rendered(s, x->dag_id, x->run_id, y->run_id, DIFFERENCES, a, &v, &n, err));
	tw_jw_key(w, "rendered");
	tw_jw_list(w);
	for (size_t i = 0; i < n; i++)
		write_fields(w, &v[i], a);
	tw_jw_end(w);
	return TW_OK;
}

/* ?a=, ?b=: two runs of the DAG. "xcoms" is null to who may not read them. */
static void get_compare(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_run_view v[2];
	struct tw_err err = {0};
	struct tw_store *s;
	enum tw_rc rc;

	if (!tw_run_find(req, resp, req->params[0], tw_query(req, "a"), &v[0]) ||
	    !tw_run_find(req, resp, req->params[0], tw_query(req, "b"), &v[1]))
		return;
	s = tw_api_store(req, resp);
	tw_jw_obj(&w);
	tw_jw_key(&w, "runs");
	tw_jw_list(&w);
	tw_jw_runs(&w, s, v, 2, req->arena);
	tw_jw_end(&w);
	rc = write_pairs(&w, s, &v[0].run, &v[1].run, req->arena, &err);
	if (rc == TW_OK)
		rc = write_rendered(&w, s, &v[0].run, &v[1].run, req->arena, &err);
	if (rc == TW_OK && tw_may(req, TW_ON_XCOM, TW_READ, req->params[0]))
		rc = write_xcoms(&w, s, &v[0].run, &v[1].run, req->arena, &err);
	else
		tw_jw_null_at(&w, "xcoms");
	tw_jw_int_at(&w, "most", DIFFERENCES);
	tw_jw_end(&w);
	if (rc < 0)
		tw_reply_err(resp, &err);
}

/* ── durations ────────────────────────────────────────────────────────────────────────── */

/* Of all runs asked for: each task's microseconds. */
struct series {
	const struct tw_dag *dag;
	size_t nruns;
	int64_t *us; /* [task * nruns + run]; -1: none */
};

static void add_run(struct series *s, size_t run, const struct tw_grid_ti *v, size_t n)
{
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		tw_time first = TW_TIME_MAX, last = TW_TIME_MIN;
		int task = tw_dag_task(s->dag, v[i].task_id);
		bool open = false;

		for (end = i; end < n && tw_str_eq(v[end].task_id, v[i].task_id); end++) {
			if (!tw_time_ok(v[end].start_date))
				continue;
			open = open || !tw_time_ok(v[end].end_date);
			if (v[end].start_date < first)
				first = v[end].start_date;
			if (tw_time_ok(v[end].end_date) && v[end].end_date > last)
				last = v[end].end_date;
		}
		if (task >= 0 && !open && last >= first)
			s->us[(size_t)task * s->nruns + run] = last - first;
	}
}

static void write_series(struct tw_jw *w, const struct series *s, int task)
{
	const int64_t *us = s->us + (size_t)task * s->nruns;
	int64_t *known = tw_reallocarray(NULL, s->nruns + 1, sizeof *known);
	struct tw_band band;
	size_t n = 0;

	for (size_t i = 0; i < s->nruns; i++)
		if (us[i] >= 0)
			known[n++] = us[i];
	band = tw_band_of(known, n);
	free(known);
	tw_jw_obj(w);
	tw_jw_str_at(w, "task_id", s->dag->tasks[task].task_id);
	write_band(w, "band", &band, false);
	tw_jw_key(w, "seconds");
	tw_jw_list(w);
	for (size_t i = 0; i < s->nruns; i++)
		if (us[i] < 0)
			tw_jw_null(w);
		else
			tw_jw_float(w, (double)(us[i] / 1000) / 1000);
	tw_jw_end(w);
	tw_jw_end(w);
}

static enum tw_rc write_durations(struct tw_jw *w, struct tw_store *s, const struct tw_dag *dag, const struct tw_run_view *v,
				  size_t n, struct tw_arena *a, struct tw_err *err)
{
	struct series all = {.dag = dag, .nruns = n, .us = tw_arena_array(a, int64_t, (size_t)dag->ntasks * n + 1)};

	for (size_t i = 0; i < (size_t)dag->ntasks * n; i++)
		all.us[i] = -1;
	for (size_t i = 0; i < n; i++) {
		struct tw_grid_ti *cells;
		size_t ncells;

		TW_TRY(tw_store_grid(s, v[i].run.dag_id, v[i].run.run_id, a, &cells, &ncells, err));
		add_run(&all, i, cells, ncells);
	}
	tw_jw_obj(w);
	tw_jw_key(w, "runs");
	tw_jw_list(w);
	tw_jw_runs(w, s, v, n, a);
	tw_jw_end(w);
	tw_jw_key(w, "tasks");
	tw_jw_list(w);
	for (int i = 0; i < dag->ntasks; i++)
		write_series(w, &all, dag->topo[i]);
	tw_jw_end(w);
	tw_jw_end(w);
	return TW_OK;
}

static const struct tw_param duration_params[] = {
	{"state", TW_P_RUN_STATES, NULL},
	{"run_type", TW_P_RUN_TYPES, NULL},
	{"run_after", TW_P_TIME, NULL},
	{0},
};

/* ?limit=: runs, newest first, and for each task how long it took in each of them. */
static void get_durations(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	const struct tw_dag *dag;
	struct tw_run_view *v;
	struct tw_asker q;
	struct tw_err err = {0};
	size_t n;

	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, duration_params);
	if (!tw_ui_newest_runs(&q, req, resp, 50, DURATION_RUNS, &v, &n) ||
	    !tw_dag_load(req, resp, req->params[0], (struct tw_str){0}, &dag))
		return;
	if (write_durations(&w, tw_api_store(req, resp), dag, v, n, req->arena, &err) < 0)
		tw_reply_err(resp, &err);
	tw_dag_unref(dag);
}

const struct tw_route tw_routes_ui_run[] = {
	{"GET", "/ui/dags/{dag_id}/runs/{run_id}/forecast", {TW_ON_TI}, get_forecast},
	{"GET", "/ui/dags/{dag_id}/compare", {TW_ON_TI}, get_compare},
	{"GET", "/ui/dags/{dag_id}/durations", {TW_ON_TI}, get_durations},
	{0},
};
