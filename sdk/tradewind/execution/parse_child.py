"""A parse child: DAG files, one after the other, their documents, and what they read; forked from the zygote."""

from __future__ import annotations

import os
import traceback
from typing import Any

from tradewind import comms, log
from tradewind.comms import Link, LinkClosed, SocketSupervisor
from tradewind.execution.traces import Traces


def serve(fds: list[int], message: dict[str, Any]) -> int:
    """Parse what the message names, answer on the first descriptor; the second, if any, takes the output.

    Then whatever else is asked on that descriptor, until it ends or a file has left something behind.
    """
    link = Link.from_fd(fds[0])
    if len(fds) > 1:
        output = os.dup(fds[1])
        log.attach_streams(fds[1], output)
    fds.clear()
    comms.set_supervisor(SocketSupervisor(link))
    limit = message.get("memory_limit")
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    traces = Traces()
    try:
        while _one(link, message, traces):
            message, extra = link.recv()
            for fd in extra:
                os.close(fd)
    except LinkClosed:
        pass
    return 0


def _one(link: Link, message: dict[str, Any], traces: Traces) -> bool:
    """Parse and answer; True when this process may parse another file."""
    parsed = _parse(message, traces)
    log.flush_streams()
    link.send(parsed)
    return bool(parsed["more"])


def _parse(message: dict[str, Any], traces: Traces) -> dict[str, Any]:
    from tradewind import parse

    file = str(message.get("file"))
    try:
        parsed = parse.parse_file(
            file,
            bundle_path=message.get("bundle_path"),
            compat=message.get("compat"),
            safe_mode=bool(message.get("safe_mode", True)),
            traces=traces,
        )
        parsed["op"] = "parsed"
        parsed["more"] = parsed["left"] is None and not parsed["errors"]
        comms.pack(parsed)  # what cannot be sent is an error of the file
        if message.get("first", True) and os.path.exists(file):  # else it is parsed again, or gone
            _tell_errors(parsed["errors"], bool(message.get("was_broken")))
        return parsed
    except KeyboardInterrupt:
        raise
    except BaseException:
        return {
            "op": "parsed",
            "documents": [],
            "errors": [{"file": file, "trace": traceback.format_exc().rstrip()}],
            "inputs": _self(file),
            "modules": [],
            "variables": [],
            "connections": [],
            "warnings": [],
            "threads": 0,
            "left": "failed",
            "more": False,
        }


def _tell_errors(errors: list[dict[str, Any]], was_broken: bool) -> None:
    from tradewind.execution import listeners

    event = "on_existing_dag_import_error" if was_broken else "on_new_dag_import_error"
    for error in errors:
        listeners.tell(event, filename=error["file"], stacktrace=error["trace"])


def _self(file: str) -> list[dict[str, Any]]:
    try:
        found = os.stat(file)
    except OSError:
        return []
    return [{"path": os.path.abspath(file), "mtime_ns": found.st_mtime_ns, "size": found.st_size}]
