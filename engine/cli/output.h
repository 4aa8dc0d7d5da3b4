/*
 * How list commands print: table, json, yaml or plain, one shape of data for all four.
 * Rows are a list of maps with the same keys in the same order. As Airflow's `-o`: numbers and booleans are
 * strings in JSON and YAML, too ("128", "True"); only null, lists and objects stay what they are. Programs that
 * read Airflow's output compare with these strings. YAML has its keys sorted.
 */
#pragma once

#include "cli/args.h"
#include "value/value.h"

/* The option row that every list command carries. */
#define TW_OPT_OUTPUT                                                                              \
	{ "output", 'o', TW_OPT_STR, "how to print", "table|json|yaml|plain", "table", NULL }

/* Prints rows as args' --output says. An empty list prints "No data found" as table, [] as JSON. */
void tw_output_rows(const struct tw_args *args, struct tw_value rows);

/* Prints one thing: a person reads a property a line, a program one object. */
void tw_output_one(const struct tw_args *args, struct tw_value row);

/* YAML text of any value, block style. */
void tw_yaml_write(struct tw_buf *out, struct tw_value v, int indent);
