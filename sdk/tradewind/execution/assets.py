"""Asset events as a task sees them: those it makes, those of its inlets, those that made its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradewind import comms
from tradewind.execution.dagrun import instant, text


def is_alias(obj: Any) -> bool:
    return type(obj).__name__ in ("AssetAlias", "DatasetAlias") or (
        hasattr(obj, "name") and hasattr(obj, "group") and not hasattr(obj, "uri")
    )


def _ref_of(obj: Any) -> dict[str, str] | None:
    """name or uri of a reference (`Asset.ref`)."""
    kind = type(obj).__name__
    if kind.endswith("NameRef"):
        return {"name": obj.name}
    if kind.endswith("UriRef"):
        return {"uri": obj.uri}
    return None


def identity(obj: Any) -> tuple[str, str, str]:
    """("asset", name, uri) or ("alias", name, ""): what makes two of them the same."""
    if isinstance(obj, str):
        return "asset", obj, obj
    ref = _ref_of(obj)
    if ref is not None:
        found = comms.request("asset_get", **ref)
        if not found:
            raise KeyError(obj)
        return "asset", found["name"], found["uri"]
    if is_alias(obj):
        return "alias", obj.name, ""
    if hasattr(obj, "uri"):
        return "asset", obj.name, obj.uri
    raise TypeError(f"Key should be either an asset or an asset alias, not {type(obj)}")


def _object(key: tuple[str, str, str]) -> Any:
    from tradewind import assets

    return assets.AssetAlias(key[1]) if key[0] == "alias" else assets.Asset(name=key[1], uri=key[2])


class _ByAsset:
    """`for_asset` and `for_asset_alias`, for all mappings by asset."""

    def for_asset(self, *, name: str | None = None, uri: str | None = None) -> Any:
        from tradewind import assets

        if name and uri:
            return self[assets.Asset(name=name, uri=uri)]  # type: ignore[index]
        if name:
            return self[assets.Asset.ref(name=name)]  # type: ignore[index]
        if uri:
            return self[assets.Asset.ref(uri=uri)]  # type: ignore[index]
        raise ValueError("name and uri cannot both be None")

    def for_asset_alias(self, *, name: str) -> Any:
        from tradewind import assets

        return self[assets.AssetAlias(name)]  # type: ignore[index]


class OutletEventAccessor:
    """What the task says of one outlet: extra data, partitions, or for an alias the assets behind it."""

    def __init__(self, key: tuple[str, str, str]) -> None:
        self.key = key
        self.extra: dict[str, Any] = {}
        self.asset_alias_events: list[dict[str, Any]] = []
        self.partition_keys: set[str] = set()

    @property
    def raw_key(self) -> Any:
        return _object(self.key)

    def add(self, asset: Any, extra: dict[str, Any] | None = None) -> None:
        if self.key[0] != "alias":
            return
        _, name, uri = identity(asset)
        event = {
            "asset": {"name": name, "uri": uri, "extra": getattr(asset, "extra", None) or {}},
            "alias": self.key[1],
            "extra": extra or {},
        }
        self.asset_alias_events.append(event)

    def add_partitions(self, keys: str | list[str]) -> None:
        if self.key[0] == "alias":
            raise TypeError("partition keys can only be attached to a concrete asset, not to an alias")
        for key in [keys] if isinstance(keys, str) else keys:
            if not key.strip():
                raise ValueError(f"partition_key must not be empty or whitespace-only; got {key!r}.")
            if len(key) > 250:
                raise ValueError(f"partition_key must be at most 250 characters; got {len(key)}.")
            self.partition_keys.add(key)

    def __repr__(self) -> str:
        return f"OutletEventAccessor(extra={self.extra!r})"


class OutletEventAccessors(_ByAsset, Mapping):
    """`outlet_events[asset]`; any asset may be asked for."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str, str], OutletEventAccessor] = {}

    def __getitem__(self, key: Any) -> OutletEventAccessor:
        found = identity(key)
        if found not in self._by_key:
            self._by_key[found] = OutletEventAccessor(found)
        return self._by_key[found]

    def __iter__(self) -> Iterator[Any]:
        return (_object(key) for key in self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def __repr__(self) -> str:
        return f"OutletEventAccessors({list(self._by_key.values())!r})"

    def events(self, outlets: Any) -> list[dict[str, Any]]:
        """The frame's `outlet_events`: one per outlet at least, with what the task said of it."""
        events: list[dict[str, Any]] = []
        named: set[tuple[str, str, str]] = set()
        for outlet in outlets or ():
            ref = _ref_of(outlet)
            if ref is not None:
                known = next(
                    (k for k in self._by_key if ref.get("name") == k[1] or ref.get("uri") == k[2]), None
                )
                if known is None:
                    events.append({"asset": ref, "extra": {}})
                    continue
                key = known
            elif is_alias(outlet) or hasattr(outlet, "uri"):
                key = identity(outlet)
            else:
                continue  # lineage of some other kind
            if key in named:
                continue
            named.add(key)
            events.extend(self._of(key))
        for key in self._by_key:
            if key not in named and key[0] == "alias":
                events.extend(self._of(key))
        return events

    def _of(self, key: tuple[str, str, str]) -> list[dict[str, Any]]:
        said = self._by_key.get(key)
        if key[0] == "alias":
            return list(said.asset_alias_events) if said else []
        event: dict[str, Any] = {
            "asset": {"name": key[1], "uri": key[2]},
            "extra": said.extra if said else {},
        }
        if said and said.partition_keys:
            event["partition_keys"] = sorted(said.partition_keys)
        return [event]


class AssetEvent:
    """An event that happened. `source_dag_run` and the like are plain fields."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.id = fields.get("id")
        self.timestamp = instant(fields.get("timestamp"))
        self.extra = fields.get("extra") or {}
        about = fields.get("asset") or {}
        self.asset = _Asset(about.get("name") or about.get("uri"), about.get("uri") or about.get("name"))
        self.uri = self.asset.uri
        self.source_dag_id = fields.get("source_dag_id")
        self.source_task_id = fields.get("source_task_id")
        self.source_run_id = fields.get("source_run_id")
        self.source_map_index = fields.get("source_map_index", -1)
        self.partition_key = fields.get("partition_key")
        self.source_aliases = fields.get("source_aliases") or fields.get("aliases") or []
        self.created_dagruns = fields.get("created_dagruns") or []

    @property
    def source_dag_run(self) -> Any:
        from tradewind.execution.dagrun import DagRun

        found = None
        if self.source_run_id:
            found = comms.request("dag_run_get", dag_id=self.source_dag_id, run_id=self.source_run_id)
        return DagRun({"dag_id": self.source_dag_id, **found}) if found else None

    @property
    def source_task_instance(self) -> Any:
        return _SourceTask(self) if self.source_task_id else None

    def __repr__(self) -> str:
        return f"AssetEvent(id={self.id}, asset={self.asset}, timestamp={self.timestamp}, extra={self.extra})"


class _Asset:
    def __init__(self, name: Any, uri: Any) -> None:
        self.name = name
        self.uri = uri

    def __repr__(self) -> str:
        return f"Asset(name={self.name!r}, uri={self.uri!r})"

    def __eq__(self, other: object) -> bool:
        return (self.name, self.uri) == (getattr(other, "name", None), getattr(other, "uri", None))

    def __hash__(self) -> int:
        return hash((self.name, self.uri))


class _SourceTask:
    """The task instance an event came from: enough of it to pull its XComs."""

    def __init__(self, event: AssetEvent) -> None:
        self.dag_id, self.task_id = event.source_dag_id, event.source_task_id
        self.run_id, self.map_index = event.source_run_id, event.source_map_index

    def xcom_pull(self, *, key: str = "return_value", default: Any = None, **_: Any) -> Any:
        from tradewind import xcom

        value = xcom.backend().get_one(
            key=key, dag_id=self.dag_id, task_id=self.task_id, run_id=self.run_id, map_index=self.map_index
        )
        return default if value is None else value


class InletEvents(Sequence):
    """The events of one inlet, oldest first;

    Fetched when looked at. `after`, `before`, `limit`, `ascending` narrow it.
    """

    def __init__(self, what: dict[str, Any]) -> None:
        self._what = what
        self._events: list[AssetEvent] | None = None

    def _narrowed(self, **more: Any) -> InletEvents:
        self._what.update(more)
        self._events = None
        return self

    def after(self, after: Any) -> InletEvents:
        return self._narrowed(after=text(after))

    def before(self, before: Any) -> InletEvents:
        return self._narrowed(before=text(before))

    def ascending(self, ascending: bool = True) -> InletEvents:
        return self._narrowed(ascending=ascending)

    def limit(self, limit: int) -> InletEvents:
        return self._narrowed(limit=limit)

    @property
    def events(self) -> list[AssetEvent]:
        if self._events is None:
            self._events = [AssetEvent(e) for e in comms.request("asset_events", **self._what) or []]
        return self._events

    def __getitem__(self, index: Any) -> Any:
        return self.events[index]

    def __len__(self) -> int:
        return len(self.events)


class InletEventsAccessors(_ByAsset, Mapping):
    """`inlet_events[asset]`, also by the inlet's index."""

    def __init__(self, inlets: Any) -> None:
        self._inlets = list(inlets or ())

    def __getitem__(self, key: Any) -> InletEvents:
        obj = self._inlets[key] if isinstance(key, int) else key
        ref = _ref_of(obj)
        what: dict[str, Any]
        if ref is not None:
            what = dict(ref)
        else:
            kind, name, uri = identity(obj)
            what = {"alias": name} if kind == "alias" else {"name": name, "uri": uri}
        if not any(self._names(inlet, what) for inlet in self._inlets):
            raise KeyError(key)
        return InletEvents({**what, "ascending": True})

    @staticmethod
    def _names(inlet: Any, what: dict[str, Any]) -> bool:
        if is_alias(inlet):
            return inlet.name == what.get("alias")
        if "alias" in what:
            return False
        if _ref_of(inlet) is not None:
            return True
        return getattr(inlet, "name", None) == what.get("name") or getattr(inlet, "uri", None) == what.get(
            "uri"
        )

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)


class TriggeringAssetEvents(_ByAsset, Mapping):
    """The events that made this run, by asset and by alias."""

    def __init__(self, events: dict[tuple[str, str, str], list[AssetEvent]]) -> None:
        self._events = events

    @classmethod
    def build(cls, events: Any) -> TriggeringAssetEvents:
        if isinstance(events, dict):
            events = [e for group in events.values() for e in group]
        by_key: dict[tuple[str, str, str], list[AssetEvent]] = {}
        for fields in events or ():
            event = AssetEvent(fields)
            by_key.setdefault(("asset", event.asset.name, event.asset.uri), []).append(event)
            for alias in event.source_aliases:
                name = alias.get("name") if isinstance(alias, dict) else str(alias)
                by_key.setdefault(("alias", str(name), ""), []).append(event)
        return cls(by_key)

    def __getitem__(self, key: Any) -> list[AssetEvent]:
        if isinstance(key, str):  # 2.x: by URI
            for known, events in self._events.items():
                if key in known[1:]:
                    return events
            raise KeyError(key)
        return self._events[identity(key)]

    def __iter__(self) -> Iterator[Any]:
        return (_object(key) for key in self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        return f"TriggeringAssetEvents({self._events!r})"
