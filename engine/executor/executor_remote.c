/*
 * The executor whose workers are elsewhere and pull: the scheduler leaves a workload in the metastore with the commit that
 * queues its attempt, a worker takes it by HTTP, and what it tells comes through the inbox. So there is nothing to send; what
 * is kept here is which attempts are out, and whom nobody will tell of any more.
 */
#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "executor/executor.h"
#include "io/clock.h"

/* A worker learns of a kill with its next heartbeat, and has its own steps from TERM to KILL: then it is over, heard or not. */
#define KILL_MS 30000

struct held {
	struct tw_id id;
	bool started;
	char *kill;   /* the reason */
	int64_t due;  /* milliseconds of the loop: its end is told by then; 0: it is not being killed */
};

struct remote {
	struct tw_executor ex;
	uv_timer_t *timer;
	TW_VEC(struct tw_id) adopted; /* since the last turn */
	struct tw_map held;           /* id → struct held */
};

static struct remote *remote_of(struct tw_executor *ex)
{
	return (struct remote *)ex;
}

static struct tw_str key_of(const struct tw_id *id)
{
	return tw_strn((const char *)id->b, sizeof id->b);
}

static struct held *find(struct remote *r, struct tw_id id)
{
	return tw_map_get(&r->held, key_of(&id));
}

static void hold(struct remote *r, struct tw_id id, bool started)
{
	struct held *h = tw_new(struct held);

	h->id = id;
	h->started = started;
	tw_map_set(&r->held, key_of(&h->id), h);
	r->ex.held++;
}

static void held_free(struct held *h)
{
	free(h->kill);
	free(h);
}

static void let_go(struct remote *r, struct held *h)
{
	tw_map_del(&r->held, key_of(&h->id));
	r->ex.held--;
	held_free(h);
}

/* ── what is told by the clock ────────────────────────────────────────────────────────── */

static void set_timer(struct remote *r);

static void tell_killed(struct remote *r, struct held *h)
{
	const struct tw_exec_finished f = {
		.attempt = h->id, .end = h->started ? TW_END_LOST : TW_END_FAILED, .at = tw_now(), .reason = tw_str(h->kill)};

	r->ex.sink.on_finished(r->ex.sink.arg, &r->ex, &f);
	let_go(r, h);
}

/* The ids first: what is told may change the table. */
static void tell_due(struct remote *r)
{
	TW_VEC(struct tw_id) ids = {0};
	int64_t now = (int64_t)uv_now(r->ex.loop);

	tw_map_foreach(&r->held, e)
	{
		struct held *h = e->value;

		if (h->due && h->due <= now)
			tw_vec_push(&ids, h->id);
	}
	for (size_t i = 0; i < ids.n; i++)
		tell_killed(r, find(r, ids.v[i]));
	tw_vec_release(&ids);
}

static void on_timer(uv_timer_t *t)
{
	struct remote *r = t->data;

	if (r->adopted.n)
		r->ex.sink.on_beat(r->ex.sink.arg, &r->ex, r->adopted.v, r->adopted.n);
	tw_vec_clear(&r->adopted);
	tell_due(r);
	set_timer(r);
}

static void set_timer(struct remote *r)
{
	int64_t now = (int64_t)uv_now(r->ex.loop), due = r->adopted.n ? now : 0;

	tw_map_foreach(&r->held, e)
	{
		struct held *h = e->value;

		if (h->due && (!due || h->due < due))
			due = h->due;
	}
	if (due)
		uv_timer_start(r->timer, on_timer, due > now ? (uint64_t)(due - now) : 0, 0);
}

/* ── what workers tell ────────────────────────────────────────────────────────────────── */

void tw_executor_remote_started(struct tw_executor *ex, const struct tw_exec_started *s)
{
	struct held *h = find(remote_of(ex), s->attempt);

	if (!h)
		return;
	h->started = true;
	ex->sink.on_started(ex->sink.arg, ex, s);
}

void tw_executor_remote_finished(struct tw_executor *ex, const struct tw_exec_finished *f)
{
	struct remote *r = remote_of(ex);
	struct held *h = find(r, f->attempt);
	struct tw_exec_finished told = *f;

	if (!h)
		return;
	if (h->kill)
		told.reason = tw_str(h->kill);
	ex->sink.on_finished(ex->sink.arg, ex, &told);
	let_go(r, h);
}

void tw_executor_remote_beat(struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	struct remote *r = remote_of(ex);

	for (size_t i = 0; i < n; i++)
		if (find(r, ids[i]))
			ex->sink.on_beat(ex->sink.arg, ex, &ids[i], 1);
}

/* ── what the scheduler calls ─────────────────────────────────────────────────────────── */

static enum tw_rc start(struct tw_executor *ex, struct tw_err *err)
{
	return TW_OK;
}

static void dispatch(struct tw_executor *ex, const struct tw_workload *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!find(remote_of(ex), w[i].attempt))
			hold(remote_of(ex), w[i].attempt, false);
}

static void adopt(struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	struct remote *r = remote_of(ex);

	for (size_t i = 0; i < n; i++) {
		if (find(r, ids[i]))
			continue;
		hold(r, ids[i], true);
		tw_vec_push(&r->adopted, ids[i]);
	}
	set_timer(r);
}

static void ack(struct tw_executor *ex, struct tw_id attempt)
{
}

static void kill_attempt(struct tw_executor *ex, struct tw_id attempt, const char *reason)
{
	struct remote *r = remote_of(ex);
	struct held *h = find(r, attempt);

	if (!h || h->kill)
		return;
	h->kill = tw_strdup(reason);
	h->due = (int64_t)uv_now(ex->loop) + (h->started ? KILL_MS : 0);
	set_timer(r);
}

static void reply(struct tw_executor *ex, int64_t id, struct tw_value result, const char *kind, const char *message)
{
}

static void on_closed(uv_handle_t *h)
{
	free(h);
}

static void free_remote(struct tw_executor *ex, bool stop_runner)
{
	struct remote *r = remote_of(ex);

	uv_close((uv_handle_t *)r->timer, on_closed);
	tw_map_foreach(&r->held, e) held_free(e->value);
	tw_map_release(&r->held);
	tw_vec_release(&r->adopted);
	free(r);
}

static const struct tw_executor_ops remote_ops = {
	.start = start,
	.dispatch = dispatch,
	.adopt = adopt,
	.ack = ack,
	.kill = kill_attempt,
	.reply = reply,
	.free = free_remote,
};

enum tw_rc tw_executor_remote_new(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
				  struct tw_err *err)
{
	struct remote *r = tw_new(struct remote);

	r->ex = (struct tw_executor){
		.ops = &remote_ops,
		.sink = opts->sink,
		.loop = opts->loop,
		.parallelism = opts->parallelism,
		.pulled = true,
	};
	r->timer = tw_new(uv_timer_t);
	uv_timer_init(opts->loop, r->timer);
	r->timer->data = r;
	*ret_ex = &r->ex;
	return TW_OK;
}
