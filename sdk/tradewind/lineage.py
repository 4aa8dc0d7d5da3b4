"""Lineage: what hooks read and write, and the entities of older DAG files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class AssetLineageInfo(NamedTuple):
    asset: Any
    count: int  # type: ignore[assignment]
    context: Any


class HookLineage:
    """What a task's hooks reported."""

    def __init__(self, inputs: list[Any] | None = None, outputs: list[Any] | None = None, extra: Any = None):
        self.inputs = inputs or []
        self.outputs = outputs or []
        self.extra = extra or []


class HookLineageCollector:
    """Collects the assets that hooks report."""

    def __init__(self, **_: Any) -> None:
        self._inputs: dict[str, tuple[Any, Any]] = {}
        self._outputs: dict[str, tuple[Any, Any]] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def _asset(self, **fields: Any) -> Any:
        from tradewind.assets import Asset

        try:
            uri = fields.get("uri")
            if not uri:
                return None
            return Asset(uri=uri, name=fields.get("name"), extra=fields.get("asset_extra"))
        except Exception:
            return None

    def _add(self, side: str, context: Any, fields: dict[str, Any]) -> None:
        asset = self._asset(**fields)
        if asset is None:
            return
        store = self._inputs if side == "in" else self._outputs
        store[asset.uri] = (asset, context)
        self._counts[side, asset.uri] = self._counts.get((side, asset.uri), 0) + 1

    def add_input_asset(self, context: Any, **fields: Any) -> None:
        self._add("in", context, fields)

    def add_output_asset(self, context: Any, **fields: Any) -> None:
        self._add("out", context, fields)

    add_input_dataset = add_input_asset
    add_output_dataset = add_output_asset

    def add_extra(self, *_: Any, **__: Any) -> None:
        pass

    def create_asset(self, **fields: Any) -> Any:
        return self._asset(**fields)

    create_dataset = create_asset

    @property
    def collected_assets(self) -> HookLineage:
        def rows(side: str, store: dict[str, tuple[Any, Any]]) -> list[AssetLineageInfo]:
            return [AssetLineageInfo(a, self._counts[side, uri], c) for uri, (a, c) in store.items()]

        return HookLineage(rows("in", self._inputs), rows("out", self._outputs))

    collected_datasets = collected_assets

    @property
    def has_collected(self) -> bool:
        return bool(self._inputs or self._outputs)


class NoOpCollector(HookLineageCollector):
    """Collects nothing."""

    def _add(self, side: str, context: Any, fields: dict[str, Any]) -> None:
        pass


class HookLineageReader:
    """Reads what was collected."""

    def __init__(self, **_: Any) -> None:
        self.lineage_collector = get_hook_lineage_collector()

    def retrieve_hook_lineage(self) -> HookLineage:
        return self.lineage_collector.collected_assets


_collector: HookLineageCollector | None = None


def get_hook_lineage_collector() -> HookLineageCollector:
    global _collector
    if _collector is None:
        _collector = HookLineageCollector()
    return _collector


class _Entity:
    """A data set of older DAG files: fields with templates."""

    template_fields: tuple[str, ...] = ()
    _fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any):
        values = dict(zip(self._fields, args))
        values.update(kwargs)
        for name in self._fields:
            setattr(self, name, values.pop(name, None))
        self.__dict__.update(values)


class File(_Entity):
    template_fields = ("url",)
    _fields = ("url", "type_hint")


class User(_Entity):
    _fields = ("email", "first_name", "last_name")


class Tag(_Entity):
    _fields = ("tag_name",)


class Column(_Entity):
    _fields = ("name", "description", "data_type", "tags")


class Table(_Entity):
    template_fields = ("database", "cluster", "name", "tags", "description", "columns", "owners", "extra")
    _fields = template_fields


def apply_lineage(func: Callable) -> Callable:
    return func


prepare_lineage = apply_lineage
AUTO = "auto"
