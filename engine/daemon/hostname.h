/* [core] hostname_callable: Airflow's three by themselves, any other function by Python. */
#pragma once

#include "daemon/paths.h"

/* Puts what it gives into $TRADEWIND_HOSTNAME, unless somebody has set it: who starts us, or a person. */
enum tw_rc tw_hostname_decide(const char *callable, const struct tw_paths *paths, const char *plugins_folder,
			      struct tw_err *err);
