"""Instants and zones, as `airflow.utils.timezone` offers them. Aware values are pendulum's once pendulum is loaded."""

from __future__ import annotations

import datetime as dt
from typing import Any

_UTC = dt.timezone.utc


def _pendulum() -> Any:
    import pendulum

    return pendulum


def __getattr__(name: str) -> Any:
    if name == "utc":
        value = _pendulum().timezone("UTC")
    elif name == "utc_epoch":
        return lambda: _pendulum().datetime(1970, 1, 1)
    elif name == "DateTime":
        value = _pendulum().DateTime
    elif name == "pendulum":
        value = _pendulum()
    else:
        raise AttributeError(name)
    globals()[name] = value
    return value


def default_timezone_name() -> str:
    """`[core] default_timezone`; `system` is the machine's own zone."""
    from tradewind.conf import conf

    name = conf.get("core", "default_timezone", fallback="UTC") or "UTC"
    if name.lower() == "utc":
        return "UTC"
    if name == "system":
        return str(getattr(_pendulum().local_timezone(), "name", "UTC"))
    return name


def zone(name: Any) -> dt.tzinfo:
    """The zone of that name (or offset in seconds) as pendulum has it."""
    if isinstance(name, dt.tzinfo):
        return name
    if isinstance(name, str) and len(name) == 6 and name[0] in "+-" and name[3] == ":":
        sign = -1 if name[0] == "-" else 1
        return _pendulum().timezone(sign * (int(name[1:3]) * 3600 + int(name[4:]) * 60))
    return _pendulum().timezone("UTC" if name == "utc" else name)


def zone_name(tz: Any) -> str:
    """The IANA name of a zone, or its offset as `+05:30`."""
    for attribute in ("key", "name", "zone"):
        name = getattr(tz, attribute, None)
        if isinstance(name, str) and name:
            return name
    if tz is None:
        return "UTC"
    offset = tz.utcoffset(dt.datetime(2000, 1, 1))
    if not offset:
        return "UTC"
    seconds = int(offset.total_seconds())
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{abs(seconds) // 3600:02d}:{abs(seconds) // 60 % 60:02d}"


def parse_timezone(name: str | int) -> dt.tzinfo:
    return zone(name)


def local_timezone() -> dt.tzinfo:
    return _pendulum().local_timezone()


def is_localized(value: dt.datetime) -> bool:
    return value.utcoffset() is not None


def is_naive(value: dt.datetime) -> bool:
    return value.utcoffset() is None


def utcnow() -> Any:
    return _pendulum().now("UTC")


def now() -> dt.datetime:
    return dt.datetime.now(tz=_UTC)


def initial_interval() -> Any:
    return utcnow()


def convert_to_utc(value: dt.datetime | None) -> Any:
    """The same instant in UTC; a naive value is taken to be in the default zone."""
    if value is None:
        return None
    if is_naive(value):
        value = value.replace(tzinfo=zone(default_timezone_name()))
    return _pendulum().instance(value.astimezone(_UTC)).in_timezone("UTC")


def make_aware(value: dt.datetime | None, timezone: Any = None) -> Any:
    """A naive wall time put into `timezone` (default: the configured one)."""
    if value is None:
        return None
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    tz = zone(default_timezone_name()) if timezone is None else timezone
    if getattr(value, "fold", 0) == 0:
        # the second of two equal wall times, as Airflow takes it
        value = value.replace(fold=1)
    if hasattr(tz, "localize"):
        return tz.localize(value)
    if hasattr(tz, "convert"):
        return tz.convert(value)
    return value.replace(tzinfo=tz)


def make_naive(value: dt.datetime, timezone: Any = None) -> dt.datetime:
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    tz = zone(default_timezone_name()) if timezone is None else timezone
    return value.astimezone(tz).replace(tzinfo=None, fold=0)


def datetime(*args: Any, **kwargs: Any) -> dt.datetime:
    """`datetime.datetime`, in the default zone when none is given."""
    if "tzinfo" not in kwargs:
        kwargs["tzinfo"] = zone(default_timezone_name())
    return dt.datetime(*args, **kwargs)


def parse(string: str, timezone: Any = None, *, strict: bool = False) -> Any:
    """Text → instant, in the default zone when the text names none."""
    return _pendulum().parse(string, tz=timezone or zone(default_timezone_name()), strict=strict)


def coerce_datetime(value: dt.datetime | None, tz: Any = None) -> Any:
    """Any datetime → an aware pendulum one."""
    if value is None:
        return None
    if is_naive(value):
        value = make_aware(value, tz)
    pendulum = _pendulum()
    return value if isinstance(value, pendulum.DateTime) else pendulum.instance(value)


def aware(value: dt.datetime, tz: Any) -> dt.datetime:
    """Aware without asking pendulum for more than the zone; used for a DAG's dates."""
    return value if is_localized(value) else make_aware(value, tz)


def td_format(td_object: Any) -> str | None:
    """A duration in words, as `1d:2h:3M:4s`."""
    if not td_object:
        return None
    seconds = int(td_object if isinstance(td_object, (int, float)) else td_object.total_seconds())
    parts = []
    for unit, length in (("y", 31536000), ("m", 2592000), ("d", 86400), ("h", 3600), ("M", 60), ("s", 1)):
        if seconds >= length:
            amount, seconds = divmod(seconds, length)
            parts.append(f"{amount}{unit}")
    return ":".join(parts) or "<1s"


def from_timestamp(timestamp: int | float, tz: Any = "utc") -> Any:
    return _pendulum().from_timestamp(timestamp, "UTC" if tz == "utc" else tz)
