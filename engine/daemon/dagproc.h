/*
 * The dag-processor: keeps the metastore's documents equal to the DAG folder's files. A Python file is parsed in a
 * child that a zygote forks for it; whatever the file does (crash, hang, exit, eat memory) becomes its import error.
 * What a file read while it was parsed is watched, so it is parsed again when one of its inputs changed.
 */
#pragma once

#include "daemon/paths.h"
#include "daemon/dagfiles.h"

struct tw_dagproc_options {
	const struct tw_paths *paths;
	const char *store_url;
	const char *fernet_keys;
	const char *dags_folder, *plugins_folder;
	const char *bundle;              /* "dags-folder" */
	const char *retired;             /* a bundle that is served no more: its DAGs become stale; NULL: none */
	const char *other_bell;          /* of the process that serves the other bundle; NULL: there is none */
	enum tw_ignore_syntax ignore_syntax;
	bool safe_mode;                  /* [core] dag_discovery_safe_mode */
	bool own_judge;                  /* [core] might_contain_dag_callable: Python asks it */
	bool paused_at_creation;
	bool fab;                        /* DAGs' access_control becomes permissions of roles */
	int compat;
	int processes;                   /* [dag_processor] parsing_processes */
	double timeout;                  /* seconds; [dag_processor] dag_file_processor_timeout */
	double refresh;                  /* seconds; a look at the whole folder, whatever inotify said */
	int64_t memory_limit;            /* bytes a parse child may take */
	const char *log_folder;          /* of callbacks; [logging] dag_processor_child_process_log_directory */
	double callback_timeout;         /* seconds; [callbacks] callback_execution_timeout, 0: as for a file */
	int64_t health_timeout;          /* µs without a heartbeat after which another dag-processor counts as dead */
	int min_masked_secret;           /* [logging] min_length_masked_secret */
	const char *sensitive_names;     /* [core] sensitive_var_conn_names */
	int64_t beat_ms;                 /* [scheduler] job_heartbeat_sec */
	int num_runs;                    /* -1: for ever; n: ends when every file was parsed n times */
};

int tw_dagproc_run(const struct tw_dagproc_options *opts, struct tw_err *err);
