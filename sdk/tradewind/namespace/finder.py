"""Finds the modules of `names_table.py`, and says which package brings a module that is not there."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types
from typing import Any

from tradewind.namespace import names as names_table

_PACKAGES: set[str] = set()


def parse(text: str) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """`module: name, public=actual; other: *` → names, and the modules whose every name counts."""
    names: dict[str, tuple[str, str]] = {}
    whole: list[str] = []
    for part in text.split(";"):
        module, _, listed = part.strip().partition(":")
        for item in listed.split(","):
            public, _, actual = item.strip().partition("=")
            if public == "*":
                whole.append(module)
            elif public:
                names[public] = (module, actual or public)
    return names, whole


def names_of(text: str) -> list[str]:
    names, whole = parse(text)
    for module in whole:
        target = importlib.import_module(module)
        names.update({n: (module, n) for n in dir(target) if not n.startswith("_")})
    return sorted(names)


def attribute(module: types.ModuleType, text: str, name: str) -> Any:
    """One name of a listed module."""
    if name == "__all__":
        return [n for n in names_of(text) if n != "ObjectStoragePath" or importlib.util.find_spec("upath")]
    names, whole = parse(text)
    if name in names:
        where, actual = names[name]
        value: Any = importlib.import_module(where)
        if actual != ".":
            value = getattr(value, actual)
        setattr(module, name, value)
        return value
    full = f"{module.__name__}.{name}"
    if full in names_table.NAMES or full in _PACKAGES:
        return importlib.import_module(full)
    if not name.startswith("__"):
        for where in whole:
            target = importlib.import_module(where)
            try:
                return getattr(target, name)
            except AttributeError:
                continue
        found = _late(module.__name__, name)
        if found is not None:
            return found
    raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")


#: 1.10's packages that have what plugins bring in themselves, too
_OF_PLUGINS = {
    "airflow.operators": ("operators", "sensors"),
    "airflow.sensors": ("sensors",),
    "airflow.hooks": ("hooks",),
    "airflow.executors": ("executors",),
    "airflow.macros": ("macros",),
}


def _late(package: str, name: str) -> Any:
    """A class that 1.10 has in a package itself: one of a provider's, or of a plugin's."""
    if name in names_table.LATE.get(package, {}):
        where, actual = names_table.LATE[package][name]
        return getattr(importlib.import_module(where), actual)
    for kind in _OF_PLUGINS.get(package, ()):
        from tradewind import plugins_manager

        for item in plugins_manager.collected(kind):
            if getattr(item, "__name__", None) == name:
                return item
    return None


class _Listed(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        return attribute(self, names_table.NAMES.get(self.__name__, ""), name)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *names_of(names_table.NAMES.get(self.__name__, ""))})


class _Loader:
    @staticmethod
    def create_module(spec: Any) -> types.ModuleType:
        return _Listed(spec.name)

    @staticmethod
    def exec_module(module: types.ModuleType) -> None:
        text = names_table.NAMES.get(module.__name__, "")
        if "airflow.providers." in text:
            for where in {w for w, _ in parse(text)[0].values()} | set(parse(text)[1]):
                importlib.import_module(where)


class Finder:
    """First on the path: the modules that are listed."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> Any:
        if not fullname.startswith("airflow."):
            return None
        package = fullname in _PACKAGES
        if not package and fullname not in names_table.NAMES:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, _Loader(), is_package=package)  # type: ignore[arg-type]
        if package:
            last = fullname.rpartition(".")[2]
            found = [os.path.join(p, last) for p in path or ()]
            if last == "example_dags":
                from tradewind.dagfile import folders

                if "contrib" in fullname:  # 1.10's lay beside its example_dags
                    found += [os.path.join(os.path.dirname(f), "contrib", last) for f in folders]
                found = [*folders, *found]
            spec.submodule_search_locations = [p for p in found if os.path.isdir(p)]
        return spec


class _PluginLoader:
    """Gives out a module that a plugin's lists were made into."""

    def __init__(self, module: types.ModuleType):
        self.module = module

    def create_module(self, spec: Any) -> types.ModuleType:
        return self.module

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def _from_plugin(fullname: str) -> Any:
    """1.10's `airflow.operators.<plugin>` and its like."""
    parts = fullname.split(".")
    if len(parts) != 3 or parts[1] not in ("operators", "sensors", "hooks", "executors", "macros"):
        return None
    from tradewind import plugins_manager

    module = plugins_manager.module_of(parts[1], parts[2])
    if module is None:
        return None
    return importlib.machinery.ModuleSpec(fullname, _PluginLoader(module))  # type: ignore[arg-type]


class MissingFinder:
    """Last on the path: names the package to install."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> Any:
        if not fullname.startswith("airflow."):
            return None
        found = _from_plugin(fullname)
        if found is not None:
            return found
        package = names_table.package_of(fullname)
        if package is None:
            return None
        from tradewind.exceptions import MissingProvider

        raise MissingProvider(
            f"No module named {fullname!r}: it comes with the package {package}, which is not installed here "
            f"(tradewind providers install {package})",
            name=fullname,
        )


def install() -> None:
    """Put both finders in place, once."""
    if _PACKAGES:
        return
    for name in names_table.NAMES:
        parent = name.rpartition(".")[0]
        while parent and parent != "airflow":
            _PACKAGES.add(parent)
            parent = parent.rpartition(".")[0]
    _PACKAGES.update(names_table.OPEN)
    sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]
    sys.meta_path.append(MissingFinder)  # type: ignore[arg-type]
