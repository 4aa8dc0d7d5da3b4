#include "daemon/config.h"

#include <unistd.h>

#include "base/testing.h"
#include "daemon/ini.h"
#include "io/file.h"

static char home[64];

extern char **environ;

static int make_home(void **state)
{
	strcpy(home, "/tmp/tw-config-XXXXXX");
	assert_non_null(mkdtemp(home));
	return 0;
}

static int drop_home(void **state)
{
	for (char **e = environ; *e;) {
		if (strncmp(*e, "AIRFLOW_", 8) == 0 || strncmp(*e, "TRADEWIND_", 10) == 0) {
			char *name = tw_strndup(*e, (size_t)(strchr(*e, '=') - *e));

			unsetenv(name);
			free(name);
			e = environ;
		} else {
			e++;
		}
	}
	tw_file_remove_tree(home, NULL);
	return 0;
}

static void put(const char *name, const char *text)
{
	char path[128];
	struct tw_err err = {0};

	snprintf(path, sizeof path, "%s/%s", home, name);
	if (tw_file_write(path, tw_str(text), 0600, &err) < 0)
		fail_msg("%s", err.msg);
}

static struct tw_config *load(void)
{
	struct tw_config *c = NULL;
	struct tw_err err = {0};

	if (tw_config_load(home, &c, &err) < 0)
		fail_msg("%s", err.msg);
	return c;
}

static void refuses(const char *message)
{
	struct tw_config *c = NULL;
	struct tw_err err = {0};

	assert_int_equal(tw_config_load(home, &c, &err), TW_ERR_INVALID);
	assert_string_equal(err.msg, message);
}

static bool warns(const struct tw_config *c, const char *text)
{
	for (size_t i = 0; i < tw_config_nwarnings(c); i++)
		if (strcmp(tw_config_warning(c, i), text) == 0)
			return true;
	for (size_t i = 0; i < tw_config_nwarnings(c); i++)
		print_message("# %s\n", tw_config_warning(c, i));
	return false;
}

static void built_in_defaults(void **state)
{
	struct tw_config *c = load();
	char path[128];

	snprintf(path, sizeof path, "%s/dags", home);
	assert_string_equal(tw_config_get(c, "core", "dags_folder"), path);
	assert_int_equal(tw_config_int(c, "core", "parallelism"), 32);
	assert_true(tw_config_bool(c, "core", "dags_are_paused_at_creation"));
	assert_false(tw_config_bool(c, "scheduler", "catchup_by_default"));
	assert_true(tw_config_float(c, "scheduler", "task_queued_timeout") == 600.0);
	assert_string_equal(tw_config_get(c, "api", "host"), "127.0.0.1");
	assert_string_equal(tw_config_get(c, "logging", "log_format"), "");
	assert_string_equal(tw_config_get(c, "logging", "simple_log_format"),
			    "%(asctime)s %(levelname)s - %(message)s");
	assert_int_equal(tw_config_compat(c), 3);
	assert_int_equal(tw_config_nwarnings(c), 0);
	assert_null(tw_config_find(c, "core", "no_such"));
	assert_int_equal(tw_config_find(c, "core", "parallelism")->source, TW_CONFIG_DEFAULT);
	tw_config_free(c);
}

static void later_places_win(void **state)
{
	struct tw_config *c;

	put("airflow.cfg",
	    "[core]\nparallelism = 1\nmax_active_runs_per_dag = 1\nmax_map_length = 1\n"
	    "default_task_retries = 1\n");
	put("tradewind.cfg",
	    "[core]\nparallelism = 2\nmax_active_runs_per_dag = 2\nmax_map_length = 2\n");
	setenv("AIRFLOW__CORE__PARALLELISM", "3", 1);
	setenv("AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG", "3", 1);
	setenv("TRADEWIND__CORE__PARALLELISM", "4", 1);
	c = load();
	assert_int_equal(tw_config_int(c, "core", "parallelism"), 4);
	assert_int_equal(tw_config_int(c, "core", "max_active_runs_per_dag"), 3);
	assert_int_equal(tw_config_int(c, "core", "max_map_length"), 2);
	assert_int_equal(tw_config_int(c, "core", "default_task_retries"), 1);
	assert_string_equal(tw_config_find(c, "core", "parallelism")->where,
			    "TRADEWIND__CORE__PARALLELISM");
	assert_string_equal(tw_config_find(c, "core", "max_map_length")->where, "tradewind.cfg:4");
	assert_int_equal(tw_config_find(c, "core", "default_task_retries")->source, TW_CONFIG_FILE);
	assert_string_equal(tw_config_find(c, "core", "parallelism")->dflt, "32");
	tw_config_free(c);
}

static void the_generation_switches_defaults(void **state)
{
	struct tw_config *c;

	put("tradewind.cfg",
	    "[core]\ncompat = 2\n[scheduler]\ncreate_cron_data_intervals = False\n");
	c = load();
	assert_int_equal(tw_config_compat(c), 2);
	assert_true(tw_config_bool(c, "scheduler", "catchup_by_default"));
	assert_false(tw_config_bool(c, "scheduler", "create_cron_data_intervals"));
	assert_string_equal(tw_config_get(c, "core", "dag_ignore_file_syntax"), "regexp");
	assert_int_equal(tw_config_int(c, "api", "fallback_page_limit"), 100);
	tw_config_free(c);
	put("tradewind.cfg", "[core]\ncompat = 4\n");
	refuses("configuration: tradewind.cfg:2: [core] compat is '4', it should be 2 or 3");
}

static void old_names_still_count(void **state)
{
	struct tw_config *c;

	put("airflow.cfg",
	    "[core]\ndag_concurrency = 5\nsql_alchemy_conn = sqlite:////tmp/x.db\ndonot_pickle = "
	    "True\n"
	    "[webserver]\nweb_server_port = 1234\nworkers = 7\n[api]\nworkers = 9\n");
	setenv("AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL", "60", 1);
	setenv("AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD", "echo sqlite:////tmp/y.db", 1);
	c = load();
	assert_int_equal(tw_config_int(c, "core", "max_active_tasks_per_dag"), 5);
	assert_string_equal(tw_config_get(c, "database", "sql_alchemy_conn"),
			    "sqlite:////tmp/y.db");
	assert_string_equal(tw_config_get(c, "api", "port"), "1234");
	assert_int_equal(tw_config_int(c, "api", "workers"), 9); /* the new name beside the old */
	assert_int_equal(tw_config_int(c, "dag_processor", "refresh_interval"), 60);
	assert_true(warns(
		c, "airflow.cfg:2: [core] dag_concurrency is now [core] max_active_tasks_per_dag"));
	assert_true(warns(c, "airflow.cfg:4: [core] donot_pickle has no effect any more"));
	assert_true(warns(c, "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL: [scheduler] "
			     "dag_dir_list_interval is now "
			     "[dag_processor] refresh_interval"));
	tw_config_free(c);
}

static void options_that_nothing_obeys_are_told_of(void **state)
{
	struct tw_config *c;

	put("airflow.cfg", "[core]\nload_examples = False\nlazy_load_plugins = true\nunit_test_mode = True\n");
	setenv("AIRFLOW__CELERY__WORKER_CONCURRENCY", "4", 1);
	c = load();
	assert_true(warns(c, "airflow.cfg:4: [core] unit_test_mode has no effect: there is no configuration for tests "
			     "apart"));
	assert_true(warns(c, "AIRFLOW__CELERY__WORKER_CONCURRENCY: [celery] worker_concurrency has no effect: there is "
			     "no Celery executor"));
	assert_int_equal(tw_config_nwarnings(c), 2); /* what is set to its default is no news */
	tw_config_free(c);
}

static void unknown_names_are_told_of(void **state)
{
	struct tw_config *c;

	put("airflow.cfg", "[core]\nparalelism = 5\n[my_plugin]\na = 1\nb = 2\n");
	setenv("AIRFLOW__COMMON_IO__XCOM_OBJECTSTORAGE_PATH", "/x", 1);
	c = load();
	assert_true(warns(c, "airflow.cfg:2: there is no option paralelism in [core]"));
	assert_true(warns(
		c,
		"airflow.cfg:4: the section [my_plugin] is unknown; only Python code can read it"));
	assert_string_equal(tw_config_find(c, "my_plugin", "b")->value, "2");
	assert_string_equal(tw_config_get(c, "common.io", "xcom_objectstorage_path"), "/x");
	if (tw_config_nwarnings(c) != 2)
		warns(c, "");
	assert_int_equal(tw_config_nwarnings(c), 2);
	tw_config_free(c);
}

static void bad_values_are_named(void **state)
{
	put("airflow.cfg", "[core]\nparallelism = many\n");
	refuses("configuration: airflow.cfg:2: [core] parallelism is 'many', it should be a whole "
		"number");
	put("airflow.cfg", "[core]\ndags_are_paused_at_creation = yes\n");
	refuses("configuration: airflow.cfg:2: [core] dags_are_paused_at_creation is 'yes', it "
		"should be true or false");
	put("airflow.cfg", "[scheduler]\ntask_queued_timeout =\n");
	refuses("configuration: airflow.cfg:2: [scheduler] task_queued_timeout is '', it should be "
		"a number");
	put("airflow.cfg", "[core]\ndags_are_paused_at_creation = fALSE # or "
			   "true\ndefault_task_execution_timeout =\n");
	tw_config_free(load());
	put("airflow.cfg", "[core\n");
	refuses("configuration: airflow.cfg:1: '[' without a ']'");
}

static void secrets_from_commands(void **state)
{
	struct tw_config *c;

	put("airflow.cfg",
	    "[core]\nfernet_key_cmd = printf 'from file'\nparallelism_cmd = echo 3\n");
	setenv("AIRFLOW__API__SECRET_KEY_CMD", "printf 'a\\nb\\n\\n'", 1);
	c = load();
	assert_string_equal(tw_config_get(c, "core", "fernet_key"), "from file");
	assert_int_equal(tw_config_find(c, "core", "fernet_key")->source, TW_CONFIG_COMMAND);
	assert_true(tw_config_find(c, "core", "fernet_key")->sensitive);
	assert_string_equal(tw_config_get(c, "api", "secret_key"), "a\nb");
	assert_int_equal(tw_config_int(c, "core", "parallelism"), 32); /* it is no secret */
	assert_true(warns(c, "airflow.cfg:3: there is no option parallelism_cmd in [core]"));
	tw_config_free(c);
	setenv("AIRFLOW__CORE__FERNET_KEY", "plain", 1);
	c = load();
	assert_string_equal(tw_config_get(c, "core", "fernet_key"), "plain");
	tw_config_free(c);
	setenv("AIRFLOW__API__SECRET_KEY_CMD", "exit 3", 1);
	refuses("configuration: AIRFLOW__API__SECRET_KEY_CMD: [api] secret_key: the command failed "
		"with exit code 3");
	unsetenv("AIRFLOW__API__SECRET_KEY_CMD");
	setenv("AIRFLOW__API__SECRET_KEY_SECRET", "name", 1);
	refuses("configuration: AIRFLOW__API__SECRET_KEY_SECRET: [api] secret_key: it names a "
		"secret, but [secrets] "
		"backend is not set");
}

static void values_are_expanded(void **state)
{
	struct tw_config *c;
	char path[128];

	setenv("TRADEWIND_TEST_X", "deep", 1);
	put("airflow.cfg",
	    "[core]\ndags_folder = {AIRFLOW_HOME}/$TRADEWIND_TEST_X/dags\n[logging]\nlog_format = "
	    "%%(x)s 100%%\n");
	setenv("AIRFLOW__LOGGING__SIMPLE_LOG_FORMAT", "%(x)s", 1);
	c = load();
	snprintf(path, sizeof path, "%s/deep/dags", home);
	assert_string_equal(tw_config_get(c, "core", "dags_folder"), path);
	assert_string_equal(tw_config_get(c, "logging", "log_format"), "%(x)s 100%");
	assert_string_equal(tw_config_get(c, "logging", "simple_log_format"), "%(x)s");
	tw_config_free(c);
}

static void a_file_elsewhere(void **state)
{
	struct tw_config *c;
	char path[128];

	put("other.cfg", "[core]\nparallelism = 8\n");
	snprintf(path, sizeof path, "%s/other.cfg", home);
	setenv("AIRFLOW_CONFIG", path, 1);
	c = load();
	assert_int_equal(tw_config_int(c, "core", "parallelism"), 8);
	tw_config_free(c);
}

static void names_that_mask(void **state)
{
	struct tw_config *c;

	setenv("AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES", "pin, iban", 1);
	c = load();
	assert_true(tw_config_is_sensitive_name(c, TW_STR("MY_API_KEY")));
	assert_true(tw_config_is_sensitive_name(c, TW_STR("db_password_2")));
	assert_true(tw_config_is_sensitive_name(c, TW_STR("iban_of_shop")));
	assert_false(tw_config_is_sensitive_name(c, TW_STR("path")));
	assert_false(tw_config_is_sensitive_name(c, TW_STR("")));
	tw_config_free(c);
	setenv("AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS", "False", 1);
	c = load();
	assert_false(tw_config_is_sensitive_name(c, TW_STR("password")));
	tw_config_free(c);
}

static void append(void *arg, const char *section, const char *key, const char *value, int line)
{
	tw_buf_printf(arg, "%s.%s=%s@%d|", section, key, value, line);
}

static void files_as_config_parser_reads_them(void **state)
{
	static const char text[] = "\xef\xbb\xbf# comment\n"
				   "[One]\n"
				   "Key : value ; kept\n"
				   "list =\n"
				   "    a\n"
				   "\n"
				   "  # inside\n"
				   "    b = c\n"
				   "\n"
				   "url=a=b:c\r\n"
				   "empty=\n"
				   "[ two ]\n"
				   "; comment\n"
				   "x = 1";
	struct tw_buf out = {0};
	struct tw_err err = {0};

	assert_int_equal(tw_ini_parse("f", tw_str(text), append, &out, &err), TW_OK);
	assert_string_equal(tw_buf_cstr(&out),
			    "one.key=value ; kept@3|one.list=a\n\nb = c@4|one.url=a=b:c@10|"
			    "one.empty=@11|two.x=1@14|");
	assert_int_equal(tw_ini_parse("f", TW_STR("[a]\nno value\n"), append, &out, &err),
			 TW_ERR_INVALID);
	assert_string_equal(err.msg, "f:2: expected 'option = value', found 'no value'");
	assert_int_equal(tw_ini_parse("f", TW_STR("a = 1\n"), append, &out, &err), TW_ERR_INVALID);
	tw_buf_release(&out);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, make_home, drop_home)
	const struct CMUnitTest tests[] = {
		T(built_in_defaults),
		T(later_places_win),
		T(the_generation_switches_defaults),
		T(old_names_still_count),
		T(unknown_names_are_told_of),
		T(options_that_nothing_obeys_are_told_of),
		T(bad_values_are_named),
		T(secrets_from_commands),
		T(values_are_expanded),
		T(a_file_elsewhere),
		T(names_that_mask),
		cmocka_unit_test(files_as_config_parser_reads_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
