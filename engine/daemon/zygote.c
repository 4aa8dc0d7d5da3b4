/* The Python process that has the SDK imported and forks a child for each parse (docs/runner-protocol.md). */

#include "base/log.h"
#include "daemon/parse.h"
#include "daemon/pychild.h"
#include "value/json.h"

#define PAUSE_FIRST_MS 200
#define PAUSE_MAX_MS 30000

/* News of the process of a callback. */
static void on_call(struct dagproc *dp, struct tw_str op, struct tw_str id, struct tw_value v)
{
	if (tw_str_is(op, "forked"))
		calls_forked(dp, id, (pid_t)tw_map_int(v, "pid", 0));
	else if (tw_str_is(op, "fork_failed"))
		calls_fork_failed(dp, id, tw_map_str(v, "error", ""));
	else if (tw_str_is(op, "exited"))
		calls_exited(dp, id, (int)tw_map_int(v, "status", 0));
}

static void on_zygote_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct dagproc *dp = arg;
	struct tw_arena a = { 0 };
	struct tw_value v;
	struct tw_err err = { 0 };
	struct tw_str op, attempt;

	if (tw_json_parse(&a, body, &v, &err) < 0) {
		tw_error("the zygote sent no JSON: %s", err.msg);
		tw_arena_release(&a);
		return;
	}
	op = tw_map_str(v, "op", "");
	attempt = tw_map_str(v, "attempt", NULL);
	if (attempt.p) {
		on_call(dp, op, attempt, v);
	} else if (tw_str_is(op, "hello")) {
		dp->zygote.ready = true;
		dp->zygote.pause_ms = PAUSE_FIRST_MS;
		dagproc_next(dp);
		dagproc_rung(dp);
	} else if (tw_str_is(op, "forked")) {
		parse_forked(dp, tw_map_int(v, "id", 0), (pid_t)tw_map_int(v, "pid", 0));
	} else if (tw_str_is(op, "fork_failed")) {
		parse_fork_failed(dp, tw_map_int(v, "id", 0), tw_map_str(v, "error", ""));
	} else if (tw_str_is(op, "exited")) {
		parse_exited(dp, tw_map_int(v, "id", 0), (int)tw_map_int(v, "status", 0));
	}
	tw_arena_release(&a);
}

static void on_zygote_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct dagproc *dp = arg;

	tw_link_close(dp->zygote.link);
	dp->zygote.link = NULL;
	dp->zygote.ready = false;
}

static const struct tw_link_ops zygote_ops = { on_zygote_frame, on_zygote_end, NULL };

static void on_pause_over(uv_timer_t *t)
{
	struct dagproc *dp = t->data;
	struct tw_err err = { 0 };

	if (zygote_start(dp, &err) < 0)
		tw_error("%s", err.msg);
}

static void on_zygote_exit(void *arg, const struct tw_exit *e)
{
	struct dagproc *dp = arg;
	struct zygote *z = &dp->zygote;

	z->pid = 0;
	z->ready = false;
	tw_link_close(z->link);
	z->link = NULL;
	if (dp->stopping)
		return;
	tw_error("the Python parser process ended (status %d, signal %d); starting it again in %u ms", e->code, e->signal,
		 z->pause_ms);
	parse_fail_all(dp, "while it was imported the Python parser process was killed, again and again");
	calls_give_back(dp);
	uv_timer_start(&z->timer, on_pause_over, z->pause_ms, 0);
	z->pause_ms = z->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : z->pause_ms * 2;
}

enum tw_rc zygote_start(struct dagproc *dp, struct tw_err *err)
{
	struct zygote *z = &dp->zygote;
	int fd;
	enum tw_rc rc;

	if (!z->timer.data) {
		uv_timer_init(&dp->loop, &z->timer);
		z->timer.data = dp;
		z->pause_ms = PAUSE_FIRST_MS;
	}
	rc = tw_pychild_start(dp->opts->paths, dp->opts->dags_folder, dp->opts->plugins_folder, "tradewind.zygote", &z->pid,
			      &fd, err);
	if (rc < 0)
		return rc;
	z->link = tw_link_new(&dp->loop, fd, &zygote_ops, dp);
	tw_reaper_watch(dp->reaper, z->pid, TW_REAP_SWEEP, on_zygote_exit, dp);
	return TW_OK;
}

void zygote_stop(struct dagproc *dp)
{
	tw_link_close(dp->zygote.link);
	dp->zygote.link = NULL;
	if (dp->zygote.pid)
		tw_reaper_terminate(dp->reaper, dp->zygote.pid, 3000);
}
