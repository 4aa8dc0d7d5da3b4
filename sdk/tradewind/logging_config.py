"""`[logging] logging_config_class`: a dictionary of Python's logging that adds to how tasks log.

Airflow's own dictionary is what such a file copies and alters (`DEFAULT_LOGGING_CONFIG`). A task's records go to its log here, whatever it
says: of handlers those that write elsewhere count (a file, a socket, a service), of loggers their levels, filters and those handlers.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import logging
import logging.config
import os
from typing import Any

from tradewind.conf import conf, home
from tradewind.exceptions import AirflowConfigException

LOG_LEVEL = (conf.get("logging", "logging_level", fallback="INFO") or "INFO").upper()
FAB_LOG_LEVEL = "WARNING"
LOG_FORMAT = (
    conf.get("logging", "log_format", fallback="")
    or "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s"
)
LOG_FORMATTER_CLASS = "airflow.utils.log.timezone_aware.TimezoneAware"
BASE_LOG_FOLDER = os.path.expanduser(
    conf.get("logging", "base_log_folder", fallback="") or os.path.join(home(), "logs")
)
PROCESSOR_LOG_FOLDER = os.path.join(BASE_LOG_FOLDER, "dag_processor")
FILENAME_TEMPLATE = conf.get("logging", "log_filename_template", fallback="")
PROCESSOR_FILENAME_TEMPLATE = "{{ filename }}.log"
REMOTE_LOGGING = False
EXTRA_LOGGER_NAMES = conf.get("logging", "extra_logger_names", fallback=None)

_MASKED = {"filters": ["mask_secrets"]}
DEFAULT_LOGGING_CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        name: {"format": LOG_FORMAT, "class": LOG_FORMATTER_CLASS}
        for name in ("airflow", "airflow_coloured", "source_processor")
    },
    "filters": {
        name: {"()": "airflow.utils.log.secrets_masker.SecretsMasker"}
        for name in ("mask_secrets", "mask_secrets_core")
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "airflow_coloured", **_MASKED},
        "task": {
            "class": "airflow.utils.log.file_task_handler.FileTaskHandler",
            "formatter": "airflow",
            "base_log_folder": BASE_LOG_FOLDER,
            **_MASKED,
        },
        "processor": {
            "class": "airflow.utils.log.file_task_handler.FileTaskHandler",
            "formatter": "airflow",
            "base_log_folder": PROCESSOR_LOG_FOLDER,
            "filename_template": PROCESSOR_FILENAME_TEMPLATE,
            **_MASKED,
        },
    },
    "loggers": {
        "airflow.processor": {"handlers": ["processor"], "level": LOG_LEVEL, "propagate": True},
        "airflow.task": {"handlers": ["task"], "level": LOG_LEVEL, "propagate": True, **_MASKED},
        "flask_appbuilder": {"handlers": ["console"], "level": FAB_LOG_LEVEL, "propagate": True},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL, **_MASKED},
}
DEFAULT_DAG_PARSING_LOGGING_CONFIG: dict[str, Any] = {"handlers": {}, "loggers": {}}


class TimezoneAware(logging.Formatter):
    """A formatter whose instants have their offset."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        at = dt.datetime.fromtimestamp(record.created).astimezone()
        return at.strftime(datefmt) if datefmt else at.isoformat(timespec="milliseconds")


class JSONFormatter(logging.Formatter):
    """Each record a JSON object: the fields asked for, and those that are always added."""

    def __init__(
        self,
        fmt: str | None = None,
        datefmt: str | None = None,
        style: Any = "%",
        json_fields: Any = None,
        extras: dict[str, Any] | None = None,
    ):
        super().__init__(fmt, datefmt, style)
        self.json_fields = json_fields or []
        self.extras = extras or {}

    def usesTime(self) -> bool:
        return "asctime" in self.json_fields

    def format(self, record: logging.LogRecord) -> str:
        super().format(record)
        shown = {name: getattr(record, name, None) for name in self.json_fields}
        return json.dumps({**shown, **self.extras}, default=str)


def chosen() -> dict[str, Any] | None:
    """The dictionary that `[logging] logging_config_class` names; None without one."""
    path = (conf.get("logging", "logging_config_class", fallback="") or "").strip()
    if not path:
        return None
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as e:
        raise AirflowConfigException(
            f"[logging] logging_config_class = {path}: {type(e).__name__}: {e}"
        ) from e
    if not isinstance(found, dict):
        raise AirflowConfigException(f"[logging] logging_config_class = {path} is no dictionary")
    return found


def _writes_elsewhere(spec: dict[str, Any]) -> bool:
    """Is it a handler beside Airflow's own and the process's output, which are the task's log?"""
    path = spec.get("class") or spec.get("()")
    if not isinstance(path, str):
        return callable(path)
    if path == "logging.StreamHandler" or path.startswith("airflow."):
        return False
    module, _, name = path.rpartition(".")
    cls = getattr(importlib.import_module(module), name)
    return not isinstance(cls, type) or issubclass(cls, logging.Handler) and cls is not logging.StreamHandler


def _airflows(spec: Any) -> bool:
    return str(spec.get("()") or "").startswith("airflow.")


def reduced(config: dict[str, Any]) -> dict[str, Any]:
    """What of a dictionary counts in a task's process."""
    handlers = {k: dict(v) for k, v in (config.get("handlers") or {}).items() if _writes_elsewhere(v)}
    filters = {k: v for k, v in (config.get("filters") or {}).items() if not _airflows(v)}

    def kept(spec: dict[str, Any]) -> dict[str, Any]:
        spec = dict(spec)
        for part, there in (("handlers", handlers), ("filters", filters)):
            if part in spec:
                spec[part] = [name for name in spec[part] or () if name in there]
        return spec

    loggers = {k: {**kept(v), "propagate": True} for k, v in (config.get("loggers") or {}).items()}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": config.get("formatters") or {},
        "filters": filters,
        "handlers": {k: {**v, **kept({"filters": v.get("filters")})} for k, v in handlers.items()},
        "loggers": loggers,
        "root": kept(config.get("root") or {}),
    }


def apply() -> list[logging.Handler]:
    """Set up what the chosen dictionary adds; the root logger's handlers that it asks for."""
    config = chosen()
    if config is None:
        return []
    logging.config.dictConfig(reduced(config))
    return list(logging.getLogger().handlers)
