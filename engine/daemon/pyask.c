#include "daemon/pyask.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "daemon/pychild.h"
#include "io/frame.h"
#include "io/proc.h"
#include "value/json.h"

struct tw_pyask {
	const struct tw_pyask_env *env;
	struct tw_link *link;
	pid_t pid;
	uv_timer_t timer;
	tw_pyask_fn fn;
	void *arg;
};

static void on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

/* The process has said all it had to say, or never will. */
static void drop(struct tw_pyask *q)
{
	tw_link_close(q->link);
	q->link = NULL;
	tw_proc_kill_group(q->pid, SIGKILL, NULL);
	while (waitpid(q->pid, NULL, 0) < 0 && errno == EINTR)
		; /* ECHILD: the loop's reaper has it */
	uv_timer_stop(&q->timer);
	uv_close((uv_handle_t *)&q->timer, on_timer_closed);
}

void tw_pyask_cancel(struct tw_pyask *q)
{
	if (q)
		drop(q);
}

static void end(struct tw_pyask *q, struct tw_value answer, const struct tw_err *err)
{
	tw_pyask_fn fn = q->fn;
	void *arg = q->arg;

	drop(q);
	fn(arg, answer, err);
}

static void finished(struct tw_pyask *q, struct tw_value v)
{
	struct tw_err err = { 0 };
	struct tw_str reason = tw_map_str(v, "reason", "it gave no answer"), trace = tw_map_str(v, "trace", "");

	if (tw_str_is(tw_map_str(v, "state", ""), "success")) {
		end(q, v, NULL);
		return;
	}
	tw_err_set(&err, TW_ERR_INVALID, TW_STR_FMT "%s" TW_STR_FMT, TW_STR_ARG(reason), trace.n ? "\n" : "",
		   TW_STR_ARG(trace));
	end(q, TW_NULL, &err);
}

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct tw_pyask *q = arg;
	struct tw_arena a = { 0 };
	struct tw_value v;
	struct tw_err err = { 0 };

	if (tw_json_parse(&a, body, &v, &err) < 0)
		end(q, TW_NULL, &err);
	else if (tw_str_is(tw_map_str(v, "op", ""), "request"))
		tw_pychild_answer(link, q->env->store, q->env->zones, v);
	else if (tw_str_is(tw_map_str(v, "op", ""), "finished"))
		finished(q, v);
	tw_arena_release(&a);
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct tw_err err = { 0 };

	tw_err_set(&err, TW_ERR_IO, "the Python process ended without an answer");
	end(arg, TW_NULL, &err);
}

static const struct tw_link_ops ops = { on_frame, on_end, NULL };

static void on_timeout(uv_timer_t *t)
{
	struct tw_pyask *q = t->data;
	struct tw_err err = { 0 };

	tw_err_set(&err, TW_ERR_TIMEOUT, "it took longer than %u seconds and was stopped", q->env->timeout_s);
	end(q, TW_NULL, &err);
}

enum tw_rc tw_pyask_start(uv_loop_t *loop, const struct tw_pyask_env *env, struct tw_str question, tw_pyask_fn fn,
			  void *arg, struct tw_pyask **ret_ask, struct tw_err *err)
{
	struct tw_pyask *q;
	pid_t pid;
	int fd;

	if (tw_pychild_start(env->paths, env->dags_folder, env->plugins_folder, "tradewind.ask_main", &pid, &fd, err) < 0)
		return TW_ERR_IO;
	q = tw_new(struct tw_pyask);
	*q = (struct tw_pyask){ .env = env, .pid = pid, .fn = fn, .arg = arg };
	q->link = tw_link_new(loop, fd, &ops, q);
	uv_timer_init(loop, &q->timer);
	q->timer.data = q;
	uv_timer_start(&q->timer, on_timeout, (uint64_t)env->timeout_s * 1000, 0);
	tw_link_send(q->link, question, NULL); /* a broken link tells of itself by on_end */
	*ret_ask = q;
	return TW_OK;
}

/* ── waited for ───────────────────────────────────────────────────────────────────────── */

struct waiting {
	struct tw_arena *arena;
	struct tw_value answer;
	struct tw_err *err;
	enum tw_rc rc;
};

static void on_answer(void *arg, struct tw_value answer, const struct tw_err *err)
{
	struct waiting *w = arg;

	w->rc = err ? tw_err_set(w->err, err->rc, "%s", err->msg) : TW_OK;
	w->answer = tw_value_copy(w->arena, answer);
}

enum tw_rc tw_pyask_wait(const struct tw_pyask_env *env, struct tw_str question, struct tw_arena *a,
			 struct tw_value *ret_answer, struct tw_err *err)
{
	struct waiting w = { .arena = a, .answer = TW_NULL, .err = err };
	struct tw_pyask *q;
	uv_loop_t loop;

	uv_loop_init(&loop);
	w.rc = tw_pyask_start(&loop, env, question, on_answer, &w, &q, err);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (w.rc == TW_OK)
		*ret_answer = w.answer;
	return w.rc;
}
