"""A limit on the time a block takes, by SIGALRM."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

from tradewind.exceptions import AirflowTaskTimeout


def import_limit(path: str) -> contextlib.AbstractContextManager[None]:
    """What a DAG file may take to be imported: `[core] dagbag_import_timeout`, or what a policy says."""
    from tradewind import policies

    limit = policies.import_timeout(path)
    if limit <= 0:
        return contextlib.nullcontext()
    return timeout(limit, f"DagBag import timeout for {path} after {limit}s")


@contextlib.contextmanager
def timeout(seconds: float, error_message: str = "Timeout") -> Iterator[None]:
    """Raise AirflowTaskTimeout in the block when it takes longer.

    Only the main thread can be interrupted so.
    """
    message = f"{error_message}, PID: {os.getpid()}"
    if seconds <= 0:
        raise AirflowTaskTimeout(message)
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(signum: int, frame: Any) -> None:
        raise AirflowTaskTimeout(message)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
