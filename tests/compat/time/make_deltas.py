"""deltas.jsonl: dateutil's relativedelta and Python's timedelta added to dates, and their texts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta, weekday

import common

DELTAS: list[Any] = [
    0, 1, 60, 3600, 86400, 90061.5, -1, -86400, -86401, 0.000001, 604800, 2.5, 172800,
    {}, {"months": 1}, {"months": -1}, {"years": 1}, {"years": -1, "months": 13}, {"days": 1}, {"weeks": 2},
    {"hours": 25}, {"minutes": 90}, {"seconds": 3601}, {"microseconds": 1500000}, {"days": 1.5}, {"hours": 0.5},
    {"months": 12}, {"months": 25}, {"months": -14}, {"days": -1, "hours": 36}, {"year": 2024}, {"month": 2},
    {"day": 31}, {"month": 2, "day": 31}, {"hour": 0}, {"hour": 6, "minute": 0, "second": 0, "microsecond": 0},
    {"days": 1, "hour": 6}, {"weekday": [0]}, {"weekday": [4, 1]}, {"weekday": [4, -1]}, {"weekday": [2, 3]},
    {"day": 1, "weekday": [0, 1]}, {"day": 31, "weekday": [4, -1]}, {"months": 1, "day": 31}, {"leapdays": -1, "days": 60},
    {"leapdays": 1}, {"minutes": -90}, {"hours": -49, "minutes": 70}, {"years": 2, "months": 3, "days": 4, "hours": 5},
    {"weeks": 1, "days": 3}, {"month": 6, "months": 8}, {"year": 2000, "years": 5}, {"microsecond": 5}, {"second": 59},
]  # fmt: skip

DATES = [
    datetime(2026, 1, 31),
    datetime(2024, 2, 29, 12, 30, 15, 123456),
    datetime(2026, 12, 31, 23, 59, 59, 999999),
    datetime(2025, 3, 15, 6),
    datetime(2100, 2, 28, 1, 2, 3),
]


def make(spec: Any) -> timedelta | relativedelta:
    if not isinstance(spec, dict):
        return timedelta(seconds=spec)
    spec = dict(spec)
    if "weekday" in spec:
        spec["weekday"] = weekday(*spec["weekday"])
    return relativedelta(**spec)


def rows() -> Iterator[dict[str, Any]]:
    rnd = random.Random(11)
    specs = list(DELTAS)
    units = {"years": 3, "months": 30, "weeks": 9, "days": 70, "hours": 60, "minutes": 200, "seconds": 9000}
    for _ in range(60):
        keys = rnd.sample(sorted(units), rnd.randint(1, 4))
        specs.append({k: rnd.randint(-units[k], units[k]) for k in keys})
    for spec in specs:
        delta = make(spec)
        row: dict[str, Any] = {"delta": spec, "str": str(delta), "repr": repr(delta), "add": [], "sub": []}
        for date in DATES:
            row["add"].append([date.isoformat(), (date + delta).isoformat()])
            row["sub"].append([date.isoformat(), (date - delta).isoformat()])
        yield row


if __name__ == "__main__":
    common.write("deltas.jsonl", rows())
