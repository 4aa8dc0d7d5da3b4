"""Hooks."""

from __future__ import annotations

import logging
from typing import Any

from tradewind.connection import Connection


def logger_of(cls: type, below: str | None, name: str | None = None) -> logging.Logger:
    """The logger of a class: operators' and hooks' are below `airflow.task`, whose handlers and levels so count for them."""
    from tradewind.module_loading import module_of

    return logging.getLogger(".".join(p for p in (below, name or f"{module_of(cls)}.{cls.__name__}") if p))


class LoggingMixin:
    """Gives a class its logger."""

    _log: logging.Logger | None = None
    _logger_name: str | None = None
    _log_config_logger_name: str | None = None

    def __init__(self, context: Any = None):
        self._set_context(context)

    @property
    def log(self) -> logging.Logger:
        if self._log is None:
            self._log = logger_of(type(self), self._log_config_logger_name, self._logger_name)
        return self._log

    @property
    def logger(self) -> Any:
        return lambda: self.log

    @classmethod
    def _get_log(cls, obj: Any = None, clazz: Any = None) -> logging.Logger:
        return logger_of(cls, cls._log_config_logger_name, cls._logger_name)

    def _set_context(self, context: Any) -> None:
        pass


class BaseHook(LoggingMixin):
    """A way to talk to something outside. `get_connection` finds where it is."""

    def __init__(self, *args: Any, logger_name: str | None = None, **kwargs: Any):
        super().__init__()
        self._log = None
        self._log_config_logger_name = "airflow.task.hooks"
        self._logger_name = logger_name

    @classmethod
    def get_connections(cls, conn_id: str) -> list[Connection]:
        return [cls.get_connection(conn_id)]

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        conn = Connection.get(conn_id)
        logging.getLogger(__name__).debug("Connection Retrieved '%s'", conn.conn_id)
        return conn

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection:
        return await Connection.async_get(conn_id)

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    @classmethod
    async def aget_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        return (await cls.aget_connection(conn_id)).get_hook(hook_params=hook_params)

    def get_conn(self) -> Any:
        raise NotImplementedError()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        return {}


class DiscoverableHook:
    """What a provider's hook says about its connection type."""

    conn_name_attr: str
    default_conn_name: str
    conn_type: str
    hook_name: str


class FSHook(BaseHook):
    """A folder: the connection's `path`, or its host and schema."""

    conn_name_attr = "fs_conn_id"
    default_conn_name = "fs_default"
    conn_type = "fs"
    hook_name = "File (path)"

    def __init__(self, fs_conn_id: str = default_conn_name, **kwargs: Any):
        super().__init__(**kwargs)
        conn = self.get_connection(fs_conn_id)
        self.basepath = conn.extra_dejson.get("path", "")
        self.conn = conn

    def get_conn(self) -> None:
        pass

    def get_path(self) -> str:
        return self.basepath


class SubprocessResult(tuple):
    """(exit_code, output)"""

    def __new__(cls, exit_code: int, output: str) -> SubprocessResult:
        return super().__new__(cls, (exit_code, output))

    @property
    def exit_code(self) -> int:
        return self[0]

    @property
    def output(self) -> str:
        return self[1]


class SubprocessHook(BaseHook):
    """Runs a command and logs its output."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.sub_process: Any = None

    def run_command(
        self,
        command: list[str],
        env: dict[str, str] | None = None,
        output_encoding: str = "utf-8",
        cwd: str | None = None,
    ) -> SubprocessResult:
        import contextlib
        import os
        import subprocess
        import tempfile

        self.log.info("Tmp dir root location: %s", tempfile.gettempdir())
        with contextlib.ExitStack() as stack:
            if cwd is None:
                cwd = stack.enter_context(tempfile.TemporaryDirectory(prefix="airflowtmp"))
            self.log.info("Running command: %s", command)
            self.sub_process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env if env is not None else dict(os.environ),
                start_new_session=True,
            )
            line = ""
            for raw in iter(self.sub_process.stdout.readline, b""):
                line = raw.decode(output_encoding, errors="backslashreplace").rstrip()
                self.log.info("%s", line)
            self.sub_process.wait()
            self.log.info("Command exited with return code %s", self.sub_process.returncode)
            return SubprocessResult(self.sub_process.returncode, line)

    def send_sigterm(self) -> None:
        import os
        import signal

        if self.sub_process is not None and self.sub_process.poll() is None:
            os.killpg(os.getpgid(self.sub_process.pid), signal.SIGTERM)


class PackageIndexHook(BaseHook):
    """A package index to install from."""

    conn_name_attr = "pi_conn_id"
    default_conn_name = "package_index_default"
    conn_type = "package_index"
    hook_name = "Package Index (Python)"

    def __init__(self, pi_conn_id: str = default_conn_name, **kwargs: Any):
        super().__init__(**kwargs)
        self.pi_conn_id = pi_conn_id

    def get_connection_url(self) -> str:
        from urllib.parse import quote

        conn = self.get_connection(self.pi_conn_id)
        url = conn.host or "https://pypi.org/simple"
        if not conn.login and not conn.password:
            return url
        scheme, _, rest = url.partition("://")
        secret = f":{quote(conn.password, safe='')}" if conn.password else ""
        return f"{scheme}://{quote(conn.login or '', safe='')}{secret}@{rest}"

    get_conn = get_connection_url
