#include "daemon/standalone.h"

#include <signal.h>
#include <stdlib.h>
#include <uv.h>

#include "base/log.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/proc.h"

#define PAUSE_FIRST_MS 200
#define PAUSE_MAX_MS 10000
#define STEADY_US (10 * 1000000LL) /* one that lived this long starts with a short pause again */
#define STOP_GRACE_MS 10000
#define IMPATIENT_US 1000000LL /* a second signal after as long: kill at once */

struct child {
	struct supervisor *sup;
	const struct tw_component *what;
	pid_t pid;          /* 0 while it does not run */
	int64_t started;
	unsigned pause_ms;
	uv_timer_t timer;
};

struct supervisor {
	const struct tw_standalone_options *opts;
	uv_loop_t loop;
	struct tw_reaper *reaper;
	struct child *children;
	uv_signal_t term, intr;
	bool stopping;
	int64_t stop_asked;
	int status;
};

static void child_start(struct child *c);

static void on_pause_over(uv_timer_t *t)
{
	child_start(t->data);
}

static void close_all(struct supervisor *s)
{
	for (size_t i = 0; i < s->opts->ncomponents; i++)
		uv_close((uv_handle_t *)&s->children[i].timer, NULL);
	uv_close((uv_handle_t *)&s->term, NULL);
	uv_close((uv_handle_t *)&s->intr, NULL);
}

/* Stops the last component that still runs; done when there is none. */
static void stop_next(struct supervisor *s)
{
	for (size_t i = s->opts->ncomponents; i-- > 0;) {
		struct child *c = &s->children[i];

		uv_timer_stop(&c->timer);
		if (c->pid) {
			tw_reaper_terminate(s->reaper, c->pid, STOP_GRACE_MS);
			return;
		}
	}
	close_all(s);
}

static void on_child_exit(void *arg, const struct tw_exit *e)
{
	struct child *c = arg;
	struct supervisor *s = c->sup;

	c->pid = 0;
	if (s->stopping) {
		stop_next(s);
		return;
	}
	if (tw_monotonic() - c->started > STEADY_US)
		c->pause_ms = PAUSE_FIRST_MS;
	if (e->signal)
		tw_error("%s was killed by signal %d; starting it again in %u ms", c->what->name, e->signal,
			 c->pause_ms);
	else
		tw_error("%s ended with status %d; starting it again in %u ms", c->what->name, e->code,
			 c->pause_ms);
	uv_timer_start(&c->timer, on_pause_over, c->pause_ms, 0);
	c->pause_ms = c->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : c->pause_ms * 2;
}

static void child_start(struct child *c)
{
	struct tw_err err = { 0 };
	struct tw_proc_opts opts = { .argv = c->what->argv, .group = TW_PROC_OWN_GROUP };

	c->started = tw_monotonic();
	if (tw_proc_spawn(&opts, &c->pid, &err) < 0) {
		tw_error("%s cannot be started: %s", c->what->name, err.msg);
		c->pid = 0;
		uv_timer_start(&c->timer, on_pause_over, PAUSE_MAX_MS, 0);
		return;
	}
	tw_reaper_watch(c->sup->reaper, c->pid, 0, on_child_exit, c);
}

static void on_signal(uv_signal_t *sig, int signum)
{
	struct supervisor *s = sig->data;

	if (s->stopping) {
		if (tw_monotonic() - s->stop_asked < IMPATIENT_US)
			return; /* the same wish twice: sent to the process, and to its group */
		for (size_t i = 0; i < s->opts->ncomponents; i++)
			if (s->children[i].pid)
				tw_proc_kill_group(s->children[i].pid, SIGKILL, NULL);
		return;
	}
	tw_info("stopping");
	s->stopping = true;
	s->stop_asked = tw_monotonic();
	stop_next(s);
}

int tw_standalone_run(const struct tw_standalone_options *opts, struct tw_err *err)
{
	struct supervisor s = { .opts = opts };
	char *pidfile = tw_asprintf("%s/standalone.pid", opts->paths->run_dir);
	int lock;

	tw_log_component("standalone");
	if (tw_pidfile_lock(pidfile, &lock, err) < 0) {
		free(pidfile);
		tw_err_wrap(err, "this home is in use");
		return 1;
	}
	uv_loop_init(&s.loop);
	if (tw_reaper_new(&s.loop, &s.reaper, err) < 0) {
		s.status = 1;
		goto out;
	}
	uv_signal_init(&s.loop, &s.term);
	uv_signal_init(&s.loop, &s.intr);
	s.term.data = s.intr.data = &s;
	uv_signal_start(&s.term, on_signal, SIGTERM);
	uv_signal_start(&s.intr, on_signal, SIGINT);
	s.children = tw_zalloc(opts->ncomponents * sizeof *s.children);
	for (size_t i = 0; i < opts->ncomponents; i++) {
		struct child *c = &s.children[i];

		*c = (struct child){ .sup = &s, .what = &opts->components[i], .pause_ms = PAUSE_FIRST_MS };
		uv_timer_init(&s.loop, &c->timer);
		c->timer.data = c;
		child_start(c);
	}
	if (opts->on_started)
		opts->on_started(opts->arg);
	while (!s.stopping || uv_loop_alive(&s.loop)) {
		uv_run(&s.loop, UV_RUN_ONCE);
		if (s.stopping && uv_is_closing((uv_handle_t *)&s.term))
			break;
	}
	tw_reaper_free(s.reaper);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	free(s.children);
out:
	uv_loop_close(&s.loop);
	tw_pidfile_unlock(pidfile, lock);
	free(pidfile);
	return s.status;
}
