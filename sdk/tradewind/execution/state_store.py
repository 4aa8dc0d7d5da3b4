"""Small values that a task or an asset keeps from one attempt or run to the next."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

from tradewind import comms

#: a `retention` that means: keep it until somebody deletes it
NEVER_EXPIRE = datetime.timedelta.max


class StateStore:
    """`get`, `set`, `delete`, `clear`, and the same with `a` in front for coroutines."""

    _what = ""

    def _where(self) -> dict[str, Any]:
        return {}

    def get(self, key: str, default: Any = None) -> Any:
        found = comms.request(f"{self._what}_get", key=key, **self._where())
        return default if found is None else found

    def _set(self, key: str, value: Any, **more: Any) -> None:
        if value is None:
            raise ValueError("Cannot set value as None")
        comms.request(f"{self._what}_set", key=key, value=value, **self._where(), **more)

    def set(self, key: str, value: Any) -> None:
        self._set(key, value)

    def delete(self, key: str) -> None:
        comms.request(f"{self._what}_delete", key=key, **self._where())

    def clear(self, **more: Any) -> None:
        comms.request(f"{self._what}_clear", **self._where(), **more)

    async def aget(self, key: str, default: Any = None) -> Any:
        return await _away(lambda: self.get(key, default))

    async def aset(self, key: str, value: Any, **more: Any) -> None:
        await _away(lambda: self.set(key, value, **more))

    async def adelete(self, key: str) -> None:
        await _away(lambda: self.delete(key))

    async def aclear(self, **more: Any) -> None:
        await _away(lambda: self.clear(**more))


class TaskStateStore(StateStore):
    """The running task instance's own."""

    _what = "task_state"

    def set(self, key: str, value: Any, *, retention: datetime.timedelta | None = None) -> None:
        more: dict[str, Any] = {}
        if retention is None:
            from tradewind.conf import conf

            days = conf.getint("state_store", "default_retention_days", fallback=30)
            retention = datetime.timedelta(days=days) if days > 0 else NEVER_EXPIRE
        if retention == NEVER_EXPIRE:
            more["expires"] = False
        else:
            more["retention"] = retention.total_seconds()
        self._set(key, value, **more)

    def clear(self, all_map_indices: bool = False, **more: Any) -> None:
        super().clear(all_map_indices=all_map_indices, **more)


class AssetStateStore(StateStore):
    """One asset's."""

    _what = "asset_state"

    def __init__(self, asset: Any) -> None:
        self._asset = asset

    def _where(self) -> dict[str, Any]:
        names = ("name", "uri")
        return {n: getattr(self._asset, n) for n in names if getattr(self._asset, n, None)}


class AssetStateStores(StateStore):
    """By asset; with a single inlet or outlet also directly."""

    def __init__(self, inlets: Any, outlets: Any) -> None:
        from tradewind.execution.assets import is_alias

        self._stores: dict[Any, AssetStateStore] = {}
        for asset in [*(inlets or ()), *(outlets or ())]:
            if not is_alias(asset) and (hasattr(asset, "name") or hasattr(asset, "uri")):
                self._stores.setdefault(self._key(asset), AssetStateStore(asset))

    @staticmethod
    def _key(asset: Any) -> Any:
        return getattr(asset, "name", None) or getattr(asset, "uri", None)

    def __getitem__(self, asset: Any) -> AssetStateStore:
        try:
            return self._stores[self._key(asset)]
        except KeyError:
            raise KeyError(f"{asset!r} is not in this task's inlets or outlets") from None

    def _only(self) -> AssetStateStore:
        if len(self._stores) != 1:
            raise ValueError(
                f"Task has {len(self._stores)} concrete inlets and outlets: "
                "use context['asset_state_store'][asset] to say which"
            )
        return next(iter(self._stores.values()))

    def get(self, key: str, default: Any = None) -> Any:
        return self._only().get(key, default)

    def set(self, key: str, value: Any) -> None:
        self._only().set(key, value)

    def delete(self, key: str) -> None:
        self._only().delete(key)

    def clear(self, **more: Any) -> None:
        self._only().clear(**more)


async def _away(function: Any) -> Any:
    """In a thread: the loop goes on while we wait for the answer."""
    return await asyncio.get_running_loop().run_in_executor(None, function)
