#include "runner/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/zoneinfo.h"
#include "runner/internal.h"
#include "runner/python.h"
#include "time/instant.h"

#define EXIT_BUSY 3

static void set_default(int *field, int dflt)
{
	if (*field == 0)
		*field = dflt;
}

static void take_options(struct tw_runner *r, const struct tw_runner_options *given)
{
	struct tw_runner_options *o = &r->opts;
	*o = *given;
	o->socket_path = given->socket_path ? tw_strdup(given->socket_path)
					    : tw_asprintf("%s/run/runner.sock", given->home);
	o->journal_path = given->journal_path ? tw_strdup(given->journal_path)
					      : tw_asprintf("%s/run/runner.journal", given->home);
	const char *tmp = getenv("TMPDIR");
	if (!o->tmp)
		o->tmp = tmp && *tmp ? tmp : "/tmp";
	if (!o->python)
		o->python = "python3";
	r->zones.load = tw_zoneinfo_load;
	set_default(&o->min_masked_secret, 5);
	set_default(&o->idle_exit_s, 60);
	set_default(&o->term_grace_s, 5);
	set_default(&o->cleanup_s, 60);
	set_default(&o->beat_s, 5);
	set_default(&o->warm_children, 16);
	set_default(&o->warm_memory_mib, 1024);
	set_default(&o->warm_idle_s, 600);
	tw_sensitive_names_set(tw_str(o->sensitive_names ? o->sensitive_names : ""));
}

static void learn_names(struct tw_runner *r)
{
	tw_hostname(r->hostname);
	const struct passwd *pw = getpwuid(geteuid());
	snprintf(r->unixname, sizeof r->unixname, "%s", pw ? pw->pw_name : "unknown");
	tw_uuid7(r->uuid, tw_now());
}

/* A task takes a few descriptors; the usual soft limit of 1,024 would be a limit of tasks. */
static void raise_file_limit(void)
{
	struct rlimit lim;
	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return;
	rlim_t want = lim.rlim_max < 65536 ? lim.rlim_max : 65536;
	if (lim.rlim_cur >= want)
		return;
	lim.rlim_cur = want;
	if (setrlimit(RLIMIT_NOFILE, &lim) != 0)
		tw_warn("cannot raise the limit of open files: %s", strerror(errno));
}

/* What an earlier runner left behind --------------------------------------------------------- */

static void kill_leftover(const struct tw_journal_entry *e)
{
	if (!tw_journal_same_process(e))
		return;
	if (tw_proc_kill_group(e->pid, SIGKILL, NULL) == TW_OK)
		tw_warn("killed what a runner before left running attempt=%s pid=%d", e->attempt,
			(int)e->pid);
}

static void settle_lost(struct tw_runner *r)
{
	char at[TW_ISO_MAX], started[TW_ISO_MAX];
	tw_time_iso_utc(at, tw_now());
	tw_map_foreach(&r->journal.entries, it)
	{
		struct tw_journal_entry *e = it->value;
		if (e->state != TW_JOURNAL_LOST)
			continue;
		kill_leftover(e);
		TW_AUTO(tw_buf_release) struct tw_buf b = {0};
		tw_buf_printf(&b,
			      "{\"op\":\"finished\",\"attempt\":\"%s\",\"state\":\"lost\","
			      "\"at\":\"%s\",\"started_at\":\"%s\","
			      "\"reason\":\"its runner died\"}",
			      e->attempt, at, tw_time_iso_utc(started, e->started));
		tw_journal_finish(&r->journal, tw_str(e->attempt), tw_buf_str(&b));
	}
}

/* The loop ------------------------------------------------------------------------------------ */

#define THAW_MS 1000

static void on_thawed(uv_timer_t *t)
{
	/* on_turn begins what has waited */
}

/* A beat that comes much too late: for a moment nothing is begun, as long as it takes to hear all. */
static void look_at_the_clock(struct tw_runner *r)
{
	uint64_t now = uv_now(&r->loop), late = now - r->last_beat;
	r->last_beat = now;
	if (late < 2 * (uint64_t)r->opts.beat_s * 1000)
		return;
	tw_warn("stood still seconds=%d", (int)(late / 1000));
	uv_timer_start(&r->thaw, on_thawed, THAW_MS, 0);
}

static void on_beat(uv_timer_t *t)
{
	struct tw_runner *r = t->data;
	look_at_the_clock(r);
	if (!r->link || !r->attempts.len)
		return;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "beat");
	tw_jw_key(&w, "attempts");
	tw_jw_list(&w);
	tw_map_foreach(&r->attempts, e)
	{
		const struct tw_attempt *a = e->value;
		if (a->state != TW_ATTEMPT_REPORTED)
			tw_jw_cstr(&w, a->id);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_server_send(r, tw_buf_str(&b));
}

static void on_idle(uv_timer_t *t)
{
	struct tw_runner *r = t->data;
	tw_info("no scheduler and no task for a while, good bye");
	r->stopping = true;
	uv_stop(&r->loop);
}

void tw_runner_check_idle(struct tw_runner *r)
{
	size_t work = r->attempts.len + r->given.n;
	if (r->stopping && work == 0) {
		uv_stop(&r->loop);
		return;
	}
	bool idle = !r->link && work == 0 && r->opts.idle_exit_s > 0;
	if (!idle)
		uv_timer_stop(&r->idle);
	else if (!uv_is_active((uv_handle_t *)&r->idle))
		uv_timer_start(&r->idle, on_idle, (uint64_t)r->opts.idle_exit_s * 1000, 0);
}

void tw_runner_shutdown(struct tw_runner *r)
{
	tw_info("shutting down running=%zu", r->attempts.len);
	r->stopping = true;
	tw_map_foreach(&r->attempts, e)
		tw_attempt_kill(e->value, TW_STR("the runner was shut down"));
	tw_runner_check_idle(r);
}

/* Before each wait: nobody's callback is on the stack, so the dead can go. */
static void on_turn(uv_prepare_t *h)
{
	struct tw_runner *r = h->data;
	tw_server_begin_given(r);
	if (r->stopping && !r->link && r->requests.len)
		tw_request_refuse(r); /* else a task that asks something while it ends would keep the runner */
	tw_pytask_settle(r);
	struct tw_attempt *dead = r->dead;
	r->dead = NULL;
	while (dead) {
		struct tw_attempt *a = dead;
		dead = a->next_dead;
		if (a->result.n) { /* its end is still to be told */
			a->next_dead = r->dead;
			r->dead = a;
		} else {
			tw_attempt_gone(a);
		}
	}
	tw_runner_check_idle(r);
}

static void on_sigterm(uv_signal_t *h, int sig)
{
	tw_runner_shutdown(h->data);
}

/* Orphans of warm children that died are tasks still; the rest are grandchildren without a name. */
static void on_unknown_exit(void *arg, const struct tw_exit *e)
{
	struct tw_runner *r = arg;
	tw_map_foreach(&r->attempts, it)
	{
		struct tw_attempt *a = it->value;
		if (a->py && a->pid == e->pid) {
			tw_pytask_exited(a, e->status);
			return;
		}
	}
}

struct tw_python *tw_runner_python(struct tw_runner *r, struct tw_str interpreter)
{
	struct tw_str name = interpreter.n ? interpreter : tw_str(r->opts.python);
	struct tw_python *py = tw_map_get(&r->pythons, name);
	if (py)
		return py;
	TW_AUTO(tw_freep) char *path = tw_str_dup(name);
	const struct tw_python_opts opts = {
		.loop = &r->loop,
		.reaper = r->reaper,
		.python = path,
		.sdk_path = r->opts.sdk_path,
		.warm_children = r->opts.warm_children,
		.warm_memory_mib = r->opts.warm_memory_mib,
		.warm_idle_s = r->opts.warm_idle_s,
	};
	py = tw_python_new(&opts);
	tw_map_set(&r->pythons, name, py);
	return py;
}

static enum tw_rc start(struct tw_runner *r, struct tw_err *err)
{
	TW_AUTO(tw_freep) char *lock = tw_asprintf("%s.lock", r->opts.journal_path);
	enum tw_rc rc = tw_file_mkdirs_for(lock, 0700, err);
	if (rc == TW_OK)
		rc = tw_pidfile_lock(lock, &r->lock_fd, err);
	if (rc == TW_OK)
		rc = tw_proc_become_subreaper(err);
	if (rc == TW_OK)
		rc = tw_reaper_new(&r->loop, &r->reaper, err);
	if (rc == TW_OK)
		rc = tw_journal_open(&r->journal, r->opts.journal_path, err);
	if (rc < 0)
		return rc;
	tw_reaper_on_unknown(r->reaper, on_unknown_exit, r);
	settle_lost(r);
	tw_tmpdirs_clean(&r->tmpdirs);
	return tw_server_start(r, err);
}

static void init_handles(struct tw_runner *r)
{
	uv_loop_init(&r->loop);
	tw_logs_init(&r->logs, &r->loop);
	tw_tmpdirs_init(&r->tmpdirs, &r->loop, r->opts.tmp, tw_asprintf("%s.tmpdir", r->opts.journal_path));
	uv_timer_init(&r->loop, &r->beat);
	uv_timer_init(&r->loop, &r->idle);
	uv_timer_init(&r->loop, &r->thaw);
	uv_prepare_init(&r->loop, &r->undertaker);
	uv_signal_init(&r->loop, &r->sigterm);
	r->beat.data = r->idle.data = r->undertaker.data = r->sigterm.data = r;
	uint64_t beat_ms = (uint64_t)r->opts.beat_s * 1000;
	r->last_beat = uv_now(&r->loop);
	uv_timer_start(&r->beat, on_beat, beat_ms, beat_ms);
	uv_prepare_start(&r->undertaker, on_turn);
	uv_signal_start(&r->sigterm, on_sigterm, SIGTERM);
}

static void release(struct tw_runner *r)
{
	tw_server_stop(r);
	tw_server_forget_given(r);
	tw_map_foreach(&r->attempts, e) tw_attempt_free(e->value);
	tw_map_foreach(&r->pythons, e) tw_python_free(e->value);
	tw_map_release(&r->pythons);
	uv_close((uv_handle_t *)&r->beat, NULL);
	uv_close((uv_handle_t *)&r->idle, NULL);
	uv_close((uv_handle_t *)&r->thaw, NULL);
	uv_close((uv_handle_t *)&r->undertaker, NULL);
	uv_close((uv_handle_t *)&r->sigterm, NULL);
	tw_logs_release(&r->logs);
	tw_tmpdirs_release(&r->tmpdirs);
	tw_reaper_free(r->reaper);
	uv_run(&r->loop, UV_RUN_DEFAULT); /* what is queued for the scheduler is still written */
	uv_loop_close(&r->loop);
	tw_request_release(r);
	tw_map_release(&r->attempts);
	tw_zones_release(&r->zones);
	tw_journal_close(&r->journal);
	if (r->lock_fd >= 0) {
		TW_AUTO(tw_freep) char *lock = tw_asprintf("%s.lock", r->opts.journal_path);
		tw_pidfile_unlock(lock, r->lock_fd);
	}
	free((char *)r->opts.socket_path);
	free((char *)r->opts.journal_path);
}

int tw_runner_main(const struct tw_runner_options *opts)
{
	struct tw_runner *r = tw_new(struct tw_runner);
	struct tw_err err = {0};
	tw_log_component("runner");
	r->lock_fd = -1;
	r->journal.fd = -1;
	take_options(r, opts);
	learn_names(r);
	raise_file_limit();
	signal(SIGPIPE, SIG_IGN);
	init_handles(r);
	enum tw_rc rc = start(r, &err);
	if (rc == TW_OK) {
		tw_info("runner is up pid=%d socket=%s", (int)getpid(), r->opts.socket_path);
		tw_runner_check_idle(r);
		uv_run(&r->loop, UV_RUN_DEFAULT);
	} else if (rc == TW_ERR_EXISTS) {
		tw_info("another runner serves this home: %s", err.msg);
	} else {
		tw_error("%s", err.msg);
	}
	release(r);
	free(r);
	return rc == TW_OK ? 0 : rc == TW_ERR_EXISTS ? EXIT_BUSY : 1;
}
