/* How people sign in with FAB's auth manager: [fab], and what webserver_config.py says where [fab] says nothing. */
#pragma once

#include "daemon/apiserver.h"

/* Fills in what is about signing in; exits when that is told wrongly. */
void cli_sign_in_options(struct tw_apiserver_options *o);
