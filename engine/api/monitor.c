/* /monitor/health, /version, /jobs. */
#include "api/ask.h"
#include "api/tables.h"
#include "io/clock.h"

#define NPARTS 3

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

/* NULL: there never was one. *ret_asked false: the database did not answer. */
static const char *status_of(const struct part *p, struct tw_store *s, struct tw_job_row *job, struct tw_arena *a,
			     bool *ret_asked)
{
	enum tw_rc rc = s ? tw_store_job_latest(s, p->job_type, a, job, NULL) : TW_ERR_IO;

	*ret_asked = rc == TW_OK || rc == TW_ERR_NOT_FOUND;
	if (rc < 0)
		return p->optional ? NULL : "unhealthy";
	return tw_str_is(job->state, "running") && job->latest_heartbeat + p->alive > tw_now() ? "healthy" : "unhealthy";
}

static void write_part(struct tw_jw *w, const struct part *p, const char *status, tw_time heartbeat)
{
	tw_jw_key(w, p->name);
	tw_jw_obj(w);
	tw_jw_key(w, "status");
	tw_jw_cstr(w, status);
	iso_offset(w, p->heartbeat_key, heartbeat);
	tw_jw_end(w);
}

void tw_api_health(const struct tw_api *api, struct tw_store *s, struct tw_buf *json, struct tw_buf *statuses)
{
	const struct part parts[NPARTS] = {
		{"scheduler", "SchedulerJob", "latest_scheduler_heartbeat", api->scheduler_alive, false},
		{"triggerer", "TriggererJob", "latest_triggerer_heartbeat", api->triggerer_alive, true},
		{"dag_processor", "DagProcessorJob", "latest_dag_processor_heartbeat", api->processor_alive, true},
	};
	struct tw_job_row jobs[NPARTS];
	const char *status[NPARTS];
	bool healthy = s && tw_store_ping(s, NULL) == TW_OK;
	struct tw_jw w = {.out = json};
	struct tw_arena a = {0};

	for (size_t i = 0; i < NPARTS; i++) {
		bool asked;

		jobs[i] = (struct tw_job_row){.latest_heartbeat = TW_TIME_NONE};
		status[i] = status_of(&parts[i], s, &jobs[i], &a, &asked);
		healthy &= asked;
		tw_buf_printf(statuses, "%s,", status[i] ? status[i] : "");
	}
	tw_buf_addc(statuses, healthy ? 'y' : 'n');
	tw_jw_obj(&w);
	tw_jw_key(&w, "metadatabase");
	tw_jw_obj(&w);
	tw_jw_key(&w, "status");
	tw_jw_cstr(&w, healthy ? "healthy" : "unhealthy");
	tw_jw_end(&w);
	for (size_t i = 0; i < NPARTS; i++)
		write_part(&w, &parts[i], status[i], jobs[i].latest_heartbeat);
	tw_jw_end(&w);
	tw_arena_release(&a);
}

static void health(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_buf statuses = {0};

	resp->status = 200;
	tw_buf_clear(&resp->body);
	tw_api_health(tw_api_of(req), s, &resp->body, &statuses);
	tw_buf_release(&statuses);
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
	"end_date", "latest_heartbeat", "executor_class", "hostname", "unixname", NULL};
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
	{0},
};
