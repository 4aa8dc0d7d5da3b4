"""How timetables of one's own put time zones, durations and other timetables into their `serialize` and get them back."""

from __future__ import annotations

import datetime as dt
from typing import Any


def encode_timezone(value: Any) -> str | int:
    """The zone's name; the seconds of a fixed offset."""
    from tradewind.timezone import zone_name

    if isinstance(value, str):
        return value
    if getattr(value, "key", None) is None and getattr(value, "name", None) not in ("UTC", None):
        offset = value.utcoffset(None)
        if offset is not None:
            return int(offset.total_seconds())
    return zone_name(value)


def decode_timezone(value: str | int) -> dt.tzinfo:
    from tradewind.timezone import parse_timezone

    return parse_timezone(value)


def encode_relativedelta(value: Any) -> dict[str, Any]:
    from tradewind.timetables import _duration

    return _duration(value)


def decode_relativedelta(value: dict[str, Any]) -> Any:
    from dateutil import relativedelta

    fields = dict(value)
    if "weekday" in fields:
        fields["weekday"] = relativedelta.weekday(*fields["weekday"])
    return relativedelta.relativedelta(**fields)


def encode_interval(value: Any) -> float | dict[str, Any]:
    return value.total_seconds() if isinstance(value, dt.timedelta) else encode_relativedelta(value)


def decode_interval(value: float | dict[str, Any]) -> Any:
    return decode_relativedelta(value) if isinstance(value, dict) else dt.timedelta(seconds=value)


def encode_run_immediately(value: bool | dt.timedelta | None) -> bool | float | None:
    return value.total_seconds() if isinstance(value, dt.timedelta) else value


def decode_run_immediately(value: bool | float | None) -> bool | dt.timedelta | None:
    return value if value is None or isinstance(value, bool) else dt.timedelta(seconds=value)


def encode_timetable(value: Any) -> dict[str, Any]:
    cls = type(value)
    return {"__type": f"{cls.__module__}.{cls.__qualname__}", "__var": value.serialize()}


def decode_timetable(value: dict[str, Any]) -> Any:
    from tradewind.module_loading import import_string

    return import_string(value["__type"]).deserialize(value["__var"])
