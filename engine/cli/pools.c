/* `tradewind pools …` */
#include <stdio.h>
#include <stdlib.h>

#include "cli/row.h"
#include "store/house.h"

static void pool_row(struct tw_value rows, const struct tw_pool_row *p)
{
	struct tw_value row = row_new(rows);

	row_str(row, "pool", p->name);
	row_int(row, "slots", p->slots);
	row_str(row, "description", p->description);
	row_bool(row, "include_deferred", p->include_deferred);
	row_str(row, "team_name", (struct tw_str){0});
}

static struct tw_pool_view *all_pools(size_t *ret_n)
{
	const char *order[] = {"name"};
	struct tw_ask ask = {.order_by = order, .norder = 1, .limit = -1};
	struct tw_pool_view *v;
	struct tw_err err = {0};
	int64_t total;

	if (tw_store_pools(tw_cli_store(), &ask, &tw_cli()->arena, &v, ret_n, &total, &err) < 0)
		tw_cli_die(&err);
	return v;
}

static int cmd_list(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	size_t n;
	struct tw_pool_view *v = all_pools(&n);

	for (size_t i = 0; i < n; i++)
		pool_row(rows, &v[i].pool);
	tw_output_rows(args, rows);
	return 0;
}

static struct tw_pool_view one_pool(const char *name)
{
	struct tw_pool_view v;
	struct tw_err err = {0};
	enum tw_rc rc = tw_store_pool(tw_cli_store(), tw_str(name), &tw_cli()->arena, &v, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("Pool %s does not exist", name);
	if (rc < 0)
		tw_cli_die(&err);
	return v;
}

static int cmd_get(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	struct tw_pool_view v = one_pool(tw_arg_pos(args, 0));

	pool_row(rows, &v.pool);
	tw_output_rows(args, rows);
	return 0;
}

static int cmd_set(const struct tw_args *args)
{
	const char *slots = tw_arg_pos(args, 1);
	struct tw_pool_row p = {.name = tw_str(tw_arg_pos(args, 0)),
				.description = tw_str(tw_arg_pos(args, 2)),
				.include_deferred = tw_arg_flag(args, "include-deferred")};
	struct tw_err err = {0};

	if (!tw_str_to_int(tw_str(slots), &p.slots))
		return tw_usage_error(args->verb, "argument slots: invalid int value: '%s'", slots);
	if (tw_store_pool_put(tw_cli_store(), &p, TW_PUT_UPSERT, &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	printf("Pool %s created\n", tw_arg_pos(args, 0));
	return 0;
}

static int cmd_delete(const struct tw_args *args)
{
	struct tw_err err = {0};

	one_pool(tw_arg_pos(args, 0));
	if (tw_store_pool_delete(tw_cli_store(), tw_str(tw_arg_pos(args, 0)), &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	printf("Pool %s deleted\n", tw_arg_pos(args, 0));
	return 0;
}

static int cmd_export(const struct tw_args *args)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value out = tw_v_map(a);
	size_t n;
	struct tw_pool_view *v = all_pools(&n);

	for (size_t i = 0; i < n; i++) {
		struct tw_value pool = tw_v_map(a);

		row_int(pool, "slots", v[i].pool.slots);
		row_str(pool, "description",
			v[i].pool.description.p ? v[i].pool.description : TW_STR(""));
		row_bool(pool, "include_deferred", v[i].pool.include_deferred);
		tw_map_put(a, out, v[i].pool.name, pool);
	}
	cli_write_file(tw_arg_pos(args, 0), out, NULL);
	fprintf(stderr, "Exported %zu pools to %s\n", n, tw_arg_pos(args, 0));
	return 0;
}

/* {"slots": 5, "description": "…", "include_deferred": false}; the last may be left out (2.x files
 * do). */
static const char *read_pool(struct tw_value v, struct tw_pool_row *p)
{
	struct tw_value slots = tw_map_value(v, "slots"),
			deferred = tw_map_value(v, "include_deferred");

	if (slots.kind != TW_V_INT)
		return "\"slots\" must be a number";
	if (deferred.kind != TW_V_NULL && deferred.kind != TW_V_BOOL)
		return "\"include_deferred\" must be true or false";
	p->slots = slots.i;
	p->description = tw_map_str(v, "description", "");
	p->include_deferred = deferred.kind == TW_V_BOOL && deferred.b;
	return NULL;
}

static int cmd_import(const struct tw_args *args)
{
	struct tw_value v = cli_read_file(tw_arg_pos(args, 0));
	struct tw_store *s = tw_cli_store();
	size_t bad = 0;
	struct tw_err err = {0};

	if (tw_store_begin(s, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_pool_row p = {.name = v.map->v[i].key.s};
		const char *fault = read_pool(v.map->v[i].value, &p);

		if (!fault && tw_store_pool_put(s, &p, TW_PUT_UPSERT, &err) < 0)
			fault = err.msg;
		if (!fault)
			continue;
		fprintf(stderr, "error: pool " TW_STR_FMT ": %s\n", TW_STR_ARG(p.name), fault);
		bad++;
	}
	if (bad) {
		tw_store_rollback(s);
		tw_cli_dief("%zu of %zu pools are invalid; nothing was imported", bad, v.map->n);
	}
	if (tw_store_end(s, &err) < 0)
		tw_cli_die(&err);
	tw_cli_ring();
	printf("Uploaded %zu pool(s)\n", v.map->n);
	return 0;
}

static const struct tw_opt output_opts[] = {TW_OPT_OUTPUT, {0}};
static const struct tw_opt set_opts[] = {
	{"include-deferred", 0, TW_OPT_FLAG, "deferred tasks take slots, too", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};

const struct tw_verb tw_pools_verbs[] = {
	{"pools", "list", "List the pools.", NULL, output_opts, cmd_list, false},
	{"pools", "get", "Print a pool.", "pool", output_opts, cmd_get, false},
	{"pools", "set", "Make or change a pool. Slots -1: no limit.", "pool slots description",
	 set_opts, cmd_set, false},
	{"pools", "delete", "Delete a pool.", "pool", output_opts, cmd_delete, false},
	{"pools", "export", "Write all pools into a file (JSON or YAML; - for standard output).",
	 "file", NULL, cmd_export, false},
	{"pools", "import", "Read pools from a JSON or YAML file.", "file", NULL, cmd_import,
	 false},
	{0},
};
