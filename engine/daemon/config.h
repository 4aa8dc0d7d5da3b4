/*
 * Configuration, Airflow's: a table of every option that the engine obeys (config_table.h), then
 * $HOME/airflow.cfg, $HOME/tradewind.cfg, and the environment (AIRFLOW__SECTION__KEY, TRADEWIND__SECTION__KEY, and for
 * sensitive options their _CMD and _SECRET forms), each over the one before.
 *
 * Options of ours that Airflow does not have:
 *	[core] compat = 3                          the generation whose defaults hold
 *	[core] native_operators = True             run shipped operators without Python where that is the same thing
 *	[dag_processor] parse_memory_limit_mib = 4096   what one file may take while it is imported
 */
#pragma once

#include "base/map.h"
#include "base/str.h"

struct tw_config;

enum tw_config_source {
	TW_CONFIG_DEFAULT,
	TW_CONFIG_FILE,
	TW_CONFIG_ENV,
	TW_CONFIG_COMMAND,
	TW_CONFIG_SECRET,
};

const char *tw_config_source_name(enum tw_config_source source); /* default file environment command secret */

/* One option as `config list` and the API show it. */
struct tw_config_entry {
	const char *section, *option;
	const char *type;           /* string boolean integer float */
	const char *value;          /* the effective one */
	const char *dflt;
	const char *description;    /* may be NULL */
	enum tw_config_source source;
	const char *where;          /* "airflow.cfg:12", "AIRFLOW__CORE__PARALLELISM", "default" */
	bool sensitive;
};

/*
 * Loads all of it for this home. Unknown and deprecated keys become warnings (tw_config_warnings); a value of the wrong
 * type is TW_ERR_INVALID and the message names the option and where it was set.
 */
enum tw_rc tw_config_load(const char *home, struct tw_config **ret_config, struct tw_err *err);
void tw_config_free(struct tw_config *c);

/* Never NULL: an unset option is "". An option that is not in the table is an assertion. */
const char *tw_config_get(const struct tw_config *c, const char *section, const char *option);
int64_t tw_config_int(const struct tw_config *c, const char *section, const char *option);
double tw_config_float(const struct tw_config *c, const char *section, const char *option);
bool tw_config_bool(const struct tw_config *c, const char *section, const char *option);
/* NULL when there is no such option, also for names that only a config file holds. */
const struct tw_config_entry *tw_config_find(const struct tw_config *c, const char *section, const char *option);

/* All, by section in the table's order, then those that only files or the environment hold. */
size_t tw_config_count(const struct tw_config *c);
const struct tw_config_entry *tw_config_at(const struct tw_config *c, size_t i);

size_t tw_config_nwarnings(const struct tw_config *c);
const char *tw_config_warning(const struct tw_config *c, size_t i);

int tw_config_compat(const struct tw_config *c); /* [core] compat: 2 or 3 */
/* Must a value under this name be masked? Airflow's words (password, secret, token, …) and [core] sensitive_var_conn_names. */
bool tw_config_is_sensitive_name(const struct tw_config *c, struct tw_str name);
