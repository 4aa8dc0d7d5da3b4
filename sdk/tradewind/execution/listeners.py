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


def tell_asset(said: dict[str, Any], ti: Any) -> None:
    """What has happened to an asset, as the task's report has it."""
    from tradewind.assets import Asset, AssetAlias
    from tradewind.listeners import AssetEvent

    if not any_at_all() or not get_listener_manager().hears_assets:
        return
    asset = Asset(**{key: said["asset"][key] for key in ("name", "uri") if said["asset"].get(key)})
    tell("on_asset_changed", asset=asset)
    for key in said.get("partition_keys") or [None]:
        event = AssetEvent(
            asset,
            said.get("extra") or {},
            source_dag_id=ti.dag_id,
            source_task_id=ti.task_id,
            source_run_id=ti.run_id,
            source_map_index=ti.map_index,
            source_aliases=[AssetAlias(said["alias"])] if said.get("alias") else [],
            partition_key=key,
        )
        tell("on_asset_event_emitted", asset_event=event)


def tell(event: str, **about: Any) -> None:
    """Call the hook of that name. What a listener raises is logged, and changes nothing."""
    if not any_at_all():
        return
    try:
        getattr(get_listener_manager().hook, event)(**about)
    except Exception:
        logger.exception("A listener's %s failed", event)
