"""Types that DAG files name in annotations, and the parsing context."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol, TypedDict  # noqa: F401

from tradewind.operator import NOTSET


class Context(dict):
    """A task's context is a dictionary; this is its name in annotations."""


EdgeInfoType = dict
SET_DURING_EXECUTION = NOTSET
NEVER_EXPIRE = None
Logger = Any
OutletEventAccessors = InletEventsAccessors = InletEventsAccessor = OutletEventAccessor = Any
RuntimeTaskInstanceProtocol = DagRunProtocol = TaskInstanceProtocol = XComProtocol = Any
Operator = Any
LineageContext = Any
ParamSpec = Any
Self = Any


class AirflowParsingContext(NamedTuple):
    """Which DAG and task the file is imported for; None while it is parsed."""

    dag_id: str | None
    task_id: str | None


def get_parsing_context() -> AirflowParsingContext:
    return AirflowParsingContext(
        dag_id=os.environ.get("_AIRFLOW_PARSING_CONTEXT_DAG_ID"),
        task_id=os.environ.get("_AIRFLOW_PARSING_CONTEXT_TASK_ID"),
    )


def is_arg_set(value: Any) -> bool:
    return value is not NOTSET


def clear_task_instances(*_: Any, **__: Any) -> None:
    from tradewind.exceptions import AirflowException

    raise AirflowException("tasks are cleared with `tradewind tasks clear` or the REST API")


class Resources:
    """What a task needs; shown, not enforced."""

    def __init__(self, cpus: int = 1, ram: int = 512, disk: int = 512, gpus: int = 0):
        self.cpus, self.ram, self.disk, self.gpus = cpus, ram, disk, gpus

    def to_dict(self) -> Mapping[str, int]:
        return dict(vars(self))


class _NullFernet:
    is_encrypted = False

    def encrypt(self, b: bytes) -> bytes:
        return b

    def decrypt(self, b: bytes) -> bytes:
        return b


def get_fernet() -> Any:
    """Encryption with `[core] fernet_key`; without a key (or without cryptography) values stay as they are."""
    from tradewind.conf import conf

    key = conf.get("core", "fernet_key", fallback="")
    if not key or key.startswith("{"):
        return _NullFernet()
    try:
        from cryptography.fernet import Fernet, MultiFernet
    except ImportError:
        return _NullFernet()
    return MultiFernet([Fernet(k.strip()) for k in key.split(",")])


def __getattr__(name: str) -> Any:
    if name == "yaml":
        import yaml

        return yaml
    raise AttributeError(name)
