"""Plugins' listeners: told when a task instance runs and how it ended."""

from __future__ import annotations

import inspect
import logging
from typing import Any

logger = logging.getLogger("task")


def tell(event: str, **arguments: Any) -> None:
    """Call each listener that has a function of the event's name, with those arguments it takes."""
    for listener in _listeners():
        function = getattr(listener, event, None)
        if function is None:
            continue
        try:
            names = inspect.signature(function).parameters
            if not any(p.kind is p.VAR_KEYWORD for p in names.values()):
                function(**{k: v for k, v in arguments.items() if k in names})
            else:
                function(**arguments)
        except Exception:
            logger.exception("A listener's %s failed", event)


def _listeners() -> list[Any]:
    from tradewind import plugins_manager

    return plugins_manager.collected("listeners")


def any_at_all() -> bool:
    return bool(_listeners())
