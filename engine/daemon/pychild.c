#include "daemon/pychild.h"

#include <unistd.h>

#include "io/proc.h"
#include "io/sock.h"

#define CHILD_FD 3

enum tw_rc tw_pychild_start(const struct tw_paths *paths, const char *dags_folder, const char *plugins_folder,
			    const char *module, pid_t *ret_pid, int *ret_fd, struct tw_err *err)
{
	const char *argv[] = { paths->python, "-m", module, "3", NULL };
	char **env;
	struct tw_fd_map map[] = { { -1, 0 }, { -1, CHILD_FD } };
	struct tw_proc_opts opts = { .argv = argv, .fds = map, .nfds = 2, .group = TW_PROC_OWN_GROUP };
	int fds[2];
	enum tw_rc rc = tw_sock_pair(fds, err);

	if (rc == TW_OK) {
		env = tw_paths_python_env(paths, dags_folder, plugins_folder);
		opts.envp = (const char *const *)env;
		map[1].from = fds[1];
		rc = tw_proc_spawn(&opts, ret_pid, err);
		tw_paths_free_env(env);
		close(fds[1]);
		if (rc < 0)
			close(fds[0]);
	}
	if (rc < 0)
		return tw_err_wrap(err, "cannot start Python (%s; set TRADEWIND_PYTHON)", paths->python);
	*ret_fd = fds[0];
	return TW_OK;
}
