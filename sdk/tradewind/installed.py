"""What is installed beside the engine, for its pages: providers, plugins, and the form of each type of connection.

A form is as Airflow's pages ask for it: `standard_fields` say which of host, login … are hidden or have another name,
`extra_fields` what goes into the extra, each with a JSON schema.
"""

from __future__ import annotations

import logging
import re
import sys
import types
from typing import Any

from tradewind import conn_forms, plugins_manager, providers
from tradewind.module_loading import import_string

log = logging.getLogger(__name__)

_STANDARD = "apache-airflow-providers-standard"


def describe() -> dict[str, Any]:
    return {
        "providers": _providers(),
        "plugins": _plugins(),
        "plugin_errors": [
            {"source": source, "error": error} for source, error in plugins_manager.import_errors.items()
        ],
        "connection_types": forms(),
    }


# -- providers and plugins -----------------------------------------------------------------------------


def _plain(text: Any) -> str:
    """Without the marks of reStructuredText: `name <link>`__ becomes name."""
    return " ".join(re.sub(r"`([^`<]*?)\s*(?:<[^`>]*>)?`_*", r"\1", str(text or "")).split())


def _providers() -> list[dict[str, Any]]:
    import tradewind

    found = {
        package: {
            "package_name": package,
            "description": _plain(info.get("description")),
            "version": version,
            "documentation_url": f"https://airflow.apache.org/docs/{package}/{version}/"
            if package.startswith("apache-airflow-providers-")
            else None,
        }
        for package, version, info in providers.infos()
    }
    found.setdefault(
        _STANDARD,
        {
            "package_name": _STANDARD,
            "description": "Standard operators, sensors and hooks, as the engine ships them",
            "version": getattr(tradewind, "__version__", ""),
            "documentation_url": None,
        },
    )
    return [found[name] for name in sorted(found)]


def _name(thing: Any) -> str:
    """A class or function by its path; an instance by its class's."""
    named = thing if hasattr(thing, "__qualname__") or isinstance(thing, types.ModuleType) else type(thing)
    if isinstance(named, types.ModuleType):
        return named.__name__
    return f"{named.__module__}.{named.__qualname__}"


def _entry(thing: Any) -> dict[str, Any]:
    """A view, an app: its plain fields; classes and functions by their name."""
    if not isinstance(thing, dict):
        return {"name": _name(thing)}
    simple = (str, int, float, bool, type(None))
    return {str(k): v if isinstance(v, simple) else _name(v) for k, v in thing.items()}


def _plugins() -> list[dict[str, Any]]:
    plugins_manager.ensure_plugins_loaded()
    out = []
    for p in plugins_manager.plugins or ():
        menu = [_entry(x) for x in p.appbuilder_menu_items or ()]
        out.append(
            {
                "name": p.name,
                "source": str(p.source),
                "macros": [_name(x) for x in p.macros or ()],
                "flask_blueprints": [str(getattr(x, "name", x)) for x in p.flask_blueprints or ()],
                "fastapi_apps": [_entry(x) for x in p.fastapi_apps or ()],
                "fastapi_root_middlewares": [_entry(x) for x in p.fastapi_root_middlewares or ()],
                "external_views": [_entry(x) for x in p.external_views or ()] + menu,
                "react_apps": [_entry(x) for x in p.react_apps or ()],
                "appbuilder_views": [_entry(x) for x in p.appbuilder_views or ()],
                "appbuilder_menu_items": menu,
                "global_operator_extra_links": [_name(x) for x in p.global_operator_extra_links or ()],
                "operator_extra_links": [_name(x) for x in p.operator_extra_links or ()],
                "listeners": [_name(x) for x in p.listeners or ()],
                "timetables": [_name(x) for x in p.timetables or ()],
            }
        )
    return out


# -- forms of connections ------------------------------------------------------------------------------


def forms() -> list[dict[str, Any]]:
    """By type: what the engine knows by itself, over it what providers say, over it hooks of plugins."""
    found = {form["connection_type"]: form for form in conn_forms.known()}
    for _, _, info in providers.infos():
        for item in info.get("connection-types", ()):
            form = _of_provider(item)
            found[form["connection_type"]] = form
    for cls in plugins_manager.collected("hooks"):
        if getattr(cls, "conn_type", None):
            form = _of_class(str(cls.conn_type), cls)
            found[form["connection_type"]] = form
    return [found[name] for name in sorted(found)]


def _of_provider(item: dict[str, Any]) -> dict[str, Any]:
    kind, path = str(item["connection-type"]), str(item.get("hook-class-name") or "")
    if "conn-fields" in item or "ui-field-behaviour" in item:
        behaviour = {k.replace("-", "_"): v for k, v in (item.get("ui-field-behaviour") or {}).items()}
        extra = {
            name: conn_forms.field(f.get("label") or name, f.get("schema") or {}, f.get("description"))
            for name, f in (item.get("conn-fields") or {}).items()
        }
        return conn_forms.form(kind, str(item.get("hook-name") or kind), path, behaviour, extra)
    try:
        with _FormLibraries():
            return _of_class(kind, import_string(path), path)
    except Exception as e:  # a package that it needs is not there: the plain form does
        log.info("The form of connection type %r is not known: %s: %s", kind, type(e).__name__, e)
        return conn_forms.form(kind, str(item.get("hook-name") or kind), path, {}, {})


def _of_class(kind: str, cls: Any, path: str | None = None) -> dict[str, Any]:
    behaviour: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    with _FormLibraries():
        if hasattr(cls, "get_ui_field_behaviour"):
            behaviour = cls.get_ui_field_behaviour() or {}
        if hasattr(cls, "get_connection_form_widgets"):
            for name, widget in (cls.get_connection_form_widgets() or {}).items():
                extra[re.sub(rf"^extra__{re.escape(kind)}__", "", name)] = _widget(name, widget)
    form = conn_forms.form(
        kind, str(getattr(cls, "hook_name", "") or kind), path or _name(cls), behaviour, extra
    )
    form["default_conn_name"] = getattr(cls, "default_conn_name", None)
    return form


def _widget(name: str, widget: Any) -> dict[str, Any]:
    """A field of wtforms, ours or the real one (which is not bound to a form and keeps its arguments)."""
    kind, args, kwargs = (
        type(widget).__name__,
        getattr(widget, "args", ()),
        dict(getattr(widget, "kwargs", {})),
    )
    if kind == "UnboundField":
        kind = widget.field_class.__name__
    types_ = {"BooleanField": "boolean", "IntegerField": "integer", "FloatField": "number"}
    schema: dict[str, Any] = {"type": [types_.get(kind, "string"), "null"]}
    if kind == "PasswordField":
        schema["format"] = "password"
    for v in list(kwargs.get("validators") or ()) + list(args[1] if len(args) > 1 and args[1] else ()):
        values = getattr(v, "values", None)
        if values:
            schema["enum"] = list(values)
    if kwargs.get("default") is not None:
        schema["default"] = kwargs["default"]
    label = args[0] if args else kwargs.get("label") or name
    return conn_forms.field(str(label), schema, str(kwargs.get("description") or "") or None)


class _Field:
    """What stands for a field of wtforms where that is not installed: keeps what it was made with."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.args, self.kwargs = args, kwargs


class _Validator(_Field):
    @property
    def values(self) -> Any:
        return self.args[0] if self.args and isinstance(self.args[0], (list, tuple, set)) else None


class _Stub(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        base = _Validator if self.__name__.endswith("validators") else _Field
        made = type(name, (base,), {})
        setattr(self, name, made)
        return made


class _FormLibraries:
    """Hooks of before import wtforms and flask_appbuilder for their forms: stand-ins, where these are not installed."""

    _names = (
        "wtforms",
        "wtforms.fields",
        "wtforms.fields.simple",
        "wtforms.validators",
        "wtforms.widgets",
        "flask_babel",
        "flask_appbuilder",
        "flask_appbuilder.fieldwidgets",
    )

    def __enter__(self) -> None:
        import importlib.util

        self._ours = []
        for name in self._names:
            root = name.split(".")[0]
            if name in sys.modules or (root not in self._ours and importlib.util.find_spec(root)):
                continue
            module = _Stub(name)
            module.__path__ = []
            sys.modules[name] = module
            self._ours.append(name)
        if "flask_babel" in self._ours:
            sys.modules["flask_babel"].lazy_gettext = lambda text, **_: text  # type: ignore[attr-defined]
            sys.modules["flask_babel"].gettext = lambda text, **_: text  # type: ignore[attr-defined]

    def __exit__(self, *exc: Any) -> None:
        for name in self._ours:
            sys.modules.pop(name, None)
