/* The verbs that start something that stays: standalone, scheduler, dag-processor, api-server, triggerer, runner. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/context.h"
#include "cli/fab.h"
#include "cli/signin.h"
#include "daemon/apiserver.h"
#include "daemon/dagproc.h"
#include "daemon/hostname.h"
#include "daemon/scheduler.h"
#include "daemon/standalone.h"
#include "daemon/triggerer.h"
#include "daemon/worker.h"
#include "io/file.h"
#include "io/proc.h"
#include "runner/runner.h"

#define DAEMON_OPTIONS                                                                             \
	{ "daemon", 'D', TW_OPT_FLAG, "go into the background", NULL, NULL, NULL },                \
	{ "log-file", 'l', TW_OPT_STR, "write the log there", NULL, NULL, NULL },                  \
	{ "stdout", 0, TW_OPT_STR, "write what goes to stdout there", NULL, NULL, NULL },          \
	{ "stderr", 0, TW_OPT_STR, "write what goes to stderr there", NULL, NULL, NULL },          \
	{ "num-runs", 'n', TW_OPT_INT, "dag-processor: end when every file was parsed so often", NULL, "-1", NULL },             \
	{ "pid", 0, TW_OPT_STR, "write the process id there", NULL, NULL, NULL },                  \
	{ "dev", 'd', TW_OPT_FLAG, "accepted", NULL, NULL, NULL },                                 \
	{ "skip-serve-logs", 's', TW_OPT_FLAG, "accepted; logs are served by the api-server", NULL, NULL, NULL }

/* The file that was asked for, else in the background one of the verb's name in the home; NULL: none. */
static const char *daemon_file(const struct tw_args *args, const char *option, const char *suffix)
{
	const char *path = tw_arg(args, option);

	if (path || !tw_arg_flag(args, "daemon"))
		return path;
	return tw_arena_printf(&tw_cli()->arena, "%s/tradewind-%s.%s", tw_cli()->paths.home, args->verb->name, suffix);
}

static void redirect(FILE *stream, const char *path)
{
	if (path && !freopen(path, "a", stream))
		tw_cli_dief("cannot write '%s'", path);
}

/* Into the background when that was asked for; then the files for output and process id. */
static void redirect_log(const struct tw_args *args)
{
	const char *err = daemon_file(args, "stderr", "err"), *pid = daemon_file(args, "pid", "pid");
	struct tw_err fault = { 0 };

	if (tw_hostname_decide(tw_config_get(tw_cli()->config, "core", "hostname_callable"), &tw_cli()->paths,
			       tw_cli()->plugins_folder, &fault) < 0)
		tw_cli_die(&fault);

	fflush(NULL);
	if (tw_arg_flag(args, "daemon")) {
		pid_t child = fork();

		if (child < 0)
			tw_cli_dief("cannot go into the background");
		if (child)
			_exit(0);
		setsid();
		redirect(stdin, "/dev/null");
	}
	redirect(stdout, daemon_file(args, "stdout", "out"));
	redirect(stderr, tw_arg(args, "log-file") ? tw_arg(args, "log-file") : err);
	if (pid) {
		FILE *f = fopen(pid, "w");

		if (!f)
			tw_cli_dief("cannot write the pid file '%s'", pid);
		fprintf(f, "%d\n", (int)getpid());
		fclose(f);
	}
}

static int finish(int status, const struct tw_err *err)
{
	if (status && err->msg[0])
		tw_log(TW_LOG_CRITICAL, "%s", err->msg);
	return status;
}

/*
 * The standalone that started this process, and with which it ends; 0: it was started by hand. The
 * variable goes no further: what a task starts is nobody's component.
 */
static pid_t supervisor(void)
{
	const char *text = getenv("TRADEWIND_STANDALONE");
	pid_t pid = text ? (pid_t)atoi(text) : 0;
	struct tw_err err = { 0 };

	if (pid && tw_proc_end_with(pid, &err) < 0)
		tw_cli_die(&err);
	unsetenv("TRADEWIND_STANDALONE");
	return pid;
}

/* An interval of seconds, as a timer's milliseconds: never none. */
static int64_t beat_of(const struct tw_config *cfg, const char *section, const char *option)
{
	double ms = tw_config_float(cfg, section, option) * 1000;

	return ms < 100 ? 100 : (int64_t)ms;
}

/* May tasks run without Python? A XCom backend of the team's own is Python: all XComs go through it. */
static bool native_allowed(const struct tw_config *cfg)
{
	struct tw_str backend = tw_str_trim(tw_str(tw_config_get(cfg, "core", "xcom_backend")));

	return tw_config_bool(cfg, "core", "native_operators") &&
	       (!backend.n || tw_str_ends(backend, ".BaseXCom"));
}

static struct tw_statsd_opts statsd_options(struct tw_config *cfg)
{
	return (struct tw_statsd_opts){
		.on = tw_config_bool(cfg, "metrics", "statsd_on"),
		.host = tw_config_get(cfg, "metrics", "statsd_host"),
		.port = (int)tw_config_int(cfg, "metrics", "statsd_port"),
		.ipv6 = tw_config_bool(cfg, "metrics", "statsd_ipv6"),
		.prefix = tw_config_get(cfg, "metrics", "statsd_prefix"),
		.allow = tw_config_get(cfg, "metrics", "metrics_allow_list"),
		.block = tw_config_get(cfg, "metrics", "metrics_block_list"),
		.legacy = tw_config_bool(cfg, "metrics", "legacy_names_on"),
		.influx = tw_config_bool(cfg, "metrics", "statsd_influxdb_enabled"),
		.datadog = tw_config_bool(cfg, "metrics", "statsd_datadog_enabled"),
		.datadog_tags = tw_config_bool(cfg, "metrics", "statsd_datadog_metrics_tags"),
		.constant_tags = tw_config_get(cfg, "metrics", "statsd_datadog_tags"),
		.disabled_tags = tw_config_get(cfg, "metrics", "statsd_disabled_tags"),
	};
}

static int cmd_scheduler(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_config *cfg = c->config;
	struct tw_err err = { 0 };
	struct tw_scheduler_options o = {
		.paths = &c->paths,
		.store_url = c->store_url,
		.fernet_keys = c->fernet_keys,
		.executor = tw_config_get(cfg, "core", "executor"),
		.parallelism = (int)tw_config_int(cfg, "core", "parallelism"),
		.core = tw_sched_config_default(),
		.log_folder = c->log_folder,
		.log_name = c->log_name,
		.native = native_allowed(cfg),
		.triggerer_health =
			(int64_t)(tw_config_float(cfg, "triggerer", "triggerer_health_check_threshold") * 1e6),
		.health_timeout = tw_config_int(cfg, "scheduler", "scheduler_health_check_threshold") * 1000000,
		.beat_ms = beat_of(cfg, "scheduler", "scheduler_heartbeat_sec"),
		.health_host = tw_config_bool(cfg, "scheduler", "enable_health_check") ?
				       tw_config_get(cfg, "scheduler", "scheduler_health_check_server_host") :
				       NULL,
		.health_port = (int)tw_config_int(cfg, "scheduler", "scheduler_health_check_server_port"),
		.cold = tw_config_bool(cfg, "core", "execute_tasks_new_python_interpreter"),
		.supervisor = supervisor(),
		.statsd = statsd_options(cfg),
		.check_slas = tw_config_bool(cfg, "core", "check_slas"),
	};

	redirect_log(args);
	if (tw_arg_int(args, "num-runs", -1) > 0)
		fprintf(stderr, "warning: --num-runs has no effect: the scheduler has no rounds, it waits for what happens\n");
	o.dags_folder = c->dags_folder;
	o.plugins_folder = c->plugins_folder;
	o.run_id_pattern = tw_config_get(cfg, "scheduler", "allowed_run_id_pattern");
	o.timetable_timeout_s = (unsigned)tw_config_float(cfg, "core", "dagbag_import_timeout") + 30;
	o.core.parallelism = o.parallelism;
	o.core.heartbeat_timeout = tw_config_int(cfg, "scheduler", "task_instance_heartbeat_timeout") * 1000000;
	o.core.queued_timeout = (int64_t)(tw_config_float(cfg, "scheduler", "task_queued_timeout") * 1e6);
	o.core.requeues_if_stuck = (int)tw_config_int(cfg, "scheduler", "num_stuck_in_queued_retries");
	o.core.max_map_length = (int)tw_config_int(cfg, "core", "max_map_length");
	o.core.default_queue = tw_str(tw_config_get(cfg, "operators", "default_queue"));
	o.core.use_job_schedule = tw_config_bool(cfg, "scheduler", "use_job_schedule");
	return finish(tw_scheduler_run(&o, &err), &err);
}

/* ── the dag-processor, and a second one for the examples ─────────────────────────────── */

#define EXAMPLES "example_dags"

/* [core] load_examples: the folder of the examples that came along, a bundle of its own; NULL: not served. */
static const char *examples(void)
{
	const struct tw_cli *c = tw_cli();

	if (!tw_config_bool(c->config, "core", "load_examples"))
		return NULL;
	if (!c->paths.examples)
		tw_warn("[core] load_examples is on, and this installation has no examples");
	return c->paths.examples;
}

/* It ends with this process, whatever ends that. 0: it could not be started, which is told. */
static pid_t start_examples(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *runs = tw_arg(args, "num-runs");
	const char *argv[] = { c->paths.self, "dag-processor", "--bundle-name", EXAMPLES, runs ? "--num-runs" : NULL, runs, NULL };
	struct tw_proc_opts opts = { .argv = argv };
	struct tw_err err = { 0 };
	pid_t pid = 0;

	setenv("TRADEWIND_HOME", c->paths.home, 1);
	setenv("TRADEWIND_STANDALONE", tw_arena_printf(&c->arena, "%d", (int)getpid()), 1);
	if (tw_proc_spawn(&opts, &pid, &err) < 0)
		tw_error("the examples are not served: %s", err.msg);
	unsetenv("TRADEWIND_STANDALONE");
	return pid;
}

static void end_examples(pid_t pid, bool by_itself)
{
	if (!pid)
		return;
	if (!by_itself)
		kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* Which of the two bundles this process serves. True: the examples. */
static bool choose_bundle(const char *name, struct tw_dagproc_options *o, struct tw_paths *paths)
{
	const struct tw_cli *c = tw_cli();
	const char *folder = examples();

	if (!folder)
		o->retired = EXAMPLES;
	if (!name || strcmp(name, o->bundle) == 0) {
		o->other_bell = folder ? tw_arena_printf(&tw_cli()->arena, "%s/dag-processor-examples.bell", c->paths.run_dir) : NULL;
		return false;
	}
	if (strcmp(name, EXAMPLES) != 0 || !folder)
		tw_cli_dief("there is no bundle '%s' here: '%s'%s", name, o->bundle, folder ? ", '" EXAMPLES "'" : "");
	*paths = c->paths;
	paths->dagproc_bell = tw_arena_printf(&tw_cli()->arena, "%s/dag-processor-examples.bell", c->paths.run_dir);
	o->paths = paths;
	o->bundle = EXAMPLES;
	o->dags_folder = folder;
	return true;
}

static int cmd_dag_processor(const struct tw_args *args)
{
	struct tw_paths paths;
	pid_t companion = 0;
	int status;
	struct tw_cli *c = tw_cli();
	struct tw_config *cfg = c->config;
	struct tw_err err = { 0 };
	struct tw_dagproc_options o = {
		.paths = &c->paths,
		.store_url = c->store_url,
		.fernet_keys = c->fernet_keys,
		.dags_folder = c->dags_folder,
		.plugins_folder = c->plugins_folder,
		.bundle = c->bundle,
		.ignore_syntax = strcmp(tw_config_get(cfg, "core", "dag_ignore_file_syntax"), "regexp") == 0 ?
					 TW_IGNORE_REGEXP :
					 TW_IGNORE_GLOB,
		.safe_mode = tw_config_bool(cfg, "core", "dag_discovery_safe_mode"),
		.own_judge = tw_config_find(cfg, "core", "might_contain_dag_callable")->source != TW_CONFIG_DEFAULT,
		.fab = tw_cli_fab(),
		.paused_at_creation = tw_config_bool(cfg, "core", "dags_are_paused_at_creation"),
		.compat = tw_config_compat(cfg),
		.processes = (int)tw_config_int(cfg, "dag_processor", "parsing_processes"),
		.timeout = tw_config_float(cfg, "dag_processor", "dag_file_processor_timeout"),
		.refresh = (double)tw_config_int(cfg, "dag_processor", "refresh_interval"),
		.memory_limit = tw_config_int(cfg, "dag_processor", "parse_memory_limit_mib") * 1024 * 1024,
		.log_folder = c->child_log_folder,
		.callback_timeout = (double)tw_config_int(cfg, "callbacks", "callback_execution_timeout"),
		.health_timeout = tw_config_int(cfg, "scheduler", "scheduler_health_check_threshold") * 1000000,
		.min_masked_secret = (int)tw_config_int(cfg, "logging", "min_length_masked_secret"),
		.sensitive_names = tw_config_get(cfg, "core", "sensitive_var_conn_names"),
		.beat_ms = beat_of(cfg, "scheduler", "job_heartbeat_sec"),
		.num_runs = (int)tw_arg_int(args, "num-runs", -1),
	};

	if (o.fab)
		cli_sync_roles(); /* DAGs name them */
	supervisor();
	redirect_log(args);
	if (!choose_bundle(tw_arg(args, "bundle-name"), &o, &paths) && o.other_bell && !tw_arg(args, "bundle-name"))
		companion = start_examples(args);
	if (!tw_file_is_dir(o.dags_folder) && tw_file_mkdirs(o.dags_folder, 0755, &err) < 0)
		tw_cli_die(&err);
	status = finish(tw_dagproc_run(&o, &err), &err);
	end_examples(companion, o.num_runs > 0);
	return status;
}

static int cmd_runner(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_config *cfg = c->config;
	struct tw_runner_options o = {
		.home = c->paths.home,
		.python = c->paths.python,
		.sdk_path = c->paths.sdk,
		.sensitive_names = tw_config_get(cfg, "core", "sensitive_var_conn_names"),
		.min_masked_secret = (int)tw_config_int(cfg, "logging", "min_length_masked_secret"),
		.cleanup_s = (int)tw_config_int(cfg, "core", "killed_task_cleanup_time"),
		.no_native = !native_allowed(cfg),
		.secrets_backend = *tw_config_get(cfg, "secrets", "backend") ||
				   *tw_config_get(cfg, "workers", "secrets_backend"),
	};

	return tw_runner_main(&o);
}

/* ── api-server ───────────────────────────────────────────────────────────────────────── */

static bool is_sensitive(void *arg, struct tw_str name)
{
	return tw_config_is_sensitive_name(arg, name);
}

static void say_listening(void *arg, const char *host, unsigned port)
{
	tw_info("listening on http://%s:%u", host, port);
}

static struct tw_api_setting *all_settings(const struct tw_config *cfg, size_t *ret_n)
{
	struct tw_arena *a = &tw_cli()->arena;
	size_t n = tw_config_count(cfg);
	struct tw_api_setting *v = tw_arena_array(a, struct tw_api_setting, n + 1);

	for (size_t i = 0; i < n; i++) {
		const struct tw_config_entry *e = tw_config_at(cfg, i);

		v[i] = (struct tw_api_setting){
			.section = tw_str(e->section), .key = tw_str(e->option), .value = tw_str(e->value),
			.sensitive = e->sensitive || (!e->description && tw_config_is_sensitive_name(cfg, tw_str(e->option))),
			.source = tw_config_source_name(e->source), .where = tw_str(e->where),
			.dflt = tw_str(e->dflt), .description = tw_str(e->description),
		};
	}
	*ret_n = n;
	return v;
}

static unsigned port_of(int64_t n)
{
	if (n < 0 || n > 65535)
		tw_cli_dief("%lld is no port: [api] port (and --port) go up to 65535", (long long)n);
	return (unsigned)n;
}

static int cmd_api_server(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_config *cfg = c->config;
	struct tw_err err = { 0 };
	const char *host = tw_arg(args, "host"), *cert = tw_arg(args, "ssl-cert"), *key = tw_arg(args, "ssl-key");
	const char *expose = tw_config_get(cfg, "api", "expose_config");
	struct tw_apiserver_options o = {
		.paths = &c->paths,
		.store_url = c->store_url,
		.fernet_keys = c->fernet_keys,
		.dags_folder = c->dags_folder,
		.plugins_folder = c->plugins_folder,
		.run_id_pattern = tw_config_get(cfg, "scheduler", "allowed_run_id_pattern"),
		.rerun_latest = !*tw_config_get(cfg, "core", "rerun_with_latest_version") ? 0 :
				tw_config_bool(cfg, "core", "rerun_with_latest_version")  ? 1 :
											    -1,
		.host = host ? host : tw_config_get(cfg, "api", "host"),
		.port = port_of(tw_arg_int(args, "port", tw_config_int(cfg, "api", "port"))),
		.threads = (unsigned)tw_arg_int(args, "workers", 0),
		.cert_path = cert ? cert : tw_config_get(cfg, "api", "ssl_cert"),
		.key_path = key ? key : tw_config_get(cfg, "api", "ssl_key"),
		.base_url = tw_config_get(cfg, "api", "base_url"),
		.fab = tw_cli_fab(),
		.fab_custom_roles = tw_config_get(cfg, "fab", "custom_roles"),
		.fab_cache_ttl = tw_config_int(cfg, "fab", "cache_ttl"),
		.fab_keep_roles = !tw_config_bool(cfg, "fab", "update_fab_perms"),
		.proxies = tw_config_bool(cfg, "fab", "enable_proxy_fix") ? (int)tw_config_int(cfg, "fab", "proxy_fix_x_for") : 0,
		.all_admins = !tw_cli_fab() && tw_config_bool(cfg, "core", "simple_auth_manager_all_admins"),
		.users = tw_config_get(cfg, "core", "simple_auth_manager_users"),
		.passwords_file = tw_config_get(cfg, "core", "simple_auth_manager_passwords_file"),
		.jwt_secret = tw_config_get(cfg, "api_auth", "jwt_secret"),
		.jwt_audience = tw_config_get(cfg, "api_auth", "jwt_audience"),
		.jwt_issuer = tw_config_get(cfg, "api_auth", "jwt_issuer"),
		.jwt_ttl = tw_config_int(cfg, "api_auth", "jwt_expiration_time"),
		.jwt_cli_ttl = tw_config_int(cfg, "api_auth", "jwt_cli_expiration_time"),
		.jwt_leeway = tw_config_int(cfg, "api_auth", "jwt_leeway"),
		.task_audience = tw_config_get(cfg, "execution_api", "jwt_audience"),
		.task_ttl = tw_config_int(cfg, "execution_api", "jwt_expiration_time"),
		.queued_ttl = (int64_t)tw_config_float(cfg, "scheduler", "task_queued_timeout"),
		.max_map_length = tw_config_int(cfg, "core", "max_map_length"),
		.secret_key = tw_config_get(cfg, "api", "secret_key"),
		.log_folder = c->log_folder,
		.log_name = c->log_name,
		.page_limit = tw_config_int(cfg, "api", "fallback_page_limit"),
		.page_max = tw_config_int(cfg, "api", "maximum_page_limit"),
		.scheduler_health = tw_config_int(cfg, "scheduler", "scheduler_health_check_threshold"),
		.triggerer_health = (int64_t)tw_config_float(cfg, "triggerer", "triggerer_health_check_threshold"),
		.expose_config = strcasecmp(expose, "true") == 0 || strcasecmp(expose, "non-sensitive-only") == 0,
		.test_connection = tw_config_get(cfg, "core", "test_connection"),
		.yaml_editor = tw_config_get(cfg, "api", "yaml_editor"),
		.sensitive = is_sensitive,
		.sensitive_arg = cfg,
		.on_ready = say_listening,
	};

	tw_cli_need_auth_manager();
	supervisor();
	redirect_log(args);
	tw_log_component("api-server");
	cli_sign_in_options(&o);
	o.settings = all_settings(cfg, &o.nsettings);
	return finish(tw_apiserver_run(&o, &err), &err);
}

/* "a, b": names between commas. */
static struct tw_str *split_names(const char *text, size_t *ret_n)
{
	struct tw_str rest = tw_str(text), *v = tw_arena_array(&tw_cli()->arena, struct tw_str, rest.n + 1);

	*ret_n = 0;
	while (rest.p) {
		struct tw_str name = tw_str_trim(tw_str_cut(rest, ',', &rest));

		if (name.n)
			v[(*ret_n)++] = name;
	}
	return v;
}

static int cmd_triggerer(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_config *cfg = c->config;
	struct tw_err err = { 0 };
	struct tw_triggerer_options o = {
		.paths = &c->paths,
		.store_url = c->store_url,
		.fernet_keys = c->fernet_keys,
		.dags_folder = c->dags_folder,
		.plugins_folder = c->plugins_folder,
		.log_folder = c->log_folder,
		.log_name = c->log_name,
		.capacity = (int)tw_arg_int(args, "capacity", tw_config_int(cfg, "triggerer", "capacity")),
		.beat_ms = beat_of(cfg, "triggerer", "job_heartbeat_sec"),
		.health_timeout =
			(int64_t)(tw_config_float(cfg, "triggerer", "triggerer_health_check_threshold") * 1e6),
		.native = native_allowed(cfg),
	};

	o.queues = split_names(tw_arg(args, "queues"), &o.nqueues);
	supervisor();
	redirect_log(args);
	return finish(tw_triggerer_run(&o, &err), &err);
}

/* ── worker ───────────────────────────────────────────────────────────────────────────── */

/* Where the Execution API is, without a slash at its end. */
static const char *execution_url(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *given = tw_arg(args, "server") ? tw_arg(args, "server") : tw_config_get(c->config, "core", "execution_api_server_url");
	struct tw_str base = tw_str(*given ? given : tw_config_get(c->config, "api", "base_url"));

	while (tw_str_ends(base, "/"))
		base.n--;
	if (*given)
		return tw_arena_printf(&c->arena, TW_STR_FMT, TW_STR_ARG(base));
	if (tw_str_starts(base, "http"))
		return tw_arena_printf(&c->arena, TW_STR_FMT "/execution", TW_STR_ARG(base));
	return tw_arena_printf(&c->arena, "http://localhost:%s" TW_STR_FMT "/execution", tw_config_get(c->config, "api", "port"),
			       TW_STR_ARG(base));
}

static int cmd_worker(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_config *cfg = c->config;
	struct tw_buf secret = { 0 };
	struct tw_err err = { 0 };
	struct tw_worker_options o = {
		.paths = &c->paths,
		.url = execution_url(args),
		.keys = {
			.alg = TW_JWT_HS512,
			.audiences = tw_str(tw_config_get(cfg, "execution_api", "jwt_audience")),
			.issuer = *tw_config_get(cfg, "api_auth", "jwt_issuer") ? tw_config_get(cfg, "api_auth", "jwt_issuer") : NULL,
		},
		.dags_folder = c->dags_folder,
		.log_folder = c->log_folder,
		.slots = (int)tw_arg_int(args, "slots", tw_config_int(cfg, "core", "parallelism")),
		.name = tw_arg(args, "name"),
	};

	if (o.slots < 1)
		tw_cli_dief("--slots: a worker needs one at least");
	o.queues = split_names(tw_arg(args, "queues"), &o.nqueues);
	if (tw_apiserver_jwt_secret(&c->paths, tw_config_get(cfg, "api_auth", "jwt_secret"), &secret, &err) < 0)
		tw_cli_die(&err);
	o.keys.secret = tw_str_copy(&c->arena, tw_buf_str(&secret));
	tw_buf_release(&secret);
	redirect_log(args);
	return finish(tw_worker_run(&o, &err), &err);
}

/* ── standalone ───────────────────────────────────────────────────────────────────────── */

static void print_welcome(void *arg)
{
	struct tw_cli *c = tw_cli();

	printf("Tradewind %s\n  home      %s\n  DAGs      %s\n  metastore %s\n", TW_VERSION, c->paths.home, c->dags_folder,
	       c->store_url);
	printf("  API       http://%s:%s/api/v2/monitor/health\n", tw_config_get(c->config, "api", "host"),
	       tw_config_get(c->config, "api", "port"));
	if (c->paths.examples && strcmp(c->paths.examples, c->dags_folder) != 0)
		printf("  examples  %s (%s)\n", c->paths.examples,
		       tw_config_bool(c->config, "core", "load_examples") ? "served as bundle " EXAMPLES :
									    "copy what you like into the DAG folder");
	printf("  login     none needed from this machine (all-admin mode; see docs/rest-api.md to change it)\n");
	fflush(stdout);
}

static int cmd_standalone(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_err err = { 0 };
	static const char *const names[] = { "scheduler", "api-server", "dag-processor", "triggerer" };
	const char *argv[4][3];
	struct tw_component components[4];
	struct tw_standalone_options o = { .paths = &c->paths, .components = components, .ncomponents = 4,
					   .on_started = print_welcome };

	setenv("TRADEWIND_HOME", c->paths.home, 1);
	setenv("TRADEWIND_STANDALONE", tw_arena_printf(&c->arena, "%d", (int)getpid()), 1);
	if (!getenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS") &&
	    !getenv("TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS") &&
	    tw_config_find(c->config, "core", "simple_auth_manager_all_admins")->source == TW_CONFIG_DEFAULT)
		setenv("TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "true", 1);
	tw_cli_default_pool(tw_cli_store_mode(TW_STORE_MIGRATE));
	tw_store_close(c->store);
	c->store = NULL;
	for (size_t i = 0; i < 4; i++) {
		argv[i][0] = c->paths.self;
		argv[i][1] = names[i];
		argv[i][2] = NULL;
		components[i] = (struct tw_component){ names[i], argv[i] };
	}
	return finish(tw_standalone_run(&o, &err), &err);
}

static const struct tw_opt scheduler_opts[] = {
	{ "do-pickle", 'p', TW_OPT_FLAG, "accepted (2.x): a task's process reads its DAG file itself", NULL, NULL, NULL },
	DAEMON_OPTIONS,
	{ 0 },
};
static const struct tw_opt dagproc_opts[] = {
	{ "bundle-name", 'B', TW_OPT_STR, "only this bundle; without it the DAG folder and, with [core] load_examples, example_dags", NULL,
	  NULL, NULL },
	DAEMON_OPTIONS,
	{ 0 },
};
static const struct tw_opt triggerer_opts[] = {
	{ "capacity", 0, TW_OPT_INT, "most triggers in Python at once", NULL, NULL, NULL },
	{ "queues", 0, TW_OPT_STR, "run triggers of these queues only, separated by commas", NULL, NULL, NULL },
	DAEMON_OPTIONS,
	{ 0 },
};
static const struct tw_opt worker_opts[] = {
	{ "queues", 'q', TW_OPT_STR, "take tasks of these queues only, separated by commas", NULL, NULL, NULL },
	{ "slots", 'c', TW_OPT_INT, "most tasks at once; [core] parallelism unless given", NULL, NULL, "concurrency" },
	{ "name", 0, TW_OPT_STR, "what the worker is called; the host's name unless given", NULL, NULL, NULL },
	{ "server", 0, TW_OPT_STR, "URL of the Execution API; [core] execution_api_server_url unless given", NULL, NULL, NULL },
	DAEMON_OPTIONS,
	{ 0 },
};
static const struct tw_opt api_opts[] = {
	{ "host", 'H', TW_OPT_STR, "the address to listen on", NULL, NULL, "hostname" },
	{ "port", 'p', TW_OPT_INT, "the port", NULL, NULL, NULL },
	{ "workers", 'w', TW_OPT_INT, "threads", NULL, NULL, NULL },
	{ "ssl-cert", 0, TW_OPT_STR, "certificate, PEM", NULL, NULL, NULL },
	{ "ssl-key", 0, TW_OPT_STR, "its key, PEM", NULL, NULL, NULL },
	{ "apps", 0, TW_OPT_STR, "accepted; one server serves all", NULL, NULL, NULL },
	{ "proxy-headers", 0, TW_OPT_FLAG, "accepted", NULL, NULL, NULL },
	{ "worker-timeout", 't', TW_OPT_INT, "accepted", NULL, NULL, NULL },
	DAEMON_OPTIONS,
	{ 0 },
};

const struct tw_verb tw_daemon_verbs[] = {
	{ NULL, "standalone", "Start everything on this machine: migrate, then scheduler, API server, DAG processor, triggerer.",
	  NULL, NULL, cmd_standalone, false },
	{ NULL, "scheduler", "Start a scheduler.", NULL, scheduler_opts, cmd_scheduler, false },
	{ NULL, "dag-processor", "Start a DAG processor.", NULL, dagproc_opts, cmd_dag_processor, false },
	{ NULL, "api-server", "Start the server of the REST API.", NULL, api_opts, cmd_api_server, false },
	{ NULL, "webserver", "The same as api-server (2.x).", NULL, api_opts, cmd_api_server, false },
	{ NULL, "triggerer", "Start a triggerer: it waits on behalf of deferred tasks.", NULL, triggerer_opts, cmd_triggerer,
	  false },
	{ NULL, "worker", "Start a worker: it takes tasks of RemoteExecutor from an api-server and runs them here.", NULL, worker_opts,
	  cmd_worker, false },
	{ NULL, "runner", "Run this machine's tasks; schedulers start it by themselves.", NULL, NULL, cmd_runner, false,
	  true },
	{ 0 },
};
