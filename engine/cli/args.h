/*
 * Command lines. A verb is a row of a table; its options are another, and the parser
 * needs nothing else: help, unknown options, missing values and choices are answered
 * the same way everywhere (exit status 2, as Airflow's argparse does).
 */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"

enum tw_opt_kind {
	TW_OPT_FLAG,   /* a switch */
	TW_OPT_STR,    /* takes a value */
	TW_OPT_INT,
	TW_OPT_APPEND, /* takes a value, may be repeated */
	TW_OPT_MANY,   /* takes all words up to the next option: -r DAGs Pools */
};

struct tw_opt {
	const char *name;            /* "output": the long name without dashes, and the key to ask by */
	char letter;                 /* 'o', or 0 */
	enum tw_opt_kind kind;
	const char *help;
	const char *choices;         /* "table|json|yaml|plain", or NULL */
	const char *dflt;            /* or NULL */
	const char *alias;           /* another long name ("exec-date"), or NULL */
};

struct tw_args;

struct tw_verb {
	const char *group;           /* "dags", or NULL for `tradewind version` */
	const char *name;
	const char *help;            /* one sentence */
	const char *positionals;     /* "dag_id [run_id] [task_id...]"; brackets: optional; dots: the rest. NULL: none */
	const struct tw_opt *opts;   /* ends with a zeroed row; NULL: none */
	int (*run)(const struct tw_args *args);
	bool raw;                    /* everything behind the verb is handed on unread (`python`) */
	bool hidden;                 /* for the engine's own use: left out of help, completion and documents */
};

struct tw_arg_value {
	const struct tw_opt *opt;
	const char *value;           /* flags: "" */
};

struct tw_args {
	const struct tw_verb *verb;
	TW_VEC(struct tw_arg_value) values;
	TW_VEC(const char *) pos;
	char **raw;                  /* verb->raw: the rest, NULL-terminated */
};

/* Reads argv behind the verb. Prints help or the fault itself; returns -1 to go on, or the exit status. */
int tw_args_parse(struct tw_args *ret_args, const struct tw_verb *verb, char **argv);
void tw_args_release(struct tw_args *args);

bool tw_arg_flag(const struct tw_args *a, const char *name);
const char *tw_arg(const struct tw_args *a, const char *name);           /* the last one given, else the default */
int64_t tw_arg_int(const struct tw_args *a, const char *name, int64_t dflt);
size_t tw_arg_all(const struct tw_args *a, const char *name, const char **ret_v, size_t max); /* APPEND, MANY */
const char *tw_arg_pos(const struct tw_args *a, size_t i);               /* NULL when absent */

void tw_usage_verb(const struct tw_verb *verb, bool to_stderr);
/* Says on stderr what is wrong with the command line; returns the exit status for it, 2. */
int tw_usage_error(const struct tw_verb *verb, const char *fmt, ...) TW_PRINTF(2, 3);

/* The verbs, one table per file of verbs; all ends with a zeroed row. */
extern const struct tw_verb *const tw_verb_tables[];
