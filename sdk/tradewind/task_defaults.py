"""What a task has that says nothing else, by the names that code which builds operators imports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from tradewind.operator import DEFAULT_POOL_SLOTS, DEFAULT_PRIORITY_WEIGHT, DEFAULT_TRIGGER_RULE
from tradewind.states import WeightRule

__all__ = ["DEFAULT_POOL_SLOTS", "DEFAULT_PRIORITY_WEIGHT", "DEFAULT_TRIGGER_RULE"]

TaskStateChangeCallback = Callable[[Any], None]
TaskStateChangeCallbackAttrType = TaskStateChangeCallback | list[TaskStateChangeCallback] | None
DEFAULT_EXECUTOR = None
DEFAULT_TASK_EXECUTION_TIMEOUT = None
DEFAULT_IGNORE_FIRST_DEPENDS_ON_PAST = False
DEFAULT_WAIT_FOR_PAST_DEPENDS_BEFORE_SKIPPING = False
MAX_RETRY_DELAY = 24 * 60 * 60
MINIMUM_PRIORITY_WEIGHT, MAXIMUM_PRIORITY_WEIGHT = -(2**31), 2**31 - 1


def __getattr__(name: str) -> Any:
    """Those that the configuration says."""
    from tradewind.conf import conf

    if name == "DEFAULT_OWNER":
        return conf.get("operators", "default_owner")
    if name == "DEFAULT_QUEUE":
        return conf.get("operators", "default_queue")
    if name == "DEFAULT_RETRIES":
        return conf.getint("core", "default_task_retries", fallback=0)
    if name == "DEFAULT_RETRY_DELAY":
        return dt.timedelta(seconds=conf.getint("core", "default_task_retry_delay", fallback=300))
    if name == "DEFAULT_WEIGHT_RULE":
        return WeightRule(conf.get("core", "default_task_weight_rule", fallback="downstream"))
    raise AttributeError(name)
