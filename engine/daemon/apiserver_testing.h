/*
 * A home in a temporary folder, a metastore with two DAGs and a run, and the api-server over it on
 * a free port. Only x_test.c files include this.
 */
#pragma once

#include "base/testing.h"

#include <curl/curl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/apiserver.h"
#include "io/file.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"
#include "store/vault.h"
#include "value/json.h"

#define T0 1767225600000000LL /* 2026-01-01 00:00 UTC */

#define ok(call)                                                                                   \
	do {                                                                                       \
		enum tw_rc rc_ = (call);                                                           \
		if (rc_ < 0)                                                                       \
			fail_msg("%s: %d %s", #call, rc_, test_err.msg);                           \
	} while (0)

static TW_UNUSED struct tw_err test_err;

struct world {
	char home[64];
	char *url, *logs, *run_dir;
	struct tw_paths paths;
	struct tw_apiserver_options opts;
	struct tw_apiserver *server;
	struct tw_store *store;
	struct tw_arena arena; /* of answers */
	char *token, *password;
	/* the last answer */
	long status;
	struct tw_buf body, headers;
	struct tw_value json; /* null when it is none */
};

static const char *const doc_etl =
	"{\"format\":1,\"dag_id\":\"etl\",\"schedule\":{\"type\":\"cron_interval\",\"expression\":"
	"\"@daily\"},"
	"\"start_date\":\"2026-01-01T00:00:00+00:00\",\"tags\":[\"a\",\"b\"],\"owners\":[\"anna\"],"
	"\"params\":{\"n\":{\"value\":5,\"schema\":{\"type\":\"integer\",\"minimum\":1},"
	"\"description\":null,"
	"\"required\":false}},"
	"\"tasks\":[{\"task_id\":\"extract\",\"operator\":{\"module\":\"airflow.providers.standard."
	"operators.bash\","
	"\"class\":\"BashOperator\",\"name\":\"BashOperator\"},\"native\":\"bash\",\"args\":{"
	"\"bash_command\":\"echo\"},"
	"\"template_fields\":[\"bash_command\"],\"owner\":\"anna\"},"
	"{\"task_id\":\"load\",\"upstream\":[\"extract\"],\"operator\":{\"module\":\"m\",\"class\":"
	"\"EmptyOperator\","
	"\"name\":\"EmptyOperator\"},\"native\":\"empty\",\"owner\":\"anna\"}]}";
static const char *const doc_plain = "{\"format\":1,\"dag_id\":\"plain\",\"tags\":[\"a\"],"
				     "\"tasks\":[{\"task_id\":\"one\",\"native\":\"empty\"}]}";

static inline struct tw_dag_put world_dag(const char *dag_id, const char *doc, struct tw_str *tags,
					  size_t ntags)
{
	return (struct tw_dag_put){
		.dag = {.dag_id = tw_str(dag_id),
			.display_name = tw_str(dag_id),
			.bundle_name = TW_STR("dags-folder"),
			.fileloc = TW_STR("/dags/x.py"),
			.relative_fileloc = TW_STR("x.py"),
			.owners = TW_STR("anna"),
			.last_parsed_time = T0,
			.last_expired = TW_TIME_NONE,
			.last_parse_duration = 0.5,
			.timetable_summary = TW_STR("0 0 * * *"),
			.timetable_periodic = true,
			.max_active_tasks = 16,
			.max_active_runs = 16,
			.tags = tags,
			.ntags = ntags},
		.document = tw_str(doc),
		.hash = tw_str(dag_id),
		.source = TW_STR("from airflow import DAG\n"),
	};
}

static inline void world_dags(struct world *w)
{
	struct tw_str tags[] = {TW_STR("a"), TW_STR("b")};
	struct tw_dag_put dags[] = {world_dag("etl", doc_etl, tags, 2),
				    world_dag("plain", doc_plain, tags, 1)};
	struct tw_file_put file = {.bundle_name = TW_STR("dags-folder"),
				   .fileloc = TW_STR("/dags/x.py"),
				   .relative_fileloc = TW_STR("x.py"),
				   .dags = dags,
				   .ndags = 2,
				   .parsed_at = T0};
	struct tw_file_put bad = {.bundle_name = TW_STR("dags-folder"),
				  .fileloc = TW_STR("/dags/bad.py"),
				  .relative_fileloc = TW_STR("bad.py"),
				  .error = TW_STR("SyntaxError: no"),
				  .parsed_at = T0};
	struct tw_arena a = {0};

	ok(tw_store_bundle_put(w->store, TW_STR("dags-folder"), true, (struct tw_str){0}, T0,
			       &test_err));
	ok(tw_store_files_put(w->store, &file, 1, &a, &test_err));
	ok(tw_store_files_put(w->store, &bad, 1, &a, &test_err));
	tw_arena_release(&a);
}

static inline struct tw_ti_row world_ti(int n, const char *task_id, enum tw_ti_state state,
					struct tw_str version)
{
	return (struct tw_ti_row){
		.id = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, [15] = (uint8_t)n}},
		.dag_id = TW_STR("etl"),
		.run_id = TW_STR("scheduled__2026-01-01T00:00:00+00:00"),
		.task_id = tw_str(task_id),
		.map_index = -1,
		.state = state,
		.try_number = 1,
		.max_tries = 0,
		.scheduled_dttm = T0,
		.queued_dttm = T0,
		.start_date = T0,
		.end_date = T0 + 1500000,
		.last_heartbeat = TW_TIME_NONE,
		.next_retry = TW_TIME_NONE,
		.reschedule_start = TW_TIME_NONE,
		.updated_at = TW_TIME_NONE,
		.trigger_timeout = TW_TIME_NONE,
		.pool = TW_STR("default_pool"),
		.pool_slots = 1,
		.priority_weight = 1,
		.operator_name = TW_STR("BashOperator"),
		.version_id = version,
	};
}

static inline void world_run(struct world *w)
{
	struct tw_version_row version;
	struct tw_arena a = {0};
	struct tw_batch b = {0};

	ok(tw_store_version(w->store, TW_STR("etl"), 0, &a, &version, &test_err));
	struct tw_run_row run = {
		.dag_id = TW_STR("etl"),
		.run_id = TW_STR("scheduled__2026-01-01T00:00:00+00:00"),
		.type = TW_RUNTYPE_SCHEDULED,
		.state = TW_RUN_FAILED,
		.logical_date = T0,
		.interval_start = T0,
		.interval_end = T0 + TW_US_DAY,
		.run_after = T0 + TW_US_DAY,
		.queued_at = T0,
		.start_date = T0,
		.end_date = T0 + 2000000,
		.updated_at = T0,
		.last_scheduling_decision = TW_TIME_NONE,
		.version_id = version.id,
		.triggered_by = TW_STR("timetable"),
	};
	struct tw_ti_row extract = world_ti(1, "extract", TW_TI_FAILED, version.id);
	struct tw_ti_row load = world_ti(2, "load", TW_TI_UPSTREAM_FAILED, version.id);

	tw_batch_run_new(&b, &run);
	tw_batch_ti_new(&b, &extract);
	tw_batch_ti_new(&b, &load);
	ok(tw_store_commit(w->store, &b, &test_err));
	tw_batch_release(&b);
	tw_arena_release(&a);
}

static inline void world_log(struct world *w, const char *text)
{
	char *path = tw_asprintf("%s/dag_id=etl/run_id=scheduled__2026-01-01T00:00:00+00:00/"
				 "task_id=extract/attempt=1.log",
				 w->logs);

	ok(tw_file_mkdirs_for(path, 0755, &test_err));
	ok(tw_file_write(path, tw_str(text), 0644, &test_err));
	free(path);
}

static inline void world_password(void *arg, struct tw_str user, const char *password)
{
	struct world *w = arg;

	if (tw_str_is(user, "admin"))
		w->password = tw_strdup(password);
}

static const struct tw_api_setting world_settings[] = {
	{TW_STR("core"), TW_STR("executor"), TW_STR("LocalExecutor"), false, "default", TW_STR("default"), TW_STR("LocalExecutor"), {0}},
	{TW_STR("core"), TW_STR("fernet_key"), TW_STR("secret"), true, "environment", TW_STR("AIRFLOW__CORE__FERNET_KEY"), TW_STR("old secret"), {0}},
	{TW_STR("api"), TW_STR("port"), TW_STR("8080"), false, "file", TW_STR("airflow.cfg:7"), TW_STR("8793"), TW_STR("Where it listens.")},
	{TW_STR("sentry"), TW_STR("sentry_dsn"), TW_STR(""), true, "default", TW_STR("default"), TW_STR(""), {0}},
};

static inline struct world *world_new(bool all_admins)
{
	struct world *w = tw_new(struct world);
	struct tw_store_opts store = {.mode = TW_STORE_MIGRATE};

	strcpy(w->home, "/tmp/twapi.XXXXXX");
	assert_non_null(mkdtemp(w->home));
	w->run_dir = tw_asprintf("%s/run", w->home);
	w->logs = tw_asprintf("%s/logs", w->home);
	w->url = tw_asprintf("sqlite:///%s/tw.db", w->home);
	ok(tw_file_mkdirs(w->run_dir, 0700, &test_err));
	w->paths = (struct tw_paths){.home = w->home, .run_dir = w->run_dir};
	store.url = w->url;
	ok(tw_store_open(&store, &w->store, &test_err));
	world_dags(w);
	world_run(w);
	w->opts = (struct tw_apiserver_options){
		.paths = &w->paths,
		.store_url = w->url,
		.log_folder = w->logs,
		.threads = 2,
		.all_admins = all_admins,
		.users = "admin:admin,eve:viewer,ops:op",
		.on_password = world_password,
		.arg = w,
		.expose_config = true,
		.settings = world_settings,
		.nsettings = 4,
	};
	ok(tw_apiserver_prepare(&w->opts, &w->server, &test_err));
	ok(tw_apiserver_listen(w->server, &test_err));
	return w;
}

static inline void world_free(struct world *w)
{
	tw_apiserver_free(w->server);
	tw_store_close(w->store);
	tw_file_remove_tree(w->home, NULL);
	tw_buf_release(&w->body);
	tw_buf_release(&w->headers);
	tw_arena_release(&w->arena);
	free(w->url);
	free(w->logs);
	free(w->run_dir);
	free(w->token);
	free(w->password);
	free(w);
}

static inline size_t world_take(char *p, size_t size, size_t n, void *arg)
{
	tw_buf_add(arg, p, size * n);
	return size * n;
}

/* One request; header: one more, or NULL. */
static inline long ask_with(struct world *w, const char *method, const char *path, const char *body,
			    const char *header)
{
	char *url = tw_asprintf("http://127.0.0.1:%u%s", tw_apiserver_port(w->server), path);
	struct curl_slist *headers = NULL;
	CURL *c = curl_easy_init();

	tw_buf_clear(&w->body);
	tw_buf_clear(&w->headers);
	if (w->token) {
		char *bearer = tw_asprintf("Authorization: Bearer %s", w->token);

		headers = curl_slist_append(headers, bearer);
		free(bearer);
	}
	if (body && !(header && strncmp(header, "Content-Type", 12) == 0))
		headers = curl_slist_append(headers, "Content-Type: application/json");
	if (header)
		headers = curl_slist_append(headers, header);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, world_take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &w->body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, world_take);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &w->headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
	if (body)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
	assert_int_equal(curl_easy_perform(c), CURLE_OK);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &w->status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	free(url);
	w->json = TW_NULL;
	if (w->body.n)
		tw_json_parse(&w->arena, tw_buf_str(&w->body), &w->json, NULL);
	return w->status;
}

static inline long ask(struct world *w, const char *method, const char *path, const char *body)
{
	return ask_with(w, method, path, body, NULL);
}

/* "a.0.b" of the last answer. */
static inline struct tw_value at(struct world *w, const char *path)
{
	struct tw_value v = w->json;
	struct tw_str rest = tw_str(path);

	while (rest.p && rest.n) {
		struct tw_str key = tw_str_cut(rest, '.', &rest);
		int64_t i;

		if (v.kind == TW_V_LIST && tw_str_to_int(key, &i))
			v = i < (int64_t)tw_value_len(v) ? v.list->v[i] : TW_NULL;
		else {
			const struct tw_value *found = tw_map_find(v, key);

			v = found ? *found : TW_NULL;
		}
	}
	return v;
}

#define expect(w, method, path, send, want)                                                        \
	do {                                                                                       \
		if (ask(w, method, path, send) != (want))                                          \
			fail_msg("%s %s: %ld, not %d: %s", method, path, (w)->status, want,        \
				 tw_buf_cstr(&(w)->body));                                         \
	} while (0)

#define expect_str(w, path, want)                                                                  \
	do {                                                                                       \
		struct tw_value v_ = at(w, path);                                                  \
		if (v_.kind != TW_V_STR || !tw_str_is(v_.s, want))                                 \
			fail_msg("%s is not '%s' in %s", path, want, tw_buf_cstr(&(w)->body));     \
	} while (0)

#define expect_int(w, path, want)                                                                  \
	do {                                                                                       \
		struct tw_value v_ = at(w, path);                                                  \
		if (v_.kind != TW_V_INT || v_.i != (want))                                         \
			fail_msg("%s is not %lld in %s", path, (long long)(want),                  \
				 tw_buf_cstr(&(w)->body));                                         \
	} while (0)
