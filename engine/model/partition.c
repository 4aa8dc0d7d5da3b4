#include "model/partition.h"

#include <ctype.h>

#include "time/instant.h"

#define KEY_MAX 250

static enum tw_rc refuse(struct tw_err *err, struct tw_str key, const char *why)
{
	return tw_err_set(err, TW_ERR_INVALID, "partition key '" TW_STR_FMT "': %s", TW_STR_ARG(key), why);
}

static void add_key(struct tw_keys *keys, struct tw_arena *a, struct tw_str key)
{
	if (!(keys->n & (keys->n + 1))) { /* full at 0, 1, 3, 7 … */
		struct tw_str *v = tw_arena_array(a, struct tw_str, 2 * keys->n + 1);
		if (keys->n)
			memcpy(v, keys->v, keys->n * sizeof *v);
		keys->v = v;
	}
	keys->v[keys->n++] = tw_str_copy(a, key);
}

/* ── periods: keys that are dates ───────────────────────────────────────────────────────── */

enum period { P_HOUR, P_DAY, P_WEEK, P_MONTH, P_QUARTER, P_YEAR, P_N };

static const struct {
	const char *mapper, *format;
} periods[P_N] = {
	[P_HOUR] = { "StartOfHourMapper", "%Y-%m-%dT%H" },   [P_DAY] = { "StartOfDayMapper", "%Y-%m-%d" },
	[P_WEEK] = { "StartOfWeekMapper", "%Y-%m-%d (W%V)" }, [P_MONTH] = { "StartOfMonthMapper", "%Y-%m" },
	[P_QUARTER] = { "StartOfQuarterMapper", "%Y-Q{quarter}" }, [P_YEAR] = { "StartOfYearMapper", "%Y" },
};

static int period_of(struct tw_value mapper)
{
	struct tw_str type = tw_map_str(mapper, "type", "");

	for (int p = 0; p < P_N; p++)
		if (tw_str_is(type, periods[p].mapper))
			return p;
	return -1;
}

static int64_t start_of(enum period p, int64_t local_us)
{
	struct tw_civil c;
	int64_t day = local_us >= 0 ? local_us / TW_US_DAY : -((TW_US_DAY - 1 - local_us) / TW_US_DAY);

	if (p == P_WEEK) /* day 0 was a Thursday */
		local_us = (day - (((day + 3) % 7) + 7) % 7) * TW_US_DAY;
	tw_civil_from(local_us, &c);
	c.minute = c.second = c.us = 0;
	if (p >= P_DAY)
		c.hour = 0;
	if (p >= P_MONTH)
		c.day = 1;
	if (p == P_QUARTER)
		c.month -= (c.month - 1) % 3;
	if (p == P_YEAR)
		c.month = 1;
	return tw_civil_us(&c);
}

static void put_date(struct tw_buf *out, struct tw_str format, int64_t local_us)
{
	static const char mark[] = "{quarter}";
	struct tw_buf text = { 0 };
	struct tw_civil c;
	char *at;

	tw_civil_from(local_us, &c);
	tw_strftime_naive(&text, format, local_us);
	at = strstr(tw_buf_cstr(&text), mark);
	if (at)
		tw_buf_printf(out, "%.*s%d%s", (int)(at - text.p), text.p, (c.month - 1) / 3 + 1, at + sizeof mark - 1);
	else
		tw_buf_addstr(out, tw_buf_str(&text));
	tw_buf_release(&text);
}

static bool digits(struct tw_str *text, int n, int *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++) {
		if ((size_t)i >= text->n || !isdigit((unsigned char)text->p[i]))
			return false;
		*ret = *ret * 10 + (text->p[i] - '0');
	}
	*text = tw_strn(text->p + n, text->n - (size_t)n);
	return true;
}

/* A key that put_date wrote, back to its date. */
static enum tw_rc read_date(struct tw_str format, struct tw_str key, int64_t *ret, struct tw_err *err)
{
	struct tw_civil c = { .year = 1, .month = 1, .day = 1 };
	struct tw_str rest = key;
	int ignored, quarter = 0;

	for (size_t i = 0; i < format.n; i++) {
		char d = i + 1 < format.n ? format.p[i + 1] : 0;
		int *to = d == 'm' ? &c.month : d == 'd' ? &c.day : d == 'H' ? &c.hour : d == 'M' ? &c.minute :
			  d == 'S' ? &c.second : &ignored;
		bool ok;
		if (format.p[i] == '%' && d && strchr("YmdHMSVUW", d)) {
			ok = d == 'Y' ? digits(&rest, 4, &c.year) : digits(&rest, 2, to);
			i++;
		} else if (tw_str_starts(tw_strn(format.p + i, format.n - i), "{quarter}")) {
			ok = digits(&rest, 1, &quarter) && quarter >= 1 && quarter <= 4;
			c.month = (quarter - 1) * 3 + 1;
			i += sizeof "{quarter}" - 2;
		} else {
			ok = rest.n && rest.p[0] == format.p[i];
			rest = ok ? tw_strn(rest.p + 1, rest.n - 1) : rest;
		}
		if (!ok)
			return refuse(err, key, "does not have the mapper's output format");
	}
	if (rest.n || !tw_civil_valid(&c))
		return refuse(err, key, "does not have the mapper's output format");
	*ret = tw_civil_us(&c);
	return TW_OK;
}

static struct tw_str output_format(struct tw_value mapper)
{
	return tw_map_str(mapper, "output_format", periods[period_of(mapper)].format);
}

static struct tw_str input_format(struct tw_value mapper)
{
	return tw_map_str(mapper, "input_format", "%Y-%m-%dT%H:%M:%S");
}

/* The start of the period that the upstream key lies in, as wall time of the mapper's zone. */
static enum tw_rc period_start(struct tw_value mapper, struct tw_str key, int64_t *ret, struct tw_err *err)
{
	struct tw_iso iso;

	if (tw_strptime(key, input_format(mapper), &iso, err) < 0)
		return tw_err_wrap(err, "partition key '" TW_STR_FMT "'", TW_STR_ARG(key));
	if (iso.has_offset && !tw_str_is(tw_map_str(mapper, "timezone", "UTC"), "UTC"))
		return refuse(err, key, "has an offset, and the mapper's zone is not UTC: that is not supported");
	*ret = start_of(period_of(mapper), iso.local_us - (iso.has_offset ? iso.offset * TW_US_SEC : 0));
	return TW_OK;
}

/* ── windows: what a period is made of ──────────────────────────────────────────────────── */

static int64_t add_months(int64_t local_us, int n)
{
	struct tw_civil c;

	tw_civil_from(local_us, &c);
	int total = c.year * 12 + c.month - 1 + n;
	c.year = total / 12;
	c.month = total % 12 + 1;
	return tw_civil_us(&c);
}

struct steps {
	int64_t from, each;          /* each 0: months */
	int n;
};

static enum tw_rc steps_of(struct tw_value window, int64_t start, struct steps *ret, struct tw_err *err)
{
	static const struct {
		const char *type;
		int64_t each;
		int n;
	} windows[] = { { "HourWindow", TW_US_MIN, 60 }, { "DayWindow", TW_US_HOUR, 24 }, { "WeekWindow", TW_US_DAY, 7 },
			{ "QuarterWindow", 0, 3 },	 { "YearWindow", 0, 12 } };
	struct tw_str type = tw_map_str(window, "type", "");
	bool back = tw_str_is(tw_map_str(window, "direction", "forward"), "backward");

	if (tw_str_is(type, "MonthWindow")) {
		int64_t other = add_months(start, back ? -1 : 1);
		*ret = (struct steps){ back ? other + TW_US_DAY : start, TW_US_DAY,
				       (int)((back ? start - other : other - start) / TW_US_DAY) };
		return TW_OK;
	}
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
		if (!tw_str_is(type, windows[i].type))
			continue;
		int back_by = back ? windows[i].n - 1 : 0;
		*ret = (struct steps){ windows[i].each ? start - back_by * windows[i].each : add_months(start, -back_by),
				       windows[i].each, windows[i].n };
		return TW_OK;
	}
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "the window '" TW_STR_FMT "' is not known", TW_STR_ARG(type));
}

static int64_t step(const struct steps *s, int i)
{
	return s->each ? s->from + i * s->each : add_months(s->from, i);
}

/* ── mapping ────────────────────────────────────────────────────────────────────────────── */

static enum tw_rc map_period(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			     struct tw_err *err)
{
	struct tw_buf out = { 0 };
	int64_t start = 0;

	if (period_start(mapper, key, &start, err) < 0)
		return TW_ERR_INVALID;
	put_date(&out, output_format(mapper), start);
	add_key(ret, a, tw_buf_str(&out));
	tw_buf_release(&out);
	return TW_OK;
}

static enum tw_rc map_allowed(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			      struct tw_err *err)
{
	struct tw_value allowed = tw_map_value(mapper, "allowed_keys");

	for (size_t i = 0; i < tw_value_len(allowed); i++)
		if (allowed.list->v[i].kind == TW_V_STR && tw_str_eq(allowed.list->v[i].s, key)) {
			add_key(ret, a, key);
			return TW_OK;
		}
	return refuse(err, key, "is not among the allowed keys");
}

/* a|b|c by one mapper each. */
static enum tw_rc map_product(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			      struct tw_err *err)
{
	struct tw_value mappers = tw_map_value(mapper, "mappers");
	struct tw_str delimiter = tw_map_str(mapper, "delimiter", "|"), rest = key;
	struct tw_buf out = { 0 };
	size_t n = tw_value_len(mappers), i = 0;
	enum tw_rc rc = TW_OK;

	if (delimiter.n != 1)
		return refuse(err, key, "a delimiter of more than one character is not supported");
	for (; rest.p && i < n && rc == TW_OK; i++) {
		struct tw_str part = tw_str_cut(rest, delimiter.p[0], &rest);
		struct tw_keys one = { 0 };
		rc = tw_partition_map(mappers.list->v[i], part, a, &one, err);
		if (rc == TW_OK && one.n != 1)
			rc = refuse(err, key, "a part of a product must have one key");
		if (rc == TW_OK && i)
			tw_buf_addstr(&out, delimiter);
		if (rc == TW_OK)
			tw_buf_addstr(&out, one.v[0]);
	}
	if (rc == TW_OK && (rest.p || i != n))
		rc = refuse(err, key, "has not as many segments as there are mappers");
	if (rc == TW_OK)
		add_key(ret, a, tw_buf_str(&out));
	tw_buf_release(&out);
	return rc;
}

static enum tw_rc map_chain(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			    struct tw_err *err)
{
	struct tw_value mappers = tw_map_value(mapper, "mappers");
	struct tw_keys now = { 0 };

	add_key(&now, a, key);
	for (size_t i = 0; i < tw_value_len(mappers); i++) {
		struct tw_keys next = { 0 };
		for (size_t k = 0; k < now.n; k++)
			if (tw_partition_map(mappers.list->v[i], now.v[k], a, &next, err) < 0)
				return TW_ERR_INVALID;
		now = next;
	}
	for (size_t k = 0; k < now.n; k++)
		add_key(ret, a, now.v[k]);
	return TW_OK;
}

static enum tw_rc map_fan_out(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			      struct tw_err *err)
{
	struct tw_value up = tw_map_value(mapper, "upstream_mapper"), down = tw_map_value(mapper, "downstream_mapper");
	struct steps s;
	int64_t start = 0;

	if (period_of(up) < 0 || period_of(down) < 0)
		return refuse(err, key, "a fan-out needs mappers of dates");
	if (period_start(up, key, &start, err) < 0 || steps_of(tw_map_value(mapper, "window"), start, &s, err) < 0)
		return TW_ERR_INVALID;
	for (int i = 0; i < s.n; i++) {
		struct tw_buf out = { 0 };
		put_date(&out, output_format(down), step(&s, i));
		add_key(ret, a, tw_buf_str(&out));
		tw_buf_release(&out);
	}
	return TW_OK;
}

static const struct {
	const char *type;
	enum tw_rc (*map)(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			  struct tw_err *err);
} kinds[] = {
	{ "AllowedKeyMapper", map_allowed },
	{ "ProductMapper", map_product },
	{ "ChainMapper", map_chain },
	{ "FanOutMapper", map_fan_out },
};

enum tw_rc tw_partition_map(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			    struct tw_err *err)
{
	struct tw_str type = tw_map_str(mapper, "type", "IdentityMapper");
	size_t most = (size_t)tw_map_int(mapper, "max_downstream_keys", TW_PARTITION_KEYS_MAX);
	enum tw_rc rc = TW_ERR_UNSUPPORTED;

	if (key.n > KEY_MAX)
		return refuse(err, key, "is longer than 250 bytes");
	if (tw_partition_is_rollup(mapper))
		return tw_partition_map(tw_map_value(mapper, "upstream_mapper"), key, a, ret, err);
	if (period_of(mapper) >= 0)
		return map_period(mapper, key, a, ret, err);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (tw_str_is(type, kinds[i].type))
			rc = kinds[i].map(mapper, key, a, ret, err);
	if (tw_str_is(type, "IdentityMapper") || tw_str_is(type, "FixedKeyMapper")) {
		add_key(ret, a, tw_str_is(type, "IdentityMapper") ? key : tw_map_str(mapper, "downstream_key", ""));
		return TW_OK;
	}
	if (rc == TW_ERR_UNSUPPORTED)
		return tw_err_set(err, rc, "the partition mapper '" TW_STR_FMT "' is not known", TW_STR_ARG(type));
	if (rc == TW_OK && ret->n > most)
		return refuse(err, key, "maps to more keys than max_downstream_keys allows");
	return rc;
}

/* ── rollups ────────────────────────────────────────────────────────────────────────────── */

bool tw_partition_is_rollup(struct tw_value mapper)
{
	return tw_str_is(tw_map_str(mapper, "type", ""), "RollupMapper");
}

static size_t enough_of(struct tw_value policy, size_t n)
{
	int64_t least = tw_map_int(policy, "n", 0);

	if (!tw_str_is(tw_map_str(policy, "type", "WaitForAll"), "MinimumCount"))
		return n;
	if (least > 0)
		return (size_t)least;
	return (int64_t)n + least > 0 ? (size_t)((int64_t)n + least) : 0;
}

enum tw_rc tw_partition_needs(struct tw_value mapper, struct tw_str key, struct tw_arena *a, struct tw_keys *ret,
			      size_t *ret_enough, struct tw_err *err)
{
	struct tw_value up = tw_map_value(mapper, "upstream_mapper"), window = tw_map_value(mapper, "window");
	struct tw_value segments = tw_map_value(window, "segments");
	struct steps s;
	int64_t start = 0;

	if (segments.kind == TW_V_LIST) {
		for (size_t i = 0; i < tw_value_len(segments); i++)
			if (segments.list->v[i].kind == TW_V_STR)
				add_key(ret, a, segments.list->v[i].s);
	} else {
		if (period_of(up) < 0)
			return refuse(err, key, "this rollup's upstream mapper is none of dates");
		if (read_date(output_format(up), key, &start, err) < 0 || steps_of(window, start, &s, err) < 0)
			return TW_ERR_INVALID;
		for (int i = 0; i < s.n; i++) {
			struct tw_buf out = { 0 };
			tw_strftime_naive(&out, input_format(up), step(&s, i));
			add_key(ret, a, tw_buf_str(&out));
			tw_buf_release(&out);
		}
	}
	*ret_enough = enough_of(tw_map_value(mapper, "wait_policy"), ret->n);
	return TW_OK;
}

/* ── dates ──────────────────────────────────────────────────────────────────────────────── */

/* Weeks and quarters have marks in their keys that strptime does not know. */
static enum tw_rc period_anchor(const struct tw_timetable *tt, struct tw_value mapper, struct tw_str key, tw_time *ret,
				struct tw_err *err)
{
	enum period p = (enum period)period_of(mapper);
	struct tw_iso iso = { 0 };
	enum tw_rc rc = p == P_WEEK || p == P_QUARTER ? read_date(output_format(mapper), key, &iso.local_us, err) :
							tw_strptime(key, output_format(mapper), &iso, err);

	if (rc < 0)
		return rc;
	iso.local_us = start_of(p, iso.local_us);
	*ret = iso.has_offset ? iso.local_us - iso.offset * TW_US_SEC :
				tw_zone_aware(tw_timetable_mapper_zone(tt, tw_map_value(mapper, "timezone")), iso.local_us);
	return TW_OK;
}

/* One part that is a date is the whole's; none, or two, are not. */
static enum tw_rc product_anchor(const struct tw_timetable *tt, struct tw_value mapper, struct tw_str key, tw_time *ret,
				 struct tw_err *err)
{
	struct tw_value mappers = tw_map_value(mapper, "mappers");
	struct tw_str delimiter = tw_map_str(mapper, "delimiter", "|"), rest = key;
	size_t n = tw_value_len(mappers), dates = 0, parts = 1;
	tw_time found = TW_TIME_NONE;

	if (delimiter.n != 1)
		return refuse(err, key, "a delimiter of more than one character is not supported");
	for (size_t i = 0; i < key.n; i++)
		parts += key.p[i] == delimiter.p[0];
	if (parts != n)
		return TW_OK;
	for (size_t i = 0; i < n; i++) {
		struct tw_str part = tw_str_cut(rest, delimiter.p[0], &rest);
		tw_time at = TW_TIME_NONE;
		if (tw_partition_anchor(tt, mappers.list->v[i], part, &at, err) < 0)
			return TW_ERR_INVALID;
		if (at != TW_TIME_NONE) {
			dates++;
			found = at;
		}
	}
	if (dates == 1)
		*ret = found;
	return TW_OK;
}

bool tw_partition_is_identity(struct tw_value mapper)
{
	return tw_str_is(tw_map_str(mapper, "type", "IdentityMapper"), "IdentityMapper");
}

enum tw_rc tw_partition_anchor(const struct tw_timetable *tt, struct tw_value mapper, struct tw_str key, tw_time *ret,
			       struct tw_err *err)
{
	struct tw_str type = tw_map_str(mapper, "type", "");
	struct tw_value chain = tw_map_value(mapper, "mappers");

	*ret = TW_TIME_NONE;
	if (period_of(mapper) >= 0)
		return period_anchor(tt, mapper, key, ret, err);
	if (tw_partition_is_rollup(mapper))
		return tw_partition_anchor(tt, tw_map_value(mapper, "upstream_mapper"), key, ret, err);
	if (tw_str_is(type, "FanOutMapper"))
		return tw_partition_anchor(tt, tw_map_value(mapper, "downstream_mapper"), key, ret, err);
	if (tw_str_is(type, "ChainMapper") && tw_value_len(chain))
		return tw_partition_anchor(tt, chain.list->v[chain.list->n - 1], key, ret, err);
	if (tw_str_is(type, "ProductMapper"))
		return product_anchor(tt, mapper, key, ret, err);
	return TW_OK;
}

static bool names(struct tw_value ref, struct tw_str name, struct tw_str uri)
{
	struct tw_str key = tw_map_str(ref, "asset", ""), own = tw_map_str(ref, "name", NULL);

	if (own.p)
		return tw_str_eq(own, name);
	if (tw_str_starts(key, "name:"))
		return tw_str_eq(tw_strn(key.p + 5, key.n - 5), name);
	return uri.n && tw_str_eq(key, uri);
}

struct tw_value tw_partition_mapper(const struct tw_dag *dag, struct tw_str name, struct tw_str uri)
{
	struct tw_value mappers = tw_map_value(dag->schedule, "mappers");

	for (size_t i = 0; i < tw_value_len(mappers); i++)
		if (names(tw_map_value(mappers.list->v[i], "asset"), name, uri))
			return tw_map_value(mappers.list->v[i], "mapper");
	return tw_map_value(dag->schedule, "default_mapper");
}

struct dates {
	const struct tw_dag *dag;
	struct tw_str key;
	tw_time found;               /* TW_TIME_NONE: none yet */
	bool differ;
	struct tw_err *err;
};

static bool add_dates(struct dates *d, const struct tw_asset_term *t)
{
	tw_time at;

	for (int i = 0; i < t->n; i++)
		if (!add_dates(d, &t->of[i]))
			return false;
	if (t->kind == TW_ASSET_ALL || t->kind == TW_ASSET_ANY || t->kind == TW_ASSET_ALIAS)
		return true;
	if (tw_partition_anchor(d->dag->timetable, tw_partition_mapper(d->dag, t->key.name, t->key.uri), d->key, &at, d->err) < 0)
		return false;
	d->differ |= at != TW_TIME_NONE && d->found != TW_TIME_NONE && at != d->found;
	d->found = at != TW_TIME_NONE ? at : d->found;
	return true;
}

enum tw_rc tw_dag_partition_date(const struct tw_dag *dag, struct tw_str key, tw_time *ret, struct tw_err *err)
{
	const struct tw_timetable *tt = dag->timetable;
	struct dates d = { .dag = dag, .key = key, .found = TW_TIME_NONE, .err = err };
	struct tw_iso iso;

	*ret = TW_TIME_NONE;
	if (tt->type == TW_TT_CRON_PARTITION) {
		if (tw_strptime(key, tw_str(tt->key_format), &iso, err) < 0)
			return tw_err_wrap(err, "Partition key '" TW_STR_FMT "' does not match the timetable's key_format '%s'",
					   TW_STR_ARG(key), tt->key_format);
		if (iso.has_offset) /* as Airflow's make_aware has it */
			return refuse(err, key, "has an offset of its own; the timetable's zone is what counts");
		*ret = tw_zone_aware(tt->zone, iso.local_us);
	} else if (tt->type == TW_TT_PARTITIONED_ASSET && dag->asset_condition) {
		if (!add_dates(&d, dag->asset_condition))
			return tw_err_wrap(err, "Partition key '" TW_STR_FMT "' is invalid for this timetable's mappers", TW_STR_ARG(key));
		*ret = d.differ ? TW_TIME_NONE : d.found;
	}
	return TW_OK;
}
