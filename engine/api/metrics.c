/*
 * GET /metrics: Prometheus' text format. What is alive is counted in the metastore, so that one api-server tells of the whole
 * installation; what is the process' own is this api-server's. [metrics] prometheus: open, signed_in or off.
 */
#include <stdio.h>
#include <unistd.h>

#include "api/ask.h"
#include "api/tables.h"
#include "base/log.h"
#include "io/clock.h"
#include "store/dags.h"
#include "store/house.h"
#include "store/metrics.h"

static void head(struct tw_buf *out, const char *name, const char *type, const char *help)
{
	tw_buf_printf(out, "# HELP tradewind_%s %s\n# TYPE tradewind_%s %s\n", name, help, name, type);
}

/* A label's value: its quotes, backslashes and newlines escaped. */
static void label(struct tw_buf *out, struct tw_str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == '\n')
			tw_buf_adds(out, "\\n");
		else
			tw_buf_printf(out, value.p[i] == '"' || value.p[i] == '\\' ? "\\%c" : "%c", value.p[i]);
}

static void one(struct tw_buf *out, const char *name, const char *key, struct tw_str value, double n)
{
	tw_buf_printf(out, "tradewind_%s", name);
	if (key) {
		tw_buf_printf(out, "{%s=\"", key);
		label(out, value);
		tw_buf_adds(out, "\"}");
	}
	tw_buf_printf(out, " %.15g\n", n);
}

static void counts(struct tw_buf *out, const char *name, const char *key, const struct tw_counted *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		one(out, name, key, v[i].what, (double)v[i].n);
}

static void pools(struct tw_buf *out, struct tw_store *s, struct tw_arena *a)
{
	struct tw_pool_view *v;
	size_t n;

	if (tw_store_pools(s, &TW_ASK_ALL, a, &v, &n, NULL, NULL) < 0)
		return;
	head(out, "pool_slots", "gauge", "Slots of a pool; -1 is without limit.");
	for (size_t i = 0; i < n; i++)
		one(out, "pool_slots", "pool", v[i].pool.name, (double)v[i].pool.slots);
	head(out, "pool_running_slots", "gauge", "Slots that running task instances take.");
	for (size_t i = 0; i < n; i++)
		one(out, "pool_running_slots", "pool", v[i].pool.name, (double)v[i].running);
	head(out, "pool_queued_slots", "gauge", "Slots that queued task instances take.");
	for (size_t i = 0; i < n; i++)
		one(out, "pool_queued_slots", "pool", v[i].pool.name, (double)v[i].queued);
	head(out, "pool_scheduled_slots", "gauge", "Slots that task instances in line ask for.");
	for (size_t i = 0; i < n; i++)
		one(out, "pool_scheduled_slots", "pool", v[i].pool.name, (double)v[i].scheduled);
	head(out, "pool_deferred_slots", "gauge", "Slots of deferred task instances.");
	for (size_t i = 0; i < n; i++)
		one(out, "pool_deferred_slots", "pool", v[i].pool.name, (double)v[i].deferred);
}

static void beats(struct tw_buf *out, struct tw_store *s, struct tw_arena *a)
{
	static const struct {
		const char *type, *name;
	} jobs[] = {{"SchedulerJob", "scheduler"}, {"TriggererJob", "triggerer"}, {"DagProcessorJob", "dag_processor"}};
	struct tw_job_row job;

	head(out, "heartbeat_age_seconds", "gauge", "Since a daemon's last heartbeat.");
	for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++)
		if (tw_store_job_latest(s, jobs[i].type, a, &job, NULL) == TW_OK)
			one(out, "heartbeat_age_seconds", "daemon", tw_str(jobs[i].name), (double)(tw_now() - job.latest_heartbeat) / 1e6);
}

static void metastore(struct tw_buf *out, struct tw_store *s, struct tw_arena *a)
{
	struct tw_figures f;
	struct tw_err err = {0};

	if (tw_store_figures(s, a, &f, &err) < 0) {
		tw_warn("metrics: %s", err.msg);
		return;
	}
	head(out, "dag_runs", "gauge", "Runs that have not ended, by state.");
	counts(out, "dag_runs", "state", f.runs, f.nruns);
	head(out, "task_instances", "gauge", "Task instances that have not ended, by state.");
	counts(out, "task_instances", "state", f.tis, f.ntis);
	head(out, "dags", "gauge", "DAGs that are in their files, by whether they are paused.");
	one(out, "dags", "paused", TW_STR("true"), (double)f.dags_paused);
	one(out, "dags", "paused", TW_STR("false"), (double)f.dags_active);
	head(out, "import_errors", "gauge", "DAG files that do not load.");
	one(out, "import_errors", NULL, TW_STR(""), (double)f.import_errors);
	head(out, "inbox_length", "gauge", "What the scheduler was asked to do and has not done yet.");
	one(out, "inbox_length", NULL, TW_STR(""), (double)f.inbox);
	head(out, "triggers", "gauge", "Triggers that deferred task instances wait for.");
	one(out, "triggers", NULL, TW_STR(""), (double)f.triggers);
	head(out, "commits_total", "counter", "Commits that changed runs, task instances or DAGs.");
	one(out, "commits_total", NULL, TW_STR(""), (double)f.feed);
}

void tw_metrics_process(struct tw_buf *out, const char *daemon)
{
	long pages = 0, ticks = sysconf(_SC_CLK_TCK);
	unsigned long user = 0, system = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%*s %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	f = fopen("/proc/self/stat", "re");
	if (f && fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		user = system = 0;
	if (f)
		fclose(f);
	head(out, "process_resident_memory_bytes", "gauge", "Memory of the process.");
	one(out, "process_resident_memory_bytes", "daemon", tw_str(daemon), (double)pages * (double)sysconf(_SC_PAGESIZE));
	head(out, "process_cpu_seconds_total", "counter", "CPU time of the process.");
	one(out, "process_cpu_seconds_total", "daemon", tw_str(daemon), (double)(user + system) / (double)ticks);
}

static struct tw_str setting(const struct tw_api *api)
{
	for (size_t i = 0; i < api->nsettings; i++)
		if (tw_str_is(api->settings[i].section, "metrics") && tw_str_is(api->settings[i].key, "prometheus"))
			return api->settings[i].value;
	return TW_STR("signed_in");
}

static void get_metrics(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_str how = setting(api);
	struct tw_api_load load;
	struct tw_store *s;

	if (tw_str_is(how, "off")) {
		tw_reply_error(resp, 404, "Not Found");
		return;
	}
	if (!tw_str_is(how, "open") && !req->user.name.n) {
		tw_reply_error(resp, 401, "Not authenticated");
		tw_reply_header(resp, TW_STR("WWW-Authenticate"), TW_STR("Bearer"));
		return;
	}
	s = tw_api_store(req, resp);
	if (!s)
		return;
	metastore(&resp->body, s, req->arena);
	pools(&resp->body, s, req->arena);
	beats(&resp->body, s, req->arena);
	load = tw_api_load();
	head(&resp->body, "api_requests_total", "counter", "Requests that this api-server has answered.");
	one(&resp->body, "api_requests_total", NULL, TW_STR(""), (double)load.requests);
	head(&resp->body, "api_request_seconds_total", "counter", "Time that their handlers took.");
	one(&resp->body, "api_request_seconds_total", NULL, TW_STR(""), (double)load.us / 1e6);
	tw_metrics_process(&resp->body, "api-server");
	resp->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

const struct tw_route tw_routes_metrics[] = {
	{"GET", "/metrics", {TW_OPEN}, get_metrics},
	{0},
};
