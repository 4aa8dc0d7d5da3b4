"""Plugins: classes that add macros, timetables, weight rules, listeners and links."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import logging
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

log = logging.getLogger(__name__)


class AirflowPluginException(Exception):
    """A plugin could not be loaded."""


class AirflowPluginSource:
    """Where a plugin comes from."""


class AirflowPlugin:
    """Base of plugins. Its lists name what it brings."""

    name: str | None = None
    source: Any = None
    hooks: list[Any] = []
    operators: list[Any] = []
    sensors: list[Any] = []
    executors: list[Any] = []
    macros: list[Any] = []
    admin_views: list[Any] = []
    flask_blueprints: list[Any] = []
    fastapi_apps: list[Any] = []
    fastapi_root_middlewares: list[Any] = []
    external_views: list[Any] = []
    react_apps: list[Any] = []
    menu_links: list[Any] = []
    appbuilder_views: list[Any] = []
    appbuilder_menu_items: list[Any] = []
    global_operator_extra_links: list[Any] = []
    operator_extra_links: list[Any] = []
    timetables: list[Any] = []
    listeners: list[Any] = []
    hook_lineage_readers: list[Any] = []
    ti_deps: list[Any] = []
    partition_mappers: list[Any] = []
    windows: list[Any] = []
    priority_weight_strategies: list[Any] = []

    @classmethod
    def validate(cls) -> None:
        if not cls.name:
            raise AirflowPluginException("Your plugin needs a name.")

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Called once, when the plugin was loaded."""


plugins: list[Any] | None = None
import_errors: dict[str, str] = {}


def _files(folder: str) -> Iterator[str]:
    for root, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(d for d in folders if d != "__pycache__")
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.join(root, name)


def _is_plugin(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, AirflowPlugin) and value is not AirflowPlugin


def ensure_plugins_loaded() -> None:
    """Load plugins from the plugins folder and from installed packages, once."""
    global plugins
    if plugins is not None:
        return
    plugins = []
    from tradewind.conf import conf

    folder = conf.get("core", "plugins_folder", fallback="")
    if folder and os.path.isdir(folder):
        if folder not in sys.path:
            sys.path.append(folder)
        for path in _files(folder):
            _load_file(path, folder)
    _load_packages()


def _load_file(path: str, folder: str) -> None:
    name = os.path.splitext(os.path.relpath(path, folder))[0].replace(os.sep, ".")
    try:
        loader = importlib.machinery.SourceFileLoader(name, path)
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
    except Exception as e:
        log.exception("Failed to import plugin %s", path)
        import_errors[path] = str(e)
        return
    for value in list(vars(module).values()):
        if _is_plugin(value) and value.__module__ == name:
            _add(value, path)


def _load_packages() -> None:
    from tradewind.module_loading import entry_points_with_dist

    for entry, dist in entry_points_with_dist("airflow.plugins"):
        try:
            value = entry.load()
        except Exception as e:
            log.exception("Failed to import plugin %s", entry.name)
            import_errors[entry.module] = str(e)
            continue
        if _is_plugin(value):
            _add(value, f"{dist.metadata['Name']}=={dist.version}")


def _add(cls: Any, source: str) -> None:
    assert plugins is not None
    if any(type(p) is cls or p.name == cls.name for p in plugins):
        return
    try:
        cls.validate()
        plugin = cls()
        plugin.source = source
        plugin.on_load()
        plugins.append(plugin)
    except Exception as e:
        import_errors[source] = str(e)


def collected(kind: str) -> list[Any]:
    """What all plugins bring of one kind."""
    ensure_plugins_loaded()
    return [item for plugin in plugins or () for item in getattr(plugin, kind, None) or ()]


def macros_module(name: str) -> types.ModuleType | None:
    """`macros.<plugin>` in templates."""
    ensure_plugins_loaded()
    for plugin in plugins or ():
        if plugin.name == name and plugin.macros:
            return _module(f"airflow.macros.{name}", plugin.macros)
    return None


def _module(name: str, objects: list[Any]) -> types.ModuleType:
    module = types.ModuleType(name)
    for o in objects:
        setattr(module, getattr(o, "__name__", str(o)), o)
    return module


def module_of(kind: str, name: str) -> types.ModuleType | None:
    """1.10's plugins are imported as `airflow.operators.<plugin>` and the like."""
    ensure_plugins_loaded()
    for plugin in plugins or ():
        if plugin.name == name and getattr(plugin, kind, None):
            return _module(f"airflow.{kind}.{name}", getattr(plugin, kind))
    return None


def integrate_macros_plugins() -> None:
    ensure_plugins_loaded()


def initialize_timetables_plugins() -> None:
    ensure_plugins_loaded()


def get_plugin_info(attrs_to_dump: Any = None) -> list[dict[str, Any]]:
    ensure_plugins_loaded()
    return [{"name": p.name, "source": str(p.source)} for p in plugins or ()]
