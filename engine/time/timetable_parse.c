/* The schedule object (docs/schedule.md) to a struct tw_timetable. */
#include "time/timetable.h"

#include <math.h>
#include <stdlib.h>

static const struct type_row {
	const char *word, *class_name;
	bool periodic, can_be_scheduled;
} type_rows[] = {
	[TW_TT_NULL] = {"null", "NullTimetable", false, false},
	[TW_TT_ONCE] = {"once", "OnceTimetable", false, true},
	[TW_TT_CONTINUOUS] = {"continuous", "ContinuousTimetable", false, true},
	[TW_TT_CRON_TRIGGER] = {"cron_trigger", "CronTriggerTimetable", true, true},
	[TW_TT_CRON_INTERVAL] = {"cron_interval", "CronDataIntervalTimetable", true, true},
	[TW_TT_DELTA_TRIGGER] = {"delta_trigger", "DeltaTriggerTimetable", true, true},
	[TW_TT_DELTA_INTERVAL] = {"delta_interval", "DeltaDataIntervalTimetable", true, true},
	[TW_TT_MULTIPLE_CRON] = {"multiple_cron", "MultipleCronTriggerTimetable", true, true},
	[TW_TT_CRON_PARTITION] = {"cron_partition", "CronPartitionTimetable", true, true},
	[TW_TT_EVENTS] = {"events", "EventsTimetable", true, true},
	[TW_TT_ASSET] = {"asset", "AssetTriggeredTimetable", false, true},
	[TW_TT_PARTITIONED_ASSET] = {"partitioned_asset", "PartitionedAssetTimetable", false, true},
	[TW_TT_PARTITIONED_AT_RUNTIME] = {"partitioned_at_runtime", "PartitionedAtRuntime", false,
					  false},
	[TW_TT_ASSET_OR_TIME] = {"asset_or_time", "AssetOrTimeSchedule", true, true},
	[TW_TT_CUSTOM] = {"custom", "", true, true},
};

void tw_timetable_free(struct tw_timetable *tt)
{
	if (!tt)
		return;
	free(tt->crons);
	free(tt->key_format);
	free(tt->events);
	free(tt->summary);
	free(tt->description);
	free(tt->type_name);
	for (size_t i = 0; i < tt->nmapper_zones; i++)
		free(tt->mapper_zones[i].word);
	free(tt->mapper_zones);
	tw_timetable_free(tt->inner);
	free(tt);
}

static enum tw_rc find_type(struct tw_value v, enum tw_tt_type *ret, struct tw_err *err)
{
	struct tw_str word;

	if (v.kind != TW_V_MAP)
		return tw_err_set(err, TW_ERR_INVALID, "the schedule must be an object");
	word = tw_map_str(v, "type", NULL);
	if (!word.p)
		return tw_err_set(err, TW_ERR_INVALID, "the schedule has no 'type'");
	for (size_t i = 0; i < sizeof type_rows / sizeof *type_rows; i++) {
		if (tw_str_is(word, type_rows[i].word)) {
			*ret = (enum tw_tt_type)i;
			return TW_OK;
		}
	}
	return tw_err_set(err, TW_ERR_INVALID, "unknown schedule type '%.*s'",
			  (int)(word.n > 60 ? 60 : word.n), word.p);
}

static enum tw_rc find_zone(struct tw_value z, struct tw_zones *zones, const struct tw_zone **ret,
			    struct tw_err *err)
{
	*ret = tw_zone_utc;
	if (z.kind == TW_V_NULL)
		return TW_OK;
	if (z.kind == TW_V_STR)
		return tw_zones_get(zones, z.s, ret, err);
	if (z.kind != TW_V_INT || z.i <= -86400 || z.i >= 86400)
		return tw_err_set(err, TW_ERR_INVALID,
				  "'timezone' must be a name or an offset in seconds");
	if (z.i != 0)
		*ret = tw_zones_fixed(zones, (int32_t)z.i);
	return TW_OK;
}

static enum tw_rc read_zone(struct tw_value v, struct tw_zones *zones, struct tw_timetable *tt,
			    struct tw_err *err)
{
	return find_zone(tw_map_value(v, "timezone"), zones, &tt->zone, err);
}

static char *zone_word(struct tw_value z)
{
	return z.kind == TW_V_STR ? tw_str_dup(z.s) : tw_asprintf("%d", z.kind == TW_V_INT ? (int)z.i : 0);
}

const struct tw_zone *tw_timetable_mapper_zone(const struct tw_timetable *tt, struct tw_value timezone)
{
	char *word = zone_word(timezone);
	const struct tw_zone *zone = tw_zone_utc;

	for (size_t i = 0; i < tt->nmapper_zones; i++)
		if (strcmp(tt->mapper_zones[i].word, word) == 0)
			zone = tt->mapper_zones[i].zone;
	free(word);
	return zone;
}

/* Mappers stand in mappers; each of dates may have a zone of its own. */
static enum tw_rc read_mapper_zones(struct tw_value v, struct tw_zones *zones, struct tw_timetable *tt,
				    struct tw_err *err)
{
	struct tw_value z = tw_map_value(v, "timezone");
	size_t n = v.kind == TW_V_LIST ? v.list->n : v.kind == TW_V_MAP ? v.map->n : 0;
	const struct tw_zone *zone;

	if (z.kind != TW_V_NULL && tw_str_starts(tw_map_str(v, "type", ""), "StartOf")) {
		if (find_zone(z, zones, &zone, err) < 0)
			return tw_err_wrap(err, "partition mapper");
		tt->mapper_zones = tw_realloc(tt->mapper_zones, (tt->nmapper_zones + 1) * sizeof *tt->mapper_zones);
		tt->mapper_zones[tt->nmapper_zones++] = (struct tw_mapper_zone){zone_word(z), zone};
	}
	for (size_t i = 0; i < n; i++)
		if (read_mapper_zones(v.kind == TW_V_LIST ? v.list->v[i] : v.map->v[i].value, zones, tt, err) < 0)
			return TW_ERR_INVALID;
	return TW_OK;
}

static enum tw_rc read_run_immediately(struct tw_value v, struct tw_timetable *tt,
				       struct tw_err *err)
{
	struct tw_value r = tw_map_value(v, "run_immediately");
	struct tw_delta d;
	enum tw_rc rc;

	if (r.kind == TW_V_NULL)
		return TW_OK;
	if (r.kind == TW_V_BOOL) {
		tt->run_immediately = r.b ? TW_RUN_LAST : TW_RUN_IF_RECENT;
		return TW_OK;
	}
	rc = tw_delta_from_value(r, &d, err);
	if (rc == TW_OK && d.relative)
		rc = tw_err_set(err, TW_ERR_INVALID, "it must be a bool or seconds");
	if (rc < 0)
		return tw_err_wrap(err, "'run_immediately'");
	tt->run_immediately = TW_RUN_WITHIN;
	tt->run_within_us = d.us;
	return TW_OK;
}

static enum tw_rc read_interval(struct tw_value v, struct tw_timetable *tt, struct tw_err *err)
{
	struct tw_value i = tw_map_value(v, "interval");

	tt->interval = tw_delta_us(0);
	if (i.kind == TW_V_NULL)
		return TW_OK;
	if (tw_delta_from_value(i, &tt->interval, err) < 0)
		return tw_err_wrap(err, "'interval'");
	return TW_OK;
}

/* One expression: parsed, and its words added to summary and description. */
static enum tw_rc read_cron(struct tw_value expr, struct tw_cron *ret, struct tw_buf *summary,
			    struct tw_buf *description, struct tw_err *err)
{
	enum tw_rc rc;

	if (expr.kind != TW_V_STR)
		return tw_err_set(err, TW_ERR_INVALID, "a cron expression must be text");
	rc = tw_cron_parse(expr.s, ret, err);
	if (rc < 0)
		return rc;
	tw_buf_addstr(summary, tw_cron_spell_out(expr.s));
	tw_cron_describe(expr.s, description);
	return TW_OK;
}

static enum tw_rc read_crons(struct tw_value v, struct tw_timetable *tt, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf summary = {0};
	TW_AUTO(tw_buf_release) struct tw_buf description = {0};
	struct tw_value list = tw_map_value(v, "expressions");
	struct tw_value one = tw_map_value(v, "expression");
	bool many = tt->type == TW_TT_MULTIPLE_CRON;
	enum tw_rc rc = TW_OK;
	size_t n = 1;

	if (many) {
		n = list.kind == TW_V_LIST ? list.list->n : 0;
		if (n == 0 || n > TW_TT_MAX_CRONS)
			return tw_err_set(
				err, TW_ERR_INVALID,
				"'expressions' must be a list of 1 to %d cron expressions",
				TW_TT_MAX_CRONS);
	} else if (one.kind != TW_V_STR) {
		return tw_err_set(err, TW_ERR_INVALID, "'expression' must be cron text");
	}
	tt->crons = tw_reallocarray(NULL, n, sizeof *tt->crons);
	tt->ncrons = n;
	for (size_t i = 0; i < n && rc == TW_OK; i++) {
		if (i) {
			tw_buf_adds(&summary, ", ");
			tw_buf_adds(&description, ", ");
		}
		rc = read_cron(many ? list.list->v[i] : one, &tt->crons[i], &summary, &description,
			       err);
	}
	if (rc < 0)
		return rc;
	tt->summary = tw_strdup(tw_buf_cstr(&summary));
	tt->description = tw_strdup(tw_buf_cstr(&description));
	return TW_OK;
}

static enum tw_rc read_partition(struct tw_value v, struct tw_timetable *tt, struct tw_err *err)
{
	struct tw_value offset = tw_map_value(v, "run_offset");
	struct tw_str format = tw_map_str(v, "key_format", "%Y-%m-%dT%H:%M:%S");

	if (offset.kind != TW_V_NULL &&
	    (offset.kind != TW_V_INT || offset.i < -1000000 || offset.i > 1000000))
		return tw_err_set(err, TW_ERR_INVALID,
				  "'run_offset' must be a whole number up to a million");
	tt->run_offset = offset.kind == TW_V_INT ? offset.i : 0;
	if (format.n > 200 || memchr(format.p, '\0', format.n))
		return tw_err_set(err, TW_ERR_INVALID, "'key_format' is longer than 200 bytes");
	tt->key_format = tw_str_dup(format);
	tt->partitioned = true;
	return TW_OK;
}

static int by_time(const void *a, const void *b)
{
	tw_time x = ((const struct tw_event_date *)a)->at,
		y = ((const struct tw_event_date *)b)->at;

	return x < y ? -1 : x > y;
}

static void put_event(struct tw_buf *out, const struct tw_event_date *e)
{
	struct tw_zone *z = tw_zone_new_fixed(e->offset, NULL);

	tw_time_iso(out, e->at, z);
	tw_zone_free(z);
}

static enum tw_rc read_events(struct tw_value v, struct tw_timetable *tt, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf words = {0};
	struct tw_value list = tw_map_value(v, "events");
	struct tw_str given = tw_map_str(v, "description", NULL);
	enum tw_rc rc;

	if (list.kind != TW_V_LIST || list.list->n > TW_TT_MAX_EVENTS)
		return tw_err_set(err, TW_ERR_INVALID,
				  "'events' must be a list of at most %d instants",
				  TW_TT_MAX_EVENTS);
	tt->nevents = list.list->n;
	tt->events = tw_reallocarray(NULL, tt->nevents + 1, sizeof *tt->events);
	for (size_t i = 0; i < tt->nevents; i++) {
		struct tw_value e = list.list->v[i];
		struct tw_iso iso;

		if (e.kind != TW_V_STR)
			return tw_err_set(err, TW_ERR_INVALID, "'events': entry %zu is no text",
					  i + 1);
		rc = tw_iso_parse(e.s, &iso, err);
		if (rc < 0)
			return tw_err_wrap(err, "'events': entry %zu", i + 1);
		tt->events[i].at = iso.local_us - iso.offset * TW_US_SEC;
		tt->events[i].offset = iso.offset;
	}
	if (!tw_map_bool(v, "presorted", false))
		qsort(tt->events, tt->nevents, sizeof *tt->events, by_time);
	tt->restrict_to_events = tw_map_bool(v, "restrict_to_events", false);
	if (given.p) {
		tt->summary = tw_str_dup(given);
		tt->description = tw_str_dup(given);
		return TW_OK;
	}
	tt->summary = tw_asprintf("%zu events", tt->nevents);
	if (tt->nevents) {
		tw_buf_printf(&words, "%zu events between ", tt->nevents);
		put_event(&words, &tt->events[0]);
		tw_buf_adds(&words, " and ");
		put_event(&words, &tt->events[tt->nevents - 1]);
	}
	tt->description = tw_strdup(tt->nevents ? tw_buf_cstr(&words) : "No events");
	return TW_OK;
}

static enum tw_rc read_delta(struct tw_value v, struct tw_timetable *tt, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf words = {0};

	if (tw_delta_from_value(tw_map_value(v, "delta"), &tt->delta, err) < 0)
		return tw_err_wrap(err, "'delta'");
	tw_delta_str(&tt->delta, &words);
	tt->summary = tw_strdup(tw_buf_cstr(&words));
	return TW_OK;
}

static enum tw_rc read_inner(struct tw_value v, struct tw_zones *zones, struct tw_timetable *tt,
			     struct tw_err *err)
{
	enum tw_tt_type type;
	enum tw_rc rc = find_type(tw_map_value(v, "timetable"), &type, err);

	if (rc == TW_OK &&
	    (type == TW_TT_ASSET || type == TW_TT_PARTITIONED_ASSET || type == TW_TT_ASSET_OR_TIME))
		return tw_err_set(err, TW_ERR_INVALID, "cannot nest asset timetables");
	if (rc == TW_OK)
		rc = tw_timetable_parse(tw_map_value(v, "timetable"), zones, &tt->inner, err);
	if (rc < 0)
		return tw_err_wrap(err, "'timetable'");
	tt->periodic = tt->inner->periodic;
	tt->can_be_scheduled = tt->inner->can_be_scheduled;
	tt->active_runs_limit = tt->inner->active_runs_limit;
	tt->summary = tw_asprintf("Asset or %s", tt->inner->summary);
	tt->description = tw_asprintf("Triggered by assets or %s", tt->inner->description);
	return TW_OK;
}

static enum tw_rc read_custom(struct tw_value v, struct tw_timetable *tt, struct tw_err *err)
{
	struct tw_str path = tw_map_str(v, "classpath", NULL);
	struct tw_str name = path, rest;
	struct tw_str summary = tw_map_str(v, "summary", NULL);

	if (!path.p || path.n == 0)
		return tw_err_set(err, TW_ERR_INVALID, "a custom schedule needs a 'classpath'");
	for (rest = path; rest.p;)
		name = tw_str_cut(rest, '.', &rest);
	free(tt->type_name);
	tt->type_name = tw_str_dup(path);
	tt->summary = tw_str_dup(summary.p ? summary : name);
	tt->description = tw_str_dup(tw_map_str(v, "description", ""));
	tt->periodic = tw_map_bool(v, "periodic", true);
	tt->can_be_scheduled = tw_map_bool(v, "can_be_scheduled", true);
	tt->active_runs_limit = (int)tw_map_int(v, "active_runs_limit", 0);
	return TW_OK;
}

static void words(struct tw_timetable *tt, const char *summary, const char *description)
{
	tt->summary = tw_strdup(summary);
	tt->description = tw_strdup(description);
}

static enum tw_rc read_keys(struct tw_value v, struct tw_zones *zones, struct tw_timetable *tt,
			    struct tw_err *err)
{
	enum tw_rc rc = TW_OK;

	switch (tt->type) {
	case TW_TT_NULL:
		words(tt, "None", "Never, external triggers only");
		break;
	case TW_TT_ONCE:
		words(tt, "@once", "Once, as soon as possible");
		break;
	case TW_TT_CONTINUOUS:
		words(tt, "@continuous", "As frequently as possible, but only one run at a time.");
		tt->active_runs_limit = 1;
		break;
	case TW_TT_CRON_TRIGGER:
	case TW_TT_CRON_INTERVAL:
	case TW_TT_MULTIPLE_CRON:
	case TW_TT_CRON_PARTITION:
		rc = read_crons(v, tt, err);
		if (rc == TW_OK)
			rc = read_zone(v, zones, tt, err);
		if (rc == TW_OK)
			rc = read_interval(v, tt, err);
		if (rc == TW_OK)
			rc = read_run_immediately(v, tt, err);
		if (rc == TW_OK && tt->type == TW_TT_CRON_PARTITION)
			rc = read_partition(v, tt, err);
		break;
	case TW_TT_DELTA_TRIGGER:
	case TW_TT_DELTA_INTERVAL:
		rc = read_delta(v, tt, err);
		if (rc == TW_OK)
			rc = read_interval(v, tt, err);
		break;
	case TW_TT_EVENTS:
		rc = read_events(v, tt, err);
		break;
	case TW_TT_ASSET:
		words(tt, "Asset", "Triggered by assets");
		break;
	case TW_TT_PARTITIONED_ASSET:
		words(tt, "Partitioned Asset", "Triggered by assets");
		tt->partitioned = true;
		rc = read_mapper_zones(tw_map_value(v, "default_mapper"), zones, tt, err);
		if (rc == TW_OK)
			rc = read_mapper_zones(tw_map_value(v, "mappers"), zones, tt, err);
		break;
	case TW_TT_PARTITIONED_AT_RUNTIME:
		words(tt, "PartitionedAtRuntime", "Never, partition key(s) set at runtime");
		break;
	case TW_TT_ASSET_OR_TIME:
		rc = read_inner(v, zones, tt, err);
		break;
	case TW_TT_CUSTOM:
		rc = read_custom(v, tt, err);
		break;
	}
	if (rc == TW_OK && !tt->description)
		tt->description = tw_strdup("");
	return rc;
}

enum tw_rc tw_timetable_parse(struct tw_value schedule, struct tw_zones *zones,
			      struct tw_timetable **ret, struct tw_err *err)
{
	struct tw_timetable *tt;
	enum tw_tt_type type;
	enum tw_rc rc = find_type(schedule, &type, err);

	if (rc < 0)
		return rc;
	tt = tw_new(struct tw_timetable);
	tt->type = type;
	tt->zone = tw_zone_utc;
	tt->periodic = type_rows[type].periodic;
	tt->can_be_scheduled = type_rows[type].can_be_scheduled;
	tt->type_name = tw_strdup(type_rows[type].class_name);
	rc = read_keys(schedule, zones, tt, err);
	if (rc < 0) {
		tw_timetable_free(tt);
		return rc;
	}
	*ret = tt;
	return TW_OK;
}

struct tw_value tw_schedule_from_text(struct tw_arena *a, struct tw_str text,
				      struct tw_str timezone, bool data_intervals)
{
	struct tw_value v = tw_v_map(a);

	if (text.n == 0 || tw_str_is(text, "None") || tw_str_is(text, "@once") ||
	    tw_str_is(text, "@continuous")) {
		const char *word = tw_str_is(text, "@once")	    ? "once"
				   : tw_str_is(text, "@continuous") ? "continuous"
								    : "null";

		tw_map_putc(a, v, "type", tw_v_cstr(word));
		return v;
	}
	tw_map_putc(a, v, "type", tw_v_cstr(data_intervals ? "cron_interval" : "cron_trigger"));
	tw_map_putc(a, v, "expression", tw_v_str(text));
	tw_map_putc(a, v, "timezone", tw_v_str(timezone.n ? timezone : TW_STR("UTC")));
	return v;
}
