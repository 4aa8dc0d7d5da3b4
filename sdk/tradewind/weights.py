"""Priority weight strategies of one's own."""

from __future__ import annotations

from typing import Any


class PriorityWeightStrategy:
    """Computes a task instance's weight; registered by a plugin."""

    def get_weight(self, ti: Any) -> int:
        raise NotImplementedError

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PriorityWeightStrategy:
        return cls(**data)

    def serialize(self) -> dict[str, Any]:
        return {}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.serialize() == other.serialize()  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]


def find_strategy(name: str) -> PriorityWeightStrategy | None:
    """The strategy of this dotted name: one that a plugin registered, or one that can be imported."""
    from tradewind.plugins_manager import collected

    for cls in collected("priority_weight_strategies"):
        if name in (f"{cls.__module__}.{cls.__qualname__}", cls.__name__):
            return cls()
    if "." in name:
        from tradewind.module_loading import import_string

        try:
            found = import_string(name)
        except ImportError:
            return None
        if isinstance(found, type) and issubclass(found, PriorityWeightStrategy):
            return found()
    return None


class _Instance:
    """What a strategy may look at when a DAG file is read: the task's own words, and how often it was tried."""

    def __init__(self, task: Any, tries: int):
        self.task, self.try_number = task, tries
        self.dag_id = task.dag.dag_id if task.dag is not None else ""
        self.task_id, self.map_index = task.task_id, -1
        self.priority_weight, self.max_tries = task.priority_weight, task.retries or 0
        self.pool, self.pool_slots, self.queue = task.pool, task.pool_slots, task.queue
        self.operator = type(task).__name__


_TRIES = 20


def custom_weights(rule: Any, task: Any) -> list[int]:
    """The weights of a strategy of one's own, by tries made before; the last stands for all after it.

    One that cannot be computed from the task alone is told of, and counts as `absolute`.
    """
    import warnings

    from tradewind.states import db_safe_priority

    try:
        tries = min(_TRIES, int(task.retries or 0) + 2)
        weights = [db_safe_priority(int(rule.get_weight(_Instance(task, n)))) for n in range(tries)]
    except Exception as e:
        message = f"the weight rule {type(rule).__name__} of task {task.task_id!r} failed, its weight is {task.priority_weight}"
        file = task.dag.fileloc if task.dag is not None else __file__
        warnings.warn_explicit(f"{message}: {type(e).__name__}: {e}", UserWarning, file, 1)
        return []
    while len(weights) > 1 and weights[-1] == weights[-2]:
        weights.pop()
    return weights
