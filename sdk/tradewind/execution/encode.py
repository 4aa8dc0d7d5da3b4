"""Encoded values (docs/dag-document.md): what triggers are given, and what a deferred task will find."""

from __future__ import annotations

import datetime
import enum
import json
import math
from typing import Any

TYPE = "__type"
VAR = "__var"

_RELATIVE = (
    "years months days leapdays hours minutes seconds microseconds "
    "year month day hour minute second microsecond"
).split()


def encode(o: Any) -> Any:
    """JSON for any value that Airflow lets through a deferral; TypeError for others."""
    if o is None or isinstance(o, (bool, str)) and type(o) in (bool, str):
        return o
    if isinstance(o, enum.Enum):
        return encode(o.value)
    if isinstance(o, str):
        return str(o)
    if isinstance(o, int):
        return int(o)
    if isinstance(o, float):
        return float(o) if math.isfinite(o) else _tag("serde", _serde(o))
    if isinstance(o, dict):
        if TYPE in o or any(not isinstance(key, str) for key in o):
            return _tag("dict", [[encode(key), encode(value)] for key, value in o.items()])
        return {key: encode(value) for key, value in o.items()}
    if isinstance(o, list):
        return [encode(item) for item in o]
    if isinstance(o, tuple):
        return _tag("tuple", [encode(item) for item in o])
    if isinstance(o, (set, frozenset)):
        return _tag(
            "set", sorted((encode(item) for item in o), key=lambda item: json.dumps(item, sort_keys=True))
        )
    if isinstance(o, datetime.datetime):
        return _tag("datetime", o.isoformat())
    if isinstance(o, datetime.timedelta):
        return _tag("timedelta", o.total_seconds())
    if isinstance(o, datetime.tzinfo):
        from tradewind.timezone import zone_name

        return _tag("timezone", zone_name(o))
    if type(o).__name__ == "relativedelta":
        fields = {name: getattr(o, name) for name in _RELATIVE if getattr(o, name, None)}
        if o.weekday is not None:
            fields["weekday"] = [o.weekday.weekday, o.weekday.n]
        return _tag("relativedelta", fields)
    return _tag("serde", _serde(o))


def _serde(o: Any) -> Any:
    from tradewind import serde

    return serde.serialize(o)


def _tag(kind: str, value: Any) -> dict[str, Any]:
    return {TYPE: kind, VAR: value}


def decode(o: Any) -> Any:
    """The value again; instants are pendulum's."""
    if isinstance(o, list):
        return [decode(item) for item in o]
    if not isinstance(o, dict):
        return o
    if TYPE not in o:
        return {key: decode(value) for key, value in o.items()}
    kind = o[TYPE]
    value: Any = o.get(VAR)
    if kind == "tuple":
        return tuple(decode(item) for item in value)
    if kind == "set":
        return {decode(item) for item in value}
    if kind == "dict":
        if isinstance(value, dict):
            return {key: decode(item) for key, item in value.items()}
        return {decode(key): decode(item) for key, item in value}
    if kind == "datetime":
        return _datetime(value)
    if kind == "timedelta":
        return datetime.timedelta(seconds=value)
    if kind == "timezone":
        from tradewind.timezone import zone

        return zone(value)
    if kind == "relativedelta":
        return _relativedelta(value)
    if kind == "serde":
        from tradewind import serde

        return serde.deserialize(value)
    return value


def _datetime(value: Any) -> Any:
    import pendulum

    from tradewind.execution.dagrun import instant

    if isinstance(value, (int, float)):
        return pendulum.from_timestamp(value)
    naive = "+" not in value[10:] and "-" not in value[10:] and not value.endswith("Z")
    return datetime.datetime.fromisoformat(value) if naive else instant(value)


def _relativedelta(fields: dict[str, Any]) -> Any:
    from dateutil.relativedelta import relativedelta, weekday

    fields = dict(fields)
    day = fields.pop("weekday", None)
    if day is not None:
        number, n = day if isinstance(day, list) else (day, None)
        fields["weekday"] = weekday(number, n) if n else weekday(number)
    return relativedelta(**fields)
