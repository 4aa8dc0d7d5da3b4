/*
 * The executor that runs nothing: each attempt starts and succeeds in the next turn of the loop.
 * For tests, and to measure a scheduler without its tasks.
 */
#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "executor/executor.h"
#include "io/clock.h"

struct null {
	struct tw_executor ex;
	uv_timer_t *turn;
	TW_VEC(struct tw_id) due; /* dispatched or adopted since the last turn */
	struct tw_map held;	  /* id → anything */
};

static struct null *null_of(struct tw_executor *ex)
{
	return (struct null *)ex;
}

static struct tw_str key_of(const struct tw_id *id)
{
	return tw_strn((const char *)id->b, sizeof id->b);
}

static void end(struct null *n, struct tw_id id)
{
	const struct tw_executor_sink *sink = &n->ex.sink;
	const struct tw_exec_started s = {
		.attempt = id,
		.hostname = TW_STR("nowhere"),
		.unixname = TW_STR("nobody"),
		.at = tw_now(),
	};
	if (!tw_map_del(&n->held, key_of(&id)))
		return;
	sink->on_started(sink->arg, &n->ex, &s);
	const struct tw_exec_finished f = {
		.attempt = id, .end = TW_END_SUCCESS, .at = tw_now(), .started_at = s.at};
	n->ex.held--;
	sink->on_finished(sink->arg, &n->ex, &f);
}

static void on_turn(uv_timer_t *t)
{
	struct null *n = t->data;
	/* The sink may dispatch more meanwhile: those come in the next turn. */
	size_t many = n->due.n;
	for (size_t i = 0; i < many; i++)
		end(n, n->due.v[i]);
	n->due.n -= many;
	memmove(n->due.v, n->due.v + many, n->due.n * sizeof *n->due.v);
	if (n->due.n)
		uv_timer_start(n->turn, on_turn, 0, 0);
}

static void take(struct null *n, struct tw_id id)
{
	if (tw_map_get(&n->held, key_of(&id)))
		return;
	tw_map_set(&n->held, key_of(&id), n);
	tw_vec_push(&n->due, id);
	n->ex.held++;
	uv_timer_start(n->turn, on_turn, 0, 0);
}

static enum tw_rc start(struct tw_executor *ex, struct tw_err *err)
{
	return TW_OK;
}

static void dispatch(struct tw_executor *ex, const struct tw_workload *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		take(null_of(ex), w[i].attempt);
}

static void adopt(struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		take(null_of(ex), ids[i]);
}

static void ack(struct tw_executor *ex, struct tw_id attempt)
{
}

static void kill_attempt(struct tw_executor *ex, struct tw_id attempt, const char *reason)
{
}

static void reply(struct tw_executor *ex, int64_t id, struct tw_value result, const char *kind,
		  const char *message)
{
}

static void on_closed(uv_handle_t *h)
{
	free(h);
}

static void free_null(struct tw_executor *ex, bool stop_runner)
{
	struct null *n = null_of(ex);
	uv_close((uv_handle_t *)n->turn, on_closed);
	tw_vec_release(&n->due);
	tw_map_release(&n->held);
	free(n);
}

static const struct tw_executor_ops null_ops = {
	.start = start,
	.dispatch = dispatch,
	.adopt = adopt,
	.ack = ack,
	.kill = kill_attempt,
	.reply = reply,
	.free = free_null,
};

enum tw_rc tw_executor_null_new(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
				struct tw_err *err)
{
	struct null *n = tw_new(struct null);
	n->ex = (struct tw_executor){
		.ops = &null_ops,
		.sink = opts->sink,
		.loop = opts->loop,
		.parallelism = opts->parallelism,
	};
	n->turn = tw_new(uv_timer_t);
	uv_timer_init(opts->loop, n->turn);
	n->turn->data = n;
	*ret_ex = &n->ex;
	return TW_OK;
}
