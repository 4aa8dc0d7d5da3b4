/* A DAG document, top to bottom. */
#include "model/dag_read.h"
#include "model/graph.h"
#include "model/params.h"
#include "value/json.h"

struct raw_dag {
	struct tw_dag d;
	struct tw_value callbacks, tasks, groups, allowed_run_types;
	struct tw_str timezone, scope;
	int format;
};

#define D(name, kind, field, ...) { name, kind, offsetof(struct raw_dag, field), ##__VA_ARGS__ }
#define IGNORED(name) { name, TW_F_IGNORED, 0, 0 }

static const struct tw_field dag_fields[] = {
	D("format", TW_F_INT, format, 1),
	D("dag_id", TW_F_STR, d.dag_id, 0),
	D("display_name", TW_F_STR, d.display_name, 0),
	D("description", TW_F_STR, d.description, 0),
	D("doc_md", TW_F_STR, d.doc_md, 0),
	D("fileloc", TW_F_STR, d.fileloc, 0),
	D("relative_fileloc", TW_F_STR, d.relative_fileloc, 0),
	D("schedule", TW_F_MAP, d.schedule, 0),
	D("timetable_summary", TW_F_STR, d.timetable_summary, 0),
	D("timetable_description", TW_F_STR, d.timetable_description, 0),
	D("timezone", TW_F_STR, timezone, 0),
	D("start_date", TW_F_INSTANT, d.start_date, 0),
	D("end_date", TW_F_INSTANT, d.end_date, 0),
	D("default_start_date", TW_F_INSTANT, d.default_start_date, 0),
	D("catchup", TW_F_BOOL, d.catchup, 0),
	D("max_active_runs", TW_F_INT, d.max_active_runs, 0),
	D("max_active_tasks", TW_F_INT, d.max_active_tasks, 0),
	D("max_active_tasks_scope", TW_F_STR, scope, 0),
	D("max_consecutive_failed_dag_runs", TW_F_INT, d.max_consecutive_failed, 0),
	D("dagrun_timeout", TW_F_DURATION, d.dagrun_timeout, 0),
	IGNORED("rerun_with_latest_version"),
	D("fail_fast", TW_F_BOOL, d.fail_fast, 0),
	D("is_paused_upon_creation", TW_F_TRI, d.paused_upon_creation, 0),
	D("tags", TW_F_LIST, d.tags, 0),
	D("owners", TW_F_LIST, d.owners, 0),
	IGNORED("owner_links"),
	D("params", TW_F_MAP, d.params, 0),
	D("render_native", TW_F_BOOL, d.render_native, 0),
	IGNORED("template_searchpath"),
	D("python_templates", TW_F_BOOL, d.python_templates, 0),
	D("callbacks", TW_F_LIST, callbacks, 0),
	IGNORED("deadlines"),
	IGNORED("listeners"),
	IGNORED("access_control"),
	IGNORED("default_view"),
	IGNORED("orientation"),
	D("allowed_run_types", TW_F_LIST, allowed_run_types, 0),
	D("compat", TW_F_INT, d.compat, 2),
	D("unsafe_to_fork", TW_F_BOOL, d.unsafe_to_fork, 0),
	D("tasks", TW_F_LIST, tasks, 0),
	D("groups", TW_F_LIST, groups, 0),
	IGNORED("edge_labels"),
	D("assets", TW_F_LIST, d.assets, 0),
	D("dependencies", TW_F_LIST, d.dependencies, 0),
};

static void dag_defaults(struct tw_dag *d)
{
	d->start_date = d->end_date = d->default_start_date = TW_TIME_NONE;
	d->max_active_runs = d->max_active_tasks = 16;
	d->dagrun_timeout = -1;
	d->paused_upon_creation = -1;
	d->compat = 3;
	d->zone = tw_zone_utc;
	d->tags = d->owners = d->assets = d->dependencies = tw_v_list(&d->arena);
	d->params = tw_v_map(&d->arena);
}

/* The id comes first: every message carries it. */
static enum tw_rc read_id(struct tw_value doc, struct tw_reader *r)
{
	if (doc.kind != TW_V_MAP)
		return tw_err_set(r->err, TW_ERR_INVALID, "a DAG document is an object, not %s",
				  tw_kind_name(doc.kind));
	struct tw_value id = tw_map_value(doc, "dag_id");
	if (id.kind != TW_V_STR)
		return tw_err_set(r->err, TW_ERR_INVALID, "a DAG document without 'dag_id'");
	r->dag->dag_id = id.s;
	return tw_id_check("dag_id", id.s, r->err);
}

static enum tw_rc read_top(struct tw_reader *r, struct raw_dag *raw)
{
	struct tw_dag *d = r->dag;
	int64_t format = tw_map_int(d->doc, "format", 1);
	struct tw_str zone = tw_map_str(d->doc, "timezone", "UTC");

	if (format > TW_DAG_FORMAT)
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "the document has format %lld; this engine reads up to %d",
				  (long long)format, TW_DAG_FORMAT);
	if (tw_zones_get(r->zones, zone, &d->zone, r->err) < 0)
		return TW_ERR_INVALID;
	/* The table reads into raw, and raw.d is then the DAG; arena and map move with it. */
	raw->d = *d;
	enum tw_rc rc = tw_read_fields(r, "", d->doc, dag_fields,
				       sizeof dag_fields / sizeof *dag_fields, raw);
	struct tw_arena arena = d->arena;
	*d = raw->d;
	d->arena = arena;
	return rc;
}

static enum tw_rc read_rest(struct tw_reader *r, const struct raw_dag *raw)
{
	struct tw_dag *d = r->dag;

	if (!d->display_name.p)
		d->display_name = d->dag_id;
	if (d->compat != 2 && d->compat != 3)
		return tw_err_set(r->err, TW_ERR_INVALID, "key 'compat' must be 2 or 3, not %d", d->compat);
	if (raw->scope.p && !tw_str_is(raw->scope, "run") && !tw_str_is(raw->scope, "dag"))
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "key 'max_active_tasks_scope' must be 'run' or 'dag', not '" TW_STR_FMT "'",
				  TW_STR_ARG(raw->scope));
	d->max_active_tasks_of_dag = tw_str_is(raw->scope, "dag");
	if (tw_read_callbacks(r, "callbacks", raw->callbacks, &d->callbacks) < 0)
		return TW_ERR_INVALID;
	return tw_read_strings(r, "allowed_run_types", raw->allowed_run_types, &d->allowed_run_types,
			       &d->nallowed_run_types);
}

static enum tw_rc read_schedule(struct tw_reader *r)
{
	struct tw_dag *d = r->dag;

	if (d->schedule.kind == TW_V_NULL) {
		d->schedule = tw_v_map(&d->arena);
		tw_map_putc(&d->arena, d->schedule, "type", tw_v_cstr("null"));
	}
	if (tw_timetable_parse(d->schedule, r->zones, &d->timetable, r->err) < 0)
		return tw_err_wrap(r->err, "schedule");
	if (!d->timetable_summary.p)
		d->timetable_summary = tw_str(d->timetable->summary);
	if (!d->timetable_description.p)
		d->timetable_description = tw_str(d->timetable->description);
	int limit = d->timetable->active_runs_limit;
	if (limit > 0 && d->max_active_runs > limit)
		return tw_err_set(r->err, TW_ERR_INVALID,
				  "%s needs max_active_runs=%d, not %d", d->timetable->type_name, limit,
				  d->max_active_runs);
	return TW_OK;
}

static enum tw_rc read_assets(struct tw_reader *r)
{
	struct tw_dag *d = r->dag;
	enum tw_tt_type type = d->timetable->type;

	if (tw_assets_read(d, d->assets, r->err) < 0)
		return TW_ERR_INVALID;
	if (type != TW_TT_ASSET && type != TW_TT_PARTITIONED_ASSET && type != TW_TT_ASSET_OR_TIME)
		return TW_OK;
	d->asset_condition = tw_arena_new(&d->arena, struct tw_asset_term);
	if (tw_asset_term_read(d, tw_map_value(d->schedule, "condition"), d->asset_condition, r->err) < 0)
		return tw_err_wrap(r->err, "schedule: condition");
	return TW_OK;
}

static void find_bounds(struct tw_dag *d)
{
	struct tw_restriction b = { d->start_date, d->end_date, d->catchup };
	int ends = 0;
	tw_time last = d->end_date;

	for (int i = 0; i < d->ntasks; i++) {
		const struct tw_task *t = &d->tasks[i];
		if (t->start_date != TW_TIME_NONE &&
		    (b.earliest == TW_TIME_NONE || t->start_date < b.earliest))
			b.earliest = t->start_date;
		if (t->end_date != TW_TIME_NONE) {
			ends++;
			if (last == TW_TIME_NONE || t->end_date > last)
				last = t->end_date;
		}
	}
	if (ends == d->ntasks)
		b.latest = last;
	d->bounds = b;
}

static enum tw_rc read_dag(struct tw_reader *r)
{
	struct raw_dag raw = { .format = 1 };
	struct tw_dag *d = r->dag;

	if (read_top(r, &raw) < 0 || read_rest(r, &raw) < 0 || read_schedule(r) < 0 ||
	    read_assets(r) < 0 || tw_read_tasks(r, raw.tasks) < 0 || tw_read_groups(r, raw.groups) < 0 ||
	    tw_resolve_tasks(r) < 0 || tw_dag_graph_build(d, r->err) < 0)
		return r->err->rc;
	tw_dag_scopes_build(d);
	tw_dag_weights_build(d);
	find_bounds(d);
	if (d->timetable->can_be_scheduled && tw_params_check(d, TW_NULL, r->err) < 0)
		return tw_err_wrap(r->err, "a DAG with a schedule needs valid defaults");
	tw_dag_hash(d->doc, d->hash);
	return TW_OK;
}

/* doc lives in the DAG's arena already. Takes the DAG over. */
static enum tw_rc parse_owned(struct tw_dag *d, struct tw_value doc, struct tw_zones *zones,
			      struct tw_dag **ret, struct tw_err *err)
{
	struct tw_err local = { 0 };
	struct tw_reader r = { .dag = d, .zones = zones, .err = &local };
	enum tw_rc rc;

	d->doc = doc;
	dag_defaults(d);
	rc = read_id(doc, &r);
	if (rc == TW_OK && (rc = read_dag(&r)) < 0)
		tw_err_wrap(&local, "dag '" TW_STR_FMT "'", TW_STR_ARG(d->dag_id));
	if (rc < 0) {
		if (err)
			*err = local;
		tw_dag_unref(d);
		return rc;
	}
	*ret = d;
	return TW_OK;
}

enum tw_rc tw_dag_parse(struct tw_value doc, struct tw_zones *zones, struct tw_dag **ret,
			struct tw_err *err)
{
	struct tw_dag *d = tw_new(struct tw_dag);

	d->refs = 1;
	return parse_owned(d, tw_value_copy(&d->arena, doc), zones, ret, err);
}

enum tw_rc tw_dag_parse_json(struct tw_str text, struct tw_zones *zones, struct tw_dag **ret,
			     struct tw_err *err)
{
	struct tw_dag *d = tw_new(struct tw_dag);
	struct tw_value doc;

	d->refs = 1;
	enum tw_rc rc = tw_json_parse(&d->arena, text, &doc, err);
	if (rc < 0) {
		tw_dag_unref(d);
		return rc;
	}
	return parse_owned(d, doc, zones, ret, err);
}
