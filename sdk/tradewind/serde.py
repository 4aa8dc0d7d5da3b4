"""Rich values as JSON: what an XCom may hold besides plain JSON.

A value that JSON lacks is written as `{"__classname__", "__version__", "__data__"}`, in the form Airflow
reads. Classes outside the built-in table are restored only when `[core] allowed_deserialization_classes`
(globs) or `_regexp` admits them.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import math
import uuid
from collections.abc import Callable
from typing import Any

CLASSNAME = "__classname__"
VERSION = "__version__"
DATA = "__data__"
SCHEMA_ID = "__id__"
MAX_DEPTH = 200

Packer = Callable[[Any], Any]
Unpacker = Callable[[Any, int], Any]

_allowed: set[str] = set()


def allow_class(cls: type) -> None:
    """Let values of this class be restored in this process, whatever the configuration says."""
    _allowed.add(_name(cls))


def serialize(o: Any, depth: int = 0) -> Any:
    """The JSON form of a value; TypeError when it has none."""
    if o is None or o is True or o is False:
        return o
    cls = o.__class__
    if cls is str or cls is int:
        return o
    if cls is float:
        return o if math.isfinite(o) else _wrap("builtins.float", 1, repr(o))
    if depth >= MAX_DEPTH:
        raise RecursionError("maximum recursion depth reached for serialization")
    if cls is list:
        return [serialize(item, depth + 1) for item in o]
    if cls is dict:
        if CLASSNAME in o or SCHEMA_ID in o:
            raise AttributeError(f"reserved key {CLASSNAME} or {SCHEMA_ID} found in dict to serialize")
        return {str(key): serialize(value, depth + 1) for key, value in o.items()}
    return _serialize_object(o, cls, depth)


def _serialize_object(o: Any, cls: type, depth: int) -> Any:
    if isinstance(o, enum.Enum) and isinstance(o, (str, int, float)):
        return serialize(o.value, depth)
    if isinstance(o, (str, int, float)) and not _is_numpy(cls):
        return str(o) if isinstance(o, str) else serialize(int(o) if isinstance(o, int) else float(o), depth)
    if isinstance(o, tuple) and hasattr(cls, "_fields"):  # a named tuple travels as its values
        return _wrap("builtins.tuple", 1, [serialize(item, depth + 1) for item in o])
    name = _name(cls)
    entry = _TABLE.get(name)
    if entry is not None:
        version, pack, _ = entry
        return _wrap(name, version, serialize(pack(o), depth + 1))
    if _is_numpy(cls) and hasattr(o, "item"):
        return _wrap(name, 1, serialize(o.tolist() if name == "numpy.ndarray" else o.item(), depth + 1))
    if name == "pandas.core.frame.DataFrame":
        return _wrap(name, 1, _pack_frame(o))
    if _is_proxy(o):
        return serialize(o.__wrapped__, depth + 1)
    if _is_sequence_proxy(o):
        return [serialize(item, depth + 1) for item in o]
    if isinstance(o, dict) and not hasattr(o, "serialize"):
        return serialize(dict(o), depth)
    if isinstance(o, list):
        return [serialize(item, depth + 1) for item in o]
    version = getattr(cls, "__version__", 0)
    version = version if isinstance(version, int) else 0
    method = getattr(cls, "serialize", None)
    if callable(method) and not isinstance(o, type):
        data = o.serialize()
        if (
            isinstance(data, tuple)
            and len(data) == 2
            and isinstance(data[0], str)
            and isinstance(data[1], dict)
        ):
            data = data[1]
        return _wrap(name, version, serialize(data, depth + 1))
    if callable(getattr(cls, "model_dump", None)):
        return _wrap(name, 1, serialize(o.model_dump(mode="json"), depth + 1))
    if dataclasses.is_dataclass(o) and not isinstance(o, type):
        fields = {f.name: getattr(o, f.name) for f in dataclasses.fields(o)}
        return _wrap(name, version, serialize(fields, depth + 1))
    attributes = getattr(cls, "__attrs_attrs__", None)
    if attributes is not None:
        fields = {a.name: getattr(o, a.name) for a in attributes}
        return _wrap(name, version, serialize(fields, depth + 1))
    raise TypeError(
        f"Cannot serialize object of type {cls}. Give it a `serialize()` method and a "
        "`deserialize(data, version)` staticmethod, or make it a dataclass or an attrs class."
    )


def deserialize(o: Any, full: bool = True, type_hint: Any = None) -> Any:
    """The value again. With full=False rich values come as text that names them, and nothing is imported."""
    if isinstance(o, list):
        return [deserialize(item, full) for item in o]
    if not isinstance(o, dict):
        return o
    if "__type" in o and "__var" in o and len(o) == 2:  # 2.x's encoding
        from tradewind.execution.encode import decode

        return decode(o)
    if CLASSNAME not in o or VERSION not in o:
        return {key: deserialize(value, full) for key, value in o.items()}
    name, version = str(o[CLASSNAME]), o[VERSION]
    data: Any = o.get(DATA)
    if not isinstance(version, int):
        raise ValueError(f"cannot decode {o!r}")
    if not full:
        return _describe(name, version, data)
    entry = _TABLE.get(name) or _OLD.get(name)
    if entry is not None:
        if version > entry[0]:
            raise TypeError(f"serialized {version} of {name} > {entry[0]}")
        return entry[2](deserialize(data), version)
    if name.startswith("numpy."):
        return _unpack_numpy(name, deserialize(data))
    if name == "pandas.core.frame.DataFrame":
        return _unpack_frame(data)
    return _restore(name, version, data)


def _restore(name: str, version: int, data: Any) -> Any:
    if not _is_allowed(name):
        raise ImportError(
            f"{name} was not found in allow list for deserialization imports. "
            "To allow it, add it to allowed_deserialization_classes in the configuration"
        )
    cls = _find_class(name)
    known = getattr(cls, "__version__", 0)
    if isinstance(known, int) and version > known and not hasattr(cls, "model_validate"):
        raise TypeError(f"serialized version of {name} is newer than module version ({version} > {known})")
    data = deserialize(data)
    method = getattr(cls, "deserialize", None)
    if callable(method):
        return method(data, version)
    if callable(getattr(cls, "model_validate", None)):
        return cls.model_validate(data)
    if dataclasses.is_dataclass(cls) or hasattr(cls, "__attrs_attrs__"):
        return cls(**data)
    raise TypeError(f"No deserializer found for {name}")


def _find_class(name: str) -> Any:
    import importlib

    module, _, attribute = name.rpartition(".")
    while module:
        try:
            found: Any = importlib.import_module(module)
            break
        except ImportError:
            module, _, outer = module.rpartition(".")
            attribute = f"{outer}.{attribute}"
    else:
        raise ImportError(f"{name} cannot be imported")
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


def _is_allowed(name: str) -> bool:
    if name in _allowed or name.startswith("tradewind."):
        return True
    import fnmatch
    import re

    from tradewind.conf import conf

    globs = conf.get("core", "allowed_deserialization_classes", fallback="airflow.*") or ""
    if any(fnmatch.fnmatchcase(name, glob) for glob in globs.split()):
        return True
    patterns = conf.get("core", "allowed_deserialization_classes_regexp", fallback="") or ""
    return any(re.match(pattern, name) for pattern in patterns.split())


def _wrap(name: str, version: int, data: Any) -> dict[str, Any]:
    return {CLASSNAME: name, VERSION: version, DATA: data}


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _describe(name: str, version: int, data: Any) -> str:
    if isinstance(data, dict):
        data = ",".join(f"{k}={deserialize(v, full=False)}" for k, v in data.items())
    elif isinstance(data, list):
        data = ",".join(str(deserialize(v, full=False)) for v in data)
    return f"{name}@version={version}({data})"


def _is_numpy(cls: type) -> bool:
    return cls.__module__ == "numpy"


def _is_proxy(o: Any) -> bool:
    return type(o).__name__ == "LazyProxy" or type(o).__module__.startswith("lazy_object_proxy")


def _is_sequence_proxy(o: Any) -> bool:
    return getattr(type(o), "_tradewind_lazy_sequence", False)


# -- the table of what comes with Python, and pendulum ------------------------------------------------


def _pack_datetime(o: datetime.datetime) -> Any:
    if o.tzinfo is None:
        return {"timestamp": o.replace(tzinfo=datetime.timezone.utc).timestamp(), "tz": None}
    return {"timestamp": o.timestamp(), "tz": _pack_zone(o.tzinfo, o)}


def _pack_zone(zone: datetime.tzinfo, at: datetime.datetime) -> tuple[Any, ...]:
    name = getattr(zone, "key", None) or getattr(zone, "name", None)
    if isinstance(name, str) and "/" in name or name == "UTC":
        kind = "pendulum.tz.timezone.Timezone"
        return name, kind, 1, True
    seconds = (at.utcoffset() or datetime.timedelta()).total_seconds()
    if not seconds:
        return "UTC", "pendulum.tz.timezone.FixedTimezone", 1, True
    return seconds, "pendulum.tz.timezone.FixedTimezone", 1, True


def _unpack_zone(data: Any) -> Any:
    import pendulum

    if data is None:
        return None
    value = data[0] if isinstance(data, (list, tuple)) else data
    if isinstance(value, (int, float)):
        return pendulum.FixedTimezone(int(value))
    return pendulum.timezone(value)


def _unpack_datetime(data: Any, version: int) -> datetime.datetime:
    zone = _unpack_zone(data["tz"])
    if zone is None:
        moment = datetime.datetime.fromtimestamp(data["timestamp"], datetime.timezone.utc)
        return moment.replace(tzinfo=None)
    return datetime.datetime.fromtimestamp(data["timestamp"], zone)


def _unpack_pendulum(data: Any, version: int) -> Any:
    import pendulum

    moment = pendulum.from_timestamp(data["timestamp"])
    zone = _unpack_zone(data["tz"])
    return moment.naive() if zone is None else moment.in_timezone(zone)


def _unpack_date(data: Any, version: int) -> datetime.date:
    if isinstance(data, str):
        return datetime.date.fromisoformat(data)
    return datetime.date(*data) if isinstance(data, (list, tuple)) else data


def _pack_decimal(o: decimal.Decimal) -> Any:
    if not o.is_finite():
        return str(o)
    _, _, exponent = o.as_tuple()
    if isinstance(exponent, int) and exponent >= 0:
        return int(o)
    # a double keeps 15 digits; beyond that the text is exact
    return float(o) if len(o.as_tuple().digits) <= 15 else str(o)


def _unpack_decimal(data: Any, version: int) -> decimal.Decimal:
    return decimal.Decimal(str(data))


def _unpack_timezone(data: Any, version: int) -> Any:
    return _unpack_zone(data)


def _unpack_zoneinfo(data: Any, version: int) -> Any:
    import zoneinfo

    return zoneinfo.ZoneInfo(data)


def _pack_fixed(o: Any) -> Any:
    return (o.utcoffset(None) or datetime.timedelta()).total_seconds() if hasattr(o, "utcoffset") else o.name


def _pack_frame(frame: Any) -> str:
    import io

    buffer = io.BytesIO()
    frame.to_parquet(buffer, compression="snappy")
    return buffer.getvalue().hex()


def _unpack_frame(data: str) -> Any:
    import io

    import pandas

    return pandas.read_parquet(io.BytesIO(bytes.fromhex(data)))


def _unpack_numpy(name: str, data: Any) -> Any:
    import numpy

    if name == "numpy.ndarray":
        return numpy.array(data)
    return getattr(numpy, name.rpartition(".")[2])(data)


def _zone_name(zone: Any) -> str:
    return getattr(zone, "key", None) or str(zone.name)


_TABLE: dict[str, tuple[int, Packer, Unpacker]] = {
    "builtins.tuple": (1, list, lambda data, _: tuple(data)),
    "builtins.set": (1, list, lambda data, _: set(data)),
    "builtins.frozenset": (1, list, lambda data, _: frozenset(data)),
    "builtins.float": (1, repr, lambda data, _: float(data)),
    "datetime.datetime": (2, _pack_datetime, _unpack_datetime),
    "pendulum.datetime.DateTime": (2, _pack_datetime, _unpack_pendulum),
    "datetime.date": (2, datetime.date.isoformat, _unpack_date),
    "pendulum.date.Date": (2, datetime.date.isoformat, _unpack_date),
    "datetime.timedelta": (
        2,
        datetime.timedelta.total_seconds,
        lambda data, _: datetime.timedelta(seconds=float(data)),
    ),
    "decimal.Decimal": (1, _pack_decimal, _unpack_decimal),
    "uuid.UUID": (1, str, lambda data, _: uuid.UUID(data)),
    "pendulum.tz.timezone.Timezone": (1, _zone_name, _unpack_timezone),
    "pendulum.tz.timezone.FixedTimezone": (1, _pack_fixed, _unpack_timezone),
    "zoneinfo.ZoneInfo": (1, lambda zone: zone.key, _unpack_zoneinfo),
}

#: classes that only ever come in, from other versions of the libraries
_OLD: dict[str, tuple[int, Packer, Unpacker]] = {
    "zoneinfo._zoneinfo.ZoneInfo": _TABLE["zoneinfo.ZoneInfo"],
    "backports.zoneinfo.ZoneInfo": _TABLE["zoneinfo.ZoneInfo"],
    "pendulum.tz.Timezone": _TABLE["pendulum.tz.timezone.Timezone"],
}
