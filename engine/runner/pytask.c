/*
 * One task in Python: its socket, its three pipes, its process.
 *
 * It has told how it ended when its `finished` came, or when both its process and its socket are
 * gone without one. After that its process may live on for callbacks; their output belongs to the
 * log.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/internal.h"
#include "runner/python.h"

#define PIPES 3
#define READ_TURN 16 /* pieces read before others get their turn */
#define GONE_MS 1000 /* how long a socket's end waits for the exit, and the other way round */
#define HOLD_TURNS 20

struct pipe_in {
	struct tw_attempt *a;
	uv_poll_t *poll; /* NULL: ended */
	int fd;
	struct tw_logstream stream;
	struct tw_buf held; /* read, but perhaps with a secret that the socket is about to name */
};

struct tw_pytask {
	struct tw_attempt *a;
	struct tw_launch *launch; /* NULL: over */
	struct tw_link *link;	  /* NULL: ended */
	struct pipe_in in[PIPES];
	bool forked, exited, gone; /* gone: nothing more comes */
	bool term_due;		   /* a kill came before there was a process */
	int status;		   /* wait(2)'s, when exited and known */
	bool status_known;
	uv_timer_t *wait; /* between the exit and the end of the socket */
	struct tw_pytask *next_holding;
	bool holding;
	int held_turns;
};

static void conclude(struct tw_pytask *t);

static void on_closed(uv_handle_t *h)
{
	free(h);
}

/* Output -------------------------------------------------------------------------------------- */

static void close_pipe_in(struct pipe_in *p)
{
	if (!p->poll)
		return;
	uv_poll_stop(p->poll);
	uv_close((uv_handle_t *)p->poll, on_closed);
	p->poll = NULL;
	close(p->fd);
}

static void feed_held(struct tw_pytask *t)
{
	for (size_t i = 0; i < PIPES; i++) {
		struct pipe_in *p = &t->in[i];
		if (!p->held.n)
			continue;
		tw_logstream_feed(&p->stream, tw_buf_str(&p->held));
		tw_buf_clear(&p->held);
	}
	t->held_turns = 0;
}

/* Does the socket hold frames that we have not seen? They may name a secret. */
static bool frames_waiting(const struct tw_pytask *t)
{
	if (!t->link)
		return false;
	struct pollfd p = {.fd = tw_link_fd(t->link), .events = POLLIN};
	return poll(&p, 1, 0) > 0 && p.revents & POLLIN;
}

static void hold(struct tw_pytask *t)
{
	if (t->holding)
		return;
	t->holding = true;
	t->next_holding = t->a->r->holding;
	t->a->r->holding = t;
}

void tw_pytask_settle(struct tw_runner *r)
{
	struct tw_pytask *t = r->holding;
	r->holding = NULL;
	while (t) {
		struct tw_pytask *next = t->next_holding;
		t->holding = false;
		if (frames_waiting(t) && t->held_turns++ < HOLD_TURNS)
			hold(t);
		else
			feed_held(t);
		t = next;
	}
}

/* False at the end of the pipe. */
static bool read_pipe_in(struct pipe_in *p, int turns)
{
	static char chunk[64 << 10];
	while (turns-- > 0) {
		ssize_t n = read(p->fd, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		tw_buf_add(&p->held, chunk, (size_t)n);
	}
	return true;
}

static void on_readable(uv_poll_t *h, int status, int events)
{
	struct pipe_in *p = h->data;
	struct tw_pytask *t = p->a->py;
	if (status != 0 || !read_pipe_in(p, READ_TURN))
		close_pipe_in(p);
	if (!p->held.n)
		return;
	if (frames_waiting(t))
		hold(t);
	else
		feed_held(t);
}

/* Everything that is in the pipes now. */
static void drain(struct tw_pytask *t)
{
	for (size_t i = 0; i < PIPES; i++)
		if (t->in[i].poll && !read_pipe_in(&t->in[i], 1 << 10))
			close_pipe_in(&t->in[i]);
	feed_held(t);
}

static enum tw_rc listen_to(struct tw_attempt *a, struct pipe_in *p, int fd, struct tw_err *err)
{
	uv_poll_t *poll = tw_new(uv_poll_t);
	int rc = uv_poll_init(&a->r->loop, poll, fd);
	if (rc) {
		free(poll);
		return tw_err_set(err, TW_ERR_IO, "cannot read from a pipe: %s", uv_strerror(rc));
	}
	p->a = a;
	p->fd = fd;
	p->poll = poll;
	poll->data = p;
	uv_poll_start(poll, UV_READABLE, on_readable);
	return TW_OK;
}

/* The socket ---------------------------------------------------------------------------------- */

static void on_reply(struct tw_attempt *a, void *arg, struct tw_value reply)
{
	if (!a->py || !a->py->link)
		return;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "reply");
	tw_jw_key(&w, "id");
	tw_jw_int(&w, (int64_t)(intptr_t)arg);
	const char *key = tw_map_findc(reply, "error") ? "error" : "result";
	tw_jw_key(&w, key);
	tw_jw_value(&w, tw_map_value(reply, key));
	tw_jw_end(&w);
	(void)tw_link_send(a->py->link, tw_buf_str(&b), NULL);
}

static void on_request(struct tw_attempt *a, struct tw_value msg)
{
	const struct tw_value *id = tw_map_findc(msg, "id");
	if (tw_str_is(tw_map_str(msg, "do", ""), "mask"))
		tw_masker_add_value(&a->masker, tw_map_value(msg, "values"));
	else if (id && id->kind == TW_V_INT)
		tw_request_send(a, msg, on_reply, (void *)(intptr_t)id->i);
	else
		tw_request_send(a, msg, NULL, NULL);
}

static void on_finished(struct tw_pytask *t, struct tw_value msg)
{
	struct tw_attempt *a = t->a;
	struct tw_str state = tw_map_str(msg, "state", "failed");
	TW_AUTO(tw_freep) char *name = tw_str_dup(state);
	const struct tw_end_report e = {
		.state = name,
		.reason = tw_map_str(msg, "reason", ""),
		.exit_code = -1,
		.extra = msg,
	};
	drain(t);
	tw_attempt_started(
		a,
		0); /* its end may overtake the news of its fork, which comes on another socket */
	tw_attempt_report(a, &e);
}

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct tw_pytask *t = arg;
	TW_AUTO(tw_arena_release) struct tw_arena a = {0};
	struct tw_value msg;
	struct tw_err err = {0};
	if (tw_json_parse(&a, body, &msg, &err) < 0) {
		tw_warn("a task sent what is no JSON: %s attempt=%s", err.msg, t->a->id);
		return;
	}
	struct tw_str op = tw_map_str(msg, "op", "");
	if (tw_str_is(op, "request"))
		on_request(t->a, msg);
	else if (tw_str_is(op, "finished"))
		on_finished(t, msg);
}

static void on_wait(uv_timer_t *h)
{
	conclude(h->data);
}

static void wait_for_the_other(struct tw_pytask *t)
{
	if (t->wait)
		return;
	t->wait = tw_new(uv_timer_t);
	uv_timer_init(&t->a->r->loop, t->wait);
	t->wait->data = t;
	uv_timer_start(t->wait, on_wait, GONE_MS, 0);
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct tw_pytask *t = arg;
	tw_link_close(t->link);
	t->link = NULL;
	if (t->exited)
		conclude(t);
	else if (t->forked)
		wait_for_the_other(t);
}

static const struct tw_link_ops link_ops = {.on_frame = on_frame, .on_end = on_end};

/* The process ---------------------------------------------------------------------------------- */

static void on_kill_due(uv_timer_t *h)
{
	struct tw_attempt *a = h->data;
	if (a->pid) {
		(void)tw_proc_kill_group(a->pid, SIGKILL, NULL);
		wait_for_the_other(a->py);
	} else {
		conclude(a->py);
	}
}

static void terminate(struct tw_pytask *t)
{
	struct tw_attempt *a = t->a;
	t->term_due = true;
	if (a->pid)
		(void)kill(a->pid, SIGTERM);
	tw_attempt_grace(a, (unsigned)a->r->opts.cleanup_s * 1000, on_kill_due);
}

static void on_forked(void *arg, pid_t pid)
{
	struct tw_pytask *t = arg;
	t->forked = true;
	tw_attempt_started(t->a, pid);
	if (t->term_due)
		terminate(t);
}

static void on_process_end(struct tw_pytask *t, int status)
{
	t->exited = t->status_known = true;
	t->status = status;
	if (t->link)
		wait_for_the_other(t);
	else
		conclude(t);
}

static void on_exited(void *arg, int status)
{
	struct tw_pytask *t = arg;
	t->launch = NULL;
	on_process_end(t, status);
}

static void on_failed(void *arg, struct tw_str why)
{
	struct tw_pytask *t = arg;
	const struct tw_end_report e = {.state = "failed", .reason = why, .exit_code = -1};
	t->launch = NULL;
	tw_tasklog_exception(t->a->log, "Task could not be started", "RuntimeError", why);
	tw_attempt_report(t->a, &e);
	tw_attempt_bury(t->a);
}

static const struct tw_launch_ops launch_ops = {
	.on_forked = on_forked,
	.on_exited = on_exited,
	.on_failed = on_failed,
};

void tw_pytask_exited(struct tw_attempt *a, int status)
{
	if (a->py && !a->py->exited)
		on_process_end(a->py, status);
}

/* No `finished` came: the exit says it. */
static void report_exit(struct tw_pytask *t)
{
	struct tw_attempt *a = t->a;
	struct tw_end_report e = {.state = "failed", .exit_code = -1};
	if (!t->status_known) {
		e.reason = TW_STR("its process ended, nobody knows how");
	} else if (WIFEXITED(t->status)) {
		e.exit_code = WEXITSTATUS(t->status);
		e.state = e.exit_code ? "failed" : "success";
	} else {
		e.signal = WTERMSIG(t->status);
	}
	if (t->status_known && strcmp(e.state, "failed") == 0)
		e.reason = tw_str(tw_exit_words(e.exit_code, e.signal));
	if (e.reason.n)
		tw_tasklog_printf(a->log, TW_LOG_ERROR, "task", "Process ended: " TW_STR_FMT,
				  TW_STR_ARG(e.reason));
	tw_attempt_report(a, &e);
}

static void conclude(struct tw_pytask *t)
{
	if (t->gone)
		return;
	t->gone = true;
	drain(t);
	if (t->a->state != TW_ATTEMPT_REPORTED)
		report_exit(t);
	tw_attempt_bury(t->a);
}

/* The beginning ---------------------------------------------------------------------------------
 */

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* ours: socket and the pipes' reading ends; theirs: what the task gets. */
static enum tw_rc make_channels(int ours[TW_LAUNCH_FDS], int theirs[TW_LAUNCH_FDS],
				struct tw_err *err)
{
	memset(ours, -1, TW_LAUNCH_FDS * sizeof *ours);
	memset(theirs, -1, TW_LAUNCH_FDS * sizeof *theirs);
	int pair[2];
	enum tw_rc rc = tw_python_socket(pair, err);
	for (size_t i = 0; rc == TW_OK; i++) {
		ours[i] = pair[0];
		theirs[i] = pair[1];
		if (i == PIPES)
			return TW_OK;
		rc = tw_proc_pipe(pair, err);
	}
	close_all(ours, TW_LAUNCH_FDS);
	close_all(theirs, TW_LAUNCH_FDS);
	return rc;
}

static void init_streams(struct tw_pytask *t)
{
	struct tw_tasklog *log = t->a->log;
	tw_logstream_init(&t->in[0].stream, log, TW_LOG_INFO, "task.stdout");
	tw_logstream_init(&t->in[1].stream, log, TW_LOG_ERROR, "task.stderr");
	tw_logstream_init(&t->in[2].stream, log, TW_LOG_INFO, "task");
	t->in[2].stream.json = true;
}

/* The folder that imports go by: the file's path without what leads to it inside of the bundle. */
static struct tw_str bundle_path(struct tw_value dag)
{
	struct tw_str given = tw_map_str(dag, "bundle_path", NULL);
	struct tw_str file = tw_map_str(dag, "fileloc", "");
	struct tw_str rel = tw_map_str(dag, "relative_fileloc", "");
	if (given.p)
		return given;
	if (rel.n && rel.n < file.n && file.p[file.n - rel.n - 1] == '/' &&
	    memcmp(file.p + file.n - rel.n, rel.p, rel.n) == 0)
		return tw_strn(file.p, file.n - rel.n - 1);
	size_t n = file.n;
	while (n && file.p[n - 1] != '/')
		n--;
	return tw_strn(file.p, n > 1 ? n - 1 : n);
}

static void give_up(struct tw_attempt *a, const struct tw_err *err)
{
	const struct tw_end_report e = {
		.state = "failed", .reason = tw_str(err->msg), .exit_code = -1};
	tw_tasklog_exception(a->log, "Task could not be started", "RuntimeError", e.reason);
	tw_attempt_report(a, &e);
	tw_attempt_bury(a);
}

static enum tw_rc open_channels(struct tw_pytask *t, int theirs[TW_LAUNCH_FDS], struct tw_err *err)
{
	struct tw_attempt *a = t->a;
	int ours[TW_LAUNCH_FDS];
	enum tw_rc rc = make_channels(ours, theirs, err);
	if (rc < 0)
		return rc;
	t->link = tw_link_new(&a->r->loop, ours[0], &link_ops, t);
	init_streams(t);
	for (size_t i = 0; i < PIPES && rc == TW_OK; i++) {
		rc = listen_to(a, &t->in[i], ours[i + 1], err);
		if (rc < 0)
			close_all(ours + i + 1, PIPES - i);
	}
	if (rc == TW_OK)
		rc = tw_link_send(t->link, tw_buf_str(&a->frame), err);
	if (rc < 0)
		close_all(theirs, TW_LAUNCH_FDS);
	return rc;
}

void tw_pytask_start(struct tw_attempt *a)
{
	struct tw_pytask *t = tw_new(struct tw_pytask);
	struct tw_err err = {0};
	int theirs[TW_LAUNCH_FDS];
	t->a = a;
	a->py = t;
	if (open_channels(t, theirs, &err) < 0) {
		give_up(a, &err);
		return;
	}
	struct tw_value dag = tw_map_value(a->work, "dag");
	const struct tw_python_origin origin = {
		.key = tw_map_str(a->work, "digest", ""),
		.file = tw_map_str(dag, "fileloc", ""),
		.bundle_path = bundle_path(dag),
		.compat = (int)tw_map_int(dag, "compat", 3),
		.unsafe_to_fork = tw_map_bool(dag, "unsafe_to_fork", false),
	};
	struct tw_str interpreter = tw_map_str(tw_map_value(a->work, "task"), "interpreter", NULL);
	struct tw_python *py = tw_runner_python(a->r, interpreter);
	t->launch = tw_python_launch(py, &origin, a->id, theirs, &launch_ops, t, &err);
	if (!t->launch)
		give_up(a, &err);
}

void tw_pytask_kill(struct tw_attempt *a)
{
	if (a->py && !a->py->gone)
		terminate(a->py);
}

void tw_pytask_release(struct tw_attempt *a)
{
	struct tw_pytask *t = a->py;
	if (!t)
		return;
	for (struct tw_pytask **p = &a->r->holding; *p; p = &(*p)->next_holding) {
		if (*p == t) {
			*p = t->next_holding;
			break;
		}
	}
	tw_launch_forget(t->launch);
	tw_link_close(t->link);
	for (size_t i = 0; i < PIPES; i++) {
		close_pipe_in(&t->in[i]);
		if (t->in[i].stream.log)
			tw_logstream_end(&t->in[i].stream);
		tw_buf_release(&t->in[i].held);
	}
	if (t->wait)
		uv_close((uv_handle_t *)t->wait, on_closed);
	free(t);
	a->py = NULL;
}
