"""Deadlines of a DAG's runs."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

from tradewind.serialize import describe, encode


class BaseDeadlineReference:
    """What a deadline is counted from."""

    reference_type = ""
    #: what a reference of one's own wants to be told: dag_id, run_id
    required_kwargs: frozenset[str] | set[str] = frozenset()

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

    def _evaluate_with(self, *, session: Any, **kwargs: Any) -> Any:
        """What a class of one's own counts from; None: there is no deadline."""
        raise NotImplementedError

    def evaluate_with(self, *, session: Any = None, interval: Any = None, **kwargs: Any) -> Any:
        missing = set(self.required_kwargs) - set(kwargs)
        if missing:
            raise ValueError(
                f"{self.reference_name} is missing required parameters: {', '.join(sorted(missing))}"
            )
        base = self._evaluate_with(session=session, **{k: kwargs[k] for k in self.required_kwargs})
        return base if base is None or interval is None else base + interval

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
        """Makes `DeadlineReference.NAME` an instance of the class: write `_evaluate_with(self, *, session, …)`."""
        if not issubclass(reference, BaseDeadlineReference):
            raise ValueError(f"{reference.__name__} must inherit from BaseDeadlineReference")
        setattr(cls, reference.__name__, reference())
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
        self.callable = callback_callable
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


def call(callback: _Callback, context: Any) -> Any:
    """Run a deadline's function, or a notifier class, with its arguments (and `context`, where it takes one)."""
    import inspect

    from tradewind.module_loading import import_string

    function = import_string(callback.callable) if isinstance(callback.callable, str) else callback.callable
    kwargs = dict(callback.kwargs)
    if _takes_context(function):
        kwargs["context"] = context
    result = function(**kwargs)
    if isinstance(callback, AsyncCallback):
        if not inspect.isawaitable(result):
            raise TypeError(f"{callback.path} is not awaitable: an AsyncCallback needs an async function")
        return asyncio.run(_await(result))
    return result(context) if callable(result) else result


async def _await(what: Any) -> Any:
    return await what


def _takes_context(function: Any) -> bool:
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(p.name == "context" or p.kind is p.VAR_KEYWORD for p in parameters)


class AsyncCallback(_Callback):
    """An async function, or a notifier with `async_notify`."""

    kind = "async"


class SyncCallback(_Callback):
    """A function, or a notifier."""

    kind = "sync"


class VariableInterval:
    """An interval that a Variable holds, in seconds; read when a run is made."""

    def __init__(self, key: str):
        self.key = key

    def resolve(self) -> dt.timedelta:
        from tradewind.variable import Variable

        return dt.timedelta(seconds=int(Variable.get(self.key)))


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
            else {"variable": self.interval.key}
            if isinstance(self.interval, VariableInterval)
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
