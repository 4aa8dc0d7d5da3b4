/* Building the rows that output.h prints, in the command's arena. */
#pragma once

#include "cli/context.h"
#include "cli/output.h"
#include "model/record.h"
#include "time/instant.h"

struct tw_value row_new(struct tw_value list);               /* an empty map, appended to list */
void row_str(struct tw_value row, const char *key, struct tw_str s);   /* p NULL: null */
void row_cstr(struct tw_value row, const char *key, const char *s);
void row_int(struct tw_value row, const char *key, int64_t i);
void row_num(struct tw_value row, const char *key, double f);
void row_bool(struct tw_value row, const char *key, bool b);
void row_time(struct tw_value row, const char *key, tw_time t); /* ISO 8601, UTC; NONE: null */
void row_stamp(struct tw_value row, const char *key, tw_time t); /* the same with a blank for the T, as Python's str() */
void row_date(struct tw_value row, const char *key, tw_time t);  /* as row_time; NONE: "" */
void row_words(struct tw_value row, const char *key, struct tw_str list); /* "a, b" as a list */
void row_json(struct tw_value row, const char *key, struct tw_str json); /* parsed when it is JSON */

/* Only the columns that the text names, in its order; NULL: all. One that is not there is told of and left out. */
struct tw_value row_pick(struct tw_value rows, const char *columns);

/* A run by its id, or by its logical date as people write it. */
bool cli_run_find(const char *dag_id, const char *id_or_date, struct tw_run_row *ret_run);
/* The same; exits when there is none. */
struct tw_run_row cli_run(const char *dag_id, const char *id_or_date);
/* The newest document of a DAG, or that of a version. Exits when there is none. */
struct tw_dag *cli_dag(const char *dag_id);
struct tw_dag *cli_dag_of_run(const struct tw_run_row *run);
/* Posts one inbox row and rings. wait: until the scheduler has applied it, ten seconds at most; false: it did not. */
bool cli_post(const char *kind, struct tw_str dag_id, struct tw_str run_id, struct tw_value payload, bool wait);

/* A JSON or YAML file that holds an object; exits with a message that names the file. */
struct tw_value cli_read_file(const char *path);
/* "-" is standard output. format "json" or "yaml"; NULL: by the file's name. Mode 0600: it may hold secrets. */
void cli_write_file(const char *path, struct tw_value v, const char *format);
