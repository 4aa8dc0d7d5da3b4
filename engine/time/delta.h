/*
 * Durations: Python's timedelta (a count of microseconds) and dateutil's relativedelta (calendar
 * steps, fields to set, a weekday to move to), and adding them to wall times.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "time/instant.h"
#include "value/value.h"

struct tw_delta {
	bool relative; /* false: only us counts */
	int64_t us;    /* the timedelta */
	/* relativedelta, normalised as dateutil does (79 minutes are 1 hour 19) */
	int years, months, leapdays;
	double days, hours, minutes, seconds, microseconds; /* dateutil allows fractions here */
	int year, month, day, hour, minute, second, microsecond; /* to set; -1 = leave */
	int weekday;						 /* 0 = Monday; -1 = none */
	int weekday_n; /* 0 = not given, which counts as 1 */
};

struct tw_delta tw_delta_us(int64_t us);
/* A relativedelta of nothing: all sums 0, all fields to set -1. */
struct tw_delta tw_delta_relative(void);
/* Carries microseconds into seconds … hours into days, months into years. */
void tw_delta_normalize(struct tw_delta *d);
/* A number of seconds or a relativedelta object (docs/schedule.md, "duration"). */
enum tw_rc tw_delta_from_value(struct tw_value v, struct tw_delta *ret, struct tw_err *err);
struct tw_delta tw_delta_neg(const struct tw_delta *d); /* fields to set are kept */
bool tw_delta_equal(const struct tw_delta *a, const struct tw_delta *b);

/*
 * local + d. Fields are set first (the day clamped to its month), then sums added, then the weekday
 * sought. TW_ERR_INVALID outside of the years 1 to 9999 or when a field to set is no date.
 */
enum tw_rc tw_delta_add(int64_t local_us, const struct tw_delta *d, int64_t *ret,
			struct tw_err *err);

/* str(timedelta): "1 day, 2:03:04.000005". repr(relativedelta): "relativedelta(months=+1)". */
void tw_delta_str(const struct tw_delta *d, struct tw_buf *out);
/* repr: "datetime.timedelta(days=1, seconds=5)"; a relativedelta as above. */
void tw_delta_repr(const struct tw_delta *d, struct tw_buf *out);
