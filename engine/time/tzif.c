/* TZif files (RFC 8536) and their POSIX TZ footer. */
#include "time/tzif.h"

#include <stdlib.h>

#define MAX_TRANSITIONS 100000

struct header {
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
};

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t be64(const char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static enum tw_rc bad(struct tw_str name, const char *what, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_INVALID, "time zone file '%.*s': %s", TW_STR_ARG(name), what);
}

static bool read_header(struct tw_str *s, struct header *h, int *ret_version)
{
	if (s->n < 44 || memcmp(s->p, "TZif", 4) != 0)
		return false;
	*ret_version = s->p[4] ? s->p[4] - '0' : 1;
	h->isutcnt = be32(s->p + 20);
	h->isstdcnt = be32(s->p + 24);
	h->leapcnt = be32(s->p + 28);
	h->timecnt = be32(s->p + 32);
	h->typecnt = be32(s->p + 36);
	h->charcnt = be32(s->p + 40);
	*s = tw_strn(s->p + 44, s->n - 44);
	return h->timecnt <= MAX_TRANSITIONS && h->typecnt >= 1 && h->typecnt <= 256 &&
	       h->charcnt >= 1 && h->charcnt <= 10000 && h->leapcnt <= 10000 && h->isutcnt <= 256 &&
	       h->isstdcnt <= 256;
}

static size_t block_size(const struct header *h, size_t time_size)
{
	return h->timecnt * time_size + h->timecnt + h->typecnt * 6 + h->charcnt +
	       h->leapcnt * (time_size + 4) + h->isstdcnt + h->isutcnt;
}

/* ── The POSIX rule ───────────────────────────────────────────────────────────────────── */

static bool posix_name(const char **p, char **abbrs)
{
	const char *start = *p;
	size_t n = 0;

	if (*start == '<') {
		start++;
		while (start[n] && start[n] != '>')
			n++;
		if (start[n] != '>')
			return false;
		*p = start + n + 1;
	} else {
		while ((start[n] >= 'A' && start[n] <= 'Z') || (start[n] >= 'a' && start[n] <= 'z'))
			n++;
		*p = start + n;
	}
	if (n == 0 || n > 30)
		return false;
	memcpy(*abbrs, start, n);
	(*abbrs)[n] = '\0';
	*abbrs += n + 1;
	return true;
}

static bool posix_number(const char **p, int max, int *ret)
{
	int v = 0;
	const char *start = *p;

	while (**p >= '0' && **p <= '9') {
		v = v * 10 + (*(*p)++ - '0');
		if (v > max)
			return false;
	}
	*ret = v;
	return *p > start;
}

/* [+-]hh[:mm[:ss]], hours to max_hours */
static bool posix_time(const char **p, int max_hours, int32_t *ret)
{
	int sign = 1, h, m = 0, s = 0;

	if (**p == '+' || **p == '-')
		sign = *(*p)++ == '-' ? -1 : 1;
	if (!posix_number(p, max_hours, &h))
		return false;
	if (**p == ':') {
		(*p)++;
		if (!posix_number(p, 59, &m))
			return false;
		if (**p == ':') {
			(*p)++;
			if (!posix_number(p, 59, &s))
				return false;
		}
	}
	*ret = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool posix_rule(const char **p, struct tw_posix_rule *r)
{
	if (**p != ',')
		return false;
	(*p)++;
	r->time = 2 * 3600;
	if (**p == 'M') {
		(*p)++;
		r->kind = TW_RULE_MONTH;
		if (!posix_number(p, 12, &r->month) || r->month < 1 || *(*p)++ != '.' ||
		    !posix_number(p, 5, &r->week) || r->week < 1 || *(*p)++ != '.' ||
		    !posix_number(p, 6, &r->wday))
			return false;
	} else if (**p == 'J') {
		(*p)++;
		r->kind = TW_RULE_JULIAN;
		if (!posix_number(p, 365, &r->day) || r->day < 1)
			return false;
	} else {
		r->kind = TW_RULE_DAY;
		if (!posix_number(p, 365, &r->day))
			return false;
	}
	if (**p == '/') {
		(*p)++;
		return posix_time(p, 167, &r->time);
	}
	return true;
}

/* text is terminated; abbrs has room for two names. */
static bool parse_posix(const char *text, char *abbrs, struct tw_posix *ret)
{
	const char *p = text;
	int32_t west;

	ret->std.abbr = abbrs;
	if (!posix_name(&p, &abbrs) || !posix_time(&p, 24, &west))
		return false;
	ret->std.offset = -west;
	if (!*p)
		return true;
	ret->has_dst = true;
	ret->dst.is_dst = true;
	ret->dst.abbr = abbrs;
	if (!posix_name(&p, &abbrs))
		return false;
	ret->dst.offset = ret->std.offset + 3600;
	if (*p && *p != ',') {
		if (!posix_time(&p, 24, &west))
			return false;
		ret->dst.offset = -west;
	}
	ret->dst.dst = ret->dst.offset - ret->std.offset;
	return posix_rule(&p, &ret->start) && posix_rule(&p, &ret->end) && !*p;
}

/* ── The tables ───────────────────────────────────────────────────────────────────────── */

/* How much of each summer offset is saving: what it differs by from the standard time beside it. */
static void infer_saving(struct tw_zone *z)
{
	for (size_t i = 0; i < z->n; i++) {
		struct tw_ttype *type = &z->types[z->idx[i]];
		const struct tw_ttype *prev = i ? &z->types[z->idx[i - 1]] : &z->before;
		const struct tw_ttype *next = i + 1 < z->n ? &z->types[z->idx[i + 1]] : NULL;

		if (!type->is_dst || type->dst)
			continue;
		if (!prev->is_dst)
			type->dst = type->offset - prev->offset;
		if (!type->dst && next && !next->is_dst)
			type->dst = type->offset - next->offset;
	}
	for (size_t i = 0; i < z->ntypes; i++)
		if (z->types[i].is_dst && !z->types[i].dst)
			z->types[i].dst = 3600;
}

/* A change shows on the wall at the later reading for fold 0, at the earlier one for fold 1. */
static void make_wall(struct tw_zone *z)
{
	int32_t old = z->types[0].offset;

	for (size_t i = 0; i < z->n; i++) {
		int32_t new = z->types[z->idx[i]].offset;

		z->wall[0][i] = z->utc[i] + (old > new ? old : new);
		z->wall[1][i] = z->utc[i] + (old > new ? new : old);
		old = new;
	}
}

static enum tw_rc read_tables(struct tw_zone *z, struct tw_str s, const struct header *h,
			      size_t time_size, struct tw_err *err)
{
	struct tw_str name = tw_str(z->name);
	const char *times = s.p, *idx = times + h->timecnt * time_size;
	const char *types = idx + h->timecnt, *chars = types + (size_t)h->typecnt * 6;

	z->n = h->timecnt;
	z->utc = tw_reallocarray(NULL, z->n + 1, sizeof *z->utc);
	z->wall[0] = tw_reallocarray(NULL, z->n + 1, sizeof *z->utc);
	z->wall[1] = tw_reallocarray(NULL, z->n + 1, sizeof *z->utc);
	z->idx = tw_alloc(z->n + 1);
	z->ntypes = h->typecnt;
	z->types = tw_reallocarray(NULL, z->ntypes, sizeof *z->types);
	z->abbrs = tw_zalloc(h->charcnt + 1 + 64);
	memcpy(z->abbrs, chars, h->charcnt);
	for (size_t i = 0; i < z->ntypes; i++) {
		const char *t = types + i * 6;
		int32_t offset = (int32_t)be32(t);

		if (offset < -90000 || offset > 93600 || (unsigned char)t[5] >= h->charcnt)
			return bad(name, "a time type is out of range", err);
		z->types[i] = (struct tw_ttype){
			.offset = offset,
			.is_dst = t[4] != 0,
			.abbr = z->abbrs + (unsigned char)t[5],
		};
	}
	for (size_t i = 0; i < z->n; i++) {
		z->utc[i] = time_size == 8 ? be64(times + i * 8) : (int32_t)be32(times + i * 4);
		z->idx[i] = (uint8_t)idx[i];
		if (z->idx[i] >= z->ntypes || (i && z->utc[i] <= z->utc[i - 1]) ||
		    z->utc[i] < -(1LL << 60) || z->utc[i] > 1LL << 60)
			return bad(name, "its transitions are not in order", err);
	}
	z->before = z->types[0];
	for (size_t i = 0; i < z->ntypes; i++) {
		if (!z->types[i].is_dst) {
			z->before = z->types[i];
			break;
		}
	}
	infer_saving(z);
	make_wall(z);
	return TW_OK;
}

static enum tw_rc read_footer(struct tw_zone *z, struct tw_str s, size_t charcnt,
			      struct tw_err *err)
{
	struct tw_str rule;
	char text[200];

	if (s.n < 2 || s.p[0] != '\n')
		return TW_OK;
	s = tw_strn(s.p + 1, s.n - 1);
	rule = tw_str_cut(s, '\n', &s);
	if (rule.n == 0)
		return TW_OK;
	if (rule.n >= sizeof text)
		return bad(tw_str(z->name), "its footer is too long", err);
	memcpy(text, rule.p, rule.n);
	text[rule.n] = '\0';
	if (!parse_posix(text, z->abbrs + charcnt + 1, &z->tail))
		return bad(tw_str(z->name), "its footer is no POSIX rule", err);
	z->has_tail = true;
	return TW_OK;
}

static enum tw_rc load(struct tw_zone *z, struct tw_str s, struct tw_err *err)
{
	struct tw_str name = tw_str(z->name);
	struct header h;
	int version;
	size_t time_size = 4;
	enum tw_rc rc;

	if (!read_header(&s, &h, &version) || s.n < block_size(&h, 4))
		return bad(name, "not a TZif file", err);
	if (version >= 2) {
		s = tw_strn(s.p + block_size(&h, 4), s.n - block_size(&h, 4));
		time_size = 8;
		if (!read_header(&s, &h, &version) || s.n < block_size(&h, 8))
			return bad(name, "it is cut short", err);
	}
	rc = read_tables(z, s, &h, time_size, err);
	if (rc < 0)
		return rc;
	if (time_size == 8) {
		rc = read_footer(z, tw_strn(s.p + block_size(&h, 8), s.n - block_size(&h, 8)),
				 h.charcnt, err);
		if (rc < 0)
			return rc;
	}
	if (z->n == 0 && !z->tail.has_dst) {
		z->fixed = true;
		if (z->has_tail)
			z->before = z->tail.std;
	}
	return TW_OK;
}

enum tw_rc tw_zone_load_tzif(struct tw_str name, struct tw_str bytes, struct tw_zone **ret,
			     struct tw_err *err)
{
	struct tw_zone *z = tw_new(struct tw_zone);
	enum tw_rc rc;

	z->name = tw_str_dup(name);
	rc = load(z, bytes, err);
	if (rc < 0) {
		tw_zone_free(z);
		return rc;
	}
	*ret = z;
	return TW_OK;
}
