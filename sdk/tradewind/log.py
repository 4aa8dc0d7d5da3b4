"""Logging of a task: every record one JSON line on the log descriptor that the runner reads."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
import time
import traceback
from types import TracebackType
from typing import Any, Optional

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode

#: the attributes that every record has; others came by `extra=`
_ORDINARY = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
    "taskName",
}
_MAX_CHAIN = 20
_MAX_FRAMES = 50
_MAX_LINE = 64 << 10


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with microseconds."""
    whole = int(seconds // 1)
    micros = min(999999, int((seconds - whole) * 1e6))
    t = time.gmtime(whole)
    return (
        f"{t.tm_year:04}-{t.tm_mon:02}-{t.tm_mday:02}T{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}.{micros:06}Z"
    )


def error_detail(error: BaseException) -> list[dict[str, Any]]:
    """An exception and what led to it, innermost last: as the log and the API show them."""
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: Optional[BaseException] = error
    is_cause = False
    while current is not None and id(current) not in seen and len(chain) < _MAX_CHAIN:
        seen.add(id(current))
        chain.append(_describe(current, is_cause))
        if current.__cause__ is not None:
            current, is_cause = current.__cause__, True
        elif current.__context__ is not None and not current.__suppress_context__:
            current, is_cause = current.__context__, False
        else:
            current = None
    return chain


def _describe(error: BaseException, is_cause: bool) -> dict[str, Any]:
    group = getattr(error, "exceptions", None)
    is_group = isinstance(group, (tuple, list)) and type(error).__name__.endswith("Group")
    return {
        "exc_type": type(error).__name__,
        "exc_value": _text(error),
        "exc_notes": [str(n) for n in getattr(error, "__notes__", [])],
        "syntax_error": _syntax(error),
        "is_cause": is_cause,
        "frames": _frames(error.__traceback__),
        "is_group": is_group,
        "exceptions": [error_detail(e) for e in group] if is_group and group else [],
    }


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return f"<unprintable {type(error).__name__}>"


def _syntax(error: BaseException) -> Optional[dict[str, Any]]:
    if not isinstance(error, SyntaxError):
        return None
    return {
        "offset": error.offset or 0,
        "filename": error.filename or "?",
        "line": error.text or "",
        "lineno": error.lineno or 0,
        "msg": error.msg,
    }


#: our own part of a traceback: what is above the user's code says nothing to its author
_OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "execution", "")


def _frames(tb: Optional[TracebackType]) -> list[dict[str, Any]]:
    while tb is not None and tb.tb_next is not None and tb.tb_frame.f_code.co_filename.startswith(_OURS):
        tb = tb.tb_next
    frames = [
        {"filename": frame.f_code.co_filename, "lineno": lineno, "name": frame.f_code.co_name}
        for frame, lineno in traceback.walk_tb(tb)
    ]
    if len(frames) > _MAX_FRAMES:
        half = _MAX_FRAMES // 2
        left_out = len(frames) - 2 * half
        frames = [
            *frames[:half],
            {"filename": "", "lineno": -1, "name": f"... {left_out} frames"},
            *frames[-half:],
        ]
    return frames


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # the arguments do not fit the text: show both
        return f"{record.msg} {record.args!r}"


class JsonLines(logging.Handler):
    """Writes records to a descriptor; a line leaves whole, in one go."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self.fd = fd

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.write(self.line(record))
        except Exception:
            self.handleError(record)

    def line(self, record: logging.LogRecord) -> bytes:
        entry: dict[str, Any] = {
            "timestamp": timestamp(record.created),
            "level": record.levelname.lower(),
            "event": _message(record),
            "logger": record.name,
            "filename": record.filename,
            "lineno": record.lineno,
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["error_detail"] = error_detail(record.exc_info[1])
        if record.stack_info:
            entry["stack_info"] = record.stack_info
        for key, value in record.__dict__.items():
            if key not in _ORDINARY and key not in entry:
                entry[key] = value
        return _encode(entry).encode("utf-8", "replace") + b"\n"

    def write(self, line: bytes) -> None:
        view = memoryview(line)
        while view:
            view = view[os.write(self.fd, view) :]


class StreamLines(io.RawIOBase):
    """What Python prints, line by line into the log: in order with what it logs.

    The descriptor of the stream itself stays what it was: subprocesses write there.
    """

    def __init__(self, handler: JsonLines, fd: int, level: str, logger: str) -> None:
        self._handler = handler
        self._fd = fd
        self._level = level
        self._logger = logger
        self._rest = b""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        data = bytes(data)
        if b"\n" in data:
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._emit(line)
        else:
            self._rest += data
        if len(self._rest) > _MAX_LINE:
            self.finish()
        return len(data)

    def finish(self) -> None:
        """Write the beginning of a line that nobody ended."""
        rest, self._rest = self._rest, b""
        if rest:
            self._emit(rest)

    def _emit(self, line: bytes) -> None:
        entry = {
            "timestamp": timestamp(time.time()),
            "level": self._level,
            "event": line.decode("utf-8", "backslashreplace").rstrip("\r"),
            "logger": self._logger,
        }
        self._handler.write(_encode(entry).encode("utf-8", "replace") + b"\n")


_streams: list[StreamLines] = []


def catch_streams(handler: JsonLines) -> None:
    """Let sys.stdout and sys.stderr write lines into the log."""
    for name, fd, level in (("stdout", 1, "info"), ("stderr", 2, "error")):
        raw = StreamLines(handler, fd, level, f"task.{name}")
        _streams.append(raw)
        text = io.TextIOWrapper(
            raw,  # type: ignore[type-var]
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
            write_through=True,
        )
        setattr(sys, name, text)


def set_namespace_levels() -> None:
    """`[logging] namespace_levels`: "sqlalchemy=INFO, my.hooks=DEBUG", by commas or spaces."""
    from tradewind.conf import conf

    for part in re.split(r"[\s,]+", conf.get("logging", "namespace_levels", fallback="") or ""):
        name, _, level = part.rpartition("=")
        known = isinstance(logging.getLevelName(level.upper()), int)
        if name and known:
            logging.getLogger(name).setLevel(level.upper())
        elif part:
            logging.getLogger("tradewind").warning("[logging] namespace_levels: %r is no name=LEVEL", part)


def setup(fd: int, level: str | int = "INFO") -> JsonLines:
    """Give the root logger one handler: the task's log. What the DAG file configured for the root goes.

    `[logging] logging_config_class` may add handlers and levels.
    """
    handler = JsonLines(fd)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper() if isinstance(level, str) else level)
    for name in ("airflow", "airflow.task", "tradewind.task"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.disabled = False
    _add_chosen(handler)
    set_namespace_levels()
    logging.captureWarnings(True)
    return handler


def _add_chosen(handler: JsonLines) -> None:
    """What the dictionary of `[logging] logging_config_class` adds. One that cannot be used is told in the log."""
    from tradewind.conf import conf

    if not conf.get("logging", "logging_config_class", fallback=""):
        return
    root = logging.getLogger()
    added: list[logging.Handler] = []
    try:
        from tradewind import logging_config

        root.handlers[:] = []
        added = logging_config.apply()
    except Exception as e:
        root.handlers[:] = [handler]
        logging.getLogger("tradewind").error("%s", e)
    root.handlers[:] = [handler, *(h for h in added if h is not handler)]


def attach_streams(stdout_fd: int, stderr_fd: int) -> None:
    """Make the two descriptors this process's stdout and stderr, and let lines leave as they end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os.dup2(stdout_fd, 1)
    os.dup2(stderr_fd, 2)
    for fd in (stdout_fd, stderr_fd):
        if fd > 2:
            os.close(fd)
    if sys.stdout is not sys.__stdout__ or sys.stdout is None:
        sys.stdout = sys.__stdout__ or open(1, "w", buffering=1, closefd=False)
    if sys.stderr is not sys.__stderr__ or sys.stderr is None:
        sys.stderr = sys.__stderr__ or open(2, "w", buffering=1, closefd=False)


def flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr, *_streams):
        try:
            stream.flush()
            if isinstance(stream, StreamLines):
                stream.finish()
        except Exception:
            pass
