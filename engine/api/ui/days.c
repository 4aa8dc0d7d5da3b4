/*
 * The calendar of a DAG: its runs of each day, by state. Where a day begins is a matter of the reader's zone, which the
 * database does not know: it counts by as long spans as never lie in two days of that zone, and here they are put together.
 */
#include <stdio.h>

#include "api/ask.h"
#include "api/tables.h"
#include "io/clock.h"
#include "store/grid.h"

#define DAYS_MAX 4000
#define DAYS_DFLT 365

struct day {
	int64_t number; /* since 1970, of the zone */
	int64_t n[TW_RUN_NSTATES];
	double seconds[TW_RUN_NSTATES];
};

static const struct tw_zone *zone_of(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str name = tw_query(req, "zone");
	const struct tw_zone *z = tw_zone_utc;
	struct tw_err err = {0};

	if (name.n && tw_zones_get(tw_api_zones(req), name, &z, &err) < 0) {
		tw_reply_invalid(resp, "value_error", "query", "zone", tw_arena_strdup(req->arena, err.msg), tw_v_str(name));
		return NULL;
	}
	return z;
}

/* The spans that the zone's days are made of, as a part of "2026-01-31 09:30". */
static enum tw_run_span span_of(const struct tw_zone *z, tw_time from, tw_time until)
{
	int64_t odd = 0;
	struct tw_zone_info at;

	if (z == tw_zone_utc)
		return TW_RUNS_OF_DAY;
	for (tw_time t = from; t < until + TW_US_DAY; t += TW_US_DAY) {
		tw_zone_at(z, t, &at);
		odd |= at.offset % 3600 ? at.offset % 600 ? 2 : 1 : 0;
	}
	return odd & 2 ? TW_RUNS_OF_MINUTE : odd ? TW_RUNS_OF_TEN_MINUTES : TW_RUNS_OF_HOUR;
}

/* "2026-01-31 09" and the like. */
static bool day_number(struct tw_str stamp, const struct tw_zone *z, int64_t *ret)
{
	char text[] = "0000-01-01 00:00";
	tw_time t;

	memcpy(text, stamp.p, stamp.n < sizeof text ? stamp.n : sizeof text - 1);
	if (tw_time_parse(tw_str(text), NULL, &t, NULL) < 0)
		return false;
	*ret = tw_floor_div(tw_zone_local(z, t), TW_US_DAY);
	return true;
}

static void write_day(struct tw_jw *w, const struct day *d)
{
	int year, month, day;
	char text[32];

	tw_civil_from_days(d->number, &year, &month, &day);
	snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
	for (int state = 0; state < TW_RUN_NSTATES; state++) {
		if (!d->n[state])
			continue;
		tw_jw_obj(w);
		tw_jw_str_at(w, "day", tw_str(text));
		tw_jw_str_at(w, "state", tw_str(tw_run_state_name((enum tw_run_state)state)));
		tw_jw_int_at(w, "n", d->n[state]);
		tw_jw_key(w, "seconds");
		tw_jw_float(w, d->seconds[state]);
		tw_jw_end(w);
	}
}

static void write_days(struct tw_jw *w, const struct tw_zone *z, const struct tw_run_day *v, size_t n)
{
	struct day d = {0};
	int64_t number;

	tw_jw_list(w);
	for (size_t i = 0; i < n; i++) {
		if (!day_number(v[i].day, z, &number))
			continue;
		if (number != d.number) {
			write_day(w, &d);
			d = (struct day){.number = number};
		}
		d.n[v[i].state] += v[i].n;
		d.seconds[v[i].state] += v[i].seconds;
	}
	write_day(w, &d);
	tw_jw_end(w);
}

/* ?days=, ?zone= (an IANA name; UTC): [{"day", "state", "n", "seconds"}], the oldest day first. */
static void get_days(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	const struct tw_zone *z = s ? zone_of(req, resp) : NULL;
	struct tw_jw w = {.out = &resp->body};
	tw_time now = tw_now(), since;
	struct tw_run_day *v;
	struct tw_err err = {0};
	int64_t days = DAYS_DFLT;
	size_t n;

	if (!z)
		return;
	tw_str_to_int(tw_query(req, "days"), &days);
	since = now - (days > 0 && days < DAYS_MAX ? days : DAYS_DFLT) * TW_US_DAY;
	if (tw_store_run_days(s, req->params[0], since, span_of(z, since, now), req->arena, &v, &n, &err) < 0)
		tw_reply_err(resp, &err);
	else
		write_days(&w, z, v, n);
}

const struct tw_route tw_routes_ui_days[] = {
	{"GET", "/ui/dags/{dag_id}/days", {TW_ON_DAG_RUN}, get_days},
	{0},
};
