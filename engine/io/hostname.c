#include "io/hostname.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void tw_hostname(char out[TW_HOSTNAME_MAX])
{
	const char *set = getenv("TRADEWIND_HOSTNAME");

	if (set && *set)
		snprintf(out, TW_HOSTNAME_MAX, "%s", set);
	else if (gethostname(out, TW_HOSTNAME_MAX - 1) != 0)
		snprintf(out, TW_HOSTNAME_MAX, "localhost");
	out[TW_HOSTNAME_MAX - 1] = '\0';
}
