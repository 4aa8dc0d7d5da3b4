"""The zygote: a Python that has imported the SDK and nothing else, and forks whatever is asked of it.

`python -m tradewind.zygote FD` serves the socket FD (docs/runner-protocol.md, "The zygote's socket"). It
stays single-threaded, opens nothing, and ends when the other side does.
"""

from __future__ import annotations

import gc
import os
import platform
import signal
import sys
import traceback
from typing import Any

import tradewind
from tradewind.comms import Link, LinkClosed
from tradewind.execution.children import Children, close_fds, tell


def preload() -> None:
    """Everything that a DAG file's import or a task's start would else import by itself."""
    import importlib

    for name in (
        "importlib.metadata",
        "jinja2.sandbox",
        "jinja2.nativetypes",
        "pendulum",
        "subprocess",
        "tradewind._config_defaults",
        "tradewind.conf",
        "tradewind.dag",
        "tradewind.decorators",
        "tradewind.execution.parse_child",
        "tradewind.jinja",
        "tradewind.listeners",
        "tradewind.mapped",
        "tradewind.params",
        "tradewind.operators.bash",
        "tradewind.operators.branch",
        "tradewind.operators.decorated",
        "tradewind.operators.empty",
        "tradewind.operators.python",
        "tradewind.operators.virtualenv",
        "tradewind.sensors.base",
        "tradewind.sensors.python",
        "tradewind.serde",
        "tradewind.taskgroup",
        "tradewind.timetables",
        "tradewind.timezone",
        "tradewind.task_runner",
        "tradewind.parse",
        "tradewind.policies",
        "tradewind.serialize",
        "tradewind.warm",
        "airflow",
        "airflow.sdk",
        "airflow.providers.standard.operators.bash",
        "airflow.providers.standard.operators.empty",
        "airflow.providers.standard.operators.python",
    ):
        try:
            importlib.import_module(name)
        except Exception:  # whoever needs it will fail with the same, and say so where it is read
            traceback.print_exc()


class Zygote:
    def __init__(self, link: Link) -> None:
        self.link = link
        self.children = Children()

    def serve(self) -> int:
        if not tell(
            self.link,
            {
                "op": "hello",
                "pid": os.getpid(),
                "python": platform.python_version(),
                "sdk": tradewind.__version__,
                "executable": sys.executable,
            },
        ):
            return 0
        while not self.children.terminated:
            if self.children.wait(self.link) and not self._read():
                break
            self._report()
        self.children.end_all()
        return 0

    def _read(self) -> bool:
        if not self.link.fill():
            return False
        while (frame := self.link.next()) is not None:
            if not self._do(*frame):
                return False
        return True

    def _report(self) -> None:
        for pid, what, status, maxrss in self.children.reap():
            tell(self.link, {"op": "exited", "pid": pid, **what, "status": status, "maxrss": maxrss})

    def _do(self, message: dict[str, Any], fds: list[int]) -> bool:
        op = message.get("op")
        try:
            if op == "quit":
                return False
            if op == "warm":
                self._warm(message, fds)
            elif op == "task":
                self._task(message, fds)
            elif op == "parse":
                self._parse(message, fds)
            elif op == "drop":
                self._drop(message.get("key"))
            else:
                tell(self.link, {"op": "error", "message": f"unknown op {op!r}"})
        finally:
            close_fds(fds)
        return True

    def _fork(self, what: dict[str, Any], run: Any, done: str, failed: str) -> None:
        try:
            pid = self.children.fork(what, run, close=(self.link.fileno(),))
        except OSError as e:
            tell(self.link, {"op": failed, **what, "error": str(e)})
        else:
            tell(self.link, {"op": done, **what, "pid": pid})

    def _warm(self, message: dict[str, Any], fds: list[int]) -> None:
        key = message.get("key")
        if len(fds) != 1:
            tell(self.link, {"op": "warm_failed", "key": key, "error": "warm needs one descriptor"})
            return

        def run() -> int:
            from tradewind import warm

            return warm.serve(fds[0], message)

        self._fork({"key": key}, run, "warmed", "warm_failed")

    def _task(self, message: dict[str, Any], fds: list[int]) -> None:
        attempt = message.get("attempt")
        if len(fds) != 4:
            error = "task needs four descriptors"
            tell(self.link, {"op": "fork_failed", "attempt": attempt, "error": error})
            return

        def run() -> int:
            from tradewind import task_runner

            return task_runner.run_forked(fds, None)

        self._fork({"attempt": attempt}, run, "forked", "fork_failed")

    def _parse(self, message: dict[str, Any], fds: list[int]) -> None:
        number = message.get("id")
        if len(fds) not in (1, 2):
            error = "parse needs one or two descriptors"
            tell(self.link, {"op": "fork_failed", "id": number, "error": error})
            return

        def run() -> int:
            from tradewind.execution import parse_child

            return parse_child.serve(fds, message)

        self._fork({"id": number}, run, "forked", "fork_failed")

    def _drop(self, key: Any) -> None:
        for pid, what in self.children.by_pid.items():
            if what.get("key") == key:
                try:
                    os.kill(pid, signal.SIGTERM)
                except OSError:
                    pass


def main(argv: list[str] | None = None) -> int:
    args = sys.argv[1:] if argv is None else argv
    if len(args) != 1 or not args[0].isdigit():
        print("usage: python -m tradewind.zygote FD", file=sys.stderr)
        return 2
    link = Link.from_fd(int(args[0]))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    gc.disable()
    preload()
    gc.enable()
    gc.collect()
    gc.freeze()
    try:
        return Zygote(link).serve()
    except LinkClosed:
        return 0


if __name__ == "__main__":
    # `python -m` runs this file as __main__; children import it by its name, so let both be the same.
    sys.modules.setdefault("tradewind.zygote", sys.modules["__main__"])
    sys.exit(main())
