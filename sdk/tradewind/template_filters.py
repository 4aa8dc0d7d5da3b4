"""Airflow's template filters."""

from __future__ import annotations

import datetime as dt
from typing import Any


def _formatted(pattern: str) -> Any:
    def render(value: dt.datetime | None) -> str | None:
        return None if value is None else value.strftime(pattern)

    return render


def ts_filter(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def ts_nodash_with_tz_filter(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("-", "").replace(":", "")


ds_filter = _formatted("%Y-%m-%d")
ds_nodash_filter = _formatted("%Y%m%d")
ts_nodash_filter = _formatted("%Y%m%dT%H%M%S")

FILTERS = {
    "ds": ds_filter,
    "ds_nodash": ds_nodash_filter,
    "ts": ts_filter,
    "ts_nodash": ts_nodash_filter,
    "ts_nodash_with_tz": ts_nodash_with_tz_filter,
}
