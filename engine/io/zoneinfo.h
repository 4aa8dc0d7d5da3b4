/*
 * The system's time zone files, for a zone set: struct tw_zones zs = { .load = tw_zoneinfo_load };
 *
 * The directories are Python's: $PYTHONTZPATH and $TZDIR when set, then /usr/share/zoneinfo,
 * /usr/lib/zoneinfo, /usr/share/lib/zoneinfo, /etc/zoneinfo.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* A tw_zone_loader. ctx: NULL, or one directory (a C string) to look into and nowhere else. */
enum tw_rc tw_zoneinfo_load(void *ctx, const char *name, struct tw_buf *ret_bytes,
			    struct tw_err *err);

/*
 * The name of the machine's own zone, for [core] default_timezone = system: $TZ, then where
 * /etc/localtime points, then /etc/timezone, else "UTC".
 */
void tw_zoneinfo_system(struct tw_buf *ret_name);
