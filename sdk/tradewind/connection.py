"""Connections: a URI, JSON, or their fields."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tradewind import recording
from tradewind.exceptions import AirflowException, AirflowNotFoundException

CONN_ID_MAX_LEN = 250
_ID = re.compile(r"^[\w#!()\-.:/\\]{1,250}$")


def sanitize_conn_id(conn_id: str | None, max_length: int = CONN_ID_MAX_LEN) -> str | None:
    if not isinstance(conn_id, str) or len(conn_id) > max_length or not _ID.match(conn_id):
        return None
    return conn_id


class Connection:
    """Where something is and how to sign in there."""

    EXTRA_KEY = "__extra__"

    def __init__(
        self,
        conn_id: str | None = None,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: Any = None,
        uri: str | None = None,
        **_: Any,
    ):
        self.conn_id = conn_id
        self.description = description
        if extra is not None and not isinstance(extra, str):
            extra = json.dumps(extra)
        if uri and (conn_type or host or login or password or schema or port or extra):
            raise AirflowException(
                "You must create an object using the URI or individual values (conn_type, host, login, password, "
                "schema, port or extra). You can't mix these two ways to create this object."
            )
        self.conn_type = conn_type
        self.host, self.login, self.password = host, login, password
        self.schema, self.port, self.extra = schema, port, extra
        if uri:
            self._read_uri(uri)

    # -- URI ----------------------------------------------------------------------------------------

    @staticmethod
    def _normalize_conn_type(conn_type: str) -> str:
        if conn_type == "postgresql":
            return "postgres"
        return conn_type.replace("-", "_")

    def _read_uri(self, uri: str) -> None:
        schemes = uri.count("://")
        if schemes > 2:
            raise AirflowException(f"Invalid connection string: {uri}.")
        inner = ""
        if schemes == 2:
            outer, _, rest = uri.partition("://")
            protocol, _, tail = rest.partition("://")
            # type://protocol://host, or type://user:password@protocol://host
            before, at, protocol = protocol.rpartition("@")
            uri = f"{outer}://{before}{at}{tail}"
            inner = protocol
            if not protocol:
                raise AirflowException(f"Invalid connection string: {uri}.")
        parts = urlsplit(uri)
        self.conn_type = self._normalize_conn_type(parts.scheme)
        netloc = parts.netloc
        auth, at, place = netloc.rpartition("@")
        login, colon, password = auth.partition(":")
        self.login = unquote(login) if at else None
        self.password = unquote(password) if colon and password else None
        host, port = self._split_port(place)
        host = unquote(host) if host else host
        self.host = f"{inner}://{host}" if inner else host
        self.port = port
        path = unquote(parts.path[1:]) if parts.path else ""
        self.schema = path
        self.extra = None
        if parts.query:
            query: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
            if self.EXTRA_KEY in query:
                self.extra = query[self.EXTRA_KEY]
            else:
                for key, value in query.items():
                    try:
                        query[key] = json.loads(value)
                    except (ValueError, TypeError):
                        continue
                self.extra = json.dumps(query)

    @staticmethod
    def _split_port(place: str) -> tuple[str, int | None]:
        if place.startswith("["):
            host, _, rest = place[1:].partition("]")
            return host, int(rest[1:]) if rest.startswith(":") and rest[1:] else None
        host, colon, port = place.rpartition(":")
        if colon and (port.isdigit() or port == ""):
            return host, int(port) if port else None
        return place, None

    @classmethod
    def from_uri(cls, uri: str, conn_id: str | None = None) -> Connection:
        return cls(conn_id=conn_id, uri=uri)

    def get_uri(self) -> str:
        """The connection as a URI."""
        uri = "//"
        if self.conn_type:
            uri = f"{self.conn_type.lower().replace('_', '-')}://"
        host = self.host or ""
        protocol = ""
        if "://" in host:
            protocol, _, host = host.partition("://")
        auth = ""
        if self.login is not None:
            auth = quote(self.login, safe="")
        if self.password is not None:
            auth += ":" + quote(self.password, safe="")
        if auth:
            auth += "@"
        if protocol:
            uri += f"{protocol}://"
        place = ""
        if host:
            place = quote(host, safe="")
        if self.port is not None and self.port != "":
            place = f"{place}:{self.port}" if place else f"@:{self.port}"
        if self.schema:
            place += f"/{quote(self.schema, safe='')}"
        uri += auth + place
        if self.extra:
            try:
                values = self.extra_dejson
                query: str | None = urlencode(values) if values else None
            except TypeError:
                query = None
            if query and self.extra_dejson == dict(parse_qsl(query, keep_blank_values=True)):
                uri += ("?" if self.schema else "/?") + query
            else:
                uri += ("?" if self.schema else "/?") + urlencode({self.EXTRA_KEY: self.extra})
        return uri

    # -- JSON ---------------------------------------------------------------------------------------

    @classmethod
    def from_json(cls, value: str, conn_id: str | None = None) -> Connection:
        fields = json.loads(value)
        if not isinstance(fields, dict):
            raise AirflowException(f"connection {conn_id!r}: expected a JSON object")
        extra = fields.pop("extra", None)
        if extra is not None and not isinstance(extra, str):
            extra = json.dumps(extra)
        if fields.get("conn_type"):
            fields["conn_type"] = cls._normalize_conn_type(fields["conn_type"])
        port = fields.pop("port", None)
        if port in (None, ""):
            fields["port"] = None
        else:
            try:
                fields["port"] = int(port)
            except ValueError:
                raise ValueError(f"Expected integer value for `port`, but got {port!r} instead.")
        fields.pop("conn_id", None)
        return cls(conn_id=conn_id, extra=extra, **fields)

    def as_json(self) -> str:
        fields = self.to_dict(prune_empty=True)
        fields.pop("conn_id", None)
        return json.dumps(fields)

    def to_dict(self, *, prune_empty: bool = False, validate: bool = True) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "conn_id": self.conn_id,
            "conn_type": self.conn_type,
            "description": self.description,
            "host": self.host,
            "login": self.login,
            "password": self.password,
            "schema": self.schema,
            "port": self.port,
            "extra": self.extra_dejson if prune_empty else self.extra,
        }
        if prune_empty:
            fields = {k: v for k, v in fields.items() if v not in (None, "", {})}
        return fields

    # -- fields -------------------------------------------------------------------------------------

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """`extra` as a dictionary; empty if it is no JSON."""
        return self.get_extra_dejson()

    async def aextra_dejson(self) -> dict[str, Any]:
        return self.extra_dejson

    async def aget_uri(self) -> str:
        return self.get_uri()

    def get_extra_dejson(self, nested: bool = False) -> dict[str, Any]:
        if not self.extra:
            return {}
        try:
            value = json.loads(self.extra)
        except (ValueError, TypeError):
            self.log.warning("The extra of connection %s is not JSON", self.conn_id)
            return {}
        if nested and isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(inner, str):
                    try:
                        value[key] = json.loads(inner)
                    except ValueError:
                        pass
        from tradewind.secrets_backends import mask_secret

        mask_secret(value)
        return value

    @property
    def log(self) -> Any:
        import logging

        return logging.getLogger(__name__)

    def get_password(self) -> str | None:
        return self.password

    def set_password(self, value: str | None) -> None:
        self.password = value

    def get_extra(self) -> str | None:
        return self.extra

    def set_extra(self, value: str) -> None:
        self.extra = value

    def rotate_fernet_key(self) -> None:
        pass

    def parse_from_uri(self, **uri: Any) -> None:
        self._read_uri(uri["uri"])

    def __repr__(self) -> str:
        return self.conn_id or ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Connection) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.conn_id, self.conn_type, self.host))

    # -- looking up ---------------------------------------------------------------------------------

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """The connection; AirflowNotFoundException when nobody knows it."""
        from tradewind import secrets_backends

        recording.connection(conn_id)
        found = secrets_backends.get_connection(conn_id)
        if found is None:
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
        return found

    get_connection_from_secrets = get

    @classmethod
    async def async_get(cls, conn_id: str) -> Connection:
        import asyncio

        return await asyncio.get_running_loop().run_in_executor(None, cls.get, conn_id)

    def get_hook(self, *, hook_params: dict[str, Any] | None = None) -> Any:
        """The hook that the provider of this connection type brings."""
        from tradewind.providers import hook_of

        info = hook_of(self.conn_type or "")
        if info is None:
            raise AirflowException(f'Unknown hook type "{self.conn_type}"')
        from tradewind.module_loading import import_string

        hook_class = import_string(info["hook_class_name"])
        name = info.get("connection_id_attribute_name") or getattr(hook_class, "conn_name_attr", "conn_id")
        return hook_class(**{str(name): self.conn_id}, **(hook_params or {}))

    def test_connection(self) -> tuple[bool, str]:
        try:
            hook = self.get_hook()
            if getattr(hook, "test_connection", None):
                return hook.test_connection()
            return False, f"Hook {type(hook).__name__} doesn't implement or inherit test_connection method"
        except Exception as e:
            return False, str(e)
