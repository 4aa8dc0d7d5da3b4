#include "io/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"

extern char **environ;

static bool is_target(const struct tw_proc_opts *o, int fd)
{
	for (size_t i = 0; i < o->nfds; i++)
		if (o->fds[i].to == fd)
			return true;
	return false;
}

/*
 * Actions run in order, so a `from` that is also some map's `to` could be overwritten before it is
 * read. Those are first duplicated out of the way, in the parent; *ret_from[i] is what to use.
 */
static enum tw_rc move_aside(const struct tw_proc_opts *o, int past, int *from, int *moved,
			     struct tw_err *err)
{
	for (size_t i = 0; i < o->nfds; i++) {
		from[i] = o->fds[i].from;
		moved[i] = -1;
		if (from[i] < 0 || from[i] == o->fds[i].to || !is_target(o, from[i]))
			continue;
		moved[i] = fcntl(from[i], F_DUPFD_CLOEXEC, past);
		if (moved[i] < 0)
			return tw_err_errno(err, errno, "cannot duplicate descriptor %d", from[i]);
		from[i] = moved[i];
	}
	return TW_OK;
}

static int add_actions(posix_spawn_file_actions_t *fa, const struct tw_proc_opts *o,
		       const int *from, int past)
{
	int rc = o->cwd ? posix_spawn_file_actions_addchdir_np(fa, o->cwd) : 0;
	for (size_t i = 0; !rc && i < o->nfds; i++) {
		int to = o->fds[i].to;
		if (from[i] < 0)
			rc = posix_spawn_file_actions_addopen(fa, to, "/dev/null", O_RDWR, 0);
		else
			rc = posix_spawn_file_actions_adddup2(fa, from[i], to);
	}
	for (int fd = 3; !rc && fd < past; fd++)
		if (!is_target(o, fd))
			rc = posix_spawn_file_actions_addclose(fa, fd);
	return rc ? rc : posix_spawn_file_actions_addclosefrom_np(fa, past);
}

static int set_attributes(posix_spawnattr_t *attr, enum tw_proc_group group)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	if (group == TW_PROC_OWN_GROUP)
		flags |= POSIX_SPAWN_SETPGROUP;
	else if (group == TW_PROC_OWN_SESSION)
		flags |= POSIX_SPAWN_SETSID;
	int rc = posix_spawnattr_setsigmask(attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	if (!rc)
		rc = posix_spawnattr_setpgroup(attr, 0);
	return rc ? rc : posix_spawnattr_setflags(attr, flags);
}

static enum tw_rc explain(struct tw_err *err, int rc, const struct tw_proc_opts *o)
{
	if (o->cwd && access(o->cwd, X_OK) != 0)
		tw_err_errno(err, errno, "cannot start '%s' in folder '%s'", o->argv[0], o->cwd);
	else
		tw_err_errno(err, rc, "cannot start '%s'", o->argv[0]);
	enum tw_rc code = rc == ENOENT	 ? TW_ERR_NOT_FOUND
			  : rc == EACCES ? TW_ERR_DENIED
					 : TW_ERR_IO;
	if (err)
		err->rc = code;
	return code;
}

enum tw_rc tw_proc_spawn(const struct tw_proc_opts *o, pid_t *ret_pid, struct tw_err *err)
{
	int past = 3; /* the first descriptor the child surely has not */
	for (size_t i = 0; i < o->nfds; i++)
		if (o->fds[i].to >= past)
			past = o->fds[i].to + 1;
	TW_AUTO(tw_freep) int *from = tw_reallocarray(NULL, 2 * o->nfds + 1, sizeof *from);
	int *moved = from + o->nfds;
	memset(from, -1, (2 * o->nfds + 1) * sizeof *from);

	enum tw_rc code = move_aside(o, past, from, moved, err);
	if (code == TW_OK) {
		posix_spawn_file_actions_t fa;
		posix_spawnattr_t attr;
		pid_t pid = 0;
		posix_spawn_file_actions_init(&fa);
		posix_spawnattr_init(&attr);
		int rc = add_actions(&fa, o, from, past);
		if (!rc)
			rc = set_attributes(&attr, o->group);
		if (!rc)
			rc = posix_spawnp(&pid, o->argv[0], &fa, &attr, (char *const *)o->argv,
					  o->envp ? (char *const *)o->envp : environ);
		posix_spawn_file_actions_destroy(&fa);
		posix_spawnattr_destroy(&attr);
		if (rc)
			code = explain(err, rc, o);
		else
			*ret_pid = pid;
	}
	for (size_t i = 0; i < o->nfds; i++)
		if (moved[i] >= 0)
			close(moved[i]);
	return code;
}

enum tw_rc tw_proc_kill_group(pid_t pgid, int sig, struct tw_err *err)
{
	TW_ASSERT(pgid > 1); /* 0 and 1 would be ourselves and everybody */
	if (kill(-pgid, sig) == 0)
		return TW_OK;
	if (errno == ESRCH)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no process group %d", (int)pgid);
	return tw_err_errno(err, errno, "cannot signal process group %d", (int)pgid);
}

enum tw_rc tw_proc_become_subreaper(struct tw_err *err)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
		return TW_OK;
	return tw_err_errno(err, errno, "cannot become a subreaper");
}

enum tw_rc tw_proc_end_with(pid_t parent, struct tw_err *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		return tw_err_errno(err, errno, "cannot follow process %d", (int)parent);
	if (getppid() == parent)
		return TW_OK;
	return tw_err_set(err, TW_ERR_NOT_FOUND, "process %d, which started this one, is gone", (int)parent);
}

enum tw_rc tw_proc_pipe(int ret_fds[2], struct tw_err *err)
{
	if (pipe2(ret_fds, O_CLOEXEC) == 0)
		return TW_OK;
	return tw_err_errno(err, errno, "cannot make a pipe");
}
