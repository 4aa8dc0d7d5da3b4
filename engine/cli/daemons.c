/* The verbs that start something that stays: standalone, scheduler, dag-processor, runner. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/context.h"
#include "daemon/dagproc.h"
#include "daemon/scheduler.h"
#include "daemon/standalone.h"
#include "io/file.h"
#include "runner/runner.h"
#include "store/house.h"

#define DAEMON_OPTIONS                                                                             \
	{ "log-file", 'l', TW_OPT_STR, "write the log there", NULL, NULL, NULL },                  \
	{ "num-runs", 'n', TW_OPT_INT, "end after as many rounds", NULL, "-1", NULL },             \
	{ "pid", 0, TW_OPT_STR, "write the process id there", NULL, NULL, NULL },                  \
	{ "skip-serve-logs", 's', TW_OPT_FLAG, "accepted; logs are served by the api-server", NULL, NULL, NULL }

static void redirect_log(const struct tw_args *args)
{
	const char *path = tw_arg(args, "log-file"), *pid = tw_arg(args, "pid");

	if (path && !freopen(path, "a", stderr))
		tw_cli_dief("cannot write the log file '%s'", path);
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

static bool in_standalone(void)
{
	return getenv("TRADEWIND_STANDALONE") != NULL;
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
		.dags_folder = c->dags_folder,
		.native = tw_config_bool(cfg, "core", "native_operators"),
		.paused_at_creation = tw_config_bool(cfg, "core", "dags_are_paused_at_creation"),
		.health_timeout = tw_config_int(cfg, "scheduler", "scheduler_health_check_threshold") * 1000000,
		.stop_runner = in_standalone(),
	};

	redirect_log(args);
	o.core.parallelism = o.parallelism;
	o.core.heartbeat_timeout = tw_config_int(cfg, "scheduler", "task_instance_heartbeat_timeout") * 1000000;
	o.core.queued_timeout = (int64_t)(tw_config_float(cfg, "scheduler", "task_queued_timeout") * 1e6);
	o.core.requeues_if_stuck = (int)tw_config_int(cfg, "scheduler", "num_stuck_in_queued_retries");
	o.core.max_map_length = (int)tw_config_int(cfg, "core", "max_map_length");
	o.core.default_queue = tw_str(tw_config_get(cfg, "operators", "default_queue"));
	o.core.use_job_schedule = tw_config_bool(cfg, "scheduler", "use_job_schedule");
	return finish(tw_scheduler_run(&o, &err), &err);
}

static int cmd_dag_processor(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_config *cfg = c->config;
	struct tw_err err = { 0 };
	struct tw_dagproc_options o = {
		.paths = &c->paths,
		.store_url = c->store_url,
		.fernet_keys = c->fernet_keys,
		.dags_folder = c->dags_folder,
		.plugins_folder = c->plugins_folder,
		.bundle = "dags-folder",
		.ignore_syntax = strcmp(tw_config_get(cfg, "core", "dag_ignore_file_syntax"), "regexp") == 0 ?
					 TW_IGNORE_REGEXP :
					 TW_IGNORE_GLOB,
		.safe_mode = tw_config_bool(cfg, "core", "dag_discovery_safe_mode"),
		.paused_at_creation = tw_config_bool(cfg, "core", "dags_are_paused_at_creation"),
		.compat = tw_config_compat(cfg),
		.catchup = tw_config_bool(cfg, "scheduler", "catchup_by_default"),
		.data_intervals = tw_config_bool(cfg, "scheduler", "create_cron_data_intervals"),
		.processes = (int)tw_config_int(cfg, "dag_processor", "parsing_processes"),
		.timeout = tw_config_float(cfg, "dag_processor", "dag_file_processor_timeout"),
		.refresh = (double)tw_config_int(cfg, "dag_processor", "refresh_interval"),
		.memory_limit = tw_config_int(cfg, "dag_processor", "parse_memory_limit_mib") * 1024 * 1024,
		.num_runs = (int)tw_arg_int(args, "num-runs", -1),
	};

	redirect_log(args);
	if (!tw_file_is_dir(o.dags_folder) && tw_file_mkdirs(o.dags_folder, 0755, &err) < 0)
		tw_cli_die(&err);
	return finish(tw_dagproc_run(&o, &err), &err);
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
		.no_native = !tw_config_bool(cfg, "core", "native_operators"),
	};

	return tw_runner_main(&o);
}

/* ── standalone ───────────────────────────────────────────────────────────────────────── */

static void print_welcome(void *arg)
{
	struct tw_cli *c = tw_cli();

	printf("Tradewind %s\n  home      %s\n  DAGs      %s\n  metastore %s\n", TW_VERSION, c->paths.home, c->dags_folder,
	       c->store_url);
	printf("  API       http://%s:%s/api/v2/monitor/health\n", tw_config_get(c->config, "api", "host"),
	       tw_config_get(c->config, "api", "port"));
	printf("  login     none needed from this machine (all-admin mode; see docs/rest-api.md to change it)\n");
	fflush(stdout);
}

static int cmd_standalone(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	struct tw_err err = { 0 };
	static const char *const names[] = { "scheduler", "api-server", "dag-processor" };
	const char *argv[3][3];
	struct tw_component components[3];
	struct tw_standalone_options o = { .paths = &c->paths, .components = components, .ncomponents = 3,
					   .on_started = print_welcome };

	setenv("TRADEWIND_HOME", c->paths.home, 1);
	setenv("TRADEWIND_STANDALONE", "1", 1);
	if (!getenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS") &&
	    !getenv("TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS") &&
	    tw_config_find(c->config, "core", "simple_auth_manager_all_admins")->source == TW_CONFIG_DEFAULT)
		setenv("TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "true", 1);
	tw_cli_store_mode(TW_STORE_MIGRATE);
	if (tw_store_pool_default(c->store, tw_config_int(c->config, "core", "default_pool_task_slot_count"), &err) < 0)
		tw_cli_die(&err);
	tw_store_close(c->store);
	c->store = NULL;
	for (size_t i = 0; i < 3; i++) {
		argv[i][0] = c->paths.self;
		argv[i][1] = names[i];
		argv[i][2] = NULL;
		components[i] = (struct tw_component){ names[i], argv[i] };
	}
	return finish(tw_standalone_run(&o, &err), &err);
}

static const struct tw_opt daemon_opts[] = { DAEMON_OPTIONS, { 0 } };

const struct tw_verb tw_daemon_verbs[] = {
	{ NULL, "standalone", "Start everything on this machine: migrate, then scheduler, API server, DAG processor, triggerer.",
	  NULL, NULL, cmd_standalone, false },
	{ NULL, "scheduler", "Start a scheduler.", NULL, daemon_opts, cmd_scheduler, false },
	{ NULL, "dag-processor", "Start a DAG processor.", NULL, daemon_opts, cmd_dag_processor, false },
	{ NULL, "runner", "Run this machine's tasks; schedulers start it by themselves.", NULL, NULL, cmd_runner, false,
	  true },
	{ 0 },
};
