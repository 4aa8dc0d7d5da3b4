"""Objects by their dotted name, and the other way round."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any


def import_string(dotted_path: str) -> Any:
    """`pkg.mod.Name` → the object; ImportError when there is none."""
    module_path, dot, name = dotted_path.rpartition(".")
    if not dot:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    module = importlib.import_module(module_path)
    try:
        return getattr(module, name)
    except AttributeError:
        raise ImportError(f'Module "{module_path}" does not define a "{name}" attribute/class')


def qualname(o: Any, use_qualname: bool = False, exclude_module: bool = False) -> str:
    """The dotted name of a class, a function or an object's class."""
    if callable(o) and hasattr(o, "func"):
        o = o.func
    if not hasattr(o, "__qualname__"):
        o = type(o)
    name = o.__qualname__ if use_qualname else o.__name__
    module = getattr(o, "__module__", None)
    return (
        name
        if exclude_module or not module or module == "builtins" and not use_qualname
        else f"{module}.{name}"
    )


def is_valid_dotpath(path: str) -> bool:
    return isinstance(path, str) and all(part.isidentifier() for part in path.split("."))


_AIRFLOWS = ("airflow.", "apache_airflow")
_entries: tuple[tuple[str, ...], list[tuple[Any, Any]]] | None = None


def entry_points_with_dist(group: str) -> Iterator[tuple[Any, Any]]:
    """Entry points of one group, with the package that brings each. For Airflow's groups the path is read once."""
    global _entries
    if not group.startswith(_AIRFLOWS):
        yield from ((entry, dist) for entry, dist in _scan((group,)) if entry.group == group)
        return
    path = tuple(sys.path)
    if _entries is None or _entries[0] != path:
        _entries = (path, list(_scan(_AIRFLOWS)))
    yield from ((entry, dist) for entry, dist in _entries[1] if entry.group == group)


def _scan(prefixes: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """Of groups that begin so. Only packages that have one say their name: reading it is slow."""
    from importlib import metadata

    seen: set[str] = set()
    for dist in metadata.distributions():
        try:
            entries = [e for e in dist.entry_points if e.group.startswith(prefixes)]
            name = (dist.metadata["Name"] or "").lower() if entries else ""
        except Exception:
            continue
        if name and name not in seen:
            seen.add(name)
            yield from ((entry, dist) for entry in entries)


def iter_namespace(ns: Any) -> Iterator[Any]:
    import pkgutil

    return pkgutil.iter_modules(ns.__path__, ns.__name__ + ".")


def lazy_names(table: dict[str, str], module: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a module whose names live elsewhere: name → "module:attribute"."""

    def get(name: str) -> Any:
        target = table.get(name)
        if target is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        where, _, attribute = target.partition(":")
        value: Any = importlib.import_module(where)
        if attribute:
            value = getattr(value, attribute)
        setattr(sys.modules[module], name, value)
        return value

    return get, lambda: sorted(table)


def module_of(o: Any) -> str:
    """A class's module as people know it: Airflow's path for what we ship, and no mangled name for a DAG file."""
    own = getattr(o, "__dict__", {}).get("_airflow_module")
    if own:
        return own
    module = getattr(o, "__module__", None) or ""
    return re.sub(r"^unusual_prefix_[0-9a-f]+_", "", module)
