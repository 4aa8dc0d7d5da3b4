"""Another time for a user's timetable: `dags next-execution --now` asks what it would say at some instant.

Only for a process that answers one question and ends: nothing is put back.
"""

from __future__ import annotations

import datetime as real
import sys
import time
import types
from typing import Any

_present: list[real.datetime] = []


def pretend(now: real.datetime, *classes: type) -> None:
    """From here on pendulum, this SDK and the modules of these classes take `now` for the present."""
    _present[:] = [now]
    swaps = _swaps()
    for name in (
        "pendulum",
        "pendulum.datetime",
        "pendulum.date",
        "tradewind.timezone",
        "tradewind.engine_time",
    ):
        _swap(sys.modules.get(name), swaps)
    for cls in classes:
        for base in cls.__mro__:
            if base is not object:
                _swap(sys.modules.get(base.__module__), swaps)


def _swaps() -> dict[int, Any]:
    shim = types.ModuleType("datetime")
    shim.__dict__.update(real.__dict__)
    shim.datetime, shim.date = FakeDatetime, FakeDate  # type: ignore[attr-defined]
    clock = types.ModuleType("time")
    clock.__dict__.update(time.__dict__)
    clock.time = _timestamp  # type: ignore[attr-defined]
    return {
        id(real): shim,
        id(real.datetime): FakeDatetime,
        id(real.date): FakeDate,
        id(time): clock,
        id(time.time): _timestamp,
    }


def _swap(module: Any, swaps: dict[int, Any]) -> None:
    if module is None or module in (real, time):
        return
    for name, value in list(vars(module).items()):
        if id(value) in swaps:
            setattr(module, name, swaps[id(value)])


def _timestamp() -> float:
    return _present[0].timestamp()


class _Same(type):
    """An instance of the real class is one of the fake."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, cls.__mro__[1])

    def __subclasscheck__(cls, sub: type) -> bool:
        return issubclass(sub, cls.__mro__[1])


class FakeDatetime(real.datetime, metaclass=_Same):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return _present[0].astimezone(tz) if tz is not None else _present[0].astimezone().replace(tzinfo=None)

    @classmethod
    def utcnow(cls) -> Any:
        return _present[0].astimezone(real.timezone.utc).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()


class FakeDate(real.date, metaclass=_Same):
    @classmethod
    def today(cls) -> Any:
        return _present[0].astimezone().date()
