"""The triggerer's Python: one process, one asyncio loop, all triggers.

`python -m tradewind.triggers_main FD` (docs/runner-protocol.md, "The triggerer"). A thread reads the
socket; triggers run in the loop; what they ask of the engine is answered to whichever thread asked.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import os
import resource
import sys
import threading
import time
import traceback
from typing import Any

from tradewind import comms, log
from tradewind.comms import Link, LinkClosed
from tradewind.execution.encode import encode

logger = logging.getLogger("triggerer")

BEAT = 5.0  # seconds between two signs of life
_TICK = 0.2  # seconds between two looks at how late the loop is
_END = 10.0  # seconds that on_kill and cleanup may take

_log: contextvars.ContextVar[TriggerLog | None] = contextvars.ContextVar("log", default=None)


class TriggerLog:
    """The attempt's log, opened by the first line: thousands of triggers that wait say nothing."""

    __slots__ = ("fd", "path")

    def __init__(self, path: str) -> None:
        self.path: str | None = path
        self.fd: int | None = None

    def descriptor(self) -> int | None:
        path, self.path = self.path, None
        if path is not None:
            self.fd = _open_log(path)
        return self.fd

    def close(self) -> None:
        self.path = None
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


class Supervisor:
    """Requests from any thread; the reader hands each its reply."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._lock = threading.Lock()
        self._next = 0
        self._waiting: dict[int, list[Any]] = {}

    def notify(self, do: str, args: dict[str, Any]) -> None:
        self.link.send({"op": "request", "do": do, **args})

    def request(self, do: str, args: dict[str, Any]) -> Any:
        arrived = threading.Event()
        with self._lock:
            self._next += 1
            number = self._next
            entry: list[Any] = [arrived, None]
            self._waiting[number] = entry
        self.link.send({"op": "request", "id": number, "do": do, **args})
        arrived.wait()
        if entry[1] is None:
            raise LinkClosed("end of stream")
        return comms.result_of(entry[1])

    def answer(self, reply: dict[str, Any]) -> None:
        with self._lock:
            entry = self._waiting.pop(reply.get("id", -1), None)
        if entry is not None:
            entry[1] = reply
            entry[0].set()

    def end(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for entry in waiting.values():
            entry[0].set()


class PerTrigger(log.JsonLines):
    """Lines go to the log of the trigger that is running; others to our own stderr. Without the secrets we know."""

    def write(self, line: bytes) -> None:
        own = _log.get()
        fd = own.descriptor() if own is not None else None
        os.write(self.fd if fd is None else fd, _masked(line))


def _masked(line: bytes) -> bytes:
    """What connections and Variables held that is secret, as it is and as JSON spells it, becomes ***."""
    from tradewind.secrets_backends import masked

    for secret in sorted(masked, key=len, reverse=True):
        for spelling in {secret, json.dumps(secret)[1:-1]}:
            line = line.replace(spelling.encode(), b"***")
    return line


class Triggers:
    def __init__(self, link: Link) -> None:
        self.link = link
        self.supervisor = Supervisor(link)
        self.tasks: dict[Any, asyncio.Task[None]] = {}
        self.triggers: dict[Any, Any] = {}
        self.killed: set[Any] = set()
        self.done = asyncio.Event()
        self.late = 0.0

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        comms.set_supervisor(self.supervisor)
        threading.Thread(target=self._read, args=(loop,), daemon=True, name="reader").start()
        self.link.send({"op": "hello", "pid": os.getpid()})
        watch = asyncio.create_task(self._watch())
        await self.done.wait()
        watch.cancel()
        for task in self.tasks.values():
            task.cancel()
        if self.tasks:
            await asyncio.wait(list(self.tasks.values()), timeout=_END)

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while True:
                frame, fds = self.link.recv()
                for fd in fds:
                    os.close(fd)
                if frame.get("op") == "reply":
                    self.supervisor.answer(frame)
                else:
                    loop.call_soon_threadsafe(self._do, frame)
        except (LinkClosed, OSError, ValueError):
            self.supervisor.end()
            loop.call_soon_threadsafe(self.done.set)

    def _do(self, frame: dict[str, Any]) -> None:
        op, number = frame.get("op"), frame.get("id")
        if op == "start" and number not in self.tasks:
            task = asyncio.get_running_loop().create_task(self._run(number, frame))
            self.tasks[number] = task
        elif op == "stop":
            if frame.get("user_action"):
                self.killed.add(number)
            task_or_none = self.tasks.get(number)
            if task_or_none is not None:
                task_or_none.cancel()
        elif op == "quit":
            self.done.set()

    async def _watch(self) -> None:
        """Signs of life, with how long the loop was held at worst."""
        last = time.monotonic()
        while True:
            before = time.monotonic()
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            self.late = max(self.late, now - before - _TICK)
            if now - last >= BEAT:
                last = now
                self._send({"op": "beat", "running": len(self.tasks), "blocked": round(self.late, 3)})
                self.late = 0.0

    def _send(self, frame: dict[str, Any]) -> None:
        try:
            self.link.send(frame)
        except LinkClosed:
            self.done.set()

    # -- one trigger -------------------------------------------------------------------------------

    async def _run(self, number: Any, frame: dict[str, Any]) -> None:
        own = TriggerLog(path) if (path := frame.get("log_path")) else None
        _log.set(own)
        trigger = None
        try:
            trigger = self._make(number, frame)
            watcher = bool(frame.get("watcher"))
            frame.clear()  # the caller's, too: it is kept as long as the trigger waits
            if watcher:
                self._send(await self._all_events(number, trigger))
            else:
                self._send(await self._first_event(number, trigger))
        except asyncio.CancelledError:
            if number in self.killed and trigger is not None:
                await _bounded(trigger.on_kill(), "on_kill")
        except BaseException:
            logger.exception("Trigger %s failed", number)
            self._send({"op": "failed", "id": number, "error": traceback.format_exc()})
        finally:
            if trigger is not None:
                await _bounded(trigger.cleanup(), "cleanup")
            self.tasks.pop(number, None)
            self.killed.discard(number)
            _log.set(None)
            if own is not None:
                own.close()

    def _make(self, number: Any, frame: dict[str, Any]) -> Any:
        from tradewind.module_loading import import_string
        from tradewind.serde import deserialize  # of a task that Airflow's task SDK deferred

        trigger = import_string(str(frame.get("classpath")))(**deserialize(frame.get("kwargs") or {}))
        trigger.trigger_id = number
        about = frame.get("context")
        if about:
            trigger.task_instance = Identity(about)
        return trigger

    async def _all_events(self, number: Any, trigger: Any) -> dict[str, Any]:
        """A trigger that watches an asset: each of its events is one of the asset's; whoever ends is started again."""
        async for event in trigger.run():
            logger.info("Trigger fired event: %r", event)
            self._send(
                {"op": "event", "id": number, "payload": encode(event.payload), "plain": event.payload}
            )
        return {"op": "ended", "id": number}

    async def _first_event(self, number: Any, trigger: Any) -> dict[str, Any]:
        events = trigger.run()
        try:
            async for event in events:
                logger.info("Trigger fired event: %r", event)
                frame = {"op": "event", "id": number, "payload": encode(event.payload)}
                state = getattr(event, "task_instance_state", None)
                if state:
                    frame["task_state"] = str(getattr(state, "value", state))
                    frame["xcoms"] = _xcoms(getattr(event, "xcoms", None))
                return frame
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()
        raise RuntimeError("Trigger exited without sending an event")


class Identity:
    """The waiting task instance, as far as the engine told."""

    def __init__(self, fields: dict[str, Any]) -> None:
        for name, value in fields.items():  # names and most values are those of all the others
            self.__dict__[sys.intern(name)] = sys.intern(value) if type(value) is str else value

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.__dict__}>"


def _xcoms(values: Any) -> list[dict[str, Any]]:
    from tradewind import serde

    return [{"key": key, "value": serde.serialize(value)} for key, value in (values or {}).items()]


async def _bounded(coroutine: Any, what: str) -> None:
    try:
        await asyncio.wait_for(coroutine, _END)
    except BaseException:
        logger.warning("%s of a trigger failed", what, exc_info=True)


def _open_log(path: str) -> int | None:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as e:
        logger.error("The log %s cannot be opened: %s", path, e)
        return None


def main(argv: list[str] | None = None) -> int:
    args = sys.argv[1:] if argv is None else argv
    if len(args) != 1 or not args[0].isdigit():
        print("usage: python -m tradewind.triggers_main FD", file=sys.stderr)
        return 2
    from tradewind import dagfile
    from tradewind.conf import conf

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a log each, once they speak
    link = Link.from_fd(int(args[0]))
    dagfile.add_paths(conf.get("core", "dags_folder", fallback=None))
    logging.getLogger().handlers[:] = [PerTrigger(2)]
    logging.getLogger().setLevel((conf.get("logging", "logging_level", fallback="INFO") or "INFO").upper())
    log.set_namespace_levels()

    async def serve() -> None:
        await Triggers(link).serve()

    try:
        asyncio.run(serve())
    except (KeyboardInterrupt, LinkClosed):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
