/*
 * A worker: takes workloads of RemoteExecutor from an api-server, wherever that is, and has this machine's runner run them,
 * the same one that a scheduler has for its own. It needs the DAG folder and the key of the tokens, and no metastore.
 *
 *	take ──► /run ──► runner ──► /finished          a heartbeat each time that the runner beats, requests as they come
 *
 * An attempt is given to the runner when the server has said that it runs here, and forgotten when the server has heard its
 * end. What the server takes back is killed. SIGTERM: what runs is waited for; a second one ends it.
 */
#pragma once

#include "api/exec/exec_token.h"
#include "base/str.h"
#include "daemon/paths.h"

struct tw_worker_options {
	const struct tw_paths *paths;
	const char *url;                 /* of the Execution API: "http://host:8080/execution" */
	struct tw_exec_keys keys;
	const char *dags_folder, *log_folder;
	const struct tw_str *queues;     /* none: any */
	size_t nqueues;
	int slots;                       /* tasks at once */
	const char *name;                /* NULL: the host's */
};

int tw_worker_run(const struct tw_worker_options *opts, struct tw_err *err);
