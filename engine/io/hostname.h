/* What this machine is called where people read it: of task instances, of jobs. */
#pragma once

#define TW_HOSTNAME_MAX 256

/* $TRADEWIND_HOSTNAME, which a daemon sets for itself and what it starts, else the system's name. */
void tw_hostname(char out[TW_HOSTNAME_MAX]);
