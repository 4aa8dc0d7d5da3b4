/*
 * Timetables: when the next run is, and which data it covers. The schedule object of a DAG document
 * (docs/schedule.md) parsed once into an immutable struct, then questions to it that take
 * microseconds. The rules are Airflow 3.3.2's; the data-interval kinds are the same in 2.11.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "time/cron.h"
#include "time/delta.h"
#include "time/instant.h"
#include "time/zone.h"
#include "value/value.h"

enum tw_tt_type {
	TW_TT_NULL,
	TW_TT_ONCE,
	TW_TT_CONTINUOUS,
	TW_TT_CRON_TRIGGER,
	TW_TT_CRON_INTERVAL,
	TW_TT_DELTA_TRIGGER,
	TW_TT_DELTA_INTERVAL,
	TW_TT_MULTIPLE_CRON,
	TW_TT_CRON_PARTITION,
	TW_TT_EVENTS,
	TW_TT_ASSET,
	TW_TT_PARTITIONED_ASSET,
	TW_TT_PARTITIONED_AT_RUNTIME,
	TW_TT_ASSET_OR_TIME,
	TW_TT_CUSTOM,
};

/* What to do with a first run that has no start date. */
enum tw_run_immediately { TW_RUN_IF_RECENT, TW_RUN_LAST, TW_RUN_WITHIN };

struct tw_event_date {
	tw_time at;
	int32_t offset; /* as it was written, for the description */
};

#define TW_TT_MAX_CRONS 1000
#define TW_TT_MAX_EVENTS 1000000
#define TW_TT_KEY_MAX 250 /* bytes of a partition key */

/* A zone by the word of the schedule object: a name, or an offset in seconds in digits. */
struct tw_mapper_zone {
	char *word;
	const struct tw_zone *zone; /* belongs to the zone set */
};

struct tw_timetable {
	enum tw_tt_type type;
	const struct tw_zone *zone; /* cron kinds; belongs to the zone set */
	struct tw_cron *crons;	    /* cron kinds: one, multiple_cron: ncrons */
	size_t ncrons;
	struct tw_delta delta;	  /* delta kinds */
	struct tw_delta interval; /* trigger kinds */
	enum tw_run_immediately run_immediately;
	int64_t run_within_us; /* TW_RUN_WITHIN */
	int64_t run_offset;    /* cron_partition */
	char *key_format;
	struct tw_event_date *events;
	size_t nevents;
	bool restrict_to_events;
	struct tw_timetable *inner; /* asset_or_time */
	bool periodic;		    /* runs come again and again (backfills need it) */
	bool can_be_scheduled;	    /* false: only people and assets make runs */
	int active_runs_limit;	    /* continuous: 1; 0 = none */
	bool partitioned;
	struct tw_mapper_zone *mapper_zones; /* partitioned_asset: those that its mappers name */
	size_t nmapper_zones;
	char *summary;	   /* "0 6 * * *", "1 day, 0:00:00", "None" … */
	char *description; /* "At 06:00"; may be "" */
	char *type_name;   /* "CronTriggerTimetable"; custom: its class path */
};

/* Reads a schedule object; the zone comes from zones, which must outlive it. */
enum tw_rc tw_timetable_parse(struct tw_value schedule, struct tw_zones *zones,
			      struct tw_timetable **ret, struct tw_err *err);
void tw_timetable_free(struct tw_timetable *tt);
/* The zone of a partition mapper's `timezone`, as the document has it; UTC without one. */
const struct tw_zone *tw_timetable_mapper_zone(const struct tw_timetable *tt, struct tw_value timezone);
/*
 * What the words of a YAML file or an old DAG mean: cron text or a preset, "@once", "@continuous",
 * "None" and "" (no schedule) to a schedule object in the arena. data_intervals is the config
 * option [scheduler] create_cron_data_intervals. The strings are borrowed.
 */
struct tw_value tw_schedule_from_text(struct tw_arena *a, struct tw_str text,
				      struct tw_str timezone, bool data_intervals);
/* What Airflow's timetable.validate refuses: a step that does not go forward from now. */
enum tw_rc tw_timetable_validate(const struct tw_timetable *tt, tw_time now, struct tw_err *err);

/* Both ends TW_TIME_NONE: no interval. */
struct tw_interval {
	tw_time start, end;
};

struct tw_restriction {
	tw_time earliest, latest; /* inclusive; TW_TIME_NONE: unbounded */
	bool catchup;
};

enum tw_no_run {
	TW_NO_RUN_NONE,	      /* there is a next run */
	TW_NO_RUN_NEVER,      /* this schedule makes no runs by itself */
	TW_NO_RUN_DONE,	      /* @once has run; the last event is past */
	TW_NO_RUN_PAST_END,   /* the next one would lie past `latest` */
	TW_NO_RUN_NO_START,   /* catchup, and no date to catch up from */
	TW_NO_RUN_IMPOSSIBLE, /* no such date: 30 February */
	TW_NO_RUN_CUSTOM,     /* a timetable of the user's says so; never this library's answer */
	TW_NO_RUN_FAILED,     /* it raised, or took too long */
};
const char *tw_no_run_text(enum tw_no_run why);

struct tw_run_info {
	enum tw_no_run why; /* when not NONE the rest is TW_TIME_NONE */
	tw_time run_after;
	tw_time logical_date; /* TW_TIME_NONE for partition runs */
	struct tw_interval interval;
	tw_time partition_date;
	char partition_key[TW_TT_KEY_MAX + 1]; /* "" = none */
	char run_id[TW_TT_KEY_MAX + 1];	       /* a custom timetable's own; "" = by the rule */
};

/*
 * The run after `last`, the newest automated one (scheduled or backfill), or the first when last is
 * NULL. Of last only the interval is looked at, for cron_partition only run_after. now is the
 * caller's clock. No run is no error: see why. TW_ERR_UNSUPPORTED for custom: ask Python.
 */
enum tw_rc tw_timetable_next(const struct tw_timetable *tt, const struct tw_run_info *last,
			     const struct tw_restriction *r, tw_time now, struct tw_run_info *ret,
			     struct tw_err *err);

/* The data interval of a run that somebody asks for at run_after. TW_ERR_NOT_FOUND: no such date.
 */
enum tw_rc tw_timetable_manual_interval(const struct tw_timetable *tt, tw_time run_after,
					struct tw_interval *ret, struct tw_err *err);

/*
 * A run's id. 3.x: "{type}__{run_after}", and "_{random}" behind it when there is no logical date;
 * partition runs "{type}__{run_after}__{key}__{random}". compat 2: "{type}__{logical_date}".
 * random: eight letters and digits that the caller drew; may be NULL where it is not used.
 */
void tw_run_id_format(struct tw_buf *out, const char *run_type, const struct tw_run_info *run,
		      const char *random, int compat);
