"""Metrics from DAG code: accepted, and sent nowhere. The engine measures itself."""

from __future__ import annotations

import time
from typing import Any


class Timer:
    """Measures a `with` block or a function."""

    duration: float | None = None

    def __enter__(self) -> Timer:
        return self.start()

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def __call__(self, function: Any) -> Any:
        import functools

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with Timer():
                return function(*args, **kwargs)

        return timed

    def start(self) -> Timer:
        self._begin = time.perf_counter()
        return self

    def stop(self, send: bool = True) -> None:
        self.duration = (time.perf_counter() - self._begin) * 1000.0


class StatsLogger:
    """`Stats.incr` and its friends."""

    @staticmethod
    def incr(stat: str, count: int = 1, rate: float = 1, *, tags: Any = None, **_: Any) -> None: ...

    @staticmethod
    def decr(stat: str, count: int = 1, rate: float = 1, *, tags: Any = None, **_: Any) -> None: ...

    @staticmethod
    def gauge(stat: str, value: float, rate: float = 1, delta: bool = False, **_: Any) -> None: ...

    @staticmethod
    def timing(stat: str, dt: Any = None, *, tags: Any = None, **_: Any) -> None: ...

    @staticmethod
    def timer(*args: Any, **kwargs: Any) -> Timer:
        return Timer()

    @staticmethod
    def initialize(**_: Any) -> None: ...


Stats = StatsLogger
DualStatsManager = StatsLogger


class _Span:
    def __enter__(self) -> _Span:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


class Trace:
    """Tracing: spans that go nowhere."""

    @staticmethod
    def start_span(*_: Any, **__: Any) -> _Span:
        return _Span()

    start_root_span = start_child_span = start_span_from_dagrun = start_span_from_taskinstance = start_span

    @staticmethod
    def get_current_span() -> _Span:
        return _Span()

    @staticmethod
    def get_tracer(*_: Any) -> type[Trace]:
        return Trace

    @staticmethod
    def inject() -> dict[str, str]:
        return {}

    @staticmethod
    def extract(carrier: Any) -> None:
        return None


def add_span(function: Any) -> Any:
    return function


def normalize_name_for_stats(name: str, log_warning: bool = True) -> str:
    import re

    return name if re.match(r"^[\w.-]+$", name) else re.sub(r"[^\w.-]", "_", name)
