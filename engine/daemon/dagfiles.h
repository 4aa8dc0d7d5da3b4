/*
 * Which files of a DAG folder may define DAGs: *.py, *.zip, *.yaml and *.yml that no .airflowignore leaves out
 * and that, in safe mode, mention what a DAG file must mention.
 */
#pragma once

#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

enum tw_ignore_syntax { TW_IGNORE_GLOB, TW_IGNORE_REGEXP };

struct tw_dagfile {
	char *path;       /* absolute */
	char *relative;   /* to the folder */
};

struct tw_dagfiles {
	TW_VEC(struct tw_dagfile) files;
	TW_VEC(char *) folders;         /* every folder seen, for watching */
};

/*
 * Walks the folder. A folder that is not there is TW_ERR_NOT_FOUND; a bad line of an .airflowignore is skipped
 * with a warning in the log that names file and line.
 */
enum tw_rc tw_dagfiles_find(const char *folder, enum tw_ignore_syntax syntax, struct tw_dagfiles *ret_files,
			    struct tw_err *err);
void tw_dagfiles_release(struct tw_dagfiles *f);

/*
 * Airflow's heuristic: the file holds, in any case, "airflow" and one of "dag" and "asset". Zips are
 * for their reader to judge (true); YAML needs "dag_id" and "tasks", or is none.
 */
bool tw_dagfile_may_define(const char *path);

/* One pattern list of .airflowignore, as one file holds it. */
struct tw_ignore;
struct tw_ignore *tw_ignore_parse(struct tw_str text, enum tw_ignore_syntax syntax, const char *where);
void tw_ignore_free(struct tw_ignore *ig);
/* relative: to the folder the file lies in. 1: left out, 0: taken back by "!", -1: not mentioned. */
int tw_ignore_match(const struct tw_ignore *ig, const char *relative, bool is_dir);
