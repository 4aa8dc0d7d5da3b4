/* The verbs about the installation itself: version, info, python, jobs, plugins, providers,
 * cheat-sheet, keys. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/python.h"
#include "cli/row.h"
#include "daemon/hostname.h"
#include "io/clock.h"
#include "io/hostname.h"
#include "store/vault.h"

static int cmd_version(const struct tw_args *args)
{
	puts(TW_VERSION);
	return 0;
}

static int cmd_python(const struct tw_args *args)
{
	cli_python_run(args->raw);
}

/* ── info ─────────────────────────────────────────────────────────────────────────────── */

/* The first line that a tool prints about its version. */
static struct tw_str tool_version(const char *command)
{
	char line[200] = "";
	FILE *f = popen(command, "r");

	if (f) {
		if (fgets(line, sizeof line, f))
			line[strcspn(line, "\n")] = '\0';
		pclose(f);
	}
	return line[0] ? tw_str(tw_arena_strdup(&tw_cli()->arena, line)) : TW_STR("NOT AVAILABLE");
}

/* A URL without the password in it. */
static struct tw_str hide_password(const char *url)
{
	struct tw_str s = tw_str(url);
	ptrdiff_t start = tw_str_find(s, TW_STR("://"), 0), at = tw_str_find(s, TW_STR("@"), 0),
		  colon;

	if (start < 0 || at < start)
		return s;
	colon = tw_str_find(s, TW_STR(":"), (size_t)start + 3);
	if (colon < 0 || colon > at)
		return s;
	return tw_str(tw_arena_printf(&tw_cli()->arena, "%.*s:***%s", (int)colon, url, url + at));
}

static struct tw_value installation(void)
{
	struct tw_cli *c = tw_cli();
	struct tw_value v = tw_v_map(&c->arena);

	row_cstr(v, "version", TW_VERSION);
	row_cstr(v, "executor", tw_config_get(c->config, "core", "executor"));
	row_str(v, "sql_alchemy_conn", hide_password(c->store_url));
	row_cstr(v, "dags_folder", c->dags_folder);
	row_cstr(v, "plugins_folder", c->plugins_folder);
	row_cstr(v, "base_log_folder", c->log_folder);
	row_cstr(v, "remote_base_log_folder",
		 tw_config_get(c->config, "logging", "remote_base_log_folder"));
	row_int(v, "compat", tw_config_compat(c->config));
	return v;
}

static struct tw_value system_info(void)
{
	struct tw_cli *c = tw_cli();
	struct tw_value v = tw_v_map(&c->arena);
	struct utsname u;
	char *python = tw_asprintf("'%s' -VV 2>&1", c->paths.python);

	uname(&u);
	row_str(v, "OS", tw_str(tw_arena_strdup(&c->arena, u.sysname)));
	row_str(v, "architecture", tw_str(tw_arena_strdup(&c->arena, u.machine)));
	row_cstr(v, "uname",
		 tw_arena_printf(&c->arena, "%s %s %s %s", u.sysname, u.nodename, u.release,
				 u.machine));
	row_cstr(v, "locale", setlocale(LC_ALL, ""));
	row_str(v, "python_version", tool_version(python));
	row_cstr(v, "python_location", c->paths.python);
	free(python);
	return v;
}

static struct tw_value tools_info(void)
{
	static const char *const tools[][2] = {
		{"git", "git --version 2>/dev/null"},
		{"ssh", "ssh -V 2>&1 | grep -i openssh"},
		{"kubectl", "kubectl version --client 2>/dev/null"},
		{"docker", "docker --version 2>/dev/null"},
		{"mysql", "mysql --version 2>/dev/null"},
		{"sqlite3", "sqlite3 --version 2>/dev/null"},
		{"psql", "psql --version 2>/dev/null"},
	};
	struct tw_value v = tw_v_map(&tw_cli()->arena);

	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
		row_str(v, tools[i][0], tool_version(tools[i][1]));
	return v;
}

static struct tw_value paths_info(void)
{
	struct tw_cli *c = tw_cli();
	struct tw_value v = tw_v_map(&c->arena);

	row_cstr(v, "tradewind_home", c->paths.home);
	row_cstr(v, "binary", c->paths.self);
	row_cstr(v, "sdk", c->paths.sdk);
	row_cstr(v, "system_path", getenv("PATH"));
	row_cstr(v, "python_path", getenv("PYTHONPATH"));
	return v;
}

static struct tw_value providers_info(void)
{
	struct tw_value v = tw_v_map(&tw_cli()->arena),
			list = cli_python_ask((const char *const[]){"providers", "list", NULL});

	for (size_t i = 0; i < tw_value_len(list); i++)
		tw_map_put(&tw_cli()->arena, v, tw_map_str(list.list->v[i], "package_name", ""),
			   tw_map_value(list.list->v[i], "version"));
	return v;
}

/* A section as two columns without a head. */
static void print_section(const char *title, struct tw_value v)
{
	size_t width = 0;

	for (size_t i = 0; i < v.map->n; i++)
		if (v.map->v[i].key.s.n > width)
			width = v.map->v[i].key.s.n;
	printf("\n%s\n", title);
	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_pair *p = &v.map->v[i];

		printf("%-*.*s | ", (int)width, TW_STR_ARG(p->key.s));
		if (p->value.kind == TW_V_INT)
			printf("%lld\n", (long long)p->value.i);
		else
			printf(TW_STR_FMT "\n",
			       TW_STR_ARG(p->value.kind == TW_V_STR ? p->value.s : TW_STR("None")));
	}
}

static int cmd_info(const struct tw_args *args)
{
	struct tw_arena *a = &tw_cli()->arena;
	const struct {
		const char *key, *title;
		struct tw_value v;
	} parts[] = {
		{"tradewind", "Tradewind", installation()},
		{"system_info", "System info", system_info()},
		{"tools_info", "Tools info", tools_info()},
		{"paths_info", "Paths info", paths_info()},
		{"providers_info", "Providers info", providers_info()},
	};
	struct tw_value rows = tw_v_list(a);
	bool table = strcmp(tw_arg(args, "output"), "table") == 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct tw_value row = row_new(rows);

		tw_map_putc(a, row, parts[i].key, parts[i].v);
		if (table)
			print_section(parts[i].title, parts[i].v);
	}
	if (!table)
		tw_output_rows(args, rows);
	return 0;
}

/* ── jobs ─────────────────────────────────────────────────────────────────────────────── */

static int64_t alive_for(const char *job_type)
{
	const struct tw_config *c = tw_cli()->config;
	const char *option = "scheduler_health_check_threshold", *section = "scheduler";

	if (job_type && strcmp(job_type, "TriggererJob") == 0) {
		section = "triggerer";
		option = "triggerer_health_check_threshold";
	}
	return tw_config_int(c, section, option) * TW_US_SEC;
}

static int cmd_jobs_check(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *type = tw_arg(args, "job-type"), *hostname = tw_arg(args, "hostname");
	char host[256] = "";
	struct tw_cond conds[4] = {
		{.field = "state", .op = TW_OP_EQ, .text = TW_STR("running")},
		{.field = "latest_heartbeat", .op = TW_OP_GE, .time = tw_now() - alive_for(type)}};
	const char *order[] = {"-latest_heartbeat"};
	int64_t limit = tw_arg_int(args, "limit", 1), total;
	struct tw_ask ask = {.conds = conds,
			     .nconds = 2,
			     .order_by = order,
			     .norder = 1,
			     .limit = limit > 0 ? limit : -1};
	struct tw_job_row *v;
	struct tw_err err = {0};
	size_t n;

	if (limit != 1 && limit != 0 && !tw_arg_flag(args, "allow-multiple") &&
	    tw_arg(args, "limit"))
		tw_cli_dief("To use option --allow-multiple, you must set the limit to a value "
			    "greater than 1.");
	if (tw_arg_flag(args, "local") && hostname)
		tw_cli_dief("You can't use --hostname and --local at the same time");
	if (tw_arg_flag(args, "local")) {
		if (tw_hostname_decide(tw_config_get(tw_cli()->config, "core", "hostname_callable"), &tw_cli()->paths,
				       tw_cli()->plugins_folder, &err) < 0)
			tw_cli_die(&err);
		tw_hostname(host);
		hostname = host;
	}
	if (type)
		conds[ask.nconds++] =
			(struct tw_cond){.field = "job_type", .op = TW_OP_EQ, .text = tw_str(type)};
	if (hostname)
		conds[ask.nconds++] = (struct tw_cond){
			.field = "hostname", .op = TW_OP_EQ, .text = tw_str(hostname)};
	if (tw_store_jobs(tw_cli_store(), &ask, &c->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	if (!n)
		tw_cli_dief("No alive jobs found.");
	if (n > 1 && !tw_arg_flag(args, "allow-multiple"))
		tw_cli_dief("Found %zu alive jobs. Expected only one.", n);
	printf(n == 1 ? "Found one alive job.\n" : "Found %zu alive jobs.\n", n);
	return 0;
}

/* ── plugins, providers ───────────────────────────────────────────────────────────────── */

static int cmd_plugins(const struct tw_args *args)
{
	struct tw_value rows = cli_python_ask((const char *const[]){"plugins", NULL});

	if (!tw_value_len(rows))
		puts("No plugins loaded");
	else
		tw_output_rows(args, rows);
	return 0;
}

static int cmd_providers(const struct tw_args *args)
{
	tw_output_rows(args,
		       cli_python_ask((const char *const[]){"providers", args->verb->name, NULL}));
	return 0;
}

static int cmd_provider_get(const struct tw_args *args)
{
	tw_output_rows(args, cli_python_ask((const char *const[]){
				     "providers", "get", tw_arg_pos(args, 0),
				     tw_arg_flag(args, "full") ? "full" : "short", NULL}));
	return 0;
}

static int cmd_provider_install(const struct tw_args *args)
{
	const char *words[66] = {"providers", "install"};

	for (size_t i = 0; i < args->pos.n && i < 62; i++)
		words[i + 2] = args->pos.v[i];
	cli_python_exec(words);
}

/* ── the rest ─────────────────────────────────────────────────────────────────────────── */

static int cmd_rotate(const struct tw_args *args)
{
	struct tw_err err = {0};
	int64_t n;

	if (tw_store_vault_rotate(tw_cli_store(), &n, &err) < 0)
		tw_cli_die(&err);
	printf("%lld values are encrypted with the first of the keys\n", (long long)n);
	return 0;
}

static int cmd_cheat_sheet(const struct tw_args *args)
{
	const char *group = "";

	for (const struct tw_verb *const *t = tw_verb_tables; *t; t++)
		for (const struct tw_verb *v = *t; v->name; v++) {
			char *command = tw_asprintf("%s%s%s", v->group ? v->group : "",
						    v->group ? " " : "", v->name);

			if (v->hidden) {
				free(command);
				continue;
			}
			if (strcmp(group, v->group ? v->group : "") != 0)
				putchar('\n');
			group = v->group ? v->group : "";
			printf("tradewind %-34s | %s\n", command, v->help);
			free(command);
		}
	return 0;
}

static const struct tw_opt output_opts[] = {TW_OPT_OUTPUT, {0}};
static const struct tw_opt info_opts[] = {
	{"anonymize", 0, TW_OPT_FLAG, "accepted; secrets are never shown", NULL, NULL, NULL},
	{"file-io", 0, TW_OPT_FLAG, "accepted; nothing is sent anywhere", NULL, NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};
static const struct tw_opt jobs_opts[] = {
	{"job-type", 0, TW_OPT_STR, "only of this type",
	 "SchedulerJob|TriggererJob|DagProcessorJob|LocalTaskJob|BackfillJob", NULL, NULL},
	{"hostname", 0, TW_OPT_STR, "only on this host", NULL, NULL, NULL},
	{"local", 0, TW_OPT_FLAG, "only on this host", NULL, NULL, NULL},
	{"limit", 0, TW_OPT_INT, "look at as many, newest heartbeat first; 0: all", NULL, "1",
	 NULL},
	{"allow-multiple", 0, TW_OPT_FLAG, "more than one is well", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt get_opts[] = {
	{"full", 'f', TW_OPT_FLAG, "all that it says of itself", NULL, NULL, NULL},
	{"color", 0, TW_OPT_STR, "accepted", "off|on|auto", NULL, NULL},
	TW_OPT_OUTPUT,
	{0},
};

const struct tw_verb tw_info_verbs[] = {
	{NULL, "version", "Print the version.", NULL, NULL, cmd_version, false},
	{NULL, "info", "What is installed, and where.", NULL, info_opts, cmd_info, false},
	{NULL, "cheat-sheet", "All commands on one page.", NULL, NULL, cmd_cheat_sheet, false},
	{NULL, "python", "Run the interpreter that tasks use, with the SDK on its path.",
	 "[args...]", NULL, cmd_python, true},
	{NULL, "plugins", "List the plugins that load.", NULL, output_opts, cmd_plugins, false},
	{NULL, "rotate-fernet-key", "Encrypt stored secrets anew with the first of the keys.", NULL,
	 NULL, cmd_rotate, false},
	{"jobs", "check", "Is a job alive? The exit status says so.", NULL, jobs_opts,
	 cmd_jobs_check, false},
	{"providers", "list", "List the provider packages that are installed.", NULL, output_opts,
	 cmd_providers, false},
	{"providers", "get", "What a provider says of itself.", "provider_name", get_opts,
	 cmd_provider_get, false},
	{"providers", "hooks", "List the connection types and their hooks.", NULL, output_opts,
	 cmd_providers, false},
	{"providers", "behaviours", "List connection types with a form of their own.", NULL,
	 output_opts, cmd_providers, false},
	{"providers", "widgets", "List connection form widgets.", NULL, output_opts, cmd_providers,
	 false},
	{"providers", "links", "List extra links.", NULL, output_opts, cmd_providers, false},
	{"providers", "logging", "List task log handlers.", NULL, output_opts, cmd_providers,
	 false},
	{"providers", "secrets", "List secrets backends.", NULL, output_opts, cmd_providers, false},
	{"providers", "executors", "List executors.", NULL, output_opts, cmd_providers, false},
	{"providers", "notifications", "List notifiers.", NULL, output_opts, cmd_providers, false},
	{"providers", "triggers", "List triggers.", NULL, output_opts, cmd_providers, false},
	{"providers", "queues", "List message queues.", NULL, output_opts, cmd_providers, false},
	{"providers", "auth-managers", "List auth managers.", NULL, output_opts, cmd_providers,
	 false},
	{"providers", "auth", "The same as auth-managers (2.x).", NULL, output_opts, cmd_providers,
	 false},
	{"providers", "configs", "List configuration sections of providers.", NULL, output_opts,
	 cmd_providers, false},
	{"providers", "install", "Install providers without Airflow itself.", "name [more...]",
	 NULL, cmd_provider_install, false},
	{0},
};
