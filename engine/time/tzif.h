/* Inside of a zone: shared by zone.c (questions) and tzif.c (reading files) only. */
#pragma once

#include "time/zone.h"

struct tw_ttype {
	int32_t offset, dst;
	bool is_dst;
	const char *abbr;
};

enum tw_rule_kind {
	TW_RULE_MONTH,	/* Mm.w.d: the w-th weekday d (Sunday = 0) of month m; w = 5 is the last */
	TW_RULE_JULIAN, /* Jn: day 1..365, without 29 February */
	TW_RULE_DAY,	/* n: day 0..365 */
};

struct tw_posix_rule {
	enum tw_rule_kind kind;
	int month, week, wday, day;
	int32_t time; /* seconds after midnight, by the clock before the change */
};

/* A POSIX TZ rule: "CET-1CEST,M3.5.0,M10.5.0/3". */
struct tw_posix {
	bool has_dst;
	struct tw_ttype std, dst;
	struct tw_posix_rule start, end;
};

struct tw_zone {
	char *name;
	bool fixed;	  /* only `before` counts */
	size_t n;	  /* transitions */
	int64_t *utc;	  /* their seconds, ascending */
	int64_t *wall[2]; /* as wall seconds: where fold 0 and fold 1 change */
	uint8_t *idx;	  /* the type after each */
	size_t ntypes;
	struct tw_ttype *types;
	struct tw_ttype before;
	bool has_tail;
	struct tw_posix tail;
	char *abbrs; /* what abbr pointers point into */
};
