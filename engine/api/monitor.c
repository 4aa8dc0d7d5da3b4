/* /monitor/health, /version, /jobs, and what "/" answers. */
#include "api/ask.h"
#include "api/tables.h"
#include "io/clock.h"

struct part {
	const char *name, *job_type, *heartbeat_key;
	int64_t alive;
	bool optional; /* status null when there never was one */
};

static void iso_offset(struct tw_jw *w, const char *key, tw_time t)
{
	char text[TW_ISO_MAX];

	tw_jw_key(w, key);
	if (tw_time_ok(t))
		tw_jw_cstr(w, tw_time_iso_utc(text, t));
	else
		tw_jw_null(w);
}

static void part(struct tw_jw *w, struct tw_request *req, struct tw_store *s, const struct part *p,
		 bool *healthy)
{
	struct tw_job_row job = {.latest_heartbeat = TW_TIME_NONE};
	const char *status = p->optional ? NULL : "unhealthy";
	enum tw_rc rc = s ? tw_store_job_latest(s, p->job_type, req->arena, &job, NULL) : TW_ERR_IO;

	if (rc == TW_OK) {
		bool alive = tw_str_is(job.state, "running") &&
			     job.latest_heartbeat + p->alive > tw_now();

		status = alive ? "healthy" : "unhealthy";
	} else if (rc != TW_ERR_NOT_FOUND) {
		*healthy = false;
	}
	tw_jw_key(w, p->name);
	tw_jw_obj(w);
	tw_jw_key(w, "status");
	tw_jw_cstr(w, status);
	iso_offset(w, p->heartbeat_key, rc == TW_OK ? job.latest_heartbeat : TW_TIME_NONE);
	tw_jw_end(w);
}

static void health(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_store *s = tw_api_store(req, resp);
	const struct part parts[] = {
		{"scheduler", "SchedulerJob", "latest_scheduler_heartbeat", api->scheduler_alive,
		 false},
		{"triggerer", "TriggererJob", "latest_triggerer_heartbeat", api->triggerer_alive,
		 true},
		{"dag_processor", "DagProcessorJob", "latest_dag_processor_heartbeat",
		 api->processor_alive, true},
	};
	struct tw_jw w = {.out = &resp->body};
	bool healthy = s && tw_store_ping(s, NULL) == TW_OK;
	struct tw_buf rest = {0};
	struct tw_jw pw = {.out = &rest};

	resp->status = 200;
	tw_buf_clear(&resp->body);
	tw_jw_obj(&pw);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		part(&pw, req, s, &parts[i], &healthy);
	tw_jw_end(&pw);
	tw_jw_obj(&w);
	tw_jw_key(&w, "metadatabase");
	tw_jw_obj(&w);
	tw_jw_key(&w, "status");
	tw_jw_cstr(&w, healthy ? "healthy" : "unhealthy");
	tw_jw_end(&w);
	tw_jw_end(&w);
	/* The parts tell whether the database answers, yet the database comes first. */
	resp->body.n--;
	tw_buf_addc(&resp->body, ',');
	tw_buf_add(&resp->body, rest.p + 1, rest.n - 1);
	tw_buf_release(&rest);
}

static void version(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	tw_jw_key(&w, "version");
	tw_jw_cstr(&w, TW_VERSION);
	tw_jw_null_at(&w, "git_version");
	tw_jw_end(&w);
}

static void root(struct tw_request *req, struct tw_response *resp)
{
	const char *to =
		tw_api_of(req)->base_url ? tw_api_of(req)->base_url : "/api/v2/monitor/health";

	resp->status = 307;
	tw_reply_header(resp, TW_STR("Location"), tw_str(to));
}

void tw_jw_job(struct tw_jw *w, const struct tw_job_row *job)
{
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", job->id);
	tw_jw_str_at(w, "dag_id", job->dag_id);
	tw_jw_str_at(w, "state", job->state);
	tw_jw_str_at(w, "job_type", job->job_type);
	tw_jw_time(w, "start_date", job->start_date);
	tw_jw_time(w, "end_date", job->end_date);
	tw_jw_time(w, "latest_heartbeat", job->latest_heartbeat);
	tw_jw_str_at(w, "executor_class", job->executor_class);
	tw_jw_str_at(w, "hostname", job->hostname);
	tw_jw_str_at(w, "unixname", job->unixname);
	tw_jw_null_at(w, "dag_display_name");
	tw_jw_end(w);
}

static const struct tw_param job_params[] = {
	{"start_date", TW_P_TIME, NULL},
	{"end_date", TW_P_TIME, NULL},
	{"job_state", TW_P_EQ, "state"},
	{"job_type", TW_P_EQ, NULL},
	{"hostname", TW_P_EQ, NULL},
	{"executor_class", TW_P_EQ, NULL},
	{0},
};
static const char *const job_sort_names[] = {
	"id",	    "dag_id",		"state",	  "job_type", "start_date",
	"end_date", "latest_heartbeat", "executor_class", "hostname", NULL};
static const struct tw_sort job_sort = {job_sort_names, NULL, NULL};

static void get_jobs(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_job_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, job_params);
	tw_asker_page(&q);
	if (tw_query(req, "is_alive").p && tw_asker_bool(&q, "is_alive", false)) {
		tw_asker_add(&q, (struct tw_cond){.field = "state",
						  .op = TW_OP_EQ,
						  .text = TW_STR("running")});
		tw_asker_add(&q,
			     (struct tw_cond){.field = "latest_heartbeat",
					      .op = TW_OP_GT,
					      .time = tw_now() - tw_api_of(req)->scheduler_alive});
	}
	if (!tw_asker_order(&q, &job_sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_jobs(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "jobs");
	for (size_t i = 0; i < n; i++)
		tw_jw_job(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

const struct tw_route tw_routes_monitor[] = {
	{"GET", "/api/v2/monitor/health", {TW_OPEN}, health},
	{"GET", "/api/v2/version", {TW_OPEN}, version},
	{"GET", "/api/v2/jobs", {TW_ON_JOB}, get_jobs},
	{"GET", "/", {TW_OPEN}, root},
	{0},
};
