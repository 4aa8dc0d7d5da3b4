/*
 * Date-times as pendulum's DateTime, and (value.safe set) as the standard library's datetime;
 * dates, times of day, zones and intervals as objects.
 *
 * A TW_V_DATETIME is an instant and a zone; without a zone it is a wall clock's reading.
 */
#pragma once

#include "template/eval.h"
#include "time/instant.h"
#include "time/zone.h"

/* The wall clock's reading of v. */
int64_t tw_dt_local(struct tw_value v);
struct tw_value tw_v_datetime(tw_time us, const struct tw_zone *zone);
/* A wall time of v's zone and kind; raises when the year is out of range. */
enum tw_rc tw_dt_at_local(struct tw_tpl *t, struct tw_value like, int64_t local,
			  struct tw_value *ret);
enum tw_rc tw_dt_check(struct tw_tpl *t, tw_time us);
struct tw_value tw_v_delta(int64_t us);

/* pendulum's format('YYYY-MM-DD'); has_time false: a date, whose hours are 0. */
enum tw_rc tw_pendulum_format(struct tw_tpl *t, struct tw_value dt, struct tw_str fmt,
			      struct tw_buf *out);
/* strftime of a date-time, aware or not. */
enum tw_rc tw_dt_strftime(struct tw_tpl *t, struct tw_value dt, struct tw_value fmt,
			  struct tw_value *ret);

struct tw_value tw_date_new(struct tw_tpl *t, int64_t days, bool plain);
/* Is v a date object? Its days since 1970. */
bool tw_date_days(struct tw_value v, int64_t *ret_days, bool *ret_plain);
struct tw_value tw_time_new(struct tw_tpl *t, int64_t us_of_day, bool plain);
struct tw_value tw_zone_value(struct tw_tpl *t, const struct tw_zone *z, bool plain);
/* A zone by name or object. */
enum tw_rc tw_zone_arg(struct tw_tpl *t, struct tw_value v, const struct tw_zone **ret);
/* end - start as pendulum's Interval. */
struct tw_value tw_interval_new(struct tw_tpl *t, struct tw_value start, struct tw_value end);
/* The microseconds of an interval object. */
bool tw_interval_us(struct tw_value v, int64_t *ret);
/* A relativedelta object's steps (macros.c); NULL when v is none. */
const struct tw_delta *tw_relative_of(struct tw_value v);
