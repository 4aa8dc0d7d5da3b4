/*
 * The two clocks. Pure folders never read them: their times come in events.
 */
#pragma once

#include <stdint.h>

int64_t tw_now(void);       /* wall clock: microseconds since 1970-01-01 UTC */
int64_t tw_monotonic(void); /* microseconds since some fixed moment; never goes back */
