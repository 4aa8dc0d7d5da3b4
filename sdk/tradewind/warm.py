"""A warm child: it has imported one DAG file, and forks a process per task of it.

Forked from the zygote; serves its socket until `stop`, SIGTERM or the end of the stream (docs/runner-
protocol.md).
"""

from __future__ import annotations

import os
import signal
import socket
import time
import traceback
from typing import Any

from tradewind import recording
from tradewind.comms import Link, LinkClosed
from tradewind.execution import load
from tradewind.execution.children import Children, close_fds, tell

#: a spare that nobody used goes after this many seconds
SPARE_IDLE = 10.0
#: with more tasks than this under way there are no spares: the processors have enough to do
SPARE_TASKS = 1


class Spare:
    """A child that has been forked ahead, and waits on its own socket for a task's descriptors.

    A fresh fork is slow for its first milliseconds, while it gets pages of its own. A spare has that behind
    it: it has taken an empty task all the way before it waits.
    """

    def __init__(self, pid: int, link: Link) -> None:
        self.pid = pid
        self.link = link
        self.made = time.monotonic()

    def give(self, fds: list[int]) -> bool:
        try:
            self.link.send({"op": "task"}, fds)
            return True
        except LinkClosed:
            return False
        finally:
            self.link.close()


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
        self.spare: Spare | None = None
        self.wants_spare = (
            False  # made when the descriptors of the task are closed here: it must not have them
        )

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
        while not self._ending() or self.children.by_pid:
            if self.children.wait(self.link, self._patience()) and not self._read():
                self._drop_spare()
                self.children.end_all()
                return 0
            self._report()
            self._make_spare()
            if self.spare is not None and (self._ending() or self._patience() == 0.0):
                self._drop_spare()
        return 0

    def _ending(self) -> bool:
        return self.stopping or self.children.terminated

    def _report(self) -> None:
        for pid, what, status, maxrss in self.children.reap():
            if "attempt" in what:
                tell(self.link, {"op": "exited", **what, "pid": pid, "status": status, "maxrss": maxrss})
            elif self.spare is not None and self.spare.pid == pid:
                self._drop_spare()

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
        elif self._ending():
            error = "stopping"
        if error is None:
            try:
                pid = self._start(attempt, fds)
                tell(self.link, {"op": "forked", "attempt": attempt, "pid": pid})
                self.wants_spare = True
                return
            except OSError as e:
                error = str(e)
        tell(self.link, {"op": "fork_failed", "attempt": attempt, "error": error})

    def _start(self, attempt: Any, fds: list[int]) -> int:
        spare, self.spare = self.spare, None
        if spare is not None and spare.pid in self.children.by_pid and spare.give(fds):
            self.children.by_pid[spare.pid] = {"attempt": attempt}
            return spare.pid
        return self.children.fork({"attempt": attempt}, lambda: self._run(fds), (self.link.fileno(),))

    def _run(self, fds: list[int]) -> int:
        from tradewind import task_runner

        return task_runner.run_forked(fds, self.loaded)

    # -- the spare ---------------------------------------------------------------------------------

    def _make_spare(self) -> None:
        if not self.wants_spare or len(self.children.by_pid) > SPARE_TASKS:
            return  # asked for again when a child has ended
        self.wants_spare = False
        if self.spare is not None or self._ending():
            return
        ours, theirs = socket.socketpair()

        def run() -> int:
            return self._wait_for_task(Link(theirs))

        try:
            close = (self.link.fileno(), ours.fileno())
            pid = self.children.fork({}, run, close)
            self.spare = Spare(pid, Link(ours))
        except OSError:
            ours.close()
        finally:
            theirs.close()

    def _wait_for_task(self, link: Link) -> int:
        from tradewind import task_runner

        task_runner.rehearse()
        try:
            _, fds = link.recv()
        except LinkClosed:
            return 0
        link.close()
        return self._run(fds)

    def _patience(self) -> float | None:
        """Seconds until the spare has waited long enough."""
        if self.spare is None:
            return None
        return max(0.0, self.spare.made + SPARE_IDLE - time.monotonic())

    def _drop_spare(self) -> None:
        spare, self.spare = self.spare, None
        if spare is not None:
            spare.link.close()  # it ends when its socket does


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
