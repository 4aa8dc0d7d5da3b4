/*
 * What needs an interpreter: `PYTHON -m tradewind.commands WORDS…`, with the SDK, the DAG and the plugin folder on its path.
 * words end with NULL. PYTHON is the one that tasks use (daemon/paths.h).
 */
#pragma once

#include "cli/context.h"

/* Becomes it. */
__attribute__((noreturn)) void cli_python_exec(const char *const *words);
/* Runs it and reads the JSON that it prints. Exits with its status when it fails; it has said why. */
struct tw_value cli_python_ask(const char *const *words);
/* Becomes `PYTHON ARGV…`. */
__attribute__((noreturn)) void cli_python_run(char **argv);
