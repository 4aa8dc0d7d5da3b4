#include "daemon/pychild.h"

#include <unistd.h>

#include "api/exec/execution.h"
#include "io/clock.h"
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

void tw_pychild_answer(struct tw_link *link, struct tw_store *store, struct tw_zones *zones, struct tw_value v)
{
	struct tw_execution_caller who = { .now = tw_now(), .map_index = -1, .zones = zones };
	struct tw_value result = TW_NULL, id = tw_map_value(v, "id");
	struct tw_str what = tw_map_str(v, "do", "");
	struct tw_arena a = { 0 };
	struct tw_err err = { 0 };
	bool ring = false;
	enum tw_rc rc;

	if (tw_str_starts(what, "variable_") || tw_str_is(what, "connection_get"))
		rc = tw_execution_do(store, &who, what, v, &a, &result, &ring, &err);
	else
		rc = tw_err_set(&err, TW_ERR_INVALID, "'" TW_STR_FMT "' has no meaning while a DAG file is imported",
				TW_STR_ARG(what));
	if (id.kind != TW_V_NULL)
		tw_link_send_json(link, tw_execution_reply(&a, id, result, rc, &err), NULL);
	tw_arena_release(&a);
}
