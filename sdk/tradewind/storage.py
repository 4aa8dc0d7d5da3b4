"""ObjectStoragePath: paths on any storage that fsspec knows. Needs universal-pathlib (0.3 or newer) and fsspec."""

from __future__ import annotations

from typing import Any

_class: Any = None


def _split(url: str, conn_id: str | None) -> tuple[str, str | None]:
    """`s3://conn@bucket/key` → (`s3://bucket/key`, `conn`)."""
    scheme, mark, rest = url.partition("://")
    place, slash, tail = rest.partition("/")
    if mark and "@" in place:
        conn, _, place = place.rpartition("@")
        return f"{scheme}://{place}{slash}{tail}", conn_id or conn or None
    return url, conn_id


def _make() -> Any:
    try:
        from upath.extensions import ProxyUPath
    except ImportError as e:
        raise ImportError(
            "ObjectStoragePath needs the packages universal-pathlib (0.3 or newer) and fsspec "
            "(pip install universal-pathlib fsspec)"
        ) from e

    class ObjectStoragePath(ProxyUPath):  # type: ignore[misc,valid-type]
        """`ObjectStoragePath("s3://conn@bucket/key")`, or with `conn_id=`. The connection signs in when first needed."""

        __version__ = 1
        is_tradewind_path = True

        def __init__(
            self, *args: Any, protocol: str | None = None, conn_id: str | None = None, **options: Any
        ) -> None:
            options.pop("conn_id", None)
            if args and isinstance(args[0], ObjectStoragePath):
                conn_id = conn_id or args[0].conn_id
            elif args:
                first, conn_id = _split(str(args[0]), conn_id)
                args = (first, *args[1:])
            super().__init__(*args, protocol=protocol, **options)
            self._conn_id = conn_id
            self._signed_in = False

        @classmethod
        def _from_upath(cls, upath: Any, /) -> Any:
            if isinstance(upath, cls):
                return upath
            made = object.__new__(cls)
            made.__wrapped__ = upath
            made._conn_id = _connections.get(id(getattr(upath, "_fs_cached", None)))
            made._signed_in = False
            return made

        @property
        def conn_id(self) -> str | None:
            return self._conn_id

        @property
        def fs(self) -> Any:
            if self._conn_id and not self._signed_in:
                found = get_fs(self.protocol, self._conn_id, dict(self.storage_options))
                self.__wrapped__._fs_cached = found
                _connections[id(found)] = self._conn_id
                self._signed_in = True
            return self.__wrapped__.fs

        def __truediv__(self, other: Any) -> Any:
            made = super().__truediv__(other)
            made._conn_id = self._conn_id
            return made

        def joinpath(self, *parts: Any) -> Any:
            made = super().joinpath(*parts)
            made._conn_id = self._conn_id
            return made

        @property
        def container(self) -> str:
            """The bucket."""
            return self.path.lstrip("/").partition("/")[0]

        bucket = container

        @property
        def key(self) -> str:
            return self.path.lstrip("/").partition("/")[2]

        @property
        def namespace(self) -> str:
            return f"{self.protocol}://{self.bucket}" if self.bucket else self.protocol

        def open(self, mode: str = "r", **kwargs: Any) -> Any:  # type: ignore[override]
            """A file on the storage."""
            _ = self.fs
            return super().open(mode, **kwargs)

        def serialize(self) -> dict[str, Any]:
            return {"path": str(self), "conn_id": self._conn_id, "kwargs": dict(self.storage_options)}

        @classmethod
        def deserialize(cls, data: dict[str, Any], version: int) -> Any:
            if version > cls.__version__:
                raise ValueError(f"Cannot deserialize version {version} with version {cls.__version__}.")
            return cls(data["path"], conn_id=data.get("conn_id"), **data.get("kwargs", {}))

    ObjectStoragePath.__qualname__ = "ObjectStoragePath"
    return ObjectStoragePath


#: id of a file system → the connection it was made with
_connections: dict[int, str] = {}


def __getattr__(name: str) -> Any:
    if name != "ObjectStoragePath":
        raise AttributeError(name)
    global _class
    if _class is None:
        _class = _make()
    return _class


def _module_of(scheme: str) -> Any:
    """The provider's module that signs in to storages of this scheme."""
    import importlib

    from tradewind.providers import ProvidersManager

    for name in ProvidersManager().filesystem_module_names:
        module = importlib.import_module(name)
        if scheme in getattr(module, "schemes", ()):
            return module
    return None


def get_fs(scheme: str, conn_id: str | None = None, storage_options: Any = None) -> Any:
    """The file system of a scheme, signed in with the connection if a provider knows how."""
    import inspect

    import fsspec

    module = _module_of(scheme) if conn_id or scheme != "file" else None
    if module is not None:
        parameters = inspect.signature(module.get_fs).parameters
        if len(parameters) > 1:
            return module.get_fs(conn_id, storage_options or {})
        return module.get_fs(conn_id)
    return fsspec.filesystem(scheme, **(storage_options or {}))


def has_fs(scheme: str) -> bool:
    import fsspec

    return _module_of(scheme) is not None or scheme in fsspec.available_protocols()


_stores: dict[str, Any] = {}


def attach(
    protocol: str | None = None,
    conn_id: str | None = None,
    alias: str | None = None,
    encryption_type: str | None = None,
    fs: Any = None,
    **options: Any,
) -> Any:
    """A file system under an alias."""
    name = alias or (f"{protocol}-{conn_id}" if conn_id else str(protocol))
    if name not in _stores:
        _stores[name] = (
            fs if fs is not None else get_fs(str(protocol), conn_id, options.get("storage_options"))
        )
    return _stores[name]
