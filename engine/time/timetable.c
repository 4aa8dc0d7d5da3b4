/* The next run, by Airflow 3.3.2's rules. Which rule is whose: docs/schedule.md and
 * contracts/states.md §3. */
#include "time/timetable.h"

#include <stdio.h>

/* Steps from a start date to now over months or years; a day each would be 2,700 years. */
#define MAX_STEPS 1000000

static const struct tw_run_info no_run = {
	.run_after = TW_TIME_NONE,
	.logical_date = TW_TIME_NONE,
	.interval = {TW_TIME_NONE, TW_TIME_NONE},
	.partition_date = TW_TIME_NONE,
};

const char *tw_no_run_text(enum tw_no_run why)
{
	switch (why) {
	case TW_NO_RUN_NONE:
		return "there is a next run";
	case TW_NO_RUN_NEVER:
		return "this schedule makes no runs by itself";
	case TW_NO_RUN_DONE:
		return "every run of this schedule has been made";
	case TW_NO_RUN_PAST_END:
		return "the next run would lie past the end date";
	case TW_NO_RUN_NO_START:
		return "catchup is on and there is no start date to catch up from";
	case TW_NO_RUN_IMPOSSIBLE:
		return "the cron expression names a date that does not come";
	case TW_NO_RUN_CUSTOM:
		return "its timetable gives none";
	case TW_NO_RUN_FAILED:
		return "its timetable failed (see the DAG's warnings)";
	}
	return "unknown";
}

static enum tw_rc none(enum tw_no_run why, struct tw_run_info *ret)
{
	*ret = no_run;
	ret->why = why;
	return TW_OK;
}

static enum tw_rc some(tw_time start, tw_time end, struct tw_run_info *ret)
{
	*ret = no_run;
	ret->run_after = end;
	ret->logical_date = start;
	ret->interval = (struct tw_interval){start, end};
	return TW_OK;
}

static tw_time later(tw_time a, tw_time b)
{
	return a > b ? a : b; /* TW_TIME_NONE is the smallest */
}

/* ── One step of a schedule: cron ticks or a delta ────────────────────────────────────── */

struct stepper {
	const struct tw_cron *cron; /* NULL: delta */
	const struct tw_zone *zone;
	const struct tw_delta *delta;
};

static enum tw_rc step_next(const struct stepper *s, tw_time t, tw_time *ret, struct tw_err *err)
{
	return s->cron ? tw_cron_next(s->cron, s->zone, t, ret, err)
		       : tw_delta_add(t, s->delta, ret, err);
}

static enum tw_rc step_prev(const struct stepper *s, tw_time t, tw_time *ret, struct tw_err *err)
{
	struct tw_delta back;

	if (s->cron)
		return tw_cron_prev(s->cron, s->zone, t, ret, err);
	back = tw_delta_neg(s->delta);
	return tw_delta_add(t, &back, ret, err);
}

static enum tw_rc align_next(const struct stepper *s, tw_time t, tw_time *ret, struct tw_err *err)
{
	if (s->cron)
		return tw_cron_align_next(s->cron, s->zone, t, ret, err);
	*ret = t;
	return TW_OK;
}

static enum tw_rc align_prev(const struct stepper *s, tw_time t, tw_time *ret, struct tw_err *err)
{
	if (s->cron)
		return tw_cron_align_prev(s->cron, s->zone, t, ret, err);
	*ret = t;
	return TW_OK;
}

/* ── Data intervals ───────────────────────────────────────────────────────────────────── */

/*
 * Cron: the start of the interval that is the last one complete at now. On a tick that is the one
 * ending there. (Where a zone shifts by half an hour, real Airflow fails because the tick after
 * the last one is already past; here the search goes on to now.)
 */
static enum tw_rc cron_last_start(const struct stepper *s, tw_time now, tw_time *ret,
				  struct tw_err *err)
{
	tw_time last, next;
	enum tw_rc rc = step_prev(s, now, &last, err);

	if (rc == TW_OK)
		rc = step_next(s, last, &next, err);
	while (rc == TW_OK && next < now) {
		last = next;
		rc = step_next(s, last, &next, err);
	}
	if (rc < 0)
		return rc;
	if (next == now) {
		*ret = last;
		return TW_OK;
	}
	return step_prev(s, last, ret, err);
}

static bool steps_by_calendar(const struct tw_delta *d)
{
	return d->relative && (d->months || d->years);
}

/* A relativedelta's size on the grid that Airflow floors with: sums only, a year 365 days. */
static int64_t grid_us(const struct tw_delta *d)
{
	double sec;

	if (!d->relative)
		return d->us;
	sec = d->days * 86400 + d->hours * 3600 + d->minutes * 60 + d->seconds;
	return (int64_t)(sec * 1e6);
}

/* The delta's boundary at or before now: on the epoch's grid, or in calendar steps from anchor. */
static enum tw_rc delta_floor(const struct stepper *s, tw_time now, tw_time anchor, tw_time *ret,
			      struct tw_err *err)
{
	int64_t grid = grid_us(s->delta);
	tw_time t = anchor, next;
	enum tw_rc rc;

	if (!steps_by_calendar(s->delta) && grid > 0) {
		*ret = tw_floor_div(now, grid) * grid;
		return TW_OK;
	}
	for (int i = 0; i < MAX_STEPS; i++) {
		rc = step_next(s, t, &next, err);
		if (rc < 0)
			return rc;
		if (next > now || next <= t) {
			*ret = t;
			return TW_OK;
		}
		t = next;
	}
	return tw_err_set(err, TW_ERR_LIMIT, "more than %d steps from the start date to now",
			  MAX_STEPS);
}

/* Without catchup: no earlier than the last complete interval, nor than the start date. */
static enum tw_rc skip_to_latest(const struct stepper *s, tw_time earliest, tw_time now,
				 tw_time *ret, struct tw_err *err)
{
	tw_time start, first;
	enum tw_rc rc;

	if (s->cron) {
		rc = cron_last_start(s, now, &start, err);
		if (rc == TW_ERR_NOT_FOUND) {
			start = TW_TIME_NONE; /* nothing before now: the first tick will do */
			if (earliest == TW_TIME_NONE)
				earliest = now;
		} else if (rc < 0) {
			return rc;
		}
	} else {
		rc = delta_floor(s, now, earliest == TW_TIME_NONE ? now : earliest, &start, err);
		if (rc == TW_OK)
			rc = step_prev(s, start, &start, err);
		if (rc < 0)
			return rc;
	}
	if (earliest != TW_TIME_NONE) {
		rc = align_next(s, earliest, &first, err);
		if (rc < 0)
			return rc;
		start = later(start, first);
	}
	*ret = start;
	return TW_OK;
}

/*
 * A coarser schedule than the one before can lead back to the last run or before it. One step mends
 * that; where a zone shifts by half an hour it takes two, and real Airflow gives up after one.
 */
static enum tw_rc step_past(const struct stepper *s, tw_time last_start, tw_time *start,
			    struct tw_err *err)
{
	for (int i = 0; i < 10 && *start <= last_start; i++) {
		enum tw_rc rc = step_next(s, *start, start, err);

		if (rc < 0)
			return rc;
	}
	if (*start <= last_start)
		return tw_err_set(err, TW_ERR_INVALID,
				  "the schedule does not go past its last run");
	return TW_OK;
}

static enum tw_rc next_interval(const struct stepper *s, const struct tw_run_info *last,
				const struct tw_restriction *r, tw_time now,
				struct tw_run_info *ret, struct tw_err *err)
{
	tw_time earliest = r->earliest, start, end;
	enum tw_rc rc = TW_OK;

	if (!r->catchup)
		rc = skip_to_latest(s, earliest, now, &earliest, err);
	else if (earliest != TW_TIME_NONE)
		rc = align_next(s, earliest, &earliest, err);
	if (rc < 0)
		return rc;
	if (!last) {
		if (earliest == TW_TIME_NONE)
			return none(TW_NO_RUN_NO_START, ret);
		start = earliest;
	} else {
		/* The schedule may have changed since: the last end need not be a tick any more. */
		rc = align_prev(s, last->interval.end, &start, err);
		if (rc == TW_ERR_NOT_FOUND)
			start = TW_TIME_NONE;
		else if (rc < 0)
			return rc;
		start = later(start, earliest);
		if (start == TW_TIME_NONE)
			start = last->interval.end;
		rc = step_past(s, last->interval.start, &start, err);
		if (rc < 0)
			return rc;
	}
	if (r->latest != TW_TIME_NONE && start > r->latest)
		return none(TW_NO_RUN_PAST_END, ret);
	rc = step_next(s, start, &end, err);
	return rc < 0 ? rc : some(start, end, ret);
}

/* ── Triggers ─────────────────────────────────────────────────────────────────────────── */

/* The first run when nothing says where to begin. */
static enum tw_rc first_run(const struct tw_timetable *tt, const struct stepper *s, tw_time now,
			    tw_time *ret, struct tw_err *err)
{
	tw_time past, next;
	int64_t within;
	enum tw_rc rc;

	rc = align_prev(s, now, &past, err);
	if (!s->cron || (rc == TW_OK && tt->run_immediately == TW_RUN_LAST)) {
		*ret = past;
		return rc;
	}
	if (rc == TW_ERR_NOT_FOUND)
		return align_next(s, now, ret, err);
	if (rc == TW_OK)
		rc = align_next(s, now, &next, err);
	if (rc == TW_ERR_NOT_FOUND) {
		*ret = past;
		return TW_OK;
	}
	if (rc < 0)
		return rc;
	within = tt->run_within_us;
	if (tt->run_immediately != TW_RUN_WITHIN) {
		within = (next - past) / 10;
		if (within < 5 * TW_US_MIN)
			within = 5 * TW_US_MIN;
	}
	*ret = now - past <= within ? past : next;
	return TW_OK;
}

/* Where the next tick to run lies. last: the end of the newest interval, TW_TIME_NONE = none yet.
 */
static enum tw_rc next_tick(const struct tw_timetable *tt, const struct stepper *s, tw_time last,
			    const struct tw_restriction *r, tw_time now, tw_time *ret,
			    struct tw_err *err)
{
	tw_time best = TW_TIME_NONE, t;
	enum tw_rc rc;

	if (!r->catchup) {
		rc = align_prev(s, now, &best, err);
		if (rc < 0 && rc != TW_ERR_NOT_FOUND)
			return rc;
	}
	if (last != TW_TIME_NONE)
		rc = step_next(s, last, &t, err);
	else if (r->earliest == TW_TIME_NONE)
		rc = first_run(tt, s, now, &t, err);
	else
		rc = align_next(s, r->earliest, &t, err);
	if (rc < 0)
		return rc;
	best = later(best, t);
	if (!r->catchup && last != TW_TIME_NONE && r->earliest != TW_TIME_NONE) {
		rc = align_next(s, r->earliest, &t, err);
		if (rc < 0)
			return rc;
		best = later(best, t);
	}
	*ret = best;
	return TW_OK;
}

static enum tw_rc next_trigger(const struct tw_timetable *tt, const struct stepper *s,
			       const struct tw_run_info *last, const struct tw_restriction *r,
			       tw_time now, struct tw_run_info *ret, struct tw_err *err)
{
	struct tw_delta back = tw_delta_neg(&tt->interval);
	tw_time tick, start;
	enum tw_rc rc;

	rc = next_tick(tt, s, last ? last->interval.end : TW_TIME_NONE, r, now, &tick, err);
	if (rc < 0)
		return rc;
	if (r->latest != TW_TIME_NONE && r->latest < tick)
		return none(TW_NO_RUN_PAST_END, ret);
	rc = tw_delta_add(tick, &back, &start, err);
	return rc < 0 ? rc : some(start, tick, ret);
}

/*
 * Of several expressions: with catchup the earliest, else the newest that is due, else the earliest
 * to come.
 */
static enum tw_rc next_of_many(const struct tw_timetable *tt, const struct tw_run_info *last,
			       const struct tw_restriction *r, tw_time now, struct tw_run_info *ret,
			       struct tw_err *err)
{
	struct tw_run_info best, one;
	bool have = false;
	enum tw_no_run why = TW_NO_RUN_IMPOSSIBLE;

	for (size_t i = 0; i < tt->ncrons; i++) {
		struct stepper s = {.cron = &tt->crons[i], .zone = tt->zone};
		enum tw_rc rc = next_trigger(tt, &s, last, r, now, &one, err);
		bool due, best_due;

		if (rc == TW_ERR_NOT_FOUND)
			continue;
		if (rc < 0)
			return rc;
		if (one.why != TW_NO_RUN_NONE) {
			why = one.why;
			continue;
		}
		due = !r->catchup && one.logical_date <= now;
		best_due = have && !r->catchup && best.logical_date <= now;
		if (!have || due > best_due ||
		    (due == best_due && (due ? one.logical_date > best.logical_date
					     : one.logical_date < best.logical_date)))
			best = one;
		have = true;
	}
	if (!have)
		return none(why, ret);
	*ret = best;
	return TW_OK;
}

static enum tw_rc next_partition(const struct tw_timetable *tt, const struct stepper *s,
				 const struct tw_run_info *last, const struct tw_restriction *r,
				 tw_time now, struct tw_run_info *ret, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf key = {0};
	tw_time tick, date;
	int64_t left = tt->run_offset;
	enum tw_rc rc;

	rc = next_tick(tt, s, last ? last->run_after : TW_TIME_NONE, r, now, &tick, err);
	if (rc < 0)
		return rc;
	if (r->latest != TW_TIME_NONE && r->latest < tick)
		return none(TW_NO_RUN_PAST_END, ret);
	date = tick;
	for (; left && rc == TW_OK; left += left > 0 ? -1 : 1)
		rc = left > 0 ? step_next(s, date, &date, err) : step_prev(s, date, &date, err);
	if (rc < 0)
		return rc;
	tw_strftime(&key, tw_str(tt->key_format), date, tt->zone);
	if (key.n > TW_TT_KEY_MAX)
		return tw_err_set(err, TW_ERR_LIMIT, "the partition key is longer than %d bytes",
				  TW_TT_KEY_MAX);
	*ret = no_run;
	ret->run_after = tick;
	ret->partition_date = date;
	memcpy(ret->partition_key, tw_buf_cstr(&key), key.n + 1);
	return TW_OK;
}

/* ── The simple ones ──────────────────────────────────────────────────────────────────── */

static enum tw_rc next_once(const struct tw_run_info *last, const struct tw_restriction *r,
			    tw_time now, struct tw_run_info *ret)
{
	tw_time at = r->earliest != TW_TIME_NONE ? r->earliest : now;

	if (last)
		return none(TW_NO_RUN_DONE, ret);
	if (r->latest != TW_TIME_NONE && at > r->latest)
		return none(TW_NO_RUN_PAST_END, ret);
	return some(at, at, ret);
}

static enum tw_rc next_continuous(const struct tw_run_info *last, const struct tw_restriction *r,
				  tw_time now, struct tw_run_info *ret)
{
	tw_time start = r->earliest != TW_TIME_NONE ? r->earliest : now;
	tw_time end = later(start, now);

	if (last && last->interval.end > now) { /* the start date lies ahead */
		end = start + (last->interval.end - last->interval.start);
	} else if (last) {
		start = last->interval.end;
		end = now;
	}
	if (r->latest != TW_TIME_NONE && end > r->latest)
		return none(TW_NO_RUN_PAST_END, ret);
	return some(start, end, ret);
}

static enum tw_rc next_event(const struct tw_timetable *tt, const struct tw_run_info *last,
			     const struct tw_restriction *r, tw_time now, struct tw_run_info *ret)
{
	tw_time earliest = r->catchup ? r->earliest : later(r->earliest, now);

	for (size_t i = 0; i < tt->nevents; i++) {
		tw_time at = tt->events[i].at;

		if (at < earliest || (last && at <= last->interval.end))
			continue;
		if (r->latest != TW_TIME_NONE && at > r->latest)
			return none(TW_NO_RUN_PAST_END, ret);
		return some(at, at, ret);
	}
	return none(TW_NO_RUN_DONE, ret);
}

/* ── Questions ────────────────────────────────────────────────────────────────────────── */

static struct stepper stepper_of(const struct tw_timetable *tt)
{
	return (struct stepper){.cron = tt->crons, .zone = tt->zone, .delta = &tt->delta};
}

static enum tw_rc unsupported(const struct tw_timetable *tt, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "timetable %s is answered by Python",
			  tt->type_name);
}

enum tw_rc tw_timetable_next(const struct tw_timetable *tt, const struct tw_run_info *last,
			     const struct tw_restriction *r, tw_time now, struct tw_run_info *ret,
			     struct tw_err *err)
{
	struct stepper s = stepper_of(tt);
	enum tw_rc rc;

	if (last && last->interval.end == TW_TIME_NONE && tt->type != TW_TT_CRON_PARTITION)
		last = NULL;
	switch (tt->type) {
	case TW_TT_ONCE:
		return next_once(last, r, now, ret);
	case TW_TT_CONTINUOUS:
		return next_continuous(last, r, now, ret);
	case TW_TT_EVENTS:
		return next_event(tt, last, r, now, ret);
	case TW_TT_CRON_TRIGGER:
	case TW_TT_DELTA_TRIGGER:
		rc = next_trigger(tt, &s, last, r, now, ret, err);
		break;
	case TW_TT_CRON_INTERVAL:
	case TW_TT_DELTA_INTERVAL:
		rc = next_interval(&s, last, r, now, ret, err);
		break;
	case TW_TT_MULTIPLE_CRON:
		rc = next_of_many(tt, last, r, now, ret, err);
		break;
	case TW_TT_CRON_PARTITION:
		rc = next_partition(tt, &s, last, r, now, ret, err);
		break;
	case TW_TT_ASSET_OR_TIME:
		return tw_timetable_next(tt->inner, last, r, now, ret, err);
	case TW_TT_CUSTOM:
		return unsupported(tt, err);
	default:
		return none(TW_NO_RUN_NEVER, ret);
	}
	return rc == TW_ERR_NOT_FOUND ? none(TW_NO_RUN_IMPOSSIBLE, ret) : rc;
}

static enum tw_rc manual_event(const struct tw_timetable *tt, tw_time at, struct tw_interval *ret)
{
	tw_time t = at;

	if (tt->restrict_to_events && tt->nevents) {
		t = tt->events[0].at;
		for (size_t i = 0; i < tt->nevents && tt->events[i].at <= at; i++)
			t = tt->events[i].at;
	}
	*ret = (struct tw_interval){t, t};
	return TW_OK;
}

enum tw_rc tw_timetable_manual_interval(const struct tw_timetable *tt, tw_time run_after,
					struct tw_interval *ret, struct tw_err *err)
{
	struct stepper s = stepper_of(tt);
	struct tw_interval i = {run_after, run_after};
	struct tw_delta back;
	enum tw_rc rc = TW_OK;

	switch (tt->type) {
	case TW_TT_CRON_INTERVAL:
		rc = align_prev(&s, run_after, &i.end, err);
		if (rc == TW_OK)
			rc = step_prev(&s, i.end, &i.start, err);
		break;
	case TW_TT_DELTA_INTERVAL:
		rc = step_prev(&s, run_after, &i.start, err);
		break;
	case TW_TT_CRON_TRIGGER:
	case TW_TT_DELTA_TRIGGER:
	case TW_TT_MULTIPLE_CRON:
	case TW_TT_CRON_PARTITION:
		back = tw_delta_neg(&tt->interval);
		rc = tw_delta_add(run_after, &back, &i.start, err);
		break;
	case TW_TT_EVENTS:
		return manual_event(tt, run_after, ret);
	case TW_TT_ASSET_OR_TIME:
		return tw_timetable_manual_interval(tt->inner, run_after, ret, err);
	case TW_TT_CUSTOM:
		return unsupported(tt, err);
	default:
		break;
	}
	if (rc == TW_OK)
		*ret = i;
	return rc;
}

enum tw_rc tw_timetable_validate(const struct tw_timetable *tt, tw_time now, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf repr = {0};
	tw_time next;

	if (tt->type == TW_TT_ASSET_OR_TIME)
		return tw_timetable_validate(tt->inner, now, err);
	if (tt->type != TW_TT_DELTA_TRIGGER && tt->type != TW_TT_DELTA_INTERVAL)
		return TW_OK;
	if (tw_delta_add(now, &tt->delta, &next, NULL) == TW_OK && next > now)
		return TW_OK;
	tw_delta_repr(&tt->delta, &repr);
	return tw_err_set(err, TW_ERR_INVALID, "schedule interval must be positive, not %s",
			  tw_buf_cstr(&repr));
}

void tw_run_id_format(struct tw_buf *out, const char *run_type, const struct tw_run_info *run,
		      const char *random, int compat)
{
	char iso[TW_ISO_MAX];
	tw_time at = compat == 2 && run->logical_date != TW_TIME_NONE ? run->logical_date
								      : run->run_after;

	tw_buf_printf(out, "%s__%s", run_type, tw_time_iso_utc(iso, at));
	if (run->partition_key[0])
		tw_buf_printf(out, "__%s__%s", run->partition_key, random ? random : "");
	else if (run->logical_date == TW_TIME_NONE && compat != 2)
		tw_buf_printf(out, "_%s", random ? random : "");
}
