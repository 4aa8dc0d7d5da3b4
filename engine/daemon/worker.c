#include "daemon/worker.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/map.h"
#include "executor/executor.h"
#include "io/clock.h"
#include "io/hostname.h"
#include "io/http.h"
#include "value/json.h"

#define WAIT_S 30	   /* a server with nothing to do is asked again then */
#define ANSWER_MS 30000
#define PAUSE_MS 1000	   /* before it is asked again after a fault */
#define START_TRIES 5
#define CALLERS 1024	   /* so many that have ended are answered, the newest ones */

enum stage { STARTING, RUNNING, ENDING };

/* An attempt that was taken. */
struct job {
	struct worker *w;
	struct tw_id id;
	char text[37], *claim, *token;
	struct tw_buf frame; /* for the runner; then its last word, for the server */
	enum stage stage;
	int tries;
	bool calls_back; /* ended; its callbacks run, and may still ask */
	uv_timer_t *again;
};

/* A heartbeat or a task's request under way. Its job may go meanwhile: it is known by its id. */
struct errand {
	struct worker *w;
	struct tw_id id;
	int64_t request; /* 0: nobody waits for the answer */
};

struct worker {
	const struct tw_worker_options *opts;
	uv_loop_t loop;
	uv_signal_t term, intr;
	uv_timer_t later;
	struct tw_http *http;
	struct tw_executors executors;
	struct tw_map jobs;    /* id → struct job */
	struct tw_map callers; /* the same of those that call back, the oldest first */
	struct tw_map errands; /* its own address → struct errand */
	char host[TW_HOSTNAME_MAX], user[64];
	bool taking, stopping;
};

/* ── talking ──────────────────────────────────────────────────────────────────────────── */

/* One JSON request with a bearer. on_done gets arg; false: it could not even be sent, and on_done is not called. */
static bool call(struct worker *w, const char *method, const char *path, const char *token, struct tw_str body, unsigned ms,
		 void (*on_done)(void *arg, const struct tw_http_result *r), void *arg)
{
	TW_AUTO(tw_freep) char *url = tw_asprintf("%s%s", w->opts->url, path);
	TW_AUTO(tw_freep) char *auth = tw_asprintf("Authorization: Bearer %s", token);
	const char *const headers[] = { auth, "Content-Type: application/json", NULL };
	struct tw_http_opts o = { .method = method, .url = url, .headers = headers, .body = body, .timeout_ms = ms,
				  .on_done = on_done, .arg = arg };
	struct tw_err err = { 0 };

	if (tw_http_start(w->http, &o, NULL, &err) == TW_OK)
		return true;
	tw_error("%s", err.msg);
	return false;
}

static void call_job(struct job *j, const char *method, const char *what, struct tw_str body,
		     void (*on_done)(void *arg, const struct tw_http_result *r), void *arg)
{
	TW_AUTO(tw_freep) char *path = tw_asprintf("/task-instances/%s/%s", j->text, what);

	TW_ASSERT(call(j->w, method, path, j->token, body, ANSWER_MS, on_done, arg)); /* the URL has been tried */
}

/* Any answer may bring the token to go on with. */
static void renew(struct job *j, const struct tw_http_result *r)
{
	struct tw_str token = tw_http_header(r, "refreshed-api-token");

	if (!token.n)
		return;
	free(j->token);
	j->token = tw_str_dup(token);
}

static bool unheard(const struct tw_http_result *r)
{
	return r->err || r->status >= 500;
}

static const char *fault_of(const struct tw_http_result *r, char *text, size_t size)
{
	if (r->err)
		return r->err->msg;
	snprintf(text, size, "status %d", r->status);
	return text;
}

/* ── jobs ─────────────────────────────────────────────────────────────────────────────── */

static void take(struct worker *w);

static struct tw_str key_of(const struct tw_id *id)
{
	return tw_strn((const char *)id->b, sizeof id->b);
}

static struct job *job_find(struct worker *w, struct tw_id id)
{
	return tw_map_get(&w->jobs, key_of(&id));
}

/* Who may ask: also one whose end was heard, as its callbacks run then. */
static struct job *job_asks(struct worker *w, struct tw_id id)
{
	struct job *j = job_find(w, id);

	return j ? j : tw_map_get(&w->callers, key_of(&id));
}

static void on_closed(uv_handle_t *h)
{
	free(h);
}

static void job_free(struct job *j)
{
	if (!j)
		return;
	uv_close((uv_handle_t *)j->again, on_closed);
	tw_buf_release(&j->frame);
	free(j->claim);
	free(j->token);
	free(j);
}

/* Nobody says when its process is gone: the newest are kept. */
static void keep_caller(struct job *j)
{
	struct worker *w = j->w;

	tw_buf_release(&j->frame);
	job_free(tw_map_set(&w->callers, key_of(&j->id), j));
	if (w->callers.len > CALLERS)
		job_free(tw_map_shift(&w->callers));
}

static void job_drop(struct job *j)
{
	struct worker *w = j->w;

	tw_map_del(&w->jobs, key_of(&j->id));
	if (j->calls_back)
		keep_caller(j);
	else
		job_free(j);
	if (w->stopping && !w->jobs.len)
		uv_stop(&w->loop);
	take(w);
}

static struct tw_executor *runner(struct worker *w)
{
	return w->executors.v[0];
}

/* ── its start ────────────────────────────────────────────────────────────────────────── */

static void start(struct job *j);

static void on_again(uv_timer_t *t)
{
	start(t->data);
}

static void on_started(void *arg, const struct tw_http_result *r)
{
	struct job *j = arg;
	struct tw_workload w;
	char text[40];

	renew(j, r);
	if (unheard(r) && ++j->tries < START_TRIES) {
		uv_timer_start(j->again, on_again, PAUSE_MS * (uint64_t)j->tries, 0);
		return;
	}
	if (r->status != 200) {
		tw_warn("not started: %s attempt=%s", fault_of(r, text, sizeof text), j->text);
		job_drop(j);
		return;
	}
	j->stage = RUNNING;
	w = (struct tw_workload){ .attempt = j->id, .json = tw_buf_str(&j->frame), .slots = 1 };
	tw_executor_dispatch(runner(j->w), &w, 1);
	tw_buf_clear(&j->frame);
}

static void start(struct job *j)
{
	struct tw_buf body = { 0 };
	struct tw_jw w = { .out = &body };
	char now[TW_ISO_MAX];

	tw_jw_obj(&w);
	tw_jw_key(&w, "state");
	tw_jw_cstr(&w, "running");
	tw_jw_key(&w, "hostname");
	tw_jw_cstr(&w, j->w->host);
	tw_jw_key(&w, "unixname");
	tw_jw_cstr(&w, j->w->user);
	tw_jw_int_at(&w, "pid", getpid());
	tw_jw_key(&w, "start_date");
	tw_jw_cstr(&w, tw_time_iso_utc(now, tw_now()));
	tw_jw_end(&w);
	call_job(j, "PATCH", "run", tw_buf_str(&body), on_started, j);
	tw_buf_release(&body);
}

/* The frame as it is for this machine: its own folders. */
static void localise(struct worker *w, struct tw_arena *a, struct tw_value run, struct tw_value execute, struct tw_buf *out)
{
	struct tw_value dag = tw_map_value(run, "dag");
	struct tw_str rel = tw_map_str(dag, "relative_fileloc", ""), log = tw_map_str(execute, "log_path", "");

	if (dag.kind == TW_V_MAP) {
		tw_map_putc(a, dag, "bundle_path", tw_v_cstr(w->opts->dags_folder));
		tw_map_putc(a, dag, "fileloc",
			    tw_v_cstr(tw_arena_printf(a, "%s/" TW_STR_FMT, w->opts->dags_folder, TW_STR_ARG(rel))));
	}
	tw_map_putc(a, run, "log_path", tw_v_cstr(tw_arena_printf(a, "%s/" TW_STR_FMT, w->opts->log_folder, TW_STR_ARG(log))));
	tw_json_write(out, run, TW_JSON_COMPACT);
}

static void begin(struct worker *w, struct tw_arena *a, struct tw_value workload)
{
	struct tw_value run = tw_map_value(workload, "run"), execute = tw_map_value(workload, "execute");
	struct job *j = tw_new(struct job);

	j->w = w;
	if (!tw_id_parse(tw_map_str(run, "attempt", ""), &j->id) || job_find(w, j->id)) {
		free(j);
		return;
	}
	tw_id_text(j->id, j->text);
	j->claim = tw_str_dup(tw_map_str(workload, "claim", ""));
	j->token = tw_str_dup(tw_map_str(execute, "token", ""));
	j->again = tw_new(uv_timer_t);
	uv_timer_init(&w->loop, j->again);
	j->again->data = j;
	localise(w, a, run, execute, &j->frame);
	tw_map_set(&w->jobs, key_of(&j->id), j);
	start(j);
}

/* ── taking ───────────────────────────────────────────────────────────────────────────── */

static void on_later(uv_timer_t *t)
{
	take(t->data);
}

static void on_taken(void *arg, const struct tw_http_result *r)
{
	struct worker *w = arg;
	TW_AUTO(tw_arena_release) struct tw_arena a = { 0 };
	struct tw_value v, list;
	char text[40];

	w->taking = false;
	if (unheard(r) || r->status != 200 || tw_json_parse(&a, r->body, &v, NULL) < 0) {
		tw_warn("no workloads: %s", fault_of(r, text, sizeof text));
		uv_timer_start(&w->later, on_later, PAUSE_MS, 0);
		return;
	}
	list = tw_map_value(v, "workloads");
	for (size_t i = 0; i < tw_value_len(list); i++)
		begin(w, &a, list.list->v[i]);
	take(w);
}

/* A question waits at the server until there is something, or its time is up. */
static void take(struct worker *w)
{
	struct tw_buf body = { 0 }, token = { 0 };
	struct tw_jw j = { .out = &body };
	struct tw_str name = tw_str(w->opts->name ? w->opts->name : w->host);
	struct tw_err err = { 0 };

	if (w->taking || w->stopping || (int)w->jobs.len >= w->opts->slots)
		return;
	if (tw_exec_token_make(&w->opts->keys, name, TW_SCOPE_WORKER, (struct tw_str){ 0 }, tw_now(), &token, &err) < 0) {
		tw_error("%s", err.msg);
		return;
	}
	tw_jw_obj(&j);
	tw_jw_key(&j, "queues");
	if (w->opts->nqueues) {
		tw_jw_list(&j);
		for (size_t i = 0; i < w->opts->nqueues; i++)
			tw_jw_str(&j, w->opts->queues[i]);
		tw_jw_end(&j);
	} else {
		tw_jw_null(&j);
	}
	tw_jw_int_at(&j, "limit", w->opts->slots - (int)w->jobs.len);
	tw_jw_int_at(&j, "wait", WAIT_S);
	tw_jw_end(&j);
	w->taking = call(w, "POST", "/workloads/take", tw_buf_cstr(&token), tw_buf_str(&body), ANSWER_MS + WAIT_S * 1000, on_taken, w);
	tw_buf_release(&body);
	tw_buf_release(&token);
}

/* ── its end ──────────────────────────────────────────────────────────────────────────── */

static void tell_end(struct job *j);

static void on_tell_again(uv_timer_t *t)
{
	tell_end(t->data);
}

/* Heard, or no longer wanted: either way the runner may forget it. */
static void on_ended(void *arg, const struct tw_http_result *r)
{
	struct job *j = arg;

	renew(j, r);
	if (unheard(r)) {
		uv_timer_start(j->again, on_tell_again, PAUSE_MS, 0);
		return;
	}
	if (r->status >= 300)
		tw_warn("its end is not taken: status %d attempt=%s", r->status, j->text);
	tw_executor_ack(runner(j->w), j->id);
	job_drop(j);
}

static void tell_end(struct job *j)
{
	call_job(j, "PATCH", "finished", tw_buf_str(&j->frame), on_ended, j);
}

static void sink_finished(void *arg, struct tw_executor *ex, const struct tw_exec_finished *f)
{
	struct job *j = job_find(arg, f->attempt);
	struct tw_jw w;

	if (!j) {
		tw_executor_ack(ex, f->attempt);
		return;
	}
	if (j->stage == ENDING)
		return;
	j->stage = ENDING;
	j->calls_back = tw_map_bool(f->body, "callbacks", false);
	tw_buf_clear(&j->frame);
	w = (struct tw_jw){ .out = &j->frame };
	if (f->body.kind == TW_V_MAP) {
		tw_jw_value(&w, f->body);
	} else {
		tw_jw_obj(&w);
		tw_jw_key(&w, "state");
		tw_jw_cstr(&w, tw_end_name(f->end));
		tw_jw_str_at(&w, "reason", f->reason);
		tw_jw_end(&w);
	}
	tell_end(j);
}

/* ── while it runs ────────────────────────────────────────────────────────────────────── */

static void sink_started(void *arg, struct tw_executor *ex, const struct tw_exec_started *s)
{
	if (!job_find(arg, s->attempt))
		tw_executor_kill(ex, s->attempt, "nobody waits for this attempt");
}

static struct tw_str errand_key(struct errand *const *e)
{
	return tw_strn((const char *)e, sizeof *e);
}

static struct errand *errand_new(struct job *j, int64_t request)
{
	struct errand *e = tw_new(struct errand);

	*e = (struct errand){ j->w, j->id, request };
	tw_map_set(&j->w->errands, errand_key(&e), e);
	return e;
}

static void errand_done(struct errand *e)
{
	tw_map_del(&e->w->errands, errand_key(&e));
	free(e);
}

static void on_beat_heard(void *arg, const struct tw_http_result *r)
{
	struct errand *e = arg;
	struct job *j = job_find(e->w, e->id);

	if (j && !unheard(r)) {
		renew(j, r);
		if (r->status >= 400 && j->stage == RUNNING)
			tw_executor_kill(runner(j->w), j->id, "the server has taken it back");
	}
	errand_done(e);
}

static void beat(struct job *j)
{
	struct tw_buf body = { 0 };
	struct tw_jw w = { .out = &body };

	tw_jw_obj(&w);
	tw_jw_key(&w, "hostname");
	tw_jw_cstr(&w, j->w->host);
	tw_jw_int_at(&w, "pid", getpid());
	tw_jw_end(&w);
	call_job(j, "PUT", "heartbeat", tw_buf_str(&body), on_beat_heard, errand_new(j, 0));
	tw_buf_release(&body);
}

static void sink_beat(void *arg, struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct job *j = job_find(arg, ids[i]);

		if (j && j->stage == RUNNING)
			beat(j);
	}
}

/* What the server says is what the task hears; a server that cannot be heard is unavailable. */
static void pass_on(struct errand *e, const struct tw_http_result *r)
{
	TW_AUTO(tw_arena_release) struct tw_arena a = { 0 };
	TW_AUTO(tw_freep) char *message = NULL, *kind = NULL;
	struct tw_value v = TW_NULL, error;
	char text[40];

	if (r->err || r->status != 200 || tw_json_parse(&a, r->body, &v, NULL) < 0) {
		tw_executor_reply(runner(e->w), e->request, TW_NULL, r->status == 403 ? "denied" : "unavailable",
				  fault_of(r, text, sizeof text));
		return;
	}
	error = tw_map_value(v, "error");
	if (error.kind == TW_V_MAP) {
		kind = tw_str_dup(tw_map_str(error, "kind", "unavailable"));
		message = tw_str_dup(tw_map_str(error, "message", ""));
	}
	tw_executor_reply(runner(e->w), e->request, tw_map_value(v, "result"), kind, message);
}

static void on_answered(void *arg, const struct tw_http_result *r)
{
	struct errand *e = arg;
	struct job *j = job_asks(e->w, e->id);

	if (j)
		renew(j, r);
	if (e->request)
		pass_on(e, r);
	tw_executor_flush(runner(e->w));
	errand_done(e);
}

static void sink_request(void *arg, struct tw_executor *ex, const struct tw_exec_request *r)
{
	struct job *j = job_asks(arg, r->attempt);
	char *body;

	if (!j) {
		if (r->id)
			tw_executor_reply(ex, r->id, TW_NULL, "denied", "this attempt has been replaced or has ended");
		return;
	}
	body = tw_json_dump(r->body, TW_JSON_COMPACT);
	call_job(j, "POST", "ask", tw_str(body), on_answered, errand_new(j, r->id));
	free(body);
}

static void sink_stranger(void *arg, struct tw_executor *ex, struct tw_id attempt)
{
	tw_executor_kill(ex, attempt, "nobody waits for this attempt");
	tw_executor_ack(ex, attempt);
}

/* ── the daemon ───────────────────────────────────────────────────────────────────────── */

static void on_signal(uv_signal_t *sig, int signum)
{
	struct worker *w = sig->data;

	tw_info("stopping running=%zu", w->jobs.len);
	if (w->stopping || !w->jobs.len)
		uv_stop(&w->loop);
	w->stopping = true;
}

static enum tw_rc set_up(struct worker *w, struct tw_err *err)
{
	static const char *argv[3];
	const struct passwd *pw = getpwuid(geteuid());
	struct tw_executor_opts o = {
		.loop = &w->loop,
		.sink = { w, sink_started, sink_finished, sink_request, sink_beat, sink_stranger },
		.home = w->opts->paths->home,
		.runner_argv = argv,
		.parallelism = w->opts->slots,
	};
	enum tw_rc rc;

	argv[0] = w->opts->paths->self;
	argv[1] = "runner";
	tw_hostname(w->host);
	snprintf(w->user, sizeof w->user, "%s", pw ? pw->pw_name : "");
	rc = tw_http_new(&w->loop, &w->http, err);
	if (rc == TW_OK)
		rc = tw_executors_new(&o, TW_STR("LocalExecutor"), &w->executors, err);
	return rc < 0 ? rc : tw_executor_start(runner(w), err);
}

static void set_handles(struct worker *w)
{
	uv_timer_init(&w->loop, &w->later);
	uv_signal_init(&w->loop, &w->term);
	uv_signal_init(&w->loop, &w->intr);
	w->later.data = w->term.data = w->intr.data = w;
	uv_signal_start(&w->term, on_signal, SIGTERM);
	uv_signal_start(&w->intr, on_signal, SIGINT);
}

static void close_handle(uv_handle_t *h, void *arg)
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

/* The runner ends with the worker: nobody else knows what it would do here. */
static void tear_down(struct worker *w)
{
	tw_http_free(w->http); /* without its callbacks: what they are about may go now */
	tw_map_foreach(&w->jobs, e)
		job_free(e->value);
	tw_map_release(&w->jobs);
	tw_map_foreach(&w->callers, e)
		job_free(e->value);
	tw_map_release(&w->callers);
	tw_map_foreach(&w->errands, e)
		free(e->value);
	tw_map_release(&w->errands);
	tw_executors_free(&w->executors, true);
	for (int i = 0; i < 10; i++)
		uv_run(&w->loop, UV_RUN_NOWAIT); /* the last frames leave */
	uv_walk(&w->loop, close_handle, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	uv_loop_close(&w->loop);
}

int tw_worker_run(const struct tw_worker_options *opts, struct tw_err *err)
{
	struct worker w = { .opts = opts };
	int status = 0;

	tw_log_component("worker");
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&w.loop);
	if (set_up(&w, err) < 0) {
		status = 1;
	} else {
		set_handles(&w);
		tw_info("ready server=%s slots=%d", opts->url, opts->slots);
		take(&w);
		uv_run(&w.loop, UV_RUN_DEFAULT);
	}
	tear_down(&w);
	return status;
}
