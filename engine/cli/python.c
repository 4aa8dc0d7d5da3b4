#include "cli/python.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/row.h"
#include "value/json.h"

static char **python_env(void)
{
	struct tw_cli *c = tw_cli();
	char *binary = tw_asprintf("TRADEWIND_BINARY=%s", c->paths.self);
	char **env;

	putenv(binary); /* kept by the environment: this process ends as Python or waits for it */
	env = tw_paths_python_env(&c->paths, c->dags_folder, c->plugins_folder);
	return env;
}

static char **python_argv(const char *const *words)
{
	TW_VEC(char *) argv = {0};

	tw_vec_push(&argv, tw_cli()->paths.python);
	tw_vec_push(&argv, (char *)"-m");
	tw_vec_push(&argv, (char *)"tradewind.commands");
	for (; *words; words++)
		tw_vec_push(&argv, (char *)*words);
	tw_vec_push(&argv, NULL);
	return argv.v;
}

static void become(char **argv)
{
	char **env = python_env();

	fflush(NULL);
	execvpe(argv[0], argv, env);
	tw_cli_dief("cannot start '%s': %s (TRADEWIND_PYTHON names the interpreter)", argv[0],
		    strerror(errno));
}

void cli_python_exec(const char *const *words)
{
	become(python_argv(words));
	abort();
}

void cli_python_run(char **argv)
{
	TW_VEC(char *) all = {0};

	tw_vec_push(&all, tw_cli()->paths.python);
	for (; *argv; argv++)
		tw_vec_push(&all, *argv);
	tw_vec_push(&all, NULL);
	become(all.v);
	abort();
}

static pid_t spawn_piped(char **argv, int *ret_fd)
{
	posix_spawn_file_actions_t actions;
	char **env = python_env();
	int fds[2], rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		tw_cli_dief("pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	tw_paths_free_env(env);
	close(fds[1]);
	if (rc)
		tw_cli_dief("cannot start '%s': %s (TRADEWIND_PYTHON names the interpreter)",
			    argv[0], strerror(rc));
	*ret_fd = fds[0];
	return pid;
}

struct tw_value cli_python_ask(const char *const *words)
{
	char **argv = python_argv(words);
	struct tw_buf out = {0};
	struct tw_value v;
	struct tw_err err = {0};
	int fd, status;
	pid_t pid = spawn_piped(argv, &fd);

	free(argv);
	for (;;) {
		ssize_t n;

		tw_buf_reserve(&out, 1 << 16);
		n = read(fd, out.p + out.n, 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out.n += (size_t)n;
	}
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	if (tw_json_parse(&tw_cli()->arena, tw_strn(out.p ? out.p : "", out.n), &v, &err) < 0)
		tw_cli_dief("the Python side answered no JSON: %s", err.msg);
	tw_buf_release(&out);
	return v;
}
