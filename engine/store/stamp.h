/*
 * Instants as text columns: "2026-01-31 23:59:59.000000", UTC, always 26 characters: as Airflow
 * writes them to SQLite, and in the order of time when compared as text.
 */
#pragma once

#include "time/instant.h"

#define TW_STAMP_LEN 26
void tw_stamp_write(char out[TW_STAMP_LEN + 1], tw_time t);
/* Also without a fraction, with fewer digits, with 'T', and with a UTC offset behind; else NONE. */
tw_time tw_stamp_read(struct tw_str text);

