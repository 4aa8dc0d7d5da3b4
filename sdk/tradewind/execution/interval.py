"""The pair of instants that a run stands for."""

from __future__ import annotations

from typing import Any, NamedTuple


class DataInterval(NamedTuple):
    start: Any
    end: Any
