/*
 * Callbacks of runs, and of tasks whose process is gone: rows that the scheduler left in the metastore, each run in a
 * Python process of its own that the zygote forks. A row goes when its callback has been run, so that one that a
 * crash cut short is run again.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/exec/execution.h"
#include "base/heap.h"
#include "base/log.h"
#include "daemon/parse.h"
#include "io/clock.h"
#include "runner/python.h"
#include "store/callbacks.h"
#include "time/instant.h"
#include "value/json.h"

#define PIPES 3
#define TRIES 3        /* a callback that takes everything down with it is not tried for ever */
#define FEED_MS 20     /* output waits so long, so that secrets named on the socket are known by then */
#define DRAIN_MS 500   /* and its pipes' ends after the exit */

struct output {
	uv_pipe_t pipe;
	struct call *call;
	struct tw_logstream stream;
	struct tw_buf held;
	bool open;
};

struct call {
	struct dagproc *dp;
	struct tw_arena arena;
	struct tw_callback_row row;
	char id[37];
	struct tw_value data;
	struct tw_execution_caller who;
	struct tw_link *link;
	struct tw_masker masker;
	struct tw_tasklog *log;
	char *log_path;
	struct output out[PIPES];
	uv_timer_t timer, feed;
	int handles;                   /* still to be closed before it may be freed */
	pid_t pid;
	bool exited, timed_out, said, failed, over;
	struct tw_str output;          /* what it returned, or why it failed */
};

static struct call *find(struct dagproc *dp, struct tw_str id)
{
	for (size_t i = 0; i < dp->calls.n; i++)
		if (tw_str_is(id, dp->calls.v[i]->id))
			return dp->calls.v[i];
	return NULL;
}

/* ── the end ──────────────────────────────────────────────────────────────────────────── */

static void feed_held(struct call *c)
{
	for (int i = 0; i < PIPES; i++) {
		tw_logstream_feed(&c->out[i].stream, tw_buf_str(&c->out[i].held));
		tw_buf_clear(&c->out[i].held);
	}
}

static void on_closed(uv_handle_t *h)
{
	struct call *c = h->data;

	if (--c->handles)
		return;
	tw_masker_release(&c->masker);
	tw_arena_release(&c->arena);
	free(c->log_path);
	free(c);
}

static void close_call(struct call *c)
{
	struct dagproc *dp = c->dp;

	if (c->over)
		return;
	c->over = true;
	feed_held(c);
	for (int i = 0; i < PIPES; i++) {
		tw_logstream_end(&c->out[i].stream);
		tw_buf_release(&c->out[i].held);
		uv_close((uv_handle_t *)&c->out[i].pipe, on_closed);
	}
	tw_tasklog_close(c->log);
	tw_link_close(c->link);
	for (size_t i = 0; i < dp->calls.n; i++)
		if (dp->calls.v[i] == c)
			dp->calls.v[i--] = dp->calls.v[--dp->calls.n];
	uv_close((uv_handle_t *)&c->timer, on_closed);
	uv_close((uv_handle_t *)&c->feed, on_closed);
}

static void conclude(struct call *c)
{
	struct dagproc *dp = c->dp;
	struct tw_err err = { 0 };

	if (c->over)
		return;
	if (!c->said)
		tw_tasklog_line(c->log, TW_LOG_ERROR, "callback",
				c->timed_out ? TW_STR("The callback took too long and was stopped.") :
					       TW_STR("The callback's process ended without a word."));
	tw_log(c->said && !c->failed ? TW_LOG_INFO : TW_LOG_ERROR,
	       "callback " TW_STR_FMT " %s log=%s dag=" TW_STR_FMT " run=" TW_STR_FMT,
	       TW_STR_ARG(tw_map_str(c->data, "kind", "")),
	       c->timed_out ? "timed out" : c->said && !c->failed ? "done" : "failed", c->log_path,
	       TW_STR_ARG(c->who.dag_id), TW_STR_ARG(c->who.run_id));
	if (!c->said)
		c->output = c->timed_out ? TW_STR("it took too long") : TW_STR("its process ended without a word");
	if (tw_store_callback_done(dp->store, &c->row, c->said && !c->failed, c->output, &err) < 0)
		tw_error("a callback is done and cannot be taken off the list: %s", err.msg);
	close_call(c);
	dagproc_next(dp);
	calls_look(dp);
}

/* ── what it says ─────────────────────────────────────────────────────────────────────── */

static void on_feed(uv_timer_t *t)
{
	feed_held(t->data);
}

static void end_output(struct output *o)
{
	struct call *c = o->call;

	o->open = false;
	for (int i = 0; i < PIPES; i++)
		if (c->out[i].open)
			return;
	if (c->exited)
		conclude(c);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
	static char chunk[64 << 10];

	*buf = uv_buf_init(chunk, sizeof chunk);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct output *o = tw_container_of((uv_pipe_t *)s, struct output, pipe);
	struct call *c = o->call;

	if (n > 0) {
		tw_buf_add(&o->held, buf->base, (size_t)n);
		if (!uv_is_active((uv_handle_t *)&c->feed))
			uv_timer_start(&c->feed, on_feed, FEED_MS, 0);
	} else if (n < 0) {
		uv_read_stop(s);
		end_output(o);
	}
}

static void answer(struct call *c, struct tw_arena *a, struct tw_value v)
{
	struct tw_value result = TW_NULL, id = tw_map_value(v, "id");
	struct tw_str what = tw_map_str(v, "do", "");
	struct tw_err err = { 0 };
	bool ring = false;
	enum tw_rc rc;

	if (tw_str_is(what, "mask")) {
		tw_masker_add_value(&c->masker, tw_map_value(v, "values"));
		return;
	}
	c->who.now = tw_now();
	rc = tw_execution_do(c->dp->store, &c->who, what, v, a, &result, &ring, &err);
	if (rc == TW_OK)
		tw_masker_learn(&c->masker, a, what, v, result);
	if (ring)
		tw_bell_ring(c->dp->opts->paths->bell);
	if (id.kind != TW_V_NULL)
		tw_link_send_json(c->link, tw_execution_reply(a, id, result, rc, &err), NULL);
}

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct call *c = arg;
	struct tw_arena a = { 0 };
	struct tw_value v;
	struct tw_err err = { 0 };

	if (tw_json_parse(&a, body, &v, &err) < 0) {
		tw_error("a callback's process sent no JSON: %s", err.msg);
	} else if (tw_str_is(tw_map_str(v, "op", ""), "request")) {
		answer(c, &a, v);
	} else if (tw_str_is(tw_map_str(v, "op", ""), "finished")) {
		c->said = true;
		c->failed = !tw_str_is(tw_map_str(v, "state", ""), "success");
		c->output = tw_str_copy(&c->arena, tw_map_str(v, c->failed ? "reason" : "output", ""));
	}
	tw_arena_release(&a);
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct call *c = arg;

	tw_link_close(c->link);
	c->link = NULL;
}

static const struct tw_link_ops link_ops = { on_frame, on_end, NULL };

/* ── its process ──────────────────────────────────────────────────────────────────────── */

static void on_timeout(uv_timer_t *t)
{
	struct call *c = t->data;

	c->timed_out = true;
	if (c->pid)
		tw_proc_kill_group(c->pid, SIGKILL, NULL);
}

static void on_drained(uv_timer_t *t)
{
	conclude(t->data);
}

void calls_forked(struct dagproc *dp, struct tw_str id, pid_t pid)
{
	struct call *c = find(dp, id);

	if (!c)
		return;
	c->pid = pid;
	if (c->timed_out)
		tw_proc_kill_group(pid, SIGKILL, NULL);
}

void calls_exited(struct dagproc *dp, struct tw_str id, int status)
{
	struct call *c = find(dp, id);

	if (!c)
		return;
	c->exited = true;
	tw_link_drain(c->link);
	if (WIFSIGNALED(status) && !c->timed_out)
		tw_tasklog_printf(c->log, TW_LOG_ERROR, "callback", "Process ended: killed by signal %d",
				  WTERMSIG(status));
	uv_timer_start(&c->timer, on_drained, DRAIN_MS, 0);
}

static void give_back(struct call *c)
{
	struct tw_err err = { 0 };

	if (c->pid)
		tw_proc_kill_group(c->pid, SIGKILL, NULL);
	if (tw_store_callback_release(c->dp->store, c->row.id, &err) < 0)
		tw_error("a callback cannot be given back: %s", err.msg);
	close_call(c);
}

void calls_fork_failed(struct dagproc *dp, struct tw_str id, struct tw_str why)
{
	struct call *c = find(dp, id);

	if (!c)
		return;
	tw_error("cannot fork a process for a callback: " TW_STR_FMT, TW_STR_ARG(why));
	give_back(c);
}

void calls_give_back(struct dagproc *dp)
{
	while (dp->calls.n)
		give_back(dp->calls.v[0]);
}

/* ── the beginning ────────────────────────────────────────────────────────────────────── */

/* A task's callbacks go on in its attempt's log; a run's in a file of the day for each DAG file, as Airflow's do. */
static char *log_path(struct call *c)
{
	struct tw_str of_task = tw_map_str(c->data, "log_path", "");
	struct tw_value dag = tw_map_value(c->data, "dag");
	struct tw_str file = tw_map_str(dag, "relative_fileloc", "unknown");
	struct tw_buf day = { 0 };
	char *path;

	if (of_task.n && tw_str_starts(tw_map_str(c->data, "kind", ""), "task_"))
		return tw_str_dup(of_task);
	tw_strftime(&day, TW_STR("%Y-%m-%d"), tw_now(), NULL);
	path = tw_asprintf("%s/%s/%s/" TW_STR_FMT ".log", c->dp->opts->log_folder, day.p, c->dp->opts->bundle,
			   TW_STR_ARG(file));
	tw_buf_release(&day);
	return path;
}

static void read_caller(struct call *c)
{
	c->who = (struct tw_execution_caller){
		.dag_id = tw_map_str(c->data, "dag_id", ""),
		.run_id = tw_map_str(c->data, "run_id", ""),
		.task_id = tw_map_str(c->data, "task_id", ""),
		.map_index = (int)tw_map_int(c->data, "map_index", -1),
		.try_number = (int)tw_map_int(c->data, "try_number", 0),
		.zones = &c->dp->zones,
	};
	tw_id_parse(tw_map_str(c->data, "attempt", ""), &c->who.attempt);
}

static void open_output(struct call *c, int i, enum tw_log_level level, const char *logger, int fd)
{
	struct output *o = &c->out[i];

	o->call = c;
	tw_logstream_init(&o->stream, c->log, level, logger);
	o->stream.json = i == PIPES - 1;
	uv_pipe_init(&c->dp->loop, &o->pipe, 0);
	o->pipe.data = c;
	c->handles++;
	uv_pipe_open(&o->pipe, fd);
	o->open = uv_read_start((uv_stream_t *)&o->pipe, on_alloc, on_read) == 0;
}

static void open_log(struct call *c)
{
	c->masker.min_length = (size_t)c->dp->opts->min_masked_secret;
	c->log_path = log_path(c);
	c->log = tw_tasklog_open(&c->dp->logs, c->log_path, &c->masker);
}

/* What it is to do, with the folder that its file's imports go by. */
static enum tw_rc send_work(struct call *c, struct tw_err *err)
{
	struct tw_value dag = tw_map_value(c->data, "dag");

	if (dag.kind == TW_V_MAP)
		tw_map_putc(&c->arena, dag, "bundle_path", tw_v_cstr(c->dp->opts->dags_folder));
	return tw_link_send_json(c->link, c->data, err);
}

static enum tw_rc ask_zygote(struct call *c, const int fds[TW_LAUNCH_FDS], struct tw_err *err)
{
	char *text = tw_asprintf("{\"op\":\"task\",\"attempt\":\"%s\"}", c->id);
	enum tw_rc rc = tw_link_send_fds(c->dp->zygote.link, tw_str(text), fds, TW_LAUNCH_FDS, err);

	free(text);
	return rc;
}

static void start_timer(struct call *c)
{
	const struct tw_dagproc_options *o = c->dp->opts;
	double limit = o->callback_timeout > 0 ? o->callback_timeout : o->timeout;

	uv_timer_init(&c->dp->loop, &c->timer);
	uv_timer_init(&c->dp->loop, &c->feed);
	c->timer.data = c->feed.data = c;
	c->handles += 2;
	uv_timer_start(&c->timer, on_timeout, (uint64_t)(limit * 1000), 0);
}

static enum tw_rc open_channels(int ours[TW_LAUNCH_FDS], int theirs[TW_LAUNCH_FDS], struct tw_err *err)
{
	int pair[2];
	enum tw_rc rc = tw_python_socket(pair, err);
	int n = 0;

	while (rc == TW_OK) {
		ours[n] = pair[0];
		theirs[n++] = pair[1];
		if (n == TW_LAUNCH_FDS)
			return TW_OK;
		rc = tw_proc_pipe(pair, err);
	}
	for (int i = 0; i < n; i++) {
		close(ours[i]);
		close(theirs[i]);
	}
	return rc;
}

static void begin(struct dagproc *dp, const struct tw_callback_row *row)
{
	struct call *c = tw_new(struct call);
	struct tw_err err = { 0 };
	int ours[TW_LAUNCH_FDS], theirs[TW_LAUNCH_FDS];
	enum tw_rc rc;

	c->dp = dp;
	c->row.id = row->id;
	c->row.type = tw_str_copy(&c->arena, row->type);
	tw_id_text(row->id, c->id);
	rc = tw_json_parse(&c->arena, row->data, &c->data, &err);
	if (rc == TW_OK && row->attempts > TRIES)
		rc = tw_err_set(&err, TW_ERR_LIMIT, "it was begun %d times and never ended", row->attempts - 1);
	if (rc == TW_OK)
		rc = open_channels(ours, theirs, &err);
	if (rc < 0) {
		tw_error("callback %s is given up: %s", c->id, err.msg);
		tw_store_callback_done(dp->store, row, false, tw_str(err.msg), NULL);
		tw_arena_release(&c->arena);
		free(c);
		return;
	}
	c->data = tw_value_copy(&c->arena, c->data);
	read_caller(c);
	open_log(c);
	c->link = tw_link_new(&dp->loop, ours[0], &link_ops, c);
	open_output(c, 0, TW_LOG_INFO, "task.stdout", ours[1]);
	open_output(c, 1, TW_LOG_ERROR, "task.stderr", ours[2]);
	open_output(c, 2, TW_LOG_INFO, "task", ours[3]);
	start_timer(c);
	tw_vec_push(&dp->calls, c);
	rc = send_work(c, &err);
	if (rc == TW_OK)
		rc = ask_zygote(c, theirs, &err);
	for (int i = 0; i < TW_LAUNCH_FDS; i++)
		close(theirs[i]);
	if (rc < 0) {
		tw_error("cannot start a callback: %s", err.msg);
		give_back(c);
	}
}

void calls_look(struct dagproc *dp)
{
	size_t room = (size_t)dp->opts->processes, n = 0;
	struct tw_arena a = { 0 };
	struct tw_callback_row *rows;
	struct tw_err err = { 0 };

	if (!dp->zygote.ready || dp->stopping || dp->calls.n >= room)
		return;
	if (tw_store_callbacks_take(dp->store, dp->job_id, tw_str(dp->opts->bundle), room - dp->calls.n,
				    tw_now() - dp->opts->health_timeout, &a, &rows, &n, &err) < 0)
		tw_error("callbacks: %s", err.msg);
	for (size_t i = 0; i < n; i++)
		begin(dp, &rows[i]);
	tw_arena_release(&a);
}

enum tw_rc calls_start(struct dagproc *dp, struct tw_err *err)
{
	tw_sensitive_names_set(tw_str(dp->opts->sensitive_names));
	tw_logs_init(&dp->logs, &dp->loop);
	return tw_bell_new(&dp->loop, dp->opts->paths->dagproc_bell, dagproc_rung, dp, &dp->bell, err);
}

void calls_stop(struct dagproc *dp)
{
	calls_give_back(dp);
	tw_bell_free(dp->bell);
	dp->bell = NULL;
	if (dp->logs.loop)
		tw_logs_release(&dp->logs);
}
