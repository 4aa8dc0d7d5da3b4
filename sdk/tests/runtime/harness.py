"""The runner's part, in Python:

A zygote, warm children and tasks over real sockets and pipes, and a store in memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from typing import Any

from tradewind.comms import Link, LinkClosed

SDK = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Peer:
    """Our end of a socket to a child."""

    def __init__(self, sock: socket.socket) -> None:
        self.link = Link(sock)
        sock.settimeout(20)  # a frame that never comes is a failure, not a wait for ever
        self.seen: list[dict[str, Any]] = []
        self.exits: dict[str, dict[str, Any]] = {}  # attempt → its exited frame

    def recv(self) -> dict[str, Any]:
        frame, fds = self.link.recv()
        assert not fds
        self.seen.append(frame)
        return frame

    def expect(self, op: str, **fields: Any) -> dict[str, Any]:
        frame = self.recv()
        while frame["op"] == "exited" and op != "exited" and "attempt" in frame:
            self.exits[frame["attempt"]] = frame
            frame = self.recv()
        assert frame["op"] == op, frame
        for name, value in fields.items():
            assert frame.get(name) == value, frame
        return frame

    def at_end(self) -> bool:
        try:
            self.link.recv()
        except LinkClosed:
            return True
        return False

    def send(self, message: dict[str, Any], fds: Any = ()) -> None:
        self.link.send(message, fds)

    def close(self) -> None:
        self.link.close()


def pair() -> tuple[Peer, socket.socket]:
    ours, theirs = socket.socketpair()
    return Peer(ours), theirs


class Store:
    """Enough of the engine to answer a task's requests."""

    def __init__(self) -> None:
        self.xcoms: dict[tuple[str, str, str, int, str], Any] = {}
        self.variables: dict[str, str] = {}
        self.connections: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []

    def push(
        self, task_id: str, value: Any, *, map_index: int = -1, key: str = "return_value", **where: str
    ) -> None:
        self.xcoms[where.get("dag_id", "d"), where.get("run_id", "r"), task_id, map_index, key] = value

    def answer(self, work: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request)
        do = request["do"]
        if do in self.answers:
            made = self.answers[do]
            made = made(request) if callable(made) else made
            return made if isinstance(made, dict) and "error" in made else {"result": made}
        method = getattr(self, f"_{do}", None)
        if method is None:
            return {"error": {"kind": "unknown_do", "message": do}}
        return {"result": method(work, request)}

    def _rows(self, work: dict[str, Any], request: dict[str, Any]) -> list[dict[str, Any]]:
        dag_id = request.get("dag_id") or work["dag_id"]
        run_id = request.get("run_id") or work["run_id"]
        indexes = request.get("map_indexes")
        rows = []
        for (d, r, task_id, index, key), value in self.xcoms.items():
            if (d, r, key) != (dag_id, run_id, request["key"]):
                continue
            if indexes is not None and index not in ([indexes] if isinstance(indexes, int) else indexes):
                continue
            rows.append({"task_id": task_id, "map_index": index, "value": value})
        ids = request.get("task_ids")
        if ids is not None:
            rows = [row for row in rows if row["task_id"] in ids]
            rows.sort(key=lambda row: (ids.index(row["task_id"]), row["map_index"]))
        return rows

    def _xcom_pull(self, work: dict[str, Any], request: dict[str, Any]) -> Any:
        offset, limit = request.get("offset") or 0, request.get("limit")
        rows = self._rows(work, request)[offset:]
        return rows if limit is None else rows[:limit]

    def _xcom_count(self, work: dict[str, Any], request: dict[str, Any]) -> Any:
        return len(self._rows(work, request))

    def _xcom_push(self, work: dict[str, Any], request: dict[str, Any]) -> None:
        index = request.get("map_index")
        index = work.get("map_index", -1) if index is None else index
        self.xcoms[work["dag_id"], work["run_id"], work["task_id"], index, request["key"]] = request["value"]

    def _variable_get(self, work: dict[str, Any], request: dict[str, Any]) -> Any:
        return self.variables.get(request["key"])

    def _variable_set(self, work: dict[str, Any], request: dict[str, Any]) -> None:
        self.variables[request["key"]] = request["value"]

    def _connection_get(self, work: dict[str, Any], request: dict[str, Any]) -> Any:
        return self.connections.get(request["conn_id"])

    def _skip_downstream(self, work: dict[str, Any], request: dict[str, Any]) -> None:
        return None


class Result:
    """What came of one attempt."""

    def __init__(self) -> None:
        self.pid = 0
        self.finished: dict[str, Any] | None = None
        self.frames: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.stdout = ""
        self.stderr = ""
        self.log: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []  # of the log's descriptor, printed ones too
        self.status: int | None = None
        self.exited: dict[str, Any] = {}

    @property
    def state(self) -> str | None:
        return self.finished["state"] if self.finished else None

    def xcom(self, key: str = "return_value") -> Any:
        found = [x["value"] for x in (self.finished or {}).get("xcoms", []) if x["key"] == key]
        assert len(found) == 1, self.finished
        return found[0]

    def asked(self, do: str) -> list[dict[str, Any]]:
        return [r for r in self.requests if r["do"] == do]

    def events(self) -> list[str]:
        return [entry["event"] for entry in self.log]


class Runner:
    """A zygote and whatever is started from it."""

    def __init__(self, home: str, env: dict[str, str] | None = None) -> None:
        ours, theirs = socket.socketpair()
        self.home = home
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TRADEWIND"))}
        environ |= {"AIRFLOW_HOME": home, "PYTHONPATH": SDK, **(env or {})}
        fd = theirs.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tradewind.zygote", str(fd)],
            pass_fds=[fd],
            env=environ,
            stdin=subprocess.DEVNULL,
            cwd=home,
        )
        theirs.close()
        self.zygote = Peer(ours)
        self.zygote.expect("hello")

    def close(self) -> int:
        self.zygote.close()
        return self.process.wait(15)

    def warm(self, file: str, **more: Any) -> Peer:
        peer, theirs = pair()
        key = f"key-{os.path.basename(file)}-{uuid.uuid4().hex[:6]}"
        self.zygote.send(
            {"op": "warm", "key": key, "file": file, "bundle_path": os.path.dirname(file), **more},
            [theirs.fileno()],
        )
        theirs.close()
        self.zygote.expect("warmed", key=key)
        peer.expect("ready", key=key)
        return peer

    def start(self, host: Peer, work: dict[str, Any]) -> Attempt:
        return Attempt(host, work)

    def run(self, host: Peer, work: dict[str, Any], store: Store | None = None) -> Result:
        attempt = Attempt(host, work)
        return attempt.finish(store or Store())


class Attempt:
    """One task under way. `host` is the warm child's or the zygote's socket."""

    def __init__(self, host: Peer, work: dict[str, Any]) -> None:
        self.host = host
        self.work = work
        self.result = Result()
        self.peer, theirs = pair()
        pipes = [os.pipe() for _ in range(3)]
        self.readers = [r for r, _ in pipes]
        self.peer.send(work)
        fds = [theirs.fileno(), *(w for _, w in pipes)]
        host.send({"op": "task", "attempt": work["attempt"]}, fds)
        theirs.close()
        for _, w in pipes:
            os.close(w)
        self.result.pid = host.expect("forked", attempt=work["attempt"])["pid"]

    def step(self, store: Store) -> dict[str, Any] | None:
        """The next frame, answered if it is a request; None at the end."""
        try:
            frame = self.peer.recv()
        except LinkClosed:
            return None
        if frame["op"] == "request":
            self.result.requests.append(frame)
            if "id" in frame:
                self.peer.send({"op": "reply", "id": frame["id"], **store.answer(self.work, frame)})
        else:
            self.result.frames.append(frame)
            if frame["op"] == "finished":
                self.result.finished = frame
        return frame

    def until(self, op: str, store: Store) -> dict[str, Any]:
        while True:
            frame = self.step(store)
            assert frame is not None, self.read_output()
            if frame["op"] == op:
                return frame

    def read_output(self) -> str:
        texts = []
        for fd in self.readers:
            with open(fd, "rb", closefd=True) as f:
                texts.append(f.read().decode())
        self.readers = []
        result = self.result
        lines = [json.loads(line) for line in texts[2].splitlines()]
        result.log = [entry for entry in lines if not entry["logger"].startswith("task.std")]

        def printed(name: str) -> str:
            return "".join(entry["event"] + "\n" for entry in lines if entry["logger"] == name)

        result.lines = lines
        result.stdout = printed("task.stdout") + texts[0]
        result.stderr = printed("task.stderr") + texts[1]
        return "\n".join(texts)

    def finish(self, store: Store) -> Result:
        while self.step(store) is not None:
            pass
        self.read_output()
        exits = self.host.exits
        while self.work["attempt"] not in exits:
            frame = self.host.expect("exited")
            exits[frame["attempt"]] = frame
        self.result.exited = exits[self.work["attempt"]]
        self.result.status = self.result.exited["status"]
        self.peer.close()
        return self.result

    def kill(self, number: int = signal.SIGTERM) -> None:
        os.killpg(self.result.pid, number)


def workload(file: str, dag_id: str, task_id: str, **more: Any) -> dict[str, Any]:
    run = {
        "run_id": "r",
        "run_type": "scheduled",
        "logical_date": "2024-03-09T00:00:00+00:00",
        "data_interval_start": "2024-03-09T00:00:00+00:00",
        "data_interval_end": "2024-03-10T00:00:00+00:00",
        "run_after": "2024-03-10T00:00:00+00:00",
        "start_date": "2024-03-10T00:00:01.500000+00:00",
        "conf": {},
        "state": "running",
    }
    run.update(more.pop("run", {}))
    work = {
        "op": "run",
        "attempt": str(uuid.uuid4()),
        "dag_id": dag_id,
        "run_id": run["run_id"],
        "task_id": task_id,
        "map_index": -1,
        "try_number": 1,
        "max_tries": 0,
        "dag": {"dag_id": dag_id, "fileloc": file, "bundle_path": os.path.dirname(file)},
        "run": run,
    }
    work.update(more)
    return work


@contextlib.contextmanager
def timed() -> Any:
    found: dict[str, float] = {}
    began = time.perf_counter()
    yield found
    found["seconds"] = time.perf_counter() - began
