/* `tradewind assets …` */
#include "store/assets.h"

#include "api/trigger.h"
#include "cli/dags.h"
#include "cli/row.h"
#include "io/clock.h"
#include "store/dags.h"

#define COLUMNS "name,uri,group,extra"

static struct tw_value refs_of(int64_t id, enum tw_asset_ref_kind kind)
{
	struct tw_value list = tw_v_list(&tw_cli()->arena);
	struct tw_asset_ref_row *v;
	struct tw_err err = {0};
	size_t n;

	if (tw_store_asset_refs(tw_cli_store(), id, kind, &tw_cli()->arena, &v, &n, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_value ref = row_new(list);

		row_str(ref, "dag_id", v[i].dag_id);
		if (v[i].task_id.p)
			row_str(ref, "task_id", v[i].task_id);
		row_time(ref, "created_at", v[i].created_at);
		row_time(ref, "updated_at", v[i].updated_at);
	}
	return list;
}

static void alias_row(struct tw_value rows, const struct tw_alias_row *r)
{
	struct tw_value row = row_new(rows);

	row_int(row, "id", r->id);
	row_str(row, "name", r->name);
	row_str(row, "group", r->group);
}

static struct tw_value aliases_of(int64_t id)
{
	struct tw_value list = tw_v_list(&tw_cli()->arena);
	struct tw_alias_row *v;
	struct tw_err err = {0};
	size_t n;

	if (tw_store_aliases_of(tw_cli_store(), id, &tw_cli()->arena, &v, &n, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		alias_row(list, &v[i]);
	return list;
}

static struct tw_value watchers_of(int64_t id)
{
	struct tw_value list = tw_v_list(&tw_cli()->arena);
	struct tw_watcher_row *v;
	struct tw_err err = {0};
	size_t n;

	if (tw_store_watchers(tw_cli_store(), id, &tw_cli()->arena, &v, &n, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(list);

		row_str(row, "name", v[i].name);
		row_int(row, "trigger_id", v[i].trigger_id);
		row_time(row, "created_date", v[i].created_date);
	}
	return list;
}

static void asset_row(struct tw_value rows, const struct tw_asset_row *r)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value row = row_new(rows), last = tw_v_map(a);

	row_int(row, "id", r->id);
	row_str(row, "name", r->name);
	row_str(row, "uri", r->uri);
	row_str(row, "group", r->group);
	row_json(row, "extra", r->extra);
	row_time(row, "created_at", r->created_at);
	row_time(row, "updated_at", r->updated_at);
	tw_map_putc(a, row, "scheduled_dags", refs_of(r->id, TW_REF_SCHEDULE));
	tw_map_putc(a, row, "producing_tasks", refs_of(r->id, TW_REF_OUTLET));
	tw_map_putc(a, row, "consuming_tasks", refs_of(r->id, TW_REF_INLET));
	tw_map_putc(a, row, "aliases", aliases_of(r->id));
	tw_map_putc(a, row, "watchers", watchers_of(r->id));
	if (r->last_event_id) {
		row_int(last, "id", r->last_event_id);
		row_time(last, "timestamp", r->last_event_at);
	}
	tw_map_putc(a, row, "last_asset_event", r->last_event_id ? last : TW_NULL);
}

static int list_aliases(const struct tw_args *args, struct tw_ask *ask)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	const char *columns = tw_arg(args, "columns");
	struct tw_alias_row *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (tw_store_asset_aliases(tw_cli_store(), ask, &tw_cli()->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		alias_row(rows, &v[i]);
	tw_output_rows(args, row_pick(rows, columns && strcmp(columns, COLUMNS) != 0 ? columns : "name,group"));
	return 0;
}

static int cmd_list(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	const char *order[] = {"name"}, *columns = tw_arg(args, "columns");
	struct tw_ask ask = {.order_by = order, .norder = 1, .limit = -1};
	struct tw_asset_row *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (tw_arg_flag(args, "alias"))
		return list_aliases(args, &ask);
	if (tw_store_assets(tw_cli_store(), &ask, &tw_cli()->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		asset_row(rows, &v[i]);
	tw_output_rows(args, row_pick(rows, columns ? columns : COLUMNS));
	return 0;
}

/* "name a and URI b": what --name and --uri asked for. */
static const char *asked_for(const struct tw_args *args)
{
	const char *name = tw_arg(args, "name"), *uri = tw_arg(args, "uri");
	struct tw_arena *a = &tw_cli()->arena;

	if (name && uri)
		return tw_arena_printf(a, "name %s and URI %s", name, uri);
	return name ? tw_arena_printf(a, "name %s", name) : tw_arena_printf(a, "URI %s", uri);
}

/* Those that --name and --uri name; exits when there is none. */
static struct tw_asset_row *find(const struct tw_args *args, size_t *ret_n)
{
	const char *name = tw_arg(args, "name"), *uri = tw_arg(args, "uri");
	struct tw_cond conds[2];
	struct tw_ask ask = {.conds = conds, .limit = -1};
	struct tw_asset_row *v;
	struct tw_err err = {0};
	int64_t total;

	if (!name && !uri)
		tw_cli_dief("Either --name or --uri is required");
	if (name)
		conds[ask.nconds++] = (struct tw_cond){.field = "name", .op = TW_OP_EQ, .text = tw_str(name)};
	if (uri)
		conds[ask.nconds++] = (struct tw_cond){.field = "uri", .op = TW_OP_EQ, .text = tw_str(uri)};
	if (tw_store_assets(tw_cli_store(), &ask, &tw_cli()->arena, &v, ret_n, &total, &err) < 0)
		tw_cli_die(&err);
	if (!*ret_n)
		tw_cli_dief("Asset with %s does not exist.", asked_for(args));
	return v;
}

static void alias_details(const struct tw_args *args, struct tw_value rows)
{
	const char *name = tw_arg(args, "name");
	struct tw_cond cond = {.field = "name", .op = TW_OP_EQ};
	struct tw_ask ask = {.conds = &cond, .nconds = 1, .limit = 1};
	struct tw_alias_row *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!name)
		tw_cli_dief("Required --name with --alias");
	if (tw_arg(args, "uri"))
		tw_cli_dief("Cannot use --uri with --alias");
	cond.text = tw_str(name);
	if (tw_store_asset_aliases(tw_cli_store(), &ask, &tw_cli()->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	if (!n)
		tw_cli_dief("Asset alias with name %s does not exist.", name);
	alias_row(rows, &v[0]);
}

static int cmd_details(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	struct tw_asset_row *v;
	size_t n;

	if (tw_arg_flag(args, "alias")) {
		alias_details(args, rows);
	} else {
		v = find(args, &n);
		if (n > 1)
			tw_cli_dief("More than one asset exists with %s.", asked_for(args));
		asset_row(rows, &v[0]);
	}
	tw_output_one(args, rows.list->v[0]);
	return 0;
}

/* The one DAG that has it as an outlet. */
static struct tw_str maker(const struct tw_args *args)
{
	struct tw_str dag_id = {0};
	size_t n, k;
	struct tw_asset_row *v = find(args, &n);

	for (size_t i = 0; i < n; i++) {
		struct tw_asset_ref_row *refs;
		struct tw_err err = {0};

		if (tw_store_asset_refs(tw_cli_store(), v[i].id, TW_REF_OUTLET, &tw_cli()->arena, &refs, &k, &err) < 0)
			tw_cli_die(&err);
		for (size_t r = 0; r < k; r++) {
			if (dag_id.p && !tw_str_eq(dag_id, refs[r].dag_id))
				tw_cli_dief("More than one DAG materializes asset with %s.", asked_for(args));
			dag_id = refs[r].dag_id;
		}
	}
	if (!dag_id.p)
		tw_cli_dief("Asset with %s does not exist.", asked_for(args));
	return dag_id;
}

/* The document that the run was made with, as the API shows it. */
static struct tw_value versions_of(const struct tw_version_row *v)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena), row = row_new(rows);

	row_str(row, "id", v->id);
	row_int(row, "version_number", v->number);
	row_str(row, "dag_id", v->dag_id);
	row_str(row, "bundle_name", v->bundle_name);
	row_str(row, "bundle_version", v->bundle_version);
	row_stamp(row, "created_at", v->created_at);
	row_str(row, "dag_display_name", v->dag_display_name);
	row_cstr(row, "bundle_url", NULL);
	return rows;
}

/* The run as the API shows it. */
static void print_new_run(const struct tw_args *args, const struct tw_run_row *run)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena), row = row_new(rows);
	struct tw_version_row version = {0};
	struct tw_err err = {0};

	if (tw_store_version(tw_cli_store(), run->dag_id, 0, &tw_cli()->arena, &version, &err) < 0)
		tw_cli_die(&err);
	row_str(row, "dag_run_id", run->run_id);
	row_str(row, "dag_id", run->dag_id);
	row_stamp(row, "logical_date", run->logical_date);
	row_stamp(row, "queued_at", run->queued_at);
	row_stamp(row, "start_date", TW_TIME_NONE);
	row_stamp(row, "end_date", TW_TIME_NONE);
	row_cstr(row, "duration", NULL);
	row_stamp(row, "data_interval_start", run->interval_start);
	row_stamp(row, "data_interval_end", run->interval_end);
	row_stamp(row, "run_after", run->run_after);
	row_stamp(row, "last_scheduling_decision", TW_TIME_NONE);
	row_cstr(row, "run_type", tw_run_type_name(run->type));
	row_cstr(row, "state", tw_run_state_name(run->state));
	row_str(row, "triggered_by", run->triggered_by);
	row_str(row, "triggering_user_name", run->triggering_user);
	row_json(row, "conf", run->conf.p ? run->conf : TW_STR("{}"));
	row_str(row, "note", run->note);
	tw_map_putc(&tw_cli()->arena, row, "dag_versions", versions_of(&version));
	row_str(row, "bundle_version", run->bundle_version);
	row_str(row, "dag_display_name", version.dag_display_name);
	row_str(row, "partition_key", run->partition_key);
	row_stamp(row, "partition_date", run->partition_date);
	tw_output_rows(args, rows);
}

static int cmd_materialize(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_trigger_opts o = {
		.dag_id = maker(args),
		.logical_date = TW_TIME_NONE,
		.run_after = TW_TIME_NONE,
		.interval_start = TW_TIME_NONE,
		.interval_end = TW_TIME_NONE,
		.conf = TW_NULL,
		.type = TW_RUNTYPE_ASSET_MATERIALIZATION,
		.triggered_by = TW_STR("cli"),
		.triggering_user = tw_cli_user(),
		.now = tw_now(),
		.zones = &c->zones,
	};
	struct tw_run_row run;
	struct tw_err err = {0};

	if (tw_trigger_run(tw_cli_store(), &o, &c->arena, &run, &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	print_new_run(args, &run);
	return 0;
}

#define OPT_NAME {"name", 0, TW_OPT_STR, "the asset's name", NULL, NULL, NULL}
#define OPT_URI {"uri", 0, TW_OPT_STR, "the asset's URI", NULL, NULL, NULL}
#define OPT_ALIAS {"alias", 0, TW_OPT_FLAG, "asset aliases instead", NULL, NULL, NULL}

static const struct tw_opt list_opts[] = {
	OPT_ALIAS,
	{"columns", 0, TW_OPT_STR, "only these columns, separated by commas", NULL, COLUMNS, NULL},
	TW_OPT_OUTPUT,
	{0},
};
static const struct tw_opt details_opts[] = {OPT_ALIAS, OPT_NAME, OPT_URI, TW_OPT_OUTPUT, {0}};
static const struct tw_opt materialize_opts[] = {OPT_NAME, OPT_URI, TW_OPT_OUTPUT, {0}};

const struct tw_verb tw_assets_verbs[] = {
	{"assets", "list", "List the assets, or their aliases.", NULL, list_opts, cmd_list, false},
	{"assets", "details", "Everything about one asset.", NULL, details_opts, cmd_details, false},
	{"assets", "materialize", "Start a run of the DAG that makes the asset.", NULL, materialize_opts, cmd_materialize,
	 false},
	{0},
};
