"""Assets (2.x: datasets): what tasks produce and schedules wait for."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

_MAX = 1500


class AssetUniqueKey(NamedTuple):
    name: str
    uri: str

    @staticmethod
    def from_asset(asset: Any) -> AssetUniqueKey:
        return AssetUniqueKey(asset.name, asset.uri)

    def to_asset(self) -> Asset:
        return Asset(name=self.name, uri=self.uri)

    def asprofile(self) -> Any:
        return self


class AssetAliasUniqueKey(NamedTuple):
    name: str

    @staticmethod
    def from_asset_alias(alias: Any) -> AssetAliasUniqueKey:
        return AssetAliasUniqueKey(alias.name)


class BaseAsset:
    """An asset, an alias, a reference, or an expression of them."""

    def __or__(self, other: Any) -> BaseAsset:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAny(self, other)

    def __and__(self, other: Any) -> BaseAsset:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAll(self, other)

    def iter_members(self) -> Iterator[BaseAsset]:
        """The assets, aliases and references inside."""
        yield self

    def iter_assets(self) -> Iterator[tuple[AssetUniqueKey, Asset]]:
        for member in self.iter_members():
            if isinstance(member, Asset):
                yield AssetUniqueKey.from_asset(member), member

    def iter_asset_aliases(self) -> Iterator[tuple[str, AssetAlias]]:
        for member in self.iter_members():
            if isinstance(member, AssetAlias):
                yield member.name, member

    def as_expression(self) -> Any:
        raise NotImplementedError

    def to_document(self) -> dict[str, Any]:
        raise NotImplementedError


def _check(of: str, what: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{of} {what} must be a string")
    if len(value) > _MAX:
        raise ValueError(f"{of} {what} cannot exceed {_MAX} characters")
    if what == "group":
        return
    if not value:
        raise ValueError(f"{of} {what} cannot be empty")
    if value.isspace():
        raise ValueError(f"{of} {what} cannot be just whitespace")


def _sanitize_uri(uri: str) -> str:
    _check("Asset", "uri", uri)
    parts = urlsplit(uri)
    if not parts.scheme and not parts.netloc:
        return uri
    scheme = parts.scheme.lower()
    if scheme.startswith("x-"):
        return uri
    if scheme == "airflow":
        raise ValueError("Asset scheme 'airflow' is reserved")
    _, _, host = parts.netloc.rpartition("@")
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    path = parts.path.rstrip("/")
    return urlunsplit((scheme, host, path, query, ""))


@dataclass
class AssetAccessControl:
    """Who may produce and consume an asset in a multi-team installation."""

    producer_teams: list[str] = field(default_factory=list)
    consumer_teams: list[str] | None = None
    allow_global: bool = True


class Asset(BaseAsset):
    """One asset. A name gives the URI and the other way round."""

    asset_type = "asset"

    def __init__(
        self,
        name: str | None = None,
        uri: Any = None,
        *,
        group: str | None = None,
        extra: Any = None,
        watchers: list[Any] | None = None,
        access_control: AssetAccessControl | None = None,
    ):
        if name is None and uri is None:
            raise TypeError("Asset() requires either 'name' or 'uri'")
        if uri is not None:
            uri = os.fspath(uri) if isinstance(uri, os.PathLike) else str(uri)
        name, uri = uri if name is None else name, name if uri is None else uri
        self.group = self.asset_type if group is None else group
        _check("Asset", "name", name)
        _check("Asset", "group", self.group)
        self.name = name
        self.uri = _sanitize_uri(uri)
        self.extra = {} if extra is None else dict(extra) if isinstance(extra, dict) else extra
        self.watchers = list(watchers or [])
        self.access_control = AssetAccessControl() if access_control is None else access_control

    @staticmethod
    def ref(*, name: str | None = None, uri: str | None = None) -> AssetRef:
        if (name is None) == (uri is None):
            raise TypeError("Asset reference must be made to either a name or a URI, but not both")
        return AssetNameRef(name) if name is not None else AssetUriRef(uri)  # type: ignore[arg-type]

    @property
    def normalized_uri(self) -> str | None:
        return self.uri

    def __fspath__(self) -> str:
        return self.uri

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self) -> int:
        return hash((self.name, self.uri))

    def __repr__(self) -> str:
        fields = ("name", "uri", "group", "extra", "watchers", "access_control")
        return f"{type(self).__name__}({', '.join(f'{f}={getattr(self, f)!r}' for f in fields)})"

    @property
    def key(self) -> str:
        return self.uri

    def as_expression(self) -> Any:
        return {"asset": {"uri": self.uri, "name": self.name, "group": self.group}}

    def to_document(self) -> dict[str, Any]:
        return {"asset": self.key} if self.name == self.uri else {"asset": self.key, "name": self.name}


class Dataset(Asset):
    """2.x's name: the first argument is the URI."""

    asset_type = "dataset"

    def __init__(self, uri: Any = None, extra: dict[str, Any] | None = None, **kwargs: Any):
        if isinstance(uri, str) and not uri.isascii():
            raise ValueError("Dataset URI must only consist of ASCII characters")
        super().__init__(uri=uri, name=kwargs.pop("name", None), extra=extra, **kwargs)


class Model(Asset):
    asset_type = "model"


class AssetRef(BaseAsset):
    """A reference by name or URI to an asset defined elsewhere."""

    def as_expression(self) -> Any:
        return {"asset_ref": self.__dict__}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))


class AssetNameRef(AssetRef):
    def __init__(self, name: str):
        self.name = name

    def to_document(self) -> dict[str, Any]:
        return {"asset": f"name:{self.name}"}


class AssetUriRef(AssetRef):
    def __init__(self, uri: str):
        self.uri = _sanitize_uri(uri)

    def to_document(self) -> dict[str, Any]:
        return {"asset": self.uri}


class AssetAlias(BaseAsset):
    """A name that is resolved to assets when a task runs."""

    def __init__(self, name: str, *, group: str = "asset"):
        _check("AssetAlias", "name", name)
        _check("AssetAlias", "group", group)
        self.name = name
        self.group = group

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"AssetAlias(name={self.name!r}, group={self.group!r})"

    def as_expression(self) -> Any:
        return {"alias": {"name": self.name, "group": self.group}}

    def to_document(self) -> dict[str, Any]:
        return {"alias": self.name} if self.group == "asset" else {"alias": self.name, "group": self.group}


class AssetBooleanCondition(BaseAsset):
    _word = ""
    agg_func: Callable = all

    def __init__(self, *objects: BaseAsset):
        for item in objects:
            if not isinstance(item, BaseAsset):
                raise TypeError("expect asset expressions in condition")
        self.objects = list(objects)

    def iter_members(self) -> Iterator[BaseAsset]:
        for item in self.objects:
            yield from item.iter_members()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.objects == other.objects  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.objects))})"

    def as_expression(self) -> Any:
        return {self._word: [o.as_expression() for o in self.objects]}

    def to_document(self) -> dict[str, Any]:
        return {self._word: [o.to_document() for o in self.objects]}


class AssetAny(AssetBooleanCondition):
    _word = "any"
    agg_func = any

    def __or__(self, other: Any) -> BaseAsset:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAny(*self.objects, other)


class AssetAll(AssetBooleanCondition):
    _word = "all"
    agg_func = all

    def __and__(self, other: Any) -> BaseAsset:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAll(*self.objects, other)


def as_condition(value: Any) -> BaseAsset:
    """A list means all of its members."""
    if isinstance(value, BaseAsset):
        return value
    return AssetAll(*value)


def member_document(item: Any) -> dict[str, Any] | None:
    """An inlet or outlet as the document has it; None when it is no asset."""
    return item.to_document() if isinstance(item, BaseAsset) else None


class AssetWatcher:
    """A trigger whose events are events of the asset."""

    def __init__(self, name: str, *, trigger: Any):
        self.name = name
        self.trigger = trigger

    def to_document(self) -> dict[str, Any]:
        from tradewind.serialize import encode

        classpath, kwargs = self.trigger.serialize()
        return {"name": self.name, "trigger": {"classpath": classpath, "kwargs": encode(kwargs)}}


class Metadata:
    """Extra information of one asset event, yielded by a task."""

    def __init__(self, asset: Any, extra: dict[str, Any] | None = None, alias: Any = None):
        if not isinstance(extra, (dict, type(None))):
            raise TypeError("extra must be a dictionary")
        self.asset = asset
        self.extra = extra or {}
        self.alias = alias if alias is None or isinstance(alias, AssetAlias) else AssetAlias(alias)


# -- @asset ---------------------------------------------------------------------------------------------


class AssetDefinition(Asset):
    """What `@asset` makes: an asset, and a DAG of one task that produces it."""

    def __init__(self, function: Callable, source: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self._function = function
        self._source = source
        self.dag = source.make_dag(function, self.name, [self])


class MultiAssetDefinition(BaseAsset):
    """`@asset.multi`: one task that produces several assets."""

    def __init__(self, name: str, dag_id: str, function: Callable, source: Any):
        self.name = name
        self.dag_id = dag_id
        self._function = function
        self._source = source
        self.dag = source.make_dag(function, dag_id, list(source.outlets))

    def iter_members(self) -> Iterator[BaseAsset]:
        yield from self._source.outlets

    def as_expression(self) -> Any:
        return {"all": [o.as_expression() for o in self._source.outlets]}

    def to_document(self) -> dict[str, Any]:
        return {"all": [o.to_document() for o in self._source.outlets]}


class _AssetDecorator:
    def __init__(self, *, name: str | None = None, uri: Any = None, outlets: Any = None, **options: Any):
        self.name = name
        self.uri = uri
        self.outlets = list(outlets or [])
        self.asset_options = {k: options.pop(k) for k in ("group", "extra", "watchers") if k in options}
        self.dag_id = options.pop("dag_id", None)
        self.dag_options = options

    def make_dag(self, function: Callable, dag_id: str, outlets: list[Any]) -> Any:
        from tradewind.dag import DAG
        from tradewind.decorators import CONTEXT_KEYS
        from tradewind.operators.python import PythonOperator

        options = dict(self.dag_options)
        options.setdefault("catchup", False)
        options.setdefault("schedule", None)
        display_name = options.pop("display_name", None)
        if display_name:
            options["dag_display_name"] = display_name
        dag_id = re.sub(r"[^\w.-]", "_", self.dag_id or dag_id)
        inlets = [
            Asset.ref(name=p.name)
            for p in inspect.signature(function).parameters.values()
            if p.name not in {"self", "context", *CONTEXT_KEYS} and p.default is inspect.Parameter.empty
        ]

        class _AssetMainOperator(PythonOperator):
            """The one task of the DAG that `@asset` makes."""

            def determine_kwargs(self, context: Any) -> dict[str, Any]:
                values: dict[str, Any] = {}
                for name, p in inspect.signature(function).parameters.items():
                    if name == "self":
                        values[name] = outlets[0]
                    elif name == "context":
                        values[name] = context
                    elif name in CONTEXT_KEYS and name in context:
                        values[name] = context[name]
                    elif p.default is not inspect.Parameter.empty:
                        values[name] = p.default
                    else:
                        values[name] = next(
                            (a for a in context.get("inlets", ()) if getattr(a, "name", None) == name),
                            Asset.ref(name=name),
                        )
                return values

        _AssetMainOperator.__qualname__ = _AssetMainOperator.__name__
        with DAG(dag_id, **options) as dag:
            dag.fileloc = function.__code__.co_filename
            _AssetMainOperator(
                task_id=function.__name__, inlets=inlets, outlets=outlets, python_callable=function
            )
        return dag

    def __call__(self, function: Callable) -> Any:
        if self.outlets:
            name = self.name or function.__name__
            return MultiAssetDefinition(name, self.dag_id or name, function, self)
        name = self.name or function.__name__
        for reserved in ("self", "context"):
            if name == reserved:
                raise ValueError(f"prohibited name for asset: {name}")
        return AssetDefinition(function, self, name=name, uri=self.uri, **self.asset_options)


class _AssetFactory:
    """`@asset(...)` and `@asset.multi(...)`."""

    def __call__(self, function: Any = None, **kwargs: Any) -> Any:
        if callable(function):
            return _AssetDecorator()(function)
        return _AssetDecorator(**kwargs)

    @staticmethod
    def multi(*, outlets: Any, **kwargs: Any) -> Any:
        if not outlets:
            raise ValueError("At least one outlet is required")
        return _AssetDecorator(outlets=outlets, **kwargs)


asset = _AssetFactory()
