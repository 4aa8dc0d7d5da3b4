/* `tradewind db …`: the metastore's schema and housekeeping. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/context.h"
#include "cli/output.h"
#include "store/house.h"

static int cmd_migrate(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_store *s = tw_cli_store_mode(TW_STORE_MIGRATE);
	struct tw_err err = {0};
	int version;

	if (tw_store_pool_default(s,
				  tw_config_int(c->config, "core", "default_pool_task_slot_count"),
				  &err) < 0 ||
	    tw_store_schema_version(s, &version, &err) < 0)
		tw_cli_die(&err);
	printf("Database migrated to schema version %d\n", version);
	return 0;
}

static int cmd_check(const struct tw_args *args)
{
	int64_t tries = tw_arg_int(args, "retry", 0), delay = tw_arg_int(args, "retry-delay", 1);
	struct tw_cli *c = tw_cli();
	struct tw_err err = {0};
	struct tw_store_opts opts = {.url = c->store_url, .mode = TW_STORE_AS_IS, .busy_ms = 1000};

	for (int64_t i = 0; i <= tries; i++) {
		if (i)
			sleep((unsigned)delay);
		if (tw_store_open(&opts, &c->store, &err) == TW_OK &&
		    tw_store_ping(c->store, &err) == TW_OK) {
			puts("Connection successful.");
			return 0;
		}
	}
	tw_cli_die(&err);
}

static int cmd_check_migrations(const struct tw_args *args)
{
	int64_t wait = tw_arg_int(args, "migration-wait-timeout", 60);
	struct tw_cli *c = tw_cli();
	struct tw_err err = {0};
	struct tw_store_opts opts = {.url = c->store_url, .mode = TW_STORE_CHECK};

	for (int64_t i = 0;; i++) {
		if (tw_store_open(&opts, &c->store, &err) == TW_OK)
			return 0;
		if (i >= wait)
			tw_cli_die(&err);
		sleep(1);
	}
}

static int cmd_reset(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_err err = {0};

	tw_cli_confirm(args, "This will drop existing tables if they exist. Proceed?");
	if (tw_store_reset(tw_cli_store_mode(TW_STORE_AS_IS), &err) < 0 ||
	    tw_store_pool_default(c->store,
				  tw_config_int(c->config, "core", "default_pool_task_slot_count"),
				  &err) < 0)
		tw_cli_die(&err);
	puts("Database reset");
	return 0;
}

static int cmd_shell(const struct tw_args *args)
{
	const char *url = tw_cli()->store_url;
	const char *path = strncmp(url, "sqlite:///", 10) == 0 ? url + 10 : NULL;

	if (!path)
		tw_cli_dief("no client is known for this metastore");
	execlp("sqlite3", "sqlite3", path, (char *)NULL);
	tw_cli_dief("sqlite3 cannot be started (on Debian: apt-get install sqlite3)");
}

static size_t split(const char *text, struct tw_str *ret_v, size_t max)
{
	struct tw_str rest = tw_str(text ? text : "");
	size_t n = 0;

	while (rest.p && rest.n && n < max)
		ret_v[n++] = tw_str_trim(tw_str_cut(rest, ',', &rest));
	return n;
}

static int cmd_clean(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_str tables[64], dags[256], not_dags[256];
	struct tw_clean_opts o = {
		.before = tw_cli_time(tw_arg(args, "clean-before-timestamp")),
		.tables = tables,
		.ntables = split(tw_arg(args, "tables"), tables, 64),
		.dag_ids = dags,
		.ndag_ids = split(tw_arg(args, "dag-ids"), dags, 256),
		.exclude_dag_ids = not_dags,
		.nexclude = split(tw_arg(args, "exclude-dag-ids"), not_dags, 256),
		.archive = !tw_arg_flag(args, "skip-archive"),
		.dry_run = tw_arg_flag(args, "dry-run"),
		.batch = tw_arg_int(args, "batch-size", 0),
	};
	struct tw_clean_result *v;
	struct tw_err err = {0};
	struct tw_value rows = tw_v_list(&c->arena);
	size_t n;

	if (o.before == TW_TIME_NONE)
		tw_cli_dief("--clean-before-timestamp is required");
	if (!o.dry_run)
		tw_cli_confirm(args, "Old rows will be removed. Proceed?");
	if (tw_store_clean(tw_cli_store(), &o, &c->arena, &v, &n, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_value row = tw_v_map(&c->arena);

		tw_map_putc(&c->arena, row, "table", tw_v_str(v[i].table));
		tw_map_putc(&c->arena, row, "rows", tw_v_int(v[i].rows));
		tw_map_putc(&c->arena, row, "archive",
			    v[i].archive.p ? tw_v_str(v[i].archive) : TW_NULL);
		tw_list_push(&c->arena, rows, row);
	}
	tw_output_rows(args, rows);
	return 0;
}

static int cmd_drop_archived(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_str wanted[64], *tables;
	size_t nwanted = split(tw_arg(args, "tables"), wanted, 64), n;
	struct tw_err err = {0};

	if (tw_store_archives(tw_cli_store(), &c->arena, &tables, &n, &err) < 0)
		tw_cli_die(&err);
	if (!n) {
		puts("There are no archived tables.");
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		printf(TW_STR_FMT "\n", TW_STR_ARG(tables[i]));
	tw_cli_confirm(args, "These archived tables will be dropped. Proceed?");
	if (tw_store_archives_drop(tw_cli_store(), wanted, nwanted, &err) < 0)
		tw_cli_die(&err);
	return 0;
}

static const struct tw_opt drop_opts[] = {
	{"tables", 't', TW_OPT_STR, "only of these tables, separated by commas", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt yes_opts[] = {{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
					 {0}};
static const struct tw_opt check_opts[] = {
	{"retry", 0, TW_OPT_INT, "try so many times more", NULL, "0", NULL},
	{"retry-delay", 0, TW_OPT_INT, "seconds between tries", NULL, "1", NULL},
	{0},
};
static const struct tw_opt wait_opts[] = {
	{"migration-wait-timeout", 't', TW_OPT_INT, "seconds to wait", NULL, "60", NULL},
	{0},
};
static const struct tw_opt migrate_opts[] = {
	{"to-version", 'n', TW_OPT_STR, "accepted; migrations go to the newest", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt clean_opts[] = {
	{"clean-before-timestamp", 0, TW_OPT_STR, "rows older than this go", NULL, NULL, NULL},
	{"tables", 't', TW_OPT_STR, "only these, separated by commas", NULL, NULL, NULL},
	{"dag-ids", 0, TW_OPT_STR, "only of these DAGs, separated by commas", NULL, NULL, NULL},
	{"exclude-dag-ids", 0, TW_OPT_STR, "not of these DAGs", NULL, NULL, NULL},
	{"dry-run", 0, TW_OPT_FLAG, "only count", NULL, NULL, NULL},
	{"skip-archive", 0, TW_OPT_FLAG, "do not keep the rows in archive tables", NULL, NULL,
	 NULL},
	{"batch-size", 0, TW_OPT_INT, "rows a transaction", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};

const struct tw_verb tw_db_verbs[] = {
	{"db", "migrate", "Create the metastore's tables, or bring them up to date.", NULL,
	 migrate_opts, cmd_migrate, false},
	{"db", "init", "The same as migrate (2.x).", NULL, migrate_opts, cmd_migrate, false},
	{"db", "upgrade", "The same as migrate (2.x).", NULL, migrate_opts, cmd_migrate, false},
	{"db", "check", "Can the metastore be reached? The exit status says so.", NULL, check_opts,
	 cmd_check, false},
	{"db", "check-migrations", "Wait until the metastore's tables are up to date.", NULL,
	 wait_opts, cmd_check_migrations, false},
	{"db", "reset", "Drop all tables and make them anew.", NULL, yes_opts, cmd_reset, false},
	{"db", "shell", "Open the database's own client.", NULL, NULL, cmd_shell, false},
	{"db", "clean", "Remove old rows.", NULL, clean_opts, cmd_clean, false},
	{"db", "drop-archived", "Drop the archive tables that clean made.", NULL, drop_opts,
	 cmd_drop_archived, false},
	{0},
};
