/*
 * Time zones: IANA zones read from TZif bytes (version 2 and later, with the POSIX rule for the
 * years past the table), and fixed offsets. Pure: whoever owns a zone set gives it a loader that
 * finds the bytes (io/zoneinfo.h reads the system's directory).
 *
 * A zone is immutable once made. A set keeps its zones until it is released, and hands out pointers
 * that stay valid as long; looking up changes the set, so threads that share one take turns (using
 * a zone needs no lock).
 */
#pragma once

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "time/instant.h"

struct tw_zone;

struct tw_zone_info {
	int32_t offset;	  /* seconds east of Greenwich */
	int32_t dst;	  /* seconds of daylight saving in it; 0 = standard time */
	const char *abbr; /* "CEST"; the zone's */
	bool fold;	  /* the second pass of a wall time that comes twice */
};

/* "UTC", always there, in no set. */
extern const struct tw_zone *const tw_zone_utc;

/* Parses a TZif file. The zone is the caller's, to be freed. */
enum tw_rc tw_zone_load_tzif(struct tw_str name, struct tw_str bytes, struct tw_zone **ret,
			     struct tw_err *err);
/* An offset of whole seconds, |offset| < 24 h, called "+05:30" unless name is given. */
struct tw_zone *tw_zone_new_fixed(int32_t offset, const char *name);
void tw_zone_free(struct tw_zone *z);

const char *tw_zone_name(const struct tw_zone *z);
bool tw_zone_is_fixed(const struct tw_zone *z);

/* What holds at an instant. */
void tw_zone_at(const struct tw_zone *z, tw_time t, struct tw_zone_info *ret);
/* The wall clock's reading at an instant. */
int64_t tw_zone_local(const struct tw_zone *z, tw_time t);

/*
 * Wall time to instant.
 *   offset_at: the offset Python's zoneinfo gives for a wall time and its fold (0 or 1). In a gap,
 *              fold 0 is the offset before it, fold 1 the one after; in a fold, first and second.
 *   to_utc:    wall time less that offset: what Python does with an aware datetime.
 *   aware:     what Airflow does with a naive one (make_aware, pendulum's convert with fold 1): in
 * a gap forward by its length, in a fold the second.
 */
int32_t tw_zone_offset_at(const struct tw_zone *z, int64_t local_us, int fold);
tw_time tw_zone_to_utc(const struct tw_zone *z, int64_t local_us, int fold);
tw_time tw_zone_aware(const struct tw_zone *z, int64_t local_us);

/* Fills ret_bytes with the TZif file of a name; TW_ERR_NOT_FOUND when there is none. */
typedef enum tw_rc (*tw_zone_loader)(void *ctx, const char *name, struct tw_buf *ret_bytes,
				     struct tw_err *err);

struct tw_zones {
	struct tw_map map;
	tw_zone_loader load; /* NULL: only UTC and fixed offsets */
	void *ctx;
};

void tw_zones_release(struct tw_zones *zs);
/*
 * By name: "UTC" in any case, an IANA name, an offset "+05:30", "-0800", "+05". A name that is
 * empty, absolute or holds ".." is refused before the loader sees it.
 */
enum tw_rc tw_zones_get(struct tw_zones *zs, struct tw_str name, const struct tw_zone **ret,
			struct tw_err *err);
const struct tw_zone *tw_zones_fixed(struct tw_zones *zs, int32_t offset);
