#include "daemon/config_command.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/paths.h"
#include "io/proc.h"

#define OUTPUT_LIMIT (1024 * 1024)

static enum tw_rc drain(int fd, struct tw_buf *out, struct tw_err *err)
{
	for (;;) {
		char chunk[4096];
		ssize_t n = read(fd, chunk, sizeof chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tw_err_errno(err, errno, "cannot read the output");
		if (n == 0)
			return TW_OK;
		if (out->n + (size_t)n > OUTPUT_LIMIT)
			return tw_err_set(err, TW_ERR_LIMIT, "the output is longer than 1 MiB");
		tw_buf_add(out, chunk, (size_t)n);
	}
}

/* Waits for exactly this child. */
static enum tw_rc ended_well(pid_t pid, struct tw_err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return tw_err_errno(err, errno, "cannot wait for the command");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TW_OK;
	if (WIFEXITED(status))
		return tw_err_set(err, TW_ERR_INVALID, "the command failed with exit code %d",
				  WEXITSTATUS(status));
	return tw_err_set(err, TW_ERR_INVALID, "the command was ended by signal %d",
			  WTERMSIG(status));
}

static enum tw_rc output_of(const char *const *argv, const char *const *envp, struct tw_buf *out,
			    struct tw_err *err)
{
	int fds[2];
	pid_t pid;
	enum tw_rc rc = tw_proc_pipe(fds, err), ended;

	if (rc < 0)
		return rc;
	{
		struct tw_fd_map maps[] = {{-1, 0}, {fds[1], 1}};
		struct tw_proc_opts o = {.argv = argv, .envp = envp, .fds = maps, .nfds = 2};

		rc = tw_proc_spawn(&o, &pid, err);
	}
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		return rc;
	}
	rc = drain(fds[0], out, err);
	close(fds[0]);
	ended = ended_well(pid, rc < 0 ? NULL : err);
	while (out->n && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
		out->p[--out->n] = '\0';
	return rc < 0 ? rc : ended;
}

enum tw_rc tw_config_command(const char *command, struct tw_buf *out, struct tw_err *err)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};

	return output_of(argv, NULL, out, err);
}

static const char ask[] =
	"import json, sys\n"
	"from tradewind.module_loading import import_string\n"
	"backend = import_string(sys.argv[1])(**json.loads(sys.argv[2] or '{}'))\n"
	"value = backend.get_config(sys.argv[3])\n"
	"sys.exit(f'the secrets backend has no config {sys.argv[3]!r}') if value is None"
	" else sys.stdout.write(value)\n";

enum tw_rc tw_config_secret(const char *backend, const char *kwargs, const char *key,
			    struct tw_buf *out, struct tw_err *err)
{
	struct tw_paths paths;
	enum tw_rc rc;
	char **env;

	if (!*backend)
		return tw_err_set(err, TW_ERR_INVALID,
				  "it names a secret, but [secrets] backend is not set");
	rc = tw_paths_init(&paths, err);
	if (rc < 0)
		return rc;
	env = tw_paths_python_env(&paths, NULL, NULL);
	{
		const char *const argv[] = {paths.python, "-c", ask, backend, kwargs, key, NULL};

		rc = output_of(argv, (const char *const *)env, out, err);
	}
	tw_paths_free_env(env);
	tw_paths_release(&paths);
	return rc < 0 ? tw_err_wrap(err, "secrets backend %s", backend) : TW_OK;
}
