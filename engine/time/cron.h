/*
 * Cron expressions in croniter's dialect (docs/schedule.md, "Cron text"), and their ticks in a
 * zone as Airflow steps them.
 *
 * Two layers. tw_cron_next_local and tw_cron_prev_local search wall time and know no zone.
 * tw_cron_next, _prev and the two _align go over instants with Airflow's rules for gaps and folds,
 * which are not quite monotonic: in the first pass of a fold, prev of an instant can lie after it
 * (a daily 02:30 at 02:45 the first time). That is Airflow's, and the timetables above rely on it.
 *
 * A search goes 50 years, as croniter's; past that there is no such date (TW_ERR_NOT_FOUND).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "time/instant.h"

struct tw_zone;

enum tw_cron_field {
	TW_CRON_MINUTE,
	TW_CRON_HOUR,
	TW_CRON_DAY,
	TW_CRON_MONTH,
	TW_CRON_WEEKDAY,
	TW_CRON_SECOND,
	TW_CRON_YEAR,
	TW_CRON_NFIELDS,
};

#define TW_CRON_YEAR_MIN 1970
#define TW_CRON_YEAR_MAX 2099
#define TW_CRON_TEXT_MAX 1000 /* bytes of an expression */

struct tw_cron {
	int nfields;		 /* 5, 6 or 7 */
	uint64_t second, minute; /* bit n: n matches */
	uint32_t hour;
	uint32_t day;	  /* bit 1..31 */
	uint16_t month;	  /* bit 1..12 */
	uint8_t weekday;  /* bit 0 = Sunday … 6 */
	uint64_t year[3]; /* bit n: 1970 + n */
	uint8_t nth[7];	  /* of each weekday: bit 1..5 = its nth, bit 0 = its last */
	uint8_t nearest;  /* the weekday nearest to this day of the month; 0 = unused */
	bool day_last;	  /* L */
	bool day_star,
		weekday_star; /* the field holds a '*', or every value where that counts as one */
	bool every_hour;      /* the hour field is exactly that: steps are elapsed time */
	bool has_nth;
};

/*
 * Presets and fields to a struct that holds no pointers. The message names expression, field and
 * item: "cron expression '0 25 * * *': hour: '25' is out of range (0-23)".
 */
enum tw_rc tw_cron_parse(struct tw_str text, struct tw_cron *ret, struct tw_err *err);

/* First match after, last match before. Wall microseconds; TW_ERR_NOT_FOUND: no such date. */
enum tw_rc tw_cron_next_local(const struct tw_cron *c, int64_t local_us, int64_t *ret,
			      struct tw_err *err);
enum tw_rc tw_cron_prev_local(const struct tw_cron *c, int64_t local_us, int64_t *ret,
			      struct tw_err *err);

enum tw_rc tw_cron_next(const struct tw_cron *c, const struct tw_zone *z, tw_time t, tw_time *ret,
			struct tw_err *err);
enum tw_rc tw_cron_prev(const struct tw_cron *c, const struct tw_zone *z, tw_time t, tw_time *ret,
			struct tw_err *err);
/* t itself when it is a tick, else the tick after / before it. */
enum tw_rc tw_cron_align_next(const struct tw_cron *c, const struct tw_zone *z, tw_time t,
			      tw_time *ret, struct tw_err *err);
enum tw_rc tw_cron_align_prev(const struct tw_cron *c, const struct tw_zone *z, tw_time t,
			      tw_time *ret, struct tw_err *err);

/* "@daily" to "0 0 * * *": Airflow's own presets; anything else comes back as it is. */
struct tw_str tw_cron_spell_out(struct tw_str text);

/*
 * The English sentence that Airflow shows ("At 06:00, Monday through Friday"; cron-descriptor's
 * wording, 24-hour clock). Appends nothing for six and seven fields and for what cron-descriptor
 * cannot read.
 */
void tw_cron_describe(struct tw_str text, struct tw_buf *out);
