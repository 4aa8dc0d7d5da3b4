"""Plugins' listeners: told when a task instance runs and how it ended."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from tradewind.listeners import get_listener_manager

logger = logging.getLogger("task")


_silent = False


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Tell nobody anything while the block runs."""
    global _silent
    before, _silent = _silent, True
    try:
        yield
    finally:
        _silent = before


def any_at_all() -> bool:
    return get_listener_manager().has_listeners and not _silent


def tell(event: str, **about: Any) -> None:
    """Call the hook of that name. What a listener raises is logged, and changes nothing."""
    if not any_at_all():
        return
    try:
        getattr(get_listener_manager().hook, event)(**about)
    except Exception:
        logger.exception("A listener's %s failed", event)
