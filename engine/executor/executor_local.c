/*
 * LocalExecutor: a runner on this machine, reached over its unix socket; started when nobody
 *listens there, as a session of its own so that it outlives us. One connection; whenever it breaks
 *it is made anew, and what the runner has is compared with what is held here:
 *
 *	held, known there        it goes on; its news come again
 *	held, unknown there      not started as far as was told: sent again. Started: lost
 *	not held, known there    a stranger
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "executor/executor.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/frame.h"
#include "io/proc.h"
#include "io/sock.h"
#include "time/instant.h"
#include "value/json.h"

#define RETRY_FAST_MS 3
#define RETRY_SLOW_MS 500
#define FAST_TRIES 300
#define ID_BITS 40 /* of a request's id: the rest says of which runner it is */

enum held_state {
	UNSENT,
	SENT,
	STARTED, /* or adopted: it may have started */
	ENDED,	 /* told; waits for ack */
};

struct held {
	struct tw_id id;
	enum held_state state;
	bool slot;	    /* counts in ex.held */
	struct tw_buf json; /* until it has started */
	char *kill;	    /* a kill that could not be sent yet */
};

struct local {
	struct tw_executor ex;
	char *socket, *log;
	const char *const *argv;
	struct tw_reaper *reaper;
	bool own_reaper;
	struct tw_link *link;
	bool synced; /* `have` came: from now on both sides know the same */
	bool corked, stopping;
	uv_timer_t *retry;
	uv_prepare_t *turn; /* active while something is to be done before the loop waits */
	unsigned tries;
	pid_t pid;		     /* of the runner that we started, while it lives */
	struct tw_map held;	     /* id → struct held */
	TW_VEC(struct tw_id) doomed; /* killed before they were sent: their end is to be told */
	char runner[64];	     /* uuid of the runner last heard of */
	int64_t epoch;		     /* counts runners */
	struct tw_map asked;	     /* ids of requests not answered yet */
};

static void connect_now(struct local *l);

static struct local *local_of(struct tw_executor *ex)
{
	return (struct local *)ex;
}

static struct tw_str key_of(const struct tw_id *id)
{
	return tw_strn((const char *)id->b, sizeof id->b);
}

static struct held *find(struct local *l, struct tw_id id)
{
	return tw_map_get(&l->held, key_of(&id));
}

static void held_free(struct held *h)
{
	tw_buf_release(&h->json);
	free(h->kill);
	free(h);
}

static void give_slot_back(struct local *l, struct held *h)
{
	if (h->slot)
		l->ex.held--;
	h->slot = false;
}

static void drop(struct local *l, struct held *h)
{
	give_slot_back(l, h);
	tw_map_del(&l->held, key_of(&h->id));
	held_free(h);
}

static struct held *hold(struct local *l, struct tw_id id, enum held_state state)
{
	struct held *h = tw_new(struct held);
	h->id = id;
	h->state = state;
	h->slot = true;
	l->ex.held++;
	tw_map_set(&l->held, key_of(&h->id), h);
	return h;
}

/* Sending ------------------------------------------------------------------------------------ */

static void send_frame(struct local *l, struct tw_str frame)
{
	struct tw_err err = {0};
	if (!l->link)
		return;
	if (!l->corked) {
		l->corked = true;
		tw_link_cork(l->link);
	}
	if (tw_link_send(l->link, frame, &err) < 0)
		tw_warn("cannot send to the runner: %s", err.msg);
}

static void send_op(struct local *l, const char *op, const struct tw_id *attempt,
		    const char *reason)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, op);
	if (attempt) {
		char text[37];
		tw_id_text(*attempt, text);
		tw_jw_key(&w, "attempt");
		tw_jw_cstr(&w, text);
	}
	if (reason) {
		tw_jw_key(&w, "reason");
		tw_jw_cstr(&w, reason);
	}
	tw_jw_end(&w);
	send_frame(l, tw_buf_str(&b));
}

static void flush(struct tw_executor *ex)
{
	struct local *l = local_of(ex);
	if (l->corked && l->link)
		tw_link_uncork(l->link);
	l->corked = false;
}

static void send_run(struct local *l, struct held *h)
{
	h->state = SENT;
	send_frame(l, tw_buf_str(&h->json));
}

/* Telling ------------------------------------------------------------------------------------ */

static void tell_end(struct local *l, struct held *h, const struct tw_exec_finished *f)
{
	h->state = ENDED;
	give_slot_back(l, h);
	tw_buf_release(&h->json);
	l->ex.sink.on_finished(l->ex.sink.arg, &l->ex, f);
}

static void tell_own_end(struct local *l, struct held *h, enum tw_end end, const char *reason)
{
	const struct tw_exec_finished f = {
		.attempt = h->id, .end = end, .at = tw_now(), .reason = tw_str(reason)};
	tell_end(l, h, &f);
}

/* Before the loop waits: what could not be told from inside of a call, and what is corked. */
static void on_turn(uv_prepare_t *p)
{
	struct local *l = p->data;
	while (l->doomed.n) {
		struct held *h = find(l, l->doomed.v[--l->doomed.n]);
		if (!h || h->state != UNSENT)
			continue;
		TW_AUTO(tw_freep) char *reason = h->kill;
		h->kill = NULL;
		tell_own_end(l, h, TW_END_FAILED, reason);
	}
	flush(&l->ex);
}

/* News from the runner ----------------------------------------------------------------------- */

static int64_t instant(struct tw_value msg, const char *key)
{
	tw_time t;
	struct tw_str text = tw_map_str(msg, key, NULL);
	return text.p && tw_time_parse(text, NULL, &t, NULL) == TW_OK ? t : 0;
}

static bool attempt_id(struct tw_value msg, struct tw_id *ret_id)
{
	return tw_id_parse(tw_map_str(msg, "attempt", ""), ret_id);
}

static void on_started(struct local *l, struct tw_value msg)
{
	struct tw_id id;
	struct held *h = attempt_id(msg, &id) ? find(l, id) : NULL;
	if (!h || h->state == ENDED)
		return;
	h->state = STARTED;
	tw_buf_release(&h->json);
	const struct tw_exec_started s = {
		.attempt = id,
		.pid = (int)tw_map_int(msg, "pid", 0),
		.hostname = tw_map_str(msg, "hostname", ""),
		.unixname = tw_map_str(msg, "unixname", ""),
		.at = instant(msg, "at"),
	};
	l->ex.sink.on_started(l->ex.sink.arg, &l->ex, &s);
}

static void on_finished(struct local *l, struct tw_value msg)
{
	struct tw_id id;
	if (!attempt_id(msg, &id))
		return;
	struct held *h = find(l, id);
	if (!h) { /* nobody waits for it */
		send_op(l, "ack", &id, NULL);
		return;
	}
	struct tw_exec_finished f = {
		.attempt = id,
		.end = TW_END_FAILED,
		.at = instant(msg, "at"),
		.started_at = instant(msg, "started_at"),
		.reason = tw_map_str(msg, "reason", ""),
		.body = msg,
	};
	if (!tw_end_parse(tw_map_str(msg, "state", ""), &f.end))
		f.reason = TW_STR("it ended in a state that nobody knows");
	tell_end(l, h, &f);
}

static void on_request(struct local *l, struct tw_value msg)
{
	struct tw_exec_request q = {.what = tw_map_str(msg, "do", ""), .body = msg};
	if (!attempt_id(msg, &q.attempt))
		return;
	int64_t id = tw_map_int(msg, "id", 0);
	if (id) {
		/* Sent again after a reconnect: it is being worked on already. */
		q.id = l->epoch << ID_BITS | (id & (((int64_t)1 << ID_BITS) - 1));
		if (tw_map_set(&l->asked, tw_strn((char *)&q.id, sizeof q.id), l))
			return;
	}
	l->ex.sink.on_request(l->ex.sink.arg, &l->ex, &q);
}

static void on_beat(struct local *l, struct tw_value msg)
{
	struct tw_value list = tw_map_value(msg, "attempts");
	TW_VEC(struct tw_id) ids = {0};
	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++) {
		struct tw_id id;
		struct tw_value v = list.list->v[i];
		if (v.kind == TW_V_STR && tw_id_parse(v.s, &id) && find(l, id))
			tw_vec_push(&ids, id);
	}
	if (ids.n)
		l->ex.sink.on_beat(l->ex.sink.arg, &l->ex, ids.v, ids.n);
	tw_vec_release(&ids);
}

static void on_hello(struct local *l, struct tw_value msg)
{
	struct tw_str uuid = tw_map_str(msg, "runner", "");
	if (!tw_str_is(uuid, l->runner)) {
		snprintf(l->runner, sizeof l->runner, TW_STR_FMT, TW_STR_ARG(uuid));
		l->epoch++;
		tw_map_clear(&l->asked);
	}
	send_op(l, "sync", NULL, NULL);
}

/* One that the runner has not heard of. */
static void settle(struct local *l, struct held *h)
{
	if (h->state == ENDED)
		return;
	if (h->state == STARTED)
		tell_own_end(l, h, TW_END_LOST, "its runner has not heard of it");
	else if (!h->kill)
		send_run(l, h);
	else
		tw_vec_push(&l->doomed, h->id);
}

static void on_have(struct local *l, struct tw_value msg)
{
	struct tw_value list = tw_map_value(msg, "attempts");
	struct tw_map there = {0};
	l->synced = true;
	l->tries = 0;
	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++) {
		struct tw_id id;
		if (!attempt_id(list.list->v[i], &id))
			continue;
		struct held *h = find(l, id);
		tw_map_set(&there, key_of(&id), l);
		if (h && h->state == UNSENT)
			h->state = SENT;
		if (h && h->kill)
			send_op(l, "kill", &id, h->kill);
		if (!h && tw_str_is(tw_map_str(list.list->v[i], "state", ""), "running"))
			l->ex.sink.on_stranger(l->ex.sink.arg, &l->ex, id);
	}
	tw_map_foreach(&l->held, e)
	{
		struct held *h = e->value;
		if (!tw_map_get(&there, e->key))
			settle(l, h);
	}
	tw_map_release(&there);
}

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct local *l = arg;
	TW_AUTO(tw_arena_release) struct tw_arena a = {0};
	struct tw_value msg;
	struct tw_err err = {0};
	if (tw_json_parse(&a, body, &msg, &err) < 0) {
		tw_warn("the runner sent what is no JSON: %s", err.msg);
		return;
	}
	struct tw_str op = tw_map_str(msg, "op", "");
	if (tw_str_is(op, "started"))
		on_started(l, msg);
	else if (tw_str_is(op, "finished"))
		on_finished(l, msg);
	else if (tw_str_is(op, "request"))
		on_request(l, msg);
	else if (tw_str_is(op, "beat"))
		on_beat(l, msg);
	else if (tw_str_is(op, "hello"))
		on_hello(l, msg);
	else if (tw_str_is(op, "have"))
		on_have(l, msg);
	else if (tw_str_is(op, "error"))
		tw_warn("the runner answers: " TW_STR_FMT,
			TW_STR_ARG(tw_map_str(msg, "message", "")));
}

/* Connecting --------------------------------------------------------------------------------- */

static void on_retry(uv_timer_t *t)
{
	connect_now(t->data);
}

static void retry_later(struct local *l)
{
	unsigned ms = l->tries++ < FAST_TRIES ? RETRY_FAST_MS : RETRY_SLOW_MS;
	if (!l->stopping)
		uv_timer_start(l->retry, on_retry, ms, 0);
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct local *l = arg;
	tw_warn("the runner's link ended%s%s held=%zu", why->rc < 0 ? ": " : "",
		why->rc < 0 ? why->msg : "", l->held.len);
	tw_link_close(l->link);
	l->link = NULL;
	l->synced = l->corked = false;
	retry_later(l);
}

static const struct tw_link_ops link_ops = {.on_frame = on_frame, .on_end = on_end};

static void on_runner_exit(void *arg, const struct tw_exit *e)
{
	struct local *l = arg;
	l->pid = 0;
	if (e->signal)
		tw_warn("the runner was killed by signal %d", e->signal);
	else if (e->code)
		tw_warn("the runner exited with code %d, see %s", e->code, l->log);
}

static enum tw_rc spawn_runner(struct local *l, struct tw_err *err)
{
	enum tw_rc rc = tw_file_mkdirs_for(l->log, 0700, err);
	if (rc < 0)
		return rc;
	int fd = open(l->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return tw_err_errno(err, errno, "cannot open '%s'", l->log);
	const struct tw_fd_map maps[] = {{-1, 0}, {fd, 1}, {fd, 2}};
	const struct tw_proc_opts o = {
		.argv = l->argv, .fds = maps, .nfds = 3, .group = TW_PROC_OWN_SESSION};
	rc = tw_proc_spawn(&o, &l->pid, err);
	close(fd);
	if (rc < 0)
		return tw_err_wrap(err, "cannot start the runner");
	tw_reaper_watch(l->reaper, l->pid, 0, on_runner_exit, l);
	return TW_OK;
}

static enum tw_rc try_connect(struct local *l, struct tw_err *err)
{
	int fd;
	if (tw_sock_connect(l->socket, &fd, NULL) == TW_OK) {
		l->link = tw_link_new(l->ex.loop, fd, &link_ops, l);
		return TW_OK;
	}
	return l->argv && !l->pid ? spawn_runner(l, err) : TW_OK;
}

static void connect_now(struct local *l)
{
	struct tw_err err = {0};
	if (try_connect(l, &err) < 0)
		tw_error("%s", err.msg);
	if (!l->link)
		retry_later(l);
}

/* What the scheduler calls --------------------------------------------------------------------- */

static enum tw_rc start(struct tw_executor *ex, struct tw_err *err)
{
	struct local *l = local_of(ex);
	if (l->own_reaper && !l->reaper) {
		enum tw_rc rc = tw_reaper_new(ex->loop, &l->reaper, err);
		if (rc < 0)
			return rc;
	}
	enum tw_rc rc = try_connect(l, err);
	if (rc == TW_OK && !l->link)
		retry_later(l);
	return rc;
}

static void dispatch(struct tw_executor *ex, const struct tw_workload *w, size_t n)
{
	struct local *l = local_of(ex);
	for (size_t i = 0; i < n; i++) {
		if (find(l, w[i].attempt))
			continue;
		struct held *h = hold(l, w[i].attempt, UNSENT);
		tw_buf_addstr(&h->json, w[i].json);
		if (l->synced)
			send_run(l, h);
	}
}

static void adopt(struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	struct local *l = local_of(ex);
	for (size_t i = 0; i < n; i++)
		if (!find(l, ids[i]))
			hold(l, ids[i], STARTED);
}

static void ack(struct tw_executor *ex, struct tw_id attempt)
{
	struct local *l = local_of(ex);
	struct held *h = find(l, attempt);
	send_op(l, "ack", &attempt, NULL);
	if (h)
		drop(l, h);
}

static void kill_attempt(struct tw_executor *ex, struct tw_id attempt, const char *reason)
{
	struct local *l = local_of(ex);
	struct held *h = find(l, attempt);
	if (l->synced && (!h || h->state != UNSENT)) {
		send_op(l, "kill", &attempt, reason);
	} else if (h && h->state != ENDED && !h->kill) {
		h->kill = tw_strdup(reason);
		if (h->state == UNSENT)
			tw_vec_push(&l->doomed, attempt);
	}
}

static void reply(struct tw_executor *ex, int64_t id, struct tw_value result, const char *kind,
		  const char *message)
{
	struct local *l = local_of(ex);
	tw_map_del(&l->asked, tw_strn((char *)&id, sizeof id));
	if (id >> ID_BITS != l->epoch)
		return; /* of a runner that is gone */
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "reply");
	tw_jw_key(&w, "id");
	tw_jw_int(&w, id & (((int64_t)1 << ID_BITS) - 1));
	if (kind) {
		tw_jw_key(&w, "error");
		tw_jw_obj(&w);
		tw_jw_key(&w, "kind");
		tw_jw_cstr(&w, kind);
		tw_jw_key(&w, "message");
		tw_jw_cstr(&w, message);
		tw_jw_end(&w);
	} else {
		tw_jw_key(&w, "result");
		tw_jw_value(&w, result);
	}
	tw_jw_end(&w);
	send_frame(l, tw_buf_str(&b));
}

static void on_closed(uv_handle_t *h)
{
	free(h);
}

static void free_local(struct tw_executor *ex, bool stop_runner)
{
	struct local *l = local_of(ex);
	l->stopping = true;
	if (stop_runner)
		send_op(l, "shutdown", NULL, NULL);
	flush(ex);
	tw_link_finish(l->link); /* what is queued still goes */
	if (l->own_reaper)
		tw_reaper_free(l->reaper);
	else if (l->pid)
		tw_reaper_unwatch(l->reaper, l->pid);
	uv_close((uv_handle_t *)l->retry, on_closed);
	uv_close((uv_handle_t *)l->turn, on_closed);
	tw_map_foreach(&l->held, e) held_free(e->value);
	tw_map_release(&l->held);
	tw_map_release(&l->asked);
	tw_vec_release(&l->doomed);
	free(l->socket);
	free(l->log);
	free(l);
}

static const struct tw_executor_ops local_ops = {
	.start = start,
	.dispatch = dispatch,
	.adopt = adopt,
	.ack = ack,
	.kill = kill_attempt,
	.reply = reply,
	.flush = flush,
	.free = free_local,
};

enum tw_rc tw_executor_local_new(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
				 struct tw_err *err)
{
	struct local *l = tw_new(struct local);
	l->ex = (struct tw_executor){
		.ops = &local_ops,
		.sink = opts->sink,
		.loop = opts->loop,
		.parallelism = opts->parallelism,
	};
	l->argv = opts->runner_argv;
	l->reaper = opts->reaper;
	l->own_reaper = !opts->reaper;
	l->socket = opts->runner_socket ? tw_strdup(opts->runner_socket)
					: tw_asprintf("%s/run/runner.sock", opts->home);
	l->log = opts->runner_log ? tw_strdup(opts->runner_log)
				  : tw_asprintf("%s/logs/runner.log", opts->home);
	l->retry = tw_new(uv_timer_t);
	uv_timer_init(opts->loop, l->retry);
	l->retry->data = l;
	l->turn = tw_new(uv_prepare_t);
	uv_prepare_init(opts->loop, l->turn);
	l->turn->data = l;
	uv_prepare_start(l->turn, on_turn);
	uv_unref((uv_handle_t *)l->turn);
	*ret_ex = &l->ex;
	return TW_OK;
}
