"""zones.jsonl: offsets of the kept zones from Python's zoneinfo, and wall times made aware by pendulum.

Row: zone, then "utc": [instant s, offset s, dst s, name, fold] and "wall": [wall s, offset fold 0, offset
fold 1, instant s of make_aware].
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pendulum.tz.timezone import Timezone

import common

EPOCH = datetime(1970, 1, 1)


def changes(zone: ZoneInfo) -> list[int]:
    """Instants where the offset changes, found by halving; every one from 1900 to 2100."""
    out = []
    step = 86400 * 20
    t = int((datetime(1900, 1, 1) - EPOCH).total_seconds())
    end = int((datetime(2100, 1, 1) - EPOCH).total_seconds())

    def state(s: int) -> tuple[timedelta | None, str | None]:
        d = (EPOCH + timedelta(seconds=s)).replace(tzinfo=UTC).astimezone(zone)
        return d.utcoffset(), d.tzname()

    while t < end:
        if state(t) != state(t + step):
            lo, hi = t, t + step
            while hi - lo > 1:
                mid = (lo + hi) // 2
                if state(mid) == state(t):
                    lo = mid
                else:
                    hi = mid
            out.append(hi)
        t += step
    return out


def picked(zone: ZoneInfo, rnd: random.Random) -> list[int]:
    """The changes to try: all of two stretches, some of the rest."""
    every = changes(zone)
    near = [t for t in every if 1_690_000_000 < t < 1_830_000_000 or 4_000_000_000 < t < 4_070_000_000]
    rest = [t for t in every if t not in near]
    return sorted(near + rnd.sample(rest, min(len(rest), 14)))


def utc_row(zone: ZoneInfo, s: int) -> list[Any]:
    d = (EPOCH + timedelta(seconds=s)).replace(tzinfo=UTC).astimezone(zone)
    offset, dst = d.utcoffset(), d.dst()
    assert offset is not None and dst is not None
    return [s, int(offset.total_seconds()), int(dst.total_seconds()), d.tzname(), d.fold]


def wall_row(zone: ZoneInfo, aware: Timezone, s: int) -> list[int]:
    naive = EPOCH + timedelta(seconds=s)
    offsets = [naive.replace(tzinfo=zone, fold=f).utcoffset() for f in (0, 1)]
    instant = aware.convert(naive.replace(fold=1)).astimezone(UTC).replace(tzinfo=None)
    return [
        s,
        *(int(o.total_seconds()) for o in offsets if o is not None),
        int((instant - EPOCH).total_seconds()),
    ]


def rows() -> Iterator[dict[str, Any]]:
    rnd = random.Random(7)
    for name in common.ZONES:
        zone, aware = ZoneInfo(name), Timezone(name)
        around = [t + d for t in picked(zone, rnd) for d in (-5400, -1, 0, 1799, 1800, 3600, 7200)]
        spread = [rnd.randrange(-3_000_000_000, 4_200_000_000) for _ in range(30)]
        utc = [utc_row(zone, t) for t in sorted(around + spread)]
        walls = sorted({r[0] + r[1] + d for r in utc for d in (0, 1800)})
        yield {"zone": name, "utc": utc, "wall": [wall_row(zone, aware, w) for w in walls]}


if __name__ == "__main__":
    common.write("zones.jsonl", rows())
