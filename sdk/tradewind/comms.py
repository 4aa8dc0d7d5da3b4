"""Frames on a unix socket, and the requests that user code makes of whoever supervises this process.

A frame is 4 bytes of big-endian length and one JSON object (docs/runner-protocol.md). `request()` is how
Variables, Connections and XComs reach the engine: it goes to the supervisor of this process, which is the
runner's socket in a task or a parse child, and an object in memory for `dag.test()`.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

MAX_FRAME = 64 << 20
MAX_FDS = 16

_HEADER = struct.Struct(">I")
_CLOEXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class RequestError(Exception):
    """The supervisor refused: `kind` is one of the protocol's words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class NoSupervisor(RequestError):
    """Nobody supervises this process: a script run by hand."""

    def __init__(self, do: str) -> None:
        super().__init__("unavailable", f"{do}: this process has no connection to the engine")


class LinkClosed(Exception):
    """The peer is gone."""


class Supervisor(Protocol):
    """What answers the requests of this process."""

    def request(self, do: str, args: dict[str, Any]) -> Any: ...

    def notify(self, do: str, args: dict[str, Any]) -> None: ...


def pack(message: dict[str, Any]) -> bytes:
    body = _encode(message).encode("utf-8", "replace")
    if len(body) > MAX_FRAME:
        raise ValueError(f"a message of {len(body)} bytes is longer than {MAX_FRAME}")
    return _HEADER.pack(len(body)) + body


class Link:
    """One end of a socket that carries frames. Blocking; a lock keeps the frames of several threads whole."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(True)  # whoever made it may have left it non-blocking
        self.sock = sock
        self._buffer = bytearray()
        self._fds: deque[tuple[int, list[int]]] = deque()  # (bytes of the stream read by then, descriptors)
        self._offset = 0  # of the buffer's first byte in the stream
        self._send_lock = threading.RLock()
        self._sending = False

    @classmethod
    def from_fd(cls, fd: int) -> Link:
        os.set_inheritable(fd, False)
        return cls(socket.socket(fileno=fd))

    def fileno(self) -> int:
        return self.sock.fileno()

    def close(self) -> None:
        self.sock.close()

    def send(self, message: dict[str, Any], fds: Sequence[int] = ()) -> None:
        data = pack(message)
        try:
            with self._send_lock:
                if self._sending:  # a signal broke into a send and never let it end
                    raise LinkClosed("a frame was left unfinished")
                self._sending = True
                if fds:
                    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
                    sent = self.sock.sendmsg([data], ancillary)
                    if sent < len(data):
                        self.sock.sendall(data[sent:])
                else:
                    self.sock.sendall(data)
                self._sending = False
        except OSError as e:
            raise LinkClosed(str(e)) from e

    def fill(self) -> bool:
        """Read once; False at the end of the stream."""
        space = socket.CMSG_SPACE(MAX_FDS * 4)
        while True:
            try:
                data, ancillary, _, _ = self.sock.recvmsg(65536, space, _CLOEXEC)
                break
            except InterruptedError:
                continue
            except ConnectionResetError:
                return False
        fds: list[int] = []
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(payload[: len(payload) - len(payload) % numbers.itemsize])
                fds.extend(numbers)
        if fds:
            if not _CLOEXEC:
                for fd in fds:
                    os.set_inheritable(fd, False)
            self._fds.append((self._offset + len(self._buffer) + len(data), fds))
        self._buffer += data
        return bool(data)

    def next(self) -> tuple[dict[str, Any], list[int]] | None:
        """A whole frame that has been read, with its descriptors; None when there is none yet."""
        if len(self._buffer) < 4:
            return None
        (length,) = _HEADER.unpack_from(self._buffer)
        if length > MAX_FRAME:
            raise ValueError(f"a frame of {length} bytes is longer than {MAX_FRAME}")
        end = 4 + length
        if len(self._buffer) < end:
            return None
        message = json.loads(bytes(self._buffer[4:end]))
        fds = self._take_fds(end)
        del self._buffer[:end]
        self._offset += end
        if not isinstance(message, dict):
            raise ValueError("a frame must hold a JSON object")
        return message, fds

    def _take_fds(self, end: int) -> list[int]:
        # Descriptors belong to the last frame that had begun when they came: the one that holds the last byte
        # read with them.
        fds: list[int] = []
        while self._fds and self._fds[0][0] <= self._offset + end:
            fds.extend(self._fds.popleft()[1])
        return fds

    def recv(self) -> tuple[dict[str, Any], list[int]]:
        """The next frame; waits for it. LinkClosed at the end of the stream."""
        while True:
            frame = self.next()
            if frame is not None:
                return frame
            if not self.fill():
                raise LinkClosed("end of stream")


class SocketSupervisor:
    """Requests over the task's own socket. Threads may ask at the same time: replies find their way by id."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.on_frame: Callable[[dict[str, Any]], None] | None = None
        self._next_id = 0
        self._lock = threading.RLock()
        self._reading = (
            threading.RLock()
        )  # entered again by on_kill, from the signal handler; it does not return to the first
        self._replies: dict[int, dict[str, Any]] = {}

    def notify(self, do: str, args: dict[str, Any]) -> None:
        self.link.send({"op": "request", "do": do, **args})

    def request(self, do: str, args: dict[str, Any]) -> Any:
        with self._lock:
            self._next_id += 1
            number = self._next_id
        self.link.send({"op": "request", "id": number, "do": do, **args})
        return result_of(self._wait(number))

    def _wait(self, number: int) -> dict[str, Any]:
        while True:
            with self._reading:
                reply = self._replies.pop(number, None)
                if reply is not None:
                    return reply
                frame, fds = self.link.recv()
                for fd in fds:
                    os.close(fd)
                if frame.get("op") != "reply":
                    if self.on_frame is not None:
                        self.on_frame(frame)
                    continue
                if frame.get("id") == number:
                    return frame
                self._replies[frame.get("id", -1)] = frame


def result_of(reply: dict[str, Any]) -> Any:
    """What a reply says; RequestError if it is an error."""
    error = reply.get("error")
    if error is not None:
        if isinstance(error, dict):
            raise RequestError(str(error.get("kind", "invalid")), str(error.get("message", "")))
        raise RequestError("invalid", str(error))
    return reply.get("result")


_supervisor: Supervisor | None = None


def set_supervisor(supervisor: Supervisor | None) -> Supervisor | None:
    """Who answers from now on; gives back who did before."""
    global _supervisor
    before, _supervisor = _supervisor, supervisor
    return before


def supervisor() -> Supervisor | None:
    return _supervisor


def request(do: str, **args: Any) -> Any:
    """Ask the supervisor and wait. RequestError when it refuses, NoSupervisor when there is none."""
    if _supervisor is None:
        raise NoSupervisor(do)
    return _supervisor.request(do, args)


def notify(do: str, **args: Any) -> None:
    """Tell the supervisor something that needs no answer; nobody there is fine."""
    if _supervisor is not None:
        _supervisor.notify(do, args)
