#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/map.h"
#include "io/proc.h"

struct child {
	struct tw_reaper *r;
	pid_t pid;
	int flags;
	tw_exit_fn fn;
	void *arg;
	uv_timer_t *grace; /* set while it is being terminated */
};

struct tw_reaper {
	uv_signal_t sigchld;
	struct tw_map children; /* pid → struct child */
	tw_exit_fn unknown;
	void *unknown_arg;
	bool closed; /* freed by a callback while reaping; the memory goes in a later turn of the loop */
};

static struct tw_str key_of(const pid_t *pid)
{
	return tw_strn((const char *)pid, sizeof *pid);
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void stop_grace(struct child *c)
{
	if (c->grace)
		uv_close((uv_handle_t *)c->grace, free_handle);
	c->grace = NULL;
}

static void kill_group(pid_t pgid, int sig)
{
	/* A group that is gone, or whose members changed their user, is nothing to report here. */
	(void)tw_proc_kill_group(pgid, sig, NULL);
}

static struct tw_exit exit_of(pid_t pid, int status)
{
	struct tw_exit e = {.pid = pid, .status = status, .code = -1};
	if (WIFEXITED(status))
		e.code = WEXITSTATUS(status);
	else
		e.signal = WTERMSIG(status);
	return e;
}

/* The handle keeps the loop alive only while somebody is waited for. */
static void update_ref(struct tw_reaper *r)
{
	if (r->children.len)
		uv_ref((uv_handle_t *)&r->sigchld);
	else
		uv_unref((uv_handle_t *)&r->sigchld);
}

/* The child is a zombie still, so its pid and group cannot belong to anybody else yet. */
static void finish(struct tw_reaper *r, pid_t pid)
{
	struct child *c = tw_map_get(&r->children, key_of(&pid));
	if (c && (c->flags & TW_REAP_SWEEP || c->grace))
		kill_group(pid, SIGKILL);
	int status;
	struct rusage usage;
	if (wait4(pid, &status, WNOHANG, &usage) != pid)
		return;
	struct tw_exit e = exit_of(pid, status);
	e.usage = usage;
	tw_exit_fn fn = r->unknown;
	void *arg = r->unknown_arg;
	if (c) {
		fn = c->fn;
		arg = c->arg;
		tw_map_del(&r->children, key_of(&pid));
		stop_grace(c);
		free(c);
		update_ref(r);
	}
	if (fn)
		fn(arg, &e);
}

static void reap(struct tw_reaper *r)
{
	while (!r->closed) {
		siginfo_t info = {0};
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
			break;
		finish(r, info.si_pid);
	}
}

static void on_sigchld(uv_signal_t *h, int sig)
{
	reap(h->data);
}

enum tw_rc tw_reaper_new(uv_loop_t *loop, struct tw_reaper **ret_r, struct tw_err *err)
{
	struct tw_reaper *r = tw_new(struct tw_reaper);
	int rc = uv_signal_init(loop, &r->sigchld);
	if (rc) {
		free(r);
		return tw_err_set(err, TW_ERR_IO, "cannot watch for children: %s", uv_strerror(rc));
	}
	r->sigchld.data = r;
	rc = uv_signal_start(&r->sigchld, on_sigchld, SIGCHLD);
	if (rc) {
		uv_close((uv_handle_t *)&r->sigchld, free_handle);
		return tw_err_set(err, TW_ERR_IO, "cannot watch for children: %s", uv_strerror(rc));
	}
	uv_unref((uv_handle_t *)&r->sigchld);
	*ret_r = r;
	return TW_OK;
}

_Static_assert(offsetof(struct tw_reaper, sigchld) == 0, "free_handle frees the reaper");

void tw_reaper_free(struct tw_reaper *r)
{
	if (!r)
		return;
	r->closed = true;
	tw_map_foreach(&r->children, e)
	{
		struct child *c = e->value;
		stop_grace(c);
		free(c);
	}
	tw_map_release(&r->children);
	uv_close((uv_handle_t *)&r->sigchld, free_handle);
}

void tw_reaper_watch(struct tw_reaper *r, pid_t pid, int flags, tw_exit_fn fn, void *arg)
{
	TW_ASSERT(pid > 1);
	struct child *c = tw_new(struct child);
	*c = (struct child){.r = r, .pid = pid, .flags = flags, .fn = fn, .arg = arg};
	struct child *old = tw_map_set(&r->children, key_of(&pid), c);
	TW_ASSERT(!old);
	update_ref(r);
}

void tw_reaper_unwatch(struct tw_reaper *r, pid_t pid)
{
	struct child *c = tw_map_del(&r->children, key_of(&pid));
	if (!c)
		return;
	stop_grace(c);
	free(c);
	update_ref(r);
}

void tw_reaper_on_unknown(struct tw_reaper *r, tw_exit_fn fn, void *arg)
{
	r->unknown = fn;
	r->unknown_arg = arg;
}

static void on_grace(uv_timer_t *t)
{
	struct child *c = t->data;
	kill_group(c->pid, SIGKILL);
}

void tw_reaper_terminate(struct tw_reaper *r, pid_t pid, unsigned grace_ms)
{
	struct child *c = tw_map_get(&r->children, key_of(&pid));
	if (!c)
		return;
	bool again = c->grace != NULL;
	if (!again) {
		c->grace = tw_new(uv_timer_t);
		uv_timer_init(r->sigchld.loop, c->grace);
		c->grace->data = c;
		kill_group(pid, SIGTERM);
	}
	if (!again || uv_timer_get_due_in(c->grace) > grace_ms)
		uv_timer_start(c->grace, on_grace, grace_ms, 0);
}

size_t tw_reaper_count(const struct tw_reaper *r)
{
	return r->children.len;
}
