#include "time/zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "time/tzif.h"

static const struct tw_zone utc_zone = {
	.name = (char *)"UTC",
	.fixed = true,
	.before = {.offset = 0, .dst = 0, .abbr = "UTC"},
};
const struct tw_zone *const tw_zone_utc = &utc_zone;

struct tw_zone *tw_zone_new_fixed(int32_t offset, const char *name)
{
	struct tw_zone *z = tw_new(struct tw_zone);
	int32_t a = offset < 0 ? -offset : offset;

	if (name)
		z->name = tw_strdup(name);
	else if (a % 60)
		z->name = tw_asprintf("%c%02d:%02d:%02d", offset < 0 ? '-' : '+', a / 3600,
				      a / 60 % 60, a % 60);
	else
		z->name = tw_asprintf("%c%02d:%02d", offset < 0 ? '-' : '+', a / 3600, a / 60 % 60);
	z->fixed = true;
	z->before.offset = offset;
	z->before.abbr = z->name;
	return z;
}

void tw_zone_free(struct tw_zone *z)
{
	if (!z || z == &utc_zone)
		return;
	free(z->name);
	free(z->utc);
	free(z->wall[0]);
	free(z->wall[1]);
	free(z->idx);
	free(z->types);
	free(z->abbrs);
	free(z);
}

const char *tw_zone_name(const struct tw_zone *z)
{
	return z->name;
}

bool tw_zone_is_fixed(const struct tw_zone *z)
{
	return z->fixed;
}

/* The number of entries of v that are <= x. */
static size_t upper_bound(const int64_t *v, size_t n, int64_t x)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid] <= x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void info_of(const struct tw_ttype *type, bool fold, struct tw_zone_info *ret)
{
	ret->offset = type->offset;
	ret->dst = type->dst;
	ret->abbr = type->abbr;
	ret->fold = fold;
}

/* ── The rule after the table ─────────────────────────────────────────────────────────── */

/* The wall second, by the clock before it, at which a rule fires in a year. */
static int64_t rule_at(const struct tw_posix_rule *r, int year)
{
	int64_t day;

	if (r->kind == TW_RULE_MONTH) {
		int64_t first = tw_days_from_civil(year, r->month, 1);
		int first_wd = (tw_weekday(first) + 1) % 7; /* Sunday = 0 */
		int mday = (r->wday - first_wd + 7) % 7 + 1 + (r->week - 1) * 7;

		if (mday > tw_days_in_month(year, r->month))
			mday -= 7;
		day = first + mday - 1;
	} else {
		day = tw_days_from_civil(year, 1, 1) + r->day;
		if (r->kind == TW_RULE_JULIAN) /* 29 February has no number */
			day += -1 + (tw_is_leap(year) && r->day > 59);
	}
	return day * 86400 + r->time;
}

static int year_of(int64_t sec)
{
	int y, m, d;

	tw_civil_from_days(tw_floor_div(sec, 86400), &y, &m, &d);
	return y;
}

/* Is wall second w in summer time? Start and end are wall times by the clock before them. */
static bool in_dst(int64_t start, int64_t end, int64_t w)
{
	return start < end ? w >= start && w < end : w >= start || w < end;
}

static const struct tw_ttype *tail_at_utc(const struct tw_zone *z, int64_t sec, bool *ret_fold)
{
	const struct tw_posix *p = &z->tail;
	int64_t start, end, saving;
	int year;
	bool dst;

	*ret_fold = false;
	if (!p->has_dst)
		return &p->std;
	year = year_of(sec + p->std.offset);
	start = rule_at(&p->start, year) - p->std.offset;
	end = rule_at(&p->end, year) - p->dst.offset;
	dst = in_dst(start, end, sec);
	saving = p->dst.offset - p->std.offset;
	if (saving > 0)
		*ret_fold = !dst && sec >= end && sec < end + saving;
	else
		*ret_fold = dst && sec >= start && sec < start - saving;
	return dst ? &p->dst : &p->std;
}

static const struct tw_ttype *tail_at_local(const struct tw_zone *z, int64_t sec, int fold)
{
	const struct tw_posix *p = &z->tail;
	int64_t start, end, saving;
	int year;

	if (!p->has_dst)
		return &p->std;
	year = year_of(sec);
	start = rule_at(&p->start, year);
	end = rule_at(&p->end, year);
	/*
	 * Fold 1 reads a gap with the offset after it and an overlap with the second of its two:
	 * that moves the border of whichever of the two changes it is.
	 */
	saving = p->dst.offset - p->std.offset;
	if (fold == (saving >= 0))
		end -= saving;
	else
		start += saving;
	return in_dst(start, end, sec) ? &p->dst : &p->std;
}

/* ── Questions ────────────────────────────────────────────────────────────────────────── */

void tw_zone_at(const struct tw_zone *z, tw_time t, struct tw_zone_info *ret)
{
	int64_t sec = tw_floor_div(t, TW_US_SEC);
	size_t i = z->fixed ? 0 : upper_bound(z->utc, z->n, sec);
	const struct tw_ttype *type, *prev;
	bool fold = false;

	if (z->fixed || (i == 0 && z->n)) {
		info_of(&z->before, false, ret);
		return;
	}
	if (i >= z->n && z->has_tail) {
		type = tail_at_utc(z, sec, &fold);
		if (i == 0) {
			info_of(type, fold, ret);
			return;
		}
	} else {
		type = i ? &z->types[z->idx[i - 1]] : &z->before;
	}
	if (!fold && i > 0) {
		prev = i > 1 ? &z->types[z->idx[i - 2]] : &z->before;
		fold = sec - z->utc[i - 1] < prev->offset - z->types[z->idx[i - 1]].offset;
	}
	info_of(type, fold, ret);
}

int64_t tw_zone_local(const struct tw_zone *z, tw_time t)
{
	struct tw_zone_info zi;

	tw_zone_at(z, t, &zi);
	return t + zi.offset * TW_US_SEC;
}

int32_t tw_zone_offset_at(const struct tw_zone *z, int64_t local_us, int fold)
{
	int64_t sec = tw_floor_div(local_us, TW_US_SEC);
	size_t i;

	if (z->fixed)
		return z->before.offset;
	i = upper_bound(z->wall[fold], z->n, sec);
	if (i == 0 && z->n)
		return z->before.offset;
	if (z->has_tail && (z->n == 0 || sec > z->wall[fold][z->n - 1]))
		return tail_at_local(z, sec, fold)->offset;
	return i ? z->types[z->idx[i - 1]].offset : z->before.offset;
}

tw_time tw_zone_to_utc(const struct tw_zone *z, int64_t local_us, int fold)
{
	return local_us - tw_zone_offset_at(z, local_us, fold) * TW_US_SEC;
}

tw_time tw_zone_aware(const struct tw_zone *z, int64_t local_us)
{
	int32_t first = tw_zone_offset_at(z, local_us, 0);
	int32_t second = tw_zone_offset_at(z, local_us, 1);

	/* In a gap the later wall time by its length is the same instant as this one by the old
	 * clock. */
	return local_us - (second > first ? first : second) * TW_US_SEC;
}

/* ── Sets ─────────────────────────────────────────────────────────────────────────────── */

void tw_zones_release(struct tw_zones *zs)
{
	tw_map_foreach(&zs->map, e)
	{
		tw_zone_free(e->value);
	}
	tw_map_release(&zs->map);
}

const struct tw_zone *tw_zones_fixed(struct tw_zones *zs, int32_t offset)
{
	char key[32];
	struct tw_zone *z;

	snprintf(key, sizeof key, "@%d", offset);
	z = tw_map_get(&zs->map, tw_str(key));
	if (!z) {
		z = tw_zone_new_fixed(offset, NULL);
		tw_map_set(&zs->map, tw_str(key), z);
	}
	return z;
}

/* "+05:30", "-0800", "+05" */
static bool parse_offset(struct tw_str s, int32_t *ret)
{
	int d[4] = {0};
	int n = 0;

	if (s.n < 3 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == ':' && i == 3 && s.n == 6)
			continue;
		if (n == 4 || s.p[i] < '0' || s.p[i] > '9')
			return false;
		d[n++] = s.p[i] - '0';
	}
	if ((n != 2 && n != 4) || d[0] * 10 + d[1] > 23 || d[2] > 5)
		return false;
	*ret = (s.p[0] == '-' ? -1 : 1) * ((d[0] * 10 + d[1]) * 3600 + (d[2] * 10 + d[3]) * 60);
	return true;
}

static bool name_ok(struct tw_str name)
{
	if (name.n == 0 || name.n > 100 || name.p[0] == '/' || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-' || c == '+' || c == '/'))
			return false;
	}
	return true;
}

enum tw_rc tw_zones_get(struct tw_zones *zs, struct tw_str name, const struct tw_zone **ret,
			struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf bytes = {0};
	struct tw_zone *z;
	char cname[101];
	int32_t offset;
	enum tw_rc rc;

	if (tw_str_caseeq(name, "UTC")) {
		*ret = tw_zone_utc;
		return TW_OK;
	}
	if (parse_offset(name, &offset)) {
		*ret = tw_zones_fixed(zs, offset);
		return TW_OK;
	}
	if (!name_ok(name))
		return tw_err_set(err, TW_ERR_INVALID, "'%.*s' is not the name of a time zone",
				  name.n > 100 ? 100 : (int)name.n, name.n ? name.p : "");
	z = tw_map_get(&zs->map, name);
	if (z) {
		*ret = z;
		return TW_OK;
	}
	memcpy(cname, name.p, name.n);
	cname[name.n] = '\0';
	rc = zs->load ? zs->load(zs->ctx, cname, &bytes, err)
		      : tw_err_set(err, TW_ERR_NOT_FOUND, "no time zones are loaded");
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "unknown time zone '%s'", cname);
	if (rc < 0)
		return tw_err_wrap(err, "time zone '%s'", cname);
	rc = tw_zone_load_tzif(name, tw_buf_str(&bytes), &z, err);
	if (rc < 0)
		return rc;
	tw_map_set(&zs->map, name, z);
	*ret = z;
	return TW_OK;
}
