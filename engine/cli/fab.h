/* What the verbs about users and roles share. */
#pragma once

#include "cli/context.h"
#include "store/users.h"

void cli_need_fab(void); /* exits when users are not in the metastore */
/* The built-in roles and those of the configuration, when they have never been made. */
void cli_sync_roles(void);
struct tw_role_row *cli_roles(bool perms, size_t *ret_n);
/* An audit row: what was done by the command line, and about whom. */
void cli_audit(const char *event, const char *about);
/* A JSON file that holds a list; exits with a message that names the file. */
struct tw_value cli_read_list(const char *path);
