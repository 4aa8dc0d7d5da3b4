"""A worker elsewhere, in few lines: tokens and requests of the Execution API."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import jwt

AUDIENCE = "urn:airflow.apache.org:task"


class Answer:
    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = json.loads(body) if body else None


class Worker:
    """Speaks for the worker (scope `worker`), or with any token that is given to call()."""

    def __init__(self, port: int, secret: str) -> None:
        self.port = port
        self.secret = secret

    def token(self, sub: str, scope: str | None = "execution", ttl: int = 600, **claims: Any) -> str:
        now = int(time.time())
        said = {"sub": sub, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + ttl, **claims}
        if scope:
            said["scope"] = scope
        return jwt.encode({k: v for k, v in said.items() if v is not None}, self.secret, "HS512")

    def call(self, method: str, path: str, body: Any = None, token: str | None = None, version: str | None = None, **headers: str) -> Answer:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/execution{path}", data=None if body is None else json.dumps(body).encode(), method=method
        )
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if version:
            request.add_header("Airflow-API-Version", version)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=30) as r:
                return Answer(r.status, r.headers, r.read())
        except urllib.error.HTTPError as e:
            return Answer(e.code, e.headers, e.read())

    def take(self, limit: int = 1, wait: float = 20, queues: list[str] | None = None) -> list[dict[str, Any]]:
        answer = self.call("POST", "/workloads/take", {"limit": limit, "wait": wait, "queues": queues}, self.token("w1", "worker"))
        assert answer.status == 200, (answer.status, answer.body)
        return answer.body["workloads"]

    def gone(self, task: Task, reason: str) -> None:
        answer = self.call("POST", f"/workloads/{task.id}/gone", {"claim": task.claim, "reason": reason}, self.token("w1", "worker"))
        assert answer.status == 204, (answer.status, answer.body)


class Task:
    """One attempt that was taken."""

    def __init__(self, worker: Worker, workload: dict[str, Any], pid: int = 4711) -> None:
        self.worker = worker
        self.ti = workload["execute"]["ti"]
        self.id = self.ti["id"]
        self.claim = workload["claim"]
        self.bearer = workload["execute"]["token"]
        self.pid = pid
        self.context: Any = None

    def call(self, method: str, path: str, body: Any = None, version: str | None = None) -> Answer:
        answer = self.worker.call(method, path, body, self.bearer, version)
        self.bearer = answer.headers.get("Refreshed-API-Token") or self.bearer
        return answer

    def own(self, method: str, path: str, body: Any = None, version: str | None = None) -> Answer:
        return self.call(method, f"/task-instances/{self.id}/{path}", body, version)

    def start(self, version: str | None = None) -> Answer:
        answer = self.own(
            "PATCH",
            "run",
            {"state": "running", "hostname": "far", "unixname": "worker", "pid": self.pid, "start_date": "2026-01-01T00:00:00Z"},
            version,
        )
        self.context = answer.body
        return answer

    def beat(self, **other: Any) -> Answer:
        return self.own("PUT", "heartbeat", {"hostname": "far", "pid": self.pid, **other})

    def end(self, state: str = "success", **more: Any) -> Answer:
        return self.own("PATCH", "state", {"state": state, "end_date": "2026-01-01T00:00:10Z", **more})

    def xcom(self, key: str, run: str | None = None, task: str | None = None) -> str:
        ti = self.ti
        return "/xcoms/" + "/".join(quote(p, safe="") for p in (ti["dag_id"], run or ti["run_id"], task or ti["task_id"])) + f"/{key}"
