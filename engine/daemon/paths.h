/*
 * Where things are: this binary, its home, the Python it uses and the SDK beside it. Nothing has to be
 * set for a checkout or an installed wheel; every one can be.
 */
#pragma once

#include "base/str.h"

struct tw_paths {
	char *self;     /* this executable */
	char *home;     /* $TRADEWIND_HOME, else $AIRFLOW_HOME, else ~/.tradewind; absolute */
	char *run_dir;  /* home/run: sockets, pid files, the runner's journal */
	char *bell;     /* the scheduler's: rung when there is something in the inbox */
	char *triggerer_bell; /* rung when there are triggers, or some are gone */
	char *dagproc_bell; /* the dag-processor's: rung when there is a callback to run, or a file to parse */
	char *root;     /* the checkout or wheel that self belongs to, NULL when neither */
	char *sdk;      /* the folder to put on PYTHONPATH; NULL when the interpreter has it installed */
	char *python;   /* interpreter: $TRADEWIND_PYTHON, the wheel's virtualenv, the checkout's, else python3 */
	char *examples; /* the example DAGs that came along, or NULL */
};

/* Fills all of it and makes home and run_dir. */
enum tw_rc tw_paths_init(struct tw_paths *ret_paths, struct tw_err *err);
void tw_paths_release(struct tw_paths *p);

/*
 * The environment of a child that runs our Python: this process' own, with PYTHONPATH led by the SDK (and
 * the DAG and plugin folders behind it), TRADEWIND_HOME, and AIRFLOW_HOME when unset.
 * NULL-terminated; free with tw_paths_free_env.
 */
char **tw_paths_python_env(const struct tw_paths *p, const char *dags_folder, const char *plugins_folder);
void tw_paths_free_env(char **env);
