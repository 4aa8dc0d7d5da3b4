"""Forking and reaping, as zygote and warm child do it."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from tradewind import log
from tradewind.comms import Link, LinkClosed

#: seconds between SIGTERM and SIGKILL for children of a process whose peer is gone
GRACE = 5.0

_RESTORED = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGINT", "SIGCHLD", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGQUIT")
]
_ENDING = (signal.SIGTERM,)


class Children:
    """The children of this process, by pid; what each stands for is the caller's."""

    def __init__(self) -> None:
        self.by_pid: dict[int, dict[str, Any]] = {}
        self.terminated = False
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_r, False)
        os.set_blocking(self._wake_w, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)

    def _on_term(self, signum: int, frame: Any) -> None:
        self.terminated = True

    def take_signals(self) -> None:
        """A DAG file may have set handlers while it was imported: ours hold."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)

    def fork(self, what: dict[str, Any], run: Callable[[], int], close: tuple[int, ...] = ()) -> int:
        """Start `run` in a child that leads a process group of its own and has none of our descriptors."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # A child that is told to end before it has handlers of its own must not take the word for ours.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            pid = os.fork()
            if pid == 0:
                self._child(run, close)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass  # the child was faster, or is gone
        self.by_pid[pid] = what
        return pid

    def _child(self, run: Callable[[], int], close: tuple[int, ...]) -> NoReturn:
        status = 1
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for number in _RESTORED:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
            for fd in (self._wake_r, self._wake_w, *close):
                os.close(fd)
            self.by_pid.clear()
            status = run()
        except SystemExit as e:
            status = e.code if isinstance(e.code, int) else 1 if e.code else 0
        except BaseException:
            traceback.print_exc()
        finally:
            log.flush_streams()
            os._exit(status & 0xFF)

    def reap(self) -> list[tuple[int, dict[str, Any], int, int]]:
        """(pid, what, wait status, peak memory in bytes) of each child that has ended."""
        ended = []
        while self.by_pid:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            what = self.by_pid.pop(pid, None)
            if what is not None:
                unit = 1 if sys.platform == "darwin" else 1024
                ended.append((pid, what, status, usage.ru_maxrss * unit))
        return ended

    def wait(self, link: Link | None, timeout: float | None = None) -> bool:
        """Sleep until the link has something to read, a signal came, or time is over; True for the link."""
        watched = [self._wake_r] if link is None else [self._wake_r, link.fileno()]
        try:
            ready, _, _ = select.select(watched, [], [], timeout)
        except InterruptedError:
            return False
        if self._wake_r in ready:
            try:
                os.read(self._wake_r, 512)
            except BlockingIOError:
                pass
        return link is not None and link.fileno() in ready

    def signal_all(self, number: int) -> None:
        for pid in list(self.by_pid):
            for kill in (os.killpg, os.kill):
                try:
                    kill(pid, number)
                    break
                except OSError:
                    continue

    def end_all(self) -> None:
        """SIGTERM to every group, SIGKILL to those that stay."""
        import time

        self.signal_all(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while self.by_pid and time.monotonic() < deadline:
            self.wait(None, max(0.0, deadline - time.monotonic()))
            self.reap()
        self.signal_all(signal.SIGKILL)
        while self.by_pid:
            self.wait(None, 1.0)
            self.reap()


def close_fds(fds: list[int]) -> None:
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass


def tell(link: Link, message: dict[str, Any]) -> bool:
    """Send, and say whether there is still somebody to hear it."""
    try:
        link.send(message)
        return True
    except LinkClosed:
        return False
