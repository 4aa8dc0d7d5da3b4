#include "io/clock.h"

#include <time.h>

static int64_t micros(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t tw_now(void)
{
	return micros(CLOCK_REALTIME);
}

int64_t tw_monotonic(void)
{
	return micros(CLOCK_MONOTONIC);
}
