"""Configuration as DAG files and providers read it: environment, then the configuration file, then Airflow's defaults.

`conf` behaves as Airflow's parser does. The environment is looked at on every call, the file once.
`[core] compat` (2 or 3) switches the defaults that differ between the generations.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tradewind.exceptions import AirflowConfigException

_MISSING = object()
_PREFIXES = ("TRADEWIND__", "AIRFLOW__")


def home() -> str:
    """The engine's home folder: $TRADEWIND_HOME, else $AIRFLOW_HOME, else ~/airflow as Airflow has it."""
    for name in ("TRADEWIND_HOME", "AIRFLOW_HOME"):
        if value := os.environ.get(name):
            return os.path.abspath(os.path.expanduser(os.path.expandvars(value)))
    return os.path.abspath(os.path.expanduser("~/airflow"))


def _expand(value: str) -> str:
    if "{AIRFLOW_HOME}" in value:
        value = value.replace("{AIRFLOW_HOME}", home())
    return value


class Configuration:
    """Sections and options. Reading an unknown option raises unless a fallback is given."""

    def __init__(self) -> None:
        self._file: dict[str, dict[str, str]] | None = None
        self._set: dict[tuple[str, str], str] = {}
        self._compat: int | None = None

    # -- where values come from -------------------------------------------------------------------

    def _load(self) -> dict[str, dict[str, str]]:
        if self._file is None:
            self._file = {}
            named = os.environ.get("TRADEWIND_CONFIG") or os.environ.get("AIRFLOW_CONFIG")
            paths = [named] if named else [os.path.join(home(), n) for n in ("airflow.cfg", "tradewind.cfg")]
            found = [p for p in paths if os.path.isfile(os.path.expanduser(p))]
            if found:
                self.read(found)
        return self._file

    def read(self, filenames: Any, encoding: str | None = None) -> list[str]:
        """Add the values of one file or several; a later one wins."""
        import configparser

        names = [filenames] if isinstance(filenames, (str, os.PathLike)) else list(filenames)
        parser = configparser.RawConfigParser(strict=False)
        done = parser.read([os.path.expanduser(os.fspath(n)) for n in names], encoding=encoding or "utf-8")
        file = self._file if self._file is not None else self._load()
        for section in parser.sections():
            file.setdefault(section.lower(), {}).update(parser.items(section))
        return done

    @staticmethod
    def _env_names(section: str, key: str, suffix: str = "") -> list[str]:
        name = f"{section.replace('.', '_').upper()}__{key.upper()}{suffix}"
        return [prefix + name for prefix in _PREFIXES]

    def _own_value(self, section: str, key: str) -> str | None:
        from tradewind._config_defaults import SENSITIVE

        if (section, key) in self._set:
            return self._set[section, key]
        for name in self._env_names(section, key):
            if name in os.environ:
                return os.path.expandvars(os.environ[name])
        file = self._load().get(section, {})
        if f"{section}.{key}" in SENSITIVE:
            for name in self._env_names(section, key, "_CMD"):
                if name in os.environ:
                    return _run_command(os.environ[name])
        if key in file:
            return os.path.expandvars(file[key])
        if f"{section}.{key}" in SENSITIVE and f"{key}_cmd" in file:
            return _run_command(file[f"{key}_cmd"])
        return None

    def _lookup(self, section: str, key: str) -> str | None:
        from tradewind._config_defaults import COMPAT2, DEFAULTS, FORMER, MOVED

        value = self._own_value(section, key)
        if value is not None:
            return value
        for former in FORMER.get((section, key), ()):
            value = self._own_value(*former)
            if value is not None:
                return value
        if (section, key) in MOVED:
            default, new = MOVED[section, key]
            return self._lookup(*new) if new else default
        if (section, key) == ("core", "compat"):
            return "3"
        if (section, key) in COMPAT2 and self.compat() == 2:
            return COMPAT2[section, key]
        default_value = DEFAULTS.get(section, {}).get(key)
        return None if default_value is None else _expand(default_value)

    # -- reading ----------------------------------------------------------------------------------

    def compat(self) -> int:
        """The generation whose defaults hold: 2 or 3."""
        if self._compat is not None:
            return self._compat
        return 2 if str(self._own_value("core", "compat") or "3").startswith(("1", "2")) else 3

    def set_compat(self, compat: int | None) -> None:
        """Override `[core] compat` for this process, or give the override up with None."""
        self._compat = compat

    def get(self, section: str, key: str, fallback: Any = _MISSING, **_: Any) -> Any:
        value = self._lookup(section.lower(), key.lower())
        if value is None or value == "":
            if fallback is not _MISSING:
                return fallback if value is None else value
            if value is None:
                raise AirflowConfigException(f"section/key [{section}/{key}] not found in config")
        return value

    def get_mandatory_value(self, section: str, key: str, **kwargs: Any) -> str:
        value = self.get(section, key, **kwargs)
        if value is None:
            raise ValueError(f"The value {section}/{key} should be set!")
        return value

    def _typed(self, kind: str, make: Callable[[str], Any], section: str, key: str, fallback: Any) -> Any:
        value = self.get(section, key, fallback=None if fallback is _MISSING else fallback)
        if value is None:
            if fallback is not _MISSING:
                return fallback
            raise AirflowConfigException(f"section/key [{section}/{key}] not found in config")
        if not isinstance(value, str):
            return value
        if value == "" and fallback is not _MISSING:
            return fallback
        try:
            return make(value)
        except (ValueError, TypeError):
            raise AirflowConfigException(
                f'Failed to convert value to {kind}. Please check "{key}" key in "{section}" section. '
                f'Current value: "{value}".'
            )

    def getboolean(self, section: str, key: str, fallback: Any = _MISSING, **_: Any) -> bool:
        def make(text: str) -> bool:
            word = text.split("#")[0].strip().lower()
            if word in ("t", "true", "1", "yes", "on"):
                return True
            if word in ("f", "false", "0", "no", "off"):
                return False
            raise ValueError(text)

        return self._typed("bool", make, section, key, fallback)

    def getint(self, section: str, key: str, fallback: Any = _MISSING, **_: Any) -> int:
        return self._typed("int", int, section, key, fallback)

    def getfloat(self, section: str, key: str, fallback: Any = _MISSING, **_: Any) -> float:
        return self._typed("float", float, section, key, fallback)

    def getlist(
        self, section: str, key: str, fallback: Any = _MISSING, delimiter: str = ",", **_: Any
    ) -> list[str]:
        return self._typed(
            "list", lambda t: [p.strip() for p in t.split(delimiter) if p.strip()], section, key, fallback
        )

    def getenum(self, section: str, key: str, enum_class: Any, fallback: Any = _MISSING, **_: Any) -> Any:
        return self._typed("enum", lambda t: enum_class[t], section, key, fallback)

    def getjson(self, section: str, key: str, fallback: Any = _MISSING, **_: Any) -> Any:
        import json

        return self._typed("json", json.loads, section, key, fallback)

    def getimport(self, section: str, key: str, **kwargs: Any) -> Any:
        from tradewind.module_loading import import_string

        path = self.get(section, key, **kwargs)
        if not path:
            return None
        try:
            return import_string(path)
        except ImportError as e:
            raise AirflowConfigException(
                f'The object could not be loaded. Please check "{key}" key in "{section}" section. '
                f'Current value: "{path}".'
            ) from e

    def gettimedelta(self, section: str, key: str, fallback: Any = _MISSING, **_: Any) -> Any:
        import datetime

        return self._typed("seconds", lambda t: datetime.timedelta(seconds=int(t)), section, key, fallback)

    def getsection(self, section: str) -> dict[str, Any] | None:
        from tradewind._config_defaults import DEFAULTS

        keys = set(DEFAULTS.get(section, {})) | set(self._load().get(section, {}))
        for prefix in _PREFIXES:
            start = f"{prefix}{section.upper()}__"
            keys |= {n[len(start) :].lower() for n in os.environ if n.startswith(start)}
        return {key: self.get(section, key, fallback=None) for key in sorted(keys)} or None

    def as_dict(self, display_sensitive: bool = False, **_: Any) -> dict[str, dict[str, Any]]:
        from tradewind._config_defaults import DEFAULTS, SENSITIVE

        result: dict[str, dict[str, Any]] = {}
        for section in sorted(set(DEFAULTS) | set(self._load())):
            values = self.getsection(section) or {}
            if not display_sensitive:
                values = {k: "< hidden >" if f"{section}.{k}" in SENSITIVE else v for k, v in values.items()}
            result[section] = values
        return result

    def has_option(self, section: str, key: str, **_: Any) -> bool:
        return self._lookup(section.lower(), key.lower()) not in (None, "")

    def has_section(self, section: str) -> bool:
        return bool(self.getsection(section.lower()))

    def sections(self) -> list[str]:
        from tradewind._config_defaults import DEFAULTS

        return sorted(set(DEFAULTS) | set(self._load()))

    # -- writing (tests do) -----------------------------------------------------------------------

    def set(self, section: str, key: str, value: Any) -> None:
        self._set[section.lower(), key.lower()] = str(value)

    def add_section(self, section: str) -> None:
        self._load().setdefault(section.lower(), {})

    def remove_option(self, section: str, key: str, remove_default: bool = True) -> None:
        self._set.pop((section.lower(), key.lower()), None)
        self._load().get(section.lower(), {}).pop(key.lower(), None)

    def reload(self) -> None:
        """Forget what was read; the next question reads the file again."""
        self._file = None
        self._set.clear()

    def load_test_config(self) -> None:
        """Airflow's tests call it; our defaults are fit for tests as they are."""


def _run_command(command: str) -> str:
    import shlex
    import subprocess

    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AirflowConfigException(f"Cannot execute {command}. Error code is: {done.returncode}")
    return done.stdout.rstrip("\n")


conf = Configuration()


def __getattr__(name: str) -> Any:
    if name in ("AIRFLOW_HOME", "TRADEWIND_HOME"):
        return home()
    if name == "AIRFLOW_CONFIG":
        return os.environ.get("AIRFLOW_CONFIG") or os.path.join(home(), "airflow.cfg")
    if name in ("get", "getboolean", "getfloat", "getint", "getsection", "has_option", "as_dict", "set"):
        return getattr(conf, name)
    if name in ("AirflowConfigParser", "AirflowSDKConfigParser"):
        return Configuration
    raise AttributeError(name)


def get_airflow_home() -> str:
    return home()


def get_airflow_config(airflow_home: str | None = None) -> str:
    return os.path.join(airflow_home or home(), "airflow.cfg")


def ensure_secrets_loaded(*_: Any, **__: Any) -> list[Any]:
    from tradewind import secrets_backends

    return secrets_backends.chain()
