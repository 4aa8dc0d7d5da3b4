/*
 * The scheduler's end of the runner: one socket, one scheduler at a time, the newest wins.
 *
 * What it gives is begun when all has been read that it had said by then: of a runner that was stopped for
 * a while (SIGSTOP, a suspended machine) many things were asked meanwhile, and much of it was taken back.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "io/sock.h"
#include "runner/internal.h"
#include "time/instant.h"

void tw_server_send(struct tw_runner *r, struct tw_str frame)
{
	struct tw_err err = {0};
	if (r->link && tw_link_send(r->link, frame, &err) < 0)
		tw_warn("cannot send to the scheduler: %s", err.msg);
}

void tw_server_started(struct tw_runner *r, const struct tw_attempt *a)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	char at[TW_ISO_MAX];
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "started");
	tw_jw_key(&w, "attempt");
	tw_jw_cstr(&w, a->id);
	tw_jw_key(&w, "pid");
	tw_jw_int(&w, a->pid ? a->pid : getpid());
	tw_jw_key(&w, "hostname");
	tw_jw_cstr(&w, r->hostname);
	tw_jw_key(&w, "unixname");
	tw_jw_cstr(&w, r->unixname);
	tw_jw_key(&w, "at");
	tw_jw_cstr(&w, tw_time_iso_utc(at, a->started));
	tw_jw_end(&w);
	tw_server_send(r, tw_buf_str(&b));
}

/* What is given and not yet begun ------------------------------------------------------------- */

#define LISTEN_AT_MOST 100 /* turns of the loop that a scheduler who never falls silent may hold it up */

struct tw_given {
	char *attempt;
	struct tw_buf frame;
};

static void give(struct tw_runner *r, struct tw_str frame, struct tw_value head)
{
	struct tw_given *g = tw_new(struct tw_given);
	g->attempt = tw_str_dup(tw_map_str(head, "attempt", ""));
	tw_buf_addstr(&g->frame, frame);
	tw_vec_push(&r->given, g);
}

static void given_free(struct tw_given *g)
{
	tw_buf_release(&g->frame);
	free(g->attempt);
	free(g);
}

/* Out of those that wait, the caller's from now on; NULL: it is not among them. */
static struct tw_given *take_back(struct tw_runner *r, struct tw_str attempt)
{
	for (size_t i = 0; i < r->given.n; i++) {
		struct tw_given *g = r->given.v[i];
		if (!tw_str_eq(tw_str(g->attempt), attempt))
			continue;
		r->given.n--;
		memmove(r->given.v + i, r->given.v + i + 1, (r->given.n - i) * sizeof *r->given.v);
		return g;
	}
	return NULL;
}

static void begin(struct tw_runner *r, struct tw_given *g, struct tw_str taken_back)
{
	TW_AUTO(tw_arena_release) struct tw_arena a = {0};
	struct tw_value head;
	if (tw_json_parse(&a, tw_buf_str(&g->frame), &head, NULL) == TW_OK)
		tw_attempt_run(r, tw_buf_str(&g->frame), head, taken_back);
	given_free(g);
}

static bool more_to_read(struct tw_runner *r)
{
	int n = 0;
	return r->link && ioctl(tw_link_fd(r->link), FIONREAD, &n) == 0 && n > 0;
}

void tw_server_begin_given(struct tw_runner *r)
{
	if (!r->given.n || uv_is_active((uv_handle_t *)&r->thaw))
		return;
	if (more_to_read(r) && r->listened++ < LISTEN_AT_MOST)
		return;
	r->listened = 0;
	/* Nothing is read meanwhile, so nobody adds to them. */
	for (size_t i = 0; i < r->given.n; i++)
		begin(r, r->given.v[i], TW_STR(""));
	tw_vec_clear(&r->given);
}

void tw_server_forget_given(struct tw_runner *r)
{
	for (size_t i = 0; i < r->given.n; i++)
		given_free(r->given.v[i]);
	tw_vec_release(&r->given);
}

static void send_hello(struct tw_runner *r)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "hello");
	tw_jw_key(&w, "runner");
	tw_jw_cstr(&w, r->uuid);
	tw_jw_key(&w, "pid");
	tw_jw_int(&w, getpid());
	tw_jw_key(&w, "hostname");
	tw_jw_cstr(&w, r->hostname);
	tw_jw_key(&w, "slots");
	tw_jw_int(&w, r->opts.slots);
	tw_jw_end(&w);
	tw_server_send(r, tw_buf_str(&b));
}

static void put_known(struct tw_jw *w, const char *attempt, const char *state)
{
	tw_jw_obj(w);
	tw_jw_key(w, "attempt");
	tw_jw_cstr(w, attempt);
	tw_jw_key(w, "state");
	tw_jw_cstr(w, state);
	tw_jw_end(w);
}

/* All that is known, then the news of each again, then the questions that nobody answered. */
static void on_sync(struct tw_runner *r)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "have");
	tw_jw_key(&w, "attempts");
	tw_jw_list(&w);
	tw_map_foreach(&r->journal.entries, e)
	{
		const struct tw_journal_entry *entry = e->value;
		put_known(&w, entry->attempt,
			  entry->state == TW_JOURNAL_FINISHED ? "finished" : "running");
	}
	tw_map_foreach(&r->attempts, e)
	{
		const struct tw_attempt *a = e->value;
		if (a->state == TW_ATTEMPT_FETCHING)
			put_known(&w, a->id, "running");
	}
	for (size_t i = 0; i < r->given.n; i++)
		put_known(&w, r->given.v[i]->attempt, "running");
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_link_cork(r->link);
	tw_server_send(r, tw_buf_str(&b));
	tw_map_foreach(&r->attempts, e)
	{
		const struct tw_attempt *a = e->value;
		if (a->started && a->state != TW_ATTEMPT_REPORTED)
			tw_server_started(r, a);
	}
	tw_map_foreach(&r->journal.entries, e)
	{
		const struct tw_journal_entry *entry = e->value;
		if (entry->state == TW_JOURNAL_FINISHED)
			tw_server_send(r, tw_buf_str(&entry->result));
	}
	tw_request_resend(r);
	tw_link_uncork(r->link);
}

static void on_kill(struct tw_runner *r, struct tw_value msg)
{
	struct tw_str id = tw_map_str(msg, "attempt", "");
	struct tw_str reason = tw_map_str(msg, "reason", "killed");
	struct tw_given *g = take_back(r, id);
	if (g)
		begin(r, g, reason);
	struct tw_attempt *a = tw_attempt_find(r, id);
	if (!a)
		return;
	if (a->log && !a->buried)
		tw_tasklog_printf(a->log, TW_LOG_WARNING, "task", "Asked to end: " TW_STR_FMT,
				  TW_STR_ARG(reason));
	tw_attempt_kill(a, reason);
}

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct tw_runner *r = arg;
	TW_AUTO(tw_arena_release) struct tw_arena a = {0};
	struct tw_value msg;
	struct tw_err err = {0};
	if (tw_json_parse(&a, body, &msg, &err) < 0) {
		tw_warn("the scheduler sent what is no JSON: %s", err.msg);
		return;
	}
	struct tw_str op = tw_map_str(msg, "op", "");
	if (tw_str_is(op, "run"))
		give(r, body, msg);
	else if (tw_str_is(op, "ack"))
		tw_journal_ack(&r->journal, tw_map_str(msg, "attempt", ""));
	else if (tw_str_is(op, "reply"))
		tw_request_reply(r, msg);
	else if (tw_str_is(op, "kill"))
		on_kill(r, msg);
	else if (tw_str_is(op, "sync"))
		on_sync(r);
	else if (tw_str_is(op, "shutdown"))
		tw_runner_shutdown(r);
	else
		tw_server_send(r, TW_STR("{\"op\":\"error\",\"message\":\"unknown op\"}"));
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct tw_runner *r = arg;
	if (why->rc < 0)
		tw_warn("the scheduler's link broke: %s", why->msg);
	else
		tw_info("the scheduler went away running=%zu", r->attempts.len);
	tw_link_close(r->link);
	r->link = NULL;
	tw_runner_check_idle(r);
}

static const struct tw_link_ops link_ops = {.on_frame = on_frame, .on_end = on_end};

static void on_accept(void *arg, int fd)
{
	struct tw_runner *r = arg;
	if (r->link)
		tw_info("another scheduler connected, the one before is let go");
	tw_link_close(r->link);
	r->link = tw_link_new(&r->loop, fd, &link_ops, r);
	tw_runner_check_idle(r);
	send_hello(r);
}

enum tw_rc tw_server_start(struct tw_runner *r, struct tw_err *err)
{
	return tw_listener_new(&r->loop, r->opts.socket_path, on_accept, r, &r->listener, err);
}

void tw_server_stop(struct tw_runner *r)
{
	tw_listener_free(r->listener);
	r->listener = NULL;
	tw_link_finish(r->link);
	r->link = NULL;
}
