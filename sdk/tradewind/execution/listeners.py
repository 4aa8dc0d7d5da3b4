"""Plugins' listeners: told when a task instance runs and how it ended."""

from __future__ import annotations

import logging
from typing import Any

from tradewind.listeners import get_listener_manager

logger = logging.getLogger("task")


def any_at_all() -> bool:
    return get_listener_manager().has_listeners


def tell(event: str, **about: Any) -> None:
    """Call the hook of that name. What a listener raises is logged, and changes nothing."""
    manager = get_listener_manager()
    if not manager.has_listeners:
        return
    try:
        getattr(manager.hook, event)(**about)
    except Exception:
        logger.exception("A listener's %s failed", event)
