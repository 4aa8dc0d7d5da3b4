"""Listeners: hooks that plugins implement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def hookimpl(function: Any = None, **options: Any) -> Any:
    """Marks an implementation of a listener's hook."""

    def mark(f: Any) -> Any:
        f.airflow_impl = options or True
        return f

    return mark(function) if function is not None else mark


hookspec = hookimpl


@dataclass
class AssetEvent:
    """What `on_asset_event_emitted` is told."""

    asset: Any
    extra: dict[str, Any]
    source_dag_id: str | None = None
    source_task_id: str | None = None
    source_run_id: str | None = None
    source_map_index: int = -1
    source_aliases: list[Any] = field(default_factory=list)
    partition_key: str | None = None


class _Hook:
    def __init__(self, manager: ListenerManager):
        self._manager = manager

    def __getattr__(self, name: str) -> Any:
        def call(**kwargs: Any) -> list[Any]:
            from tradewind.context_vars import determine_kwargs

            results = []
            for listener in self._manager.listeners:
                implementation = getattr(listener, name, None)
                if implementation is not None and getattr(implementation, "airflow_impl", None):
                    results.append(implementation(**determine_kwargs(implementation, (), kwargs)))
            return results

        return call


class ListenerManager:
    """The listeners of all plugins."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []
        self.hook = _Hook(self)

    @property
    def has_listeners(self) -> bool:
        return bool(self.listeners)

    @property
    def hears_tasks(self) -> bool:
        """Does one of them want to know of task instances? Who runs without Python cannot tell it."""
        return any(
            name.startswith("on_task_instance_")
            and getattr(getattr(listener, name, None), "airflow_impl", None)
            for listener in self.listeners
            for name in dir(listener)
        )

    @property
    def hears_assets(self) -> bool:
        return self.hears("on_asset_changed") or self.hears("on_asset_event_emitted")

    def hears(self, hook: str) -> bool:
        return any(
            getattr(getattr(listener, hook, None), "airflow_impl", None) for listener in self.listeners
        )

    def add_listener(self, listener: Any) -> None:
        if listener not in self.listeners:
            self.listeners.append(listener)

    def clear(self) -> None:
        self.listeners.clear()


_manager: ListenerManager | None = None


def get_listener_manager() -> ListenerManager:
    global _manager
    if _manager is None:
        _manager = ListenerManager()
        from tradewind.plugins_manager import collected

        for listener in collected("listeners"):
            _manager.add_listener(listener)
    return _manager
