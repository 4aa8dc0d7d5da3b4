/*
 * Instants and civil (calendar) time.
 *
 * A tw_time is microseconds since 1970-01-01T00:00:00 UTC, without leap seconds, as Python's
 * datetime counts. "Local" microseconds are the same count of a wall clock's reading, with no
 * zone attached; zone.h goes from one to the other. Years 1 to 9999, as Python's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tw_zone;

typedef int64_t tw_time;

#define TW_TIME_NONE INT64_MIN
#define TW_TIME_MIN (-62135596800000000LL) /* 0001-01-01T00:00:00 */
#define TW_TIME_MAX 253402300799999999LL   /* 9999-12-31T23:59:59.999999 */

#define TW_US_SEC 1000000LL
#define TW_US_MIN (60 * TW_US_SEC)
#define TW_US_HOUR (60 * TW_US_MIN)
#define TW_US_DAY (24 * TW_US_HOUR)

struct tw_civil {
	int year;  /* 1..9999 */
	int month; /* 1..12 */
	int day;   /* 1..31 */
	int hour, minute, second;
	int us; /* microsecond */
};

static inline bool tw_time_ok(tw_time t)
{
	return t >= TW_TIME_MIN && t <= TW_TIME_MAX;
}

bool tw_is_leap(int year);
int tw_days_in_month(int year, int month);
/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
int64_t tw_days_from_civil(int year, int month, int day);
void tw_civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);
int tw_weekday(int64_t days);			  /* 0 = Monday … 6 = Sunday */
int tw_day_of_year(int year, int month, int day); /* 1..366 */
void tw_iso_week(int year, int month, int day, int *ret_iso_year, int *ret_week, int *ret_weekday);

bool tw_civil_valid(const struct tw_civil *c); /* also the day against its month */
void tw_civil_from(int64_t local_us, struct tw_civil *ret);
int64_t tw_civil_us(const struct tw_civil *c); /* c must be valid */

/* Floor division, for grids that also hold before 1970. b > 0. */
static inline int64_t tw_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* ── ISO 8601 (iso.c) ───────────────────────────────────────────────────────────────────── */

struct tw_iso {
	int64_t local_us;
	bool has_offset, has_time;
	int32_t offset; /* seconds east, when has_offset */
};

/*
 * Reads what pendulum.parse reads as a date or a date-time: calendar, week (2026-W05-1) and ordinal
 * (2026-123) dates, with or without separators, also 2026/02/01; then T or a space and hours,
 * minutes, seconds, up to nine digits of fraction (cut to six) and an offset (Z, +02, +0200,
 * +02:00). Beyond pendulum's own: "2026-02-01 00:00:00 +0200" and " UTC" as people paste them. No
 * time without a date.
 */
enum tw_rc tw_iso_parse(struct tw_str text, struct tw_iso *ret, struct tw_err *err);
/*
 * The same, to an instant. A text without offset is wall time of dflt (NULL = UTC), in a gap
 * moved forward, in a fold the second one: as Airflow's timezone.parse.
 */
enum tw_rc tw_time_parse(struct tw_str text, const struct tw_zone *dflt, tw_time *ret,
			 struct tw_err *err);

/* Python's isoformat(): "2026-02-01T06:00:00+01:00", ".123456" only when not zero. NULL = UTC. */
void tw_time_iso(struct tw_buf *out, tw_time t, const struct tw_zone *zone);
/* The same of a naive reading: no offset at the end. */
void tw_local_iso(struct tw_buf *out, int64_t local_us);
/* UTC into a caller's array of TW_ISO_MAX bytes, terminated; returns it. "None" for TW_TIME_NONE.
 */
#define TW_ISO_MAX 40
char *tw_time_iso_utc(char out[TW_ISO_MAX], tw_time t);
/* The same as the REST API has it: "2026-01-01T00:00:00Z", with microseconds when there are any. */
char *tw_time_iso_z(char out[TW_ISO_MAX], tw_time t);
/* A key with an instant as tw_time_iso_z has it; null for TW_TIME_NONE. */
struct tw_jw;
void tw_jw_time(struct tw_jw *w, const char *key, tw_time t);

/* ── strftime.c, strptime.c, C locale ──────────────────────────────────────────── */

/*
 * Python's datetime.strftime: glibc's directives, its flags (%-d %_d %0d %^a %#Z), and Python's %f,
 * %:z. naive_local: local_us is a naive reading, %z and %Z are empty.
 */
void tw_strftime(struct tw_buf *out, struct tw_str fmt, tw_time t, const struct tw_zone *zone);
void tw_strftime_naive(struct tw_buf *out, struct tw_str fmt, int64_t local_us);
/*
 * Python's datetime.strptime: %a %A %w %d %b %B %m %y %Y %H %I %p %M %S %f %z %Z %j %U %W %G %V %u
 * %c %x %X %%. The result says whether an offset was read.
 */
enum tw_rc tw_strptime(struct tw_str text, struct tw_str fmt, struct tw_iso *ret,
		       struct tw_err *err);
