"""ObjectStoragePath: paths on any storage that fsspec knows. Needs universal-pathlib."""

from __future__ import annotations

from typing import Any

_class: Any = None


def _make() -> Any:
    try:
        import fsspec  # noqa: F401
        from upath import UPath
    except ImportError as e:
        raise ImportError(
            "ObjectStoragePath needs the packages universal-pathlib and fsspec "
            "(pip install universal-pathlib fsspec)"
        ) from e

    class ObjectStoragePath(UPath):  # type: ignore[misc,valid-type]
        """`ObjectStoragePath("s3://conn@bucket/key")`, or with `conn_id=`."""

        __version__ = 1
        is_tradewind_path = True

        def __new__(cls, *args: Any, conn_id: str | None = None, **options: Any) -> Any:
            if args and isinstance(args[0], str) and "@" in args[0].partition("://")[2].partition("/")[0]:
                scheme, _, rest = args[0].partition("://")
                conn, _, rest = rest.partition("@")
                conn_id = conn_id or conn
                args = (f"{scheme}://{rest}", *args[1:])
            self = super().__new__(cls, *args, **options)
            self._conn_id = conn_id
            return self

        def __init__(self, *args: Any, conn_id: str | None = None, **options: Any) -> None:
            if args and isinstance(args[0], str) and "@" in args[0].partition("://")[2].partition("/")[0]:
                scheme, _, rest = args[0].partition("://")
                args = (f"{scheme}://{rest.partition('@')[2]}", *args[1:])
            try:
                super().__init__(*args, **options)
            except TypeError:
                object.__init__(self)

        @property
        def conn_id(self) -> str | None:
            return self._conn_id

        @property
        def container(self) -> str:
            return self.path.lstrip("/").partition("/")[0]

        bucket = container

        @property
        def key(self) -> str:
            return self.path.lstrip("/").partition("/")[2]

        @property
        def namespace(self) -> str:
            return f"{self.protocol}://{self.bucket}" if self.bucket else self.protocol

        def serialize(self) -> dict[str, Any]:
            return {"path": str(self), "conn_id": self._conn_id, "kwargs": dict(self.storage_options)}

        @classmethod
        def deserialize(cls, data: dict[str, Any], version: int) -> Any:
            if version > cls.__version__:
                raise ValueError(f"Cannot deserialize version {version}")
            return cls(data["path"], conn_id=data.get("conn_id"), **data.get("kwargs", {}))

    ObjectStoragePath.__qualname__ = "ObjectStoragePath"
    return ObjectStoragePath


def __getattr__(name: str) -> Any:
    if name != "ObjectStoragePath":
        raise AttributeError(name)
    global _class
    if _class is None:
        _class = _make()
    return _class


def attach(protocol: str, conn_id: str | None = None, **options: Any) -> Any:
    """The file system of a protocol."""
    import fsspec

    options.pop("fs", None)
    return fsspec.filesystem(protocol, **options.pop("storage_options", {}) or {})


def get_fs(scheme: str, conn_id: str | None = None, storage_options: Any = None) -> Any:
    import fsspec

    return fsspec.filesystem(scheme, **(storage_options or {}))


def has_fs(scheme: str) -> bool:
    import fsspec

    return scheme in fsspec.available_protocols()
