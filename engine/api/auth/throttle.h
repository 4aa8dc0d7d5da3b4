/*
 * Sign-ins that fail are slowed down: those of one name from one address after a few tries, those of
 * one address, whatever the names, after more. Each failure past that doubles the wait, up to five
 * minutes; a quarter of an hour of silence, or the right password, and all is forgotten. The memory
 * is bounded: when too many are slowed down, those that failed longest ago are let go.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct tw_throttle;

/* tries: how often a name may fail before it has to wait. Threads may share one. */
struct tw_throttle *tw_throttle_new(unsigned tries, uint64_t seed);
void tw_throttle_free(struct tw_throttle *t);
/*
 * Microseconds until it may be tried again; 0: now, and then it counts as failed until somebody says
 * that it passed.
 */
int64_t tw_throttle_try(struct tw_throttle *t, struct tw_str address, struct tw_str name, int64_t now_us);
void tw_throttle_passed(struct tw_throttle *t, struct tw_str address, struct tw_str name);
