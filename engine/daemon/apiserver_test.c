#include "daemon/apiserver_testing.h"

#include <pthread.h>

#include "io/clock.h"

#define RUN "/api/v2/dags/etl/dagRuns/scheduled__2026-01-01T00:00:00%2B00:00"

static struct world *open_world;

static int setup(void **state)
{
	open_world = world_new(true);
	return 0;
}

static int setup_closed(void **state)
{
	open_world = world_new(false);
	return 0;
}

static int teardown(void **state)
{
	world_free(open_world);
	return 0;
}

static void test_health(void **state)
{
	struct world *w = open_world;
	struct tw_job_row job = {.job_type = TW_STR("SchedulerJob"),
				 .state = TW_STR("running"),
				 .start_date = T0,
				 .end_date = TW_TIME_NONE,
				 .latest_heartbeat = T0};
	int64_t id;

	expect(w, "GET", "/api/v2/monitor/health", NULL, 200);
	expect_str(w, "metadatabase.status", "healthy");
	expect_str(w, "scheduler.status", "unhealthy");
	assert_int_equal(at(w, "triggerer.status").kind, TW_V_NULL);
	ok(tw_store_job_start(w->store, &job, &id, &test_err));
	expect(w, "GET", "/api/v2/monitor/health", NULL, 200);
	expect_str(w, "scheduler.status", "unhealthy");
	expect_str(w, "scheduler.latest_scheduler_heartbeat", "2026-01-01T00:00:00+00:00");
	expect(w, "GET", "/api/v2/version", NULL, 200);
	expect_str(w, "version", TW_VERSION);
	expect(w, "GET", "/api/v2/nothing", NULL, 404);
	expect_str(w, "error", "API route not found");
	expect(w, "PUT", "/api/v2/dags", "{}", 405);
	expect_str(w, "detail", "Method Not Allowed");
}

static void test_dags(void **state)
{
	struct world *w = open_world;

	expect(w, "GET", "/api/v2/dags", NULL, 200);
	expect_int(w, "total_entries", 2);
	expect_str(w, "dags.0.dag_id", "etl");
	expect_str(w, "dags.0.tags.1.name", "b");
	expect_str(w, "dags.0.owners.0", "anna");
	expect_str(w, "dags.0.last_parsed_time", "2026-01-01T00:00:00Z");
	expect(w, "GET", "/api/v2/dags?limit=1&offset=1", NULL, 200);
	expect_str(w, "dags.0.dag_id", "plain");
	expect(w, "GET", "/api/v2/dags?order_by=-dag_id&limit=100000", NULL, 200);
	expect_str(w, "dags.0.dag_id", "plain");
	expect(w, "GET", "/api/v2/dags?tags=a&tags=b&tags_match_mode=all", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "GET", "/api/v2/dags?dag_id_pattern=et%25", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "GET", "/api/v2/dags?limit=0", NULL, 200);
	expect_int(w, "total_entries", 2);
	assert_int_equal(tw_value_len(at(w, "dags")), 0);
	expect(w, "GET", "/api/v2/dags?last_dag_run_state=failed", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "GET", "/api/v2/dags/etl", NULL, 200);
	expect_str(w, "dag_id", "etl");
	expect(w, "GET", "/api/v2/dags/none", NULL, 404);
	expect_str(w, "detail", "The Dag with ID: `none` was not found");
	expect(w, "GET", "/api/v2/dags/etl/details", NULL, 200);
	expect_int(w, "params.n.value", 5);
	expect_int(w, "latest_dag_version.version_number", 1);
	expect_str(w, "timezone", "UTC");
	expect(w, "GET", "/api/v2/dags/etl/dagVersions", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "GET", "/api/v2/dags/etl/dagVersions/1", NULL, 200);
	expect(w, "GET", "/api/v2/dags/etl/dagVersions/9", NULL, 404);
	expect(w, "GET", "/api/v2/dagSources/etl", NULL, 200);
	expect_str(w, "content", "from airflow import DAG\n");
	expect(w, "GET", "/api/v2/dagTags", NULL, 200);
	expect_str(w, "tags.0", "a");
	expect(w, "GET", "/api/v2/importErrors", NULL, 200);
	expect_str(w, "import_errors.0.stack_trace", "SyntaxError: no");
	expect(w, "GET", "/api/v2/dagStats?dag_ids=etl", NULL, 200);
	expect_int(w, "dags.0.stats.3.count", 1);
}

static void test_pause(void **state)
{
	struct world *w = open_world;

	expect(w, "PATCH", "/api/v2/dags/etl", "{\"is_paused\":true}", 200);
	assert_true(at(w, "is_paused").b);
	expect(w, "GET", "/api/v2/dags?paused=true", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "PATCH", "/api/v2/dags/etl?update_mask=is_paused", "{\"is_paused\":false}", 200);
	expect(w, "PATCH", "/api/v2/dags/etl?update_mask=owners", "{\"is_paused\":false}", 400);
	expect(w, "PATCH", "/api/v2/dags/etl", "{\"is_paused\":\"maybe\",\"x\":1}", 422);
	expect_str(w, "detail.0.type", "bool_parsing");
	expect_str(w, "detail.1.type", "extra_forbidden");
	expect_str(w, "detail.1.loc.1", "x");
	expect(w, "PATCH", "/api/v2/dags?dag_id_pattern=~", "{\"is_paused\":true}", 200);
	expect_int(w, "total_entries", 2);
	expect(w, "GET", "/api/v2/dags?paused=true", NULL, 200);
	expect_int(w, "total_entries", 2);
	expect(w, "PATCH", "/api/v2/dags/none", "{\"is_paused\":true}", 404);
	expect(w, "DELETE", "/api/v2/dags/plain", NULL, 204);
	expect(w, "GET", "/api/v2/dags/plain", NULL, 404);
}

static void test_trigger(void **state)
{
	struct world *w = open_world;
	struct tw_inbox_row *rows;
	size_t n;

	expect(w, "POST", "/api/v2/dags/etl/dagRuns", "{}", 422);
	expect_str(w, "detail.0.type", "missing");
	expect_str(w, "detail.0.loc.1", "logical_date");
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", "{\"logical_date\":null,\"note\":\"hello\"}",
	       200);
	expect_str(w, "state", "queued");
	expect_str(w, "run_type", "manual");
	expect_str(w, "triggered_by", "rest_api");
	expect_str(w, "triggering_user_name", "Anonymous");
	expect_int(w, "dag_versions.0.version_number", 1);
	expect_str(w, "note", "hello");
	assert_int_equal(at(w, "logical_date").kind, TW_V_NULL);
	assert_int_equal(at(w, "data_interval_start").kind, TW_V_NULL);
	assert_true(tw_str_starts(at(w, "dag_run_id").s, "manual__20"));
	expect(w, "POST", "/api/v2/dags/etl/dagRuns",
	       "{\"logical_date\":\"2026-01-03T12:00:00Z\",\"dag_run_id\":\"mine\",\"conf\":{\"n\":"
	       "7}}",
	       200);
	expect_str(w, "data_interval_start", "2026-01-02T00:00:00Z");
	expect_str(w, "data_interval_end", "2026-01-03T00:00:00Z");
	expect_int(w, "conf.n", 7);
	expect(w, "POST", "/api/v2/dags/etl/dagRuns",
	       "{\"logical_date\":null,\"dag_run_id\":\"mine\"}", 409);
	expect_str(w, "detail.reason", "Unique constraint violation");
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", "{\"logical_date\":null,\"conf\":{\"n\":0}}",
	       400);
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", "{\"logical_date\":\"2026-01-03T12:00:00\"}",
	       422);
	expect_str(w, "detail.0.type", "timezone_aware");
	expect(w, "POST", "/api/v2/dags/etl/dagRuns",
	       "{\"logical_date\":null,\"dag_run_id\":\"scheduled__x\"}", 400);
	expect(w, "POST", "/api/v2/dags/etl/dagRuns",
	       "{\"logical_date\":null,\"dag_run_id\":\"../../etc\"}", 400);
	expect(w, "POST", "/api/v2/dags/none/dagRuns", "{\"logical_date\":null}", 404);
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", "{\"logical_date\":", 422);
	ok(tw_store_inbox_take(w->store, 0, 100, &w->arena, &rows, &n, &test_err));
	assert_true(n >= 2);
	tw_assert_str(rows[n - 1].kind, "run_new");
	tw_assert_str(rows[n - 1].run_id, "mine");
}

static void test_runs(void **state)
{
	struct world *w = open_world;

	expect(w, "GET", "/api/v2/dags/etl/dagRuns", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect_str(w, "dag_runs.0.state", "failed");
	assert_true(at(w, "dag_runs.0.duration").f == 2.0);
	expect(w, "GET",
	       "/api/v2/dags/~/"
	       "dagRuns?state=failed&run_type=scheduled&start_date_gte=2025-12-31T00:00:00Z",
	       NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "GET", "/api/v2/dags/~/dagRuns?state=odd", NULL, 422);
	expect(w, "GET",
	       "/api/v2/dags/~/dagRuns?limit=x&offset=-1&start_date_gte=2025-12-31T00:00:00", NULL,
	       422);
	assert_int_equal(tw_value_len(at(w, "detail")), 3);
	expect_str(w, "detail.0.loc.0", "query");
	expect(w, "GET", "/api/v2/dags/~/dagRuns?order_by=password", NULL, 400);
	expect(w, "GET", "/api/v2/dags/none/dagRuns", NULL, 404);
	expect(w, "GET", RUN, NULL, 200);
	expect_str(w, "dag_run_id", "scheduled__2026-01-01T00:00:00+00:00");
	expect(w, "GET", "/api/v2/dags/etl/dagRuns/none", NULL, 404);
	expect_str(w, "detail", "The DagRun with dag_id: `etl` and run_id: `none` was not found");
	expect(w, "POST", "/api/v2/dags/~/dagRuns/list",
	       "{\"dag_ids\":[\"etl\"],\"states\":[\"failed\"]}", 200);
	expect_int(w, "total_entries", 1);
	expect(w, "GET", "/api/v2/dags/~/dagRuns?cursor=", NULL, 200);
	expect_int(w, "total_entries_limit", 1000);
	expect(w, "GET", RUN "/wait?interval=0.1", NULL, 200);
	assert_string_equal(tw_buf_cstr(&w->body), "{\"state\":\"failed\"}\n");
	expect(w, "GET", RUN "/wait?interval=0", NULL, 422);
	expect(w, "PATCH", RUN, "{\"note\":\"seen\"}", 200);
	expect_str(w, "note", "seen");
	expect(w, "PATCH", RUN, "{\"state\":\"running\"}", 422);
	expect_str(w, "detail.0.type", "enum");
	expect(w, "PATCH", RUN, "{\"state\":\"success\"}", 200);
	expect(w, "POST", RUN "/clear", "{}", 200);
	expect_int(w, "total_entries", 2);
	expect(w, "POST", RUN "/clear", "{\"dry_run\":false}", 200);
	expect(w, "DELETE", RUN, NULL, 204);
	expect(w, "GET", RUN, NULL, 404);
}

static void test_tis(void **state)
{
	struct world *w = open_world;

	expect(w, "GET", RUN "/taskInstances", NULL, 200);
	expect_int(w, "total_entries", 2);
	expect(w, "GET", RUN "/taskInstances?order_by=-task_id&limit=1", NULL, 200);
	expect_str(w, "task_instances.0.task_id", "load");
	expect_str(w, "task_instances.0.dag_run_id", "scheduled__2026-01-01T00:00:00+00:00");
	expect(w, "GET", "/api/v2/dags/~/dagRuns/~/taskInstances?state=failed", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect_str(w, "task_instances.0.operator", "BashOperator");
	assert_true(at(w, "task_instances.0.duration").f == 1.5);
	expect(w, "GET", RUN "/taskInstances/extract", NULL, 200);
	expect_str(w, "state", "failed");
	expect_int(w, "dag_version.version_number", 1);
	expect(w, "GET", RUN "/taskInstances/nothing", NULL, 404);
	expect(w, "GET", RUN "/taskInstances/extract/-1", NULL, 200);
	expect(w, "GET", RUN "/taskInstances/extract/7", NULL, 404);
	expect(w, "GET", RUN "/taskInstances/extract/x", NULL, 422);
	expect(w, "GET", RUN "/taskInstances/extract/listMapped", NULL, 404);
	expect_str(w, "detail", "Task id extract is not mapped");
	expect(w, "GET", RUN "/taskInstances/extract/tries", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "GET", RUN "/taskInstances/extract/tries/1", NULL, 200);
	expect(w, "GET", RUN "/taskInstances/extract/tries/2", NULL, 404);
	expect(w, "POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list",
	       "{\"dag_ids\":[\"etl\"],\"page_limit\":1}", 200);
	expect_int(w, "total_entries", 2);
}

/* The rules themselves say why not. */
static void test_why(void **state)
{
	struct world *w = open_world;
	struct tw_run_row run = {.dag_id = TW_STR("etl"),
				 .run_id = TW_STR("scheduled__2026-01-01T00:00:00+00:00"),
				 .state = TW_RUN_RUNNING,
				 .end_date = TW_TIME_NONE};
	struct tw_ti_row load = world_ti(2, "load", TW_TI_NONE, (struct tw_str){0});
	struct tw_ti_row extract = world_ti(1, "extract", TW_TI_RUNNING, (struct tw_str){0});
	struct tw_batch b = {0};

	expect(w, "GET", RUN "/taskInstances/load/dependencies", NULL, 200);
	assert_int_equal(tw_value_len(at(w, "dependencies")), 0);
	expect(w, "GET", RUN "/taskInstances/nothing/dependencies", NULL, 404);
	tw_batch_run(&b, &run, TW_RUNCOL(STATE) | TW_RUNCOL(END_DATE));
	tw_batch_ti(&b, &load, -1, TW_TICOL(STATE));
	tw_batch_ti(&b, &extract, -1, TW_TICOL(STATE));
	ok(tw_store_commit(w->store, &b, &test_err));
	tw_batch_release(&b);
	expect(w, "GET", RUN "/taskInstances/load/dependencies", NULL, 200);
	expect_str(w, "dependencies.0.name", "Scheduler");
	expect_str(w, "dependencies.0.reason", "no scheduler is running");
	expect_str(w, "dependencies.1.name", "Trigger Rule");
	assert_true(
		tw_str_starts(at(w, "dependencies.1.reason").s, "trigger rule all_success waits"));
	expect(w, "PATCH", "/api/v2/dags/etl", "{\"is_paused\":true}", 200);
	expect(w, "GET", RUN "/taskInstances/load/-1/dependencies", NULL, 200);
	assert_non_null(strstr(tw_buf_cstr(&w->body), "paused"));
}

static void test_ti_change(void **state)
{
	struct world *w = open_world;
	struct tw_inbox_row *rows;
	size_t n;

	expect(w, "PATCH", RUN "/taskInstances/extract/dry_run", "{\"new_state\":\"success\"}",
	       200);
	expect_int(w, "total_entries", 1);
	expect(w, "PATCH", RUN "/taskInstances/extract/dry_run",
	       "{\"new_state\":\"success\",\"include_downstream\":true}", 200);
	expect_int(w, "total_entries", 2);
	expect(w, "PATCH", RUN "/taskInstances/extract", "{\"new_state\":\"failed\"}", 409);
	expect(w, "PATCH", RUN "/taskInstances/none", "{\"new_state\":\"failed\"}", 404);
	expect(w, "PATCH", RUN "/taskInstances/extract", "{\"new_state\":\"odd\"}", 422);
	expect(w, "PATCH", RUN "/taskInstances/extract",
	       "{\"new_state\":\"success\",\"note\":\"by hand\"}", 200);
	expect_str(w, "task_instances.0.note", "by hand");
	ok(tw_store_inbox_take(w->store, 0, 100, &w->arena, &rows, &n, &test_err));
	tw_assert_str(rows[n - 1].kind, "ti_state"); /* and the scheduler clears what failed below it */
	tw_assert_str(rows[n - 1].payload, "{\"tasks\":[[\"extract\",-1]],\"by\":\"Anonymous\",\"state\":\"success\","
					 "\"named\":[\"extract\"]}");
	expect(w, "POST", "/api/v2/dags/etl/clearTaskInstances", "{}", 200);
	expect_int(w, "total_entries", 2);
	expect(w, "POST", "/api/v2/dags/etl/clearTaskInstances",
	       "{\"task_ids\":[\"load\"],\"include_upstream\":true,\"only_failed\":false}", 200);
	expect_int(w, "total_entries", 2);
	expect(w, "POST", "/api/v2/dags/etl/clearTaskInstances",
	       "{\"task_ids\":[[\"load\",3]],\"only_failed\":false}", 200);
	expect_int(w, "total_entries", 0);
	expect(w, "POST", "/api/v2/dags/etl/clearTaskInstances", "{\"task_ids\":[7]}", 422);
	expect(w, "POST", "/api/v2/dags/etl/clearTaskInstances",
	       "{\"dry_run\":false,\"dag_run_id\":\"scheduled__2026-01-01T00:00:00+00:00\",\"task_"
	       "ids\":[\"load\"]}",
	       200);
	expect_int(w, "total_entries", 1);
	ok(tw_store_inbox_take(w->store, rows[n - 1].id, 100, &w->arena, &rows, &n, &test_err));
	assert_int_equal(n, 1);
	tw_assert_str(rows[0].payload, "{\"tasks\":[[\"load\",-1]],\"by\":\"Anonymous\",\"reset_"
				       "run\":true,\"newest_version\":false}");
	expect(w, "POST", "/api/v2/dags/etl/clearTaskInstances", "{\"dag_run_id\":\"none\"}", 404);
}

static void test_logs(void **state)
{
	struct world *w = open_world;

	world_log(w, "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"info\",\"event\":\"one\"}"
		     "\nno json \"here\"\n"
		     "{\"event\":\"half");
	expect(w, "GET", RUN "/taskInstances/extract/logs/1", NULL, 200);
	expect_str(w, "content.0.event", "::group::Log message source details");
	expect_str(w, "content.3.event", "one");
	expect_str(w, "content.3.level", "info");
	expect_str(w, "content.4.event", "no json \"here\"");
	expect_str(w, "content.5.event", "{\"event\":\"half");
	assert_int_equal(at(w, "continuation_token").kind, TW_V_NULL);
	assert_int_equal(ask_with(w, "GET", RUN "/taskInstances/extract/logs/1", NULL,
				  "Accept: application/x-ndjson"),
			 200);
	assert_non_null(strstr(tw_buf_cstr(&w->body),
			       "\n{\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"info\""));
	expect(w, "GET", RUN "/taskInstances/extract/logs/2", NULL, 404);
	expect_str(w, "detail", "TaskInstance not found");
	expect(w, "GET", RUN "/taskInstances/load/logs/1", NULL, 200);
	expect_str(w, "content.0.event", "This attempt has left no log.");
	expect(w, "GET", RUN "/taskInstances/extract/logs/1?token=forged", NULL, 400);
	expect(w, "GET", RUN "/taskInstances/..%2f..%2fx/logs/1", NULL, 404);
	expect(w, "GET",
	       "/api/v2/dags/..%2f..%2fetc/dagRuns/a%2f..%2fb/taskInstances/passwd/logs/1", NULL,
	       404);
	expect(w, "GET", "/api/v2/dags/../../../../etc/passwd", NULL, 404);
}

/* While the attempt runs each page says where to go on, and half lines wait for their end. */
static void test_log_pages(void **state)
{
	struct world *w = open_world;
	struct tw_ti_row ti = world_ti(1, "extract", TW_TI_RUNNING, (struct tw_str){0});
	struct tw_batch b = {0};
	char *path;

	tw_batch_ti(&b, &ti, -1, TW_TICOL(STATE) | TW_TICOL(END_DATE));
	ti.end_date = TW_TIME_NONE;
	ok(tw_store_commit(w->store, &b, &test_err));
	tw_batch_release(&b);
	world_log(w, "{\"event\":\"one\"}\n{\"event\":\"tw");
	expect(w, "GET", RUN "/taskInstances/extract/logs/1", NULL, 200);
	assert_int_equal(tw_value_len(at(w, "content")), 4);
	assert_int_equal(at(w, "continuation_token").kind, TW_V_STR);
	path = tw_asprintf("%s" TW_STR_FMT, RUN "/taskInstances/extract/logs/1?token=",
			   TW_STR_ARG(at(w, "continuation_token").s));
	world_log(w, "{\"event\":\"one\"}\n{\"event\":\"two\"}\n");
	expect(w, "GET", path, NULL, 200);
	assert_int_equal(tw_value_len(at(w, "content")), 1);
	expect_str(w, "content.0.event", "two");
	free(path);
}

static void test_sign_in(void **state)
{
	struct world *w = open_world;
	char *body;

	expect(w, "GET", "/api/v2/dags", NULL, 401);
	expect_str(w, "detail", "Not authenticated");
	expect(w, "GET", "/api/v2/monitor/health", NULL, 200);
	expect(w, "GET", "/auth/token", NULL, 403);
	expect(w, "POST", "/auth/token", "{\"username\":\"admin\",\"password\":\"wrong\"}", 401);
	expect(w, "POST", "/auth/token", "{\"username\":\"nobody\",\"password\":\"\"}", 400);
	expect(w, "POST", "/auth/token", "{\"username\":\"nobody\",\"password\":\"x\"}", 401);
	expect(w, "POST", "/auth/token", "{\"username\":1}", 422);
	assert_int_equal(ask_with(w, "POST", "/auth/token", "a", "Content-Type: text/xml"), 415);
	body = tw_asprintf("{\"username\":\"admin\",\"password\":\"%s\"}", w->password);
	expect(w, "POST", "/auth/token/cli", body, 201);
	expect(w, "POST", "/auth/token", body, 201);
	free(body);
	w->token = tw_str_dup(at(w, "access_token").s);
	assert_true(tw_str_starts(tw_str(w->token), "eyJ"));
	expect(w, "GET", "/api/v2/dags", NULL, 200);
	w->token[strlen(w->token) - 3] ^= 1;
	expect(w, "GET", "/api/v2/dags", NULL, 403);
	expect_str(w, "detail", "Invalid JWT token");
}

/* Tokens that nobody here signed, or whose holder may not. */
static void test_forged(void **state)
{
	struct world *w = open_world;
	struct tw_str viewer = TW_STR("{\"username\":\"eve\",\"password\":\"");
	struct tw_buf file = {0};
	struct tw_value passwords;
	struct stat st;
	char *path = tw_asprintf("%s/simple_auth_manager_passwords.json.generated", w->home), *body;

	w->token = tw_strdup(
		"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZG1pbiIsInJvbGUiOiJhZG1pbiJ9.");
	expect(w, "GET", "/api/v2/dags", NULL, 403);
	free(w->token);
	w->token = NULL;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	ok(tw_file_read(path, 4096, &file, &test_err));
	ok(tw_json_parse(&w->arena, tw_buf_str(&file), &passwords, &test_err));
	body = tw_asprintf(TW_STR_FMT TW_STR_FMT "\"}", TW_STR_ARG(viewer),
			   TW_STR_ARG(tw_map_str(passwords, "eve", "")));
	expect(w, "POST", "/auth/token", body, 201);
	w->token = tw_str_dup(at(w, "access_token").s);
	expect(w, "GET", "/api/v2/dags", NULL, 200);
	expect(w, "PATCH", "/api/v2/dags/etl", "{\"is_paused\":true}", 403);
	expect_str(w, "detail", "Forbidden");
	free(path);
	free(body);
	tw_buf_release(&file);
}

static void test_hosts(void **state)
{
	struct world *w = open_world;
	struct tw_apiserver_options opts = w->opts;
	struct tw_apiserver *s;

	expect(w, "GET", "/auth/token", NULL, 201);
	expect(w, "GET", "/auth/token/login?next=/dags%3Fa", NULL, 307);
	assert_non_null(strstr(tw_buf_cstr(&w->headers), "Location: /dags?a\r\n"));
	assert_non_null(strstr(tw_buf_cstr(&w->headers), "HttpOnly; SameSite=Lax"));
	expect(w, "GET", "/auth/token/login?next=//evil.example", NULL, 307);
	assert_non_null(strstr(tw_buf_cstr(&w->headers), "Location: /\r\n"));
	expect(w, "GET", "/auth/token/login?next=/a%0d%0aX:%20y", NULL, 307);
	assert_null(strstr(tw_buf_cstr(&w->headers), "X: y"));
	assert_int_equal(ask_with(w, "GET", "/api/v2/dags", NULL, "Host: evil.example"), 403);
	assert_int_equal(ask_with(w, "GET", "/api/v2/dags", NULL, "Origin: http://evil.example"),
			 403);
	assert_int_equal(ask_with(w, "GET", "/api/v2/dags", NULL, "Origin: http://localhost:8080"),
			 200);
	assert_int_equal(ask_with(w, "PATCH", "/api/v2/dags/etl", "{\"is_paused\":true}",
				  "Content-Type: text/plain"),
			 422);
	opts.host = "0.0.0.0";
	assert_int_equal(tw_apiserver_prepare(&opts, &s, &test_err), TW_ERR_DENIED);
	assert_non_null(strstr(test_err.msg, "loopback"));
	assert_true(tw_is_loopback("127.0.0.1") && tw_is_loopback("::1") &&
		    tw_is_loopback("localhost"));
	assert_false(tw_is_loopback("192.168.1.2") || tw_is_loopback("::") ||
		     tw_is_loopback("example.com"));
}

static void test_hostile(void **state)
{
	struct world *w = open_world;
	char *big = tw_alloc(20u << 20);

	expect(w, "GET", "/api/v2/dags?dag_id_pattern=%27%3B%20drop%20table%20dag--", NULL, 200);
	expect_int(w, "total_entries", 0);
	expect(w, "GET", "/api/v2/dags/%27%20or%201%3D1--", NULL, 404);
	expect(w, "GET", "/api/v2/dags/%00", NULL, 404);
	expect(w, "GET", "/api/v2/dags/%zz", NULL, 404);
	expect(w, "GET", "/api/v2/dags?limit=%zz", NULL, 400);
	expect(w, "GET", "/api/v2/dags?limit=99999999999999999999", NULL, 200); /* as Airflow: as many as a page may have */
	expect(w, "GET", "/api/v2/dags?limit=-99999999999999999999", NULL, 422);
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", "[]", 422);
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", "{\"logical_date\":{}}", 422);
	memset(big, '[', 1000);
	big[1000] = 0;
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", big, 422);
	memset(big, 'x', (20u << 20) - 1);
	big[(20u << 20) - 1] = 0;
	expect(w, "POST", "/api/v2/dags/etl/dagRuns", big, 413);
	free(big);
	expect(w, "GET", "/api/v2/dags", NULL, 200);
	expect_int(w, "total_entries", 2);
}

/* Forty who wait for a run's end, on two threads, hold up nobody; a stop ends them. */
static void test_waiting(void **state)
{
	enum { N = 40 };
	struct world *w = open_world;
	struct tw_run_row run = {.dag_id = TW_STR("etl"),
				 .run_id = TW_STR("scheduled__2026-01-01T00:00:00+00:00"),
				 .state = TW_RUN_RUNNING,
				 .end_date = TW_TIME_NONE};
	char *url = tw_asprintf("http://127.0.0.1:%u%s", tw_apiserver_port(w->server),
				RUN "/wait?interval=0.05");
	struct tw_batch b = {0};
	struct tw_buf all = {0};
	CURLM *m = curl_multi_init();
	CURL *c[N];
	int alive = N;

	tw_batch_run(&b, &run, TW_RUNCOL(STATE) | TW_RUNCOL(END_DATE));
	ok(tw_store_commit(w->store, &b, &test_err));
	for (int i = 0; i < N; i++) {
		c[i] = curl_easy_init();
		curl_easy_setopt(c[i], CURLOPT_URL, url);
		curl_easy_setopt(c[i], CURLOPT_WRITEFUNCTION, world_take);
		curl_easy_setopt(c[i], CURLOPT_WRITEDATA, &all);
		curl_multi_add_handle(m, c[i]);
	}
	for (int i = 0; i < 20; i++) {
		curl_multi_perform(m, &alive);
		curl_multi_poll(m, NULL, 0, 20, NULL);
	}
	assert_int_equal(alive, N);
	assert_non_null(strstr(tw_buf_cstr(&all), "{\"state\":\"running\"}\n"));
	expect(w, "GET", "/api/v2/dags", NULL, 200);
	run.state = TW_RUN_SUCCESS;
	tw_batch_clear(&b);
	tw_batch_run(&b, &run, TW_RUNCOL(STATE));
	ok(tw_store_commit(w->store, &b, &test_err));
	for (int i = 0; i < 200 && alive > 0; i++) {
		curl_multi_perform(m, &alive);
		curl_multi_poll(m, NULL, 0, 20, NULL);
	}
	assert_int_equal(alive, 0);
	for (int i = 0; i < N; i++) {
		curl_multi_remove_handle(m, c[i]);
		curl_easy_cleanup(c[i]);
	}
	curl_multi_cleanup(m);
	tw_batch_release(&b);
	tw_buf_release(&all);
	free(url);
}

struct patcher {
	struct world *w;
	long status;
	double seconds;
};

static void *patch_it(void *arg)
{
	struct patcher *p = arg;
	char *url = tw_asprintf("http://127.0.0.1:%u%s", tw_apiserver_port(p->w->server), RUN);
	struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
	struct tw_buf out = {0};
	CURL *c = curl_easy_init();

	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "PATCH");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, "{\"state\":\"success\"}");
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, world_take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &out);
	curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &p->status);
	curl_easy_getinfo(c, CURLINFO_TOTAL_TIME, &p->seconds);
	curl_easy_cleanup(c);
	curl_slist_free_all(h);
	tw_buf_release(&out);
	free(url);
	return NULL;
}

/* With a scheduler alive a change is answered when its inbox row is gone. */
static void test_outcome(void **state)
{
	struct world *w = open_world;
	struct tw_job_row job = {.job_type = TW_STR("SchedulerJob"),
				 .state = TW_STR("running"),
				 .start_date = tw_now(),
				 .end_date = TW_TIME_NONE,
				 .latest_heartbeat = tw_now()};
	struct patcher p = {w, 0, 0};
	struct tw_inbox_row *rows = NULL;
	struct tw_batch b = {0};
	int64_t id, after = 0;
	pthread_t t;
	size_t n = 0;

	ok(tw_store_inbox_take(w->store, 0, 100, &w->arena, &rows, &n, &test_err));
	if (n)
		after = rows[n - 1].id;
	ok(tw_store_job_start(w->store, &job, &id, &test_err));
	pthread_create(&t, NULL, patch_it, &p);
	for (n = 0; n == 0; usleep(20000))
		ok(tw_store_inbox_take(w->store, after, 100, &w->arena, &rows, &n, &test_err));
	tw_assert_str(rows[0].kind, "run_state");
	usleep(200000);
	tw_batch_inbox_done(&b, rows[0].id);
	ok(tw_store_commit(w->store, &b, &test_err));
	pthread_join(t, NULL);
	assert_int_equal(p.status, 200);
	assert_true(p.seconds > 0.2 && p.seconds < 3);
	tw_batch_release(&b);
}

static void test_variables(void **state)
{
	struct world *w = open_world;

	expect(w, "POST", "/api/v2/variables",
	       "{\"key\":\"plain\",\"value\":\"x\",\"description\":\"d\"}", 201);
	expect_str(w, "value", "x");
	expect(w, "POST", "/api/v2/variables", "{\"key\":\"plain\",\"value\":\"y\"}", 409);
	expect_str(w, "detail", "The Variable with key: `plain` already exists");
	expect(w, "POST", "/api/v2/variables", "{\"key\":\"my_password\",\"value\":\"hush\"}", 201);
	expect_str(w, "value", "***");
	expect(w, "POST", "/api/v2/variables",
	       "{\"key\":\"a/b\",\"value\":{\"user\":\"u\",\"token\":\"t\"}}", 201);
	expect_str(w, "value", "{\"user\": \"u\", \"token\": \"***\"}");
	expect(w, "PATCH", "/api/v2/variables/my_password",
	       "{\"key\":\"my_password\",\"value\":\"***\"}", 200);
	expect(w, "PATCH", "/api/v2/variables/a/b",
	       "{\"key\":\"a/b\",\"value\":\"{\\\"user\\\":\\\"v\\\",\\\"token\\\":\\\"***\\\"}\"}",
	       200);
	{
		struct tw_variable_row v;

		ok(tw_store_variable(w->store, TW_STR("my_password"), &w->arena, &v, &test_err));
		tw_assert_str(v.value, "hush");
		ok(tw_store_variable(w->store, TW_STR("a/b"), &w->arena, &v, &test_err));
		tw_assert_str(v.value, "{\"user\": \"v\", \"token\": \"t\"}");
	}
	expect(w, "PATCH", "/api/v2/variables/plain?update_mask=description",
	       "{\"key\":\"plain\",\"value\":\"z\",\"description\":\"e\"}", 200);
	expect_str(w, "value", "x");
	expect_str(w, "description", "e");
	expect(w, "PATCH", "/api/v2/variables/plain", "{\"key\":\"other\",\"value\":\"z\"}", 400);
	expect(w, "GET", "/api/v2/variables?variable_key_pattern=pla", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "PATCH", "/api/v2/variables",
	       "{\"actions\":[{\"action\":\"create\",\"entities\":[{\"key\":\"plain\",\"value\":1}]"
	       "},"
	       "{\"action\":\"delete\",\"entities\":[\"a/b\"]}]}",
	       200);
	expect_int(w, "create.errors.0.status_code", 409);
	expect_str(w, "delete.success.0", "a/b");
	assert_int_equal(at(w, "update").kind, TW_V_NULL);
	expect(w, "PATCH", "/api/v2/variables", "{\"actions\":[{\"action\":\"odd\"}]}", 422);
	expect(w, "DELETE", "/api/v2/variables/plain", NULL, 204);
	expect(w, "DELETE", "/api/v2/variables/plain", NULL, 404);
	expect(w, "GET", "/api/v2/eventLogs?event=post_variable", NULL, 200);
	expect_int(w, "total_entries", 4); /* what was refused is there, too */
	expect_str(w, "event_logs.0.owner", "Anonymous");
	expect_str(w, "event_logs.3.extra", "{\"key\": \"a/b\", \"value\": \"***\", \"method\": \"POST\"}");
}

static void test_connections(void **state)
{
	struct world *w = open_world;
	struct tw_connection_row c;

	expect(w, "POST", "/api/v2/connections",
	       "{\"connection_id\":\"db\",\"conn_type\":\"postgres\",\"host\":\"h\",\"login\":"
	       "\"l\",\"password\":\"p\","
	       "\"port\":5432,\"extra\":\"{\\\"api_key\\\":\\\"k\\\",\\\"a\\\":1}\"}",
	       201);
	expect_str(w, "password", "***");
	expect_str(w, "extra", "{\"api_key\": \"***\", \"a\": 1}");
	expect(w, "POST", "/api/v2/connections", "{\"connection_id\":\"db\",\"conn_type\":\"x\"}",
	       409);
	expect(w, "POST", "/api/v2/connections", "{\"connection_id\":\"a b\",\"conn_type\":\"x\"}",
	       422);
	expect(w, "POST", "/api/v2/connections",
	       "{\"connection_id\":\"e\",\"conn_type\":\"x\",\"extra\":\"no\"}", 422);
	expect(w, "PATCH", "/api/v2/connections/db",
	       "{\"connection_id\":\"db\",\"conn_type\":\"postgres\",\"host\":\"i\",\"password\":"
	       "\"***\","
	       "\"extra\":\"{\\\"api_key\\\": \\\"***\\\"}\"}",
	       200);
	expect_str(w, "host", "i");
	ok(tw_store_connection(w->store, TW_STR("db"), &w->arena, &c, &test_err));
	tw_assert_str(c.password, "p");
	tw_assert_str(c.extra, "{\"api_key\": \"k\"}");
	expect(w, "GET", "/api/v2/connections?order_by=-connection_id", NULL, 200);
	expect_int(w, "total_entries", 1);
	expect(w, "DELETE", "/api/v2/connections/db", NULL, 204);
	expect(w, "GET", "/api/v2/connections/db", NULL, 404);
}

static void test_pools(void **state)
{
	struct world *w = open_world;

	expect(w, "GET", "/api/v2/pools", NULL, 200);
	expect_str(w, "pools.0.name", "default_pool");
	expect(w, "POST", "/api/v2/pools", "{\"name\":\"p/1\",\"slots\":3}", 201);
	expect_int(w, "open_slots", 3);
	expect(w, "POST", "/api/v2/pools", "{\"name\":\"p/1\",\"slots\":3}", 409);
	expect(w, "POST", "/api/v2/pools", "{\"name\":\"q\",\"slots\":-2}", 422);
	expect(w, "PATCH", "/api/v2/pools/p/1?update_mask=slots", "{\"slots\":5}", 422);
	expect(w, "PATCH", "/api/v2/pools/p/1",
	       "{\"pool\":\"p/1\",\"slots\":-1,\"include_deferred\":true}", 200);
	expect_int(w, "open_slots", -1);
	expect(w, "PATCH", "/api/v2/pools/default_pool", "{\"slots\":5}", 400);
	expect(w, "PATCH", "/api/v2/pools/default_pool?update_mask=slots", "{\"slots\":5}", 200);
	expect_int(w, "slots", 5);
	expect(w, "DELETE", "/api/v2/pools/default_pool", NULL, 400);
	expect(w, "DELETE", "/api/v2/pools/p/1", NULL, 204);
	expect(w, "GET", "/api/v2/pools/p/1", NULL, 404);
	/* Airflow takes an empty name, too; and who has one must be able to get rid of it. */
	expect(w, "GET", "/api/v2/pools/", NULL, 404);
	expect_str(w, "detail", "The Pool with name: `` was not found");
	expect(w, "POST", "/api/v2/pools", "{\"name\":\"\",\"slots\":3}", 201);
	expect(w, "GET", "/api/v2/pools/", NULL, 200);
	expect_int(w, "slots", 3);
	expect(w, "PATCH", "/api/v2/pools/", "{\"pool\":\"\",\"slots\":4,\"include_deferred\":true}", 200);
	expect(w, "DELETE", "/api/v2/pools/", NULL, 204);
	expect(w, "GET", "/api/v2/pools", NULL, 200);
	expect_int(w, "total_entries", 1);
}

static void test_xcoms(void **state)
{
	struct world *w = open_world;
	const char *entries = RUN "/taskInstances/extract/xcomEntries";

	expect(w, "GET", entries, NULL, 200);
	expect_int(w, "total_entries", 0);
	expect(w, "POST", entries, "{\"key\":\"a/b\",\"value\":{\"x\":[1,2]}}", 201);
	expect_int(w, "value.x.1", 2);
	expect(w, "POST", entries, "{\"key\":\"a/b\",\"value\":1}", 409);
	expect(w, "POST", entries, "{\"key\":\"k\",\"value\":[{\"__classname__\":\"os.system\"}]}",
	       422);
	expect(w, "POST", entries, "{\"key\":\"k\",\"value\":\"{\\\"__type\\\":1}\"}", 422);
	expect(w, "POST", RUN "/taskInstances/none/xcomEntries", "{\"key\":\"k\",\"value\":1}",
	       404);
	expect(w, "PATCH", RUN "/taskInstances/extract/xcomEntries/a/b", "{\"value\":\"text\"}",
	       200);
	expect(w, "GET", RUN "/taskInstances/extract/xcomEntries/a/b?stringify=true", NULL, 200);
	expect_str(w, "value", "text");
	expect(w, "GET", "/api/v2/dags/~/dagRuns/~/taskInstances/~/xcomEntries?xcom_key=a/b", NULL,
	       200);
	expect_int(w, "total_entries", 1);
	expect(w, "DELETE", RUN "/taskInstances/extract/xcomEntries/a/b?map_index=4294967295", NULL,
	       404);
	expect(w, "DELETE", RUN "/taskInstances/extract/xcomEntries/a/b", NULL, 204);
	expect(w, "GET", RUN "/taskInstances/extract/xcomEntries/a/b", NULL, 404);
}

static void test_admin(void **state)
{
	struct world *w = open_world;

	expect(w, "GET", "/api/v2/dags/etl/tasks", NULL, 200);
	expect_str(w, "tasks.0.task_id", "extract");
	expect_str(w, "tasks.0.downstream_task_ids.0", "load");
	expect_int(w, "tasks.0.retry_delay.seconds", 300);
	expect(w, "GET", "/api/v2/dags/etl/tasks?order_by=-task_id", NULL, 200);
	expect_str(w, "tasks.0.task_id", "load");
	expect(w, "GET", "/api/v2/dags/etl/tasks?order_by=x", NULL, 400);
	expect(w, "GET", "/api/v2/dags/etl/tasks/load", NULL, 200);
	expect(w, "GET", "/api/v2/dags/etl/tasks/none", NULL, 404);
	expect(w, "GET", "/api/v2/config", NULL, 200);
	expect_str(w, "sections.0.name", "core");
	expect_str(w, "sections.0.options.1.value", "< hidden >");
	expect_str(w, "sections.1.options.0.key", "port");
	expect(w, "GET", "/api/v2/config?section=none", NULL, 404);
	expect(w, "GET", "/api/v2/config/section/api/option/port", NULL, 200);
	expect_str(w, "sections.0.options.0.value", "8080");
	expect(w, "GET", "/api/v2/config/section/API/option/Port", NULL, 200);
	expect_str(w, "sections.0.name", "API");
	expect_str(w, "sections.0.options.0.key", "Port");
	expect_str(w, "sections.0.options.0.value", "8080");
	expect(w, "GET", "/api/v2/config?section=sentry", NULL, 200);
	expect_str(w, "sections.0.options.0.value", ""); /* nothing to hide */
	assert_int_equal(ask_with(w, "GET", "/api/v2/config", NULL, "Accept: text/plain"), 200);
	assert_string_equal(tw_buf_cstr(&w->body), "[core]\nexecutor = LocalExecutor\nfernet_key = "
						   "< hidden >\n\n[api]\nport = 8080\n\n[sentry]\nsentry_dsn = \n");
	expect(w, "GET", "/ui/config", NULL, 200);
	expect_str(w, "0.source", "default");
	expect_str(w, "1.source", "environment");
	expect_str(w, "1.where", "AIRFLOW__CORE__FERNET_KEY");
	expect_str(w, "1.value", "< hidden >");
	assert_null(strstr(tw_buf_cstr(&w->body), "secret"));
	expect_str(w, "2.where", "airflow.cfg:7");
	expect_str(w, "2.default", "8793");
	/* Only Python knows what is installed, and there is none here. */
	expect(w, "GET", "/api/v2/providers", NULL, 503);
	expect(w, "GET", "/api/v2/plugins", NULL, 503);
	expect(w, "GET", "/openapi.json", NULL, 200);
	assert_true(tw_value_len(at(w, "paths")) > 50);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define CLOSED(f) cmocka_unit_test_setup_teardown(f, setup_closed, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_health),    CASE(test_dags),	    CASE(test_pause),
		CASE(test_trigger),   CASE(test_runs),	    CASE(test_tis),
		CASE(test_ti_change), CASE(test_logs),	    CASE(test_log_pages),
		CLOSED(test_sign_in), CLOSED(test_forged),  CASE(test_hosts),
		CASE(test_hostile),   CASE(test_why),	    CASE(test_waiting),
		CASE(test_outcome),   CASE(test_variables), CASE(test_connections),
		CASE(test_pools),     CASE(test_xcoms),	    CASE(test_admin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
