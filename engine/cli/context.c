#include "cli/context.h"

#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/bundle.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "template/log_name.h"
#include "io/file.h"
#include "io/token.h"
#include "io/zoneinfo.h"
#include "store/house.h"

#define WARNINGS_MAX 20

static struct tw_cli cli;
static bool loaded;

void tw_cli_die(const struct tw_err *err)
{
	fprintf(stderr, "error: %s\n", err->msg);
	exit(1);
}

void tw_cli_dief(const char *fmt, ...)
{
	va_list ap;

	fputs("error: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* "~" and "$X" expanded; relative paths are below the home. */
static char *path_option(const char *section, const char *option, const char *dflt)
{
	const char *set = tw_config_get(cli.config, section, option);
	struct tw_buf expanded = {0}, joined = {0};

	tw_path_expand(&expanded, tw_str(*set ? set : dflt));
	tw_path_join(&joined, tw_str(cli.paths.home), tw_buf_str(&expanded));
	tw_buf_release(&expanded);
	return tw_buf_steal(&joined);
}

/* [core] default_timezone: what dates without an offset are in. A name that is none is every DAG's error otherwise. */
static const struct tw_zone *default_zone(void)
{
	const char *name = tw_config_get(cli.config, "core", "default_timezone");
	const struct tw_zone *zone = NULL;
	struct tw_buf system = {0};
	struct tw_err err = {0};

	if (strcmp(name, "system") == 0) {
		tw_zoneinfo_system(&system);
		name = tw_buf_cstr(&system);
	}
	if (tw_zones_get(&cli.zones, tw_str(name), &zone, &err) < 0)
		tw_cli_dief("configuration: [core] default_timezone: %s; write it as Europe/Berlin, utc or system", err.msg);
	tw_buf_release(&system);
	return zone;
}

/* Each process would look for a relative path somewhere else. What is no URL is not repeated: it may hold a password. */
static void check_store_url(const char *url)
{
	const char *sep = strstr(url, "://");

	if (!sep)
		tw_cli_dief("[database] sql_alchemy_conn is no URL: write it as sqlite:////absolute/path/to/tradewind.db");
	if (tw_str_starts(tw_str(url), "sqlite") && sep[3] && !tw_str_starts(tw_str(sep + 3), "/:memory:") &&
	    !tw_str_starts(tw_str(sep + 3), "//"))
		tw_cli_dief("[database] sql_alchemy_conn is '%s', and a relative path is another file for each process: write "
			    "it with four slashes, as sqlite:////absolute/path/to/tradewind.db",
			    url);
}

/*
 * Airflow's default is a database in the home; its SQLAlchemy spelling of the driver is dropped. An
 * installation that still points to airflow.db gets its own file beside it: Airflow's tables have
 * another owner.
 */
static char *find_store_url(void)
{
	const char *url = tw_config_get(cli.config, "database", "sql_alchemy_conn");

	if (!*url || tw_str_ends(tw_str(url), "/airflow.db"))
		return tw_asprintf("sqlite:///%s/tradewind.db", cli.paths.home);
	check_store_url(url);
	return tw_strdup(url);
}

/* The configured key, else one made at first start and kept in the home. */
static char *find_fernet_keys(void)
{
	const struct tw_config_entry *e = tw_config_find(cli.config, "core", "fernet_key");
	char *path = tw_asprintf("%s/fernet.key", cli.paths.home);
	struct tw_buf key = {0};
	char fresh[45];
	struct tw_err err = {0};

	if (e && e->source != TW_CONFIG_DEFAULT) {
		free(path);
		return tw_strdup(e->value);
	}
	tw_fernet_generate(fresh);
	if (tw_file_create(path, tw_str(fresh), 0600, &err) == TW_OK)
		tw_buf_adds(&key, fresh);
	else if (tw_file_read(path, 4096, &key, &err) < 0)
		tw_cli_die(&err);
	free(path);
	while (key.n && isspace((unsigned char)key.p[key.n - 1]))
		key.p[--key.n] = '\0';
	return tw_buf_steal(&key);
}

static void set_log_level(void)
{
	enum tw_log_level level;

	if (tw_log_level_parse(tw_config_get(cli.config, "logging", "logging_level"), &level))
		tw_log_min = level;
}

/* A whole airflow.cfg of 2.x has a hundred of them: then one line is enough. */
static void tell_warnings(void)
{
	size_t n = tw_config_nwarnings(cli.config);

	if (n > WARNINGS_MAX) {
		fprintf(stderr, "warning: %zu options of the configuration are unknown, renamed or without effect: "
				"'tradewind config lint' lists them\n", n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "warning: %s\n", tw_config_warning(cli.config, i));
}

/* The DAG folder, of the bundle when there is one; Python reads it there, too. */
static void find_dags(void)
{
	const struct tw_config_entry *e = tw_config_find(cli.config, "dag_processor", "dag_bundle_config_list");
	struct tw_bundle bundle = { TW_STR("dags-folder"), { 0 } };
	struct tw_buf path = {0};
	struct tw_err err = {0};

	if (e && e->source != TW_CONFIG_DEFAULT && *e->value &&
	    tw_bundle_read(&cli.arena, tw_str(e->value), &bundle, &err) < 0)
		tw_cli_dief("%s: %s", e->where, err.msg);
	cli.bundle = tw_arena_strndup(&cli.arena, bundle.name.p, bundle.name.n);
	if (!bundle.path.n) {
		cli.dags_folder = path_option("core", "dags_folder", "dags");
		return;
	}
	tw_path_expand(&path, bundle.path);
	cli.dags_folder = tw_buf_steal(&path);
	setenv("TRADEWIND__CORE__DAGS_FOLDER", cli.dags_folder, 1);
}

struct tw_cli *tw_cli(void)
{
	struct tw_err err = {0};

	if (loaded)
		return &cli;
	tw_random(&tw_map_seed, sizeof tw_map_seed); /* before the first map: what strangers send
							must not collide at will */
	if (tw_paths_init(&cli.paths, &err) < 0 ||
	    tw_config_load(cli.paths.home, &cli.config, &err) < 0)
		tw_cli_die(&err);
	tell_warnings();
	set_log_level();
	cli.zones.load = tw_zoneinfo_load;
	if (strcmp(tw_config_get(cli.config, "core", "default_timezone"), "system") != 0)
		default_zone();
	find_dags();
	cli.plugins_folder = path_option("core", "plugins_folder", "plugins");
	cli.log_folder = path_option("logging", "base_log_folder", "logs");
	cli.child_log_folder =
		path_option("logging", "dag_processor_child_process_log_directory", "logs/dag_processor");
	if (tw_log_name_new(tw_str(tw_config_get(cli.config, "logging", "log_filename_template")), &cli.log_name, &err) < 0)
		fprintf(stderr, "warning: %s; logs go where they go by default\n", err.msg);
	cli.store_url = find_store_url();
	cli.fernet_keys = find_fernet_keys();
	if (tw_crypt_init(&cli.crypt, tw_str(cli.fernet_keys), &err) < 0)
		tw_cli_die(&err);
	loaded = true;
	return &cli;
}

struct tw_store *tw_cli_store_mode(enum tw_store_mode mode)
{
	struct tw_cli *c = tw_cli();
	struct tw_err err = {0};
	struct tw_store_opts opts = {
		.url = c->store_url,
		.mode = mode
	};

	if (c->store)
		return c->store;
	tw_crypt_hook(&c->crypt, &opts);
	if (tw_store_open(&opts, &c->store, &err) < 0)
		tw_cli_die(&err);
	return c->store;
}

void tw_cli_default_pool(struct tw_store *s)
{
	struct tw_err err = {0};

	if (tw_store_pool_default(s, tw_config_int(tw_cli()->config, "core", "default_pool_task_slot_count"), &err) < 0)
		tw_cli_die(&err);
}

struct tw_store *tw_cli_store(void)
{
	return tw_cli_store_mode(TW_STORE_CHECK);
}

void tw_cli_release(void)
{
	if (!loaded)
		return;
	tw_store_close(cli.store);
	tw_config_free(cli.config);
	tw_paths_release(&cli.paths);
	tw_zones_release(&cli.zones);
	tw_arena_release(&cli.arena);
	free(cli.store_url);
	free(cli.fernet_keys);
	free(cli.dags_folder);
	free(cli.plugins_folder);
	free(cli.log_folder);
	free(cli.child_log_folder);
	tw_log_name_free(cli.log_name);
}

void tw_cli_ring(void)
{
	tw_bell_ring(tw_cli()->paths.bell);
}

#define SIMPLE_MANAGER "SimpleAuthManager"
#define FAB_MANAGER "FabAuthManager"

bool tw_cli_fab(void)
{
	struct tw_str name = tw_str(tw_config_get(tw_cli()->config, "core", "auth_manager"));

	return tw_str_ends(name, "." FAB_MANAGER) || tw_str_is(name, FAB_MANAGER);
}

void tw_cli_need_auth_manager(void)
{
	struct tw_str name = tw_str(tw_config_get(tw_cli()->config, "core", "auth_manager"));

	if (name.n && !tw_cli_fab() && !tw_str_ends(name, "." SIMPLE_MANAGER) && !tw_str_is(name, SIMPLE_MANAGER))
		tw_cli_dief("[core] auth_manager: '" TW_STR_FMT
			    "' is not there; it must be Airflow's SimpleAuthManager or FabAuthManager",
			    TW_STR_ARG(name));
}

struct tw_str tw_cli_user(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return tw_str_copy(&tw_cli()->arena, tw_str(pw ? pw->pw_name : "unknown"));
}

tw_time tw_cli_time(const char *text)
{
	struct tw_err err = {0};
	tw_time t;

	tw_cli();
	if (!text)
		return TW_TIME_NONE;
	if (strcmp(text, "now") == 0)
		return tw_now();
	if (tw_time_parse(tw_str(text), default_zone(), &t, &err) < 0)
		tw_cli_die(&err);
	return t;
}

void tw_cli_confirm(const struct tw_args *args, const char *question)
{
	char line[16] = "";

	if (tw_arg_flag(args, "yes"))
		return;
	printf("%s (y/N) ", question);
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin) || (line[0] != 'y' && line[0] != 'Y'))
		tw_cli_dief("cancelled (answer y, or give -y)");
}
