"""A whole engine for a story: a home of its own, a DAG folder, real daemons, the real command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TW_BINARY", str(ROOT / "build" / "tradewind"))


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Engine:
    """Starts and stops daemons of one home. Everything it started is gone after stop()."""

    def __init__(self, folder: Path, **config: str) -> None:
        self.home = folder / "home"
        self.dags = folder / "dags"
        self.home.mkdir(parents=True)
        self.dags.mkdir()
        (self.home / "tmp").mkdir()
        self.port = free_port()
        self.token = ""  # who asks, where there are users
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TRADEWIND"))}
        self.env.update(
            TRADEWIND_HOME=str(self.home),
            TMPDIR=str(self.home / "tmp"),
            TRADEWIND_PYTHON=sys.executable,
            PYTHONPATH=str(ROOT / "sdk"),
            TRADEWIND__CORE__DAGS_FOLDER=str(self.dags),
            TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="True",
            TRADEWIND__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",
            TRADEWIND__API__PORT=str(self.port),
            **config,
        )

    def write(self, name: str, text: str) -> Path:
        path = self.dags / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *args: str, check: bool = True, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([BINARY, *args], env={**self.env, **(env or {})}, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(args)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def json(self, *args: str) -> Any:
        return json.loads(self.run(*args, "-o", "json").stdout)

    def start(self, verb: str, *args: str) -> None:
        log = open(self.home / f"{verb}.log", "ab")
        self.processes[verb] = subprocess.Popen(
            [BINARY, verb, *args], env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def parse(self) -> None:
        self.run("db", "migrate")
        self.run("dag-processor", "--num-runs", "1")

    def up(self) -> None:
        """Documents once, then a scheduler: what most stories need."""
        self.parse()
        self.start("scheduler")

    def kill(self, verb: str) -> None:
        p = self.processes.pop(verb)
        p.kill()
        p.wait()

    def stop(self) -> None:
        for p in self.processes.values():
            p.terminate()
        ended = {}
        for verb, p in self.processes.items():
            try:
                ended[verb] = p.wait(20)
            except subprocess.TimeoutExpired:
                p.kill()
                ended[verb] = p.wait()
        self.processes.clear()
        for pid in self.children():
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        wait_until(lambda: not self.children(), 20, "processes of the engine are left behind")
        for verb, status in ended.items():
            assert status in (0, -signal.SIGTERM), f"{verb} ended with {status}: {(self.home / f'{verb}.log').read_text()[-4000:]}"

    def children(self, *words: str) -> list[int]:
        """Processes that live in this home (their environment says so), with all words in their command line."""
        found = []
        needle = f"TRADEWIND_HOME={self.home}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environ = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if needle in environ.split(b"\0") and command and all(w in command for w in words):
                found.append(int(entry.name))
        return found

    def trigger(self, dag_id: str, *args: str) -> str:
        return self.json("dags", "trigger", dag_id, *args)[0]["dag_run_id"]

    def finish(self, dag_id: str, run_id: str, timeout: float = 60) -> str:
        def ended() -> str | None:
            state = self.run("dags", "state", dag_id, run_id).stdout.strip()
            return state if state in ("success", "failed") else None

        return wait_until(ended, timeout, f"{dag_id} {run_id} does not end: {self.states(dag_id, run_id)}")

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        rows = self.json("tasks", "states-for-dag-run", dag_id, run_id)
        return {
            r["task_id"] + (f"[{r['map_index']}]" if str(r.get("map_index", "-1")) not in ("-1", "") else ""): r["state"]
            for r in rows
        }

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        path = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}" / f"attempt={attempt}.log"
        return path.read_text()

    def serve(self) -> None:
        """The API, until it answers; with a scheduler that is seen to be alive, if there is one."""
        self.start("api-server")
        alive = "healthy" if "scheduler" in self.processes else None

        def healthy() -> bool:
            status, body = self.ask("GET", "/api/v2/monitor/health")
            return status == 200 and (alive is None or body["scheduler"]["status"] == alive)

        wait_until(healthy, 30, "the API does not answer")

    def request(self, path: str, data: bytes | None, method: str, headers: dict[str, str]) -> urllib.request.Request:
        held = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {**headers, **held}, method=method)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of the answer; status 0: nobody listens."""
        data = None if body is None else json.dumps(body).encode()
        request = self.request(path, data, method, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as r:
                text = r.read()
                return r.status, json.loads(text) if text else None
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"null")
        except OSError:
            return 0, None

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.request(path, None, "GET", {}), timeout=20) as r:
            return json.load(r)


def wait_until(condition: Any, timeout: float, message: str) -> Any:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(message)
