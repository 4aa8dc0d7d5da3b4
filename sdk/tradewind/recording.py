"""What a DAG file reads while it is imported: files and folders, Variables, Connections."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

_installed = False
_active: Recorder | None = None


class Recorder:
    """Between `start` and `stop` notes what is opened below the given folders."""

    def __init__(self, folders: list[str]):
        roots = {os.path.abspath(f) for f in folders if f} | {os.path.realpath(f) for f in folders if f}
        self._roots = tuple(sorted(root.rstrip(os.sep) + os.sep for root in roots))
        self.paths: set[str] = set()
        self.variables: set[str] = set()
        self.connections: set[str] = set()
        self._before: set[str] = set()
        self.modules: set[str] = set()

    def start(self) -> Recorder:
        global _active, _installed
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True
        self._before = set(sys.modules)
        _active = self
        return self

    def stop(self) -> None:
        global _active
        _active = None
        for name in set(sys.modules) - self._before:
            file = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(file, str) and self.inside(file):
                self.modules.add(name)
                self.paths.add(os.path.abspath(file))

    def inside(self, path: str) -> bool:
        return os.path.abspath(path).startswith(self._roots)

    def note(self, path: Any) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, (str, os.PathLike)):
            return
        path = os.path.abspath(os.fspath(path))
        if "__pycache__" not in path and (path + os.sep).startswith(self._roots):
            self.paths.add(path)

    def inputs(self) -> list[dict[str, Any]]:
        """The files and folders, as they are now."""
        out = []
        for path in sorted(self.paths):
            try:
                st = os.stat(path)
            except OSError:
                continue
            out.append({"path": path, "mtime_ns": st.st_mtime_ns, "size": st.st_size})
        return out


def _hook(event: str, args: tuple[Any, ...]) -> None:
    recorder = _active
    if recorder is None:
        return
    if event == "open":
        path, mode, flags = args
        if isinstance(mode, str):
            reads = "r" in mode or "+" in mode
        else:
            reads = not isinstance(flags, int) or flags & os.O_ACCMODE in (os.O_RDONLY, os.O_RDWR)
        if reads:
            recorder.note(path)
    elif event in ("os.listdir", "os.scandir") and not _looks_along_sys_path(sys._getframe(1)):
        recorder.note(args[0])


def _looks_along_sys_path(frame: FrameType) -> bool:
    """The import system, or importlib.metadata in search of entry points: that is not the file's own look."""
    name = frame.f_code.co_filename
    return name.startswith("<frozen importlib") or f"{os.sep}importlib{os.sep}metadata" in name


def variable(key: str) -> None:
    """A Variable was asked for."""
    if _active is not None:
        _active.variables.add(key)


def connection(conn_id: str) -> None:
    """A Connection was asked for."""
    if _active is not None:
        _active.connections.add(conn_id)
