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
