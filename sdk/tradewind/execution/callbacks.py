"""The functions a DAG's author wants called when a task starts or ends."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("task")


def run(task: Any, kind: str, context: Any) -> None:
    """Call all callbacks of one kind. What they raise is logged, and changes nothing."""
    found = getattr(task, kind, None)
    if not found:
        return
    for number, callback in enumerate(found if isinstance(found, (list, tuple)) else [found]):
        try:
            callback(context)
        except Exception:
            name = getattr(callback, "__qualname__", None) or type(callback).__name__
            logger.exception("Failed to run task callback %s[%d]: %s", kind, number, name)
