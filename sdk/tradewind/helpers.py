"""Small functions that DAG files and providers import from `airflow.utils`."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import getpass
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tradewind.exceptions import AirflowException
from tradewind.node import chain, cross_downstream  # noqa: F401  (1.10 had them in utils.helpers)

TRUTHY = ("on", "t", "true", "y", "yes", "1")


# -- airflow.utils.helpers ----------------------------------------------------------------------------


def validate_key(k: str, max_length: int = 250) -> None:
    from tradewind.operator import validate_key as check

    check(k, max_length)


def validate_group_key(k: str, max_length: int = 200) -> None:
    from tradewind.taskgroup import validate_group_key as check

    check(k, max_length)


def alchemy_to_dict(obj: Any) -> dict[str, Any] | None:
    return dict(vars(obj)) if obj else None


def as_flattened_list(iterable: Iterable[Any]) -> list[Any]:
    """Nested lists as one list."""
    return [item for part in iterable for item in part]


def as_tuple(obj: Any) -> Sequence[Any]:
    return tuple(obj) if isinstance(obj, (list, tuple)) else (obj,)


def is_container(obj: Any) -> bool:
    """Whether it is iterable, text excepted."""
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def chunks(items: list[Any], chunk_size: int) -> Iterator[list[Any]]:
    if chunk_size <= 0:
        raise ValueError("Chunk size must be a positive integer")
    for i in range(0, len(items), chunk_size):
        yield items[i : i + chunk_size]


def reduce_in_chunks(fn: Callable, iterable: list[Any], initializer: Any, chunk_size: int = 0) -> Any:
    from functools import reduce

    if not iterable:
        return initializer
    return reduce(fn, chunks(iterable, chunk_size or len(iterable)), initializer)


def convert_camel_to_snake(camel_str: str) -> str:
    return re.sub("(?!^)([A-Z]+)", r"_\1", camel_str).lower()


def merge_dicts(dict1: dict[Any, Any], dict2: dict[Any, Any]) -> dict[Any, Any]:
    """The second's values win; dictionaries inside are merged."""
    merged = dict1.copy()
    for key, value in dict2.items():
        if key in merged and isinstance(value, dict):
            merged[key] = merge_dicts(merged.get(key, {}), value)
        else:
            merged[key] = value
    return merged


def prune_dict(val: Any, mode: str = "strict") -> Any:
    """Without None (strict) or without anything falsy (truthy)."""

    def empty(value: Any) -> bool:
        return value is None if mode == "strict" else not bool(value)

    if mode not in ("strict", "truthy"):
        raise ValueError("allowable values for `mode` include 'truthy' and 'strict'")
    if isinstance(val, dict):
        out = {}
        for key, value in val.items():
            if empty(value):
                continue
            if isinstance(value, (list, dict)):
                value = prune_dict(value, mode=mode)
                if empty(value):
                    continue
            out[key] = value
        return out
    if isinstance(val, list):
        kept = []
        for value in val:
            if empty(value):
                continue
            if isinstance(value, (list, dict)):
                value = prune_dict(value, mode=mode)
                if empty(value):
                    continue
            kept.append(value)
        return kept
    return val


def exactly_one(*args: Any) -> bool:
    """Whether one and only one is truthy."""
    if any(is_container(a) for a in args):
        raise ValueError(
            "Not supported for iterable args. Use `*` to unpack your iterable in the function call."
        )
    return sum(map(bool, args)) == 1


def at_most_one(*args: Any) -> bool:
    from tradewind.operator import NOTSET

    return sum(1 for a in args if a is not NOTSET and a) <= 1


def parse_template_string(template_string: str) -> tuple[str | None, Any]:
    if "{{" in template_string:
        import jinja2

        return None, jinja2.Template(template_string)
    return template_string, None


def render_template(template: Any, context: Any, *, native: bool) -> Any:
    return template.render(context)


def render_template_to_string(template: Any, context: Any) -> str:
    return template.render(context)


def ask_yesno(question: str, default: bool | None = None) -> bool:
    while True:
        answer = input(question).lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("n", "no"):
            return False
        if answer == "" and default is not None:
            return default


def build_airflow_url_with_query(query: dict[str, Any]) -> str:
    from urllib.parse import urlencode

    return f"/dags?{urlencode(query)}"


# -- airflow.utils.dates ------------------------------------------------------------------------------


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> Any:
    """Midnight (or that time) n days ago, in UTC."""
    from tradewind import timezone

    today = timezone.utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today - dt.timedelta(days=n)


def parse_execution_date(execution_date_str: str) -> Any:
    from tradewind import timezone

    return timezone.parse(execution_date_str)


def round_time(moment: dt.datetime, delta: Any, start_date: Any = None) -> dt.datetime:
    """`moment` rounded to the nearest multiple of `delta` since `start_date`."""
    from tradewind import timezone

    start = start_date or timezone.make_aware(dt.datetime.min.replace(year=1970))
    if isinstance(delta, str) or not isinstance(delta, dt.timedelta):
        return moment
    steps = round((moment - start) / delta)
    return start + delta * steps


def date_range(start_date: Any, end_date: Any = None, num: int | None = None, delta: Any = None) -> list[Any]:
    """Instants a delta (a timedelta or a number of days) apart."""
    step = delta if isinstance(delta, dt.timedelta) else dt.timedelta(days=delta or 1)
    out: list[Any] = []
    if end_date is not None:
        at = start_date
        while at <= end_date:
            out.append(at)
            at = at + step
        return out
    n = num or 0
    for i in range(abs(n)):
        out.append(start_date + step * i * (1 if n > 0 else -1))
    return sorted(out)


def infer_time_unit(time_seconds_arr: Sequence[float]) -> str:
    longest = max(time_seconds_arr, default=0)
    if longest <= 120:
        return "seconds"
    if longest <= 7200:
        return "minutes"
    return "hours" if longest <= 172800 else "days"


def scale_time_units(time_seconds_arr: Sequence[float], unit: str) -> list[float]:
    per = {"minutes": 60, "hours": 3600, "days": 86400}.get(unit, 1)
    return [s / per for s in time_seconds_arr]


# -- files, processes, the machine --------------------------------------------------------------------


def TemporaryDirectory(*args: Any, **kwargs: Any) -> Any:
    """1.10's name for tempfile's."""
    import tempfile

    return tempfile.TemporaryDirectory(*args, **kwargs)


def mkdirs(path: str, mode: int) -> None:
    os.makedirs(path, mode=mode, exist_ok=True)


def open_maybe_zipped(fileloc: str, mode: str = "r") -> Any:
    """A file, or a member of an archive."""
    import io
    import zipfile

    from tradewind.dagfile import split_zip

    archive, member = split_zip(fileloc)
    if member and zipfile.is_zipfile(archive):
        return io.TextIOWrapper(zipfile.ZipFile(archive).open(member))
    return open(fileloc, mode=mode)


def list_py_file_paths(directory: Any, safe_mode: bool | None = None, **_: Any) -> list[str]:
    """The DAG files of a folder."""
    from tradewind.dagbag import find_dag_files

    if directory is None:
        return []
    if os.path.isfile(directory):
        return [str(directory)]
    return list(find_dag_files(str(directory), True if safe_mode is None else safe_mode))


def find_path_from_directory(
    base_dir_path: Any, ignore_file_name: str, ignore_file_syntax: str = "glob"
) -> Iterator[str]:
    """The files of a folder that no `.airflowignore` in it names."""
    from tradewind.dagbag import kept_files

    for root, names in kept_files(str(base_dir_path), ignore_file_syntax, ignore_file_name):
        yield from (os.path.join(root, name) for name in names)


def might_contain_dag(file_path: str, safe_mode: bool, zip_file: Any = None) -> bool:
    if not safe_mode:
        return True
    from tradewind.dagfile import might_contain_dag as check

    if zip_file is not None:
        return check(zip_file.read(file_path))
    with open(file_path, "rb") as f:
        return check(f.read())


def get_unique_dag_module_name(file_path: str) -> str:
    from tradewind.dagfile import module_name

    return module_name(file_path)


@contextlib.contextmanager
def patch_environ(new_env_variables: dict[str, str]) -> Iterator[None]:
    """Variables set for the time of the block."""
    before = {key: os.environ.get(key) for key in new_env_variables}
    os.environ.update(new_env_variables)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def execute_in_subprocess(cmd: list[str], cwd: str | None = None, env: dict[str, str] | None = None) -> None:
    """Run a command, log what it says; CalledProcessError when it fails."""
    import logging

    log = logging.getLogger("airflow.utils.process_utils")
    log.info("Executing cmd: %s", " ".join(cmd))
    process = subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, env=env)
    assert process.stdout is not None
    for line in iter(process.stdout.readline, b""):
        log.info("%s", line.decode(errors="backslashreplace").rstrip())
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, cmd)


def execute_in_subprocess_with_kwargs(cmd: list[str], **kwargs: Any) -> None:
    execute_in_subprocess(cmd, **kwargs)


def partition(pred: Callable[[Any], bool], iterable: Iterable[Any]) -> tuple[Iterator[Any], Iterator[Any]]:
    """Those for which the predicate is false, and those for which it is true."""
    items = list(iterable)
    return iter([i for i in items if not pred(i)]), iter([i for i in items if pred(i)])


def is_async_callable(func: Any) -> bool:
    """Whether calling this makes a coroutine, through partials and `__call__`."""
    import functools
    import inspect

    while isinstance(func, functools.partial):
        func = func.func
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(
        type(func).__call__ if callable(func) else None
    )


def datetime_to_nano(moment: dt.datetime) -> int | None:
    if not moment.timestamp():
        return None
    return int(moment.timestamp() * 1_000_000_000)


IS_WINDOWS = sys.platform == "win32"
TRUE_LIKE_VALUES = {"on", "t", "true", "y", "yes", "1"}


def reap_process_group(
    process_group_id: int, *_: Any, sig: int = signal.SIGTERM, **__: Any
) -> dict[int, int]:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process_group_id, sig)
    return {}


def getuser() -> str:
    try:
        return getpass.getuser()
    except KeyError as e:
        raise AirflowException("The user that Airflow is running as has no username") from e


def is_tty() -> bool:
    return bool(getattr(sys.stdout, "isatty", lambda: False)())


def getfqdn(name: str = "") -> str:
    return socket.getfqdn(name)


def get_hostname() -> str:
    from tradewind.conf import conf

    path = conf.get("core", "hostname_callable", fallback="") or ""
    if not path or path.endswith("getfqdn"):
        return socket.getfqdn()
    return conf.getimport("core", "hostname_callable")()


def get_host_ip_address() -> str:
    return socket.gethostbyname(socket.getfqdn())


def get_random_string(length: int = 8, choices: str = "abcdefghijklmnopqrstuvwxyz0123456789") -> str:
    import random

    return "".join(random.choices(choices, k=length))


def to_boolean(astring: str | None) -> bool:
    return bool(astring) and str(astring).lower() in TRUTHY


def md5(data: bytes = b"") -> Any:
    import hashlib

    return hashlib.md5(data, usedforsecurity=False)


# -- sessions: there is no database here --------------------------------------------------------------


class NoSession:
    """Stands where Airflow's code passes a database session. The metastore is the engine's alone."""

    def __getattr__(self, name: str) -> Any:
        raise AirflowException(
            f"session.{name}: DAG code has no database session. Use the REST API, or the methods of the task instance"
        )

    def __enter__(self) -> NoSession:
        return self

    def __exit__(self, *_: Any) -> None:
        pass


NEW_SESSION: Any = None


@contextlib.contextmanager
def create_session(*_: Any, **__: Any) -> Iterator[NoSession]:
    yield NoSession()


def provide_session(func: Callable) -> Callable:
    """The function as it is; its `session` is one that explains itself when used."""
    import functools
    import inspect

    parameters = list(inspect.signature(func).parameters)

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "session" in parameters and "session" not in kwargs:
            if parameters.index("session") >= len(args):
                kwargs["session"] = NoSession()
        return func(*args, **kwargs)

    return call


def Session(*_: Any, **__: Any) -> NoSession:
    return NoSession()


def no_database(*_: Any, **__: Any) -> None:
    """initdb, resetdb and the like: `tradewind db` does that."""


# -- things whose use is a no-op here -----------------------------------------------------------------

log = logging.getLogger("airflow.configuration")


class csrf:  # noqa: N801
    """What Flask views of plugins are marked with; they are not served here."""

    @staticmethod
    def exempt(view: Any) -> Any:
        return view


def skip_decorator(*args: Any, **_: Any) -> Any:
    """A decorator that leaves a function as it is."""
    if len(args) == 1 and callable(args[0]):
        return args[0]
    return lambda f: f


@contextlib.contextmanager
def redirect(logger: Any = None, level: Any = None) -> Iterator[None]:
    """`redirect_stdout`: output is captured by the engine already."""
    yield


def remove_escape_codes(text: str) -> str:
    return re.sub(r"(\x9B|\x1B\[)[0-?]*[ -/]*[@-~]", "", text)


def context_merge(context: Any, *args: Any, **kwargs: Any) -> None:
    """Add values to a context."""
    context.update(*args, **kwargs)


def context_copy_partial(source: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    wanted = set(keys)
    return {k: copy.copy(v) for k, v in source.items() if k in wanted}


class SecretsMasker:
    """The runner masks; this is the interface that providers import."""

    def add_mask(self, secret: Any, name: str | None = None) -> None:
        from tradewind.secrets_backends import mask_secret

        mask_secret(secret, name)

    def redact(self, item: Any, name: str | None = None, max_depth: int | None = None) -> Any:
        from tradewind.secrets_backends import redact as hide

        return hide(item, name)

    def filter(self, record: Any) -> bool:
        return True


def _secrets_masker() -> SecretsMasker:
    return SecretsMasker()


def should_hide_value_for_key(name: Any) -> bool:
    from tradewind.secrets_backends import is_sensitive

    return is_sensitive(name)


class UIAlert:
    """A message that `DASHBOARD_UIALERTS` of the local settings would show; there is no such place here."""

    def __init__(
        self, message: str = "", category: str = "info", roles: Any = None, html: bool = False, **more: Any
    ):
        self.message = self.text = more.get("text", message)
        self.category, self.roles, self.html = category, roles, html
