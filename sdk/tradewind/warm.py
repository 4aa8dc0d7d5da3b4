"""A warm child: it has imported one DAG file, and forks a process per task of it.

Forked from the zygote; serves its socket until `stop`, SIGTERM or the end of the stream (docs/runner-
protocol.md).
"""

from __future__ import annotations

import os
import signal
import traceback
from typing import Any

from tradewind import recording
from tradewind.comms import Link
from tradewind.execution import load
from tradewind.execution.children import Children, close_fds, tell


class Warm:
    def __init__(
        self, link: Link, key: Any, loaded: load.LoadedFile, threads: int, inputs: list[dict[str, Any]]
    ) -> None:
        self.link = link
        self.key = key
        self.loaded = loaded
        self.threads = threads
        self.inputs = inputs
        self.children = Children()
        self.stopping = False

    def serve(self) -> int:
        self.children.take_signals()
        if not tell(
            self.link,
            {
                "op": "ready",
                "key": self.key,
                "pid": os.getpid(),
                "threads": self.threads,
                "rss": load.resident_bytes(),
                "error": self.loaded.error,
                "inputs": self.inputs,
            },
        ):
            return 0
        while not (self.stopping or self.children.terminated) or self.children.by_pid:
            if self.children.wait(self.link) and not self._read():
                self.children.end_all()
                return 0
            for pid, what, status, maxrss in self.children.reap():
                tell(self.link, {"op": "exited", **what, "pid": pid, "status": status, "maxrss": maxrss})
        return 0

    def _read(self) -> bool:
        if not self.link.fill():
            return False
        while (frame := self.link.next()) is not None:
            message, fds = frame
            try:
                self._do(message, fds)
            finally:
                close_fds(fds)
        return True

    def _do(self, message: dict[str, Any], fds: list[int]) -> None:
        op = message.get("op")
        if op == "stop":
            self.stopping = True
        elif op == "task":
            self._task(message.get("attempt"), fds)
        else:
            tell(self.link, {"op": "error", "message": f"unknown op {op!r}"})

    def _task(self, attempt: Any, fds: list[int]) -> None:
        error = None
        if len(fds) != 4:
            error = "task needs four descriptors"
        elif self.threads:
            error = "threads"
        elif self.stopping or self.children.terminated:
            error = "stopping"
        if error is None:
            try:
                pid = self.children.fork({"attempt": attempt}, lambda: self._run(fds), (self.link.fileno(),))
                tell(self.link, {"op": "forked", "attempt": attempt, "pid": pid})
                return
            except OSError as e:
                error = str(e)
        tell(self.link, {"op": "fork_failed", "attempt": attempt, "error": error})

    def _run(self, fds: list[int]) -> int:
        from tradewind import task_runner

        return task_runner.run_forked(fds, self.loaded)


def serve(fd: int, message: dict[str, Any]) -> int:
    """The whole life of a warm child; called right after the fork from the zygote."""
    link = Link.from_fd(fd)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    file, bundle_path = str(message.get("file")), message.get("bundle_path")
    recorder = recording.Recorder([str(bundle_path or os.path.dirname(file))]).start()
    loaded = load.load(file, bundle_path, message.get("compat"))
    recorder.stop()
    try:
        prepare(loaded)
    except Exception:
        traceback.print_exc()
    threads = load.settle()
    return Warm(link, message.get("key"), loaded, threads, recorder.inputs()).serve()


def prepare(loaded: load.LoadedFile) -> None:
    """Do before the fork what every task would else do after it: template environments, configuration."""
    from tradewind import task_runner

    task_runner.warm_up()
    for dag in loaded.dags.values():
        task_runner.prepare(dag)
