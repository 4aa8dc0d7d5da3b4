#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/clock.h"
#include "runner/internal.h"
#include "time/instant.h"

struct tw_attempt *tw_attempt_find(struct tw_runner *r, struct tw_str id)
{
	return tw_map_get(&r->attempts, id);
}

static void on_closed(uv_handle_t *h)
{
	free(h);
}

static void stop_timer(struct tw_attempt *a)
{
	if (a->timer)
		uv_close((uv_handle_t *)a->timer, on_closed);
	a->timer = NULL;
}

void tw_attempt_grace(struct tw_attempt *a, unsigned ms, uv_timer_cb fn)
{
	if (!a->timer) {
		a->timer = tw_new(uv_timer_t);
		uv_timer_init(&a->r->loop, a->timer);
		a->timer->data = a;
	}
	uv_timer_start(a->timer, fn, ms, 0);
}

const char *tw_exit_words(int code, int signal)
{
	static char text[100];
	if (signal == SIGKILL)
		return "killed by signal 9 (out of memory?)";
	if (signal)
		snprintf(text, sizeof text, "killed by signal %d (%s)", signal, strsignal(signal));
	else
		snprintf(text, sizeof text, "exit code %d", code);
	return text;
}

/* The beginning ------------------------------------------------------------------------------ */

static void on_timeout(uv_timer_t *t)
{
	struct tw_attempt *a = t->data;
	char reason[100];
	double limit = tw_map_num(a->work, "execution_timeout", 0);
	snprintf(reason, sizeof reason, "timed out after %g s", limit);
	if (a->log)
		tw_tasklog_printf(a->log, TW_LOG_ERROR, "task", "Process %s", reason);
	tw_attempt_kill(a, tw_str(reason));
}

/* A Python task keeps the time itself; the runner only stands behind it. */
static void arm_timeout(struct tw_attempt *a)
{
	double limit = tw_map_num(a->work, "execution_timeout", 0);
	if (limit <= 0 || a->state == TW_ATTEMPT_ENDING)
		return;
	double ms = (limit + (a->py ? 10 : 0)) * 1000;
	tw_attempt_grace(a, ms < 4e9 ? (unsigned)ms : 4000000000u, on_timeout);
}

void tw_attempt_started(struct tw_attempt *a, pid_t pid)
{
	struct tw_runner *r = a->r;
	if (pid) {
		a->pid = pid;
		tw_journal_process(&r->journal, tw_str(a->id), pid);
	}
	if (a->started)
		return;
	a->started = tw_now();
	tw_server_started(r, a);
	arm_timeout(a);
}

void tw_attempt_python(struct tw_attempt *a)
{
	a->op.type = NULL;
	a->state = TW_ATTEMPT_RUNNING;
	tw_journal_start(&a->r->journal, tw_str(a->id), tw_now());
	tw_pytask_start(a);
}

static void fail_early(struct tw_attempt *a, struct tw_str reason)
{
	const struct tw_end_report e = {.state = "failed", .reason = reason, .exit_code = -1};
	tw_attempt_report(a, &e);
	tw_attempt_bury(a);
}

static void open_log(struct tw_attempt *a)
{
	struct tw_str path = tw_map_str(a->work, "log_path", "");
	const char *p = tw_arena_strndup(&a->arena, path.p, path.n);
	a->log = tw_tasklog_open(&a->r->logs, *p ? p : "/dev/null", &a->masker);
}

/* To run it as somebody else than it says would be worse than not to run it. */
static bool wants_another_user(struct tw_attempt *a)
{
	struct tw_str user = tw_map_str(tw_map_value(a->work, "task"), "run_as_user", "");
	return user.n && !tw_str_is(user, a->r->unixname);
}

/* It is known here already: tell again what is known. */
static bool seen_before(struct tw_runner *r, struct tw_str id)
{
	struct tw_attempt *a = tw_attempt_find(r, id);
	struct tw_journal_entry *e = tw_journal_find(&r->journal, id);
	if (e && e->state == TW_JOURNAL_FINISHED)
		tw_server_send(r, tw_buf_str(&e->result));
	else if (a && a->started)
		tw_server_started(r, a);
	return a || e;
}

/*
 * After a deferral or a reschedule the same attempt goes on, perhaps before the process of its first part is
 * gone: that part has been told of and acknowledged, and what comes now is the next.
 */
static bool goes_on(struct tw_runner *r, struct tw_str id, struct tw_str frame)
{
	struct tw_attempt *a = tw_attempt_find(r, id);

	if (!a || a->state != TW_ATTEMPT_REPORTED || a->result.n || tw_journal_find(&r->journal, id))
		return false;
	tw_buf_clear(&a->next);
	tw_buf_addstr(&a->next, frame);
	return true;
}

static struct tw_attempt *attempt_new(struct tw_runner *r, struct tw_str id, struct tw_str frame)
{
	struct tw_attempt *a = tw_new(struct tw_attempt);
	a->r = r;
	a->id = tw_str_dup(id);
	a->received = tw_now();
	a->masker.min_length = (size_t)r->opts.min_masked_secret;
	tw_buf_addstr(&a->frame, frame);
	tw_map_set(&r->attempts, id, a);
	return a;
}

void tw_attempt_run(struct tw_runner *r, struct tw_str frame, struct tw_value head, struct tw_str taken_back)
{
	struct tw_str id = tw_map_str(head, "attempt", "");
	if (!id.n || memchr(id.p, ' ', id.n) || memchr(id.p, '\n', id.n)) {
		tw_warn("a workload without a usable attempt id is ignored");
		return;
	}
	/* While stopping nothing new begins; the scheduler gives it to the next runner. */
	if (r->stopping || goes_on(r, id, frame) || seen_before(r, id))
		return;
	struct tw_attempt *a = attempt_new(r, id, frame);
	struct tw_err err = {0};
	if (tw_json_parse(&a->arena, tw_buf_str(&a->frame), &a->work, &err) < 0) {
		fail_early(a, tw_str(err.msg));
		return;
	}
	if (taken_back.n) {
		fail_early(a, taken_back);
		return;
	}
	open_log(a);
	if (wants_another_user(a)) {
		fail_early(a, TW_STR("run_as_user: this version runs tasks as its own user only; "
				     "leave it "
				     "out, or start a runner as that user"));
		return;
	}
	bool native = !r->opts.no_native && tw_map_value(a->work, "resume").kind != TW_V_MAP;
	if (native)
		a->op.type = tw_op_find(tw_map_str(a->work, "native", ""));
	if (a->op.type)
		tw_native_start(a);
	else
		tw_attempt_python(a);
}

/* The end ------------------------------------------------------------------------------------- */

void tw_attempt_kill(struct tw_attempt *a, struct tw_str reason)
{
	if (a->state == TW_ATTEMPT_ENDING || a->buried)
		return;
	/* One that is told of already only cleans up, without end perhaps; what would follow is what is meant. */
	bool fetching = a->state == TW_ATTEMPT_FETCHING;
	if (a->state != TW_ATTEMPT_REPORTED)
		a->state = TW_ATTEMPT_ENDING;
	if (a->state == TW_ATTEMPT_ENDING || (a->next.n && !a->kill_reason))
		a->kill_reason = tw_str_dup(reason.n ? reason : TW_STR("killed"));
	if (fetching)
		fail_early(a, reason);
	else if (a->op.type)
		tw_native_kill(a);
	else
		tw_pytask_kill(a);
}

static void put_instant(struct tw_jw *w, const char *key, int64_t t)
{
	char text[TW_ISO_MAX];
	tw_jw_key(w, key);
	tw_jw_cstr(w, tw_time_iso_utc(text, t));
}

static void put_number(struct tw_jw *w, const char *key, int n, int none)
{
	tw_jw_key(w, key);
	if (n == none)
		tw_jw_null(w);
	else
		tw_jw_int(w, n);
}

static bool is_any_of(struct tw_str key, const char *const *names)
{
	for (; *names; names++)
		if (tw_str_is(key, *names))
			return true;
	return false;
}

/* Of one that was killed it does not count what it came to: it may have ended well on the way. */
static void put_extra(struct tw_jw *w, struct tw_value extra, bool killed)
{
	static const char *const ours[] = {"op",   "attempt", "state",	"at",	   "started_at",
					   "exit", "signal",  "reason", "rendered", NULL};
	static const char *const outcome[] = {"xcoms", "mapped_length", "skip", "defer", "reschedule_at",
					      "outlet_events", NULL};
	for (size_t i = 0; i < tw_value_len(extra); i++) {
		const struct tw_pair *p = &extra.map->v[i];
		if (p->value.kind == TW_V_NULL || is_any_of(p->key.s, ours) ||
		    (killed && is_any_of(p->key.s, outcome)))
			continue;
		tw_jw_keyn(w, p->key.s);
		tw_jw_value(w, p->value);
	}
}

static void write_finished(struct tw_attempt *a, const struct tw_end_report *e, struct tw_buf *out)
{
	struct tw_jw w = {.out = out};
	struct tw_str reason = a->kill_reason ? tw_str(a->kill_reason) : e->reason;
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "finished");
	tw_jw_key(&w, "attempt");
	tw_jw_cstr(&w, a->id);
	tw_jw_key(&w, "state");
	tw_jw_cstr(&w, a->kill_reason ? "failed" : e->state);
	put_instant(&w, "at", tw_now());
	if (a->started)
		put_instant(&w, "started_at", a->started);
	put_number(&w, "exit", e->exit_code, -1);
	put_number(&w, "signal", e->signal, 0);
	tw_jw_key(&w, "reason");
	tw_jw_str(&w, reason.n ? reason : tw_strn(NULL, 0));
	if (a->rendered.kind == TW_V_MAP) {
		tw_jw_key(&w, "rendered");
		tw_jw_value(&w, a->rendered);
	}
	put_extra(&w, e->extra, a->kill_reason != NULL);
	tw_jw_end(&w);
}

static void deliver(void *arg)
{
	struct tw_attempt *a = arg;
	tw_journal_finish(&a->r->journal, tw_str(a->id), tw_buf_str(&a->result));
	tw_server_send(a->r, tw_buf_str(&a->result));
	tw_buf_release(&a->result);
}

void tw_attempt_report(struct tw_attempt *a, const struct tw_end_report *e)
{
	if (a->state == TW_ATTEMPT_REPORTED)
		return;
	write_finished(a, e, &a->result);
	a->state = TW_ATTEMPT_REPORTED;
	stop_timer(a);
	/* Who is told that it ended finds its log whole. */
	if (a->log)
		tw_tasklog_when_written(a->log, deliver, a);
	else
		deliver(a);
}

void tw_attempt_bury(struct tw_attempt *a)
{
	if (a->buried)
		return;
	a->buried = true;
	a->next_dead = a->r->dead;
	a->r->dead = a;
}

void tw_attempt_free(struct tw_attempt *a)
{
	tw_request_forget(a);
	tw_native_release(a);
	tw_pytask_release(a);
	tw_render_release(a);
	stop_timer(a);
	tw_tasklog_close(a->log);
	tw_masker_release(&a->masker);
	tw_map_del(&a->r->attempts, tw_str(a->id));
	tw_env_release(&a->env);
	tw_buf_release(&a->frame);
	tw_buf_release(&a->next);
	tw_buf_release(&a->result);
	tw_arena_release(&a->arena);
	free(a->kill_reason);
	free(a->id);
	free(a);
}

void tw_attempt_gone(struct tw_attempt *a)
{
	struct tw_runner *r = a->r;
	TW_AUTO(tw_buf_release) struct tw_buf next = a->next;
	TW_AUTO(tw_freep) char *kill = a->kill_reason;
	TW_AUTO(tw_arena_release) struct tw_arena arena = {0};
	struct tw_value head;

	a->next = (struct tw_buf){0};
	a->kill_reason = NULL;
	tw_attempt_free(a);
	if (!next.n || tw_json_parse(&arena, tw_buf_str(&next), &head, NULL) < 0)
		return;
	tw_attempt_run(r, tw_buf_str(&next), head, TW_STR(""));
	a = tw_attempt_find(r, tw_map_str(head, "attempt", ""));
	if (a && kill)
		tw_attempt_kill(a, tw_str(kill));
}
