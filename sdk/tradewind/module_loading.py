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


def entry_points_with_dist(group: str) -> Iterator[tuple[Any, Any]]:
    """Entry points of one group, with the package that brings each."""
    from importlib import metadata

    seen: set[str] = set()
    for dist in metadata.distributions():
        try:
            key = (dist.metadata["Name"] or "").lower()
        except Exception:
            continue
        if not key or key in seen:
            continue
        seen.add(key)
        for entry in dist.entry_points:
            if entry.group == group:
                yield entry, dist


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
