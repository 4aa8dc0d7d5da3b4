"""What a DAG file leaves behind in the process that parsed it.

A parse child takes one file after another, which is many times cheaper than a fork for each. That is only right
while each file finds what a new process would show it. So the modules of the DAG folder go with their file,
`sys.path` is put back, and a file that left anything else (a patched module or class, an environment
variable, a thread, an open file ...) is the last of its process.
"""

from __future__ import annotations

import builtins
import gc
import os
import signal
import socket
import sys
import threading
import types
from collections.abc import Callable, Iterator
from dis import opmap
from typing import Any

#: a process that has grown by more than this (bytes) parses no further file
GROWTH = 100 << 20
#: nor one that has parsed so many
FILES = 100

_STORE_ATTR, _DELETE_ATTR = opmap["STORE_ATTR"], opmap["DELETE_ATTR"]
#: names in a file's code with which it may change what is not its own: reason to compare modules and classes
_CHANGING = frozenset(
    "__builtins__ __dict__ __setattr__ builtins delattr eval exec globals mock patch patch_all setattr vars".split()
)
#: names of calls whose effect cannot be seen afterwards
_LASTING = frozenset(
    "ctypes getcontext patch_all set_start_method setcontext setrlimit tzset umask register_at_fork".split()
)
_SIGNALS = [getattr(signal, f"SIG{name}") for name in "TERM INT CHLD HUP ALRM USR1 USR2 PIPE".split()]
#: modules that parsing itself has in another state while a file runs
_OF_PARSING = ("warnings", "tradewind.execution.traces", "tradewind.recording", "tradewind.stacks")
_EVENTS = {
    "os.chdir": "changed the working directory",
    "os.fork": "forked",
    "os.forkpty": "forked",
    "sys.settrace": "set a trace function",
    "sys.setprofile": "set a profile function",
}

_watching: Traces | None = None
_hooked = False


class Traces:
    """Compares the process before and after each file. One at a time: there is one process."""

    def __init__(self) -> None:
        self._files = 0
        self._state = _state()
        self._memory = _peak()
        self._inside: Callable[[str], bool] = lambda path: False
        self._reason: str | None = None
        self._found: dict[str, dict[str, Any]] | None = None

    def begin(self, inside: Callable[[str], bool]) -> None:
        """A file is about to be imported; `inside` tells the paths that belong to the DAG folder."""
        global _watching, _hooked
        self._files += 1
        self._inside = inside
        self._reason = None
        self._found = None
        self._modules = dict(sys.modules)
        self._path = list(sys.path)
        self._importers = set(sys.path_importer_cache)
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked = True
        _watching = self

    def end(self) -> str | None:
        """Take away what the file brought; why the process should parse no other, None when it may."""
        global _watching
        _watching = None
        reason = self._reason or self._forget_modules() or self._changed()
        self._found = None
        sys.path[:] = self._path
        for entry in set(sys.path_importer_cache) - self._importers:
            if self._inside(entry):
                del sys.path_importer_cache[entry]
        return reason

    # -- while the file runs -----------------------------------------------------------------------

    def look_at(self, code: types.CodeType) -> None:
        """The code of a module is about to run."""
        if self._reason or not self._inside(code.co_filename):
            return
        for part in _parts(code):
            names = part.co_names
            if not _LASTING.isdisjoint(names):
                self._reason = f"calls {sorted(_LASTING.intersection(names))[0]}"
                return
            if self._found is None and (not _CHANGING.isdisjoint(names) or _stores(part)):
                self._found = _contents()

    def happened(self, event: str) -> None:
        self._reason = self._reason or _EVENTS[event]

    # -- afterwards --------------------------------------------------------------------------------

    def _forget_modules(self) -> str | None:
        before = self._modules
        for name, module in before.items():
            if sys.modules.get(name) is not module:
                return f"replaced the module {name}"
        for name in [n for n in sys.modules if n not in before]:
            module = sys.modules[name]
            if any(self._inside(place) for place in _places(module)):
                del sys.modules[name]
            elif getattr(module, "__spec__", None) is None:
                return f"made the module {name}"
        return None

    def _changed(self) -> str | None:
        if self._files >= FILES:
            return "has parsed many files"
        if threading.active_count() > 1:
            return "left a thread"
        if _has_children():
            return "left a child process"
        if _peak() > self._memory + GROWTH:
            return "took much memory"
        for what, value in _state().items():
            if value != self._state[what]:
                return f"changed {what}"
        return None if self._found is None else _difference(self._found)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    watching = _watching
    if watching is None:
        return
    if event == "exec":
        if isinstance(args[0], types.CodeType):
            watching.look_at(args[0])
    elif event in _EVENTS:
        watching.happened(event)


def _parts(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and all that are defined in it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _parts(const)


def _stores(code: types.CodeType) -> bool:
    """It sets attributes, and is no method, whose attributes are its own object's."""
    if code.co_argcount and code.co_varnames[0] in ("self", "cls"):
        return False
    operations = code.co_code[::2]
    return _STORE_ATTR in operations or _DELETE_ATTR in operations


def _places(module: Any) -> list[str]:
    """Where a module's code is: its file, or the folders of a package that has none."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return [file]
    try:
        return [p for p in getattr(module, "__path__", ()) if isinstance(p, str)]
    except Exception:
        return []


def _state() -> dict[str, Any]:
    """What can be compared at once: equal values mean that nothing has changed."""
    import locale

    from tradewind.conf import conf

    return {
        "the environment": dict(os.environ),
        "the configuration": dict(conf._set),
        "signal handlers": [signal.getsignal(s) for s in _SIGNALS],
        "builtins": dict(vars(builtins)),
        "the standard streams": [id(s) for s in (sys.stdin, sys.stdout, sys.stderr)],
        "how modules are imported": [list(map(id, found)) for found in (sys.meta_path, sys.path_hooks)],
        "hooks": [id(h) for h in (sys.excepthook, sys.displayhook, threading.excepthook)],
        "settings of Python": [sys.getrecursionlimit(), socket.getdefaulttimeout(), gc.isenabled()],
        "the locale": locale.setlocale(locale.LC_ALL),
        "open files": _descriptors(),
    }


def _descriptors() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    except OSError:
        return True
    return True


def _peak() -> int:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


# -- modules and classes ------------------------------------------------------------------------------


def _contents() -> dict[str, dict[str, Any]]:
    """The names of every module and every class of a module, and what they stand for."""
    found: dict[str, dict[str, Any]] = {}
    for name, module in list(sys.modules.items()):
        names = getattr(module, "__dict__", None)
        if not isinstance(names, dict) or name in _OF_PARSING:
            continue
        found[name] = dict(names)
        for value in list(names.values()):
            if isinstance(value, type) and value.__module__ == name:
                found[f"{name}.{value.__qualname__}"] = dict(vars(value))
    return found


def _difference(before: dict[str, dict[str, Any]]) -> str | None:
    now = _contents()
    for name, old in before.items():
        new = now.get(name)
        if new is None:
            continue
        for key, value in old.items():
            if new.get(key, _GONE) is not value and isinstance(value, _PATCHABLE):
                return f"changed {name}.{key}"
    return None


_GONE = object()
#: what is patched; counters, caches and what is made on first use change without anybody's doing
_PATCHABLE = (
    *(bool, float, str, type, property, staticmethod, classmethod),
    *(types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType),
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
)
