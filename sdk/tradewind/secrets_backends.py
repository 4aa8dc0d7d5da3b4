"""Where Variables and Connections come from:

A configured backend, the environment, the engine; the first that has it wins.
"""

from __future__ import annotations

import json
import os
from typing import Any

from tradewind import comms
from tradewind.exceptions import AirflowException, AirflowSecretsBackendAccessDenied

CONN_ENV_PREFIX = "AIRFLOW_CONN_"
VAR_ENV_PREFIX = "AIRFLOW_VAR_"

#: words whose presence in a name makes its value secret
SENSITIVE_WORDS = (
    "access_key access_token api_key apikey auth_header authorization bearer connection_string dsn "
    "passphrase passwd password private_key proxy proxies secret service_account service_key token "
    "keyfile_dict webhook_url"
).split()


class BaseSecretsBackend:
    """What a secrets backend derives from. A method that has no answer returns None."""

    def __init__(self, **kwargs: Any) -> None:
        pass

    @staticmethod
    def build_path(path_prefix: str, secret_id: str, sep: str = "/") -> str:
        return f"{path_prefix}{sep}{secret_id}"

    def get_conn_value(self, conn_id: str, *args: Any, **kwargs: Any) -> str | None:
        """A connection as URI or JSON."""
        raise NotImplementedError

    def get_conn_uri(self, conn_id: str) -> str | None:
        raise NotImplementedError

    def deserialize_connection(self, conn_id: str, value: str) -> Any:
        return connection_from_text(conn_id, value)

    def get_connection(self, conn_id: str, *args: Any, **kwargs: Any) -> Any:
        value = None
        for method in (self.get_conn_value, self.get_conn_uri):
            try:
                value = method(conn_id)
                break
            except NotImplementedError:
                continue
        return self.deserialize_connection(conn_id, value) if value else None

    def get_connections(self, conn_id: str) -> list[Any]:
        conn = self.get_connection(conn_id)
        return [conn] if conn else []

    def get_variable(self, key: str, *args: Any, **kwargs: Any) -> str | None:
        raise NotImplementedError

    def get_config(self, key: str) -> str | None:
        return None


class EnvironmentVariablesBackend(BaseSecretsBackend):
    """AIRFLOW_CONN_{ID} and AIRFLOW_VAR_{KEY}, in capitals."""

    def get_conn_value(self, conn_id: str, *args: Any, **kwargs: Any) -> str | None:
        return os.environ.get(CONN_ENV_PREFIX + conn_id.upper())

    def get_variable(self, key: str, *args: Any, **kwargs: Any) -> str | None:
        return os.environ.get(VAR_ENV_PREFIX + key.upper())


class LocalFilesystemBackend(BaseSecretsBackend):
    """Variables and connections from files: .env, .json, .yaml."""

    def __init__(
        self, variables_file_path: str | None = None, connections_file_path: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__()
        self.variables_file = variables_file_path
        self.connections_file = connections_file_path
        self._variables: dict[str, str] | None = None
        self._connections: dict[str, Any] | None = None

    def get_connection(self, conn_id: str, *args: Any, **kwargs: Any) -> Any:
        if self._connections is None:
            self._connections = load_connections(self.connections_file) if self.connections_file else {}
        return self._connections.get(conn_id)

    def get_variable(self, key: str, *args: Any, **kwargs: Any) -> str | None:
        if self._variables is None:
            self._variables = load_variables(self.variables_file) if self.variables_file else {}
        return self._variables.get(key)


class SupervisorBackend(BaseSecretsBackend):
    """The engine's own, asked by request."""

    def get_connection(self, conn_id: str, *args: Any, **kwargs: Any) -> Any:
        try:
            found = comms.request("connection_get", conn_id=conn_id)
        except comms.RequestError as e:
            _denied(e)
            return None
        if not found:
            return None
        from tradewind.connection import Connection

        return Connection(
            conn_id=found.get("conn_id") or conn_id,
            conn_type=found.get("conn_type"),
            description=found.get("description"),
            host=found.get("host"),
            login=found.get("login"),
            password=found.get("password"),
            schema=found.get("schema"),
            port=found.get("port"),
            extra=found.get("extra"),
        )

    def get_variable(self, key: str, *args: Any, **kwargs: Any) -> str | None:
        try:
            return comms.request("variable_get", key=key)
        except comms.RequestError as e:
            _denied(e)
            return None


def _denied(error: comms.RequestError) -> None:
    if error.kind == "denied":
        raise AirflowSecretsBackendAccessDenied(error.message) from error
    if error.kind not in ("not_found",) and not isinstance(error, comms.NoSupervisor):
        raise error


# -- files ------------------------------------------------------------------------------------------


def _read(path: str) -> dict[str, Any]:
    ext = os.path.splitext(path)[1].lower()
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    except OSError as e:
        raise AirflowException(
            f"File {path} was not found. Check the configuration of your Secrets backend."
        ) from e
    if ext == ".json":
        data = json.loads(text) if text.strip() else {}
    elif ext in (".yaml", ".yml"):
        import yaml

        data = yaml.safe_load(text) or {}
    elif ext == ".env":
        data = {}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            key, equals, value = line.partition("=")
            if not equals or not key:
                raise AirflowException(f"{path}: line {number} is not key=value")
            data.setdefault(key.strip(), []).append(value.strip())
    else:
        raise AirflowException(
            "Unsupported file format. The file must have one of the extensions: .env .json .yaml .yml"
        )
    if not isinstance(data, dict):
        raise AirflowException(f"{path}: the file should contain an object")
    return data


def load_variables(path: str) -> dict[str, str]:
    variables = {}
    for key, value in _read(path).items():
        if isinstance(value, list) and path.endswith(".env"):
            if len(value) > 1:
                raise AirflowException(f"The {path!r} file contains multiple values for keys: {key}")
            value = value[0]
        variables[key] = value if isinstance(value, str) else json.dumps(value)
    return variables


def load_connections(path: str) -> dict[str, Any]:
    connections = {}
    for conn_id, value in _read(path).items():
        if isinstance(value, list):
            if len(value) > 1:
                raise AirflowException(f"Found multiple values for {conn_id} in {path}.")
            value = value[0]
        connections[conn_id] = make_connection(conn_id, value)
    return connections


def make_connection(conn_id: str, value: Any) -> Any:
    """A connection from a URI, JSON text or an object of its fields."""
    if isinstance(value, str):
        return connection_from_text(conn_id, value)
    if not isinstance(value, dict):
        raise AirflowException(
            f"Unexpected value type: {type(value)}. A connection is defined by a string or an object."
        )
    fields = dict(value)
    extra = fields.pop("extra_dejson", None)
    if extra is not None:
        if "extra" in fields:
            raise AirflowException("The extra and extra_dejson parameters are mutually exclusive.")
        fields["extra"] = extra
    if "extra" in fields and not isinstance(fields["extra"], str) and fields["extra"] is not None:
        fields["extra"] = json.dumps(fields["extra"])
    if fields.pop("conn_id", conn_id) != conn_id:
        raise AirflowException(f"Mismatch conn_id. The dictionary key has the value: {conn_id}.")
    uri = fields.pop("uri", None)
    if uri:
        return connection_from_text(conn_id, uri)
    from tradewind.connection import Connection

    return Connection(conn_id=conn_id, **fields)


def connection_from_text(conn_id: str, value: str) -> Any:
    from tradewind.connection import Connection

    value = value.strip()
    if value.startswith("{"):
        return Connection.from_json(value, conn_id=conn_id)
    return Connection.from_uri(value, conn_id=conn_id)


# -- the chain --------------------------------------------------------------------------------------

_chain: list[Any] | None = None


def chain() -> list[Any]:
    """The backends in the order they are asked."""
    global _chain
    if _chain is None:
        _chain = [*_configured(), EnvironmentVariablesBackend(), SupervisorBackend()]
    return _chain


def reset() -> None:
    global _chain
    _chain = None


def _configured() -> list[Any]:
    from tradewind.conf import conf
    from tradewind.module_loading import import_string

    backends = []
    for section, key, kwargs_key in (
        ("workers", "secrets_backend", "secrets_backend_kwargs"),
        ("secrets", "backend", "backend_kwargs"),
    ):
        path = conf.get(section, key, fallback="") or ""
        if not path:
            continue
        kwargs = conf.get(section, kwargs_key, fallback="") or "{}"
        backends.append(import_string(path)(**json.loads(kwargs)))
        break
    return backends


def get_variable(key: str) -> str | None:
    """The variable's text, or None. Its value is masked if its name asks for it."""
    for backend in chain():
        try:
            value = backend.get_variable(key=key)
        except (AirflowSecretsBackendAccessDenied, comms.LinkClosed):
            raise
        except comms.RequestError:
            raise
        except Exception:
            _skip(backend, f"variable {key!r}")
            continue
        if value is not None:
            mask_secret(value, key)
            return value
    return None


def get_connection(conn_id: str) -> Any:
    """The connection, or None. Its password and the secret parts of its extra are masked."""
    for backend in chain():
        try:
            conn = backend.get_connection(conn_id=conn_id)
        except (AirflowSecretsBackendAccessDenied, comms.LinkClosed):
            raise
        except comms.RequestError:
            raise
        except Exception:
            _skip(backend, f"connection {conn_id!r}")
            continue
        if conn:
            mask_connection(conn)
            return conn
    return None


def _skip(backend: Any, what: str) -> None:
    import logging

    logging.getLogger(__name__).exception(
        "Unable to retrieve %s from secrets backend (%s). Checking subsequent secrets backend.",
        what,
        type(backend).__name__,
    )


# -- masking ----------------------------------------------------------------------------------------

#: texts that this process has told the runner to mask
masked: set[str] = set()


def is_sensitive(name: Any) -> bool:
    """Does this name say that its value is secret?"""
    from tradewind.conf import conf

    if not isinstance(name, str) or not conf.getboolean(
        "core", "hide_sensitive_var_conn_fields", fallback=True
    ):
        return False
    lowered = name.strip().lower()
    more = conf.get("core", "sensitive_var_conn_names", fallback="") or ""
    words = [*SENSITIVE_WORDS, *(w.strip().lower() for w in more.split(",") if w.strip())]
    return any(word in lowered for word in words)


def _collect(secret: Any, name: Any, found: set[str], depth: int = 0) -> None:
    if depth > 10 or not secret:
        return
    if isinstance(secret, dict):
        for key, value in secret.items():
            if is_sensitive(key):
                _collect(value, None, found, depth + 1)
            elif isinstance(value, (dict, list)):
                _collect(value, key, found, depth + 1)
    elif isinstance(secret, str):
        if name is None or is_sensitive(name):
            found.add(secret)
    elif hasattr(secret, "__iter__"):
        for value in secret:
            _collect(value, name, found, depth + 1)


def mask_secret(secret: Any, name: str | None = None) -> None:
    """Have the runner replace this text by *** in all that the task writes.

    A name decides whether it is secret at all.
    """
    found: set[str] = set()
    _collect(secret, name, found)
    found = {s for s in found if len(s) >= 3} - masked
    if found:
        masked.update(found)
        comms.notify("mask", values=sorted(found))


def mask_connection(conn: Any) -> None:
    password = getattr(conn, "password", None)
    if password:
        from urllib.parse import quote

        mask_secret(password)
        mask_secret(quote(str(password), safe=""))
    extra = getattr(conn, "extra_dejson", None)
    if extra:
        mask_secret(extra)


def redact(value: Any, name: str | None = None, depth: int = 0) -> Any:
    """The value with its secrets replaced by ***:

    What sensitive names hold, and every text that was masked.
    """
    if depth > 10:
        return value
    if value and name is not None and is_sensitive(name):
        if isinstance(value, dict):
            return {k: redact(v, name, depth + 1) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [redact(v, name, depth + 1) for v in value]
        return "***" if isinstance(value, str) else value
    if isinstance(value, dict):
        return {k: redact(v, k if isinstance(k, str) else None, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [redact(v, name, depth + 1) for v in value]
    if isinstance(value, tuple):
        return tuple(redact(v, name, depth + 1) for v in value)
    if isinstance(value, str) and masked:
        for secret in sorted(masked, key=len, reverse=True):
            if secret in value:
                value = value.replace(secret, "***")
    return value
