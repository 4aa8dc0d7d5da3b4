/*
 * What every verb needs: paths, configuration, the metastore, zones. Opened on first use, closed by main.
 */
#pragma once

#include "cli/args.h"
#include "daemon/config.h"
#include "daemon/crypt.h"
#include "daemon/paths.h"
#include "store/store.h"
#include "time/zone.h"

struct tw_cli {
	struct tw_paths paths;
	struct tw_config *config;
	struct tw_store *store;
	struct tw_crypt crypt;
	struct tw_zones zones;
	struct tw_arena arena;         /* lives as long as the command */
	char *store_url, *fernet_keys, *dags_folder, *plugins_folder, *log_folder, *child_log_folder;
	struct tw_log_name *log_name;
	const char *bundle;            /* the name that the DAG folder goes by */
};

/* The one of this process. Fails by printing to stderr and exiting with status 1. */
struct tw_cli *tw_cli(void);
void tw_cli_release(void);

/* The metastore, opened and its schema checked; migrate: bring it up to date first. Exits on failure. */
struct tw_store *tw_cli_store(void);
struct tw_store *tw_cli_store_mode(enum tw_store_mode mode);
/* Of a metastore that is new the default pool has as many slots as the configuration says. */
void tw_cli_default_pool(struct tw_store *s);

/* Prints "error: …" to stderr and exits with status 1. */
__attribute__((noreturn)) void tw_cli_die(const struct tw_err *err);
__attribute__((noreturn)) void tw_cli_dief(const char *fmt, ...) TW_PRINTF(1, 2);

/* Tells the scheduler to look into its inbox. */
void tw_cli_ring(void);
/* Does [core] auth_manager name FAB's: are the users in the metastore? */
bool tw_cli_fab(void);
/* Exits when it names one that nobody here knows. */
void tw_cli_need_auth_manager(void);
/* Who asks, for the audit log: the login name. */
struct tw_str tw_cli_user(void);
/* A date argument: ISO 8601, naive in [core] default_timezone; NULL gives TW_TIME_NONE. Exits when it is none. */
tw_time tw_cli_time(const char *text);
/* "Proceed? (y/N)" unless yes was given; exits when the answer is no. */
void tw_cli_confirm(const struct tw_args *args, const char *question);
