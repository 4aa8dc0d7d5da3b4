/* `tradewind db …`: the metastore's schema and housekeeping. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/context.h"
#include "cli/output.h"
#include "store/house.h"

/* -s of 2.x and 3.x: for whoever lets somebody else look at it, or run it, first. */
static int show_sql(void)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_err err = {0};

	if (tw_store_migration_sql(tw_cli_store_mode(TW_STORE_AS_IS), &sql, &err) < 0)
		tw_cli_die(&err);
	if (!sql.n)
		fputs("The metastore is up to date: there is nothing to run.\n", stderr);
	fputs(tw_buf_cstr(&sql), stdout);
	return 0;
}

static int cmd_migrate(const struct tw_args *args)
{
	struct tw_err err = {0};
	struct tw_store *s;
	int version;

	if (tw_arg_flag(args, "show-sql-only"))
		return show_sql();
	s = tw_cli_store_mode(TW_STORE_MIGRATE);
	tw_cli_default_pool(s);
	if (tw_store_schema_version(s, &version, &err) < 0)
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
	struct tw_store *s = tw_cli_store_mode(TW_STORE_AS_IS);
	struct tw_err err = {0};

	tw_cli_confirm(args, "This will drop existing tables if they exist. Proceed?");
	if (tw_store_drop(s, &err) < 0)
		tw_cli_die(&err);
	if (!tw_arg_flag(args, "skip-init")) {
		if (tw_store_migrate(s, 0, &err) < 0)
			tw_cli_die(&err);
		tw_cli_default_pool(s);
	}
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

		if (v[i].absent)
			fprintf(stderr, "there is no table " TW_STR_FMT " here, and nothing to clean\n", TW_STR_ARG(v[i].table));

		tw_map_putc(&c->arena, row, "table", tw_v_str(v[i].table));
		tw_map_putc(&c->arena, row, "rows", tw_v_int(v[i].rows));
		tw_map_putc(&c->arena, row, "archive",
			    v[i].archive.p ? tw_v_str(v[i].archive) : TW_NULL);
		tw_list_push(&c->arena, rows, row);
	}
	tw_output_rows(args, rows);
	return 0;
}

/* ── archives ─────────────────────────────────────────────────────────────────────────── */

static struct tw_str *archives_of(const struct tw_args *args, size_t *ret_n)
{
	struct tw_str wanted[64], *all;
	size_t nwanted = split(tw_arg(args, "tables"), wanted, 64), n, k = 0;
	struct tw_err err = {0};

	if (tw_store_archives(tw_cli_store(), &tw_cli()->arena, &all, &n, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		if (tw_archive_is_of(all[i], wanted, nwanted))
			all[k++] = all[i];
	if (!k)
		puts("There are no archived tables.");
	*ret_n = k;
	return all;
}

static int cmd_drop_archived(const struct tw_args *args)
{
	struct tw_err err = {0};
	size_t n;
	struct tw_str *tables = archives_of(args, &n), wanted[64];
	size_t nwanted = split(tw_arg(args, "tables"), wanted, 64);

	for (size_t i = 0; i < n; i++)
		printf(TW_STR_FMT "\n", TW_STR_ARG(tables[i]));
	if (!n)
		return 0;
	tw_cli_confirm(args, "These archived tables will be dropped. Proceed?");
	if (tw_store_archives_drop(tw_cli_store(), wanted, nwanted, &err) < 0)
		tw_cli_die(&err);
	return 0;
}

/* As Python's csv writes: CRLF, quotes only where they are needed. */
static void csv_cell(FILE *to, struct tw_str cell)
{
	bool quote = false;

	for (size_t i = 0; i < cell.n; i++)
		quote |= strchr(",\"\r\n", cell.p[i]) != NULL;
	if (!quote) {
		fwrite(cell.p ? cell.p : "", 1, cell.n, to);
		return;
	}
	putc('"', to);
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '"')
			putc('"', to);
		putc(cell.p[i], to);
	}
	putc('"', to);
}

static enum tw_rc csv_row(void *arg, const struct tw_str *cells, size_t n, struct tw_err *err)
{
	FILE *to = arg;

	for (size_t i = 0; i < n; i++) {
		if (i)
			putc(',', to);
		csv_cell(to, cells[i]);
	}
	fputs("\r\n", to);
	return ferror(to) ? tw_err_errno(err, errno, "cannot write") : TW_OK;
}

static void export_archive(const char *folder, struct tw_str table)
{
	char *path = tw_asprintf("%s/" TW_STR_FMT ".csv", folder, TW_STR_ARG(table));
	FILE *to = fopen(path, "w");
	struct tw_err err = {0};

	if (!to)
		tw_cli_dief("cannot write %s: %s", path, strerror(errno));
	if (tw_store_archive_read(tw_cli_store(), table, csv_row, to, &err) < 0)
		tw_cli_die(&err);
	if (fclose(to))
		tw_cli_dief("cannot write %s: %s", path, strerror(errno));
	printf("%s\n", path);
	free(path);
}

static int cmd_export_archived(const struct tw_args *args)
{
	const char *folder = tw_arg(args, "output-path");
	struct tw_err err = {0};
	struct tw_str *tables, wanted[64];
	size_t n, nwanted = split(tw_arg(args, "tables"), wanted, 64);

	if (!folder)
		tw_cli_dief("--output-path is required: the folder for the files, which must exist");
	tables = archives_of(args, &n);
	for (size_t i = 0; i < n; i++)
		export_archive(folder, tables[i]);
	if (!n || !tw_arg_flag(args, "drop-archives"))
		return 0;
	tw_cli_confirm(args, "The archived tables will be dropped now. Proceed?");
	if (tw_store_archives_drop(tw_cli_store(), wanted, nwanted, &err) < 0)
		tw_cli_die(&err);
	return 0;
}

/* ── downgrade ────────────────────────────────────────────────────────────────────────── */

/* The schema only goes forward: what can be done is to say how the metastore from before comes back. */
static int cmd_downgrade(const struct tw_args *args)
{
	struct tw_err err = {0};
	int version;

	if (tw_store_schema_version(tw_cli_store_mode(TW_STORE_AS_IS), &version, &err) < 0)
		tw_cli_die(&err);
	tw_cli_dief("the metastore is at schema version %d, and its steps only go forward. To go back to an older program, stop "
		    "everything and put the copy of %s back that was made before the migration "
		    "(sqlite3 DATABASE '.backup COPY' makes one). Airflow's own database is never touched: it is where it was.",
		    version, tw_cli()->store_url);
}

static const struct tw_opt export_opts[] = {
	{"export-format", 0, TW_OPT_STR, "what kind of file", "csv", "csv", NULL},
	{"output-path", 0, TW_OPT_STR, "the folder that gets a file for each archive table; it must exist", NULL, NULL, NULL},
	{"tables", 't', TW_OPT_STR, "only of these tables, separated by commas", NULL, NULL, NULL},
	{"drop-archives", 0, TW_OPT_FLAG, "drop them then", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt downgrade_opts[] = {
	{"to-version", 'n', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"to-revision", 'r', TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"from-version", 0, TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"from-revision", 0, TW_OPT_STR, "accepted", NULL, NULL, NULL},
	{"show-sql-only", 's', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt drop_opts[] = {
	{"tables", 't', TW_OPT_STR, "only of these tables, separated by commas", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	{0},
};
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
	{"show-sql-only", 's', TW_OPT_FLAG, "print the SQL that migrating would run now, and change nothing", NULL, NULL, NULL},
	{"to-version", 'n', TW_OPT_STR, "accepted; migrations go to the newest", NULL, NULL, NULL},
	{"to-revision", 'r', TW_OPT_STR, "accepted; migrations go to the newest", NULL, NULL, NULL},
	{"use-migration-files", 'm', TW_OPT_FLAG, "accepted; migrations are always made step by step", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt reset_opts[] = {
	{"skip-init", 's', TW_OPT_FLAG, "only drop the tables", NULL, NULL, NULL},
	{"use-migration-files", 'm', TW_OPT_FLAG, "accepted; migrations are always made step by step", NULL, NULL, NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
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
	{"error-on-cleanup-failure", 0, TW_OPT_FLAG, "accepted: a failure always ends the command with 1", NULL, NULL, NULL},
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
	{"db", "reset", "Drop all tables and make them anew.", NULL, reset_opts, cmd_reset, false},
	{"db", "shell", "Open the database's own client.", NULL, NULL, cmd_shell, false},
	{"db", "clean", "Remove old rows.", NULL, clean_opts, cmd_clean, false},
	{"db", "downgrade", "Say how the metastore from before a migration comes back.", NULL, downgrade_opts, cmd_downgrade, false},
	{"db", "export-archived", "Write the archive tables that clean made to files.", NULL, export_opts, cmd_export_archived,
	 false},
	{"db", "drop-archived", "Drop the archive tables that clean made.", NULL, drop_opts,
	 cmd_drop_archived, false},
	{0},
};
