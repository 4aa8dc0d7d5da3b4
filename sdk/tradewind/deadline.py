"""Deadlines of a DAG's runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from tradewind.serialize import describe, encode


class BaseDeadlineReference:
    """What a deadline is counted from."""

    reference_type = ""

    def __init__(self, **fields: Any):
        self.__dict__.update(fields)

    @property
    def reference_name(self) -> str:
        return type(self).__name__

    def to_document(self) -> dict[str, Any]:
        return {
            "type": self.reference_type or type(self).__name__,
            **{k: encode(v) for k, v in vars(self).items()},
        }

    serialize_reference = to_document

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(type(self))


class _LogicalDate(BaseDeadlineReference):
    reference_type = "dagrun_logical_date"


class _QueuedAt(BaseDeadlineReference):
    reference_type = "dagrun_queued_at"


class _FixedDatetime(BaseDeadlineReference):
    reference_type = "fixed_datetime"


class _AverageRuntime(BaseDeadlineReference):
    reference_type = "average_runtime"


class DeadlineReference:
    """The references there are."""

    DAGRUN_LOGICAL_DATE = _LogicalDate()
    DAGRUN_QUEUED_AT = _QueuedAt()

    @staticmethod
    def FIXED_DATETIME(datetime: dt.datetime) -> BaseDeadlineReference:
        return _FixedDatetime(datetime=datetime)

    @staticmethod
    def AVERAGE_RUNTIME(max_runs: int = 0, min_runs: int | None = None) -> BaseDeadlineReference:
        runs = max_runs or 10
        least = runs if min_runs is None else min_runs
        if least < 1:
            raise ValueError("min_runs must be at least 1")
        return _AverageRuntime(max_runs=runs, min_runs=least)

    @classmethod
    def register_custom_reference(cls, reference: Any, timing: Any = None) -> Any:
        setattr(cls, reference.__name__, reference)
        return reference


def deadline_reference(timing: Any = None) -> Any:
    """Registers a reference class of one's own."""
    if isinstance(timing, type):
        return DeadlineReference.register_custom_reference(timing)
    return lambda cls: DeadlineReference.register_custom_reference(cls, timing)


class _Callback:
    """A function and its arguments; it runs elsewhere, so it is told by name."""

    kind = ""

    def __init__(self, callback_callable: Callable | str, kwargs: dict[str, Any] | None = None, **extra: Any):
        if isinstance(callback_callable, str):
            self.path = callback_callable
        else:
            if not callable(callback_callable):
                raise ImportError(f"{callback_callable!r} is not callable")
            self.path = f"{callback_callable.__module__}.{callback_callable.__qualname__}"
        self.kwargs = kwargs or {}
        if "context" in self.kwargs:
            raise ValueError("context is a reserved kwarg for this class")
        self.executor = extra.get("executor")

    def to_document(self) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": self.kind, "path": self.path, "kwargs": encode(self.kwargs)}
        if self.executor:
            out["executor"] = self.executor
        return out


class AsyncCallback(_Callback):
    """Runs in the triggerer."""

    kind = "async"


class SyncCallback(_Callback):
    """Runs in an executor."""

    kind = "sync"


class DeadlineAlert:
    """`reference` + `interval`; when it passes unmet, `callback` is called."""

    def __init__(
        self, reference: Any, interval: dt.timedelta, callback: Any, name: str | None = None, **_: Any
    ):
        self.reference = reference
        self.interval = interval
        self.callback = callback
        self.name = name

    def to_document(self) -> dict[str, Any]:
        reference = self.reference
        callback = self.callback
        interval: Any = (
            self.interval.total_seconds()
            if isinstance(self.interval, dt.timedelta)
            else describe(self.interval)
        )
        out: dict[str, Any] = {
            "reference": reference.to_document()
            if hasattr(reference, "to_document")
            else describe(reference),
            "interval": interval,
            "callback": callback.to_document() if hasattr(callback, "to_document") else describe(callback),
        }
        if self.name:
            out["name"] = self.name
        return out
